"""Event logs: tables with several rows a case, one for each of its states."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from riskmodels.sources.drafts.matching import Fit, identifier
from riskmodels.sources.drafts.profiling import Profile
from riskmodels.sources.drafts.sampling import Sample
from riskmodels.sources.drafts.synonyms import name_score
from riskmodels.tables.sql import small_connection

_NAMED = 0.4  # how much a column's name has to speak of an identifier
_SAME = 0.9  # share of cases with one first day, from which on the rows are of one case
_LEAST = 2  # cases


@dataclass(frozen=True, kw_only=True)
class EventLog:
    """A file with several rows a case.

    Attributes
    ----------
    column : str
        That distinguishes the cases.
    cases, rows : int
        Of the sample.
    time : Profile or None
        The one column, beside those of the table, whose times differ between the rows of a case.
    """

    column: str
    cases: int
    rows: int
    time: Profile | None = None

    @property
    def made(self) -> dict[str, Any]:
        """What the source file says of it."""
        if self.time is None or self.time.dates is None:
            return {"fold": "last"}
        form = {"format": self.time.dates.format} if self.time.dates.format else {}
        return {"fold": "last", "fold_by": {"column": self.time.name, **form}}

    @property
    def words(self) -> str:
        """What was found, and what is made of it."""
        by = f"by '{self.time.name}'" if self.time else "in the file"
        return (
            f"an event log: '{self.column}' has {self.cases:,} values in {self.rows:,} rows,"
            f" and the rows of one share their day; the last one of each {by} stands for it (fold: last);"
            " fold: first takes the first"
        )


def event_log(fit: Fit, sample: Sample) -> EventLog | None:
    """Tell whether rows with one identifier are of one case: they share the day that the table counts by."""
    key, at = identifier(fit.contract), fit.matches.get(fit.contract.at)
    if key is None or at is None or fit.unpivot:
        return None
    chosen = fit.matches.get(key)
    named = [found for found in fit.unused if name_score(fit.contract.table, key, found.name) >= _NAMED]
    for found in [chosen.profile] if chosen else named:
        cases = len(found.kinds)
        if _LEAST <= cases < found.filled and _share_their_day(sample, found.name, at.profile.name):
            return EventLog(
                column=found.name, cases=cases, rows=found.filled, time=_time(fit, sample, found.name)
            )
    return None


def _time(fit: Fit, sample: Sample, key: str) -> Profile | None:
    """Return the only unused column whose times differ between the rows of most cases."""
    dated = [found for found in fit.unused if found.dates and _differ(sample, key, found.name)]
    return dated[0] if len(dated) == 1 else None


def _differ(sample: Sample, key: str, time: str) -> bool:
    cases = pa.table({"key": sample.texts(key), "time": sample.texts(time)})
    kinds = cases.group_by("key").aggregate([("time", "count_distinct"), ("time", "count")])
    several = kinds.filter(pc.greater(kinds["time_count"], 1))["time_count_distinct"]
    return 2 * (pc.sum(pc.greater(several, 1)).as_py() or 0) > len(several)


def _share_their_day(sample: Sample, key: str, day: str) -> bool:
    """Tell whether most cases of several rows have one first day; their rows differ elsewhere."""
    rows = pa.table(
        {"key": sample.texts(key), "day": sample.texts(day), "row": [str(row) for row in sample.rows]}
    )
    with small_connection() as connection:
        connection.register("rows", rows)
        many, same, differing = connection.execute(
            "SELECT count(*), count(*) FILTER (days = 1), count(*) FILTER (kinds > 1)"
            " FROM (SELECT count(DISTINCT day) AS days, count(DISTINCT row) AS kinds"
            " FROM rows WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1)"
        ).fetchall()[0]
    return bool(many and same >= _SAME * many and differing * 2 > many)
