"""The risk register in money: closed forms, counted events, and what must not depend on what."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from small_bank import make_card, make_tables

from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Appetite
from riskmodels.parameters.risks import RiskRegister
from riskmodels.register.assessing import KINDS, PARTS, RiskAssessment, assess_risks
from riskmodels.register.placing import derive_matrix
from riskmodels.register.quantities import mean_loss
from riskmodels.reporting.listings.registers import list_controls, list_matrix_checks, list_risks
from riskmodels.reporting.plots import plot_of
from riskmodels.reporting.plots.registers import plot_risk_matrix
from riskmodels.results import load, save

pytestmark = pytest.mark.whole

TEXTS = ("name", "cause", "event", "consequence", "owner")
MONEY = {"money": (300, 9000), "customers": (5, 500), "regulatory": (100, 4000), "reputation": (0.1, 20)}
CONTROLS = (
    ("preventive", (0.4, 0.7), ("dual_control_rate",)),
    ("preventive", (0.1, 0.3), ()),
    ("corrective", (0.2, 0.5), ("training_coverage", "disclosure_rate")),
    ("compensating", (0.1, 0.4), ()),
)
FIGURES = {  # of the bank's indicators: what their posteriors are made of
    "dual_control_rate": {"a": 90.0, "b": 10.0, "numerator": 90.0},
    "training_coverage": {"a": 160.0, "b": 40.0, "numerator": 160.0},
    "security_incidents": {"a": 6.5, "b": 1.0, "numerator": 6.0},
}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def narrow(value: float) -> tuple[float, float]:
    """An interval so narrow that a closed form holds."""
    return value * (1 - 1e-6), value * (1 + 1e-6)


def interval(pair):
    return {"low": pair[0], "high": pair[1]}


def a_risk(name="leak", *, frequency=(5, 50), impact=None, controls=CONTROLS, **changes):
    """A risk as JSON would say it, with wide intervals unless given."""
    listed = [
        {
            "kind": kind,
            "name_en": f"control {place}",
            "name_zh": f"控制{place}",
            "effectiveness": interval(effect),
            "carried_out": carried_out,
        }
        for place, (kind, effect, carried_out) in enumerate(controls)
    ]
    return {
        "id": name,
        "category": "conduct",
        **{f"{text}_{language}": f"{name} {text}" for text in TEXTS for language in ("en", "zh")},
        "signals": ("complaint_rate",),
        "frequency": interval(frequency),
        "impact": {part: interval(pair) for part, pair in (impact or MONEY).items()},
        "controls": tuple(listed),
        **changes,
    }


def a_register(*risks) -> RiskRegister:
    return RiskRegister.model_validate({"set_by": "a workshop", "risks": tuple(risks)})


def a_card(**changes):
    """A card of the indicators that controls and events are measured by; the changes are by indicator."""
    figures = {name: row | changes.get(name, {}) for name, row in FIGURES.items()}
    return make_card([{"indicator_id": name, **row} for name, row in figures.items()])


@pytest.fixture
def assessed(default_policy):
    """Return a function from risks to their assessment; without losses unless tables are given."""

    def assessed(*risks, tables=None, card=None, appetite=None, **settings) -> RiskAssessment:
        policy = default_policy.model_copy(update={"appetite": appetite or default_policy.appetite})
        return assess_risks(tables or make_tables(), policy, a_register(*risks), card or a_card(), **settings)

    return assessed


def losses_of(take_in, *, last_year: int, before: int = 0, amount: float = 1000.0, kind: str = "fraud"):
    """A bank's losses, recorded on the day they occur: so many in the year to 2024-09, and in the year before."""
    days = [*pd.date_range("2023-10-01", "2024-09-30", periods=last_year or 1)[:last_year]]
    days += [*pd.date_range("2022-10-01", "2023-09-30", periods=before or 1)[:before]]
    days += [
        *pd.date_range("2022-10-01", "2024-09-30", freq="W")
    ]  # of another kind: the bank records all along
    kinds = [kind] * (last_year + before) + ["other"] * (len(days) - last_year - before)
    rows = [
        {"loss_id": f"L{place}", "occurred_on": f"{day:%Y-%m-%d}", "recorded_on": f"{day:%Y-%m-%d}",
         "unit_id": "u1", "event_type": one, "gross_loss": amount * (1 + place % 3)}
        for place, (day, one) in enumerate(zip(days, kinds, strict=True))
    ]  # fmt: skip
    return take_in(as_of="2024-09-30", losses=rows)


