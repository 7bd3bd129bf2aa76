"""The assumptions of a scenario, drawn: what each path assumes of what is moved, and when."""

import zlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.catalogue import INDICATORS, likely_name
from riskmodels.forecasting import Forecast
from riskmodels.labels import clauses, label, local, marked
from riskmodels.parameters.moved import moved_words
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Level, Scenario
from riskmodels.parameters.shocks import ALL, Movement, Shock, What

_OF_BANK = ("indicator", "limit", "upheld", "retention")
_CARRIED = {  # where each kind of movement can be felt so that the stress test carries it
    "complaints": {"product", "unit_id", "channel", "category"},
    "loss_frequency": {"event_type", "product"},
    "loss_severity": {"event_type", "product"},
    "upheld": {"product", "unit_id", "channel", "category"},
    "fine": {"event_type"},
    "staff": {"team"},
    "handling_time": {"team"},
    "enquiries": {"team"},
}
_NOWHERE = marked("this source or this run has nothing that it could move")
_WHY = {
    "loss_frequency": marked("no losses have been assessed"),
    "loss_severity": marked("no losses have been assessed"),
    "redress": marked("what upheld complaints are paid is not known"),
    "staff": marked("how much the handlers can do is not known"),
    "handling_time": marked("how much the handlers can do is not known"),
    "enquiries": marked("no enquiries and no capacity for them are given"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """One movement of a scenario on every path.

    Attributes
    ----------
    shock, movement
        What happens and what it moves.
    changes : ndarray, shape (size,)
        What each path assumes of the change.
    profile : ndarray, shape (months,)
        The shock in each month ahead [its unit].
    """

    shock: Shock
    movement: Movement
    changes: Floats
    profile: Floats

    @property
    def times(self) -> Floats:
        """What a relative change multiplies by, shape (size, months): never less than nothing."""
        return np.maximum(0.0, 1 + self.changes[:, None] * self.profile)

    @property
    def begins(self) -> int:
        """The first month ahead in which it is felt; as many as there are where it never is."""
        return int(np.argmax(self.profile > 0)) if self.profile.any() else len(self.profile)

    @property
    def is_carried(self) -> bool:
        """Whether it is felt where the stress test can carry it; else it is left out, and that is said."""
        return set(self.movement.felt) <= _CARRIED.get(self.movement.what, set())

    @property
    def of_indicator(self) -> bool:
        """Whether it moves an indicator of the whole bank, or its limits."""
        return self.movement.what in _OF_BANK and self.is_carried


def draw_movements(scenario: Scenario, level: Level, *, months: int, size: int, seed: int) -> list[Drawn]:
    """Draw every assumption of a level on so many paths, over so many months ahead.

    A movement has the same draws at every severity and in every combination, so that scenarios compare. Under
    a Gaussian copula the strengths of all share one factor.
    """
    rho = scenario.dependence.correlation
    common = np.random.default_rng(seed).standard_normal(size)
    before = scenario.start_month - 1
    drawn = []
    for shock, movement in level.movements:
        own = np.random.default_rng([seed, zlib.crc32(_key(scenario, shock, movement))]).standard_normal(size)
        strength = scipy.special.ndtr(np.sqrt(rho) * common + np.sqrt(1 - rho) * own)
        profile = np.concatenate([np.zeros(min(before, months)), shock.profile(max(months - before, 0))])
        drawn.append(
            Drawn(
                shock=shock,
                movement=movement,
                changes=movement.change.quantile(strength),
                profile=profile,
            )
        )
    return drawn


def times_of_team(drawn: Sequence[Drawn], what: What, team: str, shape: tuple[int, int]) -> Floats:
    """Return how many times as much a team has of something, by path and month; of one path, the mean."""
    found = np.ones(shape)
    for one in drawn:
        if one.movement.what == what and one.is_carried and one.movement.team in {None, team}:
            found *= one.times if shape[0] > 1 else one.times.mean(axis=0)
    return found


def feels(movement: Movement, rows: pd.DataFrame) -> Flags:
    """Tell which rows feel a movement; a place that is no column is not looked at."""
    found = np.ones(len(rows), dtype=np.bool_)
    for place, name in movement.felt.items():
        if place in rows:
            found &= (rows[place].astype("str") == name).to_numpy()
    return found


def _key(scenario: Scenario, shock: Shock, movement: Movement) -> bytes:
    of = f"{shock.part or scenario.id} {shock.id}"
    return f"{of} {movement.what} {movement.indicator_id} {movement.per} {movement.felt}".encode()


def left_out(
    drawn: Sequence[Drawn],
    unapplied: Sequence[Drawn],
    carried: Container[str],
    outlook: Forecast,
    policy: Policy,
) -> Iterator[tuple[str, str]]:
    """Say which complaints are not there to multiply, and what these data or this run cannot show.

    ``carried`` are the kinds of movement, such as ``loss_frequency``, that something is given for.
    """
    names = {one.id: local(one, "name") for one in policy.indicators}
    yield from _missing(unapplied, outlook)
    for one in drawn:
        if one.movement.what not in carried or not one.is_carried:
            yield (
                moved_words(one.movement, names.get(one.movement.indicator_id, one.movement.indicator_id)),
                label(_WHY.get(one.movement.what, _NOWHERE) if one.is_carried else _NOWHERE),
            )
    for one in drawn:
        if one.shock.size and one.shock.months > len(one.profile) - one.begins:
            yield (
                local(one.shock, "name"),
                label("it lasts longer than the outlook, which ends in {period}", period=outlook.periods[-1]),
            )


def _missing(unapplied: Sequence[Drawn], outlook: Forecast) -> Iterator[tuple[str, str]]:
    """Say why complaints are not multiplied, and which product may be meant."""
    products = [str(product) for product in outlook.keys["product"]]
    for where, movement in {one.movement.where: one.movement for one in unapplied}.items():
        reason = label("the source has no complaints about this product")
        if set(movement.felt) - {"product"}:
            reason = label("the source has no complaints there")
        elif where == ALL or where in products:
            reason = label("none of these complaints are expected")
        elif near := likely_name(where, products):
            reason = clauses([reason, label("did you mean '{product}'?", product=near)])
        yield label("surge of {product}", product=where), reason


def move_indicators(
    drawn: Sequence[Drawn],
    values: dict[str, Floats],
    ratio: Floats | None,
    months: slice,
    in_time: dict[str, Floats],
    felt: Callable[[Movement], Floats],
) -> tuple[dict[str, Floats], list[tuple[str, str]]]:
    """Move the indicators of the whole bank.

    Parameters
    ----------
    drawn : sequence of Drawn
        The assumptions.
    values : dict of str to ndarray, shape (size,)
        Indicators before, in their units.
    ratio : ndarray, shape (size,), optional
        How many times as many complaints the quarter has; None where that is not known.
    months : slice
        The months of the quarter: a change is the mean of theirs.
    in_time : dict of str to ndarray, shape (size,)
        What the handlers' queue multiplies indicators by: of these, what is assumed for every doubling of
        complaints is left out.
    felt : callable
        Returns the share of the quarter's complaints that feel a movement, (size,): it moves the bank's share
        upheld by so much less.

    Returns
    -------
    dict of str to ndarray, shape (size,)
        The indicators that move, after; shares stay between 0 and 1.
    list of (item, reason)
        What was not used, or could not be applied.
    """
    after: dict[str, Floats] = {}
    if "complaint_rate" in values and ratio is not None:
        after["complaint_rate"] = values["complaint_rate"] * ratio
    for name, share in in_time.items():
        if name in values and (share < 1).any():
            after[name] = values[name] * share
    missing = []
    for one in drawn:
        name, shock = one.movement.indicator_id, one.profile[months].mean()
        if not one.of_indicator or one.movement.what == "limit":
            continue
        if name not in values:
            missing.append((name, label("the source does not give this indicator")))
            continue
        if one.movement.per == "doubling_of_complaints":
            if name in in_time:
                missing.append((name, label("it is computed from what the handlers can do instead")))
                continue
            if ratio is None:
                missing.append((name, label("no complaints are multiplied, which it would follow")))
                continue
            shock = np.log2(ratio) if shock > 0 else 0.0
        if one.movement.felt:
            part = felt(one.movement)
            if not part.any():
                missing.append((name, label("the source has no complaints there")))
                continue
            shock = shock * part
        highest = 1.0 if INDICATORS[name].is_share else np.inf
        after[name] = np.clip(after.get(name, values[name]) + one.changes * shock, 0.0, highest)
    return after, missing


def move_limits(drawn: Sequence[Drawn], rows: pd.DataFrame, months: slice) -> tuple[pd.DataFrame, set[str]]:
    """Return rated rows with the limits that a scenario moves, by their expected change; and whose."""
    moved: dict[str, float] = {}
    for one in drawn:
        if one.of_indicator and one.movement.what == "limit":
            by = float(one.changes.mean() * one.profile[months].mean())
            moved[one.movement.indicator_id] = moved.get(one.movement.indicator_id, 0.0) + by
    shift = rows["indicator_id"].map(moved).fillna(0.0).astype(float)
    shares = rows["indicator_id"].map(lambda name: INDICATORS[name].is_share).to_numpy(bool)
    highest = np.where(shares, 1.0, np.inf)
    limits = {name: np.clip(rows[name] + shift, 0.0, highest) for name in ("amber", "red")}
    return rows.assign(**limits) if moved else rows, set(moved)
