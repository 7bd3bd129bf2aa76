"""Read and write parameter files: YAML 1.2, no duplicate keys, every value checked against a model."""

import json
import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, ScalarEvent
from ruamel.yaml.parser import Parser
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from riskmodels.errors import ParameterError, file_error
from riskmodels.misfits import dotted, misfit_words, nearest
from riskmodels.privacy import mask_code, mask_values

_LONGEST_ID = 100  # signs: a part of names of files, which may have 255 bytes
Identifier = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=_LONGEST_ID,
        json_schema_extra={"shape": "small letters, digits and _, first a letter, e.g. credit_card"},
    ),
]
Name = Annotated[str, Field(min_length=1)]  # of anything: not empty


class Parameters(BaseModel):
    """A parameter file or a part of one: unknown keys, wrong types and later changes are refused.

    ``called`` is what people call a file of this kind.
    """

    called: ClassVar[str] = ""
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_NOT_FINITE = "Out of range float values are not JSON compliant"  # what json says of .nan and .inf
_MOST = 1 << 18  # bytes of a file: three times the risks shipped, read in a second or two
_MOST_WITH_ALIASES = 1 << 20  # characters of a file when every alias is what it stands for
_MISFITS = (LookupError, TypeError, AttributeError)  # what !!bool maybe and its like end in
_LINE = 1 << 20  # characters; longer ones are wrapped
_DEEP = 4  # mappings inside so many others are written on one line

ParametersT = TypeVar("ParametersT", bound=Parameters)


def load_parameters(path: str | Path, model: type[ParametersT], *, shown: bool = False) -> ParametersT:
    """Read one YAML file as ``model``.

    Parameters
    ----------
    path : str or Path
        The file.
    model : type
        What it must be.
    shown : bool
        Its texts are shown in reports: personal data in them is masked, codes as those of the data.

    Returns
    -------
    ParametersT
        An instance of ``model``.

    Raises
    ------
    ParameterError
        The file cannot be read, is not YAML, or does not fit the model; the message names the file,
        the dotted path inside it and what was expected.

    Notes
    -----
    YAML 1.2: ``NO`` is a text, ``010`` is the number 10, a key given twice is an error, and so is one that
    is not text (``007:`` would become 7). The values are validated as JSON, so that strictness means the
    same for lists, dates and numbers; ``.nan`` and ``.inf`` are refused. So is a file of more than a
    quarter of a megabyte, and one of which aliases make more than four times that.
    """
    return check_parameters(_read_yaml(Path(path), shown=shown), model, where=str(path))


def check_parameters(values: object, model: type[ParametersT], *, where: str) -> ParametersT:
    """Validate ``values`` (plain mappings, lists and scalars) as ``model``.

    Raises ParameterError naming ``where``, the dotted path and the problem, all problems at once.
    """
    try:
        text = json.dumps(values, default=_date_as_text, allow_nan=False)
        _refuse_bare_keys(values)
        return model.model_validate_json(text)
    except ValidationError as error:
        problems = misfit_words(error, model)
        between = "\n  " if len(problems) > 1 else " "
        raise ParameterError(
            f"{where} does not fit {model.called or model.__name__}:{between}" + "\n  ".join(problems)
        ) from None
    except (TypeError, ValueError, RecursionError) as error:
        problem = str(error).replace(_NOT_FINITE, "expected a finite number, and .nan and .inf are none")
        raise ParameterError(f"{where} has a value that no parameter can have: {problem}") from None


def parse_parameters(text: str, model: type[ParametersT], *, where: str) -> ParametersT:
    """Validate the text of a file that is not written yet as ``model``; raises as ``load_parameters``."""
    return check_parameters(_parsed(text, shown=False), model, where=where)


def parameters_text(
    values: Mapping[str, Any],
    *,
    comments: Mapping[tuple[str, ...], Sequence[str]],
    heading: Sequence[str] = (),
) -> str:
    """Write values as YAML that ``load_parameters`` reads as the same values.

    Parameters
    ----------
    values : mapping
        Plain mappings, lists and scalars.
    comments : mapping
        Path of a value, e.g. ``("tables", "losses")`` -> lines to stand above it.
    heading : sequence of str
        Lines above everything.
    """
    writer = YAML(pure=True)
    writer.width = _LINE
    stream = StringIO()
    document = _commented(values, comments, ())
    if above := _as_comment(heading):
        document.yaml_set_start_comment(above)
    writer.dump(document, stream)
    return re.sub(r"[^\n]", _escaped, stream.getvalue())


def _commented(
    values: Mapping[str, Any], comments: Mapping[tuple[str, ...], Sequence[str]], at: tuple[str, ...]
) -> CommentedMap:
    made = CommentedMap()
    for name, value in values.items():
        path, key = (*at, name), _safe(name)
        made[key] = _commented(value, comments, path) if isinstance(value, Mapping) else _safe(value)
        if text := _as_comment(comments.get(path, ())):
            made.yaml_set_comment_before_after_key(key, before=text, indent=2 * len(at))
    if len(at) >= _DEEP:
        made.fa.set_flow_style()
    return made


