"""One scenario on one page: what is assumed, what happens when, what it costs, who turns red, what helps."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.catalogue import format_value
from riskmodels.display import Listing, shown_few, shown_portion, shown_thousands
from riskmodels.labels import (
    clauses,
    commas,
    counted,
    label,
    local,
    marked,
    plain_label,
    plural,
    rating_label,
    titled,
)
from riskmodels.parameters.plans import Plan, Plans
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.shocks import Shock
from riskmodels.reporting.listings.indicators import indicator_names, interval_of
from riskmodels.reporting.listings.scenarios import basis_words, movement_cells, shock_words
from riskmodels.reporting.listings.stressed import cost_words, signed_thousands, thousands_range
from riskmodels.scorecard import Scorecard
from riskmodels.scorecard.grounds import RATED
from riskmodels.stresstest import StressTest
from riskmodels.stresstest.comparing import needs_of_handlers, turned_red

_MOST = 5  # units or products that are named; a choice
_NONE = "–"
_NEAR = 0.05  # share in time, by which a mean response may be off its paths and still be told; a choice


def list_card(test: StressTest, policy: Policy, card: Scorecard, plans: Plans | None) -> Listing:
    """Lay a scenario out on one page: assumptions, months, standards, money, who turns red, what helps."""
    parts = {
        label("What is assumed"): _assumed(test, policy),
        label("What happens when"): _months(test),
        label("Standards, {quarter}", quarter=test.quarter): _standards(test, policy),
        label("Money"): _in_one(_money(test)),
        label("Who turns red"): _in_one(_red(test, policy, card)),
        label("What would help"): _help(test),
        label("Plan and drill"): _in_one(_plan(plans, plans.of(test.scenario.id) if plans else None)),
    }
    rows = [
        {"Part": part if not place else "", "What": what, "Figures": figures}
        for part, lines in parts.items()
        for place, (what, figures) in enumerate(lines)
    ]
    return Listing(sentence=test.sentence, frame=pd.DataFrame(rows))


def _in_one(lines: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Put short lines into one, so that the card stays a page."""
    yield "", " · ".join(what if figures == _NONE else titled(what, figures) for what, figures in lines)


def _assumed(test: StressTest, policy: Policy) -> Iterator[tuple[str, str]]:
    """Say of each shock what it moves and by how much; then on what basis, and who says so."""
    names, level = indicator_names(policy), test.scenario.level(test.severity)
    for shock in level.shocks:
        yield shock_words(shock), clauses(_moves(shock, names))
    moves = [movement for _, movement in level.movements]
    people = commas(dict.fromkeys(label(one.change.set_by) for one in moves))
    if moves:
        bases = _grouped(dict.fromkeys(map(basis_words, moves)))
        yield label("Basis of the ranges"), label("{bases}. Set by: {people}.", bases=bases, people=people)


def _grouped(bases: Iterable[str]) -> str:
    """Name bases; those that begin alike, up to a colon, together."""
    found: dict[str, list[str]] = {}
    for basis in bases:
        begins, colon, rest = basis.partition("：" if "：" in basis else ": ")
        found.setdefault(begins + colon, []).append(rest)
    return clauses(begins + commas(filter(None, rests)) for begins, rests in found.items())


def _moves(shock: Shock, names: dict[str, str]) -> Iterator[str]:
    for one in shock.moves:
        yield label("{Moves} {Change} ({Range})", movement_cells(one, names))


def _months(test: StressTest) -> Iterator[tuple[str, str]]:
    """Say month by month how many complaints there are, and what is left undone."""
    if not test.raised or test.complaints["stressed"].isna().any():
        yield label("Complaints"), label("they are not multiplied")
    else:
        yield label("Complaints, expected → with the scenario (90% interval)"), clauses(_courses(test))
    if not test.handling.empty:
        yield (
            label("Backlog at the end of the month [days of work] (90% interval)"),
            clauses(_backlogs(test)),
        )
        needs = needs_of_handlers(test.handling)
        ends = (needs["recovery"], needs["recovery_lower"], needs["recovery_upper"])
        yield label("Until the backlog is as usual"), _recovered(*ends)


