"""Ratings of indicators and units, and what could not be rated."""

import math

import pandas as pd

from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.display import Listing
from riskmodels.labels import label, local, rating_label
from riskmodels.listings.indicators import indicator_quality, interval_of, quality_cell
from riskmodels.policy import Policy
from riskmodels.scorecard import Scorecard
from riskmodels.tables import DataQuality, shown_share


def list_ratings(
    card: Scorecard, policy: Policy, *, unit_id: str = "", quality: DataQuality | None = None
) -> Listing:
    """List the rated indicators of a unit, or of the whole bank, worst first; with the quality of their data."""
    rows = card.indicators[card.indicators["unit_id"] == unit_id]
    order = {"red": 0, "amber": 1, "insufficient": 2, "green": 3, "": 4}
    rows = rows.sort_values("rating", key=lambda ratings: ratings.map(order), kind="stable")
    listed = [
        {
            "Indicator [unit]": f"{local(policy.indicator(row['indicator_id']), 'name')}"
            f" [{label(INDICATORS[row['indicator_id']].unit)}]",
            "Rating": rating_label(row["rating"]) if row["rating"] else label("no limit"),
            "Value": format_value(row["indicator_id"], row["value"]),
            "90% interval": interval_of(row["indicator_id"], row["lower"], row["upper"]),
            "Amber": format_value(row["indicator_id"], row["amber"]),
            "Red": format_value(row["indicator_id"], row["red"]),
            "Limits by": label(policy.indicator(row["indicator_id"]).limits_set_by),
            **quality_cell(quality, row["indicator_id"]),
        }
        for row in rows.to_dict("records")
    ]
    counts = rows["rating"].value_counts()
    return Listing(
        sentence=label(
            "{red} red, {amber} amber, {green} green; {insufficient} without enough evidence for a rating."
        ).format(**{rating: counts.get(rating, 0) for rating in order if rating}),
        frame=pd.DataFrame(listed),
    )


def list_units(card: Scorecard, *, most: int = 15, quality: DataQuality | None = None) -> Listing:
    """List the riskiest units; with the lowest quality of the data that a unit's indicators are made from."""
    listed = [
        {
            "Rank": row["rank"],
            "Unit": row["unit_id"],
            "Name": row["name"],
            "Rating": rating_label(row["rating"]),
            "Score [points]": f"{row['score']:.0f}",
            "90% interval": f"{row['lower']:.0f} – {row['upper']:.0f}",
            "Rank interval": f"{row['rank_lower']} – {row['rank_upper']}",
            "Indicators": row["indicators"],
            **_unit_quality(quality, card, row["unit_id"]),
        }
        for row in card.table.head(most).to_dict("records")
    ]
    return Listing(sentence=card.sentence, frame=pd.DataFrame(listed))


def _unit_quality(quality: DataQuality | None, card: Scorecard, unit_id: str) -> dict[str, str]:
    if quality is None:
        return {}
    used = card.indicators.loc[card.indicators["unit_id"] == unit_id, "indicator_id"]
    scores = [indicator_quality(quality, indicator_id) for indicator_id in used]
    return {"Data quality": shown_share(min((s for s in scores if not math.isnan(s)), default=math.nan))}


def list_unavailable(card: Scorecard, policy: Policy) -> Listing:
    """List the indicators of the policy that the source cannot give, and why."""
    listed = [
        {
            "Indicator": local(policy.indicator(row["indicator_id"]), "name"),
            "Why it is not given": row["reason"],
        }
        for row in card.unavailable.to_dict("records")
    ]
    return Listing(
        sentence=label(
            "{lacking} of {asked} indicators of the policy cannot be computed from this source; nothing is"
            " assumed in their place."
        ).format(lacking=len(listed), asked=len(policy.indicators)),
        frame=pd.DataFrame(listed),
    )
