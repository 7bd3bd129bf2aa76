"""The words of findings: one set of templates a rule, in English; other languages are in the label catalogue.

``{value}``, ``{limit}`` and the like are figures of the fact, in the unit of the rule; ``{indicator}`` and
``{name}`` are names.
"""

from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["indicator", "share", "count", "points", "thousand"]


@dataclass(frozen=True, kw_only=True)
class Template:
    """How one rule speaks.

    Attributes
    ----------
    criterion, criterion_of_all : str
        What is asked, of one and of all units together.
    conditions : dict of str to str
        What was found, by case; ``case_of`` says which case the figures bear out.
    evidence : str
        Which figures it rests on.
    remedy : dict of str to str
        cause, consequence, corrective_action, owner; what is not there comes from the risk register.
    unit : str
        In which value, estimate, limit, lower and upper are written.
    counts, shares : tuple of str
        Other figures that are written as whole numbers, and as shares.
    """

    criterion: str
    conditions: dict[str, str]
    evidence: str
    remedy: dict[str, str] = field(default_factory=dict)
    criterion_of_all: str = ""
    unit: Unit = "count"
    counts: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()


SUBJECTS = {
    "bank": "Whole bank",
    "unit": "{name}",
    "units": "All units",
    "customer_group": "Customer group: {name}",
    "risk": "Risk: {name}",
    "scenario": "Scenario: {name}",
    "table": "Data: {name}",
    "period": "Data: {name}",
    "policy": "Data: indicators",
}
FROM_REGISTER = "not in the risk register"
PRESUMED = "Presumed: {cause}"
LIKELY_RED = "; likely beyond the red limit of {red}, too (probability {p_red})"
BANK = "; the whole bank is at {bank}"
BEYOND = "beyond the limit"
BEYOND_AND_WORSE = "beyond the limit and worse than the bank"
LEFT_OUT = (
    "; not complete: {left_out} cases are left out, as their accounts are unknown or their rows rejected"
)
MONTH = "{month}: {late} late, {revised} revised, {vanished} vanished of {rows}"
MORE_MONTHS = "and {more} more months"
CHANCES = "; probability of red {chances}"
TURNED = "{indicator} ({before} to {after})"
_SOURCE = {
    "cause": "To be found out with the owner of the source",
    "consequence": "Figures that rest on these rows may be biased; unknown is not counted as zero",
    "corrective_action": "Correct the source or its mapping and run again",
    "owner": "Owner of the source",
}
_BEYOND = {
    "value": "{indicator} is {value}{unit}, beyond the {severity} limit of {limit}",
    "estimate": "{indicator} is {value}{unit} this quarter; allowing for chance and for what is known"
    " besides, it is"
    " estimated at {estimate}, beyond the {severity} limit of {limit}",
    "remembered": "{indicator} has no case this quarter; from earlier quarters it is estimated at {estimate},"
    " beyond the {severity} limit of {limit}",
    "probable": "{indicator} is {value}{unit}, inside the {severity} limit of {limit}, but it is more likely"
    " than not to be beyond it in truth",
}
_COUNTED = (
    "{numerator} over {denominator}; estimate {estimate} (90% interval {lower} to {upper}); probability of"
    " being {beyond} {probability}"
)
_CRITERION = "{indicator}: {severity} beyond {limit} (set by {set_by}); standard: {standard}"

