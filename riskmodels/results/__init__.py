"""Results as files: saved atomically between notebooks, loaded exactly as they were."""

import dataclasses
import json
import math
import os
from contextlib import suppress
from datetime import date, datetime
from glob import escape
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from pydantic import ValidationError

from riskmodels.annotations import is_of
from riskmodels.errors import ResultError
from riskmodels.manifests import check_result
from riskmodels.misfits import misfit_words
from riskmodels.parameters.files import Parameters
from riskmodels.privacy import find_personal_data, mask_code, mask_personal_data, mask_values
from riskmodels.results.classes import class_named, field_named, saved_name
from riskmodels.scratch import LOCK, scratch_folder, sweep, write_text, written
from riskmodels.tables import Table, file_sha256, open_table

ResultT = TypeVar("ResultT")

_FILE = "result.json"
_RESULT = ("result", "dataclass")  # the second in what was saved before formats had numbers
_ASIDE, _OLD = "-old-", "old"  # where a folder is put while another takes its place
_DAMAGE = (  # what json, numpy, pyarrow, pydantic and our classes raise for content that is not as saved
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ImportError,
    EOFError,
    RecursionError,
    NotImplementedError,
    ArithmeticError,
    MemoryError,
    pa.ArrowException,
)
_MOST = 1 << 26  # bytes of result.json, which holds neither frames nor arrays
_MOST_CELLS = 100_000_000  # of a frame: ten times those of the largest result


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
    if target.exists() and not (target / _FILE).is_file() and not _is_empty_folder(target):
        raise ResultError(f"{target} is there and holds no saved result; nothing was replaced")
    target.parent.mkdir(parents=True, exist_ok=True)
    bring_back(target)
    with scratch_folder(f".{target.name}.saved-", parent=target.parent) as scratch:
        staged = scratch / target.name
        staged.mkdir()
        content = _Writer(staged, target.parent).encode(result, "result")
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        write_text(staged / _FILE, f"{text}\n")
        staged.chmod(0o700)
        replace_folder(staged, target)
    return target


def load(folder: str | Path, kind: type[ResultT]) -> ResultT:
    """Load a saved result.

    Parameters
    ----------
    folder : str or Path
        Folder that ``save`` wrote.
    kind : type
        What it must be, e.g. ``Forecast``.

    Returns
    -------
    kind
        The result, equal to the one saved to the last bit.

    Raises
    ------
    ResultError
        The folder is missing or damaged, or holds another kind of result; or a stored table it names is
        gone or was changed. Of a result in a report: it is not as the report's manifest says.
    """
    source = Path(folder)
    try:
        check_result(source)
        return _load(source, kind)
    except OSError as error:
        raise ResultError(f"{source} is not a saved result, or is damaged: {error}") from None


def _load(source: Path, kind: type[ResultT]) -> ResultT:
    """Load a result without a look at the manifest of its report."""
    try:
        content = json.loads(_text(source / _FILE))
        result = _decode(content, source)
    except _DAMAGE as error:
        raise ResultError(
            f"{source} is no saved result, is damaged, or is of another version of riskmodels: {error}"
        ) from None
    if not isinstance(result, kind):
        raise ResultError(f"{source} holds a {type(result).__name__}; expected a {kind.__name__}")
    return result


def load_earlier(folder: str | Path, kind: type[ResultT]) -> ResultT | None:
    """Load what an earlier run saved; None where nothing is there.

    Raises ResultError as ``load`` does: what cannot be read is never taken for nothing.
    """
    return load(folder, kind) if Path(folder).exists() else None


def load_all(folder: str | Path, pattern: str, kind: type[ResultT]) -> list[ResultT]:
    """Load every result in ``folder`` whose name matches ``pattern`` (as of the shell), in order of name."""
    found = [path for path in sorted(Path(folder).glob(pattern)) if path.is_dir()]
    return [load(path, kind) for path in found if not path.name.startswith(".")]  # those are being written


