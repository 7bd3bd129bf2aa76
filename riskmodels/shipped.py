"""What ships beside the code: notebooks, parameters and the sample bank; and a folder to start from."""

import shutil
from pathlib import Path

from riskmodels.errors import MissingPartError, ParameterError
from riskmodels.scratch import OURS, scratch_folder

PARTS = ("notebooks", "params", "data/sample")
_IN_WHEEL = "shipped_files"  # pyproject.toml puts them there; in a clone they stand beside the package


def shipped_folder(part: str) -> Path:
    """Return the folder of a part: of an installed wheel in the package, of a clone beside it.

    Raises MissingPartError where the installation was made without it.
    """
    package = Path(__file__).parent
    for home in (package / _IN_WHEEL, package.parent):
        if (home / part).is_dir():
            return home / part
    raise MissingPartError(
        f"this installation of riskmodels has no {part}: install its wheel as it is built, or work in a clone"
    )


def start_folder(folder: Path) -> None:
    """Copy notebooks, parameters and the sample bank into a folder, as a start for one's own.

    Raises ParameterError where one of them is there already: nothing is replaced.
    """
    sources = {part: shipped_folder(part) for part in PARTS}
    for part in PARTS:
        if (folder / part).exists():
            raise ParameterError(
                f"{folder / part} is there already, and nothing was copied: name another folder, or move it"
            )
    folder.mkdir(parents=True, exist_ok=True)
    with scratch_folder(f".{OURS}", parent=folder) as staged:
        for part, source in sources.items():
            _copy(source, staged / part)
        for part in PARTS:
            (folder / part).parent.mkdir(exist_ok=True)
            (staged / part).rename(folder / part)


def _copy(source: Path, target: Path) -> None:
    """Copy the files that are not hidden; the copies may be written, whatever ours may."""
    for path in source.rglob("[!.]*"):
        within = path.relative_to(source)
        if path.is_file() and not any(name.startswith(".") for name in within.parts):
            (target / within).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / within)
