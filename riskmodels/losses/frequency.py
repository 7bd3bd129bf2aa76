"""How many losses a year: Poisson, and negative binomial where years differ by more than chance."""

from dataclasses import dataclass, replace

import numpy as np

from riskmodels.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class NegativeBinomial:
    """Negative binomial, by mean (> 0) [losses a year] and dispersion (> 0): variance = mean + dispersion · mean²."""

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
