"""Take a source in: every row accepted, or rejected with the rule it broke."""

import difflib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import duckdb

from riskmodels.errors import ContractError, ParameterError
from riskmodels.privacy import mask_personal_data
from riskmodels.sources.mapping import ColumnMap, Source, TableMap, load_source
from riskmodels.sources.readers import read_raw
from riskmodels.tables import (
    CONTRACTS,
    SQL_TYPES,
    Column,
    Contract,
    Provenance,
    Table,
    Tables,
    file_sha256,
    keep,
    staging_folder,
)
from riskmodels.tables.sql import literal, name, single_file

_ROW = name("#row")
_TYPED = ("BIGINT", "BOOLEAN", "DATE", "DOUBLE", "INTEGER", "TIMESTAMP")  # need no reading as text
_YEARS = "1900 AND 9999"  # others are typing errors, or infinite
_MASK_CANDIDATE = "[@＠]|[0-9０-９]([ 　().．（）－-]{0,2}[0-9０-９]){6}"  # full width, too


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
        For each table, rows accepted + rows rejected = rows read.

    Raises
    ------
    ParameterError
        The source file does not fit.
    ContractError
        A file is missing or unreadable, lacks a mapped column, or has a column none of whose values
        can be read as its type.

    Notes
    -----
    Of rows with one key the first valid one is accepted. Free text is masked for personal data before
    it is stored, and so is the content of rejected rows.

    Where the source gives no as-of day, it is the last day, today at the latest, on which a complaint was
    received. What happened to a complaint later is then accepted; with a day given, no time may be after it.
    """
    path = Path(source)
    mapping = load_source(path)
    chosen = {table: Path(file) for table, file in (files or {}).items()}
    unknown = sorted(set(chosen) - set(mapping.tables))
    if unknown:
        raise ParameterError(f"source {mapping.id} has no table {', '.join(unknown)} to read from a file")
    located = {name: chosen.get(name, path.parent / table.file) for name, table in mapping.tables.items()}
    as_of = mapping.as_of or _last_day(located["complaints"], mapping.tables["complaints"])
    tables: dict[str, Table] = {}
    for table in (known for known in CONTRACTS if known in located):
        tables[table] = _ingest_table(mapping, table, located[table], as_of, tables.get("units"), Path(store))
    return Tables(as_of=as_of, country=mapping.country, **tables)


def _ingest_table(
    source: Source, table: str, path: Path, as_of: date, units: Table | None, store: Path
) -> Table:
    contract, mapping = CONTRACTS[table], source.tables[table]
    with duckdb.connect() as connection, staging_folder(store, table) as staged:
        _read_mapped(connection, contract, mapping, path)
        _judge(connection, contract, _not_after(contract, source, as_of), units)
        counts = _write(connection, contract, staged)
        accepted = f"read_parquet({single_file(staged / 'accepted.parquet')})"
        provenance = Provenance(
            source=source.id,
            files={path.name: file_sha256(path)},
            as_of=as_of,
            rows_read=sum(counts),
            rows_accepted=counts[0],
            rows_rejected=counts[1],
            unknown_months=mapping.unknown_months,
            given_columns=tuple(_filled(connection, accepted, contract.names)),
        )
        return keep(staged, provenance)


def _last_day(path: Path, mapping: TableMap) -> date:
    """Return the last day, today at the latest, on which a complaint was received."""
    today = datetime.now().astimezone().date()
    with duckdb.connect() as connection:
        _read_mapped(connection, CONTRACTS["complaints"], mapping, path)
        found = connection.execute(
            "SELECT max(received_at)::DATE FROM typed WHERE received_at::DATE <= $today",
            {"today": today},
        ).fetchone()
    if found is None or not isinstance(found[0], date):
        raise ContractError(f"{path} has no complaint with a date, so as_of must be given in the source file")
    return found[0]


def _mapped(contract: Contract, mapping: TableMap) -> dict[str, ColumnMap]:
    return mapping.columns or {column: ColumnMap(column=column) for column in contract.names}


def _read_mapped(
    connection: duckdb.DuckDBPyConnection, contract: Contract, mapping: TableMap, path: Path
) -> None:
    """Create ``typed``: #row, the canonical columns, and #faults, the columns that could not be read."""
    found = read_raw(connection, path, mapping.format)
    columns = _mapped(contract, mapping)
    for canonical, column in columns.items():
        if column.column not in found:
            raise ContractError(_missing_column(path, contract.table, canonical, column.column, found))
    recoded = ", ".join(
        f"{_recoded(column, found[column.column])} AS {name(key)}" for key, column in columns.items()
    )
    connection.execute(f"CREATE TEMP VIEW recoded AS SELECT {_ROW}, {recoded} FROM raw")
    values = [_typed(column, columns.get(column.name)) for column in contract.columns]
    faults = {
        f"{key} is no {contract.column(key).type}": f"recoded.{name(key)} IS NULL"
        f" OR {_typed(contract.column(key), column)} IS NOT NULL"
        for key, column in columns.items()
    }
    selected = ", ".join(
        f"{value} AS {name(column.name)}" for value, column in zip(values, contract.columns, strict=True)
    )
    connection.execute(
        f"CREATE TEMP TABLE typed AS SELECT {_ROW}, {selected}, {_broken(faults)} AS {name('#faults')}"
        " FROM recoded"
    )
    _refuse_unreadable(connection, path, contract, columns)


