"""Judge all actions on one indicator together: they are no peers of each other."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers, Words
from riskmodels.effects.everywhere import judge_courses
from riskmodels.effects.evidence import Evidence, evidence_of
from riskmodels.effects.further import further_estimates
from riskmodels.effects.judging import (
    LEAST_EXPECTED,
    LEAST_MONTHS,
    Judged,
    Windows,
    judge_windows,
    windows_of,
)
from riskmodels.effects.outcomes import NAIVE, actions_frame, estimates_frame
from riskmodels.effects.peers import FEWEST_PEERS, PeerCounts, compare_with_peers
from riskmodels.effects.verdicts import (
    HOPED_CHANGE,
    NOT_YET,
    UNKNOWN,
    WORKED,
    look_again,
    power_by_month,
    verdicts_of,
)
from riskmodels.errors import ContractError, TooLittleError
from riskmodels.labels import counted, label, marked
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Tables

SHRUNKEN, OWN, COURSE = "shrunken", "own", "course"
EVERYWHERE = "*"  # among the units of an action: all
_MIDDLE = 15  # day of a month until which a closing counts for the whole month
_YEAR = 12  # [months] that naive eyes look back over
_OF_COURSE = (
    *("verdict", "reason", "observed", "expected", "estimate", "lower", "upper", "p_value", "placebo_time"),
    *("power", "power_then"),
)
_OPEN = marked("it is not closed yet")
_STRANGE = marked("the indicator has nothing of its units")
_NO_PRODUCT = marked("the indicator is not known by product, or not of this one")
_YOUNG = marked("{known} known since, and without another action there; a verdict needs {least}")
_SHORT = marked(
    "{known} known before what led to it, and without another action there; a verdict needs {least}"
)
_NO_EVENTS = marked("fewer than one event was expected since")
_ALONE = marked("fewer than {least} units have had no such action: there is nothing to compare with")


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What was found of a actions, shape (a,) each; as in ``Effects.table``."""

    shrunken: Judged
    own: Judged
    naive: tuple[Floats, Floats]
    hoped: Floats
    space: Floats
    time: Floats
    before: Integers
    since: Integers
    verdict: Words


