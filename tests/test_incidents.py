"""Incidents: what was planted is found again, and what cannot be estimated is said."""

import numpy as np
import pandas as pd
import pytest
from workload.incidents import figures, told

from riskmodels.effects import IncidentReview, review_incidents
from riskmodels.effects.excess import drawn_counts
from riskmodels.errors import ContractError, ParameterError
from riskmodels.parameters.plans import load_plans
from riskmodels.parameters.scenarios import load_scenarios
from riskmodels.reporting.listings import list_incident_steps, list_incidents
from riskmodels.reporting.plots import plot
from riskmodels.results import load, save

LAST = "2024-12-31"
OUTAGE = {
    "incident_id": "N1",
    "kind": "outage",
    "severity": "major",
    "started_at": "2024-11-06 09:00:00",
    "detected_at": "2024-11-06 09:10:00",
    "responded_at": "2024-11-06 09:45:00",
    "ended_at": "2024-11-06 13:00:00",
    "customers_told_at": "2024-11-06 09:30:00",
    "supervisor_told_at": "2024-11-06 15:00:00",
    "unit_id": "",
    "channel": "mobile_app",
}


def complaints(*, a_day: int = 10, more: dict[str, int] | None = None, unit: str = "u1") -> list[dict]:
    """As many complaints every day of 2024, and more on some days; every second one by app."""
    rows = []
    for day in pd.date_range("2024-01-01", LAST, freq="D").strftime("%Y-%m-%d"):
        for number in range(a_day + (more or {}).get(day, 0)):
            channel = "mobile_app" if number % 2 or number >= a_day else "branch"
            rows.append({"complaint_id": f"C{len(rows)}", "received_at": f"{day} 08:00:00",
                         "logged_at": f"{day} 09:00:00", "unit_id": unit, "product": "cards", "channel": channel,
                         "customer_group": "general"})  # fmt: skip
    return rows


def units(*names: str) -> list[dict]:
    return [{"unit_id": name, "name_en": name, "kind": "branch"} for name in names]


@pytest.fixture(scope="module")
def review(take_in, project, default_policy):
    """Return the review of a bank with 10 complaints a day and 30 more on the day of its outage."""
    tables = take_in(
        units=units("u1"), complaints=complaints(more={"2024-11-06": 30}),
        incidents=[OUTAGE, OUTAGE | {"incident_id": "N2", "severity": "minor"},
                   OUTAGE | {"incident_id": "N0", **shifted(-100)}],
    )  # fmt: skip
    plans = load_plans(project / "params" / "plans.yaml")
    scenarios = tuple(load_scenarios(project / "params" / "scenarios").values())
    return review_incidents(tables, default_policy, period="2024Q4", plans=plans, scenarios=scenarios)


def shifted(days: int) -> dict[str, str]:
    """Return the moments of the outage some days later."""
    moments = {name: value for name, value in OUTAGE.items() if name.endswith("_at")}
    return {name: str(pd.Timestamp(value) + pd.Timedelta(days=days)) for name, value in moments.items()}


def test_what_was_planted_is_found(review) -> None:
    row = review.table.iloc[0]
    assert list(review.table["incident_id"]) == ["N1"]
    assert (row["observed"], row["days"]) == (100.0, 7)
    assert row["expected"] == pytest.approx(70.0, abs=1.5)  # 10 a day, holidays of CN alike
    assert row["lower"] <= 30 <= row["upper"]
    assert row["lower"] > 0
    assert row["p_value"] < 0.05
    assert "30" in row["sentence"]
    assert review.counted.to_dict("records") == [{"kind": "outage", "major": 1, "other": 1}]
    assert "1 major incident; others, which are only counted: 1." in review.sentence


def test_parts_add_up_and_name_the_channel(review) -> None:
    for _, part in review.parts.groupby("kind"):
        for figure in ("observed", "expected", "excess"):
            assert part[figure].sum() == pytest.approx(review.table[figure].iloc[0])
    channels = review.parts[review.parts["kind"] == "channel"].set_index("name")
    assert channels["excess"]["mobile_app"] == pytest.approx(30, abs=1.5)
    assert abs(channels["excess"]["branch"]) < 1.5


