"""Data quality: each dimension counts what it says, and a figure is as good as its weakest link."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_bank import make_tables

from riskmodels.tables import DataQuality, Tables, data_quality, shown_share

TakeIn = Callable[..., Tables]
NAMES = [
    *("complaint_id", "received_at", "logged_at", "resolved_at", "unit_id", "product"),
    *("upheld", "satisfaction", "channel", "category", "first_response_at"),
]
GOOD = [
    *("c1", "2024-10-01", "2024-10-02", "2024-10-09", "u1", "cards"),
    *("true", "5", "app", "fees", "2024-10-03"),
]


def rows(*changes: dict[str, str], **tables: object) -> dict[str, object]:
    """One complaint a change of the good one, as a table to take in."""
    good = dict(zip(NAMES, GOOD, strict=True))
    made = [good | {"complaint_id": f"c{number}"} | change for number, change in enumerate(changes, start=1)]
    return {"complaints": made, **tables}


def measured(quality: DataQuality, dimension: str, column: str = "", table: str = "complaints") -> tuple:
    found = quality.table.query("table == @table and column == @column and dimension == @dimension")
    assert len(found) == 1
    return tuple(found[["checked", "failed"]].iloc[0])


def test_completeness_of_a_column_is_what_is_expected_and_there(take_in: TakeIn) -> None:
    open_one = {"resolved_at": "", "upheld": ""}
    quality = data_quality(take_in(**rows({}, {"upheld": ""}, open_one, {"product": ""}, {"logged_at": ""})))
    assert measured(quality, "completeness", "upheld") == (3, 1)  # an open complaint need not say
    assert measured(quality, "completeness", "logged_at") == (4, 1)  # of the accepted rows
    assert measured(quality, "completeness", "product") == (5, 1)  # of all: without one, a row is rejected
    assert quality.score("complaints", ["upheld"]) == pytest.approx(2 / 3)


def test_completeness_of_a_table_is_the_months_that_the_source_knows(take_in: TakeIn) -> None:
    tables = take_in(**rows({}), unknown_months={"complaints": ["2024-11", "2024-01"]}, as_of="2024-12-31")
    assert measured(data_quality(tables), "completeness") == (3, 1)  # October to December
    coverage = data_quality(tables).coverage
    assert coverage["month"].tolist() == ["2024-10", "2024-11", "2024-12"]
    assert coverage["known"].tolist() == [True, False, True]
    assert coverage["rows"].tolist() == [1, 0, 0]


def test_validity_is_of_the_values_that_are_there(take_in: TakeIn) -> None:
    wrong = [{"satisfaction": "9"}, {"satisfaction": "many"}, {"satisfaction": ""}]
    quality = data_quality(take_in(**rows({}, *wrong)))
    assert measured(quality, "validity", "satisfaction") == (3, 2)
    assert measured(quality, "validity", "product")[1] == 0
    assert measured(quality, "validity") == (4, 0)


@pytest.mark.parametrize("statistics", [True, False])
def test_a_file_that_another_program_wrote_anew_is_counted_by_its_values(take_in: TakeIn, statistics) -> None:
    tables = take_in(**rows({}, {"upheld": ""}, {"upheld": "", "satisfaction": ""}))
    before = data_quality(tables).table
    frame = pq.read_table(tables.complaints.path)
    pq.write_table(frame, tables.complaints.path, write_statistics=statistics)
    pd.testing.assert_frame_equal(data_quality(tables).table, before)


def test_a_row_that_breaks_two_rules_about_one_column_fails_once(take_in: TakeIn) -> None:
    quality = data_quality(
        take_in(**rows({}, {"received_at": "2025-06-01", "logged_at": "soon"}, {"logged_at": "x"}))
    )
    assert measured(quality, "validity", "received_at") == (2, 1)  # after the as-of day
    assert measured(quality, "validity", "logged_at") == (3, 2)
    assert measured(quality, "completeness", "received_at") == (2, 0)  # it was there


def test_a_malformed_line_is_no_valid_row(take_in: TakeIn) -> None:
    header, line = ",".join(NAMES), ",".join(GOOD)
    quality = data_quality(take_in(complaints=f"{header}\n{line}\n{line},too,many\n"))
    assert measured(quality, "validity") == (2, 1)


def test_uniqueness_consistency_and_units(take_in: TakeIn) -> None:
    stray, backwards = {"unit_id": "nowhere"}, {"resolved_at": "2024-09-01"}
    units = [{"unit_id": "u1", "name_en": "One"}]
    quality = data_quality(take_in(**rows({}, {"complaint_id": "c1"}, stray, backwards, units=units)))
    assert measured(quality, "uniqueness") == (4, 1)
    assert measured(quality, "consistency") == (4, 2)
    assert measured(quality, "validity", "unit_id", "units") == (1, 0)
    assert len(quality.table.query("table == 'units' and column == ''")) == 6


def test_timeliness_is_31_days_and_not_one_more(take_in: TakeIn) -> None:
    quality = data_quality(
        take_in(**rows({"logged_at": "2024-11-01"}, {"logged_at": "2024-11-02"}, {"logged_at": ""}))
    )
    assert measured(quality, "timeliness") == (2, 1)


def test_what_nothing_can_be_said_of_has_no_score(take_in: TakeIn) -> None:
    quality = data_quality(take_in(**rows({}), units=[{"unit_id": "u1", "name_en": "One"}]))
    units = quality.scores.set_index("table").loc["units"]
    assert np.isnan(units["timeliness"])
    assert np.isnan(units["reconciliation"])
    assert units["score"] == 1
    assert np.isnan(quality.score("surveys"))


def test_a_score_is_that_of_the_weakest_link(take_in: TakeIn) -> None:
    quality = data_quality(take_in(**rows({}, {"satisfaction": "9"}, {"upheld": ""}, {"logged_at": ""})))
    assert quality.score("complaints") == pytest.approx(1)
    assert quality.score("complaints", ["satisfaction"]) == pytest.approx(3 / 4)
    assert quality.score("complaints", ["satisfaction", "upheld"]) == pytest.approx(2 / 3)
    assert quality.scores["score"].tolist() == [pytest.approx(2 / 3)]
    assert quality.sentence.startswith("The weakest link is the completeness of complaints.")
    assert (
        quality.note("complaints") == "Data quality: 100% (lowest of its tables: completeness of complaints)"
    )
    weakest = quality.sentence.removeprefix("The weakest link is the ").removesuffix(".")
    where, _, score = weakest.partition(": ")
    assert quality.note() == f"Data quality: {score} (weakest link: {where})"  # of cover and chapter one


def test_what_is_recorded_by_the_end_of_a_month(take_in: TakeIn) -> None:
    months = [f"2024-{month:02d}" for month in range(5, 13)]
    pairs = [
        {"received_at": f"{m}-20", "logged_at": f"{m}-28", "resolved_at": "", "first_response_at": ""}
        for m in months
    ]
    late = [
        pair | {"logged_at": str(pd.Timestamp(pair["received_at"]) + pd.Timedelta(days=20))}
        for pair in pairs[:2]
    ]
    quality = data_quality(take_in(**rows(*pairs, *late), as_of=None))
    assert quality.recorded_by_month_end("complaints") == pytest.approx(5 / 7)  # May to September
    assert np.isnan(quality.recorded_by_month_end("exposure"))


@given(score=st.floats(0, 1))
def test_a_shown_score_is_never_better_than_it_is(score: float) -> None:
    shown = shown_share(score)
    assert float(shown.rstrip("%")) / 100 <= score + 1e-9
    assert (shown == "100%") == (score == 1)


def test_scores_are_shares_of_what_was_checked(sample_tables: Tables) -> None:
    quality = data_quality(sample_tables)
    known = quality.table.dropna(subset="score")
    assert known["score"].between(0, 1).all()
    np.testing.assert_allclose(known["score"], 1 - known["failed"] / known["checked"])
    assert (quality.table["failed"] <= quality.table["checked"]).all()
    assert (
        not quality.table["column"].str.contains("narrative").any()
        or quality.score("complaints", ["narrative"]) > 0
    )
    assert quality.scores["table"].tolist() == [table.name for table in sample_tables.present]
    assert quality.score("complaints") == pytest.approx(46 / 48)  # two months are a hole


def test_of_a_table_that_is_only_named_little_is_known() -> None:
    quality = data_quality(make_tables())
    assert quality.score("complaints") == 1
