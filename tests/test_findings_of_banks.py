"""Findings of whole random banks: what is said is borne out by figures, on the front page as in the findings."""

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from assessed_banks import Assessed, figures_of, odd_banks, plain_banks
from babel.messages.pofile import read_po, write_po

from riskmodels.assessment.templates import TEMPLATES
from riskmodels.assessment.wording import WORDS, words_of
from riskmodels.causes.joining import causes_joined
from riskmodels.labels import use_language
from riskmodels.reporting import front_page
from riskmodels.reporting.exports import Fact
from riskmodels.scorecard.weights import policy_weights
from riskmodels.tables import CONTRACTS
from riskmodels.tables.coverage import silent_months

pytestmark = pytest.mark.whole

Row = dict[str, Any]
FOUND = ("red", "amber")
JOINED = "\u00a0–\u00a0"  # an interval, in one line
FOLLOWED = ("status", "since", "quarters", "returns")  # of findings alone
NUMBERS = ("value", "estimate", "limit", "probability")
SEEN = {  # what the banks show at least: else the tests below would hold of nothing
    ("bank_limit", "red"), ("bank_limit", "amber"), ("bank_limit", "watch"), ("bank_limit", "unclear"), ("bank_limit", "passed"),
    ("unit_limit", "red"), ("unit_limit", "watch"), ("unit_score", "red"), ("customer_gap", "amber"),
    ("customer_gap", "passed"), ("risk_appetite", "passed"), ("risk_appetite", "unclear"), ("complaints_rise", "amber"),
    ("complaints_rise", "passed"), ("complaints_rise", "unclear"), ("scenario", "amber"), ("scenario", "unclear"),
    ("rejected_rows", "red"), ("rejected_rows", "passed"), ("rewritten_rows", "red"), ("failed_checks", "amber"),
    ("unused_observations", "amber"), ("unfinished_quarter", "amber"), ("unfinished_quarter", "passed"),
    ("lacking_indicators", "amber"), ("unmatched_names", "amber"), ("unknown_months", "passed"),
}  # fmt: skip
RARE = {("bank_limit", "passed"), ("complaints_rise", "amber"), ("unit_limit", "red")}  # not in three banks


@pytest.fixture(scope="module", params=["some", pytest.param("all", marks=pytest.mark.slow)])
def banks(request: pytest.FixtureRequest) -> list[Assessed]:
    """Odd banks, then plain ones, each assessed once for all tests here."""
    if request.param == "all":
        return [*odd_banks(), *plain_banks()]
    return [*odd_banks(2), *plain_banks(1)]


@cache
def rows_of(bank: Assessed) -> list[Row]:
    found = bank.found
    rows = pd.concat([found.table, found.watch_list, found.others]).to_dict("records")
    return [row | {"figures": figures_of(row)} for row in rows]


def test_the_banks_show_much_of_what_can_be_found(banks) -> None:
    seen = SEEN if len(banks) == 11 else SEEN - RARE
    assert len(banks) in (3, 11)
    assert {(row["rule"], row["severity"]) for bank in banks for row in rows_of(bank)} >= seen


def is_beyond(figures: Row, value: float, limit: str) -> bool:
    worse = 1 if figures["red"] > figures["amber"] else -1
    return (value - figures[limit]) * worse > 0


def of_limit(row: Row, bank: Assessed) -> None:
    figures, name = row["figures"], "red" if row["severity"] == "red" else "amber"
    beyond = [is_beyond(figures, row[which], name) for which in ("value", "estimate")]
    assert row["limit"] == figures[name]
    assert any(beyond) or row["severity"] in ("passed", "unclear")
    assert not all(beyond) or row["severity"] != "passed"
    assert row["severity"] not in FOUND or row["probability"] >= bank.policy.rating.certainty
    assert figures["lower"] <= row["estimate"] <= figures["upper"]


def of_score(row: Row, bank: Assessed) -> None:
    figures = row["figures"]
    assert row["value"] >= figures["amber"]
    assert 0 <= figures["lower"] <= figures["upper"] <= 100
    assert figures["indicators"] >= 3
    assert 1 <= figures["rank_lower"] <= figures["rank_upper"] <= len(bank.card.table)
    assert row["probability"] >= bank.policy.findings.watch


