"""What if: a scenario carried through to the complaints, indicators, units, losses and costs of the bank."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.forecasting import Forecast
from riskmodels.labels import label, marked
from riskmodels.losses import LossAssessment
from riskmodels.parameters.capacity import Capacity
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Scenario
from riskmodels.periods.quarters import last_complete
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
from riskmodels.stresstest.groups import stress_groups
from riskmodels.stresstest.handling import DEADLINES, Handled, Standards, handle, without_team
from riskmodels.stresstest.losses import StressedLosses, stress_losses
from riskmodels.stresstest.outcome import LOSSES, TURNING, WITHOUT, StressTest, none_of
from riskmodels.stresstest.paths import Paths, draw_paths
from riskmodels.stresstest.shocked import left_out, move_indicators, move_limits
from riskmodels.stresstest.standing import centred, compare_indicators, monthly, rated_before
from riskmodels.stresstest.teams import team_capacities
from riskmodels.stresstest.units import who_turns_red
from riskmodels.stresstest.without import Moved, response_without
from riskmodels.tables import Tables

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
        scenario has run for a quarter, or is by quarters and the scenario begins within one.

    Notes
    -----
    The complaint rate moves with complaints. A change of an indicator in the quarter is the mean of its
    months'; one per doubling is multiplied by the number of doublings of all complaints in the quarter.
    Limits move by their expected change. Assumptions are drawn from triangular distributions, whose
    dependence the scenario states; paths and draws are the same in all scenarios, so that they compare. What
    only some feel (a unit, a channel) is shared out by the last year's complaints. What these data or this
    run cannot show is said to be left out.
    """
    quarter = str(last_complete(outlook.panel.periods[-1].end_time, "Q"))
    card, late = _card_until(quarter, scorecard)
    before = rated_before(tables, policy, quarter, card)
    draws = centred(draw_values(before, DRAWS), before)
    paths = draw_paths(
        tables, scenario, severity, outlook=outlook, capacity=capacity, size=draws.shape[1], seed=seed
    )
    bank = _Bank(tables, policy, losses, capacity)
    found = _effects(bank, paths, before, dict(zip(before["indicator_id"], draws, strict=True)))
    costs, handled = found.costs, found.handled
    omitted = _omitted(bank, paths, found) + late
    return StressTest(
        scenario=scenario,
        severity=severity,
        table=compare_indicators(before, draws, found.after, found.limits, policy),
        complaints=monthly(outlook, paths.expected.sum(axis=1), paths.stressed.sum(axis=1)),
        omitted=pd.DataFrame(omitted, columns=["item", "reason"], dtype="str"),
        quarter=" – ".join(dict.fromkeys(map(str, outlook.periods[paths.window][[0, -1]]))),
        size=paths.size,
        seed=seed,
        policy=policy.valid_from,
        data_digest=tables.digest,
        unapplied=tuple(dict.fromkeys(one.movement.where for one in paths.unapplied)),
        turning=_turning(card, paths, policy),
        groups=stress_groups(tables, policy, quarter, found.limits, (found.values, found.after)),
        standards=handled.standards,
        paths=_added(paths, handled, costs),
        without=_without(paths, handled, losses),
        costs=cost_table(costs, len(outlook.periods) * paths.length),
        losses=_loss_table(losses, found.lost),
        handling=handled.table,
        classes=handled.classes,
        calls=found.calls,
        by_shock=_by_shock(paths, found.lost),
        macro=paths.driven.table,
    )


class _Bank(NamedTuple):
    """What is known of the bank but its complaints ahead."""

    tables: Tables
    policy: Policy
    losses: LossAssessment | None
    capacity: Capacity | None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Effects:
    """What comes of a scenario: indicators by name before and after (size,), limits, queues, money.

    ``unmoved`` are assumptions about indicators that were not used, each with the reason.
    """

    values: dict[str, Floats]
    after: dict[str, Floats]
    limits: pd.DataFrame
    handled: Handled
    calls: pd.DataFrame
    lost: StressedLosses | None
    costs: Costs
    unmoved: list[tuple[str, str]]


def _effects(bank: _Bank, paths: Paths, before: pd.DataFrame, values: dict[str, Floats]) -> _Effects:
    """Carry complaints through queues, indicators, losses and other costs."""
    handled = _handled(bank, paths, _standards(before, values))
    after, unmoved = move_indicators(
        paths.drawn, values, paths.ratio, paths.months, handled.in_time, paths.felt
    )
    limits, stricter = move_limits(paths.drawn, before, paths.months)
    after |= {name: values[name] for name in sorted(stricter & set(values) - set(after))}
    lost = None
    if bank.losses is not None:
        lost = stress_losses(bank.losses.distribution, paths.year, paths.size, paths.driven)
    return _Effects(
        values=values,
        after=after,
        limits=limits,
        handled=handled,
        calls=_calls(bank, paths),
        lost=lost,
        costs=_costs(bank, paths, before, (values, after), lost),
        unmoved=unmoved,
    )


def _omitted(bank: _Bank, paths: Paths, found: _Effects) -> list[tuple[str, str]]:
    """Say once each what the scenario moves and these data or this run cannot show."""
    handling, calls = found.handled.table, found.calls
    answered = calls["meaning"].ne("").any()
    carried = {
        *_ALWAYS,
        *(("enquiries",) if len(calls) else ()),
        *(("loss_frequency", "loss_severity") if "losses" in found.costs else ()),
        *(("redress",) if "redress" in found.costs else ()),
        *(("staff", "handling_time") if len(handling) or answered else ()),
    }
    said = [
        *left_out(paths.drawn, paths.unapplied, carried, paths.outlook, bank.policy),
        *without_team(paths.drawn, {*handling["team"], *calls["team"]}),
        *late_fines(paths.year),
        *found.unmoved,
    ]
    wanted = any(one.id == "complaint_rate" for one in bank.policy.indicators)
    if paths.factors and wanted and "complaint_rate" not in found.values:
        said.append(("complaint_rate", label("the source does not give this indicator")))
    return list(dict.fromkeys(said))


