"""From a bank's table of losses to the distribution of its next year."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.display import Displayed, shown_money
from riskmodels.errors import ContractError, ParameterError, TooLittleError
from riskmodels.forecasting import nowcast
from riskmodels.labels import label, plural, space
from riskmodels.losses.aggregate import LossDistribution, aggregate_losses
from riskmodels.losses.contributions import euler_contributions
from riskmodels.losses.dependence import Dependence
from riskmodels.losses.diagnostics import TailDiagnostics, tail_diagnostics, tail_thresholds
from riskmodels.losses.drawn import check_intervals, drawn_curve, drawn_figures, drawn_intervals
from riskmodels.losses.fitting import TailFit, fit_severity
from riskmodels.losses.goodness import goodness_of_fit
from riskmodels.losses.portfolio import drawn_cells, portfolios_of
from riskmodels.periods.quarters import last_complete, period_of
from riskmodels.tables import Table, Tables
from riskmodels.tables.coverage import known_months

SEED = 1  # any fixed one: the same tables give the same figures
_FEWEST = 120  # losses: with ten a cell of event types and products, tails are still pooled; a choice
# of the curve of years: one in 2, 5, 10, 20, 50, 100, 200, 500 and 1,000
_LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_QUARTERS = 4  # of a year
_NOTHING = 1e-9  # of a quarter: what is known of one without a month
_SPAN = 8  # quarters compared: a year and the one before it


@dataclass(frozen=True, kw_only=True, eq=False)
class LossAssessment(Displayed):
    """What losses have cost, and what the next year's may.

    Attributes
    ----------
    distribution : LossDistribution
        Of a year's losses by event type and product, and of their total.
    intervals : DataFrame
        One row per cell and the total: value-at-risk and expected shortfall, with intervals that carry the
        uncertainty of the parameters (see ``value_at_risk_intervals``).
    curve : DataFrame
        The total of independent cells: ``level``, ``loss``, ``lower`` and ``upper`` (see ``drawn_curve``).
    contributions : DataFrame
        One row per cell (see ``euler_contributions``).
    severities : DataFrame
        By event type: ``event_type``, ``losses``, ``exceedances``, ``mu``, ``sigma`` and their errors
        after pooling, ``tail_probability``.
    tail : TailFit
        The tail of all event types.
    thresholds : DataFrame
        Where the tail may begin (see ``tail_thresholds``); the intervals are over all of them, weighted by
        their p-values.
    diagnostics : TailDiagnostics
        How the tail looks from other thresholds.
    goodness : DataFrame
        Tests of one severity for the whole bank.
    quarters : DataFrame
        One row per quarter: ``quarter``, ``losses``, ``gross`` and ``recovery`` [money], ``completeness``,
        ``expected`` [losses in the end], ``known`` [share of its months].
    confidence : float
        Probability of the intervals.
    losses_before : int
        Losses that happened before the first quarter, far from all others: left out.
    losses_rejected : int
        Rows of losses that could not be read, or broke a rule: left out.
    """

    distribution: LossDistribution
    intervals: pd.DataFrame
    curve: pd.DataFrame
    contributions: pd.DataFrame
    severities: pd.DataFrame
    tail: TailFit
    thresholds: pd.DataFrame
    diagnostics: TailDiagnostics
    goodness: pd.DataFrame
    quarters: pd.DataFrame
    confidence: float
    losses_before: int = 0
    losses_rejected: int = 0

    @property
    def change(self) -> float:
        """Change of the gross losses of the last four quarters against the four before, counts completed.

        Unknown where one of them is known only in part.
        """
        last = self.quarters.tail(_SPAN)
        if "known" in last and (last["known"] < 1).any():
            return float("nan")
        completed = (last["gross"] / last["completeness"]).to_numpy()
        before, now = completed[:_QUARTERS].sum(), completed[_QUARTERS:].sum()
        return float(now / before - 1.0) if len(last) == _SPAN and before > 0 else float("nan")

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            "losses": self.distribution.table,
            "loss_intervals": self.intervals,
            "loss_contributions": self.contributions,
            "loss_severities": self.severities,
        }

    @property
    def sentence(self) -> str:
        """Say what a year costs, how bad it may get, and how sure that is."""
        row = self.intervals.iloc[-1]
        unsure = label(
            "As the parameters are estimated, the loss that is not exceeded may be anything from {lower} to"
            " {upper} ({confidence:.0%} interval).",
            lower=shown_money(row["lower"]),
            upper=shown_money(row["upper"]),
            confidence=self.confidence,
        )
        return space().join([self.distribution.sentence, unsure, *self._left_out()])

    def _left_out(self) -> Iterator[str]:
        """Say how many losses are of long before, and how many rows the figures lack."""
        if self.losses_before:
            yield plural(
                self.losses_before,
                "{losses:,} loss from before {first}, far from all others, is left out.",
                "{losses:,} losses from before {first}, far from all others, are left out.",
                losses=self.losses_before,
                first=self.quarters["quarter"].iloc[0],
            )
        if self.losses_rejected:
            yield plural(
                self.losses_rejected,
                "{rows:,} row of losses was rejected and is left out: it is not complete.",
                "{rows:,} rows of losses were rejected and are left out: it is not complete.",
                rows=self.losses_rejected,
            )

    def summary(self) -> pd.DataFrame:
        """Return the total and the largest cells."""
        return self.distribution.summary()


def assess_losses(
    table: Table,
    *,
    last: str | None = None,
    net: bool = False,
    level: float = 0.999,
    confidence: float = 0.9,
    dependence: Dependence | None = None,
    draws: int = 400,
    seed: int = SEED,
) -> LossAssessment:
    """Assess the losses of a bank.

    Parameters
    ----------
    table : Table
        Losses; those of zero are left out. Quarters of which not all losses are recorded yet count for the
        share that is (see ``nowcast``).
    last : str, optional
        Last quarter that is looked at; the first is that in which the losses begin, a lone one far before all
        others left out.
    net : bool
        Whether what was recovered by now is taken off; losses that were recovered whole are left out then.
    level : float
        Probability of value-at-risk and expected shortfall, in (0, 1).
    confidence : float
        Probability of the intervals.
    dependence : GaussianFactor or StudentFactor, optional
        How the years of cells move together; the intervals are of independent cells.
    draws, seed : int
        Sets of parameters of the intervals, and seed of all draws.

    Returns
    -------
    LossAssessment
        Numbers by event type and product, shrunk towards what both lead to expect; bodies by event type,
        shrunk towards each other; one tail for the bank, which no event type has enough large losses to show.

    Raises
    ------
    ParameterError
        There are fewer than 120 losses, or the largest are all alike; the confidence is no probability, or
        there are fewer than a hundred draws.
    """
    check_intervals(confidence, draws)
    losses, quarters = _experience(table, last, net=net)
    known = _known(table, quarters)
    completeness = np.maximum(_completeness(losses, quarters, table.provenance.as_of) * known, _NOTHING)
    amounts = losses["amount"].to_numpy(dtype=np.float64)
    thresholds = tail_thresholds(amounts, seed=seed)
    counts = pd.crosstab(losses["event_type"], losses["product"])
    years = float(completeness.sum()) / _QUARTERS
    dispersion = _dispersion(losses, quarters, completeness)
    thresholds, portfolios = portfolios_of(losses, counts, years, dispersion, thresholds)
    best = portfolios[int(np.flatnonzero(thresholds["chosen"])[0])]
    drawn = drawn_cells(portfolios, thresholds, draws, seed)
    cells = best.best()
    distribution = aggregate_losses(cells, dependence=dependence, level=level)
    alone = distribution if dependence is None else aggregate_losses(cells, level=level)
    figures = drawn_figures(alone.table, drawn, level=level, levels=_LEVELS)
    return LossAssessment(
        distribution=distribution,
        intervals=drawn_intervals(alone.table, figures, confidence=confidence),
        curve=drawn_curve(alone.table, cells, figures, _LEVELS, confidence=confidence),
        contributions=_contributions(distribution),
        severities=best.bodies,
        tail=best.tail,
        thresholds=thresholds,
        diagnostics=tail_diagnostics(amounts),
        goodness=_goodness(amounts, best.tail.tail.threshold, seed),
        quarters=_by_quarter(losses, quarters, completeness).assign(known=known),
        confidence=confidence,
        losses_before=table.rows_before,
        losses_rejected=len(table.lost),
    )


def _contributions(distribution: LossDistribution) -> pd.DataFrame:
    """Contributions of the cells; unknown where a cell has no mean."""
    if np.isfinite(distribution.mean):
        return euler_contributions(distribution)
    table = distribution.table.iloc[:-1]
    unknown = dict.fromkeys(("value_at_risk", "expected_shortfall", "share"), np.nan)
    return table[["cell", "mean"]].assign(**unknown)


def _goodness(amounts: Floats, threshold: float, seed: int) -> pd.DataFrame:
    """Test one severity for the whole bank; no row where it cannot be fitted."""
    try:
        return goodness_of_fit(fit_severity(amounts, tail_threshold=threshold), amounts, draws=99, seed=seed)
    except ParameterError:
        return pd.DataFrame(
            {"test": pd.Series(dtype="str"), "statistic": np.empty(0), "p_value": np.empty(0)}
        )


def assess_losses_if_sufficient(tables: Tables, *, last: str | None = None) -> LossAssessment | None:
    """Assess the losses of a bank; None where its source has none, too few to show a tail, or too much alike.

    Anything else that fails is an error, as of ``assess_losses``.
    """
    table = tables.losses
    if table is None or len(_experience(table, last, net=False)[0]) < _FEWEST:
        return None
    try:
        return assess_losses(table, last=last)
    except TooLittleError:
        return None


def _experience(table: Table, last: str | None, *, net: bool) -> tuple[pd.DataFrame, pd.PeriodIndex]:
    """Read the losses of whole quarters, and say which quarters these are."""
    columns = ["occurred_on", "recorded_on", "event_type", "product", "gross_loss", "recovery"]
    losses = table.frame(columns)
    losses["product"] = losses["product"].fillna("unknown")
    losses["amount"] = losses["gross_loss"] - (losses["recovery"].fillna(0.0) if net else 0.0)
    losses = losses[losses["amount"] > 0]
    quarter = pd.PeriodIndex(losses["occurred_on"], freq="Q")
    whole = last_complete(table.provenance.as_of, "Q")
    end = whole if last is None else min(whole, period_of(last, "Q"))
    begins = table.begins or end.start_time
    quarters = pd.period_range(min(pd.Period(begins, freq="Q"), end + 1), end, freq="Q")
    inside = quarter.isin(quarters)
    return losses[inside].assign(quarter=quarter[inside]), quarters


def _completeness(losses: pd.DataFrame, quarters: pd.PeriodIndex, day: date) -> Floats:
    """Share of each quarter's losses that is recorded by the as-of day; all where that is not known."""
    try:
        known = nowcast(losses, as_of=day, at="occurred_on", recorded="recorded_on")
    except ContractError:
        return np.ones(len(quarters))
    shares = pd.Series(known.completeness).groupby(known.periods.asfreq("Q")).mean()
    return np.asarray(shares.reindex(quarters).fillna(1.0), dtype=np.float64)


