"""Links as requests write them and as responses show them (contract b.0, c.1)."""

from typing import Any, Final

from linnet.api.spec.shapes import Schema, either, flag, list_of, nullable, one_of, record, text, whole
from linnet.api.spec.values import HOSTNAME, LINK, TIME, answered_moment, moment
from linnet.model.link import MAX_TAG, MAX_TAGS, MAX_TEXT, MAX_TITLE, REDIRECT_TYPES, SOURCES

_DESTINATION: Final = "https://example.com/spring"
_INTEGRATIONS: Final = {
    "integrationAdroll": ("AdRoll (advertiser/pixel)", "ABCDEFGHIJKLMNOPQRSTUV/ZYXWVUTSRQPONMLKJIHGFE"),
    "integrationFB": ("Meta pixel", "1234567890"),
    "integrationTT": ("TikTok pixel", "C4ABCDEFG"),
    "integrationGA": ("Google Analytics", "G-ABC1234567"),
    "integrationGTM": ("Google Tag Manager", "GTM-ABC1234"),
}
_UTM: Final = {
    "utmSource": ("utm_source", "newsletter"),
    "utmMedium": ("utm_medium", "email"),
    "utmCampaign": ("utm_campaign", "spring"),
    "utmTerm": ("utm_term", "shoes"),
    "utmContent": ("utm_content", "banner"),
}

ORIGINAL_URL: Final = text(
    "The destination. `shortsecure://` addresses are encrypted links, which only the visitor's browser can read.", _DESTINATION
)
# What may be written, in the order of the contract; null clears a field.
_OPTIONAL: Final[dict[str, Schema]] = {
    "path": text(
        "The part after the slash. Without it the domain's `linkType` makes one. `*` catches every path that no link has, and "
        "`prefix/*` those that begin with the prefix, whose rest replaces `$1` in `originalURL`. The empty text is the root.",
        "spring",
    ),
    "title": text("A name for people; a cloaked link without one gets that of its page.", "Spring sale", maxLength=MAX_TITLE),
    "tags": list_of(
        {"type": "string", "maxLength": MAX_TAG},
        "Tags; the list replaces the one that the link had.",
        maxItems=MAX_TAGS,
        examples=[["spring", "newsletter"]],
    ),
    "cloaking": flag("Show the destination in a frame, under the short URL.", False),
    "password": text(
        "Visitors must enter it. Only its hash is stored, so it cannot be read later.", "correct horse", maxLength=MAX_TEXT
    ),
    "passwordContact": flag("Show the owner's e-mail address on the page that asks for the password.", False),
    "redirectType": one_of(REDIRECT_TYPES, "The HTTP status of the redirect; 302 unless it is set.", 302, kind="integer"),
    "expiresAt": moment("From then on visitors go to `expiredURL`.", "2027-01-01T00:00:00.000Z"),
    "expiredURL": text("Where visitors go after `expiresAt` or `clicksLimit`.", "https://example.com/over"),
    "ttl": moment("When the link itself is deleted.", "2027-06-01T00:00:00.000Z"),
    "clicksLimit": whole("The number of clicks after which the link has expired.", 1000, minimum=1),
    "androidURL": text("Where Android devices go.", "https://play.example.com/app"),
    "iphoneURL": text("Where iPhones and iPads go.", "https://apps.example.com/app"),
    "splitURL": text("A second destination for a part of the visitors (an A/B test).", "https://example.com/spring-b"),
    "splitPercent": whole("How many of a hundred visitors go to `splitURL`.", 50, minimum=1, maximum=100),
    "skipQS": flag("Do not hand the visitor's query string on to the destination.", False),
    "archived": flag("Hidden from lists for people; it goes on redirecting.", False),
    "createdAt": moment("When the link was created, for links that come from elsewhere."),
    **{
        name: text(f"`{parameter}`, which becomes a part of the destination's query string.", example, maxLength=MAX_TEXT)
        for name, (parameter, example) in _UTM.items()
    },
    **{
        name: text(f"The id of a {what} tag that the visitor's browser loads on the way.", example, maxLength=MAX_TEXT)
        for name, (what, example) in _INTEGRATIONS.items()
    },
}
_WRITABLE: Final = {name: nullable(each) for name, each in _OPTIONAL.items()}
_FOLDER: Final = nullable(text("The id of the folder to put the link into.", "aB3_dE5-gH7jK9mN1pQ2r"))
_HOSTNAME: Final = text("The hostname of one of your domains.", HOSTNAME, maxLength=253)
_DUPLICATES: Final = flag("Create another link even if one of the domain has this destination already.", False, default=False)

