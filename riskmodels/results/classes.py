"""The classes of saved results, by the names that files call them: a class may move, its name may not.

The format of a class rises whenever its fields change; what has another format than those here is refused.
"""

from importlib import import_module
from typing import Any

_HOMES = {  # the module of each class; imported when a result holds one
    "AhpWeights": "scorecard.weights",
    "AlarmBook": "surveillance.books",
    "Alarms": "surveillance.watching",
    "AnnualCover": "losses.cover",
    "Appetite": "parameters.policy",
    "Assurance": "effects.pilots",
    "Backtest": "backtesting.backtests",
    "Break": "tables.stored",
    "Causes": "causes.explaining",
    "Changes": "tables.changes",
    "Contributions": "forecasting.models",
    "CountPredictive": "forecasting.predictive",
    "CredibleRates": "rates.credible",
    "CustomerGaps": "comparisons.gaps",
    "DataQuality": "tables.quality",
    "Decomposition": "causes.decomposition",
    "Dependence": "forecasting.hierarchy",
    "Differences": "effects.differences",
    "Due": "assessment.due",
    "Effect": "effects.outcomes",
    "EffectEstimate": "effects.estimates",
    "Effects": "effects.outcomes",
    "EndedPredictive": "forecasting.predictive",
    "Explanation": "forecasting.explaining",
    "Exponential": "losses.severity",
    "Findings": "assessment.findings",
    "FittedCell": "losses.uncertainty",
    "FollowUp": "assessment.follow_up",
    "Forecast": "forecasting.forecasts",
    "ForecastReview": "backtesting.reviewing",
    "FrequencyFit": "losses.frequency",
    "Funnel": "rates.funnels",
    "Gamma": "losses.severity",
    "GaussianFactor": "losses.dependence",
    "GeneralizedPareto": "losses.severity",
    "HyperparameterGrid": "rates.hyperparameters",
    "IncidentReview": "effects.incidents",
    "Indicators": "catalogue.computation",
    "InterruptedSeries": "effects.interrupted",
    "Leads": "causes.leads",
    "LedgerState": "governance.state",
    "Levy": "losses.severity",
    "LimitDraft": "governance.limits",
    "Listing": "display",
    "Lognormal": "losses.severity",
    "LossAssessment": "losses.experience",
    "LossCell": "losses.cells",
    "LossDistribution": "losses.aggregate",
    "MacroDriver": "parameters.macro",
    "MacroSensitivity": "stresstest.sensitivities",
    "MatrixLint": "register.matrices",
    "Mixture": "losses.elicitation",
    "Movements": "scorecard.movement",
    "NegativeBinomial": "losses.frequency",
    "NormalPredictive": "forecasting.predictive",
    "Nowcast": "forecasting.nowcasting",
    "Objectives": "surveillance.objectives",
    "Orders": "comparisons.orders",
    "Panel": "panel",
    "Part": "losses.fitting",
    "Placebos": "effects.placebos",
    "Poisson": "losses.frequency",
    "Policy": "parameters.policy",
    "Posterior": "rates.posteriors",
    "Proposals": "governance.proposals",
    "Replay": "stresstest.replaying",
    "Retained": "losses.insurance",
    "RiskAssessment": "register.assessing",
    "RiskRegister": "parameters.risks",
    "Robustness": "scorecard.sensitivity",
    "RootPredictive": "forecasting.predictive",
    "SamplePredictive": "forecasting.predictive",
    "SatisfactionDrivers": "causes.satisfaction",
    "SatisfactionIndex": "causes.index",
    "Scenario": "parameters.scenarios",
    "ScenarioComparison": "stresstest.comparing",
    "Scorecard": "scorecard.scoring",
    "ScorecardValidation": "validation.scorecards",
    "Segments": "causes.segments",
    "Sensitivity": "scorecard.sensitivity",
    "SeverityFit": "losses.fitting",
    "ShrunkenChange": "effects.shrinkage",
    "Spliced": "losses.severity",
    "StressTest": "stresstest.outcome",
    "StudentFactor": "losses.dependence",
    "Tables": "tables.store",
    "TailDiagnostics": "losses.diagnostics",
    "TailFit": "losses.fitting",
    "TypicalWords": "causes.typical_words",
    "UnitExplanation": "scorecard.explaining",
    "ValidationPack": "validation.pack",
    "Weibull": "losses.severity",
}
_FORMATS = {
    "Findings": 3,
    "Proposals": 2,
    "RiskAssessment": 2,
    "Scenario": 3,
    "StressTest": 3,
}  # of those whose fields have changed; others have the first
_STILL_READ = {"Findings": {2}}  # earlier formats that lack nothing but fields with defaults
_FIRST = 1  # the format of files that name none
_EARLIER = {
    "Foresight": "ScorecardValidation",
    "Nodes": "HyperparameterGrid",
}  # names before formats had numbers
_EARLIER_FIELDS = {"HyperparameterGrid": {"strangers": "outliers"}}


def saved_name(value: object) -> tuple[str, int] | None:
    """Return the name and the format of a value's class; None for one that no saved result holds."""
    name = type(value).__name__
    is_ours = f"riskmodels.{_HOMES.get(name)}" == type(value).__module__
    return (name, _format(name)) if is_ours else None


def class_named(name: str, format_: int | None) -> Any:
    """Return the class that a saved result names; nothing else that a file may name is imported.

    Parameters
    ----------
    name : str
        Its name; with its module before a colon, in what was saved before formats had numbers.
    format_ : int or None
        The format of its fields; None where none was saved.

    Raises
    ------
    ValueError
        No saved result has a class of this name, or its fields have another format now.
    """
    own = name.rpartition(":")[2]
    own = _EARLIER.get(own, own)
    if own not in _HOMES:
        raise ValueError(f"{name} is no class of results or parameters of riskmodels")
    if (format_ or _FIRST) not in {_format(own), *_STILL_READ.get(own, ())}:
        raise ValueError(
            f"it holds a {own} of format {format_ or _FIRST}; this version of riskmodels reads format"
            f" {_format(own)}: make it again with this version"
        )
    return getattr(import_module(f"riskmodels.{_HOMES[own]}"), own)


def field_named(kind: type, name: str) -> str:
    """Return the name that a field of a class has now."""
    return _EARLIER_FIELDS.get(kind.__name__, {}).get(name, name)


def _format(name: str) -> int:
    return _FORMATS.get(name, _FIRST)
