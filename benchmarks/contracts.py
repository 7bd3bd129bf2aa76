"""Table contracts: our checks in DuckDB beside pandera on pandas, from one file to accepted and rejected rows.

What ADR 0001 rests on: both reject the same rows; which takes how much time and memory, from Parquet (typed) and
from CSV (every value read as text first, so that a value that cannot be read rejects its row).
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from workload.memory import peak_megabytes

ROWS, ROUNDS = 1_000_000, 5
COLUMNS = ("complaint_id", "received_at", "logged_at", "unit_id", "product", "severity", "redress")


def write_complaints(path: Path, rows: int) -> None:
    """Write complaints of which about 1 % break a rule."""
    rng = np.random.default_rng(1)
    received = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 700, rows), unit="D"))
    frame = pd.DataFrame(
        {
            "complaint_id": np.arange(rows).astype("str"),
            "received_at": received,
            "logged_at": received + pd.to_timedelta(rng.uniform(-0.01, 1, rows), unit="D"),
            "unit_id": rng.integers(0, 500, rows).astype("str"),
            "product": rng.choice(["credit_card", "mortgage"], rows),
            "severity": rng.choice(["ordinary", "serious", "major"], rows),
            "redress": rng.normal(100, 40, rows),
        }
    )
    frame.to_parquet(path)
    frame.to_csv(path.with_suffix(".csv"), index=False)


def with_own_checks(path: Path) -> int:
    """Ingest the file; return the number of rejected rows."""
    from riskmodels.sources import ingest  # here, so that each process imports its own

    columns = {column: {"column": column} for column in COLUMNS}
    table = {"file": path.name, "format": path.suffix[1:], "columns": columns}
    source = path.with_name("source.yaml")
    content = {
        "id": "bench",
        "title": "bench",
        "country": "CN",
        "as_of": "2026-09-30",
        "tables": {"complaints": table},
    }
    source.write_text(json.dumps(content), encoding="utf-8")
    return ingest(source, store=path.parent / "store").require("complaints").provenance.rows_rejected


def read_typed_csv(path: Path) -> pd.DataFrame:
    """Read a CSV as pandera needs it: dates and numbers converted, what cannot be read is missing."""
    frame = pd.read_csv(path, dtype="str")
    for column in ("received_at", "logged_at"):
        frame[column] = pd.to_datetime(frame[column], errors="coerce", format="ISO8601")
    frame["redress"] = pd.to_numeric(frame["redress"], errors="coerce")
    return frame


def with_pandera(path: Path) -> int:
    """Validate the file and write accepted and rejected rows; return the number of rejected rows."""
    import pandera.pandas as pa  # here, so that each process imports its own

    last = pd.Timestamp("2026-10-01")
    columns = {
        "complaint_id": pa.Column(unique=True),
        "received_at": pa.Column(checks=pa.Check.lt(last)),
        "logged_at": pa.Column(checks=pa.Check.lt(last)),
        "unit_id": pa.Column(),
        "product": pa.Column(),
        "severity": pa.Column(checks=pa.Check.isin(["ordinary", "serious", "major"])),
        "redress": pa.Column(float, pa.Check.ge(0)),
    }
    later = pa.Check(
        lambda frame: frame["logged_at"] >= frame["received_at"], name="logged not before received"
    )
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else read_typed_csv(path)
    broken = pd.Series(dtype="int64")
    try:
        pa.DataFrameSchema(columns, checks=[later]).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        broken = errors.failure_cases["index"].drop_duplicates()
    rejected = frame.index.isin(broken)
    frame[~rejected].to_parquet(path.with_name("accepted.parquet"), compression="zstd")
    frame[rejected].to_parquet(path.with_name("rejected.parquet"), compression="zstd")
    return int(rejected.sum())


CHECKS: dict[str, Callable[[Path], int]] = {
    "own checks in DuckDB": with_own_checks,
    "pandera on pandas": with_pandera,
}


def measure(name: str, path: Path) -> dict[str, float]:
    """Run one contender in this process: median seconds, peak memory [MB], rows rejected."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        rejected = CHECKS[name](path)
        seconds.append(time.perf_counter() - start)
    return {"seconds": statistics.median(seconds), "peak": peak_megabytes(), "rejected": rejected}


def main() -> None:
    """Print the table; each contender runs in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "complaints.parquet"
        write_complaints(path, ROWS)
        print(f"{ROWS:,} complaints, file to accepted and rejected rows, median of {ROUNDS}")
        print(f"{'':32}{'seconds':>10}{'ratio':>8}{'peak MB':>10}{'rejected':>10}")
        for file in (path, path.with_suffix(".csv")):
            first = None
            for name in CHECKS:
                command = [sys.executable, __file__, name, str(file)]
                row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                first = first or row["seconds"]
                print(
                    f"{name + ', ' + file.suffix[1:]:32}{row['seconds']:>10.2f}{row['seconds'] / first:>8.2f}"
                    f"{row['peak']:>10.0f}{row['rejected']:>10,}"
                )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
