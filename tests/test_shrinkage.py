"""Regression to the mean, exactly, and the shrunken comparison of before and after."""

import numpy as np
import pytest

import riskmodels as rm
from riskmodels.effects import (
    expected_normal_regression,
    expected_regression,
    fit_units,
    shrunken_before_after,
)
from riskmodels.errors import ParameterError


@pytest.mark.parametrize(
    ("cut", "correlation", "change"), [(1.0, 0.5, -0.7625676381), (1.2816, 0.7, -0.5265070686)]
)
def test_normal_units_come_back_to_the_mean(cut, correlation, change) -> None:
    assert expected_normal_regression(cut=cut, correlation=correlation) == pytest.approx(change, abs=1e-10)


@pytest.mark.parametrize(
    ("mean", "dispersion", "edge", "before", "after", "shares"),
    [
        (10, 0.5, 20, 26.1538461538, 23.4615384615, (0.6493, 0.080583, 0.040389)),
        (10, 0.1, 15, 17.6043316932, 13.8021658466, (0.7675, 0.110025, 0.035149)),
        (3, 1.0, 8, 11.0, 9.0, (0.6744, 0.069835, 0.031003)),
        (50, 0.2, 80, 96.424908, 92.204462, (0.6206, 0.079063, 0.045640)),
    ],
)
def test_flagged_units_fall_without_any_action(mean, dispersion, edge, before, after, shares) -> None:
    found = expected_regression(mean=mean, dispersion=dispersion, flagged_from=edge)
    assert (found["before"], found["after"]) == pytest.approx((before, after), abs=1e-6)
    assert (found["fell"], found["naive"], found["shrunken"]) == pytest.approx(shares, abs=6e-5)


def test_hauers_example() -> None:
    change = shrunken_before_after(25, 14, mean=10, dispersion=0.5)
    assert change.weight == pytest.approx(1 / 6)
    assert (change.expected, change.variance) == pytest.approx((22.5, 18.75))
    assert (change.ratio, change.standard_error) == pytest.approx((0.6, 0.1905), abs=5e-5)
    assert change.naive == pytest.approx(0.56)
    assert (change.p_value, change.naive_p_value) == pytest.approx((0.0963714089, 0.0540645107), abs=1e-10)
    assert "0.600" in change.sentence
    assert len(change.summary()) == 1


def test_twice_the_exposure_has_twice_the_events() -> None:
    once, twice = (
        shrunken_before_after(25, 14, mean=10, dispersion=0.5, exposure_ratio=ratio) for ratio in (1, 2)
    )
    assert twice.expected == pytest.approx(2 * once.expected)
    assert twice.naive == pytest.approx(once.naive / 2)


def test_units_without_a_spread_are_their_mean() -> None:
    change = shrunken_before_after(np.array([0.0, 30.0]), np.array([0.0, 9.0]), mean=10, dispersion=0)
    assert change.expected == pytest.approx([10, 10])
    assert change.p_value == pytest.approx([np.exp(-10), 0.457930], abs=1e-6)
    assert np.isnan(change.naive[0])


@pytest.mark.parametrize("figures", [{"mean": 0}, {"dispersion": -1}, {"exposure_ratio": 0}])
def test_figures_out_of_their_range_are_refused(figures) -> None:
    with pytest.raises(ParameterError, match="must be 0 or more"):
        shrunken_before_after(1, 1, **{"mean": 1, "dispersion": 1} | figures)


@pytest.mark.parametrize("figures", [{"mean": 0}, {"dispersion": 0}])
def test_where_units_do_not_differ_none_is_flagged_for_being_bad(figures) -> None:
    with pytest.raises(ParameterError, match="above 0"):
        expected_regression(**{"mean": 1, "dispersion": 1} | figures, flagged_from=3)


def test_parameters_are_learnt_from_many_units() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(rng.gamma(1 / 0.5, 0.5 * 10, 20_000)).astype(float)
    assert fit_units(counts) == pytest.approx((10, 0.5), rel=0.03)
    assert fit_units(np.full(20, 7.0)) == (7.0, 0.0)
    with pytest.raises(ParameterError, match="no event"):
        fit_units(np.zeros(3))


def test_few_flagged_units_without_an_effect_worked() -> None:
    """A small version of benchmarks/actions.py: parameters from the same 60 units that are flagged."""
    rng, shrunken = np.random.default_rng(21), []
    while len(shrunken) < 600:
        true = rng.gamma(1 / 0.1, 0.1 * 10, 60)
        before, after = rng.poisson(true).astype(float), rng.poisson(true).astype(float)
        mean, dispersion = fit_units(before)
        bad = before >= 15
        change = shrunken_before_after(before[bad], after[bad], mean=mean, dispersion=dispersion)
        shrunken += (change.p_value <= 0.025).tolist()
    assert np.mean(shrunken) <= 0.035


def test_the_room_is_reached() -> None:
    assert rm.effects.shrunken_before_after is shrunken_before_after
