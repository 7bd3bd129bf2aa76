"""Differences in differences: units with an action beside units without it, starts staggered or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.display import Displayed
from riskmodels.effects.count_effects import count_differences
from riskmodels.effects.estimates import EffectEstimate
from riskmodels.effects.linear_differences import fixed_effects, group_time, imputation
from riskmodels.effects.synthetic import synthetic_control, synthetic_did, synthetic_effect
from riskmodels.effects.treated import Starts, treated_units
from riskmodels.errors import ParameterError
from riskmodels.panel import Panel

Method = Literal["imputation", "callaway_santanna", "did", "synthetic_control", "synthetic_did"]
_SYNTHETIC = {
    "synthetic_control": ("synthetic control", synthetic_control),
    "synthetic_did": ("synthetic difference in differences", synthetic_did),
}
_LINEAR = {"imputation": imputation, "did": fixed_effects}


@dataclass(frozen=True, kw_only=True, eq=False)
class Differences(Displayed):
    """The effect of an action on units with it, from units without it.

    Attributes
    ----------
    effect : EffectEstimate
        Of all treated units and periods: of counts a change of the logarithm, else in the outcome's unit.
    table : DataFrame
        One row per cohort (units that start together) and period, or per period of a synthetic comparison:
        cohort, period, event_time (periods since the start), units, observed, expected, estimate,
        standard_error; what a method does not know is NaN.
    averages : DataFrame or None
        Of ``callaway_santanna``: by (simple, group, dynamic, calendar), value (place of the cohort or period,
        or periods since the start; NaN: of all), estimate, standard_error.
    """

    effect: EffectEstimate
    table: pd.DataFrame
    averages: pd.DataFrame | None = None

    @property
    def sentence(self) -> str:
        """Say the effect."""
        return self.effect.sentence

    def summary(self) -> pd.DataFrame:
        """One row."""
        return self.effect.summary()


def difference_in_differences(
    panel: Panel | pd.DataFrame,
    *,
    starts: Starts,
    method: Method = "imputation",
    weights: Mapping[Any, float] | Floats | None = None,
    level: float = 0.9,
) -> Differences:
    """Estimate the effect of an action on the units that got it, from those that did not or not yet.

    Parameters
    ----------
    panel : Panel or DataFrame
        A frame has units in rows and periods in columns. Of a panel of counts effects are ratios.
    starts : mapping, Series or sequence
        First period of the action by unit (of several keys a tuple), or one per row; a unit that is not
        named, or whose start is None or NaT, never gets it.
    method : str
        ``imputation``: unit and period effects learnt without the action; starts may be staggered.
        ``did``: a common effect fitted with them. ``callaway_santanna``: each cohort beside units that never
        get it. ``synthetic_control``, ``synthetic_did``: weighted units (and periods); one start.
    weights : mapping or ndarray, shape (n,), optional
        Of units, of outcomes that are not counts.
    level : float
        Probability of the interval: .9.

    Returns
    -------
    Differences
        Effects do not depend on how units are ordered.

    Raises
    ------
    ParameterError
        A unit or a period is not there, or the method is none, or not for counts.
    TooLittleError
        There is nothing to compare.

    Notes
    -----
    Without the action, the units must have moved in parallel (counts: in proportion); a unit chosen for its
    last bad months would have come back by itself. Of outcomes that are not counts, a single treated unit
    gives no clustered error: take a synthetic comparison, whose error is that of the other units.

    Examples
    --------
    >>> frame = pd.DataFrame([[1.0, 2.0, 5.0], [0.0, 1.0, 2.0], [2.0, 3.0, 4.0]], columns=[1, 2, 3])
    >>> round(difference_in_differences(frame, starts={0: 3}, method="did").effect.estimate, 6)
    2.0
    """
    if method not in get_args(Method):
        raise ParameterError(f"there is no method '{method}'; expected one of {', '.join(get_args(Method))}")
    data = treated_units(panel, starts=starts, weights=weights)
    averages = None
    if method in _SYNTHETIC:
        title, solve = _SYNTHETIC[method]
        effect, table = synthetic_effect(data, method=title, solve=solve, level=level)
    elif data.counts and method in ("imputation", "did"):
        effect, table = count_differences(data, method=method, level=level)
    elif data.counts:
        raise ParameterError(
            f"the method {method} is not for counts; take imputation, did or a synthetic one"
        )
    elif method == "callaway_santanna":
        effect, table, averages = group_time(data, level=level)
    else:
        effect, table = _LINEAR[method](data, level=level)
    return Differences(effect=effect, table=table, averages=averages)
