"""A drafted source file holds nothing of the people that its file is about, wherever it stands there."""

import re

import pandas as pd
import pytest

from riskmodels.privacy import find_personal_data
from riskmodels.sources import ingest
from riskmodels.sources.drafts import draft_source

pytestmark = pytest.mark.whole

IDENTITY, MOBILE, CARD = "110101199003074514", "13812345678", "6222021234567890128"


def rows(size: int = 60, **columns: object) -> pd.DataFrame:
    base = {
        "complaint_id": [str(place) for place in range(size)],
        "received_at": [f"2024-01-{place % 28 + 1:02}" for place in range(size)],
        "unit_id": "North",
        "product": ["card", "loan"] * (size // 2),
    }
    return pd.DataFrame(base | columns)


def check(text: str, *hidden: str) -> None:
    assert not find_personal_data(text)
    assert not re.search(r"\d{8}", text)
    assert not [word for word in hidden if word in text]


@pytest.mark.parametrize("before", range(10, 43, 3))  # three examples of a column are shown
def test_a_number_at_the_place_where_examples_are_cut_is_masked(tmp_path, before):
    values = ["x" * (before + more) + IDENTITY for more in range(3)]
    rows(category=values * 20, narrative=values * 20, severity=[*values, "ordinary"] * 15).to_csv(
        tmp_path / "a.csv", index=False
    )
    check(draft_source(tmp_path / "a.csv", target=tmp_path / "a.yaml").text, "1101")


def test_no_example_of_free_text_or_of_what_distinguishes_people(tmp_path):
    names = [f"王{chr(0x4E00 + place)}" for place in range(60)]
    rows(category=names, narrative="The branch in Elm Street", channel=names).to_csv(
        tmp_path / "a.csv", index=False
    )
    draft = draft_source(tmp_path / "a.csv", target=tmp_path / "a.yaml")
    check(draft.text, *names, "Elm")
    assert "e.g. card, loan" in draft.text, "categories are shown"
    check(" ".join(draft.doubts), *names)


def test_the_names_of_files_and_columns_are_masked_and_the_draft_still_reads_the_file(tmp_path):
    file = tmp_path / f"complaints {MOBILE}.csv"
    rows(**{CARD: "a", "narrative": "b"}).to_csv(file, index=False)
    draft = draft_source(file, target=tmp_path / "a.yaml")
    check(draft.text)
    assert "values without a header? [bank card]: left out" in draft.text
    (tmp_path / "a.yaml").write_text(draft.text, encoding="utf-8")
    stored = ingest(tmp_path / "a.yaml", store=tmp_path / "store").require("complaints").provenance
    assert stored.rows_accepted == 60
    assert not find_personal_data(stored.model_dump_json())


def test_the_names_of_sheets_are_masked(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        rows().to_excel(book, sheet_name=f"a {MOBILE}", index=False)
        rows(4).to_excel(book, sheet_name=f"b {MOBILE}", index=False)
    text = draft_source(tmp_path / "a.xlsx", target=tmp_path / "a.yaml").text
    check(text)
    assert "rename it in the file" in text
