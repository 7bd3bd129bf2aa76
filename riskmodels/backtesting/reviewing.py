"""An earlier forecast against what came: where it lay outside the interval, and where the surprise lies."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.backtesting.judging import COLUMNS, NUMBERS, draws_of, review_table
from riskmodels.backtesting.outcomes import Outcome, is_counted_so, outcome_of
from riskmodels.backtesting.review_words import said_of, total_of
from riskmodels.backtesting.shares import UNIT, Cells, by_series, by_unit, names_of, own_deviation
from riskmodels.backtesting.surprises import NEW, Groups, parts_of
from riskmodels.display import Displayed, shown_text
from riskmodels.forecasting import Forecast, nowcast_where_logged
from riskmodels.grouping import add_rows, number_series
from riskmodels.tables import Table, Tables
from riskmodels.tables.lifetimes import name_column

_PART = ("kind", "name", "title")  # words of a part


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastReview(Displayed):
    """An earlier forecast against what came.

    Attributes
    ----------
    period : str
        The month, quarter or year reviewed.
    origin : str
        Last period of the history of the earlier forecast; empty where there is none.
    table : DataFrame
        One row a series and period, then the totals: the keys (empty for a total), ``level`` (``series`` or
        ``total``), ``period`` (that reviewed, in the rows of all its periods together), ``observed`` [events,
        so far], ``completeness`` (share of the final count), ``final`` [events, expected in the end],
        ``mean``, ``lower``, ``upper`` [events, forecast, and its 95 % interval, wider where not all is known
        yet], ``pit`` (randomised; uniform where the forecast is right), ``outside`` (``above``, ``below`` or
        empty), ``surprise`` [events, final less mean], ``reason`` (why it is not judged: ``unknown``,
        ``changed``, ``coming``; else empty). Totals are of what is judged, and of series that are new.
    parts : DataFrame
        Where the surprise of the whole period lies: ``kind`` (``bank``, a key, ``unit_id``, ``new`` for
        series that the forecast did not have), ``name``, ``title`` (what a unit is called, where known),
        ``expected``, ``came``, ``surprise`` [events, which add up to that of the total], ``usual_lower``,
        ``usual_upper`` [events, between which 95 % lie by chance], ``stands_out``. No row where nothing is
        judged.
    forecast : Forecast or None
        The earlier forecast.
    """

    period: str
    origin: str
    table: pd.DataFrame
    parts: pd.DataFrame
    forecast: Forecast | None = None

    @property
    def total(self) -> pd.Series | None:
        """The row of all series over the whole period; None where nothing is judged."""
        return total_of(self.table)

    @property
    def left_out(self) -> pd.DataFrame:
        """Rows of series and periods that are not judged."""
        return self.table[(self.table["level"] == "series") & (self.table["reason"] != "")]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"forecast_review": self.table, "forecast_surprise": self.parts}

    @property
    def sentence(self) -> str:
        """Say what came against what was expected, where the surprise lies, and what could not be judged."""
        return said_of(self.period, self.origin, self.table, self.parts)

    def summary(self) -> pd.DataFrame:
        """Return the parts, those that stand out first; the first 20."""
        return self.parts.sort_values("stands_out", ascending=False, kind="stable").head(20)


def review_forecast(earlier: Forecast | None, tables: Tables, *, period: str) -> ForecastReview:
    """Compare what came in a period with what an earlier forecast expected.

    Parameters
    ----------
    earlier : Forecast or None
        As it was made before the period: saved with an earlier report, or made again (``outlook_before``).
    tables : Tables
        What is known now. Months of which not all is logged yet are corrected, see ``nowcast``; from half of
        their count on, less of it is not judged. Where the rows name units, the surprise is split by unit.
    period : str
        Month, quarter or year; nothing that was received after it is looked at.

    Returns
    -------
    ForecastReview
        The surprises of its ``parts`` add up to that of the total.

    Raises
    ------
    ParameterError
        The forecast is of amounts; the period is none, or the data begin after it or end before.

    Notes
    -----
    A count that is not complete is judged as what it will be, with the forecast's variance and that of what
    is still to come. A month that is unknown, or has no row where many are due, and one that is counted by
    another definition than the forecast's, are left out of the forecast's total and of what came alike.
    """
    earlier = None if earlier is None else earlier.parts or earlier
    if earlier is None or not is_counted_so(tables.counted, earlier.periods):
        return _blank(period, earlier)
    nowcast = nowcast_where_logged(tables.counted, last=period)
    outcome = outcome_of(earlier, tables.counted, nowcast, period)
    if not outcome.asked.any():
        return _blank(period, earlier)
    cells = by_unit(earlier, tables, outcome, nowcast, period) if outcome.judged.any() else None
    review = review_of(earlier, outcome, period, cells)
    return replace(review, parts=_titled(review.parts, tables.units))


def review_of(earlier: Forecast, outcome: Outcome, period: str, cells: Cells | None = None) -> ForecastReview:
    """Review a forecast by what came; ``cells`` split it further than the series."""
    draws = draws_of(earlier, outcome)
    review = ForecastReview(
        period=period,
        origin=str(earlier.panel.periods[-1]),
        table=review_table(earlier, outcome, draws, period),
        parts=_no_parts(),
        forecast=earlier,
    )
    total = review.total
    if total is None or total["mean"] <= 0:
        return review
    return replace(review, parts=_parts(outcome, draws, total, cells or by_series(earlier, outcome)))


def _blank(period: str, earlier: Forecast | None) -> ForecastReview:
    keys = [] if earlier is None else [str(column) for column in earlier.keys.columns]
    columns = [*keys, *COLUMNS]
    origin = "" if earlier is None else str(earlier.panel.periods[-1])
    table = pd.DataFrame({name: pd.Series(dtype="float64" if name in NUMBERS else "str") for name in columns})
    return ForecastReview(period=period, origin=origin, table=table, parts=_no_parts(), forecast=earlier)


def _no_parts() -> pd.DataFrame:
    numbers = ("expected", "came", "surprise", "usual_lower", "usual_upper")
    columns = dict.fromkeys(_PART, "str") | dict.fromkeys(numbers, "float64") | {"stands_out": "bool"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _parts(outcome: Outcome, draws: Floats, total: pd.Series, cells: Cells) -> pd.DataFrame:
    """Say where the surprise of the total lies; series that are new are parts of their own."""
    groups = [*_key_groups(outcome, draws, cells), *cells.groups]
    usual = (float(total["lower"] - total["mean"]), float(total["upper"] - total["mean"]))
    parts = parts_of(
        cells.expected, cells.came, groups, usual=usual, deviation=float(draws.sum(axis=1).std())
    )
    names = [" · ".join(map(shown_text, key)) for key in outcome.new.itertuples(index=False)]
    new = pd.DataFrame({"kind": NEW, "name": names, "came": outcome.came.sum(axis=1), "stands_out": True})
    new = new.assign(expected=0.0, surprise=new["came"], usual_lower=0.0, usual_upper=0.0)
    found = pd.concat([parts, new[parts.columns]], ignore_index=True) if len(new) else parts
    return found.assign(title="")[list(_no_parts().columns)].astype(dict.fromkeys(_PART, "str"))


def _titled(parts: pd.DataFrame, units: Table | None) -> pd.DataFrame:
    """Say what units are called, where the source does."""
    if units is None or not units.gives(called := name_column(units)):
        return parts
    frame = units.frame(["unit_id", called]).dropna()
    known = dict(zip(frame["unit_id"], frame[called], strict=True))
    title = parts["name"].map(known).where(parts["kind"] == UNIT).fillna("").astype("str")
    return parts.assign(title=title)


def _key_groups(outcome: Outcome, draws: Floats, cells: Cells) -> list[Groups]:
    """Group the series by each of their keys that has several values."""
    groups = []
    due = add_rows(cells.expected, cells.series, len(outcome.keys))
    for column in map(str, outcome.keys.columns):
        codes, names = number_series(outcome.keys, [column])
        if len(names) == 1:
            continue
        own = np.stack([draws[:, codes == one].sum(axis=1) for one in range(len(names))], axis=1)
        groups.append(
            Groups(
                kind=column,
                names=names_of(names[column]),
                codes=codes[cells.series],
                deviation=own_deviation(own, add_rows(due, codes, len(names))),
            )
        )
    return groups
