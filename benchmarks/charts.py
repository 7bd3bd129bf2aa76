"""CUSUM designs for counts: attained and simulated run lengths, beside a c-chart and a z-score of the last year.

Run lengths are in periods, in control unless said otherwise. A simulated one stands with its standard error and must be
within two of them (one in twenty is not, by chance: the last line counts). *Estimated*: mean and dispersion come from
so many months, then the chart runs on; its true run length is exact, given what was estimated.
"""

import argparse

import numpy as np

from riskmodels.arrays import Floats
from riskmodels.surveillance import cusum_run_length, design_cusum, shewhart_run_length

WANTED, SHIFT = 370.0, 1.5
MEANS, RATIOS, MONTHS = (1.0, 10.0, 100.0), (1.0, 1.5, 2.0, 3.0, 4.0), (24, 48, 96)
YEAR, SIGMAS = 12, 3.0
AWAY = 2.0  # standard errors
LEAST = 0.55  # events a month: a history of fewer has no quarter between its mean and the shifted one


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="simulated charts of a row")
    parser.add_argument(
        "--histories", type=int, default=200, help="histories that parameters are estimated from"
    )
    chosen = parser.parse_args()
    print_designs(chosen.runs)
    print_estimated(chosen.histories)


def print_designs(runs: int) -> None:
    """Print one row for each mean and variance ratio."""
    cases = [(mean, ratio) for mean in MEANS for ratio in RATIOS]
    means, ratios = np.array(cases).T
    designs = design_cusum(means, (ratios - 1) / means, SHIFT, WANTED).table
    print(f"run length wanted {WANTED:.0f}; shift to be found: {SHIFT} times the mean")
    heads = ("mean", "ratio", "k", "h", "attained", "simulated", "error", "shifted", "c-chart", "z-score")
    print("".join(f"{head:>11}" for head in heads))
    within = 0
    for (mean, ratio), row in zip(cases, designs.itertuples(), strict=True):
        rng = np.random.default_rng([int(mean), int(10 * ratio)])
        found, error = simulated(rng, mean, ratio, row.reference, row.limit, runs)
        within += abs(found - row.attained) <= AWAY * error
        c_chart = shewhart_run_length(mean, dispersion=row.dispersion, limit=mean + SIGMAS * np.sqrt(mean))
        figures = (
            row.reference,
            row.limit,
            row.attained,
            found,
            error,
            row.delay,
            c_chart,
            z_score(rng, mean, ratio, runs),
        )
        print(f"{mean:11.0f}{ratio:11.1f}" + "".join(f"{figure:11.2f}" for figure in figures))
    print(f"{within} of {len(cases)} simulations are within {AWAY:.0f} standard errors\n")


def drawn(rng: np.random.Generator, mean: float, ratio: float, size: int | tuple[int, ...]) -> Floats:
    """Counts with a variance of ``ratio`` times the mean."""
    if ratio == 1:
        return rng.poisson(mean, size).astype(float)
    return rng.poisson(rng.gamma(mean / (ratio - 1), ratio - 1, size)).astype(float)


def simulated(
    rng: np.random.Generator, mean: float, ratio: float, reference: float, limit: float, runs: int
) -> tuple[float, float]:
    """Mean run length of simulated charts, and its standard error."""
    level, lengths, length = np.zeros(runs), [], 0
    while len(level):
        length += 1
        level = np.maximum(0.0, level + drawn(rng, mean, ratio, len(level)) - reference)
        lengths += [length] * int((level >= limit).sum())
        level = level[level < limit]
    return float(np.mean(lengths)), float(np.std(lengths) / np.sqrt(runs))


def z_score(rng: np.random.Generator, mean: float, ratio: float, runs: int) -> float:
    """Run length of: more than three standard deviations of the last twelve months above their mean."""
    last = drawn(rng, mean, ratio, (runs, YEAR))
    lengths, length = [], 0
    while len(last):
        count = drawn(rng, mean, ratio, len(last))
        length += 1
        alarm = count > last.mean(axis=1) + SIGMAS * last.std(axis=1, ddof=1)
        lengths += [length] * int(alarm.sum())
        last = np.column_stack([last[:, 1:], count])[~alarm]
    return float(np.mean(lengths))


def print_estimated(histories: int) -> None:
    """Print the true run lengths of charts whose parameters were estimated."""
    print("true run length where mean and dispersion were estimated; variance ratio 2")
    heads = ("mean", "months", "median", "10 %", "90 %", "below half")
    print("".join(f"{head:>11}" for head in heads))
    for mean in MEANS:
        for months in MONTHS:
            rng = np.random.default_rng([int(mean), months])
            found = np.array(estimated(rng, mean, months, histories))
            figures = (np.median(found), np.quantile(found, 0.1), np.quantile(found, 0.9))
            below = (found < WANTED / 2).mean()
            print(
                f"{mean:11.0f}{months:11d}"
                + "".join(f"{figure:11.0f}" for figure in figures)
                + f"{below:11.0%}"
            )


def estimated(rng: np.random.Generator, mean: float, months: int, histories: int) -> list[float]:
    """True run lengths of charts that are designed for what histories of counts show."""
    seen = drawn(rng, mean, 2.0, (histories, months))
    level = np.maximum(seen.mean(axis=1), LEAST)
    dispersion = np.maximum(seen.var(axis=1, ddof=1) - level, 0.0) / level**2
    designs = design_cusum(level, dispersion, SHIFT, WANTED)
    charts = zip(designs.reference, designs.limit, strict=True)
    return [
        cusum_run_length(mean, dispersion=1 / mean, reference=float(k), limit=float(h)).zero_state
        for k, h in charts
    ]


if __name__ == "__main__":
    main()
