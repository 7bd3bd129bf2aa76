"""What the scorecard finds in synthetic banks whose truth is known, through the whole pipeline.

Each bank is drawn anew, written, taken in and rated for 2026Q2 and, with that as the quarter before, for 2026Q3: the
first twenty by the whole shipped policy, the others by its complaint indicators only, to save time. The truth counts all
complaints of a quarter; about a tenth of those of 2026Q3 is logged only after the as-of day.
"""

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pandas as pd
from workload.scorecards import QUARTERS, arrivals_of, ingested, perfect_powers, shipped_policy, true_levels

from riskmodels.sample import plan, sample_bank
from riskmodels.sample.network import UNIT_IDS
from riskmodels.scorecard import Scorecard, draw_values, score

BANKS, WHOLE = 200, 20
RATE, SCORE = "complaint_rate", "unit score"
DRAWS, PERFECT = 1000, 20
LIMITS = {"red": 2.0, "amber": 1.5}  # times the base rate
FALSE_ALARMS = np.array([0.2, 0.05, 0.01])  # the first is what the policy's certainty leaves
BINS = (0.0, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)
RUNS = {"2026Q2": "2026Q2", "2026Q3": "2026Q3", "anew": "2026Q3, quarter before unknown"}
KEPT = [
    *("indicator_id", "unit_id", "numerator", "value", "estimate", "lower", "upper"),
    *("amber", "red", "p_amber", "p_red", "rating"),
]


def measure(case: tuple[int, bool]) -> pd.DataFrame:
    """Rate one bank; one row per unit, indicator and run, with what is true."""
    seed, whole = case
    bank = sample_bank(seed=seed)
    policy = shipped_policy("" if whole else "complaints")
    with tempfile.TemporaryDirectory() as folder:
        tables = ingested(bank, Path(folder))
        before = score(tables, policy, period="2026Q2")
        after = score(tables, policy, period="2026Q3", previous=before)
        anew = score(tables, policy, period="2026Q3")
    true = arrivals_of(bank)
    parts = []
    for run, card in zip(RUNS, (before, after, anew), strict=True):
        rates = [true.rate(card.period), true.rate(card.period, logged=True), true.usual_rate(card.period)]
        frame = pd.DataFrame(dict(zip(("true", "true_logged", "usual"), rates, strict=True)), index=UNIT_IDS)
        rows = rows_of(card).join(frame, on="unit_id")
        parts.append(rows.assign(run=run, seed=seed, whole=whole))
    return pd.concat(parts, ignore_index=True)


def rows_of(card: Scorecard) -> pd.DataFrame:
    """Return the units' indicators and, as one more, their scores; how likely each rate is the highest."""
    rows, scores = card.units[KEPT], card.table[["unit_id", "score", "rating"]]
    of_rate = card.units[card.units["indicator_id"] == RATE]
    highest = np.bincount(draw_values(of_rate, DRAWS).argmax(axis=0), minlength=len(of_rate)) / DRAWS
    rows = rows.join(pd.Series(highest, index=of_rate.index, name="p_highest"))
    scores = scores.rename(columns={"score": "estimate"}).assign(indicator_id=SCORE)
    return pd.concat([rows, scores], ignore_index=True)


def share(hits: pd.Series, seeds: pd.Series) -> str:
    """Write a share, and its standard error by how much banks differ."""
    if hits.empty:
        return f"{'–':>16}"
    parts = hits.astype(float).groupby(seeds).agg(["sum", "size"])
    mean = parts["sum"].sum() / parts["size"].sum()
    gaps = parts["sum"] - mean * parts["size"]
    error = np.sqrt((gaps**2).sum() * len(parts) / max(len(parts) - 1, 1)) / parts["size"].sum()
    return f"{f'{mean:.1%} ({error:.1%})':>16}"


