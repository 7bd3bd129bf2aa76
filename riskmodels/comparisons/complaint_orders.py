"""Units in order of their complaints: by number, by accounts and by customers."""

from dataclasses import replace

import pandas as pd

from riskmodels.catalogue import INDICATORS
from riskmodels.catalogue.exposure import days_of, mean_exposure
from riskmodels.comparisons.orders import Orders, rank_by_measures
from riskmodels.errors import ParameterError
from riskmodels.labels import marked
from riskmodels.rates import Funnel, funnel
from riskmodels.scorecard.scoring import Scorecard
from riskmodels.tables import Tables, as_relation
from riskmodels.tables.lifetimes import GONE, in_business, lifetime_marks, months_in_business

_MONTHS = 3  # of a quarter
BY_NUMBER, BY_ACCOUNTS = marked("complaints"), marked("per 1,000 accounts")
BY_CUSTOMERS = marked("per 10,000 customers")
_ZH = {
    BY_NUMBER: "投诉件数",
    BY_ACCOUNTS: "每千户投诉量",
    BY_CUSTOMERS: "每万名客户投诉量",
    "accounts": "账户数",
    "customers": "客户数",
}


def order_complaints(tables: Tables, card: Scorecard) -> Orders | None:
    """Rank a scorecard's units by complaints, per 1,000 accounts and per 10,000 customers of the quarter.

    Parameters
    ----------
    tables : Tables
        Complaints, and exposure where there is one.
    card : Scorecard
        The quarter, and how much more than Poisson complaints vary.

    Returns
    -------
    Orders or None
        A unit without accounts or customers is not ranked on that measure; one that is not in business in the
        quarter is on none, and there is no rate of a quarter that is known only in part. None where the
        source has no complaints of the quarter one by one: there is no order to show. Units go by their name
        and code.
    """
    if tables.complaints is None:
        return None
    counts = _complaints(tables, card.period)
    measures: dict[str, tuple[str | None, float]] = {BY_NUMBER: (None, 1)}
    if tables.exposure is not None and not set(card.incomplete["table"]) & {"complaints", "exposure"}:
        measures |= {BY_ACCOUNTS: ("accounts", 1000), BY_CUSTOMERS: ("customers", 10_000)}
    exposed = _exposure_in_business(mean_exposure(tables.exposure, card.period), card)
    frame = counts.merge(exposed, on="unit_id", how="outer").fillna({"complaints": 0.0})
    gone = card.lifetimes[card.lifetimes["state"].isin(GONE)]
    frame = frame[~frame["unit_id"].isin(gone["unit_id"])]
    if counts.empty or frame.empty:
        return None
    rated = card.units[card.units["indicator_id"] == "complaint_rate"]
    ranked = rank_by_measures(
        frame.assign(unit_id=_named(frame["unit_id"], card)),
        unit="unit_id",
        count="complaints",
        measures=measures,
        dispersion=float(rated["dispersion"].iloc[0]) if len(rated) else 1.0,
        names_zh=_ZH,
    )
    if gone.empty:
        return ranked
    marks = lifetime_marks(gone)
    units = [card.unit_names[unit] for unit in marks]
    reasons = pd.DataFrame({"unit": units, "measure": BY_NUMBER, "reason": list(marks.values())})
    return replace(ranked, unranked=pd.concat([ranked.unranked, reasons], ignore_index=True))


def _complaints(tables: Tables, period: str) -> pd.DataFrame:
    """Count the complaints of a quarter by unit, on its days of business."""
    table = tables.require("complaints")
    rows = (
        table.relation if tables.units is None else as_relation(in_business(table, table.cells, tables.units))
    )
    rows = rows.filter(f"received_at::DATE BETWEEN {days_of(period)}")
    return pd.DataFrame(rows.aggregate("unit_id, count(*)::DOUBLE AS complaints").order("unit_id").df())


def _exposure_in_business(exposed: pd.DataFrame, card: Scorecard) -> pd.DataFrame:
    """Take of a quarter's accounts and customers the share of its months in which a unit was in business."""
    months = (
        exposed["unit_id"].map(months_in_business(card.lifetimes, card.period)).astype(float).fillna(_MONTHS)
    )
    scaled = {column: exposed[column] * months / _MONTHS for column in ("accounts", "customers")}
    return exposed.assign(**scaled)


def unit_funnel(card: Scorecard, indicator_id: str | None = None) -> Funnel:
    """Set the units of a scorecard against funnel limits, each against what its peers would have.

    Parameters
    ----------
    card : Scorecard
        The quarter.
    indicator_id : str, optional
        A rate or proportion; by default the complaint rate, or the first proportion where it is not known.

    Returns
    -------
    Funnel
        Of a rate: observed over expected events, expected at the peers' rate with the unit's mix. Of a
        proportion: shares against that of all. Without units where the scorecard has none with it.

    Raises
    ------
    ParameterError
        It is another kind of indicator.
    """
    units = card.units[card.units["denominator"] > 0]
    chosen = indicator_id or _first(units)
    entry = INDICATORS.get(chosen)
    if entry is None or not entry.is_count:
        raise ParameterError(f"there is no funnel of '{chosen}'; expected a rate or a proportion")
    rows = units[units["indicator_id"] == chosen]
    count, size = rows["numerator"].to_numpy(float), rows["denominator"].to_numpy(float)
    names = _named(rows["unit_id"], card)
    if entry.is_proportion:
        return funnel(count, size, proportion=True, names=names)
    logged = size * rows["logged"].to_numpy(float)
    expected = logged * rows["peers"].fillna(rows["value"]).to_numpy(float) / entry.scale
    return funnel(count, expected, target=1.0, names=names)


def _named(units: pd.Series, card: Scorecard) -> pd.Series:
    """Return units by name and code; one that is not rated has its code alone."""
    return units.map(card.unit_names).fillna(units)


def _first(units: pd.DataFrame) -> str:
    """Return the complaint rate, or the first proportion that units have."""
    there = list(units["indicator_id"].unique())
    proportions = [one for one in there if INDICATORS[one].is_proportion]
    return "complaint_rate" if "complaint_rate" in there else next(iter(proportions), "complaint_rate")
