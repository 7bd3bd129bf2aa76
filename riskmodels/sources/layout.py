"""Whether files have the columns that a source file maps, and which names stand in them."""

from pathlib import Path

import duckdb

from riskmodels.scratch import scratch_folder
from riskmodels.sources.conversion import Conversion, converted
from riskmodels.sources.duplicates import limited_connection
from riskmodels.sources.mapping import load_source
from riskmodels.sources.readers import RawFile, raw_files, unreadable
from riskmodels.tables import CONTRACTS
from riskmodels.tables.names import Names, meeting_columns
from riskmodels.tables.sql import name


def check_layout(source: str | Path, *, files: dict[str, str | Path] | None = None) -> Names:
    """Refuse a source whose files do not fit their mapping, and list their names; databases are not asked.

    Parameters
    ----------
    source : str or Path
        The source file.
    files : dict, optional
        Canonical table -> file to read instead of the one the source names.

    Returns
    -------
    Names
        Of each table the names that must meet others, of all rows, those that will be rejected included.

    Raises
    ------
    ParameterError
        The source file does not fit.
    ContractError
        A file is missing, empty or no file of its format, or lacks a mapped column.
    """
    path = Path(source)
    mapping = load_source(path)
    found: dict[str, dict[str, set[str]]] = {}
    for table, mapped in mapping.tables.items():
        if mapped.format == "sql":
            continue
        given = (files or {}).get(table)
        located = mapped if given is None else mapped.model_copy(update={"file": str(given)})
        with scratch_folder("riskmodels-layout-") as folder:
            conversion = Conversion(
                contract=CONTRACTS[table],
                mapping=mapped,
                rules={},
                timezone=mapping.timezone,
            )
            names = found.setdefault(table, {column: set() for column in meeting_columns(table)})
            with limited_connection(folder) as connection:
                for file in raw_files(located, path.parent if given is None else Path(), folder, table=table):
                    _add_names(names, connection, file, conversion)
    return found


def _add_names(
    names: dict[str, set[str]], connection: duckdb.DuckDBPyConnection, file: RawFile, conversion: Conversion
) -> None:
    """Add the names in the columns of a file that are mapped; only these are read, in one scan."""
    query, _ = converted(file, conversion)
    try:
        rows = connection.sql(query)
        given = [column for column in names if column in rows.columns]
        lists = [f"list(DISTINCT {name(one)}) FILTER (WHERE {name(one)} IS NOT NULL)" for one in given]
        found = rows.aggregate(", ".join(lists)).fetchall()[0] if given else ()
        for column, values in zip(given, found, strict=True):
            names[column].update(values or ())
    except duckdb.Error as error:
        raise unreadable(file, error) from None
