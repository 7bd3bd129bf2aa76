"""How a bank's counts have moved with the economy, and whether that foretells anything."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.forecasting.negative_binomial import log_likelihood
from riskmodels.labels import label, plural
from riskmodels.panel import Panel
from riskmodels.parameters.macro import MacroDriver
from riskmodels.scorecard.rating import INTERVAL
from riskmodels.stresstest.macro import MONTHS, MacroPath

# shares of an effect that are still there a quarter later: at once, half, and over years (Koyck 1954)
LASTING = (0.0, 0.5, 0.8)
_YEAR = 4  # quarters
_FEWEST = 20  # quarters with a year before them, without which nothing is estimated: five years
_TESTED = 1 / 3  # of the quarters, at the end, that are foretold one after another
_CERTAINTY = 0.90  # that the driver foretells better than none: a choice
_DISPERSIONS = np.array([0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0])  # variance = mean + dispersion · mean²
_ROUNDS, _ENOUGH = 25, 1e-8  # of weighted least squares, at most; step of a coefficient that ends it
_STEP = 2.0  # most that a coefficient's contribution changes in a round: against running away
_RIDGE = 1e-6  # on all coefficients, so that a quarter's dummy without quarters is zero
_DRAWS = 200  # of the parametric bootstrap: the ends of a 90 % interval are sure to a tenth of its width
SEED = 41  # any fixed one: the same data give the same figures
_DIGITS = 9  # of log scores: what is smaller is rounding
_LARGE, _TRACE = 50.0, 1e-6  # of logs, beyond which nothing is counted; dispersion of a Poisson count
_LEAST = 5.0  # count of a quarter, as the level that growth is against: less is no series to learn from


@dataclass(frozen=True, kw_only=True, eq=False)
class MacroSensitivity(Displayed):
    """What the economy does to counts, series by series.

    Attributes
    ----------
    keys : DataFrame
        The series; n rows.
    drivers : tuple of MacroDriver
        The drivers tried; d of them.
    effect, lower, upper : ndarray, shape (n, d)
        Change of the log of the count that one unit of a driver makes in the end, all quarters together; 90 %
        interval; zero where the driver is not taken.
    lasting : ndarray, shape (n, d)
        Share of the effect that is still there a quarter later.
    table : DataFrame
        One row a series: its keys; quarters; tested [quarters foretold]; gain, gain_error [log score a
        quarter against the same model without drivers, and its standard error]; p_value [of no gain,
        one-sided]; usable.
    """

    keys: pd.DataFrame
    drivers: tuple[MacroDriver, ...]
    effect: Floats
    lower: Floats
    upper: Floats
    lasting: Floats
    table: pd.DataFrame

    @property
    def usable(self) -> Flags:
        """Which series have a sensitivity that foretells, shape (n,)."""
        return self.table["usable"].to_numpy(dtype=bool)

    def multipliers(self, path: MacroPath, baseline: MacroPath, quarters: pd.PeriodIndex) -> Floats:
        """Return by how much a path multiplies counts against a baseline, shape (n, len(quarters)).

        One where no sensitivity is usable. Both paths must have the year before the first quarter and all
        quarters asked for.

        Raises
        ------
        ParameterError
            A path ends before the last quarter, or does not know a driver in one.
        """
        difference = _at(path, self.drivers, quarters) - _at(baseline, self.drivers, quarters)
        reached = np.zeros_like(self.effect)
        ratios = [
            np.ones(len(self.keys))
        ] * _YEAR  # of the year before, which is the level of the next quarter
        for step in difference:
            reached = self.lasting * reached + (1 - self.lasting) * step
            ratios.append(np.mean(ratios[-_YEAR:], axis=0) * np.exp((self.effect * reached).sum(axis=1)))
        return np.where(self.usable[:, None], np.stack(ratios[_YEAR:], axis=1), 1.0)

    @property
    def sentence(self) -> str:
        """Say for how many series the economy foretells anything."""
        number = int(self.usable.sum())
        if not number:
            return label(
                "No usable sensitivity to the economy: counts are not foretold better with it than without."
            )
        return plural(
            number,
            "{number} of {all} series moves with the economy, as shown by quarters not used to estimate it.",
            "{number} of {all} series move with the economy, as shown by quarters not used to estimate it.",
            number=number,
            all=len(self.keys),
        )

    def summary(self) -> pd.DataFrame:
        """Return the table of series."""
        return self.table


def estimate_sensitivities(
    panel: Panel, history: MacroPath, drivers: tuple[MacroDriver, ...], *, seed: int = SEED
) -> MacroSensitivity:
    """Estimate how counts move with the economy, and test it on quarters that are not used.

    Parameters
    ----------
    panel : Panel
        Counts by month or quarter; n series. Unknown months make their quarter, and the year after it,
        unknown.
    history : MacroPath
        The economy over the same quarters.
    drivers : tuple of MacroDriver
        What may move the counts, and in which direction alone.
    seed : int
        Of the bootstrap.

    Returns
    -------
    MacroSensitivity
        No effect has the sign that its driver excludes.

    Raises
    ------
    ParameterError
        The panel is not by month or quarter, or the history does not know the drivers.

    Notes
    -----
    Negative binomial regression of a quarter's count with its mean count of the year before as the level, a
    season, and geometrically distributed lags of the drivers (Koyck 1954). All sets of drivers and lags of
    ``LASTING`` that obey the signs are compared by Akaike's corrected criterion; that without drivers is
    one of them. The last third of the quarters is foretold one after another, each from those before, by the
    chosen model and by that without drivers; the gain in log score is tested by Diebold & Mariano 1995 as
    corrected by Harvey, Leybourne & Newbold 1997. Intervals are of a parametric bootstrap of the chosen set.
    The economy of the quarters foretold is taken as it was: what is tested is the sensitivity, not a
    forecast of the economy. A new level of the series, from other causes, counts as level after a year.
    """
    counts, quarters = _by_quarter(panel)
    given = history.drivers(drivers).reindex(quarters).to_numpy(dtype=np.float64)
    if not np.isfinite(given).any():
        raise ParameterError(
            f"{history.name} does not know the drivers between {quarters[0]} and {quarters[-1]}"
        )
    series = [_series(row, given, quarters, drivers, seed) for row in counts]
    columns = {
        name: np.array([one[name] for one in series]) for name in ("effect", "lower", "upper", "lasting")
    }
    figures = ["quarters", "tested", "gain", "gain_error", "p_value", "usable"]
    table = pd.DataFrame([{name: one[name] for name in figures} for one in series])
    return MacroSensitivity(
        keys=panel.keys,
        drivers=drivers,
        table=pd.concat([panel.keys.reset_index(drop=True), table], axis=1),
        **columns,
    )


@dataclass(frozen=True)
class _Candidates:
    """Sets of drivers with their lags: regressors (c, T, k), which are taken (c, d), what lasts (c, d)."""

    regressors: Floats
    taken: Flags
    lasting: Floats
    signs: Floats

    def only(self, places: Floats | list[int]) -> "_Candidates":
        """Return some of them."""
        return _Candidates(self.regressors[places], self.taken[places], self.lasting[places], self.signs)


@dataclass(frozen=True)
class _Fit:
    """One fit: coefficients (k,), dispersion, and which candidate it is of."""

    coefficients: Floats
    dispersion: float
    place: int


def _by_quarter(panel: Panel) -> tuple[Floats, pd.PeriodIndex]:
    """Add counts up to whole quarters, shape (n, T); one with an unknown month is unknown."""
    freq = panel.periods.freqstr[0]
    if freq not in {"M", "Q"}:
        raise ParameterError("sensitivities need counts by month or quarter")
    if freq == "Q":
        return panel.values, panel.periods
    quarters = panel.periods.asfreq("Q")
    size = quarters.value_counts()
    whole = pd.PeriodIndex(sorted(size.index[size == MONTHS]), freq="Q")
    sums = np.stack([panel.values[:, np.asarray(quarters == one)].sum(axis=1) for one in whole], axis=1)
    return sums, whole


def _at(path: MacroPath, drivers: tuple[MacroDriver, ...], quarters: pd.PeriodIndex) -> Floats:
    values = path.drivers(drivers).reindex(quarters)
    if values.isna().any(axis=None):
        lacking = values.index[values.isna().any(axis=1)][0]
        raise ParameterError(
            f"{path.name} does not say what {lacking} is: it needs the year before, and no end before"
        )
    return values.to_numpy(dtype=np.float64)


def _series(
    counts: Floats, given: Floats, quarters: pd.PeriodIndex, drivers: tuple[MacroDriver, ...], seed: int
) -> dict[str, Any]:
    """Estimate and test one series."""
    d = len(drivers)
    level = _level(counts)
    known = np.isfinite(counts) & np.isfinite(level) & np.isfinite(given).all(axis=1)
    nothing: dict[str, Any] = {name: np.zeros(d) for name in ("effect", "lower", "upper", "lasting")}
    figures: dict[str, Any] = {
        "quarters": int(known.sum()),
        "tested": 0,
        "gain": 0.0,
        "gain_error": np.nan,
        "p_value": 1.0,
    }
    if known.sum() < _FEWEST:
        return nothing | figures | {"usable": False}
    y, offset, season = counts[known], np.log(level[known]), np.asarray(quarters.quarter)[known]
    candidates = _candidates(given[known], season, drivers)
    gains = _gains(y, offset, candidates)
    figures |= _tested(gains)
    best, _ = _best(y, offset, candidates, np.ones(len(y)))
    if not candidates.taken[best.place].any():
        return nothing | figures | {"usable": False}
    taken = candidates.taken[best.place]
    found = {
        "effect": np.where(taken, best.coefficients[_YEAR:], 0.0),
        "lasting": candidates.lasting[best.place],
    }
    lower, upper = _interval(best, offset, candidates, seed)
    return found | figures | {"lower": lower, "upper": upper, "usable": figures["p_value"] <= 1 - _CERTAINTY}


def _level(counts: Floats) -> Floats:
    """Return the mean count of the four quarters before each one, shape (T,)."""
    mean = pd.Series(counts).rolling(_YEAR, min_periods=_YEAR).mean().shift(1).to_numpy()
    return np.where(mean >= _LEAST, mean, np.nan)


def _candidates(given: Floats, season: Floats, drivers: tuple[MacroDriver, ...]) -> _Candidates:
    """Return all sets of drivers, each with every combination of lags; the first has none."""
    signs = np.array([{"up": 1.0, "down": -1.0, "either": 0.0}[one.pushes] for one in drivers])
    dummies = (season[:, None] == np.arange(1, _YEAR + 1)).astype(np.float64)
    lagged = {share: _lagged(given, share) for share in LASTING}
    choices = list(product((None, *LASTING), repeat=len(drivers)))
    taken = np.array([[share is not None for share in choice] for choice in choices])
    lasting = np.array([[share or 0.0 for share in choice] for choice in choices])
    columns = [
        np.stack(
            [
                np.zeros(len(given)) if share is None else lagged[share][:, place]
                for place, share in enumerate(one)
            ],
            1,
        )
        for one in choices
    ]
    regressors = np.stack([np.concatenate([dummies, part], axis=1) for part in columns])
    return _Candidates(regressors, taken, lasting, signs)


def _lagged(given: Floats, share: float) -> Floats:
    """Return what has reached the counts of each quarter of the drivers, (T, d), of which a share lasts."""
    start = given[:1] * share  # as if the economy had always been as in the first quarter
    return np.asarray(scipy.signal.lfilter([1 - share], [1, -share], given, axis=0, zi=start)[0])


def _best(
    y: Floats, offset: Floats, candidates: _Candidates, weights: Floats, start: Floats | None = None
) -> tuple[_Fit, Floats]:
    """Return the best fit of all candidates and dispersions that obeys the signs, and what all came to."""
    beta, likelihood = _fitted(y, offset, candidates, weights, start)
    obeys = (beta[..., _YEAR:] * candidates.signs >= 0).all(axis=-1)
    n, k = weights.sum(), _YEAR + 1 + candidates.taken.sum(axis=1)
    penalty = k + k * (k + 1) / np.maximum(n - k - 1, 1.0)  # Hurvich & Tsai 1989
    score = np.where(obeys, likelihood - penalty[:, None], -np.inf)
    place, dispersion = np.unravel_index(int(score.argmax()), score.shape)
    return _Fit(beta[place, dispersion], float(_DISPERSIONS[dispersion]), int(place)), beta


def _fitted(
    y: Floats, offset: Floats, candidates: _Candidates, weights: Floats, start: Floats | None
) -> tuple[Floats, Floats]:
    """Fit all candidates with all dispersions: coefficients (c, a, k) and log-likelihoods (c, a)."""
    x = candidates.regressors[:, None]
    beta = _least_squares(y, offset, x, _DISPERSIONS[None, :], weights, start)
    mean = np.exp(offset + (x @ beta[..., None])[..., 0])
    return beta, (weights * _log_probability(y, mean, _DISPERSIONS[None, :, None])).sum(axis=-1)


def _least_squares(
    y: Floats, offset: Floats, x: Floats, dispersion: Floats, weights: Floats, start: Floats | None = None
) -> Floats:
    """Iterate weighted least squares of negative binomials: x (..., T, k) gives coefficients (..., k)."""
    shape = np.broadcast_shapes(x.shape[:-2], dispersion.shape, y.shape[:-1])
    beta = np.zeros((*shape, x.shape[-1])) if start is None else start
    ridge = _RIDGE * np.eye(x.shape[-1])
    turned = np.swapaxes(x, -1, -2)
    for _ in range(_ROUNDS):
        mean = np.exp(np.clip(offset + (x @ beta[..., None])[..., 0], -_LARGE, _LARGE))
        working = weights * mean / (1 + dispersion[..., None] * mean)
        gradient = turned @ (working * (y - mean) / mean)[..., None]
        curvature = turned @ (working[..., None] * x) + ridge
        step = np.clip(np.linalg.solve(curvature, gradient)[..., 0], -_STEP, _STEP)
        beta = beta + step
        if np.abs(step).max() < _ENOUGH:
            break
    return beta


def _log_probability(y: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Return the log probability up to a term of the count alone."""
    return log_likelihood(y, mean, mean + np.maximum(dispersion * mean, _TRACE) * mean)


