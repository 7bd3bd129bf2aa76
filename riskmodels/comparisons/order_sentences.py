"""Why orders of units differ, one sentence per unit: in English and in Chinese."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

_CLAUSES = ("is", "but", "because", "though", "unranked", "only_unranked")
_ENGLISH = {
    "place": "{ordinal} {by}",
    "place_of": "{ordinal} of {units} {by}",
    "fact": "{times} times the {exposure}",
    "unknown": "{by} ({exposure} unknown)",
    "zero": "{by} ({exposure} zero)",
    "and": " and ",
    "end": ".",
    "is": " is {}",
    "but": " but {}",
    "unranked": "; not ranked {}",
    "only_unranked": " is not ranked {}",
    "because": ": it has {} of the median",
    "though": ", though it has {} of the median",
}
_CHINESE = {
    "place": "按{measure}居第{rank}位",
    "place_of": "按{measure}居{units}家中第{rank}位",
    "and": "、",
    "end": "。",
    "fact": "{exposure}为中位数的{times}倍",
    "unknown": "{measure}（{exposure}缺失）",
    "zero": "{measure}（{exposure}为零）",
    "is": "{}",
    "but": "，但{}",
    "unranked": "；未参与排名：{}",
    "only_unranked": "未参与排名：{}",
    "because": "：{}",
    "though": "，尽管{}",
}


def phrases_of(explanation: pd.DataFrame, unranked: pd.DataFrame, units: int) -> pd.DataFrame:
    """One row per phrase of the sentences: unit, the clause it belongs to, its kind, and what it is about."""
    rate, larger = explanation["exposure"] != "", np.sign(explanation["times_size"] - 1)
    rates_alone = bool(rate.all())  # then there is no order by count that others could leave
    moved = (explanation["moved"] != 0) & (not rates_alone)
    because = rate & (rates_alone | (moved & (np.sign(explanation["moved"]) == -larger)))
    kind = np.where(explanation["units"] == units, "place", "place_of")
    places = explanation.assign(clause=np.where(moved, "but", "is"), kind=kind)
    facts = explanation.assign(clause=np.where(because, "because", "though"), kind="fact")[because | moved]
    kind = np.where(unranked["size"] == 0, "zero", "unknown")
    clause = np.where(unranked["unit"].isin(explanation["unit"]), "unranked", "only_unranked")
    parts: list[pd.DataFrame] = [places, facts, unranked.assign(clause=clause, kind=kind)]
    return pd.concat(parts, ignore_index=True)


def sentences_of(units: pd.Series, phrases: pd.DataFrame, names_zh: Mapping[str, str]) -> pd.DataFrame:
    """Join the phrases of each unit: unit, sentence_en, sentence_zh."""
    frame = units.to_frame("unit").reset_index(drop=True)
    for column, words, names in (("sentence_en", _ENGLISH, {}), ("sentence_zh", _CHINESE, names_zh)):
        texts = [_phrase(row, words[str(row["kind"])], names) for row in phrases.to_dict("records")]
        groups = phrases.assign(text=texts).groupby(["unit", "clause"], sort=False)["text"]
        joined = groups.agg(words["and"].join).to_dict()
        frame[column] = [
            names.get(str(unit), str(unit))
            + "".join(words[c].format(joined[unit, c]) for c in _CLAUSES if (unit, c) in joined)
            + words["end"]
            for unit in frame["unit"]
        ]
    return frame


def _phrase(row: Mapping[Hashable, Any], template: str, names: Mapping[str, str]) -> str:
    measure, exposure = (names.get(row[key], row[key]) for key in ("measure", "exposure"))
    if row["kind"] == "fact":
        return template.format(times=_short(row["times_size"]), exposure=exposure)
    if row["kind"] in {"unknown", "zero"}:
        return template.format(measure=measure, by=by_measure(measure), exposure=exposure)
    rank, units = int(row["rank"]), int(row["units"])
    return template.format(
        rank=rank, ordinal=_ordinal(rank), units=units, measure=measure, by=by_measure(measure)
    )


def _short(times: float) -> str:
    two_digits = np.format_float_positional(times, 2, fractional=False, trim="-")
    return f"{times:.1f}" if len(two_digits) == 1 else two_digits  # 1.0 and not 1


def by_measure(measure: str) -> str:
    """Write a measure as an order is by it: 'by complaints', but 'per 1,000 accounts'."""
    return measure if measure.startswith("per ") else f"by {measure}"


def _ordinal(number: int) -> str:
    """Write 1st, 2nd, 3rd, 4th … 11th … 21st."""
    teens = number % 100 in {11, 12, 13}
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
