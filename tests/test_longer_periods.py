"""Counts and indicators by quarter, half-year and year: panels, forecasts and rates of their own periods."""

import pandas as pd
import pytest

import riskmodels as rm
from riskmodels.catalogue import indicators
from riskmodels.errors import ContractError, ParameterError
from riskmodels.sources import ingest
from riskmodels.sources.drafts import draft_source

pytestmark = pytest.mark.whole

HEAD = "id: longer\ntitle: t\ncountry: GB\nas_of: 2024-12-31\ntables:\n"
OBSERVED = """  observations:
    file: observations.csv
    format: csv
    columns:
      indicator_id: {column: indicator}
      unit_id: {column: unit}
      month: {column: period, format: period}
      period: {column: period, format: period}
      numerator: {column: n}
      denominator: {column: d}
"""


def observed(tmp_path, rows, mapping=OBSERVED):
    frame = pd.DataFrame(rows, columns=["indicator", "unit", "period", "n", "d"])
    frame.to_csv(tmp_path / "observations.csv", index=False)
    (tmp_path / "source.yaml").write_text(HEAD + mapping, encoding="utf-8")
    return ingest(tmp_path / "source.yaml", store=tmp_path / "store")


def values(tables, freq, *names, periods=None):
    policy = rm.load_policy("params/policy", on="2026-10-01")
    table = indicators(tables, policy, freq=freq, periods=periods).table
    return {
        (row.indicator_id, row.period): round(row.value, 9)
        for row in table.itertuples()
        if row.indicator_id in names
    }


def reason(tables, name, *, periods):
    policy = rm.load_policy("params/policy", on="2026-10-01")
    found = indicators(tables, policy, periods=periods).unavailable
    return found.set_index("indicator_id")["reason"][name]


def test_a_quarter_of_observations_weighs_three_months(tmp_path):
    rows = [("education_reach", unit, f"2024Q{q}", 300, 1) for unit in "ab" for q in (1, 2)]
    rows += [("education_reach", "a", f"2024-0{month}", 100, 1) for month in (7, 8, 9)]
    tables = observed(tmp_path, rows)
    assert values(tables, "Q", "education_reach") == {
        ("education_reach", "2024Q1"): 300,
        ("education_reach", "2024Q2"): 300,
        ("education_reach", "2024Q3"): 300,
    }
    assert set(values(tables, "M", "education_reach")) == {
        ("education_reach", f"2024-0{month}") for month in (7, 8, 9)
    }


def test_half_years_have_the_rate_of_their_own_period_and_its_name(tmp_path):
    rows = [("text_alert_rate", "a", period, n, 1000) for period, n in (("2024 H1", 5), ("2024 H2", 8))]
    tables = observed(tmp_path, rows)
    assert values(tables, "H", "text_alert_rate") == {
        ("text_alert_rate", "2024H1"): 5,
        ("text_alert_rate", "2024H2"): 8,
    }
    assert values(tables, "Y", "text_alert_rate") == {("text_alert_rate", "2024"): 6.5}
    assert not values(tables, "Q", "text_alert_rate")
    said = "the source gives it by half-years, not by quarters; {}: {} per 1,000 interactions"
    assert reason(tables, "text_alert_rate", periods=["2024Q4"]) == said.format("2024H2", 8)
    assert reason(tables, "text_alert_rate", periods=["2024Q2"]) == said.format("2024H1", 5)


def test_years_are_no_half_years(tmp_path):
    tables = observed(tmp_path, [("text_alert_rate", "a", period, 5, 1000) for period in ("2023", "2024")])
    policy = rm.load_policy("params/policy", on="2026-10-01")
    found = indicators(tables, policy, freq="H", periods=["2024H2"]).unavailable
    said = found.set_index("indicator_id")["reason"]["text_alert_rate"]
    assert said == "the source gives it by years, not by half-years; 2024: 5 per 1,000 interactions"


def test_years_that_begin_in_april_are_named_by_their_months(tmp_path):
    mapping = OBSERVED.replace("format: period", "format: year from 04", 1).replace(
        "{column: period, format: period}", "{value: year}"
    )
    rows = [("text_alert_rate", "a", "2022-23", 5, 1000), ("text_alert_rate", "a", "2023-24", 8, 1000)]
    tables = observed(tmp_path, rows, mapping)
    named = {("text_alert_rate", "2022-04/2023-03"): 5, ("text_alert_rate", "2023-04/2024-03"): 8}
    assert values(tables, "Y", "text_alert_rate") == named
    asked = values(tables, "Y", "text_alert_rate", periods=["2023-04/2024-03"])
    assert asked == {("text_alert_rate", "2023-04/2024-03"): 8}
    assert reason(tables, "text_alert_rate", periods=["2024Q2"]).endswith(
        "2023-04/2024-03: 8 per 1,000 interactions"
    )
    with pytest.raises(ParameterError, match="expected a period like 2026 or 2025-04/2026-03"):
        values(tables, "Y", periods=["garbage"])


