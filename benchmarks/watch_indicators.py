"""Charts of shares, means and availability: attained run lengths, what is found, and speed on whole banks.

Run lengths are in months, of series in control. *Known*: mean and variance are given to the chart. *Learnt*: all is
estimated by ``watch_indicator`` from the months before. Steps are found at the rate of false months of each method.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from workload.real import COMPLAINTS, ROOT, SHARED

from riskmodels.arrays import Flags, Floats
from riskmodels.catalogue import INDICATORS, Indicators, indicators
from riskmodels.parameters import load_policy
from riskmodels.sources import ingest
from riskmodels.surveillance.laws import LAWS, LawName
from riskmodels.surveillance.scores import middle_score, score_limit
from riskmodels.surveillance.settings import SETTINGS
from riskmodels.surveillance.watching_indicators import watch_indicator
from riskmodels.tables import Tables

WANTED = 100.0  # months between false alarms
SERIES, MONTHS, FIRST = 2000, 96, 12
KNOWN = 600  # months of a chart with known parameters
STEPS, AT, WITHIN = 100, 48, 12  # of them with a step, its month, and months within which it must be found
STEPPED = {
    "share 10 % of 30": 2.0,
    "share 10 % of 300": 1.4,
    "share 10 % of 300, ratio 3": 1.6,
    "share 50 % of 100, ratio 2": 1.8,
    "mean of 50, spread 0.7, months 5 %": 1.25,
    "minutes, 2 incidents": 2.5,
    "minutes, 20 incidents": 1.5,
}  # times the odds, the mean or the number of incidents
YEAR = 12
SHOWN = 5  # alarms of an indicator

Drawn = tuple[Floats, Floats, Floats]  # numerator, denominator, squares
Draw = Callable[[np.random.Generator, tuple[int, int], Floats | float], Drawn]


def main() -> None:
    """Run the parts asked for, and print."""
    parts: dict[str, Callable[[], None]] = {
        "steady": print_steady,
        "steps": print_steps,
        "bank": print_sample,
        "america": print_america,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(parts), help=", ".join(parts))
    for name in parser.parse_args().parts:
        parts[name]()


def shares(cases: float, chance: float, ratio: float) -> Draw:
    """Cases that fail, their variance ``ratio`` times that of independent ones; a step multiplies the odds."""

    def draw(rng: np.random.Generator, shape: tuple[int, int], step: Floats | float) -> Drawn:
        size = np.maximum(rng.poisson(cases, shape), 2).astype(float)
        odds = chance / (1 - chance) * np.broadcast_to(step, shape)
        share = odds / (1 + odds)
        if ratio > 1:
            total = (size - 1) / (ratio - 1) - 1
            total = np.maximum(total, 0.2)
            share = rng.beta(share * total, (1 - share) * total)
        failed = rng.binomial(size.astype(int), share).astype(float)
        return size - failed, size, np.full(shape, np.nan)

    return draw


def days(cases: float, spread: float, between: float) -> Draw:
    """Means of lognormal values of mean 8; ``between`` is the standard deviation of months, relative."""

    def draw(rng: np.random.Generator, shape: tuple[int, int], step: Floats | float) -> Drawn:
        size = np.maximum(rng.poisson(cases, shape), 1)
        sigma = np.sqrt(np.log1p(spread**2))
        level = 8.0 * step * rng.lognormal(-0.5 * between**2, between, shape)
        total, squares = np.zeros(shape), np.zeros(shape)
        for one in range(int(size.max())):
            value = level * rng.lognormal(-0.5 * sigma**2, sigma, shape) * (one < size)
            total, squares = total + value, squares + value**2
        return total, size.astype(float), squares

    return draw


def outages(number: float, spread: float) -> Draw:
    """Minutes up, of which incidents of mean length 90 take some; a step multiplies their number."""

    def draw(rng: np.random.Generator, shape: tuple[int, int], step: Floats | float) -> Drawn:
        incidents = rng.poisson(number * step * np.ones(shape))
        shape_of_length = 1.0 / spread**2
        total, squares = np.zeros(shape), np.zeros(shape)
        for one in range(int(incidents.max())):
            length = 90.0 * rng.gamma(shape_of_length, 1.0 / shape_of_length, shape) * (one < incidents)
            total, squares = total + length, squares + length**2
        service = np.full(shape, 43_800.0)
        return service - total, service, squares

    return draw


CASES: dict[str, tuple[str, str, Draw]] = {
    "share 2 % of 30": ("resolved_7wd", "higher_is_better", shares(30, 0.02, 1)),
    "share 10 % of 30": ("resolved_7wd", "higher_is_better", shares(30, 0.1, 1)),
    "share 10 % of 30, ratio 2": ("resolved_7wd", "higher_is_better", shares(30, 0.1, 2)),
    "share 10 % of 300": ("resolved_7wd", "higher_is_better", shares(300, 0.1, 1)),
    "share 10 % of 300, ratio 3": ("resolved_7wd", "higher_is_better", shares(300, 0.1, 3)),
    "share 50 % of 5": ("resolved_7wd", "higher_is_better", shares(5, 0.5, 1)),
    "share 50 % of 100, ratio 2": ("resolved_7wd", "higher_is_better", shares(100, 0.5, 2)),
    "share 90 % of 100": ("resolved_7wd", "higher_is_better", shares(100, 0.9, 1)),
    "share 30 % of 3,000, ratio 4": ("resolved_7wd", "higher_is_better", shares(3000, 0.3, 4)),
    "share 10 % of 20,000, ratio 60": ("resolved_7wd", "higher_is_better", shares(20_000, 0.1, 60)),
    "mean of 10, spread 0.7": ("handling_days", "lower_is_better", days(10, 0.7, 0)),
    "mean of 50, spread 0.7": ("handling_days", "lower_is_better", days(50, 0.7, 0)),
    "mean of 50, spread 0.7, months 5 %": ("handling_days", "lower_is_better", days(50, 0.7, 0.05)),
    "mean of 50, spread 1.5": ("handling_days", "lower_is_better", days(50, 1.5, 0)),
    "minutes, 0.2 incidents": ("system_availability", "higher_is_better", outages(0.2, 1)),
    "minutes, 2 incidents": ("system_availability", "higher_is_better", outages(2, 1)),
    "minutes, 2 incidents, spread 2": ("system_availability", "higher_is_better", outages(2, 2)),
    "minutes, 2 incidents, spread 0.5": ("system_availability", "higher_is_better", outages(2, 0.5)),
    "minutes, 20 incidents": ("system_availability", "higher_is_better", outages(20, 1)),
}


def indicators_of(indicator_id: str, drawn: Drawn) -> Indicators:
    """Make the table that ``rm.indicators`` would, of one row a unit and month."""
    n, length = drawn[0].shape
    months = pd.period_range("2018-01", periods=length, freq="M").astype("str")
    table = pd.DataFrame(
        {
            "indicator_id": indicator_id,
            "unit_id": np.repeat([f"U{place:04}" for place in range(n)], length),
            "period": np.tile(months, n),
            "numerator": drawn[0].ravel(),
            "denominator": drawn[1].ravel(),
            "squares": drawn[2].ravel(),
            "left_out": 0.0,
            "value": (drawn[0] / drawn[1]).ravel(),
        }
    )
    return Indicators(table=table, unavailable=pd.DataFrame(), by=("unit_id",))


def begun(alarm: Flags) -> Flags:
    """First months of alarms."""
    return alarm & ~np.pad(alarm, ((0, 0), (1, 0)))[:, :-1]


def print_steady() -> None:
    """Months between false alarms of steady series, with known and with learnt parameters."""
    print(f"\nmonths between false alarms of {SERIES:,} steady series, wanted {WANTED:.0f}")
    print(f"{'':<38}{'known':>9}{'2nd year':>10}{'3rd, 4th':>10}{'5th to 8th':>12}")
    for place, (name, (indicator_id, direction, draw)) in enumerate(CASES.items()):
        rng = np.random.default_rng([5001, place])
        alarms = watch_indicator(
            indicators_of(indicator_id, draw(rng, (SERIES, MONTHS), 1.0)),
            indicator_id,
            direction=direction,
            run_length=WANTED,
            since="2018-02",
            false_share=1.0,
        )
        first = begun(alarms.alarm)
        figures = [
            first[:, a:b].size / max(first[:, a:b].sum(), 1) for a, b in ((12, 24), (24, 48), (48, 96))
        ]
        print(
            f"{name:<38}{known_run_length(place, alarms.law, draw):9.0f}"
            + "".join(f"{figure:{width}.0f}" for figure, width in zip(figures, (10, 10, 12), strict=True))
        )


def known_run_length(place: int, law: LawName, draw: Draw) -> float:
    """Mean time until an alarm of a chart that knows mean and variance of each month."""
    rng = np.random.default_rng([5002, place])
    numerator, size, _ = draw(rng, (SERIES // 2, KNOWN), 1.0)
    seen = numerator if law == "values" else size - numerator
    share = seen.sum() / size.sum()
    mean = share * size
    base = mean * (1 - share) if law == "cases" else mean
    ratio = ((seen - mean) ** 2).sum() / base.sum()
    above, here = LAWS[law](size).tail(seen, mean, ratio * base)
    score, chart, age = middle_score(above, here), np.zeros(len(seen)), np.zeros(len(seen))
    limit, lengths = score_limit(2 * WANTED, SETTINGS.reference), []
    for month in range(KNOWN):
        age += 1
        chart = np.maximum(chart + score[:, month] - SETTINGS.reference, 0)
        alarm = (chart >= limit) | ((above + here)[:, month] <= 1 / (2 * WANTED))
        lengths += age[alarm].tolist()
        chart[alarm] = age[alarm] = 0
    return float(np.sum(lengths) + age.sum()) / max(len(lengths), 1)


def print_steps() -> None:
    """Steps found within a year, and after how many months, at the same share of false months."""
    print(
        f"\n{STEPS:,} of {SERIES:,} series with a step after {AT} months; found within {WITHIN} months, mean delay (else {WITHIN})"
    )
    heads = ("step", "false", "found", "delay", "z-score", "delay", "p-chart", "delay")
    print(f"{'':<38}" + "".join(f"{head:>9}" for head in heads))
    for place, (name, step) in enumerate(STEPPED.items()):
        indicator_id, direction, draw = CASES[name]
        rng = np.random.default_rng([5003, place])
        times = np.ones((SERIES, AT + WITHIN))
        times[:STEPS, AT:] = step
        drawn = draw(rng, times.shape, times)
        alarm = watch_indicator(
            indicators_of(indicator_id, drawn),
            indicator_id,
            direction=direction,
            run_length=WANTED,
            since="2018-02",
            false_share=1.0,
        ).alarm[:, AT:]
        false = float(alarm[STEPS:].mean())
        figures = [step, false, *found_and_delay(alarm[:STEPS])]
        for chart in (last_year, all_before):
            score = chart(drawn, is_mean=indicator_id == "handling_days")
            limit = float(np.quantile(score[STEPS:], 1 - false))
            figures += found_and_delay(score[:STEPS] > limit)
        print(
            f"{name:<38}"
            + "".join(f"{figure:9.2f}" if figure >= 0.1 else f"{figure:9.4f}" for figure in figures)
        )


def found_and_delay(alarm: Flags) -> tuple[float, float]:
    """Share of series with an alarm, and mean months until it."""
    found = alarm.any(axis=1)
    return float(found.mean()), float(np.where(found, alarm.argmax(axis=1), alarm.shape[1]).mean())


def worse(drawn: Drawn, *, is_mean: bool) -> Floats:
    """What grows as the indicator gets worse: the share that fails, the mean, the share of minutes lost."""
    return drawn[0] / drawn[1] if is_mean else 1 - drawn[0] / drawn[1]


def last_year(drawn: Drawn, *, is_mean: bool) -> Floats:
    """Deviations of the watched months from those of the year before, in their standard deviations."""
    value = worse(drawn, is_mean=is_mean)
    scores = []
    for month in range(AT, AT + WITHIN):
        before = value[:, month - YEAR : month]
        scores.append((value[:, month] - before.mean(axis=1)) / np.maximum(before.std(axis=1, ddof=1), 1e-9))
    return np.stack(scores, axis=1)


def all_before(drawn: Drawn, *, is_mean: bool) -> Floats:
    """Deviations from the level of the first months, allowing for the cases of each month: a p-chart; X-bar chart."""
    value, size = worse(drawn, is_mean=is_mean), drawn[1]
    level = (value * size)[:, :AT].sum(axis=1, keepdims=True) / size[:, :AT].sum(axis=1, keepdims=True)
    return (value[:, AT:] - level) * np.sqrt(
        size[:, AT:] / np.maximum(level * (1 - level) if not is_mean else level, 1e-9)
    )


def print_sample() -> None:
    """All indicators of the policy on the sample bank, by bank and by unit: alarms and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        print_bank("sample bank", ingest(ROOT / "params" / "sources" / "sample.yaml", store=Path(folder)))


