"""Run lengths of charts of counts, beside figures computed elsewhere to the digits shown, and simulations."""

import numpy as np
import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskmodels.errors import ParameterError
from riskmodels.surveillance import (
    bernoulli_run_length,
    cusum_run_length,
    design_cusum,
    ewma_run_length,
    shewhart_limit,
    shewhart_run_length,
)
from riskmodels.surveillance.run_lengths import count_masses

# mean, dispersion, reference, limit: zero- and steady-state run length in control, run lengths after shifts
CHARTS = [
    ((4, 0.0, 5, 10), (421.65009849, 417.41313419), {5: 29.80753995, 6: 9.72616621, 8: 3.9639268}),
    ((10, 0.0, 12, 17), (2025.23758735, 2020.48485584), {12: 35.40786875, 15: 6.30612923, 20: 2.71051477}),
    ((10, 0.1, 12, 17), (114.15561201, 111.60711142), {12: 19.61514225, 15: 6.20067368}),
    ((10, 0.1, 12, 29), (922.50681032, 916.05702019), {12: 45.62531234, 15: 10.18584783, 20: 4.40091113}),
    ((3, 0.5, 4, 18), (337.88620657, 332.82935103), {4: 40.50389831, 6: 9.69241899}),
    ((3, 0.5, 3.5, 22.5), (269.13671262, 258.62178665), {4: 33.83832874, 6: 10.06015327}),
]
LAST_DIGIT = 5.1e-9  # half of the last digit shown, and rounding


@pytest.mark.parametrize(("chart", "in_control", "shifts"), CHARTS)
def test_run_lengths_of_integer_cusums_are_exact(chart, in_control, shifts) -> None:
    mean, dispersion, reference, limit = chart
    found = cusum_run_length(mean, dispersion=dispersion, reference=reference, limit=limit)
    assert found.zero_state == pytest.approx(in_control[0], abs=LAST_DIGIT)
    assert found.steady_state == pytest.approx(in_control[1], abs=LAST_DIGIT)
    for shifted, wanted in shifts.items():
        later = cusum_run_length(shifted, dispersion=dispersion, reference=reference, limit=limit)
        assert later.zero_state == pytest.approx(wanted, abs=LAST_DIGIT)


def test_a_head_start_of_half_the_limit_answers_sooner() -> None:
    in_control = cusum_run_length(4, reference=5, limit=10, head_start=0.5)
    shifted = cusum_run_length(6, reference=5, limit=10, head_start=0.5)
    assert in_control.zero_state == pytest.approx(397.4706266, abs=5e-8)
    assert shifted.zero_state == pytest.approx(6.114873684, abs=5e-10)


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [
        (4, (718.536894, 55.732619, 24.708658)),
        (5, (1690.106446, 72.945648, 31.087119)),
        (6, (3825.763095, 90.316889, 37.445907)),
    ],
)
def test_run_lengths_of_failing_cases_are_exact(limit, wanted) -> None:
    found = [
        bernoulli_run_length(chance, reference=1 / 7, limit=limit).zero_state for chance in (0.1, 0.2, 0.3)
    ]
    assert found == pytest.approx(wanted, abs=5.1e-7)


@pytest.mark.parametrize(
    ("mean", "dispersion", "limit", "in_control", "shifted"),
    [
        (10, 0.1, 28, 1206.23440357, 37.33695145),
        (3, 0.5, 17, 1200.78053903, 114.58812106),
        (100, 0.05, 192, 1094.51626266, 8.28648835),
    ],
)
def test_a_limit_of_single_periods_is_a_quantile(mean, dispersion, limit, in_control, shifted) -> None:
    assert shewhart_limit(mean, dispersion=dispersion, chance=0.001) == limit
    assert shewhart_run_length(mean, dispersion=dispersion, limit=limit) == pytest.approx(
        in_control, abs=LAST_DIGIT
    )
    later = shewhart_run_length(1.5 * mean, dispersion=dispersion, limit=limit)
    assert later == pytest.approx(shifted, abs=LAST_DIGIT)


