"""Results made by hand, for the tests of what is done with results."""

import functools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from riskmodels.backtesting import Backtest, ForecastReview, backtest
from riskmodels.backtesting.outcomes import Outcome
from riskmodels.backtesting.reviewing import review_of
from riskmodels.effects import Effects, IncidentReview
from riskmodels.effects.outcomes import actions_frame, estimates_frame
from riskmodels.forecasting import Explanation, Forecast, Method, Nowcast, explain, forecast
from riskmodels.forecasting.forecasts import DEFAULT_LEVELS
from riskmodels.forecasting.hierarchy import Dependence
from riskmodels.forecasting.predictive import SamplePredictive
from riskmodels.panel import Panel
from riskmodels.parameters.files import check_parameters
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.scenarios import Scenario
from riskmodels.parameters.watches import Acknowledgements
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import Replay, StressTest
from riskmodels.surveillance import Alarms, Objectives, watch
from riskmodels.surveillance.books import RULES, AlarmBook
from riskmodels.surveillance.memory import remembered
from riskmodels.surveillance.objectives import COURSE
from riskmodels.tables import CONTRACTS, SQL_TYPES, Changes, Provenance, Table, Tables

PERIOD = "2024Q3"
AS_OF = date(2024, 9, 30)
UNIT = {"rank": 1, "unit_id": "u1", "name": "First branch", "rating": "green", "score": 20.0, "lower": 10.0,
        "upper": 30.0, "p_amber": 0.0, "p_red": 0.0, "rank_lower": 1, "rank_upper": 2, "indicators": 3,
        "basis": "quarter",
        "p_worst": 0.1, "coverage": 1.0, "previous_rating": "", "change": float("nan")}  # fmt: skip
ROW = {"indicator_id": "resolved_7wd", "unit_id": "", "numerator": 999.0, "denominator": 1000.0,
       "value": 0.999, "estimate": 0.998, "lower": 0.99, "upper": 1.0, "peers": 0.998, "mix": 0.998,
       "mix_before": 0.998, "own": 0.999, "figure": 0.999, "basis": "quarter",
       "own_size": 1000.0, "best": 1.03, "amber": 0.99, "red": 0.95, "logged": 1.0, "dispersion": 1.0, "points": 39.0,
       "points_sd": 1.2, "own_sd": 1.3, "a": 998.5, "b": 2.5, "p_amber": 0.0, "p_red": 0.0, "rating": "green",
       "left_out": 0.0, "weight": 4.0}  # fmt: skip
RED = {"numerator": 900.0, "value": 0.9, "own": 0.9, "figure": 0.9, "estimate": 0.9, "lower": 0.88, "upper": 0.92, "p_amber": 1.0, "p_red": 1.0,
       "rating": "red"}  # fmt: skip
AMBER = {"numerator": 970.0, "value": 0.97, "own": 0.97, "figure": 0.97, "estimate": 0.97, "lower": 0.96, "upper": 0.98, "p_amber": 1.0, "p_red": 0.1,
         "rating": "amber"}  # fmt: skip


def make_card(rows=(), units=(), unavailable=()) -> Scorecard:
    """A scorecard; rows and units are given by how they differ from ROW and UNIT."""
    return Scorecard(
        table=pd.DataFrame([UNIT | unit for unit in units], columns=list(UNIT)),
        indicators=pd.DataFrame([ROW | row for row in rows], columns=list(ROW)),
        products=pd.DataFrame(columns=["product"]),
        groups=pd.DataFrame(
            columns=[
                *("level", "id", "score", "lower", "upper"),
                *("p_amber", "p_red", "rating", "basis", "indicators"),
            ]
        ),
        unavailable=pd.DataFrame(list(unavailable), columns=["indicator_id", "reason"], dtype="str"),
        period=PERIOD,
        as_of=AS_OF,
        policy=date(2000, 1, 1),
        data_digest="0123456789abcdef",
    )


