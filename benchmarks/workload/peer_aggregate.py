"""Figures of the library `aggregate` for a portfolio of losses, for whichever Python has it: JSON to JSON.

Run as a program, ``peer_aggregate.py CELLS FIGURES``: CELLS holds ``cells`` (a list of the numbers of a cell each),
``step`` of the total's lattice, ``steps`` of the cells', and ``level``; FIGURES gets values-at-risk and seconds.
"""

import json
import sys
import time
import warnings
from pathlib import Path

LOG_SIZE = 16


def words_of(cell: dict[str, float], name: str) -> str:
    """Describe a cell in the library's language."""
    frequency = "poisson" if not cell["dispersion"] else f"mixed gamma {cell['dispersion'] ** 0.5}"
    return (
        f"agg {name} {cell['mean']} claims sev [{cell['median']} {cell['scale']}] * [lognorm genpareto]"
        f" [{cell['sigma']} {cell['shape']}] + [0 {cell['threshold']}] wts [{1 - cell['share']} {cell['share']}]"
        f" splice [0 {cell['threshold']} inf] {frequency}"
    )


def main(source: Path, target: Path) -> None:
    """Compute every cell and the total."""
    from aggregate import build  # here, because it is not in every environment

    warnings.simplefilter("ignore")
    given = json.loads(source.read_text())
    build("agg Warm 5 claims sev lognorm 2 poisson", bs=1 / 64, log2=10)  # what is set up once is not timed
    start, values = time.process_time(), []
    for place, (cell, step) in enumerate(zip(given["cells"], given["steps"], strict=True)):
        made = build(words_of(cell, f"C{place}"), bs=step, log2=LOG_SIZE, normalize=False)
        values.append(float(made.q(given["level"])))
    alone = time.process_time() - start
    words = "\n\t".join(words_of(cell, f"C{place}") for place, cell in enumerate(given["cells"]))
    start = time.process_time()
    total = build(f"port Bank\n\t{words}", bs=given["step"], log2=LOG_SIZE, normalize=False)
    figures = {
        "values": values,
        "seconds": alone,
        "total": float(total.q(given["level"])),
        "total_seconds": time.process_time() - start,
    }
    target.write_text(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
