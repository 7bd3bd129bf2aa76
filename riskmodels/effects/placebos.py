"""Placebos: what an estimator says where there was no action, at other times and at other units."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.display import Displayed
from riskmodels.effects.estimates import EffectEstimate
from riskmodels.errors import TooLittleError
from riskmodels.labels import label


@dataclass(frozen=True, kw_only=True, eq=False)
class Placebos(Displayed):
    """Effects where there was no action.

    Attributes
    ----------
    effect : EffectEstimate
        Of the action.
    table : DataFrame
        One row per placebo: placebo (a unit or a start), estimate, standard_error, p_value; NaN where there
        was nothing to compare.
    """

    effect: EffectEstimate
    table: pd.DataFrame

    @property
    def rank_p_value(self) -> float:
        """Share of effects at least as large as the action's, that one among them."""
        sizes = self.table["estimate"].abs().dropna()
        return float((1 + (sizes >= abs(self.effect.estimate)).sum()) / (1 + len(sizes)))

    @property
    def sentence(self) -> str:
        """Say how many placebos are as large."""
        sizes = self.table["estimate"].abs().dropna()
        return label(
            "Placebos: {placebos:,d}; with an effect as large as the action's: {larger:,d}.",
            placebos=len(sizes),
            larger=int((sizes >= abs(self.effect.estimate)).sum()),
        )

    def summary(self) -> pd.DataFrame:
        """Return the placebos."""
        return self.table


def placebos_of(
    estimate: Callable[[Any], EffectEstimate], *, action: Any, placebos: Sequence[Any]
) -> Placebos:
    """Estimate the effect of an action, and of pretended ones.

    Parameters
    ----------
    estimate : callable
        From a place, which is a unit (placebo in space; leave the treated units out of its comparison) or a
        start (placebo in time; leave out what follows the true one), to an effect by any estimator.
    action : unit or start
        The true one.
    placebos : sequence
        The pretended ones; one without enough to compare is NaN.

    Examples
    --------
    >>> from riskmodels.effects.differences import difference_in_differences
    >>> frame = pd.DataFrame(np.arange(12.0).reshape(3, 4) ** 1.5, index=list("abc"))
    >>> found = placebos_of(
    ...     lambda unit: difference_in_differences(frame, starts={unit: 2}, method="did").effect,
    ...     action="a",
    ...     placebos=["b", "c"],
    ... )
    >>> found.sentence
    "Placebos: 2; with an effect as large as the action's: 0."
    """
    rows = [{"placebo": place, **_figures(estimate, place)} for place in placebos]
    columns = ["placebo", "estimate", "standard_error", "p_value"]
    return Placebos(effect=estimate(action), table=pd.DataFrame(rows, columns=columns))


def _figures(estimate: Callable[[Any], EffectEstimate], place: Any) -> dict[str, float]:
    names = ["estimate", "standard_error", "p_value"]
    try:
        found = estimate(place)
    except TooLittleError:  # a placebo that cannot be estimated says nothing against the others
        return dict.fromkeys(names, np.nan)
    return {name: getattr(found, name) for name in names}
