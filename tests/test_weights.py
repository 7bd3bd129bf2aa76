"""Weight schemes: against hand calculations, published comparisons, and what must hold of any weights."""

import re
from datetime import date
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Area, Comparison, IndicatorPolicy, Policy
from riskmodels.scorecard.weights import (
    ahp_area_weights,
    ahp_weights,
    comparison_matrix,
    entropy_weights,
    equal_weights,
    policy_weights,
    weight_schemes,
)

AREAS = {"complaints": 50.0, "conduct": 30.0, "people": 20.0}
INDICATORS = {
    "rate": ("complaints", 1.0),
    "repeat": ("complaints", 3.0),
    "watched": ("complaints", 0.0),
    "disclosure": ("conduct", 2.0),
    "training": ("people", 1.0),
    "education": ("people", 4.0),
}
# Saaty 2008, doi:10.1504/IJSSCI.2008.017590: which drink is consumed more in the United States
DRINKS = [
    [9, 5, 2, 1, 1, 1 / 2],
    [1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9],
    [1 / 3, 1 / 4, 1 / 3, 1 / 9],
    [1 / 2, 1, 1 / 3],
    [2, 1 / 2],
    [1 / 3],
]


def policy(comparisons=(), areas=AREAS) -> Policy:
    return Policy(
        valid_from=date(2026, 1, 1),
        title_en="Small",
        title_zh="小",
        approval="none",
        rating={"certainty": 0.8, "score_amber": 40.0, "score_red": 60.0},
        data_quality={"rejected_amber": 0.01, "rejected_red": 0.02},
        store_retention_days=30,
        areas=tuple(Area(id=name, name_en=name, name_zh="域", weight=w) for name, w in areas.items()),
        comparisons=tuple(Comparison(area=a, than=b, times=float(t)) for a, b, t in comparisons),
        indicators=tuple(
            IndicatorPolicy(
                id=name, name_en=name, name_zh="标", area=area, direction="lower_is_better",
                standard="own", source="none", weight=weight,
            )
            for name, (area, weight) in INDICATORS.items()
        ),
    )  # fmt: skip


def reciprocal(upper) -> np.ndarray:
    matrix = np.eye(len(upper) + 1)
    for row, values in enumerate(upper):
        matrix[row, row + 1 :] = values
        matrix[row + 1 :, row] = 1 / np.array(values)
    return matrix


# ---- the policy's and equal ones ----------------------------------------------------------------------


def test_the_policys_weights_by_hand():
    ids = ["education", "rate", "unknown", "watched", "disclosure", "rate"]
    np.testing.assert_allclose(policy_weights(policy(), ids), [20 * 4 / 5, 50 * 1 / 4, 0, 0, 30, 12.5])


def test_the_policys_weights_sum_to_those_of_the_areas(default_policy):
    weights = policy_weights(default_policy, [i.id for i in default_policy.indicators])
    by_area = {area.id: 0.0 for area in default_policy.areas}
    for indicator, weight in zip(default_policy.indicators, weights, strict=True):
        by_area[indicator.area] += weight
    assert by_area == pytest.approx({area.id: area.weight for area in default_policy.areas})


def test_an_area_in_which_nothing_weighs_gives_no_weight():
    nothing = policy().model_copy(
        update={"indicators": tuple(i.model_copy(update={"weight": 0.0}) for i in policy().indicators)}
    )
    assert policy_weights(nothing, list(INDICATORS)).tolist() == [0] * 6
    assert equal_weights(nothing, list(INDICATORS)).tolist() == [0] * 6


def test_equal_weights_leave_out_what_has_no_weight():
    ids = ["rate", "watched", "unknown", "training", "education", "disclosure"]
    assert equal_weights(policy(), ids).tolist() == [0.25, 0, 0, 0.25, 0.25, 0.25]
    assert equal_weights(policy(areas={**AREAS, "people": 0.0}), ids).tolist() == [0.5, 0, 0, 0, 0, 0.5]


# ---- entropy ------------------------------------------------------------------------------------------


