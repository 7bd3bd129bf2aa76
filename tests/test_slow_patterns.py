"""Texts made to be slow: no regular expression of ours takes more than twice as long for twice the text."""

import ast
import importlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodels
from riskmodels.errors import ParameterError
from riskmodels.parameters.files import check_parameters
from riskmodels.privacy import mask_code, mask_personal_data
from riskmodels.privacy.numbers import NUMBERS, phones_of
from riskmodels.privacy.words import WORDS
from riskmodels.sources import numerals, periods, totals
from riskmodels.sources.mapping import Unpivot
from riskmodels.sources.patterns import check_pattern, matching
from riskmodels.sources.signs import folded

pytestmark = pytest.mark.slow

PACKAGE = Path(riskmodels.__file__).parent
SIZE = 50_000  # signs, and twice as many
ENOUGH = 0.1  # seconds for the longer text: with less no time grows as the square of the length
MOST = 3.0  # times as long for twice the text; a square would be 4

# What is repeated before an end that spoils a match.
PIECES = (
    "1", "0", "A", " ", "-", ".", "(", ")", "'", '"', "@", "<", "\n", "张", "\u200b", "一", "１", "1 ", "1-", "1,", "a1", "Aa ", "a.", "a@",
    "[at]", "86 ", "+1 ", "1234 ", "6222 ", "11010119900307", "13812345678 ", "1381234567", "13812345678", "路1号", "1室", "住址在", "先生",
    "收件人", "passport ", "SSN", "AB12", "Mr ", "address 1 ", "customer name ", "data:a;base64,", "a0", "\\", "=1", "[errno 1]", "/**/", "--\n",
)  # fmt: skip
# A beginning of a match before the same, for what would only be tried there.
BEGUN = (
    ("1", " "),
    ("(1", " "),
    ("2024", " "),
    ("0", "0"),
    ("<", ">"),
    ("/*", "*"),
    ("a@", "a"),
    ("1 Main ", "A"),
    ("-", " "),
    ('"', "a"),
)

Use = Callable[[str], object]


def texts(size: int) -> Iterator[str]:
    for begin, piece in (*(("", piece) for piece in PIECES), *BEGUN):
        yield begin + piece * (size // len(piece)) + "!"


MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__main__" and "migrations" not in path.parts  # which Alembic runs
)


def uses_in(module: str) -> Iterator[tuple[str, Use]]:
    """Name every regular expression that stands in a module, with each way in which it is used."""
    loaded = importlib.import_module(module)
    source = Path(loaded.__file__).read_text("utf-8")
    for name, value in vars(loaded).items():
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
            for way in sorted(set(re.findall(rf"\b{name}\.(\w+)\b", source)) & set(WAYS)):
                yield f"{name}.{way}", using(value, way)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (called := written(node)):
            yield f"line {node.lineno}", using(re.compile(called[1]), called[0])


WAYS = ("finditer", "fullmatch", "match", "search", "sub", "split", "findall")


def using(pattern: re.Pattern[str], way: str) -> Use:
    if way == "sub":
        return lambda text: pattern.sub("", text)
    return lambda text: (
        list(getattr(pattern, way)(text) or ()) if way == "finditer" else getattr(pattern, way)(text)
    )


def written(call: ast.Call) -> tuple[str, str] | None:
    """Return the way and the regular expression of a call of ``re`` that writes it out."""
    called, first = call.func, next(iter(call.args), None)
    is_re = (
        isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re"
    )
    if is_re and called.attr in WAYS and isinstance(first, ast.Constant) and isinstance(first.value, str):
        return called.attr, first.value
    return None


KINDS = (*NUMBERS, *WORDS, phones_of("GB"))
USES = {f"{kind.name} {kind.pattern.pattern[:30]}": using(kind.pattern, "finditer") for kind in KINDS} | {
    "mask_personal_data": mask_personal_data,
    "mask_code": mask_code,
    "folded": folded,
    "words of totals": lambda text: re.fullmatch(totals._WORDS, text),
    "periods": lambda text: periods.may_be("period", [text]),
    "years": lambda text: periods.may_be("year from 04", [text, f"{text}x"]),
    "numbers": lambda text: numerals.numbers_in(Counter([text, "1,5"]), semicolons=False),
}


def seconds(use: Use, text: str) -> float:
    start = time.process_time()
    use(text)
    return time.process_time() - start


def is_slow(use: Use, short: str, long: str) -> bool:
    """Tell whether twice the text takes more than twice as long: a sixteenth of it first, lest it never ends."""
    if all(seconds(use, long[: len(long) // 16] + "!") > ENOUGH for _ in range(3)):
        return True
    if seconds(use, long) < ENOUGH:
        return False
    return all(seconds(use, long) > MOST * seconds(use, short) for _ in range(3))


@pytest.mark.parametrize("name", USES)
def test_no_text_takes_longer_than_it_is_long(name):
    assert not slow_texts(USES[name])


@pytest.mark.parametrize("module", MODULES)
def test_no_pattern_of_a_module_takes_longer_than_its_text(module):
    assert not [(name, found) for name, use in uses_in(module) if (found := slow_texts(use))]


def test_patterns_of_modules_are_found():
    assert sum(len(dict(uses_in(module))) for module in MODULES) > 60


def slow_texts(use: Use) -> list[str]:
    pairs = zip(texts(SIZE), texts(2 * SIZE), strict=True)
    return [long[:20] for short, long in pairs if is_slow(use, short, long)]


def test_a_slow_pattern_would_be_found(monkeypatch):
    monkeypatch.setattr("test_slow_patterns.ENOUGH", 0.02)
    assert is_slow(using(re.compile(r"a*b"), "search"), "a" * 8_000, "a" * 16_000)
    assert not is_slow(using(re.compile(r"a*+b"), "match"), "a" * 8_000, "a" * 16_000)


# ---- those of users ------------------------------------------------------------------------------------------

SLOW = (r"(a+)+", r"(a|a)*b", r"(a|aa)+b", r"(.*a){20}", r"(\d+)*x", r"a?" * 30 + "a" * 30, r"(\w*\s*)*!")


@pytest.mark.parametrize("pattern", SLOW)
def test_a_pattern_of_a_source_file_is_never_slow(pattern):
    name = "a" * 100_000 + "?"
    assert seconds(lambda text: matching(pattern, [text]), name) < 10 * ENOUGH
    assert (
        seconds(lambda text: Unpivot(columns=pattern, names_to="n", values_to="v").chosen([text]), name)
        < 10 * ENOUGH
    )


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", r"(?=a)b", r"(?<!a)b", r"(?>a)", "a{1,5000}", "(" * 5000, "*", "[a"]
)
def test_what_is_no_pattern_of_re2_is_refused_in_a_line(pattern):
    with pytest.raises(ValueError, match="no regular expression: ") as error:
        check_pattern(pattern)
    assert "\n" not in str(error.value)
    with pytest.raises(ParameterError, match="columns: no regular expression"):
        check_parameters({"columns": pattern, "names_to": "n", "values_to": "v"}, Unpivot, where="a")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8))
def test_a_name_written_as_a_pattern_matches_itself_alone(name):
    assert matching(re.escape(name), [name, f"{name}x", f"x{name}", ""]) == [name]
