"""The canonical table of enquiries and calls."""

from riskmodels.tables.contracts import Column, Contract, Rule

ENQUIRIES = Contract(
    table="enquiries",
    words="Enquiries and calls of a team in one slot of a day, already counted.",
    columns=(
        Column(
            name="team", type="code", words="team that answers, as the capacity file calls it", required=True
        ),
        Column(name="slot_start", type="timestamp", words="start of the slot, local time", required=True),
        Column(
            name="slot_minutes",
            type="integer",
            words="length of the slot; empty: half an hour",
            unit="minutes",
            minimum=1,
            maximum=1440,
        ),
        Column(
            name="arrivals",
            type="integer",
            words="enquiries and calls that came",
            required=True,
            minimum=0,
        ),
        Column(
            name="answered_in_standard",
            type="integer",
            words="of these, answered within the bank's standard",
            minimum=0,
            expected="true",
        ),
        Column(
            name="abandoned",
            type="integer",
            words="of these, given up before they were answered",
            minimum=0,
            expected="true",
        ),
    ),
    key=("team", "slot_start"),
    at="slot_start",
    counted="arrivals",
    rules=(
        Rule(
            name="answered at most arrivals",
            holds="answered_in_standard <= arrivals",
            words="no more are answered than come",
        ),
        Rule(
            name="abandoned at most arrivals",
            holds="abandoned <= arrivals",
            words="no more give up than come",
        ),
        Rule(
            name="answered and abandoned at most arrivals",
            holds="answered_in_standard + abandoned <= arrivals",
            words="who gives up is not answered",
        ),
    ),
)
