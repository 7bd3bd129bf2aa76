"""Small, odd banks: every stage gives a result or one clear refusal, and no figure is without bounds.

Banks of one to six units and one to thirty cases, drawn at random: with holes, one month alone, zeros, huge
amounts, losses that are alike, tables that are missing, rows that come twice. Each is taken in, and every stage of
the notebooks runs with its listings, in one process; warnings are errors.
"""

import argparse
import functools
import re
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from odd_banks import draw_tables, write_bank

import riskmodels as rm
from riskmodels.display import Listing
from riskmodels.errors import RiskModelsError

ROOT = Path(__file__).parents[1]
PERIOD, METHOD = "2024Q3", "auto"
LARGEST = 1e15
REPORTED = 25  # banks after each of which progress is written
WORDS = re.compile(r"(?<![\w-])[-+]?(inf|infinity|nan|nat)(?![\w-])", re.IGNORECASE)
DIGEST = re.compile(r"\b[0-9a-f]{16}\b")  # it may be of digits alone
FIGURE = re.compile(r"\d[\d,]*")


class NotReached(Exception):  # noqa: N818 - no error: a stage that is needed refused
    """A stage needs what one before it refused."""


class Done(dict[str, Any]):
    """Results by stage."""

    def __missing__(self, name: str) -> Any:
        raise NotReached(name)


@dataclass
class Outcome:
    """What the stages of one bank did: faults, each with its stage, and the stages that refused."""

    faults: list[str] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    results: Done = field(default_factory=Done)


def run_bank(seed: int, *, drawn: bool = False) -> Outcome:
    """Draw a bank, take it in and run every stage; what is wrong is in the outcome; ``drawn``: figures, too."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        source = write_bank(draw_tables(seed), Path(folder))
        _attempt(outcome, "tables", lambda: rm.ingest(source, store=Path(folder) / "store"))
        if "tables" in outcome.results:
            for name, stage in _stages(outcome.results):
                _attempt(outcome, name, stage)
            for name, plot in _plots(outcome.results) if drawn else ():
                _attempt(outcome, f"plot of {name}", functools.partial(_draw, plot))
    return outcome


def _attempt(outcome: Outcome, name: str, stage: Callable[[], Any]) -> None:
    """Run a stage: a result is looked through, a refusal is noted, anything else is a fault."""
    try:
        result = stage()
    except RiskModelsError as error:
        outcome.refusals[name] = str(error)
        outcome.faults += [] if str(error).strip() else [f"{name}: refused without a word"]
    except NotReached:
        pass
    except Exception as error:  # noqa: BLE001 - what this benchmark looks for
        outcome.faults.append(f"{name}: {_place(error)}")
    else:
        outcome.results[name] = result
        outcome.faults += [f"{name}: {fault}" for fault in look_through(result)]


def _place(error: BaseException) -> str:
    """The exception and the last line of the package that it passed."""
    trace, place = error.__traceback__, ""
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        if "riskmodels" in file.parts:
            place = f"{file.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}: {error}"


def _stages(done: Done) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what the notebooks do, each stage with what it shows; each may use the results before it."""
    policy, register, scenarios = _parameters()
    tables = done["tables"]
    yield from _of_data(done, tables)
    yield from _of_complaints(done, tables)
    yield from _of_units(done, tables, policy, register)
    yield "losses", lambda: rm.assess_losses_if_sufficient(tables, last=PERIOD)
    for listing in (rm.listings.list_losses, rm.listings.list_severities):
        yield listing.__name__, lambda listing=listing: listing(done["losses"])
    yield "list_loss_years", lambda: rm.listings.list_loss_years(done["losses"], policy)
    yield from _of_decisions(done, tables, policy, register, scenarios)


@functools.cache
def _parameters() -> tuple[Any, Any, dict[str, Any]]:
    """Policy, risk register and scenarios, as shipped."""
    folder = ROOT / "params"
    return (
        rm.load_policy(folder / "policy", on="2026-10-01"),
        rm.load_risks(folder / "risks.yaml"),
        {
            name: rm.load_scenario(folder / "scenarios" / f"{name}.yaml")
            for name in ("complaint_surge", "system_outage")
        },
    )


