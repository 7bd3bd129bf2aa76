"""Customer-service risk assessment for banks.

The public names; each is imported from its module when first asked for, so that ``import riskmodels``
costs next to nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "assess": "assessment",
    "Findings": "assessment",
    "Backtest": "backtesting",
    "backtest": "backtesting",
    "build_panel": "panel",
    "Changes": "tables",
    "compare_deliveries": "tables",
    "data_quality": "tables",
    "DataQuality": "tables",
    "explain": "forecasting",
    "Explanation": "forecasting",
    "outlook_before": "backtesting",
    "Panel": "panel",
    "panels_as_of": "backtesting",
    "forecast": "forecasting",
    "Forecast": "forecasting",
    "indicators": "catalogue",
    "Indicators": "catalogue",
    "ingest": "sources",
    "list_explanation": "listings",
    "list_factors": "listings",
    "list_findings": "listings",
    "list_nowcast": "listings",
    "list_omitted": "listings",
    "list_outlook": "listings",
    "list_policy": "listings",
    "list_proposals": "listings",
    "list_changes": "listings",
    "list_data_faults": "listings",
    "list_delays": "listings",
    "list_ignored": "listings",
    "list_quality": "listings",
    "list_ratings": "listings",
    "list_rejections": "listings",
    "list_scenario": "listings",
    "list_scores": "listings",
    "list_stress": "listings",
    "list_totals": "listings",
    "list_unavailable": "listings",
    "list_units": "listings",
    "quality_note": "listings",
    "load": "results",
    "load_all": "results",
    "load_policy": "policy",
    "load_risks": "risks",
    "load_scenario": "scenario",
    "Policy": "policy",
    "nowcast": "forecasting",
    "Nowcast": "forecasting",
    "nowcast_where_logged": "backtesting",
    "plot": "plots",
    "plot_backtest": "plots",
    "plot_changes": "plots",
    "plot_coverage": "plots",
    "plot_explanation": "plots",
    "plot_forecast": "plots",
    "plot_heat_map": "plots",
    "plot_series": "plots",
    "propose": "proposals",
    "Proposals": "proposals",
    "RiskRegister": "risks",
    "sample_bank": "sample",
    "save": "results",
    "Scenario": "scenario",
    "score": "scorecard",
    "Scorecard": "scorecard",
    "stress": "stresstest",
    "StressTest": "stresstest",
    "Table": "tables",
    "Tables": "tables",
    "track_record": "backtesting",
    "use_language": "labels",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604  the names are the keys


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'riskmodels' has no attribute '{name}'")
    return getattr(import_module(f"riskmodels.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
