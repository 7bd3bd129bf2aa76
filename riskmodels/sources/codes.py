"""Codes that look like personal data: masked as rows come in, so that no table and no output has them."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from riskmodels.labels import counted
from riskmodels.privacy import MAY_BE_PERSONAL, ROW_ID_MAY_BE_PERSONAL, mask_code, mask_row_id
from riskmodels.sources.batches import with_texts
from riskmodels.sources.conversion import Conversion
from riskmodels.tables import CONTRACTS

# What distinguishes rows: only what is somebody's by more than chance is masked.
IDENTIFIERS = frozenset(
    {contract.key[0] for contract in CONTRACTS.values() if len(contract.key) == 1} - {"unit_id"}
) | {"repeat_of"}
_FEW = 500  # codes; to compile the pattern takes as long as to look at so many
_REMEMBERED = 1 << 16  # codes


def masked_codes(
    batch: pa.RecordBatch, conversion: Conversion, *, judged: dict[str, str], marked: Counter[str]
) -> pa.RecordBatch:
    """Give every code with personal data a marker of its own instead, the same one in all tables.

    Parameters
    ----------
    batch : RecordBatch
        Converted rows.
    conversion : Conversion
        What they were converted by.
    judged : dict of str to str
        Code seen before -> what it became; is added to, so that each is judged once.
    marked : Counter
        Of columns that distinguish rows, the values that were masked; is added to.
    """
    country = conversion.country
    chosen = [
        column.name
        for column in conversion.contract.columns
        if column.type == "code" and column.name in batch.schema.names
    ]
    if len(judged) > _REMEMBERED:
        judged.clear()
    for column in chosen:
        if column in IDENTIFIERS:
            changed = masked_row_ids(batch[column], country=country, key=conversion.key)
            marked[column] += len(changed)
        else:
            codes = pc.unique(batch[column]).drop_null().to_pylist()
            _judge(set(codes) - judged.keys(), country, judged)
            changed = {code: judged[code] for code in codes if judged[code] != code}
        if changed:
            batch = with_texts(batch, column, changed)
    return batch


def masked_row_ids(values: pa.Array, *, country: str, key: Callable[[], bytes]) -> dict[str, str]:
    """Return the identifiers of rows that are somebody's, each with what stands for it under a key."""
    may_be = pc.fill_null(pc.match_substring_regex(values, ROW_ID_MAY_BE_PERSONAL), fill_value=False)
    suspects = pc.unique(values.filter(may_be)).to_pylist()
    if not suspects:
        return {}
    masked = partial(mask_row_id, country=country, key=key())
    return {old: new for old, new in zip(suspects, map(masked, suspects), strict=True) if new != old}


def row_id_doubts(marked: Mapping[str, int]) -> list[str]:
    """Say which columns that distinguish rows hold personal data."""
    return [
        f"{column}: {counted(number, 'value looks', 'values look')} like personal data;"
        " a marker of its own stands for each, by which"
        " rows stay apart and tables join. Better have the sender give an id that is nobody's"
        for column, number in marked.items()
        if number
    ]


def _judge(codes: Collection[str], country: str, judged: dict[str, str]) -> None:
    """Say of codes what each becomes."""
    judged |= zip(codes, codes, strict=True)
    suspects = pa.array(codes, pa.string())
    if len(codes) > _FEW:
        suspects = suspects.filter(pc.match_substring_regex(suspects, MAY_BE_PERSONAL))
    judged |= {code: mask_code(code, country=country) for code in suspects.to_pylist()}
