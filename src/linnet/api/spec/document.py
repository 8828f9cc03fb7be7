"""The OpenAPI 3.1 document of the API, from the table of operations and what each resource's module says."""

from typing import Any, Final

from linnet.api.limits import GENERAL
from linnet.api.operations import OPERATIONS, Access, Operation
from linnet.api.spec.account import ACCOUNT
from linnet.api.spec.breakdowns import BREAKDOWNS
from linnet.api.spec.bulk import BULK
from linnet.api.spec.clicks import CLICKS
from linnet.api.spec.domains import DOMAINS
from linnet.api.spec.explain import EXPLAIN
from linnet.api.spec.following import links_from
from linnet.api.spec.grouping import GROUPING
from linnet.api.spec.links import LINKS
from linnet.api.spec.qr import QR
from linnet.api.spec.refusals import ERROR, HEADERS, codes, limit_headers, reference_to, responses, statuses_of
from linnet.api.spec.removed import REMOVED
from linnet.api.spec.rules import RULES
from linnet.api.spec.shapes import Detail, Schema
from linnet.api.spec.sharing import SHARING
from linnet.api.spec.statistics import STATISTICS
from linnet.api.spec.targeting import TARGETING
from linnet.api.spec.texts import INTRODUCTION, TAGS
from linnet.api.spec.visitors import VISITORS

VERSION: Final = "1.0.0"
_RESOURCES: Final = (
    LINKS,
    BULK,
    REMOVED,
    QR,
    TARGETING,
    RULES,
    EXPLAIN,
    DOMAINS,
    GROUPING,
    SHARING,
    STATISTICS,
    BREAKDOWNS,
    CLICKS,
    VISITORS,
    ACCOUNT,
)
_HEADER_KEY: Final = "apiKey"
_HEADER_SCHEME: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "Your key (`sk_…`, or `pk_…` where an operation takes a public one), without a word before it.",
}
_SECURITY: Final[dict[Access, list[Schema]]] = {
    Access.SECRET_KEY: [{_HEADER_KEY: []}],
    Access.ANY_KEY: [{_HEADER_KEY: []}],
    # A parameter of its own, as in the official client; with a scheme as well, it would be sent twice.
    Access.KEY_IN_QUERY: [],
    Access.NOBODY: [],
}


def openapi_document() -> dict[str, Any]:
    """The document, made anew."""
    details = {name: detail for resource in _RESOURCES for name, detail in resource.details.items()}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, details[operation.name])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Linnet API",
            "version": VERSION,
            "summary": "Short links: create, manage and measure them. Speaks Short.io's API.",
            "description": f"{INTRODUCTION.format(general=GENERAL.amount)}\n{codes()}\n",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{_HEADER_KEY: []}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {"Error": ERROR} | {name: each for resource in _RESOURCES for name, each in resource.schemas.items()},
            "responses": responses(),
            "headers": HEADERS,
            "securitySchemes": {_HEADER_KEY: _HEADER_SCHEME},
        },
    }


def _operation(operation: Operation, detail: Detail) -> Schema:
    made: Schema = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": detail.summary,
        "description": f"{detail.description}{_limit_sentence(operation)}",
        "security": _SECURITY[operation.access],
    }
    if detail.deprecated:
        made["deprecated"] = True
    if detail.parameters:
        made["parameters"] = list(detail.parameters)
    if detail.body is not None:
        made["requestBody"] = detail.body
    headers = {} if operation.access is Access.NOBODY else {"headers": limit_headers()}
    links = links_from(operation)
    follows = headers | ({"links": links} if links else {})
    made["responses"] = {str(status): each | follows for status, each in detail.answers.items()} | {
        str(status): reference_to(status, error_is_message=operation.error_is_message)
        for status in statuses_of(operation, detail)
    }
    return made


def _limit_sentence(operation: Operation) -> str:
    limit = operation.limit
    if limit is None:
        return ""
    times = "once" if limit.amount == 1 else f"{limit.amount} times"
    span = "a second" if limit.seconds == 1 else "a minute" if limit.seconds == 60 else f"in {limit.seconds} seconds"
    return f"\n\nCan be called {times} {span}."
