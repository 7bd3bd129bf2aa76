import contextvars
import subprocess
import sys

import pytest

from riskmodels.errors import ParameterError
from riskmodels.labels import (
    RATING_LABELS,
    RATING_MARKS,
    counted,
    label,
    language,
    plural,
    rating_label,
    use_language,
)

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


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rows"), (1, "1 row"), (1.0, "1 row"), (2, "2 rows"), (1500, "1,500 rows")]
)
def test_one_is_singular(number, words):
    assert counted(number, "row", "rows") == words
    assert plural(number, "{n:,.0f} row", "{n:,.0f} rows").format(n=number) == words
