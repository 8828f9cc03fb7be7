"""The OpenAPI document, and the page that shows it to people and lets them try it."""

import json
import secrets
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException, ServiceUnavailableException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from linnet.network.prepared import Prepared

SCRIPT: Final = "scalar.js.gz"
# Scalar makes style sheets as it goes, some of them without the nonce that it knows. Nothing may leave this origin.
_POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CONFIGURATION: Final = {
    "url": "/openapi.json",
    # Nothing from elsewhere, nothing to elsewhere, and no key that stays in the browser.
    "withDefaultFonts": False,
    "telemetry": False,
    "agent": {"disabled": True},
    "mcp": {"disabled": True},
    "hideClientButton": True,
    "showDeveloperTools": "never",
    "persistAuth": False,
    "authentication": {"preferredSecurityScheme": "apiKey"},
    # All languages and all operations in sight; names as the client libraries have them. What this version of Scalar writes
    # for C#'s HttpClient leaves the key out, and RestSharp's does not.
    "hiddenClients": {"csharp": ["httpclient"]},
    "defaultHttpClient": {"targetKey": "shell", "clientKey": "curl"},
    "defaultOpenAllTags": True,
    "showOperationId": True,
    "orderSchemaPropertiesBy": "preserve",
    "documentDownloadType": "json",
    # What the address points to takes the focus, for screen readers; a frame around half the page tells nobody more.
    "customCss": "section[tabindex='-1']:focus { outline: none }",
}
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Linnet API</title>
  <link rel="icon" href="data:,">
</head>
<body>
<script id="api-reference" type="application/json" data-configuration="{configuration}"></script>
<script src="/reference/{script}" nonce="{nonce}"></script>
<noscript>This page needs JavaScript. The same is in <a href="/openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"""


@get("/openapi.json", sync_to_thread=True)
def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The OpenAPI 3.1 document of the API; needs no key."""
    return _document().response(request, cache_control="public, no-cache")


def reference_handlers(assets: Path) -> list[ControllerRouterHandler]:
    """``/reference`` and its script, which the web build puts into ``assets``; they need no key."""

    @lru_cache(1)
    def script() -> Prepared:
        try:
            compressed = (assets / SCRIPT).read_bytes()
        except FileNotFoundError:
            raise ServiceUnavailableException("The web assets are not built: run npm run build in web/.") from None
        return Prepared.compressed_already(compressed, "text/javascript")

    @get("/reference", sync_to_thread=True)
    def reference() -> Response[str]:
        """The API reference."""
        nonce = secrets.token_urlsafe(16)
        page = _PAGE.format(configuration=escape(json.dumps(_CONFIGURATION)), script=_named(script()), nonce=nonce)
        headers = {
            "Content-Security-Policy": _POLICY.format(nonce=nonce),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(page, media_type="text/html", headers=headers)

    @get("/reference/{name:str}", sync_to_thread=True)
    def reference_script(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """The reference's script, under a name that changes with its content."""
        found = script()
        if name != _named(found):
            raise NotFoundException
        return found.response(request, cache_control="public, max-age=31536000, immutable")

    return [reference, reference_script]


def _named(script: Prepared) -> str:
    return f"scalar-{script.digest}.js"


@lru_cache(1)
def _document() -> Prepared:
    # Loaded when first asked: the texts of all operations are of no use to redirects.
    from linnet.api.spec.document import openapi_document

    return Prepared.of(msgspec.json.encode(openapi_document()), "application/json")
