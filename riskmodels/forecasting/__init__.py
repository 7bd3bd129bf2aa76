"""What will happen: forecasts of panels, as distributions."""

from riskmodels.forecasting.forecasts import DEFAULT_LEVELS, Forecast, Method, forecast
from riskmodels.forecasting.rolling import rolling_scores

__all__ = ["DEFAULT_LEVELS", "Forecast", "Method", "forecast", "rolling_scores"]
