"""The regions of countries by ISO 3166-2."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from linnet.visitor.region_names import code_in, codes_by_name

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def regions_of(country: str) -> Mapping[str, str]:
    """The regions of a country (ISO 3166-1 alpha-2, in capitals): names by codes without the country, sorted by name; none for
    a country that is not divided."""
    return _all_regions().get(country, _NONE)


def region_code(country: str, name: str) -> str:
    """The code, without the country, of the region that a geo database calls ``name``; "" when that cannot be told for sure:
    a visitor who is sent to the wrong region's destination is worse off than one who is sent to the country's."""
    return code_in(_codes(country), name) if name else ""


@cache
def _codes(country: str) -> Mapping[str | frozenset[str], str]:
    return codes_by_name(country, regions_of(country))


@cache
def _all_regions() -> dict[str, dict[str, str]]:
    # Imported when first asked: reading the tables takes a while, and most installations never target a region.
    from pycountry import subdivisions

    found: dict[str, dict[str, str]] = {}
    for region in sorted(subdivisions, key=lambda each: (each.name, each.code)):
        country, _, code = region.code.partition("-")
        found.setdefault(country, {})[code] = region.name
    return found
