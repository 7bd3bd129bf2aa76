"""What is true about the synthetic bank, so that a method can be judged by whether it finds it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from riskmodels.arrays import Floats, Integers
from riskmodels.sample import plan
from riskmodels.sample.arrivals import PastAction, expected_at_peers_rate
from riskmodels.sample.complaints import by_product_and_month
from riskmodels.sample.network import UNIT_IDS, UNIT_REGIONS

ARRIVALS_WORDS: Final = (
    "Expected complaints of a unit, product and month = accounts / 1000 × rate_per_1000_year[product]"
    " × unit factor × level breaks × action factors × (sum of the day factors of the month) / 365.25."
    " Day factor = (1 + trend_per_year) ^ −(days to the last day / 365.25) × (1 / shock factor before the"
    " shock) × calendar. Calendar = (1 + amplitude × cos(2π (day of year − peak) / 365.25)) × weekday factor"
    " × New Year factor on its days, divided by its own mean over the last 365 days."
)
VARIANCE_WORDS: Final = (
    "Complete counts of unit × product × month cells are independent negative binomials with variance ="
    " ratio × mean (a gamma mean of shape mean / (ratio − 1) and scale ratio − 1), so that the ratio also"
    " holds for every sum of cells. Days within a month follow the day factors, independently."
)


@dataclass(frozen=True, kw_only=True)
class UnitTruth:
    """A unit's true rate over its peers', and its expected complaints at peers' rate.

    ``expected_per_quarter`` is at peers' rate, mean of the last eight quarters, the hole counted in.
    """

    unit_id: str
    rate_factor: float
    from_month: str
    expected_per_quarter: float


@dataclass(frozen=True, kw_only=True)
class BreakTruth:
    """A lasting step of the rate of one product in one region."""

    product: str
    region_id: str
    unit_ids: list[str]
    from_month: str
    rate_factor: float


@dataclass(frozen=True, kw_only=True)
class ShockTruth:
    """A lasting step of the rate of all units and products."""

    from_month: str
    rate_factor: float


@dataclass(frozen=True, kw_only=True)
class NewYearTruth:
    """Fewer arrivals around Chinese New Year: days are counted from New Year's Day, both ends included."""

    dates: list[str]
    first_day: int
    last_day: int
    rate_factor: float


@dataclass(frozen=True, kw_only=True)
class SeasonTruth:
    """The yearly wave and the weekdays, Monday first; ``peak_day`` is a day of the year."""

    amplitude: float
    peak_day: int
    weekday_factors: list[float]


@dataclass(frozen=True, kw_only=True)
class HoleTruth:
    """Months without one row in the source, and the complaints received in them, by product."""

    months: list[str]
    complaints: dict[str, dict[str, int]]


@dataclass(frozen=True, kw_only=True)
class VarianceTruth:
    """Variance ÷ mean of complete counts, and the level at which it holds."""

    ratio: float
    level: list[str]
    words: str


@dataclass(frozen=True, kw_only=True)
class GapTruth:
    """A customer group's difference from all other groups, in percentage points."""

    indicator_id: str
    customer_group: str
    points: float
    others_share: float
    group_share: float


@dataclass(frozen=True, kw_only=True)
class PromptTruth:
    """Probability that a complaint is resolved in time, all customer groups together, by month of receipt."""

    indicator_id: str
    share_by_month: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class DelayTruth:
    """The reporting delay from received to logged: lognormal."""

    mean_days: float
    median_days: float
    log_sd: float


@dataclass(frozen=True, kw_only=True)
class LossTruth:
    """Gross losses [CNY]: a lognormal body cut off at the threshold, a generalised Pareto tail above it."""

    body_median: float
    body_log_sd: float
    tail_probability: float
    tail_threshold: float
    tail_scale: float
    tail_shape: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """All that is hidden in the synthetic bank; ``dataclasses.asdict`` makes it JSON.

    ``complete_counts`` are complaints by product and month of receipt, those in the hole and those not
    yet logged on the as-of date included; ``personal_data`` counts narratives by kind.
    """

    seed: int
    as_of: str
    first_month: str
    last_month: str
    arrivals: str
    rate_per_1000_year: dict[str, float]
    trend_per_year: float
    exposure_growth_per_year: float
    bad_branch: UnitTruth
    big_branch: UnitTruth
    level_breaks: list[BreakTruth]
    shared_shock: ShockTruth
    new_year: NewYearTruth
    season: SeasonTruth
    hole: HoleTruth
    actions: list[PastAction]
    variance: VarianceTruth
    group_gaps: list[GapTruth]
    resolved_in_time: PromptTruth
    reporting_delay: DelayTruth
    losses: LossTruth
    personal_data: dict[str, int]
    complete_counts: dict[str, dict[str, int]]