def judge_group(
    tables: Tables,
    policy: Policy | None,
    actions: pd.DataFrame,
    indicator_id: str,
    *,
    last: str | None,
    closer: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge the actions on one indicator.

    Parameters
    ----------
    actions : DataFrame
        All of them, with the text ``units``.
    last : str, optional
        Month after which nothing is used.
    closer : str, optional
        The action that further estimators look at, too.

    Returns
    -------
    DataFrame, DataFrame
        Rows of ``Effects.table`` and ``Effects.estimators``; every action has one of the first.
    """
    try:
        evidence = evidence_of(tables, indicator_id, policy, last=last)
    except (ContractError, TooLittleError) as error:
        return _unknown(actions, np.full(len(actions), str(error), dtype=object)), estimates_frame()
    parts = [
        _of_product(evidence, str(product), actions, closer) for product in sorted(set(actions["product"]))
    ]
    table, estimates = (pd.concat(some, ignore_index=True) for some in zip(*parts, strict=True))
    return table, estimates


def _unknown(actions: pd.DataFrame, reasons: Words) -> pd.DataFrame:
    return actions_frame(actions.assign(verdict=UNKNOWN, reason=reasons))


def _of_product(
    evidence: Evidence, product: str, actions: pd.DataFrame, closer: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge the actions at one product, or at all (none named)."""
    wanted = (actions["product"] == product).to_numpy()
    if product and product not in evidence.products:
        own = actions[wanted]
        return _unknown(own, np.full(len(own), label(_NO_PRODUCT), dtype=object)), estimates_frame()
    rivals = actions[wanted | (actions["product"] == "") | (product == "")].reset_index(drop=True)
    chosen = np.array([product in ("", one) for one in evidence.products])
    cells = replace(evidence, counts=evidence.counts[:, chosen], exposure=evidence.exposure[:, chosen])
    units = units_of(rivals["units"], evidence.units)
    everywhere = are_everywhere(units)
    beside = partial(_beside_others, closer=closer)
    parts = [
        judge(cells, rivals[some].reset_index(drop=True), units[some])
        for judge, some in ((beside, ~everywhere), (_by_course, everywhere))
        if some.any()
    ]
    mine = rivals.loc[rivals["product"] == product, "action_id"]
    table, estimates = (
        pd.concat([part[part["action_id"].isin(mine)] for part in some], ignore_index=True)
        for some in zip(*parts, strict=True)
    )
    return table, estimates


def _beside_others(
    cells: Evidence, actions: pd.DataFrame, units: Flags, *, closer: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge actions by units without any; one that was everywhere is in both, and changes nothing."""
    data = compare_with_peers(
        cells.counts, cells.exposure, region=cells.region, peers=np.asarray(~units.any(axis=0))
    )
    places = _places(actions, cells.months, units)
    windows = windows_of(data.known, units, **places)
    reasons = _reasons(data, windows, units, actions)
    found = judge_evidence(
        data, windows, hoped=_hoped(actions), naive=_naive(cells, windows, places["decided"])
    )
    table, estimates = _rows(actions, found, cells.months, reasons)
    for place in np.flatnonzero((actions["action_id"] == closer) & (reasons == "")):
        one = Windows(**{name: part[[place]] for name, part in vars(windows).items()})
        more = further_estimates(data, one, months=cells.months, action_id=closer)
        estimates = pd.concat([estimates, more], ignore_index=True)
    return table, estimates


def _by_course(cells: Evidence, actions: pd.DataFrame, units: Flags) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge actions that (almost) no unit is without by the course before them."""
    known = np.asarray(np.isfinite(cells.counts).any(axis=1))
    places = _places(actions, cells.months, units)
    windows = windows_of(known, units, **places)
    found = judge_courses(cells.counts, cells.exposure, windows, hoped=_hoped(actions))
    naive = _naive_estimates(actions["action_id"], *_naive(cells, windows, places["decided"]))
    found = found.reindex(columns=[*_OF_COURSE, "wait"])
    found["reason"] = found["reason"].mask(actions["closed_on"].isna(), label(_OPEN))
    waits = (found["verdict"] == NOT_YET) & (found["wait"] > 0)
    again = [str(cells.months[-1] + int(more)) for more in found["wait"].fillna(0)]
    avoided = (found["expected"] - found["observed"]).where(found["verdict"] == WORKED)
    table = actions.assign(
        **found.drop(columns="wait"),
        hoped=_hoped(actions),
        naive_estimate=naive["estimate"],
        months_before=windows.before.sum(axis=1),
        months_after=windows.after.sum(axis=1),
        look_again=np.where(waits, again, ""),
        avoided=avoided,
        cost_per_event=actions["cost"].to_numpy("float64") / avoided,
    )
    judged = (found["verdict"] != UNKNOWN).to_numpy()
    own = table.assign(estimator=COURSE, used=True)
    return actions_frame(table), pd.concat([estimates_frame(part)[judged] for part in (own, naive)])


def _hoped(actions: pd.DataFrame) -> Floats:
    given = actions["expected_change"].to_numpy("float64")
    return np.where(given < 0, given, HOPED_CHANGE)


def judge_evidence(
    data: PeerCounts,
    windows: Windows,
    *,
    hoped: Floats,
    naive: tuple[Floats, Floats] | None = None,
) -> Found:
    """Judge each of a actions, and its placebos; ``hoped``, shape (a,), are relative changes hoped for."""
    judged = judge_windows(data, windows)
    shrunken, own = judged["shrunken"], judged["own"]
    space = _space(shrunken.chance(), judged["placebo"].chance(), data.peers)
    time = _time(data, windows)
    unknown = np.full(len(hoped), np.nan)
    return Found(
        shrunken=shrunken,
        own=own,
        naive=(unknown, unknown) if naive is None else naive,
        hoped=hoped,
        space=space,
        time=time,
        before=windows.before.sum(axis=1),
        since=windows.after.sum(axis=1),
        verdict=verdicts_of(shrunken, own, hoped=hoped, space=space, time=time),
    )


def are_everywhere(units: Flags) -> Flags:
    """Say which actions leave too few units to compare with, shape (a,); ``units`` as of ``units_of``."""
    return np.asarray(units.any(axis=1) & (units.sum(axis=1) > units.shape[1] - FEWEST_PEERS))


def units_of(texts: pd.Series, names: list[str]) -> Flags:
    """Say which units each action is of, shape (a, n); none where one is not known. Rows count from 0."""
    rows = texts.str.split().explode()
    place = pd.Index(names).get_indexer(pd.Index(rows))
    found = np.zeros((len(texts), len(names)), dtype=bool)
    everyone, known = (rows == EVERYWHERE).to_numpy(), place >= 0
    found[rows.index.to_numpy()[known], place[known]] = True
    found[rows.index.to_numpy()[everyone]] = True
    known |= everyone
    return found & ~np.isin(np.arange(len(texts)), rows.index.to_numpy()[~known])[:, None]


def _places(actions: pd.DataFrame, months: pd.PeriodIndex, units: Flags) -> dict[str, Integers]:
    """Place decisions, starts (of open ones at the end), and the time without another action at the units."""
    opened, closed = (pd.to_datetime(actions[name]) for name in ("opened_on", "closed_on"))
    decided, ended = (
        pd.PeriodIndex(days, freq="M").astype("int64").to_numpy() - months[0].ordinal
        for days in (opened, closed.fillna(opened))
    )
    start = np.where(closed.isna(), len(months), ended + (closed.dt.day > _MIDDLE).to_numpy())
    number = np.arange(len(actions))
    shared = (units.astype(np.int64) @ units.T.astype(np.int64)) > 0
    order = np.lexsort((number, decided)).argsort()
    earlier, later = shared & (order[:, None] > order), shared & (order[:, None] < order)
    first = np.where(earlier, np.maximum(start, 0)[None, :], 0).max(axis=1)
    end = np.where(later, decided[None, :], len(months)).min(axis=1)
    return {"decided": decided, "start": start, "first": first, "end": end}


def _reasons(data: PeerCounts, windows: Windows, units: Flags, actions: pd.DataFrame) -> Words:
    """Say why an action cannot be judged; empty where it can."""
    before, after = windows.before.sum(axis=1), windows.after.sum(axis=1)
    expected = ((data.expected @ windows.after.T).T * units).sum(axis=1)
    alone = data.peers.sum() < FEWEST_PEERS
    least = counted(LEAST_MONTHS, "month", "months")
    few = [
        [label(text, known=counted(int(number), "month", "months"), least=least) for number in numbers]
        for text, numbers in ((_YOUNG, after), (_SHORT, before))
    ]
    return np.select(
        [
            actions["closed_on"].isna().to_numpy(),
            ~units.any(axis=1),
            np.full(len(units), alone),
            after < LEAST_MONTHS,
            before < LEAST_MONTHS,
            expected < LEAST_EXPECTED,
        ],
        [
            np.full(len(units), label(text, least=FEWEST_PEERS), dtype=object)
            for text in (_OPEN, _STRANGE, _ALONE)
        ]
        + [np.array(words, dtype=object) for words in few]
        + [np.full(len(units), label(_NO_EVENTS), dtype=object)],
        "",
    )


def _naive(cells: Evidence, windows: Windows, decided: Integers) -> tuple[Floats, Floats]:
    """Observed after, and what the rate of the year before the decision lets expect of it."""
    before, size, after, size_after = year_and_after(cells, windows, decided)
    rate = np.divide(before, size, out=np.full(len(decided), np.nan), where=size > 0)
    return after, rate * size_after


def year_and_after(
    cells: Evidence, windows: Windows, decided: Integers
) -> tuple[Floats, Floats, Floats, Floats]:
    """Add up events and exposure of each action's units, (a,): in the year before its decision, and after."""
    known = np.isfinite(cells.counts) & np.isfinite(cells.exposure)
    events, sizes = (np.where(known, part, 0.0).sum(axis=1) for part in (cells.counts, cells.exposure))
    month = np.arange(len(cells.months))
    year = (month < decided[:, None]) & (month >= decided[:, None] - _YEAR)
    before, size, after, size_after = (
        ((part @ months.T).T * windows.units).sum(axis=1)
        for months in (year, windows.after)
        for part in (events, sizes)
    )
    return before, size, after, size_after


def _rows(
    actions: pd.DataFrame, found: Found, months: pd.PeriodIndex, reasons: Words
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the figures of each action in a row, and of each of its estimators."""
    judged, now, ids = reasons == "", found.shrunken, actions["action_id"]
    power = power_by_month(now, months=found.since, hoped=found.hoped)
    wait, then = look_again(power, found.since)
    open_ = found.verdict == NOT_YET
    avoided = np.where(found.verdict == WORKED, now.expected - now.observed, np.nan)
    estimates = {name: _estimates(name, ids, one) for name, one in ((SHRUNKEN, now), (OWN, found.own))}
    estimates[NAIVE] = _naive_estimates(ids, *found.naive)
    names = ["observed", "expected", "estimate", "lower", "upper", "p_value"]
    figures = {name: estimates[SHRUNKEN][name].to_numpy() for name in names}
    figures |= {f"own_{name}": estimates[OWN][name].to_numpy() for name in names[2:5]}
    figures |= {
        "months_before": found.before,
        "months_after": found.since,
        "naive_estimate": estimates[NAIVE]["estimate"].to_numpy(),
        "placebo_space": found.space,
        "placebo_time": found.time,
        "hoped": found.hoped,
        "power": now.power(found.hoped),
        "power_then": np.where(open_, then, np.nan),
        "avoided": avoided,
        "cost_per_event": actions["cost"].to_numpy("float64") / avoided,
    }
    figures = {name: np.where(judged, value, np.nan) for name, value in figures.items()}
    again = np.array([str(months[-1] + int(more)) for more in wait], dtype=object)
    looks = np.where(open_ & (wait > 0) & judged, again, "")
    words = {"verdict": np.where(judged, found.verdict, UNKNOWN), "reason": reasons, "look_again": looks}
    kept = [estimates_frame(row)[judged] for row in estimates.values()]
    return actions_frame(actions.assign(**figures, **words)), pd.concat(kept, ignore_index=True)


def _estimates(name: str, ids: pd.Series, one: Judged) -> pd.DataFrame:
    lower, upper = one.bounds()
    figures = {"observed": one.observed, "expected": one.expected, "estimate": one.change}
    figures |= {"lower": lower, "upper": upper, "p_value": one.chance()}
    return pd.DataFrame({"action_id": ids, "estimator": name, **figures, "used": True})


def _naive_estimates(ids: pd.Series, observed: Floats, expected: Floats) -> pd.DataFrame:
    change = np.divide(observed, expected, out=np.full(len(ids), np.nan), where=expected > 0) - 1.0
    figures = {"observed": observed, "expected": expected, "estimate": change}
    return pd.DataFrame({"action_id": ids, "estimator": NAIVE, **figures, "used": False})


def _space(chance: Floats, placebo: Floats, peers: Flags) -> Floats:
    """Share of units without an action, and of this one, that fell as far; shape (a,)."""
    as_far = ((placebo <= chance[:, None]) & peers).sum(axis=1)
    return np.asarray((as_far + 1.0) / (peers.sum() + 1.0))


def _time(data: PeerCounts, windows: Windows) -> Floats:
    """Two-sided chance of the later half of the time before, from the earlier: a placebo in time."""
    found = judge_windows(data, windows.halves)["shrunken"]
    both = np.minimum(found.chance(), found.more)
    known = (found.expected > 0) & windows.halves.before.any(axis=1)
    return np.where(known, np.minimum(2.0 * both, 1.0), np.nan)
