"""Objectives of a year: how likely each is met, what would meet it, and what has moved that in a quarter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from riskmodels.catalogue import indicators
from riskmodels.catalogue.computation import listed_reasons
from riskmodels.catalogue.counted import definition_for
from riskmodels.catalogue.entry import Indicator
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import counted, label, marked, plural, space
from riskmodels.parameters.policy import IndicatorPolicy, Policy
from riskmodels.periods.quarters import check_quarter
from riskmodels.surveillance.chances import Goals, courses_of, judge, rows_of
from riskmodels.surveillance.objective_cells import cells_of, stacked, why_not
from riskmodels.surveillance.years import MONTHS, Cells
from riskmodels.tables import Tables

SEED = 20  # of the draws, so that a run can be repeated
LIKELY = 0.5  # likelier than not
_VERDICTS = (  # from which probability on: nine to one, two to one, and the same against
    (0.9, marked("very likely met")),
    (0.67, marked("likely met")),
    (0.33, marked("open")),
    (0.1, marked("likely missed")),
    (0.0, marked("very likely missed")),
)
Reach = Literal["open", "out_of_reach", "met_anyway", "over"]
COLUMNS = (
    "indicator_id",
    "change",
    "base",
    "target",
    "so_far",
    "expected",
    "lower",
    "upper",
    "probability",
    "needed",
    "months_left",
    "probability_before",
    "by_time",
    "by_news",
    "by_model",
    "by_revision",
)
COURSE = ("indicator_id", "period", "observed", "expected", "lower", "upper", "course")


@dataclass(frozen=True, kw_only=True, eq=False)
class Objectives(Displayed):
    """Which objectives of a year will be met.

    Attributes
    ----------
    table : DataFrame
        One row an objective, in the policy's order, in the unit of the indicator: indicator_id, ``change``
        (wanted, a share of the year before), ``base`` (value of the year before), ``target``, ``so_far`` (of
        the months that are known; of a stock the last of them), ``expected``, ``lower``, ``upper`` (the whole
        year and its 90 % interval), ``probability`` (of meeting the target), ``needed`` (mean value of what
        is still to come that just meets it; NaN where nothing is), ``months_left`` (not known whole),
        ``probability_before`` (as of the quarter before) and what has moved it since: ``by_time`` (less is
        left to come, had it come as expected), ``by_news`` (what came instead), ``by_model`` (how much the
        indicator moves, estimated anew), ``by_revision`` (months known otherwise today, or another policy;
        zero without the earlier result). The four add up to the change.
    course : DataFrame
        One row an objective and month of the year before and the year: indicator_id, period, ``observed``
        (NaN where unknown), ``expected``, ``lower``, ``upper`` (of a month that is not known whole, 90 %)
        and ``course`` (that meets the target; NaN where none can).
    unavailable : DataFrame
        indicator_id, reason, said: objectives that cannot be followed, as in ``Indicators``.
    period : str
        Quarter, the last that is looked at.
    as_of, policy : date
        Day of the data, and first day of the policy.
    data_digest : str
    seed : int
    """

    table: pd.DataFrame
    course: pd.DataFrame
    unavailable: pd.DataFrame
    period: str
    as_of: date
    policy: date
    data_digest: str
    seed: int

    @property
    def year(self) -> int:
        """Calendar year that the objectives are of."""
        return int(self.period[:4])

    @property
    def sentence(self) -> str:
        """Say how many objectives are likely to be met."""
        if self.table.empty and self.unavailable.empty:
            return label("The policy sets no objectives.")
        lacking = len(self.unavailable)
        objectives = counted(len(self.table) + lacking, "objective", "objectives")
        figures = {"period": self.period, "objectives": objectives, "year": str(self.year)}
        if self.table.empty:
            return label("{period}: none of {objectives} of {year} can be followed.", figures)
        likely = int((self.table["probability"] > LIKELY).sum())
        words = plural(
            likely,
            "{period}: {likely} of {objectives} of {year} is likelier than not to be met.",
            "{period}: {likely} of {objectives} of {year} are likelier than not to be met.",
            figures,
            likely=likely,
        )
        return words + (space() + label("{lacking} cannot be followed.", lacking=lacking) if lacking else "")

    def summary(self) -> pd.DataFrame:
        """Return targets, expected values and probabilities."""
        return self.table[["indicator_id", "base", "target", "so_far", "expected", "probability", "needed"]]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            "objectives": self.table,
            "objective_courses": self.course,
            "objectives_unavailable": self.unavailable,
        }


def track_objectives(
    tables: Tables,
    policy: Policy,
    *,
    period: str,
    earlier: Objectives | None = None,
    seed: int = SEED,
) -> Objectives:
    """Follow every objective of the policy in the year of a quarter.

    An objective is met if the value of the calendar year is at least (1 + change) times that of the year
    before where higher is better, and at most that where lower is better. The value of a year is that of all
    its cases; of a stock (retention), that of December.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Its indicators with an ``objective``.
    period : str
        Quarter, e.g. ``2026Q3``; nothing after it is looked at.
    earlier : Objectives, optional
        As they were found for the quarter before, to say what revisions have moved. Without it, and in a new
        year, the quarter before is looked at in today's data.
    seed : int
        Of the draws.

    Returns
    -------
    Objectives
        Each objective of the policy is either in ``table`` or in ``unavailable``.

    Raises
    ------
    ParameterError
        The period is no quarter, or ``earlier`` is not of the quarter before.

    Notes
    -----
    What has come is a fact; random are the months that have not, that are unknown (those of the year before
    too), and the cases of complaints of the last 30 days that are not closed yet. They are drawn from
    ``forecast_ratios``: the level, its slope and season and how much months vary are uncertain. Indicators
    are followed one by one. Handling times are Kaplan-Meier means, which add up to a year's only about.
    """
    quarter = check_quarter(period)
    _check_earlier(earlier, quarter)
    wanted = [one for one in policy.indicators if one.objective is not None]
    until = quarter.asfreq("M", how="end")
    months = pd.period_range(end=until, periods=MONTHS, freq="M").astype("str")
    narrowed = policy.model_copy(update={"indicators": tuple(wanted)})
    found = indicators(tables, narrowed, freq="M", periods=list(months))
    lacking = set(found.unavailable["indicator_id"])
    reasons: dict[str, str] = {}
    followed: list[_Followed] = []
    for one in wanted:
        entry = definition_for(one.id, tables)
        if entry is None or one.id in lacking:
            continue
        cells = cells_of(entry, found.table[found.table["indicator_id"] == one.id], tables, until)
        if reason := why_not(cells, entry, tables, until):
            reasons[one.id] = reason
        else:
            followed.append(_Followed(one, entry, cells))
    rows, courses = _follow(followed, quarter, seed)
    return Objectives(
        table=_revised(rows, earlier if earlier and earlier.year == quarter.year else None),
        course=courses,
        unavailable=pd.concat([found.unavailable, listed_reasons(reasons)], ignore_index=True),
        period=period,
        as_of=tables.as_of,
        policy=policy.valid_from,
        data_digest=tables.digest,
        seed=seed,
    )


def reach_of(needed: float, *, upwards: bool, share: bool) -> Reach:
    """Tell what a needed value means of a share, or of what is not below zero: higher is better or lower.

    >>> reach_of(1.2, upwards=True, share=True), reach_of(-1.0, upwards=False, share=False)
    ('out_of_reach', 'out_of_reach')
    """
    if np.isnan(needed):
        return "over"
    if needed < 0:
        return "met_anyway" if upwards else "out_of_reach"
    if share and needed > 1:
        return "out_of_reach" if upwards else "met_anyway"
    return "open"


def is_settled(row: Mapping[Any, Any]) -> bool:
    """Tell of a row of ``Objectives.table`` whether no month is open, of the year before neither."""
    return bool(row["months_left"] == 0 and row["probability"] in (0.0, 1.0))


def verdict_of(row: Mapping[Any, Any]) -> str:
    """Say of a row of ``Objectives.table`` in words how likely it is met."""
    if is_settled(row):
        return label("met") if row["probability"] else label("missed")
    return next(label(words) for least, words in _VERDICTS if row["probability"] >= least)


class _Followed(NamedTuple):
    policy: IndicatorPolicy
    entry: Indicator
    cells: Cells


def _check_earlier(earlier: Objectives | None, quarter: pd.Period) -> None:
    if earlier is not None and earlier.period != str(quarter - 1):
        raise ParameterError(
            f"earlier is of {earlier.period}; expected the objectives of the quarter before {quarter},"
            f" {quarter - 1}"
        )


def _follow(followed: list[_Followed], quarter: pd.Period, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows and the courses of objectives, those of one family drawn at once."""
    families: dict[tuple[str, bool], list[_Followed]] = {}
    for one in followed:
        families.setdefault((one.cells.family, one.cells.stock), []).append(one)
    rows = [pd.DataFrame(columns=list(COLUMNS[:-1]), dtype="float64")]
    courses = [pd.DataFrame(columns=list(COURSE), dtype="float64")]
    for members in families.values():
        cells, goals = stacked([one.cells for one in members]), _goals(members)
        judged = judge(cells, goals, quarter, seed=seed)
        found = rows_of(judged, cells, goals)
        names = [one.policy.id for one in members]
        rows.append(found.assign(indicator_id=names))
        parts = courses_of(judged, cells, goals, found)
        courses += [part.assign(indicator_id=name) for name, part in zip(names, parts, strict=True)]
    order = {one.policy.id: place for place, one in enumerate(followed)}
    return _ordered(rows, COLUMNS[:-1], order), _ordered(courses, COURSE, order)


