"""Validation of models: no model without a row, verdicts by their rule, and broken models are named."""

import json
import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_bank import make_card, make_panel, make_record, make_tables

from riskmodels import cli
from riskmodels.backtesting import backtest, backtests
from riskmodels.errors import ParameterError, ResultError
from riskmodels.forecasting import forecast
from riskmodels.forecasting.predictive import NormalPredictive
from riskmodels.losses import (
    Exponential,
    LossAssessment,
    LossCell,
    NegativeBinomial,
    aggregate,
    aggregate_losses,
)
from riskmodels.manifests import digests
from riskmodels.parameters.models import Model, Models, load_models
from riskmodels.rates import Counts
from riskmodels.reporting.listings import list_model_checks, list_models
from riskmodels.reporting.validation_report import ValidationDocument, validation_document, validation_text
from riskmodels.results import load, save
from riskmodels.runner.settings import load_run
from riskmodels.runner.validating import run_validation
from riskmodels.validation import card_checks, forecast_checks, loss_checks, stability, validate_models
from riskmodels.validation.checks import CHECKS, checks_of
from riskmodels.validation.evidence import Check, Measured, run
from riskmodels.validation.model import NO_MODELS, model_functions, models_without_row, unknown_functions
from riskmodels.validation.published import PUBLISHED

ROOT = Path(__file__).parents[1]
SAVED = Path(__file__).parent / "saved" / "format_0"
DAY = date(2026, 11, 30)
NAMES = {  # folders of a report, by the class of what they hold
    "backtest": "Backtest", "outlook": "Forecast", "review": "ForecastReview", "quality": "DataQuality",
    "movements": "Movements", "weightings": "Robustness", "sensitivity": "Sensitivity",
    "gaps": "CustomerGaps", "orders": "Orders", "losses": "LossAssessment", "alarms": "AlarmBook",
    "objectives": "Objectives", "scorecard": "Scorecard", "foresight": "Foresight",
}  # fmt: skip


@pytest.fixture(scope="module")
def inventory() -> Models:
    return load_models(ROOT / "params" / "models.yaml")


@pytest.fixture(scope="module")
def saved() -> dict[str, object]:
    """Return results of banks of hardly any row, as earlier versions saved them."""
    return {name: load(SAVED / kind, object) for name, kind in NAMES.items()}


# The inventory


def test_no_model_is_without_its_row(inventory) -> None:
    assert models_without_row(inventory) == []
    assert unknown_functions(inventory) == []
    assert not {*NO_MODELS} & {*model_functions()}


def test_every_page_of_a_method_belongs_to_a_model(inventory) -> None:
    pages = {path.name for path in (ROOT / "docs" / "methods").glob("*.md")}
    assert {one.page for one in inventory.models} == pages - {"validation.md", "index.md"}


def test_every_model_has_checks_and_every_check_a_model(inventory) -> None:
    ids = {one.id for one in inventory.models}
    assert {*CHECKS, *PUBLISHED} == ids
    assert [one.id for one in inventory.models if not checks_of(one.id)] == []


def test_a_model_without_its_row_is_named_and_the_bank_is_not_validated(inventory) -> None:
    less = inventory.model_copy(
        update={"models": tuple(one for one in inventory.models if one.id != "nowcast")}
    )
    assert models_without_row(less) == ["forecasting.nowcast", "forecasting.nowcast_where_logged"]
    pack = validate_models(less, {}, day=DAY)
    assert pack.verdict == "unvalidated"
    assert "Without a row in the inventory: forecasting.nowcast," in pack.sentence


