"""Results as files: an exact round trip, and nothing but results is ever loaded."""

import dataclasses
import json
import shutil
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_bank import (
    AMBER,
    RED,
    make_alarm,
    make_book,
    make_card,
    make_effects,
    make_explanation,
    make_incidents,
    make_nowcast,
    make_objectives,
    make_outlook,
    make_panel,
    make_record,
    make_stress,
    make_tables,
    with_columns,
)

import riskmodels as rm
from riskmodels.assessment import assess
from riskmodels.catalogue import Indicators
from riskmodels.display import Displayed, Listing
from riskmodels.errors import ResultError
from riskmodels.forecasting import forecast
from riskmodels.governance.proposals import propose
from riskmodels.parameters.risks import RiskRegister
from riskmodels.results import load, load_all, load_earlier, loading, save, saving
from riskmodels.results.classes import _FORMATS, _HOMES, class_named


def assert_same(one, other) -> None:
    """Equal to the last bit, types included."""
    assert type(one) is type(other)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_column_type=True)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, pd.PeriodIndex):
        pd.testing.assert_index_equal(one, other, exact=True)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        assert one == other or one != one  # noqa: PLR0124  NaN


def some_findings(policy, *rows):
    return assess(policy, data=make_tables(), scorecard=make_card(rows), register=RiskRegister(risks=()))


def some_losses(dependence=None) -> rm.losses.LossDistribution:
    severity = rm.losses.Spliced(
        body=rm.losses.Lognormal(mu=1.0, sigma=1.0),
        tail=rm.losses.GeneralizedPareto(shape=0.3, scale=2.0, threshold=9.0),
        tail_probability=0.1,
    )
    cells = [
        rm.losses.LossCell(name="a", frequency=rm.losses.Poisson(rate=3.0), severity=severity),
        rm.losses.LossCell(
            name="b",
            frequency=rm.losses.NegativeBinomial(mean=2.0, dispersion=0.3),
            severity=rm.losses.Gamma(shape=2.0),
        ),
    ]
    return rm.losses.aggregate_losses(cells, dependence=dependence)


