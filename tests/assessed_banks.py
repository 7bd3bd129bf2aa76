"""Random banks, assessed: odd ones, and plain ones that have gaps, rises and bad units by chance."""

import functools
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from odd_banks import Rows, draw_tables, write_bank
from small_bank import make_scenario

import riskmodels as rm
from riskmodels.assessment import Findings
from riskmodels.comparisons import CustomerGaps
from riskmodels.errors import RiskModelsError
from riskmodels.forecasting import Forecast
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.register import RiskAssessment
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.surveillance import AlarmBook, keep_watch
from riskmodels.tables import Tables

ROOT = Path(__file__).parents[1]
PERIOD, MONTHS = "2024Q3", pd.period_range("2022-10", "2024-09", freq="M")
UNITS, PRODUCTS, GROUPS = ("u0", "u1", "u2"), ("credit_card", "p1"), ("general", "elderly")
ODD = (4, 8, 19, 14, 15, 16)  # seeds of odd banks that have indicators in the quarter
PLAIN, DELIVERED = (0, 1, 2, 3, 7), (0, 1)
MEASURED = 6  # indicators of a bank's policy, drawn anew: the time goes into them
ALWAYS = ("complaint_rate", "resolved_7wd", "reply_2wd", "upheld_rate", "satisfaction")


@dataclass(frozen=True, eq=False)
class Assessed:
    """One bank, and all that was made of it."""

    tables: Tables
    policy: Policy
    card: Scorecard
    gaps: CustomerGaps
    risks: RiskAssessment
    outlook: Forecast
    stress: tuple[StressTest, ...]
    alarms: AlarmBook
    found: Findings


def assess_bank(source: Path, store: Path, seed: int) -> Assessed | None:
    """Assess a bank by some of the policy's indicators; None where the source gives too little for it."""
    policy, register = policy_of(seed), shipped_register()
    tables = rm.ingest(source, store=store)
    try:
        card = rm.score(tables, policy, period=PERIOD, register=register)
        panel = rm.build_panel(tables.counted, by=["product"], last=PERIOD)
        outlook = rm.forecast(panel, horizon=3, method="seasonal_naive")
    except RiskModelsError:
        return None
    made: dict[str, Any] = {
        "gaps": rm.customer_gaps(tables, policy, period=PERIOD),
        "risks": rm.assess_risks(tables, policy, register, card),
        "alarms": keep_watch(tables, policy, last=PERIOD),
        "stress": tuple(rm.stress(tables, one, policy, outlook=outlook) for one in scenarios(seed)),
    }
    found = rm.assess(policy, data=tables, scorecard=card, register=register, forecast=outlook, **made)
    return Assessed(tables=tables, policy=policy, card=card, outlook=outlook, found=found, **made)


@functools.cache
def shipped_policy() -> Policy:
    """The policy that is shipped; read once."""
    return rm.load_policy(ROOT / "params" / "policy", on="2026-10-01")


@functools.cache
def shipped_register() -> RiskRegister:
    """The risk register that is shipped; read once."""
    return rm.load_risks(ROOT / "params" / "risks.yaml")


def policy_of(seed: int) -> Policy:
    """The shipped policy with some of its indicators, drawn at random."""
    shipped = shipped_policy()
    others = [one.id for one in shipped.indicators if one.id not in ALWAYS]
    drawn = np.random.default_rng(seed).choice(others, MEASURED - len(ALWAYS), replace=False)
    kept = tuple(one for one in shipped.indicators if one.id in {*ALWAYS, *drawn})
    measured = {one.id for one in kept}
    watched = [
        one.model_copy(update={"indicators": tuple(name for name in one.indicators if name in measured)})
        for one in shipped.watch
    ]
    rules = tuple(one for one in watched if one.what != "indicators" or one.indicators)
    return shipped.model_copy(update={"indicators": kept, "watch": rules})


