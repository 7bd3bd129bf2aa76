"""Rules from the facts of an assessment to what is asked for: lines of the policy, and actions."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.effects.verdicts import NO_EFFECT, WORKED
from riskmodels.governance.inspections import InspectionPlan, plan_inspection
from riskmodels.governance.ledger.chain import canonical
from riskmodels.labels import clauses, commas, label, local, marked, plain_label
from riskmodels.parameters.policy import IndicatorPolicy, Policy

STEP: Final = 0.25  # of the way, or of a weight, in a quarter: in a year all of it, and each step is judged
MOST: Final = 5  # of a rule in a quarter: what a committee decides in a sitting; the others come up again
_MOST_CHANGE = 10  # of an objective, as the policy has it
ADOPTED: Final = marked("adopted proposal of")  # who set a line, before the quarter whose evidence it was
_WORST = 3  # units inspected for an indicator; a choice
_FOUND = ("red", "amber")
_DIGITS = 6  # significant ones of evidence: what is behind is rounding
_CUSTOMER_SERVICE = marked("Customer service department")
_RISK = marked("Risk management department")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one rule asks for; see ``Proposals.table``. ``rests_on`` is the evidence, which no limit moves."""

    rule: str
    path: str
    proposed: Mapping[str, Any]
    reason: str
    measured_by: str
    finding_ids: Sequence[str]
    rests_on: Mapping[str, Any]
    kind: Literal["policy", "action"] = "action"
    current: Mapping[str, Any] = field(default_factory=dict)
    cost: float = float("nan")
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def evidence(self) -> str:
        """The digest of what it rests on, which is the same whatever the policy says."""
        return hashlib.sha256(canonical(_rounded(self.rests_on)).encode()).hexdigest()

    @property
    def id(self) -> str:
        """Its identifier, made of line and evidence: what was rejected returns only with new evidence."""
        text = f"{self.rule}\n{self.path}\n{self.evidence}"
        return "PR-" + hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else value


def facts_of(found: Findings) -> pd.DataFrame:
    """Return the facts with their figures read."""
    return found.facts.assign(said=[json.loads(text) for text in found.facts["figures"]])


def objectives(facts: pd.DataFrame, policy: Policy, period: str) -> Iterator[Asked]:
    """Ask for an objective for each indicator of the bank that is beyond its limit and has none.

    It brings the value to amber in a year. None where the value of the quarter is inside amber, and where no
    objective that a policy can hold would do so: from zero, to zero, or by a factor of eleven and more.
    """
    for row in _those(facts, "bank_limit"):
        one, change = policy.indicator(row["indicator_id"]), _change(row)
        if one.objective is not None or change is None:
            continue
        amber = format_value(one.id, row["said"]["amber"])
        reason = marked("{name} is {value}, beyond its limit, and no objective would bring it back")
        judged = marked("{name} reaches {amber} within a year, a quarter of the way next quarter")
        named = {"name": local(one, "name"), "value": format_value(one.id, row["value"])}
        source = f"{ADOPTED} {period}"
        yield Asked(
            rule="set_objective",
            kind="policy",
            path=f"indicators.{one.id}",
            current={"objective": None},
            proposed={"objective": {"change_per_year": change, "source": source}},
            reason=label(reason, named),
            measured_by=label(judged, named, amber=amber),
            finding_ids=[row["finding_id"]],
            rests_on={"value": row["value"], **_counted(row)},
            figures={"indicator_id": one.id, "change_per_year": change},
        )


def _change(row: Mapping[Any, Any]) -> float | None:
    """Return the change of a year that brings the value to amber; None where no policy can hold it."""
    figures = row["said"]
    value, amber, worse = float(row["value"]), figures["amber"], figures["red"] - figures["amber"]
    if not (value - amber) * worse > 0 or not value:
        return None
    change = round(amber / value - 1, 3)
    return change if change and -1 < change < _MOST_CHANGE else None


