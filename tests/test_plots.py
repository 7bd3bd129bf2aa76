"""Plots: one for each result, units on the axes, and no name that could break one."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from policies import proposals_looked_back
from small_bank import (
    AMBER,
    RED,
    make_alarms,
    make_card,
    make_changes,
    make_effects,
    make_explanation,
    make_incidents,
    make_nowcast,
    make_objectives,
    make_outlook,
    make_panel,
    make_record,
    make_replay,
    make_review,
    make_stress,
    make_tables,
)

import riskmodels as rm
from riskmodels.assessment import assess
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting import forecast
from riskmodels.labels import RATING_MARKS
from riskmodels.parameters.risks import RiskRegister
from riskmodels.reporting.plots import (
    COLOURS,
    plot,
    plot_backtest,
    plot_changes,
    plot_coverage,
    plot_forecast,
    plot_heat_map,
    plot_objectives,
    plot_of,
    plot_series,
)
from riskmodels.results import load
from riskmodels.results.classes import _FORMATS, _HOMES, class_named
from riskmodels.stresstest import compare
from riskmodels.tables import Break, data_quality

pytestmark = pytest.mark.whole

POLICIES = Path(__file__).parents[1] / "params" / "policy"
DRAWN_ELSEWHERE = {
    "LossAssessment", "LossDistribution", "TailDiagnostics",  # in test_loss_experience
    "CustomerGaps", "Funnel", "Movements", "RiskAssessment", "UnitExplanation",  # in test_scorecard_page
    "AlarmBook",  # in test_watch_rules
    "Causes", "Decomposition",  # in test_causes
    "Leads", "TypicalWords",  # in test_leads, test_typical_words
    "SatisfactionDrivers", "SatisfactionIndex",  # in test_satisfaction
}  # fmt: skip
WITHOUT_PLOT = {
    *(
        "Assurance",
        "Differences",
        "Effect",
        "EffectEstimate",
        "InterruptedSeries",
        "Placebos",
        "ShrunkenChange",
    ),
    "Segments",
    "MacroSensitivity",
    "ValidationPack",
    "LedgerState",
    "CredibleRates",
    "ScorecardValidation",
    "MatrixLint",
    "Orders",
    "Robustness",
    "Sensitivity",
    "AhpWeights",
    "Listing",
    "Indicators",
    "LimitDraft",
    "FrequencyFit",
    "SeverityFit",
}  # they are tables to be read
HOSTILE = [
    "$x$", "$\\frac{", "<script>alert(1)</script>", "two\nlines", "tab\tand\x00null", "{0.__class__}", "%s 5%",
    "very long " * 300, "", "_hidden", "\\",
]  # fmt: skip
UNITS = [
    {"unit_id": f"u{place}", "rank": place + 1, "rating": rating, "p_amber": p_amber, "p_red": p_red}
    for place, (rating, p_amber, p_red) in enumerate(
        (("red", 1.0, 0.9), ("amber", 0.95, 0.3), ("insufficient", 0.5, 0.0), ("green", 0.0, 0.0))
    )
]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def drawn(axes: Axes) -> Axes:
    """Draw what was plotted, as saving it does: layout and glyphs are found out only then."""
    axes.figure.canvas.draw()
    return axes


def findings(*rows):
    policy = rm.load_policy(POLICIES, on="2026-10-01")
    return assess(
        policy, data=make_tables(), scorecard=make_card(rows, UNITS), register=RiskRegister(risks=())
    )


def outlook():
    panel = make_panel({"a": list(range(20)), "b": [5.0] * 20})
    return make_outlook(panel, np.arange(2 * 6 * 50).reshape(2, 6, 50))


RESULTS = {
    "Panel": lambda: make_panel({"a": [1.0, 2.0, 3.0]}),
    "Forecast": outlook,
    "Explanation": make_explanation,
    "Alarms": make_alarms,
    "ForecastReview": make_review,
    "Nowcast": make_nowcast,
    "Backtest": make_record,
    "Scorecard": lambda: make_card([{}], UNITS),
    "StressTest": make_stress,
    "ScenarioComparison": lambda: compare([make_stress()]),
    "Effects": make_effects,
    "IncidentReview": make_incidents,
    "Due": lambda: load(Path(__file__).parent / "saved" / "format_0" / "Due", object),
    "Proposals": proposals_looked_back,
    "Objectives": make_objectives,
    "Replay": make_replay,
    "Changes": make_changes,
    "DataQuality": lambda: data_quality(make_tables()),
    "Findings": lambda: findings(RED, AMBER | {"indicator_id": "reply_2wd"}),
}
each_result = pytest.mark.parametrize("name", RESULTS)


def texts(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    entries = [text.get_text() for text in legend.get_texts()] if legend else []
    return [
        *entries,
        axes.get_xlabel(),
        axes.get_ylabel(),
        *(tick.get_text() for tick in axes.get_yticklabels()),
    ]


def test_every_result_has_a_plot_or_is_known_to_have_none() -> None:
    classes = {name: class_named(name, _FORMATS.get(name)) for name in _HOMES}
    kinds = {name for name, kind in classes.items() if issubclass(kind, Displayed)}
    assert kinds == {*RESULTS, *WITHOUT_PLOT, *DRAWN_ELSEWHERE}
    for name in kinds - DRAWN_ELSEWHERE:
        has_plot = plot_of.dispatch(classes[name]) is not plot_of.dispatch(object)
        assert has_plot == (name in RESULTS), name


def test_what_has_no_plot_says_so() -> None:
    with pytest.raises(TypeError, match="there is no plot of a int"):
        plot(3)
    with pytest.raises(TypeError, match="there is no plot of a Tables"):
        plot(make_tables())


@each_result
def test_axes_carry_their_unit(name) -> None:
    axes = drawn(plot(RESULTS[name]()))
    labels = [axes.get_xlabel(), axes.get_ylabel()]
    assert any("[" in label and label.rstrip().endswith(("]", "intervals")) for label in labels), labels


@each_result
def test_a_plot_draws_on_the_axes_it_is_given(name) -> None:
    figure, axes = plt.subplots()
    assert plot(RESULTS[name](), ax=axes) is axes
    drawn(axes)
    assert plt.get_fignums() == [figure.number]
    assert axes.has_data()


@each_result
def test_a_plot_leaves_the_settings_of_matplotlib_alone(name) -> None:
    before = dict(plt.rcParams)
    drawn(plot(RESULTS[name]()))
    assert dict(plt.rcParams) == before


def test_the_panel_is_labelled_by_its_period() -> None:
    assert "[per month]" in plot(make_panel({"a": [1, 2]})).get_ylabel()
    assert "[per quarter]" in plot(make_panel({"a": [1, 2]}, end="2024Q3")).get_ylabel()
    quarterly = make_outlook(make_panel({"a": [1, 2]}, end="2024Q3"), np.ones((1, 2, 3)))
    assert "[per quarter]" in plot(quarterly).get_ylabel()


def test_unknown_periods_are_shaded_and_not_drawn_as_zero() -> None:
    axes = drawn(plot(make_panel({"a": [1, np.nan, 3, np.nan, 5], "b": [1, 1, 1, np.nan, 1]})))
    assert shaded(axes) == [(0.5, 1.5), (2.5, 3.5)]
    assert all(patch.get_hatch() for patch in axes.patches)  # not by colour alone
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [2, np.nan, 4, np.nan, 6])
    assert "unknown" in texts(axes)
    assert not drawn(plot(make_panel({"a": [1, 2]}))).patches


def shaded(axes: Axes) -> list[tuple[float, float]]:
    return sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches)


def marked(axes: Axes) -> list[tuple[float, str]]:
    """Where a break is marked, and in which words."""
    lines = [
        line.get_xdata()[0]
        for line in axes.lines
        if line.get_linestyle() == "--" and len(set(line.get_xdata())) == 1
    ]
    return list(zip(lines, [text.get_text() for text in axes.texts], strict=True))


def test_the_fan_shades_what_is_unknown_as_one_band_a_hole() -> None:
    panel = make_panel({"a": [1.0] * 10 + [np.nan] * 3 + [1.0] * 7})
    axes = drawn(plot(make_outlook(panel, np.ones((1, 6, 5)))))
    assert shaded(axes) == [(9.5, 12.5)]
    assert texts(axes).count("unknown") == 1
    long = make_panel({"a": [np.nan] * 10 + [1.0] * 40})  # the history drawn begins later
    assert not shaded(drawn(plot(make_outlook(long, np.ones((1, 6, 5))))))


def test_a_break_is_a_dashed_line_with_its_words_before_the_first_month_it_concerns() -> None:
    breaks = (
        Break(month="2024-07", words="repeats merged", where={"product": "a"}),
        Break(month="2020-01", words="long ago"),
        Break(month="2025-01", words="not yet"),
    )
    panel = dataclasses.replace(make_panel({"a": [1.0] * 12, "b": [1.0] * 12}), breaks=breaks)  # to 2024-09
    expected = [(8.5, "2024-07: a repeats merged")]
    assert marked(drawn(plot(panel))) == expected
    assert marked(drawn(plot(make_outlook(panel, np.ones((2, 6, 5)))))) == expected
    assert not marked(drawn(plot(make_panel({"a": [1.0] * 12}))))


def test_a_break_among_quarters_stands_at_the_first_whole_one() -> None:
    panel = make_panel({"a": [1.0] * 8}, end="2024Q3")  # from 2022Q4
    inside = dataclasses.replace(panel, breaks=(Break(month="2023-05", words="x"),))
    assert marked(drawn(plot(inside))) == [(2.5, "2023-05: x")]


def test_a_note_stands_below_any_plot() -> None:
    for result in (make_panel({"a": [1.0, 2.0]}), make_card([{}], UNITS), make_changes()):
        axes = drawn(plot(result, note="Data quality: 95.8%"))
        assert axes.figure.get_supxlabel() == "Data quality: 95.8%"
    assert not drawn(plot(make_panel({"a": [1.0]}))).figure.get_supxlabel()


def test_quality_is_named_by_a_letter_and_a_share() -> None:
    quality = data_quality(make_tables(1000, 0, ("2024-09",)))
    axes = drawn(plot(quality))
    assert axes.texts[0].get_text() == "D  0.0%"  # its only month is a hole
    assert "A  100%" in [text.get_text() for text in axes.texts]
    assert "–" in [text.get_text() for text in axes.texts]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["complaints"]


def test_coverage_shows_holes_and_breaks(take_in) -> None:
    rows = [
        {"complaint_id": f"c{m}", "received_at": f"2024-{m:02d}-03", "unit_id": "u", "product": "p"}
        for m in (1, 6)
    ]
    tables = take_in(complaints=rows, as_of="2024-06-30", unknown_months={"complaints": ["2024-03"]})
    provenance = tables.complaints.provenance.model_copy(
        update={"breaks": (Break(month="2024-05", words="new form"),)}
    )
    changed = dataclasses.replace(tables.complaints, provenance=provenance)
    axes = drawn(plot_coverage(data_quality(dataclasses.replace(tables, complaints=changed)), note="n"))
    known, hole = (len(collection.get_paths()) for collection in axes.collections[:2])
    assert (known, hole) == (5, 1)
    assert [text.get_text() for text in axes.texts] == ["new form"]
    assert {"known", "unknown"} <= set(texts(axes))


def test_changes_are_stacked_by_month_and_said_in_words_where_there_are_none() -> None:
    axes = drawn(plot_changes([make_changes(), make_changes()]))
    assert sum(patch.get_height() for patch in axes.patches) == 2 * (1 + 3 + 4 + 2)
    assert {"late", "completed", "revised", "vanished"} <= set(texts(axes))
    nothing = make_changes()
    nothing = dataclasses.replace(nothing, table=nothing.table.head(0))
    assert drawn(plot_changes([nothing])).texts[0].get_text() == "No row of an earlier delivery was changed"
    assert drawn(plot_changes([])).texts[0].get_text() == "No row of an earlier delivery was changed"


def test_the_fan_begins_after_the_history_and_holds_its_mean() -> None:
    made = outlook()
    axes = drawn(plot(made))
    history, expected = axes.lines
    assert expected.get_xdata()[0] == history.get_xdata()[-1] + 1
    np.testing.assert_allclose(expected.get_ydata(), made.aggregate().mean[0])
    total, levels = made.aggregate().quantiles[0], made.levels
    for band, low, high in zip(axes.collections, (0.025, 0.1, 0.25), (0.975, 0.9, 0.75), strict=True):
        extents = band.get_paths()[0].get_extents()
        assert extents.y0 == total[:, levels.index(low)].min()
        assert extents.y1 == total[:, levels.index(high)].max()
    assert texts(axes)[:5] == ["received", "expected", "50%", "80%", "95%"]


def incomplete(share: float = 0.7, *, last: float = 70.0):
    """A forecast of two series of 24 months, of whose last month a share is known."""
    panel = make_panel({"a": [100.0] * 23 + [last], "b": [50.0] * 23 + [last / 2]})
    return forecast(panel, horizon=3, completeness=np.array([1.0] * 23 + [share]))


def test_a_month_that_is_not_complete_is_drawn_as_it_is_and_hollow_as_it_will_be() -> None:
    axes = drawn(plot(incomplete()))
    received, so_far, corrected = axes.lines[0], axes.lines[1], axes.containers[0].lines[0]
    np.testing.assert_array_equal(received.get_ydata(), [150.0] * 23 + [np.nan])
    assert (so_far.get_xdata().tolist(), so_far.get_ydata().tolist()) == ([23], [105.0])
    assert corrected.get_xdata().tolist() == [23]
    assert corrected.get_ydata()[0] == pytest.approx(150)
    assert corrected.get_markerfacecolor() == "white"
    assert texts(axes)[:3] == ["received", "received so far", "expected in the end"]
    assert not axes.containers[0].has_yerr  # without a nowcast no interval is known


def test_a_nowcast_gives_what_is_still_to_come_its_interval() -> None:
    known = make_nowcast((1.0, 0.995, 0.7), reported=105.0)
    axes = drawn(plot_forecast(incomplete(), nowcast=known))
    (bars,) = axes.containers[0].lines[2]
    (ends,) = bars.get_segments()
    assert ends[:, 0].tolist() == [23, 23]
    np.testing.assert_allclose(ends[:, 1], known.table["nowcast"].iloc[-1] * np.array([0.95, 1.05]))
    other = make_nowcast(end="2024-08")  # it knows nothing of the month
    assert not drawn(plot_forecast(incomplete(), nowcast=other)).containers[0].has_yerr


def test_months_nearly_complete_are_drawn_as_complete() -> None:
    axes = drawn(plot(incomplete(0.995, last=99.0)))
    assert not axes.containers
    assert axes.lines[0].get_ydata()[-1] == 148.5


def test_the_correction_of_a_total_is_the_sum_of_those_of_its_parts() -> None:
    panel = make_panel({"a": [100.0] * 23 + [70.0], "b": [50.0] * 23 + [10.0]})
    shares = np.ones((2, 24))
    shares[:, -1] = 0.7, 0.2
    axes = drawn(plot(forecast(panel, horizon=3, completeness=shares)))
    np.testing.assert_allclose(axes.containers[0].lines[0].get_ydata(), [150.0])


def test_the_biggest_series_are_drawn_side_by_side_the_biggest_first() -> None:
    panel = make_panel({f"p{place}": [10.0 * place] * 24 for place in range(1, 9)})
    every = plot_series(forecast(panel, horizon=3), note="Data quality: 95.8%")
    assert [axes.get_title(loc="left") for axes in every] == ["p8", "p7", "p6", "p5", "p4", "p3"]
    figure = drawn(every[0]).figure
    assert figure.get_supxlabel() == "Data quality: 95.8%"
    assert figure.get_supylabel() == "complaints [per month]"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["received", "expected", "50%", "80%", "95%"]
    np.testing.assert_array_equal(every[0].lines[0].get_ydata(), [80.0] * 24)
    assert every[0].get_ylim()[1] > 2 * every[-1].get_ylim()[1]  # each on its own scale


def test_three_series_leave_no_empty_axes_and_one_needs_no_second_column() -> None:
    three = plot_series(forecast(make_panel({name: [9.0] * 24 for name in "abc"}), horizon=3))
    assert [axes.axison for axes in drawn(three[0]).figure.axes] == [True, True, True, False]
    one = plot_series(forecast(make_panel({"a": [9.0] * 24}), horizon=3))
    assert len(drawn(one[0]).figure.axes) == 1


def test_a_break_of_one_series_is_marked_in_that_one_only() -> None:
    breaks = (Break(month="2024-07", words="repeats merged", where={"product": "a"}),)
    panel = dataclasses.replace(make_panel({"a": [9.0] * 24, "b": [7.0] * 23 + [np.nan]}), breaks=breaks)
    made = make_outlook(panel, np.array([[[9.0]] * 3, [[7.0]] * 3]))
    broken, unknown = plot_series(made)
    assert marked(drawn(broken)) == [(20.5, "2024-07: a repeats merged")]
    assert not marked(drawn(unknown))
    assert (shaded(broken), shaded(unknown)) == ([], [(22.5, 23.5)])


def test_only_bands_whose_levels_were_forecast_are_drawn() -> None:
    made = forecast(make_panel({"a": [10.0] * 30}), horizon=3, levels=(0.1, 0.5, 0.9))
    assert [text for text in texts(drawn(plot_forecast(made))) if text.endswith("%")] == ["80%"]


def test_amounts_below_zero_are_in_the_picture_and_not_called_complaints() -> None:
    panel = make_panel({"a": list(-np.arange(1.0, 31.0))})
    axes = drawn(plot_forecast(forecast(dataclasses.replace(panel, kind="amount"), horizon=3)))
    assert axes.get_ylim()[0] < -30
    assert axes.get_ylabel() == "amount [per month]"


def test_a_month_without_a_count_yet_is_not_complete() -> None:
    share = np.append(np.ones(29), 0.1)
    made = forecast(make_panel({"a": [1.0] * 29 + [0.0]}), horizon=3, completeness=share)
    assert "received so far" in texts(drawn(plot_forecast(made)))


def test_a_backtest_of_a_method_that_was_not_tested_is_refused() -> None:
    with pytest.raises(ParameterError, match="'auto' was not tested; expected"):
        plot_backtest(make_record(), method="auto")


def test_a_nowcast_stacks_what_is_to_come_on_what_came() -> None:
    known = make_nowcast((1.0,) * 20 + (0.98, 0.7))
    axes = drawn(plot(known))
    came, to_come, _ = axes.containers
    assert [bar.get_height() for bar in came] == [700.0] * 12
    assert [bar.get_x() for bar in to_come] == [9.65, 10.65]  # only the months that are not complete
    assert [bar.get_y() + bar.get_height() for bar in to_come] == pytest.approx([700 / 0.98, 1000])
    assert all(bar.get_hatch() for bar in to_come)  # not by colour alone
    assert [text.get_text() for text in axes.texts] == ["98%", "70%"]
    assert {"received so far", "expected to be logged later", "95% interval"} <= set(texts(axes))


def test_a_nowcast_of_complete_or_unknown_months_is_drawn() -> None:
    assert not drawn(plot(make_nowcast((1.0, 1.0)))).texts
    unknown = make_nowcast((1.0, 0.7))
    table = unknown.table.assign(reported=np.nan, nowcast=np.nan, nowcast_lower=np.nan, nowcast_upper=np.nan)
    assert not drawn(plot(dataclasses.replace(unknown, table=table))).texts


def test_an_explanation_steps_from_the_forecast_before_to_that_of_now() -> None:
    found = make_explanation()
    axes = drawn(plot(found, note="Data quality: 95.8%"))
    steps = [bar for group in axes.containers for bar in group]
    assert [bar.get_width() for bar in steps] == pytest.approx(found.sums[found.reasons].tolist())
    assert [line.get_xdata()[0] for line in axes.lines] == pytest.approx(
        found.sums[["before", "now"]].tolist()
    )
    assert len({bar.get_hatch() for bar in steps}) == len(steps)  # not by colour alone
    right = axes.figure.axes[1]
    assert sorted(text.get_text() for text in right.get_yticklabels()) == ["cards", "cash", "loans"]
    np.testing.assert_allclose(
        right.lines[0].get_xdata()[::-1], (found.summary()["now"] - found.summary()["before"])
    )
    assert axes.figure.get_supxlabel() == "Data quality: 95.8%"
    alone = make_explanation(earlier=False)
    assert [text.get_text() for text in drawn(plot(alone)).texts] == [alone.sentence]


def test_a_backtest_shows_where_outcomes_fell_and_every_method_by_horizon() -> None:
    record = make_record(origins=12)
    axes = drawn(plot(record, note="Data quality: 95.8%"))
    best = record.table["method"][0]
    rows = record.pit_histogram[record.pit_histogram["method"] == best]
    pairs = rows["share"].to_numpy().reshape(-1, 2).sum(axis=1)
    bars = axes.containers[0]
    np.testing.assert_allclose([bar.get_height() for bar in bars], pairs)
    np.testing.assert_allclose([bar.get_x() for bar in bars], np.arange(10) / 10)
    assert axes.get_title(loc="left") == f"Where outcomes fell: {best}"
    left, right = axes.figure.axes
    assert left is axes
    assert [line.get_label() for line in right.lines] == record.table["method"].tolist()
    for line in right.lines:
        losses = record.by_horizon[record.by_horizon["method"] == line.get_label()]["wql"]
        np.testing.assert_array_equal(line.get_ydata(), losses)
    assert len({line.get_marker() for line in right.lines}) == 2  # not by colour alone
    assert axes.figure.get_supxlabel() == "Data quality: 95.8%"
    other = drawn(plot_backtest(record, method="seasonal_naive"))
    assert other.get_title(loc="left") == "Where outcomes fell: seasonal_naive"


def test_the_band_of_the_histogram_holds_nine_bars_in_ten_of_an_honest_forecast() -> None:
    record = make_record()
    even = np.random.default_rng(1).multinomial(2000, np.full(20, 0.05), size=200)
    inside = []
    for outcomes in even:
        rows = record.pit_histogram.assign(outcomes=[*outcomes.astype(float)] * 2)
        if not inside:
            axes = drawn(plot(dataclasses.replace(record, pit_histogram=rows)))
            band = next(patch for patch in axes.patches if patch.get_width() == 1)
        share = outcomes.reshape(-1, 2).sum(axis=1) / 2000
        low, high = band.get_y(), band.get_y() + band.get_height()
        inside.append(((share >= low) & (share <= high)).mean())
    assert np.mean(inside) == pytest.approx(0.9, abs=0.03)


def test_a_backtest_without_any_known_outcome_is_drawn() -> None:
    record = make_record()
    rows = record.pit_histogram.assign(outcomes=0.0, share=np.nan)
    drawn(plot(dataclasses.replace(record, pit_histogram=rows)))


def test_a_rating_is_named_by_its_mark_too() -> None:
    axes = drawn(plot(make_card([{}], UNITS)))
    markers = {(line.get_marker(), line.get_fillstyle()) for line, *_ in axes.containers}
    assert len(markers) == 4
    policy = rm.load_policy(POLICIES, on="2026-10-01")
    card = make_card([RED | {"unit_id": "u0"}, AMBER | {"unit_id": "u1"}, {"unit_id": "u3"}], UNITS)
    heat = drawn(plot_heat_map(card, policy))
    assert {marks.get_label(): marks.get_offsets().tolist() for marks in heat.collections} == {
        "red": [[0, 0]], "amber": [[0, 1]], "green": [[0, 3]], "insufficient": [],
    }  # fmt: skip
    assert len({marks.get_paths()[0].vertices.tobytes() for marks in heat.collections[:3]}) == 3
    assert [len(marks.get_facecolor()) for marks in heat.collections] == [1, 1, 1, 0]
    assert all(mark in heat.get_xlabel() for mark in RATING_MARKS.values())
    assert set(COLOURS) == {*RATING_MARKS, ""}


def test_the_riskiest_unit_stands_on_top() -> None:
    axes = drawn(plot(make_card([{}], UNITS)))
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [
        f"First branch ({unit})" for unit in ("u3", "u2", "u1", "u0")
    ]


def test_findings_are_counted() -> None:
    axes = drawn(plot(findings(RED, AMBER | {"indicator_id": "reply_2wd"})))
    assert sum(patch.get_width() for patch in axes.patches) == 4  # two of the bank, two scores
    assert {"■ Red", "▲ Amber"} <= set(texts(axes))


# Nothing there, and hostile names


def test_a_card_without_units_is_drawn() -> None:
    drawn(plot(make_card()))


def test_no_findings_are_drawn() -> None:
    made = findings()
    drawn(plot(dataclasses.replace(made, facts=made.facts.head(0))))


def test_a_stress_test_that_moves_nothing_is_drawn() -> None:
    drawn(plot(make_stress([])))


def test_a_panel_of_one_period_and_one_without_any_known_value_are_drawn() -> None:
    drawn(plot(make_panel({"a": [1.0]})))
    drawn(plot(make_panel({"a": [np.nan, np.nan]})))


@pytest.mark.parametrize("rows", [[{"unit_id": "u0"}], []], ids=["one unit", "no indicator"])
def test_a_small_heat_map_is_drawn(rows, default_policy) -> None:
    axes = drawn(plot_heat_map(make_card(rows, UNITS[:1]), default_policy))
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["First branch (u0)"]


def test_a_heat_map_without_units_is_drawn(default_policy) -> None:
    drawn(plot_heat_map(make_card(), default_policy))


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_breaks_a_plot(name, default_policy) -> None:
    card = make_card([RED | {"unit_id": name}, {"unit_id": name, "indicator_id": "reply_2wd"}],
                     [{"unit_id": name, "name": name}])  # fmt: skip
    shown = [tick.get_text() for tick in drawn(plot(card)).get_yticklabels()]
    assert len(shown) == 1
    assert len(shown[0]) <= 34
    assert "\n" not in shown[0]
    every = plot_series(make_outlook(make_panel({name: [1.0] * 4}), np.ones((1, 3, 5))))
    assert len(drawn(every[0]).get_title(loc="left")) <= 40
    named = [
        one.model_copy(update={"name_en": name or "-", "name_zh": name or "-"})
        for one in default_policy.indicators
    ]
    drawn(plot_heat_map(card, default_policy.model_copy(update={"indicators": tuple(named)})))


def test_names_are_never_read_as_mathematics() -> None:
    axes = drawn(plot(make_card([{}], [{"unit_id": "$x^2$"}])))
    assert not axes.get_yticklabels()[0].get_parse_math()
    assert axes.get_yticklabels()[0].get_text() == "First branch ($x^2$)"


def test_chinese_names_have_their_glyphs(default_policy) -> None:
    installed = font_manager.get_font_names()
    if not {"Noto Sans CJK SC", "Noto Sans SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei"} & set(
        installed
    ):
        pytest.skip("no Chinese font is installed")  # a missing glyph is a warning, which is an error here
    card = make_card([RED | {"unit_id": "上海分行"}], [{"unit_id": "上海分行", "name": "上海分行"}])
    drawn(plot(card))
    named = [one.model_copy(update={"name_en": one.name_zh}) for one in default_policy.indicators]
    axes = drawn(plot_heat_map(card, default_policy.model_copy(update={"indicators": tuple(named)})))
    assert axes.get_xticklabels()[0].get_text() == default_policy.indicator("resolved_7wd").name_zh


def test_many_units_are_cut_to_the_riskiest() -> None:
    many = [{"unit_id": f"u{place:03d}", "rank": place} for place in range(200)]
    axes = drawn(plot(make_card([{}], many)))
    assert len(axes.get_yticklabels()) == 40
    assert pd.Series([tick.get_text() for tick in axes.get_yticklabels()]).max() == "First branch (u039)"


def test_each_objective_has_a_panel_that_says_how_likely_it_is(default_policy) -> None:
    rows = [{"probability": 0.75}, {"indicator_id": "retention", "months_left": 0, "probability": 1.0}, {}]
    first = drawn(plot_objectives(make_objectives(rows), default_policy))
    titles = [axes.get_title(loc="left") for axes in first.figure.axes]
    assert titles == [
        "Customer satisfaction: very likely missed (1%)",
        "Customer satisfaction: likely met (75%)",
        "Customer retention: met (100%)",
        "",
    ]
    names = [text.get_text() for text in first.figure.legends[0].get_texts()]
    assert names[-2:] == ["year before", "objective"]
    lines = {line.get_label(): line.get_ydata() for line in first.lines}
    assert lines["course that meets the objective"][-1] == 0.985
    alone = plot_objectives(make_objectives([]))
    assert not alone.lines
