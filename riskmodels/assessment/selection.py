"""Choose which of many units are findings, so that few of those chosen are expected to be false."""

import numpy as np

from riskmodels.arrays import Flags, Floats


def choose(probability: Floats, *, certainty: float, false_share: float) -> Flags:
    """Choose the most that keep the expected share of false ones within bounds.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Of each being what it is chosen for [0 to 1]; unknown ones are not chosen.
    certainty : float
        Least probability of each one chosen.
    false_share : float
        Most that the mean of 1 - probability among those chosen may be.

    Returns
    -------
    ndarray of bool, shape (n,)
        The likeliest ones; of equal probability either all or none.

    Notes
    -----
    The Bayesian false discovery rate: Newton et al. 2004 (doi:10.1093/biostatistics/5.2.155); Müller,
    Parmigiani and Rice 2006. It holds where the probabilities do: those of a model
    that learns from all units.

    Examples
    --------
    >>> choose(np.array([.99, .85, .82, .6]), certainty=.8, false_share=.1)
    array([ True,  True, False, False])
    """
    falling = np.sort(np.where(probability >= certainty, probability, -np.inf))[::-1]
    expected = np.cumsum(1 - falling) / np.arange(1, len(falling) + 1)
    last_of_its_value = np.append(falling[1:] < falling[:-1], True)[: len(falling)]
    able = falling[last_of_its_value & (expected <= false_share)]
    return np.asarray(probability >= able[-1]) if len(able) else np.zeros(len(probability), dtype=np.bool_)
