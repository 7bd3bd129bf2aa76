"""How well we knew: forecasts made again from earlier periods, scored on what then happened."""

from riskmodels.backtesting.as_of import AsOf, panels_as_of
from riskmodels.backtesting.backtests import Backtest, backtest
from riskmodels.backtesting.recent import outlook_before, track_record
from riskmodels.backtesting.reviewing import ForecastReview, review_forecast

__all__ = [
    "AsOf",
    "Backtest",
    "ForecastReview",
    "backtest",
    "outlook_before",
    "panels_as_of",
    "review_forecast",
    "track_record",
]