def test_entropy_weights_by_hand():
    points = np.array([[10.0, 60.0, 30.0], [20.0, 0.0, 30.0], [50.0, 40.0, np.nan], [20.0, np.nan, 31.0]])
    entropy = [
        -(0.1 * np.log(0.1) + 2 * 0.2 * np.log(0.2) + 0.5 * np.log(0.5)) / np.log(4),
        -(0.6 * np.log(0.6) + 0.4 * np.log(0.4)) / np.log(3),  # the zero adds nothing, and is counted
        -sum(p * np.log(p) for p in (30 / 91, 30 / 91, 31 / 91)) / np.log(3),
    ]
    expected = (1 - np.array(entropy)) / (3 - sum(entropy))
    assert expected.min() > 1e-4
    np.testing.assert_allclose(entropy_weights(points), expected, rtol=1e-9)


def test_what_all_units_have_alike_weighs_nothing():
    points = np.array(
        [[5.0, 0.0, 0.1, 7.0, np.nan], [9.0, 0.0, 0.1, np.nan, np.nan], [1.0, 0.0, 0.1, np.nan, 3]]
    )
    assert entropy_weights(points).tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("points", [[[3.0, 0.0]] * 3, [[1.0, 2.0]], [[np.nan, np.nan]] * 2, np.empty((0, 2))])
def test_where_nothing_distinguishes_units_all_weigh_the_same(points):
    assert entropy_weights(np.array(points)).tolist() == [0.5, 0.5]


risk_points = st.one_of(st.just(np.nan), st.just(0.0), st.floats(0.01, 100.0))
whole_points = st.one_of(st.just(np.nan), st.integers(0, 100).map(float))  # none differ by rounding alone
whole = arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 5)), elements=whole_points)


@given(points=whole, seed=st.integers(0, 99))
def test_entropy_weights_are_weights_and_know_no_order_and_no_scale(points, seed):
    weights = entropy_weights(points)
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)
    rng = np.random.default_rng(seed)
    mixed = rng.permutation(points, axis=0) * rng.uniform(0.1, 10, size=points.shape[1])
    np.testing.assert_allclose(entropy_weights(mixed), weights, atol=1e-8)
    np.testing.assert_allclose(entropy_weights(points[:, ::-1])[::-1], weights, atol=1e-12)


def test_a_unit_that_stands_out_makes_its_indicator_weigh_more():
    even = np.array([[50.0, 50.0], [60.0, 60.0], [55.0, 55.0]])
    wild = even.copy()
    wild[2, 1] = 100
    assert entropy_weights(even).tolist() == [0.5, 0.5]
    assert entropy_weights(wild)[1] > 0.8


@pytest.mark.parametrize("points", [[1.0, 2.0], [[1.0, -2.0]], [[1.0, np.inf]], np.empty((3, 0))])
def test_points_that_are_none_are_refused(points):
    with pytest.raises(ParameterError, match="points"):
        entropy_weights(np.array(points))


# ---- pairwise comparison ------------------------------------------------------------------------------


def test_three_compared_as_in_every_textbook():
    result = ahp_weights(reciprocal([[3, 5], [3]]))
    np.testing.assert_allclose(result.weights, [0.637, 0.258, 0.105], atol=5e-4)
    assert result.eigenvalue == pytest.approx(3.0385, abs=5e-5)
    assert result.consistency_ratio == pytest.approx(0.0193 / 0.58, abs=1e-4)
    assert result.consistency_ratio == pytest.approx(0.033, abs=5e-4)
    # of three the eigenvalue has a closed form, 1 + x + 1 / x, and the weights are geometric means
    x = np.cbrt(3 * 3 / 5)
    assert result.eigenvalue == pytest.approx(1 + x + 1 / x, rel=1e-12)
    means = np.cbrt([1 * 3 * 5, 1 / 3 * 1 * 3, 1 / 5 * 1 / 3 * 1])
    np.testing.assert_allclose(result.weights, means / means.sum(), rtol=1e-12)


def test_saatys_drinks():
    result = ahp_weights(reciprocal(DRINKS))
    published = [
        0.177,
        0.019,
        0.042,
        0.116,
        0.190,
        0.129,
        0.327,
    ]  # coffee, wine, tea, beer, sodas, milk, water
    np.testing.assert_allclose(result.weights, published, atol=6e-4)
    assert result.consistency_ratio == pytest.approx(0.022, abs=5e-4)


