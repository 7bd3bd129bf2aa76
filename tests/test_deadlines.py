"""Backlogs worked off day by day: Spitzer's identity, figures computed elsewhere, a simulation, properties."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskmodels.errors import ParameterError
from riskmodels.losses import NegativeBinomial, Poisson
from riskmodels.losses.frequency import frequency_of
from riskmodels.stresstest import days_to_empty, deadline_course, deadline_queue, priority_queue
from riskmodels.stresstest.day_batches import batches_of, lattice_of, worked_off

pytestmark = pytest.mark.whole

STEADY = [  # arrivals a day, capacity, mean backlog, empty, done within 0, 1, 3 days, not within 7
    (Poisson(9.0), 10, 3.101238453417, 0.446499595141, (0.6997049336, 0.9612932553, 0.9993854774), 1.548e-7),
    (
        NegativeBinomial(9.0, 0.1),
        10,
        6.735766227407,
        0.347773946567,
        (0.5150323291, 0.8284072488, 0.9791388740),
        3.0835e-4,
    ),
    (
        NegativeBinomial(19.0, 0.05),
        20,
        15.623421987722,
        0.239816059420,
        (0.4738731958, 0.8100099785, 0.9755840206),
        4.0324e-4,
    ),
    (Poisson(95.0), 100, 5.077373716666, 0.557782308863, (0.9465561150, 0.9999978460, 1.0), 0.0),
]


@pytest.mark.parametrize(("arrivals", "capacity", "backlog", "empty", "done", "late"), STEADY)
def test_the_steady_state_is_as_computed_elsewhere(arrivals, capacity, backlog, empty, done, late) -> None:
    queue = deadline_queue(arrivals, capacity)
    assert queue.mean_backlog == pytest.approx(backlog, abs=2e-11)
    assert queue.empty_probability == pytest.approx(empty, abs=1e-12)
    assert [queue.done_within(days) for days in (0, 1, 3)] == pytest.approx(done, abs=1e-10)
    assert 1 - queue.done_within(7) == pytest.approx(late, abs=1e-10 if late < 1e-6 else 6e-9)


@pytest.mark.parametrize(("arrivals", "capacity"), [row[:2] for row in STEADY])
def test_the_steady_state_keeps_spitzer_s_identity(arrivals, capacity) -> None:
    """Sums over days of what comes beyond what is done in them, from the laws of the sums themselves."""
    days = np.arange(1.0, 4000.0)
    done, more = capacity * days, _sum_of(arrivals, days).sf(capacity * days)
    beyond = arrivals.mean * days * _sized_sum_of(arrivals, days).sf(done - 1) - done * more
    queue = deadline_queue(arrivals, capacity)
    assert more[-1] < 1e-16
    assert queue.mean_backlog == pytest.approx((beyond / days).sum(), rel=1e-9)
    assert queue.empty_probability == pytest.approx(np.exp(-(more / days).sum()), rel=1e-9)


@pytest.mark.parametrize(("arrivals", "capacity"), [row[:2] for row in STEADY])
def test_the_backlog_is_arrivals_times_the_mean_wait(arrivals, capacity) -> None:
    """Little's law, which holds the last digits of the shares."""
    queue = deadline_queue(arrivals, capacity)
    late = sum(1 - queue.done_within(days) for days in range(60))
    assert queue.mean_backlog == pytest.approx(arrivals.mean * late, rel=1e-11)


def _sum_of(arrivals, days):
    mean = arrivals.mean * days
    if not arrivals.dispersion:
        return stats.poisson(mean)
    size = days / arrivals.dispersion
    return stats.nbinom(size, size / (size + mean))


def _sized_sum_of(arrivals, days):
    """The law of n - 1, each n as likely as n times what it was: of a mean above k it gives the part."""
    mean = arrivals.mean * days
    if not arrivals.dispersion:
        return stats.poisson(mean)
    size = days / arrivals.dispersion
    return stats.nbinom(size + 1, size / (size + mean))


