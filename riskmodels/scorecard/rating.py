"""Rate indicators against the policy's limits, by the probability that the true value is beyond them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.catalogue import INDICATORS, Indicators, indicators
from riskmodels.policy import IndicatorPolicy, Policy
from riskmodels.rates import (
    availability_posterior,
    mean_posterior,
    overdispersion,
    proportion_posterior,
    rate_posterior,
)
from riskmodels.tables import Table, Tables
from riskmodels.tables.sql import literal

Floats = npt.NDArray[np.float64]

RATINGS = ("red", "amber", "green", "insufficient")
DRAWS = 2000
INTERVAL = (0.05, 0.95)
_SEED = 6
_DISPERSION_MONTHS = 12
_INCIDENT_MINUTES = 60.0  # what an incident is taken to cost where a year had none
_FEWEST = 5


def rate_period(
    tables: Tables, policy: Policy, period: str, *, by: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, Floats]:
    """Give every indicator of one quarter its interval, its probabilities and its rating.

    Parameters
    ----------
    tables, policy
        What is rated, and against which limits.
    period : str
        Quarter, e.g. ``2026Q3``.
    by : tuple of str
        ``("unit_id",)``, or nothing for the whole bank. A unit's prior is the bank's value, worth one
        trial or event.

    Returns
    -------
    DataFrame
        The columns of ``Scorecard.indicators``; unit_id is empty for the whole bank.
    ndarray, shape (rows, DRAWS)
        Draws of the true values, in the indicators' units, row by row.
    """
    months = pd.period_range(end=pd.Period(period).asfreq("M", "end"), periods=_DISPERSION_MONTHS)
    monthly = indicators(tables, policy, by=by, freq="M", periods=list(months.astype("str")))
    bank = indicators(tables, policy, periods=[period])
    level = indicators(tables, policy, by=by, periods=[period]) if by else bank
    return _rate_level(level, monthly, bank, tables, policy)


def _rate_level(
    level: Indicators, monthly: Indicators, bank: Indicators, tables: Tables, policy: Policy
) -> tuple[pd.DataFrame, Floats]:
    table = level.table
    table = table[table["unit_id"].notna()] if level.by else table.assign(unit_id="")
    frames, draws = [], []
    for indicator_id, part in table.groupby("indicator_id", sort=False):
        limits = policy.indicator(str(indicator_id))
        dispersion = _dispersion(monthly, limits.id)
        drawn = _draw(part, limits.id, dispersion, _prior(level, monthly, bank, limits.id))
        frames.append(_describe(part, drawn, limits, dispersion, tables))
        draws.append(drawn)
    rows = pd.concat(frames, ignore_index=True) if frames else _no_rows()
    drawn_all = np.concatenate(draws) if draws else np.empty((0, DRAWS))
    rated = pd.concat([rows, rate_draws(rows, drawn_all, policy)], axis=1)
    rated["rating"] = _without_prior_alone(rated)
    if level.by:
        rated.loc[_too_thin(rated), "rating"] = "insufficient"
    return rated, drawn_all


def rate_draws(rows: pd.DataFrame, draws: Floats, policy: Policy) -> pd.DataFrame:
    """Rate values by draws of what they truly are.

    Parameters
    ----------
    rows : DataFrame
        indicator_id, amber, red; n rows.
    draws : ndarray, shape (n, size)
        True values, in the indicators' units.
    policy : Policy
        For the certainty that a rating needs.

    Returns
    -------
    DataFrame
        p_amber, p_red, rating; a row without limits has unknown probabilities and an empty rating.
    """
    amber, red = rows["amber"].to_numpy(float), rows["red"].to_numpy(float)
    worse = np.sign(red - amber)
    p_amber = pd.Series(_probability_beyond(draws, amber, worse))
    p_red = pd.Series(_probability_beyond(draws, red, worse))
    rating = rate_probabilities(p_amber, p_red, policy.rating.certainty)
    return pd.DataFrame(
        {"p_amber": p_amber, "p_red": p_red, "rating": np.where(np.isfinite(amber), rating, "")}
    )


def rate_probabilities(p_amber: pd.Series, p_red: pd.Series, certainty: float) -> npt.NDArray[np.str_]:
    """Turn the probabilities of lying beyond amber and beyond red into ratings.

    Red and amber need that probability to reach ``certainty``; green needs the probability of lying
    beyond amber to be at most 1 - ``certainty``; everything else is ``insufficient``.
    """
    conditions = [p_red >= certainty, p_amber >= certainty, 1 - p_amber >= certainty]
    return np.select(conditions, RATINGS[:3], default=RATINGS[3])


def _without_prior_alone(rated: pd.DataFrame) -> pd.Series:
    """Take back red and amber where the prior alone gives them: the observed value is not beyond the limit."""
    worse = np.sign(rated["red"] - rated["amber"])
    rating = rated["rating"]
    for rating_now, limit, milder in (("red", "red", "amber"), ("amber", "amber", "insufficient")):
        beyond = (rated["value"] - rated[limit]) * worse > 0
        rating = rating.mask((rating == rating_now) & ~beyond, milder)
    return rating


def _too_thin(rated: pd.DataFrame) -> pd.Series:
    """Tell where a unit has too little of its own for a rating, after division by the overdispersion.

    A proportion needs five trials for any colour; a rate needs five events expected at the amber limit to
    be green.
    """
    family = rated["indicator_id"].map({name: entry.family for name, entry in INDICATORS.items()})
    scale = (
        rated["indicator_id"].map({name: entry.scale for name, entry in INDICATORS.items()}).astype("float64")
    )
    trials = rated["denominator"] / rated["dispersion"]
    few_trials = (family == "proportion") & (trials < _FEWEST)
    few_events = (family == "rate") & (trials * rated["amber"] / scale < _FEWEST)
    return (few_trials & (rated["rating"] != "")) | (few_events & (rated["rating"] == "green"))


def _prior(level: Indicators, monthly: Indicators, bank: Indicators, indicator_id: str) -> float | None:
    """Return what is known beforehand: the bank's value, for its units; what incidents cost, for availability."""
    if INDICATORS[indicator_id].family == "availability":
        return _incident_minutes(monthly, indicator_id)
    return _bank_value(bank, indicator_id) if level.by else None


