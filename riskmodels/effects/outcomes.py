"""What was found of actions: one, and all of a bank."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from riskmodels.display import Displayed
from riskmodels.effects.verdicts import UNKNOWN, VERDICTS
from riskmodels.errors import ParameterError
from riskmodels.labels import commas, counted, label, marked

NAIVE = "naive"  # the estimator that adjusts nothing
TEXTS = (
    *("action_id", "unit_id", "units", "product", "indicator_id", "measure", "kind"),
    *("verdict", "reason", "look_again"),
)
DAYS = ("opened_on", "closed_on")
FIGURES = (
    *("cost", "expected_change", "months_before", "months_after", "observed", "expected"),
    *("estimate", "lower", "upper", "p_value", "own_estimate", "own_lower", "own_upper", "naive_estimate"),
    *("placebo_space", "placebo_time", "hoped", "power", "power_then", "avoided", "cost_per_event"),
)
ESTIMATES = (
    "action_id",
    "estimator",
    "observed",
    "expected",
    "estimate",
    "lower",
    "upper",
    "p_value",
    "used",
)
_SAID = marked("{id}: {verdict}. Change of events by {estimate:+.0%} ({lower:+.0%} to {upper:+.0%}).")
_SAID_BUT = marked(
    "{id}: {verdict}. Change of events by {estimate:+.0%} ({lower:+.0%} to {upper:+.0%}); {reason}."
)
_AGREEING = marked("{others}: {low:+.0%} to {high:+.0%}; {within} of them within the interval.")
_SAID_NOT = marked("{id}: cannot be judged: {reason}")


def actions_frame(rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give a table of actions its columns and their types; unknown where there is none."""
    names = [*TEXTS, *DAYS, *FIGURES]
    frame = (pd.DataFrame() if rows is None else rows).reindex(columns=names)
    frame[list(TEXTS)] = frame[list(TEXTS)].astype("object").fillna("")
    types = (
        dict.fromkeys(TEXTS, "str")
        | dict.fromkeys(DAYS, "datetime64[ms]")
        | dict.fromkeys(FIGURES, "float64")
    )
    return frame.astype(types)


def estimates_frame(rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give a table of estimates its columns and their types."""
    frame = (pd.DataFrame() if rows is None else rows).reindex(columns=list(ESTIMATES))
    numbers = dict.fromkeys(ESTIMATES[2:-1], "float64")
    return frame.astype({"action_id": "str", "estimator": "str", **numbers, "used": "bool"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Effect(Displayed):
    """The effect of one action.

    Attributes
    ----------
    action_id, verdict, reason : str
        Verdict: ``worked``, ``not_yet``, ``no_effect``, ``worse``, ``unknown`` (then ``reason`` says why; of
        another verdict it says what that may be confused with).
    estimate, lower, upper : float
        [1] Relative change of the indicator's events (of a share, of those that are bad) with the interval
        at 95 %, -.25 being a quarter fewer; NaN is unknown.
    table : DataFrame
        One row per estimator: estimator, observed, expected [events], estimate, lower, upper [1], p_value
        (one-sided, of so few without an effect), used (whether the verdict rests on it). The first is the
        judging one: ``shrunken`` (peers, and the unit's past shrunken to theirs) or, of an action everywhere,
        ``course`` (interrupted series); then ``own`` (peers, and its own past alone), ``naive`` (the year
        before, nothing adjusted), ``imputation`` and ``synthetic_did`` (differences in differences).
    row : DataFrame
        The action's row of ``Effects.table``.
    """

    action_id: str
    verdict: str
    reason: str
    estimate: float
    lower: float
    upper: float
    table: pd.DataFrame
    row: pd.DataFrame = field(repr=False)

    @property
    def figures(self) -> dict[str, Any]:
        """What the row says, by column."""
        return {str(name): value for name, value in self.row.iloc[0].items()}

    @property
    def sentence(self) -> str:
        """Say the verdict, and the change."""
        if self.verdict == UNKNOWN:
            return label(_SAID_NOT, id=self.action_id, reason=self.reason)
        words = label(VERDICTS[self.verdict])
        bounds = {"estimate": self.estimate, "lower": self.lower, "upper": self.upper}
        said = _SAID_BUT if self.reason else _SAID
        return label(said, bounds, id=self.action_id, verdict=words, reason=self.reason)

    @property
    def agreement(self) -> str:
        """Say how far other estimators agree with the judging one; empty where there is none."""
        others = self.table.iloc[1:]
        sizes = others.loc[others["estimator"] != NAIVE, "estimate"].dropna()
        if sizes.empty:
            return ""
        return label(
            _AGREEING,
            others=counted(len(sizes), "other estimator", "other estimators"),
            low=sizes.min(),
            high=sizes.max(),
            within=int(sizes.between(self.lower, self.upper).sum()),
        )

    def summary(self) -> pd.DataFrame:
        """One row per estimator."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class Effects(Displayed):
    """The verdicts on the bank's actions.

    Attributes
    ----------
    table : DataFrame
        One row per action: action_id, unit_id, units (of a pilot; with blanks), product, indicator_id,
        measure, kind, opened_on, closed_on, cost [currency], expected_change [1], verdict, reason,
        months_before, months_after, observed, expected [events after, and without an effect], estimate,
        lower, upper [1] at 95 %, p_value (one-sided), own_estimate, own_lower, own_upper (by the units' own
        past alone), naive_estimate (the year before the decision, nothing adjusted), placebo_space (share of
        units without an action that fell as far), placebo_time (two-sided chance of what came between the
        halves of the time before; of an action everywhere the share of starts with as clear a change), hoped
        [1], power (chance that the change hoped for would be seen by now), look_again (month, empty: not
        within three years), power_then, avoided [events], cost_per_event [currency; of an action that
        worked].
    estimators : DataFrame
        As ``Effect.table``, with action_id.
    period : str
        Quarter.
    as_of : date
    """

    table: pd.DataFrame
    estimators: pd.DataFrame = field(repr=False)
    period: str
    as_of: date

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"effects": self.table, "effect_estimators": self.estimators}

    @property
    def sentence(self) -> str:
        """Count the verdicts."""
        if self.table.empty:
            return label("{period}: no action was closed in the two years before.", period=self.period)
        number = self.table["verdict"].value_counts()
        words = [f"{label(VERDICTS[one])} {number[one]}" for one in VERDICTS if one in number]
        actions = counted(len(self.table), "action", "actions")
        return label(
            "{period}: {actions}: {verdicts}.", period=self.period, actions=actions, verdicts=commas(words)
        )

    def summary(self) -> pd.DataFrame:
        """One row per action that can be judged."""
        names = [
            "action_id",
            "unit_id",
            "indicator_id",
            "verdict",
            "estimate",
            "lower",
            "upper",
            "look_again",
        ]
        return self.table.loc[self.table["verdict"] != UNKNOWN, names]

    def effect(self, action_id: str) -> Effect:
        """Return one action's effect; ParameterError where it is not there."""
        rows = self.table[self.table["action_id"] == action_id]
        if rows.empty:
            raise ParameterError(f"action '{action_id}' is not among those judged")
        row = {str(name): value for name, value in rows.iloc[0].items()}
        own = self.estimators[self.estimators["action_id"] == action_id]
        return Effect(
            action_id=action_id,
            verdict=row["verdict"],
            reason=row["reason"],
            estimate=float(row["estimate"]),
            lower=float(row["lower"]),
            upper=float(row["upper"]),
            table=own.drop(columns="action_id").reset_index(drop=True),
            row=rows.reset_index(drop=True),
        )
