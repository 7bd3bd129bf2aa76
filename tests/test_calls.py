"""Enquiries and calls in a stress test: the queue's own numbers, and what a scenario may never do."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bank import make_scenario, only, sure_outlook

from riskmodels.parameters.capacity import Capacity
from riskmodels.parameters.files import check_parameters
from riskmodels.reporting.listings import list_calls
from riskmodels.stresstest import erlang_a, stress, varying_queue
from riskmodels.stresstest.answering import call_teams
from riskmodels.stresstest.call_profiles import WEEK, seen_profiles, shift_of
from riskmodels.stresstest.calls import stress_calls
from riskmodels.stresstest.contours import carried_together
from riskmodels.stresstest.shocked import draw_movements
from riskmodels.stresstest.telephones import call_table
from riskmodels.stresstest.uniformisation import carried_through

pytestmark = pytest.mark.whole

BY = {"basis": "a test", "set_by": "tests"}
TEAM = {
    "id": "hotline",
    "name_en": "Hotline",
    "name_zh": "热线",
    "handlers": 12.0,
    "hours_a_day": 8.0,
    "absence": 0.1,
    "minutes_a_case": {"mean": 60.0, "cv": 1.0},
    **BY,
}
PROFILE = [0.0] * 18 + [3, 6, 9, 10, 8, 6, 5, 6, 8, 9, 7, 5, 3, 2, 1, 1] + [0.0] * 14
PEOPLE = [1.0] * 18 + [4, 7, 10, 12, 12, 10, 8, 8, 10, 11, 10, 8, 6, 4, 3, 2] + [1.0] * 14
CALLS = {
    "team": "hotline",
    "calls_a_day": 800.0,
    "profile": [float(one) for one in PROFILE],
    "people": [float(one) for one in PEOPLE],
    "handling_minutes": 5.0,
    "patience_minutes": 4.0,
    "service_level": {"meaning": "offered_within", "within_minutes": 1.0, "limit": 0.8},
    **BY,
}
MONTHS = pd.period_range("2025-01", periods=6, freq="M")
ONE = np.ones(1)
LAST = pd.Period("2026-12", freq="M")  # no row is later
LEVEL = {"meaning": "offered_within", "within_minutes": 1.0}


def capacity(**calls):
    return check_parameters({"teams": [TEAM], "enquiries": [CALLS | calls]}, Capacity, where="capacity.yaml")


def team(enquiries=None, **calls):
    return call_teams(capacity(**calls), enquiries, LAST)[0]


def move(what, low, mode, high, **felt):
    return {"what": what, "change": {"low": low, "mode": mode, "high": high, **BY}, **felt}


def shock(*moves, months=3, size=1.0, **fields):
    named = {"id": "shock", "name_en": "Shock", "name_zh": "冲击", "unit_en": "times", "unit_zh": "倍"}
    return named | {"size": size, "months": months, "moves": list(moves)} | fields


def under(*shocks, of=None, start=1):
    made = make_scenario(severe={"shocks": list(shocks)}, start_month=start)
    drawn = draw_movements(made, made.level("severe"), months=len(MONTHS), size=200, seed=1)
    return stress_calls([of or team()], drawn, MONTHS, 200)


def queue(times=1.0, people=PEOPLE, handling=1.0):
    """Return the day's queue by ``varying_queue``; nobody calls at night."""
    rates = 800 * np.array(PROFILE) / sum(PROFILE) / 0.5
    return varying_queue(times * rates, 12 / handling, 15, np.array(people, dtype=int), np.arange(49) / 2)


def in_time(day, people=PEOPLE):
    """Integrate over the day what Erlang A's waits say of who comes, on a fine grid of instants."""
    rates, total = 800 * np.array(PROFILE) / sum(PROFILE) / 0.5, 0.0
    for place, (rate, staff) in enumerate(zip(rates, people, strict=True)):
        fine = varying_queue(
            [rate] * 40,
            12,
            15,
            [int(staff)] * 40,
            np.linspace(0, 0.5, 41),
            start=np.maximum(day.law[place], 0) / day.law[place].sum(),
        )
        mean = (fine.law[1:] + fine.law[:-1]).mean(axis=0) / 2
        steady = erlang_a(1.0, 12, 15, int(staff))
        waits = served_behind(steady, len(mean) - int(staff))
        total += rate * 0.5 * (mean[: int(staff)].sum() + mean[int(staff) :] @ waits)
    return total / 800


