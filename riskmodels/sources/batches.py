"""Columns of a batch of rows whose values are replaced."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc


def with_column(batch: pa.RecordBatch, column: str, values: pa.Array | pa.ChunkedArray) -> pa.RecordBatch:
    """Return a batch with other values in a column that it has."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return batch.set_column(batch.schema.get_field_index(column), column, array)


def with_texts(batch: pa.RecordBatch, column: str, changed: Mapping[str, str]) -> pa.RecordBatch:
    """Return a batch in which some texts of a column are others: text -> what stands for it."""
    texts = batch[column]
    place = pc.index_in(texts, value_set=pa.array(list(changed), texts.type))
    new = pc.take(pa.array(list(changed.values()), texts.type), place)
    return with_column(batch, column, pc.coalesce(new, texts))