def test_moments_are_held_against_policy_and_plan(review) -> None:
    """Known at 9:10: answered after 45 minutes (30 from the start), over after 3:50 h (plan: 2), told 20 and 350."""
    rows = review.moments
    found = {(row["item"], row["source"]): (row["taken"], row["state"]) for row in rows.to_dict("records")}
    assert found["detected", ""] == (10.0, "no_limit")
    assert found["responded", "policy"] == (45.0, "late")
    assert found["ended", ""] == (240.0, "no_limit")
    assert found["customers", "plan"] == (20.0, "in_time")
    assert found["supervisor", "plan"] == (350.0, "late")
    steps = rows[rows["item"] == "step"]
    assert list(steps["state"]) == ["late", "late", "unknown", "unknown"]
    assert list(steps["taken"])[:2] == [35.0, 230.0]
    assert found["partners", "plan"][1] == "unknown"
    assert tuple(review.table.loc[0, ["judged", "late"]]) == (5, 4)


def test_earlier_ones_and_the_scenario_stand_beside(review) -> None:
    row = review.table.iloc[0]
    assert (row["earlier"], row["earlier_minutes"], row["longer_than"]) == (1, 240.0, 0.0)
    moderate = review.scenarios[review.scenarios["severity"] == "moderate"].set_index("what")
    assert moderate["seen"]["hours"] == 4.0
    assert moderate["assumed"]["hours"] == 2.0
    assert moderate["seen"]["complaints"] == pytest.approx(row["excess"] / row["expected"] * 7 / 30.4375)


def test_small_simulation_holds_what_was_planted() -> None:
    found = figures(told(seed=3, banks=15))
    assert 0.82 <= found["coverage of 90 %"] <= 0.97  # 120 incidents: 90 % ± 2.7 points of standard error
    assert found["said to have led to more, without any"] <= 0.13


def test_drawn_counts_have_the_variance_asked_for() -> None:
    came = drawn_counts(
        np.array([20.0]), np.array([2.0]), np.array([0.04]), 200_000, np.random.default_rng(1)
    )
    assert came.mean() == pytest.approx(20.0, rel=0.01)
    assert came.var() == pytest.approx(2 * 20.0 + 0.04 * 400.0, rel=0.02)


def test_no_effect_has_zero_in_its_interval(take_in, default_policy) -> None:
    tables = take_in(units=units("u1"), complaints=complaints(), incidents=[OUTAGE])
    row = review_incidents(tables, default_policy, period="2024-11").table.iloc[0]
    assert row["lower"] <= 0 <= row["upper"]
    assert "no more than chance" in row["sentence"]
    quiet = review_incidents(tables, default_policy, period="2024Q3")
    assert quiet.table.empty
    assert "no major incident" in quiet.sentence
    assert list_incidents(quiet).frame.empty
    assert plot(quiet)


def test_incidents_whose_days_run_into_each_other_are_told_of_together(take_in, default_policy) -> None:
    second = OUTAGE | {"incident_id": "N2", **shifted(3)}
    apart = OUTAGE | {"incident_id": "N3", **shifted(20)}
    tables = take_in(
        units=units("u1"), complaints=complaints(more={"2024-11-06": 30}), incidents=[OUTAGE, second, apart]
    )
    table = review_incidents(tables, default_policy, period="2024Q4").table.set_index("incident_id")
    assert list(table["episode"]) == ["N1", "N1", "N3"]
    assert list(table["together"]) == [2, 2, 1]
    assert list(table["days"]) == [10, 10, 7]
    assert "cannot be separated" in table["sentence"]["N2"]
    assert table["upper"]["N3"] < 30


def test_an_incident_in_a_hole_cannot_be_told(take_in, default_policy) -> None:
    tables = take_in(
        units=units("u1"),
        complaints=complaints(),
        incidents=[OUTAGE],
        unknown_months={"complaints": ["2024-11"]},
    )
    row = review_incidents(tables, default_policy, period="2024Q4").table.iloc[0]
    assert (row["reason"], np.isnan(row["excess"])) == ("hole", True)
    assert "cannot be estimated: the complaints of most of its days are not known" in row["sentence"]


def test_nothing_after_the_end_of_the_period_is_looked_at(take_in, default_policy) -> None:
    """A review of October is the same whatever November brings; what is not over then is not over."""
    early = OUTAGE | shifted(-8) | {"ended_at": "2024-11-02 09:00:00"}  # from 29 October
    reviews = []
    for more, others in (({}, []), ({"2024-11-01": 500}, [OUTAGE | {"incident_id": "N2"}])):
        tables = take_in(units=units("u1"), complaints=complaints(more=more), incidents=[early, *others])
        reviews.append(review_incidents(tables, default_policy, period="2024-10"))
    for name, frame in reviews[0].frames().items():
        pd.testing.assert_frame_equal(frame, reviews[1].frames()[name], obj=name)
    assert "was not over" in reviews[0].table["sentence"].iloc[0]
    assert reviews[0].table["known_days"].iloc[0] == 3


