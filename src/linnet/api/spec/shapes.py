"""JSON Schema and OpenAPI in few words, and what a resource's module says of one operation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

Schema = dict[str, Any]
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """An operation beyond its row in ``operations.py``. ``answers`` are what succeeds, by status; ``refusals`` are statuses
    that it may refuse with, besides those that the table names and those that every operation shares."""

    summary: str
    description: str
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    answers: Mapping[int, Schema]
    refusals: tuple[int, ...] = ()
    deprecated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What one module contributes: its operations by name, and the schemas that they refer to."""

    details: Mapping[str, Detail]
    schemas: Mapping[str, Schema] = field(default_factory=dict)


def schema(kind: str, description: str = "", example: object = None, **constraints: Any) -> Schema:
    """A schema of one type; ``example`` is left out when it is None."""
    made: Schema = {"type": kind}
    if description:
        made["description"] = description
    made |= constraints
    if example is not None:
        made["examples"] = [example]
    return made


text = partial(schema, "string")
whole = partial(schema, "integer")
number = partial(schema, "number")
flag = partial(schema, "boolean")


def one_of(
    values: Iterable[Any], description: str = "", example: object = None, *, kind: str = "string", **more: Any
) -> Schema:
    """One of the listed values."""
    return schema(kind, description, example, enum=list(values), **more)


def either(*choices: Schema, description: str, example: object = None) -> Schema:
    """Any of several schemas."""
    made: Schema = {"description": description, "anyOf": list(choices)}
    return made if example is None else made | {"examples": [example]}


def nullable(of: Schema) -> Schema:
    """The schema, or null."""
    if "type" not in of:
        return of | {"anyOf": [*of["anyOf"], {"type": "null"}]}
    made = of | {"type": [of["type"], "null"]}
    return made | {"enum": [*of["enum"], None]} if "enum" in of else made


def list_of(items: Schema, description: str = "", **constraints: Any) -> Schema:
    """A list whose elements all fit ``items``."""
    return schema("array", description, items=items, **constraints)


def record(properties: Mapping[str, Schema], *, required: Iterable[str] = (), description: str = "", **more: Any) -> Schema:
    """An object; what it holds besides ``properties`` is not said."""
    made = schema("object", description, properties=dict(properties), **more)
    needed = list(required)
    return made | {"required": needed} if needed else made


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def in_path(name: str, of: Schema) -> Schema:
    """A parameter in the path."""
    return _parameter(name, of, "path", required=True)


def in_query(name: str, of: Schema, *, required: bool = False, deprecated: bool = False) -> Schema:
    """A parameter in the query string."""
    made = _parameter(name, of, "query", required=required)
    return made | {"deprecated": True} if deprecated else made


def body(of: Schema, **examples: tuple[str, Any]) -> Schema:
    """A request body in JSON; each example is a title and a value."""
    return {"required": True, "content": {JSON: _media(of, examples)}}


def optional_body(of: Schema, **examples: tuple[str, Any]) -> Schema:
    """A request body in JSON that may be left out."""
    return {"required": False, "content": {JSON: _media(of, examples)}}


def answer(description: str, of: Schema, **examples: tuple[str, Any]) -> Schema:
    """A response in JSON; each example is a title and a value."""
    return {"description": description, "content": {JSON: _media(of, examples)}}


def file_answer(description: str, *media_types: str) -> Schema:
    """A response that is a file."""
    return {
        "description": description,
        "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types},
    }


def _parameter(name: str, of: Schema, place: str, *, required: bool) -> Schema:
    kept = {key: value for key, value in of.items() if key not in ("description", "examples")}
    made: Schema = {"name": name, "in": place, "required": required, "schema": kept}
    if "description" in of:
        made["description"] = of["description"]
    if "examples" in of:
        made["example"] = of["examples"][0]
    return made


def _media(of: Schema, examples: Mapping[str, tuple[str, Any]]) -> Schema:
    shown = {name: {"summary": title, "value": value} for name, (title, value) in examples.items()}
    return {"schema": of, "examples": shown} if shown else {"schema": of}