def test_a_bank_s_own_model_is_not_validated(inventory) -> None:
    own = inventory.models[0].model_copy(update={"id": "own_model", "tier": 3})
    pack = validate_models(inventory.model_copy(update={"models": (own,)}), {}, day=DAY)
    assert pack.table["verdict"].tolist() == ["unvalidated"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("tier: 1\n    purpose", "tier: 4\n    purpose"),
        ("id: nowcast\n", "id: funnel\n"),
        ("page: losses.md", "page: ../losses"),
        ("functions: [rates.funnel", "functions: [funnel"),
        ("tier: 3, months: 36", "tier: 2, months: 36"),
    ],
)
def test_an_inventory_that_does_not_fit_is_refused(change, words, tmp_path) -> None:
    text = (ROOT / "params" / "models.yaml").read_text("utf-8")
    assert change in text
    (tmp_path / "models.yaml").write_text(text.replace(change, words, 1), "utf-8")
    with pytest.raises(ParameterError, match="does not fit an inventory of models"):
        load_models(tmp_path / "models.yaml")


# Checks and verdicts


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Measured(0.9, 1.0, 2.0), "passed"), (Measured(1.0, 1.0, 2.0), "passed"), (Measured(1.1, 1.0, 2.0), "limit"),
        (Measured(2.1, 1.0, 2.0), "failed"), (Measured(0.9, 0.8, 0.5), "passed"), (Measured(0.6, 0.8, 0.5), "limit"),
        (Measured(0.4, 0.8, 0.5), "failed"), (Measured(9.0, 1.0, np.inf), "limit"), (Measured(0.1, 0.0, 0.0), "failed"),
        (Measured(np.nan, 1.0, 2.0), "unknown"),
    ],
)  # fmt: skip
def test_a_figure_is_judged_by_its_limits(found, state) -> None:
    assert run(Check(kind="rival", name="x", measure=lambda: found), {}).state == state


def test_results_of_hardly_any_row_make_no_traceback(saved, inventory) -> None:
    for model in CHECKS:
        for check in checks_of(model):
            assert run(check, saved).state in {"passed", "limit", "failed", "unknown"}
    pack = validate_models(inventory, {"scorecard": make_card(), "backtest": make_record()}, day=DAY)
    assert len(list_models(pack).frame) == len(inventory.models)
    assert (
        list_model_checks(pack, model="nowcast")
        .frame["Result"]
        .str.contains("the report has no result 'tables'")
        .any()
    )


def test_empty_tables_are_said_to_be_too_little() -> None:
    outcome = run(checks_of("nowcast")[0], {"tables": make_tables()})
    assert outcome.state == "unknown"
    assert outcome.said


def test_published_figures_are_reproduced() -> None:
    for name, figures in PUBLISHED.items():
        found = figures.measure()
        assert found.value <= found.limit, name
    assert forecast_checks.nowcast_of_exponential_delays().value < 0.01


def test_verdicts_and_what_is_due(inventory, saved) -> None:
    models = [one.model_copy(update={"last_validation": date(2025, 11, 1)}) for one in inventory.models]
    pack = validate_models(
        inventory.model_copy(update={"models": tuple(models)}), saved, day=DAY, report="2026Q3"
    )
    table = pack.table.set_index("model")
    assert (table.loc["nowcast", "due"], table.loc["nowcast", "overdue"]) == ("2026-11-01", True)
    assert (table.loc["funnel", "due"], table.loc["funnel", "overdue"]) == ("2027-11-01", False)
    assert table.loc["telephone_queue", "verdict"] == "fit"
    assert table.loc["deadline_queue", "verdict"] == "limits"  # of tier 1, and nothing is set against it
    assert table.loc["forecast_of_weeks", "verdict"] == "unvalidated"
    shown = list_models(pack).frame
    assert (
        shown["Next validation"].str.contains("overdue since 2026-11-01").sum() == (table["tier"] == 1).sum()
    )
    assert "only a full validation" in list_model_checks(pack, model="forecast_of_weeks").frame["Result"][0]
    text = validation_text(pack)
    assert "Signature: ____" in text
    assert ValidationDocument.model_validate_json(validation_document(pack)).verdict == pack.verdict


