"""The table of what staff can handle: against courses day by day, its interpolation, properties."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.errors import ParameterError
from riskmodels.losses.frequency import frequency_of
from riskmodels.stresstest import capacity_table, deadline_course, deadline_queue

pytestmark = pytest.mark.whole

UNITS = {"arrivals": [9.0, 3.3, 50.0], "dispersion": [0.1, 0.3, 0.0], "capacity": [10.0, 4.5, 55.0]}
AXES = {"loads": [0.5, 1.0, 2.0], "staff": [0.8, 1.0, 1.234], "backlogs": [0.0, 2.0]}


def test_every_cell_is_a_course_of_its_own() -> None:
    made = capacity_table(**UNITS, **AXES, deadlines=(0, 1, 7))
    for unit, (mean, dispersion, able) in enumerate(zip(*UNITS.values(), strict=True)):
        for load, staff, backlog in np.ndindex(3, 3, 2):
            arrivals = frequency_of(mean * made.loads[load], dispersion)
            first = int(made.backlogs[backlog] * able)
            course = deadline_course([arrivals] * 21, able * made.staff[staff], backlog=first)
            cell = (unit, load, staff, backlog)
            shares = [course.done_within(days).mean() for days in made.deadlines]
            assert made.done[cell] == pytest.approx(shares, abs=1e-8)
            assert made.backlog[cell] * able == pytest.approx(course.mean_backlog[-1], abs=1e-7)


def test_a_long_month_is_the_steady_state() -> None:
    made = capacity_table([9.0], 0.1, [10.0], loads=[1.0], staff=[1.2], deadlines=[1], days=2000)
    steady = deadline_queue(frequency_of(9.0, 0.1), 12)
    assert made.done[0, 0, 0, 0, 0] == pytest.approx(steady.done_within(1), abs=1e-3)
    assert 10 * made.backlog[0, 0, 0, 0] == pytest.approx(steady.mean_backlog, abs=1e-6)


def test_points_of_the_table_are_found_and_middles_are_as_near_as_stated() -> None:
    axes = {
        "loads": np.linspace(0.5, 1.5, 11),
        "staff": np.linspace(0.7, 1.3, 13),
        "backlogs": np.arange(0.0, 4.0, 0.5),
    }
    made = capacity_table(**UNITS, **axes)
    done, left = made.look_up(made.loads[3], made.staff[[0, 5, 12]], made.backlogs[2])
    assert done == pytest.approx(made.done[np.arange(3), 3, [0, 5, 12], 2])
    assert left == pytest.approx(made.backlog[np.arange(3), 3, [0, 5, 12], 2])
    middle = {name: points[:-1] + np.diff(points) / 2 for name, points in axes.items()}
    exact = capacity_table(**UNITS, **middle)
    grid = np.meshgrid(*middle.values(), indexing="ij")
    done, left = made.look_up(*(axis[..., None] for axis in grid))
    worst = (
        np.abs(done - np.moveaxis(exact.done, 0, 3)).max(),
        np.abs(left - np.moveaxis(exact.backlog, 0, 3)).max(),
    )
    assert made.done_error <= worst[0] + 1e-9 <= 1.3 * made.done_error
    assert made.backlog_error <= worst[1] + 1e-9 <= 1.3 * made.backlog_error
    assert made.done_error < 0.2  # steps of a tenth are coarse: most middles are within 0.01


def test_look_ups_are_many_at_a_time() -> None:
    made = capacity_table(**UNITS, **AXES)
    rng = np.random.default_rng(3)
    load, staff = rng.uniform(0.5, 2.0, (1000, 12, 3)), rng.uniform(0.8, 1.2, (1000, 1, 1))
    done, left = made.look_up(load, staff, 0.5)
    assert (done.shape, left.shape) == ((1000, 12, 3, 4), (1000, 12, 3))
    one, after = made.look_up(load[7, 5], staff[7, 0], 0.5)
    assert (done[7, 5] == one).all()
    assert (left[7, 5] == after).all()


def test_a_table_that_is_computed_when_it_is_read_says_the_same() -> None:
    made, lazy = capacity_table(**UNITS, **AXES), capacity_table(**UNITS, **AXES, when_read=True)
    for load in (0.5, 0.7, 1.6):
        for one, other in zip(
            made.look_up([load, 1.0, 2.0], [0.9, 1.0, 0.8], 0.5),
            lazy.look_up([load, 1.0, 2.0], [0.9, 1.0, 0.8], 0.5),
            strict=True,
        ):
            assert other == pytest.approx(one, abs=1e-9)
    assert 0 < np.isnan(lazy.backlog).sum() < lazy.backlog.size
    assert lazy.done_error == pytest.approx(made.done_error, abs=1e-9)


def test_the_table_has_a_row_a_cell() -> None:
    made = capacity_table(**UNITS, **AXES)
    row = made.table.query("unit == 1 and load == 2.0 and staff == 1.0 and backlog == 2.0").iloc[0]
    assert len(made.table) == made.backlog.size
    assert row["done_within_3"] == made.done[1, 2, 1, 1, 2]
    assert row["backlog_after"] == made.backlog[1, 2, 1, 1]


@given(
    arrivals=st.lists(st.floats(0.2, 25.0), min_size=1, max_size=4),
    dispersion=st.sampled_from([0.0, 0.1, 1.0]),
    spare=st.floats(0.6, 1.8),
)
@settings(max_examples=25)
def test_more_staff_never_misses_more_and_more_load_or_backlog_never_fewer(
    arrivals, dispersion, spare
) -> None:
    able = np.array(arrivals) * spare
    made = capacity_table(
        arrivals, dispersion, able, loads=[0.5, 1, 1.7], staff=[0.8, 0.95, 1, 1.3], backlogs=[0, 0.7, 3]
    )
    assert (np.diff(made.done, axis=1) <= 1e-8).all()
    assert (np.diff(made.done, axis=2) >= -1e-8).all()
    assert (np.diff(made.done, axis=3) <= 1e-8).all()
    assert (np.diff(made.done, axis=4) >= -1e-12).all()
    assert (np.diff(made.backlog, axis=1) >= -1e-7).all()
    assert (np.diff(made.backlog, axis=2) <= 1e-7).all()
    assert (np.diff(made.backlog, axis=3) >= -1e-7).all()
    came = made.backlogs + 21 * made.loads[:, None, None] / spare
    done = 21 * made.staff[:, None]
    assert (made.backlog >= np.maximum(came - done, 0.0) - 1e-7).all()
    assert (made.backlog <= came + 1e-7).all()


def test_a_year_of_sixty_branches_takes_seconds() -> None:
    """Half of the table that is promised in ten seconds, with room for a busy machine: processor time."""
    arrivals = np.random.default_rng(1).uniform(4.0, 14.0, 60)
    start = time.process_time()
    capacity_table(
        arrivals, 0.1, 1.1 * arrivals, loads=np.linspace(0.8, 1.4, 6), staff=np.linspace(0.6, 1.4, 41)
    )
    assert time.process_time() - start < 5.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"arrivals": [0.0]}, "the arrivals of units must be positive"),
        ({"capacity": [-1.0]}, "the capacity of units must be positive"),
        ({"capacity": [1.0, 2.0]}, "every unit needs"),
        ({"dispersion": -0.1}, "a dispersion of at least zero"),
        ({"loads": []}, "the loads of a capacity table must be rising numbers above zero"),
        ({"staff": [1.0, 0.9]}, "the staff levels of a capacity table must be rising"),
        ({"staff": [0.0, 0.9]}, "the staff levels of a capacity table must be rising numbers above zero"),
        ({"backlogs": [-1.0]}, "the backlogs of a capacity table must be rising numbers from zero on"),
        ({"deadlines": [1.5]}, "the deadline is 1.5 working days"),
        ({"deadlines": []}, "the table a deadline"),
        ({"days": 0}, "a month needs a day"),
        ({"arrivals": [1e7]}, "a backlog may grow beyond"),
    ],
)
def test_what_is_out_of_its_domain_is_refused_in_a_line(change, words) -> None:
    given = {"arrivals": [9.0], "dispersion": 0.1, "capacity": [10.0], "loads": [1.0, 2.0], "staff": [1.0]}
    with pytest.raises(ParameterError, match=words) as refused:
        capacity_table(**given | change)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((3.0, 1.0, 0.0), "the load 3 lies outside the capacity table, which reaches from 0.5 to 2"),
        ((1.0, float("nan"), 0.0), "the staff level nan lies outside"),
        ((1.0, 1.0, -0.1), "the backlog -0.1 lies outside"),
    ],
)
def test_a_value_outside_the_table_is_refused(values, words) -> None:
    with pytest.raises(ParameterError, match=words):
        capacity_table(**UNITS, **AXES).look_up(*values)