def _courses(test: StressTest) -> Iterator[str]:
    for row in test.complaints.itertuples():
        yield (
            f"{row.period} {row.expected:,.0f} → {row.stressed:,.0f}"
            f" ({row.stressed_lower:,.0f} – {row.stressed_upper:,.0f})"
        )


def _backlogs(test: StressTest) -> Iterator[str]:
    several = len(set(test.handling["team"])) > 1
    for row in test.handling.itertuples():
        team = f"{row.team} " if several else ""
        yield (
            f"{team}{row.period} {row.backlog_with:.1f} ({row.backlog_lower:.1f} – {row.backlog_upper:.1f})"
        )


def _recovered(middle: float, lower: float, upper: float) -> str:
    """Say after how many months the backlog is as usual; infinite is beyond the outlook."""
    found = [_after(one) for one in (middle, lower, upper)]
    return found[0] if len(set(found)) == 1 else "{} ({} – {})".format(*found)


def _after(months: float) -> str:
    if np.isinf(months):
        return label("later than the outlook")
    words = plural(months, "{months:.0f} month", "{months:.0f} months", months=months)
    return words if months else label("it stays as usual")


def _standards(test: StressTest, policy: Policy) -> Iterator[tuple[str, str]]:
    """Say what becomes of the indicators whose colour changes, and of the standards of waiting by month."""
    waited = set(test.standards["indicator_id"])
    shown = (test.table["rating"] != test.table["rating_before"]) | test.table["indicator_id"].isin(waited)
    for row in test.table[shown].to_dict("records"):
        words = f"{_values(row)}{_colours(row)}{_by_month(test, row['indicator_id'])}"
        yield local(policy.indicator(row["indicator_id"]), "name"), words
    if len(rest := test.table[~shown]):
        names = [local(policy.indicator(name), "name") for name in rest["indicator_id"]]
        yield label("Others that move and keep their colour"), _named(names, test.table)
    if test.table.empty:
        yield label("No standard is moved"), _NONE


def _values(row: Mapping[Hashable, Any]) -> str:
    name = row["indicator_id"]
    pair = f"{format_value(name, row['before'])} → {format_value(name, row['after'])}"
    return f"{pair} ({interval_of(name, row['lower'], row['upper'])})"


def _colours(row: Mapping[Hashable, Any]) -> str:
    if not row["rating"]:
        return ""
    return label("; ") + label(
        "{before} → {after}, probability of red {p_red}",
        before=rating_label(row["rating_before"]) if row["rating_before"] else "–",
        after=rating_label(row["rating"]),
        p_red=shown_portion(row["p_red"]),
    )


def _by_month(test: StressTest, indicator_id: str) -> str:
    """Say how probably each month misses a standard of waiting, of the team for which that is likeliest."""
    rows = test.standards[test.standards["indicator_id"] == indicator_id]
    if rows.empty:
        return ""
    worst = rows.groupby("period", sort=False)["missed"].max()
    months = commas(
        f"{period} {shown_portion(missed)}" for period, missed in zip(worst.index, worst, strict=True)
    )
    return label("; ") + label("by month: {months}", months=months)


def _money(test: StressTest) -> Iterator[tuple[str, str]]:
    """Say what the scenario adds by item, and what a bad year costs."""
    for row in test.costs.to_dict("records"):
        yield cost_words(row["item"], row["months"]), _more(row)
    if len(test.losses) > 1:
        before, after = (test.losses[test.losses["when"] == when].iloc[0] for when in ("before", "after"))
        level = f"{after['level']:.1%}"
        pairs = [
            f"{shown_thousands(before[name])} → {shown_thousands(after[name])}"
            for name in ("value_at_risk", "expected_shortfall")
        ]
        yield (
            label("A bad year's losses: value-at-risk and expected shortfall, {level}", level=level),
            label("{value_at_risk} and {shortfall} thousand CNY", value_at_risk=pairs[0], shortfall=pairs[1]),
        )
    if test.costs.empty and test.losses.empty:
        yield label("Nothing is known"), _NONE


def _more(row: Mapping[Hashable, Any]) -> str:
    if not (row["lower"] or row["upper"] or row["more"]):
        return label("as without the scenario")
    return label(
        "{more} thousand CNY ({interval})",
        more=signed_thousands(row["more"]),
        interval=thousands_range(row["lower"], row["upper"]),
    )


