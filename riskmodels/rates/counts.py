"""Counts of units over periods: what is remembered, and how likely each is given those before it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.rates.peers import others_of

_HALF = 0.5  # Jeffreys' prior, of units of another kind
_LEAST_STRENGTH = 0.02  # trials that a prior is worth at least

Prior = tuple[Floats, Floats]  # shape and rate of a Gamma, or both parameters of a Beta


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Counts of n units in T periods, the last one being assessed.

    Attributes
    ----------
    count, size : ndarray, shape (n, T)
        Events and exposure, or successes and trials; both are divided by the overdispersion. NaN: unknown.
    peers : ndarray, shape (n, T)
        The rate or share that the other units of the group would have with the unit's mix; NaN: no peers.
    group : ndarray, shape (n,)
        Which units are peers.
    proportion : bool
        Successes of trials instead of events over exposure.
    shared : float
        How many times more the sum of all units varies from period to period than independent units would
        let it, less one: what all have in common.
    """

    count: Floats
    size: Floats
    peers: Floats
    group: Integers
    proportion: bool
    shared: float = 0.0

    @cached_property
    def known(self) -> Flags:
        """Where there is something to count, shape (n, T)."""
        return np.isfinite(self.count) & (self.size > 0) & np.isfinite(self.peers)

    @cached_property
    def level(self) -> Floats:
        """The peers' values, shape (n, T); a half where there are none."""
        return np.where(np.isfinite(self.peers), self.peers, 0.5)

    def rows(self, chosen: Integers) -> "Counts":
        """Return the counts of some of the units."""
        return Counts(
            count=self.count[chosen],
            size=self.size[chosen],
            peers=self.peers[chosen],
            group=self.group[chosen],
            proportion=self.proportion,
            shared=self.shared,
        )

    @cached_property
    def cases(self) -> tuple[Floats, Floats]:
        """Count and size, shape (n, T); nothing where they are not known."""
        return np.where(self.known, self.count, 0.0), np.where(self.known, self.size, 0.0)

    def evidence(self, memory: float) -> tuple[Floats, Floats]:
        """Remember events and expected events (or successes and trials at the peers' level), shape (n, T)."""
        own, trials = self.before(memory)
        return own + self.cases[0], trials + self.sizes

    @cached_property
    def sizes(self) -> Floats:
        """The events that peers would have in each period, or the trials, shape (n, T)."""
        size = self.cases[1]
        return size if self.proportion else size * self.level

    def recalled(self, memory: float) -> Floats:
        """Return what a unit's own counts say, remembered ones too, each at the level of its time, (n, T)."""
        count, _, size = self._remembered(memory)
        return np.divide(count, size, out=np.full_like(size, np.nan), where=size > 0)

    def _remembered(self, memory: float) -> tuple[Floats, Floats, Floats]:
        """Add up counts, those that peers would have, and sizes; earlier ones by their memory, (n, T)."""
        count, size = self.cases
        expected = np.where(self.known, size * self.level, 0.0)
        return remembered(count, memory), remembered(expected, memory), remembered(size, memory)

    def _at_level(self, count: Floats, expected: Floats, size: Floats) -> tuple[Floats, Floats]:
        """Return events and expected ones; of shares, successes and trials at each period's level.

        What is remembered of a unit is its ratio to its peers, of the rarer outcome: trials of a time when
        that was rarer still say less of it, and count as fewer; they never count as more than there were.
        """
        if not self.proportion:
            return count, expected
        turned = self.level > _HALF
        rare, usual = (np.where(turned, size - part, part) for part in (count, expected))
        level = np.minimum(self.level, 1 - self.level)
        trials = np.clip(usual / level, 0, size)
        ratio = np.divide(rare, usual, out=np.zeros_like(usual), where=usual > 0)
        own = np.clip(trials * level * ratio, 0, trials)
        return np.where(turned, trials - own, own), trials

    def prior(self, evidence: tuple[Floats, Floats], peers: Floats, variance: Floats | None) -> Prior:
        """Return the Gamma (shape and rate) or Beta parameters of a prior and the evidence of before.

        ``variance`` is the prior's, relative to the peers' value (of a share: to its rarer outcome); None: a
        unit of another kind, of which half an event at the peers' rate, or half a success and half a failure,
        is thought.
        """
        own, trials = evidence
        if not self.proportion:
            shape = _HALF if variance is None else 1 / variance
            return shape + own, (shape + trials) / peers
        if variance is None:
            return _HALF + own, _HALF + trials - own
        rare = np.minimum(peers, 1 - peers)
        strength = np.maximum((1 - rare) / (variance * rare) - 1, _LEAST_STRENGTH)
        return strength * peers + own, strength * (1 - peers) + trials - own

    def loosened(self, prior: Prior, error: Floats) -> Prior:
        """Widen a prior by the relative variance of the peers' value that it was moved to; the mean stays."""
        a, b = prior
        if not self.proportion:
            shape = 1 / (1 / a + error)
            return shape, shape * b / a
        mean = a / (a + b)
        variance = mean * (1 - mean) / (a + b + 1) + error * np.minimum(mean, 1 - mean) ** 2
        strength = np.maximum(mean * (1 - mean) / variance - 1, _LEAST_STRENGTH)
        return strength * mean, strength * (1 - mean)

    def joined(self, prior: Prior, count: Floats, size: Floats) -> Prior:
        """Add a period's own events and exposure, or successes and trials, to a prior."""
        return prior[0] + count, prior[1] + (size - count if self.proportion else size)

    def before(self, memory: float) -> tuple[Floats, Floats]:
        """Return the evidence remembered from before each period, at its peers' value, shape (n, T)."""
        nothing = np.zeros((len(self.count), 1))
        earlier = (np.hstack([nothing, memory * part[:, :-1]]) for part in self._remembered(memory))
        return self._at_level(*earlier)

    def fit(self, before: tuple[Floats, Floats], spreads: Floats | None) -> Floats:
        """Return how likely each period is given those before it: logarithm, up to a constant.

        ``spreads`` are those between units, shape (s,), which gives shape (n, T, s); None: for units of
        another kind, shape (n, T).
        """
        count, size, level, known = *self.cases, self.level, self.known
        variance = None
        if spreads is not None:
            count, size, level = (part[..., None] for part in (count, size, level))
            before, known = (before[0][..., None], before[1][..., None]), known[..., None]
            variance = spreads**2
        a, b = self.prior(before, level, variance)
        if self.proportion:
            terms = scipy.special.betaln(a + count, b + size - count) - scipy.special.betaln(a, b)
        else:
            terms = (
                scipy.special.gammaln(a + count)
                - scipy.special.gammaln(a)
                - a * np.log1p(size / b)
                - count * np.log(b + size)
            )
        return np.where(known, terms, 0.0)

    def peer_error(self, spreads: Floats, columns: slice) -> Floats:
        """Return the relative variance of the peers' value itself, that of a mean of the others.

        For spreads of shape (s,) and some of the periods, shape (n, columns, s).
        """
        size, level = (part[:, columns, None] for part in (self.cases[1], self.level))
        if self.proportion:
            rare = np.minimum(level, 1 - level)
            information = size * rare / ((1 - rare) + size * rare * spreads**2)
        else:
            information = size * level / (1 + size * level * spreads**2)
        return np.asarray(1 / np.maximum(others_of(information, self.group), 1e-9), dtype=np.float64)

    def shared_error(self, columns: slice) -> Floats:
        """Return the relative variance of what all units have in common, (1, columns): no count tells it."""
        size, level = (part[:, columns] for part in (self.cases[1], self.level))
        rare = np.minimum(level, 1 - level)
        events = size * rare / (1 - rare) if self.proportion else size * level
        return np.asarray(self.shared / np.maximum(events.sum(axis=0, keepdims=True), 1e-9))


def remembered(values: Floats, memory: float) -> Floats:
    """Add up values, shape (n, T), each worth ``memory`` to the power of how many periods it is ago."""
    sums = np.array(values, dtype=np.float64)
    for period in range(1, sums.shape[1]):
        sums[:, period] += memory * sums[:, period - 1]
    return sums
