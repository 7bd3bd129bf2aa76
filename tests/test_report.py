import base64
import hashlib
import html
import io
import json
import re
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from browser import chromium, visit
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from riskmodels.errors import ParameterError, ResultError
from riskmodels.labels import use_language
from riskmodels.reporting.document import FrontMatter, KeyFigure, SummaryItem, write_report

RUN = "window.__pwned=1"
HOSTILE = (
    f"<script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"</style><script>{RUN}</script>",
    f"</td></tr></table><script>{RUN};alert(1)</script>",
    f"<img src=x onerror='{RUN};fetch(`https://evil.test/`)'>",
    f"<svg onload={RUN}><script>{RUN}</script></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table></mtext></math>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<a href='javascript:{RUN}'>a</a>",
    f"<a href='jav&#x09;ascript:{RUN}' onmouseover='{RUN}'>b</a>",
    f"[x](javascript:{RUN}) ![y](https://evil.test/i.png)",
    f"[z](data:text/html;base64,{base64.b64encode(f'<script>{RUN}</script>'.encode()).decode()})",
    "<style>@import url(https://evil.test/s.css); body{background:url(https://evil.test/b.png)}</style>",
    "<p style='background:url(https://evil.test/p.png)'>p</p>",
    "<link rel=stylesheet href=https://evil.test/l.css><base href=https://evil.test/>",
    "<meta http-equiv=refresh content='0;url=https://evil.test/'>",
    f"<iframe src='javascript:parent.{RUN}' srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<object data='data:text/html,<script>{RUN}</script>'></object><embed src=https://evil.test/e>",
    f"<form action=https://evil.test/><button formaction='javascript:{RUN}' autofocus onfocus={RUN}>go</button></form>",
    f"<details open ontoggle={RUN}><summary>s</summary></details>",
    f"<body onload={RUN}><video><source onerror={RUN}></video>",
    f'" onmouseover="{RUN}" x="\' onfocus=\'{RUN}\' autofocus',
    f"'; script-src 'unsafe-inline'; \"><script>{RUN}</script>",
    f"＜script＞{RUN}＜/script＞ \u202e<scr\u0000ipt>{RUN}</scr\u0000ipt>\u2028\ufeff",
    "{{ 7*7 }} {% raw %} {{ ''.__class__ }} ${7*7}",
)
COUNT_FRAMES_WHERE_SCRIPT_RAN = """[...document.querySelectorAll("iframe")].filter(frame => {
    try { return "__pwned" in frame.contentWindow } catch { return false }  // false: it went elsewhere
}).length"""
FORBIDDEN = {
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "button",
    "svg",
    "math",
    "link",
    "base",
    "video",
    "details",
}
ALL_HOSTILE = "\n\n".join(HOSTILE)
CHINESE = {
    "Contents": "目录",
    "Management summary": "管理摘要",
    "Period": "期间",
    "As of": "截至",
    "Figure {number}": "图 {number}",
    "Table {number}": "表 {number}",
    "Red": "红",
    "Complaints": "投诉",
    "Complaints a month": "每月投诉",
    "# Complaints\n\nHow many?": "# 投诉\n\n有多少？",
    "Risk assessment": "风险评估",
    "Overall score": "总分",
}
FRAME = pd.DataFrame(
    {
        "Unit": ["B001", "B002", "B003", "B004"],
        "Complaints": ["1,204", "98", "—", "7"],
        "Change": [-1.25, 0.5, 3.0, float("nan")],
        "Rating": ["red", "Amber", "Green", "Not enough evidence"],
    }
)


@pytest.fixture(autouse=True)
def _english_again():
    yield
    use_language("en")


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def png():
    stream = io.BytesIO()
    with mpl.rc_context({"savefig.dpi": 40}):
        Figure(figsize=(2, 1)).savefig(stream, format="png")
    return base64.encodebytes(stream.getvalue()).decode()


def code(*outputs, **metadata):
    """Return an executed code cell; an output is the dict of its representations."""
    made = [new_output("display_data", data=data) for data in outputs]
    return new_code_cell("secret_source()", execution_count=1, outputs=made, metadata=metadata)


