"""Orders by several measures: by hand, against integrals, and as the Chinese regulator published them."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from riskmodels.comparisons.orders import Orders, rank_by_measures
from riskmodels.errors import ParameterError

pytestmark = pytest.mark.whole

MEASURES = {"complaints": (None, 1), "per 10 branches": ("branches", 10)}
REGULATOR = "cn_regulator/cbirc_2022Q4_joint_stock_banks.csv"  # the regulator's notice, quoted in the press
PUBLISHED = {
    "complaints": (None, 1),
    "per 1,000 branches": ("branches", 1000),
    "per 10 million customers": ("customers", 1),
}
COLUMNS = dict(zip(PUBLISHED, ["complaints", "per_1000_branches", "per_10m_customers"], strict=True))
ZH = ["投诉量", "每千网点投诉量", "每千万客户投诉量", "网点数", "客户数"]
CHINESE = dict(zip([*PUBLISHED, "branches", "customers"], ZH, strict=True))


def banks(count=(100, 50, 24, 6), branches=(20.0, 5.0, 4.0, 3.0), names="ABCDEFGHIJ") -> pd.DataFrame:
    return pd.DataFrame({"bank": list(names[: len(count)]), "complaints": count, "branches": branches})


def rank(frame: pd.DataFrame, measures=MEASURES, **settings) -> Orders:
    return rank_by_measures(frame, unit="bank", count="complaints", measures=measures, **settings)


def by_bank(orders: Orders, measure: str = "per 10 branches", frame: str = "table") -> pd.DataFrame:
    rows = getattr(orders, frame)
    return rows[rows["measure"] == measure].set_index("unit").sort_index()


# ---- values, ranks, intervals -------------------------------------------------------------------------


def test_values_and_ranks_by_hand():
    orders = rank(banks())
    np.testing.assert_allclose(by_bank(orders)["value"], [50, 100, 60, 20])
    assert orders.table["rank"].tolist() == [1, 2, 3, 4] * 2
    assert orders.table["unit"].tolist() == list("ABCD") + list("BCAD")
    assert orders.medians["median"].tolist() == [37, 55]


def test_intervals_are_those_of_a_gamma_posterior():
    rows = by_bank(rank(banks(), level=0.8, dispersion=2.5))
    a, scale = np.array([100, 50, 24, 6]) / 2.5 + 0.5, 2.5 / np.array([20, 5, 4, 3]) * 10
    np.testing.assert_allclose(rows["lower"], stats.gamma.ppf(0.1, a, scale=scale))
    np.testing.assert_allclose(rows["upper"], stats.gamma.ppf(0.9, a, scale=scale))


def test_equal_values_share_the_lowest_rank():
    orders = rank(banks(count=(10, 20, 5, 30), branches=(1.0, 2.0, 1.0, 3.0)))
    assert by_bank(orders)["rank"].tolist() == [1, 1, 4, 1]
    assert by_bank(orders, "complaints")["rank"].tolist() == [3, 2, 4, 1]


def test_nothing_counted_is_a_value_of_zero_and_no_certainty():
    row = by_bank(rank(banks(count=(100, 50, 24, 0)))).loc["D"]
    assert row[["value", "lower", "rank"]].tolist() == [0, 0, 4]
    np.testing.assert_allclose(row["upper"], stats.gamma.ppf(0.95, 0.5) / 3 * 10)


@pytest.mark.parametrize(
    "scale", [0.1, 1 / 3, 1000]
)  # of which two make equal values differ in the last digit
def test_the_unit_of_exposure_does_not_matter(scale):
    frame = banks(count=(1, 3, 7, 6), branches=(0.1, 0.3, 0.9, 0.6))
    one, other = by_bank(rank(frame)), by_bank(rank(frame.assign(branches=frame["branches"] * scale)))
    assert other["rank"].tolist() == [1, 1, 4, 1]
    ranks = ["rank", "rank_lower", "rank_upper", "p_first", "p_worst_three"]
    pd.testing.assert_frame_equal(one[ranks], other[ranks])
    np.testing.assert_allclose(other["value"] * scale, one["value"])


# ---- what is known of the ranks, against closed forms and integrals -----------------------------------


@pytest.mark.parametrize("dispersion", [1.0, 3.0])
def test_the_probability_to_be_first_of_two_is_that_of_a_beta_variable(dispersion):
    rows = by_bank(rank(banks(count=(12, 4), branches=(7.0, 3.0)), dispersion=dispersion))
    a, b = 12 / dispersion + 0.5, 4 / dispersion + 0.5
    exact = stats.beta.sf(7 / (7 + 3), a, b)  # G1 / 7 > G2 / 3 where G1 / (G1 + G2) > 7 / 10
    assert abs(rows["p_first"]["A"] - exact) < 4 * rows["p_first_error"]["A"] < 0.03
    np.testing.assert_allclose(exact, stats.f.sf(7 / 3 * b / a, 2 * a, 2 * b))
    assert rows["p_first"].sum() == pytest.approx(1)
    assert rows["p_worst_three"].tolist() == [1, 1]


def posteriors(count, size) -> list:
    return [stats.gamma(c + 0.5, scale=1 / s) for c, s in zip(count, size, strict=True)]


def chance(own, others, *, first: bool) -> float:
    """Integrate over the own rate: all others are below it (or above it)."""

    def density(x: float) -> float:
        return own.pdf(x) * np.prod([other.cdf(x) if first else other.sf(x) for other in others])

    return integrate.quad(density, 0, own.ppf(1 - 1e-12), limit=400)[0]


def test_the_probabilities_are_the_integrals_of_four_posteriors():
    count, size = (30, 9, 12, 4), (10.0, 2.0, 4.0, 3.0)
    rows, units = by_bank(rank(banks(count, size))), posteriors(count, size)
    for place, own in enumerate(units):
        others = units[:place] + units[place + 1 :]
        row = rows.iloc[place]
        assert abs(row["p_first"] - chance(own, others, first=True)) < 4 * row["p_first_error"]
        last = chance(own, others, first=False)
        assert abs(1 - row["p_worst_three"] - last) < 4 * row["p_worst_three_error"]
    assert rows["p_first_error"].between(0.0005, 0.005).all()


def test_rank_intervals_are_quantiles_of_the_distribution_of_ranks():
    count, size = (40, 9, 7), (10.0, 3.0, 4.0)
    rows, units = by_bank(rank(banks(count, size), level=0.8)), posteriors(count, size)
    for place, own in enumerate(units):
        others = units[:place] + units[place + 1 :]
        first, last = (chance(own, others, first=end) for end in (True, False))
        below = np.array([first, 1 - last, 1.0])
        assert np.abs(below[:, None] - [0.1, 0.9]).min() > 0.01  # no quantile is near a jump
        assert rows["rank_lower"].iloc[place] == 1 + np.searchsorted(below, 0.1)
        assert rows["rank_upper"].iloc[place] == 1 + np.searchsorted(below, 0.9)
    assert (rows["rank_upper"] - rows["rank_lower"]).tolist() == [1, 2, 1]


def test_what_varies_more_is_known_less():
    narrow, wide = (by_bank(rank(banks(), dispersion=phi)) for phi in (1.0, 8.0))
    widths = [rows["upper"] - rows["lower"] for rows in (narrow, wide)]
    assert (widths[1] > widths[0]).all()
    assert wide["p_first"]["B"] < narrow["p_first"]["B"]


def test_the_same_seed_gives_the_same_and_another_seed_nearly_so():
    frame = banks(count=(12, 9, 6, 5))
    one, same, other = (by_bank(rank(frame, seed=seed))["p_first"] for seed in (1, 1, 2))
    assert one.equals(same)
    assert 0 < (one - other).abs().max() < 0.03


# ---- units without exposure ---------------------------------------------------------------------------


def test_a_unit_without_exposure_is_not_ranked_and_is_named():
    orders = rank(banks(branches=(20.0, np.nan, 4.0, 0.0)))
    rows = by_bank(orders)
    assert rows["rank"].tolist() == [2, pd.NA, 1, pd.NA]
    assert rows.loc[["B", "D"]].drop(columns="measure").isna().all(axis=None)
    assert orders.unranked["unit"].tolist() == ["B", "D"]
    assert orders.unranked["reason"].tolist() == ["branches unknown", "branches zero"]
    assert "Not ranked: B per 10 branches (branches unknown); D per 10" in orders.sentence
    assert orders.medians["units"].tolist() == [4, 2]
    assert orders.medians["median"].tolist() == [37, 55]  # of 50 and 60 alone


def test_many_units_without_exposure_are_counted():
    orders = rank(banks(count=range(1, 9), branches=[np.nan] * 7 + [1.0]))
    assert orders.sentence.endswith("E per 10 branches (branches unknown) and 2 more.")


def test_missing_values_of_any_kind_are_unknown():
    kinds = [[20, None, 4, 3], pd.array([20, pd.NA, 4, 3], dtype="Int64"), [20.0, np.nan, 4.0, 3.0]]
    tables = [rank(banks(branches=kind)).table for kind in kinds]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    pd.testing.assert_frame_equal(tables[0], tables[2])


def test_no_unit_has_an_exposure():
    orders = rank(banks(branches=[np.nan] * 4), {"per 10 branches": ("branches", 10)})
    assert orders.table["rank"].isna().all()
    assert np.isnan(orders.medians["median"]).all()
    assert orders.sentences["sentence_en"][3] == "D is not ranked per 10 branches (branches unknown)."
    assert orders.sentences["sentence_zh"][3] == "D未参与排名：per 10 branches（branches缺失）。"


def test_one_unit_and_one_measure_have_no_correlation():
    orders = rank(banks(count=[7], branches=[2.0]))
    assert orders.table["p_first"].tolist() == [1, 1]
    assert orders.sentence == "1 units ranked by complaints, per 10 branches."
    assert rank(banks(), {"complaints": (None, 1)}).correlations.empty


# ---- why the orders differ ----------------------------------------------------------------------------


def test_the_explanation_by_hand():
    rows = by_bank(rank(banks()), frame="explanation")
    np.testing.assert_allclose(rows["times_count"], np.array([100, 50, 24, 6]) / 37)
    np.testing.assert_allclose(rows["times_size"], np.array([20, 5, 4, 3]) / 4.5)
    np.testing.assert_allclose(rows["distance"], np.log(np.array([50, 100, 60, 20]) / (37 / 4.5 * 10)))
    assert rows["moved"].tolist() == [-2, 1, 1, 0]


counts = st.lists(st.integers(0, 5000), min_size=1, max_size=10)
sizes = st.lists(st.one_of(st.just(np.nan), st.floats(1e-3, 1e6)), min_size=10, max_size=10)


@settings(max_examples=30)
@given(count=counts, size=sizes, scale=st.floats(1e-3, 1e3))
def test_the_explanation_adds_up_and_ranks_keep_their_promises(count, size, scale):
    frame = banks(count, size[: len(count)])
    orders = rank(frame)
    why = orders.explanation
    np.testing.assert_allclose(why["from_count"] + why["from_size"], why["distance"], rtol=1e-9, atol=1e-9)
    ranked = orders.table.dropna(subset=["value"])
    assert len(ranked) + len(orders.unranked) == len(orders.table) == 2 * len(frame)
    assert (ranked["lower"] <= ranked["value"]).all()
    assert (ranked["value"] <= ranked["upper"]).all()
    assert (ranked["rank_lower"] <= ranked["rank_upper"]).all()
    np.testing.assert_allclose(ranked.groupby("measure")["p_first"].sum(), 1)
    scaled = rank(frame.assign(branches=frame["branches"] * scale)).table
    assert scaled["rank"].tolist() == orders.table["rank"].tolist()


def test_a_median_of_nothing_is_no_reference():
    rows = by_bank(rank(banks(count=(9, 0, 0, 0))), frame="explanation")
    assert rows[["times_count", "distance", "from_count"]].isna().all(axis=None)
    assert np.isfinite(rows["from_size"]).all()


def test_the_sentences_of_one_unit():
    said = rank(banks(), names_zh={"A": "甲行", "branches": "网点数"}).sentences.set_index("unit")
    assert said.loc["A", "sentence_en"] == (
        "A is 1st by complaints but 3rd per 10 branches: it has 4.4 times the branches of the median."
    )
    assert said.loc["A", "sentence_zh"] == (
        "甲行按complaints居第1位，但按per 10 branches居第3位：网点数为中位数的4.4倍。"
    )
    assert said.loc["D", "sentence_en"] == "D is 4th by complaints and 4th per 10 branches."


def test_a_size_that_explains_nothing_is_not_given_as_the_reason():
    said = rank(banks()).sentences.set_index("unit")["sentence_en"]  # B is larger than the median, and rises
    assert said["B"].endswith("but 1st per 10 branches, though it has 1.1 times the branches of the median.")


def test_without_the_count_among_the_measures_sizes_are_given_for_all():
    frame = banks().assign(customers=[3.0, 3.0, 1.0, 2.0])
    rates = {"per 10 branches": ("branches", 10), "per customer": ("customers", 1)}
    assert rank(frame, rates).sentences["sentence_en"][0] == (
        "A is 3rd per 10 branches and 1st per customer: it has 4.4 times the branches and 1.2 times the "
        "customers of the median."
    )


def test_the_correlations_are_spearmans():
    frame = banks(count=(9, 7, 7, 3, 8), branches=(5.0, 1.0, 2.0, 4.0, np.nan))
    row = rank(frame).correlations.iloc[0]
    ranked = by_bank(rank(frame)).dropna()["value"]
    expected = stats.spearmanr([9, 7, 7, 3], ranked).statistic
    assert (row["one"], row["other"], row["units"]) == ("complaints", "per 10 branches", 4)
    assert row["spearman"] == pytest.approx(expected)
    assert f"complaints and per 10 branches {expected:.2f}" in rank(frame).sentence


def test_it_shows_itself():
    shown = rank(banks())
    assert list(shown.summary())[:3] == ["unit", "complaints", "rank by complaints"]
    assert shown.summary()["rank per 10 branches"].tolist() == [3, 1, 2, 4]
    assert "4 units ranked by complaints" in shown._repr_html_()


# ---- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"complaints": [100, -1, 24, 6]}, "'complaints' is unknown or negative for B"),
        ({"complaints": [100, 50, np.nan, 6]}, "'complaints' is unknown or negative for C"),
        ({"complaints": [100, 50, np.inf, 6]}, "negative for C"),
        ({"complaints": ["many", "few", "1", "2"]}, "'complaints' must hold numbers"),
        ({"branches": [1, 2, -3, 4]}, "'branches' is negative or infinite for C"),
        ({"branches": [1, 2, np.inf, 4]}, "'branches' is negative or infinite for C"),
        ({"bank": ["A", "B", "A", "D"]}, "'bank' names units twice: A"),
        ({"bank": ["A", None, "C", "D"]}, "'bank' has rows without a name"),
    ],
)
def test_bad_rows_are_named(changes, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        rank(banks().assign(**changes))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"measures": {}}, "measures are missing"),
        ({"measures": {"per desk": ("desks", 1)}}, "expected one column 'desks'; given are bank, complaints"),
        ({"measures": {"per 0": ("branches", 0)}}, "measure 'per 0' is per 0"),
        ({"measures": {"per ?": ("branches", np.nan)}}, "measure 'per ?' is per nan"),
        ({"level": 1.0}, "level is 1.0"),
        ({"dispersion": 0.0}, "dispersion is 0.0"),
    ],
)
def test_bad_settings_are_named(settings, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        rank(banks(), **settings)


def test_no_rows_and_doubtful_columns_are_refused():
    with pytest.raises(ParameterError, match="'bank' has no rows to rank"):
        rank(banks()[:0])
    with pytest.raises(ParameterError, match="expected one column 'branches'"):
        rank(pd.concat([banks(), banks()[["branches"]]], axis=1))


def test_the_frame_stays_as_it_was():
    frame = banks().iloc[::-1]
    before = frame.copy()
    assert rank(frame).sentences["unit"].tolist() == list("DCBA")
    pd.testing.assert_frame_equal(frame, before)


# ---- the regulator's table ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(shared_data) -> pd.DataFrame:
    frame = pd.read_csv(shared_data(REGULATOR))
    return frame.rename(columns={"implied_branches": "branches", "implied_customers_10m": "customers"})


@pytest.fixture(scope="module")
def orders(published) -> Orders:
    return rank(published, PUBLISHED, names_zh=CHINESE)


@pytest.mark.parametrize("measure", PUBLISHED)
def test_the_orders_are_those_published(orders, published, measure):
    expected = published.set_index("bank")[COLUMNS[measure]].rank(ascending=False).astype("Int64")
    assert by_bank(orders, measure)["rank"].equals(expected.sort_index())


def test_the_medians_are_those_published(orders):
    np.testing.assert_allclose(orders.medians["median"], [2290, 1561.8, 303.9], rtol=1e-12)
    assert orders.medians["units"].tolist() == [13, 12, 13]


def test_the_bank_without_branches_is_not_ranked_on_them_and_the_sentences_say_so(orders):
    assert orders.unranked.to_numpy().tolist() == [["百信银行", "per 1,000 branches", "branches unknown"]]
    assert "Not ranked: 百信银行 per 1,000 branches (branches unknown)." in orders.sentence
    said = orders.sentences.set_index("unit").loc["百信银行"]
    assert said["sentence_en"].startswith("百信银行 is 11th by complaints but 13th per 10 million")
    assert said["sentence_en"].endswith("; not ranked per 1,000 branches (branches unknown).")
    assert said["sentence_zh"].endswith("；未参与排名：每千网点投诉量（网点数缺失）。")


def test_the_most_complained_of_bank_is_explained(orders):
    said = orders.sentences.set_index("unit").loc["平安银行"]
    assert said["sentence_en"] == (
        "平安银行 is 1st by complaints and 1st of 12 per 1,000 branches but 6th per 10 million customers: it "
        "has 1.5 times the customers of the median."
    )
    assert said["sentence_zh"] == (
        "平安银行按投诉量居第1位、按每千网点投诉量居12家中第1位，但按每千万客户投诉量居第6位：客户数为中位数的1.5倍。"
    )


def test_the_orders_hardly_agree(orders, published):
    values = published[list(COLUMNS.values())].rename(columns={v: k for k, v in COLUMNS.items()})
    for row in orders.correlations.itertuples():
        both = values[[row.one, row.other]].dropna()
        assert row.spearman == pytest.approx(stats.spearmanr(both).statistic)
    assert orders.correlations["spearman"].round(2).tolist() == [0.75, -0.10, 0.17]


def test_who_is_first_per_customer_is_not_certain(orders):
    rows = by_bank(orders, "per 10 million customers")
    assert 0.5 < rows.loc["渤海银行", "p_first"] < 0.7
    assert (rows.loc["渤海银行", "rank_lower"], rows.loc["渤海银行", "rank_upper"]) == (1, 3)
    assert by_bank(orders, "complaints").loc["平安银行", "p_first"] == 1


def test_whole_branches_give_the_published_rates_back(published):
    whole = rank(published.assign(branches=published["branches"].round()), PUBLISHED)
    rates = published.set_index("bank")["per_1000_branches"].sort_index()  # rounded to 0.1
    np.testing.assert_allclose(by_bank(whole, "per 1,000 branches")["value"], rates, atol=0.05)


def test_rounding_does_not_change_an_order_and_medians_by_no_more_than_itself(published, orders):
    rng = np.random.default_rng(2022)
    for _ in range(20):
        off = rng.uniform(-0.05, 0.05, size=(2, len(published)))
        count = published["complaints"]
        frame = published.assign(
            branches=count / (published["per_1000_branches"] + off[0]) * 1000,
            customers=count / (published["per_10m_customers"] + off[1]),
        )
        again = rank(frame, PUBLISHED)
        for measure in PUBLISHED:
            assert by_bank(again, measure)["rank"].equals(by_bank(orders, measure)["rank"])
        gap = (again.medians["median"] - orders.medians["median"]).abs()
        assert (gap <= [1e-9, 0.05 + 1e-9, 0.05 + 1e-9]).all()
