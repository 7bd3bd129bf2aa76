"""Commands that read, killed at any moment: nothing raw is left, and the next run gives the same bytes."""

import pytest
from reading_faults import kills_of_reading
from workload.killing import SIGNALS

pytestmark = pytest.mark.slow

KILLS = 6  # each command by each signal, twice
FAULTS = {"raw after it", "raw or failed after the next", "other bytes"}


@pytest.mark.parametrize("number", SIGNALS)
def test_reading_killed_at_any_moment_leaves_nothing_raw_and_succeeds_the_next_time(number):
    found = kills_of_reading(KILLS, seed=number, signals=[number])
    assert sum(counts["killed"] for counts in found.values()) == KILLS
    assert not {(command, fault) for command, counts in found.items() for fault in FAULTS & set(counts)}