def test_a_pack_is_saved_and_loaded_exactly(inventory, tmp_path) -> None:
    pack = validate_models(inventory, {}, day=DAY)
    again = load(save(pack, tmp_path / "pack"), type(pack))
    pd.testing.assert_frame_equal(again.checks, pack.checks)
    assert (again.verdict, again.day) == (pack.verdict, DAY)


# Models broken on purpose


def counts_panel():
    """Counts of eight series over five years that vary twice as much as Poisson."""
    rng = np.random.default_rng(3)
    values = rng.negative_binomial(40, 0.5, size=(8, 60)).astype(float)
    return make_panel({f"s{place}": list(row) for place, row in enumerate(values)})


def halved(made):
    one = made.predictive
    return replace(made, predictive=NormalPredictive(mean=one.mean, deviation=np.sqrt(one.variance) / 2))


def test_a_forecast_with_half_the_interval_is_named(monkeypatch) -> None:
    panel = counts_panel()
    methods = ["counts", "seasonal_naive"]
    sound = backtest(panel, horizon=3, origins=10, methods=methods)
    outlook = forecast(panel, horizon=3, method="counts")
    told = forecast_checks.outside_intervals(sound)
    assert told.value <= told.limit
    wide = forecast_checks.width_beside_backtest(outlook, sound)
    assert wide.value > wide.limit

    thin = forecast_checks.width_beside_backtest(halved(outlook), sound)  # the outlook alone is broken
    assert thin.value < thin.limit
    assert thin.value < 0.7 * wide.value  # not half: what series have in common stays as wide
    right = backtests.forecast_by
    monkeypatch.setattr(
        backtests,
        "forecast_by",
        lambda *given, **more: [
            halved(one) if one.method == "counts" else one for one in right(*given, **more)
        ],
    )
    told = forecast_checks.outside_intervals(backtest(panel, horizon=3, origins=10, methods=methods))
    assert told.value > told.worst


def test_credibility_that_shrinks_the_wrong_way_is_named(sample_card, monkeypatch) -> None:
    for check in (card_checks.drawn_to_peers, card_checks.weight_grows_with_size):
        found = check(sample_card)
        assert found.value >= found.limit
    rows = sample_card.indicators
    away = 2 * rows["own"] - rows["estimate"]
    found = card_checks.drawn_to_peers(replace(sample_card, indicators=rows.assign(estimate=away)))
    assert found.value < found.worst
    turned = rows["peers"] + (rows["own"] - rows["estimate"])  # of each unit what its size should not give
    found = card_checks.weight_grows_with_size(replace(sample_card, indicators=rows.assign(estimate=turned)))
    assert found.value < found.worst

    right = Counts.prior
    monkeypatch.setattr(Counts, "prior", lambda self, own, level, spread: right(self, own, level, 1 / spread))
    found = PUBLISHED["credibility"].measure()
    assert found.value > found.worst


@pytest.fixture(scope="module")
def losses() -> LossAssessment:
    """Return an assessment whose total has its cells' value-at-risk, a small one."""
    cells = [
        LossCell(name="a", frequency=NegativeBinomial(20.0, 0.2), severity=Exponential(scale=1e4)),
        LossCell(name="b", frequency=NegativeBinomial(5.0, 0.2), severity=Exponential(scale=5e4)),
    ]
    made = aggregate_losses(cells)
    total = made.table.iloc[-1]
    some = load(SAVED / "LossAssessment", LossAssessment)
    intervals = pd.DataFrame(
        {
            "cell": ["total"],
            "value_at_risk": [total["value_at_risk"]],
            "lower": [total["value_at_risk"] * 0.8],
            "upper": [total["value_at_risk"] * 1.4],
        }
    )
    return replace(some, distribution=made, intervals=intervals)


