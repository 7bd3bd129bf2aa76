"""Customer-service risk assessment for banks.

The names of daily work, and the rooms with all others; each is imported when first asked for, so that
``import riskmodels`` costs next to nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Alarms": "surveillance",
    "assess": "assessment",
    "assess_losses": "losses",
    "assess_losses_if_sufficient": "losses",
    "assess_risks": "register",
    "backtest": "backtesting",
    "build_panel": "panel",
    "customer_gaps": "comparisons",
    "CustomerGaps": "comparisons",
    "data_quality": "tables",
    "DataQuality": "tables",
    "estimate_effect": "effects",
    "explain": "forecasting",
    "explain_unit": "scorecard",
    "Findings": "assessment",
    "Forecast": "forecasting",
    "forecast": "forecasting",
    "indicators": "catalogue",
    "ingest": "sources",
    "judge_actions": "effects",
    "load": "results",
    "load_all": "results",
    "load_earlier": "results",
    "load_policy": "parameters",
    "load_risks": "parameters",
    "load_scenario": "parameters",
    "LossAssessment": "losses",
    "Movements": "scorecard",
    "Nowcast": "forecasting",
    "nowcast": "forecasting",
    "nowcast_where_logged": "forecasting",
    "outlook_before": "backtesting",
    "Panel": "panel",
    "plot": "reporting.plots",
    "Policy": "parameters",
    "Proposals": "governance",
    "propose": "governance",
    "RiskAssessment": "register",
    "sample_bank": "sample",
    "save": "results",
    "score": "scorecard",
    "score_quarter": "scorecard",
    "Scorecard": "scorecard",
    "stress": "stresstest",
    "StressTest": "stresstest",
    "Table": "tables",
    "Tables": "tables",
    "track_record": "backtesting",
    "use_language": "labels",
    "watch": "surveillance",
}
_ROOMS = {  # everything else is reached by its room: rm.losses.Lognormal, rm.listings.list_units(card)
    "assessment": "assessment",
    "backtesting": "backtesting",
    "catalogue": "catalogue",
    "causes": "causes",
    "comparisons": "comparisons",
    "effects": "effects",
    "forecasting": "forecasting",
    "governance": "governance",
    "listings": "reporting.listings",
    "losses": "losses",
    "parameters": "parameters",
    "plots": "reporting.plots",
    "rates": "rates",
    "register": "register",
    "scorecard": "scorecard",
    "sources": "sources",
    "stresstest": "stresstest",
    "surveillance": "surveillance",
    "tables": "tables",
    "validation": "validation",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604  the names are the keys


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"riskmodels.{_ROOMS[name]}")
    if name not in _HOMES:
        raise AttributeError(f"module 'riskmodels' has no attribute '{name}'")
    return getattr(import_module(f"riskmodels.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
