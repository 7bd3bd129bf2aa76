"""What a forecast review says in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from riskmodels.backtesting.judging import ABOVE, BELOW
from riskmodels.backtesting.outcomes import REASONS
from riskmodels.backtesting.surprises import BANK, NEW
from riskmodels.display import shown_few, shown_unit
from riskmodels.forecasting import FINAL
from riskmodels.labels import commas, counted, label, marked, plain_label, space

_NAMED = 3  # parts, or series, in a sentence
_CAME = marked("{period} brought {complaints}, where {mean} ({lower} to {upper}) were expected")
_COMING = marked(
    "{period} has brought {complaints} so far, and will have {final} once all are logged, where"
    " {mean} ({lower} to {upper}) were expected"
)
_VERDICTS = {  # outside, and whether more came
    (ABOVE, True): marked("{more} more, beyond the 95% interval."),
    (BELOW, False): marked("{more} fewer, beyond the 95% interval."),
    ("", True): marked("{more} more, within the 95% interval."),
    ("", False): marked("{more} fewer, within the 95% interval."),
}
_AS_MANY = marked("as many as expected.")
_NO_FORECAST = marked("{period}: there is no earlier forecast to compare with.")
_NO_PERIOD = marked("{period}: the earlier forecast, from the history until {origin}, is not of it.")
_NOTHING = marked("{period}: what came cannot be compared with the forecast from the history until {origin}.")


def total_of(table: pd.DataFrame) -> pd.Series | None:
    """Return the row of a review's table for all series over all periods; None where nothing is judged."""
    rows = table[(table["level"] == "total") & (table["reason"] == "")]
    return None if rows.empty else rows.iloc[-1]


def said_of(period: str, origin: str, table: pd.DataFrame, parts: pd.DataFrame) -> str:
    """Say what came against what was expected, where the surprise lies, and what could not be judged."""
    if not origin:
        return label(_NO_FORECAST, period=period)
    total = total_of(table)
    if total is None:
        words = _NO_PERIOD if table.empty else _NOTHING
        return space().join([label(words, period=period, origin=origin), *_not_judged(table)])
    return space().join([_came(total), *_places(total, parts), *_not_judged(table)])


def part_name(row: Mapping[Any, Any]) -> str:
    """Name a part of a surprise: the bank, a product, a unit."""
    if row["kind"] == BANK:
        return label("bank-wide")
    if row["title"]:
        return shown_unit(str(row["name"]), str(row["title"]))
    without = label("without {key}", key=plain_label(row["kind"]))
    name = plain_label(str(row["name"])) if row["name"] else without
    return label("{name} (not in the forecast)", name=name) if row["kind"] == NEW else name


def series_name(key: Iterable[str]) -> str:
    """Name a series of a review's table by its keys; one that is empty is a dash."""
    return label(" · ".join(str(one) or "–" for one in key))


def _came(total: pd.Series) -> str:
    figures = {name: f"{total[name]:,.0f}" for name in ("final", "mean", "lower", "upper")}
    words, seen = (_CAME, "final") if total["completeness"] >= FINAL else (_COMING, "observed")
    complaints = counted(total[seen], "complaint", "complaints")
    said = label(words, figures, period=total["period"], complaints=complaints)
    verdict = _VERDICTS[total["outside"], bool(total["surprise"] >= 0)]
    more = f"{abs(total['surprise']):,.0f}"
    return said + label(": ") + (label(_AS_MANY) if more == "0" else label(verdict, more=more))


def _places(total: pd.Series, parts: pd.DataFrame) -> list[str]:
    """Name the parts that stand out; else say that the surprise is usual by chance."""
    out = parts[parts["stands_out"]]
    out = out.loc[out["surprise"].abs().sort_values(ascending=False, kind="stable").index]
    if out.empty:
        return [] if total["outside"] else [label("No part of it stands out from chance.")]
    named = [f"{part_name(row)} {row['surprise']:+z,.0f}" for row in out.head(_NAMED).to_dict("records")]
    more = label(" and {more} more", more=len(out) - _NAMED) if len(out) > _NAMED else ""
    return [label("Beyond chance: {parts}.", parts=commas(named) + more)]


def _not_judged(table: pd.DataFrame) -> list[str]:
    """Say which series, in which periods, were not judged, and why."""
    if table.empty:
        return []
    keys = list(table.columns[: list(table.columns).index("level")])
    totals = table["level"] == "total"
    several = (totals & (table["reason"] == "")).sum() > 1
    whole = table["period"].iloc[-1] if several else ""  # of all periods together
    series = table[~totals & (table["period"] != whole)]
    number = len(series[keys].drop_duplicates())
    said = []
    for reason, rows in series[series["reason"] != ""].groupby("reason", sort=False):
        names = dict.fromkeys(series_name(key) for key in rows[keys].itertuples(index=False))
        words = marked("Not judged, as {reason}: {series} ({periods}).")
        shown = label("all series") if len(names) == number else _few(list(names))
        periods = _few(list(dict.fromkeys(rows["period"])))
        said.append(label(words, reason=label(REASONS[str(reason)]), series=shown, periods=periods))
    return said


def _few(names: Sequence[str]) -> str:
    return shown_few(names, _NAMED)
