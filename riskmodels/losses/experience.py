"""From a bank's table of losses to the distribution of its next year."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.display import Displayed
from riskmodels.errors import ContractError, ParameterError
from riskmodels.forecasting import nowcast
from riskmodels.losses.aggregate import LossDistribution, aggregate_losses
from riskmodels.losses.cells import LossCell
from riskmodels.losses.contributions import euler_contributions
from riskmodels.losses.dependence import Dependence
from riskmodels.losses.diagnostics import (
    TailDiagnostics,
    goodness_of_fit,
    tail_diagnostics,
    tail_thresholds,
)
from riskmodels.losses.fitting import TailFit, fit_body, fit_severity, fit_tail, standard_errors
from riskmodels.losses.frequency import NegativeBinomial, Poisson
from riskmodels.losses.pooling import credible_rates, pooled_estimates
from riskmodels.losses.severity import GeneralizedPareto, Lognormal, Spliced
from riskmodels.losses.uncertainty import drawn_curve, drawn_intervals
from riskmodels.tables import Table, Tables

Floats = npt.NDArray[np.float64]

_FEWEST_IN_BODY = 10
_MOST_SHAPE = 0.98  # beyond it there is no mean
_LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_QUARTERS = 4
_SPAN = 8  # quarters compared: a year and the one before it


@dataclass(frozen=True, kw_only=True, eq=False)
class LossAssessment(Displayed):
    """What losses have cost, and what the next year's may.

    Attributes
    ----------
    distribution : LossDistribution
        Of a year's losses by event type and product, and of their total.
    intervals : DataFrame
        One row a cell and the total: value-at-risk and expected shortfall, with intervals that carry the
        uncertainty of the parameters (see ``value_at_risk_intervals``).
    curve : DataFrame
        The total of independent cells: ``level``, ``loss``, ``lower`` and ``upper`` (see ``drawn_curve``).
    contributions : DataFrame
        One row a cell (see ``euler_contributions``).
    severities : DataFrame
        One row an event type: ``event_type``, ``losses``, ``exceedances``, ``mu``, ``sigma`` and their errors
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
        One row a quarter: ``quarter``, ``losses``, ``gross`` and ``recovery`` [money], ``completeness``,
        ``expected`` [losses in the end].
    confidence : float
        Probability of the intervals.
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

    @property
    def change(self) -> float:
        """Change of the gross losses of the last four quarters against the four before, counts completed."""
        last = self.quarters.tail(_SPAN)
        completed = (last["gross"] / last["completeness"]).to_numpy()
        before, now = completed[:_QUARTERS].sum(), completed[_QUARTERS:].sum()
        return float(now / before - 1.0) if len(last) == _SPAN and before > 0 else float("nan")

    @property
    def sentence(self) -> str:
        """Say what a year costs, how bad it may get, and how sure that is."""
        row = self.intervals.iloc[-1]
        return (
            f"{self.distribution.sentence} As the parameters are estimated, the loss that is not exceeded may be"
            f" anything from {row['lower']:,.0f} to {row['upper']:,.0f} ({self.confidence:.0%} interval)."
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
    seed: int = 1,
) -> LossAssessment:
    """Assess the losses of a bank.

    Parameters
    ----------
    table : Table
        Losses; those of zero are left out. Quarters of which not all losses are recorded yet count for the
        share that is (see ``nowcast``).
    last : str, optional
        Last quarter that is looked at; the first is that of the first loss.
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
        shrunk towards each other; one tail for the bank, which no event type has enough large losses to tell.

    Raises
    ------
    ParameterError
        There are fewer than 120 losses.
    """
    losses, quarters, completeness = _experience(table, last, net=net)
    amounts = losses["amount"].to_numpy(dtype=np.float64)
    thresholds = tail_thresholds(amounts, seed=seed)
    counts = pd.crosstab(losses["event_type"], losses["product"])
    years = float(completeness.sum()) / _QUARTERS
    shape, rate = credible_rates(counts.to_numpy(dtype=float), years)
    dispersion = _dispersion(losses, quarters, completeness)
    portfolios = [
        _Portfolio(
            counts=counts,
            shape=shape,
            rate=rate,
            dispersion=dispersion,
            bodies=_bodies(losses, threshold),
            tail=fit_tail(amounts, threshold),
        )
        for threshold in thresholds["threshold"].tolist()
    ]
    best = portfolios[int(np.flatnonzero(thresholds["chosen"])[0])]
    drawn = _drawn(portfolios, thresholds, draws, seed)
    distribution = aggregate_losses(best.best(), dependence=dependence, level=level)
    alone = distribution if dependence is None else aggregate_losses(best.best(), level=level)
    whole = fit_severity(amounts, tail_threshold=best.tail.tail.threshold)
    return LossAssessment(
        distribution=distribution,
        intervals=drawn_intervals(alone.table, drawn, level=level, confidence=confidence),
        curve=drawn_curve(best.best(), drawn, _LEVELS, confidence=confidence),
        contributions=euler_contributions(distribution),
        severities=best.bodies,
        tail=best.tail,
        thresholds=thresholds,
        diagnostics=tail_diagnostics(amounts),
        goodness=goodness_of_fit(whole, amounts, draws=99, seed=seed),
        quarters=_by_quarter(losses, quarters, completeness),
        confidence=confidence,
    )


