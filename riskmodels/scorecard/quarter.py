"""One quarter after another: the scorecard, and what moved since the one before."""

from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.periods.quarters import check_quarter
from riskmodels.scorecard.movement import Movements, explain_movement, no_movements
from riskmodels.scorecard.scoring import Scorecard, gather_levels, score, score_gathered
from riskmodels.tables import Tables
from riskmodels.tables.coverage import lacking_sentence, months_lacking

# Most indicators, and most of the weight, are of these.
_COMPARED = ("complaints", "complaint_counts", "exposure")


def score_quarter(
    tables: Tables,
    policy: Policy,
    *,
    period: str,
    previous: Scorecard | None = None,
    register: RiskRegister | None = None,
) -> tuple[Scorecard, Movements]:
    """Score a quarter, and explain what moved since the one before.

    Parameters
    ----------
    tables, policy, register
        As for ``score``.
    period : str
        Quarter, e.g. ``2026Q3``.
    previous : Scorecard, optional
        That of the quarter before as it was made then; without it, or where it is of another quarter, the one
        that today's data and policy give, so that nothing is revised.

    Returns
    -------
    Scorecard
        Of the quarter; ratings that still hold are kept.
    Movements
        Empty where the data do not know the quarter before, or one of the two only in part: a month or two
        are not compared with a quarter.

    Raises
    ------
    ParameterError
        The period is no quarter, or the source has no data in it.
    """
    before = str(check_quarter(period) - 1)
    for quarter in (before, period):
        if partly := _partly_known(tables, quarter):
            return score(tables, policy, period=period, register=register), no_movements(period, why=partly)
    levels = gather_levels(tables, policy, [before, period])
    try:
        revised = score_gathered(levels, tables, policy, period=before, register=register)
    except ParameterError:
        return score(tables, policy, period=period, register=register), no_movements(period)
    earlier = previous if previous is not None and previous.period == before else revised
    card = score_gathered(levels, tables, policy, period=period, previous=earlier, register=register)
    return card, explain_movement(earlier, revised, card)


def _partly_known(tables: Tables, quarter: str) -> str:
    """Say what complaints, or accounts, of a quarter are not known; nothing where all are."""
    lacking = months_lacking(tables, quarter)
    return lacking_sentence(lacking[lacking["table"].isin(_COMPARED)], quarter)
