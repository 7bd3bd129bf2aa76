"""The notebooks of a run: one row each says what it takes, which results it reads and which it writes.

A plan fills parameters by the names of their model, and a notebook runs once what it reads is written.
"""

from dataclasses import dataclass
from datetime import date

from pydantic import Field

from riskmodels.forecasting import Method
from riskmodels.parameters.files import Name, Parameters
from riskmodels.runner.settings import Horizon, Language, Period, Severity


class DataQualityParameters(Parameters):
    """Parameters of 10_data_quality."""

    source: Name
    store: Name
    stored: str = Field(default="", description="saved tables that are read instead; empty: the source's")
    results: Name
    period: Period
    language: Language


class ServiceRiskParameters(Parameters):
    """Parameters of 20_service_risk."""

    results: Name
    policies: Name
    policy_on: date
    risks: Name
    previous: Name
    period: Period
    unit: str = Field(default="", description="unit shown in detail; empty: the riskiest")
    language: Language


class ForecastParameters(Parameters):
    """Parameters of 30_complaint_forecast."""

    results: Name
    previous: Name
    period: Period
    horizon_months: Horizon
    method: Method
    backtest: bool = True
    language: Language


class EarlyWarningParameters(Parameters):
    """Parameters of 32_early_warning."""

    results: Name
    policies: Name
    policy_on: date
    previous: Name
    acknowledged: str = Field(default="", description="alarms that somebody answers for; empty: none")
    period: Period
    language: Language


class LossParameters(Parameters):
    """Parameters of 35_losses."""

    results: Name
    policies: Name
    policy_on: date
    period: Period
    language: Language


class StressTestParameters(Parameters):
    """Parameters of 40_stress_test."""

    results: Name
    policies: Name
    policy_on: date
    scenario: Name
    severity: Severity
    plans: str = Field(default="", description="contingency plans; empty: none")
    capacity: str = Field(default="", description="what the teams can do; empty: estimated")
    language: Language


class EffectsParameters(Parameters):
    """Parameters of 55_effects."""

    results: Name
    policies: Name
    policy_on: date
    plans: str = Field(default="", description="contingency plans; empty: none")
    scenario_folder: Name
    period: Period
    language: Language


class AssessmentParameters(Parameters):
    """Parameters of 50_assessment."""

    results: Name
    policies: Name
    policy_on: date
    risks: Name
    earlier: Name
    plans: str = Field(default="", description="contingency plans; empty: none")
    language: Language


class DueParameters(Parameters):
    """Parameters of 54_due."""

    results: Name
    policies: Name
    policy_on: date
    language: Language


class CausesParameters(Parameters):
    """Parameters of 52_causes."""

    results: Name
    policies: Name
    policy_on: date
    language: Language


class PolicyReviewParameters(Parameters):
    """Parameters of 60_policy_review."""

    results: Name
    policies: Name
    policy_on: date
    language: Language


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """One row: the model of a notebook's parameters, and the folders of the results it reads and writes.

    One that takes a ``scenario`` is run for each of the run, and writes to a folder of its name (``*``); one
    that ``needs`` a setting is left out of a run without it. ``ledger`` is taken before the first of them.
    """

    parameters: type[Parameters]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    needs: str = ""


NOTEBOOKS: dict[str, Notebook] = {  # in the order of the report
    "10_data_quality": Notebook(
        parameters=DataQualityParameters, reads=("ledger",), writes=("tables", "quality", "panel")
    ),
    "20_service_risk": Notebook(
        parameters=ServiceRiskParameters,
        reads=("tables", "quality"),
        writes=(
            *("scorecard", "movements", "gaps", "risks", "detail"),
            *("weightings", "funnel", "orders", "sensitivity", "unmatched"),
        ),
    ),
    "30_complaint_forecast": Notebook(
        parameters=ForecastParameters,
        reads=("tables", "quality"),
        writes=("outlook", "nowcast", "explanation", "review", "backtest"),
    ),
    "32_early_warning": Notebook(
        parameters=EarlyWarningParameters,
        reads=("ledger", "tables", "quality"),
        writes=("alarms", "objectives"),
    ),
    "35_losses": Notebook(parameters=LossParameters, reads=("tables", "risks"), writes=("losses",)),
    "40_stress_test": Notebook(
        parameters=StressTestParameters,
        reads=("tables", "quality", "outlook", "scorecard", "losses"),
        writes=("stress-*",),
    ),
    "55_effects": Notebook(
        parameters=EffectsParameters, reads=("tables", "quality"), writes=("effects", "incidents")
    ),
    "54_due": Notebook(
        parameters=DueParameters, reads=("ledger", "tables", "scorecard"), writes=("due",), needs="ledger"
    ),
    "50_assessment": Notebook(
        parameters=AssessmentParameters,
        reads=(
            *("tables", "quality", "scorecard", "gaps", "risks", "outlook"),
            *("review", "alarms", "objectives", "effects", "incidents", "due", "stress-*"),
        ),
        writes=("findings", "comparison"),
    ),
    "52_causes": Notebook(
        parameters=CausesParameters,
        reads=("tables", "quality", "findings"),
        writes=("causes", "leads", "typical_words", "satisfaction_drivers", "satisfaction_index"),
    ),
    "60_policy_review": Notebook(
        parameters=PolicyReviewParameters, reads=("tables", "ledger", "findings"), writes=("proposals",)
    ),
}
