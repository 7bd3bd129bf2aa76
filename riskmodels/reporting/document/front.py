"""What stands before the sections of a report: the cover, the key figures, the summary."""

from dataclasses import dataclass
from typing import Literal, get_args

from riskmodels.errors import ParameterError
from riskmodels.reporting.document.standing import Standing

Rating = Literal["red", "amber", "green", "insufficient", ""]


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One number of the summary.

    Attributes
    ----------
    label : str
        What the number is, in English; it is translated.
    value : str
        The number with its unit, as it is to be read.
    rating : str
        "red", "amber", "green", "insufficient", or "" for a number without a rating.
    """

    label: str
    value: str
    rating: Rating = ""

    def __post_init__(self) -> None:
        _check_rating(self.label, self.rating)


@dataclass(frozen=True, kw_only=True)
class SummaryItem:
    """One sentence of the summary and how severe it is.

    Attributes
    ----------
    severity : str
        "red", "amber", "green", "insufficient", or "" for a remark.
    sentence : str
        The whole sentence.
    """

    severity: Rating
    sentence: str

    def __post_init__(self) -> None:
        _check_rating(self.sentence, self.severity)


@dataclass(frozen=True, kw_only=True)
class FrontBlock:
    """Some sentences of the summary under a heading of their own.

    Attributes
    ----------
    title : str
        The heading, in the language of the report.
    sentences : tuple of str
        Whole sentences, the first of which sums the others up.
    """

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """The cover and the summary of a report.

    Attributes
    ----------
    title, subtitle : str
        In English; they are translated.
    period : str
        What the report is about, such as ``2026 Q3``.
    as_of : str
        The day on which the data was what the report says.
    facts : tuple of (str, str)
        Label and value: policy, sources with their digests, version of the software.
    key_figures : tuple of KeyFigure
        The tiles of the summary.
    summary : tuple of SummaryItem
        The sentences of the summary, the most severe first.
    watched : tuple of str
        What is likely and not certain: to be looked at first.
    standing : Standing, optional
        Draft or released; None for a page that is never released.
    blocks : tuple of FrontBlock
        What else stands on the page, each under its heading.
    """

    title: str
    subtitle: str
    period: str
    as_of: str
    facts: tuple[tuple[str, str], ...] = ()
    key_figures: tuple[KeyFigure, ...] = ()
    summary: tuple[SummaryItem, ...] = ()
    watched: tuple[str, ...] = ()
    standing: Standing | None = None
    blocks: tuple[FrontBlock, ...] = ()


def _check_rating(what: str, rating: str) -> None:
    if rating not in get_args(Rating):
        expected = ", ".join(repr(name) for name in get_args(Rating))
        raise ParameterError(f"{what}: {rating!r} is not a rating; expected one of {expected}.")
