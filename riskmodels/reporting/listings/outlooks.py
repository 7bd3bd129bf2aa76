"""The outlook: what is expected, what is still to come of the last months, how good forecasts have been."""

from collections.abc import Mapping
from math import isnan, nan
from typing import Any

import pandas as pd

from riskmodels.backtesting import Backtest
from riskmodels.display import Listing
from riskmodels.forecasting import FINAL, REASONS, Explanation, Forecast, Nowcast
from riskmodels.labels import PERIOD_NAMES, commas, counted, label, marked, plain_label
from riskmodels.tables import DataQuality, shown_share

_FEWEST_MONTHS, _MOST_MONTHS = 3, 12  # rows: a quarter at least, a year at most
_MOST_CHANGES = 8  # rows; a choice: tables/ has them all
_LATE_PERIODS = {"D": 14, "W": 8}  # rows: two weeks of days, two months of weeks
_WHAT = {
    ("count", "D"): marked("complaints a day"),
    ("count", "W"): marked("complaints a week (named by its Monday)"),
    ("count", "M"): marked("complaints a month"),
    ("count", "Q"): marked("complaints a quarter"),
    ("count", "Y"): marked("complaints a year"),
    ("amount", "D"): marked("amounts a day"),
    ("amount", "W"): marked("amounts a week (named by its Monday)"),
    ("amount", "M"): marked("amounts a month"),
    ("amount", "Q"): marked("amounts a quarter"),
    ("amount", "Y"): marked("amounts a year"),
}
_PERIOD = {"D": "Day", "W": "Week", "M": "Month", "Q": "Quarter", "Y": "Year"}
_ONE_PERIOD = {
    "D": marked("day"),
    "W": marked("week"),
    "M": marked("month"),
    "Q": marked("quarter"),
    "Y": marked("year"),
}
# p-value that is called too narrow, and the share that 95 % leave outside; least p-value written out
_SIGNIFICANT, _LEAST_P = 0.05, 0.001


def list_outlook(outlook: Forecast, *, quality: DataQuality | None = None) -> Listing:
    """List the expected complaints of the next months, series by series; with the quality of their data."""
    data = {} if quality is None else {"Data quality": shown_share(_quality_of_counted(quality))}
    keys = list(outlook.keys.columns)
    parts = [outlook] if len(outlook.keys) == 1 else [outlook, outlook.aggregate()]
    listed = []
    for part in parts:
        names = [" · ".join(str(value) for value in key) for key in part.keys.itertuples(index=False)]
        lower, upper = part.quantiles[..., 0], part.quantiles[..., -1]
        for place, series in enumerate(names):
            listed.append(
                {"Series": label(series)}
                | {
                    _named(period): f"{part.mean[place, ahead]:,.0f}"
                    f" ({lower[place, ahead]:,.0f} – {upper[place, ahead]:,.0f})"
                    for ahead, period in enumerate(part.periods[:6])
                }
                | data
            )
    levels = f"{outlook.levels[0]:.1%} – {outlook.levels[-1]:.1%}"
    return Listing(
        sentence=label(
            "Expected {what} by {keys}, with the {levels} interval; method {method}.",
            what=label(_WHAT[outlook.panel.kind, outlook.periods.freqstr[0]]),
            keys=commas(plain_label(one.removesuffix("_id")) for one in keys),
            levels=levels,
            method=outlook.method,
        )
        + _short_history(outlook),
        frame=pd.DataFrame(listed),
    )


def _quality_of_counted(quality: DataQuality) -> float:
    """Return the score of what an outlook counts: complaints one by one, or given already counted."""
    one_by_one = quality.score("complaints", ["received_at"])
    return quality.score("complaint_counts", ["complaints"]) if isnan(one_by_one) else one_by_one


def _short_history(outlook: Forecast) -> str:
    """Say that less is known than is looked ahead; nothing where it is not so."""
    known = outlook.periods_known
    if known >= len(outlook.periods):
        return ""
    names = PERIOD_NAMES if known != 1 else _ONE_PERIOD
    words = marked(" It rests on {known} {periods} of history, fewer than it looks ahead.")
    return label(words, known=known, periods=label(names[outlook.periods.freqstr[0]]))


