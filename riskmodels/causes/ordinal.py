"""Proportional odds: ordered levels regressed on what goes with them, fitted by Newton's method."""

from dataclasses import dataclass

import numpy as np
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.errors import TooLittleError

_STEPS, _HALVINGS = 60, 30  # most of Newton's method; usual are five to seven, none of them halved
_CLOSE = 1e-6  # of the log-likelihood, that the last step adds: what is left of it is its square
_ROUNDED = 1e-10  # of the log-likelihood, relative: less is lost in adding it up
_STEEP = 12.0  # log odds between the ends of a column: at 160,000 to one the likelihood is flat
FEWEST_CLUSTERS = 10  # below which a variance between clusters is too unsure to be used


@dataclass(frozen=True, kw_only=True, eq=False)
class OrdinalFit:
    """Log odds of a level above a cutpoint: ``design @ coefficients - cutpoints``.

    Attributes
    ----------
    cutpoints, coefficients : ndarray, shapes (K - 1,) and (m,) [log odds]
        They follow one another in all that is by parameter: p = K - 1 + m.
    information : ndarray, shape (p, p)
        Minus the second derivatives of the log-likelihood.
    scores : ndarray, shape (n, p)
        Derivatives of the log-likelihood of each row; their sums are zero.
    log_likelihood : float
    """

    cutpoints: Floats
    coefficients: Floats
    information: Floats
    scores: Floats
    log_likelihood: float

    @property
    def influence(self) -> Floats:
        """What each row adds to the estimates, shape (n, p)."""
        return np.asarray(np.linalg.solve(self.information, self.scores.T).T)

    def covariance(self, cluster: Integers | None = None) -> Floats:
        """Covariance of the parameters, shape (p, p), whatever rows of one cluster share.

        ``cluster`` numbers the rows' clusters from 0; without, or with fewer than ten, each row stands alone.
        """
        parts, factor = self.influence, 1.0
        if cluster is not None and enough_clusters(cluster):
            number = int(cluster.max()) + 1
            sums = np.zeros((number, parts.shape[1]))
            np.add.at(sums, cluster, parts)
            parts, factor = sums, number / (number - 1)
        return np.asarray(factor * parts.T @ parts)


def enough_clusters(cluster: Integers) -> bool:
    """Say whether a variance between these clusters can be relied on."""
    return int(cluster.max(initial=-1)) + 1 >= FEWEST_CLUSTERS


def fit_ordinal(levels: Integers, design: Floats) -> OrdinalFit:
    """Fit proportional odds by maximum likelihood; with two levels this is logistic regression.

    Parameters
    ----------
    levels : ndarray, shape (n,)
        0 to K - 1, each of them at least once.
    design : ndarray, shape (n, m)
        Without a constant.

    Returns
    -------
    OrdinalFit
        The cutpoints rise. The log-likelihood is concave (Pratt 1981, doi:10.2307/2287057), so that Newton's
        method with halved steps finds its only maximum.

    Raises
    ------
    TooLittleError
        There is one level only, the columns of the design are not independent, or some of them separate the
        levels with certainty, so that no estimate is finite.
    """
    number = int(levels.max(initial=0)) + 1
    shares = np.bincount(levels, minlength=number)[:-1].cumsum() / max(len(levels), 1)
    if number == 1:
        raise TooLittleError("all answers are of one level: nothing can go with them")
    point = np.concatenate([scipy.special.logit(shares), np.zeros(design.shape[1])])
    edges = _edges(levels, design, number)
    value, scores, information = _derivatives(point, levels, edges, number)
    for _ in range(_STEPS):
        slope = scores.sum(axis=0)
        step = _step(information, slope)
        for halving in range(_HALVINGS):
            found = _derivatives(point + step / 2.0**halving, levels, edges, number)
            if found[0] >= value - _ROUNDED * abs(value):
                break
        point = point + step / 2.0**halving
        value, scores, information = found
        if slope @ step <= _CLOSE:
            break
    if (np.abs(point[number - 1 :]) * np.ptp(design, axis=0)).max(initial=0.0) > _STEEP:
        raise TooLittleError("what is set against the answers separates some of them with certainty")
    return OrdinalFit(
        cutpoints=point[: number - 1],
        coefficients=point[number - 1 :],
        information=information,
        scores=scores,
        log_likelihood=value,
    )


