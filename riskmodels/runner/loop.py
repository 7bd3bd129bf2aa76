"""Play a bank's loop: assess a quarter, record it, decide, and go on to the next under what was decided."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from riskmodels.assessment import Findings
from riskmodels.display import Displayed
from riskmodels.errors import BusyError, ParameterError, ResultError
from riskmodels.governance.changes import record_proposals
from riskmodels.governance.ledger import Head, Ledger, Verification, open_ledger
from riskmodels.governance.proposals import Proposals
from riskmodels.labels import label, marked
from riskmodels.results import load
from riskmodels.runner.assessment_run import run_assessment
from riskmodels.runner.deciding import Desk, carry_out
from riskmodels.runner.kernels import Kernels
from riskmodels.runner.loop_file import Loop, Quarter
from riskmodels.runner.plan import Plan, plan_assessment
from riskmodels.runner.recording import record_assessment
from riskmodels.runner.settings import change_settings, load_run
from riskmodels.scratch import private_folder, write_whole

_PLAYED = "played.json"  # which quarters are done, and how
_REPORTS, _STORE, _POLICIES, _LEDGER = "reports", "store", "policy", "ledger/ledger.db"
_ALLOWANCE = 60.0  # seconds beyond the quarters themselves: to start, to record, to decide
_STATUSES = ("new", "reopened", "worse", "continuing", "better", "closed")
_COLUMNS = (
    *("period", "policy", "red", "amber", *_STATUSES, "oldest", "actions_open", "actions_overdue"),
    *("decisions", "head", "seconds"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlayedLoop(Displayed):
    """A loop that was played.

    Attributes
    ----------
    table : DataFrame
        One row per quarter: period, policy (day from which the one used is valid), red, amber, new, reopened,
        worse, continuing, better, closed [findings; unknown in the first], oldest [quarters that a finding is
        open], actions_open, actions_overdue, decisions, head (of the ledger at its end), seconds (that its
        assessment took).
    verification : Verification
        Of the ledger at the end, against the head of every quarter.
    folder : Path
        Where reports, policies and the ledger are.
    seconds : float
        That all took; of quarters played earlier, what they took then.
    """

    table: pd.DataFrame
    verification: Verification
    folder: Path
    seconds: float

    @property
    def bar(self) -> float:
        """Seconds that it may take: as many quarters as long as their mean, and the allowance."""
        return float(self.table["seconds"].sum()) + _ALLOWANCE

    @property
    def sentence(self) -> str:
        """Say how long it took, and whether the ledger is whole."""
        text = label(
            "{quarters} quarters in {seconds:,.0f} s; one such quarter {one:,.1f} s, and so many of them and"
            " {allowance:.0f} s are {bar:,.0f} s.",
            quarters=len(self.table),
            seconds=self.seconds,
            one=float(self.table["seconds"].mean()),
            allowance=_ALLOWANCE,
            bar=self.bar,
        )
        return f"{text} {self.verification.sentence}"

    def summary(self) -> pd.DataFrame:
        """Return the quarters."""
        return self.table


def play_loop(
    loop: Loop,
    *,
    folder: Path,
    kernels: Kernels,
    until: str | None = None,
    said: Callable[[str], None] = lambda _: None,
    progress: Callable[[int, str], None] = lambda *_: None,
) -> PlayedLoop:
    """Play the quarters of a loop one after the other; one that was played before is not played again.

    Parameters
    ----------
    loop : Loop
        From ``load_loop``.
    folder : Path
        Where everything is written: reports, tables, a copy of the policies, the ledger. Made where it is
        missing; a loop that was killed goes on where it stopped.
    kernels : Kernels
        From ``open_kernels``: used for all quarters.
    until : str, optional
        Last quarter that is played.
    said : callable
        Called with a line for each thing that was done.
    progress : callable
        As of ``run_assessment``.

    Returns
    -------
    PlayedLoop
        With the ledger verified against the head of every quarter.

    Raises
    ------
    RiskModelsError
        A run fails, or the ledger or the policy refuses a decision; what was done before stays.
    BusyError
        Another process plays in the folder.
    """
    private_folder(folder)
    try:
        with FileLock(folder / ".loop.lock").acquire(timeout=0):
            return _play(loop, folder.resolve(), kernels, until, said, progress)
    except Timeout:
        raise BusyError(f"another process plays a loop in {folder}; wait for it to end") from None


def _play(
    loop: Loop,
    folder: Path,
    kernels: Kernels,
    until: str | None,
    said: Callable[[str], None],
    progress: Callable[[int, str], None],
) -> PlayedLoop:
    rows = _played(folder / _PLAYED)
    quarters = loop.up_to(until)
    _refuse_others(rows, loop, folder)
    _copy_policies(Path(load_run(loop.run).policies), folder / _POLICIES)
    with open_ledger(folder / _LEDGER) as ledger:
        for quarter in quarters:
            if quarter.period in rows:
                continue
            start = time.perf_counter()
            plan = _planned(loop, quarter, folder)
            said(label("{period}: policy of {policy}", period=quarter.period, policy=plan.policy_valid_from))
            begun = time.perf_counter()
            if not plan.folder.exists():
                run_assessment(plan, store=folder / _STORE, progress=progress, kernels=kernels)
            seconds = time.perf_counter() - begun
            _decided(loop, quarter, plan, ledger, said)
            row = _row(plan, quarter, ledger) | {"seconds": round(seconds, 1)}
            row |= {"in_all": round(time.perf_counter() - start, 1), "digest": _digest(loop, quarter)}
            rows[quarter.period] = row
            write_whole(folder / _PLAYED, json.dumps(rows, indent=1).encode())
        shown = [rows[quarter.period] for quarter in quarters]
        heads = [Head.read(row["head"]) for row in shown]
        return PlayedLoop(
            table=pd.DataFrame(shown)[list(_COLUMNS)],
            verification=ledger.verify(*heads),
            folder=folder,
            seconds=sum(row["in_all"] for row in shown),
        )


def _planned(loop: Loop, quarter: Quarter, folder: Path) -> Plan:
    """Plan the run of a quarter: scenarios at one severity, no backtest, the folder's own policies."""
    own = {"policies": str(folder / _POLICIES), "severity": loop.severity, "scenarios": (), "backtest": False}
    settings = change_settings(
        load_run(loop.run).model_copy(update=own),
        period=quarter.period,
        ledger=str(folder / _LEDGER),
        scenarios=loop.scenarios,
    )
    return plan_assessment(settings, reports=folder / _REPORTS)


