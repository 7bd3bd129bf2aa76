"""Does a scorecard predict the next quarter: perfect, useless and unknown predictors, on hand-made cards."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from small_bank import only

from riskmodels.errors import ParameterError
from riskmodels.reporting.listings.validations import list_validation
from riskmodels.results import load, save
from riskmodels.validation import scorecards
from riskmodels.validation.scorecards import (
    OUTCOMES,
    PREDICTORS,
    ScorecardValidation,
    foresight_of,
    validate_scorecard,
    worst_fifth,
)

pytestmark = pytest.mark.whole

QUARTERS = ("2025Q4", "2026Q1", "2026Q2")
UNITS = [f"u{number:02d}" for number in range(60)]
CARDS = QUARTERS[:2]
FEW = ("complaint_rate", "upheld_rate", "potential_loss_rate")


def cards_and_outcomes(seed=4):
    """Make cards of two quarters whose score is the risk of the next quarter and whose count is noise."""
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([CARDS, UNITS], names=["period", "unit_id"]).to_frame(index=False)
    risk = rng.random(len(keys))
    cards = keys.assign(
        score=100 * risk,
        credible_rate=risk + rng.normal(0, 0.3, len(keys)),
        raw_rate=risk + rng.normal(0, 0.6, len(keys)),
        count=rng.random(len(keys)),
        p_red=risk,
    )
    happened = keys.assign(
        period=keys["period"].map(dict(zip(CARDS, QUARTERS[1:], strict=True))),
        certain=risk > 0.7,
        score_red=rng.random(len(keys)) < risk,
        never=False,
    )
    return cards, happened


@pytest.fixture(scope="module")
def frames():
    return cards_and_outcomes()


@pytest.fixture(scope="module")
def found(frames):
    return foresight_of(*frames, draws=400)


def row(found, outcome, predictor):
    table = found.table.set_index(["outcome", "predictor"])
    return table.loc[(outcome, predictor)]


def test_a_perfect_predictor_is_found_perfect(found) -> None:
    best = row(found, "certain", "score")
    assert (best["auc"], best["auc_lower"], best["auc_upper"], best["ks"]) == (1, 1, 1, 1)
    assert (best["quarters"], best["units"], best["rows"]) == (2, 60, 120)


def test_a_useless_one_is_not_distinguished_from_chance(found) -> None:
    noise = row(found, "certain", "count")
    assert noise["auc_lower"] < 0.5 < noise["auc_upper"]
    assert noise["auc"] == pytest.approx(0.5, abs=0.12)


def test_the_next_quarter_counts_and_not_the_same(frames) -> None:
    cards, happened = frames
    same = foresight_of(cards, happened.assign(period=cards["period"]), draws=50)
    assert row(same, "certain", "score")["auc"] < 0.7  # only the first quarter has a next one, of other draws
    assert row(same, "certain", "score")["rows"] == 60
    gone = foresight_of(cards, happened.head(60).assign(period="2031Q1"), draws=50)
    assert (gone.table["rows"] == 0).all()
    assert gone.table["auc"].isna().all()


def test_the_last_outcome_is_a_predictor_where_it_is_known(found, frames) -> None:
    last = row(found, "certain", "last")
    assert (last["quarters"], last["rows"]) == (1, 60)  # of the first card it is not known
    cards, happened = frames
    first = happened[happened["period"] == "2026Q1"]
    again = pd.concat([first, first.assign(period="2026Q2")], ignore_index=True)
    assert row(foresight_of(cards, again, draws=50), "certain", "last")["auc"] == 1


def test_areas_are_compared_in_pairs(found) -> None:
    pairs = found.differences.set_index(["outcome", "predictor", "other"])
    better = pairs.loc[("certain", "score", "raw_rate")]
    assert better["difference"] == pytest.approx(1 - row(found, "certain", "raw_rate")["auc"], abs=1e-12)
    assert 0 < better["lower"] < better["difference"] < better["upper"]
    assert pairs.loc[("certain", "score", "last"), "rows"] == 60
    assert len(pairs) == 3 * 6


def test_two_names_of_one_predictor_do_not_differ(frames) -> None:
    cards, happened = frames
    twin = foresight_of(cards.assign(raw_rate=2 * cards["score"] + 1), happened, draws=100).differences
    same = twin[
        (twin["predictor"] == "score") & (twin["other"] == "raw_rate") & (twin["outcome"] == "certain")
    ]
    assert same[["difference", "lower", "upper"]].to_numpy().tolist() == [[0, 0, 0]]


def test_pairing_narrows_the_interval_of_predictors_that_agree(frames) -> None:
    cards, happened = frames
    near = cards["credible_rate"] + np.random.default_rng(1).normal(0, 0.02, len(cards))
    result = foresight_of(cards.assign(raw_rate=near), happened, draws=400)
    pair = result.differences.set_index(["outcome", "predictor", "other"]).loc[
        ("certain", "credible_rate", "raw_rate")
    ]
    alone = row(result, "certain", "credible_rate")
    assert pair["upper"] - pair["lower"] < (alone["auc_upper"] - alone["auc_lower"]) / 3


def test_one_outcome_only_is_unknown_and_said(found) -> None:
    rows = found.table[found.table["outcome"] == "never"]
    assert rows[["auc", "auc_lower", "auc_upper", "ks"]].isna().all(axis=None)
    assert (rows["positives"] == 0).all()
    assert found.differences[found.differences["outcome"] == "never"]["difference"].isna().all()
    assert "all or no units went wrong: never." in found.sentence


def test_the_sentence_names_what_holds_chance(frames) -> None:
    cards, happened = frames
    useless = foresight_of(
        cards.assign(score=cards["count"]), happened[["unit_id", "period", "certain"]], draws=200
    )
    assert "cannot be distinguished from chance (intervals hold 0.5): certain." in useless.sentence
    assert "Worse than it: certain." in useless.sentence
    assert "Ratings remember" not in useless.sentence
    good = foresight_of(cards, happened, draws=200)
    assert "better than chance: certain, a score rated red." in good.sentence
    assert "Better than the raw complaint rate: certain" in good.sentence
    assert "Ratings remember" in good.sentence
    silent = foresight_of(cards[["unit_id", "period", "count"]], happened, draws=20)
    assert silent.sentence == "There is no score to be tested."


def test_chances_are_calibrated_against_their_own_outcome(found, frames) -> None:
    cards, happened = frames
    wrong = happened["score_red"].to_numpy(float)
    assert row(found, "score_red", "p_red")["brier"] == pytest.approx(((cards["p_red"] - wrong) ** 2).mean())
    assert found.table["brier"].notna().sum() == 1
    table = found.calibration
    assert set(zip(table["outcome"], table["predictor"], strict=True)) == {("score_red", "p_red")}
    assert table["number"].sum() == 120
    inside = (table["lower"] <= table["mean_forecast"]) & (table["mean_forecast"] <= table["upper"])
    assert inside.mean() >= 0.6


def test_stability_is_zero_for_equal_scores_and_large_for_others(frames) -> None:
    cards, happened = frames
    equal = cards.assign(score=np.tile(np.arange(60.0), 2))
    still = foresight_of(equal, happened, draws=20).stability
    assert still[["first", "second", "units"]].to_numpy().tolist() == [["2025Q4", "2026Q1", 60]]
    assert still["psi"].tolist() == [0]
    assert still["by_chance"].tolist() == [pytest.approx(4 * 2 / 60)]
    moved = equal.assign(score=equal["score"] + 30 * (equal["period"] == "2026Q1"))
    after = foresight_of(moved, happened, draws=20).stability.iloc[0]
    assert after["psi"] > after["limit"] > after["by_chance"]
    assert after["second_mean"] - after["first_mean"] == 30
    apart = cards.assign(period=cards["period"].replace("2025Q4", "2024Q4"))
    assert foresight_of(apart, happened, draws=20).stability.empty


def test_unknown_values_are_left_out(frames) -> None:
    cards, happened = frames
    holes = cards.assign(raw_rate=cards["raw_rate"].where(cards.index % 4 > 0))
    lacking = happened.assign(certain=happened["certain"].astype(float).where(happened.index % 5 > 0))
    result = foresight_of(holes, lacking, draws=50)
    assert row(result, "certain", "score")["rows"] == 96
    assert row(result, "certain", "raw_rate")["rows"] == 72
    assert row(result, "never", "raw_rate")["rows"] == 90
    pairs = result.differences.set_index(["outcome", "predictor", "other"])
    assert pairs.loc[("certain", "score", "raw_rate"), "rows"] == 72


def test_the_order_of_rows_changes_nothing(frames) -> None:
    first = foresight_of(*frames, draws=50)
    second = foresight_of(*(frame.iloc[::-1] for frame in frames), draws=50)
    for name in ("table", "differences", "stability", "calibration"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


def test_frames_that_do_not_fit_are_refused(frames) -> None:
    cards, happened = frames
    with pytest.raises(ParameterError, match="cards: expected the columns unit_id and period"):
        foresight_of(cards.drop(columns="period"), happened)
    with pytest.raises(ParameterError, match="outcomes: unit u00 has two rows in 2026Q1"):
        foresight_of(cards, pd.concat([happened, happened.head(1)]))


def test_the_worst_fifth_by_hand() -> None:
    assert worst_fifth(np.arange(10)).tolist() == [0] * 8 + [1, 1]
    tied = worst_fifth([9, 7, 7, 1, 1, 1, 1, 1, 1, 1])  # two of ten may be in; the tie would make three
    assert tied.tolist() == [1] + [0] * 9
    assert worst_fifth([4, 0, 0, 0, 0, 0, 0, 0, 0, 0]).sum() == 1
    assert worst_fifth(np.zeros(10)).sum() == 0
    unknown = worst_fifth([np.nan, 1, 2, 3, 4, 5])
    assert np.isnan(unknown[0])
    assert unknown[1:].tolist() == [0, 0, 0, 0, 1]
    assert worst_fifth([]).size == 0


# The sample bank (synthetic, data/sample)


def test_quarters_are_needed(sample_tables, default_policy) -> None:
    with pytest.raises(ParameterError, match="at least one"):
        validate_scorecard(sample_tables, default_policy, quarters=[])
    with pytest.raises(ParameterError, match="is not a quarter"):
        validate_scorecard(sample_tables, default_policy, quarters=["2026-03"])


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_sample_bank_from_end_to_end(sample_tables, default_policy, tmp_path, monkeypatch, whole) -> None:
    policy = default_policy
    if not whole:
        policy = only(policy, *FEW)
        monkeypatch.setattr(scorecards, "foresight_of", partial(foresight_of, draws=100))
    found = validate_scorecard(sample_tables, policy, quarters=["2026Q2"])
    assert set(found.table["outcome"]) == set(OUTCOMES)
    assert set(found.table["predictor"]) == set(PREDICTORS)
    assert (found.table["rows"] == 60).all()
    worst = found.table[found.table["outcome"].str.endswith("worst_fifth")]
    assert worst["positives"].between(1, 12).all()
    assert worst["counted"].all()
    areas = found.table.dropna(subset=["auc_lower", "auc"])
    assert (areas["auc_lower"] <= areas["auc_upper"]).all()
    assert areas["auc"].between(0, 1).all()
    assert row(found, "score_worst", "score")["positives"] == 5
    assert row(found, "score_worst", "p_worst")["brier"] < 0.1
    assert found.data_digest == sample_tables.digest
    assert "<table" in found._repr_html_()
    assert len(list_validation(found).frame) == len(found.table)
    again = load(save(found, tmp_path / "foresight"), ScorecardValidation)
    pd.testing.assert_frame_equal(again.table, found.table)
    pd.testing.assert_frame_equal(again.calibration, found.calibration)
