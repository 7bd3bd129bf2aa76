"""The scorecard's results as they are read: listed, drawn, saved and loaded; of the shipped sample bank."""

import re

import matplotlib.pyplot as plt
import pytest
from test_results import assert_same

import riskmodels as rm
from riskmodels.labels import use_language
from riskmodels.rates import credibility_rates
from riskmodels.scorecard.movement import no_movements

pytestmark = pytest.mark.whole

PERIOD = "2026Q3"


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def results(sample_quarter, sample_tables, default_policy, register):
    _, card, movements = sample_quarter
    return {
        "card": card,
        "movements": movements,
        "gaps": rm.customer_gaps(sample_tables, default_policy, period=PERIOD),
        "risks": rm.assess_risks(sample_tables, default_policy, register, card),
        "detail": rm.explain_unit(card, default_policy, sample_tables, "B027", movements=movements),
        "robustness": rm.scorecard.compare_weights(card, default_policy),
        "sensitivity": rm.scorecard.score_sensitivity(card, default_policy, "B027"),
        "orders": rm.comparisons.order_complaints(sample_tables, card),
        "funnel": rm.comparisons.unit_funnel(card),
        "rates": credibility_rates([3, 30, 9.0], [10, 100, 10.0]),
        "lint": rm.register.lint_matrix([["green", "amber"], ["amber", "red"]]),
    }


@pytest.fixture
def listings(results, default_policy, register):
    return {
        "groups": rm.listings.list_groups(results["card"], default_policy),
        "contributions": rm.listings.list_contributions(results["detail"], default_policy),
        "movements": rm.listings.list_movements(results["movements"]),
        "robustness": rm.listings.list_robustness(results["robustness"], default_policy),
        "sensitivity": rm.listings.list_sensitivity(results["sensitivity"], default_policy),
        "orders": rm.listings.list_orders(results["orders"]),
        "gaps": rm.listings.list_gaps(results["gaps"], default_policy),
        "risks": rm.listings.list_risks(results["risks"], register, default_policy),
        "controls": rm.listings.list_controls(results["risks"], register, "mis_selling"),
        "matrix checks": rm.listings.list_matrix_checks(results["risks"]),
    }


def test_listings_are_sentences_and_tables_without_gaps(listings) -> None:
    for name, listing in listings.items():
        assert listing.sentence, name
        assert "{" not in listing.sentence, name
        assert len(listing.frame), name
        assert not re.search(r"\bnan\b|_", listing.frame.to_string()), name


def test_groups_are_named_for_people(listings) -> None:
    frame = listings["groups"].frame
    assert frame["Level"].drop_duplicates().tolist() == ["bank", "area", "category", "product"]
    assert {"Complaints", "conduct", "credit card"} <= set(frame["Name"])


def test_contributions_name_the_units_most_like_it(listings) -> None:
    assert "Most like it in size and products, with their scores: " in listings["contributions"].sentence
    assert listings["contributions"].frame["Indicator"].iloc[0] == "Complaint rate"


def test_other_weights_and_inputs_are_named(listings) -> None:
    ways = listings["robustness"].frame["Weighting"].tolist()
    assert {"weights: equal", "weights: entropy", "weights: ahp"} <= set(ways)
    assert "without: Complaint rate" in ways
    inputs = listings["sensitivity"].frame["Input"].tolist()  # two are alike within their errors
    assert set(inputs[:2]) == {"Complaint rate", "which weights are used"}
    assert f"knowing {inputs[0]} exactly" in listings["sensitivity"].sentence


def test_orders_say_why(listings) -> None:
    first = listings["orders"].frame.iloc[0]
    assert first["Unit"] == "Pine Hill Branch (B034)"
    assert "times the accounts" in first["Why"]


@pytest.mark.parametrize("name", ["card", "movements", "gaps", "risks", "detail", "funnel"])
def test_what_is_drawn_has_a_unit_and_fits_given_axes(name, results, default_policy) -> None:
    draw = {"gaps": rm.plots.plot_gaps, "detail": rm.plots.plot_unit}.get(name, rm.plot)
    _, axes = plt.subplots()
    assert draw(results[name], ax=axes) is axes
    axes.figure.canvas.draw()
    axes = draw(results[name])
    axes.figure.canvas.draw()
    assert any(
        re.search(r"\[|points|events|expected", text) for text in (axes.get_xlabel(), axes.get_ylabel())
    )


def test_the_movements_add_up_in_the_figure(results) -> None:
    axes = rm.plots.plot_movements(results["movements"])
    table = results["movements"].table.head(15)
    widths = sum(bar.get_width() for bars in axes.containers for bar in bars)
    assert widths == pytest.approx(table["change"].sum())


def test_a_first_quarter_is_drawn_too() -> None:
    rm.plot(no_movements("2022Q4")).figure.canvas.draw()


def test_a_funnel_without_units_is_drawn_too() -> None:
    axes = rm.plot(rm.rates.funnel([], [], target=1.0))
    axes.figure.canvas.draw()
    assert "within the limits: 0" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_gaps_and_risks_beyond_the_appetite_are_findings(
    results, sample_tables, default_policy, register
) -> None:
    found = rm.assess(
        default_policy,
        data=sample_tables,
        scorecard=results["card"],
        register=register,
        gaps=results["gaps"],
        risks=results["risks"],
    ).table
    gaps, risks = found[found["rule"] == "customer_gap"], found[found["rule"] == "risk_appetite"]
    assert sorted(gaps["subject_name"]) == ["Customer group: elderly", "Customer group: new resident"]
    assert gaps["condition"].str.contains("Resolved within seven working days: -5").any()
    assert (gaps["cause"] != "not in the risk register").all()
    beyond = results["risks"].table[results["risks"].table["rating"].isin(["red", "amber"])]
    assert len(risks) == len(beyond) > 0
    names = {risk.id: risk.name_en for risk in register.risks}
    assert risks["subject_name"].tolist() == [f"Risk: {names[name]}" for name in beyond["risk_id"]]
    assert (risks["severity"].to_numpy() == beyond["rating"].to_numpy()).all()
    assert (risks["value"] > risks["limit"]).all()
    assert risks["corrective_action"].str.len().min() > 10


def test_results_are_saved_and_loaded_as_they_are(results, tmp_path) -> None:
    for name, result in results.items():
        loaded = rm.load(rm.save(result, tmp_path / name), type(result))
        assert_same(loaded, result)


def test_a_second_language_uses_its_own_names(results, tmp_path) -> None:
    (tmp_path / "zh.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n', "utf-8")
    use_language("zh", folder=tmp_path)
    try:
        assert "投诉率" in results["detail"].sentence
    finally:
        use_language("en")
