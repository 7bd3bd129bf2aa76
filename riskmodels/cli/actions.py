"""Commands about corrective actions: add, list, change, close; each change is a version in the ledger."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskmodels.cli.ledger import LEDGER, AsJson, AsOf, By, DryRun, Place, opened, print_json, print_narrow
from riskmodels.cli.terminal import console, shown
from riskmodels.errors import ParameterError

if TYPE_CHECKING:  # SQLAlchemy is imported by the commands that need it, for start-up
    from riskmodels.governance.ledger import Ledger
    from riskmodels.governance.ledger.laws import Versioned

_LONGEST = 2_500  # working days: ten years
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; default: today.")]
Id = Annotated[str, typer.Argument(help="Identifier of the action, as list shows it.")]
Seen = Annotated[
    int | None,
    typer.Option(
        "--version", help="The version that you saw: refused if there is a later one; default: any."
    ),
]

Owner = Annotated[str, typer.Option(help="Unit or function that does it; no person.")]
Due = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day it must be done; or --working-days.")
]
WorkingDays = Annotated[
    int | None, typer.Option(min=1, max=_LONGEST, help="Working days from its opening until it must be done.")
]
PlanFile = Annotated[
    Path | None, typer.Option(help="Action plan: one action for each of its measures, instead of one.")
]
OpenedOn = Annotated[
    datetime | None,
    typer.Option("--from", "--opened-on", formats=["%Y-%m-%d"], help="Day of its opening; default: today."),
]
Findings = Annotated[list[str] | None, typer.Option(help="Finding that it answers; may be repeated.")]
ExpectedChange = Annotated[
    float | None, typer.Option(help="Relative change hoped for: -0.25 is a quarter fewer.")
]
PilotUnits = Annotated[
    list[str] | None, typer.Option(help="Further unit that it is done in; may be repeated.")
]


def add_action(
    measure: Annotated[str, typer.Argument(help="What is done; or --plan.")] = "",
    *,
    by: By,
    owner: Owner = "",
    plan: PlanFile = None,
    due: Due = None,
    working_days: WorkingDays = None,
    country: Annotated[str, typer.Option(help="Whose working days, e.g. CN, US or GB-ENG.")] = "CN",
    opened_on: OpenedOn = None,
    language: Annotated[str, typer.Option(help="Of a plan's texts: en or zh.")] = "en",
    finding: Findings = None,
    kind: Annotated[str, typer.Option(help="preventive, corrective or compensating.")] = "corrective",
    unit: Annotated[str, typer.Option(help="Unit where it is done.")] = "",
    product: Annotated[str, typer.Option(help="Product that it is about.")] = "",
    indicator: Annotated[str, typer.Option(help="Indicator that it should improve.")] = "",
    objective: Annotated[str, typer.Option(help="What is reached when it is done.")] = "",
    cost: Annotated[float | None, typer.Option(help="What it costs, CNY.")] = None,
    expected_change: ExpectedChange = None,
    pilot_unit: PilotUnits = None,
    id_: Annotated[str, typer.Option("--id", help="Its identifier; default: made of what it says.")] = "",
    ledger: Place = LEDGER,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record a corrective action, or the measures of an action plan; what is there already stays as it is."""
    start = (opened_on or datetime.now().astimezone()).date()
    if plan is not None:
        _refuse_beside_plan(measure, owner, due, working_days)
        _open_plan(plan, start, country, language, ledger=ledger, by=by, dry_run=dry_run, as_json=as_json)
        return
    if not (measure and owner):
        raise ParameterError("what is done, or --owner who does it, is missing; or name a plan: --plan FILE")
    values = {
        "action_id": id_ or _made_id(measure, owner, unit, str(start)),
        "finding_ids": " ".join(finding or ()),
        "unit_id": unit,
        "product": product,
        "indicator_id": indicator,
        "measure": measure,
        "objective": objective,
        "owner": owner,
        "kind": kind,
        "opened_on": start,
        "due_on": _due(start, due, working_days, country),
        "cost": cost,
        "expected_change": expected_change,
        "pilot_units": " ".join(pilot_unit or ()),
    }
    with opened(ledger) as made:
        _write(made, values, None, by=by, dry_run=dry_run, as_json=as_json)


def _refuse_beside_plan(*given: object) -> None:
    if any(given):
        raise ParameterError("a plan says what is done, by whom and until when: leave that out")