def _step(information: Floats, slope: Floats) -> Floats:
    try:
        return np.asarray(scipy.linalg.solve(information, slope, assume_a="pos"))
    except np.linalg.LinAlgError:
        raise TooLittleError("what is set against the answers is not independent of one another") from None


def _edges(levels: Integers, design: Floats, number: int) -> tuple[Floats, Floats]:
    """Return what the upper and the lower edge of each row's level is made of, both of shape (n, p)."""
    cuts = np.eye(number + 1, number - 1, -1)  # of level k the lower edge is row k, the upper one row k + 1
    return np.hstack([cuts[levels + 1], -design]), np.hstack([cuts[levels], -design])


def _derivatives(
    point: Floats, levels: Integers, edges: tuple[Floats, Floats], number: int
) -> tuple[float, Floats, Floats]:
    """Return the log-likelihood, its derivatives by row, and minus its second derivatives."""
    above, below = edges
    high = np.where(levels == number - 1, np.inf, above @ point)
    low = np.where(levels == 0, -np.inf, below @ point)
    upper, lower = scipy.special.expit(high), scipy.special.expit(low)
    chance = np.where(low > 0, scipy.special.expit(-low) - scipy.special.expit(-high), upper - lower)
    if not (chance > 0).all():  # cutpoints that do not rise
        return -np.inf, above, np.eye(above.shape[1])
    slopes = upper * (1 - upper) / chance, lower * (1 - lower) / chance
    by_high, by_low = slopes[0], -slopes[1]
    twice_high = slopes[0] * (1 - 2 * upper) - by_high**2
    twice_low = -slopes[1] * (1 - 2 * lower) - by_low**2
    cross = above.T @ (-(by_high * by_low)[:, None] * below)
    curved = above.T @ (twice_high[:, None] * above) + below.T @ (twice_low[:, None] * below)
    scores = by_high[:, None] * above + by_low[:, None] * below
    return float(np.log(chance).sum()), scores, -(curved + cross + cross.T)


def proportional_odds(
    levels: Integers, design: Floats, part: Integers, *, fewest: int
) -> tuple[Floats, float]:
    """Test that what goes with the answers moves them alike at every cutpoint (Brant's Wald test).

    Parameters
    ----------
    levels : ndarray, shape (n,)
        0 to K - 1.
    design : ndarray, shape (n, m)
        Without a constant.
    part : ndarray, shape (m,)
        The part, 0 to P - 1, that each column of the design belongs to.
    fewest : int
        A cutpoint with fewer rows on either side for each column is not looked at.

    Returns
    -------
    tuple of ndarray, shape (P,), and float
        p-value of each part and of all together; NaN where fewer than two cutpoints can be looked at.

    Notes
    -----
    Logistic regressions at every cutpoint, with the covariance between them that their rows' influence gives
    (Brant 1990, doi:10.2307/2532457, whose covariance is that of the model instead).
    """
    above = levels[:, None] > np.arange(int(levels.max(initial=0)))
    enough = np.minimum(above.sum(axis=0), (~above).sum(axis=0)) >= fewest * design.shape[1]
    unknown = np.full(int(part.max(initial=-1)) + 1, np.nan)
    try:
        fits = [fit_ordinal(side.astype(np.int64), design) for side in above.T[enough]]
    except TooLittleError:
        return unknown, np.nan
    if len(fits) < 2:  # noqa: PLR2004  cutpoints, between which there is a difference
        return unknown, np.nan
    first = fits[0].influence[:, 1:]
    moved = np.stack([fit.coefficients - fits[0].coefficients for fit in fits[1:]])
    spread = np.stack([fit.influence[:, 1:] - first for fit in fits[1:]], axis=1)
    chosen = [part == number for number in range(len(unknown))]
    found = [_wald(moved[:, one].ravel(), spread[:, :, one]) for one in [*chosen, part >= 0]]
    return np.array(found[:-1]), found[-1]


def _wald(moved: Floats, spread: Floats) -> float:
    """Return the p-value of estimates being zero, ``spread`` being what each row adds to them."""
    rows = spread.reshape(len(spread), -1)
    size = moved @ np.linalg.pinv(rows.T @ rows, hermitian=True) @ moved
    return float(scipy.special.chdtrc(len(moved), size))
