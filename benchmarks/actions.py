"""Verdicts on corrective actions: of those without an effect and with one, and what assurance said of them.

*Naive* eyes compare the quarter after an action with the one it was chosen for, by a Poisson test at the same
level. Banks are the sample's plan drawn anew; each action follows the worst quarter of eight at its branch.
The model was set up with other seeds (banks 1000 to 2499, pilots 22 and 23) than it is measured with here.
"""

import argparse
import time
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from workload.acted_banks import ActedBank, acted_bank

from riskmodels.arrays import Flags, Floats
from riskmodels.effects.everywhere import judge_courses
from riskmodels.effects.group import judge_evidence
from riskmodels.effects.judging import Windows, windows_of
from riskmodels.effects.peers import PeerCounts, compare_with_peers
from riskmodels.effects.pilots import chance_to_see
from riskmodels.effects.shrinkage import (
    expected_normal_regression,
    expected_regression,
    fit_units,
    shrunken_before_after,
)

NULL = (1.0,) * 8
MIXED = (0.75, 1.0, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0)
TWENTY = (0.8,) * 4
WANDER = 0.07  # [log] by which levels of branches wander in a year, where they do: .1 between the windows
HALF = 0.5  # autocorrelation of neighbouring months, where levels of the whole bank wander
FIRST_BANK, PILOTS = 7000, 2201  # seeds
FLAGGED = 2000  # units
UNITS = 60  # of which parameters are estimated


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banks", type=int, default=250)
    parser.add_argument("--assured", type=int, default=2000, help="simulated pilots")
    parser.add_argument("--courses", type=int, default=200, help="simulated actions everywhere at once")
    chosen = parser.parse_args()
    print_regression()
    print_flagged()
    began = time.process_time()
    seeds = range(FIRST_BANK, FIRST_BANK + chosen.banks)
    mixed = of_banks(seeds, MIXED)
    print_verdicts("A002, A004", mixed, rows=(1, 3))
    print_verdicts("placebos, beside actions", mixed, rows=(4, 5, 6, 7))
    print_verdicts("-25 % (A001, A003)", mixed, rows=(0, 2))
    print_verdicts("no effect anywhere", of_banks(seeds, NULL), rows=range(8))
    print_verdicts("-20 %", of_banks(seeds, TWENTY), rows=range(4))
    print_verdicts("no effect, levels wander", of_banks(seeds, NULL, wander=WANDER), rows=range(8))
    print(f"seconds {time.process_time() - began:.0f}")
    print_assured(chosen.assured)
    for size, factor, wander in (
        (700, 1.0, 0.0),
        (700, 1.0, 0.1),
        (700, 0.75, 0.0),
        (700, 0.75, 0.1),
        (30, 0.75, 0.0),
    ):
        print_everywhere(chosen.courses, size=size, factor=factor, wander=wander)


def of_banks(seeds: range, factors: tuple[float, ...], *, wander: float = 0.0) -> pd.DataFrame:
    """Judge the actions of banks: one row each, with what assurance said before they started."""
    return pd.concat([of_bank(acted_bank(seed, factors, wander=wander)) for seed in seeds], ignore_index=True)


def of_bank(bank: ActedBank) -> pd.DataFrame:
    """Judge the actions of one bank."""
    data = bank.compared()
    windows = bank.windows(data)
    found = judge_evidence(data, windows, hoped=bank.factor - 1.0 - 0.25 * (bank.factor == 1.0))
    lower, upper = found.shrunken.bounds(0.9)
    own = found.own.bounds(0.9)
    after = windows.after.sum(axis=1)
    said = [
        chance_to_see(bank.compared(int(until)), windows.units[[place]], months=int(months), change=-0.25)[0]
        for place, (until, months) in enumerate(zip(bank.start, after, strict=True))
    ]
    truth = bank.factor - 1.0
    return pd.DataFrame(
        {
            "place": np.arange(len(truth)),
            "verdict": found.verdict,
            "naive": bank.naive_success(),
            "covered": (lower <= truth) & (truth <= upper),
            "own_covered": (own[0] <= truth) & (truth <= own[1]),
            "assured": said,
            "change": found.shrunken.change,
        }
    )


def print_verdicts(name: str, rows_of: pd.DataFrame, rows: Iterable[int]) -> None:
    """Print the shares of verdicts, and the coverage of intervals of 90 %."""
    part = rows_of[rows_of["place"].isin(list(rows))]
    shares = part["verdict"].value_counts(normalize=True)
    shown = " ".join(f"{one} {shares.get(one, 0):.1%}" for one in ("worked", "worse", "no_effect", "not_yet"))
    print(
        f"{name:<26}{len(part):>6} {shown}; naive worked {part['naive'].mean():.1%}; covered"
        f" {part['covered'].mean():.1%} (own past {part['own_covered'].mean():.1%}); assured"
        f" {part['assured'].mean():.1%}; change {part['change'].mean():+.3f}"
    )


def print_regression() -> None:
    """Print regression to the mean, exactly."""
    print(f"normal {expected_normal_regression(cut=1, correlation=0.5):.10f}", end=" ")
    print(f"{expected_normal_regression(cut=1.2816, correlation=0.7):.10f}")
    for mean, dispersion, edge in ((10, 0.5, 20), (10, 0.1, 15), (3, 1.0, 8), (50, 0.2, 80)):
        found = expected_regression(mean=mean, dispersion=dispersion, flagged_from=edge)
        print(mean, dispersion, edge, " ".join(f"{name} {value:.6f}" for name, value in found.items()))


