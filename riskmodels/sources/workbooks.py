"""Excel files that are small enough to be read: how far their sheets reach is found before anything is."""

import re
import string
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from riskmodels.errors import ContractError
from riskmodels.sources.trials import try_to_read

ROWS, COLUMNS = 1_048_576, 16_384  # of a sheet of Excel
_PLACES = 1 << 24  # of a sheet, filled or not, that are read whatever they hold: about half a gigabyte
_SPARSE = 4  # places for each filled cell; a larger sheet must be fuller
_PLAIN = 1 << 24  # bytes unpacked, that any file may have
_RATIO = 100  # unpacked, for each byte of a larger file; those of Excel have 5 to 50
_SHEETS = 1_000  # more than anybody made by hand: a file made to be slow to read
_CHUNK = 1 << 20  # bytes
_SHOWN = 20  # characters
_LINKS = "xl/_rels/workbook.xml.rels"
_BINARY, _OPEN_DOCUMENT = "xl/workbook.bin", "content.xml"
_LETTERS = 7  # of the name of a column: it has three
_CONTENT = rb"[^<>&\x00-\x08\x0b\x0c\x0e-\x1f]*+"
_PLAIN_CELL = re.compile(  # a filled cell as nearly all programs write it; such are most of a large sheet
    rb'<c r="([A-Z]{1,3}+)([0-9]{1,7}+)"(?: s="[0-9]{1,9}+")?+(?: t="[A-Za-z]{1,9}+")?+>'
    rb'(?:<v>%b</v>|<is><t(?: xml:space="preserve")?>%b</t></is>)</c>' % (_CONTENT, _CONTENT)
)
_ROW_END = b"</row>"
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml [^<>?]*\?>")
_WITHOUT_DIGITS = str.maketrans("", "", string.digits)
_WITHOUT_LETTERS = str.maketrans("", "", string.ascii_letters)


@contextmanager
def open_workbook(path: Path) -> Iterator[CalamineWorkbook]:
    """Open an Excel file; what reading it needs is bounded before.

    Raises ContractError where it is none or damaged, or where its sheets or its content are too large to be
    read.
    """
    try:
        _check(path)
        with CalamineWorkbook.from_path(str(path)) as workbook:
            _check_number(workbook)
            yield workbook
    except _FAULTS as error:
        raise ContractError(f"{path} cannot be read as Excel: {error}") from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # no Exception, and of no module that could be imported
            raise ContractError(f"{path} cannot be read as Excel: it is damaged ({error})") from None
        raise


_FAULTS = (  # what the libraries raise for what is no Excel file, or a damaged one
    CalamineError,
    OSError,
    EOFError,
    RuntimeError,  # a file with a password
    NotImplementedError,  # a way to compress that is not known
    ValueError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
)


def _check_number(workbook: CalamineWorkbook) -> None:
    if (many := len(workbook.sheet_names)) > _SHEETS:
        raise ValueError(f"it has {many:,} sheets; at most {_SHEETS:,} are read")


