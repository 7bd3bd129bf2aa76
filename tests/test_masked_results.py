"""Personal data in parameter files, labels and categories: masked in results as everywhere."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML
from small_bank import make_card, make_stress

import riskmodels as rm
from riskmodels.display import Listing
from riskmodels.errors import ParameterError, ResultError
from riskmodels.parameters.files import load_parameters
from riskmodels.parameters.risks import RiskRegister
from riskmodels.parameters.scenarios import Scenario
from riskmodels.privacy import find_personal_data
from riskmodels.results import load, load_earlier, loading, save

PARAMS = Path(__file__).parents[1] / "params"
MOBILE, MAIL = "13812345678", "wang.wei@bank.cn"
POLICY, RISKS = PARAMS / "policy" / "2000-01-01.yaml", PARAMS / "risks.yaml"
SCENARIO = PARAMS / "scenarios" / "complaint_surge.yaml"


def content_of(path: Path) -> dict:
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def free_texts(value, at=()):
    """Yield the paths of the texts that a person wrote, not of ids, dates and words of a list."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from free_texts(item, (*at, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from free_texts(item, (*at, place))
    elif isinstance(value, str) and re.search(r"[ \u4e00-\u9fff]", value):
        yield at


def planted(path: Path, target: Path) -> Path:
    """Write a parameter file with a phone in every text that a person wrote."""
    content = content_of(path)
    for at in list(free_texts(content)):
        holder = content
        for step in at[:-1]:
            holder = holder[step]
        holder[at[-1]] += f" call {MOBILE} or {MAIL}"
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump(content, stream)
    return target


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (POLICY, lambda path: rm.load_policy(path.parent, on="2026-10-01")),
        (RISKS, rm.load_risks),
        (SCENARIO, rm.load_scenario),
    ],
    ids=["policy", "risks", "scenario"],
)
def test_texts_of_parameter_files_are_masked_as_they_are_read(tmp_path, path, read):
    number = len(list(free_texts(content_of(path))))
    text = read(planted(path, tmp_path / "in" / path.name)).model_dump_json()
    assert number > 5
    assert MOBILE not in text
    assert MAIL not in text
    assert min(text.count("[phone "), text.count("[e-mail ")) >= number


def test_shipped_parameter_files_are_read_as_they_are():
    for path, kind in ((RISKS, RiskRegister), (SCENARIO, Scenario)):
        assert load_parameters(path, kind, shown=True) == load_parameters(path, kind)


def test_an_id_that_holds_personal_data_is_refused_without_repeating_it(tmp_path):
    text = SCENARIO.read_text("utf-8").replace("id: complaint_surge", f"id: call_{MOBILE}")
    (tmp_path / "surge.yaml").write_text(text, "utf-8")
    with pytest.raises(ParameterError, match=r"id: is .*phone.*; expected small letters") as error:
        rm.load_scenario(tmp_path / "surge.yaml")
    assert MOBILE not in str(error.value)


def test_parameters_made_by_hand_are_masked_when_they_are_saved(tmp_path):
    test = make_stress()
    scenario = test.scenario.model_copy(update={"description_en": f"as {MAIL} says, call {MOBILE}"})
    save(replace(test, scenario=scenario), tmp_path / "stress")
    text = (tmp_path / "stress" / "result.json").read_text("utf-8")
    assert MOBILE not in text
    assert MAIL not in text
    assert load(tmp_path / "stress", rm.StressTest).scenario.description_en.startswith("as [e-mail ")


def test_words_of_a_break_are_masked_as_codes_of_the_data_are(take_in, tmp_path):
    tables = take_in(
        complaints=[{"complaint_id": "c1", "received_at": "2024-03-01", "unit_id": "B1", "product": f"line {MOBILE}"}],
        breaks={"complaints": [{"month": "2024-05", "words": f"ask {MAIL}", "where": {"product": f"line {MOBILE}"}}]},
    )  # fmt: skip
    change = tables.complaints.provenance.breaks[0]
    assert change.words.startswith("ask [e-mail ")
    assert change.where["product"] == tables.complaints.frame()["product"][0] != f"line {MOBILE}"
    assert MOBILE not in (tables.complaints.folder / "provenance.json").read_text("utf-8")


