"""Typical words: found where they were planted, in two languages, and nothing where narratives are alike."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom
from simulations import drawn_in_part, draws

from riskmodels.causes import compare_narratives, words_of_segment
from riskmodels.causes.explaining import Causes
from riskmodels.causes.typical_words import LEAST, _phrases, log_odds, words_of
from riskmodels.errors import ParameterError
from riskmodels.reporting import listings, plots
from riskmodels.results import load, save

ENGLISH = (
    *("the", "bank", "would", "not", "give", "my", "money", "back"),
    *("after", "many", "calls", "and", "letters", "about", "this", "account"),
)
CHINESE = ("客服", "没有", "解决", "问题", "多次", "投诉", "账户", "银行", "等待", "电话", "希望", "处理")


def texts(number: int, *, seed: int, planted: str = "", share: float = 0.0) -> pd.Series:
    """Draw narratives of some words, half of them Chinese; a share of them has what is planted."""
    rng = np.random.default_rng(seed)
    made = []
    for place in range(number):
        own = CHINESE if place % 2 else ENGLISH
        words = list(rng.choice(own, 6, replace=False))
        if rng.random() < share:
            words.insert(2, planted)
        made.append(("，" if place % 2 else " ").join(words))
    return pd.Series(made, dtype="str")


DIMENSION = {"south": "region_id", "gone": "region_id", "u2": "unit_id", "cards": "product", "p": "product"}


def causes_of(segment: str, first: str, last: str, *, named: bool = True) -> Causes:
    values = segment.split(" × ")
    where = json.dumps({DIMENSION[value]: value for value in values})
    row = {"segment": segment, "first": first, "last": last, "named": named, "where": where}
    return Causes(
        facts=pd.DataFrame(columns=["finding_id", "status"]), segments=pd.DataFrame([row]), months=pd.DataFrame(), decomposition=None,
        period="2024Q4", as_of=pd.Timestamp("2024-12-31").date(), data_digest="", false_alarm=0.05, seed=0,
    )  # fmt: skip


def test_log_odds_by_hand() -> None:
    odds, z = log_odds((np.array([10, 3]), np.array([5, 0])), (20, 80))
    for place, (inside, outside) in enumerate(((10, 5), (3, 0))):
        share = (inside + outside + 0.5) / 101  # of all narratives; the prior is worth ten of them
        with_in, without_in = inside + 10 * share, 20 - inside + 10 * (1 - share)
        with_out, without_out = outside + 10 * share, 80 - outside + 10 * (1 - share)
        wanted = math.log(with_in / without_in) - math.log(with_out / without_out)
        variance = 1 / with_in + 1 / without_in + 1 / with_out + 1 / without_out
        assert odds[place] == pytest.approx(wanted)
        assert z[place] == pytest.approx(wanted / math.sqrt(variance))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 90)), min_size=1, max_size=9))
def test_exchanged_sides_have_the_other_sign(rows) -> None:
    first, second = np.array(rows).T
    there, back = log_odds((first, second), (30, 90)), log_odds((second, first), (90, 30))
    assert np.isfinite(there).all()
    np.testing.assert_allclose(there, [-one for one in back], atol=1e-12)


def test_words_are_latin_words_and_chinese_runs_and_no_masks() -> None:
    given = pd.Series([
        "My XXXX card, XX/XX/2024 my CARD: xxxx don’t [phone] [e-mail] a ＡＴＭ", "年费，高", "Él pagó 100", "",
    ], dtype="str")  # fmt: skip
    words = words_of(given)
    by_text = words.groupby("narrative")["word"].apply(set)
    assert by_text[0] == {"my", "card", "don't", "atm"}
    assert by_text[1] == {"年费"}
    assert by_text[2] == {"él", "pagó"}
    assert not words.duplicated().any()


@pytest.mark.parametrize("planted", ["overdraft", "手续费太高"])
def test_planted_words_are_found_and_their_narratives_shown(planted) -> None:
    inside = texts(120, seed=1, planted=planted, share=0.4)
    found = compare_narratives(inside, texts(600, seed=2))
    assert found.table.loc[found.table["found"], "word"].tolist() == [planted]
    row = found.table.iloc[0]
    assert row["inside"] == inside.str.contains(planted).sum()
    assert row["p_adjusted"] == pytest.approx(
        hypergeom.sf(row["inside"] - 1, 720, row["inside"], 120) * found.compared, rel=1e-6
    )
    assert len(found.narratives) == 3
    assert found.narratives["text"].str.contains(planted).all()
    assert planted in found.sentence
    assert "at most 5% of those named are expected to be false" in found.sentence
    plots.plot(found)
    assert listings.list_narratives(found).frame.columns.tolist() == ["Narrative"]


@drawn_in_part
def test_nothing_is_found_where_narratives_are_alike() -> None:
    found = [
        compare_narratives(texts(60, seed=seed), texts(300, seed=900 + seed)) for seed in range(draws(30))
    ]
    assert sum(one.table["found"].any() for one in found) <= binom.ppf(0.999, draws(30), 0.05)
    quiet = next(one for one in found if not one.table["found"].any())
    assert "No word is typical of the excess beyond chance" in quiet.sentence
    assert quiet.narratives.empty
    plots.plot(quiet)


def test_what_is_shown_is_masked_short_and_at_most_three() -> None:
    letter = "Please call 13812345678 " + "or wait " * 40 + "about the overdraft " + "and so on " * 40
    inside = pd.concat([texts(60, seed=1), pd.Series([letter, letter + "now", *["overdraft of mine"] * 9])])
    found = compare_narratives(inside, texts(300, seed=2))
    shown = found.narratives["text"]
    assert 1 <= len(shown) <= 3
    assert shown.is_unique
    assert shown.str.len().max() <= 164
    assert shown.str.contains("overdraft").all()
    assert not shown.str.contains("138").any()


def test_pieces_of_a_phrase_are_joined() -> None:
    rows = pd.DataFrame(
        {"word": ["要求书面", "求书面答", "书面答复", "哈哈哈哈", "loan"], "inside": 5, "outside": 1}
    )
    assert _phrases(rows)["word"].tolist() == ["要求书面答复", "哈哈哈哈", "loan"]


@pytest.mark.parametrize("number", [0, 1, LEAST - 1])
def test_too_few_narratives_are_said(number) -> None:
    found = compare_narratives(texts(number, seed=1), pd.concat([texts(50, seed=2), pd.Series(["", None])]))
    assert found.why == "too_few"
    assert found.table.empty
    assert "Too few narratives of the excess" in found.sentence
    assert (found.inside, found.outside) == (number, 50)
    plots.plot(found)
    assert listings.list_narratives(found).frame.empty
    with pytest.raises(ParameterError, match="0 < false_share < 1"):
        compare_narratives(texts(30, seed=1), texts(30, seed=2), false_share=1.0)


@pytest.fixture(scope="module")
def bank(take_in):
    """Two years of complaints of two products and regions; fees are what cards in the south are about now."""
    rows = []
    drawn = texts(960, seed=4)
    for place in range(len(drawn)):
        month, product = place % 24, ("cards", "loans")[place // 24 % 2]
        unit = f"u{place // 48 % 4}"
        fee = unit > "u1" and product == "cards" and month >= 18 and place % 3
        rows.append({
            "complaint_id": f"c{place}", "received_at": f"{2023 + month // 12}-{month % 12 + 1:02d}-05",
            "unit_id": unit, "product": product, "narrative": f"annual fee {drawn[place]}" if fee else drawn[place],
        })  # fmt: skip
    units = [{"unit_id": f"u{place}", "name_en": f"U{place}", "region_id": ("north", "south")[place // 2]} for place in range(4)]  # fmt: skip
    return take_in(complaints=rows, units=units, as_of="2024-12-31")


def test_a_segment_is_compared_with_the_rest_of_its_product(bank, default_policy, tmp_path) -> None:
    words = words_of_segment(causes_of("south × cards", "2024-07", "2024-12"), bank, default_policy)
    assert (words.inside, words.outside) == (60, 180)  # of cards, in these months and a year before
    assert {"annual", "fee"} == set(words.table.loc[words.table["found"], "word"])
    assert words.sentence.startswith("Typical of south × cards (60 narratives), and not of the rest (180): ")
    assert not words.narratives["text"].str.contains(r"\bc\d+\b").any()
    again = load(save(words, tmp_path / "words"), type(words))
    pd.testing.assert_frame_equal(again.table, words.table)
    unit = words_of_segment(causes_of("u2 × cards", "2024-07", "2024-12"), bank, default_policy)
    assert unit.inside == 30


def test_without_narratives_or_a_segment_it_is_said(bank, take_in, default_policy) -> None:
    nothing = words_of_segment(causes_of("cards", "2024-07", "2024-12", named=False), bank, default_policy)
    assert nothing.sentence == "No segment was named whose narratives could be compared with others."
    silent = take_in(complaints="complaint_id,received_at,unit_id,product\nc,2024-01-01,u,p\n")
    made = words_of_segment(causes_of("cards", "2024-07", "2024-12"), silent, default_policy)
    assert made.sentence == "The source has no narratives whose words could be compared."
    counts = take_in(
        complaint_counts="period_start,period,unit_id,product,complaints\n2024-01-01,month,u,p,3\n"
    )
    assert (
        words_of_segment(causes_of("p", "2024-07", "2024-12"), counts, default_policy).why == "no_narrative"
    )
    strange = words_of_segment(causes_of("gone × cards", "2025-07", "2025-12"), bank, default_policy)
    assert strange.why == "too_few"


def test_real_narratives_of_mortgages_speak_of_mortgages(shared_data) -> None:
    """Narratives of the US CFPB (public): mortgages against cards and accounts; XXXX is no word."""
    rows = pd.read_csv(shared_data("text/cfpb_narratives_2022_2025.csv"), encoding="utf-8-sig")
    narrative, is_mortgage = rows["complaint_narrative"], rows["product_name"] == "Mortgage"
    found = compare_narratives(narrative[is_mortgage], narrative[~is_mortgage])
    words = set(found.table.loc[found.table["found"], "word"])
    assert {"mortgage", "loan", "escrow"} <= words
    assert not {one for one in words if set(one) <= {"x"}}
    assert len(found.narratives) == 3
    order = np.random.default_rng(1).permutation(len(narrative))
    alike = compare_narratives(narrative.iloc[order[:200]], narrative.iloc[order[200:]])
    assert not alike.table["found"].any()
