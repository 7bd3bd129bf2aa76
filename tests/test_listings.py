"""Listings: names instead of identifiers, figures written out, every column there even where no row is."""

import dataclasses
import inspect
import re

import numpy as np
import pandas as pd
import pytest
from policies import proposals_looked_back
from small_bank import (
    AMBER,
    RED,
    make_alarm,
    make_alarms,
    make_book,
    make_card,
    make_changes,
    make_effects,
    make_explanation,
    make_incidents,
    make_nowcast,
    make_objectives,
    make_outlook,
    make_panel,
    make_record,
    make_review,
    make_scenario,
    make_stress,
    make_tables,
    with_columns,
)

from riskmodels.assessment import assess
from riskmodels.catalogue import unmatched_names
from riskmodels.display import Listing
from riskmodels.governance.policy_records import FILE_COLUMNS
from riskmodels.governance.proposals import propose
from riskmodels.parameters.risks import RiskRegister
from riskmodels.reporting import listings
from riskmodels.reporting.listings import (
    indicator_quality,
    list_changes,
    list_data_faults,
    list_decided,
    list_delays,
    list_explanation,
    list_factors,
    list_findings,
    list_looked_back,
    list_loss_sums,
    list_loss_years,
    list_losses,
    list_nowcast,
    list_objectives,
    list_omitted,
    list_others,
    list_outlook,
    list_policy,
    list_proposals,
    list_quality,
    list_ratings,
    list_rejections,
    list_scenario,
    list_scores,
    list_severities,
    list_stress,
    list_totals,
    list_unavailable,
    list_units,
    quality_note,
)
from riskmodels.results import load
from riskmodels.stresstest import compare
from riskmodels.tables import data_quality
from riskmodels.tables.quality import DIMENSIONS


@pytest.fixture
def found(default_policy):
    def found(*rows, units=()):
        return assess(
            default_policy,
            data=make_tables(),
            scorecard=make_card(rows, units),
            register=RiskRegister(risks=()),
        )

    return found


EFFECT = {
    "indicator": "handling_days",
    "change": {"low": 1.0, "mode": 4.0, "high": 9.0, "basis": "a guess"},
    "per": "doubling_of_complaints",
}
SURGE = {"product": "credit_card", "multiplier": 2.5, "months": 3}


SCORECARD_LISTINGS = {
    "list_contributions", "list_controls", "list_validation", "list_gaps", "list_groups", "list_matrix_checks",
    "list_movements", "list_orders", "list_risks", "list_robustness", "list_sensitivity",
}  # fmt: skip


SATISFACTION_LISTINGS = {"list_answering", "list_drivers", "list_index", "list_index_parts"}


def columns(listing: Listing) -> list[str]:
    return listing.frame.columns.tolist()


SAVED = {
    "pack": "ValidationPack", "causes": "Causes", "change": "Decomposition", "draft": "LimitDraft", "leads": "Leads", "words": "TypicalWords", "due": "Due",
}  # fmt: skip


def test_every_listing_says_a_sentence_and_shows_itself(default_policy, found, project) -> None:
    policy, card, test = default_policy, make_card([RED], [{}]), make_stress()
    outlook, scenario = make_outlook(make_panel({"a": [1.0]}), [[[1.0]]]), make_scenario([SURGE], [EFFECT])
    arguments = {
        "tables": make_tables(), "quality": data_quality(make_tables()), "card": card, "policy": policy, "test": test, "outlook": outlook,
        "nowcast": make_nowcast(), "explained": make_explanation(), "record": make_record(), "scenario": scenario, "severity": "severe", "found": found(RED), "changes": propose(found(RED), policy),
        "unmatched": unmatched_names(make_tables(), policy), "plans": None, "compared": compare([test]), "book": make_book(make_alarm()), "objectives": make_objectives(), "review": make_review(), "alarms": make_alarms(), "incidents": make_incidents(), "effects": make_effects(),
        "files": pd.DataFrame([dict.fromkeys(FILE_COLUMNS, "") | {"status": "ungoverned", "lines": 0}]),
        **{name: load(project / "tests" / "saved" / "format_0" / kind, object) for name, kind in SAVED.items()},
    }  # fmt: skip
    functions = [
        f for name, f in inspect.getmembers(listings, inspect.isfunction) if name.startswith("list_")
    ]
    assert len(functions) == 87
    losses = {list_losses, list_loss_years, list_loss_sums, list_severities}  # in tests of losses
    scorecards = {f for f in functions if f.__name__ in SCORECARD_LISTINGS}  # in test_scorecard_page
    satisfaction = {f for f in functions if f.__name__ in SATISFACTION_LISTINGS}  # in test_satisfaction
    for function in {*functions} - losses - scorecards - satisfaction:
        wanted = [
            name for name, p in inspect.signature(function).parameters.items() if p.default is inspect._empty
        ]
        listing = function(*(arguments[name] for name in wanted))
        assert isinstance(listing, Listing)
        assert listing.sentence
        assert listing.sentence[0].isupper() or listing.sentence[0].isdigit()
        assert not re.search(r"\bnan\b", listing._repr_html_()), function.__name__
        assert "{" not in listing.sentence


