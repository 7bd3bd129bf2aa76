"""Queues whose arrivals and staff change with time: a closed form, figures computed elsewhere, a real day, properties."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskmodels.errors import ParameterError
from riskmodels.stresstest import erlang_a, offered_load, proposed_servers, varying_queue

pytestmark = pytest.mark.whole

QUARTERS = np.array([0.0, 0.5, 1.0, 1.5, 2.0]) * np.pi


def swinging(time: float) -> float:
    return 100 + 20 * math.sin(time)


def test_patience_as_long_as_service_is_a_poisson_number_at_any_time() -> None:
    """N(t) is Poisson: the closed form of the periodic regime, and from an empty system."""
    periodic = varying_queue(swinging, 1, 1, 105, QUARTERS, periodic=True)
    mean = 100 + 10 * (np.sin(QUARTERS) - np.cos(QUARTERS))
    assert periodic.wait_probability == pytest.approx(stats.poisson.sf(104, mean), abs=1e-12)
    assert periodic.wait_probability[:3] == pytest.approx([0.065896198878] + [0.695962574319] * 2, abs=6e-13)
    assert np.abs(periodic.wait_probability - stats.poisson.sf(104, mean)).max() < periodic.error < 1e-10
    started = varying_queue(swinging, 1, 1, 105, QUARTERS)
    mean -= 90 * np.exp(-QUARTERS)
    assert started.wait_probability == pytest.approx(stats.poisson.sf(104, mean), abs=1e-12)
    states = np.arange(started.law.shape[1])
    assert started.law[1] == pytest.approx(stats.poisson.pmf(states, mean[1]), abs=1e-12)


def test_the_periodic_regime_is_as_computed_elsewhere() -> None:
    at = np.sort(np.append(QUARTERS, 2.4756))
    queue = varying_queue(swinging, 1, 0.5, 105, at, periodic=True)
    quarters = [0, 1, 3, 4]
    waits, queues = queue.wait_probability[quarters], queue.mean_queue[quarters]
    assert waits == pytest.approx([0.0798810016, 0.7171885193, 0.7852016055, 0.1400242887], abs=6e-11)
    assert queues == pytest.approx([0.3704882552, 8.8711306949, 12.2183528895, 0.8999412515], abs=2e-9)
    assert queue.wait_probability.max() == queue.wait_probability[2] == pytest.approx(0.851874, abs=5e-7)
    assert queue.total_abandonment == pytest.approx(0.0276917592, abs=6e-11)
    assert queue.total_waiting == pytest.approx(0.4559139546, abs=6e-11)
    assert list(queue.table["time"]) == list(at)


def test_simple_approximations_are_off_as_computed_elsewhere() -> None:
    """Why the forward equations are solved: steady queues at each instant, and at the modified offered load."""
    at = np.linspace(0.0, 2 * np.pi, 33)
    queue = varying_queue(swinging, 1, 0.5, 105, at, periodic=True)
    load = offered_load(swinging, 1.0, at, periodic=True)
    steady = [erlang_a(swinging(time), 1, 0.5, 105).wait_probability for time in at]
    modified = [erlang_a(one, 1, 0.5, 105).wait_probability for one in load]
    assert np.abs(queue.wait_probability - steady).max() == pytest.approx(0.589, abs=0.003)
    assert np.abs(queue.wait_probability - modified).max() == pytest.approx(0.120, abs=0.003)


def test_a_bank_s_mean_day_is_as_computed_elsewhere(shared_data: Callable[[str], Path]) -> None:
    """Calls every five minutes of a large North American bank (R package fpp3, bank_calls).

    Staff by the square root of the load at the end of each interval. The abandonment of that computation is summed from
    the queue at those ends; the exact one, over all instants, is 0.0169.
    """
    calls = pd.read_parquet(shared_data("series/fpp3_bank_calls.parquet"))
    minute = pd.to_datetime(calls["DateTime"]).dt.strftime("%H:%M")
    rate = calls.groupby(minute)["Calls"].mean().to_numpy() / 5
    assert (len(rate), rate.mean().round(1), rate.max().round(1)) == (169, 38.4, 57.0)
    at, answered, patience = 5.0 * np.arange(170), 1 / 4, 1 / 3
    load = offered_load(rate, answered, at, start=rate[0] / answered)
    servers = proposed_servers(load[1:])
    start = stats.poisson.pmf(np.arange(300), load[0])
    day = varying_queue(rate, answered, patience, servers, at, start=start)
    waits = day.wait_probability[1:]
    assert waits.mean() == pytest.approx(0.285543, abs=5e-7)
    assert (waits.min().round(4), waits.max().round(4)) == (0.2650, 0.3064)
    assert patience * day.mean_queue[1:].sum() / rate.sum() == pytest.approx(0.016494, abs=5e-7)
    assert day.total_abandonment == pytest.approx(0.016899, abs=5e-7)


def test_steady_rates_lead_to_the_steady_state() -> None:
    queue, steady = varying_queue(48, 1, 0.5, 50, [0, 60, 61]), erlang_a(48, 1, 0.5, 50)
    assert queue.wait_probability[1:] == pytest.approx([steady.wait_probability] * 2, abs=1e-11)
    assert queue.mean_queue[-1] == pytest.approx(steady.mean_queue, abs=1e-9)
    assert queue.abandonment[-1] == pytest.approx(steady.abandonment, abs=1e-11)
    assert queue.error == 0.0


def test_a_function_and_an_array_of_the_same_rates_agree() -> None:
    """Jumps that lie at the times are no obstacle to a function."""
    rates, at = np.array([10.0, 40.0, 0.0]), np.array([0.0, 1.0, 2.0, 4.0])
    array = varying_queue(rates, 1, 2, [20, 30, 25], at)
    function = varying_queue(lambda time: rates[min(int(time), 2)], 1, 2, [20, 30, 25, 99], at)
    assert function.law[:, :60] == pytest.approx(array.law[:, :60], abs=1e-11)
    assert function.abandoning == pytest.approx(array.abandoning, abs=1e-10)


def test_a_jump_of_a_function_is_found_wherever_it_is() -> None:
    function = varying_queue(lambda time: 50.0 * (time > 0.3), 1, 2, 20, [0.0, 1.0])
    array = varying_queue([0.0, 50.0], 1, 2, 20, [0.0, 0.3, 1.0])
    size = array.law.shape[1]
    assert function.law[-1, :size] == pytest.approx(array.law[-1], abs=1e-9)


rates = st.lists(st.floats(0.0, 60.0), min_size=2, max_size=4)


@given(rates=rates, patience=st.floats(0.1, 5.0), servers=st.integers(1, 60), more=st.integers(1, 10))
@settings(max_examples=20)
def test_more_staff_never_misses_more_and_more_calls_never_fewer(rates, patience, servers, more) -> None:
    at = np.arange(len(rates) + 1.0)
    queue = varying_queue(rates, 1, patience, servers, at)
    helped = varying_queue(rates, 1, patience, servers + more, at)
    pressed = varying_queue(np.array(rates) + more, 1, patience, servers, at)
    for name in ("wait_probability", "mean_queue", "abandoning"):
        value = getattr(queue, name)
        assert (getattr(helped, name) <= value + 1e-10).all()
        assert (getattr(pressed, name) >= value - 1e-10).all()


@given(rates=rates, patience=st.floats(0.1, 5.0), servers=st.integers(1, 60))
@settings(max_examples=20)
def test_who_calls_is_answered_or_gives_up_or_is_still_there(rates, patience, servers) -> None:
    at = np.linspace(0.0, 2.0, len(rates) + 1)
    queue = varying_queue(rates, 1, patience, servers, at)
    assert queue.law.sum(axis=1) == pytest.approx(1.0)
    number = queue.law @ np.arange(queue.law.shape[1])
    assert queue.arrivals == pytest.approx(np.array(rates) * np.diff(at))
    answered = queue.arrivals.sum() - queue.abandoning.sum() - number[-1]
    assert -1e-9 <= answered <= servers * 2.0 + 1e-9
    assert (queue.waiting <= queue.arrivals + 1e-12).all()
    assert (queue.abandonment >= 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"times": [0.0]}, "at least two numbers"),
        ({"times": [0.0, 0.0]}, "each later than the one before"),
        ({"servers": [5, 5, 5, 5]}, r"servers have the shape \(4,\) for 3 times"),
        ({"servers": 0}, "there are 0.0 servers"),
        ({"arrival_rate": [1.0, -1.0]}, "one of the arrival rates is -1"),
        ({"arrival_rate": lambda time: -1.0}, "one of the arrival rates is -1"),
        ({"patience_rate": 0.0}, "the patience rate is 0"),
        ({"service_rate": -1.0}, "the service rate is -1"),
        ({"start": [0.5, 0.4]}, "add up to one"),
    ],
)
def test_what_is_out_of_its_domain_is_refused_in_a_line(change, words) -> None:
    given = {"arrival_rate": 3.0, "service_rate": 1.0, "patience_rate": 1.0, "servers": 5, "times": [0, 1, 2]}
    with pytest.raises(ParameterError, match=words) as refused:
        varying_queue(**given | change)
    assert "\n" not in str(refused.value)
