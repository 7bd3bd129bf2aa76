"""Ten million complaints in the CFPB's 18-column layout: from one CSV file to indicators and a panel.

Twice: with names and narratives in English, and in Chinese, since signs beyond ASCII cost more to look at.
Floor: DuckDB's bare aggregate (state x product x month) over the same file. Beside them pandas on a tenth of the rows.
Each line is a process of its own; the digests of the files and the check for duplicates are timed apart.
Give another number of rows as the argument: `benchmarks/ten_million.py 1000000`. The cost by part is in seconds of
processor time: reading (counting lines and digests included), then what numbers, names and rules each add, then writing.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from workload.cfpb_layout import CHINESE, ENGLISH, write_cfpb
from workload.memory import peak_megabytes

SOURCE = """
id: bench
title: Complaints in the layout of the CFPB, units are states
country: US
tables:
  complaints:
    file: complaints.csv
    format: csv
    columns:
      complaint_id: {column: Complaint ID}
      received_at: {column: Date received, format: "%Y-%m-%d"}
      logged_at: {column: Date sent to company, format: "%Y-%m-%d"}
      unit_id: {column: State, if_missing: unattributed}
      product: {column: Product}
      channel: {column: Submitted via}
      category: {column: Issue}
      customer_group: {column: Tags}
      timely_response: {column: "Timely response?", recode: {"Yes": "true", "No": "false"}}
      narrative: {column: Consumer complaint narrative}
