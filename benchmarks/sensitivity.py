"""What halving and doubling do to the sample's figures, for the twenty constants of the models that move one most.

A constant is a number, or numbers, that a module of ``ROOMS`` or a class of settings names. A share above a half, such as a
memory of 0.97, is halved and doubled in what it leaves (0.985 and 0.94), others as they are; whole numbers stay whole.
``TWENTY`` are those whose largest ratio of a figure, doubled over as it is or the other way round, was largest when all were
doubled; ``--all`` does that again (minutes). Left out are what is a definition and no choice (months of a year, levels of
intervals), seeds, grids of shares that reach one, and what only bounds a computation's room or time. Every row is computed in a
process of its own, as figures once asked for are kept. Ratios are to the figures as they are; ``fails`` is an error in words.
"""

import argparse
import ast
import dataclasses
import importlib
import multiprocessing
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import riskmodels as rm
from riskmodels.errors import RiskModelsError
from riskmodels.scorecard import score
from riskmodels.tables import Tables

ROOT = Path(__file__).parents[1]
PERIOD, HORIZON, PATHS, DRAWS = "2026Q3", 6, 1000, 100  # draws: fewer than a report's, enough for a ratio
ROOMS = ("forecasting", "losses", "rates", "scorecard", "stresstest")
LEFT_OUT = re.compile(  # parts of names
    "WEEK|MONTH|DAYS|QUARTERS|LENGTHS|LEVEL|INTERVAL|SEED|DRAWS|block|BLOCK|ROWS|SHOWN|NAMED|LONGEST|SIZE"
    "|TINY|ROUNDING|HALVINGS|TRIES|STEPS|POINTS|STENCIL|SHIFT|LOG_ROOT|AT_ONCE|PLACES|WORST|PEERS|MARGIN|HALF"
    "|EDGES|BUCKETS|POWER|MEMORIES"
)
# modules that the sample's figures do not come from, or whose error is computed and bounded
ELSEWHERE = re.compile(
    "baselines|reports|explaining|predictive|aggregate|graded|lattice|dependence|contributions|cover"
    "|insurance|simulation|elicitation|sensitivity|weights|funnels"
)
TWENTY = (
    "rates.hyperparameters:STAYING",
    "forecasting.shared:_SETTINGS.dispersion_start",
    "losses.diagnostics:_FEWEST_IN_TAIL",
    "forecasting.shared:_SETTINGS.likely",
    "forecasting.shared:DRIFTS",
    "scorecard.rating:_FEWEST",
    "forecasting.calibration:_CENTRES",
    "forecasting.theta:_SHARPNESS",
    "forecasting.shared:_SETTINGS.score_memory",
    "forecasting.theta:_FEWEST_FOR_SLOPE",
    "forecasting.theta:_GROWTH",
    "forecasting.theta:_SLOPE_MEMORY",
    "forecasting.theta:_PANEL_PRIOR",
    "forecasting.shared:_SETTINGS.dispersion_memory",
    "forecasting.calendar_effects:_EFFECT_DEVIATION",
    "forecasting.counts:_SETTINGS.dispersion_prior",
    "forecasting.counts:_SETTINGS.dispersion_start",
    "forecasting.shared:_SETTINGS.jump",
    "forecasting.shared:_DISCOUNTS",
    "forecasting.counts:DISCOUNTS",
)
Figures = dict[str, float]


def of_forecasts(tables: Tables, *, whole: bool) -> Figures:
    """Figures of the outlook by product, of its record, and of the stress test that starts from it."""
    complaints, country = tables.complaints, tables.country
    nowcast = rm.nowcast(complaints)
    panel = rm.build_panel(complaints, by=["product"], last=PERIOD)
    made = rm.forecast(
        panel, horizon=HORIZON, calendar=country, completeness=nowcast.for_periods(panel.periods)
    )
    paths = made.sample(PATHS, seed=1).sum(axis=(1, 2))
    found = {"outlook": paths.mean(), "its 90% width": np.ptp(np.quantile(paths, (0.05, 0.95)))}
    if whole:
        record = rm.track_record(complaints, by=["product"], last=PERIOD, nowcast=nowcast, calendar=country)
        found["wQL"] = record.table.set_index("method").loc["auto", "wql"]
        policy, scenario = the_policy(), rm.load_scenario(ROOT / "params/scenarios/complaint_surge.yaml")
        test = rm.stress(tables, scenario, policy, outlook=made)
        found["stressed"] = test.complaints["stressed"].sum()
    return found


def of_losses(tables: Tables, **_: bool) -> Figures:
    """Figures of a year's losses."""
    found = rm.assess_losses(tables.losses, last=PERIOD, draws=DRAWS)
    total = found.intervals.iloc[-1]
    return {
        "loss mean": found.distribution.mean,
        "VaR 99.9%": total["value_at_risk"],
        "its 90% width": total["upper"] - total["lower"],
    }


def of_scorecards(tables: Tables, **_: bool) -> Figures:
    """Figures of the scorecard."""
    card = score(tables, the_policy(), period=PERIOD)
    worst, rows = card.table.iloc[0], card.indicators[card.indicators["unit_id"] != ""]
    its = rows[rows["unit_id"] == worst["unit_id"]].set_index("indicator_id")
    return {
        "worst score": worst["score"],
        "its 90% width": worst["upper"] - worst["lower"],
        "P(red) of its rate": its.loc["complaint_rate", "p_red"],
        "mean P(red)": rows["p_red"].mean(),
        "without enough evidence": (rows["rating"] == "insufficient").sum(),
    }


