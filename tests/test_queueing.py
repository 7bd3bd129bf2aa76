"""Steady queues of calls: figures of 40 digits, limits, properties; the staff that they need."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskmodels.errors import ParameterError
from riskmodels.stresstest import (
    erlang_a,
    erlang_b,
    erlang_c,
    offered_load,
    proposed_servers,
    servers_needed,
)

# Calls, calls a server answers, servers, time; to 13 digits (40 digits of precision). The first two are published by
# call-center-tools and pyworkforce.
C_ROWS = [
    ((1000 / 60, 1 / 2, 40), 1 / 3, 0.03779735218174, 0.1907372903943, 0.05722118711829, 0.9372106214887),
    ((100 / 30, 1 / 3, 14), 1 / 3, 0.05681914338652, 0.1741319335951, 0.1305989501963, 0.8883500191795),
    ((48, 1, 50), 1 / 6, 0.08333735349348, 0.6944556111968, 0.3472278055984, 0.5024008107738),
    ((100, 1, 110), 1 / 10, 0.02746344844982, 0.2370075002851, 0.02370075002851, 0.9128098132417),
    ((990, 1, 1000), 1 / 60, 0.01896577643081, 0.6590804218809, 0.06590804218809, 0.4421004676447),
]
A_ROWS = [  # wait, queue, abandonment, wait, occupancy; answered, waiting, offered waiting beyond
    (
        (48, 1, 0.5, 50),
        (0.4677740685538, 2.967575919571, 0.03091224916219, 0.06182449832439, 0.9303242408043),
        (1 / 6, 0.832576472083, 0.143637089489, 0.156119734227),
    ),
    (
        (100, 1, 1, 100),
        (0.5132987982791, 3.986099680915, 0.03986099680915, 0.03986099680915, 0.9601390031909),
        (1 / 10, 0.813654534930, 0.1547793811179, 0.1710576707292),
    ),
    (
        (100, 1, 0.5, 100),
        (0.5967031380196, 6.606030505658, 0.03303015252829, 0.06606030505658, 0.9669698474717),
        (1 / 10, 0.701109560392, 0.277464367941, 0.291690270290),
    ),
    (
        (60, 1, 0.5, 50),
        (0.9752413935190, 20.18743073366, 0.1682285894472, 0.3364571788943, 0.9981256926634),
        (1 / 3, 0.383617166802, 0.488660234982, 0.577283856949),
    ),
]


@pytest.mark.parametrize(("rates", "time", "lost", "waits", "mean_wait", "within"), C_ROWS)
def test_erlang_c_is_as_computed_elsewhere(rates, time, lost, waits, mean_wait, within) -> None:
    queue = erlang_c(*rates)
    found = [queue.blocking, queue.wait_probability, queue.mean_wait, queue.served_within(time)]
    assert found == pytest.approx([lost, waits, mean_wait, within], rel=2e-13)
    assert queue.mean_queue == pytest.approx(rates[0] * mean_wait, rel=2e-13)


@pytest.mark.parametrize(("rates", "figures", "levels"), A_ROWS)
def test_erlang_a_is_as_computed_elsewhere(rates, figures, levels) -> None:
    queue = erlang_a(*rates)
    time, answered, waiting, offered = levels
    found = [queue.wait_probability, queue.mean_queue, queue.abandonment, queue.mean_wait, queue.occupancy]
    assert found == pytest.approx(figures, rel=2e-13)
    assert queue.served_within(time) == pytest.approx(answered, abs=1e-12)
    assert queue.waiting_beyond(time) == pytest.approx(waiting, abs=1e-12)
    assert queue.offered_waiting_beyond(time) == pytest.approx(offered, abs=1e-12)
    assert queue.service_level(time, "answered") == queue.served_within(time)
    assert queue.service_level(time, "not_waiting") == 1 - queue.waiting_beyond(time)
    assert queue.service_level(time, "offered") == 1 - queue.offered_waiting_beyond(time)


def test_giving_up_shortens_waits_as_in_the_literature() -> None:
    """Mandelbaum & Zeltyn's comparison, in seconds where time is in minutes."""
    patient, leaving = erlang_c(48, 1, 50), erlang_a(48, 1, 0.5, 50)
    assert 60 * patient.mean_wait == pytest.approx(20.834, abs=5e-4)
    assert 60 * patient.wait_quantile(0.9) == pytest.approx(58.1387, abs=5e-5)
    assert patient.mean_queue == pytest.approx(16.6669, abs=5e-5)
    assert leaving.abandonment == pytest.approx(0.030912, abs=5e-7)
    assert 60 * leaving.mean_wait == pytest.approx(3.7095, abs=5e-5)
    assert 60 * leaving.wait_quantile(0.9) == pytest.approx(12.4446, abs=5e-5)


