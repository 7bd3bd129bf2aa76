"""Ratings of indicators and units, and what could not be rated."""

from dataclasses import replace

import pandas as pd

from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.comparisons import Orders
from riskmodels.display import Listing, shown_error, shown_text, shown_unit
from riskmodels.labels import commas, label, local, marked, plain_label, rating_label, space, titled
from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings.grounds import basis_of, basis_of_score, interval_reasons, rating_cell
from riskmodels.reporting.listings.indicators import (
    indicator_names,
    indicator_quality,
    interval_of,
    quality_cell,
    value_of,
)
from riskmodels.scorecard import PARTS, Movements, Robustness, Scorecard, Sensitivity, UnitExplanation
from riskmodels.scorecard.sensitivity import WEIGHTS
from riskmodels.tables import DataQuality, shown_share
from riskmodels.tables.coverage import lacking_sentence
from riskmodels.tables.lifetimes import lifetime_marks

_NO_ORDER = marked("The source has no complaints of the quarter one by one: no unit is ranked by them.")


def list_ratings(
    card: Scorecard, policy: Policy, *, unit_id: str = "", quality: DataQuality | None = None
) -> Listing:
    """List the rated indicators of a unit, or of the whole bank, worst first; with their data's quality."""
    rows = card.indicators[card.indicators["unit_id"] == unit_id]
    order = {"red": 0, "amber": 1, "insufficient": 2, "green": 3, "": 4}
    rows = rows.sort_values("rating", key=lambda ratings: ratings.map(order), kind="stable")
    listed = [
        {
            "Indicator [unit]": f"{local(policy.indicator(row['indicator_id']), 'name')}"
            f" [{label(INDICATORS[row['indicator_id']].unit)}]",
            "Rating": rating_cell(row),
            "Rests on": basis_of(row),
            "Value": value_of(row),
            "Estimate": format_value(row["indicator_id"], row["estimate"]),
            "90% interval": interval_of(row["indicator_id"], row["lower"], row["upper"]),
            "Amber": format_value(row["indicator_id"], row["amber"]),
            "Red": format_value(row["indicator_id"], row["red"]),
            "Limits by": label(policy.indicator(row["indicator_id"]).limits_set_by),
            **quality_cell(quality, row["indicator_id"]),
        }
        for row in rows.to_dict("records")
    ]
    counts, partly = rows["rating"].value_counts(), lacking_sentence(card.incomplete, card.period)
    rated = label(
        "{red} red, {amber} amber, {green} green; {insufficient} without enough evidence for a rating.",
        **{rating: counts.get(rating, 0) for rating in order if rating},
    )
    reasons = [] if unit_id else interval_reasons(card, policy)
    sentence = space().join(filter(None, [rated, *reasons, partly]))
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def list_units(card: Scorecard, *, most: int = 15, quality: DataQuality | None = None) -> Listing:
    """List the riskiest units (``most`` of them), each with the lowest quality of its indicators' data."""
    known, marks = _unit_quality(quality, card), lifetime_marks(card.lifetimes)
    names = card.unit_names
    listed = [
        {
            "Rank": row["rank"],
            "Unit": commas(filter(None, [names[row["unit_id"]], marks.get(row["unit_id"])])),
            "Rating": rating_label(row["rating"]),
            "Rests on": basis_of_score(row),
            "Score [points]": f"{row['score']:.0f}",
            "90% interval": f"{row['lower']:.0f} – {row['upper']:.0f}",
            "Rank interval": f"{row['rank_lower']} – {row['rank_upper']}",
            "Among the 5 riskiest": f"{row['p_worst']:.0%}",
            "Indicators": row["indicators"],
            **known.loc[row["unit_id"]],
        }
        for row in card.table.head(most).to_dict("records")
    ]
    return Listing(sentence=card.sentence, frame=pd.DataFrame(listed))


def _unit_quality(quality: DataQuality | None, card: Scorecard) -> pd.DataFrame:
    """Return the lowest quality behind each unit's indicators, as a column; none where it is not given."""
    units = pd.Index(card.table["unit_id"])
    if quality is None:
        return pd.DataFrame(index=units)
    used = card.indicators["indicator_id"]
    scores = used.map({one: indicator_quality(quality, one) for one in used.unique()})
    lowest = scores.astype(float).groupby(card.indicators["unit_id"]).min()
    return pd.DataFrame({"Data quality": lowest.reindex(units).map(shown_share)})


