"""Change single values of a parameter file: nothing else of its text is touched, comments neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from riskmodels.errors import ParameterError
from riskmodels.misfits import nearest

_LINE = 1 << 20  # characters; longer values are wrapped


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One value to change.

    Attributes
    ----------
    path : str
        Where it stands: names with dots between, entries of lists by their ``id``, e.g.
        ``indicators.complaint_rate.limits.amber``. A name that its mapping lacks is added to it.
    expected : object
        What must stand there now; None: nothing does, or null.
    proposed : object
        What is to stand there: a scalar, or a mapping of scalars.
    """

    path: str
    expected: Any
    proposed: Any


def edit_text(text: str, edits: Sequence[Edit]) -> str:
    """Change single values of YAML text.

    Parameters
    ----------
    text : str
        YAML, of mappings, and lists whose entries have an ``id``.
    edits : sequence of Edit
        What is to change; no two of the same path.

    Returns
    -------
    str
        The text with these values changed: every other character is as it was.

    Raises
    ------
    ParameterError
        A path leads nowhere or stands twice, another value than the expected one stands there, or an alias
        stands for it in several places. Whatever the file's manner, nothing else than asked changes.
    """
    paths = [edit.path for edit in edits]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise ParameterError(f"changed twice: {', '.join(twice)}")
    root = _composed(text)
    if not isinstance(root, MappingNode):
        raise ParameterError("nothing can be changed in a file that is no mapping of names to values")
    shared = _shared(root)
    found = [_found(root, edit.path, shared) for edit in edits]
    if (expected := _loaded(text)) is None:
        raise ParameterError("what is to be changed is no YAML, or has a name twice")
    pieces = [
        _piece(text, parent, steps[-1], edit) for (parent, steps), edit in zip(found, edits, strict=True)
    ]
    changed = text
    for start, end, written in sorted(pieces, reverse=True):  # from the end, so that places before it stay
        changed = changed[:start] + written + changed[end:]
    for (_, steps), edit in zip(found, edits, strict=True):
        _set(expected, steps, edit.proposed)
    if _loaded(changed) != expected:
        raise ParameterError(
            f"this cannot be changed without changing more, by hand only: {', '.join(paths)}"
        )
    return changed


def _composed(text: str) -> Node | None:
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(StringIO(text))
    except YAMLError as error:
        raise ParameterError(f"what is to be changed is no YAML: {' '.join(str(error).split())}") from None
    return root


def _loaded(text: str) -> Any:
    """Return what a text says, each alias as a copy of its own; None where it is no YAML."""
    try:
        return _copied(YAML(typ="safe", pure=True).load(text))
    except (YAMLError, ValueError):
        return None


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _set(values: Any, steps: Sequence[str], proposed: object) -> None:
    for step in steps[:-1]:
        is_list = isinstance(values, list)
        values = next(one for one in values if str(one.get("id")) == step) if is_list else values[step]
    values[steps[-1]] = proposed


def _shared(root: Node) -> set[int]:
    """Return the nodes that stand in several places: those that an alias names."""
    seen: set[int] = set()
    twice: set[int] = set()
    left = [root]
    while left:
        node = left.pop()
        (twice if id(node) in seen else seen).add(id(node))
        if id(node) not in twice and not isinstance(node, ScalarNode):
            left += [one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,))]
    return twice


def _found(root: Node, path: str, shared: set[int]) -> tuple[MappingNode, list[str]]:
    """Return the mapping that a path ends in, and its steps; a name may have dots in it."""
    node, steps, rest = root, list[str](), path.split(".")
    while len(rest) > 1:
        names = _names(node)
        ends = [end for end in range(1, len(rest)) if ".".join(rest[:end]) in names]
        if not ends:
            missing = ".".join([*steps, rest[0]])
            raise ParameterError(f"there is no {missing}; {nearest(rest[0], list(names))}")
        steps.append(".".join(rest[: ends[0]]))
        node, rest = names[steps[-1]], rest[ends[0] :]
        _refuse_shared(node, path, shared)
    if not isinstance(node, MappingNode):
        raise ParameterError(f"{path}: there is no mapping above it")
    names = _names(node)
    if rest[0] in names:
        _refuse_shared(names[rest[0]], path, shared)
    elif "<<" in names:
        raise ParameterError(f"{path} comes from another place (<<): write it out there first")
    return node, [*steps, rest[0]]


