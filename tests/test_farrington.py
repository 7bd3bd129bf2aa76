"""Farrington's bounds beside those of the reference in R, and beside regressions of statsmodels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from riskmodels.errors import ParameterError
from riskmodels.surveillance import Farrington, farrington_bounds

OUTBREAKS = "surveillance/outbreaks.csv"  # R package surveillance (GPL-2): k1 m1 m3 n1 q1_nrwh s1 h1_nrwrp
AGONA = "surveillance/salmonella.agona.txt"  # the same package: week, observed, state
CLASSIC = Farrington(years=4, half_window=3, chance=0.01)
DELTA = replace(CLASSIC, flexible=True, outlying=2.58)
QUANTILE = replace(DELTA, seasons=10, left_out=26, bound="quantile")


@pytest.mark.parametrize(
    ("method", "upper", "alarms"),
    [
        (CLASSIC, [6.972773737, 7.207257125, 5.776059812, 5.932147400, 5.080636584, 6.270881059], [284, 285]),
        (DELTA, [7.208830104, 5.656485319, 5.726118114, 5.946117257, 5.266945735, 6.091959362], [284, 285]),
        (QUANTILE, [6, 6, 7, 7, 8, 8], []),
    ],
    ids=["classic", "flexible", "flexible quantile"],
)
def test_the_bounds_of_salmonella_agona_are_those_of_r(method, upper, alarms, shared_data) -> None:
    counts = pd.read_csv(shared_data(AGONA), sep=r"\s+")["observed"].to_numpy(dtype=float)[None, :]
    found = farrington_bounds(counts, first=281, method=method)
    assert found.upper[0, :6] == pytest.approx(upper, rel=2e-6)  # R's fits stop where the deviance does
    assert (np.flatnonzero(found.alarm[0, :6]) + 282).tolist() == alarms


def test_known_outbreaks_are_caught_as_by_r(shared_data) -> None:
    rows = pd.read_csv(shared_data(OUTBREAKS))
    counts = rows.pivot_table(index="series", columns="week", values="count").to_numpy(dtype=float)
    outbreak = rows.pivot_table(index="series", columns="week", values="outbreak").to_numpy()[:, 104:] == 1
    found = farrington_bounds(counts, first=104, method=Farrington(years=2)).alarm
    assert (found & outbreak).sum() == 8
    assert (found & ~outbreak).sum() <= 13


def counts_of(seed: int, n: int = 3, weeks: int = 300) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mean = 8 * np.exp(0.3 * np.cos(2 * np.pi * np.arange(weeks) / 52) + 0.002 * np.arange(weeks))
    return rng.poisson(rng.gamma(mean, 1.0, (n, weeks))).astype(float)


@pytest.mark.parametrize("method", [CLASSIC, replace(CLASSIC, years=2)])
def test_a_bound_is_that_of_two_regressions_of_statsmodels(method) -> None:
    counts = counts_of(1)
    found = farrington_bounds(counts, first=290, method=method)
    before, _ = method.reference()
    for row, week in ((0, 290), (2, 299)):
        seen = counts[row, week - before]
        design = np.ones((len(seen), 1))
        if found.trend[row, week - 290]:
            design = np.column_stack([design, -before])
        family = sm.families.Poisson()
        first = sm.GLM(seen, design, family=family).fit(scale="X2")
        leverage = first.get_hat_matrix_diag(observed=False)
        residual = 1.5 * (seen ** (2 / 3) * first.mu ** (-1 / 6) - np.sqrt(first.mu))
        residual /= np.sqrt(max(first.scale, 1) * (1 - leverage))
        weight = np.where(residual > 1, np.maximum(residual, 1) ** -2.0, 1.0)
        second = sm.GLM(seen, design, family=family, var_weights=weight * len(seen) / weight.sum()).fit(
            scale="X2"
        )
        mean = float(np.exp(second.params[0]))
        assert found.expected[row, week - 290] == pytest.approx(mean, rel=1e-6)
        scale = max(second.scale, 1.0)
        error = mean * np.sqrt(scale * second.normalized_cov_params[0, 0])
        deviation = np.sqrt(4 / 9 * np.cbrt(mean) * (scale + error**2 / mean))
        upper = (mean ** (2 / 3) + 2.5758293035489 * deviation) ** 1.5
        assert found.upper[row, week - 290] == pytest.approx(upper, rel=1e-6)


def test_many_series_have_the_bounds_of_each_alone_and_unknown_weeks_are_not_learnt_from() -> None:
    counts = counts_of(2)
    counts[1, 100:110] = np.nan
    together = farrington_bounds(counts, first=280, method=QUANTILE)
    alone = [farrington_bounds(row[None, :], first=280, method=QUANTILE).upper[0] for row in counts]
    assert together.upper == pytest.approx(np.array(alone), rel=1e-6)
    filled = np.where(np.isnan(counts), 500.0, counts)
    assert (farrington_bounds(filled, first=280, method=QUANTILE).expected[1] != together.expected[1]).all()


def test_a_later_week_changes_no_earlier_bound() -> None:
    counts = counts_of(3)
    shorter = farrington_bounds(counts[:, :295], first=280, method=CLASSIC).upper
    assert farrington_bounds(counts, first=280, method=CLASSIC).upper[:, :15] == pytest.approx(
        shorter, rel=1e-7
    )


def test_fewer_than_five_events_in_four_weeks_are_no_alarm() -> None:
    counts = np.zeros((2, 300))
    counts[:, 290] = 4, 5
    found = farrington_bounds(counts, first=280, method=CLASSIC)
    assert (found.upper[:, 10] < 4).all()
    assert found.alarm.sum(axis=1).tolist() == [0, 1]


def test_a_trend_beyond_all_that_was_seen_is_not_followed() -> None:
    rising = np.round(10 * np.exp(0.01 * np.arange(300)))[None, :]
    found = farrington_bounds(np.concatenate([rising, 10 + rising[:, ::-1]]), first=290, method=CLASSIC)
    assert found.trend.all(axis=1).tolist() == [False, True]
    assert found.expected[0, 0] < rising[0, 290 - 4]


@pytest.mark.parametrize("first", [10, 300])
def test_a_first_week_without_a_year_before_it_is_refused(first) -> None:
    with pytest.raises(ParameterError, match="expected one from 55"):
        farrington_bounds(counts_of(4), first=first, method=CLASSIC)