def served_behind(steady, number):
    """Return the probabilities to be answered within a minute behind 0, 1, …, as a chain that moves up."""
    rates = steady.servers * steady.service_rate + np.arange(number) * steady.patience_rate
    chain = np.zeros((number + 1, number + 1))
    chain[:-1, :-1] = np.diag(-rates - steady.patience_rate) + np.diag(rates[1:], -1)
    chain[0, -1] = rates[0]
    return scipy.linalg.expm(chain / 60)[:-1, -1]


# The queue


@settings(max_examples=25)
@given(
    rate=st.floats(0, 2_000),
    people=st.integers(0, 60),
    length=st.floats(0.01, 1.0),
    patience=st.floats(1, 40),
)
def test_chains_carried_together_are_those_carried_alone(rate, people, length, patience) -> None:
    states = np.arange(120.0)
    births = np.append(np.full(119, rate), 0.0)
    ahead = np.maximum(states - people, 0)
    deaths = (states - ahead) * 12 + ahead * patience
    law = np.zeros(120)
    law[[3, 40]] = 0.25, 0.75
    alone = carried_through(law, births, deaths, length)
    other = carried_through(law[::-1], births, deaths, length)
    laws = np.stack([law, law[::-1]])
    together = carried_together(laws, np.stack([births] * 2), np.stack([deaths] * 2), length)
    for found, wanted, more in zip(together, alone, other, strict=True):
        assert found[0] == pytest.approx(wanted, abs=1e-6)
        assert found[1] == pytest.approx(more, abs=1e-6)


@pytest.mark.parametrize(("times", "handling"), [(1.0, 1.0), (2.0, 1.0), (1.3, 1.4)])
def test_the_table_is_the_varying_queue_at_its_points(times, handling) -> None:
    table = call_table(
        team(),
        loads=np.array([1.0, times]) if times > 1 else ONE,
        staff=ONE,
        lengths=np.unique([1.0, handling]),
    )
    _, given_up = table.look_up(times, 1.0, handling)
    assert given_up == pytest.approx(queue(times, handling=handling).total_abandonment, abs=1e-9)
    assert given_up > 0.01


def test_who_is_answered_in_time_is_as_the_waits_of_those_who_come() -> None:
    table = call_table(team(), loads=ONE, staff=ONE, lengths=ONE)
    found, _ = table.look_up(1.0, 1.0, 1.0)
    assert found == pytest.approx(in_time(queue()), abs=2e-4)
    assert 0.5 < found < 0.97


def test_in_the_steady_state_it_is_erlang_a() -> None:
    one = team(profile=[1.0] * 48, people=[12.0] * 48, calls_a_day=48 * 75.0)
    table = call_table(one, loads=ONE, staff=ONE, lengths=ONE)
    steady = erlang_a(150, 12, 15, 12)
    assert table.given_up.item() == pytest.approx(steady.abandonment, abs=1e-9)
    assert table.in_time.item() == pytest.approx(steady.served_within(1 / 60), abs=1e-9)


def test_the_error_between_points_is_stated() -> None:
    axis = np.linspace(0.8, 2.0, 5)
    table = call_table(team(), loads=axis, staff=np.array([0.8, 1.0]), lengths=ONE)
    finer = call_table(
        team(), loads=np.unique([*axis, *(axis[1:] + axis[:-1]) / 2]), staff=np.array([0.8, 1.0]), lengths=ONE
    )
    off = np.abs(table.look_up(finer.loads[:, None], table.staff, 1.0)[0] - finer.in_time[..., 0]).max()
    assert 0 < off <= table.error + 1e-9


def test_no_one_at_the_telephones_answers_no_one() -> None:
    people = [0.0] * 24 + [5.0] * 24
    found = call_table(team(people=people), loads=ONE, staff=ONE, lengths=ONE)
    assert 0.3 < found.given_up.item() < 1.0
    assert 0.1 < found.in_time.item() <= 1.0 - found.given_up.item()


