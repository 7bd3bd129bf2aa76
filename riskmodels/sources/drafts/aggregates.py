"""What a draft says of a table of counts: columns that it is added up over, and rows that may be totals."""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodels.sources.drafts.guesses import Guess
from riskmodels.sources.drafts.matching import Fit
from riskmodels.sources.drafts.parts import texts_of
from riskmodels.sources.drafts.profiling import YEARS, Profile, moment
from riskmodels.sources.drafts.sampling import Sample
from riskmodels.sources.totals import is_called_total
from riskmodels.tables import runs_without, told_hole, whole_block
from riskmodels.tables.spans import beginning, ending
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
            doubts=[f"{doubles} rows are of the cell of an earlier one: they will be rejected as doubles"]
        )
    for column in reversed(chosen):
        fewer = [other for other in chosen if other != column]
        if _doubles(sample, [*keys, *fewer]) == left:
            chosen = fewer
    parts = (
        f"{doubles} rows differ from an earlier one in {', '.join(chosen)} alone:"
        " they are parts and are added up"
    )
    more = [f"{left} rows are doubles even so: they will be rejected"] if left else []
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
    days = [*match.profile.joined, match.profile.name]
    keys = [column for column in _key_columns(fit, sample, columns) if column not in days]
    found = {}
    for figure in fit.contract.figures:
        made, other = columns.get(figure, {}), fit.matches.get(figure)
        if other is None or other.profile.numbers is None or "cumulative" in made:
            return {}
        rows = _series(
            texts_of(match.profile, sample), keys, other.profile, match.profile.dates.format, sample
        )
        if (begins := year_of_sums(rows)) is None:
            return {}
        found[figure] = Guess(doubts=[said_of_sums(figure, begins)])
    return found


def _series(
    days: list[str | None], keys: list[str], figure: Profile, form: str, sample: Sample
) -> pd.DataFrame:
    """Return key, month and value of each row of a sample; see ``year_of_sums``."""
    marks = figure.numbers
    texts = pd.Series(sample.texts(figure.name), dtype="str")
    if marks and marks.thousands:
        texts = texts.str.replace(marks.thousands, "", regex=False)
    if marks and marks.decimal != ".":
        texts = texts.str.replace(marks.decimal, ".", regex=False)
    key = (
        ["|".join(filter(None, cell)) for cell in zip(*map(sample.texts, keys), strict=True)] if keys else ""
    )
    given = pa.table({"place": range(len(days)), "text": pa.array(days, pa.string())})
    with duckdb.connect() as connection:
        connection.register("given", given)
        months = connection.execute(
            f"SELECT year(day) * 12 + month(day) - 1 AS month FROM (SELECT place, {moment(form)} AS day"
            " FROM given) ORDER BY place"
        ).df()
    return months.assign(key=key, value=pd.to_numeric(texts, errors="coerce"))


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
    rows = pa.table({"value": texts_of(match.profile, sample)})
    with duckdb.connect() as connection:
        connection.register("given", rows)
        found = connection.execute(
            f"SELECT taken FROM (SELECT {moment(match.profile.dates.format, 'value')} AS taken FROM given)"
            f" WHERE year(taken) BETWEEN {YEARS}"
        ).df()
    counts = pd.Series(pd.PeriodIndex(found["taken"], freq="M")).value_counts().sort_index()
    if counts.empty:
        return Guess()
    places, rows_each = pd.PeriodIndex(counts.index).asi8.astype(np.int64), np.asarray(counts, np.int64)
    first, last = beginning(places, rows_each), ending(places, rows_each)  # without lone days
    months = pd.period_range(pd.Period(ordinal=first, freq="M"), pd.Period(ordinal=last, freq="M"))
    values = np.asarray(counts.reindex(months, fill_value=0), dtype=np.float64)
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
    return Guess(doubts=[told_hole(first, last, usual) for first, last in ends])


def _doubles(sample: Sample, columns: list[str]) -> int:
    """Count the rows that have the same values as an earlier one."""
    if not columns:
        return 0
    values = list(zip(*(sample.texts(column) for column in columns), strict=True))
    return len(values) - len(set(values))
