"""A report that was changed after it was written is found out, whatever was changed."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_bank import make_card, make_stress
from typer.testing import CliRunner

from riskmodels import cli
from riskmodels.errors import ResultError
from riskmodels.manifests import MANIFEST, digests, verify_report
from riskmodels.results import load, load_earlier, save
from riskmodels.runner.manifest import _seeds
from riskmodels.scorecard import Scorecard

PARTS = ("report.html", "board.html", "assessment.json", "source.json", "results", "tables")


@pytest.fixture(autouse=True)
def narrow(monkeypatch) -> None:
    """Have a terminal of 80 columns."""
    monkeypatch.setattr(cli.console, "_width", 80)


@pytest.fixture
def report(tmp_path) -> Path:
    """Write what a run leaves, small."""
    folder = tmp_path / "2026Q3"
    save(make_card([{}], [{}]), folder / "results" / "scorecard")
    save(make_stress(), folder / "results" / "stress-x")
    for name in ("report.html", "assessment.json", "source.json", "tables/a.csv", "notebooks/10.ipynb"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"{name} as written", encoding="utf-8")
    write_manifest(folder)
    return folder


def write_manifest(folder: Path) -> None:
    named = {"files": digests(folder, PARTS), "notebooks": digests(folder, ("notebooks",))}
    (folder / MANIFEST).write_text(json.dumps(named), encoding="utf-8")


def verified(report: Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["verify", str(report)])
    return done.exit_code, done.output


def problems(report: Path) -> dict[str, str]:
    return dict(verify_report(report).table.itertuples(index=False))


def files_of(report: Path) -> list[str]:
    return sorted(
        path.relative_to(report).as_posix()
        for path in report.rglob("*")
        if path.is_file() and path.name != MANIFEST
    )


def test_seeds_of_stress_tests_are_named_by_their_scenarios(tmp_path):
    first, other = make_stress(), make_stress().scenario.model_copy(update={"id": "other"})
    for place, test in enumerate((replace(first, scenario=other, seed=7), first)):
        save(test, tmp_path / f"stress-{place}")
    save(None, tmp_path / "orders")  # of a bank with too little to order
    assert _seeds(tmp_path) == {"stress-other": 7, "stress-by_hand": first.seed}


def test_a_report_as_it_was_written_is_whole(report):
    found = verify_report(report)
    assert found.is_whole
    assert (found.parts["files"] == found.parts["as_written"]).all()
    assert found.parts["files"].sum() == len(files_of(report))
    assert f"the manifest's own sha256 is {found.manifest_sha256}" in found.sentence
    assert verified(report)[0] == 0


def test_any_file_that_is_changed_or_gone_is_named(report):
    for name in files_of(report):
        content = (report / name).read_bytes()
        (report / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert problems(report) == {name: "was changed"}
        (report / name).unlink()
        assert problems(report) == {name: "is missing"}
        (report / name).symlink_to("/dev/null")
        assert problems(report) == {name: "is no plain file"}
        (report / name).unlink()
        (report / name).mkdir()
        assert problems(report) == {name: "is missing"}
        (report / name).rmdir()
        (report / name).write_bytes(content)
    assert problems(report) == {}


@pytest.mark.parametrize(
    "name", ["x", ".hidden", "results/scorecard/.x", "results/new/result.json", "notebooks/x.ipynb"]
)
def test_what_is_there_and_not_named_is_found(report, name):
    (report / name).parent.mkdir(exist_ok=True)
    (report / name).write_text("x", encoding="utf-8")
    assert problems(report) == {name: "is not named"}
    status, out = verified(report)
    assert status == 1
    assert "is not as it was written: of " in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_links_and_pipes_that_are_not_named_are_found(report):
    (report / "link").symlink_to("nowhere")
    os.mkfifo(report / "pipe")
    assert problems(report) == {"link": "is not named", "pipe": "is not named"}


def test_a_result_whose_values_were_changed_is_not_loaded(report):
    folder = report / "results" / "scorecard"
    assert load(folder, Scorecard).period == "2024Q3"
    table = pd.read_parquet(folder / "result.table.parquet")
    table.assign(rating="red").to_parquet(folder / "result.table.parquet")
    for read in (load, load_earlier):
        with pytest.raises(
            ResultError, match=r"scorecard/result.table.parquet was changed: the report is not"
        ):
            read(folder, Scorecard)
    assert load(report / "results" / "stress-x", object) is not None


def test_a_result_that_was_put_into_a_report_later_is_not_loaded(report):
    save(make_card([{}], [{}]), report / "results" / "other")
    with pytest.raises(ResultError, match="is not named"):
        load(report / "results" / "other", Scorecard)


def test_where_there_is_no_manifest_results_are_loaded(tmp_path):
    save(make_card([{}], [{}]), tmp_path / "results" / "scorecard")
    assert load(tmp_path / "results" / "scorecard", Scorecard).period == "2024Q3"
    assert load_earlier(tmp_path / "results" / "nothing", Scorecard) is None


@given(
    content=st.binary(max_size=30)
    | st.sampled_from([b"{}", b'{"files": 1}', b"[]", b'{"files": {}, "notebooks": []}'])
)
def test_a_damaged_manifest_is_an_error_of_ours(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("damaged")
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ResultError, match="is damaged"):
        verify_report(folder)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "results/../../x"])
def test_a_manifest_names_nothing_outside_of_its_report(report, name):
    (report / MANIFEST).write_text(json.dumps({"files": {name: "0"}, "notebooks": {}}), encoding="utf-8")
    with pytest.raises(ResultError, match="outside of the report"):
        verify_report(report)


def test_what_is_no_report_has_nothing_to_verify(tmp_path):
    with pytest.raises(ResultError, match=r"there is no manifest\.json"):
        verify_report(tmp_path)
