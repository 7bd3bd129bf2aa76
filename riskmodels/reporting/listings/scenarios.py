"""What a scenario assumes, what it does, and what could not be applied."""

import pandas as pd

from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.display import Listing, shown_error
from riskmodels.labels import commas, label, language, local, marked, plain_label, plural, rating_label, space
from riskmodels.parameters.moved import moved_words
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Part, Scenario, severity_label
from riskmodels.parameters.shocks import RELATIVE, Movement, Shock
from riskmodels.reporting.listings.indicators import indicator_names, interval_of, quality_cell
from riskmodels.stresstest import StressTest
from riskmodels.tables import DataQuality

_POINTS = 100  # in a share of one
_SHAPES = {
    "step": marked("{size:g} {unit}"),
    "ramp_up": marked("rising to {size:g} {unit}"),
    "ramp_down": marked("{size:g} {unit}, falling to nothing"),
}


def list_scenario(scenario: Scenario, severity: str, policy: Policy) -> Listing:
    """List what a scenario assumes at one severity: shocks, what they move, and why so much."""
    level, names = scenario.level(severity), indicator_names(policy)
    listed = [
        {
            "Shock": shock_words(shock) if movement is shock.moves[0] else "",
            **movement_cells(movement, names),
            "Basis": basis_words(movement),
            "Set by": label(movement.change.set_by),
        }
        for shock, movement in level.movements
    ]
    return Listing(sentence=_said(scenario, severity), frame=pd.DataFrame(listed))


def shock_listings(scenario: Scenario, severity: str, policy: Policy | None) -> list[Listing]:
    """List the same shock by shock, for a narrow page; what each range rests on stands below."""
    names = indicator_names(policy) if policy else {}
    bases: dict[str, int] = {}
    listings = [Listing(sentence=_said(scenario, severity), frame=pd.DataFrame())]
    for shock in scenario.level(severity).shocks:
        listed = [
            {
                **movement_cells(movement, names),
                "Basis": bases.setdefault(_basis(movement), len(bases) + 1),
            }
            for movement in shock.moves
        ]
        listings.append(Listing(sentence=shock_words(shock), frame=pd.DataFrame(listed)))
    rested = [{"No.": number, "Basis": basis} for basis, number in bases.items()]
    return [*listings, Listing(sentence=label("What the ranges rest on:"), frame=pd.DataFrame(rested))]


def movement_cells(movement: Movement, names: dict[str, str]) -> dict[str, str]:
    """Write what is moved, its likeliest change with what it is for, and its range; by heading."""
    return {
        "Moves": moved_words(movement, names.get(movement.indicator_id, movement.indicator_id)),
        "Change": _per(movement),
        "Range": f"{_change(movement, 'low')} … {_change(movement, 'high')}",
    }


def _basis(movement: Movement) -> str:
    return label("{basis} ({set_by})", basis=basis_words(movement), set_by=label(movement.change.set_by))


def basis_words(movement: Movement) -> str:
    """Say what a range rests on, in the language in use where it is written in it."""
    in_chinese = movement.change.basis_zh if language() == "zh" else None
    return in_chinese or movement.change.basis


def shock_words(shock: Shock) -> str:
    """Say what happens, how strongly, from when and for how long."""
    name = local(shock, "name")
    size = label(_SHAPES[shock.shape], size=shock.size, unit=local(shock, "unit"))
    lasting = plural(shock.months, "for {months} month", "for {months} months", months=shock.months)
    begins = label(", from month {start}", start=shock.start_month) if shock.start_month > 1 else ""
    halves = plural(
        shock.half_life_months,
        ", then halving every month",
        ", then halving every {months:g} months",
        months=shock.half_life_months,
    )
    words = label("{name}: {size} {lasting}{begins}", name=name, size=size, lasting=lasting, begins=begins)
    return words + (halves if shock.half_life_months else "")


