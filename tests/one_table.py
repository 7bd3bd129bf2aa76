"""A source of one table, given as how its columns are made, and the lines of a CSV file or where else they are."""

import json
from pathlib import Path

import riskmodels as rm
from riskmodels.tables import Tables


def take_counts(folder: Path, content: str, columns: str, country: str = "BR", **settings: str) -> Tables:
    """Take in ``complaint_counts``; ``columns`` and ``settings`` of the table are YAML."""
    lines = "".join(f"    {key}: {value}\n" for key, value in settings.items())
    source = f"id: t\ntitle: t\ncountry: {country}\ntables:\n  complaint_counts:\n    file: c.csv\n    format: csv\n"
    return take_source(folder, content, f"{source}{lines}    columns: {columns}\n")


def take_source(folder: Path, content: str, source: str) -> Tables:
    """Write a file and the source file that names it, c.csv and s.yaml, and take it in."""
    (folder / "c.csv").write_text(content, encoding="utf-8")
    (folder / "s.yaml").write_text(source, encoding="utf-8")
    return rm.ingest(folder / "s.yaml", store=folder / "store")


def take_complaints(folder: Path, **mapping: object) -> Tables:
    """Take in ``complaints``, which are wherever their mapping says."""
    source = {
        "id": "t",
        "title": "T",
        "country": "CN",
        "as_of": "2024-12-31",
        "tables": {"complaints": mapping},
    }
    (folder / "s.yaml").write_text(json.dumps(source), encoding="utf-8")
    return rm.ingest(folder / "s.yaml", store=folder / "store")
