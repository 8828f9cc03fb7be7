"""Every operation of the API: its name, address, documented errors and rate limit, in one table (contract a.4, a.5, b)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from linnet.model.access import Action, Rule, Subject


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

    ``rule`` is what it is about and what it does. ``errors`` are the statuses that the contract documents for it;
    ``error_is_message`` where clients show the body's ``error`` as the text, rather than ``message``.
    """

    name: str
    method: str
    path: str
    tag: str
    rule: Rule
    errors: tuple[int, ...] = ()
    error_is_message: bool = False
    limit: Limit | None = None
    access: Access = Access.SECRET_KEY


_CREATES: Final = Limit(50, 1, "create")
_LINK: Final = Limit(20, 1, "link")
_BULK_CREATE: Final = Limit(5, 10, "bulk_create")
_BULK_CHANGE: Final = Limit(1, 1, "bulk_change")
_BULK_DELETE: Final = Limit(1, 1, "bulk_delete")
_BULK_QR: Final = Limit(1, 60, "bulk_qr")
_STATISTICS: Final = Limit(50, 1, "statistics")
_EXPORT: Final = Limit(10, 60, "export")
_READ_DOMAIN: Final = Rule(Subject.DOMAIN, Action.READ)
_CREATE: Final = Rule(Subject.DOMAIN, Action.CREATE)
_WRITE_DOMAIN: Final = Rule(Subject.DOMAIN, Action.WRITE)
_CONFIGURE: Final = Rule(Subject.DOMAIN, Action.CONFIGURE)
_DOMAIN_STATISTICS: Final = Rule(Subject.DOMAIN, Action.READ_STATISTICS, whole=True)
_STATISTICS_OF_LINKS: Final = Rule(Subject.DOMAIN, Action.READ_STATISTICS)
_READ_LINK: Final = Rule(Subject.LINK, Action.READ)
_WRITE_LINK: Final = Rule(Subject.LINK, Action.WRITE)
_CREATE_FROM_LINK: Final = Rule(Subject.LINK, Action.CREATE)
_LINK_STATISTICS: Final = Rule(Subject.LINK, Action.READ_STATISTICS)
# Who made a link permits others to see and change it, and who configures the domain does.
_PERMIT: Final = Rule(Subject.LINK, Action.PERMIT)
_SELF: Final = Rule(Subject.SELF)
_CREATE_DOMAIN: Final = Rule(Subject.SELF, Action.CREATE_DOMAIN)
_ANYBODY: Final = Rule(Subject.ANYBODY)
_ALL: Final = (400, 401, 402, 403, 404, 409, 500)


def _operation(
    method: str,
    path: str,
    name: str,
    tag: str,
    rule: Rule,
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
        rule=rule,
        errors=errors,
        error_is_message=shows_error,
        limit=limit,
        access=access,
    )


