"""Every failure as one JSON body, and the one table from refusals to HTTP statuses."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from linnet.api.bodies import explain
from linnet.api.operations import operation_of
from linnet.model import errors
from linnet.model.errors import NotAllowed, PathTaken, Refusal, TooManyRequests

STATUS: Final[dict[type[Refusal], int]] = {
    errors.InvalidField: 400,
    errors.MalformedRequest: 400,
    errors.NotAuthenticated: 401,
    errors.NotAllowed: 403,
    errors.SecondFactorNeeded: 403,
    errors.DomainNotFound: 404,
    errors.LinkNotFound: 404,
    errors.SearchUnavailable: 503,
    errors.KeyNotFound: 404,
    errors.FolderNotFound: 404,
    errors.ReportNotFound: 404,
    errors.WebhookNotFound: 404,
    errors.DeliveryNotFound: 404,
    errors.PageNotFound: 404,
    errors.PlaceNotFound: 404,
    errors.ImportNotFound: 404,
    errors.ImportNotReady: 409,
    errors.TemplateNotFound: 404,
    errors.PermissionNotFound: 404,
    errors.UserNotFound: 404,
    errors.TeamNotFound: 404,
    errors.InvitationNotFound: 404,
    errors.SessionNotFound: 404,
    errors.ResetNotFound: 404,
    errors.IdentityNotFound: 404,
    errors.QuotaReached: 402,
    errors.PathTaken: 409,
    errors.PathsExhausted: 409,
    errors.DomainTaken: 409,
    errors.DomainInUse: 409,
    errors.UserTaken: 409,
    errors.TeamNotEmpty: 409,
    errors.AlreadyMember: 409,
    errors.AlreadyInitialised: 409,
    errors.AlreadySent: 409,
    errors.EditConflict: 409,
    errors.TooLarge: 413,
    errors.TooManyRequests: 429,
    errors.Unfetchable: 400,
    errors.QrCodeNotDrawn: 403,
    errors.StorageUnavailable: 503,
    errors.StatisticsUnavailable: 503,
    errors.Unsealable: 503,
    errors.ProviderFailed: 502,
}
# What the framework refuses, by status, under codes of our own.
_CODES: Final = {400: "invalid_field", 404: "route_not_found", 405: "method_not_allowed", 413: errors.TooLarge.code}
_MISSING: Final = re.compile(r"Missing required query parameter '(\w+)'")
# Where clients look for the reason phrase, whatever the operation (contract a.4, a.6).
ALWAYS_BY_PHRASE: Final = (401, 429)
_RETRY_AFTER_SECONDS: Final = 5
# What has the page for an address that nothing answers; None where that is none of pages.
FindPage = Callable[[Request[Any, Any, Any]], Response[Any] | None]
_log = structlog.get_logger("linnet.api")


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal: its class's, or that of the nearest class above."""
    return next((STATUS[each] for each in type(refusal).__mro__ if each in STATUS), 400)


def error_body(status: int, message: str, code: str, **extra: Any) -> dict[str, Any]:
    """The universal error body (contract a.6): clients read ``message``, ``error``, ``statusCode``, ``success`` or ``code``.

    ``error`` is the reason phrase, as production's framework sends it, except where clients show it as the message.
    """
    text = message if status in (403, 404) else HTTPStatus(status).phrase
    return {"success": False, "statusCode": status, "error": text, "message": message, "code": code, **extra}


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """The universal error body of a refusal."""
    extra: dict[str, Any] = {}
    if refusal.field is not None:
        extra["field"] = refusal.field
    if isinstance(refusal, PathTaken) and refusal.link_id:
        extra["linkId"] = refusal.link_id
    if isinstance(refusal, NotAllowed):
        extra["type"] = "accessDenied"
    return error_body(status_of(refusal), refusal.message, refusal.code, **extra)


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """The response to an expected "no"."""
    status = status_of(refusal)
    if status >= 500:
        _log.warning("api.unavailable", path=_route_of(request), code=refusal.code, message=refusal.message)
    response = _respond(status, _for_clients_of(request, refusal_body(refusal)))
    if isinstance(refusal, TooManyRequests):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The response to what the framework refuses: unknown routes, wrong methods, bodies over the bound, wrong parameters."""
    status = error.status_code
    extra: dict[str, Any] = {}
    message = str(error.detail)
    if status == 404:
        message = f"Route {request.method}:{request.url.path} not found"
    elif status == 405:
        message = f"{request.method} is not allowed here."
    elif status == 413:
        message = "The body is larger than 5 MB."
    elif isinstance(error.extra, list) and error.extra and isinstance(error.extra[0], dict):
        field = str(error.extra[0].get("key", ""))
        message, _ = explain(str(error.extra[0].get("message", message)), what=field)
        extra["field"] = field
    elif missing := _MISSING.match(message):
        message = f"{missing[1]} is required."
        extra["field"] = missing[1]
    code = _CODES.get(status, HTTPStatus(status).name.lower())
    response = _respond(status, _for_clients_of(request, error_body(status, message, code, **extra)))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def on_http_exception_or_page(find_page: FindPage) -> Callable[[Request[Any, Any, Any], HTTPException], Response[Any]]:
    """The same, but where nothing answers at an address, what people are shown there, if it is one of pages."""

    def handle(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        page = find_page(request) if error.status_code in (404, 405) else None
        return page if page is not None else on_http_exception(request, error)

    return handle


def on_defect(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response to a defect of ours: logged whole, told to nobody."""
    _log.error("api.failed", path=_route_of(request), method=request.method, exc_info=error)
    return _respond(500, error_body(500, "The server failed to handle the request.", "internal_error"))


def _route_of(request: Request[Any, Any, Any]) -> str:
    """The path as the table of operations has it: what stands in its place may be a visitor's address."""
    return request.scope.get("path_template", "")


def _for_clients_of(request: Request[Any, Any, Any], body: dict[str, Any]) -> dict[str, Any]:
    handler = request.scope.get("route_handler")
    operation = operation_of(handler.handler_name) if handler is not None else None
    if operation is not None and operation.error_is_message and body["statusCode"] not in ALWAYS_BY_PHRASE:
        return body | {"error": body["message"]}
    return body


def _respond(status: int, body: dict[str, Any]) -> Response[bytes]:
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if status == 503 else {}
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json", headers=headers)
