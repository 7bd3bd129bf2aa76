"""Codes that look like personal data: masked as rows come in, so that no table and no output has them."""

import pyarrow as pa
import pyarrow.compute as pc

from riskmodels.privacy import MAY_BE_PERSONAL, mask_code
from riskmodels.tables import CONTRACTS, Contract

# A long number passes a card's check digit one time in ten: what tells rows apart stays, and leaves no store.
IDENTIFIERS = frozenset(
    {contract.key[0] for contract in CONTRACTS.values() if len(contract.key) == 1} - {"unit_id"}
) | {"repeat_of"}


def masked_codes(batch: pa.RecordBatch, contract: Contract, *, country: str) -> pa.RecordBatch:
    """Give every code with personal data a marker of its own instead, the same one in all tables.

    Parameters
    ----------
    batch : RecordBatch
        Converted rows.
    contract : Contract
        Of their table.
    country : str
        Of the source, ISO 3166.
    """
    for column in contract.columns:
        if column.type == "code" and column.name in batch.schema.names and column.name not in IDENTIFIERS:
            place = batch.schema.get_field_index(column.name)
            batch = batch.set_column(place, column.name, _masked(batch[column.name], country))
    return batch


def _masked(codes: pa.Array, country: str) -> pa.Array:
    kinds = pc.unique(codes)
    suspects = kinds.filter(pc.fill_null(pc.match_substring_regex(kinds, MAY_BE_PERSONAL), fill_value=False))
    changed = {old: new for old in suspects.to_pylist() if (new := mask_code(old, country=country)) != old}
    if not changed:
        return codes
    place = pc.index_in(codes, value_set=pa.array(list(changed), codes.type))
    return pc.coalesce(pc.take(pa.array(list(changed.values()), codes.type), place), codes)
