"""The words of findings: one set of templates a rule, in English; other languages are in the label catalogue.

``{value}``, ``{limit}`` and the like are figures of the fact, in the unit of the rule; ``{indicator}`` and
``{name}`` are names.
"""

from riskmodels.assessment.template import Template
from riskmodels.assessment.templates_actions import ACTIONS
from riskmodels.assessment.templates_alarms import ALARMS
from riskmodels.assessment.templates_due import DUE
from riskmodels.assessment.templates_forecasts import FORECASTS
from riskmodels.assessment.templates_incidents import INCIDENTS
from riskmodels.assessment.templates_registers import REGISTERS
from riskmodels.labels import marked

SUBJECTS = {
    "bank": marked("Whole bank"),
    "unit": marked("{name}"),
    "units": marked("All units"),
    "customer_group": marked("Customer group: {name}"),
    "risk": marked("Risk: {name}"),
    "scenario": marked("Scenario: {name}"),
    "plans": marked("Plans and drills"),
    "table": marked("Data: {name}"),
    "period": marked("Data: the quarter"),
    "policy": marked("Data: indicators"),
    "names": marked("Names: {name}"),
    "alarm": marked("Alarm: {name}"),
    "watch": marked("Early warning: {name}"),
    "action": marked("Action: {name}"),
    "incident": marked("Incident {name}"),
    "elsewhere": marked("Found elsewhere: {name}"),
    "cover": marked("Ended: {name}"),
    "ledger": marked("Ledger"),
    "loss_type": marked("Losses: {name}"),
    "theme": marked("Complaints: {name}"),
}
UNPREPARED = {
    "no_plan": marked("There is no plan for the scenario"),
    "no_drill": marked("The plan has not been drilled in the {interval} months up to {as_of}"),
    "open_gaps": marked("The last drill left gaps open: {gaps}"),
}
PLAN = marked("plan of {owner}; last drill: {held}")
SCENARIOS_RUN = marked("scenarios run: {scenarios}")
FROM_REGISTER = marked("not in the risk register")
PRESUMED = marked("Presumed: {cause}")
LIKELY_RED = marked("; likely beyond the red limit of {red}, too (probability {p_red})")
BANK = marked(
    "; the whole bank is estimated at {bank}: worse than the rest of it with a probability of {p_chosen}"
)
HELD = marked("; its rating is held from the quarter before")
BEYOND = marked("; beyond chance: {parts}")
FORECAST_UNTIL = marked("forecast from the history until {origin}")
LOGGED = marked("forecast from the history until {origin}; logged so far: {observed}")
NO_FORECAST = marked("no forecast before")
LEFT_OUT = marked(
    "; not complete: {left_out} cases are left out, as their accounts are unknown or their rows rejected"
)
ONE_LEFT_OUT = marked("; not complete: one case is left out, as its accounts are unknown or its row rejected")
MONTH = marked("{month}: {late} late, {revised} revised, {vanished} vanished of {rows}")
OF_ALL = marked("of all rows")
MORE_MONTHS = marked("and {more} more months")
CUSTOMERS = marked("{group} customers")
UNMATCHED = marked("{name} (is it {likely_match}?)")
MISSED = marked(
    "; calls of {team} miss their service level ({level} in the worst month; limit {limit}) in {months} of"
    " {of} months"
)
UNAPPLIED = marked("; it did not apply to {products}")
CHANCES = marked("; probability of red {chances}")
REST = {
    "open": marked("{needed} needed in what is left"),
    "out_of_reach": marked("nothing that is left reaches the objective"),
    "met_anyway": marked("the objective is met whatever comes"),
    "over": marked("nothing is left to come"),
}
TURNED = marked("{indicator} ({before} to {after})")
_OF_UNITS = ("rated", "rated_red", "rated_amber", "rated_green", "rated_insufficient", "chosen")
_UNITS_RATED = marked(
    "{units}: {rated_red} red, {rated_amber} amber, {rated_green} green, {rated_insufficient} without enough"
    " evidence; findings: {chosen}{worst}"
)
WORST = marked("; the worst of the others beyond a limit: {units}")
ESTIMATED = marked("{name} (estimated at {estimate})")
_SOURCE = {
    "cause": marked("To be found out with the owner of the source"),
    "consequence": marked("Figures that rest on these rows may be biased; unknown is not counted as zero"),
    "corrective_action": marked("Correct the source or its mapping and run again"),
    "owner": marked("Owner of the source"),
}
_BEYOND = {
    "value": marked("{indicator} is {value}{unit}, beyond the {severity} limit of {limit}"),
    "estimate": marked(
        "{indicator} is {value}{unit} this quarter; allowing for chance and for what is known besides, it"
        " is estimated at {estimate}, beyond the {severity} limit of {limit}"
    ),
    "remembered": marked(
        "{indicator} has no case this quarter; from earlier quarters it is estimated at {estimate}, beyond"
        " the {severity} limit of {limit}"
    ),
    "unseen": marked(
        "{indicator} has no case this quarter; it is likelier than not beyond the {severity} limit of {limit}"
    ),
    "probable": marked(
        "{indicator} is {value}{unit}, inside the {severity} limit of {limit}, but it is more likely than"
        " not to be beyond it in truth"
    ),
}
_COUNTED = marked(
    "{numerator} over {denominator}; estimate {estimate} (90% interval {lower} to {upper}); probability of"
    " being beyond the limit {p_limit}"
)
_CRITERION = marked("{indicator}: {severity} beyond {limit} (set by {set_by}); standard: {standard}")

