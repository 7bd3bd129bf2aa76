"""SQL that turns the columns of a file into canonical ones and says which rules each row breaks."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from riskmodels.errors import ContractError
from riskmodels.privacy import MAY_BE_PERSONAL
from riskmodels.sources.column_maps import ROW_NUMBER, ColumnMap, DatedValue, Recode, days_since
from riskmodels.sources.headers import names_in, refuse_doubled
from riskmodels.sources.mapping import TableMap
from riskmodels.sources.periods import is_period, period_length, period_start
from riskmodels.sources.readers import RawFile
from riskmodels.sources.signs import cleaned, cleaned_sql, edged_sql
from riskmodels.sources.written import SUPPRESSED, has_zone, local_time, plain_number, signed_number
from riskmodels.tables import ARROW_TYPES, SQL_TYPES, Column, Contract
from riskmodels.tables.sql import literal, name

RULE, CONTENT, MASK = "#rule", "#content", "#mask "  # what a converted row has beside its columns
KEY = "#key "  # a key column as the file has it, where it is recoded
OVER = "#over "  # a column of the file that rows are added up over
FOLD_BY = "fold_by"  # the time of a row of an event log

_ZONED = "TIMESTAMP WITH TIME ZONE"
_TYPED = ("BIGINT", "BOOLEAN", "DATE", "DOUBLE", "INTEGER", "TIMESTAMP", _ZONED)  # need no reading as text
_YEARS = "1900 AND 9999"  # others are typing errors, or infinite


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """How one file becomes one canonical table.

    Attributes
    ----------
    contract : Contract
        The table.
    mapping : TableMap
        How its columns are made.
    rules : mapping of str to str
        Name -> SQL condition, beside those of the contract.
    timezone : str or None
        Of the bank's clock.
    missing : tuple of str
        Words that stand for no value in every column.
    country : str
        Whose phones count as personal data, ISO 3166.
    looked_up : frozenset of str
        Columns of the file whose names are looked up among plain ones before their signs are looked at.
    key : callable
        Gives the secret under which the markers of rows that are somebody's are made.
    """

    contract: Contract
    mapping: TableMap
    rules: Mapping[str, str]
    timezone: str | None
    missing: tuple[str, ...] = ()
    country: str = ""
    looked_up: frozenset[str] = frozenset()
    key: Callable[[], bytes] = bytes

    @property
    def columns(self) -> dict[str, ColumnMap]:
        """Canonical column -> how it is made."""
        return self.mapping.columns

    @property
    def texts(self) -> list[str]:
        """Columns of free text, which may hold personal data."""
        return [column.name for column in self.contract.columns if column.type == "text"]

    @property
    def recoded_key(self) -> list[str]:
        """Key columns whose values are not the file's own: two rows with one key are added, not doubled."""
        return [key for key in self.contract.key if key in self.columns and self.columns[key].recode]

    @property
    def over(self) -> list[str]:
        """What the columns are called that rows are added up over."""
        return [OVER + column for column in self.mapping.added_over]


def accepted_schema(conversion: Conversion) -> pa.Schema:
    """Return the Arrow schema of converted rows that are accepted."""
    columns = [(column.name, ARROW_TYPES[column.type]) for column in conversion.contract.columns]
    keys = [KEY + key for key in conversion.recoded_key] + conversion.over
    return pa.schema([*columns, *((key, pa.string()) for key in keys)])


