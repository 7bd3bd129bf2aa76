"""Checks of the scorecard and of what stands behind it: credibility, weights, gaps, orders, the register."""

import numpy as np
import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.comparisons import CustomerGaps, Orders
from riskmodels.errors import TooLittleError
from riskmodels.register import RiskAssessment
from riskmodels.scorecard import Robustness, Scorecard, Sensitivity
from riskmodels.tables import DataQuality
from riskmodels.validation.evidence import Measured
from riskmodels.validation.scorecards import ScorecardValidation

_FEWEST = 10  # units of an indicator, below which an order of them shows nothing
# of units that lie nearer to their peers than alone: all but those that their earlier quarters hold; one in
# twenty of these, one in five: our choice
_DRAWN, _NOT_DRAWN = 0.95, 0.8
_GROWS, _FALLS = 0.2, 0.0  # rank correlation of a unit's weight with its size: clearly up; down
_SAME = 1e-9  # relative: what floating-point numbers leave
_CHANCE = 0.5  # area under the curve of a score that knows nothing
_ALIKE, _UNLIKE = 0.8, 0.5  # rank correlations: very strong (Evans 1996), large (Cohen 1988)
# of units re-rated without one indicator: about its share of a dozen, thrice that; ours
_RERATED, _MANY = 0.1, 0.25
_THREE = 3.0  # standard errors: what chance hardly does
_FALSE, _TWICE = 0.10, 0.20  # of findings about units: as the shipped policy has it, and twice that
# of pairs in the wrong order, which any matrix has (Cox 2008): one in 20, in 5; ours
_REVERSED, _OFTEN = 0.05, 0.2


def drawn_to_peers(card: Scorecard) -> Measured:
    """Share of units whose estimate is not farther from their peers than their own value."""
    rows = _shrunk(card)
    near = (rows["estimate"] - rows["peers"]).abs() <= (rows["own"] - rows["peers"]).abs() * (1 + _SAME)
    small = rows["own_size"] < 1  # half a case of each kind is more than all that they have
    return Measured(float(near[~small].mean()), _DRAWN, _NOT_DRAWN)


def weight_grows_with_size(card: Scorecard) -> Measured:
    """Median over indicators of the rank correlation of a unit's own weight with its size."""
    rows = _shrunk(card)
    rows = rows.assign(own_weight=(rows["estimate"] - rows["peers"]) / (rows["own"] - rows["peers"]))
    ranked = rows.groupby("indicator_id")[["own_weight", "own_size"]].rank()
    parts = [part for _, part in ranked.groupby(rows["indicator_id"]) if len(part) >= _FEWEST]
    found = [float(np.corrcoef(part.to_numpy().T)[0, 1]) for part in parts if np.ptp(part["own_size"]) > 0]
    return Measured(float(np.median(found)) if found else float("nan"), _GROWS, _FALLS)


def score_again(card: Scorecard) -> Measured:
    """Largest distance of a saved score from the weighted mean of the saved points [points]."""
    rows = card.units.dropna(subset=["points"])
    sums = (rows["points"] * rows["weight"]).groupby(rows["unit_id"]).sum()
    again = sums / rows["weight"].groupby(rows["unit_id"]).sum()
    distance = (again - card.table.set_index("unit_id")["score"]).abs()
    return Measured(float(distance.max()), 0.01, 1.0)  # points of a hundred: rounding; what is seen


def foresight(found: ScorecardValidation) -> Measured:
    """Lowest lower end of the score's area under the curve over the outcomes that are counted."""
    rows = found.table[(found.table["predictor"] == "score") & found.table["counted"]]
    return Measured(float(rows["auc_lower"].min()), _CHANCE, _CHANCE - 0.25)  # far below: it misleads


def loss_of_order(found: ScorecardValidation) -> Measured:
    """Smallest upper end of the difference of the areas of the score and of the raw complaint rate."""
    rows = found.differences
    rows = rows[(rows["predictor"] == "score") & (rows["other"] == "raw_rate")]
    return Measured(float(rows["upper"].min()), 0.0, -0.25)  # the rate is better; far better


