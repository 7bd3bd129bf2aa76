"""A saved result of tables, copied so that it names its stored tables in other folders."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from riskmodels.results.folders import RESULT_FILE
from riskmodels.scratch import write_text


def copy_tables(saved: Path, target: Path, folders: Mapping[str, Path]) -> None:
    """Copy a saved result of tables.

    Parameters
    ----------
    saved, target : Path
        Folders of the result and of its copy, which replaces what is there.
    folders : mapping
        Canonical table -> folder of the stored table that the copy names.
    """
    content = json.loads((saved / RESULT_FILE).read_bytes())
    for name, folder in folders.items():
        place = Path(os.path.relpath(folder.resolve(), target.parent.resolve() / target.name))
        content["fields"][name] = {"table": place.as_posix()}
    if saved != target:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(saved, target)
    write_text(target / RESULT_FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
