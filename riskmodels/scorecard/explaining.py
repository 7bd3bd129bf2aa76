"""Why a unit scores what it scores, why that has changed, and whom it is like: in numbers and in words."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import format_value
from riskmodels.catalogue.exposure import accounts_by_product
from riskmodels.display import Displayed, shown_unit
from riskmodels.labels import RATING_LABELS, local
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard.movement import Movements, no_movements
from riskmodels.scorecard.scoring import Scorecard
from riskmodels.tables import Tables
from riskmodels.tables.lifetimes import GONE

PEERS = 5  # units likest to one, a choice: enough to compare with, few enough to know
_PEER_COLUMNS = ["unit_id", "name", "distance", "score", "rating"]
_NAMED = 3  # indicators named in the sentence; a choice: the table has them all
_RATINGS_ZH = {"red": "红", "amber": "黄", "green": "绿", "insufficient": "证据不足"}
_PARTS_ZH = {"revision": "数据修订", "policy": "政策", "coverage": "指标增减", "mix": "结构", "rate": "水平"}


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitExplanation(Displayed):
    """One unit, indicator by indicator.

    Attributes
    ----------
    unit_id, name, period : str
        Which unit, in which quarter.
    table : DataFrame
        One row per indicator with limits, largest contribution first: indicator_id, value, estimate, lower,
        upper, peers, amber, red, figure [unit of the indicator], p_amber, p_red, rating, basis, points, share
        [of the weight], contribution
        [points]: contributions add up to the score.
    movement : DataFrame
        One row, or none without an earlier scorecard: the columns of ``Movements.table``.
    peers : DataFrame
        The units most like it in size and products: unit_id, name, distance, score, rating.
    sentence_en, sentence_zh : str
        The same in words.
    """

    unit_id: str
    period: str
    table: pd.DataFrame
    movement: pd.DataFrame
    peers: pd.DataFrame
    sentence_en: str
    sentence_zh: str
    name: str = ""

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"unit_contributions": self.table}

    @property
    def sentence(self) -> str:
        """Say it in the language in use."""
        return local(self, "sentence")

    def summary(self) -> pd.DataFrame:
        """The largest contributions."""
        columns = ["indicator_id", "value", "estimate", "peers", "rating", "points", "share", "contribution"]
        return self.table[columns].head(15)


def explain_unit(
    card: Scorecard, policy: Policy, tables: Tables, unit_id: str, *, movements: Movements | None = None
) -> UnitExplanation:
    """Say what one unit's score is made of, how it has moved, and which units it is like.

    Parameters
    ----------
    card : Scorecard
        The quarter.
    policy, tables
        For names, and for sizes and products of the units.
    unit_id : str
        Which unit.
    movements : Movements, optional
        Since an earlier scorecard.

    Returns
    -------
    UnitExplanation
        Contributions that add up to the score.

    Raises
    ------
    ParameterError
        The scorecard has no such unit, but others.
    """
    scored = card.table[card.table["unit_id"] == unit_id]
    if card.table.empty:
        return _nobody(card)
    card.check_unit(unit_id)
    table = contributions(card, unit_id)
    moved = (movements or no_movements(card.period)).table
    moved = moved[moved["unit_id"] == unit_id]
    like = nearest_peers(tables, card, unit_id)
    said = {
        language: _sentence(dict(scored.iloc[0].items()), table, moved, policy, len(card.table), language)
        for language in ("en", "zh")
    }
    return UnitExplanation(
        unit_id=unit_id,
        period=card.period,
        table=table,
        movement=moved,
        peers=like,
        sentence_en=said["en"],
        sentence_zh=said["zh"],
        name=str(scored["name"].iloc[0]),
    )


def _nobody(card: Scorecard) -> UnitExplanation:
    return UnitExplanation(
        unit_id="",
        period=card.period,
        table=contributions(card, ""),
        movement=no_movements(card.period).table,
        peers=pd.DataFrame(columns=_PEER_COLUMNS),
        sentence_en="No unit is scored.",
        sentence_zh="没有机构得分。",
    )


def contributions(card: Scorecard, unit_id: str) -> pd.DataFrame:
    """Split a unit's score into what each of its indicators contributes; the sum is the score."""
    rows = card.scored[card.scored["unit_id"] == unit_id]
    share = rows["weight"] / rows["weight"].sum()
    kept = [
        "indicator_id",
        "value",
        "left_out",
        "estimate",
        "lower",
        "upper",
        "peers",
        "amber",
        "red",
        "figure",
        "p_amber",
        "p_red",
        "rating",
        "basis",
        "points",
    ]
    table = rows[kept].assign(share=share, contribution=share * rows["points"])
    return table.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)


