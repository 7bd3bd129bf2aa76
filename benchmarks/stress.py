"""All scenarios at all severities, and ten thousand vectors of shocks: seconds, beside the paths they need.

``python benchmarks/stress.py``: the shipped scenarios at three severities on the sample bank, complaints by product,
with scorecard, losses and handlers; the *floor* is drawing the paths of the outlook once for each. The mean
response of each scenario to 10,000 vectors of shocks over twelve months is timed by itself, and its complaints,
shares in time and losses at the scenario's own size are set beside those of the paths.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import riskmodels as rm
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Scenario, load_scenarios
from riskmodels.stresstest import mean_response

ROOT = Path(__file__).parents[1]
VECTORS, HORIZON = 10_000, 12  # of shocks; months


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--severities", nargs="+", default=["moderate", "severe", "extreme"])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as store:
        tables = rm.ingest(ROOT / "params/sources/sample.yaml", store=store)
        policy = rm.load_policy(ROOT / "params/policy", on="2026-10-01")
        panel = rm.build_panel(tables.counted, by=["product"], last="2026Q3")
        share = rm.nowcast_where_logged(tables.counted, last="2026Q3").for_periods(panel.periods)
        known = {
            "outlook": rm.forecast(panel, horizon=HORIZON, calendar=tables.country, completeness=share),
            "losses": rm.assess_losses(tables.losses, last="2026Q3"),
        }
        card, _ = rm.score_quarter(tables, policy, period="2026Q3")
        rows = [
            row
            for scenario in load_scenarios(ROOT / "params/scenarios").values()
            for row in _scenario(tables, policy, scenario, known, card, chosen.severities)
        ]
    frame = pd.DataFrame(rows)
    print(frame.round(3).to_string(index=False))
    total, floor = frame["paths_s"].sum(), frame["floor_s"].sum()
    print(
        f"\n{len(frame)} stress tests: {total:.1f} s, {total / floor:.0f} times drawing their paths ({floor:.1f} s)"
    )


def _scenario(
    tables: rm.Tables,
    policy: Policy,
    scenario: Scenario,
    known: dict[str, Any],
    card: rm.Scorecard,
    severities: list[str],
) -> Iterator[dict[str, object]]:
    """Time one scenario at its severities, and set its mean response beside its paths."""
    for severity in (one for one in severities if one in scenario.levels):
        begin = time.perf_counter()
        result = rm.stress(tables, scenario, policy, scorecard=card, severity=severity, **known)
        paths = time.perf_counter() - begin
        begin = time.perf_counter()
        known["outlook"].sample(result.size, seed=result.seed)
        floor = time.perf_counter() - begin
        made = mean_response(tables, scenario, severity=severity, **known)
        sizes = np.random.default_rng(1).uniform(0, made.most, (VECTORS, len(made.shocks)))
        begin = time.perf_counter()
        made.respond(sizes)
        vectors = time.perf_counter() - begin
        mean = made.respond(np.ones((1, len(made.shocks))))
        yield {
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
