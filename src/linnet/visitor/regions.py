"""The regions of countries by ISO 3166-2."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def regions_of(country: str) -> Mapping[str, str]:
    """The regions of a country (ISO 3166-1 alpha-2, in capitals): names by codes without the country, sorted by name; none for
    a country that is not divided."""
    return _all_regions().get(country, _NONE)


@cache
def _all_regions() -> dict[str, dict[str, str]]:
    # Imported when first asked: reading the tables takes a while, and most installations never target a region.
    from pycountry import subdivisions

    found: dict[str, dict[str, str]] = {}
    for region in sorted(subdivisions, key=lambda each: (each.name, each.code)):
        country, _, code = region.code.partition("-")
        found.setdefault(country, {})[code] = region.name
    return found
