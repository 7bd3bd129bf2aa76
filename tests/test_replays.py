"""A past report is run again from what was kept, and what differs is named with what explains it."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from banks import PARAMS, small_bank
from drafts import COMPLAINTS, code_now, make_draft
from typer.testing import CliRunner

from riskmodels import cli
from riskmodels.errors import ResultError
from riskmodels.governance.ledger import open_ledger
from riskmodels.manifests import versions_of
from riskmodels.reporting.differences import report_differences
from riskmodels.results import load
from riskmodels.runner import replaying
from riskmodels.runner.kept_parameters import changed_lines, settings_of_kept
from riskmodels.runner.releasing import release_report
from riskmodels.runner.replaying import Replayed, compared, plan_replay, report_of
from riskmodels.runner.settings import settings_of_report
from riskmodels.tables import Tables


@pytest.fixture
def bank(take_in, tmp_path, monkeypatch) -> Path:
    """Write parameter files, a store, and the draft of a report in folders of the test's own."""
    monkeypatch.setattr(replaying, "code_of", lambda _: code_now())
    tables = take_in(complaints=COMPLAINTS)
    shutil.copytree(tables.complaints.folder.parents[1], tmp_path / "store")
    shutil.copytree(PARAMS, tmp_path / "params")
    make_draft(tmp_path / "reports" / "2024Q3", tables, tmp_path / "params")
    return tmp_path


def released(bank: Path) -> Path:
    with open_ledger(bank / "ledger" / "ledger.db") as ledger:
        return release_report(bank / "reports" / "2024Q3", ledger, by="head of risk").folder


def replayed(
    bank: Path, *, scratch: str = "scratch", today: bool = False, run=lambda folder: None
) -> Replayed:
    """Replay without a run: what it would give is a copy of the report, which ``run`` may change."""
    planned = plan_replay(
        report_of("2024Q3", bank / "reports"), reports=bank / "reports", store=bank / "store", scratch=bank / scratch, today=today
    )  # fmt: skip
    load(planned.plan.stored, Tables)  # as the first notebook does
    shutil.copytree(planned.report, planned.plan.folder)
    run(planned.plan.folder)
    return compared(planned)


def stored(bank: Path) -> Path:
    (folder,) = (bank / "store" / "complaints").glob("[0-9a-f]*")
    return folder


def lines(found: Replayed) -> str:
    return "\n".join(found.reasons)


@pytest.mark.parametrize("is_released", [False, True])
def test_nothing_changed_nothing_differs(bank, is_released):
    if is_released:
        released(bank)
    found = replayed(bank)
    assert found.is_same
    assert found.reasons == []
    assert set(found.files["state"]) == {"the same bytes", "the same figures"}
    assert found.files.loc[found.files["state"] == "the same figures", "file"].tolist() == [
        "results/tables/result.json"
    ]
    assert "2024Q3" in found.sentence
    assert "every figure is the same" in found.sentence
    content = json.loads(found.document())
    assert content["is_same"]
    assert content["differences"] == []


def test_the_settings_name_what_the_report_kept(bank):
    report = bank / "reports" / "2024Q3"
    settings = settings_of_kept(settings_of_report(report), report)
    for path in (settings.policies, settings.risks, settings.scenario_folder):
        assert Path(path).is_relative_to(report / "params")
        assert Path(path).exists()


def test_a_changed_row_of_a_stored_table_is_named(bank):
    released(bank)
    frame = pd.read_parquet(stored(bank) / "accepted.parquet")
    frame.loc[frame["complaint_id"] == "C05", "upheld"] = False
    frame.to_parquet(stored(bank) / "accepted.parquet", index=False)
    found = replayed(bank)
    assert not found.is_same
    assert (
        f"data: complaints {stored(bank).name}: row 8 (complaint_id C05): upheld was True, is False"
        in lines(found)
    )


def test_rows_that_are_gone_or_new_are_named(bank):
    released(bank)
    frame = pd.read_parquet(stored(bank) / "accepted.parquet")
    frame[frame["complaint_id"] != "C05"].to_parquet(stored(bank) / "accepted.parquet", index=False)
    assert "row 8 (complaint_id 04) is gone" in lines(replayed(bank)), (
        "as the release numbers them: the fifth"
    )


def test_of_a_draft_no_copy_is_kept(bank):
    (stored(bank) / "rejected.parquet").write_bytes((stored(bank) / "accepted.parquet").read_bytes())
    assert "which row, only a release could tell" in lines(replayed(bank))
    shutil.rmtree(stored(bank))
    with pytest.raises(ResultError, match=r"no more in the store, and .* is a draft"):
        replayed(bank, scratch="other")


def test_what_the_store_keeps_no_longer_is_said(bank):
    released(bank)
    shutil.rmtree(bank / "store")

    def as_run(folder: Path) -> None:
        content = json.loads((folder / "assessment.json").read_text())
        (folder / "assessment.json").write_text(json.dumps(content | {"data_digest": "0" * 16}))

    found = replayed(bank, run=as_run)
    assert found.is_same
    assert found.reasons == [
        "cannot be compared: customers' texts and rejected rows of complaints: the store keeps them no longer"
    ]


