"""Indicators: small tables whose values were worked out by hand, and the sample bank as a whole."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from spec.indicators import latest_policy, rendered

import riskmodels as rm
from riskmodels.catalogue import INDICATORS, Indicator, indicators, unused_observations
from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.scorecard import rate_period
from riskmodels.tables import CONTRACTS, Tables

pytestmark = pytest.mark.whole

TakeIn = Callable[..., Tables]
EMPTY = {"logged_at": "", "first_response_at": "", "resolved_at": "", "severity": "", "satisfaction": ""}
QUIET = {"complaint_id": "first", "received_at": "2024-01-01", "unit_id": "u1", "product": "cards"} | EMPTY


def complaints(*rows: dict[str, str]) -> list[dict[str, str]]:
    """Number rows and fill up what they do not say."""
    return [QUIET | {"complaint_id": f"c{number}"} | row for number, row in enumerate(rows)]


def exposure(*months: tuple[str, int], unit: str = "u1") -> list[dict[str, object]]:
    return [
        {"unit_id": unit, "product": "cards", "month": f"{month}-01", "accounts": accounts}
        for month, accounts in months
    ]


def counted(tables: Tables, policy: Policy, indicator: str, **settings: object) -> dict[str, tuple]:
    """Return period -> (numerator, denominator) of one indicator."""
    table = indicators(tables, policy, **settings).table
    rows = table[table["indicator_id"] == indicator]
    return {row.period: (row.numerator, row.denominator) for row in rows.itertuples()}


# ---- definitions ----


def test_policy_and_catalogue_name_the_same_indicators(default_policy: Policy) -> None:
    assert {indicator.id for indicator in default_policy.indicators} <= set(INDICATORS)
    assert {indicator.id for indicator in latest_policy().indicators} == set(INDICATORS)


@pytest.mark.parametrize("indicator", INDICATORS.values(), ids=lambda indicator: indicator.id)
def test_every_indicator_is_defined_in_both_languages(indicator) -> None:
    assert indicator.definition_en.endswith(".")
    assert indicator.definition_zh.endswith("。")
    assert indicator.unit
    assert indicator.at in CONTRACTS[indicator.table].names
    for column in indicator.needs:
        owner, _, needed = column.rpartition(".")
        assert needed in CONTRACTS[owner or indicator.table].names


# ---- deadlines ----


def test_first_response_within_24_hours(take_in: TakeIn, default_policy: Policy) -> None:
    rows = complaints(
        {"received_at": "2024-06-10 09:00", "first_response_at": "2024-06-11 09:00"},  # just in time
        {"received_at": "2024-06-10 09:00", "first_response_at": "2024-06-11 09:01"},
        {"received_at": "2024-06-29 09:00"},  # open and overdue
        {"received_at": "2024-06-30 00:00"},  # overdue when the as-of day ends
        {"received_at": "2024-06-30 00:01", "first_response_at": "2024-06-30 00:02"},  # not yet due
    )
    tables = take_in(complaints=rows, as_of="2024-06-30")
    assert counted(tables, default_policy, "first_response_24h") == {"2024Q2": (1, 4)}
    assert counted(tables, default_policy, "first_response_24h", periods=["2024Q3"]) == {}


def test_reply_within_two_working_days(take_in: TakeIn, default_policy: Policy) -> None:
    friday = {"received_at": "2024-09-27 17:00"}  # then Sunday the 29th (make-up), Monday, National Day
    rows = complaints(
        friday | {"first_response_at": "2024-09-30 23:00"},
        friday | {"first_response_at": "2024-10-03 09:00"},  # answered in the holiday: still day 2
        friday | {"first_response_at": "2024-10-08 09:00"},  # day 3
        friday,
    )
    chinese = take_in(complaints=rows, as_of="2024-10-31")
    assert counted(chinese, default_policy, "reply_2wd") == {"2024Q3": (2, 4)}
    american = take_in(complaints=rows, as_of="2024-10-31", country="US")
    assert counted(american, default_policy, "reply_2wd") == {"2024Q3": (1, 4)}


def test_resolved_within_seven_working_days_with_make_up_days(
    take_in: TakeIn, default_policy: Policy
) -> None:
    friday = {"received_at": "2024-09-27 17:00"}  # working days 1 to 7: 29 and 30 September, 8 to 12 October
    rows = complaints(
        friday | {"resolved_at": "2024-10-12 23:00"},  # Saturday, a make-up day: day 7
        friday | {"resolved_at": "2024-10-14 09:00"},  # day 8
        friday,  # open
        {"received_at": "2024-09-30 09:00", "resolved_at": "2024-09-30 10:00"},
    )
    due = take_in(complaints=rows, as_of="2024-10-15")
    assert counted(due, default_policy, "resolved_7wd") == {"2024Q3": (2, 4)}
    rows[1]["resolved_at"] = ""
    one_day_before = take_in(complaints=rows, as_of="2024-10-12")
    assert counted(one_day_before, default_policy, "resolved_7wd") == {"2024Q3": (1, 3)}
    rows[0]["resolved_at"] = ""
    immature = take_in(complaints=rows, as_of="2024-10-11")
    assert counted(immature, default_policy, "resolved_7wd") == {}
    assert counted(immature, default_policy, "resolved_3wd") == {"2024Q3": (1, 4)}


def test_major_complaints_are_taken_up_within_an_hour(take_in: TakeIn, default_policy: Policy) -> None:
    major = {"severity": "major", "received_at": "2024-06-10 09:00"}
    rows = complaints(
        major | {"first_response_at": "2024-06-10 10:00"},
        major | {"first_response_at": "2024-06-10 10:01"},
        major,
        major | {"received_at": "2024-06-30 23:30"},  # its hour has not passed
        major | {"severity": "ordinary"},
    )
    assert counted(take_in(complaints=rows, as_of="2024-06-30"), default_policy, "major_1h") == {
        "2024Q2": (1, 3)
    }


MONDAY = {"received_at": "2024-07-01 09:00"}  # no Chinese holiday from July to mid-September


def handling_days(tables: Tables, policy: Policy, **settings: object) -> pd.DataFrame:
    table = indicators(tables, policy, **settings).table
    return table[table["indicator_id"] == "handling_days"]


def test_handling_days_are_counted_up_to_thirty(take_in: TakeIn, default_policy: Policy) -> None:
    rows = complaints(
        MONDAY | {"resolved_at": "2024-07-01 10:00"},  # 0
        MONDAY | {"resolved_at": "2024-07-08 10:00"},  # 5
        MONDAY | {"resolved_at": "2024-08-19 10:00"},  # 35, counts 30
        MONDAY,  # open, counts 30
        {"received_at": "2024-08-29 09:00", "resolved_at": "2024-08-29 10:00"},  # a day old, 0
    )
    (row,) = handling_days(take_in(complaints=rows, as_of="2024-08-30"), default_policy).itertuples()
    assert (row.numerator, row.denominator, row.squares, row.value) == pytest.approx((65, 5, 1825, 13))


def test_handling_days_of_open_complaints_are_censored(take_in: TakeIn, default_policy: Policy) -> None:
    rows = complaints(
        MONDAY | {"resolved_at": "2024-07-01 10:00"},  # 0
        MONDAY | {"resolved_at": "2024-07-08 10:00"},  # 5
        {"received_at": "2024-08-16"},  # open, 10 working days old
        MONDAY | {"resolved_at": "2024-07-29 10:00"},  # 20
        MONDAY | {"resolved_at": "2024-08-19 10:00"},  # 35
    )
    (row,) = handling_days(take_in(complaints=rows, as_of="2024-08-30"), default_policy).itertuples()
    mean = 5 * 4 / 5 + 15 * 3 / 5 + 10 * 3 / 10  # S is 4/5 to day 4, 3/5 to day 19, then 3/10
    variance = mean**2 / (5 * 4) + (9 + 3) ** 2 / (4 * 3) + 3**2 / (2 * 1)
    assert (row.numerator, row.denominator) == (pytest.approx(5 * mean), 5)
    assert row.squares == pytest.approx(5 * mean**2 + 5**2 * variance)


def test_a_cohort_too_young_for_handling_days_has_no_value(take_in: TakeIn, default_policy: Policy) -> None:
    young = {"received_at": "2024-07-22 09:00"}
    rows = complaints(young | {"resolved_at": "2024-07-23 10:00"}, young)
    day_29 = take_in(complaints=rows, as_of="2024-08-30")
    assert handling_days(day_29, default_policy)["value"].tolist() == [(1 + 30) / 2]
    day_28 = take_in(complaints=rows, as_of="2024-08-29")
    assert handling_days(day_28, default_policy).empty
    assert "handling_days" in set(indicators(day_28, default_policy).unavailable["indicator_id"])
    by_unit = complaints(young, young | {"unit_id": "u2", "resolved_at": "2024-07-23 10:00"})
    units = handling_days(take_in(complaints=by_unit, as_of="2024-08-29"), default_policy, by=["unit_id"])
    assert units.set_index("unit_id")["value"].to_dict() == {"u2": 1}  # all of u2's are done


def test_months_that_the_source_does_not_know_are_left_out(take_in: TakeIn, default_policy: Policy) -> None:
    rows = complaints(*({"received_at": f"2024-0{month}-10", "resolved_at": ""} for month in (4, 5, 6)))
    rows[0]["resolved_at"] = "2024-04-11"
    tables = take_in(complaints=rows, as_of="2024-12-31", unknown_months={"complaints": ["2024-05"]})
    assert counted(tables, default_policy, "resolved_7wd") == {"2024Q2": (1, 2)}
    assert counted(tables, default_policy, "resolved_7wd", freq="M") == {"2024-04": (1, 1), "2024-06": (0, 1)}


# ---- rates ----

SECOND_QUARTER = (("2024-04", 12_000), ("2024-05", 18_000), ("2024-06", 24_000))


def test_complaint_rate_per_1000_accounts_and_year(take_in: TakeIn, default_policy: Policy) -> None:
    days = ("2024-04-01", "2024-05-10", "2024-06-10", "2024-06-30 23:59")
    rows = complaints(*({"received_at": day} for day in days))
    tables = take_in(complaints=rows, exposure=exposure(*SECOND_QUARTER), as_of="2024-06-30")
    assert counted(tables, default_policy, "complaint_rate") == {"2024Q2": (4, 4500)}
    table = indicators(tables, default_policy).table
    rate = table.loc[table["indicator_id"] == "complaint_rate", "value"]
    np.testing.assert_allclose(rate, [4 / 4.5])
    unknown = {"complaints": ["2024-05"]}
    tables = take_in(
        complaints=rows, exposure=exposure(*SECOND_QUARTER), as_of="2024-06-30", unknown_months=unknown
    )
    assert counted(tables, default_policy, "complaint_rate") == {"2024Q2": (3, 3000)}


def test_a_quiet_unit_has_a_rate_of_zero(take_in: TakeIn, default_policy: Policy) -> None:
    both = [*exposure(*SECOND_QUARTER), *exposure(*SECOND_QUARTER, unit="u2")]
    tables = take_in(complaints=complaints({"received_at": "2024-04-02"}), exposure=both, as_of="2024-06-30")
    table = indicators(tables, default_policy, by=["unit_id"]).table
    rates = table[table["indicator_id"] == "complaint_rate"].set_index("unit_id")
    assert rates["numerator"].to_dict() == {"u1": 1, "u2": 0}
    assert rates["denominator"].to_dict() == {"u1": 4500, "u2": 4500}


def test_complaint_rate_takes_whole_months_that_both_tables_know(
    take_in: TakeIn, default_policy: Policy
) -> None:
    days = ("2024-04-10", "2024-05-10", "2024-06-10", "2024-07-10", "2024-07-11")
    rows = complaints(*({"received_at": day} for day in days))
    given = exposure(("2024-03", 6_000), ("2024-04", 12_000), ("2024-06", 24_000), ("2024-07", 24_000))
    tables = take_in(complaints=rows, exposure=given, as_of="2024-07-20")
    # March: before the first complaint known. May: no exposure. July: has not ended.
    assert counted(tables, default_policy, "complaint_rate") == {"2024Q2": (2, 3000)}


def test_complaints_without_known_accounts_are_left_out_of_the_rate(
    take_in: TakeIn, default_policy: Policy
) -> None:
    day = {"received_at": "2024-05-10"}
    rows = complaints(day, day | {"product": "loans"}, day | {"unit_id": "u2"}, {"received_at": "2024-06-10"})
    given = [*exposure(("2024-05", 12_000), ("2024-06", 12_000)), *exposure(("2024-06", 12_000), unit="u2")]
    unknown = exposure(("2024-05", 0), unit="u2")[0] | {"accounts": ""}
    tables = take_in(complaints=rows, exposure=[*given, unknown], as_of="2024-06-30")
    assert counted(tables, default_policy, "complaint_rate") == {"2024Q2": (2, 3000)}
    tables = take_in(
        complaints=rows, exposure=given, as_of="2024-06-30", unknown_months={"exposure": ["2024-06"]}
    )
    assert counted(tables, default_policy, "complaint_rate") == {"2024Q2": (1, 1000)}


def test_a_step_after_the_last_receipt_is_not_counted_as_done(
    take_in: TakeIn, default_policy: Policy
) -> None:
    rows = complaints(
        {"received_at": "2024-07-01", "resolved_at": "2024-07-20"}, {"received_at": "2024-07-10"}
    )
    assert counted(take_in(complaints=rows, as_of=None), default_policy, "resolved_7wd") == {"2024Q3": (0, 1)}


SECURITY = [
    {"incident_id": f"i{number}", "kind": kind, "started_at": day}
    for number, (kind, day) in enumerate(
        [
            ("security", "2024-01-01"),
            ("security", "2024-03-31 23:00"),
            ("outage", "2024-05-01"),
            ("security", "2024-08-01"),
        ]
    )
]


def test_quiet_quarters_have_no_security_incident(take_in: TakeIn, default_policy: Policy) -> None:
    tables = take_in(complaints=[QUIET], incidents=SECURITY, as_of="2024-09-30")
    expected = {"2024Q1": (2, 1), "2024Q2": (0, 1), "2024Q3": (1, 1)}
    assert counted(tables, default_policy, "security_incidents") == expected
    monthly = counted(tables, default_policy, "security_incidents", freq="M")
    assert len(monthly) == 9
    assert monthly["2024-03"] == (1, pytest.approx(1 / 3))
    assert monthly["2024-09"] == (0, pytest.approx(1 / 3))


def test_a_part_of_a_quarter_weighs_as_much_as_it_is_long(take_in: TakeIn, default_policy: Policy) -> None:
    tables = take_in(
        complaints=[QUIET], incidents=SECURITY, as_of="2024-08-15", unknown_months={"incidents": ["2024-02"]}
    )
    found = counted(tables, default_policy, "security_incidents")
    assert found == {
        "2024Q1": (2, pytest.approx(62 / 91)),
        "2024Q2": (0, 1),
        "2024Q3": (1, pytest.approx(46 / 92)),
    }


# ---- shares of other tables ----


def test_satisfaction_by_where_it_was_asked(take_in: TakeIn, default_policy: Policy) -> None:
    answers = [("branch", 5), ("phone", 3), ("mobile_app", 4), ("online_bank", 2), ("social_media", 4)]
    surveys = [
        {
            "survey_id": f"s{n}",
            "answered_on": "2024-05-01",
            "unit_id": "u1",
            "channel": channel,
            "rating": rating,
        }
        for n, (channel, rating) in enumerate(answers)
    ]
    rows = complaints(*({"received_at": "2024-05-02", "satisfaction": points} for points in ("4", "3", "")))
    tables = take_in(complaints=rows, surveys=surveys)
    expected = {
        "satisfaction": (3, 5),
        "good_rating_rate": (1, 2),
        "online_satisfaction": (1, 2),
        "complaint_handling_satisfaction": (1, 2),
    }
    for indicator, value in expected.items():
        assert counted(tables, default_policy, indicator) == {"2024Q2": value}, indicator


def test_inspections_weigh_by_their_items(take_in: TakeIn, default_policy: Policy) -> None:
    given = [("mystery_shopper", 20, 18), ("mystery_shopper", 10, 10), ("compliance", 50, 49)]
    inspections = [
        {
            "inspection_id": f"i{n}",
            "inspected_on": "2024-05-01",
            "unit_id": "u1",
            "kind": k,
            "items": i,
            "passed": p,
        }
        for n, (k, i, p) in enumerate(given)
    ]
    tables = take_in(complaints=[QUIET], inspections=inspections)
    assert counted(tables, default_policy, "mystery_shopper_pass") == {"2024Q2": (28, 30)}
    assert counted(tables, default_policy, "compliance_pass_rate") == {"2024Q2": (49, 50)}
    assert counted(tables, default_policy, "disclosure_rate") == {}


def test_rectification_counts_open_and_overdue_actions_as_failed(
    take_in: TakeIn, default_policy: Policy
) -> None:
    due = [("2024-06-10", "2024-06-10"), ("2024-06-10", "2024-06-11"), ("2024-06-30", ""), ("2024-07-01", "")]
    actions = [
        {
            "action_id": f"a{n}",
            "unit_id": "u1",
            "measure": "m",
            "opened_on": "2024-05-01",
            "due_on": d,
            "closed_on": c,
        }
        for n, (d, c) in enumerate(due)
    ]
    tables = take_in(complaints=[QUIET], actions=actions, as_of="2024-06-30")
    assert counted(tables, default_policy, "rectification_on_time") == {"2024Q2": (1, 3)}


def observations(*rows: tuple[str, str, str, float, float]) -> list[dict[str, object]]:
    """Rows of (indicator, unit, month, numerator, denominator)."""
    names = ("indicator_id", "unit_id", "month", "numerator", "denominator")
    return [
        dict(zip(names, (i, unit, f"2024-{month}-01", n, d), strict=True)) for i, unit, month, n, d in rows
    ]


def test_observations_are_added_up_before_they_are_divided(take_in: TakeIn, default_policy: Policy) -> None:
    given = observations(
        ("on_time_rate", "u1", "04", 90, 100),
        ("on_time_rate", "u1", "05", 10, 50),
        ("education_reach", "u1", "04", 30, 1),
        ("education_reach", "u1", "05", 60, 1),
    )
    tables = take_in(complaints=[QUIET], observations=given)
    assert counted(tables, default_policy, "on_time_rate") == {"2024Q2": (100, 150)}
    assert counted(tables, default_policy, "education_reach") == {"2024Q2": (90, pytest.approx(2 / 3))}


@pytest.mark.parametrize("indicator", ["retention", "training_coverage", "special_group_coverage"])
def test_of_a_stock_only_the_last_known_month_of_each_unit_counts(
    indicator: str, take_in: TakeIn, default_policy: Policy
) -> None:
    given = observations(
        (indicator, "u1", "04", 80, 100),
        (indicator, "u1", "05", 81, 100),
        (indicator, "u1", "06", 82, 100),
        (indicator, "u2", "04", 7, 10),
        (indicator, "u2", "05", 8, 10),  # and nothing for June
        ("on_time_rate", "u2", "06", 1, 1),
    )
    tables = take_in(complaints=[QUIET], observations=given)
    assert counted(tables, default_policy, indicator) == {"2024Q2": (90, 110)}
    monthly = {"2024-04": (87, 110), "2024-05": (89, 110), "2024-06": (82, 100)}
    assert counted(tables, default_policy, indicator, freq="M") == monthly
    table = indicators(tables, default_policy, by=["unit_id"]).table
    units = table[table["indicator_id"] == indicator].set_index("unit_id")
    assert units["numerator"].to_dict() == {"u1": 82, "u2": 8}
    unknown = take_in(
        complaints=[QUIET], observations=given, unknown_months={"observations": ["2024-06", "2024-05"]}
    )
    assert counted(unknown, default_policy, indicator) == {"2024Q2": (87, 110)}


# ---- availability ----

APRIL, MAY, JUNE = (days * 1440 for days in (30, 31, 30))
UP = (
    ("system_availability", "", "04", APRIL - 50, APRIL),
    ("system_availability", "", "05", MAY - 10, MAY),
    ("system_availability", "", "06", JUNE, JUNE),
)


def outages(*spans: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {"incident_id": f"o{n}", "kind": "outage", "started_at": start, "ended_at": end, "unit_id": ""}
        for n, (start, end) in enumerate(spans)
    ]


def lost_squares(tables: Tables, policy: Policy, **settings: object) -> dict[str, float]:
    table = indicators(tables, policy, **settings).table
    rows = table[table["indicator_id"] == "system_availability"]
    return dict(zip(rows["period"], rows["squares"], strict=True))


def test_availability_knows_its_incidents(take_in: TakeIn, default_policy: Policy) -> None:
    given = outages(
        ("2024-04-03 10:00", "2024-04-03 10:20"),
        ("2024-04-30 23:30", "2024-05-01 00:10"),  # 30 minutes in April, 10 in May: one incident
        ("2024-08-01 10:00", "2024-08-01 20:00"),  # outside the months that are counted
    )
    fault = given[0] | {"incident_id": "f", "kind": "fault", "ended_at": "2024-04-05 10:20"}
    tables = take_in(complaints=[QUIET], observations=observations(*UP), incidents=[*given, fault])
    total = APRIL + MAY + JUNE
    assert counted(tables, default_policy, "system_availability") == {"2024Q2": (total - 60, total)}
    assert lost_squares(tables, default_policy) == {"2024Q2": 20**2 + 40**2}
    monthly = {"2024-04": 20**2 + 30**2, "2024-05": 10**2, "2024-06": 0}
    assert lost_squares(tables, default_policy, freq="M") == monthly


def test_minutes_lost_that_no_outage_accounts_for_are_one_incident_a_month(
    take_in: TakeIn, default_policy: Policy
) -> None:
    without = take_in(complaints=[QUIET], observations=observations(*UP))
    assert lost_squares(without, default_policy) == {"2024Q2": 50**2 + 10**2}
    some = outages(("2024-04-03 10:00", "2024-04-03 10:20"))
    tables = take_in(complaints=[QUIET], observations=observations(*UP), incidents=some)
    assert lost_squares(tables, default_policy) == {"2024Q2": 20**2 + 30**2 + 10**2}


def test_an_open_outage_lasts_until_now(take_in: TakeIn, default_policy: Policy) -> None:
    given = outages(("2024-06-30 23:00", ""), ("2024-07-02 23:00", ""))
    lost = observations(("system_availability", "", "06", JUNE - 60, JUNE))
    tables = take_in(complaints=[QUIET], observations=lost, incidents=given, as_of="2024-06-30")
    assert lost_squares(tables, default_policy) == {"2024Q2": 60**2}


def test_availability_by_unit_takes_the_outages_of_the_unit_and_of_all(
    take_in: TakeIn, default_policy: Policy
) -> None:
    given = outages(*[("2024-04-03 10:00", f"2024-04-03 10:{end}") for end in (10, 20, 30)])
    given[0]["unit_id"], given[1]["unit_id"] = "u1", "u2"  # and the third is everybody's
    lost = observations(
        *[("system_availability", u, "04", APRIL - m, APRIL) for u, m in (("u1", 40), ("u2", 50))]
    )
    tables = take_in(complaints=[QUIET], observations=lost, incidents=given)
    table = indicators(tables, default_policy, by=["unit_id"]).table
    rows = table[table["indicator_id"] == "system_availability"].set_index("unit_id")
    assert rows["squares"].to_dict() == {"u1": 10**2 + 30**2, "u2": 20**2 + 30**2}


# ---- what cannot be computed ----


def test_what_is_lacking_is_said(take_in: TakeIn, default_policy: Policy) -> None:
    found = indicators(take_in(complaints=complaints({"resolved_at": "2024-01-02"})), default_policy)
    reasons = found.unavailable.set_index("indicator_id")["reason"]
    assert reasons["complaint_rate"] == "the source has no table 'exposure'"
    assert reasons["satisfaction"] == "the source has no table 'surveys'"
    assert reasons["first_response_24h"] == "the source gives no complaints.first_response_at"
    assert reasons["major_1h"] == "the source gives no complaints.severity"
    assert set(found.table["indicator_id"]) == {"resolved_7wd", "resolved_3wd", "handling_days"}
    assert not set(found.table["indicator_id"]) & set(reasons.index)


@pytest.mark.parametrize(
    ("by", "lacking", "rated"),
    [
        (["channel"], "channel", False),
        (["customer_group"], "customer_group", False),
        (["product"], "product", True),
        (["unit_id", "product"], "product", True),
    ],
)
def test_a_breakdown_that_a_table_lacks_is_a_reason(
    by: list[str], lacking: str, rated: bool, sample_tables: Tables, default_policy: Policy
) -> None:
    found = indicators(sample_tables, default_policy, by=by, periods=["2026Q2"])
    reasons = found.unavailable.set_index("indicator_id")["reason"]
    assert reasons["compliance_pass_rate"] == f"it has no breakdown by {lacking}"
    assert (
        "complaint_rate" in set(found.table["indicator_id"])
    ) == rated  # accounts are known by product only
    assert ("complaint_rate" in reasons.index) != rated
    assert "security_incidents" in reasons.index
    assert {"resolved_7wd", "upheld_rate"} <= set(found.table["indicator_id"])


def test_a_source_without_rows_gives_no_value(take_in: TakeIn, default_policy: Policy) -> None:
    found = indicators(take_in(complaints="complaint_id,received_at,unit_id,product\n"), default_policy)
    assert found.table.empty
    assert len(found.unavailable) == len(INDICATORS)


def test_an_indicator_without_a_row_in_the_period_is_unavailable(
    take_in: TakeIn, default_policy: Policy
) -> None:
    seen = {"unit_id": "u1", "month": "2024-04-01", "numerator": 1, "denominator": 2}
    check = {"inspection_id": "i", "inspected_on": "2024-05-01", "unit_id": "u1", "kind": "compliance",
             "items": 5, "passed": 5}  # fmt: skip
    tables = take_in(
        complaints=[QUIET], observations=[seen | {"indicator_id": "on_time_rate"}], inspections=[check]
    )
    for periods, lacking in ((None, False), (["2024Q2"], False), (["2024Q3"], True)):
        found = indicators(tables, default_policy, periods=periods)
        reasons = found.unavailable.set_index("indicator_id")["reason"]
        assert reasons["retention"] == reasons["disclosure_rate"]
        assert reasons["retention"] == "the source has no rows for it in the period"
        assert ("on_time_rate" in reasons) == ("compliance_pass_rate" in reasons) == lacking
        assert set(reasons.index) | set(found.table["indicator_id"]) == set(INDICATORS)
        assert not set(reasons.index) & set(found.table["indicator_id"])


# ---- the sample bank ----


def test_every_indicator_is_computed_on_the_sample(sample_tables: Tables, default_policy: Policy) -> None:
    found = indicators(sample_tables, default_policy)
    given = set(found.table["indicator_id"])
    assert set(found.unavailable["indicator_id"]) == {"timely_response_rate"}
    assert given == set(INDICATORS) - {"timely_response_rate"}
    assert set(found.table["period"]) == {
        str(period) for period in pd.period_range("2022Q4", "2026Q3", freq="Q")
    }
    assert (found.table["denominator"] > 0).all()
    shares = found.table["indicator_id"].map(lambda i: INDICATORS[i].family == "proportion")
    assert found.table.loc[shares, "value"].between(0, 1).all()
    spread = found.table["indicator_id"].map(lambda i: INDICATORS[i].family in ("mean", "availability"))
    assert (found.table["squares"].notna() == spread).all()


KEYS, SUMS = ["indicator_id", "period"], ["numerator", "denominator"]
COMPLAINT_COLUMNS = ["unit_id", "product", "channel", "customer_group", "region_id"]
BREAKDOWNS = [
    *([column] for column in COMPLAINT_COLUMNS if column in CONTRACTS["complaints"].names),
    ["unit_id", "product"],
    ["product", "channel"],
    ["channel", "customer_group"],
    ["unit_id", "product", "channel", "customer_group"],
]


def adds_up(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out means, which are not sums."""
    return table[table["indicator_id"].map(lambda i: INDICATORS[i].family != "mean")]


