"""From sums to tables: scores by method, horizon, size, origin, and whether the totals were calibrated."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats, Integers
from riskmodels.backtesting.scores import BINS, CELLS, SCALED, SIZES, TOTAL, Sums

Rows = list[dict[str, object]]

_RESAMPLES = 1000  # bootstrap draws of the months: a standard error known to about 2 %
_OUTSIDE = 0.05  # share that a calibrated 95 % interval leaves outside


class Scoreboard:
    """The sums of every method at every origin, and the tables that are made of them.

    ``months`` of shape (origins, h) are the ordinals of the target periods.
    """

    def __init__(self, found: Mapping[str, Sequence[Sums]], origins: pd.PeriodIndex, *, seed: int) -> None:
        self.found, self.origins, self.seed = found, origins, seed
        self.horizon = next(iter(found.values()))[0].total.shape[1]
        self.months = np.asarray(origins.asi8)[:, None] + np.arange(1, self.horizon + 1)

    def table(self) -> pd.DataFrame:
        """One row per method, the lowest wQL first."""
        rows = [
            {"method": method, **self._scores(_cells(sums), _scaled(sums)[..., -1])}
            for method, sums in self.found.items()
        ]
        return pd.DataFrame(rows).sort_values("wql", kind="stable").reset_index(drop=True)

    def by_horizon(self, methods: Iterable[str]) -> pd.DataFrame:
        """One row per method and horizon."""
        rows: Rows = []
        for method in methods:
            cells, scaled = _cells(self.found[method]), _scaled(self.found[method])
            rows += [
                {
                    "method": method,
                    "horizon": ahead + 1,
                    **self._scores(cells[..., [ahead]], scaled[..., ahead], [ahead]),
                }
                for ahead in range(self.horizon)
            ]
        return pd.DataFrame(rows)

    def by_size(self, methods: Iterable[str], sizes: Integers) -> pd.DataFrame:
        """One row per method and size class that has series."""
        rows: Rows = []
        for method in methods:
            cells, scaled = _cells(self.found[method], slice(None)), _scaled(self.found[method], slice(None))
            rows += [
                {
                    "method": method,
                    "size": SIZES[size],
                    "size_series": int((sizes == size).sum()),
                    **self._scores(cells[:, size], scaled[size, ..., -1]),
                }
                for size in np.unique(sizes).tolist()
            ]
        return pd.DataFrame(rows)

    def by_origin(self, methods: Iterable[str]) -> pd.DataFrame:
        """One row per method, origin and horizon: the total of all series."""
        ahead = np.arange(1, self.horizon + 1)
        frames = [
            pd.DataFrame(
                {
                    "method": method,
                    "origin": str(origin),
                    "period": (pd.PeriodIndex([origin]).repeat(self.horizon) + ahead).astype("str"),
                    "horizon": ahead,
                    **dict(zip(TOTAL, sums.total, strict=True)),
                }
            )
            for method in methods
            for origin, sums in zip(self.origins, self.found[method], strict=True)
        ]
        return pd.concat(frames, ignore_index=True)

    def totals(self, methods: Iterable[str]) -> pd.DataFrame:
        """Test one horizon at a time, on origins so far apart that no forecast overlaps another."""
        rows: Rows = []
        for method in methods:
            pit = np.stack([sums.total[TOTAL.index("pit")] for sums in self.found[method]])
            outside = np.where(np.isfinite(pit), np.abs(pit - 0.5) > (1 - _OUTSIDE) / 2, np.nan)
            tested = [self._tested(outside[:, ahead], ahead + 1) for ahead in range(self.horizon)]
            known = np.isfinite(outside)
            together = {
                "horizons": f"1–{self.horizon}",
                "totals": int(known.sum()),
                "outside": int(outside[known].sum()),
                "share_outside_95": float(outside[known].mean()) if known.any() else np.nan,
                "p_value": min(1.0, self.horizon * float(np.min([row["p_value"] for row in tested]))),
            }
            rows += [{"method": method, **row} for row in (*tested, *([together] * (self.horizon > 1)))]
        return pd.DataFrame(rows)

    def pit_histogram(self, methods: Iterable[str]) -> pd.DataFrame:
        """One row per method and bin of the randomised PIT."""
        edges = np.linspace(0.0, 1.0, BINS + 1)
        frames = []
        for method in methods:
            number = sum(sums.bins for sums in self.found[method])
            share = number / max(float(np.sum(number)), 1.0)
            columns = {"lower": edges[:-1], "upper": edges[1:], "outcomes": number, "share": share}
            frames.append(pd.DataFrame({"method": method, **columns}))
        return pd.concat(frames, ignore_index=True)

    def _scores(
        self, cells: Floats, scaled: Floats, ahead: Sequence[int] | slice = slice(None)
    ) -> dict[str, float]:
        """Scores of sums: cells (origins, CELLS, horizons), scaled (SCALED,), and which horizons they are."""
        total = dict(zip(CELLS, cells.sum(axis=(0, 2)).tolist(), strict=True))
        errors = dict(zip(SCALED, scaled.tolist(), strict=True))
        months, number = self.months[:, ahead].ravel(), cells[:, CELLS.index("forecasts")].ravel()
        deviation = {
            f"{name}_se": share_error(cells[:, CELLS.index(name)].ravel(), number, months, seed=self.seed)
            for name in ("pit_above_975", "pit_below_025")
        }
        known, outcome = total["forecasts"], total["outcome"]
        return {
            "wql": _ratio(total["loss"], outcome),
            "coverage_95": _ratio(total["inside_95"], known),
            "exceedance_975": _ratio(total["above_975"], known),
            "below_025": _ratio(total["below_025"], known),
            "pit_above_975": _ratio(total["pit_above_975"], known),
            "pit_above_975_se": deviation["pit_above_975_se"],
            "pit_below_025": _ratio(total["pit_below_025"], known),
            "pit_below_025_se": deviation["pit_below_025_se"],
            "coverage_80": _ratio(total["inside_80"], known),
            "rmsse": _ratio(errors["rmsse"], errors["rmsse_series"]),
            "mase": _ratio(errors["mase"], errors["mase_series"]),
            "bias": _ratio(total["mean"] - outcome, outcome),
            "forecasts": int(known),
            "rmsse_left_out": int(errors["series"] - errors["rmsse_series"]),
            "mase_left_out": int(errors["series"] - errors["mase_series"]),
        }

    def _tested(self, outside: Floats, horizon: int) -> dict[str, object]:
        """Test the share of totals outside at one horizon, origins as far apart as the horizon is long."""
        kept, last = [], -np.inf
        for origin, value in zip(self.origins.asi8.tolist(), outside.tolist(), strict=True):
            if np.isfinite(value) and origin - last >= horizon:
                kept.append(value)
                last = origin
        number, hits = len(kept), int(sum(kept))
        return {
            "horizons": str(horizon),
            "totals": number,
            "outside": hits,
            "share_outside_95": _ratio(hits, number),
            "p_value": float(scipy.stats.binomtest(hits, number, _OUTSIDE).pvalue) if number else 1.0,
        }


def share_error(hits: Floats, number: Floats, months: Integers, *, seed: int) -> float:
    """Estimate the standard error of a share by drawing months again.

    Parameters
    ----------
    hits, number : ndarray, shape (k,)
        Outcomes that count, and all outcomes, of k groups.
    months : ndarray of int, shape (k,)
        Target month of each group: what a month does to all series is one draw.
    seed : int
        Seed of the draws.

    Returns
    -------
    float
        Standard deviation of 1,000 resampled shares; NaN where fewer than two months have outcomes.

    Notes
    -----
    Months are drawn one by one: what lasts longer than a month makes the true error larger.
    """
    places = np.unique(months, return_inverse=True)[1].ravel()
    hit, of = (np.bincount(places, weights=part) for part in (hits, number))
    hit, of = hit[of > 0], of[of > 0]
    size = len(of)
    if size < 2:  # noqa: PLR2004  one month says nothing of how months vary
        return float("nan")
    draws = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), size=_RESAMPLES)
    return float(((draws @ hit) / (draws @ of)).std(ddof=1))


def _cells(sums: Sequence[Sums], size: slice | None = None) -> Floats:
    """Sums by origin: (origins, CELLS, h), or with a slice of size classes (origins, sizes, CELLS, h)."""
    cells = np.stack([one.cells for one in sums])
    return cells.sum(axis=1) if size is None else cells[:, size]


def _scaled(sums: Sequence[Sums], size: slice | None = None) -> Floats:
    """Sums over origins: (SCALED, h + 1), or with a slice of size classes (sizes, SCALED, h + 1)."""
    scaled = np.sum([one.scaled for one in sums], axis=0)
    return np.asarray(scaled.sum(axis=0) if size is None else scaled[size])


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
