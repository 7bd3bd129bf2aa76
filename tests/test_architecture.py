"""The house rules, held by tests: what no test holds will drift. Move the noun, not the rule."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "riskmodels"

# A module imports only from groups further left, or inside its own package.
DIRECTION = """
    privacy, annotations < errors < scratch < shipped, labels, misfits, arrays < grouping, parameters, display, periods, reporting.document < tables
    < rates < sources, sample < sources.drafts < panel, catalogue < forecasting
    < losses < backtesting, surveillance, effects < scorecard < comparisons, register < stresstest < assessment
    < causes < validation < governance.ledger < governance < manifests < results < leaks < reporting.listings < reporting.plots, reporting.front_since, reporting.front_due, reporting.front_decided < reporting.front_page, reporting.exports, reporting.workbook
    < reporting < runner < cli < __main__
"""
GROUP = {room.strip(): place for place, group in enumerate(DIRECTION.split("<")) for room in group.split(",")}
OWNERS = {
    "matplotlib": {"reporting.plots"},
    "papermill": {"runner"},
    "nbformat": {"runner", "reporting.document"},
    "nbconvert": {"reporting.document"},
    "nh3": {"reporting.document"},
    "jinja2": {"reporting.document"},
    "ruamel": {"parameters"},
    "duckdb": {"sources", "sources.drafts", "tables", "panel", "catalogue", "sample"},
    "typer": {"cli"},
    "rich": {"cli", "runner", "backtesting"},
    "joblib": {"backtesting"},
    "SALib": {"scorecard"},
    "sqlalchemy": {"governance.ledger", "sources"},
    "alembic": {"governance.ledger"},
    "xlsxwriter": {"reporting.workbook"},
    "jupyter_client": {"runner"},
    "ipykernel": {"runner"},
}
FORBIDDEN_MODULES = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc"}
OPEN_ENDED = {  # launch_kernel: a method of jupyter_client, which says what it is called with
    *("launch_kernel", "label", "plural"),  # label, plural: the figures that a text names
}
FORBIDDEN_CLASSES = ("Manager", "Engine", "Pipeline", "Service")
LONGEST_FILE, LONGEST_LINE, MOST_CELLS, LONGEST_CELL = 400, 110, 25, 12  # lines, characters, cells, lines

FILES = sorted(PACKAGE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def each_file(rule: Callable[[Path], None]) -> Callable[[], None]:
    """Make one test of a rule for every file, which names all that break it: thousands of tests take long."""

    def test() -> None:
        broken = []
        for path in FILES:
            try:
                rule(path)
            except AssertionError as error:
                broken.append(f"{path.relative_to(PACKAGE).as_posix()}: {error}")
        assert not broken, "\n".join(broken)

    test.__doc__ = rule.__doc__
    return test


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in FILES}


def room(module: str) -> str:
    """Return the room of a module: the part of a room where DIRECTION names parts."""
    _, *parts = *module.split("."), ""
    return next((name for name in (".".join(parts[:2]), parts[0]) if name in GROUP), parts[0])


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(node: ast.AST, path: Path) -> list[str]:
    """Return what one import statement names, absolutely; 'from a import b' gives 'a.b'."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        here = path.relative_to(PACKAGE.parent).parent.parts
        start = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
        source = ".".join(part for part in (start, node.module) if part)
        return [f"{source}.{alias.name}" for alias in node.names]
    return []


@cache
def imports(path: Path) -> set[str]:
    return {name for node in ast.walk(tree(path)) for name in imported(node, path)}


def own_module(name: str) -> str | None:
    """Return the module of riskmodels that an imported name comes from."""
    if name.partition(".")[0] != "riskmodels":
        return None
    return name if name in MODULES else name.rpartition(".")[0]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


@each_file
def test_every_module_has_its_place_in_the_direction(path: Path) -> None:
    assert room(dotted(path)) in {*GROUP, ""}, "say in DIRECTION where this module stands"


@each_file
def test_imports_point_left(path: Path) -> None:
    here = room(dotted(path))
    for name in imports(path):
        module = own_module(name)
        if module is None or room(module) == here != "" or name == "riskmodels.__version__":
            continue
        assert here, f"import riskmodels must stay light, but the door imports {name} at once"
        assert room(module), f"import {name} from the module where it lives, not through the door"
        assert GROUP[room(module)] < GROUP[here], f"{here} must not import from {room(module)}"


def test_the_document_knows_nothing_of_risk() -> None:
    known = {"errors", "labels", "privacy", "scratch", "reporting.document"}
    for path in (PACKAGE / "reporting" / "document").glob("*.py"):
        assert {room(module) for name in imports(path) if (module := own_module(name))} <= known


@each_file
def test_every_library_has_one_owner(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imports(path)}
    strangers = {
        lib for lib, owners in OWNERS.items() if lib in libraries and room(dotted(path)) not in owners
    }
    assert not strangers, f"{sorted(strangers)} belong to {[sorted(OWNERS[lib]) for lib in strangers]}"


