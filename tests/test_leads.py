"""What moved first: found where it was planted, not in what only persists, wanders or has one season."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from simulations import drawn_in_part, draws
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.stattools import ccf

from riskmodels.assessment import Findings
from riskmodels.causes import find_leads, leads_of_findings
from riskmodels.causes.innovations import _aicc, _past, _regular, _squares, months_before, whiten
from riskmodels.causes.monthly import monthly_series
from riskmodels.errors import ParameterError
from riskmodels.reporting import listings, plots
from riskmodels.results import load, save


def drawn(*, seed: int, months: int = 60, series: int = 4, persists: float = 0.6, planted: float = 0.0):
    """Draw series; the innovations of ``a`` repeat those of ``b`` three months later, where planted."""
    new = np.random.default_rng(seed).normal(size=(months + 60, series))
    new[3:, 0] = planted * new[:-3, 1] + np.sqrt(1 - planted**2) * new[3:, 0]
    values = np.zeros_like(new)
    for month in range(1, len(new)):
        values[month] = persists * values[month - 1] + new[month]
    index = pd.period_range("2021-01", periods=months, freq="M")
    return pd.DataFrame(values[60:], columns=list("abcdefgh"[:series]), index=index)


def findings(*rows) -> Findings:
    columns = ["finding_id", "rule", "subject_kind", "subject", "indicator_id", "severity", "figures"]
    facts = pd.DataFrame(rows, columns=columns).assign(value=np.nan, estimate=np.nan)
    day = pd.Timestamp("2026-09-30").date()
    return Findings(facts=facts, names=pd.DataFrame(), period="2026Q3", as_of=day, policy=day, data_digest="")


def test_the_correlation_is_that_of_statsmodels_on_innovations() -> None:
    series = drawn(seed=3, planted=0.7)
    leads = find_leads(series, moved=["a"])
    white = {one: whiten(series[one].to_numpy()).values for one in "ab"}
    rows = leads.lags[leads.lags["indicator_id"] == "b"].set_index("leads_by")["correlation"]
    both = np.isfinite(white["a"]) & np.isfinite(white["b"])
    oracle = ccf(white["a"][both], white["b"][both], adjusted=True, nlags=7)[1:]  # b leads a
    np.testing.assert_allclose(rows, oracle, atol=0.06)  # whose means are of all months, not of the pairs
    for lag in range(1, 7):
        pairs = pd.DataFrame({"a": white["a"], "b": months_before(white["b"], lag)}).dropna()
        n = len(pairs)
        basis = np.linalg.qr(whiten(series["a"].to_numpy()).regular[np.isfinite(white["a"])])[0]
        reach = 1.6448536 / np.sqrt(n - basis.shape[1] - 2)
        row = leads.lags.query("indicator_id == 'b' and leads_by == @lag").iloc[0]
        assert row["correlation"] == pytest.approx(pairs.corr().iloc[0, 1])
        assert row["n"] == n
        ends = np.tanh(np.arctanh(row["correlation"]) + np.array([-reach, reach]))
        np.testing.assert_allclose([row["lower"], row["upper"]], ends, rtol=1e-6)


def test_innovations_are_those_of_the_autoregression_that_the_criterion_chooses() -> None:
    series = drawn(seed=9, months=300)["a"].to_numpy()
    white = whiten(series)
    assert white.past == 1
    np.testing.assert_allclose(white.values[1:], AutoReg(series, lags=1).fit().resid, atol=1e-8)
    terms = np.column_stack([_regular(300, 2, trend=True), _past(series, 2)])[2:]
    fit = OLS(series[2:], terms).fit()
    own, constant = terms.shape[1] + 1, 298 * (1 + np.log(2 * np.pi))
    oracle = -2 * fit.llf + 2 * own * 298 / (298 - own - 1) - constant
    assert _aicc(_squares(series[2:], terms), 298, terms.shape[1]) == pytest.approx(oracle)


def test_what_leads_is_found_and_said() -> None:
    leads = find_leads(drawn(seed=1, planted=0.8), moved=["a"])
    first = leads.table.iloc[0]
    assert (first["moved"], first["indicator_id"], first["leads_by"]) == ("a", "b", 3)
    assert first["found"]
    assert first["lower"] < first["correlation"] < first["upper"]
    assert leads.sentence.startswith("Moved first: b, 3 months before a (correlation +0.")
    assert "chosen among 3 indicators × 6 months before 1 indicator" in leads.sentence
    assert "moved together before, which is no proof of a cause" in leads.sentence
    assert "L" in [text.get_text() for text in plots.plot(leads).texts]
    other = find_leads(drawn(seed=1, planted=-0.8), moved=["a"]).table.iloc[0]
    assert other["correlation"] < 0  # one that falls leads, too


@drawn_in_part
def test_planted_leads_are_found_in_four_of_five() -> None:
    runs = [find_leads(drawn(seed=seed, planted=0.6), moved=["a"], seed=seed) for seed in range(draws(30))]
    first = [run.table.iloc[0] for run in runs]
    found = sum(one["found"] and (one["indicator_id"], one["leads_by"]) == ("b", 3) for one in first)
    assert found >= binom.ppf(0.001, draws(30), 0.8)


@drawn_in_part
@pytest.mark.parametrize("persists", [0.8, 1.0])
def test_what_only_persists_or_wanders_is_not_found(persists) -> None:
    found = sum(
        find_leads(drawn(seed=seed, persists=persists), moved=["a"], seed=seed).table["found"].any()
        for seed in range(draws(40))
    )
    assert found <= binom.ppf(0.999, draws(40), 0.05)


def test_the_p_value_is_of_all_that_was_looked_at() -> None:
    series = drawn(seed=5, planted=0.45)
    alone = find_leads(series[["a", "b"]], moved=["a"]).table.iloc[0]
    among = (
        find_leads(series, moved=["a", "c", "d"]).table.set_index(["moved", "indicator_id"]).loc[("a", "b")]
    )
    assert alone["correlation"] == pytest.approx(among["correlation"])
    assert alone["p_value"] < among["p_value"]


def test_holes_are_unknown_and_short_series_are_named() -> None:
    series = drawn(seed=2, planted=0.9)
    holed = series.copy()
    holed.iloc[20:23, 1] = np.nan
    holed["c"] = 1.0
    holed.iloc[20:, 3] = np.nan
    leads = find_leads(holed, moved=["a"])
    assert leads.table.iloc[0]["n"] < find_leads(series, moved=["a"]).table.iloc[0]["n"]
    assert leads.table.iloc[0]["leads_by"] == 3
    reasons = leads.unavailable.set_index("indicator_id")["reason"]
    assert reasons["c"] == "it does not vary"
    assert reasons["d"].startswith("20 months of it are known; 24 are needed")
    assert json.loads(leads.unavailable["said"].iloc[0])["text"] == "it does not vary"


@pytest.mark.parametrize("months", [0, 1, 12, 23])
def test_too_little_is_said(months) -> None:
    leads = find_leads(drawn(seed=1).head(months), moved=["a"])
    assert leads.table.empty
    assert "cannot be estimated: too few months" in leads.sentence
    assert set(leads.unavailable["indicator_id"]) == set("abcd")
    plots.plot(leads)
    nothing = find_leads(drawn(seed=1), moved=[])
    assert "No finding is about an indicator" in nothing.sentence
    assert find_leads(drawn(seed=1)[["a"]], moved=["a"]).table.empty


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ParameterError, match="there is no series x; there are a, b, c, d"):
        find_leads(drawn(seed=1), moved=["x"])
    with pytest.raises(ParameterError, match="expected farthest at least 1"):
        find_leads(drawn(seed=1), moved=["a"], farthest=0)


def test_the_sample_s_findings_are_looked_at(sample_tables, default_policy, tmp_path) -> None:
    found = findings(
        ("F-1", "bank_limit", "bank", "bank", "resolved_7wd", "red", "{}"),
        ("F-2", "alarm", "alarm", "A", "", "amber", '{"what": "complaints"}'),
        ("F-3", "unit_limit", "unit", "B027", "reply_2wd", "red", "{}"),
        ("F-4", "bank_limit", "bank", "bank", "on_time_rate", "passed", "{}"),
    )
    leads = leads_of_findings(found, sample_tables, default_policy)
    assert leads.asked == ("resolved_7wd", "complaint_rate")
    assert leads.others > 20
    assert "Nothing moved first beyond chance among" in leads.sentence
    assert "timely_response_rate" in set(leads.unavailable["indicator_id"])
    listing = listings.list_leads(leads, default_policy)
    assert len(listing.frame) == 3
    assert "resolved_7wd" not in listing._repr_html_()
    plots.plot(leads)
    again = load(save(leads, tmp_path / "leads"), type(leads))
    pd.testing.assert_frame_equal(again.table, leads.table)
    assert leads_of_findings(found, sample_tables, default_policy, unit_id="B027").asked == ("reply_2wd",)


def test_months_of_a_bank_of_hardly_any_row_make_no_traceback(take_in, default_policy) -> None:
    tables = take_in(
        complaints="complaint_id,received_at,unit_id,product\nc,2024-01-01,u,p\nd,2024-11-01,u,p\n",
        as_of="2024-12-31",
    )
    series, lacking = monthly_series(tables, default_policy, period="2024Q4")
    assert len(lacking)
    leads = leads_of_findings(findings(), tables, default_policy)
    assert leads.table.empty
    assert list(series.columns) == [one for one in series.columns if one not in set(lacking["indicator_id"])]
