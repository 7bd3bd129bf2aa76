import ast
import contextvars
import importlib.util
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
    clauses,
    commas,
    counted,
    dated,
    label,
    language,
    marked,
    plural,
    rating_label,
    space,
    titled,
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


def test_every_language_says_every_text_of_the_program(project):
    words = [sys.executable, ".ci/words.py", "--check"]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, encoding="utf-8", check=False)
    assert not done.returncode, done.stderr


@pytest.fixture(scope="module")
def words(project):
    spec = importlib.util.spec_from_file_location("words", project / ".ci" / "words.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(
    ("text", "said", "wrong"),
    [
        ("{n:,d} rows", "{n:,d}行", ""),
        ("Red", "", "not translated"),
        ("{n:,d} rows", "行", "other figures"),
        ("{n:,d} rows", "{n}行", "other figures"),
        ("Quantile loss", "分位数loss", "left in English: loss"),
        ("VaR by `unit_id` of B12, see docs/howto", "`unit_id`的B12，见docs/howto", ""),
        ("a, b", "甲,乙", "narrow mark"),
        ("a b", "甲 {n}", "other figures"),
        ("a {n}", "甲 {n}", "blank"),
    ],
)
def test_what_is_wrong_with_a_translation_is_said(words, text, said, wrong):
    assert wrong in words.fault(text, said)
    assert bool(wrong) == bool(words.fault(text, said))


def test_a_language_gets_new_texts_empty_and_loses_old_ones(words, tmp_path):
    texts = words.Catalog()
    for text in ("Contents", "Contents of it", "Doubtful"):
        texts.add(text)
    file = tmp_path / "zh.po"
    file.write_text(CHINESE, encoding="utf-8")
    file.write_text(words.updated(file, texts), encoding="utf-8")
    assert catalogue(file) == {"Contents": "目录", "Contents of it": "", "Doubtful": "可疑"}
    said = {message.id: message for message in words.read(file) if message.id}
    assert said["Doubtful"].fuzzy
    assert not said["Contents of it"].fuzzy


def test_lists_sentences_and_days_are_set_as_the_language_sets_them():
    use_language("zh")
    assert commas(["甲", "乙"]) == "甲、乙"
    assert clauses(["甲", "乙"]) == "甲；乙"
    assert titled("甲", "乙") == "甲：乙"
    assert (space(), counted(1200, "row", "rows")) == ("", "1,200行")
    assert dated("2026-09, 2026Q3, 2026-09-05") == "2026年9月, 2026年第三季度, 2026年9月5日"
    assert (
        dated("B-2026-09, 2026-13, v2026Q3.yaml, 2026-02-31")
        == "B-2026-09, 2026-13, v2026Q3.yaml, 2026-02-31"
    )
    assert label("(whole table)") == "（整张表）"
    assert "2026年第三季度" in label("Standards, {quarter}", quarter="2026Q3")


MARKS = (", ", "; ", ". ", ": ", " (")
SAID = {"label", "plural", "counted", "plain_label", "rating_label", "say"}
SET_APART = {"alarm_report.py", "movements.py"}  # blanks that indent a line, or hold marks apart
IN_ENGLISH = {"cli", "sources", "leaks.py", "backtesting", "forecasting", "panel.py", "tables", "catalogue"}


def is_said(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAID


def is_joined(node):
    """Tell whether words of the language in use are joined by the marks and blanks of English."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [(node.left, node.right), (node.right, node.left)]
        return any(is_said(one) and str(getattr(two, "value", "")).isspace() for one, two in sides)
    if isinstance(node, ast.JoinedStr):
        marks = [str(part.value) for part in node.values if isinstance(part, ast.Constant)]
        spoken = any(is_said(part.value) for part in node.values if isinstance(part, ast.FormattedValue))
        return spoken and any(mark in text for mark in MARKS for text in marks)
    return ast.unparse(node).startswith(("', '.join(", "'; '.join(")) and any(
        is_said(one) or getattr(one, "id", "") in SAID for one in ast.walk(node)
    )


def test_no_sentence_is_built_by_concatenation(project):
    """In what reports say; messages of commands and errors are English."""
    for path in sorted((project / "riskmodels").rglob("*.py")):
        if {*path.parts, path.name} & (IN_ENGLISH | SET_APART):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.BinOp | ast.JoinedStr | ast.Call) and is_joined(node):
                pytest.fail(f"{path.name}, line {node.lineno}: commas, clauses, titled or space of labels.py")


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
