"""The forecast review: where the surprise of a quarter lies, and what came month by month."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.backtesting import ForecastReview
from riskmodels.backtesting.review_words import part_name, series_name
from riskmodels.display import Listing
from riskmodels.labels import label, marked, plain_label, plural

_MOST_PARTS, _MOST_UNITS = 12, 5  # rows of products and the like, and of units; tables/ has them all
_KINDS = {
    "bank": marked("Whole bank"),
    "unit_id": marked("Unit"),
    "new": marked("Not in the forecast"),
}
_LIE = marked(
    "Of {judged} counts of series and periods {outside} lie outside their 95% interval; {usual:.1f} do by"
    " chance."
)
_LIES = marked(
    "Of {judged} counts of series and periods {outside} lies outside its 95% interval; {usual:.1f} do by"
    " chance."
)
_ONE_OUTSIDE = marked("The one count lies outside its 95% interval.")
_ONE_INSIDE = marked("The one count lies in its 95% interval.")
_OUTSIDE = {"above": marked("▲ above"), "below": marked("▼ below"), "": marked("inside")}


def list_forecast_review(review: ForecastReview) -> Listing:
    """List where the surprise lies: the bank, its products, the units; in words where nothing is judged.

    The bank first, then what stands out, then the rest by size; of the units those with the largest surprise.
    """
    listed = [
        {
            "Part of the surprise": part_name(row) if row["kind"] != "bank" else label(_KINDS["bank"]),
            "By": label("all") if row["kind"] == "bank" else _kind(row["kind"]),
            "Expected": f"{row['expected']:,.0f}",
            "Came, in the end": f"{row['came']:,.0f}",
            "Surprise": f"{row['surprise']:+z,.0f}",
            "Usual by chance (95%)": _usual(row),
            "Stands out": label("yes") if row["stands_out"] else "–",
        }
        for row in _chosen(review.parts).to_dict("records")
    ]
    words = marked(
        " Products and units are counted beside what moved the bank; those that do not stand out add up to"
        " nothing."
    )
    sentence = review.sentence + (label(words) if len(listed) > 1 else "")
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def list_outcomes(review: ForecastReview) -> Listing:
    """List what came of each month beside what was expected: the totals first, then what lies outside."""
    table = review.table
    if table.empty:
        return Listing(sentence=review.sentence, frame=pd.DataFrame())
    totals = table[table["level"] == "total"]
    keys = list(table.columns[: list(table.columns).index("level")])
    series = table[table["level"] == "series"]
    outside = series[series["outside"] != ""]
    listed = [
        {
            "Series": label("All series")
            if row["level"] == "total"
            else series_name(row[key] for key in keys),
            "Period": row["period"],
            "Logged so far": _count(row["observed"]),
            "Came, or expected in the end": _count(row["final"]),
            "Forecast (95% interval)": _interval(row),
            "Outside": "–" if row["reason"] else label(_OUTSIDE[row["outside"]]),
        }
        for row in [*totals.to_dict("records"), *outside.to_dict("records")]
    ]
    return Listing(sentence=_told(series), frame=pd.DataFrame(listed))


def _told(series: pd.DataFrame) -> str:
    """Say how many months of series lie outside, and how many do by chance."""
    judged = series[series["reason"] == ""]
    if judged.empty:
        return label("No period of any series could be judged.")
    outside = int((judged["outside"] != "").sum())
    if len(judged) == 1:
        return label(_ONE_OUTSIDE if outside else _ONE_INSIDE)
    return plural(outside, _LIES, _LIE, judged=len(judged), outside=outside, usual=0.05 * len(judged))


def _chosen(parts: pd.DataFrame) -> pd.DataFrame:
    """Choose the rows that are read: what stands out of each kind, then the largest surprises."""
    if parts.empty:
        return parts
    ordered = parts.assign(size=-parts["surprise"].abs(), usual=~parts["stands_out"])
    ordered = ordered.sort_values(["usual", "size"], kind="stable")
    place = ordered.groupby("kind").cumcount()
    most = ordered["kind"].map({"unit_id": _MOST_UNITS}).fillna(_MOST_PARTS)
    kept = ordered[(place < most) | ordered["stands_out"]]
    first = (kept["kind"] != "bank").astype(int) + (kept["kind"] == "unit_id").astype(int)
    return kept.iloc[first.argsort(kind="stable")]


def _kind(kind: str) -> str:
    return label(_KINDS[kind]) if kind in _KINDS else plain_label(kind).capitalize()


def _usual(row: Mapping[Any, Any]) -> str:
    if row["kind"] == "new":
        return "–"
    ends = {name: f"{row[name]:+z,.0f}" for name in ("usual_lower", "usual_upper")}
    return label("{usual_lower} to {usual_upper}", ends)


def _interval(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["mean"]):
        return "–"
    return f"{_count(row['mean'])} ({_count(row['lower'])} – {_count(row['upper'])})"


def _count(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:,.0f}"
