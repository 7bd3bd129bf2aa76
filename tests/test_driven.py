"""Shocks that follow a path of the economy: what is read, what is estimated, and what is said of it."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_bank import make_stress, only, sure_outlook
from test_macro import economy, moved, panel_of

from riskmodels.errors import ParameterError
from riskmodels.parameters.scenarios import load_scenario
from riskmodels.reporting.listings import list_macro
from riskmodels.results import load, save
from riskmodels.stresstest import StressTest, stress
from riskmodels.stresstest.driven import _paths, drive
from riskmodels.stresstest.shocked import draw_movements

pytestmark = pytest.mark.whole

SIZE = 400
PAST = np.round(economy(), 2)
AHEAD = np.round(PAST[-1] + np.array([1.0, 2.0, 3.0, 3.0, 2.0, 1.0]), 2)


def write_path(file, name, values, start):
    quarters = pd.period_range(start, periods=len(values), freq="Q")
    rows = [
        f"{name},{one.year} Q{one.quarter},{value},{100 - value}"
        for one, value in zip(quarters, values, strict=True)
    ]
    file.write_text("Scenario Name,Date,U,House\n" + "\n".join(rows) + "\n")


def move(what, low=0.01, mode=0.02, high=0.03, **felt):
    change = {"low": low, "mode": mode, "high": high, "basis": "a test", "set_by": "tests"}
    return {"what": what, "change": change, **felt}


def write_scenario(folder, *moves, follows=None, shock=None, start=1):
    """Write the economy's files and a scenario that follows its unemployment."""
    write_path(folder / "history.csv", "Actual", PAST, "2005Q1")
    write_path(folder / "bad.csv", "Worse", AHEAD, "2026Q1")
    names = {"file": "bad.csv", "scenario": "Worse", "series": "U", "history": "history.csv"}
    whole = {
        "id": "jobs",
        "name_en": "Jobs",
        "name_zh": "就业",
        "unit_en": "points",
        "unit_zh": "点",
        "size": 1.0,
        "months": 18,
    }
    whole |= {"follows": names | (follows or {}), "moves": list(moves) or [move("complaints", product="p0")]}
    texts = {"name_en": "Slump", "name_zh": "下行", "description_en": "Slump", "description_zh": "下行"}
    content = {
        "id": "slump",
        **texts,
        "start_month": start,
        "levels": {"severe": {"shocks": [whole | (shock or {})]}},
    }
    (folder / "slump.yaml").write_text(json.dumps(content))
    return folder / "slump.yaml"


def drawn_of(file, months=18):
    scenario = load_scenario(file)
    return draw_movements(scenario, scenario.level("severe"), months=months, size=SIZE, seed=1)


def test_a_shock_is_as_far_beyond_the_baseline_as_its_path(tmp_path) -> None:
    shock = load_scenario(write_scenario(tmp_path)).level("severe").shocks[0]
    assert shock.size == pytest.approx(3.0)
    assert shock.profile(20) == pytest.approx(np.repeat([1.0, 2, 3, 3, 2, 1, 0], 3)[:20])
    later = shock.model_copy(update={"start_month": 3}).profile(20)
    assert later == pytest.approx([0, 0, *shock.profile(18)])
    short = load_scenario(write_scenario(tmp_path, shock={"months": 5, "half_life_months": 1.0, "size": 2.0}))
    assert short.level("severe").shocks[0].profile(7) == pytest.approx([2, 2, 2, 4, 4, 2, 1])


def test_a_path_may_be_set_against_a_baseline_and_push_down(tmp_path) -> None:
    write_path(tmp_path / "calm.csv", "Calm", np.full(8, 4.0), "2026Q1")
    follows = {"baseline": "calm.csv", "series": "House", "pushes": "down", "measure": "per_cent"}
    shock = load_scenario(write_scenario(tmp_path, follows=follows)).level("severe").shocks[0]
    assert shock.profile(18)[::3] == pytest.approx(np.maximum(100 * (1 - (100 - AHEAD) / 96), 0))
    with_, without = (path[-6:] for path in _paths(shock, shock.follows, 0, 6))
    assert with_ == pytest.approx(np.minimum(100 - AHEAD, 96))
    assert (without == 96).all()