@pytest.mark.parametrize("freq", ["Q", "M"])
@pytest.mark.parametrize("by", BREAKDOWNS, ids="+".join)
def test_the_parts_add_up_to_the_bank(
    by: list[str], freq: str, sample_tables: Tables, default_policy: Policy
) -> None:
    bank = indicators(sample_tables, default_policy, freq=freq).table.set_index(KEYS)[SUMS]
    parts = adds_up(indicators(sample_tables, default_policy, by=by, freq=freq).table)
    assert not parts.duplicated([*KEYS, *by]).any()
    added = parts.groupby(KEYS)[SUMS].sum()
    assert {"resolved_7wd", "upheld_rate", "repeat_complaint_rate"} <= set(parts["indicator_id"])
    np.testing.assert_allclose(added, bank.loc[added.index], rtol=1e-12)


def test_months_add_up_to_quarters(sample_tables: Tables, default_policy: Policy) -> None:
    monthly = indicators(sample_tables, default_policy, freq="M").table
    monthly["period"] = pd.PeriodIndex(monthly["period"], freq="M").asfreq("Q").astype("str")
    quarterly = indicators(sample_tables, default_policy).table
    flows = adds_up(quarterly)[lambda t: ~t["indicator_id"].map(lambda i: INDICATORS[i].stock)]
    expected = flows.set_index(KEYS)[SUMS]
    np.testing.assert_allclose(monthly.groupby(KEYS)[SUMS].sum().loc[expected.index], expected, rtol=1e-12)