def test_a_row_that_cannot_be_read_leaves_its_quarter_unknown(tmp_path):
    rows = [
        ("text_alert_rate", unit, f"2024Q{q}", "*" if (unit, q) == ("b", 2) else 5, 1000)
        for unit in "ab"
        for q in (1, 2)
    ]
    assert values(observed(tmp_path, rows), "Q", "text_alert_rate") == {("text_alert_rate", "2024Q1"): 5}


def test_a_month_declared_unknown_makes_its_quarter_unknown(tmp_path):
    rows = [("text_alert_rate", "a", f"2024Q{q}", 5, 1000) for q in (1, 2)]
    tables = observed(tmp_path, rows, OBSERVED + '    unknown: ["2024-05"]\n')
    assert values(tables, "Q", "text_alert_rate") == {("text_alert_rate", "2024Q1"): 5}


def test_minutes_of_service_by_quarter_have_the_outages_of_all_their_months(tmp_path):
    incidents = "  incidents: {file: incidents.csv, format: csv}\n"
    pd.DataFrame(
        [
            ("i1", "outage", "2024-02-10 10:00", "2024-02-10 11:00"),
            ("i2", "outage", "2024-03-10 10:00", "2024-03-10 10:30"),
        ],
        columns=["incident_id", "kind", "started_at", "ended_at"],
    ).to_csv(tmp_path / "incidents.csv", index=False)
    rows = [("system_availability", "", "2024Q1", 131_040 - 90, 131_040)]
    tables = observed(tmp_path, rows, OBSERVED + incidents)
    policy = rm.load_policy("params/policy", on="2026-10-01")
    (row,) = indicators(tables, policy).table.query("indicator_id == 'system_availability'").itertuples()
    assert (row.period, row.numerator, row.squares) == ("2024Q1", 130_950, 60**2 + 30**2)


def test_quarters_without_a_word_of_what_a_row_covers_are_refused(tmp_path):
    mapping = OBSERVED.replace("      period: {column: period, format: period}\n", "")
    with pytest.raises(ParameterError, match="say what a row covers, period"):
        observed(tmp_path, [("text_alert_rate", "a", "2024Q1", 5, 1000)], mapping)


def test_rows_three_months_apart_are_a_doubt(tmp_path):
    mapping = OBSERVED.replace("      period: {column: period, format: period}\n", "").replace(
        ", format: period", ', format: "%Y-%m"'
    )
    rows = [("education_reach", "a", month, 300, 1) for month in ("2024-03", "2024-06", "2024-09")]
    doubts = rm.tables.find_holes(observed(tmp_path, rows, mapping))["doubt"]
    assert (
        doubts.str.contains("if each is of all 3 months, say period: {value: quarter}", regex=False).sum()
        == 1
    )


def test_a_draft_of_quarterly_observations_says_what_a_row_covers(tmp_path):
    file = tmp_path / "kpi.csv"
    file.write_text(
        "indicator,branch,quarter,numerator,denominator\n"
        + "".join(f"education_reach,{b},2024Q{q},{100 + q},1\n" for b in "ab" for q in (1, 2, 3, 4))
    )
    drafted = draft_source(file, target=tmp_path / "s.yaml", table="observations")
    assert "period: {value: quarter}" in drafted.text


# ---- counts: the frequency of the data ----


def counted(tmp_path, rows, *, exposure=False):
    pd.DataFrame(rows, columns=["unit_id", "product", "period_start", "period", "complaints"]).to_csv(
        tmp_path / "counts.csv", index=False
    )
    text = HEAD + "  complaint_counts: {file: counts.csv, format: csv}\n"
    if exposure:
        months = pd.period_range("2023-01", "2024-12", freq="M")
        pd.DataFrame(
            [("a", "card", f"{month}-01", 2000) for month in months],
            columns=["unit_id", "product", "month", "accounts"],
        ).to_csv(tmp_path / "exposure.csv", index=False)
        text += "  exposure: {file: exposure.csv, format: csv}\n"
    (tmp_path / "source.yaml").write_text(text, encoding="utf-8")
    return ingest(tmp_path / "source.yaml", store=tmp_path / "store")