def test_per_cent_of_what_may_be_nothing_is_refused(tmp_path) -> None:
    file = write_scenario(tmp_path, follows={"measure": "per_cent"})
    write_path(tmp_path / "bad.csv", "Worse", [0.0, *AHEAD[1:]], "2026Q1")
    with pytest.raises(ParameterError, match=r"follows.measure: 'U' is not always above zero; take points"):
        load_scenario(file)


@pytest.mark.parametrize(
    ("follows", "shock", "said"),
    [
        (
            {"file": "bat.csv"},
            {},
            r"slump.yaml does not fit a scenario: levels.severe.shocks.0.follows.file: .*bat.csv",
        ),
        (
            {"scenario": "Worst"},
            {},
            r"shocks.0.follows.file: .*bad.csv is of the scenario 'Worse'; expected 'Worst'",
        ),
        ({"series": "Hause"}, {}, r"follows.file: .*bad.csv has no series 'Hause'; did you mean 'House'"),
        ({"history": "bad.csv"}, {}, r"follows.history: bad.csv does not end in the quarter before 2026Q1"),
        ({"baseline": "history.csv"}, {}, r"follows.baseline: history.csv does not know 2026Q1"),
        ({"ahead": [1.0]}, {}, r"follows: leave past, ahead and without out"),
        ({"serie": "U"}, {}, r"follows.*serie"),
        ({}, {"months": 19}, r"shocks.0.months: bad.csv has 6 quarters; expected at most 18 months"),
        ({}, {"months": -1}, r"months"),
        ({}, {"shape": "ramp_up"}, r"leave shape out: the path that it follows is its shape"),
        (
            {},
            {"moves": [move("staff", -0.6, -0.5, -0.4)]},
            r"moves.0: staff falls by more than all of it: -0.6 × 3",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_in_a_line(tmp_path, follows, shock, said) -> None:
    with pytest.raises(ParameterError, match=said):
        load_scenario(write_scenario(tmp_path, follows=follows, shock=shock))


@pytest.mark.parametrize("value", ["", "inf", "many"])
def test_a_quarter_that_is_no_number_is_refused(tmp_path, value) -> None:
    file = write_scenario(tmp_path)
    rows = (tmp_path / "bad.csv").read_text().split("\n")
    (tmp_path / "bad.csv").write_text("\n".join([*rows[:3], f"Worse,2026 Q3,{value},1", *rows[4:]]))
    with pytest.raises(ParameterError, match=r"follows.file: .*bad.csv"):
        load_scenario(file)


def test_paths_that_begin_in_different_quarters_are_refused_together(tmp_path) -> None:
    file = write_scenario(tmp_path)
    write_path(tmp_path / "longer.csv", "Actual", [*PAST, 5.0], "2005Q1")
    write_path(tmp_path / "later.csv", "Worse", AHEAD, "2026Q2")
    content = json.loads(file.read_text())
    shocks = content["levels"]["severe"]["shocks"]
    names = {"file": "later.csv", "history": "longer.csv", "series": "House"}
    shocks.append(shocks[0] | {"id": "houses", "follows": shocks[0]["follows"] | names})
    file.write_text(json.dumps(content))
    with pytest.raises(
        ParameterError, match=r"levels.severe: its paths begin in different quarters, 2026Q1 and 2026Q2"
    ):
        load_scenario(file)


def test_what_history_shows_is_estimated_and_what_it_does_not_is_elicited(tmp_path) -> None:
    panel = panel_of([moved(0.10, 0)[0], moved(0.0, 0)[0]])
    moves = [move("complaints", product=one) for one in ("p0", "p1")] + [move("retention", -0.02, -0.01, 0.0)]
    parts = drawn_of(write_scenario(tmp_path, *moves))
    found = drive(parts, None, panel, start=0, months=18, size=SIZE)
    assert found.table.set_index(["what", "of"])["used"].to_dict() == {
        ("complaints", "p0"): "estimated",
        ("complaints", "p1"): "elicited",
        ("retention", "all"): "elicited",
    }
    assert found.table["tested"].iloc[0] > 20
    assert found.table["p_value"].iloc[0] < 0.1 < found.table["p_value"].iloc[1]
    ones = [(one, np.full((SIZE, 2, 18), 1.5)) for one in parts[:2]]
    first, second = (factor for _, factor in found.put(ones, ["p0", "p1"]))
    assert (first[:, 0] >= 1).all()
    assert first[:, 0].mean(axis=0)[9] > 1.1
    assert (second == 1.5).all()
    assert first[:, 0].std(axis=0)[9] > 0  # an estimate is not sure
    assert (ones[0][1] == 1.5).all()


def test_an_estimate_is_of_a_whole_product_and_is_put_once(tmp_path) -> None:
    panel = panel_of([moved(0.10, 0)[0]])
    moves = [move("complaints", product="p0"), move("complaints")]
    parts = drawn_of(write_scenario(tmp_path, *moves))
    found = drive(parts, None, panel, start=0, months=18, size=SIZE)
    ones = [(one, np.full((SIZE, 1, 18), 1.5)) for one in parts]
    first, second = (factor for _, factor in found.put(ones, ["p0"]))
    assert first[:, 0] == pytest.approx(found.times["complaints"]["p0"])
    assert (second == 1).all()  # it is in the first
    row = list_macro(replace(make_stress(), macro=found.table)).frame.iloc[0]
    assert row[["As is shown by", "Driven by"]].tolist() == ["the bank's history", "U"]
    effect = found.table["effect"].iloc[0]  # of a logarithm
    assert row["A unit more makes, in the end"].startswith(f"{np.exp(effect) - 1:+.1%} (")
    narrow = drawn_of(write_scenario(tmp_path, move("complaints", product="p0", unit_id="u")))
    of_unit = drive(narrow, None, panel, start=0, months=18, size=SIZE)
    assert of_unit.table["used"].tolist() == ["elicited"]
    (kept,) = (factor for _, factor in of_unit.put([(narrow[0], ones[0][1])], ["p0"]))
    assert (kept == 1.5).all()


def test_a_later_start_shifts_and_no_size_does_nothing(tmp_path) -> None:
    panel = panel_of([moved(0.10, 0)[0]])
    parts = drawn_of(write_scenario(tmp_path), months=20)
    now, later = (drive(parts, None, panel, start=start, months=20, size=SIZE) for start in (0, 2))
    one, other = now.times["complaints"]["p0"], later.times["complaints"]["p0"]
    assert other[:, 2:] == pytest.approx(one[:, :-2])
    assert (other[:, :2] == 1).all()
    shock = drawn_of(write_scenario(tmp_path, shock={"start_month": 3}), months=20)
    own = drive(shock, None, panel, start=0, months=20, size=SIZE).times["complaints"]["p0"]
    assert own == pytest.approx(other)
    for nothing in ({"size": 0.0}, {"months": 0}):
        none = drive(
            drawn_of(write_scenario(tmp_path, shock=nothing)), None, panel, start=0, months=18, size=SIZE
        )
        assert (none.times["complaints"]["p0"] == 1).all()
    more = drive(
        drawn_of(write_scenario(tmp_path, shock={"size": 1.5})), None, panel, start=0, months=18, size=SIZE
    )
    assert (more.times["complaints"]["p0"] >= now.times["complaints"]["p0"][:, :18] - 1e-12).all()


def test_a_bank_with_too_short_a_history_takes_what_is_elicited_and_says_so(
    tmp_path, take_in, default_policy
) -> None:
    rows = [
        {
            "complaint_id": f"c{number}",
            "received_at": f"2024-{1 + number % 9:02d}-03 10:00:00",
            "unit_id": "u",
            "product": "p0",
        }
        for number in range(900)
    ]
    exposure = [
        {"unit_id": "u", "product": "p0", "month": f"2024-{month:02d}-01", "accounts": 90_000}
        for month in range(1, 10)
    ]
    bank = take_in(as_of="2024-09-30", complaints=rows, exposure=exposure)
    outlook = sure_outlook({"p0": 100.0}, horizon=12)
    scenario = load_scenario(write_scenario(tmp_path))
    found = stress(bank, scenario, only(default_policy, "complaint_rate"), outlook=outlook)
    assert found.macro["used"].tolist() == ["elicited"]
    listed = list_macro(found)
    assert listed.sentence.startswith("0 of 1 figures")
    assert listed.frame["As is shown by"].tolist() == ["the scenario's range"]
    rise = found.complaints["stressed"] / found.complaints["expected"] - 1
    assert rise.to_numpy() == pytest.approx(0.02 * np.repeat([1.0, 2, 3, 3], 3), abs=0.002)
    assert "stress_slump_macro" in found.frames()
    save(found, tmp_path / "kept")
    again = load(tmp_path / "kept", StressTest)
    pd.testing.assert_frame_equal(again.macro, found.macro)
    assert again.scenario == found.scenario
