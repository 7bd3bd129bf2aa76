"""Run notebooks: one after the other with papermill, a whole assessment as one folder.

As in the package's own door, a name is imported when it is first asked for: a kernel needs no papermill.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "change_settings": "settings",
    "execute_notebook": "execution",
    "load_run": "settings",
    "NOTEBOOKS": "steps",
    "open_kernels": "kernels",
    "Plan": "plan",
    "plan_assessment": "plan",
    "run_assessment": "assessment_run",
    "RunSettings": "settings",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'riskmodels.runner' has no attribute '{name}'")
    return getattr(import_module(f"riskmodels.runner.{_HOMES[name]}"), name)
