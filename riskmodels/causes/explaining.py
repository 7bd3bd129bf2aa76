"""Say of each finding whether the data support a cause: where the excess is, and how far it is shared."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import scipy

from riskmodels.assessment import Findings
from riskmodels.causes.counting import (
    YEAR,
    TwoPeriods,
    count_against_peers,
    count_two_periods,
    months_known,
)
from riskmodels.causes.decomposition import Decomposition, decompose_change
from riskmodels.causes.segments import Segments, find_segments
from riskmodels.causes.timing import MONTH_COLUMNS, when_it_came
from riskmodels.causes.wording import CAUSE_STATUS, said_cause
from riskmodels.display import Displayed
from riskmodels.labels import label, marked
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Tables

_WHERE: Final = ("region_id", "unit_id", "product")  # searched first: who could act
_ALARM_MONTHS: Final = 9  # looked at where a finding has no beginning of its own: three quarters
_COUNTS: Final = ("complaints", "complaint_rate")
_ONE_UNIT: Final = 0.5  # of an excess in one unit: that unit's matter, where units differ beyond chance
_PAIR: Final = 2  # parts at least, to differ from each other
_NORMAL: Final = 1.645  # standard deviations to each side of a 90 % interval
_NEARLY: Final = 1e-3  # variance ÷ mean, less 1: Poisson's, nearly
_BEYOND: Final = 0.05  # level at which units, or products, are said to differ
_SEGMENT_COLUMNS: Final = [
    *("first", "last", "segment", "before", "now", "expected", "excess", "lower", "upper", "share"),
    *("p_value", "searched", "named", "since", "peak", "peak_share", "where"),
]
_FIGURES: Final = (
    "now",
    "expected",
    "excess",
    "lower",
    "upper",
    "p_value",
    "searched",
    "largest_share",
    "p_alike",
    "peak_share",
)
_WORDS: Final = ("segment", "largest", "first", "since", "peak")


@dataclass(frozen=True, kw_only=True, eq=False)
class Causes(Displayed):
    """What the data say of the causes of findings.

    Attributes
    ----------
    facts : DataFrame
        One row per finding (red, amber): finding_id, status (supported, not_supported, presumed), case (which
        words say it), segment, largest (unit or product with most of the excess), first, last [month], now,
        expected, excess, lower, upper [complaints], p_value, searched [segments], largest_share (of the
        excess), p_alike (that all units or products share it alike), since (day, Monday or first of a month,
        from which on the excess adds up to the most), peak [month with most of it], peak_share (of the
        excess); NaN is unknown.
    segments : DataFrame
        What was found in each period searched: first, last [month], segment, before, now, expected, excess,
        lower, upper [complaints], share, p_value (of both searches), searched [segments], named, since, peak,
        peak_share (as in ``facts``), where (JSON of its values by dimension); one that is not named is the
        best of a search that named none.
    months : DataFrame
        When the excess of a supported cause came, one row per finding and month: finding_id, month, now,
        expected, excess [complaints], share (of the excess). What is expected in all is spread over the
        months as complaints elsewhere came.
    decomposition : Decomposition or None
        The change of the last of the searched periods on the year before, by product; None: no year before.
    period : str
        The quarter assessed.
    as_of : date
        Day up to which the data know.
    data_digest : str
        Digest of the tables.
    false_alarm : float
        Chance that a search names any segment where none has changed.
    seed : int
        Seed of the draws.
    """

    facts: pd.DataFrame
    segments: pd.DataFrame
    months: pd.DataFrame
    decomposition: Decomposition | None
    period: str
    as_of: date
    data_digest: str
    false_alarm: float
    seed: int

    @property
    def table(self) -> pd.DataFrame:
        """The facts, and in the language in use what they say (``sentence``)."""
        words = [said_cause(row) for row in self.facts.to_dict("records")]
        return self.facts.assign(sentence=pd.Series(words, dtype="str", index=self.facts.index))

    @property
    def sentence(self) -> str:
        """Count causes by what the data say of them."""
        counts = self.facts["status"].value_counts()
        return label(
            "{period}: causes of findings: {supported} supported by data, {not_supported} not supported,"
            " {presumed} presumed.",
            {one: int(counts.get(one, 0)) for one in CAUSE_STATUS},
            period=self.period,
        )

    @property
    def searched_sentence(self) -> str:
        """Say what was searched for the last three quarters, and whether anything was named."""
        if self.segments.empty:
            return label("There is no year before to compare with.")
        words = marked(
            "Against the year before, from {first} to {last}, {searched:,.0f} segments were searched:"
            " {named} named; the chance that any is named where nothing has changed is {chance:.0%}."
        )
        return label(
            words,
            self.segments.iloc[0].to_dict() | {"named": int(self.segments["named"].sum())},
            chance=self.false_alarm,
        )

    def summary(self) -> pd.DataFrame:
        """Return what is said of each finding."""
        return self.table[["finding_id", "status", "sentence"]]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        more = {} if self.decomposition is None else self.decomposition.frames()
        own = {"causes": self.table, "cause_segments": self.segments, "cause_months": self.months}
        return own | more


def explain_findings(found: Findings, tables: Tables, policy: Policy, *, seed: int = 0) -> Causes:
    """Say of each finding whether the data support a cause of it.

    Parameters
    ----------
    found : Findings
        Of which the red and amber ones are explained; they do not change.
    tables : Tables
        Complaints, one by one or counted; without accounts, exposure is taken not to have moved.
    policy : Policy
        Whose certainty of gaps says how often anything may be named where nothing has changed.
    seed : int
        Seed of the draws.

    Returns
    -------
    Causes
        One row per finding. ``supported``: there are more complaints than expected, beyond chance, and it is
        said where. ``not_supported``: searched, and nothing stands out. ``presumed``: no count speaks of it.

    Notes
    -----
    A unit is compared with what the rates of all others predict for its products; everything else with the
    same months a year before. Where the excess is does not prove why: no cause is proven by it. Many
    findings of one period rest on one search.
    """
    end = pd.Period(found.period, freq="Q").asfreq("M", how="end")
    rows = found.facts[found.facts["severity"].isin(["red", "amber"])]
    counted = tables.complaints or tables.complaint_counts

    chance = 1 - policy.gaps.certainty

    @cache
    def searched(first: str, *, is_wide: bool = False) -> "_Search":
        return _searched(tables, first, str(end), chance, seed, is_wide=is_wide)

    facts, months = [], [pd.DataFrame(columns=["finding_id", *MONTH_COLUMNS])]
    for row in rows.to_dict("records"):
        figures = json.loads(str(row["figures"]))
        fact: dict[str, Any] = dict.fromkeys(_FIGURES, np.nan) | dict.fromkeys(_WORDS, "")
        fact |= {"finding_id": row["finding_id"], "last": str(end)}
        is_count = row["indicator_id"] in _COUNTS or figures.get("what") in _COUNTS
        if counted is None or not is_count:
            case = "no_table" if counted is None else "no_count"
            fact |= {"status": "presumed", "case": case}
        elif row["subject_kind"] == "unit":
            fact |= _of_unit(tables, str(row["subject"]), end, chance)
        else:
            first, subject = _beginning(figures, end), figures.get("of", {})
            found_in = searched(first, is_wide=not set(subject) <= set(_WHERE))
            fact |= {"first": first} | _of_period(found_in, subject)
        if fact["status"] == "supported":
            came, by_month = when_it_came(tables, fact["where"], fact["months"], expected=fact["expected"])
            fact |= came
            months.append(by_month.assign(finding_id=row["finding_id"]))
        facts.append(fact)
    names = ["finding_id", "status", "case", *_WORDS, "last", *_FIGURES]
    by_month = pd.concat([one for one in months if len(one)] or months, ignore_index=True)
    usual = searched(_beginning({}, end)) if counted is not None else None
    return Causes(
        facts=pd.DataFrame(facts, columns=names),
        segments=_listed(tables, usual),
        months=by_month[["finding_id", *MONTH_COLUMNS]],
        decomposition=_decomposed(usual),
        period=found.period,
        as_of=tables.as_of,
        data_digest=tables.digest,
        false_alarm=chance,
        seed=seed,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Search:
    """What was counted of two periods, and what a search of it named; None where there was nothing."""

    counts: TwoPeriods
    segments: Segments | None


def _searched(tables: Tables, first: str, last: str, chance: float, seed: int, *, is_wide: bool) -> _Search:
    """Search by region, unit and product, then by everything: half of the chance of error each.

    A wide search is of everything alone: for what has a channel, a category or a customer group.
    """
    counts = count_two_periods(tables, first=first, last=last)
    if counts.why:
        return _Search(counts=counts, segments=None)
    where = [one for one in counts.dimensions if one in _WHERE]
    found = None
    for by in ([] if is_wide else where, counts.dimensions):
        if not by:
            continue
        found = find_segments(
            counts.cells, dimensions=by, exposure=counts.exposure, false_alarm=chance / 2, seed=seed
        )
        if len(found.table):
            break
    return _Search(counts=counts, segments=found)


def _beginning(figures: Mapping[str, Any], end: pd.Period) -> str:
    """Return the first month looked at: an alarm's own, at most a year ago, and three quarters otherwise."""
    usual = end - _ALARM_MONTHS + 1
    since = figures.get("since")
    if not since:
        return str(usual)
    own = pd.Period(pd.Timestamp(str(since).partition("/")[0]), freq="M")
    return str(min(max(own, end - YEAR + 1), end))


