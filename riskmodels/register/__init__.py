"""The risk register in figures: how often, how much, how well controlled, and the matrix they fall into."""

from riskmodels.register.assessing import RiskAssessment, assess_risks
from riskmodels.register.matrices import MatrixLint, lint_matrix
from riskmodels.register.reconciling import Reconciliation, reconcile_losses

__all__ = [
    "MatrixLint",
    "Reconciliation",
    "RiskAssessment",
    "assess_risks",
    "lint_matrix",
    "reconcile_losses",
]
