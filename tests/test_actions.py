"""Corrective actions judged: worked, no evidence yet, no effect, worse, or why it cannot be judged."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from simulations import around, drawn_in_part, draws, wider

import riskmodels as rm
from riskmodels.effects import Effects, assurance, estimate_effect, judge_actions
from riskmodels.effects.everywhere import judge_courses
from riskmodels.effects.group import judge_evidence
from riskmodels.effects.judging import Windows, windows_of
from riskmodels.effects.peers import compare_with_peers
from riskmodels.effects.pilots import chance_to_see
from riskmodels.errors import ContractError, ParameterError, TooLittleError

UNITS, MONTHS, START = 40, 60, 40
REGION = np.arange(UNITS) % 2


def draw(seed: int, *, factor: float = 1.0, unit: int = 3, spread: float = 0.0, size: float = 30.0):
    """Counts (units, 1, months) of units that differ, one with an action from START on, and their exposure."""
    rng = np.random.default_rng(seed)
    sizes = size * np.exp(rng.normal(0, 0.5, UNITS))
    true = sizes * (rng.gamma(1 / spread**2, spread**2, UNITS) if spread else 1.0)
    mean = np.repeat(true[:, None], MONTHS, axis=1)
    mean[REGION == 1, 30:] *= 1.4  # a level break of a region is in its peers, too
    mean[unit, START:] *= factor
    return rng.poisson(rng.gamma(mean, 1.0)).astype(float)[:, None], np.repeat(
        sizes[:, None, None], MONTHS, 2
    )


def judge(counts, exposure, unit: int = 3, until: int = MONTHS):
    units = (np.arange(UNITS) == unit)[None]
    data = compare_with_peers(counts[:, :, :until], exposure[:, :, :until], region=REGION, peers=~units[0])
    at = np.array([START])
    windows = windows_of(data.known, units, decided=at - 3, start=at, first=at * 0, end=np.array([until]))
    return judge_evidence(data, windows, hoped=np.array([-0.25]))


@pytest.mark.parametrize(("factor", "verdict"), [(0.6, "worked"), (1.5, "worse"), (1.0, "no_effect")])
def test_plain_cases(factor, verdict) -> None:
    found = judge(*draw(1, factor=factor))
    assert found.verdict.tolist() == [verdict]
    lower, upper = found.shrunken.bounds()
    assert lower[0] <= factor - 1 <= upper[0]


def test_too_little_is_no_evidence_yet() -> None:
    found = judge(*draw(1, factor=0.75, size=1.0), until=START + 4)
    assert found.verdict.tolist() == ["not_yet"]


def test_without_any_spread_expected_is_the_peers_rate() -> None:
    """One region, one product: expected is exposure times the others' events over theirs."""
    counts, exposure = draw(2)
    peers = np.arange(UNITS) != 3
    data = compare_with_peers(counts, exposure, region=np.zeros(UNITS, dtype=int), peers=peers)
    share = exposure[3, 0, 0] / exposure[peers, 0, 0].sum()
    assert data.expected[3] == pytest.approx(share * counts[peers, 0].sum(axis=0))
    others = peers & (np.arange(UNITS) != 7)
    share = exposure[7, 0, 0] / exposure[others, 0, 0].sum()
    assert data.expected[7] == pytest.approx(share * counts[others, 0].sum(axis=0))
    assert data.error[7] == pytest.approx(share**2 * counts[others, 0].sum(axis=0))


def test_unknown_cells_are_in_neither_sum() -> None:
    counts, exposure = draw(2)
    counts[:, :, 50] = np.nan
    counts[3, :, 51] = np.nan
    data = compare_with_peers(counts, exposure, region=REGION, peers=np.arange(UNITS) != 3)
    assert not data.known[:, 50].any()
    assert data.expected[3, 51] == data.observed[3, 51] == 0.0
    assert data.known[4, 51]


@drawn_in_part
def test_bounds_cover_and_nothing_works_by_itself() -> None:
    """A small version of benchmarks/actions.py: 150 units without an effect."""
    found = [judge(*draw(seed, spread=0.2)) for seed in range(100, 100 + draws(150))]
    assert np.mean([one.verdict[0] == "worked" for one in found]) <= wider(0.05)
    bounds = [one.shrunken.bounds(0.9) for one in found]
    low, high = around(0.84, 0.97)
    assert low <= np.mean([one[0] <= 0 <= other[0] for one, other in bounds]) <= high


