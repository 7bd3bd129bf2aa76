"""The loop of quarters: its order, its decisions, where it stops and goes on; runs are made by hand.

Every quarter is planned, decided and adopted as it is in life, which reads the parameter files: 15 s in all.
"""

import json
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from banks import PARAMS, ROOT, small_tables, write_run, write_source
from finished import BANK, UNIT, finish
from ruamel.yaml import YAML
from typer.testing import CliRunner

from riskmodels.cli import app
from riskmodels.errors import BusyError, LedgerError, ParameterError, ResultError, RunError
from riskmodels.governance.ledger import open_ledger
from riskmodels.parameters.policy import load_policy
from riskmodels.runner import loop as playing
from riskmodels.runner.kernels import Kernels
from riskmodels.runner.loop import play_loop
from riskmodels.runner.loop_file import load_loop

IDLE = Kernels(Path(), warm=False)
BY, HEAD = "customer service", "head of risk"
OPEN = {"action_id": "A1", "measure": "train", "owner": BY, "opened_on": "2025-04-10", "due_on": "2025-06-30"}
CLOSED = {"action_id": "A1", "status": "closed", "closed_on": "2025-06-20", "evidence": "minutes 6/2025"}
QUARTERS = [
    {
        "period": "2025Q1",
        "decisions": [
            {"do": "write", "by": BY, "table": "actions", "values": OPEN},
            {"do": "approve", "by": HEAD, "line": "indicators.resolved_7wd", "rule": "set_objective"},
            {"do": "adopt", "by": HEAD, "valid_from": "2025-07-01"},
        ],
    },
    {
        "period": "2025Q2",
        "decisions": [
            {"do": "write", "by": BY, "table": "actions", "values": CLOSED | {"no_effect_because": "too early"}}
        ],
    },
    {
        "period": "2025Q3",
        "decisions": [
            {"do": "write", "by": BY, "table": "actions",
             "values": {"action_id": "A1", "effect_id": "E-A1-2025Q3", "no_effect_because": ""}}
        ],
    },
]  # fmt: skip


WRITE = {"do": "write", "by": BY, "table": "actions", "values": OPEN}
PLAIN = [{"period": period} for period in ("2025Q1", "2025Q2", "2025Q3")]
INDICATORS = ("resolved_7wd", "disclosure_rate")


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    """Return the run file of a small bank with a small policy, which is read in no time; read-only."""
    folder = tmp_path_factory.mktemp("bank")
    write_source(folder, small_tables())
    yaml = YAML()
    policy = yaml.load(PARAMS / "policy" / "2000-01-01.yaml")
    policy["indicators"] = [one for one in policy["indicators"] if one["id"] in INDICATORS]
    policy["watch"] = []
    (folder / "policy").mkdir()
    yaml.dump(policy, folder / "policy" / "2000-01-01.yaml")
    return write_run(folder, policies="policy")


def written(bank: Path, folder: Path, quarters=QUARTERS, **changes) -> Path:
    content = {"run": str(bank), "recorded_by": BY, "proposed_by": BY, "quarters": quarters} | changes
    path = folder / "loop.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def runs(monkeypatch) -> list[tuple[str, str]]:
    """Quarters that were run, each with the day of its policy; none takes any time."""
    ran = []

    def run(plan, *, store, progress, kernels):
        ran.append((plan.settings.period, str(plan.policy_valid_from)))
        assert not plan.settings.backtest
        rows = [BANK, UNIT] if plan.settings.period < "2025Q3" else [BANK]
        finish(
            plan.folder,
            plan.settings.period,
            rows,
            settings=plan.settings,
            day=str(plan.policy_on),
            A1="worked",
        )

    monkeypatch.setattr(playing, "run_assessment", run)
    return ran


def play(path: Path, folder: Path, **settings):
    return play_loop(load_loop(path), folder=folder, kernels=IDLE, **settings)


def files_in(*folders: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    }


