"""Whether a value is of the type that a field is declared with."""

from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin


def is_of(value: object, hint: Any) -> bool:
    """Tell whether a value is of a type: a class, a union, a Literal or a tuple of such.

    Of a Literal only the type counts, and int counts as float.

    >>> is_of((1, "a"), tuple[int, str]), is_of(None, int | None), is_of(1, Literal["a"]), is_of(1.5, int)
    (True, True, False, False)
    """
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or hint is object:
        return True
    if origin in (Union, UnionType):
        return any(is_of(value, part) for part in inner)
    if origin is Literal:
        return type(value) in map(type, inner)  # which of them is for the class to say
    if origin is tuple:
        return isinstance(value, tuple) and _are_of(value, inner)
    return _is_instance(value, origin or hint)


def _is_instance(value: object, kind: Any) -> bool:
    if not isinstance(kind, type):  # a variable of types
        return True
    if getattr(kind, "_is_protocol", False):
        return all(hasattr(value, name) for name in vars(kind) if not name.startswith("_"))
    return isinstance(value, (int, float) if kind is float else kind)


def _are_of(values: tuple[object, ...], hints: tuple[Any, ...]) -> bool:
    if len(hints) == 2 and hints[1] is Ellipsis:  # noqa: PLR2004  tuple[X, ...]
        return all(is_of(value, hints[0]) for value in values)
    return len(values) == len(hints) and all(map(is_of, values, hints))
