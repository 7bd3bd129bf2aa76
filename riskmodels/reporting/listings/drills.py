"""The scenarios there are, and the sheet on which one is drilled at a table."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from riskmodels.display import Listing
from riskmodels.labels import counted, label, local, marked, space
from riskmodels.parameters.plans import Drill, Plan, Plans
from riskmodels.parameters.scenarios import Scenario, severity_label

_BLANK = "____"  # to be written by hand
_SEVERITIES = {"moderate": marked("Moderate"), "severe": marked("Severe"), "extreme": marked("Extreme")}
_WHO = {"customers": marked("Customers"), "supervisor": marked("Supervisor"), "partners": marked("Partners")}
_KIND = {"staff": marked("Staff"), "equipment": marked("Equipment")}


def scenario_listing(scenarios: Mapping[str, Scenario], plans: Plans | None) -> Listing:
    """List the scenarios by id: how many shocks each severity has, whether there is a plan, last drill."""
    listed = []
    for id_, scenario in scenarios.items():
        plan = plans.of(id_) if plans else None
        shocks: dict[str, int] = {name: len(level.shocks) for name, level in scenario.levels.items()}
        listed.append(
            {
                "Id": id_,
                "Name": local(scenario, "name"),
                **{label(heading): str(shocks.get(name, "–")) for name, heading in _SEVERITIES.items()},
                "Plan": label("yes") if plan else label("none"),
                "Last drill": _held(plan.last_drill if plan else None),
            }
        )
    words = counted(len(listed), "scenario", "scenarios")
    sentence = label("{count}, with the number of shocks at each severity.", count=words)
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def drill_listings(scenario: Scenario, severity: str, plan: Plan | None) -> list[Listing]:
    """Lay out the sheet of a table-top drill: what happens, what is done until when, who is told."""
    name = f"{local(scenario, 'name')} ({severity_label(severity)})"
    head = label("Table-top drill: {name}. {what}", name=name, what=local(scenario, "description"))
    if plan is None:
        return [_sheet(head + space() + label("There is no plan for it: write one in the file of plans."))]
    of = label(
        "Plan of {owner}, set by {set_by}. Last drill: {held}.",
        owner=local(plan, "owner"),
        set_by=label(plan.set_by),
        held=_held(plan.last_drill),
    )
    gaps = [gap for gap in (plan.last_drill.gaps if plan.last_drill else ()) if gap.closed_on is None]
    return [
        _sheet(head + space() + of),
        _sheet(label("Steps, from the moment the event is known:"), _steps(plan)),
        _sheet(label("Reserves:"), _reserves(plan)),
        _sheet(label("Who is told:"), _notices(plan)),
        _sheet(label("Gaps still open:"), [{"Gap": local(gap, "name"), "Closed on": _BLANK} for gap in gaps]),
        _sheet(label("Drill held on {blank}, led by {blank}. Gaps found: {blank}", blank=_BLANK)),
    ]


def _sheet(sentence: str, rows: Sequence[dict[str, Any]] = ()) -> Listing:
    empty = sentence.endswith((":", "：")) and not rows
    return Listing(
        sentence=sentence + space() + label("none") if empty else sentence, frame=pd.DataFrame(rows)
    )


def _steps(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "No.": place,
            "Step": local(step, "name"),
            "Owner": local(step, "owner"),
            "Within": step.within.words,
            "Done after": _BLANK,
        }
        for place, step in enumerate(plan.steps, 1)
    ]


def _reserves(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "Kind": label(_KIND[one.kind]),
            "Reserve": local(one, "name"),
            "How many": f"{one.quantity:g}",
            "Ready within": one.ready_within.words,
            "There": _BLANK,
        }
        for one in plan.reserves
    ]


def _notices(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "Who": label(_WHO[one.who]),
            "What": local(one, "name"),
            "Owner": local(one, "owner"),
            "Within": one.within.words,
            "Told after": _BLANK,
        }
        for one in plan.notices
    ]


def _held(drill: Drill | None) -> str:
    return drill.held_on.isoformat() if drill else label("none")
