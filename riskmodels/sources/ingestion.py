"""Take a source in: every row accepted, or rejected with the rule it broke."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodels.errors import ContractError, ParameterError
from riskmodels.labels import counted
from riskmodels.misfits import nearest
from riskmodels.privacy import mask_code, mask_personal_data, mask_values
from riskmodels.sources.codes import row_id_doubts
from riskmodels.sources.conversion import Conversion, accepted_schema, converted
from riskmodels.sources.declarations import check_observed
from riskmodels.sources.duplicates import limited_connection
from riskmodels.sources.folding import with_fold_time
from riskmodels.sources.heads import know_plain_names, plain_names
from riskmodels.sources.mapping import Source, TableMap, load_source
from riskmodels.sources.readers import (
    RawFile,
    malformed_lines,
    raw_files,
    refusals_named,
    refuse_lost_rows,
    unreadable,
)
from riskmodels.sources.readings import undeclared_marks
from riskmodels.sources.reconciliation import check_totals
from riskmodels.sources.rejections import reasons, refuse_unreadable, write_rejected
from riskmodels.sources.remarks import remarked_periods
from riskmodels.sources.screening import REJECTED_ROWS, ROWS_AT_ONCE, RowGroups, Tally, screen
from riskmodels.sources.sifting import sift
from riskmodels.sources.spelling import join_spellings
from riskmodels.sources.unmet import unmet_declarations
from riskmodels.tables import (
    CONTRACTS,
    PERIOD_MONTHS,
    Break,
    Contract,
    Provenance,
    Tables,
    compare_with_last,
    keep,
    staging_folder,
    store_key,
    sweep_store,
)
from riskmodels.tables.spans import ending
from riskmodels.tables.sql import literal, name

ACCEPTED, REJECTED = "accepted.parquet", "rejected.parquet"
_SCREENED, _SCRATCH = "screened.parquet", "scratch"
_SMALL = 1 << 20  # bytes of all files: even a hundred times as many in memory need no disk


def ingest(
    source: str | Path, *, store: str | Path = "store", files: dict[str, str | Path] | None = None
) -> Tables:
    """Read every table of a source, accept or reject each row, and keep what was accepted in the store.

    Parameters
    ----------
    source : str or Path
        The source file (``params/sources/*.yaml``).
    store : str or Path
        Folder of accepted tables.
    files : dict, optional
        Canonical table -> file to read instead of the one the source names.

    Returns
    -------
    Tables
        For each table, rows accepted + rows rejected = rows read; and what changed since the last delivery.

    Raises
    ------
    ParameterError
        The source file does not fit.
    ContractError
        A file is missing or unreadable, lacks a mapped column, has a column none of whose values can be read
        as its type, or does not meet its control totals; a database cannot be reached.
    FileError
        The disk is full, or the system refuses a file otherwise.

    Notes
    -----
    Rows are streamed: memory does not grow with them. Of rows with one key the first valid one is accepted.
    Free text is masked for personal data before it is stored, and so is the content of rejected rows.

    Where the source gives no as-of day, it is the last day, today at the latest, on which a complaint was
    received (or the end of the last counted period). What happened to a complaint later is then accepted;
    with a day given, no time may be after it.
    """
    path, store = Path(source), Path(store)
    mapping = load_source(path)
    located = _located(mapping, path.parent, files or {})
    sweep_store(store)
    key = cache(partial(store_key, store))
    with ExitStack() as stack, refusals_named():
        tables = [known for known in CONTRACTS if known in located]
        folders = {table: stack.enter_context(staging_folder(store, table)) for table in tables}
        staged: dict[str, _Staged] = {}
        small = _are_small(located)
        with limited_connection(folders[tables[0]].parent, small=small) as connection:
            for table, folder in folders.items():
                refers = any(column.references == "units" for column in CONTRACTS[table].columns)
                units = _known_units(staged.get("units")) if refers else None
                conversion = _conversion(mapping, CONTRACTS[table], located[table][0], key)
                staged[table] = _stage(connection, mapping, conversion, located[table], folder, units)
            as_of = mapping.as_of or _last_day(staged)
            _check_observed(mapping, as_of, path)
            staged = _spelt(connection, staged, mapping.exact)
        kept = {table: keep(part.folder, part.provenance(mapping, as_of)) for table, part in staged.items()}
    changes = tuple(found for found in map(compare_with_last, kept.values()) if found is not None)
    return Tables(as_of=as_of, country=mapping.country, holidays=mapping.holidays, changes=changes, **kept)


@dataclass(frozen=True, kw_only=True)
class _Staged:
    """A table that was read and judged, and what is known of it."""

    table: str
    folder: Path
    mapping: TableMap
    files: dict[str, str]
    rows: tuple[int, int]
    given: tuple[str, ...]
    ignored: tuple[str, ...]
    reconciled: int
    doubts: tuple[str, ...]

    @property
    def accepted(self) -> Path:
        return self.folder / ACCEPTED

    def provenance(self, source: Source, as_of: date) -> Provenance:
        accepted, rejected = self.rows
        return Provenance(
            source=source.id,
            files=self.files,
            as_of=as_of,
            rows_read=accepted + rejected,
            rows_accepted=accepted,
            rows_rejected=rejected,
            unknown_months=self.mapping.unknown_months,
            breaks=tuple(_masked(change, source.country) for change in self.mapping.breaks),
            observed_from=self.mapping.observed_from,
            holidays=source.holidays,
            given_columns=self.given,
            ignored_columns=tuple(map(mask_code, self.ignored)),
            reconciled=self.reconciled,
            doubts=tuple(map(mask_personal_data, self.doubts)),
        )


def _check_observed(source: Source, as_of: date, path: Path) -> None:
    for table, mapping in source.tables.items():
        try:
            check_observed(mapping.observed_from, as_of)
        except ValueError as error:
            raise ParameterError(f"{path}: tables.{table}: {error}") from None


def _masked(change: Break, country: str) -> Break:
    """Mask what a change of definition says as codes of the data are masked."""
    values = mask_values(change.model_dump(), text=partial(mask_code, country=country))
    return Break.model_validate(values)


def _located(source: Source, folder: Path, files: dict[str, str | Path]) -> dict[str, tuple[TableMap, Path]]:
    """Return each table's mapping and what its path is relative to, files beside the source's included."""
    unknown = sorted(set(files) - set(source.tables))
    if unknown:
        known = nearest(unknown[0], source.tables)
        raise ParameterError(f"source {source.id} has no table {unknown[0]} to read from a file; {known}")
    located = {table: (mapping, folder) for table, mapping in source.tables.items()}
    for table, file in files.items():
        if source.tables[table].format == "sql":
            raise ParameterError(f"source {source.id} reads {table} from a database, not from a file")
        located[table] = (source.tables[table].model_copy(update={"file": str(file)}), Path())
    return located


def _are_small(located: Mapping[str, tuple[TableMap, Path]]) -> bool:
    """Tell whether all tables are of one file each that is small, however well it is packed."""
    paths = [folder / str(mapping.file) for mapping, folder in located.values() if mapping.format != "sql"]
    alone = len(paths) == len(located) and all(path.is_file() for path in paths)
    return alone and sum(path.stat().st_size for path in paths) <= _SMALL


def _known_units(units: "_Staged | None") -> pa.Table | None:
    if units is None:
        return None
    return pq.read_table(units.accepted, columns=["unit_id", "region_id"]).combine_chunks()


def _stage(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    conversion: Conversion,
    located: tuple[TableMap, Path],
    folder: Path,
    units: pa.Table | None,
) -> _Staged:
    """Read a table's files one after the other and write its accepted and its rejected rows."""
    mapping, root = located
    table = conversion.contract.table
    contract = CONTRACTS[table]
    accepted = folder / ACCEPTED
    tally = _screen_files(connection, conversion, root, folder, units)
    apart = source.exact | ({"unit_id"} if units is not None or table == "units" else set())
    sifted = sift(connection, accepted, folder / _SCREENED, contract, mapping, exact=apart)
    rejected = write_rejected(
        folder / _SCREENED,
        folder / REJECTED,
        tally,
        sifted,
        contract,
        country=source.country,
    )
    return _Staged(
        table=table,
        folder=folder,
        mapping=mapping,
        files={file.name: file.sha256 for file in tally.files},
        rows=(tally.all_rows - rejected, rejected),
        given=_given_columns(accepted),
        ignored=tuple(sorted(tally.ignored)),
        reconciled=_reconciled(mapping, root, tally) + sifted.met,
        doubts=(*tally.doubts, *row_id_doubts(tally.marked), *sifted.doubts),
    )


def _reconciled(mapping: TableMap, root: Path, tally: Tally) -> int:
    """Compare the rows with the control totals of the sender, and return how many there are."""
    if not mapping.expect:
        return 0
    where = root / str(mapping.file or mapping.database)
    return check_totals(where, mapping.expect, tally.totals, rows=tally.all_rows, columns=tally.columns)


def _conversion(
    source: Source, contract: Contract, mapping: TableMap, key: Callable[[], bytes]
) -> Conversion:
    contract, mapping = with_fold_time(contract, mapping)
    return Conversion(
        contract=contract,
        mapping=mapping,
        rules=_not_after(contract, source.as_of),
        timezone=source.timezone,
        missing=source.missing,
        country=source.country,
        key=key,
    )


def _screen_files(
    connection: duckdb.DuckDBPyConnection,
    conversion: Conversion,
    root: Path,
    folder: Path,
    units: pa.Table | None,
) -> Tally:
    """Write the rows of a table's files, accepted and screened out; refuse files that cannot be read."""
    scratch = folder / _SCRATCH
    scratch.mkdir()
    contract = conversion.contract
    tally = Tally()
    with (
        RowGroups(folder / ACCEPTED, accepted_schema(conversion), keys=contract.key) as accepted,
        RowGroups(folder / _SCREENED, REJECTED_ROWS) as screened,
    ):
        for file in raw_files(conversion.mapping, root, scratch, table=contract.table):
            for good, bad in _screened(connection, file, conversion, units, tally):
                accepted.write(good)
                screened.write(bad)
    shutil.rmtree(scratch)  # it may hold raw data, not masked: nothing of it is kept
    refuse_unreadable(conversion, tally, folder / _SCREENED)
    return tally


def _screened(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    conversion: Conversion,
    units: pa.Table | None,
    tally: Tally,
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Stream the rows of one file, accepted and rejected apart; count them and keep its malformed lines."""
    tally.begin(file, converted(file, conversion)[1])
    with connection.cursor() as cursor:
        cursor.execute("SET streaming_buffer_size = '64MB'")  # so that it reads on while rows are written
        try:
            names = plain_names(file, conversion)
            know_plain_names(cursor, names)
            query, _ = converted(file, replace(conversion, looked_up=frozenset(names)))
            tally.doubts += undeclared_marks(cursor, file, conversion)
            tally.doubts += remarked_periods(cursor, file, conversion)
            batches = cursor.sql(query).to_arrow_reader(ROWS_AT_ONCE)
            yield from screen(batches, conversion, units=units, tally=tally)
            malformed = malformed_lines(cursor, file)
        except (duckdb.Error, pa.ArrowException, OSError) as error:  # OSError: DuckDB's, through Arrow
            raise unreadable(file, error) from None
    refuse_lost_rows(
        file, (tally.read - tally.starts[-1]) // conversion.mapping.times(file.columns), malformed
    )
    tally.malformed.append(malformed)


def _not_after(contract: Contract, as_of: date | None) -> dict[str, str]:
    """Rules against times after the as-of day; where none is given, against times of receipt after today."""
    day = as_of or datetime.now().astimezone().date()
    return {
        f"{column.name} not after as-of": f"{name(column.name)}::DATE <= {literal(day.isoformat())}::DATE"
        for column in contract.columns
        if column.type == "timestamp" and (as_of or column.name == "received_at")
    }


def _given_columns(path: Path) -> tuple[str, ...]:
    """List the columns with a value, from the statistics of a Parquet file."""
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
        names = file.schema_arrow.names
    return tuple(
        column
        for place, column in enumerate(names)
        if any(group.column(place).statistics.null_count < group.num_rows for group in groups)
    )


def _spelt(
    connection: duckdb.DuckDBPyConnection, staged: dict[str, _Staged], exact: frozenset[str]
) -> dict[str, _Staged]:
    """Give one thing one name in all tables, and say so."""
    accepted = {table: part.accepted for table, part in staged.items()}
    rejected = {table: part.folder / REJECTED for table, part in staged.items()}
    found = join_spellings(connection, accepted, rejected, exact)
    return {
        table: replace(part, doubts=(*part.doubts, *found[table], *_unmet(connection, part)))
        for table, part in staged.items()
    }


def _unmet(connection: duckdb.DuckDBPyConnection, part: _Staged) -> tuple[str, ...]:
    return unmet_declarations(connection, part.accepted, CONTRACTS[part.table], part.mapping)


def _last_day(staged: dict[str, _Staged]) -> date:
    """Return the last day on which a complaint was received, or on which the last counted period ends.

    A lone date far after all others is none.
    """
    table = "complaints" if "complaints" in staged else "complaint_counts"
    contract, path = CONTRACTS[table], staged[table].accepted
    days = pq.read_table(path, columns=[contract.at])[contract.at].drop_null()
    if not len(days):
        _, rejected = staged[table].rows
        why = (
            f": of {counted(rejected, 'row', 'rows')} {reasons(path.with_name(REJECTED))}" if rejected else ""
        )
        raise ContractError(
            f"the source's {table} have no accepted row{why}. Correct the source file;"
            " or, where there are none, give as_of"
        )
    last = _last_but_lone(days)
    if table == "complaints":
        return last
    if last > datetime.now().astimezone().date():
        raise ContractError(
            f"the source's {table} have a row whose period begins on {last}, which is still to come:"
            " correct it, or give as_of in the source file"
        )
    ends = pq.read_table(path, columns=["period_start", "period"], filters=[("period_start", "=", last)])
    months = max(PERIOD_MONTHS[period] for period in ends["period"].to_pylist())
    return (pd.Period(last, freq="M") + months - 1).end_time.date()


def _last_but_lone(days: pa.ChunkedArray) -> date:
    """Return the last of days, lone ones far after all others left out."""
    firsts = pc.cast(pc.floor_temporal(days, unit="month"), pa.date32())
    counts = pa.table({"month": firsts}).group_by("month").aggregate([("month", "count")]).sort_by("month")
    months = counts["month"].to_numpy().astype("datetime64[M]").astype("int64")  # since 1970
    end = ending(months, counts["month_count"].to_numpy())
    not_lone = pc.less_equal(firsts, pa.scalar(date(1970 + end // 12, end % 12 + 1, 1)))
    last = pc.max(days.filter(not_lone)).as_py()
    return date(last.year, last.month, last.day)
