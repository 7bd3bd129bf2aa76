"""What every plot is drawn on: axes in the house style, an axis of periods, a note below, texts made safe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.ticker import LogLocator

from riskmodels.arrays import Integers

COLOURS = {"red": "#b3261e", "amber": "#c77700", "green": "#2e7d4f", "insufficient": "#8a8f98", "": "#ffffff"}
MARKERS = {  # the shapes of RATING_MARKS
    "red": MarkerStyle("s"),
    "amber": MarkerStyle("^"),
    "green": MarkerStyle("o"),
    "insufficient": MarkerStyle("o", fillstyle="none"),
}
LINE, BAND, SHOCK, NOTE = "#1f3b5c", "#7d9bbf", "#b3261e", "#5f6570"
NAME = 34  # signs that the name of a unit may take
_CHINESE = Path(__file__).with_name("fonts") / "NotoSansCJKsc-subset.otf"  # what GB 2312 has: .ci/font.py
_OTHERS = ("Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei")  # where installed, for signs beyond it
_NO_GLYPH = "Glyph .* missing"  # of a rare sign, where no font has it
_DPI, _WIDTH = 110, 7.2  # dots an inch, and inches of a page's width: 800 dots
_PRINTED = 170  # dots an inch of a picture that is printed: letters are sharp, twelve take less than 1 MB
# points of type are a little below the report's text
_STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.formatter.use_locale": False,
    "legend.frameon": False,
    "text.parse_math": False,
}


@contextmanager
def house_axes(ax: Axes | None, width: float, height: float) -> Iterator[Axes]:
    """Yield axes in the house style: text is never read as mathematics, whatever the data holds."""
    if ax is not None:
        with _house_style():
            yield ax
        return
    with house_figure(width, height) as figure:
        yield figure.subplots()


@contextmanager
def house_figure(width: float, height: float) -> Iterator[Figure]:
    """Yield a new figure of this size [inches] in the house style, for several axes."""
    figure = plt.figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    with _house_style():  # not around the figure: a notebook's backend is made interactive by the first one
        yield figure


@contextmanager
def _house_style() -> Iterator[None]:
    style: Any = _STYLE | {"font.family": _families()}
    with mpl.rc_context(style):
        yield


@lru_cache(maxsize=1)
def _families() -> list[str]:
    """Return the fonts where signs are looked for; the first two are shipped: figures are the same."""
    installed = font_manager.get_font_names()
    font_manager.fontManager.addfont(_CHINESE)
    chinese = font_manager.get_font(_CHINESE).family_name
    return ["DejaVu Sans", chinese, *(name for name in _OTHERS if name in installed)]


def picture(draw: Callable[[Axes], object], *, width: float, height: float) -> bytes:
    """Return as PNG what ``draw`` draws on axes of this size [inches]: the same bytes for the same thing."""
    figure = Figure(figsize=(width, height), dpi=_PRINTED, layout="constrained")  # no window, nothing kept
    with _house_style(), catch_warnings(), BytesIO() as stream:
        filterwarnings("ignore", _NO_GLYPH, UserWarning)
        draw(figure.subplots())
        figure.savefig(stream, format="png", metadata={"Software": None})
        return stream.getvalue()


def draw_pair(
    first: Callable[[Axes], Axes],
    second: Callable[[Axes], object],
    *,
    ax: Axes | None,
    height: float,
    note: str,
    sharey: bool = False,
) -> Axes:
    """Draw two things side by side on a new figure [height in inches], or the first alone on given axes."""
    if ax is not None:
        with house_axes(ax, 0, 0) as axes:
            return noted(first(axes), note)
    with house_figure(_WIDTH, height) as figure:
        left, right = figure.subplots(1, 2, sharey=sharey)
        second(right)
        return noted(first(left), note)


def said(axes: Axes, sentence: str) -> Axes:
    """Write a sentence where there is nothing to draw."""
    axes.text(0.5, 0.5, sentence, ha="center", va="center", wrap=True, fontsize=8)
    axes.set_axis_off()
    return axes


def noted(axes: Axes, note: str) -> Axes:
    """Write a line below the figure, such as the quality of the data."""
    if note:
        axes.figure.supxlabel(note, x=0.005, ha="left", fontsize=7, color=NOTE)
    return axes


def draw_forest(
    axes: Axes, rows: pd.DataFrame, value: str, places: Integers, *, letter: str, names: tuple[str, str]
) -> None:
    """Draw values with their intervals at places of the y axis; those ``found`` are filled and have a letter.

    ``names`` are those of what is found and of the others in a legend.
    """
    found = rows["found"].to_numpy(bool)
    for chosen, name, colour, face in (
        (found, names[0], COLOURS["amber"], COLOURS["amber"]),
        (~found, names[1], LINE, "white"),
    ):
        part = rows[chosen]
        spread = np.array([part[value] - part["lower"], part["upper"] - part[value]])
        axes.errorbar(
            part[value],
            places[chosen],
            xerr=np.maximum(spread, 0),
            fmt="o",
            color=colour,
            markerfacecolor=face,
            markersize=5,
            elinewidth=1,
            label=name,
        )
    for at, place in zip(rows[value][found], places[found], strict=True):
        axes.annotate(letter, (at, place), (0, 4), textcoords="offset points", ha="center", fontsize=7)
    axes.axvline(0, color=NOTE, linewidth=0.8)


def period_axis(axes: Axes, names: list[str], *, most: int = 12) -> None:
    """Name the periods along the x axis, about ``most`` of them; a week by its Monday."""
    names = [name.partition("/")[0] for name in names]
    step = max(1, len(names) // most)
    places = np.arange(0, len(names), step)
    axes.set_xticks(places, [names[place] for place in places], rotation=45, ha="right", fontsize=7)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.yaxis.set_major_formatter("{x:,.10g}")


def log_ticks(axis: Axis, *steps: float) -> None:
    """Name the ticks of a logarithmic axis by plain numbers, at these multiples of each power of ten."""
    axis.set_major_locator(LogLocator(subs=steps, numticks=20))
    axis.set_major_formatter("{x:,.10g}")
    axis.set_minor_formatter("")


def short(text: str, most: int = 24) -> str:
    """Return a text as one printable line of at most so many signs."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text if len(text) <= most else text[: most - 1] + "…"
