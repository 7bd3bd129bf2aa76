"""What watching takes as given: settings of the baseline, limits of the charts, regressors of the periods."""

from dataclasses import dataclass, replace

import numpy as np

from riskmodels.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the baseline takes as given; how it was chosen: docs/methods/early_warning.md, Evidence.

    A standard score is that of the middle of a count's probability; a weight is what a period counts for
    beside an ordinary one.
    """

    level_drift: float = 0.05  # [log a year] standard deviation by which a level wanders in control
    slope_prior: float = 0.15  # [log a year] of trends,
    slope_beside: float = 0.08  # [log a year] and of their differences from what all share
    season_prior: float = 0.2  # [log] of the first harmonic; of the second half as much
    calendar_prior: float = 0.3  # [log] of a weekday, or of all days of a period without work
    prior_weight: float = 1.0  # [series] that these count for among those that show how they differ,
    prior_least: float = 0.02  # [log] which is never less
    dispersion_start: float = 1.5  # [variance over mean] of a series that has shown nothing
    dispersion_weight: float = 8.0  # [periods] that this, or what all have shown, counts for in a series' own
    start_prior: float = 0.5  # [events] that the mean of all series counts for in the first level of one
    dispersion_doubt: float = 3.0  # [periods] over those known: by so much more, as it is estimated itself
    dispersion_usual: float = 10.0  # [variance over mean] at most, of one series in what all have shown
    dispersion_bias: float = 1.05  # by which squares that are cut off are too small
    dispersion_in_event: float = 0.2  # least weight of a period for the dispersion: outbreaks come again
    ordinary: float = 2.2  # [standard scores] beyond which a period counts less
    most: float = 3.0  # [standard scores] at which a count is cut off,
    fewest_cut: float = 4.0  # [events] and never below: two are no outbreak where one is rare
    in_event: float = 0.05  # most weight of a period with an alarm
    reference: float = 0.5  # [standard scores] taken off a period: half the shift to be found soonest
    ends: float = 1.0  # [standard scores] below which an alarm ends
    hole: float = 0.25  # [years] unknown, after which
    hole_prior: float = 0.5  # [log] is the standard deviation of what may have happened to the level
    confirm: float = 0.4  # [years] that a shift must last to be the new normal
    fewest_confirm: int = 6  # [periods] at least, of months or quarters
    common_prior: float = 0.3  # [log] of what all series share anew in a period
    common_outlying: float = 5.0  # [standard scores] beyond which a series says less of it
    fewest_common: int = 20  # [series] of which most can tell what they share


SETTINGS = Settings()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Chance of a false alarm of a single period, limit of the CUSUM [standard scores], and part of each.

    The parts are those of the false alarms that are allowed; they add up to one.
    """

    chance: float
    cusum: float
    parts: tuple[float, float] = (0.5, 0.5)  # of all false alarms: neither chart is preferred


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """Regressors of T periods, shape (T, p): one, zero for the slope, and what has a known course.

    Attributes
    ----------
    rows : ndarray, shape (T, p)
    prior : ndarray, shape (p,)
        [log] Standard deviations before anything is known; that of the level comes with the first count.
    year : float
        [periods]
    """

    rows: Floats
    prior: Floats
    year: float

    def beside(self) -> "Design":
        """Return the same for series whose common trend is taken off them."""
        slope = np.arange(len(self.prior)) == 1
        return replace(self, prior=np.where(slope, SETTINGS.slope_beside, self.prior))
