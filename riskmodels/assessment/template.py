"""How one rule speaks: the words of its criterion, of what was found, and of what to do."""

from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["indicator", "share", "count", "points", "thousand"]


@dataclass(frozen=True, kw_only=True)
class Template:
    """How one rule speaks.

    Attributes
    ----------
    criterion, criterion_of_all : str
        What is asked, of one and of all units together.
    conditions : dict of str to str
        What was found, by case; ``case_of`` says which case the figures bear out.
    evidence : str
        Which figures it rests on.
    remedy : dict of str to str
        cause, consequence, corrective_action, owner; what is not there comes from the risk register.
    unit : str
        In which value, estimate, limit, lower and upper are written.
    counts, shares : tuple of str
        Other figures that are written as whole numbers, and as shares.
    """

    criterion: str
    conditions: dict[str, str]
    evidence: str
    remedy: dict[str, str] = field(default_factory=dict)
    criterion_of_all: str = ""
    unit: Unit = "count"
    counts: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
