"""What a domain shows of its own: texts of its pages, its icon, and the documents of apps that open its links."""

from typing import Any, Final

from linnet.api.spec.shapes import Schema, list_of, record, text
from linnet.model.documents import MAX_DOCUMENT_BYTES
from linnet.model.domain_settings import MAX_PAGE_TEXT
from linnet.model.favicon import MAX_ICON_BYTES

ICON_EXAMPLE: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs="
ASSOCIATION_EXAMPLE: Final[dict[str, Any]] = {
    "applinks": {"details": [{"appIDs": ["ABCDE12345.com.example.app"], "components": [{"/": "/*"}]}]}
}
ASSET_LINKS_EXAMPLE: Final[list[dict[str, Any]]] = [
    {
        "relation": ["delegate_permission/common.handle_all_urls"],
        "target": {
            "namespace": "android_app",
            "package_name": "com.example.app",
            "sha256_cert_fingerprints": [":".join(["14", "6D"] * 16)],
        },
    }
]
# Of settings and of a whole domain alike; null removes one.
FILES: Final[dict[str, Schema]] = {
    "favicon": text(
        f"The domain's icon at `/favicon.ico`: a `data:` URL of a PNG, ICO, SVG, GIF, JPEG or WebP image of at most "
        f"{MAX_ICON_BYTES} bytes.",
        ICON_EXAMPLE,
    ),
    "pageTexts": record(
        {
            "notFound": text("Where no link has the path.", "Ask us: help@example.com", maxLength=MAX_PAGE_TEXT),
            "expired": text("Where the link has expired.", "This offer is over.", maxLength=MAX_PAGE_TEXT),
            "password": text("Where the link asks for a password.", "Members know it.", maxLength=MAX_PAGE_TEXT),
        },
        description="What the domain's pages say in place of the usual words, as plain text; all that are to be kept at once.",
        additionalProperties=False,
    ),
    "appleAppSiteAssociation": {
        "type": "object",
        "description": (
            "What the domain answers at `/.well-known/apple-app-site-association`: the iOS apps that open its links. At most "
            f"{MAX_DOCUMENT_BYTES} bytes."
        ),
        "examples": [ASSOCIATION_EXAMPLE],
    },
    "assetLinks": list_of(
        {"type": "object"},
        "What the domain answers at `/.well-known/assetlinks.json`: the Android apps that open its links. At most "
        f"{MAX_DOCUMENT_BYTES} bytes.",
        minItems=1,
        examples=[ASSET_LINKS_EXAMPLE],
    ),
}
