"""The chain of hashes: each row's is made of the one before it and of what the row says."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import label, plural

_SHOWN = 16  # hexadecimal digits of a hash that stand in a head: 64 bits, which nobody meets by trying
_HEAD = re.compile(rf"(0|[1-9]\d{{0,17}}):([0-9a-f]{{{_SHOWN}}})")
START = "0" * 64  # what the first row is chained to

Row = tuple[int, str, str]  # number, body (canonical JSON), hash


def canonical(values: object) -> str:
    """Write values as JSON in the one way that is hashed: sorted names, no blanks, no NaN.

    >>> canonical({"b": 1.0, "a": "费"})
    '{"a":"费","b":1.0}'
    """
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def chained(previous: str, body: str) -> str:
    """Return the hash of a row: SHA-256 of the hash before it and its body, in hexadecimal digits."""
    return hashlib.sha256((previous + body).encode()).hexdigest()


class Head(NamedTuple):
    """The last row of a ledger: its number and the first sixteen digits of its hash.

    Kept outside the ledger (a report, a policy file), it shows that no row up to it was changed or cut off.

    >>> Head.read("12:0123456789abcdef").seq
    12
    """

    seq: int
    digits: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digits}"

    @classmethod
    def of(cls, seq: int, hash_: str) -> Self:
        """Return the head that a row is."""
        return cls(seq, hash_[:_SHOWN])

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a head as it is printed; raises ParameterError where it is none."""
        found = _HEAD.fullmatch(text.strip())
        if not found:
            raise ParameterError(
                f"'{text}' is no head of a ledger; expected a row and sixteen digits of its hash, as"
                " a report prints them, e.g. 120:0123456789abcdef"
            )
        return cls(int(found[1]), found[2])


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification(Displayed):
    """Whether a ledger is what it was.

    Attributes
    ----------
    head : Head
        Of its last row that fits.
    row : int or None
        The first row that does not fit; None where all do.
    problem : str
        What is wrong with it; empty where nothing is.
    heads : tuple of Head
        The heads it was compared with: without one, rows cut off its end, and a chain that was made anew as
        a whole, cannot be seen.
    """

    head: Head
    row: int | None = None
    problem: str = ""
    heads: tuple[Head, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row: head, rows_that_fit, row, problem."""
        values: dict[str, Any] = {"head": str(self.head), "rows_that_fit": self.head.seq}
        return pd.DataFrame([values | {"row": self.row, "problem": self.problem}])

    def summary(self) -> pd.DataFrame:
        """Return the whole table."""
        return self.table

    @property
    def sentence(self) -> str:
        """Say whether every row fits, and compared with what."""
        if self.problem:
            return self.problem
        text = plural(
            self.head.seq,
            "The ledger is whole: its row fits; head {head}.",
            "The ledger is whole: all {rows:,} rows fit; head {head}.",
            rows=self.head.seq,
            head=self.head,
        )
        if self.heads:
            return f"{text} {label('It holds the head {heads}.', heads=', '.join(map(str, self.heads)))}"
        return f"{text} {label('Without a head from outside, a cut end cannot be seen.')}"


def verify_rows(rows: Iterable[Row], heads: Sequence[Head] = ()) -> Verification:
    """Check rows in their order against their hashes and against heads from outside.

    Returns
    -------
    Verification
        Names the first row that does not fit. Of a chain that was made anew from some row on, it names the
        first head that is no longer met: the row changed is that or an earlier one.
    """
    known = {head.seq: head for head in sorted(heads)}
    seq, last = 0, START
    for head in heads:
        if words := _why_no_head(head, known[head.seq]):
            return _broken(seq, last, head.seq, words)
    for number, body, hash_ in rows:
        if number != seq + 1:
            return _broken(seq, last, seq + 1, label("Row {row} is missing.", row=seq + 1))
        if chained(last, body) != hash_:
            words = label(
                "Row {row} does not fit: it was changed, or is not the one that stood here.", row=number
            )
            return _broken(seq, last, number, words)
        if number in known and known[number].digits != hash_[:_SHOWN]:
            words = label(
                "Row {row} is not the row of the head {head}: it, or one before it, was rewritten.",
                row=number,
                head=known[number],
            )
            return _broken(seq, last, number, words)
        seq, last = number, hash_
    if known and max(known) > seq:
        words = label(
            "The end was cut off: the ledger ends at row {last}, and the head {head} names a later one.",
            last=seq,
            head=known[max(known)],
        )
        return _broken(seq, last, seq + 1, words)
    return Verification(head=Head.of(seq, last), heads=tuple(known.values()))


def _why_no_head(head: Head, other: Head) -> str:
    if head != other:
        return label("Row {row} has two heads: {head} and {other}.", row=head.seq, head=head, other=other)
    if head.seq == 0 and head.digits != START[:_SHOWN]:
        return label("Row 0 is none: the head {head} is of no ledger.", head=head)
    return ""


def _broken(seq: int, last: str, row: int, problem: str) -> Verification:
    return Verification(head=Head.of(seq, last), row=row, problem=problem)
