"""One catalogue for the names, headings and labels which people read.

English text is the message id, as in gettext; another language is a file ``locale/<language>.po`` and
nothing else. ``make words`` gathers every text of the program in ``locale/riskmodels.pot``, from which such a
file is begun.
"""

import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Self

from riskmodels.errors import ParameterError

LOCALE = Path(__file__).parent / "locale"


def marked(text: str) -> str:
    """Return ``text``: marks for the catalogue a text that ``label`` is given elsewhere.

    Examples
    --------
    >>> marked("months")
    'months'
    """
    return text


RATING_LABELS = {
    "red": marked("Red"),
    "amber": marked("Amber"),
    "green": marked("Green"),
    "insufficient": marked("Not enough evidence"),
}
PERIOD_NAMES = {  # by the letter of their frequency
    "D": marked("days"),
    "W": marked("weeks"),
    "M": marked("months"),
    "Q": marked("quarters"),
    "Y": marked("years"),
}
_SET_SOLID = frozenset({"zh", "ja"})  # languages without blanks
_PERIOD = re.compile(
    r"(?<![\w.-])([12]\d{3})(?:-(0[1-9]|1[0-2])(?:-([0-3]\d))?|Q([1-4]))(?![\w.-])", re.ASCII
)
RATING_MARKS = {"red": "■", "amber": "▲", "green": "●", "insufficient": "○"}


@dataclass(frozen=True, kw_only=True)
class _Catalogue:
    language: str = "en"
    texts: Mapping[str, str] = field(default_factory=dict)


_ENGLISH = _Catalogue()
_catalogue: ContextVar[_Catalogue] = ContextVar("catalogue", default=_ENGLISH)


def label(text: str, row: Mapping[Any, Any] | None = None, /, **figures: object) -> str:
    """Translate ``text`` to the language in use, and put figures into it; untranslated it stays English.

    Parameters
    ----------
    text : str
        The English text, which may be a heading, a label or the whole source of a Markdown cell.
    row : mapping, optional
        Figures by name, such as a row of a table.
    **figures : object
        More of them: what stands for ``{name}`` in the text. Where there are neither, braces are braces.

    Returns
    -------
    str
        The translation; ``text`` itself in English.

    Examples
    --------
    >>> label("Not enough evidence")
    'Not enough evidence'
    >>> label("{share:.0%} of {rows:,} rows", share=0.25, rows=1200)
    '25% of 1,200 rows'
    """
    found = _catalogue.get().texts.get(text, text)
    if row is None and not figures:
        return found
    shown = {**(row or {}), **figures}
    return found.format_map(shown if language() == "en" else _dated(shown))


def _dated(figures: Mapping[Any, Any]) -> dict[Any, Any]:
    """Write days, months and quarters among figures as the language in use does; codes stay in English."""
    return {name: dated(one) if isinstance(one, str) else one for name, one in figures.items()}


def dated(text: str) -> str:
    """Write the days, months and quarters in a text, such as ``2026Q3``, as the language in use does.

    Examples
    --------
    >>> dated("2026Q3")
    '2026Q3'
    """
    if language() == "en":
        return text
    return _PERIOD.sub(lambda found: _in_words(found[0], language()), text)


@lru_cache(maxsize=1000)
def _in_words(period: str, language: str) -> str:
    from babel.core import Locale, UnknownLocaleError  # here, because English needs no Babel at start-up
    from babel.dates import format_date, format_skeleton

    year, month, day, quarter = _PERIOD.fullmatch(period).groups()  # type: ignore[union-attr]
    try:
        Locale.parse(language)
        when = date(int(year), int(month or 3 * int(quarter)), int(day or 1))
    except (UnknownLocaleError, ValueError):  # a language that Babel does not know; no day of the calendar
        return period
    if quarter:
        return label("{quarter} {year}", quarter=format_date(when, "QQQQ", locale=language), year=year)
    return format_skeleton("yMMMd" if day else "yMMM", when, locale=language)


