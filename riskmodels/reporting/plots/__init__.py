"""Draw results. One function per result; nothing is computed here; colour is never the only carrier."""

from riskmodels.reporting.plots.actions import plot_effects
from riskmodels.reporting.plots.alarms import plot_alarm_book, plot_alarm_times, plot_alarms
from riskmodels.reporting.plots.backtests import plot_backtest
from riskmodels.reporting.plots.canvas import COLOURS, picture
from riskmodels.reporting.plots.causes import plot_causes, plot_decomposition
from riskmodels.reporting.plots.conclusions import plot_courses, plot_findings
from riskmodels.reporting.plots.data import plot_change, plot_changes, plot_coverage, plot_quality
from riskmodels.reporting.plots.dispatch import plot, plot_of
from riskmodels.reporting.plots.due import plot_due
from riskmodels.reporting.plots.explanations import plot_explanation
from riskmodels.reporting.plots.funnels import plot_funnel
from riskmodels.reporting.plots.gaps import plot_gaps
from riskmodels.reporting.plots.incidents import plot_incidentreview
from riskmodels.reporting.plots.leads import plot_leads, plot_typicalwords
from riskmodels.reporting.plots.losses import (
    plot_contributions,
    plot_lossassessment,
    plot_lossdistribution,
    plot_taildiagnostics,
)
from riskmodels.reporting.plots.movements import plot_movements, plot_unit
from riskmodels.reporting.plots.nowcasts import plot_nowcast
from riskmodels.reporting.plots.objectives import plot_objectives
from riskmodels.reporting.plots.outlooks import plot_forecast, plot_series
from riskmodels.reporting.plots.panels import plot_panel
from riskmodels.reporting.plots.proposals import plot_proposals
from riskmodels.reporting.plots.ranges import plot_ranges
from riskmodels.reporting.plots.registers import plot_risk_matrix, plot_risks
from riskmodels.reporting.plots.reviews import plot_forecastreview
from riskmodels.reporting.plots.satisfaction import plot_satisfactiondrivers, plot_satisfactionindex
from riskmodels.reporting.plots.scorecards import plot_heat_map, plot_scorecard
from riskmodels.reporting.plots.stressed import (
    plot_handling,
    plot_replay,
    plot_scenariocomparison,
    plot_stressed_losses,
    plot_stresstest,
    plot_turning,
)

__all__ = [
    "COLOURS",
    "picture",
    "plot",
    "plot_alarm_book",
    "plot_alarm_times",
    "plot_alarms",
    "plot_backtest",
    "plot_causes",
    "plot_change",
    "plot_changes",
    "plot_contributions",
    "plot_courses",
    "plot_coverage",
    "plot_decomposition",
    "plot_due",
    "plot_effects",
    "plot_explanation",
    "plot_findings",
    "plot_forecast",
    "plot_forecastreview",
    "plot_funnel",
    "plot_gaps",
    "plot_handling",
    "plot_heat_map",
    "plot_incidentreview",
    "plot_leads",
    "plot_lossassessment",
    "plot_lossdistribution",
    "plot_movements",
    "plot_nowcast",
    "plot_objectives",
    "plot_of",
    "plot_panel",
    "plot_proposals",
    "plot_quality",
    "plot_ranges",
    "plot_replay",
    "plot_risk_matrix",
    "plot_risks",
    "plot_satisfactiondrivers",
    "plot_satisfactionindex",
    "plot_scenariocomparison",
    "plot_scorecard",
    "plot_series",
    "plot_stressed_losses",
    "plot_stresstest",
    "plot_taildiagnostics",
    "plot_turning",
    "plot_typicalwords",
    "plot_unit",
]
