"""What a colour rests on: no rating without enough cases, none against what the own cases say."""

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Words
from riskmodels.catalogue import INDICATORS
from riskmodels.parameters.policy import Policy

RATINGS = ("red", "amber", "green", "insufficient")
FEWEST = 5  # cases, without which nothing has a colour
_IMPROBABLE = 0.2  # of being beyond a limit, by a quarter's events alone
_COUNTED = ("proportion", "mean")  # families whose denominator counts cases


def rate_probabilities(
    p_amber: pd.Series,
    p_red: pd.Series,
    certainty: float,
    *,
    previous: Words | None = None,
    hold: float = 1.0,
) -> Words:
    """Turn the probabilities of lying beyond amber and beyond red into ratings.

    Red and amber need that probability to reach ``certainty``; green needs the probability of lying
    beyond amber to be at most 1 - ``certainty``; everything else is ``insufficient``. Against flicker, a
    rating of the quarter before is kept as long as its probability reaches ``hold``: red whatever else, amber
    and green where the evidence gives no other.
    """
    conditions = [p_red >= certainty, p_amber >= certainty, 1 - p_amber >= certainty]
    rating = np.select(conditions, RATINGS[:3], default=RATINGS[3])
    if previous is None:
        return rating.astype(object)
    open_ = rating == RATINGS[3]
    kept = [
        (previous == "red") & (p_red >= hold),
        (previous == "amber") & (p_amber >= hold) & open_,
        (previous == "green") & (1 - p_amber >= hold) & open_,
    ]
    return np.select(kept, RATINGS[:3], default=rating).astype(object)


def ratings_before(previous: pd.DataFrame, wanted: pd.Index) -> Words:
    """Return the ratings of the quarter before, of an index that is unique; empty for what was not there."""
    return np.asarray(previous["rating"].reindex(wanted).fillna("").to_numpy(dtype=object))


def is_enough(rows: pd.DataFrame, count: pd.Series, size: pd.Series) -> pd.Series:
    """Tell which rows have enough cases for a colour, of a count and a size of their indicator.

    A proportion and a mean need five cases; a rate per account or the like five events, counted or expected
    at the amber limit. What is known for a whole quarter, such as incidents of the bank, is enough.
    """
    indicators = rows["indicator_id"]
    entries = {name: INDICATORS[name] for name in indicators.unique()}
    counted = [name for name, one in entries.items() if one.family in _COUNTED]
    rates = [name for name, one in entries.items() if one.family == "rate" and one.exposure != "time"]
    events = np.fmax(count, size * rows["amber"] / _scales(rows))
    few = indicators.isin(counted) & (size < FEWEST) | indicators.isin(rates) & (events < FEWEST)
    return ~few


def own_figure(rows: pd.DataFrame, recalled: Floats) -> pd.DataFrame:
    """Return what the own cases say, to which a colour is held.

    Parameters
    ----------
    rows : DataFrame
        indicator_id, unit_id, numerator, denominator, value, logged, dispersion, amber, red.
    recalled : ndarray, shape (n,)
        What the quarters say that are remembered, as they were.

    Returns
    -------
    DataFrame
        by_quarter: the quarter has enough cases; figure: its own, late logging allowed for, or else what is
        recalled; denies_amber, denies_red: that the figure is not beyond the limit. The events of a unit's
        quarter are few and vary: its rate denies a limit only where it makes it improbable to be beyond.
    """
    size = rows["denominator"] * rows["logged"]
    enough = is_enough(rows, rows["numerator"], size)
    found = pd.DataFrame(
        {"by_quarter": enough, "figure": (rows["value"] / rows["logged"]).where(enough, recalled)}
    )
    rates = rows["indicator_id"].map(lambda name: INDICATORS[name].family == "rate").astype(bool)
    noisy = rates & enough & (rows["unit_id"] != "")
    for limit in ("amber", "red"):
        beyond = _beyond(rows.assign(figure=found["figure"]), "figure", limit)
        found[f"denies_{limit}"] = ~beyond & ~(noisy & (_chance(rows, size, limit) >= _IMPROBABLE))
    return found


