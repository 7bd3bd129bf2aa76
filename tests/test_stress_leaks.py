"""What happened or was entered after the period assessed changes nothing in its stress test."""

import numpy as np
import pandas as pd
import pytest
from small_bank import make_scenario, only, sure_outlook

from riskmodels.reporting import listings
from riskmodels.scorecard import score
from riskmodels.stresstest import mean_response, stress
from riskmodels.stresstest.costs import of_redress
from riskmodels.stresstest.mix import complaint_mix
from riskmodels.stresstest.teams import team_capacities

pytestmark = pytest.mark.whole

LAST = pd.Period("2024-09", freq="M")
MOVES = [
    {"what": what, "change": {"low": 0.5, "mode": 1.0, "high": 1.5, "basis": "a test", "set_by": "tests"}}
    | felt
    for what, felt in (
        ("complaints", {"channel": "phone"}),
        ("handling_time", {}),
        ("redress", {}),
    )
]
SHOCK = {
    "id": "shock",
    "name_en": "Shock",
    "name_zh": "冲击",
    "unit_en": "times",
    "unit_zh": "倍",
    "size": 1.0,
    "months": 3,
}
SCENARIO = make_scenario(severe={"shocks": [SHOCK | {"moves": MOVES}]})


def row(number, day, *, channel="phone", waits=3, redress=100.0, logged=None, severity="ordinary"):
    """One complaint in four is upheld."""
    fields = {
        "complaint_id": f"c{number}",
        "received_at": f"{day:%Y-%m-%d} 10:00:00",
        "resolved_at": f"{day + pd.Timedelta(days=waits):%Y-%m-%d} 10:00:00",
        "unit_id": "a",
        "product": "credit_card" if number % 3 else "mortgage",
        "channel": channel if number % 2 else "branch",
        "upheld": "true" if number % 4 == 0 else "false",
        "severity": severity if number % 5 else "serious",
        "redress": f"{redress + number % 7}" if number % 4 == 0 else "",
    }
    return fields | ({} if logged is None else {"logged_at": f"{logged:%Y-%m-%d} 11:00:00"})


def history(**fields):
    days = np.repeat(pd.bdate_range("2023-10-02", "2024-09-25"), 4)
    return [row(number, day, **fields) for number, day in enumerate(days)]


def after(**fields):
    """A flood of other complaints, dear ones, done at once: after the period."""
    days = np.repeat(pd.bdate_range("2024-10-01", "2024-12-20"), 40)
    return [
        row(10_000 + n, day, channel="post", waits=0, redress=9e4, severity="major", **fields)
        for n, day in enumerate(days)
    ]


@pytest.fixture(scope="module")
def banks(take_in):
    exposure = [
        {"unit_id": "a", "product": product, "month": f"{month}-01", "accounts": 60_000}
        for month in pd.period_range("2023-10", "2024-09", freq="M").astype(str)
        for product in ("credit_card", "mortgage")
    ]
    return [
        take_in(as_of="2024-12-31", complaints=rows, exposure=exposure)
        for rows in (history(), history() + after())
    ]


@pytest.fixture(scope="module")
def outlook():
    return sure_outlook({"credit_card": 56.0, "mortgage": 28.0}, horizon=12)


def test_rows_after_the_period_change_nothing(banks, outlook, default_policy) -> None:
    policy = only(default_policy, "complaint_rate", "resolved_7wd", "upheld_rate")
    found = [stress(bank, SCENARIO, policy, outlook=outlook) for bank in banks]
    for name, frame in found[0].frames().items():
        pd.testing.assert_frame_equal(frame, found[1].frames()[name])
    assert "redress" in set(found[0].costs["item"])
    assert found[0].handling["is_estimated"].all()
    assert set(found[0].classes["severity"]) == {"ordinary", "serious"}
    assert found[0].omitted.equals(found[1].omitted)


def test_rows_after_the_period_change_no_mean_response(banks, outlook) -> None:
    one, other = (mean_response(bank, SCENARIO, outlook=outlook).respond([[1.0]]) for bank in banks)
    assert one.complaints == pytest.approx(other.complaints, rel=1e-12)
    assert one.backlog == pytest.approx(other.backlog, rel=1e-12)


@pytest.fixture(scope="module")
def late(take_in):
    """A bank that entered most complaints the day after, and the same with as many that it entered in November."""
    soon = [one | {"logged_at": one["received_at"]} for one in history()]
    days = np.repeat(pd.bdate_range("2024-09-02", "2024-09-25"), 40)
    entered = [
        row(20_000 + n, day, channel="post", waits=0, redress=9e4, logged=pd.Timestamp("2024-11-05"))
        for n, day in enumerate(days)
    ]
    return [take_in(as_of="2024-12-31", complaints=rows) for rows in (soon, soon + entered)]


def test_what_was_entered_after_the_period_is_not_known_in_it(late) -> None:
    products = pd.DataFrame({"product": ["credit_card", "mortgage"]})
    mixes = [complaint_mix(bank, [], last=LAST, places=["channel"]) for bank in late]
    assert mixes[0].cells.equals(mixes[1].cells)
    assert mixes[0].complaints.tolist() == mixes[1].complaints.tolist()
    teams = [
        team_capacities(None, bank.complaints, mix, products)[0]
        for bank, mix in zip(late, mixes, strict=True)
    ]
    assert (teams[0].a_day, teams[0].dispersion) == (teams[1].a_day, teams[1].dispersion)
    ones = np.ones(4)
    paid = [of_redress(bank, (ones, ones), (ones, ones), [], last=LAST, seed=1)[0] for bank in late]
    assert paid[0].tolist() == paid[1].tolist()
    assert paid[0].max() < 200


def test_what_was_resolved_after_the_period_was_open_in_it(take_in) -> None:
    rows = history() + [
        row(30_000 + 4 * n, day, waits=60, redress=9e4)
        for n, day in enumerate(np.repeat(pd.bdate_range("2024-09-02", "2024-09-25"), 20))
    ]
    bank, ones = take_in(as_of="2024-12-31", complaints=rows), np.ones(4)
    assert of_redress(bank, (ones, ones), (ones, ones), [], last=LAST, seed=1)[0].max() < 200
    later = of_redress(bank, (ones, ones), (ones, ones), [], last=pd.Period("2024-12", freq="M"), seed=1)
    assert later[0].min() > 1_000


def test_a_scorecard_of_a_later_quarter_is_not_used_and_that_is_said(banks, outlook, default_policy) -> None:
    policy = only(default_policy, "complaint_rate", "upheld_rate")
    card = score(banks[1], policy, period="2024Q4")
    later = stress(banks[1], SCENARIO, policy, outlook=outlook, scorecard=card)
    without = stress(banks[1], SCENARIO, policy, outlook=outlook)
    pd.testing.assert_frame_equal(later.table, without.table)
    assert later.turning.empty
    assert "scorecard" not in set(without.omitted["item"])
    (reason,) = later.omitted.loc[later.omitted["item"] == "scorecard", "reason"]
    assert "2024Q4 is not used: the last full quarter of the outlook's history is 2024Q3" in reason
    listings.list_card(later, policy, card, None)
    assert listings.list_turning(later, card).frame.empty
