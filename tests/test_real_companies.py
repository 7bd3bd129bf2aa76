"""A month of real complaints about 1,000 companies (US CFPB, December 2014): what raw shares put on top, and credible ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskmodels.rates import CredibleRates, credibility_rates, funnel

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def companies(shared_data: Callable[[str], Path]) -> pd.DataFrame:
    """Complaints, late answers, closed complaints and disputed ones, by company."""
    rows = pd.read_csv(shared_data("cfpb/cfpb_all_rows_2014_12.csv"), dtype=str, keep_default_na=False)
    flags = pd.DataFrame(
        {
            "company": rows["Company"],
            "complaints": 1.0,
            "late": (rows["Timely response?"] == "No") * 1.0,
            "closed": rows["Company response"].str.startswith("Closed") * 1.0,
            "disputed": (rows["Consumer disputed?"] == "Yes") * 1.0,
        }
    )
    return flags.groupby("company").sum()


@pytest.fixture(scope="module")
def late(companies: pd.DataFrame) -> CredibleRates:
    return credibility_rates(companies["late"], companies["complaints"], proportion=True)


@pytest.fixture(scope="module")
def disputed(companies: pd.DataFrame) -> CredibleRates:
    closed = companies[companies["closed"] > 0]
    return credibility_rates(
        np.minimum(closed["disputed"], closed["closed"]), closed["closed"], proportion=True
    )


def test_every_company_is_there(companies: pd.DataFrame) -> None:
    assert len(companies) == 1000
    assert companies["complaints"].sum() == 11_543


def test_raw_shares_put_companies_with_one_complaint_on_top_and_credible_ones_do_not(late, disputed) -> None:
    for found in (late, disputed):
        table = found.table
        by_raw = table.sort_values(["raw", "exposure"], ascending=[False, True]).head(10)
        assert (by_raw["exposure"] == 1).all()
        assert (by_raw["raw"] == 1).all()
        by_bound = table.nlargest(10, "lower")
        assert by_bound["exposure"].median() >= 5
        assert by_bound["count"].sum() > 30


def test_small_companies_are_shrunk_and_big_ones_are_not(late, disputed) -> None:
    for found in (late, disputed):
        table = found.table
        small, big = table[table["exposure"] <= 2], table[table["exposure"] >= 200]
        assert (small["estimate"] - small["peers"]).abs().mean() < (
            small["raw"] - small["peers"]
        ).abs().mean()
        assert (big["estimate"] - big["raw"]).abs().max() < 0.02
        assert ((table["lower"] <= table["estimate"]) & (table["estimate"] <= table["upper"])).all()
        assert (small["upper"] - small["lower"]).min() > (big["upper"] - big["lower"]).max()


def test_companies_truly_differ_and_the_funnel_says_who(companies: pd.DataFrame, late, disputed) -> None:
    assert late.nodes.mean("spread") > 1.0  # most are never late, some nearly always
    assert disputed.nodes.mean("spread") < 0.6
    found = funnel(companies["late"], companies["complaints"], proportion=True, names=companies.index)
    far = found.table[found.table["outside"] == 2]
    assert 3 < len(far) < 100
    assert (far["value"] > found.target).all()


def test_estimates_from_one_half_predict_the_other(companies: pd.DataFrame, shared_data) -> None:
    """Ten random halves: credible shares are nearer to what was held back than raw ones, and than that of all."""
    rows = pd.read_csv(shared_data("cfpb/cfpb_all_rows_2014_12.csv"), dtype=str, keep_default_na=False)
    outcome = (rows["Timely response?"] == "No").to_numpy() * 1.0
    codes = pd.factorize(rows["Company"])[0]
    better = []
    for seed in range(10):
        half = np.random.default_rng(seed).random(len(rows)) < 0.5
        seen, bad = (np.bincount(codes[half], weights, 1000) for weights in (None, outcome[half]))
        left, later = (np.bincount(codes[~half], weights, 1000) for weights in (None, outcome[~half]))
        both = (seen > 0) & (left > 0)
        table = credibility_rates(bad[both], seen[both], proportion=True).table
        truth, weight = later[both] / left[both], left[both]
        errors = [
            (weight * (one - truth) ** 2).sum() / weight.sum()
            for one in (table["estimate"], table["raw"], np.full(both.sum(), bad.sum() / seen.sum()))
        ]
        better.append((errors[0] < errors[1], errors[0] < errors[2]))
    assert np.array(better).mean(axis=0).min() >= 0.8
