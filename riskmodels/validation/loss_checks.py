"""Checks of the loss distribution: computed again, simulated, set beside what was booked."""

import numpy as np
import pandas as pd

from riskmodels.errors import TooLittleError
from riskmodels.losses import GaussianFactor, LossAssessment, aggregate_losses, simulate_losses
from riskmodels.validation.evidence import Measured, largest

_YEARS, _SEED = 50_000, 21  # simulated: the error of a 99.9 % quantile is then about 1 %; any fixed seed
_TWO = 2.0  # standard errors: what chance does in 5 %
_SMALL, _LARGE = 0.001, 0.01  # relative: what is left of rounding, and what no rounding makes
_NEAR, _FAR = 0.02, 0.05  # relative, beyond its own error: twice 1 %; an audit's usual materiality (ISA 320)
_RARE, _VERY_RARE = 0.95, 0.995  # of years: one in 20; one in 200, as Directive 2009/138/EC art. 101 asks
# times the events that are expected of a year: one and two and a half standard errors of a year of a hundred
# losses beside four such years, where the variance is three times the mean; ours
_MANY, _TOO_MANY = 1.2, 1.5
_WIDE = 3.0  # times the estimate: half an order of magnitude; ours
_COMMON = 0.3  # correlation of a common factor of all cells: medium (Cohen 1988)
_MORE = 1.25  # times the value-at-risk: more than what else is rounded in a capital plan; ours
_LEVEL, _SURE = 0.05, 0.001  # p-values
_YEAR = 4  # quarters


def value_at_risk_again(losses: LossAssessment) -> Measured:
    """Largest relative distance of the saved values-at-risk of the total from those of its saved cells."""
    kept, again = losses.distribution, _again(losses)
    saved = [
        kept.table.set_index("cell")["value_at_risk"].iloc[-1],
        losses.intervals.set_index("cell")["value_at_risk"].iloc[-1],
    ]
    return Measured(largest(abs(float(value) / again - 1) for value in saved), _SMALL, _LARGE)


def value_at_risk_simulated(losses: LossAssessment) -> Measured:
    """Relative distance of the saved value-at-risk from simulated years, beyond two standard errors."""
    kept = losses.distribution
    level = min(kept.level, 1 - 1e-3)  # fifty years lie beyond it
    row = simulate_losses(kept.cells, years=_YEARS, seed=_SEED, level=level, dependence=kept.dependence).iloc[
        -1
    ]
    saved = losses.intervals["value_at_risk"].iloc[-1] if level == kept.level else kept.value_at_risk(level)
    beyond = abs(float(saved) - row["value_at_risk"]) - _TWO * row["value_at_risk_error"]
    return Measured(max(beyond, 0.0) / row["value_at_risk"], _NEAR, _FAR)


def booked_year(losses: LossAssessment) -> Measured:
    """Level of the last four quarters' gross losses, counts completed, among the years of the curve."""
    last = _last_year(losses)
    gross = float((last["gross"] / last["completeness"]).sum())
    curve = losses.curve
    level = np.interp(gross, curve["loss"], curve["level"], left=0.0)
    return Measured(float(level), _RARE, _VERY_RARE)


def booked_events(losses: LossAssessment) -> Measured:
    """Number of losses of the last four quarters, completed, over the number that the model expects."""
    last = _last_year(losses)
    expected = sum(cell.frequency.mean for cell in losses.distribution.cells)
    return Measured(float(last["expected"].sum() / expected), _MANY, _TOO_MANY)


def upper_bound_of_value_at_risk(losses: LossAssessment) -> Measured:
    """Upper end of the interval of the total's value-at-risk over the estimate."""
    row = losses.intervals.iloc[-1]
    return Measured(float(row["upper"] / row["value_at_risk"]), _WIDE, np.inf)


def value_at_risk_with_common_factor(losses: LossAssessment) -> Measured:
    """Value-at-risk where all cells share a factor, over that of the model."""
    kept = losses.distribution
    moved = aggregate_losses(
        kept.cells, dependence=GaussianFactor(correlation=_COMMON), level=kept.level
    ).table["value_at_risk"]
    return Measured(float(moved.iloc[-1]) / _again(losses), _MORE, np.inf)


def worst_goodness(losses: LossAssessment) -> Measured:
    """Smallest p-value of the tests of the severity of the whole bank."""
    return Measured(float(losses.goodness["p_value"].min()), _LEVEL, _SURE)


def tail_from_other_thresholds(losses: LossAssessment) -> Measured:
    """Distance of the tail's shape from those that other thresholds give, in their standard errors."""
    table = losses.diagnostics.table
    beyond = table[table["threshold"] >= losses.tail.tail.threshold]
    distance = (beyond["shape"] - losses.tail.tail.shape).abs() / beyond["shape_error"]
    return Measured(float(distance.max()), 2.0, 4.0)  # standard errors: 5 % by chance; hardly ever


def _last_year(losses: LossAssessment) -> pd.DataFrame:
    """Return the last four quarters; raises TooLittleError where they are not known as a whole."""
    last = losses.quarters.tail(_YEAR)
    if len(last) < _YEAR or ("known" in last and (last["known"] < 1).any()):
        raise TooLittleError("no year of losses is known as a whole")
    return last


def _again(losses: LossAssessment) -> float:
    kept = losses.distribution
    made = aggregate_losses(kept.cells, dependence=kept.dependence, level=kept.level)
    return float(made.table["value_at_risk"].iloc[-1])
