"""A result read from its folder exactly as it was saved; what is damaged or was changed is refused."""

import json
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from riskmodels.annotations import is_of
from riskmodels.errors import ResultError
from riskmodels.manifests import check_result
from riskmodels.misfits import misfit_words
from riskmodels.parameters.files import Parameters
from riskmodels.results.classes import class_named, field_named
from riskmodels.results.folders import RESULT_FILE
from riskmodels.tables import file_sha256, open_table

ResultT = TypeVar("ResultT")

_RESULT = ("result", "dataclass")  # the second in what was saved before formats had numbers
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


def load_earlier(folder: str | Path, kind: type[ResultT]) -> ResultT | None:
    """Load what an earlier run saved; None where nothing is there.

    Raises ResultError as ``load`` does: what cannot be read is never taken for nothing.
    """
    return load(folder, kind) if Path(folder).exists() else None


def load_all(folder: str | Path, pattern: str, kind: type[ResultT]) -> list[ResultT]:
    """Load every result in ``folder`` whose name matches ``pattern`` (as of the shell), in order of name."""
    found = [path for path in sorted(Path(folder).glob(pattern)) if path.is_dir()]
    return [load(path, kind) for path in found if not path.name.startswith(".")]  # those are being written


def _load(source: Path, kind: type[ResultT]) -> ResultT:
    """Load a result without a look at the manifest of its report."""
    try:
        content = json.loads(_text(source / RESULT_FILE))
        result = _decode(content, source)
    except _DAMAGE as error:
        raise ResultError(
            f"{source} is no saved result, is damaged, or is of another version of riskmodels: {error}"
        ) from None
    if not isinstance(result, kind):
        raise ResultError(f"{source} holds a {type(result).__name__}; expected a {kind.__name__}")
    return result


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError(f"{path.name} has more than {_MOST:,} bytes")
    return content.decode("utf-8")


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


def _filled(kind: Any, fields: dict[str, Any]) -> Any:
    """Return a result of its fields, each of the type that it is declared with."""
    hints = get_type_hints(kind)
    for name, value in fields.items():
        if name in hints and not is_of(value, hints[name]):
            raise TypeError(f"{kind.__name__}.{name} is a {type(value).__name__}")
    return kind(**fields)


def _parameters(kind: type[Parameters], text: str) -> Parameters:
    """Read saved parameters; raises ValueError where they are not as they were saved."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ValueError("; ".join(misfit_words(error, kind))) from None


def _decode_plain(  # noqa: PLR0911  one per kind of value
    kind: str, value: Any, content: dict[str, Any], folder: Path
) -> Any:
    match kind:
        case "table":
            return open_table((folder / value).resolve())
        case "frame":
            return _read_frame(_unchanged(folder, content))
        case "array":
            mapped = np.load(_unchanged(folder, content), mmap_mode="r")  # looks at the size before it reads
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


def _unchanged(folder: Path, content: dict[str, Any]) -> Path:
    """Return the file of a frame or array; one that was changed since it was saved is refused."""
    path = _beside(folder, next(iter(content.values())))
    if content.get("sha256", "") not in {"", file_sha256(path)}:  # none in what earlier versions saved
        raise ValueError(f"'{path.name}' was changed after it was saved")
    return path


def _beside(folder: Path, name: str) -> Path:
    """Return a file in the folder of the result; one elsewhere is refused, whatever path a file may name."""
    path = folder / name
    if name != path.name or path.resolve().parent != folder.resolve():
        raise ValueError(f"'{name}' is no file of this result")
    return path


def _read_frame(path: Path) -> pd.DataFrame:
    found = pq.read_metadata(path)
    if found.num_rows * max(found.num_columns, 1) > _MOST_CELLS:
        raise ValueError(f"'{path.name}' would have {found.num_rows:,} rows of {found.num_columns:,} columns")
    return pd.read_parquet(path)
