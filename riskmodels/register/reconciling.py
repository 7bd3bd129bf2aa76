"""Do the sums agree: booked losses of the risks, and of none, against all those of the loss distribution."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.display import shown_money
from riskmodels.labels import label
from riskmodels.losses import LossAssessment
from riskmodels.register.assessing import RiskAssessment

_QUARTERS, _MONTHS = 4, 3  # in a year; in a quarter
_CENT = 0.01  # what sums may differ by in floating point, and as much of every million
_AMOUNTS = ("gross", "mean_a_year")


@dataclass(frozen=True, kw_only=True, eq=False)
class Reconciliation:
    """Booked losses by risk, and their sum against that of the loss distribution.

    Attributes
    ----------
    table : DataFrame
        One row per risk that has losses, the costliest first, and one with an empty risk_id for types of loss
        that no risk has: risk_id, name_en, name_zh, event_types [joined by commas], losses [number in the
        twelve months], gross [CNY in these], mean_a_year [CNY a year, over the quarters of the loss
        distribution, for what is recorded of them], booked_loss [CNY a year that the register expects after
        insurance; unknown of no risk].
    counted_twice, total, other : Series
        Of ``gross`` and ``mean_a_year``: losses of types that several risks have, as far as they are in
        several rows; all losses, each once; those of the loss distribution (``gross`` unknown where the
        twelve months are no four of its quarters).
    expected : float
        Mean of the loss distribution [CNY a year]: of a fitted curve, and not of the losses booked alone.
    months, quarters : str
        First and last of the register's twelve months, and of the distribution's quarters up to these.
    """

    table: pd.DataFrame
    counted_twice: "pd.Series[float]"
    total: "pd.Series[float]"
    other: "pd.Series[float]"
    expected: float
    months: str
    quarters: str

    @property
    def agrees(self) -> bool:
        """Whether all sums that are of the same time are the same."""
        known = self.other.dropna()
        return bool(np.allclose(self.total[known.index], known, rtol=_CENT / 1e6, atol=_CENT))

    @property
    def counts_twice(self) -> bool:
        """Whether losses are in the rows of several risks."""
        return bool(self.counted_twice["mean_a_year"] > _CENT)

    @property
    def sentence(self) -> str:
        """Say what the risks and no risk add up to, and what the loss distribution has."""
        none = self.table.loc[self.table["risk_id"] == "", "mean_a_year"].sum()
        said = label(
            "Losses booked a year, {quarters}: {own} of risks of the register, {none} of none{twice}; {total}"
            " in all.",
            quarters=self.quarters,
            own=shown_money(self.table["mean_a_year"].sum() - none),
            none=shown_money(none),
            twice=self._twice,
            total=shown_money(self.total["mean_a_year"]),
        )
        return f"{said} {self._verdict} {self._why_others_differ}"

    @property
    def _twice(self) -> str:
        if not self.counts_twice:
            return ""
        twice = shown_money(self.counted_twice["mean_a_year"])
        return label(", less {twice} counted to several risks", twice=twice)

    @property
    def _verdict(self) -> str:
        if self.agrees:
            return label("The loss distribution is made of the same sum.")
        return label(
            "The loss distribution is made of {other}: the sums do not agree.",
            other=shown_money(self.other["mean_a_year"]),
        )

    @property
    def _why_others_differ(self) -> str:
        """Say why the expected losses of both are other figures than what is booked."""
        other = ""
        if pd.isna(self.other["gross"]):
            other = label(", which are no four of its quarters")
        return label(
            "It expects {expected} a year, as its curve fills in what few large losses leave open; the"
            " register expects what the last column says: events as of {months}{other}, sizes as of all"
            " years, less what insurance and its like are thought to pay. Amounts are of the day: none is"
            " inflated.",
            expected=shown_money(self.expected),
            months=self.months,
            other=other,
        )


def reconcile_losses(assessed: RiskAssessment, losses: LossAssessment) -> Reconciliation:
    """Set the booked losses of the risks, and of none, against those that the loss distribution is made of.

    Parameters
    ----------
    assessed : RiskAssessment
        Its ``booked`` amounts.
    losses : LossAssessment
        Gross losses by quarter. Both of the same tables and quarter.

    Returns
    -------
    Reconciliation
        Where both are of the same tables, rows less what is counted twice are the total, and this is that of
        the loss distribution.
    """
    quarters = pd.PeriodIndex(losses.quarters["quarter"], freq="Q")
    if len(assessed.months):
        quarters = quarters[quarters.asfreq("M", how="E") <= assessed.months[-1]]
    rows = losses.quarters.iloc[: len(quarters)]
    years = float(rows["completeness"].sum()) / _QUARTERS or 1.0  # of no quarter all sums are zero
    booked = _in_windows(assessed.booked, quarters, years)
    once = booked.drop_duplicates(["event_type", "month"])
    columns = list(_AMOUNTS)
    total = once[columns].sum()
    return Reconciliation(
        table=_by_risk(booked, assessed.table),
        counted_twice=booked[columns].sum() - total,
        total=total,
        other=pd.Series(
            {
                "gross": _in_months(rows["gross"], quarters, assessed.months),
                "mean_a_year": rows["gross"].sum() / years,
            }
        ),
        expected=losses.distribution.mean,
        months=_span(assessed.months),
        quarters=_span(quarters),
    )


def _in_windows(booked: pd.DataFrame, quarters: pd.PeriodIndex, years: float) -> pd.DataFrame:
    """Keep of the amounts what lies in the register's months, and in the quarters of the distribution."""
    inside = pd.PeriodIndex(booked["month"], freq="M").asfreq("Q").isin(quarters)
    return booked.assign(
        losses=booked["losses"].where(booked["counts"], 0),
        gross=booked["gross"].where(booked["counts"], 0.0),
        mean_a_year=booked["gross"].where(inside, 0.0) / years,
    )


def _by_risk(booked: pd.DataFrame, risks: pd.DataFrame) -> pd.DataFrame:
    sums = booked.groupby("risk_id").agg(
        event_types=("event_type", lambda kinds: ", ".join(sorted(set(kinds)))),
        losses=("losses", "sum"),
        gross=("gross", "sum"),
        mean_a_year=("mean_a_year", "sum"),
    )
    named = risks[["risk_id", "name_en", "name_zh", "booked_loss"]]
    found = sums.reset_index().merge(named, how="left", on="risk_id")
    found = found.fillna({"name_en": "", "name_zh": ""})
    order = found.assign(last=found["risk_id"] == "").sort_values(
        ["last", "mean_a_year", "risk_id"], ascending=[True, False, True]
    )
    names = ["risk_id", "name_en", "name_zh", "event_types", "losses", *_AMOUNTS, "booked_loss"]
    return order[names].reset_index(drop=True)


def _in_months(gross: "pd.Series[float]", quarters: pd.PeriodIndex, months: pd.PeriodIndex) -> float:
    """Return the gross losses of the months, where these are four of the quarters, else NaN."""
    asked = months.asfreq("Q").value_counts()
    whole = len(asked) == _QUARTERS and (asked == _MONTHS).all() and asked.index.isin(quarters).all()
    return float(gross[quarters.isin(asked.index)].sum()) if whole else float("nan")


def _span(periods: pd.PeriodIndex) -> str:
    return f"{periods[0]} – {periods[-1]}" if len(periods) else "–"
