"""Identifiers of rows that are somebody's: masked, and rows stay apart and tables join."""

import hashlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_table import take_complaints

from riskmodels.errors import ResultError
from riskmodels.leaks import files_in, scan
from riskmodels.privacy import find_personal_data, mask_row_id, masking
from riskmodels.sources import ingest
from riskmodels.sources.codes import masked_row_ids
from riskmodels.tables import Tables, store_key

pytestmark = pytest.mark.whole

KEY, SECRET = b"secret", ".riskmodels.key"
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
    masked = mask_row_id(one, key=KEY)
    assert masked != one
    assert not find_personal_data(masked)
    assert mask_row_id(masked, key=KEY) == masked
    assert mask_row_id(one, key=b"another") != masked


@pytest.mark.parametrize("one", NOBODY_S)
def test_what_is_nobody_s_stays(one: str) -> None:
    assert mask_row_id(one, key=KEY) == one


@given(st.from_regex("1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "CN", "US", "GB", "HK", "DE"]))
def test_a_bare_mobile_is_marked_as_any_phone_is(one: str, country: str) -> None:
    assert [tuple(found) for found in find_personal_data(one, country=country)] == [(0, 11, "phone")]
    short, whole = mask_row_id(one, key=KEY), mask_row_id(f"x{one}", key=KEY, country=country)
    assert whole == f"x{short}"


def test_no_marker_can_be_tried_out_and_each_id_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = hashlib.pbkdf2_hmac("sha256", b"13812345678", b"riskmodels", 2_000, 8).hex()
    assert tried.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop")) not in mask_row_id(
        "13812345678", key=KEY
    )
    asked: list[str] = []
    found = masking.find_personal_data
    monkeypatch.setattr(
        masking, "find_personal_data", lambda text, **_: asked.append(text) or found(text, country="CN")
    )
    ids = pa.array(["13812345678", "wang@example.com", "C1", None, "wang@example.com"] * 3)
    assert set(masked_row_ids(ids, country="CN", key=lambda: KEY)) == {"13812345678", "wang@example.com"}
    assert asked == ["wang@example.com"]


def test_many_phones_are_marked_in_microseconds_each() -> None:
    ids = pa.array([f"138{place:08}" for place in range(20_000)])
    began = time.process_time()
    assert len(masked_row_ids(ids, country="CN", key=lambda: KEY)) == 20_000
    assert time.process_time() - began < 1, "0.6 ms each would be 12 s"


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


# ---- the secret of a store ----


def taken_in(folder: Path, store: str, *ids: str) -> Tables:
    """Take in complaints with these identifiers."""
    lines = [f"{one},2024-05-{place:02},B1,card" for place, one in enumerate(ids, 1)]
    (folder / "complaints.csv").write_text(
        "\n".join(["complaint_id,received_at,unit_id,product", *lines, ""]), encoding="utf-8"
    )
    (folder / "bank.yaml").write_text(
        "id: bank\ntitle: Bank\ncountry: CN\nas_of: 2024-12-31\n"
        "tables: {complaints: {file: complaints.csv, format: csv}}\n"
    )
    return ingest(folder / "bank.yaml", store=folder / store)


def kept_ids(tables: Tables) -> list[str]:
    return list(tables.require("complaints").frame()["complaint_id"])


def test_a_marker_is_a_store_s_own_and_stays_from_delivery_to_delivery(tmp_path: Path) -> None:
    first = taken_in(tmp_path, "one", "13812345678", "C2")
    assert kept_ids(taken_in(tmp_path, "one", "C2", "13812345678")) == kept_ids(first)[::-1]
    assert kept_ids(taken_in(tmp_path, "other", "13812345678", "C2"))[0] != kept_ids(first)[0]
    (tmp_path / "third").mkdir()
    shutil.copy(tmp_path / "one" / SECRET, tmp_path / "third" / SECRET)
    assert taken_in(tmp_path, "third", "13812345678", "C2").digest == first.digest


def test_the_secret_is_its_owner_s_alone_and_in_no_table(tmp_path: Path) -> None:
    tables = taken_in(tmp_path, "store", "13812345678")
    secret = tmp_path / "store" / SECRET
    assert secret.stat().st_mode & 0o777 == 0o600
    others = [path for path in (tmp_path / "store").rglob("*") if path.is_file() and path != secret]
    assert others
    assert not [path for path in others if secret.read_bytes() in path.read_bytes()]
    assert scan(files_in(tmp_path / "store"), within=tmp_path).table.empty
    assert secret.read_text() not in repr(tables)


def test_ids_of_nobody_need_no_secret_and_have_one_digest_everywhere(tmp_path: Path) -> None:
    one, other = (taken_in(tmp_path, store, "C1", "C2") for store in ("one", "other"))
    assert one.digest == other.digest
    assert not (tmp_path / "one" / SECRET).exists()


def test_a_damaged_secret_is_one_line(tmp_path: Path) -> None:
    taken_in(tmp_path, "store", "13812345678")
    (tmp_path / "store" / SECRET).write_text("short")
    with pytest.raises(ResultError, match=r"\.riskmodels\.key is damaged: expected 64 letters"):
        taken_in(tmp_path, "store", "13812345678")


def test_two_that_need_the_secret_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(store_key, [tmp_path] * 16))) == 1
