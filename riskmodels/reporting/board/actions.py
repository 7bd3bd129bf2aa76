"""Actions: what is due, and what those that ended have changed."""

from collections.abc import Iterator
from functools import partial

import pandas as pd

from riskmodels.assessment import Due
from riskmodels.effects import Effects
from riskmodels.effects.verdicts import NO_EFFECT, NOT_YET, UNKNOWN, VERDICTS, WORKED, WORSE
from riskmodels.labels import label, marked, plain_label
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import Chart, PaperPage, PaperTable, Rating
from riskmodels.reporting.front_due import what_is_due_now
from riskmodels.reporting.plots import picture, plot_ranges

_MOST = 10  # actions; a choice: the full report has them all
_RATINGS: dict[str, Rating] = {WORKED: "green", WORSE: "red", NO_EFFECT: "amber"}
_BEST = marked("Clearest success: {unit}, {indicator}: {change} of the events that should be fewer")


def actions_page(saved: Saved) -> PaperPage | None:
    """Say which actions worked and what is overdue; None where there is neither."""
    effects, due = saved.one("effects", Effects), what_is_due_now(saved.all_of("due", Due))
    judged = _judged(effects) if effects else pd.DataFrame()
    if judged.empty and not due:
        return None
    sentences = [one for block in due for one in block.sentences]
    if effects is None or judged.empty:
        return PaperPage(subject=label("Actions"), message=sentences[0], sentences=tuple(sentences[1:]))
    rows = _named(saved, judged.head(_MOST))
    return PaperPage(
        subject=label("Actions and their effects"),
        message=effects.sentence,
        sentences=tuple(sentences),
        charts=tuple(_drawn(rows)),
        tables=(_listed(rows, len(judged)),),
    )


def _judged(effects: Effects) -> pd.DataFrame:
    """Return the actions with a verdict, worse ones first, then those that worked."""
    order = {one: place for place, one in enumerate(_RATINGS | {WORSE: ""})}
    rows = effects.table[~effects.table["verdict"].isin([UNKNOWN, NOT_YET])]
    return rows.assign(order=rows["verdict"].map(order)).sort_values(["order", "p_value"], kind="stable")


def _named(saved: Saved, rows: pd.DataFrame) -> pd.DataFrame:
    names = saved.card.unit_names
    shown = [names.get(unit, unit) for unit in rows["unit_id"]]
    return rows.assign(
        unit=shown,
        indicator=[saved.name_of(one) for one in rows["indicator_id"]],
        measure=[plain_label(one) for one in rows["measure"]],
        rating=rows["verdict"].map(_RATINGS),
    )


def _drawn(rows: pd.DataFrame) -> Iterator[Chart]:
    shown = rows.assign(name=rows["unit"], value=rows["estimate"])
    words: dict[str, str] = {str(rating): label(VERDICTS[verdict]) for verdict, rating in _RATINGS.items()}
    draw = partial(
        plot_ranges,
        shown,
        words=words,
        unit=label("change of events that should be fewer [%]; bars are 95% intervals"),
        write="{:+.0%}".format,
    )
    best = rows[rows["verdict"] == WORKED]
    yield Chart(
        title=label(_BEST, best.iloc[0].to_dict(), change=f"{best['estimate'].iloc[0]:+.0%}")
        if len(best)
        else label("No action can be shown to have worked"),
        shows=label("Actions by what they changed, with 95% intervals"),
        image=picture(lambda axes: draw(ax=axes), width=7.2, height=0.9 + 0.2 * len(rows)),
    )


def _listed(rows: pd.DataFrame, number: int) -> PaperTable:
    return PaperTable(
        title=label("Actions with a verdict"),
        headings=(
            *(label("Action"), label("Business unit"), label("Indicator"), label("Verdict")),
            *(label("Change of events"), label("95% interval")),
        ),
        rows=tuple(
            (
                *(row["measure"], row["unit"], row["indicator"], label(VERDICTS[row["verdict"]])),
                f"{row['estimate']:+.0%}",
                label("{lower} to {upper}", lower=f"{row['lower']:+.0%}", upper=f"{row['upper']:+.0%}"),
            )
            for row in rows.to_dict("records")
        ),
        texts=4,
        ratings=tuple(rows["rating"]),
        note=_more(number - len(rows)),
    )


def _more(more: int) -> str:
    return label("{more} more with a verdict are in the full report.", more=more) if more > 0 else ""