MAKERS = {
    "card": lambda _: make_card([{}, RED, {"unit_id": "u1"}], [{}, {"unit_id": "u2", "name": "分行 \U0001f600"}]),
    "card without units": lambda _: make_card(),
    "panel": lambda _: make_panel({"a": [1.0, np.nan, 0.0], "b": [2.0, 3.0, -0.0]}),
    "panel with exposure": lambda _: dataclasses.replace(
        make_panel({"a": [1.0, 2.0]}, end="2024Q3"), exposure=np.array([[np.nan, 1e300]]), kind="amount"
    ),
    "forecast by counts": lambda _: forecast(
        make_panel({"a": list(range(30)), "b": [3.0] * 30}), horizon=3, method="seasonal_naive"
    ),
    "aggregated forecast": lambda _: forecast(
        make_panel({"a": list(range(30)), "b": [3.0] * 30}), horizon=3, method="empirical24"
    ).aggregate(),
    "forecast by hand": lambda _: make_outlook(make_panel({"a": [1.0] * 3}), [[[1.0, np.nan]] * 2]),
    "forecast of counts not complete": lambda _: forecast(
        make_panel({"a": list(range(30)), "b": [3.0] * 30}), horizon=3, calendar="CN", completeness=np.linspace(1.0, 0.5, 30)
    ),
    "explanation": lambda _: make_explanation(),
    "explanation without an earlier forecast": lambda _: make_explanation(earlier=False, method="empirical24"),
    "nowcast": lambda _: make_nowcast(),
    "loss distribution": lambda _: some_losses(),
    "loss distribution of a factor": lambda _: some_losses(rm.losses.StudentFactor(correlation=0.2, degrees=5.0)),
    "severity": lambda _: rm.losses.fit_severity(np.arange(1.0, 60.0), tail_threshold=40.0),
    "frequency": lambda _: rm.losses.fit_frequency([3, 1, 4, 1, 5]),
    "tail diagnostics": lambda _: rm.losses.tail_diagnostics(np.arange(1.0, 60.0)),
    "backtest": lambda _: make_record(),
    "stress test": lambda _: make_stress([{}, {"rating": "", "p_red": np.nan}], [("x", "y")]),
    "objectives": lambda _: make_objectives([{}, {"indicator_id": "retention"}], [("x", "not known")]),
    "effects": lambda _: make_effects([{}, {"verdict": "unknown", "reason": "why", "estimate": np.nan}]),
    "no effects": lambda _: make_effects([]),
    "effect": lambda _: make_effects().effect("A1"),
    "no objectives": lambda _: make_objectives([]),
    "empty stress test": lambda _: make_stress([]),
    "scenarios beside each other": lambda _: rm.stresstest.compare([make_stress(), make_stress([])]),
    "findings": lambda policy: some_findings(policy, RED, AMBER | {"indicator_id": "reply_2wd"}),
    "no findings": some_findings,
    "proposals": lambda policy: propose(some_findings(policy, RED), policy),
    "no proposals": lambda policy: propose(some_findings(policy), policy),
    "indicators": lambda _: Indicators(
        table=make_card([RED]).indicators, unavailable=make_card().unavailable, by=("unit_id",)
    ),
    "book of alarms": lambda _: make_book(make_alarm()),
    "empty book of alarms": lambda _: make_book(),
    "review of incidents": lambda _: make_incidents(),
    "listing": lambda _: Listing(sentence="Text.", frame=pd.DataFrame({"A": ["x"], "B [points]": [1]})),
    "policy": lambda policy: policy,
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_every_result_comes_back_as_it_was(name, default_policy, tmp_path) -> None:
    made = MAKERS[name](default_policy)
    assert save(made, tmp_path / "result") == tmp_path / "result"
    loaded = load(tmp_path / "result", type(made))
    assert_same(made, loaded)
    save(loaded, tmp_path / "again")
    for file in (tmp_path / "result").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


# One of each kind, as saved before formats had numbers: named by its module.
SAVED = Path(__file__).parent / "saved" / "format_0"
RENAMED = {"Foresight": "ScorecardValidation"}


CHANGED = {
    "Findings",
    "Proposals",
    "RiskAssessment",
    "StressTest",
}  # facts; columns; what is booked; shocks in their own unit


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_what_has_another_format_now_is_refused(name) -> None:
    with pytest.raises(ResultError, match=f"holds a {name} of format 1; .* make it again with this version"):
        load(SAVED / name, object)


@pytest.mark.parametrize(
    "folder",
    sorted(folder for folder in SAVED.iterdir() if folder.name not in CHANGED),
    ids=lambda folder: folder.name,
)
def test_what_earlier_versions_saved_is_read(folder, tmp_path) -> None:
    loaded = load(folder, object)
    assert type(loaded).__name__ == RENAMED.get(folder.name, folder.name)
    if folder.name != "Tables":  # whose tables lie beside their store
        again = json.loads((save(loaded, tmp_path / "again") / "result.json").read_text("utf-8"))
        kind = "parameters" if "parameters" in again else "result"
        assert (again[kind], again["format"]) == (type(loaded).__name__, 1)
        assert_same(loaded, load(tmp_path / "again", type(loaded)))


def test_every_kind_of_result_has_a_name_and_an_example_of_what_was_saved() -> None:
    for name in dict.fromkeys([*rm.__all__, *_HOMES]):
        _ = getattr(rm, name, None) or class_named(name, _FORMATS.get(name))  # which imports the rooms
    results = {kind.__name__ for kind in Displayed.__subclasses__()} - {
        "Verification",
        "Leaks",
        "Sweep",
        "Recording",
        "PlayedLoop",
        "Replayed",
        "Released",
    }  # of folders
    assert results <= set(_HOMES)
    assert {*results, "Tables"} <= {RENAMED.get(folder.name, folder.name) for folder in SAVED.iterdir()}


def test_every_name_is_that_of_a_class() -> None:
    for name, home in _HOMES.items():
        found = class_named(name, _FORMATS.get(name))
        assert (found.__name__, found.__module__) == (name, f"riskmodels.{home}")


def test_a_result_of_another_format_is_refused_with_what_to_do(tmp_path) -> None:
    saved = save(make_card(), tmp_path / "card") / "result.json"
    saved.write_text(saved.read_text("utf-8").replace('"format": 1', '"format": 2'), "utf-8")
    for read in (load, load_earlier):
        with pytest.raises(
            ResultError, match=r"Scorecard of format 2; this version .* reads format 1: make it"
        ):
            read(tmp_path / "card", rm.Scorecard)


def test_only_what_is_not_there_is_no_earlier_result(tmp_path) -> None:
    assert load_earlier(tmp_path / "nowhere", rm.Scorecard) is None
    (tmp_path / "empty").mkdir()
    with pytest.raises(ResultError, match="empty is no saved result"):
        load_earlier(tmp_path / "empty", rm.Scorecard)


def test_a_loaded_forecast_draws_the_same_paths(tmp_path) -> None:
    made = forecast(make_panel({"a": list(range(30)), "b": [3.0] * 30}), horizon=3, method="seasonal_naive")
    loaded = load(save(made, tmp_path / "outlook"), rm.Forecast)
    np.testing.assert_array_equal(made.sample(50, seed=1), loaded.sample(50, seed=1))
    np.testing.assert_array_equal(made.quantiles, loaded.quantiles)


FRAMES = {
    "odd names": pd.DataFrame({"": [1], "a.b": [2], "../x": [3], "{0}": [4], "中文 [‰]": [5]}),
    "numbers as names": pd.DataFrame([[1.0, 2.0]], columns=pd.Index([1, 5])),
    "index": pd.DataFrame({"v": [1, 2, 3]})[lambda frame: frame["v"] > 1],
    "periods": pd.DataFrame({"v": [1.0, 2.0]}, index=pd.period_range("2024Q1", periods=2, freq="Q")),
    "period column": pd.DataFrame({"p": pd.period_range("2024-01", periods=3, freq="M")}),
    "texts": pd.DataFrame({"t": ["x", None, "", "\x00", "a\nb"]}),
    "floats": pd.DataFrame({"f": [np.nan, np.inf, -np.inf, 5e-324, 0.1 + 0.2, -0.0]}),
    "small types": pd.DataFrame({"i": np.array([1, 2], "int8"), "b": [True, False], "f": np.array([1, 2], "f4")}),
    "days": pd.DataFrame({"d": pd.date_range("2024-01-01", periods=2)}),
    "no rows": pd.DataFrame({"t": pd.Series(dtype="str"), "f": pd.Series(dtype="float64")}),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_comes_back_as_it_was(name, tmp_path) -> None:
    made = Listing(sentence="", frame=FRAMES[name])
    assert_same(made, load(save(made, tmp_path / "frame"), Listing))


def test_negative_zero_keeps_its_sign(tmp_path) -> None:
    made = make_panel({"a": [-0.0, 0.0]})
    assert np.signbit(load(save(made, tmp_path / "p"), rm.Panel).values).tolist() == [[True, False]]


# Stored tables


@pytest.fixture
def stored(take_in, tmp_path):
    """Tables in a store below tmp_path, and saved."""
    taken = take_in(
        complaints="complaint_id,received_at,unit_id,product\nc1,2024-07-01,u,credit_card\nc2,,u,mortgage\n"
    )
    complaints = taken.complaints
    folder = tmp_path / "bank" / "store" / "complaints" / complaints.digest
    shutil.copytree(complaints.folder, folder)
    tables = dataclasses.replace(taken, complaints=dataclasses.replace(complaints, folder=folder))
    save(tables, tmp_path / "bank" / "results" / "tables")
    return tables


def test_tables_are_named_and_not_copied(stored, tmp_path) -> None:
    saved = tmp_path / "bank" / "results" / "tables"
    assert [file.name for file in saved.iterdir()] == ["result.json"]
    loaded = load(saved, rm.Tables)
    assert loaded.digest == stored.digest
    pd.testing.assert_frame_equal(loaded.complaints.frame(), stored.complaints.frame())
    pd.testing.assert_frame_equal(loaded.complaints.rejected, stored.complaints.rejected)
    assert loaded.complaints.provenance == stored.complaints.provenance
    assert (loaded.as_of, loaded.country, loaded.units) == (stored.as_of, "CN", None)


def test_store_and_results_may_move_together(stored, tmp_path) -> None:
    (tmp_path / "bank").rename(tmp_path / "elsewhere")
    assert load(tmp_path / "elsewhere" / "results" / "tables", rm.Tables).digest == stored.digest


@pytest.mark.parametrize("file", ["accepted.parquet", "rejected.parquet", "provenance.json"])
def test_a_table_changed_in_the_store_is_refused(stored, tmp_path, file) -> None:
    changed = stored.complaints.folder / file
    changed.write_bytes(changed.read_bytes() + b" ")
    with pytest.raises(ResultError, match="was changed after it was stored"):
        load(tmp_path / "bank" / "results" / "tables", rm.Tables)


def test_a_table_gone_from_the_store_is_refused(stored, tmp_path) -> None:
    shutil.rmtree(stored.complaints.folder)
    with pytest.raises(ResultError, match="is not a stored table"):
        load(tmp_path / "bank" / "results" / "tables", rm.Tables)


# What is refused


@pytest.fixture
def saved(tmp_path):
    return save(make_stress(), tmp_path / "stress")


def test_another_kind_is_refused(saved) -> None:
    with pytest.raises(ResultError, match="holds a StressTest; expected a Forecast"):
        load(saved, rm.Forecast)


@pytest.mark.parametrize("file", ["result.json", "result.table.parquet"])
def test_a_missing_file_is_an_error_of_ours(saved, file) -> None:
    (saved / file).unlink()
    with pytest.raises(ResultError, match="is no saved result, is damaged"):
        load(saved, rm.StressTest)


def test_a_missing_folder_is_an_error_of_ours(tmp_path) -> None:
    with pytest.raises(ResultError, match="is no saved result"):
        load(tmp_path / "nowhere", rm.StressTest)


@pytest.mark.parametrize("file", ["result.json", "result.table.parquet", "result.complaints.parquet"])
@pytest.mark.parametrize("left", [0, 1, 100, -1])
def test_a_file_cut_short_is_an_error_of_ours(saved, file, left) -> None:
    whole = (saved / file).read_bytes()
    (saved / file).write_bytes(whole[:left] if left >= 0 else b"\xff\x00" + whole)
    with pytest.raises(ResultError, match="is no saved result, is damaged"):
        load(saved, rm.StressTest)


@pytest.mark.parametrize("left", [0, 10, 100, 130])
def test_an_array_cut_short_is_an_error_of_ours(tmp_path, left) -> None:
    folder = save(make_panel({"a": [1.0] * 40}), tmp_path / "panel")
    array = folder / "result.values.npy"
    array.write_bytes(array.read_bytes()[:left])
    with pytest.raises(ResultError, match="is damaged"):
        load(folder, rm.Panel)


def test_a_pickled_array_is_not_opened(tmp_path) -> None:
    folder = save(make_panel({"a": [1.0]}), tmp_path / "panel")
    np.save(folder / "result.values.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ResultError, match="is damaged"):
        load(folder, rm.Panel)


def write_json(folder: Path, content: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "result.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"": 1},
        {"nonsense": 1},
        {"dataclass": "riskmodels.panel:Panel"},
        {"dataclass": "riskmodels.panel:Panel", "fields": {}},
        {"dataclass": "riskmodels.panel:Panel", "fields": {"surprise": 1}},
        {"dataclass": "riskmodels.panel:Panel", "fields": []},
        {"result": "Panel", "format": 1},
        {"result": "Panel", "format": [], "fields": {}},
        {"result": ["Panel"], "format": 1, "fields": {}},
        {"dataclass": 7, "fields": {}},
        {"dataclass": None, "fields": {}},
        {"parameters": "riskmodels.parameters.policy:Policy", "values": "{}"},
        {"parameters": "riskmodels.parameters.policy:Policy", "values": 3},
        {"periods": ["2024-13"], "freq": "M"},
        {"periods": ["2024-01"], "freq": "nonsense"},
        {"date": "yesterday"},
        {"float": "much"},
        {"tuple": 3},
        {"frame": 3},
        {"frame": ""},
        {"array": None},
        {"table": 3},
    ],
)
def test_damaged_json_is_an_error_of_ours(content, tmp_path) -> None:
    with pytest.raises(ResultError, match="is no saved result, is damaged"):
        load(write_json(tmp_path / "r", content), object)


def test_deep_json_is_an_error_of_ours(tmp_path) -> None:
    (tmp_path / "result.json").write_text('{"tuple": [' * 5000 + "]}" * 5000)
    with pytest.raises(ResultError, match="is damaged"):
        load(tmp_path, object)


@pytest.mark.parametrize(
    "name",
    [
        "subprocess:Popen",
        "os:system",
        "builtins:eval",
        "pathlib:Path",
        "riskmodelsx:Panel",
        "riskmodels",
        "riskmodels:Panel",  # through the door: not where it lives
        "riskmodels.results:save",  # a function
        "riskmodels.results:shutil",  # a module
        "riskmodels.results:Path",  # a class of somebody else
        "riskmodels.cli:subprocess.run",
        "riskmodels.errors:RiskModelsError",  # no result
        "riskmodels.display:Displayed",
        "riskmodels.stresstest:Forecast",  # not where it lives
        "riskmodels.sample.__main__:main",
        "riskmodels.nowhere:Panel",
        "riskmodels..panel:Panel",
        ".panel:Panel",
        "",
        "Popen",
        "Panel",  # without its fields
        "RiskModelsError",
        "Displayed",
    ],
)
@pytest.mark.parametrize("kind", ["result", "dataclass", "parameters"])
def test_only_results_and_parameters_of_riskmodels_are_made(name, kind, tmp_path) -> None:
    content = {kind: name, "fields": {}, "values": "{}"}
    with pytest.raises(ResultError, match="is no saved result, is damaged"):
        load(write_json(tmp_path / "r", content), object)


def test_nothing_named_by_a_file_is_called(tmp_path, monkeypatch) -> None:
    called = []
    monkeypatch.setattr("riskmodels.results.save", lambda **fields: called.append(fields))
    content = {"dataclass": "riskmodels.results:save", "fields": {"folder": str(tmp_path / "x")}}
    with pytest.raises(ResultError):
        load(write_json(tmp_path / "r", content), object)
    assert called == []


@pytest.mark.parametrize("kind", ["frame", "array"])
@pytest.mark.parametrize("trick", ["../{0}", "{1}/{0}", "./{0}", "inner/{0}", "link", "inner/../{0}"])
def test_files_outside_the_result_are_not_read(kind, trick, tmp_path) -> None:
    name = {"frame": "x.parquet", "array": "x.npy"}[kind]
    folder = tmp_path / "r"
    (folder / "inner").mkdir(parents=True)
    for place in (tmp_path, folder / "inner"):
        pd.DataFrame({"a": [1]}).to_parquet(place / "x.parquet")
        np.save(place / "x.npy", np.ones(1))
    (folder / "link").symlink_to(tmp_path / name)
    with pytest.raises(ResultError, match="is no file of this result"):
        load(write_json(folder, {kind: trick.format(name, tmp_path)}), object)
    shutil.copy(tmp_path / name, folder / name)
    assert load(write_json(folder, {kind: name}), object) is not None


# Saving


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": ["x", 1]}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
    ],
    ids=["mixed", "twice"],
)
def test_what_cannot_be_saved_is_said(frame, tmp_path) -> None:
    with pytest.raises(ResultError, match=r"result\.frame is a frame that cannot be saved"):
        save(Listing(sentence="", frame=frame), tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [{1, 2}, object(), datetime(2024, 1, 1), {"a": 1}])  # noqa: DTZ001  plain