def weights(facts: pd.DataFrame, policy: Policy, _: str) -> Iterator[Asked]:
    """Ask for more weight for an indicator whose objective is very likely missed: a quarter more.

    No more than the heaviest indicator of its area has.
    """
    for row in _those(facts, "objective"):
        one = policy.indicator(row["indicator_id"])
        most = max(other.weight for other in policy.indicators if other.area == one.area)
        proposed = round(min(one.weight * (1 + STEP), most), 3)
        if proposed <= one.weight:
            continue
        reason = marked(
            "{name} very likely misses its objective of {year}, and weighs {weight:g} in the score of a unit"
        )
        judged = marked("Units with the worst {name} come first in the score of the next quarters")
        named = {"name": local(one, "name"), "year": row["said"]["year"], "weight": one.weight}
        yield Asked(
            rule="change_weight",
            kind="policy",
            path=f"indicators.{one.id}",
            current={"weight": one.weight if "weight" in one.model_fields_set else None},
            proposed={"weight": proposed},
            reason=label(reason, named),
            measured_by=label(judged, named),
            finding_ids=[row["finding_id"]],
            rests_on={"so_far": row["said"]["so_far"], "expected": row["value"]},
            figures={"indicator_id": one.id},
        )


def watches(facts: pd.DataFrame, policy: Policy, _: str) -> Iterator[Asked]:
    """Ask to watch between assessments what is beyond its limit and is not watched."""
    watched = {name for rule in policy.watch for name in rule.indicators}
    rules = [rule for rule in policy.watch if rule.what == "indicators"]
    for rule in rules[-1:]:  # one: two rules would watch it twice
        rows = [row for row in _those(facts, "bank_limit") if row["indicator_id"] not in watched]
        rows = [row for row in rows if INDICATORS[row["indicator_id"]].is_count][:MOST]
        if not rows:
            continue
        names = commas(local(policy.indicator(row["indicator_id"]), "name") for row in rows)
        added = [row["indicator_id"] for row in rows]
        yield Asked(
            rule="add_watch",
            kind="policy",
            path=f"watch.{rule.id}",
            current={"indicators": list(rule.indicators)},
            proposed={"indicators": [*rule.indicators, *added]},
            reason=label(
                "{names}: beyond the limit, and not watched between two assessments: a change would be seen"
                " after a quarter",
                names=names,
            ),
            measured_by=label("Next quarter says whether there was an alarm, or that there was none"),
            finding_ids=[row["finding_id"] for row in rows],
            rests_on={row["indicator_id"]: row["value"] for row in rows},
            figures={"indicator_id": added[0]},
        )


def inspections(facts: pd.DataFrame, policy: Policy, _: str) -> Iterator[Asked]:
    """Ask for an inspection of the units whose share of faults is beyond a limit, the most certain first."""
    rows = pd.DataFrame(_those(facts, "unit_limit"), columns=facts.columns)
    for indicator_id, of_one in rows.groupby("indicator_id", sort=False):
        one = policy.indicator(str(indicator_id))
        if not INDICATORS[one.id].is_proportion:
            continue
        worst = of_one.sort_values("probability", ascending=False, kind="stable").head(_WORST)
        plans = {
            row["subject"]: plan for row in worst.to_dict("records") if (plan := _plan(row, one)) is not None
        }
        if plans:
            yield _inspection(one, plans, worst)


def _plan(row: Mapping[Any, Any], one: IndicatorPolicy) -> InspectionPlan | None:
    """Plan for as many faults as amber allows, or as there are by estimate where it allows none."""
    size, amber = row["said"]["denominator"], row["said"]["amber"]
    shares = (
        (1 - amber, 1 - row["estimate"]) if one.direction == "higher_is_better" else (amber, row["estimate"])
    )
    faults = next((share for share in shares if 0 < share <= 1), None)
    if faults is None or not size >= 1:
        return None
    return plan_inspection(faults, population=int(size))


