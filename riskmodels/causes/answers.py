"""Customers' answers of a span of quarters: each with its points and with what is known beside it."""

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.periods.workdays import working_days
from riskmodels.tables import Table, Tables
from riskmodels.tables.sql import literal, name

SATISFIED, MOST = 4, 5  # points from which a customer counts as satisfied, and most points
LONGEST_WAIT, LONGEST_DAYS = 72.0, 30.0  # hours, working days: longer ones count as these; one says no more
_KEYS = ("unit_id", "region_id", "product", "channel", "customer_group")
_MOMENTS = ("received_at", "first_response_at", "resolved_at")


def survey_answers(tables: Tables, span: pd.PeriodIndex) -> pd.DataFrame | None:
    """Return the answers of surveys; None where the source has none.

    One row per answer: day, points (1 to 5), unit_id, region_id, product, channel, customer_group; NaN is
    unknown.
    """
    if tables.surveys is None:
        return None
    rows = _rows(tables.surveys, "answered_on", span, tables, {"points": "rating"})
    return _with_regions(rows, tables)


def handled_complaints(tables: Tables, span: pd.PeriodIndex) -> pd.DataFrame | None:
    """Return the complaints received in a span and closed, rated or not; None where there are no ratings.

    One row per complaint: as of ``survey_answers`` (``points`` is NaN where it was not rated), waiting_hours
    [to the first answer, up to 72], days_to_resolve [working days, up to 30], outcome [upheld, not_upheld].
    """
    table = tables.complaints
    if table is None or not table.gives("satisfaction"):
        return None
    columns = {"points": "satisfaction"} | {one: one for one in (*_MOMENTS, "upheld")}
    rows = _rows(table, "received_at", span, tables, columns)
    if table.gives("resolved_at"):
        rows = rows[rows["resolved_at"].notna() | rows["points"].notna()].reset_index(drop=True)
    moments = (rows.pop(one).to_numpy("datetime64[us]") for one in _MOMENTS)
    received, answered, resolved = (_until(moment, tables) for moment in moments)
    waited = (answered - received) / np.timedelta64(1, "h")
    upheld = rows.pop("upheld").map({True: "upheld", False: "not_upheld"}).astype("object")
    rows = rows.assign(
        waiting_hours=np.minimum(np.where(np.isnat(answered), np.nan, waited), LONGEST_WAIT),
        days_to_resolve=np.minimum(_working_days(received, resolved, tables), LONGEST_DAYS),
        outcome=upheld,
    )
    return _with_regions(rows, tables)


def _rows(
    table: Table, at: str, span: pd.PeriodIndex, tables: Tables, columns: dict[str, str]
) -> pd.DataFrame:
    """Read the rows of a span in months that the source knows; a key that the table lacks is unknown."""
    first, last = span[0].start_time.date(), min(span[-1].end_time.date(), tables.as_of)
    chosen = f"{name(at)}::DATE BETWEEN DATE '{first}' AND DATE '{last}'"
    if table.provenance.unknown_months:
        holes = ", ".join(map(literal, table.provenance.unknown_months))
        chosen += f" AND strftime({name(at)}, '%Y-%m') NOT IN ({holes})"
    relation = table.relation
    keys = {one: name(one) if one in relation.columns else "NULL::VARCHAR" for one in _KEYS}
    read = {"day": f"{name(at)}::TIMESTAMP", **keys, **{one: name(column) for one, column in columns.items()}}
    asked = ", ".join(f"{value} AS {name(one)}" for one, value in read.items())
    frame: pd.DataFrame = relation.filter(chosen).project(asked).df()
    frame = frame.astype({**dict.fromkeys(_KEYS, "object"), "points": "float64"})
    frame[list(_KEYS)] = frame[list(_KEYS)].where(frame[list(_KEYS)].notna(), None)
    return frame


def _with_regions(rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Put the unit's region where the row has none."""
    if tables.units is None:
        return rows
    units = tables.units.frame(["unit_id", "region_id"]).set_index("unit_id")["region_id"].astype("object")
    region = rows["region_id"].where(rows["region_id"].notna(), rows["unit_id"].map(units))
    return rows.assign(region_id=region.astype("object").where(region.notna(), None))


def _until(moment: np.ndarray, tables: Tables) -> np.ndarray:
    """Forget what is after the day up to which the source knows."""
    known = moment < np.datetime64(tables.as_of) + np.timedelta64(1, "D")
    return np.where(known, moment, np.datetime64("NaT"))


def _working_days(received: np.ndarray, resolved: np.ndarray, tables: Tables) -> Floats:
    """Count working days from one moment to another, shape (n,); NaN where one of them is unknown."""
    known = ~(np.isnat(received) | np.isnat(resolved))
    found = np.full(len(received), np.nan)
    if known.any():
        ends = received[known].astype("datetime64[D]"), resolved[known].astype("datetime64[D]")
        first = ends[0].min()
        days = working_days(
            first.item(), ends[1].max().item(), country=tables.country, closed=tables.holidays
        )
        index = days["working_index"].to_numpy()
        start, end = ((moment - first).astype(np.int64) for moment in ends)
        found[known] = index[end] - index[start]
    return found
