import ast
import contextvars
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from riskmodels import labels
from riskmodels.errors import ParameterError
from riskmodels.labels import (
    LOCALE,
    RATING_LABELS,
    RATING_MARKS,
    counted,
    label,
    language,
    marked,
    plural,
    rating_label,
    use_language,
)
from riskmodels.parameters.policy import DEFAULT
from riskmodels.register.booked import made_of
from riskmodels.reporting.listings import (
    list_contributions,
    list_doubts,
    list_groups,
    list_ignored,
    list_quality,
    list_ratings,
    list_rejections,
    list_units,
)
from riskmodels.reporting.plots import plot, plot_heat_map
from riskmodels.scorecard import explain_unit
from riskmodels.tables import data_quality

CHINESE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Contents"
msgstr "目录"

msgid "Red"
msgstr "红"

msgid "# Title\\n\\nA *whole* cell."
msgstr "# 标题\\n\\n整个单元格。"

msgid "Untranslated"
msgstr ""

msgid "{red} of {units:,} units"
msgstr "{units:,}家机构中{red}家"

#, fuzzy
msgid "Doubtful"
msgstr "可疑"
"""


@pytest.fixture(autouse=True)
def _english_again():
    yield
    use_language("en")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "zh.po").write_text(CHINESE, encoding="utf-8")
    return tmp_path


def test_english_needs_no_file(tmp_path):
    use_language("en", folder=tmp_path)
    assert (language(), label("Contents")) == ("en", "Contents")


def test_a_language_is_one_file(folder):
    use_language("zh", folder=folder)
    assert language() == "zh"
    assert label("Contents") == "目录"
    assert rating_label("red") == "红"
    assert label("# Title\n\nA *whole* cell.") == "# 标题\n\n整个单元格。"


@pytest.mark.parametrize("text", ["Untranslated", "Doubtful", "Nowhere", ""])
def test_what_has_no_sure_translation_stays_english(folder, text):
    use_language("zh", folder=folder)
    assert label(text) == text


@pytest.mark.parametrize("name", ["fr", "../zh", "", "ZH"])
def test_an_unknown_language_lists_those_there_are(folder, name):
    with pytest.raises(ParameterError, match="there are en, zh"):
        use_language(name, folder=folder)
    assert language() == "en"


@pytest.mark.parametrize("content", [b"garbage", b'msgid "a"', b'msgid "a"\nmsgstr "\xff"'])
def test_a_damaged_catalogue_is_named(tmp_path, content):
    (tmp_path / "xx.po").write_bytes(content)
    with pytest.raises(ParameterError, match=r"xx\.po"):
        use_language("xx", folder=tmp_path)


def test_each_context_has_its_language(folder):
    contextvars.copy_context().run(use_language, "zh", folder=folder)
    assert language() == "en"


def test_every_rating_has_a_label_and_its_own_mark():
    assert set(RATING_LABELS) == set(RATING_MARKS)
    assert len(set(RATING_MARKS.values())) == len(RATING_MARKS)


def test_english_does_not_load_babel():
    program = "import sys, riskmodels.labels as l; l.use_language('en'); l.label('x'); print('babel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_figures_stand_where_the_language_puts_them(folder):
    row = {"red": 2, 7: "columns may have any name"}
    assert label("{red} of {units:,} units", row, units=1200) == "2 of 1,200 units"
    use_language("zh", folder=folder)
    assert label("{red} of {units:,} units", row, units=1200) == "1,200家机构中2家"


@pytest.mark.parametrize("text", ["a {set} of braces", "{", "}", "100 %", marked("{}")])
def test_without_figures_braces_are_braces(text):
    assert label(text) == text


def test_a_translation_that_names_another_figure_is_refused(tmp_path):
    (tmp_path / "xx.po").write_text('msgid "{red} units"\nmsgstr "{read} x"\n', encoding="utf-8")
    with pytest.raises(
        ParameterError, match=r"xx\.po: '\{red\} units' has no \{read\}, which its translation"
    ):
        use_language("xx", folder=tmp_path)


def catalogue(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def test_the_catalogue_has_every_text_of_the_program(project):
    words = [sys.executable, ".ci/words.py", "--print"]
    done = subprocess.run(words, cwd=project, capture_output=True, check=True)
    is_current = (LOCALE / "riskmodels.pot").read_bytes() == done.stdout
    assert is_current, "run: make words"


def test_every_language_has_each_text_or_leaves_it_empty():
    wanted = set(catalogue(LOCALE / "riskmodels.pot"))
    for file in LOCALE.glob("*.po"):
        assert set(catalogue(file)) == wanted, f"{file.name}: update it from riskmodels.pot"


def test_nobody_formats_what_label_formats(project):
    for path in (project / "riskmodels").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            formats = isinstance(node, ast.Attribute) and node.attr in {"format", "format_map"}
            assert not (formats and ast.unparse(node).startswith("label(")), (
                f"{path.name}, line {node.lineno}"
            )


def test_a_text_that_label_is_given_by_name_is_marked(project):
    for path in (project / "riskmodels").rglob("*.py"):
        functions = [
            node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
        ]
        for line in itertools.chain.from_iterable(map(bare_texts, functions)):
            pytest.fail(f"{path.name}, line {line}: marked(…)")


def bare_texts(function):
    """Yield the lines where a name that ``label`` is given is a text that the catalogue does not know."""
    nodes = list(ast.walk(function))
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "label"]
    given = {argument.id for call in calls for argument in call.args if isinstance(argument, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Assign) and given & {ast.unparse(target) for target in node.targets}:
            either = isinstance(node.value, ast.IfExp)
            values = [node.value.body, node.value.orelse] if either else [node.value]
            if any(isinstance(value, ast.Constant) and value.value for value in values):
                yield node.lineno


# Said by their English names still: codes of tables and parameters, and what the people of a policy wrote.
UNTRANSLATED = {
    *("red", "amber", "green", "insufficient", "bank", "area", "category", "product"),
    *("current account", "credit card", "mortgage", "personal loan", "wealth management", "payments"),
    *("compliance and legal", "conduct", "fraud and money laundering", "information security"),
    *("information technology", "operational", "outsourcing", "reputation"),
    *("riskmodels default", "source 001 (amber), riskmodels default (red)"),
    "source 002 (amber), riskmodels default (red)",
}


@pytest.mark.whole
def test_what_is_shown_of_a_quarter_is_in_the_catalogue(
    sample_tables, sample_card, default_policy, monkeypatch
):
    asked = set()

    class Asked(dict):
        def get(self, text, default):
            asked.add(text)
            return default

    catalogue_in_use = labels._Catalogue(texts=Asked())
    token = labels._catalogue.set(catalogue_in_use)
    try:
        show(sample_tables, sample_card, default_policy)
    finally:
        labels._catalogue.reset(token)
    missing = asked - set(catalogue(LOCALE / "riskmodels.pot"))
    assert missing <= UNTRANSLATED, sorted(missing - UNTRANSLATED)


def show(tables, card, policy) -> None:
    """Show, as a report does, what a scorecard and its tables say."""
    found = [list_quality(tables), list_doubts(tables), list_ignored(tables), list_rejections(tables)]
    found += [list_ratings(card, policy), list_groups(card, policy), list_units(card)]
    found += [list_contributions(explain_unit(card, policy, tables, "B027"), policy)]
    plot_heat_map(card, policy)
    plot(card)
    quality = data_quality(tables)
    assert quality.note() != quality.note("complaints")
    loss = {"booked_loss": 1.0, "elicited_loss": 1.0, "priced_loss": 1.0}
    assert made_of(loss | {"priced_by": DEFAULT}) != made_of(loss | {"priced_by": "bank"})
    for listing in found:
        listing._repr_html_()


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rows"), (1, "1 row"), (1.0, "1 row"), (2, "2 rows"), (1500, "1,500 rows")]
)
def test_one_is_singular(number, words):
    assert counted(number, "row", "rows") == words
    assert plural(number, "{n:,.0f} row", "{n:,.0f} rows", n=number) == words