# Closed forms


def test_a_risk_that_is_known_exactly_follows_the_closed_form(assessed) -> None:
    appetite = Appetite(money_per_customer_affected=30.0, money_per_customer_lost=600.0)
    impact = {"money": 1000.0, "customers": 50.0, "regulatory": 300.0, "reputation": 2.0}
    effects = (("preventive", 0.5), ("preventive", 0.2), ("corrective", 0.3), ("compensating", 0.25))
    risk = a_risk(
        frequency=narrow(20.0),
        impact={part: narrow(value) for part, value in impact.items()},
        controls=[(kind, narrow(effect), ()) for kind, effect in effects],
    )
    found = assessed(risk, appetite=appetite)
    wanted = {
        "inherent_frequency": 20.0, "inherent_impact": 4000.0, "inherent_loss": 80_000.0,
        "preventive": 0.6, "corrective": 0.3, "compensating": 0.25,
        "residual_frequency": 8.0, "residual_impact": 2625.0, "residual_loss": 21_000.0,
        "residual_money": 4200.0, "residual_customers": 8400.0, "residual_regulatory": 1680.0,
        "residual_reputation": 6720.0, "residual_lower": 21_000.0, "residual_upper": 21_000.0,
    }  # fmt: skip
    np.testing.assert_allclose(
        found.table.loc[0, list(wanted)].astype(float), list(wanted.values()), rtol=1e-5
    )
    np.testing.assert_allclose(found.controls["worth"], [21_000.0, 5250.0, 9000.0, 1400.0], rtol=1e-5)
    assert found.cells.loc[0, ["row", "column", "inherent_row", "inherent_column"]].tolist() == [3, 1, 4, 1]
    assert found.cells.loc[0, "probability"] == 1.0


def test_means_are_those_of_lognormals(assessed) -> None:
    found = assessed(a_risk(frequency=(2, 30), impact={"money": (100, 9000)}, controls=CONTROLS[1:2]))
    spread = np.log(np.array([30 / 2, 9000 / 100])) / 2 / 1.6448536
    middle = np.sqrt(np.array([30.0 * 2, 9000.0 * 100]))
    frequency, money = middle * np.exp(spread**2 / 2)
    row = found.table.iloc[0]
    assert row["inherent_frequency"] == pytest.approx(frequency, rel=0.01)
    assert row["inherent_impact"] == pytest.approx(money, rel=0.02)
    assert row["inherent_loss"] == pytest.approx(frequency * money, abs=4 * row["residual_error"] / 0.7)
    draws = (row["residual_upper"] / row["residual_lower"]) ** (1 / 2 / 1.6448536)
    assert np.log(draws) == pytest.approx(np.sqrt((spread**2).sum()), rel=0.05)  # controls add a little


def test_a_control_is_worth_what_the_loss_rises_by_without_it(assessed) -> None:
    found = assessed(a_risk(), a_risk("other"))
    for place in range(len(CONTROLS)):
        fewer = a_risk()
        fewer["controls"] = tuple(c for number, c in enumerate(fewer["controls"]) if number != place)
        without = assessed(fewer).table["residual_loss"].iloc[0]
        with_it = found.table.set_index("risk_id").loc["leak", "residual_loss"]
        worth = found.controls[found.controls["risk_id"] == "leak"]["worth"].iloc[place]
        assert worth == pytest.approx(without - with_it, rel=1e-9)
        assert worth > 0


def test_parts_add_up_to_the_loss(assessed, sample_tables, default_policy) -> None:
    found = assessed(a_risk(), a_risk("b", impact={"reputation": (1, 50)}))
    parts = found.table[[f"residual_{part}" for part in PARTS]]
    np.testing.assert_allclose(parts.sum(axis=1), found.table["residual_loss"], rtol=1e-9)
    assert (found.table.set_index("risk_id").loc["b", [f"residual_{part}" for part in PARTS[:3]]] == 0).all()


