"""What a colour rests on: no rating without enough cases, none against what the own cases say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats, Integers, Words
from riskmodels.catalogue import INDICATORS, Indicator
from riskmodels.parameters.policy import Policy

RATINGS = ("red", "amber", "green", "insufficient")
RATED = RATINGS[:3]  # what has a colour
DENIED = ("few", "against")  # bases of what has no colour: too few cases, or the own figure speaks against it
FEWEST = 5  # cases, without which nothing has a colour
_IMPROBABLE = 0.2  # of being beyond a limit, by a quarter's events alone
_COUNTED = ("proportion", "mean")  # families whose denominator counts cases


def rate_probabilities(
    p_amber: "pd.Series | Floats",
    p_red: "pd.Series | Floats",
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


@dataclass(frozen=True, eq=False)
class _Rows:
    """Columns of rated rows as arrays, shape (n,): small frames cost more than what is computed of them."""

    frame: pd.DataFrame

    def __getitem__(self, column: str) -> Floats:
        return self.frame[column].to_numpy(float)

    @cached_property
    def entries(self) -> tuple[Integers, list[Indicator]]:
        """The place of each row's indicator among the entries of the catalogue, and these."""
        codes, names = pd.factorize(self.frame["indicator_id"])
        return codes, [INDICATORS[name] for name in names]

    def of_entries(self, figure: Callable[[Indicator], float]) -> Floats:
        """Return a figure of each row's indicator."""
        codes, entries = self.entries
        return np.array([figure(one) for one in entries], dtype=np.float64)[codes]

    @cached_property
    def scales(self) -> Floats:
        """The scales of the indicators."""
        return self.of_entries(lambda one: one.scale)

    @cached_property
    def of_units(self) -> Flags:
        """Whether they are a unit's or a product's, and not the whole bank's."""
        return np.asarray(self.frame["unit_id"].to_numpy(dtype=object) != "", dtype=np.bool_)

    def beyond(self, figure: Floats, limit: str) -> Flags:
        """Tell where a figure lies beyond a limit."""
        return np.asarray((figure - self[limit]) * np.sign(self["red"] - self["amber"]) > 0)


def _are_enough(rows: _Rows, count: Floats, size: Floats) -> Flags:
    """Tell which rows have enough cases for a colour, of a count and a size of their indicator.

    A proportion and a mean need five cases; a rate per account or the like five events, counted or expected
    at the amber limit. What is known for a whole quarter, such as incidents of the bank, is enough.
    """
    counted = rows.of_entries(lambda one: one.family in _COUNTED) > 0
    rates = rows.of_entries(lambda one: one.family == "rate" and one.exposure != "time") > 0
    events = np.fmax(count, size * rows["amber"] / rows.scales)
    return ~(counted & (size < FEWEST) | rates & (events < FEWEST))


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
    given = _Rows(rows)
    size = given["denominator"] * given["logged"]
    enough = _are_enough(given, given["numerator"], size)
    with np.errstate(invalid="ignore", divide="ignore"):  # what is unknown stays so
        figure = np.where(enough, given["value"] / given["logged"], given["recalled"])
    found = {"by_quarter": enough, "figure": figure}
    noisy = (given.of_entries(lambda one: one.family == "rate") > 0) & enough & given.of_units
    for limit in ("amber", "red"):
        likely = noisy & (_chance(given, size, limit) >= _IMPROBABLE)
        found[f"denies_{limit}"] = ~given.beyond(figure, limit) & ~likely
    return pd.DataFrame(found, index=rows.index)