# Data


def test_quality_by_table() -> None:
    listing = list_quality(make_tables(10_000, 12, ("2024-05",)))
    assert listing.sentence == "Rows rejected: 12 of 10,000; the data is as of 2024-09-30."
    assert columns(listing) == [
        "Table", "Rows read", "Rows accepted", "Rows rejected", "Rejected", "Unknown months", "Digest",
    ]  # fmt: skip
    assert listing.frame.iloc[0].tolist() == [
        "complaints", 10_000, 9_988, 12, "0.12%", "2024-05", "fedcba9876543210",
    ]  # fmt: skip


def test_rejections_by_rule(take_in) -> None:
    tables = take_in(
        complaints="complaint_id,received_at,unit_id,product\n"
        "c1,2024-07-01,u,x\nc2,,u,x\nc3,2024-07-01,,x\nc4,,u,x\nc1,2024-07-01,u,x\n"
    )
    frame = list_rejections(tables).frame
    assert frame.columns.tolist() == ["Table", "Rule broken", "Rows", "File", "First row"]
    assert frame.to_numpy().tolist() == [
        ["complaints", "duplicate of an accepted row", 1, "complaints.csv", 5],
        ["complaints", "received_at required", 2, "complaints.csv", 2],
        ["complaints", "unit_id required", 1, "complaints.csv", 3],
    ]


def test_no_rejection() -> None:
    listing = list_rejections(make_tables())
    assert listing.sentence == "No row was rejected."
    assert listing.frame.empty


# Scorecard


def test_ratings_worst_first_and_in_their_units(default_policy) -> None:
    watched = {"indicator_id": "handling_days", "value": 3.25, "lower": 3.0, "upper": 3.5, "amber": np.nan,
               "red": np.nan, "rating": ""}  # fmt: skip
    rows = [
        watched,
        {},
        AMBER | {"indicator_id": "reply_2wd"},
        RED | {"indicator_id": "resolved_3wd"},
        {"indicator_id": "retention", "rating": "insufficient"},
        {"unit_id": "u1"} | RED,
    ]
    listing = list_ratings(make_card(rows), default_policy)
    assert listing.sentence == "1 red, 1 amber, 1 green; 1 without enough evidence for a rating."
    frame = listing.frame
    assert frame["Rating"].tolist() == ["Red", "Amber", "Not enough evidence", "Green", "no limit"]
    assert frame["Indicator [unit]"].tolist()[0] == "Resolved within three working days [share of complaints]"
    assert frame.iloc[-1][["Value", "90% interval", "Amber", "Red"]].tolist() == [
        "3.25", "3 – 3.5", "–", "–",
    ]  # fmt: skip
    assert frame.iloc[1][["Value", "90% interval", "Amber", "Red"]].tolist() == [
        "97%", "96% – 98%", "99%", "95%",
    ]  # fmt: skip
    of_unit = list_ratings(make_card(rows), default_policy, unit_id="u1")
    assert of_unit.frame["Rating"].tolist() == ["Red"]


def test_a_unit_that_is_not_there_has_no_rating(default_policy) -> None:
    listing = list_ratings(make_card([{}]), default_policy, unit_id="nobody")
    assert listing.frame.empty
    assert listing.sentence.startswith("0 red, 0 amber, 0 green")


