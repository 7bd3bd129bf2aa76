"""What ``watch`` finds: simulated and real outbreaks beside Farrington's method, planted alarms among thousands, banks.

Seeds are others than those its settings were chosen on. An outbreak is *found* if a week of it is an alarm; the
*delay* is the number of its weeks before that, all of them where it is not found. *False* is the share of the other
weeks that are alarms. Seconds are of processor time.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from workload.outbreaks import simulated_outbreaks
from workload.real import ROOT, SHARED
from workload.seeded_banks import EARLIER, LATER, SHOCK, seeded_panel

from riskmodels.arrays import Flags, Floats
from riskmodels.panel import Panel, build_panel
from riskmodels.sources import ingest
from riskmodels.surveillance import Farrington, discover, farrington_bounds, stand_out, watch
from riskmodels.surveillance.scores import upper_tail

FLEXIBLE = Farrington(flexible=True, outlying=2.58, left_out=26, seasons=10)
METHODS = {
    "Farrington, 1 %": Farrington(),
    "Farrington, 0.2 %": Farrington(chance=0.002),
    "flexible, 1 %": FLEXIBLE,
    "flexible quantile, 1 %": replace(FLEXIBLE, bound="quantile"),
}
RUN_LENGTHS = (20.0, 40.0, 60.0, 80.0, 120.0, 200.0)
WATCHED = 52  # weeks
SERIES, MEAN, DISPERSION, PLANTED, TIMES, SHARE = 5000, 10.0, 0.1, 50, 3.0, 0.1
FIRST_BANK = 7001  # seed
RUN_LENGTH = 100.0  # months, of a series of a bank
FLOOR_SERIES, FLOOR_MONTHS = 10_000, 120


def main() -> None:
    """Run the parts asked for, and print."""
    parts: dict[str, Callable[[int], None]] = {
        "outbreaks": print_outbreaks,
        "real": print_real,
        "many": print_many,
        "banks": print_banks,
        "cfpb": print_cfpb,
        "steady": print_steady,
        "speed": print_speed,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(parts), help=", ".join(parts))
    parser.add_argument(
        "--banks", type=int, default=100, help="samples drawn anew, and rounds of planted alarms"
    )
    chosen = parser.parse_args()
    for name in chosen.parts:
        parts[name](chosen.banks)


def weekly(values: Floats, names: list[str] | None = None) -> Panel:
    """Panel of weekly series."""
    keys = pd.DataFrame({"series": names or [str(place) for place in range(len(values))]})
    periods = pd.period_range("2001-01-01", periods=values.shape[1], freq="W")
    return Panel(keys=keys, periods=periods, values=values, exposure=None, kind="count")


def print_outbreaks(_: int) -> None:
    """Five hundred weekly series with level, trend, season, past outbreaks, and one in the last year."""
    for seed in (2001, 2002):
        made = simulated_outbreaks(500, seed)
        first = made.values.shape[1] - WATCHED
        print(
            f"\n500 simulated series of {made.values.shape[1]} weeks, the last {WATCHED} watched; seed {seed}"
        )
        print(f"{'method':<26}{'false':>9}{'found':>9}{'delay':>9}{'weeks':>9}")
        for name, method in METHODS.items():
            print_found(
                name, farrington_bounds(made.values, first=first, method=method).alarm, made.spans - first
            )
        panel = weekly(made.values)
        for run_length in RUN_LENGTHS:
            alarms = watch(panel, run_length=run_length, since=panel.periods[first], false_share=1.0)
            print_found(f"watch, run length {run_length:.0f}", alarms.alarm[:, first:], made.spans - first)


def print_found(name: str, alarm: Flags, spans: Floats) -> None:
    """Print how often alarms are false, outbreaks are found, and how soon."""
    week = np.arange(alarm.shape[1])
    outbreak = (week >= spans[:, :1]) & (week < spans[:, 1:])
    false = (alarm & ~outbreak).sum() / (~outbreak).sum()
    hit = alarm & outbreak
    delay = np.where(hit.any(axis=1), hit.argmax(axis=1) - spans[:, 0], spans[:, 1] - spans[:, 0])
    weeks = hit.sum() / outbreak.sum()
    print(f"{name:<26}{false:9.4f}{hit.any(axis=1).mean():9.3f}{delay.mean():9.2f}{weeks:9.3f}")


def print_real(_: int) -> None:
    """Weekly counts with the weeks of known outbreaks (R package surveillance), from week 105 on."""
    file = SHARED / "surveillance" / "outbreaks.csv"
    if not file.exists():
        print(f"\nskipped: {file.name} is not on this machine")
        return
    rows = pd.read_csv(file)
    counts = rows.pivot_table(index="series", columns="week", values="count")
    outbreak = rows.pivot_table(index="series", columns="week", values="outbreak").to_numpy()[:, 104:] == 1
    panel = weekly(counts.to_numpy(dtype=float), list(counts.index))
    print(
        f"\n{len(counts)} real series from week 105 on: {outbreak.sum()} weeks of outbreaks, caught and false weeks"
    )
    found = {
        "Farrington, 2 years, 1 %": farrington_bounds(
            panel.values, first=104, method=Farrington(years=2)
        ).alarm
    }
    for run_length in (100.0, 200.0, 500.0, 1000.0, 2000.0):
        alarms = watch(panel, run_length=run_length, since=panel.periods[104])
        found[f"watch, run length {run_length:.0f}"] = alarms.alarm[:, 104:]
    for name, alarm in found.items():
        print(f"{name:<26}{(alarm & outbreak).sum():9d}{(alarm & ~outbreak).sum():9d}")


def print_many(rounds: int) -> None:
    """Series with nothing, a shared rise and a shared doubling, with and without planted ones."""
    print(f"\n{SERIES} series of mean {MEAN:.0f}, dispersion {DISPERSION}, q = {SHARE}, {rounds} rounds")
    print(f"{'':<34}{'alarms':>9}{'false':>9}{'power':>9}{'shared':>9}{'plain':>9}{'false':>9}{'power':>9}")
    for shared in (1.0, 1.25, 2.0):
        for planted in (0, PLANTED):
            figures = np.mean([one_round(shared, planted, seed) for seed in range(rounds)], axis=0)
            name = f"shared {shared:.2f}, {planted} planted"
            print(f"{name:<34}" + "".join(f"{figure:9.3f}" for figure in figures))


def one_round(shared: float, planted: int, seed: int) -> tuple[float, ...]:
    """Alarms, share of false ones, power and alarms of the total; then plain Benjamini–Hochberg's."""
    rng = np.random.default_rng([3001, seed, planted, int(100 * shared)])
    real = np.arange(SERIES) < planted
    mean = MEAN * shared * np.where(real, TIMES, 1.0)
    seen = rng.poisson(rng.gamma(1 / DISPERSION, DISPERSION * mean)).astype(float)
    expected = np.full(SERIES, MEAN)
    found = discover(seen, expected, DISPERSION, false_share=SHARE, seed=seed)
    above, here = upper_tail(seen, expected, expected + DISPERSION * expected**2)
    plain = stand_out((above + here)[:, None], SHARE)[:, 0]
    figures: list[float] = []
    for alarm in (found.alarm, plain):
        figures += [
            alarm.sum(),
            (alarm & ~real).sum() / max(alarm.sum(), 1),
            (alarm & real).sum() / max(planted, 1),
        ]
        figures += [float(found.shared)] if alarm is found.alarm else []
    return tuple(figures)


