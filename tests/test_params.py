"""Parameter files: what YAML holds is what was meant, or an error that says where."""

import os
import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field
from ruamel.yaml import YAML

from riskmodels.errors import ParameterError
from riskmodels.parameters.files import Identifier, Parameters, check_parameters, load_parameters


class Part(Parameters):
    name: str
    share: float = 0.5


class Whole(Parameters):
    text: str = ""
    count: int = 0
    share: float = 0.0
    day: date = date(2000, 1, 1)
    flag: bool = False
    id: Identifier = "a"
    parts: tuple[Part, ...] = ()
    words: dict[str, str] = Field(default_factory=dict)


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(text: str) -> Path:
        path = tmp_path / "given.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return file


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("text: NO", "text", "NO"),
        ("text: yes", "text", "yes"),
        ("text: 12:30", "text", "12:30"),
        ('text: "007"', "text", "007"),
        ("text: 客户服务部", "text", "客户服务部"),
        ("count: 010", "count", 10),
        ("share: 1e-3", "share", 0.001),
        ("share: 1", "share", 1.0),
        ("day: 2026-10-01", "day", date(2026, 10, 1)),
        ('day: "2026-10-01"', "day", date(2026, 10, 1)),
        ("flag: true", "flag", True),
        ("parts: [{name: a}, {name: b, share: 0.1}]", "parts", (Part(name="a"), Part(name="b", share=0.1))),
        ('words: {"NO": "yes"}', "words", {"NO": "yes"}),
        ("words: {NO: yes}", "words", {"NO": "yes"}),
        ("\ufefftext: from a Windows editor", "text", "from a Windows editor"),
    ],
)
def test_values_mean_what_is_written(write: Write, text: str, field: str, expected: object) -> None:
    assert getattr(load_parameters(write(text), Whole), field) == expected


def test_anchors_and_merges_repeat_a_value(write: Write) -> None:
    path = write("parts:\n  - &first {name: a, share: 0.1}\n  - *first\n  - {<<: *first, name: b}\n")
    first, again, merged = load_parameters(path, Whole).parts
    assert first == again == Part(name="a", share=0.1)
    assert merged == Part(name="b", share=0.1)


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ('count: "1"', "count", "a whole number"),
        ("count: 1.0", "count", "a whole number"),
        ("count: true", "count", "a whole number"),
        ("text: 7", "text", "put it in quotes"),
        ("text: true", "text", "put it in quotes"),
        ('share: "0.5"', "share", "expected a number"),
        ("flag: yes", "flag", "true or false"),
        ("flag: 1", "flag", "true or false"),
        ("day: 2026-10", "day", "a day, e.g. 2026-09-30"),
        ("id: Wrong Name", "id", "small letters"),
        ("txet: a", "txet", "is no key here"),
        ("parts: [{name: a}, {nmae: b}]", "parts.1.name", "is missing"),
        ("parts: {name: a}", "parts", "expected a list"),
        ("share:", "share", "expected a number"),
    ],
)
def test_a_wrong_value_is_refused_with_file_path_and_problem(
    write: Write, text: str, where: str, problem: str
) -> None:
    path = write(text)
    with pytest.raises(ParameterError) as caught:
        load_parameters(path, Whole)
    assert str(path) in str(caught.value).splitlines()[0]
    assert any(f" {where}: " in line and problem in line for line in str(caught.value).splitlines())


def test_all_problems_are_named_at_once(write: Write) -> None:
    with pytest.raises(ParameterError) as caught:
        load_parameters(write('count: "1"\nshare: "2"\nflag: 3\n'), Whole)
    assert [line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]] == [
        "count",
        "share",
        "flag",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("count: 1\ncount: 2", "duplicate key"),
        ("parts: [{name: a, name: b}]", "duplicate key"),
        ("text: !!python/object/apply:os.system [true]", "constructor"),
        ("text: !custom a", "constructor"),
        ("text: *nothing", "undefined alias"),
        ("text: a\n---\ntext: b", "single document"),
        ("text: [unclosed", "expected"),
        ("day: 2026-02-30", "not valid YAML"),
        ("text: " + "[" * 5000, "not valid YAML"),
        ("%YAML 1.1\n---\ntext: NO", "begins with %"),
        ("# a comment\n%YAML 1.1\n---\ntext: NO", "begins with %"),
        ("- a\n- b", "mapping"),
        ("just text", "mapping"),
        ("", "mapping"),
        ("share: .nan", "no parameter can have"),
        ("share: .inf", "no parameter can have"),
        ("words: {007: a}", "words.7: the name 7 is not text"),
        ("parts: [{name: a}, {true: b}]", "parts.1.True: the name True is not text"),
        ("text: !!binary aGVsbG8=", "bytes"),
        ("parts: &a [*a]", "Circular"),
    ],
)
def test_a_file_that_is_not_plain_yaml_is_refused(write: Write, text: str, problem: str) -> None:
    path = write(text)
    with pytest.raises(ParameterError, match=re.escape(problem)) as caught:
        load_parameters(path, Whole)
    assert str(path) in str(caught.value)
    assert "suppress" not in str(caught.value)


