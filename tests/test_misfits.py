"""What does not fit a model is said in our words: what was expected, an example, the nearest known name."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodels.errors import ParameterError
from riskmodels.misfits import nearest
from riskmodels.parameters.capacity import Capacity
from riskmodels.parameters.files import Parameters, check_parameters, load_parameters
from riskmodels.parameters.plans import Plans
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.parameters.scenarios import Scenario
from riskmodels.runner import NOTEBOOKS, RunSettings
from riskmodels.sources import Source
from riskmodels.tables import Provenance

pytestmark = pytest.mark.whole

MODELS = [
    RunSettings,
    Source,
    Policy,
    Scenario,
    Plans,
    Capacity,
    RiskRegister,
    Provenance,
    *(row.parameters for row in NOTEBOOKS.values()),
]
PYDANTICS = (
    "Input should",
    "Extra inputs",
    "should match",
    "should have",
    "Field required",
    "Value error",
    "^[",
)

RUN = {"title": "x", "source": "x", "policies": "x", "risks": "x", "period": "2026Q3"}
SOURCE = {"id": "a", "title": "x", "country": "CN", "as_of": "2026-09-30"}


def column(**fields: object) -> dict[str, Any]:
    mapped = {name: {"column": name} for name in ("complaint_id", "received_at", "product")}
    table = {"format": "csv", "file": "x", "columns": mapped | {"unit_id": fields}}
    return SOURCE | {"tables": {"complaints": table}}


def refusal(values: object, model: type[Parameters]) -> str:
    """Return what is said of values; nothing where they fit."""
    try:
        check_parameters(values, model, where="x.yaml")
    except ParameterError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("model", "values", "says"),
    [
        (RunSettings, RUN | {"period": "2026Q5"}, "period: is '2026Q5'; expected a quarter, e.g. 2026Q3"),
        (RunSettings, RUN | {"perod": "2026Q3"}, "perod: is no key here; did you mean 'period'?"),
        (RunSettings, RUN | {"method": "tetha"}, "method: is 'tetha'; expected one of auto, counts, theta"),
        (RunSettings, RUN | {"method": "tetha"}, "; did you mean 'theta'?"),
        (RunSettings, RUN | {"title": 7}, "title: is 7; expected a text that is not empty; put it in quotes"),
        (RunSettings, RUN | {"title": ""}, "title: is ''; expected a text that is not empty"),
        (RunSettings, RUN | {"policy_on": "soon"}, "policy_on: is 'soon'; expected a day, e.g. 2026-09-30"),
        (RunSettings, RUN | {"horizon_months": 99}, "a whole number, at least 3, at most 60 (months ahead)"),
        (RunSettings, RUN | {"scenarios": "x"}, "scenarios: is 'x'; expected all or a list, e.g. [a, b]"),
        (
            RunSettings,
            RUN | {"scenarios": [3]},
            "scenarios.0: is 3; expected small letters, digits and _, first a letter, e.g. credit_card or names",
        ),
        (
            RunSettings,
            RUN | {"name": None, "source": None},
            "source: is null; expected a text that is not empty",
        ),
        (RunSettings, {**RUN, "title": "y" * 300, "risks": ["z" * 300]}, "zzz…; expected a text"),
        (
            RunSettings,
            {name: RUN[name] for name in RUN if name != "risks"},
            "risks: is missing; expected a text",
        ),
        (Source, column(colum="x", column="x"), "unit_id.colum: is no key here; did you mean 'column'?"),
        (
            Source,
            column(column="x", scale=-1),
            "unit_id.scale: is -1; expected a number, at least 1e-12, at most 1e+12",
        ),
        (Source, column(column="x", thousands="ab"), "unit_id.thousands: is 'ab'; expected one character"),
        (Source, column(column="x", recode={"a": 3}), "unit_id.recode.a: is 3; expected a text or a list"),
        (
            Source,
            column(column="x", recode={"a": [{"value": 1}]}),
            "unit_id.recode.a.0.value: is 1; expected",
        ),
        (Source, column(), "tables.complaints.columns.unit_id: give either column or value"),
        (Source, SOURCE | {"country": "China", "tables": {}}, "expected a country's code in two capitals"),
        (
            Source,
            SOURCE | {"tables": {"complaint": {"format": "csv", "file": "x"}}},
            "did you mean 'complaints'?",
        ),
        (
            Scenario,
            {"levels": {"sever": {"shocks": []}}},
            "levels.sever: is 'sever'; expected one of moderate",
        ),
        (Scenario, {"levels": {"sever": {"shocks": []}}}, "did you mean 'severe'?"),
        (RunSettings, RUN | {"title": float("nan")}, "expected a finite number"),
    ],
)
def test_a_misfit_says_what_was_expected(model, values, says):
    with pytest.raises(ParameterError) as caught:
        check_parameters(values, model, where="x.yaml")
    assert says in str(caught.value)
    assert not [words for words in PYDANTICS if words in str(caught.value)]


def test_one_problem_is_one_line_and_several_are_one_each():
    with pytest.raises(ParameterError) as caught:
        check_parameters(RUN | {"period": "x"}, RunSettings, where="x.yaml")
    assert (
        str(caught.value) == "x.yaml does not fit a run file: period: is 'x'; expected a quarter, e.g. 2026Q3"
    )
    with pytest.raises(ParameterError) as caught:
        check_parameters(RUN | {"period": "x", "risks": ""}, RunSettings, where="x.yaml")
    assert len(str(caught.value).splitlines()) == 3


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-9, 9)
    | st.text(max_size=3)
    | st.just("2026-09-30"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=40)
@given(data=st.data())
def test_no_word_of_pydantic_reaches_anybody(model: type[Parameters], data):
    keys = st.sampled_from([*model.model_fields, "stranger"])
    values = data.draw(st.dictionaries(keys, VALUES, max_size=5))
    said = refusal(values, model)
    assert not [words for words in PYDANTICS if words in said], said


def shipped() -> list[tuple[str, type[Parameters]]]:
    return [
        ("runs/quarterly.yaml", RunSettings),
        ("sources/sample.yaml", Source),
        ("scenarios/complaint_surge.yaml", Scenario),
        ("scenarios/combined.yaml", Scenario),
        ("plans.yaml", Plans),
        ("capacity.yaml", Capacity),
        ("risks.yaml", RiskRegister),
        ("policy/2000-01-01.yaml", Policy),
    ]


@cache
def as_json(path: Path, model: type[Parameters]) -> str:
    return load_parameters(path, model).model_dump_json(exclude_none=True)


@pytest.mark.parametrize(("file", "model"), shipped())
@settings(max_examples=40)
@given(data=st.data())
def test_a_change_anywhere_in_a_shipped_file_is_said_in_our_words(project_params, file, model, data):
    values = json.loads(as_json(project_params / file, model))
    held: Any = values
    while isinstance(held, dict | list) and held:
        keys = list(held) if isinstance(held, dict) else range(len(held))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(held[key], dict | list) or data.draw(st.booleans()):
            held[key] = data.draw(VALUES)
            break
        held = held[key]
    said = refusal(values, model)
    assert not [words for words in PYDANTICS if words in said], said


@pytest.fixture(scope="module")
def project_params() -> Path:
    return Path(__file__).parents[1] / "params"


def test_a_file_that_is_not_there_has_its_neighbours_named(project_params):
    with pytest.raises(
        ParameterError, match=r"runs/quaterly.yaml: it is not there.*did you mean 'quarterly.yaml'"
    ):
        load_parameters(project_params / "runs" / "quaterly.yaml", RunSettings)


def test_few_names_are_listed():
    assert nearest("x", [f"B{number:03d}" for number in range(100)]).endswith("B011 and 88 more")
    assert nearest("b01", ["b01x", date(2026, 1, 1)]) == "did you mean 'b01x'? There are b01x, 2026-01-01"
