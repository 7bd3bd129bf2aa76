"""What will happen: forecasts of panels, as distributions."""

from riskmodels.forecasting.explaining import REASONS, Explanation, explain
from riskmodels.forecasting.forecasts import (
    DEFAULT_LEVELS,
    FINAL,
    LONGEST_HORIZON,
    Forecast,
    Method,
    forecast,
)
from riskmodels.forecasting.nowcasting import Nowcast, nowcast, nowcast_where_logged

__all__ = [
    "DEFAULT_LEVELS",
    "FINAL",
    "LONGEST_HORIZON",
    "REASONS",
    "Explanation",
    "Forecast",
    "Method",
    "Nowcast",
    "explain",
    "forecast",
    "nowcast",
    "nowcast_where_logged",
]
