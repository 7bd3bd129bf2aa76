"""What a scenario does to losses, costs, units and handlers: by hand, by simulation, and what it may never do."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bank import make_outlook, make_panel, make_scenario, only, sure_outlook

from riskmodels.errors import ParameterError
from riskmodels.losses import Exponential, LossCell, NegativeBinomial, Poisson, aggregate_losses
from riskmodels.losses.severity import Scaled
from riskmodels.parameters.capacity import Capacity
from riskmodels.parameters.files import check_parameters
from riskmodels.reporting.listings import (
    list_classes,
    list_costs,
    list_handling,
    list_shocks,
    list_stressed_losses,
    list_turning,
)
from riskmodels.scorecard import score
from riskmodels.stresstest import deadline_course, stress
from riskmodels.stresstest.classes import class_rows
from riskmodels.stresstest.contributions import split_change
from riskmodels.stresstest.handling import handle
from riskmodels.stresstest.losses import stress_losses
from riskmodels.stresstest.mix import complaint_mix
from riskmodels.stresstest.priorities import class_month, priority_queue
from riskmodels.stresstest.response import mean_response
from riskmodels.stresstest.shocked import draw_movements
from riskmodels.stresstest.teams import TeamCapacity, team_capacities

pytestmark = pytest.mark.whole

SIZE = 4_000  # paths


def move(what, low, mode, high, **felt):
    change = {"low": low, "mode": mode, "high": high, "basis": "a test", "set_by": "tests"}
    return {"what": what, "change": change, **felt}


def shock(*moves, months=12, size=1.0, **fields):
    named = {"id": "shock", "name_en": "Shock", "name_zh": "冲击", "unit_en": "times", "unit_zh": "倍"}
    return named | {"size": size, "months": months, "moves": list(moves)} | fields


def scenario(*shocks):
    return make_scenario(severe={"shocks": list(shocks)})


def drawn(*shocks, months=12, size=SIZE):
    made = scenario(*shocks)
    return draw_movements(made, made.level("severe"), months=months, size=size, seed=1)


@pytest.fixture(scope="module")
def bank(take_in):
    """Two units over a year: unit a has cards by phone, unit b mortgages; nine of ten are resolved the next day."""
    complaints = [
        {
            "complaint_id": f"c{number}",
            "received_at": f"{day:%Y-%m-%d} 10:00:00",
            "resolved_at": f"{day + pd.Timedelta(days=1 if number % 10 else 20):%Y-%m-%d} 10:00:00",
            "unit_id": "a" if number % 3 else "b",
            "product": "credit_card" if number % 3 else "mortgage",
            "channel": "phone" if number % 2 else "branch",
            "upheld": "true" if number % 4 == 0 else "false",
            "redress": f"{100 + number % 7}" if number % 4 == 0 else "",
        }
        for number, day in enumerate(np.repeat(pd.bdate_range("2023-10-02", "2024-09-30"), 4))
    ]
    exposure = [
        {"unit_id": unit, "product": product, "month": f"{month}-01", "accounts": 60_000}
        for month in pd.period_range("2023-10", "2024-09", freq="M").astype(str)
        for unit, product in (("a", "credit_card"), ("b", "mortgage"))
    ]
    return take_in(as_of="2024-12-31", complaints=complaints, exposure=exposure)


@pytest.fixture(scope="module")
def policy(default_policy):
    return only(default_policy, "complaint_rate", "resolved_7wd", "resolved_3wd", "upheld_rate")


@pytest.fixture(scope="module")
def outlook():
    return sure_outlook({"credit_card": 56.0, "mortgage": 28.0}, horizon=12)


@pytest.fixture(scope="module")
def losses():
    cells = [
        LossCell(
            name="fraud · credit_card",
            frequency=NegativeBinomial(mean=40, dispersion=0.1),
            severity=Exponential(5e3),
        ),
        LossCell(name="conduct · mortgage", frequency=Poisson(rate=4), severity=Exponential(5e4)),
    ]
    return SimpleNamespace(distribution=aggregate_losses(cells))


def run(bank, policy, outlook, *shocks, **given_):
    return stress(bank, scenario(*shocks), policy, outlook=outlook, **given_)


# Losses


def test_twice_as_many_and_three_times_as_large_by_hand(losses) -> None:
    parts = drawn(
        shock(
            move("loss_frequency", 0.999, 1.0, 1.001, event_type="fraud"),
            move("loss_severity", 1.999, 2.0, 2.001),
        )
    )
    found = stress_losses(losses.distribution, parts, SIZE)
    assert found.before == pytest.approx(400_000)
    assert found.expected.mean() == pytest.approx(2 * 3 * 200_000 + 3 * 200_000, rel=1e-3)
    assert found.distribution.mean == pytest.approx(found.expected.mean(), rel=1e-9)
    assert found.by_shock["money"].sum() == pytest.approx(found.expected.mean() - found.before, rel=1e-9)


def test_unsure_factors_make_years_differ_as_a_simulation_does(losses) -> None:
    parts = drawn(shock(move("loss_frequency", 0.0, 0.5, 4.0)))
    found = stress_losses(losses.distribution, parts, SIZE)
    cell = found.distribution.cells[0].frequency
    rng = np.random.default_rng(3)
    factors = 1 + rng.choice(parts[0].changes, 400_000)
    numbers = rng.poisson(rng.gamma(10, 4.0 * factors))  # dispersion .1, mean 40
    assert cell.mean == pytest.approx(numbers.mean(), rel=0.01)
    assert cell.mean + cell.dispersion * cell.mean**2 == pytest.approx(numbers.var(), rel=0.02)


def test_a_shock_of_half_a_year_counts_for_half(losses) -> None:
    parts = drawn(shock(move("loss_frequency", 0.999, 1.0, 1.001), months=6))
    found = stress_losses(losses.distribution, parts, SIZE)
    assert found.expected.mean() == pytest.approx(1.5 * 400_000, rel=1e-3)


def test_without_a_shock_of_losses_the_distribution_is_the_same(losses) -> None:
    for one in (move("complaints", 0.5, 1.0, 1.5), move("loss_frequency", 0.5, 1.0, 1.5)):
        parts = drawn(shock(one, months=0 if one["what"] != "complaints" else 3))
        found = stress_losses(losses.distribution, parts, SIZE)
        assert found.distribution is losses.distribution
        assert found.expected == pytest.approx(400_000)
    assert found.by_shock["money"].sum() == 0


def test_scaled_losses_are_those_of_the_scale() -> None:
    scaled, wanted, at = Scaled(Exponential(2.0), 3.0), Exponential(6.0), np.array([0.5, 4.0, 20.0])
    assert scaled.mean == wanted.mean
    for name in ("cdf", "limited_mean"):
        assert getattr(scaled, name)(at) == pytest.approx(getattr(wanted, name)(at))
    assert scaled.ppf(np.array([0.1, 0.9])) == pytest.approx(wanted.ppf(np.array([0.1, 0.9])))
    with pytest.raises(ParameterError, match="factor of a Scaled is 0"):
        Scaled(Exponential(2.0), 0.0)


@given(
    before=st.lists(st.floats(0, 1e6), min_size=1, max_size=4),
    factors=st.lists(st.floats(0, 50), min_size=1, max_size=4),
)
def test_parts_of_a_change_add_up_to_it(before, factors) -> None:
    start = np.array(before)
    parts = split_change(start, [np.full(len(start), one) for one in factors])
    assert sum(parts) == pytest.approx(start * (np.prod(factors) - 1), rel=1e-6, abs=1e-6)


# Costs


def test_redress_follows_complaints_upheld_by_hand(bank, policy, outlook) -> None:
    found = run(bank, policy, outlook, shock(move("complaints", 0.999, 1.0, 1.001)))
    costs = found.costs.set_index("item")
    assert costs.loc["redress", "before"] == pytest.approx(12 * 84 * 0.25 * 103, rel=0.05)
    assert costs.loc["redress", "after"] == pytest.approx(2 * costs.loc["redress", "before"], rel=0.01)
    assert costs.loc["total", "more"] == pytest.approx(costs["more"].drop("total").sum())


def test_a_fine_is_paid_once_and_one_that_is_late_is_said(bank, policy, outlook) -> None:
    soon = shock(move("fine", 90.0, 100.0, 110.0, delay_months=3), months=6, size=2.0)
    late = shock(move("fine", 90.0, 100.0, 110.0, delay_months=12), id="late")
    found = run(bank, policy, outlook, soon, late)
    assert found.costs.set_index("item").loc["fines", "after"] == pytest.approx(200, rel=0.01)
    assert "it falls due after more than a year" in set(found.omitted["reason"])


def test_a_part_that_is_upheld_more_often_moves_the_bank_by_its_complaints(bank, policy, outlook) -> None:
    """Two thirds of the complaints are about cards, half come by phone."""

    def moved(*more, **felt):
        found = run(bank, policy, outlook, shock(move("upheld", 0.299, 0.3, 0.301, **felt)), *more)
        row = found.table.set_index("indicator_id").loc["upheld_rate"]
        return row["after"] - row["before"], found

    whole, _ = moved()
    cards, found = moved(product="credit_card")
    assert whole == pytest.approx(0.3, abs=0.002)
    assert cards == pytest.approx(0.3 * 2 / 3, abs=0.005)
    assert found.costs.set_index("item").loc["redress", "more"] > 0
    assert found.omitted.empty
    assert moved(channel="phone")[0] == pytest.approx(0.15, abs=0.005)
    surge = shock(move("complaints", 1.999, 2.0, 2.001, product="credit_card"), id="surge")
    assert moved(surge, product="credit_card")[0] == pytest.approx(0.3 * 6 / 7, abs=0.005)
    for nowhere in ({"product": "wealth"}, {"category": "fees"}):
        found = run(bank, policy, outlook, shock(move("upheld", 0.2, 0.3, 0.4, **nowhere)))
        assert ("upheld_rate", "the source has no complaints there") in set(
            found.omitted.itertuples(index=False, name=None)
        )
        assert "upheld_rate" not in set(found.table["indicator_id"])


def test_customers_of_one_product_who_leave_are_left_out_and_that_is_said(bank, policy, outlook) -> None:
    found = run(bank, policy, outlook, shock(move("retention", -0.3, -0.2, -0.1, product="mortgage")))
    assert "retention" not in set(found.table["indicator_id"])
    assert "income" not in set(found.costs["item"])
    assert found.omitted["reason"].tolist() == ["this source or this run has nothing that it could move"]


def test_what_more_complaints_would_move_and_is_not_known_is_said(take_in, default_policy, outlook) -> None:
    rows = [
        {
            "complaint_id": f"c{n}",
            "received_at": f"2024-{1 + n % 9:02d}-03",
            "unit_id": "u",
            "product": "mortgage",
        }
        for n in range(90)
    ]
    bare = take_in(as_of="2024-09-30", complaints=rows)
    found = run(
        bare, only(default_policy, "complaint_rate"), outlook, shock(move("complaints", 0.5, 1.0, 1.5))
    )
    said = set(found.omitted.itertuples(index=False, name=None))
    assert ("complaint_rate", "the source does not give this indicator") in said


# Who turns red


def test_a_shock_of_one_channel_is_felt_by_its_share(bank, policy, outlook) -> None:
    parts = drawn(shock(move("complaints", 0.999, 1.0, 1.001, channel="phone")))
    mix = complaint_mix(bank, parts, last=pd.Period("2024-09", freq="M"))
    assert mix.share(parts[0].movement, ["product"]) == pytest.approx([0.5, 0.5], abs=0.01)
    found = run(bank, policy, outlook, shock(move("complaints", 0.999, 1.0, 1.001, channel="phone")))
    ratio = found.complaints["stressed"].sum() / found.complaints["expected"].sum()
    assert ratio == pytest.approx(1.5, abs=0.01)


def test_an_outlook_may_be_by_product_and_unit(bank, policy, outlook) -> None:
    made = sure_outlook({"one": 56.0, "other": 12.0, "third": 16.0}, horizon=12)
    keys = pd.DataFrame({"product": ["credit_card", "mortgage", "mortgage"], "unit_id": ["a", "a", "b"]})
    by_unit = replace(made, panel=replace(made.panel, keys=keys))
    more = {"size": 1.0, "months": 12}
    of_unit = shock(move("complaints", 0.999, 1.0, 1.001, unit_id="b"), **more)
    found = run(bank, policy, by_unit, of_unit)  # 16 a month, though last year all mortgages were of b
    assert (found.complaints["stressed"] - found.complaints["expected"]).tolist() == pytest.approx(
        [16.0] * 12, rel=2e-3
    )
    by_phone = shock(move("complaints", 0.999, 1.0, 1.001, channel="phone"), **more)
    shares = [
        complaint_mix(bank, drawn(by_phone), last=pd.Period("2024-09", freq="M")).share_of(
            one, drawn(by_phone)[0].movement
        )
        for one in (keys, keys[["product"]])
    ]
    assert shares[0] == pytest.approx([0.5, 0.0, 0.5], abs=0.01)  # of mortgages in unit a nothing is known
    assert shares[1] == pytest.approx([0.5, 0.5, 0.5], abs=0.01)
    alike = shock(move("complaints", 0.999, 1.0, 1.001), **more)
    one, other = (run(bank, policy, ahead, alike) for ahead in (by_unit, outlook))
    pd.testing.assert_frame_equal(one.handling, other.handling, rtol=1e-6)


def test_a_shock_of_one_product_turns_red_who_has_it(bank, policy, outlook) -> None:
    card = score(bank, policy, period="2024Q3")
    found = run(
        bank,
        policy,
        outlook,
        shock(move("complaints", 19.0, 20.0, 21.0, product="credit_card")),
        scorecard=card,
    )
    rows = found.turning.set_index(["of", "id"])
    assert rows.loc[("unit_id", "a"), "after"] / rows.loc[("unit_id", "a"), "before"] == pytest.approx(
        21, rel=0.02
    )
    assert rows.loc[("unit_id", "b"), "after"] == rows.loc[("unit_id", "b"), "before"]
    assert rows.loc[("product", "mortgage"), "rating"] == rows.loc[("product", "mortgage"), "rating_before"]
    assert found.turning["id"].iloc[0] in {"a", "credit_card"}


# Handlers


def team(a_day=5.0, **fields):
    handlers = a_day / (8 * 0.9)  # 8 hours a day, a tenth away, one hour a case
    given_ = {
        "id": "desk",
        "name_en": "Desk",
        "name_zh": "台",
        "handlers": handlers,
        "hours_a_day": 8.0,
        "absence": 0.1,
        "minutes_a_case": {"mean": 60.0, "cv": 1.0},
        "basis": "a test",
        "set_by": "tests",
    }
    return Capacity.model_validate({"teams": (given_ | fields,)}, strict=False)


def test_what_a_team_can_do_is_its_hours_over_the_time_of_a_case(bank) -> None:
    mix = complaint_mix(bank, [], last=pd.Period("2024-09", freq="M"))
    products = pd.DataFrame({"product": ["credit_card", "mortgage"]})
    (found,) = team_capacities(team(6.0), bank.complaints, mix, products)
    assert (found.a_day, found.is_estimated) == (pytest.approx(6.0), False)
    (cards,) = team_capacities(
        team(6.0, handles={"products": ("credit_card",)}), bank.complaints, mix, products
    )
    assert cards.share.tolist() == [1.0, 0.0]
    (guessed,) = team_capacities(None, bank.complaints, mix, products)
    assert guessed.is_estimated
    assert 3.5 <= guessed.lower <= guessed.upper <= 6


def test_a_team_of_one_channel_handles_its_share_alone(bank, policy, outlook) -> None:
    phone = team(6.0, handles={"channels": ("phone",)})
    found = run(bank, policy, outlook, shock(move("complaints", 0.999, 1.0, 1.001)), capacity=phone)
    assert found.handling["load_without"].iloc[0] == pytest.approx(84 / 21 / 6 / 2, rel=0.02)
    wrong = team(6.0, handles={"categories": ("fees",)})
    with pytest.raises(
        ParameterError, match="team desk handles complaints by category, which the complaints do"
    ):
        run(bank, policy, outlook, shock(move("complaints", 0.5, 1.0, 1.5)), capacity=wrong)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (
            move("staff", -0.3, -0.2, -0.1, unit_id="a"),
            "this source or this run has nothing that it could move",
        ),
        (move("handling_time", 0.1, 0.2, 0.3, product="mortgage"), "this source or this run has nothing"),
        (move("staff", -0.3, -0.2, -0.1, team="night"), "there is no team of this name"),
        (move("loss_frequency", 0.5, 1.0, 2.0, unit_id="a"), "this source or this run has nothing"),
        (move("redress", 0.5, 1.0, 2.0, product="mortgage"), "this source or this run has nothing"),
    ],
)
def test_what_only_a_part_feels_is_not_felt_by_all(bank, policy, outlook, losses, one, reason) -> None:
    found = run(bank, policy, outlook, shock(one), losses=losses, capacity=team(6.0))
    assert found.costs["more"].tolist() == [0.0] * len(found.costs)
    assert found.handling["within_7_with"].equals(found.handling["within_7_without"])
    assert any(said.startswith(reason) for said in found.omitted["reason"])


def test_a_scenario_of_fines_alone_applies(bank, policy, outlook) -> None:
    found = run(bank, policy, outlook, shock(move("fine", 90.0, 100.0, 110.0)))
    assert found.table.empty or found.turned == 0
    assert found.applied
    assert "did not apply" not in found.sentence


def severe_team(a_day=6.0, **fields):
    """Two teams: a desk that hands major complaints to a lead and does serious ones first."""
    desk = team(a_day).teams[0].model_dump(mode="json")
    classes = [
        {"severity": "serious", "share": 0.3},
        {"severity": "major", "share": 0.1, "handled_by": "lead"},
    ]
    lead = desk | {"id": "lead", "handlers": 2.0 / (8 * 0.9), "priorities": []}
    content = {"teams": [desk | {"priorities": classes} | fields, lead]}
    return check_parameters(content, Capacity, where="capacity.yaml")


def test_the_more_severe_are_done_first_or_by_another_team(bank, policy, outlook) -> None:
    surge = shock(move("complaints", 0.999, 1.0, 1.001), months=3)
    found = run(bank, policy, outlook, surge, capacity=severe_team())
    assert found.handling["load_without"].iloc[[0, 12]].tolist() == pytest.approx([0.6, 0.2], rel=0.01)
    rows = found.classes.set_index(["team", "severity"])
    first = rows.groupby(level=[0, 1])["complaints_without"].first()
    assert first.to_dict() == pytest.approx(
        {("desk", "serious"): 25.2, ("desk", "ordinary"): 50.4, ("lead", "major"): 8.4}, rel=0.01
    )
    serious, ordinary = rows.loc[("desk", "serious")], rows.loc[("desk", "ordinary")]
    assert (serious["within_3_with"] > 0.99).all()
    assert ordinary["within_3_with"].iloc[2] < serious["within_3_with"].iloc[2] - 0.3
    both = serious["backlog_with"].to_numpy() + ordinary["backlog_with"].to_numpy()
    desk = found.handling[found.handling["team"] == "desk"]
    assert both == pytest.approx(6 * desk["backlog_with"].to_numpy(), abs=4)
    listed = list_classes(found)
    assert listed.frame["Severity"].tolist() == ["serious", "ordinary", "major"]
    worst = ordinary.reset_index().set_index("period")["within_7_with"].idxmin()
    assert listed.frame["Month"].tolist()[1] == worst == "2024-12"  # the last of the surge


def test_a_team_that_hands_all_of_a_kind_over_has_none_of_it(bank, policy, outlook) -> None:
    handed = severe_team(
        priorities=[
            {"severity": "serious", "share": 0.8},
            {"severity": "major", "share": 0.2, "handled_by": "lead"},
        ]
    )
    found = run(bank, policy, outlook, shock(move("complaints", 0.1, 0.2, 0.3)), capacity=handed)
    assert found.classes.groupby(["team", "severity"]).size().to_dict() == {
        ("desk", "serious"): 12,
        ("lead", "major"): 12,
    }


def test_a_month_of_classes_is_that_of_their_nested_queues() -> None:
    serious, ordinary = Poisson(rate=2.0), Poisson(rate=7.0)
    queues = priority_queue([serious, ordinary], 10.25)
    (first,) = class_month(None, serious, 10.25, backlogs=[0], days=400, deadlines=(0, 3))
    (second,) = class_month(serious, ordinary, 10.25, backlogs=[0], days=4_000, deadlines=(0, 1, 3))
    assert first[:2] == pytest.approx([queues[0].done_within(days) for days in (0, 3)], abs=1e-6)
    assert second[:3] == pytest.approx([queues[1].done_within(days) for days in (0, 1, 3)], abs=2e-3)
    assert second[3] == pytest.approx(sum(one.mean_backlog for one in queues), rel=1e-3)
    assert second[0] < 0.99 < first[0]


def test_classes_together_vary_as_both() -> None:
    serious, ordinary = NegativeBinomial(mean=2.0, dispersion=0.5), NegativeBinomial(mean=7.0, dispersion=0.1)
    both = NegativeBinomial(mean=9.0, dispersion=(0.5 * 2.0**2 + 0.1 * 7.0**2) / 9.0**2)
    (found,) = class_month(serious, ordinary, 10.25, backlogs=[4], days=21, deadlines=(3,))
    course = deadline_course([both] * 21, 10.25, backlog=4)
    assert found[1] == pytest.approx(course.mean_backlog[-1], rel=1e-9)


def test_severities_are_those_of_the_complaints_where_no_one_gives_them(bank, take_in) -> None:
    rows = bank.complaints.frame().astype("str").replace({"<NA>": "", "NaT": "", "nan": ""})
    rows["severity"] = np.where(np.arange(len(rows)) % 5 == 0, "serious", "ordinary")
    told = take_in(
        complaints=rows[
            ["complaint_id", "received_at", "resolved_at", "unit_id", "product", "severity"]
        ].to_dict("records")
    )
    mix = complaint_mix(told, [], last=pd.Period("2024-09", freq="M"))
    (found,) = team_capacities(None, told.complaints, mix, pd.DataFrame({"product": ["credit_card"]}))
    assert {name: share.item() for name, share in found.classes} == pytest.approx(
        {"serious": 0.2, "ordinary": 0.8}, abs=0.01
    )


def test_severities_of_later_complaints_are_not_looked_at(take_in) -> None:
    rows = [
        {
            "complaint_id": f"c{number}",
            "received_at": f"{day:%Y-%m-%d}",
            "resolved_at": f"{day:%Y-%m-%d}",
            "unit_id": "a",
            "product": "credit_card",
            "severity": "ordinary" if day.year < 2025 else "major",
        }
        for number, day in enumerate(pd.bdate_range("2024-01-01", "2025-03-31"))
    ]
    told = take_in(as_of="2025-03-31", complaints=rows)
    mix = complaint_mix(told, [], last=pd.Period("2024-12", freq="M"))
    (found,) = team_capacities(None, told.complaints, mix, pd.DataFrame({"product": ["credit_card"]}))
    assert [name for name, _ in found.classes] == ["ordinary"]


def test_what_no_one_can_do_is_left_however_much_it_is() -> None:
    """A hundred come in months in which 42 can be done: no deadline says how many more are left."""
    shares = {"serious": np.full(1, 0.3), "ordinary": np.full(1, 0.7)}
    desk = TeamCapacity(
        id="desk",
        a_day=2.0,
        lower=2.0,
        upper=2.0,
        share=np.ones(1),
        dispersion=0.0,
        is_estimated=False,
        classes=tuple(shares.items()),
    )
    counts, able = np.full((20, 1, 6), 100.0), np.ones((20, 6))
    months = pd.period_range("2024-10", periods=6, freq="M")
    found = class_rows(desk, (counts, counts), (able, able), months, (3, 7))
    left = found.pivot_table(index="period", columns="severity", values="backlog_with")
    assert (left["serious"] < 5).all()
    assert left.sum(axis=1).tolist() == pytest.approx([58.0 * (2 + month) for month in range(6)], abs=0.1)


def test_load_is_complaints_over_what_can_be_done(bank, policy, outlook) -> None:
    found = run(
        bank, policy, outlook, shock(move("complaints", 0.999, 1.0, 1.001), months=3), capacity=team(10.0)
    )
    assert found.handling["load_without"].tolist() == pytest.approx([84 / 21 / 10] * 12, rel=0.01)
    assert found.handling["load_with"].tolist() == pytest.approx([0.8] * 3 + [0.4] * 9, rel=0.01)


def test_teams_that_all_get_slower_can_be_read_from_their_table() -> None:
    """What they can do without the scenario lies above all that they can do with it."""
    able = {"a_day": 5.0, "lower": 4.0, "upper": 6.0, "dispersion": 0.0, "is_estimated": True}
    bank_ = TeamCapacity(id="bank", share=np.ones(2), **able)
    counts = np.full((40, 2, 3), 35.0)
    parts = drawn(shock(move("handling_time", 0.4, 0.5, 0.6)), months=3, size=40)
    periods = pd.period_range("2024-10", periods=3, freq="M")
    found = handle([bank_], parts, (counts, counts), periods, slice(0, 3), {})
    assert found.table["staff"].to_numpy() == pytest.approx([2 / 3] * 3, rel=0.02)
    assert (found.table["within_7_with"] < found.table["within_7_without"]).all()


def test_the_state_before_is_the_scorecards_where_it_is_of_the_same_quarter(bank, policy, outlook) -> None:
    card = score(bank, policy, period="2024Q3")
    wrong = replace(card, indicators=card.indicators.assign(estimate=0.0, rating="red"))
    shocks = shock(move("complaints", 0.9, 1.0, 1.1), move("upheld", 0.01, 0.02, 0.03))
    plain, given_ = (run(bank, policy, outlook, shocks, scorecard=one) for one in (None, card))
    pd.testing.assert_frame_equal(plain.table, given_.table)
    assert (run(bank, policy, outlook, shocks, scorecard=wrong).table["before"] == 0).all()
    for other in (
        {"period": "2024Q2"},
        {"data_digest": "another"},
        {"policy": card.policy + pd.Timedelta(days=1)},
    ):
        found = run(bank, policy, outlook, shocks, scorecard=replace(wrong, **other))
        pd.testing.assert_frame_equal(plain.table, found.table)


def test_overload_waits_and_recovers(bank, policy, outlook) -> None:
    found = run(
        bank, policy, outlook, shock(move("complaints", 0.999, 1.0, 1.001), months=3), capacity=team(6.0)
    )
    backlog = found.handling["backlog_with"].to_numpy()
    fluid = 3 * (168 - 126) / 6  # days of work after three months of eight a day where six can be done
    assert backlog[2] == pytest.approx(fluid, rel=0.1)
    assert (np.diff(backlog[:3]) > 0).all()
    assert (np.diff(backlog[2:6]) < 0).all()
    assert (
        found.handling["recovery"].iloc[0] >= 5
    )  # 21 days of work at two a day more than comes: three months
    assert found.handling["staff_needed"].iloc[0] >= 1.1
    seven = found.table.set_index("indicator_id").loc["resolved_7wd"]
    assert seven["after"] < 0.6 * seven["before"]


@settings(max_examples=8, deadline=None)
@given(size=st.floats(0, 2), more=st.floats(0, 1), missing=st.floats(0, 0.4))
def test_more_shock_is_never_better(bank, policy, outlook, losses, size, more, missing) -> None:
    def at(times, away):
        moves = (
            move("complaints", 0.5, 1.0, 1.5),
            move("loss_frequency", 0.1, 0.2, 0.3),
            move("staff", -0.9, -0.8, -0.7),
        )
        first, second, third = (shock(one, id=f"s{place}", months=3) for place, one in enumerate(moves))
        third["size"] = away
        first["size"] = second["size"] = times
        return run(bank, policy, outlook, first, second, third, losses=losses, capacity=team(7.0))

    less, worse = at(size, missing), at(size + more, missing)
    fewer = at(size, missing + 0.2)
    assert (worse.complaints["stressed"] >= less.complaints["stressed"] - 1e-9).all()
    assert worse.losses["value_at_risk"].iloc[1] >= less.losses["value_at_risk"].iloc[1] * (1 - 1e-6)
    for other in (worse, fewer):
        assert (other.handling["backlog_with"] >= less.handling["backlog_with"] - 0.05).all()
        assert (other.handling["within_7_with"] <= less.handling["within_7_with"] + 0.01).all()


@pytest.mark.parametrize("nothing", [{"months": 0}, {"size": 0.0}])
def test_no_shock_changes_nothing(bank, policy, outlook, losses, nothing) -> None:
    moves = [move(what, 0.5, 1.0, 1.5) for what in ("complaints", "loss_frequency", "handling_time")]
    found = run(bank, policy, outlook, shock(*moves, **nothing), losses=losses, capacity=team(6.0))
    assert found.complaints["stressed"].equals(found.complaints["expected"])
    assert found.costs["more"].tolist() == [0.0] * len(found.costs)
    assert len(set(found.losses["value_at_risk"])) == 1
    assert found.handling["within_7_with"].equals(found.handling["within_7_without"])
    assert found.table["after"].to_numpy() == pytest.approx(found.table["before"].to_numpy())
    assert found.turned == 0


@settings(max_examples=10, deadline=None)
@given(
    months=st.integers(1, 6),
    shape=st.sampled_from(["step", "ramp_up", "ramp_down"]),
    half_life=st.sampled_from([0.0, 1.5]),
)
def test_a_month_later_shifts_what_complaints_are_multiplied_by(
    bank, policy, outlook, months, shape, half_life
) -> None:
    one = shock(move("complaints", 0.5, 1.0, 1.5), months=months, shape=shape, half_life_months=half_life)
    found = [
        stress(bank, make_scenario(start_month=start, severe={"shocks": [one]}), policy, outlook=outlook)
        for start in (1, 2)
    ]
    now, later = (test.complaints["stressed"].to_numpy() for test in found)
    usual = [test.complaints["expected"].to_numpy() for test in found]
    assert usual[0].tolist() == usual[1].tolist()
    assert (later / usual[1])[1:] == pytest.approx((now / usual[0])[:-1], rel=1e-9)
    assert later[0] == usual[1][0]


def test_what_shocks_add_adds_up(bank, policy, outlook, losses) -> None:
    shocks = [
        shock(move("complaints", 0.5, 1.0, 1.5), move("loss_severity", 0.1, 0.5, 0.6), id="one", months=3),
        shock(
            move("complaints", 0.1, 0.4, 0.5, product="mortgage"),
            move("loss_frequency", 0.2, 0.3, 0.4),
            id="two",
        ),
    ]
    found = run(bank, policy, outlook, *shocks, losses=losses)
    more = found.complaints["stressed"].sum() - found.complaints["expected"].sum()
    assert found.by_shock["complaints"].sum() == pytest.approx(more, rel=1e-9)
    assert found.by_shock["money"].sum() == pytest.approx(found.losses["mean"].diff().iloc[1], rel=1e-9)


# The mean response


def test_the_mean_response_is_that_of_sure_paths(bank, policy, outlook, losses) -> None:
    shocks = [
        shock(move("complaints", 0.999, 1.0, 1.001), move("loss_frequency", 0.499, 0.5, 0.501), months=3)
    ]
    paths = run(bank, policy, outlook, *shocks, losses=losses, capacity=team(7.0))
    mean = mean_response(bank, scenario(*shocks), outlook=outlook, losses=losses, capacity=team(7.0))
    found = mean.respond([[0.0], [1.0], [2.0]])
    assert found.complaints[1] == pytest.approx(paths.complaints["stressed"].to_numpy(), rel=2e-3)
    assert found.losses[:2] == pytest.approx(paths.losses["mean"].to_numpy(), rel=1e-3)
    assert found.in_time[7][1] == pytest.approx(paths.handling["within_7_with"].to_numpy(), abs=0.06)
    assert found.backlog[1] == pytest.approx(paths.handling["backlog_with"].to_numpy(), abs=0.5)
    assert (np.diff(found.complaints.sum(axis=1)) > 0).all()
    assert (np.diff(found.losses) > 0).all()
    for wrong in ([[1.0, 2.0]], [[4.0]], [[-1.0]], [1.0]):
        with pytest.raises(ParameterError, match="sizes of shocks have the shape"):
            mean.respond(wrong)


def test_a_mean_response_needs_months(bank) -> None:
    quarters = make_outlook(make_panel({"credit_card": [1.0] * 8}, end="2024Q3"), np.ones((1, 4, 1)))
    with pytest.raises(ParameterError, match="forecast by product and month"):
        mean_response(bank, scenario(shock(move("fine", 1.0, 2.0, 3.0))), outlook=quarters)


# What is said


def test_listings_say_what_the_tables_hold(bank, policy, outlook, losses) -> None:
    card = score(bank, policy, period="2024Q3")
    moves = move("complaints", 0.9, 1.0, 1.1), move("loss_frequency", 0.4, 0.5, 0.6)
    found = run(
        bank, policy, outlook, shock(*moves, months=3), scorecard=card, losses=losses, capacity=team(6.0)
    )
    handling, costs, shocks = list_handling(found), list_costs(found), list_shocks(found)
    assert handling.sentence.startswith(
        "The handlers can finish 6 complaints a working day. In the middle case"
    )
    assert handling.frame["Load [of capacity]"].iloc[0] == "67% → 133%"
    assert f"{found.costs['more'].iloc[-1] / 1000:.0f} thousand CNY more" in costs.sentence
    assert costs.frame["What"].tolist()[-1] == "All of these"
    assert shocks.frame["Complaints more"].tolist() == [f"{found.by_shock['complaints'].iloc[0]:+,.0f}"]
    assert list_turning(found, card).sentence.endswith("turn red by their rate of complaints.")
    assert "Value-at-risk 99.9%" in list_stressed_losses(found).frame


def test_a_capacity_that_is_estimated_says_so(bank, policy, outlook) -> None:
    found = run(bank, policy, outlook, shock(move("complaints", 0.9, 1.0, 1.1), months=3))
    assert "they may be able to do more" in list_handling(found).sentence
    assert list_stressed_losses(found).frame.empty