@pytest.mark.parametrize(
    ("dispersion", "done"),
    [
        (0.0, {0: 0.5376486274, 1: 0.9490035411, 3: 0.9999700688}),
        (0.1, {0: 0.4384038252, 1: 0.8305263017, 3: 0.9925566157, 7: 0.999985347253}),
    ],
)
def test_monday_receives_three_days(dispersion, done) -> None:
    week = [frequency_of(39.0, dispersion / 3), *[frequency_of(13.0, dispersion)] * 4]
    queue = deadline_queue(week, 20)
    assert [queue.done_within(days) for days in done] == pytest.approx(list(done.values()), abs=6e-11)
    if dispersion == 0.0:
        assert queue.done_by_day(0) == pytest.approx([0.4752, 0.1920, 0.4997, 0.7527, 0.8936], abs=5e-5)
        assert list(queue.table["same_day"]) == list(queue.done_by_day(0))


def test_a_cycle_of_days_alike_is_one_day() -> None:
    one, five = (
        deadline_queue(NegativeBinomial(9.0, 0.1), 10),
        deadline_queue([NegativeBinomial(9.0, 0.1)] * 5, 10),
    )
    assert five.backlogs == pytest.approx([one.mean_backlog] * 5, abs=1e-9)
    assert five.done_within(2) == pytest.approx(one.done_within(2), abs=1e-11)


def test_a_course_after_a_shock_is_as_computed_elsewhere() -> None:
    course = deadline_course([NegativeBinomial(15.0, 0.1)] * 31, 20, backlog=120)
    found = course.done_within(3)[[0, 5, 10, 20, 30]]
    assert found == pytest.approx([0, 0.047840203, 0.5379751216, 0.9619253775, 0.9976653192], abs=6e-10)
    assert course.mean_backlog[:4] == pytest.approx([120, 115, 110, 105])
    assert (course.backlog_quantile(0.5)[0], course.empty_probability[0]) == (120, 0.0)
    assert list(course.table["mean_backlog"]) == list(course.mean_backlog[:-1])


def test_the_days_to_recovery_are_as_computed_elsewhere() -> None:
    recovery = days_to_empty(NegativeBinomial(15.0, 0.1), 20, backlog=120)
    assert recovery.mean == pytest.approx(24.8293262305, abs=6e-11)
    assert (recovery.median, recovery.quantile(0.95)) == (24, 36)


def test_a_course_leads_to_the_steady_state() -> None:
    arrivals = NegativeBinomial(9.0, 0.1)
    steady, course = deadline_queue(arrivals, 10), deadline_course([arrivals] * 1500, 10, backlog=40)
    assert course.mean_backlog[-1] == pytest.approx(steady.mean_backlog, abs=1e-6)
    assert course.done_within(1)[-1] == pytest.approx(steady.done_within(1), abs=1e-7)


def test_arrivals_and_capacity_may_change_by_day() -> None:
    """A day without capacity, a surge that outgrows the lattice to begin with, and days after the last."""
    days = [Poisson(5.0), Poisson(900.0), Poisson(5.0)]
    course = deadline_course(days, [0, 10, 300])
    assert course.mean_backlog == pytest.approx([0, 5, 895, 600])
    assert course.done_within(0)[0] == 0.0
    assert course.done_within(1)[0] == pytest.approx(1.0, abs=0.02)
    assert course.done_within(3) == pytest.approx([1, (10 + 300 + 300 + 300 - 5) / 900, 1], abs=0.02)


def test_a_fraction_of_capacity_is_met_on_the_mean() -> None:
    course = deadline_course([Poisson(20.0)] * 3, 10.25, backlog=200)
    assert course.mean_backlog == pytest.approx(200 + 9.75 * np.arange(4))
    quarters = [
        deadline_queue(NegativeBinomial(9.0, 0.1), 10 + part).mean_backlog for part in (0, 0.25, 0.5, 1)
    ]
    assert quarters == sorted(quarters, reverse=True)
    assert quarters[-1] == pytest.approx(deadline_queue(NegativeBinomial(9.0, 0.1), 11.0).mean_backlog)


