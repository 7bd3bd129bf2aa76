"""What limits the quarters of a bank's units give, before a look at what they would change."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import INDICATORS
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.forecasting import Nowcast
from riskmodels.labels import Said
from riskmodels.parameters.policy import DEFAULT, IndicatorPolicy, Limits, Policy
from riskmodels.periods.quarters import check_quarter
from riskmodels.scorecard.evidence import Evidence
from riskmodels.scorecard.rating import posterior_of, rate_evidence, rate_period
from riskmodels.tables import Tables

_AMBER_SHARE: Final = 0.20  # of quarters of units that are beyond amber: one unit in five is worth a look
_RED_SHARE: Final = 0.05  # and beyond red: one in twenty, three of sixty units, can be acted on
_FEWEST_UNITS: Final = 5  # of whom a twentieth can be spoken of at all
QUARTERS: Final = 8  # two years: each season twice
_FEWEST_QUARTERS: Final = 4  # a year, so that no season sets a limit
_LEVELS: Final = (np.arange(99) + 0.5) / 99  # quantiles that stand for what one unit may truly have
_NORMAL: Final = 1.645  # standard deviations to each side of a 90 % interval
_STEPS_BETWEEN: Final = 4  # steps that lie between amber and red at least: limits are round numbers
_SMALLEST: Final = 1e-9  # of the limit: less between amber and red is no difference
Known = Mapping[str, Sequence[Evidence]]  # quarter by quarter, of units
Progress = Callable[[Iterable[str]], Iterable[str]]


def drafted_limits(
    tables: Tables,
    policy: Policy,
    known: Known,
    *,
    period: str,
    nowcast: Nowcast | None,
    progress: Progress = iter,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draft limits without a look at what they would change; see ``draft_limits``.

    ``known`` is the evidence of units, quarter by quarter up to ``period``: of these indicators at least.

    Returns
    -------
    (DataFrame, DataFrame)
        One row per indicator and product: indicator_id, product, amber_now, red_now, set_by, amber, red,
        moves, why_not; and the rated quarters of units that they rest on.
    """
    now = rate_quarters(known, tables, policy, progress(list(known)))
    there = now["period"].unique()
    if len(there) < _FEWEST_QUARTERS:
        raise TooLittleError(
            f"{len(there)} quarters to {period} have units with cases:"
            f" limits need {_FEWEST_QUARTERS} at least"
        )
    if period not in there:
        raise ParameterError(f"the source has no unit with cases in {period}; it knows up to {tables.as_of}")
    products = rate_period(tables, policy, period, by="product", nowcast=nowcast)
    rows = [
        row
        for one in policy.indicators
        if one.limits is not None
        for row in _drafted(one, one.limits, now[now["indicator_id"] == one.id], products)
    ]
    return pd.DataFrame(rows), now


def quarters_to(period: str, quarters: int) -> list[str]:
    """Name the last quarters up to one; raises ParameterError where it is no quarter."""
    return list(pd.period_range(end=check_quarter(period), periods=quarters).astype("str"))


def rate_quarters(
    known: Known, tables: Tables, policy: Policy, periods: Iterable[str], by: str = "unit_id"
) -> pd.DataFrame:
    """Rate units in quarters, one under the other, with ``period``; those without a case are left out."""
    parts = [rate_evidence(known[name], tables, policy, name, by=by).assign(period=name) for name in periods]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def open_limits(policy: IndicatorPolicy) -> tuple[str, ...]:
    """Name which of amber and red nobody but riskmodels has set."""
    words = policy.limits_set_by
    if words.strip() in (DEFAULT, "default"):
        return ("amber", "red")
    return tuple(name for name in ("amber", "red") if re.search(rf"{DEFAULT}\s*\({name}\)", words))


def _drafted(
    one: IndicatorPolicy, limits: Limits, units: pd.DataFrame, products: pd.DataFrame
) -> list[dict[str, Any]]:
    """Draft the limits of an indicator, and those of its products."""
    pairs = {"": limits, **one.limits_by_product}
    if (why := _why_not(one, units)) is not None:
        return [_row(one, product, now, now, why) for product, now in pairs.items()]
    if not one.limits_by_product:
        ends = _ends(_true_values(units, one.id), one.direction, _chance(units, one.id))
        return [_row(one, "", limits, *_moved(one, limits, ends))]
    level = float((units["numerator"].sum() / units["denominator"].sum()) * INDICATORS[one.id].scale)
    ratios = _ends(
        _true_values(units, one.id, beside_peers=True), one.direction, _chance(units, one.id) / level
    )
    bases = products[products["indicator_id"] == one.id].set_index("product")["estimate"].to_dict()
    bases[""] = level
    return [
        _row(one, product, now, *_moved(one, now, (bases[product] * ratios[0], bases[product] * ratios[1])))
        if bases.get(product, 0.0) > 0
        else _row(one, product, now, now, Said("the product has no case in the quarter"))
        for product, now in pairs.items()
    ]


