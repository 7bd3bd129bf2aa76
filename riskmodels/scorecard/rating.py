"""Rate indicators against the policy's limits, by the probability that the true value is beyond them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodels.catalogue import INDICATORS, Indicators
from riskmodels.policy import IndicatorPolicy, Policy
from riskmodels.rates import mean_posterior, overdispersion, proportion_posterior, rate_posterior
from riskmodels.tables import Table, Tables
from riskmodels.tables.sql import literal

Floats = npt.NDArray[np.float64]

RATINGS = ("red", "amber", "green", "insufficient")
DRAWS = 2000
INTERVAL = (0.05, 0.95)
_SEED = 6


def rate_indicators(
    level: Indicators, monthly: Indicators, bank: Indicators, tables: Tables, policy: Policy
) -> tuple[pd.DataFrame, Floats]:
    """Give every value of one period its interval, its probabilities and its rating.

    Parameters
    ----------
    level : Indicators
        One period, by unit or for the whole bank.
    monthly : Indicators
        The same breakdown by month, from which overdispersion is estimated.
    bank : Indicators
        The whole bank in that period: the prior of a unit is the bank's value, worth one trial or event.
    tables, policy
        For the limits.

    Returns
    -------
    DataFrame
        The columns of ``Scorecard.indicators``; unit_id is empty for the whole bank.
    ndarray, shape (rows, DRAWS)
        Draws of the true values, in the indicators' units, row by row.
    """
    table = level.table.drop(columns="period")
    if level.by:
        table = table[table["unit_id"].notna()]
    else:
        table = table.assign(unit_id="")
    frames, draws = [], []
    for indicator_id, part in table.groupby("indicator_id", sort=False):
        limits = policy.indicator(str(indicator_id))
        dispersion = _dispersion(monthly, limits.id)
        prior = _bank_value(bank, limits.id) if level.by else None
        drawn = _draw(part, limits.id, dispersion, prior)
        frames.append(_rate(part, drawn, limits, dispersion, tables))
        draws.append(drawn)
    if not frames:
        return _rate_nothing(), np.empty((0, DRAWS))
    rated = pd.concat(frames, ignore_index=True)
    rated["rating"] = rate_probabilities(rated["p_amber"], rated["p_red"], policy.rating.certainty)
    rated.loc[_contradicts_value(rated), "rating"] = "insufficient"
    rated.loc[rated["amber"].isna(), "rating"] = ""
    return rated, np.concatenate(draws)


def rate_probabilities(p_amber: pd.Series, p_red: pd.Series, certainty: float) -> npt.NDArray[np.str_]:
    """Turn the probabilities of lying beyond amber and beyond red into ratings.

    Red and amber need that probability to reach ``certainty``; green needs the probability of lying
    beyond amber to be at most 1 - ``certainty``; everything else is ``insufficient``.
    """
    conditions = [p_red >= certainty, p_amber >= certainty, p_amber <= 1 - certainty]
    return np.select(conditions, RATINGS[:3], default=RATINGS[3])


def _contradicts_value(rated: pd.DataFrame) -> pd.Series:
    """Tell where a rating of red or amber rests on the prior alone: the observed value is not beyond it."""
    limit = rated["amber"].where(rated["rating"] == "amber", rated["red"])
    beyond = (rated["value"] - limit) * np.sign(rated["red"] - rated["amber"]) > 0
    return rated["rating"].isin(["red", "amber"]) & ~beyond


def _bank_value(bank: Indicators, indicator_id: str) -> float | None:
    """Return the bank's numerator over denominator, half an event added; None where it has none."""
    rows = bank.table[bank.table["indicator_id"] == indicator_id]
    if rows.empty:
        return None
    proportion = INDICATORS[indicator_id].family == "proportion"
    numerator, denominator = float(rows["numerator"].iloc[0]), float(rows["denominator"].iloc[0])
    return (numerator + 0.5) / (denominator + (1 if proportion else 0))


def _rate(
    part: pd.DataFrame, draws: Floats, limits: IndicatorPolicy, dispersion: float, tables: Tables
) -> pd.DataFrame:
    lower, upper = np.quantile(draws, INTERVAL, axis=1)
    amber, red = _limits(part, limits, tables)
    worse = -1.0 if limits.direction == "higher_is_better" else 1.0
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
            "p_amber": _probability_beyond(draws, amber, worse),
            "p_red": _probability_beyond(draws, red, worse),
            "rating": "",
            "weight": limits.weight,
        }
    )


def _rate_nothing() -> pd.DataFrame:
    texts = ("indicator_id", "unit_id", "rating")
    names = "indicator_id unit_id numerator denominator value lower upper amber red dispersion p_amber p_red"
    return pd.DataFrame(
        {
            name: pd.Series(dtype="str" if name in texts else "float64")
            for name in [*names.split(), "rating", "weight"]
        }
    )


def _probability_beyond(draws: Floats, limit: Floats, worse: float) -> Floats:
    beyond = ((draws - limit[:, None]) * worse > 0).mean(axis=1)
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


def _draw(part: pd.DataFrame, indicator_id: str, dispersion: float, prior: float | None) -> Floats:
    """Draw true values, shape (rows, DRAWS); an indicator's seed does not depend on the others."""
    definition = INDICATORS[indicator_id]
    numerator, denominator = part["numerator"].to_numpy(float), part["denominator"].to_numpy(float)
    if definition.family == "measured":
        return np.repeat(part["value"].to_numpy(float)[:, None], DRAWS, axis=1)
    if definition.family == "mean":
        posterior = mean_posterior(numerator, part["squares"].to_numpy(float), denominator)
    elif definition.family == "rate":
        posterior = rate_posterior(numerator / dispersion, denominator / dispersion, prior=prior)
    else:
        posterior = proportion_posterior(
            numerator / dispersion, denominator / dispersion, prior=0.5 if prior is None else prior
        )
    rng = np.random.default_rng([_SEED, list(INDICATORS).index(indicator_id)])
    draws: Floats = posterior.rvs(size=(DRAWS, len(part)), random_state=rng).T
    return draws * definition.scale


def _limits(part: pd.DataFrame, limits: IndicatorPolicy, tables: Tables) -> tuple[Floats, Floats]:
    """Limits of each row; where products have their own, their mean by the row's accounts."""
    n = len(part)
    if limits.limits is None:
        return np.full(n, np.nan), np.full(n, np.nan)
    if not limits.limits_by_product or tables.exposure is None:
        return np.full(n, limits.limits.amber), np.full(n, limits.limits.red)
    mix = _account_mix(tables.exposure, tables)
    mix = pd.concat([mix, mix.assign(unit_id="")])
    found = []
    for name in ("amber", "red"):
        own = {product: getattr(by_product, name) for product, by_product in limits.limits_by_product.items()}
        weighted = mix["product"].map(own).fillna(getattr(limits.limits, name)) * mix["accounts"]
        means = weighted.groupby(mix["unit_id"]).sum() / mix.groupby("unit_id")["accounts"].sum()
        found.append(means.reindex(part["unit_id"]).to_numpy(float))
    return found[0], found[1]


def _account_mix(exposure: Table, tables: Tables) -> pd.DataFrame:
    """Accounts by unit and product in the last twelve months known."""
    since = literal(str(pd.Timestamp(tables.as_of) - pd.DateOffset(months=12)))
    return exposure.relation.query(
        "rows",
        "SELECT unit_id, product, sum(accounts)::DOUBLE AS accounts FROM rows"
        f" WHERE month >= {since}::TIMESTAMP GROUP BY ALL ORDER BY ALL",
    ).df()
