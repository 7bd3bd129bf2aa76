"""Incidents against the scenarios of their kinds: what was assumed, and what was seen."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodels.effects.incident_moments import SCENARIO_OF
from riskmodels.parameters.scenarios import Level, Scenario, load_scenario

_MONTH_DAYS = 30.4375  # on average; what a scenario says of complaints is of a month
_HOURS = "hours"  # a shock whose unit begins so is how long systems are down
_MINUTES = 60  # of an hour
_COLUMNS = ["scenario", "name_en", "name_zh", "severity", "what", "assumed", "assumed_low", "assumed_high"]


def load_incident_scenarios(folder: str | Path) -> tuple[Scenario, ...]:
    """Load the scenarios of the kinds of incidents, as far as a folder has them; raises as load_scenario."""
    paths = [Path(folder) / f"{name}.yaml" for name in sorted(set(SCENARIO_OF.values()))]
    return tuple(load_scenario(path) for path in paths if path.is_file())


def against_scenarios(table: pd.DataFrame, scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Return one row per incident, severity of its kind's scenario, and what is compared.

    Columns: incident_id, scenario, name_en, name_zh, severity, what (``complaints``: more of them, as a share
    of those of a month; ``hours`` until over), assumed, assumed_low, assumed_high, seen, lower, upper; NaN is
    unknown.
    """
    assumed = pd.DataFrame(list(_assumed(scenarios)), columns=_COLUMNS)
    seen_of = table[["incident_id", "kind", "minutes", "known_days", "expected", "excess", "lower", "upper"]]
    rows = seen_of.assign(scenario=seen_of["kind"].map(SCENARIO_OF)).merge(assumed, on="scenario")
    month = rows["expected"] / rows["known_days"] * _MONTH_DAYS
    seen = {name: rows[name] / month for name in ("excess", "lower", "upper")}
    hours = rows["minutes"] / _MINUTES
    is_hours = rows["what"] == _HOURS
    compared = {
        "seen": seen["excess"].mask(is_hours, hours),
        "lower": seen["lower"].mask(is_hours, np.nan),
        "upper": seen["upper"].mask(is_hours, np.nan),
    }
    return rows[["incident_id", *_COLUMNS]].assign(**compared)


def _assumed(scenarios: Sequence[Scenario]) -> Iterator[tuple[object, ...]]:
    for scenario in scenarios:
        for severity, level in scenario.levels.items():
            names = (scenario.id, scenario.name_en, scenario.name_zh, severity)
            if (felt := _complaints(level)) is not None:
                yield *names, "complaints", *felt
            for shock in level.shocks:
                if shock.unit_en.startswith(_HOURS):
                    yield *names, _HOURS, shock.size, shock.size, shock.size


def _complaints(level: Level) -> tuple[float, float, float] | None:
    """Most likely, least and most relative change of all complaints, where the shocks move any."""
    moved = [
        (shock.size, one.change)
        for shock, one in level.movements
        if one.what == "complaints" and not one.felt
    ]
    if not moved:
        return None
    parts = np.array([[size * change.mode, size * change.low, size * change.high] for size, change in moved])
    mode, low, high = np.prod(1.0 + parts, axis=0) - 1.0
    return float(mode), float(low), float(high)
