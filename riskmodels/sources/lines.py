"""Where the rows of a CSV file begin and end, and how many there are, apart from how they are read."""

import codecs
import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from riskmodels.errors import ContractError
from riskmodels.scratch import written

LONGEST_LINE = 16_777_216  # bytes
MOST_COLUMNS = 16_384  # as a sheet of Excel has
_CHUNK = 1 << 19  # bytes; what is computed of them stays in the processor's cache
_QUOTE, _LF, _CR = 34, 10, 13  # their bytes in ASCII
_TOP, _ALL = np.uint64(63), np.uint64(2**64 - 1)  # place of a number's last bit; all its bits
_UTF8 = "utf-8"

_Bits = npt.NDArray[np.uint64]

csv.field_size_limit(LONGEST_LINE)  # as long as a line may be


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The lines of a file in UTF-8 from its header on.

    Attributes
    ----------
    start : int
        Byte at which the header begins.
    header : list of str
        Its cells.
    rows : int
        Below the header; a line break in quotes ends none, and blank lines are none but in a file of one
        column.
    ends : frozenset of str
        How rows end.
    """

    start: int
    header: list[str]
    rows: int
    ends: frozenset[str]


def find_lines(path: Path, shown: Path, *, header_row: int, delimiter: str) -> Lines:
    """Find the header in line ``header_row``, from 1, and count the rows below it.

    LF, CR LF and CR end a line. ``shown`` is the path in messages: ``path`` may be a copy.
    Raises ContractError where there is no header, or it is not in UTF-8.
    """
    start = _offset(path, header_row - 1)
    if header_row > 1 and start == path.stat().st_size:
        raise ContractError(
            f"{shown} has fewer than {header_row:,} lines, and none that is its header; correct header_row"
        )
    try:
        with _opened(path, start) as file:
            header = next(csv.reader(_short_lines(file), delimiter=delimiter), [])
    except csv.Error:
        raise ContractError(
            f"{shown} is no CSV: its header is longer than {LONGEST_LINE:,} characters"
        ) from None
    if not header:
        raise ContractError(f"{shown} is empty; expected a header line with the names of its columns")
    if len(header) > MOST_COLUMNS:
        raise ContractError(f"{shown} has {len(header):,} columns; at most {MOST_COLUMNS:,} are read")
    if any("\0" in cell for cell in header):
        raise ContractError(
            f"{shown} is not CSV in UTF-8: its header holds NUL bytes. If it is in another encoding,"
            " name it in the source file, e.g. encoding: utf-16"
        )
    if any(not _is_readable(cell) for cell in header):
        raise ContractError(
            f"{shown} is not CSV in UTF-8: its header cannot be read. If it is in another encoding,"
            " name it in the source file, e.g. encoding: gb18030"
        )
    records, blanks, ends = _counted(path, start, delimiter)
    rows = records + (blanks if len(header) == 1 else 0) - 1
    return Lines(start=start, header=header, rows=rows, ends=ends)


def with_one_end(path: Path, shown: Path, lines: Lines, delimiter: str, target: Path) -> Path:
    """Return a file that begins with its header and whose rows end alike: itself, or a copy in ``target``.

    Raises ContractError where a carriage return inside a cell looks like the end of a row.
    """
    if len(lines.ends) > 1:
        with (
            written(target),
            target.open("w", encoding=_UTF8, newline="", errors="surrogateescape") as new,
        ):
            new.writelines(_alike(path, shown, lines, delimiter))
        return target
    if not lines.start:
        return path
    with written(target), path.open("rb") as old, target.open("wb") as new:
        old.seek(lines.start)
        shutil.copyfileobj(old, new, _CHUNK)
    return target


def _offset(path: Path, lines: int) -> int:
    with path.open(encoding="latin-1", newline="") as file:  # a character is a byte
        return sum(len(line) for line in islice(_short_lines(file), lines))


def _short_lines(file: io.TextIOWrapper) -> Iterator[str]:
    """Give the lines of a file; of one without ends, parts."""
    return iter(lambda: file.readline(2 * LONGEST_LINE), "")


def byte_order_mark(path: Path) -> bytes:
    """Return the byte-order mark that a file begins with, or nothing."""
    with path.open("rb") as file:
        begun = file.read(len(codecs.BOM_UTF8))
    return begun if begun == codecs.BOM_UTF8 else b""


def _opened(path: Path, start: int) -> io.TextIOWrapper:
    file = path.open("rb")
    file.seek(start)
    encoding = _UTF8 if start else "utf-8-sig"
    return io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")


def _is_readable(text: str) -> bool:
    return not any("\udc80" <= sign <= "\udcff" for sign in text)


# ---- counting ----


@dataclass(kw_only=True)
class _Count:
    """What was counted up to some place of a file, and what the byte before that place is."""

    records: int = 0
    blanks: int = 0
    feeds: int = 0  # rows that LF alone ends
    returns: int = 0  # that CR ends, or begins to end
    pairs: int = 0  # that CR LF ends
    is_open: bool = False  # a quote is
    is_return: bool = False
    is_end: bool = True  # of a row, or the file begins
    is_edge: bool = True  # a quote may open a cell after it
    is_clear: bool = True  # all quotes up to here do


def _counted(path: Path, start: int, delimiter: str) -> tuple[int, int, frozenset[str]]:
    """Count rows with cells (the header is one), blank lines, and how they end."""
    count = _Count()
    last = delimiter.encode()[-1]
    with path.open("rb") as file:
        file.seek(start or len(byte_order_mark(path)))
        while chunk := file.read(_CHUNK):
            _count(np.frombuffer(chunk, np.uint8), last, count)
            if not count.is_clear:  # a quote inside a cell that is not quoted: slower, and exact
                return _counted_by_cells(path, start, delimiter)
    singles = count.returns - count.pairs
    found = {"\r\n": count.pairs, "\r": singles, "\n": count.feeds}
    ends = frozenset(end for end, many in found.items() if many)
    return count.records + (not count.is_end), count.blanks, ends


def _count(data: npt.NDArray[np.uint8], delimiter: int, count: _Count) -> None:
    """Count the rows that end in a part of a file: its signs are bits, so that 64 are looked at at once."""
    last = len(data) - 1
    quotes, feeds, returns, marks = (_bits(data, sign) for sign in (_QUOTE, _LF, _CR, delimiter))
    inside = _inside(quotes, is_open=count.is_open)
    edges = quotes | feeds | returns | marks
    count.is_clear = not (quotes & inside & ~_after(edges, first=count.is_edge)).any()
    outside = ~inside
    feeds &= outside
    returns &= outside
    ends = feeds | returns
    pairs = np.zeros_like(feeds)
    if count.is_return or returns.any():
        pairs = feeds & _after(returns, first=count.is_return)
    blanks = ends & ~pairs & _after(ends, first=count.is_end)
    blank, paired, fed, returned = map(_many, (blanks, pairs, feeds, returns))
    count.blanks += blank
    count.records += fed - paired + returned - blank
    count.feeds += fed - paired
    count.returns += returned
    count.pairs += paired
    count.is_open, count.is_return = _bit(inside, last), _bit(returns, last)
    count.is_end, count.is_edge = _bit(ends, last), _bit(edges, last)


def _bits(data: npt.NDArray[np.uint8], sign: int) -> _Bits:
    """Write where a sign is as bits, the first byte's the lowest of the first number."""
    packed = np.packbits(data == sign, bitorder="little")
    if lacking := -len(packed) % 8:
        packed = np.concatenate([packed, np.zeros(lacking, np.uint8)])
    bits: _Bits = packed.view("<u8")
    return bits


