"""How often a simulation is drawn: a share of it in make test, all of it in make test-slow, with the error of each."""

import math

import pytest
from hypothesis import settings

THOROUGH = "thorough"  # the profile of make test-slow: every draw and every example that a test asks for
SHARE = 4  # otherwise one in so many
drawn_in_part = pytest.mark.simulated


def is_thorough() -> bool:
    """Tell whether simulations are drawn as often as they ask for."""
    return settings.get_current_profile_name() == THOROUGH


def draws(most: int) -> int:
    """Return how often a simulation is drawn."""
    return most if is_thorough() else -(-most // SHARE)


def wider(tolerance: float = 1.0) -> float:
    """Return a tolerance, given for all draws, for those that there are: standard errors go with their root."""
    return tolerance if is_thorough() else tolerance * math.sqrt(SHARE)


def around(low: float, high: float) -> tuple[float, float]:
    """Return the ends between which a share must lie, given for all draws, for those that there are."""
    middle, half = (low + high) / 2, (high - low) / 2
    return middle - wider(half), middle + wider(half)