def truth_of(
    counts: Integers,
    accounts: Integers,
    actions: list[PastAction],
    personal_data: dict[str, int],
    *,
    seed: int,
) -> Truth:
    """Collect what is true, from the plan and from what was drawn."""
    expected, complete = expected_at_peers_rate(accounts), by_product_and_month(counts)
    return Truth(
        seed=seed,
        as_of=str(plan.AS_OF).replace("T", " "),
        first_month=str(plan.FIRST_MONTH),
        last_month=str(plan.LAST_MONTH),
        arrivals=ARRIVALS_WORDS,
        rate_per_1000_year=dict(plan.RATES),
        trend_per_year=plan.TREND_PER_YEAR,
        exposure_growth_per_year=plan.GROWTH_PER_YEAR,
        bad_branch=_unit(plan.BAD_UNIT, plan.BAD_FACTOR, expected),
        big_branch=_unit(plan.BIG_UNIT, 1.0, expected),
        level_breaks=_breaks(),
        shared_shock=ShockTruth(from_month=str(plan.SHOCK_MONTH), rate_factor=plan.SHOCK_FACTOR),
        new_year=_new_year(),
        season=_season(),
        hole=_hole(complete),
        actions=actions,
        variance=VarianceTruth(
            ratio=plan.VARIANCE_RATIO, level=["unit_id", "product", "month"], words=VARIANCE_WORDS
        ),
        group_gaps=_gaps(),
        resolved_in_time=_prompt(),
        reporting_delay=_delay(),
        losses=_losses(),
        personal_data=personal_data,
        complete_counts=complete,
    )


def _unit(unit_id: str, factor: float, expected: Floats) -> UnitTruth:
    per_quarter = expected[UNIT_IDS.index(unit_id), :, -24:].sum() / 8
    return UnitTruth(
        unit_id=unit_id,
        rate_factor=factor,
        from_month=str(plan.FIRST_MONTH),
        expected_per_quarter=round(float(per_quarter), 3),
    )


def _breaks() -> list[BreakTruth]:
    units = np.array(UNIT_IDS)
    return [
        BreakTruth(
            product=product,
            region_id=region,
            unit_ids=units[np.array(UNIT_REGIONS) == region].tolist(),
            from_month=month,
            rate_factor=factor,
        )
        for product, region, month, factor in plan.BREAKS
    ]


def _new_year() -> NewYearTruth:
    first, last = plan.NEW_YEAR_DAYS
    return NewYearTruth(
        dates=list(plan.NEW_YEARS), first_day=first, last_day=last, rate_factor=plan.NEW_YEAR_FACTOR
    )


def _season() -> SeasonTruth:
    return SeasonTruth(
        amplitude=plan.SEASON_AMPLITUDE, peak_day=plan.SEASON_PEAK_DAY, weekday_factors=list(plan.WEEKDAYS)
    )


def _hole(complete: dict[str, dict[str, int]]) -> HoleTruth:
    missing = {product: {month: row[month] for month in plan.HOLE} for product, row in complete.items()}
    return HoleTruth(months=list(plan.HOLE), complaints=missing)


def _gaps() -> list[GapTruth]:
    return [
        _gap("resolved_7wd", "elderly", plan.ELDERLY_RESOLVED_POINTS, plan.RESOLVED_7WD),
        _gap(
            "complaint_handling_satisfaction",
            "new_resident",
            plan.NEW_RESIDENT_SATISFACTION_POINTS,
            plan.HANDLING_SATISFACTION,
        ),
    ]


def _gap(indicator_id: str, group: str, points: float, others: float) -> GapTruth:
    return GapTruth(
        indicator_id=indicator_id,
        customer_group=group,
        points=points,
        others_share=others,
        group_share=round(others + points / 100, 4),
    )


def _prompt() -> PromptTruth:
    """Handling neither improves nor worsens over the months."""
    share = plan.RESOLVED_7WD + plan.GROUPS["elderly"] * plan.ELDERLY_RESOLVED_POINTS / 100
    by_month = {str(month): round(share, 4) for month in plan.MONTHS}
    return PromptTruth(indicator_id="resolved_7wd", share_by_month=by_month)


def _delay() -> DelayTruth:
    median = plan.DELAY_MEAN_DAYS * float(np.exp(-(plan.DELAY_LOG_SD**2) / 2))
    return DelayTruth(mean_days=plan.DELAY_MEAN_DAYS, median_days=round(median, 3), log_sd=plan.DELAY_LOG_SD)


def _losses() -> LossTruth:
    return LossTruth(
        body_median=plan.LOSS_MEDIAN,
        body_log_sd=plan.LOSS_LOG_SD,
        tail_probability=plan.LOSS_TAIL_PROBABILITY,
        tail_threshold=plan.LOSS_TAIL_THRESHOLD,
        tail_scale=plan.LOSS_TAIL_SCALE,
        tail_shape=plan.LOSS_TAIL_SHAPE,
    )