OF_ROOM: dict[str, Callable[..., Figures]] = {
    "forecasting": of_forecasts,
    "losses": of_losses,
    "rates": of_scorecards,
    "scorecard": of_scorecards,
    "stresstest": of_forecasts,
}


def the_policy() -> Any:
    """Return the shipped policy."""
    return rm.load_policy(ROOT / "params/policy", on="2026-10-01")


def constants() -> Iterator[str]:
    """Yield what can be changed, as ``room.module:NAME`` or ``room.module:_SETTINGS.name``."""
    for room in ROOMS:
        for path in sorted((ROOT / "riskmodels" / room).glob("*.py")):
            if ELSEWHERE.fullmatch(path.stem):
                continue
            for node in ast.parse(path.read_text("utf-8")).body:
                targets = node.targets if isinstance(node, ast.Assign) else []
                for name in [
                    part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
                ]:
                    yield from (one for one in _parts(f"{room}.{path.stem}", name) if not left_out(one))


def left_out(name: str) -> bool:
    """Tell whether a constant is a definition, a seed, or the room of a computation."""
    return LEFT_OUT.search(name.partition(":")[2]) is not None


def _parts(module: str, name: str) -> Iterator[str]:
    value = getattr(importlib.import_module(f"riskmodels.{module}"), name, None)
    if dataclasses.is_dataclass(value):
        yield from (f"{module}:{name}.{field.name}" for field in dataclasses.fields(value))
    elif is_number(value) or (isinstance(value, tuple) and value and all(map(is_number, value))):
        yield f"{module}:{name}"


def is_number(value: object) -> bool:
    """Tell whether a value is a number and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def scaled(value: Any, factor: float) -> Any:
    """Return a constant times a factor; of shares that are all a half or more, what they leave."""
    if isinstance(value, tuple):
        shares = all(0.5 <= part < 1 for part in value)
        return tuple(1.0 - factor * (1.0 - part) if shares else part * factor for part in value)
    if isinstance(value, int):
        return max(round(value * factor), 1)
    return 1.0 - factor * (1.0 - value) if 0.5 < value < 1 else value * factor


def change(constant: str, factor: float) -> None:
    """Change a constant where it is defined, and where it was imported."""
    place, _, name = constant.partition(":")
    home: ModuleType = importlib.import_module(f"riskmodels.{place}")
    name, _, field = name.partition(".")
    old = getattr(home, name)
    new = (
        dataclasses.replace(old, **{field: scaled(getattr(old, field), factor)})
        if field
        else scaled(old, factor)
    )
    for module in [one for key, one in sys.modules.items() if key.startswith("riskmodels.")]:
        if getattr(module, name, None) is old and (module is home or name.lstrip("_") == name):
            setattr(module, name, new)


def figures(folder: Path, constant: str, factor: float, *, whole: bool) -> Figures:
    """Figures of a room with one of its constants changed (none: a room alone); why not, where that fails."""
    tables = rm.load(folder, Tables)
    if ":" in constant:
        change(constant, factor)
    try:
        return OF_ROOM[constant.partition(".")[0]](tables, whole=whole)
    except (RiskModelsError, ValueError, ArithmeticError, IndexError) as error:
        return {str(error).splitlines()[0][:40]: float("nan")}


def effect(found: Figures, base: Figures) -> float:
    """Largest ratio of a figure to what it is, or the other way round, less one; zero where it failed."""
    ratios = [(found.get(name, np.nan) + 1e-9) / (value + 1e-9) for name, value in base.items()]
    return float(np.nanmax([max(one, 1 / one) - 1 if one > 0 else 0.0 for one in ratios] or [0.0]))


def shown(found: Figures, base: Figures) -> str:
    """Write the ratios of the figures to what they are."""
    if set(found) != set(base):
        return f"fails: {next(iter(found))}"
    return ", ".join(f"{name} {(found[name] + 1e-9) / (value + 1e-9):.3f}" for name, value in base.items())


def main() -> None:
    """Print the table of the twenty, or screen all constants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="double every constant, and order them by effect")
    everything = parser.parse_args().all
    chosen, factors = (list(constants()), (2.0,)) if everything else (TWENTY, (0.5, 2.0))
    processes = multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1)
    with tempfile.TemporaryDirectory() as folder, processes as pool:
        kept = Path(folder) / "tables"
        rm.save(rm.ingest(ROOT / "params/sources/sample.yaml", store=Path(folder) / "store"), kept)

        def compute(constant: str, factor: float = 1.0) -> Figures:
            return pool.apply(figures, (kept, constant, factor), {"whole": not everything})

        base = {room: compute(room) for room in ROOMS}
        changed = {(one, factor): compute(one, factor) for one in chosen for factor in factors}
    print_table(base, changed)


def print_table(base: dict[str, Figures], changed: dict[tuple[str, float], Figures]) -> None:
    """Print the figures as they are, and of every constant their ratios, the largest effect first."""
    for room, found in base.items():
        print(room, {name: float(f"{value:.4g}") for name, value in found.items()})
    of_room = {key: base[key[0].partition(".")[0]] for key in changed}
    sizes = {key: effect(found, of_room[key]) for key, found in changed.items()}
    for key in sorted(
        changed, key=lambda key: (-max(sizes[key[0], f] for f in (0.5, 2.0) if (key[0], f) in sizes), key)
    ):
        print(f"{key[0]:50s} × {key[1]:<4g} {sizes[key]:6.3f}  {shown(changed[key], of_room[key])}")


if __name__ == "__main__":
    main()