def test_a_value_that_cannot_be_saved_is_named(value, tmp_path) -> None:
    with pytest.raises(ResultError, match=r"result\.as_of is a .*, which cannot be saved"):
        save(dataclasses.replace(make_card(), as_of=value), tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_save_replaces_an_older_result(tmp_path) -> None:
    save(make_panel({"a": [1.0]}), tmp_path / "r")
    save(make_card([RED]), tmp_path / "r")
    assert len(load(tmp_path / "r", rm.Scorecard).indicators) == 1
    assert not (tmp_path / "r" / "result.values.npy").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_save_fills_an_empty_folder_and_makes_its_parents(tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    save(make_card(), tmp_path / "empty")
    save(make_card(), tmp_path / "a" / "b" / "c")
    assert load(tmp_path / "a" / "b" / "c", rm.Scorecard).period == "2024Q3"


def test_save_replaces_nothing_but_results(tmp_path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letters.txt").write_text("dear")
    for target in (mine, mine / "letters.txt"):
        with pytest.raises(ResultError, match="holds no saved result; nothing was replaced"):
            save(make_card(), target)
    assert (mine / "letters.txt").read_text() == "dear"


@pytest.mark.parametrize("broken", ["_write_frame", "replace", "json"])
def test_a_save_that_fails_leaves_the_old_result_and_no_trace(tmp_path, monkeypatch, broken) -> None:
    save(make_card([RED]), tmp_path / "r")

    def fail(*_args, **_settings):
        raise KeyboardInterrupt

    if broken == "_write_frame":
        monkeypatch.setattr(saving._Writer, "_write_frame", fail)
    elif broken == "replace":
        rename = Path.rename
        monkeypatch.setattr(
            Path,
            "rename",
            lambda path, to: fail() if path.parent.name.startswith(".r.saved-") else rename(path, to),
        )
    else:
        monkeypatch.setattr(saving.json, "dumps", fail)
    with pytest.raises(KeyboardInterrupt):
        save(make_card(), tmp_path / "r")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
    assert len(load(tmp_path / "r", rm.Scorecard).indicators) == 1


def test_load_all_is_in_order_of_name_and_leaves_out_what_is_being_written(tmp_path) -> None:
    for name in ("stress-b", "stress-a", "stress-10", "other"):
        save(make_card() if name == "other" else make_stress([{"indicator_id": name}]), tmp_path / name)
    (tmp_path / ".stress-b-half").mkdir()
    (tmp_path / "stress-note.txt").write_text("x")
    tests = load_all(tmp_path, "stress-*", rm.StressTest)
    assert [test.table["indicator_id"][0] for test in tests] == ["stress-10", "stress-a", "stress-b"]
    assert len(load_all(tmp_path, "*", object)) == 4
    assert load_all(tmp_path, "none-*", rm.StressTest) == []
    assert load_all(tmp_path / "nowhere", "*", rm.StressTest) == []
    with pytest.raises(ResultError, match="expected a StressTest"):
        load_all(tmp_path, "*", rm.StressTest)


def test_dates_stay_dates(tmp_path) -> None:
    made = with_columns(make_card([RED]), "indicators", value=[np.nan])
    loaded = load(save(made, tmp_path / "r"), rm.Scorecard)
    assert type(loaded.as_of) is date
    assert np.isnan(loaded.indicators["value"][0])


# ---- damage ----


def changed(folder: Path, change) -> None:
    """Change the saved JSON of a result."""
    content = json.loads((folder / "result.json").read_text("utf-8"))
    change(content["fields"])
    (folder / "result.json").write_text(json.dumps(content), encoding="utf-8")


def refused(folder: Path, kind: type = object) -> str:
    with pytest.raises(ResultError) as caught:
        load(folder, kind)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def outlook(tmp_path: Path) -> Path:
    return save(make_outlook(make_panel({"a": [1.0] * 3}), [[[1.0, 2.0]] * 2]), tmp_path / "outlook")


@pytest.mark.parametrize(
    "other", [None, 7, [1], {"tuple": [None]}, {"frame": None}, {"date": "2026-13-01"}, {"x": 1}]
)
def test_a_field_that_is_null_or_of_another_type_is_damage(other, outlook: Path) -> None:
    whole = (outlook / "result.json").read_text("utf-8")
    for name in ("panel", "periods", "predictive", "levels", "method"):
        changed(outlook, lambda fields, name=name: fields.update({name: other}))
        assert "damaged" in refused(outlook)
        (outlook / "result.json").write_text(whole, encoding="utf-8")


def test_an_array_or_a_frame_of_another_content_is_damage(outlook: Path, tmp_path: Path) -> None:
    for path in [*outlook.glob("*.npy"), *outlook.glob("*.parquet")]:
        content = path.read_bytes()
        if path.suffix == ".npy":
            np.save(path, np.zeros((1, 1)))
        else:
            pd.DataFrame({"other": [1]}).to_parquet(path)
        assert f"'{path.name}' was changed after it was saved" in refused(outlook)
        path.write_bytes(content)
    load(outlook, object)


def without_sums(folder: Path) -> None:
    """Make a result one that an earlier version saved."""
    text = (folder / "result.json").read_text("utf-8")
    content = json.loads(text, object_hook=lambda part: {k: v for k, v in part.items() if k != "sha256"})
    (folder / "result.json").write_text(json.dumps(content), encoding="utf-8")


def test_a_header_that_promises_terabytes_is_damage(outlook: Path) -> None:
    without_sums(outlook)
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }".ljust(117) + b"\n"
    for path in outlook.glob("*.npy"):
        path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert "damaged" in refused(outlook)


def test_a_frame_that_promises_too_much_is_damage(outlook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_sums(outlook)
    monkeypatch.setattr(loading, "_MOST_CELLS", 0)
    assert "would have" in refused(outlook)


def test_a_result_without_end_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "result.json").symlink_to("/dev/zero")
    monkeypatch.setattr(loading, "_MOST", 1000)
    assert "more than 1,000 bytes" in refused(tmp_path)
