"""What a scenario assumes, what it does, and what could not be applied."""

import pandas as pd

from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.display import Listing, shown_error
from riskmodels.labels import label, local, marked, plain_label, plural, rating_label
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Effect, Scenario
from riskmodels.reporting.listings.indicators import indicator_names, interval_of, quality_cell
from riskmodels.stresstest import StressTest
from riskmodels.tables import DataQuality

_POINTS = 100  # in a share of one
_PER = {"doubling_of_complaints": marked("per doubling of complaints"), "event": marked("in the event")}


def list_scenario(scenario: Scenario, severity: str, policy: Policy) -> Listing:
    """List what a scenario assumes at one severity, with the basis of each range."""
    level = scenario.level(severity)
    names = indicator_names(policy)
    listed = [
        {
            "Moves": _moved_complaints(surge.product),
            "Change": plural(
                surge.months,
                "× {multiplier:g} for {months} month",
                "× {multiplier:g} for {months} months",
                multiplier=surge.multiplier,
                months=surge.months,
            ),
            "Range": "–",
            "Basis": label("the scenario itself"),
        }
        for surge in level.surges
    ]
    listed += [
        {
            "Moves": names.get(effect.indicator, effect.indicator),
            "Change": f"{_change(effect, 'mode')} {_unit(effect)} {label(_PER[effect.per])}".replace(
                "  ", " "
            ),
            "Range": f"{_change(effect, 'low')} … {_change(effect, 'high')}",
            "Basis": effect.change.basis,
        }
        for effect in level.effects
    ]
    return Listing(
        sentence=f"{local(scenario, 'name')} ({label(severity)}): {local(scenario, 'description')}",
        frame=pd.DataFrame(listed),
    )


def _moved_complaints(product: str) -> str:
    if product == "all":
        return label("all complaints")
    return label("complaints about {product}", product=plain_label(product))


def _change(effect: Effect, end: str) -> str:
    """Write a change in the unit of its indicator; of a share in percentage points."""
    return f"{getattr(effect.change, end) * (_POINTS if _is_share(effect) else 1):+z.4g}"


def _unit(effect: Effect) -> str:
    if _is_share(effect):
        return label("points")
    return label(INDICATORS[effect.indicator].unit) if effect.indicator in INDICATORS else ""


def _is_share(effect: Effect) -> bool:
    return effect.indicator in INDICATORS and INDICATORS[effect.indicator].unit.startswith("share")


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
    """List what the scenario assumes but these data cannot show."""
    if test.omitted.empty:
        return Listing(
            sentence=label("Everything the scenario assumes could be applied."), frame=pd.DataFrame()
        )
    names = indicator_names(policy)
    frame = pd.DataFrame(
        {"Left out": [names.get(item, item) for item in test.omitted["item"]], "Why": test.omitted["reason"]}
    )
    sentence = plural(
        len(frame),
        "{count} assumption of the scenario could not be applied.",
        "{count} assumptions of the scenario could not be applied.",
        count=len(frame),
    )
    return Listing(sentence=sentence, frame=frame)
