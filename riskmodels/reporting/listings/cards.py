"""One scenario on one page: what is assumed, what happens when, what it costs, who turns red, what helps."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.catalogue import format_value
from riskmodels.display import Listing, shown_few, shown_portion, shown_thousands
from riskmodels.labels import counted, label, local, marked, plain_label, plural, rating_label
from riskmodels.parameters.moved import moved_words
from riskmodels.parameters.plans import Plan, Plans
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.shocks import Shock
from riskmodels.reporting.listings.indicators import indicator_names, interval_of
from riskmodels.reporting.listings.scenarios import change_words, shock_words
from riskmodels.reporting.listings.stressed import cost_words, signed_thousands, thousands_range
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest

_MOST = 5  # units or products that are named; a choice


def list_card(test: StressTest, policy: Policy, card: Scorecard, plans: Plans | None) -> Listing:
    """Lay a scenario out on one page: assumptions, months, standards, money, who turns red, what helps."""
    parts = {
        marked("What is assumed"): _assumed(test, policy),
        marked("What happens when"): _months(test),
        marked("Standards"): _standards(test, policy),
        marked("Money"): _money(test),
        marked("Who turns red"): _red(test, policy, card),
        marked("What would help"): _help(test),
        marked("Plan and drill"): _plan(plans, plans.of(test.scenario.id) if plans else None),
    }
    rows = [
        {"Part": label(part) if not place else "", "What": what, "Figures": figures}
        for part, lines in parts.items()
        for place, (what, figures) in enumerate(lines)
    ]
    return Listing(sentence=test.sentence, frame=pd.DataFrame(rows))


def _assumed(test: StressTest, policy: Policy) -> Iterator[tuple[str, str]]:
    """Say of each shock what it moves, by how much, on what basis, and who says so."""
    names = indicator_names(policy)
    for shock in test.scenario.level(test.severity).shocks:
        yield shock_words(shock), "; ".join(_moves(shock, names)) + ". " + _basis(shock)


def _moves(shock: Shock, names: dict[str, str]) -> Iterator[str]:
    for one in shock.moves:
        what = moved_words(one, names.get(one.indicator_id, one.indicator_id))
        likeliest, low, high = change_words(one)
        yield label("{what} {likeliest} ({low} … {high})", what=what, likeliest=likeliest, low=low, high=high)


def _basis(shock: Shock) -> str:
    """Name what the ranges rest on, each once, and who set them."""
    changes = [one.change for one in shock.moves]
    bases = "; ".join(dict.fromkeys(one.basis for one in changes))
    people = ", ".join(dict.fromkeys(label(one.set_by) for one in changes))
    return label("Basis: {bases}. Set by: {people}.", bases=bases, people=people)


def _months(test: StressTest) -> Iterator[tuple[str, str]]:
    """Say month by month how many complaints there are, and what is left undone."""
    if not test.raised or test.complaints["stressed"].isna().any():
        yield label("Complaints"), label("they are not multiplied")
    else:
        yield label("Complaints, expected → with the scenario (90% interval)"), "; ".join(_courses(test))
    if not test.handling.empty:
        yield (
            label("Backlog at the end of the month [days of work] (90% interval)"),
            "; ".join(_backlogs(test)),
        )
        yield label("Until the backlog is as usual"), recovery_words(*_recovery(test))


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


def _recovery(test: StressTest) -> list[float]:
    names = ["recovery", "recovery_lower", "recovery_upper"]
    return [float(value) for value in test.handling.drop_duplicates("team")[names].fillna(np.inf).max()]


def recovery_words(middle: float, lower: float, upper: float) -> str:
    """Say after how many months the backlog is as usual; infinite is beyond the outlook."""
    if np.isnan(middle):
        return "–"
    low, mid, high = (label("beyond") if np.isinf(one) else f"{one:.0f}" for one in (lower, middle, upper))
    words = marked("{middle} months ({lower} – {upper}; beyond: later than the outlook)")
    return label(words, middle=mid, lower=low, upper=high)


def _standards(test: StressTest, policy: Policy) -> Iterator[tuple[str, str]]:
    """Say what each indicator was and is, and how probably a month misses a standard of waiting."""
    for row in test.table.to_dict("records"):
        name = row["indicator_id"]
        value = f"{format_value(name, row['before'])} → {format_value(name, row['after'])}"
        interval = interval_of(name, row["lower"], row["upper"])
        rated = ""
        if row["rating"]:
            rated = "; " + label(
                "{before} → {after}, probability of red {p_red}",
                before=rating_label(row["rating_before"]) if row["rating_before"] else "–",
                after=rating_label(row["rating"]),
                p_red=shown_portion(row["p_red"]),
            )
        yield local(policy.indicator(name), "name"), f"{value} ({interval}){rated}"
    for (_, name), rows in test.standards.groupby(["team", "indicator_id"], sort=False):
        pairs = zip(rows["period"], rows["missed"], strict=True)
        months = ", ".join(f"{period} {shown_portion(missed)}" for period, missed in pairs)
        named = local(policy.indicator(str(name)), "name")
        yield label("{standard}: probability that a month is red", standard=named), months
    if test.table.empty and test.standards.empty:
        yield label("None is moved"), "–"


def _money(test: StressTest) -> Iterator[tuple[str, str]]:
    """Say what the scenario adds by item, and what a bad year costs."""
    for row in test.costs.to_dict("records"):
        more = label(
            "{more} thousand CNY more ({interval})",
            more=signed_thousands(row["more"]),
            interval=thousands_range(row["lower"], row["upper"]),
        )
        yield cost_words(row["item"], row["months"]), more
    if len(test.losses) > 1:
        before, after = (test.losses[test.losses["when"] == when].iloc[0] for when in ("before", "after"))
        level = f"{after['level']:.1%}"
        for name, words in (
            ("value_at_risk", marked("Value-at-risk of a year's losses, {level}")),
            ("expected_shortfall", marked("Expected shortfall of a year's losses, {level}")),
        ):
            pair = f"{shown_thousands(before[name])} → {shown_thousands(after[name])}"
            yield label(words, level=level), label("{pair} thousand CNY", pair=pair)
    if test.costs.empty and test.losses.empty:
        yield label("Nothing is known"), "–"


def _red(test: StressTest, policy: Policy, card: Scorecard) -> Iterator[tuple[str, str]]:
    """Name who turns red: indicators, units, products and customer groups."""
    turned = test.table[(test.table["rating"] == "red") & (test.table["rating_before"] != "red")]
    names = [local(policy.indicator(name), "name") for name in turned["indicator_id"]]
    yield label("Indicators of the bank"), _named(names)
    red = test.turning[(test.turning["rating"] == "red") & (test.turning["rating_before"] != "red")]
    units = [card.unit_names.get(name, name) for name in red.loc[red["of"] == "unit_id", "id"]]
    yield label("Units, by their rate of complaints"), _named([str(name) for name in units])
    products = [plain_label(name) for name in red.loc[red["of"] == "product", "id"]]
    yield label("Products, by their rate of complaints"), _named(products)
    groups = test.groups[(test.groups["rating"] == "red") & (test.groups["rating_before"] != "red")]
    indicators = indicator_names(policy)
    found = [
        f"{plain_label(str(name))} ({', '.join(indicators.get(one, one) for one in rows['indicator_id'])})"
        for name, rows in groups.groupby("id", sort=False)
    ]
    yield label("Customer groups"), "; ".join(found) if found else _named([])


def _named(names: list[str]) -> str:
    return f"{len(names):,d}: {shown_few(names, _MOST)}" if names else label("none")


def _help(test: StressTest) -> Iterator[tuple[str, str]]:
    """Say how many people hold the standard, and what the scenario would be without each shock."""
    if not test.handling.empty:
        needed = float(test.handling["staff_needed"].fillna(np.inf).max())
        words = marked("{times} times as many people in the worst month, had nothing waited before")
        shown = label("more than four") if np.isinf(needed) else f"{needed:.3g}"
        yield label("People that keep complaints in time as without the scenario"), label(words, times=shown)
    shocks = {one.name: local(one, "name") for one in test.scenario.level(test.severity).shocks}
    for row in test.without.to_dict("records"):
        name = row["shock"]
        what = label("Without: {shock}", shock=shocks.get(name, name)) if name else label("With all shocks")
        yield label("{what} (mean response)", what=what), _response(row)


def _response(row: Mapping[Hashable, Any]) -> str:
    parts = [counted(round(row["complaints"]), "complaint", "complaints")]
    if not np.isnan(row["backlog"]):
        parts += [
            label("at most {days:.1f} days of work left", days=row["backlog"]),
            label(
                "at least {share} of a month wait less than 7 working days",
                share=shown_portion(row["in_time"]),
            ),
        ]
    if not np.isnan(row["losses"]):
        parts.append(label("{losses} thousand CNY lost a year", losses=shown_thousands(row["losses"])))
    return "; ".join(parts)


def _plan(plans: Plans | None, plan: Plan | None) -> Iterator[tuple[str, str]]:
    """Say whose plan there is, its reserves, and when it was drilled."""
    if plan is None:
        words = marked("none is written") if plans else marked("the run names no file of plans")
        yield label("Plan"), label(words)
        return
    steps = counted(len(plan.steps), "step", "steps")
    yield label("Plan"), label("{owner}; {steps}; set by {set_by}", owner=local(plan, "owner"), steps=steps,
                               set_by=label(plan.set_by))  # fmt: skip
    reserves = [f"{local(one, 'name')} ({one.quantity:g}; {one.ready_within.words})" for one in plan.reserves]
    if reserves:
        yield label("Reserves, and until when they are ready"), "; ".join(reserves)
    drill = plan.last_drill
    if drill is None:
        yield label("Last drill"), label("none")
        return
    gaps = sum(gap.closed_on is None for gap in drill.gaps)
    still = plural(gaps, "{gaps} gap still open", "{gaps} gaps still open", gaps=gaps)
    yield label("Last drill"), f"{drill.held_on.isoformat()}; {still}"
