"""How a report stands, draft or released: the one place of a finished document that is written again."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from riskmodels.errors import ResultError
from riskmodels.labels import label

_PLACE = re.compile(r'<aside class="standing[^"]*">.*?</aside>\n', re.DOTALL)  # no notebook can write one


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands above a report.

    Attributes
    ----------
    words : str
        One sentence.
    watermark : str
        A word across every page, of a draft; empty for none.
    headings : tuple of str
        Of the columns of ``changes``.
    changes : tuple of tuple of str
        What is otherwise than in the version before, a row each.
    """

    words: str
    watermark: str = ""
    headings: tuple[str, ...] = ()
    changes: tuple[tuple[str, ...], ...] = ()


def draft() -> Standing:
    """Say that a report is a draft."""
    return Standing(
        words=label("This report is a draft: it has not been released."), watermark=label("Draft")
    )


def restate(document: str, standing: Standing, *, render: Callable[[Standing], str]) -> str:
    """Return a finished document with another standing, and not a byte changed elsewhere.

    Raises ResultError where the document does not say how it stands.
    """
    if len(_PLACE.findall(document)) != 1:
        raise ResultError("the report does not say that it is a draft: run the assessment again")
    return _PLACE.sub(lambda _: render(standing), document)


def without_standing(document: str) -> str:
    """Return a document without what it says of its standing."""
    return _PLACE.sub("", document)
