"""Claim: no damaged file is a traceback, takes ten seconds, or a gigabyte of memory.

2,000 mutated YAML files, 500 mutated Parquet files and 500 mutated Excel files are read, each kind in a process
of its own, and a table is printed. ``--share 0.02`` takes that share of them, ``--seed`` other ones.
"""

import argparse
import io
import json
import random
import resource
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodels.errors import RiskModelsError
from riskmodels.parameters.capacity import load_capacity
from riskmodels.parameters.files import load_parameters
from riskmodels.parameters.plans import load_plans
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import load_risks
from riskmodels.parameters.scenarios import load_scenario
from riskmodels.runner.settings import load_run
from riskmodels.sources import ingest
from riskmodels.sources.drafts import draft_source
from riskmodels.sources.mapping import load_source

ROOT = Path(__file__).parents[1]
SEED = 20_261_128
MANY = {"yaml": 2_000, "parquet": 500, "xlsx": 500}
SLOWEST, MOST = 10.0, 1 << 20  # seconds a file; kilobytes
COLUMNS = {
    name: {"column": name} for name in ("complaint_id", "received_at", "unit_id", "product", "narrative")
}
TOKENS = [
    b"!!bool x", b"!!int ''", b"!!python/object:x", b"&a", b"*a", b"&a [*a, *a]", b"<<: *a", b"{", b"[", b"- ", b": ", b"? ", b"| ",
    b"> ", b"%YAML 1.1", b"---", b"...", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"null", b"~", b".inf", b".nan", b"1e999", b"-1",
    b"0", b"9" * 30, b"100000000000", b"0x", b"2026-02-30", b"0000-01", b"9999-12-31", b"''", b'"', b"'", b"#", b"[" * 300,
    b"base64", b"(a{1,9999999999})", b"\xe2\x80\xae", b"=1+1", b"../../../../dev/zero", b"/dev/zero", b"**", b"true",
]  # fmt: skip
CELLS = [
    b'r="XFD1048576"', b'r="ZZZZZZ99999999999"', b'r="A0"', b'r=""', b't="s"', b't="b"', b't="e"', b't="d"', b's="99999"', b"<v>1e999</v>",
    b"<v></v>", b"<c>", b"<row>", b"</row>", b'<row r="1048576">', b'<row r="-1">', b"&#0;", b"&x;", b"<!DOCTYPE x>", b"<f>1</f>", b"]]>",
]  # fmt: skip


# ---- mutations ----


def mutated(content: bytes, tokens: list[bytes], draw: random.Random) -> bytes:
    """Return bytes with some of them flipped, cut, doubled or replaced by a token that means something."""
    data = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 3, 8, 30))):
        start = draw.randrange(len(data) + 1)
        end = min(len(data), start + draw.choice((0, 1, 2, 8, 60)))
        part = bytes(data[start:end])
        data[start:end] = draw.choice(
            (
                draw.choice(tokens),
                bytes(draw.randrange(256) for _ in part),
                part[::-1],
                part * draw.choice((0, 2, 50)),
                draw.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * len(part),
            )
        )
    return bytes(data) if draw.random() > 0.05 else bytes(data[: draw.randrange(len(data) + 1)])


def mutated_book(content: bytes, draw: random.Random) -> bytes:
    """Return an Excel file of which a part, or the archive itself, is mutated."""
    if draw.random() < 0.3:
        return mutated(content, [b"PK\x01\x02", b"PK\x03\x04", b"\xff\xff\xff\xff"], draw)
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as book,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        chosen = draw.choice([name for name in book.namelist() if name.startswith("xl/")])
        for name in book.namelist():
            part = book.read(name)
            new.writestr(name, mutated(part, CELLS, draw) if name == chosen else part)
    return target.getvalue()


# ---- what is read ----


def fuzz_yaml(many: int, *, seed: int = SEED) -> dict[str, object]:
    """Read mutated parameter files of every kind; sources that are still ones are taken in."""
    draw = random.Random(seed)
    kinds: list[tuple[Path, Callable[[Path], object]]] = [
        (ROOT / "params/runs/quarterly.yaml", load_run),
        (ROOT / "params/policy/2000-01-01.yaml", lambda path: load_parameters(path, Policy)),
        (ROOT / "params/risks.yaml", load_risks),
        (ROOT / "params/plans.yaml", load_plans),
        (ROOT / "params/capacity.yaml", load_capacity),
        *((path, load_scenario) for path in sorted((ROOT / "params/scenarios").glob("*.yaml"))),
        *((path, load_source) for path in sorted((ROOT / "params/sources").glob("*.yaml"))),
    ]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        home = Path(folder)
        (home / "c.csv").write_bytes(_source(home, "csv"))

        def cases() -> Iterable[Callable[[], object]]:
            for number in range(many):
                if number % 3 == 0:
                    content = mutated((home / "source.yaml").read_bytes(), TOKENS, draw)
                    yield lambda content=content: ingest(
                        _written(home, "m.yaml", content), store=home / "store"
                    )
                else:
                    path, load = kinds[number % len(kinds)]
                    content = mutated(path.read_bytes()[:20_000], TOKENS, draw)
                    yield lambda content=content, load=load: load(_written(home, "m.yaml", content))

        return _tried(cases())