def test_quarters_are_played_in_order_each_under_what_was_decided_before(bank, tmp_path, runs):
    before, lines = files_in(bank.parent, PARAMS), []
    path = written(bank, tmp_path)
    played = play(path, tmp_path / "to", said=lines.append)
    assert runs == [("2025Q1", "2000-01-01"), ("2025Q2", "2025-07-01"), ("2025Q3", "2025-07-01")]
    assert played.verification.problem == ""
    assert len(played.verification.heads) == 3
    table = played.table.set_index("period")
    assert list(table["policy"]) == ["2000-01-01", "2025-07-01", "2025-07-01"]
    assert list(table["actions_open"]) == [1, 0, 0]
    assert [line for line in lines if "adopted from 2025-07-01" in line]
    policy = load_policy(tmp_path / "to" / "policy", on="2025-07-01")
    assert policy.indicator("resolved_7wd").objective is not None
    with open_ledger(tmp_path / "to" / "ledger" / "ledger.db") as ledger:
        action = ledger.get("actions", "A1")
        assert (action.record.status, action.record.effect_id) == ("closed", "E-A1-2025Q3")
        assert action.version == 3
        assert list(ledger.frame("assessments")["period"]) == ["2025Q1", "2025Q2", "2025Q3"]
        findings = ledger.frame("findings").set_index("subject")
        assert findings.loc["u1", "status"] == "closed"
        assert findings.loc["", "version"] == 3
    assert files_in(bank.parent, PARAMS) == before
    assert {one.name for one in tmp_path.iterdir()} == {"to", "loop.yaml"}
    again = play(path, tmp_path / "to")
    assert len(runs) == 3
    assert again.table.equals(played.table)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_one_that_was_stopped_goes_on_and_decides_nothing_twice(bank, tmp_path, runs, monkeypatch, place):
    """Stopped before each decision of a quarter, and before it is noted as done."""
    path, done = written(bank, tmp_path), []
    carry_out = playing.carry_out

    def stopping(decision, desk):
        if len(done) == place:
            raise KeyboardInterrupt
        done.append(decision)
        return carry_out(decision, desk)

    monkeypatch.setattr(playing, "carry_out", stopping)
    if place == 3:
        monkeypatch.setattr(playing, "write_whole", stopping)
    with pytest.raises(KeyboardInterrupt):
        play(path, tmp_path / "to", until="2025Q1")
    monkeypatch.undo()
    monkeypatch.setattr(playing, "run_assessment", lambda *_, **__: pytest.fail("it ran already"))
    played = play(path, tmp_path / "to", until="2025Q1")
    assert played.verification.problem == ""
    with open_ledger(tmp_path / "to" / "ledger" / "ledger.db") as ledger:
        counts = {
            name: len(ledger.frame(name)) for name in ("actions", "decisions", "adoptions", "assessments")
        }
        assert counts == dict.fromkeys(counts, 1)
        assert ledger.get("actions", "A1").version == 1


def test_a_run_that_fails_leaves_what_was_played(bank, tmp_path, runs, monkeypatch):
    path, run = written(bank, tmp_path, PLAIN), playing.run_assessment

    def failing(plan, **given):
        if plan.settings.period == "2025Q2":
            raise RunError("a notebook failed")
        return run(plan, **given)

    monkeypatch.setattr(playing, "run_assessment", failing)
    with pytest.raises(RunError, match="a notebook failed"):
        play(path, tmp_path / "to")
    monkeypatch.setattr(playing, "run_assessment", run)
    assert len(play(path, tmp_path / "to").table) == 3
    assert [period for period, _ in runs] == ["2025Q1", "2025Q2", "2025Q3"]


def test_a_file_may_go_on_but_not_change_what_was_played(bank, tmp_path, runs):
    play(written(bank, tmp_path, PLAIN[:1]), tmp_path / "to")
    assert len(play(written(bank, tmp_path, PLAIN[:2]), tmp_path / "to").table) == 2
    other = [{"period": "2025Q1", "decisions": [WRITE]}, *PLAIN[1:]]
    with pytest.raises(ParameterError, match=r"2025Q1 was played in .* with other settings or decisions"):
        play(written(bank, tmp_path, other), tmp_path / "to")
    (tmp_path / "to" / "played.json").write_text("[", encoding="utf-8")
    with pytest.raises(ResultError, match="is damaged"):
        play(written(bank, tmp_path, PLAIN), tmp_path / "to")


def test_what_the_ledger_refuses_stops_the_loop(bank, tmp_path, runs):
    own = [{"do": "approve", "by": BY, "line": "indicators.resolved_7wd", "rule": "set_objective"}]
    with pytest.raises(LedgerError, match="another than its author decides"):
        play(written(bank, tmp_path, [{"period": "2025Q1", "decisions": own}]), tmp_path / "own")
    nobody = [{"do": "approve", "by": HEAD, "line": "indicators.nothing"}]
    with pytest.raises(ParameterError, match=r"nothing is proposed for 'indicators.nothing'; there are"):
        play(written(bank, tmp_path, [{"period": "2025Q1", "decisions": nobody}]), tmp_path / "nobody")
    strange = [{"do": "write", "by": BY, "table": "actions", "values": OPEN | {"finding_ids": "F-0"}}]
    with pytest.raises(LedgerError, match="names F-0, which is not in findings"):
        play(written(bank, tmp_path, [{"period": "2025Q1", "decisions": strange}]), tmp_path / "strange")


