"""First limits of a bank's own: what units truly have, how many would be red, and what stays."""

import json
from datetime import date

import numpy as np
import pytest

from riskmodels.cli.policies import _draft_text
from riskmodels.errors import ParameterError, TooLittleError
from riskmodels.governance import draft_limits
from riskmodels.governance.drafting import open_limits
from riskmodels.parameters.editing import edit_text
from riskmodels.parameters.files import parse_parameters
from riskmodels.parameters.policy import Policy, load_policy
from riskmodels.reporting.listings import list_limit_draft

UNITS, QUARTERS = 60, ("2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3")
MONTH = {"Q1": "02", "Q2": "05", "Q3": "08", "Q4": "11"}


@pytest.fixture(scope="module")
def bank(take_in):
    """Return a bank whose units differ in the share of dual controls passed, and these shares."""
    rng = np.random.default_rng(5)
    passed = rng.beta(45, 5, UNITS)  # from .8 to .97
    items = rng.choice([15, 60, 400], UNITS)  # most units are small
    rows = [
        {
            "inspection_id": f"i{quarter}{unit}",
            "inspected_on": f"{quarter[:4]}-{MONTH[quarter[4:]]}-15",
            "unit_id": f"u{unit}",
            "kind": "dual_control",
            "items": str(items[unit]),
            "passed": str(rng.binomial(items[unit], passed[unit])),
        }
        for quarter in QUARTERS
        for unit in range(UNITS)
    ]
    return take_in(as_of="2026-09-30", inspections=rows), passed, rows


@pytest.fixture(scope="module")
def draft(bank, default_policy):
    return draft_limits(bank[0], default_policy, period="2026Q3")


def row_of(draft, indicator_id: str):
    return draft.table.set_index("indicator_id").loc[indicator_id]


def test_amber_is_what_a_fifth_of_units_truly_lies_beyond(bank, draft) -> None:
    _, passed, rows = bank
    row = row_of(draft, "dual_control_rate")
    true = np.quantile(passed, 0.2)
    observed = np.quantile([int(one["passed"]) / int(one["items"]) for one in rows], 0.2)
    assert abs(row["amber"] - true) < 0.012
    assert observed < true - 0.01  # the scatter of small units would make amber too lax
    assert row["red"] < row["amber"]
    assert row["moves"] == "looser"
    assert row["units"] == UNITS
    assert row["red_units_now"] > row["red_units"]


def test_quarters_are_counted_under_both(draft) -> None:
    row = row_of(draft, "dual_control_rate")
    assert row["red_each_now"] > row["red_each"]
    assert draft.quarters == 8
    assert draft.scores["now"].sum() == draft.scores["draft"].sum() == UNITS


def test_what_a_standard_has_set_stays(draft, default_policy) -> None:
    stands = row_of(draft, "compliance_pass_rate")
    assert (stands["amber"], stands["red"]) == (stands["amber_now"], stands["red_now"])
    assert open_limits(default_policy.indicator("compliance_pass_rate")) == ("red",)
    assert open_limits(default_policy.indicator("dual_control_rate")) == ("amber", "red")
    named = default_policy.indicator("dual_control_rate").model_copy(
        update={"limits_set_by": "committee of 2026-05-12"}
    )
    assert open_limits(named) == ()


def test_the_file_changes_as_the_table_says(draft, default_policy, project) -> None:
    text = (project / "params" / "policy" / "2000-01-01.yaml").read_text("utf-8")
    read = parse_parameters(edit_text(text, draft.edits(default_policy)), Policy, where="draft")
    for row in draft.table.to_dict("records"):
        one = read.indicator(row["indicator_id"])
        limits = one.limits_by_product.get(row["product"], one.limits)
        assert (limits.amber, limits.red) == (row["amber"], row["red"])
    changed = set(draft.drafted["indicator_id"])
    for one in read.indicators:
        assert ("draft: 8 quarters" in one.limits_set_by) == (one.id in changed)
        assert (one == default_policy.indicator(one.id)) == (one.id not in changed)


