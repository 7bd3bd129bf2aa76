"""What all units teach: how far they are from peers, how long they stay there, how many are outliers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from riskmodels.arrays import Floats
from riskmodels.rates.counts import Counts

# log standard deviations between units, by about half more each: from none that matters to thirtyfold
SPREADS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.9, 1.4, 2.2, 3.5)
# shares of a unit's own level that last a quarter, denser where units are steady
MEMORIES = (0.0, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0)
STRANGERS = (0.0, 0.02, 0.1, 0.3)  # shares of units that are of another kind; a choice: up to a third
STAYING = (0.6, 0.95)  # memory of units of another kind
# scale and median of the half-Cauchy prior of the spread: half of the units within a factor of 1.4
USUAL_SPREAD = 0.5
_PRIOR = -np.log1p((np.array(SPREADS) / USUAL_SPREAD) ** 2) + np.log(np.gradient(SPREADS))  # half-Cauchy
_MOST_UNITS = 300  # from whose history is learnt
_LEAST_WEIGHT = 0.02  # of a node of the mixture, against the heaviest


@dataclass(frozen=True, kw_only=True, eq=False)
class HyperparameterGrid:
    """What spread, memory and the share of outliers may be, and how likely each combination is.

    Attributes
    ----------
    spread : ndarray, shape (m,)
        Standard deviation between units, relative to the peers' value (of a share: to its rarer outcome).
    memory : ndarray, shape (m,)
        What evidence is worth after one period, 0 to 1.
    outliers : ndarray, shape (m,)
        Share of the units that are of another kind, 0 to 1.
    weight : ndarray, shape (m,)
        Posterior probability; the sum is one.
    """

    spread: Floats
    memory: Floats
    outliers: Floats
    weight: Floats

    def mean(self, name: str) -> float:
        """Return the posterior mean of ``spread``, ``memory`` or ``outliers``."""
        return float(self.weight @ getattr(self, name))


def learn_grid(counts: Counts) -> HyperparameterGrid:
    """Learn how far units are from their peers, how long they stay there, and how many are of another kind.

    Parameters
    ----------
    counts : Counts
        All units; of many, three hundred are looked at, evenly spaced.

    Returns
    -------
    HyperparameterGrid
        Those whose posterior weight is at least a fiftieth of the heaviest.

    Notes
    -----
    The likelihood is that of each period given those before (negative binomial or beta-binomial), of a unit
    that is ordinary or, with a small probability, of another kind: with Jeffreys' prior, and a memory of its
    own. The prior of the spread is half-Cauchy with scale 0.5; memory and outliers are uniform over
    ``MEMORIES`` and ``STRANGERS``. Gelman 2006, doi:10.1214/06-BA117A; West & Harrison 1997, section 6.3, for
    discounting; Berger & Berliner 1986, doi:10.1214/aos/1176349933, for contaminated priors.
    """
    usable = np.flatnonzero(counts.known.any(axis=1))
    if len(usable) < 2:  # noqa: PLR2004  one unit has no peers
        return single_unit_grid()
    part = counts.rows(usable[:: -(-len(usable) // _MOST_UNITS)])
    memories = MEMORIES if counts.count.shape[1] > 1 else (0.0,)
    strange = [part.fit(part.before(memory), None).sum(axis=1) for memory in staying(counts)]

    def ordinary(memory: float) -> Floats:
        fits = part.fit(part.before(memory), np.array(SPREADS))
        # side by side: the sums over periods are then the same to the bit as of one spread alone
        return np.asarray(np.ascontiguousarray(np.swapaxes(fits, 1, 2)).sum(axis=-1))

    return posterior_grid(
        ordinary, memories, STRANGERS, scipy.special.logsumexp(strange, axis=0) - np.log(len(strange))
    )


def staying(counts: Counts) -> tuple[float, ...]:
    """Return the memories that units of another kind may have: one where there is but one period."""
    return STAYING if counts.count.shape[1] > 1 else (0.0,)


def single_unit_grid() -> HyperparameterGrid:
    """Return what is taken of a unit that has no peers."""
    return HyperparameterGrid(
        spread=np.array([USUAL_SPREAD]), memory=np.zeros(1), outliers=np.zeros(1), weight=np.ones(1)
    )


def posterior_grid(
    ordinary: Callable[[float], Floats],
    memories: Sequence[float],
    outliers: Sequence[float],
    strange: Floats,
) -> HyperparameterGrid:
    """Weigh all nodes by likelihood and prior, and drop what hardly counts.

    ``ordinary`` gives the log-likelihoods of n units by spread, shape (n, spreads), for a memory; ``strange``
    are those of units of another kind, shape (n,).
    """
    scores = []
    for memory in memories:
        fits = ordinary(memory)
        with np.errstate(divide="ignore"):  # log 0: nobody is an outlier
            mixed = [
                np.logaddexp(np.log(1 - share) + fits, np.log(share) + strange[:, None]) for share in outliers
            ]
        scores.append([part.sum(axis=0) + _PRIOR for part in mixed])
    score = np.array(scores).ravel()
    weight = np.exp(score - score.max())
    kept = weight >= _LEAST_WEIGHT
    axes = np.meshgrid(memories, outliers, SPREADS, indexing="ij")
    memory, outlier, spread = (axis.ravel()[kept] for axis in axes)
    return HyperparameterGrid(
        spread=spread, memory=memory, outliers=outlier, weight=weight[kept] / weight[kept].sum()
    )
