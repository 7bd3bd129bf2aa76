"""The capacity file: teams with people, calls with a service level that says what it means."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from riskmodels.errors import ParameterError
from riskmodels.parameters.capacity import Capacity, load_capacity
from riskmodels.parameters.files import check_parameters

BY = {"basis": "a test", "set_by": "a test"}
TEAM = {
    "id": "handlers",
    "name_en": "Handlers",
    "name_zh": "处理团队",
    "handlers": 10.0,
    "hours_a_day": 7.0,
    "absence": 0.1,
    "minutes_a_case": {"mean": 60.0, "cv": 1.0},
    **BY,
}
CALLS = {
    "team": "handlers",
    "calls_a_day": 900.0,
    "handling_minutes": 5.0,
    "patience_minutes": 4.0,
    "service_level": {"meaning": "offered_within", "within_minutes": 30.0, "limit": 0.99},
    **BY,
}


def capacity_of(team: dict[str, Any] | None = None, calls: dict[str, Any] | None = None) -> Capacity:
    content = {"teams": [TEAM | (team or {})], "enquiries": [CALLS | (calls or {})]}
    return check_parameters(content, Capacity, where="capacity.yaml")


def test_the_shipped_file_leaves_capacity_to_be_estimated_and_its_example_fits(project: Path) -> None:
    path = project / "params" / "capacity.yaml"
    assert load_capacity(path) == Capacity(teams=())
    lines = path.read_text("utf-8").splitlines()
    example = lines[lines.index("# teams:") : lines.index("teams: []") - 1]
    content = YAML(typ="safe", pure=True).load("\n".join(line.removeprefix("# ") for line in example))
    given_ = check_parameters(content, Capacity, where="the example")
    assert [team.id for team in given_.teams] == ["complaint_handlers", "supervisors"]
    assert given_.enquiries[0].service_level.meaning == "offered_within"


def test_minutes_of_work_of_a_day() -> None:
    assert capacity_of().teams[0].minutes_a_day == pytest.approx(10 * 0.9 * 7 * 60)


@pytest.mark.parametrize(
    ("team", "calls", "problem"),
    [
        ({"handlers": 0.0}, {}, r"teams\.0\.handlers: is 0\.0; expected a number, more than 0, .*people"),
        ({"handlers": -2.0}, {}, r"teams\.0\.handlers: is -2\.0; expected a number, more than 0"),
        ({"handlers": None}, {}, r"teams\.0\.handlers: is null; expected a number"),
        ({"absence": 1.0}, {}, r"teams\.0\.absence: is 1\.0; expected a number, at least 0, less than 1"),
        ({"absence": 1.2}, {}, r"teams\.0\.absence"),
        ({"hours_a_day": 25.0}, {}, r"teams\.0\.hours_a_day"),
        ({"minutes_a_case": {"mean": -1.0, "cv": 1.0}}, {}, r"teams\.0\.minutes_a_case\.mean"),
        ({"minutes_a_case": {"mean": 1.0, "cv": 0.0}}, {}, r"teams\.0\.minutes_a_case\.cv"),
        ({"handler": 3.0}, {}, r"teams\.0\.handler: is no key here; did you mean 'handlers'"),
        ({"handles": {"product": ["cards"]}}, {}, r"teams\.0\.handles\.product: .*did you mean 'products'"),
        ({"priorities": [{"severity": "major", "share": 1.1}]}, {}, r"priorities\.0\.share: is 1\.1; .*at most 1"),
        ({"priorities": [{"severity": "ordinary", "share": 0.1}]}, {}, r"priorities\.0\.severity: is 'ordinary'"),
        ({"priorities": [{"severity": "major", "share": 0.6}, {"severity": "serious", "share": 0.6}]}, {}, r"teams\.0: priorities: their shares"),
        ({"priorities": [{"severity": "major", "share": 0.1}] * 2}, {}, r"teams\.0: priorities: a severity is given twice"),
        ({"priorities": [{"severity": "major", "share": 0.1, "handled_by": "bosses"}]}, {}, r"teams\.0\.priorities\.0\.handled_by: there is no team 'bosses'"),
        ({}, {"team": "hotline"}, r"enquiries\.0\.team: there is no team 'hotline'"),
        ({}, {"calls_a_day": -1.0}, r"enquiries\.0\.calls_a_day"),
        ({}, {"profile": [1.0] * 24}, r"enquiries\.0: profile: expected 48 half-hours"),
        ({}, {"profile": [0.0] * 48}, r"enquiries\.0: profile: .*not all of them 0"),
        ({}, {"people": [1.0] * 24}, r"enquiries\.0: people: expected 48 or 336 half-hours"),
        ({}, {"people": [0.0] * 336}, r"enquiries\.0: people: .*not all of them 0"),
        ({}, {"patience_minutes": 0.0}, r"enquiries\.0\.patience_minutes"),
        ({}, {"service_level": {"meaning": "offered_within", "limit": 0.9}}, r"service_level: give within_minutes"),
        ({}, {"service_level": {"meaning": "not_abandoned", "within_minutes": 1.0, "limit": 0.9}}, r"service_level: give within_minutes"),
        ({}, {"service_level": {"meaning": "not_abandoned", "limit": 1.9}}, r"service_level\.limit: is 1\.9; .*at most 1"),
        ({}, {"service_level": {"meaning": "answered", "limit": 0.9}}, r"service_level\.meaning: is 'answered'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(team: dict[str, Any], calls: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem) as caught:
        capacity_of(team, calls)
    assert str(caught.value).startswith("capacity.yaml does not fit a capacity file:")


def test_a_team_without_people_and_two_of_one_name_are_refused() -> None:
    without = {name: value for name, value in TEAM.items() if name != "handlers"}
    with pytest.raises(
        ParameterError, match=r"teams\.0\.handlers: is missing; expected a number, more than 0"
    ):
        check_parameters({"teams": [without]}, Capacity, where="capacity.yaml")
    with pytest.raises(ParameterError, match="teams: given twice: handlers"):
        check_parameters({"teams": [TEAM, TEAM]}, Capacity, where="capacity.yaml")


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_no_team_has_less_than_no_time(handlers: float, absence: float) -> None:
    try:
        team = capacity_of({"handlers": handlers, "absence": absence}).teams[0]
    except ParameterError:
        assert not (0 < handlers <= 1e5 and 0 <= absence < 1)
    else:
        assert team.minutes_a_day > 0
