"""How reliable the probabilities of objectives are: simulated ratios, as of March, June and September of the year.

Each series has its own level, trend, season, size and movements; its objective lies somewhere about no change. Brier
scores (mean squared difference between the probability and what came, 0 or 1; less is better) stand beside those of
*climatology* (the share of objectives of the family that are met, known in hindsight) and of the *naive* rule (the
year so far, carried on: met or not). Rates stand beside ``rm.forecast`` of their counts too. Settings were chosen on
other seeds.
"""

import argparse
import time
from itertools import pairwise
from typing import get_args

import numpy as np
import pandas as pd
from workload.ratio_years import FAMILIES, Kind, RatioYears, simulated_years

from riskmodels.arrays import Flags, Floats
from riskmodels.forecasting import forecast
from riskmodels.panel import Panel
from riskmodels.surveillance.years import YEAR, Cells, draw_year

MONTHS = (3, 6, 9)  # of the year, known
SIZE = 1000  # draws
EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
SEED = 9001
LOW, HIGH = 0.1, 0.9  # of probabilities that are next to certain


def main() -> None:
    """Print Brier scores, then what was said against what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=300, help="of each of four families")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    said, came = [], []
    print(f"{'family':<12}{'month':>6}{'Brier':>9}{'climatology':>13}{'naive':>8}{'seconds':>9}")
    for family in FAMILIES:
        made = simulated_years(chosen.series, family, chosen.seed)
        for month in MONTHS:
            start = time.process_time()
            known = known_in(made, month)
            chance = chances(made, known)
            seconds = time.process_time() - start
            scores = brier(chance, made.met), made.met.var(), brier(naive(made, known), made.met)
            print(
                f"{family:<12}{month:>6}{scores[0]:>9.3f}{scores[1]:>13.3f}{scores[2]:>8.3f}{seconds:>9.1f}"
            )
            said.append(chance)
            came.append(made.met)
            if family == "rate":
                print(f"{'  counts':<12}{month:>6}{brier(counted(made, known), made.met):>9.3f}  rm.forecast")
    print_reliability(np.concatenate(said), np.concatenate(came))
    print_kinds(chosen.series, chosen.seed + 1)


def known_in(made: RatioYears, month: int) -> Cells:
    """What is known at the end of a month of the year."""
    return made.whole.until(made.whole.months[month - YEAR - 1])


def chances(made: RatioYears, known: Cells) -> Floats:
    """Probability of meeting each objective."""
    before, now = draw_year(known, size=SIZE, seed=7).values
    target = (1.0 + made.change) * before
    return np.where(made.upwards, now >= target, now <= target).mean(axis=0)


def naive(made: RatioYears, known: Cells) -> Floats:
    """Whether each objective is met if the year goes on as it is so far."""
    top, bottom = known.numerators, known.denominators
    now = np.nansum(top[:, -YEAR:], axis=1) / np.nansum(bottom[:, -YEAR:], axis=1)
    base = slice(-2 * YEAR, -YEAR)
    before = np.nansum(top[:, base], axis=1) / np.nansum(bottom[:, base], axis=1)
    target = (1.0 + made.change) * before
    return np.where(made.upwards, now >= target, now <= target).astype(float)


def counted(made: RatioYears, known: Cells) -> Floats:
    """Probability by the forecast of counts over exposure, all series one panel."""
    length = int(np.isfinite(known.numerators[0]).sum())
    panel = Panel(
        keys=pd.DataFrame({"series": np.arange(len(made.change)).astype(str)}),
        periods=known.months[:length],
        values=known.numerators[:, :length],
        exposure=known.denominators[:, :length],
        kind="count",
    )
    ahead = made.whole.denominators[:, length:]
    made_of = forecast(panel, horizon=ahead.shape[1], future_exposure=ahead)
    rest = made_of.sample(SIZE, seed=7).sum(axis=2)
    top, bottom = (part[:, -YEAR:] for part in (known.numerators, made.whole.denominators))
    now = (np.nansum(top, axis=1) + rest) / bottom.sum(axis=1)
    base = slice(-2 * YEAR, -YEAR)
    target = (
        (1.0 + made.change) * known.numerators[:, base].sum(axis=1) / known.denominators[:, base].sum(axis=1)
    )
    return np.where(made.upwards, now >= target, now <= target).mean(axis=0)


def print_kinds(series: int, seed: int) -> None:
    """As of June, of series that are not as the forecast takes them to be."""
    print(
        f"\n{'months':<10}{'Brier':>7}{'climatology':>13}{'naive':>7}   said up to {LOW} and from {HIGH}: happened"
    )
    for kind in get_args(Kind):
        said, came, plain = [], [], []
        for family in FAMILIES:
            made = simulated_years(series // 2, family, seed, kind)
            known = known_in(made, 6)
            said.append(chances(made, known))
            plain.append(naive(made, known))
            came.append(made.met)
        chance, met = np.concatenate(said), np.concatenate(came)
        ends = [(chance <= LOW), (chance >= HIGH)]
        words = ", ".join(f"{chance[end].mean():.3f}: {met[end].mean():.3f} ({end.sum()})" for end in ends)
        scores = brier(chance, met), met.var(), brier(np.concatenate(plain), met)
        print(f"{kind:<10}{scores[0]:>7.3f}{scores[1]:>13.3f}{scores[2]:>7.3f}   {words}")


def brier(chance: Floats, met: Flags) -> float:
    """Mean squared difference."""
    return float(((chance - met) ** 2).mean())


def print_reliability(said: Floats, came: Flags) -> None:
    """What was said, in classes, against how often it happened, with the standard error of that."""
    print(f"\n{'said from':<10}{'to':>6}{'n':>7}{'said':>9}{'happened':>10}{'s.e.':>7}")
    for low, high in pairwise(EDGES):
        part = (said >= low) & ((said < high) | (high == 1.0))
        number = int(part.sum())
        mean, share = said[part].mean(), came[part].mean()
        error = np.sqrt((said[part] * (1 - said[part])).sum()) / number
        print(f"{low:<10.2f}{high:>6.2f}{number:>7}{mean:>9.3f}{share:>10.3f}{error:>7.3f}")
    print(f"{len(said)} probabilities; Brier score {brier(said, came):.3f}, climatology {came.var():.3f}")


if __name__ == "__main__":
    main()
