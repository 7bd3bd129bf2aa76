"""How much scores and ratings depend on the weights, on single indicators, and on what is not known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.display import Displayed, shown_unit
from riskmodels.labels import label, space
from riskmodels.parameters.policy import Policy
from riskmodels.rates import risk_points
from riskmodels.scorecard.rating import ANCHORS, posterior_of
from riskmodels.scorecard.scores import WORST, draw_points, draws_for, score_rows
from riskmodels.scorecard.scoring import Scorecard
from riskmodels.scorecard.weights import weight_schemes

WEIGHTS = "weights"  # the input that is not an indicator
SEED = 9  # any fixed one: the same scorecard gives the same shares
_DRAWS = 500  # of scores, fewer than the scorecard's, as there is one set for each change
_SAMPLES = 512  # a power of two, as Sobol sequences ask for


@dataclass(frozen=True, kw_only=True, eq=False)
class Robustness(Displayed):
    """Scores under other weights, and without one indicator at a time.

    Attributes
    ----------
    table : DataFrame
        One row per way to score: kind (``weights`` or ``without``), way (the scheme, or the indicator left
        out), rank_correlation (Spearman, with the policy's scores), ratings_changed [units],
        largest_rank_change, worst_kept [of the five riskiest].
    units : DataFrame
        unit_id, kind, way, score, rank, rating.
    schemes : DataFrame
        One row per indicator: its share of the weight under each scheme.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    schemes: pd.DataFrame

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"weightings": self.table}

    @property
    def sentence(self) -> str:
        """Say how far the order holds."""
        least = self.table.groupby("kind")["rank_correlation"].min()
        most = self.table.groupby("kind")["ratings_changed"].max()
        if not np.isfinite(least.get("weights", np.nan)):
            return label("There is no order of units to compare.")
        text = label(
            "Under other weights the order correlates with the policy's by {least:.2f} at least;"
            " ratings that change: {most} at most.",
            least=least["weights"],
            most=most["weights"],
        )
        if np.isfinite(least.get("without", np.nan)):
            text += space() + label(
                "Without any one indicator it correlates by {least:.2f} at least;"
                " ratings that change: {most} at most.",
                least=least["without"],
                most=most["without"],
            )
        return text

    def summary(self) -> pd.DataFrame:
        """The ways that change most."""
        return self.table.sort_values("rank_correlation", kind="stable").head(12)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity(Displayed):
    """What one unit's score is uncertain by.

    Attributes
    ----------
    unit_id, name : str
        Which unit.
    table : DataFrame
        One row per input, the most important first: input (an indicator, or ``weights``), first, first_error,
        total, total_error (Sobol indices [share of the variance] and their 95% confidence half-widths). None
        where a half-width is above one: too few draws of the score differ.
    variance : float
        Of the score over all inputs [squared points].
    """

    unit_id: str
    table: pd.DataFrame
    variance: float
    name: str = ""

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables that stand beside a report, by the names of their files."""
        return {"score_sensitivity": self.table}

    @property
    def sentence(self) -> str:
        """Say which input would reduce the uncertainty most."""
        unit = shown_unit(self.unit_id, self.name)
        if self.variance <= 0:
            return label("{unit}: the score is not uncertain.", unit=unit)
        if self.table.empty:
            return label(
                "{unit}: the score's standard deviation is {deviation:.1f} points, of a few rare draws alone;"
                " by which input, they are too few to say.",
                unit=unit,
                deviation=np.sqrt(self.variance),
            )
        top = self.table.iloc[0]
        return label(
            "{unit}: the score's standard deviation is {deviation:.1f} points; knowing {input} exactly would"
            " take away about {share:.0%} of its variance, more than any other input.",
            unit=unit,
            deviation=np.sqrt(self.variance),
            input=top["input"],
            share=max(top["first"], 0),
        )

    def summary(self) -> pd.DataFrame:
        """The inputs that matter most."""
        return self.table.head(10)


def compare_weights(card: Scorecard, policy: Policy) -> Robustness:
    """Score all units again under other weights, and without each indicator.

    Parameters
    ----------
    card : Scorecard
        Rated indicators.
    policy : Policy
        Its weights, and the comparisons of areas for those by AHP.

    Returns
    -------
    Robustness
        One row per way; the policy's own weights give a rank correlation of one.
    """
    rows = card.scored
    wide = rows.pivot_table(index="unit_id", columns="indicator_id", values="points")
    schemes = weight_schemes(policy, list(wide.columns), wide.to_numpy(float))
    schemes.index = wide.columns
    ways = {("weights", str(name)): schemes[name] for name in schemes}
    ways |= {("without", name): schemes["policy"].where(schemes.index != name, 0.0) for name in wide.columns}
    size = min(_DRAWS, draws_for(len(rows)))
    drawn = list(draw_points(rows, size))
    weights = {way: rows["indicator_id"].map(share).to_numpy(float) for way, share in ways.items()}
    scored = {
        way: score_rows(rows, one, policy, key="unit_id", size=size, drawn=drawn, brief=True)
        for way, one in weights.items()
    }
    base = scored["weights", "policy"].set_index("unit_id")
    units = pd.concat(
        [frame.assign(kind=kind, way=name) for (kind, name), frame in scored.items()], ignore_index=True
    )
    return Robustness(
        table=pd.DataFrame(
            [{"kind": way[0], "way": way[1], **_against(base, frame)} for way, frame in scored.items()]
        ),
        units=units[["unit_id", "kind", "way", "score", "rank", "rating"]],
        schemes=schemes.rename_axis("indicator_id").reset_index(),
    )


def _against(base: pd.DataFrame, frame: pd.DataFrame) -> dict[str, object]:
    """Compare with the policy's scores the units that have a score in both."""
    both = base.index.intersection(pd.Index(frame["unit_id"]))
    one, other = base.loc[both], frame.set_index("unit_id").loc[both]
    tied = one["score"].nunique() < 2 or other["score"].nunique() < 2  # noqa: PLR2004  nothing to correlate
    return {
        "rank_correlation": np.nan
        if tied
        else float(scipy.stats.spearmanr(one["score"], other["score"]).statistic),
        "ratings_changed": int((other["rating"] != one["rating"]).sum()),
        "largest_rank_change": int((other["rank"] - one["rank"]).abs().max()) if len(both) else 0,
        "worst_kept": int(((one["rank"] <= WORST) & (other["rank"] <= WORST)).sum()),
    }


