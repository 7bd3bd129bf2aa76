"""Stream converted rows into accepted and rejected ones: ten million need no more memory than one part."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodels.privacy import mask_code, mask_personal_data
from riskmodels.scratch import written
from riskmodels.sources.batches import with_column, with_texts
from riskmodels.sources.codes import masked_codes
from riskmodels.sources.conversion import CONTENT, MASK, RULE, Conversion, accepted_schema
from riskmodels.sources.readers import RawFile
from riskmodels.sources.reconciliation import ControlTotals
from riskmodels.sources.signs import folded
from riskmodels.tables import Contract

ROWS_AT_ONCE = 20_480  # small enough for the processor's cache
_ROW_GROUP = 122_880  # rows: DuckDB's own size of a group, which it reads in parallel

REJECTED_ROWS = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        *((name, pa.string()) for name in ("rule", "content", "cell")),
    ]
)


@dataclass(kw_only=True)
class Tally:
    """What was seen of a table so far.

    Attributes
    ----------
    files : list of RawFile
        Those begun; the last one is being read.
    starts : list of int
        For each file, the rows that could be split before it.
    read : int
        Rows that could be split.
    readable : Counter
        Column -> values that could be read.
    malformed : list of Table
        For each file, row, content and rule of the lines that could not be split.
    ignored : set of str
        Columns that nothing is made from.
    totals : ControlTotals
        Of the rows that could be split.
    doubts : list of str
        How numbers may be read otherwise.
    codes : dict of str to str
        Code seen -> what it became, personal data in it masked.
    marked : Counter
        Of columns that distinguish rows, the values that were masked.
    """

    files: list[RawFile] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    read: int = 0
    readable: Counter[str] = field(default_factory=Counter)
    malformed: list[pa.Table] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    totals: ControlTotals = field(default_factory=ControlTotals)
    doubts: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    marked: Counter[str] = field(default_factory=Counter)

    def begin(self, file: RawFile, unused: set[str]) -> None:
        """Count from here on the rows of another file."""
        self.files.append(file)
        self.starts.append(self.read)
        self.ignored |= unused

    @property
    def all_rows(self) -> int:
        """Rows of all files, malformed ones included."""
        return self.read + sum(int(lines.num_rows) for lines in self.malformed)

    @property
    def columns(self) -> int:
        """Columns of the widest file."""
        return max((len(file.columns) for file in self.files), default=0)


class RowGroups:
    """A Parquet file written in row groups of a fixed size, so that the same rows give the same bytes."""

    def __init__(self, path: Path, schema: pa.Schema, *, keys: Sequence[str] = ()) -> None:
        """Open the file; text columns but ``keys`` are written as dictionaries."""
        words = [field.name for field in schema if field.type == pa.string() and field.name not in keys]
        self._path = path
        with written(path):
            self._writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=words)
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Take more rows."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        if self._rows >= _ROW_GROUP:
            table = pa.Table.from_batches(self._waiting)
            whole = self._rows - self._rows % _ROW_GROUP
            with written(self._path):
                self._writer.write_table(table.slice(0, whole), row_group_size=_ROW_GROUP)
            self._waiting = table.slice(whole).to_batches()
            self._rows -= whole

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the rows that wait, and close the file."""
        with written(self._path):
            if kind is None and self._rows:
                self._writer.write_table(pa.Table.from_batches(self._waiting))
            self._writer.close()


@contextmanager
def rewritten(path: Path, schema: pa.Schema, *, keys: Sequence[str] = ()) -> Iterator[RowGroups]:
    """Give a file to write to that takes the place of another as soon as it is whole."""
    target = path.with_suffix(".new")
    with RowGroups(target, schema, keys=keys) as rows:
        yield rows
    target.replace(path)


