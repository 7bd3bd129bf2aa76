"""Known effects of the calendar: days of a period, working days, the Lunar New Year that moves."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.periods.quarters import MONTHS_OF
from riskmodels.periods.workdays import lunar_new_years, working_days

_WORKING_EFFECTS = (0.0, 0.25, 0.5, 0.75, 1.0)  # elasticities to working days tried: none to in proportion
# log effects of a month all of New Year's days: from half to a fifth more
_NEW_YEAR_EFFECTS = (-0.6, -0.4, -0.2, 0.0, 0.2)
_EFFECT_DEVIATION = 0.3  # prior standard deviation of both: large effects need evidence; a choice
# first and last day, counted from New Year's Day: when business slows down and is back
_NEW_YEAR_DAYS = (-7, 6)
_YEAR_DAYS = 365.25  # on average, with leap years
_LEAST_WORK = 0.5  # days that a period without any working day counts for, as its logarithm is taken


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownEffects:
    """What is known of T periods beforehand.

    Attributes
    ----------
    days : ndarray, shape (T,)
        Length of a period over the average length.
    regressors : ndarray, shape (T, k)
        Log of the share of working days over the average; share of the days about the Lunar New Year.
    effects, prior : ndarray, shape (B, k) and (B,)
        Candidate log effects, and the logarithm of their prior weight.
    """

    days: Floats
    regressors: Floats
    effects: Floats
    prior: Floats

    def with_effects(self, effects: Floats) -> "KnownEffects":
        """Return the same with these effects, shape (B, k), all as likely."""
        return replace(self, effects=effects, prior=np.zeros(len(effects)))


def known_effects(
    periods: pd.PeriodIndex, calendar: str | None, *, closed: Collection[date] = ()
) -> KnownEffects:
    """Tabulate the known effects of periods; of holidays, ``closed`` besides, only where a calendar is named.

    Raises
    ------
    ParameterError
        No calendar is known for the country.
    """
    starts, ends = periods.start_time.normalize(), periods.end_time.normalize()
    days = np.asarray((ends - starts).days, dtype=float) + 1.0
    per_year = round(MONTHS_OF["Y"] / MONTHS_OF[periods.freqstr[0]], 12)
    lengths = days * per_year / _YEAR_DAYS
    if calendar is None:
        return KnownEffects(
            days=lengths, regressors=np.zeros((len(periods), 1)), effects=np.zeros((1, 1)), prior=np.zeros(1)
        )
    calendar_days = working_days(starts[0].date(), ends[-1].date(), country=calendar, closed=closed)
    working = calendar_days.set_index("day")["working_index"]
    before = working.reindex(starts - pd.Timedelta(days=1)).fillna(0).to_numpy()
    share = np.maximum(working.loc[ends].to_numpy() - before, _LEAST_WORK) / days
    new_years = pd.DatetimeIndex(lunar_new_years(starts[0].year - 1, ends[-1].year + 1, country=calendar))
    window = pd.DatetimeIndex([]).append(
        [new_years + pd.Timedelta(days=offset) for offset in range(_NEW_YEAR_DAYS[0], _NEW_YEAR_DAYS[1] + 1)]
    )
    near = pd.Series(1, index=pd.PeriodIndex(window, freq=periods.freqstr)).groupby(level=0).sum()
    regressors = np.stack(
        [np.log(share / share.mean()), near.reindex(periods).fillna(0).to_numpy() / days], axis=1
    )
    regressors -= regressors.mean(axis=0)
    effects = np.array(list(product(_WORKING_EFFECTS, _NEW_YEAR_EFFECTS)))
    prior = -0.5 * ((effects / _EFFECT_DEVIATION) ** 2).sum(axis=1)
    return KnownEffects(days=lengths, regressors=regressors, effects=effects, prior=prior)
