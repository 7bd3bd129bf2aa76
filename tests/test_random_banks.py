"""Small, odd banks through every stage: a result, or one clear refusal, and no figure without bounds.

Many more of them are drawn by ``benchmarks/random_banks.py``, with the same check.
"""

import pytest
from random_banks import run_bank

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(20))
def test_an_odd_bank_has_a_result_or_a_clear_refusal_at_every_stage(seed):
    assert run_bank(seed).faults == []
