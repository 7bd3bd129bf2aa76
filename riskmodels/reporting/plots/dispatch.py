"""Find the plot of a result by its kind."""

from functools import singledispatch

from matplotlib.axes import Axes

from riskmodels.reporting.plots.canvas import noted


def plot(result: object, *, ax: Axes | None = None, note: str = "") -> Axes:
    """Draw a result by its kind; raises TypeError where there is no plot of it.

    ``ax`` is where to draw; without it, a new figure. ``note`` is a line below it, such as the quality of the
    data. Returns the axes drawn on.
    """
    return noted(plot_of(result, ax=ax), note)


@singledispatch
def plot_of(result: object, *, ax: Axes | None = None) -> Axes:
    """Draw a result by its kind, for which a plot is registered here."""
    raise TypeError(f"there is no plot of a {type(result).__name__} (axes: {ax})")