def _ordered(frames: list[pd.DataFrame], columns: tuple[str, ...], order: dict[str, int]) -> pd.DataFrame:
    """Put frames below each other, in the order of the policy."""
    filled = [frame for frame in frames if len(frame)] or frames
    whole = pd.concat(filled, ignore_index=True)[list(columns)]
    places = whole["indicator_id"].map(order).to_numpy(dtype=float).argsort(kind="stable")
    kinds = dict.fromkeys(columns, "float64") | {"indicator_id": "str"}
    kinds |= {
        name: kind for name, kind in {"period": "str", "months_left": "int64"}.items() if name in columns
    }
    return whole.iloc[places].reset_index(drop=True).astype(kinds)


def _goals(members: list[_Followed]) -> Goals:
    wanted = [one.policy.objective for one in members if one.policy.objective is not None]
    return Goals(
        change=np.array([one.change_per_year for one in wanted]),
        upwards=np.array([one.policy.direction == "higher_is_better" for one in members]),
        lost=np.array([one.entry.family == "availability" for one in members]),
        share=np.array([one.entry.is_share for one in members]),
        scale=np.array([one.entry.scale for one in members]),
    )


def _revised(rows: pd.DataFrame, earlier: Objectives | None) -> pd.DataFrame:
    """Let the change begin where the earlier result left off, and say what of it is revision."""
    now = rows["probability_before"]
    then = now
    if earlier is not None:
        known = earlier.table.set_index("indicator_id")["probability"]
        then = rows["indicator_id"].map(known).astype("float64").fillna(now)
    return rows.assign(probability_before=then, by_revision=now - then)
