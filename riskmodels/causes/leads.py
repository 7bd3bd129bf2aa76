"""Which indicators moved before another: correlations of innovations, honest about chance."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Flags, Floats
from riskmodels.assessment import Findings
from riskmodels.catalogue.computation import listed_reasons
from riskmodels.causes.innovations import Whitened, months_before, whiten
from riskmodels.causes.monthly import monthly_series
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import Said, clauses, counted, label, marked, plain_label
from riskmodels.parameters.policy import Policy
from riskmodels.tables import Tables

COMPLAINT_RATE: Final = "complaint_rate"
FARTHEST: Final = 6  # months that one may lead by: half a year; farther is no warning of the same thing
LEAST: Final = 24  # pairs of months of a correlation: two years
_DRAWS: Final = 999  # permutations: a p-value down to 0.001
_LEVEL: Final = 0.9  # probability of intervals
_NAMED: Final = 3  # in a sentence; all are in the table
_NEARLY: Final = 1 - 1e-12  # a correlation of one has no transform
_COLUMNS: Final = ("moved", "indicator_id", "leads_by", "correlation", "lower", "upper", "p_value", "n")


@dataclass(frozen=True, kw_only=True, eq=False)
class Leads(Displayed):
    """Which indicators moved before those that have a finding.

    Attributes
    ----------
    table : DataFrame
        One row per indicator that moved and other indicator, the clearest first: moved, indicator_id (which
        may have moved first), leads_by [months], correlation, lower, upper (90 %), p_value (of the largest of
        all correlations looked at), n [months], found (beyond chance).
    lags : DataFrame
        The same without found, one row for each lag looked at.
    unavailable : DataFrame
        indicator_id, reason, said: indicators that cannot be looked at, as in ``Indicators``.
    asked : tuple of str
        The indicators that moved.
    others : int
        Indicators looked at beside each of them.
    unit_id : str
        Whose indicators they are; empty: the bank's.
    false_alarm : float
        Chance that anything is found where nothing leads.
    farthest : int
        Lags looked at [months].
    period : str
        Last month looked at.
    as_of : date or None
        Day up to which the data know.
    data_digest : str
        Digest of the tables; empty where series were given.
    seed : int
        Seed of the permutations.
    """

    table: pd.DataFrame
    lags: pd.DataFrame
    unavailable: pd.DataFrame
    asked: tuple[str, ...]
    others: int
    unit_id: str
    false_alarm: float
    farthest: int
    period: str
    as_of: date | None
    data_digest: str
    seed: int

    @property
    def sentence(self) -> str:
        """Say what moved before what, or that nothing did beyond chance."""
        return self.said(plain_label)

    def said(self, name: Callable[[str], str]) -> str:
        """Say it with the names that a function gives to indicators."""
        if not self.asked:
            return label("No finding is about an indicator, so that nothing is looked at before it.")
        if self.table.empty:
            return label("What moved first cannot be estimated: too few months are known of the indicators.")
        others = counted(self.others, "indicator", "indicators")
        found = self.table[self.table["found"]]
        asked = counted(len(self.asked), "indicator", "indicators")
        among = {"others": others, "farthest": self.farthest, "asked": asked}
        if found.empty:
            words = marked(
                "Nothing moved first beyond chance among {others} × {farthest} months, before {asked}."
            )
            return label(words, among)
        rows = [_said(row, name) for row in found.head(_NAMED).to_dict("records")]
        words = marked(
            "Moved first: {rows}; chosen among {others} × {farthest} months before {asked}: they moved"
            " together before, which is no proof of a cause."
        )
        return label(words, among, rows=clauses(rows))

    def summary(self) -> pd.DataFrame:
        """Return the clearest row of each indicator that moved."""
        return self.table.drop_duplicates("moved")

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"leads": self.table, "lead_lags": self.lags, "leads_unavailable": self.unavailable}


def _said(row: dict[Any, Any], name: Callable[[str], str]) -> str:
    return label(
        "{first}, {months} before {then} (correlation {correlation:+.2f}, 90% {lower:+.2f} to"
        " {upper:+.2f}; p {p_value:.2g})",
        row,
        first=name(str(row["indicator_id"])),
        then=name(str(row["moved"])),
        months=counted(row["leads_by"], "month", "months"),
    )


def find_leads(
    series: pd.DataFrame,
    *,
    moved: Sequence[str],
    farthest: int = FARTHEST,
    false_alarm: float = 0.05,
    seed: int = 0,
) -> Leads:
    """Say which series moved before others, by the correlations of their innovations.

    Parameters
    ----------
    series : DataFrame, shape (T, m)
        One column per indicator, one row per month, consecutive; counts as logarithms of rates, shares as
        logits. NaN is unknown.
    moved : sequence of str
        Columns before which the others are looked at.
    farthest : int
        Largest lag [months], at least 1.
    false_alarm : float
        Chance that anything is found where nothing leads, between 0 and 1.
    seed : int
        Seed of the permutations.

    Returns
    -------
    Leads
        Every other column is in ``table`` for each of ``moved``, or in ``unavailable``.

    Raises
    ------
    ParameterError
        A column that moved is not there, or a setting cannot be.

    Notes
    -----
    Each series is reduced to its innovations first (``innovations.whiten``): two that only wander, or have
    one season, correlate otherwise (Haugh 1976, doi:10.1080/01621459.1976.10481530). Chance: the innovations
    of what moved are permuted, made orthogonal again to their trend and season, and set against those of all
    others at all lags; a p-value is the share of permutations whose largest correlation of all, as Fisher's z
    over its standard error, is as large. Fails where a third thing moves both, or where an indicator is late
    by definition: what moves first is no cause.
    """
    _check(series, moved, farthest, false_alarm)
    white = {str(one): whiten(series[one].to_numpy(np.float64)) for one in series}
    enough = {
        one: it for one, it in white.items() if it is not None and np.isfinite(it.values).sum() >= LEAST
    }
    rng = np.random.default_rng(seed)
    parts: list[pd.DataFrame] = []
    largest = np.zeros(_DRAWS)
    for one in dict.fromkeys(moved):
        if one in enough and len(enough) > 1:
            rows, drawn = _beside(one, enough, farthest, rng)
            parts, largest = [*parts, rows], np.maximum(largest, drawn)
    lags = pd.concat(parts, ignore_index=True) if parts else _nothing()
    as_large = (largest >= lags["size"].to_numpy()[:, None] - 1e-9).sum(axis=1)
    lags = lags.assign(p_value=(1 + as_large) / (_DRAWS + 1))
    best = lags.sort_values("size", ascending=False, kind="stable").drop_duplicates(["moved", "indicator_id"])
    table = best[list(_COLUMNS)].reset_index(drop=True)
    return Leads(
        table=table.assign(found=(table["p_value"] <= false_alarm).astype(bool)),
        lags=lags[list(_COLUMNS)],
        unavailable=listed_reasons({one: _why(series[one]) for one in white if one not in enough}),
        asked=tuple(dict.fromkeys(moved)),
        others=max(len(enough) - 1, 0),
        unit_id="",
        false_alarm=false_alarm,
        farthest=farthest,
        period=str(series.index[-1]) if len(series) else "",
        as_of=None,
        data_digest="",
        seed=seed,
    )


def leads_of_findings(
    found: Findings, tables: Tables, policy: Policy, *, unit_id: str = "", seed: int = 0
) -> Leads:
    """Say which indicators moved before those that have a finding or an alarm.

    Parameters
    ----------
    found : Findings
        Its red and amber ones; without a unit, those of all but single units.
    tables : Tables
        Accepted rows, of the bank's months or of the unit's.
    policy : Policy
        Its indicators are looked at; its certainty of gaps says how often chance may be taken for a lead.
    unit_id : str
        One unit; empty: the bank.
    seed : int
        Seed of the permutations.

    Returns
    -------
    Leads
        As of ``find_leads``.
    """
    series, lacking = monthly_series(tables, policy, period=found.period, unit_id=unit_id)
    asked = [one for one in _with_finding(found, policy, unit_id) if one in series]
    leads = find_leads(series, moved=asked, false_alarm=1 - policy.gaps.certainty, seed=seed)
    return replace(
        leads,
        unavailable=pd.concat([lacking, leads.unavailable], ignore_index=True),
        unit_id=unit_id,
        period=found.period,
        as_of=tables.as_of,
        data_digest=tables.digest,
    )


def _with_finding(found: Findings, policy: Policy, unit_id: str) -> list[str]:
    """Name the indicators that have a finding; an alarm of complaints is one of their rate."""
    rows = found.facts[found.facts["severity"].isin(["red", "amber"])]
    of_units = rows["subject_kind"] == "unit"
    rows = rows[of_units & (rows["subject"] == unit_id) if unit_id else ~of_units]
    alarmed = [json.loads(str(one)).get("what") for one in rows["figures"]]
    named = [one or what for one, what in zip(rows["indicator_id"], alarmed, strict=True)]
    named = [COMPLAINT_RATE if one == "complaints" else one for one in named]
    known = [one.id for one in policy.indicators]
    return [one for one in dict.fromkeys(named) if one in known]


def _check(series: pd.DataFrame, moved: Sequence[str], farthest: int, false_alarm: float) -> None:
    if strange := [one for one in moved if one not in series]:
        there = ", ".join(map(str, series)) or "none"
        raise ParameterError(f"moved: there is no series {strange[0]}; there are {there}")
    if farthest < 1 or not 0 < false_alarm < 1:
        raise ParameterError(
            f"expected farthest at least 1 and 0 < false_alarm < 1, got {farthest} and {false_alarm:g}"
        )


def _why(values: "pd.Series[float]") -> str:
    known = values.dropna()
    if len(known) >= LEAST and known.std() == 0:
        return Said("it does not vary")
    return Said(
        "{number} months of it are known; {fewest} are needed whose months before are known, too",
        number=len(known),
        fewest=LEAST,
    )


def _nothing() -> pd.DataFrame:
    kinds = dict.fromkeys((*_COLUMNS, "size"), "float64") | {"moved": "str", "indicator_id": "str"}
    return pd.DataFrame(columns=list(kinds)).astype(kinds | {"leads_by": "int64", "n": "int64"})


def _beside(
    one: str, white: dict[str, Whitened], farthest: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, Floats]:
    """Set one series against all others at all lags; return the rows, and the largest of each permutation."""
    own = white[one]
    others = [name for name in white if name != one]
    lagged = np.column_stack(
        [months_before(white[name].values, lag) for name in others for lag in _lags(farthest)]
    )
    known = np.isfinite(own.values)
    both = known[:, None] & np.isfinite(lagged)
    basis = np.linalg.qr(own.regular[known])[0]
    drawn = np.zeros((_DRAWS + 1, len(known)))
    drawn[:, known] = own.values[known]
    drawn[1:, known] = rng.permuted(drawn[1:, known], axis=1)
    drawn[:, known] -= drawn[:, known] @ basis @ basis.T
    r, number = _correlations(drawn, lagged, both)
    size = np.where(number >= LEAST, np.abs(np.arctanh(r)) * np.sqrt(np.maximum(number - 3, 1)), 0.0)
    reach = scipy.stats.norm.ppf((1 + _LEVEL) / 2) / np.sqrt(np.maximum(number - basis.shape[1] - 2, 1))
    rows = pd.DataFrame(
        {
            "moved": one,
            "indicator_id": np.repeat(others, farthest),
            "leads_by": np.tile(_lags(farthest), len(others)),
            "correlation": r[0],
            "lower": np.tanh(np.arctanh(r[0]) - reach),
            "upper": np.tanh(np.arctanh(r[0]) + reach),
            "n": number,
            "size": size[0],
        }
    )
    return rows[number >= LEAST], size[1:].max(axis=1)


def _lags(farthest: int) -> list[int]:
    return list(range(1, farthest + 1))


def _correlations(drawn: Floats, lagged: Floats, both: Flags) -> tuple[Floats, Floats]:
    """Correlate rows (D, T) with columns (T, K) where both are known: (D, K), and the pairs (K,)."""
    number = both.sum(axis=0)
    pairs = np.maximum(number, 1)
    other, here = np.where(both, lagged, 0.0), both.astype(float)
    other = np.where(both, other - other.sum(axis=0) / pairs, 0.0)
    sums, squares = drawn @ here, drawn**2 @ here
    spread = np.sqrt(np.maximum(squares - sums**2 / pairs, 0.0) * (other**2).sum(axis=0))
    r = np.divide(drawn @ other, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.clip(r, -_NEARLY, _NEARLY), number