def _broken(rules: dict[str, str]) -> str:
    """SQL for the list of rules that a row breaks; made only for rows that break one (unknown holds)."""
    holds = {rule: f"coalesce(({condition}), true)" for rule, condition in rules.items()}
    listed = ", ".join(
        f"CASE WHEN NOT {condition} THEN {literal(rule)} END" for rule, condition in holds.items()
    )
    return (
        f"CASE WHEN {' AND '.join(holds.values())} THEN []::VARCHAR[]"
        f" ELSE list_filter([{listed}], lambda rule: rule IS NOT NULL) END"
    )


def _recoded(column: ColumnMap, found_type: str) -> str:
    """SQL for a column's value after recoding: a text, or what the file has where it is of a type already."""
    plain = not (column.recode or column.if_missing or column.format)
    if plain and found_type in _TYPED:
        return name(column.column)
    raw = f"nullif(trim({name(column.column)}::VARCHAR), '')"
    if column.recode:
        cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in column.recode.items())
        raw = f"nullif(CASE {raw} {cases} ELSE {raw} END, '')"
    return f"coalesce({raw}, {literal(column.if_missing)})" if column.if_missing else raw


def _typed(column: Column, mapping: ColumnMap | None) -> str:
    if mapping is None:
        return f"NULL::{SQL_TYPES[column.type]}"
    text = f"recoded.{name(column.name)}"
    if column.type in ("timestamp", "date"):
        parsed = f"try_strptime({text}, {literal(mapping.format)})" if mapping.format else text
        value = f"TRY_CAST({parsed} AS {SQL_TYPES[column.type]})"
        return f"CASE WHEN year({value}) BETWEEN {_YEARS} THEN {value} END"
    if column.type in ("integer", "number"):
        number = f"TRY_CAST({text} AS DOUBLE)"
        whole = f" AND {number} = floor({number})" if column.type == "integer" else ""
        return f"CASE WHEN isfinite({number}){whole} THEN TRY_CAST({number} AS {SQL_TYPES[column.type]}) END"
    return f"TRY_CAST({text} AS {SQL_TYPES[column.type]})"


def _refuse_unreadable(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, columns: dict[str, ColumnMap]
) -> None:
    """Refuse a file that fills a column with values none of which can be read."""
    unread = set(columns) - set(_filled(connection, "typed", columns))
    for key in _filled(connection, "recoded", sorted(unread)):
        column, kind = columns[key], contract.column(key).type
        example = connection.execute(f"SELECT any_value({name(key)}) FROM recoded").fetchall()[0][0]
        expected = f"{kind} in the format {column.format}" if column.format else kind
        raise ContractError(
            f"{path}: no value of column '{column.column}' can be read as {expected} (for {key}); the file has"
            f" e.g. '{example}'. Correct the mapping in the source file."
        )


def _filled(connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str]) -> list[str]:
    """List the columns of a relation that hold at least one value."""
    names = list(columns)
    if not names:
        return []
    counts = ", ".join(f"count({name(column)})" for column in names)
    row = connection.execute(f"SELECT {counts} FROM {relation}").fetchall()[0]
    return [column for column, count in zip(names, row, strict=True) if count]


