"""What could not be read of a table of counts is unknown, and so is every total over it; it is never zero."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.catalogue import find_doubts, indicators
from riskmodels.forecasting import forecast
from riskmodels.panel import build_panel
from riskmodels.sources import ingest

pytestmark = pytest.mark.whole

MONTHS = [f"2024-{month:02d}-01" for month in range(1, 7)]
PARTS = ("cards", "loans", "funds")


def counts(rows):
    return [
        {"period_start": month, "period": "month", "product": product, "complaints": count}
        for month, product, count in rows
    ]


def numbers(values) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


@pytest.mark.parametrize("mark", ["*", "<5", "n/a", "N/A", "..", "< 10", "＜5", "少于5", "[c]"])
def test_a_suppressed_count_is_said_to_be_suppressed_and_is_unknown(take_in, mark) -> None:
    rows = [
        (MONTHS[0], "cards", 120),
        (MONTHS[0], "loans", mark),
        (MONTHS[1], "cards", 100),
        (MONTHS[1], "loans", 7),
    ]
    table = take_in(complaint_counts=counts(rows), as_of="2024-02-29").complaint_counts
    assert list(table.rejected["rule"]) == ["complaints is suppressed"]
    assert numbers(build_panel(table, by=["product"]).values[1]) == [None, 7]
    assert numbers(build_panel(table, by=[]).values[0]) == [None, 107]


@pytest.mark.parametrize("wrong", ["12x", "-3", "1,2"])
def test_a_rejected_count_makes_its_cell_unknown(take_in, wrong) -> None:
    rows = [(MONTHS[0], "cards", 120), (MONTHS[0], "loans", wrong), (MONTHS[1], "loans", 7)]
    table = take_in(complaint_counts=counts(rows), as_of="2024-02-29").complaint_counts
    assert numbers(build_panel(table, by=["product"]).values.ravel()) == [120, 0, None, 7]
    assert numbers(build_panel(table, by=[]).values[0]) == [None, 7]


@pytest.mark.parametrize("column", ["unit_id", "product", "channel", "customer_group"])
@pytest.mark.parametrize(("name", "other"), [("B1", "b1"), ("cards", "Cards"), ("10", "010")])
def test_a_rejected_count_in_another_spelling_makes_its_cell_unknown(take_in, column, name, other) -> None:
    rows = [{"period_start": month, "period": "month", column: name, "complaints": 30} for month in MONTHS]
    rows[-1] |= {column: other, "complaints": "n.a."}
    table = take_in(complaint_counts=rows, as_of="2024-06-30").complaint_counts
    panel = build_panel(table, by=[column])
    assert [numbers(series) for series in panel.values] == [[30] * 5 + [None]]
    assert f"{column}: one name in several spellings was joined" in table.provenance.doubts[-1]


def test_a_double_that_contradicts_makes_its_cell_unknown_and_one_that_agrees_does_not(take_in) -> None:
    rows = [
        (MONTHS[0], "cards", 5),
        (MONTHS[0], "cards", 5),
        (MONTHS[0], "loans", 5),
        (MONTHS[0], "loans", 6),
    ]
    table = take_in(complaint_counts=counts(rows), as_of="2024-01-31").complaint_counts
    assert table.provenance.rows_rejected == 2
    assert numbers(build_panel(table, by=["product"]).values[:, 0]) == [5, None]


def test_accounts_that_could_not_be_read_are_unknown_in_the_panel_and_in_the_rate(
    take_in, default_policy
) -> None:
    complaints = [
        {"complaint_id": f"c{n}", "received_at": f"2024-0{1 + n % 3}-05", "unit_id": "u1", "product": product}
        for n, product in enumerate(["cards", "loans"] * 15)
    ]
    exposure = [
        {"unit_id": "u1", "product": product, "month": month, "accounts": 1200}
        for month in MONTHS[:3]
        for product in ("cards", "loans")
    ]
    exposure[1]["accounts"] = "*"
    tables = take_in(complaints=complaints, exposure=exposure, as_of="2024-03-31")
    panel = build_panel(tables.complaints, by=[], exposure=(tables.exposure, "accounts"))
    assert numbers(panel.exposure[0]) == [None, 2400, 2400]
    table = indicators(tables, default_policy, periods=["2024Q1"]).table.set_index("indicator_id")
    assert table.loc["complaint_rate", ["numerator", "denominator"]].tolist() == [25, 500]


def test_the_forecast_takes_a_suppressed_month_for_unknown(take_in) -> None:
    rows = [
        (f"{year}-{month:02d}-01", "cards", 100 if month % 3 else "*")
        for year in (2021, 2022, 2023, 2024)
        for month in range(1, 13)
    ]
    table = take_in(complaint_counts=counts(rows), as_of="2024-12-31").complaint_counts
    outlook = forecast(build_panel(table, by=[]), horizon=3)
    np.testing.assert_allclose(outlook.mean, 100, rtol=0.1)


@given(
    cells=st.lists(
        st.tuples(
            st.sampled_from(MONTHS),
            st.sampled_from(PARTS),
            st.integers(0, 99) | st.sampled_from(["*", "?x", "-1"]),
        ),
        min_size=1,
        max_size=18,
        unique_by=lambda cell: cell[:2],
    )
)
@settings(max_examples=12)
def test_a_total_is_known_exactly_where_all_of_its_rows_could_be_read(take_in, cells) -> None:
    cells = [*cells, ("2024-07-01", "cards", 1)]
    table = take_in(complaint_counts=counts(cells), as_of="2024-07-31").complaint_counts
    panel = build_panel(table, by=[])
    for place, month in enumerate(panel.periods.start_time.strftime("%Y-%m-%d")):
        inside = [count for at, _, count in cells if at == month]
        known = all(isinstance(count, int) for count in inside)
        assert numbers(panel.values[0])[place] == (sum(inside) if known else None)


# ---- ratios that the bank supplies ----


def ratios(indicator="on_time_rate", **changed):
    """Six months of two units; ``changed``: figures of the numerator of a unit in May, such as u1="n/a"."""
    return [
        {
            "indicator_id": indicator,
            "unit_id": unit,
            "month": f"2024-0{month}-01",
            "numerator": changed.get(unit, 8) if month == 5 else 10 * month,
            "denominator": 100,
        }
        for unit in ("u1", "u2")
        for month in range(1, 7)
    ]


def supplied(take_in, rows):
    case = {"complaint_id": "c", "received_at": "2024-01-01", "unit_id": "u1", "product": "card"}
    return take_in(complaints=[case], observations=rows)


def shares(tables, default_policy, indicator="on_time_rate", **settings):
    table = indicators(tables, default_policy, **settings).table
    chosen = table[table["indicator_id"] == indicator]
    names = [column for column in ("unit_id", "period") if column in chosen]
    return {tuple(row[:-1]): row[-1] for row in chosen[[*names, "value"]].itertuples(index=False)}


@pytest.mark.parametrize(
    ("indicator", "mark"),
    [("on_time_rate", "n/a"), ("on_time_rate", "101"), ("system_availability", "<5"), ("bot_accuracy", "x")],
)
def test_a_ratio_with_a_month_that_cannot_be_read_is_unknown(
    take_in, default_policy, mark, indicator
) -> None:
    tables = supplied(take_in, ratios(indicator, u1=mark))
    found = shares(tables, default_policy, indicator, by=["unit_id"])
    assert set(found) == {("u1", "2024Q1"), ("u2", "2024Q1"), ("u2", "2024Q2")}
    assert set(shares(tables, default_policy, indicator)) == {("2024Q1",)}  # nor has the bank one
    months = shares(tables, default_policy, indicator, by=["unit_id"], freq="M")
    assert len(months) == 11
    assert ("u1", "2024-05") not in months


def test_of_a_stock_a_last_month_that_cannot_be_read_is_not_the_month_before(take_in, default_policy) -> None:
    rows = [row for row in ratios("retention", u1="n/a") if row["month"] < "2024-06"]
    found = shares(supplied(take_in, rows), default_policy, "retention", by=["unit_id"])
    assert found == {("u1", "2024Q1"): 0.3, ("u2", "2024Q1"): 0.3, ("u2", "2024Q2"): 0.08}
    whole = supplied(take_in, ratios("retention", u1="n/a"))
    later = shares(whole, default_policy, "retention", by=["unit_id"])
    assert later["u1", "2024Q2"] == 0.6


def test_a_ratio_given_twice_and_not_alike_is_unknown(take_in, default_policy) -> None:
    rows = ratios()
    found = shares(supplied(take_in, [*rows, rows[4] | {"numerator": 1}]), default_policy, by=["unit_id"])
    assert ("u1", "2024Q2") not in found
    assert len(shares(supplied(take_in, [*rows, rows[4]]), default_policy, by=["unit_id"])) == 4


@pytest.mark.parametrize(
    ("table", "bad"),
    [
        (
            "surveys",
            {"survey_id": "s9", "answered_on": "2024-02-01", "unit_id": "u", "rating": "very"},
        ),
        (
            "inspections",
            {
                "inspection_id": "i9",
                "inspected_on": "2024-02-01",
                "unit_id": "u",
                "kind": "compliance",
                "items": "*",
                "passed": "1",
            },
        ),
        (
            "losses",
            {
                "loss_id": "l9",
                "occurred_on": "2024-02-01",
                "recorded_on": "2024-02-02",
                "unit_id": "u",
                "event_type": "fraud",
                "gross_loss": "withheld",
            },
        ),
    ],
)
def test_rejected_cases_are_named_since_no_figure_has_them(take_in, table, bad) -> None:
    whole = bad | {"rating": 4} if table == "surveys" else bad | {"items": 4, "gross_loss": 10}
    whole = {key: value for key, value in whole.items() if key in bad}
    rows = [whole | {next(iter(bad)): f"x{n}"} for n in range(3)]
    case = {"complaint_id": "c", "received_at": "2024-01-01", "unit_id": "u", "product": "card"}
    said = find_doubts(take_in(complaints=[case], as_of="2024-02-02", **{table: [*rows, bad]}))
    words = [text for text in said[said["table"] == table]["doubt"] if "rejected" in text]
    assert [text.partition(";")[0] for text in words] == ["rows rejected: 1 of 4"]
    again = take_in(complaints=[case], as_of="2024-02-02", **{table: [*rows, rows[0]]})
    assert not find_doubts(again)["doubt"].str.contains("rejected").any()


# ---- rejected rows of a table with a case per row ----

REJECTING = """id: lost
title: t
country: GB
as_of: 2024-12-31
tables:
  surveys: {file: surveys.csv, format: csv}
  inspections: {file: inspections.csv, format: csv}
