"""Rate indicators against the policy's limits, by the probability that the true value is beyond them."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Words
from riskmodels.catalogue import INDICATORS
from riskmodels.catalogue.exposure import accounts_by_product
from riskmodels.forecasting import Nowcast
from riskmodels.parameters.policy import IndicatorPolicy, Limits, Policy
from riskmodels.rates import Posterior
from riskmodels.scorecard.evidence import Evidence, gather_evidence
from riskmodels.scorecard.grounds import (
    borne_out_when_moved,
    own_figure,
    rate_probabilities,
    ratings_before,
    settle,
)
from riskmodels.tables import Tables

_Columns = dict[str, Floats | Words]
INTERVAL = (0.05, 0.95)  # ends of the 90 % interval, which every rating is shown with
ANCHORS = ("best", "amber", "red")
_NUMBERS = (
    "numerator",
    "denominator",
    "value",
    "estimate",
    "lower",
    "upper",
    "peers",
    "mix",
    "mix_before",
    "own",
    "own_size",
    "recalled",
    *ANCHORS,
    "logged",
    "dispersion",
    "points",
    "points_sd",
    "own_sd",
    "a",
    "b",
    "p_amber",
    "p_red",
    "left_out",
)
_FOR_GROUNDS = ("recalled", "by_quarter", "denies_amber", "denies_red")
SEED = 6  # any fixed one: an indicator draws the same in every scorecard
_MANY = 1_000  # units


def rate_period(
    tables: Tables,
    policy: Policy,
    period: str,
    *,
    by: str = "",
    previous: pd.DataFrame | None = None,
    nowcast: Nowcast | None = None,
) -> pd.DataFrame:
    """Give every indicator of one quarter its posterior, its probabilities and its rating.

    Parameters
    ----------
    tables, policy
        What is rated, and against which limits.
    period : str
        Quarter, e.g. ``2026Q3``.
    by : str
        ``unit_id`` or ``product``, or nothing for the whole bank.
    previous : DataFrame, optional
        The rows of the quarter before: a rating that still is likelier than not is kept.
    nowcast : Nowcast, optional
        How complete the complaints of the last months are.

    Returns
    -------
    DataFrame
        The columns of ``Scorecard.indicators``, the key called as ``by`` says (``unit_id``, empty, for the
        whole bank).
    """
    evidence = gather_evidence(tables, policy, period, by=by, nowcast=nowcast)
    return rate_evidence(evidence, tables, policy, period, by=by, previous=previous)


def rate_evidence(
    evidence: Iterable[Evidence],
    tables: Tables,
    policy: Policy,
    period: str,
    *,
    by: str = "",
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rate a quarter as ``rate_period`` does, from evidence that was gathered, maybe for more indicators.

    What is known of the true values is computed once, whatever limits they are rated against.
    """
    wanted = {one.id for one in policy.indicators}
    chosen = [one for one in evidence if one.indicator_id in wanted]
    parts = _each_rated(chosen, lambda one: _rated(one, policy, tables, period, by))
    rows = _with_cases_this_quarter(_one_frame(parts)) if parts else _no_rows()
    rows = rows.join(own_figure(rows))
    places = pd.MultiIndex.from_frame(rows[["indicator_id", "unit_id"]])
    earlier = None if previous is None else previous.set_index(["indicator_id", by or "unit_id"])
    before = None if earlier is None else ratings_before(earlier, places)
    rows[["rating", "basis"]] = settle(rows, policy, before)
    return rows.drop(columns=list(_FOR_GROUNDS)).rename(columns={"unit_id": by or "unit_id"})


def _each_rated(evidence: list[Evidence], rate: Callable[[Evidence], _Columns]) -> list[_Columns]:
    """Rate each indicator; with threads where units are many, as special functions leave others room."""
    if all(len(one.keys) < _MANY for one in evidence):
        return list(map(rate, evidence))
    with ThreadPoolExecutor() as pool:
        return list(pool.map(rate, evidence))


def draw_values(rows: pd.DataFrame, size: int) -> Floats:
    """Draw true values of rated rows, shape (rows, size) [units of the indicators].

    The draws of an indicator do not depend on which others there are, nor on their order.
    """
    draws = np.empty((len(rows), size))
    for indicator_id, places in rows.groupby("indicator_id", sort=False).indices.items():
        draws[places] = draw_indicator(rows.iloc[places], str(indicator_id), size)
    return draws


def draw_indicator(rows: pd.DataFrame, indicator_id: str, size: int) -> Floats:
    """Draw true values of the rated rows of one indicator, as ``draw_values``."""
    rng = np.random.default_rng([SEED, zlib.crc32(indicator_id.encode())])
    return posterior_of(rows, indicator_id).draw(size, rng)


def posterior_of(rows: pd.DataFrame, indicator_id: str) -> Posterior:
    """Return the posterior of the rows of one indicator, from their columns ``a`` and ``b``."""
    entry = INDICATORS[indicator_id]
    family = {"proportion": "beta", "measured": "known"}.get(entry.family, "gamma")
    return Posterior(
        family=family,  # type: ignore[arg-type]
        a=rows["a"].to_numpy(float),
        b=rows["b"].to_numpy(float),
        scale=entry.scale,
        flipped=entry.family == "availability",
    )


