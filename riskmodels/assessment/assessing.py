"""Draw findings from the results of one quarter."""

from collections.abc import Sequence

import pandas as pd

from riskmodels.assessment.evidence import (
    change_findings,
    data_findings,
    failed_check_findings,
    lacking_findings,
    unfinished_findings,
    unused_findings,
)
from riskmodels.assessment.fairness import gap_findings
from riskmodels.assessment.findings import Finding, Findings
from riskmodels.assessment.future import forecast_findings, stress_findings
from riskmodels.assessment.present import (
    bank_findings,
    local_findings,
    unit_findings,
    unit_indicator_findings,
)
from riskmodels.assessment.register import risk_findings
from riskmodels.comparisons import CustomerGaps
from riskmodels.forecasting import Forecast
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.register import RiskAssessment
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.tables import Tables


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
) -> Findings:
    """Draw findings from the results of one quarter.

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

    Returns
    -------
    Findings
        A rating of red or amber for the bank, red for a unit, a customer group that is worse off, a risk
        beyond the appetite, a likely rise of complaints, an indicator
        that a scenario turns red, rejected rows, holes, rows that a new delivery rewrites, data without any
        worth, rows that nothing uses, a quarter that is not over and lacking indicators are each a finding.

    Notes
    -----
    Causes are those that the risk register names for the indicator: presumed, until somebody confirms
    them. A finding about one of many units needs more certainty than its rating: the probability of an
    error is shared among the units.
    """
    found = [
        *bank_findings(scorecard, policy, register),
        *unit_indicator_findings(scorecard, policy, register),
        *local_findings(scorecard, policy, register),
        *unit_findings(scorecard, policy),
        *(gap_findings(gaps, policy, register) if gaps is not None else ()),
        *(risk_findings(risks, register) if risks is not None else ()),
        *(forecast_findings(forecast, policy) if forecast is not None else ()),
        *(finding for test in stress for finding in stress_findings(test, policy, register)),
        *data_findings(data, policy),
        *change_findings(data, policy),
        *failed_check_findings(data),
        *unused_findings(data),
        *unfinished_findings(data, scorecard),
        *lacking_findings(scorecard),
    ]
    found.sort(key=lambda finding: ("red", "amber").index(finding.severity))
    table = pd.DataFrame(found, columns=Finding._fields)
    table.insert(0, "finding_id", [f"F{number:03d}" for number in range(1, len(found) + 1)])
    return Findings(
        table=table,
        period=scorecard.period,
        as_of=data.as_of,
        policy=policy.valid_from,
        data_digest=data.digest,
    )
