"""How many items an inspection looks at, so that faults as frequent as a limit allows do not go unseen."""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from riskmodels.errors import ParameterError

SURE = 0.95  # probability that at least one fault is found; a choice, usual for discovery samples


@dataclass(frozen=True, kw_only=True)
class InspectionPlan:
    """A sample that is drawn at random, without replacement where the population is known.

    Attributes
    ----------
    items : int
        To be looked at.
    population : int or None
        Items there are; None: unknown, or without end.
    faults : float
        Share of faulty items that must not go unseen.
    detection : float
        Probability that at least one fault is among those looked at, if that share is faulty.
    found : float
        Share of all faults that is expected to be found: items over population; NaN where it is unknown.
    """

    items: int
    population: int | None
    faults: float
    detection: float
    found: float


def plan_inspection(faults: float, *, population: int | None = None, sure: float = SURE) -> InspectionPlan:
    """Return the smallest sample that finds a fault with a probability, if a share of the items is faulty.

    Parameters
    ----------
    faults : float
        Share of faulty items, above 0, at most 1; of a population at least one item.
    population : int, optional
        Items there are; exact by the hypergeometric distribution, without it by the binomial.
    sure : float
        Probability, above 0 and below 1.

    Raises
    ------
    ParameterError
        A share or a probability is none, or the population is empty.

    Notes
    -----
    A zero-failure plan: the probability of no fault in n items is (1 - p)^n, of a finite population
    C(N - K, n) / C(N, n), which falls in n.

    >>> plan_inspection(0.05).items
    59
    >>> plan_inspection(0.05, population=100).items
    45
    """
    if not 0 < faults <= 1 or not 0 < sure < 1 or (population is not None and population < 1):
        raise ParameterError(
            f"no inspection of {population or 'any number of'} items, {faults:.3g} of them faulty, with a"
            f" probability of {sure:.3g}; expected shares between 0 and 1, and one item at least"
        )
    if population is None:
        items = 1 if faults == 1 else max(1, math.ceil(math.log1p(-sure) / math.log1p(-faults)))
        return InspectionPlan(
            items=items, population=None, faults=faults, detection=1 - (1 - faults) ** items, found=math.nan
        )
    faulty = max(1, math.ceil(faults * population - 1e-9))  # rounding of a product is no further item
    sizes = np.arange(1, population - faulty + 2)  # beyond, a fault is found for certain
    missed = np.atleast_1d(scipy.stats.hypergeom.pmf(0, population, faulty, sizes))
    place = int(np.argmax(missed <= 1 - sure + 1e-12))  # floats; the last one is 0
    items = int(sizes[place])
    return InspectionPlan(
        items=items,
        population=population,
        faults=faults,
        detection=1 - float(missed[place]),
        found=items / population,
    )