def test_half_a_person_is_there_in_one_of_two_weeks() -> None:
    few, half, many = (
        call_table(team(**SHORT | {"people": [number] * 48}), loads=ONE, staff=ONE, lengths=ONE)
        for number in (3.0, 3.5, 4.0)
    )
    assert half.in_time.item() == pytest.approx((few.in_time.item() + many.in_time.item()) / 2, abs=1e-12)
    assert half.given_up.item() == pytest.approx((few.given_up.item() + many.given_up.item()) / 2, abs=1e-12)
    assert few.given_up.item() > many.given_up.item() + 0.01


# Under a scenario


@pytest.mark.parametrize("meaning", ["served_within", "offered_within", "not_abandoned"])
def test_the_meaning_of_the_file_is_the_one_that_is_judged(meaning) -> None:
    level = {"meaning": meaning, "limit": 0.5} | (
        {} if meaning == "not_abandoned" else {"within_minutes": 1.0}
    )
    found = under(of=team(**SHORT, service_level=level))
    assert found["level_with"].equals(found[f"{meaning}_with"])
    assert found["offered_within_with"].isna().all() == (meaning == "not_abandoned")
    assert set(found["meaning"]) == {meaning}


def test_without_a_shock_months_are_the_days_queue() -> None:
    found, day = under(), queue()
    assert found["calls_without"].tolist() == [800.0 * 21] * 6
    assert found["not_abandoned_with"].to_numpy() == pytest.approx(1 - day.total_abandonment, abs=1e-9)
    assert found["level_with"].equals(found["level_without"])
    assert found["error"].tolist() == [0.0] * 6


def test_twice_as_many_calls_are_the_queue_of_twice_as_many() -> None:
    found = under(shock(move("enquiries", 0.9999, 1.0, 1.0001)))
    shown = 1 - found["not_abandoned_with"].to_numpy()
    assert shown[:3] == pytest.approx(queue(2.0).total_abandonment, abs=1e-3)
    assert shown[3:] == pytest.approx(queue().total_abandonment, abs=1e-9)
    assert found["calls_with"].tolist() == pytest.approx([2 * 16_800] * 3 + [16_800] * 3, rel=1e-3)
    assert found["missed_with"].tolist() == [1.0] * 3 + [float(found["level_with"].iloc[5] < 0.8)] * 3
    assert found["served_within_with"].iloc[0] == pytest.approx(
        found["offered_within_with"].iloc[0] / found["not_abandoned_with"].iloc[0], rel=1e-3
    )


def test_fewer_people_and_longer_calls_are_the_queue_of_these() -> None:
    fewer = under(
        shock(move("staff", -0.50001, -0.5, -0.49999)), of=team(people=[2.0 * one for one in PEOPLE])
    )
    assert 1 - fewer["not_abandoned_with"].iloc[0] == pytest.approx(queue().total_abandonment, abs=2e-3)
    longer = under(shock(move("handling_time", 0.4999, 0.5, 0.5001)))
    assert 1 - longer["not_abandoned_with"].iloc[0] == pytest.approx(
        queue(handling=1.5).total_abandonment, abs=1e-3
    )


def test_the_people_that_are_needed_hold_the_limit() -> None:
    found = under(shock(move("enquiries", 0.9999, 1.0, 1.0001)))
    needed = found["staff_needed"].iloc[0]
    table = call_table(
        team(), loads=np.array([2.0]), staff=np.array([needed - 0.15, needed + 0.05]), lengths=ONE
    )
    below, above = table.in_time[0, :, 0]
    assert below < 0.8 <= above


def test_months_that_differ_do_so_on_the_same_paths_in_every_scenario() -> None:
    one = team(**SHORT | {"people": [12.0] * 48})
    one = replace(one, profile=replace(one.profile, spread=0.2))
    usual, twice = under(of=one), under(shock(move("enquiries", 0.9999, 1.0, 1.0001), months=6), of=one)
    assert usual["calls_with"].equals(usual["calls_without"])
    assert usual["calls_without"].to_numpy() == pytest.approx(70 * 21, rel=0.05)
    width = (usual["calls_upper"] - usual["calls_lower"]) / usual["calls_without"]
    assert width.to_numpy() == pytest.approx(2 * 1.645 * 0.2, rel=0.2)
    for name in ("lower", "upper"):
        assert twice[f"calls_{name}"].to_numpy() == pytest.approx(2 * usual[f"calls_{name}"], rel=1e-3)
    for found in (usual, twice):
        assert (found["level_lower"] < found["level_with"]).all()
        assert (found["level_with"] < found["level_upper"]).all()
    assert ((twice["missed_with"] > 0) & (twice["missed_with"] < 1)).any()


