"""Domains."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, RawBody

from linnet.actions import domain_checks, domain_settings, domains
from linnet.api.auth import Desk, desk_of
from linnet.api.bodies import read_body, read_json
from linnet.api.domain_wire import DomainCreate, domain_json, whole_domain_json
from linnet.api.wire import is_given
from linnet.model.domain import Domain
from linnet.model.domain_settings import clean_link_type
from linnet.model.domain_state import DnsRecord, records_of
from linnet.model.errors import DomainNotFound, MalformedRequest, NotAllowed
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
        team_id: Annotated[int | None, QueryParameter(name="teamId")] = None,
        no_team_id: Annotated[bool, QueryParameter(name="noTeamId")] = False,
        is_favorite: Annotated[bool | None, QueryParameter(name="isFavorite")] = None,
    ) -> list[dict[str, Any]]:
        """listDomains: the domains that the key may use."""
        desk = desk_of(request)
        found = domains.list_domains(
            desk.context(request),
            limit=limit,
            offset=offset,
            pattern=pattern,
            team_id=team_id,
            without_team=no_team_id,
        )
        # Nobody has favourites here.
        shown = [] if is_favorite else found
        return [domain_json(domain, _records(desk, domain)) | {"isFavorite": False} for domain in shown]

    @get("/domains/{domain_id:int}", sync_to_thread=True)
    def get_domain(self, request: Request[Any, Any, Any], domain_id: FromPath[int]) -> dict[str, Any]:
        """getDomain: a domain by its id."""
        desk = desk_of(request)
        try:
            domain = domain_checks.get_domain(desk.context(request), domain_id)
        except DomainNotFound as refusal:
            # Contract g.25: 403 for unknown and foreign domains alike.
            raise NotAllowed(refusal.message) from None
        return whole_domain_json(domain, _records(desk, domain))

    @post("/domains", status_code=200, sync_to_thread=True)
    def create_domain(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """createDomain: register a hostname."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = read_body(body, DomainCreate)
        domain = domains.create_domain(
            context,
            sent.hostname,
            hide_referrer=is_given(sent.hideReferer),
            link_type=clean_link_type(sent.linkType) if isinstance(sent.linkType, str) else LinkType.RANDOM,
            https_links=is_given(sent.httpsLinks),
            team_id=sent.teamId if isinstance(sent.teamId, int) else None,
            reserved=desk.options.reserved_hosts,
        )
        return domain_json(domain, _records(desk, domain))

    @post("/domains/verify/{domain_id:int}", status_code=200, sync_to_thread=True)
    def verify_domain(self, request: Request[Any, Any, Any], domain_id: FromPath[int]) -> dict[str, Any]:
        """verifyDomain: ask name servers now."""
        desk = desk_of(request)
        domain = domain_checks.verify_domain(desk.context(request), domain_id)
        return whole_domain_json(domain, _records(desk, domain))

    @post("/domains/settings/{domain_id:int}", status_code=200, sync_to_thread=True)
    def update_domain_settings(
        self, request: Request[Any, Any, Any], domain_id: FromPath[int], body: RawBody
    ) -> dict[str, bool]:
        """updateDomainSettings: change what is sent."""
        context = desk_of(request).context(request)
        sent = read_json(body)
        if not isinstance(sent, dict):
            raise MalformedRequest("The body must be a JSON object of settings.")
        domain_settings.update_settings(context, domain_id, sent)
        return {"success": True}


def _records(desk: Desk, domain: Domain) -> list[DnsRecord]:
    return records_of(domain, desk.options.here.records(domain.hostname))