def test_units_riskiest_first() -> None:
    units = [{"unit_id": f"u{place:02d}", "rank": place + 1} for place in range(20)]
    frame = list_units(make_card(units=units)).frame
    assert len(frame) == 15
    assert frame.iloc[0].tolist() == [
        1, "First branch (u00)", "Green", "its indicators; probability 100%", "20", "10 – 30", "1 – 2", "10%", 3,
    ]  # fmt: skip
    assert "Score [points]" in frame
    assert len(list_units(make_card(units=units), most=3).frame) == 3
    assert list_units(make_card()).frame.empty


@pytest.mark.parametrize(
    "ratings", [["red"], ["insufficient"], ["red", "amber", "amber", "insufficient", "green"]]
)
def test_the_sentence_of_units_counts_what_its_table_shows(ratings) -> None:
    units = [{"unit_id": f"u{place}", "rating": rating} for place, rating in enumerate(ratings)]
    listing = list_units(make_card(units=units))
    shown = listing.frame["Rating"].str.lower().value_counts()
    said = re.findall(r"(\d+) ([a-z ]+?)[,.]", listing.sentence.partition("rated: ")[2])
    assert {words: int(number) for number, words in said if number != "0"} == shown.to_dict()
    assert (" 1 unit rated:" in listing.sentence) == (len(ratings) == 1)


def test_an_error_that_rounds_to_nothing_is_said_to_be_small(default_policy) -> None:
    rows = [
        {"p_red": p, "p_red_error": error}
        for p, error in ((0.0, 0.0), (1.0, 0.0), (0.5, 0.0004), (0.5, 0.004))
    ]
    shown = list_stress(make_stress(rows), default_policy).frame["Probability of red"].tolist()
    assert shown == ["0% ± < 0.1%", "100% ± < 0.1%", "50% ± < 0.1%", "50% ± 0.4%"]


def test_lacking_indicators_by_name(default_policy) -> None:
    lacking = [("retention", "the source has no table 'observations'")]
    listing = list_unavailable(make_card(unavailable=lacking), default_policy)
    asked = len(default_policy.indicators)
    assert listing.sentence.startswith(f"Of {asked} indicators of the policy this source cannot give 1;")
    assert listing.frame.to_numpy().tolist() == [
        [default_policy.indicator("retention").name_en, "the source has no table 'observations'"]
    ]
    assert list_unavailable(make_card(), default_policy).frame.empty


# Outlook


def test_the_outlook_has_a_line_a_series_and_the_total() -> None:
    panel = make_panel({"cards": [100.0] * 8, "loans": [2000.0] * 8})
    listing = list_outlook(make_outlook(panel, [[[100.0, 120.0]] * 8, [[2000.0, 2000.0]] * 8]))
    frame = listing.frame
    assert frame["Series"].tolist() == ["cards", "loans", "total"]
    assert frame["2024-10"].tolist()[:2] == ["110 (100 – 120)", "2,000 (2,000 – 2,000)"]
    assert frame.columns.tolist() == ["Series", *(f"2024-{m}" for m in (10, 11, 12)), "2025-01", "2025-02", "2025-03"]  # fmt: skip
    assert listing.sentence == (
        "Expected complaints a month by product, with the 2.5% – 97.5% interval; method by_hand."
    )


def test_one_series_is_its_own_total() -> None:
    frame = list_outlook(make_outlook(make_panel({"cards": [1.0]}), [[[1.0]]])).frame
    assert frame["Series"].tolist() == ["cards"]


def test_what_an_outlook_is_made_of_multiplies_to_what_is_expected() -> None:
    found = make_explanation(calendar="CN")
    frame = list_factors(found).frame
    assert columns(list_factors(found)) == [
        "Month", "Level", "Common trend over twelve months", "Exposure", "Season", "Days and holidays", "Expected",
    ]  # fmt: skip
    assert frame["Month"].tolist() == found.total["period"].tolist()
    shares = frame[frame.columns[2:6]].map(lambda text: 1 + float(text.rstrip("%")) / 100)
    product = frame["Level"].astype(float) * shares.prod(axis=1)
    np.testing.assert_allclose(product, frame["Expected"].astype(float), rtol=0.01)
    assert (frame["Days and holidays"] != "+0.0%").all()


def test_a_method_that_does_not_know_what_its_outlook_is_made_of_says_so() -> None:
    listing = list_factors(make_explanation(method="empirical24"))
    assert listing.frame.empty
    assert listing.sentence == "The method does not say what its expected complaints are made of."


