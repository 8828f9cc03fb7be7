"""In front of the application: the API's paths answer pages of any origin, and say how the caller's limit stands."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from linnet.api.errors import error_body
from linnet.api.operations import OPERATIONS
from linnet.api.throttle import ALLOWANCE, limit_headers

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# The first segments of the API's paths; no page may have one of these.
SEGMENTS: Final = frozenset({operation.path.split("/")[1] for operation in OPERATIONS} | {"openapi.json", "mcp"})
_ANY_ORIGIN: Final = (b"access-control-allow-origin", b"*")
_EXPOSED: Final = (
    b"access-control-expose-headers",
    b"Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset",
)
_PREFLIGHT: Final = (
    _ANY_ORIGIN,
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
    # The asterisk stands for every header but Authorization (Fetch standard, CORS protocol).
    (b"access-control-allow-headers", b"Authorization, Content-Type, *"),
    (b"access-control-max-age", b"86400"),
)


class Front:
    """ASGI in front of ``application``. With ``api_only``, for host names that stand for the API alone, whatever else the
    application has is not there."""

    def __init__(self, application: Any, *, api_only: bool = False) -> None:
        self._application = application
        self._api_only = api_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (self._api_only or is_api(scope["path"])):
            await self._application(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and _is_preflight(scope):
            await _respond(send, 204, list(_PREFLIGHT))
        elif not is_api(scope["path"]):
            message = f"Route {scope['method']}:{scope['path']} not found"
            body = msgspec.json.encode(error_body(404, message, "route_not_found"))
            await _respond(send, 404, [_ANY_ORIGIN, (b"content-type", b"application/json")], body)
        else:
            await self._application(scope, receive, _with_headers(scope, send))


def is_api(path: str) -> bool:
    """Whether ``path`` is the API's, and not a page's."""
    return path.split("/", 2)[1:2] != [] and path.split("/", 2)[1] in SEGMENTS


def _with_headers(scope: Scope, send: Send) -> Send:
    async def send_more(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            allowance = scope["state"].get(ALLOWANCE) if "state" in scope else None
            limit = limit_headers(allowance) if allowance is not None else []
            message["headers"] = [*message.get("headers", ()), _ANY_ORIGIN, _EXPOSED, *limit]
        await send(message)

    return send_more


def _is_preflight(scope: Scope) -> bool:
    return any(name == b"access-control-request-method" for name, _ in scope["headers"])


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    if status != HTTPStatus.NO_CONTENT:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
