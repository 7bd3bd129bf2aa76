"""What a forecast is given beside the values: exposure, completeness, what is known of the calendar."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import ParameterError
from riskmodels.forecasting.calendar_effects import KnownEffects, known_effects
from riskmodels.forecasting.courses import Courses, courses_of
from riskmodels.forecasting.profiles import Profile, fit_profile
from riskmodels.forecasting.seasons import Cycle, pace_of
from riskmodels.panel import Panel
from riskmodels.tables.lifetimes import share_in_business


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastInputs:
    """What is known beside the values, over the T periods of a panel and h more.

    Attributes
    ----------
    exposure : ndarray, shape (n, T + h)
        Over its own last value, times the share of a period's days that its unit is in business.
    completeness : ndarray, shape (n, T)
        Share of the final count that is known.
    effects : KnownEffects
        Of the calendar.
    periods : PeriodIndex
        All T + h.
    courses : Courses or None
        Of days and weeks, whose effects are not learnt along the way but fitted beforehand.
    profile : Profile or None
        What that fit has found.
    """

    exposure: Floats
    completeness: Floats
    effects: KnownEffects
    periods: pd.PeriodIndex
    courses: Courses | None = None
    profile: Profile | None = None

    @property
    def horizon(self) -> int:
        """Number of periods ahead."""
        return len(self.periods) - int(self.completeness.shape[1])

    def take(self, rows: Integers) -> "ForecastInputs":
        """Return what is known of the series in another order."""
        return replace(self, exposure=self.exposure[rows], completeness=self.completeness[rows])

    @property
    def cycle(self) -> Cycle:
        """The season that the count filter learns of each series: of days and weeks the kinds of periods."""
        return Cycle.of(self.periods) if self.profile is None else self.profile.kinds

    @property
    def shared_cycle(self) -> Cycle:
        """The season that totals learn: none where a profile has it."""
        cycle = Cycle.of(self.periods)
        return cycle if self.profile is None else cycle.flat

    @property
    def root_cycle(self) -> Cycle:
        """The season that theta learns: of days the weekday, as the noise of square roots is then even."""
        return Cycle.of(self.periods) if self.periods.freqstr[0] == "D" else self.shared_cycle

    @property
    def weekly(self) -> Floats:
        """The part of ``effects.days`` that is the weekday, which theta learns itself, shape (T + h,)."""
        return np.ones(len(self.periods)) if self.profile is None else self.profile.weekly

    @property
    def yearly(self) -> Floats:
        """The part of the season that is in ``effects.days``, shape (T + h,)."""
        return np.ones(len(self.periods)) if self.profile is None else self.profile.yearly

    def with_profile(self, total: Floats, offset: Floats) -> "ForecastInputs":
        """Return the same with the profile that a total of shape (T,) shows; of months or longer, itself."""
        if self.courses is None:
            return self
        profile = fit_profile(total, offset, self.courses, self.periods)
        effects = replace(self.effects, days=self.effects.days * profile.factor)
        return replace(self, effects=effects, profile=profile)

    @property
    def offset(self) -> Floats:
        """What counts are proportional to, shape (n, T + h)."""
        offset: Floats = self.exposure * self.effects.days
        offset[:, : self.completeness.shape[1]] *= self.completeness
        return offset


def prepare_inputs(
    panel: Panel,
    horizon: int,
    *,
    future_exposure: npt.ArrayLike | None,
    calendar: str | None,
    completeness: npt.ArrayLike | None,
) -> ForecastInputs:
    """Bring exposure, completeness and calendar to the shape of the panel.

    An unknown exposure is the last known one, or the first; a later one than the panel's is the last.

    Raises
    ------
    ParameterError
        A shape does not fit, or a value lies outside its range.
    """
    n, length = panel.values.shape
    last, frequency = panel.periods[-1], panel.periods.freq
    periods = pd.PeriodIndex(panel.periods.append(pd.period_range(last + 1, periods=horizon, freq=frequency)))
    past = np.ones((n, length)) if panel.exposure is None else panel.exposure
    if future_exposure is not None and panel.exposure is None:
        raise ParameterError("a future exposure needs a panel with an exposure")
    ahead = (
        np.full((n, horizon), np.nan) if future_exposure is None else np.asarray(future_exposure, dtype=float)
    )
    if ahead.shape not in ((horizon,), (n, horizon)) or (
        future_exposure is not None and not ((ahead > 0) & (ahead < np.inf)).all()
    ):
        raise ParameterError(
            f"future_exposure must be positive and of shape ({n}, {horizon}) or ({horizon},)"
        )
    exposure = filled(np.concatenate([past, np.broadcast_to(ahead, (n, horizon))], axis=1))
    share = np.ones(length) if completeness is None else np.asarray(completeness, dtype=float)
    if share.shape not in ((length,), (n, length)) or not ((share > 0) & (share <= 1)).all():
        raise ParameterError(
            f"completeness must lie in (0, 1] and be of shape ({n}, {length}) or ({length},)"
        )
    short = pace_of(periods) < 1
    open_share = 1.0 if panel.days is None else share_in_business(panel.days, periods)
    return ForecastInputs(
        exposure=exposure / exposure[:, [length - 1]] * open_share,
        completeness=np.broadcast_to(share, (n, length)),
        effects=known_effects(periods, None if short else calendar, closed=panel.holidays),
        periods=periods,
        courses=courses_of(periods, calendar, panel.holidays) if short else None,
    )


def filled(exposure: Floats) -> Floats:
    """Fill unknown exposures with the last known one of their row, else the first, else one."""
    known = np.isfinite(exposure) & (exposure > 0)
    if known.all():
        return exposure
    places = np.maximum.accumulate(np.where(known, np.arange(exposure.shape[1]), -1), axis=1)
    places = np.where(places < 0, np.argmax(known, axis=1)[:, None], places)
    filled = np.take_along_axis(exposure, places, axis=1)
    return np.where(known.any(axis=1, keepdims=True), filled, 1.0)
