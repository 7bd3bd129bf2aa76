"""Indicators that the bank supplies already counted."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers, Times
from riskmodels.sample.network import unit_names
from riskmodels.sample.plan import BRANCHES, MONTHS, stream

MINUTES_PER_DAY: Final = 1440  # 24 hours of 60
INCOME_PER_ACCOUNT: Final = 15.0  # CNY a month


@dataclass(frozen=True, kw_only=True)
class Share:
    """A proportion by unit and month, beta-binomial.

    The denominator is ``per_account`` × accounts; ``level`` is the mean of the first month,
    ``per_year`` its change, and ``concentration`` the beta's two parameters together.
    """

    indicator_id: str
    level: float
    concentration: float
    per_account: float
    per_year: float = 0.0


# levels on the last day, changes a year and noise; a choice: on both sides of the limits
SHARES: Final = (
    Share(indicator_id="retention", level=0.900, per_year=0.004, concentration=900, per_account=0.40),
    Share(indicator_id="service_error_rate", level=0.0004, concentration=40_000, per_account=2.0),
    Share(indicator_id="on_time_rate", level=0.988, concentration=1_500, per_account=0.10),
    Share(indicator_id="enquiry_30min", level=0.994, concentration=2_500, per_account=0.03),
    Share(indicator_id="special_group_coverage", level=0.930, concentration=300, per_account=0.008),
    Share(indicator_id="training_coverage", level=0.965, concentration=200, per_account=0.0007),
    Share(indicator_id="text_alert_rate", level=0.008, concentration=2_000, per_account=0.15),
)


def observations_table(
    accounts: Integers, losses: pd.DataFrame, incidents: pd.DataFrame, *, seed: int
) -> pd.DataFrame:
    """List the observations, by unit for most indicators, for the whole bank for three of them.

    Availability counts the minutes of the outages in ``incidents``; the potential loss rate counts
    the net amounts of ``losses`` by month of occurrence.
    """
    by_month = accounts.sum(axis=1)
    parts = [_share_rows(share, by_month, seed) for share in SHARES]
    parts += [_reach_rows(by_month, seed), _bot_rows(seed)]
    parts += [_availability_rows(incidents), _loss_rate_rows(losses, by_month)]
    return pd.concat(parts, ignore_index=True)


def _share_rows(share: Share, accounts: Integers, seed: int) -> pd.DataFrame:
    rng = stream(seed, share.indicator_id)
    of = np.maximum(np.rint(accounts * share.per_account), 5).astype(np.int64)
    mean = share.level + share.per_year * np.arange(len(MONTHS)) / 12
    chance = rng.beta(mean * share.concentration, (1 - mean) * share.concentration, of.shape)
    return _unit_rows(share.indicator_id, rng.binomial(of, chance), of)


def _reach_rows(accounts: Integers, seed: int) -> pd.DataFrame:
    """Count the people reached by financial education, which grows by a quarter a year."""
    rng = stream(seed, "education_reach")
    mean = 0.004 * accounts * 1.25 ** (np.arange(len(MONTHS)) / 12)
    reached = rng.poisson(rng.gamma(mean / 8, 8))
    return _unit_rows("education_reach", reached, np.ones_like(reached))


def _bot_rows(seed: int) -> pd.DataFrame:
    rng = stream(seed, "bot_accuracy")
    judged = rng.integers(36_000, 44_000, len(MONTHS))
    right = rng.binomial(judged, rng.beta(0.934 * 3000, 0.066 * 3000, len(MONTHS)))
    return _bank_rows("bot_accuracy", right, judged)


def _availability_rows(incidents: pd.DataFrame) -> pd.DataFrame:
    in_service = (month_edges()[1:] - month_edges()[:-1]).astype("m8[m]").astype(np.float64)
    return _bank_rows("system_availability", in_service - outage_minutes(incidents), in_service)


def outage_minutes(incidents: pd.DataFrame) -> Floats:
    """Add up the minutes of outages that fall into each month, shape (months,)."""
    outages = incidents[(incidents["kind"] == "outage") & incidents["ended_at"].notna()]
    start, end = (outages[name].to_numpy().astype("M8[m]") for name in ("started_at", "ended_at"))
    edges = month_edges().astype("M8[m]")
    inside = np.minimum(end[:, None], edges[1:]) - np.maximum(start[:, None], edges[:-1])
    return np.asarray(np.maximum(inside.astype(np.float64), 0).sum(axis=0), dtype=np.float64)


def month_edges() -> Times:
    """List the first days of the months and the day after the last one, shape (months + 1,)."""
    return np.append(MONTHS, MONTHS[-1] + np.timedelta64(1, "M")).astype("M8[D]")


def _loss_rate_rows(losses: pd.DataFrame, accounts: Integers) -> pd.DataFrame:
    net = (losses["gross_loss"] - losses["recovery"].fillna(0)).to_numpy()
    month = (losses["occurred_on"].to_numpy().astype("M8[M]") - MONTHS[0]).astype(np.int64)
    total = np.bincount(month, weights=net, minlength=len(MONTHS))
    return _bank_rows("potential_loss_rate", np.round(total, 2), accounts.sum(axis=0) * INCOME_PER_ACCOUNT)


def _unit_rows(indicator: str, numerator: Integers, denominator: Integers) -> pd.DataFrame:
    unit, month = (place.ravel() for place in np.indices((BRANCHES, len(MONTHS))))
    return _rows(indicator, numerator.ravel(), denominator.ravel(), month).assign(unit_id=unit_names(unit))


def _bank_rows(indicator: str, numerator: Integers | Floats, denominator: Integers | Floats) -> pd.DataFrame:
    return _rows(indicator, numerator, denominator, np.arange(len(MONTHS))).assign(unit_id=None)


def _rows(
    indicator: str, numerator: Integers | Floats, denominator: Integers | Floats, month: Integers
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "indicator_id": indicator,
            "month": MONTHS[month].astype("M8[D]"),
            "numerator": numerator.astype(np.float64),
            "denominator": denominator.astype(np.float64),
        }
    )
