"""Where data begin and end: lone dates far from all others define no span."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_table import take_source

import riskmodels as rm
from riskmodels.errors import ContractError
from riskmodels.reporting.listings import list_quality
from riskmodels.tables.spans import beginning, ending

pytestmark = pytest.mark.whole

SOURCE = """
id: t
title: t
country: GB
tables:
  complaints:
    file: c.csv
    format: csv
    columns: {complaint_id: {column: "#row"}, received_at: {column: received}, logged_at: {column: logged},
              unit_id: {value: u}, product: {value: card}}
"""


def take(folder, lone=(), extra="", rows=400):
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=i % 360) for i in range(rows)]
    lines = [f"{day},{day + dt.timedelta(days=i % 9)}" for i, day in enumerate(days)]
    lines += [f"{day},2024-03-01" if day < "2024" else f"{day},{day}" for day in lone]
    return take_source(folder, "received,logged\n" + "\n".join(lines) + "\n", SOURCE + extra)


@pytest.mark.parametrize(
    "lone",
    [["1900-01-01"], ["1970-01-01"], ["1900-01-01", "1970-01-01"], ["1900-01-01"] * 12, ["2015-06-30"]],
)
def test_a_lone_date_defines_no_span(tmp_path, lone):
    tables = take(tmp_path, lone)
    panel = rm.build_panel(tables.complaints, by=[])
    assert (str(panel.periods[0]), panel.rows_before) == ("2024-01", len(lone))
    rows = "1 row of days before is" if len(lone) == 1 else f"{len(lone)} rows of days before are"
    assert f"{rows} left out" in panel.sentence
    now = rm.nowcast(tables.complaints)
    assert (str(now.periods[0]), now.rows_before) == ("2024-01", len(lone))
    frame = tables.complaints.frame()
    assert rm.nowcast(frame, as_of=tables.as_of).table.equals(now.table)
    assert "observed_from" in list_quality(tables).sentence
    assert rm.data_quality(tables).coverage["month"].iloc[0] == "2024-01"


def test_a_lone_day_at_the_end_is_not_what_the_source_knows_up_to(tmp_path):
    tables = take(tmp_path, ["2026-07-31"])
    assert tables.as_of == dt.date(2024, 12, 25)


def test_the_span_can_be_declared(tmp_path):
    panel = rm.build_panel(take(tmp_path, extra="    observed_from: 2023-07\n").complaints, by=[])
    assert (str(panel.periods[0]), panel.values[0, :6].sum(), panel.rows_before) == ("2023-07", 0, 0)
    cut = rm.build_panel(take(tmp_path, extra="    observed_from: 2024-03\n").complaints, by=[])
    assert (str(cut.periods[0]), cut.rows_before) == ("2024-03", 100)


def test_more_than_a_century_is_a_message():
    days = pd.date_range("1900-01-01", "2024-12-31", freq="7D")
    rows = pd.DataFrame({"received_at": days, "logged_at": days})
    with pytest.raises(ContractError, match="more than a century"):
        rm.nowcast(rows, as_of="2024-12-31")


def test_lone_losses_do_not_thin_the_others(tmp_path):
    rng = np.random.default_rng(1)
    days = np.datetime64("2019-01-01") + rng.integers(0, 2190, 600)
    lines = [f"L{i},{day},{day},{np.exp(rng.normal(9, 1.5)):.2f}" for i, day in enumerate(days)]
    for lone in ([], ["2014-03-01"], ["1900-01-01"]):
        more = [f"M{i},{day},2020-03-01,5000" for i, day in enumerate(lone)]
        (tmp_path / "l.csv").write_text("id,d,r,x\n" + "\n".join(lines + more) + "\n", encoding="utf-8")
        (tmp_path / "l.yaml").write_text(
            "id: t\ntitle: t\ncountry: GB\nas_of: 2024-12-31\ntables:\n  losses:\n    file: l.csv\n    format: csv\n"
            "    columns: {loss_id: {column: id}, occurred_on: {column: d}, recorded_on: {column: r},"
            " unit_id: {value: u}, event_type: {value: fraud}, gross_loss: {column: x}}\n",
            encoding="utf-8",
        )
        found = rm.assess_losses(rm.ingest(tmp_path / "l.yaml", store=tmp_path / "store").losses, draws=100)
        assert found.distribution.table["losses"].iloc[-1] == pytest.approx(100, abs=2)
        assert found.losses_before == len(lone)
        assert ("far from all others, " in found.sentence) == bool(lone)


@given(
    rows=st.lists(st.integers(0, 50), min_size=2, max_size=60).filter(lambda found: found[0] and found[-1]),
    at=st.integers(-500, 500),
)
def test_data_without_a_gap_of_a_year_begin_where_they_begin(rows, at):
    months = at + np.flatnonzero(rows)
    counts = np.array([number for number in rows if number])
    if np.diff(months).max(initial=0) <= 12:
        assert (beginning(months, counts), ending(months, counts)) == (months[0], months[-1])


@given(
    gap=st.integers(13, 1500),
    lone=st.integers(1, 3),
    rows=st.lists(st.integers(20, 90), min_size=1, max_size=60),
)
def test_lone_months_far_away_are_left_out(gap, lone, rows):
    months = np.append(0, gap + np.arange(len(rows)))
    counts = np.append(lone, rows)
    assert beginning(months, counts) == gap
    assert ending(-months[::-1], counts[::-1]) == -gap
