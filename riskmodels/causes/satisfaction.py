"""What satisfaction goes with: answers regressed on days, outcome, channel, group and others."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import scipy

from riskmodels.causes.answers import handled_complaints, survey_answers
from riskmodels.causes.associations import DRIVERS, LEVEL, MEASURES, UNKNOWN, regress_answers
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import clauses, commas, counted, label, marked, plain_label, plural, say, space
from riskmodels.parameters.policy import Policy
from riskmodels.periods.quarters import check_quarter
from riskmodels.rates import holm_adjusted
from riskmodels.tables import Tables

SOURCES = {"complaints": marked("rated complaints"), "surveys": marked("survey answers")}
_NAMED = 3  # differences in the sentence
_TEXTS = ("source", "driver", "level", "reference")
_COLUMNS = (
    *_TEXTS,
    "answers",
    "satisfied_share",
    "odds_ratio",
    "odds_lower",
    "odds_upper",
    "points",
    "standard_error",
    "lower",
    "upper",
    "p_value",
    "p_adjusted",
    "found",
    "proportional_p",
)
_MODEL = (
    "source",
    "answers",
    "left_out",
    "satisfied_share",
    "coefficients",
    "units",
    "clustered",
    "proportional_p",
    "proportional",
)
_KINDS = dict.fromkeys(_TEXTS, "str") | dict.fromkeys(("found", "clustered", "proportional"), "bool")
_KINDS |= dict.fromkeys(("answers", "left_out", "coefficients", "units", "asked", "answered"), "int64")


@dataclass(frozen=True, kw_only=True, eq=False)
class SatisfactionDrivers(Displayed):
    """What answers of customers go with, called association: never an effect.

    Attributes
    ----------
    table : DataFrame
        One row per source, driver and level, the clearest first: source [complaints or surveys], driver,
        level, reference [the level that it is set against; empty for days and hours, whose row is of one less
        of them]; answers [number, of the level]; satisfied_share [as it is]; odds_ratio, odds_lower,
        odds_upper [of more points, all else alike: one figure for all five levels]; points, standard_error,
        lower, upper [percentage points of satisfied customers, all else alike, of this cutpoint alone: the
        figure to quote]; p_value, p_adjusted [of no difference in points; Holm, of all rows]; found;
        proportional_p [that the odds ratio is the same at all levels, of the driver].
    answering : DataFrame
        Who answers, one row per driver and level of the complaints that were closed: source, driver, level,
        asked, answered [number], share, lower, upper [Wilson], p_adjusted [that all levels of the driver
        answer alike, Holm]. Of surveys it is not known who was asked.
    models : DataFrame
        One row per source that could be regressed: source, answers, left_out [number, for what is unknown
        beside them], satisfied_share, coefficients [number], units [number], clustered [whether
        what answers of a unit share is in the errors], proportional_p [of all drivers], proportional [False:
        an odds ratio does not speak for all levels].
    unavailable : DataFrame
        source, driver [empty: all of them], said [why, as ``labels.say`` takes it].
    period : str
        The last quarter.
    quarters : int
        How many, the last one included.
    certainty, level : float
        1 - the family-wise error rate; probability of the intervals.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    """

    table: pd.DataFrame
    answering: pd.DataFrame
    models: pd.DataFrame
    unavailable: pd.DataFrame
    period: str
    quarters: int
    certainty: float
    as_of: date
    policy: date
    data_digest: str
    level: float = LEVEL

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"satisfaction_drivers": self.table, "satisfaction_answering": self.answering}

    @property
    def sentence(self) -> str:
        """Say what goes with satisfaction, what one day less goes with, and what that is not."""
        if self.table.empty:
            return label(
                "What satisfaction goes with cannot be estimated: {reason}.",
                reason=clauses(self._reasons()),
            )
        found = self.table[self.table["found"]]
        text = plural(
            len(found),
            "{period} and before, {quarters}, {answers}: {found} of {compared} is beyond chance"
            " (family-wise error rate {chance:.0%}){named}.",
            "{period} and before, {quarters}, {answers}: {found} of {compared} are beyond chance"
            " (family-wise error rate {chance:.0%}){named}.",
            period=self.period,
            quarters=counted(self.quarters, "quarter", "quarters"),
            answers=counted(self.models["answers"].sum(), "answer", "answers"),
            found=len(found),
            compared=counted(len(self.table), "association", "associations"),
            chance=1 - self.certainty,
            named="".join(f"; {self._said(row)}" for row in found.head(_NAMED).to_dict("records")),
        )
        days = self.table[(self.table["driver"] == "days_to_resolve") & ~self.table["found"]]
        for row in days.to_dict("records"):
            text += space() + label("Not beyond chance: {what}.", what=self._said(row))
        if not self.models["proportional"].all():
            text += space() + label("Odds ratios do not speak for all levels of satisfaction; points do.")
        return text + space() + label("This is association, not effect.")

    @property
    def who_answered(self) -> str:
        """Say how many rated the handling of their complaint, and where others did than elsewhere."""
        if self.answering.empty:
            return label("Who did not answer is not known: the source has answers only.")
        first = self.answering[self.answering["driver"] == self.answering["driver"].iloc[0]]
        uneven = self.answering.loc[self.answering["p_adjusted"] <= 1 - self.certainty, "driver"].unique()
        text = label(
            "{answered:,} of {asked:,} closed complaints were rated ({share:.0%}).",
            answered=first["answered"].sum(),
            asked=first["asked"].sum(),
            share=first["answered"].sum() / first["asked"].sum(),
        )
        if len(uneven):
            names = commas(plain_label(driver.removesuffix("_id")) for driver in uneven)
            text += space() + label("Shares differ by {names}, which nothing corrects for.", names=names)
        return text + space() + label("Who was asked in surveys and did not answer is not known.")

    def summary(self) -> pd.DataFrame:
        """The 15 clearest rows."""
        names = ["source", "driver", "level", "reference", "answers", "satisfied_share", "points"]
        return self.table[[*names, "lower", "upper", "p_adjusted", "odds_ratio"]].head(15)

    def _reasons(self) -> Iterator[str]:
        """Yield why a source has no association: a reason of its own, or one of all that its answers have."""
        for source, rows in self.unavailable.groupby("source"):
            whole = rows.loc[rows["driver"] == "", "said"]
            reason = label("nothing that they come with has answers enough")
            reason = say(json.loads(whole.iloc[0])) if len(whole) else reason
            yield label("{source}: {reason}", source=label(SOURCES[str(source)]), reason=reason)

    def _said(self, row: Mapping[Any, Any]) -> str:
        return label(
            "{what} ({source}): {points:+.1f} points of satisfied customers ({chance:.0%} interval"
            " {lower:+.1f} to {upper:+.1f})",
            row,
            what=driver_words(row),
            source=label(SOURCES[row["source"]]),
            chance=self.level,
        )


def driver_words(row: Mapping[Any, Any]) -> str:
    """Say what a row of ``SatisfactionDrivers.table`` sets against what."""
    if row["driver"] in MEASURES:
        return label(MEASURES[row["driver"]])
    level, reference = plain_label(row["level"]), plain_label(row["reference"])
    driver = plain_label(row["driver"].removesuffix("_id"))
    return label("{driver}: {level} against {reference}", driver=driver, level=level, reference=reference)


def satisfaction_drivers(
    tables: Tables, policy: Policy, *, period: str, quarters: int = 4
) -> SatisfactionDrivers:
    """Say what ratings of handled complaints, and answers of surveys, go with.

    Parameters
    ----------
    tables : Tables
        Accepted rows. Ratings of complaints received in the quarters are set against hours to the first
        answer, working days to resolve, outcome, customer group, channel, product and region; answers of
        surveys against the last four.
    policy : Policy
        Its ``gaps.certainty`` keeps the family-wise error rate of all associations.
    period : str
        The last quarter, e.g. ``2026Q3``.
    quarters : int
        How many are taken together, at least 1; four of them are a year.

    Returns
    -------
    SatisfactionDrivers
        Every driver of every source is in ``table`` or in ``unavailable``. Points of a level and of its
        reference, exchanged, are the same with the other sign. The order of rows changes nothing.

    Raises
    ------
    ParameterError
        The period is no quarter, or quarters are less than one.

    Notes
    -----
    Proportional odds of all five levels give the odds ratio (McCullagh 1980,
    doi:10.1111/j.2517-6161.1980.tb01109.x); logistic regression of "4 or 5 points" gives the points: the
    mean over all answers of the difference of two predicted shares, at the estimate and at the ends of its
    interval. The latter needs no proportional odds: where the test refuses these, quote points and not the
    odds ratio. The test has little power, so that points are quoted always. Errors are clustered
    by unit where there are ten units. Levels with few answers are one level, *others*. Fails where customers
    differ in what is not here (how hard their case is), or where those who answer are not like those who do
    not: ``answering`` shows the latter, and nothing corrects for it.
    """
    last = check_quarter(period)
    if quarters < 1:
        raise ParameterError(f"quarters: expected at least 1, got {quarters}")
    span = pd.period_range(end=last, periods=quarters, freq="Q")
    handled, surveyed = handled_complaints(tables, span), survey_answers(tables, span)
    sources = [regress_answers("complaints", handled), regress_answers("surveys", surveyed)]
    table = _framed([row for one in sources for row in one.rows], _COLUMNS[:-3] + _COLUMNS[-1:])
    adjusted = holm_adjusted(table["p_value"].to_numpy(np.float64))
    table = table.assign(p_adjusted=adjusted, found=adjusted <= 1 - policy.gaps.certainty)
    lacking = [(one.source, driver, json.dumps(why.facts)) for one in sources for driver, why in one.lacking]
    return SatisfactionDrivers(
        table=table[list(_COLUMNS)].sort_values(["p_value", *_TEXTS], ignore_index=True),
        answering=_answering(handled),
        models=_framed([row for one in sources for row in one.model], _MODEL),
        unavailable=pd.DataFrame(lacking, columns=["source", "driver", "said"], dtype="str"),
        period=period,
        quarters=quarters,
        certainty=policy.gaps.certainty,
        as_of=tables.as_of,
        policy=policy.valid_from,
        data_digest=tables.digest,
    )


def _framed(rows: Sequence[Mapping[Any, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Make a frame of these columns, each of its own kind though there be no row."""
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({column: _KINDS.get(column, "float64") for column in columns})


