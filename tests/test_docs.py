"""What the documents promise: their links, their commands, their code."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from riskmodels.assessment import Findings
from riskmodels.cli import app
from riskmodels.governance.proposals import Proposals

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "docs" / "_build"
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md") if BUILT not in path.parents
)
DOCUMENTS = ["README.md", "CHANGELOG.md", *PAGES]
OTHER_PROGRAMS = {"cd", "export", "mkdir", "pip", "python", "sed"}
RUN_ELSEWHERE = {  # what runs or reads the blocks of a language that are not tried here
    "csv": {"docs/howto/take_a_source_in.md"},  # test_drafting.py
    "ini": {"README.md"},  # the settings of systemd: its command is tried here
    "python": {
        *("README.md", "docs/howto/own_limits.md", "docs/howto/policy_changes.md"),  # below
        "docs/howto/add_an_indicator.md",  # test_catalogue.py
    },
    "sql": {"docs/howto/take_a_source_in.md"},  # test_databases.py
    "text": {
        "docs/architecture.md",
        "docs/tutorial/first_quarter.md",
        "docs/tutorial/own_data.md",
    },  # test_site.py
}


def blocks(project: Path, language: str, page: str = "README.md") -> list[str]:
    text = (project / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def commands(project: Path, page: str) -> Iterator[list[str]]:
    """Yield the commands of a page's blocks, split in words; what is fed to one is left out."""
    for block in blocks(project, "sh", page):
        text = re.sub(r"<<'END'\n.*?^END$", "", block.replace("\\\n", " "), flags=re.DOTALL | re.MULTILINE)
        yield from (words for line in text.splitlines() if (words := shlex.split(line, comments=True)))
    for language in ("cron", "ini"):
        for line in re.findall(r"bin/riskmodels .*", "".join(blocks(project, language, page))):
            yield ["riskmodels", *shlex.split(re.split("[>|]", line)[0])[1:]]


@cache
def whole() -> Any:
    """Return the command line with all commands of all groups."""
    return get_command(app)


def check_command(words: list[str]) -> None:
    """Hold words after ``riskmodels`` to be a command, and its options to be those that it has."""
    command: Any = whole()
    left = list(words)
    while hasattr(command, "commands") and left:
        command = command.commands[left.pop(0)]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    assert {word for word in left if re.fullmatch(r"--[a-z-]+", word)} <= options, words


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str, project: Path) -> None:
    path = project / document
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), f"{document} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_one(document: str, project: Path) -> None:
    make = set(re.findall(r"^([a-z.-]+):.*##", (project / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    for program, *words in commands(project, document):
        if program == "make":
            assert words[0] in make
        elif program == "riskmodels":
            check_command(words)
        else:
            assert program in OTHER_PROGRAMS
    for line in re.findall(r"`riskmodels ([a-z][^`|…]*)`", (project / document).read_text("utf-8")):
        check_command(shlex.split(line))


def test_the_readme_begins_with_make(project: Path) -> None:
    assert {("make", "assess"), ("make", "test")} <= {
        tuple(words) for words in commands(project, "README.md")
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_is_tried(document: str, project: Path) -> None:
    for language in re.findall(
        r"^ *```([a-z]+)$", (project / document).read_text("utf-8"), flags=re.MULTILINE
    ):
        if language == "yaml":
            for block in blocks(project, language, document):
                assert YAML(typ="safe", pure=True).load(block)
        else:
            assert language in {"sh", "cron"} or document in RUN_ELSEWHERE[language]


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


@pytest.mark.slow
@pytest.mark.parametrize("page", ["docs/howto/own_limits.md", "docs/howto/policy_changes.md"])
def test_the_how_to_s_code_runs(
    page: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params").symlink_to(project / "params")
    (tmp_path / "data").symlink_to(project / "data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for code in blocks(project, "python", page):
        *_, last = code.strip().splitlines()
        exec(compile(code, page, "exec"), names)
        shown = eval(last.split("#")[0], names)
        assert len(shown) if isinstance(shown, pd.DataFrame) else shown.detection > 0.5


def test_the_readme_names_what_a_run_leaves_and_what_a_user_must_know(project: Path) -> None:
    text = (project / "README.md").read_text("utf-8")
    for needed in ("report.html", "manifest.json", "environment.yml", "cron", "systemd", "docs/report.png"):
        assert needed in text
