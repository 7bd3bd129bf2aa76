"""Claim: a command that is killed, or whose disk is full, leaves nothing raw and nothing half-written.

``python benchmarks/faults.py --kills 300 --assess-kills 30 --disks 40``: SIGTERM, SIGINT and SIGKILL at random
moments of ``ingest``, ``check-data``, ``source new``, ``assess`` and of saving results; and each of them,
``verify`` and ``leak-scan`` on a full disk, and on disks that are full after so many bytes or files, until
every file of theirs was the one without room. The next run succeeds to the same bytes. ``--only assess`` tries
one of them alone. Prints one table, and ends with status 1 where anything went wrong.
"""

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import cycle, islice, repeat
from pathlib import Path

import pandas as pd
from workload.disks import PAGE, Shortage, bisected, disk
from workload.killing import SIGNALS
from workload.writers import Writer, kept, left, writers

REFUSED = 8  # exit status of what the system refuses
ENOUGH = {"full": 0, "size": 64 << 10, "nr_inodes": 4096, "limit": 16 << 10}
LEAST = {"full": 0, "size": 2 * PAGE, "nr_inodes": 4, "limit": 1}  # a temporary folder has room, but if full
_ASSESS_EVERY = 10  # of the kills of all, where no number is given
Row = dict[str, object]


# ---- kills ----


def kills(
    writer: Writer, home: Path, numbers: Iterable[signal.Signals], draw: random.Random
) -> Iterator[Row]:
    """Kill a writer once by each signal at random moments, and run it again; give one row per kill.

    A writer that was over before is killed anew, in half the time.
    """
    expected, seconds = undisturbed(writer, home / "undisturbed")
    for place, number in enumerate(numbers):
        low, high = writer.window
        moment, again, found = seconds * draw.uniform(low, high), 0, None
        while found is None:
            folder = home / f"kill-{place}-{again}"
            found = _killed(writer, folder, moment, number, expected)
            _remove(folder)
            moment, again = moment / 2, again + 1
        at = f"{2 * moment:.2f} s"
        yield printed(
            {"what": writer.name, "fault": number.name, "at": at, "drawn_again": again - 1, **found}
        )


def undisturbed(writer: Writer, folder: Path) -> tuple[dict[str, str], float]:
    """Run a writer in peace; return what it keeps and how long it takes [s]."""
    began = time.monotonic()
    status, errors = writer.run(folder)
    seconds = time.monotonic() - began
    assert status == 0, errors
    assert not left(folder), left(folder)
    return kept(folder), seconds


def _killed(
    writer: Writer, folder: Path, moment: float, number: signal.Signals, expected: dict[str, str]
) -> Row | None:
    """Kill a writer and run it again; say what went wrong. None where it was over before."""
    process = writer.begin(folder)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    _, errors = process.communicate(timeout=300)
    status = process.returncode
    if status == 0:
        return None
    wrong = _wrong_after(writer, folder, expected, raw=number != signal.SIGKILL and status > 0)
    if _is_bug(writer, errors):
        wrong.append(f"traceback: {errors[-300:]}")
    if writer.prints_errors and status not in {128 + number, -number}:  # the latter before it takes signals
        wrong.append("another status")
    return {"status": status, "named": "", "wrong": ", ".join(wrong + _wrong_next(writer, folder, expected))}


