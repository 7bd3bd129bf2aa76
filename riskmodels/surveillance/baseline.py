"""What the next period of a series should be, from the periods before it alone, and how unusual it was.

The logarithm of the mean is level, slope, season and what the calendar does (a dynamic generalised linear
model, West, Harrison & Migon 1985, doi:10.1080/01621459.1985.10477131); the count is negative binomial about
it. Where many series are followed, what they share in a period is taken off first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodels.arrays import Flags, Floats
from riskmodels.surveillance.scores import at_score, middle_score, rough_score, upper_tail
from riskmodels.surveillance.settings import SETTINGS, Design, Limits, Settings

_LEAST_MEAN = 1e-3  # [events a period] of a series that has shown none: divides
_MOST_MEAN, _MOST_DISPERSION = 1e10, 1e9  # [events a period], [variance over mean]: no customers are as many
_MOST_LOG = 50.0  # logarithm of a mean per unit of offset, which is finite whatever has been seen
_STEEPEST = 1.5  # [log] of a year's trend, a season or a weekday: four and a half times
_LEAST_SPREAD = 1e-9  # of the logarithm of a mean: divides
_MOST_SPREAD = 2.0  # of it, in a variance: after long silence a level says nothing, and is not infinite
_LEAST_START = 0.25  # [events a period] of series that all start with none
_ROUNDS = 3  # of the reweighted common factor, which then stands still to three digits


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched:
    """What was expected of n series and T periods, and what was seen, shape (n, T) each.

    Attributes
    ----------
    mean, variance : ndarray
        [events a period] Of the count, from earlier periods and what all share in this one; NaN before a
        second known count.
    above, here : ndarray
        P(X > count) and P(X = count) in control.
    score : ndarray
        Standard score of the count.
    chart : ndarray
        [standard scores] The CUSUM of the scores; zero after an alarm has ended.
    alarm : ndarray of bool
        The count is beyond its limit, or the CUSUM beyond its own.
    dispersion : ndarray
        [variance over mean] As known before the period.
    spread, level : ndarray
        Variance of the logarithm of the mean, and the level in it, before the period.
    evidence : ndarray
        [standard scores] The CUSUM as it would be without alarms.
    begins : ndarray
        [place of a period] From which on the level is followed: its start, the end of a hole, a new normal.
    open : ndarray of bool
        The rise that led to an alarm has not ended, nor become normal.
    common : ndarray, shape (T,)
        What all share, since the start: a factor of the means.
    usual : ndarray, shape (T,)
        [variance over mean] What series start with in a period.
    """

    mean: Floats
    variance: Floats
    above: Floats
    here: Floats
    score: Floats
    chart: Floats
    alarm: Flags
    dispersion: Floats
    spread: Floats
    level: Floats
    evidence: Floats
    begins: Floats
    open: Flags
    common: Floats
    usual: Floats


def follow(
    values: Floats,
    offset: Floats,
    design: Design,
    limits: Limits,
    *,
    common: bool,
    usual: Floats | None = None,
) -> Watched:
    """Follow n series period by period: predict, compare, learn.

    Parameters
    ----------
    values : ndarray, shape (n, T)
        Counts; NaN is unknown.
    offset : ndarray, shape (n, T)
        What counts are proportional to; positive.
    design : Design
    limits : Limits
    common : bool
        Take off what the series share in a period, where they are enough.
    usual : ndarray, shape (T,), optional
        [variance over mean] That series start with; default: what these have shown.
    """
    state = _State(len(values), design, limits, SETTINGS)
    shared = common and len(values) >= SETTINGS.fewest_common
    factor, shown = np.empty((2, values.shape[1]))
    steps = []
    for time, (count, size) in enumerate(zip(values.T.copy(), offset.T.copy(), strict=True)):
        shown[time] = state.usual_dispersion() if usual is None else usual[time]
        steps.append(state.step(count, size, design.rows[time], shown[time], shared=shared))
        factor[time] = state.common
    parts = {name: np.stack([step[name] for step in steps], axis=1) for name in steps[0]}
    return Watched(**parts, common=factor, usual=shown)


@dataclass(kw_only=True, eq=False)
class _Now:
    """One period of n series: counts, which of them are judged, and what was expected."""

    count: Floats
    live: Flags
    mean: Floats
    variance: Floats
    dispersion: Floats
    gain: Floats
    spread: Floats


class _Shift:
    """A CUSUM to one side, and what was seen while it was away from zero."""

    def __init__(self, n: int, sign: float, confirm: int) -> None:
        self.level, self.events, self.expected, self.age = np.zeros((4, n))
        self.sign, self.confirm, self.keep = sign, confirm, 1.0 - 2.0 / confirm

    def add(self, now: _Now, score: Floats, reference: float, limit: float) -> Flags:
        """Add a period; tell where the shift has lasted."""
        moved = np.where(now.live, self.sign * score - reference, 0.0)
        self.level = np.clip(self.level + moved, 0.0, limit)
        self.events = np.where(now.live, self.keep * self.events + now.count, self.events)
        self.expected = np.where(now.live, self.keep * self.expected + now.mean, self.expected)
        begun = (self.age > 0) | (self.level >= limit)
        self.age = np.where(self.level > 0, self.age + (begun & now.live), 0.0)
        return np.asarray(now.live & (self.age >= self.confirm) & (self.level >= limit))

    def forget(self, done: Flags) -> None:
        """Start again where a shift is the new normal."""
        for part in (self.level, self.events, self.expected, self.age):
            part[done] = 0.0


class _State:
    """What is known of n series: coefficients (n, p), their covariance (n, p, p), dispersion, charts."""

    def __init__(self, n: int, design: Design, limits: Limits, settings: Settings) -> None:
        self.settings, self.limits, self.step_length = settings, limits, 1.0 / design.year
        self.coefficients = np.zeros((n, len(design.prior)))
        self.covariance = np.tile(np.diag(design.prior**2), (n, 1, 1))
        self.started = np.zeros(n, dtype=bool)
        self.squares, self.number = np.zeros((2, n))
        self.chart, self.evidence, self.silent, self.begins = np.zeros((4, n))
        self.time = 0
        self.open = np.zeros(n, dtype=bool)
        confirm = max(settings.fewest_confirm, round(settings.confirm * design.year))
        self.shifts = (_Shift(n, 1.0, confirm), _Shift(n, -1.0, confirm))
        self.common = 1.0

    def step(
        self, count: Floats, offset: Floats, row: Floats, usual: float, *, shared: bool
    ) -> dict[str, npt.NDArray[Any]]:
        """Predict a period, then learn from it; what ``Watched`` shows of it, by its names, (n,) each."""
        known = np.isfinite(count)
        fresh = known & ~self.started
        self._age()
        self._come_back(known)
        self._begin(fresh, count, offset * self.common, row)
        now = self._predict(count, offset, row, usual, fresh)
        if shared:
            self._share(now)
        above, here = upper_tail(now.count, now.mean, now.variance)
        score = middle_score(above, here)
        alarm = self._judge(now, above + here, score)
        level, begins = self.coefficients[:, 0].copy(), self.begins.copy()
        self.time += 1  # what is learnt now holds from the next period on
        self._learn(now, score, alarm)
        self.open = (alarm | self.open) & (self.shifts[0].level > 0)
        judged = np.where(now.live, 1.0, np.nan)
        expected = np.where(self.started & ~fresh, 1.0, np.nan)
        return {
            "mean": now.mean * expected,
            "variance": now.variance * expected,
            "above": above * judged,
            "here": here * judged,
            "score": score * judged,
            "chart": self.chart * expected,
            "alarm": alarm,
            "dispersion": now.dispersion,
            "spread": now.spread,
            "level": level,
            "evidence": self.evidence.copy(),  # a restart clears it in place
            "begins": begins,
            "open": self.open,
        }

    def _begin(self, fresh: Flags, count: Floats, offset: Floats, row: Floats) -> None:
        """Start at the first known count, drawn towards the mean of all that start with it."""
        if not fresh.any():
            return
        count, offset, prior = count[fresh], offset[fresh], self.settings.start_prior
        mean = max(float(count.mean()), _LEAST_START) * offset / offset.mean()
        noise = self.settings.dispersion_start
        shape = prior + count / noise
        level = shape / (prior / mean + 1.0 / noise) / offset
        rest = self.coefficients[fresh, 1:] @ row[1:]
        self.coefficients[fresh, 0] = np.log(level) - 0.5 / shape - rest
        self.covariance[fresh, 0, :], self.covariance[fresh, :, 0] = 0.0, 0.0
        self.covariance[fresh, 0, 0] = 1.0 / shape
        self.started |= fresh
        self.begins[fresh] = self.time

    def _age(self) -> None:
        """Let the level follow the slope, and wander."""
        step = self.step_length
        self.coefficients[:, 0] += step * self.coefficients[:, 1]
        self.covariance[:, 0, :] += step * self.covariance[:, 1, :]
        self.covariance[:, :, 0] += step * self.covariance[:, :, 1]
        self.covariance[:, 0, 0] += self.settings.level_drift**2 * step

    def _come_back(self, known: Flags) -> None:
        """After a hole the level may be anywhere near, and the charts start again."""
        back = known & (self.silent >= self.settings.hole / self.step_length)
        if back.any():
            self.covariance[back, 0, 0] += self.settings.hole_prior**2
            self._restart(back)
        self.silent = np.where(known, 0, self.silent + 1)

    def _restart(self, rows: Flags) -> None:
        """Forget what the charts have gathered."""
        self.chart[rows], self.evidence[rows], self.begins[rows] = 0.0, 0.0, self.time
        for shift in self.shifts:
            shift.forget(rows)

    def _predict(self, count: Floats, offset: Floats, row: Floats, usual: float, fresh: Flags) -> _Now:
        gain = self.covariance @ row
        spread = np.maximum(gain @ row, _LEAST_SPREAD)
        limited = np.minimum(spread, _MOST_SPREAD)
        s, strength = self.settings, self.settings.dispersion_weight
        weight = strength + self.number
        dispersion = (strength * usual + self.squares) / weight
        dispersion = np.clip(dispersion * (1.0 + s.dispersion_doubt / weight), 1.0, _MOST_DISPERSION)
        log_mean = np.clip(self.coefficients @ row + 0.5 * limited, -_MOST_LOG, _MOST_LOG)
        mean = np.clip(np.exp(log_mean) * offset * self.common, _LEAST_MEAN, _MOST_MEAN)
        live = np.isfinite(count) & self.started & ~fresh
        return _Now(
            count=np.where(live, count, np.round(mean)),
            live=live,
            mean=mean,
            variance=dispersion * mean + mean * mean * np.expm1(limited),
            dispersion=dispersion,
            gain=gain,
            spread=spread,
        )

    def usual_dispersion(self) -> float:
        """Return the dispersion that series start with: what many have shown, none outweighing all."""
        s = self.settings
        if len(self.number) < s.fewest_common:
            return s.dispersion_start
        squares = np.minimum(self.squares, s.dispersion_usual * self.number).sum()
        before = s.dispersion_start * s.dispersion_weight
        return float((before + squares) / (s.dispersion_weight + self.number.sum()))

    def _share(self, now: _Now) -> None:
        """Take off what all share: total seen over total expected, series that stand out counting less."""
        s, factor = self.settings, 1.0
        count, mean = now.count[now.live], now.mean[now.live]
        if len(count) < s.fewest_common:
            return
        noise = now.variance[now.live] / mean
        for _ in range(_ROUNDS):
            score = rough_score(count, factor * mean, noise)
            weight = np.minimum(1.0, s.common_outlying / np.maximum(np.abs(score), s.common_outlying)) ** 2
            expected = (weight * mean).sum()
            trust = s.common_prior**2 / (s.common_prior**2 + (weight**2 * mean * noise).sum() / expected**2)
            seen = max((weight * count).sum(), 0.5)
            factor = float(np.exp(trust * np.log(seen / expected)))
        self.common *= factor
        now.variance = now.variance * factor + now.mean**2 * factor * (factor - 1.0) * np.expm1(
            np.minimum(now.spread, _MOST_SPREAD)
        )
        now.mean = now.mean * factor
        now.count = np.where(now.live, now.count, np.round(now.mean))

    def _judge(self, now: _Now, tail: Floats, score: Floats) -> Flags:
        """Move the chart; an alarm of it goes on until a score is ordinary, and then it starts again."""
        s, limit = self.settings, self.limits.cusum
        going_on = self.chart >= limit
        moved = np.maximum(self.chart + score - s.reference, 0.0)
        moved = np.where(going_on, np.where(score < s.ends, 0.0, np.maximum(moved, limit)), moved)
        self.chart = np.where(now.live, moved, self.chart)
        gathered = np.maximum(self.evidence + score - s.reference, 0.0)
        self.evidence = np.where(now.live, gathered, self.evidence)
        return np.asarray(now.live & ((tail <= self.limits.chance) | (self.chart >= limit)))

    def _learn(self, now: _Now, score: Floats, alarm: Flags) -> None:
        """Learn from what is ordinary in full, from what stands out less; take what lasts for normal."""
        s = self.settings
        weight = np.minimum(1.0, s.ordinary / np.maximum(score, s.ordinary)) ** 2
        weight = np.where(now.count < s.fewest_cut, 1.0, weight)
        weight = np.where(alarm, np.minimum(weight, s.in_event), weight) * now.live
        most = np.maximum(at_score(s.most, now.mean, now.variance), s.fewest_cut)
        count = np.minimum(now.count, most)
        self._learn_level(now, weight / now.dispersion, count)
        weight = np.where(now.live, np.maximum(weight, s.dispersion_in_event), 0.0)
        weight = weight * now.mean / (now.mean + 0.5)  # squares of small counts say less
        squares = (count - now.mean) ** 2 * now.dispersion / now.variance
        self.squares += weight * squares * s.dispersion_bias
        self.number += weight
        for shift in self.shifts:
            lasting = shift.add(now, score, s.reference, self.limits.cusum)
            if lasting.any():
                events, expected = shift.events[lasting] + 0.5, shift.expected[lasting] + 0.5
                self.coefficients[lasting, 0] += np.log(events / expected)
                self.covariance[lasting, 0, 0] += now.dispersion[lasting] / events
                self._restart(lasting)

    def _learn_level(self, now: _Now, weight: Floats, count: Floats) -> None:
        """Update the gamma law of the mean, and the coefficients with it."""
        shape = 1.0 / now.spread
        after = shape + weight * count
        moved = np.log(after / (shape + weight * now.mean)) - 0.5 * (1.0 / after - now.spread)
        moved = np.where(now.live, moved, 0.0)
        self.coefficients += now.gain * (moved / now.spread)[:, None]
        np.clip(self.coefficients[:, 1:], -_STEEPEST, _STEEPEST, out=self.coefficients[:, 1:])
        lost = np.where(now.live, np.maximum(1.0 - 1.0 / (after * now.spread), 0.0) / now.spread, 0.0)
        self.covariance -= now.gain[:, :, None] * (now.gain * lost[:, None])[:, None, :]