def _inspection(one: IndicatorPolicy, plans: Mapping[str, InspectionPlan], rows: pd.DataFrame) -> Asked:
    where = clauses(
        label(
            "{unit}: {items} of {population} cases",
            unit=unit,
            items=plan.items,
            population=plan.population,
        )
        for unit, plan in plans.items()
    )
    first = next(iter(plans.values()))
    measure = label(
        "Inspect {name}, drawn at random: {where}. If {faults:.1%} are faulty, one at least is found with a"
        " probability of {detection:.0%}; of all faults {found:.0%} are expected to be found",
        name=local(one, "name"),
        where=where,
        faults=first.faults,
        detection=min(plan.detection for plan in plans.values()),
        found=sum(plan.items for plan in plans.values())
        / sum(plan.population or 0 for plan in plans.values()),
    )
    chosen = rows[rows["subject"].isin(plans)]
    listed = [{"unit_id": unit, **vars(plan)} for unit, plan in plans.items()]
    return Asked(
        rule="inspect",
        path=f"inspections.{one.id}",
        proposed={
            "measure": measure,
            "owner": label(_RISK),
            "unit_id": next(iter(plans)),
            "indicator_id": one.id,
            "pilot_units": " ".join(list(plans)[1:]),
        },
        reason=label(
            "{name} of {units} is beyond its limit, and why is not known",
            name=local(one, "name"),
            units=", ".join(plans),
        ),
        measured_by=label("The faults found name a cause, or their share lets the finding be closed"),
        finding_ids=list(chosen["finding_id"]),
        rests_on={
            row["subject"]: {"value": row["value"], **_counted(row)} for row in chosen.to_dict("records")
        },
        figures={"indicator_id": one.id, "plans": listed},
    )


def alarms(facts: pd.DataFrame, *_: object) -> Iterator[Asked]:
    """Ask to look at the cases since an alarm, so many that one of those too many is among them."""
    for row in _those(facts, "alarm")[:MOST]:
        size = float(row["value"])
        if not size > 0:
            continue
        plan = plan_inspection(size / (1 + size))
        of = map(str, row["said"]["of"].values())
        subject = commas(map(plain_label, of)) or label("the whole bank")
        yield Asked(
            rule="look_into_alarm",
            path=f"inspections.{row['subject']}",
            proposed={
                "measure": label(
                    "Read {items} cases of {subject} since {since}, drawn at random: with a probability of"
                    " {detection:.0%} one at least is of those that are more than usual",
                    items=plan.items,
                    subject=subject,
                    since=row["said"]["since"],
                    detection=plan.detection,
                ),
                "owner": (row["said"]["told"] or label(_RISK)),
                "unit_id": str(row["said"]["of"].get("unit_id", "")),
            },
            reason=label(
                "Alarm {alarm}: about {size:+.0%} since {since}",
                alarm=row["subject"],
                size=size,
                since=row["said"]["since"],
            ),
            measured_by=label("The alarm has a cause, and its level goes back"),
            finding_ids=[row["finding_id"]],
            rests_on={"size": size, "since": row["said"]["since"], "last": row["said"]["last"]},
            figures={"plans": [vars(plan)]},
        )


def staff(facts: pd.DataFrame, *_: object) -> Iterator[Asked]:
    """Ask for staff for the peak that is forecast, or for the calls that a scenario leaves unanswered."""
    missed = [row["finding_id"] for row in _those(facts, "forecast_missed")]
    for row in _those(facts, "complaints_rise"):
        said = row["said"]
        if not said["last"] > 0:
            continue
        more = said["upper"] / said["last"] - 1
        named = {"first": said["first"], "until": said["until"], "upper": said["upper"], "last": said["last"]}
        yield Asked(
            rule="staff_for_peak",
            path="staff.complaints",
            proposed={
                "measure": label(
                    "Staff complaint handling for {upper:,.0f} complaints from {first} to {until},"
                    " {more:+.0%} on as many periods before",
                    named,
                    more=more,
                ),
                "owner": label(_CUSTOMER_SERVICE),
            },
            reason=label(
                "{value:,.0f} are expected, after {last:,.0f}", value=row["value"], last=said["last"]
            ),
            measured_by=label("Time limits of complaints are kept from {first} to {until}", named),
            finding_ids=[row["finding_id"], *missed],
            rests_on={"expected": row["value"], **named},
            figures={"more": more},
        )
    for row in _those(facts, "scenario"):
        for team in row["said"].get("calls", ()):
            yield _team(row, team)