def test_more_people_than_can_be_found_are_no_number() -> None:
    found = under(shock(move("enquiries", 7.9, 8.0, 8.1)), of=team(**SHORT | {"people": [7.0] * 48}))
    assert found["staff_needed"].isna().tolist() == [True] * 3 + [False] * 3
    listed = list_calls(SimpleNamespace(calls=found)).frame
    assert listed["People needed"].iloc[0] == "> × 4"
    assert "Team" not in listed


SHORT = {"profile": [0.0] * 20 + [2.0, 3.0, 1.0] + [0.0] * 25, "people": [5.0] * 48, "calls_a_day": 70.0}


@settings(max_examples=5, deadline=None)
@given(size=st.floats(0, 1.5), more=st.floats(0, 1.5), away=st.floats(0, 0.5), longer=st.floats(0, 0.5))
def test_more_shock_is_never_better_and_more_people_never_worse(size, more, away, longer) -> None:
    def at(calls, people, minutes):
        return under(
            shock(move("enquiries", 0.5, 1.0, 1.5), id="calls", size=calls),
            shock(move("staff", -0.9, -0.8, -0.7), id="staff", size=people),
            shock(move("handling_time", 0.5, 1.0, 1.5), id="time", size=minutes),
            of=team(**SHORT),
        )

    less = at(size, away, longer)
    for worse in (at(size + more, away, longer), at(size, away + 0.3, longer), at(size, away, longer + 0.3)):
        slack = (worse["error"] + less["error"]).to_numpy()
        assert (worse["calls_with"] >= less["calls_with"] - 1e-9).all()
        assert (worse["level_with"] <= less["level_with"] + slack + 1e-9).all()
        assert (worse["not_abandoned_with"] <= less["not_abandoned_with"] + slack + 1e-9).all()


@pytest.mark.parametrize("nothing", [{"months": 0}, {"size": 0.0}])
def test_no_shock_and_no_duration_are_the_baseline_exactly(nothing) -> None:
    moves = [move(what, 0.5, 1.0, 1.5) for what in ("enquiries", "staff", "handling_time")]
    pd.testing.assert_frame_equal(under(shock(*moves, **nothing)), under())


def test_a_later_start_shifts_by_a_month() -> None:
    one = shock(move("enquiries", 0.9, 1.0, 1.1), months=2)
    now, later = under(one), under(one, start=2)
    assert later["level_with"].iloc[1:].tolist() == now["level_with"].iloc[:-1].tolist()


# The table of enquiries


def rows(weeks=30, calls=10, first="2024-01-01", minutes=30, team_="hotline"):
    """Calls of Monday to Friday from 9:00 to 17:00; twice as many on Mondays."""
    days = pd.bdate_range(first, periods=5 * weeks)
    starts = [day + pd.Timedelta(minutes=at) for day in days for at in range(540, 1020, minutes)]
    return [
        {
            "team": team_,
            "slot_start": f"{start:%Y-%m-%d %H:%M:%S}",
            "slot_minutes": minutes,
            "arrivals": (2 if start.day_of_week == 0 else 1) * calls,
            "answered_in_standard": calls - 2,
            "abandoned": 1,
        }
        for start in starts
    ]


COMPLAINT = {"complaint_id": "c1", "received_at": "2024-05-06 10:00:00", "unit_id": "a", "product": "cards"}


def test_the_mean_week_is_that_of_the_rows(take_in) -> None:
    tables = take_in(complaints=[COMPLAINT], enquiries=rows())
    (found,) = seen_profiles(tables.enquiries, LAST).values()
    week = found.rates.reshape(7, 48) / 2
    assert week[0, 18:34].tolist() == [20.0] * 16
    assert week[4, 18:34].tolist() == [10.0] * 16
    assert week[:, :18].sum() == week[5:].sum() == 0
    assert found.spread == pytest.approx(0.0, abs=1e-12)
    assert found.seen_given_up == pytest.approx(1 / 12)
    assert found.seen_in_standard == pytest.approx(8 / 12)
    assert found.calls(pd.period_range("2025-02", periods=1, freq="M")) == pytest.approx([4 * 960])


