"""What paths of the economy do to complaints and losses: as history shows, else as elicited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.errors import ContractError, ParameterError
from riskmodels.panel import Panel, build_panel
from riskmodels.parameters.economy import MacroPath
from riskmodels.parameters.macro import MacroDriver
from riskmodels.parameters.shocks import Course, Shock
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.macro import MONTHS, by_month
from riskmodels.stresstest.outcome import MACRO, none_of
from riskmodels.stresstest.sensitivities import MacroSensitivity, estimate_sensitivities
from riskmodels.stresstest.shocked import Drawn
from riskmodels.tables import Tables

_MEASURES = {"points": "change_in_a_year", "per_cent": "growth_in_a_year"}
_SEED = 43  # any fixed one: the same strength of an estimate in every scenario
_WIDTH = float(np.diff(scipy.special.ndtri(INTERVAL))[0])  # of a 90 % interval, in standard errors
ESTIMATED = {"complaints": "product", "loss_frequency": "event_type"}  # what is, and by what
Multipliers = Mapping[str, Floats]  # by product or event type: what months are multiplied by, (size, months)


@dataclass(frozen=True, kw_only=True, eq=False)
class Driven:
    """What the economy multiplies, where that could be estimated.

    Attributes
    ----------
    times : dict of str to Multipliers
        By kind of movement: of what has a usable sensitivity alone.
    table : DataFrame
        See ``StressTest.macro``.
    """

    times: Mapping[str, Multipliers]
    table: pd.DataFrame

    def put(
        self, factors: Sequence[tuple[Drawn, Floats]], names: Sequence[str]
    ) -> list[tuple[Drawn, Floats]]:
        """Return factors of movements, (size, n, months), with what is estimated in the place of what is not.

        Of several movements that follow the economy the first has the whole estimate: the others are in it.
        """
        put, taken = [], set()
        for one, factor in factors:
            times = self.times.get(one.movement.what, {}) if one.shock.follows else {}
            found = factor.copy() if times else factor
            for place, name in enumerate(names):
                if name in times and _is_of(one, name):
                    found[:, place] = 1.0 if place in taken else times[name][:, : factor.shape[2]]
                    taken.add(place)
            put.append((one, found))
        return put


NOTHING_DRIVEN = Driven(times={}, table=none_of(MACRO))


def drive(
    drawn: Sequence[Drawn], tables: Tables, history: Panel, *, start: int, months: int, size: int
) -> Driven:
    """Estimate what the paths that shocks follow do to complaints by product, and to losses by event type.

    Parameters
    ----------
    drawn : sequence of Drawn
        The assumptions; those of shocks that follow a path count.
    tables : Tables
        Losses, up to the end of the history.
    history : Panel
        Complaints by product: those that the outlook is made of.
    start, months, size : int
        Months before the scenario begins, months ahead, and paths.

    Notes
    -----
    The first month of the shock is the first of the path. An estimate is not sure: its logarithm is
    multiplied by a normal factor with the relative error of its strongest effect, never below zero.
    """
    chosen = [one for one in drawn if one.shock.follows]
    shocks = _distinct(chosen)
    times: dict[str, Multipliers] = {}
    rows = []
    for what in ESTIMATED:
        moved = [one for one in chosen if one.movement.what == what]
        found = _sensitivity(shocks, what, tables, history) if moved else None
        if found is not None:
            times[what] = _multipliers(found, shocks, start, months, size)
        rows += _rows(what, moved, found)
    rows += [_elicited(one) for one in chosen if one.movement.what not in ESTIMATED]
    return Driven(times=times, table=_table(rows))


def _is_of(one: Drawn, name: str) -> bool:
    """Tell whether a movement is of a product or event type as a whole."""
    key, felt = ESTIMATED[one.movement.what], one.movement.felt
    return set(felt) <= {key} and felt.get(key, name) == name


def _distinct(drawn: Sequence[Drawn]) -> list[tuple[Shock, Course]]:
    """Return the shocks that follow different series."""
    pairs = [(one.shock, one.shock.follows) for one in drawn if one.shock.follows]
    return list({course.series: (shock, course) for shock, course in reversed(pairs)}.values())


def _sensitivity(
    shocks: Sequence[tuple[Shock, Course]], what: str, tables: Tables, history: Panel
) -> MacroSensitivity | None:
    """Estimate from the bank's own history; None where it has none of the quarters of the economy's."""
    drivers = tuple(_driver(course, place) for place, (_, course) in enumerate(shocks))
    past = _path([(course, np.asarray(course.past)) for _, course in shocks])
    try:
        panel = history if what == "complaints" else _losses(tables, history.periods[-1])
        return estimate_sensitivities(panel, past, drivers)
    except (ParameterError, ContractError):
        return None


def _losses(tables: Tables, last: pd.Period) -> Panel:
    return build_panel(tables.losses, by=["event_type"], freq="M", last=str(last.asfreq("M")))


def _driver(course: Course, place: int) -> MacroDriver:
    names = {"id": f"driver_{place}", "name_en": course.series, "name_zh": course.series}
    kinds = {"column": course.series, "measure": _MEASURES[course.measure], "pushes": course.pushes}
    return MacroDriver.model_validate(names | kinds)


def _path(series: Sequence[tuple[Course, Floats]]) -> MacroPath:
    """Return series that begin with their courses' pasts."""
    columns = {}
    for course, values in series:
        begin = pd.Period(course.first, freq="Q") - len(course.past)
        columns[course.series] = pd.Series(values, pd.period_range(begin, periods=len(values), freq="Q"))
    return MacroPath(name=series[0][0].scenario, table=pd.DataFrame(columns))


