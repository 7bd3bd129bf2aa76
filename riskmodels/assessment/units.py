"""Criterion: no unit is beyond a limit, nor worse than a bank that is beyond it itself."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.assessment.bank import DENIED, figures_of
from riskmodels.assessment.findings import Finding
from riskmodels.assessment.inputs import Inputs
from riskmodels.assessment.selection import choose
from riskmodels.scorecard import DRAWS, Scorecard, draw_values

_SEVERAL = 3  # indicators; of fewer a score says again what the findings about them say
_BEYOND = ("red", "amber")
SEED = 50  # order of the bank's draws beside those of its units


def check_units(inputs: Inputs) -> Iterator[Finding]:
    """Yield the findings about units, chosen among all together, the watch list, and what passed.

    A finding needs its own probability to reach the certainty of a rating, and all of them together an
    expected share of false ones within the policy's ``findings.false_share``.
    """
    policy, card = inputs.policy, inputs.scorecard
    facts = pd.concat([_of_limits(card), _of_scores(card, inputs)], ignore_index=True)
    able = facts["p_amber"].where(facts["rating"].isin(_BEYOND)).to_numpy(float)
    facts["chosen"] = choose(able, certainty=policy.rating.certainty, false_share=policy.findings.false_share)
    shown = facts[facts["chosen"] | (facts["own_beyond"] & (facts["p_amber"] >= policy.findings.watch))]
    for row in shown.sort_values("p_amber", ascending=False, kind="stable").to_dict("records"):
        yield _finding(row, inputs)
    yield from _passed(facts)


def expected_false_share(facts: list[Finding]) -> float:
    """Return the mean of 1 - probability of the findings about units; NaN without any."""
    found = [one for one in facts if one.subject_kind == "unit" and one.severity in _BEYOND]
    return float(np.mean([1 - one.figures["p_amber"] for one in found])) if found else float("nan")


def _of_limits(card: Scorecard) -> pd.DataFrame:
    """Rows of units with limits; where the bank is beyond amber itself, being worse than it is asked, too."""
    rows = card.units[card.units["amber"].notna()].reset_index(drop=True)
    bank = card.bank.set_index("indicator_id").reindex(rows["indicator_id"])
    beyond = bank["rating"].isin(_BEYOND).to_numpy()
    rows["bank"] = np.where(beyond, bank["estimate"].to_numpy(float), np.nan)
    if beyond.any():
        rows.loc[beyond, ["p_amber", "p_red"]] = _worse_than_bank(rows[beyond], card.bank)
    worse = np.where(rows["red"] > rows["amber"], 1.0, -1.0)
    least = np.fmax(rows["amber"] * worse, rows["bank"] * worse)
    heard = ~rows["basis"].isin(DENIED)
    rows["own_beyond"] = heard & (rows["value"] * worse > least) & (rows["own"] * worse > least)
    return rows.assign(rule="unit_limit")


def _worse_than_bank(rows: pd.DataFrame, bank: pd.DataFrame) -> Floats:
    """Return the probabilities of being worse than the bank and beyond amber, or red; shape (n, 2)."""
    order = np.random.default_rng(SEED).permutation(DRAWS)
    chances = np.empty((len(rows), 2))
    for indicator_id, places in rows.groupby("indicator_id").indices.items():
        part, whole = rows.iloc[places], bank[bank["indicator_id"] == indicator_id]
        worse = 1.0 if part["red"].iloc[0] > part["amber"].iloc[0] else -1.0
        values = draw_values(part.reset_index(drop=True), DRAWS) * worse
        above = values > draw_values(whole.reset_index(drop=True), DRAWS)[:, order] * worse
        for place, name in enumerate(("amber", "red")):
            limit = part[name].to_numpy(float)[:, None] * worse
            chances[places, place] = (above & (values > limit)).mean(axis=1)
    return chances


def _of_scores(card: Scorecard, inputs: Inputs) -> pd.DataFrame:
    """Rows of units whose score sums up several indicators, named as those of limits are."""
    rows, rules = card.table[card.table["indicators"] >= _SEVERAL], inputs.policy.rating
    names = [
        "unit_id",
        "rating",
        "lower",
        "upper",
        "p_amber",
        "p_red",
        "rank_lower",
        "rank_upper",
        "indicators",
    ]
    return rows[names].assign(
        rule="unit_score",
        indicator_id="",
        value=rows["score"],
        estimate=rows["score"],
        amber=rules.score_amber,
        red=rules.score_red,
        own_beyond=(rows["score"] >= rules.score_amber) & ~rows["basis"].isin(DENIED),
    )


def _finding(row: Mapping[Any, Any], inputs: Inputs) -> Finding:
    """State a finding, or what is watched; red where the probability of that alone reaches the certainty."""
    red = row["chosen"] and row["p_red"] >= inputs.policy.rating.certainty
    figures: dict[str, Any] = {
        name: float(row[name]) for name in ("rank_lower", "rank_upper", "indicators", "bank")
    }
    if row["rule"] == "unit_limit":
        figures |= figures_of(row) | inputs.remedy(str(row["indicator_id"]))
    else:
        figures |= {name: float(row[name]) for name in ("lower", "upper", "amber", "red", "p_amber", "p_red")}
    return Finding(
        rule=str(row["rule"]),
        subject_kind="unit",
        subject=str(row["unit_id"]),
        indicator_id=str(row["indicator_id"]),
        severity=("red" if red else "amber") if row["chosen"] else "watch",
        value=float(row["value"]),
        estimate=float(row["estimate"]),
        limit=float(row["red" if red else "amber"]),
        probability=float(row["p_red" if red else "p_amber"]),
        figures=figures,
    )


def _passed(facts: pd.DataFrame) -> Iterator[Finding]:
    """Yield what each rule and indicator gave where no unit is a finding of it."""
    for (rule, indicator_id), rows in facts.groupby(["rule", "indicator_id"], sort=False):
        if not rows["chosen"].any():
            green = int((rows["rating"] == "green").sum())
            yield Finding(
                rule=str(rule),
                subject_kind="units",
                subject="",
                indicator_id=str(indicator_id),
                severity="passed" if green else "unclear",
                figures={"green": green, "rated": len(rows)},
            )
