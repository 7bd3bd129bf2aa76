"""Single values of parameter files change, and nothing else of their text does."""

import difflib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from riskmodels.errors import ParameterError
from riskmodels.parameters.editing import Edit, edit_text
from riskmodels.parameters.files import parse_parameters
from riskmodels.parameters.policy import Policy

TEXT = """\
# 注释 stays
valid_from: 2026-01-01  # the day
areas:
  - {id: people, name_en: "A: b", weight: 8.0}  # no comma in it
  - id: time
    weight: 2
    note: |
      of two
      lines
    limits:   {amber:  0.5, red: 1}
last: 'NO'
"""


def edited(path: str, expected: object, proposed: object) -> str:
    return edit_text(TEXT, [Edit(path=path, expected=expected, proposed=proposed)])


@pytest.mark.parametrize(
    ("path", "expected", "proposed", "before", "after"),
    [
        ("valid_from", date(2026, 1, 1), date(2027, 1, 1), "2026-01-01", "2027-01-01"),
        ("areas.people.weight", 8.0, 9.5, "8.0", "9.5"),
        ("areas.people.name_en", "A: b", "C: d", '"A: b"', "'C: d'"),
        ("areas.time.limits.amber", 0.5, 0.25, " 0.5", " 0.25"),
        (
            "areas.time.limits",
            {"amber": 0.5, "red": 1},
            {"amber": 2, "red": 3},
            "{amber:  0.5, red: 1}",
            "{amber: 2, red: 3}",
        ),
        ("areas.people.source", None, "中文", "8.0}", "8.0, source: 中文}"),
        ("areas.time.limits.green", None, 0.1, "red: 1}", "red: 1, green: 0.1}"),
        ("areas.time.source", None, "x", "red: 1}\n", "red: 1}\n    source: x\n"),
        ("more", None, {"of": 1}, "'NO'\n", "'NO'\nmore: {of: 1}\n"),
        ("last", "NO", "010", "'NO'", "'010'"),
        ("areas.time.note", "of two\nlines\n", "one", "|\n      of two\n      lines\n", "one\n"),
    ],
)
def test_one_value_changes(path, expected, proposed, before, after) -> None:
    changed = edited(path, expected, proposed)
    assert TEXT.count(before) == 1
    assert changed == TEXT.replace(before, after)


@pytest.mark.parametrize(
    ("path", "expected", "words"),
    [
        ("areas.people.weight", 7.0, "areas.people.weight is 8.0 now, not 7.0: what was to be changed has"),
        ("areas.people.source", "x", "is null now, not x"),
        ("areas.peple.weight", 8.0, "there is no areas.peple; did you mean 'people'"),
        ("valid_from.year", None, "there is no mapping above it"),
        ("last", True, "is NO now, not true"),
    ],
)
def test_what_is_not_there_is_not_changed(path, expected, words) -> None:
    with pytest.raises(ParameterError, match=words.replace("(", r"\(")):
        edited(path, expected, 1)


def test_nothing_is_changed_twice() -> None:
    edit = Edit(path="areas.people.weight", expected=8.0, proposed=1.0)
    with pytest.raises(ParameterError, match=r"changed twice: areas\.people\.weight"):
        edit_text(TEXT, [edit, edit])


def test_a_file_of_no_names_cannot_be_changed() -> None:
    with pytest.raises(ParameterError, match="no mapping"):
        edit_text("- 1\n", [])


@settings(max_examples=15)  # each reads the policy four times
@given(data=st.data())
def test_the_shipped_policy_changes_in_the_named_lines_alone(data, project, default_policy) -> None:
    text = (project / "params" / "policy" / "2000-01-01.yaml").read_text("utf-8")
    with_limits = [one for one in default_policy.indicators if one.limits]
    chosen = data.draw(st.lists(st.sampled_from(with_limits), min_size=1, unique_by=lambda one: one.id))
    weights = [data.draw(st.floats(0, 100)) for _ in chosen]
    edits = [
        Edit(path=f"indicators.{one.id}.weight", expected=one.weight, proposed=weight)
        for one, weight in zip(chosen, weights, strict=True)
    ]
    changed = edit_text(text, edits)
    lines = [line for line in difflib.ndiff(text.splitlines(), changed.splitlines()) if line[0] in "+-"]
    moved = [one for one, weight in zip(chosen, weights, strict=True) if weight != one.weight]
    assert all("weight:" in line for line in lines)
    assert len(lines) <= 2 * len(chosen)
    read = parse_parameters(changed, Policy, where="changed")
    assert {one.id: one.weight for one in read.indicators} == {
        one.id: one.weight for one in default_policy.indicators
    } | {one.id: weight for one, weight in zip(chosen, weights, strict=True)}
    assert (read == default_policy) == (not moved)


@pytest.mark.parametrize(
    ("text", "path", "expected", "words"),
    [
        ("a: &l {amber: 1}\nb: *l\n", "b.amber", 1, "stands in several places"),
        ("a: &l {amber: 1}\nb: *l\n", "a.amber", 1, "stands in several places"),
        ("a: &l 1\nb: *l\n", "a", 1, "stands in several places"),
        ("a: &l {amber: 1}\nb: {<<: *l}\n", "b.amber", 1, "comes from another place"),
        ("l:\n- &x {id: x, a: 1}\nm: *x\n", "l.x.a", 1, "stands in several places"),
        ("l: [{id: x, a: 1}, {id: x, a: 1}]\n", "l.x.a", 1, "two entries have the id x"),
        ("a: 1\na: 2\n", "a", 2, "has a name twice"),
        ("a:\t1\n", "a", 1, "is no YAML"),
    ],
)
def test_two_places_never_change_at_once(text, path, expected, words) -> None:
    with pytest.raises(ParameterError, match=words):
        edit_text(text, [Edit(path=path, expected=expected, proposed=5)])


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a: |\n  x\n  y\n\n# c\nb: 1\n", "a: 'new, one'\n\n# c\nb: 1\n"),
        ("a: >-\n  x\n  y\nb: 1\n", "a: 'new, one'\nb: 1\n"),
        ("a:\nb: 1\n", "a: 'new, one'\nb: 1\n"),
        ("a: # c\nb: 1\n", "a: 'new, one' # c\nb: 1\n"),
        ("{a: x, b: 1}\n", "{a: 'new, one', b: 1}\n"),
        ("{}\n", "{a: 'new, one'}\n"),
        ("b: 1\r\na: x  # c\r\n", "b: 1\r\na: 'new, one'  # c\r\n"),
        ("\ufeffa: x\n", "\ufeffa: 'new, one'\n"),
    ],
)
def test_files_of_any_manner_stay_as_they_are_elsewhere(text, changed) -> None:
    said = (YAML(typ="safe", pure=True).load(text) or {}).get("a")
    assert edit_text(text, [Edit(path="a", expected=said, proposed="new, one")]) == changed


def test_names_with_dots_are_found() -> None:
    edit = Edit(path="a.P1.2.amber", expected=1, proposed=5)
    assert edit_text("a: {P1.2: {amber: 1}}\n", [edit]) == "a: {P1.2: {amber: 5}}\n"
    with pytest.raises(ParameterError, match=r"by hand only: a, a\.x"):
        edit_text("a: {x: 1}\n", [Edit(path="a", expected={"x": 1}, proposed={"x": 2}),
                                  Edit(path="a.x", expected=1, proposed=3)])  # fmt: skip
