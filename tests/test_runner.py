"""The runner: settings, plans, the execution of one notebook, and the placing of a finished run."""

import ast
import json
import re
import threading
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from banks import PARAMS, ROOT, small_bank, small_tables, write_run, write_source
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import riskmodels as rm
from riskmodels.errors import (
    BusyError,
    ContractError,
    ParameterError,
    RiskModelsError,
    RunError,
    TooLittleError,
)
from riskmodels.parameters.files import Parameters, check_parameters
from riskmodels.reporting.document import FrontMatter, write_report
from riskmodels.runner import (
    NOTEBOOKS,
    assessment_run,
    change_settings,
    execute_notebook,
    finishing,
    load_run,
    plan_assessment,
    run_assessment,
)
from riskmodels.runner.kernels import Kernels
from riskmodels.scratch import LOCK

pytestmark = pytest.mark.whole

IDENTITY_CARD, PHONE = "11010519491231002X", "13812345678"
PERSONAL = re.compile(rf"{IDENTITY_CARD}|{PHONE}|1381234|1949123")


IDLE = Kernels(Path(), warm=False)  # of runs whose notebooks are not executed


class Words(Parameters):
    """Parameters of the notebooks of these tests."""

    words: tuple[str, ...] = ()


class Word(Parameters):
    word: str
    number: float = 0.5
    flag: bool = True
    nothing: str | None = None


class Nothing(Parameters):
    pass


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Path:
    """Return the run file of a small bank; read-only."""
    return small_bank(tmp_path_factory.mktemp("bank"))


def written(folder: Path, *sources: str) -> Path:
    """Write a notebook whose first cell holds the parameters."""
    parameters, *others = [new_code_cell(source) for source in sources]
    parameters.metadata["tags"] = ["parameters"]
    notebook = new_notebook(cells=[new_markdown_cell("# One?"), parameters, *others])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "one.ipynb"
    nbformat.write(notebook, path)
    return path


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# ---- settings ---------------------------------------------------------------------------------------


def test_paths_are_relative_to_the_run_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for run in (PARAMS / "runs" / "quarterly.yaml", Path("runs") / "one.yaml"):
        if not run.is_absolute():
            run.parent.mkdir()
            text = (PARAMS / "runs" / "quarterly.yaml").read_text(encoding="utf-8")
            run.write_text(text, encoding="utf-8")
        settings, params = load_run(run), run.resolve().parents[1]
        assert settings.source == str(params / "sources" / "sample.yaml")
        assert settings.policies == str(params / "policy")
        assert settings.risks == str(params / "risks.yaml")
        assert [choice.file for choice in settings.tests] == [
            str(params / "scenarios" / f"{name}.yaml") for name in ("complaint_surge", "system_outage")
        ]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"horizon_month": 6}, "horizon_month: is no key here; did you mean 'horizon_months'?"),
        ({'seed=1;open("x","w");y': 1}, 'seed=1;open("x","w");y: is no key here'),
        ({"horizon_months": "6"}, "horizon_months: is '6'; expected a whole number, at least 3, at most 60 (months ahead)"),
        ({"horizon_months": 2}, "horizon_months: is 2; expected a whole number, at least 3"),
        ({"method": "best"}, "method: is 'best'; expected one of auto, counts"),
        ({"scenarios": [{"file": "a.yaml", "severity": "worst"}]}, "scenarios.0.severity: is 'worst'; expected one of moderate, severe, extreme"),
        ({"scenarios": [{"file": "a.yaml", "severity": "severe", "x": 1}]}, "scenarios.0.x: is no key here"),
        ({"scenarios": ["data_leek"], "scenario_folder": str(PARAMS / "scenarios")}, "did you mean 'data_leak'?"),
        ({"scenarios": "all", "scenario_folder": "nowhere"}, "nowhere has no scenario"),
        *(({"period": text}, "expected a quarter, e.g. 2026Q3") for text in ("2026Q5", "0000Q1", "9999Q4", "2026Q3\n", "２０２６Q3")),
        *(({"period": text}, "expected a quarter, e.g. 2026Q3") for text in ("../../x", "2026Q3/../..", "")),
        *(({"name": text}, "expected small letters, digits and _") for text in ("../x", "a/b", ".", "", "A", "a-b", "a\n")),
        *(({"language": text}, "expected a language's code, e.g. en or zh") for text in ("../en", "EN", "e")),
    ],
)  # fmt: skip
def test_a_run_file_that_does_not_fit_is_refused_by_name(tmp_path, change, where):
    path = write_run(tmp_path, **change)
    with pytest.raises(ParameterError, match=re.escape(where)) as caught:
        load_run(path)
    assert str(path) in str(caught.value)


