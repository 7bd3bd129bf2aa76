"""Why it happened: what explains a finding, an alarm or a movement, and what satisfaction goes with."""

from riskmodels.causes.counting import TwoPeriods, count_two_periods
from riskmodels.causes.decomposition import Decomposition, decompose_change
from riskmodels.causes.explaining import Causes, explain_findings
from riskmodels.causes.index import SatisfactionIndex, satisfaction_index
from riskmodels.causes.leads import Leads, find_leads, leads_of_findings
from riskmodels.causes.satisfaction import SatisfactionDrivers, satisfaction_drivers
from riskmodels.causes.segment_narratives import words_of_segment
from riskmodels.causes.segments import Segments, find_segments
from riskmodels.causes.typical_words import TypicalWords, compare_narratives

__all__ = [
    "Causes",
    "Decomposition",
    "Leads",
    "SatisfactionDrivers",
    "SatisfactionIndex",
    "Segments",
    "TwoPeriods",
    "TypicalWords",
    "compare_narratives",
    "count_two_periods",
    "decompose_change",
    "explain_findings",
    "find_leads",
    "find_segments",
    "leads_of_findings",
    "satisfaction_drivers",
    "satisfaction_index",
    "words_of_segment",
]
