"""The scorecard: ratings need evidence, scores are weighted means, and nothing irrelevant moves them."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodels.errors import ParameterError
from riskmodels.parameters.risks import load_risks
from riskmodels.periods.quarters import check_quarter
from riskmodels.rates import risk_points
from riskmodels.scorecard import RATINGS, score
from riskmodels.scorecard.grounds import rate_probabilities

pytestmark = pytest.mark.whole

PERIOD = "2024Q3"


# Risk points and ratings


def test_risk_points_by_hand_in_both_directions() -> None:
    np.testing.assert_allclose(
        risk_points(np.array([-1.0, 1, 2, 3, 4, 9]), 1.0, 2.0, 4.0), [0, 0, 50, 75, 100, 100]
    )
    np.testing.assert_allclose(
        risk_points(np.array([1.0, 0.95, 0.9, 0.85, 0.8, 0.1]), 1.0, 0.9, 0.8), [0, 25, 50, 75, 100, 100]
    )


@given(
    values=st.tuples(st.floats(-100, 100), st.floats(-100, 100)),
    amber=st.floats(-50, 50),
    step=st.floats(0.01, 50),
    worse=st.sampled_from([-1, 1]),
)
def test_a_worse_value_never_has_fewer_points(values, amber, step, worse) -> None:
    better, poorer = sorted(values) if worse > 0 else sorted(values, reverse=True)
    points = risk_points(np.array([better, poorer]), amber - worse * step, amber, amber + worse * step)
    assert 0 <= points[0] <= points[1] <= 100


@pytest.mark.parametrize(
    ("p_amber", "p_red", "rating"),
    [
        (1.0, 0.9, "red"),
        (0.8, 0.8, "red"),
        (0.9, 0.79, "amber"),
        (0.79, 0.1, "insufficient"),
        (0.5, 0.5, "insufficient"),
        (0.21, 0.0, "insufficient"),
        (0.2, 0.0, "green"),  # at most 1 - 0.8, which is less than 0.2 in floating point
        (0.0, 0.0, "green"),
        (float("nan"), float("nan"), "insufficient"),
    ],
)
def test_ratings_need_certainty(p_amber, p_red, rating) -> None:
    assert rate_probabilities(pd.Series([p_amber]), pd.Series([p_red]), 0.8).tolist() == [rating]


@pytest.mark.parametrize(
    ("previous", "p_amber", "p_red", "rating"),
    [
        ("red", 0.95, 0.65, "red"),  # still likelier than not
        ("red", 0.95, 0.55, "amber"),  # no more
        ("red", 0.10, 0.05, "green"),
        ("amber", 0.65, 0.10, "amber"),
        ("amber", 0.55, 0.10, "insufficient"),
        ("amber", 0.90, 0.85, "red"),  # evidence for another rating
        ("green", 0.35, 0.0, "green"),
        ("green", 0.85, 0.2, "amber"),
        ("insufficient", 0.65, 0.6, "insufficient"),  # not enough evidence is nothing to keep
        ("", 0.65, 0.6, "insufficient"),
    ],
)
def test_a_rating_is_kept_while_it_holds(previous, p_amber, p_red, rating) -> None:
    found = rate_probabilities(
        pd.Series([p_amber]), pd.Series([p_red]), 0.8, previous=np.array([previous], dtype=object), hold=0.6
    )
    assert found.tolist() == [rating]


# A small bank. Unit -> (credit-card accounts, mortgage accounts, complaints, inspected items, passed items)

UNITS = {
    "big": (200_000, 100_000, 150, 400, 400),
    "clean": (100_000, 40_000, 70, 300, 299),
    "failing": (40_000, 80_000, 400, 200, 160),
    "tiny": (200, 100, 0, 1, 1),
}
WANTED = ("complaint_rate", "dual_control_rate")


def make_bank(
    take_in, units, *, reverse: bool = False, months: tuple[str, ...] = ("07", "08", "09"), kinds=None
):
    complaints, exposure, inspections = [], [], []
    for unit, (cards, mortgages, received, items, passed) in units.items():
        for number in range(received):
            day = f"2024-{months[number % len(months)]}-{1 + number % 27:02d} 10:00:00"
            complaints.append(
                {
                    "complaint_id": f"{unit}-{number}",
                    "received_at": day,
                    "unit_id": unit,
                    "product": "credit_card",
                }
            )
        for month in months:
            for product, accounts in (("credit_card", cards), ("mortgage", mortgages)):
                exposure.append(
                    {"unit_id": unit, "product": product, "month": f"2024-{month}-01", "accounts": accounts}
                )
        inspections.append(
            {
                "inspection_id": unit,
                "inspected_on": "2024-08-15",
                "unit_id": unit,
                "kind": "dual_control",
                "items": items,
                "passed": passed,
            }
        )
    # by December everybody has mortgages only: the mix of the quarter is what counts
    exposure += [
        {"unit_id": unit, "product": "mortgage", "month": "2024-12-01", "accounts": 9_000_000}
        for unit in units
    ]
    step = -1 if reverse else 1
    tables = {"complaints": complaints, "exposure": exposure, "inspections": inspections}
    if kinds:
        tables["units"] = [{"unit_id": unit, "name_en": unit, "kind": kind} for unit, kind in kinds.items()]
    return take_in(**{name: rows[::step] for name, rows in tables.items()})


@pytest.fixture(scope="module")
def policy(default_policy):
    return with_indicators(default_policy, WANTED)


def with_indicators(policy, wanted):
    chosen = tuple(indicator for indicator in policy.indicators if indicator.id in wanted)
    return policy.model_copy(update={"indicators": chosen})


@pytest.fixture(scope="module")
def bank(take_in):
    return make_bank(take_in, UNITS)


@pytest.fixture(scope="module")
def card(bank, policy):
    return score(bank, policy, period=PERIOD)


def ratings_of(card, indicator_id):
    rows = card.indicators[card.indicators["indicator_id"] == indicator_id]
    return rows.set_index("unit_id")["rating"]


def test_limits_are_weighted_by_the_products_of_the_quarter(card) -> None:
    rows = card.indicators[card.indicators["indicator_id"] == "complaint_rate"].set_index("unit_id")
    # credit card 6 / 8, mortgage 4.5 / 6
    assert rows.loc["big", "amber"] == pytest.approx((2 * 6 + 1 * 4.5) / 3)
    assert rows.loc["big", "red"] == pytest.approx((2 * 8 + 1 * 6) / 3)
    assert rows.loc["failing", "amber"] == pytest.approx((40 * 6 + 80 * 4.5) / 120)
    cards, mortgages = (sum(unit[place] for unit in UNITS.values()) for place in (0, 1))
    assert rows.loc["", "amber"] == pytest.approx((cards * 6 + mortgages * 4.5) / (cards + mortgages))
    assert rows.loc["failing", "value"] == pytest.approx(400 / (120_000 / 4) * 1000)


def test_ratings_of_the_small_bank(card) -> None:
    rates, checks = ratings_of(card, "complaint_rate"), ratings_of(card, "dual_control_rate")
    assert rates[["big", "clean", "failing"]].tolist() == ["green", "green", "red"]
    assert checks[["big", "clean", "failing"]].tolist() == ["green", "green", "red"]
    table = card.table.set_index("unit_id")
    assert table.index[0] == "failing"
    assert table.loc["failing", "rating"] == "red"
    assert table.loc["big", "rating"] == "green"
    assert table.loc["failing", ["rank_lower", "rank_upper"]].tolist() == [1, 1]


def test_a_tiny_unit_is_neither_good_nor_bad(card) -> None:
    assert ratings_of(card, "complaint_rate")["tiny"] == "insufficient"
    assert ratings_of(card, "dual_control_rate")["tiny"] == "insufficient"
    assert card.table.set_index("unit_id").loc["tiny", "rating"] == "insufficient"


@pytest.mark.parametrize("failing", [0.0, 0.2, 0.9])
def test_a_perfect_record_of_one_trial_is_never_amber_or_red(take_in, default_policy, failing) -> None:
    others = (100_000, 100_000, 100, 500, round(500 * (1 - failing)))
    tables = make_bank(take_in, {"other": others, "one": (100, 100, 0, 1, 1)})
    card = score(tables, with_indicators(default_policy, ["dual_control_rate"]), period=PERIOD)
    assert ratings_of(card, "dual_control_rate")["one"] == "insufficient"
    assert card.table.set_index("unit_id").loc["one", "rating"] == "insufficient"


def test_a_score_is_the_mean_of_points_weighted_by_area(take_in, default_policy) -> None:
    # so many trials that the draws hardly vary: 0.97 of dual control is 75 points, 5.5 of 5.25 / 7 by mix
    tables = make_bank(take_in, {"one": (400, 400, 1, 4_000_000, 3_880_000), "two": (400, 400, 1, 9, 9)})
    measured = with_indicators(default_policy, ["dual_control_rate", "compliance_pass_rate"])
    only = score(tables, measured, period=PERIOD)  # compliance is missing: all weight on dual control
    assert only.table.set_index("unit_id").loc["one", "score"] == pytest.approx(75, abs=0.2)
    assert only.unavailable["indicator_id"].tolist() == ["compliance_pass_rate"]
    both = score(tables, with_indicators(default_policy, WANTED), period=PERIOD)
    points = both.indicators[both.indicators["unit_id"] == "one"].set_index("indicator_id")
    assert both.table.set_index("unit_id").loc["one", "indicators"] == 2
    weights = {area.id: area.weight for area in default_policy.areas}
    complaints = score(tables, with_indicators(default_policy, ["complaint_rate"]), period=PERIOD)
    alone = complaints.table.set_index("unit_id").loc["one", "score"]
    a, b = weights["complaints"], weights["operations_and_systems"]
    expected = (a * alone + b * 75) / (a + b)
    assert points.index.tolist() == ["complaint_rate", "dual_control_rate"]
    assert both.table.set_index("unit_id").loc["one", "score"] == pytest.approx(expected, abs=0.2)


def test_weights_have_no_unit(bank, policy, card) -> None:
    areas = tuple(area.model_copy(update={"weight": area.weight / 7}) for area in policy.areas)
    chosen = tuple(one.model_copy(update={"weight": one.weight * 3}) for one in policy.indicators)
    other = score(bank, policy.model_copy(update={"areas": areas, "indicators": chosen}), period=PERIOD)
    pd.testing.assert_frame_equal(other.table, card.table)


def test_the_order_of_rows_and_a_second_run_change_nothing(take_in, bank, policy, card) -> None:
    reversed_rows = score(make_bank(take_in, UNITS, reverse=True), policy, period=PERIOD)
    for other in (reversed_rows, score(bank, policy, period=PERIOD)):
        pd.testing.assert_frame_equal(other.table, card.table)
        pd.testing.assert_frame_equal(other.indicators, card.indicators)


def test_an_indicator_without_limits_is_watched_and_not_rated(bank, policy) -> None:
    watched = tuple(
        one.model_copy(update={"limits": None, "limits_by_product": {}})
        if one.id == "complaint_rate"
        else one
        for one in policy.indicators
    )
    card = score(bank, policy.model_copy(update={"indicators": watched}), period=PERIOD)
    assert set(ratings_of(card, "complaint_rate")) == {""}
    assert (card.table["indicators"] == 1).all()


def test_no_rated_unit_gives_an_empty_table(bank, policy) -> None:
    none = tuple(one.model_copy(update={"weight": 0.0}) for one in policy.indicators)
    card = score(bank, policy.model_copy(update={"indicators": none}), period=PERIOD)
    assert card.table.empty
    assert card.summary().empty


def test_previous_gives_change_and_rating(bank, policy, card) -> None:
    earlier = card.table[card.table["unit_id"] != "clean"].assign(score=10.0, rating="green")
    previous = type(card)(**{**vars(card), "table": earlier, "period": "2024Q2"})
    table = score(bank, policy, period=PERIOD, previous=previous).table.set_index("unit_id")
    assert table.loc["big", "previous_rating"] == "green"
    assert table.loc["failing", "change"] == pytest.approx(table.loc["failing", "score"] - 10)
    assert table.loc["clean", "previous_rating"] == ""
    assert np.isnan(table.loc["clean", "change"])
    assert set(card.table["previous_rating"]) == {""}
    assert card.table["change"].isna().all()


# Availability: a quarter of 132,480 minutes, amber at 99.95 % (66 minutes lost), red at 99.9 % (132)


def availability(take_in, policy, outages, *, lost=None):
    """Rate a quarter of which August had outages of so many minutes each."""
    lost = sum(outages) if lost is None else lost
    service = {"07": 31 * 1440, "08": 31 * 1440, "09": 30 * 1440}
    observations = [
        {"indicator_id": "system_availability", "month": f"2024-{month}-01",
         "numerator": minutes - (lost if month == "08" else 0), "denominator": minutes}
        for month, minutes in service.items()
    ]  # fmt: skip
    tables = {"complaints": [{"complaint_id": "c", "received_at": "2024-07-01", "unit_id": "u", "product": "p"}],
              "observations": observations}  # fmt: skip
    starts = [pd.Timestamp("2024-08-02") + pd.Timedelta(days=place) for place in range(len(outages))]
    incidents = [
        {"incident_id": f"i{place}", "kind": "outage", "started_at": start.isoformat(),
         "ended_at": (start + pd.Timedelta(minutes=minutes)).isoformat()}
        for place, (start, minutes) in enumerate(zip(starts, outages, strict=True))
    ]  # fmt: skip
    if incidents:
        tables["incidents"] = incidents
    card = score(take_in(**tables), with_indicators(policy, ["system_availability"]), period=PERIOD)
    return card.indicators.iloc[0]


@pytest.mark.parametrize(
    ("outages", "rating"),
    [
        ([], "green"),  # none in three months
        ([5] * 6, "green"),  # 30 minutes
        ([10] * 17, "red"),  # 170 minutes
        ([170], "amber"),  # the same minutes, in one incident
    ],
)
def test_availability_varies_by_incident(take_in, default_policy, outages, rating) -> None:
    assert availability(take_in, default_policy, outages)["rating"] == rating


def test_availability_is_never_certain(take_in, default_policy) -> None:
    none = availability(take_in, default_policy, [])
    assert (none["value"], none["p_red"] > 0, none["lower"] < 1) == (1.0, True, True)
    many, one = (availability(take_in, default_policy, outages) for outages in ([4] * 20, [80]))
    unexplained = availability(take_in, default_policy, [], lost=80)
    assert many["value"] == one["value"] == unexplained["value"]
    assert many["lower"] > one["lower"]
    assert unexplained["lower"] == one["lower"]
    assert one["upper"] <= 1


# Periods


@pytest.mark.parametrize(
    "period",
    ["", "2026", "2026Q5", "2026Q0", "2026q3", "2026-Q3", "2026Q3 ", "2026Q3\n", "26Q3", "0000Q1", "２０２６Q3",
     "../../etc", "../../etc/passwd", "2026Q3/..", "2026-09", "2026Q3'; DROP TABLE complaints; --", "\x002026Q"],
)  # fmt: skip
def test_a_period_that_is_no_quarter_is_refused(bank, policy, period) -> None:
    with pytest.raises(ParameterError, match="is not a quarter"):
        score(bank, policy, period=period)


def test_a_quarter_is_read() -> None:
    assert str(check_quarter("2026Q3").asfreq("M", "end")) == "2026-09"


@pytest.mark.parametrize("period", ["2019Q1", "2031Q4"])
def test_a_quarter_without_data_is_refused(bank, policy, period) -> None:
    with pytest.raises(ParameterError, match=f"no indicator in {period}"):
        score(bank, policy, period=period)


# The sample bank (synthetic, data/sample)


@pytest.fixture(scope="module")
def truth(project):
    return json.loads((project / "data" / "sample" / "truth.json").read_text(encoding="utf-8"))


def test_the_small_bad_branch_is_the_riskiest(sample_card, truth) -> None:
    assert sample_card.table["unit_id"].iloc[0] == truth["bad_branch"]["unit_id"]


def test_the_big_ordinary_branch_is_not_red(sample_card, truth) -> None:
    unit = truth["big_branch"]["unit_id"]
    assert sample_card.table.set_index("unit_id").loc[unit, "rating"] == "green"
    assert ratings_of(sample_card, "complaint_rate")[unit] == "green"


def test_overdispersion_of_the_sample_bank_is_found(sample_card, truth) -> None:
    rows = sample_card.indicators[sample_card.indicators["indicator_id"] == "complaint_rate"]
    units = rows[rows["unit_id"] != ""]
    assert units["dispersion"].iloc[0] == pytest.approx(truth["variance"]["ratio"], rel=0.2)


def test_everything_is_in_its_range(sample_card) -> None:
    table, rows = sample_card.table, sample_card.indicators
    assert (table["lower"] <= table["score"]).all()
    assert (table["score"] <= table["upper"]).all()
    assert table[["lower", "upper"]].to_numpy().min() >= 0
    assert table["upper"].max() <= 100
    assert table["p_red"].between(0, 1).all()
    assert table["score"].is_monotonic_decreasing
    assert table["rank"].tolist() == list(range(1, 61))
    assert (table["rank_lower"] <= table["rank_upper"]).all()
    assert table["rank_lower"].min() >= 1
    assert table["rank_upper"].max() <= 60
    assert set(table["rating"]) <= set(RATINGS)
    limited = rows[rows["amber"].notna()]
    assert limited["p_red"].min() >= 0
    assert limited["p_amber"].max() <= 1
    assert (limited["p_red"] <= limited["p_amber"]).all()
    assert set(limited["rating"]) <= set(RATINGS)
    assert (rows["lower"] <= rows["upper"]).all()
    assert (rows["lower"] >= 0).all()
    assert np.isfinite(rows[["estimate", "lower", "upper", "dispersion"]]).all(axis=None)
    assert (rows["value"].notna() == (rows["denominator"] > 0)).all()  # else earlier quarters alone count
    assert ((rows["lower"] <= rows["estimate"]) & (rows["estimate"] <= rows["upper"])).all()
    assert table["p_worst"].sum() == pytest.approx(5)
    assert table["coverage"].between(0, 1).all()


def test_the_card_shows_itself(sample_card, default_policy) -> None:
    assert sample_card.sentence.startswith("2026Q3: 60 units rated: ")
    assert len(sample_card.summary()) == 15
    assert "<table" in sample_card._repr_html_()
    named = set(sample_card.bank["indicator_id"]) | set(sample_card.unavailable["indicator_id"])
    assert named == {indicator.id for indicator in default_policy.indicators}


def test_complaints_not_logged_yet_are_allowed_for(sample_card, sample_tables, default_policy) -> None:
    """A tenth of the last quarter's complaints comes in later: values do not have them, estimates do."""
    rates = sample_card.indicators[sample_card.indicators["indicator_id"] == "complaint_rate"]
    logged = rates["logged"].unique()
    assert len(logged) == 1
    assert 0.85 < logged[0] < 0.95
    bank = rates[rates["unit_id"] == ""].iloc[0]
    assert bank["estimate"] == pytest.approx(bank["value"] / logged[0], rel=0.01)
    others = sample_card.indicators[sample_card.indicators["indicator_id"] != "complaint_rate"]
    assert (others["logged"] == 1).all()
    earlier = score(sample_tables, default_policy, period="2025Q4").indicators
    assert (earlier["logged"] > 0.999).all()


