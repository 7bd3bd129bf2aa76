"""A forecast review as it is read: the finding, the lists, the plot."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from small_bank import make_card, make_review, make_tables

from riskmodels.assessment import assess
from riskmodels.backtesting import review_forecast
from riskmodels.forecasting import forecast
from riskmodels.panel import build_panel
from riskmodels.reporting.listings import list_forecast_review, list_outcomes
from riskmodels.reporting.plots import plot_forecastreview

pytestmark = pytest.mark.whole


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def finding(review, policy):
    """What an assessment finds of a review."""
    found = assess(policy, data=make_tables(), scorecard=make_card(), review=review)
    tables = {"found": found.table, "watch": found.watch_list, "others": found.others}
    for name, table in tables.items():
        rows = table[table["rule"] == "forecast_missed"]
        if len(rows):
            return name, rows.iloc[0]
    return "", None


def nothing(review):
    """The same, as if nothing could be judged."""
    return replace(review, table=review.table.assign(reason="unknown"), parts=review.parts.head(0))


@pytest.mark.parametrize(
    ("factor", "where", "severity"),
    [(1.4, "found", "amber"), (0.6, "watch", "watch"), (1.0, "others", "passed")],
)
def test_more_than_was_held_likely_is_a_finding_and_fewer_are_watched(
    default_policy, factor, where, severity
) -> None:
    review = make_review(factor=factor)
    name, row = finding(review, default_policy)
    assert (name, row["severity"]) == (where, severity)
    total = review.total
    assert row["condition"].startswith(f"{total['final']:,.0f} complaints came in 2024Q3, ")
    assert f"{total['mean']:,.0f} ({total['lower']:,.0f} to {total['upper']:,.0f})" in row["condition"]
    assert ("; beyond chance: bank-wide" in row["condition"]) == (severity != "passed")
    assert row["evidence"].endswith(f"logged so far: {total['observed']:,.0f}")


def test_a_finding_of_one_complaint_says_one(default_policy) -> None:
    review = make_review()
    _, row = finding(replace(review, table=review.table.assign(final=1.0)), default_policy)
    assert row["condition"].startswith("1 complaint came in 2024Q3, ")


def test_what_cannot_be_judged_is_unclear_and_no_review_is_nothing(default_policy, small) -> None:
    assert finding(None, default_policy) == ("", None)
    for review, words in (
        (nothing(make_review()), "What came in 2024Q3 cannot be compared with a forecast made before it"),
        (
            review_forecast(None, small, period="2024Q3"),
            "There is no forecast made before 2024Q3 to compare with",
        ),
    ):
        where, row = finding(review, default_policy)
        assert (where, row["severity"], row["condition"]) == ("others", "unclear", words)


@pytest.fixture(scope="module")
def small(take_in):
    return take_in(
        complaints=[{"complaint_id": "1", "received_at": "2024-01-02", "unit_id": "u", "product": "p"}]
    )


def test_the_list_has_the_bank_first_and_adds_up() -> None:
    review = make_review(factor=1.4)
    listing = list_forecast_review(review)
    frame = listing.frame
    assert frame["Part of the surprise"].tolist()[0] == "Whole bank"
    assert frame["Stands out"].tolist() == ["yes", "–", "–"]
    numbers = frame["Surprise"].str.replace(",", "").astype(float)
    assert numbers.sum() == pytest.approx(review.total["surprise"], abs=1.5)  # as rounded
    assert listing.sentence.startswith("2024Q3 has brought ")
    assert list_forecast_review(nothing(review)).frame.empty


def test_outcomes_are_listed_month_by_month_and_those_outside_by_name() -> None:
    listing = list_outcomes(make_review(factor=1.4))
    assert listing.frame["Period"].tolist()[:4] == ["2024-07", "2024-08", "2024-09", "2024Q3"]
    assert set(listing.frame["Outside"]) == {"▲ above"}
    assert listing.sentence.startswith("Of 8 counts of series and periods ")
    assert "0 lie outside" in list_outcomes(make_review()).sentence
    assert list_outcomes(nothing(make_review())).sentence == "No period of any series could be judged."


def test_one_count_and_none_expected_are_said_and_drawn(take_in) -> None:
    none = [
        {"product": "p", "period_start": f"{month}-01", "period": "month", "complaints": "0"}
        for month in pd.period_range("2022-01", "2024-09", freq="M")
    ]
    tables = take_in(complaint_counts=none, as_of="2024-09-30")
    earlier = forecast(build_panel(tables.counted, by=["product"], last="2024Q2"), horizon=3)
    review = review_forecast(earlier, tables, period="2024-07")
    assert list_outcomes(review).sentence == "The one count lies in its 95% interval."
    assert list_forecast_review(review).sentence == review.sentence  # no products to speak of
    assert plot_forecastreview(review).get_title(loc="left").startswith("2024-07: +0% against")


def test_one_that_lies_outside_is_one() -> None:
    review = make_review(factor=1.4)
    first = review.table.index[review.table["level"] == "series"][0]
    table = review.table.assign(outside=review.table["outside"].where(review.table.index == first, ""))
    assert " 1 lies outside its 95% interval" in list_outcomes(replace(review, table=table)).sentence


def test_the_plot_shows_what_came_on_the_interval_and_where_the_surprise_lies() -> None:
    review = make_review(factor=1.4)
    axes = plot_forecastreview(review)
    axes.figure.canvas.draw()
    assert axes.get_title(loc="left").startswith("2024Q3: +40% against the forecast, outside")
    (came,) = (line for line in axes.lines if line.get_label() == "came, outside")
    totals = review.table[review.table["level"] == "total"]
    np.testing.assert_array_equal(came.get_ydata(), totals["final"][:3])
    (late,) = (line for line in axes.lines if line.get_label() == "logged so far")
    np.testing.assert_array_equal(late.get_ydata(), totals["observed"][2:3])
    parts = axes.figure.axes[1]
    assert [text.get_text() for text in parts.get_yticklabels()][-1] == "bank-wide"
    plot_forecastreview(nothing(review)).figure.canvas.draw()
    assert "as usual" in plot_forecastreview(make_review()).get_title(loc="left")