def test_by_how_much_months_differ_is_beyond_their_days(take_in) -> None:
    differing = rows(calls=12)
    for one in differing:
        if int(one["slot_start"][5:7]) % 2 == 0:  # two thirds of the calls
            one |= {"arrivals": one["arrivals"] * 2 // 3, "answered_in_standard": 0}
    tables = take_in(complaints=[COMPLAINT], enquiries=differing)
    (found,) = seen_profiles(tables.enquiries, LAST).values()
    months = np.array([6.0, 4.0] * 3 + [6.0])  # January to July
    assert found.spread == pytest.approx(months.std(ddof=1) / months.mean(), rel=0.03)


def test_months_that_are_unknown_are_not_looked_at(take_in) -> None:
    strange = rows()
    for one in strange:
        if one["slot_start"].startswith("2024-03"):
            one["arrivals"] *= 5
    tables = take_in(complaints=[COMPLAINT], enquiries=strange, unknown_months={"enquiries": ["2024-03"]})
    (found,) = seen_profiles(tables.enquiries, LAST).values()
    assert found.rates.reshape(7, 48)[:5, 20].tolist() == [40.0] + [20.0] * 4


def test_calls_after_the_period_are_not_looked_at(take_in) -> None:
    later = rows(calls=90, first="2025-01-06")
    tables = take_in(as_of="2025-12-31", complaints=[COMPLAINT], enquiries=rows() + later)
    (known,) = seen_profiles(tables.enquiries, pd.Period("2024-12", freq="M")).values()
    (alone,) = seen_profiles(take_in(complaints=[COMPLAINT], enquiries=rows()).enquiries, LAST).values()
    assert known.rates.tolist() == alone.rates.tolist()
    (both,) = seen_profiles(tables.enquiries, LAST).values()
    assert known.rates.sum() < both.rates.sum()


@pytest.mark.parametrize("minutes", [10, 15, 60, 120, 240])
def test_slots_of_any_length_are_spread_over_half_hours(minutes, take_in) -> None:
    calls = 2 * minutes
    tables = take_in(complaints=[COMPLAINT], enquiries=rows(calls=calls, minutes=minutes))
    (found,) = seen_profiles(tables.enquiries, LAST).values()
    assert found.rates.reshape(7, 48)[2, 18:34] == pytest.approx(np.full(16, 60 * 2.0))
    assert len(found.rates) == WEEK


def test_a_rejected_slot_is_unknown_and_not_without_calls(take_in) -> None:
    given_ = rows()
    given_[5]["arrivals"] = "many"  # the first Monday, half past eleven
    tables = take_in(complaints=[COMPLAINT], enquiries=given_)
    assert tables.enquiries.provenance.rows_rejected == 1
    (found,) = seen_profiles(tables.enquiries, LAST).values()
    assert found.rates.reshape(7, 48)[0, 18:34] == pytest.approx(np.full(16, 40.0))


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ({"abandoned": 11}, "abandoned at most arrivals"),
        ({"answered_in_standard": 11}, "answered at most arrivals"),
        ({"answered_in_standard": 6, "abandoned": 5}, "answered and abandoned at most arrivals"),
        ({"arrivals": -1}, "arrivals >= 0"),
        ({"arrivals": ""}, "arrivals required"),
        ({"slot_minutes": 0}, "slot_minutes >= 1"),
        ({"team": ""}, "team required"),
        ({"slot_start": "soon"}, "slot_start"),
    ],
)
def test_rows_that_cannot_be_are_rejected_and_counted(bad, rule, take_in) -> None:
    given_ = rows(weeks=1)
    given_[20] |= bad
    tables = take_in(complaints=[COMPLAINT], enquiries=given_)
    (found,) = tables.enquiries.rejected["rule"]
    assert found.startswith(rule)
    assert tables.enquiries.provenance.rows_accepted == len(given_) - 1


def test_unknown_answers_are_accepted(take_in) -> None:
    given_ = [
        one | {"answered_in_standard": "", "abandoned": "", "slot_minutes": ""} for one in rows(weeks=2)
    ]
    tables = take_in(complaints=[COMPLAINT], enquiries=given_)
    assert tables.enquiries.provenance.rows_rejected == 0
    (found,) = seen_profiles(tables.enquiries, LAST).values()
    assert np.isnan([found.seen_given_up, found.seen_in_standard]).all()


