"""The documentation site: `make docs` builds it in English and Chinese, with every warning an error."""

from importlib import import_module
from pathlib import Path

from pygments.lexers.shell import BashLexer
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.config import Config

import riskmodels

HERE = Path(__file__).parent
DOOR = "rm"
CHINESE = "zh_CN"
IN_ENGLISH = '<p>程序接口说明只有<a href="../../api/index.html">英文</a>。</p>'
ROOMS = {name: f"riskmodels.{room}" for name, room in riskmodels._ROOMS.items()}  # noqa: SLF001  where they are named

project = "riskmodels"
version = release = riskmodels.__version__
html_title = f"{project} {version}"
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build", "locale"]
templates_path = ["_templates"]

myst_heading_anchors = 4  # headings as deep as this can be linked to
autosummary_generate = False  # a page per room, not one per name
numpydoc_show_class_members = False  # autodoc shows them
toc_object_entries = False  # a page's table of names leads to them; in every navigation they cost time

locale_dirs = ["locale"]
gettext_compact = "docs"  # one catalogue for all pages

html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navbar_end": ["language", "theme-switcher"],
    "footer_start": [],
    "footer_end": [],
    "show_toc_level": 2,
}
html_copy_source = False
html_show_sourcelink = False


def write_rooms(_: Sphinx, config: Config) -> None:
    """Write a page of the API reference per room, and one of the door, from their ``__all__``.

    They are the program's own docstrings, in English: the Chinese site leads to those of the English one.
    """
    pages = {DOOR: door()} | {f"{DOOR}.{name}": room(name) for name in ROOMS}
    listed = "\n".join(f"   {name}" for name in pages)
    pages["index"] = f"{titled('API reference')}\n.. toctree::\n\n{listed}\n"
    if config.language == CHINESE:
        config.exclude_patterns.append(f"api/{DOOR}*")
        pages["index"] = f"{titled('API reference')}\n.. raw:: html\n\n   {IN_ENGLISH}\n"
    folder = HERE / "api"
    folder.mkdir(exist_ok=True)
    for gone in {path.stem for path in folder.glob("*.rst")} - set(pages):
        (folder / f"{gone}.rst").unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text("utf-8") != text:  # what is as it was is not read again
            path.write_text(text, encoding="utf-8")


def door() -> str:
    """Return the page of the names of daily work: a room's own page tells of those that have one."""
    homes = sorted(riskmodels._HOMES.items())  # noqa: SLF001  where they are named
    elsewhere = {room.removeprefix("riskmodels.") for room in ROOMS.values()}
    lines = [f"~{home}.{name}" for name, home in homes]
    own = [f"{home}.{name}" for name, home in homes if home not in elsewhere]
    return page(DOOR, "riskmodels", lines, own)


def room(name: str) -> str:
    """Return the page of a room."""
    names = sorted(import_module(ROOMS[name]).__all__)
    return page(f"{DOOR}.{name}", ROOMS[name], names, names)


def page(title: str, module: str, listed: list[str], told: list[str]) -> str:
    """Return a page: what the module says of itself, its names in a table, and those to be told of in full."""
    summary = "\n".join(f"   {name}" for name in listed)
    entries = "\n\n".join(entry(module, name) for name in told)
    head = f".. automodule:: {module}\n   :no-members:"
    return f"{titled(title)}\n{head}\n\n.. autosummary::\n   :nosignatures:\n\n{summary}\n\n{entries}\n"


def entry(module: str, dotted: str) -> str:
    """Return what autodoc is to show of a name, by what it is."""
    home, _, name = f"{module}.{dotted}".rpartition(".")
    thing = getattr(import_module(home), name)
    if isinstance(thing, type):
        return f".. autoclass:: {home}.{name}\n   :members:"
    return f".. {'autofunction' if callable(thing) else 'autodata'}:: {home}.{name}"


def titled(title: str) -> str:
    """Return a title of a page in reStructuredText."""
    return f"{title}\n{'=' * len(title)}\n"


def setup(app: Sphinx) -> None:
    """Write the pages of the rooms first; show what pygments has no colours for as it is."""
    app.add_lexer("cron", BashLexer)
    app.add_lexer("csv", TextLexer)
    app.connect("config-inited", write_rooms)
