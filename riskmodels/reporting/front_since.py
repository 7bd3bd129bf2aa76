"""The block of the first page that says what became of the findings of the quarter before."""

from collections.abc import Iterator

from riskmodels.assessment import Findings
from riskmodels.display import shown_few
from riskmodels.labels import counted, label, marked
from riskmodels.reporting.document import FrontBlock

_MOST_NAMED = 3  # of each kind; a choice: the table has them all
_OLD = 2  # quarters, the first included, from which on a finding is old
_KINDS = (
    ("new", marked("New: {names}")),
    ("reopened", marked("Re-opened: {names}")),
    ("worse", marked("Worse: {names}")),
)
_OLDEST = marked("Open longest, {quarters}, since {since}: {names}")


def since_last_quarter(found: Findings) -> tuple[FrontBlock, ...]:
    """Say how many findings are new and so on, and which of them matter; nothing where it is not known."""
    following = found.follow_up
    if following is None:
        return ()
    sentences = tuple(filter(None, [following.sentence, *_named(found), following.remarks]))
    return (FrontBlock(title=label("Since last quarter"), sentences=sentences),)


def _named(found: Findings) -> Iterator[str]:
    """Name the new ones, those re-opened or worse, red ones first, and those that are open longest."""
    if not found.is_compared or found.follow_up is None:
        return
    rows = found.courses.merge(found.follow_up.standing[["finding_id", "since", "quarters"]], on="finding_id")
    rows = rows[rows["severity"] != ""]
    for status, words in _KINDS:
        part = rows[rows["status"] == status].sort_values("severity", ascending=False, kind="stable")
        if len(part):
            yield label(words, names=shown_few(part["title"].tolist(), _MOST_NAMED))
    oldest = rows.query("quarters >= @_OLD and quarters == quarters.max()")
    if len(oldest):
        first = oldest.iloc[0]
        yield label(
            _OLDEST,
            quarters=counted(first["quarters"], "quarter", "quarters"),
            since=first["since"],
            names=shown_few(oldest["title"].tolist(), _MOST_NAMED),
        )
