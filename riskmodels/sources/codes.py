"""Codes that look like personal data: masked as rows come in, so that no table and no output has them."""

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from riskmodels.privacy import MAY_BE_PERSONAL, mask_code
from riskmodels.tables import CONTRACTS, Contract

# A long number passes a card's check digit one time in ten: what tells rows apart stays, and leaves no store.
IDENTIFIERS = frozenset(
    {contract.key[0] for contract in CONTRACTS.values() if len(contract.key) == 1} - {"unit_id"}
) | {"repeat_of"}
_FEW = 500  # codes; to compile the pattern takes as long as to look at so many
_REMEMBERED = 1 << 16  # codes


def masked_codes(
    batch: pa.RecordBatch, contract: Contract, *, country: str, judged: dict[str, str]
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
    judged : dict of str to str
        Code seen before -> what it became; is added to, so that each is judged once.
    """
    chosen = [
        column.name
        for column in contract.columns
        if column.type == "code" and column.name in batch.schema.names and column.name not in IDENTIFIERS
    ]
    kinds = {column: pc.unique(batch[column]).drop_null().to_pylist() for column in chosen}
    if len(judged) > _REMEMBERED:
        judged.clear()
    _judge({code for codes in kinds.values() for code in codes} - judged.keys(), country, judged)
    for column, codes in kinds.items():
        changed = {code: judged[code] for code in codes if judged[code] != code}
        if changed:
            place = batch.schema.get_field_index(column)
            batch = batch.set_column(place, column, _replaced(batch[column], changed))
    return batch


def _judge(codes: Collection[str], country: str, judged: dict[str, str]) -> None:
    """Say of codes what each becomes."""
    judged |= zip(codes, codes, strict=True)
    suspects = pa.array(codes, pa.string())
    if len(codes) > _FEW:
        suspects = suspects.filter(pc.match_substring_regex(suspects, MAY_BE_PERSONAL))
    judged |= {code: mask_code(code, country=country) for code in suspects.to_pylist()}


def _replaced(codes: pa.Array, changed: Mapping[str, str]) -> pa.Array:
    place = pc.index_in(codes, value_set=pa.array(list(changed), codes.type))
    return pc.coalesce(pc.take(pa.array(list(changed.values()), codes.type), place), codes)