def fuzz_parquet(many: int, *, seed: int = SEED) -> dict[str, object]:
    """Take in mutated Parquet files, and draft a source file of each second one."""
    draw = random.Random(seed)
    rows = pa.table({name: [f"{name[0]}{n}" for n in range(500)] for name in COLUMNS})
    rows = rows.set_column(1, "received_at", pa.array(["2024-05-06"] * 500))
    content = io.BytesIO()
    pq.write_table(rows, content, row_group_size=100)
    return _fuzz_table(
        "parquet", "c.parquet", lambda: mutated(content.getvalue(), [b"PAR1", b"\xff" * 9], draw), many
    )


def fuzz_xlsx(many: int, *, seed: int = SEED) -> dict[str, object]:
    """Take in mutated Excel files, and draft a source file of each second one."""
    draw = random.Random(seed)
    book = openpyxl.Workbook()
    for row in [list(COLUMNS), *([f"c{n}", "2024-05-06", "u", "p", n * 1.5] for n in range(50))]:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return _fuzz_table("excel", "c.xlsx", lambda: mutated_book(content.getvalue(), draw), many)


def _fuzz_table(kind: str, name: str, make: Callable[[], bytes], many: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        home = Path(folder)
        _source(home, kind, name)

        def read(content: bytes, *, drafted: bool) -> object:
            path = _written(home, name, content)
            if drafted:
                return draft_source(path, target=home / "new.yaml")
            return ingest(home / "source.yaml", store=home / "store")

        return _tried(partial(read, make(), drafted=number % 2 == 0) for number in range(many))


def _source(home: Path, kind: str, name: str = "c.csv") -> bytes:
    table = {"file": name, "format": kind, "columns": COLUMNS}
    source = {
        "id": "s",
        "title": "S",
        "country": "CN",
        "as_of": "2024-12-31",
        "tables": {"complaints": table},
    }
    (home / "source.yaml").write_text(json.dumps(source, indent=1), encoding="utf-8")
    return f"{','.join(COLUMNS)}\nc1,2024-05-06,u,p,w\n".encode()


def _written(home: Path, name: str, content: bytes) -> Path:
    (home / name).write_bytes(content)
    return home / name


def _tried(cases: Iterable[Callable[[], object]]) -> dict[str, object]:
    """Run each case; what is no error of ours is counted by its name."""
    ends: Counter[str] = Counter()
    slowest = 0.0
    for case in cases:
        begun = time.perf_counter()
        try:
            case()
            ends["read"] += 1
        except RiskModelsError as error:
            ends["refused"] += 1
            ends["errors of many lines"] += "\n" in str(error).replace("\n  ", " ")
        except BaseException as error:  # a panic of a library is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            ends[f"TRACEBACK {type(error).__name__}: {str(error)[:80]}"] += 1
        slowest = max(slowest, time.perf_counter() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"ends": dict(ends), "slowest_seconds": round(slowest, 2), "memory_kilobytes": memory}


FUZZERS = {"yaml": fuzz_yaml, "parquet": fuzz_parquet, "xlsx": fuzz_xlsx}


def is_sound(found: dict[str, object]) -> bool:
    """Tell whether every file was read or refused in one line, soon, and in little memory."""
    faults = [name for name in found["ends"] if name.startswith("TRACEBACK")]
    return not faults and found["slowest_seconds"] < SLOWEST and found["memory_kilobytes"] < MOST


def fuzz(share: float, *, seed: int = SEED) -> bool:
    """Run the fuzzers, each in a new process, so that its memory is its own; print what they found."""
    sound = True
    for name, fuzzer in FUZZERS.items():
        many = max(1, round(share * MANY[name]))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found = pool.submit(fuzzer, many, seed=seed).result()
        sound &= is_sound(found)
        seconds, megabytes = found["slowest_seconds"], found["memory_kilobytes"] // 1024
        print(f"{name:8} {many:5,} files  slowest {seconds:5.2f} s  {megabytes:5,} MB")
        for end, number in sorted(found["ends"].items()):
            print(f"         {number:5,} {end}")
    return sound


def main() -> None:
    """Print a table of what was tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the files, for a short look")
    parser.add_argument("--seed", type=int, default=SEED, help="of the mutations")
    chosen = parser.parse_args()
    if not fuzz(chosen.share, seed=chosen.seed):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
