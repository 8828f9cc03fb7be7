"""Permissions of single links, and what other sites show of a link (contract b.6, b.7, c.5)."""

from typing import Final

from linnet.api.spec.shapes import (
    Detail,
    Resource,
    Schema,
    answer,
    body,
    in_path,
    list_of,
    number,
    one_of,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import DOMAIN, DOMAIN_ID, DOMAIN_ID_AS_TEXT, DOMAIN_ID_TEXT, LINK, LINK_ID
from linnet.model.opengraph import MAX_CONTENT, MAX_TAGS, PROPERTIES

_USER_ID: Final = in_path("userId", text("The user's id.", "2", pattern=r"^\d+$"))
_SHOWN: Final = {
    "id": text("The permission's id.", "5"),
    "DomainId": whole("The domain's id.", DOMAIN),
    "UserId": whole("The id of the user who may change the link.", 2),
    "LinkIdString": text("The link's id.", LINK),
}
_EXAMPLE: Final = {"id": "5", "DomainId": DOMAIN, "UserId": 2, "LinkIdString": LINK}
_DOMAIN_NUMBER: Final = in_path("domainId", number(DOMAIN_ID_TEXT, DOMAIN, minimum=1))
_PAIR: Final[Schema] = {
    "type": "array",
    "description": "A property, without `og:`, and its content.",
    "prefixItems": [
        one_of(sorted(PROPERTIES), "The property.", "title"),
        text("Its content.", "Spring sale", maxLength=MAX_CONTENT),
    ],
    "items": False,
    "minItems": 2,
    "maxItems": 2,
}
# Of what was stored: pairs as well, in words that every reader of schemas understands.
_STORED: Final = list_of(list_of(text("The property, then its content."), minItems=2, maxItems=2), maxItems=MAX_TAGS)
_TAGS: Final = list_of(_PAIR, "Pairs of a property and its content.", maxItems=MAX_TAGS)
_TAGS_EXAMPLE: Final = [["title", "Spring sale"], ["image", "https://example.com/spring.png"]]

SHARING: Final = Resource(
    details={
        "getLinkPermissions": Detail(
            summary="List who may change a link",
            description="Members of the team who otherwise see their own links only, and may read and change this one too.",
            parameters=(DOMAIN_ID_AS_TEXT, LINK_ID),
            answers={200: answer("The permissions.", list_of(ref("Permission")), permissions=("One permission", [_EXAMPLE]))},
        ),
        "addLinkPermission": Detail(
            summary="Let somebody change a link",
            description="Gives a member of the domain's team access to one link. Giving it twice is as giving it once.",
            parameters=(DOMAIN_ID_AS_TEXT, LINK_ID, _USER_ID),
            answers={201: answer("The permission.", ref("Permission"), permission=("A permission", _EXAMPLE))},
        ),
        "deleteLinkPermission": Detail(
            summary="Take a permission back",
            description="Ends a member's access to one link.",
            parameters=(DOMAIN_ID, LINK_ID, _USER_ID),
            answers={201: answer("The permission is gone.", ref("Success"), gone=("Gone", {"success": True}))},
        ),
        "getLinkOpengraph": Detail(
            summary="Get what other sites show of a link",
            description="The link's own OpenGraph tags; an empty list when previews show what the destination says.",
            parameters=(_DOMAIN_NUMBER, LINK_ID),
            answers={200: answer("Pairs of a property and its content.", _STORED, tags=("Two tags", _TAGS_EXAMPLE))},
            refusals=(404,),
        ),
        "updateLinkOpengraph": Detail(
            summary="Set what other sites show of a link",
            description=(
                "Replaces all OpenGraph tags of a link. Sites that make previews get a page with these tags; people are "
                "redirected as before. An empty list removes them."
            ),
            parameters=(_DOMAIN_NUMBER, LINK_ID),
            body=body(
                _TAGS,
                two=("A title and a picture", _TAGS_EXAMPLE),
                none=("None", []),
            ),
            answers={200: answer("The tags as they are now.", _STORED, tags=("Two tags", _TAGS_EXAMPLE))},
            refusals=(404,),
        ),
    },
    schemas={"Permission": record(_SHOWN, required=_SHOWN, description="Lets one user change one link.")},
)
