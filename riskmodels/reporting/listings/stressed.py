"""What a scenario does to units, products, losses and costs, and what each of its shocks adds."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from riskmodels.catalogue import format_value
from riskmodels.display import Listing, shown_portion, shown_thousands
from riskmodels.labels import label, local, marked, plain_label, plural, rating_label, space
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.shocks import Shock
from riskmodels.reporting.listings.indicators import interval_of
from riskmodels.scorecard import Scorecard
from riskmodels.stresstest import StressTest
from riskmodels.stresstest.comparing import turned_red

_RATE = "complaint_rate"
_MOST = 10  # units and products; a choice: tables/ has them all
_LIKELY = 0.005  # more probable to be red by less than half a point is no change
_NO_HANDLING = marked("How much the handlers can do is not known, or complaints are not forecast by month.")
_COSTS = {
    "losses": marked("Losses of a year"),
    "redress": marked("Redress of {months:.0f} months"),
    "fines": marked("Fines within a year"),
    "income": marked("Income of a year of customers who leave"),
    "total": marked("All of these"),
}
_ADDED = marked("All that the scenario adds")
_PERIODS = marked("Redress is of the {months:.0f} months of the outlook, all else of a year.")
_NO_GROUPS = marked(
    "Customer groups are not shown: their cases have none, or nothing moves that is a share of their cases."
)
_NO_RATE = marked("How often a group complains is not known: accounts have no customer group.")
_NO_COSTS = marked("Nothing is known of what the scenario would cost.")
_NO_LOSSES = marked("No losses have been assessed: what a bad year under the scenario costs is not known.")


def list_handling(test: StressTest) -> Listing:
    """List what the handlers can do under a scenario, month by month."""
    if test.handling.empty:
        return Listing(sentence=label(_NO_HANDLING), frame=pd.DataFrame())
    several = len(set(test.handling["team"])) > 1
    listed = [
        {
            **({"Team": row["team"]} if several else {}),
            "Month": row["period"],
            "Load [of capacity]": f"{row['load_without']:.0%} → {row['load_with']:.0%}",
            "Waiting less than 7 working days": _pair(row, "within_7"),
            "Waiting less than 3 working days": _pair(row, "within_3"),
            "Backlog [days of work]": f"{row['backlog_with']:.1f}",
            "90% interval": f"{row['backlog_lower']:.1f} – {row['backlog_upper']:.1f}",
            "Probability that the 7-day standard is red": shown_portion(row["missed_7"]),
            "People needed, had nothing waited before": "> × 4"
            if pd.isna(row["staff_needed"])
            else f"× {row['staff_needed']:.3g}",
        }
        for row in test.handling.to_dict("records")
    ]
    return Listing(sentence=_handled(test.handling), frame=pd.DataFrame(listed))


def list_turning(test: StressTest, card: Scorecard) -> Listing:
    """List the units and products that become likelier to be red by their rate of complaints."""
    if test.turning.empty:
        words = marked("No unit and no product has a rate of complaints that could be stressed.")
        return Listing(sentence=label(words), frame=pd.DataFrame())
    rise = test.turning["p_red"] - test.turning["p_red_before"]
    rows = test.turning[rise > _LIKELY]
    listed = [
        {
            "Unit or product": _name(row, card),
            "Before": format_value(_RATE, row["before"]),
            "After": format_value(_RATE, row["after"]),
            "90% interval": interval_of(_RATE, row["lower"], row["upper"]),
            "Red from": format_value(_RATE, row["red"]),
            "Rating before": rating_label(row["rating_before"]),
            "Rating after": rating_label(row["rating"]),
            "Probability of red": f"{row['p_red_before']:.0%} → {row['p_red']:.0%}",
        }
        for row in rows.head(_MOST).to_dict("records")
    ]
    return Listing(sentence=_turned(test.turning), frame=pd.DataFrame(listed))


def list_stressed_groups(test: StressTest, policy: Policy) -> Listing:
    """List the customer groups that become likelier to be red, by the shares of their cases that move."""
    if test.groups.empty:
        return Listing(sentence=label(_NO_GROUPS), frame=pd.DataFrame())
    rows = test.groups[test.groups["p_red"] - test.groups["p_red_before"] > _LIKELY]
    listed = [
        {
            "Customer group": plain_label(row["id"]),
            "Indicator": local(policy.indicator(row["indicator_id"]), "name"),
            "Before": format_value(row["indicator_id"], row["before"]),
            "After": format_value(row["indicator_id"], row["after"]),
            "90% interval": interval_of(row["indicator_id"], row["lower"], row["upper"]),
            "Red from": format_value(row["indicator_id"], row["red"]),
            "Rating before": rating_label(row["rating_before"]),
            "Rating after": rating_label(row["rating"]),
            "Probability of red": f"{row['p_red_before']:.0%} → {row['p_red']:.0%}",
        }
        for row in rows.to_dict("records")
    ]
    groups = int(turned_red(test.groups)["id"].nunique())
    said = plural(
        groups,
        "{groups} of {all} customer groups turns red by a share of its own cases.",
        "{groups} of {all} customer groups turn red by a share of their own cases.",
        groups=groups,
        all=test.groups["id"].nunique(),
    )
    return Listing(sentence=said + space() + label(_NO_RATE), frame=pd.DataFrame(listed))


def list_costs(test: StressTest) -> Listing:
    """List what a scenario is expected to cost, without it and with it."""
    if test.costs.empty:
        return Listing(sentence=label(_NO_COSTS), frame=pd.DataFrame())
    frame = pd.DataFrame(
        {
            "What": [
                cost_words(*pair) for pair in zip(test.costs["item"], test.costs["months"], strict=True)
            ],
            "Without [thousand CNY]": test.costs["before"].map(thousands_known),
            "With [thousand CNY]": test.costs["after"].map(thousands_known),
            "More [thousand CNY]": test.costs["more"].map(signed_thousands),
            "90% interval": [
                thousands_range(*pair) for pair in zip(test.costs["lower"], test.costs["upper"], strict=True)
            ],
        }
    )
    total = test.costs.iloc[-1]
    words = marked(
        "The scenario is expected to cost {more} thousand CNY more ({lower} to {upper});"
        " what is not listed is not known."
    )
    figures = {name: signed_thousands(total[name]).removeprefix("+") for name in ("more", "lower", "upper")}
    said = label(words, **figures)
    if pd.isna(total["months"]):
        redress = test.costs.loc[test.costs["item"] == "redress", "months"].iloc[0]
        said += space() + label(_PERIODS, months=redress)
    return Listing(sentence=said, frame=frame)


def cost_words(item: str, months: float) -> str:
    """Name an item of the costs, with the months that it is about; unknown where its parts differ."""
    words = _ADDED if item == "total" and pd.isna(months) else _COSTS[item]
    return label(words, months=months)


def thousands_range(lower: float, upper: float) -> str:
    """Write the ends of what comes on top, in thousands."""
    return f"{signed_thousands(lower)} … {signed_thousands(upper)}"


def thousands_known(amount: float) -> str:
    """Write an amount in thousands; a dash where it is not known."""
    return "–" if pd.isna(amount) else shown_thousands(amount)


def list_stressed_losses(test: StressTest) -> Listing:
    """List a year's losses without and with the scenario: expected, and in a bad year."""
    if test.losses.empty:
        return Listing(sentence=label(_NO_LOSSES), frame=pd.DataFrame())
    before, after = test.losses["value_at_risk"]
    if after == before:
        return Listing(sentence=label("A year's losses stay as they are."), frame=pd.DataFrame())
    level = f"{test.losses['level'].iloc[0]:.1%}"
    columns = {"mean": "Mean", "value_at_risk": label("Value-at-risk {level}", level=level)}
    columns |= {"expected_shortfall": label("Expected shortfall {level}", level=level)}
    when = [label("without the scenario"), label("with the scenario")]
    shown = {words: test.losses[name].map(shown_thousands).tolist() for name, words in columns.items()}
    words = marked(
        "With a probability of {level} a year's losses are not more than {after} thousand CNY, against"
        " {before} without the scenario."
    )
    figures = {"level": level, "after": shown_thousands(after), "before": shown_thousands(before)}
    frame = pd.DataFrame({"Losses of a year [thousand CNY]": when, **shown})
    return Listing(sentence=label(words, **figures), frame=frame)


