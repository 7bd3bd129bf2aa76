"""Rows that are totals of others are left out; what only bears the name is kept and named."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.errors import ParameterError
from riskmodels.panel import build_panel
from riskmodels.sources import ingest

pytestmark = pytest.mark.whole

MONTHS = ["2024-01", "2024-02", "2024-03"]


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Return a function that ingests counts by month and other columns."""

    def take(rows, header=("month", "unit_id", "complaints"), **settings):
        folder = tmp_path_factory.mktemp("totals")
        lines = [",".join(header), *(",".join(map(str, row)) for row in rows)]
        (folder / "c.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        given = {name: {"column": name} for name in header if name in ("unit_id", "product", "complaints")}
        columns = {
            **given,
            "period_start": {"column": "month", "format": "%Y-%m"},
            "period": {"value": "month"},
        }
        table = {"file": "c.csv", "format": "csv", "columns": columns, **settings}
        source = {"id": "t", "title": "t", "country": "GB", "as_of": "2024-03-31"}
        (folder / "s.yaml").write_text(json.dumps(source | {"tables": {"complaint_counts": table}}))
        return ingest(folder / "s.yaml", store=folder / "store").complaint_counts

    return take


def total_of(table) -> float:
    return float(build_panel(table, by=[]).values.sum())


def with_total(word, parts=(("A", 120), ("B", 7), ("C", 33))):
    for place, month in enumerate(MONTHS):
        yield from ((month, unit, count + place) for unit, count in parts)
        yield (month, word, sum(count + place for _, count in parts))


@pytest.mark.parametrize(
    "word",
    ["Total", "TOTAL", "Grand total", "All", "All units", "合计", "总计", "小计", "", "Whole bank", "Summe"],
)
def test_a_row_that_is_the_sum_of_its_parts_is_left_out(counted, word) -> None:
    table = counted(with_total(word))
    assert total_of(table) == 3 * 160 + 9
    assert table.provenance.rows_rejected == 3
    assert table.rejected["rule"].str.startswith("total of other rows, left out: unit_id").all()
    assert (table.provenance.reconciled, table.provenance.doubts) == (3, ())


def test_a_total_is_found_by_its_figures_whatever_its_name(counted) -> None:
    assert total_of(counted(with_total("Northern Bank plc"))) == 3 * 160 + 9


def test_a_firm_called_total_is_kept_and_named(counted) -> None:
    rows = [(month, unit, count) for month in MONTHS for unit, count in (("A", 5), ("B", 6), ("Total", 70))]
    table = counted(rows)
    assert total_of(table) == 3 * 81
    assert table.provenance.rows_rejected == 0
    assert "unit_id 'Total' (3 rows) may be a total" in table.provenance.doubts[0]
    assert counted(rows, totals={"unit_id": []}).provenance.doubts == ()


def test_a_firm_called_total_stays_beside_a_true_total(counted) -> None:
    table = counted(with_total("All", (("A", 5), ("Total", 70), ("B", 6))))
    assert set(table.frame()["unit_id"]) == {"A", "B", "Total"}
    assert total_of(table) == 3 * 81 + 9


def test_a_total_of_all_but_one_period_is_kept_unless_it_is_declared(counted) -> None:
    rows = [*with_total("Total"), ("2024-02", "D", 4)]
    assert counted(rows).provenance.rows_rejected == 0
    declared = counted(rows, totals={"unit_id": ["Total"]})
    assert total_of(declared) == 3 * 160 + 9 + 4
    assert "in 2 of 3 cells only" in declared.provenance.doubts[0]


def test_totals_over_two_dimensions_go_together(counted) -> None:
    rows = []
    for place, month in enumerate(MONTHS):
        cells = {("A", "card"): 5 + place, ("A", "loan"): 7, ("B", "card"): 11, ("B", "loan"): 2 + place}
        rows += [(month, *key, count) for key, count in cells.items()]
        rows += [(month, unit, "Total", sum(c for (u, _), c in cells.items() if u == unit)) for unit in "AB"]
        rows += [
            (month, "", product, sum(c for (_, p), c in cells.items() if p == product))
            for product in ("card", "loan")
        ]
        rows.append((month, "", "Total", sum(cells.values())))
    table = counted(rows, header=("month", "unit_id", "product", "complaints"))
    assert (total_of(table), len(table.frame())) == (3 * 25 + 6, 12)


def test_sub_totals_go_with_the_total(counted) -> None:
    rows = [
        (month, unit, count)
        for month in MONTHS
        for unit, count in (("A", 5), ("B", 6), ("小计", 11), ("C", 7), ("D", 8), ("小计", 15), ("合计", 26))
    ]
    assert total_of(counted(rows)) == 3 * 26


def test_whole_bank_rows_of_periods_without_units_are_kept(counted) -> None:
    rows = [("2024-01", "", 50), ("2024-02", "", 12), ("2024-02", "A", 5), ("2024-02", "B", 7)]
    assert build_panel(counted(rows), by=[]).values[0].tolist() == [50, 12, 0]


def test_rows_of_one_dimension_more_are_added_up_over_it(counted) -> None:
    rows = [
        (month, "A", issue, state, count)
        for month in MONTHS
        for issue, count in (("fees", 5), ("fraud", 6), ("Total", 11))
        for state in ("N", "S")
    ]
    header = ("month", "unit_id", "issue", "state", "complaints")
    assert counted(rows, header=header).provenance.rows_rejected == 15
    table = counted([*rows, rows[0]], header=header, added_over=["issue", "state"])
    assert total_of(table) == 3 * 22
    assert sorted(table.rejected["rule"].unique()) == [
        "duplicate of an accepted row",
        "total of other rows, left out: issue 'Total'",
    ]


@given(
    counts=st.dictionaries(
        st.sampled_from("ABCDE"),
        st.lists(st.integers(0, 500), min_size=3, max_size=3),
        min_size=2,
        max_size=5,
    ),
    word=st.sampled_from(["Total", "", "合计", "All"]),
)
@settings(max_examples=12)
def test_a_total_row_never_changes_the_total(counted, counts, word) -> None:
    parts = [
        (month, unit, values[place]) for unit, values in counts.items() for place, month in enumerate(MONTHS)
    ]
    wholes = [
        (month, word, sum(values[place] for values in counts.values())) for place, month in enumerate(MONTHS)
    ]
    assert total_of(counted([*parts, *wholes])) == sum(count for *_, count in parts)


@pytest.mark.parametrize(
    "word", ["合 计", "小　计", "Total:", "** TOTAL **", "(total)", "总 数", "Ｔｏｔａｌ"]
)
def test_a_word_for_a_total_is_one_whatever_stands_around_or_in_it(counted, word) -> None:
    table = counted(with_total(word, (("A", 120), ("B", 7))))
    assert (total_of(table), table.provenance.rows_rejected) == (3 * 127 + 6, 3)


def test_parts_of_a_total_may_be_spelt_otherwise_than_it(counted) -> None:
    header = ("month", "unit_id", "product", "complaints")
    rows = [
        row
        for month in MONTHS
        for row in ((month, "North", "card", 5), (month, "NORTH", "loan", 7), (month, "north", "Total", 12))
    ]
    assert total_of(counted(rows, header=header)) == 36


@pytest.mark.parametrize("word", ["subsidiaries", "SUBSIDIARIES", "Ｓubsidiaries"])
def test_a_declared_total_is_one_in_every_spelling(counted, word) -> None:
    words = ("Subsidiaries", word, "SUBSIDIARIES")
    rows = [
        row
        for month, whole in zip(MONTHS, words, strict=True)
        for row in ((month, "A", 5), (month, "B", 6), (month, whole, 11))
    ]
    table = counted(rows, totals={"unit_id": ["subsidiaries"]})
    assert (total_of(table), table.provenance.doubts) == (33, ())


def test_a_declared_total_that_no_row_has_is_told(counted) -> None:
    rows = [(month, unit, 5) for month in MONTHS for unit in "AB"]
    doubts = counted(rows, totals={"unit_id": ["Totl", ""]}).provenance.doubts
    assert doubts == ("totals: no row has unit_id 'Totl', which is declared a total",)


def test_what_rows_are_not_added_up_over_has_no_totals(counted) -> None:
    with pytest.raises(ParameterError, match="period_start is neither a column over which rows"):
        counted([("2024-01", "A", 5)], totals={"period_start": ["2024-01-01"]})
