"""What if: a scenario's surge of complaints carried through to the indicators of the bank."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import INDICATORS, likely_name
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting import Forecast, nowcast_where_logged
from riskmodels.labels import label, local, marked, plain_label, plural
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Effect, Level, Scenario
from riskmodels.periods.quarters import MONTHS, last_complete
from riskmodels.scorecard import DRAWS, draw_values, rate_draws, rate_period
from riskmodels.tables import Tables

_MONTHS = 3  # a quarter, which limits are about
_INTERVAL = (0.05, 0.95)  # ends of the 90 % interval, as in the scorecard
_LEAST = 0.5  # of a complaint: what is expected of a product that has any
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
        item, reason: surges and effects that these data cannot show.
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
        return any(surge.product not in self.unapplied for surge in level.surges)

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
        Surges and effects.
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
    The complaint rate moves with complaints. An effect per doubling is multiplied by the number of
    doublings of all complaints in the quarter; a surge within a quarter is spread over it. Assumptions
    are drawn from triangular distributions, independent of each other. Capacity and losses are not modelled.
    """
    level = scenario.level(severity)
    window = _window(outlook, scenario.start_month - 1)
    known = nowcast_where_logged(tables.complaints)
    quarter = last_complete(outlook.panel.periods[-1].end_time, "Q")
    before = rate_period(tables, policy, str(quarter), nowcast=known)
    draws = draw_values(before, DRAWS)
    size = draws.shape[1]
    rng = np.random.default_rng(seed)
    expected = outlook.sample(size, seed=seed)
    multipliers, unapplied = _multipliers(level, outlook, scenario.start_month - 1)
    is_known = not unapplied or any(surge.product not in unapplied for surge in level.surges)
    stressed = expected * (multipliers if is_known else np.nan)
    ratio = _ratio(expected[:, :, window].sum(axis=(1, 2)), stressed[:, :, window].sum(axis=(1, 2)))
    after, unavailable = _apply(level.effects, before, draws, ratio if is_known else None, rng)
    omitted = [*_missing(unapplied, outlook), *unavailable]
    return StressTest(
        scenario=scenario,
        severity=severity,
        table=_compare(before, draws, after, policy),
        complaints=_monthly(outlook, expected.sum(axis=1), stressed.sum(axis=1)),
        omitted=pd.DataFrame(omitted, columns=["item", "reason"], dtype="str"),
        quarter=" – ".join(dict.fromkeys(map(str, outlook.periods[window][[0, -1]]))),
        size=size,
        seed=seed,
        policy=policy.valid_from,
        data_digest=tables.digest,
        unapplied=tuple(unapplied),
    )


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


def _multipliers(level: Level, outlook: Forecast, start: int) -> tuple[Floats, list[str]]:
    """Multipliers of shape (n, h), and the products of surges that have no complaints to multiply."""
    products = outlook.keys["product"].astype("str").to_numpy()
    n, ahead = outlook.mean.shape
    length = MONTHS[outlook.periods.freqstr[0]]
    multipliers = np.ones((n, ahead * length))  # by month
    applied = set()
    for surge in level.surges:
        rows = (products == surge.product) | (surge.product == "all")
        months = slice(start, start + surge.months)
        if np.repeat(outlook.mean[rows] / length, length, axis=1)[:, months].sum() >= _LEAST:
            multipliers[rows, months] *= surge.multiplier
            applied.add(surge.product)
    unapplied = dict.fromkeys(surge.product for surge in level.surges if surge.product not in applied)
    return multipliers.reshape(n, ahead, -1).mean(axis=2), list(unapplied)


def _missing(unapplied: list[str], outlook: Forecast) -> Iterator[tuple[str, str]]:
    """Say why surges do not apply, and which product may be meant."""
    products = [str(product) for product in outlook.keys["product"]]
    for product in unapplied:
        reason = label("the source has no complaints about this product")
        if product == "all" or product in products:
            reason = label("none of these complaints are expected")
        elif near := likely_name(product, products):
            reason += "; " + label("did you mean '{product}'?", product=near)
        yield label("surge of {product}", product=product), reason


def _apply(
    effects: tuple[Effect, ...],
    before: pd.DataFrame,
    draws: Floats,
    ratio: Floats | None,
    rng: np.random.Generator,
) -> tuple[dict[str, Floats], list[tuple[str, str]]]:
    """Draw the values after the scenario of every indicator it moves; no ratio: its surges do not apply."""
    values = dict(zip(before["indicator_id"], draws, strict=True))
    after: dict[str, Floats] = {}
    if "complaint_rate" in values and ratio is not None:
        after["complaint_rate"] = values["complaint_rate"] * ratio
    missing = []
    for effect in effects:
        follows = effect.per == "doubling_of_complaints"
        if effect.indicator not in values:
            missing.append((effect.indicator, label("the source does not give this indicator")))
            continue
        if follows and ratio is None:
            missing.append((effect.indicator, label("no complaints are multiplied, which it would follow")))
            continue
        assumed = effect.change
        change: Floats = rng.triangular(assumed.low, assumed.mode, assumed.high, size=len(draws.T))
        if follows and ratio is not None:
            change = change * np.log2(ratio)
        start = after[effect.indicator] if effect.indicator in after else values[effect.indicator]
        highest = 1.0 if INDICATORS[effect.indicator].is_share else np.inf
        after[effect.indicator] = np.clip(start + change, 0.0, highest)
    return after, missing


def _compare(before: pd.DataFrame, draws: Floats, after: dict[str, Floats], policy: Policy) -> pd.DataFrame:
    moved = before["indicator_id"].isin(list(after)).to_numpy()
    rows = before[moved].reset_index(drop=True)
    changed = np.stack([after[name] for name in rows["indicator_id"]]) if after else draws[:0]
    rated = rate_draws(rows, changed, policy)
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
            "amber": rows["amber"],
            "red": rows["red"],
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