def of_units(row: Row, bank: Assessed) -> None:
    figures, facts = row["figures"], bank.found.facts
    named = facts[(facts["rule"] == row["rule"]) & (facts["indicator_id"] == row["indicator_id"])]
    found = named[(named["subject_kind"] == "unit") & named["severity"].isin(FOUND)]
    ratings = bank.card.table.loc[bank.card.table["indicators"] >= 3, "rating"]
    if row["rule"] == "unit_limit":
        ratings = bank.card.units.set_index("indicator_id").loc[[row["indicator_id"]], "rating"]
    counted = {f"rated_{name}": number for name, number in Counter(ratings).items()}
    assert counted.items() <= figures.items()
    assert figures["rated"] == len(ratings)
    assert figures["chosen"] == len(found)
    assert row["severity"] != "passed" or not found.shape[0]
    beyond = figures["rated_red"] + figures["rated_amber"]
    told = named["severity"].isin([*FOUND, "watch"]) & (named["subject_kind"] == "unit")
    worst = [one["unit_id"] for one in figures["worst"]]
    assert not set(worst) & set(named.loc[told, "subject"])
    assert len(worst) >= min(3, beyond - told.sum())
    assert all(f"({unit})" in row["condition"] or f"{unit} (" in row["condition"] for unit in worst)


def of_gap(row: Row, bank: Assessed) -> None:
    figures, table = row["figures"], bank.gaps.table
    if not row["indicator_id"]:
        assert figures["compared"] == (~table["finding"].astype(bool)).sum()
        assert 0 <= figures["thin"] <= figures["compared"]
        assert (row["severity"] == "passed") == (figures["thin"] < figures["compared"])
        return
    worse = 1 if bank.policy.indicator(row["indicator_id"]).direction == "lower_is_better" else -1
    assert figures["difference"] * worse > figures["tolerance"]
    assert figures["p_adjusted"] <= 1 - bank.policy.gaps.certainty
    assert figures["lower"] < figures["difference"] < figures["upper"]
    assert 0 <= row["value"] <= 1
    assert 0 <= row["limit"] <= 1


def of_risk(row: Row, bank: Assessed) -> None:
    figures = row["figures"]
    assert row["value"] == pytest.approx(
        sum(figures[f"{part}_loss"] for part in ("booked", "elicited", "priced"))
    )
    assert row["limit"] == getattr(bank.risks.appetite, "red" if row["severity"] == "red" else "amber")
    assert row["severity"] not in FOUND or row["value"] > row["limit"]
    assert row["severity"] != "passed" or row["value"] <= row["limit"]
    assert figures["lower"] <= figures["upper"]


def of_rise(row: Row, bank: Assessed) -> None:
    figures = row["figures"]
    expected = bank.outlook.aggregate().mean[0, : figures["months"]].sum()
    assert row["value"] == pytest.approx(expected)
    assert figures["lower"] - 0.5 <= row["value"] <= figures["upper"] + 0.5  # of whole complaints
    if np.isfinite(row["limit"]):
        assert row["limit"] == pytest.approx(figures["last"] * (1 + figures["rise"]))
        assert (row["value"] > row["limit"]) or row["severity"] not in (*FOUND, "watch")
        assert (row["value"] <= row["limit"]) or row["severity"] != "passed"
    else:
        assert row["severity"] == "unclear"


def of_alarm(row: Row, bank: Assessed) -> None:
    figures, (event,) = row["figures"], by_id(bank.alarms.events, "alarm_id", row["subject"])
    assert (row["value"], figures["lower"], figures["upper"]) == (
        event["size"],
        event["lower"],
        event["upper"],
    )
    assert figures["since_earliest"] <= figures["since"] <= figures["since_latest"]
    assert figures["alarmed"] <= figures["last"]
    assert row["probability"] == event["probability"]
    assert (row["severity"] in FOUND) == (row["probability"] >= bank.policy.rating.certainty)
    assert f"{event['size']:.0%}" in row["condition"]


def of_watching(row: Row, bank: Assessed) -> None:
    rules = bank.alarms.rules[bank.alarms.rules["rule"] == row["subject"].partition(":")[0]]
    if row["severity"] == "passed":
        assert row["figures"]["series"] == rules["series"].sum() > 0
    else:
        missed = rules[rules["why"] != ""]
        assert set(row["figures"]["lacking"]) == set(missed["what"])
        assert all(why in row["condition"] for why in missed["why"])


def by_id(table: pd.DataFrame, column: str, value: str) -> list[Row]:
    return table[table[column] == value].to_dict("records")


