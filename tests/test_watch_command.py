"""The command ``watch``: what cron mails, its exit status, and the books that it keeps."""

import json
import sys
from pathlib import Path

import pytest
from filelock import FileLock

import riskmodels as rm
from riskmodels import cli
from riskmodels.reporting.alarm_report import AlarmDocument
from riskmodels.surveillance import AlarmBook

pytestmark = pytest.mark.whole

ROWS = ["complaint_id,received_at,unit_id,product"]


@pytest.fixture
def bank(tmp_path, project) -> Path:
    """Write the files of a small bank: two years of cards, thrice as many in the last two months."""
    months = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
    days = [
        f"{month}-{day:02d}"
        for month in months
        for day in range(1, 28)
        for _ in range(3 if month > "2025-10" else 1)
    ]
    rows = [f"{at},{day},B1,card" for at, day in enumerate(days)]
    (tmp_path / "complaints.csv").write_text("\n".join([*ROWS, *rows]) + "\n", "utf-8")
    (tmp_path / "source.yaml").write_text(
        "id: small\ntitle: Small bank\ncountry: US\nas_of: 2025-12-31\ntables:\n  complaints:\n    file: complaints.csv\n"
        "    format: csv\n    columns:\n      complaint_id: {column: complaint_id}\n"
        "      received_at: {column: received_at, format: '%Y-%m-%d'}\n      unit_id: {column: unit_id}\n      product: {column: product}\n"
    )
    policy = (project / "params" / "policy" / "2000-01-01.yaml").read_text("utf-8")
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "2000-01-01.yaml").write_text(policy, "utf-8")
    (tmp_path / "run.yaml").write_text(
        "title: Small\nsource: source.yaml\npolicies: policy\nrisks: risks.yaml\nperiod: 2025Q4\n"
    )
    return tmp_path


@pytest.fixture
def run(monkeypatch, capsys, bank):
    """Return a function from arguments to exit status, output and errors, as main() gives them."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.chdir(bank)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["riskmodels", "watch", "run.yaml", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return run


def test_a_new_alarm_is_status_1_and_mailed_once(run, bank) -> None:
    status, out, _ = run("--last", "2025-10")
    assert (status, "NEW" in out) == (0, False)
    status, out, _ = run()
    assert status == 1
    assert "complaints, whole bank" in out or "complaints, card" in out
    assert max(map(len, out.splitlines())) <= 78
    folder = bank / "reports" / "watch-2025-12-31"
    assert (folder / "alarms.txt").read_text("utf-8") == out
    book = rm.load(folder / "alarms", AlarmBook)
    assert json.loads((folder / "alarms.json").read_text("utf-8"))["sentence"] == book.sentence
    status, again, _ = run()
    assert (status, again) == (1, out)  # the same day's book once more says the same
    with (bank / "complaints.csv").open("a") as file:
        file.write("".join(f"x{at},2026-01-{1 + at % 28:02d},B1,card\n" for at in range(81)))
    text = (bank / "source.yaml").read_text("utf-8")
    (bank / "source.yaml").write_text(text.replace("2025-12-31", "2026-01-31"))
    status, out, _ = run()
    assert (status, "NEW" in out, "CONTINUING" in out) == (0, False, True)


def test_a_dry_run_keeps_no_book(run, bank) -> None:
    status, out, _ = run("--dry-run", "--json")
    assert status == 1
    assert AlarmDocument.model_validate_json(out).alarms
    assert not (bank / "reports").exists()


def test_one_that_is_answered_for_is_no_new_alarm(run, bank) -> None:
    _, out, _ = run("--dry-run", "--json")
    alarm = AlarmDocument.model_validate_json(out).alarms[0]["alarm_id"]
    (bank / "answers.yaml").write_text(
        f"acknowledged:\n  - {{alarm: {alarm}, reason: a new fee, by: head of cards, until: 2026-03-31}}\n"
    )
    with (bank / "run.yaml").open("a") as file:
        file.write("acknowledged: answers.yaml\n")
    _, out, _ = run()
    assert f"ACKNOWLEDGED {alarm}" in out
    assert "head of cards answers for it until 2026-03-31: a new fee" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--last", "soon"), 3, "soon is no period"),
        (("--source", "none.yaml"), 3, "none.yaml"),
        (("--file", "complaints=none.csv"), 4, "none.csv"),
    ],
)
def test_what_does_not_fit_is_one_line(arguments, status, message, run) -> None:
    code, _, err = run(*arguments)
    assert (code, err.count("\n")) == (status, 1)
    assert message in err


def test_only_the_last_book_is_read(run, bank) -> None:
    run("--last", "2025-11")
    for day in ("2025-11-29", "2026-01-31"):
        (bank / "reports" / f"watch-{day}" / "alarms").mkdir(parents=True)  # damaged: it holds nothing
    status, out, err = run()
    assert (status, err, "CONTINUING" in out) == (0, "", True)
    (bank / "reports" / "watch-2025-12-01" / "alarms").mkdir(parents=True)
    status, _, err = run("--last", "2025-11", "--dry-run")
    assert (status, err) == (1, "")  # as on that day


def test_two_runs_at_once_do_not_write_one_book(run, bank) -> None:
    (bank / "reports").mkdir()
    with FileLock(bank / "reports" / ".watch-2025-12-31.lock"):
        status, _, err = run()
    assert (status, "another run is writing" in err) == (9, True)


def test_help_says_what_the_exit_status_means(run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    assert "0 nothing new, 1 new alarms" in " ".join(out.split())