def test_a_quarter_of_a_stock_is_its_last_month(sample_tables: Tables, default_policy: Policy) -> None:
    quarterly, monthly = (
        indicators(sample_tables, default_policy, freq=freq, periods=[period]).table.set_index("indicator_id")
        for freq, period in (("Q", "2026Q2"), ("M", "2026-06"))
    )
    stocks = [indicator.id for indicator in INDICATORS.values() if indicator.stock]
    assert sorted(stocks) == ["retention", "special_group_coverage", "training_coverage"]
    pd.testing.assert_frame_equal(quarterly.loc[stocks, SUMS], monthly.loc[stocks, SUMS])


def test_handling_days_are_those_of_complaints_that_have_run_their_course(
    sample_tables: Tables, default_policy: Policy
) -> None:
    """Where all of a quarter are old enough, Kaplan–Meier is the plain mean of the days, cut at thirty."""
    table = indicators(sample_tables, default_policy, periods=["2026Q1", "2026Q3"]).table
    old, young = table[table["indicator_id"] == "handling_days"].itertuples()
    assert old.numerator == pytest.approx(round(old.numerator), abs=1e-6)
    assert old.squares == pytest.approx(round(old.squares), abs=1e-6)
    assert abs(young.numerator - round(young.numerator)) > 1e-3  # some of its complaints are still open
    assert young.value == pytest.approx(old.value, rel=0.15)


