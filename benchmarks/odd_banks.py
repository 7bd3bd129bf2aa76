"""Draw small, odd banks: holes, one month alone, zeros, huge amounts, losses that are alike, rows that come twice."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

LAST, FIRST = pd.Period("2024-09", freq="M"), pd.Period("2022-01", freq="M")
ODD = ("1e308", "1e15", "NaN", "inf", "-inf", "1e-300", "0", "", "9999999999999")
Rows = list[dict[str, object]]


def draw_tables(seed: int) -> dict[str, Rows]:
    """Draw the rows of a bank, by table."""
    rng = np.random.default_rng(seed)
    units = [f"u{i}" for i in range(rng.integers(1, 7))]
    products = [f"p{i}" for i in range(rng.integers(1, 4))]
    months = _months(rng)
    tables = {
        "units": [
            {"unit_id": u, "name_en": f"Unit {u}", "region_id": f"r{i % 2}"} for i, u in enumerate(units)
        ],
        "complaints": _complaints(rng, units, products, months),
        "complaint_counts": _counts(rng, units, products, months),
        "exposure": _exposure(rng, units, products, months),
        "losses": _losses(rng, units, months),
        "observations": _observations(rng, units, months),
        "surveys": _surveys(rng, units, products, months),
        "inspections": _inspections(rng, units, months),
    }
    kept = {name: _twice(rng, rows) for name, rows in tables.items() if rows and rng.random() < 0.75}
    if rng.random() < 0.85 or not {"complaints", "complaint_counts"} & set(kept):
        chosen, other = "complaints", "complaint_counts"
        if rng.random() < 0.25:
            chosen, other = other, chosen
        kept[chosen] = tables[chosen]
        kept.pop(other, None)
    return kept


def _months(rng: np.random.Generator) -> list[pd.Period]:
    """One month alone, the last quarter without any, or a span with holes."""
    kind = rng.random()
    if kind < 0.2:
        return [LAST - int(rng.integers(0, 4))]
    every = pd.period_range(FIRST + int(rng.integers(0, 30)), LAST - (3 if kind < 0.35 else 0), freq="M")
    holes = rng.random(len(every)) < (0.3 if kind < 0.6 else 0.0)
    return list(every[~holes]) or [LAST]


def _day(rng: np.random.Generator, months: list[pd.Period]) -> pd.Timestamp:
    month = months[int(rng.integers(len(months)))]
    return month.start_time + pd.Timedelta(days=int(rng.integers(month.days_in_month)))


def _amount(rng: np.random.Generator) -> object:
    return ODD[int(rng.integers(len(ODD)))] if rng.random() < 0.15 else round(float(rng.lognormal(8, 2)), 2)


def _complaints(
    rng: np.random.Generator, units: list[str], products: list[str], months: list[pd.Period]
) -> Rows:
    rows: Rows = []
    logged = rng.random() < 0.7
    alike = rng.random() < 0.2
    same = _day(rng, months)
    for i in range(int(rng.integers(1, 31))):
        day = same if alike else _day(rng, months)
        end = day + pd.Timedelta(days=int(rng.integers(0, 40)))
        row = {
            "complaint_id": f"c{i}",
            "received_at": f"{day:%Y-%m-%d}",
            "resolved_at": f"{end:%Y-%m-%d}" if rng.random() < 0.7 else "",
            "unit_id": units[0 if alike else int(rng.integers(len(units)))],
            "product": products[0 if alike else int(rng.integers(len(products)))],
            "customer_group": ("", "a", "b")[0 if alike else int(rng.integers(3))],
            "upheld": ("true", "false", "")[int(rng.integers(3))],
            "redress": 100 if alike else _amount(rng),
            "satisfaction": int(rng.integers(0, 6)),
        }
        if logged:
            row["logged_at"] = f"{day + pd.Timedelta(days=int(rng.integers(0, 9))):%Y-%m-%d}"
        rows.append(row)
    return rows


def _counts(rng: np.random.Generator, units: list[str], products: list[str], months: list[pd.Period]) -> Rows:
    figure = _figures(rng)
    return [
        {"unit_id": u, "product": p, "period_start": f"{m}-01", "period": "month", "complaints": figure()}
        for u in units
        for p in products
        for m in months
    ]


def _exposure(
    rng: np.random.Generator, units: list[str], products: list[str], months: list[pd.Period]
) -> Rows:
    figure = _figures(rng)
    return [
        {"unit_id": u, "product": p, "month": f"{m}-01", "accounts": figure()}
        for u in units
        for p in products
        for m in months
    ]


def _figures(rng: np.random.Generator) -> Callable[[], object]:
    """All zero, all alike, or some, of which a few are odd."""
    kind, mean = rng.random(), float(10 ** rng.uniform(0, 9))
    if kind < 0.15:
        return lambda: 0
    if kind < 0.3:
        return lambda: 1000
    return lambda: _amount(rng) if rng.random() < 0.03 else int(rng.poisson(mean))


def _losses(rng: np.random.Generator, units: list[str], months: list[pd.Period]) -> Rows:
    alike = rng.random() < 0.3
    most = 9_000_000_000_000 if rng.random() < 0.5 else 500
    rows: Rows = []
    enough = rng.random() < 0.15  # for what a bad year may cost
    for i in range(int(rng.integers(120, 150) if enough else rng.integers(1, 31))):
        day = _day(rng, months)
        gross = most if alike or rng.random() < 0.1 else _amount(rng)
        rows.append(
            {
                "loss_id": f"l{i}",
                "occurred_on": f"{day:%Y-%m-%d}",
                "recorded_on": f"{day + pd.Timedelta(days=int(rng.integers(0, 60))):%Y-%m-%d}",
                "unit_id": units[int(rng.integers(len(units)))],
                "event_type": ("fraud", "error")[int(rng.integers(2))],
                "gross_loss": gross,
            }
        )
    return rows


def _observations(rng: np.random.Generator, units: list[str], months: list[pd.Period]) -> Rows:
    indicators = ("potential_loss_rate", "education_reach", "text_alert_rate", "call_answer_rate")
    return [
        {
            "indicator_id": name,
            "unit_id": u,
            "month": f"{m}-01",
            "numerator": _amount(rng),
            "denominator": ODD[int(rng.integers(len(ODD)))]
            if rng.random() < 0.1
            else int(rng.integers(0, 10**6)),
        }
        for name in indicators
        for u in units
        for m in months[-4:]
    ]


def _surveys(
    rng: np.random.Generator, units: list[str], products: list[str], months: list[pd.Period]
) -> Rows:
    return [
        {
            "survey_id": f"s{i}",
            "answered_on": f"{_day(rng, months):%Y-%m-%d}",
            "unit_id": units[int(rng.integers(len(units)))],
            "product": products[int(rng.integers(len(products)))],
            "rating": int(rng.integers(0, 7)),
        }
        for i in range(int(rng.integers(1, 31)))
    ]


def _inspections(rng: np.random.Generator, units: list[str], months: list[pd.Period]) -> Rows:
    return [
        {
            "inspection_id": f"i{i}",
            "inspected_on": f"{_day(rng, months):%Y-%m-%d}",
            "unit_id": units[int(rng.integers(len(units)))],
            "kind": ("mystery_shopper", "compliance")[int(rng.integers(2))],
            "items": int(rng.integers(0, 20)),
            "passed": int(rng.integers(0, 20)),
        }
        for i in range(int(rng.integers(1, 31)))
    ]


def _twice(rng: np.random.Generator, rows: Rows) -> Rows:
    """Repeat some rows, at times."""
    return [*rows, *rows[: int(rng.integers(1, 4))]] if rng.random() < 0.2 else rows


def write_bank(tables: dict[str, Rows], folder: Path) -> Path:
    """Write the tables and a source file; return the source file."""
    maps = {}
    for name, rows in tables.items():
        frame = pd.DataFrame(rows)
        frame.to_csv(folder / f"{name}.csv", index=False)
        maps[name] = {"file": f"{name}.csv", "format": "csv", "columns": {c: {"column": c} for c in frame}}
    source = {"id": "odd", "title": "An odd bank", "country": "CN", "as_of": "2024-09-30", "tables": maps}
    file = folder / "source.yaml"
    file.write_text(json.dumps(source), encoding="utf-8")
    return file
