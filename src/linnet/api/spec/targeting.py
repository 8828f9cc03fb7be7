"""Targeting by country and region (contract b.3)."""

from typing import Final

from linnet.api.spec.shapes import (
    Detail,
    Resource,
    Schema,
    answer,
    body,
    in_path,
    in_query,
    list_of,
    one_of,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import LINK, LINK_ID, TIME, answered_moment
from linnet.model.targeting import COUNTRIES, MAX_COUNTRIES, MAX_PLACES

_COUNTRY: Final = one_of(sorted(COUNTRIES), "ISO 3166-1 alpha-2 code of the country.", "DE")
_REGION: Final = text("ISO 3166-2 code of the region, without the country.", "CA", pattern="^[0-9A-Za-z]{1,3}$")
_ORIGINAL_URL: Final = text("Where visitors from there go.", "https://example.com/de", format="uri")
_DOMAIN_AS_TEXT: Final = in_query("domainId", text("Not needed: the link's id says which domain."))
_DOMAIN_AS_NUMBER: Final = in_query("domainId", whole("Not needed: the link's id says which domain.", minimum=1))
_ID: Final = {
    "id": whole("The rule's number.", 7),
    "LinkIdString": text("The link's id.", LINK),
    "country": _COUNTRY,
}
_REST: Final = {"originalURL": text("Where visitors from there go."), "createdAt": answered_moment("When the rule was made.")}
_COUNTRY_SHOWN: Final = _ID | _REST
_REGION_SHOWN: Final = _ID | {"region": _REGION, "name": text("The region's name.", "California")} | _REST
_DE: Final = {"country": "DE", "originalURL": "https://example.com/de"}
_FR: Final = {"country": "FR", "originalURL": "https://example.com/fr"}
_CA: Final = {"country": "US", "region": "CA", "originalURL": "https://example.com/california"}
_NY: Final = {"country": "US", "region": "NY", "originalURL": "https://example.com/new-york"}
_SHOWN_DE: Final = {"id": 7, "LinkIdString": LINK, **_DE, "createdAt": TIME}
_SHOWN_CA: Final = {"id": 8, "LinkIdString": LINK, **_CA, "name": "California", "createdAt": TIME}
_PLACE: Final = {"country": _COUNTRY, "region": _REGION, "originalURL": _ORIGINAL_URL}
_COUNTRY_WRITE: Final = record({"country": _COUNTRY, "originalURL": _ORIGINAL_URL}, required=["country", "originalURL"])
_REGION_WRITE: Final = record(_PLACE, required=_PLACE)
_GONE: Final = {200: answer("The rule is gone.", ref("Success"), gone=("Gone", {"success": True}))}


def _rules(name: str, example: object) -> dict[int, Schema]:
    return {200: answer("The rules.", list_of(ref(name)), rules=("One rule", [example]))}


TARGETING: Final = Resource(
    details={
        "getLinkCountries": Detail(
            summary="List a link's countries",
            description="The countries whose visitors a link sends elsewhere.",
            parameters=(LINK_ID, _DOMAIN_AS_TEXT),
            answers=_rules("LinkCountry", _SHOWN_DE),
            refusals=(404,),
        ),
        "createLinkCountry": Detail(
            summary="Send a country elsewhere",
            description="Visitors from a country go to a destination of their own. A rule for the same country is replaced.",
            parameters=(LINK_ID, _DOMAIN_AS_TEXT),
            body=body(_COUNTRY_WRITE, germany=("Germany", _DE)),
            answers={200: answer("The rule.", ref("LinkCountry"), rule=("A rule", _SHOWN_DE))},
            refusals=(404,),
        ),
        "createLinkCountriesBulk": Detail(
            summary="Send several countries elsewhere",
            description="Makes rules for several countries at once; all of them or none.",
            parameters=(LINK_ID, _DOMAIN_AS_TEXT),
            body=body(list_of(_COUNTRY_WRITE, maxItems=MAX_COUNTRIES), two=("Two countries", [_DE, _FR])),
            answers=_rules("LinkCountry", _SHOWN_DE),
            refusals=(404,),
        ),
        "deleteLinkCountry": Detail(
            summary="Remove a country",
            description="From then on visitors from the country go where all others go.",
            parameters=(LINK_ID, in_path("country", _COUNTRY), _DOMAIN_AS_TEXT),
            answers=_GONE,
            refusals=(404,),
        ),
        "getLinkRegions": Detail(
            summary="List a link's regions",
            description="The regions whose visitors a link sends elsewhere. A region's rule counts before its country's.",
            parameters=(LINK_ID, _DOMAIN_AS_TEXT),
            answers=_rules("LinkRegion", _SHOWN_CA),
            refusals=(404,),
        ),
        "createLinkRegion": Detail(
            summary="Send a region elsewhere",
            description="Visitors from a region go to a destination of their own. A rule for the same region is replaced.",
            parameters=(LINK_ID, _DOMAIN_AS_NUMBER),
            body=body(_REGION_WRITE, california=("California", _CA)),
            answers={200: answer("The rule.", ref("LinkRegion"), rule=("A rule", _SHOWN_CA))},
            refusals=(404,),
        ),
        "getRegionsByCountry": Detail(
            summary="List a country's regions",
            description="The regions of a country by their ISO 3166-2 codes, which the region rules take.",
            parameters=(in_path("country", _COUNTRY | {"examples": ["US"]}),),
            answers={
                200: answer(
                    "The regions.",
                    list_of(record({"id": _REGION, "name": text("The region's name.", "California")}, required=["id", "name"])),
                    regions=("Two of them", [{"id": "AL", "name": "Alabama"}, {"id": "CA", "name": "California"}]),
                )
            },
        ),
        "createLinkRegionsBulk": Detail(
            summary="Send several regions elsewhere",
            description="Makes rules for several regions at once; all of them or none.",
            parameters=(LINK_ID, _DOMAIN_AS_NUMBER),
            body=body(list_of(_REGION_WRITE, maxItems=MAX_PLACES), two=("Two regions", [_CA, _NY])),
            answers=_rules("LinkRegion", _SHOWN_CA),
            refusals=(404,),
        ),
        "deleteLinkRegion": Detail(
            summary="Remove a region",
            description="From then on visitors from the region go where its country goes, or all others.",
            parameters=(
                LINK_ID,
                in_path("country", _COUNTRY | {"examples": ["US"]}),
                in_path("region", _REGION),
                _DOMAIN_AS_TEXT,
            ),
            answers=_GONE,
            refusals=(404,),
        ),
    },
    schemas={
        "LinkCountry": record(_COUNTRY_SHOWN, required=_COUNTRY_SHOWN, description="Where a country's visitors go."),
        "LinkRegion": record(_REGION_SHOWN, required=_REGION_SHOWN, description="Where a region's visitors go."),
    },
)
