"""Explanations: factors multiply to the forecast, reasons add up to the change, each reason where it belongs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import a_panel
from test_results import assert_same

from riskmodels.errors import ParameterError
from riskmodels.forecasting import REASONS, explain, forecast

pytestmark = pytest.mark.whole

FACTORS = ["level", "shared", "exposure", "season", "calendar"]


def seasonal(n: int = 6, length: int = 60, *, mean: float = 30.0, seed: int = 1) -> np.ndarray:
    months = np.arange(length)
    level = mean * (1 + 0.3 * np.sin(months * np.pi / 6)) * (1 + 0.004 * months)
    return np.random.default_rng(seed).poisson(level, size=(n, length)).astype(float)


def until(values: np.ndarray, length: int, **settings):
    return forecast(a_panel(values[:, :length]), horizon=6, **settings)


# What a forecast is made of


@pytest.mark.parametrize("method", ["auto", "counts", "theta"])
def test_the_factors_multiply_to_the_forecast(method: str) -> None:
    panel = a_panel(seasonal(), exposure=np.linspace(100, 140, 60) * np.ones((6, 1)))
    made = forecast(panel, horizon=6, method=method, calendar="CN", future_exposure=np.full(6, 200.0))
    found = explain(made)
    np.testing.assert_allclose(found.table[FACTORS].prod(axis=1), made.mean.ravel(), rtol=1e-9)
    np.testing.assert_allclose(found.table["mean"], made.mean.ravel(), rtol=1e-9)
    np.testing.assert_allclose(found.total["mean"], made.aggregate().mean[0], rtol=1e-9)
    np.testing.assert_allclose(found.table["exposure"], 200 / 140, rtol=1e-9)
    assert found.table["season"].std() > 0.1


def test_a_forecast_of_sums_is_explained_by_its_parts() -> None:
    made = until(seasonal(), 60)
    assert_same(explain(made.aggregate()), explain(made))


@pytest.mark.parametrize(
    ("kind", "method"), [("count", "seasonal_naive"), ("count", "empirical24"), ("amount", "auto")]
)
def test_a_method_that_knows_no_factors_says_none(kind: str, method: str) -> None:
    values = seasonal()
    now, before = (
        forecast(a_panel(values[:, :length], kind=kind), horizon=6, method=method) for length in (60, 57)
    )
    found = explain(now, before)
    assert found.table.empty
    assert found.total.empty
    assert (found.changes[["settings", "revisions", "weights"]] == 0).all(axis=None)
    np.testing.assert_allclose(
        found.changes["new_months"], (found.changes["now"] - found.changes["before"]), atol=1e-9
    )


# What has changed


def reasons_of(found) -> dict[str, float]:
    return {reason: float(found.changes[reason].abs().sum()) for reason in REASONS}


def test_new_months_alone_change_by_new_months_and_weights() -> None:
    values = seasonal()
    found = explain(until(values, 60), until(values, 57))
    amounts = reasons_of(found)
    assert amounts["settings"] == amounts["revisions"] == 0
    assert amounts["new_months"] > 1
    assert 0 < amounts["weights"] < amounts["new_months"]
    assert found.before == "2024-09"
    assert [str(found.compared[0]), str(found.compared[-1])] == ["2025-01", "2025-03"]


def test_revised_months_alone_change_by_revisions() -> None:
    values = seasonal()
    revised = values.copy()
    revised[0, 50:] *= 1.5
    found = explain(until(revised, 60), until(values, 60))
    amounts = reasons_of(found)
    assert amounts["settings"] == amounts["new_months"] == amounts["weights"] == 0
    change = found.changes["revisions"]
    assert change[0] > 0.2 * found.changes["before"][0]
    assert change[0] > 5 * change[1:].abs().max()


def test_another_method_is_a_setting() -> None:
    values = seasonal()
    found = explain(until(values, 60), until(values, 60, method="empirical24"))
    amounts = reasons_of(found)
    assert amounts["settings"] > 1
    assert amounts["revisions"] == amounts["new_months"] == amounts["weights"] == 0


def test_a_level_that_jumps_in_the_new_months_is_theirs() -> None:
    values = seasonal(20)
    values[:, 57:] *= 2
    sums = explain(until(values, 60), until(values, 57)).sums
    assert 0.8 * sums["before"] < sums["now"] - sums["before"] < 1.2 * sums["before"]
    assert sums["settings"] == sums["revisions"] == 0
    assert sums["new_months"] > 0.3 * sums["before"]


def test_the_exposure_that_was_expected_is_no_revision() -> None:
    values, exposure = seasonal(), np.full((6, 60), 100.0)
    future = np.tile(np.linspace(100, 150, 6), (6, 1))
    before = forecast(a_panel(values[:, :57], exposure=exposure[:, :57]), horizon=6, future_exposure=future)
    now = forecast(a_panel(values, exposure=exposure), horizon=6)
    amounts = reasons_of(explain(now, before))
    assert amounts["settings"] == pytest.approx(0, abs=1e-9)
    assert amounts["revisions"] == pytest.approx(0, abs=1e-9)


def test_a_change_of_the_planned_exposure_is_its_own_reason() -> None:
    panel = a_panel(seasonal(), exposure=np.full((6, 60), 100.0))
    doubled, halved = (
        forecast(panel, horizon=6, future_exposure=np.full(6, exposure)) for exposure in (200.0, 50.0)
    )
    found = explain(halved, doubled)
    amounts = reasons_of(found)
    assert amounts["exposure"] == pytest.approx(0.75 * found.sums["before"])
    assert amounts["settings"] == amounts["revisions"] == amounts["new_months"] == amounts["weights"] == 0


def test_exposure_that_came_otherwise_than_expected_is_no_new_month() -> None:
    exposure = np.full((6, 60), 100.0)
    exposure[:, 57:] = 150
    before = forecast(a_panel(seasonal()[:, :57], exposure=exposure[:, :57]), horizon=6)
    now = forecast(a_panel(seasonal(), exposure=exposure), horizon=6)
    sums = explain(now, before).sums
    assert sums["exposure"] == pytest.approx(0.5 * sums["before"])
    assert sums["new_months"] < -0.15 * sums["before"]  # the counts did not rise with it


def test_completeness_of_both_days_is_used() -> None:
    """What the earlier forecast expected of its last months came, so that nothing has been revised much."""
    values = np.full((4, 60), 40.0)
    then = values[:, :57].copy()
    then[:, -1] = 20
    share = np.append(np.ones(56), 0.5)
    before = forecast(a_panel(then), horizon=6, completeness=share)
    now = forecast(a_panel(values), horizon=6, completeness=np.ones(60))
    found = explain(now, before)
    assert (found.changes["revisions"].abs() < 0.02 * found.changes["before"]).all()
    careless = explain(now, forecast(a_panel(then), horizon=6))
    assert careless.sums["revisions"] > 0.02 * careless.sums["before"]


def test_series_that_only_one_forecast_has_count_as_zero_in_the_other() -> None:
    values = seasonal(4)
    now = forecast(a_panel(values, names=["a", "b", "c", "d"]), horizon=6)
    before = forecast(a_panel(values[:3, :57], names=["a", "b", "gone"]), horizon=6)
    now, before = (
        replace(made, panel=replace(made.panel, keys=made.panel.keys[["series"]])) for made in (now, before)
    )
    found = explain(now, before).changes.set_index("series")
    assert list(found.index) == ["a", "b", "c", "d", "gone"]
    assert found.loc["gone", "now"] == 0
    assert found.loc["gone", "revisions"] == pytest.approx(-found.loc["gone", "before"])
    assert (found.loc[["c", "d"], "before"] == 0).all()
    assert (found.loc[["c", "d"], "now"] > 0).all()


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["M", "Q"]),
    st.integers(1, 12),
    st.sampled_from(["auto", "counts", "theta"]),
)
@settings(max_examples=30, deadline=None)
def test_the_reasons_always_add_up(seed: int, freq: str, new: int, method: str) -> None:
    """Of any panel with holes, zeros and spikes, revised anywhere."""
    rng = np.random.default_rng(seed)
    length = int(rng.integers(new + 1, 40))
    values = rng.poisson(np.broadcast_to(rng.gamma(0.5, 8, size=(5, 1)), (5, length))).astype(float)
    values[rng.uniform(size=values.shape) < 0.1] = np.nan
    values[rng.uniform(size=values.shape) < 0.05] *= 50
    then = np.where(rng.uniform(size=values.shape) < 0.1, 0.0, values)[:, : length - new]
    now = forecast(a_panel(values, freq=freq), horizon=12, method=method)
    found = explain(now, forecast(a_panel(then, freq=freq), horizon=13))
    reasons = found.changes[[*REASONS]].sum(axis=1)
    assert np.isfinite(found.changes[["before", "now", *REASONS]]).all(axis=None)
    np.testing.assert_allclose(found.changes["before"] + reasons, found.changes["now"], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"by": []}, "by series, this one by series, half"),
        ({"kind": "amount"}, "another kind"),
        ({"freq": "Q"}, "another length"),
        ({"length": 63}, "from the months until 2025-03"),
        ({"length": 40, "horizon": 6}, "before this one begins"),
    ],
)
def test_a_forecast_that_cannot_be_compared_is_refused(change, words: str) -> None:
    now = until(seasonal(), 60)
    settings = {"length": 60, "horizon": 12, "kind": "count", "freq": "M", **change}
    panel = a_panel(seasonal(length=settings["length"]), kind=settings["kind"], freq=settings["freq"])
    if "by" in change:
        panel = replace(panel, keys=panel.keys[["series"]])
    with pytest.raises(ParameterError, match=words):
        explain(now, forecast(panel, horizon=settings["horizon"]))


# In words, on file


def test_the_sentence_names_the_reasons_by_size() -> None:
    values = seasonal()
    found = explain(until(values, 60), until(values, 57))
    sums = found.sums
    assert found.sentence.startswith(
        f"2025-01 to 2025-03: {sums['now']:,.0f} expected in all, {sums['now'] - sums['before']:+,.0f} against"
        f" {sums['before']:,.0f} in the forecast made from the months until 2024-09: new months"
    )
    assert "method, calendar or program" not in found.sentence
    assert explain(until(values, 60), until(values, 60)).sentence.endswith(": nothing changed.")


def test_an_explanation_without_an_earlier_forecast_says_so() -> None:
    found = explain(until(seasonal(), 60))
    assert found.sentence == "2025-01 to 2025-06: there is no earlier forecast to compare with."
    pd.testing.assert_frame_equal(found.summary(), found.total)


def test_the_biggest_change_comes_first() -> None:
    values = seasonal()
    revised = values.copy()
    revised[3, 40:] *= 2
    found = explain(until(revised, 60), until(values, 57))
    assert found.summary()["series"].iloc[0] == "s3"