def list_shocks(test: StressTest) -> Listing:
    """List what each shock of the scenario adds to complaints and to losses; the parts add up."""
    if test.by_shock.empty:
        return Listing(sentence=label("No shock adds complaints or losses."), frame=pd.DataFrame())
    shocks = {one.name: one for one in test.scenario.level(test.severity).shocks}
    frame = pd.DataFrame(
        {
            "Shock": [_shock(shocks.get(name), name) for name in test.by_shock["shock"]],
            "Complaints more": [f"{value:+,.0f}" for value in test.by_shock["complaints"]],
        }
    )
    if "money" in test.by_shock:
        frame["Losses of a year more [thousand CNY]"] = test.by_shock["money"].map(signed_thousands).tolist()
    sentence = plural(
        len(frame),
        "{count} shock adds complaints or losses; the figures add up to what the scenario adds.",
        "{count} shocks add complaints or losses; the figures add up to what the scenario adds.",
        count=len(frame),
    )
    return Listing(sentence=sentence, frame=frame)


def _pair(row: Mapping[Hashable, Any], name: str) -> str:
    return f"{shown_portion(row[f'{name}_without'])} → {shown_portion(row[f'{name}_with'])}"


def _handled(handling: pd.DataFrame) -> str:
    """Say what was taken as capacity, and when the backlog is as usual again."""
    capacity = marked("The handlers can finish {a_day:.0f} complaints a working day.")
    if handling["is_estimated"].any():
        capacity = marked(
            "The handlers are taken to finish {lower:.0f} to {upper:.0f} complaints a working day, as in"
            " their busiest four weeks and their busiest one: they may be able to do more."
        )
    figures = handling.groupby("team", sort=False)[["a_day", "a_day_lower", "a_day_upper"]].first().sum()
    able = {"a_day": figures["a_day"], "lower": figures["a_day_lower"], "upper": figures["a_day_upper"]}
    longest = handling.groupby("team", sort=False)["recovery"].first().max(skipna=False)
    return label(capacity, **able) + space() + _recovered(longest)