@drawn_in_part
def test_what_assurance_says_comes_true() -> None:
    said, seen = [], []
    for seed in range(300, 300 + draws(120)):
        counts, exposure = draw(seed, factor=0.75, spread=0.2, size=8.0)
        past = counts[:, :, : START - 3], exposure[:, :, : START - 3]
        before = compare_with_peers(*past, region=REGION, peers=np.ones(UNITS, dtype=bool))
        units = (np.arange(UNITS) == 3)[None]
        said += chance_to_see(before, units, months=MONTHS - START, change=-0.25).tolist()
        seen.append(judge(counts, exposure).verdict[0] == "worked")
    assert np.mean(seen) == pytest.approx(np.mean(said), abs=wider(0.12))  # three standard errors


def test_bad_units_are_no_measure_of_ordinary_ones() -> None:
    """A unit of another kind is believed: its own past counts, not its peers'."""
    counts, exposure = draw(5)
    level = np.where(np.arange(MONTHS) < 30, 3.0, 4.2)
    counts[3] = np.random.default_rng(5).poisson(level * exposure[3]).astype(float)
    found = judge(counts, exposure)
    assert found.shrunken.change[0] == pytest.approx(0.0, abs=0.12)
    assert found.verdict[0] != "worse"


# The tables


def bank(take_in, actions: pd.DataFrame | None, *, factor: float = 1.0, everywhere: bool = False):
    tables = complained(take_in, factor, everywhere)
    if actions is None:
        return tables
    listed = take_in(actions=actions.astype("object").fillna("").to_dict("records"), as_of="2024-09-30")
    return replace(tables, actions=listed.actions)


@cache
def complained(take_in, factor: float, everywhere: bool):
    """Take in the complaints of twelve units once for all actions."""
    rng = np.random.default_rng(8)
    months = pd.period_range("2021-01", "2024-09", freq="M")
    unit = [f"u{number}" for number in range(12)]
    cells = pd.MultiIndex.from_product([unit, months], names=["unit_id", "month"]).to_frame(index=False)
    treated = (everywhere | (cells["unit_id"] == "u0")) & (cells["month"] >= pd.Period("2023-09"))
    number = rng.poisson(np.where(treated, 25 * factor, 25))
    rows = cells.loc[np.repeat(cells.index, number)].reset_index(drop=True)
    complaints = pd.DataFrame(
        {
            "complaint_id": [f"c{place}" for place in range(len(rows))],
            "received_at": rows["month"].dt.start_time + pd.to_timedelta(rows.index % 28, unit="D"),
            "unit_id": rows["unit_id"],
            "product": "cards",
        }
    )
    exposure = cells.assign(
        month=cells["month"].dt.strftime("%Y-%m-01"), product="cards", accounts=10_000, customers=9_000
    )
    units = pd.DataFrame({"unit_id": unit, "name_en": unit, "kind": "branch"})
    tables = {"complaints": complaints, "exposure": exposure, "units": units}
    return take_in(
        **{name: frame.astype("object").fillna("").to_dict("records") for name, frame in tables.items()},
        as_of="2024-09-30",
    )


def action(**changes):
    row = {"action_id": "A1", "unit_id": "u0", "indicator_id": "complaint_rate", "measure": "training",
           "opened_on": "2023-06-20", "due_on": "2023-09-01", "closed_on": "2023-09-05"}  # fmt: skip
    return row | changes