def test_only_the_columns_that_are_needed_are_read(
    sample_tables: Tables, default_policy: Policy, tmp_path: Path
) -> None:
    kept = [
        name for name in CONTRACTS["complaints"].names if name not in ("narrative", "logged_at", "redress")
    ]
    sample_tables.complaints.frame(kept).to_parquet(tmp_path / "accepted.parquet")
    narrow = replace(sample_tables, complaints=replace(sample_tables.complaints, folder=tmp_path))
    found, expected = (indicators(tables, default_policy).table for tables in (narrow, sample_tables))
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("periods", [["2026-Q9"], ["'; DROP TABLE complaints"]])
def test_a_period_that_cannot_be_read_is_refused(
    periods: list[str], sample_tables: Tables, default_policy: Policy
) -> None:
    with pytest.raises(ParameterError, match="expected a period like 2026Q3 or 2026-09"):
        indicators(sample_tables, default_policy, periods=periods)


def test_periods_are_a_choice_of_all(sample_tables: Tables, default_policy: Policy) -> None:
    every = indicators(sample_tables, default_policy, freq="M").table
    wanted = ["2026-06", "2023-02"]
    chosen = indicators(sample_tables, default_policy, freq="M", periods=wanted).table
    expected = every[every["period"].isin(wanted)].reset_index(drop=True)
    pd.testing.assert_frame_equal(chosen, expected)
    assert indicators(sample_tables, default_policy, periods=[]).table.empty


