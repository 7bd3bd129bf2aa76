"""Severities fitted to losses by maximum likelihood: what lies below the reporting threshold was not seen."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.labels import counted
from riskmodels.losses.severity import Gamma, GeneralizedPareto, Lognormal, Spliced, Weibull
from riskmodels.losses.tails import fitted_tails, tail_log_likelihood
from riskmodels.losses.truncated import fit_truncated_normal

Family = Literal["lognormal", "weibull", "gamma"]
Body = Lognormal | Weibull | Gamma

_FEWEST = 5  # losses: two or three parameters from fewer tell nothing
_PARAMETERS: dict[Family, tuple[str, str]] = {
    "lognormal": ("mu", "sigma"),
    "weibull": ("shape", "scale"),
    "gamma": ("shape", "scale"),
}
_TAIL = ("tail_shape", "tail_scale", "tail_probability")
_WIDEST = 5.0  # of a lognormal body's deviation; wider ones are powers, not bodies
_LEAST_REGULAR = -0.49  # shape: below −0.5 the likelihood has no curvature to take errors from


@dataclass(frozen=True, kw_only=True, eq=False)
class SeverityFit(Displayed):
    """A severity fitted to losses.

    Attributes
    ----------
    severity : Lognormal, Weibull, Gamma or Spliced
        Of all losses, those below the reporting threshold included.
    table : DataFrame
        ``parameter``, ``estimate``, ``standard_error``.
    covariance : ndarray, shape (p, p)
        Of the estimates, in the order of the table: the inverse of the observed information.
    log_likelihood : float
        Of the losses seen.
    losses : int
        Number of losses.
    exceedances : int
        How many of them are above the tail's threshold.
    reporting_threshold : float
        Losses up to it were not seen.
    family : str
        Of the body.
    """

    severity: Body | Spliced
    table: pd.DataFrame
    covariance: Floats
    log_likelihood: float
    losses: int
    exceedances: int
    reporting_threshold: float
    family: Family

    @property
    def reported_share(self) -> float:
        """Probability that a loss is above the reporting threshold."""
        return float(1.0 - self.severity.cdf(np.asarray(self.reporting_threshold)))

    @property
    def sentence(self) -> str:
        """Say what was fitted to how many losses."""
        tail = (
            f", {self.exceedances:,} of them above {self.severity.tail.threshold:,.6g}"
            " to a generalised Pareto tail"
            if isinstance(self.severity, Spliced)
            else ""
        )
        above = f" above {self.reporting_threshold:,.6g}" if self.reporting_threshold else ""
        return (
            f"A {self.family} severity was fitted to {counted(self.losses, 'loss', 'losses')}{above}{tail}."
        )

    def summary(self) -> pd.DataFrame:
        """Return the table of parameters."""
        return self.table


def fit_severity(
    losses: npt.ArrayLike,
    *,
    tail_threshold: float | None = None,
    reporting_threshold: float = 0.0,
    family: Family = "lognormal",
) -> SeverityFit:
    """Fit a severity to losses, with a generalised Pareto tail above a threshold where one is given.

    Parameters
    ----------
    losses : array of shape (n,)
        Losses above the reporting threshold, in the unit of money; those at or below it are refused.
    tail_threshold : float, optional
        Where the tail begins; none: no tail of its own.
    reporting_threshold : float
        Losses up to it are not recorded.
    family : {"lognormal", "weibull", "gamma"}
        Of the body.

    Returns
    -------
    SeverityFit
        The body is fitted to the losses between the thresholds given that they are there, the tail to the
        exceedances; the tail's probability is that among all losses, those not reported included.

    Raises
    ------
    ParameterError
        A loss is not finite or not above the reporting threshold, a threshold is out of place, or there are
        fewer than five losses or exceedances, or none of them differ.

    Notes
    -----
    Standard errors are from the observed information; they hold for many losses and, of the tail, for shapes
    above -1/2 (Smith 1985, doi:10.1093/biomet/72.1.67). McNeil, Frey & Embrechts 2015, *Quantitative Risk
    Management*, ch. 5 and 13.

    Examples
    --------
    >>> fit_severity(np.exp([1.0, 2.0, 3.0, 4.0, 5.0])).table.round(4).to_numpy().tolist()
    [['mu', 3.0, 0.6325], ['sigma', 1.4142, 0.4472]]
    """
    seen = _checked(losses, reporting_threshold, tail_threshold)
    if tail_threshold is None:
        body = fit_body(seen, family, reporting_threshold, np.inf)
        made: Body | Spliced = body_of(family, body.estimates)
        names: tuple[str, ...] = _PARAMETERS[family]
        whole, exceedances = body, 0
    else:
        body = fit_body(seen[seen <= tail_threshold], family, reporting_threshold, tail_threshold)
        tail = fit_tail(seen, tail_threshold)
        exceedances = tail.exceedances
        cut = body_of(family, body.estimates)
        split = _fit_split(cut, exceedances / len(seen), len(seen), reporting_threshold, tail_threshold)
        made = Spliced(body=cut, tail=tail.tail, tail_probability=float(split.estimates[0]))
        names, whole = (*_PARAMETERS[family], *_TAIL), _joined(body, tail.part, split)
    return SeverityFit(
        severity=made,
        table=_table(names, whole),
        covariance=whole.covariance,
        log_likelihood=whole.log_likelihood,
        losses=len(seen),
        exceedances=exceedances,
        reporting_threshold=reporting_threshold,
        family=family,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Estimates of some parameters, their covariance, and the log-likelihood."""

    estimates: Floats
    covariance: Floats
    log_likelihood: float


