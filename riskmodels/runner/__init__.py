"""Run notebooks: one after the other with papermill, a whole assessment as one folder."""

from riskmodels.runner.assessment_run import run_assessment
from riskmodels.runner.execution import execute_notebook
from riskmodels.runner.plan import Plan, plan_assessment
from riskmodels.runner.settings import NOTEBOOKS, RunSettings, change_settings, load_run

__all__ = [
    "NOTEBOOKS",
    "Plan",
    "RunSettings",
    "change_settings",
    "execute_notebook",
    "load_run",
    "plan_assessment",
    "run_assessment",
]
