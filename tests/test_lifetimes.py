"""Units that open or close: rated by their days of business, never ranked outside them, always named."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

import riskmodels as rm
from riskmodels.backtesting.recent import outlook_before
from riskmodels.catalogue import indicators
from riskmodels.comparisons import order_complaints
from riskmodels.errors import ParameterError
from riskmodels.forecasting.predictive import CountPredictive, EndedPredictive
from riskmodels.reporting.listings import list_orders, list_units
from riskmodels.tables.lifetimes import partial_units, share_in_business

pytestmark = pytest.mark.whole

MONTHS = pd.period_range("2024-01", "2024-12", freq="M")
NAMES = {"B1": "First", "B2": "Second", "B3": "Third", "B4": "Fourth"}
EACH = 12  # complaints of a unit and month


@cache  # each is taken in once
def bank(take_in, *, last_complaint: str = "2024-12", counted: str = "", **dates):
    """Four units with as many complaints and accounts each; ``dates``: first and last day of business."""
    units = [
        {"unit_id": unit, "name_en": name, "opened_on": dates.get(unit, ("", ""))[0],
         "closed_on": dates.get(unit, ("", ""))[1]}
        for unit, name in NAMES.items()
    ]  # fmt: skip
    exposure = [
        {"unit_id": unit, "product": "cards", "month": f"{month}-01", "accounts": 1000, "customers": 900}
        for unit in NAMES
        for month in MONTHS
    ]
    if counted:
        starts = pd.period_range("2024-01", "2024-12", freq=counted[0].upper()).start_time
        rows = [
            {"unit_id": unit, "product": "cards", "period_start": start.date(), "period": counted, "complaints": 36}
            for unit in NAMES for start in starts
        ]  # fmt: skip
        return take_in(units=units, exposure=exposure, complaint_counts=rows)
    complaints = [
        {"complaint_id": f"{unit}-{month}-{place}", "received_at": f"{month}-{2 * place + 1:02d} 10:00",
         "resolved_at": f"{month}-{2 * place + 2:02d} 10:00", "logged_at": f"{month}-{2 * place + 1:02d} 10:00",
         "unit_id": unit, "product": "cards"}
        for unit in NAMES for month in MONTHS if str(month) <= last_complaint for place in range(EACH)
    ]  # fmt: skip
    return take_in(units=units, exposure=exposure, complaints=complaints)


@pytest.fixture
def policy(default_policy):
    return default_policy


def rates(tables, policy, **settings) -> pd.DataFrame:
    found = indicators(tables, policy, **settings).table
    return found[found["indicator_id"] == "complaint_rate"]


def test_a_unit_closed_before_the_quarter_is_in_no_rating_and_no_rank(take_in, policy):
    tables = bank(take_in, B2=("", "2024-08-15"))
    card = rm.score(tables, policy, period="2024Q4")
    assert sorted(card.table["unit_id"]) == ["B1", "B3", "B4"]
    assert "B2" not in set(card.indicators["unit_id"])
    orders = order_complaints(tables, card)
    assert not orders.table["unit"].str.contains("B2").any()
    assert "Closed before, and not rated: Second (B2) on 2024-08-15." in card.sentence
    assert "B2" in list_orders(orders).sentence
    assert "closed on 2024-08-15" in list_orders(orders).sentence


def test_what_it_had_stays_in_the_figures_of_the_bank(take_in, policy):
    closed, open_ = bank(take_in, B2=("", "2024-08-15")), bank(take_in)
    for by in ([], ["product"]):
        pd.testing.assert_frame_equal(rates(closed, policy, by=by), rates(open_, policy, by=by))
    before = {"by": ["unit_id"], "periods": ["2024Q1", "2024Q2"]}
    pd.testing.assert_frame_equal(rates(closed, policy, **before), rates(open_, policy, **before))


def test_a_unit_closed_in_the_quarter_is_rated_by_its_days_of_business(take_in, policy):
    tables = bank(take_in, B2=("", "2024-11-15"))
    found = rates(tables, policy, by=["unit_id"], periods=["2024Q4"]).set_index("unit_id")
    assert found.loc["B1", ["numerator", "denominator"]].tolist() == [3 * EACH, 250.0]
    days = EACH + 8  # complaints until the 15th of the second month
    assert found.loc["B2", "numerator"] == days
    assert found.loc["B2", "denominator"] == pytest.approx(1000 * 2 / 12)
    card = rm.score(tables, policy, period="2024Q4")
    assert (
        "Closed in the period, rated by what came until the last day: Second (B2) on 2024-11-15."
        in card.sentence
    )
    shown = list_units(card).frame["Unit"].tolist()
    assert "Second (B2), closed on 2024-11-15" in shown
    assert "First (B1)" in shown
    ranked = order_complaints(tables, card).table.set_index(["unit", "measure"])["value"]
    assert ranked["Second (B2)", "per 1,000 accounts"] == pytest.approx(1000 * days / (1000 * 2 / 3))


def test_a_unit_opened_in_the_quarter_is_rated_by_its_days_of_business(take_in, policy):
    tables = bank(take_in, B3=("2024-11-10", ""), B4=("2025-02-01", ""))
    card = rm.score(tables, policy, period="2024Q4")
    assert sorted(card.table["unit_id"]) == ["B1", "B2", "B3"]
    rate = card.units[card.units["indicator_id"] == "complaint_rate"].set_index("unit_id")
    assert rate.loc["B3", "numerator"] == 2 * EACH - 5
    assert rate.loc["B3", "denominator"] == pytest.approx(1000 * 2 / 12)
    assert "Opened in the period, rated by what came since: Third (B3) on 2024-11-10." in card.sentence
    assert "Not open yet, and not rated: Fourth (B4) on 2025-02-01." in card.sentence


def test_asking_for_a_closed_unit_says_when_it_closed(take_in, policy):
    card = rm.score(bank(take_in, B2=("", "2024-08-15")), policy, period="2024Q4")
    with pytest.raises(ParameterError, match="no unit 'B2' in the scorecard of 2024Q4; closed on 2024-08-15"):
        card.check_unit("B2")
    with pytest.raises(ParameterError, match="no unit 'B22' in the scorecard"):
        card.check_unit("B22")


@pytest.mark.parametrize("day", ["2024-09-30", "2024-10-01", "2024-12-31"])
def test_the_last_day_belongs_to_the_unit(take_in, policy, day):
    card = rm.score(bank(take_in, B2=("", day)), policy, period="2024Q4")
    assert ("B2" in set(card.table["unit_id"])) == (day >= "2024-10-01")
    assert card.lifetimes["state"].tolist() == ["closed" if day < "2024-10-01" else "closing"]


def test_days_that_touch_no_row_change_no_figure(take_in, policy):
    plain = rm.score(bank(take_in), policy, period="2024Q4")
    dated = rm.score(bank(take_in, B1=("1990-01-01", "9999-12-31")), policy, period="2024Q4")
    for frame in ("table", "indicators", "products", "groups"):
        pd.testing.assert_frame_equal(getattr(plain, frame), getattr(dated, frame))
    assert dated.lifetimes.empty
    assert dated.sentence == plain.sentence


def test_a_count_of_the_quarter_in_which_a_unit_closed_has_the_accounts_until_then(take_in, policy):
    tables = bank(take_in, counted="quarter", B2=("", "2024-11-15"), B3=("", "2024-08-15"))
    found = rates(tables, policy, by=["unit_id"], periods=["2024Q4"]).set_index("unit_id")
    assert found.loc["B1", ["numerator", "denominator"]].tolist() == [36, 250.0]
    assert found.loc["B2", "numerator"] == 36
    assert found.loc["B2", "denominator"] == pytest.approx(1000 * 2 / 12)
    assert "B3" not in found.index


def test_rows_before_the_first_day_are_a_doubt_as_those_after_the_last_are(take_in):
    tables = bank(take_in, B2=("", "2024-11-30"), B3=("2024-03-01", ""))
    words = " | ".join(tables.complaints.provenance.doubts)
    assert (
        f"rows after the last day of business of their unit: 'B2' closed on 2024-11-30: {EACH} rows" in words
    )
    assert (
        f"rows before the first day of business of their unit: 'B3' opened on 2024-03-01: {2 * EACH} rows"
        in words
    )


def test_states_of_units_in_any_period(take_in):
    dates = {"B1": ("2024-01-15", "2024-02-15"), "B2": ("2024-02-01", ""), "B3": ("", "2024-02-29")}
    units = bank(take_in, **dates).units

    def states(period: str) -> dict[str, str]:
        found = partial_units(units, period)
        return dict(zip(found["unit_id"], found["state"], strict=True))

    assert states("2024-01") == {"B1": "opening", "B2": "planned"}
    assert states("2024-02") == {"B1": "closing", "B2": "opening", "B3": "closing"}
    assert states("2024-03") == {"B1": "closed", "B3": "closed"}
    assert states("2024Q1") == {"B1": "closing", "B2": "opening", "B3": "closing"}


def test_an_earlier_scorecard_without_lifetimes_is_still_read(take_in, policy, tmp_path):
    card = rm.score(bank(take_in), policy, period="2024Q4")
    rm.save(card, tmp_path / "card")
    path = tmp_path / "card" / "result.json"
    content = json.loads(path.read_text())
    del content["fields"]["lifetimes"]
    path.write_text(json.dumps(content))
    assert rm.load(tmp_path / "card", rm.Scorecard).lifetimes.empty
    assert np.isfinite(card.table["score"]).all()


def test_a_forecast_expects_nothing_of_a_closed_unit_and_the_total_keeps_its_past(take_in, tmp_path):
    tables = bank(take_in, B2=("", "2024-08-15"), B3=("", "2025-02-10"), last_complaint="2024-12")
    panel = rm.build_panel(tables.complaints, by=["unit_id"], units=tables.units)
    rm.save(rm.forecast(panel, horizon=4), tmp_path / "outlook")
    outlook = rm.load(tmp_path / "outlook", rm.Forecast)
    mean = pd.DataFrame(outlook.mean, index=outlook.keys["unit_id"], columns=outlook.periods.astype("str"))
    assert mean.loc["B2"].max() < 1e-6
    assert mean.loc["B3", ["2025-01", "2025-02"]].min() > 1
    assert mean.loc["B3", ["2025-03", "2025-04"]].max() < 1e-6
    assert mean.loc["B1"].min() > 1
    assert outlook.quantiles[1].max() == 0
    assert outlook.sample(50, seed=1)[:, 1].max() == 0
    assert (
        "nothing is expected of units after their last day: B2 (2024-08-15), B3 (2025-02-10)"
        in outlook.sentence
    )
    total = outlook.aggregate()
    assert total.panel.values.sum() == len(NAMES) * len(MONTHS) * EACH
    assert total.mean[0] == pytest.approx(outlook.mean.sum(axis=0))
    assert total.sample(50, seed=1).mean() == pytest.approx(outlook.sample(50, seed=1).sum(axis=1).mean())
    assert outlook.aggregate(["unit_id"]).sentence == outlook.sentence


@pytest.mark.parametrize("method", ["counts", "theta", "seasonal_naive", "empirical24", "ets"])
def test_every_method_expects_nothing_of_a_closed_unit(take_in, method):
    tables = bank(take_in, B2=("", "2024-08-15"))
    panel = rm.build_panel(tables.complaints, by=["product", "unit_id"], units=tables.units)
    outlook = rm.forecast(panel, horizon=2, method=method)
    expected = pd.Series(outlook.mean.sum(axis=1), index=outlook.keys["unit_id"])
    assert expected["B2"] < 1e-6
    assert expected.drop("B2").min() > 1
    assert np.isfinite(outlook.quantiles).all()


def test_without_dates_a_forecast_is_what_it_was(take_in):
    tables = bank(take_in)
    plain, dated = (
        rm.forecast(rm.build_panel(tables.complaints, by=["unit_id"], units=units), horizon=3)
        for units in (None, tables.units)
    )
    np.testing.assert_array_equal(plain.quantiles, dated.quantiles)
    assert plain.sentence == dated.sentence


def test_a_rejected_row_outside_the_life_of_a_unit_is_the_bank_s_and_no_unit_s(take_in, policy):
    units = [
        {"unit_id": "B1", "name_en": "First", "opened_on": "", "closed_on": ""},
        {"unit_id": "B2", "name_en": "Second", "opened_on": "2024-10-10", "closed_on": "2024-11-15"},
    ]
    days = ["2024-10-09", "2024-10-10", "2024-11-15", "2024-11-16", "2024-12-05"]
    surveys = [
        {"survey_id": f"{unit}-{day}-{rating}", "answered_on": day, "unit_id": unit, "rating": rating}
        for unit in ("B1", "B2")
        for day in days
        for rating in (4, 9)
    ]
    tables = take_in(units=units, surveys=surveys)
    assert tables.surveys.provenance.rows_rejected == 2 * len(days)

    def left_out(by: list[str]) -> dict[str, float]:
        found = indicators(tables, policy, by=by, periods=["2024Q4"]).table
        found = found[found["indicator_id"] == "satisfaction"]
        return found.set_index("unit_id" if by else "period")["left_out"].to_dict()

    assert left_out(["unit_id"]) == {"B1": 5, "B2": 2}
    assert left_out([]) == {"2024Q4": 10}


def two_units(values, *, first: str, last: str, start: str = "2022-01", freq: str = "M") -> rm.Panel:
    """Units with the same counts, of which the second, first in the rows, opens and closes."""
    days = np.array([[first, last], ["NaT", "NaT"]], dtype="M8[D]")
    periods = pd.period_range(start, periods=values.shape[1], freq=freq)
    keys = pd.DataFrame({"unit_id": ["B2", "B1"]})
    return rm.Panel(keys=keys, periods=periods, values=values, exposure=None, kind="count", days=days)


def test_what_a_forecast_learns_of_others_does_not_depend_on_what_came_after_the_last_day():
    def mean(after: float) -> float:
        values = np.full((2, 36), 12.0)
        values[0, 30:] = after
        return rm.forecast(two_units(values, first="NaT", last="2024-06-30"), horizon=1).mean[1].item()

    assert mean(0.0) == mean(500.0) == pytest.approx(12, rel=0.05)


def test_a_sum_of_units_has_no_days_of_business_and_no_doubt_about_a_closed_unit():
    shared = np.random.default_rng(5).poisson(40, 36) * np.random.default_rng(6).lognormal(0, 0.3, 36)
    panel = two_units(np.stack([shared, shared]).round(), first="NaT", last="2024-06-30")
    assert panel.aggregate().days is None
    assert panel.aggregate(["unit_id"]).days[1, 1] == np.datetime64("2024-06-30")
    made = rm.forecast(panel, horizon=2)
    assert made.aggregate().quantiles[0] == pytest.approx(made.quantiles[1], rel=0.03)


def test_what_has_ended_is_zero_for_certain():
    whole = CountPredictive(mean=np.full((2, 2), 5.0), variance=np.full((2, 2), 9.0))
    ended = EndedPredictive(whole=whole, open=np.array([[True, False], [False, False]]))
    levels = np.array([0.025, 0.975])
    assert ended.ppf(levels)[0, 0].tolist() == whole.ppf(levels)[0, 0].tolist()
    assert ended.ppf(levels)[~ended.open].max() == 0
    for value, expected in ((0.0, 1.0), (-1.0, 0.0)):
        found = ended.cdf(np.full((2, 2), value))
        assert found[~ended.open].tolist() == [expected] * 3
        assert found[0, 0] == whole.cdf(np.full((2, 2), value))[0, 0]
    assert ended.take(slice(1, 2)).mean.max() < 1e-6


def test_no_outcome_outside_the_life_of_a_unit_is_scored_and_no_origin_knows_a_later_close():
    values = np.full((2, 36), 20.0)
    values[0, 30:] = 0.0  # closed on 2024-06-30
    panel = two_units(values, first="NaT", last="2024-06-30")
    settings = {"horizon": 3, "methods": ["counts"]}
    made = rm.backtest(panel, origins=["2024-05", "2024-08"], **settings)
    assert made.table["forecasts"].tolist() == [3 + 1 + 3]
    assert abs(made.table["bias"].item()) < 0.05
    forever = two_units(values, first="NaT", last="NaT")
    unknown = rm.backtest(forever, origins=["2024-05"], **settings).by_origin
    known = rm.backtest(panel, origins=["2024-05"], **settings).by_origin
    assert known["mean"].tolist() == unknown["mean"].tolist()
    assert known["outcome"].isna().tolist() == [False, True, True]


def test_a_unit_that_is_not_open_at_the_origin_is_not_scored():
    panel = two_units(np.full((2, 36), 20.0), first="2024-06-01", last="NaT")
    made = rm.backtest(panel, horizon=2, origins=["2024-05"], methods=["counts"])
    assert made.table["forecasts"].tolist() == [2]


@pytest.mark.parametrize("method", ["auto", "counts", "theta"])
def test_a_period_that_a_unit_has_in_part_counts_by_its_days(method):
    values = np.full((2, 6), 1200.0)
    panel = two_units(values, first="NaT", last="2025-01-02", start="2019", freq="Y")
    made = rm.forecast(panel, horizon=2, method=method)
    assert made.mean[0] == pytest.approx([1200 * 2 / 365, 0], rel=0.02, abs=1e-6)
    assert made.mean[1] == pytest.approx([1200, 1200], rel=0.02)
    assert made.quantiles[0, 0].max() < 40
    parts = made.contributions
    product = parts.level * parts.shared * parts.exposure * parts.season * parts.calendar
    assert product == pytest.approx(made.mean)


@pytest.mark.parametrize("method", ["auto", "counts", "theta"])
def test_the_two_days_of_a_first_month_are_no_whole_month(method):
    values = np.full((2, 36), 14.0)
    values[0] = [0.0] * 35 + [1.0]
    made = rm.forecast(two_units(values, first="2024-12-30", last="NaT"), horizon=3, method=method)
    assert (made.mean[0] > 8).all()
    assert (made.mean[0] < 24).all()


def test_days_in_business_of_periods_by_hand():
    days = np.array(
        [["2024-02-20", "2024-04-03"], ["NaT", "NaT"], ["2024-02-05", "2024-02-05"]], dtype="M8[D]"
    )
    found = share_in_business(days, pd.period_range("2024-01", "2024-05", freq="M"))
    assert found[0] == pytest.approx([1, 10 / 29, 1, 3 / 30, 1])  # without a day of business: 1
    assert found[1:] == pytest.approx(np.array([[1.0] * 5, [1, 1 / 29, 1, 1, 1]]))


@pytest.mark.parametrize("logged", [False, True])
def test_an_outlook_made_again_does_not_know_a_later_close(take_in, logged):
    tables = bank(take_in, B1=("", "2024-02-10"), B2=("", "2024-11-30"), last_complaint="2024-12")
    panel = rm.build_panel(tables.complaints, by=["unit_id"], units=tables.units)
    share = np.ones(12) if logged else None
    before = outlook_before(tables.complaints, rm.forecast(panel, horizon=2, completeness=share))
    assert before.mean[1].min() > 1
    assert before.mean[0].max() < 1e-6
    assert "their last day: B1 (2024-02-10)." in before.sentence


def counted_bank(take_in, *, starts, period, as_of, life, months) -> rm.Tables:
    """Two units with counts by longer periods and accounts in their months; ``life``: that of the second."""
    units = [
        {"unit_id": "B1", "name_en": "First", "opened_on": "", "closed_on": ""},
        {"unit_id": "B2", "name_en": "Second", "opened_on": life[0], "closed_on": life[1]},
    ]
    counts = [
        {"unit_id": unit, "product": "cards", "period_start": start, "period": period, "complaints": 30}
        for unit in ("B1", "B2")
        for start in starts
    ]
    exposure = [
        {"unit_id": unit, "product": "cards", "month": f"{month}-01", "accounts": 1000, "customers": 900}
        for unit, known in months.items()
        for month in pd.period_range(*known, freq="M")
    ]
    return take_in(as_of=as_of, units=units, exposure=exposure, complaint_counts=counts)


@pytest.mark.parametrize("by", [["unit_id"], []])
def test_a_year_from_april_in_which_a_unit_opens_is_counted(take_in, policy, by):
    tables = counted_bank(
        take_in, starts=["2022-04-01", "2023-04-01"], period="year", as_of="2024-03-31",
        life=("2023-02-10", ""), months={"B1": ("2022-04", "2024-03"), "B2": ("2023-02", "2024-03")},
    )  # fmt: skip
    found = rates(tables, policy, by=by, freq="Y").set_index([*by, "period"])
    first = found.iloc[-2]  # of the second unit, or of the bank
    assert first.name == (("B2", "2022-04/2023-03") if by else "2022-04/2023-03")
    whole = 0 if by else 1
    assert first["numerator"] == 30 + 30 * whole
    assert first["denominator"] == pytest.approx(1000 * 2 / 12 + 1000 * whole)
    assert first["left_out"] == 0


def test_the_last_quarter_of_a_closing_unit_is_in_the_figures_of_the_bank(take_in, policy):
    quarters = pd.period_range("2024Q1", "2024Q4", freq="Q").start_time.date
    tables = counted_bank(
        take_in, starts=quarters, period="quarter", as_of="2024-12-31",
        life=("", "2024-08-01"), months={"B1": ("2024-01", "2024-12"), "B2": ("2024-01", "2024-08")},
    )  # fmt: skip
    units = rates(tables, policy, by=["unit_id"], periods=["2024Q3"]).set_index("unit_id")
    assert units.loc["B2", ["numerator", "left_out"]].tolist() == [30, 0]
    assert units.loc["B2", "denominator"] == pytest.approx(1000 * 2 / 12)
    bank_ = rates(tables, policy, by=[], periods=["2024Q3", "2024Q4"]).set_index("period")
    assert bank_["numerator"].tolist() == [60, 30]
    assert bank_["left_out"].tolist() == [0, 30]  # counted after the last day, and measured against nothing
    assert bank_["denominator"].tolist() == pytest.approx([units["denominator"].sum(), 250])
