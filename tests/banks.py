"""Small banks for whole runs: cut from the sample, so that a notebook takes seconds."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
SAMPLE, PARAMS = ROOT / "data" / "sample", ROOT / "params"
PROGRAM = Path(sys.executable).with_name("riskmodels")
UNITS, PRODUCTS, FIRST = ["B001", "B002", "B003", "B004"], ["credit_card", "current_account"], "2024-08-01"


def small_tables() -> dict[str, pd.DataFrame]:
    """Return 26 months of four branches and two products: units, complaints, exposure, surveys."""
    tables = {
        name: pd.read_parquet(SAMPLE / f"{name}.parquet")
        for name in ("units", "complaints", "exposure", "surveys")
    }
    dates = {"complaints": "received_at", "exposure": "month", "surveys": "answered_on"}
    for name, frame in tables.items():
        kept = frame["unit_id"].isin(UNITS)
        if name in dates:
            kept &= pd.to_datetime(frame[dates[name]]) >= pd.Timestamp(FIRST)
        if "product" in frame and name != "surveys":
            kept &= frame["product"].isin(PRODUCTS)
        tables[name] = frame[kept].reset_index(drop=True)
    return tables


def write_source(folder: Path, tables: Mapping[str, pd.DataFrame], /, **settings: object) -> Path:
    """Write tables as CSV files and a source file that names them; ``settings`` replace the source's."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d %H:%M:%S")
    maps = {
        name: {"file": f"{name}.csv", "format": "csv", "columns": {c: {"column": c} for c in frame}}
        for name, frame in tables.items()
    }
    maps["complaints"]["unknown"] = ["2025-05", "2025-06"]
    source = {"id": "small", "title": "A small bank", "country": "CN", "as_of": "2026-09-30", "tables": maps}
    return _write_yaml(folder / "source.yaml", source | settings)


def write_run(folder: Path, **settings: object) -> Path:
    """Write a run file beside ``source.yaml``: the cheapest method, no scenario unless given."""
    run = {
        "name": "small",
        "title": "A small assessment",
        "source": "source.yaml",
        "policies": str(PARAMS / "policy"),
        "risks": str(PARAMS / "risks.yaml"),
        "period": "2026Q3",
        "horizon_months": 3,
        "method": "seasonal_naive",
    }
    return _write_yaml(folder / "run.yaml", run | settings)


def small_bank(folder: Path) -> Path:
    """Write a small bank, its source and its run file; return the run file."""
    write_source(folder, small_tables())
    return write_run(folder)


def assess(*arguments: object, timeout: float = 540, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``riskmodels assess`` to its end; what it printed is in the result."""
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def command(*arguments: object) -> list[str]:
    """Return the words of one ``riskmodels assess``."""
    return [str(PROGRAM), "assess", *map(str, arguments)]


def _write_yaml(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")  # JSON is YAML, too
    return path
