"""Pages from templates, under a policy that lets nothing in from elsewhere."""

from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

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
    return Environment(loader=PackageLoader("linnet.dashboard"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def page(template: str, *, status: int = 200, **values: Any) -> Response[str]:
    """The page of a template."""
    text = _environment().get_template(template).render(values)
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", headers=HEADERS)