positive = st.floats(0.05, 20.0)


@given(weights=st.lists(positive, min_size=1, max_size=10))
def test_comparisons_that_agree_give_their_weights_back(weights):
    w = np.array(weights)
    result = ahp_weights(w[:, None] / w)
    np.testing.assert_allclose(result.weights, w / w.sum(), rtol=1e-8)
    assert result.consistency_ratio == pytest.approx(0, abs=1e-9)
    assert result.eigenvalue == pytest.approx(len(w))


@st.composite
def matrices(draw) -> np.ndarray:
    n = draw(st.integers(2, 8))
    return reciprocal(
        [draw(st.lists(st.floats(1 / 9, 9), min_size=k, max_size=k)) for k in range(n - 1, 0, -1)]
    )


@given(matrix=matrices(), seed=st.integers(0, 99))
def test_weights_are_an_eigenvector_and_know_no_order(matrix, seed):
    result = ahp_weights(matrix)
    assert (result.weights > 0).all()
    assert result.weights.sum() == pytest.approx(1)
    assert result.consistency_ratio >= 0
    assert result.eigenvalue >= len(matrix) - 1e-9
    np.testing.assert_allclose(matrix @ result.weights, result.eigenvalue * result.weights, rtol=1e-8)
    order = np.random.default_rng(seed).permutation(len(matrix))
    again = ahp_weights(matrix[np.ix_(order, order)])
    np.testing.assert_allclose(again.weights, result.weights[order], rtol=1e-7)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[1, 2, 3], [0.5, 1, 2]], "shape (2, 3)"),
        (np.empty((0, 0)), "shape (0, 0)"),
        (np.ones((11, 11)), "1 to 10 rows"),
        (3.0, "shape ()"),
        ([[1, -2], [-0.5, 1]], "positive"),
        ([[1, np.nan], [2, 1]], "positive, finite"),
        ([[1, 2], [0.4, 1]], "row 1, column 2 is 2, and the other way 0.4"),
        ([[2, 3], [1 / 3, 1]], "row 1, column 1 is 2"),
    ],
)
def test_what_is_no_matrix_of_comparisons_is_refused(matrix, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        ahp_weights(matrix)


def test_weights_by_comparison_show_themselves():
    result = ahp_weights(reciprocal([[3, 5], [3]]))
    assert result.sentence == "3 weights by pairwise comparison; consistency ratio 0.033, limit 0.1."
    assert result.summary()["place"].tolist() == [1, 2, 3]
    assert "consistency ratio" in result._repr_html_()


# ---- the policy's comparisons -------------------------------------------------------------------------

GIVEN = [("complaints", "conduct", 2), ("people", "conduct", 1), ("complaints", "people", 3)]


def test_the_matrix_is_in_the_order_of_the_areas():
    matrix = comparison_matrix(policy(GIVEN))
    np.testing.assert_allclose(matrix, [[1, 2, 3], [1 / 2, 1, 1], [1 / 3, 1, 1]])
    np.testing.assert_allclose(comparison_matrix(policy(GIVEN[::-1])), matrix)


def test_the_weights_of_areas_are_those_of_the_matrix():
    result = ahp_area_weights(policy(GIVEN))
    means = np.cbrt([6, 1 / 2, 1 / 3])
    np.testing.assert_allclose(result.weights, means / means.sum(), rtol=1e-12)
    assert 0 < result.consistency_ratio < 0.1


@pytest.mark.parametrize(
    ("comparisons", "words"),
    [
        (GIVEN[:2], "not compared: complaints and people"),
        ([], "not compared: complaints and conduct, complaints and people, conduct and people"),
        ([*GIVEN, ("conduct", "complaints", 2)], "compared twice: complaints and conduct"),
        ([*GIVEN, ("people", "people", 1)], "compared with themselves: people"),
        ([*GIVEN, ("people", "lending", 2)], "unknown areas: lending"),
    ],
)
def test_every_two_areas_must_be_compared_exactly_once(comparisons, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        comparison_matrix(policy(comparisons))


def test_comparisons_that_contradict_each_other_are_refused_with_the_worst_three():
    areas = dict.fromkeys(("one", "two", "three", "four", *AREAS), 25.0)
    pairs = dict.fromkeys(combinations(areas, 2), 1)
    pairs |= {("two", "three"): 9, ("three", "people"): 9, ("one", "four"): 2}  # two is as much as people
    with pytest.raises(ParameterError, match="contradict each other") as error:
        ahp_area_weights(policy([(*pair, times) for pair, times in pairs.items()], areas))
    assert "look first at two, three and people: two is 1 times people, but 81 times by way of" in str(
        error.value
    )


def test_a_policy_of_one_area_needs_no_comparison():
    areas = (policy().areas[0],)
    one = policy().model_copy(update={"areas": areas, "indicators": policy().indicators[:2]})
    assert ahp_area_weights(one).weights.tolist() == [1]


# ---- side by side -------------------------------------------------------------------------------------

IDS = ["rate", "repeat", "watched", "disclosure", "training"]
POINTS = np.array(
    [[20.0, 50.0, 0.0, 10.0, 40.0], [60.0, 50.0, 99.0, 30.0, 40.0], [40.0, 50.0, 1.0, np.nan, 90.0]]
)


def test_schemes_by_hand():
    schemes = weight_schemes(policy(GIVEN), IDS, POINTS)
    assert schemes.index.tolist() == IDS
    assert list(schemes) == ["policy", "equal", "entropy", "ahp"]
    np.testing.assert_allclose(schemes["policy"], np.array([12.5, 37.5, 0, 30, 4]) / 84)
    assert schemes["equal"].tolist() == [0.25, 0.25, 0, 0.25, 0.25]
    w = ahp_area_weights(policy(GIVEN)).weights
    ahp = np.array([w[0] / 4, w[0] * 3 / 4, 0, w[1], w[2] / 5])
    np.testing.assert_allclose(schemes["ahp"], ahp / ahp.sum())
    np.testing.assert_allclose(
        schemes["entropy"].drop("watched"), entropy_weights(np.delete(POINTS, 2, axis=1))
    )
    assert schemes.loc["watched"].tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(schemes.sum(), 1)


def test_without_comparisons_there_is_no_ahp():
    assert list(weight_schemes(policy(), IDS, POINTS)) == ["policy", "equal", "entropy"]


@given(points=arrays(float, st.tuples(st.integers(0, 6), st.just(5)), elements=risk_points))
def test_every_scheme_is_weights(points):
    schemes = weight_schemes(policy(GIVEN), IDS, points)
    assert (schemes >= 0).all(axis=None)
    np.testing.assert_allclose(schemes.sum(), 1)


def test_ahp_that_says_what_the_policy_says_changes_nothing():
    ratios = [(a, b, AREAS[a] / AREAS[b]) for a, b in combinations(AREAS, 2)]
    schemes = weight_schemes(policy(ratios), IDS, POINTS)
    np.testing.assert_allclose(schemes["ahp"], schemes["policy"], rtol=1e-9)


def test_the_shipped_policy_has_its_schemes(default_policy):
    chain = list(pairwise(area.id for area in default_policy.areas))
    comparisons = tuple(
        Comparison(area=a.id, than=b.id, times=2.0 if (a.id, b.id) in chain else 3.0)
        for a, b in combinations(default_policy.areas, 2)
    )
    ids = [i.id for i in default_policy.indicators]
    points = np.random.default_rng(5).uniform(0, 100, size=(40, len(ids)))
    schemes = weight_schemes(default_policy.model_copy(update={"comparisons": comparisons}), ids, points)
    np.testing.assert_allclose(schemes.sum(), 1)
    assert (schemes["equal"] > 0).tolist() == (schemes["policy"] > 0).tolist()


@pytest.mark.parametrize(
    ("ids", "points", "words"),
    [
        (["rate", "rate"], POINTS[:, :2], "twice: rate"),
        (["watched", "unknown"], POINTS[:, :2], "none of the indicators has a weight"),
        ([], POINTS[:, :0], "none of the indicators has a weight"),
        (["rate", "repeat"], POINTS, "points have shape (3, 5)"),
        (["rate", "repeat"], POINTS[0], "points have shape (5,)"),
    ],
)
def test_what_does_not_fit_is_refused(ids, points, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        weight_schemes(policy(), ids, points)