def converted(file: RawFile, conversion: Conversion) -> tuple[str, set[str]]:
    """Return SQL for a file's rows as canonical ones, in its order, and the columns that it leaves unused.

    Each has the columns of the contract that the file gives (and the region), ``#rule`` (what it breaks; NULL
    where nothing) and, where it breaks one, ``#content`` (the mapped columns as read, JSON); for each column
    of free text ``#mask …`` says whether it may hold personal data; ``#key …`` is a recoded key as read.

    Raises ContractError where the file lacks a mapped column.
    """
    mapped = _mapped(file, conversion)
    cells = [cell for cell in mapped.values() if cell.alias]
    raw = {cell.alias: f"{_read(cell.column)} AS {name(cell.alias)}" for cell in cells}
    texts = [
        f"{_text(cell, conversion.contract.column(key), conversion)} AS {name(_text_of(key))}"
        for key, cell in mapped.items()
    ]
    typed = [
        f"{_value(column, mapped, conversion)} AS {name(column.name)}"
        for column in conversion.contract.columns
    ]
    given = [column for column in conversion.contract.names if column in mapped or column == "region_id"]
    broken = _broken(_faults(conversion, mapped) | _rules(conversion, given))
    content = {
        cell.alias: f"{literal(str(cell.column.column))}, {name(cell.alias)}::VARCHAR" for cell in cells
    }
    shown = f"CASE WHEN {name(RULE)} IS NOT NULL THEN json_object({', '.join(content.values())})::VARCHAR END"
    kept = [name(column) for column in (*given, RULE)]
    texts_given = [column for column in conversion.texts if column in mapped]
    masks = [  # cheap, and true for all that hold personal data
        f"regexp_matches({name(column)}, {literal(MAY_BE_PERSONAL)}) AS {name(MASK + column)}"
        for column in texts_given
    ]
    keys = [f"{name(str(mapped[key].alias))}::VARCHAR AS {name(KEY + key)}" for key in conversion.recoded_key]
    keys += [name(column) for column in conversion.over]
    over = [
        f"nullif({cleaned_sql(f'{name(column)}::VARCHAR')}, '') AS {name(OVER + column)}"
        for column in conversion.mapping.added_over
    ]
    unused = set(_columns_after_unpivot(file, conversion.mapping)) - {
        used for cell in cells for used in (cell.column.column, *cell.column.joined_with)
    }
    unused -= set(conversion.mapping.added_over)
    query = (
        f"SELECT {', '.join([*kept, *masks, *keys])}, {shown} AS {name(CONTENT)}"
        f" FROM (SELECT *, {broken} AS {name(RULE)} FROM (SELECT *, {', '.join(typed)}"
        f" FROM (SELECT *, {', '.join(texts)} FROM (SELECT {', '.join([*raw.values(), *over]) or '0'}"
        f" FROM {scanned(file, conversion.mapping)}))))"
    )
    return query, unused


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """How a canonical column is made, what its raw value is called in SQL, and of which type that is."""

    column: ColumnMap
    alias: str = ""
    type: str = ""

    @property
    def is_typed(self) -> bool:
        return self.column.is_plain and self.type in _TYPED


def _mapped(file: RawFile, conversion: Conversion) -> dict[str, _Cell]:
    """Return each canonical column that the file gives, with what it is made from."""
    found = _columns_after_unpivot(file, conversion.mapping)
    columns = conversion.columns or {
        column: ColumnMap(column=column) for column in conversion.contract.names if column in found
    }
    for column in conversion.mapping.added_over:
        if column not in found:
            raise ContractError(_missing_column(file, conversion.contract.table, "added_over", column, found))
    lacking = {column.name for column in conversion.contract.columns if column.required} - set(columns)
    named = conversion.columns or dict.fromkeys(conversion.contract.names)
    refuse_doubled(
        file.path, (column.column or "" if column else key for key, column in named.items()), found
    )
    for key, wanted in {**dict.fromkeys(sorted(lacking)), **columns}.items():
        source = key if wanted is None else wanted.column
        for part in (source, *(() if wanted is None else wanted.joined_with)):
            if part is not None and part != ROW_NUMBER and part not in found:
                raise ContractError(_missing_column(file, conversion.contract.table, key, part, found))
        if found.get(str(source)) == _ZONED and conversion.timezone is None:
            raise ContractError(
                f"{file.path}: the times in '{source}' have a time zone; name the bank's in the source file,"
                " e.g. timezone: Asia/Shanghai"
            )
    places = {column: place for place, column in enumerate([*found, ROW_NUMBER])}
    return {
        key: _Cell(column=column)
        if column.column is None
        else _Cell(
            column=column,
            alias=" ".join(f"#raw {places[part]}" for part in (column.column, *column.joined_with)),
            type="VARCHAR" if column.joined_with else found.get(column.column, "BIGINT"),
        )
        for key, column in columns.items()
    }


def _columns_after_unpivot(file: RawFile, mapping: TableMap) -> dict[str, str]:
    if mapping.unpivot is None:
        return file.columns
    gone = mapping.unpivot.chosen(list(file.columns))
    refuse_doubled(file.path, mapping.unpivot.chosen(names_in(file.columns)), file.columns)
    if not gone:
        raise ContractError(
            f"{file.path} has no column that unpivot: chooses ({mapping.unpivot.columns})."
            f" Its columns are: {', '.join(file.columns)}"
        )
    kept = {column: kind for column, kind in file.columns.items() if column not in gone}
    return {**kept, mapping.unpivot.names_to: "VARCHAR", mapping.unpivot.values_to: "VARCHAR"}


def scanned(file: RawFile, mapping: TableMap) -> str:
    """SQL for the rows of a file; of each cell that becomes a row, the empty ones included."""
    if mapping.unpivot is None:
        return file.scan
    gone = mapping.unpivot.chosen(list(file.columns))
    texts = ", ".join(f"{name(column)}::VARCHAR AS {name(column)}" for column in file.columns)
    return (
        f"(FROM (SELECT {texts} FROM {file.scan}) UNPIVOT INCLUDE NULLS ({name(mapping.unpivot.values_to)}"
        f" FOR {name(mapping.unpivot.names_to)} IN ({', '.join(map(name, gone))})))"
    )


