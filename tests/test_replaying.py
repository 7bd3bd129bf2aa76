"""Past incidents replayed: sized by their first month alone, judged by the months after it."""

import numpy as np
import pandas as pd
import pytest
from small_bank import make_scenario

from riskmodels.backtesting.accuracy import interval_score
from riskmodels.errors import ParameterError
from riskmodels.sources import ingest
from riskmodels.stresstest import replay_complaints, replay_indicator

pytestmark = pytest.mark.whole

LASTS = {"product": "all", "multiplier": 2.0, "months": 6}


def fall(months=12, half_life=0.0):
    """A scenario in which fewer are answered in time."""
    change = {"low": -0.3, "mode": -0.2, "high": -0.1, "basis": "a test", "set_by": "a test"}
    move = {"what": "indicator", "indicator": "timely_response_rate", "change": change}
    named = {
        "id": "slow",
        "name_en": "Slow",
        "name_zh": "慢",
        "unit_en": "times",
        "unit_zh": "倍",
        "size": 1.0,
    }
    return make_scenario(
        severe={"shocks": [named | {"months": months, "half_life_months": half_life, "moves": [move]}]}
    )


@pytest.fixture(scope="module")
def bank(take_in):
    """Three years of 100 complaints a month, from February 2024 on 250; nine of ten are timely, then six."""
    rng = np.random.default_rng(5)
    rows = []
    for place, month in enumerate(pd.period_range("2022-01", "2024-12", freq="M")):
        after = place >= 25
        for _ in range(rng.poisson(250 if after else 100)):
            rows.append(
                {
                    "complaint_id": f"c{len(rows)}",
                    "received_at": f"{month}-{1 + len(rows) % 27:02d} 10:00:00",
                    "unit_id": "u",
                    "product": "card",
                    "timely_response": "true" if rng.random() < (0.6 if after else 0.9) else "false",
                }
            )
    return take_in(as_of="2024-12-31", country="GB", complaints=rows)


def test_complaints_that_stay_are_inside_the_stressed_interval(bank) -> None:
    found = replay_complaints(bank, make_scenario([LASTS]), start="2024-02", months=6)
    assert found.scale == pytest.approx(1.5, abs=0.3)  # 2.5 times as many, where the scenario has twice
    assert found.table["period"].tolist() == ["2024-03", "2024-04", "2024-05", "2024-06", "2024-07"]
    assert found.inside >= 0.8
    assert found.table["stressed_score"].mean() < found.table["score"].mean() / 3
    assert "inside the stressed 90% interval, 0% inside the one without" in found.sentence


def test_scores_are_those_of_the_intervals(bank) -> None:
    table = replay_complaints(bank, make_scenario([LASTS]), start="2024-02", months=4).table
    actual, lower, upper = (
        table[name].to_numpy() for name in ("observed", "stressed_lower", "stressed_upper")
    )
    assert table["stressed_score"].to_numpy() == pytest.approx(
        interval_score(actual, lower, upper, alpha=0.1)
    )


def test_the_months_judged_are_used_for_nothing(bank, take_in) -> None:
    frame = bank.complaints.frame(["complaint_id", "received_at", "unit_id", "product"])
    early = frame[frame["received_at"] < "2024-04-01"].astype({"received_at": "str"})
    short = take_in(as_of="2024-03-31", country="GB", complaints=early.to_dict("records"))
    whole = replay_complaints(bank, make_scenario([LASTS]), start="2024-02", months=2)
    part = replay_complaints(short, make_scenario([LASTS]), start="2024-02", months=2)
    assert part.scale == whole.scale
    assert part.table["stressed_upper"].tolist() == whole.table["stressed_upper"].tolist()


def test_a_product_that_comes_later_changes_nothing(bank, take_in) -> None:
    frame = bank.complaints.frame(["complaint_id", "received_at", "unit_id", "product"])
    new = [
        {"complaint_id": f"n{i}", "received_at": "2024-06-10 10:00:00", "unit_id": "u", "product": "account"}
        for i in range(5)
    ]
    rows = [*frame.astype({"received_at": "str"}).to_dict("records"), *new]
    later = take_in(as_of="2024-12-31", country="GB", complaints=rows)
    surge = make_scenario([{"product": "card", "multiplier": 2.0, "months": 6}])
    found, before = (replay_complaints(one, surge, start="2024-02", months=4) for one in (later, bank))
    assert found.scale == before.scale
    pd.testing.assert_frame_equal(
        found.table.filter(regex="upper|lower"), before.table.filter(regex="upper|lower")
    )


