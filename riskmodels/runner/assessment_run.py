"""Run a whole assessment: every notebook, then the report, put in place as one folder."""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from glob import escape
from importlib import import_module
from pathlib import Path

from filelock import FileLock, Timeout

from riskmodels.errors import BusyError
from riskmodels.labels import use_language
from riskmodels.results.folders import bring_back, replace_folder
from riskmodels.runner.execution import execute_notebook
from riskmodels.runner.kept_parameters import keep_parameter_files, used_files
from riskmodels.runner.kernels import Kernels
from riskmodels.runner.ledgers import keep_state
from riskmodels.runner.plan import Plan, Step, plan_steps
from riskmodels.scratch import private_folder, write_text
from riskmodels.shipped import shipped_folder
from riskmodels.sources import load_source
from riskmodels.tables import sweep_store

_KERNELS = 3  # at a time: two cores stay busy where one draws what nobody waits for
_LOOK = 0.05  # seconds between two looks for results that others wait for
_PARTIAL = ".partial-"  # between a report's name and the process that makes it
_FINISHING = "riskmodels.runner.finishing"


def run_assessment(
    plan: Plan,
    *,
    store: Path,
    progress: Callable[[int, str], None],
    kernels: Kernels,
) -> Path:
    """Execute a planned run.

    Parameters
    ----------
    plan : Plan
        From ``plan_assessment``.
    store : Path
        Folder of accepted tables.
    progress : callable
        Called with the number of steps done and the names of those under way, whenever one starts or ends.
    kernels : Kernels
        From ``open_kernels``; closed where the run fails.

    Returns
    -------
    Path
        The report, ``<folder>/report.html``; beside it ``board.html``, ``assessment.json``,
        ``manifest.json``, ``notebooks/``, ``params/``, ``results/`` and ``tables/``. The folder appears as a
        whole or not at all; what a killed run left is removed by the next.

    Raises
    ------
    RiskModelsError
        A notebook failed, or another run of the same report is under way; an earlier report stays. The
        notebook that failed is kept, masked, in ``<folder>.failed/``.

    Notes
    -----
    Three notebooks run at a time, each as soon as the results that it reads are written, though the notebook
    that writes them may still draw; one that fails stops the run.
    """
    plan.folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(plan.folder.parent / f".{plan.folder.name}.lock")
    try:
        with lock.acquire(timeout=0):
            return _run_locked(plan, store.resolve(), progress, kernels)
    except Timeout:
        raise BusyError(f"another run is writing {plan.folder}; wait for it to end") from None


def _run_locked(plan: Plan, store: Path, progress: Callable[[int, str], None], kernels: Kernels) -> Path:
    bring_back(plan.folder)
    for left in plan.folder.parent.glob(f".{escape(plan.folder.name)}{_PARTIAL}*"):
        shutil.rmtree(left, ignore_errors=True)
    sweep_store(store)
    staged = plan.folder.with_name(f".{plan.folder.name}{_PARTIAL}{os.getpid()}")
    staged.mkdir()  # as the umask says
    try:
        _fill(plan, staged.resolve(), store, progress, kernels)
        replace_folder(staged, plan.folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        sweep_store(store)  # its kernels are dead
        raise
    return plan.folder / "report.html"


def _fill(
    plan: Plan, folder: Path, store: Path, progress: Callable[[int, str], None], kernels: Kernels
) -> None:
    use_language(plan.settings.language)
    (folder / "notebooks").mkdir()
    private_folder(folder / "results")
    keep_parameter_files(plan.settings, folder)
    kernels.read_ahead(used_files(plan.settings, plan.policy_valid_from).values())
    _write_source(plan, folder / "source.json")
    if plan.state is None:
        keep_state(plan.settings, folder / "results")
    else:
        shutil.copytree(plan.state, folder / "results" / "ledger")
    steps = list(plan_steps(plan, folder, store))
    failed = plan.folder.with_name(f"{plan.folder.name}.failed")
    shutil.rmtree(failed, ignore_errors=True)
    try:
        with ThreadPoolExecutor(1) as aside:
            aside.submit(import_module, _FINISHING)  # there is time while the notebooks run
            seconds = _execute(steps, folder, progress, kernels)
    except BaseException:
        (folder / "notebooks").rename(failed)  # which takes no room: the disk may be full
        raise
    progress(len(steps), "report")
    import_module(_FINISHING).finish(plan, folder, steps, seconds)


def _execute(
    steps: list[Step], folder: Path, progress: Callable[[int, str], None], kernels: Kernels
) -> dict[str, float]:
    """Execute notebooks as soon as what they read is written; return the seconds that each took."""
    waiting, seconds = list(steps), dict[str, float]()
    shown = (0, "")
    with ThreadPoolExecutor(_KERNELS) as pool:
        running: dict[Future[float], Step] = {}
        try:
            while waiting or running:
                begun = _ready(waiting, list(running.values()), folder)[: _KERNELS - len(running)]
                waiting = [step for step in waiting if step not in begun]
                running |= {
                    pool.submit(_execute_step, step, folder / "notebooks", kernels): step for step in begun
                }
                under_way = len(seconds), ", ".join(step.name for step in running.values())
                if under_way != shown:
                    progress(*under_way)
                shown = under_way
                ended = wait(running, timeout=_LOOK if waiting else None, return_when=FIRST_COMPLETED).done
                for future in ended:
                    seconds[running.pop(future).name] = future.result()
        except BaseException:
            kernels.close()  # the others' threads end with their kernels
            raise
    return seconds


def _ready(waiting: list[Step], running: list[Step], folder: Path) -> list[Step]:
    """List the steps of which all results they read are there: each is put in place as a whole, when made."""
    to_come = {name for step in (*waiting, *running) for name in step.writes}
    to_come -= {name for name in to_come if (folder / "results" / name).exists()}
    return [step for step in waiting if not to_come & {*step.reads}]


def _execute_step(step: Step, folder: Path, kernels: Kernels) -> float:
    start = time.perf_counter()
    execute_notebook(
        shipped_folder("notebooks") / f"{step.notebook}.ipynb",
        folder / f"{step.name}.ipynb",
        step.parameters,
        kernels=kernels,
        subject=step.subject,
    )
    return time.perf_counter() - start


def _write_source(plan: Plan, path: Path) -> None:
    """Write the source file as it is used: with the files that were really read."""
    source = load_source(plan.settings.source)
    tables = {
        name: table.model_copy(update={"file": plan.files.get(name)}) for name, table in source.tables.items()
    }
    content = source.model_copy(update={"tables": tables}).model_dump_json(indent=1)
    write_text(path, content + "\n")
