"""What is unusual: charts with a known rate of false alarms."""

from riskmodels.surveillance.books import AlarmBook
from riskmodels.surveillance.charts import (
    ApproximateRunLength,
    ewma_run_length,
    shewhart_limit,
    shewhart_run_length,
)
from riskmodels.surveillance.designs import CusumDesigns, design_cusum
from riskmodels.surveillance.farrington import Farrington, FarringtonBounds, farrington_bounds
from riskmodels.surveillance.many import Discoveries, discover, stand_out
from riskmodels.surveillance.objectives import Objectives, track_objectives
from riskmodels.surveillance.rules import keep_watch, last_day
from riskmodels.surveillance.run_lengths import RunLength, bernoulli_run_length, cusum_run_length
from riskmodels.surveillance.since import LevelChanges, find_changes
from riskmodels.surveillance.watching import Alarms, watch
from riskmodels.surveillance.watching_indicators import watch_indicator

__all__ = [
    "AlarmBook",
    "Alarms",
    "ApproximateRunLength",
    "CusumDesigns",
    "Discoveries",
    "Farrington",
    "FarringtonBounds",
    "LevelChanges",
    "Objectives",
    "RunLength",
    "bernoulli_run_length",
    "cusum_run_length",
    "design_cusum",
    "discover",
    "ewma_run_length",
    "farrington_bounds",
    "find_changes",
    "keep_watch",
    "last_day",
    "shewhart_limit",
    "shewhart_run_length",
    "stand_out",
    "track_objectives",
    "watch",
    "watch_indicator",
]
