"""How every operation refuses: one error body, by status (contract a.4, a.5, a.6)."""

from http import HTTPStatus
from typing import Any, Final

from linnet.api.errors import ALWAYS_BY_PHRASE, STATUS, error_body
from linnet.api.operations import Access, Operation
from linnet.api.spec.shapes import JSON, Detail, Schema, record, text, whole
from linnet.model import errors

HEADERS: Final[dict[str, Schema]] = {
    "Retry-After": {"description": "Seconds to wait.", "schema": whole(minimum=1), "example": 1},
    "X-RateLimit-Limit": {"description": "How many calls the limit allows.", "schema": whole(), "example": 50},
    "X-RateLimit-Remaining": {"description": "How many are left.", "schema": whole(), "example": 0},
    "X-RateLimit-Reset": {
        "description": "When the count begins anew, in seconds since 1970.",
        "schema": whole(),
        "example": 1772357401,
    },
}
ERROR: Final = record(
    {
        "success": {"type": "boolean", "const": False, "description": "Always false."},
        "statusCode": whole("The HTTP status.", 404),
        "error": text("The status in words, or the same as `message`: clients differ in what they show.", "Not Found"),
        "message": text("What is wrong and what would be right, in a full sentence.", "Link not found"),
        "code": text("A name for the refusal that never changes.", "link_not_found"),
        "field": text("The field or parameter that is wrong, where it is one.", "originalURL"),
        "linkId": text("The link that is in the way, where it is one."),
        "type": text("`accessDenied` where your key does not suffice.", "accessDenied"),
    },
    required=["success", "statusCode", "error", "message", "code"],
    description="Why a request was refused.",
)
# What a status means here, an example of a message, its code, and what else the example holds.
_MEANINGS: Final[dict[int, tuple[str, str, str, dict[str, Any]]]] = {
    400: (
        "The request is malformed, or a value is not allowed.",
        "clicksLimit must be at least 1.",
        "invalid_field",
        {"field": "clicksLimit"},
    ),
    401: ("There is no key, or it is unknown, revoked or expired.", "Unauthorized", "unauthorized", {}),
    402: (
        "The installation allows no more of these.",
        "There are as many links as you may have.",
        "quota_reached",
        {},
    ),
    403: ("The key does not allow this.", "This needs a secret key.", "access_denied", {"type": "accessDenied"}),
    404: ("It does not exist, or your key may not see it.", "Link not found", "link_not_found", {}),
    409: (
        "It is there already.",
        "The path 'spring' is taken by another link of this domain.",
        "path_taken",
        {"field": "path"},
    ),
    413: (
        "The body is larger than 5 MB, or holds more elements than allowed.",
        "The body is larger than 5 MB.",
        "too_large",
        {},
    ),
    429: ("Too many calls. Wait as long as `Retry-After` says.", "Too many requests: wait a second.", "too_many_requests", {}),
    500: ("The server failed. The request can be repeated.", "The server failed to handle the request.", "internal_error", {}),
    503: (
        "The database or the statistics do not answer now; repeat the request.",
        "The database is not available.",
        "storage_unavailable",
        {},
    ),
}
_COMMON: Final = (429, 503)


def statuses_of(operation: Operation, detail: Detail) -> list[int]:
    """The statuses that an operation may refuse with."""
    found = {*operation.errors, *detail.refusals, *_COMMON}
    if operation.access is not Access.NOBODY:
        found |= {401, 403}
    if detail.parameters or detail.body:
        found.add(400)
    if "{" in operation.path:
        # What cannot be an id is the address of nothing.
        found.add(404)
    if operation.method != "GET":
        found.add(413)
    return sorted(found)


def reference_to(status: int, *, error_is_message: bool) -> Schema:
    """A reference to the response of a status, in the spelling of the operation's clients."""
    return {"$ref": f"#/components/responses/{_name(status, error_is_message)}"}


def responses() -> dict[str, Schema]:
    """The responses that operations refer to."""
    return {_name(status, shows): _response(status, shows) for status in _MEANINGS for shows in (False, True)}


def limit_headers() -> dict[str, Schema]:
    """References to the headers that tell how a key's limit stands."""
    return _references(*(name for name in HEADERS if name != "Retry-After"))


def codes() -> str:
    """A table of every code, for people, in Markdown."""
    rows = [f"| `{refusal.code}` | {status} | {_first_sentence(refusal)} |" for refusal, status in STATUS.items()]
    return "\n".join(["| code | status | meaning |", "|---|---|---|", *rows])


def _references(*names: str) -> dict[str, Schema]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _name(status: int, shows_error: bool) -> str:
    return f"{HTTPStatus(status).phrase.title().replace(' ', '')}{'InError' if shows_error else ''}"


def _response(status: int, shows_error: bool) -> Schema:
    meaning, message, code, more = _MEANINGS[status]
    example = error_body(status, message, code, **more)
    if shows_error and status not in ALWAYS_BY_PHRASE:
        example["error"] = message
    made: Schema = {
        "description": meaning,
        "content": {
            JSON: {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": {"refused": {"summary": code, "value": example}},
            }
        },
    }
    if status == 429:
        made["headers"] = _references(*HEADERS)
    elif status == 503:
        made["headers"] = _references("Retry-After")
    return made


def _first_sentence(refusal: type[errors.Refusal]) -> str:
    paragraph = (refusal.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(paragraph.split())
