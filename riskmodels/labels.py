"""One catalogue for the names, headings and labels which people read.

English text is the message id, as in gettext; another language is a file ``locale/<language>.po`` and
nothing else.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from riskmodels.errors import ParameterError

LOCALE = Path(__file__).parent / "locale"
RATING_LABELS = {"red": "Red", "amber": "Amber", "green": "Green", "insufficient": "Not enough evidence"}
RATING_MARKS = {"red": "■", "amber": "▲", "green": "●", "insufficient": "○"}


@dataclass(frozen=True, kw_only=True)
class _Catalogue:
    language: str = "en"
    texts: Mapping[str, str] = field(default_factory=dict)


_ENGLISH = _Catalogue()
_catalogue: ContextVar[_Catalogue] = ContextVar("catalogue", default=_ENGLISH)


def label(text: str) -> str:
    """Translate ``text`` to the language in use; what has no translation stays English.

    Parameters
    ----------
    text : str
        The English text, which may be a heading, a label or the whole source of a Markdown cell.

    Returns
    -------
    str
        The translation; ``text`` itself in English.

    Examples
    --------
    >>> label("Not enough evidence")
    'Not enough evidence'
    """
    return _catalogue.get().texts.get(text, text)


def plural(number: float, one: str, many: str) -> str:
    """Translate ``one`` where there is one of a thing, else ``many``.

    Examples
    --------
    >>> plural(1, "{rows} row was rejected", "{rows} rows were rejected").format(rows=1)
    '1 row was rejected'
    """
    return label(one if number == 1 else many)


def counted(number: float, one: str, many: str) -> str:
    """Write a number with what it is a number of.

    Examples
    --------
    >>> counted(1, "row", "rows"), counted(1234, "row", "rows")
    ('1 row', '1,234 rows')
    """
    return f"{number:,.0f} {plural(number, one, many)}"


def plain_label(identifier: str) -> str:
    """Name an identifier, such as ``new_resident``, in plain words of the language in use.

    Examples
    --------
    >>> plain_label("new_resident")
    'new resident'
    """
    return label(identifier.replace("_", " "))


def rating_label(rating: str) -> str:
    """Name a rating ("red", "amber", "green" or "insufficient") in the language in use.

    Examples
    --------
    >>> rating_label("insufficient")
    'Not enough evidence'
    """
    return label(RATING_LABELS[rating])


def language() -> str:
    """Return the code of the language in use, such as ``en`` or ``zh``."""
    return _catalogue.get().language


def use_language(language: str, *, folder: Path = LOCALE) -> None:
    """Show labels in ``language`` from now on, in this context (thread or task).

    Parameters
    ----------
    language : str
        ``en``, or the name of a ``.po`` file in ``folder``.
    folder : Path
        Where the catalogues are.

    Raises
    ------
    ParameterError
        There is no such catalogue, or it is damaged; the message lists the languages there are.

    Notes
    -----
    Entries marked fuzzy and entries without a translation stay English.
    """
    available = sorted({"en", *(file.stem for file in folder.glob("*.po"))})
    if language not in available:
        raise ParameterError(
            f"language: there is no {language!r}; there are {', '.join(available)}. "
            f"Add {language}.po to the locale folder for another one."
        )
    texts = {} if language == "en" else _read_texts(folder / f"{language}.po")
    _catalogue.set(_Catalogue(language=language, texts=texts))


def _read_texts(file: Path) -> dict[str, str]:
    from babel.messages.pofile import PoFileError, read_po  # here, because English needs no Babel at start-up

    try:
        with file.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise ParameterError(f"{file.name}: not a catalogue of translations: {error}") from error
    return {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str) and isinstance(message.string, str)
        if message.id and message.string and not message.fuzzy
    }


def local(entity: object, field: str) -> str:
    """Return a text that an entity carries in several languages, e.g. ``name_en`` and ``name_zh``.

    The language in use where the entity has it, else English.
    """
    text: str = getattr(entity, f"{field}_{language()}", "") or getattr(entity, f"{field}_en")
    return text