def assess_losses_where_known(tables: Tables, *, last: str | None = None) -> LossAssessment | None:
    """Assess the losses of a bank; None where its source has none, or too few to tell a tail."""
    table = tables.losses
    if table is None:
        return None
    try:
        return assess_losses(table, last=last)
    except ParameterError:
        return None


def _experience(table: Table, last: str | None, *, net: bool) -> tuple[pd.DataFrame, pd.PeriodIndex, Floats]:
    """Read the losses of whole quarters, and which share of each quarter's is recorded by now."""
    columns = ["occurred_on", "recorded_on", "event_type", "product", "gross_loss", "recovery"]
    losses = table.frame(columns)
    losses["amount"] = losses["gross_loss"] - (losses["recovery"].fillna(0.0) if net else 0.0)
    losses = losses[losses["amount"] > 0]
    quarter = pd.PeriodIndex(losses["occurred_on"], freq="Q")
    day = pd.Timestamp(table.provenance.as_of)
    whole = day.to_period("Q") if day == day.to_period("Q").end_time.normalize() else day.to_period("Q") - 1
    end = whole if last is None else min(whole, pd.Period(last).asfreq("Q", how="end"))
    quarters = pd.period_range(quarter.min() if len(quarter) else end, end, freq="Q")
    inside = quarter.isin(quarters)
    return losses[inside].assign(quarter=quarter[inside]), quarters, _completeness(losses, quarters, day)


def _completeness(losses: pd.DataFrame, quarters: pd.PeriodIndex, day: pd.Timestamp) -> Floats:
    """Share of each quarter's losses that is recorded by the as-of day; all of them where that cannot be told."""
    dates = losses.rename(columns={"occurred_on": "received_at", "recorded_on": "logged_at"})
    try:
        known = nowcast(dates, as_of=day.date())
    except ContractError:
        return np.ones(len(quarters))
    shares = pd.Series(known.completeness).groupby(known.periods.asfreq("Q")).mean()
    return np.asarray(shares.reindex(quarters).fillna(1.0), dtype=np.float64)