def _card_until(quarter: str, card: Scorecard | None) -> tuple[Scorecard | None, list[tuple[str, str]]]:
    """Return a scorecard that knows nothing after the outlook's history, or why it is left out."""
    if card is None or card.period <= quarter:
        return card, []
    words = marked(
        "that of {period} is not used: the last full quarter of the outlook's history is {quarter}"
    )
    return None, [(label("scorecard"), label(words, period=card.period, quarter=quarter))]


def _turning(card: Scorecard | None, paths: Paths, policy: Policy) -> pd.DataFrame:
    """Say who turns red, where a scorecard says who was before."""
    if card is None:
        return none_of(TURNING)
    return who_turns_red(card, paths.mix, paths.drawn, policy, months=paths.months, size=paths.size)


def _handled(bank: _Bank, paths: Paths, standards: Standards) -> Handled:
    """Carry complaints through the handlers, where they are forecast by month and capacity is known."""
    keys, complaints = paths.outlook.keys, (paths.expected, paths.stressed)
    is_by_month = paths.length == 1 and paths.is_known
    teams = team_capacities(bank.capacity, bank.tables.complaints, paths.mix, keys) if is_by_month else []
    return handle(teams, paths.drawn, complaints, paths.outlook.periods, paths.months, standards)


def _calls(bank: _Bank, paths: Paths) -> pd.DataFrame:
    """Carry enquiries and calls through those who answer them, where the outlook is by month."""
    last, is_by_month = paths.outlook.panel.periods[-1], paths.length == 1
    teams = call_teams(bank.capacity, bank.tables.enquiries, last) if is_by_month else []
    return stress_calls(teams, paths.drawn, paths.outlook.periods, paths.size)


def _standards(before: pd.DataFrame, values: dict[str, Floats]) -> Standards:
    """Return what is in time without the scenario, and the red limit, of standards that have one."""
    limits = before.set_index("indicator_id")["red"].dropna()
    return {name: (values[name], float(limits[name])) for name in DEADLINES if name in limits}


def _costs(
    bank: _Bank,
    paths: Paths,
    before: pd.DataFrame,
    indicators: tuple[dict[str, Floats], dict[str, Floats]],
    lost: StressedLosses | None,
) -> Costs:
    """Return what the scenario costs by item, of those that are known."""
    values, after = indicators
    costs: Costs = {} if lost is None else {"losses": of_losses(lost)}
    if "upheld_rate" in values and paths.is_known:
        shares = values["upheld_rate"], after.get("upheld_rate", values["upheld_rate"])
        counts = paths.expected.sum(axis=(1, 2)), paths.stressed.sum(axis=(1, 2))
        found = of_redress(bank.tables, counts, shares, paths.drawn, last=paths.mix.last, seed=paths.seed)
        costs |= {"redress": found} if found else {}
    if any(one.movement.what == "fine" for one in paths.year):
        costs["fines"] = of_fines(paths.year, paths.size)
    if "retention" in after:
        customers = float(before.loc[before["indicator_id"] == "retention", "denominator"].iloc[0])
        pair = values["retention"], after["retention"]
        costs["income"] = of_income(pair, customers, bank.policy.appetite.money_per_customer_lost)
    return costs


def _added(paths: Paths, handled: Handled, costs: Costs) -> pd.DataFrame:
    """Return what the scenario adds on each path."""
    more = (paths.stressed - paths.expected).sum(axis=(1, 2))
    backlog = np.full(paths.size, np.nan) if handled.worst is None else handled.worst
    paid, money = (money_added(costs, paths.size, items) for items in (("redress", "fines"), ()))
    return pd.DataFrame({"complaints": more, "backlog": backlog, "paid": paid, "money": money})


def _without(paths: Paths, handled: Handled, losses: LossAssessment | None) -> pd.DataFrame:
    """Return the mean response without each shock; none where complaints under the scenario are unknown."""
    if not paths.is_known:
        return none_of(WITHOUT)
    by_period = [
        (one, factor.reshape(*factor.shape[:2], -1, paths.length).mean(axis=3))
        for one, factor in paths.factors
    ]
    moved = Moved(drawn=paths.drawn, year=paths.year, expected=paths.expected.mean(axis=0), factors=by_period)
    return response_without(moved, handled.teams, losses.distribution if losses is not None else None)


def _loss_table(losses: LossAssessment | None, lost: StressedLosses | None) -> pd.DataFrame:
    """Set a year's losses beside what they are under the scenario."""
    if losses is None or lost is None:
        return none_of(LOSSES)
    both = {"before": losses.distribution, "after": lost.distribution}
    rows = [one.table.tail(1).assign(when=when, level=one.level) for when, one in both.items()]
    return pd.concat(rows, ignore_index=True)[[*LOSSES]].astype({"when": "str"})


def _by_shock(paths: Paths, lost: StressedLosses | None) -> pd.DataFrame:
    """Say what each shock adds to complaints, and to the losses of a year."""
    before = np.repeat(paths.expected / paths.length, paths.length, axis=2)
    parts = split_change(before, [factor for _, factor in paths.factors])
    sums = [float(part.sum(axis=(1, 2)).mean()) for part in parts]
    found = by_shock([one for one, _ in paths.factors], sums, "complaints")
    if lost is None:
        return found.assign(money=0.0)
    return found.merge(lost.by_shock, on="shock", how="outer").fillna(0.0)
