"""The synthetic bank keeps its contracts, is the same every time, and holds the truths it states."""

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import holidays
import numpy as np
import pandas as pd
import pytest

from riskmodels.errors import ParameterError
from riskmodels.privacy import mask_personal_data
from riskmodels.sample import SampleBank, sample_bank, write_sample_bank
from riskmodels.sample.days import working_days
from riskmodels.sample.dictionary import data_dictionary
from riskmodels.tables.canonical import CONTRACTS

COMMITTED = Path(__file__).parents[1] / "data" / "sample"
CELL = ["unit_id", "product", "month"]
END = pd.Timestamp("2026-09-01")
GIVEN = [name for name in CONTRACTS if name != "complaint_counts"]
LIMIT = 3.0  # standard errors that a measured truth may be away from what is stated


def given_columns(name: str) -> list[str]:
    """Columns of a table in the sample: the region is left to the units, and observations are of months.

    Nobody graded its incidents, noted when they were known and told, or booked losses as an incident's; nor
    was said what its actions cost and were hoped to do.
    """
    untold = {"severity", "detected_at", "customers_told_at", "supervisor_told_at"}
    left = {
        "units": set(),
        "observations": {"region_id", "period"},
        "incidents": untold,
        "losses": {"region_id", "incident_id"},
        "actions": {"region_id", "kind", "cost", "expected_change", "pilot_units"},
    }.get(name, {"region_id"})
    return [column for column in CONTRACTS[name].names if column not in left]


@pytest.fixture(scope="module")
def bank() -> SampleBank:
    return sample_bank(seed=2026)


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    stated: dict[str, Any] = json.loads((COMMITTED / "truth.json").read_text(encoding="utf-8"))
    return stated


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in GIVEN:
        connection.sql(f"CREATE VIEW {name} AS FROM read_parquet('{COMMITTED / name}.parquet')")
    return connection


@pytest.fixture(scope="module")
def cells(bank: SampleBank, truth: dict[str, Any]) -> pd.DataFrame:
    """Count and expect complaints by unit, product and month from what truth.json says, nothing else.

    ``expected`` holds every stated effect but the bad branch and the actions; months of the hole and the
    last three, which the reporting delay has not completed, are left out.
    """
    exposure = bank.tables["exposure"].merge(bank.tables["units"][["unit_id", "region_id"]], on="unit_id")
    received = bank.tables["complaints"].assign(month=lambda table: _month(table["received_at"]))
    counts = received.groupby(CELL).size().rename("count").reset_index()
    table = exposure.merge(counts, how="left", on=CELL).fillna({"count": 0})
    years = _day_factors(truth).groupby(lambda day: day.replace(day=1)).sum() / 365.25
    rate = table["product"].map(truth["rate_per_1000_year"]) / 1000
    expected = table["accounts"].astype(float) * rate * table["month"].map(years)
    for broken in truth["level_breaks"]:
        holds = table["unit_id"].isin(broken["unit_ids"]) & (table["product"] == broken["product"])
        holds &= table["month"] >= pd.Timestamp(broken["from_month"])
        expected = expected.where(~holds, expected * broken["rate_factor"])
    known = ~_month_name(table["month"]).isin(truth["hole"]["months"]) & (table["month"] < "2026-07-01")
    return table.assign(expected=expected, variance=truth["variance"]["ratio"] * expected)[known]


def _day_factors(truth: dict[str, Any]) -> "pd.Series[float]":
    days = pd.date_range(truth["first_month"], truth["as_of"][:10])
    season, new_year = truth["season"], truth["new_year"]
    wave = np.cos(2 * np.pi * (days.day_of_year - season["peak_day"]) / 365.25)
    calendar = (1 + season["amplitude"] * wave) * np.array(season["weekday_factors"])[days.day_of_week]
    calendar = np.where(_near_new_year(days, new_year), calendar * new_year["rate_factor"], calendar)
    years = np.asarray((days[-1] - days).days) / 365.25
    before = days < pd.Timestamp(truth["shared_shock"]["from_month"])
    level = (
        np.where(before, 1 / truth["shared_shock"]["rate_factor"], 1)
        * (1 + truth["trend_per_year"]) ** -years
    )
    return pd.Series(level * calendar / calendar[-365:].mean(), index=days)


