"""The documentation site: built without a warning, whole, asking nothing of others; its tutorials run as written."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from test_architecture import DIRECTION, ROOT

import riskmodels as rm

DOCS = ROOT / "docs"
TUTORIALS = ("first_quarter", "own_data")
CONTENTS = ("tutorial/index", "howto/index", "methods/index", "reference", "architecture")
IN_CHINESE = ("index", "glossary", *(f"tutorial/{name}" for name in TUTORIALS))
LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
HAN = re.compile("[\u4e00-\u9fff]")
BINARIES = Path(sys.executable).parent


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def plain(text: str) -> str:
    """Return a text with one blank where it has any."""
    return " ".join(text.split())


def messages(path: Path) -> dict[str, str]:
    """Return what is said of each text of a catalogue."""
    with path.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, charset="utf-8") if one.id}


class Page(HTMLParser):
    """What a page can be linked at, what it links to, and what a browser loads with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids.add(given.get("id") or "")
        if loaded := given.get(LOADED.get(tag, "")):
            self.loads.append(loaded)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")


# ---- the pages as they are written ----


def test_the_architecture_page_shows_the_direction_that_holds() -> None:
    (shown,) = blocks(DOCS / "architecture.md", "text")
    assert [plain(group) for group in shown.split("<")] == [plain(group) for group in DIRECTION.split("<")]


def glossary() -> list[tuple[str, str]]:
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| .+ \|$", (DOCS / "glossary.md").read_text("utf-8"), re.MULTILINE
    )
    return rows[1:]


def test_the_glossary_says_what_the_program_says() -> None:
    said = messages(ROOT / "riskmodels" / "locale" / "zh.po")
    terms = glossary()
    assert len(terms) >= 40
    names = "".join(path.read_text("utf-8") for path in sorted((ROOT / "params").rglob("*.yaml")))
    for english, chinese in terms:
        alone = [text for key, text in said.items() if key.casefold() == english.casefold()]
        assert not alone or any(chinese in text for text in alone), f"{english}: {alone}"
        used = any(english.casefold() in key.casefold() and chinese in text for key, text in said.items())
        assert used or f"name_zh: {chinese}" in names, f"{english}: {chinese} is no word of the program"


def test_what_is_translated_is_what_the_pages_say() -> None:
    said = messages(DOCS / "locale" / "zh_CN" / "LC_MESSAGES" / "docs.po")
    sources = ["conf.py", *(f"{page}.md" for page in IN_CHINESE + CONTENTS)]
    written = plain(" ".join((DOCS / source).read_text("utf-8") for source in sources))
    gone = [text for text in said if plain(text) not in written]
    assert not gone, f"no page says so any more: {gone}"
    assert not [text for text, chinese in said.items() if not HAN.search(chinese)]


# ---- what a stranger does ----


@pytest.mark.slow
@pytest.mark.parametrize("name", TUTORIALS)
def test_a_stranger_follows_the_tutorial_literally(name: str, tmp_path: Path) -> None:
    page = DOCS / "tutorial" / f"{name}.md"
    environment = os.environ | {"PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}
    words = ["bash", "-euo", "pipefail", "-c", "".join(blocks(page, "sh"))]
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    shown = plain(done.stdout)
    missing = [
        line for block in blocks(page, "text") for line in block.splitlines() if plain(line) not in shown
    ]
    assert not missing, done.stdout
    if name == "own_data":
        draft = (tmp_path / "own_bank/params/sources/mine.yaml").read_text("utf-8")
        assert "resolved_at: {column: Closed" in draft
        assert "# DOUBT" not in draft


# ---- the site as it is built ----


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it with the Makefile, by the Python that runs the tests."""
    folder = tmp_path_factory.mktemp("site")
    words = ["make", "-o", ".venv/ready", "docs", f"BIN={BINARIES}", f"SITE={folder}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


@pytest.mark.slow
def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 140
    broken = []
    for path, page in pages.items():
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme in {"http", "https", "data"}:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            found = target.is_file() and target.is_relative_to(site.resolve())
            if found and parts.fragment and target.suffix == ".html":
                found = unquote(parts.fragment) in pages[target].ids
            if not found:
                broken.append(f"{path.relative_to(site)} links to {link}")
    assert not broken, "\n".join(sorted(broken))


@pytest.mark.slow
def test_nothing_is_asked_of_others(site: Path, pages: dict[Path, Page]) -> None:
    outside = {link for page in pages.values() for link in page.loads if re.match("(https?:)?//", link)}
    for path in site.rglob("*.css"):
        outside |= set(
            re.findall(r"""(?:url\(|@import )['"]?(?:https?:)?//[^)'"]+""", path.read_text("utf-8"))
        )
    for path in pages:
        outside |= set(
            re.findall(r"""(?:import|fetch)\(?\s*['"](?:https?:)?//[^'"]+""", path.read_text("utf-8"))
        )
    assert not outside


@pytest.mark.slow
def test_every_public_name_has_its_entry(site: Path) -> None:
    entries = {entry for path in (site / "api").glob("*.html") for entry in Page(path).ids}
    door = {f"riskmodels.{home}.{name}" for name, home in rm._HOMES.items()}
    rooms = {
        f"riskmodels.{home}.{name}" for room, home in rm._ROOMS.items() for name in getattr(rm, room).__all__
    }
    assert not (door | rooms) - entries


@pytest.mark.slow
@pytest.mark.parametrize("page", IN_CHINESE)
def test_pages_that_are_in_chinese_are_so_whole(page: str, site: Path) -> None:
    soup = BeautifulSoup((site / "zh" / f"{page}.html").read_text("utf-8"), "html.parser")
    assert soup.html["lang"] == "zh-CN"
    article = soup.find("article")
    for code in article.find_all(["pre", "code"]):
        code.decompose()
    parts = article.find_all(["p", "h1", "h2", "h3"])
    english = [part.get_text() for part in parts if re.search("[A-Za-z]{2}", part.get_text())]
    terms = {term for term, _ in glossary()} | {"English"}
    assert not [text for text in english if not HAN.search(text) and text.strip() not in terms]
