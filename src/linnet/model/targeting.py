"""Targeting: which visitors are sent elsewhere, by place, by device, or by lot."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from linnet.model.errors import InvalidField
from linnet.model.url import clean_url

MAX_PLACES: Final = 1000
# Of all destinations of a link together, in characters: the edge reads them at every visit.
MAX_PLACES_LENGTH: Final = 256 * 1024
MAX_COUNTRIES: Final = 257
_REGION = re.compile(r"[0-9A-Z]{1,3}", re.ASCII)
# Contract c.6: the assigned codes of ISO 3166-1 alpha-2, EU, XK, and Short.io's six groups.
COUNTRIES: Final = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF
    CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH
    GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW
    KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG
    NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN
    SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT
    ZA ZM ZW EU QF QS QE QO QN QT XK
    """.split()
)
# Of the codes that are no countries EU alone says what it means: a visitor from one of these.
EUROPEAN_UNION: Final = "EU"
EU_MEMBERS: Final = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())


class Handheld(StrEnum):
    """What kind of telephone or tablet a visitor has, as far as rules tell them apart."""

    NONE = ""
    APPLE = "apple"
    ANDROID = "android"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Visitors from ``country`` (ISO 3166-1 alpha-2), or only from its ``region`` (bare ISO 3166-2 code, "" for the whole
    country), go to ``original_url`` (contract b.3)."""

    country: str
    region: str
    original_url: str
    id: int = 0
    created_at: datetime | None = None


def read_places(value: object) -> tuple[Place, ...]:
    """The places in a JSON value, in their order and not cleaned yet (``clean_place``); InvalidField names one that is none."""
    if not isinstance(value, list) or len(value) > MAX_PLACES:
        raise InvalidField(f"places must be an array of at most {MAX_PLACES} places.", field="places")
    return tuple(_read_place(each, f"places[{number}]") for number, each in enumerate(value))


def listed_places(places: Iterable[Place]) -> list[dict[str, Any]]:
    """``places`` in their JSON form; ``read_places`` makes the same of it again."""
    return [
        {"country": each.country} | ({"region": each.region} if each.region else {}) | {"originalURL": each.original_url}
        for each in places
    ]


def _read_place(value: object, path: str) -> Place:
    texts = {"region": ""} | value if isinstance(value, dict) else {}
    if texts.keys() != {"country", "region", "originalURL"} or not all(isinstance(each, str) for each in texts.values()):
        raise InvalidField(f"{path} must be an object of texts: country, originalURL and, if you like, region.", field=path)
    return Place(country=texts["country"], region=texts["region"], original_url=texts["originalURL"])


def clean_place(place: Place) -> Place:
    """``place`` with its codes and its destination checked and in their stored form; InvalidField names the field."""
    country = clean_country(place.country)
    region = clean_region(place.region, country) if place.region else ""
    return replace(place, country=country, region=region, original_url=clean_url(place.original_url, field="originalURL"))


def destination_for(places: Mapping[tuple[str, str], str], country: str, region: str) -> str | None:
    """Where ``places`` (destinations by country and region) send a visitor from there: the region goes before its country, and
    that before the European Union."""
    found = places.get((country, region)) or places.get((country, ""))
    return places.get((EUROPEAN_UNION, "")) if found is None and country in EU_MEMBERS else found


def split_share(link_number: int, address: str, user_agent: bytes) -> int:
    """The lot (0 to 99) that a visitor of a link draws in its split: the same at every visit, without a cookie, as long as
    address and browser are the same; another one at every link."""
    key = link_number.to_bytes(8, "big")
    digest = hashlib.blake2b(address.encode() + b"\0" + user_agent, digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big") % 100


def clean_country(country: str, *, field: str = "country") -> str:
    """``country`` in capitals; InvalidField for what is not in the contract's list."""
    code = country.strip().upper()
    if code not in COUNTRIES or not country.isascii():
        hint = " (the United Kingdom's is GB)" if code == "UK" else ""
        raise InvalidField(f"{field} must be an ISO 3166-1 alpha-2 code such as DE, not '{country[:16]}'{hint}.", field=field)
    return code


def clean_region(region: str, country: str) -> str:
    """``region`` as a bare code in capitals: ``CA``, also when it was written ``US-CA``; InvalidField for another form."""
    code = region.strip().upper().removeprefix(f"{country}-")
    if not _REGION.fullmatch(code) or not region.isascii():
        raise InvalidField("region must be the ISO 3166-2 code without the country, such as CA.", field="region")
    return code
