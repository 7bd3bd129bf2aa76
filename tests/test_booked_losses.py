"""Money adds up: what is booked, what is opinion, what is priced, and the same losses in two chapters."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from test_loss_experience import made_losses
from test_register import a_card, a_register, a_risk, losses_of

from riskmodels.losses import assess_losses
from riskmodels.parameters.policy import DEFAULT, Appetite
from riskmodels.parameters.risks import load_risks
from riskmodels.register import RiskAssessment, assess_risks, reconcile_losses
from riskmodels.register.booked import booked_by_month, made_of
from riskmodels.reporting.listings import list_loss_sums, list_risks
from riskmodels.reporting.plots.registers import plot_risks
from riskmodels.results import load, save

pytestmark = pytest.mark.whole

PARTS = ["booked_loss", "elicited_loss", "priced_loss"]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def assessed(default_policy):
    """Return a function from risks and tables to their assessment."""

    def assessed(*risks, tables, appetite=None) -> RiskAssessment:
        policy = default_policy.model_copy(update={"appetite": appetite or default_policy.appetite})
        return assess_risks(tables, policy, a_register(*risks), a_card(), size=500)

    return assessed


# What an expected loss is made of


def test_booked_opinion_and_priced_parts_add_up(assessed, take_in) -> None:
    counted = a_risk("counted", event_types=("fraud",))
    found = assessed(counted, a_risk("thought"), tables=losses_of(take_in, last_year=30)).table
    np.testing.assert_allclose(found[PARTS].sum(axis=1), found["residual_loss"], rtol=1e-12)
    rows = found.set_index("risk_id")
    assert rows.loc["thought", "booked_loss"] == 0
    assert rows.loc["counted", "booked_loss"] > 0
    harm = rows["residual_customers"] + rows["residual_reputation"]
    np.testing.assert_allclose(rows["priced_loss"], harm, rtol=1e-12)


@pytest.mark.parametrize("number", [1, 5, 200])
def test_opinion_is_worth_one_loss_and_is_not_called_booked(assessed, take_in, number) -> None:
    risk = a_risk(
        event_types=("fraud",), impact={"money": (1000, 9000)}, controls=[("corrective", (0.1, 0.2), ())]
    )
    row = assessed(risk, tables=losses_of(take_in, last_year=number, amount=100.0)).table.iloc[0]
    booked = 100.0 * (1 + np.arange(number) % 3).mean() * number / (number + 1)
    assert row["booked_loss"] / row["residual_frequency"] == pytest.approx(booked, rel=0.1)
    assert row["elicited_loss"] > 0
    assert row["priced_loss"] == 0
    assert row["priced_by"] == ""


@pytest.mark.parametrize(
    ("settings", "who"),
    [
        ({}, DEFAULT),
        ({"set_by": "the board", "money_per_customer_lost": 900.0}, DEFAULT),  # the other price is ours
        (
            {"set_by": "the board", "money_per_customer_lost": 900.0, "money_per_customer_affected": 1.0},
            "the board",
        ),
    ],
)
def test_what_rests_on_a_default_of_the_policy_is_called_assumed(assessed, take_in, settings, who) -> None:
    found = assessed(a_risk(), tables=losses_of(take_in, last_year=3), appetite=Appetite(**settings))
    assert found.table["priced_by"].tolist() == [who]
    said = f"assumed, for customers affected or lost at prices set by {DEFAULT}"
    assert (said in found.sentence) == (who == DEFAULT)
    assert (f"for customers affected or lost, at prices set by {who}" in found.sentence) == (who != DEFAULT)


def test_parts_that_are_nothing_are_not_said() -> None:
    row = {"booked_loss": 217_000.0, "elicited_loss": 0.0, "priced_loss": 0.0, "priced_by": ""}
    assert made_of(row) == "217 from booked losses"
    row |= {"elicited_loss": 9_000.0, "priced_loss": 6_550_000.0, "priced_by": "the board"}
    assert made_of(row) == (
        "217 from booked losses, 9 by opinion, 6,550 for customers affected or lost, at prices set by the board"
    )


# The same losses in two chapters

KINDS = ("a", "b", "c")


@st.composite
def registers(draw):
    """Up to three risks with any types of loss, some in two of them, some in none."""
    types = draw(st.lists(st.sets(st.sampled_from(KINDS)), min_size=1, max_size=3))
    return a_register(
        *(a_risk(f"r{place}", event_types=tuple(sorted(kinds))) for place, kinds in enumerate(types))
    )


@settings(max_examples=40)
@given(registers(), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_each_loss_is_of_its_risks_or_of_none(register, number, seed) -> None:
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 600, number), unit="D")
    losses = pd.DataFrame(
        {
            "event_type": rng.choice(KINDS, number),
            "month": pd.PeriodIndex(days, freq="M"),
            "counts": days > pd.Timestamp("2023-12-31"),
            "gross_loss": rng.integers(0, 10_000, number) / 100.0,
        }
    )
    booked = booked_by_month(register, losses)
    assert booked.drop_duplicates(["event_type", "month"])["gross"].sum() == pytest.approx(
        losses["gross_loss"].sum()
    )
    for risk in register.risks:
        own = losses[losses["event_type"].isin(risk.event_types)]
        rows = booked[booked["risk_id"] == risk.id]
        assert rows["losses"].sum() == len(own)
        assert rows["gross"].sum() == pytest.approx(own["gross_loss"].sum())
        assert rows.loc[rows["counts"], "gross"].sum() == pytest.approx(
            own.loc[own["counts"], "gross_loss"].sum()
        )
    named = {kind for risk in register.risks for kind in risk.event_types}
    none = booked[booked["risk_id"] == ""]
    assert none["losses"].sum() == (~losses["event_type"].isin(named)).sum()


@pytest.fixture(scope="module")
def small_bank(take_in):
    """A bank of four hundred losses of three kinds, with its assessment of losses."""
    rng = np.random.default_rng(4)
    kinds = rng.choice(KINDS, 400)
    tables = made_losses(take_in, rng.lognormal(9, 1.3, 400), event_type=kinds)
    return tables, assess_losses(tables.losses, draws=100)


@pytest.mark.parametrize(
    ("types", "none", "twice"),
    [
        ([("a",), ("b",)], "c", False),
        ([("a", "b"), ("b", "c")], "", True),
        ([("a",), ("a",), ("a", "b")], "c", True),
        ([("other",)], "a, b, c", False),
        ([()], "a, b, c", False),
    ],
)
def test_risks_and_none_add_up_to_the_loss_distribution(assessed, small_bank, types, none, twice) -> None:
    tables, losses = small_bank
    risks = [a_risk(f"r{place}", event_types=kinds) for place, kinds in enumerate(types)]
    sums = reconcile_losses(assessed(*risks, tables=tables), losses)
    assert sums.agrees
    rows = sums.table
    assert sums.total["mean_a_year"] == pytest.approx(sums.other["mean_a_year"], rel=1e-12)
    added = rows[["gross", "mean_a_year"]].sum() - sums.counted_twice
    np.testing.assert_allclose(added.astype(float), sums.total.astype(float), rtol=1e-9)
    assert sums.counts_twice == twice
    assert ("counted to several risks" in sums.sentence) == twice
    assert rows.loc[rows["risk_id"] == "", "event_types"].tolist() == ([none] if none else [])
    assert "made of the same sum" in sums.sentence


def test_sums_that_do_not_agree_are_said(assessed, small_bank, take_in) -> None:
    tables, losses = small_bank
    fewer = made_losses(take_in, np.full(200, 1000.0), event_type="a")
    sums = reconcile_losses(assessed(a_risk(event_types=("a",)), tables=fewer), losses)
    assert not sums.agrees
    assert "the sums do not agree" in sums.sentence
    assert reconcile_losses(assessed(a_risk(), tables=tables), losses).agrees


def test_quarters_after_the_register_are_none_of_it(assessed, take_in) -> None:
    """The small bank's card is of 2024Q3, and its losses begin in 2025."""
    days = pd.date_range("2025-01-03", periods=200, freq="3D").strftime("%Y-%m-%d")
    amounts = np.random.default_rng(2).lognormal(8, 1, 200)
    tables = made_losses(take_in, amounts, as_of="2026-12-31", occurred_on=days, recorded_on=days)
    sums = reconcile_losses(assessed(a_risk(), tables=tables), assess_losses(tables.losses, draws=100))
    assert (sums.total["mean_a_year"], sums.quarters, sums.agrees) == (0.0, "–", True)