def screen(
    batches: Iterable[pa.RecordBatch], conversion: Conversion, *, units: pa.Table | None, tally: Tally
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Split converted rows into accepted and rejected ones.

    Parameters
    ----------
    batches : iterable of RecordBatch
        Rows of one file as ``conversion.converted`` gives them, in the order of the file.
    conversion : Conversion
        What they were converted by.
    units : Table, optional
        unit_id and region_id of the accepted units: a row of another one is rejected, and one without a
        region gets its unit's.
    tally : Tally
        Is added to.

    Yields
    ------
    (accepted, rejected)
        Accepted rows with the contract's columns and the ``#key`` columns, personal data in free text
        masked; rejected ones with the columns of ``REJECTED_ROWS``, of which row counts, from 1, the rows of
        all files that could be split.
    """
    contract, expect, schema = conversion.contract, conversion.mapping.expect, accepted_schema(conversion)
    for raw in batches:
        batch = masked_codes(raw, conversion, judged=tally.codes, marked=tally.marked)
        for column in set(contract.names) & set(batch.schema.names):
            tally.readable[column] += batch.num_rows - batch[column].null_count
        if expect:
            tally.totals.add(batch, contract, expect)
        rows = batch if units is None else _placed(batch, contract, units)
        good = pc.is_null(rows[RULE])
        bad = pc.indices_nonzero(pc.invert(good)).cast(pa.int64())
        numbers = pc.add(bad, tally.read + 1)
        yield (
            _accepted(rows.filter(good), schema, conversion.country),
            _rejected(rows.take(bad), tally.files[-1].name, numbers, conversion),
        )
        tally.read += batch.num_rows


def _placed(batch: pa.RecordBatch, contract: Contract, units: pa.Table) -> pa.RecordBatch:
    """Add the rule that a row's unit is known, and its region."""
    batch = _known_spelling(batch, units["unit_id"])
    found = pc.index_in(batch["unit_id"], value_set=units["unit_id"])
    stray = pc.and_(pc.is_null(found), pc.is_valid(batch["unit_id"]))
    if pc.any(stray).as_py():
        broken = pc.coalesce(
            pc.binary_join_element_wise(batch[RULE], "unit_id in units", "; "), "unit_id in units"
        )
        batch = with_column(batch, RULE, pc.if_else(stray, broken, batch[RULE]))
    if "region_id" in contract.names and batch["region_id"].null_count:
        regions = pc.coalesce(batch["region_id"], pc.take(units["region_id"], found))
        batch = with_column(batch, "region_id", regions)
    return batch


def _known_spelling(batch: pa.RecordBatch, units: pa.ChunkedArray) -> pa.RecordBatch:
    """Write a unit that is not known as the table of units does, where one unit is spelt like it."""
    strange = pc.unique(
        batch["unit_id"].filter(pc.invert(pc.is_in(batch["unit_id"], value_set=units)))
    ).drop_null()
    if not len(strange):
        return batch
    known: dict[str, str | None] = {}
    for unit in units.to_pylist():
        key = folded(unit)
        known[key] = None if key in known else unit
    spelt = {unit: stays for unit in strange.to_pylist() if (stays := known.get(folded(unit)))}
    return with_texts(batch, "unit_id", spelt)


def _accepted(rows: pa.RecordBatch, schema: pa.Schema, country: str) -> pa.RecordBatch:
    """Mask the free text, and add the columns that the source lacks."""
    for column in (name.removeprefix(MASK) for name in rows.schema.names if name.startswith(MASK)):
        rows = with_column(rows, column, _masked(rows[column], rows[MASK + column], country))
    arrays = [
        rows[field.name] if field.name in rows.schema.names else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _masked(texts: pa.Array, suspicious: pa.Array, country: str) -> pa.Array:
    """Mask the texts that may hold personal data."""
    chosen = pc.fill_null(suspicious, fill_value=False)
    masked = [mask_personal_data(text, country=country) for text in texts.filter(chosen).to_pylist()]
    return pc.replace_with_mask(texts, chosen, pa.array(masked, texts.type))


def _rejected(rows: pa.RecordBatch, file: str, numbers: pa.Array, conversion: Conversion) -> pa.RecordBatch:
    contract, country = conversion.contract, conversion.country
    understood = iter(as_understood(rows.filter(pc.is_null(rows[CONTENT])), contract, country=country))
    texts = rows[CONTENT].to_pylist()
    read = iter(_shown([json.loads(text) for text in texts if text is not None], country))
    contents = [next(understood if text is None else read) for text in texts]
    files = pa.array([file] * rows.num_rows, pa.string())
    cells = cells_of(rows, contract)
    arrays = [files, numbers, rows[RULE], pa.array(contents, pa.string()), cells]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECTED_ROWS)


def as_understood(rows: pa.RecordBatch | pa.Table, contract: Contract, *, country: str) -> list[str]:
    """Write rows as JSON of the canonical columns that have a value, personal data masked."""
    records = rows.select([column for column in contract.names if column in rows.schema.names]).to_pylist()
    given = [{key: value for key, value in record.items() if value is not None} for record in records]
    return _shown(given, country)


def cells_of(rows: pa.RecordBatch | pa.Table, contract: Contract) -> pa.Array:
    """Write as JSON where each row belongs: its cell of counts, or a case's day; null if not known.

    What a case is cut by is masked: a row that was not read as it should be may hold anything there.
    """
    if contract.at not in rows.schema.names:
        return pa.nulls(rows.num_rows, pa.string())
    records = rows.select([column for column in contract.placed if column in rows.schema.names]).to_pylist()
    if not contract.cell:
        records = [{key: mask_code(v) if isinstance(v, str) else v for key, v in r.items()} for r in records]
    cells = [
        json.dumps(record, default=str, ensure_ascii=False) if record[contract.at] else None
        for record in records
    ]
    return pa.array(cells, pa.string())


def _shown(records: Iterable[Mapping[str, object]], country: str) -> list[str]:
    """Write rows as JSON; masked value by value, since JSON would hide what stands at a line's end."""
    column, text = cache(mask_code), cache(partial(mask_personal_data, country=country))
    return [
        json.dumps(
            {column(key): text(value) if isinstance(value, str) else value for key, value in record.items()},
            default=str,
            ensure_ascii=False,
        )
        for record in records
    ]
