"""Answers of one source regressed on their drivers: odds ratios, and points of satisfied customers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.causes.answers import SATISFIED
from riskmodels.causes.ordinal import enough_clusters, fit_ordinal, proportional_odds
from riskmodels.errors import TooLittleError
from riskmodels.labels import Said, marked
from riskmodels.rates import holm_adjusted

MEASURES = {  # what one less of it is called
    "days_to_resolve": marked("one working day less to resolve"),
    "waiting_hours": marked("one hour less to the first answer"),
}
# in the order in which they are taken where answers are too few for all
DRIVERS = (*MEASURES, "outcome", "customer_group", "channel", "product", "region_id")
UNKNOWN, OTHERS = "not_known", "others"  # levels: of answers without one, and of levels with few answers
LEVEL = 0.9  # of the intervals, as everywhere
_USUAL = {
    "customer_group": "general",
    "outcome": "not_upheld",
}  # what others are set against; else the largest
_FEWEST, _FEWEST_EITHER = 30, 5  # answers of a level, and of its satisfied and others (Cochran's rule)
# of the rarer outcome for each coefficient: Peduzzi & others 1996, doi:10.1016/S0895-4356(96)00236-3
_EVENTS = 10
_KNOWN = 0.8  # share of answers whose days or hours must be known; a choice
_REFUSED = 0.05  # p-value of proportional odds below which they are refused, as usual
_SAME = 1e-8  # least eigenvalue of correlations: below it a column is made of the others


@dataclass(kw_only=True)
class Associations:
    """What answers of one source go with: rows by driver and level, facts of the model, what is lacking."""

    source: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    model: list[dict[str, Any]] = field(default_factory=list)
    lacking: list[tuple[str, Said]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Block:
    """The columns of one driver: of a measure one; else of each level but the first, the reference."""

    driver: str
    levels: list[str]
    values: pd.Series
    columns: Floats


def regress_answers(source: str, answers: pd.DataFrame | None) -> Associations:
    """Regress the answers of a source, as ``answers`` gives them, on the drivers that they suffice for."""
    found = Associations(source=source)
    rated = None if answers is None else answers[answers["points"].notna()].reset_index(drop=True)
    if rated is None or rated.empty:
        found.lacking.append(("", Said("the source has no answers of customers in these quarters")))
        return found
    blocks = _blocks(rated, found)
    kept = np.logical_and.reduce([block.values.notna().to_numpy() for block in blocks] or [np.array([False])])
    rows = rated[kept] if blocks else rated[:0]
    satisfied = (rows["points"] >= SATISFIED).to_numpy()
    blocks = _independent([_only(block, kept) for block in blocks], satisfied, found)
    if blocks:
        try:
            _fill(found, rows, satisfied, blocks, left_out=len(rated) - len(rows))
        except TooLittleError as error:
            found.lacking.append(("", Said(str(error))))
    return found


def _blocks(rated: pd.DataFrame, found: Associations) -> list[_Block]:
    """Make the columns of each driver that the answers have; say why the others are lacking."""
    satisfied = (rated["points"] >= SATISFIED).to_numpy()
    blocks = []
    for driver in DRIVERS:
        values = rated[driver] if driver in rated else pd.Series(np.nan, rated.index)
        known = values.notna()
        if driver in MEASURES:
            block, enough = _Block(driver=driver, levels=[], values=values, columns=_column(values)), _KNOWN
        else:
            block, enough = _levelled(driver, values, satisfied), 0.0
        if not known.any():
            found.lacking.append((driver, Said("the answers do not come with it")))
        elif known.mean() < enough:
            found.lacking.append(
                (driver, Said("it is known of {share:.0%} of the answers", share=known.mean()))
            )
        elif (values[known] == values[known].iloc[0]).all() or (
            driver not in MEASURES and len(block.levels) == 1
        ):
            found.lacking.append((driver, Said("all answers that can be compared are of one level")))
        elif driver not in MEASURES and not block.levels:
            found.lacking.append((driver, Said("no level has answers enough")))
        else:
            blocks.append(block)
    return blocks


def _column(values: pd.Series) -> Floats:
    return np.asarray(values.to_numpy(np.float64)[:, None])


def _levelled(driver: str, values: pd.Series, satisfied: Flags) -> _Block:
    """Make a column of each level with answers enough but the reference; others together are a level, too."""
    named = values.astype("object").where(values.notna(), UNKNOWN)
    named = named.where(~named.map(_thin(named, satisfied)), OTHERS)
    thin = _thin(named, satisfied)
    named = named.where(~named.map(thin), None)
    sizes = named.value_counts()
    first = [_USUAL.get(driver, ""), *sizes.drop([OTHERS, UNKNOWN], errors="ignore").index]
    reference = next((one for one in first if one in sizes.index), "")
    levels = [reference, *sorted(set(sizes.index) - {reference})] if reference else []
    columns = (named.to_numpy()[:, None] == np.array(levels[1:], dtype=object)[None, :]).astype(np.float64)
    return _Block(driver=driver, levels=levels, values=named, columns=columns)


def _thin(named: pd.Series, satisfied: Flags) -> pd.Series:
    """Say of each level whether its answers are too few."""
    groups = pd.Series(satisfied).groupby(named.to_numpy())
    size, good = groups.size(), groups.sum()
    return (size < _FEWEST) | (np.minimum(good, size - good) < _FEWEST_EITHER)


def _only(block: _Block, kept: Flags) -> _Block:
    return _Block(
        driver=block.driver, levels=block.levels, values=block.values[kept], columns=block.columns[kept]
    )


def _independent(blocks: list[_Block], satisfied: Flags, found: Associations) -> list[_Block]:
    """Take the drivers one after another, as far as answers are enough and columns independent."""
    events = int(min(satisfied.sum(), (~satisfied).sum()))
    taken: list[_Block] = []
    for block in blocks:
        design = np.hstack([one.columns for one in [*taken, block]])
        if events < _EVENTS * design.shape[1]:
            why = Said(
                "it would need {needed} answers that are satisfied, and as many that are not; the fewer are"
                " {events}",
                needed=_EVENTS * design.shape[1],
                events=events,
            )
            found.lacking.append((block.driver, why))
        elif _dependent(design):
            found.lacking.append((block.driver, Said("it cannot be separated from the drivers before it")))
        else:
            taken.append(block)
    return taken


def _dependent(design: Floats) -> bool:
    """Say whether a column is made of the others."""
    centred = design - design.mean(axis=0)
    sizes = np.sqrt((centred**2).sum(axis=0))
    if not (sizes > 0).all():
        return True
    correlations = (centred.T @ centred) / np.outer(sizes, sizes)
    return bool(np.linalg.eigvalsh(correlations)[0] < _SAME)


def _fill(
    found: Associations, rows: pd.DataFrame, satisfied: Flags, blocks: list[_Block], *, left_out: int
) -> None:
    """Fit both regressions, and write down what they say."""
    design = np.hstack([block.columns for block in blocks])
    part = np.repeat(np.arange(len(blocks)), [block.columns.shape[1] for block in blocks])
    levels = np.unique(rows["points"].to_numpy(), return_inverse=True)[1]
    whole, cut = fit_ordinal(levels, design), fit_ordinal(satisfied.astype(np.int64), design)
    unit = pd.factorize(rows["unit_id"], use_na_sentinel=False)[0].astype(np.int64)
    degrees = float(unit.max()) if enough_clusters(unit) else np.inf
    by_part, overall = proportional_odds(levels, design, part, fewest=_EVENTS)
    reach = float(scipy.special.stdtrit(degrees, (1 + LEVEL) / 2))
    errors = [np.sqrt(np.diag(fit.covariance(unit)))[len(fit.cutpoints) :] for fit in (whole, cut)]
    linear = design @ cut.coefficients - cut.cutpoints[0]
    for number, block in enumerate(blocks):
        facts = {"source": found.source, "driver": block.driver, "proportional_p": by_part[number]}
        own, sign = part == number, 1.0 if block.levels else -1.0
        base = linear - block.columns @ cut.coefficients[own] if block.levels else linear
        for place, at in enumerate(np.flatnonzero(own)):
            odds, change = (sign * fit.coefficients[at] for fit in (whole, cut))
            row = facts | _level(block, place, satisfied) | _odds(odds, reach * errors[0][at])
            found.rows.append(row | _points(base, change, errors[1][at], reach=reach, degrees=degrees))
    found.model.append(
        {
            "source": found.source,
            "answers": len(rows),
            "left_out": left_out,
            "satisfied_share": satisfied.mean(),
            "coefficients": design.shape[1],
            "units": int(unit.max()) + 1,
            "clustered": enough_clusters(unit),
            "proportional_p": overall,
            "proportional": not np.nanmin([1.0, overall, *holm_adjusted(by_part)]) < _REFUSED,
        }
    )


def _level(block: _Block, place: int, satisfied: Flags) -> dict[str, Any]:
    """Say what a column is, and its answers as they are."""
    if not block.levels:
        return {"level": "", "reference": "", "answers": len(satisfied), "satisfied_share": np.nan}
    own = block.columns[:, place] == 1
    names = {"level": block.levels[place + 1], "reference": block.levels[0]}
    return names | {"answers": int(own.sum()), "satisfied_share": satisfied[own].mean()}


def _odds(estimate: float, half: float) -> dict[str, float]:
    """Return an odds ratio of more points with its interval."""
    names = ("odds_ratio", "odds_lower", "odds_upper")
    ratios = np.exp(estimate + half * np.array([0.0, -1.0, 1.0]))
    return dict(zip(names, ratios.tolist(), strict=True))


def _points(base: Floats, change: float, error: float, *, reach: float, degrees: float) -> dict[str, float]:
    """Return by how many percentage points the satisfied are more where the log odds change.

    ``base``, shape (n,), are the log odds without the change; they are held, so that the interval is on the
    same side of zero as that of the change, whose p-value is the points' too.
    """
    changes = change + reach * error * np.array([0.0, -1.0, 1.0])
    shares = scipy.special.expit(base)
    points = 100 * (scipy.special.expit(base[:, None] + changes).mean(axis=0) - shares.mean())
    moved = scipy.special.expit(base + change)
    figures = dict(zip(("points", "lower", "upper"), points.tolist(), strict=True))
    slope = 100 * float((moved * (1 - moved)).mean())
    tail = float(2 * scipy.special.stdtr(degrees, -abs(change) / error))
    return figures | {"standard_error": slope * float(error), "p_value": tail}
