"""From a request's body to a typed value, and from what does not fit to a sentence."""

import re
from typing import Final, TypeVar

import msgspec

from linnet.model.errors import InvalidField, MalformedRequest

T = TypeVar("T")
_EXPECTED: Final = re.compile(r"Expected `([^`]+)`, got `\w+`")
_MISSING: Final = re.compile(r"Object missing required field `([^`]+)`")
_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a string",
    "array": "an array",
    "object": "an object",
}


def read_body(body: bytes, shape: type[T]) -> T:
    """``body`` as ``shape``; MalformedRequest for broken JSON, InvalidField naming the field for a wrong type.

    Lenient as production is: 0 and 1 are booleans, digits in a string are a number, unknown fields are ignored.
    """
    return read_value(read_json(body), shape)


def read_json(body: bytes) -> object:
    """The JSON value in ``body``, an empty object where it is empty; MalformedRequest when it is broken."""
    try:
        return msgspec.json.decode(body, strict=False) if body.strip() else {}
    except msgspec.DecodeError as error:
        raise MalformedRequest(f"The body is not valid JSON: {error}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise MalformedRequest("The body is not valid JSON.") from None


def read_value(value: object, shape: type[T]) -> T:
    """A decoded JSON value as ``shape``; InvalidField naming the field for a wrong type."""
    try:
        return msgspec.convert(value, shape, strict=False)
    except msgspec.ValidationError as error:
        message, field = explain(str(error))
        raise InvalidField(message, field=field) from None


def explain(mismatch: str, *, what: str = "The body") -> tuple[str, str | None]:
    """What the library says about a value that does not fit, as a sentence, and the field that it is about (None for the whole
    value, which is then called ``what``)."""
    text, _, place = mismatch.partition(" - at `$")
    place = place.removesuffix("`").removeprefix(".")
    if missing := _MISSING.fullmatch(text):
        return f"{f'{place}.' if place else ''}{missing[1]} is required.", place.partition("[")[0] or missing[1]
    if expected := _EXPECTED.fullmatch(text):
        kinds = " or ".join(_KINDS.get(kind, kind) for kind in expected[1].split(" | ") if kind != "null")
        return f"{place or what} must be {kinds}.", place.partition("[")[0] or None
    return f"{place or what} does not fit: {text.replace('`', chr(39))}.", place.partition("[")[0] or None
