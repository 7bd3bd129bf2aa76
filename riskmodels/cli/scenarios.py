"""Commands about scenarios: begin one, check them, list them, show one or the sheet for a drill of it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodels.cli.options import POLICIES, Policies, PolicyOn, policy_if_there
from riskmodels.cli.terminal import console, print_table, shown
from riskmodels.errors import ParameterError
from riskmodels.scratch import write_whole

if TYPE_CHECKING:  # the parameters are imported by the commands that need them, for start-up
    from riskmodels.parameters.scenarios import Scenario

SCENARIOS, PLANS, CAPACITY = Path("params/scenarios"), Path("params/plans.yaml"), Path("params/capacity.yaml")
Folder = Annotated[Path, typer.Option(help="Folder of scenarios.")]
PlanFile = Annotated[Path, typer.Option(help="File of contingency plans.")]
Id = Annotated[str, typer.Argument(help="Id of the scenario, e.g. data_leak.")]
Language = Annotated[str, typer.Option(help="Language of names and labels, e.g. en or zh.")]


def new_scenario(
    scenario: Id,
    *,
    folder: Folder = SCENARIOS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it, write nothing.")] = False,
) -> None:
    """Begin a scenario: a file with every key explained, which does nothing until its sizes are written."""
    from riskmodels.parameters.blank import scenario_template  # here, for start-up

    text, target = scenario_template(scenario), folder / f"{scenario}.yaml"
    if dry_run:
        console.print(shown(text), soft_wrap=True, end="")
        return
    if target.exists():
        raise ParameterError(f"{target} is there already, and nothing was written: take another id")
    write_whole(target, text.encode("utf-8"))
    console.print(shown(f"Wrote {target}. Next: riskmodels scenario lint {target}"), soft_wrap=True)


def lint_scenarios(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Scenario files; default: all, the plans and the capacity.")
    ] = None,
    *,
    folder: Folder = SCENARIOS,
    plans: PlanFile = PLANS,
    capacity: Annotated[Path, typer.Option(help="File of capacity.")] = CAPACITY,
) -> None:
    """Check scenario files; without any, all of them, plans and capacity. Status 1 for any problem."""
    from riskmodels.parameters.scenarios import load_scenarios  # here, for start-up

    found = files or sorted(folder.glob("*.yaml"))
    if not found:
        raise ParameterError(f"{folder} has no scenario: name files, or a folder of them")
    others = () if files else _other_checks(folder, plans, capacity)
    said = [_problem(check) for check in (*_checks(found), *others)]
    problems = list(filter(None, said))
    if not files and not problems:
        problems = list(filter(None, [_problem(partial(load_scenarios, folder))]))  # ids given twice
    for words in problems:
        console.print(shown(words), soft_wrap=True)
    wrong = f"do not fit: {len(problems)}" if problems else "all fit"
    console.print(shown(f"Files checked: {len(said)}; {wrong}."))
    if problems:
        raise typer.Exit(1)


def list_scenarios(*, folder: Folder = SCENARIOS, plans: PlanFile = PLANS, language: Language = "en") -> None:
    """List the scenarios: id, name, severities with their number of shocks, plan, last drill."""
    from riskmodels.labels import use_language  # here, for start-up
    from riskmodels.parameters.plans import load_plans
    from riskmodels.parameters.scenarios import load_scenarios
    from riskmodels.reporting.listings.drills import scenario_listing

    use_language(language)
    prepared = load_plans(plans) if plans.exists() or plans != PLANS else None
    listing = scenario_listing(load_scenarios(folder), prepared)
    print_table(listing.sentence, listing.frame)


def show_scenario(
    scenario: Id,
    *,
    severity: Annotated[str, typer.Option(help="moderate, severe or extreme.")] = "severe",
    drill: Annotated[bool, typer.Option("--drill", help="The sheet of a table-top drill instead.")] = False,
    folder: Folder = SCENARIOS,
    plans: PlanFile = PLANS,
    policies: Policies = POLICIES,
    policy_on: PolicyOn = None,
    language: Language = "en",
) -> None:
    """Show what a scenario assumes at one severity, or the sheet on which its plan is drilled."""
    from riskmodels.labels import use_language  # here, for start-up
    from riskmodels.parameters.plans import load_plans
    from riskmodels.reporting.listings.drills import drill_listings
    from riskmodels.reporting.listings.scenarios import shock_listings

    use_language(language)
    assumed = _scenario(scenario, folder)
    assumed.level(severity)
    if drill:
        listings = drill_listings(assumed, severity, load_plans(plans).of(assumed.id))
    else:
        listings = shock_listings(assumed, severity, policy_if_there(policies, policy_on))
    for listing in listings:
        print_table(listing.sentence, listing.frame)


def _scenario(id_: str, folder: Path) -> "Scenario":
    """Load the scenario of an id from a folder; raises ParameterError where it is not there."""
    from riskmodels.misfits import nearest  # here, for start-up
    from riskmodels.parameters.scenarios import load_scenario

    files = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if id_ not in files:
        raise ParameterError(f"{folder} has no scenario '{id_}'; {nearest(id_, files)}")
    return load_scenario(files[id_])


def _checks(files: list[Path]) -> Iterator[Callable[[], None]]:
    """Return a check of each file, which raises ParameterError where it does not fit."""
    from riskmodels.catalogue import SHARES  # here, for start-up
    from riskmodels.parameters.scenarios import check_indicators, load_scenario

    def check(path: Path) -> None:
        check_indicators(load_scenario(path), SHARES, where=path)

    return (partial(check, path) for path in files)


def _other_checks(folder: Path, plans: Path, capacity: Path) -> Iterator[Callable[[], object]]:
    """Yield checks of what stands beside the scenarios; a usual file that is not there is none."""
    from riskmodels.parameters.capacity import load_capacity  # here, for start-up
    from riskmodels.parameters.plans import load_plans, refuse_unknown_scenarios

    known = {path.stem for path in folder.glob("*.yaml")}
    if plans.exists() or plans != PLANS:
        yield lambda: refuse_unknown_scenarios(load_plans(plans), known, where=plans)
    if capacity.exists() or capacity != CAPACITY:
        yield lambda: load_capacity(capacity)


def _problem(check: Callable[[], object]) -> str:
    try:
        check()
    except ParameterError as error:
        return str(error)
    return ""