def test_reasons_of_a_change_add_up_line_by_line() -> None:
    found = make_explanation()
    listing = list_explanation(found)
    assert columns(listing) == [
        "Series", "Before", "New months", "Weights of the models", "Now",
    ]  # fmt: skip
    assert sorted(listing.frame["Series"][:3]) == ["cards", "cash", "loans"]
    assert listing.frame["Series"].tolist()[3:] == ["All series"]
    numbers = listing.frame[listing.frame.columns[1:]].astype(float)
    np.testing.assert_allclose(
        numbers.iloc[:, :-1].sum(axis=1), numbers["Now"], atol=2.5
    )  # rounded five times
    assert listing.sentence == found.sentence
    assert list_explanation(make_explanation(earlier=False)).frame.empty


def test_scores_of_the_methods_the_best_first() -> None:
    record = make_record()
    listing = list_scores(record)
    assert columns(listing) == [
        "Method", "Weighted quantile loss", "95% interval covers", "80% interval covers", "Above 97.5%", "Below 2.5%",
        "Bias", "MASE", "Outcomes",
    ]  # fmt: skip
    best = record.table.iloc[0]
    assert listing.frame["Method"].tolist() == record.table["method"].tolist()
    assert listing.frame["Weighted quantile loss"].astype(float).is_monotonic_increasing
    assert listing.frame["Bias"][0] == f"{best['bias']:+.1%}"
    assert listing.frame["Above 97.5%"][0] == f"{best['pit_above_975']:.1%}"
    assert listing.frame["Outcomes"].tolist() == ["18", "18"]  # six origins, three months
    assert listing.sentence == (
        "Forecasts up to 3 months ahead were made again from 6 months, 2024-01 to 2024-06, from the months until"
        " then as known today, and compared with what was received; the best by weighted quantile loss is"
        f" {best['method']}."
    )


def test_what_was_logged_by_then_is_said() -> None:
    listing = list_scores(dataclasses.replace(make_record(), as_known_then=True))
    assert "from what had been logged by then, and compared" in listing.sentence


def test_a_history_too_short_to_test_on_is_said() -> None:
    for listing in (list_scores(None), list_totals(None)):
        assert listing.frame.empty
        assert listing.sentence == "The history is too short to test forecasts on it."


@pytest.mark.parametrize(
    ("outside", "p_value", "shown", "verdict"),
    [
        (22, 0.00026, "< 0.001", "interval too narrow"),
        (5, 0.049, "0.049", "interval too narrow"),
        (3, 0.05, "0.050", "consistent with 95%"),
        (
            0,
            0.01,
            "0.010",
            "consistent with 95%",
        ),  # fewer outside than there should be: too wide, not too narrow
    ],
)
def test_totals_against_their_interval(outside, p_value, shown, verdict) -> None:
    record = make_record()
    rows = record.totals.assign(totals=36, outside=outside, share_outside_95=outside / 36, p_value=p_value)
    frame = list_totals(dataclasses.replace(record, totals=rows)).frame
    assert frame["Method"].tolist() == record.table["method"].tolist()  # one row each, all horizons together
    assert frame.iloc[0].tolist()[1:] == ["36", f"{outside}", f"{outside / 36:.1%}", shown, verdict]


def test_the_last_months_the_youngest_first_down_to_a_complete_one() -> None:
    frame = list_nowcast(make_nowcast((1.0, 1.0, 1.0, 0.98, 0.9, 0.7))).frame
    assert frame["Month"].tolist() == ["2024-09", "2024-08", "2024-07", "2024-06"]
    assert frame.iloc[0].tolist() == [
        "2024-09", "700", "70.0% (66.5% – 73.5%)", "1,000 (950 – 1,050)", "9.0",
    ]  # fmt: skip
    assert len(list_nowcast(make_nowcast((1.0,) * 8)).frame) == 3
    assert len(list_nowcast(make_nowcast((0.5,) * 30)).frame) == 12


def test_a_month_without_a_known_count_has_no_count_in_the_end() -> None:
    made = make_nowcast()
    unknown = {name: float("nan") for name in ("reported", "nowcast", "nowcast_lower", "nowcast_upper")}
    frame = list_nowcast(with_columns(made, "table", **unknown)).frame
    assert frame.iloc[0].tolist()[1:4] == ["–", "70.0% (66.5% – 73.5%)", "–"]


