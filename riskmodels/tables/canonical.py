"""The canonical tables of a bank's service risk, one contract each."""

from dataclasses import replace

from riskmodels.tables.bounds import bounded
from riskmodels.tables.contracts import Column, Contract, Rule
from riskmodels.tables.enquiries import ENQUIRIES
from riskmodels.tables.incidents import incidents_contract
from riskmodels.tables.lengths import MONTH, MONTH_OF_PERIOD, MONTH_RULE, PERIOD, PERIOD_RULE, QUARTER_RULE

UNIT_ID = Column(
    name="unit_id", type="code", words="identifier of a branch, state or other unit", required=True
)
UNIT = replace(UNIT_ID, words="unit it belongs to", references="units")
UNIT_OR_BANK = replace(UNIT, words="unit; empty for the whole bank", required=False)
PRODUCT = Column(name="product", type="code", words="product the row is about")
CHANNEL = Column(name="channel", type="code", words="channel through which it came")
GROUP = Column(name="customer_group", type="code", words="customer group")
REGION = Column(
    name="region_id", type="code", words="region at that time; where the source has none, the unit's region"
)

UNITS = Contract(
    table="units",
    words="The units that are assessed, and where they belong.",
    columns=(
        UNIT_ID,
        Column(name="name_en", type="code", words="name in English", required=True),
        Column(name="name_zh", type="code", words="name in Chinese"),
        Column(name="region_id", type="code", words="region the unit belongs to"),
        Column(name="kind", type="code", words="kind of unit, e.g. branch"),
        Column(name="opened_on", type="date", words="first day of business"),
        Column(name="closed_on", type="date", words="last day of business"),
    ),
    key=("unit_id",),
    rules=(
        Rule(
            name="closed not before opened",
            holds="closed_on >= opened_on",
            words="a unit closes after it opens",
        ),
    ),
)

COMPLAINTS = Contract(
    table="complaints",
    words="One complaint a row.",
    columns=(
        Column(name="complaint_id", type="code", words="identifier of the complaint", required=True),
        Column(name="received_at", type="timestamp", words="when the customer complained", required=True),
        Column(
            name="logged_at", type="timestamp", words="when it entered the bank's system", expected="true"
        ),
        Column(
            name="first_response_at",
            type="timestamp",
            words="when it was first answered",
            expected="resolved_at IS NOT NULL",
        ),
        Column(name="resolved_at", type="timestamp", words="when it was closed; empty while open"),
        UNIT,
        REGION,
        Column(name="product", type="code", words="product complained about", required=True),
        Column(name="channel", type="code", words="channel through which it came", expected="true"),
        Column(name="category", type="code", words="what the complaint is about", expected="true"),
        GROUP,
        Column(
            name="severity",
            type="code",
            words="grade, which decides who handles it",
            domain=("ordinary", "serious", "major"),
        ),
        Column(
            name="upheld",
            type="boolean",
            words="found for the customer; empty while open",
            expected="resolved_at IS NOT NULL",
        ),
        Column(name="repeat_of", type="code", words="earlier complaint that this one repeats"),
        Column(name="redress", type="number", words="paid to the customer", unit="CNY", minimum=0),
        Column(
            name="satisfaction",
            type="integer",
            words="customer's rating of the handling, 1 (worst) to 5 (best)",
            unit="points",
            minimum=1,
            maximum=5,
        ),
        Column(
            name="timely_response",
            type="boolean",
            words="the source's own mark that the response was in time",
        ),
        Column(name="narrative", type="text", words="the customer's own words, masked"),
    ),
    key=("complaint_id",),
    at="received_at",
    recorded="logged_at",
    rules=(
        Rule(
            name="logged not before received",
            holds="logged_at >= received_at",
            words="a complaint is logged after it is received",
        ),
        Rule(
            name="answered not before received",
            holds="first_response_at >= received_at",
            words="a complaint is answered after it is received",
        ),
        Rule(
            name="resolved not before received",
            holds="resolved_at >= received_at",
            words="a complaint is resolved after it is received",
        ),
        Rule(
            name="does not repeat itself",
            holds="repeat_of <> complaint_id",
            words="a complaint repeats another one",
        ),
    ),
)

COMPLAINT_COUNTS = Contract(
    table="complaint_counts",
    words="Complaints that the source gives already counted, by month, quarter, half-year or year; a cell"
    " without a row is zero.",
    columns=(
        UNIT_OR_BANK,
        PRODUCT,
        CHANNEL,
        GROUP,
        Column(name="period_start", type="date", words="first day of the period", required=True),
        PERIOD,
        Column(
            name="complaints",
            type="number",
            words="complaints received; empty where unknown",
            minimum=0,
            expected="true",
        ),
    ),
    key=("unit_id", "product", "channel", "customer_group", "period_start"),
    at="period_start",
    counted="complaints",
    rules=(PERIOD_RULE,),
)

EXPOSURE = Contract(
    table="exposure",
    words="What complaints are measured against, by unit, product and month.",
    columns=(
        UNIT,
        REGION,
        Column(name="product", type="code", words="product", required=True),
        MONTH,
        Column(
            name="accounts",
            type="integer",
            words="open accounts, mean of the month",
            minimum=0,
            expected="true",
        ),
        Column(name="customers", type="integer", words="customers, mean of the month", minimum=0),
    ),
    key=("unit_id", "product", "month"),
    at="month",
    counted="accounts",
    rules=(MONTH_RULE,),
)