def _bank_value(bank: Indicators, indicator_id: str) -> float | None:
    """Return the bank's numerator over denominator, half an event added; None where it has none."""
    rows = bank.table[bank.table["indicator_id"] == indicator_id]
    if rows.empty:
        return None
    proportion = INDICATORS[indicator_id].family == "proportion"
    numerator, denominator = float(rows["numerator"].iloc[0]), float(rows["denominator"].iloc[0])
    return (numerator + 0.5) / (denominator + (1 if proportion else 0))


def _describe(
    part: pd.DataFrame, draws: Floats, limits: IndicatorPolicy, dispersion: float, tables: Tables
) -> pd.DataFrame:
    lower, upper = np.quantile(draws, INTERVAL, axis=1)
    amber, red = _limits(part, limits, tables)
    return pd.DataFrame(
        {
            "indicator_id": limits.id,
            "unit_id": part["unit_id"].to_numpy(),
            "numerator": part["numerator"].to_numpy(float),
            "denominator": part["denominator"].to_numpy(float),
            "value": part["value"].to_numpy(float),
            "lower": lower,
            "upper": upper,
            "amber": amber,
            "red": red,
            "dispersion": dispersion,
        }
    )


def _no_rows() -> pd.DataFrame:
    texts = dict.fromkeys(("indicator_id", "unit_id"), pd.Series(dtype="str"))
    numbers = ("numerator", "denominator", "value", "lower", "upper", "amber", "red", "dispersion")
    return pd.DataFrame({**texts, **dict.fromkeys(numbers, pd.Series(dtype="float64"))})


def _probability_beyond(draws: Floats, limit: Floats, worse: Floats) -> Floats:
    beyond = ((draws - limit[:, None]) * worse[:, None] > 0).mean(axis=1)
    return np.where(np.isfinite(limit), beyond, np.nan)


