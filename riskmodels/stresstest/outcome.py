"""What a stress test found: complaints, indicators, who turns red, losses and costs, before and after."""

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.labels import commas, label, local, marked, plain_label, plural, space
from riskmodels.parameters.scenarios import Scenario, severity_label

TURNING = (
    *("of", "id", "rating_before", "rating"),
    *("before", "after", "lower", "upper", "red", "p_red_before", "p_red"),
)
GROUPS = (
    *("id", "indicator_id", "cases", "before", "after", "lower", "upper"),
    *("red", "p_red_before", "p_red", "rating_before", "rating"),
)
STANDARDS = ("team", "period", "indicator_id", "before", "share", "lower", "upper", "red", "missed")
WITHOUT = ("shock", "complaints", "in_time", "backlog", "losses")
PATHS = ("complaints", "backlog", "paid", "money")
COSTS = ("item", "months", "before", "after", "more", "lower", "upper")
LOSSES = (
    *("when", "mean", "value_at_risk", "expected_shortfall"),
    *("value_at_risk_error", "expected_shortfall_error", "level"),
)
HANDLING = (
    *("team", "period", "a_day", "a_day_lower", "a_day_upper", "is_estimated"),
    *("load_without", "load_with"),
    *("within_3_without", "within_3_with", "within_7_without", "within_7_with"),
    *("backlog_without", "backlog_with", "backlog_lower", "backlog_upper"),
    *("missed_3", "missed_7", "staff", "staff_needed"),
    *("recovered", "recovery", "recovery_lower", "recovery_upper"),
)
MACRO = (
    *("what", "of", "used", "series", "effect", "lower", "upper"),
    *("quarters", "tested", "gain", "gain_error", "p_value"),
)
CALLS = (
    *("team", "period", "calls_without", "calls_with", "calls_lower", "calls_upper"),
    *("served_within_without", "served_within_with", "offered_within_without", "offered_within_with"),
    *("not_abandoned_without", "not_abandoned_with"),
    *("meaning", "within_minutes", "limit", "level_without", "level_with", "level_lower", "level_upper"),
    *("missed_without", "missed_with", "staff", "staff_needed", "error"),
    *("seen_in_standard", "seen_given_up", "spread"),
)
CLASSES = (
    *("team", "severity", "period", "complaints_without", "complaints_with"),
    *("within_3_without", "within_3_with", "within_7_without", "within_7_with"),
    *("backlog_without", "backlog_with"),
)
_TEXTS = (
    *("team", "period", "of", "id", "indicator_id", "rating_before", "rating", "item", "when", "shock"),
    *("what", "used", "series", "meaning", "severity"),
)
LIKELY = 0.5  # probability: likelier than not


