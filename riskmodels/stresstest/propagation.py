"""What if: a scenario's surge of complaints carried through to the indicators of the bank."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting import Forecast, nowcast_where_logged
from riskmodels.labels import label, local, marked, plain_label, plural
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Level, Scenario
from riskmodels.periods.quarters import MONTHS, last_complete
from riskmodels.scorecard import DRAWS, draw_values, rate_draws, rate_period
from riskmodels.stresstest.shocked import (
    ALL,
    draw_movements,
    left_out,
    move_indicators,
    move_limits,
    multiply_complaints,
)
from riskmodels.tables import Tables

_MONTHS = 3  # a quarter, which limits are about
_INTERVAL = (0.05, 0.95)  # ends of the 90 % interval, as in the scorecard
_TINY = 1e-9  # complaints: what none is divided by


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
        Products whose surges do not apply: there are no complaints about them to multiply.
    quarter : str
        First and last of the three months after the start of the scenario that the indicators are about.
    size, seed : int
        Paths drawn, and their seed.
    policy : date
        Day from which the policy is valid.
    data_digest : str
        Digest of the tables.
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

    @property
    def raised(self) -> bool:
        """Whether any complaints are multiplied."""
        level = self.scenario.level(self.severity)
        return any(product not in self.unapplied for product in _multiplied(level))

    @property
    def applied(self) -> bool:
        """Whether anything of the scenario could be applied: else it says nothing of the bank."""
        return self.raised or not self.table.empty

    @property
    def turned(self) -> int:
        """How many indicators turn red."""
        return int(((self.table["rating"] == "red") & (self.table["rating_before"] != "red")).sum())

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            f"stress_{self.scenario.id}_complaints": self.complaints,
            f"stress_{self.scenario.id}_indicators": self.table,
        }

    @property
    def sentence(self) -> str:
        """Say how many complaints more, how many indicators turn red, and what did not apply."""
        said = {
            "name": local(self.scenario, "name"),
            "severity": label(self.severity),
            "products": ", ".join(map(plain_label, self.unapplied)),
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
        missing = " " + label("It did not apply to {products}.", said) if self.unapplied else ""
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


def stress(
    tables: Tables,
    scenario: Scenario,
    policy: Policy,
    *,
    outlook: Forecast,
    severity: str = "severe",
    seed: int = 40,
) -> StressTest:
    """Carry a scenario through to complaints and indicators.

    Parameters
    ----------
    tables : Tables
        Accepted rows; the last full quarter of the outlook's history is the state before.
    scenario : Scenario
        Shocks and what they move.
    policy : Policy
        Limits.
    outlook : Forecast
        Complaints by product (a key ``product``), by month or quarter, without the scenario.
    severity : str
        One of the scenario's levels.
    seed : int
        Seed of the paths and of the assumptions.

    Returns
    -------
    StressTest
        Complaints are never fewer under a surge (multiplier above one). Every figure carries the
        uncertainty of the forecast, of the state before, and of the scenario's assumptions.

    Raises
    ------
    ParameterError
        The scenario has no such severity, or the outlook is not by product, is by years, ends before the
        scenario has run for a quarter, or is by quarters and the scenario begins within one.

    Notes
    -----
    The complaint rate moves with complaints. A change of an indicator in the quarter is the mean of its
    months'; one per doubling is multiplied by the number of doublings of all complaints in the quarter.
    Limits move by their expected change. Assumptions are drawn from triangular distributions, whose
    dependence the scenario states. Capacity and losses are not modelled: what of the scenario concerns them,
    or one unit or channel, is said to be left out.
    """
    level, start = scenario.level(severity), scenario.start_month - 1
    window, months = _window(outlook, start), slice(start, start + _MONTHS)
    known = nowcast_where_logged(tables.complaints)
    quarter = last_complete(outlook.panel.periods[-1].end_time, "Q")
    before = rate_period(tables, policy, str(quarter), nowcast=known)
    draws = draw_values(before, DRAWS)
    size, ahead = draws.shape[1], len(outlook.periods) * MONTHS[outlook.periods.freqstr[0]]
    drawn = draw_movements(scenario, level, months=ahead, size=size, seed=seed)
    expected = outlook.sample(size, seed=seed)
    multipliers, unapplied = multiply_complaints(drawn, outlook, size)
    is_known = _is_known(level, unapplied)
    stressed = expected * (multipliers if is_known else np.nan)
    ratio = _ratio(expected[:, :, window].sum(axis=(1, 2)), stressed[:, :, window].sum(axis=(1, 2)))
    values = dict(zip(before["indicator_id"], draws, strict=True))
    after, unavailable = move_indicators(drawn, values, ratio if is_known else None, months)
    limits, stricter = move_limits(drawn, before, months)
    after |= {name: values[name] for name in sorted(stricter & set(values) - set(after))}
    omitted = dict.fromkeys([*left_out(drawn, unapplied, outlook), *unavailable])
    return StressTest(
        scenario=scenario,
        severity=severity,
        table=_compare(before, draws, after, limits, policy),
        complaints=_monthly(outlook, expected.sum(axis=1), stressed.sum(axis=1)),
        omitted=pd.DataFrame(list(omitted), columns=["item", "reason"], dtype="str"),
        quarter=" – ".join(dict.fromkeys(map(str, outlook.periods[window][[0, -1]]))),
        size=size,
        seed=seed,
        policy=policy.valid_from,
        data_digest=tables.digest,
        unapplied=tuple(unapplied),
    )


def _multiplied(level: Level) -> list[str]:
    """List the products whose complaints a level multiplies, by those that an outlook by product has."""
    return [
        movement.product or ALL
        for _, movement in level.movements
        if movement.what == "complaints" and set(movement.felt) <= {"product"}
    ]


def _is_known(level: Level, unapplied: list[str]) -> bool:
    """Tell whether complaints under the scenario are known: those of a scenario that moves none are."""
    moving = any(movement.what == "complaints" for _, movement in level.movements)
    return not moving or any(product not in unapplied for product in _multiplied(level))


def _complaints(more: float) -> str:
    return plural(round(more), "{more:,.0f} complaint", "{more:,.0f} complaints", more=more)


def _ratio(expected: Floats, stressed: Floats) -> Floats:
    """Return how many times as many complaints a path has, shape (size,); 1 where none are expected."""
    ratio = np.maximum(stressed, _TINY) / np.maximum(expected, _TINY)
    return np.where(expected > 0, ratio, 1.0)


def _window(outlook: Forecast, start: int) -> slice:
    """Return the places of the quarter that begins ``start`` months ahead."""
    length = MONTHS[outlook.periods.freqstr[0]]
    if "product" not in outlook.keys or length > _MONTHS:
        raise ParameterError("a stress test needs a forecast by product and month or quarter")
    if start % length:
        raise ParameterError(
            f"the outlook is by quarters; the scenario begins in month {start + 1}, within one:"
            " take 1, 4, 7 …"
        )
    if len(outlook.periods) * length < start + _MONTHS:
        raise ParameterError(
            f"the outlook ends in {outlook.periods[-1]}; the scenario needs a horizon of at least"
            f" {start + _MONTHS} months"
        )
    return slice(start // length, (start + _MONTHS) // length)


def _compare(
    before: pd.DataFrame, draws: Floats, after: dict[str, Floats], limits: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """Set indicators beside what they were; ``limits`` are the rows with the limits of the scenario."""
    moved = before["indicator_id"].isin(list(after)).to_numpy()
    rows, stricter = (frame[moved].reset_index(drop=True) for frame in (before, limits))
    changed = np.stack([after[name] for name in rows["indicator_id"]]) if after else draws[:0]
    rated = rate_draws(stricter, changed, policy)
    size = max(draws.shape[1], 1)
    lower, upper = np.quantile(changed, _INTERVAL, axis=1)
    return pd.DataFrame(
        {
            "indicator_id": rows["indicator_id"],
            "before": draws[moved].mean(axis=1),
            "after": changed.mean(axis=1),
            "lower": lower,
            "upper": upper,
            "standard_error": changed.std(axis=1) / np.sqrt(size),
            "amber": stricter["amber"],
            "red": stricter["red"],
            "p_red_before": rows["p_red"],
            "p_red": rated["p_red"],
            "p_red_error": np.sqrt(rated["p_red"] * (1 - rated["p_red"]) / size),
            "rating_before": rows["rating"],
            "rating": rated["rating"],
        }
    )


def _monthly(outlook: Forecast, expected: Floats, stressed: Floats) -> pd.DataFrame:
    """Bank-wide complaints by period, from paths of shape (size, h)."""
    frame = pd.DataFrame({"period": outlook.periods.astype("str")})
    for name, paths in (("expected", expected), ("stressed", stressed)):
        frame[name] = paths.mean(axis=0)
        frame[f"{name}_lower"], frame[f"{name}_upper"] = np.quantile(paths, _INTERVAL, axis=0)
    frame["standard_error"] = stressed.std(axis=0) / np.sqrt(len(stressed))
    return frame