def _dispersion(monthly: Indicators, indicator_id: str) -> float:
    definition = INDICATORS[indicator_id]
    rows = monthly.table[monthly.table["indicator_id"] == indicator_id]
    if definition.family not in ("proportion", "rate") or rows.empty:
        return 1.0
    wide = rows.pivot_table(
        index=list(monthly.by) or "indicator_id", columns="period", values=["numerator", "denominator"]
    )
    return overdispersion(
        wide["numerator"].to_numpy(float),
        wide["denominator"].to_numpy(float),
        proportion=definition.family == "proportion",
    )


def _incident_minutes(monthly: Indicators, indicator_id: str) -> float:
    """Say what an incident costs [minutes]: that of the mean minute lost in the last twelve months."""
    rows = monthly.table[monthly.table["indicator_id"] == indicator_id]
    lost = float((rows["denominator"] - rows["numerator"]).sum())
    return float(rows["squares"].sum()) / lost if lost > 0 else _INCIDENT_MINUTES


def _draw(part: pd.DataFrame, indicator_id: str, dispersion: float, prior: float | None) -> Floats:
    """Draw true values, shape (rows, DRAWS); an indicator's seed does not depend on the others."""
    definition = INDICATORS[indicator_id]
    if definition.family == "measured":
        return np.repeat(part["value"].to_numpy(float)[:, None], DRAWS, axis=1)
    numerator, denominator, squares = (
        part[column].to_numpy(float) for column in ("numerator", "denominator", "squares")
    )
    if definition.family == "availability":
        posterior = availability_posterior(numerator, denominator, squares, size=prior or _INCIDENT_MINUTES)
    elif definition.family == "mean":
        posterior = mean_posterior(numerator, squares, denominator)
    elif definition.family == "rate":
        posterior = rate_posterior(numerator / dispersion, denominator / dispersion, prior=prior)
    else:
        posterior = proportion_posterior(
            numerator / dispersion, denominator / dispersion, prior=0.5 if prior is None else prior
        )
    rng = np.random.default_rng([_SEED, list(INDICATORS).index(indicator_id)])
    draws: Floats = posterior.rvs(size=(DRAWS, len(part)), random_state=rng).T
    if definition.family == "availability":
        draws = 1 - draws  # of the share lost
    return np.maximum(draws, 0) * definition.scale


def _limits(part: pd.DataFrame, limits: IndicatorPolicy, tables: Tables) -> tuple[Floats, Floats]:
    """Limits of each row; where products have their own, their mean by the row's accounts."""
    n = len(part)
    if limits.limits is None:
        return np.full(n, np.nan), np.full(n, np.nan)
    if not limits.limits_by_product or tables.exposure is None:
        return np.full(n, limits.limits.amber), np.full(n, limits.limits.red)
    mix = _account_mix(tables.exposure, pd.Period(part["period"].iloc[0]))
    mix = pd.concat([mix, mix.assign(unit_id="")])
    found = []
    for name in ("amber", "red"):
        own = {product: getattr(by_product, name) for product, by_product in limits.limits_by_product.items()}
        weighted = mix["product"].map(own).fillna(getattr(limits.limits, name)) * mix["accounts"]
        means = weighted.groupby(mix["unit_id"]).sum() / mix.groupby("unit_id")["accounts"].sum()
        found.append(means.reindex(part["unit_id"]).to_numpy(float))
    return found[0], found[1]


def _account_mix(exposure: Table, period: pd.Period) -> pd.DataFrame:
    """Accounts by unit and product in the months of the period."""
    first, last = (literal(str(day.date())) for day in (period.start_time, period.end_time))
    rows = exposure.relation.filter(f"month BETWEEN {first}::DATE AND {last}::DATE AND accounts IS NOT NULL")
    sums = rows.aggregate("unit_id, product, sum(accounts)::DOUBLE AS accounts")
    return pd.DataFrame(sums.order("unit_id, product").df())
