"""What a rating rests on: no colour against the quarter's own figure, none on few cases, none unsaid."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bank import make_card, only

from riskmodels.parameters.policy import Policy
from riskmodels.reporting.listings import list_ratings, list_units
from riskmodels.scorecard import Scorecard, score
from riskmodels.scorecard.grounds import FEWEST, own_figure, settle
from riskmodels.tables import Tables

pytestmark = pytest.mark.whole

LIMITS = {
    "dual_control_rate": (0.99, 0.95),
    "complaint_rate": (6.0, 8.0),
    "handling_days": (15.0, 20.0),
    "retention": (0.85, 0.8),
}
CASES = ("dual_control_rate", "handling_days", "retention")  # whose denominator counts cases
share = st.floats(0, 1)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(sorted(LIMITS)),
        st.sampled_from(["", "u1"]),
        st.integers(0, 30),  # cases
        *[share] * 5,  # the quarter's figure, the evidence, what is recalled, p_amber, p_red of it
        st.sampled_from(["red", "amber", "green", "insufficient", ""]),
        st.floats(1, 9),  # overdispersion
    ),
    min_size=1,
    max_size=12,
)


def rows_of(drawn) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows as they are before they are rated, with the ratings of the quarter before; nothing need fit."""
    rows = []
    for name, unit, cases, now, own, recalled, p_amber, p_red, _, dispersion in drawn:
        amber, red = LIMITS[name]
        worst = 2 * red if red > amber else 1.0
        value = now * worst if cases else np.nan
        size = cases * (1000.0 if name == "complaint_rate" else 1.0) / 6
        rows.append(
            {"indicator_id": name, "unit_id": unit, "numerator": np.nan_to_num(value) * size / 1000, "value": value,
             "denominator": size if name == "complaint_rate" else float(cases), "logged": 1.0, "amber": amber,
             "red": red, "p_amber": p_amber, "p_red": p_red * p_amber, "own": own * worst,
             "own_size": 2 * cases / dispersion, "dispersion": dispersion, "recalled": recalled * worst}
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    frame = frame.join(own_figure(frame))
    return frame, np.array([one[8] for one in drawn], dtype=object)


def beyond(rows: pd.DataFrame, figure: str, limit: str) -> pd.Series:
    return (rows[figure] - rows[limit]) * np.sign(rows["red"] - rows["amber"]) > 0


@given(drawn=ROWS, known=st.booleans())
def test_no_colour_stands_against_the_own_figure_or_on_few_cases(default_policy, drawn, known) -> None:
    rows, before = rows_of(drawn)
    found = rows.join(settle(rows, default_policy, before if known else None))
    counted = found[found["indicator_id"].isin(CASES)]
    enough = counted[counted["denominator"] >= FEWEST]
    for colour in ("red", "amber"):
        told = enough[enough["rating"] == colour]
        assert beyond(told, "value", colour).all()
        coloured = found[found["rating"] == colour]
        bare = coloured[(coloured["unit_id"] == "") | (coloured["indicator_id"] != "complaint_rate")]
        assert beyond(bare, "figure", colour).all()
        assert (beyond(coloured, "figure", colour) | coloured["basis"].isin(["despite", "held"])).all()
    assert (counted.loc[counted["rating"] != "insufficient", "own_size"] >= FEWEST).all()
    bank = found[(found["unit_id"] == "") & (found["rating"] == "green")]
    assert not beyond(bank, "own", "amber").any()


@given(drawn=ROWS)
def test_what_the_quarter_alone_does_not_bear_out_is_said(default_policy, drawn) -> None:
    rows, before = rows_of(drawn)
    found = rows.join(settle(rows, default_policy, before))
    fresh = settle(rows, default_policy, None)
    grey = found["rating"] == "insufficient"
    assert found.loc[grey, "basis"].isin(["few", "against", "open"]).all()
    told = found[~grey]
    assert told["basis"].isin(["quarter", "earlier", "despite", "held"]).all()
    assert (told.loc[told["rating"] != fresh["rating"][~grey], "basis"] == "held").all()
    by_quarter = told[told["basis"] == "quarter"]
    assert by_quarter["by_quarter"].all()
    assert not (beyond(by_quarter, "figure", "amber") & (by_quarter["rating"] == "green")).any()


# Small banks, through the whole pipeline: items inspected for dual control, amber at 99 %, red at 95 %


@pytest.fixture(scope="module")
def policy(default_policy: Policy) -> Policy:
    return only(default_policy, "dual_control_rate")


def inspected(take_in: Callable[..., Tables], counts: dict[str, list[tuple[int, int]]]) -> Tables:
    """A bank by unit: passed and inspected items of its last quarters, up to 2024Q3."""
    rows = []
    for unit, quarters in counts.items():
        for period, (passed, items) in zip(
            pd.period_range(end="2024Q3", periods=len(quarters), freq="Q"), quarters, strict=True
        ):
            for month in range(3):  # a third of them each month
                part = [(whole + month) // 3 for whole in (passed, items)]
                if part[1]:
                    day = f"{period.asfreq('M', 'start') + month}-15"
                    rows.append(
                        {"inspection_id": f"{unit}-{day}", "inspected_on": day, "unit_id": unit,
                         "kind": "dual_control", "items": part[1], "passed": min(part)}
                    )  # fmt: skip
    complaint = {
        "complaint_id": "c",
        "received_at": "2024-07-01",
        "unit_id": next(iter(counts)),
        "product": "p",
    }
    return take_in(complaints=[complaint], inspections=rows)


def row_of(card: Scorecard, unit_id: str) -> pd.Series:
    return card.indicators.set_index("unit_id").loc[unit_id]


def test_one_case_in_time_makes_no_bank_amber(take_in, policy) -> None:
    card = score(inspected(take_in, {"a": [(1, 1)]}), policy, period="2024Q3")
    bank = row_of(card, "")
    assert bank["p_amber"] > 0.8  # as Jeffreys' prior has it
    assert (bank["rating"], bank["basis"]) == ("insufficient", "few")
    assert set(card.groups["rating"]) == {"insufficient"}
    assert set(card.groups["basis"]) == {"few"}


def test_the_bank_is_not_held_against_its_own_quarter(take_in, policy) -> None:
    """7 of 11 closed in time, then 11 of 11: 100 % is not beyond any limit."""
    tables = inspected(take_in, {"a": [(7, 11), (11, 11)]})
    before = score(tables, policy, period="2024Q2")
    assert row_of(before, "")["rating"] == "red"
    amber = replace(before, indicators=before.indicators.assign(rating="amber"))
    for earlier in (before, amber):
        bank = row_of(score(tables, policy, period="2024Q3", previous=earlier), "")
        assert bank["value"] == 1.0
        assert bank["p_amber"] > policy.rating.hold
        assert bank["rating"] == "insufficient"


@pytest.fixture(scope="module")
def fallen(take_in, policy) -> Scorecard:
    """All were at 99.5 %, and fall to 72 %; but one has 27 of 27 and one 3 of 3."""
    counts = {f"u{place}": [*[(30, 30)] * 7, (29, 30), (22, 30)] for place in range(12)}
    counts |= {"good": [(27, 27)] * 9, "three": [*[(1, 1)] * 8, (3, 3)]}
    return score(inspected(take_in, counts), policy, period="2024Q3")


def test_a_unit_without_a_failure_is_not_red_since_all_others_fell(fallen) -> None:
    good = row_of(fallen, "good")
    assert (row_of(fallen, "")["rating"], row_of(fallen, "u0")["rating"]) == ("red", "red")
    assert (good["value"], good["rating"], good["basis"]) == (1.0, "insufficient", "against")
    assert good["own"] > 0.95  # what it remembers is its ratio to its peers, not their level


def test_a_unit_without_a_rated_indicator_has_no_colour_and_no_certain_score(fallen) -> None:
    units = fallen.table.set_index("unit_id")
    for unit in ("good", "three"):
        assert row_of(fallen, unit)["rating"] == "insufficient"
        assert (units.loc[unit, "rating"], units.loc[unit, "basis"]) == ("insufficient", "few")
        assert units.loc[unit, "upper"] - units.loc[unit, "lower"] > 20
    assert fallen.riskiest.startswith("u")


def test_no_unit_is_known_better_than_the_bank(fallen) -> None:
    rows = fallen.indicators.set_index("unit_id")
    width = (rows["upper"] - rows["lower"]) / (1 - rows["estimate"])
    assert (width.drop("") > 0.9 * width[""]).all()


@given(seed=st.integers(0, 100))
@settings(max_examples=6)
def test_in_random_banks_colours_are_borne_out_and_listed_alike(take_in, policy, seed) -> None:
    rng = np.random.default_rng(seed)
    level = rng.choice([1.0, 0.97, 0.7], 4)
    sizes = rng.choice([0, 1, 3, 6, 40], (5, 4))
    sizes[0] = 9
    counts = {
        f"u{unit}": [
            (int(rng.binomial(size, at)), int(size)) for size, at in zip(sizes[unit], level, strict=True)
        ]
        for unit in range(5)
    }
    tables = inspected(take_in, counts)
    before = score(tables, policy, period="2024Q2")
    card = score(tables, policy, period="2024Q3", previous=before)
    rows = card.indicators
    for colour in ("red", "amber"):
        told = rows[(rows["rating"] == colour) & (rows["denominator"] >= FEWEST)]
        assert beyond(told, "value", colour).all()
    coloured = rows[(rows["unit_id"] != "") & (rows["rating"] != "insufficient")]["unit_id"]
    units = card.table[card.table["rating"] != "insufficient"]["unit_id"]
    assert set(units) <= set(coloured)
    shown = list_units(card).frame.set_index("Unit")["Rating"]
    for unit, rating in shown.items():
        single = list_ratings(card, policy, unit_id=str(unit)).frame["Rating"].tolist()
        assert rating == "Not enough evidence" or single != ["Not enough evidence"]


def test_listings_say_what_a_rating_rests_on(default_policy) -> None:
    told = {
        "earlier": "earlier quarters, with which it is 90%; probability 97%",
        "held": "held from the quarter before; probability 97%",
        "despite": "earlier quarters; the quarter alone is 90%; probability 97%",
        "against": "90% speaks against it; probability beyond amber 97%, red 10%",
    }
    for basis, words in told.items():
        row = {
            "basis": basis,
            "rating": "amber",
            "figure": 0.9,
            "p_amber": 0.97,
            "p_red": 0.1,
            "dispersion": 3.0,
        }
        listing = list_ratings(make_card([row, {"unit_id": "u"}]), default_policy)
        assert listing.frame["Rests on"].tolist() == [words]
        assert "Resolved within seven working days (3 times)" in listing.sentence
    few = make_card(units=[{"basis": "few", "rating": "insufficient"}])
    assert list_units(few).frame["Rests on"].tolist() == ["no indicator has enough evidence for a colour"]
    wide = make_card([{"lower": 0.9}, {"unit_id": "u"}])
    assert "wider than some of theirs in: Resolved" in list_ratings(wide, default_policy).sentence