def test_changed_settings_are_checked_and_the_others_stay(bank):
    settings = load_run(bank)
    changed = change_settings(settings, period="2026Q2", policy_on=date(2026, 8, 1), name="other")
    assert changed == settings.model_copy(
        update={"period": "2026Q2", "policy_on": date(2026, 8, 1), "name": "other"}
    )
    assert change_settings(settings) == settings
    for change in ({"period": "2026Q3/../.."}, {"name": "../x"}, {"source": ""}):
        with pytest.raises(ParameterError, match="the run's settings does not fit"):
            change_settings(settings, **change)


# ---- plans ------------------------------------------------------------------------------------------


def test_a_plan_says_what_will_be_done_and_does_nothing(tmp_path, bank):
    before = files_in(bank.parent)
    plan = plan_assessment(load_run(bank), reports=tmp_path / "reports")
    assert plan.folder == tmp_path / "reports" / "small-2026Q3"
    assert (plan.policy_on, plan.policy_valid_from) == (date(2026, 10, 1), date(2000, 1, 1))
    asked = [name for name, row in NOTEBOOKS.items() if not row.needs]  # there is no ledger
    assert plan.steps == [name for name in asked if name != "40_stress_test"]
    assert set(plan.files) == {"units", "complaints", "exposure", "surveys"}
    assert (files_in(tmp_path), files_in(bank.parent)) == ([], before)


def test_every_scenario_of_a_run_is_a_step_of_its_own(tmp_path):
    plan = plan_assessment(load_run(PARAMS / "runs" / "quarterly.yaml"), reports=tmp_path)
    assert plan.steps == [
        "10_data_quality", "20_service_risk", "30_complaint_forecast", "32_early_warning", "35_losses",
        "40_stress_test-complaint_surge", "40_stress_test-system_outage", "55_effects", "50_assessment", "52_causes", "60_policy_review",
    ]  # fmt: skip


def test_scenarios_are_chosen_by_id_or_all_of_them(tmp_path):
    write_source(tmp_path, small_tables())
    changes = {"scenario_folder": str(PARAMS / "scenarios"), "severity": "extreme"}
    chosen = load_run(write_run(tmp_path, scenarios=["data_leak", "combined"], **changes))
    assert [(Path(one.file).stem, one.severity) for one in chosen.tests] == [
        ("data_leak", "extreme"),
        ("combined", "extreme"),
    ]
    every = load_run(write_run(tmp_path, scenarios="all", **changes))
    assert len(every.tests) == 12
    assert change_settings(chosen, scenarios=["all"]).tests == every.tests
    assert change_settings(every, scenarios=["data_leak"]).tests == chosen.tests[:1]
    assert change_settings(every, period="2024Q2").tests == every.tests
    plan = plan_assessment(every, reports=tmp_path / "reports")
    assert sum(step.startswith("40_stress_test-") for step in plan.steps) == 12


def test_a_file_given_is_read_instead(tmp_path, bank, monkeypatch):
    monkeypatch.chdir(bank.parent)
    plan = plan_assessment(load_run(bank), reports=tmp_path, files={"surveys": Path("units.csv")})
    assert plan.files["surveys"] == str((bank.parent / "units.csv").resolve())
    assert plan.files["units"] == plan.files["surveys"]