def print_branch(rates: pd.DataFrame, unit_id: str, title: str) -> None:
    """Print how one branch is rated, and its place among all."""
    ways = {"credible estimate": "estimate", "raw rate": "value", "count": "numerator"}
    print(f"\n{title}")
    print(f"{'':34}{'red':>16}{'amber or red':>16}{'green':>16}{'P(highest)':>12}")
    places = {}
    for run, name in RUNS.items():
        rows = rates[rates["run"] == run]
        ranks = rows.groupby("seed")[list(ways.values())].rank(ascending=False)
        mine = rows["unit_id"] == unit_id
        one, places[run] = rows[mine], ranks[mine]
        cells = (one["rating"].isin(kinds) for kinds in (("red",), ("red", "amber"), ("green",)))
        print(
            f"{name:34}{''.join(share(cell, one['seed']) for cell in cells)}{one['p_highest'].mean():>12.2f}"
        )
    print(f"{'place of 60, by':34}{'first':>16}{'mean place':>16}{'median':>16}")
    for run in QUARTERS:
        for name, column in ways.items():
            place = places[run][column]
            first = share(place == 1, rates.loc[place.index, "seed"])
            print(f"{f'{run}  {name}':34}{first}{place.mean():>16.1f}{place.median():>16.0f}")


def print_power(rates: pd.DataFrame, banks: int) -> None:
    """Print what a perfect test of the bad branch's size finds, beside what the scorecard finds."""
    every = [arrivals_of(sample_bank(seed=seed)).of(plan.BAD_UNIT) for seed in range(min(banks, PERFECT))]
    print(
        f"\nPower of a test that knows peers' rates, the ratio of variances and both hypotheses, against a factor of"
        f"\n{plan.BAD_FACTOR} on peers' rate ({len(every)} banks x 10,000 draws), by the share of false alarms at"
        " the limit"
    )
    print(f"{'':58}{''.join(f'{level:>14.0%}' for level in FALSE_ALARMS)}{'scorecard':>18}")
    for quarter, colour, dated, months in product(QUARTERS, LIMITS, (False, True), (3, 24)):
        rows = rates[(rates["unit_id"] == plan.BAD_UNIT) & (rates["run"] == quarter)]
        hit = share(rows["rating"].isin(("red",) if colour == "red" else ("red", "amber")), rows["seed"])
        factors = np.full(len(every), LIMITS[colour])
        if dated:  # the policy's limit is on the rate of the quarter, season and trend included
            limit = rows.sort_values("seed")[colour].to_numpy(float)[: len(every)]
            factors = limit / np.array([one.usual_rate(quarter)[0] for one in every])
        powers = perfect_powers(every, factors, quarter=quarter, months=months, false_alarms=FALSE_ALARMS)
        errors = powers.std(axis=0, ddof=min(1, len(every) - 1)) / np.sqrt(len(every))
        cells = (f"{mean:.1%} ({error:.1%})" for mean, error in zip(powers.mean(axis=0), errors, strict=True))
        against = "limit dated" if dated else "factor"
        words = f"{colour}, {against}: {factors.mean():.2f} x peers"
        seen = "1 quarter" if months == 3 else f"{months // 3} quarters"
        print(f"{f'{quarter}  {words}, {seen}':58}{''.join(f'{cell:>14}' for cell in cells)}{hit:>18}")


