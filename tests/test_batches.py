"""Batches are no delays: a small part of benchmarks/nowcast_batches.py, and what is said of them."""

import nowcast_batches
import numpy as np
import pandas as pd
import pytest

import riskmodels as rm
from riskmodels.errors import ContractError
from riskmodels.forecasting.batches import find_batches
from riskmodels.forecasting.completeness import estimate
from riskmodels.forecasting.delays import DayCounts
from riskmodels.forecasting.reports import reports_of

pytestmark = pytest.mark.whole

SEEDS = 6


def test_the_interval_holds_the_truth_with_and_without_batches():
    nowcast_batches.check(
        {
            way: np.array([nowcast_batches.measure(way, seed) for seed in range(SEEDS)])
            for way in nowcast_batches.WAYS
        }
    )


def test_a_new_system_is_kept_out_of_the_delay():
    bank = nowcast_batches.draw_bank("new system a year ago", 3)
    found = rm.nowcast(bank.rows, as_of=bank.as_of)
    older = int((bank.rows["received_at"] < "2024-07-01").sum())
    assert older <= found.rows_in_batches <= older + 30
    assert 7 < found.table["delay_days"].iloc[-1] < 14
    assert "logged in batches show no delay" in found.sentence
    assert found.covered is None


def test_of_loads_it_is_named_up_to_which_day_they_take_in():
    bank = nowcast_batches.draw_bank("load to come", 3)
    found = rm.nowcast(bank.rows, as_of=bank.as_of)
    assert str(found.covered) == "2025-05-31"
    assert "is not known" in found.sentence
    assert found.table["reported"].iloc[-1] == 0
    assert found.table["nowcast"].iloc[-1] == pytest.approx(bank.truth, rel=0.3)
    assert np.isnan(found.growth)


def test_some_complaints_may_be_logged_before_their_load():
    """Too few to show a delay: they count as reported, and no share of their month is zero."""
    bank = nowcast_batches.draw_bank("load to come", 3)
    early = (bank.rows["received_at"] >= "2025-06-01") & (bank.rows.index % 20 == 0)
    rows = bank.rows.assign(logged_at=bank.rows["logged_at"].mask(early, bank.rows["received_at"]))
    last = rm.nowcast(rows, as_of=bank.as_of).table.iloc[-1]
    assert last["reported"] == early.sum() > 0
    assert last["nowcast"] == pytest.approx(bank.truth, rel=0.3)


def test_a_quarter_whose_last_load_is_to_come_is_not_complete():
    bank = nowcast_batches.draw_bank("load to come", 3)
    quarters = pd.period_range("2025Q1", "2025Q2", freq="Q")
    found = rm.nowcast(bank.rows, as_of=bank.as_of)
    months = found.table.set_index("period").loc["2025-04":"2025-06"]
    wanted = [1.0, months["reported"].sum() / months["nowcast"].sum()]
    assert 0.6 < wanted[1] < 0.8
    np.testing.assert_allclose(found.for_periods(quarters), wanted, rtol=1e-6)
    alone = estimate(reports_of(bank.rows, bank.as_of, at="received_at", recorded="logged_at")).completeness
    np.testing.assert_allclose(alone.for_periods(quarters), wanted, rtol=0.01)


def test_a_system_that_is_a_day_old_shows_no_delay():
    days = pd.date_range("2024-01-01", "2025-06-20").repeat(5)
    rows = pd.DataFrame({"received_at": days, "logged_at": np.maximum(days, pd.Timestamp("2025-06-19"))})
    with pytest.raises(ContractError, match="how long it takes to record one is not known"):
        rm.nowcast(rows, as_of="2025-06-20")


def test_a_new_system_that_is_filled_over_three_days_is_no_load():
    rng = np.random.default_rng(1)
    received = pd.date_range("2024-01-01", "2025-06-09").repeat(5)
    logged = received + pd.to_timedelta(rng.integers(0, 15, len(received)), unit="D")
    days = pd.to_datetime(["2025-06-18", "2025-06-19", "2025-06-20"])[np.arange(len(received)) % 3]
    old = received < "2025-05-01"
    rows = pd.DataFrame({"received_at": received, "logged_at": logged.where(~old, days)})
    found = rm.nowcast(rows, as_of="2025-06-20")
    assert found.rows_in_batches >= old.sum()
    assert found.covered is None
    assert found.table["delay_days"].iloc[-1] == pytest.approx(7, abs=1)


def test_a_batch_of_old_complaints_is_not_taken_for_one_of_the_loads():
    bank = nowcast_batches.draw_bank("load to come", 3)
    old = bank.rows["received_at"] < "2023-02-01"
    moved = bank.rows["logged_at"].mask(old, pd.Timestamp("2025-06-25"))
    found = rm.nowcast(bank.rows.assign(logged_at=moved), as_of=bank.as_of)
    assert found.rows_in_batches > rm.nowcast(bank.rows[~old], as_of=bank.as_of).rows_in_batches
    assert str(found.covered) == "2025-05-31"


@pytest.mark.parametrize("late", [0, 1])
def test_a_surge_of_one_day_is_no_batch(late):
    usual, surge = np.arange(700).repeat(5), np.full(900, 500)
    received = np.concatenate([usual, surge])
    reports = DayCounts(
        received=received, logged=received + late, rows=np.ones(len(received), dtype=np.int64), as_of=701
    )
    assert find_batches(reports).rows == 0


def test_logging_on_fridays_is_a_week_and_no_batch():
    received = np.arange(700).repeat(5)
    reports = DayCounts(
        received=received,
        logged=received + (1 - received) % 7,
        rows=np.ones(len(received), dtype=np.int64),
        as_of=710,
    )
    assert find_batches(reports).rows == 0
