"""Compute the indicators of the policy from the tables, numerator and denominator kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskmodels.catalogue.counted import definition_for
from riskmodels.catalogue.counting import count
from riskmodels.catalogue.definitions import INDICATORS
from riskmodels.catalogue.entry import SUPPLIED, Indicator
from riskmodels.catalogue.longer import count_long, said_by_longer_periods
from riskmodels.catalogue.lost import said_all_rejected
from riskmodels.catalogue.queries import Breakdown
from riskmodels.catalogue.spans import Frequency
from riskmodels.display import Displayed
from riskmodels.labels import Said
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Tables
from riskmodels.tables.sql import literal

_SHOWN = 50  # rows of a summary; a choice


@dataclass(frozen=True, kw_only=True, eq=False)
class Indicators(Displayed):
    """Indicator values by period and breakdown.

    Attributes
    ----------
    table : DataFrame
        indicator_id, the columns of ``by``, period, numerator, denominator, squares (for means, of the
        values; for availability, of the minutes lost by incident; else NaN), left_out [cases] (that are not
        counted, because their accounts are unknown or their rows were rejected: it is not complete then),
        value [unit of the indicator]; one row where the denominator is known.
    unavailable : DataFrame
        indicator_id, reason, said: indicators of the policy that these tables cannot give; in words, and what
        these are made of (JSON, as ``labels.say`` takes it).
    by : tuple of str
        The breakdown; empty for the whole bank.
    """

    table: pd.DataFrame
    unavailable: pd.DataFrame
    by: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say how many indicators there are and how many are lacking."""
        return (
            f"{self.table['indicator_id'].nunique()} indicators computed,"
            f" {len(self.unavailable)} not available from this source.{self._incomplete}"
        )

    @property
    def _incomplete(self) -> str:
        """Say how many cases the rates leave out."""
        left = self.table[self.table["left_out"] > 0].groupby("indicator_id")["left_out"].sum()
        cases = ", ".join(f"{indicator} {count:,.0f}" for indicator, count in left.items())
        why = "because their accounts are unknown or their rows were rejected"
        return f" Not complete, cases left out {why}: {cases}." if cases else ""

    def summary(self) -> pd.DataFrame:
        """Latest period of each indicator, the first rows of the breakdown."""
        last = self.table["period"].max() if len(self.table) else ""
        return self.table[self.table["period"] == last].head(_SHOWN).drop(columns="squares")


def indicators(
    tables: Tables,
    policy: Policy,
    *,
    by: Sequence[str] = (),
    freq: Frequency = "Q",
    periods: Sequence[str] | None = None,
) -> Indicators:
    """Compute every indicator of the policy that the tables can give.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Which indicators.
    by : sequence of str
        Breakdown: columns such as ``unit_id``, ``product``, ``channel``, ``customer_group``.
    freq : {"M", "Q", "H", "Y"}
        Months (``2026-09``), quarters (``2026Q3``), half-years (``2026H2``) or years (``2026``); half-years
        and years begin where those of a table do, and are named by their months then: 2025-04/2026-03.
    periods : sequence of str, optional
        Only these.

    Returns
    -------
    Indicators
        Each indicator of the policy is either in ``table`` or in ``unavailable``.

    Raises
    ------
    ParameterError
        A period cannot be read.

    Notes
    -----
    A complaint belongs to the period in which it was received, and is in the denominator of a deadline once
    that deadline has passed; open and overdue ones count as failed. So the last weeks before the as-of day
    are thinner, not better. A handling time counts every complaint, the open ones as not finished yet
    (Kaplan–Meier); a cohort too young for the whole horizon has no value. Months that the source does not
    know are left out of numerator and denominator alike; so are complaints of a unit, product and month whose
    accounts are unknown. Where complaints are given only as counts (``complaint_counts``), their rate is made
    of these: a count that is not known, or lacks the accounts of one of its months, is left out with the
    accounts of its months. What a source gives by longer periods only has no value in shorter ones; why it
    is unavailable then says the value of the bank in the last longer period.
    """
    reasons = {wanted.id: _why_not(wanted.id, tables, by) for wanted in policy.indicators}
    defined = {indicator_id: definition_for(indicator_id, tables) for indicator_id in reasons}
    given = [entry for indicator_id, entry in defined.items() if entry and not reasons[indicator_id]]
    cut = Breakdown(
        tables=tables, by=tuple(by), freq=freq, periods=None if periods is None else tuple(periods)
    )
    table = count(given, cut) if freq in ("M", "Q") else count_long(given, cut)
    found = set(table["indicator_id"].unique())
    reasons |= {entry.id: _no_rows(entry, cut) for entry in given if entry.id not in found}
    return Indicators(
        table=table,
        unavailable=listed_reasons({key: reason for key, reason in reasons.items() if reason}),
        by=cut.by,
    )


def unused_observations(tables: Tables) -> pd.DataFrame:
    """Count the rows of ``observations`` that no entry of the catalogue uses: misspelt, or not known.

    Returns
    -------
    DataFrame
        indicator_id, rows; in order of indicator_id, empty where every row is used or the table is lacking.
    """
    used = [indicator.id for indicator in INDICATORS.values() if indicator.table == SUPPLIED]
    if tables.observations is None:
        return pd.DataFrame({"indicator_id": pd.Series(dtype="str"), "rows": pd.Series(dtype="int64")})
    strangers = tables.observations.relation.filter(
        f"indicator_id NOT IN ({', '.join(map(literal, used))})"
    ).aggregate('indicator_id, count(*)::BIGINT AS "rows"')
    return pd.DataFrame(strangers.order("indicator_id").df()).astype({"indicator_id": "str"})


def listed_reasons(reasons: dict[str, str]) -> pd.DataFrame:
    """List reasons by indicator, as ``Indicators.unavailable``."""
    said = [json.dumps(why.facts if isinstance(why, Said) else why) for why in reasons.values()]
    listed = {"indicator_id": list(reasons), "reason": list(reasons.values()), "said": said}
    return pd.DataFrame(listed, dtype="str")


def reasons_of(unavailable: pd.DataFrame) -> dict[str, Any]:
    """Return what ``say`` is given to say why, by indicator; of what was saved before, its words."""
    said = unavailable["said"] if "said" in unavailable else unavailable["reason"].map(json.dumps)
    return dict(zip(unavailable["indicator_id"].astype(str), map(json.loads, said), strict=True))


def _no_rows(definition: Indicator, cut: Breakdown) -> str:
    """Say why nothing was counted for an indicator that the tables could give."""
    reason = said_by_longer_periods(definition, cut) or said_all_rejected(definition, cut)
    return reason or Said("the source has no rows for it in the period")


def _why_not(indicator_id: str, tables: Tables, by: Sequence[str]) -> str:
    """Say why an indicator cannot be computed, or return an empty text."""
    definition = definition_for(indicator_id, tables)
    if definition is None:
        return Said("it is not in the catalogue of indicators")
    return definition.why_not(tables, by)
