"""When units are in business: rows of other days are the bank's, and no unit's."""

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Times
from riskmodels.display import shown_unit
from riskmodels.labels import commas, label, language, marked, space
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import Contract
from riskmodels.tables.sql import name, single_file
from riskmodels.tables.stocks import period_months
from riskmodels.tables.store import Tables
from riskmodels.tables.stored import Table

GONE = ("closed", "planned")  # states of units that are not in business on any day of a period
_COLUMNS = ("unit_id", "name", "state", "opened_on", "closed_on")
_SHOWN = 5  # told by name; a choice
_SAID = {  # state -> sentence, and the day that it names
    "closed": (marked("Closed before, and not rated: {units}."), "closed_on"),
    "closing": (marked("Closed in the period, rated by what came until the last day: {units}."), "closed_on"),
    "opening": (marked("Opened in the period, rated by what came since: {units}."), "opened_on"),
    "planned": (marked("Not open yet, and not rated: {units}."), "opened_on"),
}
_MARKS = {
    "closed": marked("closed on {day}"),
    "closing": marked("closed on {day}"),
    "opening": marked("opened on {day}"),
    "planned": marked("opens on {day}"),
}


def no_lifetimes() -> pd.DataFrame:
    """Return the frame of ``partial_units`` without a row."""
    return pd.DataFrame({column: pd.Series(dtype="str") for column in _COLUMNS})


def partial_units(units: Table | None, period: str) -> pd.DataFrame:
    """List the units that are not in business on all days of a period.

    Parameters
    ----------
    units : Table, optional
        Units with their first and last day of business; an empty day is no limit.
    period : str
        Quarter or month, e.g. ``2026Q3``.

    Returns
    -------
    DataFrame
        unit_id, name, state (``closed``: before the period; ``closing``: in it; ``opening``: in it, and not
        closed in it; ``planned``: opens after it), opened_on, closed_on [YYYY-MM-DD, or empty]; the latest
        day first.
    """
    if units is None:
        return no_lifetimes()
    when = pd.Period(period)
    called = name_column(units)
    frame = units.frame(["unit_id", called, "opened_on", "closed_on"])
    opened, closed = (pd.to_datetime(frame[day]) for day in ("opened_on", "closed_on"))
    conditions = [
        closed < when.start_time,
        opened > when.end_time,
        closed <= when.end_time,
        opened >= when.start_time,
    ]
    frame["state"] = np.select(conditions, ["closed", "planned", "closing", "opening"], default="")
    texts = {"opened_on": _day_texts(opened), "closed_on": _day_texts(closed)}
    found = frame.assign(**texts).rename(columns={called: "name"})[list(_COLUMNS)]
    found = found[found["state"] != ""].astype("str")
    return found.sort_values(["closed_on", "opened_on", "unit_id"], ascending=False, ignore_index=True)


def name_column(units: Table) -> str:
    """Return the column that says what units are called in the language in use, else in English."""
    wanted = f"name_{language()}"
    return wanted if units.gives(wanted) else "name_en"


def lifetimes_sentence(found: pd.DataFrame) -> str:
    """Say which units a period has only in part, or not at all; nothing where there is none."""
    said = []
    for state, (text, day) in _SAID.items():
        rows = found[found["state"] == state]
        names = [
            label("{unit} on {day}", unit=shown_unit(unit, called), day=when)
            for unit, called, when in zip(rows["unit_id"], rows["name"], rows[day], strict=True)
        ]
        shown = commas(names[:_SHOWN])
        if len(names) > _SHOWN:
            shown = label("{names} and {more} more", names=shown, more=len(names) - _SHOWN)
        said += [label(text, units=shown)] if names else []
    return space().join(said)


def lifetime_marks(found: pd.DataFrame) -> dict[str, str]:
    """Return in words, by unit, what ends or begins: ``closed on 2026-08-10``."""
    return {
        row["unit_id"]: label(_MARKS[row["state"]], day=row[_SAID[row["state"]][1]])
        for row in found.to_dict("records")
    }


