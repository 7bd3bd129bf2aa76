"""Checks of effects, incidents and causes on the bank's own data: what they say where nothing was done."""

from functools import lru_cache

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.causes import TwoPeriods, count_two_periods, decompose_change, find_segments
from riskmodels.effects import Effects, difference_in_differences, interrupted_series
from riskmodels.effects.actions import actions_of
from riskmodels.effects.evidence import COMPLAINTS, Evidence, evidence_of
from riskmodels.effects.excess import day_profile, due_by_day, window_excess
from riskmodels.effects.group import Found, are_everywhere, judge_evidence, units_of, year_and_after
from riskmodels.effects.incident_days import daily_complaints, quiet_days, with_windows
from riskmodels.effects.incident_windows import WINDOW
from riskmodels.effects.incidents import incidents_until
from riskmodels.effects.judging import FLAGGED_MONTHS, LEAST_MONTHS, WORKED_LEVEL, Windows, windows_of
from riskmodels.effects.peers import PeerCounts, compare_with_peers
from riskmodels.effects.verdicts import HOPED_CHANGE, WORKED
from riskmodels.errors import TooLittleError
from riskmodels.panel import Panel
from riskmodels.tables import Tables
from riskmodels.validation.evidence import NO_FIGURE, Measured, beyond_chance
from riskmodels.validation.stability import mix_of

_SEED = 21  # any fixed one
_MANY, _FEW = 400, 40  # placebos judged together; and of estimators that are fitted one by one
_YEAR, _QUARTER, _WAIT = 12, 3, 3  # months; the wait: from a decision to the action's end
_BAD = 5  # units of a month that are taken for bad: those that somebody would have acted on
_WORKED, _TWICE = 2 * WORKED_LEVEL, 4 * WORKED_LEVEL  # the level, doubled for one bank's chance; twice that
_OUTSIDE, _OFTEN = 0.10, 0.20  # of 90 % intervals without the truth in them: as promised, and twice that
_TAIL = 0.10  # at either end; half of what both are due says that intervals are wider than need be
_WORSE = 1.1  # times a naive method's error: a tenth more
_HALF_WIDTHS = 1.0  # of the interval: two estimators then contradict each other
_KNOWN = 0.9  # of the months of a unit that is taken
_LEARNT = 2 / 3  # of the days, from which the rest is predicted
_WEEKS = 4  # before a window: what a naive eye compares it with
_SPLITS = 12  # of a quarter's complaints into two halves
_SEEDS = 5  # of the draws of a search
_KEYS = ["unit_id", "product"]
_NAMED, _NAMED_OFTEN = 0.05, 0.15  # as promised of a search, and thrice that
_EXACT = 1e-9  # relative: what floating-point numbers leave


def worked_at_random(tables: Tables) -> Measured:
    """Share of "worked" among placebo actions at random units and months, less 1.645 standard errors."""
    found, _ = _placebo_verdicts(tables, is_flagged=False)
    return beyond_chance(_have_worked(found), _WORKED, _TWICE)


def worked_where_bad(tables: Tables) -> Measured:
    """The same at units chosen for a bad quarter, which get better by themselves."""
    found, _ = _placebo_verdicts(tables, is_flagged=True)
    return beyond_chance(_have_worked(found), _WORKED, _TWICE)


def chances_outside(tables: Tables) -> Measured:
    """Share of placebos whose chance is below 10 % or above 90 %: few where intervals are too wide."""
    found, _ = _placebo_verdicts(tables, is_flagged=False)
    chance = found.shrunken.chance()
    return Measured(float(((chance < _TAIL) | (chance > 1.0 - _TAIL)).mean()), _TAIL, NO_FIGURE)


def worked_beside_naive(tables: Tables) -> Measured:
    """Those over what a test of the year before against the months after says."""
    found, naive = _placebo_verdicts(tables, is_flagged=True)
    return Measured(float(_have_worked(found).mean() / max(naive.mean(), 1 / len(naive))), 1.0, np.nan)


def unit_mix(tables: Tables) -> Measured:
    """PSI of the units' shares of complaints in the last quarter that is known, and a year before."""
    evidence = evidence_of(tables, COMPLAINTS, None, last=None)
    counts = _over_products(evidence.counts)
    last = int(np.flatnonzero(np.isfinite(counts).any(axis=0)).max(initial=-1))
    return mix_of(counts[:, : last + 1])


