"""Eight quarters of the sample bank in a row, beside one such quarter by itself.

The loop of ``make loop`` is played into a folder of its own, then its last quarter is assessed once more by
``riskmodels assess``, with the same scenarios and no backtest, from an empty store. The loop may take eight times
as long and a minute more; every row of its ledger fits, findings age, and an action is closed with its effect.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from riskmodels.governance.ledger import open_ledger
from riskmodels.runner.loop_file import load_loop
from riskmodels.runner.settings import load_run

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).with_name("riskmodels")
LOOP = ROOT / "params" / "runs" / "loop.yaml"
ALLOWANCE = 60.0  # seconds
LEAST_VERSIONS = 4  # of a finding: quarters that it is open


def main() -> None:
    """Play, measure and check."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    loop = load_loop(LOOP)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds, cpu = timed("loop", LOOP, "--to", folder / "loop")
        run = one_quarter(loop.run, folder)
        last = loop.quarters[-1].period
        scenarios = [word for one in loop.scenarios for word in ("--scenario", one)]
        places = ["--out", folder / "one", "--store", folder / "one-store"]
        one, one_cpu = timed("assess", run, "--period", last, *scenarios, *places)
        check(folder / "loop" / "ledger" / "ledger.db")
    bar = len(loop.quarters) * one + ALLOWANCE
    print(f"{'':<28}{'clock s':>9}{'CPU s':>9}")
    print(f"{'one quarter, by itself':<28}{one:9.1f}{one_cpu:9.1f}")
    print(f"{f'{len(loop.quarters)} quarters in a loop':<28}{seconds:9.1f}{cpu:9.1f}")
    print(f"{'bar':<28}{bar:9.1f}")
    assert seconds <= bar, "the loop takes longer than its quarters and a minute"


def one_quarter(run: str, folder: Path) -> Path:
    """Write a run file without a backtest: the loop's settings, its paths made absolute."""
    settings = load_run(run).model_copy(update={"backtest": False, "scenarios": ()})
    path = folder / "run.yaml"
    path.write_text(settings.model_dump_json(exclude_none=True), encoding="utf-8")  # JSON is YAML, too
    return path


def timed(*words: object) -> tuple[float, float]:
    """Run a command to its end; return its seconds by the clock and of the processor."""
    before, start = os.times(), time.perf_counter()
    subprocess.run([str(PROGRAM), *map(str, words)], check=True, env=os.environ)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, cpu


def check(place: Path) -> None:
    """Check that the ledger is whole, that findings aged, and that an action was closed with its effect."""
    with open_ledger(place, is_made=False) as ledger:
        assert not ledger.verify().problem
        assert ledger.frame("findings")["version"].max() >= LEAST_VERSIONS
        actions = ledger.frame("actions")
        assert ((actions["status"] == "closed") & (actions["effect_id"] != "")).any()
        assert len(ledger.frame("adoptions")) > 0


if __name__ == "__main__":
    main()
