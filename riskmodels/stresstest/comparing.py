"""The scenarios of a run beside each other: what each adds, to whom, for how long, and which is worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.display import Displayed, shown_portion
from riskmodels.labels import label, local, plural, space
from riskmodels.parameters.scenarios import severity_label
from riskmodels.scorecard.grounds import RATED
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.outcome import StressTest

_THOUSAND = 1000.0  # CNY
_WHAT = ("complaints", "backlog", "paid", "money")
_COLUMNS = (
    *("scenario", "name_en", "name_zh", "severity"),
    *(f"{what}{end}" for what in _WHAT for end in ("", "_lower", "_upper")),
    *("standard", "missed", "staff", "recovery", "recovery_lower", "recovery_upper"),
    *("loss_mean", "value_at_risk", "expected_shortfall", "level"),
    *("indicators", "units", "products", "groups", "worse"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenarioComparison(Displayed):
    """What the scenarios of a run do, worst first.

    Attributes
    ----------
    table : DataFrame
        One row a scenario and severity: scenario, name_en, name_zh, severity; complaints [more than
        expected, in the months ahead], backlog [most at the end of a month, days of work], paid [redress and
        fines, more], money [all that is known, more], each with _lower and _upper [90 % interval]; standard,
        missed [the standard that is likeliest beyond its red limit in some month, and that probability];
        staff [times as many people as keep complaints in time in the worst month; infinite: four times as
        many are too few]; recovery, recovery_lower, recovery_upper [months until the backlog is as usual;
        infinite: beyond the outlook]; loss_mean, value_at_risk, expected_shortfall [of a year's losses with
        the scenario, money], level; indicators, units, products, groups [number that turn red; unknown where
        none has a colour]; worse [probability that it costs more than the next row, on the same paths; of
        equal ones half]. Unknown is NaN; an empty standard: none.
    """

    table: pd.DataFrame

    @property
    def names(self) -> list[str]:
        """Name each scenario with its severity, in the language in use."""
        rows: list[Any] = list(self.table.itertuples())
        return [f"{local(row, 'name')}, {severity_label(row.severity)}" for row in rows]

    @property
    def sentence(self) -> str:
        """Say which scenario is worst, and how sure that is."""
        if self.table.empty:
            return label("No scenario was tested.")
        first: Any = next(self.table.itertuples())
        said = plural(
            len(self.table),
            "{count} scenario was tested: {name} ({severity}).",
            "{count} scenarios were tested; {name} ({severity}) is expected to cost most.",
            count=len(self.table),
            name=local(first, "name"),
            severity=severity_label(first.severity),
        )
        if pd.isna(first.worse):
            return said
        return (
            said
            + space()
            + label(
                "The probability that it costs more than the next is {worse}.",
                worse=shown_portion(first.worse),
            )
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"stress_compared": self.table}

    def summary(self) -> pd.DataFrame:
        """Return the scenarios with what they add, narrow enough for a terminal."""
        rows: list[Any] = list(self.table.itertuples())
        late = {np.inf: label("later")}
        return pd.DataFrame(
            {
                label("Scenario"): self.names,
                label("Complaints more"): self.table["complaints"].round().to_numpy(),
                label("Thousand CNY more"): (self.table["money"] / _THOUSAND).round().to_numpy(),
                label("Worst month red"): [
                    shown_portion(row.missed) if row.standard else "–" for row in rows
                ],
                label("Months of backlog"): [late.get(row.recovery, row.recovery) for row in rows],
            }
        )


def compare(tests: Sequence[StressTest]) -> ScenarioComparison:
    """Set stress tests beside each other.

    Parameters
    ----------
    tests : sequence of StressTest
        Of one run: paths and draws are the same in all, so that differences are of the scenarios alone.

    Returns
    -------
    ScenarioComparison
        The one expected to cost most first; of those that cost alike, the one with most complaints.
    """
    order = sorted(range(len(tests)), key=lambda at: _cost(tests[at]), reverse=True)
    sorted_ = [tests[at] for at in order]
    rows = [_row(test) | {"worse": _worse(test, sorted_[at + 1 :])} for at, test in enumerate(sorted_)]
    return ScenarioComparison(table=pd.DataFrame(rows, columns=[*_COLUMNS]))


def _cost(test: StressTest) -> tuple[float, float]:
    if test.paths.empty:
        return -np.inf, -np.inf
    means = test.paths[["money", "complaints"]].mean().fillna(-np.inf)
    return float(means["money"]), float(means["complaints"])


def _row(test: StressTest) -> dict[str, Any]:
    return {
        "scenario": test.scenario.id,
        "name_en": test.scenario.name_en,
        "name_zh": test.scenario.name_zh,
        "severity": test.severity,
        **{name: figure for what in _WHAT for name, figure in _interval(test.paths, what)},
        **_missed(test.standards),
        **needs_of_handlers(test.handling),
        **_losses(test.losses),
        "indicators": _turned(test.table, "indicator_id"),
        "units": _turned(test.turning[test.turning["of"] == "unit_id"], "id"),
        "products": _turned(test.turning[test.turning["of"] == "product"], "id"),
        "groups": _turned(test.groups, "id"),
    }


def _turned(rows: pd.DataFrame, name: str) -> float:
    """Count those of a name that turn red; unknown where none has a colour."""
    if not rows["rating"].isin(RATED).any():
        return np.nan
    return float(turned_red(rows)[name].nunique())


def turned_red(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a stress test's table that are red under the scenario, and were not before."""
    return rows[(rows["rating"] == "red") & (rows["rating_before"] != "red")]


