"""How a result shows itself as the last line of a notebook cell: one sentence and a small table."""

from html import escape
from typing import Protocol

import pandas as pd

from riskmodels.labels import label

_DIGITS = 4


class _Summarised(Protocol):
    @property
    def sentence(self) -> str: ...

    def summary(self) -> pd.DataFrame: ...


class Displayed:
    """Gives a result its ``_repr_html_`` from its ``sentence`` and ``summary()``."""

    def _repr_html_(self: _Summarised) -> str:
        return f"<p>{escape(self.sentence)}</p>\n{table_html(self.summary())}"


def table_html(frame: pd.DataFrame) -> str:
    """Write a frame as an HTML table.

    Every text is escaped; headings go through the label catalogue; numbers have at most four significant
    digits, thousands separated; unknown is a dash.
    """
    shown = pd.DataFrame({label(str(column)): frame[column].map(_text) for column in frame.columns})
    return str(shown.to_html(index=False, border=0, escape=True, justify="unset"))


def _text(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10**_DIGITS else f"{value:,.{_DIGITS}g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,d}"
    return str(value)
