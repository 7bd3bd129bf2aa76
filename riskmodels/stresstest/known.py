"""What the bank knew of its complaints by the end of a period: nothing that happened or was entered later."""

import pandas as pd

from riskmodels.tables import Table
from riskmodels.tables.sql import literal


def known_by(complaints: Table, last: pd.Period) -> str:
    """Return the SQL condition of complaints that were entered by the end of a period.

    One without a time of entry counts as entered when it was received.
    """
    entered = "coalesce(logged_at, received_at)" if complaints.gives("logged_at") else "received_at"
    return _before(entered, last)


def resolved_by(complaints: Table, last: pd.Period) -> str:
    """Return the SQL condition of complaints that were entered, and no longer open, by a period's end."""
    if not complaints.gives("resolved_at"):
        return known_by(complaints, last)
    return f"{known_by(complaints, last)} AND {_before('coalesce(resolved_at, received_at)', last)}"


def _before(column: str, last: pd.Period) -> str:
    """Return the SQL condition that a time is not after a period."""
    return f"{column} < TIMESTAMP {literal(str((last + 1).start_time))}"