def none_of(columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a table of these columns without a row."""
    kinds = {name: "str" if name in _TEXTS else "float64" for name in columns}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class StressTest(Displayed):
    """One scenario at one severity.

    Attributes
    ----------
    scenario : Scenario
        What was assumed.
    severity : str
        Which of its levels.
    table : DataFrame
        One row per indicator that it moves: indicator_id, before, after, lower, upper, standard_error
        [unit of the indicator; 90% interval; of the simulated mean], amber, red, p_red_before, p_red,
        p_red_error [probability beyond red and its standard error], rating_before, rating.
    complaints : DataFrame
        One row per month (or quarter) ahead: period, expected, expected_lower, expected_upper, stressed,
        stressed_lower, stressed_upper [complaints; 90% interval], standard_error.
    omitted : DataFrame
        item, reason: what the scenario moves and these data or this test cannot show.
    unapplied : tuple of str
        Products, or other places, whose surges do not apply: there are no complaints about them to multiply.
    quarter : str
        First and last of the three months after the start of the scenario that the indicators are about.
    size, seed : int
        Paths drawn, and their seed.
    policy : date
        Day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    turning : DataFrame
        Units and products before and after, by their rate of complaints: see ``who_turns_red``. Empty without
        a scorecard.
    groups : DataFrame
        Customer groups before and after, by the shares that move: see ``stress_groups``. Empty where cases
        have no customer group.
    costs : DataFrame
        What it costs: see ``cost_table``. Losses, fines and lost income are of a year; redress is of the
        months of the outlook.
    losses : DataFrame
        The year's losses: when (``before``, ``after``), mean, value_at_risk, expected_shortfall [money],
        value_at_risk_error, expected_shortfall_error [relative], level. Empty without losses.
    handling : DataFrame
        One row a team and month: a_day [complaints that the team can finish on a working day], with the
        range that it may lie in (a_day_lower, a_day_upper); is_estimated; load_without, load_with [share of
        that]; ``within_3_…``, ``within_7_…`` [share of the month's complaints in time, as far as waiting
        decides]; ``backlog_…`` [left at the end, days of work; 90 % interval with the scenario]; missed_3,
        missed_7 [probability that the standard is beyond its red limit]; staff [times as many people at
        work]; staff_needed [times as many that keep complaints in time as without the scenario, to a point;
        unknown where four times as many are too few]; recovered [probability that the backlog is as without
        the scenario, to half a day]; recovery, recovery_lower, recovery_upper [months ahead after which it
        is so for good: median and 90 % interval; unknown beyond the outlook].
    standards : DataFrame
        One row a team, month and standard that has a limit: indicator_id, before [share done in time without
        the scenario], share, lower, upper [with it; 90 % interval], red [limit], missed [probability of
        being beyond it].
    paths : DataFrame
        One row a path, the same paths in every scenario of a run: complaints [more than expected, in all
        months ahead], backlog [the most at the end of a month, days of work; unknown without handlers], paid
        [redress and fines more than expected, money], money [as the total of ``costs``, more].
    without : DataFrame
        The mean response with all shocks and without each: see ``response_without``.
    classes : DataFrame
        One row a team, severity (``major``, ``serious``, ``ordinary``, in the order in which they are done)
        and month: ``complaints_…``; ``within_3_…``, ``within_7_…`` [share of them in time, as far as
        waiting decides]; ``backlog_…`` [complaints left at the end, mean]. Empty where no severities are
        known.
    calls : DataFrame
        One row a team and month: ``calls_…`` [enquiries and calls; 90 % interval with the scenario]; three
        meanings of a service level, each a share: ``served_within_…`` [of calls that are answered, within
        the time], ``offered_within_…`` [of all calls, answered within it], ``not_abandoned_…`` [of all
        calls, answered at last]; meaning, which of them the capacity file means, within_minutes and limit
        [share]; ``level_…`` [that one; 90 % interval with the scenario]; ``missed_…`` [probability that it
        is below the limit]; staff [times as many people at work]; staff_needed [times as many that reach
        the limit; unknown where four times as many are too few]; error [of a share, by reading the table
        between its points]; seen_in_standard, seen_given_up [shares of the last year's calls in the table
        of enquiries] and spread [by which months differ, a share of their mean]. Without people and times
        only calls are known. Empty without calls.
    by_shock : DataFrame
        What each shock adds: shock, complaints, money [of losses, a year]; the columns add up to what the
        scenario adds.
    macro : DataFrame
        One row a thing that follows a path of the economy: what, of [product, event type, or where]; used
        (``estimated`` from the bank's history, or ``elicited``, where that shows no usable sensitivity or
        says nothing); series, effect, lower, upper [log of the count a unit of the series makes in the end;
        90 % interval] of the strongest driver; quarters, tested, gain, gain_error, p_value: see
        ``MacroSensitivity``. Empty where no shock follows one.
    """

    scenario: Scenario
    severity: str
    table: pd.DataFrame
    complaints: pd.DataFrame
    omitted: pd.DataFrame
    quarter: str
    size: int
    seed: int
    policy: date
    data_digest: str
    unapplied: tuple[str, ...] = ()
    turning: pd.DataFrame = field(default_factory=lambda: none_of(TURNING))
    groups: pd.DataFrame = field(default_factory=lambda: none_of(GROUPS))
    costs: pd.DataFrame = field(default_factory=lambda: none_of(COSTS))
    losses: pd.DataFrame = field(default_factory=lambda: none_of(LOSSES))
    handling: pd.DataFrame = field(default_factory=lambda: none_of(HANDLING))
    standards: pd.DataFrame = field(default_factory=lambda: none_of(STANDARDS))
    paths: pd.DataFrame = field(default_factory=lambda: none_of(PATHS))
    without: pd.DataFrame = field(default_factory=lambda: none_of(WITHOUT))
    classes: pd.DataFrame = field(default_factory=lambda: none_of(CLASSES))
    calls: pd.DataFrame = field(default_factory=lambda: none_of(CALLS))
    by_shock: pd.DataFrame = field(default_factory=lambda: none_of(("shock", "complaints", "money")))
    macro: pd.DataFrame = field(default_factory=lambda: none_of(MACRO))

    @property
    def raised(self) -> bool:
        """Whether any complaints are multiplied."""
        moves = (movement for _, movement in self.scenario.level(self.severity).movements)
        asked = {movement.where for movement in moves if movement.what == "complaints"}
        return bool(asked - set(self.unapplied))

    @property
    def applied(self) -> bool:
        """Whether anything of the scenario could be applied: else it says nothing of the bank."""
        calls = bool((self.calls["calls_with"] != self.calls["calls_without"]).any())
        return self.raised or calls or not self.table.empty or bool((self.costs["more"] != 0).any())

    @property
    def calls_missed(self) -> pd.DataFrame:
        """Months of teams in which the service level of calls is likelier missed than not, and was not."""
        return self.calls[(self.calls["missed_with"] >= LIKELY) & (self.calls["missed_without"] < LIKELY)]

    @property
    def turned(self) -> int:
        """How many indicators turn red."""
        return int(((self.table["rating"] == "red") & (self.table["rating_before"] != "red")).sum())

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        macro = {f"stress_{self.scenario.id}_macro": self.macro} if len(self.macro) else {}
        return macro | {
            f"stress_{self.scenario.id}_complaints": self.complaints,
            f"stress_{self.scenario.id}_indicators": self.table,
            f"stress_{self.scenario.id}_units_and_products": self.turning,
            f"stress_{self.scenario.id}_customer_groups": self.groups,
            f"stress_{self.scenario.id}_costs": self.costs,
            f"stress_{self.scenario.id}_losses": self.losses,
            f"stress_{self.scenario.id}_handling": self.handling,
            f"stress_{self.scenario.id}_standards": self.standards,
            f"stress_{self.scenario.id}_without_shock": self.without,
            f"stress_{self.scenario.id}_by_severity": self.classes,
            f"stress_{self.scenario.id}_calls": self.calls,
            f"stress_{self.scenario.id}_by_shock": self.by_shock,
        }

    @property
    def sentence(self) -> str:
        """Say how many complaints more, how many indicators turn red, and what did not apply."""
        said = {
            "name": local(self.scenario, "name"),
            "severity": severity_label(self.severity),
            "products": commas(map(plain_label, self.unapplied)),
            "more": _complaints(self.complaints["stressed"].sum() - self.complaints["expected"].sum()),
            "turned": plural(
                self.turned,
                "{turned} indicator turns red",
                "{turned} indicators turn red",
                turned=self.turned,
            ),
        }
        if not self.applied:
            words = marked(
                "{name}, {severity}: the scenario did not apply, and says nothing of the bank{why}."
            )
            why = label(", which has no complaints about {products}", **said) if self.unapplied else ""
            return label(words, **said, why=why)
        words = marked("{name}, {severity}: {more} more than expected; {turned}.")
        if not self.raised:
            words = marked("{name}, {severity}: {turned}; complaints are not multiplied.")
        elif self.table.empty:
            words = marked("{name}, {severity}: {more} more than expected; no indicator is known.")
        missing = space() + label("It did not apply to {products}.", said) if self.unapplied else ""
        return label(words, said) + missing

    def summary(self) -> pd.DataFrame:
        """Before and after, indicator by indicator."""
        return self.table[
            [
                "indicator_id",
                "before",
                "after",
                "lower",
                "upper",
                "rating_before",
                "rating",
                "p_red",
                "p_red_error",
            ]
        ]


def _complaints(more: float) -> str:
    return plural(round(more), "{more:,.0f} complaint", "{more:,.0f} complaints", more=more)
