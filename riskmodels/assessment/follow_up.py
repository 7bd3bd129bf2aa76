"""What became of the findings of the quarter before: new, re-opened, worse, as before, better or closed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from riskmodels.labels import Said, commas, label, marked, plural, say, space, titled

STATUSES = {  # in the order in which they are read; counted in the sentence
    "new": marked("New"),
    "reopened": marked("Re-opened"),
    "worse": marked("Worse"),
    "continuing": marked("Continuing"),
    "better": marked("Better"),
    "closed": marked("Closed"),
}
ENDINGS = {
    "in_order": marked("in order"),
    "watch": marked("on the watch list"),
    "unclear": marked("not enough evidence any more"),
    "over": marked("of a quarter that is over"),
    "not_checked": marked("not checked any more"),
}
"""What became of a finding that is closed."""
STANDING: tuple[str, ...] = (
    *("finding_id", "status", "severity", "severity_before", "first", "since", "quarters", "returns"),
    *("moved_by", "p_worse", "ended"),
)
HISTORY: tuple[str, ...] = (
    *("finding_id", "rule", "subject_kind", "subject", "indicator_id", "first", "since", "last"),
    *("quarters", "returns", "state", "ended", "course"),
)
_COUNTED = marked(
    "Since {before}: {new} new, {reopened} re-opened, {worse} worse, {continuing} as before, {better} better,"
    " {closed} closed{endings}."
)
_SKIPPED = marked("{quarters} was not assessed.")
_SKIPPED_SEVERAL = marked("{quarters} were not assessed.")
_OTHER_POLICY = marked("The policy in force then was that of {day}: what changed may be a limit.")
_BEGUN = marked("Findings are followed since {begun}: what was found then may be older.")


@dataclass(frozen=True, kw_only=True, eq=False)
class FollowUp:
    """The findings of a quarter beside those of the last report before it.

    Attributes
    ----------
    standing : DataFrame
        One row per finding (red or amber) of either quarter: finding_id, status (new, reopened, worse,
        continuing, better, closed; empty where nothing is compared), severity, severity_before (empty where
        it was none), first (quarter in which it was first found), since (first quarter of the time that it is
        open now, or was last), quarters (how many, the first and the last included), returns (how often it
        came back), moved_by (what says that it got worse or better: severity, limits, figures), p_worse (that
        the true value moved in the worse direction, where the figures tell), ended (of those closed:
        in_order, watch, unclear, over, not_checked).
    closed, names : DataFrame
        Facts of those closed, as they were found, and names for their words; as in ``Findings``.
    history : DataFrame
        What is known of all findings ever, for the quarters to come: finding_id, rule, subject_kind, subject,
        indicator_id, first, since, last, quarters (in which it was found), returns, state (open, closed),
        ended, course (a letter a quarter from first on: R red, A amber, a point where it was none, a question
        mark where nothing was assessed).
    period, before, begun : str
        The quarter; that of the report it is compared with, empty where there is none; the first followed.
    source, rules : str, int
        Where the data are from, and the version of the criteria: others are not compared.
    policy_before : date
        Day from which the policy of the report before is valid; None where it is the same, or none.
    why_not : str
        Why nothing is compared: JSON, as ``labels.say`` takes it.
    """

    standing: pd.DataFrame
    closed: pd.DataFrame
    names: pd.DataFrame
    history: pd.DataFrame
    period: str
    before: str
    begun: str
    source: str
    rules: int
    policy_before: date | None = None
    why_not: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many findings have each status."""
        found = self.standing["status"].value_counts()
        return {status: int(found.get(status, 0)) for status in STATUSES}

    @property
    def sentence(self) -> str:
        """Say how many are new and so on; or that, and why, nothing is compared."""
        if not self.before:
            return label("First assessment: {why}.", why=say(json.loads(self.why_not)))
        return label(_COUNTED, before=self.before, endings=self._endings(), **self.counts)

    def _endings(self) -> str:
        """Say what became of those closed; nothing where none is."""
        ended = self.standing["ended"].value_counts()
        parts = [titled(label(words), str(ended[one])) for one, words in ENDINGS.items() if one in ended]
        return label(" ({endings})", endings=commas(parts)) if parts else ""

    @property
    def remarks(self) -> str:
        """Say what else differs from the quarter before; nothing where nothing does."""
        return space().join(self._remarks())

    def _remarks(self) -> Iterator[str]:
        if not self.before:
            return
        if skipped := quarters_between(self.before, self.period):
            words = plural(len(skipped), _SKIPPED, _SKIPPED_SEVERAL, quarters=commas(skipped))
            yield words
        if self.policy_before is not None:
            yield label(_OTHER_POLICY, day=self.policy_before)
        yield label(_BEGUN, begun=self.begun)


def quarters_between(before: str, period: str) -> list[str]:
    """Return the quarters after ``before`` and before ``period``.

    >>> quarters_between("2025Q3", "2026Q2")
    ['2025Q4', '2026Q1']
    """
    found = pd.period_range(pd.Period(before, freq="Q") + 1, pd.Period(period, freq="Q") - 1)
    return [str(one) for one in found]


def status_label(status: str) -> str:
    """Name a status in the language in use; nothing where it is not known."""
    return label(STATUSES[status]) if status else ""


def why_not_compared(before: str, period: str, sources: tuple[str, str], *, same_rules: bool) -> Said | None:
    """Say why the findings of two reports cannot be compared; None where they can."""
    if not before:
        return Said(marked("there is no report of the quarter before"))
    if pd.Period(before, freq="Q") >= pd.Period(period, freq="Q"):
        return Said(marked("the report that is there is of {before}, not of a quarter before"), before=before)
    theirs, ours = sources
    if theirs and ours and not set(theirs.split(", ")) & set(ours.split(", ")):
        words = marked("the report of {before} is of another bank ({theirs})")
        return Said(words, before=before, theirs=theirs)
    if not same_rules:
        return Said(marked("the report of {before} was made by other criteria"), before=before)
    return None
