"""What a check of a model looks at, and what it finds: a figure, its limits, and how it stands to them."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from riskmodels.arrays import Flags
from riskmodels.errors import RiskModelsError, TooLittleError
from riskmodels.labels import Said, marked

Kind = Literal["backtest", "rival", "stability", "sensitivity", "consistency", "published"]
State = Literal["passed", "limit", "failed", "unknown"]
Saved = Mapping[str, Any]
"""Results of a finished report by the names of their folders, and what was computed again."""

KINDS: dict[str, str] = {
    "backtest": marked("Backtest"),
    "rival": marked("Rival"),
    "stability": marked("Stability"),
    "sensitivity": marked("Sensitivity"),
    "consistency": marked("Consistency"),
    "published": marked("Published figures"),
}
STATES: dict[str, str] = {
    "passed": marked("in order"),
    "limit": marked("a limit"),
    "failed": marked("not in order"),
    "unknown": marked("not known"),
}
ONE_SIDED = 1.645  # standard errors: 95 % from one side
NO_FIGURE = -1.0  # a worst limit that no share or p-value reaches: low figures are a limitation, no more
FULL = ("weekly_backtest", "foresight")  # results that only a full validation computes


class Measured(NamedTuple):
    """A figure, the limit from which it is a limitation, the one from which the model is not fit for use.

    Where ``worst`` is below ``limit``, low figures are bad ones. Not finite: there is no such limit.
    """

    value: float
    limit: float
    worst: float = math.nan


def beyond_chance(wrong: Flags, limit: float, worst: float) -> Measured:
    """Measure a share less 1.645 of its standard errors: what chance does not make of a small number."""
    if not len(wrong):
        return Measured(math.nan, limit, worst)
    share = float(np.mean(wrong))
    return Measured(max(share - ONE_SIDED * math.sqrt(share * (1.0 - share) / len(wrong)), 0.0), limit, worst)


def largest(distances: Iterable[float]) -> float:
    """Return the largest of some distances: NaN where there is none, or one is unknown."""
    found = list(distances)
    return float(np.max(found)) if found else math.nan


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a model: what is measured, on which results, and what it is called.

    ``is_share``: the figure is written in per cent.
    """

    kind: Kind
    name: str
    measure: Callable[..., Measured]
    reads: tuple[str, ...] = ()
    is_share: bool = False


def figure_check(kind: Kind, name: str, measure: Callable[..., Measured], *reads: str) -> Check:
    """Make a check of a figure."""
    return Check(kind=kind, name=name, measure=measure, reads=reads)


def share_check(kind: Kind, name: str, measure: Callable[..., Measured], *reads: str) -> Check:
    """Make one of a share, which is written in per cent."""
    return Check(kind=kind, name=name, measure=measure, reads=reads, is_share=True)


class Outcome(NamedTuple):
    """How a check came out; ``said`` is why nothing is known, as facts that ``say`` puts into words."""

    check: Check
    state: State
    value: float
    limit: float
    worst: float
    said: str


def run(check: Check, saved: Saved) -> Outcome:
    """Make a check; one that cannot be made says why."""
    for name in check.reads:
        if name not in saved:
            return _unknown(check, Said(_NEEDS_FULL if name in FULL else _NOT_THERE, result=name))
    try:
        found = check.measure(*(saved[name] for name in check.reads))
    except KeyError as error:  # a column that what an earlier version saved has not
        return _unknown(check, Said(marked("the saved result has no {column}"), column=str(error)))
    except TooLittleError as error:
        return _unknown(check, Said(marked("too little data: {problem}"), problem=str(error)))
    except RiskModelsError as error:
        return _unknown(check, Said(marked("it could not be made: {problem}"), problem=str(error)))
    if math.isnan(found.value):
        return _unknown(check, Said(marked("the results hold nothing that it could measure")))
    return Outcome(check, _state(found), *found, "")


_NOT_THERE = marked("the report has no result '{result}'")
_NEEDS_FULL = marked("only a full validation computes it (--full)")


def _unknown(check: Check, why: Said) -> Outcome:
    return Outcome(check, "unknown", math.nan, math.nan, math.nan, json.dumps(why.facts, ensure_ascii=False))


def _state(found: Measured) -> State:
    """Compare a figure with its limits; what is at a limit keeps it."""
    way = -1.0 if found.worst < found.limit else 1.0
    value, limit, worst = (way * one for one in found)
    if value > worst:
        return "failed"
    return "limit" if value > limit else "passed"
