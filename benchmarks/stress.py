"""All scenarios at all severities, and ten thousand vectors of shocks: seconds, beside the paths they need.

``python benchmarks/stress.py``: the shipped scenarios at three severities on the sample bank, 2,000 paths of complaints
by product and month, units and channels by their shares, with scorecard, losses and handlers, in one process; the
*floor* is drawing the paths of the outlook once for each. The mean response of each scenario to 10,000 vectors of
shocks over twelve months is timed by itself, its table with it, and its complaints, shares in time and losses at the
scenario's own size are set beside those of the paths.

``--by-unit`` times the stress tests alone with paths by product, unit and month.

The *peer* is a discrete-event simulation (simpy) of the handlers under one scenario, each complaint a process that waits
for a place in a working day; some paths are simulated, and their seconds are multiplied to as many as a stress test has.
Seconds are of processor time. simpy is optional: without it the table says so.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import riskmodels as rm
from riskmodels.arrays import Floats
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Scenario, load_scenarios
from riskmodels.stresstest import mean_response
from riskmodels.stresstest.mix import complaint_factors, complaint_mix
from riskmodels.stresstest.shocked import draw_movements
from riskmodels.stresstest.teams import WORKING_DAYS, team_capacities

ROOT = Path(__file__).parents[1]
VECTORS, HORIZON = 10_000, 12  # of shocks; months
SIMULATED = 24  # paths carried event by event
PEER = ("complaint_surge", "severe")  # moves complaints alone, so that the handlers stay as many
Chosen = tuple[Scenario, str]  # at a severity


@dataclass(frozen=True, kw_only=True)
class Bank:
    """The sample bank, and what its stress tests know of it."""

    tables: rm.Tables
    policy: Policy
    card: rm.Scorecard
    outlook: rm.Forecast
    losses: rm.LossAssessment

    def stress(self, scenario: Scenario, severity: str) -> rm.StressTest:
        """Carry one scenario through."""
        known = {"outlook": self.outlook, "losses": self.losses, "scorecard": self.card}
        return rm.stress(self.tables, scenario, self.policy, severity=severity, **known)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--severities", nargs="+", default=["moderate", "severe", "extreme"])
    parser.add_argument("--by-unit", action="store_true", help="the paths alone, by product and unit")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as store:
        tables = rm.ingest(ROOT / "params/sources/sample.yaml", store=store)
        policy = rm.load_policy(ROOT / "params/policy", on="2026-10-01")
        places = ["product", "unit_id"] if given.by_unit else ["product"]
        panel = rm.build_panel(tables.counted, by=places, last="2026Q3")
        share = rm.nowcast_where_logged(tables.counted, last="2026Q3").for_periods(panel.periods)
        bank = Bank(
            tables=tables,
            policy=policy,
            card=rm.score_quarter(tables, policy, period="2026Q3")[0],
            outlook=rm.forecast(panel, horizon=HORIZON, calendar=tables.country, completeness=share),
            losses=rm.assess_losses(tables.losses, last="2026Q3"),
        )
        scenarios = load_scenarios(ROOT / "params/scenarios").values()
        chosen = [(one, level) for one in scenarios for level in given.severities if level in one.levels]
        measured = _print_by_unit if given.by_unit else _print_all
        measured(bank, chosen)


def _print_all(bank: Bank, chosen: Sequence[Chosen]) -> None:
    """Time paths, mean responses and the peer."""
    frame = pd.DataFrame([_scenario(bank, *one) for one in chosen])
    print(frame.round(3).to_string(index=False))
    total, floor = frame["paths_s"].sum(), frame["floor_s"].sum()
    print(
        f"\n{len(frame)} stress tests: {total:.1f} s (wanted: 60), {total / floor:.0f} times drawing their paths"
        f" ({floor:.1f} s)"
    )
    print(f"mean response: {VECTORS:,} vectors in {frame['vectors_s'].max():.2f} s at most (wanted: 5)")
    if find_spec("simpy"):
        scenario = rm.load_scenario(ROOT / f"params/scenarios/{PEER[0]}.yaml")
        peer = _peer(bank.tables, scenario, bank.outlook)
        _print_peer(peer, bank.stress(scenario, PEER[1]), total / len(frame))
    else:
        print("simpy is not in this Python (pip install simpy): the handlers are not simulated")


def _print_by_unit(bank: Bank, chosen: Sequence[Chosen]) -> None:
    """Time the stress tests alone, with paths by product, unit and month."""
    begin, clock = time.process_time(), time.perf_counter()
    tests = [bank.stress(*one) for one in chosen]
    seconds, clock = time.process_time() - begin, time.perf_counter() - clock
    shape = f"{tests[0].size:,} paths of {len(bank.outlook.keys):,} series"
    print(f"{len(tests)} stress tests, {shape}: {seconds:.1f} s of one processor, {clock:.1f} s by the clock")


def _print_peer(peer: tuple[pd.DataFrame, float], mine: rm.StressTest, own: float) -> None:
    """Print what the simulation took and found beside one stress test."""
    found, seconds = peer
    whole = seconds / SIMULATED * mine.size
    print(
        f"{', '.join(PEER)}: simpy {seconds:.1f} s for {SIMULATED} paths without and with, so {whole:,.0f} s for"
        f" {mine.size:,}: {whole / own:,.0f} times a stress test"
    )
    columns = ["within_7_without", "within_7_with", "backlog_without", "backlog_with"]
    print(
        mine.handling[["period", *columns]].join(found.add_prefix("simpy_")).round(3).to_string(index=False)
    )


def _peer(tables: rm.Tables, scenario: Scenario, outlook: rm.Forecast) -> tuple[pd.DataFrame, float]:
    """Simulate the handlers complaint by complaint: means by month over paths, and the seconds."""
    drawn = draw_movements(scenario, scenario.level(PEER[1]), months=HORIZON, size=SIMULATED, seed=40)
    mix = complaint_mix(tables, drawn, last=outlook.panel.periods[-1])
    expected = outlook.sample(SIMULATED, seed=40)
    stressed = expected.copy()
    for _, factor in complaint_factors(drawn, outlook, mix)[0]:
        stressed *= factor
    (team,) = team_capacities(None, tables.complaints, mix, outlook.keys)
    able = np.linspace(team.lower, team.upper, SIMULATED)
    rng = np.random.default_rng(7)
    begin, columns = time.process_time(), {}
    for name, paths in (("without", expected), ("with", stressed)):
        runs = [
            _simulated(path, usual, day, team.dispersion, rng)
            for path, usual, day in zip(paths.sum(axis=1), expected.sum(axis=1)[:, 0], able, strict=True)
        ]
        shares, backlogs = np.mean(runs, axis=0)
        columns |= {f"within_7_{name}": shares, f"backlog_{name}": backlogs / team.a_day}
    return pd.DataFrame(columns), time.process_time() - begin


def _simulated(
    counts: Floats, usual: float, able: float, dispersion: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Let every complaint of some months wait for its turn; share within seven days, and backlog, by month."""
    import simpy  # here, since it is optional

    env = simpy.Environment()
    turns = simpy.Container(env)
    monthly = np.concatenate([[usual], counts])  # a usual month leaves what it leaves
    received, in_time, waiting = np.zeros(len(monthly)), np.zeros(len(monthly)), np.zeros(len(monthly))

    def complaint(month: int) -> Iterator[Any]:
        begin = env.now
        yield turns.get(1)
        in_time[month] += env.now - begin < 8

    def office() -> Iterator[Any]:
        for day in range(WORKING_DAYS * len(monthly)):
            month = day // WORKING_DAYS
            mean = monthly[month] / WORKING_DAYS
            number = rng.poisson(rng.gamma(1 / dispersion, dispersion * mean) if dispersion else mean)
            received[month] += number
            for _ in range(number):
                env.process(complaint(month))
            places = int(able) + (rng.random() < able % 1)
            yield env.timeout(0.5)  # who came today is in the queue
            if places:
                yield turns.put(places)
            yield env.timeout(0.5)
            waiting[month] = len(turns.get_queue)
            if turns.level:
                yield turns.get(turns.level)  # what nobody needed is gone

    env.run(until=env.process(office()))
    return (in_time / np.maximum(received, 1))[1:], waiting[1:]


