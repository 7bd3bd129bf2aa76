"""Names that meet nothing: of policies, scenarios and registers, and of data; each is said, with a match."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_bank import make_scenario, only, sure_outlook

from riskmodels.catalogue import compare_names, unmatched_names
from riskmodels.parameters.risks import load_risks
from riskmodels.parameters.scenarios import load_scenario
from riskmodels.reporting.front_page import _turned_red
from riskmodels.reporting.listings import list_omitted, list_stress, list_unmatched
from riskmodels.reporting.plots import plot_stresstest
from riskmodels.results import load, save
from riskmodels.sources.drafts.code_words import likely_code
from riskmodels.stresstest import StressTest, stress

pytestmark = pytest.mark.whole

CHINESE = {"信用卡": "credit_card", "个人住房贷款": "mortgage", "理财产品": "wealth_management"}
MONTHS = pd.date_range("2024-07-01", "2024-09-01", freq="MS")


@pytest.fixture(scope="module")
def risks(project):
    return load_risks(project / "params" / "risks.yaml")


@pytest.fixture(scope="module")
def surge(project):
    return load_scenario(project / "params" / "scenarios" / "complaint_surge.yaml")


def bank(take_in, products, **tables):
    complaints = [
        {"complaint_id": f"c{place}-{number}", "received_at": f"2024-{7 + number % 3:02d}-05",
         "unit_id": "B1", "product": product}
        for place, product in enumerate(products) for number in range(12)
    ]  # fmt: skip
    exposure = [
        {"unit_id": "B1", "product": product, "month": str(month.date()), "accounts": 1000}
        for product in products for month in MONTHS
    ]  # fmt: skip
    return take_in(as_of="2024-09-30", complaints=complaints, exposure=exposure, **tables)


def kinds(found: pd.DataFrame, kind: str) -> pd.DataFrame:
    return found[found["kind"] == kind].set_index("name")


def test_names_of_the_sample_all_meet(sample_tables, default_policy, risks, surge, project) -> None:
    outage = load_scenario(project / "params" / "scenarios" / "system_outage.yaml")
    found = unmatched_names(sample_tables, default_policy, register=risks, scenarios=[surge, outage])
    assert found.empty
    assert list_unmatched(found).frame.empty


def test_products_in_another_language_are_said_with_the_policys_code(take_in, default_policy) -> None:
    found = unmatched_names(bank(take_in, CHINESE), default_policy)
    products = kinds(found, "product")
    assert products["likely_match"].to_dict() == CHINESE
    assert products["changes_figures"].all()
    assert products.loc["信用卡", "where"] == "complaints.product, exposure.product"
    general = default_policy.indicator("complaint_rate").limits
    assert f"(amber {general.amber:g}, red {general.red:g})" in products.loc["信用卡", "effect"]
    limits = kinds(found, "limits by product")
    assert set(limits.index) == set(default_policy.products)
    assert limits.loc["credit_card", "likely_match"] == "信用卡"
    assert limits.loc["payments", "likely_match"] == ""
    listing = list_unmatched(found)
    assert "Names that meet nothing: 9; figures are changed by 3 of them." in listing.sentence
    assert listing.frame["Name"].tolist()[:3] == sorted(CHINESE)


def test_the_policys_codes_are_no_strangers_and_other_products_have_no_match(take_in, default_policy) -> None:
    found = unmatched_names(bank(take_in, ["credit_card", "bancassurance"]), default_policy)
    assert kinds(found, "product")["likely_match"].to_dict() == {"bancassurance": ""}


def test_a_break_of_a_product_that_the_data_lack(take_in, default_policy) -> None:
    where = [{"month": "2024-08", "words": "fees", "where": {"product": "credit_card"}}]
    for name, said in (("信用卡", ["信用卡"]), ("credit_card", [])):
        tables = bank(take_in, [name], breaks={"complaints": where})
        found = unmatched_names(tables, default_policy)
        assert found.loc[found["kind"] == "break", "likely_match"].tolist() == said


def test_without_accounts_there_is_no_rate_and_so_no_limit_to_miss(take_in, default_policy) -> None:
    rows = [{"complaint_id": "c", "received_at": "2024-09-05", "unit_id": "B1", "product": "信用卡"}]
    assert unmatched_names(take_in(as_of="2024-09-30", complaints=rows), default_policy).empty


def test_a_scenario_of_a_product_that_the_data_lack(take_in, default_policy, surge) -> None:
    found = unmatched_names(bank(take_in, ["信用卡"]), default_policy, scenarios=[surge])
    row = kinds(found, "scenario product").loc["credit_card"]
    assert row["where"] == "scenario complaint_surge: levels.moderate.shocks.0.moves.0.product"
    assert row["likely_match"] == "信用卡"
    met = unmatched_names(bank(take_in, ["credit_card"]), default_policy, scenarios=[surge])
    assert kinds(met, "scenario product").empty


def test_signals_controls_and_events_that_nothing_has(take_in, default_policy, risks) -> None:
    losses = [{"loss_id": "l", "occurred_on": "2024-08-01", "recorded_on": "2024-08-02", "unit_id": "B1",
               "event_type": "External Fraud", "gross_loss": 5}]  # fmt: skip
    tables = bank(take_in, ["credit_card"], losses=losses)
    few = only(default_policy, "complaint_rate", "satisfaction")
    found = unmatched_names(tables, few, register=risks)
    assert "resolved_7wd" in kinds(found, "risk signal").index
    assert set(kinds(found, "risk count").index) == {"security_incidents"}
    events = found[(found["kind"] == "loss event type") & (found["where"] == "losses.event_type")]
    assert events[["name", "likely_match"]].to_numpy().tolist() == [["External Fraud", "external_fraud"]]
    assert "external_fraud" in kinds(found, "loss event type").index


def test_indicators_channels_units_and_peers(take_in, default_policy) -> None:
    surveys = [
        {"survey_id": f"s{n}", "answered_on": "2024-08-01", "unit_id": "B1", "channel": channel, "rating": 5}
        for n, channel in enumerate(["手机银行", "网点"])
    ]
    units = [{"unit_id": unit, "name_en": unit, "kind": "", "region_id": "r"} for unit in ("B1", "B2")]
    observed = [{"indicator_id": "retentoin", "unit_id": "B1", "month": "2024-08-01", "numerator": 1,
                 "denominator": 2}]  # fmt: skip
    tables = bank(take_in, ["credit_card"], surveys=surveys, units=units, observations=observed)
    renamed = default_policy.model_copy(
        update={
            "indicators": tuple(
                one.model_copy(update={"id": "satisfactoin"}) if one.id == "satisfaction" else one
                for one in default_policy.indicators
            )
        }
    )
    found = unmatched_names(tables, renamed)
    assert kinds(found, "observation")["likely_match"].to_dict() == {"retentoin": "retention"}
    assert kinds(found, "indicator")["likely_match"].to_dict() == {"satisfactoin": "satisfaction"}
    assert kinds(found, "channel").loc["mobile_app", "likely_match"] == "手机银行"
    assert kinds(found, "channel").loc["branch", "likely_match"] == "网点"
    assert not kinds(found, "unit").loc["B2", "changes_figures"]
    assert kinds(found, "peers").index.tolist() == ["kind"]


@given(names=st.lists(st.text(min_size=1, max_size=12), max_size=6, unique=True))
def test_every_name_is_either_known_or_said_once(names, default_policy) -> None:
    tables = {"complaints": {"product": names}, "exposure": {"product": names}}
    found = compare_names(tables, default_policy)
    said = found.loc[found["kind"] == "product", "name"].tolist()
    assert sorted(said) == sorted(set(names) - set(default_policy.products))
    likely = set(found.loc[found["kind"] == "product", "likely_match"]) - {""}
    assert likely <= set(default_policy.products)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Credit Card", "credit_card"), ("信用卡业务", "credit_card"), ("贷记卡", "credit_card"),
        ("借记卡", "current_account"), ("Home Loan", "mortgage"), ("按揭", "mortgage"), ("理财", "wealth_management"),
        ("转账汇款", "payments"), ("消费贷", "personal_loan"), ("Vehicle loan or lease", None), ("保险", None),
    ],
)  # fmt: skip
def test_what_people_call_a_product(name, code, default_policy) -> None:
    assert likely_code(name, default_policy.products) == code


# A scenario that does not apply


@pytest.fixture(scope="module")
def not_applied(take_in, default_policy, surge) -> StressTest:
    outlook = sure_outlook({"信用卡": 100.0, "mortgage": 50.0})
    return stress(bank(take_in, ["信用卡"]), surge, default_policy, outlook=outlook)


def test_a_scenario_that_cannot_apply_does_not_pass(not_applied, default_policy, tmp_path) -> None:
    assert not_applied.unapplied == ("credit_card",)
    assert not not_applied.raised
    assert not not_applied.applied
    assert "the scenario did not apply" in not_applied.sentence
    assert "no complaints about credit card" in not_applied.sentence
    assert "more than expected" not in not_applied.sentence
    assert not_applied.complaints["expected"].notna().all()
    assert not_applied.complaints["stressed"].isna().all()
    assert list_stress(not_applied, default_policy).frame.empty
    omitted = list_omitted(not_applied, default_policy).frame
    assert "did you mean '信用卡'?" in omitted["Why"].iloc[0]
    save(not_applied, tmp_path / "stress")
    assert load(tmp_path / "stress", StressTest).sentence == not_applied.sentence
    assert len(plot_stresstest(not_applied).lines) == 1


def test_the_front_page_names_a_scenario_that_did_not_apply(not_applied) -> None:
    figures = {figure.label: figure.value for figure in _turned_red([not_applied])}
    assert figures == {"Scenarios that did not apply, or only in part": "1 of 1: Surge of complaints"}


def test_what_applies_in_part_says_so(take_in, default_policy) -> None:
    surges = [{"product": name, "multiplier": 2.0, "months": 3} for name in ("mortgage", "gold")]
    outlook = sure_outlook({"mortgage": 50.0})
    result = stress(bank(take_in, ["mortgage"]), make_scenario(surges), default_policy, outlook=outlook)
    assert (result.raised, result.unapplied) == (True, ("gold",))
    assert "150 complaints more than expected" in result.sentence
    assert result.sentence.endswith("It did not apply to gold.")


def test_a_product_of_which_nothing_is_expected_is_not_raised(take_in, default_policy, surge) -> None:
    outlook = sure_outlook({"credit_card": 0.01, "mortgage": 50.0})
    result = stress(bank(take_in, ["credit_card"]), surge, default_policy, outlook=outlook)
    assert not result.raised
    assert result.omitted["reason"].iloc[0] == "none of these complaints are expected"
