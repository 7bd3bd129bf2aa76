"""A bank's losses assessed: what is not recorded yet, few losses, the tail, the objective; listed and drawn."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axis import Axis
from simulations import drawn_in_part, draws, wider
from test_results import assert_same

import riskmodels as rm
from riskmodels.errors import ParameterError
from riskmodels.losses import assess_losses, assess_losses_if_sufficient, experience
from riskmodels.losses.aggregate import aggregate_losses
from riskmodels.losses.cells import LossCell
from riskmodels.losses.diagnostics import tail_thresholds
from riskmodels.losses.frequency import Poisson
from riskmodels.losses.pooling import credible_rates, drawn_rates, pooled_estimates
from riskmodels.losses.severity import GeneralizedPareto, Lognormal, Spliced
from riskmodels.reporting.listings import list_loss_years, list_losses, list_severities
from riskmodels.sample.plan import (
    LOSS_LOG_SD,
    LOSS_MEDIAN,
    LOSS_TAIL_PROBABILITY,
    LOSS_TAIL_SCALE,
    LOSS_TAIL_SHAPE,
    LOSS_TAIL_THRESHOLD,
)

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def found(sample_tables):
    return assess_losses(sample_tables.losses, last="2026Q3", draws=150)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


# Pooling


def test_cells_that_differ_by_chance_only_are_pooled_and_others_are_not() -> None:
    rng = np.random.default_rng(1)
    same = rng.normal(2.0, 0.5, 40)
    mean, error, _ = pooled_estimates(same, np.full(40, 0.5))
    assert np.abs(mean - 2.0).max() < 0.45
    assert error.max() < 0.3
    apart = np.array([1.0, 5.0, 9.0])
    mean, error, _ = pooled_estimates(apart, np.full(3, 0.01))
    np.testing.assert_allclose(mean, apart, atol=1e-3)
    np.testing.assert_allclose(error, 0.01, rtol=1e-3)


def test_pooling_lowers_the_error_of_many_cells() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(3.0, 0.4, 400)
    errors = rng.uniform(0.2, 1.0, 400)
    seen = rng.normal(truth, errors)
    mean, own, common = pooled_estimates(seen, errors)
    stated = np.hypot(own, common)
    assert ((mean - truth) ** 2).mean() < 0.5 * ((seen - truth) ** 2).mean()
    assert (((mean - truth) / stated) ** 2).mean() == pytest.approx(1.0, abs=0.25)


def test_a_cell_without_an_estimate_has_the_mean_of_the_others_and_their_spread() -> None:
    mean, error, _ = pooled_estimates(np.array([1.0, 3.0, np.nan]), np.array([0.1, 0.1, np.nan]))
    assert mean[2] == pytest.approx(2.0, abs=0.01)
    assert error[2] > 1.0
    with pytest.raises(ParameterError, match="no cell has an estimate"):
        pooled_estimates(np.array([np.nan]), np.array([1.0]))


def test_rates_lie_between_their_own_and_what_row_and_column_lead_to_expect() -> None:
    counts = np.array([[40.0, 20.0, 0.0], [10.0, 30.0, 2.0]])
    shape, rate = credible_rates(counts, 4.0)
    mean, own = shape / rate, counts / 4
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum() / 4
    assert (np.minimum(own, expected) <= mean + 1e-12).all()
    assert (mean <= np.maximum(own, expected) + 1e-12).all()
    assert mean[0, 2] > 0  # no loss in four years is not none ever
    exact = np.outer([10.0, 20.0], [3.0, 6.0])
    np.testing.assert_allclose(
        np.divide(*credible_rates(exact, 2.0)), exact / 2
    )  # nothing to distinguish them
    with pytest.raises(ParameterError, match="rates need losses"):
        credible_rates(np.zeros((2, 2)), 1.0)


@drawn_in_part
@pytest.mark.parametrize(
    "expected",
    [np.full((1, 1), 60.0), np.full((1, 3), 20.0), np.outer([1, 2, 3, 4], [4.0, 6, 8])],
    ids=["1", "3", "12"],
)
def test_drawn_rates_hold_the_truth_as_often_as_they_say(expected) -> None:
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(draws(200)):
        drawn = drawn_rates(rng.poisson(4.0 * expected).astype(float), 4.0, 300, rng)
        sums = drawn.sum(axis=(1, 2))
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
        total = np.quantile(sums, [0.05, 0.95])
        inside.append([total[0] < expected.sum() < total[1], ((low < expected) & (expected < high)).mean()])
    assert (np.abs(np.mean(inside, axis=0) - 0.9) < wider(0.07)).all()


# Where the tail begins


def test_the_tail_begins_where_no_later_one_is_rejected() -> None:
    rng = np.random.default_rng(3)
    body, tail = rng.uniform(0, 10, 3000), 10 + 3 * rng.pareto(2.5, 400)
    table = tail_thresholds(np.concatenate([body, tail]), seed=1)
    assert table["chosen"].sum() == 1
    chosen = table.loc[table["chosen"], "threshold"].item()
    assert 9.5 < chosen < 14
    assert (table.loc[table["threshold"] < 9, "p_value"] < 0.05).all()
    with pytest.raises(ParameterError, match="too few to choose a tail"):
        tail_thresholds(np.arange(1.0, 80.0), seed=1)


# The sample bank


def test_the_intervals_hold_the_truth_of_the_sample_bank(found) -> None:
    severity = Spliced(
        body=Lognormal(mu=np.log(LOSS_MEDIAN), sigma=LOSS_LOG_SD),
        tail=GeneralizedPareto(shape=LOSS_TAIL_SHAPE, scale=LOSS_TAIL_SCALE, threshold=LOSS_TAIL_THRESHOLD),
        tail_probability=LOSS_TAIL_PROBABILITY,
    )
    rate = found.distribution.table["losses"].iloc[-1]
    truth = aggregate_losses([LossCell(name="bank", frequency=Poisson(rate=rate), severity=severity)])
    row = found.intervals.iloc[-1]
    assert row["lower"] < truth.table["value_at_risk"].iloc[-1] < row["upper"]
    assert row["shortfall_lower"] < truth.table["expected_shortfall"].iloc[-1] < row["shortfall_upper"]


def test_losses_not_recorded_yet_are_counted(found, sample_tables) -> None:
    quarters = found.quarters
    assert quarters["completeness"].iloc[-1] < 0.8
    assert quarters["completeness"].iloc[:8].min() > 0.99
    usual = quarters["losses"].iloc[4:14].mean()
    assert quarters["losses"].iloc[-1] < usual < quarters["expected"].iloc[-1] * 1.1
    assert quarters["expected"].iloc[-1] == pytest.approx(usual, rel=0.35)
    rows = sample_tables.losses.frame(["gross_loss"])
    assert quarters["losses"].sum() == (rows["gross_loss"] > 0).sum()
    assert found.distribution.table["losses"].iloc[-1] == pytest.approx(
        4 * quarters["expected"].mean(), rel=0.02
    )


def test_what_was_recovered_is_taken_off_where_that_is_asked_for(found, sample_tables) -> None:
    net = assess_losses(sample_tables.losses, last="2026Q3", net=True, draws=100)
    assert 0.7 * found.distribution.mean < net.distribution.mean < 0.97 * found.distribution.mean


def test_figures_of_the_assessment_belong_together(found) -> None:
    table, intervals = found.distribution.table, found.intervals
    assert table["cell"].tolist() == intervals["cell"].tolist()
    assert found.contributions["expected_shortfall"].sum() == pytest.approx(
        table["expected_shortfall"].iloc[-1]
    )
    assert (intervals["lower"] <= intervals["value_at_risk"]).all()
    assert (found.curve[["lower", "loss", "upper"]].diff().iloc[1:] >= 0).all(axis=None)
    assert found.curve["loss"].iloc[-1] == pytest.approx(intervals["value_at_risk"].iloc[-1], rel=0.01)
    assert found.sentence.startswith("A year costs ")
    assert len(found.severities) == 5
    assert found.summary()["cell"].iloc[0] == "total"


def test_an_assessment_of_losses_is_saved_and_loaded(found, tmp_path) -> None:
    assert_same(rm.load(rm.save(found, tmp_path / "losses"), rm.LossAssessment), found)


def test_without_losses_or_with_few_there_is_nothing_to_assess(sample_tables, take_in) -> None:
    bare = take_in(complaints="complaint_id,received_at,unit_id,product\nc1,2024-07-01,u,x\n")
    assert assess_losses_if_sufficient(bare) is None
    days = pd.date_range("2024-01-01", periods=100, freq="2D")
    rows = "".join(f"l{n},{day:%Y-%m-%d},{day:%Y-%m-%d},u,x,fraud,{n + 1},0\n" for n, day in enumerate(days))
    head = "loss_id,occurred_on,recorded_on,unit_id,product,event_type,gross_loss,recovery\n"
    few = take_in(
        complaints="complaint_id,received_at,unit_id,product\nc1,2024-07-01,u,x\n", losses=head + rows
    )
    assert few.losses is not None
    assert assess_losses_if_sufficient(few) is None
    for listing in (list_losses(None), list_severities(None)):
        assert listing.frame.empty
        assert "fewer than 120" in listing.sentence


def made_losses(take_in, amounts, *, as_of="2024-12-31", **columns):
    """A table of losses, one every three days."""
    days = pd.date_range("2022-01-03", periods=len(amounts), freq="3D").strftime("%Y-%m-%d")
    frame = pd.DataFrame(
        {
            "loss_id": [f"l{place}" for place in range(len(amounts))],
            "occurred_on": days,
            "recorded_on": days,
            "unit_id": "u",
            "product": "x",
            "event_type": "fraud",
            "gross_loss": np.round(amounts, 2),
            "recovery": 0,
            **columns,
        }
    )
    head = "complaint_id,received_at,unit_id,product\nc1,2026-07-01,u,x\n"
    return take_in(as_of=as_of, complaints=head, losses=frame.to_csv(index=False))


def test_losses_without_a_product_keep_their_event_type(take_in) -> None:
    rng = np.random.default_rng(6)
    kinds = np.arange(400) % 3
    amounts = rng.lognormal(8 + 2.0 * (kinds == 0), 0.8)
    amounts[:3] = -1  # refused
    products = np.where(kinds == 0, "", np.where(rng.uniform(size=400) < 0.5, "x", "y"))
    tables = made_losses(take_in, amounts, event_type=[f"e{kind}" for kind in kinds], product=products)
    made = assess_losses(tables.losses, draws=100)
    table = made.distribution.table.set_index("cell")
    assert table["losses"].iloc[-1] == pytest.approx(made.quarters["expected"].mean() * 4, rel=0.05)
    one = table.loc["e0 · unknown", "mean"] / table.loc["e0 · unknown", "losses"]
    other = table.loc["e1 · x", "mean"] / table.loc["e1 · x", "losses"]
    assert one > 3 * other
    assert (made.losses_rejected, tables.losses.provenance.rows_rejected) == (3, 3)
    assert made.sentence.endswith("3 rows of losses were rejected and are left out: it is not complete.")


@pytest.mark.parametrize("seed", range(4))
def test_very_heavy_losses_are_assessed(take_in, seed) -> None:
    """Of some the tail has no mean: the value-at-risk is there all the same."""
    amounts = np.random.default_rng(seed).lognormal(8, 2.3, 160)
    made = assess_losses(made_losses(take_in, amounts).losses, draws=100)
    row = made.intervals.iloc[-1]
    assert 0 < row["lower"] < row["value_at_risk"] < row["upper"]
    listed = list_losses(made)
    assert len(listed.frame) == 2
    assert "inf" not in listed.sentence + listed.frame.to_csv()
    rm.plot(made).figure.canvas.draw()


def test_what_is_no_want_of_losses_is_an_error(take_in, monkeypatch) -> None:
    tables = made_losses(take_in, np.random.default_rng(1).lognormal(9, 1.5, 300))
    with pytest.raises(ParameterError, match="is no period"):
        assess_losses_if_sufficient(tables, last="garbage")

    def fails(*_: object, **__: object) -> None:
        raise ParameterError("no range of losses passes the level 0.999")

    monkeypatch.setattr(experience, "aggregate_losses", fails)
    with pytest.raises(ParameterError, match="no range of losses"):
        assess_losses_if_sufficient(tables)


def test_losses_capped_at_a_limit_say_that_they_do_not_tell_a_tail(take_in) -> None:
    amounts = np.minimum(np.random.default_rng(1).lognormal(9, 1.5, 300), 9_000)
    tables = made_losses(take_in, amounts)
    with pytest.raises(ParameterError, match="the largest losses are all alike"):
        assess_losses(tables.losses, draws=100)
    assert assess_losses_if_sufficient(tables) is None
    assert "the largest are all alike" in list_losses(None).sentence


def test_settings_of_an_assessment_are_checked(sample_tables) -> None:
    for settings in ({"confidence": 1.5}, {"draws": 10}):
        with pytest.raises(ParameterError, match="intervals need a confidence"):
            assess_losses(sample_tables.losses, **settings)


# Listed and drawn


def test_losses_are_listed_the_total_first(found) -> None:
    listing = list_losses(found)
    assert listing.frame["Kind of loss"].iloc[0] == "total"
    assert len(listing.frame) == 11
    shares = listing.frame["Share"].iloc[1:].str.rstrip("%").astype(float)
    assert shares.is_monotonic_decreasing
    assert "The computation itself is off by about " in listing.sentence


def test_severities_are_listed_with_their_errors(found) -> None:
    listing = list_severities(found)
    assert len(listing.frame) == 5
    assert "a generalised Pareto tail for all" in listing.sentence
    assert listing.frame["Losses"].str.replace(",", "").astype(int).sum() == found.quarters["losses"].sum()


def test_the_change_of_losses_stands_against_the_objective(found, default_policy) -> None:
    listing = list_loss_years(found, default_policy)
    assert len(listing.frame) == 8
    verdict = "met" if found.change <= -0.15 else "not met"
    assert f"changed by {found.change:+.1%}" in listing.sentence
    assert f"The objective of -15% a year (source 001) is {verdict}" in listing.sentence


def assert_plain_ticks(*every: Axis) -> None:
    """Numbers as people write them, at least two to be seen, on a logarithmic axis too."""
    for axis in every:
        low, high = axis.get_view_interval()
        shown = [text.get_text() for text in axis.get_ticklabels(which="both") if text.get_text()]
        numbers = np.array([float(text.replace(",", "")) for text in shown])
        assert ((low <= numbers) & (numbers <= high)).sum() >= 2


def test_losses_are_drawn(found) -> None:
    axes = rm.plot(found, note="Data quality: 95.8%")
    axes.figure.canvas.draw()
    np.testing.assert_allclose(axes.lines[0].get_ydata(), found.curve["loss"] / 1e6)
    left, right = axes.figure.axes
    assert (left, len(right.containers[0])) == (axes, 8)
    assert all("\n" in text.get_text() for text in right.get_yticklabels())  # event type above product
    assert_plain_ticks(axes.xaxis, axes.yaxis)
    axes = rm.plot(found.diagnostics)
    axes.figure.canvas.draw()
    assert_plain_ticks(axes.xaxis)
    shapes = axes.containers[0].lines[0].get_ydata()
    np.testing.assert_allclose(np.asarray(shapes, dtype=float), found.diagnostics.table["shape"])
    axes = rm.plot(found.distribution)
    axes.figure.canvas.draw()
    assert axes.get_yticklabels()[-1].get_text() == "total"


def test_a_year_without_a_mean_is_said_to_cost_more_than_can_be_estimated(take_in) -> None:
    made = assess_losses(
        made_losses(take_in, np.random.default_rng(3).pareto(0.5, 200) + 1.0).losses, draws=100
    )
    assert np.isinf(made.distribution.mean)
    assert made.sentence.startswith("A year costs more than can be estimated on average")
    assert list_losses(made).frame["Mean a year [thousand CNY]"].iloc[0] == "more than can be estimated"
