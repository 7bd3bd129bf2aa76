"""Alarms as they are read: the sentence, the list, the plot; names, plurals and other languages."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from small_bank import make_alarms

import riskmodels as rm
from riskmodels.labels import use_language
from riskmodels.reporting.listings import list_alarms
from riskmodels.reporting.plots import plot_alarm_times, plot_alarms
from riskmodels.surveillance.alarm_words import said_since, shown_period
from riskmodels.surveillance.laws import LAWS

pytestmark = pytest.mark.whole
NAMES = {"u4": "Lake Branch"}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def alarms() -> rm.Alarms:
    return make_alarms()


def three(alarms: rm.Alarms) -> rm.Alarms:
    """The same alarm as new, closed, and of all."""
    row = alarms.table.iloc[0].to_dict()
    rows = [
        row | {"status": "closed", "probability": 0.9},
        row | {"status": "new", "probability": 0.7},
        row | {"status": "closed", "probability": 1.0, "product": "", "unit_id": "", "level": "total"},
    ]
    history = pd.concat([alarms.histories.assign(place=place) for place in range(3)], ignore_index=True)
    return replace(alarms, table=pd.DataFrame(rows), histories=history)


def test_the_sentence_has_one_of_one_and_none_of_none(alarms) -> None:
    assert alarms.sentence == (
        "1 alarm (0 new, 0 continuing, 1 closed) in 4 series from 2021-01 on; one false alarm is accepted"
        " every 500 months of a series."
    )
    assert three(alarms).sentence.startswith("3 alarms (1 new, 0 continuing, 2 closed) in 4 series")
    assert make_alarms(rise=1.0).sentence.startswith("No alarm in 4 series from 2021-01 on; one false")
    assert (
        "from week of 2020-07-27 on; one false alarm is accepted every 500 weeks"
        in make_alarms(freq="W").sentence
    )


def test_every_word_can_be_said_in_another_language(alarms, tmp_path) -> None:
    texts = {
        "{alarms} ({new} new, {continuing} continuing, {closed} closed) in {watched}": "{watched}：{alarms}",
        "{series} from {first} on; one false alarm is accepted every {number} {periods} of a series.": "{series} {first}",
        "alarm": "警报",
        "series": "序列",
        "months": "月",
        "all series": "全部",
        "since {dates}": "自 {dates}",
    }
    catalogue = Catalog(locale="zh")
    for text, translation in texts.items():
        catalogue.add(text, translation)
    with (tmp_path / "zh.po").open("wb") as file:
        write_po(file, catalogue)
    use_language("zh", folder=tmp_path)
    try:
        assert alarms.sentence == "4 序列 2021年1月：1 警报"
        whole = list_alarms(three(alarms)).frame["What"]
        assert whole.tolist() == ["b × u4", "全部", "b × u4"]
        assert "自 2024年3月" in said_since(alarms.table.iloc[0].to_dict())
    finally:
        use_language("en")


def test_the_list_says_what_since_when_by_how_much_and_how_sure(alarms) -> None:
    row = alarms.table.iloc[0]
    (listed,) = list_alarms(alarms, unit_names=NAMES).frame.to_dict("records")
    assert listed["What"] == "b × Lake Branch (u4)"
    assert listed["Status"] == "closed"
    assert listed["Since (90% interval)"].startswith(row["since"])
    assert listed["Above the level before (90% interval)"] == (
        f"{row['size']:+.0%} ({row['lower']:.0%} to {row['upper']:.0%})"
    )
    assert listed["Likelihood"] == "more than 99%"
    assert (listed["First alarm"], listed["Last alarm"]) == (row["alarmed"], row["last"])


def test_what_goes_on_comes_first_then_what_is_likeliest(alarms) -> None:
    frame = list_alarms(three(alarms)).frame
    assert frame["Status"].tolist() == ["new", "closed", "closed"]
    assert frame["What"].tolist() == ["b × u4", "all series", "b × u4"]
    many = replace(alarms, table=pd.concat([alarms.table] * 40, ignore_index=True))
    assert len(list_alarms(many).frame) == 30
    assert list_alarms(many).sentence.endswith("10 more are not listed.")


def test_a_history_is_what_was_seen_and_what_was_due_of_the_series(alarms) -> None:
    history = alarms.history(0)
    place = alarms.keys["unit_id"].tolist().index("u4")
    np.testing.assert_array_equal(history["observed"], alarms.panel.values[place])
    np.testing.assert_array_equal(history["expected"], alarms.expected[place])
    np.testing.assert_array_equal(history["limit"], alarms.limit[place])
    np.testing.assert_array_equal(history["alarm"], alarms.alarm[place])


def test_the_history_of_a_group_is_the_sum_of_its_members() -> None:
    made = make_alarms()
    values = made.panel.values.copy()
    values[:, 50:] = np.round(values[:, 50:] * [[1.6], [1.6], [1.6], [0.8]])
    shared = rm.watch(replace(made.panel, values=values), run_length=500)
    groups = shared.table[shared.table["unit_id"] == ""]
    assert len(groups)
    for place, row in groups.iterrows():
        rows = shared.keys["product"] == row["product"] if row["product"] else slice(None)
        seen = shared.panel.values[rows].sum(axis=0)
        np.testing.assert_array_equal(shared.history(int(place))["observed"], seen)


def test_a_panel_of_the_plot_says_its_message_and_marks_alarms_and_date(alarms) -> None:
    axes = plot_alarms(alarms, unit_names=NAMES)
    row = alarms.table.iloc[0]
    title = " ".join(axes.get_title(loc="left").split())
    assert title.startswith(f"b × Lake Branch (u4): since {row['since']}")
    assert f"{row['size']:+.0%} ({row['lower']:.0%} to {row['upper']:.0%})" in title
    (marks,) = (line for line in axes.lines if line.get_label() == "alarm")
    assert len(marks.get_xdata()) == alarms.history(0)["alarm"].sum()
    assert marks.get_marker() == "X"
    (shaded,) = axes.patches
    periods = alarms.panel.periods.astype("str")
    first, last = (periods.get_loc(row[name]) for name in ("since_earliest", "since_latest"))
    assert (shaded.get_x(), shaded.get_width()) == (first - 0.5, last - first + 1)
    assert shaded.get_hatch()


def test_six_alarms_at_most_are_drawn_each_by_itself(alarms) -> None:
    plot_alarms(three(alarms))
    assert sum(axes.has_data() for axes in plt.gcf().axes) == 3
    many = replace(
        alarms,
        table=pd.concat([alarms.table] * 9, ignore_index=True),
        histories=pd.concat([alarms.histories.assign(place=place) for place in range(9)]),
    )
    plot_alarms(many)
    assert len(plt.gcf().axes) == 6


def test_without_an_alarm_all_series_are_drawn_with_their_limit() -> None:
    quiet = make_alarms(rise=1.0)
    axes = plot_alarms(quiet)
    assert axes.get_title(loc="left") == "All series: nothing unusual"
    (seen,) = (line for line in axes.lines if line.get_label() == "seen")
    np.testing.assert_array_equal(seen.get_ydata(), quiet.panel.values.sum(axis=0))
    assert quiet.history(-1)["limit"].notna().sum() > 50
    old = replace(quiet, histories=quiet.histories.head(0))  # as earlier versions saved them
    plot_alarms(old).figure.canvas.draw()


def test_unknown_periods_are_shaded_and_nothing_is_expected_in_them(alarms) -> None:
    values = alarms.panel.values.copy()
    values[:, 30:33] = np.nan
    found = rm.watch(replace(alarms.panel, values=values), run_length=500)
    assert found.history(found.importance[0])["expected"][30:33].isna().all()
    axes = plot_alarms(found)
    assert "unknown" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_overview_has_a_line_an_alarm(alarms) -> None:
    axes = plot_alarm_times(three(alarms), unit_names=NAMES)
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["b × Lake Branch (u4) · closed", "all series · closed", "b × Lake Branch (u4) · new"]
    assert axes.get_title(loc="left") == "Alarms: 3; still going on: 1"
    assert plot_alarm_times(make_alarms(rise=1.0)).get_title(loc="left") == "Nothing unusual"


@pytest.mark.parametrize("freq", ["D", "W", "M", "Q", "Y"])
def test_periods_of_any_length_are_readable(freq) -> None:
    axes = plot_alarms(make_alarms(freq=freq, rise=3.0))
    axes.figure.canvas.draw()
    assert all("/" not in text.get_text() for text in axes.get_xticklabels())
    assert "/" not in axes.get_title(loc="left")


def test_a_week_is_called_by_its_first_day() -> None:
    assert shown_period("2026-01-05/2026-01-11") == "week of 2026-01-05"
    assert shown_period("2026Q1") == "2026Q1"


def test_the_axis_says_what_is_drawn(alarms) -> None:
    units = {law: plot_alarms(replace(alarms, law=law)).get_ylabel() for law in LAWS}
    assert units == {
        "counts": "events [per month]",
        "cases": "cases",
        "values": "mean",
        "minutes": "minutes lost",
    }
