"""Figures that were published, or follow from a closed form: computed now by our functions, and compared."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import starmap

import numpy as np
import pandas as pd
import scipy

from riskmodels.arrays import Floats
from riskmodels.backtesting.accuracy import interval_score, pinball_loss
from riskmodels.causes import decompose_change, find_leads
from riskmodels.causes.ordinal import fit_ordinal
from riskmodels.causes.typical_words import log_odds
from riskmodels.comparisons import rank_by_measures
from riskmodels.effects import difference_in_differences, shrunken_before_after
from riskmodels.effects.excess import due_by_day
from riskmodels.forecasting import forecast
from riskmodels.losses import (
    Exponential,
    Gamma,
    LossCell,
    NegativeBinomial,
    Poisson,
    aggregate_losses,
    basel_capital,
    elicited_severity,
    fit_frequency,
    fit_severity,
)
from riskmodels.panel import Panel
from riskmodels.rates import Counts, HyperparameterGrid, credible_posterior, funnel, holm_adjusted
from riskmodels.register import lint_matrix
from riskmodels.scorecard import ahp_weights
from riskmodels.stresstest import deadline_queue, erlang_a, erlang_c, priority_queue
from riskmodels.surveillance import bernoulli_run_length, cusum_run_length, shewhart_run_length, stand_out
from riskmodels.validation.discrimination import auc, kolmogorov_smirnov
from riskmodels.validation.evidence import Measured, largest

Pairs = Iterable[tuple[float, float]]
_MANY = 20_000  # quantiles that stand for a law: an area under the curve is then right to 1e-4


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Some published figures of a model.

    ``tolerance`` is relative: half of the last digit that was published. ``source`` says where they stand.
    """

    compute: Callable[[], Pairs]
    tolerance: float
    source: str

    def measure(self) -> Measured:
        """Return the largest relative distance from them; infinite where one is not a number any more."""
        distance = largest(starmap(lambda now, wanted: abs(float(now) / wanted - 1), self.compute()))
        distance = math.inf if math.isnan(distance) else distance
        return Measured(distance, self.tolerance, 10 * self.tolerance)  # ten times: no rounding


def _erlang() -> Pairs:
    waiting = erlang_c(1000 / 60, 1 / 2, 40)
    yield waiting.wait_probability, 0.1907372903943
    yield waiting.served_within(1 / 3), 0.9372106214887
    yield erlang_c(990, 1, 1000).wait_probability, 0.6590804218809
    impatient = erlang_a(48, 1, 0.5, 50)
    yield impatient.wait_probability, 0.4677740685538
    yield impatient.abandonment, 0.03091224916219
    yield erlang_a(60, 1, 0.5, 50).mean_queue, 20.18743073366


def _deadlines() -> Pairs:
    queue = deadline_queue(NegativeBinomial(9.0, 0.1), 10)
    yield queue.mean_backlog, 6.735766227407
    yield queue.empty_probability, 0.347773946567
    yield queue.done_within(3), 0.9791388740
    yield deadline_queue(Poisson(9.0), 10).mean_backlog, 3.101238453417


def _classes() -> Pairs:
    serious, ordinary = Poisson(3.0), Poisson(6.0)
    first, second = priority_queue([serious, ordinary], 10)
    yield first.done_within(0), deadline_queue(serious, 10).done_within(0)
    yield first.mean_backlog + second.mean_backlog, 3.101238453417


def _compounds() -> Pairs:
    def quantile(frequency: Poisson | NegativeBinomial, severity: Exponential | Gamma) -> float:
        cell = LossCell(name="one", frequency=frequency, severity=severity)
        return float(aggregate_losses([cell]).table["value_at_risk"].iloc[-1])

    yield quantile(Poisson(50.0), Exponential()), 85.1059553927
    yield quantile(Poisson(5.0), Exponential()), 18.8500683116
    yield quantile(Poisson(50.0), Gamma(shape=2.5)), 195.8925422330
    yield quantile(NegativeBinomial(20.0, 0.5), Exponential()), 99.4818922038