def _scenario(bank: Bank, scenario: Scenario, severity: str) -> dict[str, object]:
    """Time one scenario at a severity, and set its mean response beside its paths."""
    begin = time.process_time()
    result = bank.stress(scenario, severity)
    paths = time.process_time() - begin
    begin = time.process_time()
    bank.outlook.sample(result.size, seed=result.seed)
    floor = time.process_time() - begin
    known = {"outlook": bank.outlook, "losses": bank.losses}
    made = mean_response(bank.tables, scenario, severity=severity, **known)
    sizes = np.random.default_rng(1).uniform(0, made.most, (VECTORS, len(made.shocks)))
    begin = time.process_time()
    made.respond(sizes)
    vectors = time.process_time() - begin
    mean = made.respond(np.ones((1, len(made.shocks))))
    return {
        "scenario": scenario.id,
        "severity": severity,
        "paths_s": paths,
        "floor_s": floor,
        "vectors_s": vectors,
        "complaints_off": mean.complaints.sum() / result.complaints["stressed"].sum() - 1,
        "in_time_off": float(np.abs(mean.in_time[7][0] - result.handling["within_7_with"]).max()),
        "losses_off": mean.losses[0] / result.losses["mean"].iloc[-1] - 1,
    }


if __name__ == "__main__":
    main()
