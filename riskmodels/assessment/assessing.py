"""Check the results of one quarter by every criterion."""

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from riskmodels.assessment import data as of_data
from riskmodels.assessment.actions import check_actions
from riskmodels.assessment.alarms import check_alarms
from riskmodels.assessment.bank import check_bank
from riskmodels.assessment.due import Due
from riskmodels.assessment.findings import SEVERITIES, Finding, Findings, finding_id
from riskmodels.assessment.following import follow
from riskmodels.assessment.groups import check_groups
from riskmodels.assessment.incidents import check_incidents
from riskmodels.assessment.inputs import Inputs
from riskmodels.assessment.known_names import check_names
from riskmodels.assessment.naming import names_of
from riskmodels.assessment.objectives import check_objectives
from riskmodels.assessment.outlook import check_outlook
from riskmodels.assessment.plans import check_plans
from riskmodels.assessment.review import check_review
from riskmodels.assessment.risks import check_risks
from riskmodels.assessment.scenarios import check_each_once, check_scenarios
from riskmodels.assessment.tracking import check_due, check_lapsed, check_ledger
from riskmodels.assessment.units import check_units, expected_false_share
from riskmodels.assessment.unregistered import check_unregistered
from riskmodels.backtesting import ForecastReview
from riskmodels.comparisons import CustomerGaps
from riskmodels.effects import Effects, IncidentReview
from riskmodels.forecasting import Forecast
from riskmodels.parameters.plans import Plans
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.register import RiskAssessment
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.surveillance import AlarmBook, Objectives
from riskmodels.tables import Tables

CRITERIA: tuple[Callable[[Inputs], Iterator[Finding]], ...] = (
    check_bank,
    check_units,
    check_groups,
    check_risks,
    check_unregistered,
    check_outlook,
    check_alarms,
    check_objectives,
    check_actions,
    check_incidents,
    check_due,
    check_lapsed,
    check_ledger,
    check_review,
    check_scenarios,
    check_plans,
    of_data.check_rejected,
    of_data.check_holes,
    of_data.check_changes,
    of_data.check_quality,
    of_data.check_unused,
    of_data.check_period,
    of_data.check_lacking,
    check_names,
)


def assess(
    policy: Policy,
    *,
    data: Tables,
    scorecard: Scorecard,
    register: RiskRegister | None = None,
    risks: RiskAssessment | None = None,
    gaps: CustomerGaps | None = None,
    forecast: Forecast | None = None,
    stress: Sequence[StressTest] = (),
    plans: Plans | None = None,
    alarms: AlarmBook | None = None,
    objectives: Objectives | None = None,
    effects: Effects | None = None,
    incidents: IncidentReview | None = None,
    review: ForecastReview | None = None,
    due: Due | None = None,
    earlier: Findings | None = None,
) -> Findings:
    """Check the results of one quarter by every criterion, and record what was found and what passed.

    Parameters
    ----------
    policy : Policy
        What is asked.
    data : Tables
        For rejected rows and holes, the quality of the data and what changed since the last delivery.
    scorecard : Scorecard
        Rated indicators and units.
    register : RiskRegister, optional
        Where causes, consequences, actions and owners come from.
    risks : RiskAssessment, optional
        What the risks of the register cost.
    gaps : CustomerGaps, optional
        Customer groups against each other.
    forecast : Forecast, optional
        Complaints ahead.
    stress : sequence of StressTest
        Scenarios.
    plans : Plans, optional
        The bank's contingency plans, for the scenarios that were run.
    alarms : AlarmBook, optional
        What is watched, and its alarms.
    objectives : Objectives, optional
        Which objectives of the year will be met.
    effects : Effects, optional
        Whether corrective actions worked.
    incidents : IncidentReview, optional
        How major incidents were dealt with.
    review : ForecastReview, optional
        The earlier forecast against what came.
    due : Due, optional
        What the ledger says is to be done, and until when what covers a finding.
    earlier : Findings, optional
        Of the last report before, for what is new, worse, better, closed and re-opened since.

    Returns
    -------
    Findings
        A finding is an indicator of the bank rated red or amber, a unit beyond a limit (chosen among all),
        a customer group that is worse off, a risk beyond the appetite, a likely rise of complaints, more of
        them than the earlier forecast held likely, an alarm of the quarter that nobody answers for, an
        objective that is very likely missed, an action that made it worse, a major incident that missed a
        limit of time or was worse than its scenario, an action or a finding from elsewhere that is overdue,
        what covered one until a day that is over, a ledger that is not whole, a scenario that turns
        indicators red or is not prepared for, and what is wrong with the data. What was checked and is none
        is recorded beside them.

    Raises
    ------
    ParameterError
        A scenario is there twice at one severity.

    Notes
    -----
    Causes are those that the risk register names for the indicator: presumed, until somebody confirms
    them. Of many units those are findings whose probabilities keep the expected share of false ones within
    the policy's ``findings.false_share`` (``check_units``).
    """
    check_each_once(stress)
    inputs = Inputs(
        policy=policy,
        data=data,
        scorecard=scorecard,
        register=register,
        risks=risks,
        gaps=gaps,
        forecast=forecast,
        stress=stress,
        plans=plans,
        alarms=alarms,
        objectives=objectives,
        effects=effects,
        incidents=incidents,
        review=review,
        due=due,
    )
    found = [finding for criterion in CRITERIA for finding in criterion(inputs)]
    found.sort(key=lambda one: SEVERITIES.index(one.severity))
    facts = _frame(found)
    return Findings(
        facts=facts,
        names=names_of(found, inputs),
        period=scorecard.period,
        as_of=data.as_of,
        policy=policy.valid_from,
        data_digest=data.digest,
        false_share=expected_false_share(found),
        follow_up=follow(facts, inputs, earlier),
    )


def _frame(found: list[Finding]) -> pd.DataFrame:
    """Put facts in a table; figures as JSON, an unknown one as null."""
    table = pd.DataFrame(found, columns=list(Finding._fields))
    table["figures"] = [json.dumps(_plain(one.figures), ensure_ascii=False) for one in found]
    table.insert(0, "finding_id", [finding_id(*one[:4]) for one in found])
    words = ["finding_id", *Finding._fields[:5], "figures"]
    numbers = list(Finding._fields[5:9])
    return table.astype(dict.fromkeys(words, "str") | dict.fromkeys(numbers, "float64"))


def _plain(value: object) -> object:
    """Turn what figures hold into what JSON has: unknown becomes null, numpy's numbers plain ones."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
