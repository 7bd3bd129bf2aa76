"""Whether files have the columns that a source file maps, without reading their rows."""

from pathlib import Path

from riskmodels.scratch import scratch_folder
from riskmodels.sources.conversion import Conversion, converted
from riskmodels.sources.mapping import load_source
from riskmodels.sources.readers import raw_files
from riskmodels.tables import CONTRACTS


def check_layout(source: str | Path, *, files: dict[str, str | Path] | None = None) -> None:
    """Refuse a source whose files do not fit their mapping; databases are not asked.

    Parameters
    ----------
    source : str or Path
        The source file.
    files : dict, optional
        Canonical table -> file to read instead of the one the source names.

    Raises
    ------
    ParameterError
        The source file does not fit.
    ContractError
        A file is missing, empty or no file of its format, or lacks a mapped column.
    """
    path = Path(source)
    mapping = load_source(path)
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
            for file in raw_files(located, path.parent if given is None else Path(), folder, table=table):
                converted(file, conversion)
