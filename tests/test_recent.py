"""The recent months: what is still to come of them, and how well months before them were predicted."""

import numpy as np
import pandas as pd
import pytest
from small_bank import make_nowcast, make_outlook, make_panel
from test_results import assert_same

import riskmodels as rm
from riskmodels.backtesting import outlook_before, track_record
from riskmodels.forecasting import FINAL, forecast, nowcast_where_logged

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def complaints(sample_tables):
    return sample_tables.complaints


def rows_of(
    months: int, *, delay: int | None = 0, each: int = 4, end: str = "2024-12"
) -> list[dict[str, object]]:
    """Complaints of some months, each logged so many days after it was received, or nobody knows when."""
    rows = []
    for month in pd.period_range(end=end, periods=months, freq="M"):
        for number in range(each):
            day = month.start_time + pd.Timedelta(days=6 * number)
            row = {
                "complaint_id": f"{month}-{number}",
                "received_at": f"{day:%Y-%m-%d}",
                "product": "p",
                "unit_id": "u",
            }
            if delay is not None:
                row["logged_at"] = f"{day + pd.Timedelta(days=delay):%Y-%m-%d}"
            rows.append(row)
    return rows


# Nowcast where logged


def test_a_source_with_logging_days_has_its_nowcast(complaints) -> None:
    known = nowcast_where_logged(complaints)
    pd.testing.assert_frame_equal(known.table, rm.nowcast(complaints).table)


def test_a_nowcast_ends_with_the_history_that_is_asked_for(complaints) -> None:
    whole = nowcast_where_logged(complaints)
    for last, month in (("2026Q2", "2026-06"), ("2026-04", "2026-04"), ("2030", "2026-09")):
        known = nowcast_where_logged(complaints, last=last)
        assert str(known.periods[-1]) == month == known.table["period"].iloc[-1]
        np.testing.assert_array_equal(known.completeness, whole.completeness[: len(known.periods)])
        assert known.sentence.startswith(f"{month} is ")
    assert nowcast_where_logged(complaints, last="2000Q1") is None


@pytest.mark.parametrize("delay", [None, -3], ids=["no logging day", "logged before it was received"])
def test_a_source_that_cannot_tell_has_none(take_in, delay) -> None:
    assert nowcast_where_logged(take_in(complaints=rows_of(24, delay=delay)).complaints) is None


# History as it is expected in the end


def test_a_complete_history_is_its_own() -> None:
    panel = make_panel({"a": [1.0, np.nan, 3.0]})
    np.testing.assert_array_equal(make_outlook(panel, [[[1.0]]]).expected_history, panel.values)


def test_the_sum_of_a_corrected_history_is_the_sum_of_its_parts() -> None:
    panel = make_panel({"a": [10.0] * 20 + [5.0], "b": [8.0] * 20 + [2.0]})
    share = np.ones((2, 21))
    share[:, -1] = 0.5, 0.25
    made = forecast(panel, horizon=2, completeness=share)
    np.testing.assert_allclose(made.expected_history[:, -2:], [[10.0, 10.0], [8.0, 8.0]])
    np.testing.assert_allclose(made.aggregate().expected_history[:, -2:], [[18.0, 18.0]])
    np.testing.assert_allclose(made.aggregate(["product"]).expected_history, made.expected_history)


# The outlook of some months before


def test_an_outlook_is_made_again_from_what_was_logged_by_then(complaints) -> None:
    panel = rm.build_panel(complaints, by=["product"], last="2026Q2")
    share = nowcast_where_logged(complaints, last="2026Q2").for_periods(panel.periods)
    made = forecast(panel, horizon=6, calendar="CN", completeness=share)
    before = outlook_before(complaints, made)
    known = rm.backtesting.panels_as_of(complaints, by=["product"], origins=["2026-03"])[pd.Period("2026-03")]
    assert_same(before.panel, known.panel)
    assert before.panel.values[:, -1].sum() < 0.9 * panel.until("2026-03").values[:, -1].sum()
    np.testing.assert_array_equal(before.completeness[0], known.completeness)
    assert (before.method, before.calendar) == ("auto", "CN")
    assert before.periods[-1] == made.periods[-1]
    assert abs(before.aggregate().mean[0, 3:].sum() / made.aggregate().mean.sum() - 1) < 0.1


def test_where_nobody_knows_what_was_logged_then_the_months_are_as_known_today(take_in) -> None:
    complaints = take_in(complaints=rows_of(30, delay=None)).complaints
    panel = rm.build_panel(complaints, by=["product"])
    before = outlook_before(complaints, forecast(panel, horizon=6), periods=2)
    assert_same(before.panel, panel.until("2024-10"))
    assert before.completeness is None


def test_the_total_is_made_again_from_what_was_logged_by_then_too(complaints) -> None:
    panel = rm.build_panel(complaints, by=[], last="2026Q2")
    share = nowcast_where_logged(complaints, last="2026Q2").for_periods(panel.periods)
    before = outlook_before(complaints, forecast(panel, horizon=3, completeness=share))
    assert before.completeness[0, -1] < 0.9
    assert before.panel.values[0, -1] < 0.9 * panel.until("2026-03").values[0, -1]


def test_a_sum_is_made_again_from_its_parts_and_their_exposure(sample_tables) -> None:
    complaints = sample_tables.complaints
    exposure = (sample_tables.exposure, "accounts")
    panel = rm.build_panel(complaints, by=["product"], last="2026Q2", exposure=exposure)
    share = nowcast_where_logged(complaints, last="2026Q2").for_periods(panel.periods)
    made = forecast(panel, horizon=3, completeness=share)
    before = outlook_before(complaints, made.aggregate())
    assert before.completeness is not None
    np.testing.assert_array_equal(before.panel.exposure, panel.until("2026-03").exposure)
    assert "method" not in rm.explain(made.aggregate(), before).sentence