_ASKED = ("source", "driver", "level", "asked", "answered", "share", "lower", "upper", "p_value")


def _answering(handled: pd.DataFrame | None) -> pd.DataFrame:
    """Count who was asked and who answered, by driver and level of the complaints that were closed."""
    rows: list[dict[Any, Any]] = []
    if handled is not None:
        given = [one for one in DRIVERS if one not in MEASURES and handled[one].notna().any()]
        for driver in given:
            rows += _shares(driver, handled[driver], handled["points"].notna())
    table = _framed(rows, _ASKED)
    by_driver = table.groupby("driver", sort=False)["p_value"].first()
    adjusted = dict(zip(by_driver.index, holm_adjusted(by_driver.to_numpy(np.float64)), strict=True))
    table["p_adjusted"] = table["driver"].map(adjusted).astype("float64")
    return table.drop(columns="p_value")


def _shares(driver: str, values: pd.Series, answered: pd.Series) -> list[dict[Any, Any]]:
    """Return the share that answered by level (Wilson's interval), with a test that all are alike."""
    from statsmodels.stats.proportion import proportion_confint  # here, for start-up

    groups = answered.groupby(values.astype("object").where(values.notna(), UNKNOWN).to_numpy())
    asked, found = groups.size(), groups.sum().astype("int64")
    lower, upper = proportion_confint(found, asked, alpha=1 - LEVEL, method="wilson")
    p_value = np.nan
    if len(asked) > 1 and 0 < found.sum() < asked.sum():
        p_value = float(scipy.stats.chi2_contingency([found, asked - found], correction=False).pvalue)
    columns = {"asked": asked, "answered": found, "share": found / asked, "lower": lower, "upper": upper}
    frame = pd.DataFrame({**columns, "p_value": p_value})
    facts = frame.assign(source="complaints", driver=driver, level=frame.index)
    return facts.sort_values("asked", ascending=False, kind="stable").to_dict("records")
