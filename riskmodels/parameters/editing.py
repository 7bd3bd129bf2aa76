"""Change single values of a parameter file: nothing else of its text is touched, comments neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
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
        A path leads nowhere or stands twice, or another value than the expected one stands there.
    """
    paths = [edit.path for edit in edits]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise ParameterError(f"changed twice: {', '.join(twice)}")
    root = YAML(typ="rt", pure=True).compose(StringIO(text))
    if not isinstance(root, MappingNode):
        raise ParameterError("nothing can be changed in a file that is no mapping of names to values")
    pieces = sorted((_piece(text, root, edit) for edit in edits), reverse=True)
    for start, end, written in pieces:  # from the end, so that places before it stay
        text = text[:start] + written + text[end:]
    return text


def _piece(text: str, root: MappingNode, edit: Edit) -> tuple[int, int, str]:
    """Return from where to where the text changes, and to what."""
    *above, name = edit.path.split(".")
    parent: Node = root
    for place, step in enumerate(above):
        parent = _child(parent, step, ".".join(above[: place + 1]))
    if not isinstance(parent, MappingNode):
        raise ParameterError(f"{edit.path}: there is no mapping above it")
    node = _values(parent).get(name)
    found = None if node is None else _plain(node)
    if found != edit.expected:
        raise ParameterError(
            f"{edit.path} is {_written(found)} now, not {_written(edit.expected)}: what was to be changed has"
            " changed since; make the proposal again"
        )
    if node is not None:
        return node.start_mark.index, node.end_mark.index, _written(edit.proposed)
    return _added(text, parent, name, edit.proposed)


def _child(node: Node, step: str, path: str) -> Node:
    """Return the value of a name in a mapping, or the entry of a list that has it as its ``id``."""
    names: dict[str, Node] = _values(node) if isinstance(node, MappingNode) else {}
    if isinstance(node, SequenceNode):
        entries = [one for one in node.value if isinstance(one, MappingNode) and "id" in _values(one)]
        names = {str(_plain(_values(one)["id"])): one for one in entries}
    if step not in names:
        raise ParameterError(f"there is no {path}; {nearest(step, list(names))}")
    return names[step]


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
    """Write a scalar, or a mapping of scalars, on one line as YAML 1.2."""
    writer, stream = YAML(typ="safe", pure=True), StringIO()
    writer.default_flow_style, writer.width, writer.allow_unicode = True, _LINE, True
    writer.dump(value, stream)
    return stream.getvalue().removesuffix("...\n").strip()