def _of_period(search: _Search, subject: Mapping[str, str]) -> dict[str, Any]:
    """Choose the segment that a finding is about: most of its subject is in it, and nothing against it."""
    found = search.segments
    if found is None:
        return {"status": "presumed", "case": search.counts.why or "no_dimension"}
    rows = [row for row in found.table.to_dict("records") if _is_about(row, subject)]
    if rows:
        row = max(rows, key=lambda one: len(_in_common(one, subject)))  # the first of those with most of it
        largest, share, alike = _shared(search.counts.cells, row, found)
        fact: dict[str, Any] = {
            key: row[key] for key in ("segment", "now", "expected", "excess", "lower", "upper")
        }
        most = "one_unit" if alike <= _BEYOND else "may_be_unit"
        case = most if share >= _ONE_UNIT else "segment"
        case = "its_unit" if row.get("unit_id") else case  # it is one unit's by its name
        fact |= {"where": _of(found, row), "months": search.counts.months}
        fact |= {"p_value": min(2 * row["p_value"], 1.0), "searched": found.searched}
        fact |= {"largest": largest, "largest_share": share, "p_alike": alike}
        return fact | {"status": "supported", "case": case}
    case = "elsewhere" if len(found.table) else "nothing"
    return {"status": "not_supported", "case": case, "searched": found.searched}


