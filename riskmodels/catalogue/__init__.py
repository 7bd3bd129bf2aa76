"""The indicators: their definitions, and their values from the tables."""

from riskmodels.catalogue.computation import Indicators, indicators, reasons_of, unused_observations
from riskmodels.catalogue.definitions import INDICATORS, SHARES
from riskmodels.catalogue.doubts import find_doubts
from riskmodels.catalogue.entry import Family, Indicator
from riskmodels.catalogue.partial import why_partial, without_partial_rates
from riskmodels.catalogue.spans import Frequency
from riskmodels.catalogue.unmatched import compare_names, likely_name, unmatched_names
from riskmodels.catalogue.values import format_value

__all__ = [
    "INDICATORS",
    "SHARES",
    "Family",
    "Frequency",
    "Indicator",
    "Indicators",
    "compare_names",
    "find_doubts",
    "format_value",
    "indicators",
    "likely_name",
    "reasons_of",
    "unmatched_names",
    "unused_observations",
    "why_partial",
    "without_partial_rates",
]
