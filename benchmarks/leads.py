"""Leads and typical words: is what was planted found, and nothing where nothing is.

``python benchmarks/leads.py [runs]``: autoregressive series of 60 months, 15 indicators, 84 correlations looked
at. "Planted": the innovations of one repeat those of another three months later with a correlation of 0.6.
Nothing planted: series that persist, that wander (the classical trap: levels of two random walks correlate),
that share one season in 45 months. The naive rival tests the largest correlation of the values themselves, by
Fisher's z and Bonferroni. Words: with the sample of CFPB narratives, random parts of them against each other,
judged by the exact tail and by a normal z. Standard errors stand behind ±.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse
from scipy.stats import hypergeom, norm

from riskmodels.causes import find_leads
from riskmodels.causes.innovations import months_before
from riskmodels.causes.typical_words import _adjusted, log_odds, words_of

RUNS, LEVEL, SERIES, LAG, FARTHEST = 500, 0.05, 15, 3, 6
CASES = {
    "planted, correlation 0.6": {"months": 60, "persists": 0.6, "planted": 0.6},
    "nothing planted, persisting 0.8": {"months": 60, "persists": 0.8},
    "nothing planted, random walks": {"months": 60, "persists": 1.0},
    "nothing planted, one season, 45 months": {"months": 45, "persists": 0.5, "season": 2.0},
}
NARRATIVES = Path(__file__).parents[2] / "shared" / "data" / "text" / "cfpb_narratives_2022_2025.csv"
SIZES = ((60, 1500), (200, 1500), (100, 100), (800, 900))


def drawn(
    rng: np.random.Generator, months: int, persists: float, planted: float = 0.0, season: float = 0.0
) -> pd.DataFrame:
    """Draw series; the first repeats what was new in the second ``LAG`` months before, where planted."""
    new = rng.normal(size=(months + 60, SERIES))
    new[LAG:, 0] = planted * new[:-LAG, 1] + np.sqrt(1 - planted**2) * new[LAG:, 0]
    values = np.zeros_like(new)
    for month in range(1, len(new)):
        values[month] = persists * values[month - 1] + new[month]
    values = values[60:] + season * np.cos(2 * np.pi * np.arange(months) / 12)[:, None]
    return pd.DataFrame(values, columns=[f"i{place}" for place in range(SERIES)])


def naive(series: pd.DataFrame) -> bool:
    """Tell whether the largest correlation of the values themselves is beyond chance, as many believe."""
    values = series.to_numpy()
    lagged = [months_before(values[:, 1:], lag)[FARTHEST:] for lag in range(1, FARTHEST + 1)]
    r = np.corrcoef(values[FARTHEST:, :1], np.column_stack(lagged), rowvar=False)[0, 1:]
    z = np.abs(np.arctanh(r)).max() * np.sqrt(len(values) - FARTHEST - 3)
    return bool(2 * norm.sf(z) * len(r) <= LEVEL)


def leads(runs: int) -> None:
    """Print how often anything is found, and what was planted, and hold the claims."""
    print(f"{'series':42}{'anything':>16}{'planted':>16}{'naive':>10}")
    for name, case in CASES.items():
        anything, planted, believed = np.zeros(runs), np.zeros(runs), np.zeros(runs)
        for run in range(runs):
            series = drawn(np.random.default_rng(run), **case)
            table = find_leads(series, moved=["i0"], farthest=FARTHEST, false_alarm=LEVEL, seed=run).table
            found = table[table["found"]]
            anything[run] = len(found) > 0
            planted[run] = ((found["indicator_id"] == "i1") & (found["leads_by"] == LAG)).any()
            believed[run] = naive(series)
        error = np.sqrt(anything.mean() * (1 - anything.mean()) / runs)
        print(f"{name:42}{anything.mean():9.3f} ±{error:5.3f}{planted.mean():16.3f}{believed.mean():10.3f}")
        if "planted" in case:
            assert planted.mean() >= 0.8
        else:
            assert anything.mean() <= LEVEL + 2 * np.sqrt(LEVEL * (1 - LEVEL) / runs)


def words(runs: int) -> None:
    """Print how often any word is found in narratives that were split at random."""
    texts = pd.read_csv(NARRATIVES, encoding="utf-8-sig")["complaint_narrative"].astype("str")
    read = words_of(texts)
    code, names = pd.factorize(read["word"])
    has = scipy.sparse.csr_array((np.ones(len(read)), (read["narrative"], code)), (len(texts), len(names)))
    print(f"\n{'narratives inside, outside':42}{'exact':>16}{'normal z':>16}")
    for sizes in SIZES:
        found = np.zeros((2, runs))
        for run in range(runs):
            order = np.random.default_rng(run).permutation(len(texts))[: sum(sizes)]
            first, second = (has[part].sum(axis=0) for part in (order[: sizes[0]], order[sizes[0] :]))
            enough = first + second >= 5
            first, second = first[enough], second[enough]
            exact = hypergeom.sf(first - 1, sum(sizes), first + second, sizes[0])
            normal = norm.sf(log_odds((first, second), sizes)[1])
            found[:, run] = [(_adjusted(one) <= LEVEL).any() for one in (exact, normal)]
        error = np.sqrt(found[0].mean() * (1 - found[0].mean()) / runs)
        print(f"{sizes!s:42}{found[0].mean():9.3f} ±{error:5.3f}{found[1].mean():16.3f}")
        assert found[0].mean() <= LEVEL + 2 * np.sqrt(LEVEL * (1 - LEVEL) / runs)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    leads(number)
    if NARRATIVES.exists():
        words(number)
