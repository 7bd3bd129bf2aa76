"""Causes joined to findings when they are read: front page, JSON and tables; nothing where none were asked."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from small_bank import AMBER, RED, make_card, make_tables

from riskmodels.assessment import assess
from riskmodels.causes import Causes
from riskmodels.causes.joining import causes_joined, clause_of, with_causes
from riskmodels.parameters.risks import RiskRegister
from riskmodels.reporting.exports import Fact, _facts, write_tables
from riskmodels.reporting.front_page import _sentences
from riskmodels.results import save

FIGURES = {"now": 88.0, "expected": 41.0, "excess": 47.0, "lower": 26.0, "upper": 68.0, "p_value": 0.004}
MORE = {
    "searched": 1.0,
    "largest_share": 0.4,
    "p_alike": 0.5,
    "largest": "cards",
    "first": "2025-10",
    "last": "2026-09",
    "since": "",
    "peak": "",
    "peak_share": np.nan,
}
KINDS = {
    "supported": {"status": "supported", "case": "segment", "segment": "south × cards"},
    "unit": {"status": "supported", "case": "unit_all", "segment": ""},
    "not_supported": {"status": "not_supported", "case": "nothing", "segment": ""},
    "presumed": {"status": "presumed", "case": "no_count", "segment": ""},
}


@pytest.fixture
def found(default_policy):
    card = make_card([RED, AMBER | {"indicator_id": "reply_2wd"}])
    return assess(default_policy, data=make_tables(), scorecard=card, register=RiskRegister(risks=()))


def causes_of(found, *kinds: str) -> Causes:
    """Make causes of the first findings, of these kinds."""
    rows = [
        {"finding_id": finding} | FIGURES | MORE | KINDS[kind]
        for finding, kind in zip(found.table["finding_id"], kinds, strict=False)
    ]
    return Causes(
        facts=pd.DataFrame(rows), segments=pd.DataFrame(), months=pd.DataFrame(), decomposition=None, period=found.period,
        as_of=found.as_of, data_digest=found.data_digest, false_alarm=0.05, seed=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "clause"),
    [
        ("supported", "cause supported by data: south × cards (+47 complaints, 90% +26 to +68)"),
        ("unit", "cause supported by data: +47 complaints against the rates of all others (90% +26 to +68)"),
        ("not_supported", "cause not supported by data"),
        ("presumed", "cause presumed"),
    ],
)
def test_the_front_page_says_how_a_cause_is_supported(found, default_policy, kind, clause) -> None:
    joined = causes_joined(found, [causes_of(found, kind)])
    first = next(iter(_sentences(found, default_policy, joined)))
    bare = next(iter(_sentences(found, default_policy, causes_joined(found, []))))
    assert first.sentence == f"{bare.sentence}; {clause}"


def test_several_findings_in_one_sentence_are_counted(found) -> None:
    joined = causes_joined(found, [causes_of(found, "unit", "presumed")])
    assert clause_of(found.table.head(2), joined) == "causes: 1 supported by data, 1 presumed"
    assert clause_of(found.table.tail(1), joined.head(0)) == ""


def test_json_and_tables_have_status_and_evidence(found, tmp_path) -> None:
    causes = causes_of(found, "supported", "not_supported")
    joined = causes_joined(found, [causes])
    facts = _facts(with_causes(found.table, joined), Fact)
    assert [one.cause_status for one in facts][:2] == ["supported", "not_supported"]
    assert facts[0].cause_evidence.startswith("south × cards: 88 complaints from 2025-10 to 2026-09")
    save(found, tmp_path / "results" / "findings")
    save(
        dataclasses.replace(causes, segments=pd.DataFrame({"named": [False]})),
        tmp_path / "results" / "causes",
    )
    write_tables(tmp_path / "results", tmp_path / "tables")
    table = pd.read_parquet(tmp_path / "tables" / "findings.parquet")
    assert table["cause_status"].tolist() == [one.cause_status for one in facts]


def test_where_no_causes_were_asked_nothing_is_said(found, default_policy, tmp_path) -> None:
    nothing = causes_joined(found, [])
    assert with_causes(found.table, nothing) is not None
    pd.testing.assert_frame_equal(with_causes(found.table, nothing), found.table)
    assert all(one.cause_status is None and one.cause_evidence is None for one in _facts(found.table, Fact))
    assert {"cause_status", "cause_evidence"} <= set(Fact.model_fields)
    save(found, tmp_path / "results" / "findings")
    write_tables(tmp_path / "results", tmp_path / "tables")
    assert "cause_status" not in pd.read_parquet(tmp_path / "tables" / "findings.parquet")
    sentences = [one.sentence for one in _sentences(found, default_policy, nothing)]
    assert not [one for one in sentences if "cause" in one]


def test_causes_of_other_findings_are_none_of_these(found) -> None:
    causes = causes_of(found, "presumed")
    for other in ({"period": "2020Q1"}, {"data_digest": "other"}):
        assert causes_joined(found, [dataclasses.replace(causes, **other)]).empty
    gone = dataclasses.replace(causes, facts=causes.facts.assign(finding_id="F-gone", now=np.nan))
    joined = causes_joined(found, [gone])
    assert clause_of(found.table.head(1), joined) == ""
    assert set(with_causes(found.table, joined)["cause_status"]) == {""}