def test_too_short_a_history_cannot_be_told(take_in, default_policy) -> None:
    early = OUTAGE | shifted(-305)  # 6 January
    tables = take_in(units=units("u1"), complaints=complaints(), incidents=[early])
    row = review_incidents(tables, default_policy, period="2024Q1").table.iloc[0]
    assert (row["reason"], np.isnan(row["excess"])) == ("short", True)


def test_an_incident_of_one_unit_is_judged_by_its_complaints(take_in, default_policy) -> None:
    both = complaints(more={"2024-11-06": 30}) + [
        row | {"complaint_id": f"D{place}", "unit_id": "u2"} for place, row in enumerate(complaints())
    ]
    tables = take_in(units=units("u1", "u2"), complaints=both, incidents=[OUTAGE | {"unit_id": "u1"}])
    row = review_incidents(tables, default_policy, period="2024Q4").table.iloc[0]
    assert (row["scope"], row["observed"]) == ("u1", 100.0)


def test_losses_and_satisfaction_are_held_against_before(take_in, default_policy) -> None:
    days = pd.date_range("2024-01-01", LAST, freq="D").strftime("%Y-%m-%d")
    losses = [{"loss_id": f"L{n}", "occurred_on": day, "recorded_on": day, "unit_id": "u1", "event_type": "x",
               "gross_loss": 5000 if day == "2024-11-07" else 100,
               "incident_id": "N1" if day == "2024-11-07" else ""} for n, day in enumerate(days)]  # fmt: skip
    surveys = [{"survey_id": f"S{day}{n}", "answered_on": day, "unit_id": "u1",
                "rating": 1 if n < (6 if "2024-11-06" <= day <= "2024-11-12" else 1) else 5}
               for day in days for n in range(10)]  # fmt: skip
    tables = take_in(
        units=units("u1"), complaints=complaints(), incidents=[OUTAGE], losses=losses, surveys=surveys
    )
    review = review_incidents(tables, default_policy, period="2024Q4")
    loss = review.losses.iloc[0]
    assert (loss["linked_events"], loss["linked_loss"], loss["booked"]) == (1, 5000.0, 5600.0)
    assert (loss["expected"], loss["excess"], loss["lower"], loss["upper"]) == (700.0, 4900.0, 4900.0, 4900.0)
    phases = review.satisfaction.set_index("phase")
    assert phases["share"]["during"] == pytest.approx(0.4)
    assert phases["change"]["during"] == pytest.approx(-0.5)
    assert phases["upper"]["during"] < 0
    assert phases["lower"]["after"] <= 0 <= phases["upper"]["after"]
    assert "Losses booked as its own" in review.table["sentence"].iloc[0]


def test_a_bank_without_complaints_losses_or_surveys(take_in, default_policy) -> None:
    tables = take_in(units=units("u1"), incidents=[OUTAGE])
    review = review_incidents(tables, default_policy, period="2024Q4")
    assert review.table["reason"].iloc[0] == "no_days"
    assert review.losses["reason"].iloc[0] == "no_losses"
    assert review.satisfaction.empty
    assert "no single complaints" in review.table["sentence"].iloc[0]
    for listed in (list_incidents(review), list_incident_steps(review)):
        assert len(listed.frame)
    assert plot(review)


def test_what_cannot_be_reviewed_is_refused(take_in, default_policy) -> None:
    tables = take_in(units=units("u1"), complaints=complaints())
    with pytest.raises(ContractError, match="incidents"):
        review_incidents(tables, default_policy, period="2024Q4")
    with pytest.raises(ParameterError, match="begins after the data end"):
        review_incidents(tables, default_policy, period="2025Q4")
    with pytest.raises(ParameterError, match="no period"):
        review_incidents(tables, default_policy, period="soon")


def test_it_is_saved_and_read(review, tmp_path) -> None:
    loaded = load(save(review, tmp_path / "review"), IncidentReview)
    for name, frame in (review.frames() | {"course": review.course, "counted": review.counted}).items():
        again = (loaded.frames() | {"course": loaded.course, "counted": loaded.counted})[name]
        pd.testing.assert_frame_equal(frame, again, check_exact=True, obj=name)


def test_listing_and_plot(review) -> None:
    listed = list_incidents(review).frame
    assert len(listed) == 1
    assert len(list_incident_steps(review).frame) == 4
    axes = plot(review)
    assert "N1" in axes.get_title("left")


def test_grades_decide_and_without_them_the_whole_bank(sample_tables, default_policy) -> None:
    review = review_incidents(sample_tables, default_policy, period="2026Q2")
    assert (review.table["scope"] == "").all()
    assert set(review.table["kind"]) <= {"outage", "security"}
    assert review.counted.set_index("kind")["major"].get("fault", 0) == 0