def test_peers_are_of_the_same_kind(take_in, default_policy) -> None:
    """Two kinds of units, one with five times the complaints of the other: nobody is pulled to the other kind."""
    counted = {f"b{n}": (40_000, 40_000, 60 + n, 40, 40) for n in range(4)}
    counted |= {f"s{n}": (40_000, 40_000, 300 + n, 40, 40) for n in range(4)}
    tables = make_bank(take_in, counted, kinds={unit: unit[0] for unit in counted})
    peers = score(tables, with_indicators(default_policy, ["complaint_rate"]), period=PERIOD).units.set_index(
        "unit_id"
    )
    assert (peers.loc["b0", "peers"], peers.loc["s0", "peers"]) == (
        pytest.approx(3.1, abs=0.1),
        pytest.approx(15, abs=0.5),
    )
    all_alike = default_policy.model_copy(
        update={"rating": default_policy.rating.model_copy(update={"peers": "bank"})}
    )
    mixed = score(tables, with_indicators(all_alike, ["complaint_rate"]), period=PERIOD).units.set_index(
        "unit_id"
    )
    assert mixed.loc["b0", "peers"] > 8


def test_scores_of_the_bank_its_areas_categories_and_products(sample_card, default_policy, project) -> None:
    register = load_risks(project / "params" / "risks.yaml")
    card = sample_card
    groups = card.groups.set_index(["level", "id"])
    bank = card.bank[card.bank["amber"].notna()]
    expected = (bank["points"] * bank["weight"]).sum() / bank["weight"].sum()
    assert groups.loc[("bank", "bank"), "score"] == pytest.approx(expected)
    assert set(groups.loc["area"].index) == {area.id for area in default_policy.areas}
    assert set(groups.loc["category"].index) == {risk.category for risk in register.risks}
    signals = {s for risk in register.risks if risk.category == "outsourcing" for s in risk.signals}
    assert groups.loc[("category", "outsourcing"), "indicators"] == bank["indicator_id"].isin(signals).sum()
    assert set(groups.loc["product"].index) == set(card.products["product"])


def test_the_probabilities_to_be_among_the_worst_add_up(sample_card) -> None:
    assert sample_card.table["p_worst"].sum() == pytest.approx(5)
    assert sample_card.draws == 2000
