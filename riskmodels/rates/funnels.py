"""Funnel limits: how far a unit of its size may be from the target before it stands out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.labels import counted, label
from riskmodels.rates.peers import check_counts

LEVELS = (0.95, 0.998)  # two and three standard deviations
_WINSORISED = 0.1  # share of the units at each end
_WINSORISED_SQUARE = 0.678728  # mean square of standard normal values so winsorised
_PLACES = 120  # points of a limit's line: smooth at the width of a page


@dataclass(frozen=True, kw_only=True, eq=False)
class Funnel(Displayed):
    """Units against their funnel.

    Attributes
    ----------
    table : DataFrame
        One row per unit, as given: name (or its number), expected (events at the target, or trials), value
        (observed ratio, or share), z [standard deviations from the target, spread of ordinary units
        included], outside (0: within all limits; 1: beyond the inner ones; 2: beyond the outer ones; the sign
        is that of z).
    limits : DataFrame
        For drawing, one row per size: expected, lower_95, upper_95, lower_998, upper_998.
    target : float
        The ratio or share in the middle.
    spread : float
        Standard deviation between ordinary units, tau, on the transformed scale.
    proportion : bool
        Shares of trials instead of ratios of observed to expected events.
    """

    table: pd.DataFrame
    limits: pd.DataFrame
    target: float
    spread: float
    proportion: bool

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"funnel": self.table}

    @property
    def sentence(self) -> str:
        """Say how many units stand out, against how many would by chance."""
        outside = self.table["outside"]
        return label(
            "{high} above and {low} below the outer limits, which {chance:.1f} of {units:,} ordinary ones"
            " would be.",
            high=counted((outside >= len(LEVELS)).sum(), "unit", "units"),
            low=int((outside <= -len(LEVELS)).sum()),
            chance=len(outside) * (1 - LEVELS[1]),
            units=len(outside),
        )

    def summary(self) -> pd.DataFrame:
        """The units that stand out, farthest first."""
        out = self.table[self.table["outside"].abs() > 0]
        return out.sort_values("z", key=np.abs, ascending=False).head(15)


def funnel(
    observed: npt.ArrayLike,
    expected: npt.ArrayLike,
    *,
    proportion: bool = False,
    target: float | None = None,
    names: npt.ArrayLike | None = None,
) -> Funnel:
    """Set units against funnel limits with additive overdispersion.

    Parameters
    ----------
    observed, expected : array_like, shape (n,)
        Events and expected events (above zero), or successes and trials.
    proportion : bool
        Successes of trials.
    target : float, optional
        Ratio or share in the middle; all units together where not given.
    names : array_like, shape (n,), optional
        What the units are called.

    Returns
    -------
    Funnel
        Limits are narrower for bigger units and never inside those without overdispersion.

    Raises
    ------
    ParameterError
        A value is negative, or there are more successes than trials.

    Notes
    -----
    Spiegelhalter 2005, doi:10.1002/sim.1970: square roots of ratios (arcsine square roots of shares), a tenth
    of the units winsorised at each end (and what that takes away from their squares given back), tau² by the
    method of moments, additive, as for units that truly differ. Chance alone puts one ordinary unit in 500
    beyond the outer limits. Fails for expected events below about one; where units differ much the limits are
    a little too narrow, as winsorised values are not normal.
    """
    count, size = (np.asarray(one, dtype=np.float64) for one in (observed, expected))
    check_counts(count, size, proportion=proportion)
    used = size > 0
    middle = float(np.nansum(count[used]) / max(np.nansum(size[used]), 1e-300)) if target is None else target
    value = np.divide(count, size, out=np.full_like(count, np.nan), where=used)
    error = _error(size)
    distance = _transformed(value, proportion=proportion) - _transformed(
        np.array(middle), proportion=proportion
    )
    spread = _spread(distance[used], error[used])
    z = distance / np.hypot(error, spread)
    outside = np.sign(z) * sum((np.abs(z) > scipy.special.ndtri((1 + level) / 2)) * 1 for level in LEVELS)
    return Funnel(
        table=pd.DataFrame(
            {
                "name": np.arange(1, len(size) + 1) if names is None else np.asarray(names),
                "expected": size,
                "value": value,
                "z": z,
                "outside": np.nan_to_num(outside).astype(np.int64),
            }
        ),
        limits=_limits(size[used], middle, spread, proportion=proportion),
        target=middle,
        spread=spread,
        proportion=proportion,
    )


def _transformed(value: Floats, *, proportion: bool) -> Floats:
    root = np.sqrt(value)
    return np.asarray(np.arcsin(np.minimum(root, 1)) if proportion else root, dtype=np.float64)


def _back(value: Floats, *, proportion: bool) -> Floats:
    if proportion:
        return np.asarray(np.sin(np.clip(value, 0, np.pi / 2)) ** 2, dtype=np.float64)
    return np.maximum(value, 0) ** 2


def _error(size: Floats) -> Floats:
    """Standard deviation of a transformed value, by the delta method: the same for roots and arcsines."""
    return np.divide(0.5, np.sqrt(size), out=np.full_like(size, np.inf), where=size > 0)


def _spread(distance: Floats, error: Floats) -> float:
    """Estimate tau by the method of moments from distances winsorised at both ends."""
    if len(distance) < 3:  # noqa: PLR2004  nothing to learn a spread from
        return 0.0
    z = distance / error
    z = np.clip(z, *np.quantile(z, (_WINSORISED, 1 - _WINSORISED)))
    weight = error**-2.0
    excess = float((z**2).sum()) / _WINSORISED_SQUARE - (len(z) - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    return float(np.sqrt(max(excess, 0.0) / scale))


def _limits(size: Floats, target: float, spread: float, *, proportion: bool) -> pd.DataFrame:
    if not len(size):
        return pd.DataFrame(
            columns=["expected", "lower_95", "upper_95", "lower_998", "upper_998"], dtype="float64"
        )
    # a line, where all are as large
    places = np.geomspace(size.min(), max(size.max(), size.min() * 1.01), _PLACES)
    middle = _transformed(np.array(target), proportion=proportion)
    width = np.hypot(_error(places), spread)
    frame = {"expected": places}
    for level, name in zip(LEVELS, ("95", "998"), strict=True):
        far = scipy.special.ndtri((1 + level) / 2) * width
        frame[f"lower_{name}"] = _back(middle - far, proportion=proportion)
        frame[f"upper_{name}"] = _back(middle + far, proportion=proportion)
    return pd.DataFrame(frame)
