"""Every shipped scenario at every severity, on the sample bank and on a real one: each ends, and says what lacks."""

import numpy as np
import pytest

import riskmodels as rm
from riskmodels.parameters.scenarios import load_scenarios
from riskmodels.stresstest import StressTest

pytestmark = pytest.mark.slow  # 72 stress tests


@pytest.fixture(scope="module")
def scenarios(project):
    return load_scenarios(project / "params" / "scenarios")


@pytest.fixture(scope="module")
def real(project, shared_data, tmp_path_factory):
    return rm.ingest(
        project / "params" / "sources" / "cfpb_bank_of_america.yaml",
        store=tmp_path_factory.mktemp("store"),
        files={"complaints": shared_data("cfpb/bank_of_america_2017_2021.parquet")},
    )


def all_of(tables, scenarios, policy, period) -> list[StressTest]:
    panel = rm.build_panel(tables.counted, by=["product"], last=period)
    share = rm.nowcast_where_logged(tables.counted, last=period).for_periods(panel.periods)
    card = rm.score_quarter(tables, policy, period=period)[0]
    known = {
        "outlook": rm.forecast(panel, horizon=6, calendar=tables.country, completeness=share),
        "losses": rm.assess_losses_if_sufficient(tables, last=period),
        "scorecard": card,
    }
    return [
        rm.stress(tables, scenario, policy, severity=severity, **known)
        for scenario in scenarios.values()
        for severity in scenario.levels
    ]


def check(found: list[StressTest]) -> None:
    assert len(found) == 36
    for one in found:
        assert one.sentence
        assert np.isfinite(one.table[["before", "after", "p_red"]].dropna().to_numpy()).all()
        assert (one.complaints["stressed"] >= one.complaints["expected"] - 1e-9).all() or not one.raised
        assert (one.omitted["reason"] != "").all()


def test_all_on_the_sample_bank(sample_tables, scenarios, default_policy) -> None:
    found = all_of(sample_tables, scenarios, default_policy, "2026Q3")
    check(found)
    assert all(len(one.handling) for one in found)
    assert all(one.applied for one in found)


def test_all_on_bank_of_america(real, scenarios, default_policy) -> None:
    """It has complaints alone: no accounts, no days of resolution, no losses."""
    found = all_of(real, scenarios, default_policy, "2021Q3")
    check(found)
    for one in found:
        assert one.handling.empty
        assert one.losses.empty
        if one.raised:
            said = set(one.omitted.itertuples(index=False, name=None))
            assert ("complaint_rate", "the source does not give this indicator") in said
    missing = {one.scenario.id for one in found if not one.applied}
    assert missing == {"mis_selling", "staff_shortage"}