def _said(scenario: Scenario, severity: str) -> str:
    """Say what the scenario is, of a combined one its parts, and how its assumptions hang together."""
    said = label(
        "{name} ({severity}): {description}",
        name=local(scenario, "name"),
        severity=severity_label(severity),
        description=local(scenario, "description"),
    )
    if parts := scenario.level(severity).combines:
        named = commas(
            label("{name} ({severity})", name=_part(one), severity=severity_label(one.severity))
            for one in parts
        )
        said += space() + label("It combines {parts}.", parts=named)
    if scenario.dependence.copula == "gaussian":
        said += space() + label(
            "Its assumptions are strong together (normal copula, correlation {correlation:g}).",
            correlation=scenario.dependence.correlation,
        )
    return said


def _part(part: Part) -> str:
    """Name a part of a combined scenario; one that was not read from files by its id."""
    return local(part, "name") if part.name_en else plain_label(part.scenario)


def _per(movement: Movement) -> str:
    """Write the likeliest change, with its unit and what it is for."""
    per = label("per doubling of complaints") if movement.per != "unit_of_shock" else label("per unit")
    words = label("{size} {unit} {per}", size=_change(movement, "mode"), unit=_unit(movement), per=per)
    words = words.replace("  ", " ")
    if movement.delay_months:
        words += label(", {months} months later", months=movement.delay_months)
    return words


def _change(movement: Movement, end: str) -> str:
    """Write a change in its unit; of a share in percentage points, a relative one in percent."""
    change = getattr(movement.change, end)
    if movement.what in RELATIVE:
        return f"{_POINTS * change:+z.4g}%"
    if movement.what == "fine":
        return f"{change:,.0f}"
    return f"{change * (_POINTS if _is_share(movement) else 1):+z,.4g}"


def _unit(movement: Movement) -> str:
    if movement.what in RELATIVE:
        return ""
    if movement.what == "fine":
        return label("CNY")
    if _is_share(movement):
        return label("points")
    known = INDICATORS.get(movement.indicator_id)
    return "" if known is None else label(known.unit)


def _is_share(movement: Movement) -> bool:
    known = INDICATORS.get(movement.indicator_id)
    return known is not None and known.is_share


def list_stress(test: StressTest, policy: Policy, *, quality: DataQuality | None = None) -> Listing:
    """List the indicators that a scenario moves, before and after; with the quality of their data."""
    listed = [
        {
            "Indicator": local(policy.indicator(row["indicator_id"]), "name"),
            "Before": format_value(row["indicator_id"], row["before"]),
            "After": format_value(row["indicator_id"], row["after"]),
            "90% interval": interval_of(row["indicator_id"], row["lower"], row["upper"]),
            "Rating before": rating_label(row["rating_before"]) if row["rating_before"] else "–",
            "Rating after": rating_label(row["rating"]) if row["rating"] else "–",
            "Probability of red": f"{row['p_red']:.0%} ± {shown_error(row['p_red_error'])}"
            if row["rating"]
            else "–",
            **quality_cell(quality, row["indicator_id"]),
        }
        for row in test.table.to_dict("records")
    ]
    return Listing(sentence=test.sentence, frame=pd.DataFrame(listed))


def list_omitted(test: StressTest, policy: Policy) -> Listing:
    """List what the scenario assumes and the stress test does not use, such as what data cannot show."""
    if test.omitted.empty:
        return Listing(sentence=label("Everything the scenario assumes was used."), frame=pd.DataFrame())
    names = indicator_names(policy)
    frame = pd.DataFrame(
        {
            "Assumption": [names.get(item, item) for item in test.omitted["item"]],
            "Why": test.omitted["reason"],
        }
    )
    sentence = plural(
        len(frame),
        "{count} assumption of the scenario was not used, or only in part.",
        "{count} assumptions of the scenario were not used, or only in part.",
        count=len(frame),
    )
    return Listing(sentence=sentence, frame=frame)