def _missing_column(file: RawFile, table: str, canonical: str, wanted: str, found: Iterable[str]) -> str:
    near = difflib.get_close_matches(wanted, found, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return (
        f"{file.path} has no column '{wanted}', which the source maps to {table}.{canonical}{hint}"
        f" Its columns are: {', '.join(found)}"
    )


def _read(column: ColumnMap) -> str:
    if column.column == ROW_NUMBER:
        return "row_number() OVER ()"
    if column.joined_with:
        return f"concat_ws(' ', {', '.join(map(name, [str(column.column), *column.joined_with]))})"
    return name(str(column.column))


def _text_of(key: str) -> str:
    return f"#text {key}"


def _text(cell: _Cell, canonical: Column, conversion: Conversion) -> str:
    """SQL for a value before it is typed: a text, or what the file has where it is of a type already."""
    column = cell.column
    if column.value is not None:
        return literal(column.value)
    words = (*conversion.missing, *column.missing)
    is_decimal = _is_decimal_code(cell, canonical)
    if cell.is_typed and not is_decimal:
        none = ", ".join(f"TRY_CAST({literal(word)} AS {cell.type})" for word in words)
        return (
            f"CASE WHEN {name(cell.alias)} IN ({none}) THEN NULL ELSE {name(cell.alias)} END"
            if none
            else name(cell.alias)
        )
    raw = f"{name(cell.alias)}::VARCHAR"
    if is_decimal:
        raw = f"regexp_replace({raw}, '\\.0$', '')"
    looked_up = column.column in conversion.looked_up and not column.joined_with
    clean = cleaned_sql(raw, looked_up=looked_up) if canonical.type == "code" else edged_sql(raw)
    text = f"nullif({clean}, '')"
    if canonical.name in ("name_en", "name_zh"):  # is shown, and nothing is joined by it
        text = f"nullif(trim({raw}), '')"
    if canonical.type == "text":  # trimming long texts takes long
        text = f"CASE WHEN regexp_matches({raw}, '\\S') THEN {raw} END"
    if words:
        text = f"CASE WHEN trim({raw}) NOT IN ({', '.join(map(literal, words))}) THEN {text} END"
    if column.recode:
        cases = " ".join(
            f"WHEN {literal(old)} THEN {literal(new if isinstance(new, str) else old)}"
            for old, new in _recode(column, cell, canonical).items()
        )
        text = f"nullif(CASE {text} {cases} {f'ELSE {text}' if column.others == 'keep' else ''} END, '')"
    return f"coalesce({text}, {literal(column.if_missing)})" if column.if_missing else text


def _recode(column: ColumnMap, cell: _Cell, canonical: Column) -> dict[str, Recode]:
    """Return the values of ``recode`` as the file's are compared with them: cleaned, and 10.0 as 10."""
    if canonical.type == "text":
        return column.recode
    is_decimal = _is_decimal_code(cell, canonical)
    return {
        cleaned(re.sub(r"\.0$", "", old) if is_decimal else old): new for old, new in column.recode.items()
    }


def _is_decimal_code(cell: _Cell, canonical: Column) -> bool:
    """Tell whether a code stands in a column of floating numbers: 10.0 is the code 10."""
    return canonical.type == "code" and cell.type in ("DOUBLE", "FLOAT")


def _value(column: Column, mapped: Mapping[str, _Cell], conversion: Conversion) -> str:
    """SQL for a canonical value of its type; NULL where it cannot be read."""
    cell = mapped.get(column.name)
    if cell is None:
        return f"NULL::{SQL_TYPES[column.type]}"
    text = name(_text_of(column.name))
    if column.type == "code" and cell.column.format:
        return period_length(text)
    if column.type in ("code", "text"):
        return _by_day(f"{text}::VARCHAR", column, mapped, conversion)
    if column.type in ("timestamp", "date"):
        value = _moment(text, cell, conversion.timezone, SQL_TYPES[column.type])
        if cell.column.or_format:
            other = replace(cell, column=cell.column.model_copy(update={"format": cell.column.or_format}))
            value = f"coalesce({value}, {_moment(text, other, conversion.timezone, SQL_TYPES[column.type])})"
        if after := cell.column.days_after:
            start = _value(conversion.contract.column(after), mapped, conversion)
            value = f"({start} + to_days(TRY_CAST({text} AS INTEGER)))::{SQL_TYPES[column.type]}"
        return f"CASE WHEN year({value}) BETWEEN {_YEARS} THEN {value} END"
    if column.type in ("integer", "number"):
        return _number(text, cell, SQL_TYPES[column.type])
    return f"TRY_CAST({text} AS {SQL_TYPES[column.type]})"


def _moment(text: str, cell: _Cell, timezone: str | None, kind: str) -> str:
    form = cell.column.format
    if cell.is_typed:
        local = f"({text} AT TIME ZONE {literal(str(timezone))})" if cell.type == _ZONED else text
        return f"TRY_CAST({local} AS {kind})"
    if form is None:
        return f"TRY_CAST({local_time(text, timezone)} AS {kind})"
    if origin := days_since(form):
        days = f"TRY_CAST(floor(TRY_CAST({text} AS DOUBLE)) AS INTEGER)"
        return f"TRY_CAST({literal(origin)}::DATE + {days} AS {kind})"
    if is_period(form):
        return f"TRY_CAST({period_start(text, form)} AS {kind})"
    parsed = f"try_strptime({text}, {literal(form)})"
    zoned = "%z" in form or "%Z" in form
    return f"TRY_CAST({f'({parsed} AT TIME ZONE {literal(str(timezone))})' if zoned else parsed} AS {kind})"


def _number(text: str, cell: _Cell, kind: str) -> str:
    column = cell.column
    number = f"TRY_CAST({plain_number(signed_number(text, column), column)} AS DOUBLE)"
    if column.scale != 1:
        number = f"({number} * {column.scale!r})"
    whole = f" AND {number} = floor({number})" if kind == "BIGINT" else ""
    return f"CASE WHEN isfinite({number}){whole} THEN TRY_CAST({number} AS {kind}) END"


def _by_day(text: str, column: Column, mapped: Mapping[str, _Cell], conversion: Conversion) -> str:
    """SQL for a code whose meaning changes with the day of the row."""
    cell = mapped[column.name]
    recode = _recode(cell.column, cell, column)
    dated = {old: new for old, new in recode.items() if not isinstance(new, str)}
    if not dated:
        return text
    at = next(known for known in conversion.contract.columns if known.name == conversion.contract.at)
    day = f"({_value(at, mapped, conversion)})::DATE"
    cases = " ".join(
        f"WHEN {literal(old)} THEN {_latest(text, day, values)}" for old, values in dated.items()
    )
    return f"CASE {text} {cases} ELSE {text} END"


def _latest(before: str, day: str, values: tuple[DatedValue, ...]) -> str:
    """SQL for the value that counts on a day; ``before`` where none does yet."""
    cases = " ".join(
        f"WHEN {day} >= {literal((value.valid_from or date.min).isoformat())}::DATE"
        f" THEN {literal(value.value)}"
        for value in reversed(values)
    )
    return f"CASE {cases} ELSE {before} END"


def _faults(conversion: Conversion, mapped: Mapping[str, _Cell]) -> dict[str, str]:
    """Conditions that what the file has in a column can be read as its type."""
    faults = {}
    for key, cell in mapped.items():
        kind, text = conversion.contract.column(key).type, name(_text_of(key))
        if kind in ("code", "text"):
            continue
        if key in conversion.contract.figures and not cell.is_typed:
            hidden = f"regexp_full_match({text}, {literal(SUPPRESSED)})"
            faults[f"{key} is suppressed"] = f"{name(key)} IS NOT NULL OR NOT {hidden}"
            faults[f"{key} is no {kind}"] = f"{text} IS NULL OR {name(key)} IS NOT NULL OR {hidden}"
            continue
        read = f"{text} IS NULL OR {name(key)} IS NOT NULL"
        if kind == "timestamp" and conversion.timezone is None and not (cell.is_typed or cell.column.format):
            zone = f"{key} has a time zone, and the source file names none for the bank"
            faults[zone] = f"{text} IS NULL OR NOT {has_zone(text)}"
            read += f" OR {has_zone(text)}"
        faults[f"{key} is no {kind}"] = read
    return faults


def _rules(conversion: Conversion, given: list[str]) -> dict[str, str]:
    """Conditions on the row, but for those about a column that the source lacks: unknown breaks nothing."""
    rules = {rule.name: rule.holds for rule in conversion.contract.row_rules()} | dict(conversion.rules)
    lacking = set(conversion.contract.names) - set(given)
    return {rule: holds for rule, holds in rules.items() if not lacking & set(re.findall(r"\w+", holds))}


def _broken(rules: Mapping[str, str]) -> str:
    """SQL for the rules that a row breaks, in words; NULL where it breaks none (unknown holds)."""
    holds = {rule: f"({condition}) IS NOT FALSE" for rule, condition in rules.items()}
    listed = ", ".join(f"CASE WHEN NOT {held} THEN {literal(rule)} END" for rule, held in holds.items())
    return f"CASE WHEN {' AND '.join(holds.values())} THEN NULL ELSE concat_ws('; ', {listed}) END"