def print_banks(banks: int) -> None:
    """The synthetic bank drawn anew: a shock that all share, a later and an earlier break of one product and region."""
    found: dict[str, list[tuple[bool, bool, bool]]] = {}
    others: list[int] = []
    for seed in range(FIRST_BANK, FIRST_BANK + banks):
        table = watch(seeded_panel(seed), run_length=RUN_LENGTH, calendar="CN").table
        mine = np.zeros(len(table), dtype=bool)
        for event in (SHOCK, LATER, EARLIER):
            rows = table[event.is_of(table)]
            mine |= event.is_of(table)
            month = pd.Period(event.month)
            near = [abs((pd.Period(since) - month).n) <= 1 for since in rows["since"]]
            held = (rows["since_earliest"] <= event.month) & (rows["since_latest"] >= event.month)
            found.setdefault(event.name, []).append((len(rows) > 0, any(near), bool(held.any())))
        others.append(int((~mine).sum()))
    print(
        f"\nsample bank, {banks} times drawn anew, run length {RUN_LENGTH:.0f} months of each of its 360 series"
    )
    print(f"{'event':<40}{'found':>9}{'to a month':>12}{'interval holds it, where found':>32}")
    for name, rows in found.items():
        share = np.array(rows, dtype=float)
        held = share[:, 2].sum() / max(share[:, 0].sum(), 1)
        print(f"{name:<40}{share[:, 0].mean():9.2f}{share[:, 1].mean():12.2f}{held:32.2f}")
    print(f"other alarms of a bank in three years: {np.mean(others):.1f}")


