"""What changed since the quarter before: findings, or where these are not known the scores of units."""

from collections.abc import Iterator

from riskmodels.labels import label, plural
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import FrontBlock, Tile
from riskmodels.reporting.front_since import since_last_quarter
from riskmodels.scorecard import Movements


def changed_tile(saved: Saved) -> Iterator[Tile]:
    """Count what is new, worse and closed; nothing where no quarter before is known."""
    following = saved.found.follow_up
    question = label("What changed?")
    if following is not None and following.before:
        counts = following.counts
        counts = counts | {"new": counts["new"] + counts["reopened"]}
        yield Tile(
            question=question,
            answer=label("{new} new, {worse} worse, {closed} closed", counts),
            words=label("findings since {before}", before=following.before),
        )
        return
    moved = saved.one("movements", Movements)
    if moved is None or moved.table.empty:
        return
    up, units = int((moved.table["change"] > 0).sum()), len(moved.table)
    rated = int((moved.table["rating"] != moved.table["rating_before"]).sum())
    yield Tile(
        question=question,
        answer=label("{up} of {units} units riskier", up=up, units=units),
        words=plural(
            rated,
            "than in {before}; {rated} unit has another rating",
            "than in {before}; {rated} units have another rating",
            before=moved.before,
            rated=rated,
        ),
    )


def changed_block(saved: Saved) -> Iterator[FrontBlock]:
    """Name the findings that are new, worse, or open longest; nothing where they are compared with none."""
    if saved.found.is_compared:
        for block in since_last_quarter(saved.found):
            if named := block.sentences[1:]:  # the first is counted in the tile
                yield FrontBlock(title=block.title, sentences=named)