def _inside(quotes: _Bits, *, is_open: bool) -> _Bits:
    """Tell where an odd number of quotes has gone before, the quote itself included."""
    odd = quotes.copy()
    for far in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(far)
    numbers = np.concatenate([[np.uint64(is_open)], odd[:-1] >> _TOP])
    return odd ^ (_ALL * np.bitwise_xor.accumulate(numbers))


def _after(bits: _Bits, *, first: bool) -> _Bits:
    """Say of which bytes the one before is such a one; ``first``: whether the one before the first is."""
    before: _Bits = np.concatenate([[np.uint64(first)], bits[:-1] >> _TOP])
    after: _Bits = bits << np.uint64(1) | before
    return after


def _many(bits: _Bits) -> int:
    return int(np.bitwise_count(bits).sum())


def _bit(bits: _Bits, place: int) -> bool:
    return bool(bits[place // 64] >> np.uint64(place % 64) & np.uint64(1))


def _counted_by_cells(path: Path, start: int, delimiter: str) -> tuple[int, int, frozenset[str]]:
    records, blanks, ends = 0, 0, set()
    for cells, text in _records(path, start, delimiter):
        records += bool(cells)
        blanks += not cells
        ends.add(_end(text))
    return records, blanks, frozenset(ends - {""})


def _records(path: Path, start: int, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """Read rows one by one: their cells, and their text with its end."""
    waiting: list[str] = []

    def lines(file: io.TextIOWrapper) -> Iterator[str]:
        for line in file:
            waiting.append(line)
            yield line

    with _opened(path, start) as file:
        for cells in csv.reader(lines(file), delimiter=delimiter):
            yield cells, "".join(waiting)
            waiting.clear()


def _end(text: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if text.endswith(end)), "")


def _alike(path: Path, shown: Path, lines: Lines, delimiter: str) -> Iterator[str]:
    """Give each row with LF at its end."""
    width, lacking = len(lines.header), -1
    for number, (cells, text) in enumerate(_records(path, lines.start, delimiter)):
        if lacking >= 0 and len(cells) == lacking + 1 and width > 1:
            raise ContractError(
                f"{shown}: a carriage return (CR) stands inside a cell of row {number - 1},"
                " where other rows end; take it out, or put the cell into quotes"
            )
        end = _end(text)
        lacking = width - len(cells) if end == "\r" else -1
        yield text.removesuffix(end) + "\n"