def _team(row: Mapping[Any, Any], team: Mapping[str, Any]) -> Asked:
    named = {"team": team["team"], "scenario": row["subject"], "level": team["level"], "limit": team["limit"]}
    return Asked(
        rule="staff_for_scenario",
        path="_".join(f"staff.{team['team']}.{row['subject']}".split()),
        proposed={
            "measure": label("Name who takes calls of {team} in the event of {scenario}", named),
            "owner": label(_CUSTOMER_SERVICE),
        },
        reason=label(
            "In the scenario {scenario}, {team} answers {level:.1%} of calls in time in its worst month; the"
            " limit is {limit:.1%}",
            named,
        ),
        measured_by=label("The scenario run with this staff keeps the service level"),
        finding_ids=[row["finding_id"]],
        rests_on={name: team[name] for name in ("team", "months", "of", "level")},
    )


def controls(facts: pd.DataFrame, *_: object) -> Iterator[Asked]:
    """Ask to retire what did nothing, and to make general what worked in a unit."""
    rows = facts[(facts["rule"] == "action_effect") & (facts["subject"] != "")].to_dict("records")
    rated = [said["rated"] for said in facts.loc[facts["subject_kind"] == "units", "said"] if "rated" in said]
    units = max(rated, default=0)
    for row in rows:
        verdict = row["said"]["verdict"]
        if verdict == NO_EFFECT:
            yield _control(row, "retire_control", _RETIRED)
        elif verdict == WORKED and row["said"]["unit_id"] and units != 1:
            yield replace(_control(row, "make_general", _GENERAL), cost=_cost_elsewhere(row["said"], units))


_RETIRED = (
    marked("Retire “{measure}” ({action}), and say what takes its place"),
    marked("It changed events by {estimate:+.0%} ({lower:+.0%} to {upper:+.0%}): less than was hoped for"),
    marked("The indicator stays where it is without it"),
)
_GENERAL = (
    marked("Do “{measure}” ({action}) in all units, and look at those that begin later as a comparison"),
    marked("In its pilot it changed events by {estimate:+.0%} ({lower:+.0%} to {upper:+.0%})"),
    marked("The units that join change as the pilot did"),
)


def _cost_elsewhere(said: Mapping[str, Any], units: int) -> float:
    """Return what a pilot would cost in all other units, each as much as those of the pilot [CNY]."""
    cost, pilot = said.get("cost"), said.get("units", 1)
    return cost / pilot * (units - pilot) if cost is not None and units > pilot else float("nan")


def _control(row: Mapping[Any, Any], rule: str, words: tuple[str, str, str]) -> Asked:
    said = row["said"]
    named = {"measure": said["measure"], "action": row["subject"], "estimate": row["estimate"]}
    named |= {name: said[name] for name in ("lower", "upper")}
    return Asked(
        rule=rule,
        path=f"actions.{row['subject']}",
        proposed={
            "measure": label(words[0], named),
            "owner": label(_RISK),
            "indicator_id": row["indicator_id"],
        },
        reason=label(words[1], named),
        measured_by=label(words[2]),
        finding_ids=[row["finding_id"]],
        rests_on={"estimate": row["estimate"], "observed": said["observed"], "months": said["months_after"]},
        figures={"action_id": row["subject"]},
    )


def _those(facts: pd.DataFrame, rule: str) -> list[dict[Any, Any]]:
    """Return the findings of a rule, in their order."""
    return facts[(facts["rule"] == rule) & facts["severity"].isin(_FOUND)].to_dict("records")


def _counted(row: Mapping[Any, Any]) -> dict[str, float]:
    return {name: float(row["said"][name]) for name in ("numerator", "denominator")}


RULES = (objectives, weights, watches, inspections, alarms, staff, controls)


def asked_of(facts: pd.DataFrame, policy: Policy, period: str) -> Iterable[Asked]:
    """Yield what the rules ask for that look at nothing but the facts, each rule's first few."""
    for rule in RULES:
        yield from list(rule(facts, policy, period))[:MOST]