def plural(
    number: float, one: str, many: str, row: Mapping[Any, Any] | None = None, /, **figures: object
) -> str:
    """Translate ``one`` where there is one of a thing, else ``many``; figures as for ``label``.

    Examples
    --------
    >>> plural(1, "{rows} row was rejected", "{rows} rows were rejected", rows=1)
    '1 row was rejected'
    """
    return label(one if number == 1 else many, row, **figures)


def counted(number: float, one: str, many: str) -> str:
    """Write a number with what it is a number of.

    Examples
    --------
    >>> counted(1, "row", "rows"), counted(1234, "row", "rows")
    ('1 row', '1,234 rows')
    """
    return label("{number:,.0f} {things}", number=number, things=plural(number, one, many))


def commas(words: Iterable[str]) -> str:
    """Name several things in one text, as the language in use sets them.

    Examples
    --------
    >>> commas(["north", "south"])
    'north, south'
    """
    return label(", ").join(words)


def clauses(words: Iterable[str]) -> str:
    """Join what stands beside each other in a sentence, as the language in use sets it.

    Examples
    --------
    >>> clauses(["2 steps", "no reserve"])
    '2 steps; no reserve'
    """
    return label("; ").join(words)


def titled(name: str, words: str) -> str:
    """Put a name before words.

    Examples
    --------
    >>> titled("Told", "the head of the unit")
    'Told: the head of the unit'
    """
    return label("{name}: {words}", name=name, words=words)


def space() -> str:
    """Return what stands between two sentences: a blank, and nothing where signs are set solid."""
    return "" if language() in _SET_SOLID else " "


class Said(str):
    """Words that know what they are made of, so that they can be said again in another language.

    ``facts`` is the English text and its figures; a figure that is words itself, or a list of them, is in it
    as their facts are, and one that has a text in several languages as these by language.

    Examples
    --------
    >>> one = Said("the source has no table '{table}'", table="units")
    >>> one, say(one.facts) == one
    ("the source has no table 'units'", True)
    """

    __slots__ = ("facts",)
    facts: dict[str, Any]

    def __new__(cls, text: str, **figures: object) -> Self:
        """Say a text with its figures."""
        facts = {"text": text, "figures": {name: _facts(value) for name, value in figures.items()}}
        said = super().__new__(cls, say(facts))
        said.facts = facts
        return said


def _facts(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_facts(one) for one in value]
    return value.facts if isinstance(value, Said) else value


def say(facts: object) -> str:
    """Say in the language in use what a ``Said`` is made of; what is no such facts is said as it is."""
    if isinstance(facts, list):
        return commas(map(say, facts))
    if not isinstance(facts, Mapping):
        return str(facts)
    if "text" not in facts:
        return str(facts.get(language()) or facts["en"])
    figures = {
        name: one if isinstance(one, int | float) else say(one) for name, one in facts["figures"].items()
    }
    return label(str(facts["text"]), figures) if figures else label(str(facts["text"]))


def names_in_languages(entity: object) -> dict[str, str]:
    """Return the name of an entity by language, as a figure of ``Said``."""
    return {
        one: str(getattr(entity, f"name_{one}")) for one in ("en", "zh") if getattr(entity, f"name_{one}")
    }


def plain_label(identifier: str) -> str:
    """Name an identifier, such as ``new_resident``, in plain words of the language in use.

    Examples
    --------
    >>> plain_label("new_resident")
    'new resident'
    """
    return " · ".join(label(part.replace("_", " ")) for part in identifier.split(" · "))


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
    texts = {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str) and isinstance(message.string, str)
        if message.id and message.string and not message.fuzzy
    }
    for text, translation in texts.items():
        if strange := sorted(_names(translation) - _names(text)):
            raise ParameterError(
                f"{file.name}: {text!r} has no {{{strange[0]}}}, which its translation names"
            )
    return texts


def _names(text: str) -> set[str]:
    """Return the names of the figures that stand in a text; of one whose braces are only braces, none."""
    try:
        return {name for _, name, *_ in Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


def local(entity: object, field: str) -> str:
    """Return a text that an entity carries in several languages, e.g. ``name_en`` and ``name_zh``.

    The language in use where the entity has it, else English.
    """
    text: str = getattr(entity, f"{field}_{language()}", "") or getattr(entity, f"{field}_en")
    return text
