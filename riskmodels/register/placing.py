"""Risks in the matrix: its colours from the appetite, the cell of each risk, and how far cells mislead."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.parameters.policy import Appetite
from riskmodels.register.matrices import MatrixLint, lint_matrix
from riskmodels.scorecard.grounds import RATINGS

_BANDS = 5  # of frequency and of impact in a matrix
_LESS = 1 - 1e-9  # a centre that is exactly at a limit is inside it


def derive_matrix(appetite: Appetite) -> pd.DataFrame:
    """Colour a matrix by the expected loss a year at the geometric centre of each cell.

    Examples
    --------
    >>> derive_matrix(Appetite(amber=1e5, red=1e7)).iloc[2:, [0, 2, 4]].to_numpy().tolist()
    [['green', 'amber', 'red'], ['green', 'amber', 'red'], ['amber', 'red', 'red']]
    """
    frequency, impact = (_edges(bands) for bands in (appetite.frequency_bands, appetite.impact_bands))
    loss = np.sqrt(np.multiply.outer(frequency[:-1] * frequency[1:], impact[:-1] * impact[1:])) * _LESS
    ratings = np.select([loss > appetite.red, loss > appetite.amber], RATINGS[:2], default=RATINGS[2])
    names = _band_names(appetite.frequency_bands), _band_names(appetite.impact_bands)
    return pd.DataFrame(ratings, names[0], names[1], dtype="str")


def place_risk(frequency: Floats, impact: Floats, appetite: Appetite) -> dict[str, object]:
    """Return the most probable row and column, from 1, and their probability.

    A limit belongs to the band below.
    """
    rows = np.searchsorted(appetite.frequency_bands, frequency)
    codes = rows * _BANDS + np.searchsorted(appetite.impact_bands, impact)
    times = np.bincount(codes, minlength=_BANDS**2)
    row, column = divmod(int(times.argmax()), _BANDS)
    return {"row": row + 1, "column": column + 1, "probability": times.max() / len(codes)}


def disorder(matrix: pd.DataFrame, cells: pd.DataFrame) -> tuple[float, float]:
    """Return the shares of pairs of risks with colours against their order of loss, and with the same."""
    colours = matrix.to_numpy()[cells["row"] - 1, cells["column"] - 1]
    level = np.array([RATINGS[2::-1].index(colour) for colour in colours])
    first, second = np.triu_indices(len(level), 1)
    steps, pairs = level[first] - level[second], max(len(first), 1)
    return float((steps < 0).sum() / pairs), float((steps == 0).sum() / pairs)


def check_matrix(matrix: pd.DataFrame, appetite: Appetite) -> MatrixLint | None:
    """Check a matrix, its outer bands closed; None where it has one colour only."""
    limits = _edges(appetite.frequency_bands), _edges(appetite.impact_bands)
    one_colour = len(set(matrix.to_numpy().flat)) == 1
    return None if one_colour else lint_matrix(matrix, likelihood_limits=limits[0], impact_limits=limits[1])


def _edges(bands: Sequence[float]) -> Floats:
    """Close the outer bands: as wide, as a ratio, as their neighbours."""
    return np.array([bands[0] ** 2 / bands[1], *bands, bands[-1] ** 2 / bands[-2]])


def _band_names(bands: Sequence[float]) -> list[str]:
    names = [f"{limit:,.10g}" for limit in bands]
    return [f"≤ {names[0]}", *(f"{low}–{high}" for low, high in pairwise(names)), f"> {names[-1]}"]
