"""An earlier forecast against what came: what lies outside, where the surprise lies, what is not judged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import a_panel

import riskmodels as rm
from riskmodels.backtesting import ForecastReview, review_forecast
from riskmodels.backtesting.judging import draws_of, review_table
from riskmodels.backtesting.outcomes import Outcome
from riskmodels.backtesting.surprises import Groups, parts_of
from riskmodels.errors import ParameterError
from riskmodels.forecasting import forecast

PRODUCTS = {"cards": 400, "accounts": 300, "loans": 200, "payments": 300, "funds": 100, "mortgages": 150}
UNITS = [f"u{place}" for place in range(8)]
MONTHS = pd.period_range("2022-01", "2024-09", freq="M")


def rows(factors=None, *, months=MONTHS, seed: int = 5, by_unit: bool = True) -> list[dict[str, object]]:
    """Counts of complaints by month, product and unit; the third quarter of 2024, an ordinary one, times a factor."""
    rng = np.random.default_rng(seed)
    share = np.array([3, 2, 2, 1, 1, 1, 1, 1]) / 12
    found = []
    for product, mean in PRODUCTS.items():
        counts = rng.poisson(mean * share, size=(len(months), len(UNITS))).astype(float)
        for place, unit in enumerate(UNITS):
            now = np.asarray(months >= pd.Period("2024-07", "M"))
            factor = (factors or {}).get(product, 1.0) * (factors or {}).get(unit, 1.0)
            counts[now, place] = np.round(counts[now, place] * factor)
            found += [
                {"product": product, **({"unit_id": unit} if by_unit else {}),
                 "period_start": f"{month}-01", "period": "month", "complaints": f"{count:.0f}"}
                for month, count in zip(months, counts[:, place], strict=True)
            ]  # fmt: skip
    if by_unit:
        return found
    frame = pd.DataFrame(found).astype({"complaints": float})
    return (
        frame.groupby(["product", "period_start", "period"], as_index=False)["complaints"]
        .sum()
        .to_dict("records")
    )


@pytest.fixture(scope="module")
def bank(take_in):
    """Return what takes a bank in, and its forecast of a quarter before."""

    def make(factors=None, **settings) -> tuple[rm.Tables, rm.Forecast]:
        tables = take_in(complaint_counts=rows(factors), as_of="2024-09-30", **settings)
        panel = rm.build_panel(tables.counted, by=["product"], last="2024Q2")
        return tables, forecast(panel, horizon=6)

    return make


def standing(review: ForecastReview) -> dict[str, float]:
    """Surprise of the parts that stand out, over what was expected of them."""
    out = review.parts[review.parts["stands_out"]]
    return dict(zip(out["name"], out["surprise"] / out["expected"], strict=True))


def adds_up(review: ForecastReview) -> None:
    np.testing.assert_allclose(review.parts["surprise"].sum(), review.total["surprise"], atol=1e-6)


# Where a surprise lies


def test_an_ordinary_quarter_is_as_expected(bank) -> None:
    tables, earlier = bank()
    review = review_forecast(earlier, tables, period="2024Q3")
    assert standing(review) == {}
    assert review.total["outside"] == ""
    assert "within the 95% interval. No part of it stands out from chance." in review.sentence
    adds_up(review)


@pytest.mark.parametrize("factor", [1.3, 0.7])
def test_what_all_share_is_bank_wide(bank, factor) -> None:
    tables, earlier = bank(dict.fromkeys(PRODUCTS, factor))
    review = review_forecast(earlier, tables, period="2024Q3")
    assert standing(review) == {"": pytest.approx(factor - 1, abs=0.04)}
    assert review.total["outside"] == ("above" if factor > 1 else "below")
    assert ("more" if factor > 1 else "fewer") + ", beyond the 95% interval. Beyond chance: bank-wide" in (
        review.sentence
    )
    adds_up(review)


@pytest.mark.parametrize("product", ["cards", "loans"])
def test_a_product_is_named_and_the_bank_has_no_part_in_it(bank, product) -> None:
    tables, earlier = bank({product: 1.3})
    review = review_forecast(earlier, tables, period="2024Q3")
    assert standing(review) == {product: pytest.approx(0.3, abs=0.08)}
    whole = review.parts.iloc[0]
    assert abs(whole["surprise"]) < 0.03 * whole["expected"]
    adds_up(review)


def test_a_unit_is_named_and_no_product(bank) -> None:
    tables, earlier = bank({"u2": 1.6})
    review = review_forecast(earlier, tables, period="2024Q3")
    assert standing(review) == {"u2": pytest.approx(0.6, abs=0.12)}
    adds_up(review)


def test_bank_product_and_unit_are_told_apart(bank) -> None:
    tables, earlier = bank(dict.fromkeys(PRODUCTS, 1.25) | {"cards": 1.75, "u5": 1.7})
    review = review_forecast(earlier, tables, period="2024Q3")
    found = standing(review)
    assert set(found) == {"", "cards", "u5"}
    assert found[""] == pytest.approx(0.25, abs=0.04)
    assert review.sentence.count("+") == 3
    adds_up(review)


@given(
    seed=st.integers(0, 10**6),
    number=st.integers(2, 6),
    units=st.integers(2, 5),
    scale=st.sampled_from([0.3, 5.0, 500.0]),
)
@settings(max_examples=40, deadline=None)
def test_parts_always_add_up(seed, number, units, scale) -> None:
    rng = np.random.default_rng(seed)
    expected = rng.gamma(1.0, scale, size=number * units)
    came = rng.poisson(expected * rng.lognormal(0, 0.5, size=expected.shape)).astype(float)
    cells = np.arange(expected.size)
    groups = [
        Groups(kind=kind, names=tuple(map(str, range(size))), codes=codes, deviation=np.full(size, scale))
        for kind, size, codes in (("product", number, cells // units), ("unit_id", units, cells % units))
    ]
    parts = parts_of(expected, came, groups, usual=(-scale, scale), deviation=scale)
    np.testing.assert_allclose(parts["surprise"].sum(), came.sum() - expected.sum(), atol=1e-6 * (1 + scale))


# What lies outside


def outcome_of(made: rm.Forecast, observed: np.ndarray) -> Outcome:
    ahead = len(made.periods)
    return Outcome(
        keys=made.keys,
        observed=observed,
        reason=np.full(observed.shape, "", dtype=object),
        new=made.keys.head(0),
        came=np.zeros((0, ahead)),
        share=np.ones(ahead),
        doubt=np.zeros(ahead),
        dispersion=1.0,
        asked=np.ones(ahead, dtype=bool),
    )


def test_what_the_forecast_itself_draws_lies_outside_in_one_case_of_twenty() -> None:
    made = forecast(a_panel(np.random.default_rng(3).poisson(60, size=(5, 40))), horizon=3)
    draws = draws_of(made, outcome_of(made, np.round(made.mean)))
    tables = [
        review_table(made, outcome_of(made, path), draws, "2023-05") for path in made.sample(150, seed=9)
    ]
    whole = [table.iloc[-1]["outside"] != "" for table in tables]
    assert 0.0 < np.mean(whole) <= 0.05 + 3 * 0.018  # and three standard errors
    cells = pd.concat(table[(table["level"] == "series") & (table["period"] > "2023")] for table in tables)
    assert 0.02 <= (cells["outside"] != "").mean() <= 0.06
    assert cells["pit"].mean() == pytest.approx(0.5, abs=0.02)


def test_parts_stand_out_by_chance_in_no_more_than_one_case_of_ten(bank) -> None:
    _, earlier = bank()
    draws = draws_of(earlier, outcome_of(earlier, np.round(earlier.mean)))
    expected = earlier.mean.sum(axis=1)
    own = (draws - draws.sum(axis=1, keepdims=True) * expected / expected.sum()).std(axis=0)
    groups = [Groups(kind="product", names=tuple(PRODUCTS), codes=np.arange(6), deviation=own)]
    usual = tuple(np.quantile(draws.sum(axis=1), [0.025, 0.975]) - expected.sum())
    named = [
        parts_of(expected, one, groups, usual=usual, deviation=draws.sum(axis=1).std())["stands_out"][
            1:
        ].any()
        for one in draws[:150]
    ]
    assert np.mean(named) <= 0.1 + 3 * 0.025


def test_rows_are_of_the_forecasts_own_interval(bank) -> None:
    tables, earlier = bank({"cards": 1.5})
    table = review_forecast(earlier, tables, period="2024Q3").table
    cards = table[(table["product"] == "cards") & table["period"].str.startswith("2024-")]
    place = earlier.keys["product"].tolist().index("cards")
    np.testing.assert_array_equal(cards["lower"], earlier.quantiles[place, :3, 0])
    np.testing.assert_array_equal(cards["upper"], earlier.quantiles[place, :3, -1])
    assert (cards["outside"] == "above").all()
    assert (cards["pit"] > 0.975).all()
    np.testing.assert_allclose(cards["surprise"], cards["observed"] - earlier.mean[place, :3])
    whole = earlier.aggregate()
    totals = table[(table["level"] == "total") & table["period"].str.startswith("2024-")]
    np.testing.assert_array_equal(totals["upper"], whole.quantiles[0, :3, -1])


def test_nothing_after_the_period_is_looked_at(take_in, bank) -> None:
    tables, earlier = bank({"cards": 1.4})
    later = [*rows({"cards": 1.4}), {"product": "cards", "unit_id": "u1", "period_start": "2024-11-01", "period": "month", "complaints": "99999"},
             {"product": "other", "unit_id": "u1", "period_start": "2024-12-01", "period": "month", "complaints": "99999"}]  # fmt: skip
    more = take_in(complaint_counts=later, as_of="2024-12-31")
    one, other = (review_forecast(earlier, these, period="2024Q3") for these in (tables, more))
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.parts, other.parts)


# What is not complete, not known, or counted otherwise


def test_months_still_being_logged_are_corrected_and_said(sample_tables) -> None:
    complaints = sample_tables.complaints
    panel = rm.build_panel(complaints, by=["product"], last="2026Q3")
    share = rm.nowcast_where_logged(complaints, last="2026Q3").for_periods(panel.periods)
    before = rm.outlook_before(complaints, forecast(panel, horizon=3, calendar="CN", completeness=share))
    review = review_forecast(before, sample_tables, period="2026Q3")
    total = review.total
    assert total["observed"] < 0.95 * total["final"]
    assert total["outside"] == ""
    assert "complaints so far, and will have" in review.sentence
    last = review.table[(review.table["level"] == "series") & (review.table["period"] == "2026-09")]
    assert (last["upper"].to_numpy() >= before.quantiles[:, 2, -1]).all()
    assert (review.parts["kind"] == "unit_id").sum() == 60
    adds_up(review)


def test_a_month_that_is_not_known_is_left_out_of_both_sides(bank) -> None:
    tables, earlier = bank(unknown_months={"complaint_counts": ["2024-08"]})
    review = review_forecast(earlier, tables, period="2024Q3")
    assert (review.left_out["reason"] == "unknown").all()
    assert set(review.left_out["period"]) == {"2024-08"}
    assert review.total["mean"] == pytest.approx(earlier.mean[:, [0, 2]].sum())
    assert "Not judged, as not known: all series (2024-08)." in review.sentence
    row = rm.listings.list_outcomes(review).frame.iloc[1]
    assert row.tolist() == ["All series", "2024-08", "–", "–", "–", "–"]
    adds_up(review)


def test_a_quarter_that_is_not_known_at_all_is_said(bank) -> None:
    tables, earlier = bank(unknown_months={"complaint_counts": ["2024-07", "2024-08", "2024-09"]})
    review = review_forecast(earlier, tables, period="2024Q3")
    assert review.total is None
    assert review.parts.empty
    assert review.sentence.startswith("2024Q3: what came cannot be compared with the forecast")


@pytest.mark.parametrize("hidden", [["2024-08", "2024-09"], ["2024-07", "2024-08", "2024-09"]])
def test_what_is_judged_of_one_month_at_most_is_its_own_row_alone(bank, hidden) -> None:
    tables, earlier = bank(unknown_months={"complaint_counts": hidden})
    review = review_forecast(earlier, tables, period="2024Q3")
    assert not review.table.duplicated([*earlier.keys.columns, "level", "period"]).any()
    totals = review.table[review.table["level"] == "total"]
    assert totals["period"].tolist() == ["2024-07", "2024-08", "2024-09"]
    assert totals["mean"].isna().sum() == len(hidden)
    assert f"Not judged, as not known: all series ({', '.join(hidden)})." in review.sentence


def test_complaints_without_a_product_are_named_so(take_in) -> None:
    unnamed = [
        row | {"product": "" if row["product"] == "loans" else row["product"]} for row in rows({"loans": 1.6})
    ]
    tables = take_in(complaint_counts=unnamed, as_of="2024-09-30")
    for known in (tables, take_in(complaint_counts=[row for row in unnamed if row["product"]])):
        earlier = forecast(rm.build_panel(known.counted, by=["product"], last="2024Q2"), horizon=3)
        review = review_forecast(earlier, tables, period="2024Q3")
        assert not review.parts["name"].str.contains("nan").any()
        named = "– (not in the forecast) +" if known is not tables else "without product +"
        assert named in review.sentence


def test_a_definition_that_has_changed_since_is_not_judged(bank) -> None:
    change = {"month": "2024-08", "words": "cards counted otherwise", "where": {"product": "cards"}}
    tables, earlier = bank({"cards": 2.0}, breaks={"complaint_counts": [change]})
    earlier = replace(earlier, panel=replace(earlier.panel, breaks=()))
    review = review_forecast(earlier, tables, period="2024Q3")
    assert review.left_out[["product", "period"]].to_numpy().tolist() == [
        ["cards", "2024-08"],
        ["cards", "2024-09"],
    ]
    assert "Not judged, as counted otherwise since: cards (2024-08, 2024-09)." in review.sentence


def test_a_product_that_is_new_is_a_part_of_its_own(take_in, bank) -> None:
    _, earlier = bank()
    new = [
        {
            "product": "crypto",
            "unit_id": "u1",
            "period_start": f"2024-0{month}-01",
            "period": "month",
            "complaints": "700",
        }
        for month in (7, 8, 9)
    ]
    tables = take_in(complaint_counts=[*rows(), *new], as_of="2024-09-30")
    review = review_forecast(earlier, tables, period="2024Q3")
    last = review.parts.iloc[-1]
    assert (last["kind"], last["name"], last["surprise"]) == ("new", "crypto", 2100)
    assert "crypto (not in the forecast) +2,100" in review.sentence
    adds_up(review)


def test_without_an_earlier_forecast_it_is_said(bank) -> None:
    tables, earlier = bank()
    assert review_forecast(None, tables, period="2024Q3").sentence == (
        "2024Q3: there is no earlier forecast to compare with."
    )
    past = review_forecast(earlier, tables, period="2024Q1")
    assert past.sentence == "2024Q1: the earlier forecast, from the history until 2024-06, is not of it."
    with pytest.raises(ParameterError, match="begins after"):
        review_forecast(earlier, tables, period="2025Q3")


def test_a_source_without_units_has_no_part_of_them(take_in) -> None:
    tables = take_in(complaint_counts=rows({"loans": 1.5}, by_unit=False), as_of="2024-09-30")
    earlier = forecast(rm.build_panel(tables.counted, by=["product"], last="2024Q2"), horizon=3)
    review = review_forecast(earlier, tables, period="2024Q3")
    assert set(review.parts["kind"]) == {"bank", "product"}
    assert list(standing(review)) == ["loans"]
    total = forecast(rm.build_panel(tables.counted, by=[], last="2024Q2"), horizon=3)
    assert review_forecast(total, tables, period="2024Q3").parts["kind"].tolist() == ["bank"]


def test_a_forecast_by_quarter_or_of_a_part_of_it(bank) -> None:
    tables, _ = bank()
    panel = rm.build_panel(tables.counted, by=["product"], freq="Q", last="2024Q2")
    review = review_forecast(forecast(panel, horizon=2), tables, period="2024Q3")
    assert review.table["period"].unique().tolist() == ["2024Q3"]
    adds_up(review)
    panel = rm.build_panel(tables.counted, by=["product"], last="2024-07")
    review = review_forecast(forecast(panel, horizon=2), tables, period="2024Q3")
    assert review.sentence.startswith("2024-08 – 2024-09 brought ")
