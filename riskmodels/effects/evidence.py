"""The counts that an action on an indicator is judged by: of each unit, product and month."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.catalogue import INDICATORS, indicators
from riskmodels.errors import ContractError, TooLittleError
from riskmodels.grouping import number_series
from riskmodels.labels import label, marked
from riskmodels.panel import build_panel
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Tables

COMPLAINTS = "complaint_rate"
_NO_POLICY = marked("whether more of {indicator} is better stands in the policy: give it")
_NOT_COUNTED = marked("{indicator} is neither a rate nor a share of cases: it is not judged")
_NONE = marked("there is no {indicator} by unit and month")


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Events that should become fewer.

    Attributes
    ----------
    units : list of str
        n units, in order.
    products : list of str
        One empty where it is not by product.
    months : PeriodIndex
        T months.
    counts, exposure : ndarray, shape (n, products, T)
        Events, and what they are measured against (of a share, the cases); NaN is unknown.
    region : ndarray of int, shape (n,)
        Number of each unit's region; all 0 where none is known.
    """

    units: list[str]
    products: list[str]
    months: pd.PeriodIndex
    counts: Floats
    exposure: Floats
    region: Integers


def evidence_of(tables: Tables, indicator_id: str, policy: Policy | None, *, last: str | None) -> Evidence:
    """Count the events of an indicator; those that are bad, of a share.

    Raises
    ------
    ContractError, TooLittleError
        The tables lack what it is made of, or it is not made of events.
    """
    if indicator_id == COMPLAINTS:
        return _complaints(tables, last)
    entry = INDICATORS.get(indicator_id)
    if entry is None or not entry.is_count:
        raise TooLittleError(label(_NOT_COUNTED, indicator=indicator_id or label("no indicator")))
    chosen = [] if policy is None else [one for one in policy.indicators if one.id == indicator_id]
    if policy is None or not chosen:
        raise TooLittleError(label(_NO_POLICY, indicator=indicator_id))
    found = indicators(
        tables, policy.model_copy(update={"indicators": tuple(chosen)}), by=["unit_id"], freq="M"
    )
    table = found.table if last is None else found.table[_months(found.table) <= pd.Period(last, "M")]
    if table.empty:
        raise TooLittleError(label(_NONE, indicator=indicator_id))
    failing = entry.is_proportion and chosen[0].direction == "higher_is_better"
    events = table["denominator"] - table["numerator"] if failing else table["numerator"]
    rows = pd.DataFrame({"unit_id": table["unit_id"], "month": _months(table), "events": events})
    return _cells(rows.assign(size=table["denominator"], product=""), tables)


def _months(table: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.PeriodIndex(table["period"], freq="M"), index=table.index)


def _complaints(tables: Tables, last: str | None) -> Evidence:
    if tables.exposure is None:
        raise ContractError("rates of complaints need the table 'exposure', which the source does not have")
    panel = build_panel(
        tables.counted,
        by=["unit_id", "product"],
        freq="M",
        exposure=(tables.exposure, "accounts"),
        last=last,
        units=tables.units,
    ).in_business()
    unit, unit_names = number_series(panel.keys, ["unit_id"])
    product, product_names = number_series(panel.keys, ["product"])
    units, products = unit_names["unit_id"].tolist(), product_names["product"].tolist()
    shape = (len(units), len(products), len(panel.periods))
    counts, exposure = np.full(shape, np.nan), np.full(shape, np.nan)
    counts[unit, product] = panel.values
    exposure[unit, product] = np.nan if panel.exposure is None else panel.exposure
    return Evidence(
        units=units,
        products=products,
        months=panel.periods,
        counts=counts,
        exposure=exposure,
        region=_regions(tables, units),
    )


def _cells(rows: pd.DataFrame, tables: Tables) -> Evidence:
    unit, names = number_series(rows, ["unit_id"])
    units = names["unit_id"].tolist()
    months = pd.period_range(rows["month"].min(), rows["month"].max(), freq="M")
    place = np.asarray(months.get_indexer(pd.PeriodIndex(rows["month"])))
    counts, exposure = (np.full((len(units), 1, len(months)), np.nan) for _ in range(2))
    counts[unit, 0, place] = rows["events"].to_numpy("float64")
    exposure[unit, 0, place] = rows["size"].to_numpy("float64")
    return Evidence(
        units=units,
        products=[""],
        months=months,
        counts=counts,
        exposure=exposure,
        region=_regions(tables, units),
    )


def _regions(tables: Tables, units: list[str]) -> Integers:
    """Number the regions; units of none are one together."""
    if tables.units is None:
        return np.zeros(len(units), dtype=np.int64)
    frame = tables.units.frame(["unit_id", "region_id"]).set_index("unit_id")["region_id"]
    codes = pd.factorize(frame.reindex(units))[0]
    return np.asarray(codes + 1, dtype=np.int64)
