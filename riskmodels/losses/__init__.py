"""What losses may cost: their number and size, and the distribution of their sum."""

from riskmodels.losses.aggregate import LossDistribution, aggregate_losses
from riskmodels.losses.capital import basel_capital
from riskmodels.losses.cells import LossCell
from riskmodels.losses.contributions import euler_contributions
from riskmodels.losses.cover import AnnualCover, annual_cover
from riskmodels.losses.dependence import GaussianFactor, StudentFactor
from riskmodels.losses.diagnostics import TailDiagnostics, tail_diagnostics, tail_thresholds
from riskmodels.losses.elicitation import Mixture, elicited_severity, inflate_to
from riskmodels.losses.experience import LossAssessment, assess_losses, assess_losses_if_sufficient
from riskmodels.losses.fitting import SeverityFit, fit_severity
from riskmodels.losses.frequency import FrequencyFit, NegativeBinomial, Poisson, fit_frequency
from riskmodels.losses.goodness import goodness_of_fit
from riskmodels.losses.insurance import Retained
from riskmodels.losses.intervals import profile_interval
from riskmodels.losses.severity import (
    Exponential,
    Gamma,
    GeneralizedPareto,
    Levy,
    Lognormal,
    Spliced,
    Weibull,
)
from riskmodels.losses.simulation import simulate_losses
from riskmodels.losses.uncertainty import FittedCell, value_at_risk_intervals

__all__ = [
    "AnnualCover",
    "Exponential",
    "FittedCell",
    "FrequencyFit",
    "Gamma",
    "GaussianFactor",
    "GeneralizedPareto",
    "Levy",
    "Lognormal",
    "LossAssessment",
    "LossCell",
    "LossDistribution",
    "Mixture",
    "NegativeBinomial",
    "Poisson",
    "Retained",
    "SeverityFit",
    "Spliced",
    "StudentFactor",
    "TailDiagnostics",
    "Weibull",
    "aggregate_losses",
    "annual_cover",
    "assess_losses",
    "assess_losses_if_sufficient",
    "basel_capital",
    "elicited_severity",
    "euler_contributions",
    "fit_frequency",
    "fit_severity",
    "goodness_of_fit",
    "inflate_to",
    "profile_interval",
    "simulate_losses",
    "tail_diagnostics",
    "tail_thresholds",
    "value_at_risk_intervals",
]