@pytest.mark.parametrize("variance_ratio", [1, 1.5, 2, 4])
def test_a_c_chart_cries_at_overdispersed_counts(variance_ratio) -> None:
    dispersion = (variance_ratio - 1) / 100
    above = 1 / shewhart_run_length(100, dispersion=dispersion, limit=130)
    below = 1 - 1 / shewhart_run_length(100, dispersion=dispersion, limit=69)
    known = {1: 422, 1.5: 77.5, 2: 32.5, 4: 8.1}[variance_ratio]
    assert 1 / (above + below) == pytest.approx(known, rel=0.01)


@pytest.mark.parametrize(
    ("mean", "dispersion", "weight", "limit", "in_control", "shifted"),
    [(10, 0.1, 0.2, 14.2, (315.3, 316.3), (7.675, 7.685)), (3, 0.5, 0.1, 4.6, (255, 256), (18.9, 19.0))],
)
def test_an_ewma_states_its_error(mean, dispersion, weight, limit, in_control, shifted) -> None:
    for factor, (low, high) in ((1.0, in_control), (1.5, shifted)):
        found = ewma_run_length(factor * mean, dispersion=dispersion, weight=weight, limit=limit, start=mean)
        assert low - found.error <= found.zero_state <= high + found.error
        assert found.error < 0.005 * found.zero_state


@pytest.mark.parametrize("mean", [1.0, 10.0, 100.0])
@pytest.mark.parametrize("variance_ratio", [1.0, 2.0, 4.0])
def test_a_design_attains_the_nearest_run_length_not_below_the_wanted(mean, variance_ratio) -> None:
    dispersion = (variance_ratio - 1) / mean
    design = design_cusum(mean, dispersion, 1.5, 370.0)
    reference, limit = float(design.reference[0]), float(design.limit[0])
    assert (4 * reference, 4 * limit) == (round(4 * reference), round(4 * limit))
    exact = cusum_run_length(mean, dispersion=dispersion, reference=reference, limit=limit).zero_state
    assert design.attained[0] == pytest.approx(exact, rel=1e-9)
    less = cusum_run_length(mean, dispersion=dispersion, reference=reference, limit=limit - 0.25).zero_state
    assert less < 370 <= exact
    after = cusum_run_length(1.5 * mean, dispersion=dispersion, reference=reference, limit=limit).zero_state
    assert design.delay[0] == pytest.approx(after, rel=1e-9)


def test_many_series_are_designed_as_each_alone() -> None:
    means, dispersions = np.array([0.5, 3.0, 3.0, 40.0]), np.array([1.0, 0.0, 0.2, 0.05])
    together = design_cusum(means, dispersions, 2.0, 200.0).table
    for row, (mean, dispersion) in enumerate(zip(means, dispersions, strict=True)):
        alone = design_cusum(mean, dispersion, 2.0, 200.0).table
        assert alone.iloc[0].to_list() == pytest.approx(together.iloc[row].to_list(), rel=1e-9)


def simulated(
    rng: np.random.Generator, mean, dispersion, reference, limit, *, runs: int
) -> tuple[float, float]:
    """Mean run length of simulated charts and its standard error."""
    level, lengths, length = np.zeros(runs), [], 0
    while len(level):
        length += 1
        level = np.maximum(0, level + negative_binomial(rng, mean, dispersion, len(level)) - reference)
        lengths += [length] * int((level >= limit).sum())
        level = level[level < limit]
    return float(np.mean(lengths)), float(np.std(lengths) / np.sqrt(runs))


def negative_binomial(rng, mean, dispersion, size):
    return rng.poisson(rng.gamma(1 / dispersion, dispersion * mean, size))


