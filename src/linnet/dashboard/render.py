"""Pages from templates, under a policy that lets nothing in from elsewhere."""

from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@lru_cache(1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("linnet.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(template: str, *, status: int = 200, **values: Any) -> Response[Any]:
    """The page of a template."""
    text = _environment().get_template(template).render(values)
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", headers=HEADERS)


def go_to(path: str, cookie: Cookie | None = None) -> Response[Any]:
    """The way to another page, which the browser asks for with GET."""
    cookies = [cookie] if cookie is not None else None
    return Response(b"", status_code=303, headers={**HEADERS, "Location": path}, media_type="text/plain", cookies=cookies)
