"""Domains."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath, FromQuery, RawBody

from linnet.actions import domains
from linnet.api.auth import desk_of, read_body
from linnet.api.wire import DomainCreate, domain_json, is_given
from linnet.model.errors import DomainNotFound, InvalidField, NotAllowed
from linnet.model.path import LinkType


class DomainsController(Controller):
    """Contract b.4."""

    tags = ("Domains",)

    @get("/api/domains", sync_to_thread=True)
    def list_domains(
        self,
        request: Request[Any, Any, Any],
        limit: FromQuery[int] = 100,
        offset: FromQuery[int] = 0,
        pattern: FromQuery[str | None] = None,
    ) -> list[dict[str, Any]]:
        """listDomains: the domains that the key may use."""
        found = domains.list_domains(desk_of(request).context(request), limit=limit, offset=offset, pattern=pattern)
        return [domain_json(domain) | {"isFavorite": False} for domain in found]

    @get("/domains/{domain_id:int}", sync_to_thread=True)
    def get_domain(self, request: Request[Any, Any, Any], domain_id: FromPath[int]) -> dict[str, Any]:
        """getDomain: a domain by its id."""
        try:
            domain = domains.get_domain(desk_of(request).context(request), domain_id)
        except DomainNotFound as refusal:
            # Contract g.25: 403 for unknown and foreign domains alike.
            raise NotAllowed(refusal.message) from None
        return domain_json(domain) | {"ipExclusions": [], "userPlan": "large"}

    @post("/domains", status_code=200, sync_to_thread=True)
    def create_domain(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """createDomain: register a hostname."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = read_body(body, DomainCreate)
        link_type = sent.linkType if isinstance(sent.linkType, str) else LinkType.RANDOM
        if link_type not in list(LinkType):
            raise InvalidField(f"linkType must be one of {', '.join(LinkType)}.", field="linkType")
        domain = domains.create_domain(
            context,
            sent.hostname,
            hide_referrer=is_given(sent.hideReferer),
            link_type=LinkType(link_type),
            reserved=desk.options.reserved_hosts,
        )
        return domain_json(domain)
