"""What all tests share: hypothesis profiles, a drawing backend without a screen, the real data."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"

os.environ.setdefault("MPLBACKEND", "Agg")
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a function from a name, e.g. 'cfpb/monthly_by_product.csv', to its path; it skips without it."""

    def path_of(name: str) -> Path:
        path = REAL_DATA / name
        if not path.exists():
            pytest.skip(f"real data {name} is not on this machine")
        return path

    return path_of


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the folder of the project."""
    return ROOT