"""
ROUNDS = 3
Times = dict[str, float | str]


def bare(folder: Path) -> Times:
    """Count by state, product and month with DuckDB alone, reading dates as dates and the rest as text."""
    import duckdb  # here, so that each process imports its own

    file = folder / "complaints.csv"
    columns = dict.fromkeys(file.open(encoding="utf-8").readline().strip().split(","), "VARCHAR")
    start = time.perf_counter()
    with duckdb.connect() as connection:
        rows = connection.execute(
            'SELECT "State", "Product", date_trunc(\'month\', TRY_CAST("Date received" AS DATE)), count(*)'
            f" FROM read_csv('{file}', header=true, auto_detect=false, columns={columns}, max_line_size=16777216)"
            " GROUP BY ALL"
        ).fetchall()
    return {"seconds": time.perf_counter() - start, "what": f"{len(rows):,} cells"}


def whole(folder: Path) -> Times:
    """Accept and reject every row, keep both, and compute the indicators and the panel."""
    from riskmodels import build_panel, ingest, load_policy
    from riskmodels.catalogue import indicators
    from riskmodels.sources import readers, sifting
    from riskmodels.tables import store

    apart = {"digests": 0.0, "duplicates": 0.0}

    def timed(what: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            begun = time.perf_counter()
            result = function(*args, **kwargs)
            apart[what] += time.perf_counter() - begun
            return result

        return call

    readers.file_sha256 = store.file_sha256 = timed("digests", store.file_sha256)
    sifting.repeated_rows = timed("duplicates", sifting.repeated_rows)
    sifting.take_out = timed("duplicates", sifting.take_out)
    policy = load_policy(Path(__file__).parents[1] / "params/policy", on="2026-10-01")
    start = time.perf_counter()
    tables = ingest(folder / "source.yaml", store=folder / "store")
    taken_in = time.perf_counter()
    found = indicators(tables, policy, by=["unit_id"], freq="Q")
    counted = time.perf_counter()
    panel = build_panel(tables.require("complaints"), by=["unit_id", "product"])
    end = time.perf_counter()
    kept = tables.require("complaints").provenance
    return {
        "seconds": end - start - sum(apart.values()),
        "ingest": taken_in - start - sum(apart.values()),
        "indicators": counted - taken_in,
        "panel": end - counted,
        **apart,
        "what": f"{kept.rows_accepted:,} accepted, {kept.rows_rejected:,} rejected,"
        f" {len(found.table):,} indicator values, {len(panel.keys)} series",
    }


def by_part(folder: Path) -> Times:
    """Scan the file with more and more of the query; writing is what else the whole of ``ingest`` costs."""
    from riskmodels import ingest
    from riskmodels.errors import ContractError
    from riskmodels.sources import conversion, ingestion

    def query_costs(**changed: Callable[..., object]) -> float:
        before = {name: getattr(conversion, name) for name in changed}
        written = ingestion.screen
        for name, function in changed.items():
            setattr(conversion, name, function)
        ingestion.screen = _drained
        begun = time.process_time()
        try:
            with suppress(ContractError):  # no row is accepted, which is refused at the end
                ingest(folder / "source.yaml", store=folder / "parts")
        finally:
            ingestion.screen = written
            for name, function in before.items():
                setattr(conversion, name, function)
        return time.process_time() - begun

    def plain(raw: str, **_: bool) -> str:
        return raw

    def no_value(text: str, *_: object) -> str:
        return f"TRY_CAST(NULL AS TIMESTAMP) + INTERVAL (strlen({text}) * 0) DAY"

    rules = {"_broken": lambda _: "NULL::VARCHAR"}
    names = rules | {"cleaned_sql": plain, "edged_sql": plain}
    numbers = names | {"_moment": no_value}
    steps = [query_costs(**changed) for changed in (numbers, names, rules, {})]
    begun = time.process_time()
    ingest(folder / "source.yaml", store=folder / "parts")
    whole_cost = time.process_time() - begun
    parts = dict(zip(("reading", "numbers", "names", "rules"), _steps(steps), strict=True))
    return {
        "seconds": whole_cost,
        **parts,
        "writing": whole_cost - steps[-1],
        "what": "seconds of processor time",
    }


def _steps(costs: list[float]) -> list[float]:
    return [costs[0], *(after - before for before, after in pairwise(costs))]


def _drained(batches: Iterable[object], *_: object, tally: Any, **__: object) -> Iterator[Any]:
    """Read converted rows and let them go, counted."""
    for batch in batches:
        tally.read += batch.num_rows
    yield from ()


def with_pandas(folder: Path) -> Times:
    """Count by state, product and month with pandas, on a tenth of the rows."""
    import pandas as pd

    start = time.perf_counter()
    frame = pd.read_csv(folder / "tenth.csv", dtype="str")
    month = pd.to_datetime(frame["Date received"], errors="coerce").dt.to_period("M")
    cells = frame.groupby(["State", "Product", month]).size()
    return {"seconds": time.perf_counter() - start, "what": f"{len(cells):,} cells, a tenth of the rows"}


def measured(way: Callable[[Path], Times], folder: Path) -> Times:
    """Run one way three times, each in a process of its own; return the median run, with its peak memory."""
    command = [sys.executable, __file__, way.__name__, str(folder)]
    runs = []
    for _ in range(ROUNDS):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return dict(sorted(runs, key=lambda run: run["seconds"])[ROUNDS // 2])


def main(rows: int) -> None:
    """Print the tables."""
    for language, words in (("English", ENGLISH), ("Chinese", CHINESE)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_cfpb(folder / "complaints.csv", rows, words)
            write_cfpb(folder / "tenth.csv", rows // 10, words)
            (folder / "source.yaml").write_text(SOURCE, encoding="utf-8")
            size = (folder / "complaints.csv").stat().st_size
            print(
                f"{language}: {rows:,} rows, {size / 1e9:.2f} GB, {size / rows:.0f} bytes a row;"
                f" medians of {ROUNDS} runs"
            )
            _compare(folder)
            print()


def _compare(folder: Path) -> None:
    print(f"{'':<34}{'seconds':>9}{'ratio':>8}{'peak MB':>9}")
    floor = measured(bare, folder)
    ways = {"DuckDB, bare aggregate": floor, "riskmodels, all below": measured(whole, folder)}
    for title, times in (ways | {"pandas": measured(with_pandas, folder)}).items():
        _print(title, times["seconds"], floor["seconds"], f"{times['peak']:9,.0f}  {times['what']}")
        for part in ("ingest", "indicators", "panel", "digests", "duplicates"):
            if part in times:
                note = "  (apart, not in the sum)" if part in ("digests", "duplicates") else ""
                _print(f"  {part}", times[part], floor["seconds"], note)
    costs = measured(by_part, folder)
    print(f"{'ingest by part':<34}{costs['seconds']:9.2f}  seconds of processor time")
    for part in ("reading", "numbers", "names", "rules", "writing"):
        print(f"{'  ' + part:<34}{costs[part]:9.2f}{costs[part] / costs['seconds']:8.0%}")


def _print(title: str, seconds: float, floor: float, rest: str) -> None:
    print(f"{title:<34}{seconds:9.2f}{seconds / floor:8.2f}{rest}")


if __name__ == "__main__":
    ways = {way.__name__: way for way in (bare, whole, by_part, with_pandas)}
    if len(sys.argv) > 2:
        result = ways[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps({**result, "peak": peak_megabytes()}))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
