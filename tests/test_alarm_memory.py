"""One alarm over its life: numbers, status, acknowledgement, and one of each event among rules."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from small_bank import make_alarm, make_book

from riskmodels.errors import ParameterError
from riskmodels.parameters import Acknowledgements, check_parameters, load_acknowledged
from riskmodels.surveillance.books import EVENTS, NUMBERS, RULES, AlarmBook
from riskmodels.surveillance.memory import REVISED, ended

DAY, NEXT = date(2026, 6, 30), date(2026, 9, 30)


def answer(book: AlarmBook, *, until: str) -> Acknowledgements:
    one = {"alarm": book.table["alarm_id"][0], "reason": "a new fee", "by": "head of cards", "until": until}
    return check_parameters({"acknowledged": [one]}, Acknowledgements, where="here")


def test_an_alarm_is_new_once_and_keeps_its_number_though_its_dates_move() -> None:
    first = make_book(make_alarm())
    assert first.table["status"].tolist() == ["new"]
    assert make_book(make_alarm(), earlier=first).table["status"].tolist() == [
        "new"
    ]  # the same day once more
    moved = make_alarm(since="2026-02", since_earliest="2026-01", alarmed="2026-03", last="2026-09", size=0.5)
    later = make_book(moved, as_of=NEXT, earlier=first).table.iloc[0]
    assert later["alarm_id"] == first.table["alarm_id"][0]
    assert (later["status"], later["reported"], later["size"]) == ("continuing", "2026-06-30", 0.5)


def test_another_series_or_a_later_rise_of_the_same_is_another_alarm() -> None:
    first = make_book(make_alarm())
    north = make_alarm(subject='{"product": "card", "region_id": "north"}')
    again = make_alarm(
        since="2026-08", since_earliest="2026-08", since_latest="2026-09", alarmed="2026-08", last="2026-09"
    )
    book = make_book(make_alarm(status="closed", ending="back"), north, again, as_of=NEXT, earlier=first)
    assert book.table["alarm_id"].is_unique
    assert book.table["status"].tolist() == ["new", "new", "closed"]


def test_an_alarm_that_the_data_no_longer_show_is_closed_and_not_forgotten() -> None:
    book = make_book(as_of=NEXT, earlier=make_book(make_alarm()))
    assert book.table[["status", "part_of"]].to_numpy().tolist() == [["closed", REVISED]]
    assert book.events.empty
    book = make_book(as_of=date(2026, 10, 31), earlier=book)
    assert book.table[["status", "part_of"]].to_numpy().tolist() == [["closed", REVISED]]
    back = make_book(make_alarm(last="2026-11"), as_of=date(2026, 11, 30), earlier=book).table.iloc[0]
    assert (back["status"], back["reported"], back["part_of"]) == ("continuing", "2026-06-30", "")
    assert make_book(as_of=date(2027, 6, 29), earlier=book).table["part_of"].tolist() == [REVISED]
    assert make_book(as_of=date(2027, 6, 30), earlier=book).table.empty  # a year later it is


def test_one_that_is_two_today_leaves_its_number_to_one_of_them() -> None:
    first = make_book(make_alarm(alarmed="2026-04", last="2026-04"), as_of=date(2026, 4, 30))
    sooner = make_alarm(alarmed="2026-03", last="2026-03", since_latest="2026-03", status="closed")
    later = make_alarm(since="2026-04", since_earliest="2026-04", alarmed="2026-04", last="2026-05")
    for found in ((sooner, later), (later, sooner)):
        table = make_book(*found, as_of=date(2026, 5, 31), earlier=first).table.set_index("alarmed")
        assert table["alarm_id"].is_unique
        assert table.loc["2026-04", "alarm_id"] == first.table["alarm_id"].item()
        assert table.loc["2026-04", "status"] == "continuing"


def test_an_alarm_that_a_wider_one_explains_now_says_so() -> None:
    first = make_book(make_alarm())
    whole = make_alarm(level="total", subject="{}", last="2026-09", since_earliest="2026-03")
    book = make_book(whole, as_of=NEXT, earlier=first)
    part = book.table[book.table["status"] == "closed"].iloc[0]
    assert part["part_of"] == book.events["alarm_id"].item()


def test_what_several_rules_see_is_one_event_named_by_the_likeliest() -> None:
    weekly = make_alarm(
        rule="by_week", level="product", subject='{"product": "card"}', probability=0.8,
        since_earliest="2026-03-02/2026-03-08", last="2026-06-22/2026-06-28",
    )  # fmt: skip
    other = make_alarm(rule="by_channel", level="channel", subject='{"channel": "phone"}')
    book = make_book(weekly, make_alarm(), other)
    assert set(book.events["rule"]) == {"by_region", "by_channel"}
    parts = book.table[book.table["part_of"] != ""]
    assert parts["rule"].tolist() == ["by_week"]
    assert parts["part_of"].item() == book.table.loc[book.table["rule"] == "by_region", "alarm_id"].item()


def test_two_alarms_of_one_rule_stay_two() -> None:
    branch = make_alarm(subject='{"product": "card", "region_id": "south", "unit_id": "B1"}')
    assert len(make_book(make_alarm(), branch).events) == 2


def test_one_that_is_answered_for_is_no_alarm_until_its_day() -> None:
    first = make_book(make_alarm())
    for until, status in (
        ("2026-12-31", "acknowledged"),
        ("2026-09-30", "acknowledged"),
        ("2026-09-29", "continuing"),
    ):
        book = make_book(
            make_alarm(last="2026-09"), as_of=NEXT, earlier=first, answered=answer(first, until=until)
        )
        assert book.table["status"].item() == status
        assert book.table["answered_by"].item() == ("head of cards" if status == "acknowledged" else "")


def test_a_closed_one_needs_no_answer() -> None:
    first = make_book(make_alarm())
    book = make_book(
        make_alarm(status="closed", ending="back"),
        as_of=NEXT,
        earlier=first,
        answered=answer(first, until="2027-01-01"),
    )
    assert book.table[["status", "reason"]].to_numpy().tolist() == [["closed", ""]]


@pytest.mark.parametrize(
    ("period", "day"),
    [("2026-02", "2026-02-28"), ("2025-12-29/2026-01-04", "2026-01-04"), ("2026-03-05", "2026-03-05")],
)
def test_a_week_ends_on_its_sunday(period, day) -> None:
    assert ended(period).date().isoformat() == day


def test_the_columns_of_an_empty_book_are_those_of_a_full_one() -> None:
    full, empty = make_book(make_alarm()).table, make_book().table
    assert list(full) == list(empty) == list(EVENTS)
    assert full.dtypes.equals(empty.dtypes)
    assert all(full[name].dtype == np.float64 for name in NUMBERS)


def test_the_book_says_how_many_there_are() -> None:
    first = make_book(make_alarm())
    none = pd.DataFrame(columns=list(RULES))
    closed = make_book(make_alarm(status="closed", ending="back"), as_of=NEXT, earlier=first)
    assert first.sentence == (
        "Alarms up to 2026-06-30: 1 new, 0 continuing, 0 closed in the last year. 360 series are watched."
    )
    assert "0 new, 0 continuing, 1 closed" in closed.sentence
    assert "the policy has no rules" in replace(first, rules=none).sentence


ONE = {"alarm": "A-12345678", "reason": "r", "by": "b", "until": "2026-12-31"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ONE, ONE], "acknowledged twice: A-12345678"),
        ([ONE | {"alarm": "12"}], "acknowledged.0.alarm"),
        ([ONE | {"until": "soon"}], "acknowledged.0.until"),
        ([{"alarm": "A-12345678"}], "acknowledged.0.reason"),
    ],
)
def test_a_file_of_answers_that_does_not_fit_is_refused(rows, message, tmp_path) -> None:
    path = tmp_path / "acknowledged.yaml"
    path.write_text(json.dumps({"acknowledged": rows}))
    with pytest.raises(ParameterError, match=message):
        load_acknowledged(str(path))
    with pytest.raises(ParameterError, match=r"missing\.yaml"):
        load_acknowledged(str(tmp_path / "missing.yaml"))
    assert load_acknowledged("").acknowledged == ()


def test_an_event_that_another_rule_names_by_now_is_as_old_and_as_much_answered_for() -> None:
    weekly = make_alarm(rule="by_week", level="product", subject='{"product": "card"}', probability=0.9)
    first = make_book(weekly)
    answered = answer(first, until="2026-12-31")
    both = make_book(weekly, make_alarm(last="2026-09"), as_of=NEXT, earlier=first)
    assert both.events[["rule", "status", "reported"]].to_numpy().tolist() == [
        ["by_region", "continuing", "2026-06-30"]
    ]
    seen = make_book(weekly, make_alarm(last="2026-09"), as_of=NEXT, earlier=first, answered=answered)
    assert seen.events[["status", "answered_by"]].to_numpy().tolist() == [["acknowledged", "head of cards"]]