def list_unfinished(outlook: Forecast) -> Listing:
    """List the last days or weeks that are not complete: received so far, and expected in the end.

    In words where all are, or where nothing is known of it; the outlook is of final counts.
    """
    known, letter = outlook.completeness, outlook.periods.freqstr[0]
    names = {"periods": label(PERIOD_NAMES[letter])}
    if known is None:
        words = marked(
            "The last {periods} count as complete: where complaints are logged late, the outlook starts too"
            " low."
        )
        return Listing(sentence=label(words, **names), frame=pd.DataFrame())
    late = [place for place, share in enumerate(known.min(axis=0)) if share < FINAL]
    received, final = outlook.panel.values.sum(axis=0), outlook.expected_history.sum(axis=0)
    final[outlook.barely_known.any(axis=0)] = nan
    listed = [
        {
            label(_PERIOD[letter]): _named(outlook.panel.periods[place]),
            "Received so far": _count(received[place]),
            "Complete": f"{known[:, place].min():.1%}",
            "Expected final count": _count(final[place]),
        }
        for place in late[: -_LATE_PERIODS.get(letter, _MOST_MONTHS) - 1 : -1]
    ]
    words = marked(
        "{late} of the last {periods} are less than 99% complete; the outlook takes them for what they are, a"
        " part, and is of final counts. Of less than a tenth no final count is shown."
    )
    return Listing(sentence=label(words, late=len(late), **names), frame=pd.DataFrame(listed))


def list_nowcast(nowcast: Nowcast | None) -> Listing:
    """List the last months: received so far, how complete, and how many are expected in the end.

    Down to the last month that is complete, three months at least. In words where the source is silent.
    """
    if nowcast is None:
        words = marked(
            "The source does not say when its complaints were logged: every month counts as complete, and"
            " where complaints are logged late, the outlook starts too low."
        )
        return Listing(sentence=label(words), frame=pd.DataFrame())
    table = nowcast.table.iloc[::-1]
    late = int((table["completeness"] < FINAL).sum())
    rows = table.head(min(max(late + 1, _FEWEST_MONTHS), _MOST_MONTHS)).to_dict("records")
    listed = [
        {
            "Month": row["period"],
            "Received so far": _count(row["reported"]),
            "Complete (95% interval)": f"{row['completeness']:.1%} ({row['lower']:.1%} – {row['upper']:.1%})",
            "Expected final count (95% interval)": _final(row),
            "Mean delay [days]": "–" if isnan(row["delay_days"]) else f"{row['delay_days']:,.1f}",
        }
        for row in rows
    ]
    return Listing(sentence=nowcast.sentence, frame=pd.DataFrame(listed))


def list_factors(explained: Explanation) -> Listing:
    """List what the expected complaints of all series are made of, month by month; in words where unknown."""
    if explained.total.empty:
        words = marked("The method does not say what its expected complaints are made of.")
        return Listing(sentence=label(words), frame=pd.DataFrame())
    column = _PERIOD[explained.compared.freqstr[0]]
    listed = [
        {
            column: str(row["period"]).partition("/")[0],  # of a week its Monday
            "Level": _count(row["level"]),
            "Common trend over twelve months": f"{row['shared'] - 1:+z.1%}",
            "Exposure": f"{row['exposure'] - 1:+z.1%}",
            "Season": f"{row['season'] - 1:+z.1%}",
            "Days and holidays": f"{row['calendar'] - 1:+z.1%}",
            "Expected": _count(row["mean"]),
        }
        for row in explained.total.to_dict("records")
    ]
    words = marked("The expected complaints of all series are the level, times each of these in turn.")
    return Listing(sentence=label(words), frame=pd.DataFrame(listed))


