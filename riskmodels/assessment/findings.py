"""What a finding is: facts that an assessment drew; words are made of them when they are read."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

import pandas as pd

from riskmodels.assessment.follow_up import FollowUp
from riskmodels.assessment.wording import titles_of, words_of
from riskmodels.display import Displayed
from riskmodels.labels import label, space

Severity = Literal["red", "amber", "watch", "unclear", "passed"]
SEVERITIES: tuple[Severity, ...] = ("red", "amber", "watch", "unclear", "passed")
_UNKNOWN = math.nan
_NO_FIGURES: Mapping[str, Any] = {}
_STANDING = ("status", "since", "quarters", "returns")


class Finding(NamedTuple):
    """One thing that was checked, in figures; those of an indicator are in its unit, NaN where there is none.

    ``severity`` is ``red`` or ``amber`` for a finding, ``watch`` for what is likely and not certain,
    ``unclear`` where the evidence does not suffice, ``passed`` for what was checked and found in order.
    """

    rule: str
    subject_kind: Literal[
        "bank",
        "unit",
        "units",
        "customer_group",
        "risk",
        "scenario",
        "plans",
        "table",
        "period",
        "policy",
        "names",
        "alarm",
        "watch",
        "action",
        "incident",
        "elsewhere",
        "cover",
        "ledger",
        "loss_type",
        "theme",
    ]
    subject: str
    indicator_id: str
    severity: Severity
    value: float = _UNKNOWN
    estimate: float = _UNKNOWN
    limit: float = _UNKNOWN
    probability: float = _UNKNOWN
    figures: Mapping[str, Any] = _NO_FIGURES


def finding_id(rule: str, subject_kind: str, subject: str, indicator_id: str) -> str:
    """Return the identifier of a problem, which is the same in every quarter that has it.

    >>> finding_id("unit_limit", "unit", "B027", "complaint_rate")
    'F-3aa14bf5'
    """
    text = f"{rule}\n{subject_kind}\n{subject}\n{indicator_id}"
    return "F-" + hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings(Displayed):
    """All that one assessment checked.

    Attributes
    ----------
    facts : DataFrame
        One row per thing checked, findings first: finding_id (the same for the same problem in every
        quarter), rule, subject_kind, subject, indicator_id, severity (red and amber are findings; watch:
        likely and not certain; unclear: not enough evidence; passed: in order), value, estimate, limit [unit
        of the indicator], probability [of being beyond the limit], figures [JSON: what else the words need].
    names : DataFrame
        kind, id, field, language, text: what the facts' identifiers are called, and what the risk register
        says of them, in all languages.
    period : str
        The quarter assessed.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    false_share : float
        Expected share of false ones among the findings about units; unknown where there are none.
    follow_up : FollowUp
        What became of the findings of the quarter before; None in what earlier versions saved.
    """

    facts: pd.DataFrame
    names: pd.DataFrame = field(repr=False)
    period: str
    as_of: date
    policy: date
    data_digest: str
    false_share: float = _UNKNOWN
    follow_up: FollowUp | None = None

    @property
    def table(self) -> pd.DataFrame:
        """The findings, red ones first: the facts, and in the language in use what they say.

        Subject, criterion (what the policy asks), condition (what was found), cause, consequence,
        corrective_action, owner, evidence (which figures); status, since, quarters and returns as in
        ``FollowUp``, the status empty where nothing is compared.
        """
        return self._with_standing(self._worded("red", "amber"))

    @property
    def watch_list(self) -> pd.DataFrame:
        """What is likely beyond a limit and not certain, the likeliest first; columns as ``table``."""
        return self._worded("watch")

    @property
    def others(self) -> pd.DataFrame:
        """What was checked and is in order, or has too little evidence; columns as ``table``."""
        return self._worded("passed", "unclear")

    @property
    def closed(self) -> pd.DataFrame:
        """The findings of the quarter before that are none now, as they were found; columns as ``table``.

        ``ended`` says what became of each.
        """
        if self.follow_up is None or self.follow_up.closed.empty:
            return self._with_standing(self._worded().assign(ended=""))
        rows, names = self.follow_up.closed.reset_index(drop=True), self.follow_up.names
        ended = self.follow_up.standing.set_index("finding_id")["ended"].reindex(rows["finding_id"])
        worded = pd.concat([rows, words_of(rows, names)], axis=1).assign(ended=ended.to_numpy())
        return self._with_standing(worded)

    @property
    def courses(self) -> pd.DataFrame:
        """The findings of this quarter, the oldest first, and those just closed, quarter by quarter.

        finding_id, title, status, first, severity, course (as in ``FollowUp.history``).
        """
        if self.follow_up is None:
            return pd.DataFrame(columns=["finding_id", "title", "status", "first", "severity", "course"])
        facts, then = self.facts[self.facts["severity"].isin(["red", "amber"])], self.follow_up.closed
        titles = dict(zip(facts["finding_id"], titles_of(facts, self.names), strict=True))
        titles |= dict(zip(then["finding_id"], titles_of(then, self.follow_up.names), strict=True))
        rows = self.follow_up.standing.set_index("finding_id").reindex(list(titles)).reset_index()
        course = self.follow_up.history.set_index("finding_id")["course"]
        rows["title"], rows["course"] = list(titles.values()), course.reindex(list(titles)).to_numpy()
        rows["closed"] = rows["severity"] == ""
        names = ["finding_id", "title", "status", "first", "severity", "course"]
        return rows.sort_values(["closed", "first"], kind="stable", ignore_index=True)[names]

    @property
    def is_compared(self) -> bool:
        """Whether it is known what became of the findings of a quarter before."""
        return self.follow_up is not None and bool(self.follow_up.before)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        frames = {"findings": self.table, "watch_list": self.watch_list, "checked": self.others}
        if self.follow_up is None:
            return frames
        return frames | {"findings_closed": self.closed, "findings_history": self.follow_up.history}

    @property
    def sentence(self) -> str:
        """Say how many findings there are, and how many of those about units may be false."""
        counts = self.facts["severity"].value_counts()
        text = label(
            "{period}: findings: {red} red, {amber} amber; on the watch list: {watch}; checked and in order:"
            " {passed}; without enough evidence: {unclear}.",
            period=self.period,
            **{one: counts.get(one, 0) for one in SEVERITIES},
        )
        found = self.facts[self.facts["severity"].isin(["red", "amber"])]
        units = int((found["subject_kind"] == "unit").sum())
        if units:
            text += space() + label(
                "Findings about units: {units}, of which {false:.1f} are expected to be false.",
                units=units,
                false=units * self.false_share,
            )
        if self.follow_up is not None and self.is_compared:
            text += f" {self.follow_up.sentence}"
        return text

    def summary(self) -> pd.DataFrame:
        """What was found, since when, and what to do."""
        since = ["status", "since"] if self.is_compared else []
        return self.table[
            ["finding_id", "severity", *since, "subject_name", "condition", "corrective_action", "owner"]
        ]

    def _worded(self, *severities: Severity) -> pd.DataFrame:
        rows = self.facts[self.facts["severity"].isin(severities)].reset_index(drop=True)
        return pd.concat([rows, words_of(rows, self.names)], axis=1)

    def _with_standing(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Put to findings what they are beside those of the quarter before."""
        if self.follow_up is None:
            return rows.assign(status="", since=self.period, quarters=1, returns=0)
        found = self.follow_up.standing.set_index("finding_id").reindex(rows["finding_id"])
        return rows.assign(**{name: found[name].to_numpy() for name in _STANDING})
