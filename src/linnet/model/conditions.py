"""Conditions of a link's own rules: a tree of groups over leaves, each of which looks at one thing about a visit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
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
_MAX_SEARCHED: Final = 2048
_MAX_HOST: Final = 253
# Between the values of a parameter: neither query strings nor conditions can have it.
_BETWEEN: Final = "\ud800"


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

    __slots__ = (
        "_address",
        "_at",
        "_hosts_above",
        "_joined",
        "_parameters",
        "_tongues",
        "_zone",
        "country",
        "now_ms",
        "query",
        "region",
        "traits",
    )

    def __init__(self, country: str, region: str, query: str, traits: Traits, now_ms: int) -> None:
        self.country = country
        self.region = region
        self.query = query
        self.traits = traits
        self.now_ms = now_ms
        self._zone = ""
        self._at: datetime | None = None
        self._parameters: dict[str, list[str]] | None = None
        self._joined: dict[str, str] = {}
        self._address: tuple[int, int] | None = None
        self._tongues: frozenset[str] | None = None
        self._hosts_above: frozenset[str] | None = None

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

    def holds(self, parameter: str, wanted: str) -> bool:
        """Whether one of the values of a parameter has ``wanted`` in it; of all of them together the first 2,048 characters are
        searched, as one text, because a visitor may send many and a link ask often."""
        joined = self._joined.get(parameter)
        if joined is None:
            joined = self._joined[parameter] = _BETWEEN.join(self.values(parameter))[:_MAX_SEARCHED]
        return wanted in joined

    def address(self) -> tuple[int, int]:
        """The visitor's address: how many bits it has, and their number; (0, 0) for none."""
        if self._address is None:
            try:
                found = ip_address(self.traits.address)
                self._address = (found.max_prefixlen, int(found))
            except ValueError:
                self._address = (0, 0)
        return self._address

    def tongues(self) -> frozenset[str]:
        """The languages that the visitor likes best, each with all that it is a variety of."""
        if self._tongues is None:
            self._tongues = frozenset(
                "-".join(parts[:length])
                for parts in (liked.split("-") for liked in self.traits.languages)
                for length in range(1, len(parts) + 1)
            )
        return self._tongues

    def hosts_above(self) -> frozenset[str]:
        """The hosts that the referrer's is below."""
        if self._hosts_above is None:
            # No condition names a longer one.
            labels = self.traits.referrer_host[-_MAX_HOST - 1 :].split(".")[1:]
            self._hosts_above = frozenset(".".join(labels[start:]) for start in range(len(labels)))
        return self._hosts_above


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
        return not look.tongues().isdisjoint(self.tags)


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
        if self.equals is not None:
            return self.equals in look.values(self.name)
        if self.contains is not None:
            return look.holds(self.name, self.contains)
        return bool(look.values(self.name))


@dataclass(frozen=True, slots=True)
class Referrer:
    """The visitor comes from a page of one of these hosts (lower case, punycode) or, with ``subdomains``, of one below it."""

    hosts: tuple[str, ...]
    subdomains: bool = True

    def matches(self, look: Look) -> bool:
        if look.traits.referrer_host in self.hosts:
            return True
        return self.subdomains and not look.hosts_above().isdisjoint(self.hosts)


@dataclass(frozen=True, slots=True)
class Cidr:
    """The visitor's address is in one of these networks: how many bits its addresses have, how many of these are the network's,
    and the first address as a number."""

    networks: tuple[tuple[int, int, int], ...]
    _prefixes: dict[tuple[int, int], set[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # By the bits of an address and those behind the prefix: a hundred networks of one size take as long as one.
        prefixes: dict[tuple[int, int], set[int]] = {}
        for bits, length, first in self.networks:
            prefixes.setdefault((bits, bits - length), set()).add(first >> (bits - length))
        object.__setattr__(self, "_prefixes", prefixes)

    def matches(self, look: Look) -> bool:
        bits, number = look.address()
        return any(size == bits and number >> rest in found for (size, rest), found in self._prefixes.items())


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
