"""Tables as one Excel workbook: a sheet each, no text is a formula or a link."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from riskmodels.scratch import staged

_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write a workbook as a whole or not at all; the names of the frames are those of its sheets."""
    options = {"options": _PLAIN}
    with (
        staged(path) as file,
        pd.ExcelWriter(
            file, engine="xlsxwriter", engine_kwargs=options, datetime_format="yyyy-mm-dd"
        ) as book,
    ):
        for name, frame in frames.items():
            frame.to_excel(book, sheet_name=name, index=False)