def table(frame=FRAME):
    return {"text/html": frame.to_html(escape=True, index=False, border=0), "text/plain": "not shown"}


def notebook(folder, *cells, name="one.ipynb"):
    path = folder / name
    path.write_text(json.dumps(new_notebook(cells=list(cells))), encoding="utf-8")
    return path


def front(**changes):
    return FrontMatter(
        **{"title": "Risk assessment", "subtitle": "", "period": "2026 Q3", "as_of": "2026-10-08"} | changes
    )


def write(folder, *cells, **changes):
    """Write a report of one notebook with these cells and return its parsed document."""
    path = write_report([notebook(folder, *cells)], folder / "report.html", front=front(**changes))
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text_of(tag):
    return " ".join(tag.get_text().split())


TITLE = new_markdown_cell("# Complaints\n\nHow many?")


# ---- what the document holds ------------------------------------------------------------------------


def test_sections_and_subsections_are_numbered_and_listed(tmp_path):
    first = notebook(tmp_path, TITLE, new_markdown_cell("## By unit\n\n### Detail\n\n## By *product*"))
    second = notebook(tmp_path, new_markdown_cell("# Forecast"), name="two.ipynb")
    path = write_report([first, second], tmp_path / "report.html", front=front())
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    assert [text_of(heading) for heading in page.main.find_all(re.compile("^h[1-6]$"))] == [
        "Management summary", "1 Complaints", "1.1 By unit", "Detail", "1.2 By product", "2 Forecast",
    ]  # fmt: skip
    links = [link["href"] for link in page.nav.find_all("a")]
    assert links == ["#summary", "#section-1", "#section-1-1", "#section-1-2", "#section-2"]
    assert all(page.find(id=link[1:]) for link in links)


def test_captions_are_numbered_through_the_document(tmp_path):
    figure, tabular = {"image/png": png(), "text/plain": "<Figure>"}, table()
    cells = (TITLE, code(figure, caption="First"), code(tabular, caption="Second"), code(figure))
    more = (new_markdown_cell("# Forecast"), code(tabular, caption="Third"), code(figure, caption="Fourth"))
    notebooks = [notebook(tmp_path, *cells), notebook(tmp_path, *more, name="two.ipynb")]
    path = write_report(notebooks, tmp_path / "report.html", front=front())
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    captions = [text_of(caption) for caption in page.find_all("figcaption")]
    assert captions == ["Figure 1. First", "Table 1. Second", "Table 2. Third", "Figure 2. Fourth"]
    assert [image["alt"] for image in page.find_all("img")] == ["First", "Figure", "Fourth"]


def test_a_legitimate_table_keeps_every_cell(tmp_path):
    frame = pd.DataFrame({"a<b & c": ["x > y", '"quoted"', "中文"], "n": [1, 2, 3]})
    page = write(tmp_path, TITLE, code(table(frame)))
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.table.find_all("tr")]
    assert rows == [["a<b & c", "n"], ["x > y", "1"], ['"quoted"', "2"], ["中文", "3"]]


def test_a_table_with_an_index_and_spans_keeps_its_structure(tmp_path):
    columns = pd.MultiIndex.from_product([["2026"], ["Q1", "Q2"]])
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=columns, index=pd.Index(["a", "b"], name="unit"))
    page = write(tmp_path, TITLE, code({"text/html": frame.to_html(border=0)}))
    assert page.table.find("th", string="2026")["colspan"] == "2"
    assert [heading.get_text() for heading in page.tbody.find_all("th")] == ["a", "b"]
    assert [cell["class"] for cell in page.find_all("td")] == [["num"]] * 4


def test_numbers_stand_right_and_ratings_have_a_mark(tmp_path):
    page = write(tmp_path, TITLE, code(table()))
    classes = [heading.get("class") for heading in page.thead.find_all("th")]
    assert classes == [None, ["num"], ["num"], None]
    ratings = [(text_of(cell), cell["class"][-1]) for cell in page.find_all("td", class_="rag")]
    assert ratings == [
        ("■ Red", "rag-red"), ("▲ Amber", "rag-amber"), ("● Green", "rag-green"),
        ("○ Not enough evidence", "rag-insufficient"),
    ]  # fmt: skip


