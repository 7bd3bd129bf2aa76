"""Quantities of risks: what is counted of losses and indicators, and draws of what is elicited or booked."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ContractError
from riskmodels.forecasting import nowcast
from riskmodels.parameters.risks import Interval, Risk, RiskRegister, ShareInterval
from riskmodels.periods.quarters import last_complete, period_of
from riskmodels.scorecard.rating import INTERVAL, draw_values
from riskmodels.scorecard.scoring import Scorecard
from riskmodels.tables import Table, Tables
from riskmodels.tables.coverage import known_months

_Z = NormalDist().inv_cdf(INTERVAL[1])  # standard deviations from the middle of an interval to its end
_MONTHS = 12  # of a year
_READ = ["occurred_on", "recorded_on", "event_type", "gross_loss"]
_ALONE, _GROUPS, _TRUST = 400, 100, 0.5  # largest losses weighted alone; groups of others; weight of each


@dataclass(frozen=True, kw_only=True, eq=False)
class Sources:
    """What the risks are quantified from.

    ``losses`` up to the end of the quarter, the known of the last twelve ``months``, whose losses have
    ``counts``, the ``years`` that these cover, counts and draws of ``indicators``.
    """

    losses: pd.DataFrame
    months: pd.PeriodIndex
    years: float
    indicators: Mapping[str, tuple[float, Floats]]
    seed: int
    size: int

    def stream(self, risk: Risk, quantity: str) -> np.random.Generator:
        """Return a stream that belongs to this quantity of this risk alone."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{risk.id} {quantity}".encode())])

    def levels(self, risk: Risk, quantity: str) -> Floats:
        """Return one level in (0, 1) from each of ``size`` equal parts, in random order."""
        rng = self.stream(risk, quantity)
        return (rng.permutation(self.size) + rng.uniform(1e-6, 1.0, self.size)) / self.size

    def drawn(self, risk: Risk, interval: Interval, quantity: str) -> Floats:
        """Draw a positive quantity, lognormal, or a share, logit-normal, from its 90% interval."""
        share = isinstance(interval, ShareInterval)
        low, high = (
            scipy.special.logit(end) if share else np.log(end) for end in (interval.low, interval.high)
        )
        normal = (low + high) / 2 + (high - low) / 2 * scipy.special.ndtri(self.levels(risk, quantity)) / _Z
        return np.asarray(scipy.special.expit(normal) if share else np.exp(normal), dtype=np.float64)


def gather_sources(tables: Tables, register: RiskRegister, card: Scorecard, size: int, seed: int) -> Sources:
    """Gather what the tables and the scorecard count of the register's risks; for ``size`` draws."""
    named = {name for risk in register.risks for control in risk.controls for name in control.carried_out}
    rows = card.bank[card.bank["indicator_id"].isin(named | {risk.counted_by for risk in register.risks})]
    figures = zip(rows["numerator"], draw_values(rows, size), strict=True)
    indicators = dict(zip(rows["indicator_id"], figures, strict=True))
    losses, months, years = _booked(tables.losses, card.period)
    return Sources(losses=losses, months=months, years=years, indicators=indicators, seed=seed, size=size)


def _booked(table: Table | None, period: str) -> tuple[pd.DataFrame, pd.PeriodIndex, float]:
    """Read the losses, and say what the last twelve full months count for as far as they are recorded."""
    if table is None:
        return pd.DataFrame(columns=[*_READ, "month", "counts"]), pd.PeriodIndex([], freq="M"), 0.0
    rows = table.frame(_READ)
    month = pd.PeriodIndex(rows["occurred_on"], freq="M")
    last = min(period_of(period, "M"), last_complete(table.provenance.as_of, "M"))
    months = pd.period_range(end=last, periods=_MONTHS)
    months = months[known_months(table, months)]
    try:
        known = nowcast(rows, as_of=table.provenance.as_of, at="occurred_on", recorded="recorded_on")
        complete = known.for_periods(months)
    except ContractError:  # it is not known
        complete = np.ones(len(months))
    found = rows.assign(month=month, counts=month.isin(months))[month <= last]
    return found, months, float(complete.sum() / _MONTHS)


def mean_loss(amounts: Floats, opinion: Floats, rng: np.random.Generator) -> Floats:
    """Draw the mean of losses from n of them and an ``opinion``, (size,), worth one more [money].

    Returns what of it is booked and what is opinion, shape (2, size), which add up to the mean. Weights are
    Dirichlet(½, …, ½), so means are (Σ amounts + mean opinion) / (n + 1); the smallest of many are grouped.
    """
    ordered = np.sort(amounts)
    small = [part for part in np.array_split(ordered[:-_ALONE], _GROUPS) if len(part)]
    values = np.array([*(part.mean() for part in small), *ordered[-_ALONE:]])
    number = np.array([*map(len, small), *np.ones(len(values) - len(small))])
    weights = rng.standard_gamma(_TRUST * number, (len(opinion), len(values)))
    own = rng.standard_gamma(_TRUST, len(opinion))
    return np.asarray(np.stack([weights @ values, own * opinion]) / (weights.sum(axis=1) + own))
