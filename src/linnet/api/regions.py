"""Targeting by region."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, QueryParameter, RawBody

from linnet.actions import targeting
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.grouping_wire import RegionWrite, named_domain, place_of, places_json, read_rows
from linnet.model.targeting import MAX_PLACES

DomainId = Annotated[str | None, QueryParameter(name="domainId")]


class RegionsController(Controller):
    """Contract b.3: other destinations for visitors from a region."""

    tags = ("Targeting",)

    @get("/link_region/{link_id:str}", sync_to_thread=True)
    def get_link_regions(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """getLinkRegions: the regions for which a link has a destination of their own."""
        context = desk_of(request).context(request)
        return places_json(targeting.list_places(context, link_id, regions=True, domain_id=named_domain(domain_id)))

    @post("/link_region/{link_id:str}", status_code=200, sync_to_thread=True)
    def create_link_region(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody, domain_id: DomainId = None
    ) -> dict[str, Any]:
        """createLinkRegion: give a link a destination for a region, in place of one that it has."""
        context = desk_of(request).context(request)
        place = place_of(read_body(body, RegionWrite))
        return places_json(targeting.save_places(context, link_id, [place], domain_id=named_domain(domain_id)))[0]

    @post("/link_region/bulk/{link_id:str}", status_code=200, sync_to_thread=True)
    def create_link_regions_bulk(
        self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody, domain_id: DomainId = None
    ) -> list[dict[str, Any]]:
        """createLinkRegionsBulk: the same for many, all of them or none."""
        context = desk_of(request).context(request)
        places = [place_of(sent) for sent in read_rows(body, RegionWrite, at_most=MAX_PLACES)]
        return places_json(targeting.save_places(context, link_id, places, domain_id=named_domain(domain_id)))

    @get("/link_region/list/{country:str}", sync_to_thread=True)
    def get_regions_by_country(self, request: Request[Any, Any, Any], country: FromPath[str]) -> list[dict[str, str]]:
        """getRegionsByCountry: the regions that a country has."""
        desk_of(request).context(request)
        return [{"id": code, "name": name} for code, name in targeting.list_regions(country).items()]

    @delete("/link_region/{link_id:str}/{country:str}/{region:str}", status_code=200, sync_to_thread=True)
    def delete_link_region(
        self,
        request: Request[Any, Any, Any],
        link_id: FromPath[str],
        country: FromPath[str],
        region: FromPath[str],
        domain_id: DomainId = None,
    ) -> dict[str, Any]:
        """deleteLinkRegion: visitors from there follow the link's other rules again."""
        targeting.remove_place(desk_of(request).context(request), link_id, country, region, domain_id=named_domain(domain_id))
        return {"success": True}
