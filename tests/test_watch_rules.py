"""What the policy's rules watch: the sample's planted break, what a source lacks, and what findings say of it."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from pydantic import ValidationError

import riskmodels as rm
from riskmodels.assessment.alarm_figures import subject_words
from riskmodels.errors import ParameterError
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.watches import Acknowledgements, WatchRule
from riskmodels.reporting.alarm_report import AlarmDocument, alarm_document, alarm_text
from riskmodels.surveillance import AlarmBook, keep_watch
from riskmodels.surveillance.memory import REVISED
from riskmodels.surveillance.rules import measure_of

pytestmark = pytest.mark.whole

CARDS = {"product": "credit_card", "region_id": "south"}


def rule(**changes) -> WatchRule:
    given = {"id": "r", "name_en": "R", "name_zh": "R", "what": "complaints", "set_by": "us"}
    return WatchRule.model_validate(given | changes)


def with_rules(policy: Policy, *rules: WatchRule) -> Policy:
    return policy.model_copy(update={"watch": rules})


@pytest.fixture(scope="module")
def book(sample_tables, default_policy) -> AlarmBook:
    return keep_watch(sample_tables, default_policy, last="2026Q3")


@pytest.fixture(scope="module")
def found(sample_tables, default_policy, sample_card, book) -> rm.Findings:
    return rm.assess(default_policy, data=sample_tables, scorecard=sample_card, alarms=book)


def test_the_planted_break_is_one_event_with_its_date_and_size(book, project) -> None:
    planted = json.loads((project / "data" / "sample" / "truth.json").read_text("utf-8"))["level_breaks"][1]
    (event,) = [row for row in book.events.to_dict("records") if json.loads(row["subject"]) == CARDS]
    assert event["since_earliest"] <= planted["from_month"] <= event["since_latest"]
    assert 1 + event["lower"] <= planted["rate_factor"] <= 1 + event["upper"]
    seen = book.table[book.table["part_of"] == event["alarm_id"]]
    assert set(seen["rule"]) == {"complaints_by_week"}  # which sees the same of the product


def test_everything_the_shipped_policy_names_is_watched(book, default_policy) -> None:
    wanted = [(one.id, what) for one in default_policy.watch for what in one.indicators or (one.what,)]
    assert list(zip(book.rules["rule"], book.rules["what"], strict=True)) == wanted
    assert (book.rules["why"] == "").all()
    assert (book.rules["series"] > 0).all()
    assert (book.rules["left_out"] == "").all()


def test_what_is_known_before_is_not_new(sample_tables, default_policy, book) -> None:
    before = keep_watch(sample_tables, default_policy, last="2026-06")
    later = keep_watch(sample_tables, default_policy, last="2026Q3", earlier=before)
    (cards,) = [row for row in before.new.to_dict("records") if json.loads(row["subject"]) == CARDS]
    assert cards["alarm_id"] in set(later.table["alarm_id"])
    assert cards["alarm_id"] not in set(later.new["alarm_id"])
    known = before.table["alarm_id"]
    assert set(later.table["alarm_id"]) - set(known) == set(book.table["alarm_id"]) - set(known)


def test_nothing_after_the_last_period_is_looked_at(sample_tables, default_policy) -> None:
    chosen = with_rules(
        default_policy,
        *(one for one in default_policy.watch if one.id in ("complaints_by_week", "service_of_the_bank")),
    )
    book = keep_watch(sample_tables, chosen, last="2025Q4")
    assert book.as_of.isoformat() == "2025-12-31"
    assert book.rules["last"].str.rpartition("/")[2].max() <= "2025-12-31"
    assert (book.table["reported"] == "2025-12-31").all()


def test_columns_that_a_source_does_not_give_are_left_out_and_said(take_in, default_policy) -> None:
    days = pd.date_range("2024-01-01", "2025-12-31", freq="3D").strftime("%Y-%m-%d")
    rows = [
        {"complaint_id": str(at), "received_at": day, "unit_id": "B1", "product": "card"}
        for at, day in enumerate(days)
    ]
    tables = take_in(complaints=rows)
    chosen = with_rules(
        default_policy,
        rule(id="both", by=("product", "channel")),
        rule(id="none", by=("channel",)),
        rule(id="losses", what="losses"),
        rule(id="compliance", what="indicators", indicators=("compliance_pass_rate",)),
    )
    listed = keep_watch(tables, chosen).rules.set_index("rule")
    assert listed.loc["both", ["by", "left_out", "why", "series"]].tolist() == ["product", "channel", "", 1]
    assert listed.loc["none", "why"] == "the source gives no channel"
    assert listed.loc["losses", "why"] == "the source has no losses"
    assert "the source has no table" in listed.loc["compliance", "why"]
    assert listed["series"].tolist() == [1, 0, 0, 0]


def test_the_whole_bank_and_what_is_of_an_unknown_part_are_named(take_in, default_policy) -> None:
    days = pd.date_range("2024-01-01", "2025-12-31").strftime("%Y-%m-%d")
    rows = [
        {"complaint_id": f"{day}{at}", "received_at": day, "unit_id": "B'1", "product": "card"}
        | {"channel": None if at else "phone"}
        for day in days
        for at in range(5 if day > "2025-11" else 2)
    ]
    chosen = with_rules(default_policy, rule(id="bank"), rule(id="channels", by=("channel",)))
    book = keep_watch(take_in(complaints=rows, as_of="2025-12-31"), chosen)
    open_ones = book.table[book.table["status"] != "closed"]
    assert dict(zip(open_ones["rule"], open_ones["subject"], strict=True)) == {
        "bank": "{}",
        "channels": '{"channel": ""}',
    }
    named = {
        row["rule"]: subject_words({**row, "of": json.loads(row["subject"])}, {})
        for row in open_ones.to_dict("records")
    }
    assert named == {"bank": "complaints, whole bank", "channels": "complaints, unknown"}
    assert book.events["rule"].tolist() == ["channels"]  # the bank's rise is that of its part
    for name, table in book.table.assign(part_of="").groupby("rule"):
        title = rm.plot(replace(book, table=table.head(1))).get_title("left")
        assert title.startswith(f"{named[name]}:\nsince 2025-11")


def test_a_policy_without_rules_watches_nothing(sample_tables, default_policy, sample_card) -> None:
    none = with_rules(default_policy)
    book = keep_watch(sample_tables, none)
    assert book.sentence == "Nothing is watched: the policy has no rules for it (watch:)."
    found = rm.assess(none, data=sample_tables, scorecard=sample_card, alarms=book)
    assert not found.facts["rule"].isin(["alarm", "watching"]).any()
    assert alarm_text(book).strip() == book.sentence


def test_the_finding_says_what_the_book_says(found, book) -> None:
    rows = found.facts[found.facts["rule"] == "alarm"].set_index("subject")
    events = book.events
    is_recent = (events["last"].str.rpartition("/")[2] >= "2026-07") | (events["ending"] == "stayed")
    recent = events[is_recent].set_index("alarm_id")
    assert set(rows.index) == set(recent.index)
    for alarm_id, row in recent.iterrows():
        fact = rows.loc[alarm_id]
        assert (fact["value"], fact["probability"]) == (row["size"], row["probability"])
        by = "amber" if row["probability"] >= 0.8 else "watch" if row["probability"] >= 0.67 else "unclear"
        assert fact["severity"] == by
    table = found.table[found.table["rule"] == "alarm"].set_index("subject")
    (cards,) = [one for one, row in recent.iterrows() if json.loads(row["subject"]) == CARDS]
    assert table.loc[cards, "subject_name"] == "Alarm: complaints, credit card × south"
    size = f"{recent.loc[cards, 'size']:.0%}"
    assert table.loc[cards, "condition"].startswith(f"Up by about {size} (")
    assert table.loc[cards, "owner"] == "customer service department, risk management department"


def test_a_quiet_rule_is_in_order(found, book) -> None:
    quiet = set(found.facts.loc[found.facts["rule"] == "watching", "subject"])
    alarmed = set(book.table.loc[book.table["last"].str.rpartition("/")[2] >= "2026-07", "rule"])
    assert quiet == set(book.rules["rule"]) - alarmed
    assert (found.facts.loc[found.facts["rule"] == "watching", "severity"] == "passed").all()


def test_a_rule_whose_alarm_the_data_no_longer_show_is_in_order(
    sample_tables, default_policy, sample_card, book
) -> None:
    gone = replace(book, table=book.table.head(1).assign(status="closed", last="2026-09", part_of=REVISED))
    found = rm.assess(default_policy, data=sample_tables, scorecard=sample_card, alarms=gone)
    quiet = found.facts.loc[found.facts["rule"] == "watching", "subject"]
    assert set(quiet) == set(book.rules["rule"])


def test_one_that_is_answered_for_is_watched_and_no_finding(
    sample_tables, default_policy, sample_card, book
) -> None:
    chosen = with_rules(default_policy, default_policy.watch[0])
    alarm = book.events.iloc[0]["alarm_id"]
    one = {"alarm": alarm, "reason": "known", "by": "branch office", "until": "2027-03-31"}
    answered = rm.parameters.check_parameters({"acknowledged": [one]}, Acknowledgements, where="here")
    later = keep_watch(sample_tables, chosen, last="2026Q3", acknowledged=answered)
    found = rm.assess(chosen, data=sample_tables, scorecard=sample_card, alarms=later)
    (row,) = found.watch_list[found.watch_list["subject"] == alarm].to_dict("records")
    assert row["condition"].endswith("; branch office answers for it until 2027-03-31: known")


def test_the_listings_and_the_text_name_each_likely_event_once(book) -> None:
    events = book.events
    shown = events[(events["status"] != "closed") | (events["probability"] >= 0.5)]
    listed = rm.listings.list_alarm_book(book)
    assert listed.frame["No."].tolist() == shown["alarm_id"].tolist()
    assert (f"{len(events) - len(shown)} closed ones" in listed.sentence) == (len(shown) < len(events))
    text = alarm_text(book)
    assert all(text.count(one) == 1 for one in shown["alarm_id"])
    assert max(map(len, text.splitlines())) <= 78
    rules = rm.listings.list_watch_rules(book)
    assert rules.frame["Rule"].tolist() == [
        "Complaints by product, region and unit",
        *rules.frame["Rule"][1:],
    ]
    assert rules.frame["Series"].sum() == book.rules["series"].sum()
    assert rules.sentence == f"Watched: {len(book.rules)} of {len(book.rules)}."


def test_the_document_is_the_book(book) -> None:
    document = AlarmDocument.model_validate_json(alarm_document(book, policy="2000-01-01", data_digest="x"))
    assert [row["alarm_id"] for row in document.alarms] == book.table["alarm_id"].tolist()
    assert document.as_of == "2026-09-30"


def test_alarms_are_drawn_each_with_its_message(book) -> None:
    figure = rm.plot(book).figure
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    first = book.events.iloc[0]
    assert len([title for title in titles if title]) == min(6, len(book.events))
    assert f"{first['size']:+,.0%}" in titles[0]
    assert first["since"] in titles[0]
    assert all(
        axes.get_ylabel().startswith("events [per ")
        for axes, title in zip(figure.axes, titles, strict=True)
        if title
    )


def test_a_book_without_alarms_is_shown(book) -> None:
    empty = replace(book, table=book.table.head(0), watched=())
    assert "0 new" in rm.listings.list_alarm_book(empty).sentence
    assert rm.plot(empty) is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"what": "indicators"}, "indicators names them"),
        ({"indicators": ("satisfaction",)}, "indicators names them"),
        ({"by": ("product", "product")}, "name each column once"),
        ({"what": "indicators", "indicators": ("satisfaction",), "every": "week"}, "every month"),
        ({"run_length": 2.0}, "run_length"),
        ({"what": "weather"}, "what"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(changes, message) -> None:
    with pytest.raises(ValidationError, match=message):
        rule(**changes)


def test_a_policy_names_each_rule_once_and_indicators_that_it_has(default_policy) -> None:
    content = default_policy.model_dump(mode="json")
    twice = content | {"watch": [content["watch"][0], content["watch"][0]]}
    with pytest.raises(ParameterError, match="given twice: complaints_by_unit"):
        rm.parameters.check_parameters(twice, Policy, where="here")
    strange = content["watch"][-1] | {"indicators": ["satisfacton"]}
    with pytest.raises(ParameterError, match="watch names indicators that are not there: satisfacton"):
        rm.parameters.check_parameters(content | {"watch": [strange]}, Policy, where="here")


@pytest.mark.parametrize(
    ("what", "direction", "words"),
    [
        ("satisfaction", "higher_is_better", "Customer satisfaction, cases that fall short, whole bank"),
        ("upheld_rate", "lower_is_better", "Upheld rate, cases, whole bank"),
        ("handling_days", "lower_is_better", "Mean handling time, mean, whole bank"),
        ("system_availability", "higher_is_better", "System availability, minutes lost, whole bank"),
        ("security_incidents", "lower_is_better", "Information-security incidents, whole bank"),
    ],
)
def test_what_has_risen_is_named_so_that_up_is_worse(what, direction, words, default_policy) -> None:
    names = {("indicator", one.id, "name"): one.name_en for one in default_policy.indicators}
    facts = {"what": what, "measure": measure_of(what, direction), "of": {}}
    assert subject_words(facts, names) == words.replace(
        "Mean handling time", names["indicator", what, "name"]
    )