def _gains(y: Floats, offset: Floats, candidates: _Candidates) -> Floats:
    """Foretell the last quarters one after another, with drivers and without: differences of log scores."""
    origins = range(len(y) - int(len(y) * _TESTED), len(y))
    sets = (candidates, candidates.only([0]))
    scores = np.array([_scores(y, offset, one, origins) for one in sets])
    return np.asarray(np.round(scores[0] - scores[1], _DIGITS))


def _scores(y: Floats, offset: Floats, candidates: _Candidates, origins: range) -> list[float]:
    """Return the log score of each of the last quarters, foretold from those before."""
    scores, start = [], None
    for origin in origins:
        past = (np.arange(len(y)) < origin).astype(np.float64)
        fit, start = _best(y, offset, candidates, past, start)
        here = slice(origin, origin + 1)
        mean = np.exp(offset[here] + candidates.regressors[fit.place, here] @ fit.coefficients)
        scores.append(float(_log_probability(y[here], mean, np.array([fit.dispersion]))[0]))
    return scores


def _tested(gains: Floats) -> dict[str, Any]:
    """Test whether the gain is above zero: Diebold and Mariano's test, corrected for few quarters."""
    n = len(gains)
    error = float(gains.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    gain = float(gains.mean()) if n else 0.0
    p_value = float(scipy.special.stdtr(n - 1, -gain / error)) if error > 0 else 1.0
    return {"tested": n, "gain": gain, "gain_error": error, "p_value": p_value}


def _interval(best: _Fit, offset: Floats, candidates: _Candidates, seed: int) -> tuple[Floats, Floats]:
    """Draw counts from the fit, fit them again, and return the ends of their interval, (d,) each."""
    x = candidates.regressors[best.place]
    mean = np.exp(offset + x @ best.coefficients)
    rng = np.random.default_rng(seed)
    rate = mean
    if best.dispersion > 0:
        rate = rng.gamma(1 / best.dispersion, best.dispersion * mean, size=(_DRAWS, len(mean)))
    drawn = rng.poisson(rate, size=(_DRAWS, len(mean))).astype(np.float64)
    beta = _least_squares(drawn, offset, x[None], np.full(_DRAWS, best.dispersion), np.ones(len(mean)))
    effects = beta[:, _YEAR:]
    against = effects * candidates.signs < 0
    ends = np.quantile(np.where(against, 0.0, effects), INTERVAL, axis=0)
    return ends[0], ends[1]
