"""Many links in one call (contract b.2)."""

from typing import Final

from linnet.actions.bulk import MAX_LINKS
from linnet.actions.chosen import MAX_CHOSEN
from linnet.api.spec.link_schemas import CREATED_EXAMPLE
from linnet.api.spec.shapes import Detail, Resource, Schema, answer, body, flag, list_of, nullable, record, ref, text, whole
from linnet.api.spec.values import HOSTNAME, LINK, OTHER_LINK, SUCCESS, link_id, link_ids

_DONE: Final = answer("Done.", ref("Success"), done=("Done", {"success": True}))
_DONE_WITH: Final = answer(
    "Done with every link that there is.",
    {
        "allOf": [
            ref("Success"),
            record({"skipped": list_of({"type": "string"}, "Ids that stand for no link; not there when all of them do.")}),
        ]
    },
    done=("All of them", {"success": True}),
    some=("One of the ids stands for no link", {"success": True, "skipped": [OTHER_LINK]}),
)
_DOMAIN_ID: Final = text("Not needed: the ids say which domain.")
_ONE: Final = record({"link_id": link_id(), "domain_id": _DOMAIN_ID}, required=["link_id"])
_SEVERAL: Final = record({"link_ids": link_ids(MAX_CHOSEN), "domain_id": _DOMAIN_ID}, required=["link_ids"])
_IDS: Final = record({"link_ids": link_ids(MAX_CHOSEN)}, required=["link_ids"])
_ONE_EXAMPLE: Final = {"one": ("A link", {"link_id": LINK})}
_SEVERAL_EXAMPLE: Final = {"several": ("Two links", {"link_ids": [LINK, OTHER_LINK]})}

_BULK_CREATE: Final = record(
    {
        "domain": text("The hostname of one of your domains.", HOSTNAME, maxLength=253),
        "links": list_of(ref("BulkLink"), f"The links, at most {MAX_LINKS:,}.", maxItems=MAX_LINKS),
        "allowDuplicates": flag("What holds for links that do not say it themselves.", False, default=False),
        "folderId": nullable(text("The folder of links that do not name one.")),
    },
    required=["domain", "links"],
)
_REFUSED_ROW: Final[Schema] = {
    "description": "Why this link was not created.",
    "allOf": [
        ref("Error"),
        record({"status": whole("The HTTP status that it would have had alone.", 409)}, required=["status"]),
    ],
}
_REFUSED_EXAMPLE: Final = {
    "success": False,
    "statusCode": 409,
    "status": 409,
    "error": "The path 'spring' is taken by another link of this domain.",
    "message": "The path 'spring' is taken by another link of this domain.",
    "code": "path_taken",
    "field": "path",
    "linkId": LINK,
}

BULK: Final = Resource(
    details={
        "createLinksBulk": Detail(
            summary="Create many links",
            description=(
                f"Creates up to {MAX_LINKS:,} links. The response has one element for each, in the order of the request: the "
                "link, or why it was refused. One bad link does not spoil the others, so look at `success` of each element."
            ),
            body=body(
                _BULK_CREATE,
                two=(
                    "Two links",
                    {
                        "domain": HOSTNAME,
                        "links": [
                            {"originalURL": "https://example.com/spring", "path": "spring"},
                            {"originalURL": "https://example.com/summer", "title": "Summer sale"},
                        ],
                    },
                ),
            ),
            answers={
                200: answer(
                    "A link or a refusal for each element of `links`.",
                    list_of({"anyOf": [ref("CreatedLink"), _REFUSED_ROW]}),
                    mixed=("One created, one refused", [CREATED_EXAMPLE, _REFUSED_EXAMPLE]),
                )
            },
            refusals=(404,),
        ),
        "createExampleLinks": Detail(
            summary="Create example links",
            description=(
                "Creates links that show what links can do: an A/B test, destinations for phones, an expiry, a download and a "
                "password. For a first look at a new domain."
            ),
            body=body(
                record({"domain": text("The hostname of one of your domains.", HOSTNAME, maxLength=253)}, required=["domain"]),
                domain=("A domain", {"domain": HOSTNAME}),
            ),
            answers={
                200: answer(
                    "The links.",
                    record(
                        {"success": {"type": "boolean", "const": True}, "links": list_of(ref("CreatedLink"))},
                        required=["success", "links"],
                    ),
                    links=("The first of them", {"success": True, "links": [CREATED_EXAMPLE]}),
                )
            },
        ),
        "deleteLinksBulk": Detail(
            summary="Delete many links",
            description=(
                "Removes links. Ids that stand for no link are skipped, and told. For 30 days `restoreLink` brings them back."
            ),
            body=body(_IDS, **_SEVERAL_EXAMPLE),
            answers={200: _DONE_WITH},
            refusals=(404,),
        ),
        "archiveLink": Detail(
            summary="Archive a link",
            description="Hides a link from lists for people. It goes on redirecting and counting.",
            body=body(_ONE, **_ONE_EXAMPLE),
            answers={200: _DONE},
        ),
        "archiveLinksBulk": Detail(
            summary="Archive many links",
            description="Hides links from lists for people. They go on redirecting and counting.",
            body=body(_SEVERAL, **_SEVERAL_EXAMPLE),
            answers={200: _DONE_WITH},
        ),
        "unarchiveLink": Detail(
            summary="Bring a link back from the archive",
            description="Shows an archived link in lists again.",
            body=body(_ONE, **_ONE_EXAMPLE),
            answers={200: _DONE},
        ),
        "unarchiveLinksBulk": Detail(
            summary="Bring many links back from the archive",
            description="Shows archived links in lists again.",
            body=body(_SEVERAL, **_SEVERAL_EXAMPLE),
            answers={200: _DONE_WITH},
        ),
    },
    schemas={"Success": SUCCESS},
)
