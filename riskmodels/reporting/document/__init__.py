"""The management report: executed notebooks become one self-contained document.

The document holds no program, asks no other computer for anything and shows no personal data.
"""

from riskmodels.reporting.document.document import restate_report, write_report
from riskmodels.reporting.document.front import FrontBlock, FrontMatter, KeyFigure, SummaryItem
from riskmodels.reporting.document.standing import Standing, without_standing

__all__ = [
    "FrontBlock",
    "FrontMatter",
    "KeyFigure",
    "Standing",
    "SummaryItem",
    "restate_report",
    "without_standing",
    "write_report",
]
