"""Before a pilot starts: the chance that what is hoped for will be seen, and in which branches best."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats, Integers
from riskmodels.display import Displayed
from riskmodels.effects.evidence import COMPLAINTS, evidence_of
from riskmodels.effects.judging import FLAGGED_MONTHS, LEAST_MONTHS, Windows, judge_windows
from riskmodels.effects.peers import FEWEST_PEERS, PeerCounts, compare_with_peers
from riskmodels.effects.verdicts import HOPED_CHANGE, LONGEST_WAIT, PLACEBO_TIME, WANTED_POWER
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.labels import commas, label, marked
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Tables

_RECENT = 12  # [months] whose counts say how much units change: a round of seasons
_QUIET = 1.0 - PLACEBO_TIME  # chance that the placebo in time, which a verdict asks for, is quiet
_LATEST = 3  # [months] whose expected events stand for those to come: a level may have moved within the year
_SAID = marked(
    "A change of {change:+.0%} is seen within {months} months by a chance of {chance:.0%} in {units}."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Assurance(Displayed):
    """How likely a pilot shows what it does.

    Attributes
    ----------
    units : tuple of str
        Of the pilot.
    change : float
        [1] Relative, hoped for.
    months : int
        After it starts.
    chance : float
        That it is then said to have worked, if it does what is hoped for.
    table : DataFrame
        One row per month: months, chance.
    branches : DataFrame
        Who else could be chosen, best first: unit_id, expected [events within the months], chance (of this
        unit alone), chance_together (of it and those above it; NaN where fewer than three are left to compare
        with).
    """

    units: tuple[str, ...]
    change: float
    months: int
    chance: float
    table: pd.DataFrame
    branches: pd.DataFrame = field(repr=False)

    @property
    def sentence(self) -> str:
        """Say the chance."""
        return label(
            _SAID, change=self.change, months=self.months, chance=self.chance, units=commas(self.units)
        )

    @property
    def fewest(self) -> int:
        """How many of the best branches make it likely; 0 where all do not."""
        enough = (self.branches["chance_together"] >= WANTED_POWER).to_numpy()
        return int(enough.argmax()) + 1 if enough.any() else 0

    def summary(self) -> pd.DataFrame:
        """The best branches, up to where it is likely enough."""
        return self.branches.head(max(self.fewest, 5))


def assurance(
    tables: Tables,
    *,
    units: Sequence[str] = (),
    months: int = 12,
    change: float = HOPED_CHANGE,
    indicator_id: str = COMPLAINTS,
    policy: Policy | None = None,
) -> Assurance:
    """Say how likely an action that works as hoped is seen to work within some months.

    Parameters
    ----------
    tables : Tables
    units : sequence of str
        Branches of the pilot; none: as many of the best as make it likely.
    months : int
        After its start, from 3 to 36.
    change : float
        [1] Relative, hoped for: -.25 is a quarter fewer events.
    indicator_id : str
        A rate or a share.
    policy : Policy, optional
        Says which way a share is good.

    Returns
    -------
    Assurance
        Chances rise with months and with events.

    Raises
    ------
    ParameterError
        A figure is out of its range, or a unit is not known.
    TooLittleError
        Nothing is known to say it from, or fewer than three units are left to compare the pilot with: it is
        then judged by its own course, of which nothing is said beforehand.
    """
    if not LEAST_MONTHS <= months <= LONGEST_WAIT:
        raise ParameterError(f"months is {months}; expected {LEAST_MONTHS} to {LONGEST_WAIT}")
    if not -1.0 <= change < 0.0:
        raise ParameterError(
            f"change is {change}; expected one from -1 up to 0, e.g. -0.25 for a quarter fewer"
        )
    evidence = evidence_of(tables, indicator_id, policy, last=None)
    strangers = [unit for unit in units if unit not in evidence.units]
    if strangers:
        raise ParameterError(f"{indicator_id} has nothing of unit '{strangers[0]}'")
    left = len(evidence.units) - max(len(set(units)), 1)
    if left < FEWEST_PEERS:
        raise TooLittleError(
            f"{left} units are left without the pilot; expected at least {FEWEST_PEERS} to compare it with"
        )
    everyone = np.ones(len(evidence.units), dtype=np.bool_)
    data = compare_with_peers(evidence.counts, evidence.exposure, region=evidence.region, peers=everyone)
    branches = _branches(data, evidence.units, months, change)
    likely = branches["chance_together"] >= WANTED_POWER
    most = len(branches) - FEWEST_PEERS
    best = branches["unit_id"].head(int(likely.to_numpy().argmax()) + 1 if likely.any() else most)
    chosen = tuple(units) or tuple(best)
    mask = np.isin(evidence.units, chosen)[None, :]
    times = np.arange(LEAST_MONTHS, LONGEST_WAIT + 1)
    chances = chance_to_see(data, np.repeat(mask, len(times), axis=0), months=times, change=change)
    return Assurance(
        units=chosen,
        change=change,
        months=months,
        chance=float(chances[months - LEAST_MONTHS]),
        table=pd.DataFrame({"months": times, "chance": chances}),
        branches=branches,
    )


def _branches(data: PeerCounts, names: list[str], months: int, change: float) -> pd.DataFrame:
    """Rank units by the chance that each alone shows it, and add them up."""
    alone = chance_to_see(data, np.eye(len(names), dtype=np.bool_), months=months, change=change)
    expected = _latest(data) * months
    order = np.lexsort((-expected, -alone))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    number = np.arange(1, len(order) + 1)
    together = chance_to_see(data, place < number[:, None], months=months, change=change)
    together = np.where(len(order) - number >= FEWEST_PEERS, together, np.nan)
    return pd.DataFrame(
        {
            "unit_id": np.array(names, dtype=object)[order],
            "expected": expected[order],
            "chance": alone[order],
            "chance_together": together,
        }
    )


def chance_to_see(data: PeerCounts, units: Flags, *, months: int | Integers, change: float) -> Floats:
    """Chance that an action which starts after the data is seen to have worked, shape (a,).

    Parameters
    ----------
    data : PeerCounts
        Until the decision.
    units : ndarray of bool, shape (a, n)
        Of each pilot.
    months : int or ndarray, shape (a,)
        After its start.
    change : float
        [1] Relative.
    """
    seen = np.flatnonzero(data.known.any(axis=0))
    if len(seen) < LEAST_MONTHS + _RECENT:
        raise TooLittleError(
            f"{len(seen)} months are known; the chance of seeing an effect needs {LEAST_MONTHS + _RECENT}"
        )
    recent = np.isin(np.arange(data.known.shape[1]), seen[-_RECENT:])
    whole = Windows(units=units, before=np.tile(data.known.any(axis=0), (len(units), 1)), after=units[:, :0])
    led = np.arange(len(recent)) >= seen[-FLAGGED_MONTHS]
    windows = replace(whole, before=whole.before & ~led, after=np.tile(recent, (len(units), 1)))
    judged = judge_windows(data, windows, learnt=whole.halves)["shrunken"]
    year = (data.expected @ recent.astype(np.float64) * units).sum(axis=1)
    ahead = (_latest(data) * units).sum(axis=1) * np.asarray(months)
    times = np.divide(ahead, year, out=np.zeros_like(ahead), where=year > 0)
    return (
        replace(judged, expected=judged.expected * times, observed=judged.observed * times).power(change)
        * _QUIET
    )


def _latest(data: PeerCounts) -> Floats:
    """Events expected of each unit in a month to come, shape (n,)."""
    seen = np.flatnonzero(data.known.any(axis=0))
    return np.asarray(data.expected[:, seen[-_LATEST:]].mean(axis=1))
