"""The committed notebooks: prose, typed parameters, calls of tested functions, and nothing else."""

import ast
import json
import re
from pathlib import Path

import pytest

from riskmodels.runner import NOTEBOOKS

FOLDER = Path(__file__).parents[1] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
MOST_CELLS, LONGEST_CELL, LEAST_PROSE = 25, 12, 0.4
PARAMETER = re.compile(r"(\w+): (str|int|float|bool) = ([^=#]+)  # ([^=#]*\w[^=#]*)")
THINKING = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cells(path: Path, kind: str = "") -> list[dict]:
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if kind in ("", cell["cell_type"])]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def tags(cell: dict) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def parameter_lines(path: Path) -> list[str]:
    (cell,) = (cell for cell in cells(path) if "parameters" in tags(cell))
    return source(cell).splitlines()


def is_shown(cell: dict) -> bool:
    return not tags(cell) & {"parameters", "report-skip"}


def test_every_notebook_is_run_and_every_run_has_its_notebook():
    assert [path.stem for path in PATHS] == sorted(NOTEBOOKS)


@each
def test_it_is_stripped(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    for cell in cells(path, "code"):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
    for cell in cells(path):
        assert set(cell["metadata"]) <= {"tags", "caption"}
        assert "attachments" not in cell


@each
def test_its_parameters_are_plain_typed_scalars_with_their_meaning(path):
    lines = parameter_lines(path)
    fitting = [PARAMETER.fullmatch(line) for line in lines]
    assert all(fitting), "expected 'name: type = default  # meaning'"
    for match in fitting:
        kind, default = match[2], ast.literal_eval(match[3])
        assert type(default).__name__ == kind


@each
def test_its_parameters_come_before_any_work(path):
    first = cells(path, "code")[0]
    assert "parameters" in tags(first), "the first code cell"
    assert sum("parameters" in tags(cell) for cell in cells(path)) == 1


@each
def test_its_defaults_lie_in_the_project_and_outside_git(path):
    """Opened by hand, a notebook reads what is shipped and writes where runs write."""
    defaults = dict(PARAMETER.fullmatch(line).group(1, 3) for line in parameter_lines(path))
    found = {name: ast.literal_eval(text) for name, text in defaults.items()}
    assert found["results"] == "../reports/interactive/results"
    for name in {"source", "policies", "scenario", "risks"} & set(found):
        assert (FOLDER / found[name]).exists(), name


@each
def test_it_begins_with_one_question_and_says_what_it_reads_and_writes(path):
    prose = [source(cell) for cell in cells(path, "markdown")]
    titles = [text for text in prose if re.match("# ", text)]
    assert titles == prose[:1]
    assert titles[0].splitlines()[0].endswith("?")
    assert len(titles[0].splitlines()) > 1, "one claim below the title"
    assert "*Reads*" in prose[1]
    assert "*Writes*" in prose[1]


def results_of(path: Path, *verbs: str) -> set[str]:
    """Return the folders of results that a notebook saves or loads; what changes in a name is a star."""
    code = "\n".join(source(cell) for cell in cells(path, "code"))
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    found = [
        ast.unparse(call) for call in calls if ast.unparse(call.func) in {f"rm.{verb}" for verb in verbs}
    ]
    names = [re.search(r"\{results\}/([^']+)'|results, '([^']+)'", text) for text in found]
    return {re.sub(r"\{.+\}", "*", name[1] or name[2]) for name in names if name}


@each
def test_its_row_names_the_results_it_reads_and_writes(path):
    row, prose = NOTEBOOKS[path.stem], source(cells(path, "markdown")[1])
    assert set(row.reads) == results_of(path, "load", "load_all", "load_earlier")
    assert set(row.writes) == results_of(path, "save")
    assert {name.rstrip("*") for name in (*row.reads, *row.writes)} <= set(re.findall(r"`([^`]+)`", prose))


def test_what_a_notebook_reads_is_written_by_one_before_it():
    written = {"ledger"}  # taken by the run
    for row in NOTEBOOKS.values():
        assert {*row.reads} <= written
        written |= {*row.writes}


@each
def test_it_is_short_and_nearly_half_prose(path):
    assert len(cells(path)) <= MOST_CELLS
    assert len(cells(path, "markdown")) >= LEAST_PROSE * len(cells(path))
    assert all(len(source(cell).splitlines()) <= LONGEST_CELL for cell in cells(path, "code"))


@each
def test_it_holds_no_thinking(path):
    for cell in cells(path, "code"):
        nodes = ast.walk(ast.parse(source(cell)))
        assert not [node for node in nodes if isinstance(node, THINKING)], "make it a function with a test"
        assert not re.search(r"^\s*[%!]", source(cell), re.MULTILINE), "no magic and no shell"


@each
def test_what_it_shows_was_saved_or_loaded(path):
    """Nobody has to ask where a figure comes from: nothing is computed inside what shows it."""
    tree = ast.parse("\n".join(source(cell) for cell in cells(path, "code")))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    saved = {name.id for call in calls if named(call) == "rm.save" for name in names_in(call.args[0])}
    loaded = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "rm.load" in ast.unparse(node.value)
        for name in names_in(node.targets[0])
    }
    parameters = {line.partition(":")[0] for line in parameter_lines(path)}
    kept = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and {*names_of(node)} <= saved
    ]
    for call in calls:
        if call not in kept and re.match(r"rm\.(plot|plots\.\w+|listings\.list_\w+)$", named(call)):
            shown = {name.id for argument in call.args for name in names_in(argument)}
            assert shown <= saved | loaded | parameters, ast.unparse(call)
            assert not [
                node for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Call)
            ]


def names_of(node: ast.Assign) -> list[str]:
    return [name.id for target in node.targets for name in names_in(target)]


def named(call: ast.Call) -> str:
    return ast.unparse(call.func)


def names_in(node: ast.AST) -> list[ast.Name]:
    return [name for name in ast.walk(node) if isinstance(name, ast.Name)]


@each
def test_it_imports_riskmodels_and_nothing_else(path):
    code = "\n".join(source(cell) for cell in cells(path, "code"))
    imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import riskmodels as rm"]


@each
def test_what_the_report_shows_has_a_caption_of_its_own(path):
    shown = [cell for cell in cells(path, "code") if is_shown(cell)]
    captions = [cell["metadata"].get("caption", "") for cell in shown]
    assert all(caption and caption == caption.strip() for caption in captions)
    assert all(not caption.endswith(".") for caption in captions), "the report adds what it needs"
    assert len(set(captions)) == len(captions)
    assert not [c for c in cells(path, "code") if not is_shown(c) and "caption" in c["metadata"]]


@each
def test_a_cell_shows_either_nothing_or_its_last_line(path):
    """A cell left out of the report shows nothing, one in the report ends with what it shows."""
    for cell in cells(path, "code"):
        last = ast.parse(source(cell)).body[-1]
        if is_shown(cell):
            may_be_silent = "may-show-nothing" in tags(cell)
            assert isinstance(last, ast.If if may_be_silent else ast.Expr)
            last = last.body[-1] if may_be_silent else last
            assert isinstance(last, ast.Expr)
            assert source(cell).endswith(";") == source(cell).splitlines()[-1].startswith("rm.plot")