def _paths(shock: Shock, course: Course, begin: int, quarters: int) -> tuple[Floats, Floats]:
    """Return a series with the shock and without it, from its past on to so many quarters from a month on."""
    profile = shock.profile(begin + MONTHS * quarters)[begin:]
    beyond = course.side * profile.reshape(quarters, MONTHS).mean(axis=1)
    without = np.asarray([*course.without, *[course.without[-1]] * quarters])[:quarters]
    with_ = without + beyond if course.measure == "points" else without * (1 + beyond / 100)
    return np.append(course.past, with_), np.append(course.past, without)


def _multipliers(
    found: MacroSensitivity, shocks: Sequence[tuple[Shock, Course]], start: int, months: int, size: int
) -> dict[str, Floats]:
    """Return what each usable series is multiplied by on every path, in every month."""
    begin = min(shock.start_month for shock, _ in shocks) - 1
    first, start = pd.Period(shocks[0][1].first, freq="Q"), start + begin
    quarters = pd.period_range(first, periods=-(-months // MONTHS), freq="Q")
    both = [(course, _paths(shock, course, begin, len(quarters))) for shock, course in shocks]
    paths = [_path([(course, pair[which]) for course, pair in both]) for which in (0, 1)]
    mean = by_month(found.multipliers(paths[0], paths[1], quarters))
    logs = np.log(np.concatenate([np.ones((len(mean), start)), mean], axis=1)[:, :months])
    strength = np.random.default_rng(_SEED).standard_normal(size)
    names = found.keys.iloc[:, 0].astype("str")
    return {
        name: np.exp(np.maximum(1 + strength * _error(found, row), 0.0)[:, None] * logs[row])
        for row, name in enumerate(names)
        if found.usable[row]
    }


def _error(found: MacroSensitivity, row: int) -> float:
    """Return the relative standard error of a series' strongest effect."""
    place = int(np.abs(found.effect[row]).argmax())
    effect = abs(float(found.effect[row, place]))
    return float(found.upper[row, place] - found.lower[row, place]) / _WIDTH / effect if effect else 0.0


def _rows(what: str, moved: Sequence[Drawn], found: MacroSensitivity | None) -> list[dict[str, object]]:
    """Say of each series that is moved whether its estimate is used, and how that was tested."""
    if found is None:
        return [_elicited(one) for one in moved]
    names = found.keys[ESTIMATED[what]].astype("str")
    rows: list[dict[str, object]] = []
    for row, name in enumerate(names):
        if not any(_is_of(one, name) for one in moved):
            continue
        place = int(np.abs(found.effect[row]).argmax())
        figures = {figure: found.table[figure].iloc[row] for figure in MACRO if figure in found.table}
        ends = {"effect": found.effect, "lower": found.lower, "upper": found.upper}
        rows.append(
            {"what": what, "of": name, "used": "estimated" if found.usable[row] else "elicited"}
            | {"series": found.drivers[place].column if found.effect[row, place] else ""}
            | {end: float(values[row, place]) for end, values in ends.items()}
            | figures
        )
    missing = [one for one in moved if not any(_is_of(one, name) for name in names)]
    return rows + [_elicited(one) for one in missing]


def _elicited(one: Drawn) -> dict[str, object]:
    """Say of a movement that the range of the scenario file is used."""
    return {"what": one.movement.what, "of": one.movement.where, "used": "elicited"}


def _table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame([*rows], columns=[*MACRO]).drop_duplicates(["what", "of"]).reset_index(drop=True)
    texts = ["what", "of", "used", "series"]
    return frame.astype(dict.fromkeys(MACRO, "float64") | dict.fromkeys(texts, "str"))
