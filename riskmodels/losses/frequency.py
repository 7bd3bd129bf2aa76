"""How many losses a year: Poisson, and negative binomial where years differ by more than chance."""

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import counted

FrequencyFamily = Literal["auto", "poisson", "negative_binomial"]
_FEWEST = 3  # periods: with two, dispersion is one difference


@dataclass(frozen=True)
class Poisson:
    """Poisson, by its rate (> 0) [losses a year]."""

    rate: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise ParameterError(f"the rate is {self.rate}; expected a positive number")

    @property
    def mean(self) -> float:
        """Mean [losses a year]."""
        return self.rate

    @property
    def dispersion(self) -> float:
        """None: the variance is the mean."""
        return 0.0

    def thinned(self, share: float) -> "Poisson":
        """Return the number of losses of which each counts with a probability."""
        return replace(self, rate=self.rate * share)


@dataclass(frozen=True)
class NegativeBinomial:
    """Negative binomial by mean [losses a year] and dispersion, > 0: variance = mean + dispersion · mean²."""

    mean: float
    dispersion: float

    def __post_init__(self) -> None:
        for name in ("mean", "dispersion"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ParameterError(f"the {name} is {value}; expected a positive number")

    def thinned(self, share: float) -> "NegativeBinomial":
        """Return the number of losses of which each counts with a probability."""
        return replace(self, mean=self.mean * share)


Frequency = Poisson | NegativeBinomial


def frequency_of(mean: float, dispersion: float) -> Frequency:
    """Return a negative binomial number of losses, or a Poisson one where there is no dispersion."""
    return NegativeBinomial(mean=mean, dispersion=dispersion) if dispersion > 0 else Poisson(rate=mean)


@dataclass(frozen=True, kw_only=True, eq=False)
class FrequencyFit(Displayed):
    """Numbers of losses fitted by exposure and covariates.

    Attributes
    ----------
    table : DataFrame
        ``parameter`` (``log_rate``, those of the covariates, and ``dispersion`` where it is negative
        binomial), ``estimate``, ``standard_error``.
    covariance : ndarray, shape (p, p)
        Of the estimates, in the order of the table.
    log_likelihood : float
        Of the counts.
    periods : int
        Number of counts.
    exposure : float
        Their exposure, all together.
    """

    table: pd.DataFrame
    covariance: Floats
    log_likelihood: float
    periods: int
    exposure: float

    def frequency(self, exposure: float = 1.0, covariates: npt.ArrayLike = ()) -> Frequency:
        """Return the number of losses at an exposure, and at values of the covariates."""
        values = np.asarray(covariates, dtype=float)
        estimates = self.table["estimate"].to_numpy()
        dispersed = self.table["parameter"].iloc[-1] == "dispersion"
        slopes = estimates[1 : len(estimates) - dispersed]
        if values.shape != slopes.shape:
            raise ParameterError(f"the fit has {len(slopes)} covariates; {values.size} values were given")
        mean = float(exposure * np.exp(estimates[0] + slopes @ values))
        return frequency_of(mean, float(estimates[-1]) if dispersed else 0.0)

    @property
    def sentence(self) -> str:
        """Say what was fitted to how many counts."""
        kind = "negative binomial" if "dispersion" in {*self.table["parameter"]} else "Poisson"
        periods = counted(self.periods, "period", "periods")
        return f"{kind.capitalize()} numbers of losses were fitted to {periods}."

    def summary(self) -> pd.DataFrame:
        """Return the table of parameters."""
        return self.table


def fit_frequency(
    counts: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    covariates: pd.DataFrame | None = None,
    family: FrequencyFamily = "auto",
) -> FrequencyFit:
    """Fit the number of losses a period by exposure and covariates.

    Parameters
    ----------
    counts : array of shape (n,)
        Losses of each period.
    exposure : array of shape (n,), optional
        What they are proportional to (> 0), such as years, accounts, or years times the share of the losses
        of a period that is recorded by now (see ``nowcast``); one without.
    covariates : DataFrame of n rows, optional
        What the rate depends on, log-linearly; take their means off first, so that ``log_rate`` is that of a
        usual period.
    family : {"auto", "poisson", "negative_binomial"}
        ``auto`` is negative binomial where Akaike's criterion says so.

    Returns
    -------
    FrequencyFit
        By maximum likelihood, standard errors from the observed information.

    Raises
    ------
    ParameterError
        There are fewer than three periods or no loss, a count is negative or no whole number, an exposure is
        not positive, a covariate is not finite, or the counts vary less than Poisson and a negative binomial
        is asked for.

    Examples
    --------
    >>> round(fit_frequency([4, 6, 5, 5], [1, 1, 1, 1]).frequency(2.0).mean, 6)
    10.0
    """
    from statsmodels.discrete import discrete_model  # here, for start-up

    number, base, design = _checked(counts, exposure, covariates)
    poisson = _quietly(discrete_model.Poisson(number, design, exposure=base))
    best, names = poisson, list(design.columns)
    pearson = float((((number - poisson.predict()) ** 2) / poisson.predict()).sum())
    spread = pearson > len(number) - len(names)
    if family == "negative_binomial" and not spread:
        raise ParameterError("the counts vary less than Poisson: there is no dispersion to fit")
    if family != "poisson" and spread:
        fitted = _dispersed(number, base, design)
        if fitted is not None and (fitted.aic < poisson.aic or family == "negative_binomial"):
            best, names = fitted, [*names, "dispersion"]
    table = pd.DataFrame(
        {"parameter": names, "estimate": best.params.to_numpy(), "standard_error": best.bse.to_numpy()}
    )
    return FrequencyFit(
        table=table,
        covariance=best.cov_params().to_numpy(),
        log_likelihood=float(best.llf),
        periods=len(number),
        exposure=float(base.sum()),
    )


def _dispersed(number: Floats, base: Floats, design: pd.DataFrame) -> Any:
    """Fit a negative binomial; None where its likelihood has no inner maximum."""
    from statsmodels.discrete import discrete_model  # here, for start-up

    fitted = _quietly(discrete_model.NegativeBinomial(number, design, exposure=base))
    try:
        variances = np.diag(fitted.cov_params())
    except ValueError:  # the likelihood is flat
        return None
    if not fitted.mle_retvals["converged"]:
        return None
    inner = fitted.params.iloc[-1] > 0 and np.isfinite(variances).all() and (variances > 0).all()
    return fitted if inner else None


def _quietly(model: Any) -> Any:
    """Fit a model; what it warns of is looked at, or is counts that are all alike."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(disp=0, warn_convergence=False, maxiter=500)


def _checked(
    counts: npt.ArrayLike, exposure: npt.ArrayLike | None, covariates: pd.DataFrame | None
) -> tuple[Floats, Floats, pd.DataFrame]:
    number = np.asarray(counts, dtype=float)
    base = np.ones_like(number) if exposure is None else np.asarray(exposure, dtype=float)
    whole = np.isfinite(number).all() and (number >= 0).all() and (number == np.round(number)).all()
    if number.ndim != 1 or len(number) < _FEWEST or not whole or not number.sum() > 0:
        raise ParameterError("counts must be whole numbers of at least three periods, with a loss among them")
    if base.shape != number.shape or not ((base > 0) & (base < np.inf)).all():
        raise ParameterError("every count needs a positive exposure")
    design = pd.DataFrame({"log_rate": np.ones(len(number))})
    if covariates is not None:
        if len(covariates) != len(number) or not np.isfinite(covariates.to_numpy(dtype=float)).all():
            raise ParameterError("every count needs finite covariates")
        design = pd.concat([design, covariates.reset_index(drop=True).astype(float)], axis=1)
    return number, base, design
