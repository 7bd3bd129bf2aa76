"""Kill adopting a policy again and again, at each of its points: python benchmarks/adoptions.py --kills 200."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from policies import POINTS, killed_adoptions  # noqa: E402  the tests' own


def main() -> None:
    """Kill, check, and print what was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--analyst", default="", help="URL of a ledger for the analyst; default: SQLite")
    options.add_argument("--approver", default="", help="the same ledger for the approver")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "ledger.db")
        start = time.perf_counter()
        places = (given.analyst or place, given.approver or place)
        found = killed_adoptions(places, Path(folder), times=given.kills)
    print(f"{given.kills} kills at {', '.join(POINTS)}: {found}; {time.perf_counter() - start:.0f} s")
    assert sum(found.values()) == given.kills


if __name__ == "__main__":
    main()