def score_sensitivity(card: Scorecard, policy: Policy, unit_id: str, *, seed: int = SEED) -> Sensitivity:
    """Say which input would most reduce the uncertainty of one unit's score.

    Parameters
    ----------
    card, policy
        The scorecard and its policy.
    unit_id : str
        Which unit.
    seed : int
        Of the sample.

    Returns
    -------
    Sensitivity
        Sobol indices: ``first`` is the share of the variance that would go if the input were known,
        ``total`` that which would stay if all others were. Inputs are the true value of each indicator, and
        which of the weight schemes is used (each as likely).

    Raises
    ------
    ParameterError
        The scorecard has no such unit.

    Notes
    -----
    Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018, by SALib. Inputs are taken as independent.
    """
    from SALib.analyze import sobol  # here, for start-up
    from SALib.sample.sobol import sample

    rows = card.scored
    own = rows[rows["unit_id"] == unit_id].sort_values("indicator_id", ignore_index=True)
    if card.table.empty:
        return Sensitivity(unit_id=unit_id, table=pd.DataFrame(columns=["input"]), variance=0.0)
    card.check_unit(unit_id)
    wide = rows.pivot_table(index="unit_id", columns="indicator_id", values="points")[
        list(own["indicator_id"])
    ]
    schemes = weight_schemes(policy, list(wide.columns), wide.to_numpy(float)).to_numpy(float)
    inputs = [*own["indicator_id"], WEIGHTS]
    problem = {"num_vars": len(inputs), "names": inputs, "bounds": [[0.0, 1.0]] * len(inputs)}
    levels = sample(problem, _SAMPLES, calc_second_order=False, seed=seed)
    scores = _scores_at(own, schemes, levels)
    name = str(card.table.set_index("unit_id").loc[unit_id, "name"])
    if np.ptp(scores) <= 0:
        return Sensitivity(unit_id=unit_id, name=name, table=pd.DataFrame(columns=["input"]), variance=0.0)
    found = sobol.analyze(problem, scores, calc_second_order=False, seed=seed)
    table = pd.DataFrame(
        {
            "input": inputs,
            "first": found["S1"],
            "first_error": found["S1_conf"],
            "total": found["ST"],
            "total_error": found["ST_conf"],
        }
    )
    if table[["first_error", "total_error"]].to_numpy(float).max() > 1:
        table = table.head(0)
    table = table.sort_values("first", ascending=False, kind="stable", ignore_index=True)
    return Sensitivity(unit_id=unit_id, name=name, table=table, variance=float(scores.var()))


def _scores_at(own: pd.DataFrame, schemes: Floats, levels: Floats) -> Floats:
    """Return the scores, shape (m,), at the inputs' levels in (0, 1), shape (m, indicators + 1)."""
    points = np.empty((len(levels), len(own)))
    for place, (indicator_id, row) in enumerate(own.groupby("indicator_id", sort=False)):
        drawn, where = np.unique(levels[:, place], return_inverse=True)  # most are repeated for other inputs
        found = posterior_of(row.loc[row.index.repeat(len(drawn))], str(indicator_id))
        value = found.quantile(np.clip(drawn, 1e-9, 1 - 1e-9))
        anchors = (np.array(float(row[name].iloc[0])) for name in ANCHORS)
        points[:, place] = risk_points(value, *anchors)[where]
    chosen = np.minimum((levels[:, -1] * schemes.shape[1]).astype(np.int64), schemes.shape[1] - 1)
    return np.asarray((points * schemes.T[chosen]).sum(axis=1), dtype=np.float64)
