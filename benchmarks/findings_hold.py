"""Whether every condition of findings is borne out by its own figures, in as many random banks as wanted.

``python benchmarks/findings_hold.py --banks 60``: plain banks of two years, three units and two products, drawn anew;
what the suite asserts of a few (``tests/test_findings_of_banks.py``) is asserted of each. Prints how many rows of each
rule were checked, and ends with status 1 where one does not hold.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import assessed_banks
from rich.progress import track
from test_findings_of_banks import check_row, rows_of


def main() -> int:
    """Assess, check and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--banks", type=int, default=60)
    parser.add_argument("--first", type=int, default=100, help="seed of the first bank; the suite has 0 to 9")
    chosen = parser.parse_args()
    held, broken = Counter[str](), 0
    for seed in track(range(chosen.first, chosen.first + chosen.banks), description="banks"):
        assessed_banks.PLAIN = (seed,)
        for bank in assessed_banks.plain_banks():
            for row in rows_of(bank):
                try:
                    check_row(row, bank)
                except AssertionError as error:
                    broken += 1
                    print(f"bank {seed}, {row['rule']} of {row['subject']}: {error}")
                held[row["rule"]] += 1
    for rule, number in sorted(held.items()):
        print(f"{number:7,d}  {rule}")
    print(f"{broken} rows do not hold")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
