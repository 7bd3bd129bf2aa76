"""The complaints themselves, one per row, as the bank's system shows them on the as-of date."""

from typing import Final

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats, Integers, Times
from riskmodels.sample import handling
from riskmodels.sample.categories import CATEGORIES
from riskmodels.sample.days import arrival_days, at_minute, visible
from riskmodels.sample.narratives import write_narratives
from riskmodels.sample.network import unit_names
from riskmodels.sample.personal import KINDS
from riskmodels.sample.plan import (
    CHANNELS,
    COMPLAINT_CHANNELS,
    GROUPS,
    HOLE,
    MONTHS,
    PRODUCTS,
    identifiers,
    pick,
    stream,
)

REDRESS_MEDIANS: Final = (150.0, 220.0, 600.0, 400.0, 1200.0, 120.0)  # CNY, by product
_WORKING_HOURS_SHARE: Final = 0.80  # of complaints received; a choice
_EVENING_SHARE: Final = 0.17  # of complaints received; a choice: the rest come at any hour
_SEVERITIES: Final = ("ordinary", "serious", "major")
# ordinary, serious, major; a choice: some hundreds of major ones, which have a deadline of their own
_SEVERITY_SHARES: Final = (0.88, 0.10, 0.02)


def complaints_table(counts: Integers, *, seed: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Write out the complaints behind ``counts``, shape (units, products, months).

    Returns
    -------
    tuple
        The rows that the bank's system holds on the as-of date, in order of receipt: not those of the
        hole, nor those logged later. Then how many narratives hold personal data, by kind.
    """
    rows = _visible_arrivals(counts, stream(seed, "complaints"))
    received, cell = _times(rows["received_at"]), rows["cell"].to_numpy()
    ids = identifiers("C", len(rows), width=6)
    repeat_of = handling.repeats(ids, cell, received, rng=stream(seed, "repeats"))
    category = _categories(rows["product_place"].to_numpy(), stream(seed, "categories"))
    text, kind = write_narratives(category, rng=stream(seed, "narratives"))
    table = _handled(rows.assign(complaint_id=ids, repeat_of=repeat_of), category, stream(seed, "handling"))
    found = np.bincount(kind[kind >= 0], minlength=len(KINDS)).tolist()
    return table.assign(narrative=text, timely_response=None), dict(zip(KINDS, found, strict=True))


def _visible_arrivals(counts: Integers, rng: np.random.Generator) -> pd.DataFrame:
    """List received and logged times and the place of unit and product, in order of receipt."""
    unit, product, month = (np.repeat(place.ravel(), counts.ravel()) for place in np.indices(counts.shape))
    received = at_minute(arrival_days(month, rng=rng), _minutes_of_day(len(month), rng))
    logged = handling.logged_times(received, rng=rng)
    rows = pd.DataFrame(
        {
            "received_at": received,
            "logged_at": logged,
            "unit_id": unit_names(unit),
            "product": np.array(PRODUCTS, dtype=object)[product],
            "product_place": product,
            "cell": unit * len(PRODUCTS) + product,
        }
    )
    kept = rows[visible(logged) & ~np.isin(MONTHS[month], np.array(HOLE, dtype="M8[M]"))]
    return kept.sort_values(["received_at", "cell"], kind="stable").reset_index(drop=True)


def _handled(rows: pd.DataFrame, category: Integers, rng: np.random.Generator) -> pd.DataFrame:
    size, received = len(rows), _times(rows["received_at"])
    group = pick(rng, tuple(GROUPS), size, tuple(GROUPS.values()))
    severity = pick(rng, _SEVERITIES, size, _SEVERITY_SHARES)
    resolved = handling.resolution_times(received, group, rng=rng)
    probability = np.array([each.upheld for each in CATEGORIES])[category]
    upheld = handling.upheld_marks(resolved, probability, rng=rng)
    scale = np.array(REDRESS_MEDIANS)[rows["product_place"]]
    return rows.assign(
        first_response_at=handling.response_times(received, resolved, severity, rng=rng),
        resolved_at=resolved,
        channel=pick(rng, CHANNELS, size, COMPLAINT_CHANNELS),
        category=np.array([each.id for each in CATEGORIES], dtype=object)[category],
        customer_group=group,
        severity=severity,
        upheld=upheld,
        redress=handling.redress_amounts(upheld, scale, rng=rng),
        satisfaction=handling.handling_ratings(resolved, group, rng=rng),
    )


def _categories(product: Integers, rng: np.random.Generator) -> Integers:
    """Draw the place in CATEGORIES, shape (n,), among those of the product numbered ``product``."""
    of_product = np.array([PRODUCTS.index(each.product) for each in CATEGORIES])
    weight = np.array([each.weight for each in CATEGORIES])
    total = np.bincount(of_product, weights=weight)
    reached = np.cumsum(weight / total[of_product])  # runs from k to k + 1 over product k
    place = np.searchsorted(reached, product + rng.random(len(product)), side="right")
    return np.minimum(place, len(CATEGORIES) - 1).astype(np.int64)


def _minutes_of_day(size: int, rng: np.random.Generator) -> Floats:
    """Draw minutes after midnight, shape (n,): most in working hours, some in the evening or night."""
    working = 510 + 570 * rng.beta(1.6, 1.8, size)
    evening = 600 + 839 * rng.beta(3.0, 1.6, size)
    luck = rng.random(size)
    later = np.where(luck < _WORKING_HOURS_SHARE + _EVENING_SHARE, evening, rng.uniform(0, 1440, size))
    return np.where(luck < _WORKING_HOURS_SHARE, working, later)


def _times(column: "pd.Series[pd.Timestamp]") -> Times:
    return column.to_numpy().astype("M8[m]")


def by_product_and_month(counts: Integers) -> dict[str, dict[str, int]]:
    """Add the complete counts up over units: product, then month ``YYYY-MM``, then complaints."""
    totals, months = counts.sum(axis=0), [str(month) for month in MONTHS]
    return {
        product: dict(zip(months, row, strict=True))
        for product, row in zip(PRODUCTS, totals.tolist(), strict=True)
    }
