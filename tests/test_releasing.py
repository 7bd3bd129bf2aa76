"""A report is a draft until it is released; what was released is whole, recorded, and never written again."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from drafts import COMPLAINTS, make_draft

from riskmodels.errors import BusyError, LedgerError, ParameterError, ResultError
from riskmodels.governance.ledger import Ledger, open_ledger
from riskmodels.manifests import last_of, verify_report, versions_of
from riskmodels.results import load
from riskmodels.runner.releasing import Released, complete_releases, release_report
from riskmodels.tables import Tables, file_sha256, in_use, keep_reduced, open_table, sweep_old


@pytest.fixture(scope="module")
def tables(take_in) -> Tables:
    losses = [{"loss_id": "L1", "occurred_on": "2024-09-01", "recorded_on": "2024-09-01", "unit_id": "B1",
               "event_type": "fraud", "gross_loss": 5, "complaint_id": "C03"}]  # fmt: skip
    return take_in(complaints=COMPLAINTS, losses=losses)


@pytest.fixture(scope="module")
def drawn(tables, tmp_path_factory) -> Path:
    return make_draft(tmp_path_factory.mktemp("drawn") / "reports" / "2024Q3", tables)


@pytest.fixture
def draft(drawn, tmp_path) -> Path:
    shutil.copytree(drawn.parent, tmp_path / "reports")
    return tmp_path / "reports" / "2024Q3"


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "ledger" / "ledger.db") as made:
        yield made


def released(draft: Path, ledger: Ledger, **given) -> Released:
    return release_report(draft, ledger, **{"by": "head of risk"} | given)


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): file_sha256(path) for path in folder.rglob("*") if path.is_file()
    }


def test_a_release_is_marked_whole_and_recorded(draft, ledger):
    found = released(draft, ledger)
    assert found.folder == draft.parent / "releases" / "2024Q3" / "v1"
    assert verify_report(found.folder).is_whole
    assert verify_report(draft).is_whole, "the draft stays as it is"
    page = (found.folder / "report.html").read_text()
    assert "This report is a draft" not in page
    assert 'class="watermark"' not in page
    assert "Released, version 1, " in page
    assert "by head of risk; head of the ledger 0:0000000000000000" in page
    board = (found.folder / "board.html").read_text()
    assert ("Released, version 1, " in board, "This report is a draft" in board) == (True, False)
    assert 'class="watermark"' in (draft / "report.html").read_text()
    standing = json.loads((found.folder / "assessment.json").read_text())["standing"]
    assert (standing["status"], standing["version"], standing["released_by"]) == (
        "released",
        1,
        "head of risk",
    )
    assert json.loads((draft / "assessment.json").read_text())["standing"]["status"] == "draft"
    record = ledger.get("releases", "2024Q3/v1").record
    assert record == found.record
    assert record.manifest_digest == file_sha256(found.folder / "manifest.json")
    assert record.report_digest == file_sha256(found.folder / "report.html")
    assert (found.head.seq, found.sentence.startswith("2024Q3, version 1: ")) == (1, True)


def test_a_release_keeps_its_tables_without_what_is_personal(draft, ledger, tables):
    kept = load(released(draft, ledger).folder / "results" / "tables", Tables)
    was, now = tables.complaints.frame(), kept.complaints.frame()
    assert now["narrative"].fillna("").tolist() == [
        "[taken out]" if text else "" for text in was["narrative"].fillna("")
    ]
    assert now["complaint_id"].rank().tolist() == was["complaint_id"].rank().tolist()
    assert now["complaint_id"].tolist() == [f"{number:02d}" for number in range(11, -1, -1)]
    assert now.loc[now["repeat_of"].notna(), "repeat_of"].tolist() == ["08"], "C09, the ninth"
    assert kept.losses.frame()["complaint_id"].tolist() == ["02"]
    same = [name for name in was if name not in ("narrative", "complaint_id", "repeat_of")]
    assert was[same].equals(now[same])
    assert kept.complaints.provenance == tables.complaints.provenance


def test_a_report_with_a_changed_file_is_refused_and_the_file_named(draft, ledger):
    (draft / "tables" / "a.csv").write_text("changed")
    with pytest.raises(ResultError, match=r"2024Q3/tables/a\.csv was changed: what is not as it was written"):
        released(draft, ledger)
    assert ledger.head().seq == 0
    assert versions_of(draft.parent, "2024Q3") == []
    assert [path.name for path in (draft.parent / "releases" / "2024Q3").iterdir()] == [".lock"]


def test_a_restatement_needs_a_reason_a_difference_and_lists_them(draft, ledger, tables):
    first = released(draft, ledger)
    before = bytes_of(first.folder)
    with pytest.raises(ParameterError, match="nothing differs"):
        released(draft, ledger, reason="again")
    shutil.rmtree(draft)
    make_draft(draft, tables, red=False, mean=12.0)
    with pytest.raises(ParameterError, match="needs a --reason"):
        released(draft, ledger)
    found = released(draft, ledger, reason="late complaints")
    assert found.folder.name == "v2"
    rows = [tuple(row) for row in found.table.itertuples(index=False)]
    assert rows == [("findings", "F-1, unit_limit, upheld_rate", "severity", "red", "amber"),
                    ("forecast", "2024-10", "mean", "10.0", "12.0")]  # fmt: skip
    page = (found.folder / "report.html").read_text()
    assert "Released, version 2" in page
    assert "Reason: late complaints" in page
    assert "<td>red</td><td>amber</td>" in page
    standing = json.loads((found.folder / "assessment.json").read_text())["standing"]
    assert [row["figure"] for row in standing["differences"]] == ["severity", "mean"]
    assert ledger.get("releases", "2024Q3/v2").record.reason == "late complaints"
    assert bytes_of(first.folder) == before, "what was released is never overwritten"
    assert last_of(draft.parent, "2024Q3") == found.folder


def test_a_dry_run_leaves_nothing(draft, ledger):
    before = bytes_of(draft.parent)
    assert released(draft, ledger, is_kept=False).record.version_of_period == 1
    assert ledger.head().seq == 0
    after = bytes_of(draft.parent)
    after.pop("releases/2024Q3/.lock")
    assert after == before


def test_folder_and_ledger_must_agree(draft, ledger, tmp_path, tables):
    found = released(draft, ledger)
    shutil.rmtree(draft)
    make_draft(draft, tables, mean=11.0)
    with (
        open_ledger(tmp_path / "other" / "ledger.db") as other,
        pytest.raises(LedgerError, match="not recorded"),
    ):
        released(draft, other, reason="x")
    found.folder.rename(tmp_path / "gone")
    with pytest.raises(ResultError, match="was released and is not there: restore it"):
        released(draft, ledger, reason="x")


def test_what_is_no_draft_is_refused(draft, ledger):
    folder = released(draft, ledger).folder
    with pytest.raises(ResultError, match="is no draft of this version"):
        released(folder, ledger)
    with pytest.raises(ResultError, match="is not a report"):
        released(draft.parent, ledger)


KILLED = """
import os, signal, sys
from pathlib import Path
from riskmodels.governance.ledger import Ledger, open_ledger
from riskmodels.runner import releasing

