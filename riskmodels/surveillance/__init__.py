"""What is unusual: charts with a known rate of false alarms."""

from riskmodels.surveillance.charts import (
    ApproximateRunLength,
    ewma_run_length,
    shewhart_limit,
    shewhart_run_length,
)
from riskmodels.surveillance.designs import CusumDesigns, design_cusum
from riskmodels.surveillance.run_lengths import RunLength, bernoulli_run_length, cusum_run_length

__all__ = [
    "ApproximateRunLength",
    "CusumDesigns",
    "RunLength",
    "bernoulli_run_length",
    "cusum_run_length",
    "design_cusum",
    "ewma_run_length",
    "shewhart_limit",
    "shewhart_run_length",
]