def scenario(folder: Path) -> str:
    """Write a scenario that has no severity but ``moderate``."""
    content = {
        "id": "calm", "name_en": "Calm", "name_zh": "平静", "description_en": "Nothing.", "description_zh": "无。",
        "start_month": 1, "levels": {"moderate": {"shocks": []}},
    }  # fmt: skip
    path = folder / "calm.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("change", "files", "message"),
    [
        ({}, {"complaints": "gone.csv"}, r"names files that are not there: .*gone\.csv"),
        ({}, {"losses": "units.csv"}, "source small has no table 'losses'"),
        ({}, {"../x": "units.csv"}, r"source small has no table '\.\./x'"),
        ({"source": "gone.yaml"}, {}, r"cannot read .*gone\.yaml"),
        ({"risks": "gone.yaml"}, {}, r"cannot read .*gone\.yaml"),
        ({"policies": "."}, {}, "'calm' is not a day"),
        ({"policy_on": "1999-12-31"}, {}, "no policy in .* is in force on 1999-12-31"),
        (
            {"scenarios": [{"file": "calm.yaml", "severity": "severe"}]},
            {},
            "calm has no severity 'severe'; there are moderate",
        ),
        (
            {"scenarios": [{"file": "calm.yaml", "severity": "moderate"}] * 2},
            {},
            "are both 'calm', and a run tests a scenario once",
        ),
    ],
)
def test_a_run_that_cannot_succeed_is_refused_before_it_begins(tmp_path, change, files, message):
    write_source(tmp_path, small_tables())
    scenario(tmp_path)
    settings = load_run(write_run(tmp_path, **change))
    before = files_in(tmp_path)
    with pytest.raises(ParameterError, match=message):
        plan_assessment(settings, reports=tmp_path / "reports", files={k: Path(v) for k, v in files.items()})
    assert files_in(tmp_path) == before


# ---- parameters of notebooks ------------------------------------------------------------------------


def parameters_cell(name: str) -> dict[str, tuple[str, object]]:
    """Return name -> type and default of a notebook's parameters cell, in its order."""
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    (cell,) = (cell for cell in cells if "parameters" in cell["metadata"].get("tags", []))
    lines = ast.parse("".join(cell["source"])).body
    return {line.target.id: (ast.unparse(line.annotation), ast.literal_eval(line.value)) for line in lines}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_takes_exactly_the_parameters_of_its_model(name):
    cell, model = parameters_cell(name), NOTEBOOKS[name].parameters
    assert list(cell) == list(model.model_fields)
    shipped = check_parameters({key: default for key, (_, default) in cell.items()}, model, where=name)
    passed = json.loads(shipped.model_dump_json())  # as execute_notebook passes them
    assert {key: type(value).__name__ for key, value in passed.items()} == {
        key: kind for key, (kind, _) in cell.items()
    }


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_name_of_a_parameter_can_never_be_code(name):
    """papermill runs a name as it stands; names come from the models, which take no others."""
    model = NOTEBOOKS[name].parameters
    with pytest.raises(ParameterError, match="is no key here"):
        check_parameters({'seed=1;open("x","w");y': 1}, model, where="a run")
    assert all(name.isidentifier() for name in model.model_fields)


# ---- one notebook -----------------------------------------------------------------------------------

TRICKS = (
    'a"b', "a'b", '"; import os; os.remove("x"); "', "'''", '"""', "\\", "\\n", "a\nb", "a\r\nb", "\t", "\x00", "\x1b[31m",
    "{output}", "{{x}}", "%s", "$x", "#", "中文 — é", "\u202e\u2028\x85\ufeff", "😀", "NO", "010", "null", "", " ", "`x`",
)  # fmt: skip


def test_values_reach_a_notebook_as_they_are(tmp_path, kernels):
    last = 'print(json.dumps([list(words), sorted(path.name for path in Path().glob("*"))]))'
    notebook = written(tmp_path, "words: list = []", f"import json\nfrom pathlib import Path\n\n{last}")
    folder = tmp_path / "{a} 中 {{b}}"
    folder.mkdir()
    made = execute_notebook(
        notebook, folder / "one.ipynb", Words(words=TRICKS), kernels=kernels, subject="<b>"
    )
    (output,) = nbformat.read(made, as_version=4).cells[-1].outputs
    assert json.loads(output.text) == [list(TRICKS), []]
    assert files_in(folder) == ["one.ipynb"]
    assert nbformat.read(made, as_version=4).metadata["subject"] == "<b>"


