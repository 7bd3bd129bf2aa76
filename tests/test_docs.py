"""What the documents promise: their links, their commands, their code."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskmodels.assessment import Findings
from riskmodels.cli import app
from riskmodels.governance.proposals import Proposals

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md"))
DOCUMENTS = ["README.md", "CHANGELOG.md", *PAGES]


def blocks(project: Path, language: str) -> list[str]:
    text = (project / "README.md").read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str, project: Path) -> None:
    path = project / document
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), f"{document} links to {target}"


def test_every_command_of_the_readme_is_one(project: Path) -> None:
    make = set(re.findall(r"^([a-z.]+):.*##", (project / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    commands = [line.split("#")[0].strip() for block in blocks(project, "sh") for line in block.splitlines()]
    assert {"make assess", "make test"} <= set(commands)
    for command in filter(None, commands):
        program, word, *rest = shlex.split(command)
        if program == "make":
            assert word in make
        elif program != "cd":
            words = (
                [word, *rest[:1]] if word in ("source", "scenario", "store", "ledger") else [word]
            )  # of a group
            help_text = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
            assert help_text.exit_code == 0, command
            for option in re.findall(r"--[a-z-]+", command):
                assert option in help_text.output, f"{command}: {option}"


@pytest.mark.slow
def test_the_tour_runs_as_written(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks(project, "python")
    (tmp_path / "params").symlink_to(project / "params")
    (tmp_path / "data").symlink_to(project / "data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert isinstance(names["found"], Findings)
    assert len(names["found"].table) > 0
    assert isinstance(names["changes"], Proposals)


def test_the_readme_names_what_a_run_leaves_and_what_a_user_must_know(project: Path) -> None:
    text = (project / "README.md").read_text("utf-8")
    for needed in ("report.html", "manifest.json", "environment.yml", "cron", "systemd", "docs/report.png"):
        assert needed in text
