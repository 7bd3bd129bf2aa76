"""The command line: every command, every exit status, one clear message, and data shown as it is."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len
from small_bank import RED, make_card, make_stress, make_tables
from typer.testing import CliRunner
from workload.killing import start

from riskmodels import __version__, cli
from riskmodels.cli import terminal
from riskmodels.results import save

pytestmark = pytest.mark.whole

HEAVY = ("pandas", "numpy", "matplotlib", "papermill", "duckdb", "pydantic", "scipy", "sqlalchemy")
COMMANDS = [
    "assess",
    "loop",
    "release",
    "replay",
    "store",
    "watch",
    "ingest",
    "check-data",
    "source",
    "indicators",
    "forecast",
    "scenario",
    "stress",
    "policy",
    "show",
    "validate",
    "ledger",
    "action",
    "verify",
    "leak-scan",
    "lab",
    "start",
    "version",
]
EXIT_STATUSES = (
    "0 done",
    "1 a check found something",
    "2 wrong usage",
    "5 a saved result",
    "6 a notebook failed",
    "7 a part",
    "8 a file, folder or the output",
    "9 another run",
    "10 the ledger",
    "70 a bug",
)
NAMES = {"u1": "[red]x[/red] :warning:", "u2": "第二支行"}


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    """A small source of two years, two products and two units; one row is rejected."""
    folder = tmp_path_factory.mktemp("bank")
    months = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)][:21]
    rows = [
        f"c{month}-{number},{month}-{1 + number:02d},{('u1', 'u2')[number % 2]},{('cards', 'loans')[number % 3 == 0]}"
        for month in months
        for number in range(12)
    ]
    write = {
        "complaints": ["complaint_id,received_at,unit_id,product", *rows, "c-bad,,u1,cards"],
        "exposure": [
            "unit_id,product,month,accounts",
            *(f"{unit},cards,{month}-01,2000" for month in months for unit in NAMES),
        ],
        "inspections": [
            "inspection_id,inspected_on,unit_id,kind,items,passed",
            *(f"i-{unit},2024-08-15,{unit},dual_control,400,300" for unit in NAMES),
        ],
        "units": ["unit_id,name_en", *(f"{unit},{name}" for unit, name in NAMES.items())],
    }
    tables = {}
    for table, lines in write.items():
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        columns = {name: {"column": name} for name in lines[0].split(",")}
        tables[table] = {"file": f"{table}.csv", "format": "csv", "columns": columns}
    source = {"id": "small", "title": "Small", "country": "CN", "as_of": "2024-09-30", "tables": tables}
    (folder / "source.yaml").write_text(json.dumps(source), encoding="utf-8")
    return folder


@pytest.fixture
def run(monkeypatch, capsys, tmp_path, project):
    """Return a function from arguments to exit status, output and errors, as main() gives them."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(cli.console, "width", 160)  # as into a pipe; a test runner may set COLUMNS
    monkeypatch.chdir(tmp_path)
    shutil.copytree(project / "params", tmp_path / "params")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["riskmodels", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return run


def fresh(code: str, **settings) -> subprocess.CompletedProcess:
    """Run Python code in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, **settings
    )


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# Help and start-up


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_does_and_its_options(command) -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli.app, [command, "--help"])
    assert result.exit_code == 0
    assert f"Usage: root {command}" in result.output or f"riskmodels {command}" in result.output
    click_command = _typer_command(command)
    assert (click_command.help or "").splitlines()[0].split("  ")[0][:40] in " ".join(result.output.split())
    for parameter in click_command.params:
        if parameter.name == "help":
            continue
        assert getattr(parameter, "help", ""), f"{parameter.name} has no help"
        if parameter.param_type_name == "option":
            assert parameter.opts[0] in result.output


def _typer_command(name: str):
    from typer.main import get_command

    return get_command(cli.app).commands[name]


def test_help_names_every_command_and_exit_status() -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli.app, ["--help"])
    assert sorted(_all_commands()) == sorted(COMMANDS)
    assert all(command in result.output for command in COMMANDS)
    for status in EXIT_STATUSES:
        assert status in " ".join(result.output.split())


def _all_commands() -> list[str]:
    from typer.main import get_command

    return list(get_command(cli.app).commands)


def test_help_costs_no_science() -> None:
    code = (
        "import sys; sys.argv = ['riskmodels', '--help']\n"
        "from riskmodels.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n"
        f"    print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    shown = fresh(code).stdout
    assert "Customer-service risk assessment" in shown
    assert "LOADED []" in shown


def test_no_argument_shows_the_help(run) -> None:
    status, out, err = run()
    assert status == 2
    assert "Usage" in out + err


def test_version(run) -> None:
    assert run("version") == (0, f"{__version__}\n", "")


# The stages


def test_ingest_keeps_what_it_accepts(run, bank, tmp_path) -> None:
    status, out, err = run("ingest", bank / "source.yaml", "--store", tmp_path / "kept")
    assert (status, err) == (0, "")
    assert "Rows rejected: 1 of 299; the data is as of 2024-09-30." in out
    assert {"complaints", "deliveries", "exposure", "inspections", "units"} == {
        p.name for p in (tmp_path / "kept").iterdir()
    }


def test_a_table_may_come_from_another_file(run, bank, tmp_path) -> None:
    other = tmp_path / "a = b.csv"
    other.write_text("complaint_id,received_at,unit_id,product\nc1,2024-08-01,u1,cards\n")
    status, out, _ = run("ingest", bank / "source.yaml", "--file", f"complaints={other}")
    assert status == 0
    assert "Rows rejected: 0 of 47;" in out


def test_check_data_shows_the_rules_and_leaves_nothing_behind(run, bank, tmp_path, monkeypatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    before = files_in(tmp_path) | files_in(bank)
    status, out, _ = run("check-data", bank / "source.yaml")
    assert status == 0
    assert "received_at required" in out
    (bank / "broken.csv").write_text("nonsense\n")
    status, _, err = run("check-data", bank / "source.yaml", "--file", f"complaints={bank / 'broken.csv'}")
    (bank / "broken.csv").unlink()
    assert status == 4
    assert "has no column 'complaint_id'" in err
    assert files_in(tmp_path) | files_in(bank) == before


def test_check_data_keeps_the_tables_where_it_is_named_to(run, bank, tmp_path) -> None:
    status, out, _ = run("check-data", bank / "source.yaml", "--store", tmp_path / "kept")
    assert status == 0
    assert re.search(r"complaints +received_at required +1 +complaints\.csv +253", out)
    assert "Every column of the files is used." in out
    assert (tmp_path / "kept" / "complaints").is_dir()


def test_check_data_names_columns_not_used_and_what_is_to_be_filled_in(run, tmp_path) -> None:
    write = "Date received,Narrative,Colour\n2024-05-06,too slow,red\n2024-05-28,too dear,blue\n"
    (tmp_path / "c.csv").write_text(write)
    assert run("source", "new", "c.csv", "--output", "c.yaml")[0] == 0
    status, out, _ = run("check-data", "c.yaml")
    assert status == 0
    assert re.search(r"complaints +Colour", out)
    assert "Still to be completed in c.yaml: complaints.unit_id, complaints.product." in out


def test_a_source_file_is_drafted(run, bank, tmp_path) -> None:
    before = files_in(tmp_path)
    status, draft, err = run("source", "new", bank / "complaints.csv", "--dry-run")
    assert (status, err, files_in(tmp_path)) == (0, "", before)
    status, out, _ = run("source", "new", bank / "complaints.csv")
    assert status == 0
    assert out.startswith("Wrote params/sources/complaints.yaml. The file fits complaints")
    assert out.endswith("Next: riskmodels check-data params/sources/complaints.yaml\n")
    written = tmp_path / "params/sources/complaints.yaml"
    assert written.read_text("utf-8") == draft
    message = refused(run("source", "new", bank / "complaints.csv"), 3)
    assert "complaints.yaml is there already; --output names another file, --force replaces it" in message
    written.write_text("mine")
    assert run("source", "new", bank / "complaints.csv", "--force", "--table", "complaints")[0] == 0
    assert written.read_text("utf-8") == draft
    assert run("check-data", written)[0] == 0


def test_a_draft_that_cannot_be_made_is_refused(run, bank, tmp_path) -> None:
    assert "there is no file nowhere.csv" in refused(run("source", "new", "nowhere.csv"), 4)
    assert "'gold' is no canonical table" in refused(
        run("source", "new", bank / "units.csv", "--table", "gold"), 3
    )
    (tmp_path / "empty.csv").write_text("\n")
    assert "empty.csv is empty" in refused(run("source", "new", "empty.csv"), 4)


def test_a_draft_shows_no_personal_data(run, tmp_path) -> None:
    words = "13812345678 called; wang@example.com"
    (tmp_path / "c.csv").write_text(f"Date,Customer {words}\n2024-05-06,{words}\n2024-05-28,{words}\n")
    for command in (["--dry-run"], ["--table", "complaints"]):
        _, out, _ = run("source", "new", "c.csv", *command)
        assert "example.com" not in out
    comments = [line for line in Path("params/sources/c.yaml").read_text().splitlines() if "#" in line]
    assert "13812345678" not in "".join(comments)


def test_help_of_the_commands_about_sources() -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli.app, ["source", "new", "--help"])
    assert result.exit_code == 0
    for option in ("--table", "--sheet", "--output", "--force", "--dry-run"):
        assert option in result.output


def test_indicators_of_the_bank_and_of_a_unit(run, bank) -> None:
    arguments = ("indicators", bank / "source.yaml", "--period", "2024Q3")
    status, out, _ = run(*arguments)
    assert status == 0
    assert "Complaint rate [per 1,000" in out  # the unit goes on in the next line
    assert "indicators of the policy this source cannot give" in out
    status, of_unit, _ = run(*arguments, "--unit", "u1")
    assert status == 0
    assert of_unit != out
    assert "75%" in of_unit  # dual control


def test_a_unit_that_is_not_there_is_refused(run, bank) -> None:
    unit = "[red]{0}[/red]"
    status, out, err = run("indicators", bank / "source.yaml", "--period", "2024Q3", "--unit", unit)
    assert (status, out) == (3, "")
    assert err == f"Error: there is no unit '{unit}' in the scorecard of 2024Q3; there are u1, u2\n"


def test_forecast(run, bank) -> None:
    status, out, err = run("forecast", bank / "source.yaml", "--method", "seasonal_naive", "--horizon", "3")
    assert (status, err) == (0, "")  # a bar of progress is for a terminal
    assert "method seasonal_naive." in out
    assert all(text in out for text in ("cards", "loans", "total", "2024-10", "2024-12"))
    assert "2025-01" not in out
    assert "The source does not say when its complaints were logged" in out
    assert "up to 3 months ahead were made again from 7 months, 2023-12 to 2024-06" in " ".join(out.split())
    assert all(
        text in out for text in ("Weighted quantile loss", "empirical24", "Outside their 95% interval")
    )
    status, out, _ = run(
        "forecast", bank / "source.yaml", "--method", "seasonal_naive", "--by", "unit_id, product",
        "--last", "2024-06",
    )  # fmt: skip
    assert status == 0
    assert "u1 · cards" in out
    assert "2024-07" in out


def test_a_forecast_is_explained(run, bank) -> None:
    _, out, _ = run("forecast", bank / "source.yaml", "--no-backtest", "--horizon", "3")
    words = " ".join(out.split())
    assert all(head in words for head in ("Level", "Days and holidays", "Before", "All series"))
    assert re.search(
        r"2024-10 to 2024-12: [\d,]+ expected in all, [+-]?[\d,]+ against [\d,]+ in the forecast made from the"
        r" months until 2024-06: ",
        words,
    )
    _, out, _ = run("forecast", bank / "source.yaml", "--no-backtest", "--method", "ets")
    assert "The method does not say what its expected complaints are made of." in out


def test_a_forecast_without_its_backtest_by_any_method(run, bank) -> None:
    shown = {}
    for method in ("auto", "counts", "theta", "empirical24", "ets"):
        options = ("--method", method, "--no-backtest", "--calendar", "none")
        status, shown[method], _ = run("forecast", bank / "source.yaml", *options)
        assert status == 0
        assert "Weighted quantile loss" not in shown[method]
        assert f"method {method}." in shown[method]
    assert len(set(shown.values())) == 5


def test_a_forecast_knows_the_holidays_of_the_source_s_country_or_of_another(run, bank) -> None:
    line = "forecast", bank / "source.yaml", "--no-backtest"
    (_, own, _), (_, named, _), (_, none, _) = (
        run(*line, *options) for options in ((), ("--calendar", "CN"), ("--calendar", "none"))
    )
    assert own == named != none
    assert "no calendar of working days is known for the country 'XX'" in refused(
        run(*line, "--calendar", "XX"), 3
    )


def test_a_forecast_says_how_complete_the_last_months_are(run, bank, tmp_path) -> None:
    rows = pd.read_csv(bank / "complaints.csv").dropna()
    received = pd.to_datetime(rows["received_at"])
    rows["logged_at"] = received + pd.to_timedelta(2 * (np.arange(len(rows)) % 12), unit="D")
    rows = rows[rows["logged_at"] <= "2024-09-30"]
    rows.to_csv(tmp_path / "logged.csv", index=False)
    source = json.loads((bank / "source.yaml").read_text())
    source["tables"]["complaints"]["columns"]["logged_at"] = {"column": "logged_at"}
    (bank / "logged.yaml").write_text(json.dumps(source))
    status, out, _ = run("forecast", bank / "logged.yaml", "--file", f"complaints={tmp_path / 'logged.csv'}")
    assert status == 0
    assert re.search(r"2024-09 is \d+\.\d% complete", out)
    assert "Expected final count" in out
    assert "from what had been logged by then" in " ".join(out.split())


def test_a_forecast_by_day_or_week_says_what_it_is_of_and_what_is_unfinished(run, bank) -> None:
    line = "forecast", bank / "source.yaml", "--method", "seasonal_naive", "--no-backtest"
    status, out, _ = run(*line, "--every", "day", "--horizon", "7", "--last", "2024-09-15")
    words = " ".join(out.split())
    assert status == 0
    assert "Expected complaints a day by product" in words
    assert "2024-09-16" in out
    assert "The last days count as complete: where complaints are logged late" in words
    assert "2024-09-16 to 2024-09-22:" in words
    assert "in the forecast made from what was known until 2024-08-18:" in words
    status, out, _ = run(*line, "--every", "week")
    assert status == 0
    assert "Expected complaints a week (named by its Monday) by product" in " ".join(out.split())
    assert "2024-09-30" in out  # the Monday after the last whole week
    assert "Invalid value for '--every'" in run(*line, "--every", "hour")[2]


def test_help_of_the_forecast() -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli.app, ["forecast", "--help"])
    assert result.exit_code == 0
    for word in (
        "--by",
        "--horizon",
        "--method",
        "--calendar",
        "--no-backtest",
        "--last",
        "theta",
        "ets",
        "CN",
    ):
        assert word in result.output


def test_stress(run, bank, tmp_path) -> None:
    scenario = tmp_path / "params" / "scenarios" / "complaint_surge.yaml"
    status, out, _ = run("stress", bank / "source.yaml", scenario, "--severity", "moderate")
    assert status == 0
    assert "Surge of complaints (moderate): Complaints about credit cards" in out
    assert "did not apply, and says nothing of the bank, which has no complaints about credit card" in out
    assert "surge of credit_card" in out  # the small bank has no such product
    status, _, err = run("stress", bank / "source.yaml", scenario, "--severity", "apocalyptic")
    assert status == 3
    assert "has no severity 'apocalyptic'; there are moderate, severe, extreme" in err


def test_policy(run) -> None:
    status, out, _ = run("policy", "--policy-on", "2026-10-01")
    assert status == 0
    assert out.startswith("Default service-risk policy, 2000-01-01: shipped default")
    assert "Resolved within seven" in out


def test_a_draft_of_limits_is_written_once_and_is_not_in_force(run, bank, tmp_path) -> None:
    asked = ("policy", "draft", bank / "source.yaml", "--period", "2024Q3")
    draft = tmp_path / "params" / "policy" / "drafts" / "2025-01-01.yaml"
    status, out, _ = run(*asked, "--dry-run", "--quarters", "4")
    assert (status, draft.exists()) == (0, False)
    assert "pairs of limits drafted from 4 quarters to 2024Q3" in out
    assert "fewer than 5 units have it" in out
    assert "Nothing is written: this is a dry run." in out
    status, out, _ = run(*asked)
    assert status == 0
    assert "pairs of limits drafted from 7 quarters to 2024Q3" in out
    assert "Next: read it, write who approved it, and move it to params/policy/2025-01-01.yaml." in out
    assert "approval: 'draft, not approved'" in draft.read_text("utf-8")
    assert "drafts/2025-01-01.yaml is there already" in refused(run(*asked), 3)
    assert run("policy", "--policy-on", "2025-02-01")[1].startswith("Default service-risk policy, 2000-01-01")
    assert "is not a quarter" in refused(run("policy", "draft", bank / "source.yaml", "--period", "x"), 3)


def test_show_a_result_and_a_report(run, tmp_path) -> None:
    results = tmp_path / "report" / "results"
    save(make_stress(), results / "stress-by_hand")
    save(make_card([RED], [{"name": NAMES["u1"]}]), results / "scorecard")
    (results / ".stress-half").mkdir()
    status, out, _ = run("show", results / "stress-by_hand")
    assert status == 0
    assert "By hand, severe: 30 complaints more than expected; 1 indicator turns red." in out
    status, out, _ = run("show", tmp_path / "report")
    assert status == 0
    assert out.index("scorecard") < out.index("stress-by_hand")
    assert "First branch" not in out
    assert "[red]x[/red] :warning:" in out


def test_show_tables_and_what_has_no_summary(run, take_in, tmp_path, default_policy) -> None:
    tables = take_in(complaints="complaint_id,received_at,unit_id,product\nc,2024-01-01,u,p\n")
    save(tables, tmp_path / "tables")
    assert "Rows rejected: 0 of 1; the data is as of 2024-12-31." in run("show", tmp_path / "tables")[1]
    save(default_policy, tmp_path / "policy")
    assert run("show", tmp_path / "policy")[1].splitlines()[-1] == "a Policy"


# A dry run


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(run, tmp_path, project) -> None:
    run_file = tmp_path / "params" / "runs" / "quarterly.yaml"
    (tmp_path / "data").symlink_to(project / "data")
    before = files_in(tmp_path)
    status, out, err = run("assess", run_file, "--dry-run", "--out", tmp_path / "reports")
    assert (status, err) == (0, "")
    assert files_in(tmp_path) == before
    lines = out.splitlines()
    assert lines[0] == "Nothing is written: this is a dry run."
    assert f"{tmp_path}/reports/2026Q3/report.html" in out
    assert f"The quarter before: {tmp_path}/reports/2026Q2 is not there: nothing is compared with it" in lines
    assert "Policy: the one valid from 2000-01-01" in lines
    assert sum(line.startswith("Reads ") for line in lines) == 11
    assert any(
        line.startswith("Reads complaints: ") and line.endswith("complaints.parquet") for line in lines
    )
    assert lines[-2].startswith("Notebooks: 10_data_quality, 20_service_risk, ")
    assert "40_stress_test-complaint_surge" in lines[-2]
    assert lines[-1].startswith("No name of the policy, the scenarios or the risk register")


def test_names_that_meet_nothing_are_said_before_a_run(run, bank, tmp_path) -> None:
    rows = (bank / "complaints.csv").read_text("utf-8").replace("cards", "信用卡")
    (tmp_path / "c.csv").write_text(rows, encoding="utf-8")
    given = ("--file", f"complaints={tmp_path / 'c.csv'}")
    arguments = ("assess", "--dry-run", "--period", "2024Q3", "--source", bank / "source.yaml", *given)
    status, out, _ = run(*arguments)
    assert status == 0
    assert re.search(r"product +complaints.product +信用卡 +credit_card +the general limits of", out)
    assert re.search(r"scenario product .* credit_card +信用卡 +no complaint is multiplied", out)
    status, out, _ = run("check-data", bank / "source.yaml", *given)
    assert status == 0
    assert re.search(r"product +complaints.product +信用卡 +credit_card +the general limits of", out)
    assert re.search(r"scenario product .* credit_card +信用卡 +no complaint is multiplied", out)
    shutil.rmtree(tmp_path / "params" / "policy")
    assert "Names that meet" not in run("check-data", bank / "source.yaml", *given)[1]
    assert "no policy in nowhere" in refused(
        run("check-data", bank / "source.yaml", "--policies", "nowhere"), 3
    )


def test_a_dry_run_takes_changes_and_says_what_is_replaced(run, bank, tmp_path) -> None:
    (tmp_path / "reports" / "mine-2024Q3").mkdir(parents=True)
    other = tmp_path / "other.csv"
    shutil.copy(bank / "complaints.csv", other)
    status, out, _ = run(
        "assess", "--dry-run", "--period", "2024Q3", "--name", "mine", "--source", bank / "source.yaml",
        "--file", f"complaints={other}",
    )  # fmt: skip
    assert status == 0
    assert "reports/mine-2024Q3/report.html (replaces the one there)" in out
    assert f"Reads complaints: {other}" in out


# Exit statuses: one message, no traceback


def refused(shown: tuple[int, str, str], status: int) -> str:
    """Return the one message of a refusal."""
    found, out, err = shown
    assert found == status, err
    assert out == ""
    assert err.startswith("Error: ")
    assert len(re.findall("^Error: ", err, re.MULTILINE)) == 1
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("policy", "--nonsense"),
        ("ingest",),
        ("forecast", "source.yaml", "--horizon", "0"),
        ("forecast", "source.yaml", "--horizon", "61"),
        ("forecast", "source.yaml", "--horizon", "many"),
        ("policy", "--policy-on", "yesterday"),
        ("indicators", "source.yaml"),  # without a period
    ],
)
def test_wrong_usage_is_status_2(run, arguments) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert "Usage" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("period", ["../../etc", "2026Q5", "", "2026Q3/../..", "2026Q3\n"])
def test_a_period_is_no_path(run, bank, tmp_path, period) -> None:
    before = files_in(tmp_path)
    assert "period" in refused(run("assess", "--dry-run", "--period", period), 3)
    assert files_in(tmp_path) == before
    assert "is not a quarter" in refused(run("indicators", bank / "source.yaml", "--period", period), 3)


def test_a_name_is_no_path(run) -> None:
    assert "name" in refused(run("assess", "--dry-run", "--name", "../../etc"), 3)


@pytest.mark.parametrize("option", ["nonsense", "=x.csv", "complaints=", "="])
def test_a_file_option_needs_table_and_path(run, bank, option) -> None:
    message = refused(run("ingest", bank / "source.yaml", "--file", option), 3)
    assert f"--file {option}: expected TABLE=PATH" in message


def test_a_table_that_the_source_does_not_have(run, bank) -> None:
    option = ("--file", f"gold={bank / 'complaints.csv'}")
    assert "has no table gold" in refused(run("ingest", bank / "source.yaml", *option), 3)
    assert "has no table 'gold'" in refused(
        run("assess", "--dry-run", "--source", bank / "source.yaml", *option), 3
    )


def test_a_file_that_is_not_there(run, bank) -> None:
    option = ("--file", "complaints=nowhere.csv")
    assert "nowhere.csv" in refused(run("ingest", bank / "source.yaml", *option), 4)
    assert "nowhere.csv" in refused(run("assess", "--dry-run", "--source", bank / "source.yaml", *option), 3)


def test_parameter_files_that_do_not_fit_are_status_3(run, bank, tmp_path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: [1\n")
    assert "bad.yaml is not valid YAML" in refused(run("assess", bad), 3)
    assert "cannot read nowhere.yaml" in refused(run("ingest", "nowhere.yaml"), 3)
    assert "does not fit a source file" in refused(run("ingest", tmp_path / "params" / "risks.yaml"), 3)
    assert "in force on 1999-12-31" in refused(run("policy", "--policy-on", "1999-12-31"), 3)
    assert "there is no method 'magic'" in refused(
        run("forecast", bank / "source.yaml", "--method", "magic"), 3
    )


def test_a_broken_contract_is_status_4(run, bank) -> None:
    message = refused(run("forecast", bank / "source.yaml", "--by", "colour"), 4)
    assert "cannot be grouped like that" in message


def test_a_missing_or_damaged_result_is_status_5(run, tmp_path) -> None:
    assert "is no saved result" in refused(run("show", tmp_path / "nowhere"), 5)
    save(make_stress(), tmp_path / "stress")
    (tmp_path / "stress" / "result.json").write_text("{")
    assert "is damaged" in refused(run("show", tmp_path / "stress"), 5)
    save(make_tables(), tmp_path / "tables")  # their store is not there
    assert "is not a stored table" in refused(run("show", tmp_path / "tables"), 5)


def test_a_missing_part_is_status_7(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert "JupyterLab is not installed" in refused(run("lab"), 7)


# Personal data and markup


def test_personal_data_in_an_error_is_masked(run, bank) -> None:
    message = refused(run("ingest", bank / "source.yaml", "--file", "complaints=13812345678.csv"), 4)
    assert "13812345678" not in message
    assert "[phone]" in message
    message = refused(
        run("indicators", bank / "source.yaml", "--period", "2024Q3", "--unit", "a@example.com"), 3
    )
    assert "'[e-mail]'" in message


def test_personal_data_in_a_table_is_masked(run, tmp_path) -> None:
    save(make_card([RED], [{"name": "call 13812345678"}]), tmp_path / "card")
    _, out, _ = run("show", tmp_path / "card")
    assert "call [phone]" in out
    assert "13812345678" not in out


def test_data_is_shown_as_it_is_and_cannot_control_the_terminal(run, tmp_path) -> None:
    name = "[bold]b[/] :smile: \x1b[31mred\x1b[0m \\[x]\\"
    save(make_card([RED], [{"name": name, "unit_id": "[/]"}]), tmp_path / "card")
    status, out, _ = run("show", tmp_path / "card")
    assert status == 0
    assert "[bold]b[/] :smile: ?[31mred?[0m \\[x]\\" in out
    assert "\x1b" not in out
    save(make_stress(), tmp_path / "[red]x")
    assert " [red]x " in run("show", tmp_path / "[red]x")[1]


def test_a_message_is_shown_as_it_is(run) -> None:
    assert "cannot read [red]x[/red].yaml" in refused(run("ingest", "[red]x[/red].yaml"), 3)
    assert "\x1b" not in refused(run("ingest", "\x1b[31m.yaml"), 3)


def test_the_traceback_of_a_bug_is_masked() -> None:
    code = (
        "import sys, riskmodels.parameters.policy\n"
        "def broken(*_, **__): raise ValueError('call 13812345678, a@example.com')\n"
        "riskmodels.parameters.policy.load_policy = broken\n"
        "from riskmodels.cli import main\n"
        "sys.argv = ['riskmodels', 'policy']\n"
        "main()\n"
    )
    done = fresh(code)
    assert done.returncode == 70
    assert "Traceback" in done.stderr
    assert "ValueError: call [phone], [e-mail]" in done.stderr
    assert "13812345678" not in done.stderr + done.stdout


# Reading it


def test_the_installed_command_works() -> None:
    program = Path(sys.executable).with_name("riskmodels")
    done = subprocess.run([program, "show", "nowhere"], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert done.stderr.startswith("Error: nowhere is no saved result")
    assert done.stdout == ""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_the_width_and_keep_words_whole(run, monkeypatch, width) -> None:
    monkeypatch.setattr(cli.console, "_width", width)
    status, out, _ = run("policy")
    assert status == 0
    assert max(cell_len(line) for line in out.splitlines()) <= width
    if width >= 80:
        for word in ("Complaints", "Timeliness", "regulator's", "riskmodels", "Satisfaction"):
            assert re.search(rf"(^|\s){word}(\s|$)", out, re.MULTILINE), word


def test_widths_are_shared_by_need() -> None:
    short, long = ("a", "bb", "c"), ("head", "many words that want room " * 4)
    assert terminal.column_widths([short, short], 80) == [2, 2]
    assert terminal.column_widths([short, long], 40) == [2, 38]
    assert terminal.column_widths([long, long], 41) == [20, 20]
    assert terminal.column_widths([("数据质量",), ("",)], 20) == [8, 1]
    words = ("supercalifragilistic",)
    assert sum(terminal.column_widths([words, words, short], 20)) <= 20
    assert terminal.column_widths([words, words, short], 20)[2] == 2


def test_a_dry_run_of_a_source_of_folders_patterns_and_a_database(run, bank, tmp_path) -> None:
    for place in ("in/2024-07.csv", "other/x.csv"):
        (tmp_path / place).parent.mkdir()
        shutil.copy(bank / ("exposure.csv" if "other" in place else "complaints.csv"), tmp_path / place)
    source = json.loads((bank / "source.yaml").read_text("utf-8"))
    source["tables"]["complaints"]["file"] = "in"
    source["tables"]["exposure"]["file"] = "other/*.csv"
    source["tables"]["units"] = {"format": "sql", "database": "CORE", "query": "SELECT 1"}
    source["tables"].pop("inspections")
    (tmp_path / "source.yaml").write_text(json.dumps(source))
    arguments = ("assess", "--dry-run", "--period", "2024Q3", "--source", "source.yaml")
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert f"Reads complaints: {tmp_path}/in\n" in out
    assert f"Reads exposure: {tmp_path}/other/*.csv\n" in out
    (tmp_path / "other/x.csv").unlink()
    assert "names files that are not there" in refused(run(*arguments), 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "made",
    [
        "raise ImportError('of it')",
        "terminal.end_with(errors.ContractError('of it'))",
        "logging.getLogger('pool').error('closing')\nraise ImportError('of it')",
    ],
)
def test_a_signal_of_which_a_library_makes_another_error_ends_the_program_as_it_says(made, number):
    code = (
        "import logging, os, sys\nfrom riskmodels import errors\nfrom riskmodels.cli import terminal\n"
        "terminal.end_as_by_interrupt()\nsys.excepthook = terminal.masked_traceback\n"
        f"try:\n    os.kill(os.getpid(), {int(number)})\nexcept BaseException:\n    pass\n{made}"
    )
    process = start([sys.executable, "-c", code])
    _, said = process.communicate()
    assert (process.returncode, said) == (128 + number, "")
