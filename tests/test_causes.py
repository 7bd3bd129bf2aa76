"""Causes: parts of a change add up, segments are found where they were planted, and nothing where nothing is."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from simulations import drawn_in_part, draws

from riskmodels.assessment import assess
from riskmodels.causes import count_two_periods, decompose_change, explain_findings, find_segments
from riskmodels.causes.expectation import Cells, dispersion_of, law_of, main_effects, signed_root
from riskmodels.causes.explaining import _is_about
from riskmodels.causes.timing import when_it_came
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.reporting import listings, plots
from riskmodels.results import load, save

UNITS, PRODUCTS = [f"u{number:02d}" for number in range(12)], ["cards", "loans", "mortgage"]


def some_cells(*, seed: int, factor: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Twelve units in two regions and three products; ``factor`` multiplies cards in the south."""
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([UNITS, PRODUCTS], names=["unit_id", "product"]).to_frame(index=False)
    keys["region_id"] = np.where(keys["unit_id"] < "u06", "north", "south")
    planted = (keys["region_id"] == "south") & (keys["product"] == "cards")
    mean = np.tile([40.0, 20.0, 10.0], len(UNITS)) * np.repeat(np.linspace(0.5, 2, len(UNITS)), 3)
    cells = keys.assign(
        before=rng.poisson(rng.gamma(mean, 1.0)).astype(float),
        now=rng.poisson(rng.gamma(mean * 1.1 * np.where(planted, factor, 1.0), 1.0)).astype(float),
    )
    return cells, keys[["unit_id", "product"]].assign(before=mean * 100, now=mean * 110)


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(0, 900)] * 2), min_size=1, max_size=8))
def test_parts_add_up_whatever_opens_closes_or_is_unknown(rows) -> None:
    cells = pd.DataFrame(rows, columns=["before", "now", "exposure_before", "exposure_now"]).astype(float)
    cells["exposure_now"] = cells["exposure_now"].where(cells["exposure_now"] < 800)
    cells["product"] = [f"p{number}" for number in range(len(cells))]
    made = decompose_change(cells, by=["product"])
    parts = made.table[["volume", "mix", "rate", "unexplained"]].sum(axis=1)
    np.testing.assert_allclose(parts, made.table["change"], atol=1e-8)
    total = made.totals.set_index("part")["estimate"]
    assert total.drop("change").sum() == pytest.approx(total["change"], abs=1e-8)
    assert total["change"] == cells["now"].sum() - cells["before"].sum()


def test_decomposition_by_hand() -> None:
    cells = pd.DataFrame(
        {"product": ["a", "b"], "before": [20.0, 10.0], "now": [66.0, 9.0],
         "exposure_before": [100.0, 100.0], "exposure_now": [220.0, 80.0]}
    )  # fmt: skip
    made = decompose_change(cells, by=["product"]).table.set_index("product")
    shares, rates = {"a": (0.5, 220 / 300), "b": (0.5, 80 / 300)}, {"a": (0.2, 0.3), "b": (0.1, 0.1125)}
    for product, (s, t) in shares.items():
        (q, r), (small, large) = rates[product], (200, 300)
        orders = [  # volume's part in each order of three factors
            100 * s * q, 100 * s * q, 100 * t * q, 100 * s * r, 100 * t * r, 100 * t * r,
        ]  # fmt: skip
        assert made.loc[product, "volume"] == pytest.approx(np.mean(orders))
        rate = (r - q) * ((small * s + large * t) / 3 + (small * t + large * s) / 6)
        assert made.loc[product, "rate"] == pytest.approx(rate)


def test_without_exposures_all_is_rate_and_wrong_input_is_said() -> None:
    cells = pd.DataFrame({"product": ["a", "a"], "before": [1.0, 2.0], "now": [4.0, 5.0]})
    made = decompose_change(cells, by=["product"])
    assert made.table.loc[0, ["volume", "mix", "rate"]].tolist() == [0, 0, 6]
    assert made.sentence == (
        "Change from 3 to 9 (+6); without exposure, e.g. accounts, it is not known how much of it is volume,"
        " mix or rate."
    )
    assert list(listings.list_change(made).frame) == [
        "Name", "Before", "Now", "Change", "90% interval of the change",
    ]  # fmt: skip
    with pytest.raises(ParameterError, match="no row to decompose"):
        decompose_change(cells.head(0), by=["product"])
    with pytest.raises(ParameterError, match="expected 0 < level < 1"):
        decompose_change(cells, by=["product"], level=1.0)


