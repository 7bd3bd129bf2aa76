"""Banks of the sample's plan drawn anew, with corrective actions at branches of a bad quarter."""

from dataclasses import dataclass

import numpy as np

from riskmodels.arrays import Floats, Integers
from riskmodels.effects.judging import Windows, windows_of
from riskmodels.effects.peers import PeerCounts, compare_with_peers
from riskmodels.sample.arrivals import expected_before_actions
from riskmodels.sample.network import UNIT_IDS, UNIT_REGIONS, accounts_by_cell
from riskmodels.sample.plan import BAD_UNIT, BIG_UNIT, BRANCHES, HOLE, MONTHS, VARIANCE_RATIO, stream

REGION = np.unique(UNIT_REGIONS, return_inverse=True)[1].astype(np.int64)
_WORST = np.array([7, 8, 9])  # quarters whose end may trigger an action, from 0
_MIDDLING = (20, 150)  # complaints expected a quarter
_QUARTER = 3  # [months]


@dataclass(frozen=True, kw_only=True)
class ActedBank:
    """Counts (units, products, months) and actions, shape (a,): unit, month decided and started, true factor."""

    counts: Floats
    accounts: Floats
    unit: Integers
    decided: Integers
    start: Integers
    factor: Floats

    def compared(self, until: int | None = None) -> PeerCounts:
        """Compare with units that have none of the actions that do something, or could have."""
        peers = ~np.isin(np.arange(BRANCHES), self.unit)
        counts, accounts = (part[:, :, :until] for part in (self.counts, self.accounts))
        return compare_with_peers(counts, accounts, region=REGION, peers=peers)

    def windows(self, data: PeerCounts) -> Windows:
        """Say which months are before and after each action."""
        units = self.unit[:, None] == np.arange(BRANCHES)
        none, end = np.zeros(len(self.unit), dtype=np.int64), np.full(len(self.unit), len(MONTHS))
        return windows_of(data.known, units, decided=self.decided, start=self.start, first=none, end=end)

    def naive_success(self) -> Floats:
        """Whether the quarter of the action's start has significantly fewer than the one it was chosen for."""
        cells = np.nan_to_num(self.counts[self.unit].sum(axis=1))
        month = np.arange(len(MONTHS))
        before, after = (
            (cells * ((month >= first[:, None]) & (month < first[:, None] + _QUARTER))).sum(axis=1)
            for first in (self.decided - _QUARTER, self.start)
        )
        return (after - before) / np.sqrt(np.maximum(before + after, 1.0)) < -1.96


def acted_bank(seed: int, factors: tuple[float, ...], *, wander: float = 0.0) -> ActedBank:
    """Draw one: each factor is of an action at the next of the branches whose worst quarter stands out most.

    Levels of branches may wander: ``wander`` is the standard deviation [log] of what they do in a year.
    """
    accounts = accounts_by_cell(seed)
    steps = stream(seed, "wander").normal(0.0, wander / np.sqrt(12.0), (BRANCHES, 1, len(MONTHS)))
    expected = expected_before_actions(accounts) * np.exp(steps.cumsum(axis=2))
    before = _drawn(expected, stream(seed, "counts"))
    unit, quarter = _chosen(before, expected, len(factors))
    decided = (quarter + 1) * _QUARTER
    start = decided + _QUARTER
    effect = np.ones((BRANCHES, 1, len(MONTHS)))
    effect[unit] = np.where(np.arange(len(MONTHS)) >= start[:, None], np.array(factors)[:, None], 1.0)[
        :, None
    ]
    after = _drawn(expected * effect, stream(seed, "counts after actions"))
    counts = np.where(effect < 1, after, before)
    counts[:, :, np.isin(MONTHS, np.array(HOLE, dtype="M8[M]"))] = np.nan
    return ActedBank(
        counts=counts,
        accounts=accounts.astype(float),
        unit=unit,
        decided=decided,
        start=start,
        factor=np.array(factors),
    )


def _drawn(mean: Floats, rng: np.random.Generator) -> Floats:
    excess = VARIANCE_RATIO - 1
    return rng.poisson(rng.gamma(mean / excess, excess)).astype(float)


def _chosen(before: Floats, expected: Floats, number: int) -> tuple[Integers, Integers]:
    """Find branches of middling size whose worst quarter of eight stands out most, and that quarter."""
    mean, seen = (part.sum(axis=1).reshape(BRANCHES, -1, 3).sum(axis=2) for part in (expected, before))
    ratio = seen / mean
    past = np.lib.stride_tricks.sliding_window_view(ratio, 8, axis=1)[:, _WORST - 7]
    size = mean[:, -4:].mean(axis=1)
    ordinary = ~np.isin(UNIT_IDS, (BAD_UNIT, BIG_UNIT)) & (size > _MIDDLING[0]) & (size < _MIDDLING[1])
    excess = ((ratio - 1) * np.sqrt(mean))[:, _WORST]
    stands = np.where((past.argmax(axis=2) == 7) & ordinary[:, None], excess, -np.inf)
    unit = np.argsort(-stands.max(axis=1), kind="stable")[:number]
    return unit, _WORST[stands[unit].argmax(axis=1)]
