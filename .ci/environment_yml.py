"""Print environment.yml, the file for conda users, from the dependencies in pyproject.toml."""

import re
import tomllib
from pathlib import Path

CONDA_NAMES = {"duckdb": "python-duckdb", "matplotlib": "matplotlib-base"}  # where conda-forge differs
HEADER = """\
# For conda users: conda env create -f environment.yml
# Generated from pyproject.toml by `make environment.yml`; do not edit.
name: riskmodels
channels:
  - conda-forge
  - nodefaults
dependencies:
"""


def environment_yml(pyproject: str) -> str:
    """Return the text of environment.yml for the text of pyproject.toml."""
    project = tomllib.loads(pyproject)["project"]
    packages = [f"python {project['requires-python']}", "pip", *map(_conda, project["dependencies"])]
    lines = [f'  - "{package}"\n' if " " in package else f"  - {package}\n" for package in packages]
    return HEADER + "".join(lines) + "  - pip:\n      - -e .\n"


def _conda(requirement: str) -> str:
    name, bounds = re.fullmatch(r"([\w.-]+)\s*(.*)", requirement).groups()
    return f"{CONDA_NAMES.get(name, name)} {bounds}".strip()


if __name__ == "__main__":
    print(environment_yml((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")), end="")
