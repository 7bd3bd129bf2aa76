"""Objectives of a year: which are met, how likely, what would meet them, and what has moved that."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import scipy
from small_bank import make_card, make_objectives, make_tables, only

import riskmodels as rm
from riskmodels.assessment import assess
from riskmodels.causes.joining import causes_joined
from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Objective
from riskmodels.reporting import front_page
from riskmodels.reporting.listings import list_objectives
from riskmodels.reporting.plots import plot_objectives
from riskmodels.surveillance import Objectives, track_objectives
from riskmodels.surveillance.objectives import COLUMNS, COURSE, verdict_of

PARTS = ["by_time", "by_news", "by_model", "by_revision"]


def wanting(policy, change: float, *names: str):
    """The policy with these indicators alone, each with this objective."""
    return only(policy, *names, objective=Objective(change_per_year=change, source="a test"))


def observed(name: str, values, *, first: str = "2023-01", cases=10_000) -> list[dict]:
    """Monthly rows of a supplied indicator for the whole bank; NaN where there is none."""
    months = pd.period_range(first, periods=len(values), freq="M")
    sizes = np.broadcast_to(cases, len(values))
    return [
        {"indicator_id": name, "unit_id": "", "month": f"{month}-01", "numerator": value, "denominator": size}
        for month, value, size in zip(months, values, sizes, strict=True)
        if np.isfinite(value)
    ]


def bank(take_in, *rows: list[dict], as_of: str = "2024-12-31", **more):
    return take_in(observations=[one for part in rows for one in part], as_of=as_of, **more)


def track(tables, policy, period: str = "2024Q4", **more) -> Objectives:
    found = track_objectives(tables, policy, period=period, **more)
    assert list(found.table) == list(COLUMNS)
    assert list(found.course) == list(COURSE)
    np.testing.assert_allclose(
        found.table[PARTS].sum(axis=1),
        found.table["probability"] - found.table["probability_before"],
        atol=1e-12,
    )
    return found


@pytest.mark.parametrize(
    ("name", "change", "met"),
    [
        ("on_time_rate", 0.05, 1.0),  # 84 % after 80 %: just five per cent more
        ("on_time_rate", 0.0501, 0.0),
        ("service_error_rate", 0.05, 1.0),  # less is better, and it is at most that
        ("service_error_rate", 0.0499, 0.0),
    ],
)
def test_a_year_that_is_over_has_met_its_objective_or_not(take_in, default_policy, name, change, met) -> None:
    tables = bank(take_in, observed(name, [8000.0] * 12 + [8300.0, 8500.0] * 6))
    found = track(tables, wanting(default_policy, change, name))
    (row,) = found.table.to_dict("records")
    assert (row["probability"], row["months_left"]) == (met, 0)
    assert (row["base"], row["so_far"]) == (pytest.approx(0.8), pytest.approx(0.84))
    assert row["lower"] == row["upper"] == row["so_far"]
    assert np.isnan(row["needed"])
    assert found.course["observed"].notna().all()


def test_the_rest_of_a_steady_year_is_binomial_and_what_it_must_come_to_is_said(
    take_in, default_policy
) -> None:
    tables = bank(take_in, observed("on_time_rate", [8000.0] * 21), as_of="2024-09-30")
    (row,) = track(tables, wanting(default_policy, 0.001, "on_time_rate"), "2024Q3").table.to_dict("records")
    assert row["target"] == pytest.approx(0.8008)
    assert row["needed"] == pytest.approx((0.8008 * 120_000 - 9 * 8000) / 30_000)
    assert row["expected"] == pytest.approx(0.8, abs=2e-4)
    least = np.sqrt(30_000 * 0.16) / 120_000  # of the cases alone
    assert 1 < (row["upper"] - row["lower"]) / (2 * scipy.stats.norm.ppf(0.95) * least) < 2
    assert 0 < row["probability"] < scipy.stats.norm.sf(0.0008 / (2 * least))


def test_the_course_that_meets_an_objective_meets_it(take_in, default_policy) -> None:
    rng = np.random.default_rng(2)
    sizes = rng.integers(200, 400, 30).astype(float)
    tables = bank(
        take_in, observed("on_time_rate", rng.binomial(200, 0.6, 30) * 1.0, cases=sizes), as_of="2025-06-30"
    )
    found = track(tables, wanting(default_policy, 0.1, "on_time_rate"), "2025Q2")
    (row,) = found.table.to_dict("records")
    year = found.course[found.course["period"] >= "2025-01"]
    left = year["course"].dropna()
    assert len(left) == row["months_left"] == 6
    assert left.mean() == pytest.approx(row["needed"], rel=0.01)  # months to come are of one size, on average
    assert (year["observed"].notna() == year["expected"].isna()).all()
    whole = year["observed"].fillna(year["course"]) * np.append(sizes[24:], [sizes[18:].mean()] * 6)
    assert whole.sum() / (sizes[24:].sum() + 6 * sizes[18:].mean()) == pytest.approx(row["target"], rel=0.01)


def test_nothing_after_the_period_matters(take_in, default_policy) -> None:
    rng = np.random.default_rng(3)
    values = rng.binomial(10_000, 0.8, 24) * 1.0
    other = np.append(values[:18], rng.binomial(10_000, 0.2, 6))
    policy = wanting(default_policy, 0.01, "on_time_rate")
    one, two = (
        track(bank(take_in, observed("on_time_rate", part)), policy, "2024Q2") for part in (values, other)
    )
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    pd.testing.assert_frame_equal(one.course, two.course, check_exact=True)


def test_the_quarter_before_is_what_was_found_for_it(take_in, default_policy) -> None:
    values = np.random.default_rng(4).binomial(1000, 0.8, 27) * 1.0
    tables = bank(take_in, observed("on_time_rate", values, cases=1000), as_of="2025-03-31")
    policy = wanting(default_policy, 0.01, "on_time_rate")
    now = track(tables, policy, "2025Q1")
    early = track(tables, policy, "2024Q4")  # of another year: no earlier result of this one
    pd.testing.assert_frame_equal(now.table, track(tables, policy, "2025Q1", earlier=early).table)
    later = bank(
        take_in, observed("on_time_rate", np.append(values, [900.0] * 3), cases=1000), as_of="2025-06-30"
    )
    (alone,) = track(later, policy, "2025Q2").table.to_dict("records")
    (row,) = track(later, policy, "2025Q2", earlier=now).table.to_dict("records")
    assert alone["probability_before"] == now.table["probability"][0] == row["probability_before"]
    assert row["by_revision"] == 0
    assert row["by_news"] > 0.2
    revised = replace(now, table=now.table.assign(probability=0.5))
    (row,) = track(later, policy, "2025Q2", earlier=revised).table.to_dict("records")
    assert row["by_revision"] == pytest.approx(alone["probability_before"] - 0.5)


def test_had_it_come_as_expected_nothing_is_news(take_in, default_policy) -> None:
    values = [8000.0] * 24
    (row,) = track(
        bank(take_in, observed("on_time_rate", values)),
        wanting(default_policy, 0.0005, "on_time_rate"),
        "2024Q3",
    ).table.to_dict("records")
    assert row["by_time"] < 0  # behind, with less left to catch up in
    assert abs(row["by_news"]) < 0.02


def test_a_quarter_of_which_nothing_is_known_moves_nothing(take_in, default_policy) -> None:
    values = np.random.default_rng(8).binomial(1000, 0.8, 21) * 1.0
    tables = bank(take_in, observed("on_time_rate", values, cases=1000), as_of="2024-09-30")
    for period in ("2024Q4", "2025Q1"):
        found = track(tables, wanting(default_policy, 0.001, "on_time_rate"), period)
        (row,) = found.table.to_dict("records")
        assert 0 < row["probability"] < 1
        assert [row[part] for part in PARTS] == [0.0] * 4
    assert np.isnan(row["so_far"])
    assert found.course["course"].notna().sum() == 12


def test_only_an_earlier_result_of_the_quarter_before_is_taken(take_in, default_policy) -> None:
    policy = wanting(default_policy, 0.1, "on_time_rate")
    tables = bank(take_in, observed("on_time_rate", [8000.0] * 24))
    early = track(tables, policy, "2024Q2")
    with pytest.raises(
        ParameterError, match=r"earlier is of 2024Q2; expected .* the quarter before 2024Q4, 2024Q3"
    ):
        track(tables, policy, "2024Q4", earlier=early)
    with pytest.raises(ParameterError, match="'2024-12' is not a quarter"):
        track(tables, policy, "2024-12")


def test_of_a_stock_december_is_the_year(take_in, default_policy) -> None:
    values = [8000.0] * 12 + [8000.0 + 40 * month for month in range(1, 13)]
    policy = wanting(default_policy, 0.06, "retention")
    over = track(bank(take_in, observed("retention", values)), policy)
    assert over.table["probability"].tolist() == [1.0]
    assert (over.table["base"][0], over.table["so_far"][0]) == pytest.approx((0.8, 0.848))
    found = track(bank(take_in, observed("retention", values[:21]), as_of="2024-09-30"), policy, "2024Q3")
    (row,) = found.table.to_dict("records")
    assert (row["so_far"], row["needed"]) == (pytest.approx(0.836), pytest.approx(0.848))
    path = found.course["course"].dropna().to_numpy()
    np.testing.assert_allclose(path, [0.84, 0.844, 0.848])
    assert 0.02 < row["probability"] < 0.8


def test_an_amount_of_months_that_vary_much_is_known_widely(take_in, default_policy) -> None:
    losses = np.random.default_rng(5).gamma(1.2, 1e5, 30)
    losses[24:] *= losses[12:24].mean() / losses[24:].mean()
    rows = observed("potential_loss_rate", losses, cases=6e7)
    (row,) = track(
        bank(take_in, rows, as_of="2025-06-30"),
        wanting(default_policy, -0.15, "potential_loss_rate"),
        "2025Q2",
    ).table.to_dict("records")
    assert 0.05 < row["probability"] < 0.95
    assert row["upper"] - row["lower"] > 0.4 * row["expected"]


def test_an_availability_cannot_pass_all(take_in, default_policy) -> None:
    down = np.random.default_rng(6).gamma(1.0, 40.0, 30)
    rows = observed("system_availability", 44_640 - down, cases=44_640)
    found = track(
        bank(take_in, rows, as_of="2025-06-30"),
        wanting(default_policy, 0.0001, "system_availability"),
        "2025Q2",
    )
    (row,) = found.table.to_dict("records")
    assert row["base"] == pytest.approx(1 - down[12:24].sum() / (12 * 44_640))
    assert row["expected"] < row["upper"] <= 1
    assert found.course["upper"].max() <= 1


def test_a_hole_is_uncertain_in_both_years_and_no_zero(take_in, default_policy) -> None:
    values = np.random.default_rng(7).binomial(10_000, 0.8, 36) * 1.0
    values[[15, 30]] = np.nan
    (row,) = track(
        bank(take_in, observed("on_time_rate", values), as_of="2025-12-31"),
        wanting(default_policy, 0.0, "on_time_rate"),
        "2025Q4",
    ).table.to_dict("records")
    assert row["months_left"] == 1
    assert row["lower"] < row["expected"] < row["upper"]
    assert row["expected"] == pytest.approx(0.8, abs=0.005)
    assert 0 < row["probability"] < 1


def test_a_month_without_a_case_is_no_hole_where_cases_are_known(take_in, default_policy) -> None:
    months = pd.period_range("2023-01", "2024-12", freq="M")[::2]
    rows = [
        {
            "inspection_id": str(month),
            "unit_id": "u",
            "kind": "compliance",
            "inspected_on": f"{month}-05",
            "items": 20,
            "passed": 18,
        }
        for month in months
    ]
    found = track(take_in(inspections=rows), wanting(default_policy, 0.0, "compliance_pass_rate"))
    (row,) = found.table.to_dict("records")
    assert (row["months_left"], row["probability"]) == (0, 1.0)


def test_complaints_of_the_last_month_are_still_to_be_rated(take_in, default_policy) -> None:
    days = pd.date_range("2023-01-01", "2024-12-31", freq="8h")
    rated = days < pd.Timestamp("2024-12-16")
    rows = [
        {
            "complaint_id": str(place),
            "received_at": str(day),
            "unit_id": "u",
            "product": "p",
            "satisfaction": 5 if known else "",
        }
        for place, (day, known) in enumerate(zip(days, rated, strict=True))
    ]
    found = track(take_in(complaints=rows), wanting(default_policy, 0.0, "complaint_handling_satisfaction"))
    (row,) = found.table.to_dict("records")
    assert (row["months_left"], row["so_far"]) == (1, 1.0)
    assert row["needed"] == pytest.approx(1.0)


def test_why_an_objective_cannot_be_followed_is_said(take_in, default_policy) -> None:
    policy = wanting(
        default_policy,
        0.1,
        "on_time_rate",
        "retention",
        "potential_loss_rate",
        "complaint_rate",
        "bot_accuracy",
    )
    rows = [
        observed("on_time_rate", [8000.0] * 8, first="2023-05"),
        observed("retention", [8000.0] * 18),
        observed("potential_loss_rate", [0.0] * 18),
    ]
    found = track(bank(take_in, *rows, as_of="2024-06-30"), policy, "2024Q2")
    assert found.table["indicator_id"].tolist() == ["retention"]
    reasons = dict(zip(found.unavailable["indicator_id"], found.unavailable["reason"], strict=True))
    assert reasons == {
        "on_time_rate": "of 2023 8 months are known, of the 9 that a year to compare with needs",
        "potential_loss_rate": "its value of 2023 is not above zero: nothing can change by a share of it",
        "complaint_rate": "the source has no table 'complaints'",
        "bot_accuracy": "the source has no rows for it in the period",
    }
    assert (
        found.sentence
        == "2024Q2: 0 of 5 objectives of 2024 are likelier than not to be met. 4 cannot be followed."
    )


def test_years_on_both_sides_of_a_new_definition_are_not_compared(take_in, default_policy) -> None:
    tables = bank(
        take_in,
        observed("on_time_rate", [8000.0] * 24),
        breaks={"observations": [{"month": "2024-02", "words": "counted otherwise"}]},
    )
    found = track(tables, wanting(default_policy, 0.0, "on_time_rate"))
    assert found.table.empty
    assert found.unavailable["reason"].tolist() == ["what it counts is defined otherwise from 2024-02 on"]


def test_a_definition_that_changes_after_the_quarter_is_not_looked_at(take_in, default_policy) -> None:
    broken = {"observations": [{"month": "2024-10", "words": "counted otherwise"}]}
    rows, wanted = observed("on_time_rate", [8000.0] * 24), wanting(default_policy, 0.0, "on_time_rate")
    assert len(track(bank(take_in, rows, breaks=broken), wanted, "2024Q3").table) == 1
    assert track(bank(take_in, rows, breaks=broken), wanted, "2024Q4").table.empty


def test_a_year_that_is_over_is_not_settled_while_the_one_before_has_a_hole(take_in, default_policy) -> None:
    values = np.array([8000.0, 8100.0] * 12)
    values[[3, 5]] = np.nan
    wanted = wanting(default_policy, 0.005, "on_time_rate")
    found = track(bank(take_in, observed("on_time_rate", values)), wanted)
    (row,) = found.table.to_dict("records")
    assert row["months_left"] == 0
    assert 0 < row["probability"] < 1
    assert verdict_of(row) not in ("met", "missed")
    shown = list_objectives(found, wanted).frame.iloc[0]
    assert shown["Wanted"] == "+0.5%"
    assert shown["Probability of meeting it (the quarter before)"].endswith(f": {verdict_of(row)}")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (3, "2 objectives of 2024 are very likely missed: Customer satisfaction (91% expected, 95% wanted)"),
        (0, "2 objectives of 2024 were missed: Customer satisfaction (91% reached, 95% wanted)"),
    ],
)
def test_objectives_that_are_missed_are_one_sentence_of_the_front_page(default_policy, left, words) -> None:
    settled = {"months_left": left, "probability": 0.0, "expected": 0.91, "target": 0.95}
    rows = [settled | {"indicator_id": name} for name in ("satisfaction", "retention")]
    found = assess(
        default_policy, data=make_tables(), scorecard=make_card(), objectives=make_objectives(rows)
    )
    said = [item.sentence for item in front_page._sentences(found, default_policy, causes_joined(found, []))]
    assert [one for one in said if " objectives of " in one] == [
        f"{words}, {words.partition(': ')[2].replace('satisfaction', 'retention')}"
    ]


def test_where_no_objective_is_followed_the_plot_says_so() -> None:
    none = make_objectives([], [("retention", "it has no rows")])
    axes = plot_objectives(none)
    assert [text.get_text() for text in axes.texts] == [none.sentence]
    assert not axes.axison
    plt.close(axes.figure)


def test_a_policy_without_objectives_has_none(take_in, default_policy) -> None:
    tables = bank(take_in, observed("on_time_rate", [8000.0] * 24))
    found = track(tables, only(default_policy, "on_time_rate"))
    assert found.table.empty
    assert found.course.empty
    assert found.sentence == "The policy sets no objectives."


def test_the_sample_meets_hardly_any_of_the_sources_objectives(sample_tables, default_policy) -> None:
    found = track(sample_tables, default_policy, "2026Q3")
    rows = found.table.set_index("indicator_id")
    assert found.unavailable.empty
    assert rows.index.tolist() == [one.id for one in default_policy.indicators if one.objective]
    assert rows.loc["education_reach", "probability"] == pytest.approx(0.35, abs=0.1)
    assert (rows["probability"].drop("education_reach") < 0.01).all()
    assert (rows.loc[["online_satisfaction", "retention"], "target"] > 1).all()
    assert rows.loc["security_incidents", "needed"] < 0  # six incidents are more than a year may have


def test_bank_of_america_ends_with_reasons(project, shared_data, tmp_path, default_policy) -> None:
    tables = rm.ingest(
        project / "params/sources/cfpb_bank_of_america.yaml",
        store=tmp_path / "store",
        files={"complaints": shared_data("cfpb/bank_of_america_2017_2021.parquet")},
    )
    found = track(tables, default_policy, "2021Q3")
    assert len(found.table) + len(found.unavailable) == 7
    assert found.unavailable["reason"].str.len().min() > 0
    timely = track(tables, wanting(default_policy, 0.0, "timely_response_rate"), "2021Q3")
    assert timely.table["indicator_id"].tolist() == ["timely_response_rate"]
