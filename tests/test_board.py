"""The board paper: a page for what has results, none for what has not, one truth per figure."""

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from finished import BANK, UNIT
from small_bank import (
    UNIT as SCORED,
)
from small_bank import (
    make_book,
    make_card,
    make_effects,
    make_objectives,
    make_review,
    make_stress,
    make_tables,
    sure_outlook,
)

from riskmodels.assessment import assess
from riskmodels.governance import propose
from riskmodels.labels import use_language
from riskmodels.reporting.board import write_board
from riskmodels.reporting.board.digits import shown_value, significant
from riskmodels.reporting.board.subjects import SUBJECTS, WITHOUT_PAGE
from riskmodels.results import save
from riskmodels.runner.steps import NOTEBOOKS
from riskmodels.stresstest.comparing import compare

MONTHLY = {"card": 60.0, "loan": 40.0}
PLAIN = ("comparison", "effects", "outlook", "review", "objectives")  # without them there is less to draw
WORST = UNIT | {"unit_id": "u1", "indicator_id": "complaint_rate", "value": 6.0, "estimate": 5.0, "lower": 4.0,
                "upper": 6.0, "peers": 2.0, "amber": 3.0, "red": 4.0, "rating": "red"}  # fmt: skip


@pytest.fixture(scope="module")
def found(default_policy):
    """Assess a red indicator of the bank, a red unit, and an outlook of 100 complaints a month."""
    card = make_card([BANK, WORST])
    tables = replace(make_tables(), as_of=card.as_of)
    return assess(default_policy, data=tables, scorecard=card, forecast=sure_outlook(MONTHLY))


@pytest.fixture(scope="module")
def made(tmp_path_factory, default_policy, found):
    """Save what a small bank has: findings, an outlook, a scenario, an action, objectives, proposals."""
    results = tmp_path_factory.mktemp("board") / "results"
    rows = [BANK, WORST, WORST | {"unit_id": "u2", "estimate": 2.0, "value": 2.0, "rating": "green"}]
    stress = make_stress()
    kept = {
        "scorecard": make_card(rows, [SCORED | {"unit_id": one} for one in ("u1", "u2")]),
        "findings": found,
        "outlook": sure_outlook(MONTHLY),
        "review": make_review(),
        "alarms": make_book(),
        "objectives": make_objectives(),
        "stress-by_hand": stress,
        "comparison": compare([stress]),
        "effects": make_effects(),
        "proposals": propose(found, default_policy),
        "orders": None,  # too little to order
    }
    for name, result in kept.items():
        save(result, results / name)
    return results


@pytest.fixture(scope="module")
def write(made, tmp_path_factory, default_policy):
    """Return a function that writes the paper of what is saved, without some of it."""

    def written(*without: str):
        results = tmp_path_factory.mktemp("some")
        for kept in made.iterdir():
            if kept.name not in without:
                (results / kept.name).symlink_to(kept)
        return write_board(results, results / "board.html", title="Small", policy=default_policy)

    return written


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def paper(write) -> BeautifulSoup:
    return read(write())


def subjects(paper) -> list[str]:
    return [page.find("p").get_text() for page in paper.find_all("section", class_="page")]


def test_every_result_has_its_page_or_is_named_as_having_none() -> None:
    written = {"ledger", *(name for notebook in NOTEBOOKS.values() for name in notebook.writes)}
    read = {name for subject in SUBJECTS.values() for name in subject.reads}
    assert read | set(WITHOUT_PAGE) == written
    assert not read & set(WITHOUT_PAGE)
    assert all(WITHOUT_PAGE.values())


def test_the_first_page_answers_from_the_results(paper) -> None:
    first = paper.find("section", class_="first").get_text(" ", strip=True)
    for answer in (
        *("What is red? 2 red, 0 amber", "What is coming? 300 complaints", "What to decide? "),
        "u1: Complaint rate is an estimated 2.5 times that of its peers; more than 99% likely beyond red",
    ):
        assert answer in first
    assert "What may it cost?" not in first, "no losses"


def test_a_page_without_results_is_not_there(write, paper) -> None:
    every = ["Service and units", "Complaints, alarms and outlook", "Stress", "Actions and their effects"]
    assert subjects(paper) == [*every, "Decisions asked for"]
    first, second = (write(*PLAIN, "proposals") for _ in "ab")
    assert first.read_bytes() == second.read_bytes(), "the same again"
    assert subjects(read(first)) == every[:1]
    assert "What is coming?" in read(first).get_text(), "which is a finding"


def test_it_needs_nothing_else(paper) -> None:
    policy = paper.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert not paper.find_all(["script", "link", "iframe", "a"])
    images = paper.find_all("img")
    assert images
    assert all(image["src"].startswith("data:image/png;base64,") for image in images)
    titles = [figure.find("figcaption").get_text() for figure in paper.find_all("figure")]
    assert all(title and title in image["alt"] != title for title, image in zip(titles, images, strict=True))


def test_no_cell_is_empty_or_left_as_a_code(paper) -> None:
    for cell in paper.find_all(["td", "th", "dd", "dt", "li", "h2", "figcaption"]):
        text = cell.get_text(strip=True)
        assert text
        assert not {"nan", "None", "{", "}"} & {text, text[0], text[-1]}, text


def test_a_bank_that_cannot_be_rated_has_the_first_page_alone(found, tmp_path, default_policy) -> None:
    results = tmp_path / "results"
    nothing = found.facts["severity"] == "no such"
    save(replace(found, facts=found.facts[nothing]), results / "findings")
    save(make_card(), results / "scorecard")
    paper = read(write_board(results, tmp_path / "board.html", title="Small", policy=default_policy))
    assert subjects(paper) == []
    assert "0 red, 0 amber" in paper.get_text()


def test_it_is_chinese_where_the_report_is(write) -> None:
    try:
        use_language("zh")
        paper = read(write(*PLAIN))
    finally:
        use_language("en")
    assert paper.html["lang"] == "zh"
    first = paper.find("section", class_="first").get_text(" ", strip=True)
    assert "何处亮红？ 2项红色，0项黄色" in first
    assert "u1：投诉率估计为同类机构的2.5倍" in first


@pytest.mark.parametrize(
    ("indicator", "value", "limit", "shown"),
    [
        ("resolved_7wd", 0.98996, 0.99, "98.996%"),
        ("resolved_7wd", 0.99, 0.99, "99%"),
        ("complaint_rate", 4.6618, 4.7359, "4.66"),
        ("complaint_rate", float("nan"), 1.0, "–"),
    ],
)
def test_digits_tell_a_figure_from_its_limit(indicator, value, limit, shown) -> None:
    assert shown_value(indicator, value, limit) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(999.6, "1,000"), (-0.01234, "-0.0123"), (1234567.0, "1,230,000")]
)
def test_numbers_have_three_digits(number, shown) -> None:
    assert significant(number) == shown
