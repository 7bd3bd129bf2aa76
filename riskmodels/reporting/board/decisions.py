"""Decisions: what is asked for, why, and by what it will be judged."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from riskmodels.assessment.figures import shown_change
from riskmodels.display import shown_few
from riskmodels.effects import Effects
from riskmodels.governance.proposals import Proposals, rule_label
from riskmodels.labels import label, local, marked, plain_label, plural, titled
from riskmodels.reporting.board.digits import shown_sum, significant
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import FrontBlock, PaperPage, PaperTable, Tile

_BOTH = marked("{lines} about the policy, {actions} about actions")
_POLICY, _ACTIONS = marked("about the policy"), marked("about actions")
_CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+")  # of a product or a measure
_MOST, _MOST_NAMED = 12, 4  # on their page, on the first; a choice: the full report has them all


def _rows(saved: Saved) -> list[dict[Any, Any]]:
    """Return what is asked for, with names in the place of identifiers."""
    changes = saved.one("proposals", Proposals)
    if changes is None:
        return []
    names = _names(saved)
    return [
        row | {"about": names.get(row["about"], row["about"]), "id": row["about"]}
        for row in changes.table.to_dict("records")
    ]


def _names(saved: Saved) -> dict[str, str]:
    """Name the alarms and the actions that are asked about."""
    prefix = label("Alarm: {name}", name="")
    names = {row["subject"]: row["subject_name"].removeprefix(prefix) for row in saved.rows_of("alarm")}
    names |= {rule.id.replace("_", " "): local(rule, "name") for rule in saved.policy.watch}
    units = saved.card.unit_names
    for effects in saved.all_of("effects", Effects):
        for row in effects.table.to_dict("records"):
            unit = units.get(row["unit_id"], row["unit_id"])
            names[row["action_id"]] = label("{what} ({where})", what=plain_label(row["measure"]), where=unit)
    return names


def _asked(row: Mapping[Any, Any]) -> str:
    return titled(rule_label(row["rule"]), row["about"])


def decide_tile(saved: Saved) -> Iterator[Tile]:
    """Say how many decisions are asked for; nothing without one."""
    rows = _rows(saved)
    if not rows:
        return
    lines = sum(row["kind"] == "policy" for row in rows)
    figures = {"lines": lines, "actions": len(rows) - lines}
    yield Tile(
        question=label("What to decide?"),
        answer=plural(len(rows), "{number} decision", "{number} decisions", number=len(rows)),
        words=label(_BOTH if 0 < lines < len(rows) else _POLICY if lines else _ACTIONS, figures),
    )


def decide_block(saved: Saved) -> Iterator[FrontBlock]:
    """Name the decisions that are asked for, each kind in a line."""
    kinds: dict[str, list[str]] = {}
    for row in _rows(saved):
        kinds.setdefault(row["rule"], []).append(row["about"])
    if kinds:
        lines = [titled(rule_label(rule), shown_few(names, _MOST_NAMED)) for rule, names in kinds.items()]
        yield FrontBlock(title=label("Decisions asked for"), sentences=tuple(lines))


def decisions_page(saved: Saved) -> PaperPage | None:
    """List what is asked for; None without a proposal."""
    changes, rows = saved.one("proposals", Proposals), _rows(saved)[:_MOST]
    if changes is None or not rows:
        return None
    is_priced = any(math.isfinite(row["cost"]) for row in rows)
    cells = (
        (_asked(row), _what(saved, row), _named(row, "reason"), _named(row, "measured_by")) for row in rows
    )
    return PaperPage(
        subject=label("Decisions asked for"),
        message=changes.sentence,
        tables=(
            PaperTable(
                title=label("What is asked for, and why"),
                headings=(
                    *(label("Asked for"), label("What"), label("Reason"), label("Judged by")),
                    *([label("Cost")] if is_priced else []),
                ),
                rows=tuple(
                    (*cell, *([shown_sum(row["cost"])] if is_priced else []))
                    for cell, row in zip(cells, rows, strict=True)
                ),
                texts=4,
            ),
        ),
    )


def _named(row: Mapping[Any, Any], column: str) -> str:
    """Return a text of a proposal with a name in the place of the identifier that it is about."""
    return _plain(str(row[column]).replace(row["id"], row["about"]))


def _plain(text: str) -> str:
    """Return a text with its codes in words."""
    return _CODE.sub(lambda found: plain_label(found[0]), text)


def _what(saved: Saved, row: Mapping[Any, Any]) -> str:
    """Say what would be done, or what would stand in the policy."""
    proposed, current = json.loads(row["proposed"]), json.loads(row["current"])
    if row["kind"] == "action":
        return _plain(re.sub(rf" ?[(（]{re.escape(row['id'])}[)）]", "", str(proposed["measure"])))
    if "indicators" in proposed:
        return shown_few([saved.name_of(one) for one in proposed["indicators"]], _MOST_NAMED)
    if "weight" in proposed:
        return label("weight {now:g} to {then:g}", now=current.get("weight") or 0.0, then=proposed["weight"])
    if "objective" in proposed:
        return label("{change} a year", change=shown_change(proposed["objective"]["change_per_year"]))
    limits = [proposed.get(f"limits.{colour}") for colour in ("amber", "red")]
    if None not in limits:
        return label("amber {amber}, red {red}", amber=significant(limits[0]), red=significant(limits[1]))
    return "–"
