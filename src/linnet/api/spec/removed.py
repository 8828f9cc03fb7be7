"""Removed links: list and restore them."""

from typing import Final

from linnet.actions.restoring import MAX_PAGE
from linnet.api.spec.link_schemas import LINK_EXAMPLE
from linnet.api.spec.shapes import Detail, Resource, Schema, answer, in_query, list_of, one_of, record, ref, text, whole
from linnet.api.spec.values import DOMAIN_ID, LINK_ID, TIME, answered_moment
from linnet.model.removal import RESTORABLE, Reason

_REMOVAL: Final = {
    "removedAt": answered_moment("When the link was removed."),
    "removalReason": one_of(
        [each.value for each in Reason],
        "Removed by a request, because of its `ttl`, or expired in a domain with `purgeExpiredLinks`.",
        "deleted",
    ),
    "restorableUntil": answered_moment("When it is gone for good."),
}
_REMOVED: Final[Schema] = {
    "description": "A link that was removed and can be restored.",
    "allOf": [ref("Link"), record(_REMOVAL, required=_REMOVAL)],
}
_EXAMPLE: Final = LINK_EXAMPLE | {
    "removedAt": TIME,
    "removalReason": "deleted",
    "restorableUntil": "2026-03-31T09:30:00.000Z",
}
_PAGE: Final = record(
    {
        "count": whole("How many links are in this response.", 1),
        "links": list_of(ref("RemovedLink"), "The links."),
        "nextPageToken": text("The `pageToken` of the next page; not there on the last one."),
    },
    required=["count", "links"],
)

REMOVED: Final = Resource(
    details={
        "listRemovedLinks": Detail(
            summary="List removed links",
            description=(
                f"A page of a domain's links that were removed in the last {RESTORABLE.days} days and can be restored, the "
                "last removed first. Who sees only their own links gets those that they made."
            ),
            parameters=(
                DOMAIN_ID,
                in_query(
                    "limit", whole("How many links to answer at most.", 50, minimum=1, maximum=MAX_PAGE, default=MAX_PAGE)
                ),
                in_query("pageToken", text("The `nextPageToken` of the page before.")),
            ),
            answers={
                200: answer(
                    "A page of removed links.",
                    _PAGE,
                    page=("One link", {"count": 1, "links": [_EXAMPLE]}),
                    empty=("No links", {"count": 0, "links": []}),
                )
            },
            refusals=(403, 404),
        ),
        "restoreLink": Detail(
            summary="Restore a removed link",
            description=(
                "Brings a removed link back with its id, path, tags, targeting and clicks; it redirects before this responds. "
                "`ttl` and `expiresAt` are cleared where they are past. Refused with 409 when another link has the path now. "
                "A link that is not removed is answered as it is."
            ),
            parameters=(LINK_ID,),
            answers={200: answer("The link, as it is again.", ref("Link"), link=("A link", LINK_EXAMPLE))},
            refusals=(402, 403, 404, 409),
        ),
    },
    schemas={"RemovedLink": _REMOVED},
)