def _wrong_after(writer: Writer, folder: Path, expected: dict[str, str], *, raw: bool) -> list[str]:
    """Say what is half-written; and what was left, where nothing may be."""
    deadline = time.monotonic() + writer.patience
    while raw and left(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    broken = [f"half-written {name}" for name, found in kept(folder).items() if expected.get(name) != found]
    return broken + [f"left {name}" for name in left(folder) if raw]


def _wrong_next(writer: Writer, folder: Path, expected: dict[str, str]) -> list[str]:
    """Run a writer again where it was killed; say whether it succeeds to the same bytes and leaves nothing."""
    status, errors = writer.run(folder)
    wrong = [] if status == 0 else [f"next failed: {errors[-300:]}"]
    if kept(folder) != expected:
        wrong.append("other bytes")
    return wrong + _wrong_after(writer, folder, expected, raw=True)


def _is_bug(writer: Writer, errors: str) -> bool:
    """Tell whether our code fell; a signal while Python imports it is not ours to answer."""
    return writer.prints_errors and "Traceback" in errors and "from riskmodels.cli import" not in errors


# ---- disks ----


def full_disks(writer: Writer, home: Path, kind: str, *, most: int) -> list[Row]:
    """Run a writer where room is short, and again with room; one row per size.

    Sizes are tried until between any two neighbours the same file is without room, or ``most`` were.
    """
    expected, _ = undisturbed(writer, home / "undisturbed" / "here")  # a draft names its file from there
    rows: dict[int, Row] = {}

    def attempt(size: int) -> object:
        shortage = Shortage(kind, size)
        found = on_full_disk(writer, home / f"{kind}-{size}", shortage, expected)
        rows[size] = printed(
            {"what": writer.name, "fault": kind, "at": str(shortage), "drawn_again": 0, **found}
        )
        return rows[size]["status"], rows[size]["named"]

    step = PAGE if kind == "size" else 1
    bisected(attempt, LEAST[kind], ENOUGH[kind], step=step, most=most)
    return [rows[size] for size in sorted(rows)]


def on_full_disk(writer: Writer, place: Path, shortage: Shortage, expected: dict[str, str]) -> Row:
    """Run a writer on a disk that is full, and again once there is room; say what went wrong."""
    with disk(place, shortage) as make_room:
        if make_room is None:
            return {"status": 0, "named": "mounting is refused: not tried", "wrong": ""}
        folder = place / "here"
        try:
            process = writer.begin(folder, shortage=shortage)
        except OSError:  # of the temporary folder, which is not the writer's
            return {"status": 0, "named": "the temporary folder", "wrong": ""}
        _, errors = process.communicate(timeout=600)
        status = process.returncode
        wrong = _wrong_after(writer, folder, expected, raw=True)
        if status == 0 and kept(folder) != expected:
            wrong.append("done, and not all is there")
        named = "" if status == 0 else _named(errors)
        if status and writer.prints_errors:
            wrong += _wrong_words(writer, status, errors, named)
        make_room()
        wrong += _wrong_next(writer, folder, expected)
        return {"status": status, "named": named, "wrong": ", ".join(wrong)}


def _wrong_words(writer: Writer, status: int, errors: str, named: str) -> list[str]:
    lines = [line for line in errors.splitlines() if line.startswith("Error: ")]
    is_said = status == REFUSED and len(lines) == 1 and "Traceback" not in errors
    is_said = is_said and named not in ({""} if writer.is_looking else {"", "the output"})
    return [] if is_said else [f"said: {errors[-400:]}"]


def _named(errors: str) -> str:
    """Return which file an error names, what is random in its name left out, and the middle where it is long."""
    if "Error: a file or the output: " in errors:
        return "the output"
    found = re.search(r"(?:Error: |: )(/.+?): ", errors)
    within = re.split(r"/here/|…", found[1])[-1] if found else ""
    return re.sub(r"(staging-|partial-|saved-|old-|riskmodels-)[^/]*", r"\1*", within)


# ---- all of it ----


def killing_order(found: dict[str, Writer], kills: int, of_assess: int, *, seed: int) -> list[str]:
    """Return whom to kill one after the other: each in turn, but ``assess`` so often, in an order by chance."""
    others = [name for name, writer in found.items() if name != "assess" and not writer.is_looking]
    of_assess = (of_assess if others else kills) * ("assess" in found)
    order = [*islice(cycle(others), kills - of_assess), *repeat("assess", of_assess)]
    random.Random(seed).shuffle(order)
    return order


def killed_all(home: Path, found: dict[str, Writer], order: list[str], *, seed: int) -> Iterator[Row]:
    """Kill writers in an order of their names."""
    draw = random.Random(seed)
    killing = {
        name: kills(found[name], _new(home, f"kills of {name}"), cycle(SIGNALS), draw) for name in set(order)
    }
    for name in order:
        yield next(killing[name])


def printed(row: Row) -> Row:
    """Print a row at once: all of them take an hour."""
    print(", ".join(map(str, row.values())), file=sys.stderr, flush=True)
    return row


def _new(home: Path, name: str) -> Path:
    (home / name).mkdir()
    return home / name


def _remove(folder: Path) -> None:
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per writer and fault: how often, how it ended, files without room, what went wrong."""
    grouped = table.groupby(["what", "fault"], sort=False)
    return pd.DataFrame(
        {
            "times": grouped.size(),
            "drawn_again": grouped["drawn_again"].sum(),
            "statuses": grouped["status"].agg(lambda found: ", ".join(map(str, sorted(set(found))))),
            "files": grouped["named"].agg(lambda found: len(set(found) - {""})),
            "wrong": grouped["wrong"].agg(lambda found: int((found != "").sum())),
        }
    ).reset_index()


def main() -> None:
    """Print what was tried, and end with status 1 where it went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="of all commands")
    parser.add_argument("--assess-kills", type=int, help="of these; default: a tenth")
    parser.add_argument("--disks", type=int, default=40, help="of each command and kind, at most")
    parser.add_argument("--only", nargs="+", help="of these commands; default: of all")
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        home = Path(place)
        found = writers(home)
        found = {name: found[name] for name in given.only or found}
        of_assess = given.kills // _ASSESS_EVERY if given.assess_kills is None else given.assess_kills
        order = killing_order(found, given.kills, of_assess, seed=given.seed)
        rows = list(killed_all(home, found, order, seed=given.seed))
        for name, writer in found.items() if given.disks else ():
            for kind in LEAST:
                rows += full_disks(writer, _new(home, f"{kind} of {name}"), kind, most=given.disks)
    _end_with(pd.DataFrame(rows))


def _end_with(table: pd.DataFrame) -> None:
    print(summary(table).to_string(index=False))
    wrong = table[table["wrong"] != ""]
    print(f"{len(table)} faults, {len(wrong)} of them left, lost or changed something")
    for row in wrong.itertuples():
        print(f"{row.what}, {row.fault} at {row.at}: status {row.status}, {row.wrong}")
    sys.exit(min(len(wrong), 1))


if __name__ == "__main__":
    main()
