"""What the figures of actions say: worked, not yet, no effect, worse; and when to look again."""

from dataclasses import replace
from typing import Final

import numpy as np

from riskmodels.arrays import Floats, Integers, Words
from riskmodels.effects.judging import WORKED_LEVEL, Judged
from riskmodels.labels import marked

WORKED, NOT_YET, NO_EFFECT, WORSE, UNKNOWN = "worked", "not_yet", "no_effect", "worse", "unknown"
VERDICTS: Final = {
    WORKED: marked("worked"),
    NOT_YET: marked("no evidence yet"),
    NO_EFFECT: marked("no effect"),
    WORSE: marked("made it worse"),
    UNKNOWN: marked("cannot be judged"),
}
HOPED_CHANGE: Final = -0.25  # relative, of an action that says none: for less nobody would wait a year
WANTED_POWER: Final = 0.8  # chance to see the hoped-for effect that is worth another look; the field's habit
LONGEST_WAIT: Final = 36  # [months] after an action: what has not shown by then is asked no more
_PLACEBO_SPACE: Final = 0.1  # most units without an action that may have fallen as far as one that "worked"
_OWN_LEVEL: Final = 0.25  # one-sided, by the own past alone: halves false "worked", for a tenth of power
PLACEBO_TIME: Final = 0.01  # two-sided, before the action: the unit was moving already


def verdicts_of(judged: Judged, own: Judged, *, hoped: Floats, space: Floats, time: Floats) -> Words:
    """Give each action its verdict.

    Parameters
    ----------
    judged, own : Judged, shape (a,)
        By the past shrunken to peers, and by the unit's own.
    hoped : ndarray, shape (a,)
        [1] Relative change hoped for, negative.
    space, time : ndarray, shape (a,)
        Share of units without an action that fell as far; two-sided chance of the placebo before the action.

    Returns
    -------
    ndarray of str
        "Worked" and "worse" need the one-sided level, some of it by the units' own past alone, and a quiet
        time before; "worked" also that few other units fell as far. "No effect" is said where the interval
        excludes the change hoped for.
    """
    quiet = ~(time <= PLACEBO_TIME)
    worked = (
        (judged.chance() <= WORKED_LEVEL) & (own.chance() <= _OWN_LEVEL) & quiet & (space <= _PLACEBO_SPACE)
    )
    worse = (judged.more <= WORKED_LEVEL) & (own.more <= _OWN_LEVEL) & quiet
    ruled_out = (judged.bounds()[0] > hoped) & (judged.chance() > WORKED_LEVEL)
    return np.asarray(
        np.select([worked, worse, ruled_out], [WORKED, WORSE, NO_EFFECT], NOT_YET), dtype=object
    )


def power_by_month(judged: Judged, *, months: Integers, hoped: Floats) -> Floats:
    """Chance to see the change hoped for when 1, 2, … LONGEST_WAIT months have passed, shape (a, months).

    Months to come have as many events expected as those seen, on average.
    """
    times = np.arange(1, LONGEST_WAIT + 1) / np.maximum(months, 1)[:, None]
    ahead = replace(
        judged,
        observed=judged.observed[:, None] * times,
        expected=judged.expected[:, None] * times,
        variance=judged.variance[:, None] * np.ones_like(times),
    )
    return ahead.power(hoped[:, None])


def look_again(power: Floats, months: Integers) -> tuple[Integers, Floats]:
    """Say how many months from now the hoped-for change is likely seen, and its chance then; 0 is never."""
    later = np.arange(1, power.shape[1] + 1) > months[:, None]
    enough = later & (power >= WANTED_POWER)
    found = enough.any(axis=1)
    place = np.where(found, enough.argmax(axis=1), power.shape[1] - 1)
    chance = power[np.arange(len(power)), place]
    return np.where(found, place + 1 - months, 0), chance