def test_the_interval_covers() -> None:
    rng = np.random.default_rng(7)
    exposure, rates = np.array([[1000.0, 2000.0], [1500.0, 1800.0]]), np.array([[0.05, 0.02], [0.06, 0.02]])
    names = {"exposure_before": exposure[0], "exposure_now": exposure[1], "product": ["a", "b"]}
    true = decompose_change(
        pd.DataFrame(names | {"before": exposure[0] * rates[0], "now": exposure[1] * rates[1]}),
        by=["product"],
    ).table.set_index("product")["rate"]
    draws = 300
    inside = 0
    for before, now in zip(
        *(rng.poisson(exposure[at] * rates[at], (draws, 2)) for at in (0, 1)), strict=True
    ):
        made = decompose_change(pd.DataFrame(names | {"before": before, "now": now}), by=["product"])
        row = made.table.set_index("product").loc["a"]
        inside += row["rate_lower"] <= true["a"] <= row["rate_upper"]
    assert binom.ppf(0.001, draws, 0.9) <= inside <= binom.ppf(0.999, draws, 0.9)


def test_main_effects_keep_the_sums_of_units_and_products() -> None:
    counts = np.random.default_rng(1).poisson(20, (5, 3)).astype(float)
    exposure = np.random.default_rng(2).uniform(50, 500, (5, 3))
    fitted = main_effects(counts, exposure)
    np.testing.assert_allclose(fitted.sum(axis=0), counts.sum(axis=0), rtol=1e-4)
    np.testing.assert_allclose(fitted.sum(axis=1), counts.sum(axis=1), rtol=1e-4)


def test_the_root_of_deviance_is_signed() -> None:
    seen = signed_root(np.array([0.0, 5.0, 20.0]), np.array([2.0, 5.0, 5.0]))
    np.testing.assert_allclose(seen, [-2.0, 0.0, np.sqrt(2 * (20 * np.log(4) - 15))], atol=1e-6)


def test_cards_in_the_south_are_one_segment_not_six_branches() -> None:
    cells, exposure = some_cells(seed=3, factor=1.6)
    found = find_segments(cells, dimensions=["region_id", "unit_id", "product"], exposure=exposure)
    first = found.table.iloc[0]
    assert set(first["segment"].split(" × ")) == {"south", "cards"}
    assert first["lower"] < first["excess"] < first["upper"]
    assert "chosen among" in found.sentence
    assert found.searched > 20


@drawn_in_part
def test_what_has_not_changed_is_rarely_named() -> None:
    named = 0
    for seed in range(draws(20)):
        cells, exposure = some_cells(seed=100 + seed)
        found = find_segments(cells, dimensions=["region_id", "unit_id", "product"], exposure=exposure)
        named += len(found.table) > 0
    assert named <= binom.ppf(0.999, draws(20), 0.05)


@drawn_in_part
def test_what_was_as_high_the_year_before_is_no_rise() -> None:
    named = []
    for seed in range(draws(12)):
        cells, exposure = some_cells(seed=seed)
        south = (cells["region_id"] == "south") & (cells["product"] == "cards")
        more = np.random.default_rng(seed).poisson(0.5 * cells["before"][south])
        later = np.random.default_rng(seed + 50).poisson(0.5 * cells["now"][south])
        cells.loc[south, "before"] += more
        cells.loc[south, "now"] += later
        found = find_segments(cells, dimensions=["region_id", "unit_id", "product"], exposure=exposure)
        named += found.table["segment"].tolist()
    assert len(named) <= binom.ppf(0.999, draws(12), 0.05)


