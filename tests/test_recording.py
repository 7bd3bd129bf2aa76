"""A finished report in the ledger: once, all of it or nothing, and never another one of the same quarter unsaid."""

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from finished import BANK, UNIT, finish
from ledgers import action
from typer.testing import CliRunner

from riskmodels.causes import Causes
from riskmodels.cli import app
from riskmodels.errors import LedgerError, ResultError
from riskmodels.governance.ledger import Ledger, open_ledger
from riskmodels.governance.ledger.records import Release
from riskmodels.manifests import MANIFEST, RELEASES
from riskmodels.runner import recording
from riskmodels.runner.recording import record_assessment
from riskmodels.tables import file_sha256


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(tmp_path / "ledger.db") as opened:
        yield opened


def seen(ledger: Ledger) -> dict[str, tuple[str, str, int]]:
    """Findings by what they are about: status, severity, version."""
    frame = ledger.frame("findings")
    names = frame["subject"].where(frame["subject"] != "", "bank")
    return dict(
        zip(names, zip(frame["status"], frame["severity"], frame["version"], strict=True), strict=True)
    )


def test_an_assessment_is_recorded_once_with_all_that_it_found(ledger: Ledger, tmp_path: Path) -> None:
    report = finish(tmp_path / "2025Q1")
    done = record_assessment(report, ledger, by="customer service")
    assert seen(ledger) == {"bank": ("new", "red", 1), "u1": ("new", "red", 1)}
    (row,) = ledger.frame("assessments").to_dict("records")
    assert (row["assessment_id"], row["red"], row["amber"]) == ("2025Q1", 2, 0)
    assert set(ledger.frame("findings")["stated_by"]) == {"customer service"}
    assert done.table.set_index("table")["new"].to_dict() == {"findings": 2, "causes": 2, "assessments": 1}
    head = ledger.head()
    again = record_assessment(report, ledger)
    assert not again.is_new
    assert "recorded already" in again.sentence
    assert ledger.head() == head == again.head


def test_a_dry_run_writes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    assert record_assessment(finish(tmp_path / "2025Q1"), ledger, is_kept=False).is_new
    assert ledger.head().seq == 0


def test_findings_go_on_close_and_come_back(ledger: Ledger, tmp_path: Path) -> None:
    record_assessment(finish(tmp_path / "2025Q1"), ledger)
    record_assessment(finish(tmp_path / "2025Q2", "2025Q2", [BANK], day="2025-07-01"), ledger)
    assert {name: row[0] for name, row in seen(ledger).items()} == {"bank": "continuing", "u1": "closed"}
    record_assessment(finish(tmp_path / "2025Q3", "2025Q3", day="2025-10-01"), ledger)
    assert seen(ledger) == {"bank": ("continuing", "red", 3), "u1": ("reopened", "red", 3)}
    assert set(ledger.frame("findings")["period"]) == {"2025Q3"}


def test_what_people_wrote_to_a_finding_stays(ledger: Ledger, tmp_path: Path) -> None:
    record_assessment(finish(tmp_path / "2025Q1"), ledger)
    (id_,) = ledger.frame("findings").query("subject == 'u1'")["finding_id"]
    stands = ledger.get("findings", id_).record
    due = stands.model_copy(update={"due_on": date(2025, 6, 30), "evidence": "minutes 3/2025"})
    ledger.write(due, by="operations", version=1)
    record_assessment(finish(tmp_path / "2025Q2", "2025Q2", day="2025-07-01"), ledger)
    now = ledger.get("findings", id_)
    assert (now.version, now.record.due_on, now.record.evidence) == (3, date(2025, 6, 30), "minutes 3/2025")


def test_a_quarter_before_the_last_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    record_assessment(finish(tmp_path / "2025Q2", "2025Q2", day="2025-07-01"), ledger)
    head = ledger.head()
    with pytest.raises(LedgerError, match="2025Q2 is recorded already, and 2025Q1 is before it"):
        record_assessment(finish(tmp_path / "2025Q1"), ledger)
    assert ledger.head() == head


def test_another_report_of_the_quarter_is_refused_until_it_is_released(
    ledger: Ledger, tmp_path: Path
) -> None:
    record_assessment(finish(tmp_path / "2025Q1"), ledger)
    shutil.rmtree(tmp_path / "2025Q1")
    other = finish(tmp_path / "2025Q1", "2025Q1", [BANK])
    with pytest.raises(LedgerError, match=r"release .* first, as a restatement"):
        record_assessment(other, ledger)
    version = tmp_path / RELEASES / "2025Q1" / "v2"
    shutil.copytree(other, version)
    released = Release(
        release_id="2025Q1/v2",
        period="2025Q1",
        version_of_period=2,
        manifest_digest=file_sha256(version / MANIFEST),
        report_digest="0" * 64,
        head="1:0123456789abcdef",
        reason="a branch was counted twice",
    )
    with pytest.raises(LedgerError, match=r"release .* first"):
        record_assessment(other, ledger)
    ledger.write(released, by="head of risk")
    assert record_assessment(other, ledger).assessment_id == "2025Q1-2"
    assert {name: row[0] for name, row in seen(ledger).items()} == {"bank": "continuing", "u1": "closed"}
    assert not record_assessment(other, ledger).is_new