def _mites() -> Pairs:
    """Mites on 150 leaves of apple trees."""
    leaves = np.repeat(np.arange(8.0), (70, 38, 17, 10, 9, 3, 2, 1))
    found = fit_frequency(leaves, family="negative_binomial").table.set_index("parameter")["estimate"]
    yield np.exp(found["log_rate"]), 172 / 150
    yield 1 / found["dispersion"], 1.02459


def _lognormal() -> Pairs:
    values = np.exp(1.5 + 0.8 * scipy.special.ndtri((np.arange(200.0) + 0.5) / 200))
    logs = np.log(values)
    found = fit_severity(values).table.set_index("parameter")["estimate"]
    yield found["mu"], logs.mean()
    yield found["sigma"], logs.std()


def _experts() -> Pairs:
    found = elicited_severity({0.05: 1_000.0, 0.95: 60_000.0})
    yield found.mu, np.log(1_000.0 * 60_000.0) / 2
    yield found.sigma, np.log(60.0) / (2 * scipy.special.ndtri(0.95))


def _capital() -> Pairs:
    yield basel_capital(35e9, 5.37e9 / 15), 5.37e9
    yield basel_capital(35e9, 2 * 5.37e9 / 15) / 5.37e9, 1.2410902
    yield basel_capital(0.5e9, 1e9), 0.06e9


def _bayes() -> Pairs:
    """Gamma prior of four units with a known spread, and the error of three peers' mean: closed form."""
    count, size = np.array([[3.0], [9.0], [5.0], [14.0]]), np.array([[2.0], [4.0], [3.0], [5.0]])
    counts = Counts(
        count=count,
        size=size,
        peers=np.full((4, 1), 2.2),
        group=np.zeros(4, dtype=np.int64),
        proportion=False,
    )
    one = HyperparameterGrid(
        spread=np.array([0.6]), memory=np.zeros(1), outliers=np.zeros(1), weight=np.ones(1)
    )
    known = 2.2 * size[1:, 0] / (1 + 2.2 * size[1:, 0] * 0.6**2)
    shape = 1 / (0.6**2 + 1 / known.sum())
    yield float(credible_posterior(counts, one).mean[0]), (shape + 3) / (shape / 2.2 + 2)


def _funnel() -> Pairs:
    """Square roots, as all units are where they are expected: no spread."""
    found = funnel(np.full(40, 10.0), np.full(40, 10.0), target=1.0).limits.iloc[0]
    yield found["upper_95"], (1 + scipy.special.ndtri(0.975) * 0.5 / np.sqrt(found["expected"])) ** 2


def _holm() -> Pairs:
    wanted = (0.03, 0.06, 0.06, 0.02)
    yield from zip(holm_adjusted([0.01, 0.04, 0.03, 0.005]), wanted, strict=True)


def _saaty() -> Pairs:
    found = ahp_weights(np.array([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]))
    geometric: Floats = np.cbrt([15.0, 1.0, 1 / 15])
    yield from zip(found.weights, geometric / geometric.sum(), strict=True)
    yield found.eigenvalue, 3.0385


def _orders() -> Pairs:
    frame = pd.DataFrame({"unit": ["a", "b", "c"], "n": [400, 300, 90], "size": [400.0, 100.0, 45.0]})
    found = rank_by_measures(frame, unit="unit", count="n", measures={"rate": ("size", 1.0)}).table
    places = found.set_index("unit")["rank"]
    yield from zip(places.loc[["b", "c", "a"]], (1, 2, 3), strict=True)


def _run_lengths() -> Pairs:
    yield cusum_run_length(4, reference=5, limit=10).zero_state, 421.65009849
    yield cusum_run_length(6, reference=5, limit=10).zero_state, 9.72616621
    yield cusum_run_length(10, dispersion=0.1, reference=12, limit=17).zero_state, 114.15561201
    yield bernoulli_run_length(0.1, reference=1 / 7, limit=4).zero_state, 718.536894
    yield shewhart_run_length(10, dispersion=0.1, limit=28), 1206.23440357