def test_the_listing_says_what_stays_and_why(draft, default_policy) -> None:
    frame = list_limit_draft(draft, default_policy).frame.set_index("Indicator")
    assert frame.loc["System availability", "Why not"] == "the source does not give it by unit"
    assert " → " in frame.loc["Dual control of high-risk operations", "Amber"]
    assert "would be looser than now" in draft.sentence


def test_a_bank_of_one_quarter_has_no_limits_yet(take_in, bank, default_policy) -> None:
    rows = [one for one in bank[2] if one["inspected_on"].startswith("2026-08")]
    with pytest.raises(TooLittleError, match="1 quarters to 2026Q3 have units with cases"):
        draft_limits(take_in(as_of="2026-09-30", inspections=rows), default_policy, period="2026Q3")


def test_few_units_have_no_limits(take_in, bank, default_policy) -> None:
    rows = [one for one in bank[2] if one["unit_id"] in ("u1", "u2", "u3", "u4")]
    draft = draft_limits(take_in(as_of="2026-09-30", inspections=rows), default_policy, period="2026Q3")
    row = row_of(draft, "dual_control_rate")
    assert row["moves"] == "kept"
    assert json.loads(row["why_not"])["figures"] == {"fewest": 5}
    assert draft.sentence.startswith("0 pairs of limits drafted")


def test_a_policy_without_limits_gets_none(bank, default_policy) -> None:
    watched = tuple(one.model_copy(update={"limits": None, "limits_by_product": {}})
                    for one in default_policy.indicators)  # fmt: skip
    policy = default_policy.model_copy(update={"indicators": watched})
    with pytest.raises(ParameterError, match="has no limits: give an indicator some first"):
        draft_limits(bank[0], policy, period="2026Q3")


DEFAULTS = "    limits_set_by: riskmodels default\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ("", "\ufeff"),
        (DEFAULTS, ""),
        (DEFAULTS, "    limits_set_by: default\n"),
        ("valid_from: 2000-01-01", "valid_from: '2000-01-01'"),
        ("approval: ", "approval: |\n  asked wang@example.com\n  in writing\n# approval: "),
    ],
)
def test_a_policy_of_any_manner_is_drafted(draft, default_policy, project, tmp_path, old, new) -> None:
    text = (project / "params" / "policy" / "2000-01-01.yaml").read_text("utf-8")
    text = text.replace(old, new) if old else new + text
    (tmp_path / "2000-01-01.yaml").write_text(text, "utf-8", newline="")
    policy = load_policy(tmp_path, on="2026-10-01")
    drafted = _draft_text(draft, policy, tmp_path, date(2027, 1, 1))
    read = parse_parameters(drafted, Policy, where="draft")
    assert (str(read.valid_from), read.approval) == ("2027-01-01", "draft, not approved")
    changed = {one.id for one in read.indicators if "draft: 8 quarters" in one.limits_set_by}
    assert changed == set(draft.drafted["indicator_id"])
    assert drafted.count("\n") - text.count("\n") in (0, -2, len(changed))  # no other line


def test_a_limit_that_two_indicators_share_is_not_drafted_by_half(
    draft, default_policy, project, tmp_path
) -> None:
    text = (project / "params" / "policy" / "2000-01-01.yaml").read_text("utf-8")
    name = draft.drafted["indicator_id"][0]
    limits = default_policy.indicator(name).limits
    lines = text.splitlines(keepends=True)
    start = next(place for place, line in enumerate(lines) if f"id: {name}" in line)
    place = next(place for place in range(start, len(lines)) if lines[place].startswith("    limits:"))
    assert str(limits.amber).rstrip("0").rstrip(".") in lines[place]
    lines[place] = lines[place].replace("limits: ", "limits: &theirs ")
    other = next(place for place in range(place + 1, len(lines)) if lines[place].startswith("    limits: {"))
    lines[other] = "    limits: *theirs\n"
    (tmp_path / "2000-01-01.yaml").write_text("".join(lines), "utf-8")
    with pytest.raises(ParameterError, match=r"limits\.\w+ stands in several places|red must lie"):
        _draft_text(draft, default_policy, tmp_path, date(2027, 1, 1))