@dataclass(frozen=True, kw_only=True, eq=False)
class TailFit:
    """A generalised Pareto tail, and its estimates, shape and scale."""

    tail: GeneralizedPareto
    part: Part
    exceedances: int


def fit_tail(losses: Floats, threshold: float) -> TailFit:
    """Fit a generalised Pareto distribution to the losses above a threshold.

    By the profile likelihood of shape over scale (see ``fitted_tails``).

    Raises
    ------
    ParameterError
        Fewer than five losses are above the threshold, or they do not differ.
    """
    from statsmodels.tools.numdiff import approx_hess3  # here, for start-up

    excess = losses[losses > threshold] - threshold
    _enough(excess, f"losses above {threshold:,.6g}")
    unit = float(excess.mean())
    scaled = excess / unit
    shape, scale = (float(one[0]) for one in fitted_tails(scaled[None]))

    def likelihood(parameters: Floats) -> float:
        return tail_log_likelihood(scaled, *parameters.tolist())

    estimates = np.array([shape, scale])
    units = np.array([1.0, unit])
    return TailFit(
        tail=GeneralizedPareto(shape=shape, scale=scale * unit, threshold=threshold),
        part=Part(
            estimates=estimates * units,
            covariance=_tail_covariance(approx_hess3(estimates, likelihood), shape, scale, len(excess))
            * np.outer(units, units),
            log_likelihood=likelihood(estimates) - len(excess) * float(np.log(unit)),
        ),
        exceedances=len(excess),
    )


def _tail_covariance(hessian: Floats, shape: float, scale: float, number: int) -> Floats:
    """Inverse observed information; the expected one where that is none.

    It is none as of tails that end (shape below -1/2).
    """
    found = _inverse(-hessian)
    if found is not None:
        return found
    inner = 1.0 + max(shape, _LEAST_REGULAR)
    return inner / number * np.array([[inner, -scale], [-scale, 2.0 * scale**2]])


def _inverse(information: Floats) -> Floats | None:
    """Invert an information matrix; None where it is not positive definite."""
    if not np.isfinite(information).all() or (np.linalg.eigvalsh(information) <= 0).any():
        return None
    return np.asarray(np.linalg.inv(information), dtype=np.float64)


def fit_body(losses: Floats, family: Family, low: float, high: float) -> Part:
    """Fit two parameters to losses between two thresholds, given that they are there."""
    _enough(losses, "losses of the body")
    found = _fit_lognormal(losses, low, high) if family == "lognormal" else _climb(losses, family, low, high)
    if found is None:
        raise TooLittleError(f"the {family} body could not be fitted: the losses do not say where it lies")
    return found


def _fit_lognormal(losses: Floats, low: float, high: float) -> Part | None:
    """Fit the logarithms of losses."""
    logs = np.log(losses)
    found = fit_truncated_normal(logs, float(np.log(low)) if low > 0 else -np.inf, float(np.log(high)))
    covariance = None if found is None else _inverse(found.information)
    if found is None or covariance is None or found.estimates[1] > _WIDEST:
        return None
    return Part(
        estimates=found.estimates,
        covariance=covariance,
        log_likelihood=found.log_likelihood - float(logs.sum()),
    )


