"""The canonical table of incidents."""

from riskmodels.tables.contracts import Column, Contract, Rule


def incidents_contract(channel: Column, unit: Column) -> Contract:
    """Return the contract, with the columns that other tables have, too."""
    return Contract(
        table="incidents",
        words="One outage, fault or security incident a row.",
        columns=(
            Column(name="incident_id", type="code", words="identifier", required=True),
            Column(
                name="kind",
                type="code",
                words="what happened",
                required=True,
                domain=("outage", "fault", "security"),
            ),
            Column(
                name="severity",
                type="code",
                words="grade; without one, what hit the whole bank counts as major",
                domain=("minor", "major"),
            ),
            Column(name="started_at", type="timestamp", words="start", required=True),
            Column(name="detected_at", type="timestamp", words="when the bank knew of it"),
            Column(name="responded_at", type="timestamp", words="when staff took it up"),
            Column(name="ended_at", type="timestamp", words="end; empty while it lasts"),
            Column(name="customers_told_at", type="timestamp", words="when customers were told"),
            Column(name="supervisor_told_at", type="timestamp", words="when the supervisor was told"),
            channel,
            unit,
        ),
        key=("incident_id",),
        at="started_at",
        rules=(
            Rule(
                name="ended not before started",
                holds="ended_at >= started_at",
                words="an incident ends after it starts",
            ),
            Rule(
                name="responded not before started",
                holds="responded_at >= started_at",
                words="an incident is responded to after it starts",
            ),
            Rule(
                name="detected not before started",
                holds="detected_at >= started_at",
                words="an incident is detected after it starts",
            ),
        ),
    )
