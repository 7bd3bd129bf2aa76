"""The indicators: their definitions, and their values from the tables."""

from riskmodels.catalogue.computation import Frequency, Indicators, indicators
from riskmodels.catalogue.definitions import INDICATORS, Family, Indicator

__all__ = ["INDICATORS", "Family", "Frequency", "Indicator", "Indicators", "indicators"]