def _discoveries() -> Pairs:
    """The fifteen p-values of Benjamini & Hochberg: four are rejected at 5 %."""
    low = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240)
    values = np.array([*low, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    yield float(stand_out(values[:, None], 0.05).sum()), 4.0


def _binormal() -> Pairs:
    ranks = (np.arange(float(_MANY)) + 0.5) / _MANY
    good = scipy.special.ndtri(ranks)
    score, wrong = np.concatenate([good, good + 1]), np.repeat([False, True], _MANY)
    yield auc(score, wrong), 0.760250
    yield kolmogorov_smirnov(score, wrong), 0.382925


def _intervals() -> Pairs:
    """The interval score is pinball losses of both ends, over half of alpha."""
    actual, lower, upper = np.array([18.0]), np.array([8.0]), np.array([16.0])
    ends = np.stack([lower, upper], axis=-1)
    losses = pinball_loss(actual, ends, np.array([0.1, 0.9])).sum()
    yield interval_score(actual, lower, upper, alpha=0.2)[0], 28.0
    yield 2 / 0.2 * losses, 28.0


def _last_year() -> Pairs:
    months = pd.period_range("2022-01", periods=36, freq="M")
    values = 100.0 + 10.0 * (np.arange(36) % 12)
    panel = Panel.from_long(pd.DataFrame({"month": months, "n": values}), keys=[], period="month", value="n")
    made = forecast(panel, horizon=12, method="seasonal_naive")
    yield from zip(made.mean[0], values[:12], strict=True)


def _matrix() -> Pairs:
    """Of three by three with green edges one colouring keeps all rules; upside down it breaks some."""
    kept, turned = (
        lint_matrix([[0, 0, 0], [0, 1, 1], [0, 1, 2]]),
        lint_matrix([[2, 1, 0], [1, 1, 0], [0, 0, 0]]),
    )
    yield float(kept.ok), 1.0
    yield float(not turned.ok), 1.0


def _two_by_two() -> Pairs:
    """Three units before and after: the one with the action moved by 3, the others by 1."""
    units = pd.DataFrame([[1.0, 2.0, 5.0], [0.0, 1.0, 2.0], [2.0, 3.0, 4.0]], columns=[1, 2, 3])
    yield difference_in_differences(units, starts={0: 3}, method="did").effect.estimate, 2.0


def _hauer() -> Pairs:
    """Of a unit with 25 events where 10 were expected, 22.5 would have come again."""
    change = shrunken_before_after(25, 14, mean=10, dispersion=0.5)
    yield float(change.expected), 22.5
    yield float(change.ratio), 0.6
    yield float(change.p_value), 0.0963714089


def _two_groups() -> Pairs:
    """Two levels and two groups of 30 to 10 and 20 to 40: the logarithm of the odds ratio."""
    levels, group = np.repeat([1, 0, 1, 0], [30, 10, 20, 40]), np.repeat([1.0, 0.0], [40, 60])
    fit = fit_ordinal(levels, group[:, None])
    yield float(fit.coefficients[0]), math.log(30 * 40 / (10 * 20))


def _usual_days() -> Pairs:
    """Of ten complaints on each of a hundred days ten are due on the next."""
    counts, profile = np.full((1, 100), 10.0), np.ones(100)
    yield due_by_day(counts, counts > 0, profile, before=90, length=7).level[0, -1], 10.0


def _parts_of_a_change() -> Pairs:
    """From 20 of 100 accounts to 66 of 220: 30 by volume, 16 by the rate."""
    columns = ["product", "before", "now", "exposure_before", "exposure_now"]
    cells = pd.DataFrame([["a", 20.0, 66.0, 100.0, 220.0]], columns=columns)
    parts = decompose_change(cells, by=["product"]).table
    yield parts["volume"].sum(), 30.0
    yield parts["rate"].sum(), 16.0


def _two_months_later() -> Pairs:
    """A series that repeats another two months later, of ten years."""
    values = np.random.default_rng(1).normal(size=122)
    first = find_leads(pd.DataFrame({"a": values[:-2], "b": values[2:]}), moved=["a"]).table.iloc[0]
    yield first["leads_by"], 2.0
    yield first["correlation"], 1.0


def _odds_of_a_word() -> Pairs:
    """10 of 20 narratives have a word, and 4 of 79 others; the prior is worth ten, of which 1.45 have it."""
    odds, z = log_odds((np.array([10]), np.array([4])), (20, 79))
    wanted = math.log(11.45 / 18.55) - math.log(5.45 / 83.55)
    yield odds[0], wanted
    yield z[0], wanted / math.sqrt(1 / 11.45 + 1 / 18.55 + 1 / 5.45 + 1 / 83.55)


DIGITS = 1e-9  # relative: figures of ten digits and more
PUBLISHED: dict[str, Figures] = {
    "telephone_queue": Figures(
        compute=_erlang, tolerance=DIGITS, source="Erlang 1917; Mandelbaum & Zeltyn 2007"
    ),
    "deadline_queue": Figures(
        compute=_deadlines, tolerance=DIGITS, source="Spitzer 1956, doi:10.2307/1993038"
    ),
    "severity_classes": Figures(compute=_classes, tolerance=DIGITS, source="nested queues"),
    "aggregate_losses": Figures(compute=_compounds, tolerance=1e-6, source="closed forms of compound laws"),
    "loss_frequency": Figures(
        compute=_mites, tolerance=1e-5, source="Bliss & Fisher 1953, doi:10.2307/3001850"
    ),
    "loss_severity": Figures(compute=_lognormal, tolerance=1e-6, source="maximum likelihood of a lognormal"),
    "elicited_losses": Figures(compute=_experts, tolerance=DIGITS, source="quantiles of a lognormal"),
    "capital_and_cover": Figures(compute=_capital, tolerance=1e-7, source="Basel Committee 2017, OPE25"),
    "credibility": Figures(
        compute=_bayes, tolerance=1e-6, source="Bühlmann & Gisler 2005, doi:10.1007/3-540-29273-X"
    ),
    "funnel": Figures(compute=_funnel, tolerance=1e-6, source="Spiegelhalter 2005, doi:10.1002/sim.1970"),
    "customer_gaps": Figures(compute=_holm, tolerance=DIGITS, source="Holm 1979"),
    "weights": Figures(compute=_saaty, tolerance=2e-5, source="Saaty 1980"),
    "orders": Figures(compute=_orders, tolerance=DIGITS, source="order of three rates"),
    "alarm_charts": Figures(
        compute=_run_lengths, tolerance=1e-8, source="exact chains; R spc and surveillance"
    ),
    "alarms": Figures(compute=_discoveries, tolerance=DIGITS, source="Benjamini & Hochberg 1995"),
    "scorecard_validation": Figures(compute=_binormal, tolerance=1e-4, source="binormal model, d = 1"),
    "complaint_forecast": Figures(compute=_intervals, tolerance=DIGITS, source="Gneiting & Raftery 2007"),
    "forecast_baselines": Figures(compute=_last_year, tolerance=DIGITS, source="the year before"),
    "risk_register": Figures(compute=_matrix, tolerance=DIGITS, source="Cox 2008"),
    "effect_estimators": Figures(compute=_two_by_two, tolerance=DIGITS, source="difference of differences"),
    "action_effects": Figures(compute=_hauer, tolerance=1e-6, source="Hauer 1997"),
    "incident_review": Figures(compute=_usual_days, tolerance=DIGITS, source="a level that does not move"),
    "causes": Figures(compute=_parts_of_a_change, tolerance=DIGITS, source="Shapley 1953"),
    "leading_indicators": Figures(
        compute=_two_months_later, tolerance=0.02, source="a series that repeats another"
    ),
    "typical_words": Figures(
        compute=_odds_of_a_word,
        tolerance=DIGITS,
        source="Monroe, Colaresi & Quinn 2008, doi:10.1093/pan/mpn018",
    ),
    "satisfaction": Figures(compute=_two_groups, tolerance=1e-6, source="odds ratio of a two by two table"),
}
