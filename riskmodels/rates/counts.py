"""Counts of units over periods: what is remembered, and how likely each is given those before it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.rates.peers import others_of

_HALF = 0.5  # Jeffreys' prior, of units of another kind
_LEAST_STRENGTH = 0.02  # trials that a prior is worth at least


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
    """

    count: Floats
    size: Floats
    peers: Floats
    group: Integers
    proportion: bool

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
        )

    @cached_property
    def cases(self) -> tuple[Floats, Floats]:
        """Count and size, shape (n, T); nothing where they are not known."""
        return np.where(self.known, self.count, 0.0), np.where(self.known, self.size, 0.0)

    def evidence(self, memory: float) -> tuple[Floats, Floats]:
        """Remember events and expected events (or successes and trials, moved with peers), shape (n, T)."""
        count, size = self.cases
        if not self.proportion:
            return remembered(count, memory), remembered(size * self.level, memory)
        trials = remembered(size, memory)
        moved = remembered(count - size * self.level, memory) + trials * self.level
        return np.clip(moved, 0, trials), trials

    def joined(
        self, evidence: tuple[Floats, Floats], peers: Floats, variance: Floats | None
    ) -> tuple[Floats, Floats]:
        """Return the Gamma (shape and rate) or Beta parameters of a prior and this evidence.

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

    def before(self, memory: float) -> tuple[Floats, Floats]:
        """Return the evidence remembered from before each period, moved to its peers' value, shape (n, T)."""
        nothing = np.zeros((len(self.count), 1))
        own, trials = (np.hstack([nothing, memory * part[:, :-1]]) for part in self.evidence(memory))
        if self.proportion:
            own = np.clip(own + trials * np.diff(self.level, axis=1, prepend=self.level[:, :1]), 0, trials)
        return own, trials

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
        a, b = self.joined(before, level, variance)
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


def remembered(values: Floats, memory: float) -> Floats:
    """Add up values, shape (n, T), each worth ``memory`` to the power of how many periods it is ago."""
    sums = np.array(values, dtype=np.float64)
    for period in range(1, sums.shape[1]):
        sums[:, period] += memory * sums[:, period - 1]
    return sums
