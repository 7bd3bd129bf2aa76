"""Stored tables without what is personal: what a release keeps beyond the store's days."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodels.scratch import written
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.store import Tables, keep, staging_folder
from riskmodels.tables.stored import Table

TAKEN_OUT = "[taken out]"  # stands where a text was, so that it is still counted as given
CASES = {  # column -> whose numbers it holds: who knows them, knows the customer
    "complaint_id": "complaint",
    "repeat_of": "complaint",
    "survey_id": "survey",
}
_ROWS_AT_ONCE = 1 << 20  # a few hundred megabytes of the widest table


def keep_reduced(tables: Tables, store: Path) -> dict[str, Path]:
    """Keep every table again, in another store, without customers' texts and without numbers of their cases.

    Parameters
    ----------
    tables : Tables
        Opened, so that each is as it was stored.
    store : Path
        Folder for the reduced ones.

    Returns
    -------
    dict
        Name -> folder of the reduced table. Its rows stand in the same order; a free text, and the content of
        a rejected row, is ``TAKEN_OUT``; a case has its place among all cases of its kind in the order of
        their numbers, so that what is counted, joined or put in order by them stays as it is.
    """
    cases = {kind: _cases(tables, kind) for kind in dict.fromkeys(CASES.values())}
    return {table.name: _keep(table, store, cases).folder for table in tables.present}


def reduced_columns(table: str) -> list[str]:
    """Name the columns of a canonical table that a reduced one has otherwise."""
    return [one.name for one in CONTRACTS[table].columns if one.type == "text" or one.name in CASES]


def _cases(tables: Tables, kind: str) -> pa.Array:
    """Return every number of a kind of case, sorted; none twice."""
    columns = {name for name, of in CASES.items() if of == kind}
    found = [
        _plain(pq.read_table(table.path, columns=[column])[column]).unique()
        for table in tables.present
        for column in columns & {*pq.read_schema(table.path).names}
    ]
    together = pa.concat_arrays([pa.array([], pa.string()), *found])
    known = together.unique().drop_null()
    return known.take(pc.sort_indices(known))


def _plain(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    return column.cast(pa.string())


def _keep(table: Table, store: Path, cases: Mapping[str, pa.Array]) -> Table:
    with staging_folder(store, table.name) as staged:
        texts = [one.name for one in CONTRACTS[table.name].columns if one.type == "text"]
        for file, free in ((table.path, texts), (table.folder / "rejected.parquet", ["content"])):
            _write_reduced(file, staged / file.name, free, cases)
        return keep(staged, table.provenance)


def _write_reduced(source: Path, target: Path, texts: list[str], cases: Mapping[str, pa.Array]) -> None:
    with pq.ParquetFile(source) as file, written(target):
        schema = file.schema_arrow
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                rows = pa.Table.from_batches([batch], schema)
                for place, field in enumerate(schema):
                    if field.name in texts:
                        rows = rows.set_column(place, field, _without_text(rows[field.name], field.type))
                    elif field.name in CASES:
                        numbered = _numbered(rows[field.name], cases[CASES[field.name]], field.type)
                        rows = rows.set_column(place, field, numbered)
                writer.write_table(rows)


def _without_text(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    is_given = column.is_valid()
    return pc.if_else(is_given, pa.scalar(TAKEN_OUT), pa.scalar(None, pa.string())).cast(kind)


def _numbered(column: pa.ChunkedArray, known: pa.Array, kind: pa.DataType) -> pa.ChunkedArray:
    """Return the place of each case among all, as a text of one width, so that the order stays."""
    places = pc.index_in(_plain(column), value_set=known)
    return pc.utf8_lpad(places.cast(pa.string()), width=len(str(len(known))), padding="0").cast(kind)
