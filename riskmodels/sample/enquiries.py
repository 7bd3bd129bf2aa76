"""Calls of the customer hotline by half-hour."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.sample.plan import LAST_MONTH, WEEKDAYS, stream

TEAM: Final = "hotline"
CALLS_A_DAY: Final = 640.0  # mean over the week; a choice: some 25 calls a complaint
_MONTHS: Final = 24  # up to the last: as long as the telephone system has counted; a choice
_FIRST, _LAST = 8 * 2, 20 * 2  # half-hours of the day: from 8:00 to 20:00
_PEAKS: Final = (10.5, 15.0)  # o'clock: busiest in the morning and again in the afternoon; a choice
_PEAK_HOURS, _BASE = 1.6, 0.35  # width of a peak, and calls beside the peaks; a choice
_DISPERSION: Final = 0.02  # of half-hours: variance = mean + dispersion · mean²; a choice
# of a usual half-hour: given up, answered late; and how much more of both when as many again come; choices
_GIVEN_UP, _LATE, _STEEP = 0.025, 0.08, 0.20


def enquiries_table(*, seed: int) -> pd.DataFrame:
    """List the hotline's half-hours; who gives up and who is answered late grow with the calls of one."""
    rng = stream(seed, "enquiries")
    days = np.arange((LAST_MONTH + 1 - _MONTHS).astype("M8[D]"), (LAST_MONTH + 1).astype("M8[D]"))
    half_hours = np.arange(_FIRST, _LAST)
    o_clock = half_hours / 2 + 0.25
    apart = np.subtract.outer(_PEAKS, o_clock) / _PEAK_HOURS
    weights = _BASE + np.exp(-(apart**2) / 2).sum(axis=0)
    of_day = np.asarray(WEEKDAYS)[(days.astype(int) + 3) % 7]  # 1 January 1970: a Thursday
    mean = CALLS_A_DAY * np.outer(of_day, weights / weights.sum())
    busy = rng.gamma(1 / _DISPERSION, _DISPERSION, mean.shape)
    arrivals = rng.poisson(mean * busy)
    crowded = _STEEP * np.maximum(busy - 1, 0)
    abandoned = rng.binomial(arrivals, _GIVEN_UP + crowded)
    answered = rng.binomial(arrivals - abandoned, 1 - _LATE - crowded)
    start = days.astype("M8[m]")[:, None] + (half_hours * 30).astype("m8[m]")
    return pd.DataFrame(
        {
            "team": TEAM,
            "slot_start": start.ravel(),
            "slot_minutes": 30,
            "arrivals": arrivals.ravel(),
            "answered_in_standard": answered.ravel(),
            "abandoned": abandoned.ravel(),
        }
    )