def test_classes_are_nested_queues() -> None:
    """The serious see only themselves; all together are one queue; days and orders by a simulation."""
    serious, ordinary = Poisson(3.0), NegativeBinomial(5.0, 0.2)
    first, second = priority_queue([serious, ordinary], 10)
    alone = deadline_queue(serious, 10)
    assert [first.done_within(days) for days in (0, 1)] == pytest.approx(
        [alone.done_within(days) for days in (0, 1)], abs=1e-12
    )
    assert first.mean_backlog == pytest.approx(alone.mean_backlog, abs=1e-12)
    done, backlog = _simulated(60_000)
    assert [second.done_within(days) for days in (0, 1, 2)] == pytest.approx(done, abs=0.012)
    assert first.mean_backlog + second.mean_backlog == pytest.approx(backlog, rel=0.06)
    assert (second.arrivals, len(priority_queue([serious], 10))) == (ordinary, 1)


def _simulated(days: int) -> tuple[list[float], float]:
    """Shares of the ordinary done within 0, 1, 2 days, and the mean backlog, where three serious come a day."""
    rng = np.random.default_rng(5)
    serious, ordinary = rng.poisson(3.0, days), rng.negative_binomial(5, 1 / 2.0, days)
    waiting, urgent, backlog = [], 0, 0
    late: list[int] = []
    for day in range(days):
        backlog += urgent + len(waiting)
        urgent += serious[day]
        waiting += [day] * ordinary[day]
        left = max(10 - urgent, 0)
        urgent = max(urgent - 10, 0)
        late += [day - came for came in waiting[:left]]
        waiting = waiting[left:]
    return [float(np.mean(np.array(late) <= most)) for most in (0, 1, 2)], backlog / days


def test_two_classes_alike_in_sum_are_one_queue() -> None:
    parts, whole = (
        priority_queue([Poisson(2.0), Poisson(3.0), Poisson(4.0)], 10),
        deadline_queue(Poisson(9.0), 10),
    )
    assert sum(one.mean_backlog for one in parts) == pytest.approx(whole.mean_backlog, abs=1e-11)
    levels = [one.done_within(0) for one in parts]
    assert levels == sorted(levels, reverse=True)
    same_day = sum(one.arrivals.mean * one.done_within(0) for one in parts)
    assert same_day > 9.0 * whole.done_within(0)  # who waits longest waits for all


arrivals_of = st.builds(frequency_of, st.floats(0.2, 30.0), st.sampled_from([0.0, 0.05, 0.5, 2.0]))
spare = st.floats(1.15, 3.0)


@given(arrivals=arrivals_of, spare=spare)
def test_a_steady_law_stays(arrivals, spare) -> None:
    queue = deadline_queue(arrivals, arrivals.mean * spare)
    law = queue.laws[0]
    batches = batches_of([arrivals])
    after = worked_off(lattice_of(len(law), batches).joined(law, batches[0]), float(queue.capacity[0]))
    assert law.sum() == pytest.approx(1.0)
    assert after[: len(law)] == pytest.approx(law, abs=1e-11)


@given(arrivals=arrivals_of, spare=spare, more=st.floats(0.01, 2.0), days=st.integers(0, 5))
def test_more_capacity_never_misses_more_and_more_complaints_never_fewer(arrivals, spare, more, days) -> None:
    capacity = arrivals.mean * spare
    queue, helped = deadline_queue(arrivals, capacity), deadline_queue(arrivals, capacity + more)
    assert helped.done_within(days) >= queue.done_within(days) - 1e-11
    assert helped.mean_backlog <= queue.mean_backlog + 1e-9
    assert queue.done_within(days + 1) >= queue.done_within(days) - 1e-12
    pressed = deadline_queue(frequency_of(arrivals.mean * 1.05, arrivals.dispersion), capacity)
    assert pressed.done_within(days) <= queue.done_within(days) + 1e-11
    assert pressed.mean_backlog >= queue.mean_backlog - 1e-9


