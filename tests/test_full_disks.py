"""Disks that are full, at once or after so many bytes or files: one line that names the file, and nothing half-written.

All sizes at which another file is the one without room are tried by benchmarks/faults.py.
"""

from pathlib import Path

import pytest
from faults import REFUSED, on_full_disk, undisturbed
from workload.disks import Shortage, bisected
from workload.writers import Writer, writers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Writer]:
    """Return the commands, by name, and what they read."""
    return writers(tmp_path_factory.mktemp("banks"))


@pytest.fixture(scope="module")
def expected(found: dict[str, Writer], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return what commands keep that nothing disturbs, by name."""
    return {
        name: undisturbed(found[name], tmp_path_factory.mktemp("whole") / "disk" / "here")[0]
        for name in ("ingest", "check-data", "source new", "save", "verify", "leak-scan")
    }


@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [
        ("ingest", "size", 100),
        ("ingest", "nr_inodes", 23),
        ("ingest", "limit", 16),
        ("check-data", "nr_inodes", 12),
        ("check-data", "limit", 100),
        ("source new", "nr_inodes", 5),
        ("save", "size", 40),
        ("save", "limit", 4),
        *(
            (name, "full", 0)  # check-data cannot even have its temporary folder there
            for name in ("ingest", "source new", "save", "verify", "leak-scan")
        ),
        ("verify", "limit", 1),
    ],
)
def test_a_disk_that_is_full_is_one_line_and_nothing_half_written(
    found: dict[str, Writer],
    expected: dict[str, dict[str, str]],
    tmp_path: Path,
    name: str,
    kind: str,
    most: int,
) -> None:
    row = on_full_disk(found[name], tmp_path / "disk", Shortage(kind, most), expected[name])
    if row["named"] == "mounting is refused: not tried":
        pytest.skip(str(row["named"]))
    assert row["wrong"] == ""
    assert row["status"] == (REFUSED if found[name].prints_errors else 1)


def test_sizes_are_tried_until_neighbours_end_alike() -> None:
    def ends(size: int) -> str:
        return "abc"[sum(size >= limit for limit in (17, 1000))]

    tried = bisected(ends, 4, 100_000, step=1, most=100)
    assert {16: "a", 17: "b", 999: "b", 1000: "c"}.items() <= tried.items()
    assert len(bisected(ends, 4, 100_000, step=1, most=5)) == 5
    assert bisected(ends, 17, 17, step=1, most=5) == {17: "b"}
