"""Numbers read one way only: where nobody declared the decimal mark, a rival reading is said."""

import pytest

from riskmodels.catalogue import find_doubts
from riskmodels.sources import readings

pytestmark = pytest.mark.whole


def losses(amounts, recoveries=()):
    return [
        {
            "loss_id": f"l{n}",
            "occurred_on": f"2024-02-{n % 28 + 1:02d}",
            "recorded_on": "2024-03-01",
            "unit_id": "u",
            "event_type": "fraud",
            "gross_loss": amount,
            "recovery": recoveries[n] if recoveries else "",
        }
        for n, amount in enumerate(amounts)
    ]


def said(take_in, rows, table="losses", **declared):
    columns = {key: {"column": key} for key in rows[0]}
    for key, more in declared.items():
        columns[key] |= more
    tables = take_in(columns={table: columns}, as_of="2024-03-31", **{table: rows})
    return [text for text in find_doubts(tables)["doubt"] if "decimal mark" in text]


@pytest.mark.parametrize(
    "amounts",
    [["1.250", "2.000", "13.500"], ["1.250", "900", "75"], ["-1.250", "2.125"], ["1.250"] * 40 + ["7"]],
)
def test_a_point_that_may_part_thousands_is_named(take_in, amounts) -> None:
    found = said(take_in, losses([amount.lstrip("-") for amount in amounts]))
    assert len(found) == 1
    assert found[0].startswith("gross_loss: 'gross_loss' of losses.csv is read with '.' as the decimal mark")
    assert "1.250" in found[0]


@pytest.mark.parametrize(
    ("amounts", "recoveries"),
    [
        (["1.25", "2.50"], ()),
        (["1.250", "0.125"], ()),
        (["1.250", "1250"], ()),  # thousands have no sign
        (["1250", "900"], ()),
        (["1.250", "2.125"], ["0.5", "0.75"]),  # another column shows
        (["1.2505", "2.125"], ()),
        (["12345.678", "2.125"], ()),
    ],
)
def test_what_other_values_settle_is_no_doubt(take_in, amounts, recoveries) -> None:
    assert said(take_in, losses(amounts, recoveries)) == []


@pytest.mark.parametrize("declared", [{"decimal": "."}, {"thousands": ".", "decimal": ","}])
def test_what_is_declared_is_no_doubt(take_in, declared) -> None:
    assert said(take_in, losses(["1.250", "2.000"]), gross_loss=declared) == []


def test_counts_and_figures_of_other_columns_are_weighed(take_in) -> None:
    rows = [
        {"period_start": f"2024-0{month}-01", "period": "month", "product": "card", "complaints": count}
        for month, count in ((1, "1.000"), (2, "2.000"), (3, "900"))
    ]
    assert said(take_in, rows, "complaint_counts")[0].startswith("complaints: ")
    comma = losses(["1.250", "2.000"], ["0,5", "0,75"])
    assert any(text.startswith("gross_loss: ") for text in said(take_in, comma, recovery={"decimal": ","}))


def test_later_rows_settle_it(take_in, monkeypatch) -> None:
    monkeypatch.setattr(readings, "_HEAD", 2)
    assert said(take_in, losses(["1.250", "2.000", "3.5", "4.5"])) == []
    assert len(said(take_in, losses(["1.250", "2.000", "3.500"]))) == 1
