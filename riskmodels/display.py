"""How a result shows itself as the last line of a notebook cell: one sentence and a small table."""

import math
from dataclasses import dataclass
from html import escape
from typing import Protocol, runtime_checkable

import pandas as pd

from riskmodels.labels import label

_DIGITS = 4


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


class Displayed:
    """Gives a result its ``_repr_html_`` from its ``sentence`` and ``summary()``."""

    def _repr_html_(self: Summarised) -> str:
        return f"<p>{escape(self.sentence)}</p>\n{table_html(self.summary())}"


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


def shown_text(value: object) -> str:
    """Write one value of a table for people."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10**_DIGITS - 0.5 else f"{value:,.{_DIGITS}g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,d}"
    return str(value)
