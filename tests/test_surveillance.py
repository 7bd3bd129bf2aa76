"""Watching panels: what is found, since when, at which level; and what is no alarm."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import a_panel
from scipy.stats import binom
from simulations import drawn_in_part, draws
from workload.seeded_banks import EARLIER, LATER, seeded_panel

import riskmodels as rm
from riskmodels.errors import ContractError, ParameterError
from riskmodels.panel import Panel
from riskmodels.surveillance import discover, find_changes, stand_out, watch
from riskmodels.surveillance.baseline import Watched, follow
from riskmodels.surveillance.courses import design_of
from riskmodels.surveillance.laws import Counts
from riskmodels.surveillance.levels import level_of
from riskmodels.surveillance.many import groupings
from riskmodels.surveillance.settings import Limits
from riskmodels.tables import Break


def counts(
    n: int = 1, length: int = 60, *, mean: float = 20.0, ratio: float = 1.5, seed: int = 5
) -> np.ndarray:
    """Overdispersed counts of a steady level."""
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(np.full((n, length), mean / (ratio - 1)), ratio - 1)).astype(float)


def bank(values: np.ndarray) -> Panel:
    """Panel of three regions of eight branches each, from 2020 on."""
    panel = a_panel(values)
    places = np.arange(len(values))
    keys = pd.DataFrame({"region_id": places // 8, "unit_id": places}).astype(str)
    return replace(panel, keys=keys)


def test_a_doubled_level_is_one_alarm_with_date_and_size() -> None:
    values = counts()
    values[:, 50:] = counts(length=10, mean=40, seed=6)
    (row,) = watch(a_panel(values), run_length=200).table.to_dict("records")
    assert (row["since"], row["status"]) == ("2024-03", "closed")
    assert row["since_earliest"] <= "2024-03" <= row["since_latest"]
    assert row["lower"] <= 1.0 <= row["upper"]
    assert row["lower"] <= row["size"] <= row["upper"]
    assert row["probability"] > 0.99


def test_nothing_later_changes_a_judgement() -> None:
    values = counts(25, seed=7)
    values[3, 40:] *= 2
    whole, part = watch(bank(values[:24]), run_length=100), watch(bank(values[:24, :48]), run_length=100)
    for name in ("expected", "p_value", "alarm"):
        np.testing.assert_allclose(
            getattr(whole, name)[:, :48].astype(float), getattr(part, name).astype(float), equal_nan=True
        )


def test_a_spike_does_not_poison_what_is_expected_after_it() -> None:
    values = counts(seed=8)
    spiked = values.copy()
    spiked[0, 30] = 2000.0
    after = watch(a_panel(spiked), run_length=200).expected[0, 31:]
    np.testing.assert_allclose(after, watch(a_panel(values), run_length=200).expected[0, 31:], rtol=0.05)
    assert watch(a_panel(spiked), run_length=200).alarm[0, 30]


def test_a_new_level_becomes_the_normal_and_its_end_no_alarm() -> None:
    values = counts(length=72, seed=9)
    values[:, 36:] = counts(length=36, mean=50, seed=10)
    alarms = watch(a_panel(values), run_length=500)
    assert alarms.alarm[0, 36:40].any()
    assert not alarms.alarm[0, 48:].any()
    assert alarms.expected[0, 60:].mean() == pytest.approx(50, rel=0.15)


def test_a_shock_that_all_share_is_one_alarm_of_the_total() -> None:
    values = counts(24, seed=11)
    values[:, 48:] = counts(24, 12, mean=40, seed=12)
    table = watch(bank(values), run_length=200).table
    assert (table["level"] == "total").sum() == 1
    (row,) = table[table["level"] == "total"].to_dict("records")
    assert row["since"] == "2024-01"
    assert row["lower"] < 1.0 < row["upper"] + 0.1
    assert len(table) <= 3


def test_a_region_that_rises_is_one_alarm_of_the_region() -> None:
    values = counts(24, seed=13)
    values[8:16, 48:] = counts(8, 12, mean=34, seed=14)
    table = watch(bank(values), run_length=200).table
    found = table[table["level"] == "region_id"]
    assert found["region_id"].tolist() == ["1"]
    assert found["unit_id"].tolist() == [""]
    assert found["since"].iloc[0] in ("2023-12", "2024-01", "2024-02")
    assert (table["level"] == "total").sum() == 0


def test_a_branch_that_rises_is_an_alarm_of_the_branch_alone() -> None:
    values = counts(24, seed=15)
    values[20, 50:] *= 2.5
    table = watch(bank(values), run_length=200).table
    table = table[(table["alarmed"] >= "2024-03") & (table["level"] != "total")]
    assert table["unit_id"].tolist() == ["20"]


def test_a_branch_that_rises_among_few_is_no_alarm_of_all() -> None:
    values = counts(4, seed=60)
    values[3, 50:] *= 2.0
    keys = pd.DataFrame({"region_id": list("0011"), "unit_id": list("0123")})
    table = watch(replace(bank(values), keys=keys), run_length=200).table
    assert table[["level", "unit_id"]].to_numpy().tolist() == [["region_id × unit_id", "3"]]


def test_few_series_that_agree_are_one_alarm_of_the_total() -> None:
    values = counts(3, seed=16)
    values[:, 50:] = counts(3, 10, mean=40, seed=17)
    table = watch(a_panel(values), run_length=200).table
    assert table["level"].tolist() == ["total"]


def test_steady_series_alarm_no_more_often_than_asked() -> None:
    values = counts(200, 72, mean=8.0, ratio=2.0, seed=18)
    alarms = watch(a_panel(values), run_length=100, false_share=1.0)
    begun = np.diff(alarms.alarm[:, 24:].astype(int), axis=1) == 1
    assert begun.sum() / begun.size < 1.5 / 100
    assert len(watch(a_panel(values), run_length=100).table) <= 6


def test_what_exposure_explains_is_no_alarm() -> None:
    grown = np.linspace(1.0, 4.0, 60)[None, :]
    values = np.round(counts(mean=10.0, seed=19) * grown)
    assert watch(a_panel(values), run_length=200, exposure=grown).table.empty
    assert watch(a_panel(values, exposure=grown), run_length=200).table.empty
    assert len(watch(a_panel(values), run_length=200).table) == 1


def test_a_long_hole_is_no_alarm_whatever_the_level_after_it() -> None:
    values = counts(length=72, seed=30)
    values[:, 45:] = counts(length=27, mean=40, seed=31)
    values[:, 36:45] = np.nan
    alarms = watch(a_panel(values), run_length=200)
    assert not alarms.alarm[0, 45:].any()
    assert alarms.expected[0, 48:].mean() == pytest.approx(40, rel=0.15)


def test_branches_of_a_region_that_come_back_from_a_hole_are_no_alarm_of_it() -> None:
    values = counts(24, seed=40)
    values[:3, 30:41] = np.nan
    assert watch(bank(values), run_length=200).table.empty


def test_a_break_and_a_hole_raise_no_alarm() -> None:
    values = counts(length=60, seed=20)
    values[:, 30:] *= 3
    values[:, 44:46] = np.nan
    panel = replace(a_panel(values), breaks=(Break(month="2022-07", words="renamed"),))
    alarms = watch(panel, run_length=200)
    assert alarms.table.empty
    assert np.isnan(alarms.p_value[0, 44:46]).all()


@pytest.mark.parametrize("freq", ["D", "W", "M", "Q"])
def test_periods_of_any_length_are_watched(freq) -> None:
    length = {"D": 400, "W": 160, "M": 60, "Q": 40}[freq]
    values = counts(length=length, seed=21)
    values[:, -4:] = 60
    alarms = watch(a_panel(values, freq=freq), run_length=500)
    assert alarms.alarm[0, -4:].any()
    assert alarms.table["status"].iloc[0] == "continuing"
    newest = watch(a_panel(values[:, :-3], freq=freq), run_length=500)
    assert newest.table["status"].iloc[0] == "new"
    assert len(alarms.periods) == length - np.isnan(alarms.p_value[0]).sum()


def test_weekdays_and_holidays_are_learnt() -> None:
    days = pd.period_range("2023-01-01", "2025-02-28", freq="D")
    rng = np.random.default_rng(22)
    quiet = np.isin(days.day_of_week, (5, 6))
    values = rng.poisson(np.where(quiet, 6, 30)).astype(float)[None, :]
    festival = (days >= pd.Period("2025-01-28")) & (days <= pd.Period("2025-02-04"))
    earlier = (days >= pd.Period("2024-02-10")) & (days <= pd.Period("2024-02-17"))
    values[0, festival | earlier] = rng.poisson(12, (festival | earlier).sum())
    panel = Panel(
        keys=pd.DataFrame({"series": ["a"]}), periods=days, values=values, exposure=None, kind="count"
    )
    known, unknown = (watch(panel, run_length=500, calendar=calendar) for calendar in ("CN", None))
    saturdays = np.flatnonzero(days.day_of_week == 5)[60:]
    assert known.expected[0, saturdays].mean() == pytest.approx(6, rel=0.3)
    assert known.expected[0, festival].mean() < 0.85 * unknown.expected[0, festival].mean()


def test_periods_hold_a_row_a_series_and_period_with_its_limit() -> None:
    values = counts(3, seed=23)
    values[1, -1] = 90
    rows = watch(a_panel(values), run_length=200, since="2024-01").periods
    assert list(rows) == ["series", "half", "period", "observed", "expected", "limit", "p_value", "alarm"]
    assert rows["period"].tolist()[:2] == ["2024-01", "2024-02"]
    assert len(rows) == 3 * 12
    beyond = rows[rows["observed"] > rows["limit"]]
    assert beyond[["series", "period"]].to_numpy().tolist() == [["s1", "2024-12"]]
    assert beyond["alarm"].all()


def test_the_shock_of_the_sample_bank_is_found_in_its_month(sample_tables, project) -> None:
    shock = json.loads((project / "data" / "sample" / "truth.json").read_text("utf-8"))["shared_shock"]
    exposure = (sample_tables.exposure, "accounts")
    panel = rm.build_panel(sample_tables.complaints, by=["unit_id", "product"], exposure=exposure)
    table = watch(panel, run_length=100, calendar="CN").table
    (row,) = table[(table["level"] == "total") & (table["last"] < "2025-12")].to_dict("records")
    assert row["since"] == shock["from_month"]
    assert row["size"] == pytest.approx(shock["rate_factor"] - 1, abs=0.25)


def test_alarms_are_reached_by_the_door() -> None:
    assert rm.watch is watch
    alarms = rm.watch(a_panel(counts(seed=24)), run_length=200)
    assert isinstance(alarms, rm.Alarms)
    assert "one false alarm is accepted every 200 months of a series" in alarms.sentence
    assert list(alarms.summary()) == list(alarms.table)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"run_length": 1.0}, ParameterError, "from 2 to"),
        ({"run_length": float("nan")}, ParameterError, "from 2 to"),
        ({"false_share": 0.0}, ParameterError, "above 0"),
        ({"since": "2030-01"}, ParameterError, "after the last period"),
        ({"exposure": np.ones((1, 3))}, ParameterError, "expected that of the panel"),
        ({"calendar": "XX"}, ParameterError, "no calendar of working days"),
        ({"panel": a_panel(np.ones((1, 24)), kind="amount")}, ContractError, "panel of amounts"),
        ({"panel": a_panel(np.ones((1, 1)))}, ParameterError, "nothing to compare"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_a_line(change, error, message) -> None:
    given = {"panel": a_panel(counts()), "run_length": 200.0} | change
    with pytest.raises(error, match=message):
        watch(given.pop("panel"), **given)


def test_what_nothing_is_known_of_is_refused_in_a_line() -> None:
    one = np.ones(1)
    with pytest.raises(ParameterError, match="nothing to choose from"):
        discover(np.full(3, np.nan), np.ones(3), 0.1, false_share=0.1, seed=1)
    with pytest.raises(ParameterError, match="no period in which something was expected"):
        find_changes(np.ones((1, 4)), np.zeros((1, 4)), dispersion=one, spread=one, run_length=100.0)


def test_a_key_named_as_a_column_of_alarms_is_refused() -> None:
    panel = a_panel(counts())
    with pytest.raises(ParameterError, match="the key 'size'"):
        watch(replace(panel, keys=panel.keys.rename(columns={"half": "size"})), run_length=200)


@settings(max_examples=25)
@given(
    values=st.lists(
        st.lists(st.one_of(st.integers(0, 10_000), st.just(float("nan"))), min_size=30, max_size=30),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_is_counted_alarms_and_intervals_are_in_order(values) -> None:
    alarms = watch(a_panel(np.array(values, dtype=float)), run_length=50)
    table = alarms.table
    assert (table["lower"] <= table["size"]).all()
    assert (table["size"] <= table["upper"]).all()
    assert (table["since_earliest"] <= table["since"]).all()
    assert (table["since"] <= table["since_latest"]).all()
    assert (table["since"] <= table["alarmed"]).all()
    assert (table["alarmed"] <= table["last"]).all()
    known = alarms.p_value[np.isfinite(alarms.p_value)]
    assert ((known >= 0) & (known <= 1)).all()
    assert not alarms.alarm[np.isnan(alarms.panel.values)].any()
    assert np.isfinite(alarms.limit[np.isfinite(alarms.expected)]).all()


def test_counts_that_jump_by_millions_leave_what_is_expected_within_reach() -> None:
    rng = np.random.default_rng(28)
    values = rng.poisson(rng.gamma(0.5, 2e7, (3, 80))).astype(float)
    values[:, 20], values[:, -1] = 0.0, values[:, -1] * 1000
    alarms = watch(a_panel(values, freq="W"), run_length=500)
    known = np.isfinite(alarms.expected)
    assert alarms.expected[known].max() < 10 * values[:, :-1].max()
    assert np.isfinite(alarms.limit[known]).all()


def test_a_shock_that_all_share_is_taken_off_before_series_are_chosen() -> None:
    rng = np.random.default_rng(25)
    mean = np.full(5000, 10.0)
    seen = rng.poisson(rng.gamma(10, 2 * mean / 10)).astype(float)
    plain, shared = (
        discover(seen, 2 * mean, 0.1, false_share=0.1, seed=1),
        discover(seen, mean, 0.1, false_share=0.1, seed=1),
    )
    assert shared.shared
    assert not plain.shared
    assert shared.factor == pytest.approx(2.0, rel=0.02)
    assert shared.alarm.sum() <= 3


def test_planted_series_are_found_beside_a_shared_doubling() -> None:
    rng = np.random.default_rng(26)
    factor = np.where(np.arange(5000) < 50, 6.0, 2.0)
    seen = rng.poisson(rng.gamma(10, factor * 10 / 10)).astype(float)
    found = discover(seen, np.full(5000, 10.0), 0.1, false_share=0.1, seed=1)
    assert found.shared
    assert found.alarm[:50].sum() >= 10
    assert found.alarm[50:].sum() <= 0.3 * found.alarm.sum()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.01, 0.5))
def test_the_chosen_are_those_of_benjamini_and_hochberg(p_values, share) -> None:
    found = stand_out(np.array(p_values)[:, None], share)[:, 0]
    rising = sorted(p_values)
    most = max((k for k in range(len(rising)) if rising[k] * len(rising) <= share * (k + 1)), default=-1)
    assert found.tolist() == [most >= 0 and p <= rising[most] for p in p_values]


def test_a_change_is_dated_and_sized_in_its_intervals_as_often_as_they_say() -> None:
    rng = np.random.default_rng(27)
    runs, width, at = 600, 24, 16
    expected = np.full((runs, width), 15.0)
    true = expected * np.where(np.arange(width) >= at, 1.6, 1.0)
    observed = rng.poisson(rng.gamma(true, 1.0)).astype(float)
    found = find_changes(
        observed, expected, dispersion=np.full(runs, 2.0), spread=np.full(runs, 0.01), run_length=200.0
    )
    dated = (found.earliest <= at) & (at <= found.latest)
    sized = (found.lower <= 1.6) & (found.upper >= 1.6)
    assert 0.85 <= dated.mean() <= 0.97
    assert 0.85 <= sized.mean() <= 0.95
    steady = rng.poisson(rng.gamma(expected, 1.0)).astype(float)
    quiet = find_changes(
        steady, expected, dispersion=np.full(runs, 2.0), spread=np.full(runs, 0.01), run_length=200.0
    )
    assert quiet.probability.mean() < 0.15
    assert found.probability.mean() > 4 * quiet.probability.mean()


@pytest.mark.parametrize(("after", "ending"), [(40.0, "stayed"), (20.0, "back")])
def test_a_closed_alarm_says_whether_the_level_has_stayed(after, ending) -> None:
    values = counts(length=84, seed=21)
    values[:, 50:60] = counts(length=10, mean=40, seed=22)
    values[:, 60:] = counts(length=24, mean=after, seed=23)
    (row,) = watch(a_panel(values), run_length=200).table.to_dict("records")
    assert (row["status"], row["ending"]) == ("closed", ending)


def test_an_open_alarm_has_no_ending() -> None:
    values = counts()
    values[:, 56:] = counts(length=4, mean=60, seed=6)
    (row,) = watch(a_panel(values), run_length=200).table.to_dict("records")
    assert (row["status"], row["ending"]) == ("continuing", "")


def test_a_part_that_is_unknown_when_its_group_alarms_is_dated_when_it_is_known() -> None:
    x = np.nan
    other = [400, 9979, x, x, 258, 2301, x, x, x, 102, x, 1631, x, 6439, x]
    other += [10_000, 2626, x, x, 246, x, x, 718, x, x, x, 9999, x, 1598, 78]
    first = [1026, 2393, 249, x, 8288, x, x, x, x, x, x, 345, x, x, x]
    first += [2258, 6953, x, 184, 252, 1791, 7430, x, 466, 6123, 7273, 4125, x, x, x]
    same = [166 if place == 6 else value for place, value in enumerate(other)]
    table = watch(a_panel([first, other, same]), run_length=50).table
    assert (table["since"] <= table["alarmed"]).all()


@drawn_in_part
def test_breaks_of_a_product_in_a_region_of_the_bank_are_found_and_dated() -> None:
    found = {LATER: 0, EARLIER: 0}
    dated = 0
    for seed in range(
        9001, 9001 + draws(20)
    ):  # of 20, 11 and 4 are found, 9 dated, where each group learns its season alone
        table = watch(seeded_panel(seed), run_length=100, calendar="CN").table
        for event in found:
            rows = table[event.is_of(table)]
            found[event] += len(rows) > 0
            apart = [abs((pd.Period(since) - pd.Period(event.month)).n) for since in rows["since"]]
            dated += event is LATER and min(apart, default=9) <= 1
    assert found[LATER] >= binom.ppf(0.2, draws(20), 0.75)
    assert found[EARLIER] >= binom.ppf(0.1, draws(20), 0.5)
    assert dated >= binom.ppf(0.2, draws(20), 0.65)


def followed(values: np.ndarray) -> Watched:
    """Series of months that share what they share, followed as ``watch`` does."""
    design = design_of(a_panel(values).periods)
    return follow(values, np.ones(values.shape), design, Limits(chance=0.001, cusum=5.0), law=Counts)


def test_how_seasons_differ_is_learnt_from_all_series() -> None:
    phase = np.linspace(0, 2 * np.pi, 40, endpoint=False)[:, None]
    season = np.cos(2 * np.pi * np.arange(48) / 12 + np.array([0.0 * phase, phase]))
    alike, unlike = (followed(np.round(40 * np.exp(0.3 * one))) for one in season)
    assert (alike.prior[12] == alike.prior[0]).sum() == 1  # of the level, which has none
    assert np.sqrt(alike.prior[-1, 2:4]).max() < 0.08
    assert np.sqrt(unlike.prior[-1, 2:4]).min() > 0.15


def test_what_all_share_is_taken_from_the_others_for_a_group() -> None:
    values = np.full((40, 30), 20.0)
    values[:8, 24:] = 30.0
    panel = replace(
        a_panel(values), keys=pd.DataFrame({"region_id": np.arange(40) // 8, "unit": np.arange(40)})
    )
    _, region, own = groupings(panel.keys.astype(str))
    design, limits = design_of(panel.periods), Limits(chance=0.001, cusum=5.0)
    series = level_of(own, values, np.ones(values.shape), design, limits, law=Counts, series=None)
    assert series.watched.common[24] == pytest.approx(1.1, abs=0.05)
    group = level_of(region, values, np.ones(values.shape), design, limits, law=Counts, series=series.watched)
    np.testing.assert_allclose(group.watched.mean[:, 24], [160.0, *[160.0 * 9 / 8] * 4], rtol=0.01)


def test_the_chart_that_is_asked_for_alarms() -> None:
    values = counts(40, 72, seed=31)
    values[0, 60] = 70.0
    values[1:, 54:] = counts(39, 18, mean=26, seed=32)
    found = {
        chart: watch(a_panel(values), run_length=100, chart=chart, false_share=1)
        for chart in ("period", "cusum", "both")
    }
    assert found["period"].alarm[0, 60]
    assert found["both"].alarm[0, 60]
    risen = {chart: one.alarm[1:, 54:].any(axis=1).sum() for chart, one in found.items()}
    assert risen["cusum"] > risen["period"]
    limits = {chart: one.limit[:, 24:54].mean() for chart, one in found.items()}
    assert limits["period"] < limits["both"] < limits["cusum"]  # of which false alarms each has a part


@pytest.mark.parametrize("chart", ["period", "cusum"])
def test_one_chart_alone_alarms_no_more_often_than_asked(chart) -> None:
    alarms = watch(a_panel(counts(300, 96, mean=30, seed=33)), run_length=50, chart=chart, false_share=1)
    starts = alarms.alarm & ~np.roll(alarms.alarm, 1, axis=1)
    assert 300 * 60 / starts[:, 36:].sum() > 35


def test_a_series_has_one_alarm_at_a_time() -> None:
    """Of few series the rise of the total is moved to the one that makes it, which has alarmed itself."""
    values = counts(5, 72, seed=47)
    values[0, 40:] = counts(1, 32, mean=60, seed=58)
    table = watch(a_panel(values), run_length=100).table.sort_values("alarmed")
    for _, alarms in table.groupby([table.columns[0], "level"]):
        assert (alarms["since"].to_numpy()[1:] > alarms["last"].to_numpy()[:-1]).all()
    assert len(table) >= 1