def test_another_window_is_said(assessed, take_in) -> None:
    """The small bank's card is of a quarter long before the last one of its losses."""
    days = pd.date_range("2021-01-03", periods=500, freq="3D").strftime("%Y-%m-%d")
    amounts = np.random.default_rng(2).lognormal(8, 1, 500)
    tables = made_losses(take_in, amounts, occurred_on=days, recorded_on=days)
    found = assessed(a_risk(event_types=("fraud",)), tables=tables)
    for last, quarters in (("2024Q2", "2021Q1 – 2024Q2"), ("2024Q4", "2021Q1 – 2024Q3")):
        sums = reconcile_losses(found, assess_losses(tables.losses, draws=100, last=last))
        assert (sums.months, sums.quarters, sums.agrees) == ("2023-10 – 2024-09", quarters, True)
        known = last == "2024Q4"
        assert np.isnan(sums.other["gross"]) != known
        assert ("2023-10 – 2024-09, which are no four of its quarters" in sums.sentence) != known


# The sample bank


@pytest.fixture(scope="module")
def sample(sample_tables, default_policy, sample_card, project) -> RiskAssessment:
    register = load_risks(project / "params" / "risks.yaml")
    return assess_risks(sample_tables, default_policy, register, sample_card)


def test_losses_of_the_sample_agree_between_the_chapters(sample, sample_tables) -> None:
    losses = assess_losses(sample_tables.losses, last="2026Q3", draws=100)
    sums = reconcile_losses(sample, losses)
    assert sums.agrees
    assert sums.other.notna().all()
    gross = sample_tables.losses.frame()["gross_loss"]
    years = losses.quarters["completeness"].sum() / 4
    assert sums.total["mean_a_year"] == pytest.approx(gross.sum() / years, rel=1e-9)
    assert sums.total["gross"] == pytest.approx(losses.quarters["gross"].tail(4).sum(), rel=1e-9)
    assert sums.expected == losses.distribution.mean
    expected = sums.table.set_index("risk_id")["booked_loss"]
    assert expected.drop("", errors="ignore").sum() < 1.2 * sums.total["gross"] / sample.years
    listing = list_loss_sums(losses, sample)
    assert listing.frame["Losses of"].iloc[-1] == "losses that the distribution is made of"
    last = listing.frame[[name for name in listing.frame if name.startswith("Booked")]].tail(2)
    assert last.nunique().tolist() == [1, 1]
    assert list_loss_sums(None, sample).frame.empty
    assert list_loss_sums(losses, None).frame.empty