# What is carried out, and what is counted


def test_a_control_counts_as_far_as_it_is_carried_out(assessed) -> None:
    risk = a_risk(controls=[(kind, narrow(0.5), carried_out) for kind, _, carried_out in CONTROLS])
    found = assessed(risk)
    by_place = found.controls.set_index("name_en")
    assert by_place.loc["control 0", "carried_out"] == pytest.approx(0.9, abs=0.003)
    assert by_place.loc["control 0", "effect"] == pytest.approx(0.45, abs=0.002)
    assert by_place.loc["control 2", "carried_out"] == pytest.approx(
        0.8, abs=0.003
    )  # disclosure is not known
    assert by_place.loc[["control 1", "control 3"], "carried_out"].isna().all()
    assert by_place.loc[["control 1", "control 3"], "effect"].to_numpy() == pytest.approx(0.5, rel=1e-4)
    assert found.table["preventive"].iloc[0] == pytest.approx(1 - 0.55 * 0.5, abs=0.002)
    assert found.table["controls_measured"].iloc[0] == "2 of 4"


def test_without_data_all_is_elicited(assessed) -> None:
    found = assessed(a_risk(event_types=("fraud",), counted_by="security_incidents"), card=make_card())
    row = found.table.iloc[0]
    assert (row["frequency_from"], row["impact_from"], row["controls_measured"]) == (
        "elicited",
        "elicited",
        "0 of 4",
    )
    assert np.isnan(row["events"])
    assert found.years == 0


def test_an_indicator_counts_what_controls_let_through(assessed) -> None:
    risk = a_risk(counted_by="security_incidents", controls=[("preventive", narrow(0.6), ())])
    found = assessed(risk)
    row = found.table.iloc[0]
    assert (row["frequency_from"], row["events"], row["impact_from"]) == (
        "security_incidents",
        6.0,
        "elicited",
    )
    assert row["residual_frequency"] == pytest.approx(4 * 6.5, abs=4 * 4 * np.sqrt(6.5 / 4000))
    assert row["inherent_frequency"] == pytest.approx(row["residual_frequency"] / 0.4, rel=1e-5)


@pytest.mark.parametrize(("events", "before"), [(30, 12), (1, 0), (0, 12)])
def test_losses_count_what_controls_let_through(assessed, take_in, events, before) -> None:
    tables = losses_of(take_in, last_year=events, before=before)
    risk = a_risk(event_types=("fraud",), controls=[("preventive", narrow(0.6), ()), CONTROLS[2]])
    found = assessed(risk, tables=tables)
    row = found.table.iloc[0]
    assert found.years == pytest.approx(1.0, abs=0.01)
    assert (row["frequency_from"], row["events"], row["impact_from"]) == ("losses", events, "losses")
    assert row["residual_frequency"] == pytest.approx((events + 0.5) / found.years, rel=0.01)
    assert row["inherent_frequency"] == pytest.approx(row["residual_frequency"] / 0.4, rel=1e-5)


def test_months_that_the_source_does_not_know_do_not_count(assessed, take_in) -> None:
    rows = [
        {"loss_id": f"L{place}", "occurred_on": f"{day:%Y-%m-%d}", "recorded_on": f"{day:%Y-%m-%d}",
         "unit_id": "u1", "event_type": "fraud", "gross_loss": 50.0}
        for place, day in enumerate(pd.date_range("2024-04-01", "2024-09-30"))
    ]  # fmt: skip
    unknown = [f"{month}" for month in pd.period_range("2023-06", "2024-03", freq="M")]
    tables = take_in(as_of="2024-09-30", losses=rows, unknown_months={"losses": unknown})
    found = assessed(a_risk(event_types=("fraud",)), tables=tables)
    assert found.years == pytest.approx(0.5, abs=0.01)
    assert found.table["residual_frequency"].iloc[0] == pytest.approx(2 * 183.5, rel=0.02)


