"""Why scores are what they are: contributions and movements that add up, other weights, single inputs, words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodels as rm
from riskmodels.catalogue import INDICATORS
from riskmodels.comparisons import order_complaints, unit_funnel
from riskmodels.errors import ParameterError
from riskmodels.rates import Posterior, risk_points
from riskmodels.scorecard import (
    PARTS,
    Movements,
    Scorecard,
    compare_weights,
    explain_movement,
    explain_unit,
    score_quarter,
    score_sensitivity,
)
from riskmodels.scorecard.explaining import contributions, nearest_peers
from riskmodels.scorecard.movement import no_movements
from riskmodels.scorecard.scores import score_rows

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def before(sample_quarter) -> Scorecard:
    return sample_quarter[0]


@pytest.fixture(scope="module")
def card(sample_quarter) -> Scorecard:
    return sample_quarter[1]


@pytest.fixture(scope="module")
def movements(sample_quarter) -> Movements:
    return sample_quarter[2]


# Contributions


def test_contributions_add_up_to_the_score(card) -> None:
    for unit in card.table["unit_id"]:
        parts = contributions(card, unit)
        assert parts["contribution"].sum() == pytest.approx(
            card.table.set_index("unit_id").loc[unit, "score"]
        )
        assert parts["share"].sum() == pytest.approx(1)
        assert parts["contribution"].is_monotonic_decreasing


def test_a_unit_is_explained_in_both_languages(card, default_policy, sample_tables, movements) -> None:
    found = explain_unit(card, default_policy, sample_tables, "B027", movements=movements)
    row = card.table.set_index("unit_id").loc["B027"]
    assert f"scores {row['score']:.0f} risk points" in found.sentence_en
    assert "Complaint rate (" in found.sentence_en
    assert "Since the last scorecard it has moved by" in found.sentence_en
    assert found.sentence == found.sentence_en
    assert "投诉率（" in found.sentence_zh
    assert "较上期变动" in found.sentence_zh
    assert len(found.summary()) == 15
    assert found.movement["unit_id"].tolist() == ["B027"]


def test_peers_are_of_like_size_and_mix(card, sample_tables) -> None:
    near = nearest_peers(sample_tables, card, "B034")
    assert len(near) == 5
    assert near["distance"].is_monotonic_increasing
    assert "B034" not in set(near["unit_id"])
    accounts = sample_tables.exposure.frame(["unit_id", "accounts"]).groupby("unit_id")["accounts"].sum()
    assert (accounts[near["unit_id"]] > accounts.median()).all()  # B034 is the biggest


def test_an_unknown_unit_is_refused(card, default_policy, sample_tables) -> None:
    with pytest.raises(ParameterError, match="no unit 'B999' in the scorecard of 2026Q3"):
        explain_unit(card, default_policy, sample_tables, "B999")
    with pytest.raises(ParameterError, match="no unit 'B999'"):
        score_sensitivity(card, default_policy, "B999")


# Movements


def test_movements_add_up(card, movements, before) -> None:
    table = movements.table
    np.testing.assert_allclose(table[list(PARTS)].sum(axis=1), table["change"], atol=1e-9)
    np.testing.assert_allclose(table["after"] - table["before"], table["change"], atol=1e-12)
    earlier = before.table.set_index("unit_id")["score"]
    np.testing.assert_allclose(table["before"], earlier[table["unit_id"]], atol=1e-9)
    by_unit = movements.indicators.groupby("unit_id")[["mix", "rate"]].sum().loc[table["unit_id"]]
    np.testing.assert_allclose(by_unit["mix"], table["mix"], atol=1e-9)
    np.testing.assert_allclose(by_unit["rate"], table["rate"], atol=1e-9)
    assert table[["revision", "policy"]].abs().max().max() < 1e-9  # the same data and policy
    assert table["change"].abs().is_monotonic_decreasing


def test_a_change_of_weights_is_policy_and_a_change_of_data_is_revision(card, before) -> None:
    rows = before.indicators
    heavier = rows["weight"] * np.where(rows["indicator_id"] == "complaint_rate", 3.0, 1.0)
    old = rescored(before, rows.assign(weight=heavier))
    parts = explain_movement(old, before, card).table
    assert parts["policy"].abs().max() > 0.5
    assert parts["revision"].abs().max() < 1e-9
    other = rescored(before, rows.assign(points=rows["points"] * 0.9))
    parts = explain_movement(other, before, card).table.set_index("unit_id")
    revised = before.table.set_index("unit_id")["score"] * 0.1
    np.testing.assert_allclose(parts["revision"], revised[parts.index], rtol=1e-6)
    np.testing.assert_allclose(parts[list(PARTS)].sum(axis=1), parts["change"], atol=1e-9)


def test_limits_that_move_are_policy(card, before) -> None:
    rows = before.indicators
    looser = rows.assign(**{name: rows[name] * np.where(rows["indicator_id"] == "upheld_rate", 0.7, 1.0)
                            for name in ("best", "amber", "red")})  # fmt: skip
    moved = explain_movement(rescored(before, looser), before, card).table
    assert (moved["policy"] <= 1e-9).all()  # the old limits were stricter, and points never fewer
    assert moved["policy"].min() < -0.1


def test_an_indicator_that_went_is_coverage(card, before) -> None:
    left = card.indicators[
        ~((card.indicators["indicator_id"] == "complaint_rate") & (card.indicators["unit_id"] == "B027"))
    ]
    moved = explain_movement(before, before, rescored(card, left)).table.set_index("unit_id")
    assert abs(moved.loc["B027", "coverage"]) > 1
    assert moved.loc["B027", list(PARTS)].sum() == pytest.approx(moved.loc["B027", "change"])


def test_a_mix_that_moves_with_its_limits_moves_no_points() -> None:
    """All accounts go from a product with 2 complaints a thousand to one with 4; limits follow: nothing happened."""
    then, now = (
        hand_made(mix=mix, before=2.0, limits=limits) for mix, limits in ((2.0, (3, 4)), (4.0, (6, 8)))
    )
    doubled = now.indicators.assign(b=now.indicators["b"] / 2, points=then.indicators["points"])
    moved = explain_movement(then, then, rescored(now, doubled)).table
    np.testing.assert_allclose(moved[["mix", "rate", "change"]], 0, atol=1e-9)


def test_a_rate_that_rises_against_its_limits_is_rate() -> None:
    then = hand_made(mix=2.0, before=2.0, limits=(3, 4))
    rows = then.indicators.assign(b=then.indicators["b"] / 1.2)
    now = rescored(then, with_points(rows))
    moved = explain_movement(then, then, now).table
    assert (moved["rate"] > 1).all()
    np.testing.assert_allclose(moved["rate"], moved["change"])


def test_movements_of_different_quarters_are_refused(card, before) -> None:
    with pytest.raises(ParameterError, match="previous is of 2026Q3, revised of 2026Q2"):
        explain_movement(card, before, card)


def test_the_first_quarter_has_no_movements(sample_tables, default_policy) -> None:
    _, moved = score_quarter(sample_tables, default_policy, period="2022Q4")
    assert moved.table.empty
    assert "do not know the quarter before" in moved.sentence
    assert rm.listings.list_movements(moved).frame.empty
    assert no_movements("2022Q4").summary().empty


# Weights and inputs


def test_the_policy_agrees_with_itself_and_others_are_compared(card, default_policy) -> None:
    found = compare_weights(card, default_policy)
    table = found.table.set_index(["kind", "way"])
    assert table.loc[("weights", "policy"), "rank_correlation"] == pytest.approx(1)
    assert table.loc[("weights", "policy"), "ratings_changed"] == 0
    assert {"equal", "entropy", "ahp"} <= set(table.loc["weights"].index)
    assert set(table.loc["without"].index) == set(card.units.loc[card.units["weight"] > 0, "indicator_id"])
    np.testing.assert_allclose(found.schemes.drop(columns="indicator_id").sum(), 1)
    assert found.units["unit_id"].nunique() == len(card.table)


def test_what_one_input_takes_away_is_its_share_of_the_variance(default_policy) -> None:
    """Scores are sums, so that with one scheme of weights first and total indices are shares of the variance."""
    rows = with_points(
        pd.concat(
            [rows_of("resolved_7wd", 0.3), rows_of("dual_control_rate", 0.5), rows_of("disclosure_rate", 0.2)]
        )
    )
    card = rescored(hand_made(mix=1.0, before=1.0, limits=(3, 4)), rows.reset_index(drop=True))
    areas = tuple(area.model_copy(update={"weight": 1.0}) for area in default_policy.areas)
    same = default_policy.model_copy(
        update={
            "areas": areas,
            "comparisons": (),
            "indicators": tuple(
                one.model_copy(update={"weight": 1.0})
                for one in default_policy.indicators
                if one.id in ("resolved_7wd", "dual_control_rate", "disclosure_rate")
            ),
        }
    )
    found = score_sensitivity(card, same, "a")
    table = found.table.set_index("input")
    own = card.units[card.units["unit_id"] == "a"].set_index("indicator_id")
    # equal areas of one indicator each: policy, equal weights alike; entropy's differ and are an input of their own
    assert table["first"].drop("weights").idxmax() == (own["points_sd"]).idxmax()
    assert (table["first"] <= table["total"] + table["total_error"] + table["first_error"]).all()
    assert 0.8 < table["first"].sum() <= 1.1
    assert found.variance > 0


def test_a_certain_score_has_nothing_to_reduce(card, default_policy) -> None:
    known = card.indicators["indicator_id"].map(lambda name: INDICATORS[name].family == "measured")
    rows = card.indicators[known & (card.indicators["unit_id"] != "")]
    found = score_sensitivity(rescored(card, rows), default_policy, "B001")
    assert found.table.empty
    assert "not uncertain" in found.sentence


# Scores


@given(seed=st.integers(0, 60))
def test_a_worse_indicator_never_improves_a_score(default_policy, seed) -> None:
    rng = np.random.default_rng(seed)
    rows = with_points(pd.concat([rows_of(name, 0.3) for name in ("resolved_7wd", "dual_control_rate")]))
    worse = rows["unit_id"].eq("a") & rows["indicator_id"].eq("resolved_7wd")
    step = rng.uniform(0, 20)
    other = with_points(rows.assign(a=rows["a"] - np.where(worse, np.minimum(step, rows["a"] / 2), 0),
                                    b=rows["b"] + np.where(worse, step, 0)))  # fmt: skip
    one, two = (
        score_rows(frame, frame["weight"].to_numpy(float), default_policy, key="unit_id", size=400).set_index(
            "unit_id"
        )
        for frame in (rows, other)
    )
    assert two.loc["a", "score"] >= one.loc["a", "score"] - 1e-9
    assert two.loc["b", "score"] == pytest.approx(one.loc["b", "score"])


def test_a_lacking_indicator_keeps_the_score_and_widens_it(default_policy) -> None:
    rows = with_points(pd.concat([rows_of(name, 0.4) for name in ("resolved_7wd", "dual_control_rate")]))
    lacking = rows[~((rows["unit_id"] == "a") & (rows["indicator_id"] == "dual_control_rate"))]
    alone = rows[rows["indicator_id"] == "resolved_7wd"]
    scored = {
        name: score_rows(frame, frame["weight"].to_numpy(float), default_policy, key="unit_id")
        .set_index("unit_id")
        .loc["a"]
        for name, frame in (("lacking", lacking), ("alone", alone))
    }
    assert scored["lacking"]["score"] == pytest.approx(scored["alone"]["score"])
    assert scored["lacking"]["coverage"] == pytest.approx(0.5)
    assert scored["alone"]["coverage"] == 1
    widths = {name: row["upper"] - row["lower"] for name, row in scored.items()}
    assert widths["lacking"] > 1.05 * 0.5 * widths["alone"]


def test_the_order_of_rows_changes_no_score(default_policy) -> None:
    rows = with_points(pd.concat([rows_of(name, 0.4) for name in ("resolved_7wd", "dual_control_rate")]))
    mixed = rows.sample(frac=1, random_state=3)
    one, two = (
        score_rows(f, f["weight"].to_numpy(float), default_policy, key="unit_id") for f in (rows, mixed)
    )
    pd.testing.assert_frame_equal(one[["unit_id", "score"]], two[["unit_id", "score"]])


# Complaints


BAD = "Lotus Brook Branch (B027)"


def test_three_orders_of_the_branches(card, sample_tables) -> None:
    found = order_complaints(sample_tables, card)
    first = found.table[found.table["rank"] == 1].set_index("measure")["unit"]
    assert first["complaints"] == "Pine Hill Branch (B034)"  # the biggest
    assert first["per 1,000 accounts"] == first["per 10,000 customers"] == BAD
    why = found.sentences.set_index("unit").loc["Pine Hill Branch (B034)"]
    assert "times the accounts" in why["sentence_en"]
    assert "账户数为中位数的" in why["sentence_zh"]


def test_the_funnel_names_the_bad_branch(card) -> None:
    found = unit_funnel(card)
    row = found.table.set_index("name").loc[BAD]
    assert row["outside"] >= 1
    assert row["value"] > 2
    share = unit_funnel(card, "resolved_7wd")
    assert share.proportion
    assert len(share.table) == 60
    with pytest.raises(ParameterError, match="no funnel of 'handling_days'"):
        unit_funnel(card, "handling_days")


# Hand-made cards


def rows_of(indicator_id: str, weight: float) -> pd.DataFrame:
    """Posteriors of two units, one near amber and uncertain, one good."""
    strength = {"resolved_7wd": 40.0, "dual_control_rate": 80.0, "disclosure_rate": 400.0}[indicator_id]
    units = {"a": 0.975, "b": 0.99}
    return pd.DataFrame(
        [
            {"indicator_id": indicator_id, "unit_id": unit, "numerator": 1.0, "denominator": 1.0, "value": share,
             "estimate": share, "lower": share, "upper": share, "peers": 0.98, "mix": 0.98, "mix_before": 0.98,
             "own": share, "own_size": strength, "best": 1.03, "amber": 0.99, "red": 0.95, "logged": 1.0, "dispersion": 1.0,
             "points": 0.0, "points_sd": 0.0, "a": share * strength, "b": (1 - share) * strength, "p_amber": 0.5,
             "p_red": 0.1, "left_out": 0.0, "rating": "insufficient", "weight": weight,
             "basis": "open", "figure": share, "own_sd": 0.0}
            for unit, share in units.items()
        ]
    )  # fmt: skip


def with_points(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the points of their posteriors."""
    rows = rows.reset_index(drop=True)
    for name, part in rows.groupby("indicator_id"):
        entry = INDICATORS[str(name)]
        family = "beta" if entry.family == "proportion" else "gamma"
        found = Posterior(family=family, a=part["a"].to_numpy(), b=part["b"].to_numpy(), scale=entry.scale)
        mean, variance, p_amber, p_red = found.points(
            *(part[one].to_numpy(float) for one in ("best", "amber", "red"))
        )
        rows.loc[part.index, ["points", "points_sd"]] = np.column_stack([mean, np.sqrt(variance)])
        rows.loc[part.index, ["p_amber", "p_red"]] = np.column_stack([p_amber, p_red])
    return rows