@pytest.mark.parametrize(
    ("calls", "servers", "kept", "missed"),
    [
        (5, 25, 0.86215, 0.78642),
        (20, 87, 0.81084, 0.75594),
        (48, 201, 0.80606, 0.76503),
        (100, 411, 0.81048, 0.77826),
    ],
)
def test_fewest_servers_for_four_in_five_within_twenty_seconds(calls, servers, kept, missed) -> None:
    assert servers_needed(calls, 1 / 4, share=0.8, within=20 / 60) == servers
    assert erlang_c(calls, 1 / 4, servers).served_within(20 / 60) == pytest.approx(kept, abs=5e-6)
    assert erlang_c(calls, 1 / 4, servers - 1).served_within(20 / 60) == pytest.approx(missed, abs=5e-6)


@pytest.mark.parametrize(
    ("load", "servers", "halfin_whitt", "garnett", "exact_c", "exact_a"),
    [(100, 110, 0.2234, 0.1790, 0.2370, 0.1913), (1000, 1016, 0.50007, 0.35465, 0.50370, 0.35865)],
)
def test_square_root_rules_are_near(load, servers, halfin_whitt, garnett, exact_c, exact_a) -> None:
    grade = (servers - load) / math.sqrt(load)
    hazard = stats.norm.pdf(grade) / stats.norm.sf(grade)
    patience = 0.5
    scaled = grade / math.sqrt(patience)
    rule_c = 1 / (1 + grade * stats.norm.cdf(grade) / stats.norm.pdf(grade))
    rule_a = 1 / (
        1 + stats.norm.pdf(scaled) / stats.norm.sf(scaled) * math.sqrt(patience) / (hazard * _odds(grade))
    )
    digits = 5e-5 if load == 100 else 1e-5  # as printed: some were cut off
    assert rule_c == pytest.approx(halfin_whitt, abs=digits)
    assert rule_a == pytest.approx(garnett, abs=digits)
    assert erlang_c(load, 1, servers).wait_probability == pytest.approx(exact_c, abs=digits)
    assert erlang_a(load, 1, patience, servers).wait_probability == pytest.approx(exact_a, abs=digits)


def _odds(grade: float) -> float:
    return stats.norm.sf(grade) / stats.norm.cdf(grade)


def test_patience_as_long_as_service_is_a_poisson_number() -> None:
    law = stats.poisson(100.0)
    queue = erlang_a(100, 1, 1, 105)
    assert queue.wait_probability == pytest.approx(law.sf(104), rel=1e-12)
    ahead = np.arange(106, 400)
    assert queue.mean_queue == pytest.approx(((ahead - 105) * law.pmf(ahead)).sum(), rel=1e-11)


@pytest.mark.parametrize("patience", [1e-3, 1e-5, 1e-7])
def test_endless_patience_is_erlang_c(patience) -> None:
    patient, leaving = erlang_c(48, 1, 50), erlang_a(48, 1, patience, 50)
    assert leaving.wait_probability == pytest.approx(patient.wait_probability, rel=400 * patience)
    assert leaving.served_within(0.2) == pytest.approx(patient.served_within(0.2), rel=400 * patience)


def test_a_great_overload_leaves_what_cannot_be_answered() -> None:
    queue = erlang_a(1e5, 1.0, 1e-3, 90_000)
    assert queue.abandonment == pytest.approx(0.1, rel=1e-12)
    assert queue.occupancy == pytest.approx(1.0)
    assert queue.mean_queue == pytest.approx(1e7)


def test_nobody_calls() -> None:
    for queue in (erlang_c(0, 1, 3), erlang_a(0, 1, 1, 3)):
        assert (queue.wait_probability, queue.mean_queue, queue.abandonment, queue.occupancy) == (0, 0, 0, 0)
        assert queue.served_within(0.0) == 1.0
        assert queue.wait_quantile(0.9) == 0.0


loads = st.floats(0.1, 300.0)
patiences = st.floats(0.01, 30.0)
times = st.floats(0.0, 5.0)