TEMPLATES: dict[str, Template] = {
    "bank_limit": Template(
        criterion=_CRITERION,
        conditions={
            **_BEYOND,
            "inside": marked("{indicator} is {value}{unit}, inside the {severity} limit of {limit}"),
            "estimated_inside": marked(
                "{indicator} is {value}{unit}, and estimated at {estimate}, inside the {severity} limit of"
                " {limit}"
            ),
            "unclear": marked(
                "{indicator} is {value}{unit}: not enough evidence to rate it against the {severity} limit"
                " of {limit}"
            ),
        },
        evidence=_COUNTED,
        unit="indicator",
        counts=("numerator", "denominator", "left_out"),
    ),
    "unit_limit": Template(
        criterion=_CRITERION,
        conditions={
            **_BEYOND,
            "summary": _UNITS_RATED,
        },
        criterion_of_all=marked("{indicator}: no unit is beyond its limits"),
        evidence=_COUNTED,
        unit="indicator",
        counts=("numerator", "denominator", "left_out", *_OF_UNITS),
    ),
    "unit_score": Template(
        criterion=marked("Score of a unit: {severity} from {limit} points"),
        conditions={
            "value": marked("The unit scores {value} points ({lower} to {upper}), {severity} from {limit}"),
            "probable": marked(
                "The unit scores {value} points ({lower} to {upper}); {severity} is from {limit}"
            ),
            "summary": _UNITS_RATED,
        },
        criterion_of_all=marked("No unit has a score of amber or red"),
        evidence=marked(
            "{indicators} indicators; rank {rank_lower} to {rank_upper}; probability {probability}"
        ),
        remedy={
            "cause": marked("Several indicators together; see the unit's ratings"),
            "consequence": marked("Service risk of the unit is above what the policy accepts"),
            "corrective_action": marked("Review the unit's worst indicators with its management"),
            "owner": marked("Head of the unit"),
        },
        unit="points",
        counts=("indicators", "rank_lower", "rank_upper", *_OF_UNITS),
    ),
    "customer_gap": Template(
        criterion=marked("Customer groups differ by at most {tolerance} points, like with like"),
        conditions={
            "value": marked(
                "{indicator}: {difference} points against {others} within the same products and channels;"
                " as they stand, {value} against {limit}"
            ),
            "summary": marked(
                "No one of {compared} other comparisons shows a customer group certainly worse off; {thin}"
                " have too few cases to tell"
            ),
        },
        evidence=marked(
            "{cases} cases; 90% interval of the difference {lower} to {upper} points; p {p_adjusted} among"
            " all comparisons"
        ),
        unit="indicator",
        counts=("cases", "compared", "thin"),
    ),
    "risk_appetite": Template(
        criterion=marked(
            "Expected loss of one risk after controls: at most {limit} thousand CNY a year (set by {set_by})"
        ),
        conditions={
            "value": marked(
                "The risk is expected to cost {value} thousand CNY a year after controls ({lower} to"
                " {upper}): {parts}"
            ),
        },
        evidence=marked(
            "frequency from {frequency_from}, impact from {impact_from}; place {rank_lower} to"
            " {rank_upper}; probability beyond the limit {probability}"
        ),
        unit="thousand",
        counts=("rank_lower", "rank_upper"),
    ),
    **ACTIONS,
    **ALARMS,
    **DUE,
    **FORECASTS,
    **INCIDENTS,
    **REGISTERS,
    "scenario": Template(
        criterion=marked(
            "A scenario turns no indicator red and breaks no service level of calls; red from {limit} of the"
            " weight of the policy"
        ),
        conditions={
            "value": marked("{count} of {moved} indicators would turn red: {turned}{calls}{unapplied}"),
            "passed": marked(
                "No one of the {moved} indicators that it moves turns red; red before:"
                " {red_before}{calls}{unapplied}"
            ),
            "unclear": marked("It moves no indicator that these data have{unapplied}"),
            "unapplied": marked("The scenario did not apply, and says nothing of the bank{unapplied}"),
        },
        evidence=marked("indicators with {value} of the policy's weight turn red{chances}"),
        unit="share",
        counts=("moved", "red_before"),
    ),
    "contingency_plan": Template(
        criterion=marked(
            "Every scenario has a plan, drilled within the policy's interval, without open gaps"
        ),
        conditions={
            "value": marked("{problems}"),
            "passed": marked("There is a plan, drilled on {held_on}, without open gaps"),
            "unclear": marked("No contingency plans were given: plans and drills are not checked"),
        },
        evidence=marked("{rests}"),
        remedy={
            "cause": marked("Plans are not kept with the scenarios, or not tried"),
            "consequence": marked(
                "In the event people improvise, and the times that were promised are missed"
            ),
            "corrective_action": marked(
                "Write the plan, hold a drill on its table-top sheet, close its gaps"
            ),
            "owner": marked("Owner of the plan"),
        },
    ),
    "rejected_rows": Template(
        criterion=marked("At most {limit} of the rows are rejected"),
        conditions={"value": marked("{rows_rejected} of {rows_read} rows were rejected")},
        evidence=marked("table {subject}, digest {digest}"),
        remedy=_SOURCE,
        unit="share",
        counts=("rows_rejected", "rows_read"),
    ),
    "unknown_months": Template(
        criterion=marked("Every month of the history is known"),
        conditions={
            "value": marked("Months that the source does not know: {unknown_months}"),
            "silent": marked("Months without a row where many are due: {silent_months}"),
            "both": marked(
                "Months that the source does not know: {unknown_months}; without a row where many are due:"
                " {silent_months}"
            ),
            "passed": marked("No month of the history is unknown, or without a row where many are due"),
        },
        evidence=marked("table {subject}, digest {digest}"),
        remedy=_SOURCE,
    ),
    "rewritten_rows": Template(
        criterion=marked("A new delivery rewrites at most {limit} of the rows of a month"),
        conditions={
            "value": marked(
                "{late} rows were added late, {revised} revised and {vanished} vanished since the last"
                " delivery: {value} of the rows of the months concerned"
            ),
        },
        evidence=marked("against digest {before}; {rewritten}"),
        remedy={
            **_SOURCE,
            "consequence": marked(
                "Figures reported earlier do not hold any more; trends may be those of the source"
            ),
            "corrective_action": marked("Ask the owner why, and correct what was reported for these months"),
        },
        unit="share",
        counts=("late", "revised", "vanished"),
    ),
    "failed_checks": Template(
        criterion=marked("What the contract expects is there in some rows at least"),
        conditions={
            "value": marked("Every value checked fails: {failed}"),
            "passed": marked("Nothing that was checked fails in every row"),
        },
        evidence=marked("table {subject}, digest {digest}"),
        remedy=_SOURCE,
    ),
    "unused_observations": Template(
        criterion=marked("Every observation belongs to an indicator of the catalogue"),
        conditions={"value": marked("Rows of unknown indicators, which nothing uses: {unused}")},
        evidence=marked("table {subject}, digest {digest}"),
        remedy=_SOURCE,
    ),
    "unfinished_quarter": Template(
        criterion=marked("The quarter assessed is over, and known in all its months"),
        conditions={
            "value": marked("The quarter is known only up to {as_of}"),
            "partly": marked("{partly}"),
            "passed": marked("The data knows the whole quarter"),
        },
        evidence=marked("quarter ends on {end}, data on {as_of}"),
        remedy={
            "cause": marked("The data ends before the quarter does"),
            "consequence": marked("Figures of the quarter rest on a part of it and will change"),
            "corrective_action": marked(
                "Assess the last quarter that is over, or run again when this one is"
            ),
            "owner": marked("Owner of the source"),
        },
    ),
    "lacking_indicators": Template(
        criterion=marked("Every indicator of the policy is measured"),
        conditions={
            "value": marked("Indicators of the policy that cannot be computed: {value}"),
            "passed": marked("All indicators of the policy can be computed"),
        },
        evidence=marked("{lacking}"),
        remedy={
            "cause": marked("The source lacks what they need"),
            "consequence": marked("These risks are not assessed; nothing is assumed in their place"),
            "corrective_action": marked(
                "Supply the tables and columns, or take the indicators out of the policy"
            ),
            "owner": marked("Owner of the source"),
        },
    ),
    "unmatched_names": Template(
        criterion=marked("Every name that figures depend on is in the data and in the files alike"),
        conditions={
            "value": marked("{unmatched}"),
            "passed": marked("No name that meets nothing changes a figure"),
        },
        evidence=marked("{where}"),
        remedy={
            "cause": marked("One thing may be named in two ways"),
            "consequence": marked("Figures are made as if the names were of different things"),
            "corrective_action": marked(
                "Give both one name: recode in the source file, or correct the policy"
            ),
            "owner": marked("Owner of the source"),
        },
    ),
}