def test_effects_are_recorded_of_the_actions_that_the_ledger_has(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write(action(1), by="operations")
    verdicts = {"ACT-1": "worked", "ACT-2": "no_effect"}
    record_assessment(finish(tmp_path / "2025Q1", **verdicts), ledger)
    (row,) = ledger.frame("evaluations").to_dict("records")
    assert (row["effect_id"], row["verdict"], row["upper"]) == ("E-ACT-1-2025Q1", "worked", -0.1)
    record_assessment(finish(tmp_path / "2025Q2", "2025Q2", day="2025-07-01", **verdicts), ledger)
    assert set(ledger.frame("evaluations")["effect_id"]) == {"E-ACT-1-2025Q1", "E-ACT-1-2025Q2"}


def test_what_data_say_is_a_cause_of_its_own_beside_the_presumed_one(ledger: Ledger, tmp_path: Path) -> None:
    first = finish(tmp_path / "first")
    record_assessment(first, ledger, is_kept=False)
    facts = pd.DataFrame(
        [
            {
                "finding_id": id_,
                "status": status,
                "case": "no_count",
                "peak": "",
                "segment": "",
                "largest": "",
            }
            | {"p_value": float("nan"), "largest_share": float("nan")}
            for id_, status in zip(ids_of(first), ("not_supported", "presumed"), strict=True)
        ]
    )
    causes = Causes(
        facts=facts,
        segments=pd.DataFrame(),
        months=pd.DataFrame(),
        decomposition=None,
        period="2025Q1",
        as_of=date(2025, 3, 31),
        data_digest="0" * 16,
        false_alarm=0.05,
        seed=0,
    )
    record_assessment(finish(tmp_path / "2025Q1", causes=causes), ledger)
    frame = ledger.frame("causes").set_index("cause_id")
    of_data = frame[frame["support"] != "presumed"]
    assert list(of_data.index) == [f"D-{facts['finding_id'][0]}"]
    assert set(frame.drop(of_data.index)["support"]) <= {"presumed"}


def ids_of(report: Path) -> list[str]:
    from riskmodels.assessment import Findings  # here, as nothing else needs it
    from riskmodels.results import load

    return list(load(report / "results" / "findings", Findings).table["finding_id"])


def test_hundreds_of_findings_are_one_transaction(ledger: Ledger, tmp_path: Path, monkeypatch) -> None:
    rows = [{**UNIT, "unit_id": f"u{number}"} for number in range(300)]
    calls = []
    monkeypatch.setattr(
        Ledger,
        "write_all",
        lambda *given, write=Ledger.write_all, **named: calls.append(1) or write(*given, **named),
    )
    record_assessment(finish(tmp_path / "2025Q1", rows=rows), ledger)
    assert len(ledger.frame("findings")) == 300
    assert len(calls) == 1
    assert ledger.verify().problem == ""


def test_nothing_is_recorded_where_a_result_was_changed(ledger: Ledger, tmp_path: Path) -> None:
    report = finish(tmp_path / "2025Q1")
    path = report / "results" / "findings" / "result.json"
    path.write_text(path.read_text("utf-8").replace("2025Q1", "2025Q2"), encoding="utf-8")
    with pytest.raises(ResultError, match="was changed"):
        record_assessment(report, ledger)
    with pytest.raises(ResultError, match="is not a report"):
        record_assessment(tmp_path, ledger)
    assert ledger.head().seq == 0


def test_it_is_all_or_nothing(ledger: Ledger, tmp_path: Path, monkeypatch) -> None:
    report = finish(tmp_path / "2025Q1")
    made = recording._assessment
    monkeypatch.setattr(
        recording, "_assessment", lambda *given: made(*given).model_copy(update={"assessment_id": "x"})
    )
    ledger.write(made_of(report, "x"), by="somebody")
    with pytest.raises(LedgerError, match="is recorded already"):
        record_assessment(report, ledger)
    assert len(ledger.frame("findings")) == 0


def made_of(report: Path, id_: str):
    from riskmodels.governance.ledger.records import Assessment  # here, as nothing else needs it

    return Assessment(
        assessment_id=id_,
        period="2024Q1",
        as_of=date(2024, 3, 31),
        policy=date(2000, 1, 1),
        data_digest="0" * 16,
        results_digest="1" * 64,
        red=0,
        amber=0,
    )


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    finish(tmp_path / "reports" / "2025Q1")
    place = str(tmp_path / "ledger.db")
    with open_ledger(place):
        pass
    words = ["ledger", "record", "2025Q1", "--reports", str(tmp_path / "reports"), "--ledger", place]
    run = CliRunner().invoke
    assert "Nothing is written" in run(app, [*words, "--dry-run"]).stdout
    assert "2025Q1 is recorded: records new" in run(app, [*words, "--by", "customer service"]).stdout
    assert "recorded already" in run(app, words).stdout
    assert json.loads(run(app, [*words, "--json"]).stdout) == []
