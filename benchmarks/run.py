"""The shipped quarter, four ways: computed in one process, assessed with warm and with cold kernels, by papermill.

Each way runs in processes of its own, medians of ``--rounds`` (default 3), seconds by the clock and of the
processor. *Pure computation* is what the notebooks compute, by stage, in one process that has the libraries
already: no figures, no tables to be read, no files between stages. It is the floor that the others are measured
against. *papermill in sequence* is what a run would be without riskmodels' runner: one notebook after the other,
each in a cold kernel.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).with_name("riskmodels")
RUN = ROOT / "params" / "runs" / "quarterly.yaml"
Seconds = tuple[float, float]  # by the clock, of the processor
Stages = dict[str, Seconds]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is measured")
    parser.add_argument(
        "--part", choices=["compute", "papermill"], help=argparse.SUPPRESS
    )  # a process of its own
    chosen = parser.parse_args()
    if chosen.part == "compute":
        print(json.dumps(computed()))
    elif chosen.part == "papermill":
        with tempfile.TemporaryDirectory() as folder:
            run_in_sequence(Path(folder))
    else:
        print_table(chosen.rounds)


def print_table(rounds: int) -> None:
    """Measure every way in turn, several times, and print the medians."""
    stages: list[Stages] = []
    ways: dict[str, list[Seconds]] = {}
    for _ in range(rounds):
        stages.append(json.loads(own_process("compute").stdout))
        ways.setdefault("pure computation", []).append(added(stages[-1]))
        for name, way in WAYS.items():
            ways.setdefault(name, []).append(timed(way))
    print(f"{'stage':<34}{'clock s':>9}{'CPU s':>9}")
    for stage in stages[0]:
        print(f"{stage:<34}" + "".join(f"{value:9.2f}" for value in median([one[stage] for one in stages])))
    floor = median(ways["pure computation"])[0]
    print(f"\n{'way':<34}{'clock s':>9}{'CPU s':>9}{'x pure':>9}")
    for name, measured in ways.items():
        clock, cpu = median(measured)
        print(f"{name:<34}{clock:9.2f}{cpu:9.2f}{clock / floor:9.2f}")


def median(measured: list[Seconds]) -> Seconds:
    """Return the medians of both kinds of seconds."""
    clock, cpu = zip(*measured, strict=True)
    return statistics.median(clock), statistics.median(cpu)


def added(stages: Stages) -> Seconds:
    """Add up all stages."""
    clock, cpu = zip(*stages.values(), strict=True)
    return sum(clock), sum(cpu)


def timed(way: Callable[[Path], object]) -> Seconds:
    """Run a way in a folder of its own; its processes' time is counted with it."""
    with tempfile.TemporaryDirectory() as folder:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        way(Path(folder))
        clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def own_process(part: str) -> subprocess.CompletedProcess[str]:
    """Run a part of this script in a process of its own."""
    words = [sys.executable, __file__, "--part", part]
    return subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)


def environment() -> dict[str, str]:
    """Return this environment with one thread for linear algebra, as the command line has it."""
    return os.environ | {"OPENBLAS_NUM_THREADS": "1"}


def assess(folder: Path, *options: str) -> None:
    """Assess the shipped quarter on the command line."""
    places = ["--out", str(folder / "reports"), "--store", str(folder / "store")]
    words = [str(PROGRAM), "assess", str(RUN), *places, *options]
    subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, check=True)


WAYS: dict[str, Callable[[Path], object]] = {
    "assess": assess,
    "assess --cold-kernels": lambda folder: assess(folder, "--cold-kernels"),
    "papermill in sequence, no report": lambda _: own_process("papermill"),
}


def run_in_sequence(folder: Path) -> None:
    """Execute the notebooks of the run with papermill, one after the other."""
    import papermill

    from riskmodels.runner import load_run, plan_assessment
    from riskmodels.runner.plan import plan_steps
    from riskmodels.shipped import shipped_folder

    settings = load_run(RUN)
    plan = plan_assessment(settings, reports=folder)
    (folder / "results").mkdir()
    for step in plan_steps(plan, folder, folder / "store"):
        given = json.loads(step.parameters.model_dump_json())
        given |= {"source": settings.source} if "source" in given else {}
        papermill.execute_notebook(
            shipped_folder("notebooks") / f"{step.notebook}.ipynb",
            folder / f"{step.name}.ipynb",
            given,
            progress_bar=False,
        )


