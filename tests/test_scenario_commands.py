"""Commands about scenarios: begin one, check all, list, show one at a width of 80 columns, print a drill's sheet."""

import shutil
import sys

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from riskmodels import cli
from riskmodels.parameters.blank import scenario_template
from riskmodels.parameters.scenarios import load_scenario
from riskmodels.parameters.shocks import _FELT, PLACES

pytestmark = pytest.mark.whole

WIDTH = 80


@pytest.fixture
def run(monkeypatch, capsys, tmp_path, project):
    """Return a function from arguments to exit status, output and errors, as main() gives them."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(cli.console, "width", WIDTH)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(project / "params", tmp_path / "params")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["riskmodels", "scenario", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return run


@pytest.mark.parametrize("command", ["new", "lint", "list", "show"])
def test_help(command) -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli.app, ["scenario", command, "--help"])
    assert result.exit_code == 0
    assert "Usage: root scenario" in result.output or "riskmodels scenario" in result.output


def test_a_new_scenario_fits_and_does_nothing_until_it_is_written(run, tmp_path) -> None:
    status, out, _ = run("new", "quake", "--dry-run")
    assert (status, out) == (0, scenario_template("quake"))
    path = tmp_path / "params" / "scenarios" / "quake.yaml"
    assert not path.exists()
    status, out, _ = run("new", "quake")
    assert (status, path.read_text("utf-8")) == (0, scenario_template("quake"))
    assert "Next: riskmodels scenario lint params/scenarios/quake.yaml" in out
    scenario = load_scenario(path)
    assert list(scenario.levels) == ["moderate", "severe", "extreme"]
    assert not any(shock.profile(60).any() for level in scenario.levels.values() for shock in level.shocks)
    for what in (*_FELT, *PLACES):
        assert what in scenario_template("quake")
    status, _, err = run("new", "quake")
    assert (status, path.read_text("utf-8")) == (3, scenario_template("quake"))
    assert "is there already, and nothing was written" in err


@pytest.mark.parametrize("name", ["../quake", "Quake", "地震", "a b", "x" * 101])
def test_an_id_is_no_path(run, tmp_path, name) -> None:
    before = sorted(tmp_path.rglob("*"))
    status, _, err = run("new", name)
    assert (status, sorted(tmp_path.rglob("*"))) == (3, before)
    assert "expected small letters, digits and _" in err


def test_all_files_are_checked_and_each_problem_is_said_with_file_and_place(run, tmp_path) -> None:
    status, out, _ = run("lint")
    assert (status, out) == (0, "Files checked: 14; all fit.\n")
    params = tmp_path / "params"
    wrong = {
        "scenarios/data_leak.yaml": ("months: 1", "months: -1"),
        "scenarios/mis_selling.yaml": ("indicator: disclosure_rate", "indicator: disclosure_rat"),
        "scenarios/staff_shortage.yaml": ("unit_en:", "unti_en:"),
        "plans.yaml": ("scenario: account_freeze", "scenario: account_freez"),
        "capacity.yaml": ("teams: []", "teams: [{id: nobody}]"),
    }
    for file, (old, new) in wrong.items():
        text = (params / file).read_text("utf-8")
        assert old in text
        (params / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    status, out, _ = run("lint")
    assert status == 1
    for said in (
        "params/scenarios/data_leak.yaml does not fit a scenario: levels.moderate.shocks.0.months: is -1;",
        "levels.moderate.shocks.0.moves.3.indicator: no indicator is called 'disclosure_rat'; did you mean 'disclosure_rate'",
        "levels.moderate.shocks.0.unti_en: is no key here; did you mean 'unit_en'?",
        "params/plans.yaml does not fit a file of contingency plans: plans.4.scenario: no scenario is called",
        "teams.0.handlers: is missing",
        "Files checked: 14; do not fit: 6.",  # data_leak is a part of combined, too
    ):
        assert said in out, said
    status, out, _ = run("lint", "params/scenarios/data_leak.yaml", "params/scenarios/account_freeze.yaml")
    assert (status, out.splitlines()[-1]) == (1, "Files checked: 2; do not fit: 1.")
    assert run("lint", "--folder", "nowhere")[0] == 3


def test_an_id_given_twice_and_an_unknown_indicator_of_a_part_are_found(run, tmp_path) -> None:
    folder = tmp_path / "params" / "scenarios"
    shutil.copy(folder / "data_leak.yaml", folder / "leak.yaml")
    status, out, _ = run("lint")
    assert status == 1
    assert "data_leak.yaml and params/scenarios/leak.yaml are both 'data_leak'" in out
    (folder / "leak.yaml").unlink()
    text = (folder / "data_leak.yaml").read_text("utf-8")
    (folder / "data_leak.yaml").write_text(text.replace("security_incidents", "insecurity"), encoding="utf-8")
    status, out, _ = run("lint", folder / "combined.yaml")
    assert status == 1
    assert (
        "levels.extreme.combines.data_leak.leak.moves.0.indicator: no indicator is called 'insecurity'" in out
    )


def test_the_list_names_every_scenario_its_plan_and_its_last_drill(run, tmp_path) -> None:
    plans = tmp_path / "params" / "plans.yaml"
    text = plans.read_text("utf-8").replace(
        "    steps:", "    last_drill: {held_on: 2026-05-20}\n    steps:", 1
    )
    plans.write_text(text, encoding="utf-8")
    status, out, _ = run("list")
    assert status == 0
    assert out.startswith("12 scenarios, with the number of shocks at each severity.")
    rows = {line.split()[0]: line for line in out.splitlines()[3:] if line[:1].strip()}
    assert rows["system_outage"].split()[-5:] == ["2", "2", "2", "yes", "2026-05-20"]
    assert rows["combined"].split()[-5:] == ["3", "4", "7", "yes", "none"]
    plans.unlink()
    assert run("list")[1].count("none") == 24
    assert max(map(cell_len, out.splitlines())) <= WIDTH


@pytest.mark.parametrize("options", [(), ("--drill",)])
def test_every_scenario_is_shown_within_the_width(run, project, options) -> None:
    for path in sorted((project / "params" / "scenarios").glob("*.yaml")):
        status, out, _ = run("show", path.stem, "--severity", "extreme", *options)
        assert status == 0
        assert max(map(cell_len, out.splitlines())) <= WIDTH
        assert load_scenario(path).name_en in " ".join(out.split())
        assert "{" not in out


def test_what_a_scenario_assumes_is_shown_with_its_basis(run) -> None:
    _, out, _ = run("show", "data_leak")
    for said in (
        "Customers whose data leaked: 3 percent of customers, falling to nothing for 3",
        "+6% per unit",
        "+2% … +15%",
        "300,000 CNY per unit, 6 months later",
        "riskmodels' prior, not a bank's experience: more ask than complain",
    ):
        assert said in out
    assert "It combines Interruption of systems (severe), Surge of complaints (severe)" in " ".join(
        run("show", "combined")[1].split()
    )


def test_the_sheet_of_a_drill_says_who_does_what_until_when(run, tmp_path) -> None:
    _, out, _ = run("show", "system_outage", "--drill")
    flat = " ".join(out.split())
    for said in (
        "Table-top drill: Interruption of systems (severe).",
        "Last drill: none.",
        "30 minutes",
        "1 working day",
        "Standby site",
        "Gaps still open: none",
        "Gaps found: ____",
    ):
        assert said in flat
    (tmp_path / "params" / "plans.yaml").write_text("plans: []\n", encoding="utf-8")
    assert "There is no plan for it" in " ".join(run("show", "system_outage", "--drill")[1].split())


def test_what_is_not_there_is_refused_with_the_nearest(run, tmp_path) -> None:
    assert "did you mean 'data_leak'?" in run("show", "data_leek")[2]
    assert "has no severity 'mild'" in run("show", "data_leak", "--severity", "mild")[2]
    (tmp_path / "params" / "plans.yaml").unlink()
    assert "cannot read params/plans.yaml" in run("show", "data_leak", "--drill")[2]
    assert "language: there is no 'xx'" in run("list", "--language", "xx")[2]
