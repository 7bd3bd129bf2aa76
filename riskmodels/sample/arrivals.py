"""How many complaints arrive in each unit, product and month: what is expected, and what is drawn."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from riskmodels.arrays import Flags, Floats, Integers, Times
from riskmodels.sample.days import year_fractions
from riskmodels.sample.network import UNIT_IDS, UNIT_REGIONS
from riskmodels.sample.plan import (
    ACTION_FACTORS,
    BAD_FACTOR,
    BAD_UNIT,
    BIG_UNIT,
    BREAKS,
    MONTHS,
    PRODUCTS,
    RATES,
    VARIANCE_RATIO,
    stream,
)

_QUARTERS: Final[Times] = MONTHS[::3]  # the first month of each
_WORST: Final = (7, 8, 9)  # quarters whose end may trigger an action, from 0
_WINDOW: Final = 8  # quarters looked back over
_MIDDLING: Final = (20, 150)  # complaints expected a quarter


@dataclass(frozen=True, kw_only=True)
class PastAction:
    """A corrective action that followed the worst quarter of eight at its unit.

    ``rate_factor`` multiplies the unit's complaint rate, all products, from ``effect_month`` on;
    ``worst_ratio`` is observed ÷ expected complaints in the worst quarter, with no effect in it.
    """

    action_id: str
    unit_id: str
    worst_quarter: str
    worst_ratio: float
    opened_on: str
    due_on: str
    closed_on: str
    effect_month: str
    rate_factor: float


def expected_at_peers_rate(accounts: Integers) -> Floats:
    """Expect complaints, shape (units, products, months), with breaks but no bad branch nor action."""
    rates = np.array(list(RATES.values()))[:, None] / 1000
    return accounts * rates * year_fractions() * _break_factors()


def expected_before_actions(accounts: Integers) -> Floats:
    """Expect complaints, shape (units, products, months), the bad branch at its true rate."""
    factor = np.where(np.array(UNIT_IDS) == BAD_UNIT, BAD_FACTOR, 1.0)
    return expected_at_peers_rate(accounts) * factor[:, None, None]


def drawn_counts(expected: Floats, *, seed: int) -> tuple[Integers, list[PastAction]]:
    """Draw complete counts, shape (units, products, months), and the actions that they provoke.

    Counts are negative binomial with variance = VARIANCE_RATIO × mean in each cell, independent
    between cells; months under an effective action are drawn anew, so that the ratio holds there too.
    """
    before = _overdispersed(expected, stream(seed, "counts"))
    actions = past_actions(before, expected)
    factors = action_factors(actions)
    after = _overdispersed(expected * factors, stream(seed, "counts after actions"))
    return np.where(factors < 1, after, before), actions


def past_actions(counts: Integers, expected: Floats) -> list[PastAction]:
    """Find the four units of middling size whose worst quarter of eight stands out most, and act upon it."""
    mean = _quarterly(expected)
    ratio = _quarterly(counts) / mean
    excess = ((ratio - 1) * np.sqrt(mean))[:, _WORST]
    worst = np.where(_may_trigger(ratio, mean), excess, -np.inf)
    units = np.argsort(-worst.max(axis=1), kind="stable")[: len(ACTION_FACTORS)]
    quarters = np.array(_WORST)[worst[units].argmax(axis=1)]
    return [
        _action(number, int(unit), int(quarter), float(ratio[unit, quarter]))
        for number, (unit, quarter) in enumerate(zip(units, quarters, strict=True))
    ]


def action_factors(actions: list[PastAction]) -> Floats:
    """Compute the effect of the actions on the rate, shape (units, 1, months)."""
    unit = np.array([action.unit_id for action in actions])
    month = np.array([action.effect_month for action in actions], dtype="M8[M]")
    factor = np.array([action.rate_factor for action in actions])
    holds = (np.array(UNIT_IDS)[:, None] == unit)[:, None, :] & (MONTHS[:, None] >= month)
    return np.asarray(np.where(holds, factor, 1.0).prod(axis=2)[:, None, :], dtype=np.float64)


def _break_factors() -> Floats:
    region = np.array(UNIT_REGIONS)[:, None, None]
    product = np.array(PRODUCTS)[:, None]
    factors = np.ones((len(UNIT_IDS), len(PRODUCTS), len(MONTHS)))
    for of, where, month, factor in BREAKS:
        holds = (region == where) & (product == of) & (np.datetime64(month, "M") <= MONTHS)
        factors = factors * np.where(holds, factor, 1.0)
    return factors


def _overdispersed(mean: Floats, rng: np.random.Generator) -> Integers:
    excess = VARIANCE_RATIO - 1
    return rng.poisson(rng.gamma(mean / excess, excess)).astype(np.int64)


def _quarterly(cells: Floats | Integers) -> Floats:
    by_month = cells.sum(axis=1).reshape(len(UNIT_IDS), -1, 3)
    return np.asarray(by_month.sum(axis=2), dtype=np.float64)


def _may_trigger(ratio: Floats, expected: Floats) -> Flags:
    """Mark units × quarters of _WORST: the worst of its window, in an ordinary unit of middling size."""
    windows = np.lib.stride_tricks.sliding_window_view(ratio, _WINDOW, axis=1)
    worst = (windows.argmax(axis=2) == _WINDOW - 1)[:, np.array(_WORST) - _WINDOW + 1]
    per_quarter = expected[:, -4:].mean(axis=1)
    middling = (per_quarter > _MIDDLING[0]) & (per_quarter < _MIDDLING[1])
    ordinary = ~np.isin(UNIT_IDS, (BAD_UNIT, BIG_UNIT))
    return np.asarray(worst & (middling & ordinary)[:, None], dtype=np.bool_)


def _action(number: int, unit: int, quarter: int, ratio: float) -> PastAction:
    next_quarter = _QUARTERS[quarter] + np.timedelta64(3, "M")
    effect = next_quarter + np.timedelta64(3, "M")
    return PastAction(
        action_id=f"A{number + 1:03d}",
        unit_id=UNIT_IDS[unit],
        worst_quarter=_quarter_name(_QUARTERS[quarter]),
        worst_ratio=round(ratio, 4),
        opened_on=f"{next_quarter}-20",
        due_on=f"{effect}-20",
        closed_on=f"{effect}-05",
        effect_month=str(effect),
        rate_factor=ACTION_FACTORS[number],
    )


def _quarter_name(month: np.datetime64) -> str:
    year, number = str(month).split("-")
    return f"{year}Q{(int(number) + 2) // 3}"
