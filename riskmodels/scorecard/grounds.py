"""What a colour rests on: no rating without enough cases, none against what the own cases say."""

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Words
from riskmodels.catalogue import INDICATORS
from riskmodels.parameters.policy import Policy

RATINGS = ("red", "amber", "green", "insufficient")
RATED = RATINGS[:3]  # what has a colour
DENIED = ("few", "against")  # bases of what has no colour: too few cases, or the own figure speaks against it
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


def own_figure(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what the own cases say, to which a colour is held.

    Parameters
    ----------
    rows : DataFrame
        indicator_id, unit_id, numerator, denominator, value, logged, dispersion, amber, red, recalled [what
        the quarters say that are remembered, as they were].

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
        {"by_quarter": enough, "figure": (rows["value"] / rows["logged"]).where(enough, rows["recalled"])}
    )
    rates = rows["indicator_id"].isin([name for name, one in INDICATORS.items() if one.family == "rate"])
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
    enough = is_enough(rows, rows["own"] * rows["own_size"] / _scales(rows), rows["own_size"])
    thin = ~rows["by_quarter"]
    own = {name: _beyond(rows, "own", name) for name in ("amber", "red")}
    borne = {name: flags & ~rows[f"denies_{name}"] for name, flags in own.items()}
    green = ~own["amber"] & ~(thin & _beyond(rows, "figure", "amber"))
    grounds = pd.DataFrame({**borne, "green": green, "enough": enough, "stays": rows["unit_id"] != ""})
    settled = rate_on_grounds(rows, grounds, policy, before)
    by_quarter = settled["basis"] == "quarter"
    settled.loc[by_quarter & _is_despite(rows, settled["rating"]), "basis"] = "despite"
    settled.loc[by_quarter & thin, "basis"] = "earlier"
    return settled.where(rows["amber"].notna(), "")


def rate_on_grounds(
    chances: pd.DataFrame, grounds: pd.DataFrame, policy: Policy, before: Words | None
) -> pd.DataFrame:
    """Rate by probabilities, and take back colours that the own cases do not bear out.

    Parameters
    ----------
    chances : DataFrame
        p_amber, p_red; n rows.
    grounds : DataFrame
        The same rows: red, amber, green [the own cases bear the colour out], enough [for any colour], stays
        [what was green is kept against them, so that it does not flicker].
    policy : Policy
        Certainty and hold.
    before : ndarray, shape (n,), optional
        The ratings of the quarter before.

    Returns
    -------
    DataFrame
        rating and basis, as ``settle``: ``quarter``, ``held``, ``few``, ``against`` or ``open``.
    """
    settings = policy.rating
    probabilities = chances["p_amber"], chances["p_red"], settings.certainty
    likely = rate_probabilities(*probabilities)
    fresh = rating = _borne_out(likely, grounds, None)
    if before is not None:
        held = rate_probabilities(*probabilities, previous=before, hold=settings.hold)
        rating = _borne_out(held, grounds, before)
    grey = rating == "insufficient"
    cases = [grey & ~grounds["enough"], grey & (likely != "insufficient"), grey, rating != fresh]
    basis = np.select(cases, ("few", "against", "open", "held"), default="quarter")
    return pd.DataFrame({"rating": rating, "basis": basis}, index=chances.index).astype("str")


def borne_out_when_moved(rows: pd.DataFrame, moved: Floats, rating: Words) -> Words:
    """Take back colours that rows had not, and that their own cases do not bear out when moved alike.

    Parameters
    ----------
    rows : DataFrame
        indicator_id, amber, red, basis, estimate, own, figure; n rows.
    moved : ndarray, shape (n,)
        What the estimates become: the own cases move by as much.
    rating : ndarray, shape (n,)
        By the probabilities alone. Rows with too few cases, and those against whose colour their own cases
        spoke, are looked at.
    """
    by = moved - rows["estimate"].to_numpy(float)
    there = rows.assign(own=rows["own"] + by, figure=rows["figure"] + by)
    beyond = {
        limit: _beyond(there, "own", limit) & _beyond(there, "figure", limit) for limit in ("amber", "red")
    }
    enough = (rows["basis"] != "few").to_numpy()
    grounds = pd.DataFrame({**beyond, "green": ~beyond["amber"], "enough": enough, "stays": False})
    looked_at = rows["basis"].isin(DENIED).to_numpy()
    return np.where(looked_at, _borne_out(rating, grounds, np.asarray(rows["rating"])), rating).astype(object)


def _scales(rows: pd.DataFrame) -> pd.Series:
    codes, names = pd.factorize(rows["indicator_id"])
    scales = np.array([INDICATORS[str(name)].scale for name in names], dtype=np.float64)
    return pd.Series(scales[codes], index=rows.index)


def _beyond(rows: pd.DataFrame, figure: str, limit: str) -> Flags:
    return np.asarray((rows[figure] - rows[limit]) * np.sign(rows["red"] - rows["amber"]) > 0)


def _borne_out(rating: Words, grounds: pd.DataFrame, before: Words | None) -> Words:
    """Take back colours that the own cases do not bear out: red becomes amber where they bear that out."""
    rating = np.where((rating == "red") & ~grounds["red"], "amber", rating)
    green = grounds["green"] | grounds["stays"] & (before == "green")
    against = (rating == "amber") & ~grounds["amber"] | (rating == "green") & ~green | ~grounds["enough"]
    return np.where(against, "insufficient", rating).astype(object)


def _is_despite(rows: pd.DataFrame, rating: pd.Series) -> pd.Series:
    """Tell where the figure lies on the other side of the limit than the rating."""
    red, amber = (_beyond(rows, "figure", one) for one in ("red", "amber"))
    return (rating == "green") & amber | (rating == "amber") & ~amber | (rating == "red") & ~red
