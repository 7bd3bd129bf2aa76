"""What is said of an indicator wherever it is listed: its name, its interval, the quality of its data."""

import math
from collections.abc import Mapping
from typing import Any

from riskmodels.catalogue import INDICATORS, format_value
from riskmodels.labels import label, local, marked
from riskmodels.parameters.policy import Policy
from riskmodels.scorecard import Scorecard
from riskmodels.tables import DataQuality, shown_share


def indicator_quality(quality: DataQuality, indicator_id: str) -> float:
    """Return the lowest known score of the tables and columns an indicator is made from, NaN without one."""
    indicator, given = INDICATORS[indicator_id], _table_of(quality, indicator_id)
    used = {given: [indicator.at]}
    for needed in indicator.needs:
        table, _, column = needed.rpartition(".")
        used.setdefault(table or given, []).append(column)
    scores = [quality.score(table, columns) for table, columns in used.items()]
    return min((score for score in scores if not math.isnan(score)), default=math.nan)


def quality_note(card: Scorecard, quality: DataQuality) -> str:
    """Say in one line how good the tables are that the indicators of a scorecard are made from."""
    return quality.note(
        *{_table_of(quality, indicator_id) for indicator_id in card.indicators["indicator_id"].unique()}
    )


def _table_of(quality: DataQuality, indicator_id: str) -> str:
    """Name the table that an indicator is made from: complaints may be given as counts alone."""
    table = INDICATORS[indicator_id].table
    counted = table == "complaints" and table not in set(quality.table["table"])
    return "complaint_counts" if counted else table


def quality_cell(quality: DataQuality | None, indicator_id: str) -> dict[str, str]:
    """Return the cell that stands beside an indicator's value; none where the quality is not given."""
    return {} if quality is None else {"Data quality": shown_share(indicator_quality(quality, indicator_id))}


def value_of(row: Mapping[Any, Any]) -> str:
    """Write the value of a rated indicator; a rate that leaves cases out says that it is not complete."""
    value = format_value(row["indicator_id"], row["value"])
    if not row["left_out"]:
        return value
    words = marked(
        "{value} (not complete: {cases} cases left out)"
        if row["left_out"] != 1
        else "{value} (not complete: one case left out)"
    )
    return label(words, value=value, cases=f"{row['left_out']:,.0f}")


def indicator_names(policy: Policy) -> dict[str, str]:
    """Return the name of each indicator of a policy in the language in use."""
    return {indicator.id: local(indicator, "name") for indicator in policy.indicators}


def interval_of(indicator_id: str, lower: float, upper: float) -> str:
    """Write an interval in the unit of its indicator."""
    return f"{format_value(indicator_id, lower)} – {format_value(indicator_id, upper)}"
