"""Conditions of a link's own rules: a tree of groups over leaves, each of which looks at one thing about a visit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

from linnet.model.targeting import EU_MEMBERS, EUROPEAN_UNION

OSES: Final = ("ios", "android", "windows", "macos", "linux", "chromeos", "other")
BROWSERS: Final = ("chrome", "firefox", "safari", "edge", "opera", "samsung", "other")
DEVICES: Final = ("mobile", "tablet", "desktop")
# As ``datetime.weekday`` counts them.
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Network = IPv4Network | IPv6Network
_MAX_MS: Final = 253_402_000_000_000
_MAX_PARAMETERS: Final = 200


class Traits(NamedTuple):
    """What only conditions look at; "" and () are unknown. ``languages`` are those that the visitor likes best, in lower case;
    ``os``, ``browser`` and ``device`` are of the lists above, ``referrer_host`` is in lower case."""

    address: str = ""
    languages: tuple[str, ...] = ()
    os: str = ""
    browser: str = ""
    device: str = ""
    referrer_host: str = ""


NO_TRAITS: Final = Traits()


class Look:
    """One visit as conditions look at it. What several leaves ask for is worked out once."""

    __slots__ = ("_address", "_at", "_parameters", "_zone", "country", "now_ms", "query", "region", "traits")

    def __init__(self, country: str, region: str, query: str, traits: Traits, now_ms: int) -> None:
        self.country = country
        self.region = region
        self.query = query
        self.traits = traits
        self.now_ms = now_ms
        self._zone = ""
        self._at: datetime | None = None
        self._parameters: dict[str, list[str]] | None = None
        self._address: IPv4Address | IPv6Address | bool | None = None

    def local(self, zone: str) -> datetime | None:
        """The moment of the visit on clocks there; None for a zone that this machine does not know."""
        if zone != self._zone:
            there = zone_of(zone)
            known = there is not None and 0 <= self.now_ms < _MAX_MS
            self._at = datetime.fromtimestamp(self.now_ms // 1000, there) if known else None
            self._zone = zone
        return self._at

    def values(self, parameter: str) -> Sequence[str]:
        """The values of a parameter in the visitor's query string, of which only the first 200 are looked at."""
        found = self._parameters
        if found is None:
            found = self._parameters = {}
            for pair in self.query.split("&", _MAX_PARAMETERS)[:_MAX_PARAMETERS]:
                if pair:
                    name, _, value = pair.partition("=")
                    found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
        return found.get(parameter, ())

    def address(self) -> IPv4Address | IPv6Address | None:
        """The visitor's address."""
        if self._address is None:
            try:
                self._address = ip_address(self.traits.address)
            except ValueError:
                self._address = False
        return None if isinstance(self._address, bool) else self._address


