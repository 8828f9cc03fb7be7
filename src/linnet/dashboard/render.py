"""Pages from templates, under a policy that lets nothing in from elsewhere."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from linnet.dashboard import assets, formats, texts
from linnet.dashboard.link_labels import in_words
from linnet.dashboard.texts import gettext
from linnet.model.errors import Refusal, TooManyRequests

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@lru_cache(1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("linnet.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"asset": assets.address, "direction": texts.direction}
    environment.globals |= {"_": texts.in_page, "ngettext": texts.plural_in_page}
    environment.filters |= {"moment": formats.moment, "day": formats.day, "number": formats.number, "beside": beside}
    environment.filters["in_words"] = in_words
    return environment


def beside(message: str, name: str) -> str:
    """A refusal as it is said beside its field: the name that the API gives the field is no word of the page."""
    for wire in (name, name.rpartition(".")[2]):
        if message.startswith(f"{wire} "):
            return f"This{message.removeprefix(wire)}"
    return message


def page(
    template: str, *, status: int = 200, language: str = "en", cookies: list[Cookie] | None = None, **values: Any
) -> Response[Any]:
    """The page of a template, in a language."""
    with texts.spoken(language):
        text = _environment().get_template(template).render(values, language=language)
    return Response(text, status_code=status, media_type="text/html", headers=HEADERS, cookies=cookies)


def _sendable(path: str) -> str:
    """An address as a header can hold it, whatever somebody put into it: in ASCII, and on one line."""
    return quote(path, safe="/:?#[]@!$&'()*+,;=%~", errors="replace")


def go_to(path: str, *cookies: Cookie | None) -> Response[Any]:
    """The way to another page, which the browser asks for with GET."""
    sent = [cookie for cookie in cookies if cookie is not None]
    return Response(
        b"", status_code=303, headers={**HEADERS, "Location": _sendable(path)}, media_type="text/plain", cookies=sent
    )


def attachment(content: bytes, media_type: str, name: str) -> Response[Any]:
    """A file that browsers keep, and never show as a page of ours."""
    headers = {
        **HEADERS,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, status_code=200, media_type=media_type, headers=headers)


def leave(path: str) -> Response[Any]:
    """Has the script that asked for a part of a page go to another page."""
    return Response(b"", status_code=200, headers={**HEADERS, "HX-Redirect": _sendable(path)}, media_type="text/plain")


def failure_title(status: int) -> str:
    """What a page is called that says what cannot be done."""
    if status >= 500:
        return gettext("Not available now")
    return gettext("Not found") if status == 404 else gettext("Not possible")


def wait(shown: Response[Any], refusal: Refusal) -> Response[Any]:
    """The page of a refusal, which says when to come again where that would help."""
    if isinstance(refusal, TooManyRequests):
        shown.headers |= {"Retry-After": str(refusal.retry_after_seconds)}
    return shown


def page_before(request: Request[Any, Any, Any]) -> str:
    """The address of the page that led here, "" when it is none of ours."""
    try:
        before = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    if before.netloc != request.headers.get("host") or before.path.startswith("//"):
        return ""
    address, here = (urlunsplit(("", "", each.path, each.query, "")) for each in (before, request.url))
    return address if address != here or request.method == "POST" else ""


def failure(request: Request[Any, Any, Any], status: int, message: str) -> Response[Any]:
    """The page for what cannot be done; for a script that asked for a part of a page, a notice at its top."""
    title = failure_title(status)
    if "hx-request" not in request.headers:
        before = page_before(request)
        return page("failure.html", status=status, away=status == 503, message=message, title=title, before=before)
    shown = page("alert.html", status=status, message=message)
    shown.headers |= {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
    return shown


class Later(Response[Any]):
    """A response that a thread makes when it is to be sent: where the framework wants one at once."""

    def __init__(self, make: Callable[[], Response[Any]]) -> None:
        super().__init__(b"")
        self._make = make

    def to_asgi_response(self, app: Any, request: Any, **values: Any) -> ASGIResponse:
        return _InThread(lambda: self._make().to_asgi_response(app, request, **values))


class _InThread(ASGIResponse):
    def __init__(self, make: Callable[[], ASGIResponse]) -> None:
        super().__init__()
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        made = await sync_to_thread(self._make)
        await made(scope, receive, send)