def test_a_unit_that_is_called_like_a_rating_has_none_by_its_name(tmp_path):
    frame = pd.DataFrame({"Unit": ["Red", "red", "Not enough evidence"], "Rating before": ["Green", "", "x"]})
    page = write(tmp_path, TITLE, code(table(frame)))
    assert [text_of(cell) for cell in page.find_all("td", class_="rag")] == ["● Green"]
    assert [text_of(row.td) for row in page.tbody.find_all("tr")] == ["Red", "red", "Not enough evidence"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", True), ("-1.5", True), ("−3", True), ("1,234.50", True), ("12 %", True), ("4.5‰", True), ("¥ 1,200", True),
        ("1e-05", True), ("(120)", True), ("0.9 – 1.5", True), ("1,204 (980 – 1,402)", True), ("inf", True), ("CNY 5", True),
        ("2026-09-30", False), ("2026Q3", False), ("B001", False), ("1 of 5", False), ("", False), ("[phone]", False),
    ],
)  # fmt: skip
def test_a_cell_is_a_number_or_not(tmp_path, text, number):
    page = write(tmp_path, TITLE, code({"text/html": f"<table><tr><td>{text}</td></tr></table>"}))
    assert (page.td.get("class") == ["num"]) is number


def test_key_figures_and_summary_carry_label_and_mark(tmp_path):
    figures = (
        KeyFigure(label="Overall score", value="72.4", rating="amber"),
        KeyFigure(label="Expected", value="4,812"),
    )
    summary = (SummaryItem(severity="red", sentence="Late."), SummaryItem(severity="", sentence="A remark."))
    page = write(tmp_path, TITLE, key_figures=figures, summary=summary, facts=(("Policy", "2026-10-01"),))
    assert [text_of(tile) for tile in page.find_all(class_="tile")] == [
        "Overall score 72.4 ▲ Amber",
        "Expected 4,812",
    ]
    assert [text_of(item) for item in page.find(class_="findings").find_all("li")] == [
        "■ RedLate.",
        "A remark.",
    ]
    assert text_of(page.find(class_="facts")) == "Period2026 Q3 As of2026-10-08 Policy2026-10-01"


def test_a_rating_must_be_one():
    with pytest.raises(ParameterError, match="'purple' is not a rating"):
        KeyFigure(label="Score", value="1", rating="purple")


def test_sources_streams_and_unreadable_outputs_are_left_out(tmp_path):
    outputs = (
        {"application/javascript": RUN}, {"image/svg+xml": "<svg/>"}, {"text/latex": "$x$"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}, {"text/plain": "<Axes: xlabel='x'>"},
        {"text/html": "<p>shown</p>", "text/plain": "hidden"},
    )  # fmt: skip
    cell = code(*outputs)
    cell.outputs.append(new_output("stream", name="stdout", text="printed"))
    page = write(tmp_path, TITLE, cell, code({"text/plain": "a < b"}), new_raw_cell("raw"))
    assert text_of(page.main.find(id="section-1")) == "1 Complaints How many? shown a < b"


@pytest.mark.parametrize("tag", ["report-skip", "parameters", "injected-parameters"])
def test_tagged_cells_are_left_out(tmp_path, tag):
    prose = new_markdown_cell("gone", metadata={"tags": [tag]})
    page = write(
        tmp_path, TITLE, prose, code({"text/plain": "gone"}, tags=[tag]), code({"text/plain": "kept"})
    )
    assert "gone" not in page.get_text()
    assert "kept" in page.get_text()


def test_markdown_keeps_its_structure_and_images_leave_their_description(tmp_path):
    source = "# T\n\n- **one**\n- `two`\n\n> three\n\n| a | b |\n|---|---|\n| x | 12 |\n\n![four](attachment:gone.png)"
    page = write(tmp_path, new_markdown_cell(source))
    prose = page.find(class_="prose")
    assert prose.strong.get_text() == "one"
    assert prose.code.get_text() == "two"
    assert prose.blockquote.get_text().strip() == "three"
    assert prose.find("td", class_="num").get_text() == "12"
    assert "four" in prose.get_text()