def _interval(paths: pd.DataFrame, what: str) -> list[tuple[str, float]]:
    values = paths[what].to_numpy(dtype=np.float64)
    known = len(values) > 0 and bool(np.isfinite(values).all())
    ends = np.quantile(values, INTERVAL) if known else (np.nan, np.nan)
    mean = float(values.mean()) if known else np.nan
    return [(what, mean), (f"{what}_lower", float(ends[0])), (f"{what}_upper", float(ends[1]))]


def _missed(standards: pd.DataFrame) -> dict[str, Any]:
    """Return the standard that is likeliest missed in some month."""
    if standards.empty:
        return {"standard": "", "missed": np.nan}
    worst = standards.iloc[int(np.argmax(standards["missed"].to_numpy(float)))]
    return {"standard": str(worst["indicator_id"]), "missed": float(worst["missed"])}


def needs_of_handlers(handling: pd.DataFrame) -> dict[str, float]:
    """Return the people needed in the worst month, and when the last team's backlog is as usual.

    See ``ScenarioComparison.table``: staff, recovery, recovery_lower, recovery_upper.
    """
    names = ("recovery", "recovery_lower", "recovery_upper")
    if handling.empty:
        return dict.fromkeys(("staff", *names), np.nan)
    longest = handling.drop_duplicates("team")[[*names]].fillna(np.inf).max()
    staff = float(handling["staff_needed"].fillna(np.inf).max())
    return {"staff": staff, **{name: float(longest[name]) for name in names}}


def _losses(losses: pd.DataFrame) -> dict[str, float]:
    names = ("value_at_risk", "expected_shortfall", "level")
    if losses.empty:
        return dict.fromkeys(("loss_mean", *names), np.nan)
    after = losses[losses["when"] == "after"].iloc[0]
    return {"loss_mean": float(after["mean"])} | {name: float(after[name]) for name in names}


def _worse(test: StressTest, others: Sequence[StressTest]) -> float:
    """Return the probability that a scenario costs more than the next one, path by path."""
    if not others or (test.size, test.seed) != (others[0].size, others[0].seed):
        return float("nan")
    mine, other = (_money(one) for one in (test, others[0]))
    if len(mine) != len(other) or not len(mine):
        return float("nan")
    return float((mine > other).mean() + (mine == other).mean() / 2)


def _money(test: StressTest) -> Floats:
    return test.paths["money"].to_numpy(dtype=np.float64)