def print_america() -> None:
    """The same on complaints about Bank of America, by state."""
    file = SHARED / COMPLAINTS
    if not file.exists():
        print(f"\nskipped: {file.name} is not on this machine")
        return
    with tempfile.TemporaryDirectory() as store:
        source = ROOT / "params" / "sources" / "cfpb_bank_of_america.yaml"
        print_bank("Bank of America", ingest(source, store=Path(store), files={"complaints": file}))


def print_bank(name: str, tables: Tables) -> None:
    """Watch all that can be watched of a bank, and print what is found."""
    policy = load_policy(ROOT / "params" / "policy", on="2026-10-01")
    for by in ((), ("unit_id",)):
        found = indicators(tables, policy, by=by, freq="M")
        start, alarms = time.process_time(), {}
        for one in policy.indicators:
            if one.id in set(found.table["indicator_id"]) and INDICATORS[one.id].family != "measured":
                alarms[one.id] = watch_indicator(found, one.id, direction=one.direction, run_length=WANTED)
        seconds = time.process_time() - start
        number = {key: len(one.table) for key, one in alarms.items() if len(one.table)}
        print(
            f"\n{name}, by {by[0] if by else 'bank'}: {len(alarms)} indicators in {seconds:.1f} s; alarms {number}"
        )
        for key, one in alarms.items():
            for row in one.table.head(SHOWN).to_dict("records"):
                where = row["unit_id"] if by else ""
                print(
                    f"  {key:<34}{row['level']:<9}{where:<6}{row['since']} {row['size']:+6.0%} ({row['lower']:+.0%}"
                    f" to {row['upper']:+.0%}) {row['alarmed']} to {row['last']}"
                )


if __name__ == "__main__":
    main()
