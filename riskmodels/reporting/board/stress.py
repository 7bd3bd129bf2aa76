"""Stress: which scenario costs most, what turns red in it, and what is not prepared for it."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.assessment.figures import shown_probability
from riskmodels.labels import counted, label, local, marked
from riskmodels.parameters.scenarios import severity_label
from riskmodels.reporting.board.digits import shown_sum, shown_value, significant
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import Chart, PaperPage, PaperTable
from riskmodels.reporting.plots import picture, plot_stresstest
from riskmodels.stresstest import ScenarioComparison, StressTest

_MOST, _MOST_TURNED = 8, 12  # lines; a choice: the full report has them all
_WORST = marked("Worst scenario tested, {scenario}: {complaints} more complaints, {money} more cost")
_ONLY = marked("Worst scenario tested, {scenario}: {complaints} more complaints")


def stress_page(saved: Saved) -> PaperPage | None:
    """Say which scenario is worst and what it does; None where no scenario applied."""
    compared = saved.one("comparison", ScenarioComparison)
    tests = {
        (test.scenario.id, test.severity): test
        for test in saved.all_of("stress-*", StressTest)
        if test.applied
    }
    if compared is None or not tests:
        return None
    pairs = zip(compared.table.itertuples(), compared.names, strict=True)
    rows: list[Any] = [(row, name) for row, name in pairs if (row.scenario, row.severity) in tests]
    if not rows:
        return None
    first, name = rows[0]
    worst = tests[first.scenario, first.severity]
    words = _WORST if math.isfinite(first.money) and first.money > 0 else _ONLY
    named = {"scenario": name, "complaints": significant(first.complaints), "money": shown_sum(first.money)}
    return PaperPage(
        subject=label("Stress"),
        message=label(words, named),
        sentences=tuple(
            f"{row['subject_name']}: {row['condition']}" for row in saved.rows_of("contingency_plan")
        ),
        charts=tuple(_drawn(worst)),
        tables=tuple(filter(None, [_compared(rows[:_MOST]), _turned(saved, list(tests.values()))])),
    )


def _drawn(worst: StressTest) -> Iterator[Chart]:
    """Draw the complaints of the worst scenario, where there are any to draw."""
    table = worst.complaints
    if table.empty or table["stressed"].isna().any():
        return
    highest = table.iloc[int(np.argmax(table["stressed"] - table["expected"]))]
    yield Chart(
        title=label(
            "The worst month is {period}: {stressed} complaints instead of {expected}",
            period=highest["period"],
            stressed=significant(highest["stressed"]),
            expected=significant(highest["expected"]),
        ),
        shows=label("Complaints by month, expected and under the scenario, with 90% intervals"),
        image=picture(partial(_plotted, worst), width=7.2, height=2.7),
    )


def _plotted(worst: StressTest, axes: Any) -> None:
    plot_stresstest(worst, ax=axes)


def _compared(rows: list[Any]) -> PaperTable:
    """List what each scenario does, the worst first."""
    return PaperTable(
        title=label("What each scenario would do"),
        headings=(
            *(label("Scenario"), label("Complaints more"), label("Costs more")),
            *(
                label("Until the backlog is as usual"),
                label("Indicators turning red"),
                label("Units turning red"),
            ),
        ),
        rows=tuple(
            (
                *(name, significant(row.complaints), shown_sum(row.money)),
                counted(row.recovery, "month", "months")
                if math.isfinite(row.recovery)
                else label("longer than the outlook")
                if math.isinf(row.recovery)
                else "–",
                *map(significant, (row.indicators, row.units)),
            )
            for row, name in rows
        ),
    )


def _turned(saved: Saved, tests: list[StressTest]) -> PaperTable | None:
    """List the indicators that scenarios turn red."""
    rows = [
        (
            *(
                saved.name_of(row.indicator_id),
                f"{local(test.scenario, 'name')}, {severity_label(test.severity)}",
            ),
            *(shown_value(row.indicator_id, value, row.red) for value in (row.before, row.after)),
            *(shown_value(row.indicator_id, row.red), shown_probability(row.p_red)),
        )
        for test in tests
        for row in _turning(test.table)
    ]
    if not rows:
        return None
    return PaperTable(
        title=label("Indicators that would turn red"),
        headings=(
            *(label("Indicator"), label("Scenario"), label("Now")),
            *(label("Under the scenario"), label("Red limit"), label("Probability of red")),
        ),
        rows=tuple(rows[:_MOST_TURNED]),
        texts=2,
    )


def _turning(table: pd.DataFrame) -> list[Any]:
    return list(table[(table["rating"] == "red") & (table["rating_before"] != "red")].itertuples())