@given(load=loads, patience=patiences, servers=st.integers(1, 320), time=times)
def test_what_a_queue_with_leaving_must_be(load, patience, servers, time) -> None:
    queue = erlang_a(load, 1.0, patience, servers)
    assert queue.service_level(1e6, "answered") == pytest.approx(1.0 - queue.abandonment, abs=1e-11)
    assert 0.0 <= queue.occupancy <= 1.0 + 1e-12
    assert queue.served_within(0.0) == pytest.approx(1.0 - queue.wait_probability, abs=1e-12)
    levels = [queue.service_level(time, meaning) for meaning in ("answered", "offered", "not_waiting")]
    assert levels[0] <= levels[1] + 1e-12
    assert levels[1] <= levels[2] + 1e-12
    assert queue.blocking <= queue.wait_probability + 1e-12
    if load < servers:
        assert queue.wait_probability <= erlang_c(load, 1.0, servers).wait_probability + 1e-12


@given(load=loads, patience=patiences, servers=st.integers(1, 320), more=st.integers(1, 30), time=times)
def test_more_servers_never_miss_more_and_more_calls_never_fewer(load, patience, servers, more, time) -> None:
    queue = erlang_a(load, 1.0, patience, servers)
    helped, pressed = (
        erlang_a(load, 1.0, patience, servers + more),
        erlang_a(load + more, 1.0, patience, servers),
    )
    for meaning in ("answered", "not_waiting", "offered"):
        level = queue.service_level(time, meaning)
        assert helped.service_level(time, meaning) >= level - 1e-12
        assert pressed.service_level(time, meaning) <= level + 1e-12
    assert helped.abandonment <= queue.abandonment + 1e-12
    assert erlang_b(load, servers + more) <= erlang_b(load, servers)


@given(load=loads, share=st.floats(0.05, 0.99), time=times, patience=st.none() | patiences)
@settings(max_examples=30)
def test_one_server_fewer_does_not_keep_the_level(load, share, time, patience) -> None:
    needed = servers_needed(load, 1.0, share=share, within=time, patience_rate=patience)

    def level(servers: int) -> float:
        queue = erlang_c(load, 1.0, servers) if patience is None else erlang_a(load, 1.0, patience, servers)
        return queue.service_level(time)

    assert level(needed) >= share
    assert needed == 1 or (patience is None and needed - 1 <= load) or level(needed - 1) < share


@given(load=loads, patience=patiences, servers=st.integers(1, 320), share=st.floats(0.05, 0.99))
def test_a_quantile_is_not_waited_beyond(load, patience, servers, share) -> None:
    queue = erlang_a(load, 1.0, patience, servers)
    time = queue.wait_quantile(share)
    assert queue.waiting_beyond(time) <= 1.0 - share + 1e-9
    assert time == 0.0 or queue.waiting_beyond(0.999 * time) >= 1.0 - share - 1e-9


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: erlang_c(50, 1, 50), "grows without end"),
        (lambda: erlang_c(-1, 1, 50), "the arrival rate is -1"),
        (lambda: erlang_c(float("nan"), 1, 50), "the arrival rate is nan"),
        (lambda: erlang_c(1, 0, 50), "the service rate is 0"),
        (lambda: erlang_c(1, 1, 0), "there are 0 servers"),
        (lambda: erlang_c(1, 1, 2.5), "there are 2.5 servers"),
        (lambda: erlang_a(1, 1, 0, 5), "the patience rate is 0"),
        (lambda: erlang_a(1, 1, 1, 5).served_within(-1), "the time is -1"),
        (lambda: erlang_a(1, 1, 1, 5).wait_quantile(1.0), "the share is 1.0"),
        (
            lambda: erlang_a(1, 1, 1, 5).service_level(1, "fast"),
            "expected one of answered, not_waiting, offered",
        ),
        (lambda: servers_needed(5, 1, share=1.0, within=1), "the share is 1.0"),
        (lambda: servers_needed(2e6, 1, share=0.5, within=1), "servers are too few"),
        (lambda: proposed_servers([-1.0]), "a load is negative"),
        (lambda: offered_load([1.0], 1.0, [0.0]), "at least two numbers"),
    ],
)
def test_what_is_out_of_its_domain_is_refused_in_a_line(work, words) -> None:
    with pytest.raises(ParameterError, match=words) as refused:
        work()
    assert "\n" not in str(refused.value)


def test_the_offered_load_follows_arrivals() -> None:
    at = np.linspace(0.0, 2 * np.pi, 9)
    swinging = offered_load(lambda time: 100 + 20 * math.sin(time), 1.0, at, periodic=True)
    assert swinging == pytest.approx(100 + 10 * (np.sin(at) - np.cos(at)), abs=1e-4)
    assert offered_load([30.0, 30.0], 0.5, [0, 1, 2], start=60.0) == pytest.approx([60, 60, 60])
    assert offered_load([30.0, 0.0], 0.5, [0, 1, 50], periodic=True)[0] == pytest.approx(0.0, abs=1e-8)
