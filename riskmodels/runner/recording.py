"""Record a finished assessment in the ledger: what was found, why, what actions did; once, all or nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodels.assessment import Findings
from riskmodels.causes import Causes
from riskmodels.display import Displayed
from riskmodels.effects import Effects
from riskmodels.errors import LedgerError
from riskmodels.governance.ledger import Head, Ledger, Record
from riskmodels.governance.ledger.records import Assessment, Cause, Evaluation, Finding, records_of
from riskmodels.labels import label, use_language
from riskmodels.manifests import results_digest, versions_of
from riskmodels.results import load, load_earlier
from riskmodels.runner.settings import settings_of_report

BY = "assessment"  # who says what a report says, unless somebody is named
_STATE = "ledger"  # the saved result of what stood in the ledger before: recording changes it
_ENDED = {"in_order": "passed", "watch": "watch"}  # what is left of one that ended so; else it is not known
_BY_PEOPLE = ("evidence", "due_on", "grade")  # of a finding: what an assessment does not know stays

Change = tuple[Record, int]  # with the version that stands


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording(Displayed):
    """What recording an assessment wrote.

    Attributes
    ----------
    assessment_id, period : str
        What was recorded.
    head : Head
        Of the ledger then.
    table : DataFrame
        One row per kind of record: table, new, changed (a new version of one that was there).
    """

    assessment_id: str
    period: str
    head: Head
    table: pd.DataFrame

    @property
    def is_new(self) -> bool:
        """Whether anything was written."""
        return not self.table.empty

    @property
    def sentence(self) -> str:
        """Say what was written, or that all of it was there."""
        if not self.is_new:
            return label(
                "{id} is recorded already, of this very report: nothing was written; head {head}.",
                id=self.assessment_id,
                head=self.head,
            )
        return label(
            "{id} is recorded: records new {new:,}, changed {changed:,}; head {head}.",
            id=self.assessment_id,
            new=int(self.table["new"].sum()),
            changed=int(self.table["changed"].sum()),
            head=self.head,
        )

    def summary(self) -> pd.DataFrame:
        """Return the whole table."""
        return self.table


def record_assessment(report: Path, ledger: Ledger, *, by: str = BY, is_kept: bool = True) -> Recording:
    """Write what a finished report found into the ledger, in one transaction.

    Parameters
    ----------
    report : Path
        Folder of the report.
    ledger : Ledger
        Where to.
    by : str
        The function of the bank that records it.
    is_kept : bool
        Else all is checked as if it were, and nothing is written.

    Returns
    -------
    Recording
        Nothing where this very report is recorded.

    Raises
    ------
    LedgerError
        Another report of the quarter is recorded, and this one is not released as its restatement; or a later
        quarter is.
    ResultError
        The folder is no finished report, or a result in it was changed.

    Notes
    -----
    Findings, red and amber, become the next version of those that the ledger has; one that the ledger has,
    and that is found no more, is closed. The register's causes are presumed; what the data say is a cause
    of its own, as where an excess is does not prove why. Actions that the ledger has get an evaluation.
    """
    settings = settings_of_report(report)
    use_language(settings.language)
    results = report / "results"
    found = load(results / "findings", Findings)
    digest = results_digest(report, without=(_STATE,))
    known = ledger.frame("assessments")
    same = known[known["period"] == found.period]
    if digest in set(same["results_digest"]):
        stands = str(same.loc[same["results_digest"] == digest, "assessment_id"].iloc[0])
        return _recording(stands, found.period, ledger.head(), [])
    _refuse_later(found.period, known)
    if len(same):
        _refuse_unreleased(report, found.period, ledger)
    changes = list(_changes(found, results, ledger, _numbered(found.period, len(same) + 1), digest))
    head = ledger.write_all(changes, by=by, is_kept=is_kept)
    return _recording(changes[-1][0].id, found.period, head, changes)


def _changes(
    found: Findings, results: Path, ledger: Ledger, assessment_id: str, digest: str
) -> Iterator[Change]:
    """Yield all records of a report in the order in which they refer to each other."""
    yield from _findings(found, ledger)
    yield from _causes(found, load_earlier(results / "causes", Causes), ledger)
    yield from _evaluations(load_earlier(results / "effects", Effects), ledger, assessment_id)
    yield _assessment(found, assessment_id, digest), 0


def _numbered(period: str, number: int) -> str:
    """Name an assessment: its quarter, and from the first restatement on a number.

    >>> _numbered("2026Q3", 1), _numbered("2026Q3", 2)
    ('2026Q3', '2026Q3-2')
    """
    return period if number == 1 else f"{period}-{number}"


def _refuse_later(period: str, known: pd.DataFrame) -> None:
    """Refuse a quarter before one that is recorded: findings would go back to how they were."""
    if len(known) and period < (last := str(known["period"].max())):
        raise LedgerError(
            f"{last} is recorded already, and {period} is before it: findings are recorded quarter by quarter"
        )


def _refuse_unreleased(report: Path, period: str, ledger: Ledger) -> None:
    """Refuse another report of a recorded quarter, unless it is the one that was released."""
    digest = results_digest(report)
    versions = versions_of(report.parent, report.name)
    same = {f"{report.name}/{one.name}" for one in versions if results_digest(one) == digest}
    if not same & set(ledger.frame("releases")["release_id"]):
        raise LedgerError(
            f"{period} is recorded already, of a report with other results: what was recorded is not"
            f" replaced unsaid; release {report} first, as a restatement with its reason"
        )


def _findings(found: Findings, ledger: Ledger) -> Iterator[Change]:
    """Yield the findings that differ from what stands, and close those that are found no more."""
    stands = {row["finding_id"]: row for row in ledger.frame("findings").to_dict("records")}
    statuses, endings = _of_follow_up(found, "status"), _of_follow_up(found, "ended")
    now = {record.id: record for record in records_of(found.facts, found.period)}
    for id_, record in now.items():
        row = stands.get(id_, {})
        known = {name: row[name] for name in _BY_PEOPLE if row and row[name] and not pd.isna(row[name])}
        known["status"] = statuses.get(id_) or _status(row)
        yield from _changed(Finding.made(record.content | known), row)
    facts = {str(row["finding_id"]): row for row in found.facts.to_dict("records")}
    for id_, row in stands.items():
        if row["source"] == "assessment" and row["status"] != "closed" and id_ not in now:
            yield from _changed(_closed(row, facts.get(id_, {}), found.period, endings.get(id_, "")), row)


def _of_follow_up(found: Findings, column: str) -> dict[str, str]:
    """Return what the assessment says became of findings; nothing where it compares with no quarter."""
    if found.follow_up is None:
        return {}
    return dict(found.follow_up.standing[["finding_id", column]].itertuples(index=False, name=None))


def _status(row: Mapping[Any, Any]) -> str:
    """Say how a finding stands beside what the ledger has of it: where no report before was compared."""
    if not row:
        return "new"
    return "reopened" if row["status"] == "closed" else "continuing"


def _closed(row: Mapping[Any, Any], fact: Mapping[Any, Any], period: str, ended: str) -> Finding:
    """Return what is left of a finding that is none any more: its figures of now, where it was looked at."""
    names = [name for name in Finding.model_fields if not pd.isna(row[name])]
    values = {name: row[name] for name in names} | {"severity": _ENDED.get(ended, "unclear")}
    values |= {name: value for name, value in fact.items() if name in Finding.model_fields}
    return Finding.made(values | {"period": period, "status": "closed"})


def _causes(found: Findings, causes: Causes | None, ledger: Ledger) -> Iterator[Change]:
    """Yield the register's causes, which are presumed, and what the data say where they say anything."""
    stands = {row["cause_id"]: row for row in ledger.frame("causes").to_dict("records")}
    said = {} if causes is None else {row["finding_id"]: row for row in causes.table.to_dict("records")}
    for row in found.table.to_dict("records"):
        id_ = str(row["finding_id"])
        if str(row["cause"]).strip():
            made = Cause(cause_id=f"C-{id_}", finding_id=id_, cause=str(row["cause"]))
            yield from _changed(made, stands.get(made.cause_id))
        data = said.get(id_, {"status": "presumed"})
        if data["status"] != "presumed":
            made = Cause(
                cause_id=f"D-{id_}",
                finding_id=id_,
                cause=str(data["sentence"]),
                support=data["status"],
                evidence=label("results of {period}: causes", period=found.period),
            )
            yield from _changed(made, stands.get(made.cause_id))


