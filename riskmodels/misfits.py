"""What does not fit a model, in words: what was expected, with an example, and the nearest known name."""

import difflib
import json
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

_SHOWN = 60  # characters of a value
_NAMED = 12  # known names that are listed
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list, e.g. [a, b]",
    "object": "names with values, e.g. {a: b}",
    "null": "nothing",
}
_BOUNDS = {
    "exclusiveMinimum": "more than",
    "minimum": "at least",
    "exclusiveMaximum": "less than",
    "maximum": "at most",
}

Place = tuple[str | int, ...]
Schema = Mapping[str, Any]


def misfit_words(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Say of each value that does not fit ``model`` where it stands, what was expected, and what is near.

    Parameters
    ----------
    error : ValidationError
        What pydantic refused.
    model : type
        Of which model.

    Returns
    -------
    list of str
        One line per problem, which begins with its dotted path: ``scenarios.0.severity: is 'worst';
        expected …``.
    """
    schema = model.model_json_schema()
    problems: dict[Place, str] = {}
    for found in error.errors(include_url=False):
        place, words = _problem(dict(found), schema)
        problems.setdefault(place, words)
    holding = {place[:end] for place in problems for end in range(len(place))}  # of which a part is named
    return [f"{dotted(place)}: {words}" for place, words in problems.items() if place not in holding]


def nearest(name: str, known: Collection[str]) -> str:
    """Name what is nearest to a name that nobody knows, and some of what there is.

    >>> nearest("B72", ["B027", "B072", "B101"])
    "did you mean 'B072'? There are B027, B072, B101"
    >>> nearest("x", [])
    'there are none'
    """
    names = [str(name) for name in (sorted(known) if isinstance(known, set) else known)]
    if not names:
        return "there are none"
    close = difflib.get_close_matches(name, names, n=1)
    listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return f"did you mean '{close[0]}'? There are {listed}" if close else f"there are {listed}"


def dotted(place: tuple[Any, ...]) -> str:
    """Write the place of a value in a file."""
    return ".".join(map(str, place)) or "the whole file"


def _problem(found: dict[str, Any], schema: Schema) -> tuple[Place, str]:
    """Return where a value stands and what is wrong with it."""
    location: Place = found["loc"]
    if found["type"] == "extra_forbidden":
        place, node = _walk(location[:-1], schema)
        return (*place, location[-1]), _no_key(str(location[-1]), _options(node, schema))
    place, node = _walk(location, schema)
    if found["type"] in ("union_tag_invalid", "union_tag_not_found"):
        name, tag = str(found["ctx"]["discriminator"]).strip("'"), found["ctx"].get("tag")
        known = [value for option in _options(node, schema) for value in _tags(option["properties"][name])]
        words = "is missing" if tag is None else f"is {_shown(tag)}"
        return (*place, name), f"{words}; expected one of {', '.join(known)}"
    if found["type"] == "missing":
        return place, f"is missing; expected {_expected(node, schema)}"
    if found["type"] in ("value_error", "assertion_error"):
        return place, str(found["ctx"]["error"])
    choices = [str(choice) for option in _options(node, schema) for choice in option.get("enum", ())]
    close = difflib.get_close_matches(str(found["input"]), choices, n=1)
    meant = f"; did you mean '{close[0]}'?" if close else ""
    if found["type"] == "string_type" and isinstance(found["input"], int | float):
        meant = "; put it in quotes"
    return place, f"is {_shown(found['input'])}; expected {_expected(node, schema)}{meant}"


def _tags(node: Schema) -> list[str]:
    return [str(value) for value in node.get("enum", [node.get("const")])]


def _no_key(name: str, options: list[Schema]) -> str:
    """Say what to write instead of a key that there is not, or not any more (``renamed`` of the schema)."""
    known = {key for option in options for key in option.get("properties", ())}
    now = next((option["renamed"][name] for option in options if name in option.get("renamed", ())), "")
    return (
        f"is no key here any more; write {now} instead" if now else f"is no key here; {nearest(name, known)}"
    )


def _walk(location: Place, schema: Schema) -> tuple[Place, Schema]:
    """Return the place of pydantic's location, in which options of unions have names, too, and its schema."""
    place: list[str | int] = []
    held: Schema = {}
    node = schema
    for part in location:
        if part == "[key]":
            return tuple(place), held.get("propertyNames", {})
        children = ((option, _child(option, part)) for option in _options(node, schema))
        found = next(((option, child) for option, child in children if child is not None), None)
        if found is not None:
            place.append(part)
            held, node = found
    return tuple(place), node


def _child(option: Schema, part: str | int) -> Schema | None:
    """Return the schema of a part of a value, None where it has no such part."""
    child: Schema | None
    if isinstance(part, int):
        each = option.get("prefixItems", ())
        child = each[part] if part < len(each) else option.get("items")
    else:
        others = option.get("additionalProperties")
        child = option.get("properties", {}).get(part, others if isinstance(others, dict) else None)
    return child


def _options(node: Schema, schema: Schema) -> list[Schema]:
    """List what a value may be, references followed."""
    if "$ref" in node:
        node = {**schema["$defs"][node["$ref"].rpartition("/")[2]], **node, "$ref": ""}
    if inside := node.get("anyOf") or node.get("oneOf"):
        return [option for inner in inside for option in _options(inner, schema)]
    return [node]


def _expected(node: Schema, schema: Schema) -> str:
    """Say what a value must be, and what for."""
    kinds = [_kind(option) for option in _options(node, schema) if option.get("type") != "null"]
    meaning = node.get("description", "")
    words = " or ".join(dict.fromkeys(kinds))
    return f"{words} ({meaning})" if meaning and meaning != words else words


def _kind(option: Schema) -> str:
    """Say what one kind of value is, e.g. "a whole number, at least 3, at most 60"."""
    if "enum" in option:
        return f"one of {', '.join(map(str, option['enum']))}"
    if "const" in option:
        return str(option["const"])
    if "shape" in option:
        return str(option["shape"])
    if option.get("type") == "string":
        return _text(option)
    bounds = [f"{words} {option[key]:g}" for key, words in _BOUNDS.items() if key in option]
    return ", ".join([_KINDS.get(str(option.get("type")), "another value"), *bounds])


def _text(option: Schema) -> str:
    if option.get("format") == "date":
        return "a day, e.g. 2026-09-30"
    if option.get("maxLength") == 1:
        return "one character"
    most = f", at most {option['maxLength']:,} characters" if "maxLength" in option else ""
    return f"a text{' that is not empty' if option.get('minLength') else ''}{most}"


def _shown(value: object) -> str:
    """Write a value as it stands in a file, at most so long."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