def _chance(rows: pd.DataFrame, size: pd.Series, limit: str) -> Floats:
    """Return the probability that a rate is beyond a limit, by the quarter's own events alone (Jeffreys)."""
    events = rows["numerator"] / rows["dispersion"] + 0.5
    below = scipy.special.gammainc(events, size / rows["dispersion"] * rows[limit] / _scales(rows))
    return np.asarray(np.where(rows["red"] > rows["amber"], 1 - below, below), dtype=np.float64)


def settle(rows: pd.DataFrame, policy: Policy, before: Words | None) -> pd.DataFrame:
    """Rate rows, and say what each rating rests on.

    Parameters
    ----------
    rows : DataFrame
        indicator_id, unit_id (empty: the whole bank), amber, red, p_amber, p_red, own, own_size, and what
        ``own_figure`` gives.
    policy : Policy
        Certainty and hold.
    before : ndarray, shape (n,), optional
        The ratings of the quarter before.

    Returns
    -------
    DataFrame
        rating, and its basis: ``quarter`` (the quarter's own cases bear it out), ``earlier`` (they are too
        few, and earlier quarters do), ``despite`` (earlier quarters do, while the quarter alone is on the
        other side of the limit), ``held`` (from the quarter before); of ``insufficient``: ``few`` (not enough
        cases), ``against`` (likely enough, but the own figure speaks against it), ``open`` (neither likely
        enough). Both are empty without limits.
    """
    settings = policy.rating
    chances = rows["p_amber"], rows["p_red"], settings.certainty
    enough = is_enough(rows, rows["own"] * rows["own_size"] / _scales(rows), rows["own_size"])
    fresh = _borne_out(rows, rate_probabilities(*chances), enough, None)
    rating = fresh
    if before is not None:
        held = rate_probabilities(*chances, previous=before, hold=settings.hold)
        rating = _borne_out(rows, held, enough, before)
    limited = rows["amber"].notna().to_numpy(bool)
    basis = _basis(rows, rating, rating != fresh, enough.to_numpy(bool), settings.certainty)
    columns = {"rating": np.where(limited, rating, ""), "basis": np.where(limited, basis, "")}
    return pd.DataFrame(columns, index=rows.index).astype("str")


def _scales(rows: pd.DataFrame) -> pd.Series:
    scales = {name: INDICATORS[name].scale for name in rows["indicator_id"].unique()}
    return rows["indicator_id"].map(scales).astype("float64")


def _beyond(rows: pd.DataFrame, figure: str, limit: str) -> Flags:
    return np.asarray((rows[figure] - rows[limit]) * np.sign(rows["red"] - rows["amber"]) > 0)


def _borne_out(rows: pd.DataFrame, rating: Words, enough: pd.Series, before: Words | None) -> Words:
    """Take back colours that the own cases do not bear out.

    Red and amber need the own evidence beyond the limit, and no figure that denies it; green, the evidence
    not beyond amber, nor the figure of earlier quarters where the quarter has too few cases. A unit that was
    green stays so against that, so that it does not flicker; the whole bank never does.
    """
    red, amber = (
        _beyond(rows, "own", one) & ~rows[f"denies_{one}"].to_numpy(bool) for one in ("red", "amber")
    )
    rating = np.where((rating == "red") & ~red, "amber", rating)
    stays = (rows["unit_id"] != "").to_numpy() & (False if before is None else before == "green")
    thin = ~rows["by_quarter"].to_numpy(bool) & _beyond(rows, "figure", "amber")
    bad = (rating == "green") & (_beyond(rows, "own", "amber") | thin) & ~stays
    return np.where((rating == "amber") & ~amber | bad | ~enough, "insufficient", rating).astype(object)


def _basis(rows: pd.DataFrame, rating: Words, held: Flags, enough: Flags, certainty: float) -> Words:
    """Name what each rating rests on."""
    chances = rows["p_amber"], rows["p_red"], certainty
    thin = ~rows["by_quarter"].to_numpy(bool)
    red, amber = (_beyond(rows, "figure", one) for one in ("red", "amber"))
    despite = (rating == "green") & amber | (rating == "amber") & ~amber | (rating == "red") & ~red
    likely = rate_probabilities(*chances) != "insufficient"
    grey = rating == "insufficient"
    cases = [grey & ~enough, grey & likely, grey, held, thin, despite]
    return np.select(cases, ("few", "against", "open", "held", "earlier", "despite"), default="quarter")
