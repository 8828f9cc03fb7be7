"""Links: find, create, change and remove (contract b.1, b.2)."""

from typing import Final

from linnet.actions.link_queries import MAX_PAGE
from linnet.api.spec.link_schemas import (
    BULK_LINK,
    CREATED_EXAMPLE,
    LINK_CREATE,
    LINK_CREATE_PUBLIC,
    LINK_CREATED,
    LINK_EXAMPLE,
    LINK_PUBLIC,
    LINK_SHOWN,
    LINK_UPDATE,
)
from linnet.api.spec.shapes import (
    JSON,
    Detail,
    Resource,
    answer,
    body,
    either,
    flag,
    in_path,
    in_query,
    list_of,
    one_of,
    optional_body,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import (
    DOMAIN,
    DOMAIN_ID_TEXT,
    DOMAIN_IN_QUERY,
    HOSTNAME,
    LINK,
    LINK_ID,
    ORIGINAL_URL_IN_QUERY,
    OTHER_LINK,
    link_id,
)

_LINK: Final = answer("The link.", ref("Link"), link=("A link", LINK_EXAMPLE))
_CREATED: Final = answer("The link that was created or found.", ref("CreatedLink"), created=("A new link", CREATED_EXAMPLE))
_PUBLIC_EXAMPLE: Final = CREATED_EXAMPLE | {"cloaking": False, "source": "public"}
_PAGE: Final = record(
    {
        "count": whole("How many links are in this response.", 1),
        "links": list_of(ref("Link"), "The links."),
        "nextPageToken": text("The `pageToken` of the next page; not there on the last one."),
    },
    required=["count", "links"],
)
_LISTING: Final = (
    in_query("domain_id", whole(DOMAIN_ID_TEXT, DOMAIN, minimum=1), required=True),
    in_query("limit", whole("How many links to answer at most.", 50, minimum=1, maximum=MAX_PAGE, default=MAX_PAGE)),
    in_query("idString", text("Only the link with this id.")),
    in_query("createdAt", text("Only links that were created on this day, or in this millisecond.")),
    in_query("beforeDate", text("Only links that were created before this time.", format="date-time")),
    in_query("afterDate", text("Only links that were created then or later.", format="date-time")),
    in_query("dateSortOrder", one_of(["asc", "desc"], "Oldest or newest first.", default="desc")),
    in_query("pageToken", text("The `nextPageToken` of the page before.")),
    in_query("folderId", text("Only links in this folder.")),
)

_QUERIES: Final = {
    "listLinks": Detail(
        summary="List a domain's links",
        description=(
            "A page of a domain's links, the newest first. To get all of them, repeat the request with `pageToken` set to the "
            "`nextPageToken` of the last response until there is none. Links that appear meanwhile do not move the pages."
        ),
        parameters=_LISTING,
        answers={
            200: answer(
                "A page of links.",
                _PAGE,
                page=("One of several pages", {"count": 1, "links": [LINK_EXAMPLE], "nextPageToken": "MTc3MjM1NzQwMDAwMC4x"}),
                empty=("No links", {"count": 0, "links": []}),
            )
        },
    ),
    "getLink": Detail(
        summary="Get a link",
        description="One link by its id. A link that your key may not see is answered as one that does not exist.",
        parameters=(LINK_ID, in_query("domainId", text("Not needed: the id says which domain."), deprecated=True)),
        answers={200: _LINK},
    ),
    "expandLink": Detail(
        summary="Find a link by its path",
        description=(
            "The link behind a short URL, by hostname and path. Visiting the short URL would count a click; this does not. "
            "A public key will do."
        ),
        parameters=(
            DOMAIN_IN_QUERY,
            in_query("path", text("The path without its slash; empty for the domain's root.", "spring"), required=True),
        ),
        answers={200: _LINK},
    ),
    "getLinkByOriginalUrl": Detail(
        summary="Find a link by its destination",
        description="The oldest link of a domain with this destination. There may be others: see `getLinksByUrl`.",
        parameters=(DOMAIN_IN_QUERY, ORIGINAL_URL_IN_QUERY),
        answers={200: _LINK},
        refusals=(404,),
        deprecated=True,
    ),
    "getLinksByUrl": Detail(
        summary="Find all links to a destination",
        description=f"Links of a domain with this destination, the {MAX_PAGE} oldest; an empty list when there is none.",
        parameters=(DOMAIN_IN_QUERY, ORIGINAL_URL_IN_QUERY),
        answers={
            200: answer(
                "The links.",
                record({"links": list_of(ref("Link"), "The links.")}, required=["links"]),
                links=("One link", {"links": [LINK_EXAMPLE]}),
            )
        },
        refusals=(404,),
    ),
}

_CREATE_EXAMPLES: Final = {
    "plain": ("A destination, and a path of the domain's making", {"domain": HOSTNAME, "originalURL": "https://example.com/"}),
    "named": (
        "With a path, a title and tags",
        {
            "domain": HOSTNAME,
            "originalURL": "https://example.com/spring",
            "path": "spring",
            "title": "Spring sale",
            "tags": ["newsletter"],
        },
    ),
    "guarded": (
        "With a password, until a date",
        {
            "domain": HOSTNAME,
            "originalURL": "https://example.com/preview",
            "password": "correct horse",
            "expiresAt": "2027-01-01T00:00:00.000Z",
            "expiredURL": "https://example.com/over",
        },
    ),
    "devices": (
        "With destinations for phones, and UTM parameters",
        {
            "domain": HOSTNAME,
            "originalURL": "https://example.com/app",
            "iphoneURL": "https://apps.example.com/app",
            "androidURL": "https://play.example.com/app",
            "utmSource": "poster",
            "utmCampaign": "spring",
        },
    ),
}
_SIMPLE: Final = (
    in_query("domain", text("The hostname of one of your domains.", HOSTNAME), required=True),
    in_query("path", text("The part after the slash; made by the domain unless it is given.", "spring")),
    in_query("originalURL", text("The destination.", "https://example.com/spring"), required=True),
    in_query("title", text("A name for people.", "Spring sale")),
    in_query(
        "urlOnly",
        either(one_of(["1", "0"]), flag(), description="Answer the short URL alone, as plain text.", example="0"),
    ),
    in_query("apiKey", text("Your secret key, for callers who cannot set headers.", "sk_your_secret_key"), required=True),
)

_MANAGEMENT: Final = {
    "createLink": Detail(
        summary="Create a link",
        description=(
            "Creates a link; its short URL works before this responds.\n\n"
            "1. If the path is taken by a link with the same destination, that link is answered.\n"
            "2. If it is taken by a link with another destination, the request is refused with 409.\n"
            "3. Without a path, a link of the domain with the same destination is answered instead of a new one, with "
            "`duplicate: true`.\n"
            "4. With a path, there may be several links to one destination.\n"
            "5. `allowDuplicates: true` turns the third rule off."
        ),
        body=body(ref("LinkCreate"), **_CREATE_EXAMPLES),
        answers={200: _CREATED},
    ),
    "createLinkSimple": Detail(
        summary="Create a link with one GET",
        description=(
            "For callers who can only open an address: everything is in the query string, the key too. Addresses end up in "
            "logs, so prefer `createLink` where you can."
        ),
        parameters=_SIMPLE,
        answers={
            200: {
                "description": "The link, or its short URL alone.",
                "content": {
                    JSON: _CREATED["content"][JSON],
                    "text/plain": {
                        "schema": {"type": "string"},
                        "examples": {"url": {"summary": "With urlOnly=1", "value": f"https://{HOSTNAME}/spring"}},
                    },
                },
            }
        },
        refusals=(404, 409),
    ),
    "createLinkPublic": Detail(
        summary="Create a link from a browser or an app",
        description=(
            "The same as `createLink`, for code that anyone can read: a public key can create and look up links and nothing "
            "else. There is never a second link to one destination without a path of its own. "
            "A public key belongs to your account, so limit it to one domain if you hand it out."
        ),
        body=body(ref("LinkCreatePublic"), **_CREATE_EXAMPLES),
        answers={
            200: answer("The link that was created or found.", ref("PublicLink"), created=("A new link", _PUBLIC_EXAMPLE))
        },
    ),
    "duplicateLink": Detail(
        summary="Copy a link",
        description=(
            "Creates a link with all properties and targeting rules of another. From then on the two have nothing to do with "
            "each other. Each call makes a new copy."
        ),
        parameters=(LINK_ID,),
        body=optional_body(
            record({"path": text("The copy's path; made by the domain unless it is given.", "spring-copy")}),
            named=("With a path", {"path": "spring-copy"}),
        ),
        answers={
            200: answer(
                "The copy.",
                {
                    "allOf": [
                        ref("CreatedLink"),
                        record(
                            {"duplicatedFrom": text("The id of the link that was copied.", LINK)}, required=["duplicatedFrom"]
                        ),
                    ]
                },
                copy=(
                    "A copy",
                    CREATED_EXAMPLE
                    | {
                        "path": "spring-copy",
                        "id": OTHER_LINK,
                        "idString": OTHER_LINK,
                        "shortURL": f"https://{HOSTNAME}/spring-copy",
                        "secureShortURL": f"https://{HOSTNAME}/spring-copy",
                        "duplicatedFrom": LINK,
                    },
                ),
            )
        },
    ),
    "updateLink": Detail(
        summary="Change a link",
        description=(
            "Changes what is sent and nothing else; null clears a field. The UTM fields go together: sending one replaces all "
            "five. Visitors follow the change before this responds."
        ),
        parameters=(LINK_ID, in_query("domain_id", text("Not needed: the id says which domain."))),
        body=optional_body(
            ref("LinkUpdate"),
            destination=("Another destination", {"originalURL": "https://example.com/summer", "title": "Summer sale"}),
            cleared=("Never expire again", {"expiresAt": None, "expiredURL": None}),
        ),
        answers={200: _LINK},
    ),
    "deleteLink": Detail(
        summary="Delete a link",
        description=(
            "Removes a link. Its path is free again, and its clicks stay in the domain's statistics. For 30 days `restoreLink` "
            "brings it back."
        ),
        parameters=(in_path("link_id", link_id()),),
        answers={
            200: answer(
                "The link is gone.",
                record(
                    {"success": {"type": "boolean", "const": True}, "idString": text("The link's id.", LINK)},
                    required=["success", "idString"],
                ),
                deleted=("Deleted", {"success": True, "idString": LINK}),
            )
        },
    ),
}

LINKS: Final = Resource(
    details=_QUERIES | _MANAGEMENT,
    schemas={
        "Link": LINK_SHOWN,
        "CreatedLink": LINK_CREATED,
        "PublicLink": LINK_PUBLIC,
        "LinkCreate": LINK_CREATE,
        "LinkCreatePublic": LINK_CREATE_PUBLIC,
        "LinkUpdate": LINK_UPDATE,
        "BulkLink": BULK_LINK,
    },
)
