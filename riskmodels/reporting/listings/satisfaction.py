"""What satisfaction goes with, who answered, and the satisfaction index, in words and points."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmodels.causes.index import SatisfactionIndex
from riskmodels.causes.satisfaction import SOURCES, SatisfactionDrivers, driver_words
from riskmodels.display import Listing, shown_portion, shown_unit
from riskmodels.labels import commas, label, language, local, plain_label, say, space
from riskmodels.tables import Tables

_MOST, _MOST_UNITS = 15, 10  # rows, and units, that are read; tables/ has them all
_LEAST_P = 0.001  # smaller p-values rest on tails that no approximation holds for


def list_drivers(drivers: SatisfactionDrivers) -> Listing:
    """List what satisfaction goes with, the clearest first, and then what cannot be estimated and why."""
    listed = [
        {
            "Answers of": label(SOURCES[row["source"]]),
            "Goes with": driver_words(row),
            "Answers": f"{row['answers']:,d}",
            "Satisfied": "–" if pd.isna(row["satisfied_share"]) else f"{row['satisfied_share']:.1%}",
            "Points of satisfied (90% interval)": f"{row['points']:+z.1f}"
            f" ({row['lower']:+z.1f} – {row['upper']:+z.1f})",
            "Adjusted p-value": "< 0.001" if row["p_adjusted"] < _LEAST_P else f"{row['p_adjusted']:.3f}",
            "Odds ratio of more points": f"{row['odds_ratio']:.2f}",
            "Verdict": label("association") if row["found"] else label("within chance"),
        }
        for row in drivers.table.head(max(_MOST, int(drivers.table["found"].sum()))).to_dict("records")
    ]
    groups = [*drivers.unavailable.groupby(["source", "said"], sort=False)["driver"]]
    lacking = [
        {
            "Answers of": label(SOURCES[str(source)]),
            "Goes with": commas(plain_label(one.removesuffix("_id")) or label("all") for one in names),
            "Verdict": label("cannot be estimated: {reason}", reason=say(json.loads(str(said)))),
        }
        for (source, said), names in groups
    ]
    rows = pd.DataFrame([*listed, *lacking] if listed else []).fillna(
        "–"
    )  # else the sentence has all reasons
    return Listing(sentence=drivers.sentence, frame=rows)


def list_answering(drivers: SatisfactionDrivers) -> Listing:
    """List which share of customers rated the handling of their complaint."""
    listed = [
        {
            "Driver": plain_label(row["driver"].removesuffix("_id")),
            "Level": plain_label(row["level"]),
            "Closed complaints": f"{row['asked']:,d}",
            "Rated": shown_portion(row["share"], 1),
            "90% interval": f"{row['lower']:.1%} – {row['upper']:.1%}",
        }
        for row in drivers.answering.to_dict("records")
    ]
    return Listing(sentence=drivers.who_answered, frame=pd.DataFrame(listed))


def list_index(index: SatisfactionIndex, tables: Tables) -> Listing:
    """List the index of the last quarter: the bank, regions and channels, then the lowest units.

    ``tables`` name the units; one without a name there is named by its code.
    """
    order = ("bank", "region", "channel", "unit")
    rows = index.latest.assign(place=index.latest["scope"].map(order.index))
    rows = rows.sort_values(["place", "index", "subject"], kind="stable")
    is_unit = rows["scope"] == "unit"
    rows = rows[~is_unit | (rows["index"].notna() & (is_unit.cumsum() <= _MOST_UNITS))]
    names = _unit_names(tables)
    listed = [
        {
            "Level": plain_label(row["scope"]),
            "Name": _name(row, names),
            "Answers": f"{row['answers']:,d}",
            "Index, 0 to 100 (90% interval)": _figure(row, "index", "lower", "upper", ".1f"),
            "Against the quarter before (90% interval)": _figure(
                row, "change", "change_lower", "change_upper", "+z.1f"
            ),
        }
        for row in (rows if index.bank else rows.head(0)).to_dict("records")
    ]
    words = index.sentence
    if index.bank and is_unit.any():
        words += space() + label("Of many units some are low by chance: see their intervals.")
    return Listing(sentence=words, frame=pd.DataFrame(listed))


def list_index_parts(index: SatisfactionIndex) -> Listing:
    """List what the index is made of, and who set the weights."""
    listed = [
        {
            "Part": local(part, "name"),
            "Weight": f"{row['weight']:g}",
            "Share of the index": f"{row['used']:.0%}",
            "Answers": f"{row['answers']:,d}",
            "Mean [0 to 100]": "–" if pd.isna(row["mean"]) else f"{row['mean']:.1f}",
        }
        for part, row in zip(index.parts.itertuples(), index.parts.to_dict("records"), strict=True)
    ]
    sentence = label("{period}; weights set by: {who}.", period=index.period, who=label(index.set_by))
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def _unit_names(tables: Tables) -> dict[str, str]:
    """Return what units are called in the language in use, where the source says it."""
    given = [name for name in (f"name_{language()}", "name_en") if tables.units and tables.units.gives(name)]
    if tables.units is None or not given:
        return {}
    frame = tables.units.frame(["unit_id", given[0]])
    return dict(zip(frame["unit_id"].astype(str), frame[given[0]].astype(str), strict=True))


def _name(row: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    if row["scope"] == "bank":
        return label("whole bank")
    subject = str(row["subject"])
    return shown_unit(subject, names.get(subject, "")) if row["scope"] == "unit" else plain_label(subject)


def _figure(row: Mapping[Any, Any], name: str, lower: str, upper: str, form: str) -> str:
    if pd.isna(row[name]):
        return "–"
    return f"{row[name]:{form}} ({row[lower]:{form}} – {row[upper]:{form}})"