def _of(found: Segments, row: Mapping[Any, Any]) -> dict[str, str]:
    """Return the values that make a segment, by dimension."""
    return {key: row[key] for key in found.dimensions if row[key]}


def _is_about(segment: Mapping[Any, Any], subject: Mapping[str, str]) -> bool:
    """Say whether a segment and a subject have a value in common, and none against the other."""
    both = _in_common(segment, subject)
    return all(segment[key] == subject[key] for key in both) and (bool(both) or not subject)


def _in_common(segment: Mapping[Any, Any], subject: Mapping[str, str]) -> list[str]:
    """Name the dimensions in which both have a value."""
    return [key for key in subject if segment.get(key)]


def _shared(cells: pd.DataFrame, row: Mapping[Any, Any], found: Segments) -> tuple[str, float, float]:
    """Return the unit with most of a segment's excess, its share, and the p-value that all share it alike."""
    inside = np.ones(len(cells), dtype=bool)
    for key in found.dimensions:
        if row[key]:
            inside &= (cells[key] == row[key]).to_numpy()
    units = cells[inside].groupby("unit_id")[["before", "now"]].sum()
    over = units["now"] - units["before"] * row["expected"] / max(row["before"], 1.0)
    before = units["before"] * units["now"].sum() / max(units["before"].sum(), 1.0)
    p_alike = _p_alike(units["now"], before, found.dispersion)
    return str(over.idxmax()), float(over.max() / max(over.sum(), 1.0)), p_alike


