"""Indicators: small tables whose values were worked out by hand, and the sample bank as a whole."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from riskmodels.catalogue import INDICATORS, indicators
from riskmodels.policy import Policy
from riskmodels.tables import CONTRACTS, Tables

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
    assert {indicator.id for indicator in default_policy.indicators} == set(INDICATORS)


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


def test_handling_days_are_counted_up_to_thirty(take_in: TakeIn, default_policy: Policy) -> None:
    monday = {"received_at": "2024-07-01 09:00"}  # no Chinese holiday from July to mid-September
    rows = complaints(
        monday | {"resolved_at": "2024-07-01 10:00"},  # 0
        monday | {"resolved_at": "2024-07-08 10:00"},  # 5
        monday | {"resolved_at": "2024-08-19 10:00"},  # 35, counts 30
        monday,  # open, counts 30
        {"received_at": "2024-07-22 09:00", "resolved_at": "2024-07-22 10:00"},  # 29 working days old
    )
    table = indicators(take_in(complaints=rows, as_of="2024-08-30"), default_policy).table
    row = table[table["indicator_id"] == "handling_days"].iloc[0]
    assert (row["numerator"], row["denominator"], row["squares"], row["value"]) == (65, 4, 1825, 16.25)


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


def test_observations_are_added_up_before_they_are_divided(take_in: TakeIn, default_policy: Policy) -> None:
    given = [
        ("retention", "04", 90, 100),
        ("retention", "05", 10, 50),
        ("education_reach", "04", 30, 1),
        ("education_reach", "05", 60, 1),
    ]
    observations = [
        {"indicator_id": i, "unit_id": "u1", "month": f"2024-{m}-01", "numerator": n, "denominator": d}
        for i, m, n, d in given
    ]
    tables = take_in(complaints=[QUIET], observations=observations)
    assert counted(tables, default_policy, "retention") == {"2024Q2": (100, 150)}
    assert counted(tables, default_policy, "education_reach") == {"2024Q2": (90, pytest.approx(2 / 3))}


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
    is_mean = found.table["indicator_id"].map(lambda i: INDICATORS[i].family == "mean")
    assert (found.table["squares"].notna() == is_mean).all()


@pytest.mark.parametrize("by", ["unit_id", "product", "channel"])
def test_the_parts_add_up_to_the_bank(by: str, sample_tables: Tables, default_policy: Policy) -> None:
    keys, sums = ["indicator_id", "period"], ["numerator", "denominator"]
    bank = indicators(sample_tables, default_policy).table.set_index(keys)[sums]
    parts = indicators(sample_tables, default_policy, by=[by]).table.groupby(keys)[sums].sum()
    assert len(parts) > 16 * 8
    np.testing.assert_allclose(parts, bank.loc[parts.index], rtol=1e-12)


def test_months_add_up_to_quarters(sample_tables: Tables, default_policy: Policy) -> None:
    monthly = indicators(sample_tables, default_policy, freq="M").table
    monthly["period"] = pd.PeriodIndex(monthly["period"], freq="M").asfreq("Q").astype("str")
    keys, sums = ["indicator_id", "period"], ["numerator", "denominator"]
    quarterly = indicators(sample_tables, default_policy).table.set_index(keys)[sums]
    added = monthly.groupby(keys)[sums].sum().loc[quarterly.index]
    np.testing.assert_allclose(added, quarterly, rtol=1e-12)


def test_a_result_shows_its_latest_period(sample_tables: Tables, default_policy: Policy) -> None:
    found = indicators(sample_tables, default_policy)
    assert found.sentence == "34 indicators computed, 1 not available from this source."
    assert set(found.summary()["period"]) == {"2026Q3"}
