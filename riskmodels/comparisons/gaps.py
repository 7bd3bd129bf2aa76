"""Whether some customer groups are served worse than others, like compared with like."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskmodels.arrays import Flags, Floats
from riskmodels.catalogue import INDICATORS, indicators
from riskmodels.display import Displayed
from riskmodels.errors import ParameterError
from riskmodels.labels import counted, label, plural, space
from riskmodels.parameters.policy import GapRules, Policy
from riskmodels.periods.quarters import check_quarter
from riskmodels.rates import Strata, holm_adjusted, overdispersion
from riskmodels.tables import Tables

GROUP = "customer_group"
_ADJUSTED_FOR = ("product", "channel")
_USUAL_REFERENCE = "general"
_FIGURES = ("numerator", "denominator")
_FEWEST = 5  # expected cases of each outcome: Cochran's rule for the chi-squared approximation
_LEVEL = 0.9  # of the interval shown, as everywhere in the scorecard
_KEYS = ("indicator_id", GROUP)


@dataclass(frozen=True, kw_only=True, eq=False)
class CustomerGaps(Displayed):
    """What differs between customer groups in the last quarters.

    Attributes
    ----------
    table : DataFrame
        One row per indicator and vulnerable group, smallest p first: indicator_id, customer_group, direction
        [higher_is_better or lower_is_better]; cases, reference_cases [number, of the group and of the
        reference]; value, reference_value [share, as it is]; crude [value - reference_value]; difference
        [share; the same for like products and channels: the one to quote]; standard_error [of it]; lower,
        upper [90% interval of it]; dispersion [times more than binomial]; worse [the difference is to the
        group's disadvantage]; p [that it is no worse than the tolerance]; p_adjusted [for the number of rows,
        Holm]; finding; enough [False: no finding means nothing, the evidence is too thin].
    unavailable : DataFrame
        indicator_id, reason: indicators of the policy that cannot be compared between customer groups.
    period : str
        The last quarter, e.g. 2026Q3.
    quarters : int
        How many quarters, the last one included.
    reference : str
        Customer group that the others are set against; empty: each against all others.
    tolerance, certainty : float
        Difference that is too small to matter [share]; 1 - the family-wise error rate.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    """

    table: pd.DataFrame
    unavailable: pd.DataFrame
    period: str
    quarters: int
    reference: str
    tolerance: float
    certainty: float
    as_of: date
    policy: date
    data_digest: str

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"customer_gaps": self.table}

    @property
    def sentence(self) -> str:
        """Say how many comparisons there are, how many are findings, and how many say nothing."""
        if self.table.empty:
            return label("Nothing could be compared between customer groups in this source.")
        found, thin = int(self.table["finding"].sum()), int((~self.table["enough"]).sum())
        text = plural(
            found,
            "{period} and before, {quarters}: {found} of {compared} of customer groups is a finding (worse by"
            " more than {tolerance:.1%} of cases; family-wise error rate {chance:.0%});",
            "{period} and before, {quarters}: {found} of {compared} of customer groups are findings (worse by"
            " more than {tolerance:.1%} of cases; family-wise error rate {chance:.0%});",
            period=self.period,
            quarters=counted(self.quarters, "quarter", "quarters"),
            found=found,
            compared=counted(len(self.table), "comparison", "comparisons"),
            tolerance=self.tolerance,
            chance=1 - self.certainty,
        )
        text += plural(
            thin, " {thin} has too few cases to tell;", " {thin} have too few cases to tell;", thin=thin
        )
        lacking = counted(len(self.unavailable), "indicator", "indicators")
        text += label(" {lacking} cannot be compared.", lacking=lacking)
        if "complaint_rate" in set(self.unavailable["indicator_id"]):
            text += space() + label("Who complains how often is not known: accounts have no customer group.")
        return text

    def summary(self) -> pd.DataFrame:
        """The 15 comparisons with the smallest p."""
        return self.table.drop(columns=["standard_error", "dispersion"]).head(15)


def customer_gaps(
    tables: Tables, policy: Policy, *, period: str, quarters: int = 4, reference: str | None = None
) -> CustomerGaps:
    """Compare vulnerable customer groups with the others, for like products and channels.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Which indicators, in which direction they are bad, and when a gap is a finding.
    period : str
        The last quarter, e.g. ``2026Q3``.
    quarters : int
        How many quarters are taken together, at least 1.
    reference : str, optional
        The customer group that all others are set against; ``general`` where there is such a group; else each
        group is set against all others together.

    Returns
    -------
    CustomerGaps
        The family-wise error rate over all rows is at most 1 - the policy's certainty. The order of the
        rows in the tables changes nothing.

    Raises
    ------
    ParameterError
        The period is no quarter, quarters are less than one, or no case is of the reference group.

    Notes
    -----
    Only shares of complaints and of survey answers can be compared. A difference is the mean of those within
    products × channels (Mantel & Haenszel's weights; ``Strata``); a finding is one that is worse than the
    tolerance by a one-sided test whose p-values are adjusted for all rows together (``holm_adjusted``). Its
    variance is multiplied by the overdispersion of the groups' months. Rows whose customer group is unknown
    count nowhere. Groups with fewer than five cases are not tested; where fewer than five bad (or good)
    outcomes are expected of a group at the tolerance, no finding means nothing (``enough``). Fails where
    groups differ in what was not adjusted for, such as how hard their cases are: a gap is a question to the
    bank, not yet an answer.
    """
    last = check_quarter(period)
    if quarters < 1:
        raise ParameterError(f"quarters: expected at least 1, got {quarters}")
    reasons = {one.id: why_not_by_group(one.id, tables) for one in policy.indicators}
    compared = tuple(one for one in policy.indicators if not reasons[one.id])
    chosen = policy.model_copy(update={"indicators": compared})
    span = pd.period_range(end=last, periods=quarters)
    cells = indicators(tables, chosen, by=(GROUP, *_ADJUSTED_FOR), periods=list(span.astype("str")))
    reasons |= dict(zip(cells.unavailable["indicator_id"], cells.unavailable["reason"], strict=True))
    table, reference = _compared(cells.table, _months(tables, chosen, span), policy, reference)
    return CustomerGaps(
        table=table,
        unavailable=_listed(reasons),
        period=period,
        quarters=max(cells.table["period"].nunique(), 1),
        reference=reference,
        tolerance=policy.gaps.tolerance,
        certainty=policy.gaps.certainty,
        as_of=tables.as_of,
        policy=policy.valid_from,
        data_digest=tables.digest,
    )


def why_not_by_group(indicator_id: str, tables: Tables) -> str:
    """Say why an indicator is not comparable between customer groups, or return an empty text."""
    entry = INDICATORS.get(indicator_id)
    if entry is None:
        return "it is not in the catalogue of indicators"
    if entry.exposure == "accounts":
        return "accounts are not counted by customer group, so there is no rate by customer group"
    if not entry.is_proportion:
        return "it is not a share of cases"
    if not entry.dimensions([GROUP]):
        return f"'{entry.table}' has no customer group"
    table = tables.get(entry.table)
    if table is not None and not table.gives(GROUP):
        return f"the source gives no {entry.table}.{GROUP}"
    return ""


def _listed(reasons: Mapping[str, str]) -> pd.DataFrame:
    given = {indicator_id: reason for indicator_id, reason in reasons.items() if reason}
    return pd.DataFrame({"indicator_id": list(given), "reason": list(given.values())}, dtype="str")


def _months(tables: Tables, policy: Policy, span: pd.PeriodIndex) -> dict[str, float]:
    """Estimate the overdispersion of each indicator from the months of its customer groups."""
    months = pd.period_range(span[0].asfreq("M", "start"), span[-1].asfreq("M", "end")).astype("str")
    rows = indicators(tables, policy, by=(GROUP,), freq="M", periods=list(months)).table
    found = {}
    for indicator_id, part in rows[rows[GROUP].notna()].groupby("indicator_id", sort=False):
        wide = part.pivot_table(index=GROUP, columns="period", values=list(_FIGURES))
        counts, sizes = (wide[name].to_numpy(float) for name in _FIGURES)
        found[str(indicator_id)] = overdispersion(counts, sizes, proportion=True)
    return found


def _compared(
    cells: pd.DataFrame, dispersions: Mapping[str, float], policy: Policy, reference: str | None
) -> tuple[pd.DataFrame, str]:
    """Compare every group with its reference, one row per indicator and group."""
    cells = cells[cells[GROUP].notna()]
    groups, ids = sorted(cells[GROUP].unique()), sorted(cells["indicator_id"].unique())
    if reference is not None and reference not in groups:
        raise ParameterError(f"no case is of the group '{reference}'; there are: {', '.join(groups)}")
    if reference is None:
        reference = _USUAL_REFERENCE if _USUAL_REFERENCE in groups else ""
    frame = pd.MultiIndex.from_product([ids, groups], names=_KEYS).to_frame(index=False).astype("str")
    frame["direction"] = frame["indicator_id"].map({one.id: one.direction for one in policy.indicators})
    flipped = (frame["direction"] == "higher_is_better").to_numpy()
    counts, sizes = _tallied(cells, ids, groups)
    bad = np.where(flipped.reshape(len(ids), len(groups), 1), sizes - counts, counts)
    own = frame[GROUP].to_numpy()[: len(groups)] == reference  # which group it is; none: all but each itself
    others = [one[:, own] if reference else one.sum(axis=1, keepdims=True) - one for one in (bad, sizes)]
    shape = len(frame), bad.shape[2]
    sums = [np.broadcast_to(one, bad.shape).reshape(shape) for one in (bad, sizes, *others)]
    used = ((sums[1].sum(axis=1) > 0) & (sums[3].sum(axis=1) > 0) & (frame[GROUP] != reference)).to_numpy()
    names = ("bad", "size", "reference_bad", "reference_size")
    strata = Strata(**{name: one[used] for name, one in zip(names, sums, strict=True)})
    frame = frame[used].reset_index(drop=True)
    dispersion = frame["indicator_id"].map(dispersions).fillna(1.0).to_numpy(float)
    rows = pd.concat([frame, _rows(strata, flipped[used], dispersion, policy.gaps)], axis=1)
    return rows.sort_values(["p", *_KEYS], ignore_index=True), reference


def _tallied(cells: pd.DataFrame, ids: list[str], groups: list[str]) -> tuple[Floats, Floats]:
    """Sum numerators and denominators by indicator, group and stratum, shapes (indicators, groups, S)."""
    mix = cells[list(_ADJUSTED_FOR)].astype("object").fillna("")
    strata, names = pd.MultiIndex.from_frame(mix).factorize()
    indicator = pd.Index(ids).get_indexer(cells["indicator_id"].array)
    group = pd.Index(groups).get_indexer(cells[GROUP].array)
    sums = np.zeros((2, len(ids), len(groups), len(names)))
    for target, name in zip(sums, _FIGURES, strict=True):
        np.add.at(target, (indicator, group, strata), cells[name].to_numpy(float))
    return sums[0], sums[1]


def _rows(strata: Strata, flipped: Flags, dispersion: Floats, gaps: GapRules) -> pd.DataFrame:
    sign = np.where(flipped, -1.0, 1.0)  # from "more bad outcomes" to the direction of the indicator
    ends = np.sort(sign * np.array(strata.interval(_LEVEL, dispersion)), axis=0)
    cases, reference_cases = strata.size.sum(axis=1), strata.reference_size.sum(axis=1)
    value, other = strata.bad.sum(axis=1) / cases, strata.reference_bad.sum(axis=1) / reference_cases
    bad, good = strata.expected(gaps.tolerance)
    p = np.where(np.rint(bad + good) < _FEWEST, np.nan, strata.p_worse(gaps.tolerance, dispersion))
    adjusted = holm_adjusted(p)
    found, some = adjusted <= 1 - gaps.certainty, np.minimum(bad, good) / dispersion >= _FEWEST
    columns = {
        "cases": cases.astype(np.int64),
        "reference_cases": reference_cases.astype(np.int64),
        "value": np.where(flipped, 1 - value, value),
        "reference_value": np.where(flipped, 1 - other, other),
        "crude": sign * (value - other) + 0.0,
        "difference": sign * strata.difference + 0.0,
        "standard_error": strata.standard_error * np.sqrt(dispersion),
        "lower": ends[0],
        "upper": ends[1],
        "dispersion": dispersion,
        "worse": strata.difference > 0,
        "p": p,
        "p_adjusted": adjusted,
        "finding": found,
        "enough": found | (some & np.isfinite(p)),
    }
    return pd.DataFrame(columns)