@functools.cache
def stored_complaint() -> Path:
    """A folder as in the store, with one accepted row that has every value, and no rejected one."""
    folder = Path(tempfile.mkdtemp()) / "complaints" / "fedcba9876543210"
    folder.mkdir(parents=True)
    texts = {"timestamp": "2024-09-02", "integer": "5", "number": "5", "boolean": "true"}
    row = ", ".join(
        f"'{texts.get(c.type, 'x')}'::{SQL_TYPES[c.type]} AS {c.name}"
        for c in CONTRACTS["complaints"].columns
    )
    none = "SELECT '' AS file, 0 AS row, '' AS rule, '' AS content LIMIT 0"
    for name, query in (("accepted", f"SELECT {row}"), ("rejected", none)):
        duckdb.sql(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")
    return folder


@functools.cache  # nothing changes them, and what is found in them is kept with them
def make_tables(read: int = 1000, rejected: int = 0, unknown: tuple[str, ...] = ()) -> Tables:
    """Tables of one accepted row; how many there are said to be is in the provenance."""
    provenance = Provenance(
        source="small",
        files={"complaints.csv": "0" * 64},
        as_of=AS_OF,
        rows_read=read,
        rows_accepted=read - rejected,
        rows_rejected=rejected,
        unknown_months=unknown,
        given_columns=tuple(CONTRACTS["complaints"].names),
    )
    table = Table(name="complaints", folder=stored_complaint(), provenance=provenance)
    return Tables(as_of=AS_OF, country="CN", complaints=table)


def make_panel(series: dict[str, list[float]], *, key: str = "product", end: str = "2024-09") -> Panel:
    """A monthly (or, with end='2024Q3', quarterly) panel."""
    length = len(next(iter(series.values())))
    return Panel(
        keys=pd.DataFrame({key: list(series)}),
        periods=pd.period_range(end=pd.Period(end), periods=length),
        values=np.array(list(series.values()), dtype=float),
        exposure=None,
        kind="count",
    )


def make_outlook(panel: Panel, draws) -> Forecast:
    """A forecast whose cells are equally likely to be each of ``draws``, of shape (n, h, m)."""
    draws = np.sort(np.asarray(draws, dtype=float), axis=-1)
    return Forecast(
        panel=panel,
        periods=pd.period_range(
            panel.periods[-1] + 1, periods=draws.shape[1], freq=panel.periods.freq, name=None
        ),
        levels=DEFAULT_LEVELS,
        method="by_hand",
        predictive=SamplePredictive(draws=draws),
        dependence=Dependence(
            codes=np.zeros((1, len(draws)), dtype=np.int64),
            loadings=np.zeros((1, *draws.shape[:2])),
            persistent=np.zeros(draws.shape[:2]),
        ),
    )


def make_explanation(*, earlier: bool = True, **settings) -> Explanation:
    """Of three products over four years, against the forecast of three months before."""
    values = np.random.default_rng(1).poisson([[20.0], [200.0], [60.0]], size=(3, 48)).astype(float)
    now = make_panel(dict(zip(("cards", "loans", "cash"), values, strict=True)))
    before = forecast(now.until("2024-06"), horizon=6, **settings) if earlier else None
    return explain(forecast(now, horizon=6, **settings), before)


def make_nowcast(
    known: Sequence[float] = (1.0, 0.98, 0.7), *, reported: float = 700.0, end: str = "2024-09"
) -> Nowcast:
    """A nowcast of months that reported alike, by the share that is known of each; intervals are a tenth wide."""
    share = np.array(known)
    periods = pd.period_range(end=pd.Period(end, freq="M"), periods=len(share))
    final = reported / share
    return Nowcast(
        as_of=periods[-1].end_time.date(),
        periods=periods,
        table=pd.DataFrame(
            {
                "period": periods.astype("str"),
                "reported": reported,
                "completeness": share,
                "lower": share * 0.95,
                "upper": np.minimum(share * 1.05, 1.0),
                "nowcast": final,
                "nowcast_lower": np.maximum(final * 0.95, reported),
                "nowcast_upper": final * 1.05,
                "delay_days": 9.0,
                "delay_error": 0.1,
            }
        ),
        growth=0.0,
        growth_error=0.1,
        dispersion=1.0,
        rows_without_delay=0,
        rows_ignored=0,
    )


def make_record(*, origins: int = 6, horizon: int = 3) -> Backtest:
    """A backtest of the two cheapest methods on a series that rises, and falls every other month."""
    panel = make_panel({"a": [20.0 + month + 5 * (month % 2) for month in range(40)]})
    methods: list[Method] = ["seasonal_naive", "empirical24"]
    return backtest(panel, horizon=horizon, origins=origins, methods=methods)


def make_review(*, factor: float = 1.0) -> ForecastReview:
    """Review of the outlook before of a bank whose third quarter of 2024 is so many times an ordinary one."""
    outlook = forecast(make_panel({"a": [60.0] * 30, "b": [40.0] * 30}, end="2024-06"), horizon=3)
    shape = (2, 3)
    outcome = Outcome(
        keys=outlook.keys,
        observed=np.round(outlook.mean * factor * [[1.0, 1.0, 0.8]]),
        reason=np.full(shape, "", dtype=object),
        new=outlook.keys.head(0),
        came=np.zeros((0, 3)),
        share=np.array([1.0, 1.0, 0.8]),
        doubt=np.array([0.0, 0.0, 0.02]),
        dispersion=1.0,
        asked=np.ones(3, dtype=bool),
    )
    return review_of(outlook, outcome, "2024Q3")


def make_alarms(*, rise: float = 2.0, freq: str = "M", last: int = 60) -> Alarms:
    """Alarms of four units in two products, of which one is so many times as much in its last ten periods."""
    values = np.random.default_rng(5).poisson(20.0, size=(4, 60)).astype(float)
    values[3, 50:] = np.round(values[3, 50:] * rise)
    keys = pd.DataFrame({"product": list("aabb"), "unit_id": ["u1", "u2", "u3", "u4"]})
    panel = Panel(
        keys=keys,
        periods=pd.period_range("2020-01", periods=60, freq=freq)[:last],
        values=values[:, :last],
        exposure=None,
        kind="count",
    )
    return watch(panel, run_length=500)


def sure_outlook(monthly: dict[str, float], *, horizon: int = 6) -> Forecast:
    """A forecast that is certain: so many complaints a month, in the past as in the future."""
    panel = make_panel({product: [level] * 12 for product, level in monthly.items()})
    return make_outlook(panel, [[[level]] * horizon for level in monthly.values()])


SURE = 1e-9  # how far the ends of a sure change are from each other: none has no range


def make_shocks(surges=(), effects=()) -> list[dict]:
    """Shocks of complaints that multiply for some months, and one that moves indicators for a quarter."""
    named = {"name_en": "Shock", "name_zh": "冲击", "unit_en": "times", "unit_zh": "倍", "size": 1.0}
    by = {"basis": "a test", "set_by": "a test"}
    shocks = []
    for place, surge in enumerate(surges):
        more = surge["multiplier"] - 1
        felt = {} if surge["product"] == "all" else {"product": surge["product"]}
        change = {"low": more, "mode": more, "high": more + SURE, **by}
        moves = [{"what": "complaints", **felt, "change": change}]
        shocks.append({"id": f"surge_{place}", **named, "months": surge["months"], "moves": moves})
    moves = [{"what": "indicator", **one, "change": by | one["change"]} for one in effects]
    return shocks + ([{"id": "event", **named, "months": 3, "moves": moves}] if moves else [])


def make_scenario(surges=(), effects=(), *, start_month: int = 1, **levels) -> Scenario:
    """A scenario with the one level 'severe', or the levels given."""
    levels = levels or {"severe": {"shocks": make_shocks(surges, effects)}}
    content = {
        "id": "by_hand",
        "name_en": "By hand",
        "name_zh": "手工",
        "description_en": "What a test assumes.",
        "description_zh": "测试假设",
        "start_month": start_month,
        "levels": levels,
    }
    return check_parameters(content, Scenario, where="here")


STRESSED = {"indicator_id": "resolved_7wd", "before": 0.995, "after": 0.9, "lower": 0.85, "upper": 0.94,
            "standard_error": 0.001, "amber": 0.99, "red": 0.95, "p_red_before": 0.0, "p_red": 0.97,
            "p_red_error": 0.004, "rating_before": "green", "rating": "red"}  # fmt: skip


def make_stress(rows=({},), omitted=()) -> StressTest:
    """A stress test; rows are given by how they differ from STRESSED."""
    months = pd.period_range("2024-10", periods=3, freq="M").astype("str")
    numbers = {"expected": 10.0, "expected_lower": 5.0, "expected_upper": 15.0, "stressed": 20.0,
               "stressed_lower": 10.0, "stressed_upper": 30.0, "standard_error": 0.1}  # fmt: skip
    return StressTest(
        scenario=make_scenario([{"product": "all", "multiplier": 2.0, "months": 3}]),
        severity="severe",
        table=pd.DataFrame([STRESSED | row for row in rows], columns=list(STRESSED)),
        complaints=pd.DataFrame({"period": months, **numbers}),
        omitted=pd.DataFrame(list(omitted), columns=["item", "reason"], dtype="str"),
        quarter="2024-10 – 2024-12",
        size=2000,
        seed=40,
        policy=date(2000, 1, 1),
        data_digest="0123456789abcdef",
    )


def make_replay() -> Replay:
    """An incident replayed: two months of four lie outside the interval with the scenario."""
    bands = {"lower": 80.0, "upper": 120.0, "score": 90.0, "stressed_lower": 150.0, "stressed_upper": 250.0}
    months = pd.period_range("2024-02", periods=4, freq="M").astype("str")
    table = pd.DataFrame(
        {"period": months, "observed": [200.0, 180.0, 140.0, 100.0], **bands, "stressed_score": 100.0}
    )
    return Replay(scenario="by_hand", severity="severe", what="complaints", scale=1.0, table=table)


NOBODY = Acknowledgements()


def make_alarm(**changes) -> dict:
    """One alarm as charts give it: cards in the south since March, still open in June."""
    row = {
        "rule": "by_region",
        "what": "complaints",
        "measure": "rows",
        "level": "product × region_id",
        "subject": '{"product": "card", "region_id": "south"}',
        "since": "2026-03",
        "since_earliest": "2026-02",
        "since_latest": "2026-04",
        "size": 0.4,
        "lower": 0.2,
        "upper": 0.6,
        "probability": 0.9,
        "alarmed": "2026-04",
        "last": "2026-06",
        "status": "continuing",
        "ending": "",
    }
    return row | changes


def make_book(
    *rows: dict, as_of: date = date(2026, 6, 30), earlier: AlarmBook | None = None, answered=NOBODY
) -> AlarmBook:
    """A book of one rule that watches 360 series."""
    rule = dict.fromkeys(RULES, "") | {"rule": "by_region", "what": "complaints", "said": '""'}
    rule |= {
        "every": "month",
        "chart": "both",
        "run_length": 100.0,
        "series": 360,
        "alarms": len(rows),
        "by": "region_id",
    }
    return AlarmBook(
        table=remembered(list(rows), earlier, answered, as_of),
        rules=pd.DataFrame([rule], columns=list(RULES)),
        names=pd.DataFrame(columns=["kind", "id", "field", "language", "text"]),
        watched=(),
        as_of=as_of,
    )


OBJECTIVE = {"indicator_id": "satisfaction", "change": 0.05, "base": 0.9, "target": 0.945, "so_far": 0.93, "expected": 0.935,
             "lower": 0.93, "upper": 0.94, "probability": 0.01, "needed": 0.985, "months_left": 3, "probability_before": 0.2,
             "by_time": -0.15, "by_news": -0.06, "by_model": 0.02, "by_revision": 0.0}  # fmt: skip


def make_objectives(rows=({},), unavailable=()) -> Objectives:
    """Objectives of 2024 as of its third quarter; rows are given by how they differ from OBJECTIVE."""
    table = pd.DataFrame([OBJECTIVE | row for row in rows], columns=list(OBJECTIVE))
    months = pd.period_range("2023-01", "2024-12", freq="M").astype("str")
    known = np.arange(24) < 21
    courses = [
        pd.DataFrame({"indicator_id": row["indicator_id"], "period": months}).assign(
            observed=np.where(known, row["so_far"], np.nan),
            **{name: np.where(known, np.nan, row[name]) for name in ("expected", "lower", "upper")},
            course=np.where(known, np.nan, row["needed"]),
        )
        for row in table.to_dict("records")
    ]
    reasons = [(name, why, json.dumps(why)) for name, why in unavailable]
    return Objectives(
        table=table,
        course=pd.concat(courses, ignore_index=True) if courses else pd.DataFrame(columns=list(COURSE)),
        unavailable=pd.DataFrame(reasons, columns=["indicator_id", "reason", "said"], dtype="str"),
        period=PERIOD,
        as_of=AS_OF,
        policy=date(2000, 1, 1),
        data_digest="0123456789abcdef",
        seed=20,
    )


ACTION = {"action_id": "A1", "unit_id": "u1", "units": "u1", "indicator_id": "complaint_rate", "measure": "staff_training",
          "opened_on": pd.Timestamp("2023-06-20"), "closed_on": pd.Timestamp("2023-09-05"), "verdict": "worked",
          "months_before": 12.0, "months_after": 12.0, "observed": 150.0, "expected": 250.0, "estimate": -0.4, "lower": -0.55, "upper": -0.2,
          "p_value": 1e-4, "own_estimate": -0.35, "own_lower": -0.6, "own_upper": 0.1, "naive_estimate": -0.6,
          "placebo_space": 0.02, "placebo_time": 0.6, "hoped": -0.25, "power": 0.8, "avoided": 100.0}  # fmt: skip


def make_effects(rows=({},)) -> Effects:
    """Verdicts of the quarter; rows are given by how they differ from ACTION."""
    table = pd.DataFrame([ACTION | row for row in rows], columns=list(ACTION))
    estimates = table[["action_id", "observed", "expected", "estimate"]].assign(
        estimator="shrunken", used=True
    )
    return Effects(
        table=actions_frame(table if len(table) else None),
        estimators=estimates_frame(estimates if len(table) else None),
        period=PERIOD,
        as_of=AS_OF,
    )


def only(policy: Policy, *wanted: str, **changes) -> Policy:
    """The policy with these indicators only, each with the changes."""
    chosen = tuple(one.model_copy(update=changes) for one in policy.indicators if one.id in wanted)
    return policy.model_copy(update={"indicators": chosen})


def with_columns(result, name: str, **columns):
    """A result with columns of one of its frames replaced."""
    return replace(result, **{name: getattr(result, name).assign(**columns)})


def make_changes(**months: dict[str, int]) -> Changes:
    """Changes of complaints, month by month; by default ten rows of two months."""
    months = months or {
        "2024-05": {"rows": 100, "late": 1, "added": 1, "completed": 3},
        "2024-07": {"rows": 50, "revised": 4, "vanished": 2, "added": 20},
    }
    kinds = ("rows", "added", "late", "completed", "revised", "vanished")
    rows = [{"month": month, **dict.fromkeys(kinds, 0), **counts} for month, counts in months.items()]
    return Changes(
        table=pd.DataFrame(rows, columns=["month", *kinds]),
        columns=pd.DataFrame({"column": ["redress"], "completed": [3], "revised": [4]}),
        name="complaints",
        source="small",
        before="00000000000000aa",
        after="fedcba9876543210",
        before_as_of=date(2024, 6, 30),
    )


def make_incidents() -> IncidentReview:
    """A review of one outage: two limits, one of them missed; 30 complaints more than due; no loss known."""
    at = pd.Timestamp("2024-09-02 09:00")
    times = {name: at + pd.Timedelta(minutes=minutes) for name, minutes in
             {"started_at": 0, "detected_at": 5, "responded_at": 45, "ended_at": 240}.items()}  # fmt: skip
    untold = dict.fromkeys(("customers_told_at", "supervisor_told_at"), pd.NaT)
    figures = {
        "observed": 100.0,
        "expected": 70.0,
        "excess": 30.0,
        "lower": 12.0,
        "upper": 46.0,
        "p_value": 0.01,
    }
    row = {"incident_id": "N1", "kind": "outage", "scope": "", "channel": "mobile_app", **times, **untold,
           "episode": "N1", "together": 1, "days": 7, "known_days": 7, **figures, "judged": 2, "late": 1,
           "minutes": 240.0, "earlier": 0, "earlier_minutes": np.nan, "earlier_excess": np.nan,
           "longer_than": np.nan, "reason": "", "sentence": "Outage N1."}  # fmt: skip
    moment = {"incident_id": "N1", "item": "responded", "name_en": "", "name_zh": "", "owner_en": "", "owner_zh": "",
              "limit": 30.0, "unit": "minutes", "source": "policy", "at": times["responded_at"], "taken": 45.0,
              "times": 1.5, "state": "late"}  # fmt: skip
    loss = {"episode": "N1", **dict.fromkeys(("linked_events", "linked_loss", "booked", "expected", "excess", "lower",
            "upper"), np.nan), "reason": "no_losses"}  # fmt: skip
    answers = {"episode": "N1", "phase": "during", "answers": 50.0, "share": 0.8, "before_answers": 600.0,
               "before_share": 0.9, "change": -0.1, "lower": -0.2, "upper": -0.01}  # fmt: skip
    assumed = {"incident_id": "N1", "scenario": "system_outage", "name_en": "Outage", "name_zh": "中断",
               "severity": "moderate", "what": "hours", "assumed": 2.0, "assumed_low": 2.0, "assumed_high": 2.0,
               "seen": 4.0, "lower": np.nan, "upper": np.nan}  # fmt: skip
    day = {"episode": "N1", "day": pd.Timestamp("2024-09-02"), "observed": 40.0, "expected": 10.0, "lower": 5.0,
           "upper": 16.0, "inside": True}  # fmt: skip
    return IncidentReview(
        period=PERIOD,
        known_until=AS_OF,
        counted=pd.DataFrame([{"kind": "outage", "major": 1, "other": 2}]),
        table=pd.DataFrame([row]).astype(dict.fromkeys([*times, *untold], "datetime64[us]")),
        moments=pd.DataFrame([moment]).astype({"at": "datetime64[us]"}),
        parts=pd.DataFrame([{"episode": "N1", "kind": "channel", "name": "mobile_app", **figures}]),
        losses=pd.DataFrame([loss]),
        satisfaction=pd.DataFrame([answers]),
        scenarios=pd.DataFrame([assumed]),
        course=pd.DataFrame([day]).astype({"day": "datetime64[us]"}),
    )