def _why_not(one: IndicatorPolicy, units: pd.DataFrame) -> Said | None:
    if not open_limits(one):
        return Said("set by {who}: it stays", who=one.limits_set_by)
    if units.empty:
        return Said("the source does not give it by unit")
    fewest, quarters = units.groupby("period")["unit_id"].nunique().median(), units["period"].nunique()
    if fewest < _FEWEST_UNITS:
        return Said("fewer than {fewest} units have it", fewest=_FEWEST_UNITS)
    if quarters < _FEWEST_QUARTERS:
        return Said("fewer than {fewest} quarters have it", fewest=_FEWEST_QUARTERS)
    return None


def _true_values(units: pd.DataFrame, indicator_id: str, *, beside_peers: bool = False) -> Floats:
    """Return quantiles of what each unit may truly have had in each quarter, shape (rows, levels)."""
    known = posterior_of(units, indicator_id)
    values = np.stack([known.quantile(level) for level in _LEVELS], axis=1)
    if not beside_peers:
        return values
    peers = units["peers"].to_numpy(float)[:, None]
    ratio = np.divide(values, peers, out=np.full_like(values, np.nan), where=peers > 0)
    return np.asarray(ratio[np.isfinite(ratio).all(axis=1)])


def _chance(units: pd.DataFrame, indicator_id: str) -> float:
    """Return how far the quarter of a usual unit may be from its true value by chance [unit of the value].

    Where nothing is counted, as far as the unit's interval reaches.
    """
    entry = INDICATORS[indicator_id]
    reach = (units["upper"] - units["lower"]).to_numpy(float) / 2
    if entry.is_count:
        value, size = (units[name].to_numpy(float) for name in ("estimate", "denominator"))
        value = np.abs(value / entry.scale)
        variance = value * (1 - value) if entry.is_proportion else value
        size = size / units["dispersion"].to_numpy(float)
        spread = np.sqrt(np.maximum(variance, 0) / np.where(size > 0, size, np.nan))
        reach = np.maximum(reach, _NORMAL * spread * entry.scale)
    return float(np.nanmedian(reach))


def _ends(values: Floats, direction: str, chance: float) -> tuple[float, float]:
    """Return what a fifth and a twentieth of all quarters of units truly lie beyond.

    Red is so far from amber that a usual unit at one is not taken to be at the other by chance.
    """
    if direction == "higher_is_better":
        amber, red = _ends(-values, "lower_is_better", chance)
        return -amber, -red
    amber, red = (float(np.quantile(values, 1 - share)) for share in (_AMBER_SHARE, _RED_SHARE))
    return amber, max(red, amber + chance)


def _moved(one: IndicatorPolicy, now: Limits, ends: tuple[float, float]) -> tuple[Limits, Said | None]:
    """Return round limits; those that somebody has set stay, and red lies beyond amber."""
    (amber, red), ours = ends, open_limits(one)
    gap, worse = abs(red - amber), 1 if one.direction == "lower_is_better" else -1
    if gap <= _SMALLEST * max(abs(red), abs(amber), _SMALLEST):
        return now, Said("units do not differ")
    step = _step(gap)
    amber = _inside(_round(amber, step), step, one.id) if "amber" in ours else now.amber
    red = _round(worse * max(worse * red, worse * amber + gap), step) if "red" in ours else now.red
    if (red - amber) * worse <= 0:
        return now, Said("amber would lie beyond red, which stays: {who}", who=one.limits_set_by)
    return Limits(amber=amber, red=red), None


def _inside(amber: float, step: float, indicator_id: str) -> float:
    """Keep amber of a share off none and all, beyond which everybody is, or nobody."""
    return float(np.clip(amber, step, 1 - step)) if INDICATORS[indicator_id].is_proportion else amber


def _step(between: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that fits so often between two limits."""
    most = between / _STEPS_BETWEEN
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(digit * power for digit in (1, 2, 5) if digit * power <= most * (1 + _SMALLEST)))


def _round(value: float, step: float) -> float:
    return float(f"{round(value / step) * step:.12g}")  # without the digits that floats add


def _row(
    one: IndicatorPolicy, product: str, now: Limits, drafted: Limits, why: Said | None
) -> dict[str, Any]:
    worse = 1 if one.direction == "lower_is_better" else -1
    by = [worse * (getattr(drafted, name) - getattr(now, name)) for name in ("amber", "red")]
    moves = "looser" if max(by) > 0 else "tighter" if min(by) < 0 else "kept"
    return {
        "indicator_id": one.id,
        "product": product,
        "amber_now": now.amber,
        "red_now": now.red,
        "set_by": one.limits_set_by,
        "amber": drafted.amber,
        "red": drafted.red,
        "moves": moves,
        "why_not": "" if why is None else json.dumps(why.facts, ensure_ascii=False),
    }
