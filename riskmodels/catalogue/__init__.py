"""The indicators: their definitions, and their values from the tables."""

from riskmodels.catalogue.computation import Frequency, Indicators, indicators
from riskmodels.catalogue.definitions import INDICATORS, Family, Indicator
from riskmodels.catalogue.values import format_value

__all__ = ["INDICATORS", "Family", "Frequency", "Indicator", "Indicators", "format_value", "indicators"]
