"""Which checks each model of the inventory has."""

from riskmodels.labels import marked
from riskmodels.validation import (
    card_checks,
    forecast_checks,
    loss_checks,
    stability,
    stress_checks,
)
from riskmodels.validation.evidence import Check
from riskmodels.validation.published import PUBLISHED

_PUBLISHED = marked("Largest relative distance from published or exact figures")


def _of_record(reads: str) -> tuple[Check, ...]:
    """Check forecasts by the backtest of a name."""
    record = (reads,)
    return (
        Check(
            kind="backtest",
            name=marked("Outcomes outside their 95% interval, less 1.645 standard errors"),
            measure=forecast_checks.outside_intervals,
            reads=record,
            is_share=True,
        ),
        Check(
            kind="backtest",
            name=marked("Outcomes outside their 80% interval (few: wider than need be)"),
            measure=forecast_checks.outside_narrow_intervals,
            reads=record,
            is_share=True,
        ),
        Check(
            kind="backtest",
            name=marked("p-value of the totals' intervals"),
            measure=forecast_checks.uncalibrated_totals,
            reads=record,
        ),
        Check(
            kind="backtest",
            name=marked("Bias of the sums"),
            measure=forecast_checks.bias,
            reads=record,
            is_share=True,
        ),
        Check(
            kind="rival",
            name=marked("Quantile loss over that of the best simple method"),
            measure=forecast_checks.loss_beside_rivals,
            reads=record,
        ),
    )


