"""Checks of stress tests, alarms and objectives."""

from collections.abc import Sequence

import numpy as np
import scipy

from riskmodels.forecasting import Forecast
from riskmodels.stresstest import StressTest
from riskmodels.surveillance import AlarmBook, Objectives
from riskmodels.validation.evidence import Measured, largest

Tests = Sequence[StressTest]
_THREE, _SIX = 3.0, 6.0  # standard errors: hardly by chance, never by chance
_DRAWS = 1.0  # complaints: what the rounding of whole numbers leaves
_LITTLE, _MUCH = 0.01, 0.05  # relative: of rounded complaints; an audit's usual materiality (ISA 320)
_OFTEN, _TOO_OFTEN = 2.0, 10.0  # times the alarms promised: of ten due, 0.3 % by chance (Poisson); never
_DUE, _THRICE = 0.05, 0.15  # of p-values below 0.05: as many are due, and three times that
_SEEN = 0.1  # p-value: an effect that is barely seen; ours
_UNSURE = 0.02  # of a probability: what two thousand draws leave


def expected_of_outlook(outlook: Forecast, tests: Tests) -> Measured:
    """Largest distance of the months without the scenario from the outlook, in standard errors."""
    total = outlook.aggregate()
    mean = dict(zip(total.periods.astype(str), total.mean[0], strict=True))
    rows = [row for test in tests for row in test.complaints.to_dict("records") if row["period"] in mean]
    errors = [
        max(abs(row["expected"] - mean[row["period"]]) - _DRAWS, 0.0) / max(row["standard_error"], 1e-9)
        for row in rows
    ]
    return Measured(largest(errors), _THREE, _SIX)


def shocks_add_up(tests: Tests) -> Measured:
    """Largest distance of the sum over shocks from what the scenario adds, over what it adds."""
    found = []
    for test in tests:
        added = float((test.complaints["stressed"] - test.complaints["expected"]).sum())
        if added and len(test.by_shock):
            found.append(abs(float(test.by_shock["complaints"].sum()) / added - 1))
    return Measured(largest(found), _LITTLE, _MUCH)


def tested_drivers(tests: Tests) -> Measured:
    """Largest p-value of a driver that a scenario uses: whether history knows of its effect."""
    known = [float(test.macro["p_value"].max()) for test in tests if len(test.macro)]
    return Measured(largest(known), _SEEN, np.inf)


def alarms_beside_promise(book: AlarmBook) -> Measured:
    """Share of series and periods in alarm over what the run length alone would give."""
    seen, promised = 0.0, 0.0
    for _, _, alarms in book.watched:
        periods = alarms.periods.dropna(subset=["p_value"])
        seen += float(periods["alarm"].sum())
        promised += len(periods) / alarms.run_length
    return Measured(seen / promised if promised else float("nan"), _OFTEN, _TOO_OFTEN)


def uniform_p_values(book: AlarmBook) -> Measured:
    """Share of p-values below 0.05, at the lower end of its 99 % interval: of those that are due, 0.05."""
    found = np.concatenate(
        [alarms.periods["p_value"].dropna().to_numpy(float) for _, _, alarms in book.watched] or [np.zeros(0)]
    )
    low = int((found < _DUE).sum())
    if not found.size:
        return Measured(float("nan"), _DUE, _THRICE)
    least = scipy.stats.beta(low, found.size - low + 1).ppf(0.005) if low else 0.0  # one side of 99 %
    return Measured(float(least), _DUE, _THRICE)


def chances_of_objectives(objectives: Objectives) -> Measured:
    """Share of objectives whose probability disagrees with the interval of what is expected."""
    rows = objectives.table.dropna(subset=["target", "lower", "upper", "probability"])
    above = rows["change"] > 0
    sure = np.where(above, rows["lower"] > rows["target"], rows["upper"] < rows["target"])
    never = np.where(above, rows["upper"] < rows["target"], rows["lower"] > rows["target"])
    half = 0.5  # a target outside of the interval is likelier met than not, or missed
    wrong = (sure & (rows["probability"] < half - _UNSURE)) | (never & (rows["probability"] > half + _UNSURE))
    return Measured(float(wrong.mean()) if len(rows) else float("nan"), 0.0, 0.0)
