"""Event logs: several rows of one case are folded to its first or last one by their time, in any order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_table import take_source

from riskmodels.catalogue import find_doubts
from riskmodels.errors import ContractError, ParameterError
from riskmodels.sources import ingest

pytestmark = pytest.mark.whole


def log(hours, *, column="changed", form="{}/5/2024"):
    """Rows of one case, changed on several days of May; the category says which."""
    head = f"id,at,unit,product,category,{column}"
    return "\n".join([head, *(f"c1,2024-05-01,u,p,{day},{form.format(day)}" for day in hours), ""])


def taken(folder, text, *, fold="last", **more):
    columns = {"complaint_id": "id", "received_at": "at", "unit_id": "unit", "product": "product"}
    made = {key: {"column": column} for key, column in columns.items()} | {"category": {"column": "category"}}
    made |= more.pop("columns", {})
    table = {"file": "log.csv", "format": "csv", "fold": fold, "columns": made} | more
    (folder / "log.csv").write_text(text, encoding="utf-8")
    source = {
        "id": "s",
        "title": "s",
        "country": "CN",
        "as_of": "2024-12-31",
        "tables": {"complaints": table},
    }
    path = folder / "s.yaml"
    path.write_text(repr(source).replace("None", "null"), encoding="utf-8")
    return ingest(path, store=folder / "store")


def kept(tables) -> list[str]:
    return tables.require("complaints").frame()["category"].tolist()


BY = {"column": "changed", "format": "%d/%m/%Y"}


@given(st.permutations([2, 9, 10, 11, 28]))
@settings(max_examples=8, deadline=None)
def test_the_first_and_the_last_row_are_those_by_time_in_any_order(tmp_path_factory, days) -> None:
    folder = tmp_path_factory.mktemp("log")
    assert kept(taken(folder, log(days), fold_by=BY)) == ["28"]  # by day, not by text
    assert kept(taken(folder, log(days), fold="first", fold_by=BY)) == ["2"]


def test_the_day_recorded_is_the_time_of_a_row_where_none_is_named(tmp_path) -> None:
    recorded = {"logged_at": {"column": "changed", "format": "%d/%m/%Y"}}
    assert kept(taken(tmp_path, log([9, 28, 2]), columns=recorded)) == ["28"]
    assert kept(taken(tmp_path, log([9, 28, 2]), columns=recorded, fold="first")) == ["2"]


def test_without_a_time_the_order_of_the_file_decides_and_that_is_said(tmp_path) -> None:
    tables = taken(tmp_path, log([9, 28, 2]))
    assert kept(tables) == ["2"]
    said = "\n".join(find_doubts(tables)["doubt"])
    assert "fold: last goes by the order of the file for 1 of 1 keys" in said
    timed = taken(tmp_path, log([9, 28, 2]), fold_by=BY)
    assert not find_doubts(timed)["doubt"].str.contains("fold").any()
    assert list(timed.require("complaints").frame().columns) == list(
        tables.require("complaints").frame().columns
    )


def test_rows_of_one_time_go_by_the_file_and_a_row_without_time_comes_first(tmp_path) -> None:
    text = log([9, 9]).replace(",9,9/5", ",8,9/5", 1) + "c1,2024-05-01,u,p,none,\n"
    tables = taken(tmp_path, text, fold_by=BY)
    assert kept(tables) == ["9"]
    assert find_doubts(tables)["doubt"].str.contains("for 1 of 1 keys").any()


def test_a_time_that_cannot_be_read_rejects_its_row_or_the_file(tmp_path) -> None:
    tables = taken(tmp_path, log([2, 9]) + "c1,2024-05-01,u,p,x,never\n", fold_by=BY)
    assert kept(tables) == ["9"]
    assert "fold_by is no timestamp" in set(tables.require("complaints").rejected["rule"])
    with pytest.raises(ContractError, match="no value of column 'changed' can be read as timestamp"):
        taken(tmp_path, log([2, 9], form="day {}"), fold_by=BY)
    with pytest.raises(ContractError, match="has no column 'change'"):
        taken(tmp_path, log([2, 9]), fold_by=BY | {"column": "change"})


def test_fold_by_alone_declares_nothing(tmp_path) -> None:
    with pytest.raises(ParameterError, match="fold_by needs fold"):
        taken(tmp_path, log([2]), fold=None, fold_by=BY)


def test_keys_are_counted_as_they_are_folded(tmp_path) -> None:
    source = (
        "id: t\ntitle: t\ncountry: CN\nas_of: 2024-12-31\ntables:\n  exposure:\n    file: c.csv\n    format: csv\n"
        "    fold: last\n"
    )
    rows = [f"A,{product},2024-05-01,5" for product in ("cards", "Cards", "loans")]
    text = "\n".join(["unit_id,product,month,accounts", *rows, ""])
    table = take_source(tmp_path, text, source).exposure
    assert len(table.frame()) == 2
    assert "for 1 of 1 keys" in table.provenance.doubts[0]
