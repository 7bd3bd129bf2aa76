"""The words of findings about forecasts, as in ``templates``."""

from riskmodels.assessment.template import Template
from riskmodels.labels import marked

FORECASTS = {
    "complaints_rise": Template(
        criterion=marked("Complaints rise by no more than {rise} (set by riskmodels default)"),
        conditions={
            "value": marked(
                "{value} complaints are expected in the next {months} {periods} ({first} to {until}), after"
                " {last} in as many before"
            ),
            "short": marked("The history is shorter than the {months} {periods} ahead: it shows no rise"),
            "unclear": marked(
                "{value} complaints are expected from {first} to {until}; as many periods before are not"
                " known, or counted otherwise"
            ),
        },
        evidence=marked("90% interval {lower} to {upper}; probability of more than {limit}: {probability}"),
        remedy={
            "cause": marked("Trend and season of the past; see the outlook"),
            "consequence": marked("Handling capacity may not be enough"),
            "corrective_action": marked("Plan capacity for the upper end of the interval"),
            "owner": marked("Customer service department"),
        },
        counts=("last", "months"),
        shares=("rise",),
    ),
    "forecast_missed": Template(
        criterion=marked("The complaints of the quarter lie in the 95% interval of the forecast before it"),
        conditions={
            "value": marked(
                "{complaints} came in {period}, more than expected: {estimate} ({lower} to {upper}){parts}"
            ),
            "watch": marked(
                "{complaints} came in {period}, fewer than expected: {estimate} ({lower} to {upper}){parts}"
            ),
            "passed": marked(
                "{complaints} came in {period}, as expected: {estimate} ({lower} to {upper}){parts}"
            ),
            "unclear": marked("What came in {period} cannot be compared with a forecast made before it"),
            "no_forecast": marked("There is no forecast made before {period} to compare with"),
        },
        evidence=marked("{rests}"),
        remedy={
            "cause": marked("What moved the bank, or the part that stands out, since the forecast"),
            "consequence": marked("Capacity was planned for another number of complaints"),
            "corrective_action": marked(
                "Find out what happened; if it lasts, plan by the outlook made since, if data lack, mend them"
            ),
            "owner": marked("Customer service department"),
        },
    ),
    "objective": Template(
        criterion=marked("{indicator}: {change} in {year} against the year before (objective of {source})"),
        conditions={
            "value": marked("{indicator}: {value}{unit} expected for {year}; the objective is {limit}"),
            "over": marked("{indicator}: {value}{unit} in {year}; the objective was {limit}"),
            "impossible": marked(
                "{indicator}: {value}{unit} expected for {year}; the objective is {limit}, more than all:"
                " no course meets it"
            ),
            "unknown": marked("{indicator}: the objective cannot be followed: {reason}"),
        },
        evidence=marked(
            "{base} the year before; {so_far} so far; {rest}; 90% interval {lower} to"
            " {upper}; probability of missing the objective {probability}, the quarter before {p_before}"
        ),
        unit="indicator",
        shares=("change",),
    ),
}
