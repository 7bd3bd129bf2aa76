"""Write the synthetic bank into a folder: ``python -m riskmodels.sample data/sample``."""

import argparse
from pathlib import Path

from riskmodels.errors import file_error
from riskmodels.sample import sample_bank, write_sample_bank


def main() -> None:
    """Read the folder and the seed from the command line, and write the bank."""
    parser = argparse.ArgumentParser(prog="python -m riskmodels.sample", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder to write into, made where it is missing")
    parser.add_argument("--seed", type=int, default=2026, help="seed of all random streams, 0 or more")
    arguments = parser.parse_args()
    try:
        write_sample_bank(sample_bank(seed=arguments.seed), arguments.folder)
    except OSError as error:
        refused = file_error(error)
        parser.exit(refused.exit_status, f"Error: {refused}\n")


if __name__ == "__main__":
    main()
