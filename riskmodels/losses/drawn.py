"""Figures of many drawn sets of cells at once, and the intervals that they make."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.errors import ParameterError
from riskmodels.losses.cells import LossCell
from riskmodels.losses.compounding import Sums, independent_sums, without_loss
from riskmodels.losses.graded import smooth_tails, steps_of

_SIZE, _SIZE_OF_BEST = 2**8, 2**12  # points of lattices: of draws, for four digits; of the best estimate
_ROOM, _WIDER = 1.6, 4.0  # range over the value-at-risk, and over the range that did not pass the level
_LEAST_END = 1e-12  # where hardly anything is lost, so that steps are not zero
# doublings of a range; draws, of which two lie beyond each end of a 95 % interval
_TRIES, _FEWEST_DRAWS = 60, 100
_AT_ONCE = 2**8  # cells: what fits the processor's own memory


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnFigures:
    """Figures of n drawn sets of c cells and their totals, to about one in ten thousand.

    Attributes
    ----------
    value_at_risk, expected_shortfall : ndarray, shape (n, c + 1)
        Of the cells and the total.
    curve : ndarray, shape (n, q)
        Values-at-risk of the total at other levels.
    """

    value_at_risk: Floats
    expected_shortfall: Floats
    curve: Floats


def check_intervals(confidence: float, draws: int) -> None:
    """Refuse a confidence that is no probability, and too few draws for the ends of an interval."""
    if not 0 < confidence < 1 or draws < _FEWEST_DRAWS:
        raise ParameterError(
            f"intervals need a confidence between 0 and 1 and a hundred draws; {draws} were asked for"
        )


def drawn_figures(
    best: pd.DataFrame, sets: Sums, *, level: float, levels: Sequence[float] = ()
) -> DrawnFigures:
    """Compute figures of drawn sets of cells, some sets at a time.

    ``best`` is the table of a ``LossDistribution``.
    """
    ends = _ends(best)
    parts = np.array_split(np.arange(len(sets)), -(-len(sets) * len(sets[0]) // _AT_ONCE))
    alone, total = [], []
    for part in parts:
        some = [sets[row] for row in part.tolist()]
        cells = [[cell] for one in some for cell in one]
        alone.append(_tails(cells, np.tile(ends[:-1], len(some)), [level], _SIZE))
        total.append(_tails(some, np.full(len(some), ends[-1]), [level, *levels], _SIZE))
    of_cells, of_total = np.concatenate(alone, axis=2)[:, 0], np.concatenate(total, axis=2)
    value, shortfall = np.concatenate(
        [of_cells.reshape(2, len(sets), -1), of_total[:, :1].transpose(0, 2, 1)], axis=2
    )
    return DrawnFigures(value_at_risk=value, expected_shortfall=shortfall, curve=of_total[0, 1:].T)


def drawn_intervals(best: pd.DataFrame, drawn: DrawnFigures, *, confidence: float) -> pd.DataFrame:
    """Put intervals from drawn sets of cells around the figures of a ``LossDistribution``'s table."""
    levels = _outer(confidence)
    low, high = np.quantile(drawn.value_at_risk, levels, axis=0, method="inverted_cdf")
    # no figure between two draws: some shortfalls are infinite
    least, most = np.quantile(drawn.expected_shortfall, levels, axis=0, method="inverted_cdf")
    return pd.DataFrame(
        {
            "cell": best["cell"],
            "value_at_risk": best["value_at_risk"],
            "lower": low,
            "upper": high,
            "expected_shortfall": best["expected_shortfall"],
            "shortfall_lower": least,
            "shortfall_upper": most,
        }
    )


def drawn_curve(
    best: pd.DataFrame,
    cells: Sequence[LossCell],
    drawn: DrawnFigures,
    levels: Sequence[float],
    *,
    confidence: float,
) -> pd.DataFrame:
    """Tabulate the total of independent cells: ``level``, ``loss``; ``lower``, ``upper`` from drawn sets."""
    loss = _tails([cells], _ends(best)[-1:], levels, _SIZE_OF_BEST)[0, :, 0]
    low, high = np.quantile(drawn.curve, _outer(confidence), axis=0)
    return pd.DataFrame({"level": levels, "loss": loss, "lower": low, "upper": high})


def _outer(confidence: float) -> list[float]:
    outside = (1.0 - confidence) / 2.0
    return [outside, 1.0 - outside]


def _ends(best: pd.DataFrame) -> Floats:
    """Where lattices may end, (c + 1).

    Those of cells end at powers of four, so that cells with one severity evaluate it once.
    """
    value, shortfall = best["value_at_risk"].to_numpy(), best["expected_shortfall"].to_numpy()
    usual = np.where(value > 0, value, np.where(np.isfinite(shortfall), shortfall, value[-1]))
    ends = np.maximum(_ROOM * usual, _LEAST_END)
    ends[:-1] = _WIDER ** np.ceil(np.log(ends[:-1]) / np.log(_WIDER))
    return ends


def _tails(sums: Sums, ends: Floats, levels: Sequence[float], size: int) -> Floats:
    """Values-at-risk and expected shortfalls of sums of independent cells, (2, q, r).

    Each is read off the first lattice that passes its level: lattices go up to the ends, (r,), and are
    widened where they do not pass all of them.
    """
    found, known = np.zeros((2, len(levels), len(sums))), np.zeros((len(levels), len(sums)), dtype=bool)
    rows, ends = np.arange(len(sums)), ends.copy()
    for _ in range(_TRIES):
        (made,) = independent_sums([sums[row] for row in rows.tolist()], ends[rows], size)
        read = smooth_tails(made, ends[rows] / steps_of(size), levels)
        for place, (level, tail) in enumerate(zip(levels, read, strict=True)):
            new = made.passes(level) & ~known[place, rows]
            found[:, place, rows[new]] = tail.value_at_risk[new], tail.expected_shortfall[new]
            known[place, rows[new]] = True
        rows = rows[~known[:, rows].all(axis=0)]
        if not len(rows):
            return _with_silence(found, sums, np.asarray(levels)[:, None])
        ends[rows] *= _WIDER
    raise ParameterError(f"no range of losses passes the level {max(levels)}")


def _with_silence(found: Floats, sums: Sums, levels: Floats) -> Floats:
    """Figures, of which those are exact whose level is below the probability of no loss."""
    means = np.array([sum(cell.mean for cell in one) for one in sums])
    silent = np.stack([np.zeros((len(levels), len(sums))), means / (1.0 - levels)])
    return np.where(without_loss(sums) >= levels, silent, found)