ODD = [
    "!!bool maybe",
    "!!int ''",
    "!!int x",
    "!!float x",
    "!!timestamp x",
    "!!map x",
    "!!seq x",
    "!!str [x]",
    "!!merge x",
]
ODD += [
    "!!set {a, b}",
    "!!pairs [a: 1]",
    "!!binary é",
    "!!python/name:os.system",
    "2001-99-99",
    "9" * 5000,
    "0x" + "f" * 5000,
]
ODD += [
    "2001-12-14t21:59:43.10-99:00",
    "=",
    "1e999",
    "[" * 500,
    "{<<: 1}",
    "|99",
    "!<x",
    '"\\ud800"',
    "*a",
    "&a [*a]",
]


@pytest.mark.parametrize("value", ODD)
def test_odd_tags_and_values_are_one_line(write: Write, value: str) -> None:
    with pytest.raises(ParameterError) as caught:
        load_parameters(write(f"count: {value}"), Whole)
    *_, problem = str(caught.value).splitlines()
    assert len(str(caught.value).splitlines()) <= 2
    assert problem


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{n}: &{n} [{f'*{c},' * 9}]\n" for c, n in pairwise("abcdefghi")), "aliases"),
        ("a: &a {x: y}\n" + "".join(f"{n}: &{n} {{<<: [{f'*{c},' * 9}]}}\n" for c, n in pairwise("abcdefghi")), "aliases"),
        (f"a: &a {'x' * 100_000}\nb: [{'*a,' * 500}]", "aliases"),
        ("a: &a 1\nb: &a 2", "line 2: the anchor &a is given twice"),
        ("count: 1 #" + "x" * 300_000, "has more than 262,144 bytes"),
    ],
)  # fmt: skip
def test_a_short_text_does_not_become_a_long_one(write: Write, text: str, problem: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(problem)) as caught:
        load_parameters(write(text), Whole)
    assert "\n" not in str(caught.value)


def test_aliases_are_read(write: Write) -> None:
    path = write("parts: [&a {name: x}, *a, *a]")
    assert [part.name for part in load_parameters(path, Whole).parts] == ["x"] * 3


def test_what_never_ends_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", tmp_path / "pipe"):
        with pytest.raises(ParameterError, match=r"^cannot read .*: it is no file$"):
            load_parameters(path, Whole)


def test_a_missing_file_and_a_wrong_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"cannot read .*nowhere\.yaml"):
        load_parameters(tmp_path / "nowhere.yaml", Whole)
    with pytest.raises(ParameterError, match="cannot read"):
        load_parameters(tmp_path, Whole)
    path = tmp_path / "gbk.yaml"
    path.write_bytes("text: 客户".encode("gbk"))
    with pytest.raises(ParameterError, match=r"cannot read .*utf-8"):
        load_parameters(path, Whole)


def test_parameters_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Whole(count=1).count = 2


def test_values_from_elsewhere_are_checked_the_same() -> None:
    assert check_parameters({"count": 3, "day": date(2026, 1, 2)}, Whole, where="the run") == Whole(
        count=3, day=date(2026, 1, 2)
    )
    with pytest.raises(ParameterError, match=r"(?s)the run .*count: "):
        check_parameters({"count": "3"}, Whole, where="the run")


plain = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")))
finite = st.floats(allow_nan=False, allow_infinity=False)
parts = st.builds(Part, name=plain, share=finite)
wholes = st.builds(
    Whole,
    text=plain,
    count=st.integers(-(2**63), 2**63 - 1),
    share=finite,
    day=st.dates(),
    flag=st.booleans(),
    id=st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True),
    parts=st.lists(parts, max_size=3).map(tuple),
    words=st.dictionaries(plain, plain, max_size=3),
)


@given(whole=wholes)
@example(whole=Whole(words={"?>": "", "?;": "a", "0" * 41 + " 0": ""}))
def test_what_is_written_is_read_back(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.yaml"
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = (
        False  # within braces ruamel writes keys that begin with '?' so that it misreads them
    )
    with path.open("w", encoding="utf-8") as file:
        writer.dump(whole.model_dump(mode="json"), file)
    assert load_parameters(path, Whole) == whole
