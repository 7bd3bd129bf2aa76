"""Watch what the policy asks for, rule by rule; what cannot be watched is said, and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from riskmodels.catalogue import INDICATORS, Indicators, indicators, reasons_of
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting import nowcast_where_logged
from riskmodels.labels import Said, say
from riskmodels.panel import Panel, build_panel
from riskmodels.parameters.policy import Direction, Policy
from riskmodels.parameters.watches import Acknowledgements, WatchRule
from riskmodels.periods.quarters import last_complete, period_of
from riskmodels.surveillance.alarm_words import keys_of
from riskmodels.surveillance.books import RULES, AlarmBook
from riskmodels.surveillance.events import COLUMNS
from riskmodels.surveillance.memory import Row, remembered
from riskmodels.surveillance.watching import Alarms, watch
from riskmodels.surveillance.watching_indicators import watch_indicator
from riskmodels.tables import Table, Tables

_FREQUENCIES: dict[str, Literal["D", "W", "M"]] = {"day": "D", "week": "W", "month": "M"}
_NOBODY = Acknowledgements()


@dataclass(frozen=True, kw_only=True)
class _Watched:
    """One thing that a rule watches, and what its charts say; ``why`` they say nothing."""

    rule: WatchRule
    what: str
    by: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    alarms: Alarms | None = None
    why: str = ""
    said: Any = None
    measure: str = "rows"


def keep_watch(
    tables: Tables,
    policy: Policy,
    *,
    last: str | None = None,
    earlier: AlarmBook | None = None,
    acknowledged: Acknowledgements = _NOBODY,
) -> AlarmBook:
    """Watch what the rules of the policy (``watch:``) name, and join what is found to what was known.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Its rules say what is watched, by which columns, how often and at which rate of false alarms.
    last : str, optional
        Last month, quarter or year that is looked at; default: all periods that are complete.
    earlier : AlarmBook, optional
        The book before: an alarm that it has keeps its number, and is not new.
    acknowledged : Acknowledgements
        Alarms that somebody answers for until a day.

    Returns
    -------
    AlarmBook
        Each thing watched is a row of ``rules``, with its charts or with the reason why there are none.

    Raises
    ------
    ParameterError
        ``last`` is no period.

    Notes
    -----
    Counts of the last periods, of which rows are still to be logged, are compared with what should be logged
    by now. Columns of a rule that the source does not give are left out, where others remain.
    """
    watched = [one for rule in policy.watch for one in _watched(rule, tables, policy, last)]
    found = [row for one in watched if one.alarms for row in _rows(one, one.alarms)]
    as_of = last_day(tables, last)
    table = remembered(found, earlier, acknowledged, as_of)
    open_alarms = table[table["status"] != "closed"].groupby(["rule", "what"]).size().to_dict()
    return AlarmBook(
        table=table,
        rules=pd.DataFrame(
            [_listed(one, open_alarms.get((one.rule.id, one.what), 0)) for one in watched],
            columns=list(RULES),
        ),
        names=_names(table, watched, tables, policy),
        watched=tuple(
            (one.rule.id, one.what, one.alarms) for one in watched if one.alarms and len(one.alarms.table)
        ),
        as_of=as_of,
    )


def last_day(tables: Tables, last: str | None) -> date:
    """Return the last day that is looked at: the end of a period, or the last that the data know."""
    return tables.as_of if last is None else min(tables.as_of, period_of(last, "D").to_timestamp().date())


def _watched(rule: WatchRule, tables: Tables, policy: Policy, last: str | None) -> Iterator[_Watched]:
    """Yield the one thing that a rule watches, or each of its indicators."""
    if rule.what == "indicators":
        yield from _of_indicators(rule, tables, policy, last)
    else:
        yield _of_rows(rule, tables, last)


def _of_rows(rule: WatchRule, tables: Tables, last: str | None) -> _Watched:
    """Watch the rows of a table, as many as should be logged by now."""
    table = tables.counted if rule.what == "complaints" else tables.losses
    if table is None:
        return _Watched(rule=rule, what=rule.what, by=rule.by, why=Said("the source has no losses"))
    given = tuple(column for column in rule.by if table.gives(column))
    left_out = tuple(column for column in rule.by if column not in given)
    if rule.by and not given:
        why = Said("the source gives no {columns}", columns=", ".join(left_out))
        return _Watched(rule=rule, what=rule.what, by=rule.by, why=why)
    one = _Watched(rule=rule, what=rule.what, by=given, left_out=left_out)
    try:
        panel = build_panel(table, by=given, freq=_FREQUENCIES[rule.every], last=last, units=tables.units)
        panel = panel.until(last_complete(last_day(tables, last), panel.periods.freqstr))  # a whole week
        return replace(one, alarms=_charted(panel, rule, _logged(table, panel, last), tables.country))
    except (ContractError, ParameterError) as error:  # a table without rows, or of longer periods
        return replace(one, why=str(error))


def _charted(panel: Panel, rule: WatchRule, share: Any, country: str | None) -> Alarms:
    exposure = None if share is None else np.tile(share, (len(panel.keys), 1))
    return watch(
        panel,
        run_length=rule.run_length,
        exposure=exposure,
        calendar=country,
        false_share=rule.false_share,
        chart=rule.chart,
    )


def _logged(table: Table, panel: Panel, last: str | None) -> Any:
    """Return which share of each month's rows is logged by now, (T,); None where it is not known."""
    if panel.periods.freqstr != "M":
        return None
    known = nowcast_where_logged(table, last=last)
    return None if known is None else known.for_periods(panel.periods)


