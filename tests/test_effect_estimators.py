"""Estimators of effects: published figures, identities, and coverage where the truth is known."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects import Draw, estimated, simulated
from simulations import around, drawn_in_part, draws

from riskmodels.effects.differences import Differences, difference_in_differences
from riskmodels.effects.interrupted import interrupted_series, structural_series
from riskmodels.effects.linear_differences import repeated_cross_sections
from riskmodels.effects.placebos import placebos_of
from riskmodels.effects.regression import quasi_regression
from riskmodels.effects.synthetic import (
    block_of,
    difference,
    error_ratios,
    ridged_control,
    synthetic_control,
)
from riskmodels.effects.treated import treated_units
from riskmodels.effects.wandering import step_error
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.panel import Panel

Data = Callable[[str], Path]


def seatbelts(shared_data: Data) -> pd.DataFrame:
    frame = pd.read_csv(shared_data("effects/seatbelts.csv"))
    frame.index = pd.period_range("1969-01", periods=len(frame), freq="M")
    return frame


def wide(
    shared_data: Data, name: str, unit: str, time: str, value: str, separator: str = ","
) -> pd.DataFrame:
    frame = pd.read_csv(shared_data(f"effects/{name}.csv"), sep=separator)
    return frame.pivot_table(index=unit, columns=time, values=value)


def mpdta(shared_data: Data, method: str) -> Differences:
    frame = pd.read_csv(shared_data("effects/mpdta.csv"))
    starts = frame.groupby("countyreal")["first.treat"].first()
    outcomes = wide(shared_data, "mpdta", "countyreal", "year", "lemp")
    return difference_in_differences(outcomes, starts=starts.where(starts > 0), method=method)


def castle(shared_data: Data, method: str, *, weighted: bool = False) -> Differences:
    frame = pd.read_csv(shared_data("effects/castle.csv"))
    starts = frame[frame["post"] > 0].groupby("sid")["year"].min()
    weights = frame.groupby("sid")["popwt"].first() if weighted else None
    outcomes = wide(shared_data, "castle", "sid", "year", "l_homicide")
    return difference_in_differences(outcomes, starts=starts, method=method, weights=weights)


def counts(seed: int, *, units: int = 60, months: int = 48, effect: float = 0.0, start: int = 36) -> Panel:
    """Simulate counts with a season and a trend, variance twice the mean; unit U0 is treated."""
    rng = np.random.default_rng(seed)
    time = np.arange(months)
    size = rng.lognormal(2.5, 0.6, (units, 1)) + 4.0
    mean = size * np.exp(0.15 * np.sin(2 * np.pi * time / 12) + 0.003 * time)
    mean[0, start:] *= 1.0 + effect
    return Panel(
        keys=pd.DataFrame({"unit_id": [f"U{unit}" for unit in range(units)]}),
        periods=pd.period_range("2020-01", periods=months, freq="M"),
        values=rng.poisson(rng.gamma(mean)).astype(float),
        exposure=None,
        kind="count",
    )


def series(panel: Panel) -> pd.Series:
    return pd.Series(panel.values[0], index=panel.periods)


@pytest.mark.parametrize(
    ("column", "estimate", "error"), [("drivers", -0.2358, 0.0434), ("front", -0.3377, 0.0462)]
)
def test_seatbelts_by_a_structural_model(
    shared_data: Data, column: str, estimate: float, error: float
) -> None:
    frame = seatbelts(shared_data)
    found = structural_series(
        frame[column], start="1983-02", covariates=np.log(frame[["kms", "PetrolPrice"]])
    ).effect
    assert found.estimate == pytest.approx(estimate, abs=1e-4)
    assert found.standard_error == pytest.approx(error, abs=1e-4)


def test_seatbelts_rear_is_a_placebo(shared_data: Data) -> None:
    frame = seatbelts(shared_data)
    found = structural_series(
        frame["rear"], start="1983-02", covariates=np.log(frame[["kms", "PetrolPrice"]])
    ).effect
    assert found.estimate == pytest.approx(0.0024, abs=1e-4)
    assert found.lower < 0 < found.upper


def test_seatbelts_by_quasi_poisson(shared_data: Data) -> None:
    frame = seatbelts(shared_data)
    found = interrupted_series(frame["drivers"], start="1983-02", harmonics=0)
    assert found.effect.estimate == pytest.approx(-0.1620, abs=5e-5)
    assert found.dispersion == pytest.approx(13.4, abs=0.05)
    alone = interrupted_series(frame["drivers"], start="1983-02", harmonics=0, wanders=False)
    assert found.effect.standard_error > 1.3 * alone.effect.standard_error


def test_mpdta_group_by_time(shared_data: Data) -> None:
    found = mpdta(shared_data, "callaway_santanna")
    published = {
        (2004, 2004): -0.010503,
        (2004, 2005): -0.070423,
        (2004, 2006): -0.137259,
        (2004, 2007): -0.100811,
        (2006, 2004): 0.006520,
        (2006, 2005): -0.002751,
        (2006, 2006): -0.004595,
        (2006, 2007): -0.041224,
        (2007, 2004): 0.030507,
        (2007, 2005): -0.002726,
        (2007, 2006): -0.031087,
        (2007, 2007): -0.026054,
    }
    cells = found.table.set_index(["cohort", "period"])["estimate"]
    assert cells.to_dict() == pytest.approx(published, abs=6e-7)
    of_all = found.averages[found.averages["value"].isna()].set_index("by")["estimate"]
    assert of_all.to_dict() == pytest.approx(
        {"simple": -0.039951, "group": -0.031018, "dynamic": -0.077240, "calendar": -0.041700}, abs=6e-7
    )
    assert found.effect.standard_error == pytest.approx(0.0120, abs=5e-5)
    events = found.averages[found.averages["by"] == "dynamic"].dropna()["estimate"]
    assert list(events) == pytest.approx(
        [0.030507, -0.000563, -0.024459, -0.019932, -0.050957, -0.137259, -0.100811], abs=6e-7
    )


def test_mpdta_by_imputation(shared_data: Data) -> None:
    assert mpdta(shared_data, "imputation").effect.estimate == pytest.approx(-0.047710, abs=6e-7)


@pytest.mark.parametrize(
    ("method", "weighted", "estimate", "error"),
    [
        ("did", True, 0.0755, 0.0332),
        ("did", False, 0.0694, 0.0559),
        ("imputation", False, 0.066900, None),
        ("callaway_santanna", False, 0.019403, 0.0384),
    ],
)
def test_castle(shared_data: Data, method: str, weighted: bool, estimate: float, error: float | None) -> None:
    found = castle(shared_data, method, weighted=weighted).effect
    assert found.estimate == pytest.approx(estimate, abs=5e-5)
    if error is not None:
        assert found.standard_error == pytest.approx(error, abs=5e-5)


def test_cross_sections_of_wooldridge(shared_data: Data) -> None:
    homes = pd.read_csv(shared_data("effects/kielmc.csv"))
    found = repeated_cross_sections(
        homes["rprice"].to_numpy(float), treated=homes["nearinc"] == 1, after=homes["y81"] == 1
    )
    assert (found.estimate, found.standard_error) == pytest.approx((-11863.9033, 7456.6462), abs=1e-4)
    injury = pd.read_csv(shared_data("effects/injury.csv")).query("ky == 1")
    found = repeated_cross_sections(
        injury["ldurat"].to_numpy(float), treated=injury["highearn"] == 1, after=injury["afchnge"] == 1
    )
    assert (found.estimate, found.standard_error) == pytest.approx((0.1906012, 0.0685089), abs=1e-7)


def test_proposition_99(shared_data: Data) -> None:
    outcomes = wide(shared_data, "california_prop99", "State", "Year", "PacksPerCapita", ";")
    starts = {"California": 1989}
    data = treated_units(outcomes, starts=starts)
    block = block_of(data)
    assert difference(block).estimate[0] == pytest.approx(-27.349111083615, abs=1e-10)
    assert ridged_control(block).estimate[0] == pytest.approx(-19.619663470944, abs=1e-8)
    exact = synthetic_control(block)
    gap = (block.treated - exact.expected)[0]
    assert exact.estimate[0] == pytest.approx(-19.513630, abs=1e-6)
    assert gap[2000 - 1970] == pytest.approx(-26.596643, abs=1e-6)
    assert np.sqrt((gap[:19] ** 2).mean()) == pytest.approx(1.6564, abs=5e-5)
    weights = pd.Series(exact.units[0], data.units[~data.ever])
    published = {"Utah": 0.3939, "Montana": 0.2318, "Nevada": 0.2049, "Connecticut": 0.1091}
    published |= {"New Hampshire": 0.0454, "Colorado": 0.0148}
    assert weights[weights > 1e-6].to_dict() == pytest.approx(published, abs=5e-5)
    ratios = error_ratios(block, synthetic_control)
    assert ((ratios >= ratios[0]).sum(), len(ratios)) == (3, 39)


def test_proposition_99_by_synthetic_did(shared_data: Data) -> None:
    outcomes = wide(shared_data, "california_prop99", "State", "Year", "PacksPerCapita", ";")
    found = difference_in_differences(outcomes, starts={"California": 1989}, method="synthetic_did").effect
    assert found.estimate == pytest.approx(-15.603827872734, abs=1e-8)
    assert 8.0 < found.standard_error < 11.0


def test_one_treated_unit_of_two_by_two_counts_is_the_ratio_of_ratios() -> None:
    panel = Panel(
        keys=pd.DataFrame({"unit_id": ["a", "b"]}),
        periods=pd.period_range("2025-01", periods=2, freq="M"),
        values=np.array([[40.0, 30.0], [100.0, 150.0]]),
        exposure=np.array([[4.0, 5.0], [10.0, 12.0]]),
        kind="count",
    )
    expected = np.log((30 / 5) / (40 / 4) / ((150 / 12) / (100 / 10)))
    for method in ("imputation", "did"):
        found = difference_in_differences(panel, starts={"a": "2025-02"}, method=method).effect
        assert found.estimate == pytest.approx(expected, abs=1e-9)
        assert found.standard_error == pytest.approx(np.sqrt(1 / 40 + 1 / 30 + 1 / 100 + 1 / 150), rel=0.15)


@drawn_in_part
@pytest.mark.parametrize("effect", [0.0, -0.2])
def test_coverage_of_count_differences(effect: float) -> None:
    found = [
        difference_in_differences(counts(seed, effect=effect), starts={"U0": "2023-01"}).effect
        for seed in range(draws(100))
    ]
    covered = np.mean([one.lower <= np.log1p(effect) <= one.upper for one in found])
    low, high = around(0.80, 0.98)
    assert low <= covered <= high  # 90 % of 100, three standard errors


@drawn_in_part
@pytest.mark.parametrize(("effect", "wander"), [(0.0, 0.0), (-0.2, 0.0), (0.0, 0.15), (-0.2, 0.15)])
def test_coverage_of_interrupted_series(effect: float, wander: float) -> None:
    """A small version of benchmarks/effects.py, where 300 events a month wander."""
    draw, rng = Draw(name="", mean=300.0, wander=wander), np.random.default_rng(4)
    found = [estimated(simulated(draw, rng, effect), draw, "series") for _ in range(draws(120))]
    covered = np.mean([one.lower <= np.log1p(effect) <= one.upper for one in found])
    low, high = around(0.80, 0.98)
    assert low <= covered <= high  # 90 % of 120, three standard errors


def test_error_of_a_step_by_dense_matrices() -> None:
    """The filter, with a hole, beside covariances written out; degrees as of a Satterthwaite mean."""
    rng, hole = np.random.default_rng(7), 5
    time = np.arange(40)
    design = np.column_stack([np.ones(40), time / 40 - 0.5, time >= 30])
    values = rng.poisson(rng.gamma(30.0, size=40) * np.exp(0.2 * np.sin(time / 4))).astype(float)
    values[hole] = np.nan
    fit = quasi_regression(values[None], design, np.ones(40))
    known = np.delete(time, hole)
    mean, phi = fit.mean[0, known], fit.dispersion[0]
    regressors, residual = design[known] * np.sqrt(mean)[:, None], (values[known] - mean) / np.sqrt(mean)
    row = np.linalg.solve(regressors.T @ regressors, regressors.T)[-1]
    weights, variances = [], []
    for memory, part in product((0.1, 0.3, 0.5, 0.7, 0.9), repeat=2):
        share = part * (1 - 1 / phi)
        level = (
            np.sqrt(np.outer(mean, mean)) / mean.mean() * memory ** np.abs(np.subtract.outer(known, known))
        )
        covariance = (1 - share) * np.eye(39) + share * level
        inverse = np.linalg.inv(covariance)
        information = regressors.T @ inverse @ regressors
        rest = residual - regressors @ np.linalg.solve(information, regressors.T @ inverse @ residual)
        square = rest @ inverse @ rest
        determinants = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
        weights.append((1 - memory) * (1 - part) * np.exp(-(determinants + 36 * np.log(square)) / 2))
        variances.append(max(square / 36, 1.0) * row @ covariance @ row)
    weight, variance = np.array(weights) / sum(weights), np.array(variances)
    wanted = weight @ variance
    degrees = 2 * wanted**2 / (weight @ variance**2 * (1 + 2 / 36) - wanted**2)
    assert step_error(values, design, fit) == pytest.approx((np.sqrt(wanted), degrees), rel=1e-6)


def test_counts_as_even_as_poisson_have_no_level_that_wanders() -> None:
    time = np.arange(36)
    values = pd.Series(np.where(time % 2, 102.0, 98.0))
    found = [
        interrupted_series(values, start=24, season=1, wanders=wanders).effect for wanders in (True, False)
    ]
    assert found[0].standard_error == pytest.approx(found[1].standard_error, rel=1e-6)


def test_shares_are_regressed_on_the_odds() -> None:
    rng = np.random.default_rng(4)
    trials = np.full(60, 5000.0)
    odds = np.where(np.arange(60) < 40, 0.25, 0.5)
    successes = rng.binomial(5000, odds / (1 + odds)).astype(float)
    found = interrupted_series(successes, start=40, trials=trials, trend=False, season=1).effect
    assert found.estimate == pytest.approx(np.log(2.0), abs=0.03)


def test_holes_are_unknown_and_not_zero() -> None:
    panel = counts(3)
    whole = difference_in_differences(panel, starts={"U0": "2023-01"}).effect
    panel.values[0, 5] = panel.values[7, 40] = np.nan
    found = difference_in_differences(panel, starts={"U0": "2023-01"}).effect
    assert found.estimate == pytest.approx(whole.estimate, abs=0.05)


def test_exposure_of_unknown_months_is_no_overdispersion() -> None:
    rng = np.random.default_rng(4)
    known = rng.negative_binomial(4, 4 / (4 + 2000.0), 48).astype(float)
    values, exposure = np.insert(known, 30, [np.nan] * 12), np.insert(np.full(48, 1e6), 30, [np.nan] * 12)
    found = interrupted_series(
        values, start=46, exposure=exposure, season=1, trend=False, law="negative_binomial", wanders=False
    )
    whole = interrupted_series(
        known,
        start=34,
        exposure=np.full(48, 1e6),
        season=1,
        trend=False,
        law="negative_binomial",
        wanders=False,
    )
    assert found.effect.standard_error == pytest.approx(whole.effect.standard_error)
    assert found.dispersion == pytest.approx(whole.dispersion)


def test_staggered_starts_of_counts() -> None:
    panel = counts(5)
    panel.values[1:6, 30:] = np.round(panel.values[1:6, 30:] * 0.7)
    found = difference_in_differences(panel, starts={f"U{unit}": "2022-07" for unit in range(1, 6)})
    assert found.effect.lower < np.log(0.7) < found.effect.upper
    assert found.table["units"].eq(5).all()
    assert np.exp(found.effect.estimate) == pytest.approx(
        found.table["observed"].sum() / found.table["expected"].sum(), rel=1e-9
    )


def test_placebos_in_space_and_in_time() -> None:
    panel = counts(8, effect=-0.5)

    def unit_alone(unit: str) -> object:
        others = panel.keys["unit_id"].isin([unit, "U0"]) == (panel.keys["unit_id"] == unit)
        kept = Panel(
            keys=panel.keys[others].reset_index(drop=True),
            periods=panel.periods,
            values=panel.values[others],
            exposure=None,
            kind="count",
        )
        return difference_in_differences(kept, starts={unit: "2023-01"}).effect

    found = placebos_of(unit_alone, action="U0", placebos=[f"U{unit}" for unit in range(1, 20)])
    assert found.rank_p_value == pytest.approx(1 / 20)
    before = panel.until("2022-12")
    earlier = placebos_of(
        lambda start: difference_in_differences(before, starts={"U0": start}).effect,
        action="2022-01",
        placebos=["2021-01", "2021-07", "2020-01"],
    )
    assert earlier.table["estimate"].isna().tolist() == [False, False, True]


def test_what_says_nothing_is_refused() -> None:
    panel = counts(1, units=4)
    with pytest.raises(TooLittleError, match="no unit gets"):
        difference_in_differences(panel, starts={})
    with pytest.raises(ParameterError, match="not among"):
        difference_in_differences(panel, starts={"X": "2023-01"})
    with pytest.raises(TooLittleError):
        difference_in_differences(panel, starts=["2023-01"] * 4)
    with pytest.raises(ParameterError, match="not for counts"):
        difference_in_differences(panel, starts={"U0": "2023-01"}, method="callaway_santanna")
    with pytest.raises(ParameterError, match="no method 'guess'"):
        difference_in_differences(panel, starts={"U0": "2023-01"}, method="guess")
    unseen = counts(1, units=4)
    unseen.values[0, 36:] = np.nan
    for method in ("did", "imputation", "synthetic_did"):
        with pytest.raises(TooLittleError):
            difference_in_differences(unseen, starts={"U0": "2023-01"}, method=method)
    silent = Panel(
        keys=panel.keys, periods=panel.periods, values=panel.values * 0.0, exposure=None, kind="count"
    )
    with pytest.raises(TooLittleError, match="no event"):
        difference_in_differences(silent, starts={"U0": "2023-01"})
    with pytest.raises(TooLittleError, match="no event"):
        interrupted_series(series(silent), start="2023-01")
    with pytest.raises(TooLittleError, match="known before"):
        interrupted_series(series(panel), start="2020-03")
    with pytest.raises(ParameterError, match="within the series"):
        interrupted_series(series(panel), start="2030-01")
