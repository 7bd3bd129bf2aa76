"""The scorecard on synthetic banks whose truth is known: a small part of benchmarks/scorecard_banks.py."""

import numpy as np
import pandas as pd
import pytest
from workload.scorecards import arrivals_of, ingested, perfect_powers, shipped_policy

from riskmodels.sample import plan, sample_bank
from riskmodels.scorecard import score

pytestmark = pytest.mark.whole

SEEDS = (1, pytest.param(2, marks=pytest.mark.slow))


@pytest.fixture(scope="module", params=SEEDS)
def rates(request, tmp_path_factory) -> pd.DataFrame:
    """The complaint rates of a bank's branches in its last quarter, with the true ones."""
    bank = sample_bank(seed=request.param)
    tables = ingested(bank, tmp_path_factory.mktemp("bank"))
    units = score(tables, shipped_policy("complaints"), period="2026Q3").units
    rows = units[units["indicator_id"] == "complaint_rate"].set_index("unit_id")
    return rows.assign(true=arrivals_of(bank).rate("2026Q3"))


def test_a_big_ordinary_branch_is_no_risk_for_its_size(rates):
    assert rates["numerator"].rank(ascending=False)[plan.BIG_UNIT] <= 5
    assert rates["rating"][plan.BIG_UNIT] not in ("amber", "red")


def test_a_small_bad_branch_is_estimated_above_its_peers(rates):
    bad = rates.loc[plan.BAD_UNIT]
    assert bad["estimate"] > bad["peers"]
    assert bad["estimate"] > rates["estimate"].drop(plan.BAD_UNIT).quantile(0.9)


def test_credible_estimates_follow_the_truth_more_closely_than_raw_rates(rates):
    error = rates[["estimate", "value"]].sub(rates["true"], axis=0).pow(2).mean()
    assert error["estimate"] < error["value"]


def test_a_perfect_test_sees_more_in_more_quarters_and_less_with_fewer_false_alarms():
    branch = arrivals_of(sample_bank(seed=1)).of(plan.BAD_UNIT)
    assert branch.rate("2026Q3") == pytest.approx(plan.BAD_FACTOR * branch.usual_rate("2026Q3"))
    alarms = np.array([0.2, 0.01])
    one, eight = (
        perfect_powers([branch], np.array([2.0]), quarter="2026Q3", months=months, false_alarms=alarms)[0]
        for months in (3, 24)
    )
    assert (one < eight).all()
    assert one[1] < one[0]