@given(
    means=st.lists(st.floats(0.5, 30.0), min_size=1, max_size=6),
    capacity=st.floats(0.0, 40.0),
    backlog=st.integers(0, 60),
    more=st.floats(0.01, 5.0),
    days=st.integers(0, 4),
)
@settings(max_examples=40)
def test_what_a_course_must_be(means, capacity, backlog, more, days) -> None:
    arrivals = [NegativeBinomial(mean, 0.2) for mean in means]
    course = deadline_course(arrivals, capacity, backlog=backlog)
    helped = deadline_course(arrivals, capacity + more, backlog=backlog)
    pressed = deadline_course(arrivals, capacity, backlog=backlog + 3)
    assert course.mean_backlog[0] == backlog
    done = backlog + np.cumsum(means) - course.mean_backlog[1:]
    assert (done <= capacity * np.arange(1, len(means) + 1) + 1e-8).all()
    assert (done >= -1e-8).all()
    assert (helped.done_within(days) >= course.done_within(days) - 1e-11).all()
    assert (pressed.done_within(days) <= course.done_within(days) + 1e-11).all()
    assert (helped.mean_backlog <= course.mean_backlog + 1e-9).all()


@given(backlog=st.integers(0, 80), capacity=st.floats(8.0, 30.0), more=st.floats(0.1, 10.0))
@settings(max_examples=30)
def test_recovery_takes_no_longer_with_more_and_no_day_without_a_backlog(backlog, capacity, more) -> None:
    arrivals = NegativeBinomial(5.0, 0.1)
    recovery, helped = (days_to_empty(arrivals, one, backlog=backlog) for one in (capacity, capacity + more))
    assert helped.mean <= recovery.mean + 1e-9
    assert recovery.probabilities.sum() == pytest.approx(1.0)
    assert (recovery.mean == 0.0) == (backlog == 0)
    assert recovery.quantile(0.05) <= recovery.median <= recovery.quantile(0.95)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: deadline_queue(Poisson(10.0), 10), "grows without end"),
        (lambda: deadline_queue(Poisson(1e4), 1e4 + 1e-6), "steady state is years away"),
        (lambda: deadline_queue([Poisson(1e4)] * 2, 1e4 + 1e-2), "steady state is years away"),
        (lambda: deadline_queue(Poisson(1.0), -1), "a capacity is -1"),
        (lambda: deadline_queue(Poisson(1.0), float("nan")), "a capacity is nan"),
        (lambda: deadline_queue([Poisson(1.0)] * 3, [2, 2]), "expected one number or 3"),
        (lambda: deadline_queue([], 2), "there is none"),
        (lambda: deadline_queue([5.0], 2), "5.0 is where Poisson or NegativeBinomial"),
        (lambda: deadline_queue(Poisson(1.0), 2).done_within(-1), "the deadline is -1 working days"),
        (lambda: deadline_queue(Poisson(1.0), 2).done_within(0.5), "the deadline is 0.5 working days"),
        (lambda: deadline_course([Poisson(1.0)], 2, backlog=-1), "the backlog is -1"),
        (lambda: deadline_course([Poisson(1.0)], 2).backlog_quantile(1.0), "the share is 1.0"),
        (lambda: deadline_course([Poisson(2e6)] * 3, 0), "the backlog grows beyond"),
        (lambda: deadline_course([Poisson(1e9)], 0), "count them in larger units"),
        (lambda: days_to_empty(Poisson(2.0), 2, backlog=5), "need never be empty"),
        (lambda: priority_queue([Poisson(1.0)], [2, 3]), "one number"),
        (lambda: priority_queue([Poisson(1.0), Poisson(1.0)], 2), "grows without end"),
    ],
)
def test_what_is_out_of_its_domain_is_refused_in_a_line(work, words) -> None:
    with pytest.raises(ParameterError, match=words) as refused:
        work()
    assert "\n" not in str(refused.value)


def test_shares_are_of_the_arrivals_that_there_are() -> None:
    queue = deadline_queue([Poisson(1.0), Poisson(30.0)], [40, 40])
    shares, means = queue.done_by_day(0), np.array([1.0, 30.0])
    assert queue.done_within(0) == pytest.approx((shares * means).sum() / means.sum())
    assert replace(queue).mean_backlog == queue.mean_backlog
