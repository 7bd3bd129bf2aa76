"""Risk matrices: each of Cox's axioms fails alone, and rates are those of closed forms and of a fine grid."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodels.display import Summarised
from riskmodels.errors import ParameterError
from riskmodels.register.matrices import CHECKS, MatrixLint, lint_matrix

pytestmark = pytest.mark.whole

# All rows rise: the first is the lowest likelihood.
ALONE = {
    "weak consistency": [[0, 1, 1], [0, 1, 2], [0, 1, 2]],  # 3 × 1 reaches 1/3, 2 × 3 starts at 2/9
    "betweenness": [[0, 0, 0], [0, 0, 1], [0, 1, 2]],  # across the corner of the middle cell only
    "consistent colouring": [[0, 0, 1], [0, 1, 1], [0, 1, 2]],  # 1 × 3 lies below all red, as 3 × 1 does
    "monotone": [[0, 0, 0, 0], [0, 2, 1, 2], [0, 1, 3, 3], [0, 1, 3, 3]],  # levels between may be in disorder
}
GOOD = [[0, 0, 0, 0, 0], [0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [0, 1, 2, 2, 2], [0, 1, 2, 2, 2]]


def failed(lint: MatrixLint) -> list[str]:
    return lint.table.loc[~lint.table["passed"], "check"].tolist()


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_can_fail_alone(check: str) -> None:
    lint = lint_matrix(ALONE[check])
    assert failed(lint) == [check]
    assert set(lint.violations["check"]) == {check}
    assert not lint.ok
    assert check in lint.sentence


def test_a_matrix_that_keeps_all_rules() -> None:
    lint = lint_matrix(GOOD)
    assert lint.ok
    assert lint.violations.empty
    assert lint.table["detail"].eq("").all()
    assert "passes every check" in lint.sentence
    assert lint.levels == (0, 1, 2)


def test_of_three_by_three_with_green_edges_one_colouring_is_left() -> None:
    edges = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
    good = []
    for colours in product(range(3), repeat=4):
        matrix = np.array(edges)
        matrix[1:, 1:] = np.reshape(colours, (2, 2))
        if len(np.unique(matrix)) == 3 and lint_matrix(matrix).ok:
            good.append(matrix.tolist())
    assert good == [[[0, 0, 0], [0, 1, 1], [0, 1, 2]]]  # Cox 2008: the one sensible colouring


def test_violations_name_their_cells() -> None:
    lint = lint_matrix(ALONE["weak consistency"])
    pairs = lint.violations[["cell", "other"]].to_numpy().tolist()
    assert pairs == [["3 × 1", "2 × 3"]]
    assert lint.table["detail"][0] == "a green point is riskier than a red one: 3 × 1 → 2 × 3"
    lint = lint_matrix(ALONE["consistent colouring"])
    assert lint.violations.to_numpy().tolist() == [["consistent colouring", "1 × 3", "", "must be green"]]


def test_what_reaches_one_kind_only_must_have_its_colour() -> None:
    # green reaches 0.25 and red starts at 0.675; of the others, one spans 0.225 to 0.5, one 0.45 to 0.75
    lint = lint_matrix([[0, 1, 1, 2]], likelihood_limits=[0.9, 1])
    found = lint.violations[["cell", "problem"]].to_numpy().tolist()
    assert found == [["1 × 3", "must be red"], ["1 × 2", "must be green"]]
    assert lint.table["detail"][2] == "must be red: 1 × 3; must be green: 1 × 2"


def test_what_touches_both_kinds_may_lie_between() -> None:
    assert lint_matrix([[0, 1, 2]], likelihood_limits=[0.9, 1]).ok  # 0.3 to 2/3, and these are 1/3 and 0.6
    corner = lint_matrix([[0, 0, 0], [0, 1, 1], [0, 1, 2]])  # the middle cell meets red in one point, 4/9
    assert corner.ok


def test_colours_are_levels_and_frames_name_their_cells() -> None:
    names = np.array(["green", "yellow", "red"], dtype=object)
    frame = pd.DataFrame(
        names[np.array(ALONE["betweenness"])],
        index=["rare", "at times", "often"],
        columns=["light", "hard", "grave"],
    )
    lint = lint_matrix(frame)
    assert lint.levels == ("green", "amber", "red")
    assert lint.violations[["cell", "other"]].to_numpy().tolist() == [["at times × hard", "often × grave"]]
    assert lint.reversal_rate == lint_matrix(ALONE["betweenness"]).reversal_rate
    assert lint_matrix(frame.replace("yellow", "amber")).levels == lint.levels


def test_two_levels_leave_none_between() -> None:
    lint = lint_matrix([["amber", "amber"], ["amber", "red"]])
    assert lint.levels == ("amber", "red")
    assert failed(lint) == ["weak consistency", "betweenness"]
    assert "two levels leave none for what lies between" in lint.table["detail"][1]


def test_a_long_list_of_violations_is_cut_in_the_text_only() -> None:
    lint = lint_matrix(np.array(GOOD)[::-1, ::-1])
    assert failed(lint)[-1] == "monotone"
    falls = lint.table.iloc[-1]
    assert falls["violations"] == len(lint.violations[lint.violations["check"] == "monotone"]) > 4
    assert falls["detail"].endswith(f"{falls['violations'] - 4} more")


def test_it_shows_itself() -> None:
    lint = lint_matrix([["green", "red"]])
    assert isinstance(lint, Summarised)
    assert lint.summary().columns.tolist() == ["check", "passed", "violations", "detail"]
    assert "8.7% the wrong way round and leaves 50% tied" in lint._repr_html_()


def test_small_risks_are_distinguished_too() -> None:
    # on a logarithmic scale 1 × 1 reaches 1e-12 and 2 × 1 reaches 1e-11, where 2 × 2 and 2 × 3 start
    edges = [1e-8, 1e-6, 1e-5, 1.0]
    lint = lint_matrix([[0, 2, 2], [0, 2, 2], [1, 2, 2]], likelihood_limits=edges, impact_limits=edges)
    pairs = lint.violations.loc[lint.violations["check"] == "weak consistency", ["cell", "other"]]
    expected = {"1 × 1": ["1 × 2", "1 × 3"], "2 × 1": ["1 × 2", "1 × 3", "2 × 2"]}
    assert pairs.groupby("cell")["other"].agg(list).to_dict() == expected


# ---- rates ----


def test_rates_of_two_bands_of_impact_in_closed_form() -> None:
    # X U > Y V with U below and V above 1/2: given r = U / V < 1 the chance is r / 2, and E r = 1/4 · 2 ln 2
    lint = lint_matrix([[0, 1]])
    assert lint.reversal_rate == pytest.approx(np.log(2) / 8, abs=1e-6)
    assert lint.tie_rate == 0.5


def test_rates_of_one_red_corner_in_closed_form() -> None:
    # a cell beside the corner beats it with chance ∫ (2r + 1/(2r) - 2) (1/(2r²) - 1/2) dr over r in (1/2, 1)
    lint = lint_matrix([["green", "green"], ["green", "red"]])
    assert lint.reversal_rate == pytest.approx((0.75 * np.log(2) - 0.5) / 4, abs=1e-6)
    assert lint.tie_rate == pytest.approx((3 / 4) ** 2 + (1 / 4) ** 2)


def test_rates_of_a_matrix_upside_down_add_up() -> None:
    upright, reverse = lint_matrix([[0, 1]]), lint_matrix([[1, 0]])
    assert upright.reversal_rate + reverse.reversal_rate == pytest.approx(1 - upright.tie_rate)


def by_midpoints(levels: np.ndarray, rows: np.ndarray, columns: np.ndarray, points: int = 60) -> float:
    """Reversal rate from a grid of points in every cell, each as heavy as its part of the area."""
    steps = (np.arange(points) + 0.5) / points
    x, y = ((edges[:-1, None] + np.diff(edges)[:, None] * steps).ravel() for edges in (rows, columns))
    weight = np.outer(np.repeat(np.diff(rows), points), np.repeat(np.diff(columns), points)).ravel()
    weight /= weight.sum()
    risk, level = np.outer(x, y).ravel(), levels.repeat(points, axis=0).repeat(points, axis=1).ravel()
    order = np.argsort(risk)
    weight, level = weight[order], level[order]
    reversed_ = 0.0
    for one in np.unique(level):
        below = np.cumsum(weight * (level > one))  # higher levels with less risk
        reversed_ += 2 * float((weight * below)[level == one].sum())
    return reversed_


@pytest.mark.parametrize("seed", range(6))
def test_reversal_rate_is_that_of_a_fine_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = np.cumsum(rng.uniform(0.1, 2, 4)), np.cumsum(rng.uniform(0, 2, 5)) - 0.05 * seed
    columns = columns - columns[0]
    levels = rng.integers(0, 4, size=(3, 4))
    levels[0, 0], levels[-1, -1] = 0, 3
    found = lint_matrix(levels, likelihood_limits=rows, impact_limits=columns)
    assert 0.02 < found.reversal_rate < 0.98
    assert found.reversal_rate == pytest.approx(by_midpoints(levels, rows, columns), abs=1e-3)


matrices = st.tuples(st.integers(1, 4), st.integers(2, 5), st.integers(0, 10_000)).map(
    lambda drawn: np.random.default_rng(drawn[2]).integers(0, 4, size=drawn[:2])
)
rectangles = matrices.filter(lambda matrix: len(np.unique(matrix)) > 1)


def limits(seed: int, bands: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).uniform(0.05, 3, bands + 1))


@given(matrix=rectangles, seed=st.integers(0, 100), scale=st.floats(1e-6, 1e6))
def test_neither_unit_nor_axis_matters(matrix, seed, scale) -> None:
    rows, columns = limits(seed, matrix.shape[0]), limits(seed + 1, matrix.shape[1])
    one = lint_matrix(matrix, likelihood_limits=rows, impact_limits=columns)
    for other in (
        lint_matrix(matrix, likelihood_limits=rows * scale, impact_limits=columns / 3),
        lint_matrix(matrix.T, likelihood_limits=columns, impact_limits=rows),
        lint_matrix(matrix * 7 - 3, likelihood_limits=rows, impact_limits=columns),
    ):
        assert failed(other) == failed(one)
        assert len(other.violations) == len(one.violations)
        assert other.reversal_rate == pytest.approx(one.reversal_rate, abs=1e-6)
        assert other.tie_rate == pytest.approx(one.tie_rate)


@given(matrix=rectangles, seed=st.integers(0, 100))
def test_rates_are_shares_and_verdicts_are_their_violations(matrix, seed) -> None:
    lint = lint_matrix(matrix, likelihood_limits=limits(seed, matrix.shape[0]))
    assert min(lint.reversal_rate, lint.tie_rate) >= 0
    assert lint.reversal_rate + lint.tie_rate <= 1 + 1e-9
    counts = lint.violations["check"].value_counts()
    assert lint.table["violations"].tolist() == [counts.get(check, 0) for check in CHECKS]
    assert lint.ok == lint.violations.empty


@given(seed=st.integers(0, 10_000), n=st.integers(2, 6), m=st.integers(2, 6), cut=st.floats(0.05, 0.95))
def test_colours_by_the_risk_within_cells_are_weakly_consistent_and_monotone(seed, n, m, cut) -> None:
    rows, columns = limits(seed, n), limits(seed + 1, m)
    low, high = np.outer(rows[:-1], columns[:-1]), np.outer(rows[1:], columns[1:])
    threshold = low[0, 0] + cut * (high[-1, -1] - low[0, 0])
    matrix = np.where(low >= threshold, 2, np.where(high <= threshold, 0, 1))
    if {0, 2} <= set(matrix.ravel().tolist()):
        lint = lint_matrix(matrix, likelihood_limits=rows, impact_limits=columns)
        assert not {"weak consistency", "monotone"} & set(failed(lint))
        assert lint.reversal_rate < 0.5 * (1 - lint.tie_rate)  # better than a coin


# ---- refusals ----


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[0, 1], [2]], "rows of one length"),
        ([0, 1, 2], "rows of one length"),
        ([], "rows of one length"),
        ([[[0], [1]]], "rows of one length"),
        (3, "rows of one length"),
        ([[1, 1], [1, 1]], "one level only"),
        ([["amber", "yellow"]], "one level only"),
        ([[0, np.nan]], "nan is no level"),
        ([[0, np.inf]], "inf is no level"),
        ([[0, 1.5]], "1.5 is no level"),
        ([[False, True]], "no level; expected a whole number"),
        ([[0, None]], "None is no level"),
        ([["green", "blue"]], "'blue' is no level; expected one of green, amber, yellow, red"),
        ([["green", 2]], "2 is no level"),
    ],
)
def test_what_is_no_matrix_is_refused(matrix, words) -> None:
    with pytest.raises(ParameterError, match=words):
        lint_matrix(matrix)


@pytest.mark.parametrize(
    "edges", [[0, 1], [0, 1, 1], [1, 0.5, 2], [-1, 0, 1], [0, 1, np.inf], [0, np.nan, 1], ["a", 1, 2], 3]
)
@pytest.mark.parametrize("name", ["likelihood_limits", "impact_limits"])
def test_limits_that_are_no_edges_of_bands_are_refused(name, edges) -> None:
    with pytest.raises(ParameterError, match=name):
        lint_matrix([[0, 1], [1, 2]], **{name: edges})
