"""Criterion: no unit is beyond a limit, nor worse than a bank that is beyond it itself."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.arrays import Floats
from riskmodels.assessment.bank import figures_of
from riskmodels.assessment.findings import Finding
from riskmodels.assessment.inputs import Inputs
from riskmodels.assessment.selection import choose
from riskmodels.parameters.policy import RatingRules
from riskmodels.scorecard import DRAWS, RATINGS, Scorecard, draw_values
from riskmodels.scorecard.grounds import DENIED

_SEVERAL = 3  # indicators; of fewer a score says again what the findings about them say
_BEYOND = ("red", "amber")
_ALL = 0.99  # share of the bank's cases from which on a unit is the bank, and there is no rest
_FIGURES = ("lower", "upper", "p_amber", "p_red")
_WORST = 3  # named of those that are only counted; a choice
_RANKS = ("rank_lower", "rank_upper", "indicators")
_COUNTED = ["rule", "indicator_id", "unit_id", "estimate", "amber", "red", "rating", "chosen", "shown"]
SEED = 50  # order of the bank's draws beside those of its units


def check_units(inputs: Inputs) -> Iterator[Finding]:
    """Yield the findings about units, chosen among all together, the watch list, and how all are rated.

    A finding needs its own probability to reach the certainty of a rating, and all of them together an
    expected share of false ones within the policy's ``findings.false_share``. Where the bank is beyond amber
    itself, the probability is that of being beyond it and worse than the rest of the bank.
    """
    policy, card = inputs.policy, inputs.scorecard
    if card.table.empty and card.units.empty:
        return
    facts = pd.concat([_of_limits(card), _of_scores(card, policy.rating)], ignore_index=True)
    able = facts["probability"].where(facts["rating"].isin(_BEYOND)).to_numpy(float)
    facts["chosen"] = choose(able, certainty=policy.rating.certainty, false_share=policy.findings.false_share)
    shown = facts[facts["chosen"] | (facts["own_beyond"] & (facts["probability"] >= policy.findings.watch))]
    for row in shown.sort_values("probability", ascending=False, kind="stable").to_dict("records"):
        yield _finding(row, inputs)
    yield from _counted(facts.assign(shown=facts.index.isin(shown.index))[_COUNTED])


def expected_false_share(facts: list[Finding]) -> float:
    """Return the mean of 1 - probability of the findings about units; NaN without any."""
    found = [one for one in facts if one.subject_kind == "unit" and one.severity in _BEYOND]
    return float(np.mean([1 - one.figures["p_chosen"] for one in found])) if found else float("nan")


def _of_limits(card: Scorecard) -> pd.DataFrame:
    """Rows of units with limits, the probability by which each is chosen, and that of being red, too."""
    rows = card.units[card.units["amber"].notna()].reset_index(drop=True)
    bank = card.bank.set_index("indicator_id").reindex(rows["indicator_id"])
    beyond = bank["rating"].isin(_BEYOND).to_numpy()
    rows["bank"] = np.where(beyond, bank["estimate"].to_numpy(float), np.nan)
    rows["probability"], rows["red_chance"] = rows["p_amber"], rows["p_red"]
    if beyond.any():
        rows.loc[beyond, ["probability", "red_chance"]] = _worse_than_rest(rows[beyond], card.bank)
    worse = np.where(rows["red"] > rows["amber"], 1.0, -1.0)
    least = np.fmax(rows["amber"] * worse, rows["bank"] * worse)
    heard = ~rows["basis"].isin(DENIED)
    rows["own_beyond"] = heard & (rows["value"] * worse > least) & (rows["own"] * worse > least)
    return rows.assign(rule="unit_limit")


def _worse_than_rest(rows: pd.DataFrame, bank: pd.DataFrame) -> Floats:
    """Return the probabilities of being beyond amber, or red, and worse than the rest of the bank, (n, 2).

    What is known of the rest is what is known of the bank, less what the unit has in the quarter: its mean is
    moved by that, and its standard deviation grows as its share of the cases falls.
    """
    order = np.random.default_rng(SEED).permutation(DRAWS)  # the bank's draws are not those of its units
    chances = np.empty((len(rows), 2))
    for indicator_id, places in rows.groupby("indicator_id").indices.items():
        part, whole = rows.iloc[places], bank[bank["indicator_id"] == indicator_id].reset_index(drop=True)
        worse = 1.0 if part["red"].iloc[0] > part["amber"].iloc[0] else -1.0
        values = draw_values(part.reset_index(drop=True), DRAWS) * worse
        above = values > _rest(part, whole, draw_values(whole, DRAWS)[:, order]) * worse
        for place, name in enumerate(("amber", "red")):
            limit = part[name].to_numpy(float)[:, None] * worse
            chances[places, place] = (above & (values > limit)).mean(axis=1)
    return chances


def _rest(part: pd.DataFrame, bank: pd.DataFrame, draws: Floats) -> Floats:
    """Return draws of the bank without each unit, shape (n, size); of a bank that is one unit, the bank's."""
    share = part["denominator"].to_numpy(float) / float(bank["denominator"].iloc[0])
    left = np.where(share < _ALL, 1 - share, 1.0)[:, None]
    mean = float(bank["estimate"].iloc[0])
    own = np.where(share < _ALL, share * (part["value"].fillna(mean).to_numpy(float) - mean), 0.0)[:, None]
    return np.asarray(mean - own / left + (draws - mean) / np.sqrt(left), dtype=np.float64)