def _known(table: Table, quarters: pd.PeriodIndex) -> Floats:
    """Return the share of the months of each quarter that the losses know, shape (T,)."""
    if not len(quarters):
        return np.empty(0)
    months = pd.period_range(quarters[0].start_time, quarters[-1].end_time, freq="M")
    return np.asarray(known_months(table, months).reshape(len(quarters), -1).mean(axis=1), dtype=np.float64)


def _dispersion(losses: pd.DataFrame, quarters: pd.PeriodIndex, completeness: Floats) -> float:
    """By how much years of a cell differ beyond chance, from its quarters, which count as independent."""
    table = pd.crosstab([losses["event_type"], losses["product"]], losses["quarter"])
    counts = table.reindex(columns=quarters, fill_value=0).to_numpy(dtype=float)
    expected = np.outer(counts.sum(axis=1), completeness / completeness.sum())
    freedom = 1.0 - 1.0 / max(len(quarters), 2)
    excess = ((counts - expected) ** 2 - freedom * expected).sum()
    return max(float(excess / (expected**2).sum()), 0.0) / _QUARTERS


def _by_quarter(losses: pd.DataFrame, quarters: pd.PeriodIndex, completeness: Floats) -> pd.DataFrame:
    sums = losses.groupby("quarter").agg(
        losses=("gross_loss", "size"), gross=("gross_loss", "sum"), recovery=("recovery", "sum")
    )
    found = sums.reindex(quarters, fill_value=0).reset_index(drop=True)
    return found.assign(
        quarter=quarters.astype("str"), completeness=completeness, expected=found["losses"] / completeness
    )