def failing(kernels, folder: Path, word: str, error: str) -> tuple[RiskModelsError, str]:
    """Run a notebook that shows its word in every way and fails with it; return the error and what is written."""
    show = (
        "import sys, warnings\nfrom IPython.display import HTML, display\n"
        "print(word)\nprint(word, file=sys.stderr)\nwarnings.warn(word)\n"
        "display(HTML(f'<b>{word}</b>'), {word: [word]}, display_id='one')\n[word]"
    )
    raising = f"from riskmodels.errors import *\n\nkept = word\nraise {error}"
    parameters = "word: str = ''\nnumber: float = 0.0\nflag: bool = False\nnothing: str = ''"
    notebook = written(folder, parameters, show, raising, "print('never')")
    (folder / "out").mkdir()
    with pytest.raises(RiskModelsError) as caught:
        execute_notebook(notebook, folder / "out" / "one.ipynb", Word(word=word), kernels=kernels)
    assert files_in(folder / "out") == ["one.ipynb"]
    return caught.value, (folder / "out" / "one.ipynb").read_text(encoding="utf-8")


def test_an_error_of_riskmodels_keeps_its_class_and_its_message(tmp_path, kernels):
    error, text = failing(
        kernels, tmp_path, "B001", "ContractError(f'unit {kept}: \"{number}\" \\n and more')"
    )
    assert type(error) is ContractError
    assert re.fullmatch(r'one, cell \d: unit B001: "0.5" \n and more', str(error))
    assert "never" not in [
        output.get("text") for cell in json.loads(text)["cells"] for output in cell.get("outputs", [])
    ]
    notebook = nbformat.reads(text, as_version=4)
    assert notebook.cells[-1].outputs == []


def test_an_error_of_a_kind_of_another_keeps_its_class_and_its_exit_status(tmp_path, kernels):
    error, _ = failing(kernels, tmp_path, "B001", "TooLittleError(kept)")
    assert type(error) is TooLittleError
    assert error.exit_status == ParameterError.exit_status


@pytest.mark.parametrize(
    "error", ["ValueError(f'bad {kept}')", "ResultError(f'bad {kept}')", "KeyError(kept)"]
)
def test_personal_data_is_masked_wherever_a_failing_notebook_shows_it(tmp_path, kernels, error):
    found, text = failing(kernels, tmp_path, f"{IDENTITY_CARD} tel. {PHONE}", error)
    assert type(found).__name__ == ("ResultError" if error.startswith("Result") else "RunError")
    assert not PERSONAL.search(str(found))
    assert "[identity card] tel. [phone]" in str(found)
    notebook = nbformat.reads(text, as_version=4)
    shown = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert not PERSONAL.search(shown)
    times = shown.count("[identity card] tel. [phone]")
    assert times >= 8, "print twice, warning, HTML, dict, list, error, trace"
    assert not PERSONAL.search(text), "in the parameters, or beside the cells"


def test_an_error_of_somebody_else_says_where_it_happened(tmp_path, kernels):
    error, _ = failing(kernels, tmp_path, "B001", "ZeroDivisionError(kept)")
    assert type(error) is RunError
    assert re.fullmatch(r"one, cell \d: ZeroDivisionError: B001", str(error))


def test_a_kernel_that_dies_is_an_error_of_the_run(tmp_path, kernels):
    notebook = written(tmp_path, "x: int = 1", "import os, signal\n\nos.kill(os.getpid(), signal.SIGKILL)")
    (tmp_path / "out").mkdir()
    with pytest.raises(RunError, match=r"one: Kernel died; is there memory enough"):
        execute_notebook(notebook, tmp_path / "out" / "one.ipynb", Nothing(), kernels=kernels)