def estimators_apart(effects: Effects) -> Measured:
    """Median distance of the two estimators of an action, in half-widths of the interval."""
    rows = effects.table.dropna(subset=["estimate", "own_estimate", "lower", "upper"])
    apart = (rows["estimate"] - rows["own_estimate"]).abs() / ((rows["upper"] - rows["lower"]) / 2)
    return Measured(float(apart.median()), _HALF_WIDTHS, np.inf)


def differences_outside(tables: Tables) -> Measured:
    """Share of 90 % intervals without zero of differences at random units and months, less 1.645 errors."""
    found = _differences(tables)
    return beyond_chance(_misses(found), _OUTSIDE, _OFTEN)


def series_outside(tables: Tables) -> Measured:
    """The same of the units' series by themselves."""
    panel, units, starts = _fitted(tables)
    effects = [
        interrupted_series(
            pd.Series(panel.values[unit], index=panel.periods),
            start=panel.periods[start],
            exposure=None if panel.exposure is None else panel.exposure[unit],
        ).effect
        for unit, start in zip(units, starts, strict=True)
    ]
    return beyond_chance(np.array([not one.lower <= 0 <= one.upper for one in effects]), _OUTSIDE, _OFTEN)


def differences_beside_naive(tables: Tables) -> Measured:
    """Mean error of those effects, which are none, over that of the year before against the months after."""
    found = _differences(tables)
    return Measured(float(found["estimate"].abs().mean() / found["naive"].abs().mean()), 1.0, _WORSE)


def quiet_weeks_outside(tables: Tables) -> Measured:
    """Share of weeks without an incident outside their 90 % interval, less 1.645 standard errors."""
    found = _quiet_weeks(tables)
    return beyond_chance(_misses(found), _OUTSIDE, _OFTEN)


def quiet_weeks_beside_naive(tables: Tables) -> Measured:
    """Mean error of what was due in those weeks over that of the mean of the four weeks before."""
    found = _quiet_weeks(tables)
    return Measured(float(found["excess"].abs().mean() / found["naive"].abs().mean()), 1.0, _WORSE)


def named_of_nothing(tables: Tables) -> Measured:
    """Share of random halves of a quarter between which a segment is named, less 1.645 errors."""
    found = _last_quarter(tables)
    rng = np.random.default_rng(_SEED)
    named = []
    for split in range(_SPLITS):
        whole = (found.cells["before"] + found.cells["now"]).to_numpy(np.int64)
        now = rng.binomial(whole, 0.5)
        cells = found.cells.assign(before=(whole - now).astype(float), now=now.astype(float))
        named.append(len(find_segments(cells, dimensions=found.dimensions, seed=split).table) > 0)
    return beyond_chance(np.array(named), _NAMED, _NAMED_OFTEN)


def other_draws(tables: Tables) -> Measured:
    """Share of seeds of the draws with which other segments of the last quarter are named."""
    found = _last_quarter(tables)
    named = [
        find_segments(found.cells, dimensions=found.dimensions, exposure=found.exposure, seed=seed).table
        for seed in range(_SEEDS)
    ]
    names = pd.Series(["; ".join(sorted(one["segment"])) for one in named])
    return Measured(float((names != names.mode()[0]).mean()), 0.0, np.inf)


def parts_add_up(tables: Tables) -> Measured:
    """Distance of volume, mix and rate from the year's change by unit and product, over the complaints."""
    found = _last_quarter(tables)
    cells = found.cells.groupby(_KEYS, as_index=False)[["before", "now"]].sum()
    if found.exposure is not None:
        cells = cells.merge(found.exposure, on=_KEYS, how="left", suffixes=("", "_exposure"))
        names = {f"{name}_exposure": f"exposure_{name}" for name in ("before", "now")}
        cells = cells.rename(columns=names)
    totals = decompose_change(cells, by=_KEYS).totals.set_index("part")["estimate"]
    change = float(cells["now"].sum() - cells["before"].sum())
    distance = abs(float(totals.drop("change").sum()) - change)
    return Measured(distance / float(cells["before"].sum()), _EXACT, 1e3 * _EXACT)