def _of_scores(card: Scorecard, rules: RatingRules) -> pd.DataFrame:
    """Rows of units whose score sums up several indicators, named as those of limits are."""
    rows = card.table[card.table["indicators"] >= _SEVERAL]
    return rows[["unit_id", "rating", "basis", *_FIGURES, *_RANKS]].assign(
        rule="unit_score",
        indicator_id="",
        value=rows["score"],
        estimate=rows["score"],
        amber=rules.score_amber,
        red=rules.score_red,
        probability=rows["p_amber"],
        red_chance=rows["p_red"],
        own_beyond=(rows["score"] >= rules.score_amber) & ~rows["basis"].isin(DENIED),
    )


def _finding(row: Mapping[Any, Any], inputs: Inputs) -> Finding:
    """State a finding, or what is watched; red where it is rated so, and certainly so."""
    red = row["chosen"] and row["rating"] == "red" and row["red_chance"] >= inputs.policy.rating.certainty
    names = (*_FIGURES, *_RANKS, "amber", "red", "bank")
    figures: dict[str, Any] = {name: float(row[name]) for name in names}
    figures |= {"p_chosen": float(row["probability"]), "basis": str(row["basis"])}
    if row["rule"] == "unit_limit":
        figures |= figures_of(row) | inputs.remedy(str(row["indicator_id"]))
    return Finding(
        rule=str(row["rule"]),
        subject_kind="unit",
        subject=str(row["unit_id"]),
        indicator_id=str(row["indicator_id"]),
        severity=("red" if red else "amber") if row["chosen"] else "watch",
        value=float(row["value"]),
        estimate=float(row["estimate"]),
        limit=float(row["red" if red else "amber"]),
        probability=float(row["red_chance" if red else "probability"]),
        figures=figures,
    )


def _counted(facts: pd.DataFrame) -> Iterator[Finding]:
    """Yield how the units are rated by rule and indicator; in order: none amber or red, most green."""
    for (rule, indicator_id), rows in facts.groupby(["rule", "indicator_id"], sort=False):
        counts = {name: int((rows["rating"] == name).sum()) for name in RATINGS}
        in_order = counts["red"] + counts["amber"] == 0 and 2 * counts["green"] > len(rows)
        yield Finding(
            rule=str(rule),
            subject_kind="units",
            subject="",
            indicator_id=str(indicator_id),
            severity="passed" if in_order else "unclear",
            figures={
                **{f"rated_{name}": number for name, number in counts.items()},
                "rated": len(rows),
                "chosen": int(rows["chosen"].sum()),
                "worst": _worst(rows),
            },
        )


def _worst(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the worst units that are rated amber or red, and are neither a finding nor watched."""
    only_counted = rows[rows["rating"].isin(_BEYOND) & ~rows["shown"]]
    beyond = (only_counted["estimate"] - only_counted["amber"]) * np.sign(
        only_counted["red"] - only_counted["amber"]
    )
    worst = only_counted.loc[beyond.sort_values(ascending=False, kind="stable").index].head(_WORST)
    return [
        {"unit_id": str(row["unit_id"]), "estimate": float(row["estimate"])}
        for row in worst.to_dict("records")
    ]
