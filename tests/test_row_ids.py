"""Identifiers of rows that are somebody's: masked, and rows stay apart and tables join."""

from pathlib import Path

import pytest
from one_table import take_complaints

from riskmodels.leaks import files_in, scan
from riskmodels.privacy import find_personal_data, mask_row_id
from riskmodels.sources import ingest

pytestmark = pytest.mark.whole

SOMEBODY_S = [
    "13812345678",
    "T-13812345678-2",
    "+86 138-1234-5678",
    "138-1234-5679",
    "11010519491231002X",
    "CASE 110105 19491231 002X",
    "130503670401001",
    "wang@example.com",
    "王伟@bank.cn",
    "021-62345678",
    "(415) 555-2671",
    "078-05-1120",
    "GB82 WEST 1234 5698 7654 32",
    "１３９１２３４５６７８",
    "投诉人王伟13812345678",
]
NOBODY_S = [
    "C000001",
    "1234567",
    "TS-2024-000123",
    "2024040200012345",
    "6222021234567890128",
    "4111111111111111",
    "3f2b8a6e-13d8-4c1e-9f00-1a2b3c4d5e6f",
    "2024-04-02 00017",
]


@pytest.mark.parametrize("one", SOMEBODY_S)
def test_what_is_somebody_s_is_marked(one: str) -> None:
    masked = mask_row_id(one)
    assert masked != one
    assert not find_personal_data(masked)
    assert mask_row_id(masked) == masked


@pytest.mark.parametrize("one", NOBODY_S)
def test_what_is_nobody_s_stays(one: str) -> None:
    assert mask_row_id(one) == one


def test_rows_stay_apart_and_tables_join(tmp_path: Path) -> None:
    ids = [*SOMEBODY_S, *NOBODY_S]
    rows = [f'"{one}",2024-05-{place + 1:02},B1,card,"{ids[place - 1]}"' for place, one in enumerate(ids)]
    losses = [f'L{place},2024-05-01,2024-05-02,B1,external_fraud,5,"{one}"' for place, one in enumerate(ids)]
    heads = {
        "complaints": "complaint_id,received_at,unit_id,product,repeat_of",
        "losses": "loss_id,occurred_on,recorded_on,unit_id,event_type,gross_loss,complaint_id",
    }
    for name, lines in (("complaints", rows), ("losses", losses)):
        (tmp_path / f"{name}.csv").write_text("\n".join([heads[name], *lines]) + "\n", encoding="utf-8")
    maps = ", ".join(f"{name}: {{file: {name}.csv, format: csv}}" for name in heads)
    (tmp_path / "bank.yaml").write_text(
        f"id: bank\ntitle: Bank\ncountry: CN\nas_of: 2024-12-31\ntables: {{{maps}}}\n"
    )
    tables = ingest(tmp_path / "bank.yaml", store=tmp_path / "store")
    complaints, lost = tables.require("complaints"), tables.require("losses")
    kept = list(complaints.frame()["complaint_id"])
    assert len(set(kept)) == len(ids)
    assert not set(SOMEBODY_S) & set(kept)
    assert set(NOBODY_S) <= set(kept)
    assert list(complaints.frame()["repeat_of"]) == [kept[-1], *kept[:-1]]
    assert list(lost.frame()["complaint_id"]) == kept
    said = [doubt for doubt in complaints.provenance.doubts if "look like personal data" in doubt]
    assert [doubt.split(";")[0] for doubt in said] == [
        f"{column}: {len(SOMEBODY_S)} values look like personal data"
        for column in ("complaint_id", "repeat_of")
    ]
    assert scan(files_in(tmp_path / "store"), within=tmp_path, country="CN").table.empty


def test_identifiers_of_nobody_are_in_no_doubt(tmp_path: Path) -> None:
    (tmp_path / "complaints.csv").write_text(
        "complaint_id,received_at,unit_id,product,narrative\nC1,2024-05-06,B1,card,x\n", encoding="utf-8"
    )
    table = take_complaints(tmp_path, file="complaints.csv", format="csv").require("complaints")
    assert not [doubt for doubt in table.provenance.doubts if "personal" in doubt]
