"""The block of the first page that says what was decided, and what is asked for."""

from riskmodels.display import shown_few
from riskmodels.governance.proposals import Proposals, rule_label
from riskmodels.labels import label, marked, titled
from riskmodels.reporting.document import FrontBlock
from riskmodels.reporting.listings.proposals import list_decided

_MOST_NAMED = 4  # a choice: the chapter has them all
_IN_FORCE = {
    "adopted": marked(
        "The policy of {valid_from} is in force by decisions of the ledger; lines changed: {lines}"
    ),
    "altered": marked("The policy of {valid_from} is not what was adopted: its file was changed since"),
    "ungoverned": marked(
        "The policy of {valid_from} is ungoverned: no decision of the ledger put it in force"
    ),
    "missing": marked("The policy of {valid_from} was adopted, and its file is not there"),
}


def decided_and_asked(changes: Proposals) -> FrontBlock:
    """Say what was decided since the last quarters, by what the policy is in force, and what is asked for."""
    known = not (changes.files.empty and changes.decided.empty)
    return FrontBlock(
        title=label("What was decided, and what is asked for"),
        sentences=tuple(
            filter(
                None,
                [
                    changes.sentence,
                    _asked(changes),
                    list_decided(changes).sentence if known else "",
                    *_in_force(changes),
                ],
            )
        ),
    )


def _asked(changes: Proposals) -> str:
    names = [titled(rule_label(row["rule"]), row["about"]) for row in changes.table.to_dict("records")]
    return label("Asked for: {names}", names=shown_few(names, _MOST_NAMED)) if names else ""


def _in_force(changes: Proposals) -> list[str]:
    """Say by what the policy in force is there; nothing without a ledger."""
    return [label(_IN_FORCE[row["status"]], row) for row in changes.files.tail(1).to_dict("records")]