def _chance(rows: _Rows, size: Floats, limit: str) -> Floats:
    """Return the probability that a rate is beyond a limit, by the quarter's own events alone (Jeffreys)."""
    events = rows["numerator"] / rows["dispersion"] + 0.5
    below = scipy.special.gammainc(events, size / rows["dispersion"] * rows[limit] / rows.scales)
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
    given = _Rows(rows)
    enough = _are_enough(given, given["own"] * given["own_size"] / given.scales, given["own_size"])
    thin = ~rows["by_quarter"].to_numpy(bool)
    own = {name: given.beyond(given["own"], name) for name in ("amber", "red")}
    shown = {name: given.beyond(given["figure"], name) for name in own}
    borne = {name: flags & ~rows[f"denies_{name}"].to_numpy(bool) for name, flags in own.items()}
    green = ~own["amber"] & ~(thin & shown["amber"])
    grounds = {**borne, "green": green, "enough": enough, "stays": given.of_units}
    rating, basis = rate_on_grounds(given["p_amber"], given["p_red"], grounds, policy, before)
    by_quarter = basis == "quarter"
    basis[by_quarter & _is_despite(rating, **shown)] = "despite"
    basis[by_quarter & thin] = "earlier"
    unlimited = np.isnan(given["amber"])
    rating[unlimited] = basis[unlimited] = ""
    return pd.DataFrame({"rating": rating, "basis": basis}, index=rows.index, dtype="str")


def rate_on_grounds(
    p_amber: Floats, p_red: Floats, grounds: Mapping[str, Flags], policy: Policy, before: Words | None
) -> tuple[Words, Words]:
    """Rate by probabilities, and take back colours that the own cases do not bear out.

    Parameters
    ----------
    p_amber, p_red : ndarray, shape (n,)
        Probabilities of lying beyond the limits.
    grounds : mapping of ndarray, shape (n,)
        red, amber, green [the own cases bear the colour out], enough [for any colour], stays [what was green
        is kept against them, so that it does not flicker].
    policy : Policy
        Certainty and hold.
    before : ndarray, shape (n,), optional
        The ratings of the quarter before.

    Returns
    -------
    tuple of ndarray, shape (n,)
        Rating and basis, as ``settle``: ``quarter``, ``held``, ``few``, ``against`` or ``open``.
    """
    settings = policy.rating
    probabilities = p_amber, p_red, settings.certainty
    likely = rate_probabilities(*probabilities)
    fresh = rating = _borne_out(likely, grounds, None)
    if before is not None:
        held = rate_probabilities(*probabilities, previous=before, hold=settings.hold)
        rating = _borne_out(held, grounds, before)
    grey = rating == "insufficient"
    cases = [grey & ~grounds["enough"], grey & (likely != "insufficient"), grey, rating != fresh]
    basis = np.select(cases, ("few", "against", "open", "held"), default="quarter")
    return rating, basis.astype(object)


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
    given = _Rows(rows)
    by = moved - given["estimate"]
    beyond = {
        limit: given.beyond(given["own"] + by, limit) & given.beyond(given["figure"] + by, limit)
        for limit in ("amber", "red")
    }
    basis = rows["basis"].to_numpy(dtype=object)
    stays = np.zeros(len(rows), dtype=np.bool_)
    grounds = {**beyond, "green": ~beyond["amber"], "enough": basis != "few", "stays": stays}
    looked_at = np.isin(basis.astype(str), DENIED)
    return np.where(looked_at, _borne_out(rating, grounds, np.asarray(rows["rating"])), rating).astype(object)


def _borne_out(rating: Words, grounds: Mapping[str, Flags], before: Words | None) -> Words:
    """Take back colours that the own cases do not bear out: red becomes amber where they bear that out."""
    rating = np.where((rating == "red") & ~grounds["red"], "amber", rating)
    green = grounds["green"] | grounds["stays"] & (before == "green")
    against = (rating == "amber") & ~grounds["amber"] | (rating == "green") & ~green | ~grounds["enough"]
    return np.where(against, "insufficient", rating).astype(object)


def _is_despite(rating: Words, *, amber: Flags, red: Flags) -> Flags:
    """Tell where the figure, beyond amber or red, lies on the other side of the limit than the rating."""
    is_ = {name: np.asarray(rating == name, dtype=np.bool_) for name in RATED}
    return is_["green"] & amber | is_["amber"] & ~amber | is_["red"] & ~red
