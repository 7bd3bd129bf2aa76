"""Explain a forecast: what its expected values are made of, and why they differ from an earlier one's."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting.forecasts import Forecast
from riskmodels.forecasting.inputs import filled, prepare_inputs
from riskmodels.forecasting.models import (
    Contributions,
    FittedPanel,
    Weights,
    model,
    start_from,
)
from riskmodels.grouping import add_rows, number_series
from riskmodels.labels import commas, label, marked
from riskmodels.panel import Panel
from riskmodels.tables.frequencies import SHORT

REASONS = {
    "settings": marked("method, calendar or program"),
    "revisions": marked("revisions of the months known then"),
    "exposure": marked("exposure since then and planned"),
    "new_months": marked("new months"),
    "weights": marked("weights of the models"),
}
_OF_SHORT = {  # of days and weeks
    "revisions": marked("revisions of what was known then"),
    "new_months": marked("what came since"),
}
"""What a forecast can differ by from an earlier one, column by column of ``Explanation.changes``."""
_LEAST = 0.5  # of a count; less is not worth a word


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation(Displayed):
    """What a forecast is made of, and why it differs from an earlier one.

    Attributes
    ----------
    table : DataFrame
        One row per series and period: the keys, ``period``, ``level`` [count], the factors ``shared``,
        ``exposure``, ``season`` and ``calendar``, and their product ``mean`` [count]; see ``Contributions``.
        No row where the method does not know.
    total : DataFrame
        The same of the sum of all series, one row per period.
    changes : DataFrame
        One row per series: the keys, ``before`` and ``now``, the sums of the means over ``compared`` in the
        panel's unit, and what explains the difference, which adds up to it: ``settings`` (the earlier
        forecast made again from its own data, as this one was made), ``revisions`` (what is known by now of
        the earlier forecast's months), ``exposure`` (of the months since and planned), ``new_months`` and
        ``weights`` (of the count filter's members and of theta). No row without an earlier forecast.
    compared : PeriodIndex
        The periods that both forecast; all of this forecast's without an earlier one.
    before : str
        Last period of the earlier forecast's history; empty without one.
    """

    table: pd.DataFrame
    total: pd.DataFrame
    changes: pd.DataFrame
    compared: pd.PeriodIndex
    before: str = ""

    @property
    def sums(self) -> pd.Series:
        """Sums of ``changes`` over the series: ``before``, the reasons, ``now``."""
        return self.changes[["before", *REASONS, "now"]].sum()

    @property
    def reasons(self) -> list[str]:
        """Those of ``REASONS`` that changed any series by a count that is worth a word."""
        return [name for name in REASONS if (self.changes[name].abs() >= _LEAST).any()]

    def named(self, reason: str) -> str:
        """Say one of ``REASONS`` in words."""
        short = self.compared.freqstr[0] in SHORT
        return label(_OF_SHORT.get(reason, REASONS[reason]) if short else REASONS[reason])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"forecast_factors": self.table, "forecast_changes": self.changes}

    @property
    def sentence(self) -> str:
        """Say by how much the sum of all series changed, and why; of a first forecast, what is expected."""
        span = {"first": self.compared[0], "last": self.compared[-1]}
        if not self.before:
            words = marked("{first} to {last}: there is no earlier forecast to compare with.")
            return label(words, **span)
        sums = self.sums
        biggest = sums[[*REASONS]].abs().sort_values(ascending=False, kind="stable").index
        said = [f"{self.named(name)} {sums[name]:+,.0f}" for name in biggest if abs(sums[name]) >= _LEAST]
        words = marked(
            "{first} to {last}: {now} expected in all, {difference} against {before} in the forecast"
            " made from the months until {until}: {reasons}."
        )
        if self.compared.freqstr[0] in SHORT:
            words = marked(
                "{first} to {last}: {now} expected in all, {difference} against {before} in the forecast"
                " made from what was known until {until}: {reasons}."
            )
        return label(
            words,
            **span,
            now=f"{sums['now']:,.0f}",
            before=f"{sums['before']:,.0f}",
            difference=f"{sums['now'] - sums['before']:+z,.0f}",
            until=self.before,
            reasons=commas(said) or label("nothing changed"),
        )

    def summary(self) -> pd.DataFrame:
        """One row per series, the 20 biggest changes first. Without an earlier forecast, ``total``."""
        if not self.before:
            return self.total
        size = (self.changes["now"] - self.changes["before"]).abs()
        return self.changes.loc[size.sort_values(ascending=False, kind="stable").index].head(20)


def explain(forecast: Forecast, earlier: Forecast | None = None) -> Explanation:
    """Explain a forecast, and its difference from an earlier one.

    Parameters
    ----------
    forecast : Forecast
        The forecast; of one that adds series up, these are explained.
    earlier : Forecast, optional
        An earlier one, of series with the same keys: saved with the last report, or made again from what
        was known then. A series that only one of them has counts as zero in the other.

    Returns
    -------
    Explanation
        The factors multiply to the mean of every series and period; the reasons add up to the change of
        every series.

    Raises
    ------
    ParameterError
        The earlier forecast is of other keys, of another kind or length of periods, not earlier, or has
        no period in common.

    Notes
    -----
    The reasons are found one after another, by forecasting four times: from the earlier data as this
    forecast was made; from today's data without the new months; with the exposure of today; and from all
    data with the weights of the third. In another order they would be others. Weights inside the shared
    levels and inside theta count as new months.

    Examples
    --------
    >>> months = pd.period_range("2022-01", periods=36, freq="M")
    >>> panel = Panel.from_long(pd.DataFrame({"month": months, "n": 40}), keys=[], period="month", value="n")
    >>> from riskmodels.forecasting import forecast
    >>> now, earlier = forecast(panel, horizon=3), forecast(panel.until("2024-11"), horizon=4)
    >>> float(explain(now, earlier).sums["before"].round(-1))
    120.0
    """
    made = forecast.parts or forecast
    table, total = _composed(made)
    if earlier is None:
        none = made.keys.head(0).assign(before=0.0, **dict.fromkeys(REASONS, 0.0), now=0.0)
        return Explanation(table=table, total=total, changes=none, compared=made.periods)
    before = earlier.parts or earlier
    compared = _compared(made, before)
    return Explanation(
        table=table,
        total=total,
        changes=_changes(made, before, compared),
        compared=compared,
        before=str(before.panel.periods[-1]),
    )


def _composed(made: Forecast) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the factors of every series, and those of their sum."""
    found = made.contributions
    if found is None:
        blank = Contributions(**{field.name: np.zeros((0, 1)) for field in fields(Contributions)})
        return _factors(blank, made.keys.head(0), made.periods), _factors(blank, pd.DataFrame(), made.periods)
    whole = found.added(np.zeros(len(made.keys), dtype=np.int64), 1)
    return (
        _factors(found, made.keys, made.periods),
        _factors(whole, pd.DataFrame(index=[0]), made.periods),
    )


def _factors(found: Contributions, keys: pd.DataFrame, periods: pd.PeriodIndex) -> pd.DataFrame:
    table = keys.iloc[np.repeat(np.arange(len(keys)), len(periods))].reset_index(drop=True)
    table["period"] = np.tile(periods.astype("str").to_numpy(), len(keys))
    factors = {field.name: getattr(found, field.name).ravel() for field in fields(found)}
    return table.assign(**factors, mean=np.prod(list(factors.values()), axis=0))


def _compared(made: Forecast, before: Forecast) -> pd.PeriodIndex:
    if set(made.keys.columns) != set(before.keys.columns):
        raise ParameterError(
            f"the earlier forecast is by {', '.join(before.keys.columns)},"
            f" this one by {', '.join(made.keys.columns)}"
        )
    if (made.panel.kind, made.periods.freqstr) != (before.panel.kind, before.periods.freqstr):
        raise ParameterError("the earlier forecast is of another kind or of periods of another length")
    first, last = made.panel.periods[0], made.panel.periods[-1]
    if not first <= before.panel.periods[-1] <= last:
        raise ParameterError(
            f"the earlier forecast is from the months until {before.panel.periods[-1]};"
            f" this one knows {first} to {last}"
        )
    compared = made.periods[made.periods.isin(before.periods)]
    if not len(compared):
        raise ParameterError(
            f"the earlier forecast ends with {before.periods[-1]},"
            f" before this one begins with {made.periods[0]}"
        )
    return compared


def _changes(made: Forecast, before: Forecast, compared: pd.PeriodIndex) -> pd.DataFrame:
    """Forecast step by step from the earlier forecast to this one; what each step adds is a reason."""
    columns = list(made.keys.columns)
    numbers, names = number_series(pd.concat([before.keys[columns], made.keys], ignore_index=True), columns)
    theirs, ours = numbers[: len(before.keys)], numbers[len(before.keys) :]
    again = _forecast(before.panel, made, len(before.periods), before.future_exposure, before.completeness)
    panel = made.panel.until(before.panel.periods[-1])
    share = None if made.completeness is None else made.completeness[:, : len(panel.periods)]
    revised = _forecast(panel, made, len(before.periods), _planned_then(panel, before, theirs, ours), share)
    planned = _planned_now(panel, made, before)
    exposed = revised if planned is None else _forecast(panel, made, len(before.periods), planned, share)
    still = _forecast(
        made.panel, made, len(made.periods), made.future_exposure, made.completeness, exposed.weights
    )
    steps = [
        _summed(before.mean, before.periods, compared, theirs, len(names)),
        _summed(again.predictive.mean, before.periods, compared, theirs, len(names)),
        _summed(revised.predictive.mean, before.periods, compared, ours, len(names)),
        _summed(exposed.predictive.mean, before.periods, compared, ours, len(names)),
        _summed(still.predictive.mean, made.periods, compared, ours, len(names)),
        _summed(made.mean, made.periods, compared, ours, len(names)),
    ]
    reasons = dict(zip(REASONS, np.diff(steps, axis=0), strict=True))
    return names.assign(before=steps[0], **reasons, now=steps[-1])


def _planned_then(panel: Panel, before: Forecast, theirs: Integers, ours: Integers) -> Floats | None:
    """Return the exposure that the earlier forecast planned with, shape (n, h), for the series of a panel."""
    if before.future_exposure is None or panel.exposure is None:
        return None
    planned = np.repeat(filled(panel.exposure)[:, -1:], len(before.periods), axis=1)
    places = np.full(max(theirs.max(), ours.max()) + 1, -1)
    places[theirs] = np.arange(len(theirs))
    there = places[ours] >= 0
    planned[there] = before.future_exposure[places[ours][there]]
    return planned


def _planned_now(panel: Panel, made: Forecast, before: Forecast) -> Floats | None:
    """Return the exposure after a panel's last period as it is known and planned today, shape (n, h)."""
    if made.panel.exposure is None:
        return None
    ahead = made.future_exposure if made.future_exposure is not None else np.zeros((len(made.keys), 0))
    whole = np.concatenate([made.panel.exposure, ahead], axis=1)
    start, end = len(panel.periods), len(panel.periods) + len(before.periods)
    missing = np.full((len(whole), max(end - whole.shape[1], 0)), np.nan)
    return filled(np.concatenate([whole, missing], axis=1))[:, start:end]


def _forecast(
    panel: Panel,
    like: Forecast,
    horizon: int,
    exposure: Floats | None,
    completeness: Floats | None,
    weights: Weights | None = None,
) -> FittedPanel:
    known = prepare_inputs(
        panel, horizon, future_exposure=exposure, calendar=like.calendar, completeness=completeness
    )
    return model(start_from(panel.since_breaks(), known), like.method, weights=weights)


def _summed(
    mean: Floats, periods: pd.PeriodIndex, compared: pd.PeriodIndex, numbers: Integers, size: int
) -> Floats:
    """Sum means over the compared periods, series by series of both forecasts: (size,)."""
    return add_rows(mean[:, np.asarray(periods.isin(compared))].sum(axis=1), numbers, size)