def test_a_result_shows_its_latest_period(sample_tables: Tables, default_policy: Policy) -> None:
    found = indicators(sample_tables, default_policy)
    assert found.sentence == "34 indicators computed, 1 not available from this source."
    assert set(found.summary()["period"]) == {"2026Q3"}


# ---- observations that nothing uses ----


def test_observations_of_an_unknown_indicator_are_counted(take_in: TakeIn) -> None:
    given = observations(
        ("retention", "u1", "04", 1, 1),
        ("retenton", "u1", "04", 1, 1),  # misspelt
        ("retenton", "u1", "05", 1, 1),
        ("resolved_7wd", "u1", "05", 1, 1),  # computed from complaints: not taken from here
    )
    found = unused_observations(take_in(complaints=[QUIET], observations=given))
    assert found.to_dict("list") == {"indicator_id": ["resolved_7wd", "retenton"], "rows": [1, 2]}


def test_a_source_whose_observations_are_all_used(sample_tables: Tables, take_in: TakeIn) -> None:
    for tables in (sample_tables, take_in(complaints=[QUIET])):
        found = unused_observations(tables)
        assert found.empty
        assert list(found.columns) == ["indicator_id", "rows"]


# ---- what an indicator says of itself ----


@pytest.mark.parametrize("entry", INDICATORS.values(), ids=INDICATORS)
def test_an_entry_says_what_it_is(entry: Indicator) -> None:
    assert (
        entry.is_count == (entry.family in ("proportion", "rate")) == (entry.is_proportion or entry.is_rate)
    )
    assert entry.is_share >= entry.is_proportion, "a proportion is written in per cent"
    assert entry.tables == (entry.table, *(["exposure"] if "account" in entry.unit else []))
    column, *kinds = entry.only or ("",)
    assert not column or column in CONTRACTS[entry.table].names
    assert not column or entry.of_kind in entry.counted
    assert all(f"'{kind}'" in entry.of_kind for kind in kinds)
    assert "kind" not in entry.eligible, "say it in `only`: rejected rows are asked for it, too"
    assert "indicator_id" not in entry.eligible