def _drawn(
    portfolios: Sequence["_Portfolio"], thresholds: pd.DataFrame, size: int, seed: int
) -> list[list[LossCell]]:
    """Draw sets of cells, from every threshold as many as its p-value says."""
    rng = np.random.default_rng(seed)
    weight = thresholds["p_value"].to_numpy()
    each = rng.multinomial(size, weight / weight.sum())
    return [
        cells
        for one, number in zip(portfolios, each.tolist(), strict=True)
        for cells in one.draw(number, rng)
    ]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Portfolio:
    """What is estimated of the cells, event types by products."""

    counts: pd.DataFrame
    shape: Floats
    rate: Floats
    dispersion: float
    bodies: pd.DataFrame
    tail: TailFit

    def best(self) -> list[LossCell]:
        """Cells with their best estimates."""
        bodies = self.bodies
        return self._cells(
            self.shape / self.rate,
            bodies[["mu", "sigma"]].to_numpy(),
            bodies["tail_probability"].to_numpy(),
            (self.tail.tail.shape, self.tail.tail.scale),
        )

    def draw(self, size: int, rng: np.random.Generator) -> list[list[LossCell]]:
        """Draw sets of cells from what is known of the parameters."""
        bodies, tail = self.bodies, self.tail.tail
        covariance = self.tail.part.covariance / np.outer([1.0, tail.scale], [1.0, tail.scale])
        tails = rng.multivariate_normal([tail.shape, np.log(tail.scale)], covariance, size=size)
        drawn = []
        for shape, log_scale in tails.tolist():
            rates = rng.gamma(self.shape) / self.rate
            mu = rng.normal(bodies["mu"], bodies["mu_error"])
            sigma = bodies["sigma"] * np.exp(rng.normal(0.0, bodies["sigma_error"] / bodies["sigma"]))
            share = rng.beta(bodies["share_shape"], bodies["share_rest"])
            body = np.stack([mu, sigma.to_numpy()], axis=1)
            drawn.append(self._cells(rates, body, share, (min(shape, _MOST_SHAPE), float(np.exp(log_scale)))))
        return drawn

    def _cells(
        self, rates: Floats, bodies: Floats, shares: Floats, tail: tuple[float, float]
    ) -> list[LossCell]:
        top = GeneralizedPareto(shape=tail[0], scale=tail[1], threshold=self.tail.tail.threshold)
        cells = []
        for row, event in enumerate(self.counts.index):
            mu, sigma = bodies[row].tolist()
            severity = Spliced(
                body=Lognormal(mu=mu, sigma=sigma), tail=top, tail_probability=float(shares[row])
            )
            for column, product in enumerate(self.counts.columns):
                mean = float(rates[row, column])
                frequency = (
                    NegativeBinomial(mean=mean, dispersion=self.dispersion)
                    if self.dispersion > 0
                    else Poisson(rate=mean)
                )
                cells.append(LossCell(name=f"{event} · {product}", frequency=frequency, severity=severity))
        return cells


def _bodies(losses: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Bodies and shares of the tail by event type, pooled."""
    fits = {
        str(event): _body(part.to_numpy(dtype=np.float64), threshold)
        for event, part in losses.groupby("event_type")["amount"]
    }
    rows = pd.DataFrame(fits).T.rename_axis("event_type").reset_index()
    for name in ("mu", "sigma"):
        mean, error = pooled_estimates(
            rows[name].to_numpy(dtype=float), rows[f"{name}_error"].to_numpy(dtype=float)
        )
        rows[name], rows[f"{name}_error"] = mean, error
    above, number = rows["exceedances"].sum(), rows["losses"].sum()
    prior = _share_prior(rows["exceedances"].to_numpy(), rows["losses"].to_numpy())
    rows["share_shape"] = rows["exceedances"] + prior * above / number
    rows["share_rest"] = rows["losses"] - rows["exceedances"] + prior * (1.0 - above / number)
    rows["tail_probability"] = rows["share_shape"] / (rows["share_shape"] + rows["share_rest"])
    return rows


def _body(part: Floats, threshold: float) -> dict[str, float]:
    """Fit one event type; unknown where it has too few losses, or they do not say where the body lies."""
    found = {"losses": len(part), "exceedances": int((part > threshold).sum())}
    unknown = dict.fromkeys(("mu", "mu_error", "sigma", "sigma_error"), np.nan)
    body = part[part <= threshold]
    if len(body) < _FEWEST_IN_BODY:
        return found | unknown
    try:
        table = fit_body(body, "lognormal", 0.0, threshold)
    except ParameterError:
        return found | unknown
    errors = standard_errors(table.covariance)
    return found | dict(
        zip(unknown, [table.estimates[0], errors[0], table.estimates[1], errors[1]], strict=True)
    )


def _share_prior(above: Floats, number: Floats) -> float:
    """Losses that the bank's share of the tail is worth for an event type, by moments of beta-binomial counts."""
    share = above.sum() / number.sum()
    expected = number * share * (1.0 - share)
    excess = float(((above - number * share) ** 2).sum() - expected.sum())
    spread = float((number * (number - 1.0)).sum()) * share * (1.0 - share)
    return max(spread / excess - 1.0, 1.0) if excess > 0 else float(number.sum())


def _dispersion(losses: pd.DataFrame, quarters: pd.PeriodIndex, completeness: Floats) -> float:
    """By how much years differ by more than chance, from the quarters of event types that are complete enough."""
    table = pd.crosstab(losses["event_type"], losses["quarter"]).reindex(columns=quarters, fill_value=0)
    counts = table.to_numpy(dtype=float)
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