def test_the_table_says_when_and_the_file_who(take_in) -> None:
    tables = take_in(complaints=[COMPLAINT], enquiries=rows(calls=40))
    one = team(tables.enquiries)
    assert one.people.tolist() == PEOPLE * 7
    found = stress_calls([one], [], MONTHS, 50)
    assert found["calls_without"].iloc[0] == pytest.approx(6 * 16 * 40 * 31 / 7)


def test_people_who_are_not_given_are_the_team_where_calls_are(take_in) -> None:
    tables = take_in(complaints=[COMPLAINT], enquiries=rows(calls=40))
    one = team(tables.enquiries, people=[])
    assert one.people.sum() / 2 == pytest.approx(5 * 12 * 0.9 * 8)
    assert (one.people[one.profile.rates == 0] == 0).all()
    even = team(profile=[], people=[])
    assert even.people.tolist() == pytest.approx([10.8 if share else 0.0 for share in shift_of(8.0)])


@pytest.mark.parametrize(("hours", "first"), [(8.0, 18), (7.3, 18), (15.0, 18), (20.0, 8), (24.0, 0)])
def test_a_shift_has_its_hours_and_ends_with_the_day(hours, first) -> None:
    shift = shift_of(hours)
    assert shift.sum() == pytest.approx(2 * hours)
    assert np.flatnonzero(shift).tolist() == list(range(first, first + int(np.ceil(2 * hours))))


# In the whole


@pytest.fixture(scope="module")
def bank(take_in):
    complaints = [
        {
            "complaint_id": f"c{number}",
            "received_at": f"{day:%Y-%m-%d} 10:00:00",
            "unit_id": "a",
            "product": "credit_card",
        }
        for number, day in enumerate(pd.bdate_range("2023-10-02", "2024-09-30"))
    ]
    exposure = [
        {"unit_id": "a", "product": "credit_card", "month": f"{month}-01", "accounts": 60_000}
        for month in pd.period_range("2023-10", "2024-09", freq="M").astype(str)
    ]
    return take_in(complaints=complaints, exposure=exposure, enquiries=rows(team_="night_desk"))


def test_calls_stand_in_the_stress_test_and_its_words(bank, default_policy) -> None:
    policy, outlook = only(default_policy, "complaint_rate"), sure_outlook({"credit_card": 21.0}, horizon=12)
    made = make_scenario(
        severe={
            "shocks": [shock(move("enquiries", 0.9, 1.0, 1.1), move("staff", -0.2, -0.1, 0.0, team="away"))]
        }
    )
    found = stress(
        bank, made, policy, outlook=outlook, capacity=capacity(service_level=LEVEL | {"limit": 0.5})
    )
    teams = found.calls.set_index("team")
    assert set(teams.index) == {"hotline", "night_desk"}
    assert teams.loc["night_desk", "level_with"].isna().all()
    assert found.applied
    assert found.handling.empty  # who is at the telephones and lists no complaints handles none
    assert found.calls_missed["team"].tolist() == ["hotline"] * 3
    assert found.omitted["reason"].tolist() == ["there is no team of this name"]
    listed = list_calls(found)
    assert "likelier missed than not in 3 of 12 months, against 0" in listed.sentence
    assert "night desk: calls are counted alone" in listed.sentence
    assert listed.sentence.endswith("Last year 8.3% of the calls were given up.")
    assert listed.frame["In time, of all calls"].iloc[-1] == "–"


def test_without_a_table_or_a_profile_this_part_says_so(bank, default_policy, take_in) -> None:
    policy, outlook = only(default_policy, "complaint_rate"), sure_outlook({"credit_card": 21.0}, horizon=12)
    made = make_scenario(severe={"shocks": [shock(move("enquiries", 0.9, 1.0, 1.1))]})
    alone = take_in(
        complaints=[
            COMPLAINT
            | {"product": "credit_card", "received_at": f"2024-0{month}-06", "complaint_id": f"c{month}"}
            for month in range(1, 10)
        ]
    )
    found = stress(alone, made, policy, outlook=outlook)
    assert found.calls.empty
    assert "no table of enquiries" in list_calls(found).sentence
    assert found.omitted["reason"].tolist() == ["no enquiries and no capacity for them are given"]