def test_a_kind_of_loss_that_is_never_booked_says_nothing(assessed, take_in) -> None:
    found = assessed(a_risk(event_types=("theft",)), tables=losses_of(take_in, last_year=5))
    assert found.table[["frequency_from", "impact_from"]].iloc[0].tolist() == ["elicited", "elicited"]


def test_losses_that_are_not_recorded_yet_are_allowed_for(assessed, take_in) -> None:
    rng = np.random.default_rng(1)
    days = pd.date_range("2022-10-01", "2024-09-30", freq="6h")
    recorded = days + pd.to_timedelta(rng.exponential(60.0, len(days)), unit="D")
    rows = [
        {"loss_id": f"L{place}", "occurred_on": f"{day:%Y-%m-%d}", "recorded_on": f"{known:%Y-%m-%d}",
         "unit_id": "u1", "event_type": "fraud", "gross_loss": 50.0}
        for place, (day, known) in enumerate(zip(days, recorded, strict=True))
        if known <= pd.Timestamp("2024-09-30")
    ]  # fmt: skip
    found = assessed(a_risk(event_types=("fraud",)), tables=take_in(as_of="2024-09-30", losses=rows))
    assert found.table["events"].iloc[0] < 4 * 366 * 0.9
    assert found.table["residual_frequency"].iloc[0] == pytest.approx(4 * 366, rel=0.05)


def test_booked_money_is_what_corrective_controls_left(assessed, take_in) -> None:
    tables = losses_of(take_in, last_year=30, before=12)
    booked = tables.losses.frame().query("event_type == 'fraud'")["gross_loss"]
    controls = [("corrective", narrow(0.4), ()), ("compensating", narrow(0.25), ())]
    risk = a_risk(event_types=("fraud",), impact={"money": narrow(5000.0)}, controls=controls)
    row = assessed(risk, tables=tables).table.iloc[0]
    left = (booked.sum() + 5000 * 0.6) / (len(booked) + 1)
    assert row["residual_impact"] == pytest.approx(left * 0.75, rel=0.005)
    assert row["inherent_impact"] == pytest.approx(left / 0.6, rel=0.005)


@pytest.mark.parametrize("n", [1, 30, 5000])
def test_the_mean_loss_has_the_moments_of_a_bayesian_bootstrap(n) -> None:
    rng = np.random.default_rng(3)
    amounts, opinion = rng.lognormal(8, 1.2, n), np.full(20_000, 9000.0)
    booked, by_opinion = mean_loss(amounts, opinion, rng)
    drawn = booked + by_opinion
    assert by_opinion.mean() == pytest.approx(9000 / (n + 1), rel=0.1)
    values = np.append(amounts, 9000.0)
    error = values.std() / np.sqrt((n + 1) / 2 + 1)  # weights are Dirichlet(½, …, ½)
    assert drawn.mean() == pytest.approx(values.mean(), abs=5 * error / np.sqrt(20_000))
    assert drawn.std() == pytest.approx(error, rel=0.03)
    assert values.min() <= drawn.min() <= drawn.max() <= values.max()


# What must move which way, and what must not move


@settings(max_examples=15)
@given(place=st.integers(0, 3), lift=st.floats(0.01, 0.25))
def test_a_more_effective_control_never_raises_the_residual(default_policy, place, lift) -> None:
    better = [
        (kind, tuple(end + lift * (number == place) for end in effect), carried_out)
        for number, (kind, effect, carried_out) in enumerate(CONTROLS)
    ]
    worse, less = (
        assess_risks(make_tables(), default_policy, a_register(a_risk(controls=c)), a_card(), size=500)
        for c in (CONTROLS, better)
    )
    assert less.table["residual_loss"].iloc[0] < worse.table["residual_loss"].iloc[0]
    assert less.table["inherent_loss"].iloc[0] == pytest.approx(
        worse.table["inherent_loss"].iloc[0], rel=1e-9
    )
    assert less.controls["worth"].iloc[place] > worse.controls["worth"].iloc[place]


