"""What will happen: forecasts of panels, as distributions."""

from riskmodels.forecasting.forecasts import DEFAULT_LEVELS, Forecast, Method, forecast
from riskmodels.forecasting.nowcasting import Nowcast, nowcast

__all__ = ["DEFAULT_LEVELS", "Forecast", "Method", "Nowcast", "forecast", "nowcast"]
