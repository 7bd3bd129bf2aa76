"""Tables as one Excel workbook: a sheet each, no text is a formula or a link."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from riskmodels.scratch import OURS, scratch_folder, written

_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write a workbook as a whole or not at all; the names of the frames are those of its sheets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path), scratch_folder(f".{OURS}", parent=path.parent) as folder:
        staged = folder / "staged.xlsx"
        options = {"options": _PLAIN}
        with pd.ExcelWriter(
            staged, engine="xlsxwriter", engine_kwargs=options, datetime_format="yyyy-mm-dd"
        ) as book:
            for name, frame in frames.items():
                frame.to_excel(book, sheet_name=name, index=False)
        staged.replace(path)
