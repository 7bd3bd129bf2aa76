"""A large sheet of Excel beside the bare read of it by its library, and beside the same rows as a CSV file.

200,000 complaints in 12 columns (texts, days, times, codes, figures; a short narrative), or as many as the argument
says: `benchmarks/excel_speed.py 50000`. *Bare* gives every cell of the sheet to Python by calamine, and keeps none.
*CSV* and *Excel* take the rows in: judged, masked, kept in a store. The floor of the latter is the former two together.
Each line is a process of its own; medians of three, seconds by the clock and of the processor, and the memory that it
needed. Ratios are of the processor's, which what else runs changes less.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
from workload.memory import peak_megabytes

ROWS, ROUNDS = 200_000, 3
DAY = datetime(2024, 1, 1)  # noqa: DTZ001  of no zone, as Excel's are
COLUMNS = (
    *("complaint_id", "received_at", "logged_at", "resolved_at", "unit_id", "product", "channel"),
    *("category", "customer_group", "satisfaction", "redress", "narrative"),
)
Measured = dict[str, float | str]


def rows_of(rows: int) -> list[tuple[object, ...]]:
    """Return complaints, closed after some hours."""
    return [
        (
            f"C{row:07}",
            DAY + timedelta(days=row % 360),
            DAY + timedelta(days=row % 360, hours=row % 24),
            DAY + timedelta(days=row % 360 + row % 5, hours=row % 24),
            f"B{row % 90:03}",
            ("card", "account", "loan", "payments")[row % 4],
            ("phone", "branch", "app")[row % 3],
            f"category {row % 40}",
            "senior" if row % 9 == 0 else None,
            row % 5 + 1,
            row % 1_000 / 4,
            f"The customer complains of fee {row}",
        )
        for row in range(rows)
    ]


def write_bank(folder: Path, rows: int) -> None:
    """Write the rows as a CSV file and as a sheet, and a source file for each."""
    content = rows_of(rows)
    pd.DataFrame(content, columns=list(COLUMNS)).to_csv(folder / "complaints.csv", index=False)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("complaints")
    for row in (COLUMNS, *content):
        sheet.append(row)
    book.save(folder / "complaints.xlsx")
    for kind, form in (("csv", "csv"), ("xlsx", "excel")):
        table = {"file": f"complaints.{kind}", "format": form}
        source = {"id": "bench", "title": "Bench", "country": "CN", "tables": {"complaints": table}}
        (folder / f"{kind}.yaml").write_text(json.dumps(source), encoding="utf-8")


def now() -> tuple[float, float]:
    """Return the time by the clock and of the processor [s]."""
    return time.perf_counter(), time.process_time()


def since(begun: tuple[float, float]) -> Measured:
    """Return the seconds since then."""
    return {kind: end - start for kind, start, end in zip(("clock", "CPU"), begun, now(), strict=True)}


def bare(folder: Path) -> Measured:
    """Read every cell by the library alone."""
    from python_calamine import CalamineWorkbook  # here, so that each process imports its own

    begun = now()
    with CalamineWorkbook.from_path(str(folder / "complaints.xlsx")) as book:
        cells = sum(map(len, book.get_sheet_by_name("complaints").iter_rows()))
    return since(begun) | {"what": f"{cells:,} cells"}


def taken_in(folder: Path, kind: str) -> Measured:
    """Take the rows of a file in."""
    from riskmodels import ingest

    with tempfile.TemporaryDirectory(dir=folder) as store:
        begun = now()
        kept = ingest(folder / f"{kind}.yaml", store=store).require("complaints").provenance
        seconds = since(begun)
    return seconds | {"what": f"{kept.rows_accepted:,} accepted, {kept.rows_rejected:,} rejected"}


WAYS: dict[str, Callable[[Path], Measured]] = {
    "bare": bare,
    "CSV": lambda folder: taken_in(folder, "csv"),
    "Excel": lambda folder: taken_in(folder, "xlsx"),
}


def measured(way: str, folder: Path) -> Measured:
    """Measure one way in a process of its own."""
    words = [sys.executable, __file__, way, str(folder)]
    return dict(json.loads(subprocess.run(words, capture_output=True, check=True).stdout))


def main(rows: int) -> None:
    """Print the table."""
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_bank(folder, rows)
        size = (folder / "complaints.xlsx").stat().st_size / 1e6
        print(f"{rows:,} rows, {len(COLUMNS)} columns: {size:.1f} MB of Excel")
        for way in WAYS:
            runs = [measured(way, folder) for _ in range(ROUNDS)]
            clock, seconds[way], memory = (
                statistics.median(float(run[kind]) for run in runs) for kind in ("clock", "CPU", "megabytes")
            )
            print(f"{way:<6}{clock:7.2f} s{seconds[way]:7.2f} CPU s{memory:8,.0f} MB  {runs[0]['what']}")
    print(f"Excel is {seconds['Excel'] / seconds['bare']:.2f} times the bare read")
    print(f"and {seconds['Excel'] / (seconds['bare'] + seconds['CSV']):.2f} times bare read and CSV together")


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in WAYS:
        found = WAYS[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps(found | {"megabytes": peak_megabytes()}))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else ROWS)
