"""The set-up: one list of dependencies, everything locked by hash, every command explained."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name).group()).lower()


def locked_packages() -> dict[str, str]:
    """Return each package's entry, hashes included."""
    entries = re.split(r"\n(?=\S)", LOCKED.strip())
    return {canonical(entry): entry for entry in entries}


def test_the_conda_environment_is_the_one_of_pyproject() -> None:
    shown = subprocess.run(
        [sys.executable, ".ci/environment_yml.py"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == shown, "run: make environment.yml"


def test_every_locked_package_has_a_version_and_a_hash() -> None:
    without = [
        name
        for name, entry in locked_packages().items()
        if not re.match(r"[\w.-]+==\S+", entry) or "--hash=sha256:" not in entry
    ]
    assert not without


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCKED
    options = {word for word in LOCKED.split() if word.startswith("-")}
    assert {option.partition("=")[0] for option in options} == {"--hash"}


def test_every_declared_package_is_locked() -> None:
    project = PYPROJECT["project"]
    declared = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    assert not {canonical(name) for name in declared} - set(locked_packages()), "run: make lock"


def test_every_import_of_the_package_is_declared() -> None:
    declared = {canonical(name) for name in PYPROJECT["project"]["dependencies"]}
    providers = packages_distributions()
    for path in (ROOT / "riskmodels").rglob("*.py"):
        for module in top_level_imports(path) - set(sys.stdlib_module_names) - {"riskmodels"}:
            distributions = {canonical(name) for name in providers.get(module, [module])}
            assert distributions & declared, f"{path.name} imports {module}: declare it in pyproject.toml"


def top_level_imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in plain | named}


def test_every_declared_package_is_imported_or_is_a_program() -> None:
    programs = {"ipykernel", "jupyterlab"} | {"xlsxwriter"}  # which pandas writes workbooks with
    imported = set().union(*(top_level_imports(path) for path in (ROOT / "riskmodels").rglob("*.py")))
    providers = packages_distributions()
    used = {canonical(name) for module in imported for name in providers.get(module, [])}
    declared = {canonical(name) for name in PYPROJECT["project"]["dependencies"]}
    assert declared - used <= programs, "take what nothing imports out of pyproject.toml"


def test_make_explains_every_target() -> None:
    rules = re.findall(r"^([a-z.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    explained = re.findall(r"^  make (\S+)\s+\S", shown, re.MULTILINE)
    assert explained == rules
    assert {"lab", "assess", "test", "check", "bench", "sample", "lock"} < set(explained)


@pytest.mark.parametrize("script", ["run"])
def test_scripts_are_valid_and_executable(script: str) -> None:
    path = ROOT / ".ci" / script
    assert path.stat().st_mode & 0o100
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            "sys.version_info = (3, 10, 0)",
            r"riskmodels needs Python 3\.11, 3\.12 or 3\.13, and .* is 3\.10: .*\n",
        ),
        (
            "sys.version_info = (3, 14, 0)",
            r"riskmodels needs Python 3\.11, 3\.12 or 3\.13, and .* is 3\.14: .*\n",
        ),
        ("sys.modules['ensurepip'] = None", r".* has no venv with pip: install it first .*\n"),
    ],
)
def test_an_unsuitable_python_gets_one_line(given: str, line: str) -> None:
    code = f"import sys, runpy; {given}; runpy.run_path('.ci/venv.py')"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert re.fullmatch(line, ran.stderr)
