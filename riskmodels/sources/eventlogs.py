"""Event logs: tables with several rows a case, one for each of its states."""

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from riskmodels.sources.matching import Fit, identifier
from riskmodels.sources.sampling import Sample
from riskmodels.sources.synonyms import name_score

_NAMED = 0.4  # how much a column's name has to speak of an identifier
_SAME = 0.9  # share of cases with one first day, from which on the rows are of one case
_LEAST = 2  # cases


@dataclass(frozen=True, kw_only=True)
class EventLog:
    """A file with several rows a case.

    Attributes
    ----------
    column : str
        That tells the cases apart.
    cases, rows : int
        Of the sample.
    """

    column: str
    cases: int
    rows: int

    @property
    def words(self) -> str:
        """What was found, and what is made of it."""
        return (
            f"an event log: '{self.column}' has {self.cases:,} values in {self.rows:,} rows, and the rows of one share"
            " their day; the last one of each in the file stands for it (fold: last); fold: first takes the first"
        )


def event_log(fit: Fit, sample: Sample) -> EventLog | None:
    """Tell whether rows with one identifier are of one case: they share the day that the table counts by."""
    key, at = identifier(fit.contract), fit.matches.get(fit.contract.at)
    if key is None or at is None or fit.unpivot:
        return None
    chosen = fit.matches.get(key)
    named = [chosen.profile] if chosen else [
        found for found in fit.unused if name_score(fit.contract.table, key, found.name) >= _NAMED
    ]  # fmt: skip
    for found in named:
        cases = len(found.kinds)
        if _LEAST <= cases < found.filled and _share_their_day(sample, found.name, at.profile.name):
            return EventLog(column=found.name, cases=cases, rows=found.filled)
    return None


def _share_their_day(sample: Sample, key: str, day: str) -> bool:
    """Tell whether most cases of several rows have one first day; their rows differ elsewhere."""
    rows = pa.table(
        {"key": sample.texts(key), "day": sample.texts(day), "row": [str(row) for row in sample.rows]}
    )
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        many, same, differing = connection.execute(
            "SELECT count(*), count(*) FILTER (days = 1), count(*) FILTER (kinds > 1) FROM (SELECT count(DISTINCT day)"
            " AS days, count(DISTINCT row) AS kinds FROM rows WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1)"
        ).fetchall()[0]
    return bool(many and same >= _SAME * many and differing * 2 > many)
