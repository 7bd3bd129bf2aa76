"""When an excess came: what was expected spread over weeks or months as all other complaints came."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from riskmodels.causes.counting import sql_of
from riskmodels.tables import Tables
from riskmodels.tables.counting import queried
from riskmodels.tables.sql import literal

MONTH_COLUMNS: Final = ["month", "now", "expected", "excess", "share"]


def when_it_came(
    tables: Tables, where: Mapping[str, str], months: tuple[str, ...], *, expected: float
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Say from when on a segment was above what was expected, and the share of its excess by month.

    ``expected`` [complaints] is spread over the weeks, or months where complaints are counted by month, as
    the complaints outside the segment came, so that seasons, shocks and delay of logging fall out; the parts
    add up to the excess. ``since`` is the first day from which on the excess adds up to the most, ``peak``
    the month [YYYY-MM] with most of it and ``peak_share`` its share; empty and NaN where there is nothing
    outside.
    """
    rows = _counted(tables, where, months)
    outside = rows["outside"].sum()
    if not (outside > 0 and expected > 0):
        return {"since": "", "peak": "", "peak_share": np.nan}, pd.DataFrame(columns=MONTH_COLUMNS)
    rows = rows.assign(expected=expected * rows["outside"] / outside)
    by_time = rows.groupby("at")[["now", "expected"]].sum()
    over = (by_time["now"] - by_time["expected"]).to_numpy()
    begin = int(over[::-1].cumsum()[::-1].argmax())  # the sums from each week to the end
    by_month = rows.groupby("month", as_index=False)[["now", "expected"]].sum()
    excess = by_month["now"] - by_month["expected"]
    by_month = by_month.assign(excess=excess, share=excess / (excess.sum() or np.nan))
    peak = by_month.iloc[int(excess.to_numpy().argmax())]
    since = max(str(by_time.index.astype(str)[begin])[:10], f"{months[0]}-01")  # a week may begin before
    return {"since": since, "peak": peak["month"], "peak_share": peak["share"]}, by_month[MONTH_COLUMNS]


def _counted(tables: Tables, where: Mapping[str, str], months: tuple[str, ...]) -> pd.DataFrame:
    """Count complaints inside and outside a segment: month, at (first day of week or month), now, outside."""
    table = tables.counted
    at, value = ("received_at", "count(*)") if table.name == "complaints" else ("month", "sum(complaints)")
    inside = sql_of(tables, where)
    listed = ", ".join(map(literal, months))
    month = f"strftime({at}, '%Y-%m')"
    begin = f"date_trunc('week', {at})" if table.name == "complaints" else at
    return queried(
        table,
        f"SELECT {month} AS month, {begin}::DATE::TIMESTAMP AS at,"
        f" coalesce({value} FILTER ({inside}), 0)::DOUBLE AS now,"
        f" coalesce({value} FILTER (NOT coalesce({inside}, false)), 0)::DOUBLE AS outside"
        f" FROM rows WHERE {month} IN ({listed}) GROUP BY ALL ORDER BY ALL",
    )