@lru_cache(1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of an IANA name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


@dataclass(frozen=True, slots=True)
class Country:
    """The visitor's address is in one of these countries (ISO 3166-1 alpha-2); EU stands for all its members."""

    codes: tuple[str, ...]

    def matches(self, look: Look) -> bool:
        codes = self.codes
        return look.country in codes or (EUROPEAN_UNION in codes and look.country in EU_MEMBERS)


@dataclass(frozen=True, slots=True)
class Region:
    """The visitor's address is in one of these regions (ISO 3166-2, such as US-CA)."""

    codes: tuple[str, ...]

    def matches(self, look: Look) -> bool:
        return f"{look.country}-{look.region}" in self.codes


@dataclass(frozen=True, slots=True)
class Language:
    """A language that the visitor likes best is one of these (tags in lower case), or a variety of one: de-at is one of de."""

    tags: tuple[str, ...]

    def matches(self, look: Look) -> bool:
        for liked in look.traits.languages:
            for tag in self.tags:
                if liked == tag or (liked.startswith(tag) and liked[len(tag)] == "-"):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class Os:
    """The visitor's operating system is one of these."""

    names: tuple[str, ...]

    def matches(self, look: Look) -> bool:
        return look.traits.os in self.names


@dataclass(frozen=True, slots=True)
class Browser:
    """The visitor's browser is one of these."""

    names: tuple[str, ...]

    def matches(self, look: Look) -> bool:
        return look.traits.browser in self.names


@dataclass(frozen=True, slots=True)
class Device:
    """The visitor's device is of one of these kinds."""

    names: tuple[str, ...]

    def matches(self, look: Look) -> bool:
        return look.traits.device in self.names


@dataclass(frozen=True, slots=True)
class Date:
    """The visit is at ``from_ms`` or later, and before ``until_ms`` (milliseconds since the epoch, None: no bound)."""

    from_ms: int | None
    until_ms: int | None

    def matches(self, look: Look) -> bool:
        now = look.now_ms
        return (self.from_ms is None or now >= self.from_ms) and (self.until_ms is None or now < self.until_ms)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """The clocks of ``time_zone`` show ``from_minute`` of the day or later, and less than ``until_minute``; over midnight where
    that is the smaller one."""

    from_minute: int
    until_minute: int
    time_zone: str

    def matches(self, look: Look) -> bool:
        there = look.local(self.time_zone)
        if there is None:
            return False
        minute = there.hour * 60 + there.minute
        if self.from_minute < self.until_minute:
            return self.from_minute <= minute < self.until_minute
        return minute >= self.from_minute or minute < self.until_minute


@dataclass(frozen=True, slots=True)
class Weekday:
    """It is one of these days (0 is Monday) in ``time_zone``."""

    days: tuple[int, ...]
    time_zone: str

    def matches(self, look: Look) -> bool:
        there = look.local(self.time_zone)
        return there is not None and there.weekday() in self.days


@dataclass(frozen=True, slots=True)
class Query:
    """The visitor's query string has a parameter of this name, and one of its values is ``equals``, or has ``contains`` in it,
    where these are given."""

    name: str
    equals: str | None = None
    contains: str | None = None

    def matches(self, look: Look) -> bool:
        values = look.values(self.name)
        if self.equals is not None:
            return self.equals in values
        if self.contains is not None:
            wanted = self.contains
            return any(wanted in value for value in values)
        return bool(values)


@dataclass(frozen=True, slots=True)
class Referrer:
    """The visitor comes from a page of one of these hosts (lower case, punycode) or, with ``subdomains``, of one below it."""

    hosts: tuple[str, ...]
    subdomains: bool = True

    def matches(self, look: Look) -> bool:
        host = look.traits.referrer_host
        if host in self.hosts:
            return True
        return self.subdomains and any(host.endswith(above) and host[-len(above) - 1] == "." for above in self.hosts)


@dataclass(frozen=True, slots=True)
class Cidr:
    """The visitor's address is in one of these networks."""

    networks: tuple[Network, ...]

    def matches(self, look: Look) -> bool:
        address = look.address()
        return address is not None and any(address in network for network in self.networks)


Leaf = Country | Region | Language | Os | Browser | Device | Date | TimeOfDay | Weekday | Query | Referrer | Cidr


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these matches."""

    conditions: "tuple[Condition, ...]"

    def matches(self, look: Look) -> bool:
        for condition in self.conditions:  # noqa: SIM110 (making a generator takes longer than looking at a leaf)
            if not condition.matches(look):
                return False
        return True


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these matches."""

    conditions: "tuple[Condition, ...]"

    def matches(self, look: Look) -> bool:
        for condition in self.conditions:  # noqa: SIM110
            if condition.matches(look):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Not:
    """This does not match; also because what it asks for is unknown."""

    condition: "Condition"

    def matches(self, look: Look) -> bool:
        return not self.condition.matches(look)


Group = AllOf | AnyOf | Not
Condition = Leaf | Group


def leaves_of(condition: Condition) -> Iterator[Leaf]:
    """The leaves of a tree, in their order."""
    if isinstance(condition, AllOf | AnyOf):
        for each in condition.conditions:
            yield from leaves_of(each)
    elif isinstance(condition, Not):
        yield from leaves_of(condition.condition)
    else:
        yield condition


def misses(condition: Condition, look: Look, path: str = "condition") -> list[str]:
    """Where in the tree a visit fails: the paths of the leaves that would have to be otherwise (as in the JSON form, such as
    ``condition.all[1].country``), or of a negation whose inside matches; empty where the condition matches."""
    if condition.matches(look):
        return []
    if isinstance(condition, AllOf | AnyOf):
        group = f"{path}.{'all' if isinstance(condition, AllOf) else 'any'}"
        return [miss for number, each in enumerate(condition.conditions) for miss in misses(each, look, f"{group}[{number}]")]
    return [f"{path}.{'not' if isinstance(condition, Not) else leaf_name(condition)}"]


def leaf_name(leaf: Leaf) -> str:
    """What a leaf is called in the JSON form: its class in camel case."""
    name = type(leaf).__name__
    return name[0].lower() + name[1:]
