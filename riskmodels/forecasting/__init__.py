"""What will happen: forecasts of panels, as distributions."""

from riskmodels.forecasting.forecasts import DEFAULT_LEVELS, Forecast, Method, forecast

__all__ = ["DEFAULT_LEVELS", "Forecast", "Method", "forecast"]
