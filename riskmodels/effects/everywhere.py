"""Actions everywhere at once: nobody is without them, and only the course before is there to compare with."""

from functools import partial

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.effects.estimates import EffectEstimate, effect_estimate
from riskmodels.effects.interrupted import InterruptedSeries, interrupted_series
from riskmodels.effects.judging import LEAST_MONTHS, LEVEL, Windows
from riskmodels.effects.verdicts import (
    LONGEST_WAIT,
    NO_EFFECT,
    NOT_YET,
    UNKNOWN,
    WANTED_POWER,
    WORKED,
    WORSE,
)
from riskmodels.labels import counted, label, marked

LEAST_BEFORE = 18  # [months] before: of fewer, trend and season cannot be distinguished
_TWO_YEARS = 24  # [months] that show a season of two waves; fewer show one
_CLAIM = 0.005  # one-sided: stricter than beside others, as months that go together are not all in the error
_LEAST_LEFT = 0.005  # of events, under a change hoped for: "all of them gone" has no logarithm
_FIRST, _STEP = 12, 3  # [months] before the first pretended start, and between two of them
_ALONE = marked(
    "it was everywhere at once, and is judged by the course before it: whatever else began then is in it, too"
)
_SHORT = marked(
    "it was everywhere at once: {known} known before what led to it; its own course needs {least}"
)
_YOUNG = marked("it was everywhere at once: {known} known since; its own course needs {least}")
_NO_EVENTS = marked("it was everywhere at once, and there was no event before it, or none since")


def judge_courses(counts: Floats, exposure: Floats, windows: Windows, *, hoped: Floats) -> pd.DataFrame:
    """Judge each of a actions by the interrupted series of all its units together.

    Parameters
    ----------
    counts, exposure : ndarray, shape (n, products, T)
        [events] and what they are measured against; NaN is unknown.
    windows : Windows
    hoped : ndarray, shape (a,)
        [1] Relative change hoped for.

    Returns
    -------
    DataFrame
        One row per action: verdict, reason (of one that is judged, what it may be confused with), observed,
        expected, estimate, lower, upper, p_value, placebo_time (share of starts, its own among them and those
        pretended before, with as clear a change; NaN where none can be pretended), power,
        power_then, wait [months until the next look; 0 is none].

    Notes
    -----
    Level, straight trend and season of the time before go on without it, and neighbouring months may go
    together. "Worked" and "worse" also need that starts can be pretended before, and that none of them shows
    as clear a change.
    """
    known = np.isfinite(counts) & np.isfinite(exposure) & (exposure > 0)
    cells = [np.where(known, part, 0.0).sum(axis=1) for part in (counts, exposure)]
    events, sizes = (windows.units.astype(np.float64) @ part for part in cells)
    return pd.DataFrame(
        [
            _judged(events[one], sizes[one], windows.before[one], windows.after[one], float(hoped[one]))
            for one in range(len(hoped))
        ]
    )


def _judged(
    events: Floats, sizes: Floats, before: Flags, after: Flags, hoped: float
) -> dict[str, float | str]:
    """Judge one action, shape (T,) each."""
    reason = _reason(events, before, after)
    if reason:
        return {"verdict": UNKNOWN, "reason": reason}
    span = slice(int(before.argmax()), int(np.flatnonzero(after)[-1]) + 1)
    series = np.where(before | after, events, np.nan)[span]
    start, edge = int(after[span].argmax()), int(np.flatnonzero(before[span])[-1]) + 1
    found, scores = _with_placebos(series, sizes[span], start, edge)
    unit = abs(found.estimate) / scores[0] / found.standard_error  # of a score, in errors of the estimate
    chance = found.chance
    quiet = len(scores) > 1 and bool((scores[1:] < scores[0]).all())
    change, lower, upper = found.relative
    verdict = NOT_YET
    if min(chance, 1.0 - chance) <= _CLAIM:
        verdict = NOT_YET if not quiet else WORKED if change < 0 else WORSE
    elif lower > hoped:
        verdict = NO_EFFECT
    observed = float(events[after].sum())
    figures = {"observed": observed, "expected": observed / (1.0 + change), "estimate": change}
    figures |= {"lower": lower, "upper": upper, "p_value": chance}
    figures |= {"placebo_time": float((scores >= scores[0]).mean()) if len(scores) > 1 else np.nan}
    clear = float(scipy.special.stdtrit(found.degrees, 1.0 - _CLAIM))
    clear = max(clear, float(scores[1:].max(initial=0.0)) * unit)
    figures |= _power(found.standard_error, clear, hoped, int(before.sum()), int(after.sum()))
    return {"verdict": verdict, "reason": label(_ALONE), **figures}