"""


def with_rejected(tmp_path):
    answered = [f"s{n},2024-{7 + n % 6:02}-05,{'ab'[n % 2]},{4 if n else 9}" for n in range(12)]
    (tmp_path / "surveys.csv").write_text(
        "survey_id,answered_on,unit_id,rating\n" + "\n".join([*answered, answered[1]])
    )
    inspected = ["i1,2024-08-01,a,mystery_shopper,10,9", "i2,2024-09-01,a,mystery_shopper,10,11"]
    inspected += ["i3,2024-09-01,b,recording_check,10,8", "i4,no day,b,recording_check,10,8"]
    (tmp_path / "inspections.csv").write_text(
        "inspection_id,inspected_on,unit_id,kind,items,passed\n" + "\n".join(inspected)
    )
    (tmp_path / "source.yaml").write_text(REJECTING, encoding="utf-8")
    return ingest(tmp_path / "source.yaml", store=tmp_path / "store")


def test_a_figure_says_how_many_rejected_rows_it_lacks(tmp_path, default_policy):
    tables = with_rejected(tmp_path)
    whole = indicators(tables, default_policy)
    table = whole.table.set_index(["indicator_id", "period"])["left_out"].to_dict()
    assert table["satisfaction", "2024Q3"] == 1  # rating 9; a double is no loss
    assert table["satisfaction", "2024Q4"] == 0
    assert table["mystery_shopper_pass", "2024Q3"] == 1
    assert table["recording_check_pass", "2024Q3"] == 0  # the row without a day belongs to no period
    assert "mystery_shopper_pass 1, satisfaction 1" in whole.sentence
    parts = indicators(tables, default_policy, by=["unit_id"], periods=["2024Q3"]).table
    lost = parts[parts["indicator_id"] == "satisfaction"].set_index("unit_id")["left_out"].to_dict()
    assert lost == {"a": 1, "b": 0}


def test_a_rejected_row_without_a_kind_may_be_of_each(take_in, default_policy):
    kinds = ("mystery_shopper", "recording_check", "")
    rows = [
        {"inspection_id": f"i{kind}", "inspected_on": "2024-08-01", "unit_id": "a", "kind": kind, "items": 10,
         "passed": 9}
        for kind in kinds
    ]  # fmt: skip
    found = indicators(take_in(inspections=rows), default_policy).table
    assert found.set_index("indicator_id")["left_out"].to_dict() == {
        "mystery_shopper_pass": 1,
        "recording_check_pass": 1,
    }


def test_a_rejected_row_of_another_kind_is_no_loss(take_in, default_policy):
    """Of incidents and channels, too: an indicator says of which kinds of rows it is made."""
    kinds = ("outage", "fault", "security", "")
    days = {"started_at": "2024-08-01", "responded_at": "2024-08-01"}
    incidents = [
        {"incident_id": f"g{kind}", "kind": kind or "outage", "ended_at": ""} | days for kind in kinds
    ]
    incidents += [
        {"incident_id": f"b{kind}", "kind": kind, "ended_at": "2024-07-01"} | days for kind in kinds
    ]
    answers = [
        {
            "survey_id": f"s{channel}{rating}",
            "answered_on": "2024-08-01",
            "unit_id": "u",
            "channel": channel,
            "rating": rating,
        }
        for channel in ("branch", "mobile_app")
        for rating in (5, 9)
    ]  # fmt: skip
    case = {"complaint_id": "c", "received_at": "2024-01-01", "unit_id": "u", "product": "card"}
    tables = take_in(complaints=[case], incidents=incidents, surveys=answers)
    found = indicators(tables, default_policy, periods=["2024Q3"]).table.set_index("indicator_id")
    assert found["left_out"].to_dict() == {
        "fault_response_30min": 3,
        "security_incidents": 2,
        "satisfaction": 2,
        "good_rating_rate": 1,
        "online_satisfaction": 1,
    }


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        ([], "all 2 rows of the source's table 'surveys' were rejected"),
        ([5], "all 2 rows that the source's table 'surveys' has for it in the period were rejected"),
        ([5, 4], "all 2 rows that the source's table 'surveys' has for it in the period were rejected"),
    ],
)
def test_where_all_rows_were_rejected_that_is_said(take_in, default_policy, earlier, words) -> None:
    rows = [{"survey_id": f"b{n}", "answered_on": "2024-05-03", "rating": 9} for n in range(2)]
    rows += [{"survey_id": f"a{n}", "answered_on": "2024-01-03", "rating": r} for n, r in enumerate(earlier)]
    rows = [row | {"unit_id": "B1"} for row in rows]
    tables = take_in(surveys=rows, as_of="2024-06-30")
    found = indicators(tables, default_policy, periods=["2024Q2"]).unavailable.set_index("indicator_id")
    assert words in set(found["reason"])