def test_one_process_plays_in_a_folder(bank, tmp_path, runs, monkeypatch):
    path, inside, over = written(bank, tmp_path), threading.Event(), threading.Event()

    def waiting(*_, **__):
        inside.set()
        over.wait(30)
        raise RunError("stopped")

    monkeypatch.setattr(playing, "run_assessment", waiting)
    ends = []

    def first():
        with pytest.raises(RunError):
            play(path, tmp_path / "to")
        ends.append(1)

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(30)
    with pytest.raises(BusyError, match="another process plays a loop"):
        play(path, tmp_path / "to")
    over.set()
    thread.join()
    assert ends == [1]


@pytest.mark.parametrize(
    ("quarters", "words"),
    [
        ([{"period": "2025Q1"}, {"period": "2025Q3"}], "2025Q3 follows 2025Q1"),
        ([], "quarters: is []"),
        ([{"period": "2025Q5"}], "expected a quarter"),
        ([{"period": "2025Q1", "decisions": [WRITE | {"table": "action"}]}], "'action' is nothing that is written by hand"),
        ([{"period": "2025Q1", "decisions": [WRITE | {"table": "decisions"}]}], "'decisions' is nothing that is written by hand"),
        ([{"period": "2025Q1", "decisions": [WRITE | {"values": {"measure": "train"}}]}], "action_id is missing"),
        ([{"period": "2025Q1", "decisions": [WRITE, WRITE]}], "actions A1 is written twice"),
        ([{"period": "2025Q1", "decisions": [WRITE | {"by": ""}]}], "quarters.0.decisions.0.by: is ''; expected a text that is not empty"),
        ([{"period": "2025Q1", "decisions": [WRITE | {"do": "delete"}]}], "decisions.0.do: is 'delete'; expected one of write, approve, reject, adopt, release"),
        ([{"period": "2025Q1", "decisions": [{"do": "approve", "by": HEAD}]}], "name what is decided about once"),
        ([{"period": "2025Q1", "decisions": [{"do": "approve", "by": HEAD, "table": "overrides", "line": "x"}]}], "'line' names a proposal"),
        (
            [{"period": "2025Q1", "decisions": [WRITE]}, {"period": "2025Q2", "decisions": [WRITE | {"values": CLOSED}]}],
            "2025Q2, decision 1: actions A1 does not fit",
        ),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_before_anything_runs(bank, tmp_path, quarters, words):
    with pytest.raises(ParameterError) as caught:
        load_loop(written(bank, tmp_path, quarters))
    assert words in str(caught.value)
    assert str(tmp_path / "loop.yaml") in str(caught.value)


def test_the_command_plays_and_prints_what_was_decided(bank, tmp_path, runs, monkeypatch):
    monkeypatch.setattr("riskmodels.runner.kernels.open_kernels", lambda: nullcontext(IDLE))
    path = written(bank, tmp_path, [{"period": "2025Q1", "decisions": [WRITE]}, *PLAIN[1:]])
    done = CliRunner().invoke(app, ["loop", str(path), "--to", str(tmp_path / "to"), "--until", "2025Q2"])
    assert done.exit_code == 0, done.output
    assert "2 quarters in" in done.stdout
    assert "The ledger is whole" in done.stdout
    assert "actions A1, version 1, by customer service" in done.stdout
    wrong = CliRunner().invoke(app, ["loop", str(path), "--to", str(tmp_path / "to"), "--until", "2027Q1"])
    assert isinstance(wrong.exception, ParameterError)


def test_the_shipped_loop_is_of_eight_quarters_of_the_sample(project):
    loop = load_loop(ROOT / "params" / "runs" / "loop.yaml")
    periods = [one.period for one in loop.quarters]
    assert periods == [*(f"{year}Q{quarter}" for year in (2024, 2025, 2026) for quarter in range(1, 5))][3:11]
    assert (len(loop.scenarios), loop.severity) == (2, "severe")
