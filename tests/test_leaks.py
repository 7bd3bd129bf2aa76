"""Personal data planted in every place of a bank: none of it is in what a run writes or prints, and a scan finds any."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from banks import ROOT, assess, small_tables, write_run, write_source
from test_sample_run import texts
from typer.testing import CliRunner

from riskmodels.cli import app
from riskmodels.leaks import files_in, scan

MOBILE, IDENTITY, CARD, MAIL = "13812345678", "110101199003074514", "6222021234567890128", "wang.wei@bank.cn"
WRITTEN = (
    MOBILE,
    IDENTITY,
    CARD,
    MAIL,
    "138-1234-5678",
    "1381234",
    "11010119900307",
    "62220212345678",
    "王伟先生",
)
PLACED = {
    "unit_id": f"Tel.{MOBILE}", "name_en": f"Branch of {MAIL}", "name_zh": "支行138-1234-5678", "region_id": f"ID{IDENTITY}",
    "kind": f"acct{CARD}", "product": f"card {CARD}", "channel": f"hotline {MOBILE}", "category": f"身份证{IDENTITY}",
    "customer_group": MAIL,
}  # fmt: skip


def personal_tables() -> dict[str, pd.DataFrame]:
    """Return the small bank with personal data in every column of text, in rejected rows and unused columns."""
    tables = small_tables()
    units = {"B001": PLACED["unit_id"]}
    for frame in tables.values():
        frame["unit_id"] = frame["unit_id"].replace(units)
        if "product" in frame:
            frame["product"] = frame["product"].replace({"credit_card": PLACED["product"]})
        for column in {"channel", "customer_group", "category", "region_id", "kind"} & set(frame):
            frame[column] = frame[column].astype("str")
            frame.loc[frame.index[::3], column] = PLACED[column]
    for column in ("name_en", "name_zh"):
        tables["units"][column] = [f"{PLACED[column]} {place}" for place in range(len(tables["units"]))]
    complaints = tables["complaints"]
    complaints["narrative"] = f"王伟先生：电话{MOBILE}，身份证{IDENTITY}"
    complaints["received_at"] = complaints["received_at"].astype("str")
    complaints.loc[complaints.index[::50], "received_at"] = f"call {MOBILE}"
    return tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return the folder of ``bank``, ``reports``, ``store`` and ``printed`` of a run of that bank."""
    folder = tmp_path_factory.mktemp("personal")
    tables = personal_tables()
    source = json.loads(write_source(folder / "bank", tables).read_text(encoding="utf-8"))
    name = f"complaints {MOBILE}.csv"
    source["tables"]["complaints"]["file"] = name
    tables["complaints"].assign(**{f"column {CARD}": "x"}).to_csv(folder / "bank" / name, index=False)
    (folder / "bank" / "source.yaml").write_text(json.dumps(source), encoding="utf-8")
    run = write_run(folder / "bank", title=f"Assessment, call {MOBILE}")
    done = assess(run, "--out", folder / "reports", "--store", folder / "store")
    assert done.returncode == 0, done.stderr
    (folder / "printed").mkdir()
    (folder / "printed" / "out.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.whole
@pytest.mark.parametrize("part", ["reports", "store", "printed"])
def test_personal_data_of_any_column_file_or_cell_is_nowhere(folder, part):
    paths = files_in(folder / part)
    every = "|".join(map(re.escape, WRITTEN))
    assert not {path.name for path in paths for text in (path.name, *texts(path)) if re.search(every, text)}
    assert scan(paths, within=folder / part).table.empty


@pytest.mark.slow
@pytest.mark.whole
def test_units_and_products_stay_apart(folder):
    units = pd.read_parquet(next((folder / "reports" / "small-2026Q3").glob("tables/units.parquet")))
    assert len(units) == units["unit_id"].nunique() == 4
    assert units["unit_id"].str.contains(r"Tel\.\[phone [a-p]{8}\]", regex=True).sum() == 1


@pytest.mark.slow
@pytest.mark.whole
def test_a_report_is_as_open_as_the_umask_says_and_its_results_are_not(folder):
    report = folder / "reports" / "small-2026Q3"
    assert report.stat().st_mode & 0o777 == (report / "tables").stat().st_mode & 0o777 != 0o700
    assert {path.stat().st_mode & 0o777 for path in [report / "results", *report.glob("results/*")]} == {
        0o700
    }


# ---- the scan ----


def planted(folder: Path) -> dict[str, Path]:
    """Write one file of each kind with a phone in it."""
    folder.mkdir(exist_ok=True)
    files = {
        kind: folder / f"a.{kind}"
        for kind in ("parquet", "csv", "json", "ipynb", "html", "yaml", "xlsx", "txt")
    }
    frame = pd.DataFrame({"narrative": [f"call {MOBILE}", "none"]})
    frame.to_parquet(files["parquet"])
    frame.to_csv(files["csv"], index=False)
    frame.to_excel(files["xlsx"], index=False)
    files["json"].write_text(json.dumps({"a": [{"b": f"call {MOBILE}"}]}))
    files["ipynb"].write_text(json.dumps({"cells": [{"outputs": [{"text": [f"call {MOBILE}\n"]}]}]}))
    files["html"].write_text(f"<p title='x'>call <b>&#49;{MOBILE[1:]}</b></p>")
    files["yaml"].write_text(f"a: 1\n# e.g. {MOBILE}\n")
    files["txt"].write_text(f"call {MOBILE}")
    return files


@pytest.mark.whole
def test_a_scan_finds_what_is_planted_in_every_kind_of_file(tmp_path):
    files = planted(tmp_path)
    found = scan(files_in(tmp_path), within=tmp_path)
    assert set(found.table["file"]) == {path.name for path in files.values()}
    assert set(found.table["kind"]) == {"phone"}
    assert MOBILE not in found.table.to_csv()


@pytest.mark.parametrize(("country", "phone"), [("DE", "(030) 901-8200"), ("GB", "0131 496 0123")])
def test_phones_of_the_country_are_found_everywhere_and_shown_nowhere(tmp_path, country, phone):
    ids = pd.DataFrame({"complaint_id": ["c1", phone]})
    ids.to_parquet(tmp_path / "a.parquet")
    ids.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / f"{phone}.txt").write_text(f"{phone} or {phone}")
    found = scan(files_in(tmp_path), within=tmp_path, country=country).table
    assert sorted(found["times"]) == [1, 1, 1, 2]
    assert phone not in found.to_csv()
    assert scan(files_in(tmp_path), within=tmp_path).table.empty


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: (folder / f"a {MOBILE}.txt").write_text("x"),
        lambda folder: pd.DataFrame({f"call {MOBILE}": [1]}).to_parquet(folder / "a.parquet"),
        lambda folder: pd.DataFrame({"phone": [int(MOBILE) + place for place in range(9)]}).to_parquet(
            folder / "a.parquet"
        ),
        lambda folder: pd.DataFrame({"phone": [int(MOBILE), None, int(MOBILE)]}).to_parquet(
            folder / "a.parquet"
        ),
        lambda folder: pd.DataFrame({"a": pd.Categorical([f"call {MOBILE}", None])}).to_parquet(
            folder / "a.parquet"
        ),
        lambda folder: pd.DataFrame({"a": [1]}).to_excel(folder / "a.xlsx", sheet_name=MOBILE),
        lambda folder: (folder / "a.json").write_text(json.dumps({MOBILE: 1})),
        lambda folder: (folder / "a.html").write_text(f"<p title='{MOBILE}'>x</p>"),
        lambda folder: (folder / "a.parquet").write_text(f"no parquet, but {MOBILE}"),
        lambda folder: (folder / "a.json").write_text(f"{{half of one, {MOBILE}"),
        lambda folder: (folder / "a.json").write_text("[" * 100_000 + MOBILE),
        lambda folder: (folder / ".hidden").write_text(MOBILE),
        lambda folder: pd.DataFrame({"phone": [int(MOBILE), 13912345678]}).to_csv(
            folder / "a.csv", index=False
        ),
    ],
)
def test_a_scan_looks_at_names_and_at_damaged_files(tmp_path, make):
    make(tmp_path)
    assert len(scan(files_in(tmp_path), within=tmp_path).table) >= 1


