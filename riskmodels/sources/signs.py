"""Signs that nobody sees or that are the same to people: a value must not become two by them."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import duckdb
import pyarrow as pa
from duckdb.func import PythonUDFType

from riskmodels.tables.sql import literal

_BLANKS = r"\t\x0b\x0c\x85\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_INVISIBLE = (
    r"\x00-\x08\x0e-\x1f\x7f\x{ad}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}"
    r"\x{2066}-\x{2069}\x{feff}"
)
_PLAIN = (  # letters of Europe and Asia and their marks, composed: a name of these stays as it is
    r"\x{a1}-\x{ac}\x{ae}-\x{2ff}\x{388}-\x{3ff}\x{400}-\x{482}\x{48a}-\x{52f}\x{2010}-\x{2027}"
    r"\x{2030}-\x{205e}"
    r"\x{20a0}-\x{20bf}\x{3001}-\x{3029}\x{3041}-\x{3096}\x{30a1}-\x{30ff}\x{4e00}-\x{9fff}\x{ac00}-\x{d7a3}"
    r"\x{ff01}-\x{ff0f}\x{ff1a}-\x{ff20}\x{ff3b}-\x{ff40}\x{ff5b}-\x{ff65}"
)
# full-width digits and letters
_WIDE = "".join(
    chr(sign) for sign in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
)
_NARROW = str.maketrans(_WIDE, unicodedata.normalize("NFKC", _WIDE))
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_NUMBER = re.compile(r"(?=\d)0*+(\d*)(\.0+)?")
_REMEMBERED = 1 << 16  # values
PLAIN_NAMES = "plain_names"  # type of a connection, an enumeration: names that are clean


def _python(pattern: str) -> re.Pattern[str]:
    """Write a pattern of RE2 as Python has it."""
    return re.compile(re.sub(r"\\x\{(\w+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern))


_ANY_INVISIBLE, _ANY_BLANKS = _python(f"[{_INVISIBLE}]+"), _python(f"[{_BLANKS}]+")
_EDGES = rf"[ \n\r{_BLANKS}{_INVISIBLE}]"
_AT_EDGES = _python(rf"\A{_EDGES}+|(?<!{_EDGES}){_EDGES}+\Z")


def cleaned_sql(raw: str, *, looked_up: bool = False) -> str:
    """SQL for a code without invisible signs, in plain blanks, narrow letters and digits, composed accents.

    What is plain costs a few comparisons, or with ``looked_up`` one look into the list ``PLAIN_NAMES``; the
    rest is cleaned by ``cleaned``, each value once and not each row. The connection must know both
    (``know_signs``).
    """
    if looked_up:
        is_known = f"TRY_CAST({raw} AS {PLAIN_NAMES}) IS NOT NULL"  # a join would lose the order of the rows
        return f"CASE WHEN {is_known} THEN {raw} ELSE plain_code({raw}) END"
    return f"plain_code({raw})"


def edged_sql(raw: str) -> str:
    """SQL for a figure or a date without blanks and invisible signs at its ends, and in narrow digits.

    The connection must know ``edged`` (``know_signs``).
    """
    return f"plain_figure({raw})"


def know_signs(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what ``cleaned_sql`` and ``edged_sql`` call known to a connection and its cursors."""
    plain = f"regexp_full_match(raw, {literal(f'[!-~{_PLAIN}]([ -~{_PLAIN}]*[!-~{_PLAIN}])?')})"
    inside = " OR ".join(f"contains(raw, chr({sign}))" for sign in (0, 9, 10))
    code = f"(strlen(raw) <> length(raw) AND NOT {plain}) OR ends_with(raw, ' ') OR {inside}"
    wide = f"regexp_matches(raw, {literal(f'[{_WIDE[0]}-{_WIDE[-1]}]|^{_EDGES}|{_EDGES}$')})"
    figure = f"(strlen(raw) <> length(raw) AND {wide}) OR reverse(raw) < '!'"
    for macro, suspect, called, function in (
        ("plain_code", code, "cleaned_name", cleaned),
        ("plain_figure", figure, "edged_figure", edged),
    ):
        connection.create_function(
            called, _by_value(function), ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW
        )
        connection.execute(
            f"CREATE MACRO {macro}(raw) AS"
            f" CASE WHEN raw <> '' AND (raw < '!' OR {suspect}) THEN {called}(raw) ELSE raw END"
        )


def _by_value(function: Callable[[str], str]) -> Callable[[pa.Array | pa.ChunkedArray], pa.Array]:
    """Return a function of an array that works on each distinct value once."""

    def of_values(rows: pa.Array | pa.ChunkedArray) -> pa.Array:
        whole = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        found = whole.dictionary_encode()
        return pa.array(map(function, found.dictionary.to_pylist()), pa.string()).take(found.indices)

    return of_values


@lru_cache(maxsize=_REMEMBERED)
def cleaned(text: str) -> str:
    """Return a code without invisible signs, in plain blanks, narrow letters and digits, composed accents.

    >>> cleaned("静安支行" + chr(0x3000)), cleaned("Ｂ０１")
    ('静安支行', 'B01')
    """
    text = _ANY_INVISIBLE.sub("", text.translate(_NARROW))
    return unicodedata.normalize("NFC", _ANY_BLANKS.sub(" ", text).strip(" \n\r"))


@lru_cache(maxsize=_REMEMBERED)
def edged(text: str) -> str:
    """Return a figure or a date without blanks and invisible signs at its ends, and in narrow digits.

    >>> edged(chr(0x3000) + "２０２４-０５-０１ ")
    '2024-05-01'
    """
    return _AT_EDGES.sub("", text.translate(_NARROW))


def folded(text: str) -> str:
    """Return what a name has in common with all its spellings: case, width, dashes, a number's zeros.

    >>> folded("Credit  Card") == folded("credit card"), folded("010") == folded("10.0")
    (True, True)
    >>> folded("B（1）") == folded("b(1)")
    True
    """
    text = unicodedata.normalize("NFKC", cleaned(text)).casefold()
    text = _DASHES.sub("-", text).translate(_QUOTES)
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    number = _NUMBER.fullmatch(text)
    return number[1] or "0" if number else text
