"""Linnet's own targeting: ordered rules, and weighted variants."""

from typing import Annotated, Any

from litestar import Controller, Request, get, put
from litestar.params import FromPath, QueryParameter, RawBody

from linnet.actions import rules
from linnet.api.auth import desk_of
from linnet.api.bodies import read_json
from linnet.api.grouping_wire import named_domain
from linnet.model.rules import read_rules, rules_json
from linnet.model.variants import read_variants, variants_json

DomainId = Annotated[str | None, QueryParameter(name="domainId")]


class RulesController(Controller):
    """Not Short.io's. Each body is a list that takes the place of the one before; the model reads and writes it."""

    tags = ("Targeting",)

    @get("/link_rules/{link_id:str}", sync_to_thread=True)
    def get_link_rules(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """getLinkRules: the rules of a link, in their order."""
        context = desk_of(request).context(request)
        return rules_json(rules.get_own_targeting(context, link_id, domain_id=named_domain(domain_id)).rules)

    @put("/link_rules/{link_id:str}", sync_to_thread=True)
    def update_link_rules(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody, domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """updateLinkRules: replace all rules of a link."""
        context = desk_of(request).context(request)
        wanted = read_rules(read_json(body))
        return rules_json(rules.save_rules(context, link_id, wanted, domain_id=named_domain(domain_id)))

    @get("/link_variants/{link_id:str}", sync_to_thread=True)
    def get_link_variants(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """getLinkVariants: the weighted variants of a link, in their order."""
        context = desk_of(request).context(request)
        return variants_json(rules.get_own_targeting(context, link_id, domain_id=named_domain(domain_id)).variants)

    @put("/link_variants/{link_id:str}", sync_to_thread=True)
    def update_link_variants(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody, domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """updateLinkVariants: replace all weighted variants of a link."""
        context = desk_of(request).context(request)
        wanted = read_variants(read_json(body))
        return variants_json(rules.save_variants(context, link_id, wanted, domain_id=named_domain(domain_id)))
