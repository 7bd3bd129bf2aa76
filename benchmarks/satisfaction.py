"""Whether the figures of satisfaction are as sure as they say: simulated answers whose truth is known.

Answers of forty units with two measures, three kinds of levels and (``clustered``) units that differ, in three
worlds: *proportional* odds; *one cutpoint* (a level moves only who is satisfied, as the sample does); *none* (nothing
goes with anything). Printed is how often the 90% interval holds the truth: of odds ratios, of points by the cutpoint
(``points``, which are quoted), and of points by the ordinal model, always and where a test did not refuse it; and how
often anything is found in *none* (family-wise, 5 % wanted). Then the satisfaction index and its movement, by bank,
small region and unit; then seconds beside statsmodels' OrderedModel.
"""

import argparse
import time
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.special

from riskmodels.arrays import Floats, Integers
from riskmodels.causes import index as csi
from riskmodels.causes.associations import regress_answers
from riskmodels.causes.ordinal import fit_ordinal
from riskmodels.parameters.satisfaction import IndexRules
from riskmodels.rates import holm_adjusted

CUTS = np.array([-3.4, -2.5, -1.6, 0.5])  # of five levels, unequal
DAY, HOUR, UPHELD, GROUP, WEB = -0.06, -0.04, 0.3, -0.5, 0.2  # log odds
WORLDS = ("proportional", "clustered", "one cutpoint", "none")
UNITS, ROWS, SEED, LEVEL = 40, 2_000, 20_000, 0.9
HOLDS = (0.86, 0.94)  # what is to come of 90 %, 500 simulations each


@dataclass(frozen=True, kw_only=True)
class World:
    """Simulated answers, and the truth: odds ratio and points of satisfied customers by driver and level."""

    answers: pd.DataFrame
    odds: dict[tuple[str, str], float]
    points: dict[tuple[str, str], float]


def simulated(kind: str, seed: int, rows: int = ROWS) -> World:
    """Draw answers of one world."""
    rng = np.random.default_rng(seed)
    scale = 0.0 if kind == "none" else 1.0
    unit = rng.integers(0, UNITS, rows)
    days, hours = rng.integers(0, 20, rows).astype(float), rng.gamma(2.0, 2.0, rows)
    marks = {
        ("outcome", "upheld"): (rng.random(rows) < 0.35, UPHELD * scale),
        ("customer_group", "elderly"): (rng.random(rows) < 0.15, GROUP * scale),
        ("channel", "web"): (rng.random(rows) < 0.4, WEB * scale),
    }
    linear = scale * (DAY * days + HOUR * hours)
    if kind == "clustered":
        linear = linear + 0.4 * rng.standard_normal(UNITS)[unit]
    whole = linear + sum(mark * effect for mark, effect in marks.values())
    lone = kind == "one cutpoint"
    elderly = marks["customer_group", "elderly"][0]
    noise = rng.logistic(size=rows)
    points = 1 + ((noise + whole)[:, None] > CUTS).sum(axis=1)
    if lone:  # of the elderly the satisfied are fewer, and what the others answer is as it was
        points = 1 + ((noise + whole - GROUP * elderly)[:, None] > CUTS).sum(axis=1)
        chance = scipy.special.expit(whole - CUTS[2]) / scipy.special.expit(whole - GROUP * elderly - CUTS[2])
        points = np.where((points > 3) & (rng.random(rows) > chance), 3, points)
    frame = pd.DataFrame(
        {"points": points.astype(float), "unit_id": unit.astype(str), "days_to_resolve": days}
    )
    names = {
        "outcome": ("not_upheld", "upheld"),
        "customer_group": ("general", "elderly"),
        "channel": ("app", "web"),
    }
    columns = {
        driver: np.array(names[driver], dtype=object)[mark.astype(int)]
        for (driver, _), (mark, _) in marks.items()
    }
    frame = frame.assign(waiting_hours=hours, product=None, region_id=None, **columns)
    cut = whole - CUTS[2]
    true, odds = {}, {}
    for key, (mark, effect) in marks.items():
        base = cut - effect * mark
        true[key] = 100 * (scipy.special.expit(base + effect) - scipy.special.expit(base)).mean()
        odds[key] = np.nan if lone and key[0] == "customer_group" else np.exp(effect)
    for driver, slope in (("days_to_resolve", DAY * scale), ("waiting_hours", HOUR * scale)):
        true[driver, ""] = 100 * (scipy.special.expit(cut - slope) - scipy.special.expit(cut)).mean()
        odds[driver, ""] = np.exp(-slope)
    return World(answers=frame, odds=odds, points=true)