def list_explanation(explained: Explanation) -> Listing:
    """List the series whose outlook changed most since the earlier one, with the reasons; the total last."""
    if explained.changes.empty:
        return Listing(sentence=explained.sentence, frame=pd.DataFrame())
    numbers = list(explained.sums.index)
    most = explained.summary().head(_MOST_CHANGES)
    names = [
        " · ".join(str(key) for key in keys) for keys in most.drop(columns=numbers).itertuples(index=False)
    ]
    rows = [*zip(map(label, names), most[numbers].to_numpy(), strict=True)]
    rows.append((label("All series"), explained.sums.to_numpy()))
    listed = [
        {"Series": name, "Before": _count(before)}
        | {
            explained.named(reason).capitalize(): f"{value:+z,.0f}"
            for reason, value in zip(REASONS, reasons, strict=True)
            if reason in explained.reasons
        }
        | {"Now": _count(now)}
        for name, (before, *reasons, now) in rows
    ]
    return Listing(sentence=explained.sentence, frame=pd.DataFrame(listed))


def list_scores(record: Backtest | None, *, is_asked: bool = True) -> Listing:
    """List how forecasting methods did, the best first; in words where nothing was tested."""
    if record is None:
        words = (
            label("The history is too short to test forecasts on it.")
            if is_asked
            else label("This run leaves out how good the forecasts have been.")
        )
        return Listing(sentence=words, frame=pd.DataFrame())
    listed = [
        {
            "Method": row["method"],
            "Weighted quantile loss": _number(row["wql"], ".3f"),
            "95% interval covers": _number(row["coverage_95"], ".1%"),
            "80% interval covers": _number(row["coverage_80"], ".1%"),
            "Above 97.5%": _number(row["pit_above_975"], ".1%"),
            "Below 2.5%": _number(row["pit_below_025"], ".1%"),
            "Bias": _number(row["bias"], "+z.1%"),
            "MASE": _number(row["mase"], ".2f"),
            "Outcomes": f"{row['forecasts']:,.0f}",
        }
        for row in record.table.to_dict("records")
    ]
    return Listing(sentence=_tested(record), frame=pd.DataFrame(listed))


def list_totals(record: Backtest | None, *, is_asked: bool = True) -> Listing:
    """List whether the totals of all series lay in their 95% intervals as often as they should."""
    if record is None:
        return list_scores(record, is_asked=is_asked)
    rows = record.totals.groupby("method", sort=False).tail(1).to_dict("records")  # all horizons together
    listed = [
        {
            "Method": row["method"],
            "Totals forecast": f"{row['totals']:,d}",
            "Outside their 95% interval": f"{row['outside']:,d}",
            "Share outside": _number(row["share_outside_95"], ".1%"),
            "p-value": _number(row["p_value"], ".3f") if row["p_value"] >= _LEAST_P else f"< {_LEAST_P}",
            "Verdict": label("interval too narrow" if _too_narrow(row) else "consistent with 95%"),
        }
        for row in rows
    ]
    sentence = label("Of the total of all series, 5% should lie outside the 95% interval.")
    return Listing(sentence=sentence, frame=pd.DataFrame(listed))


def _too_narrow(row: Mapping[Any, Any]) -> bool:
    return bool(row["p_value"] < _SIGNIFICANT and row["share_outside_95"] > _SIGNIFICANT)


def _tested(record: Backtest) -> str:
    today = marked("the periods until then as known today")
    if record.origins.freqstr[0] == "M":
        today = marked("the months until then as known today")
    known = marked("what had been logged by then") if record.as_known_then else today
    freq = record.origins.freqstr[0]
    names = label(_PERIOD[freq].lower()), label(PERIOD_NAMES[freq])
    return label(
        "Forecasts up to {ahead} ahead were made again from {origins}, {first} to {last},"
        " from {known}, and compared with what was received; the best by weighted quantile loss is {best}.",
        ahead=counted(record.horizon, *names),
        origins=counted(len(record.origins), *names),
        first=_named(record.origins[0]),
        last=_named(record.origins[-1]),
        known=label(known),
        best=record.table["method"].iloc[0],
    )


def _named(period: pd.Period) -> str:
    """Name a period; a week by its Monday."""
    return str(period).partition("/")[0]


def _final(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["nowcast"]):
        return "–"
    return f"{_count(row['nowcast'])} ({_count(row['nowcast_lower'])} – {_count(row['nowcast_upper'])})"


def _count(value: float) -> str:
    return _number(value, ",.0f")


def _number(value: float, shape: str) -> str:
    return "–" if pd.isna(value) else f"{value:{shape}}"
