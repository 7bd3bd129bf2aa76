"""The bank's own days without work reach the calendar of a forecast, and what is saved of it."""

import datetime as dt

import numpy as np
import pandas as pd

import riskmodels as rm
from riskmodels.forecasting.calendar_effects import known_effects
from riskmodels.periods.workdays import working_days

CLOSED = [
    f"{year}-{month:02d}-{day:02d}"
    for year, month in [(2019, 5), (2020, 9), (2021, 3), (2022, 8), (2023, 6), (2024, 11), (2026, 2)]
    for day in range(1, 25)
]


def take(folder, closed):
    days = working_days(
        dt.date(2018, 12, 31), dt.date(2025, 12, 31), country="GB", closed=map(dt.date.fromisoformat, CLOSED)
    )
    worked = days.set_index("day")["working_index"].diff().iloc[1:]
    counts = worked.groupby(pd.PeriodIndex(worked.index, freq="M")).sum() * 400
    (folder / "c.csv").write_text(
        "p,n\n" + "".join(f"{month},{n:.0f}\n" for month, n in counts.items()), encoding="utf-8"
    )
    (folder / "s.yaml").write_text(
        f"id: t\ntitle: t\ncountry: GB\nholidays: [{', '.join(closed)}]\ntables:\n  complaint_counts:\n    file: c.csv\n"
        '    format: csv\n    columns: {period_start: {column: p, format: "%Y-%m"}, period: {value: month},'
        " complaints: {column: n}}\n",
        encoding="utf-8",
    )
    return rm.ingest(folder / "s.yaml", store=folder / "store").complaint_counts


def test_own_holidays_reach_the_forecast(tmp_path):
    known, unknown = (rm.build_panel(take(tmp_path, closed), by=[]) for closed in (CLOSED, []))
    assert known.holidays == tuple(map(dt.date.fromisoformat, CLOSED))
    assert unknown.holidays == ()
    aware, unaware = (
        rm.forecast(panel, horizon=3, method="counts", calendar="GB") for panel in (known, unknown)
    )
    february, march = aware.mean[0, 1:]
    assert february < 0.5 * march  # it is closed until the 24th
    assert unaware.mean[0, 1] > 0.8 * unaware.mean[0, 2]
    rm.save(aware, tmp_path / "saved")
    assert rm.load(tmp_path / "saved", rm.forecasting.Forecast).panel.holidays == known.holidays


def test_without_a_calendar_there_are_no_holidays(tmp_path):
    panel = rm.build_panel(take(tmp_path, CLOSED), by=[])
    effects = known_effects(panel.periods, None, closed=panel.holidays)
    assert (effects.regressors == 0).all()


def test_a_month_without_a_working_day_has_an_effect_with_bounds():
    months = pd.period_range("2024-01", periods=12, freq="M")
    closed = [day.date() for day in pd.date_range("2024-05-01", "2024-05-31")]
    assert np.isfinite(known_effects(months, "GB", closed=closed).regressors).all()