# ---- frames ------------------------------------------------------------------------------------------

FRAMES = {
    "text": pd.DataFrame({"a": [f"call {MOBILE}", "x"]}),
    "object": pd.DataFrame({"a": pd.Series([f"call {MOBILE}", None, 3], dtype="object").iloc[:2]}),
    "category": pd.DataFrame({"a": pd.Categorical([f"call {MOBILE}", "x", None])}),
    "ordered category": pd.DataFrame(
        {"a": pd.Categorical(["x", f"call {MOBILE}"], [f"call {MOBILE}", "x"], ordered=True)}
    ),
    "arrow": pd.DataFrame({"a": pd.Series([f"call {MOBILE}", "x"], dtype="string[pyarrow]")}),
    "name of a column": pd.DataFrame({f"call {MOBILE}": [1.0], "b": 2}),
    "index": pd.DataFrame({"a": [1, 2]}, index=[f"call {MOBILE}", "x"]),
}


@pytest.mark.parametrize("name", FRAMES)
def test_no_frame_is_saved_with_personal_data(name, tmp_path):
    save(Listing(sentence="", frame=FRAMES[name]), tmp_path / "result")
    for path in (tmp_path / "result").iterdir():
        assert MOBILE.encode() not in path.read_bytes()
    frame = load(tmp_path / "result", Listing).frame
    assert frame.shape == FRAMES[name].shape
    assert [dtype.name for dtype in frame.dtypes if dtype.name == "category"] == ["category"] * (
        "category" in name
    )
    shown = frame.reset_index().astype("object").to_csv()
    assert "call [phone]" in shown


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_a_text_and_one_that_is_masked_to_it_stay_two(kind, tmp_path):
    frame = pd.DataFrame({"a": pd.Series(["call [phone]", f"call {MOBILE}"], dtype=kind)})
    save(Listing(sentence="", frame=frame), tmp_path / "result")
    values = list(load(tmp_path / "result", Listing).frame["a"])
    assert values[0] == "call [phone]"
    assert re.fullmatch(r"call \[phone [a-z]{8}\]", values[1])
    assert not any(map(find_personal_data, values))


def test_an_earlier_result_is_compared_with_its_manifest_once(tmp_path, monkeypatch):
    save(make_card(units=[{}]), tmp_path / "card")
    looked = []
    monkeypatch.setattr(loading, "check_result", looked.append)
    assert load_earlier(tmp_path / "card", rm.Scorecard) is not None
    with pytest.raises(ResultError, match="holds a Scorecard"):
        load_earlier(tmp_path / "card", rm.StressTest)
    assert looked == [tmp_path / "card"] * 2


# ---- parameter files that cannot be ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x" * 300 + ".yaml", "é" * 200, "a/" * 3000, "policy.yaml/x.yaml"])
def test_a_name_that_no_file_can_have_is_an_error_about_the_parameter_file(tmp_path, name):
    (tmp_path / "policy.yaml").write_text("a: 1")
    with pytest.raises(ParameterError, match="cannot read ") as error:
        rm.load_scenario(tmp_path / name)
    assert "\n" not in str(error.value)


def test_a_missing_file_still_names_those_beside_it(tmp_path):
    (tmp_path / "surge.yaml").write_text("a: 1")
    with pytest.raises(ParameterError, match=r"cannot read .*; .*surge\.yaml"):
        rm.load_scenario(tmp_path / "surg.yaml")
    with pytest.raises(ParameterError, match="cannot read "):
        rm.load_scenario(tmp_path / "nowhere" / "surge.yaml")