def test_an_outlook_without_logging_days_and_with_a_short_history_says_so(tmp_path, kernels):
    """Two of the three results need what not every source has: the notebook says so, and nothing breaks."""
    tables = small_tables()
    recent = pd.to_datetime(tables["complaints"]["received_at"]) >= pd.Timestamp("2025-09-01")
    tables["complaints"] = tables["complaints"][recent].drop(columns="logged_at").reset_index(drop=True)
    source = write_source(tmp_path / "bank", tables)
    results = tmp_path / "results"
    taken = rm.ingest(source, store=tmp_path / "store")
    rm.save(taken, results / "tables")
    rm.save(rm.data_quality(taken), results / "quality")
    parameters = NOTEBOOKS["30_complaint_forecast"].parameters(
        results=str(results),
        previous=str(tmp_path),
        period="2026Q3",
        horizon_months=3,
        method="auto",
        language="en",
    )
    shipped = ROOT / "notebooks" / "30_complaint_forecast.ipynb"
    made = execute_notebook(shipped, tmp_path / shipped.name, parameters, kernels=kernels)
    assert sorted(path.name for path in results.iterdir()) == [
        "explanation", "outlook", "quality", "review", "tables",
    ]  # fmt: skip
    written = made.read_text(encoding="utf-8")
    assert "The source does not say when its complaints were logged" in written
    assert "The history is too short to test forecasts on it." in written
    assert rm.load(results / "outlook", rm.Forecast).completeness is None
    front = FrontMatter(title="Outlook", subtitle="", period="2026Q3", as_of="2026-09-30")
    page = write_report([made], tmp_path / "report.html", front=front).read_text(encoding="utf-8")
    assert "where complaints are logged late, the outlook starts too low" in page


@pytest.mark.parametrize("backend", ["Agg", ""])
def test_figures_are_in_the_notebook_whatever_the_backend_outside(tmp_path, kernels, monkeypatch, backend):
    monkeypatch.setenv("MPLBACKEND", backend)
    draw = "from matplotlib import pyplot as plt\n\nplt.figure(figsize=(1, 1))\nplt.plot([1, 2]);"
    notebook = written(tmp_path, "x: int = 1", draw)
    made = execute_notebook(notebook, tmp_path / "made.ipynb", Nothing(), kernels=kernels)
    (output,) = nbformat.read(made, as_version=4).cells[-1].outputs
    assert "image/png" in output.data


# ---- putting a run in its place ---------------------------------------------------------------------


@pytest.fixture
def quick(tmp_path, bank, monkeypatch):
    """Return a plan of a run whose notebooks take no time, and how they end."""
    ends = {"error": None}

    def execute(notebook, output, parameters, *, kernels, subject=""):
        if ends["error"]:
            raise ends["error"]
        output.write_text("{}", encoding="utf-8")
        return output

    def report(executed, path, *, front):
        path.write_text("new", encoding="utf-8")

    monkeypatch.setattr(assessment_run, "execute_notebook", execute)
    monkeypatch.setattr(finishing, "summarise", lambda *_, **__: None)
    monkeypatch.setattr(finishing, "write_report", report)
    for writer in ("write_document", "write_tables", "write_manifest", "write_board"):
        monkeypatch.setattr(finishing, writer, lambda *_, **__: None)
    return plan_assessment(load_run(bank), reports=tmp_path / "reports"), ends


def seen(plan) -> list[str]:
    return sorted(path.name for path in plan.folder.parent.iterdir() if not path.name.endswith(".lock"))


def test_a_run_names_its_steps_and_appears_as_a_whole(quick, tmp_path):
    plan, _ = quick
    steps = []

    def progress(done, running):
        steps.append((done, running))
        assert not plan.folder.exists()

    report = run_assessment(plan, store=tmp_path / "store", progress=progress, kernels=IDLE)
    assert steps[0] == (0, "10_data_quality")
    assert steps[-1] == (len(plan.steps), "report")
    assert {name for _, running in steps for name in running.split(", ")} == {*plan.steps, "report"}
    assert report.read_text(encoding="utf-8") == "new"
    assert seen(plan) == ["small-2026Q3"]
    assert plan.folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("error", [RunError("failed"), KeyboardInterrupt(), MemoryError()])