def rate_draws(rows: pd.DataFrame, draws: Floats, policy: Policy) -> pd.DataFrame:
    """Rate values by draws of what they truly are.

    Parameters
    ----------
    rows : DataFrame
        indicator_id, amber, red, rating, basis, estimate, own, figure: what was rated; n rows.
    draws : ndarray, shape (n, size)
        True values, in the indicators' units.
    policy : Policy
        For the certainty that a rating needs.

    Returns
    -------
    DataFrame
        p_amber, p_red, rating; a row without limits has unknown probabilities and an empty rating, one with
        too few cases for any colour keeps none. As from one quarter to the next, a rating that still is
        likelier than not is kept; where the own cases spoke against a colour, they bear it out only once they
        would lie beyond its limit, moved as the mean of the draws is.
    """
    amber, red = rows["amber"].to_numpy(float), rows["red"].to_numpy(float)
    worse = np.sign(red - amber)
    p_amber = pd.Series(_probability_beyond(draws, amber, worse))
    p_red = pd.Series(_probability_beyond(draws, red, worse))
    settings, held = policy.rating, rows["rating"].to_numpy(dtype=object)
    rating = rate_probabilities(p_amber, p_red, settings.certainty, previous=held, hold=settings.hold)
    rating = borne_out_when_moved(rows, draws.mean(axis=1), rating)
    return pd.DataFrame(
        {"p_amber": p_amber, "p_red": p_red, "rating": np.where(np.isfinite(amber), rating, "")}
    )


def _rated(evidence: Evidence, policy: Policy, tables: Tables, period: str, by: str) -> _Columns:
    """Describe the units that have the indicator in the last quarter, or remember it, column by column."""
    scale = INDICATORS[evidence.indicator_id].scale
    posterior, own = evidence.posterior()
    limits = _limits(evidence, policy.indicator(evidence.indicator_id), tables, period, by)
    points, variance, p_amber, p_red = posterior.points(*limits)
    columns = {
        "numerator": np.nan_to_num(evidence.numerator[:, -1]),
        "denominator": np.nan_to_num(evidence.denominator[:, -1]),
        "value": evidence.value * scale,
        "estimate": posterior.mean,
        "lower": np.minimum(posterior.quantile(INTERVAL[0]), posterior.mean),
        "upper": np.maximum(posterior.quantile(INTERVAL[1]), posterior.mean),
        "peers": evidence.peers[:, -1] * scale,
        "mix": evidence.mix[:, -1] * scale,
        "mix_before": evidence.mix[:, -2:][:, 0] * scale,
        "own": own.value * scale,
        "own_size": own.size,
        "recalled": own.recalled * scale,
        **dict(zip(ANCHORS, limits, strict=True)),
        "logged": evidence.logged[-1],
        "dispersion": evidence.dispersion,
        "points": points,
        "points_sd": np.sqrt(variance),
        "own_sd": np.sqrt(own.alone(posterior).points(*limits)[1]),
        "a": posterior.a,
        "b": posterior.b,
        "p_amber": p_amber,
        "p_red": p_red,
        "left_out": evidence.left_out,
    }
    there = (columns["denominator"] > 0) | (columns["own_size"] > 0)
    names = {
        "indicator_id": np.full(len(there), evidence.indicator_id, dtype=object),
        "unit_id": evidence.keys,
    }
    return {name: np.broadcast_to(one, len(there))[there] for name, one in (names | columns).items()}


def _one_frame(parts: Sequence[Mapping[str, Floats | Words]]) -> pd.DataFrame:
    """Put the rows of all indicators under each other: joined by column, which frames would take long for."""
    joined = {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}
    texts = {name: pd.Series(joined[name], dtype="str") for name in ("indicator_id", "unit_id")}
    return pd.DataFrame(joined | texts)


def _with_cases_this_quarter(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out units that have nothing in the quarter; an indicator may rest on earlier quarters alone."""
    living = rows.loc[rows["denominator"] > 0, "unit_id"].unique()
    return rows[rows["unit_id"].isin(living)].reset_index(drop=True)


def _no_rows() -> pd.DataFrame:
    texts = dict.fromkeys(("indicator_id", "unit_id"), pd.Series(dtype="str"))
    numbers = dict.fromkeys(_NUMBERS, pd.Series(dtype="float64"))
    return pd.DataFrame({**texts, **numbers})


def _probability_beyond(draws: Floats, limit: Floats, worse: Floats) -> Floats:
    beyond = ((draws - limit[:, None]) * worse[:, None] > 0).mean(axis=1)
    return np.where(np.isfinite(limit), beyond, np.nan)


def _limits(
    evidence: Evidence, policy: IndicatorPolicy, tables: Tables, period: str, by: str
) -> tuple[Floats, Floats, Floats]:
    """Best, amber and red of each row; where products have their own, their mean by the row's accounts."""
    n = len(evidence.keys)
    if policy.limits is None:
        return np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    if by == "product":
        own = [policy.limits_by_product.get(str(key), policy.limits) for key in evidence.keys]
        return _stacked(own)
    if not policy.limits_by_product or tables.exposure is None:
        return _stacked([policy.limits] * n)
    mix = accounts_by_product(tables.exposure, period)
    mix = pd.concat([mix, mix.assign(unit_id="")])
    sums = mix.groupby("unit_id")["accounts"].sum()
    limits = _stacked([policy.limits_by_product.get(str(key), policy.limits) for key in mix["product"]])
    means = ((one * mix["accounts"]).groupby(mix["unit_id"]).sum() / sums for one in limits)
    best, amber, red = (mean.reindex(evidence.keys).to_numpy(float) for mean in means)
    return best, amber, red


def _stacked(limits: list[Limits]) -> tuple[Floats, Floats, Floats]:
    best, amber, red = (
        np.array([getattr(one, name) for one in limits], dtype=np.float64) for name in ANCHORS
    )
    return best, amber, red