def nearest_peers(tables: Tables, card: Scorecard, unit_id: str) -> pd.DataFrame:
    """Return the units most like one: by size (logarithm of accounts) and by the mix of products.

    Both are standardised over the units and weigh alike; five rows, nearest first: unit_id, name, distance
    [standard deviations], score, rating. Empty where the source has no exposure.
    """
    if tables.exposure is None:
        return pd.DataFrame(columns=_PEER_COLUMNS)
    frame = accounts_by_product(tables.exposure, card.period)
    gone = card.lifetimes.loc[card.lifetimes["state"].isin(GONE), "unit_id"]
    frame = frame[~frame["unit_id"].isin(gone)]
    wide = frame.pivot_table(
        index="unit_id", columns="product", values="accounts", fill_value=0.0
    ).sort_index()
    if unit_id not in wide.index:
        return pd.DataFrame(columns=_PEER_COLUMNS)
    distance = pd.Series(_distances(wide.to_numpy(float), list(wide.index).index(unit_id)), index=wide.index)
    near = distance.drop(unit_id).nsmallest(PEERS).rename("distance").rename_axis("unit_id").reset_index()
    return near.merge(card.table[["unit_id", "name", "score", "rating"]], on="unit_id", how="inner")[
        _PEER_COLUMNS
    ]


def _distances(accounts: Floats, place: int) -> Floats:
    """Return how far units are from one of them, given their accounts by product, shape (n, products)."""
    size = np.log(np.maximum(accounts.sum(axis=1), 1.0))
    mix = np.sqrt(accounts / np.maximum(accounts.sum(axis=1, keepdims=True), 1.0))
    in_size = (size - size[place]) / max(size.std(), 1e-9)
    spread = max(float(np.sqrt(mix.var(axis=0).sum())), 1e-9)
    in_mix = np.sqrt(((mix - mix[place]) ** 2).sum(axis=1)) / spread
    return np.asarray(np.hypot(in_size, in_mix), dtype=np.float64)


def _sentence(
    unit: dict[Hashable, object],
    table: pd.DataFrame,
    moved: pd.DataFrame,
    policy: Policy,
    units: int,
    language: str,
) -> str:
    parts = [_standing(unit, units, language), _drivers(table, policy, language)]
    if len(moved):
        parts.append(_moved(moved.iloc[0], language))
    return (" " if language == "en" else "").join(parts)


def _standing(unit: dict[Hashable, object], units: int, language: str) -> str:
    rating = str(unit["rating"])
    if language == "en":
        said = "{name} scores {score:.0f} risk points ({lower:.0f} to {upper:.0f}), place {rank} of {units}"
        said += " ({rank_lower} to {rank_upper}), and is rated: {rating}."
        named = RATING_LABELS[rating].lower()
    else:
        said = "{name}得分{score:.0f}分（{lower:.0f}至{upper:.0f}），在{units}家机构中列第{rank}位"
        said += "（第{rank_lower}至{rank_upper}位），评级：{rating}。"
        named = _RATINGS_ZH[rating]
    return said.format_map(
        {str(key): value for key, value in unit.items()}
        | {"units": units, "rating": named, "name": shown_unit(str(unit["unit_id"]), str(unit["name"]))}
    )


def _drivers(table: pd.DataFrame, policy: Policy, language: str) -> str:
    """Name the indicators that add most, against what the unit's peers have."""
    said = []
    for row in table.head(_NAMED).to_dict("records"):
        name = getattr(policy.indicator(row["indicator_id"]), f"name_{language}")
        shown = {key: format_value(row["indicator_id"], row[key]) for key in ("estimate", "peers")}
        known = not np.isnan(row["peers"])
        words = _DRIVER[language, known]
        said.append(words.format(name=name, points=row["contribution"], **shown))
    if language == "en":
        return f"Most of it comes from {', '.join(said)}."
    return f"主要来自{'、'.join(said)}。"


_DRIVER = {
    ("en", True): "{name} ({points:.1f} points: about {estimate}, peers {peers})",
    ("en", False): "{name} ({points:.1f} points: about {estimate})",
    ("zh", True): "{name}（{points:.1f}分：约{estimate}，同类机构{peers}）",
    ("zh", False): "{name}（{points:.1f}分：约{estimate}）",
}


def _moved(row: "pd.Series[float]", language: str) -> str:
    parts = {part: float(row[part]) for part in _PARTS_ZH}
    if language == "en":
        split = ", ".join(f"{part} {value:+.1f}" for part, value in parts.items())
        return f"Since the last scorecard it has moved by {row['change']:+.1f} points: {split}."
    split = "，".join(f"{_PARTS_ZH[part]}{value:+.1f}" for part, value in parts.items())
    return f"较上期变动{row['change']:+.1f}分：{split}。"