def test_a_source_without_logging_days_says_what_follows() -> None:
    listing = list_nowcast(None)
    assert listing.frame.empty
    assert listing.sentence.startswith("The source does not say when its complaints were logged")
    assert "the outlook starts too low" in listing.sentence


# Scenario and stress test


def test_a_scenario_with_its_assumptions(default_policy) -> None:
    listing = list_scenario(make_scenario([SURGE], [EFFECT]), "severe", default_policy)
    assert listing.sentence == "By hand (severe): What a test assumes."
    assert listing.frame.to_numpy().tolist() == [
        [
            "Shock: 1 times for 3 months",
            "complaints (credit card)",
            "+150% per unit",
            "+150% … +150%",
            "a test",
            "a test",
        ],
        [
            "Shock: 1 times for 3 months",
            "Mean handling time",
            "+4 working days per doubling of complaints",
            "+1 … +9",
            "a guess",
            "a test",
        ],
    ]


def test_a_scenario_may_name_what_the_policy_does_not_know(default_policy) -> None:
    unknown = EFFECT | {"indicator": "queue_length", "per": "unit_of_shock"}
    frame = list_scenario(make_scenario([], [unknown]), "severe", default_policy).frame
    assert frame["Moves"].tolist() == ["queue_length"]
    assert frame["Change"].tolist() == ["+4 per unit"]


def test_a_stress_test_before_and_after(default_policy) -> None:
    watched = {"rating": "", "rating_before": "", "p_red": np.nan, "p_red_error": np.nan}
    frame = list_stress(make_stress([{}, watched]), default_policy).frame
    assert frame.iloc[0].tolist() == [
        "Resolved within seven working days", "99.5%", "90%", "85% – 94%", "Green", "Red", "97% ± 0.4%",
    ]  # fmt: skip
    assert frame.iloc[1].tolist()[-3:] == ["–", "–", "–"]
    assert list_stress(make_stress([]), default_policy).frame.empty


def test_what_a_stress_test_left_out(default_policy) -> None:
    omitted = [("retention", "why one"), ("surge of gold", "why two")]
    listing = list_omitted(make_stress(omitted=omitted), default_policy)
    assert listing.sentence == "2 assumptions of the scenario were not used, or only in part."
    assert listing.frame.to_numpy().tolist() == [
        [default_policy.indicator("retention").name_en, "why one"],
        ["surge of gold", "why two"],
    ]
    nothing = list_omitted(make_stress(), default_policy)
    assert nothing.frame.empty
    assert nothing.sentence == "Everything the scenario assumes was used."


# Findings, policy, proposals


def test_findings_say_what_to_do_or_what_they_rest_on(found) -> None:
    findings = found(RED)
    common = ["No.", "Severity", "Subject", "Condition"]
    listing = list_findings(findings)
    assert columns(listing) == [*common, "Cause", "Corrective action", "Owner"]
    assert columns(list_findings(findings, evidence=True)) == [*common, "Criterion", "Evidence"]
    assert listing.frame["Severity"].tolist() == ["Red"]
    assert findings.table["severity"].tolist() == ["red"]  # the result is left as it was
    assert listing.sentence == findings.sentence


def test_no_finding_keeps_the_columns(found) -> None:
    assert list_findings(found()).frame.empty
    assert columns(list_findings(found()))[:2] == ["No.", "Severity"]


def test_what_is_in_order_is_counted_by_criterion(found) -> None:
    findings = found({}, {"unit_id": "u1"}, units=[{}])
    listing = list_others(findings)
    is_passed = findings.others["severity"] == "passed"
    assert listing.frame["In order"].sum() == is_passed.sum() > 1
    assert (listing.frame["Not enough evidence"] != "").sum() == (~is_passed).sum()
    assert listing.frame["Criterion"].is_unique


def test_the_policy_by_name(default_policy) -> None:
    frame = list_policy(default_policy).frame
    assert len(frame) == len(default_policy.indicators)
    names = {indicator.id for indicator in default_policy.indicators}
    assert not names & set(frame["Indicator"])
    assert not {area.id for area in default_policy.areas} & set(frame["Area"])
    row = frame.set_index("Indicator").loc["Resolved within seven working days"]
    assert row[["Amber", "Red"]].tolist() == ["99%", "95%"]


