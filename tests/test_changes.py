"""Deliveries: what a new one adds, completes, revises and drops is counted in the month where it happened."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmodels.sources import ingest
from riskmodels.tables import Changes, Tables, compare_deliveries

pytestmark = pytest.mark.whole

HEADER = "complaint_id,received_at,logged_at,resolved_at,unit_id,product,narrative\n"
FIRST = (
    "c1,2024-01-05,2024-01-06,2024-01-09,u1,cards,the fee\n"
    "c2,2024-01-20,2024-01-21,,u1,loans,\n"
    "c3,2024-02-02,2024-02-03,,u2,cards,a queue\n"
    "c4,2024-02-03,2024-02-03,2024-02-20,u2,cards,a queue\n"
)
Deliver = Callable[..., Tables]


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    """Return a function from the rows of a delivery and its as-of day to the tables, in one store."""

    def deliver(content: str, as_of: str = "2024-02-29", source: str = "bank") -> Tables:
        (tmp_path / "complaints.csv").write_text(HEADER + content, encoding="utf-8")
        complaints = {
            "file": "complaints.csv",
            "format": "csv",
            "columns": {column: {"column": column} for column in HEADER.strip().split(",")},
        }
        whole = {
            "id": source,
            "title": "t",
            "country": "CN",
            "as_of": as_of,
            "tables": {"complaints": complaints},
        }
        (tmp_path / "source.yaml").write_text(json.dumps(whole), encoding="utf-8")
        return ingest(tmp_path / "source.yaml", store=tmp_path / "store")

    return deliver


def by_month(changes: Changes) -> dict[str, dict[str, int]]:
    rows = changes.table.set_index("month").to_dict("index")
    return {month: {kind: count for kind, count in row.items() if count} for month, row in rows.items()}


def test_every_kind_of_change_is_counted_in_its_month(deliver: Deliver) -> None:
    deliver(FIRST)
    new = deliver(
        "c1,2024-01-05,2024-01-06,2024-01-10,u1,cards,the fee\n"  # closed on another day
        "c2,2024-01-20,2024-01-21,2024-03-01,u1,loans,now told\n"  # closed, and told
        "c4,2024-02-03,2024-02-03,,u2,cards,a queue\n"  # open again
        "c5,2024-02-10,2024-02-11,,u2,cards,\n"  # should have been there
        "c6,2024-02-28,2024-03-02,,u2,cards,\n"  # was logged only afterwards
        "c7,2024-03-02,2024-03-02,,u2,cards,\n",
        "2024-03-31",
    )
    (changes,) = new.changes
    assert by_month(changes) == {
        "2024-01": {"rows": 2, "completed": 1, "revised": 1},
        "2024-02": {"rows": 2, "added": 2, "late": 1, "revised": 1, "vanished": 1},
        "2024-03": {"added": 1},
    }
    assert changes.columns.to_dict("records") == [
        {"column": "resolved_at", "completed": 1, "revised": 2},
        {"column": "narrative", "completed": 1, "revised": 0},
    ]
    assert (changes.rewritten, changes.share) == (4, pytest.approx(4 / 5))
    assert str(changes.before_as_of) == "2024-02-29"
    assert "3 rows added (1 of them late), 1 completed, 2 revised, 1 vanished" in changes.sentence


def test_a_first_delivery_and_the_same_again_have_nothing_to_compare_with(deliver: Deliver) -> None:
    assert deliver(FIRST).changes == ()
    assert deliver(FIRST).changes == ()
    assert deliver(FIRST, source="another").changes == ()


def test_the_order_of_rows_does_not_matter(deliver: Deliver) -> None:
    deliver(FIRST)
    (changes,) = deliver("".join(reversed(FIRST.splitlines(keepends=True)))).changes
    assert changes.table.empty
    assert changes.columns.empty
    assert (changes.rewritten, changes.share) == (0, 0)


def test_a_delivery_is_compared_with_the_one_before_it_however_often_it_is_asked(deliver: Deliver) -> None:
    second, third = FIRST.replace("the fee", "a fee"), FIRST.replace("a queue", "no queue")
    deliver(FIRST)
    once, later = deliver(second), deliver(third, "2024-03-31")
    assert deliver(FIRST).changes == ()
    again = deliver(second)
    assert again.changes[0].before == once.changes[0].before
    assert by_month(again.changes[0]) == by_month(once.changes[0]) == {"2024-01": {"rows": 2, "revised": 1}}
    assert later.changes[0].before == once.complaints.digest


def test_an_older_state_is_not_compared_with_a_newer_one(deliver: Deliver) -> None:
    deliver(FIRST, "2024-03-31")
    assert deliver(FIRST.replace("a queue", "b"), "2024-02-29").changes == ()


def test_the_log_names_each_delivery_once(deliver: Deliver, tmp_path: Path) -> None:
    tables = deliver(FIRST)
    deliver(FIRST)
    deliver(FIRST.replace("a queue", "b"))
    files = sorted((tmp_path / "store" / "deliveries" / "bank" / "complaints").iterdir())
    assert [file.name[:7] for file in files] == ["000001-", "000002-"]
    assert json.loads(files[0].read_text("utf-8")) == {
        "source": "bank",
        "table": "complaints",
        "digest": tables.complaints.digest,
        "as_of": "2024-02-29",
    }


def test_a_delivery_that_is_gone_is_passed_over(deliver: Deliver) -> None:
    first = deliver(FIRST)
    second = deliver(FIRST.replace("a queue", "b"))
    second.complaints.folder.rename(second.complaints.folder.with_name("elsewhere"))
    (changes,) = deliver(FIRST.replace("a queue", "c")).changes
    assert changes.before == first.complaints.digest


def test_rows_of_one_key_are_matched_in_their_order(take_in: Callable[..., Tables]) -> None:
    merged = {
        "period_start": {"column": "period_start"},
        "period": {"column": "period"},
        "complaints": {"column": "complaints"},
        "product": {"column": "product", "recode": {"old": "cards", "new": "cards"}},
    }

    def counts(old: int, new: int) -> Tables:
        both = [("old", old), ("new", new), ("loans", 5)]
        rows = [
            {"period_start": "2024-01-01", "period": "month", "product": product, "complaints": n}
            for product, n in both
        ]
        return take_in(complaint_counts=rows, columns={"complaint_counts": merged})

    before, after = counts(3, 3), counts(4, 4)
    assert by_month(compare_deliveries(before.complaint_counts, after.complaint_counts)) == {
        "2024-01": {"rows": 3, "revised": 2}
    }
    assert compare_deliveries(before.complaint_counts, counts(3, 3).complaint_counts).table.empty


CELLS = st.dictionaries(
    st.integers(0, 8), st.tuples(st.integers(1, 3), st.sampled_from(["", "x", "y"])), min_size=1, max_size=8
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=CELLS, new=CELLS)
def test_changes_are_those_of_a_comparison_row_by_row(
    take_in: Callable[..., Tables], old: dict[int, tuple[int, str]], new: dict[int, tuple[int, str]]
) -> None:
    def taken(cells: dict[int, tuple[int, str]]) -> Tables:
        rows = [
            {
                "complaint_id": f"c{k}",
                "received_at": f"2024-{m:02d}-03",
                "unit_id": "u",
                "product": "p",
                "category": v,
            }
            for k, (m, v) in cells.items()
        ]
        return take_in(complaints=rows)

    expected: Counter[tuple[str, str]] = Counter()
    for key in old.keys() | new.keys():
        month = f"2024-{old.get(key, new.get(key))[0]:02d}"
        if key not in old:
            fate = "added"
        elif key not in new:
            fate = "vanished"
        elif old[key] == new[key]:
            continue
        else:
            fate = "completed" if old[key][0] == new[key][0] and old[key][1] == "" else "revised"
        expected[month, fate] += 1
    changes = compare_deliveries(taken(old).complaints, taken(new).complaints)
    long = changes.table.melt("month", ["added", "completed", "revised", "vanished"], "fate", "n").query(
        "n > 0"
    )
    assert {(row.month, row.fate): row.n for row in long.itertuples()} == dict(expected)
    assert len(old) + changes.table["added"].sum() - changes.table["vanished"].sum() == len(new)