# ---- refusals ---------------------------------------------------------------------------------------


def test_a_failed_notebook_is_refused_without_its_message(tmp_path):
    cell = code()
    cell.outputs.append(new_output("error", ename="ValueError", evalue="private words", traceback=[]))
    with pytest.raises(ResultError, match=r"one\.ipynb: cell 2 failed with ValueError") as caught:
        write(tmp_path, TITLE, cell)
    assert "private" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_a_notebook_not_executed_is_refused(tmp_path):
    with pytest.raises(ResultError, match="cell 2 was not executed"):
        write(tmp_path, TITLE, new_code_cell("1 + 1"))


def test_a_notebook_without_a_title_is_refused(tmp_path):
    with pytest.raises(ResultError, match="has no title"):
        write(tmp_path, new_markdown_cell("## Only this"))


def test_several_captions_are_of_one_output_each(tmp_path):
    cells = (TITLE, code(table(), table(), caption="First | Second"), code(table(), table(), caption="Both"))
    page = write(tmp_path, *cells)
    captions = [text_of(caption) for caption in page.find_all("figcaption")]
    assert captions == ["Table 1. First", "Table 2. Second", "Table 3. Both", "Table 4. Both"]
    with pytest.raises(ResultError, match="nothing is shown under the caption 'Gone'"):
        write(tmp_path, TITLE, code(table(), caption="Here | Gone"))


def test_a_caption_over_nothing_is_refused(tmp_path):
    with pytest.raises(ResultError, match=r"one\.ipynb: nothing is shown under the caption 'Gone'"):
        write(tmp_path, TITLE, code(caption="Gone"))


def test_a_cell_that_may_show_nothing_takes_its_heading_and_its_prose_with_it(tmp_path):
    def may_be_silent(*outputs, caption):
        cell = code(*outputs, caption=caption)
        cell.metadata["tags"] = ["may-show-nothing"]
        return cell

    page = write(
        tmp_path,
        TITLE,
        *(new_markdown_cell("## None\n\nAll of it."), may_be_silent(caption="Gone")),
        *(new_markdown_cell("## Some"), may_be_silent(table(), caption="Here")),
        *(new_markdown_cell("Of the other."), may_be_silent(caption="Gone, too")),
        *(new_markdown_cell("## Half"), may_be_silent(caption="Gone as well")),
        *(new_markdown_cell("Kept."), code(table(), caption="Other")),
    )
    shown = [text_of(heading) for heading in page.main.find_all("h3")]
    assert [text.partition(" ")[2] for text in shown] == ["Some", "Half"]
    assert [text_of(caption) for caption in page.find_all("figcaption")] == [
        "Table 1. Here",
        "Table 2. Other",
    ]
    assert "Kept." in text_of(page.main)
    assert not re.search("All of it|Of the other", text_of(page.main))


@pytest.mark.parametrize("image", ["not base64!", base64.b64encode(b"<svg onload=1>").decode(), "é"])
def test_a_damaged_image_is_refused(tmp_path, image):
    with pytest.raises(ResultError, match="figure"):
        write(tmp_path, TITLE, code({"image/png": image}))


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"nbformat": 4, "cells": 1}', "\udcff"])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "one.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ResultError, match=r"one\.ipynb"):
        write_report([path], tmp_path / "report.html", front=front())


# ---- the file ---------------------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    path = notebook(tmp_path, TITLE, code(table(), caption="A table"), code({"image/png": png()}))
    first = write_report([path], tmp_path / "a.html", front=front()).read_bytes()
    assert write_report([path], tmp_path / "b.html", front=front()).read_bytes() == first


def test_a_report_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    write(tmp_path, TITLE)
    before = path.read_bytes()

    def full(self, data):
        with self.open("wb") as stream:
            stream.write(data[:10])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        write(tmp_path, TITLE, title="Another")
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.ipynb", "report.html"]


def test_the_policy_of_the_page_allows_its_own_style_only(tmp_path):
    page = write(tmp_path, TITLE)
    digest = base64.b64encode(hashlib.sha256(page.style.string.encode()).digest()).decode()
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert page.html["lang"] == "en"
    assert page.find("meta", attrs={"name": "referrer"})["content"] == "no-referrer"


