"""Finish a run: what is made of the notebooks and results once all are there."""

from pathlib import Path

from riskmodels.policy import load_policy
from riskmodels.report import write_report
from riskmodels.runner.front_page import summarise
from riskmodels.runner.outputs import write_document, write_manifest, write_tables
from riskmodels.runner.plan import NOTEBOOK_FOLDER, Plan, Step


def finish(plan: Plan, folder: Path, steps: list[Step], seconds: dict[str, float]) -> None:
    """Write the report, ``assessment.json``, ``tables/`` and the manifest into the folder of a run."""
    results = folder / "results"
    front = summarise(plan.settings, results, policy=load_policy(plan.settings.policies, on=plan.policy_on))
    notebooks = [folder / "notebooks" / f"{step.name}.ipynb" for step in steps]
    write_report(notebooks, folder / "report.html", front=front)
    write_document(results, folder / "assessment.json")
    write_tables(results, folder / "tables")
    write_manifest(plan, folder, seconds=seconds, code=[Path(__file__).parents[1], NOTEBOOK_FOLDER])