def test_an_entry_says_why_it_cannot_be_computed(take_in: TakeIn) -> None:
    rows = [{"complaint_id": "c", "received_at": "2024-01-01", "unit_id": "u", "product": "card"}]
    tables = take_in(complaints=rows)
    said = {name: INDICATORS[name].why_not(tables) for name in ("complaint_rate", "upheld_rate", "retention")}
    assert said == {
        "complaint_rate": "the source has no table 'exposure'",
        "upheld_rate": "the source gives no complaints.upheld",
        "retention": "the source has no table 'observations'",
    }
    rate, quiet = INDICATORS["complaint_rate"], INDICATORS["security_incidents"]
    incident = {"incident_id": "i", "kind": "security", "started_at": "2024-01-01"}
    account = {"month": "2024-01-01", "unit_id": "u", "product": "card", "accounts": 10}
    tables = take_in(complaints=rows, exposure=[account], incidents=[incident])
    assert rate.why_not(tables, ["unit_id", "product"]) == ""
    assert rate.why_not(tables, ["unit_id", "channel"]) == "it has no breakdown by channel"
    assert quiet.why_not(tables) == ""
    assert quiet.why_not(tables, ["unit_id"]) == "it has no breakdown by unit_id"


# ---- the catalogue in words ----

RETENTION = (
    "rows of observations where indicator_id = 'retention', last known month of each unit in the period:"
    " Σ [numerator] ÷ Σ [denominator]"
)
HANDLING_DAYS = (
    "rows of complaints: S(0) + S(1) + … + S(29), S(t) the Kaplan–Meier estimate of the share with"
    " working_days_to_resolution > t, censored where resolved_at IS NULL OR resolved_at >= now"
)