def _check(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        try_to_read(path)
        return
    with zipfile.ZipFile(path) as book:
        members = {member.filename.casefold(): member for member in book.infolist()}
        if not members.keys() & {_LINKS, _BINARY}:
            is_open = _OPEN_DOCUMENT in members
            raise ValueError(
                "it is an OpenDocument file; save it as .xlsx or CSV" if is_open else "it holds no workbook"
            )
        most = max(_PLAIN, _RATIO * path.stat().st_size)
        if (size := sum(member.file_size for member in book.infolist())) > most:
            raise ValueError(
                f"unpacked it would have {size:,} bytes; at most {most:,} are read of a file of its size"
            )
        sheets = _targets(book, members)
        for name, member in members.items():
            with book.open(member) as part:
                if PurePosixPath(name).name in sheets:
                    extent = _Extent()
                    _parse(extent.skeleton(_chunks(part)), extent.start)
                    extent.check(member.filename)
                while part.read(_CHUNK):  # to its end, where the library compares sum and length
                    pass
    if _BINARY in members:
        try_to_read(path)


def _targets(book: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> set[str]:
    """Return the names, without folder, of the parts that a workbook may take for a sheet."""
    if _LINKS not in members:
        return set()
    found: set[str] = set()

    def start(_: str, attributes: dict[str, str]) -> None:
        target = attributes.get("Target", "").replace("\\", "/").casefold()
        found.add(PurePosixPath(target).name)

    with book.open(members[_LINKS]) as part:
        _parse(_chunks(part), start)
    return found


class _Extent:
    """How far the filled cells of a sheet reach, from its first row and column, and how many there are."""

    def __init__(self) -> None:
        self.rows, self.columns, self.filled = 0, 0, 0
        self._after = 0  # the most cells of a row where one is not named: they may stand after any other
        self._row, self._cells, self._place = 0, 0, ""
        self._places: list[str] = []  # of the cells of this row with a value; "": after the one before

    def start(self, element: str, attributes: dict[str, str]) -> None:
        """Follow the begin of an element."""
        if ":" in element:
            element = element.rpartition(":")[2]
        if element == "c":
            self._place = attributes.get("r", "")
            self._cells += 1
            if self._cells > COLUMNS:
                raise ValueError(f"row {self._row:,} has more cells than a sheet of Excel has columns")
        elif element in {"v", "is"}:
            self._places.append(self._place)
        elif element == "row":
            self.end_row()
            self._row = self._numbered(attributes)

    def _numbered(self, attributes: dict[str, str]) -> int:
        number = attributes.get("r", str(self._row + 1))
        if not number.isdecimal():
            raise ValueError(f"a row has the number {number[:_SHOWN]!r}")
        return int(number)

    def end_row(self) -> None:
        """Reckon with the cells of the row that ends."""
        if self._places:
            text = " ".join(self._places)
            columns, rows = text.translate(_WITHOUT_DIGITS).split(), text.translate(_WITHOUT_LETTERS).split()
            self._reckon(set(columns), set(rows), len(self._places))
            self.rows = max(self.rows, self._row)
            self._after = max(self._after, self._cells * ("" in self._places))
        self._cells, self._places = 0, []

    def _reckon(self, columns: Collection[str], rows: Collection[str], filled: int) -> None:
        self.columns = max(self.columns, *map(_number, columns), 0)
        self.rows = max(self.rows, *map(int, rows), 0)
        self.filled += filled

    def skeleton(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Reckon with the plain cells of a sheet; give what else it holds, for the library.

        None is taken out from where a comment may begin, or where the text is damaged.
        """
        left, plain = b"", True
        for chunk in chunks:
            left += chunk
            if declared := _DECLARATION.match(left):
                yield declared[0]
                left = left[declared.end() :]
            end = left.rfind(_ROW_END) + len(_ROW_END)
            plain = plain and b"<!" not in left and b"<?" not in left and _is_text(left[:end])
            if plain and end >= len(_ROW_END):
                yield self._without_plain_cells(left[:end])
                left = left[end:]
            else:
                yield left
                left = b""
        yield left

    def _without_plain_cells(self, rows: bytes) -> bytes:
        pieces = _PLAIN_CELL.split(rows)
        columns, numbers = ({place.decode() for place in set(pieces[first::3])} for first in (1, 2))
        self._reckon(columns, numbers, len(pieces) // 3)
        return b"".join(pieces[::3])

    def check(self, name: str) -> None:
        """Refuse a sheet that no Excel has, or with far more places than cells."""
        self.end_row()
        self.columns += self._after
        if self.rows > ROWS or self.columns > COLUMNS:
            raise ValueError(
                f"{name} has a cell in row {self.rows:,} or column {self.columns:,}; sheets of Excel have"
                f" {ROWS:,} rows and {COLUMNS:,} columns"
            )
        if self.rows * self.columns > max(_PLACES, _SPARSE * self.filled):
            raise ValueError(
                f"{name} reaches to row {self.rows:,} and column {self.columns:,},"
                f" and only {self.filled:,} of its cells are filled; delete what lies far from the rest,"
                " or save it as CSV"
            )


@cache
def _number(letters: str) -> int:
    """Return the number of a column, from 1.

    >>> _number("A"), _number("xfd")
    (1, 16384)
    """
    if len(letters) > _LETTERS or not (letters.isascii() and letters.isalpha()):
        raise ValueError(f"a cell is called {letters[:_SHOWN]!r} and its row; expected e.g. B7")
    return sum((ord(letter) - 64) * 26**place for place, letter in enumerate(reversed(letters.upper())))


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _chunks(part: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: part.read(_CHUNK), b"")


def _parse(chunks: Iterable[bytes], start: Callable[[str, dict[str, str]], None]) -> None:
    parser = expat.ParserCreate("utf-8")  # in another encoding the library would find no cell
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_declarations
    for chunk in chunks:
        if b"\0" in chunk:
            raise ValueError("its XML is not in UTF-8")
        parser.Parse(chunk)
    parser.Parse(b"", True)  # noqa: FBT003  it has no name


def _refuse_declarations(*_: object) -> None:
    raise ValueError("it declares XML of its own")