def _with_placebos(series: Floats, sizes: Floats, start: int, edge: int) -> tuple[EffectEstimate, Floats]:
    """Estimate the change, and by how many errors it and pretended ones stand out, as of independent months.

    Where pretended ones stand out further than chance lets them, the error is as much larger.
    """
    fit = partial(interrupted_series, season=12, level=LEVEL)
    own = fit(series, start=start, exposure=sizes, harmonics=_waves(series, start))
    scores = [_score(own)]
    for place in range(_FIRST, edge - LEAST_MONTHS + 1, _STEP):
        if np.nansum(series[:place]) > 0 and np.nansum(series[place:edge]) > 0:
            part = fit(
                series[:edge],
                start=place,
                exposure=sizes[:edge],
                harmonics=_waves(series, place),
                wanders=False,
            )
            scores.append(_score(part))
    spread = float(np.sqrt(np.mean(np.square(scores[1:])))) if len(scores) > 1 else 0.0
    error = _independent_error(own) * spread
    if error <= own.effect.standard_error:
        return own.effect, np.array(scores)
    wider = effect_estimate(
        own.effect.estimator,
        scale="log",
        estimate=own.effect.estimate,
        standard_error=error,
        degrees=len(scores) - 1,
        level=LEVEL,
    )
    return wider, np.array(scores)


def _waves(series: Floats, start: int) -> int:
    """Say how many waves a season may have, by the months known before."""
    return 2 if np.isfinite(series[:start]).sum() >= _TWO_YEARS else 1


def _score(found: InterruptedSeries) -> float:
    return abs(found.effect.estimate) / _independent_error(found)


def _independent_error(found: InterruptedSeries) -> float:
    """Standard error of the step as if months were independent."""
    return float(found.coefficients["standard_error"].iloc[-1])


def _reason(events: Floats, before: Flags, after: Flags) -> str:
    """Say why the course says nothing; empty where it does."""
    for text, months, least in ((_SHORT, before, LEAST_BEFORE), (_YOUNG, after, LEAST_MONTHS)):
        if months.sum() < least:
            words = [counted(int(number), "month", "months") for number in (months.sum(), least)]
            return label(text, known=words[0], least=words[1])
    return "" if events[before].any() and events[after].any() else label(_NO_EVENTS)


def _power(error: float, clear: float, hoped: float, before: int, after: int) -> dict[str, float]:
    """Chance that the change hoped for is as ``clear`` (in errors) as a verdict needs, now and later.

    The variance of the change goes with one part by the months before and one by those after.
    """
    months = np.arange(1, max(LONGEST_WAIT, after) + 1)
    errors = error * np.sqrt((1.0 / before + 1.0 / months) / (1.0 / before + 1.0 / after))
    least = np.log(max(1.0 + hoped, _LEAST_LEFT))
    power = scipy.special.ndtr(-clear - least / errors)
    later = (power >= WANTED_POWER) & (months > after)
    wait = int(later.argmax()) + 1 - after if later.any() else 0
    return {
        "power": float(power[after - 1]),
        "power_then": float(power[after + wait - 1 if wait else -1]),
        "wait": float(wait),
    }
