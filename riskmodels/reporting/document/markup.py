"""Foreign HTML becomes safe HTML: an allow-list of elements, and no personal data in any text."""

import nh3
from bs4 import BeautifulSoup, Tag
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from riskmodels.labels import RATING_LABELS
from riskmodels.privacy import mask_personal_data

_ELEMENTS = {
    *("table", "thead", "tbody", "tr", "th", "td", "caption", "p", "ul", "ol", "li", "br"),
    *("strong", "em", "code", "span", "div", "pre", "h3", "h4"),
}
_PROSE_ELEMENTS = _ELEMENTS | {"h1", "h2", "h5", "h6", "blockquote", "hr"}
_CLASSES = {"num", *(f"rag-{rating}" for rating in RATING_LABELS)}
_CELL_ATTRIBUTES = {"colspan", "rowspan", "scope"}
_REMOVED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "iframe",
    "object",
    "noscript",
    "template",
    "svg",
    "math",
}


class _ProseRenderer(IPythonRenderer):
    """Markdown to HTML; an image leaves its description, because nothing is fetched."""

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002  (as the base)
        return text


def sanitise(html: str, *, prose: bool = False) -> Tag:
    """Keep what the allow-list names, mask personal data, and return the rest.

    Parameters
    ----------
    html : str
        Any text whatever, from any source.
    prose : bool
        Whether it comes from Markdown, which may have headings of every level and quotations.

    Returns
    -------
    Tag
        The parsed HTML, without scripts, styles, links, images, event handlers, addresses and comments.
    """
    clean = nh3.clean(
        html.encode("utf-8", errors="replace").decode("utf-8"),  # half a surrogate pair becomes "?"
        tags=_PROSE_ELEMENTS if prose else _ELEMENTS,
        clean_content_tags=_REMOVED_WITH_CONTENT,
        attributes={"td": _CELL_ATTRIBUTES, "th": _CELL_ATTRIBUTES},
        allowed_classes=dict.fromkeys(("td", "th", "tr", "span"), _CLASSES),
        url_schemes=set(),
    )
    soup = BeautifulSoup(f"<div>{clean}</div>", "html.parser")
    for text in soup.find_all(string=True):
        text.replace_with(mask_personal_data(text))
    return soup


def read_markdown(source: str) -> Tag:
    """Return the sanitised HTML of a Markdown text."""
    renderer = _ProseRenderer(escape=False, exclude_anchor_links=True)
    return sanitise(MarkdownWithMath(renderer=renderer).render(source), prose=True)


def show(tag: Tag) -> Markup:
    """Return the HTML of a sanitised ``tag`` for the template."""
    return Markup(tag.decode())  # noqa: S704  (sanitised above)
