"""Checks of what satisfaction goes with, on the bank's own answers."""

import numpy as np
import pandas as pd

from riskmodels.causes.answers import handled_complaints, survey_answers
from riskmodels.causes.associations import regress_answers
from riskmodels.errors import TooLittleError
from riskmodels.tables import Tables
from riskmodels.validation.evidence import Measured, beyond_chance

_SEED = 21  # any fixed one
_SHUFFLES = 8  # of the answers: over a hundred p-values
_QUARTERS = 4  # until the last one, as the chapter takes them
_LEVEL, _TWICE = 0.05, 0.10  # of p-values below 0.05 by chance: as many are due, and twice that
_APART = 1.96  # standard errors, beyond which 5 % of two halves differ by chance


def shuffled_answers(tables: Tables) -> Measured:
    """Share of p-values below 0.05 where answers are dealt anew among the customers, less 1.645 errors."""
    source, answers = _answers(tables)
    rng, found = np.random.default_rng(_SEED), []
    for _ in range(_SHUFFLES):
        dealt = answers.assign(points=rng.permutation(answers["points"].to_numpy()))
        found += [row["p_value"] for row in regress_answers(source, dealt).rows]
    return beyond_chance(np.array(found) < _LEVEL, _LEVEL, _TWICE)


def halves_apart(tables: Tables) -> Measured:
    """Share of drivers whose points differ between the earlier and the later half, less 1.645 errors."""
    source, answers = _answers(tables)
    early = np.arange(len(answers)) * 2 < len(answers)
    halves = [_points(source, answers[part]) for part in (early, ~early)]
    both = halves[0].add_suffix("_early").join(halves[1].add_suffix("_late"), how="inner")
    error = np.hypot(both["standard_error_early"], both["standard_error_late"])
    apart = (both["points_early"] - both["points_late"]).abs() > _APART * error
    return beyond_chance(apart.to_numpy(), _LEVEL, np.inf)


def _answers(tables: Tables) -> tuple[str, pd.DataFrame]:
    """Return rated complaints of the last year, else answers of surveys, in the order of their days."""
    span = pd.period_range(end=pd.Timestamp(tables.as_of).to_period("Q"), periods=_QUARTERS + 1, freq="Q")
    for source, rows in (("complaints", handled_complaints), ("surveys", survey_answers)):
        found = rows(tables, span)
        if found is not None and found["points"].notna().any():
            return source, found[found["points"].notna()].sort_values("day", kind="stable", ignore_index=True)
    raise TooLittleError("there are no rated complaints and no answers of surveys")


def _points(source: str, answers: pd.DataFrame) -> pd.DataFrame:
    rows = regress_answers(source, answers.reset_index(drop=True)).rows
    columns = ["driver", "level", "reference", "points", "standard_error"]
    return pd.DataFrame(rows, columns=columns).set_index(columns[:3])