def with_truth(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep rows whose true value is known; say whether it is beyond the limits."""
    levels = rows["indicator_id"].map(true_levels())
    rows = rows.assign(true=rows["true"].where(rows["indicator_id"] == RATE, levels))
    rows = rows[rows["true"].notna() & rows["amber"].notna()]
    worse = np.sign(rows["red"] - rows["amber"])
    beyond = {f"beyond_{limit}": (rows["true"] - rows[limit]) * worse > 0 for limit in LIMITS}
    return rows.assign(**beyond)


def print_false(known: pd.DataFrame, title: str) -> None:
    """Print how often ratings are false."""
    print(f"\nFalse ratings, {title}; the policy allows 20 % of what is rated")
    print(
        f"{'':12}{'not beyond':>12}{'falsely so':>16}{'rated so':>10}{'of which false':>16}{'beyond':>9}{'found':>16}"
    )
    for colour, kinds in (("red", ("red",)), ("amber", ("red", "amber"))):
        rated, beyond = known["rating"].isin(kinds), known[f"beyond_{colour}"]
        seeds = known["seed"]
        print(
            f"{'red' if colour == 'red' else 'amber or red':12}{(~beyond).sum():>12,}{share(rated[~beyond], seeds[~beyond])}"
            f"{rated.sum():>10,}{share(~beyond[rated], seeds[rated])}{beyond.sum():>9,}{share(rated[beyond], seeds[beyond])}"
        )
    green, beyond = known["rating"] == "green", known["beyond_amber"]
    print(
        f"{'green':12}{beyond.sum():>12,}{share(green[beyond], known['seed'][beyond])}{green.sum():>10,}"
        f"{share(beyond[green], known['seed'][green])}{(~beyond).sum():>9,}{share(green[~beyond], known['seed'][~beyond])}"
    )


def print_each(known: pd.DataFrame) -> None:
    """Print the indicators one by one."""
    print("\nBy indicator, whole policy, 2026Q3 (true level of all units but for the complaint rate)")
    print(
        f"{'':34}{'true':>9}{'amber':>9}{'red':>9}{'rated red':>16}{'amber':>16}{'green':>16}{'insufficient':>16}"
    )
    for name, rows in known.groupby("indicator_id"):
        numbers = "".join(f"{rows[column].median():>9.4g}" for column in ("true", "amber", "red"))
        cells = (
            share(rows["rating"] == kind, rows["seed"]) for kind in ("red", "amber", "green", "insufficient")
        )
        print(f"{name:34}{numbers}{''.join(cells)}")


def print_flicker(rows: pd.DataFrame) -> None:
    """Print how many ratings change from one quarter to the next."""
    wide = rows.pivot_table(
        index=["whole", "seed", "indicator_id", "unit_id"], columns="run", values="rating", aggfunc="first"
    )
    wide = wide[(wide != "").all(axis=1)].dropna().reset_index()
    kinds = {
        "complaint rate": wide["indicator_id"] == RATE,
        "complaint indicators": wide["indicator_id"].isin(
            [one.id for one in shipped_policy("complaints").indicators]
        ),
        "all indicators, whole policy": wide["whole"] & (wide["indicator_id"] != SCORE),
        "unit scores, whole policy": wide["whole"] & (wide["indicator_id"] == SCORE),
    }
    print("\nRatings that change from 2026Q2 to 2026Q3, the quarter before")
    print(f"{'':34}{'ratings':>12}{'unknown':>16}{'known':>16}")
    for name, chosen in kinds.items():
        part = wide[chosen]
        cells = (share(part[run] != part["2026Q2"], part["seed"]) for run in ("anew", "2026Q3"))
        print(f"{name:34}{len(part):>12,}{''.join(cells)}")


def print_ranks(rates: pd.DataFrame) -> None:
    """Print rank correlations with the truth over the branches of a bank."""
    ways = ["estimate", "value", "numerator"]
    print(
        "\nSpearman's rank correlation with the true complaint rate over 60 branches, mean over banks (standard error)"
    )
    print(
        f"{'':12}{'credible':>18}{'raw':>18}{'count':>18}{'credible - raw, 90 % of banks':>36}{'credible - count':>36}"
    )
    for run in QUARTERS:
        ranks = rates[rates["run"] == run].groupby("seed")[["true", *ways]].rank()
        seeds = rates.loc[ranks.index, "seed"]
        found = pd.DataFrame({c: ranks.groupby(seeds)[[c, "true"]].apply(_correlation) for c in ways})
        cells = "".join(f"{f'{m:.3f} ({e:.3f})':>18}" for m, e in zip(found.mean(), found.sem(), strict=True))
        for other in ("value", "numerator"):
            gap = found["estimate"] - found[other]
            low, high = gap.quantile([0.05, 0.95])
            cells += f"{f'{gap.mean():+.3f} ({gap.sem():.3f}), {low:+.2f} to {high:+.2f}':>36}"
        print(f"{run:12}{cells}")


def _correlation(pair: pd.DataFrame) -> float:
    return float(np.corrcoef(pair.T)[0, 1])


def print_coverage(rates: pd.DataFrame) -> None:
    """Print how often 90 % intervals hold the true complaint rate."""
    size = rates.groupby(["run", "seed"])["usual"].transform("size")
    expected = rates["numerator"].groupby([rates["run"], rates["seed"]]).rank() / size
    kinds = {
        "all branches": expected > 0,
        "smallest third": expected <= 1 / 3,
        "middle third": (expected > 1 / 3) & (expected <= 2 / 3),
        "biggest third": expected > 2 / 3,
        "the bad branch": rates["unit_id"] == plan.BAD_UNIT,
        "the big branch": rates["unit_id"] == plan.BIG_UNIT,
    }
    print(
        "\nCoverage of 90 % intervals of the complaint rate: of all complaints, and of those logged by the as-of day"
    )
    print(f"{'':18}{'2026Q2, all':>16}{'logged':>16}{'2026Q3, all':>16}{'logged':>16}{'width':>10}")
    for name, chosen in kinds.items():
        cells = ""
        for run in QUARTERS:
            rows = rates[chosen & (rates["run"] == run)]
            for truth in ("true", "true_logged"):
                cells += share(rows[truth].between(rows["lower"], rows["upper"]), rows["seed"])
        width = ((rows["upper"] - rows["lower"]) / rows["estimate"]).median()
        print(f"{name:18}{cells}{width:>10.0%}")


def print_reliability(known: pd.DataFrame, title: str) -> None:
    """Print how often what is said to have a probability is so; these truths are few, and no draws from a prior."""
    print(f"\nProbabilities beyond the limits and how often the truth is, {title}")
    print(f"{'':14}{'amber: cells':>14}{'said':>8}{'true':>16}{'red: cells':>14}{'said':>8}{'true':>16}")
    for low, high in pairwise(BINS):
        cells = ""
        for limit in ("amber", "red"):
            p = known[f"p_{limit}"]
            part = known[(p >= low) & ((p < high) | (high == BINS[-1]))]
            said = f"{part[f'p_{limit}'].mean():.1%}" if len(part) else "–"
            cells += f"{len(part):>14,}{said:>8}{share(part[f'beyond_{limit}'], part['seed'])}"
        print(f"{f'{low:.0%} to {high:.0%}':14}{cells}")


def main(number: int) -> None:
    """Print the tables."""
    cases = [(seed, seed < WHOLE) for seed in range(number)]
    with ProcessPoolExecutor(2) as pool:
        rows = pd.concat(pool.map(measure, cases, chunksize=1), ignore_index=True)
    rates = rows[rows["indicator_id"] == RATE].reset_index(drop=True)
    print(f"{number} banks of 60 branches; standard errors in brackets, from how much banks differ")
    print_branch(
        rates, plan.BAD_UNIT, f"Branch {plan.BAD_UNIT}: {plan.BAD_FACTOR} times its peers' complaint rate"
    )
    print_power(rates, number)
    print_branch(rates, plan.BIG_UNIT, f"Branch {plan.BIG_UNIT}: big and ordinary")
    known = with_truth(rows)
    last, whole = known[known["run"] == "2026Q3"], known["whole"] & (known["run"] == "2026Q3")
    print_false(last[last["indicator_id"] == RATE], "complaint rate, 2026Q3")
    print_false(known[(known["run"] == "2026Q2") & (known["indicator_id"] == RATE)], "complaint rate, 2026Q2")
    print_false(
        known[whole], f"{known[whole]['indicator_id'].nunique()} indicators of the whole policy, 2026Q3"
    )
    print_each(known[whole])
    print_flicker(rows)
    print_ranks(rates)
    print_coverage(rates)
    for run in QUARTERS:
        print_reliability(
            known[(known["run"] == run) & (known["indicator_id"] == RATE)], f"complaint rate, {run}"
        )
    print_reliability(known[whole], "all indicators with a known truth, 2026Q3")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else BANKS)
