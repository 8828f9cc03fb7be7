"""Which operations can follow one another: OpenAPI's links, from the ids in an answer to the operations that take them."""

import re
from typing import Final

from linnet.api.operations import BY_NAME, OPERATIONS, Operation
from linnet.api.spec.shapes import Schema

_LINK: Final = {
    "linkId": "$response.body#/idString",
    "link_id": "$response.body#/idString",
    "linkIdString": "$response.body#/idString",
    "domainId": "$response.body#/DomainId",
}
_FIRST_LINK: Final = {name: value.replace("#/", "#/links/0/") for name, value in _LINK.items()}
_DOMAIN: Final = {"domainId": "$response.body#/id"}
# The ids that an answer holds, by the name of the path parameter that takes them.
_IDS: Final[dict[str, dict[str, str]]] = {
    **dict.fromkeys(("createLink", "createLinkPublic", "getLink", "expandLink", "updateLink", "duplicateLink"), _LINK),
    "listLinks": _FIRST_LINK,
    "createDomain": _DOMAIN,
    "getDomain": _DOMAIN,
    "listDomains": {"domainId": "$response.body#/0/id"},
    "createFolder": {"folderId": "$response.body#/id", "domainId": "$response.body#/DomainId"},
    "createKey": {"keyId": "$response.body#/id"},
    "createLinkCountry": _LINK | {"linkId": "$response.body#/LinkIdString", "country": "$response.body#/country"},
    "createLinkRegion": _LINK
    | {
        "linkId": "$response.body#/LinkIdString",
        "country": "$response.body#/country",
        "region": "$response.body#/region",
    },
}
# Those that take a link's id in their body.
_IN_BODY: Final = {"archiveLink": "link_id", "unarchiveLink": "link_id"}
# What brings back whatever another operation removed says nothing of how the two follow one another.
_APART: Final = ("restoreLink",)
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


def links_from(operation: Operation) -> dict[str, Schema]:
    """OpenAPI's ``links`` of what an operation answers when it succeeds; empty where nothing can follow."""
    ids = _IDS.get(operation.name, {})
    links: dict[str, Schema] = {}
    for other in OPERATIONS:
        wanted = _PARAMETER.findall(other.path)
        if wanted and other is not operation and other.name not in _APART and all(name in ids for name in wanted):
            links[other.name] = {"operationId": other.name, "parameters": {name: ids[name] for name in wanted}}
    if ids.get("linkId", "").endswith("/idString"):
        for name, field in _IN_BODY.items():
            links[name] = {"operationId": BY_NAME[name].name, "requestBody": {field: ids["linkId"]}}
    return links
