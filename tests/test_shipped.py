"""What ships beside the code: in a clone, in a wheel, and what is said where it is missing."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from riskmodels import shipped
from riskmodels.errors import MissingPartError, ParameterError
from riskmodels.manifests import verify_report
from riskmodels.runner.manifest import code_of
from riskmodels.shipped import PARTS, start_folder

ROOT = Path(__file__).parents[1]


def visible(folder: Path) -> set[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if not any(name.startswith(".") for name in path.parts)}


def test_a_folder_starts_with_all_parts(project, tmp_path):
    start_folder(tmp_path / "made" / "bank")
    for part in PARTS:
        assert visible(tmp_path / "made" / "bank" / part) == visible(project / part) != set()
    assert (tmp_path / "made" / "bank" / "params" / "risks.yaml").stat().st_mode & 0o200
    made = {path.name for path in (tmp_path / "made" / "bank").iterdir()}
    assert made == {"data", "notebooks", "params"}


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_replaced(part, tmp_path):
    (tmp_path / part).mkdir(parents=True)
    (tmp_path / part / "mine.txt").write_text("mine")
    with pytest.raises(ParameterError, match=f"{part} is there already, and nothing was copied"):
        start_folder(tmp_path)
    assert visible(tmp_path) == {f"{part}/mine.txt"}


def test_other_files_of_the_folder_stay(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.csv").write_text("mine")
    start_folder(tmp_path)
    assert (tmp_path / "data" / "mine.csv").read_text() == "mine"
    assert (tmp_path / "data" / "sample" / "units.parquet").is_file()


def test_what_an_installation_lacks_is_said(tmp_path, monkeypatch):
    (tmp_path / "site" / "riskmodels").mkdir(parents=True)
    monkeypatch.setattr(shipped, "__file__", str(tmp_path / "site" / "riskmodels" / "shipped.py"))
    with pytest.raises(MissingPartError, match="has no notebooks: install its wheel"):
        start_folder(tmp_path / "bank")
    assert not (tmp_path / "bank").exists()


def commands_of_the_readme() -> list[tuple[Path, list[str]]]:
    """Return what README.md has typed, but for make and what is to be downloaded first, and in which folder."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    folder, commands = Path(), []
    for program, *words in filter(None, lines):
        if program == "cd":
            folder /= words[0]
        elif program != "make" and "complaints=" not in " ".join(words):
            commands.append((folder, words))
    return commands


COMMANDS = commands_of_the_readme()


@pytest.fixture(scope="module")
def installed(project, tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """Return the command of a wheel that was built and unpacked, and the environment it is run in."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, project]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = ["install", "--no-deps", "--no-index", "--target", folder / "site", wheel]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    return folder / "site" / "bin" / "riskmodels", os.environ | {"PYTHONPATH": str(folder / "site")}


@pytest.fixture
def run(installed, tmp_path):
    """Return a function from the words of a command and a folder to what the installed wheel makes of them."""
    command, environment = installed

    def run(*words: str, where: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, command, *words]
        return subprocess.run(words, cwd=where, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.slow
def test_an_empty_folder_is_told_how_to_start(run):
    refused = run("assess")
    assert refused.returncode == 3
    assert refused.stderr == (
        "Error: there is no params/runs/quarterly.yaml here; name a run file, or make a folder with the shipped"
        " ones: riskmodels start FOLDER\n"
    )


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """Return the folder in which the commands of the README are typed, one after the other."""
    return tmp_path_factory.mktemp("tour")


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(COMMANDS)), ids=[" ".join(words) for _, words in COMMANDS])
def test_an_installed_wheel_does_what_the_readme_types(run, tour, place):
    folder, words = COMMANDS[place]
    done = run(*words, where=tour / folder)
    found = words[0] == "watch"  # which has new alarms on the sample
    assert done.returncode == int(found), done.stderr


@pytest.mark.slow
def test_the_report_of_an_installed_wheel_is_whole(tour, project):
    report = tour / COMMANDS[-1][0] / "reports" / "2026Q3"
    assert verify_report(report).is_whole
    manifest = json.loads((report / "manifest.json").read_text("utf-8"))
    assert manifest["code"]["sha256"] == code_of([project / "riskmodels", project / "notebooks"])["sha256"]
