"""Every operation of the API: its name, address, documented errors and rate limit, in one table (contract a.4, a.5, b)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Access(Enum):
    """What a request needs to be let in (contract a.2)."""

    SECRET_KEY = "secret_key"  # noqa: S105 (a kind, not a secret)
    ANY_KEY = "any_key"
    KEY_IN_QUERY = "key_in_query"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``amount`` calls of one key in ``seconds``; operations that share ``bucket`` share the count."""

    amount: int
    seconds: int
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. ``name`` is its ``operationId``: for those of the official client, the client's name. The handler is the
    function of that name in snake case, which a test holds.

    ``errors`` are the statuses that the contract documents for it; ``error_is_message`` where clients show the body's
    ``error`` as the text, rather than ``message``.
    """

    name: str
    method: str
    path: str
    tag: str
    errors: tuple[int, ...] = ()
    error_is_message: bool = False
    limit: Limit | None = None
    access: Access = Access.SECRET_KEY


_CREATE: Final = Limit(50, 1, "create")
_LINK: Final = Limit(20, 1, "link")
_BULK_CREATE: Final = Limit(5, 10, "bulk_create")
_BULK_CHANGE: Final = Limit(1, 1, "bulk_change")
_BULK_DELETE: Final = Limit(1, 1, "bulk_delete")
_BULK_QR: Final = Limit(1, 60, "bulk_qr")
_STATISTICS: Final = Limit(50, 1, "statistics")
_EXPORT: Final = Limit(10, 60, "export")
_ALL: Final = (400, 401, 402, 403, 404, 409, 500)


def _operation(
    method: str,
    path: str,
    name: str,
    tag: str,
    errors: tuple[int, ...] = (),
    *,
    shows_error: bool = False,
    limit: Limit | None = None,
    access: Access = Access.SECRET_KEY,
) -> Operation:
    return Operation(
        name=name,
        method=method,
        path=path,
        tag=tag,
        errors=errors,
        error_is_message=shows_error,
        limit=limit,
        access=access,
    )


_LINK_QUERIES: Final = (
    _operation("GET", "/api/links", "listLinks", "Links", (402, 403, 404), shows_error=True),
    _operation("GET", "/links/{linkId}", "getLink", "Links", (400, 403, 404), shows_error=True, limit=_LINK),
    _operation("GET", "/links/expand", "expandLink", "Links", (400, 404), shows_error=True, limit=_LINK, access=Access.ANY_KEY),
    _operation("GET", "/links/by-original-url", "getLinkByOriginalUrl", "Links", shows_error=True, limit=_LINK),
    _operation("GET", "/links/multiple-by-url", "getLinksByUrl", "Links", shows_error=True),
)
_LINK_MANAGEMENT: Final = (
    _operation("POST", "/links", "createLink", "Links", _ALL, limit=_CREATE),
    _operation("GET", "/links/tweetbot", "createLinkSimple", "Links", limit=_CREATE, access=Access.KEY_IN_QUERY),
    _operation("POST", "/links/public", "createLinkPublic", "Links", _ALL, limit=_CREATE, access=Access.ANY_KEY),
    _operation("POST", "/links/bulk", "createLinksBulk", "Links", limit=_BULK_CREATE),
    _operation("POST", "/links/examples", "createExampleLinks", "Links", _ALL, limit=_BULK_CREATE),
    _operation("POST", "/links/duplicate/{linkId}", "duplicateLink", "Links", _ALL, limit=_CREATE),
    _operation("POST", "/links/{linkId}", "updateLink", "Links", _ALL, limit=_LINK),
    _operation("DELETE", "/links/{link_id}", "deleteLink", "Links", _ALL, shows_error=True, limit=_LINK),
    _operation("DELETE", "/links/delete_bulk", "deleteLinksBulk", "Links", shows_error=True, limit=_BULK_DELETE),
    _operation("POST", "/links/archive", "archiveLink", "Links", _ALL, shows_error=True),
    _operation("POST", "/links/archive_bulk", "archiveLinksBulk", "Links", _ALL, shows_error=True, limit=_BULK_CHANGE),
    _operation("POST", "/links/unarchive", "unarchiveLink", "Links", _ALL, shows_error=True),
    _operation("POST", "/links/unarchive_bulk", "unarchiveLinksBulk", "Links", _ALL, shows_error=True, limit=_BULK_CHANGE),
    _operation("POST", "/links/qr/{linkIdString}", "generateQrCode", "QR codes", shows_error=True),
    _operation("POST", "/links/qr/bulk", "generateQrCodesBulk", "QR codes", shows_error=True, limit=_BULK_QR),
)
_TARGETING: Final = tuple(
    _operation(method, path, name, "Targeting", shows_error=True)
    for method, path, name in (
        ("GET", "/link_country/{linkId}", "getLinkCountries"),
        ("POST", "/link_country/{linkId}", "createLinkCountry"),
        ("POST", "/link_country/bulk/{linkId}", "createLinkCountriesBulk"),
        ("DELETE", "/link_country/{linkId}/{country}", "deleteLinkCountry"),
        ("GET", "/link_region/{linkId}", "getLinkRegions"),
        ("POST", "/link_region/{linkId}", "createLinkRegion"),
        ("GET", "/link_region/list/{country}", "getRegionsByCountry"),
        ("POST", "/link_region/bulk/{linkId}", "createLinkRegionsBulk"),
        ("DELETE", "/link_region/{linkId}/{country}/{region}", "deleteLinkRegion"),
    )
)
_DOMAINS: Final = (
    _operation("GET", "/api/domains", "listDomains", "Domains", shows_error=True),
    _operation("GET", "/domains/{domainId}", "getDomain", "Domains", (403,), shows_error=True),
    _operation("POST", "/domains", "createDomain", "Domains", (402, 403, 409), shows_error=True),
    _operation(
        "POST", "/domains/settings/{domainId}", "updateDomainSettings", "Domains", (400, 401, 402, 403, 404), shows_error=True
    ),
)
_GROUPING: Final = (
    _operation("GET", "/links/folders/{domainId}", "listFolders", "Folders", shows_error=True),
    _operation("GET", "/links/folders/{domainId}/{folderId}", "getFolder", "Folders", shows_error=True),
    _operation("POST", "/links/folders", "createFolder", "Folders", shows_error=True),
    _operation("POST", "/tags/bulk", "addTagsBulk", "Tags", shows_error=True),
    _operation("GET", "/tags/{domainId}", "listTags", "Tags", shows_error=True),
)
_PERMISSION: Final = "/links/permissions/{domainId}/{linkId}"
_OPENGRAPH: Final = "/links/opengraph/{domainId}/{linkId}"
_PERMISSIONS: Final = (
    _operation("GET", _PERMISSION, "getLinkPermissions", "Permissions", (403, 404), shows_error=True),
    _operation("POST", f"{_PERMISSION}/{{userId}}", "addLinkPermission", "Permissions", (400, 402, 403, 404), shows_error=True),
    _operation("DELETE", f"{_PERMISSION}/{{userId}}", "deleteLinkPermission", "Permissions", (402, 403, 404), shows_error=True),
    _operation("GET", _OPENGRAPH, "getLinkOpengraph", "OpenGraph", shows_error=True),
    _operation("PUT", _OPENGRAPH, "updateLinkOpengraph", "OpenGraph", shows_error=True),
)
_STATISTICS_OPERATIONS: Final = tuple(
    _operation(method, f"/statistics/{path}", name, "Statistics", limit=_STATISTICS)
    for method, path, name in (
        ("GET", "domain/{domainId}", "getDomainStatistics"),
        ("POST", "domain/{domainId}", "queryDomainStatistics"),
        ("POST", "domain/{domainId}/by_interval", "getDomainClicksByInterval"),
        ("POST", "domain/{domainId}/top", "getDomainTop"),
        ("POST", "domain/{domainId}/top_by_interval", "getDomainTopByInterval"),
        ("GET", "domain/{domainId}/link_clicks", "getLinkClicks"),
        ("POST", "domain/{domainId}/link_clicks", "queryLinkClicks"),
        ("POST", "domain/{domainId}/last_clicks", "getLastClicks"),
        ("GET", "domain/{domainId}/paths", "getPopularPaths"),
        ("DELETE", "domain/{domainId}/statistics", "clearDomainStatistics"),
        ("GET", "link/{linkId}", "getLinkStatistics"),
        ("POST", "link/{linkId}", "queryLinkStatistics"),
        ("POST", "link/{linkId}/by_interval", "getLinkClicksByInterval"),
        ("POST", "link/{linkId}/top", "getLinkTop"),
    )
)
# Not Short.io's: what its dashboard does and its API does not.
_OWN: Final = (
    _operation("GET", "/audit", "listAudit", "Audit log", shows_error=True),
    _operation("GET", "/api/keys", "listKeys", "API keys", shows_error=True),
    _operation("POST", "/api/keys", "createKey", "API keys", shows_error=True),
    _operation("DELETE", "/api/keys/{keyId}", "revokeKey", "API keys", shows_error=True),
    _operation("GET", "/links/removed/{domainId}", "listRemovedLinks", "Links", shows_error=True),
    _operation("POST", "/links/restore/{linkId}", "restoreLink", "Links", shows_error=True, limit=_LINK),
    _operation("GET", "/link_rules/{linkId}", "getLinkRules", "Targeting", shows_error=True),
    _operation("PUT", "/link_rules/{linkId}", "updateLinkRules", "Targeting", shows_error=True),
    _operation("GET", "/link_variants/{linkId}", "getLinkVariants", "Targeting", shows_error=True),
    _operation("PUT", "/link_variants/{linkId}", "updateLinkVariants", "Targeting", shows_error=True),
    *(
        _operation("GET", f"/statistics/{path}", name, "Statistics", limit=_STATISTICS)
        for path, name in (
            ("domain/{domainId}/conversions", "getDomainConversions"),
            ("link/{linkId}/conversions", "getLinkConversions"),
            ("link/{linkId}/variants", "getLinkVariantStatistics"),
        )
    ),
    _operation("POST", "/domains/verify/{domainId}", "verifyDomain", "Domains", shows_error=True),
    _operation("GET", "/statistics/domain/{domainId}/clicks", "exportClicks", "Statistics", limit=_EXPORT),
    _operation("POST", "/statistics/domain/{domainId}/clicks", "queryClicks", "Statistics", limit=_EXPORT),
    _operation("GET", "/statistics/domain/{domainId}/visitors/{address}", "exportVisitor", "Statistics", limit=_EXPORT),
    _operation("DELETE", "/statistics/domain/{domainId}/visitors/{address}", "eraseVisitor", "Statistics", limit=_EXPORT),
    _operation("GET", "/statistics/domain/{domainId}/clicks/live", "watchClicks", "Statistics", limit=_STATISTICS),
    _operation("GET", "/links/explain/{linkId}", "explainLink", "Targeting", shows_error=True),
    _operation("GET", "/qr-code-link/{hostname}/{linkId}", "getQrCodeImage", "QR codes", access=Access.NOBODY),
)

OPERATIONS: Final = (
    *_LINK_QUERIES,
    *_LINK_MANAGEMENT,
    *_TARGETING,
    *_DOMAINS,
    *_GROUPING,
    *_PERMISSIONS,
    *_STATISTICS_OPERATIONS,
    *_OWN,
)
BY_NAME: Final = {operation.name: operation for operation in OPERATIONS}


def operation_of(handler_name: str) -> Operation | None:
    """The operation that the handler function of this name serves; None for pages and health checks."""
    first, *rest = handler_name.split("_")
    return BY_NAME.get(first + "".join(word.title() for word in rest))