def laid_out(*, dispersion: float, seed: int, moved: float = 0.0) -> Cells:
    """Sixty units in three regions, six products, about thirty rows a cell; units' changes differ by moved."""
    rng, excess = np.random.default_rng(seed), dispersion - 1
    mean = np.outer(np.linspace(0.5, 2, 60), [10, 20, 40, 20, 30, 60]) * 0.8
    unit = np.exp(rng.normal(0, moved, (60, 1))) if moved else 1.0
    before, now = (rng.poisson(rng.gamma(m / excess, excess)).astype(float) for m in (mean, mean * unit))
    regions = (np.arange(60) // 20 == np.arange(3)[:, None]).astype(float)
    ones = np.ones_like(mean)
    return Cells(before=before, now=now, exposure_before=ones, exposure_now=ones, regions=regions)


def test_dispersion_is_told_and_a_region_s_rise_is_none_of_it() -> None:
    cells = [laid_out(dispersion=2.0, seed=seed) for seed in range(20)]
    assert np.mean([dispersion_of(one)[0] for one in cells]) == pytest.approx(2.0, abs=0.1)
    for one in cells:
        one.now[:20, 2] *= 1.5
    assert np.mean([dispersion_of(one)[0] for one in cells]) == pytest.approx(2.0, abs=0.15)
    assert np.mean([law_of(one).units > 0 for one in cells]) <= 0.25
    moved = [law_of(laid_out(dispersion=2.0, seed=seed, moved=0.3)).units for seed in range(10)]
    assert np.mean(moved) == pytest.approx(0.09, abs=0.04)


def test_an_excess_is_spread_as_all_others_came(take_in) -> None:
    days = {
        "2024-01-02": (1, 4),
        "2024-01-09": (1, 4),
        "2024-02-06": (6, 8),
        "2024-02-13": (4, 4),
    }  # Tuesdays
    rows = [
        {"complaint_id": f"{day}{unit}{number}", "received_at": day, "unit_id": unit, "product": "cards"}
        for day, both in days.items()
        for unit, count in zip("ab", both, strict=True)
        for number in range(count)
    ]
    months = ("2024-01", "2024-02")
    came, by_month = when_it_came(take_in(complaints=rows), {"unit_id": "a"}, months, expected=10.0)
    np.testing.assert_allclose(by_month["expected"], [4, 6])
    np.testing.assert_allclose(by_month["excess"], [-2, 4])
    assert by_month["excess"].sum() == pytest.approx(12 - 10)
    assert came == {
        "since": "2024-02-05",
        "peak": "2024-02",
        "peak_share": 2.0,
    }  # 1 of 2, 1 of 2; 6 of 4, 4 of 2
    alone, none = when_it_came(take_in(complaints=rows), {}, months, expected=10.0)
    assert (alone["since"], len(none)) == ("", 0)


def test_odd_cells_are_said_not_a_traceback() -> None:
    cells, exposure = some_cells(seed=1)
    with pytest.raises(TooLittleError, match="a period has no row"):
        find_segments(cells.assign(before=0.0), dimensions=["product"])
    with pytest.raises(TooLittleError, match="no dimension to search"):
        find_segments(cells, dimensions=[])
    one = find_segments(cells.head(1), dimensions=["unit_id", "product"])
    assert one.table.empty
    assert "No segment stands out" in one.sentence
    unknown = exposure.assign(now=np.nan)
    assert find_segments(cells, dimensions=["product"], exposure=unknown).searched == 3


def test_the_sample_is_explained(sample_tables, sample_card, default_policy, tmp_path) -> None:
    sample_findings = assess(default_policy, data=sample_tables, scorecard=sample_card)
    causes = explain_findings(sample_findings, sample_tables, default_policy)
    table = causes.table.set_index("finding_id")
    named = table[table["segment"] != ""]["segment"].tolist()
    assert all(set(one.split(" × ")) == {"south", "credit_card"} for one in named)
    units = table[table["case"].isin(["unit_all", "unit_product"])]
    assert (units["excess"] > 0).all()
    assert set(table["status"]) <= {"supported", "not_supported", "presumed"}
    supported = table[table["status"] == "supported"]
    assert supported["sentence"].str.contains("the month with most of it is 2026-06").all()
    by_finding = causes.months.groupby("finding_id")[["now", "excess", "share"]].sum()
    np.testing.assert_allclose(by_finding.loc[supported.index, "excess"], supported["excess"])
    np.testing.assert_allclose(by_finding.loc[supported.index, "now"], supported["now"])
    np.testing.assert_allclose(by_finding["share"], 1.0)
    listed = listings.list_causes(causes, sample_findings).frame
    spoken = table[table["status"] != "presumed"]
    assert len(listed) == len(spoken) + table.loc[table["status"] == "presumed", "sentence"].nunique()
    assert not listed["Cause"].str.startswith("Presumed").any()
    assert set(causes.segments["segment"]) == {"south × credit_card"}
    assert json.loads(causes.segments["where"].iloc[0]) == {"region_id": "south", "product": "credit_card"}
    assert len(listings.list_segments(causes).frame) == 1
    assert len(listings.list_change(causes.decomposition).frame) == 6
    plots.plot(causes)
    again = load(save(causes, tmp_path / "causes"), type(causes))
    pd.testing.assert_frame_equal(again.table, causes.table)


@pytest.mark.parametrize(
    ("segment", "subject", "told"),
    [
        ({"region_id": "south", "product": "cards"}, {"product": "cards", "region_id": "south"}, True),
        ({"region_id": "", "product": "cards"}, {"product": "cards", "region_id": "south"}, True),
        ({"region_id": "north", "product": "cards"}, {"product": "cards", "region_id": "south"}, False),
        ({"region_id": "", "product": "loans"}, {"category": "getting a card", "channel": "web"}, False),
        ({"region_id": "", "product": "loans"}, {}, True),
    ],
)
def test_a_segment_is_about_what_it_has_in_common(segment, subject, told) -> None:
    assert _is_about(segment, subject) == told


def test_months_unknown_in_one_year_are_left_out_of_both(sample_tables) -> None:
    counts = count_two_periods(sample_tables, first="2026-01", last="2026-09")
    assert not {"2026-05", "2026-06"} & set(counts.months)
    nothing = count_two_periods(sample_tables, first="2022-10", last="2023-03")
    assert nothing.why == "no_year_before"