def test_a_run_that_fails_leaves_the_report_before_it(quick, tmp_path, error):
    plan, ends = quick
    report = run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    report.write_text("old", encoding="utf-8")
    ends["error"] = error
    with pytest.raises(type(error)):
        run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    assert seen(plan) == ["small-2026Q3", "small-2026Q3.failed"]
    assert report.read_text(encoding="utf-8") == "old"
    ends["error"] = None
    run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    assert seen(plan) == ["small-2026Q3"]


def test_what_does_not_depend_on_a_result_runs_beside_it_and_what_does_waits(quick, tmp_path, monkeypatch):
    plan, _ = quick
    together = threading.Barrier(2, timeout=60)
    began = []

    def execute(notebook, output, parameters, *, kernels, subject=""):
        began.append(notebook.stem)
        if notebook.stem in ("20_service_risk", "30_complaint_forecast"):
            together.wait()
        if notebook.stem == "20_service_risk":
            raise RunError("20_service_risk, cell 4: failed")
        return output

    monkeypatch.setattr(assessment_run, "execute_notebook", execute)
    with pytest.raises(RunError, match="20_service_risk, cell 4"):
        run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    assert began[0] == "10_data_quality"
    needs_none_of_the_failed = {
        name for name, row in NOTEBOOKS.items() if {*row.reads} <= {"ledger", *NOTEBOOKS[began[0]].writes}
    }
    assert set(began) <= needs_none_of_the_failed


def test_a_notebook_begins_once_what_it_reads_is_written_though_the_writer_still_draws(
    quick, tmp_path, monkeypatch
):
    plan, _ = quick
    begun = {name: threading.Event() for name in NOTEBOOKS}

    def execute(notebook, output, parameters, *, kernels, subject=""):
        begun[notebook.stem].set()
        for name in NOTEBOOKS[notebook.stem].writes:
            (output.parent.parent / "results" / name).mkdir()
        if notebook.stem == "20_service_risk":
            assert begun["35_losses"].wait(60)
        output.write_text("{}", encoding="utf-8")
        return output

    monkeypatch.setattr(assessment_run, "execute_notebook", execute)
    run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    assert {name for name, event in begun.items() if event.is_set()} == {*plan.steps}


def test_what_a_killed_run_left_is_removed_and_nothing_else(quick, tmp_path):
    plan, _ = quick
    others = ["small-2026Q2", ".small-2026Q2.partial-x1", ".small-2026Q31.partial-x1", "notes.txt"]
    for name in [*others, ".small-2026Q3.partial-ab12", ".small-2026Q3-old-ab12"]:
        (plan.folder.parent / name).mkdir(parents=True)
    (plan.folder.parent / ".small-2026Q3-old-ab12" / LOCK).touch()
    run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    assert seen(plan) == sorted(["small-2026Q3", *others])


def test_a_report_that_a_kill_took_out_of_its_place_comes_back(quick, tmp_path):
    """Killed between taking the old report away and putting the new one there, then failing: the old stays."""
    plan, ends = quick
    report = run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    report.write_text("old", encoding="utf-8")
    aside = plan.folder.parent / f".{plan.folder.name}-old-ab12"
    aside.mkdir()
    plan.folder.rename(aside / "old")
    ends["error"] = RunError("failed")
    with pytest.raises(RunError):
        run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
    assert seen(plan) == ["small-2026Q3", "small-2026Q3.failed"]
    assert report.read_text(encoding="utf-8") == "old"


def test_a_second_run_of_the_same_report_is_refused(quick, tmp_path):
    plan, _ = quick
    refused = []

    def progress(_, running):
        if running == "report":
            with pytest.raises(BusyError, match=r"another run is writing .*small-2026Q3; wait") as caught:
                run_assessment(plan, store=tmp_path / "store", progress=lambda *_: None, kernels=IDLE)
            refused.append(caught.value)

    report = run_assessment(plan, store=tmp_path / "store", progress=progress, kernels=IDLE)
    assert refused
    assert report.exists()