def test_proposals_by_line_of_the_policy(found, default_policy) -> None:
    changes = propose(found(RED), default_policy)
    listing = list_proposals(changes)
    assert columns(listing) == [
        "No.", "Asked for", "Now → proposed", "Reason", "Judged by",
    ]  # fmt: skip
    row = listing.frame.iloc[0]
    assert row["Asked for"] == "Set an objective: Resolved within seven working days"
    assert row["Now → proposed"].startswith(
        "indicators.resolved_7wd: objective none → change_per_year 0.1, source adopted proposal of"
    )
    assert "What they cost is not known." in listing.sentence
    assert list_proposals(propose(found(), default_policy)).frame.empty


def test_what_would_have_been_and_what_was_decided() -> None:
    changes = proposals_looked_back()
    frame = list_looked_back(changes).frame
    assert columns(list_looked_back(changes)) == ["No.", "Asked for", "Measure", "2026Q1", "2026Q2", "2026Q3"]
    assert frame.set_index("Measure")["2026Q3"].to_dict() == {"units amber": "9 → 7", "units red": "3 → 4"}
    row = {"proposal_id": "PR-0", "period": "2026Q2", "rule": "set_limit", "path": "indicators.x", "about": "Xs",
           "standing": "rejected", "decided_by": "board", "why": "too early", "adopted_from": ""}  # fmt: skip
    decided = list_decided(dataclasses.replace(changes, decided=pd.DataFrame([row])))
    assert "adopted: 0, approved: 0, rejected: 1, waiting: 0" in decided.sentence
    assert decided.frame.iloc[0].tolist() == [
        "PR-0", "2026Q2", "Set a limit: Xs", "rejected", "board", "too early", "",
    ]  # fmt: skip


# Escaping is left to the display


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{0.__class__}", "100 %", "[red]x[/red]"])
def test_names_are_kept_and_escaped_only_where_they_are_shown(name) -> None:
    listing = list_units(make_card(units=[{"unit_id": name, "name": name}]))
    assert listing.frame["Unit"].iloc[0] == name
    assert "<script>" not in listing._repr_html_()


def test_a_listing_is_a_result_and_not_changed_by_showing_it(found) -> None:
    listing = list_findings(found(RED))
    before = listing.frame.copy()
    listing._repr_html_()
    assert listing.frame.equals(before)
    assert dataclasses.is_dataclass(listing)


# The quality of the data beside each figure


@pytest.fixture
def faulty(take_in):
    """Quality where one of two complaints lacks upheld and one of four accounts is not valid."""
    complaints = [
        f"c{number},2024-09-0{number},2024-09-04,2024-09-05,2024-09-05,u,p,{upheld},app,fees"
        for number, upheld in ((1, "true"), (2, ""))
    ]
    header = "complaint_id,received_at,logged_at,first_response_at,resolved_at,unit_id,product,upheld,channel,category"
    exposure = "\n".join(
        f"u,p,2024-0{month}-01,{accounts}" for month, accounts in enumerate([5, 5, 5, -1], start=6)
    )
    tables = take_in(
        complaints="\n".join([header, *complaints, ""]),
        exposure=f"unit_id,product,month,accounts\n{exposure}\n",
        as_of="2024-09-30",
    )
    return data_quality(tables)


def test_an_indicator_is_as_good_as_the_weakest_column_it_needs(faulty) -> None:
    assert indicator_quality(faulty, "resolved_7wd") == 1
    assert indicator_quality(faulty, "upheld_rate") == 0.5
    assert indicator_quality(faulty, "complaint_rate") == 0.75  # its accounts are of another table
    assert np.isnan(indicator_quality(faulty, "training_coverage"))