def test_a_control_that_is_carried_out_less_never_lowers_the_residual(assessed) -> None:
    shares = [0.99, 0.95, 0.8, 0.5, 0.2]
    losses = [
        assessed(a_risk(), card=a_card(dual_control_rate={"a": 200 * one, "b": 200 * (1 - one)})).table
        for one in shares
    ]
    residual = [table["residual_loss"].iloc[0] for table in losses]
    assert residual == sorted(residual)
    assert residual[-1] > 1.3 * residual[0]


def three_risks():
    return [
        a_risk("small", frequency=(1, 5)),
        a_risk("large", frequency=(300, 900), impact={"money": (20_000, 60_000)}),
        a_risk("middle", frequency=(50, 200)),
    ]


def test_order_does_not_matter_and_other_risks_only_for_ranks(assessed) -> None:
    risks = three_risks()
    found, turned, fewer = assessed(*risks), assessed(*risks[::-1]), assessed(*risks[1:])
    pd.testing.assert_frame_equal(found.table, turned.table)
    assert found.table["risk_id"].tolist() == ["large", "middle", "small"]
    ranks = ["rank_lower", "rank_upper", "p_worst"]
    pd.testing.assert_frame_equal(found.table.head(2).drop(columns=ranks), fewer.table.drop(columns=ranks))
    pd.testing.assert_frame_equal(found.cells.head(2), fewer.cells)
    again = assessed(*risks, seed=9)
    assert (again.table["residual_loss"] != found.table["residual_loss"]).all()
    np.testing.assert_allclose(again.table["residual_loss"], found.table["residual_loss"], rtol=0.15)


def test_the_unit_of_money_does_not_matter(assessed, default_policy) -> None:
    def in_units(many):
        appetite = default_policy.appetite
        scaled = {
            name: getattr(appetite, name) * many
            for name in ("money_per_customer_affected", "money_per_customer_lost", "amber", "red")
        }
        scaled["impact_bands"] = tuple(band * many for band in appetite.impact_bands)
        money = {part: tuple(end * many for end in MONEY[part]) for part in ("money", "regulatory")}
        risks = [a_risk(name, frequency=(5 * k, 50 * k), impact=MONEY | money) for name, k in RATES.items()]
        return assessed(*risks, appetite=Appetite(**scaled))

    one, ten = in_units(1.0), in_units(10.0)
    assert one.table["rating"].tolist() == ten.table["rating"].tolist()
    assert set(one.table["rating"]) >= {"amber", "green"}
    np.testing.assert_allclose(ten.table["residual_loss"], 10 * one.table["residual_loss"], rtol=1e-9)
    pd.testing.assert_frame_equal(one.cells, ten.cells, check_exact=False, atol=1e-3)
    assert one.matrix.to_numpy().tolist() == ten.matrix.to_numpy().tolist()


RATES = {"often": 100.0, "at_times": 10.0, "seldom": 1.0, "hardly": 0.1}


def test_rank_intervals_hold_the_rank(assessed) -> None:
    found = assessed(*(a_risk(f"r{place}", frequency=(5, 50 + place)) for place in range(8)))
    table = found.table
    assert (table["rank_lower"] <= table["rank"]).all()
    assert (table["rank"] <= table["rank_upper"]).all()
    assert (table["rank_upper"] - table["rank_lower"] >= 5).all()  # nobody can distinguish them
    assert table["p_worst"].sum() == pytest.approx(5.0)
    assert table["residual_loss"].is_monotonic_decreasing
    assert (table["residual_error"] < 0.05 * table["residual_loss"]).all()


def test_ratings_need_certainty(assessed) -> None:
    by_rate = {name: a_risk(name, frequency=narrow(rate), impact={"money": narrow(1e5)}, controls=CONTROLS[1:2])
               for name, rate in {"red": 400.0, "amber": 40.0, "green": 4.0}.items()}  # fmt: skip
    open_ = a_risk("insufficient", frequency=(1, 100), impact={"money": narrow(1e5)}, controls=CONTROLS[1:2])
    table = assessed(*by_rate.values(), open_).table
    assert table["rating"].tolist() == table["risk_id"].tolist()
    assert (table["p_red"] <= table["p_amber"]).all()


# The matrix