def replace_folder(staged: Path, target: Path) -> None:
    """Put a finished folder in the place of another; a reader sees the old, for a moment none, or the new."""
    with scratch_folder(f".{target.name}{_ASIDE}", parent=target.parent) as aside:
        old = aside / _OLD
        try:
            if target.exists():
                target.rename(old)
            staged.rename(target)
        except BaseException:
            if old.exists() and not target.exists():
                old.rename(target)
            raise


def bring_back(target: Path) -> None:
    """Put a folder back that a killed process had taken away, and had not replaced yet."""
    for left in target.parent.glob(f".{escape(target.name)}{_ASIDE}*/{_OLD}"):
        with suppress(Timeout), FileLock(left.parent / LOCK, timeout=0):  # else its process is at work
            if not target.exists():
                left.rename(target)
    sweep(f".{target.name}{_ASIDE}", parent=target.parent)


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

    def _encode_plain(self, value: Any, name: str) -> Any:  # noqa: PLR0911  one a kind of value
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


def _unchanged(folder: Path, content: dict[str, Any]) -> Path:
    """Return the file of a frame or array; one that was changed since it was saved is refused."""
    path = _beside(folder, next(iter(content.values())))
    if content.get("sha256", "") not in {"", file_sha256(path)}:  # none in what earlier versions saved
        raise ValueError(f"'{path.name}' was changed after it was saved")
    return path


def _read_frame(path: Path) -> pd.DataFrame:
    found = pq.read_metadata(path)
    if found.num_rows * max(found.num_columns, 1) > _MOST_CELLS:
        raise ValueError(f"'{path.name}' would have {found.num_rows:,} rows of {found.num_columns:,} columns")
    return pd.read_parquet(path)


def _beside(folder: Path, name: str) -> Path:
    """Return a file in the folder of the result; one elsewhere is refused, whatever path a file may name."""
    path = folder / name
    if name != path.name or path.resolve().parent != folder.resolve():
        raise ValueError(f"'{name}' is no file of this result")
    return path


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError(f"{path.name} has more than {_MOST:,} bytes")
    return content.decode("utf-8")


def _filled(kind: Any, fields: dict[str, Any]) -> Any:
    """Return a result of its fields, each of the type that it is declared with."""
    hints = get_type_hints(kind)
    for name, value in fields.items():
        if name in hints and not is_of(value, hints[name]):
            raise TypeError(f"{kind.__name__}.{name} is a {type(value).__name__}")
    return kind(**fields)


def _decode(content: Any, folder: Path) -> Any:
    if not isinstance(content, dict):
        return content
    kind: str = next(iter(content), "")
    value = content.get(kind)
    if kind in _RESULT:
        of = class_named(str(value), content.get("format"))
        fields = {field_named(of, name): _decode(item, folder) for name, item in content["fields"].items()}
        return _filled(of, fields)
    if kind == "parameters":
        return _parameters(class_named(str(value), content.get("format")), content["values"])
    return _decode_plain(kind, value, content, folder)


def _parameters(kind: type[Parameters], text: str) -> Parameters:
    """Read saved parameters; raises ValueError where they are not as they were saved."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ValueError("; ".join(misfit_words(error, kind))) from None


def _decode_plain(  # noqa: PLR0911  one a kind of value
    kind: str, value: Any, content: dict[str, Any], folder: Path
) -> Any:
    match kind:
        case "table":
            return open_table((folder / value).resolve())
        case "frame":
            return _read_frame(_unchanged(folder, content))
        case "array":
            mapped = np.load(
                _unchanged(folder, content), mmap_mode="r"
            )  # refuses a header of more than there is
            return np.array(mapped)
        case "periods":
            return pd.PeriodIndex(value, freq=content["freq"])
        case "tuple":
            return tuple(_decode(item, folder) for item in value)
        case "date":
            return date.fromisoformat(value)
        case "float":
            return float(value)
    raise ValueError(f"'{kind}' is no kind of saved value")
