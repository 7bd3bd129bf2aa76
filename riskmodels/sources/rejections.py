"""The rejected rows of a table: each with its file, its number there, the rule it broke and its content."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodels.arrays import Integers
from riskmodels.errors import ContractError
from riskmodels.privacy import mask_code, mask_personal_data
from riskmodels.sources.conversion import Conversion
from riskmodels.sources.screening import (
    REJECTED_ROWS,
    ROWS_AT_ONCE,
    RowGroups,
    Tally,
    as_understood,
    cells_of,
)
from riskmodels.sources.sifting import Sifted
from riskmodels.tables import SINCE, Contract


def refuse_unreadable(conversion: Conversion, tally: Tally, screened: Path) -> None:
    """Refuse a source that fills a column with values none of which can be read as its type."""
    for key, column in conversion.columns.items():
        if tally.readable[key] or column.column is None:
            continue
        kind = conversion.contract.column(key).type
        rows = pq.read_table(screened, filters=pc.match_substring(pc.field("rule"), f"{key} is no {kind}"))
        if rows.num_rows:
            expected = f"{kind} in the format {column.format}" if column.format else kind
            example = json.loads(rows["content"][0].as_py())[mask_code(column.column)]
            raise ContractError(
                f"{tally.files[-1].path}: no value of column '{column.column}' can be read as {expected}"
                f" (for {key}); the file has e.g. '{example}'. Correct the mapping in the source file."
            )


def write_rejected(
    screened: Path, target: Path, tally: Tally, sifted: Sifted, contract: Contract, *, country: str
) -> int:
    """Write all rejected rows of a table in the order of its files; return how many there are.

    Parameters
    ----------
    screened : Path
        Rows that broke a rule, numbered among the rows of all files that could be split; is removed.
    target : Path
        The file.
    tally : Tally
        What was read, malformed lines included.
    sifted : Sifted
        Accepted rows that were taken out again, and from when on the cells before them are not known.
    contract : Contract
        Of the table.
    country : str
        Whose phones are masked, ISO 3166.
    """
    starts, malformed, out = _starts(tally), _malformed(tally), sifted.out
    broken = np.asarray(pq.read_table(screened, columns=["row"])["row"], dtype=np.int64)
    numbers = nth_without(nth_without(out.places + 1, broken), malformed)
    found = pa.table(
        {
            "row": numbers,
            "rule": pa.array(out.rules, pa.string()),
            "content": pa.array(as_understood(out.rows, contract, country=country), pa.string()),
            "cell": _unknown_cells(sifted, contract),
        }
    )
    lines = _lines(tally, malformed, country)
    waiting = pa.concat_tables([found, lines]).sort_by("row")
    written = 0
    with RowGroups(target, REJECTED_ROWS) as kept, pq.ParquetFile(screened) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=["row", "rule", "content", "cell"]):
            part = pa.Table.from_batches([_renumbered(batch, malformed)])
            before = pc.less(waiting["row"], part["row"][-1])
            merged = pa.concat_tables([part, waiting.filter(before)]).sort_by("row")
            waiting = waiting.filter(pc.invert(before))
            kept.write(_placed(merged, starts, tally))
            written += merged.num_rows
        kept.write(_placed(waiting, starts, tally))
    screened.unlink()
    return int(written + waiting.num_rows)


def _unknown_cells(sifted: Sifted, contract: Contract) -> pa.Array:
    """Write the cells that rows leave unknown; with the first day of those before that are unknown, too."""
    out, since = sifted.out, sifted.since
    cells = cells_of(out.rows, contract).to_pylist()
    for row, place in enumerate(out.places.tolist() if since else []):
        if cells[row] and place in since:
            cells[row] = json.dumps({**json.loads(cells[row]), SINCE: since[place]}, ensure_ascii=False)
    return pc.if_else(pa.array(out.unknown), pa.array(cells, pa.string()), None)


def reasons(path: Path, *, most: int = 3) -> str:
    """Say which rules most rejected rows of a table broke, and how many did; empty where there are none."""
    found = pc.value_counts(pq.read_table(path, columns=["rule"])["rule"]).to_pylist()
    worst = sorted(found, key=lambda rule: (-rule["counts"], rule["values"]))[:most]
    return ", ".join(f"{rule['counts']:,} broke '{rule['values']}'" for rule in worst)


def nth_without(nth: Integers, removed: Integers) -> Integers:
    """Return the n-th of the numbers 1, 2, 3, ... of which some were removed.

    Parameters
    ----------
    nth : ndarray, shape (k,)
        From 1.
    removed : ndarray, shape (m,)
        Ascending, from 1.

    Returns
    -------
    ndarray, shape (k,)
        Numbers none of which is in ``removed``.

    Examples
    --------
    >>> nth_without(np.array([1, 2, 3]), np.array([2, 3]))
    array([1, 4, 5])
    """
    return nth + np.searchsorted(removed - np.arange(len(removed)), nth, side="right")


def _starts(tally: Tally) -> Integers:
    """Rows of all kinds before each file, shape (files,)."""
    malformed = np.array([lines.num_rows for lines in tally.malformed], dtype=np.int64)
    return np.asarray(tally.starts, dtype=np.int64) + np.cumsum(malformed) - malformed


def _malformed(tally: Tally) -> Integers:
    """Numbers of the malformed lines among the rows of all files."""
    numbers = [
        start + np.asarray(lines["row"], dtype=np.int64)
        for start, lines in zip(_starts(tally), tally.malformed, strict=True)
    ]
    return np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)


def _lines(tally: Tally, numbers: Integers, country: str) -> pa.Table:
    lines = pa.concat_tables(tally.malformed)
    masked = [mask_personal_data(content, country=country) for content in lines["content"].to_pylist()]
    columns = {"row": numbers, "rule": lines["rule"], "content": pa.array(masked, pa.string())}
    return pa.table({**columns, "cell": pa.nulls(len(masked), pa.string())})


def _renumbered(batch: pa.RecordBatch, malformed: Integers) -> pa.RecordBatch:
    numbers = nth_without(np.asarray(batch["row"], dtype=np.int64), malformed)
    return batch.set_column(0, "row", pa.array(numbers))


def _placed(rows: pa.Table, starts: Integers, tally: Tally) -> pa.RecordBatch:
    """Give each row the name of its file, and its number there."""
    numbers = np.asarray(rows["row"], dtype=np.int64)
    files = np.searchsorted(starts, numbers - 1, side="right") - 1
    names = pa.array([file.name for file in tally.files], pa.string()).take(pa.array(files))
    arrays = [
        names,
        pa.array(numbers - starts[files]),
        rows["rule"].combine_chunks(),
        rows["content"].combine_chunks(),
        rows["cell"].combine_chunks(),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECTED_ROWS)
