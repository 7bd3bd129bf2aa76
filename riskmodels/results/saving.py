"""A result written as a folder of files, with personal data masked."""

import dataclasses
import json
import math
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskmodels.errors import ResultError
from riskmodels.parameters.files import Parameters
from riskmodels.privacy import find_personal_data, mask_code, mask_personal_data, mask_values
from riskmodels.results.classes import saved_name
from riskmodels.results.folders import RESULT_FILE, bring_back, replace_folder
from riskmodels.scratch import scratch_folder, write_text, written
from riskmodels.tables import Table, file_sha256


def save(result: object, folder: str | Path) -> Path:
    """Save a result as a folder of files.

    Parameters
    ----------
    result : dataclass instance
        Any result of riskmodels.
    folder : str or Path
        Where; a result that is there is replaced as a whole. It is its owner's alone.

    Returns
    -------
    Path
        The folder: ``result.json``, one ``.parquet`` a frame, one ``.npy`` an array. Stored tables are
        named by their folder in the store, relative to this one, and not copied. Personal data in texts is
        masked, as everywhere.

    Raises
    ------
    ResultError
        The result holds something that cannot be saved, or the folder is there and holds something else.
    """
    target = Path(folder)
    if target.exists() and not (target / RESULT_FILE).is_file() and not _is_empty_folder(target):
        raise ResultError(f"{target} is there and holds no saved result; nothing was replaced")
    target.parent.mkdir(parents=True, exist_ok=True)
    bring_back(target)
    with scratch_folder(f".{target.name}.saved-", parent=target.parent) as scratch:
        staged = scratch / target.name
        staged.mkdir()
        content = _Writer(staged, target.parent).encode(result, "result")
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        write_text(staged / RESULT_FILE, f"{text}\n")
        staged.chmod(0o700)
        replace_folder(staged, target)
    return target


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


class _Writer:
    """Turns values into JSON and writes what JSON cannot hold to files beside it."""

    def __init__(self, folder: Path, parent: Path) -> None:
        self.folder = folder
        self.parent = parent  # of the folder in the end

    def encode(self, value: Any, name: str) -> Any:
        if isinstance(value, Table):
            here = self.parent.resolve() / "result"
            return {"table": os.path.relpath(value.folder.resolve(), here)}
        if (named := saved_name(value)) is None:
            return self._encode_plain(value, name)
        if isinstance(value, Parameters):
            values = mask_values(json.loads(value.model_dump_json()), text=mask_code)
            return {
                "parameters": named[0],
                "format": named[1],
                "values": json.dumps(values, ensure_ascii=False),
            }
        fields = {
            field.name: self.encode(getattr(value, field.name), f"{name}.{field.name}")
            for field in dataclasses.fields(value)
        }
        return {"result": named[0], "format": named[1], "fields": fields}

    def _encode_plain(self, value: Any, name: str) -> Any:  # noqa: PLR0911  one per kind of value
        if isinstance(value, pd.DataFrame):
            path = self._write_frame(value, name)
            return {"frame": path.name, "sha256": file_sha256(path)}
        if isinstance(value, np.ndarray):
            path = self.folder / f"{name}.npy"
            with written(path):
                np.save(path, value, allow_pickle=False)
            return {"array": path.name, "sha256": file_sha256(path)}
        if isinstance(value, pd.PeriodIndex):
            return {"periods": value.astype("str").tolist(), "freq": value.freqstr}
        if isinstance(value, tuple):
            return {"tuple": [self.encode(item, f"{name}.{place}") for place, item in enumerate(value)]}
        if isinstance(value, date) and not isinstance(value, datetime):
            return {"date": value.isoformat()}
        if isinstance(value, str):
            return mask_personal_data(value)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"float": str(value)}
        raise ResultError(f"{name} is a {type(value).__name__}, which cannot be saved")

    def _write_frame(self, frame: pd.DataFrame, name: str) -> Path:
        path = self.folder / f"{name}.parquet"
        try:
            with written(path):
                _masked(frame).to_parquet(path)
        except (ValueError, TypeError, NotImplementedError) as error:
            raise ResultError(f"{name} is a frame that cannot be saved: {error}") from None
        return path


def _masked(frame: pd.DataFrame) -> pd.DataFrame:
    """Mask the codes and texts of a frame and of its labels, two codes as two."""
    masked = frame.copy(deep=False)
    for place in range(frame.shape[1]):
        if changed := _changed_values(frame.iloc[:, place]):
            masked.isetitem(place, _replaced(frame.iloc[:, place], changed).array)
    rows, columns = (_changed(_texts(labels.to_series())) for labels in (frame.index, frame.columns))
    return masked.rename(index=rows, columns=columns) if rows or columns else masked


def _changed_values(column: pd.Series) -> dict[str, str]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _changed(_texts(column.cat.categories.to_series()))
    return _changed(_texts(column))


def _texts(column: pd.Series) -> list[str]:
    """Return the distinct texts among the values."""
    if not (column.dtype == object or pd.api.types.is_string_dtype(column.dtype)):
        return []
    return list(column[column.map(lambda value: isinstance(value, str))].unique())


def _replaced(column: pd.Series, changed: dict[str, str]) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.rename_categories(changed)
    return column.where(~column.isin(list(changed)), column.map(changed))


def _changed(texts: list[str]) -> dict[str, str]:
    """Return the texts with personal data as they are written: each marked apart where two would be one."""
    changed = {text: mask_personal_data(text) for text in texts if find_personal_data(text)}
    written = {changed.get(text, text) for text in texts}
    return changed if len(written) == len(texts) else {text: mask_code(text) for text in changed}