def _decided(loop: Loop, quarter: Quarter, plan: Plan, ledger: Ledger, said: Callable[[str], None]) -> None:
    """Record the report of a quarter, then carry out its decisions."""
    said(record_assessment(plan.folder, ledger, by=loop.recorded_by).sentence)
    if quarter.period not in set(ledger.frame("proposals")["period"]):  # else a loop that was stopped goes on
        asked = load(plan.folder / "results" / "proposals", Proposals)
        outcome = record_proposals(ledger, asked, Path(plan.settings.policies), by=loop.proposed_by)
        counts = Counter(outcome.values())
        known = len(outcome) - counts["new"] - counts["withdrawn"]
        words = marked("Proposals: {new} new, {known} known, {gone} of earlier quarters withdrawn")
        said(label(words, new=counts["new"], known=known, gone=counts["withdrawn"]))
    desk = Desk(ledger=ledger, policies=Path(plan.settings.policies), report=plan.folder)
    for decision in quarter.decisions:
        said(carry_out(decision, desk))


def _row(plan: Plan, quarter: Quarter, ledger: Ledger) -> dict[str, Any]:
    """Sum a quarter up, as it stands at its end."""
    found = load(plan.folder / "results" / "findings", Findings)
    counts = found.facts["severity"].value_counts()
    follow_up = found.follow_up
    statuses = follow_up.counts if follow_up is not None and found.is_compared else {}
    actions = ledger.frame("actions")
    is_open = ~actions["status"].isin(["closed", "cancelled"])
    late = is_open & (actions["due_on"] < pd.Timestamp(plan.settings.day_after))
    return {
        "period": quarter.period,
        "policy": plan.policy_valid_from.isoformat(),
        "red": int(counts.get("red", 0)),
        "amber": int(counts.get("amber", 0)),
        **{status: statuses.get(status) for status in _STATUSES},
        "oldest": int(found.table["quarters"].max()) if len(found.table) else 0,
        "actions_open": int(is_open.sum()),
        "actions_overdue": int(late.sum()),
        "decisions": len(quarter.decisions),
        "head": str(ledger.head()),
    }


def _played(path: Path) -> dict[str, dict[str, Any]]:
    """Read which quarters are done; raises ResultError where the file is damaged."""
    if not path.exists():
        return {}
    try:
        rows: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
        return {str(period): dict(row) for period, row in rows.items()}
    except (ValueError, TypeError, AttributeError):
        raise ResultError(f"{path} is damaged: play the loop into another folder") from None


def _digest(loop: Loop, quarter: Quarter) -> str:
    """Return a digest of all that a quarter is played by."""
    header = loop.model_copy(update={"quarters": (quarter,)})
    return sha256(header.model_dump_json().encode()).hexdigest()


def _refuse_others(rows: dict[str, dict[str, Any]], loop: Loop, folder: Path) -> None:
    """Refuse to go on where a quarter was played by other settings or decisions than the file has now."""
    now = {one.period: _digest(loop, one) for one in loop.quarters}
    for period, row in rows.items():
        if now.get(period) != row.get("digest"):
            raise ParameterError(
                f"{period} was played in {folder} with other settings or decisions than the file has now:"
                " name another folder, or remove that one"
            )


def _copy_policies(source: Path, target: Path) -> None:
    """Copy the policies once: what is adopted is written to the copy."""
    if target.exists():
        return
    staged = target.with_name(f".{target.name}.new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    for path in sorted(source.glob("*.yaml")):
        shutil.copyfile(path, staged / path.name)
    staged.rename(target)
