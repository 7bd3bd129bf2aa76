"""Which checks effects, incidents, causes and satisfaction have, on the bank's own data."""

from riskmodels.labels import marked
from riskmodels.validation import answer_checks, effect_checks
from riskmodels.validation.evidence import Check, figure_check, share_check

EFFECT_CHECKS: dict[str, tuple[Check, ...]] = {
    "effect_estimators": (
        share_check(
            "backtest",
            marked(
                "Differences where there was no action beyond their 90% interval, less 1.645 standard errors"
            ),
            effect_checks.differences_outside,
            "tables",
        ),
        share_check(
            "backtest",
            marked("Series where there was no action beyond their 90% interval, less 1.645 standard errors"),
            effect_checks.series_outside,
            "tables",
        ),
        figure_check(
            "rival",
            marked("Error of such differences over that of before and after"),
            effect_checks.differences_beside_naive,
            "tables",
        ),
    ),
    "action_effects": (
        share_check(
            "backtest",
            marked("Placebo actions at random units and months that worked, less 1.645 standard errors"),
            effect_checks.worked_at_random,
            "tables",
        ),
        share_check(
            "backtest",
            marked("Placebo actions at units with a bad quarter that worked, less 1.645 standard errors"),
            effect_checks.worked_where_bad,
            "tables",
        ),
        share_check(
            "backtest",
            marked("Placebo actions with a chance below 10% or above 90% (few: intervals too wide)"),
            effect_checks.chances_outside,
            "tables",
        ),
        figure_check(
            "rival",
            marked("Those that worked over those by a test of before and after"),
            effect_checks.worked_beside_naive,
            "tables",
        ),
        figure_check(
            "stability",
            marked("PSI of the mix of units, last quarter and a year before"),
            effect_checks.unit_mix,
            "tables",
        ),
        figure_check(
            "sensitivity",
            marked("Distance of the two estimators, median, in half-widths of the interval"),
            effect_checks.estimators_apart,
            "effects",
        ),
    ),
    "incident_review": (
        share_check(
            "backtest",
            marked("Weeks without an incident outside their 90% interval, less 1.645 standard errors"),
            effect_checks.quiet_weeks_outside,
            "tables",
        ),
        figure_check(
            "rival",
            marked("Error of such weeks over that of the mean of four weeks before"),
            effect_checks.quiet_weeks_beside_naive,
            "tables",
        ),
    ),
    "causes": (
        share_check(
            "backtest",
            marked("Random halves of a quarter between which a segment is named, less 1.645 standard errors"),
            effect_checks.named_of_nothing,
            "tables",
        ),
        share_check(
            "sensitivity",
            marked("Seeds of the draws with which other segments are named"),
            effect_checks.other_draws,
            "tables",
        ),
        figure_check(
            "consistency",
            marked("Volume, mix and rate beside the change, over the complaints"),
            effect_checks.parts_add_up,
            "tables",
        ),
    ),
    "satisfaction": (
        share_check(
            "backtest",
            marked("p-values below 5% of answers dealt anew, less 1.645 standard errors"),
            answer_checks.shuffled_answers,
            "tables",
        ),
        share_check(
            "stability",
            marked("Associations that differ between the halves of the answers, less 1.645 standard errors"),
            answer_checks.halves_apart,
            "tables",
        ),
    ),
}