def _red(test: StressTest, policy: Policy, card: Scorecard) -> Iterator[tuple[str, str]]:
    """Name who turns red: indicators, units, products and customer groups."""
    names = [local(policy.indicator(name), "name") for name in turned_red(test.table)["indicator_id"]]
    yield label("Indicators of the bank"), _named(names, test.table)
    red = turned_red(test.turning)
    units = [card.unit_names.get(name, name) for name in red.loc[red["of"] == "unit_id", "id"]]
    yield (
        label("Units, by their rate of complaints"),
        _named([str(name) for name in units], test.turning[test.turning["of"] == "unit_id"]),
    )
    products = [plain_label(name) for name in red.loc[red["of"] == "product", "id"]]
    of_products = test.turning[test.turning["of"] == "product"]
    yield label("Products, by their rate of complaints"), _named(products, of_products)
    groups = [plain_label(str(name)) for name in turned_red(test.groups)["id"].unique()]
    yield label("Customer groups, by a share of their cases"), _named(groups, test.groups)


def _named(names: list[str], rows: pd.DataFrame) -> str:
    """Name those that turn red; where none of the rows has a colour, it is not known."""
    if not rows["rating"].isin(RATED).any():
        return label("not known")
    return (
        label("{number:,d} ({names})", number=len(names), names=shown_few(names, _MOST))
        if names
        else label("none")
    )


def _help(test: StressTest) -> Iterator[tuple[str, str]]:
    """Say how many people hold the standard, and what the scenario would be without each shock."""
    if not test.handling.empty:
        needed = _people(needs_of_handlers(test.handling)["staff"])
        yield label("People that keep complaints in time as without the scenario"), needed
    shocks = {one.name: local(one, "name") for one in test.scenario.level(test.severity).shocks}
    paths = test.handling["within_7_with"].min()
    is_near = bool((test.without["in_time"] - paths).abs().head(1).le(_NEAR).all())
    for row in test.without.to_dict("records"):
        name = row["shock"]
        what = label("Without: {shock}", shock=shocks.get(name, name)) if name else label("With all shocks")
        yield label("{what} (mean response)", what=what), _response(row, is_near=is_near)


def _people(needed: float) -> str:
    if needed <= 1:
        return label("as many as usual")
    words = marked("{times} times the usual people in the worst month, had nothing waited before")
    return label(words, times=label("more than 4") if np.isinf(needed) else f"{needed:.3g}")


def _response(row: Mapping[Hashable, Any], *, is_near: bool) -> str:
    """Say a mean response; the share in time only where that of the paths is near it."""
    parts = [counted(round(row["complaints"]), "complaint", "complaints")]
    if not np.isnan(row["backlog"]):
        parts.append(label("at most {days:.1f} days of work left", days=row["backlog"]))
    if is_near and not np.isnan(row["in_time"]):
        words = marked("in the worst month {share} wait less than 7 working days")
        parts.append(label(words, share=shown_portion(row["in_time"])))
    if not np.isnan(row["losses"]):
        parts.append(label("{losses} thousand CNY lost a year", losses=shown_thousands(row["losses"])))
    return clauses(parts)


def _plan(plans: Plans | None, plan: Plan | None) -> Iterator[tuple[str, str]]:
    """Say whose plan there is, its reserves, and when it was drilled."""
    if plan is None:
        words = marked("none is written") if plans else marked("the run names no file of plans")
        yield label("Plan"), label(words)
        return
    said = {"owner": local(plan, "owner"), "set_by": label(plan.set_by)}
    steps = counted(len(plan.steps), "step", "steps")
    yield label("Plan"), label("{owner}; {steps}; set by {set_by}", said, steps=steps)
    reserves = [f"{local(one, 'name')} ({one.quantity:g}; {one.ready_within.words})" for one in plan.reserves]
    if reserves:
        yield label("Reserves, and until when they are ready"), clauses(reserves)
    drill = plan.last_drill
    if drill is None:
        yield label("Last drill"), label("none")
        return
    gaps = sum(gap.closed_on is None for gap in drill.gaps)
    still = plural(gaps, "{gaps} gap still open", "{gaps} gaps still open", gaps=gaps)
    yield label("Last drill"), clauses([drill.held_on.isoformat(), still])
