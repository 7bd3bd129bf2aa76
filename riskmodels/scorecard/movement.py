"""What moved the scores since the last scorecard: revised data, policy, the mix of cases, or the rates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.catalogue import INDICATORS
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import label, marked, plural
from riskmodels.scorecard.rating import ANCHORS, posterior_of
from riskmodels.scorecard.scoring import Scorecard

PARTS = (marked("revision"), marked("policy"), marked("coverage"), marked("mix"), marked("rate"))
_KEY = ["unit_id", "indicator_id"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Movements(Displayed):
    """How scores moved from one scorecard to the next.

    Attributes
    ----------
    table : DataFrame
        One row per unit in both, the largest change first: unit_id, name, before, after [points], change,
        revision (what is known today of the quarter before), policy (weights and limits), coverage
        (indicators that came or went), mix (of products, channels and customer groups, and the limits that
        follow it), rate (the rest: what truly or by chance changed) [points]; they add up to change.
        rating_before, rating.
    indicators : DataFrame
        unit_id, indicator_id, mix, rate [points]: they add up to the unit's mix and rate.
    before, after : str
        The quarters.
    why : str
        Why nothing is compared; empty where it is, or where the data do not know the quarter before.
    """

    table: pd.DataFrame
    indicators: pd.DataFrame
    before: str
    after: str
    why: str = ""

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"score_movements": self.table, "score_movements_by_indicator": self.indicators}

    @property
    def sentence(self) -> str:
        """Say how many units moved, and what it was on the whole."""
        if self.table.empty:
            unknown = label("The data do not know the quarter before.")
            return label("{why} Nothing is compared with it.", why=self.why) if self.why else unknown
        means = self.table[list(PARTS)].abs().mean()
        return plural(
            len(self.table),
            "{before} to {after}: {up} of {units} unit scores higher; other ratings: {changed};"
            " on average most of the change is {part}.",
            "{before} to {after}: {up} of {units} units score higher; other ratings: {changed};"
            " on average most of the change is {part}.",
            before=self.before,
            after=self.after,
            up=int((self.table["change"] > 0).sum()),
            units=len(self.table),
            changed=int((self.table["rating"] != self.table["rating_before"]).sum()),
            part=label(str(means.idxmax())),
        )

    def summary(self) -> pd.DataFrame:
        """The units that moved most."""
        return self.table.head(15)


def no_movements(period: str, *, why: str = "") -> Movements:
    """Return that nothing is known of the quarter before ``period``, or why it is not compared."""
    columns = ["unit_id", "name", "before", "after", "change", *PARTS, "rating_before", "rating"]
    return Movements(
        table=pd.DataFrame(columns=columns),
        indicators=pd.DataFrame(columns=["unit_id", "indicator_id", "mix", "rate"]),
        before="",
        after=period,
        why=why,
    )


def explain_movement(previous: Scorecard, revised: Scorecard, card: Scorecard) -> Movements:
    """Split the change of every unit's score into what made it.

    Parameters
    ----------
    previous : Scorecard
        As it was made then.
    revised : Scorecard
        The same quarter from today's data and by today's policy: ``score(tables, policy, period=...)``.
    card : Scorecard
        The quarter now, by the same policy.

    Returns
    -------
    Movements
        Parts that add up to the change, to rounding.

    Raises
    ------
    ParameterError
        ``previous`` and ``revised`` are not of the same quarter.

    Notes
    -----
    One thing is changed after the other, in the order of the columns: the posteriors of the quarter before
    are replaced by today's; then weights and limits; then only indicators that both quarters have are looked
    at; then values and limits move with the mix (rates in proportion to what the mix is worth at one level,
    shares by its difference); what is left is rate. Another order would give other parts where two of them
    meet.
    """
    if previous.period != revised.period:
        raise ParameterError(f"previous is of {previous.period}, revised of {revised.period}")
    old, then, now = (_rated(one) for one in (previous, revised, card))
    both = then.index.intersection(now.index)
    moved = _moved_with_mix(then.loc[both], now.loc[both])
    steps = {
        "before": _scores(old, old["points"]),
        "revision": _scores(then.assign(weight=_of(old, then, "weight")), _points(then, _limits(old, then))),
        "policy": _scores(then, then["points"]),
        "common": _scores(then.loc[both], then["points"].loc[both]),
        "mix": _scores(now.loc[both], moved),
        "rate": _scores(now.loc[both], now["points"].loc[both]),
        "after": _scores(now, now["points"]),
    }
    units = steps["before"].index.intersection(steps["after"].index).intersection(steps["mix"].index)
    at = {name: values.reindex(units) for name, values in steps.items()}
    table = pd.DataFrame({"before": at["before"], "after": at["after"]})
    table["change"] = at["after"] - at["before"]
    table["revision"] = at["revision"] - at["before"]
    table["policy"] = at["policy"] - at["revision"]
    table["coverage"] = at["common"] - at["policy"] + at["after"] - at["rate"]
    table["mix"] = at["mix"] - at["common"]
    table["rate"] = at["rate"] - at["mix"]
    return Movements(
        table=_named(table.rename_axis("unit_id").reset_index(), previous, card),
        indicators=_by_indicator(then.loc[both], now.loc[both], moved, list(units)),
        before=previous.period,
        after=card.period,
    )


def _rated(card: Scorecard) -> pd.DataFrame:
    return card.scored.set_index(_KEY).sort_index()


def _of(old: pd.DataFrame, then: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as it was, and as it is now for rows that were not there."""
    return old[name].reindex(then.index).fillna(then[name])