@pytest.mark.parametrize("red", [3e6, 1e7, 1e8])
def test_the_matrix_follows_from_the_appetite(red) -> None:
    appetite = Appetite(red=red)
    matrix = derive_matrix(appetite)
    for (row, column), rating in np.ndenumerate(matrix.to_numpy()):
        loss = 10.0 ** (-1.5 + row) * 10.0 ** (3.5 + column)  # the default bands are powers of ten
        wanted = "red" if loss > 1.001 * red else "amber" if loss > 1.001 * appetite.amber else "green"
        assert rating == wanted
    assert matrix.index[[0, 2, 4]].tolist() == ["≤ 0.1", "1–10", "> 100"]
    assert matrix.columns[[0, 4]].tolist() == ["≤ 10,000", "> 10,000,000"]


def test_cells_agree_with_the_quantities(assessed) -> None:
    found = assessed(*(a_risk(f"r{k + 2}", frequency=narrow(3.0 * 10.0**k), impact={"money": narrow(2.0 * 10.0 ** (4 + k))},
                              controls=CONTROLS[1:2]) for k in range(-2, 4)))  # fmt: skip
    appetite = found.appetite
    for row, cell in zip(found.table.to_dict("records"), found.cells.to_dict("records"), strict=True):
        assert cell["row"] == 1 + np.searchsorted(appetite.frequency_bands, row["residual_frequency"])
        assert cell["column"] == 1 + np.searchsorted(appetite.impact_bands, row["residual_impact"])
        assert cell["inherent_row"] == 1 + np.searchsorted(
            appetite.frequency_bands, row["inherent_frequency"]
        )
        assert cell["probability"] > 0.99
    assert found.lint is not None
    assert found.lint.table["passed"].tolist() == [True, False, True, True]  # green turns red across corners


def test_the_matrix_is_caught_where_it_misorders(assessed) -> None:
    seldom = a_risk("seldom", frequency=narrow(1.1), impact={"money": narrow(1.1e6)}, controls=CONTROLS[3:])
    often = a_risk("often", frequency=narrow(9.9), impact={"money": narrow(9.9e5)}, controls=CONTROLS[3:])
    found = assessed(seldom, often)
    assert found.table["risk_id"].tolist() == ["often", "seldom"]  # by nearly ten times
    assert found.cells[["row", "column"]].to_numpy().tolist() == [
        [3, 3],
        [3, 3],
    ]  # insurance takes part of it
    assert (found.misordered, found.tied) == (0.0, 1.0)
    bare = [
        one | {"controls": a_risk(controls=[("compensating", (0.001, 0.002), ())])["controls"]}
        for one in (seldom, often)
    ]
    found = assessed(*bare)
    assert found.cells[["row", "column"]].to_numpy().tolist() == [[3, 3], [3, 4]]
    assert (found.misordered, found.tied) == (1.0, 0.0)


def test_a_matrix_of_one_colour_is_not_checked(assessed) -> None:
    found = assessed(a_risk(), appetite=Appetite(amber=1e15, red=1e16))
    assert found.lint is None
    assert "one colour" in list_matrix_checks(found).sentence
    assert (found.misordered, found.tied) == (0.0, 0.0)


# What is refused


def test_what_cannot_be_assessed_is_refused(assessed) -> None:
    with pytest.raises(ParameterError, match="no risks"):
        assessed()
    with pytest.raises(ParameterError, match="at least 100 draws"):
        assessed(a_risk(), size=99)
    for name in ("complaint_rate", "no_such_thing"):
        with pytest.raises(ParameterError, match=f"leak: carried_out names '{name}'"):
            assessed(a_risk(controls=[("preventive", (0.1, 0.2), (name,))]))
        with pytest.raises(ParameterError, match=f"leak: '{name}' of counted_by"):
            assessed(a_risk(counted_by=name))
    with pytest.raises(ParameterError, match="'theft' is no risk of this assessment"):
        list_controls(assessed(a_risk()), a_register(a_risk()), "theft")


# The sample bank


@pytest.fixture(scope="module")
def sample(sample_tables, default_policy, register, sample_card) -> RiskAssessment:
    return assess_risks(sample_tables, default_policy, register, sample_card)