def test_the_style_asks_for_nothing():
    style = (Path(__file__).parent.parent / "riskmodels/reporting/document/templates/report.css").read_text(
        encoding="utf-8"
    )
    assert not re.search(r"url\(|@import|@font-face|</", style)


def test_personal_data_is_masked_everywhere(tmp_path):
    secret = "13812345678"
    frame = pd.DataFrame({"phone 13812345678": [secret, "11010519491231002X"], "n": [13812345678, 1]})
    cells = (
        new_markdown_cell(f"# Call {secret}\n\nor **{secret}**\n\n## Or {secret}"),
        code(table(frame), caption=f"Of {secret}"),
        code({"text/html": "<p>&#49;3812345678</p>"}, {"text/plain": secret}),
        code({"image/png": png()}, caption=f"Of {secret}"),
    )
    words = dict.fromkeys(("title", "subtitle", "period", "as_of"), secret)
    page = write(
        tmp_path, *cells, **words, facts=((secret, secret),), summary=(SummaryItem(severity="", sentence=secret),),
        key_figures=(KeyFigure(label=secret, value=secret),),
    )  # fmt: skip
    written = re.sub(
        r"data:image/png;base64,[\w+/=]*", "", (tmp_path / "report.html").read_text(encoding="utf-8")
    )
    assert not re.search(r"13812345678|11010519491231002X", html.unescape(written))
    assert page.title.get_text() == "[phone]"
    assert text_of(page.tbody) == "[phone] [phone] [identity card] 1"


def test_another_language_is_one_file(tmp_path):
    entries = (f"msgid {quoted(text)}\nmsgstr {quoted(words)}\n" for text, words in CHINESE.items())
    (tmp_path / "zh.po").write_text("\n".join(entries), encoding="utf-8")
    use_language("zh", folder=tmp_path)
    cells = (
        TITLE,
        code(table(), caption="Complaints"),
        code({"image/png": png()}, caption="Complaints a month"),
    )
    page = write(tmp_path, *cells, key_figures=(KeyFigure(label="Overall score", value="72", rating="red"),))
    assert page.html["lang"] == "zh"
    assert [text_of(heading) for heading in page.find_all(["h1", "h2"])] == [
        "风险评估",
        "目录",
        "管理摘要",
        "1 投诉",
    ]
    assert [text_of(caption) for caption in page.find_all("figcaption")] == ["表 1. 投诉", "图 1. 每月投诉"]
    assert page.thead.find_all("th")[1].get_text() == "投诉"
    assert [text_of(rating) for rating in page.find_all(class_="rag-red")] == ["■ 红", "■ 红"]
    assert "有多少？" in page.get_text()


def test_half_a_character_becomes_a_question_mark(tmp_path):
    cells = (
        new_markdown_cell("# a\ud800b"),
        code({"text/html": "c\ud800d"}, {"text/plain": "e\ud800f"}, caption="\ud800"),
    )
    page = write(tmp_path, *cells, subtitle="g\ud800h")
    assert {"1 a?b", "c?d", "e?f", "g?h"} <= {
        text_of(tag) for tag in page.find_all(["h2", "div", "pre", "p"])
    }


def quoted(text):
    escaped = text.replace("\n", "\\n")
    return f'"{escaped}"'


# ---- attacks ----------------------------------------------------------------------------------------


