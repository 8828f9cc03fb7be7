"""Short.io's spellings and shapes of targeting, folders, permissions, OpenGraph and tags (contract b.3, b.5 to b.8)."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

from msgspec import UNSET as ABSENT
from msgspec import Struct

from linnet.actions.permissions import LinkPermission
from linnet.actions.targeting import Targeting, list_regions
from linnet.api.bodies import read_json, read_value
from linnet.api.wire import Number, Text, domain_reference, iso
from linnet.model.errors import InvalidField, TooLarge
from linnet.model.grouping import Folder, folder_wire_name
from linnet.model.opengraph import Tag
from linnet.model.targeting import Place

T = TypeVar("T")


class CountryWrite(Struct, kw_only=True):
    """The body of createLinkCountry; ``url`` is what the official client's README writes for ``originalURL``."""

    country: str
    originalURL: Text = ABSENT
    url: Text = ABSENT


class RegionWrite(CountryWrite, kw_only=True):
    """The body of createLinkRegion."""

    region: str


class FolderCreate(Struct, kw_only=True):
    """The body of createFolder; null is the same as not sent."""

    domainId: int
    name: str
    color: Text = ABSENT
    backgroundColor: Text = ABSENT
    logoUrl: Text = ABSENT
    logoHeight: Number = ABSENT
    logoWidth: Number = ABSENT
    ecLevel: Text = ABSENT
    integrationFB: Text = ABSENT
    integrationTT: Text = ABSENT
    integrationGA: Text = ABSENT
    integrationGTM: Text = ABSENT
    integrationAdroll: Text = ABSENT
    utmCampaign: Text = ABSENT
    utmMedium: Text = ABSENT
    utmSource: Text = ABSENT
    utmTerm: Text = ABSENT
    utmContent: Text = ABSENT
    redirectType: Number = ABSENT
    expiresAtDays: Number = ABSENT
    icon: Text = ABSENT
    prefix: Text = ABSENT


class TagsBulk(Struct, kw_only=True):
    """The body of addTagsBulk; ``links`` is what the official client's README writes for ``link_ids``. The ids are read one by
    one, because legacy ones may be numbers."""

    tag: str
    link_ids: list[Any] | None = None
    links: list[Any] | None = None


# Field of Folder: its spelling on the wire, in the order of the table; without what the server sets.
_SETTINGS: Final = {field.name: folder_wire_name(field.name) for field in fields(Folder)[5:] if field.name != "qr_style"}


def read_rows(body: bytes, shape: type[T], *, at_most: int) -> list[T]:
    """A body that is an array of ``shape``: InvalidField says which item does not fit, TooLarge that there are too many."""
    value = read_json(body)
    if not isinstance(value, list):
        raise InvalidField("The body must be an array.")
    if len(value) > at_most:
        raise TooLarge(f"The body holds {len(value)} items; at most {at_most} are allowed in one call.")
    rows = []
    for number, item in enumerate(value):
        try:
            rows.append(read_value(item, shape))
        except InvalidField as refusal:
            raise InvalidField(f"Item {number}: {refusal.message}", field=refusal.field) from None
    return rows


def named_domain(domain_id: str | None) -> int | None:
    """The domain in the query of a targeting operation, which must then be the link's."""
    return domain_reference(domain_id, field="domainId")


def place_of(sent: CountryWrite) -> Place:
    """What a request says about a place, not checked yet."""
    url = sent.originalURL if isinstance(sent.originalURL, str) else sent.url
    if not isinstance(url, str):
        raise InvalidField("originalURL is required.", field="originalURL")
    region = ""
    if isinstance(sent, RegionWrite):
        region = sent.region.strip()
        if not region:
            raise InvalidField("region is required.", field="region")
    return Place(country=sent.country, region=region, original_url=url)


def places_json(targeting: Targeting) -> list[dict[str, Any]]:
    """LinkCountry and LinkRegion, as the API returns them."""
    return [_place_json(targeting.link.id, place) for place in targeting.places]


def _place_json(link_id: str, place: Place) -> dict[str, Any]:
    body: dict[str, Any] = {"id": place.id, "LinkIdString": link_id, "country": place.country}
    if place.region:
        # The name is of the tables of today, which may have lost a region that they had when it was saved.
        body |= {"region": place.region, "name": list_regions(place.country).get(place.region, place.region)}
    body["originalURL"] = place.original_url
    if place.created_at is not None:
        body["createdAt"] = iso(place.created_at)
    return body


def folder_settings(sent: FolderCreate) -> dict[str, Any]:
    """The fields of Folder that a request sets."""
    values = {field: getattr(sent, spelling) for field, spelling in _SETTINGS.items()}
    return {field: value for field, value in values.items() if value is not ABSENT and value is not None}


def folder_json(folder: Folder) -> dict[str, Any]:
    """A folder as the API returns it, without what is not set."""
    body: dict[str, Any] = {"id": folder.id, "DomainId": folder.domain_id, "name": folder.name}
    for field, spelling in _SETTINGS.items():
        value = getattr(folder, field)
        if value is not None:
            body[spelling] = value
    return body


def permission_json(permission: LinkPermission) -> dict[str, Any]:
    """A permission as the API returns it: its own id is a text."""
    return {
        "id": str(permission.id),
        "DomainId": permission.domain_id,
        "UserId": permission.user_id,
        "LinkIdString": permission.link_id,
    }


def opengraph_of(body: bytes) -> list[Tag]:
    """The tags in a body: an array of pairs or, as the official client's README writes it, an object."""
    value = read_json(body) if body.strip() else None
    pairs: Sequence[object]
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = value
    else:
        raise InvalidField('The body must be an array of pairs such as ["title", "A title"].')
    return [_tag(number, pair) for number, pair in enumerate(pairs)]


def _tag(number: int, pair: object) -> Tag:
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
        raise InvalidField(f'Item {number} must be a pair of a property and its content, such as ["title", "A title"].')
    if not isinstance(pair[1], str):
        name = pair[0][:64]
        raise InvalidField(f"The content of {name} must be a text.", field=name)
    return pair[0], pair[1]


def link_ids_of(sent: TagsBulk) -> list[str]:
    """The ids in a body of addTagsBulk."""
    ids = sent.link_ids if sent.link_ids is not None else sent.links
    if ids is None:
        raise InvalidField("link_ids is required.", field="link_ids")
    if not all(isinstance(each, str) or type(each) is int for each in ids):
        raise InvalidField("link_ids must be an array of link ids.", field="link_ids")
    return [str(each) for each in ids]
