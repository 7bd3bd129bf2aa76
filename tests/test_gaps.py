"""Customer groups: like is compared with like, chance alone makes no finding, and true gaps are found."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from riskmodels.comparisons.gaps import CustomerGaps, customer_gaps
from riskmodels.errors import ParameterError
from riskmodels.rates import Strata, holm_adjusted, overdispersion
from riskmodels.reporting.listings.gaps import list_gaps
from riskmodels.reporting.plots import plot_of
from riskmodels.reporting.plots.gaps import plot_gaps
from riskmodels.results import load, save

pytestmark = pytest.mark.whole

PERIOD = "2024Q3"
TRUE_GAPS = {("resolved_7wd", "elderly"), ("complaint_handling_satisfaction", "new_resident")}


def strata(bad, size, reference_bad, reference_size):
    rows = (np.atleast_2d(np.asarray(one, dtype=float)) for one in (bad, size, reference_bad, reference_size))
    return Strata(**dict(zip(("bad", "size", "reference_bad", "reference_size"), rows, strict=True)))


# The difference of Mantel and Haenszel

TWO = strata([8, 10], [20, 40], [12, 3], [60, 30])


def test_the_difference_by_hand() -> None:
    # weights 20·60/80 = 15 and 40·30/70 = 120/7; differences 0.4 - 0.2 and 0.25 - 0.1
    weights = np.array([15, 120 / 7])
    np.testing.assert_allclose(TWO.weight[0], weights)
    expected = (15 * 0.2 + 120 / 7 * 0.15) / (15 + 120 / 7)
    assert TWO.difference[0] == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(0.17333, abs=1e-5)


def test_its_standard_error_by_hand() -> None:
    # P = (n² y - m² x + n m (m - n) / 2) / N², Q = (x (m - y) + y (n - x)) / 2N
    p = (400 * 12 - 3600 * 8 + 20 * 60 * 40 / 2) / 6400 + (1600 * 3 - 900 * 10 + 40 * 30 * -10 / 2) / 4900
    q = (8 * 48 + 12 * 12) / 160 + (10 * 27 + 3 * 30) / 140
    expected = np.sqrt(TWO.difference[0] * p + q) / (15 + 120 / 7)
    assert min(abs(p), q) > 0.9  # no term is lost
    assert TWO.standard_error[0] == pytest.approx(expected, abs=1e-12)


def test_in_one_big_stratum_it_is_the_plain_difference() -> None:
    one = strata([300], [1000], [1500], [6000])
    low, high = confint_proportions_2indep(300, 1000, 1500, 6000, compare="diff", method="wald", alpha=0.1)
    far = stats.norm.ppf(0.95) * one.standard_error[0]
    assert one.difference[0] == pytest.approx(0.05, abs=1e-12)
    # Sato's variance takes the difference as common to two binomials, to first order the plain one
    np.testing.assert_allclose([0.05 - far, 0.05 + far], [low, high], rtol=2e-3)
    np.testing.assert_allclose(np.array(one.interval(0.9))[:, 0], [low, high], atol=1e-3)


def test_the_standard_error_is_that_of_many_draws() -> None:
    rng = np.random.default_rng(3)
    size, reference = np.array([6, 3, 40, 9] * 10), np.array([4, 30, 50, 2] * 10)
    share = np.array([0.1, 0.3, 0.2, 0.5] * 10)
    draws = strata(
        rng.binomial(size, share + 0.08, (4000, 40)),
        np.tile(size, (4000, 1)),
        rng.binomial(reference, share, (4000, 40)),
        np.tile(reference, (4000, 1)),
    )
    assert draws.difference.mean() == pytest.approx(0.08, abs=0.003)
    assert np.sqrt((draws.standard_error**2).mean()) == pytest.approx(draws.difference.std(), rel=0.05)


def test_without_tolerance_it_is_the_test_of_mantel_and_haenszel() -> None:
    big = strata([80, 100, 33], [200, 400, 90], [130, 70, 260], [600, 300, 800])
    tables = [
        np.array([[x, n - x], [y, m - y]])
        for x, n, y, m in zip(*(one[0] for one in vars(big).values()), strict=True)
    ]
    peer = StratifiedTable(tables).test_null_odds(correction=True)
    assert big.p_worse(0.0)[0] == pytest.approx(peer.pvalue / 2, rel=0.15)  # the tail is not quite normal
    assert big.p_worse(0.0)[0] == pytest.approx(stats.norm.sf(np.sqrt(peer.statistic)), rel=0.15)


@pytest.mark.parametrize(
    ("bad", "size", "other", "whole"), [(3, 30, 2, 500), (2, 12, 3, 900), (5, 40, 1, 60)]
)
def test_one_small_table_is_judged_as_the_exact_test_does_or_later(bad, size, other, whole) -> None:
    exact = stats.hypergeom.sf(bad - 1, size + whole, bad + other, size)
    assert exact <= strata([bad], [size], [other], [whole]).p_worse(0.0)[0] < 3 * exact


def test_what_has_nothing_alike_has_no_difference() -> None:
    apart = strata([1, 0], [9, 0], [0, 2], [0, 9])
    known = [
        apart.difference[0],
        apart.standard_error[0],
        apart.p_worse(0.0)[0],
        *np.ravel(apart.interval(0.9)),
    ]
    assert np.isnan(known).all()


counts = st.lists(st.tuples(*[st.integers(0, 30)] * 4), min_size=1, max_size=6)


@given(cells=counts, tolerance=st.sampled_from([0.0, 0.01, 0.1]))
def test_properties_of_any_counts(cells, tolerance) -> None:
    bad, good, other_bad, other_good = np.array(cells, dtype=float).T
    one = strata(bad, bad + good, other_bad, other_bad + other_good)
    if not one.weight.sum():
        return
    lower, upper = (end[0] for end in one.interval(0.9))
    assert -1 <= lower <= one.difference[0] + 1e-9
    assert one.difference[0] - 1e-9 <= upper <= 1
    p = one.p_worse(tolerance)[0]
    assert 0 <= p <= 1
    harder = one.p_worse(tolerance + 0.05)[
        0
    ]  # a larger difference is harder to refuse, where anything is refused
    assert p <= harder + (1e-9 if p < 0.5 else 0.05)
    assert one.standard_error[0] >= 0
    mirrored = strata(other_bad, other_bad + other_good, bad, bad + good)
    assert mirrored.difference[0] == pytest.approx(-one.difference[0], abs=1e-12)
    assert mirrored.standard_error[0] == pytest.approx(one.standard_error[0], abs=1e-6)
    shuffled = strata(*(values[::-1] for values in (bad, bad + good, other_bad, other_bad + other_good)))
    assert shuffled.difference[0] == pytest.approx(one.difference[0], abs=1e-12)


# Holm


def test_holm_by_hand() -> None:
    # 3 of them count: 0.01·3, 0.02·2, 0.03·1 but not below the one before
    np.testing.assert_allclose(holm_adjusted([0.03, 0.01, np.nan, 0.02]), [0.04, 0.03, np.nan, 0.04])
    np.testing.assert_allclose(holm_adjusted([0.6, 0.7]), [1.0, 1.0])
    assert holm_adjusted([]).size == 0


@pytest.mark.parametrize("size", [1, 7, 40])
def test_holm_is_that_of_statsmodels(size) -> None:
    p = np.round(np.random.default_rng(size).random(size) ** 3, 2)  # some are tied
    np.testing.assert_allclose(holm_adjusted(p), multipletests(p, method="holm")[1], atol=1e-12)
    np.testing.assert_allclose(holm_adjusted([p, p[::-1]])[1], holm_adjusted(p[::-1]), atol=1e-12)


# No false findings


def null_banks(rng, banks, share, cases, reference_cases, *, worse, n_strata=12):
    """Simulate banks of 30 comparisons whose groups are worse by ``worse``: the largest that is no gap."""
    shape = (banks * 30, n_strata)
    size, reference = (
        rng.multinomial(number, rng.dirichlet(np.ones(n_strata)), size=shape[0])
        for number in (cases, reference_cases)
    )
    true = np.clip(share * np.exp(0.3 * rng.standard_normal(shape)), 0, 1 - worse)
    return strata(rng.binomial(size, true + worse), size, rng.binomial(reference, true), reference)


@pytest.mark.parametrize("worse", [0.0, 0.01])
@pytest.mark.parametrize(
    ("share", "cases", "reference_cases"),
    [
        (0.005, 30, 500),
        (0.005, 300, 7000),
        (0.03, 300, 7000),
        (0.1, 60, 600),
        (0.35, 300, 3000),
        (0.1, 1000, 60),
    ],
)
def test_chance_alone_hardly_ever_makes_a_finding(share, cases, reference_cases, worse) -> None:
    banks = 400
    rng = np.random.default_rng([cases, reference_cases, round(1000 * worse)])
    p = null_banks(rng, banks, share, cases, reference_cases, worse=worse).p_worse(0.01)
    false = (holm_adjusted(p.reshape(banks, 30)) <= 0.05).any(axis=1).mean()
    assert false <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / banks)


def test_bad_months_of_single_groups_make_no_finding() -> None:
    rng = np.random.default_rng(11)
    banks, groups, months, cases = 300, 6, 12, 60
    true = rng.beta(0.1 * 50, 0.9 * 50, (banks, groups, months))  # 2.2 times the binomial variance
    bad = rng.binomial(cases, true).astype(float)
    sizes = np.full(bad.shape, float(cases))
    spread = [overdispersion(*pair, proportion=True) for pair in zip(bad, sizes, strict=True)]
    total, size = bad.sum(axis=2), sizes.sum(axis=2)
    others = total.sum(axis=1, keepdims=True) - total
    rest = size.sum(axis=1, keepdims=True) - size
    flat = strata(*(one.reshape(-1, 1) for one in (total, size, others, rest)))
    widened, plain = (
        (holm_adjusted(flat.p_worse(0.0, phi).reshape(banks, groups)) <= 0.05).any(axis=1).mean()
        for phi in (np.repeat(spread, groups), 1.0)
    )
    assert np.mean(spread) == pytest.approx(1 + 59 / 51, rel=0.05)
    assert widened <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / banks) < plain


def test_a_normal_tail_would_have_cried_wolf() -> None:
    one = null_banks(np.random.default_rng(5), 600, 0.005, 30, 7000, worse=0.0, n_strata=1)
    n, m, t = one.size, one.reference_size, one.bad + one.reference_bad
    spread = np.sqrt(n * m * t * (n + m - t) / (n + m) ** 2 / (n + m - 1))
    normal = stats.norm.sf((one.bad - n * t / (n + m) - 0.5) / spread)
    wrong, right = (
        (holm_adjusted(p.reshape(600, 30)) <= 0.05).any(axis=1).mean() for p in (normal, one.p_worse(0.0))
    )
    assert right <= 0.05
    assert wrong > 0.15


# Small banks. (group, product, channel) -> cases, of which not satisfied


def make_bank(take_in, cells, *, reverse=False):
    rows = [
        {
            "complaint_id": f"{group}-{product}-{channel}-{number}",
            "received_at": f"2024-{7 + number % 3:02d}-{1 + number % 27:02d} 10:00:00",
            "unit_id": "u",
            "product": product,
            "channel": channel,
            "customer_group": group,
            "satisfaction": 2 if number < unhappy else 5,
        }
        for (group, product, channel), (cases, unhappy) in cells.items()
        for number in range(cases)
    ]
    return take_in(complaints=rows[::-1] if reverse else rows)


@pytest.fixture(scope="module")
def policy(default_policy):
    wanted = ("complaint_handling_satisfaction", "complaint_rate", "dual_control_rate", "handling_days")
    chosen = tuple(one for one in default_policy.indicators if one.id in wanted)
    return default_policy.model_copy(update={"indicators": chosen})


# mortgages go badly for everybody, cards well; elderly complain of mortgages
SIMPSON = {
    ("general", "card", "phone"): (900, 90),
    ("general", "mortgage", "phone"): (100, 40),
    ("elderly", "card", "phone"): (50, 5),
    ("elderly", "mortgage", "phone"): (200, 80),
    ("", "card", "phone"): (10, 10),
}


def only(found):
    return found.table.iloc[0]


def test_a_gap_that_is_one_of_products_vanishes(take_in, policy) -> None:
    found = customer_gaps(make_bank(take_in, SIMPSON), policy, period=PERIOD, quarters=1)
    row = only(found)
    assert (row["indicator_id"], row["customer_group"]) == ("complaint_handling_satisfaction", "elderly")
    assert (row["cases"], row["reference_cases"]) == (250, 1000)  # the unknown group counts nowhere
    assert row["value"] == pytest.approx(165 / 250)
    assert row["reference_value"] == pytest.approx(870 / 1000)
    assert row["crude"] == pytest.approx(165 / 250 - 870 / 1000)
    assert row["difference"] == pytest.approx(0, abs=1e-12)
    assert (bool(row["finding"]), bool(row["enough"])) == (False, True)


def test_a_true_gap_is_found_in_the_direction_of_the_indicator(take_in, policy) -> None:
    cells = SIMPSON | {("elderly", "card", "phone"): (250, 75)}  # 30 % unhappy instead of 10 %
    row = only(customer_gaps(make_bank(take_in, cells), policy, period=PERIOD, quarters=1))
    weights = np.array([250 * 900 / 1150, 200 * 100 / 300])
    assert row["difference"] == pytest.approx(-0.2 * weights[0] / weights.sum())
    assert row["lower"] < row["difference"] < row["upper"] < 0
    assert (bool(row["worse"]), bool(row["finding"])) == (True, True)
    turned = tuple(
        one.model_copy(update={"direction": "lower_is_better", "limits": None}) for one in policy.indicators
    )
    opposite = policy.model_copy(update={"indicators": turned})
    other = only(customer_gaps(make_bank(take_in, cells), opposite, period=PERIOD, quarters=1))
    assert other["difference"] == pytest.approx(row["difference"])
    assert (other["lower"], other["upper"]) == pytest.approx((row["lower"], row["upper"]))
    assert (bool(other["worse"]), bool(other["finding"])) == (False, False)


def test_few_cases_say_nothing_and_many_bad_ones_among_few_do(take_in, policy) -> None:
    cells = {
        ("general", "card", "phone"): (2000, 10),
        ("disabled", "card", "phone"): (4, 4),
        ("elderly", "card", "phone"): (30, 0),
        ("new_resident", "card", "phone"): (30, 6),
    }
    found = customer_gaps(make_bank(take_in, cells), policy, period=PERIOD, quarters=1)
    rows = found.table.set_index("customer_group")
    assert np.isnan(rows.loc["disabled", "p"])
    assert rows["finding"].to_dict() == {"disabled": False, "elderly": False, "new_resident": True}
    assert rows["enough"].to_dict() == {"disabled": False, "elderly": False, "new_resident": True}
    assert "1 of 3" in found.sentence
    assert "2 have too few" in found.sentence


def test_without_general_customers_each_is_set_against_all_others(take_in, policy) -> None:
    counted = {"a": (60, 6), "b": (40, 8), "c": (100, 50)}
    cells = {(group, "card", "phone"): cases for group, cases in counted.items()}
    found = customer_gaps(make_bank(take_in, cells), policy, period=PERIOD, quarters=1)
    rows = found.table.set_index("customer_group")
    assert found.reference == ""
    assert sorted(rows.index) == ["a", "b", "c"]
    assert rows.loc["a", "reference_cases"] == 140
    assert rows.loc["a", "reference_value"] == pytest.approx(1 - 58 / 140)
    named = customer_gaps(make_bank(take_in, cells), policy, period=PERIOD, quarters=1, reference="b")
    assert sorted(named.table["customer_group"]) == ["a", "c"]
    with pytest.raises(ParameterError, match="the group 'd'; there are: a, b, c"):
        customer_gaps(make_bank(take_in, cells), policy, period=PERIOD, quarters=1, reference="d")


def test_what_cannot_be_compared_is_said(take_in, policy) -> None:
    found = customer_gaps(make_bank(take_in, SIMPSON), policy, period=PERIOD, quarters=1)
    reasons = found.unavailable.set_index("indicator_id")["reason"]
    assert "accounts are not counted by customer group" in reasons["complaint_rate"]
    assert sorted(reasons.index) == ["complaint_rate", "dual_control_rate", "handling_days"]
    assert "Who complains how often is not known" in found.sentence
    plain = [
        {"complaint_id": "c", "received_at": "2024-08-01", "unit_id": "u", "product": "p", "satisfaction": 5}
    ]
    none = customer_gaps(take_in(complaints=plain), policy, period=PERIOD)
    assert none.table.empty
    assert none.table.columns.equals(found.table.columns)
    assert none.sentence.startswith("Nothing could be compared")
    reasons = none.unavailable.set_index("indicator_id")["reason"]
    assert reasons["complaint_handling_satisfaction"] == "the source gives no complaints.customer_group"
    assert list_gaps(none, policy).frame.empty
    plt.close(plot_gaps(none).figure)


def test_without_channels_products_alone_are_adjusted_for(take_in, policy) -> None:
    cells = {(group, product, ""): counted for (group, product, _), counted in SIMPSON.items()}
    row = only(customer_gaps(make_bank(take_in, cells), policy, period=PERIOD, quarters=1))
    assert row["difference"] == pytest.approx(0, abs=1e-12)


def test_the_order_of_rows_changes_nothing(take_in, policy) -> None:
    banks = [make_bank(take_in, SIMPSON, reverse=reverse) for reverse in (False, True)]
    first, second = (customer_gaps(bank, policy, period=PERIOD, quarters=2) for bank in banks)
    pd.testing.assert_frame_equal(first.table, second.table)


def test_other_quarters_and_settings_are_refused(take_in, policy) -> None:
    bank = make_bank(take_in, SIMPSON)
    with pytest.raises(ParameterError, match="is not a quarter"):
        customer_gaps(bank, policy, period="2024-09")
    with pytest.raises(ParameterError, match="at least 1, got 0"):
        customer_gaps(bank, policy, period=PERIOD, quarters=0)
    assert customer_gaps(bank, policy, period="2023Q1").table.empty


# The sample bank (synthetic, data/sample)


@pytest.fixture(scope="module")
def found(sample_tables, default_policy):
    return customer_gaps(sample_tables, default_policy, period="2026Q3")


def test_both_true_gaps_are_found_and_no_other(found, project) -> None:
    truth = json.loads((project / "data" / "sample" / "truth.json").read_text(encoding="utf-8"))["group_gaps"]
    assert {(one["indicator_id"], one["customer_group"]) for one in truth} == TRUE_GAPS
    rows = found.table[found.table["finding"]]
    assert set(zip(rows["indicator_id"], rows["customer_group"], strict=True)) == TRUE_GAPS
    true = {one["indicator_id"]: one["points"] / 100 for one in truth}
    assert (rows["lower"] < rows["indicator_id"].map(true)).all()
    assert (rows["indicator_id"].map(true) < rows["upper"]).all()
    assert found.reference == "general"


def test_everything_is_in_its_range(found, default_policy) -> None:
    table = found.table
    assert table[["lower", "upper", "difference"]].notna().all(axis=None)
    assert (table["lower"] <= table["difference"]).all()
    assert (table["difference"] <= table["upper"]).all()
    assert (table["p"] <= table["p_adjusted"]).all()
    assert table["p"].is_monotonic_increasing
    assert not (table["finding"] & ~table["enough"]).any()
    assert not (table["finding"] & ~table["worse"]).any()
    named = set(table["indicator_id"]) | set(found.unavailable["indicator_id"])
    assert named == {one.id for one in default_policy.indicators}


def test_it_shows_itself(found, default_policy, tmp_path) -> None:
    assert "<table" in found._repr_html_()
    listing = list_gaps(found, default_policy)
    assert listing.frame["Verdict"].tolist()[:2] == ["worse: a finding"] * 2
    assert len(listing.frame) == len(found.table)
    axes = plot_of(found)
    assert [text.get_text() for text in axes.texts].count("W") == 2
    named = plot_gaps(found, default_policy, ax=plt.figure().subplots())
    assert any("Resolved within seven" in tick.get_text() for tick in named.get_yticklabels())
    plt.close("all")
    again = load(save(found, tmp_path / "gaps"), CustomerGaps)
    pd.testing.assert_frame_equal(again.table, found.table)
