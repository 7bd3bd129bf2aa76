"""What an alarm says in words: what it is of, since when, and by how much."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from riskmodels.display import shown_unit
from riskmodels.labels import PERIOD_NAMES, counted, label, marked, plain_label

STATUS = {"new": marked("new"), "continuing": marked("continuing"), "closed": marked("closed")}
_MOST_SHOWN = 100.0  # of what was due: beyond, hardly anything was
_UNIT, _REGION, _UNKNOWN = "unit_id", "region_id", marked("unknown")


def alarm_name(
    row: Mapping[Any, Any], keys: Iterable[str], unit_names: Mapping[str, str] | None = None
) -> str:
    """Name what an alarm is of: the values of its keys; all series where it has none."""
    return part_name(keys_of(row, keys), unit_names or {}) or label("all series")


def keys_of(row: Mapping[Any, Any], keys: Iterable[str]) -> dict[str, str]:
    """Return the keys that name an alarm, those of its level; the value is empty where it is unknown."""
    by = row["level"].split(" × ")
    return {key: str(row[key]) for key in keys if key in by}


def part_name(of: Mapping[str, str], unit_names: Mapping[str, str]) -> str:
    """Name a part of the bank by the values of its keys; nothing for the whole of it.

    A unit says which region it is of.

    >>> part_name({"product": "credit_card", "region_id": "south", "unit_id": "B1"}, {"B1": "Lake Branch"})
    'credit card × Lake Branch (B1)'
    """
    return " × ".join(
        shown_unit(value, unit_names.get(value, ""))
        if key == _UNIT and value
        else plain_label(value or _UNKNOWN)
        for key, value in of.items()
        if not (key == _REGION and _UNIT in of)
    )


def shown_period(period: str) -> str:
    """Write a period for people: a week by its first day.

    >>> shown_period("2026-01"), shown_period("2026-01-05/2026-01-11")
    ('2026-01', 'week of 2026-01-05')
    """
    first, _, last = period.partition("/")
    return label("week of {day}", day=first) if last else period


def said_dates(row: Mapping[Any, Any]) -> str:
    """Write since when a level has been another, with the interval of the date where it has one."""
    earliest, latest = (str(row[name]).partition("/")[0] for name in ("since_earliest", "since_latest"))
    since = shown_period(str(row["since"]))
    if earliest == latest:
        return since
    return label("{since} ({earliest} to {latest})", since=since, earliest=earliest, latest=latest)


def said_since(row: Mapping[Any, Any]) -> str:
    """Say since when a level has been another."""
    return label("since {dates}", dates=said_dates(row))


def said_size(row: Mapping[Any, Any]) -> str:
    """Say by how much a level has changed, with its interval.

    >>> said_size({"size": 0.41, "lower": 0.28, "upper": 0.55})
    '+41% (28% to 55%)'
    """
    sizes = {name: shown_rise(row[name]) for name in ("lower", "upper")}
    size = f"{row['size']:+z,.0%}" if row["size"] < _MOST_SHOWN else shown_rise(row["size"])
    return label("{size} ({lower} to {upper})", sizes, size=size)


def shown_rise(size: float) -> str:
    """Write a rise for people; one from next to nothing has no size that says anything.

    >>> shown_rise(0.412), shown_rise(13.53), shown_rise(95442.6)
    ('41%', '1,353%', 'more than 10,000%')
    """
    return f"{size:,.0%}" if size < _MOST_SHOWN else label("more than 10,000%")


def counted_alarms(table: pd.DataFrame, series: int, *, first: str, freq: str, run_length: float) -> str:
    """Say how many alarms there are, and what rate of false ones was accepted."""
    status = table["status"].value_counts()
    words = marked("{alarms} ({new} new, {continuing} continuing, {closed} closed) in {watched}")
    watched = label(
        "{series} from {first} on; one false alarm is accepted every {number} {periods} of a series.",
        series=counted(series, "series", "series"),
        first=shown_period(first),
        number=f"{run_length:,.0f}",
        periods=label(PERIOD_NAMES[freq[0]]),
    )
    if table.empty:
        return label("No alarm in {watched}", watched=watched)
    numbers = {name: f"{status.get(name, 0):,}" for name in STATUS}
    return label(words, numbers, alarms=counted(len(table), "alarm", "alarms"), watched=watched)
