"""What if: a scenario carried through to the complaints, indicators, units, losses and costs of the bank."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.forecasting import Forecast
from riskmodels.labels import label
from riskmodels.losses import LossAssessment
from riskmodels.parameters.capacity import Capacity
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Scenario
from riskmodels.parameters.shocks import Movement
from riskmodels.periods.quarters import MONTHS, last_complete
from riskmodels.scorecard import DRAWS, Scorecard, draw_values
from riskmodels.stresstest.answering import call_teams
from riskmodels.stresstest.calls import stress_calls
from riskmodels.stresstest.contributions import by_shock, split_change
from riskmodels.stresstest.costs import (
    Costs,
    cost_table,
    late_fines,
    money_added,
    of_fines,
    of_income,
    of_losses,
    of_redress,
)
from riskmodels.stresstest.driven import Driven, drive
from riskmodels.stresstest.groups import stress_groups
from riskmodels.stresstest.handling import DEADLINES, Handled, Standards, handle, without_team
from riskmodels.stresstest.losses import YEAR, StressedLosses, stress_losses
from riskmodels.stresstest.mix import Mix, complaint_factors, complaint_mix
from riskmodels.stresstest.outcome import LOSSES, TURNING, WITHOUT, StressTest, none_of
from riskmodels.stresstest.shocked import Drawn, draw_movements, left_out, move_indicators, move_limits
from riskmodels.stresstest.standing import centred, compare, monthly, rated_before, ratio
from riskmodels.stresstest.teams import places_of, team_capacities
from riskmodels.stresstest.units import who_turns_red
from riskmodels.stresstest.without import Moved, response_without
from riskmodels.tables import Tables

_MONTHS = 3  # a quarter, which limits are about
_TINY = 1e-9  # complaints: what none is divided by
_ALWAYS = ("complaints", "indicator", "limit", "upheld", "retention", "fine")  # what is carried in any run


def stress(
    tables: Tables,
    scenario: Scenario,
    policy: Policy,
    *,
    outlook: Forecast,
    scorecard: Scorecard | None = None,
    losses: LossAssessment | None = None,
    capacity: Capacity | None = None,
    severity: str = "severe",
    seed: int = 40,
) -> StressTest:
    """Carry a scenario through to complaints, indicators, units, products, losses and other costs.

    Parameters
    ----------
    tables : Tables
        Accepted rows; the last full quarter of the outlook's history is the state before.
    scenario : Scenario
        Shocks and what they move.
    policy : Policy
        Limits, and the price of a customer who leaves.
    outlook : Forecast
        Complaints by product (a key ``product``), or by product and unit, channel or category, by month or
        quarter, without the scenario.
    scorecard : Scorecard, optional
        Units and products before: without it, who turns red is not said.
    losses : LossAssessment, optional
        A year's losses without the scenario; without it, they are left out.
    capacity : Capacity, optional
        What the teams can do; without a team it is estimated from the weeks in which most was resolved.
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
        scenario has run for a quarter, or is by quarters and the scenario begins within one; the scorecard is
        of a later quarter than the outlook's history.

    Notes
    -----
    The complaint rate moves with complaints. A change of an indicator in the quarter is the mean of its
    months'; one per doubling is multiplied by the number of doublings of all complaints in the quarter.
    Limits move by their expected change. Assumptions are drawn from triangular distributions, whose
    dependence the scenario states; paths and draws are the same in all scenarios, so that they compare. What
    only some feel (a unit, a channel) is shared out by the last year's complaints. What these data or this
    run cannot show is said to be left out.
    """
    start = scenario.start_month - 1
    window, months = _window(outlook, start), slice(start, start + _MONTHS)
    quarter = last_complete(outlook.panel.periods[-1].end_time, "Q")
    before = rated_before(tables, policy, str(quarter), scorecard)
    draws = centred(draw_values(before, DRAWS), before)
    run = _run(tables, scenario, severity, outlook, capacity, size=draws.shape[1], seed=seed)
    values = dict(zip(before["indicator_id"], draws, strict=True))
    handled = _handled(run, tables, outlook, capacity, months, _standards(before, values))
    after, unavailable = move_indicators(
        run.drawn, values, run.ratio(window), months, handled.in_time, run.felt(outlook, window)
    )
    limits, stricter = move_limits(run.drawn, before, months)
    after |= {name: values[name] for name in sorted(stricter & set(values) - set(after))}
    lost = stress_losses(losses.distribution, run.year, run.size, run.driven) if losses is not None else None
    costs = _costs(run, tables, policy, before, (values, after), lost)
    calls = _calls(run, tables, outlook, capacity)
    unknown = _unknown(run, policy, values)
    omitted = dict.fromkeys(
        [*_omitted(run, outlook, policy, (handled.table, calls), costs), *unavailable, *unknown]
    )
    return StressTest(
        scenario=scenario,
        severity=severity,
        table=compare(before, draws, after, limits, policy),
        complaints=monthly(outlook, run.expected.sum(axis=1), run.stressed.sum(axis=1)),
        omitted=pd.DataFrame(list(omitted), columns=["item", "reason"], dtype="str"),
        quarter=" – ".join(dict.fromkeys(map(str, outlook.periods[window][[0, -1]]))),
        size=run.size,
        seed=seed,
        policy=policy.valid_from,
        data_digest=tables.digest,
        unapplied=tuple(dict.fromkeys(one.movement.where for one in run.unapplied)),
        turning=_turning(scorecard, run, policy, months),
        groups=stress_groups(tables, policy, str(quarter), limits, (values, after)),
        standards=handled.standards,
        paths=_paths(run, handled, costs),
        without=_without(run, handled, losses),
        costs=cost_table(costs, len(outlook.periods) * run.length),
        losses=_loss_table(losses, lost),
        handling=handled.table,
        classes=handled.classes,
        calls=calls,
        by_shock=_by_shock(run, lost),
        macro=run.driven.table,
    )


def _omitted(
    run: "_Run",
    outlook: Forecast,
    policy: Policy,
    service: tuple[pd.DataFrame, pd.DataFrame],
    costs: Costs,
) -> Iterator[tuple[str, str]]:
    """Say what the scenario moves and these data or this run cannot show."""
    handling, calls = service
    answered = calls["meaning"].ne("").any()
    carried = {
        *_ALWAYS,
        *(("enquiries",) if len(calls) else ()),
        *(("loss_frequency", "loss_severity") if "losses" in costs else ()),
        *(("redress",) if "redress" in costs else ()),
        *(("staff", "handling_time") if len(handling) or answered else ()),
    }
    yield from left_out(run.drawn, run.unapplied, carried, outlook, policy)
    yield from without_team(run.drawn, {*handling["team"], *calls["team"]})
    yield from late_fines(run.year)


def _unknown(run: "_Run", policy: Policy, values: Container[str]) -> Iterator[tuple[str, str]]:
    """Say what more complaints would move, and these data do not know."""
    wanted = any(one.id == "complaint_rate" for one in policy.indicators)
    if run.factors and wanted and "complaint_rate" not in values:
        yield "complaint_rate", label("the source does not give this indicator")


def _turning(card: Scorecard | None, run: "_Run", policy: Policy, months: slice) -> pd.DataFrame:
    """Say who turns red, where a scorecard says who was before."""
    if card is None:
        return none_of(TURNING)
    return who_turns_red(card, run.mix, run.drawn, policy, months=months, size=run.size)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Run:
    """The paths of a scenario: what is assumed on each, and complaints (size, n, h) without and with it."""

    drawn: list[Drawn]
    year: list[Drawn]
    mix: Mix
    driven: Driven
    factors: list[tuple[Drawn, Floats]]
    unapplied: list[Drawn]
    expected: Floats
    stressed: Floats
    length: int  # months of a period
    seed: int

    @property
    def size(self) -> int:
        return len(self.expected)

    def ratio(self, window: slice) -> Floats | None:
        """Return how many times as many complaints periods have, (size,); None where that is not known."""
        if np.isnan(self.stressed).any():
            return None
        return ratio(
            self.expected[:, :, window].sum(axis=(1, 2)), self.stressed[:, :, window].sum(axis=(1, 2))
        )

    def felt(self, outlook: Forecast, window: slice) -> Callable[[Movement], Floats]:
        """Return what says which share of the complaints of periods feels a movement, (size,)."""
        known = self.stressed if np.isfinite(self.stressed).all() else self.expected
        counts = known[:, :, window].sum(axis=2)

        def share(movement: Movement) -> Floats:
            part = self.mix.share_of(outlook.keys, movement)
            return np.asarray(counts @ part / np.maximum(counts.sum(axis=1), _TINY))

        return share


def _run(
    tables: Tables,
    scenario: Scenario,
    severity: str,
    outlook: Forecast,
    capacity: Capacity | None,
    *,
    size: int,
    seed: int,
) -> _Run:
    """Draw the assumptions, and complaints without and with them; unknown where none of them applies."""
    length = MONTHS[outlook.periods.freqstr[0]]
    level, ahead = scenario.level(severity), len(outlook.periods) * length
    drawn, year = (
        draw_movements(scenario, level, months=months, size=size, seed=seed) for months in (ahead, YEAR)
    )
    mix = complaint_mix(tables, drawn, last=outlook.panel.periods[-1], places=places_of(capacity))
    before = scenario.start_month - 1
    driven = drive(
        drawn, tables, outlook.panel.aggregate(["product"]), start=before, months=max(ahead, YEAR), size=size
    )
    factors, unapplied = complaint_factors(drawn, outlook, mix)
    factors = driven.put(factors, outlook.keys["product"].astype("str").tolist())
    expected = _common_paths(outlook, size, seed)
    times = np.ones((size, len(outlook.keys), ahead))
    for _, factor in factors:
        times *= factor
    stressed = expected * times.reshape(*expected.shape, -1).mean(axis=3)
    if unapplied and not factors:
        stressed = stressed * np.nan
    return _Run(
        drawn=drawn,
        year=year,
        mix=mix,
        driven=driven,
        factors=factors,
        unapplied=unapplied,
        expected=expected,
        stressed=stressed,
        length=length,
        seed=seed,
    )


@lru_cache(maxsize=1)
def _common_paths(outlook: Forecast, size: int, seed: int) -> Floats:
    """Draw what all scenarios of a run have in common, once; not to be changed."""
    paths = outlook.sample(size, seed=seed)
    paths.flags.writeable = False
    return paths


def _handled(
    run: _Run,
    tables: Tables,
    outlook: Forecast,
    capacity: Capacity | None,
    months: slice,
    standards: Standards,
) -> Handled:
    """Carry complaints through the handlers, where they are forecast by month and capacity is known."""
    is_known = run.length == 1 and run.ratio(slice(None)) is not None
    teams = team_capacities(capacity, tables.complaints, run.mix, outlook.keys) if is_known else []
    return handle(teams, run.drawn, (run.expected, run.stressed), outlook.periods, months, standards)


def _calls(run: _Run, tables: Tables, outlook: Forecast, capacity: Capacity | None) -> pd.DataFrame:
    """Carry enquiries and calls through those who answer them, where the outlook is by month."""
    teams = call_teams(capacity, tables.enquiries, outlook.panel.periods[-1]) if run.length == 1 else []
    return stress_calls(teams, run.drawn, outlook.periods, run.size)


def _standards(before: pd.DataFrame, values: dict[str, Floats]) -> Standards:
    """Return what is in time without the scenario, and the red limit, of standards that have one."""
    limits = before.set_index("indicator_id")["red"].dropna()
    return {name: (values[name], float(limits[name])) for name in DEADLINES if name in limits}


def _costs(
    run: _Run,
    tables: Tables,
    policy: Policy,
    before: pd.DataFrame,
    indicators: tuple[dict[str, Floats], dict[str, Floats]],
    lost: StressedLosses | None,
) -> Costs:
    """Return what the scenario costs by item, of those that are known."""
    values, after = indicators
    costs: Costs = {} if lost is None else {"losses": of_losses(lost)}
    if "upheld_rate" in values and np.isfinite(run.stressed).all():
        shares = values["upheld_rate"], after.get("upheld_rate", values["upheld_rate"])
        counts = run.expected.sum(axis=(1, 2)), run.stressed.sum(axis=(1, 2))
        found = of_redress(tables, counts, shares, run.drawn, last=run.mix.last, seed=run.seed)
        costs |= {"redress": found} if found else {}
    if any(one.movement.what == "fine" for one in run.year):
        costs["fines"] = of_fines(run.year, run.size)
    if "retention" in after:
        customers = float(before.loc[before["indicator_id"] == "retention", "denominator"].iloc[0])
        pair = values["retention"], after["retention"]
        costs["income"] = of_income(pair, customers, policy.appetite.money_per_customer_lost)
    return costs


def _paths(run: _Run, handled: Handled, costs: Costs) -> pd.DataFrame:
    """Return what the scenario adds on each path."""
    more = (run.stressed - run.expected).sum(axis=(1, 2))
    backlog = np.full(run.size, np.nan) if handled.worst is None else handled.worst
    paid, money = (money_added(costs, run.size, items) for items in (("redress", "fines"), ()))
    return pd.DataFrame({"complaints": more, "backlog": backlog, "paid": paid, "money": money})


def _without(run: _Run, handled: Handled, losses: LossAssessment | None) -> pd.DataFrame:
    """Return the mean response without each shock; none where complaints under the scenario are unknown."""
    if run.ratio(slice(None)) is None:
        return none_of(WITHOUT)
    monthly = [
        (one, factor.reshape(*factor.shape[:2], -1, run.length).mean(axis=3)) for one, factor in run.factors
    ]
    moved = Moved(drawn=run.drawn, year=run.year, expected=run.expected.mean(axis=0), factors=monthly)
    return response_without(moved, handled.teams, losses.distribution if losses is not None else None)


def _loss_table(losses: LossAssessment | None, lost: StressedLosses | None) -> pd.DataFrame:
    """Set a year's losses beside what they are under the scenario."""
    if losses is None or lost is None:
        return none_of(LOSSES)
    both = {"before": losses.distribution, "after": lost.distribution}
    rows = [one.table.tail(1).assign(when=when, level=one.level) for when, one in both.items()]
    return pd.concat(rows, ignore_index=True)[[*LOSSES]].astype({"when": "str"})


def _by_shock(run: _Run, lost: StressedLosses | None) -> pd.DataFrame:
    """Say what each shock adds to complaints, and to the losses of a year."""
    before = np.repeat(run.expected / run.length, run.length, axis=2)
    parts = split_change(before, [factor for _, factor in run.factors])
    sums = [float(part.sum(axis=(1, 2)).mean()) for part in parts]
    found = by_shock([one for one, _ in run.factors], sums, "complaints")
    if lost is None:
        return found.assign(money=0.0)
    return found.merge(lost.by_shock, on="shock", how="outer").fillna(0.0)


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
