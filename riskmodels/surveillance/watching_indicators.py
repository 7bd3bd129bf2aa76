"""Watch an indicator of the policy: shares by cases that fail, means, availability by minutes lost."""

from dataclasses import replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import INDICATORS, Indicators
from riskmodels.errors import ContractError, ParameterError
from riskmodels.grouping import number_series
from riskmodels.panel import Panel
from riskmodels.parameters.policy import Direction
from riskmodels.parameters.watches import Chart
from riskmodels.surveillance.courses import design_of, lengths_of
from riskmodels.surveillance.laws import LawName
from riskmodels.surveillance.watching import Alarms, Figures, Wanted, alarms_of, check_wanted

_FIGURES = ("numerator", "denominator", "squares")
_LAWS: dict[str, LawName] = {
    "proportion": "cases",
    "rate": "counts",
    "mean": "values",
    "availability": "minutes",
}
_BETTER = {"rate": "lower_is_better", "mean": "lower_is_better", "availability": "higher_is_better"}
_INCIDENT = 60.0  # [minutes] of an incident before any is known, as much as one counts for
_LEAST_UNIT = 1e-9  # of values in their variance over mean: divides
_SPREAD = 1.0  # variance over mean of values that have shown none
_SHAPES = r"\d{4}-\d\d|\d{4}Q[1-4]"  # of months and quarters


def watch_indicator(
    found: Indicators,
    indicator_id: str,
    *,
    direction: Direction,
    run_length: float,
    since: str | pd.Period | None = None,
    false_share: float = 0.1,
    chart: Chart = "both",
) -> Alarms:
    """Find where an indicator has become worse, period by period, as it would have been found at the time.

    Parameters
    ----------
    found : Indicators
        By month or quarter; each row of its breakdown is a series, each key of it a level.
    indicator_id : str
        One of the table.
    direction : {"higher_is_better", "lower_is_better"}
        Which way is good, as the policy has it; only the other way is an alarm.
    run_length : float
        [periods] Mean time between two false alarms of one series.
    since : str or Period, optional
        First period judged, as in ``watch``.
    false_share : float
        Of twenty series and more that stand out in a period, as in ``watch``.
    chart : {"both", "period", "cusum"}
        Which charts may alarm, as in ``watch``.

    Returns
    -------
    Alarms
        As of ``watch``; a period without a case is unknown, not zero. What is ``observed``, expected and
        limited depends on the family of the indicator:

        - proportion [cases]: those that fail, which are denominator - numerator where higher is better and
          the numerator where lower is; the exposure of the panel is the number of cases;
        - rate [events]: the numerator, in proportion to the denominator;
        - mean [unit of the indicator]: the mean of the period's cases;
        - availability [minutes]: those lost.

    Raises
    ------
    ContractError
        The indicator is an amount, whose months have no law; or its values cannot be (a negative mean).
    ParameterError
        The indicator is not there, is by half-years or years, or is not watched in this direction; a run
        length, share or period that cannot be.

    Notes
    -----
    Cases are beta-binomial about a share whose odds are followed as ``watch`` follows the mean of counts.
    Means are lognormal, with the variance of a case from the squares of earlier periods; minutes lost are
    those of incidents of exponential length, a Poisson number of them. What months vary beyond that is learnt
    from the months. Run lengths and what is found: docs/methods/early_warning.md.
    """
    family = _family(indicator_id, direction)
    rows = found.table[found.table["indicator_id"] == indicator_id]
    if rows.empty:
        raise ParameterError(
            f"there is no value of {indicator_id}; there are those of"
            f" {', '.join(found.table['indicator_id'].unique()) or 'no indicator'}"
        )
    panel, squares = _panel(rows, found.by)
    wanted = Wanted(run_length=run_length, since=since, false_share=false_share, chart=chart)
    panel, figures = _figures(panel, squares, family, direction)
    check_wanted(panel, run_length, false_share)
    return alarms_of(panel, figures, design_of(panel.periods), wanted)