def _limits(old: pd.DataFrame, then: pd.DataFrame) -> dict[str, pd.Series]:
    return {name: _of(old, then, name) for name in ANCHORS}


def _points(rows: pd.DataFrame, anchors: dict[str, pd.Series]) -> pd.Series:
    """Return the risk points of the rows' posteriors at other anchors."""
    points = np.empty(len(rows))
    places = pd.Series(np.arange(len(rows)), index=rows.index)
    for indicator_id, where in places.groupby(level="indicator_id"):
        found = posterior_of(rows.loc[where.index], str(indicator_id))
        points[where] = found.points(*(anchors[name].loc[where.index].to_numpy(float) for name in ANCHORS))[0]
    return pd.Series(points, index=rows.index)


def _moved_with_mix(then: pd.DataFrame, now: pd.DataFrame) -> pd.Series:
    """Return the points that the values of then would have with the mix and the limits of now.

    A value that moves is the same as limits that move the other way.
    """
    rates = {name for name, entry in INDICATORS.items() if entry.is_rate}
    rate = pd.Series(now.index.get_level_values("indicator_id").isin(rates), index=now.index)
    ratio = (now["mix"] / now["mix_before"]).where(rate).fillna(1.0)
    step = (now["mix"] - now["mix_before"]).where(~rate).fillna(0.0)
    return _points(then, {name: now[name] / ratio - step for name in ANCHORS})


def _scores(rows: pd.DataFrame, points: pd.Series) -> pd.Series:
    """Return the score of each unit, for these points and the rows' weights."""
    total = rows["weight"].groupby(level="unit_id").sum()
    return (points * rows["weight"]).groupby(level="unit_id").sum() / total


def _named(table: pd.DataFrame, previous: Scorecard, card: Scorecard) -> pd.DataFrame:
    now = card.table.set_index("unit_id")
    table.insert(1, "name", table["unit_id"].map(now["name"]))
    table["rating_before"] = table["unit_id"].map(previous.table.set_index("unit_id")["rating"])
    table["rating"] = table["unit_id"].map(now["rating"])
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _by_indicator(then: pd.DataFrame, now: pd.DataFrame, moved: pd.Series, units: list[str]) -> pd.DataFrame:
    """Part the change of the points of each unit's indicators; ``moved`` are those with the mix of now."""
    before = then["weight"] / then["weight"].groupby(level="unit_id").transform("sum")
    share = now["weight"] / now["weight"].groupby(level="unit_id").transform("sum")
    parts = pd.DataFrame(
        {"mix": share * moved - before * then["points"], "rate": share * (now["points"] - moved)}
    ).reset_index()
    return parts[parts["unit_id"].isin(units)].reset_index(drop=True)
