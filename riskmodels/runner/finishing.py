"""Finish a run: what is made of the notebooks and results once all are there."""

import json
from pathlib import Path

from riskmodels.parameters.policy import load_policy
from riskmodels.privacy import mask_values
from riskmodels.reporting.board import write_board
from riskmodels.reporting.document import write_report
from riskmodels.reporting.exports import write_document, write_tables
from riskmodels.reporting.front_page import summarise
from riskmodels.runner.manifest import write_manifest
from riskmodels.runner.plan import Plan, Step
from riskmodels.scratch import write_text


def finish(plan: Plan, folder: Path, steps: list[Step], seconds: dict[str, float]) -> None:
    """Write report, board paper, ``assessment.json``, ``tables/``, masked source and manifest of a run."""
    results = folder / "results"
    title, policy = plan.settings.title, load_policy(plan.settings.policies, on=plan.policy_on)
    front = summarise(results, title=title, policy=policy)
    notebooks = [folder / "notebooks" / f"{step.name}.ipynb" for step in steps]
    write_report(notebooks, folder / "report.html", front=front)
    write_board(results, folder / "board.html", title=title, policy=policy)
    write_document(results, folder / "assessment.json")
    write_tables(results, folder / "tables")
    _mask_source(folder / "source.json")
    write_manifest(plan, folder, seconds=seconds)


def _mask_source(path: Path) -> None:
    """Mask the source file as the notebooks read it, now that they have."""
    content = mask_values(json.loads(path.read_bytes()))
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