def _safe(value: Any) -> Any:
    """Have a text with signs that end a line somewhere written between quotes, where they are escaped."""
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    if isinstance(value, Mapping):
        return {_safe(key): _safe(item) for key, item in value.items()}
    return DoubleQuotedScalarString(value) if isinstance(value, str) and not value.isprintable() else value


def _escaped(found: re.Match[str]) -> str:
    """Escape a sign that nobody sees, or that sets the direction: such a text stands between quotes."""
    sign = found[0]
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"


def _as_comment(lines: Sequence[str]) -> str:
    """Put lines together; nothing that somebody's file holds ends one of them."""
    printable = ("".join(sign if sign.isprintable() else " " for sign in line).strip() for line in lines)
    return "\n".join(line for line in printable if line)


def _read_yaml(path: Path, *, shown: bool) -> object:
    try:
        text = read_text(path)
        if re.search(r"^%", text, re.MULTILINE):
            raise ParameterError(f"{path}: remove the line that begins with %; files are YAML 1.2")
        content = _parsed(text, shown=shown)
    except OSError as error:
        beside = _beside(path) if isinstance(error, FileNotFoundError) else ""
        raise ParameterError(f"cannot read {file_error(error)}{beside}") from None
    except UnicodeDecodeError as error:
        raise ParameterError(f"cannot read {path}: {error}; save it as UTF-8") from None
    except (YAMLError, ValueError, ArithmeticError, RecursionError, *_MISFITS) as error:
        raise ParameterError(f"{path} is not valid YAML: {_problem(error)}") from None
    if not isinstance(content, Mapping):
        raise ParameterError(f"{path} must hold a mapping of names to values")
    return content


def read_ahead(path: str | Path) -> None:
    """Read a file that will be asked for, so that it is known then; what is wrong with it is said then."""
    with suppress(ParameterError):
        _read_yaml(Path(path), shown=True)


@lru_cache(maxsize=64)
def _parsed(text: str, *, shown: bool) -> object:
    """Return what a text says, masked where it is shown, not to be changed."""
    content = _loaded(text)
    return mask_values(content, text=mask_code) if shown else content


@lru_cache(maxsize=64)
def _loaded(text: str) -> object:
    """Return what a text says: a run reads its policy and risks several times, slowly."""
    reader = YAML(typ="safe", pure=True)
    reader.Parser = _WeighingParser
    reader.composer.warn_double_anchors = False  # they are refused
    content: object = reader.load(text)
    return content


def _beside(path: Path) -> str:
    """Name the parameter files that are there instead of one that is not."""
    there = [file.name for file in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    return f"; {nearest(path.name, there)}" if there else ""


def read_text(path: Path) -> str:
    """Read a file of a size that parameters have; what is no file, such as a device, may never end.

    Raises ParameterError where it is none, or too large; OSError and UnicodeDecodeError as they come.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ParameterError(f"cannot read {path}: it is no file")
    with path.open("rb") as file:
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ParameterError(f"{path} has more than {_MOST:,} bytes; a file of parameters has some thousands")
    return content.decode("utf-8")


class _WeighingParser(Parser):
    """Raises ValueError, while a text is read, for aliases by which it becomes a long one."""

    def reset_parser(self) -> None:
        super().reset_parser()
        self._sizes: dict[str, int] = {}  # characters of what an anchor names, with all aliases in it
        self._opened: list[tuple[str | None, int]] = [(None, 0)]

    def get_event(self) -> Event:
        event: Event = super().get_event()
        self._weigh(event)
        return event

    def _weigh(self, event: Event) -> None:
        anchor, size = getattr(event, "anchor", None), 0
        if isinstance(event, CollectionStartEvent):
            self._opened.append((anchor, 1))
            return
        if isinstance(event, CollectionEndEvent):
            anchor, size = self._opened.pop()
        elif isinstance(event, ScalarEvent):
            size = 1 + len(event.value)
        elif isinstance(event, AliasEvent):
            anchor, size = None, self._sizes.get(event.anchor, 0)
        if anchor in self._sizes:
            raise ValueError(f"line {event.start_mark.line + 1}: the anchor &{anchor} is given twice")
        if anchor:
            self._sizes[anchor] = size
        outer, inside = self._opened[-1]
        self._opened[-1] = (outer, inside + size)
        if inside + size > _MOST_WITH_ALIASES:
            raise ValueError(f"its aliases (*) make more than {_MOST_WITH_ALIASES:,} characters of it")


def _problem(error: Exception) -> str:
    """Say on one line what is wrong where."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if isinstance(error, MarkedYAMLError) and mark is not None:
        words = ", ".join(part for part in (error.context, error.problem) if part)
        return f"line {mark.line + 1}, column {mark.column + 1}: {words}"
    words = " ".join(str(error).split())
    return f"a value does not fit its tag: {words}" if isinstance(error, _MISFITS) else words


def _refuse_bare_keys(values: object, at: tuple[Any, ...] = ()) -> None:
    if isinstance(values, Mapping):
        for key, value in values.items():
            if not isinstance(key, str):
                raise TypeError(f"{dotted((*at, key))}: the name {key!r} is not text; put it in quotes")
            _refuse_bare_keys(value, (*at, key))
    elif isinstance(values, list | tuple):
        for place, value in enumerate(values):
            _refuse_bare_keys(value, (*at, place))


def _date_as_text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is a {type(value).__name__}")