def equal_weights(weightings: Robustness) -> Measured:
    """Rank correlation of the scores with those of equal weights."""
    rows = weightings.table[weightings.table["way"] == "equal"]
    return Measured(float(rows["rank_correlation"].min()), _ALIKE, _UNLIKE)


def one_indicator_less(weightings: Robustness) -> Measured:
    """Largest share of units that get another rating when one indicator is left out."""
    rows = weightings.table[weightings.table["kind"] == "without"]
    units = weightings.units["unit_id"].nunique()
    return Measured(float(rows["ratings_changed"].max() / max(units, 1)), _RERATED, _MANY)


def shares_of_variance(found: Sensitivity) -> Measured:
    """Largest excess of an input's first-order share over its total share, in standard errors."""
    rows = found.table
    error = (rows["first_error"] ** 2 + rows["total_error"] ** 2) ** 0.5
    excess = ((rows["first"] - rows["total"]) / error.where(error > 0)).max()
    return Measured(float(excess), _THREE, 2 * _THREE)


def gaps_add_up(gaps: CustomerGaps) -> Measured:
    """Share of gaps whose figures disagree: the interval without its estimate, a finding that is not sure."""
    rows = gaps.table.dropna(subset=["difference"])
    wrong = (rows["difference"] < rows["lower"]) | (rows["difference"] > rows["upper"])
    wrong |= rows["finding"].astype(bool) & (rows["p_adjusted"] > 1 - gaps.certainty)
    wrong |= rows["p_adjusted"] < rows["p"] * (1 - _SAME)
    return Measured(float(wrong.mean()) if len(rows) else float("nan"), 0.0, 0.0)


def ranks_within_intervals(orders: Orders) -> Measured:
    """Share of places outside the interval of the place."""
    rows = orders.table.dropna(subset=["rank"])
    wrong = (rows["rank"] < rows["rank_lower"]) | (rows["rank"] > rows["rank_upper"])
    return Measured(float(wrong.mean()) if len(rows) else float("nan"), 0.1, 0.3)  # 90 % intervals; thrice


def matrix_breaks(risks: RiskAssessment) -> Measured:
    """Number of Cox's rules that the risk matrix breaks."""
    if risks.lint is None:
        raise TooLittleError("the policy has no risk matrix")
    return Measured(float((~risks.lint.table["passed"].astype(bool)).sum()), 0.0, 2.0)  # most of the rules


def misordered_risks(risks: RiskAssessment) -> Measured:
    """Share of pairs of risks that the matrix puts in the wrong order."""
    return Measured(float(risks.misordered), _REVERSED, _OFTEN)


def residual_within_inherent(risks: RiskAssessment) -> Measured:
    """Share of risks whose controls make them larger."""
    rows = risks.table.dropna(subset=["residual_loss", "inherent_loss"])
    wrong = rows["residual_loss"] > rows["inherent_loss"] * (1 + 1e-6)  # what draws leave
    return Measured(float(wrong.mean()) if len(rows) else float("nan"), 0.0, 0.0)


def false_findings(found: Findings) -> Measured:
    """Share of the findings about units that is expected to be false."""
    return Measured(float(found.false_share), _FALSE, _TWICE)


def quality_scores_again(quality: DataQuality) -> Measured:
    """Largest distance of a saved score from one less failed over checked."""
    rows = quality.table[quality.table["checked"] > 0]
    distance = (1 - rows["failed"] / rows["checked"] - rows["score"]).abs()
    return Measured(float(distance.max()), 1e-6, 0.01)  # rounding; what is seen


def _shrunk(card: Scorecard) -> pd.DataFrame:
    """Rows of units with peers, an own value that differs from theirs, and an estimate."""
    rows = card.units.dropna(subset=["own", "peers", "estimate", "own_size"])
    apart = (rows["own"] - rows["peers"]).abs() > _SAME * rows["peers"].abs()
    return rows[apart]