@pytest.mark.parametrize(("mean", "variance_ratio"), [(1.0, 4.0), (100.0, 2.0)])
def test_a_simulated_chart_runs_as_long_as_computed(mean, variance_ratio) -> None:
    dispersion = (variance_ratio - 1) / mean
    design = design_cusum(mean, dispersion, 1.5, 100.0)
    found, error = simulated(
        np.random.default_rng(8), mean, dispersion, design.reference[0], design.limit[0], runs=20_000
    )
    assert found == pytest.approx(design.attained[0], abs=2 * error)


@pytest.mark.parametrize("dispersion", [1e-6, 1e-9, 1e-12, 4e-18, 5e-324])
def test_a_dispersion_next_to_nothing_is_poisson(dispersion) -> None:
    """Differences of the logarithm of the gamma function of 1 ÷ dispersion have no digit left."""
    nearly, poisson = (count_masses(np.array([5.0]), np.array([one]), 40) for one in (dispersion, 0.0))
    np.testing.assert_allclose(nearly, poisson, rtol=1e-6 + 600 * dispersion)
    np.testing.assert_allclose(poisson[0], scipy.stats.poisson.pmf(np.arange(40), 5.0), rtol=1e-12)
    design, wanted = (design_cusum(5.0, one, 1.5, 100.0) for one in (dispersion, 0.0))
    assert (design.reference[0], design.limit[0]) == (wanted.reference[0], wanted.limit[0])
    assert design.attained[0] == pytest.approx(wanted.attained[0], rel=1e-4)
    for one in (shewhart_limit(5.0, dispersion=dispersion, chance=0.001), shewhart_limit(5.0, chance=0.001)):
        assert one == 13.0
    assert shewhart_run_length(5.0, dispersion=dispersion, limit=13.0) == pytest.approx(
        shewhart_run_length(5.0, limit=13.0), rel=1e-3
    )


def test_masses_are_those_of_the_negative_binomial() -> None:
    found = count_masses(np.array([7.0]), np.array([0.3]), 60)[0]
    wanted = scipy.stats.nbinom.pmf(np.arange(60), 1 / 0.3, 1 / (1 + 0.3 * 7.0))
    np.testing.assert_allclose(found, wanted, rtol=1e-11)


@settings(max_examples=30)
@given(
    mean=st.floats(0.3, 60),
    ratio=st.floats(1.0, 5.0),
    shift=st.floats(1.3, 4),
    wanted=st.floats(10, 2000),
)
def test_a_design_is_never_below_what_was_wanted_and_finds_the_shift_sooner(
    mean, ratio, shift, wanted
) -> None:
    assume(mean * (shift - 1) >= 0.3)  # else no quarter lies between the two means
    design = design_cusum(mean, (ratio - 1) / mean, shift, wanted)
    assert design.attained[0] >= wanted
    assert design.delay[0] < design.attained[0]
    assert mean < design.reference[0] < mean * shift


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cusum_run_length(4, reference=0, limit=10), "reference value and a limit above 0"),
        (lambda: cusum_run_length(4, reference=5.001, limit=50), "coarser reference value"),
        (lambda: cusum_run_length(0, reference=5, limit=10), "mean above 0"),
        (lambda: cusum_run_length(4, reference=5, limit=10, head_start=1), "from 0 to below 1"),
        (lambda: bernoulli_run_length(1.5, reference=1 / 7, limit=4), "between 0 and 1"),
        (lambda: shewhart_limit(4, chance=0), "between 0 and 1"),
        (lambda: ewma_run_length(4, weight=0, limit=6, start=4), "weight above 0"),
        (lambda: design_cusum(4, 0, 1.5, 1), "above 1"),
        (lambda: design_cusum(0.01, 0, 1.5, 370), "add periods"),
        (lambda: design_cusum(4, 0, 1, 370), "shifts above 1"),
        (lambda: design_cusum(float("nan"), 0, 2, 370), "means above 0"),
    ],
)
def test_a_chart_that_cannot_be_is_refused_in_a_line(call, message) -> None:
    with pytest.raises(ParameterError, match=message):
        call()
