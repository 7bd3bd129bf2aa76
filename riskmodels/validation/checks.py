"""Which checks each model of the inventory has."""

from riskmodels.labels import marked
from riskmodels.validation import (
    card_checks,
    forecast_checks,
    loss_checks,
    stability,
    stress_checks,
)
from riskmodels.validation.checks_of_effects import EFFECT_CHECKS
from riskmodels.validation.evidence import Check, figure_check, share_check
from riskmodels.validation.published import PUBLISHED

_PUBLISHED = marked("Largest relative distance from published or exact figures")


def _of_record(reads: str) -> tuple[Check, ...]:
    """Check forecasts by the backtest of a name."""
    return (
        share_check(
            "backtest",
            marked("Outcomes outside their 95% interval, less 1.645 standard errors"),
            forecast_checks.outside_intervals,
            reads,
        ),
        share_check(
            "backtest",
            marked("Outcomes outside their 80% interval (few: wider than need be)"),
            forecast_checks.outside_narrow_intervals,
            reads,
        ),
        figure_check(
            "backtest", marked("p-value of the totals' intervals"), forecast_checks.uncalibrated_totals, reads
        ),
        share_check("backtest", marked("Bias of the sums"), forecast_checks.bias, reads),
        figure_check(
            "rival",
            marked("Quantile loss over that of the best simple method"),
            forecast_checks.loss_beside_rivals,
            reads,
        ),
    )