def _recovered(months: float) -> str:
    """Say after how many months the backlog is as usual."""
    if pd.isna(months):
        return label("In the middle case the backlog does not become as usual within the months looked at.")
    if not months:
        return label("In the middle case the backlog stays as usual.")
    return plural(
        round(months),
        "In the middle case the backlog is as usual for good after {months:.0f} month.",
        "In the middle case the backlog is as usual for good after {months:.0f} months.",
        months=months,
    )


def _turned(turning: pd.DataFrame) -> str:
    """Say how many units and products turn red."""
    red = turned_red(turning)
    units, products = ((red["of"] == level).sum() for level in ("unit_id", "product"))
    return label(
        "{units} and {products} turn red by their rate of complaints.",
        units=plural(int(units), "{count} unit", "{count} units", count=int(units)),
        products=plural(int(products), "{count} product", "{count} products", count=int(products)),
    )


def _name(row: Mapping[Hashable, Any], card: Scorecard) -> str:
    if row["of"] == "product":
        return plain_label(row["id"])
    return str(card.unit_names.get(row["id"], row["id"]))


def _shock(shock: Shock | None, name: str) -> str:
    return name if shock is None else f"{local(shock, 'name')} ({shock.size:g} {local(shock, 'unit')})"


def signed_thousands(amount: float) -> str:
    """Write an amount in thousands with its sign; nothing has none.

    >>> signed_thousands(12_345.0), signed_thousands(-1_500.0), signed_thousands(0.0)
    ('+12', '-1.5', '0')
    """
    sign = "+" if amount > 0 else "-" if amount < 0 else ""
    return sign + shown_thousands(abs(amount)) if sign else "0"