def of_scenario(row: Row, bank: Assessed) -> None:
    figures = row["figures"]
    (test,) = bank.stress
    estimates = bank.card.bank.set_index("indicator_id")["estimate"]
    assert figures["moved"] == len(test.table)
    assert (row["severity"] in FOUND) == (len(figures["turned"]) > 0)
    for one in figures["turned"]:
        worse = 1 if bank.policy.indicator(one["indicator_id"]).direction == "lower_is_better" else -1
        assert (one["after"] - one["red"]) * worse > 0
        assert (one["after"] - one["before"]) * worse > 0
        assert one["lower"] <= one["after"] <= one["upper"]
        assert one["p_red"] >= bank.policy.rating.certainty
        assert one["before"] == pytest.approx(estimates[one["indicator_id"]], rel=1e-9)
    rated = [one.id for one in bank.policy.indicators if one.limits is not None]
    moved = policy_weights(bank.policy, [one["indicator_id"] for one in figures["turned"]]).sum()
    assert row["value"] == pytest.approx(moved / policy_weights(bank.policy, rated).sum())


def of_rejected(row: Row, bank: Assessed) -> None:
    figures, limits = row["figures"], bank.policy.data_quality
    assert row["value"] == pytest.approx(figures["rows_rejected"] / max(figures["rows_read"], 1))
    assert (row["severity"] == "red") == (row["value"] > limits.rejected_red)
    assert (row["severity"] == "passed") == (row["value"] <= limits.rejected_amber)


def of_holes(row: Row, bank: Assessed) -> None:
    table = bank.tables.require(row["subject"])
    silent = silent_months(table) if CONTRACTS[table.name].at else ()
    unknown = {*table.provenance.unknown_months, *silent}
    assert (row["severity"] == "passed") == (not unknown)
    assert all(month in row["condition"] for month in unknown)


def of_rewritten(row: Row, bank: Assessed) -> None:
    figures, limits = row["figures"], bank.policy.data_quality
    for kind in ("late", "revised", "vanished"):
        listed = sum(one[kind] for one in figures["rewritten"])
        assert listed == figures[kind] or figures["more"]
    assert (row["severity"] == "red") == (row["value"] > limits.rewritten_red)
    assert (row["severity"] == "passed") == (row["value"] <= limits.rewritten_amber)
    assert "; :" not in row["evidence"]  # rows of no month are of all


def of_list(name: str) -> Callable[[Row, Assessed], None]:
    def check(row: Row, bank: Assessed) -> None:
        assert (row["severity"] in FOUND) == (len(row["figures"][name]) > 0)

    return check


def of_lacking(row: Row, bank: Assessed) -> None:
    assert row["value"] == len(row["figures"]["lacking"]) == len(bank.card.unavailable)
    assert (row["severity"] in FOUND) == (row["value"] > 0)


def of_period(row: Row, bank: Assessed) -> None:
    assert (row["severity"] == "passed") == bank.card.incomplete.empty


def of_plan(row: Row, bank: Assessed) -> None:
    assert (row["subject_kind"], row["severity"]) == ("plans", "unclear")  # the banks have given none


def of_register(row: Row, bank: Assessed) -> None:
    figures = row["figures"]
    assert row["limit"] == 0.05
    assert (row["severity"] == "amber") == (row["value"] >= row["limit"])
    assert not row["subject"] or row["value"] == figures["gross"] / figures["of"]


CHECKS: dict[str, Callable[[Row, Assessed], None]] = {
    "bank_limit": of_limit,
    "unit_limit": of_limit,
    "unit_score": of_score,
    "customer_gap": of_gap,
    "risk_appetite": of_risk,
    "unregistered_losses": of_register,
    "complaints_rise": of_rise,
    "alarm": of_alarm,
    "watching": of_watching,
    "scenario": of_scenario,
    "rejected_rows": of_rejected,
    "unknown_months": of_holes,
    "rewritten_rows": of_rewritten,
    "failed_checks": of_list("failed"),
    "unused_observations": of_list("unused"),
    "unmatched_names": of_list("unmatched"),
    "lacking_indicators": of_lacking,
    "unfinished_quarter": of_period,
    "contingency_plan": of_plan,
}


@pytest.mark.parametrize("rule", sorted(TEMPLATES))
def test_every_condition_is_borne_out_by_its_own_figures(rule, banks) -> None:
    for bank in banks:
        for row in (row for row in rows_of(bank) if row["rule"] == rule):
            check_row(row, bank)


def check_row(row: Row, bank: Assessed) -> None:
    check = of_units if row["subject_kind"] == "units" else CHECKS[row["rule"]]
    check(row, bank)


