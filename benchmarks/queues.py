"""Queues and deadlines beside the simulation of the same cases, and the capacity table beside its bare convolutions.

Every figure of a simulation stands with its standard error, from batches of runs; the exact one must be within four of
them. Seconds are of processor time. simpy is optional: without it the table says so, and the floor stands alone.
"""

import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import scipy

from riskmodels.losses import NegativeBinomial
from riskmodels.stresstest import (
    capacity_table,
    days_to_empty,
    deadline_course,
    deadline_queue,
    erlang_a,
    erlang_c,
    varying_queue,
)

RUNS, BATCHES = 5, 20
CALLS, DAYS, COURSES = 12_000, 20_000, 400  # of a batch
AWAY = 4.0  # standard errors: one figure in 16,000 is farther off by chance
BRANCHES, MONTHS, STAFF, MONTH = 60, 12, 41, 21
PROMISE = 10.0  # seconds for the table
WITHIN = 1 / 6


def timed(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median seconds of processor time."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def simulated_calls(rng: np.random.Generator, servers: int, patience: float | None) -> list[float]:
    """Simulate calls in simpy after some to fill the queue; shares who wait, give up, are answered within a time."""
    import simpy  # here, since it is optional

    world = simpy.Environment()
    desk = simpy.Resource(world, capacity=servers)
    seen: list[tuple[bool, bool, bool]] = []

    def call() -> object:
        came, full = world.now, desk.count == servers
        with desk.request() as turn:
            leaves = [] if patience is None else [world.timeout(rng.exponential(1 / patience))]
            answered = turn in (yield simpy.AnyOf(world, [turn, *leaves]))
            seen.append((full, not answered, answered and world.now - came <= WITHIN))
            if answered:
                yield world.timeout(rng.exponential(1.0))

    def calls() -> object:
        for _ in range(CALLS + CALLS // 4):
            world.process(call())
            yield world.timeout(rng.exponential(1 / 48))

    world.process(calls())
    world.run()
    return np.mean(seen[CALLS // 4 :], axis=0).tolist()


def simulated_days(rng: np.random.Generator, mean: float, dispersion: float, capacity: int) -> list[float]:
    """Simulate working days; shares of complaints done within 0, 1 and 3 days, and the mean backlog."""
    came = rng.negative_binomial(1 / dispersion, 1 / (1 + dispersion * mean), DAYS)
    walk = np.concatenate([[0], np.cumsum(came - capacity)])
    backlog = walk - np.minimum.accumulate(np.minimum(walk, 0))
    done = [np.clip((days + 1) * capacity - backlog[:-1], 0, came).sum() / came.sum() for days in (0, 1, 3)]
    return [*done, backlog[:-1].mean()]


def simulated_courses(rng: np.random.Generator) -> list[float]:
    """Simulate a backlog after a shock until it is empty; the mean days, and shares within 3 days by day of receipt."""
    came = rng.negative_binomial(10, 1 / 2.5, (COURSES, 200))
    walk = 120 + np.cumsum(came - 20, axis=1)
    empty = (walk <= 0).argmax(axis=1) + 1
    walk = np.concatenate([np.full((COURSES, 1), 120), walk], axis=1)
    backlog = walk - np.minimum.accumulate(np.minimum(walk, 0), axis=1)
    done = np.clip(80 - backlog[:, [5, 10]], 0, came[:, [5, 10]]).sum(axis=0) / came[:, [5, 10]].sum(axis=0)
    return [empty.mean(), *done]


def show(
    case: str, exact: Callable[[], list[float]], simulate: Callable[[np.random.Generator], list[float]]
) -> None:
    """Print exact figures and simulated ones with their errors, and the seconds of both; they must agree."""
    start = time.process_time()
    rng = np.random.default_rng(7)
    batches = np.array([simulate(rng) for _ in range(BATCHES)])
    theirs = time.process_time() - start
    figures, ours = np.array(exact()), timed(exact)
    mean, error = batches.mean(axis=0), batches.std(axis=0, ddof=1) / np.sqrt(BATCHES)
    away = np.abs(figures - mean) / error
    shown = ", ".join(
        f"{one:.4f} ({two:.4f} ± {se:.4f})" for one, two, se in zip(figures, mean, error, strict=True)
    )
    print(
        f"{case:36}{1e3 * ours:>9.1f}{1e3 * theirs:>10.0f}{theirs / ours:>9.0f}{away.max():>8.1f}   {shown}",
        flush=True,
    )
    assert (away < AWAY).all(), f"{case}: exact and simulated figures differ"


def print_queues() -> None:
    """Print queues beside their simulation."""
    print(f"{'':36}{'ms':>9}{'simulated':>10}{'times':>9}{'s.e. off':>8}   exact (simulated ± s.e.)")
    if find_spec("simpy") is None:
        print("simpy is not in this Python (pip install simpy): calls are not simulated")
    else:

        def leaving() -> list[float]:
            queue = erlang_a(48, 1, 0.5, 50)
            return [queue.wait_probability, queue.abandonment, queue.served_within(WITHIN)]

        def patient() -> list[float]:
            queue = erlang_c(48, 1, 55)
            return [queue.wait_probability, queue.served_within(WITHIN)]

        show("erlang_a 48, 1, .5, 50 (simpy)", leaving, lambda rng: simulated_calls(rng, 50, 0.5))
        show("erlang_c 48, 1, 55 (simpy)", patient, lambda rng: simulated_calls(rng, 55, None)[::2])

    def steady() -> list[float]:
        queue = deadline_queue(NegativeBinomial(9.0, 0.1), 10)
        return [*(queue.done_within(days) for days in (0, 1, 3)), queue.mean_backlog]

    def shock() -> list[float]:
        arrivals = NegativeBinomial(15.0, 0.1)
        course = deadline_course([arrivals] * 11, 20, backlog=120)
        return [days_to_empty(arrivals, 20, backlog=120).mean, *course.done_within(3)[[5, 10]]]

    show("deadline_queue NB 9 (.1), 10 (numpy)", steady, lambda rng: simulated_days(rng, 9.0, 0.1, 10))
    show("a backlog of 120 (numpy)", shock, simulated_courses)


def print_day() -> None:
    """Print a day of five-minute intervals beside the bare products with a banded matrix that it needs."""
    at = 5.0 * np.arange(170)
    rate = 38.0 + 19.0 * np.sin(at[:-1] / 270)
    servers = np.ceil(4 * rate + 0.5 * np.sqrt(4 * rate)).astype(int)
    queue = varying_queue(rate, 0.25, 1 / 3, servers, at)
    states = queue.law.shape[1]
    banded = scipy.sparse.diags_array(
        [np.ones(states - 1), np.ones(states), np.ones(states - 1)], offsets=(-1, 0, 1)
    )
    banded, law = banded.tocsr(), queue.law[-1]
    pace = rate.max() + servers.max() / 4 + (states - servers.max()) / 3
    events = int(pace * at[-1])
    floor = timed(lambda: [banded @ law for _ in range(events // 10)], 3) * 10
    ours = timed(lambda: varying_queue(rate, 0.25, 1 / 3, servers, at), 3)
    print(
        f"\nday of 169 intervals, {states} states: {ours:.2f} s; floor: {events:,} banded products {floor:.2f} s,"
        f" {ours / floor:.1f} x"
    )


def print_table() -> None:
    """Print the capacity table beside the bare convolutions of its days."""
    arrivals = np.random.default_rng(1).uniform(4.0, 14.0, BRANCHES)
    loads, staff = np.linspace(0.7, 1.3, MONTHS), np.linspace(0.6, 1.4, STAFF)
    wall = time.perf_counter()
    made = capacity_table(arrivals, 0.1, 1.1 * arrivals, loads=loads, staff=staff)
    wall = time.perf_counter() - wall
    ours = timed(lambda: capacity_table(arrivals, 0.1, 1.1 * arrivals, loads=loads, staff=staff), 3)
    size, rows = 256, 2048
    law, step = np.ones((rows, size)) / size, np.ones((rows, size // 2 + 1))
    bare = timed(lambda: scipy.fft.irfft(scipy.fft.rfft(law, axis=1) * step, size, axis=1), 7)
    floor = bare / rows * made.backlog.size * MONTH
    print(
        f"capacity table, {BRANCHES} branches × {MONTHS} months × {STAFF} staff levels × {MONTH} days: {ours:.1f} s, {wall:.1f} s"
        f" by the clock; floor: bare convolutions of {size} points {floor:.1f} s, {ours / floor:.1f} x; a share is off by"
        f" {made.done_error:.3f} between points"
    )
    drivers = np.random.default_rng(2).uniform(0.7, 1.3, (1000, MONTHS, BRANCHES))
    taken = timed(lambda: made.look_up(drivers, 1.0), 3)
    print(f"look-ups: {drivers.size:,} in {taken:.2f} s")
    assert ours <= PROMISE


if __name__ == "__main__":
    print_queues()
    print_day()
    print_table()
