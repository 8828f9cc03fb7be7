"""Targeting by country."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, QueryParameter, RawBody

from linnet.actions import targeting
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.grouping_wire import CountryWrite, named_domain, place_of, places_json, read_rows
from linnet.model.targeting import MAX_COUNTRIES

DomainId = Annotated[str | None, QueryParameter(name="domainId")]


class CountriesController(Controller):
    """Contract b.3: other destinations for visitors from a country."""

    tags = ("Targeting",)

    @get("/link_country/{link_id:str}", sync_to_thread=True)
    def get_link_countries(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """getLinkCountries: the countries for which a link has a destination of their own."""
        context = desk_of(request).context(request)
        return places_json(targeting.list_places(context, link_id, regions=False, domain_id=named_domain(domain_id)))

    @post("/link_country/{link_id:str}", status_code=200, sync_to_thread=True)
    def create_link_country(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody, domain_id: DomainId = None
    ) -> dict[str, Any]:
        """createLinkCountry: give a link a destination for a country, in place of one that it has."""
        context = desk_of(request).context(request)
        place = place_of(read_body(body, CountryWrite))
        return places_json(targeting.save_places(context, link_id, [place], domain_id=named_domain(domain_id)))[0]

    @post("/link_country/bulk/{link_id:str}", status_code=200, sync_to_thread=True)
    def create_link_countries_bulk(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody, domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """createLinkCountriesBulk: the same for many, all of them or none."""
        context = desk_of(request).context(request)
        places = [place_of(sent) for sent in read_rows(body, CountryWrite, at_most=MAX_COUNTRIES)]
        return places_json(targeting.save_places(context, link_id, places, domain_id=named_domain(domain_id)))

    @delete("/link_country/{link_id:str}/{country:str}", status_code=200, sync_to_thread=True)
    def delete_link_country(
        self,
        request: Request[Any, Any, Any],
        link_id: FromPath[str],
        country: FromPath[str],
        domain_id: DomainId = None,
    ) -> dict[str, Any]:
        """deleteLinkCountry: visitors from there follow the link's other rules again."""
        targeting.remove_place(desk_of(request).context(request), link_id, country, domain_id=named_domain(domain_id))
        return {"success": True}