@pytest.mark.parametrize(
    ("period", "starts", "freq", "ahead"),
    [
        ("month", pd.period_range("2022-01", "2024-12", freq="M"), "M", 6),
        ("quarter", pd.period_range("2020Q1", "2024Q4", freq="Q"), "Q", 2),
        ("year", pd.period_range("2010", "2024", freq="Y"), "Y", 1),
    ],
)
def test_panel_and_forecast_have_the_frequency_of_the_data(tmp_path, period, starts, freq, ahead):
    rows = [
        ("a", "card", f"{one.start_time:%Y-%m-%d}", period, 50 + 7 * (n % 5)) for n, one in enumerate(starts)
    ]
    table = counted(tmp_path, rows).complaint_counts
    panel = rm.build_panel(table, by=["product"])
    assert panel.periods.equals(pd.PeriodIndex(starts, name=panel.periods.name))
    assert panel.covering(6) == ahead
    outlook = rm.forecast(panel, horizon=panel.covering(6), method="empirical24")
    rm.listings.list_outlook(outlook)
    rm.listings.list_factors(rm.explain(outlook, rm.outlook_before(table, outlook)))
    record = rm.track_record(table, by=["product"], method="empirical24")
    assert record is None or record.horizon == panel.covering(3)
    rm.listings.list_scores(record)
    for drawn in (panel, outlook, *([record] if record else [])):
        rm.plot(drawn)


def test_the_complaint_rate_of_half_years(tmp_path):
    rows = [
        ("a", "card", f"{year}-{month}-01", "half_year", n)
        for year, month, n in ((2023, "07", 30), (2024, "01", 40), (2024, "07", 50))
    ]
    tables = counted(tmp_path, rows, exposure=True)
    found = values(tables, "H", "complaint_rate")  # 2,000 accounts: 1,000 account-years in half a year
    assert found == {
        ("complaint_rate", "2023H2"): 30,
        ("complaint_rate", "2024H1"): 40,
        ("complaint_rate", "2024H2"): 50,
    }
    assert reason(tables, "complaint_rate", periods=["2024Q3"]) == (
        "the source gives it by half-years, not by quarters; 2024H2: 50 per 1,000 accounts and year"
    )


def test_a_half_year_that_has_not_ended_has_no_rate(tmp_path):
    rows = [("a", "card", "2024-01-01", "half_year", 40)]
    tables = counted(tmp_path, rows, exposure=True)
    late = (tmp_path / "source.yaml").read_text().replace("2024-12-31", "2024-10-31")
    (tmp_path / "source.yaml").write_text(late)
    tables = ingest(tmp_path / "source.yaml", store=tmp_path / "store")
    assert values(tables, "H", "complaint_rate") == {("complaint_rate", "2024H1"): 40}


def test_half_years_from_april_and_from_january_are_no_years_together(tmp_path):
    rows = [("a", "card", "2023-04-01", "half_year", 40), ("a", "card", "2024-01-01", "half_year", 40)]
    with pytest.raises(ContractError, match="years that begin in different months"):
        rm.build_panel(counted(tmp_path, rows).complaint_counts, by=[])


def test_half_years_from_april_lie_in_years_from_april(tmp_path):
    rows = [("a", "card", day, "half_year", n) for day, n in (("2023-04-01", 40), ("2023-10-01", 50))]
    panel = rm.build_panel(counted(tmp_path, rows).complaint_counts, by=[])
    assert (panel.values.tolist(), panel.periods.freqstr) == ([[90]], "Y-MAR")