def _climb(losses: Floats, family: Family, low: float, high: float) -> Part | None:
    """Climb the likelihood of a family of shape and scale."""
    from statsmodels.tools.numdiff import approx_hess3  # here, for start-up

    unit = float(np.exp(np.log(losses).mean()))
    scaled, bounds = losses / unit, np.array([low, high]) / unit

    def likelihood(parameters: Floats) -> float:
        if (parameters <= 0).any():
            return -np.inf
        made = _of_shape(family, parameters)
        below, above = made.cdf(bounds).tolist()
        return float(_log_density(made, scaled).sum() - len(scaled) * np.log(max(above - below, 1e-300)))

    def negative_log_likelihood(parameters: Floats) -> float:
        return -likelihood(parameters)

    start = np.array([1.0 / float(np.log(scaled).std()), 1.0])
    found = scipy.optimize.minimize(
        negative_log_likelihood,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-10, "maxiter": 4000},
    )
    covariance = _inverse(-approx_hess3(found.x, likelihood)) if found.success else None
    if covariance is None:
        return None
    units = np.array([1.0, unit])
    return Part(
        estimates=found.x * units,
        covariance=covariance * np.outer(units, units),
        log_likelihood=-float(found.fun) - len(losses) * float(np.log(unit)),
    )


def _fit_split(body: Body, share: float, number: int, low: float, high: float) -> Part:
    """Probability of the tail among all losses, of which those up to the lower threshold were not seen."""
    below, up_to = body.cdf(np.array([low, high])).tolist()
    unseen = below / up_to
    slope = (1.0 - unseen) / (1.0 - share * unseen) ** 2
    both = np.array([share, 1.0 - share])
    return Part(
        estimates=np.array([share * (1.0 - unseen) / (1.0 - share * unseen)]),
        covariance=np.array([[slope**2 * share * (1.0 - share) / number]]),
        log_likelihood=float((number * both * np.log(both)).sum()),
    )


def _joined(*parts: Part) -> Part:
    return Part(
        estimates=np.concatenate([part.estimates for part in parts]),
        covariance=scipy.linalg.block_diag(*(part.covariance for part in parts)),
        log_likelihood=sum(part.log_likelihood for part in parts),
    )


def body_of(family: Family, parameters: Floats) -> Body:
    """Return the body of a family with these two parameters."""
    if family == "lognormal":
        return Lognormal(mu=float(parameters[0]), sigma=float(parameters[1]))
    return _of_shape(family, parameters)


def _of_shape(family: Family, parameters: Floats) -> Weibull | Gamma:
    shape, scale = parameters.tolist()
    return (Weibull if family == "weibull" else Gamma)(shape=shape, scale=scale)


def _log_density(made: Weibull | Gamma, losses: Floats) -> Floats:
    logs, ratio = np.log(losses), losses / made.scale
    if isinstance(made, Weibull):
        density = np.log(made.shape) + made.shape * np.log(ratio) - logs - ratio**made.shape
    else:
        density = made.shape * np.log(ratio) - logs - ratio - scipy.special.gammaln(made.shape)
    return np.asarray(density)


def _table(names: tuple[str, ...], whole: Part) -> pd.DataFrame:
    errors = standard_errors(whole.covariance)
    return pd.DataFrame({"parameter": names, "estimate": whole.estimates, "standard_error": errors})


def standard_errors(covariance: Floats) -> Floats:
    """Roots of the variances; NaN where the likelihood has no inner maximum, and so shows none."""
    variances = np.diag(covariance)
    return np.sqrt(np.where(variances > 0, variances, np.nan))


def _checked(losses: npt.ArrayLike, reporting_threshold: float, tail_threshold: float | None) -> Floats:
    seen = np.asarray(losses, dtype=float).ravel()
    if not np.isfinite(seen).all() or not reporting_threshold >= 0 or (seen <= reporting_threshold).any():
        raise ParameterError(
            f"losses must be finite and above the reporting threshold of {reporting_threshold:,.6g},"
            " which is not negative"
        )
    if tail_threshold is not None and not (
        np.isfinite(tail_threshold) and tail_threshold > reporting_threshold
    ):
        raise ParameterError(
            f"the tail begins at {tail_threshold}; expected a threshold above {reporting_threshold:,.6g}"
        )
    return seen


def _enough(losses: Floats, what: str) -> None:
    if len(losses) < _FEWEST or np.ptp(losses) <= 0:
        raise TooLittleError(f"there are {len(losses)} {what}; a fit needs {_FEWEST} that differ")