_LINK_QUERIES: Final = (
    _operation("GET", "/api/links", "listLinks", "Links", _READ_DOMAIN, (402, 403, 404), shows_error=True),
    _operation("GET", "/links/{linkId}", "getLink", "Links", _READ_LINK, (400, 403, 404), shows_error=True, limit=_LINK),
    _operation(
        "GET",
        "/links/expand",
        "expandLink",
        "Links",
        _READ_LINK,
        (400, 404),
        shows_error=True,
        limit=_LINK,
        access=Access.ANY_KEY,
    ),
    _operation("GET", "/links/by-original-url", "getLinkByOriginalUrl", "Links", _READ_LINK, shows_error=True, limit=_LINK),
    _operation("GET", "/links/multiple-by-url", "getLinksByUrl", "Links", _READ_DOMAIN, shows_error=True),
)
_LINK_MANAGEMENT: Final = (
    _operation("POST", "/links", "createLink", "Links", _CREATE, _ALL, limit=_CREATES),
    _operation("GET", "/links/tweetbot", "createLinkSimple", "Links", _CREATE, limit=_CREATES, access=Access.KEY_IN_QUERY),
    _operation("POST", "/links/public", "createLinkPublic", "Links", _CREATE, _ALL, limit=_CREATES, access=Access.ANY_KEY),
    _operation("POST", "/links/bulk", "createLinksBulk", "Links", _CREATE, limit=_BULK_CREATE),
    _operation("POST", "/links/examples", "createExampleLinks", "Links", _CREATE, _ALL, limit=_BULK_CREATE),
    _operation("POST", "/links/duplicate/{linkId}", "duplicateLink", "Links", _CREATE_FROM_LINK, _ALL, limit=_CREATES),
    _operation("POST", "/links/{linkId}", "updateLink", "Links", _WRITE_LINK, _ALL, limit=_LINK),
    _operation("DELETE", "/links/{link_id}", "deleteLink", "Links", _WRITE_LINK, _ALL, shows_error=True, limit=_LINK),
    _operation("DELETE", "/links/delete_bulk", "deleteLinksBulk", "Links", _WRITE_LINK, shows_error=True, limit=_BULK_DELETE),
    _operation("POST", "/links/archive", "archiveLink", "Links", _WRITE_LINK, _ALL, shows_error=True),
    _operation(
        "POST", "/links/archive_bulk", "archiveLinksBulk", "Links", _WRITE_LINK, _ALL, shows_error=True, limit=_BULK_CHANGE
    ),
    _operation("POST", "/links/unarchive", "unarchiveLink", "Links", _WRITE_LINK, _ALL, shows_error=True),
    _operation(
        "POST", "/links/unarchive_bulk", "unarchiveLinksBulk", "Links", _WRITE_LINK, _ALL, shows_error=True, limit=_BULK_CHANGE
    ),
    _operation("POST", "/links/qr/{linkIdString}", "generateQrCode", "QR codes", _READ_LINK, shows_error=True),
    _operation("POST", "/links/qr/bulk", "generateQrCodesBulk", "QR codes", _READ_LINK, shows_error=True, limit=_BULK_QR),
)
_TARGETING: Final = tuple(
    _operation(method, path, name, "Targeting", rule, shows_error=True)
    for method, path, name, rule in (
        ("GET", "/link_country/{linkId}", "getLinkCountries", _READ_LINK),
        ("POST", "/link_country/{linkId}", "createLinkCountry", _WRITE_LINK),
        ("POST", "/link_country/bulk/{linkId}", "createLinkCountriesBulk", _WRITE_LINK),
        ("DELETE", "/link_country/{linkId}/{country}", "deleteLinkCountry", _WRITE_LINK),
        ("GET", "/link_region/{linkId}", "getLinkRegions", _READ_LINK),
        ("POST", "/link_region/{linkId}", "createLinkRegion", _WRITE_LINK),
        ("GET", "/link_region/list/{country}", "getRegionsByCountry", _SELF),
        ("POST", "/link_region/bulk/{linkId}", "createLinkRegionsBulk", _WRITE_LINK),
        ("DELETE", "/link_region/{linkId}/{country}/{region}", "deleteLinkRegion", _WRITE_LINK),
    )
)
_DOMAINS: Final = (
    _operation("GET", "/api/domains", "listDomains", "Domains", _SELF, shows_error=True),
    _operation("GET", "/domains/{domainId}", "getDomain", "Domains", _READ_DOMAIN, (403,), shows_error=True),
    _operation("POST", "/domains", "createDomain", "Domains", _CREATE_DOMAIN, (402, 403, 409), shows_error=True),
    _operation(
        "POST",
        "/domains/settings/{domainId}",
        "updateDomainSettings",
        "Domains",
        _CONFIGURE,
        (400, 401, 402, 403, 404),
        shows_error=True,
    ),
)
_GROUPING: Final = (
    _operation("GET", "/links/folders/{domainId}", "listFolders", "Folders", _READ_DOMAIN, shows_error=True),
    _operation("GET", "/links/folders/{domainId}/{folderId}", "getFolder", "Folders", _READ_DOMAIN, shows_error=True),
    _operation("POST", "/links/folders", "createFolder", "Folders", _WRITE_DOMAIN, shows_error=True),
    _operation("POST", "/tags/bulk", "addTagsBulk", "Tags", _WRITE_LINK, shows_error=True),
    _operation("GET", "/tags/{domainId}", "listTags", "Tags", _READ_DOMAIN, shows_error=True),
)
_PERMISSION: Final = "/links/permissions/{domainId}/{linkId}"
_OPENGRAPH: Final = "/links/opengraph/{domainId}/{linkId}"
_PERMISSIONS: Final = (
    _operation("GET", _PERMISSION, "getLinkPermissions", "Permissions", _READ_LINK, (403, 404), shows_error=True),
    _operation(
        "POST", f"{_PERMISSION}/{{userId}}", "addLinkPermission", "Permissions", _PERMIT, (400, 402, 403, 404), shows_error=True
    ),
    _operation(
        "DELETE", f"{_PERMISSION}/{{userId}}", "deleteLinkPermission", "Permissions", _PERMIT, (402, 403, 404), shows_error=True
    ),
    _operation("GET", _OPENGRAPH, "getLinkOpengraph", "OpenGraph", _READ_LINK, shows_error=True),
    _operation("PUT", _OPENGRAPH, "updateLinkOpengraph", "OpenGraph", _WRITE_LINK, shows_error=True),
)
_STATISTICS_OPERATIONS: Final = tuple(
    _operation(method, f"/statistics/{path}", name, "Statistics", rule, limit=_STATISTICS)
    for method, path, name, rule in (
        ("GET", "domain/{domainId}", "getDomainStatistics", _DOMAIN_STATISTICS),
        ("POST", "domain/{domainId}", "queryDomainStatistics", _DOMAIN_STATISTICS),
        ("POST", "domain/{domainId}/by_interval", "getDomainClicksByInterval", _DOMAIN_STATISTICS),
        ("POST", "domain/{domainId}/top", "getDomainTop", _DOMAIN_STATISTICS),
        ("POST", "domain/{domainId}/top_by_interval", "getDomainTopByInterval", _DOMAIN_STATISTICS),
        ("GET", "domain/{domainId}/link_clicks", "getLinkClicks", _STATISTICS_OF_LINKS),
        ("POST", "domain/{domainId}/link_clicks", "queryLinkClicks", _STATISTICS_OF_LINKS),
        ("POST", "domain/{domainId}/last_clicks", "getLastClicks", _DOMAIN_STATISTICS),
        ("GET", "domain/{domainId}/paths", "getPopularPaths", _DOMAIN_STATISTICS),
        ("DELETE", "domain/{domainId}/statistics", "clearDomainStatistics", _CONFIGURE),
        ("GET", "link/{linkId}", "getLinkStatistics", _LINK_STATISTICS),
        ("POST", "link/{linkId}", "queryLinkStatistics", _LINK_STATISTICS),
        ("POST", "link/{linkId}/by_interval", "getLinkClicksByInterval", _LINK_STATISTICS),
        ("POST", "link/{linkId}/top", "getLinkTop", _LINK_STATISTICS),
    )
)
# Not Short.io's: what its dashboard does and its API does not.
_OWN: Final = (
    _operation("GET", "/audit", "listAudit", "Audit log", _SELF, shows_error=True),
    _operation("GET", "/api/keys", "listKeys", "API keys", _SELF, shows_error=True),
    _operation("POST", "/api/keys", "createKey", "API keys", _SELF, shows_error=True),
    _operation("DELETE", "/api/keys/{keyId}", "revokeKey", "API keys", _SELF, shows_error=True),
    _operation("GET", "/links/removed/{domainId}", "listRemovedLinks", "Links", _WRITE_DOMAIN, shows_error=True),
    _operation("POST", "/links/restore/{linkId}", "restoreLink", "Links", _WRITE_LINK, shows_error=True, limit=_LINK),
    _operation("GET", "/link_rules/{linkId}", "getLinkRules", "Targeting", _READ_LINK, shows_error=True),
    _operation("PUT", "/link_rules/{linkId}", "updateLinkRules", "Targeting", _WRITE_LINK, shows_error=True),
    _operation("GET", "/link_variants/{linkId}", "getLinkVariants", "Targeting", _READ_LINK, shows_error=True),
    _operation("PUT", "/link_variants/{linkId}", "updateLinkVariants", "Targeting", _WRITE_LINK, shows_error=True),
    *(
        _operation("GET", f"/statistics/{path}", name, "Statistics", rule, limit=_STATISTICS)
        for path, name, rule in (
            ("domain/{domainId}/conversions", "getDomainConversions", _DOMAIN_STATISTICS),
            ("link/{linkId}/conversions", "getLinkConversions", _LINK_STATISTICS),
            ("link/{linkId}/variants", "getLinkVariantStatistics", _LINK_STATISTICS),
        )
    ),
    _operation("POST", "/domains/verify/{domainId}", "verifyDomain", "Domains", _CONFIGURE, shows_error=True),
    _operation("GET", "/statistics/domain/{domainId}/clicks", "exportClicks", "Statistics", _DOMAIN_STATISTICS, limit=_EXPORT),
    _operation("POST", "/statistics/domain/{domainId}/clicks", "queryClicks", "Statistics", _DOMAIN_STATISTICS, limit=_EXPORT),
    _operation(
        "GET", "/statistics/domain/{domainId}/visitors/{address}", "exportVisitor", "Statistics", _CONFIGURE, limit=_EXPORT
    ),
    _operation(
        "DELETE", "/statistics/domain/{domainId}/visitors/{address}", "eraseVisitor", "Statistics", _CONFIGURE, limit=_EXPORT
    ),
    _operation(
        "GET", "/statistics/domain/{domainId}/clicks/live", "watchClicks", "Statistics", _DOMAIN_STATISTICS, limit=_STATISTICS
    ),
    _operation("GET", "/links/explain/{linkId}", "explainLink", "Targeting", _READ_LINK, shows_error=True),
    _operation("GET", "/qr-code-link/{hostname}/{linkId}", "getQrCodeImage", "QR codes", _ANYBODY, access=Access.NOBODY),
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
