"""What is new in each month of a series: what its own trend, season and past months do not predict."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from riskmodels.arrays import Floats

_YEAR: Final = 12  # months
_PAST: Final = 3  # months back that a series is regressed on, at most: a quarter
_WAVES: Final = (0, 1, 2, 6)  # of a season, in a year; six are a mean of its own for each month
_PER_TERM: Final = 3  # months known for each term of a model, at least
_LEAST_SPREAD: Final = 1e-9  # of innovations: below, a series does not vary


@dataclass(frozen=True, kw_only=True, eq=False)
class Whitened:
    """Innovations of one series.

    Attributes
    ----------
    values : ndarray, shape (T,)
        [unit of the series] Residuals; NaN where the month or one it is regressed on is unknown.
    regular : ndarray, shape (T, k)
        The terms of its mean, trend and season, to which innovations are orthogonal.
    past : int
        Months back that it is regressed on.
    """

    values: Floats
    regular: Floats
    past: int


def whiten(values: Floats) -> Whitened | None:
    """Fit a series' own trend, season and autoregression, by the corrected AIC; None where nothing varies.

    Parameters
    ----------
    values : ndarray, shape (T,)
        Consecutive months; NaN is unknown.

    Notes
    -----
    Models are compared on the months that all of them can explain (Hurvich & Tsai 1989,
    doi:10.1093/biomet/76.2.297). A change of level is one large innovation.
    """
    from statsmodels.regression.linear_model import OLS  # here, for start-up

    laid = {past: _past(values, past) for past in range(_PAST + 1)}
    alike = np.isfinite(np.column_stack([values, laid[_PAST]])).all(axis=1)
    best, least = None, np.inf
    for past, waves, trend in product(laid, _WAVES, (False, True)):
        regular = _regular(len(values), waves, trend=trend)
        terms = np.column_stack([regular, laid[past]])
        if terms.shape[1] * _PER_TERM > alike.sum():
            continue
        score = _aicc(_squares(values[alike], terms[alike]), int(alike.sum()), terms.shape[1])
        if score < least:
            best, least = (past, regular, terms), score
    if best is None:
        return None
    past, regular, terms = best
    known = np.isfinite(np.column_stack([values, terms])).all(axis=1)
    left = np.full(len(values), np.nan)
    left[known] = OLS(values[known], terms[known]).fit().resid
    spread = float(np.std(left[known]))
    return Whitened(values=left, regular=regular, past=past) if spread > _LEAST_SPREAD else None


def _past(values: Floats, past: int) -> Floats:
    """Lay the months before each beside it, (T, past)."""
    return np.column_stack(
        [np.empty((len(values), 0)), *(months_before(values, back) for back in range(1, past + 1))]
    )


def months_before(values: Floats, back: int) -> Floats:
    """Put the value of so many months before into each month: (T, …) -> (T, …)."""
    return np.concatenate([np.full_like(values[:back], np.nan), values[:-back]])


def _regular(months: int, waves: int, *, trend: bool) -> Floats:
    at = np.arange(months, dtype=float)
    angles = [2 * np.pi * wave * at / _YEAR for wave in range(1, waves + 1)]
    season = [part(angle) for angle in angles for part in (np.cos, np.sin)]
    season = season[: _YEAR - 1]  # the sine of six waves is nothing
    return np.column_stack([np.ones(months), *([at / months] if trend else []), *season])


def _squares(values: Floats, terms: Floats) -> float:
    """Return the sum of squares that terms leave; without end where some say the same."""
    fitted, _, rank, _ = np.linalg.lstsq(terms, values, rcond=None)
    return float(((values - terms @ fitted) ** 2).sum()) if rank == terms.shape[1] else np.inf


def _aicc(squares: float, months: int, terms: int) -> float:
    own = terms + 1  # the variance is estimated, too
    if squares <= 0 or months - own <= 1:
        return np.inf
    return float(months * np.log(squares / months) + 2 * own * months / (months - own - 1))
