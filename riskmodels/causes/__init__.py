"""Why it happened: what explains a finding, an alarm or a movement, and what satisfaction goes with."""

from riskmodels.causes.counting import TwoPeriods, count_two_periods
from riskmodels.causes.decomposition import Decomposition, decompose_change
from riskmodels.causes.explaining import Causes, explain_findings
from riskmodels.causes.index import SatisfactionIndex, satisfaction_index
from riskmodels.causes.satisfaction import SatisfactionDrivers, satisfaction_drivers
from riskmodels.causes.segments import Segments, find_segments

__all__ = [
    "Causes",
    "Decomposition",
    "SatisfactionDrivers",
    "SatisfactionIndex",
    "Segments",
    "TwoPeriods",
    "count_two_periods",
    "decompose_change",
    "explain_findings",
    "find_segments",
    "satisfaction_drivers",
    "satisfaction_index",
]