def _near_new_year(days: pd.DatetimeIndex, new_year: dict[str, Any], shift: int = 0) -> np.ndarray:
    span = range(new_year["first_day"] + shift, new_year["last_day"] + shift + 1)
    dates = np.array(new_year["dates"], dtype="M8[D]")[:, None] + np.array(span)
    return np.isin(days.to_numpy().astype("M8[D]"), dates)


def _month(times: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    return pd.Series(times.to_numpy().astype("M8[M]").astype("M8[us]"), index=times.index)


def _month_name(times: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    return times.dt.strftime("%Y-%m")


def _z(cells: pd.DataFrame, factor: float = 1.0) -> float:
    """Measure how far the counts lie from ``factor`` × expected [standard errors]."""
    away = cells["count"].sum() - factor * cells["expected"].sum()
    return float(away / np.sqrt(factor * cells["variance"].sum()))


def _not_acted_upon(cells: pd.DataFrame, truth: dict[str, Any]) -> pd.DataFrame:
    special = [truth["bad_branch"]["unit_id"], *(action["unit_id"] for action in truth["actions"])]
    return cells[~cells["unit_id"].isin(special)]


def _digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_same_seed_same_bytes_and_committed_ones(tmp_path: Path) -> None:
    for name in ("once", "again"):
        write_sample_bank(sample_bank(seed=2026), tmp_path / name)
    assert _digests(tmp_path / "once") == _digests(tmp_path / "again")
    assert _digests(tmp_path / "once") == _digests(COMMITTED), "run: python -m riskmodels.sample data/sample"


def test_another_seed_gives_another_bank_of_the_same_plan(bank: SampleBank) -> None:
    other = sample_bank(seed=7)
    same = {name for name in GIVEN if bank.tables[name].equals(other.tables[name])}
    assert same == set()
    assert other.truth.level_breaks == bank.truth.level_breaks
    assert other.truth.complete_counts != bank.truth.complete_counts
    assert min(action.worst_ratio for action in other.truth.actions) > 1.1


def test_negative_seed_is_refused() -> None:
    with pytest.raises(ParameterError, match="0 or more"):
        sample_bank(seed=-1)


def test_write_replaces_and_leaves_nothing_beside(bank: SampleBank, tmp_path: Path) -> None:
    (tmp_path / "units.parquet").write_text("old")
    write_sample_bank(bank, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        *(f"{name}.parquet" for name in GIVEN),
        "truth.json",
        "README.md",
    }
    assert len(pd.read_parquet(tmp_path / "units.parquet")) == len(bank.tables["units"])


def test_size_and_rows(bank: SampleBank) -> None:
    assert sum(file.stat().st_size for file in COMMITTED.iterdir()) <= 6_000_000
    assert 24_000 <= len(bank.tables["complaints"]) <= 26_000
    assert len(bank.tables["exposure"]) == 60 * 6 * 48
    assert len(bank.tables["surveys"]) == 20_000


def test_dictionary_names_every_column_once() -> None:
    page = (COMMITTED / "README.md").read_text(encoding="utf-8")
    assert page.endswith(data_dictionary(CONTRACTS))
    assert page.count("\n| `") == sum(len(contract.columns) for contract in CONTRACTS.values())


@pytest.mark.parametrize("name", GIVEN)
def test_rows_keep_their_contract(name: str, bank: SampleBank, database: duckdb.DuckDBPyConnection) -> None:
    contract = CONTRACTS[name]
    assert list(bank.tables[name].columns) == given_columns(name)
    assert database.table(name).columns == given_columns(name)
    columns = {column.name for column in contract.columns} - {*given_columns(name)}
    for rule in (
        rule for rule in contract.row_rules() if not any(column in rule.holds for column in columns)
    ):
        broken = database.sql(f"SELECT count(*) FROM {name} WHERE NOT ({rule.holds})").fetchall()
        assert broken == [(0,)], rule.name
    key = ", ".join(contract.key)
    assert database.sql(f"SELECT {key} FROM {name} GROUP BY ALL HAVING count(*) > 1").fetchall() == []
    if "unit_id" in contract.names:
        unknown = f"SELECT unit_id FROM {name} WHERE unit_id NOT IN (SELECT unit_id FROM units)"
        assert database.sql(unknown).fetchall() == []


@pytest.mark.parametrize("name", GIVEN)
def test_nothing_happens_after_the_as_of_date(name: str, bank: SampleBank, truth: dict[str, Any]) -> None:
    promises = {"due_on"}  # the only dates that may lie ahead
    for column in CONTRACTS[name].columns:
        if column.type in {"timestamp", "date"} and column.name in {*given_columns(name)} - promises:
            assert not (bank.tables[name][column.name] > truth["as_of"]).any(), column.name


def test_links_between_tables_hold(database: duckdb.DuckDBPyConnection) -> None:
    repeats = """SELECT count(*), count(*) FILTER (e.unit_id = c.unit_id AND e.product = c.product
        AND e.received_at < c.received_at) FROM complaints c LEFT JOIN complaints e ON c.repeat_of = e.complaint_id
        WHERE c.repeat_of IS NOT NULL"""
    [(all_repeats, good)] = database.sql(repeats).fetchall()
    assert all_repeats == good > 1000
    losses = """SELECT count(*), count(*) FILTER (c.unit_id = l.unit_id AND c.product = l.product AND c.upheld
        AND l.occurred_on >= c.received_at::DATE) FROM losses l LEFT JOIN complaints c USING (complaint_id)
        WHERE l.complaint_id IS NOT NULL"""
    [(all_losses, good)] = database.sql(losses).fetchall()
    assert all_losses == good > 200


def test_availability_counts_the_outages(database: duckdb.DuckDBPyConnection) -> None:
    [(down, per_month)] = database.sql(
        "SELECT sum(denominator - numerator), count(*) FROM observations WHERE indicator_id = 'system_availability'"
    ).fetchall()
    [(minutes,)] = database.sql(
        "SELECT sum(date_diff('minute', started_at, ended_at)) FROM incidents WHERE kind = 'outage'"
    ).fetchall()
    overlaps = """SELECT a.incident_id FROM incidents a JOIN incidents b ON a.incident_id < b.incident_id
        AND a.kind = 'outage' AND b.kind = 'outage' AND a.ended_at > b.started_at"""
    assert (down, per_month) == (minutes, 48)
    assert database.sql(overlaps).fetchall() == []


def test_loss_rate_counts_the_net_losses(database: duckdb.DuckDBPyConnection) -> None:
    [(counted,)] = database.sql(
        "SELECT sum(numerator) FROM observations WHERE indicator_id = 'potential_loss_rate'"
    ).fetchall()
    [(net,)] = database.sql("SELECT sum(gross_loss - coalesce(recovery, 0)) FROM losses").fetchall()
    assert counted == pytest.approx(net, abs=1)


def test_working_days_are_the_announced_ones() -> None:
    calendar = holidays.country_holidays("CN")
    days = pd.date_range("2022-10-01", "2026-09-30")
    expected = [day for day in days.date if calendar.is_working_day(day)]
    working = working_days()
    assert working[working <= np.datetime64("2026-09-30")].astype(object).tolist() == expected


def test_rate_at_the_end_is_the_stated_one(bank: SampleBank, truth: dict[str, Any]) -> None:
    """The complete counts of the last twelve months, in units and products without any other effect."""
    accounts = (
        bank.tables["exposure"].query("month >= '2025-10-01'").groupby("product")["accounts"].sum() / 12
    )
    for product in ("current_account", "mortgage", "personal_loan", "wealth_management"):
        complete = sum(list(truth["complete_counts"][product].values())[-12:])
        rate = 1000 * complete / float(accounts[product])
        error = rate * np.sqrt(truth["variance"]["ratio"] / complete)
        assert abs(rate - truth["rate_per_1000_year"][product] * 1.04**-0.5) < LIMIT * error, product


def test_ordinary_cells_have_the_expected_mean_and_variance(
    cells: pd.DataFrame, truth: dict[str, Any]
) -> None:
    ordinary = _not_acted_upon(cells, truth)
    assert abs(_z(ordinary)) < LIMIT
    assert abs(_z(ordinary[ordinary["month"] < "2024-01-01"])) < LIMIT
    ratio = ((ordinary["count"] - ordinary["expected"]) ** 2).sum() / ordinary["expected"].sum()
    assert ratio == pytest.approx(truth["variance"]["ratio"], rel=0.10)


def test_variance_ratio_holds_for_sums_of_cells(cells: pd.DataFrame, truth: dict[str, Any]) -> None:
    keys = ["unit_id", "month"]
    sums = _not_acted_upon(cells, truth).groupby(keys)[["count", "expected"]].sum()
    ratio = ((sums["count"] - sums["expected"]) ** 2).sum() / sums["expected"].sum()
    assert ratio == pytest.approx(truth["variance"]["ratio"], rel=0.10)


def test_bad_and_big_branch(cells: pd.DataFrame, truth: dict[str, Any]) -> None:
    bad, big = truth["bad_branch"], truth["big_branch"]
    assert (bad["rate_factor"], big["rate_factor"]) == (2.5, 1.0)
    assert bad["expected_per_quarter"] == pytest.approx(10, rel=0.005)
    of_bad, of_big = (cells[cells["unit_id"] == each["unit_id"]] for each in (bad, big))
    assert abs(_z(of_bad, 2.5)) < LIMIT < _z(of_bad)
    assert abs(_z(of_big)) < LIMIT
    assert cells.groupby("unit_id")["count"].sum().idxmax() == big["unit_id"]
    recent = of_bad[of_bad["month"] >= "2024-10-01"]
    assert recent["expected"].sum() / recent["month"].nunique() * 3 == pytest.approx(10, rel=0.03)


def test_branch_sizes_differ_as_planned(bank: SampleBank) -> None:
    last = bank.tables["exposure"].query("month == @END").groupby("unit_id")["accounts"].sum()
    assert 40 <= last.max() / last.min() <= 60
    total = bank.tables["exposure"].groupby("month")[["accounts", "customers"]].sum().astype(float)
    assert (total.iloc[-1] / total.iloc[0]).tolist() == pytest.approx([1.03 ** (47 / 12)] * 2, rel=0.002)
    assert bank.tables["units"].groupby("region_id").size().to_dict() == {
        "north": 20,
        "east": 20,
        "south": 20,
    }


@pytest.mark.parametrize("place", [0, 1])
def test_level_breaks(place: int, cells: pd.DataFrame, truth: dict[str, Any]) -> None:
    broken = truth["level_breaks"][place]
    assert broken["rate_factor"] == pytest.approx(1.4)
    ordinary = _not_acted_upon(cells, truth)
    scope = ordinary[
        ordinary["unit_id"].isin(broken["unit_ids"]) & (ordinary["product"] == broken["product"])
    ]
    after = scope[scope["month"] >= broken["from_month"]]
    assert abs(_z(after)) < LIMIT
    assert _z(after.assign(expected=after["expected"] / 1.4, variance=after["variance"] / 1.4)) > LIMIT
    assert abs(_z(scope[scope["month"] < broken["from_month"]])) < LIMIT


def test_shared_shock_doubles_every_product(cells: pd.DataFrame, truth: dict[str, Any]) -> None:
    """The same months a year apart, per account, with the trend of one year taken out."""
    shock = truth["shared_shock"]
    assert shock == {"from_month": "2024-10", "rate_factor": 2.0}
    quiet = _not_acted_upon(cells, truth).query("product not in ('payments', 'credit_card')")
    before = quiet[quiet["month"].between("2023-10-01", "2024-04-01")]
    after = quiet[quiet["month"].between("2024-10-01", "2025-04-01")]
    rates = [part["count"].sum() / float(part["accounts"].sum()) for part in (before, after)]
    error = np.sqrt(2 / before["count"].sum() + 2 / after["count"].sum())
    assert abs(np.log(rates[1] / rates[0] / (2 * 1.04))) < LIMIT * error
    assert LIMIT * error < np.log(1.5)


def test_fewer_complaints_around_new_year(bank: SampleBank, truth: dict[str, Any]) -> None:
    """The fortnight against the fortnights before and after it: as many of each weekday."""
    days = pd.DatetimeIndex(bank.tables["complaints"]["received_at"]).normalize()
    inside, before, after = (
        int(_near_new_year(days, truth["new_year"], shift).sum()) for shift in (0, -14, 14)
    )
    ratio = 2 * inside / (before + after)
    error = ratio * np.sqrt(2 / inside + 2 / (before + after))
    assert truth["new_year"]["dates"] == ["2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17"]
    assert abs(ratio - truth["new_year"]["rate_factor"]) < LIMIT * error < 0.15


def test_hole_and_late_logging_leave_rows_out(bank: SampleBank, truth: dict[str, Any]) -> None:
    table = bank.tables["complaints"]
    names = _month_name(table["received_at"])
    complete = pd.DataFrame(truth["complete_counts"]).sum(axis=1)
    share = (names.value_counts() / complete).fillna(0)
    assert sorted(share[share == 0].index) == truth["hole"]["months"] == ["2025-05", "2025-06"]
    for product, months in truth["hole"]["complaints"].items():
        assert months == {month: truth["complete_counts"][product][month] for month in months}
        assert min(months.values()) > 0
    assert share["2024-09"] == 1
    assert 0.6 < share["2026-09"] < share["2026-08"] < 1


def test_reporting_delay(bank: SampleBank, truth: dict[str, Any]) -> None:
    old = bank.tables["complaints"].query("received_at < '2025-05-01'")
    days = (old["logged_at"] - old["received_at"]).dt.total_seconds() / 86400
    delay = truth["reporting_delay"]
    assert days.median() == pytest.approx(delay["median_days"], rel=0.05)
    assert days.mean() == pytest.approx(delay["mean_days"], rel=0.06)
    assert np.log(days).std() == pytest.approx(delay["log_sd"], rel=0.03)


def test_past_actions_follow_the_worst_quarter_of_eight(cells: pd.DataFrame, truth: dict[str, Any]) -> None:
    quarter = cells["month"].dt.to_period("Q")
    sums = cells.groupby(["unit_id", quarter])[["count", "expected"]].sum()
    ratio = sums["count"] / sums["expected"]
    for action in truth["actions"]:
        worst = pd.Period(action["worst_quarter"])
        window = ratio.loc[action["unit_id"]].loc[worst - 7 : worst]
        assert len(window) == 8
        assert window.idxmax() == worst
        assert window[worst] == pytest.approx(action["worst_ratio"], abs=0.01)
        assert pd.Period(action["opened_on"], freq="Q") == worst + 1


def test_past_actions_work_as_stated(cells: pd.DataFrame, truth: dict[str, Any]) -> None:
    assert sorted(action["rate_factor"] for action in truth["actions"]) == [0.75, 0.75, 1.0, 1.0]
    after: dict[float, list[pd.DataFrame]] = {0.75: [], 1.0: []}
    for action in truth["actions"]:
        later = (cells["unit_id"] == action["unit_id"]) & (cells["month"] >= action["effect_month"])
        assert abs(_z(cells[later], action["rate_factor"])) < LIMIT
        after[action["rate_factor"]].append(cells[later])
    assert _z(pd.concat(after[0.75])) < -LIMIT


def test_past_actions_stand_in_the_table(bank: SampleBank, truth: dict[str, Any]) -> None:
    table = bank.tables["actions"].set_index("action_id")
    aimed = table[table["indicator_id"] == "complaint_rate"]
    assert sorted(aimed.index) == [action["action_id"] for action in truth["actions"]]
    for action in truth["actions"]:
        row = aimed.loc[action["action_id"]]
        dates = [str(row[name].date()) for name in ("opened_on", "due_on", "closed_on")]
        assert [row["unit_id"], *dates] == [
            action[name] for name in ("unit_id", "opened_on", "due_on", "closed_on")
        ]
    assert (table["closed_on"] > table["due_on"]).any()
    assert table["closed_on"].isna().any()


def _resolved_in_time(table: pd.DataFrame, days: int) -> "pd.Series[float]":
    """Mark complaints resolved within ``days`` working days; only those whose deadline has passed."""
    mature = table[table["received_at"] < "2026-09-01"]
    received, done = (mature[name].to_numpy().astype("M8[D]") for name in ("received_at", "resolved_at"))
    counted = [np.searchsorted(working_days(), each, side="right") for each in (received, done)]
    return pd.Series((counted[1] - counted[0] <= days) & ~np.isnat(done), index=mature.index).astype(float)


def test_gaps_between_customer_groups(bank: SampleBank, truth: dict[str, Any]) -> None:
    table = bank.tables["complaints"]
    rated = table["satisfaction"].dropna()
    measured = {
        "resolved_7wd": _resolved_in_time(table, 7),
        "complaint_handling_satisfaction": (rated >= 4).astype(float),
    }
    for gap in truth["group_gaps"]:
        marks = measured[gap["indicator_id"]]
        inside = table.loc[marks.index, "customer_group"] == gap["customer_group"]
        found = 100 * (marks[inside].mean() - marks[~inside].mean())
        error = 100 * np.hypot(marks[inside].sem(), marks[~inside].sem())
        assert abs(found - gap["points"]) < LIMIT * error
        assert found < -LIMIT * error


def test_share_resolved_in_time_is_as_stated(bank: SampleBank, truth: dict[str, Any]) -> None:
    stated = truth["resolved_in_time"]
    assert stated["indicator_id"] == "resolved_7wd"
    assert list(stated["share_by_month"]) == list(truth["complete_counts"]["payments"])
    (share,) = set(stated["share_by_month"].values())
    marks = _resolved_in_time(bank.tables["complaints"], 7)
    assert abs(marks.mean() - share) < LIMIT * marks.sem()


def test_quality_sits_where_it_should(bank: SampleBank) -> None:
    table = bank.tables["complaints"]
    hours = (table["first_response_at"] - table["received_at"]).dt.total_seconds() / 3600
    assert (hours <= 24).mean() == pytest.approx(0.9955, abs=0.002)
    major = hours[table["severity"] == "major"]
    assert (major <= 1).mean() > 0.97
    assert 0.96 < _resolved_in_time(table, 7).mean() < 0.97
    assert 0.72 < _resolved_in_time(table, 3).mean() < 0.75
    assert table["upheld"].mean() == pytest.approx(0.35, abs=0.02)
    assert table["repeat_of"].notna().mean() == pytest.approx(0.05, abs=0.01)
    assert (bank.tables["surveys"]["rating"] >= 4).mean() == pytest.approx(0.92, abs=0.01)
    assert table["resolved_at"].isna().equals(table["upheld"].isna())


def test_some_old_complaints_are_open(bank: SampleBank) -> None:
    old = bank.tables["complaints"].query("received_at < '2026-06-01'")
    assert 10 < old["resolved_at"].isna().sum() < 100


def test_narratives(bank: SampleBank, truth: dict[str, Any]) -> None:
    texts = bank.tables["complaints"]["narrative"]
    masked = texts.map(mask_personal_data)
    markers = {
        "phone": "[phone]",
        "e-mail": "[e-mail]",
        "identity_card": "[identity card]",
        "bank_card": "[bank card]",
    }
    found = {kind: int(masked.str.contains(marker, regex=False).sum()) for kind, marker in markers.items()}
    assert found == truth["personal_data"]
    assert (masked != texts).sum() == sum(found.values())
    assert sum(found.values()) == pytest.approx(0.02 * len(texts), rel=0.15)
    assert texts.str.contains("[\u4e00-\u9fff]").mean() == pytest.approx(0.60, abs=0.02)
    assert texts.nunique() > 2000


def test_losses_have_the_stated_body_and_tail(bank: SampleBank, truth: dict[str, Any]) -> None:
    gross, stated = bank.tables["losses"]["gross_loss"], truth["losses"]
    tail = gross > stated["tail_threshold"]
    error = np.sqrt(stated["tail_probability"] / len(gross))
    assert abs(tail.mean() - stated["tail_probability"]) < LIMIT * error
    excess = gross[tail] - stated["tail_threshold"]
    median = stated["tail_scale"] * (2 ** stated["tail_shape"] - 1) / stated["tail_shape"]
    assert abs((excess > median).mean() - 0.5) < LIMIT * 0.5 / np.sqrt(len(excess))
    assert gross[~tail].median() == pytest.approx(stated["body_median"], rel=0.15)
