"""What the identifiers of findings are called, in every language that policy, register and tables have."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from riskmodels.assessment.findings import Finding
from riskmodels.assessment.inputs import Inputs
from riskmodels.parameters.risks import RiskRegister

_COLUMNS = ("kind", "id", "field", "language", "text")
_LANGUAGES = ("en", "zh")
_Name = tuple[str, str, str, str, str]


def names_of(facts: Iterable[Finding], inputs: Inputs) -> pd.DataFrame:
    """Return the names of what the facts are about, and what the register says of them; see ``Findings``."""
    facts = list(facts)
    risks = {(one.figures["risk"], one.figures["mends"]) for one in facts if "risk" in one.figures}
    rows = [
        *_of_indicators(facts, inputs),
        *_of_units(_units_of(facts), inputs),
        *_of_risks({risk_id for risk_id, _ in risks}, inputs),
        *_of_remedies(risks, inputs),
    ]
    if inputs.alarms:
        rows += inputs.alarms.names.itertuples(index=False, name=None)
    for test in inputs.stress:
        rows += _texts("scenario", test.scenario.id, test.scenario, "name")
        rows += _of_plan(test.scenario.id, inputs)
    return pd.DataFrame(rows, columns=list(_COLUMNS), dtype="str").drop_duplicates(ignore_index=True)


def _of_indicators(facts: Iterable[Finding], inputs: Inputs) -> Iterator[_Name]:
    moved = (row["indicator_id"] for one in facts for row in one.figures.get("turned", ()))
    wanted = {*moved, *(one.indicator_id for one in facts)}
    for indicator in inputs.policy.indicators:
        if indicator.id in wanted:
            yield from _texts("indicator", indicator.id, indicator, "name")
            yield "indicator", indicator.id, "standard", "", indicator.standard
            yield "indicator", indicator.id, "set_by", "", indicator.limits_set_by


def _units_of(facts: Iterable[Finding]) -> set[str]:
    """Return the units that facts are about, or name."""
    named = {row["unit_id"] for one in facts for row in one.figures.get("worst", ())}
    return named | {one.subject for one in facts if one.subject_kind == "unit"}


def _of_units(wanted: set[str], inputs: Inputs) -> Iterator[_Name]:
    card = inputs.scorecard.table
    for unit_id, name in zip(card["unit_id"].astype(str), card["name"].astype(str), strict=True):
        if unit_id in wanted:
            yield "unit", unit_id, "name", "", name


def _of_risks(wanted: set[str], inputs: Inputs) -> Iterator[_Name]:
    for risk in inputs.register.risks if inputs.register else ():
        if risk.id in wanted:
            yield from _texts("risk", risk.id, risk, "name", "cause", "consequence", "owner")
    for row in inputs.risks.table.to_dict("records") if inputs.risks else ():
        if row["risk_id"] in wanted:
            for language in _LANGUAGES:
                yield "risk", str(row["risk_id"]), "name", language, str(row[f"name_{language}"])


def _of_remedies(wanted: set[tuple[str, str]], inputs: Inputs) -> Iterator[_Name]:
    """Yield what makes an indicator better, by risk and indicator; of a risk itself what corrects it."""
    register = inputs.register or RiskRegister(risks=())
    risks = {risk.id: risk for risk in register.risks}
    for risk_id, indicator_id in sorted(wanted):
        controls = register.remedies(indicator_id, of=risk_id)
        if risk_id in risks and not controls:
            own = risks[risk_id].controls
            controls = tuple(one for one in own if one.kind == "corrective") or own[:1]
        for language in _LANGUAGES:
            text = "; ".join(getattr(control, f"name_{language}") for control in controls)
            yield "remedy", f"{risk_id}/{indicator_id}", "corrective_action", language, text


def _of_plan(scenario_id: str, inputs: Inputs) -> Iterator[_Name]:
    """Yield who owns the plan of a scenario, and which gaps are open."""
    plan = inputs.plans.of(scenario_id) if inputs.plans else None
    if plan is None:
        return
    for language in _LANGUAGES:
        gaps = (getattr(gap, f"name_{language}") for gap in plan.open_gaps(inputs.data.as_of))
        yield "plan", scenario_id, "owner", language, getattr(plan, f"owner_{language}")
        yield "plan", scenario_id, "gaps", language, "; ".join(gaps)


def _texts(kind: str, id_: str, entity: Any, *fields: str) -> Iterator[_Name]:
    for field in fields:
        for language in _LANGUAGES:
            yield kind, id_, field, language, str(getattr(entity, f"{field}_{language}"))