CHECKS: dict[str, tuple[Check, ...]] = {
    "complaint_forecast": (
        *_of_record("backtest"),
        figure_check(
            "consistency",
            marked("Width of the outlook's intervals over that of the backtest's"),
            forecast_checks.width_beside_backtest,
            "outlook",
            "backtest",
        ),
        figure_check(
            "stability",
            marked("PSI of the mix of series, last quarter and a year before"),
            stability.mix_stability,
            "outlook",
        ),
        figure_check(
            "sensitivity",
            marked("Change with half of the history, in half-widths of the 95% interval"),
            forecast_checks.change_with_half_the_history,
            "outlook",
        ),
    ),
    "forecast_of_weeks": _of_record("weekly_backtest"),
    "forecast_baselines": (),
    **EFFECT_CHECKS,
    "leading_indicators": (),
    "typical_words": (),
    "forecast_review": (
        figure_check(
            "backtest",
            marked("p-value of the quarter's total under its forecast"),
            forecast_checks.review_outside,
            "review",
        ),
        figure_check(
            "stability",
            marked("PSI of the mix of series, as forecast and as it came"),
            stability.forecast_stability,
            "review",
        ),
    ),
    "nowcast": (
        share_check(
            "backtest",
            marked("Final counts outside earlier nowcasts, less 1.645 standard errors"),
            forecast_checks.nowcasts_outside,
            "tables",
        ),
        figure_check(
            "rival",
            marked("Error of earlier nowcasts over that of what had been logged"),
            forecast_checks.nowcast_beside_reported,
            "tables",
        ),
        share_check(
            "published",
            marked("Error of the completeness where delays are exponential"),
            forecast_checks.nowcast_of_exponential_delays,
        ),
    ),
    "data_quality": (
        figure_check(
            "consistency",
            marked("Distance of a saved score from one less failed over checked"),
            card_checks.quality_scores_again,
            "quality",
        ),
    ),
    "credibility": (
        share_check(
            "consistency",
            marked("Units nearer to their peers than by their own value"),
            card_checks.drawn_to_peers,
            "scorecard",
        ),
        figure_check(
            "sensitivity",
            marked("Rank correlation of a unit's own weight with its size"),
            card_checks.weight_grows_with_size,
            "scorecard",
        ),
    ),
    "funnel": (),
    "scorecard": (
        figure_check(
            "backtest",
            marked("Lower end of the area under the curve, worst outcome that is counted"),
            card_checks.foresight,
            "foresight",
        ),
        figure_check(
            "rival",
            marked("Area less that of the raw complaint rate, upper end"),
            card_checks.loss_of_order,
            "foresight",
        ),
        figure_check(
            "stability",
            marked("PSI of the scores, this quarter and the one before"),
            stability.score_stability,
            "movements",
        ),
        share_check(
            "sensitivity",
            marked("Units with another rating when one indicator is left out, at most"),
            card_checks.one_indicator_less,
            "weightings",
        ),
        figure_check(
            "consistency",
            marked("Distance of a saved score from the mean of its points"),
            card_checks.score_again,
            "scorecard",
        ),
    ),
    "scorecard_validation": (),
    "weights": (
        figure_check(
            "sensitivity",
            marked("Rank correlation of scores with those of equal weights"),
            card_checks.equal_weights,
            "weightings",
        ),
    ),
    "score_sensitivity": (
        figure_check(
            "consistency",
            marked("First-order share above the total share, in standard errors"),
            card_checks.shares_of_variance,
            "sensitivity",
        ),
    ),
    "customer_gaps": (
        share_check("consistency", marked("Gaps whose figures disagree"), card_checks.gaps_add_up, "gaps"),
    ),
    "orders": (
        share_check(
            "consistency",
            marked("Places outside the interval of the place"),
            card_checks.ranks_within_intervals,
            "orders",
        ),
    ),
    "findings": (
        share_check(
            "backtest",
            marked("Findings about units that are expected to be false"),
            card_checks.false_findings,
            "findings",
        ),
    ),
    "risk_register": (
        share_check(
            "consistency",
            marked("Risks that their controls make larger"),
            card_checks.residual_within_inherent,
            "risks",
        ),
        figure_check(
            "consistency", marked("Rules of Cox that the matrix breaks"), card_checks.matrix_breaks, "risks"
        ),
        share_check(
            "sensitivity",
            marked("Pairs of risks in the wrong order in the matrix"),
            card_checks.misordered_risks,
            "risks",
        ),
    ),
    "loss_frequency": (
        figure_check(
            "backtest",
            marked("Losses of the last four quarters over those expected of a year"),
            loss_checks.booked_events,
            "losses",
        ),
    ),
    "loss_severity": (
        figure_check(
            "backtest", marked("Smallest p-value of the tests of fit"), loss_checks.worst_goodness, "losses"
        ),
        figure_check(
            "sensitivity",
            marked("Shape of the tail from higher thresholds, distance in standard errors"),
            loss_checks.tail_from_other_thresholds,
            "losses",
        ),
    ),
    "aggregate_losses": (
        share_check(
            "backtest", marked("Level of the year that was booked"), loss_checks.booked_year, "losses"
        ),
        share_check(
            "rival",
            marked("Value-at-risk beside simulated years, beyond their error"),
            loss_checks.value_at_risk_simulated,
            "losses",
        ),
        share_check(
            "consistency",
            marked("Value-at-risk computed again from the saved cells"),
            loss_checks.value_at_risk_again,
            "losses",
        ),
        figure_check(
            "sensitivity",
            marked("Upper end of the interval over the value-at-risk"),
            loss_checks.upper_bound_of_value_at_risk,
            "losses",
        ),
        figure_check(
            "sensitivity",
            marked("Value-at-risk with a common factor (0.3) over that of the model"),
            loss_checks.value_at_risk_with_common_factor,
            "losses",
        ),
    ),
    "elicited_losses": (),
    "capital_and_cover": (),
    "telephone_queue": (),
    "deadline_queue": (),
    "severity_classes": (),
    "stress_test": (
        figure_check(
            "consistency",
            marked("Months without the scenario beside the outlook, in standard errors"),
            stress_checks.expected_of_outlook,
            "outlook",
            "stress",
        ),
        share_check(
            "consistency",
            marked("Sum over shocks beside what the scenario adds"),
            stress_checks.shocks_add_up,
            "stress",
        ),
    ),
    "macro_sensitivity": (
        figure_check(
            "backtest",
            marked("p-value of the drivers that scenarios use"),
            stress_checks.tested_drivers,
            "stress",
        ),
    ),
    "alarm_charts": (),
    "alarms": (
        figure_check(
            "backtest",
            marked("Alarms over those that the run length alone gives"),
            stress_checks.alarms_beside_promise,
            "alarms",
        ),
        share_check(
            "backtest", marked("p-values below 5%, lower end"), stress_checks.uniform_p_values, "alarms"
        ),
    ),
    "objectives": (
        share_check(
            "consistency",
            marked("Objectives whose probability disagrees with its interval"),
            stress_checks.chances_of_objectives,
            "objectives",
        ),
    ),
}


def checks_of(model_id: str) -> tuple[Check, ...]:
    """Return the checks of a model, that of its published figures last; none of a model that has none."""
    made = CHECKS.get(model_id, ())
    if model_id not in PUBLISHED:
        return made
    figures = PUBLISHED[model_id]
    return (*made, Check(kind="published", name=_PUBLISHED, measure=figures.measure))
