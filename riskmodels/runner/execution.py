"""Execute one notebook with papermill; what it shows is masked before it reaches a file."""

import builtins
import json
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import papermill_io

from riskmodels import errors
from riskmodels.errors import FileError, RiskModelsError, RunError, file_error_in
from riskmodels.parameters.files import Parameters
from riskmodels.privacy import mask_personal_data
from riskmodels.runner.kernels import Kernels, connection, manager_class
from riskmodels.scratch import write_whole

_SCHEME = "masked:"
_START_TIMEOUT = 120  # seconds
_OWN_ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, RiskModelsError)
}
_SYSTEM_ERRORS = {  # and DuckDB's
    "IOException",
    *(name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, OSError)),
}
_KERNEL_ARGUMENTS = [
    "--matplotlib=inline",  # figures go into the notebook, whatever MPLBACKEND says outside
    "--log-level=CRITICAL",  # what goes wrong is in the notebook; that it is asked to stop is no error
]


def execute_notebook(
    notebook: Path, output: Path, parameters: Parameters, *, kernels: Kernels, subject: str = ""
) -> Path:
    """Run a notebook in a kernel of its own and write it, executed, to ``output``.

    Parameters
    ----------
    notebook : Path
        The parameterised notebook.
    output : Path
        Where the executed one goes; its folder exists.
    parameters : Parameters
        Its parameters, checked: names that the notebook does not have cannot be passed.
    kernels : Kernels
        From ``open_kernels``: what starts its kernel.
    subject : str
        What it is about this time, where it is run several times; the report adds it to the title.

    Returns
    -------
    Path
        ``output``. Personal data in it, error messages and parameters included, is masked before it is
        written.

    Raises
    ------
    RiskModelsError
        A cell failed: with the error of riskmodels that it raised, else a RunError; the message names
        notebook and cell; a FileError where the system refused a file. The notebook is written up to the
        failure. A RunError also where its kernel died.
    """
    source = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]  # no types there
    source.metadata["subject"] = subject
    target = _SCHEME + str(output).replace("{", "{{").replace("}", "}}")
    try:
        papermill.execute_notebook(
            source,
            target,
            parameters=json.loads(parameters.model_dump_json()),
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            start_timeout=_START_TIMEOUT,
            resources={"metadata": {"path": str(output.parent)}},  # the kernel's; cwd= is of all threads
            config=connection(kernels),
            kernel_manager_class=manager_class(kernels),
            extra_arguments=_KERNEL_ARGUMENTS,
        )
    except PapermillExecutionError as error:
        raise _as_own_error(notebook, error) from None
    except RuntimeError as error:  # of nbclient, where there is no kernel to talk to
        raise RunError(f"{notebook.stem}: {error}; is there memory enough for it?") from error
    return output


def _as_own_error(notebook: Path, error: PapermillExecutionError) -> RiskModelsError:
    where = f"{notebook.stem}, cell {error.exec_count}"
    if error.ename in _OWN_ERRORS:
        return _OWN_ERRORS[error.ename](f"{where}: {error.evalue}")
    if error.ename in _SYSTEM_ERRORS and (refused := file_error_in(error.evalue)):
        return FileError(f"{where}: {refused}")
    return RunError(f"{where}: {error.ename}: {error.evalue}")


class _MaskedFiles:
    """papermill's way to write a notebook, with personal data masked."""

    @staticmethod
    def write(content: str, path: str) -> None:
        notebook = _masked(nbformat.reads(content, as_version=4))  # type: ignore[no-untyped-call]
        text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
        write_whole(Path(path.removeprefix(_SCHEME)), f"{text}\n".encode())

    @staticmethod
    def pretty_path(path: str) -> str:
        return path.removeprefix(_SCHEME)


def _masked(value: Any) -> Any:
    """Mask every text in a notebook, images left out."""
    if isinstance(value, str):
        return mask_personal_data(value)
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return nbformat.from_dict(  # type: ignore[no-untyped-call]
            {
                mask_personal_data(key): item if key.startswith("image/") else _masked(item)
                for key, item in value.items()
            }
        )
    return value


papermill_io.register(_SCHEME, _MaskedFiles)