def test_the_sample_bank_from_end_to_end(sample, register) -> None:
    table = sample.table.set_index("risk_id")
    assert len(table) == len(sample.cells) == len(register.risks)
    assert len(sample.controls) == sum(len(risk.controls) for risk in register.risks)
    booked = [risk.id for risk in register.risks if risk.event_types]
    assert set(table.index[table["frequency_from"] == "losses"]) == set(booked)
    assert table.loc["cyber_attack", "frequency_from"] == "security_incidents"
    assert table.loc["mis_selling", "events"] == 173
    assert 0.85 < sample.years < 0.99
    assert (table["residual_loss"] < table["inherent_loss"]).all()
    np.testing.assert_allclose(
        table[[f"residual_{part}" for part in PARTS]].sum(axis=1), table["residual_loss"], rtol=1e-9
    )
    shares = table[list(KINDS)].to_numpy()
    assert (shares >= 0).all()
    assert (shares < 1).all()
    assert table["rating"].isin(["red", "amber", "green", "insufficient"]).all()
    assert (sample.controls["worth"] > 0).all()
    assert "44 risks" in sample.sentence


def test_booked_money_of_the_sample_is_about_what_its_losses_sum_to(sample, sample_tables) -> None:
    losses = sample_tables.losses.frame()
    year = losses[
        (pd.to_datetime(losses["occurred_on"]) >= pd.Timestamp("2025-10-01"))
        & (losses["event_type"] == "external_fraud")
    ]
    row = sample.table.set_index("risk_id").loc["identity_fraud"]
    assert row["compensating"] == 0
    assert row["residual_money"] == pytest.approx(year["gross_loss"].sum() / sample.years, rel=0.35)


def test_a_saved_assessment_comes_back(sample, tmp_path) -> None:
    loaded = load(save(sample, tmp_path / "risks"), RiskAssessment)
    for name in ("table", "controls", "matrix", "cells"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(sample, name))
    assert loaded.sentence == sample.sentence
    assert loaded.appetite == sample.appetite
    pd.testing.assert_frame_equal(loaded.lint.table, sample.lint.table)


def test_listings_say_what_figures_rest_on(sample, register, default_policy) -> None:
    risks = list_risks(sample, register, default_policy, most=44)
    assert len(risks.frame) == 44
    assert len(list_risks(sample, register, default_policy).frame) == 15
    sources = risks.frame.set_index("Risk")["Figures from"]
    assert sources["Mis-selling"].startswith(
        "173 losses in twelve months, for money their amounts; controls measured: 1 of 3"
    )
    assert sources["Mass complaints and loss of reputation"].startswith("opinion; controls measured: 0 of 3")
    attacks = sources["Attacks on systems that serve customers"]
    assert attacks.startswith("0 in the quarter (")
    assert "counted for 6 of 44 risks" in risks.sentence
    controls = list_controls(sample, register, "mis_selling")
    assert controls.frame["Carried out"].tolist()[1] == "not measured, taken as always"
    assert controls.sentence.startswith("Mis-selling: expected loss ")
    checks = list_matrix_checks(sample)
    assert checks.frame["Passed"].tolist() == ["yes", "no", "yes", "yes"]
    assert f"{sample.tied:.0%} in one colour" in checks.sentence
    assert "amounts" in checks.sentence


def test_the_matrix_shows_every_risk_with_colour_and_mark(sample) -> None:
    axes = plot_risk_matrix(sample, note="good data")
    axes.figure.canvas.draw()
    texts = " ".join(text.get_text() for text in axes.texts[25:-1]).replace("\n", " ").split()
    assert sorted(int(text.strip("▲■")) for text in texts) == list(range(1, 45))
    assert {text for text in texts if text[-1] in "▲■"} == {
        f"{row['rank']}{'▲' if row['rating'] == 'amber' else '■'}"
        for row in sample.table.to_dict("records")
        if row["rating"] in ("amber", "red")
    }
    assert "[number a year]" in axes.get_ylabel()
    assert "[CNY an event]" in axes.get_xlabel()
    assert plot_of(sample, ax=plt.figure().subplots()) is not None
