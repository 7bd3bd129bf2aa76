"""What looks alike and is not, and what comes after the end, is said to a person."""

import pandas as pd
import pytest
from one_table import take_complaints

from riskmodels.cli.terminal import shown
from riskmodels.errors import ContractError

UNITS = [
    {"unit_id": "B001", "name_en": "First", "closed_on": ""},
    {"unit_id": "B002", "name_en": "Second", "closed_on": "2024-06-30"},
]


def complaints(*units: str, day: str = "2024-07-01") -> list[dict[str, str]]:
    return [
        {"complaint_id": f"c{place}", "received_at": day, "unit_id": unit, "product": "cards"}
        for place, unit in enumerate(units)
    ]


def doubts(tables) -> str:
    return " | ".join(doubt for table in tables.present for doubt in table.provenance.doubts)


@pytest.mark.parametrize(
    ("unit", "letter"),
    [
        ("\u0412001", "CYRILLIC CAPITAL LETTER VE"),
        ("\u0392001", "GREEK CAPITAL LETTER BETA"),
        ("BO01", "'BO01'"),
        ("B00l", "'B00l'"),
    ],
)
def test_ids_that_look_alike_are_named(take_in, unit, letter):
    tables = take_in(complaints=complaints("B001", unit))
    assert "unit_id: names look alike and are not the same: " in doubts(tables)
    assert letter in doubts(tables)


@pytest.mark.parametrize(
    "units",
    [("B001", "B002"), ("010", "10"), ("\u9759\u5b89", "\u9759\u5b89\u652f\u884c"), ("\u0410", "\u0411")],
)
def test_what_does_not_look_alike_is_not(take_in, units):
    assert "look alike" not in doubts(take_in(complaints=complaints(*units)))


def test_rows_after_the_last_day_of_a_unit_are_said(take_in):
    tables = take_in(units=UNITS, complaints=complaints("B001", "B002", "B002"))
    assert "after the last day of business of their unit: 'B002' closed on 2024-06-30: 2 rows" in doubts(
        tables
    )


def test_rows_of_the_last_day_are_in_order(take_in):
    tables = take_in(units=UNITS, complaints=complaints("B001", "B002", day="2024-06-30"))
    assert "last day of business" not in doubts(tables)


def test_a_folder_does_not_override_a_column_of_its_file(tmp_path):
    frame = pd.DataFrame(complaints("B001"))
    for key in ("product", "PRODUCT"):
        folder = tmp_path / key / f"{key}=loans"
        folder.mkdir(parents=True)
        frame.to_parquet(folder / "a.parquet")
        columns = {name: {"column": name} for name in frame}
        with pytest.raises(
            ContractError, match=rf"folder {key}=loans gives a column that the file has, too \(product\)"
        ):
            take_complaints(tmp_path, file=key, format="parquet", columns=columns)


def test_a_column_that_only_the_folder_gives_is_read(tmp_path):
    frame = pd.DataFrame(complaints("B001"))
    folder = tmp_path / "in" / "product=loans"
    folder.mkdir(parents=True)
    frame.drop(columns="product").to_parquet(folder / "a.parquet")
    columns = {name: {"column": name} for name in frame}
    tables = take_complaints(tmp_path, file="in", format="parquet", columns=columns)
    assert list(tables.require("complaints").frame()["product"]) == ["loans"]


@pytest.mark.parametrize(
    "sign", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C, 0x9B, 0x1B]
)
def test_signs_that_set_the_direction_do_not_reach_the_terminal(sign):
    assert shown(f"a{chr(sign)}b") == "a?b"