LINK_UPDATE: Final = record(
    {"originalURL": ORIGINAL_URL, **_WRITABLE, "folderId": _FOLDER},
    description="The fields to change. What is not sent stays as it is, null clears, and one UTM field replaces all five.",
)
LINK_CREATE: Final = record(
    {"domain": _HOSTNAME, "originalURL": ORIGINAL_URL, **_WRITABLE, "folderId": _FOLDER, "allowDuplicates": _DUPLICATES},
    required=["domain", "originalURL"],
    description="A new link.",
)
LINK_CREATE_PUBLIC: Final = record(
    {"domain": _HOSTNAME, "originalURL": ORIGINAL_URL, **_WRITABLE, "folderId": _FOLDER},
    required=["domain", "originalURL"],
    description="A new link, made with a public key.",
)
BULK_LINK: Final = record(
    {"originalURL": ORIGINAL_URL, **_WRITABLE, "folderId": _FOLDER, "allowDuplicates": _DUPLICATES},
    required=["originalURL"],
    description="One link of many.",
)

_USER: Final = record(
    {
        "id": whole("The user's id.", 1),
        "name": nullable(text("The user's name.", "Ada")),
        "email": text("The user's e-mail address.", "ada@example.com"),
        "photoURL": nullable(text("A picture.")),
    },
    required=["id", "email"],
    description="Who created the link.",
)
# Written as numbers, shown as texts (contract g.18).
_SHOWN: Final[dict[str, Schema]] = {
    "redirectType": one_of(map(str, REDIRECT_TYPES), "The HTTP status of the redirect, where the link names one.", "302"),
    "expiresAt": either(
        text(format="date-time"),
        whole(),
        description="From then on visitors go to `expiredURL`. In milliseconds from `createLinkPublic`, as apps expect.",
        example=TIME,
    ),
    "ttl": answered_moment("When the link itself is deleted."),
    "password": text("Only in the response to the request that set it.", "correct horse"),
}
_ALWAYS: Final[dict[str, Schema]] = {
    "originalURL": text("The destination, with the UTM parameters in it.", _DESTINATION),
    "path": text("The part after the slash; empty for the domain's root.", "spring"),
    "idString": text("The link's id.", LINK),
    "id": text("The same as `idString`.", LINK),
    "shortURL": text("What visitors follow.", f"https://{HOSTNAME}/spring"),
    "secureShortURL": text("The same with https, whatever the domain says.", f"https://{HOSTNAME}/spring"),
    "tags": list_of({"type": "string"}, "The link's tags.", examples=[["spring"]]),
    "createdAt": answered_moment("When the link was created."),
    "skipQS": flag("Whether the visitor's query string is kept from the destination.", False),
    "archived": flag("Whether the link is archived.", False),
    "DomainId": whole("The domain's id.", 1, minimum=1),
    "OwnerId": whole("The id of the user who created the link.", 1),
    "hasPassword": flag("Whether visitors must enter a password.", False),
    "source": one_of(SOURCES, "Where the link was created.", "api"),
}
LINK_SHOWN: Final = record(
    {
        **_ALWAYS,
        **{name: each for name, each in (_OPTIONAL | _SHOWN).items() if name not in _ALWAYS},
        "FolderId": text("The id of the folder that the link is in.", "aB3_dE5-gH7jK9mN1pQ2r"),
        "User": _USER,
    },
    required=_ALWAYS,
    description="A link. Optional fields that are not set are left out.",
)
_CREATION: Final = {
    "success": {"type": "boolean", "const": True, "description": "Always true: failures have an error status."},
    "duplicate": flag("True when the link was there already, and nothing was created.", False),
}
LINK_CREATED: Final[Schema] = {
    "description": "A link as creating it answers.",
    "allOf": [{"$ref": "#/components/schemas/Link"}, record(_CREATION, required=_CREATION)],
}
LINK_PUBLIC: Final[Schema] = {
    "description": "A link as creating it with a public key answers, for clients that decode strictly.",
    "allOf": [
        {"$ref": "#/components/schemas/CreatedLink"},
        record(
            {
                "cloaking": _OPTIONAL["cloaking"],
                "expiresAt": whole("From then on visitors go to `expiredURL`, in milliseconds since 1970.", 1798761600000),
                **{parameter: text(f"The same as `{name}`.", example) for name, (parameter, example) in _UTM.items()},
            },
            required=["cloaking"],
        ),
    ],
}

LINK_EXAMPLE: Final[dict[str, Any]] = {
    "originalURL": _DESTINATION,
    "path": "spring",
    "idString": LINK,
    "id": LINK,
    "shortURL": f"https://{HOSTNAME}/spring",
    "secureShortURL": f"https://{HOSTNAME}/spring",
    "tags": ["newsletter"],
    "createdAt": TIME,
    "skipQS": False,
    "archived": False,
    "DomainId": 1,
    "OwnerId": 1,
    "hasPassword": False,
    "source": "api",
    "title": "Spring sale",
}
CREATED_EXAMPLE: Final = LINK_EXAMPLE | {"success": True, "duplicate": False}
