"""How often the intervals of a bank's loss assessment hold the truth, the tail's beginning being chosen from the data.

Banks of three event types and two products, four years, about 240 losses a year: lognormal bodies, a generalised Pareto
tail with a shape of 0.2 to 0.6 from the 93 % quantile on. 90 % intervals of the total's value-at-risk 99.9 %.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd

from riskmodels.errors import ParameterError
from riskmodels.losses import Lognormal, LossCell, Poisson, aggregate_losses, assess_losses
from riskmodels.losses.severity import GeneralizedPareto, Spliced

BANKS, YEARS, DRAWS, TAIL = 100, 4, 200, 0.07
EVENTS, PRODUCTS = ("fraud", "execution", "conduct"), ("cards", "loans")
FIRST, LAST = pd.Timestamp("2022-10-01"), pd.Timestamp("2026-09-30")


def cells_of(rng: np.random.Generator) -> list[LossCell]:
    """Draw a bank: bodies by event type, one tail."""
    body = Lognormal(mu=float(rng.uniform(7.5, 8.5)), sigma=float(rng.uniform(1.0, 1.5)))
    threshold = float(body.ppf(np.asarray(1 - TAIL)))
    scale = threshold * float(rng.uniform(0.6, 1.0))
    tail = GeneralizedPareto(shape=float(rng.uniform(0.2, 0.6)), scale=scale, threshold=threshold)
    cells = []
    for event in EVENTS:
        own = Lognormal(mu=body.mu + float(rng.normal(0, 0.1)), sigma=body.sigma)
        severity = Spliced(body=own, tail=tail, tail_probability=TAIL)
        for product in PRODUCTS:
            rate = Poisson(rate=float(rng.uniform(20, 60)))
            cells.append(LossCell(name=f"{event} {product}", frequency=rate, severity=severity))
    return cells


def table_of(cells: list[LossCell], rng: np.random.Generator) -> SimpleNamespace:
    """Draw four years of losses as a table, all recorded on the day."""
    parts = []
    for cell in cells:
        size = int(rng.poisson(YEARS * cell.frequency.mean))
        days = FIRST + pd.to_timedelta(rng.integers(0, (LAST - FIRST).days + 1, size), unit="D")
        event, product = cell.name.split()
        amounts = cell.severity.ppf(rng.uniform(size=size))
        part = {"occurred_on": days, "recorded_on": days, "event_type": event, "product": product}
        parts.append(pd.DataFrame({**part, "gross_loss": amounts, "recovery": 0.0}))
    rows = pd.concat(parts, ignore_index=True)
    provenance = SimpleNamespace(as_of=date(2026, 9, 30))
    return SimpleNamespace(frame=lambda columns: rows[columns].copy(), provenance=provenance)


def measure(seed: int) -> tuple[float, float, float]:
    """Whether the truth is inside, whether below, and the width as a ratio; NaN where there is no assessment."""
    rng = np.random.default_rng(seed)
    cells = cells_of(rng)
    true = aggregate_losses(cells).table["value_at_risk"].iloc[-1]
    try:
        row = assess_losses(table_of(cells, rng), draws=DRAWS, seed=seed).intervals.iloc[-1]
    except ParameterError:
        return np.nan, np.nan, np.nan
    return (
        float(row["lower"] <= true <= row["upper"]),
        float(true < row["lower"]),
        row["upper"] / row["lower"],
    )


def main(number: int) -> None:
    """Print how often the truth was inside."""
    with ProcessPoolExecutor(2) as pool:
        found = np.array(list(pool.map(measure, range(number), chunksize=5)))
    known = found[np.isfinite(found[:, 0])]
    inside, below, width = known.T
    print(f"{number} banks, {len(known)} assessed; 90 % intervals of value-at-risk 99.9 %")
    print(
        f"cover {inside.mean():.0%} (s.e. {np.sqrt(inside.mean() * (1 - inside.mean()) / len(known)):.0%}), too high"
        f" {below.mean():.0%}, too low {1 - inside.mean() - below.mean():.0%}; upper over lower end {np.median(width):.1f} in the median"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else BANKS)
