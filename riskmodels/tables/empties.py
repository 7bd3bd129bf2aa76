"""Units without a figure in any period: a note below the table, an empty line, or one that never reported."""

from riskmodels.display import shown_few
from riskmodels.labels import counted
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.sql import name
from riskmodels.tables.stored import Table

_SHOWN = 3  # told by name; a choice
_LONGEST = 60  # characters of a name


def find_empties(table: Table) -> list[str]:
    """Say which units, or rows without one, of a table of counts have no figure at all."""
    contract = CONTRACTS[table.name]
    if not contract.counted or "unit_id" not in contract.names:
        return []
    figure = name(contract.counted)
    found = table.relation.aggregate(
        f"coalesce(unit_id, '') AS unit, count({figure}) AS known, count(*) AS rows", "unit_id"
    ).order("unit")
    empty = [(unit, rows) for unit, known, rows in found.fetchall() if not known]
    if not empty or len(empty) == found.shape[0]:
        return []
    shown = shown_few([repr(unit[:_LONGEST]) for unit, _ in empty], _SHOWN)
    many = sum(rows for _, rows in empty)
    return [
        (
            f"unit_id {shown} ({counted(many, 'row', 'rows')}) has no figure in any period, and every sum"
            " over it is unknown: a note or an empty line below the table? Then leave it out of the file"
        )
    ]