def test_the_quality_stands_beside_each_figure(default_policy, faulty) -> None:
    card = make_card(
        [
            {},
            {"indicator_id": "upheld_rate"},
            {"unit_id": "u1"},
            {"unit_id": "u1", "indicator_id": "complaint_rate"},
        ],
        [{}],
    )
    beside = {
        "ratings": list_ratings(card, default_policy, quality=faulty),
        "units": list_units(card, quality=faulty),
        "stress": list_stress(make_stress(), default_policy, quality=faulty),
        "outlook": list_outlook(make_outlook(make_panel({"a": [1.0]}), [[[1.0]]]), quality=faulty),
    }
    shown = {name: listing.frame["Data quality"].tolist() for name, listing in beside.items()}
    assert shown == {
        "ratings": ["100%", "50.0%"],
        "units": ["75.0%"],
        "stress": ["100%"],
        "outlook": ["100%"],
    }
    assert quality_note(card, faulty).startswith("Data quality: 100% (lowest of its tables: ")
    assert "Data quality" not in list_ratings(card, default_policy).frame


def test_where_the_data_fails_is_listed_worst_first(faulty) -> None:
    assert list_data_faults(faulty).frame.to_numpy().tolist() == [
        ["completeness", "complaints", "upheld", 2, 1, "50.0%"],
        ["validity", "exposure", "accounts", 4, 1, "75.0%"],
    ]
    perfect = list_data_faults(data_quality(make_tables(1)))
    assert (perfect.sentence, len(perfect.frame)) == ("Nothing that was checked failed.", 0)


def test_changes_by_table() -> None:
    assert list_changes(make_tables()).frame.empty
    listing = list_changes(dataclasses.replace(make_tables(), changes=(make_changes(),)))
    assert listing.sentence == "7 rows of earlier deliveries were added late, revised or vanished."
    assert listing.frame.iloc[0].tolist() == [
        "complaints", "2024-06-30", 21, 1, 3, 4, 2, "4.6%", "redress",
    ]  # fmt: skip


def test_what_is_still_to_come(sample_tables) -> None:
    listing = list_delays(data_quality(sample_tables))
    assert listing.frame["Table"].tolist() == ["complaints", "losses"]
    recorded = listing.frame["Recorded by the month's end"].str.rstrip("%").astype(float)
    np.testing.assert_allclose(
        recorded + listing.frame["Still to come"].str.rstrip("%").astype(float), 100, atol=0.11
    )
    assert list_delays(data_quality(make_tables())).frame.empty


def test_data_scores_are_shares_by_table_and_dimension() -> None:
    listing = listings.list_data_scores(data_quality(make_tables()))
    assert columns(listing) == ["table", *DIMENSIONS, "score"]
    assert listing.frame["table"].tolist() == ["complaints"]
    assert listing.frame["uniqueness"].tolist() == ["100%"]


# Objectives


def test_objectives_the_least_likely_first_and_in_their_units(default_policy) -> None:
    rows = [
        {"probability": 0.75, "probability_before": 0.5, "by_time": 0.004, "by_news": 0.3, "by_model": -0.054},
        {"indicator_id": "retention", "target": 1.005, "needed": 1.3},
        {"indicator_id": "security_incidents", "base": 2.0, "target": 1.4, "needed": -0.2, "months_left": 0, "probability": 0.0},
    ]  # fmt: skip
    listing = list_objectives(make_objectives(rows, [("bot_accuracy", "it has no rows")]), default_policy)
    assert listing.sentence == (
        "2024Q3: 1 of 4 objectives of 2024 is likelier than not to be met. 1 cannot be followed."
        " More than all is wanted of: Customer retention."
    )
    frame = listing.frame.set_index("Indicator")
    assert list(frame.index) == [
        "Information-security incidents [incidents per quarter]",
        "Customer retention",
        "Customer satisfaction",
        "Accuracy of automated answers",
    ]
    column = "Probability of meeting it (the quarter before)"
    assert frame[column].tolist() == [
        "0% (20%): missed",
        "1% (20%): very likely missed",
        "75% (50%): likely met",
        "unknown: it has no rows",
    ]
    assert frame["Needed in what is left"].tolist() == ["out of reach", "out of reach", "98.5%", "–"]
    assert frame["Moved by [points]"].iloc[2] == "what came +30, estimated anew -5"
    assert frame["Year before → objective"].iloc[1] == "90% → 100.5%"


def test_objectives_that_cannot_be_followed_are_listed_alone(default_policy) -> None:
    listing = list_objectives(make_objectives([], [("retention", "it has no rows")]), default_policy)
    assert listing.frame.iloc[0].tolist() == [
        "Customer retention",
        *["–"] * 4,
        "unknown: it has no rows",
        "–",
        "–",
    ]