def test_imports_have_no_cycle() -> None:
    graph = {
        module: {own_module(name) for name in imports(path)} - {None, module, "riskmodels"}
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


@each_file
def test_imports_inside_functions_give_their_reason(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    inside = {
        node.lineno
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    for line in inside:
        first = line
        while first - 1 in inside or lines[first - 2].lstrip().startswith("#"):
            first -= 1
        block = lines[first - 1 : line]
        assert any(re.search(r"# .*\bhere\b", text) for text in block), f"line {line}: say why ('# here, …')"


@each_file
def test_names_say_what_a_thing_is(path: Path) -> None:
    assert not FORBIDDEN_MODULES & set(dotted(path).split("."))
    classes = [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    assert not [name for name in classes if name.endswith(FORBIDDEN_CLASSES)]


@each_file
def test_no_public_function_shares_a_module_name(path: Path) -> None:
    names = {node.name for node in tree(path).body if isinstance(node, ast.FunctionDef)}
    rooms = {module.split(".")[-1] for module in MODULES if module.count(".") == 1}
    assert not names & {*rooms, path.stem}


@each_file
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@each_file
def test_lines_stay_short_and_the_formatter_sees_them_all(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    long = [number for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE]
    assert not long, f"lines {long} have more than {LONGEST_LINE} characters: wrap them"
    kept = [number for number, line in enumerate(lines, 1) if re.search(r"#\s*fmt:\s*(skip|off)", line)]
    assert not kept, f"lines {kept} are kept from the formatter: shape them so that it keeps them readable"


def numbers(node: ast.expr | None) -> list[float]:
    """Return the numbers of a value that is made of numbers alone; a call or a text says what it is itself."""
    found = [part.value for part in ast.walk(node or ast.Constant(None)) if isinstance(part, ast.Constant)]
    made = not isinstance(node, ast.Subscript) and not any(isinstance(value, str) for value in found)
    return [value for value in found if made and type(value) in {int, float}]


def named_numbers(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the constants of a module, and the defaults of its classes' fields, that are numbers."""
    classes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    for place in (tree(path), *classes):
        for node in place.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if target is None or not numbers(getattr(node, "value", None)):
                continue
            yield ast.unparse(target), node


@each_file
def test_every_number_has_its_unit_and_its_reason(path: Path) -> None:
    lines = ["", *path.read_text(encoding="utf-8").splitlines()]
    bare = [
        f"line {node.lineno}: {name}"
        for name, node in named_numbers(path)
        if "#" not in "".join(lines[node.lineno : (node.end_lineno or 0) + 1])
        and not lines[node.lineno - 1].lstrip().startswith("#")
        and not is_switch(node)
    ]
    assert not bare, f"{bare}: say in half a line what it is counted in, and why it is this"


def is_switch(node: ast.stmt) -> bool:
    """Tell whether a field's default is none or one of something, which its class speaks of."""
    return isinstance(node, ast.AnnAssign) and set(numbers(node.value)) <= {0, 1}


@each_file
def test_defaults_that_are_numbers_are_spoken_of(path: Path) -> None:
    for function in (one for one in functions(path) if not one.name.startswith("_")):
        arguments = function.args
        given = [*arguments.posonlyargs, *arguments.args][-len(arguments.defaults) :], arguments.defaults
        pairs = [*zip(*given, strict=False), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        named = [
            arg.arg
            for arg, value in pairs
            if set(numbers(value)) - {0, 1} and "help=" not in ast.unparse(arg)
        ]
        words = ast.get_docstring(function) or ""
        silent = [name for name in named if not re.search(rf"\b{name}\b", words)]
        assert not silent, f"{function.name}: its docstring does not say what {silent} is"


@each_file
def test_no_error_is_swallowed_whole(path: Path) -> None:
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    for handler in handlers:
        assert handler.type is not None, f"line {handler.lineno}: a bare except"
        caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
        last = handler.body[-1]
        goes_on = isinstance(last, ast.Raise) and last.exc is None  # tidied up, and raised again
        assert goes_on or not caught & {"Exception", "BaseException"}, f"line {handler.lineno}: name it"


@each_file
def test_no_public_function_takes_any_keyword(path: Path) -> None:
    open_ended = {f.name for f in functions(path) if f.args.kwarg and not f.name.startswith("_")}
    assert not open_ended - OPEN_ENDED


def test_the_command_line_opens_without_a_database() -> None:
    code = "import sys, riskmodels.cli; print({'sqlalchemy', 'alembic'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "set()"


def test_importing_the_package_costs_next_to_nothing() -> None:
    heavy = "{'pandas', 'numpy', 'matplotlib', 'scipy', 'duckdb', 'pydantic'}"
    code = f"import riskmodels, sys; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


@pytest.mark.parametrize(
    "words", ["--help", "policy --policy-on 2026-10-01", "assess --dry-run", "show --help"]
)
def test_a_command_imports_what_it_needs(words: str) -> None:
    heavy = {"scipy.stats", "scipy.optimize", "statsmodels", "matplotlib", "papermill", "nbconvert", "SALib"}
    code = (
        "import sys\nfrom riskmodels.cli import main\nsys.argv = ['riskmodels', *sys.argv[1:]]\n"
        f"try:\n    main()\nfinally:\n    print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, *words.split()]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@each_file
def test_parts_of_scipy_are_imported_when_they_are_used(path: Path) -> None:
    """``import scipy`` costs nothing, and its parts come with their first use."""
    assert not [name for name in imports(path) if name.startswith("scipy.")]


def code_cells(path: Path) -> list[dict]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@each_notebook
def test_notebooks_are_stripped(path: Path) -> None:
    for cell in code_cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@each_notebook
def test_notebooks_have_one_parameters_cell(path: Path) -> None:
    tags = [tag for cell in code_cells(path) for tag in cell["metadata"].get("tags", [])]
    assert tags.count("parameters") == 1


@each_notebook
def test_notebooks_are_short(path: Path) -> None:
    assert len(json.loads(path.read_text(encoding="utf-8"))["cells"]) <= MOST_CELLS
    for cell in code_cells(path):
        assert len("".join(cell["source"]).splitlines()) <= LONGEST_CELL


@each_notebook
def test_notebooks_hold_no_functions_and_no_loops(path: Path) -> None:
    for cell in code_cells(path):
        nodes = list(ast.walk(ast.parse("".join(cell["source"]))))
        thinking = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While)
        assert not [node for node in nodes if isinstance(node, thinking)], "what needs thinking is a function"