def _misses(found: pd.DataFrame) -> Flags:
    """Say which intervals leave zero out."""
    return ((found["lower"] > 0) | (found["upper"] < 0)).to_numpy(bool)


def _placebos(tables: Tables, *, is_flagged: bool) -> tuple[PeerCounts, Windows, Evidence]:
    """Pretend actions at units without one: at random, or where the quarter before was bad for its peers."""
    evidence = evidence_of(tables, COMPLAINTS, None, last=None)
    peers = _without_action(tables, evidence)
    data = compare_with_peers(evidence.counts, evidence.exposure, region=evidence.region, peers=peers)
    last = len(evidence.months) - _WAIT - LEAST_MONTHS
    months = np.arange(FLAGGED_MONTHS + _YEAR, last)
    if not months.size or peers.sum() < 2 * _BAD:
        raise TooLittleError(f"{len(evidence.months)} months of {peers.sum()} units without an action")
    rng = np.random.default_rng(_SEED)
    if is_flagged:
        unit, decided = _bad_units(data, months)
    else:
        unit = rng.choice(np.flatnonzero(peers), _MANY)
        decided = rng.choice(months, _MANY)
    chosen = np.arange(len(peers)) == unit[:, None]
    ends = {"first": np.zeros_like(decided), "end": np.full_like(decided, len(evidence.months))}
    windows = windows_of(data.known, chosen, decided=decided, start=decided + _WAIT, **ends)
    return data, windows, evidence


def _without_action(tables: Tables, evidence: Evidence) -> Flags:
    """Say which units never had an action on complaints, shape (n,); one everywhere is in all alike."""
    if tables.actions is None:
        return np.ones(len(evidence.units), dtype=bool)
    actions = actions_of(tables)
    actions = actions[actions["indicator_id"] == COMPLAINTS].reset_index(drop=True)
    units = units_of(actions["units"], evidence.units)
    return np.asarray(~units[~are_everywhere(units)].any(axis=0))


def _bad_units(data: PeerCounts, months: Integers) -> tuple[Integers, Integers]:
    """Take the units that were worst beside their peers in the quarter before each month."""
    month = np.arange(data.known.shape[1])
    quarter = ((month < months[:, None]) & (month >= months[:, None] - _QUARTER)).astype(np.float64)
    observed, expected = (part @ quarter.T for part in (data.observed, data.expected))
    ratio = np.where(data.peers[:, None] & (expected > 0), observed / np.maximum(expected, 1e-9), -1.0)
    worst = np.argsort(-ratio, axis=0, kind="stable")[:_BAD]
    return worst.ravel(), np.tile(months, _BAD)


@lru_cache(maxsize=2)  # several checks look at either kind
def _placebo_verdicts(tables: Tables, *, is_flagged: bool) -> tuple[Found, Flags]:
    """Judge placebos, and say which of them worked by a naive binomial test of the same level."""
    data, windows, evidence = _placebos(tables, is_flagged=is_flagged)
    found = judge_evidence(data, windows, hoped=np.full(len(windows.units), HOPED_CHANGE))
    decided = windows.after.argmax(axis=1) - _WAIT
    before, size, after, size_after = year_and_after(evidence, windows, decided)
    chance = scipy.stats.binom.cdf(after, before + after, size_after / (size + size_after))
    return found, np.asarray(chance <= WORKED_LEVEL)


def _have_worked(found: Found) -> Flags:
    return np.asarray(found.verdict == WORKED)


def _fitted(tables: Tables) -> tuple[Panel, Integers, Integers]:
    """Sum the units without an action up by month, and choose some and their starts at random."""
    evidence = evidence_of(tables, COMPLAINTS, None, last=None)
    kept = _without_action(tables, evidence)
    panel = Panel(
        keys=pd.DataFrame({"unit_id": np.array(evidence.units)[kept]}),
        periods=evidence.months,
        values=_over_products(evidence.counts[kept]),
        exposure=_over_products(evidence.exposure[kept]),
        kind="count",
    )
    starts = np.arange(2 * _YEAR, len(evidence.months) - LEAST_MONTHS)
    known = np.isfinite(panel.values)
    many = np.nansum(panel.values, axis=1) >= known.sum(axis=1)  # an event a month
    whole = np.flatnonzero(many & (known.mean(axis=1) >= _KNOWN))
    if not starts.size or len(whole) < 2 * _BAD:
        raise TooLittleError(f"{len(evidence.months)} months of {len(whole)} units without an action")
    rng = np.random.default_rng(_SEED)
    return panel, rng.choice(whole, _FEW), rng.choice(starts, _FEW)