def _evaluations(effects: Effects | None, ledger: Ledger, number: str) -> Iterator[Change]:
    """Yield what actions of the ledger did; what a person wrote under the same id stays."""
    if effects is None or effects.table.empty:
        return
    actions = set(ledger.frame("actions")["action_id"])
    there = set(ledger.frame("evaluations")["effect_id"])
    for row in effects.table.to_dict("records"):
        id_ = f"E-{row['action_id']}-{number}"
        if row["action_id"] in actions and id_ not in there:
            names = ("action_id", "verdict", "estimate", "lower", "upper")
            values = {name: row[name] for name in names} | {"effect_id": id_, "period": effects.period}
            yield Evaluation.made(values | {"evidence": row["reason"]}), 0


def _assessment(found: Findings, assessment_id: str, digest: str) -> Assessment:
    counts = found.facts["severity"].value_counts()
    return Assessment(
        assessment_id=assessment_id,
        period=found.period,
        as_of=found.as_of,
        policy=found.policy,
        data_digest=found.data_digest,
        results_digest=digest,
        red=int(counts.get("red", 0)),
        amber=int(counts.get("amber", 0)),
    )


def _changed(record: Record, stands: Mapping[Any, Any] | None) -> Iterator[Change]:
    """Yield a record with the version that stands, where it says something else."""
    if not stands:
        yield record, 0
    elif record.digest != stands["digest"]:
        yield record, int(stands["version"])


def _recording(id_: str, period: str, head: Head, changes: list[Change]) -> Recording:
    rows = [
        {"table": record.table, "new": version == 0, "changed": version > 0} for record, version in changes
    ]
    frame = pd.DataFrame(rows, columns=["table", "new", "changed"])
    counts = frame.groupby("table", sort=False, as_index=False).sum()
    return Recording(assessment_id=id_, period=period, head=head, table=counts)
