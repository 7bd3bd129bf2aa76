"""Capital for operational risk by the standardised approach of Basel, as a figure to compare with."""

import numpy as np

from riskmodels.errors import ParameterError

_BUCKETS = ((1e9, 0.12), (30e9, 0.15), (np.inf, 0.18))  # up to EUR, marginal coefficient
_POWER = 0.8  # exponent of the internal loss multiplier: Basel Committee 2017, paragraph 10


def business_indicator_component(business_indicator: float) -> float:
    """Compute the business indicator component [EUR] from the business indicator [EUR].

    Raises
    ------
    ParameterError
        It is negative or not finite.

    Notes
    -----
    Basel Committee 2017, *Basel III: Finalising post-crisis reforms*, operational risk, paragraphs 5 to 8.

    Examples
    --------
    >>> round(business_indicator_component(35e9) / 1e9, 6)
    5.37
    """
    if not 0 <= business_indicator < np.inf:
        raise ParameterError(
            f"the business indicator is {business_indicator}; expected an amount of at least zero"
        )
    component, start = 0.0, 0.0
    for end, coefficient in _BUCKETS:
        component += coefficient * max(min(business_indicator, end) - start, 0.0)
        start = end
    return component


def internal_loss_multiplier(loss_component: float, business_component: float) -> float:
    """Compute the multiplier from 15 times the mean annual loss of ten years and the component, both [EUR].

    Raises
    ------
    ParameterError
        The loss component is negative or the other not positive.

    Notes
    -----
    ln(e - 1 + (LC / BIC)^0.8): one where both are equal. Basel Committee 2017, paragraphs 9 and 10.

    Examples
    --------
    >>> round(internal_loss_multiplier(2.0, 1.0), 7)
    1.2410902
    """
    if not loss_component >= 0 or not business_component > 0:
        raise ParameterError(
            "the multiplier needs losses of at least zero and a positive business indicator component"
        )
    return float(np.log(np.e - 1.0 + (loss_component / business_component) ** _POWER))


def basel_capital(business_indicator: float, mean_annual_loss: float) -> float:
    """Compute the capital from the business indicator and the mean annual loss of ten years, all [EUR].

    Banks with an indicator of up to one billion hold the component alone.
    """
    component = business_indicator_component(business_indicator)
    if business_indicator <= _BUCKETS[0][0]:
        return component
    # paragraph 9: the loss component
    return component * internal_loss_multiplier(15.0 * mean_annual_loss, component)