def _refuse_shared(node: Node, path: str, shared: set[int]) -> None:
    if id(node) in shared:
        raise ParameterError(f"{path} stands in several places (& and *): write it out in each of them first")


def _names(node: Node) -> dict[str, Node]:
    """Return what a node has below it: values of a mapping by name, entries of a list by their ``id``."""
    if isinstance(node, MappingNode):
        return _values(node)
    if not isinstance(node, SequenceNode):
        return {}
    entries = [one for one in node.value if isinstance(one, MappingNode) and "id" in _values(one)]
    names = [str(_plain(_values(one)["id"])) for one in entries]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ParameterError(f"two entries have the id {twice[0]}")
    return dict(zip(names, entries, strict=True))


def _piece(text: str, parent: MappingNode, name: str, edit: Edit) -> tuple[int, int, str]:
    """Return from where to where the text changes, and to what."""
    pair = next((pair for pair in parent.value if str(pair[0].value) == name), None)
    found = None if pair is None else _plain(pair[1])
    is_quoted_day = isinstance(edit.expected, date) and found == str(edit.expected)
    if found != edit.expected and not is_quoted_day:
        raise ParameterError(
            f"{edit.path} is {_written(found)} now, not {_written(edit.expected)}: what was to be changed has"
            " changed since; make the proposal again"
        )
    if pair is None:
        return _added(text, parent, name, edit.proposed)
    start, end = pair[1].start_mark.index, pair[1].end_mark.index
    if start == end:  # nothing stands there
        start = end = text.index(":", pair[0].end_mark.index) + 1
        return start, end, f" {_written(edit.proposed)}"
    return (
        start,
        start + len(text[start:end].rstrip()),
        _written(edit.proposed),
    )  # lines end where the next begins


def _values(node: MappingNode) -> dict[str, Node]:
    return {str(key.value): value for key, value in node.value}


def _plain(node: Node) -> Any:
    """Return what a node says: a scalar, or a mapping of scalars; its text where it is anything else."""
    if isinstance(node, MappingNode):
        return {name: _plain(value) for name, value in _values(node).items()}
    if not isinstance(node, ScalarNode):
        return [_plain(one) for one in node.value]
    return node.value if node.style else YAML(typ="safe", pure=True).load(node.value)


def _added(text: str, parent: MappingNode, name: str, proposed: object) -> tuple[int, int, str]:
    """Return where a name that a mapping lacks is added: at its end, as its other names are written."""
    if not parent.value:  # {}
        start = parent.start_mark.index + 1
        return start, start, f"{name}: {_written(proposed)}"
    last = parent.value[-1][1]
    while isinstance(last, MappingNode | SequenceNode) and not last.flow_style and last.value:
        last = last.value[-1][1] if isinstance(last, MappingNode) else last.value[-1]
    end = len(text[: last.end_mark.index].rstrip())  # a text of several lines ends where the next begins
    if parent.flow_style:
        return end, end, f", {name}: {_written(proposed)}"
    line = text.find("\n", end)  # behind a comment
    end = len(text) if line < 0 else line
    return end, end, f"\n{' ' * parent.value[0][0].start_mark.column}{name}: {_written(proposed)}"


def _written(value: object) -> str:
    """Write a scalar, or a mapping of scalars, on one line as YAML 1.2, as it may stand in any brackets."""
    writer, stream = YAML(typ="safe", pure=True), StringIO()
    writer.default_flow_style, writer.width, writer.allow_unicode = True, _LINE, True
    writer.dump(value if isinstance(value, Mapping) else [value], stream)
    return stream.getvalue().strip() if isinstance(value, Mapping) else stream.getvalue().strip()[1:-1]
