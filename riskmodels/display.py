"""How a result shows itself as the last line of a notebook cell: one sentence and a small table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol, runtime_checkable

import pandas as pd

from riskmodels.labels import commas, label, marked

_DIGITS = 4  # significant digits: more than any estimate here is known to
_LARGEST = 1e15  # of a currency: more than all banks have
CURRENCY = marked("CNY")
"""Of every amount of the canonical tables, and so of every figure of money."""
_THOUSAND = 1000.0  # CNY, in which large amounts are written
_WHOLE = 99.5  # from which on a figure needs no digits behind the point


@runtime_checkable
class Summarised(Protocol):
    """A result that says one sentence about itself and sums itself up in a small table."""

    @property
    def sentence(self) -> str:
        """One sentence."""
        ...

    def summary(self) -> pd.DataFrame:
        """Return a small table."""
        ...


@runtime_checkable
class Exported(Protocol):
    """A result whose tables stand beside a report."""

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return its tables by the names of their files."""
        ...


class Displayed:
    """Gives a result its ``_repr_html_``: its ``sentence`` and, where there is a row, its ``summary()``."""

    def _repr_html_(self: Summarised) -> str:
        sentence, table = f"<p>{escape(self.sentence)}</p>", self.summary()
        return sentence if table.empty else f"{sentence}\n{table_html(table)}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing(Displayed):
    """A sentence and a table made to be read: the last step before a page, nothing computes with it."""

    sentence: str
    frame: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return the whole table."""
        return self.frame


def table_html(frame: pd.DataFrame) -> str:
    """Write a frame as an HTML table.

    Every text is escaped; headings go through the label catalogue; numbers have at most four significant
    digits, thousands separated; unknown is a dash.
    """
    shown = pd.DataFrame({label(str(column)): frame[column].map(shown_text) for column in frame.columns})
    return str(shown.to_html(index=False, border=0, escape=True, justify="unset"))


def without_blank(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Leave out those of the named columns that are a dash in every row."""
    return frame.drop(columns=[name for name in names if name in frame and (frame[name] == "–").all()])


def shown_unit(unit_id: str, name: str) -> str:
    """Write a unit for people: its name first, and the code by which the bank knows it.

    >>> shown_unit("B027", "Jade Lake Branch"), shown_unit("AL", "AL")
    ('Jade Lake Branch (B027)', 'AL')
    """
    if name in ("", unit_id):
        return unit_id
    return label("{name} ({unit_id})", name=name, unit_id=unit_id)


def shown_text(value: object) -> str:
    """Write one value of a table for people."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10**_DIGITS - 0.5 else f"{value:,.{_DIGITS}g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,d}"
    return str(value)


def shown_figure(value: float) -> str:
    """Write a positive figure: two digits below a hundred, whole ones from there on.

    >>> shown_figure(1_234.5), shown_figure(12.345), shown_figure(0.0)
    ('1,234', '12', '0')
    """
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.2g}"


def shown_thousands(amount: float) -> str:
    """Write an amount in thousands."""
    return shown_figure(amount / _THOUSAND)


def shown_portion(share: float, digits: int = 0) -> str:
    """Write a share in per cent; only nothing is 0%, and only all is 100%.

    >>> shown_portion(0.0), shown_portion(0.0004, 1), shown_portion(0.25), shown_portion(0.9999)
    ('0%', '< 0.1%', '25%', '> 99%')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    least = 10.0**-digits / 100
    if share < least / 2:
        return f"< {least:.{digits}%}"
    return f"{share:.{digits}%}" if share < 1 - least / 2 else f"> {1 - least:.{digits}%}"


def shown_error(error: float, digits: int = 1) -> str:
    """Write a standard error, a share, in per cent; one that rounds to nothing is less than the last digit.

    >>> shown_error(0.0123), shown_error(0.0004), shown_error(0.0), shown_error(0.004, 0)
    ('1.2%', '< 0.1%', '< 0.1%', '< 1%')
    """
    least = 10.0**-digits / 100
    return f"{error:.{digits}%}" if not error < least / 2 else f"< {least:.{digits}%}"


def shown_money(amount: float) -> str:
    """Write an amount with its currency.

    >>> shown_money(1_234_567.0), shown_money(float("nan"))
    ('1,234,567 CNY', '–')
    """
    known = abs(amount) <= _LARGEST  # not where it is unknown
    if not known:
        return shown_amount(amount)
    return label("{amount} {currency}", amount=shown_amount(amount), currency=label(CURRENCY))


def shown_amount(amount: float, unit: float = 1.0) -> str:
    """Write an amount in whole units; one that is infinite, or beyond what there is, has no figure.

    >>> shown_amount(1_234_567.0, 1000), shown_amount(float("inf")), shown_amount(float("nan"))
    ('1,235', 'more than can be estimated', '–')
    """
    if math.isnan(amount):
        return "–"
    return f"{amount / unit:,.0f}" if abs(amount) <= _LARGEST else label("more than can be estimated")


def shown_few(names: Sequence[str], most: int) -> str:
    """Name the first of some things, and say that there are more.

    >>> shown_few(["B001", "B002", "B003"], 2), shown_few(["B001", "B002"], 2)
    ('B001, B002 …', 'B001, B002')
    """
    return commas(names[:most]) + (" …" if len(names) > most else "")
