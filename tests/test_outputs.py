"""What a run writes beside its report."""

import pandas as pd
import pytest

from riskmodels.runner.outputs import SCHEMA, _without_formula, schema


def test_the_schema_that_ships_is_that_of_the_document():
    assert SCHEMA.read_text(encoding="utf-8") == schema()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula_in_a_spreadsheet(text):
    written = pd.DataFrame({"a": [text]}).map(_without_formula).to_csv(index=False)
    assert f"'{text.strip()}" in written.replace("\t", "").replace("\r", "")


def test_numbers_stay_numbers():
    assert pd.DataFrame({"a": [-1.5]}).map(_without_formula).to_csv(index=False) == "a\n-1.5\n"
