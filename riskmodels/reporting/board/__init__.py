"""The board paper: what is red, what changed, what is coming, what may it cost, what to decide."""

from riskmodels.reporting.board.subjects import write_board

__all__ = ["write_board"]
