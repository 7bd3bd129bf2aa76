"""The management report: executed notebooks become one self-contained document.

The document holds no program, asks no other computer for anything and shows no personal data.
"""

from riskmodels.reporting.document.document import write_report
from riskmodels.reporting.document.front import FrontBlock, FrontMatter, KeyFigure, SummaryItem

__all__ = ["FrontBlock", "FrontMatter", "KeyFigure", "SummaryItem", "write_report"]