def by_ordinal(world: World, key: tuple[str, str]) -> tuple[float, float]:
    """Ends of the interval of points of a level by the ordinal model alone."""
    frame = world.answers
    names = ["outcome", "customer_group", "channel"]
    levels = ["upheld", "elderly", "web"]
    design = np.column_stack(
        [frame[name] == level for name, level in zip(names, levels, strict=True)]
        + [frame["days_to_resolve"], frame["waiting_hours"]]
    ).astype(float)
    points = (frame["points"] - 1).to_numpy(np.int64)
    fit = fit_ordinal(np.unique(points, return_inverse=True)[1], design)
    at = names.index(key[0])
    error = np.sqrt(
        fit.covariance(pd.factorize(frame["unit_id"])[0])[len(fit.cutpoints) + at, len(fit.cutpoints) + at]
    )
    cut = fit.cutpoints[-2]
    base = design @ fit.coefficients - cut - design[:, at] * fit.coefficients[at]
    ends = fit.coefficients[at] + scipy.special.stdtrit(UNITS - 1, (1 + LEVEL) / 2) * error * np.array(
        [-1, 1]
    )
    low, high = 100 * (
        scipy.special.expit(base[:, None] + ends).mean(axis=0) - scipy.special.expit(base).mean()
    )
    return float(low), float(high)


def drivers_of(kind: str, number: int, seed: int) -> dict[str, float]:
    """Simulate one world many times."""
    held: dict[str, list[float]] = {"odds": [], "points": [], "level": [], "ordinal": [], "tested": []}
    found, refused = [], []
    group = ("customer_group", "elderly")
    for place in range(number):
        world = simulated(kind, seed + place)
        told = regress_answers("complaints", world.answers)
        rows = {(row["driver"], row["level"]): row for row in told.rows}
        for key, row in rows.items():
            if np.isfinite(world.odds[key]):
                held["odds"].append(row["odds_lower"] <= world.odds[key] <= row["odds_upper"])
            held["points"].append(row["lower"] <= world.points[key] <= row["upper"])
        row, true = rows[group], world.points[group]
        held["level"].append(row["lower"] <= true <= row["upper"])
        low, high = by_ordinal(world, group)
        held["ordinal"].append(low <= true <= high)
        proportional = told.model[0]["proportional"]
        refused.append(not proportional)
        held["tested"].append(held["ordinal"][-1] if proportional else held["level"][-1])
        found.append((holm_adjusted([row["p_value"] for row in told.rows]) <= 0.05).any())
    return {name: float(np.mean(marks)) for name, marks in held.items()} | {
        "refused": float(np.mean(refused)),
        "found": float(np.mean(found)),
    }


def answers_of_units(rng: np.random.Generator, levels: Floats, sizes: Integers, quarter: int) -> pd.DataFrame:
    """Draw answers of units whose log odds of more points are ``levels``, one frame as the index reads it."""
    unit = np.repeat(np.arange(len(levels)), sizes)
    points = 1 + ((rng.logistic(size=len(unit)) + levels[unit])[:, None] > CUTS).sum(axis=1)
    region = np.where(unit < 6, "small", "large")
    return pd.DataFrame(
        {
            "day": pd.Period(ordinal=quarter, freq="Q").start_time,
            "points": points.astype(float),
            "unit_id": np.char.add("u", unit.astype(str)).astype(object),
            "region_id": region.astype(object),
            "channel": None,
        }
    )


def true_index(levels: Floats, weights: Floats) -> float:
    """Weighted mean of expected points, 0 to 100."""
    above = scipy.special.expit(levels[:, None] - CUTS)
    return float(np.average(25 * above.sum(axis=1), weights=weights))