def _of_data(done: Done, tables: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "quality", lambda: rm.data_quality(tables)
    yield "list_data_faults", lambda: rm.listings.list_data_faults(done["quality"])
    for listing in (
        rm.listings.list_quality,
        rm.listings.list_rejections,
        rm.listings.list_doubts,
        rm.listings.list_ignored,
    ):
        yield listing.__name__, lambda listing=listing: listing(tables)
    yield "panel of all", lambda: rm.build_panel(tables.counted, by=[], last=PERIOD)
    yield "list_delays", lambda: rm.listings.list_delays(done["quality"])


def _of_complaints(done: Done, tables: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    country = tables.country
    yield "panel", lambda: rm.build_panel(tables.counted, by=["product"], last=PERIOD)
    yield "nowcast", lambda: rm.nowcast_where_logged(tables.counted, last=PERIOD)
    yield "outlook", lambda: _outlook(done, country)
    yield "list_outlook", lambda: rm.listings.list_outlook(done["outlook"], quality=done["quality"])
    yield (
        "explanation",
        lambda: rm.explain(done["outlook"], rm.outlook_before(tables.counted, done["outlook"])),
    )
    yield "list_factors", lambda: rm.listings.list_factors(done["explanation"])
    yield "list_explanation", lambda: rm.listings.list_explanation(done["explanation"])
    yield "list_nowcast", lambda: rm.listings.list_nowcast(done["nowcast"])
    yield (
        "record",
        lambda: rm.track_record(
            tables.counted,
            by=["product"],
            last=PERIOD,
            nowcast=done["nowcast"],
            method=METHOD,
            calendar=country,
        ),
    )
    yield "list_scores", lambda: rm.listings.list_scores(done["record"])
    yield "list_totals", lambda: rm.listings.list_totals(done["record"])


def _outlook(done: Done, country: str) -> Any:
    panel, nowcast = done["panel"], done["nowcast"]
    share = nowcast.for_periods(panel.periods) if nowcast else None
    return rm.forecast(panel, horizon=3, method=METHOD, calendar=country, completeness=share)


def _of_units(done: Done, tables: Any, policy: Any, register: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "scored", lambda: rm.score_quarter(tables, policy, period=PERIOD, register=register)
    yield "card", lambda: done["scored"][0]
    yield "movements", lambda: done["scored"][1]
    yield "gaps", lambda: rm.customer_gaps(tables, policy, period=PERIOD)
    yield "risks", lambda: rm.assess_risks(tables, policy, register, done["card"])
    yield (
        "detail",
        lambda: rm.explain_unit(
            done["card"], policy, tables, done["card"].riskiest, movements=done["movements"]
        ),
    )
    yield "list_ratings", lambda: rm.listings.list_ratings(done["card"], policy, quality=done["quality"])
    yield "list_groups", lambda: rm.listings.list_groups(done["card"], policy)
    yield "list_units", lambda: rm.listings.list_units(done["card"], quality=done["quality"])
    yield "weights", lambda: rm.scorecard.compare_weights(done["card"], policy)
    yield "list_robustness", lambda: rm.listings.list_robustness(done["weights"], policy)
    yield "funnel", lambda: rm.comparisons.unit_funnel(done["card"])
    yield "orders", lambda: rm.comparisons.order_complaints(tables, done["card"])
    yield "list_orders", lambda: rm.listings.list_orders(done["orders"])
    yield "list_movements", lambda: rm.listings.list_movements(done["movements"])
    yield "list_gaps", lambda: rm.listings.list_gaps(done["gaps"], policy)
    yield "list_risks", lambda: rm.listings.list_risks(done["risks"], register, policy)
    yield "list_matrix_checks", lambda: rm.listings.list_matrix_checks(done["risks"])
    yield "list_contributions", lambda: rm.listings.list_contributions(done["detail"], policy)
    yield "sensitivity", lambda: rm.scorecard.score_sensitivity(done["card"], policy, done["card"].riskiest)
    yield "list_sensitivity", lambda: rm.listings.list_sensitivity(done["sensitivity"], policy)
    yield "list_unavailable", lambda: rm.listings.list_unavailable(done["card"], policy)


def _of_decisions(
    done: Done, tables: Any, policy: Any, register: Any, scenarios: dict[str, Any]
) -> Iterator[tuple[str, Callable[[], Any]]]:
    for name, scenario in scenarios.items():
        yield (
            name,
            lambda s=scenario: rm.stress(tables, s, policy, outlook=done["outlook"], severity="moderate"),
        )
        yield (
            f"list_stress of {name}",
            lambda name=name: rm.listings.list_stress(done[name], policy, quality=done["quality"]),
        )
        yield f"list_omitted of {name}", lambda name=name: rm.listings.list_omitted(done[name], policy)
    yield (
        "findings",
        lambda: rm.assess(
            policy,
            data=tables,
            scorecard=done["card"],
            register=register,
            gaps=done.get("gaps"),
            risks=done.get("risks"),
            forecast=done.get("outlook"),
            stress=[done[name] for name in scenarios if name in done],
        ),
    )
    yield "list_watched", lambda: rm.listings.list_watched(done["findings"])
    yield "list_others", lambda: rm.listings.list_others(done["findings"])
    yield "list_findings", lambda: rm.listings.list_findings(done["findings"], evidence=True)
    yield "proposals", lambda: rm.propose(done["findings"], policy)
    yield "list_proposals", lambda: rm.listings.list_proposals(done["proposals"])


def _plots(done: Done) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the figures of the notebooks."""
    policy, *_ = _parameters()
    tables = done["tables"]
    for name in (
        "quality",
        "panel of all",
        "card",
        "funnel",
        "movements",
        "risks",
        "complaint_surge",
        "findings",
    ):
        yield name, lambda name=name: rm.plot(done[name])
    for name in ("explanation", "nowcast", "losses"):
        yield name, lambda name=name: rm.plot(done[name]) if done[name] else None
    yield "coverage", lambda: rm.plots.plot_coverage(done["quality"])
    yield "forecast", lambda: rm.plots.plot_forecast(done["outlook"], nowcast=done["nowcast"])
    yield "series", lambda: rm.plots.plot_series(done["outlook"])
    yield (
        "backtest",
        lambda: rm.plots.plot_backtest(done["record"], method=METHOD) if done["record"] else None,
    )
    yield "heat map", lambda: rm.plots.plot_heat_map(done["card"], policy)
    yield "gaps", lambda: rm.plots.plot_gaps(done["gaps"], policy)
    yield "unit", lambda: rm.plots.plot_unit(done["detail"], policy=policy)
    yield "changes", lambda: rm.plots.plot_changes(tables.changes) if tables.changes else None


def _draw(plot: Callable[[], Any]) -> None:
    plot()
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


def look_through(result: object) -> list[str]:
    """List the figures without bounds that a result or a listing shows."""
    faults = []
    if isinstance(sentence := getattr(result, "sentence", None), str):
        faults += _in_text(sentence)
    frames = (
        [result.frame]
        if isinstance(result, Listing)
        else [getattr(result, n, None) for n in ("table", "indicators", "groups")]
    )
    for frame in frames:
        if isinstance(frame, pd.DataFrame):
            faults += _in_frame(frame, words=isinstance(result, Listing))
    return list(dict.fromkeys(faults))


def _in_frame(frame: pd.DataFrame, *, words: bool) -> list[str]:
    faults = []
    for column in frame.columns:
        values = frame[column]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            if (values.abs() > LARGEST).any() or (values == np.iinfo(np.int64).min).any():
                faults.append(f"{column} is {values[values.abs().idxmax()]!r}")
        elif words:
            faults += [
                f"{column}: {fault}" for value in values.dropna().unique() for fault in _in_text(str(value))
            ]
    if {"score", "rating"} <= set(frame) and (frame["score"].isna() & (frame["rating"] == "green")).any():
        faults.append("a score that is not known is rated green")
    if {"estimate", "rating"} <= set(frame) and (
        frame["estimate"].isna() & (frame["rating"] == "green")
    ).any():
        faults.append("an estimate that is not known is rated green")
    return faults


def _in_text(text: str) -> list[str]:
    faults = [f"says {text[:120]!r}"] if WORDS.search(text) else []
    figures = (figure.group().replace(",", "") for figure in FIGURE.finditer(DIGEST.sub("", text)))
    if any(float(figure) > LARGEST for figure in figures if len(figure) < 300):
        faults.append(f"has a figure without bounds: {text[:160]!r}")
    return faults


def main() -> None:
    """Run the banks and print what happened; exit 1 where there is a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--banks", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="seed of the first bank")
    parser.add_argument("--plots", action="store_true", help="draw the figures, too")
    chosen = parser.parse_args()
    started, faults, refused = time.process_time(), Counter[str](), Counter[str]()
    clean = 0
    for seed in range(chosen.first, chosen.first + chosen.banks):
        outcome = run_bank(seed, drawn=chosen.plots)
        clean += not outcome.faults
        refused.update(f"{stage}: {words[:90]}" for stage, words in outcome.refusals.items())
        for fault in outcome.faults:
            faults[fault[:90]] += 1
            print(f"bank {seed}: {fault[:400]}", flush=True)
        if (run := seed - chosen.first + 1) % REPORTED == 0:
            spent = time.process_time() - started
            print(f"{run} of {chosen.banks} banks, {spent:.0f} CPU s", file=sys.stderr, flush=True)
    print(f"\n{'refusals':<100}{'banks':>6}")
    for words, count in refused.most_common(40):
        print(f"{words:<100}{count:>6}")
    print(f"\n{clean} of {chosen.banks} banks without a fault, {time.process_time() - started:.0f} CPU s")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