def hand_made(*, mix: float, before: float, limits: tuple[float, float]) -> Scorecard:
    """A card of one rate: 3 per 1,000 with a mix worth ``mix``, judged at these limits."""
    amber, red = map(float, limits)
    rows = pd.concat([rows_of("resolved_7wd", 1.0)]).assign(
        indicator_id="complaint_rate", best=2 * amber - red, amber=amber, red=red, mix=mix, mix_before=before,
        a=[40.0, 30.0], b=[40.0 / 0.0028, 30.0 / 0.002],
    )  # fmt: skip
    rows = with_points(rows)
    empty = Scorecard(
        table=pd.DataFrame(columns=["unit_id"]), indicators=rows, products=pd.DataFrame(), groups=pd.DataFrame(),
        unavailable=pd.DataFrame(), period="2026Q2", as_of=pd.Timestamp("2026-06-30").date(),
        policy=pd.Timestamp("2000-01-01").date(), data_digest="0",
    )  # fmt: skip
    return rescored(empty, rows)


def rescored(card: Scorecard, rows: pd.DataFrame) -> Scorecard:
    """The card with these rows, and the scores that follow from their points and weights."""
    used = rows[(rows["unit_id"] != "") & rows["amber"].notna() & (rows["weight"] > 0)]
    scores = (used["points"] * used["weight"]).groupby(used["unit_id"]).sum()
    scores = scores / used["weight"].groupby(used["unit_id"]).sum()
    table = pd.DataFrame(
        {"unit_id": scores.index, "name": scores.index, "score": scores.to_numpy(), "rating": "green"}
    )
    return replace(card, indicators=rows, table=table)


def test_points_of_the_hand_made_rows_are_those_of_their_values() -> None:
    rows = with_points(
        rows_of("disclosure_rate", 1.0).assign(a=lambda r: r["a"] * 1e5, b=lambda r: r["b"] * 1e5)
    )
    np.testing.assert_allclose(
        rows["points"], risk_points(rows["value"].to_numpy(), 1.03, 0.99, 0.95), atol=0.05
    )
