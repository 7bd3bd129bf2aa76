"""Of accepted rows with one key the first stays."""

from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.sources.conversion import KEY
from riskmodels.sources.screening import ROWS_AT_ONCE, RowGroups
from riskmodels.tables import Contract
from riskmodels.tables.sql import name, single_file


def take_duplicates_out(
    path: Path, contract: Contract, *, fold: str | None = None
) -> tuple[npt.NDArray[np.int64], pa.Table]:
    """Remove every row whose key an earlier row has, and the ``#key`` columns, from a file of accepted rows.

    Parameters
    ----------
    path : Path
        Parquet; is replaced where anything has to be removed.
    contract : Contract
        Says the key. A key column that was recoded counts as the file had it: after a merger two rows of
        one key are parts of a whole, not doubles.
    fold : str, optional
        "last": of rows with one key the last one stays, not the first.

    Returns
    -------
    ndarray, shape (n,)
        Places of the removed rows, from 0, in ascending order.
    Table
        The removed rows.
    """
    names = pq.read_schema(path).names
    keys = [KEY + key if KEY + key in names else key for key in contract.key]
    places = _repeated(path, keys, last=fold == "last")
    if not len(places) and names == contract.names:
        return places, pa.table({column: [] for column in contract.names})
    removed = _rewritten(path, contract, places)
    return places, removed


def _repeated(path: Path, keys: list[str], *, last: bool) -> npt.NDArray[np.int64]:
    columns = ", ".join(map(name, keys))
    same = " AND ".join(f"repeated.{name(key)} IS NOT DISTINCT FROM accepted.{name(key)}" for key in keys)
    scan = f"read_parquet({single_file(path)}, file_row_number = true)"
    with limited_connection(path.parent) as connection:
        connection.execute(
            f"CREATE TEMP TABLE repeated AS SELECT {columns} FROM {scan} GROUP BY ALL HAVING count(*) > 1"
        )
        found = connection.execute(
            f"SELECT file_row_number AS place FROM {scan} AS accepted JOIN repeated ON {same}"
            f" QUALIFY row_number() OVER (PARTITION BY {', '.join(f'accepted.{name(key)}' for key in keys)}"
            f" ORDER BY file_row_number {'DESC' if last else ''}) > 1 ORDER BY place"
        ).fetchnumpy()
    return np.asarray(found["place"], dtype=np.int64)


def _rewritten(path: Path, contract: Contract, places: npt.NDArray[np.int64]) -> pa.Table:
    """Write the file anew without some rows; return these."""
    kept_path, removed, start = path.with_suffix(".kept"), [], 0
    with pq.ParquetFile(path) as file:
        schema = pa.schema([file.schema_arrow.field(column) for column in contract.names])
        with RowGroups(kept_path, schema, keys=contract.key) as kept:
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=contract.names):
                drop = np.zeros(batch.num_rows, dtype=bool)
                inside = places[(places >= start) & (places < start + batch.num_rows)]
                drop[inside - start] = True
                removed.append(batch.filter(pa.array(drop)))
                kept.write(batch.filter(pa.array(~drop)))
                start += batch.num_rows
    kept_path.replace(path)
    return pa.Table.from_batches(removed, schema=schema)


def limited_connection(spill: Path) -> duckdb.DuckDBPyConnection:
    """Connect to a DuckDB that keeps to a gigabyte and spills the rest to a folder."""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '1GB'")
    connection.execute("SET streaming_buffer_size = '64MB'")  # so that it reads on while rows are written
    connection.execute("SET temp_directory = $folder", {"folder": str(spill / "spill")})
    return connection
