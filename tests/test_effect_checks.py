"""Effects, incidents, causes and satisfaction checked where nothing was done: right as they are, named when broken."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from small_bank import make_tables

from riskmodels.effects.verdicts import WORKED
from riskmodels.tables import Tables
from riskmodels.validation import answer_checks, effect_checks
from riskmodels.validation.checks_of_effects import EFFECT_CHECKS
from riskmodels.validation.evidence import beyond_chance, largest, run
from riskmodels.validation.published import Figures


@pytest.fixture
def anew() -> Iterator[None]:
    """Forget what was computed of the tables: before a test breaks how, and after it."""
    kept = (effect_checks._placebo_verdicts, effect_checks._differences)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


@pytest.mark.parametrize("model", EFFECT_CHECKS)
def test_a_bank_without_rows_is_said_to_be_too_little(model: str) -> None:
    for check in EFFECT_CHECKS[model]:
        assert run(check, {"tables": make_tables()}).state == "unknown"


def test_a_share_is_measured_beyond_chance() -> None:
    found = beyond_chance(np.arange(100) < 20, 0.1, 0.2)
    assert found.value == pytest.approx(0.2 - 1.645 * 0.04)
    assert beyond_chance(np.zeros(3, dtype=bool), 0.1, 0.2).value == 0.0
    assert np.isnan(beyond_chance(np.zeros(0, dtype=bool), 0.1, 0.2).value)


def test_a_figure_that_is_no_number_is_not_passed_over() -> None:
    assert largest([0.1, 0.3]) == 0.3
    assert np.isnan(largest([0.1, np.nan, 0.0]))
    assert np.isnan(largest([]))
    broken = Figures(compute=lambda: [(1.0, 1.0), (np.nan, 2.0), (3.0, 3.0)], tolerance=1e-6, source="")
    assert broken.measure().value == np.inf


def test_placebo_actions_of_the_sample_do_not_work(sample_tables: Tables) -> None:
    checks = [check for check in EFFECT_CHECKS["action_effects"] if check.kind in ("backtest", "rival")]
    found = {check.measure.__name__: run(check, {"tables": sample_tables}) for check in checks}
    assert "failed" not in {one.state for one in found.values()}
    assert {found[name].state for name in ("worked_at_random", "worked_where_bad")} == {"passed"}


def test_units_of_a_pilot_have_the_action_and_one_everywhere_is_in_all_alike() -> None:
    names = [f"u{number}" for number in range(8)]
    rows = pd.DataFrame({"unit_id": ["u0", "u5", "u7"], "pilot_units": ["u1 u2", "*", None]})
    rows["indicator_id"] = ["complaint_rate", "complaint_rate", "abandonment_rate"]
    tables = SimpleNamespace(actions=rows, require=lambda _: SimpleNamespace(frame=rows.copy))
    found = effect_checks._without_action(tables, SimpleNamespace(units=names))
    assert found.tolist() == [False] * 3 + [True] * 5


def test_a_product_that_a_unit_never_has_is_not_unknown() -> None:
    cells = np.array([[[1.0, 2.0], [np.nan, np.nan]], [[1.0, 2.0], [np.nan, 3.0]], np.full((2, 2), np.nan)])
    found = effect_checks._over_products(cells)
    assert found == pytest.approx(np.array([[1, 2], [np.nan, 5], [np.nan, np.nan]]), nan_ok=True)


@pytest.mark.usefixtures("anew")
def test_verdicts_that_are_given_too_easily_are_named(
    sample_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def easy(*given, **more):
        found = right(*given, **more)
        return replace(found, verdict=np.where(found.shrunken.chance() <= 0.3, WORKED, found.verdict))

    right = effect_checks.judge_evidence
    monkeypatch.setattr(effect_checks, "judge_evidence", easy)
    assert effect_checks.worked_at_random(sample_tables).value > 0.1
    assert effect_checks.worked_beside_naive(sample_tables).value > 1.0


@pytest.mark.usefixtures("anew")
def test_estimators_hold_where_nothing_was_done_and_narrow_ones_are_named(
    sample_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert effect_checks.differences_outside(sample_tables).value <= 0.1
    assert effect_checks.series_outside(sample_tables).value <= 0.2
    assert effect_checks.differences_beside_naive(sample_tables).value < 1.0
    right = effect_checks.difference_in_differences

    def narrow(*given, **more):
        found = right(*given, **more)
        effect = found.effect
        half = (effect.upper - effect.lower) / 6
        tight = replace(effect, lower=effect.estimate - half, upper=effect.estimate + half)
        return replace(found, effect=tight)

    monkeypatch.setattr(effect_checks, "difference_in_differences", narrow)
    effect_checks._differences.cache_clear()
    assert effect_checks.differences_outside(sample_tables).value > 0.2


def test_quiet_weeks_of_the_sample_are_as_predicted(sample_tables: Tables) -> None:
    assert effect_checks.quiet_weeks_outside(sample_tables).value <= 0.1
    assert effect_checks.quiet_weeks_beside_naive(sample_tables).value < 1.1


def test_parts_of_a_year_add_up_exactly(sample_tables: Tables) -> None:
    assert effect_checks.parts_add_up(sample_tables).value < 1e-12
    assert len(effect_checks._last_quarter(sample_tables).months) >= 2


def test_segments_of_nothing_are_counted(sample_tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    class Named:
        table = pd.DataFrame({"segment": ["cards"]})

    monkeypatch.setattr(effect_checks, "find_segments", lambda *_, **__: Named)
    assert effect_checks.named_of_nothing(sample_tables).value == 1.0
    assert effect_checks.other_draws(sample_tables).value == 0.0


def test_answers_dealt_anew_go_with_nothing(sample_tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_checks, "_SHUFFLES", 1)
    assert answer_checks.shuffled_answers(sample_tables).value <= 0.1
    source, answers = answer_checks._answers(sample_tables)
    assert source == "complaints"
    assert answers["day"].is_monotonic_increasing
