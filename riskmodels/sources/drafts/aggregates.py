"""What a draft says of a table of counts: columns that it is added up over, and rows that may be totals."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodels.sources.column_maps import ColumnMap
from riskmodels.sources.drafts.guesses import USUAL, Guess
from riskmodels.sources.drafts.matching import Fit
from riskmodels.sources.drafts.parts import texts_of
from riskmodels.sources.drafts.profiling import YEARS, Profile, moment
from riskmodels.sources.drafts.sampling import Sample
from riskmodels.sources.totals import is_called_total
from riskmodels.sources.written import plain_number, signed_number
from riskmodels.tables import describe_hole, runs_without, whole_block
from riskmodels.tables.spans import beginning, ending
from riskmodels.tables.sql import small_connection
from riskmodels.tables.yearly_sums import FLOWS, said_of_sums, year_of_sums

_SHOWN = 3  # values, or holes, in a doubt
_MOST_STEP = 12  # months from one row to the next: a table of counts has a row each year at least


def added_over(fit: Fit, sample: Sample, columns: Mapping[str, Mapping[str, Any]]) -> Guess:
    """Guess over which columns, of those left, rows have to be added up so that each cell is one row."""
    if not fit.contract.cell or fit.unpivot or fit.contract.at not in fit.matches:
        return Guess()
    keys = _key_columns(fit, sample, columns)
    doubles = _doubles(sample, keys)
    if not doubles:
        return Guess()
    used = {made.get("column") for made in columns.values()}
    chosen = [
        found.name
        for found in fit.unused
        if found.filled
        and not found.dates
        and found.name not in used
        and 1 < len(found.kinds) < len(sample.rows)
    ]
    left = _doubles(sample, [*keys, *chosen])
    if left == doubles:
        return Guess(
            doubts=[f"rows of the cell of an earlier one, which will be rejected as doubles: {doubles}"]
        )
    for column in reversed(chosen):
        fewer = [other for other in chosen if other != column]
        if _doubles(sample, [*keys, *fewer]) == left:
            chosen = fewer
    parts = (
        f"rows that differ from an earlier one in {', '.join(chosen)} alone, and are parts that are added up:"
        f" {doubles}"
    )
    more = [f"rows that are doubles even so, and will be rejected: {left}"] if left else []
    return Guess(made={"added_over": chosen}, doubts=[parts, *more])


def _key_columns(fit: Fit, sample: Sample, columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """List the columns of a file that say which cell a row is of."""
    keys = [
        columns[key]["column"]
        for key in fit.contract.cell
        if columns.get(key, {}).get("column") in sample.types
    ]
    return keys + [part for made in columns.values() for part in made.get("joined_with", [])]


def sums(fit: Fit, sample: Sample, columns: Mapping[str, Mapping[str, Any]]) -> dict[str, Guess]:
    """Doubt figures that only rise within each year and fall at its start: they may be sums since then."""
    match = fit.matches.get(fit.contract.at)
    if fit.contract.table not in FLOWS or fit.unpivot or match is None or match.profile.dates is None:
        return {}
    days = {*match.profile.joined, match.profile.name}
    keys = [sample.texts(key) for key in _key_columns(fit, sample, columns) if key not in days]
    cells = ["|".join(filter(None, cell)) for cell in zip(*keys, strict=True)] if keys else ""
    rows = _months(match.profile, match.profile.dates.format, sample).to_frame("month").assign(key=cells)
    found = {}
    for figure in fit.contract.figures:
        made, other = columns.get(figure, {}), fit.matches.get(figure)
        if other is None or other.profile.numbers is None or "cumulative" in made:
            return {}
        column = ColumnMap.model_validate({key: made[key] for key in ("column", *USUAL) if key in made})
        number = f"TRY_CAST({plain_number(signed_number('trim(text)', column), column)} AS DOUBLE)"
        values = _read(sample.texts(other.profile.name), number)
        if (begins := year_of_sums(rows.assign(value=values))) is None:
            return {}
        found[figure] = Guess(doubts=[said_of_sums(figure, begins)])
    return found


def _months(found: Profile, form: str, sample: Sample) -> pd.Series:
    """Return the month of each row of a sample, counted from January 1970; missing where it has none."""
    month = f"CASE WHEN year(made) BETWEEN {YEARS} THEN 12 * (year(made) - 1970) + month(made) - 1 END"
    return _read(texts_of(found, sample), moment(form), month)


def _read(texts: Sequence[str | None], made: str, of: str = "made") -> pd.Series:
    """Return what SQL makes of each ``text``, and of what it has ``made``."""
    given = pa.table({"place": range(len(texts)), "text": pa.array(texts, pa.string())})
    with small_connection() as connection:
        connection.register("given", given)
        rows = f"SELECT place, {made} AS made FROM given"
        return connection.execute(f"SELECT {of} AS found FROM ({rows}) ORDER BY place").df()["found"]


def called_totals(
    fit: Fit, sample: Sample, columns: Mapping[str, Mapping[str, Any]], over: list[str]
) -> list[str]:
    """Name the values of key columns that may be totals of the other rows."""
    keys = [columns[key].get("column") for key in fit.contract.cell if key in columns]
    doubts = []
    for column in [*filter(None, keys), *over]:
        if column in sample.types and (
            found := sorted({v for v in sample.texts(column) if v and is_called_total(v)})
        ):
            listed = ", ".join(found[:_SHOWN])
            doubts.append(
                f"rows of {listed} in '{column}' may be totals of others: they are left out where they are"
                " the sum of their parts in every period, otherwise kept; totals: says which are"
            )
    return doubts


def holes(fit: Fit, sample: Sample) -> Guess:
    """Name months without a row between months with many, where all rows of the file were looked at."""
    match = fit.matches.get(fit.contract.at)
    if match is None or match.profile.dates is None or fit.unpivot or not sample.whole:
        return Guess()
    if match.profile.dates.period == "period":  # of several lengths
        return Guess()
    found = _months(match.profile, match.profile.dates.format, sample).dropna().astype(np.int64)
    counts = found.value_counts().sort_index()
    if counts.empty:
        return Guess()
    places, rows_each = np.asarray(counts.index, np.int64), np.asarray(counts, np.int64)
    begun, ended = beginning(places, rows_each), ending(places, rows_each)  # without lone days
    months = pd.period_range(pd.Period(ordinal=begun, freq="M"), pd.Period(ordinal=ended, freq="M"))
    values = np.asarray(counts.reindex(range(begun, ended + 1), fill_value=0), np.float64)
    step = int(np.diff(np.flatnonzero(values)).min(initial=_MOST_STEP)) if fit.contract.cell else 1
    least = {"least": 1.0} if fit.contract.cell else {}
    usual = float(np.median(values[values > 0]))
    runs = runs_without(values, step=step, **least)
    ends = [
        (str(months[first]), str(months[last + step - 1]))
        if "period" in fit.contract.names
        else whole_block(str(months[first]), str(months[last]), step)
        for first, last in runs[:_SHOWN]
    ]
    return Guess(doubts=[describe_hole(first, last, usual) for first, last in ends])


def _doubles(sample: Sample, columns: list[str]) -> int:
    """Count the rows that have the same values as an earlier one."""
    if not columns:
        return 0
    values = list(zip(*(sample.texts(column) for column in columns), strict=True))
    return len(values) - len(set(values))
