"""Service and units: indicators and units beyond their limits, the watch list, objectives of the year."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from riskmodels.assessment.figures import shown_probability
from riskmodels.assessment.templates import CUSTOMERS
from riskmodels.causes import SatisfactionIndex
from riskmodels.display import shown_unit
from riskmodels.labels import dated, label, marked, plain_label, plural, rating_label
from riskmodels.reporting.board.digits import shown_value, significant, unit_of
from riskmodels.reporting.board.saved import Saved
from riskmodels.reporting.document import Chart, PaperPage, PaperTable
from riskmodels.reporting.plots import picture, plot_ranges
from riskmodels.scorecard.grounds import RATED
from riskmodels.surveillance import Objectives

_MOST_UNITS, _MOST_DRAWN, _MOST_SCORED = 8, 10, 8  # lines that leave room for the rest of the page; a choice
_POINTS = 100.0  # in a share of one
_NONE_RED = marked("None of the bank's {rated} rated indicators is red; {amber} in amber")
_SOME_RED = marked("{red} of the bank's {rated} rated indicators in red, {amber} in amber")
_SURE = marked(
    "Probability: of being beyond the limit; where the whole bank is beyond it, of being worse than the rest."
)


def service_page(saved: Saved) -> PaperPage | None:
    """Say which indicators and units are beyond a limit, and which likely are; None where none is rated."""
    ratings = saved.card.bank["rating"]
    counts = {one: int((ratings == one).sum()) for one in RATED}
    rated = sum(counts.values())
    charts = tuple(_units_drawn(saved))
    if not rated and not charts:
        return None
    words = _SOME_RED if counts["red"] else _NONE_RED
    none = label("No indicator of the whole bank can be rated yet")
    return PaperPage(
        subject=label("Service and units"),
        message=label(words, counts, rated=rated) if rated else none,
        sentences=(*_satisfied(saved), *map(_gap, saved.rows_of("customer_gap"))),
        charts=charts,
        tables=tuple(filter(None, [_of_bank(saved), _of_units(saved), _of_year(saved)])),
    )


def worst_unit(saved: Saved) -> Iterator[Chart]:
    """Draw the unit that is likeliest beyond red among its peers; nothing where no unit is a finding."""
    rows = [row for row in saved.rows_of("unit_limit") if row["indicator_id"]]
    if not rows:
        return
    worst = max(rows, key=lambda row: (row["severity"] == "red", row["more"].get("p_red") or 0.0))
    one = worst["indicator_id"]
    units = saved.card.units[saved.card.units["indicator_id"] == one].dropna(subset=["estimate"])
    units = units[units["rating"].isin([*RATED, "insufficient"])]
    own = units[units["unit_id"] == worst["subject"]].assign(rating=worst["severity"])  # none is held
    is_worse_above = (units["red"] > units["amber"]).any()
    others = units[units["unit_id"] != worst["subject"]].sort_values("estimate", ascending=not is_worse_above)
    shown = pd.concat([own, others.head(_MOST_DRAWN - 1)])
    names = saved.card.unit_names
    shown = shown.assign(name=[names[unit] for unit in shown["unit_id"]], value=shown["estimate"])
    draw = partial(plot_ranges, shown, unit=unit_of(one), write=partial(shown_value, one))
    yield Chart(
        title=_worst_words(saved, worst, own),
        shows=label("Units, worst first, with 90% intervals, peers and limits"),
        image=picture(lambda axes: draw(ax=axes), width=7.2, height=2.5),
    )


_TIMES = marked(
    "{unit}: {indicator} is an estimated {times} times that of its peers; {chance} likely beyond {colour}"
)
_AGAINST = marked(
    "{unit}: {indicator} is an estimated {value}, peers have {peers}; {chance} likely beyond {colour}"
)


def _worst_words(saved: Saved, worst: Mapping[Any, Any], own: pd.DataFrame) -> str:
    """Say how far the worst unit is from its peers, and how likely it is beyond red, or amber."""
    one, more = worst["indicator_id"], worst["more"]
    peers = float(own["peers"].iloc[0]) if len(own) else float("nan")
    colour = "red" if (more.get("p_red") or 0.0) >= saved.policy.findings.watch else "amber"
    is_times = peers > 0 and unit_of(one) != "" and worst["estimate"] > peers
    return label(
        _TIMES if is_times else _AGAINST,
        unit=worst["subject_name"],
        indicator=saved.name_of(one),
        times=significant(worst["estimate"] / peers, 2) if is_times else "",
        value=shown_value(one, worst["estimate"], worst["limit"]),
        peers=shown_value(one, peers, worst["limit"]),
        chance=shown_probability(float(more.get(f"p_{colour}") or float("nan"))),
        colour=rating_label(colour).lower(),
    )


def _units_drawn(saved: Saved) -> Iterator[Chart]:
    """Draw the riskiest units by their score."""
    scored = saved.card.table.dropna(subset=["score"])
    if len(scored) < 2:  # noqa: PLR2004  one alone is compared with nobody
        return
    first = scored.iloc[0]
    rows = scored.head(_MOST_SCORED).rename(columns={"score": "value"})
    rows = rows.assign(name=rows["unit_id"].map(saved.card.unit_names))
    unit = label("risk score [points, 0 best to 100]; bars are 90% intervals")
    yield Chart(
        title=label(
            "{unit} has the highest risk score of {units} units: {score} of 100 points, {rating}",
            unit=shown_unit(first["unit_id"], first["name"]),
            units=len(scored),
            score=significant(first["score"], 2),
            rating=rating_label(first["rating"]).lower(),
        ),
        shows=label("The riskiest units by score, with 90% intervals"),
        image=picture(lambda axes: plot_ranges(rows, unit=unit, ax=axes), width=7.2, height=2.0),
    )


def _satisfied(saved: Saved) -> Iterator[str]:
    """Say how satisfied customers are, and how that moved."""
    for index in saved.all_of("satisfaction_index", SatisfactionIndex):
        for row in index.bank:
            shown = {name: f"{row[name]:.1f}" for name in ("index", "lower", "upper")}
            is_compared = pd.notna(row["change"])
            change = {"change": f"{row['change']:+z.1f}"} if is_compared else {}
            yield label(_MOVED if is_compared else _INDEX, **shown, **change)


_INDEX = marked("Satisfaction index {index} of 100 (90% interval {lower} to {upper})")
_MOVED = marked(
    "Satisfaction index {index} of 100 (90% interval {lower} to {upper}), {change} points on the quarter"
    " before"
)


def _gap(row: Mapping[Any, Any]) -> str:
    """Say how much worse a group of customers fares."""
    one, points = row["indicator_id"], _POINTS * row["more"]["difference"]
    return label(
        "{group}: {what}, {points} percentage points against {others} ({value} against {other})",
        group=row["subject_name"],
        what=row["condition"].partition(label(": "))[0].partition(": ")[0],
        points=f"{points:+.1f}",
        others=label(CUSTOMERS, group=plain_label(row["more"]["reference"] or "all other")),
        value=shown_value(one, row["value"], row["limit"]),
        other=shown_value(one, row["limit"]),
    )


def _of_bank(saved: Saved) -> PaperTable | None:
    rows = saved.rows_of("bank_limit")
    if not rows:
        return None
    return PaperTable(
        title=label("The whole bank beyond a limit"),
        headings=(label("Indicator"), label("Value"), label("Limit"), label("Since")),
        rows=tuple((_indicator(saved, row), *_figures(row), dated(row["since"])) for row in rows),
        ratings=tuple(row["severity"] for row in rows),
    )


def _of_units(saved: Saved) -> PaperTable | None:
    found, watched = (rows[rows["subject_kind"] == "unit"] for rows in (saved.findings, saved.watched))
    rows = [row for row in (*found.to_dict("records"), *watched.to_dict("records")) if row["indicator_id"]]
    if not rows:
        return None
    more = len(rows) - _MOST_UNITS
    words = plural(
        more, "{more} more is in the full report.", "{more} more are in the full report.", more=more
    )
    shown = rows[:_MOST_UNITS]
    return PaperTable(
        title=label("Units beyond a limit, and on the watch list (without a mark)"),
        headings=(
            *(label("Business unit"), label("Indicator")),
            *(label("Value"), label("Limit"), label("Probability")),
        ),
        rows=tuple(
            (
                row["subject_name"],
                _indicator(saved, row),
                *_figures(row),
                shown_probability(row["probability"]),
            )
            for row in shown
        ),
        texts=2,
        ratings=tuple(row["severity"] if row["severity"] in RATED else "" for row in shown),
        note=" ".join(filter(None, [label(_SURE), words if more > 0 else ""])),
    )


def _indicator(saved: Saved, row: Mapping[Any, Any]) -> str:
    """Name an indicator, with its unit where that is not per cent."""
    name, unit = saved.name_of(row["indicator_id"]), unit_of(row["indicator_id"])
    return label("{name} [{unit}]", name=name, unit=unit) if unit else name


def _figures(row: Mapping[Any, Any]) -> tuple[str, str]:
    """Write what is beyond the limit, the value or else the estimate, and the limit."""
    one, figures = row["indicator_id"], row["more"]
    is_beyond = (row["value"] - row["limit"]) * (figures["red"] - figures["amber"]) > 0
    value = float(row["value" if is_beyond else "estimate"])
    shown = shown_value(one, value, row["limit"])
    words = shown if is_beyond else label("estimated at {figure}", figure=shown)
    return words, shown_value(one, row["limit"])


def _of_year(saved: Saved) -> PaperTable | None:
    """List the objectives of the year, the least likely first."""
    aims = saved.one("objectives", Objectives)
    if aims is None or aims.table.empty:
        return None
    rows = aims.table.sort_values("probability", kind="stable").to_dict("records")
    return PaperTable(
        title=label("Objectives of the year"),
        headings=(
            *(label("Indicator"), label("Year before"), label("Expected")),
            *(label("Objective"), label("Probability of meeting it")),
        ),
        rows=tuple(
            (
                _indicator(saved, row),
                *(
                    shown_value(row["indicator_id"], row[name], row["target"])
                    for name in ("base", "expected")
                ),
                shown_value(row["indicator_id"], row["target"]),
                shown_probability(row["probability"]),
            )
            for row in rows
        ),
    )