def _missing_column(path: Path, table: str, canonical: str, wanted: str, found: Iterable[str]) -> str:
    near = difflib.get_close_matches(wanted, found, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return (
        f"{path} has no column '{wanted}', which the source maps to {table}.{canonical}{hint}"
        f" Its columns are: {', '.join(found)}"
    )


def _not_after(contract: Contract, source: Source, as_of: date) -> dict[str, str]:
    """Rules against times after the as-of day; of an inferred one, only against times of receipt."""
    return {
        f"{column.name} not after as-of": f"{name(column.name)}::DATE <= {literal(as_of.isoformat())}::DATE"
        for column in contract.columns
        if column.type == "timestamp" and (source.as_of or column.name == "received_at")
    }


def _judge(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rules: dict[str, str], units: Table | None
) -> None:
    """Create ``judged``: ``typed`` with #broken, the rules that each row broke: the contract's and ``rules``."""
    rules = {rule.name: rule.holds for rule in contract.row_rules()} | rules
    if units is not None and "unit_id" in contract.names and contract.table != "units":
        connection.execute(f"CREATE TEMP VIEW units AS FROM read_parquet({single_file(units.path)})")
        rules["unit_id in units"] = "unit_id IN (SELECT unit_id FROM units)"
    connection.execute(
        f"CREATE TEMP TABLE ruled AS SELECT *, list_concat({name('#faults')}, {_broken(rules)})"
        f" AS {name('#rules')} FROM typed"
    )
    key = ", ".join(name(column) for column in contract.key)
    same = " AND ".join(
        f"first.{name(column)} IS NOT DISTINCT FROM ruled.{name(column)}" for column in contract.key
    )
    valid = f"len({name('#rules')}) = 0"
    connection.execute(
        f"CREATE TEMP VIEW judged AS SELECT ruled.*, CASE WHEN {valid} AND first.row < ruled.{_ROW}"
        f" THEN ['duplicate of an accepted row'] ELSE {name('#rules')} END AS {name('#broken')} FROM ruled"
        f" LEFT JOIN (SELECT {key}, min({_ROW}) AS row FROM ruled WHERE {valid} GROUP BY {key}"
        f" HAVING count(*) > 1) AS first ON {same}"
    )


def _write(connection: duckdb.DuckDBPyConnection, contract: Contract, staged: Path) -> tuple[int, int]:
    """Write both Parquet files; return the numbers of accepted and rejected rows."""
    connection.create_function("mask", mask_personal_data, ["VARCHAR"], "VARCHAR")
    accepted = ", ".join(
        f"{_masked(name(column.name)) if column.type == 'text' else name(column.name)} AS {name(column.name)}"
        for column in contract.columns
    )
    found = connection.execute(f"SELECT * EXCLUDE ({_ROW}) FROM raw LIMIT 0").description
    content = ", ".join(f"{literal(key)}, {_masked(f'raw.{name(key)}::VARCHAR')}" for key, *_ in found)
    _copy(
        connection,
        f"SELECT {accepted} FROM judged WHERE len({name('#broken')}) = 0 ORDER BY {_ROW}",
        staged / "accepted.parquet",
    )
    _copy(
        connection,
        f"SELECT * FROM (SELECT judged.{_ROW} AS row, array_to_string({name('#broken')}, '; ') AS rule,"
        f" json_object({content})::VARCHAR AS content FROM judged JOIN raw ON raw.{_ROW} = judged.{_ROW}"
        f" WHERE len({name('#broken')}) > 0"
        " UNION ALL SELECT row, rule, mask(content) FROM malformed) ORDER BY row",
        staged / "rejected.parquet",
    )
    counts = [
        connection.execute(f"SELECT count(*) FROM read_parquet({single_file(staged / file)})").fetchall()[0][
            0
        ]
        for file in ("accepted.parquet", "rejected.parquet")
    ]
    return counts[0], counts[1]


def _masked(text: str) -> str:
    candidate = f"regexp_matches({text}, {literal(_MASK_CANDIDATE)})"
    return f"CASE WHEN {candidate} THEN mask({text}) ELSE {text} END"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