def scenarios(seed: int) -> list[Any]:
    """One that is drawn: what it multiplies, and what it moves, may not be there."""
    rng = np.random.default_rng([seed, 1])
    products = rng.choice(["all", "credit_card", "p0", "gold"], 2, replace=False)
    surges = [
        {"product": str(one), "multiplier": float(rng.uniform(1.5, 6)), "months": 3} for one in products
    ]
    moved = [
        {
            "indicator": name,
            "per": "unit_of_shock",
            "change": {"low": -0.3, "mode": -0.1, "high": 0.0, "basis": "drawn"},
        }
        for name in ("resolved_7wd", "reply_2wd", "satisfaction")
        if rng.random() < 0.7
    ]
    return [make_scenario(surges, moved)]


def draw_plain(seed: int) -> dict[str, Rows]:
    """Two years of three units and two products: seasons, one slow unit and one slow group at times."""
    rng = np.random.default_rng(seed)
    season, slow = rng.lognormal(2, 0.5, 12), rng.uniform(2, 9, len(UNITS))
    slow_group = rng.choice([1.0, 2.5])
    complaints: Rows = []
    for month in MONTHS:
        for _ in range(int(rng.poisson(season[month.month - 1] * 3))):
            complaints.append(_complaint(rng, month, len(complaints), slow, float(slow_group)))
    return {
        "units": [{"unit_id": u, "name_en": f"Unit {u}", "kind": "branch", "region_id": "r0"} for u in UNITS],
        "complaints": complaints,
        "exposure": [
            {"unit_id": u, "product": p, "month": f"{m}-01", "accounts": 8000}
            for u in UNITS for p in PRODUCTS for m in MONTHS if rng.random() < 0.995
        ],
        "surveys": [
            {"survey_id": f"s{i}", "answered_on": f"2024-0{7 + i % 3}-11", "unit_id": UNITS[i % 3],
             "product": PRODUCTS[i % 2], "rating": int(rng.integers(2, 6))} for i in range(200)
        ],
    }  # fmt: skip


def _complaint(
    rng: np.random.Generator, month: pd.Period, number: int, slow: np.ndarray, slow_group: float
) -> dict[str, object]:
    unit, group = int(rng.integers(len(UNITS))), int(rng.random() < 0.3)
    day = month.start_time + pd.Timedelta(days=int(rng.integers(month.days_in_month)))
    days = rng.exponential(slow[unit] * (slow_group if group else 1.0), 2)
    answered, resolved = (day + pd.Timedelta(days=int(one)) for one in np.sort(days))
    return {
        "complaint_id": f"c{number}", "received_at": f"{day:%Y-%m-%d}", "unit_id": UNITS[unit],
        "first_response_at": f"{answered:%Y-%m-%d}", "resolved_at": f"{resolved:%Y-%m-%d}",
        "product": PRODUCTS[int(rng.integers(2))], "customer_group": GROUPS[group],
        "upheld": ("true", "false")[int(rng.random() < 0.5)],
    }  # fmt: skip


def odd_banks(number: int = len(ODD)) -> list[Assessed]:
    """The first of the odd banks; two of them are deliveries, one after the other."""
    stores = ["store" if place in DELIVERED else f"store{place}" for place in range(number)]
    return _assessed({place: draw_tables(seed) for place, seed in enumerate(ODD[:number])}, stores)


def plain_banks(number: int = len(PLAIN)) -> list[Assessed]:
    """The last of the plain banks."""
    drawn = {place: draw_plain(seed) for place, seed in enumerate(PLAIN) if place >= len(PLAIN) - number}
    return _assessed(drawn, [f"store{PLAIN[place]}" for place in drawn])


def _assessed(drawn: dict[int, dict[str, Rows]], stores: list[str]) -> list[Assessed]:
    folder, found = Path(tempfile.mkdtemp()), []
    for (place, tables), store in zip(drawn.items(), stores, strict=True):
        (folder / str(place)).mkdir()
        found.append(assess_bank(write_bank(tables, folder / str(place)), folder / store, place))
    return [one for one in found if one is not None]


def figures_of(row: dict[str, Any]) -> dict[str, Any]:
    """The figures of a fact."""
    figures: dict[str, Any] = json.loads(row["figures"])
    return figures
