"""Schemas of single values that many operations share, and the values that examples use."""

from typing import Final

from linnet.api.spec.shapes import Schema, either, in_path, in_query, record, text, whole

LINK: Final = "lnk_1_8sKxQ2mVb7TzR1wYcN3pE"
OTHER_LINK: Final = "lnk_1_Hd5uWq9LrJ2xZt6MbVs8a"
HOSTNAME: Final = "go.example.com"
DOMAIN: Final = 1
TIME: Final = "2026-03-01T09:30:00.000Z"
# Whether an id exists is asked for later; the pattern only tells ids from other texts.
ID_PATTERN: Final = r"^(?:(?:lnk|link)_\w+|\d+)$"

SUCCESS: Final = record(
    {"success": {"type": "boolean", "const": True, "description": "Always true here: failures have an error status."}},
    required=["success"],
    description="What was asked is done.",
)


def link_id(description: str = "The link's id, its `idString`.") -> Schema:
    """A link's id."""
    return text(description, LINK, pattern=ID_PATTERN)


def link_ids(most: int) -> Schema:
    """Ids of several links."""
    return {
        "type": "array",
        "description": f"Ids of links, at most {most}.",
        "items": {"type": "string", "pattern": ID_PATTERN},
        "maxItems": most,
        "examples": [[LINK, OTHER_LINK]],
    }


def moment(description: str, example: object = TIME) -> Schema:
    """A time as requests write it."""
    return either(whole(), text(), description=f"{description} Milliseconds since 1970, or ISO 8601.", example=example)


def answered_moment(description: str) -> Schema:
    """A time as responses write it."""
    return text(description, TIME, format="date-time")


DOMAIN_ID_TEXT: Final = "The domain's id, as `listDomains` tells it."
DOMAIN_ID: Final = in_path("domainId", whole(DOMAIN_ID_TEXT, DOMAIN, minimum=1))
# The official client types it as text in these places.
DOMAIN_ID_AS_TEXT: Final = in_path("domainId", text(DOMAIN_ID_TEXT, str(DOMAIN), pattern=r"^\d+$"))
LINK_ID: Final = in_path("linkId", link_id())
DOMAIN_IN_QUERY: Final = in_query("domain", text("The domain's hostname.", HOSTNAME, maxLength=253), required=True)
ORIGINAL_URL_IN_QUERY: Final = in_query(
    "originalURL", text("The destination, exactly as the link has it.", "https://example.com/spring"), required=True
)