def hostile_cells():
    frame = pd.DataFrame(
        [[payload, 1] for payload in HOSTILE], columns=["x", ALL_HOSTILE], index=list(HOSTILE)
    )
    frame.index.name = ALL_HOSTILE
    style = (
        frame.reset_index(drop=True).style.set_caption(ALL_HOSTILE).set_table_attributes(f'onload="{RUN}"')
    )
    titles = [new_markdown_cell(f"# T {payload}\n\n## S {payload}\n\n{payload}") for payload in HOSTILE]
    plain = [code({"text/plain": payload}, caption=payload) for payload in HOSTILE]
    raw = [
        code({"text/html": payload}, {"text/html": f"<table><tr><td>{payload}"}, caption=payload)
        for payload in HOSTILE
    ]
    return [
        *titles, *plain, *raw, code({"image/png": png()}, caption=ALL_HOSTILE),
        code({"text/html": frame.to_html(escape=True)}, {"text/html": frame.to_html(escape=False)}, caption=ALL_HOSTILE),
        code({"text/html": style.to_html()}, caption=ALL_HOSTILE),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    words = dict.fromkeys(("title", "subtitle", "period", "as_of"), ALL_HOSTILE)
    matter = FrontMatter(
        **words,
        facts=tuple((payload, payload) for payload in HOSTILE),
        key_figures=tuple(KeyFigure(label=payload, value=payload, rating="red") for payload in HOSTILE),
        summary=tuple(SummaryItem(severity="green", sentence=payload) for payload in HOSTILE),
    )
    return write_report([notebook(folder, *hostile_cells())], folder / "report.html", front=matter)


def test_the_attacks_are_real(browser, tmp_path):
    frames = "".join(f'<iframe srcdoc="{html.escape(payload)}"></iframe>' for payload in HOSTILE)
    path = tmp_path / "attacks.html"
    path.write_text(f"<!DOCTYPE html>{frames}", encoding="utf-8")
    seen = visit(browser, path, ask={"ran": COUNT_FRAMES_WHERE_SCRIPT_RAN})
    assert seen.answers["ran"] >= 12  # the others attack Markdown, attributes, templates or the policy
    assert seen.dialogs
    assert len({url for url in seen.requests if "evil.test" in url}) >= 6


def test_a_hostile_report_does_nothing(browser, hostile_report):
    style = "getComputedStyle(document.querySelector('.cover')).borderTopWidth"
    seen = visit(browser, hostile_report, ask={"border": style, "base": "document.baseURI"})
    assert not seen.script_ran
    assert seen.dialogs == ()
    assert seen.messages == ()  # not even something which the policy of the page had to stop
    assert {url for url in seen.requests if not url.startswith("data:image/png")} == {hostile_report.as_uri()}
    assert seen.answers == {"border": "6px", "base": hostile_report.as_uri()}


def test_a_hostile_report_has_no_foreign_markup(hostile_report):
    page = BeautifulSoup(hostile_report.read_text(encoding="utf-8"), "html.parser")
    names = {tag.name for tag in page.find_all(True)}
    assert not names & FORBIDDEN
    assert [len(page.find_all(name)) for name in ("style", "title", "body", "meta")] == [1, 1, 1, 4]
    assert {attribute for tag in page.body.find_all(True) for attribute in tag.attrs} <= {
        "class", "id", "href", "src", "alt", "colspan", "rowspan", "scope", "tabindex", "role", "aria-label",
    }  # fmt: skip
    assert all(link["href"].startswith("#") for link in page.find_all("a"))
    assert "{{ 7*7 }}" in page.title.get_text()


def test_the_policy_of_the_page_is_a_second_wall(browser, hostile_report, tmp_path):
    path = tmp_path / "breached.html"
    document = hostile_report.read_text(encoding="utf-8")
    attacks = "".join(
        payload for payload in HOSTILE if "refresh" not in payload
    )  # no policy forbids to leave
    path.write_text(document.replace("<main>", f"<main>{attacks}"), encoding="utf-8", errors="replace")
    seen = visit(browser, path)
    assert not seen.script_ran
    assert seen.dialogs == ()
    assert not [url for url in seen.requests if url.startswith("http")]
    assert seen.messages


def test_a_plain_report_is_quiet_and_styled(browser, tmp_path):
    write(tmp_path, TITLE, code(table(), caption="A table"), code({"image/png": png()}, caption="A figure"))
    ask = {
        "images": "[...document.images].every(image => image.naturalWidth > 0)",
        "align": "getComputedStyle(document.querySelector('td.num')).textAlign",
        "wide": "document.documentElement.scrollWidth <= window.innerWidth",
    }
    seen = visit(browser, tmp_path / "report.html", ask=ask)
    assert seen.messages == ()
    assert seen.answers == {"images": True, "align": "right", "wide": True}