TEMPLATES: dict[str, Template] = {
    "bank_limit": Template(
        criterion=_CRITERION,
        conditions={
            **_BEYOND,
            "inside": "{indicator} is {value}{unit}, inside the {severity} limit of {limit}",
            "estimated_inside": "{indicator} is {value}{unit}, and estimated at {estimate}, inside the {severity}"
            " limit of {limit}",
            "unclear": "{indicator} is {value}{unit}: not enough evidence to rate it against the"
            " {severity} limit of"
            " {limit}",
        },
        evidence=_COUNTED,
        unit="indicator",
        counts=("numerator", "denominator", "left_out"),
    ),
    "unit_limit": Template(
        criterion=_CRITERION,
        conditions={
            **_BEYOND,
            "none": "{green} of {rated} units are inside amber, none is certainly beyond",
        },
        criterion_of_all="{indicator}: no unit is beyond its limits",
        evidence=_COUNTED,
        unit="indicator",
        counts=("numerator", "denominator", "left_out", "green", "rated"),
    ),
    "unit_score": Template(
        criterion="Score of a unit: {severity} from {limit} points",
        conditions={
            "value": "The unit scores {value} points ({lower} to {upper}), {severity} from {limit}",
            "none": "{green} of {rated} units have a score inside amber, none is certainly beyond",
        },
        criterion_of_all="No unit has a score of amber or red",
        evidence="{indicators} indicators; rank {rank_lower} to {rank_upper}; probability {probability}",
        remedy={
            "cause": "Several indicators together; see the unit's ratings",
            "consequence": "Service risk of the unit is above what the policy accepts",
            "corrective_action": "Review the unit's worst indicators with its management",
            "owner": "Head of the unit",
        },
        unit="points",
        counts=("indicators", "rank_lower", "rank_upper", "green", "rated"),
    ),
    "customer_gap": Template(
        criterion="Customer groups differ by at most {tolerance} of cases, like with like",
        conditions={
            "value": "{indicator} is {value}, against {limit} of {others}",
            "none": "No one of {compared} comparisons shows a customer group certainly worse off;"
            " {thin} have too"
            " few cases to tell",
        },
        evidence="{cases} cases; difference {difference} within the same products and channels (90% interval"
        " {lower} to {upper}); p {p_adjusted} among all comparisons",
        unit="indicator",
        counts=("cases", "compared", "thin"),
        shares=("tolerance",),
    ),
    "risk_appetite": Template(
        criterion="Expected loss of one risk after controls: at most {limit} thousand CNY a year"
        " (set by {set_by})",
        conditions={
            "value": "The risk is expected to cost {value} thousand CNY a year after controls"
            " ({lower} to {upper})",
        },
        evidence="frequency from {frequency_from}, impact from {impact_from}; place {rank_lower} to"
        " {rank_upper};"
        " probability beyond the limit {probability}",
        unit="thousand",
        counts=("rank_lower", "rank_upper"),
    ),
    "complaints_rise": Template(
        criterion="Complaints rise by no more than {rise} (set by riskmodels default)",
        conditions={
            "value": "{value} complaints are expected in the next {months} {periods} ({first} to"
            " {until}), after"
            " {last} in as many before",
            "unclear": "{value} complaints are expected from {first} to {until}; as many periods"
            " before are not"
            " known, or counted otherwise",
        },
        evidence="90% interval {lower} to {upper}; probability of more than {limit}: {probability}",
        remedy={
            "cause": "Trend and season of the past; see the outlook",
            "consequence": "Handling capacity may not be enough",
            "corrective_action": "Plan capacity for the upper end of the interval",
            "owner": "Customer service department",
        },
        counts=("last", "months"),
        shares=("rise",),
    ),
    "scenario": Template(
        criterion="A scenario turns no indicator red; red from {limit} of the weight of the policy",
        conditions={
            "value": "{count} of {moved} indicators would turn red: {turned}",
            "passed": "No one of the {moved} indicators that it moves turns red; red before: {red_before}",
            "unclear": "It moves no indicator of these data",
        },
        evidence="indicators with {value} of the policy's weight turn red{chances}",
        unit="share",
        counts=("moved", "red_before"),
    ),
    "rejected_rows": Template(
        criterion="At most {limit} of the rows are rejected",
        conditions={"value": "{rows_rejected} of {rows_read} rows were rejected"},
        evidence="table {subject}, digest {digest}",
        remedy=_SOURCE,
        unit="share",
        counts=("rows_rejected", "rows_read"),
    ),
    "unknown_months": Template(
        criterion="Every month of the history is known",
        conditions={
            "value": "Months that the source does not know: {unknown_months}",
            "passed": "No month of the history is declared unknown",
        },
        evidence="table {subject}, digest {digest}",
        remedy=_SOURCE,
    ),
    "rewritten_rows": Template(
        criterion="A new delivery rewrites at most {limit} of the rows of a month",
        conditions={
            "value": "{late} rows were added late, {revised} revised and {vanished} vanished since"
            " the last delivery:"
            " {value} of the rows of the months concerned",
        },
        evidence="against digest {before}; {rewritten}",
        remedy={
            **_SOURCE,
            "consequence": "Figures reported earlier do not hold any more; trends may be those of the source",
            "corrective_action": "Ask the owner why, and correct what was reported for these months",
        },
        unit="share",
        counts=("late", "revised", "vanished"),
    ),
    "failed_checks": Template(
        criterion="What the contract expects is there in some rows at least",
        conditions={
            "value": "Every value checked fails: {failed}",
            "passed": "Nothing that was checked fails in every row",
        },
        evidence="table {subject}, digest {digest}",
        remedy=_SOURCE,
    ),
    "unused_observations": Template(
        criterion="Every observation belongs to an indicator of the catalogue",
        conditions={"value": "Rows of unknown indicators, which nothing uses: {unused}"},
        evidence="table {subject}, digest {digest}",
        remedy=_SOURCE,
    ),
    "unfinished_quarter": Template(
        criterion="The quarter assessed is over",
        conditions={
            "value": "The quarter is known only up to {as_of}",
            "passed": "The data knows the whole quarter",
        },
        evidence="quarter ends on {end}, data on {as_of}",
        remedy={
            "cause": "The data ends before the quarter does",
            "consequence": "Figures of the quarter rest on a part of it and will change",
            "corrective_action": "Assess the last quarter that is over, or run again when this one is",
            "owner": "Owner of the source",
        },
    ),
    "lacking_indicators": Template(
        criterion="Every indicator of the policy is measured",
        conditions={
            "value": "Indicators of the policy that cannot be computed: {value}",
            "passed": "All indicators of the policy can be computed",
        },
        evidence="{lacking}",
        remedy={
            "cause": "The source lacks what they need",
            "consequence": "These risks are not assessed; nothing is assumed in their place",
            "corrective_action": "Supply the tables and columns, or take the indicators out of the policy",
            "owner": "Owner of the source",
        },
    ),
}