@pytest.mark.parametrize(
    ("indicator_id", "formula"),
    [
        ("upheld_rate", "rows of complaints where upheld IS NOT NULL: Σ [upheld] ÷ number"),
        ("complaint_rate", "rows of complaints: number ÷ (Σ exposure.accounts ÷ 12) × 1,000"),
        ("security_incidents", "rows of incidents where kind = 'security': number ÷ number of quarters"),
        ("disclosure_rate", "rows of inspections where kind = 'disclosure': Σ [passed] ÷ Σ [items]"),
        ("retention", RETENTION),
        ("handling_days", HANDLING_DAYS),
    ],
)
def test_a_formula_is_rendered_from_what_is_computed(indicator_id: str, formula: str) -> None:
    assert INDICATORS[indicator_id].formula == formula


def test_the_page_of_indicators_is_up_to_date(project: Path) -> None:
    shown = (project / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert shown == rendered(latest_policy()), "write it again: python tests/spec/indicators.py"
    assert all(f"### `{indicator_id}`" in shown for indicator_id in INDICATORS)


def test_an_indicator_is_added_as_the_manual_says(
    project: Path, sample_tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (project / "docs" / "howto" / "add_an_indicator.md").read_text(encoding="utf-8")
    entry_code, use = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (line,) = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    entry = eval(entry_code, {"Indicator": Indicator})
    monkeypatch.setitem(INDICATORS, entry.id, entry)
    shipped = (project / "params" / "policy" / "2000-01-01.yaml").read_text(encoding="utf-8")
    before, heading, after = shipped.partition("\nindicators:")
    rest_of_heading, _, others = after.partition("\n")
    added = f"{before}{heading}{rest_of_heading}\n{line}{others}".replace("2000-01-01", "2001-01-01", 1)
    (tmp_path / "2001-01-01.yaml").write_text(added, encoding="utf-8")
    policy = load_policy(tmp_path, on="2026-10-01")

    by_product: dict[str, object] = {"rm": rm, "tables": sample_tables, "policy": policy}
    exec(use, by_product)
    assert len(by_product["found"].table.query("indicator_id == 'regulator_share'")) == 6
    bank = indicators(sample_tables, policy).table.query("indicator_id == 'regulator_share'")
    assert len(bank) == 16
    assert bank["value"].between(0.05, 0.09).all()
    rated = rate_period(sample_tables, policy, "2026Q2").set_index("indicator_id")
    assert rated.loc["regulator_share", "rating"] == "green"
    assert "### `regulator_share` 监管转办投诉占比" in rendered(policy)
