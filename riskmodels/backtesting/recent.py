"""The recent months: what is still to come of them, and how well months before them were predicted."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from riskmodels.backtesting.as_of import AsOf, aligned, panels_as_of
from riskmodels.backtesting.backtests import Backtest, backtest
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting import FINAL, LONGEST_HORIZON, Forecast, Method, Nowcast, forecast
from riskmodels.panel import Panel, build_panel
from riskmodels.tables import CONTRACTS, Table
from riskmodels.tables.frequencies import Frequency

COMPARED: tuple[Method, ...] = ("seasonal_naive", "empirical24")
_LEAST_HISTORY = 12  # periods before the first origin
_QUARTER = 3  # months
_FOUR_WEEKS = 28  # days: of days, what is looked back and ahead, and known before the first origin
_OF_SHORT: dict[str, Literal["D", "W"]] = {"D": "D", "W": "W"}  # as they are; of all others months
_SPACING = {"D": 7}  # periods from origin to origin, where more than one: each week of days


def outlook_before(complaints: Table, outlook: Forecast, *, periods: int | None = None) -> Forecast | None:
    """Make an outlook again as it would have been made some periods earlier, to explain what has changed.

    Parameters
    ----------
    complaints : Table
        Accepted rows that the outlook is from.
    outlook : Forecast
        Of the rows' counts by period; its method and calendar are used.
    periods : int, optional
        By how many periods earlier; default: a quarter, or a year of yearly ones, or four weeks of days.

    Returns
    -------
    Forecast or None
        Of the periods of the outlook, up to 60 ahead: by day, week and month from what was logged by then
        where the outlook allows for complaints logged late, else from the earlier periods as known today.
        None where the history before is shorter than the time since.
    """
    outlook = outlook.parts or outlook
    periods = _ahead(outlook.panel, _QUARTER) if periods is None else periods
    if len(outlook.panel.periods) < 2 * periods:
        return None
    origin = outlook.panel.periods[-1 - periods]
    known = AsOf(outlook.panel.until(origin))
    if outlook.completeness is not None and outlook.periods.freqstr[0] in (*_OF_SHORT, "M"):
        by = [name for name in outlook.keys.columns if name in CONTRACTS["complaints"].names]
        then = _known_then(complaints, by, [origin])
        known = known if then is None else aligned(then[origin], outlook.panel, origin)
    return forecast(
        known.panel,
        horizon=min(len(outlook.periods) + periods, LONGEST_HORIZON),
        method=outlook.method,
        calendar=outlook.calendar,
        completeness=known.completeness,
    )


def track_record(
    complaints: Table,
    *,
    by: Sequence[str],
    last: str | None = None,
    nowcast: Nowcast | None = None,
    method: Method = "auto",
    months: int = _QUARTER,
    origins: int = 12,
    freq: Frequency | None = None,
    calendar: str | None = None,
    progress: bool = False,
) -> Backtest | None:
    """Test a method and the baselines on the last origins whose outcomes are complete.

    Parameters
    ----------
    complaints : Table
        Accepted rows.
    by : sequence of str
        Columns that name a series.
    last : str, optional
        Last period of the history, as in ``build_panel``.
    nowcast : Nowcast, optional
        How complete the periods are: outcomes of periods less than 99% complete are not scored, and a
        forecast knows only what was logged by its origin. Without it, every period counts as complete.
    method : str
        The method of the outlook, tested beside the baselines.
    months : int
        Months ahead; of counts by quarter or year, the periods that hold them; of days four weeks at most.
    origins : int
        How many origins, one per period, at most; of days, one per week.
    freq : {"D", "W", "M", "Q", "Y"}, optional
        Length of a period, as in ``build_panel``.
    calendar : str, optional
        Country of the holidays, as in ``forecast``.
    progress : bool
        Whether to show a bar on the terminal.

    Returns
    -------
    Backtest or None
        None where the history is too short: an origin has twelve periods before it, of days 28.
    """
    panel = _complete(build_panel(complaints, by=by, last=last, freq=freq), nowcast)
    horizon = _ahead(panel, months)
    places = _origins(panel, horizon, origins)
    if not len(places):
        return None
    return backtest(
        panel,
        horizon=horizon,
        origins=list(places),
        methods=[method, *(one for one in COMPARED if one != method)],
        as_of_panels=None if nowcast is None else _known_then(complaints, by, list(places)),
        calendar=calendar,
        progress=progress,
    )


def _ahead(panel: Panel, months: int) -> int:
    """Return how many periods a number of months has; of days, four weeks at most."""
    periods = panel.covering(months)
    return min(periods, _FOUR_WEEKS) if panel.periods.freqstr[0] == "D" else periods


def _origins(panel: Panel, horizon: int, number: int) -> pd.PeriodIndex:
    """Return the last origins with a horizon after them and a history before them, the earliest first."""
    letter = panel.periods.freqstr[0]
    least = _FOUR_WEEKS if letter == "D" else _LEAST_HISTORY
    places = range(len(panel.periods) - horizon - 1, least - 2, -_SPACING.get(letter, 1))
    return panel.periods[sorted(places[:number])]


def _complete(panel: Panel, nowcast: Nowcast | None) -> Panel:
    """Return the panel up to the last period that is complete."""
    if nowcast is None:
        return panel
    whole = np.flatnonzero(nowcast.for_periods(panel.periods) >= FINAL)
    return panel.until(panel.periods[whole[-1]]) if len(whole) else panel.until(panel.periods[0] - 1)


def _known_then(
    complaints: Table, by: Sequence[str], origins: Sequence[pd.Period]
) -> Mapping[pd.Period, AsOf] | None:
    """Return what was known at each origin; None where nothing was logged, or late, by one of them."""
    try:
        freq: Literal["D", "W", "M"] = _OF_SHORT.get(origins[0].freqstr[0]) or "M"
        return panels_as_of(complaints, by=by, origins=origins, freq=freq)
    except (ContractError, ParameterError):
        return None
