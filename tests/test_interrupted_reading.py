"""Commands that read, killed at any moment: nothing raw is left, and the next run gives the same bytes."""

import random
from pathlib import Path
from signal import Signals

import pytest
from faults import kills
from workload.killing import SIGNALS
from workload.writers import Writer, writers

pytestmark = pytest.mark.slow

KILLS = 4  # of each command, by each signal


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Writer]:
    """Return the commands, by name, and what they read."""
    return writers(tmp_path_factory.mktemp("banks"))


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("name", ["ingest", "check-data", "source new"])
def test_reading_killed_at_any_moment_leaves_nothing_raw_and_succeeds_the_next_time(
    found: dict[str, Writer], tmp_path: Path, name: str, signal: Signals
) -> None:
    rows = list(kills(found[name], tmp_path, [signal] * KILLS, random.Random(f"{name} {signal}")))
    assert [row for row in rows if row["wrong"]] == []
    assert all(row["status"] != 0 for row in rows), "killed, not over before"