def said_again(row: Row) -> Row:
    """The words of a fact that went through a file for other programs."""
    numbers = {name: None if pd.isna(row[name]) else row[name] for name in (*NUMBERS, *FOLLOWED)}
    fact = json.loads(Fact.model_validate(row | numbers).model_dump_json())
    fact |= {name: np.nan if fact[name] is None else fact[name] for name in NUMBERS}
    return fact | {"figures": json.dumps(fact["figures"])}


def test_words_are_made_of_facts_and_names_alone(banks) -> None:
    for bank in banks:
        names = bank.found.names
        rows = rows_of(bank)
        again = words_of(pd.DataFrame([said_again(row) for row in rows]), names)
        assert again.to_dict("records") == [{name: row[name] for name in WORDS} for row in rows]
        assert not again.map(lambda text: bool(re.search(r"[{}]|\bnan\b|\bNone\b", text))).any(axis=None)


@pytest.fixture
def shouted(project, tmp_path):
    """Another language: every English text in capitals, figures as they are."""
    with (project / "riskmodels" / "locale" / "riskmodels.pot").open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        if isinstance(message.id, str) and message.id:
            parts = re.split(r"(\{[^}]*\})", message.id)
            message.string = "".join(part if part[:1] == "{" else part.upper() for part in parts)
    with (tmp_path / "zz.po").open("wb") as file:
        write_po(file, catalogue)
    use_language("zz", folder=tmp_path)
    yield
    use_language("en")


def texts_in(value: Any) -> list[str]:
    """All texts of a fact that are no sentence of ours."""
    if isinstance(value, dict):
        return [text for name, one in value.items() if name != "text" for text in [name, *texts_in(one)]]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.usefixtures("shouted")
def test_no_sentence_of_one_language_is_in_the_facts(banks) -> None:
    for bank in banks:
        known = set(re.findall(r"[a-z]+", " ".join(bank.found.names["text"])))
        facts = bank.found.facts.to_dict("records")
        words = words_of(bank.found.facts, bank.found.names).to_dict("records")
        for fact, said in zip(facts, words, strict=True):
            own = [*texts_in(figures_of(fact)), fact["subject"], fact["indicator_id"]]
            may_be = known | set(re.findall(r"[a-z]+", " ".join(own)))
            for name in ("condition", "evidence", "criterion", "subject_name"):
                strange = set(re.findall(r"\b[a-z]{4,}\b", said[name])) - may_be
                assert not strange, said[name]


def test_the_front_page_says_what_the_findings_say(banks) -> None:
    for bank in banks:
        found, rows = bank.found, rows_of(bank)
        severities = Counter(row["severity"] for row in rows)
        red, amber = front_page._findings(found)
        assert (int(red.value), int(amber.value)) == (severities["red"], severities["amber"])
        ratings = bank.card.bank["rating"]
        beyond = front_page._beyond_limits(bank.card)[0].value
        coloured = ratings.isin(["red", "amber", "green"])
        assert beyond.startswith(f"{ratings.isin(FOUND).sum()} of {coloured.sum()}")
        for figure, row in zip(front_page._expected(found), by_rule(rows, "complaints_rise"), strict=True):
            interval = [f"{row['figures'][end]:,.0f}" for end in ("lower", "upper")]
            assert (
                row["figures"]["is_short"] or figure.value == f"{row['value']:,.0f} ({JOINED.join(interval)})"
            )
        if moved := [row for row in by_rule(rows, "scenario") if row["figures"]["moved"]]:
            turned = front_page._turned_red(list(bank.stress))[0].value
            assert turned == f"{len(moved[0]['figures']['turned'])} of {moved[0]['figures']['moved']}"


def by_rule(rows: list[Row], rule: str) -> list[Row]:
    return [row for row in rows if row["rule"] == rule]


def test_sentences_of_the_front_page_are_those_of_the_findings(banks) -> None:
    for bank in banks:
        table, said = (
            bank.found.table,
            list(front_page._sentences(bank.found, bank.policy, causes_joined(bank.found, []))),
        )
        alone = {f"{row['subject_name']}: {row['condition']}" for row in table.to_dict("records")}
        together = [item.sentence for item in said if item.sentence not in alone]
        counts = [
            int(re.search(r"(?:: |^)(\d+) (?:units beyond the|scenarios:|alarms:|objectives of)", text)[1])
            for text in together
        ]  # type: ignore[index]
        assert sum(counts) + len(said) - len(together) == len(table)
        assert Counter(item.severity for item in said).keys() == Counter(table["severity"]).keys()
        watched = list(front_page._watched(bank.found))
        for text, row in zip(watched, bank.found.watch_list.to_dict("records"), strict=False):
            assert text.startswith(f"{row['subject_name']}: {row['condition']}")