def test_an_action_that_worked_has_a_price_a_complaint(take_in) -> None:
    rows = pd.DataFrame([action(cost=5000, kind="corrective", expected_change=-0.3)])
    tables = bank(take_in, rows, factor=0.6)
    effect = estimate_effect(tables, action_id="A1")
    assert effect.verdict == "worked"
    assert effect.lower < -0.4 < effect.upper < 0
    assert effect.table["estimator"].tolist() == ["shrunken", "own", "naive", "imputation", "synthetic_did"]
    further = effect.table.set_index("estimator").loc[["imputation", "synthetic_did"]]
    assert further["estimate"].between(-0.55, -0.25).all()
    assert (further["upper"] < 0).all()
    assert not further["used"].any()
    assert re.match(
        r"3 other estimators: -\d\d% to -\d\d%; 3 of them within the interval\.", effect.agreement
    )
    assert effect.figures["hoped"] == -0.3
    assert effect.figures["cost_per_event"] == pytest.approx(5000 / effect.figures["avoided"])
    assert re.match(r"A1: worked\. Change of events by -\d\d% \(", effect.sentence)
    assert len(effect.summary()) == 5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"closed_on": None}, "it is not closed yet"),
        ({"pilot_units": "elsewhere"}, "nothing of its units"),
        ({"product": "loans"}, "not known by product"),
        ({"closed_on": "2024-08-20"}, "1 month known since"),
        ({"opened_on": "2021-06-01"}, "0 months known before"),
        ({"indicator_id": "resolved_7wd"}, "stands in the policy"),
        ({"indicator_id": "nonsense"}, "neither a rate nor a share"),
    ],
)
def test_why_an_action_cannot_be_judged(take_in, changes, reason) -> None:
    effect = estimate_effect(bank(take_in, pd.DataFrame([action(**changes)])), action_id="A1")
    assert (effect.verdict, len(effect.table)) == ("unknown", 0)
    assert reason in effect.reason
    assert np.isnan(effect.estimate)
    assert effect.reason in effect.sentence


def test_a_pilot_is_its_units_together_and_the_next_action_ends_it(take_in) -> None:
    rows = [
        action(pilot_units="u1 u2"),
        action(
            action_id="A2", unit_id="u1", opened_on="2024-03-01", due_on="2024-05-01", closed_on="2024-04-01"
        ),
    ]
    tables = bank(take_in, pd.DataFrame(rows))
    first = estimate_effect(tables, action_id="A1").figures
    assert first["units"] == "u0 u1 u2"
    assert first["months_after"] == 6
    assert first["expected"] == pytest.approx(6 * 3 * 25, rel=0.1)


@pytest.mark.parametrize(("factor", "verdict"), [(0.6, "worked"), (1.6, "worse"), (1.0, "no_effect")])
def test_everywhere_at_once_the_course_before_is_what_there_is(take_in, factor, verdict) -> None:
    tables = bank(take_in, pd.DataFrame([action(pilot_units="*")]), factor=factor, everywhere=True)
    effect = estimate_effect(tables, action_id="A1")
    assert effect.verdict == verdict
    assert "whatever else began then" in effect.sentence
    assert effect.lower < factor - 1 < effect.upper
    assert effect.table["estimator"].tolist() == ["course", "naive"]
    assert np.isnan(effect.figures["own_estimate"])
    assert effect.figures["power"] > 0.5


def test_an_action_everywhere_does_not_keep_others_from_being_judged(take_in) -> None:
    rows = [action(action_id="A1"), action(action_id="A2", pilot_units="*", opened_on="2023-09-10")]
    tables = bank(take_in, pd.DataFrame(rows), factor=0.6)
    alone = estimate_effect(bank(take_in, pd.DataFrame(rows[:1]), factor=0.6), action_id="A1")
    both = estimate_effect(tables, action_id="A1")
    assert (both.verdict, both.estimate) == (alone.verdict, alone.estimate)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"closed_on": None}, "it is not closed yet"),
        ({"closed_on": "2024-08-20"}, "1 month known since"),
        ({"opened_on": "2022-06-01"}, "11 months known before"),
    ],
)
def test_why_an_action_everywhere_cannot_be_judged(take_in, changes, reason) -> None:
    tables = bank(take_in, pd.DataFrame([action(pilot_units="*", **changes)]))
    effect = estimate_effect(tables, action_id="A1")
    assert (effect.verdict, len(effect.table)) == ("unknown", 0)
    assert reason in effect.reason


