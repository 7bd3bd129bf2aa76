"""What is read of stress tests: cards, customer groups, costs and their periods, scenarios beside each other."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from babel.messages.pofile import read_po, write_po
from matplotlib import pyplot as plt
from small_bank import make_replay, make_scenario, make_stress, only, sure_outlook

from riskmodels.labels import LOCALE, use_language
from riskmodels.losses import Exponential, LossCell, Poisson, aggregate_losses
from riskmodels.losses.experience import LossAssessment
from riskmodels.parameters.plans import Drill, Gap, load_plans
from riskmodels.reporting.listings import (
    list_card,
    list_costs,
    list_handling,
    list_omitted,
    list_scenario,
    list_scenario_costs,
    list_scenarios,
    list_shocks,
    list_stress,
    list_stressed_groups,
    list_turning,
)
from riskmodels.reporting.listings.cards import _grouped
from riskmodels.reporting.plots import (
    plot,
    plot_handling,
    plot_stressed_losses,
    plot_turning,
)
from riskmodels.scorecard import rate_draws, score
from riskmodels.stresstest import StressTest, compare, stress
from riskmodels.stresstest.comparing import needs_of_handlers, turned_red
from riskmodels.stresstest.groups import _draws

pytestmark = pytest.mark.whole

GROUPS = ("general", "elderly", "rare")
NAMES = {*GROUPS, "mortgage", "credit", "card", "fraud"}  # of the data: an own catalogue may name them


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")
    use_language("en")


def move(what, change, **felt):
    ends = {"low": change - 1e-6, "mode": change, "high": change + 1e-6}
    return {
        "what": what,
        "change": {**ends, "basis": "basis of a test", "basis_zh": "测试依据", "set_by": "测试"},
        **felt,
    }


def shock(*moves, months=3, **fields):
    named = {"id": "shock", "name_en": "Shock", "name_zh": "冲击", "unit_en": "times", "unit_zh": "倍"}
    return named | {"size": 1.0, "months": months, "moves": list(moves)} | fields


@pytest.fixture(scope="module")
def bank(take_in):
    """A year of four complaints a working day; elderly customers wait long in one of four cases."""
    complaints = []
    for number, day in enumerate(np.repeat(pd.bdate_range("2023-10-02", "2024-09-30"), 4)):
        group = {1000: "rare", 1001: ""}.get(number, GROUPS[number % 2])
        late = number % 8 == 1 or (number % 8 == 5 and number % 16 == 5)
        resolved = day + pd.Timedelta(days=30 if late else 1)
        complaints.append(
            {
                "complaint_id": f"c{number}",
                "received_at": f"{day:%Y-%m-%d} 10:00:00",
                "resolved_at": f"{resolved:%Y-%m-%d} 10:00:00",
                "unit_id": "a" if number % 3 else "b",
                "product": "credit_card" if number % 3 else "mortgage",
                "customer_group": group,
                "upheld": "true" if number % 4 == 0 else "false",
                "redress": f"{100 + number % 7}" if number % 4 == 0 else "",
            }
        )
    months = pd.period_range("2023-10", "2024-09", freq="M").astype(str)
    exposure = [
        {"unit_id": unit, "product": product, "month": f"{month}-01", "accounts": 600_000}
        for month in months
        for unit, product in (("a", "credit_card"), ("b", "mortgage"))
    ]
    return take_in(as_of="2024-12-31", complaints=complaints, exposure=exposure)


@pytest.fixture(scope="module")
def policy(default_policy):
    return only(default_policy, "complaint_rate", "resolved_7wd", "resolved_3wd", "upheld_rate")


@pytest.fixture(scope="module")
def card(bank, policy):
    return score(bank, policy, period="2024Q3")


@pytest.fixture(scope="module")
def losses():
    cells = [LossCell(name="fraud · credit_card", frequency=Poisson(rate=40), severity=Exponential(5e3))]
    return make_losses(aggregate_losses(cells))


def make_losses(distribution) -> LossAssessment:
    """Only the distribution of an assessment is looked at here."""
    made = object.__new__(LossAssessment)
    object.__setattr__(made, "distribution", distribution)
    return made


@pytest.fixture(scope="module")
def run(bank, policy, card, losses):
    def made(*shocks, horizon=6, id_="by_hand", **given) -> StressTest:
        scenario = make_scenario(severe={"shocks": list(shocks)}).model_copy(update={"id": id_})
        outlook = sure_outlook({"credit_card": 56.0, "mortgage": 28.0}, horizon=horizon)
        given = {"scorecard": card, "losses": losses} | given
        return stress(bank, scenario, policy, outlook=outlook, **given)

    return made


@pytest.fixture(scope="module")
def surge(run) -> StressTest:
    """Complaints double, losses are more frequent, a third of the handlers is away."""
    return run(
        shock(move("complaints", 1.0), move("indicator", -0.1, indicator="resolved_7wd", per="doubling_of_complaints")),
        shock(move("loss_frequency", 0.5), move("staff", -0.3), id="other", name_en="Other", months=2),
    )  # fmt: skip


# The state before


def test_an_indicator_that_is_held_red_does_not_turn_red(bank, policy, card, run) -> None:
    rows = card.indicators
    held = (rows["unit_id"] == "") & (rows["indicator_id"] == "complaint_rate")
    red = replace(card, indicators=rows.assign(rating=rows["rating"].mask(held, "red")))
    shocks = shock(move("complaints", 9.0))
    found, without = (
        run(shocks, scorecard=one).table.set_index("indicator_id").loc["complaint_rate"]
        for one in (red, None)
    )
    assert (found["rating_before"], found["rating"]) == ("red", "red")
    assert (without["rating_before"], without["rating"]) == ("green", "red")  # the quarter alone
    other = replace(red, period="2024Q2")  # of another quarter: it says nothing of the state before
    assert (
        run(shocks, scorecard=other).table["rating_before"].tolist()
        == run(shocks).table["rating_before"].tolist()
    )


def row(**fields) -> pd.DataFrame:
    usual = {"indicator_id": "resolved_7wd", "amber": 0.99, "red": 0.95, "rating": "insufficient", "basis": "open",
             "estimate": 0.94, "own": 0.94, "figure": 0.94}  # fmt: skip
    return pd.DataFrame([usual | fields])


@pytest.mark.parametrize(
    ("fields", "beyond", "wanted"),
    [
        ({"rating": "red", "basis": "held"}, 0.6, "red"),  # still likelier than not
        ({"rating": "red", "basis": "held"}, 0.3, "amber"),
        ({}, 0.6, "amber"),
        ({}, 0.97, "red"),
        ({"basis": "few"}, 1.0, "insufficient"),
        ({"basis": "against", "own": 0.999, "figure": 0.999}, 0.97, "insufficient"),
        ({"basis": "against", "own": 0.98, "figure": 0.98}, 0.97, "amber"),
        ({"basis": "against", "own": 0.945, "figure": 0.945}, 0.97, "red"),
    ],
)
def test_a_rating_under_a_scenario_rests_on_what_it_rested_on(policy, fields, beyond, wanted) -> None:
    draws = np.where(np.arange(1000) < 1000 * beyond, 0.93, 0.97)[None]
    rows = row(**fields) if "own" not in fields else row(**fields, estimate=float(draws.mean()))
    assert rate_draws(rows, draws, policy)["rating"].tolist() == [wanted]


# Customer groups


def test_customer_groups_move_as_the_bank_does(surge, bank) -> None:
    rows = surge.groups[surge.groups["indicator_id"] == "resolved_7wd"].set_index("id")
    bank_ = surge.table.set_index("indicator_id").loc["resolved_7wd"]
    assert set(rows.index) <= set(GROUPS)
    assert rows.loc["elderly", "before"] < rows.loc["general", "before"]
    for group in ("elderly", "general"):
        assert rows.loc[group, "after"] / rows.loc[group, "before"] == pytest.approx(
            bank_["after"] / bank_["before"], rel=0.02
        )
    assert (surge.groups["p_red"] >= surge.groups["p_red_before"] - 1e-9).all()
    assert set(surge.groups.loc[surge.groups["cases"] < 5, "rating"]) <= {"insufficient"}


def test_the_group_whose_probability_of_red_rises_most_is_first(surge) -> None:
    rise = surge.groups["p_red"] - surge.groups["p_red_before"]
    assert rise.is_monotonic_decreasing
    assert rise.iloc[0] > rise.iloc[-1]


def test_groups_are_overdispersed_as_the_bank() -> None:
    rows = pd.DataFrame({"numerator": [90.0] * 2, "denominator": [100.0] * 2, "dispersion": [1.0, 4.0]})
    sure, unsure = _draws(rows, 4000).std(axis=1)
    assert unsure / sure == pytest.approx(2, rel=0.1)


def test_a_share_that_follows_from_no_queue_moves_in_points(run) -> None:
    found = run(shock(move("upheld", 0.2)))
    rows = found.groups[found.groups["indicator_id"] == "upheld_rate"].set_index("id")
    assert (rows["after"] - rows["before"]).loc[["general", "elderly"]].tolist() == pytest.approx(
        [0.2] * 2, abs=1e-3
    )


def test_without_customer_groups_that_is_said(surge, run, policy) -> None:
    nothing = run(shock(move("complaints", 1.0), months=0))
    assert nothing.groups.empty
    assert list_stressed_groups(nothing, policy).sentence.startswith("Customer groups are not shown")
    said = list_stressed_groups(surge, policy)
    turned = surge.groups[(surge.groups["rating"] == "red") & (surge.groups["rating_before"] != "red")]
    assert said.sentence.startswith(
        f"{turned['id'].nunique()} of {surge.groups['id'].nunique()} customer groups"
    )


# Costs, and what was not used


def test_costs_of_different_periods_are_not_added_up(surge, run) -> None:
    costs = surge.costs.set_index("item")
    assert costs["months"].drop("total").to_dict() == {"losses": 12, "redress": 6}
    assert costs.loc["total", ["months", "before", "after"]].isna().all()
    assert costs.loc["total", "more"] == pytest.approx(costs["more"].drop("total").sum())
    listing = list_costs(surge)
    assert listing.sentence.endswith("Redress is of the 6 months of the outlook, all else of a year.")
    assert listing.frame["What"].tolist() == [
        "Losses of a year",
        "Redress of 6 months",
        "All that the scenario adds",
    ]
    assert listing.frame.iloc[-1, 1:3].tolist() == ["–", "–"]
    year = run(shock(move("complaints", 1.0)), horizon=12)
    whole = year.costs.set_index("item")
    assert whole.loc["total", "before"] == pytest.approx(whole["before"].drop("total").sum())
    assert "Redress is" not in list_costs(year).sentence
    assert list_costs(year).frame["What"].iloc[-1] == "All of these"


def test_what_is_computed_instead_is_said(surge, policy, run) -> None:
    assert ("resolved_7wd", "it is computed from what the handlers can do instead") in set(
        surge.omitted.itertuples(index=False, name=None)
    )
    assert (
        list_omitted(surge, policy).sentence == "1 assumption of the scenario was not used, or only in part."
    )
    assert run(shock(move("complaints", 1.0))).omitted.empty


# Without each shock


def test_the_response_without_a_shock_is_that_of_the_others(surge, run) -> None:
    rows = surge.without.set_index("shock")
    assert rows.index.tolist() == ["", "shock", "other"]
    assert rows.loc["", "complaints"] == pytest.approx(84 * 9, rel=1e-3)
    assert rows.loc["shock", "complaints"] == pytest.approx(84 * 6, rel=1e-9)
    assert rows["losses"].tolist() == pytest.approx([200_000 * (1 + 0.5 * 2 / 12)] * 2 + [200_000], rel=1e-3)
    assert rows.loc["", "backlog"] >= rows.loc["other", "backlog"] >= rows.loc["shock", "backlog"] - 0.5
    assert rows.loc["", "backlog"] > rows.loc["other", "backlog"] + 5  # a third of the handlers, two months
    assert rows["in_time"].between(0, 1).all()
    assert rows.loc["", "in_time"] <= rows["in_time"].min() + 1e-9


def test_the_mean_response_begins_and_is_judged_as_the_paths(run) -> None:
    found = run(shock(move("loss_frequency", 0.5, unit_id="a")))  # whose losses are not known by unit
    row, months = found.without.iloc[0], found.handling
    assert row["losses"] == pytest.approx(200_000, rel=1e-3)
    assert row["in_time"] == pytest.approx(months["within_7_with"].min())
    assert row["backlog"] == pytest.approx(months["backlog_with"].max())


def test_paths_hold_what_the_tables_hold(surge) -> None:
    more = surge.complaints["stressed"].sum() - surge.complaints["expected"].sum()
    assert surge.paths["complaints"].mean() == pytest.approx(more)
    costs = surge.costs.set_index("item")["more"]
    assert surge.paths["money"].mean() == pytest.approx(costs["total"])
    assert surge.paths["paid"].mean() == pytest.approx(costs["redress"])
    assert (surge.paths["backlog"] >= 0).all()
    assert (surge.paths["backlog"].mean() >= surge.handling["backlog_with"] * (1 - 1e-6)).all()


def test_standards_are_the_months_of_the_handlers(surge, policy) -> None:
    rows = surge.standards[surge.standards["indicator_id"] == "resolved_7wd"]
    assert rows["missed"].tolist() == surge.handling["missed_7"].tolist()
    assert (rows["lower"] <= rows["share"]).all()
    assert (rows["share"] <= rows["upper"]).all()
    assert set(rows["red"]) == {policy.indicator("resolved_7wd").limits.red}


def test_a_shortage_that_lasts_as_long_as_the_outlook_is_carried(run) -> None:
    found = run(
        shock(move("staff", -0.1), months=12)
    )  # no path with it has as many people as the best without it
    assert (found.handling["load_with"] == found.handling["load_without"]).all()
    assert found.handling["staff"].tolist() == pytest.approx([0.9] * 6, rel=1e-3)


def test_a_scenario_that_does_not_apply_promises_nothing(run, policy, card) -> None:
    found = run(shock(move("complaints", 1.0, product="gold")))
    assert found.without.empty
    assert found.paths["complaints"].isna().all()
    said = dict(
        zip(*(list_card(found, policy, card, None).frame[name] for name in ("What", "Figures")), strict=True)
    )
    assert said["Complaints"] == "they are not multiplied"
    assert list_scenarios(compare([found])).frame["Complaints more (90% interval)"].tolist() == ["–"]


# The card


def test_a_card_holds_everything_on_one_page(surge, policy, card, project) -> None:
    plans = load_plans(project / "params" / "plans.yaml")
    plan = plans.plans[0].model_copy(update={"scenario": "by_hand"})
    listing = list_card(surge, policy, card, plans.model_copy(update={"plans": (plan,)}))
    parts = listing.frame["Part"][lambda part: part != ""].tolist()
    assert parts == [
        "What is assumed", "What happens when", "Standards, 2024-10 – 2024-12", "Money", "Who turns red", "What would help",
        "Plan and drill",
    ]  # fmt: skip
    said = dict(zip(listing.frame["What"], listing.frame["Figures"], strict=True))
    assert said["Shock: 1 times for 3 months"].startswith("complaints +100% per unit (+100% … +100%)")
    assert said["Basis of the ranges"] == "basis of a test. Set by: 测试."
    assert said["Complaints, expected → with the scenario (90% interval)"].startswith(
        "2024-10 84 → 168 (168 – 168); 2024-11"
    )
    assert "2024-10" in said["Resolved within seven working days"]
    of_part = dict(zip(listing.frame["Part"], listing.frame["Figures"], strict=True))
    assert re.match(r"Losses of a year: \+.* · Redress of 6 months: \+.* · All that the", of_part["Money"])
    assert of_part["Who turns red"].startswith("Indicators of the bank: ")
    assert re.fullmatch(
        r"([\d.]+|more than 4) times the usual .*",
        said["People that keep complaints in time as without the scenario"],
    )
    assert said["Without: Shock (mean response)"].startswith("504 complaints; at most")
    assert of_part["Plan and drill"].startswith(f"Plan: {plan.owner_en}; 4 steps")
    assert of_part["Plan and drill"].endswith(" · Last drill: none")
    without = list_card(surge, policy, card, None).frame
    assert without["Figures"].iloc[-1] == "Plan: the run names no file of plans"
    assert list_card(surge, policy, card, plans).frame["Figures"].iloc[-1] == "Plan: none is written"
    assert len(listing.frame) < 20


def figures_of(listing) -> dict[str, str]:
    return dict(zip(listing.frame["What"], listing.frame["Figures"], strict=True))


def test_bases_that_begin_alike_are_named_together() -> None:
    assert _grouped(["a prior: calls", "seen in 2025", "a prior: letters"]) == (
        "a prior: calls, letters; seen in 2025"
    )


def test_a_month_of_several_teams_is_as_likely_red_as_the_likeliest(surge, policy, card) -> None:
    idle = surge.standards.assign(team="idle", missed=0.0)
    both = replace(surge, standards=pd.concat([idle, surge.standards, idle]))
    assert figures_of(list_card(both, policy, card, None)) == figures_of(list_card(surge, policy, card, None))


def test_what_costs_no_more_is_as_without_the_scenario(surge, policy, card) -> None:
    test = replace(surge, costs=surge.costs.assign(more=0.0, lower=0.0, upper=0.0))
    frame = list_card(test, policy, card, None).frame.set_index("Part")
    assert frame.loc["Money", "Figures"].startswith("Losses of a year: as without the scenario · Redress")


def test_a_plan_is_told_with_its_reserves_and_the_gaps_that_are_open(surge, policy, card, project) -> None:
    plans = load_plans(project / "params" / "plans.yaml")
    day = date(2026, 5, 4)
    gaps = tuple(Gap(name_en="a gap", name_zh="缺口", closed_on=closed) for closed in (None, day))
    told = {"scenario": "by_hand", "last_drill": Drill(held_on=day, gaps=gaps)}
    plan = next(one for one in plans.plans if one.reserves).model_copy(update=told)
    listing = list_card(surge, policy, card, plans.model_copy(update={"plans": (plan,)}))
    said = listing.frame["Figures"].iloc[-1]
    assert said.endswith("Last drill: 2026-05-04; 1 gap still open")
    assert f"Reserves, and until when they are ready: {plan.reserves[0].name_en} (" in said


def test_a_mean_response_far_from_its_paths_tells_no_share_in_time(surge, policy, card) -> None:
    near, told = surge.handling["within_7_with"].min(), "wait less than 7 working days"
    for in_time, is_told in ((near, True), (near - 0.04, True), (near + 0.2, False)):
        test = replace(surge, without=surge.without.assign(in_time=in_time))
        figures = list_card(test, policy, card, None).frame.set_index("What")["Figures"]
        assert (told in figures["Without: Shock (mean response)"]) == is_told


def test_a_card_of_a_test_that_knows_little_says_so(default_policy, card) -> None:
    frame = list_card(make_stress(), default_policy, card, None).frame
    said = dict(zip(frame["Part"], frame["Figures"], strict=True))
    assert said["Money"] == "Nothing is known"
    assert said["Who turns red"].startswith(
        "Indicators of the bank: 1 (Resolved within seven working days)"
        " · Units, by their rate of complaints: not known"
    )


@pytest.fixture
def chinese(tmp_path: Path):
    """A catalogue in which every text of the program stands between brackets."""
    with (LOCALE / "riskmodels.pot").open("rb") as file:
        found = read_po(file)
    for message in found:
        if isinstance(message.id, str) and message.id:
            message.string = f"〔{message.id}〕"
    with (tmp_path / "zh.po").open("wb") as file:
        write_po(file, found)
    use_language("zh", folder=tmp_path)


def untranslated(text: str) -> list[str]:
    """Return words in Latin letters that stand outside of what is translated."""
    while (shorter := re.sub(r"〔[^〔〕]*〕", "", text)) != text:
        text = shorter
    return re.findall(r"[A-Za-z]{2,}", text)


def test_every_word_of_the_pages_is_in_the_catalogue(surge, policy, card, project, chinese) -> None:
    plans = load_plans(project / "params" / "plans.yaml")
    plan = plans.plans[0].model_copy(update={"scenario": "by_hand"})
    beside = compare([surge, replace(surge, severity="extreme")])
    for listing in (
        list_card(surge, policy, card, plans.model_copy(update={"plans": (plan,)})),
        list_scenario(surge.scenario, "severe", policy),
        list_stress(surge, policy),
        list_handling(surge),
        list_turning(surge, card),
        list_stressed_groups(surge, policy),
        list_costs(surge),
        list_shocks(surge),
        list_scenarios(beside),
        list_scenario_costs(beside),
    ):
        cells = [str(cell) for cell in listing.frame.to_numpy().ravel()]
        left = [word for text in (listing.sentence, *cells) for word in untranslated(text)]
        assert set(left) <= {"CNY", *NAMES}, left
    for axes in (plot(surge), plot_handling(surge), plot_turning(surge), plot(beside), plot(make_replay())):
        for one in axes.figure.axes:
            legend = one.get_legend()
            entries = [text.get_text() for text in legend.get_texts()] if legend else []
            shown = [one.get_xlabel(), one.get_ylabel(), *entries]
            assert not [word for text in shown for word in untranslated(text)], shown


# Scenarios beside each other


def test_scenarios_stand_beside_each_other_worst_first(surge, run) -> None:
    mild = run(shock(move("complaints", 0.2)), id_="mild")
    none = run(shock(move("complaints", 1.0), months=0), id_="none")
    compared = compare([none, surge, mild])
    table = compared.table.set_index("scenario")
    assert table.index.tolist() == ["by_hand", "mild", "none"]
    assert table["worse"].tolist()[:2] == [1.0, 1.0]
    assert np.isnan(table["worse"].iloc[-1])
    assert table.loc["by_hand", "complaints"] == pytest.approx(84 * 3, rel=1e-3)
    assert table.loc["none", ["complaints", "money", "paid"]].tolist() == pytest.approx([0] * 3)
    assert table.loc["by_hand", "missed"] == surge.standards["missed"].max()
    assert table.loc["by_hand", "loss_mean"] > table.loc["mild", "loss_mean"]
    assert (table["complaints_lower"] <= table["complaints_upper"]).all()
    listing = list_scenarios(compared)
    assert listing.sentence.endswith("The probability that it costs more than the next is 100%.")
    assert listing.frame["Scenario"].tolist() == ["By hand, severe"] * 3
    assert listing.frame["Complaints more (90% interval)"].iloc[-1] == "0"
    assert list_scenario_costs(compared).frame.iloc[-1, -1] == "–"


def test_of_scenarios_that_cost_alike_the_one_with_most_complaints_is_first(surge) -> None:
    few, many = (
        replace(surge, severity=name, paths=surge.paths.assign(money=7.0, complaints=number))
        for name, number in (("few", 1.0), ("many", 2.0))
    )
    assert compare([few, many]).table["severity"].tolist() == ["many", "few"]


def test_the_team_that_needs_most_says_what_handlers_need(surge) -> None:
    known = surge.handling.assign(recovery=1.0, recovery_lower=0.0, recovery_upper=2.0, staff_needed=1.5)
    late = known.assign(team="late", recovery=np.nan, recovery_upper=np.nan, staff_needed=np.nan)
    assert list(needs_of_handlers(known).values()) == [1.5, 1.0, 0.0, 2.0]
    assert list(needs_of_handlers(pd.concat([known, late])).values()) == [np.inf, np.inf, 0.0, np.inf]


def test_what_was_red_before_does_not_turn_red() -> None:
    rows = pd.DataFrame({"rating_before": ["red", "amber", "green"], "rating": ["red", "red", "amber"]})
    assert turned_red(rows)["rating_before"].tolist() == ["amber"]


def test_a_comparison_fits_a_terminal(surge, policy) -> None:
    shown = compare([surge, make_stress()]).summary()
    assert shown.shape == (2, 5)
    assert shown.iloc[0, 0] == "By hand, severe"
    assert shown["Worst month red"].iloc[1] == "–"
    assert compare([]).summary().empty


def test_the_same_scenario_is_worse_than_itself_at_even_odds(surge) -> None:
    assert compare([surge, surge]).table["worse"].iloc[0] == 0.5
    other = replace(surge, seed=41)  # other paths: nothing can be said
    assert np.isnan(compare([surge, other]).table["worse"].iloc[0])


def test_what_is_not_known_is_a_dash() -> None:
    compared = compare([make_stress()])
    row = list_scenarios(compared).frame.iloc[0].tolist()
    assert row == ["By hand, severe", "–", "–", "–", "–", "–", "1 / – / – / –"]
    assert compared.sentence == "1 scenario was tested: By hand (severe)."
    nothing = compare([])
    assert nothing.sentence == "No scenario was tested."
    assert list_scenarios(nothing).frame.empty
    assert list_scenario_costs(nothing).frame.empty


def test_the_unit_of_a_shock_is_said_in_the_language_in_use(surge, chinese) -> None:
    assert list_shocks(surge).frame["Shock"].tolist() == ["冲击 (1 倍)"] * 2


# Plots


def test_the_page_of_a_scenario_has_a_panel_for_what_is_known(surge) -> None:
    assert len(plot(surge).figure.axes) == 4
    assert len(plot(make_stress()).figure.axes) == 1
    backlog, shares = plot_handling(surge).figure.axes
    assert backlog.lines[-1].get_ydata().tolist() == surge.handling["backlog_with"].tolist()
    limits = {
        line.get_ydata()[0]
        for line in shares.lines
        if len(set(line.get_ydata())) == 1 and line.get_ls() == ":"
    }
    assert limits == set(surge.standards["red"])
    bars = plot_stressed_losses(surge).patches
    before, after = (surge.losses[surge.losses["when"] == when].iloc[0] for when in ("before", "after"))
    names = ("mean", "value_at_risk", "expected_shortfall")
    assert [bar.get_height() * 1e6 for bar in bars] == pytest.approx(
        [one[name] for one in (before, after) for name in names]
    )
    assert {bar.get_hatch() for bar in bars} == {"", "//"}  # told apart in grey


def test_units_that_turn_red_show_before_after_and_the_limit(surge, card) -> None:
    axes = plot_turning(surge, card=card)
    shown = surge.turning.head(14).iloc[::-1]
    (bars,) = (one.get_segments() for one in axes.collections)
    assert [bar[:, 0].tolist() for bar in bars] == [
        pytest.approx(ends) for ends in zip(shown["lower"], shown["upper"], strict=True)
    ]
    before, red = (line.get_xdata().tolist() for line in axes.lines[-2:])
    assert before == shown["before"].tolist()
    assert red == shown["red"].tolist()


def test_of_several_teams_the_one_with_most_left_is_drawn(surge) -> None:
    idle = surge.handling.assign(team="idle", backlog_with=0.0)
    backlog, _ = plot_handling(replace(surge, handling=pd.concat([idle, surge.handling, idle]))).figure.axes
    assert backlog.lines[-1].get_ydata().tolist() == surge.handling["backlog_with"].tolist()


def test_compared_scenarios_stand_beside_their_names(surge) -> None:
    mild = replace(surge, severity="moderate", paths=surge.paths / 2)
    axes = plot(compare([mild, surge]))
    assert [text.get_text() for text in axes.get_yticklabels()] == ["By hand, moderate", "By hand, severe"]
    low, high = axes.lines[0].get_xdata()
    assert low == pytest.approx(high / 2)


def test_a_replay_says_whether_it_is_of_complaints_or_of_a_share() -> None:
    assert plot(make_replay()).get_ylabel() == "complaints [per month]"
    share = replace(make_replay(), what="timely_response_rate")
    assert plot(share).get_ylabel() == "share of cases [per month]"


def test_nothing_to_draw_is_drawn(card) -> None:
    for axes in (plot_turning(make_stress(), card=card), plot(compare([])), plot_turning(make_stress())):
        axes.figure.canvas.draw()
        assert "[" in axes.get_xlabel()


def test_thirty_six_scenarios_can_be_read(surge) -> None:
    axes = plot(compare([replace(surge, severity=f"s{place}") for place in range(36)]))
    axes.figure.canvas.draw()
    boxes = [tick.label1.get_window_extent() for tick in axes.yaxis.get_major_ticks()]
    assert len(boxes) == 36
    tops = sorted((box.y0, box.y1) for box in boxes)
    assert all(low[1] <= high[0] for low, high in pairwise(tops))
