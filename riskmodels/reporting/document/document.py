"""Write the report: one file of HTML which needs nothing else, whole or not at all."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from riskmodels.labels import RATING_MARKS, dated, label, language, rating_label
from riskmodels.privacy import mask_personal_data
from riskmodels.reporting.document.front import FrontMatter
from riskmodels.reporting.document.sections import read_sections
from riskmodels.reporting.document.standing import Standing, restate
from riskmodels.scratch import write_text, write_whole

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(notebooks: Sequence[Path], path: Path, *, front: FrontMatter) -> Path:
    """Write executed notebooks, in their order, as one self-contained HTML document.

    Parameters
    ----------
    notebooks : sequence of Path
        Notebooks which ran to their end; each becomes a section.
    path : Path
        The document; it is replaced as a whole, so a reader never sees half of it.
    front : FrontMatter
        Cover and summary.

    Returns
    -------
    Path
        ``path``. The same notebooks, front matter and language give the same bytes.

    Raises
    ------
    ResultError
        A notebook is missing, damaged, not executed, failed or without a title.

    Notes
    -----
    A code cell shows its outputs and never its source. Its metadata may hold ``caption``, the caption of
    the figure or table which it outputs. A cell with the tag ``report-skip``, ``parameters`` or
    ``injected-parameters`` is left out. Captions, the source of a Markdown cell as a whole, table headings
    and ratings are translated to the language in use.
    """
    document = render("report.html.j2", "report.css", {"front": front, "sections": read_sections(notebooks)})
    write_whole(path, document.encode("utf-8", errors="replace"))  # half a surrogate pair becomes "?"
    return path


def render(template: str, style: str, content: Mapping[str, object]) -> str:
    """Return a document of a template and its style, whose digest is the only one that may be used."""
    styled = (_TEMPLATES / style).read_text(encoding="utf-8")
    named = {
        "style": Markup(styled),  # noqa: S704  (ours)
        "style_digest": _content_digest(styled),
        "lang": language().replace("_", "-"),
    }
    return _environment().get_template(template).render({**content, **named})


def restate_report(path: Path, standing: Standing) -> None:
    """Write what a report says of its standing; nothing else in it is changed.

    Raises ResultError where it does not say how it stands.
    """
    document = path.read_bytes().decode("utf-8")
    write_text(path, restate(document, standing, render=_standing))


def _standing(standing: Standing) -> Markup:
    shown = _environment().get_template("standing.html.j2").render(standing=standing)
    return Markup(shown + "\n")  # noqa: S704  (the template escaped it)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_masked,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "_": label,
        "dated": dated,
        "mark": RATING_MARKS.get,
        "rating_label": rating_label,
        "standing_of": _standing,
    }
    return environment


def _masked(value: object) -> str:
    """Mask the personal data of whatever the template shows; markup was masked where it was made."""
    return value if isinstance(value, Markup) else mask_personal_data(str(value))


def _content_digest(style: str) -> Markup:
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest())
    return Markup("sha256-{}").format(digest.decode("ascii"))