def _of_indicators(rule: WatchRule, tables: Tables, policy: Policy, last: str | None) -> Iterator[_Watched]:
    """Watch each indicator of a rule by month."""
    chosen = [policy.indicator(one) for one in rule.indicators]
    found = indicators(tables, policy.model_copy(update={"indicators": tuple(chosen)}), by=rule.by, freq="M")
    end = last_complete(tables.as_of, "M")
    end = end if last is None else min(end, period_of(last, "M"))
    known = replace(found, table=found.table[found.table["period"] <= str(end)])
    reasons = reasons_of(found.unavailable)
    for one in chosen:
        said = reasons.get(one.id, "")
        row = _Watched(rule=rule, what=one.id, by=rule.by, why=say(said), said=said)
        yield row if row.why else _charted_indicator(row, known, one.direction)


def _charted_indicator(one: _Watched, known: Indicators, direction: Direction) -> _Watched:
    try:
        alarms = watch_indicator(
            known,
            one.what,
            direction=direction,
            run_length=one.rule.run_length,
            false_share=one.rule.false_share,
            chart=one.rule.chart,
        )
        return replace(one, alarms=alarms, measure=measure_of(one.what, direction))
    except (ContractError, ParameterError) as error:  # an amount, or too few periods
        return replace(one, why=str(error))


def measure_of(indicator_id: str, direction: Direction) -> str:
    """Return what of an indicator rises where it becomes worse."""
    family = INDICATORS[indicator_id].family
    if family == "proportion":
        return "failing" if direction == "higher_is_better" else "cases"
    return {"rate": "events", "availability": "minutes"}.get(family, "mean")


def _rows(one: _Watched, alarms: Alarms) -> Iterator[Row]:
    """Yield the alarms of charts as rows of a book."""
    for row in alarms.table.to_dict("records"):
        yield {
            "rule": one.rule.id,
            "what": one.what,
            "measure": one.measure,
            "level": row["level"],
            "subject": json.dumps(keys_of(row, sorted(one.by)), ensure_ascii=False),
            **{name: row[name] for name in (*COLUMNS, "status")},
        }


def _listed(one: _Watched, alarms: int) -> dict[str, Any]:
    """Return the row of what is watched."""
    charts = one.alarms
    return {
        "rule": one.rule.id,
        "what": one.what,
        "by": " × ".join(one.by),
        "left_out": ", ".join(one.left_out),
        "every": one.rule.every,
        "chart": one.rule.chart,
        "run_length": one.rule.run_length,
        "series": 0 if charts is None else len(charts.keys),
        "first": "" if charts is None else charts.first,
        "last": "" if charts is None else str(charts.panel.periods[-1]),
        "alarms": alarms,
        "told": ", ".join(one.rule.told),
        "set_by": one.rule.set_by,
        "why": str(one.why),
        "said": json.dumps(one.why.facts if isinstance(one.why, Said) else one.said or one.why),
    }


def _names(table: pd.DataFrame, watched: list[_Watched], tables: Tables, policy: Policy) -> pd.DataFrame:
    """Return what rules, indicators and units with an alarm are called, as ``AlarmBook.names``."""
    things: list[tuple[str, str, Any]] = [("rule", rule.id, rule) for rule in policy.watch]
    used = {one.what for one in watched}
    things += [("indicator", one.id, one) for one in policy.indicators if one.id in used]
    units = {json.loads(subject).get("unit_id") for subject in table["subject"]}
    known = pd.DataFrame() if tables.units is None else tables.units.frame()
    things += [("unit", str(one.unit_id), one) for one in known.itertuples() if one.unit_id in units]
    rows = [
        (kind, id_, "name", language, str(text))
        for kind, id_, thing in things
        for language in ("en", "zh")
        if isinstance(text := getattr(thing, f"name_{language}", None), str)
    ]
    return pd.DataFrame(rows, columns=["kind", "id", "field", "language", "text"], dtype="str")
