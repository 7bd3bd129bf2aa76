"""What a result shows of itself: every text escaped, numbers readable, unknown a dash."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from riskmodels.display import Displayed, table_html

ATTACK = '<script>alert("x")</script>'


def cell(value: object) -> str:
    """Return what the table shows for one value."""
    frame = pd.DataFrame({"column": pd.Series([value], dtype="object")})
    return table_html(frame).partition("<td>")[2].partition("</td>")[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (pd.NaT, "–"),
        (pd.NA, "–"),
        (0.0, "0"),
        (0.123456, "0.1235"),
        (-2.5, "-2.5"),
        (1234.56, "1,235"),
        (9999.4, "9,999"),
        (9999.7, "10,000"),
        (-9999.7, "-10,000"),
        (12345.6, "12,346"),
        (1234567.0, "1,234,567"),
        (1234567, "1,234,567"),
        (True, "True"),
        (pd.Period("2026Q3"), "2026Q3"),
        ("", ""),
        ("信用卡", "信用卡"),
    ],
)
def test_a_value_is_readable(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_columns_of_every_kind_are_readable() -> None:
    frame = pd.DataFrame(
        {
            "whole": np.array([12345, 2], dtype="int64"),
            "single": np.array([0.5, np.nan], dtype="float32"),
            "maybe": pd.array([1234567, None], dtype="Int64"),
            "day": pd.to_datetime(["2024-05-06", None]),
        }
    )
    html = table_html(frame)
    assert html.count("–") == 3
    for shown in ("12,345", "0.5", "1,234,567", "2024-05-06"):
        assert f"<td>{shown}" in html


def test_no_text_becomes_markup() -> None:
    frame = pd.DataFrame({ATTACK: [ATTACK, "a & b"]}, index=[ATTACK, "x"])
    html = table_html(frame)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 2  # the heading and the cell; the index is not shown
    assert "a &amp; b" in html


def test_a_result_shows_one_sentence_and_its_summary() -> None:
    @dataclass(frozen=True)
    class Result(Displayed):
        sentence: str = f"Found {ATTACK}"

        def summary(self) -> pd.DataFrame:
            return pd.DataFrame({"value": [1.5]})

    html = Result()._repr_html_()
    assert html.startswith("<p>Found &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;</p>")
    assert "<td>1.5</td>" in html


def test_an_empty_frame_shows_its_headings() -> None:
    html = table_html(pd.DataFrame({"unit_id": pd.Series(dtype="str")}))
    assert "unit_id" in html
    assert "<td>" not in html