OBSERVATIONS = Contract(
    table="observations",
    words="Indicators that the bank supplies already counted, by unit and month, quarter, half-year or year.",
    columns=(
        Column(name="indicator_id", type="code", words="indicator of the catalogue", required=True),
        UNIT_OR_BANK,
        MONTH_OF_PERIOD,
        replace(PERIOD, words="what a row covers; empty: a month", required=False),
        Column(
            name="numerator",
            type="number",
            words="what counts for (or against)",
            required=True,
            minimum=0,
        ),
        Column(name="denominator", type="number", words="out of how much", required=True, minimum=0),
    ),
    key=("indicator_id", "unit_id", "month"),
    at="month",
    rules=(
        MONTH_RULE,
        QUARTER_RULE,
        Rule(
            name="a share is at most one",
            holds=(
                "indicator_id IN ('education_reach', 'text_alert_rate', 'potential_loss_rate')"
                " OR numerator <= denominator"
            ),
            words="the numerator of a proportion is at most its denominator",
        ),
    ),
)

SURVEYS = Contract(
    table="surveys",
    words="One answered survey a row.",
    columns=(
        Column(name="survey_id", type="code", words="identifier of the answer", required=True),
        Column(name="answered_on", type="date", words="day of the answer", required=True),
        UNIT,
        PRODUCT,
        CHANNEL,
        GROUP,
        Column(
            name="rating",
            type="integer",
            words="1 (very dissatisfied) to 5 (very satisfied); 4 and 5 count as satisfied",
            unit="points",
            required=True,
            minimum=1,
            maximum=5,
        ),
    ),
    key=("survey_id",),
    at="answered_on",
)

INSPECTIONS = Contract(
    table="inspections",
    words="One inspection of one unit a row: how many items were checked and how many passed.",
    columns=(
        Column(name="inspection_id", type="code", words="identifier", required=True),
        Column(name="inspected_on", type="date", words="day of the inspection", required=True),
        UNIT,
        Column(
            name="kind",
            type="code",
            words="what was inspected",
            required=True,
            domain=(
                "mystery_shopper",
                "recording_check",
                "compliance",
                "dual_control",
                "identity_check",
                "disclosure",
                "first_contact_owner",
            ),
        ),
        Column(name="items", type="integer", words="items checked", required=True, minimum=1),
        Column(name="passed", type="integer", words="items passed", required=True, minimum=0),
    ),
    key=("inspection_id",),
    at="inspected_on",
    rules=(
        Rule(
            name="passed at most items",
            holds="passed <= items",
            words="no more items pass than are checked",
        ),
    ),
)

LOSSES = Contract(
    table="losses",
    words="One loss event a row.",
    columns=(
        Column(name="loss_id", type="code", words="identifier of the loss event", required=True),
        Column(name="occurred_on", type="date", words="when it happened", required=True),
        Column(name="recorded_on", type="date", words="when it entered the books", required=True),
        UNIT,
        PRODUCT,
        Column(name="event_type", type="code", words="type of the loss event", required=True),
        Column(
            name="gross_loss",
            type="number",
            words="loss before recoveries",
            unit="CNY",
            required=True,
            minimum=0,
        ),
        Column(name="recovery", type="number", words="recovered so far", unit="CNY", minimum=0),
        Column(name="complaint_id", type="code", words="complaint that led to it, where there is one"),
        Column(name="incident_id", type="code", words="incident that led to it, where there is one"),
    ),
    key=("loss_id",),
    at="occurred_on",
    recorded="recorded_on",
    rules=(
        Rule(
            name="recorded not before occurred",
            holds="recorded_on >= occurred_on",
            words="a loss is recorded after it occurs",
        ),
        Rule(
            name="recovery at most the loss",
            holds="recovery <= gross_loss",
            words="no more is recovered than was lost",
        ),
    ),
)

INCIDENTS = incidents_contract(CHANNEL, UNIT_OR_BANK)

ACTIONS = Contract(
    table="actions",
    words="One corrective action a row.",
    columns=(
        Column(name="action_id", type="code", words="identifier", required=True),
        UNIT_OR_BANK,
        PRODUCT,
        Column(name="indicator_id", type="code", words="indicator it should improve"),
        Column(name="measure", type="code", words="what is done", required=True),
        Column(name="opened_on", type="date", words="day it was decided", required=True),
        Column(name="due_on", type="date", words="day it must be done", required=True),
        Column(name="closed_on", type="date", words="day it was done; empty while open"),
        Column(name="kind", type="code", words="aim", domain=("preventive", "corrective", "compensating")),
        Column(name="cost", type="number", words="what it costs", unit="CNY", minimum=0),
        Column(
            name="expected_change",
            type="number",
            words="relative change hoped for, of events that should be fewer: -0.25 is a quarter",
            minimum=-1,
            maximum=0,
        ),
        Column(
            name="pilot_units",
            type="code",
            words="further units that it is done in, blanks between; * is all",
        ),
    ),
    key=("action_id",),
    at="opened_on",
    rules=(
        Rule(name="due not before opened", holds="due_on >= opened_on", words="due after the decision"),
        Rule(
            name="closed not before opened",
            holds="closed_on >= opened_on",
            words="done after the decision",
        ),
    ),
)

MACRO = Contract(
    table="macro",
    words="One macro-economic figure per row.",
    columns=(
        Column(name="series", type="code", words="name of the series, with its unit", required=True),
        MONTH,
        Column(name="value", type="number", words="the figure, in the unit its name says", required=True),
    ),
    key=("series", "month"),
    at="month",
    rules=(MONTH_RULE,),
)

CONTRACTS: dict[str, Contract] = {
    contract.table: bounded(contract)
    for contract in (
        UNITS,
        COMPLAINTS,
        COMPLAINT_COUNTS,
        EXPOSURE,
        OBSERVATIONS,
        SURVEYS,
        INSPECTIONS,
        LOSSES,
        INCIDENTS,
        ACTIONS,
        ENQUIRIES,
        MACRO,
    )
}