def _family(indicator_id: str, direction: Direction) -> str:
    """Return what kind of indicator it is; one that cannot be watched is refused."""
    if indicator_id not in INDICATORS:
        raise ParameterError(f"'{indicator_id}' is not in the catalogue of indicators")
    if direction not in ("higher_is_better", "lower_is_better"):
        raise ParameterError(f"direction is '{direction}'; expected 'higher_is_better' or 'lower_is_better'")
    family = INDICATORS[indicator_id].family
    if family == "measured":
        raise ContractError(
            f"{indicator_id} is a ratio of amounts, whose months have no law to judge them by: watch the"
            " number of events behind it instead, e.g. a panel of losses"
        )
    if direction != _BETTER.get(family, direction):
        raise ParameterError(
            f"{indicator_id} ({family}) is watched where {_BETTER[family]}, not where {direction}"
        )
    return family


def _panel(rows: pd.DataFrame, by: tuple[str, ...]) -> tuple[Panel, Floats]:
    """Return the numerators over their denominators, and the squares, (n, T); NaN where there is no row."""
    if not rows["period"].str.fullmatch(_SHAPES).all():
        raise ParameterError(
            f"the period {rows['period'].iloc[0]} is no month or quarter: compute the indicators with"
            " freq='M' or freq='Q'"
        )
    at = pd.PeriodIndex(rows["period"], freq="Q" if "Q" in rows["period"].iloc[0] else "M")
    periods = pd.period_range(at.min(), at.max(), freq=at.freq)
    series, names = number_series(rows, by)
    filled = np.full((len(_FIGURES), len(names), len(periods)), np.nan)
    filled[:, series, periods.get_indexer(at)] = rows[list(_FIGURES)].to_numpy("float64").T
    numerator, denominator, squares = filled
    panel = Panel(keys=names, periods=periods, values=numerator, exposure=denominator, kind="count")
    return panel, squares


def _figures(panel: Panel, squares: Floats, family: str, direction: Direction) -> tuple[Panel, Figures]:
    """Return the panel as it is shown, and the figures that are followed."""
    values, size = panel.values, np.asarray(panel.exposure)
    if family == "rate":
        size = size * lengths_of(panel.periods)
        return panel, Figures(values=np.round(values), size=size, law="counts")
    if family == "proportion":
        return _cases(panel, direction)
    if family == "availability":
        values = np.maximum(size - values, 0.0)
        unit = np.broadcast_to(_incident(values, squares), values.shape)
        shown = unit
    else:
        if (values < 0).any():
            raise ContractError(
                "a mean of values below zero has no law here: watch a share of its cases instead"
            )
        unit = np.broadcast_to(_spread(values, size, squares), values.shape)
        shown = unit / size
    figures = Figures(values=values / unit, size=size / unit, law=_LAWS[family], unit=shown)
    return replace(panel, values=figures.values * shown, kind="amount"), figures


def _cases(panel: Panel, direction: Direction) -> tuple[Panel, Figures]:
    """Return cases that fail, whole ones, out of all."""
    size = np.round(np.asarray(panel.exposure))
    size[size < 1] = np.nan
    passed = np.clip(np.round(panel.values), 0, size)
    values = size - passed if direction == "higher_is_better" else passed
    return replace(panel, values=values, exposure=size), Figures(values=values, size=size, law="cases")


def _before(part: Floats) -> Floats:
    """Add up what all series have had before each period: (n, T) -> (T,)."""
    total = np.nansum(part, axis=0)
    return np.asarray(np.cumsum(total) - total)


def _incident(lost: Floats, squares: Floats) -> Floats:
    """Return variance over mean [minutes] of incidents, as known before each period, shape (T,)."""
    return np.asarray((_INCIDENT**2 + _before(squares)) / (_INCIDENT + _before(lost)))


def _spread(values: Floats, size: Floats, squares: Floats) -> Floats:
    """Return variance over mean of the values of cases, as known before each period, shape (T,).

    The first period, before which nothing is known, is its own.
    """
    within = np.maximum(squares - values**2 / size, 0.0)
    parts = [_before(part) for part in (within, np.maximum(size - 1.0, 0.0), values, size)]
    parts = [np.where(np.arange(len(part)) == 0, np.roll(part, -1), part) for part in parts]
    varied, degrees, total, cases = parts
    known = (varied > 0) & (degrees > 0) & (total > 0)
    spread = varied / np.maximum(degrees, _LEAST_UNIT) * cases / np.maximum(total, _LEAST_UNIT)
    return np.asarray(np.where(known, np.maximum(spread, _LEAST_UNIT), _SPREAD))
