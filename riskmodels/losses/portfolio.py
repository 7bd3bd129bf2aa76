"""Cells of a bank's losses by event type and product: estimated, and drawn from what is known of them."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.cells import LossCell
from riskmodels.losses.fitting import TailFit, fit_body, fit_tail, standard_errors
from riskmodels.losses.frequency import frequency_of
from riskmodels.losses.pooling import credible_rates, drawn_rates, pooled_estimates
from riskmodels.losses.severity import GeneralizedPareto, Lognormal, Spliced

BETWEEN = " · "  # event type and product in the name of a cell

_FEWEST_IN_BODY = 10  # losses below the threshold: a fit to fewer is not shown; a choice


@dataclass(frozen=True, kw_only=True, eq=False)
class Portfolio:
    """What is estimated of the cells, event types by products.

    Attributes
    ----------
    counts : DataFrame
        Losses by event type (rows) and product.
    years : float
        In which they were seen, as far as they are recorded.
    dispersion : float
        Of the number of losses of a cell.
    bodies : DataFrame
        By event type, as in ``LossAssessment.severities``.
    tail : TailFit
        Of all event types.
    """

    counts: pd.DataFrame
    years: float
    dispersion: float
    bodies: pd.DataFrame
    tail: TailFit

    def best(self) -> list[LossCell]:
        """Cells with their best estimates."""
        shape, rate = credible_rates(self.counts.to_numpy(dtype=np.float64), self.years)
        return self._cells(
            shape / rate,
            self.bodies[["mu", "sigma"]].to_numpy(),
            self.bodies["tail_probability"].to_numpy(),
            (self.tail.tail.shape, self.tail.tail.scale),
        )

    def draw(self, size: int, rng: np.random.Generator) -> list[list[LossCell]]:
        """Draw sets of cells from what is known of the parameters; one draw for what all share."""
        rates = drawn_rates(self.counts.to_numpy(dtype=np.float64), self.years, size, rng)
        tails = _drawn_tails(self.tail, size, rng)
        shares = _drawn_shares(self.bodies, size, rng)
        mu = _drawn_pooled(self.bodies, "mu", size, rng)
        deviation = _drawn_pooled(self.bodies, "sigma", size, rng)
        # a tenth: none is drawn narrower
        sigma = np.maximum(deviation, 0.1 * self.bodies["sigma"].to_numpy())
        bodies = np.stack([mu, sigma], axis=-1)
        return [
            self._cells(rates[one], bodies[one], shares[one], (float(tails[one, 0]), float(tails[one, 1])))
            for one in range(size)
        ]

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
                frequency = frequency_of(mean, self.dispersion)
                cells.append(
                    LossCell(name=f"{event}{BETWEEN}{product}", frequency=frequency, severity=severity)
                )
        return cells


def _drawn_tails(tail: TailFit, size: int, rng: np.random.Generator) -> Floats:
    """Draw shapes and scales, (size, 2): the scale by its logarithm."""
    units = np.array([1.0, tail.tail.scale])
    covariance = tail.part.covariance / np.outer(units, units)
    drawn = rng.multivariate_normal([tail.tail.shape, np.log(tail.tail.scale)], covariance, size=size)
    return np.stack([drawn[:, 0], np.exp(drawn[:, 1])], axis=1)


def _drawn_shares(bodies: pd.DataFrame, size: int, rng: np.random.Generator) -> Floats:
    """Draw shares of the tail by event type, (size, r): the bank's first, then theirs given it."""
    above, number = bodies["exceedances"].to_numpy(), bodies["losses"].to_numpy()
    common = rng.beta(above.sum() + 0.5, (number - above).sum() + 0.5, size=(size, 1))
    prior = _share_prior(above, number)
    return np.asarray(rng.beta(above + prior * common, number - above + prior * (1.0 - common)))


def _drawn_pooled(bodies: pd.DataFrame, name: str, size: int, rng: np.random.Generator) -> Floats:
    """Draw pooled parameters by event type, (size, r), with what they have in common."""
    own = bodies[f"{name}_own"].to_numpy() * rng.standard_normal((size, len(bodies)))
    return np.asarray(
        bodies[name].to_numpy() + own + bodies[f"{name}_common"].to_numpy() * rng.standard_normal((size, 1))
    )


def _bodies(losses: pd.DataFrame, counts: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Bodies and shares of the tail by event type, in the order of the counts, pooled."""
    groups = dict(list(losses.groupby("event_type")["amount"]))
    fits = {event: _body(groups[event].to_numpy(dtype=np.float64), threshold) for event in counts.index}
    rows = pd.DataFrame(fits).T.rename_axis("event_type").reset_index()
    for name in ("mu", "sigma"):
        mean, own, common = pooled_estimates(
            rows[name].to_numpy(dtype=float), rows[f"{name}_error"].to_numpy(dtype=float)
        )
        rows[name], rows[f"{name}_own"], rows[f"{name}_common"] = mean, own, common
        rows[f"{name}_error"] = np.hypot(own, common)
    above, number = rows["exceedances"].to_numpy(), rows["losses"].to_numpy()
    prior = _share_prior(above, number)
    rows["tail_probability"] = (above + prior * above.sum() / number.sum()) / (number + prior)
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
    """Losses that the bank's share of the tail is worth for an event type, from beta-binomial moments."""
    share = above.sum() / number.sum()
    expected = number * share * (1.0 - share) * (1.0 - number / number.sum())
    excess = float(((above - number * share) ** 2).sum() - expected.sum())
    spread = float((number * (number - 1.0)).sum()) * share * (1.0 - share)
    return max(spread / excess - 1.0, 1.0) if excess > 0 else float(number.sum())


def portfolios_of(
    losses: pd.DataFrame, counts: pd.DataFrame, years: float, dispersion: float, thresholds: pd.DataFrame
) -> tuple[pd.DataFrame, list["Portfolio"]]:
    """Make a portfolio for every threshold below which bodies can be fitted.

    The highest of these is chosen where the chosen one is none of them.
    """
    amounts, found, kept = losses["amount"].to_numpy(dtype=np.float64), [], []
    for place, threshold in enumerate(thresholds["threshold"].tolist()):
        with contextlib.suppress(ParameterError):
            bodies, tail = _bodies(losses, counts, threshold), fit_tail(amounts, threshold)
            found.append(
                Portfolio(counts=counts, years=years, dispersion=dispersion, bodies=bodies, tail=tail)
            )
            kept.append(place)
    if not found:
        raise ParameterError("no event type has losses whose body is a lognormal")
    thresholds = thresholds.iloc[kept].reset_index(drop=True)
    if not thresholds["chosen"].any():
        thresholds["chosen"] = thresholds.index == thresholds.index[-1]
    return thresholds, found


def drawn_cells(
    portfolios: Sequence["Portfolio"], thresholds: pd.DataFrame, size: int, seed: int
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
