"""The Federal Reserve's severely adverse path of 2025 on the CFPB's monthly counts, and what says that it may be used.

``python benchmarks/macro.py``: complaints of all companies by month and product, sixteen years; unemployment and house
prices follow the severely adverse scenario, against the baseline. The *out-of-sample check* foretells the last third of
the quarters one after another, with the economy as it was, and without it: the gain in log score a quarter, its standard
error, and the probability of no gain. Where it shows none, the ranges that the scenario file elicits are taken.
"""

import json
import shutil
import tempfile
from pathlib import Path

from workload.real import SHARED

import riskmodels as rm

ROOT = Path(__file__).parents[1]
COUNTS = "cfpb/monthly_by_product.csv"
HISTORY = "fed_2025-Table_1A_Historic_Domestic.csv"
BASELINE = "fed_2025-Table_2A_Supervisory_Baseline_Domestic.csv"
ADVERSE = "fed_2025-Table_3A_Supervisory_Severely_Adverse_Domestic.csv"
LAST, HORIZON = "2024-12", 12  # the month before the path begins; months
SHOCKS = (  # id, series, measure, side, complaints more for one unit [share]: priors, not anybody's experience
    ("jobs", "Unemployment rate", "points", "up", (0.0, 0.03, 0.08)),
    ("houses", "House Price Index (Level)", "per_cent", "down", (0.0, 0.002, 0.006)),
)


def main() -> None:
    """Estimate, test, stress and print."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        tables = rm.ingest(
            ROOT / "params/sources/cfpb_monthly.yaml",
            store=folder / "store",
            files={"complaint_counts": SHARED / COUNTS},
        )
        panel = rm.build_panel(tables.counted, by=["product"], last=LAST)
        outlook = rm.forecast(panel, horizon=HORIZON, calendar=tables.country)
        scenario = rm.load_scenario(_written(folder))
        policy = rm.load_policy(ROOT / "params/policy", on="2026-10-01")
        found = rm.stress(tables, scenario, policy, outlook=outlook)
    print(found.macro.drop(columns="what").round(3).to_string(index=False))
    used = found.macro["used"].value_counts().to_dict()
    print(f"\nused: {used}")
    print(found.complaints.drop(columns="standard_error").round(0).to_string(index=False))


def _written(folder: Path) -> Path:
    """Write a scenario that follows the path, beside its files."""
    for name in (HISTORY, BASELINE, ADVERSE):
        shutil.copy(SHARED / "macro" / name, folder / name)
    shocks = []
    for shock, series, measure, side, (low, mode, high) in SHOCKS:
        change = {"low": low, "mode": mode, "high": high, "basis": "a prior", "set_by": "this benchmark"}
        files = {"file": ADVERSE, "history": HISTORY, "baseline": BASELINE}
        follows = files | {
            "scenario": "Supervisory Severely Adverse",
            "series": series,
            "measure": measure,
            "pushes": side,
        }
        named = {"id": shock, "name_en": series, "name_zh": series, "unit_en": measure, "unit_zh": measure}
        moves = [{"what": "complaints", "change": change}]
        shocks.append(named | {"size": 1.0, "months": 39, "follows": follows, "moves": moves})
    words = {
        "name_en": "Severely adverse",
        "name_zh": "严重不利",
        "description_en": "2025",
        "description_zh": "2025",
    }
    content = {"id": "adverse", **words, "start_month": 1, "levels": {"severe": {"shocks": shocks}}}
    (folder / "adverse.yaml").write_text(json.dumps(content), encoding="utf-8")
    return folder / "adverse.yaml"


if __name__ == "__main__":
    main()