def has_lifetimes(tables: Tables) -> bool:
    """Tell whether any unit has closed, or has opened after the data begin."""
    if tables.units is None:
        return False
    closed, opened = tables.units.relation.aggregate("min(closed_on), max(opened_on)").fetchall()[0]
    begins = [table.begins for table in tables.present if table.begins is not None]
    ends = closed is not None and closed < tables.as_of
    return ends or (opened is not None and opened > min(begins, default=opened))


def in_business(table: Table, rows: str, units: Table) -> str:
    """SQL for those rows of a table that lie in the life of their unit; rows of no unit are all kept.

    A month or longer period is kept where the unit was in business on any of its days.
    """
    contract = CONTRACTS[table.name]
    if "unit_id" not in contract.names or not contract.at:
        return f"(FROM {rows})"
    return (
        f"(FROM {rows} AS rows_ ANTI JOIN {lives(single_file(units.path))} AS lives"
        f" ON rows_.unit_id = lives.unit_id AND ({' OR '.join(outside_life(contract))}))"
    )


def lives(units: str) -> str:
    """SQL for the first and the last day of business of each unit of a Parquet file (a quoted path)."""
    days = "unit_id, opened_on AS first_day, closed_on AS last_day"
    return f"(SELECT {days} FROM read_parquet({units}) WHERE NOT (opened_on IS NULL AND closed_on IS NULL))"


def outside_life(contract: Contract) -> tuple[str, str]:
    """SQL conditions that a row lies before ``first_day``, and after ``last_day``, with all its days."""
    at = name(contract.at)
    end = f"{at}::DATE"
    if contract.at == "month":
        end = f"last_day({at})"
    elif "period" in contract.names:
        end = f"({at} + to_months(coalesce({period_months()}, 1)::INTEGER) - INTERVAL 1 DAY)::DATE"
    return f"coalesce({end} < first_day, false)", f"coalesce({at}::DATE > last_day, false)"


def business_days(units: Table, unit_ids: pd.Series) -> Times:
    """Return first and last day of business by unit, shape (n, 2); NaT: no limit, or no such unit."""
    frame = units.frame(["unit_id", "opened_on", "closed_on"]).set_index("unit_id")
    return _days(frame.reindex(pd.Index(unit_ids)))


def _days(found: pd.DataFrame) -> Times:
    days = (pd.to_datetime(found[column]).to_numpy("M8[D]") for column in ("opened_on", "closed_on"))
    return np.stack(list(days), axis=1)


def open_in(days: Times, periods: pd.PeriodIndex) -> Flags:
    """Tell which periods have a day of business, shape (n, T), of first and last days of shape (n, 2)."""
    first, last = _edges(periods)
    return np.logical_not((last < days[:, :1]) | (first > days[:, 1:]))  # NaT is before and after nothing


def share_in_business(days: Times, periods: pd.PeriodIndex) -> Floats:
    """Return the share of the days of each period that are of business, shape (n, T); 1 where none is."""
    first, last = _edges(periods)
    known = np.fmin(last, days[:, 1:]) - np.fmax(first, days[:, :1])  # fmin, fmax: NaT is no limit
    share = (known / np.timedelta64(1, "D") + 1.0) / ((last - first) / np.timedelta64(1, "D") + 1.0)
    return np.where(share > 0, share, 1.0)


def _edges(periods: pd.PeriodIndex) -> tuple[Times, Times]:
    """Return the first and the last day of periods."""
    first, last = (
        np.asarray(edge, dtype="M8[s]").astype("M8[D]") for edge in (periods.start_time, periods.end_time)
    )
    return first, last


def months_in_business(found: pd.DataFrame, period: str) -> "pd.Series[int]":
    """Count, for units that a quarter has in part, the months with a day of business; by unit_id."""
    quarter = pd.Period(period, freq="Q")
    months = pd.period_range(quarter.start_time, quarter.end_time, freq="M")
    return pd.Series(open_in(_days(found), months).sum(axis=1), index=pd.Index(found["unit_id"]))


def _day_texts(days: pd.Series) -> pd.Series:
    return pd.Series(days.dt.strftime("%Y-%m-%d").fillna(""), dtype="str")
