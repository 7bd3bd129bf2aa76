"""The management report: executed notebooks become one self-contained document.

The document holds no program, asks no other computer for anything and shows no personal data.
"""

from riskmodels.reporting.document.document import restate_report, write_report
from riskmodels.reporting.document.front import FrontBlock, FrontMatter, KeyFigure, Rating, SummaryItem
from riskmodels.reporting.document.paper import Chart, Paper, PaperPage, PaperTable, Tile, write_paper
from riskmodels.reporting.document.standing import Standing, draft, without_standing

__all__ = [
    "Chart",
    "FrontBlock",
    "FrontMatter",
    "KeyFigure",
    "Paper",
    "PaperPage",
    "PaperTable",
    "Rating",
    "Standing",
    "SummaryItem",
    "Tile",
    "draft",
    "restate_report",
    "without_standing",
    "write_paper",
    "write_report",
]
