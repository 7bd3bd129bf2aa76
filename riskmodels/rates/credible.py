"""Rates of many units from counts: shrunk to their peers, with intervals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import plural
from riskmodels.rates.counts import Counts
from riskmodels.rates.credibility import credible_posterior, own_value
from riskmodels.rates.dispersion import overdispersion
from riskmodels.rates.hyperparameters import HyperparameterGrid, learn_grid
from riskmodels.rates.peers import check_counts, peer_values
from riskmodels.rates.posteriors import Posterior

_ROWS = 15  # units in the summary: as many as are read without scrolling
_SAME = 1e-12  # own value and peers': their weights cannot be distinguished


@dataclass(frozen=True, kw_only=True, eq=False)
class CredibleRates(Displayed):
    """Rates (or shares) of n units.

    Attributes
    ----------
    table : DataFrame
        One row per unit, as given: group, count, exposure (of the last period), raw (count / exposure), peers
        (what the others of the group have), estimate (posterior mean), lower, upper [interval of the true
        value], credibility (what the unit's own evidence weighs, earlier periods included, 0 to 1; unknown
        where it says what its peers say).
    posterior : Posterior
        The distributions behind it.
    nodes : HyperparameterGrid
        What was learnt of the spread between units and of their memory.
    level : float
        Probability that an interval holds the true value.
    dispersion : float
        How many times more than Poisson (binomial) counts vary from period to period.
    """

    table: pd.DataFrame
    posterior: Posterior
    nodes: HyperparameterGrid
    level: float
    dispersion: float

    @property
    def sentence(self) -> str:
        """Say how many units there are and how far apart they are."""
        return plural(
            len(self.table),
            "{units:,} unit; beyond chance units differ by about {spread:.0%} of what their peers have"
            " (standard deviation).",
            "{units:,} units; beyond chance they differ by about {spread:.0%} of what their peers have"
            " (standard deviation).",
            units=len(self.table),
            spread=self.nodes.mean("spread"),
        )

    def summary(self) -> pd.DataFrame:
        """The units with the highest estimates."""
        return self.table.nlargest(_ROWS, "estimate")


def credibility_rates(
    count: npt.ArrayLike,
    exposure: npt.ArrayLike,
    *,
    group: npt.ArrayLike | None = None,
    proportion: bool = False,
    dispersion: float | None = None,
    level: float = 0.9,
) -> CredibleRates:
    """Estimate the true rates of many units, small ones shrunk to their peers.

    Parameters
    ----------
    count, exposure : array_like, shape (n,) or (n, T)
        Events and exposure, or successes and trials; of T periods, the last one is estimated and earlier ones
        count for as long as the data say they do. NaN is unknown.
    group : array_like, shape (n,), optional
        Units with the same value are peers; without it all are.
    proportion : bool
        Successes of trials (beta-binomial) instead of events over exposure (gamma-Poisson).
    dispersion : float, optional
        Overdispersion from period to period, at least 1; estimated from the periods where not given.
    level : float
        Of the intervals, in (0, 1).

    Returns
    -------
    CredibleRates
        Each estimate lies between the unit's own value (half a case of each kind added) and its peers'.

    Raises
    ------
    ParameterError
        Shapes differ, a value is negative, or there are more successes than trials.

    Notes
    -----
    See ``learn_grid`` and ``credible_posterior``. With one period overdispersion cannot be distinguished from
    differences between units, and is taken as 1.

    Examples
    --------
    >>> found = credibility_rates([0, 12, 110], [10.0, 100.0, 1000.0])
    >>> found.table["raw"].tolist(), found.table["estimate"].round(1).tolist()
    ([0.0, 0.12, 0.11], [0.1, 0.1, 0.1])
    """
    counts, exposures = (np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in (count, exposure))
    check_counts(counts, exposures, proportion=proportion)
    counts, exposures = (one[:, None] if one.ndim == 1 else one for one in (counts, exposures))
    codes, names = pd.factorize(np.zeros(len(counts)) if group is None else np.asarray(group))
    if len(codes) != len(counts) or (codes < 0).any():
        raise ParameterError(f"group must name a group for each of the {len(counts)} units")
    factor = dispersion or overdispersion(counts, exposures, proportion=proportion)
    peers, _ = peer_values(counts[:, None], exposures[:, None], group=codes, proportion=proportion)
    evidence = Counts(
        count=counts / factor, size=exposures / factor, peers=peers, group=codes, proportion=proportion
    )
    nodes = learn_grid(evidence)
    posterior = credible_posterior(evidence, nodes)
    table = _table(
        counts[:, -1], exposures[:, -1], posterior, peers[:, -1], own_value(evidence, nodes)[0], level
    )
    table.insert(0, "group", np.asarray(names)[codes])
    return CredibleRates(table=table, posterior=posterior, nodes=nodes, level=level, dispersion=factor)


def _table(
    count: Floats, exposure: Floats, posterior: Posterior, peers: Floats, own: Floats, level: float
) -> pd.DataFrame:
    nothing = np.full_like(count, np.nan)
    distance = own - peers
    weight = np.divide(posterior.mean - peers, distance, out=nothing.copy(), where=np.abs(distance) > _SAME)
    return pd.DataFrame(
        {
            "count": count,
            "exposure": exposure,
            "raw": np.divide(count, exposure, out=nothing.copy(), where=exposure > 0),
            "peers": peers,
            "estimate": posterior.mean,
            "lower": posterior.quantile((1 - level) / 2),
            "upper": posterior.quantile((1 + level) / 2),
            "credibility": np.clip(weight, 0, 1),
        }
    )
