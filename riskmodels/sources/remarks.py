"""What stands behind periods in brackets, such as (provisional): they are read, and a person should know."""

import duckdb

from riskmodels.labels import counted
from riskmodels.privacy import mask_personal_data
from riskmodels.sources.conversion import Conversion, scanned
from riskmodels.sources.periods import is_period, period_start, remark
from riskmodels.sources.readers import RawFile
from riskmodels.tables.sql import name

_SHOWN = 3  # told by their words; a choice


def remarked_periods(
    connection: duckdb.DuckDBPyConnection, file: RawFile, conversion: Conversion
) -> list[str]:
    """Say how many rows of a file have a remark behind their period, and which."""
    made = conversion.columns.get(conversion.contract.at)
    if made is None or made.column is None or not is_period(made.format or ""):
        return []
    text = (
        f"concat_ws(' ', {', '.join(f'{name(part)}::VARCHAR' for part in (made.column, *made.joined_with))})"
    )
    with connection.cursor() as cursor:
        found = cursor.execute(
            f"SELECT any_value(remark), sum(rows)::BIGINT FROM (SELECT {remark('text')} AS remark, rows FROM"
            f" (SELECT {text} AS text, count(*) AS rows"
            f" FROM {scanned(file, conversion.mapping)} GROUP BY ALL)"
            f" WHERE {period_start('text', str(made.format))} IS NOT NULL) WHERE remark IS NOT NULL"
            " GROUP BY remark ORDER BY 2 DESC, 1"
        ).fetchall()
    if not found:
        return []
    words = ", ".join(mask_personal_data(words) for words, _ in found[:_SHOWN])
    of = f"of {file.name}"
    rows = counted(
        sum(rows for _, rows in found),
        f"row {of} has a remark behind its period",
        f"rows {of} have a remark behind their period",
    )
    return [f"{conversion.contract.at}: {rows}, {words}, and read without it; are these figures final?"]
