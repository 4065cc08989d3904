"""Give plain values the shapes of the model, and describe those shapes as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from generator import model, topology
from generator.problems import Place, Problem, known

SHAPES: dict[str, Any] = {
    "releases": tuple[model.Release, ...],
    "platforms": tuple[model.Platform, ...],
    "strategies": tuple[model.Strategy, ...],
    "roles": tuple[model.Role, ...],
    "options": tuple[model.Option, ...],
    "secrets": tuple[model.Secret, ...],
    "orders": model.Orders,
    "stages": tuple[model.Stage, ...],
    "service": model.Service,
    "include": model.Include,
    "procedure": model.Procedure,
    "limitation": model.Limitation,
    "corrections": model.Corrections,
    "upgrade": model.Upgrade,
    "run": model.Run,
    "topology": topology.Topology,
}
"""Kind of data file, as in the name of its schema, and its shape."""

_WANTED = {
    "string_type": "a text (put numbers and dates in quotes)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys with values",
    "dataclass_type": "keys with values",
    "dataclass_exact_type": "keys with values",
}

_MISSING = ("missing", "missing_argument")


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(SHAPES[kind])


def parse(kind: str, value: Any, file: str) -> tuple[Any, list[Problem]]:
    """The shaped value of `kind`, or None, with everything that does not fit.

    Raises KeyError for a kind that `SHAPES` lacks.
    """
    try:
        return _adapter(kind).validate_python(value), []
    except ValidationError as error:
        return None, _problems(kind, value, file, error)


def salvage(kind: str, value: Any) -> Any | None:
    """The shaped value of `kind` with texts and numbers as they are, or None when more than those is wrong.

    It is for a second look at what `parse` refused: rules can hold it against the rest of the file.
    """
    try:
        return _adapter(kind).validate_python(value, context=model.ALREADY_TOLD)
    except ValidationError:
        return None


def _problems(kind: str, value: Any, file: str, error: ValidationError) -> list[Problem]:
    """One problem per place: where a union was tried, the deepest places tell most."""
    faults: dict[Place, list[Any]] = {}
    for item in error.errors(include_url=False):
        faults.setdefault(_place_in(value, file, item["loc"]), []).append(item)
    missing = {place: [item for item in items if item["type"] in _MISSING] for place, items in faults.items()}
    told = {
        place: items if not any(_inside(other, place) for other in faults) else missing[place]
        for place, items in faults.items()
    }
    return [problem for place, items in told.items() if items for problem in _explain(kind, items, place)]


def _inside(inner: Place, outer: Place) -> bool:
    return inner.path[: len(outer.path)] == outer.path and len(inner.path) > len(outer.path)


def _place_in(value: Any, file: str, location: Iterable[str | int]) -> Place:
    """The part of pydantic's location that exists in the file: it also names the union branch it tried."""
    place = Place(file)
    for step in location:
        in_mapping = isinstance(value, dict) and step in value
        in_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if in_mapping or in_list:
            value = value[step]
            place = place / step
    return place


def _explain(kind: str, items: list[Any], place: Place) -> Iterable[Problem]:
    """The problems of one place: every missing key, or else what its value should have been."""
    missing = [str(item["loc"][-1]) for item in items if item["type"] in _MISSING]
    if missing:
        return [_missing(place, key) for key in missing]
    first = items[0]
    error, last = first["type"], str(first["loc"][-1]) if first["loc"] else ""
    if error == "unexpected_keyword_argument":
        hint = known(last, _keys_at(kind, place.path[:-1]))
        return [Problem("S001", place, f"the key {last!r} is not known here", hint)]
    if error == "value_error":
        return [Problem("S004", place, str(first["ctx"]["error"]), _meaning(kind, place.path))]
    if error == "too_long":
        wanted_length, actual = first["ctx"]["max_length"], first["ctx"]["actual_length"]
        return [Problem("S003", place, f"must be a list of {wanted_length} values, not of {actual}")]
    if error == "literal_error":
        choices = first["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        hint = known(str(first["input"]), choices)
        return [Problem("S003", place, f"{first['input']!r} is not one of the allowed words", hint)]
    wanted = dict.fromkeys(_WANTED.get(item["type"], item["msg"]) for item in items if item["type"] != "literal_error")
    return [Problem("S003", place, f"must be {' or '.join(wanted)}, not {_in_words(first['input'])}")]


def _missing(place: Place, key: str) -> Problem:
    """A key that a part lacks, or a value that a list of a fixed length lacks."""
    if key.isdecimal():
        return Problem("S002", place, f"value number {int(key) + 1} is missing", "add it to the list")
    return Problem("S002", place, f"the key {key!r} is missing", f"add {key}: with a value")


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    return f"{str(value).lower()}" if isinstance(value, bool) else repr(value)


def _keys_at(kind: str, location: Iterable[str | int]) -> list[str]:
    """The keys that the shape knows at pydantic's location."""
    shape = SHAPES[kind]
    for step in location:
        shape = _inner(shape, step)
    return [item.name for item in fields(shape)] if is_dataclass(shape) else []


def _meaning(kind: str, location: Iterable[str | int]) -> str:
    """What the schema says about the innermost key on the way to a value."""
    shape, owner, key = SHAPES[kind], None, ""
    for step in location:
        if is_dataclass(shape):
            owner, key = shape, str(step)
        shape = _inner(shape, step)
    whole = schema(kind)
    described = whole["$defs"].get(getattr(owner, "__name__", ""), whole).get("properties", {}).get(key, {})
    return f"{key}: {' '.join(described['description'].split())}" if "description" in described else ""


def _inner(shape: Any, step: str | int) -> Any:
    """The shape one step further in: a field's, an item's, or the dataclass inside a union."""
    if is_dataclass(shape):
        return _plain(get_type_hints(shape, include_extras=True).get(str(step)))
    origin, arguments = get_origin(shape), get_args(shape)
    if origin in (Union, UnionType):
        return next((_inner(option, step) for option in arguments if get_origin(option) or is_dataclass(option)), None)
    if origin is dict:
        return _plain(arguments[1])
    return _plain(arguments[0]) if arguments else shape


def _plain(shape: Any) -> Any:
    """A shape without the wrapping of Annotated and of `| None`."""
    if get_origin(shape) is Annotated:
        return _plain(get_args(shape)[0])
    if get_origin(shape) in (Union, UnionType):
        options = [option for option in get_args(shape) if option is not type(None)]
        return _plain(options[0]) if len(options) == 1 else shape
    return shape


@cache
def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of data file, as plain values."""
    result = _adapter(kind).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"HA guide: {kind}", **result}
