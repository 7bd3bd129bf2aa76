"""What the header of a file must be like, whatever its format."""

from collections.abc import Sequence

from riskmodels.errors import ContractError


def check_names(where: object, header: Sequence[str]) -> None:
    """Refuse a header with a column that has no name, or the name of another; ``where`` is told."""
    if "" in header:
        place = header.index("") + 1
        raise ContractError(
            f"{where}: column {place} of {len(header)} has no name; give it one, or remove it"
        )
    folded = [column.casefold() for column in header]  # names in a database have no case
    twice = [column for column in header if folded.count(column.casefold()) > 1]
    if twice:
        raise ContractError(f"{where} names a column twice: {', '.join(dict.fromkeys(twice))}")
