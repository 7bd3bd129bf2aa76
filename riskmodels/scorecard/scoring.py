"""Score the units, products and risk categories of a bank, with the uncertainty of all indicators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.catalogue import indicators, reasons_of, without_partial_rates
from riskmodels.display import Displayed, shown_unit
from riskmodels.errors import ParameterError
from riskmodels.forecasting import nowcast_where_logged
from riskmodels.labels import commas, plural, rating_label, space
from riskmodels.misfits import nearest
from riskmodels.parameters.policy import Policy
from riskmodels.parameters.risks import RiskRegister
from riskmodels.periods.quarters import check_quarter
from riskmodels.scorecard.evidence import Evidence, gather_quarters
from riskmodels.scorecard.grounds import RATINGS
from riskmodels.scorecard.rating import rate_evidence
from riskmodels.scorecard.scores import DRAWS, draw_points, draws_for, score_rows
from riskmodels.scorecard.weights import policy_weights
from riskmodels.tables import Tables
from riskmodels.tables.coverage import lacking_sentence, months_lacking, no_gaps
from riskmodels.tables.lifetimes import (
    lifetime_marks,
    lifetimes_sentence,
    name_column,
    no_lifetimes,
    partial_units,
)

Levels = Mapping[str, Mapping[str, Sequence[Evidence]]]  # by what, quarter by quarter


@dataclass(frozen=True, kw_only=True, eq=False)
class Scorecard(Displayed):
    """Ratings of one quarter.

    Attributes
    ----------
    table : DataFrame
        One row per unit, riskiest first: rank, unit_id, name, rating, score, lower, upper [risk points, 0
        best to 100; 90% interval], p_amber, p_red [probability to be beyond], basis [of the rating, as of
        indicators], p_worst [probability to be one of the five riskiest], rank_lower, rank_upper
        [1 = riskiest; 90% interval], indicators [number rated], coverage [share of the weight that is
        measured], previous_rating, change [points since the previous scorecard].
    indicators : DataFrame
        One row per indicator and unit (unit_id is empty for the whole bank): indicator_id, unit_id,
        numerator, denominator, value [unit of the indicator; unknown where only earlier quarters have any];
        estimate, lower, upper [of the true value; 90% interval]; peers [what the unit's peers have with its
        mix of cases]; mix, mix_before [what the mix of this and of the last quarter is worth at one level];
        own, own_size [what the unit's evidence says, remembered quarters included, and how much there is of
        it, divided by the overdispersion]; figure [that no red or amber stands against: of the quarter alone,
        late logging allowed for, or, where that has not enough cases, of the quarters remembered, as they
        were]; best, amber, red [where risk points are 0, 50 and 100]; logged [share of the events that is
        logged by now]; dispersion; points, points_sd [risk points: mean and standard deviation]; own_sd
        [standard deviation as own cases alone leave it]; a, b [parameters of the posterior]; p_amber, p_red
        [probability that the true value is beyond the limit]; left_out [cases that a rate does not count, as
        their accounts are unknown or their rows were rejected: it is not complete then]; rating (empty where
        the policy has no limit) and basis [what it rests on, see ``grounds.settle``]; weight [in the score].
    products : DataFrame
        The same for each product, of the indicators that can be cut by it: ``product`` instead of unit_id.
    groups : DataFrame
        Scores of the whole bank, its areas, risk categories and products: level, id, score, lower, upper,
        p_amber, p_red, rating, basis, indicators.
    unavailable : DataFrame
        indicator_id, reason, said: indicators of the policy that the source cannot give (see ``Indicators``).
    period : str
        The quarter, e.g. 2026Q3.
    as_of, policy : date
        Day up to which the data knows; day from which the policy is valid.
    data_digest : str
        Digest of the tables.
    draws : int
        Of the simulation behind intervals of scores, ranks and their probabilities: a probability p has a
        standard error of √(p (1 - p) / draws).
    lifetimes : DataFrame
        Units that were not in business all the quarter, see ``partial_units``: those closed before it, or not
        open yet, are not rated; others are rated by their days of business.
    incomplete : DataFrame
        Months of the quarter that tables do not know, or know in part, see ``months_lacking``: it is not
        compared with another quarter, and has no rate by accounts or time where these lack one.
    """

    table: pd.DataFrame
    indicators: pd.DataFrame
    products: pd.DataFrame
    groups: pd.DataFrame
    unavailable: pd.DataFrame
    period: str
    as_of: date
    policy: date
    data_digest: str
    draws: int = DRAWS
    lifetimes: pd.DataFrame = field(default_factory=no_lifetimes)
    incomplete: pd.DataFrame = field(default_factory=no_gaps)

    @property
    def bank(self) -> pd.DataFrame:
        """The indicators of the whole bank."""
        rows = self.indicators[self.indicators["unit_id"] == ""]
        return rows.drop(columns="unit_id").reset_index(drop=True)

    @property
    def units(self) -> pd.DataFrame:
        """The indicators of the units."""
        return self.indicators[self.indicators["unit_id"] != ""].reset_index(drop=True)

    @property
    def scored(self) -> pd.DataFrame:
        """The indicators of the units that count in their scores: those with limits and a weight."""
        rows = self.units
        return rows[rows["amber"].notna() & (rows["weight"] > 0)].reset_index(drop=True)

    @property
    def unit_names(self) -> dict[str, str]:
        """Name and code of each unit that is rated, or was or will be in business, by its code."""
        named = pd.concat([self.lifetimes[["unit_id", "name"]], self.table[["unit_id", "name"]]])
        pairs = zip(named["unit_id"], named["name"], strict=True)
        return {unit: shown_unit(unit, name) for unit, name in pairs}

    @property
    def riskiest(self) -> str:
        """The unit with the highest score, of those with evidence if any; nothing where none is scored."""
        heard = self.table["basis"] != "few"
        rows = self.table[heard] if heard.any() else self.table
        return str(rows["unit_id"].iloc[0]) if len(rows) else ""

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {
            "indicators": self.indicators,
            "indicators_unavailable": self.unavailable,
            "units": self.table,
            "indicators_by_product": self.products,
            "scores": self.groups,
        }

    @property
    def sentence(self) -> str:
        """Say how many units have which rating, and which were not in business all the quarter."""
        counts = self.table["rating"].value_counts()
        parts = [f"{counts.get(rating, 0)} {rating_label(rating).lower()}" for rating in RATINGS]
        rated = plural(
            len(self.table),
            "{period}: {units} unit rated: {parts}.",
            "{period}: {units} units rated: {parts}.",
            period=self.period,
            units=len(self.table),
            parts=commas(parts),
        )
        partly = lacking_sentence(self.incomplete, self.period)
        return space().join(filter(None, [rated, partly, lifetimes_sentence(self.lifetimes)]))

    def check_unit(self, unit_id: str) -> None:
        """Raise ParameterError where a unit has no score, with the reason or the nearest name."""
        known = list(self.table["unit_id"])
        if unit_id not in known:
            why = lifetime_marks(self.lifetimes).get(unit_id) or nearest(unit_id, known)
            raise ParameterError(f"there is no unit '{unit_id}' in the scorecard of {self.period}; {why}")

    def summary(self) -> pd.DataFrame:
        """The 15 riskiest units."""
        columns = ["rank", "unit_id", "name", "rating", "score", "lower", "upper"]
        return self.table[[*columns, "rank_lower", "rank_upper", "p_worst", "indicators"]].head(15)


def score(
    tables: Tables,
    policy: Policy,
    *,
    period: str,
    previous: Scorecard | None = None,
    register: RiskRegister | None = None,
) -> Scorecard:
    """Rate every indicator and score every unit in one quarter.

    Parameters
    ----------
    tables : Tables
        Accepted rows.
    policy : Policy
        Limits, weights, peers, memory and the certainty that a rating needs.
    period : str
        Quarter, e.g. ``2026Q3``.
    previous : Scorecard, optional
        An earlier quarter, for comparison, and so that ratings do not flicker: one that still is likelier
        than not (``hold``) is kept.
    register : RiskRegister, optional
        For scores of risk categories.

    Returns
    -------
    Scorecard
        A rating is red (amber, green) only where the probability that the true value is beyond the red
        (beyond the amber, inside the amber) limit reaches the policy's certainty; else it is
        ``insufficient``: not enough evidence.

    Raises
    ------
    ParameterError
        The period is no quarter, or the source has no data in it.

    Notes
    -----
    A unit's true value is judged by its own cases of the quarter, by its earlier quarters as far as units
    are found to stay where they are (complaints not logged yet allowed for), and by its peers as far as they
    are found to be alike (``rates``). No rating rests on peers alone, nor on few cases (``grounds``): red and
    amber need the own evidence and the quarter's own figure (or a score as observed) beyond the limit, green
    needs the evidence inside amber, and all need five cases (or an indicator that is rated). The bank as a
    whole has Jeffreys posteriors. A score is the mean of the risk points, weighted by the policy over the
    indicators that the unit has; one that it lacks and others have widens the interval. Indicators are drawn
    as if they were independent.

    A unit counts on its days of business (``units.opened_on`` to ``closed_on``): what lies outside is in the
    figures of the bank and of its products alone, and a unit without a day in the quarter is not rated.
    """
    check_quarter(period)
    levels = gather_levels(tables, policy, [period])
    return score_gathered(levels, tables, policy, period=period, previous=previous, register=register)


def gather_levels(tables: Tables, policy: Policy, periods: Sequence[str]) -> Levels:
    """Gather the evidence of the bank, its units and its products in some quarters."""
    known = nowcast_where_logged(tables.complaints)
    return {
        by: gather_quarters(tables, policy, periods, by=by, nowcast=known)
        for by in ("", "unit_id", "product")
    }


def score_gathered(
    levels: Levels,
    tables: Tables,
    policy: Policy,
    *,
    period: str,
    previous: Scorecard | None = None,
    register: RiskRegister | None = None,
) -> Scorecard:
    """Score one of the quarters whose evidence was gathered; see ``score``."""

    def rated(by: str, earlier: pd.DataFrame | None) -> pd.DataFrame:
        return rate_evidence(levels[by][period], tables, policy, period, by=by, previous=earlier)

    given = indicators(tables, policy, periods=[period])
    before = (None, None) if previous is None else (previous.indicators, previous.products)
    bank = rated("", before[0])
    if bank.empty:
        longer = _given_by_longer_periods(tables, policy, period)
        raise ParameterError(
            f"the source has no indicator in {period}; it knows up to {tables.as_of}{longer}"
        )
    units, products = rated("unit_id", before[0]), rated("product", before[1])
    rows, products = (
        frame.assign(weight=policy_weights(policy, frame["indicator_id"]))
        for frame in (pd.concat([bank, units], ignore_index=True), products)
    )
    return Scorecard(
        table=_unit_scores(rows[rows["unit_id"] != ""], tables, policy, previous),
        indicators=rows,
        products=products,
        groups=_group_scores(rows[rows["unit_id"] == ""], products, policy, register),
        unavailable=without_partial_rates(given, tables, period).unavailable,
        period=period,
        as_of=tables.as_of,
        policy=policy.valid_from,
        data_digest=tables.digest,
        draws=draws_for(len(units)),
        lifetimes=partial_units(tables.units, period),
        incomplete=months_lacking(tables, period),
    )


def _given_by_longer_periods(tables: Tables, policy: Policy, period: str) -> str:
    """Say which indicators the source gives by half-years or years, so that no quarter has them."""
    lacking = indicators(tables, policy, periods=[period]).unavailable
    said = reasons_of(lacking)  # whose figures name the periods, in any language
    longer = lacking[[isinstance(one, dict) and "wanted" in one["figures"] for one in said.values()]]
    reasons = "; ".join(f"{row.indicator_id}: {row.reason}" for row in longer.itertuples())
    return f". A scorecard needs quarters: {reasons}" if reasons else ""


def _unit_scores(
    rows: pd.DataFrame, tables: Tables, policy: Policy, previous: Scorecard | None
) -> pd.DataFrame:
    before = None if previous is None else previous.table
    frame = score_rows(rows, rows["weight"].to_numpy(float), policy, key="unit_id", previous=before)
    frame.insert(2, "name", _names(frame["unit_id"], tables))
    frame["previous_rating"], frame["change"] = "", np.nan
    if before is not None:
        earlier = before.set_index("unit_id").reindex(frame["unit_id"])
        frame["previous_rating"] = earlier["rating"].fillna("").to_numpy()
        frame["change"] = frame["score"] - earlier["score"].to_numpy(float)
    return frame


def _group_scores(
    bank: pd.DataFrame, products: pd.DataFrame, policy: Policy, register: RiskRegister | None
) -> pd.DataFrame:
    """Score the bank, its areas, the risk categories and the products."""
    areas = {one.id: one.area for one in policy.indicators}
    levels = {
        "bank": bank.assign(id="bank"),
        "area": bank.assign(id=bank["indicator_id"].map(areas)),
        "category": _by_category(bank, register),
    }
    counted = bank[bank["amber"].notna()]
    drawn = {str(counted["indicator_id"].iloc[places[0]]): one for places, one in draw_points(counted, DRAWS)}
    frames = [
        _scores_alone(rows, drawn, policy).assign(level=level) for level, rows in levels.items() if len(rows)
    ]
    if len(products):
        weights = products["weight"].to_numpy(float)
        scored = score_rows(products.rename(columns={"product": "id"}), weights, policy, key="id")
        frames.append(scored.assign(level="product"))
    figures = ["score", "lower", "upper", "p_amber", "p_red"]
    columns = ["level", "id", *figures, "rating", "basis", "indicators"]
    return pd.concat(frames, ignore_index=True)[columns]


def _scores_alone(rows: pd.DataFrame, drawn: Mapping[str, Floats], policy: Policy) -> pd.DataFrame:
    """Score parts of the bank, each as if there were no other, from the points of its indicators as drawn."""
    repeated = (
        (np.asarray(places, dtype=np.int64), np.broadcast_to(drawn[str(name)], (len(places), DRAWS)))
        for name, places in rows.groupby("indicator_id").indices.items()
        if name in drawn
    )
    weights = rows["weight"].to_numpy(float)
    scored = score_rows(rows, weights, policy, key="id", size=DRAWS, drawn=repeated, alone=True)
    return scored.sort_values("id", ignore_index=True)


def _by_category(bank: pd.DataFrame, register: RiskRegister | None) -> pd.DataFrame:
    """Repeat the bank's rows for each risk category that they signal."""
    signals = {
        (risk.category, signal) for risk in (register.risks if register else ()) for signal in risk.signals
    }
    pairs = pd.DataFrame(sorted(signals), columns=["id", "indicator_id"], dtype="str")
    return bank.merge(pairs, on="indicator_id")


def _names(unit_ids: pd.Series, tables: Tables) -> pd.Series:
    if tables.units is None:
        return unit_ids
    called = name_column(tables.units)
    names = tables.units.frame(["unit_id", called]).set_index("unit_id")[called]
    return unit_ids.map(names).fillna(unit_ids)