def index_of(number: int, seed: int, spread: float) -> dict[str, float]:
    """Share of intervals of the index, and of its movement, that hold the truth (of units fixed)."""
    rules = IndexRules()
    held: dict[str, list[bool]] = {}
    for place in range(number):
        rng = np.random.default_rng(seed + place)
        levels = spread * rng.standard_normal(UNITS)
        truth, frames = [], []
        for quarter, shift in ((226, 0.0), (227, 0.15)):
            for part, size in zip(rules.parts, (25, 15), strict=True):
                sizes = rng.poisson(size, UNITS)
                rows = answers_of_units(rng, levels + shift, sizes, quarter)
                frames.append(csi.pointed_answers(rows, part, rules))
            every = {"bank": slice(None), "small": slice(0, 6), "u7": slice(7, 8)}
            truth.append(
                {name: true_index(levels[one] + shift, np.ones(UNITS)[one]) for name, one in every.items()}
            )
        keys = ["part", "quarter", "unit_id", "region_id", "channel"]
        cells = pd.concat(frames).groupby(keys, dropna=False).sum().reset_index()
        table, _ = csi.index_table(cells, csi.cell_weights(cells, rules), rules)
        table = table[table["quarter"] == 227].set_index("subject")
        for name, subject in (("bank", ""), ("small", "small"), ("u7", "u7")):
            row = table.loc[subject]
            now, move = truth[1][name], truth[1][name] - truth[0][name]
            held.setdefault(f"{name} index", []).append(row["lower"] <= now <= row["upper"])
            held.setdefault(f"{name} movement", []).append(row["change_lower"] <= move <= row["change_upper"])
    return {name: float(np.mean(marks)) for name, marks in held.items()}


def print_seconds() -> None:
    """Seconds of the processor beside statsmodels, for the same likelihood."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel  # here, because it takes seconds

    print(f"\n{'answers':>8}{'ours':>8}{'statsmodels':>13}{'log-likelihoods differ':>24}  warnings")
    for rows in (5_000, 50_000):
        world = simulated("proportional", SEED, rows)
        frame = world.answers
        marks = [
            frame["outcome"] == "upheld",
            frame["customer_group"] == "elderly",
            frame["channel"] == "web",
        ]
        design = np.column_stack([*marks, frame["days_to_resolve"], frame["waiting_hours"]]).astype(float)
        levels = (frame["points"] - 1).to_numpy(np.int64)
        start = time.process_time()
        ours = fit_ordinal(levels, design)
        middle = time.process_time()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            theirs = OrderedModel(levels, design, distr="logit").fit(method="bfgs", disp=False)
        end = time.process_time()
        gap = ours.log_likelihood - theirs.llf
        print(f"{rows:>8,}{middle - start:>8.2f}{end - middle:>13.1f}{gap:>24.5f}  {len(said)}")


def main() -> None:
    """Print coverage, family-wise error and seconds; fail where what is quoted does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=500, help="simulations of each world")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    print(
        f"{chosen.number} simulations each, {ROWS:,} answers of {UNITS} units; standard error of 90 %:",
        end=" ",
    )
    print(f"{100 * np.sqrt(0.09 / chosen.number):.1f} points")
    names = ("odds", "points", "level", "ordinal", "tested", "refused", "found")
    print(f"{'':<14}" + "".join(f"{name:>9}" for name in names))
    quoted = []
    for kind in WORLDS:
        shares = drivers_of(kind, chosen.number, chosen.seed)
        print(f"{kind:<14}" + "".join(f"{shares[name]:>9.1%}" for name in names), flush=True)
        quoted += [shares["points"], shares["level"]]
    for spread in (0.0, 0.4):
        shares = index_of(chosen.number, chosen.seed, spread)
        print(
            f"index, units differ by {spread}: "
            + ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
        )
        quoted += [shares["bank index"], shares["bank movement"]] if spread == 0 else []
    print_seconds()
    assert all(HOLDS[0] <= share <= HOLDS[1] for share in quoted), f"beyond {HOLDS}: {quoted}"


if __name__ == "__main__":
    main()