def test_a_policy_of_today_is_named_by_its_lines_and_used_only_where_it_is_asked_for(bank):
    policy = bank / "params" / "policy" / "2000-01-01.yaml"
    policy.write_text(policy.read_text().replace("store_retention_days: 730", "store_retention_days: 365"))
    words = r"policy: \S+/policy/2000-01-01.yaml: line \d+: was “store_retention_days: 730”, is “store_retention_days: 365”"
    found = replayed(bank)
    assert found.is_same
    assert re.fullmatch(words + r" \(not used: the replay is as of then\)", lines(found))
    found = replayed(bank, scratch="other", today=True)
    assert not found.is_same
    assert re.fullmatch(words, lines(found))


def test_a_changed_copy_of_the_policy_is_named(bank):
    kept = bank / "reports" / "2024Q3" / "params" / "policy" / "2000-01-01.yaml"
    kept.write_text(kept.read_text().replace("store_retention_days: 730", "store_retention_days: 365"))
    found = replayed(bank)
    assert not found.is_same
    assert "policy: params/policy/2000-01-01.yaml: was changed" in lines(found)
    assert "was “store_retention_days: 365”, is “store_retention_days: 730”" in lines(found)


def test_changed_code_and_libraries_are_named(bank, monkeypatch):
    then = code_now()
    other = then | {"riskmodels": "9.9", "parts": then["parts"] | {"riskmodels/scorecard": "0" * 16}}
    monkeypatch.setattr(replaying, "code_of", lambda _: other)
    monkeypatch.setattr(replaying, "versions", lambda: {"python": "3.99"})
    found = replayed(bank)
    assert found.is_same, "other code gave the same figures"
    said = lines(found)
    assert f"code: riskmodels: was {then['riskmodels']}, is 9.9" in said
    assert (
        f"code: riskmodels/scorecard: was {then['parts']['riskmodels/scorecard']}, is 0000000000000000"
        in said
    )
    assert re.search(r"code: python: was \S+, is 3\.99", said)
    assert "code: numpy: was" in said


def test_every_figure_that_differs_is_a_row_and_what_explains_none_is_said(bank):
    def as_run(folder: Path) -> None:
        content = json.loads((folder / "assessment.json").read_text())
        content["forecast"][0]["mean"] = 10.5
        (folder / "assessment.json").write_text(json.dumps(content))
        path = folder / "results" / "scorecard" / "result.indicators.parquet"
        frame = pd.read_parquet(path)
        frame.assign(estimate=0.5).to_parquet(path)
        (folder / "tables" / "a.csv").unlink()

    found = replayed(bank, run=as_run)
    rows = {(row.part, row.figure): (row.before, row.now) for row in found.table.itertuples()}
    assert rows[("assessment.json", "mean")] == ("10.0", "10.5")
    assert rows[("results/scorecard/result.indicators.parquet", "estimate")] == ("0.998", "0.5")
    assert rows[("tables/a.csv", "")] == ("given", "")
    assert "nothing that is recorded explains it" in lines(found)
    assert "3 figures differ in 2 of" in found.sentence


def test_lines_of_a_file_are_compared(bank):
    assert list(changed_lines("a\nb\nc", "a\nB\nc\nd")) == [(2, "b", "B"), (4, "", "d")]
    assert list(changed_lines("a\nb", "b")) == [(1, "a", "")]


def test_a_report_that_is_not_there_is_said(bank):
    with pytest.raises(ResultError, match="there is no report 2020Q1 in"):
        report_of("2020Q1", bank / "reports")


@pytest.mark.slow  # two runs of a small bank
def test_a_run_is_released_and_replayed_to_the_byte_without_its_source(tmp_path):
    places = ["--store", tmp_path / "store"]
    reports, book = tmp_path / "reports", ["--ledger", tmp_path / "ledger.db"]
    assert call("assess", small_bank(tmp_path / "bank"), "--out", reports, *places)[0] == 0
    assert call("ledger", "init", *book)[0] == 0
    status, said = call("release", "small-2026Q3", "--by", "head of risk", "--reports", reports, *book)
    assert status == 0, said
    assert [one.name for one in versions_of(reports, "small-2026Q3")] == ["v1"]
    shutil.rmtree(tmp_path / "bank")
    status, said = call("replay", "small-2026Q3", "--reports", reports, *places)
    assert status == 0, said
    assert "every figure is the same" in " ".join(said.split())
    shutil.rmtree(tmp_path / "store")
    status, said = call("replay", "small-2026Q3", "--reports", reports, *places)
    assert status == 0, said
    assert "cannot be compared: customers' texts and rejected rows of complaints" in said


def call(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(map(str, arguments)))
    return done.exit_code, f"{done.output}\n{done.exception or ''}"


@pytest.mark.parametrize("is_reduced", [True, False])
def test_unknown_is_unknown_and_digests_count_only_where_tables_are_whole(tmp_path, is_reduced) -> None:
    for name, digest in (("then", "0123456789abcdef"), ("now", "fedcba9876543210")):
        frame = pd.DataFrame({"value": [float("nan"), 2.0], "evidence": [f"complaints, digest {digest}", ""]})
        (tmp_path / name / "tables").mkdir(parents=True)
        frame.to_parquet(tmp_path / name / "tables" / "checked.parquet")
    table, files = report_differences(tmp_path / "then", tmp_path / "now", is_reduced=is_reduced)
    assert table["figure"].tolist() == ([] if is_reduced else ["evidence"])
    assert files["state"].tolist() == ["the same figures" if is_reduced else "different"]