def list_groups(card: Scorecard, policy: Policy) -> Listing:
    """List the scores of the whole bank, its areas, the categories of risk and the products."""
    areas = {area.id: local(area, "name") for area in policy.areas}
    listed = [
        {
            "Level": label(row["level"]),
            "Name": areas[row["id"]] if row["level"] == "area" else plain_label(row["id"]),
            "Rating": rating_label(row["rating"]),
            "Rests on": basis_of_score(row),
            "Score [points]": f"{row['score']:.0f}",
            "90% interval": f"{row['lower']:.0f} – {row['upper']:.0f}",
            "Indicators": row["indicators"],
        }
        for row in card.groups.to_dict("records")
    ]
    sentence = label("An indicator counts in every category of risk that it signals.")
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def list_contributions(explained: UnitExplanation, policy: Policy, *, most: int = 12) -> Listing:
    """List what a unit's score is made of, the largest contributions (``most``) first."""
    listed = [
        {
            "Indicator": local(policy.indicator(row["indicator_id"]), "name"),
            "Rating": rating_cell(row),
            "Rests on": basis_of(row),
            "Value": value_of(row),
            "Estimate": format_value(row["indicator_id"], row["estimate"]),
            "90% interval": interval_of(row["indicator_id"], row["lower"], row["upper"]),
            "Peers with its mix": format_value(row["indicator_id"], row["peers"]),
            "Points": f"{row['points']:.0f}",
            "Weight": f"{row['share']:.1%}",
            "Contribution [points]": f"{row['contribution']:.1f}",
        }
        for row in explained.table.head(most).to_dict("records")
    ]
    like = commas(
        titled(shown_unit(row["unit_id"], row["name"]), f"{row['score']:.0f}")
        for row in explained.peers.to_dict("records")
    )
    alike = label("Most like it in size and products, with their scores: {units}.", units=like or "–")
    return Listing(sentence=explained.sentence + space() + alike, frame=pd.DataFrame(listed))


def list_movements(movements: Movements, *, most: int = 10) -> Listing:
    """List the units whose scores moved most, and what moved them; the parts add up to the change."""
    listed = [
        {
            "Unit": shown_unit(row["unit_id"], row["name"]),
            "Before": f"{row['before']:.1f}",
            "Now": f"{row['after']:.1f}",
            "Change": f"{row['change']:+z.1f}",
            **{label(part): f"{row[part]:+z.1f}" for part in PARTS},
            "Rating before": rating_label(row["rating_before"]),
            "Rating now": rating_label(row["rating"]),
        }
        for row in movements.table.head(most).to_dict("records")
    ]
    return Listing(sentence=movements.sentence, frame=pd.DataFrame(listed))


def list_robustness(found: Robustness, policy: Policy, *, most: int = 8) -> Listing:
    """List the other weights, and the indicators without which the order changes most."""
    rows = found.table[(found.table["kind"] != "weights") | (found.table["way"] != "policy")]
    rows = rows.sort_values(["kind", "rank_correlation"], ascending=[False, True], kind="stable")
    kept = pd.concat([rows[rows["kind"] == "weights"], rows[rows["kind"] == "without"].head(most)])
    names = indicator_names(policy)
    listed = [
        {
            "Weighting": label("weights: {way}", way=label(row["way"]))
            if row["kind"] == "weights"
            else label("without: {way}", way=names.get(row["way"], row["way"])),
            "Rank correlation with the policy's": shown_text(round(row["rank_correlation"], 2)),
            "Other ratings": row["ratings_changed"],
            "Largest change of rank": row["largest_rank_change"],
            "Of the 5 riskiest still so": row["worst_kept"],
        }
        for row in kept.to_dict("records")
    ]
    return Listing(sentence=found.sentence, frame=pd.DataFrame(listed))


def list_sensitivity(found: Sensitivity, policy: Policy, *, most: int = 5) -> Listing:
    """List the inputs that a unit's score is most uncertain by."""
    names = indicator_names(policy) | {WEIGHTS: label("which weights are used")}
    named = replace(found, table=found.table.assign(input=found.table["input"].map(names)))
    listed = [
        {
            "Input": row["input"],
            "First-order share": f"{max(row['first'], 0):.0%} ± {shown_error(row['first_error'], 0)}",
            "Total share (Sobol)": f"{max(row['total'], 0):.0%} ± {shown_error(row['total_error'], 0)}",
        }
        for row in named.table.head(most).to_dict("records")
    ]
    return Listing(sentence=named.sentence, frame=pd.DataFrame(listed))


def list_orders(found: Orders | None, *, most: int = 8) -> Listing:
    """List the units first by number (``most``), their places by other measures, and who is not ranked."""
    if found is None:
        return Listing(sentence=label(_NO_ORDER), frame=pd.DataFrame())
    places = found.table.assign(
        shown=[
            "–" if pd.isna(row["rank"]) else f"{row['rank']} ({shown_text(float(row['value']))})"
            for row in found.table.to_dict("records")
        ]
    )
    measures = list(found.medians["measure"])
    wide = places.pivot_table(index="unit", columns="measure", values="shown", aggfunc="first", sort=False)
    said = found.sentences.assign(text=[local(row, "sentence") for row in found.sentences.itertuples()])
    reasons = said.set_index("unit")["text"]
    frame = (
        wide[measures]
        .head(most)
        .rename(columns={one: label("place {measure}", measure=label(one)) for one in measures})
    )
    frame.insert(0, "Unit", frame.index)
    frame["Why"] = reasons.reindex(frame.index)
    return Listing(sentence=found.sentence, frame=frame.reset_index(drop=True).astype("str"))


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
            "Of {asked} indicators of the policy this source cannot give {lacking}; nothing is assumed in"
            " their place.",
            lacking=len(listed),
            asked=len(policy.indicators),
        ),
        frame=pd.DataFrame(listed),
    )
