"""The synthetic bank as files: the same bank gives the same bytes."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.sample.bank import SampleBank
from riskmodels.sample.dictionary import sample_readme
from riskmodels.sample.truth import Truth
from riskmodels.scratch import write_whole
from riskmodels.tables.canonical import CONTRACTS
from riskmodels.tables.contracts import ARROW_TYPES, Contract


def write_sample_bank(bank: SampleBank, folder: Path | str) -> None:
    """Write one Parquet file per table, ``truth.json`` and ``README.md`` into ``folder``.

    Each file appears whole or not at all; an older file of the same name is replaced.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, frame in bank.tables.items():
        write_whole(place / f"{name}.parquet", _parquet_bytes(frame, CONTRACTS[name]))
    write_whole(place / "truth.json", truth_json(bank.truth).encode())
    write_whole(place / "README.md", sample_readme(CONTRACTS).encode())


def truth_json(truth: Truth) -> str:
    """Render the truth as JSON, in the order of its fields."""
    return json.dumps(asdict(truth), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _parquet_bytes(frame: pd.DataFrame, contract: Contract) -> bytes:
    types = {column.name: ARROW_TYPES[column.type] for column in contract.columns}
    schema = pa.schema([(str(column), types[str(column)]) for column in frame.columns])
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False, nthreads=1)
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), buffer, compression="zstd", compression_level=15)
    return buffer.getvalue()
