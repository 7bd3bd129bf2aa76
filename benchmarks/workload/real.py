"""Real panels of counts, where their data lies beside the project."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from riskmodels.panel import Panel, build_panel
from riskmodels.sources import ingest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
COMPLAINTS = "cfpb/bank_of_america_2017_2021.parquet"
HOSPITAL = "series/hospital_wide.csv"


def complaints_of(keys: list[str]) -> Panel:
    """Count complaints by the day received, which this republished file calls 'Date submitted'."""
    rows = pd.read_parquet(SHARED / COMPLAINTS).assign(complaints=1)
    rows[keys] = rows[keys].fillna("unattributed")
    return Panel.from_long(rows, keys=keys, period="Date submitted", value="complaints")


def hospital() -> Panel:
    """Patients a month, one series per product."""
    long = pd.read_csv(SHARED / HOSPITAL).melt("month", var_name="series", value_name="patients")
    return Panel.from_long(long, keys=["series"], period="month", value="patients")


def sample_bank() -> Panel:
    """Complaints of the synthetic bank."""
    with tempfile.TemporaryDirectory() as store:
        tables = ingest(ROOT / "params" / "sources" / "sample.yaml", store=Path(store))
        return build_panel(tables.require("complaints"), by=["unit_id", "product"])


def panels() -> dict[str, Panel]:
    """Return the panels whose data is here, and say what is not."""
    makers: dict[str, tuple[str, Callable[[], Panel]]] = {
        "Bank of America, state × product": (COMPLAINTS, lambda: complaints_of(["State", "Product"])),
        "Bank of America, state × product × channel": (
            COMPLAINTS,
            lambda: complaints_of(["State", "Product", "Submitted via"]),
        ),
        "hospital": (HOSPITAL, hospital),
        "sample bank, unit × product": ("", sample_bank),
    }
    found = {}
    for name, (file, make) in makers.items():
        if (SHARED / file).exists() or not file:
            found[name] = make()
        else:
            print(f"skipped: {name}, as ../shared/data/{file} is not on this machine")
    return found
