"""Follow series from period to period: predict, compare, learn.

The logarithm of the mean is level, slope, season and what the calendar does (a dynamic generalised linear
model, West, Harrison & Migon 1985, doi:10.1080/01621459.1985.10477131); the count is negative binomial about
it. Where many series are followed, what they share in a period is taken off first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodels.arrays import Flags, Floats
from riskmodels.surveillance.laws import Counts
from riskmodels.surveillance.scores import middle_score, rough_score
from riskmodels.surveillance.settings import SETTINGS, Design, Limits

_MOST_DISPERSION = 1e9  # [variance over mean] no customers are as many
_MOST_LOG = 50.0  # logarithm of a mean per unit of offset, which is finite whatever has been seen
_STEEPEST = 1.5  # [log] of a year's trend, a season or a weekday: four and a half times
_LEAST_SPREAD = 1e-9  # of the logarithm of a mean: divides
_MOST_SPREAD = 2.0  # of it, in a variance: after long silence a level says nothing, and is not infinite
_LEAST_SEEN = 0.5  # [events] of all series, as the logarithm is taken
_LEAST_MEAN = 1e-300  # [events] expected: divides
_CERTAIN = 4.0  # [standard deviations] beyond which what is shared is no chance, and is taken off in full
_ADDED = (0.5, 0.5, 1.0)  # to events seen and due, and to cases, before their logarithms are taken
_ROUNDS = 3  # of the reweighted common factor, which then stands still to three digits


@dataclass(kw_only=True, eq=False)
class _Now:
    """One period of n series: counts, which of them are judged, and what was expected."""

    count: Floats
    law: Counts
    live: Flags
    mean: Floats
    variance: Floats
    dispersion: Floats
    gain: Floats
    spread: Floats


class _Shift:
    """A CUSUM to one side, and what was seen while it was away from zero."""

    def __init__(self, n: int, sign: float, confirm: int) -> None:
        self.level, self.events, self.expected, self.size, self.age = np.zeros((5, n))
        self.sign, self.confirm, self.keep = sign, confirm, 1.0 - 2.0 / confirm

    def add(self, now: _Now, score: Floats, reference: float, limit: float) -> Flags:
        """Add a period; tell where the shift has lasted."""
        moved = np.where(now.live, self.sign * score - reference, 0.0)
        self.level = np.clip(self.level + moved, 0.0, limit)
        self.events = np.where(now.live, self.keep * self.events + now.count, self.events)
        self.expected = np.where(now.live, self.keep * self.expected + now.mean, self.expected)
        self.size = np.where(now.live, self.keep * self.size + now.law.size, self.size)
        begun = (self.age > 0) | (self.level >= limit)
        self.age = np.where(self.level > 0, self.age + (begun & now.live), 0.0)
        return np.asarray(now.live & (self.age >= self.confirm) & (self.level >= limit))

    def forget(self, done: Flags) -> None:
        """Start again where a shift is the new normal."""
        for part in (self.level, self.events, self.expected, self.size, self.age):
            part[done] = 0.0


def common_shift(law: type[Counts], parts: Floats, begun: Floats | float) -> Floats:
    """Compute how much more all share, in logarithms, shape (…).

    Parameters
    ----------
    law : type of Counts
    parts : ndarray, shape (5, …)
        Sums of what was seen, of what was due after the shift ``begun``, of cases, of slopes of the mean and
        of variances, each series by its weight.
    begun : ndarray or float
        The shift so far.
    """
    seen, due, cases, steady, noise = parts
    further = law(cases).distance(np.maximum(seen, _LEAST_SEEN), np.maximum(due, _LEAST_MEAN))
    shift, prior = begun + further, SETTINGS.common_prior**2
    usual = prior + noise / np.maximum(steady, _LEAST_MEAN) ** 2
    return np.asarray(shift * np.where(shift**2 <= _CERTAIN**2 * usual, prior / usual, 1.0))


class Filter:
    """What is known of n series: coefficients (n, p), their covariance (n, p, p), dispersion, charts."""

    def __init__(self, n: int, design: Design, limits: Limits, law: type[Counts]) -> None:
        self.settings, self.limits, self.step_length = SETTINGS, limits, 1.0 / design.year
        self.law = law
        self.coefficients = np.zeros((n, len(design.prior)))
        self.before = self.prior = design.prior**2
        self.covariance = np.tile(np.diag(self.prior), (n, 1, 1))
        self.started = np.zeros(n, dtype=bool)
        self.squares, self.number = np.zeros((2, n))
        self.chart, self.evidence, self.silent, self.begins = np.zeros((4, n))
        self.time = 0
        self.open = np.zeros(n, dtype=bool)
        confirm = max(SETTINGS.fewest_confirm, round(SETTINGS.confirm * design.year))
        self.shifts = (_Shift(n, 1.0, confirm), _Shift(n, -1.0, confirm))
        self.common: Floats | float = 1.0
        self.shared, self.shared_from = np.zeros((5, n)), 0.0

    def step(
        self, count: Floats, offset: Floats, row: Floats, usual: float, *, shared: bool
    ) -> dict[str, npt.NDArray[Any]]:
        """Predict a period, then learn from it; what ``Watched`` shows of it, by its names, (n,) each."""
        known = np.isfinite(count)
        fresh = known & ~self.started
        self._age()
        self._come_back(known)
        self._begin(fresh, count, offset, row)
        now = self._predict(count, offset, row, usual, fresh)
        if shared:
            self._share(now)
        above, here = now.law.tail(now.count, now.mean, now.variance)
        score = middle_score(above, here)
        alarm = self._judge(now, above + here, score)
        level, begins = self.coefficients[:, 0].copy(), self.begins.copy()
        steep = now.law.in_logs(now.mean)
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
            "dispersion": now.dispersion * steep,
            "spread": now.spread,
            "level": level,
            "steep": steep,
            "evidence": self.evidence.copy(),  # a restart clears it in place
            "begins": begins,
            "open": self.open,
        }

    def _begin(self, fresh: Flags, count: Floats, offset: Floats, row: Floats) -> None:
        """Start at the first known count, drawn towards the mean of all that start with it."""
        if not fresh.any():
            return
        level, spread = self.law(offset[fresh]).start(
            count[fresh], prior=self.settings.start_prior, noise=self.settings.dispersion_start
        )
        rest = self.coefficients[fresh, 1:] @ row[1:]
        common = np.broadcast_to(self.common, fresh.shape)[fresh]
        self.coefficients[fresh, 0] = level - np.log(common) - rest
        self.covariance[fresh, 0, :], self.covariance[fresh, :, 0] = 0.0, 0.0
        self.covariance[fresh, 0, 0] = spread
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
        dispersion = dispersion * (1.0 + s.dispersion_doubt / weight)
        level = np.clip(self.coefficients @ row, -_MOST_LOG, _MOST_LOG) + np.log(self.common)
        law = self.law(offset)
        mean = law.mean(level, limited)
        dispersion = np.clip(dispersion * law.clustered(mean), 1.0, _MOST_DISPERSION)
        live = np.isfinite(count) & self.started & ~fresh
        return _Now(
            count=np.where(live, count, law.nearest(mean)),
            law=law,
            live=live,
            mean=mean,
            variance=law.variance(mean, dispersion, limited),
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

    def pooled(self) -> Floats:
        """Return how slope, season and calendar vary among the series, which is told anew as a year ends.

        Where ``left`` of a prior variance is left, and ``kept = 1 - left / prior``, the means of coefficients
        vary by ``kept² × variance + kept × left``.
        """
        year = 1.0 / self.step_length
        if not (self.time and self.time % year < 1.0):
            return self.prior
        left = np.diagonal(self.covariance, axis1=1, axis2=2)[self.started]
        kept = np.clip(1.0 - left / np.maximum(self.prior, _LEAST_SPREAD), 0.0, 1.0)
        shown = (self.coefficients[self.started] ** 2 - kept * left).sum(axis=0)
        weight = self.settings.prior_weight
        found = (weight * self.before + shown) / (weight + (kept**2).sum(axis=0))
        return np.asarray(np.clip(found, self.settings.prior_least**2, self.prior))

    def tighten(self, prior: Floats) -> None:
        """Draw slope, season and calendar towards what all share, as if they had begun with less variance."""
        for place in np.flatnonzero(prior[1:] < self.prior[1:]) + 1:
            noise = prior[place] * self.prior[place] / (self.prior[place] - prior[place])
            gain = self.covariance[:, :, place] / (self.covariance[:, place, place] + noise)[:, None]
            self.coefficients -= gain * self.coefficients[:, place, None]
            self.covariance -= gain[:, :, None] * self.covariance[:, place, None, :]
            self.prior = np.where(np.arange(len(prior)) == place, prior, self.prior)

    def _share(self, now: _Now) -> None:
        """Take off what all share: total seen over total expected, series that stand out counting less."""
        s, shift, live = self.settings, 0.0, now.live
        self.shared = np.zeros_like(self.shared)
        count, mean, law = now.count[live], now.mean[live], self.law(now.law.size[live])
        if len(count) < s.fewest_common:
            return
        noise = now.variance[live] / mean
        for _ in range(_ROUNDS):
            at = law.moved(mean, shift)
            score = rough_score(count, at, noise)
            weight = np.minimum(1.0, s.common_outlying / np.maximum(np.abs(score), s.common_outlying)) ** 2
            parts = (count, at, law.size, law.slope(mean), weight * mean * noise)
            self.shared[:, live], self.shared_from = np.stack(parts) * weight, shift
            shift = float(common_shift(self.law, self.shared.sum(axis=1), shift))
        self.common *= float(np.exp(shift))
        now.mean = now.law.moved(now.mean, shift)
        limited = np.minimum(now.spread, _MOST_SPREAD)
        now.variance = now.law.variance(now.mean, now.dispersion, limited)
        now.count = np.where(live, now.count, now.law.nearest(now.mean))

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
        most = np.maximum(now.law.at_score(s.most, now.mean, now.variance), s.fewest_cut)
        count = np.minimum(now.count, most)
        self._learn_level(now, weight / now.dispersion, count)
        weight = np.where(now.live, np.maximum(weight, s.dispersion_in_event), 0.0)
        steady = now.law.slope(now.mean)
        weight = weight * steady / (steady + 0.5)  # squares of small counts say less
        squares = (count - now.mean) ** 2 * now.dispersion / now.variance
        self.squares += weight * squares / now.law.clustered(now.mean) * s.dispersion_bias
        self.number += weight
        for shift in self.shifts:
            lasting = shift.add(now, score, s.reference, self.limits.cusum)
            if lasting.any():
                gathered = (shift.events, shift.expected, shift.size)
                events, expected, size = (
                    part[lasting] + added for part, added in zip(gathered, _ADDED, strict=True)
                )
                self.coefficients[lasting, 0] += self.law(size).distance(events, expected)
                doubt = self.law(size).doubt(events)
                self.covariance[lasting, 0, 0] += now.dispersion[lasting] * doubt
                self._restart(lasting)

    def _learn_level(self, now: _Now, weight: Floats, count: Floats) -> None:
        """Update the law of the mean, and the coefficients with it."""
        moved, after = now.law.learnt((count, now.mean), now.spread, weight)
        moved = np.where(now.live, moved, 0.0)
        self.coefficients += now.gain * (moved / now.spread)[:, None]
        np.clip(self.coefficients[:, 1:], -_STEEPEST, _STEEPEST, out=self.coefficients[:, 1:])
        lost = np.where(now.live, np.maximum(1.0 - after / now.spread, 0.0) / now.spread, 0.0)
        self.covariance -= now.gain[:, :, None] * (now.gain * lost[:, None])[:, None, :]