def test_a_value_at_risk_that_is_a_fifth_too_low_is_named(losses, monkeypatch) -> None:
    checks = (loss_checks.value_at_risk_again, loss_checks.value_at_risk_simulated)
    for check in checks:
        found = check(losses)
        assert found.value <= found.limit
    forged = replace(
        losses, intervals=losses.intervals.assign(value_at_risk=0.8 * losses.intervals["value_at_risk"])
    )
    for check in checks:
        found = check(forged)
        assert found.value > found.worst

    right = aggregate._total_figures

    def low(*given):
        figures = right(*given)
        return replace(figures, value_at_risk=0.8 * figures.value_at_risk)

    monkeypatch.setattr(aggregate, "_total_figures", low)
    found = PUBLISHED["aggregate_losses"].measure()
    assert found.value > found.worst


def test_a_mix_that_moved_is_a_limit_and_one_that_did_not_is_none() -> None:
    steady = forecast(make_panel({"a": [100.0] * 40, "b": [50.0] * 40}), horizon=3, method="seasonal_naive")
    moved = forecast(
        make_panel({"a": [100.0] * 38 + [20.0] * 2, "b": [50.0] * 38 + [130.0] * 2}),
        horizon=3,
        method="seasonal_naive",
    )
    assert stability.mix_stability(steady).value == pytest.approx(0.0)
    found = stability.mix_stability(moved)
    assert found.limit < found.value
    short = forecast(make_panel({"a": [5.0] * 10}), horizon=1, method="seasonal_naive")
    assert np.isnan(stability.mix_stability(short).value)


# The command


@pytest.fixture
def report(tmp_path) -> Path:
    """Write what of a report a validation reads: results, and a manifest."""
    folder = tmp_path / "reports" / "2026Q3"
    save(make_record(), folder / "results" / "backtest")
    save(make_card(), folder / "results" / "scorecard")
    settings = load_run(ROOT / "params" / "runs" / "quarterly.yaml").model_dump_json()
    manifest = {
        "settings": json.loads(settings),
        "files": digests(folder, ("results",)),
        "notebooks": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.fixture
def command(monkeypatch, capsys):
    """Return a function from arguments to exit status, output and errors, as main() gives them."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "80")

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["riskmodels", "validate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return command


def test_the_command_keeps_a_pack_and_says_where(report, command) -> None:
    status, out, _ = command(report, "--on", "2026-11-30")
    assert status == 0
    folder = report.parent / "2026Q3-validation-2026-11-30"
    assert {path.name for path in folder.iterdir()} == {
        "pack", "validation.html", "validation.md", "validation.json",
    }  # fmt: skip
    page = (folder / "validation.html").read_text("utf-8")
    assert re.search(r"Verdict over all: Not validated", page)
    assert "36 models" in out
    assert "validation.html" in out.replace("\n", "")


def test_a_model_that_is_not_fit_is_an_exit_status_of_its_own(report, command, monkeypatch) -> None:
    figures = replace(PUBLISHED["telephone_queue"], compute=lambda: [(1.2, 1.0)])
    monkeypatch.setitem(PUBLISHED, "telephone_queue", figures)
    status, out, _ = command(report, "--dry-run", "--json")
    assert status == 1
    document = ValidationDocument.model_validate_json(out)
    assert document.verdict == "unfit"
    assert "Not fit for use: Telephone queues." in document.sentence
    assert len(list(report.parent.iterdir())) == 1  # nothing is kept


def test_what_is_no_report_or_was_changed_is_refused(report, command, tmp_path) -> None:
    status, _, err = command(tmp_path)
    assert (status, "is not a report" in err) == (5, True)
    (report / "results" / "scorecard" / "result.json").write_text("{}", "utf-8")
    with pytest.raises(ResultError, match="not as it was written"):
        run_validation(report, models=ROOT / "params" / "models.yaml", day=DAY)


def test_a_row_needs_what_a_validator_asks_for() -> None:
    asked = {"owner_en", "tier", "purpose", "assumptions", "limits", "page", "functions"}
    assert asked <= {name for name, field in Model.model_fields.items() if field.is_required()}