def print_flagged() -> None:
    """Print how many flagged units without an effect are said to have worked, parameters from 60 units."""
    for mean, dispersion, edge in ((10, 0.5, 20), (10, 0.1, 15), (3, 1.0, 8), (50, 0.2, 80)):
        shrunken, naive = flagged(mean, dispersion, edge, number=FLAGGED, seed=21)
        print(f"flagged {mean} {dispersion} {edge}: worked {shrunken:.2%}, naive {naive:.2%}")


def flagged(mean: float, dispersion: float, edge: int, *, number: int, seed: int) -> tuple[float, float]:
    """Share of flagged units that "worked", by the predictive test and by the conditional binomial one."""
    rng = np.random.default_rng(seed)
    shrunken, naive = [], []
    while len(shrunken) < number:
        true = rng.gamma(1 / dispersion, dispersion * mean, UNITS)
        before, after = rng.poisson(true).astype(float), rng.poisson(true).astype(float)
        bad = before >= edge
        if bad.any():
            average, spread = fit_units(before)
            change = shrunken_before_after(before[bad], after[bad], mean=average, dispersion=spread)
            shrunken += (change.p_value <= 0.025).tolist()
            naive += (change.naive_p_value <= 0.025).tolist()
    return float(np.mean(shrunken[:number])), float(np.mean(naive[:number]))


def print_assured(number: int) -> None:
    """Print what was said of simulated pilots against how many were seen to work."""
    said, seen = assured(number, seed=PILOTS)
    print(f"pilots {number}: said {said.mean():.1%}, seen {seen.mean():.1%}")
    for low in np.arange(0.0, 1.0, 0.2):
        part = (said >= low) & (said < low + 0.2)
        if part.any():
            print(f"  said {said[part].mean():.1%}  seen {seen[part].mean():.1%}  ({part.sum()})")


def assured(number: int, *, seed: int, change: float = -0.25) -> tuple[Floats, Flags]:
    """Simulate pilots at random units of 60: chance said beforehand, and whether it "worked"."""
    rng = np.random.default_rng(seed)
    said, seen = np.zeros(number), np.zeros(number, dtype=bool)
    region = np.arange(UNITS) % 3
    for place in range(number):
        size = np.exp(rng.normal(0, 0.8, UNITS)) * 12.0
        true = rng.gamma(25, 1 / 25, UNITS) * size  # units differ by a fifth
        past, ahead, unit = 36, int(rng.integers(6, 25)), int(rng.integers(UNITS))
        mean = np.repeat(true[:, None], past + ahead, axis=1)
        mean[unit, past:] *= 1 + change
        counts = rng.poisson(rng.gamma(mean, 1.0)).astype(float)[:, None]
        exposure = np.repeat(size[:, None, None], past + ahead, axis=2)
        everyone = np.ones(UNITS, dtype=bool)
        units = (np.arange(UNITS) == unit)[None, :]
        before = compare_with_peers(counts[:, :, :past], exposure[:, :, :past], region=region, peers=everyone)
        said[place] = chance_to_see(before, units, months=ahead, change=change)[0]
        data = compare_with_peers(counts, exposure, region=region, peers=~units[0])
        seen[place] = judge_pilot(data, units, past)
    return said, seen


def print_everywhere(number: int, *, size: float, factor: float, wander: float) -> None:
    """Print verdicts on simulated actions everywhere at once: so many events a month, levels that wander."""
    rng = np.random.default_rng(PILOTS)
    month = np.arange(54)
    windows = Windows(units=np.ones((1, 1), dtype=bool), before=month[None] < 30, after=month[None] >= 39)
    season = 0.08 * np.cos(2 * np.pi * month / 12) + 0.04 * month / 12
    rows = []
    for _ in range(number):
        level = lfilter([np.sqrt(1 - HALF**2)], [1, -HALF], rng.normal(0, wander, 74))[20:]
        mean = size * np.exp(season + level) * np.where(windows.after[0], factor, 1.0)
        counts = rng.poisson(rng.gamma(mean, 1.0)).astype(float)[None, None]
        rows.append(judge_courses(counts, np.full(counts.shape, 1e3), windows, hoped=np.array([-0.25])))
    found = pd.concat(rows)
    shares = found["verdict"].value_counts(normalize=True)
    shown = " ".join(f"{one} {shares.get(one, 0):.1%}" for one in ("worked", "worse", "no_effect", "not_yet"))
    covered = ((found["lower"] <= factor - 1) & (found["upper"] >= factor - 1)).mean()
    print(
        f"everywhere, {size} a month, factor {factor}, wander {wander}: {shown}; 95 % interval covers"
        f" {covered:.1%}; power {found['power'].mean():.1%}"
    )


def judge_pilot(data: PeerCounts, units: Flags, start: int) -> bool:
    """Judge one pilot that starts at a month."""
    place = np.array([start])
    windows = windows_of(
        data.known, units, decided=place, start=place, first=place * 0, end=np.array([data.known.shape[1]])
    )
    return judge_evidence(data, windows, hoped=np.array([-0.25])).verdict[0] == "worked"


if __name__ == "__main__":
    main()
