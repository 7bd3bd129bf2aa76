"""What the criteria of an assessment look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from riskmodels.assessment.due import Due
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


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The results of one quarter, and what people asked of them; see ``assess``."""

    policy: Policy
    data: Tables
    scorecard: Scorecard
    register: RiskRegister | None = None
    risks: RiskAssessment | None = None
    gaps: CustomerGaps | None = None
    forecast: Forecast | None = None
    stress: Sequence[StressTest] = ()
    plans: Plans | None = None
    alarms: AlarmBook | None = None
    objectives: Objectives | None = None
    effects: Effects | None = None
    incidents: IncidentReview | None = None
    review: ForecastReview | None = None
    due: Due | None = None

    def remedy(self, indicator_id: str, *, risk_of: str = "") -> dict[str, str]:
        """Return which risk of the register an indicator signals, and what is to be mended.

        ``risk_of`` is another indicator that signals the risk, such as that of customer groups. Nothing where
        no risk is known.
        """
        risk = None if self.register is None else self.register.signalled_by(risk_of or indicator_id)
        return {} if risk is None else {"risk": risk.id, "mends": indicator_id}