def print_cfpb(_: int) -> None:
    """Complaints to the US CFPB by month, all and by product, with its hole of 2023 and its renamed products."""
    file = SHARED / "cfpb" / "monthly_by_product.csv"
    if not file.exists():
        print(f"\nskipped: {file.name} is not on this machine")
        return
    with tempfile.TemporaryDirectory() as store:
        source = ROOT / "params" / "sources" / "cfpb_monthly.yaml"
        tables = ingest(source, store=Path(store), files={"complaint_counts": file})
        panels = [build_panel(tables.require("complaint_counts"), by=by) for by in ([], ["product"])]
    shown = ["since_earliest", "since", "since_latest", "size", "probability", "alarmed", "last", "ending"]
    for panel in panels:
        table = watch(panel, run_length=200.0, calendar="US").table
        print(f"\nCFPB, {panel.periods[0]} to {panel.periods[-1]}, run length 200")
        print(table[[*panel.keys.columns, *shown]].to_string(index=False))


def print_steady(_: int) -> None:
    """False alarms of monthly series in control, by mean and by how long they have been known."""
    print("\nmonths between false alarms of 2,000 steady series, none shared, variance ratio 2; wanted 100")
    print(f"{'mean':>9}{'2nd year':>12}{'3rd, 4th':>12}{'5th to 8th':>12}")
    for mean in (1.0, 10.0, 100.0):
        values = np.random.default_rng([4001, int(mean)]).poisson(
            np.random.default_rng([4002, int(mean)]).gamma(mean, 1.0, (2000, 96))
        )
        panel = replace(
            weekly(values.astype(float)), periods=pd.period_range("2018-01", periods=96, freq="M")
        )
        alarm = watch(panel, run_length=100.0, since="2018-02", false_share=1.0).alarm
        begun = alarm & ~np.pad(alarm, ((0, 0), (1, 0)))[:, :-1]
        spans = [(12, 24), (24, 48), (48, 96)]
        figures = [begun[:, a:b].size / max(begun[:, a:b].sum(), 1) for a, b in spans]
        print(f"{mean:9.0f}" + "".join(f"{figure:12.0f}" for figure in figures))


def print_speed(_: int) -> None:
    """Seconds for 10,000 series of 120 months, beside their tail probabilities alone."""
    rng = np.random.default_rng(6001)
    values = rng.poisson(rng.gamma(10, 0.5, (FLOOR_SERIES, FLOOR_MONTHS))).astype(float)
    names = [[f"{key}{place}" for place in range(size)] for key, size in (("p", 10), ("u", 100), ("c", 10))]
    keys = pd.MultiIndex.from_product(names, names=["product", "unit_id", "channel"]).to_frame(index=False)
    periods = pd.period_range("2015-01", periods=FLOOR_MONTHS, freq="M")
    panel = Panel(keys=keys, periods=periods, values=values, exposure=None, kind="count")
    mean = np.full(values.shape, 5.0)
    taken = {
        "watch, with all its levels": timed(lambda: watch(panel, run_length=500.0)),
        "the floor: tail probabilities": timed(lambda: upper_tail(values, mean, 1.5 * mean)),
    }
    print(f"\nseconds for {FLOOR_SERIES:,} series of {FLOOR_MONTHS} months, median of five")
    for name, seconds in taken.items():
        print(f"{name:<34}{seconds:9.2f}")


def timed(work: Callable[[], object]) -> float:
    """Median seconds of five runs."""
    taken = []
    for _ in range(5):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


if __name__ == "__main__":
    main()