where, when, report, place = sys.argv[1:]
home = Ledger if where == "write" else releasing
done = getattr(home, where)

def killed(*given, **named):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(home, where, killed)
with open_ledger(place) as ledger:
    releasing.release_report(Path(report), ledger, by="head of risk")
"""


@pytest.mark.slow  # each is a process of its own that imports the libraries
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "where", ["_copy", "keep_reduced", "copy_tables", "restate_report", "restate_document", "_write_manifest", "_flush", "write", "_put"]
)  # fmt: skip
def test_a_killed_release_completes_itself(draft, tmp_path, where, when):
    place = tmp_path / "ledger" / "ledger.db"
    done = subprocess.run([sys.executable, "-c", KILLED, where, when, draft, place], check=False)
    assert done.returncode == -signal.SIGKILL
    is_recorded = (where, when) in {("write", "after"), ("_put", "before"), ("_put", "after")}
    with open_ledger(place) as ledger:
        assert (ledger.head().seq == 1) == is_recorded
        if (where, when) == ("_put", "after"):
            with pytest.raises(ParameterError, match="nothing differs"):
                released(draft, ledger)
            found = ledger.get("releases", "2024Q3/v1").record
        else:
            again = released(draft, ledger)
            assert again.was_begun == is_recorded
            found = again.record
        folder = draft.parent / "releases" / "2024Q3" / "v1"
        assert found.manifest_digest == file_sha256(folder / "manifest.json")
        assert verify_report(folder).is_whole
        assert ledger.verify().head.seq == 1
    assert sorted(path.name for path in folder.parent.iterdir()) == [".lock", "v1"]


def test_an_interrupted_release_is_completed_by_the_next_look(draft, ledger, monkeypatch):
    monkeypatch.setattr("riskmodels.runner.releasing._put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        released(draft, ledger)
    monkeypatch.undo()
    assert ledger.head().seq == 1
    assert last_of(draft.parent, "2024Q3") == draft, "not before it is in its place"
    (found,) = complete_releases(draft.parent, ledger)
    assert found.was_begun
    assert verify_report(found.folder).is_whole
    assert "had recorded it" in found.sentence
    assert complete_releases(draft.parent, ledger) == []


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


# ---- the store's days ----

TODAY = date(2026, 12, 31)


@pytest.fixture
def store(tables, tmp_path) -> Path:
    shutil.copytree(tables.complaints.folder.parents[1], tmp_path / "store")
    return tmp_path / "store"


def age(store: Path, table: str, days: int) -> Path:
    (folder,) = (store / table).glob("[0-9a-f]*")
    moment = (TODAY - timedelta(days=days) - date(1970, 1, 1)).total_seconds()
    os.utime(folder / "provenance.json", (moment, moment))
    return folder


def test_what_was_last_taken_in_too_long_ago_goes(store):
    old, young = age(store, "complaints", 731), age(store, "losses", 730)
    planned = sweep_old(store, days=730, today=TODAY, is_done=False)
    assert planned.table[["table", "digest"]].values.tolist() == [["complaints", old.name]]
    assert (
        planned.sentence == "1 stored table, last taken in before 2024-12-31, would be deleted; 1 would stay."
    )
    assert old.is_dir()
    assert sweep_old(store, days=730, today=TODAY).kept == 1
    assert (old.exists(), young.is_dir()) == (False, True)
    assert sweep_old(store, days=730, today=TODAY).table.empty


def test_a_table_that_is_taken_in_again_begins_its_days_anew(store, tables):
    old = age(store, "complaints", 900)
    from riskmodels.tables import keep, staging_folder

    with staging_folder(store, "complaints") as staged:
        for file in ("accepted.parquet", "rejected.parquet"):
            shutil.copy(old / file, staged / file)
        assert keep(staged, tables.complaints.provenance).folder == old
    assert sweep_old(store, days=730, today=date.today()).table.empty  # noqa: DTZ011  the file's own day


def test_a_sweep_waits_for_a_replay(store):
    age(store, "complaints", 900)
    with in_use(store), pytest.raises(BusyError, match="being swept or replayed"):
        sweep_old(store, days=730, today=TODAY)
    assert len(sweep_old(store, days=730, today=TODAY).table) == 1


def test_a_release_needs_nothing_of_the_store(draft, ledger, tables, tmp_path):
    folder = released(draft, ledger).folder
    digests = {path.parent.name: path.name for path in (folder / "stored").glob("*/[0-9a-f]*")}
    assert digests.keys() == {"complaints", "losses"}
    for name, digest in digests.items():
        assert open_table(folder / "stored" / name / digest).digest == digest != tables.get(name).digest
    assert (
        keep_reduced(load(folder / "results" / "tables", Tables), tmp_path / "again").keys() == digests.keys()
    )