def test_an_outlook_by_quarter_is_made_again_from_earlier_quarters(complaints) -> None:
    panel = rm.build_panel(complaints, by=["product"], freq="Q", last="2026Q2")
    made = forecast(panel, horizon=2, completeness=np.ones(len(panel.periods)))
    assert_same(outlook_before(complaints, made, periods=1).panel, panel.until("2026Q1"))


def test_a_history_too_short_has_no_outlook_before(take_in) -> None:
    complaints = take_in(complaints=rows_of(3, delay=None)).complaints
    made = forecast(rm.build_panel(complaints, by=["product"]), horizon=6)
    assert outlook_before(complaints, made) is None


# Track record


def test_only_outcomes_of_complete_months_are_scored(complaints) -> None:
    known = nowcast_where_logged(complaints)
    record = track_record(complaints, by=["product"], nowcast=known, method="empirical24", origins=2)
    last = known.periods[known.completeness >= FINAL][-1]
    assert last < known.periods[-1]  # the last month of the sample is not complete
    assert record.origins[-1] + 3 == last
    assert len(record.origins) == 2
    assert record.as_known_then
    assert set(record.table["method"]) == {"seasonal_naive", "empirical24"}  # each once


def test_without_a_nowcast_every_month_counts(complaints) -> None:
    record = track_record(complaints, by=[], last="2026Q2", method="seasonal_naive")
    assert str(record.origins[-1]) == "2026-03"
    assert len(record.origins) == 12
    assert not record.as_known_then


def test_the_method_in_use_beats_the_baselines_on_the_sample(complaints) -> None:
    """The sample has a level shift in its last two years, which neither baseline follows."""
    known = nowcast_where_logged(complaints)
    record = track_record(complaints, by=["product"], nowcast=known, origins=6, calendar="CN")
    loss = record.table.set_index("method")["wql"]
    assert record.table["method"][0] == "auto"
    assert loss["auto"] < 0.7 * loss["seasonal_naive"]
    assert abs(record.table["bias"][0]) < 0.05


@pytest.mark.parametrize(("months", "origins"), [(14, 0), (15, 1), (17, 3), (40, 12)])
def test_an_origin_has_a_year_before_it(take_in, months, origins) -> None:
    tables = take_in(complaints=rows_of(months, delay=None))
    record = track_record(tables.complaints, by=["product"], method="seasonal_naive")
    assert (0 if record is None else len(record.origins)) == origins


def test_where_no_month_is_complete_there_is_nothing_to_score(take_in) -> None:
    complaints = take_in(complaints=rows_of(30)).complaints
    assert track_record(complaints, by=[], nowcast=make_nowcast((0.5,) * 30, end="2024-12")) is None


def test_complaints_all_logged_at_once_are_scored_as_known_today(take_in) -> None:
    """A source taken over in one go: nothing had been logged by the origins."""
    rows = [row | {"logged_at": "2024-12-31"} for row in rows_of(40)]
    complaints = take_in(complaints=rows).complaints
    known = make_nowcast((1.0,) * 40, end="2024-12")
    record = track_record(complaints, by=[], nowcast=known, method="seasonal_naive")
    assert not record.as_known_then
    assert len(record.origins) == 12


# Days and weeks


def test_the_track_record_of_days_starts_each_week_from_what_was_logged_then(take_in) -> None:
    rows = [
        {
            "complaint_id": f"{day:%Y%m%d}-{number}",
            "received_at": f"{day:%Y-%m-%d}",
            "product": "p",
            "unit_id": "u",
            "logged_at": f"{day + pd.Timedelta(days=(3 * number) % 8):%Y-%m-%d}",
        }
        for day in pd.date_range("2024-01-01", "2024-09-23")
        for number in range(2 if day.day_of_week > 4 else 8)
    ]
    table = take_in(complaints=rows, as_of="2024-09-30").complaints
    known = nowcast_where_logged(table)
    assert known is not None
    record = track_record(table, by=["product"], nowcast=known, freq="D", origins=3)
    assert record is not None
    assert record.horizon == 28
    assert record.as_known_then
    assert (record.origins[1:] - record.origins[:-1] == 7 * record.origins.freq).all()
    scores = record.table.set_index("method")
    assert abs(scores.loc["auto", "bias"]) < 0.05  # no dip, though the last days were not logged yet
    assert scores.loc["auto", "wql"] < 0.2
    weeks = track_record(table, by=["product"], freq="W", months=1, origins=2)
    assert weeks is not None
    assert (len(weeks.origins), weeks.horizon) == (2, 5)
    assert track_record(table, by=["product"], last="2024-01-28", freq="D") is None  # 28 days, none ahead


def test_the_outlook_of_days_is_made_again_from_four_weeks_before(complaints) -> None:
    panel = rm.build_panel(complaints, by=["product"], freq="D", last="2026-03-31").since(900)
    outlook = forecast(panel, horizon=7)
    before = outlook_before(complaints, outlook)
    assert before is not None
    assert before.panel.periods[-1] == panel.periods[-1] - 28
    assert before.periods[-1] == outlook.periods[-1]
    explained = rm.explain(outlook, before)
    assert "made from what was known until 2026-03-03:" in explained.sentence
    np.testing.assert_allclose(explained.sums["now"], outlook.mean.sum())
