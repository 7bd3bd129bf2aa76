"""Codes that look like personal data: masked as rows come in, so that no table and no output has them."""

from collections import Counter
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from riskmodels.privacy import MAY_BE_PERSONAL, ROW_ID_MAY_BE_PERSONAL, mask_code, mask_row_id
from riskmodels.tables import CONTRACTS, Contract

# What tells rows apart: only what is somebody's by more than chance is masked.
IDENTIFIERS = frozenset(
    {contract.key[0] for contract in CONTRACTS.values() if len(contract.key) == 1} - {"unit_id"}
) | {"repeat_of"}


def masked_codes(
    batch: pa.RecordBatch, contract: Contract, *, country: str, marked: Counter[str]
) -> pa.RecordBatch:
    """Give every code with personal data a marker of its own instead, the same one in all tables.

    Parameters
    ----------
    batch : RecordBatch
        Converted rows.
    contract : Contract
        Of their table.
    country : str
        Of the source, ISO 3166.
    marked : Counter
        Of columns that tell rows apart, the values that were masked; is added to.
    """
    for column in contract.columns:
        if column.type == "code" and column.name in batch.schema.names:
            place, values = batch.schema.get_field_index(column.name), batch[column.name]
            if column.name in IDENTIFIERS:
                changed = masked_row_ids(values, country=country)
                marked[column.name] += len(changed)
            else:
                changed = _changed(pc.unique(values), MAY_BE_PERSONAL, mask_code, country)
            batch = batch.set_column(place, column.name, _with_changes(values, changed))
    return batch


def masked_row_ids(values: pa.Array, *, country: str) -> dict[str, str]:
    """Return the identifiers of rows that are somebody's, each with what stands for it."""
    return _changed(values, ROW_ID_MAY_BE_PERSONAL, mask_row_id, country)


def row_id_doubts(marked: Mapping[str, int]) -> list[str]:
    """Say which columns that tell rows apart hold personal data."""
    return [
        f"{column}: {number:,} values look like personal data; a marker of its own stands for each, by which"
        " rows stay apart and tables join. Better have the sender give an id that is nobody's"
        for column, number in marked.items()
        if number
    ]


def _changed(codes: pa.Array, may_be: str, mask: Callable[..., str], country: str) -> dict[str, str]:
    """Return the codes that are masked, each with what stands for it."""
    suspects = codes.filter(pc.fill_null(pc.match_substring_regex(codes, may_be), fill_value=False))
    return {old: new for old in suspects.to_pylist() if (new := mask(old, country=country)) != old}


def _with_changes(codes: pa.Array, changed: dict[str, str]) -> pa.Array:
    if not changed:
        return codes
    place = pc.index_in(codes, value_set=pa.array(list(changed), codes.type))
    return pc.coalesce(pc.take(pa.array(list(changed.values()), codes.type), place), codes)
