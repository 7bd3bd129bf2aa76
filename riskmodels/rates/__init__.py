"""What counts say about the true values behind them: credibility, posteriors, funnels, overdispersion."""

from riskmodels.rates.availability import availability_posterior
from riskmodels.rates.counts import Counts
from riskmodels.rates.credibility import credible_posterior, own_value
from riskmodels.rates.credible import CredibleRates, credibility_rates
from riskmodels.rates.dispersion import overdispersion
from riskmodels.rates.durations import restricted_mean
from riskmodels.rates.funnels import Funnel, funnel
from riskmodels.rates.hyperparameters import HyperparameterGrid, learn_grid
from riskmodels.rates.means import mean_posterior
from riskmodels.rates.peers import peer_values
from riskmodels.rates.posteriors import Posterior, risk_points
from riskmodels.rates.strata import Strata, holm_adjusted

__all__ = [
    "Counts",
    "CredibleRates",
    "Funnel",
    "HyperparameterGrid",
    "Posterior",
    "Strata",
    "availability_posterior",
    "credibility_rates",
    "credible_posterior",
    "funnel",
    "holm_adjusted",
    "learn_grid",
    "mean_posterior",
    "overdispersion",
    "own_value",
    "peer_values",
    "restricted_mean",
    "risk_points",
]