def test_the_costliest_risk_of_the_sample_is_mostly_assumed(sample, project, default_policy) -> None:
    row = sample.table.set_index("risk_id").loc["system_outage"]
    assert row["booked_loss"] < 0.05 * row["residual_loss"]
    assert row["priced_loss"] > 0.8 * row["residual_loss"]
    assert row["priced_by"] == DEFAULT
    np.testing.assert_allclose(sample.table[PARTS].sum(axis=1), sample.table["residual_loss"], rtol=1e-12)
    register = load_risks(project / "params" / "risks.yaml")
    listing = list_risks(sample, register, default_policy)
    columns = ["Of it from booked losses", "Of it opinion", "Of it assumed: customers × price"]
    shown = listing.frame[columns].iloc[0].str.replace(",", "").astype(float)
    np.testing.assert_allclose(shown, row[PARTS].astype(float) / 1000, rtol=0.03)
    assert "assumed, for customers affected or lost at prices set by riskmodels default" in sample.sentence
    assert sample.sentence.split(": ")[-1].startswith(f"{shown.iloc[0]:,.0f} from booked losses")


def test_booked_and_priced_parts_are_drawn_and_saved(sample, tmp_path) -> None:
    axes = plot_risks(sample)
    axes.figure.canvas.draw()
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words[-2:] == ["of it from booked losses", "of it assumed: customers × price"]
    loaded = load(save(sample, tmp_path / "risks"), RiskAssessment)
    pd.testing.assert_frame_equal(loaded.booked, sample.booked)
    assert loaded.months.equals(sample.months)