@pytest.mark.parametrize("product", ["cards", "Cards"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_month_within_a_quarter_of_its_cell_is_not_added_to_it(take_in, product, turned) -> None:
    cell = {"unit_id": "B1", "product": "cards"}
    rows = [
        cell | {"period_start": "2024-10-01", "period": "quarter", "complaints": 30},
        cell | {"period_start": "2024-11-01", "period": "month", "complaints": 10, "product": product},
        cell | {"period_start": "2024-11-01", "period": "month", "complaints": 7, "product": "loans"},
        cell | {"period_start": "2024-09-01", "period": "month", "complaints": 5},
    ]
    table = take_in(complaint_counts=rows[::-1] if turned else rows).complaint_counts
    assert sorted(table.frame()["complaints"]) == [5, 7, 30]
    assert list(table.rejected["rule"].str.startswith("duplicate of an accepted row")) == [True]
    assert not table.rejected["cell"].notna().any()
    doubt = next(words for words in table.provenance.doubts if "longer one" in words)
    assert "1 (month from 2024-11-01 in quarter from 2024-10-01 of unit_id 'B1', product" in doubt


def test_a_longer_count_that_is_not_known_leaves_its_months_alone(take_in) -> None:
    rows = [
        {"period_start": "2024-10-01", "period": "quarter", "complaints": ""},
        {"period_start": "2024-11-01", "period": "month", "complaints": 10},
    ]
    assert len(take_in(complaint_counts=rows).complaint_counts.frame()) == 2


def test_an_observation_of_a_month_within_a_quarter_is_not_added_to_it(take_in) -> None:
    row = {"indicator_id": "education_reach", "unit_id": "", "denominator": 1}
    rows = [
        row | {"month": "2024-10-01", "period": "quarter", "numerator": 500},
        row | {"month": "2024-11-01", "period": "", "numerator": 200},
    ]
    exposure = [{"unit_id": "B1", "product": "c", "month": "2024-10-01", "accounts": 1}]
    found = take_in(observations=rows, exposure=exposure).observations
    assert list(found.frame()["numerator"]) == [500]


@pytest.mark.parametrize("longer", ["quarter", "half_year", "year"])
@pytest.mark.parametrize("turned", [False, True])
def test_january_is_not_the_year_that_begins_with_it(take_in, longer, turned) -> None:
    rows = [
        {"unit_id": "B1", "period_start": "2024-01-01", "period": period, "complaints": n}
        for period, n in (("month", 10), (longer, 130), (longer, 130))
    ]
    table = take_in(complaint_counts=rows[::-1] if turned else rows).complaint_counts
    assert table.frame()[["period", "complaints"]].to_numpy().tolist() == [[longer, 130]]
    assert sorted(table.rejected["rule"]) == [
        "duplicate of an accepted row",
        "duplicate of an accepted row: its period lies in a longer one of the same cell",
    ]
    assert not table.rejected["cell"].notna().any()
    assert f"1 (month from 2024-01-01 in {longer} from 2024-01-01 of unit_id" in " ".join(
        table.provenance.doubts
    )


def test_january_stays_where_the_year_that_begins_with_it_is_not_known(take_in) -> None:
    rows = [
        {"period_start": "2024-01-01", "period": period, "complaints": n}
        for period, n in (("year", ""), ("month", 10))
    ]
    assert len(take_in(complaint_counts=rows).complaint_counts.frame()) == 2


def test_an_observation_of_a_month_is_one_whether_or_not_it_says_so(take_in) -> None:
    row = {"indicator_id": "education_reach", "unit_id": "", "month": "2024-10-01", "denominator": 1}
    rows = [row | {"period": period, "numerator": 500} for period in ("month", "")]
    exposure = [{"unit_id": "B1", "product": "c", "month": "2024-10-01", "accounts": 1}]
    found = take_in(observations=rows, exposure=exposure).observations
    assert list(found.rejected["rule"]) == ["duplicate of an accepted row"]


def test_a_year_in_place_of_its_january_is_a_row_of_its_own(tmp_path) -> None:
    counted(tmp_path, [("a", "card", "2024-01-01", "month", 9)])
    (changes,) = counted(tmp_path, [("a", "card", "2024-01-01", "year", 9)]).changes
    assert (changes.table["vanished"].sum(), changes.table["revised"].sum()) == (1, 0)


def test_a_bank_of_years_is_refused_a_scorecard_with_the_reason(tmp_path, default_policy) -> None:
    tables = counted(tmp_path, [("a", "card", "2024-01-01", "year", 90)], exposure=True)
    said = (
        "A scorecard needs quarters: complaint_rate: the source gives it by years, not by quarters; 2024: 45"
    )
    with pytest.raises(ParameterError, match=said):
        rm.score(tables, default_policy, period="2024Q4")


def test_the_outlook_of_counts_has_their_data_quality(tmp_path) -> None:
    days = pd.period_range("2019Q1", "2024Q4", freq="Q").start_time
    tables = counted(tmp_path, [("a", "card", f"{day:%Y-%m-%d}", "quarter", 9) for day in days])
    panel = rm.build_panel(tables.counted, by=["product"])
    outlook = rm.forecast(panel, horizon=1, method="seasonal_naive")
    listing = rm.listings.list_outlook(outlook, quality=rm.data_quality(tables))
    assert list(listing.frame["Data quality"]) == ["100%"]