def _over_products(cells: Floats) -> Floats:
    """Add products up, (n, products, T) -> (n, T): unknown where one is that the unit has in other months."""
    has: Flags = np.asarray(np.isfinite(cells).any(axis=2))
    total = np.where(has[:, :, None], cells, 0.0).sum(axis=1)
    return np.where(np.any(has, axis=1, keepdims=True), total, np.nan)


@lru_cache(maxsize=1)
def _differences(tables: Tables) -> pd.DataFrame:
    """Estimate effects of nothing beside other units, and by the year before against what came after."""
    panel, units, starts = _fitted(tables)
    rows = []
    for unit, start in zip(units, starts, strict=True):
        effect = difference_in_differences(
            panel, starts={panel.keys["unit_id"].iloc[unit]: panel.periods[start]}
        ).effect
        before, after = (np.nanmean(part) for part in np.split(panel.values[unit, start - _YEAR :], [_YEAR]))
        naive = np.log((after + 0.5) / (before + 0.5))  # half an event: none in a logarithm
        rows.append((effect.estimate, effect.lower, effect.upper, naive))
    return pd.DataFrame(rows, columns=["estimate", "lower", "upper", "naive"])


@lru_cache(maxsize=1)
def _quiet_weeks(tables: Tables) -> pd.DataFrame:
    """Predict weeks of the bank without an incident from what the first two thirds of the days teach."""
    end = pd.Timestamp(tables.as_of)
    seen = daily_complaints(tables, end, [""], since=end)
    counts = seen.counts[:1]
    quiet = _quiet(tables, seen.days)
    known = np.isfinite(counts[0])
    learnt = int(len(seen.days) * _LEARNT)
    used = known & quiet
    profile = day_profile(
        np.nan_to_num(counts[0]), used & (np.arange(len(used)) < learnt), seen.days, seen.working
    ) * np.nan_to_num(seen.logged)
    due = due_by_day(counts, used[None], profile, before=learnt, length=WINDOW)
    first = np.arange(learnt, len(seen.days) - WINDOW + 1, WINDOW)
    first = first[[used[one - _WEEKS * WINDOW : one + WINDOW].all() for one in first]]
    if not len(first):
        raise TooLittleError("no week of single complaints is without an incident, nor are those before it")
    windows = np.column_stack([first, first + WINDOW])
    rng = np.random.default_rng(_SEED)
    found = window_excess(
        counts, due, np.zeros(len(first), np.int64), windows, probability=1 - _OUTSIDE, draws=999, rng=rng
    )
    if not found["expected"].mean() >= 1.0:
        raise TooLittleError("fewer than one complaint a week is due: nothing can be compared")
    weeks = [counts[0, one - _WEEKS * WINDOW : one].sum() / _WEEKS for one in first]
    return found.assign(naive=found["observed"] - np.array(weeks))


def _quiet(tables: Tables, days: pd.DatetimeIndex) -> Flags:
    """Say which days no incident of the whole bank covers, as a review of incidents lays them over days."""
    if tables.incidents is None:
        return np.ones(len(days), dtype=bool)
    rows = incidents_until(tables, days[-1])
    rows = rows[(rows["scope"] == "") & (rows["started_at"] >= days[0])]
    return np.asarray(quiet_days(with_windows(rows, days, WINDOW), [""], len(days))[0])


def _last_quarter(tables: Tables) -> TwoPeriods:
    """Count the last three months, and the same months a year before as they were known then."""
    last = pd.Period(tables.as_of, "M")
    found = count_two_periods(tables, first=str(last - _QUARTER + 1), last=str(last))
    if found.why or not len(found.cells):
        raise TooLittleError("the last quarter and the one a year before have no complaints to compare")
    return found