def test_a_change_that_came_before_is_not_the_actions() -> None:
    """Two pretended starts stand out as far as the true one: a wandering level is no evidence."""
    rng = np.random.default_rng(3)
    mean = 400.0 * np.exp(np.where((np.arange(54) // 9) % 2 == 1, -0.3, 0.0))
    month = np.arange(54)
    windows = Windows(units=np.ones((1, 1), dtype=bool), before=(month < 39)[None], after=(month >= 45)[None])
    counts = rng.poisson(mean).astype(float)[None, None]
    found = judge_courses(counts, np.full(counts.shape, 1e3), windows, hoped=np.array([-0.25])).iloc[0]
    assert found["verdict"] == "not_yet"
    assert found["p_value"] > 0.005


@pytest.mark.parametrize("since", [1, 9])
def test_where_no_start_can_be_pretended_a_course_shows_nothing(since) -> None:
    """One event in three years, and then one or nine a month: an interval as wide as any, and no verdict."""
    month = np.arange(54)
    windows = Windows(units=np.ones((1, 1), dtype=bool), before=(month < 39)[None], after=(month >= 45)[None])
    counts = np.where(month >= 45, float(since), 0.0) * (since > 1) + np.isin(month, (38, 50))
    found = judge_courses(
        counts[None, None], np.full((1, 1, 54), 1e3), windows, hoped=np.array([-0.25])
    ).iloc[0]
    assert found["verdict"] == "not_yet"
    assert np.isnan(found["placebo_time"])
    assert found["upper"] == pytest.approx(np.expm1(6.0))


def test_no_table_no_actions(take_in, default_policy) -> None:
    tables = bank(take_in, None)
    found = judge_actions(tables, default_policy, period="2024Q3")
    assert found.sentence == "2024Q3: no action was closed in the two years before."
    assert set(found.frames()) == {"effects", "effect_estimators"}
    with pytest.raises(ContractError, match="actions"):
        estimate_effect(tables, action_id="A1")
    with pytest.raises(ParameterError, match="2024"):
        judge_actions(tables, default_policy, period="2024")


def test_without_accounts_no_action_on_complaints_is_judged(take_in, default_policy) -> None:
    tables = replace(bank(take_in, pd.DataFrame([action()])), exposure=None)
    found = judge_actions(tables, default_policy, period="2024Q3")
    assert found.table["verdict"].tolist() == ["unknown"]
    assert "exposure" in found.table["reason"][0]


def test_an_action_that_is_not_there(take_in, default_policy) -> None:
    tables = bank(take_in, pd.DataFrame([action()]))
    with pytest.raises(ParameterError, match="no action 'A9'"):
        estimate_effect(tables, action_id="A9")
    with pytest.raises(ParameterError, match="not among"):
        judge_actions(tables, default_policy, period="2024Q3").effect("A9")


def test_assurance_of_a_bank(take_in) -> None:
    tables = bank(take_in, None)
    found = assurance(tables, units=["u0"], months=12, change=-0.25)
    assert 0.5 < found.chance <= 1
    assert found.table["chance"].is_monotonic_increasing
    assert found.branches["chance_together"].dropna().is_monotonic_increasing
    assert found.fewest >= 1
    assert "in u0" in found.sentence
    assert assurance(tables).units == tuple(found.branches["unit_id"].head(found.fewest))
    for wrong in ({"months": 2}, {"change": 0.1}, {"units": ["elsewhere"]}):
        with pytest.raises(ParameterError):
            assurance(tables, **wrong)


@pytest.mark.whole
def test_assurance_leaves_units_to_compare_with(take_in) -> None:
    tables = bank(take_in, None)
    together = assurance(tables).branches["chance_together"]
    assert together.isna().tolist() == [False] * 9 + [True] * 3
    with pytest.raises(TooLittleError, match="2 units are left without the pilot"):
        assurance(tables, units=[f"u{number}" for number in range(10)])


def test_the_actions_of_the_sample(sample_tables, default_policy) -> None:
    found = judge_actions(sample_tables, default_policy, period="2026Q3")
    assert isinstance(found, Effects)
    verdicts = found.table.set_index("action_id")["verdict"]
    assert verdicts["A001"] == verdicts["A003"] == "worked"
    assert "worked" not in set(verdicts.drop(["A001", "A003"]))
    assert ((found.table["reason"] != "") == (found.table["verdict"] == "unknown")).all()
    one = rm.estimate_effect(sample_tables, action_id="A003")
    assert one.estimate == pytest.approx(found.effect("A003").estimate)