def test_how_many_cases_the_months_judged_have_is_not_known(bank, take_in, default_policy) -> None:
    frame = bank.complaints.frame(["complaint_id", "received_at", "unit_id", "product", "timely_response"])
    later = frame["received_at"] >= "2024-03-01"
    rows = pd.concat([frame, frame[later].assign(complaint_id="again " + frame["complaint_id"])])
    more = take_in(
        as_of="2024-12-31",
        country="GB",
        complaints=rows.astype({"received_at": "str", "timely_response": "str"}).to_dict("records"),
    )
    one, other = (
        replay_indicator(source, default_policy, fall(), "timely_response_rate", start="2024-02").table
        for source in (bank, more)
    )
    pd.testing.assert_frame_equal(one.filter(regex="upper|lower"), other.filter(regex="upper|lower"))


def test_where_nothing_is_known_of_how_it_fades_the_interval_reaches_both_ways(bank, default_policy) -> None:
    table = replay_indicator(
        bank, default_policy, fall(), "timely_response_rate", start="2024-02", months=6
    ).table
    assert (table["unsure_lower"] < table["stressed_upper"]).all()
    assert (table["unsure_upper"].iloc[1:] > table["lower"].iloc[1:]).all()
    assert (table["unsure_lower"].diff().dropna() > -0.01).all()  # it fades, if it does
    counts = replay_complaints(bank, make_scenario([LASTS]), start="2024-02", months=4).table
    assert (counts["unsure_lower"] < counts["stressed_lower"]).all()
    assert (counts["unsure_upper"] > counts["upper"]).all()


def test_an_incident_is_sized_by_its_first_month_whatever_the_size_of_the_scenario(bank) -> None:
    usual = make_scenario([LASTS])
    level = usual.level("severe")
    shocks = tuple(one.model_copy(update={"size": 2 * one.size}) for one in level.shocks)
    large = usual.model_copy(update={"levels": {"severe": level.model_copy(update={"shocks": shocks})}})
    found, other = (replay_complaints(bank, one, start="2024-02", months=4) for one in (usual, large))
    assert other.scale == pytest.approx(found.scale / 2)
    pd.testing.assert_frame_equal(other.table, found.table)


def test_bank_of_americas_fall_of_timeliness(project, shared_data, tmp_path, default_policy) -> None:
    """58% of June 2021 in time after 99%: it neither stayed nor went, which no shape had said beforehand."""
    tables = ingest(
        project / "params/sources/cfpb_bank_of_america.yaml",
        store=tmp_path,
        files={"complaints": shared_data("cfpb/bank_of_america_2017_2021.parquet")},
    )
    found = replay_indicator(
        tables, default_policy, fall(), "timely_response_rate", start="2021-06", months=7
    )
    table = found.table
    assert len(table) == 6  # all that are recorded
    assert found.inside == 0
    assert table["observed"].between(table["unsure_lower"], table["unsure_upper"]).all()
    assert table["unsure_score"].mean() < table["score"].mean() / 5


def test_a_month_as_usual_is_no_incident(bank) -> None:
    found = replay_complaints(bank, make_scenario([LASTS]), start="2023-06", months=4)
    assert found.scale < 0.25
    assert found.inside >= 2 / 3


@pytest.mark.parametrize(
    ("start", "scenario", "said"),
    [
        ("2022-06", make_scenario([LASTS]), "needs 12 months before it and one after"),
        ("2024-12", make_scenario([LASTS]), "needs 12 months before it and one after"),
        ("2030-01", make_scenario([LASTS]), "needs 12 months before it and one after"),
        ("soon", make_scenario([LASTS]), "soon is no period"),
        ("2024-02", fall(), "multiplies no complaints in its first month"),
    ],
)
def test_what_cannot_be_replayed_is_refused(bank, start, scenario, said) -> None:
    with pytest.raises(ParameterError, match=said):
        replay_complaints(bank, scenario, start=start)


def test_a_fall_of_timeliness_that_stays(bank, default_policy) -> None:
    found = replay_indicator(bank, default_policy, fall(), "timely_response_rate", start="2024-02", months=6)
    assert found.scale == pytest.approx(-0.3, abs=0.08)
    assert found.inside >= 0.8
    assert found.table["stressed_score"].mean() < found.table["score"].mean()
    fades = replay_indicator(
        bank, default_policy, fall(months=1, half_life=0.5), "timely_response_rate", start="2024-02", months=6
    )
    assert fades.inside < found.inside  # it did not fade
    with pytest.raises(ParameterError, match="does not move 'timely_response_rate' in its first month"):
        replay_indicator(
            bank, default_policy, make_scenario([LASTS]), "timely_response_rate", start="2024-02"
        )
    with pytest.raises(ParameterError, match="has no 'retention' by month"):
        replay_indicator(bank, default_policy, fall(), "retention", start="2024-02")


def test_the_sample_banks_shared_doubling(sample_tables, project) -> None:
    """Every rate doubles in October 2024 and stays there."""
    found = replay_complaints(
        sample_tables, make_scenario([LASTS]), start="2024-10", months=6, calendar=sample_tables.country
    )
    assert found.inside >= 0.6
    assert found.table["stressed_score"].mean() < found.table["score"].mean()