CHECKS: dict[str, tuple[Check, ...]] = {
    "complaint_forecast": (
        *_of_record("backtest"),
        Check(
            kind="consistency",
            name=marked("Width of the outlook's intervals over that of the backtest's"),
            measure=forecast_checks.width_beside_backtest,
            reads=("outlook", "backtest"),
        ),
        Check(
            kind="stability",
            name=marked("PSI of the mix of series, last quarter and a year before"),
            measure=stability.mix_stability,
            reads=("outlook",),
        ),
        Check(
            kind="sensitivity",
            name=marked("Change with half of the history, in half-widths of the 95% interval"),
            measure=forecast_checks.change_with_half_the_history,
            reads=("outlook",),
        ),
    ),
    "forecast_of_weeks": _of_record("weekly_backtest"),
    "forecast_baselines": (),
    "effect_estimators": (),
    "action_effects": (),
    "incident_review": (),
    "causes": (),
    "leading_indicators": (),
    "typical_words": (),
    "satisfaction": (),
    "forecast_review": (
        Check(
            kind="backtest",
            name=marked("p-value of the quarter's total under its forecast"),
            measure=forecast_checks.review_outside,
            reads=("review",),
        ),
        Check(
            kind="stability",
            name=marked("PSI of the mix of series, as forecast and as it came"),
            measure=stability.forecast_stability,
            reads=("review",),
        ),
    ),
    "nowcast": (
        Check(
            kind="backtest",
            name=marked("Final counts outside the intervals of earlier nowcasts"),
            measure=forecast_checks.nowcasts_outside,
            reads=("tables",),
            is_share=True,
        ),
        Check(
            kind="rival",
            name=marked("Error of earlier nowcasts over that of what had been logged"),
            measure=forecast_checks.nowcast_beside_reported,
            reads=("tables",),
        ),
        Check(
            kind="published",
            name=marked("Error of the completeness where delays are exponential"),
            measure=forecast_checks.nowcast_of_exponential_delays,
            is_share=True,
        ),
    ),
    "data_quality": (
        Check(
            kind="consistency",
            name=marked("Distance of a saved score from one less failed over checked"),
            measure=card_checks.quality_scores_again,
            reads=("quality",),
        ),
    ),
    "credibility": (
        Check(
            kind="consistency",
            name=marked("Units nearer to their peers than by their own value"),
            measure=card_checks.drawn_to_peers,
            reads=("scorecard",),
            is_share=True,
        ),
        Check(
            kind="sensitivity",
            name=marked("Rank correlation of a unit's own weight with its size"),
            measure=card_checks.weight_grows_with_size,
            reads=("scorecard",),
        ),
    ),
    "funnel": (),
    "scorecard": (
        Check(
            kind="backtest",
            name=marked("Lower end of the area under the curve, worst outcome that is counted"),
            measure=card_checks.foresight,
            reads=("foresight",),
        ),
        Check(
            kind="rival",
            name=marked("Area less that of the raw complaint rate, upper end"),
            measure=card_checks.loss_of_order,
            reads=("foresight",),
        ),
        Check(
            kind="stability",
            name=marked("PSI of the scores, this quarter and the one before"),
            measure=stability.score_stability,
            reads=("movements",),
        ),
        Check(
            kind="sensitivity",
            name=marked("Units with another rating when one indicator is left out, at most"),
            measure=card_checks.one_indicator_less,
            reads=("weightings",),
            is_share=True,
        ),
        Check(
            kind="consistency",
            name=marked("Distance of a saved score from the mean of its points"),
            measure=card_checks.score_again,
            reads=("scorecard",),
        ),
    ),
    "scorecard_validation": (),
    "weights": (
        Check(
            kind="sensitivity",
            name=marked("Rank correlation of scores with those of equal weights"),
            measure=card_checks.equal_weights,
            reads=("weightings",),
        ),
    ),
    "score_sensitivity": (
        Check(
            kind="consistency",
            name=marked("First-order share above the total share, in standard errors"),
            measure=card_checks.shares_of_variance,
            reads=("sensitivity",),
        ),
    ),
    "customer_gaps": (
        Check(
            kind="consistency",
            name=marked("Gaps whose figures disagree"),
            measure=card_checks.gaps_add_up,
            reads=("gaps",),
            is_share=True,
        ),
    ),
    "orders": (
        Check(
            kind="consistency",
            name=marked("Places outside the interval of the place"),
            measure=card_checks.ranks_within_intervals,
            reads=("orders",),
            is_share=True,
        ),
    ),
    "findings": (
        Check(
            kind="backtest",
            name=marked("Findings about units that are expected to be false"),
            measure=card_checks.false_findings,
            reads=("findings",),
            is_share=True,
        ),
    ),
    "risk_register": (
        Check(
            kind="consistency",
            name=marked("Risks that their controls make larger"),
            measure=card_checks.residual_within_inherent,
            reads=("risks",),
            is_share=True,
        ),
        Check(
            kind="consistency",
            name=marked("Rules of Cox that the matrix breaks"),
            measure=card_checks.matrix_breaks,
            reads=("risks",),
        ),
        Check(
            kind="sensitivity",
            name=marked("Pairs of risks in the wrong order in the matrix"),
            measure=card_checks.misordered_risks,
            reads=("risks",),
            is_share=True,
        ),
    ),
    "loss_frequency": (
        Check(
            kind="backtest",
            name=marked("Losses of the last four quarters over those expected of a year"),
            measure=loss_checks.booked_events,
            reads=("losses",),
        ),
    ),
    "loss_severity": (
        Check(
            kind="backtest",
            name=marked("Smallest p-value of the tests of fit"),
            measure=loss_checks.worst_goodness,
            reads=("losses",),
        ),
        Check(
            kind="sensitivity",
            name=marked("Shape of the tail from higher thresholds, distance in standard errors"),
            measure=loss_checks.tail_from_other_thresholds,
            reads=("losses",),
        ),
    ),
    "aggregate_losses": (
        Check(
            kind="backtest",
            name=marked("Level of the year that was booked"),
            measure=loss_checks.booked_year,
            reads=("losses",),
            is_share=True,
        ),
        Check(
            kind="rival",
            name=marked("Value-at-risk beside simulated years, beyond their error"),
            measure=loss_checks.value_at_risk_simulated,
            reads=("losses",),
            is_share=True,
        ),
        Check(
            kind="consistency",
            name=marked("Value-at-risk computed again from the saved cells"),
            measure=loss_checks.value_at_risk_again,
            reads=("losses",),
            is_share=True,
        ),
        Check(
            kind="sensitivity",
            name=marked("Upper end of the interval over the value-at-risk"),
            measure=loss_checks.upper_bound_of_value_at_risk,
            reads=("losses",),
        ),
        Check(
            kind="sensitivity",
            name=marked("Value-at-risk with a common factor (0.3) over that of the model"),
            measure=loss_checks.value_at_risk_with_common_factor,
            reads=("losses",),
        ),
    ),
    "elicited_losses": (),
    "capital_and_cover": (),
    "telephone_queue": (),
    "deadline_queue": (),
    "severity_classes": (),
    "stress_test": (
        Check(
            kind="consistency",
            name=marked("Months without the scenario beside the outlook, in standard errors"),
            measure=stress_checks.expected_of_outlook,
            reads=("outlook", "stress"),
        ),
        Check(
            kind="consistency",
            name=marked("Sum over shocks beside what the scenario adds"),
            measure=stress_checks.shocks_add_up,
            reads=("stress",),
            is_share=True,
        ),
    ),
    "macro_sensitivity": (
        Check(
            kind="backtest",
            name=marked("p-value of the drivers that scenarios use"),
            measure=stress_checks.tested_drivers,
            reads=("stress",),
        ),
    ),
    "alarm_charts": (),
    "alarms": (
        Check(
            kind="backtest",
            name=marked("Alarms over those that the run length alone gives"),
            measure=stress_checks.alarms_beside_promise,
            reads=("alarms",),
        ),
        Check(
            kind="backtest",
            name=marked("p-values below 5%, lower end"),
            measure=stress_checks.uniform_p_values,
            reads=("alarms",),
            is_share=True,
        ),
    ),
    "objectives": (
        Check(
            kind="consistency",
            name=marked("Objectives whose probability disagrees with its interval"),
            measure=stress_checks.chances_of_objectives,
            reads=("objectives",),
            is_share=True,
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
