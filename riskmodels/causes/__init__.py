"""Why it happened: what explains a finding, an alarm or a movement."""

from riskmodels.causes.counting import TwoPeriods, count_two_periods
from riskmodels.causes.decomposition import Decomposition, decompose_change
from riskmodels.causes.explaining import Causes, explain_findings
from riskmodels.causes.segments import Segments, find_segments

__all__ = [
    "Causes",
    "Decomposition",
    "Segments",
    "TwoPeriods",
    "count_two_periods",
    "decompose_change",
    "explain_findings",
    "find_segments",
]
