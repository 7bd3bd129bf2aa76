"""Complaints: what is coming, which alarms stand, and which products bring them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from riskmodels.assessment.alarm_figures import subject_words
from riskmodels.assessment.figures import shown_probability
from riskmodels.assessment.wording import in_language
from riskmodels.backtesting import ForecastReview
from riskmodels.display import shown_portion
from riskmodels.forecasting import Forecast, Nowcast
from riskmodels.labels import dated, label, marked, plain_label
from riskmodels.reporting.board.digits import significant
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import Chart, PaperPage, PaperTable, Tile
from riskmodels.reporting.plots import picture, plot_alarm_book, plot_forecast
from riskmodels.surveillance import AlarmBook
from riskmodels.surveillance.alarm_words import STATUS, shown_period, shown_rise

_MOST_ALARMS, _MOST_EVENTS, _MOST_PARTS = 4, 9, 7  # lines; a choice: the full report has them all
_UP = marked("Alarm since {since}: {what}, up by about {size}")
_SEEN = marked(
    "First beyond what chance allows in {alarmed}, last in {last}; 90% likely up by {lower} to {upper}"
)
_ENDED = {"back": marked("back at its level"), "stayed": marked("new level has stayed")}
_LOGGED = marked(
    "Of the complaints of {month}, {share} are logged so far: what is expected allows for the others, the"
    " counts of an alarm do not."
)
_RISE = marked("A rise by a tenth or more is {chance} likely; the quarter before brought {last} complaints")
_OTHERS = {"incident_told", "incident_step", "incident_cost", "incident_answer"}


def _outlook_fact(saved: Saved) -> Mapping[str, Any] | None:
    """Return what the next months bring; None where the history is too short."""
    return next((row for row in saved.checked("complaints_rise") if not row["more"]["is_short"]), None)


def coming_tile(saved: Saved) -> Iterator[Tile]:
    """Say how many complaints are expected; nothing where it is not known."""
    row = _outlook_fact(saved)
    if row is None:
        return
    figures = row["more"]
    shown = {name: significant(figures[name]) for name in ("lower", "upper")}
    yield Tile(
        question=label("What is coming?"),
        answer=label("{number} complaints", number=significant(row["value"])),
        words=label("expected from {first} to {until}; 90% likely {lower} to {upper}", figures, **shown),
        rating="amber" if row["severity"] == "amber" else "",
    )


def coming_chart(saved: Saved) -> Iterator[Chart]:
    """Draw the complaints that were and that are expected."""
    row, outlook = _outlook_fact(saved), saved.one("outlook", Forecast)
    if row is None or outlook is None:
        return
    chance, last = row["probability"], row["more"]["last"]
    is_known = last is not None and np.isfinite(chance)
    known = label(_RISE, chance=shown_probability(chance), last=significant(last))
    yield Chart(
        title=known if is_known else label("What the next months bring, and how sure that is"),
        shows=label("Complaints by month: received, expected, with 50%, 80% and 95% intervals"),
        image=picture(partial(_drawn, outlook), width=4.6, height=2.9),
    )


def _drawn(outlook: Forecast, axes: Any) -> None:
    plot_forecast(outlook, small=True, ax=axes)


def complaints_page(saved: Saved) -> PaperPage | None:
    """Say which alarms stand, and what products bring; None where there is neither."""
    alarms = [_alarm(row) for row in saved.rows_of("alarm")]
    others = [f"{row['subject_name']}: {row['condition']}" for row in saved.rows_of(*sorted(_OTHERS))]
    tables = tuple(filter(None, [_events(saved), _parts(saved)]))
    if not alarms and not tables:
        return None
    reviewed = [one.sentence for one in saved.all_of("review", ForecastReview)]
    return PaperPage(
        subject=label("Complaints, alarms and outlook"),
        message=alarms[0] if alarms else label("No alarm is a finding; what is coming, by product"),
        sentences=(*[*alarms[1:], *others][:_MOST_ALARMS], *reviewed, *_logged(saved)),
        charts=tuple(_alarm_drawn(saved)),
        tables=tables,
    )


def _alarm(row: Mapping[Any, Any]) -> str:
    prefix = label("Alarm: {name}", name="")
    return label(
        _UP,
        what=row["subject_name"].removeprefix(prefix),
        size=shown_rise(row["value"]),
        since=shown_period(row["more"]["since"]),
    )


def _alarm_drawn(saved: Saved) -> Iterator[Chart]:
    """Draw the first alarm that is a finding."""
    book = saved.one("alarms", AlarmBook)
    if book is None:
        return
    for row in saved.rows_of("alarm")[:1]:
        own = replace(book, table=book.table[book.table["alarm_id"] == row["subject"]].reset_index(drop=True))
        yield Chart(
            title=label(
                _SEEN,
                **{name: shown_period(row["more"][name]) for name in ("alarmed", "last")},
                **{name: shown_rise(row["more"][name]) for name in ("lower", "upper")},
            ),
            shows=label("The course of the alarm: observed, expected, limit and new level"),
            image=picture(partial(_course, own), width=7.2, height=2.7),
        )


def _course(book: AlarmBook, axes: Any) -> None:
    plot_alarm_book(book, ax=axes).set_title("")  # which is said above it


def _events(saved: Saved) -> PaperTable | None:
    """List the alarms of the last year, those that stand first."""
    book = saved.one("alarms", AlarmBook)
    if book is None or book.events.empty:
        return None
    names = in_language(book.names)
    rows = book.events.head(_MOST_EVENTS).to_dict("records")
    return PaperTable(
        title=label("Alarms of the last year"),
        headings=(
            *(label("What has risen"), label("Status")),
            *(label("Up by about"), label("Since"), label("Last alarm"), label("Probability")),
        ),
        rows=tuple(
            (
                subject_words({**row, "of": json.loads(row["subject"])}, names),
                label(_ENDED.get(row["ending"]) or STATUS[row["status"]]),
                shown_rise(row["size"]),
                *(dated(shown_period(row[name])) for name in ("since", "last")),
                shown_probability(row["probability"]),
            )
            for row in rows
        ),
        texts=2,
    )


def _logged(saved: Saved) -> Iterator[str]:
    for known in saved.all_of("nowcast", Nowcast):
        share = shown_portion(float(known.completeness[-1]))
        yield label(_LOGGED, month=str(known.periods[-1]), share=share)


def _parts(saved: Saved) -> PaperTable | None:
    """List what each series brought in the last months, and is expected to bring."""
    row, outlook = _outlook_fact(saved), saved.one("outlook", Forecast)
    if row is None or outlook is None or len(outlook.keys) < 2:  # noqa: PLR2004  one is the whole
        return None
    months = int(row["more"]["months"])
    ahead = outlook.mean[:, :months].sum(axis=1)
    before = outlook.expected_history[:, -months:].sum(axis=1)
    most = np.argsort(-ahead, kind="stable")[:_MOST_PARTS]
    names = [" · ".join(plain_label(str(value)) for value in key) for key in outlook.keys.to_numpy()]
    return PaperTable(
        title=label("Complaints by product, {first} to {until}", row["more"]),
        headings=(label("Product"), label("Quarter before"), label("Expected"), label("Change")),
        rows=tuple(
            (names[one], significant(before[one]), significant(ahead[one]), _change(before[one], ahead[one]))
            for one in map(int, most)
        ),
    )


def _change(before: float, ahead: float) -> str:
    return f"{ahead / before - 1:+z.0%}" if before > 0 else "–"