def _p_alike(now: "pd.Series[float]", before: "pd.Series[float]", dispersion: float) -> float:
    """Test that counts of two periods have one ratio in all parts; NaN of one part."""
    both = now + before
    share = now.sum() / max(both.sum(), 1.0)
    return _p_within(now - both * share, both * share * (1 - share) * dispersion)


def _p_within(residual: "pd.Series[float]", variance: "pd.Series[float]") -> float:
    """Test by chi-squared that parts differ from what is expected by chance alone; NaN of one part."""
    seen = variance > 0
    if seen.sum() < _PAIR:
        return float("nan")
    return float(scipy.stats.chi2.sf((residual[seen] ** 2 / variance[seen]).sum(), seen.sum() - 1))


def _of_unit(tables: Tables, unit_id: str, end: pd.Period, chance: float) -> dict[str, Any]:
    """Compare a unit's year with what the rates of all others predict for its products."""
    months = months_known(tables, str(end - YEAR + 1), str(end))
    peers = count_against_peers(tables, unit_id, months)
    first = {"first": str(end - YEAR + 1)}
    now, expected = float(peers["now"].sum()), float(peers["expected"].sum())
    if not expected > 0:
        return first | {"status": "presumed", "case": "no_peers"}
    dispersion = float(peers["dispersion"].iloc[0])
    size = expected / max(dispersion - 1, _NEARLY)
    p = float(scipy.stats.nbinom.sf(now - 1, size, size / (size + expected)))
    over = (peers["now"] - peers["expected"]).set_axis(peers["product"])
    reach = _NORMAL * float(np.sqrt(dispersion * max(now, 1.0)))  # of a 90 % interval
    fact: dict[str, Any] = {"now": now, "expected": expected, "excess": now - expected, "p_value": p}
    fact |= {"lower": now - expected - reach, "upper": now - expected + reach, "searched": 1.0}
    fact |= {"largest": str(over.idxmax()), "largest_share": float(over.max() / max(over.sum(), 1.0))}
    scaled = peers["expected"] * now / expected
    fact["p_alike"] = _p_within(peers["now"] - scaled, scaled * dispersion)
    if p > chance:
        return first | fact | {"status": "not_supported", "case": "as_peers"}
    case = "unit_product" if fact["p_alike"] <= _BEYOND else "unit_all"
    fact |= {"where": {"unit_id": unit_id}, "months": months}
    return first | fact | {"status": "supported", "case": case}


def _listed(tables: Tables, search: _Search | None) -> pd.DataFrame:
    if search is None or search.segments is None:
        return pd.DataFrame(columns=_SEGMENT_COLUMNS)
    found, months = search.segments, search.counts.months
    table = found.table if len(found.table) else found.best
    listed = table.assign(
        first=months[0], last=months[-1], searched=found.searched, named=len(found.table) > 0
    )
    listed["p_value"] = np.minimum(2 * listed["p_value"], 1.0)  # of two searches
    rows = [
        when_it_came(tables, _of(found, row), months, expected=row["expected"])[0]
        | {"where": json.dumps(_of(found, row), ensure_ascii=False)}
        for row in listed.to_dict("records")
    ]
    columns = ["since", "peak", "peak_share", "where"]
    listed = listed.join(pd.DataFrame(rows, columns=columns, index=listed.index))
    return listed[_SEGMENT_COLUMNS]


def _decomposed(search: _Search | None) -> Decomposition | None:
    """Decompose the change of the usual months by product: with exposures where there are."""
    if search is None or search.segments is None:
        return None
    counts = search.counts
    cells = counts.cells.groupby("product", as_index=False, dropna=False)[["before", "now"]].sum()
    if counts.exposure is not None:
        exposed = counts.exposure.groupby("product")[["before", "now"]].sum(min_count=1)
        for period in ("before", "now"):
            cells[f"exposure_{period}"] = cells["product"].map(exposed[period])
    return decompose_change(cells, by=["product"], dispersion=search.segments.dispersion)
