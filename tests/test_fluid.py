"""A backlog that flows: closed forms, what chance adds to it, what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from riskmodels.errors import ParameterError
from riskmodels.losses import NegativeBinomial
from riskmodels.stresstest import days_to_empty, deadline_course, fluid_backlog


def test_a_surge_that_decays_has_a_closed_form() -> None:
    surge = fluid_backlog(lambda time: 100 * (1 + 0.5 * math.exp(-time / 20)), 120, np.linspace(0, 100, 11))
    assert (
        surge.peak_time
        == pytest.approx(20 * math.log(2.5), abs=1e-10)
        == pytest.approx(18.3258146375, abs=5e-11)
    )
    assert surge.peak == pytest.approx(233.4837072503, abs=5e-10)
    closed = 50 + 20 * special.lambertw(-2.5 * math.exp(-2.5)).real
    assert surge.empty_time == pytest.approx(closed, abs=1e-9) == pytest.approx(44.6322376805, abs=5e-11)
    at = surge.times[surge.times < closed]
    assert surge.backlog[: len(at)] == pytest.approx(1000 * (1 - np.exp(-at / 20)) - 20 * at, abs=1e-9)
    assert (surge.backlog[len(at) :] == 0).all()


def test_a_step_surge_peaks_at_its_end_and_takes_longer_to_leave() -> None:
    surge = fluid_backlog([150.0, 100.0, 100.0], 120.0, [0, 20, 30, 100])
    assert (surge.peak, surge.peak_time, surge.empty_time) == pytest.approx((600.0, 20.0, 50.0))


def test_a_backlog_of_a_hundred_and_twenty_flows_off_in_24_days() -> None:
    flow = fluid_backlog(15.0, 20.0, [0, 50], backlog=120.0)
    assert flow.empty_time == pytest.approx(24.0)
    assert (flow.peak, flow.peak_time) == (120.0, 0.0)
    assert days_to_empty(NegativeBinomial(15.0, 0.1), 20, backlog=120).mean > 24.0


@given(
    rates=st.lists(st.floats(0.5, 30.0), min_size=1, max_size=6),
    capacity=st.integers(0, 40),
    backlog=st.integers(0, 60),
)
def test_chance_leaves_no_smaller_backlog_on_the_mean(rates, capacity, backlog) -> None:
    flow = fluid_backlog(rates, capacity, np.arange(len(rates) + 1.0), backlog=backlog)
    course = deadline_course([NegativeBinomial(rate, 0.2) for rate in rates], capacity, backlog=backlog)
    assert (flow.backlog >= 0).all()
    assert (flow.backlog <= course.mean_backlog + 1e-8).all()


def test_nothing_is_empty_at_once_and_an_overload_never() -> None:
    assert fluid_backlog(1.0, 2.0, [0, 1]).empty_time == 0.0
    assert fluid_backlog(3.0, 2.0, [0, 1]).empty_time == np.inf


@pytest.mark.parametrize(
    ("change", "words"), [({"capacity": -1.0}, "the capacity is -1"), ({"times": [1]}, "two numbers")]
)
def test_what_is_out_of_its_domain_is_refused(change, words) -> None:
    with pytest.raises(ParameterError, match=words):
        fluid_backlog(**{"arrival_rate": 1.0, "capacity": 2.0, "times": [0, 1]} | change)
