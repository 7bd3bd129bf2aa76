"""What a run writes beside its report."""

import pandas as pd
import pytest

from riskmodels.reporting.exports import SCHEMA, _without_formula, schema, write_csv


def test_the_schema_that_ships_is_that_of_the_document():
    assert SCHEMA.read_text(encoding="utf-8") == schema()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula_in_a_spreadsheet(text):
    written = pd.DataFrame({"a": [text]}).map(_without_formula).to_csv(index=False)
    assert f"'{text.strip()}" in written.replace("\t", "").replace("\r", "")


HIDDEN = [
    "",
    "\n",
    "\r\n",
    " ",
    "\xa0",
    "\u3000",
    "\ufeff",
    "\u200b",
    "\u2060\u200d",
    "\u202e",
    "\0",
    "\x1b",
    "\u2028",
]
HIDDEN += ["\xad", "\ufe0f", "\u3164", "\u2800", "\U000e0020", "\u0301", "\x0b", "\ue000", "\t"]


@pytest.mark.parametrize("before", HIDDEN)
@pytest.mark.parametrize("sign", "=+-@＝＋－＠﹢﹣﹦﹫")
def test_what_nobody_sees_hides_no_formula(before, sign):
    text = f"{before}{sign}cmd|' /C calc'!A0"
    assert _without_formula(text).startswith("'")
    assert _without_formula(_without_formula(text)) == _without_formula(text)
    later = _without_formula(f"words\n{text}")
    assert all("'" in line.partition(sign)[0] for line in later.splitlines() if sign in line)
    assert later.replace("'", "") == f"words\n{text}".replace("'", "")


@pytest.mark.parametrize("text", ["", "a", "a-b", "信用卡", "1=1", "'=1", "a\nb", "“=1”", "€5", "2024-05-06"])
def test_other_texts_are_as_they_were(text):
    assert _without_formula(text) == text


def test_names_of_columns_are_no_formulas_either(tmp_path):
    write_csv(pd.DataFrame({"=1+1": ["a"], 7: ["b"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8") == "'=1+1,7\na,b\n"


def test_numbers_stay_numbers():
    assert pd.DataFrame({"a": [-1.5]}).map(_without_formula).to_csv(index=False) == "a\n-1.5\n"