def computed() -> Stages:
    """Compute what the notebooks compute, and return the seconds of each stage."""
    import riskmodels as rm
    from riskmodels.runner.forking import imports

    list(imports())  # they are not computation
    seconds: Stages = {}
    results: dict[str, Any] = {}
    for name, stage in _stages(rm, results):
        clock, cpu = time.perf_counter(), time.process_time()
        results[name] = stage()
        seconds[name] = (time.perf_counter() - clock, time.process_time() - cpu)
    return seconds


def _stages(rm: Any, results: dict[str, Any]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the stages of the quarter, each of which may use the results of those before."""
    from riskmodels.runner import load_run

    settings = load_run(RUN)
    period, months = settings.period, settings.horizon_months
    policy, register = rm.load_policy(settings.policies, on="2026-10-01"), rm.load_risks(settings.risks)
    with tempfile.TemporaryDirectory() as store:
        yield "ingest", lambda: rm.ingest(settings.source, store=store)
        tables = results["ingest"]
        complaints, country = tables.counted, tables.country
        yield "data quality", lambda: rm.data_quality(tables)
        yield "panel", lambda: rm.build_panel(complaints, by=["product"], last=period)
        yield "nowcast", lambda: rm.nowcast_where_logged(complaints, last=period)
        panel, nowcast = results["panel"], results["nowcast"]
        share = nowcast.for_periods(panel.periods)
        yield "forecast", lambda: rm.forecast(panel, horizon=months, calendar=country, completeness=share)
        outlook = results["forecast"]
        yield "forecast before", lambda: rm.outlook_before(complaints, outlook)
        before = results["forecast before"]
        yield "explanation", lambda: rm.explain(outlook, before)
        yield "forecast review", lambda: rm.backtesting.review_forecast(before, tables, period=period)
        yield (
            "track record",
            lambda: rm.track_record(
                complaints, by=["product"], last=period, nowcast=nowcast, calendar=country
            ),
        )
        yield "early warning", lambda: rm.surveillance.keep_watch(tables, policy, last=period)
        yield "objectives", lambda: rm.surveillance.track_objectives(tables, policy, period=period)
        yield "losses", lambda: rm.assess_losses_if_sufficient(tables, last=period)
        yield "scorecard", lambda: rm.score_quarter(tables, policy, period=period, register=register)
        card, moved = results["scorecard"]
        losses = results["losses"]
        yield "customer gaps", lambda: rm.customer_gaps(tables, policy, period=period)
        yield "risks", lambda: rm.assess_risks(tables, policy, register, card)
        yield "unit", lambda: rm.explain_unit(card, policy, tables, card.riskiest, movements=moved)
        yield "weights", lambda: rm.scorecard.compare_weights(card, policy)
        yield "sensitivity", lambda: rm.scorecard.score_sensitivity(card, policy, card.riskiest)
        yield (
            "funnel and orders",
            lambda: (rm.comparisons.unit_funnel(card), rm.comparisons.order_complaints(tables, card)),
        )
        for choice in settings.tests:
            scenario = rm.load_scenario(choice.file)
            yield (
                f"stress test, {scenario.id}",
                lambda s=scenario, level=choice.severity: rm.stress(
                    tables, s, policy, outlook=outlook, severity=level, scorecard=card, losses=losses
                ),
            )
        tests = [result for name, result in results.items() if name.startswith("stress test")]
        yield (
            "findings",
            lambda: rm.assess(
                policy,
                data=tables,
                scorecard=card,
                register=register,
                gaps=results["customer gaps"],
                risks=results["risks"],
                forecast=outlook,
                stress=tests,
                alarms=results["early warning"],
                objectives=results["objectives"],
                review=results["forecast review"],
            ),
        )
        yield "scenarios compared", lambda: rm.stresstest.compare(tests)
        yield "proposals", lambda: rm.propose(results["findings"], policy)


if __name__ == "__main__":
    main()
