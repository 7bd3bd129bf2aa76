"""Scenarios: what is assumed to happen, how strongly, and how sure that is. Chosen, not governed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from riskmodels.errors import ParameterError
from riskmodels.labels import label, marked
from riskmodels.misfits import nearest
from riskmodels.parameters.elicited import Elicited
from riskmodels.parameters.files import Identifier, Name, Parameters, load_parameters
from riskmodels.parameters.shocks import Movement, Shock, impossible

__all__ = [
    "Dependence",
    "Elicited",
    "Level",
    "Movement",
    "Part",
    "Scenario",
    "Severity",
    "Shock",
    "severity_label",
]

Severity = Literal["moderate", "severe", "extreme"]
_SEVERITIES = {"moderate": marked("moderate"), "severe": marked("severe"), "extreme": marked("extreme")}


def severity_label(severity: str) -> str:
    """Name a severity in the language in use."""
    return label(_SEVERITIES.get(severity, severity))


class Dependence(Parameters):
    """How the assumptions of a scenario hang together: whether one is strong where another one is."""

    copula: Literal["independent", "gaussian"] = "independent"
    correlation: float = Field(default=0.0, ge=0, lt=1, description="of every two strengths, as normals")

    @model_validator(mode="after")
    def _fits(self) -> "Dependence":
        if self.copula == "independent" and self.correlation:
            raise ValueError("a correlation needs copula: gaussian")
        return self


class Part(Parameters):
    """One scenario that a combined one is made of; its file lies beside that of the combined one.

    Its names are those of that file, which are then known; a file does not give them.
    """

    scenario: Identifier
    severity: Severity
    name_en: Name | None = None
    name_zh: Name | None = None


class Level(Parameters):
    """One severity of a scenario: its shocks, or the scenarios it combines (whose shocks are then read)."""

    shocks: tuple[Shock, ...] = ()
    combines: tuple[Part, ...] = ()

    @property
    def movements(self) -> list[tuple[Shock, Movement]]:
        """All that its shocks move, in their order."""
        return [(shock, movement) for shock in self.shocks for movement in shock.moves]

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "Level":
        if not self.model_fields_set or (self.combines and any(one.part is None for one in self.shocks)):
            raise ValueError("give either shocks or combines")
        if not self.combines and any(one.part for one in self.shocks):
            raise ValueError("leave part out: it is for shocks that a combined scenario takes from others")
        parts = [one.scenario for one in self.combines]
        shocks = [(one.part, one.id) for one in self.shocks]
        if len(set(parts)) < len(parts) or len(set(shocks)) < len(shocks):
            raise ValueError("the same scenario or the same id of a shock is given twice")
        return self


class Scenario(Parameters):
    """What happens, at each severity."""

    called: ClassVar[str] = "a scenario"
    id: Identifier
    name_en: Name
    name_zh: Name
    description_en: Name
    description_zh: Name
    start_month: int = Field(ge=1, le=60, description="months after the last month of data")
    dependence: Dependence = Dependence()
    levels: dict[Severity, Level] = Field(min_length=1)

    def level(self, severity: str) -> Level:
        """Return one severity; raises ParameterError where the scenario does not have it."""
        for name, level in self.levels.items():
            if name == severity:
                return level
        raise ParameterError(
            f"scenario {self.id} has no severity '{severity}'; {nearest(severity, self.levels)}"
        )

    def movements(self) -> Iterator[tuple[str, Shock, Movement]]:
        """Yield all that it moves, with the dotted path; of a combined one with the part and the shock."""
        for severity, level in self.levels.items():
            for place, shock in enumerate(level.shocks):
                of = f"combines.{shock.part}.{shock.id}" if shock.part else f"shocks.{place}"
                for number, movement in enumerate(shock.moves):
                    yield f"levels.{severity}.{of}.moves.{number}", shock, movement


def load_scenario(path: str | Path) -> Scenario:
    """Load one scenario file, and the scenarios beside it that it combines.

    Raises ParameterError where one does not fit, where a part is not there, and where scenarios combine each
    other in a circle.
    """
    return _loaded(Path(path), {}, ())


def load_scenarios(folder: str | Path) -> dict[str, Scenario]:
    """Load every scenario of a folder, by its id; raises as ``load_scenario``, and for an id given twice."""
    paths = sorted(Path(folder).glob("*.yaml"))
    if not paths:
        raise ParameterError(f"{folder} has no scenario: expected files called <id>.yaml")
    read: dict[Path, Scenario] = {}
    found: dict[str, Path] = {}
    for path in paths:
        scenario = _loaded(path, read, ())
        if scenario.id in found:
            raise ParameterError(f"{found[scenario.id]} and {path} are both '{scenario.id}': rename one")
        found[scenario.id] = path
    return {name: read[path] for name, path in found.items()}


def check_indicators(scenario: Scenario, shares: Mapping[str, bool], *, where: str | Path) -> None:
    """Refuse a scenario that moves an indicator nobody knows, or a share by more than all of it.

    Parameters
    ----------
    scenario : Scenario
        Which.
    shares : mapping
        Every indicator there is, and whether it is a share.
    where : str or Path
        The file, for the message.

    Raises
    ------
    ParameterError
        Names file, dotted path and reason.
    """
    for at, shock, movement in scenario.movements():
        name, most = movement.indicator_id, movement.change.largest
        place = f"{where} does not fit a scenario: {at}"
        if name and name not in shares:
            raise ParameterError(
                f"{place}.indicator: no indicator is called '{name}'; {nearest(name, shares)}"
            )
        if movement.per == "unit_of_shock":
            most *= shock.size
        if name and shares[name] and most > 1:
            raise ParameterError(
                f"{place}.change: {name} changes by {most:g} at the shock's size, and a share cannot change"
                " by more than 1"
            )


def _loaded(path: Path, read: dict[Path, Scenario], chain: tuple[str, ...]) -> Scenario:
    """Load a file once, with the parts of what it combines; ``chain`` are the scenarios that combine it."""
    if path not in read:
        scenario = load_parameters(path, Scenario, shown=True)
        chain = (*chain, scenario.id)
        levels = {
            name: _with_parts(_with_courses(level, path, name), path, name, read, chain)
            for name, level in scenario.levels.items()
        }
        for name, level in levels.items():
            _check_first_quarters(level, f"{path} does not fit a scenario: levels.{name}")
        read[path] = scenario.model_copy(update={"levels": levels})
    return read[path]


def _check_first_quarters(level: Level, at: str) -> None:
    """Refuse paths that cannot be followed together."""
    if len(firsts := {one.follows.first for one in level.shocks if one.follows}) > 1:
        begin = " and ".join(sorted(firsts))
        raise ParameterError(f"{at}: its paths begin in different quarters, {begin}; cut them to the same")


def _with_courses(level: Level, path: Path, severity: str) -> Level:
    """Return a level with the quarters of the paths that its shocks follow."""
    if all(one.follows is None for one in level.shocks):
        return level
    # here, as economy reads with pandas, which few scenarios need
    from riskmodels.parameters.economy import with_course

    shocks = []
    for place, one in enumerate(level.shocks):
        at = f"{path} does not fit a scenario: levels.{severity}.shocks.{place}"
        shock = with_course(one, path.parent, at)
        for number, movement in enumerate(shock.moves):
            if problem := impossible(movement, shock.size):
                raise ParameterError(f"{at}.moves.{number}: {movement.what} {problem}")
        shocks.append(shock)
    return level.model_copy(update={"shocks": tuple(shocks)})


def _with_parts(
    level: Level, path: Path, severity: str, read: dict[Path, Scenario], chain: tuple[str, ...]
) -> Level:
    """Return a level with the shocks of all that it combines; parts keep their starts against each other."""
    shocks, parts = [], []
    for place, part in enumerate(level.combines):
        at = f"{path} does not fit a scenario: levels.{severity}.combines.{place}"
        held = _part(part, path, at, read, chain)
        if part.severity not in held.levels:
            raise ParameterError(
                f"{at}.severity: {part.scenario} has no severity '{part.severity}';"
                f" {nearest(part.severity, held.levels)}"
            )
        parts.append(part.model_copy(update={"name_en": held.name_en, "name_zh": held.name_zh}))
        later = held.start_month - 1
        shocks += [
            shock.model_copy(update={"part": part.scenario, "start_month": shock.start_month + later})
            for shock in held.levels[part.severity].shocks
        ]
    read_ = {"shocks": tuple(shocks), "combines": tuple(parts)}
    return level.model_copy(update=read_) if level.combines else level


def _part(part: Part, path: Path, at: str, read: dict[Path, Scenario], chain: tuple[str, ...]) -> Scenario:
    if part.scenario in chain:
        circle = ", ".join((*chain, part.scenario))
        raise ParameterError(f"{at}.scenario: scenarios combine each other in a circle: {circle}")
    beside = {file.stem: file for file in sorted(path.parent.glob("*.yaml")) if file != path}
    if part.scenario not in beside:
        raise ParameterError(
            f"{at}.scenario: no scenario beside it is called '{part.scenario}';"
            f" {nearest(part.scenario, beside)}"
        )
    held = _loaded(beside[part.scenario], read, chain)
    if held.id != part.scenario:
        raise ParameterError(f"{at}.scenario: {beside[part.scenario]} is '{held.id}': rename the file")
    return held
