"""Finished reports made by hand: what recording and loops read of one, without a run."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
from banks import PARAMS
from small_bank import RED, make_card, make_tables

from riskmodels.assessment import Findings, assess
from riskmodels.causes import Causes
from riskmodels.effects import Effects
from riskmodels.effects.outcomes import actions_frame, estimates_frame
from riskmodels.governance import propose
from riskmodels.manifests import MANIFEST, digests
from riskmodels.parameters.policy import load_policy
from riskmodels.results import save
from riskmodels.runner.settings import RunSettings

BANK, UNIT = dict(RED), {**RED, "unit_id": "u1", "indicator_id": "disclosure_rate"}
"""Rows of a scorecard that are findings: of the whole bank, and of a unit."""


@cache
def _found(rows: str, policies: Path, day: str) -> Findings:
    policy = load_policy(policies, on=day)
    card = replace(make_card(json.loads(rows)), policy=policy.valid_from)
    return assess(policy, data=replace(make_tables(), as_of=card.as_of), scorecard=card)


def found_in(period: str, rows: Sequence[dict], *, policies: Path, day: str) -> Findings:
    """Assess a scorecard of these rows; nothing is compared with a quarter before."""
    end = pd.Period(period, freq="Q").end_time.date()
    return replace(_found(json.dumps(rows), policies, day), period=period, as_of=end, follow_up=None)


def judged(period: str, **verdicts: str) -> Effects:
    """Verdicts on actions, by their identifiers."""
    figures = {"estimate": -0.3, "lower": -0.5, "upper": -0.1}
    rows = [{"action_id": id_, "verdict": verdict, **figures} for id_, verdict in verdicts.items()]
    return Effects(
        table=actions_frame(pd.DataFrame(rows)),
        estimators=estimates_frame(),
        period=period,
        as_of=make_tables().as_of,
    )


def finish(
    folder: Path,
    period: str = "2025Q1",
    rows: Sequence[dict] = (BANK, UNIT),
    *,
    settings: RunSettings | None = None,
    day: str = "2025-04-01",
    causes: Causes | None = None,
    **verdicts: str,
) -> Path:
    """Write a report's results and its manifest, as a run ends; return its folder."""
    policies = Path(settings.policies) if settings else PARAMS / "policy"
    found = found_in(period, rows, policies=policies, day=day)
    made = {"findings": found, "proposals": propose(found, load_policy(policies, on=day))}
    made |= {"effects": judged(period, **verdicts)} if verdicts else {}
    made |= {"causes": causes} if causes else {}
    for name, result in made.items():
        save(result, folder / "results" / name)
    given = {"title": "t", "source": "s", "policies": str(policies), "risks": "r", "period": period}
    content = {
        "settings": json.loads(settings.model_dump_json()) if settings else given,
        "files": digests(folder, ["results"]),
        "notebooks": {},
    }
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    return folder
