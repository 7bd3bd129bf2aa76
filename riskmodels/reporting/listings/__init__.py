"""Results as tables to be read: names instead of identifiers, units and per cent written out."""

from riskmodels.reporting.listings.actions import list_effects, list_unjudged_actions
from riskmodels.reporting.listings.alarms import list_alarm_book, list_alarms, list_watch_rules
from riskmodels.reporting.listings.calls import list_calls
from riskmodels.reporting.listings.cards import list_card
from riskmodels.reporting.listings.causes import (
    list_causes,
    list_change,
    list_leads,
    list_narratives,
    list_segments,
)
from riskmodels.reporting.listings.compared import list_scenario_costs, list_scenarios
from riskmodels.reporting.listings.data import (
    check_listings,
    list_changes,
    list_data_faults,
    list_data_scores,
    list_delays,
    list_doubts,
    list_ignored,
    list_quality,
    list_rejections,
    list_unmatched,
)
from riskmodels.reporting.listings.decisions import (
    list_findings,
    list_limit_draft,
    list_others,
    list_policy,
    list_watched,
)
from riskmodels.reporting.listings.due import list_covers, list_due, list_overrides, list_violations
from riskmodels.reporting.listings.follow_ups import list_since
from riskmodels.reporting.listings.gaps import list_gaps
from riskmodels.reporting.listings.incidents import (
    list_incident_costs,
    list_incident_parts,
    list_incident_scenarios,
    list_incident_steps,
    list_incidents,
)
from riskmodels.reporting.listings.indicators import indicator_quality, quality_note
from riskmodels.reporting.listings.losses import (
    list_loss_sums,
    list_loss_years,
    list_losses,
    list_severities,
)
from riskmodels.reporting.listings.macro import list_macro
from riskmodels.reporting.listings.objectives import list_objectives
from riskmodels.reporting.listings.outlooks import (
    list_explanation,
    list_factors,
    list_nowcast,
    list_outlook,
    list_scores,
    list_totals,
    list_unfinished,
)
from riskmodels.reporting.listings.proposals import (
    list_decided,
    list_looked_back,
    list_policy_files,
    list_proposals,
)
from riskmodels.reporting.listings.registers import list_controls, list_matrix_checks, list_risks
from riskmodels.reporting.listings.reviews import list_forecast_review, list_outcomes
from riskmodels.reporting.listings.satisfaction import (
    list_answering,
    list_drivers,
    list_index,
    list_index_parts,
)
from riskmodels.reporting.listings.scenarios import list_omitted, list_scenario, list_stress
from riskmodels.reporting.listings.scorecards import (
    list_contributions,
    list_groups,
    list_movements,
    list_orders,
    list_ratings,
    list_robustness,
    list_sensitivity,
    list_unavailable,
    list_units,
)
from riskmodels.reporting.listings.severities import list_classes
from riskmodels.reporting.listings.stressed import (
    list_costs,
    list_handling,
    list_shocks,
    list_stressed_groups,
    list_stressed_losses,
    list_turning,
)
from riskmodels.reporting.listings.validated import list_model_checks, list_models
from riskmodels.reporting.listings.validations import list_validation

__all__ = [
    "check_listings",
    "indicator_quality",
    "list_alarm_book",
    "list_alarms",
    "list_answering",
    "list_calls",
    "list_card",
    "list_causes",
    "list_change",
    "list_changes",
    "list_classes",
    "list_contributions",
    "list_controls",
    "list_costs",
    "list_covers",
    "list_data_faults",
    "list_data_scores",
    "list_decided",
    "list_delays",
    "list_doubts",
    "list_drivers",
    "list_due",
    "list_effects",
    "list_explanation",
    "list_factors",
    "list_findings",
    "list_forecast_review",
    "list_gaps",
    "list_groups",
    "list_handling",
    "list_ignored",
    "list_incident_costs",
    "list_incident_parts",
    "list_incident_scenarios",
    "list_incident_steps",
    "list_incidents",
    "list_index",
    "list_index_parts",
    "list_leads",
    "list_limit_draft",
    "list_looked_back",
    "list_loss_sums",
    "list_loss_years",
    "list_losses",
    "list_macro",
    "list_matrix_checks",
    "list_model_checks",
    "list_models",
    "list_movements",
    "list_narratives",
    "list_nowcast",
    "list_objectives",
    "list_omitted",
    "list_orders",
    "list_others",
    "list_outcomes",
    "list_outlook",
    "list_overrides",
    "list_policy",
    "list_policy_files",
    "list_proposals",
    "list_quality",
    "list_ratings",
    "list_rejections",
    "list_risks",
    "list_robustness",
    "list_scenario",
    "list_scenario_costs",
    "list_scenarios",
    "list_scores",
    "list_segments",
    "list_sensitivity",
    "list_severities",
    "list_shocks",
    "list_since",
    "list_stress",
    "list_stressed_groups",
    "list_stressed_losses",
    "list_totals",
    "list_turning",
    "list_unavailable",
    "list_unfinished",
    "list_units",
    "list_unjudged_actions",
    "list_unmatched",
    "list_validation",
    "list_violations",
    "list_watch_rules",
    "list_watched",
    "quality_note",
]