def test_figures_and_pictures_are_no_leak(tmp_path):
    pd.DataFrame({"amount": [13812345678, 4_000, 12_000], "share": [0.13812345678, 1.5, 2.5]}).to_parquet(
        tmp_path / "a.parquet"
    )
    (tmp_path / "a.html").write_text(f"<img src='data:image/png;base64,{MOBILE * 20}'>")
    (tmp_path / "a.png").write_text(MOBILE)
    pd.DataFrame({"complaint_id": ["6222021234567890128"]}).to_parquet(tmp_path / "b.parquet")
    found = scan(files_in(tmp_path), within=tmp_path)
    assert found.table.empty
    assert (found.files, found.unread) == (4, 1)


def test_the_command_says_what_was_found_and_where(tmp_path):
    planted(tmp_path / "dirty")
    done = CliRunner().invoke(app, ["leak-scan", str(tmp_path / "dirty")])
    assert done.exit_code == 1
    assert "8 pieces that look like personal data, in 8 places: 8 files looked at" in done.stdout
    assert "call [phone]" in done.stdout
    assert MOBILE not in done.stdout
    (tmp_path / "clean").mkdir()
    done = CliRunner().invoke(app, ["leak-scan", str(tmp_path / "clean")])
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, "Nothing that looks like personal data")


def _is_built(path: Path) -> bool:
    """Whether ``make docs`` wrote a file, which git leaves out."""
    return path.suffix == ".mo" or bool({"_build", "api"} & set(path.parts))


def test_what_git_has_of_data_parameters_and_documents_is_clean():
    folders = [ROOT / name for name in ("params", "docs", "data")]
    kept = {folder: [path for path in files_in(folder) if not _is_built(path)] for folder in folders}
    found = [scan(files, within=folder).table for folder, files in kept.items()]
    planted_in_sample = found[-1]["place"].eq("column narrative")
    assert not pd.concat([*found[:-1], found[-1][~planted_in_sample]]).size
    assert planted_in_sample.sum() >= 4