def _open_plan(
    path: Path,
    start: date,
    country: str,
    language: str,
    *,
    ledger: str,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Open the measures of a plan, and say which were there already."""
    import pandas as pd  # here, for start-up

    from riskmodels.governance.opening import open_plan, planned_actions  # here, for start-up
    from riskmodels.labels import use_language
    from riskmodels.parameters.measures import load_action_plan

    use_language(language)
    plan = load_action_plan(path)
    actions = planned_actions(plan, start=start, country=country)
    with opened(ledger) as made:
        new = open_plan(made, actions, by=by, note=f"action plan {plan.id}", is_kept=not dry_run)
        head = made.head()
    listed = pd.DataFrame(
        [action.content for action in new], columns=["action_id", "due_on", "owner", "measure"]
    )
    if as_json:
        print_json(listed)
        return
    words = "Nothing is written: this is a dry run. " if dry_run else ""
    there = len(actions) - len(new)
    print_narrow(f"{words}Opened: {len(new)} of {len(actions)}; there already: {there}; head {head}.", listed)


def _made_id(*words: str) -> str:
    """Return an identifier made of what an action says: said twice, it is the same action."""
    return "ACT-" + hashlib.blake2b("\n".join(words).encode(), digest_size=4).hexdigest()


def _due(start: date, due: datetime | None, days: int | None, country: str) -> date:
    from riskmodels.periods.workdays import after_working_days  # here, for start-up

    if (due is None) == (days is None):
        raise ParameterError("when it must be done is not said once: give --due, or --working-days")
    return due.date() if due else after_working_days(start, days or 0, country=country)


def list_actions(
    *,
    ledger: Place = LEDGER,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are overdue.")] = False,
    owner: Annotated[str, typer.Option(help="Only those of this owner.")] = "",
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """List the actions, those due first: exit status 1 where any of them is overdue."""
    with opened(ledger, as_of) as made:
        frame, day = made.frame("actions"), made.day
    frame = frame[frame["owner"] == owner] if owner else frame
    late = frame["standing"] == "overdue"
    frame = (frame[late] if overdue else frame).sort_values(["closed_on", "due_on"], na_position="first")
    if as_json:
        print_json(frame)
    else:
        columns = ["action_id", "standing", "due_on", "owner", "measure", "version"]
        print_narrow(f"Actions on {day}: {len(frame)}, of which overdue: {int(late.sum())}.", frame[columns])
    raise typer.Exit(int(late.any()))


def update_action(
    action: Id,
    values: Annotated[
        list[str], typer.Option("--set", help="COLUMN=VALUE, e.g. status=in_progress; may be repeated.")
    ],
    *,
    by: By,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    version: Seen = None,
    ledger: Place = LEDGER,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Change an action; nobody's change is overwritten unseen."""
    changes: dict[str, Any] = {}
    for one in values:
        column, equals, value = one.partition("=")
        if not equals:
            raise ParameterError(f"--set {one}: expected COLUMN=VALUE, e.g. status=in_progress")
        if column == "action_id" or column in changes:
            why = "is given twice" if column in changes else "names the action, and stays"
            raise ParameterError(f"--set {one}: {column} {why}")
        changes[column] = value or None
    _change(action, changes, version, ledger=ledger, by=by, note=note, dry_run=dry_run, as_json=as_json)


def close_action(
    action: Id,
    *,
    evidence: Annotated[str, typer.Option(help="What shows that it was done, e.g. a document's number.")],
    by: By,
    effect: Annotated[str, typer.Option(help="Evaluation of its effect (effect_id).")] = "",
    no_effect_because: Annotated[str, typer.Option(help="Or why no effect can be judged.")] = "",
    on: Day = None,
    version: Seen = None,
    ledger: Place = LEDGER,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Close an action, which needs evidence, and an effect's verdict or a reason why there is none."""
    changes = {
        "status": "closed",
        "closed_on": (on or datetime.now().astimezone()).date(),
        "evidence": evidence,
        "effect_id": effect,
        "no_effect_because": no_effect_because,
    }
    _change(action, changes, version, ledger=ledger, by=by, note="", dry_run=dry_run, as_json=as_json)


def _change(
    action: str,
    changes: dict[str, Any],
    version: int | None,
    *,
    ledger: str,
    by: str,
    note: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    with opened(ledger) as made:
        stands = made.get("actions", action)
        if stands is None:
            from riskmodels.misfits import nearest  # here, for start-up

            known = list(made.frame("actions")["action_id"])
            raise ParameterError(f"the ledger has no action {action}; {nearest(action, known)}")
        content = stands.record.content | changes
        values = {name: value for name, value in content.items() if value is not None}
        _write(made, values, stands, by=by, note=note, version=version, dry_run=dry_run, as_json=as_json)


def _write(
    ledger: "Ledger",
    values: dict[str, Any],
    stands: "Versioned | None",
    *,
    by: str,
    note: str = "",
    version: int | None = None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write an action, and say as which version."""
    from riskmodels.governance.ledger.records import Action  # here, for start-up

    record = Action.made(values, where=f"action {values['action_id']}")
    seen = version if version is not None else 0 if stands is None else stands.version
    head = ledger.write(record, by=by, version=seen, note=note, is_kept=not dry_run)
    if as_json:
        import pandas as pd  # here, for start-up

        planned = pd.DataFrame([record.content | {"version": seen + 1}])
        print_json(planned if dry_run else ledger.history("actions", record.id).tail(1))
        return
    words = "Nothing is written: this is a dry run. " if dry_run else ""
    due = f"{record.status}, due on {record.due_on}"
    console.print(shown(f"{words}{record.id}, version {seen + 1}: {due}; head {head}."), soft_wrap=True)
