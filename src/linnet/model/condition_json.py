"""The JSON form of conditions, which clients write and the database keeps: reading it checks everything in it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, get_args

from linnet.model.conditions import (
    BROWSERS,
    DEVICES,
    OSES,
    WEEKDAYS,
    AllOf,
    AnyOf,
    Browser,
    Cidr,
    Condition,
    Country,
    Date,
    Device,
    Language,
    Leaf,
    Not,
    Os,
    Query,
    Referrer,
    Region,
    TimeOfDay,
    Weekday,
    leaf_name,
    zone_of,
)
from linnet.model.errors import InvalidField
from linnet.model.periods import moment
from linnet.model.targeting import clean_country, clean_region
from linnet.model.text import has_control_characters
from linnet.model.url import ascii_host

MAX_LEAVES: Final = 100
MAX_DEPTH: Final = 5
MAX_VALUES: Final = 100
MAX_TEXT: Final = 256
_MAX_HOST: Final = 253
_TAG: Final = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8}){0,7}", re.ASCII)
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
_NETWORKS: Final = {32: IPv4Network, 128: IPv6Network}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


_GROUPS: Final[Mapping[str, type[AllOf | AnyOf]]] = {each.__name__: each for each in (AllOf, AnyOf)}
_CLASSES: Final[Mapping[str, Callable[..., Leaf]]] = {each.__name__: each for each in get_args(Leaf)}


def read_condition(value: object, path: str) -> Condition:
    """The condition in a JSON value that stands at ``path``; InvalidField names the place in it that is wrong."""
    return _Reader().condition(value, path, 1)


class _Reader:
    """Reads one tree, and counts its leaves."""

    def __init__(self) -> None:
        self._leaves = 0

    def condition(self, value: object, path: str, depth: int) -> Condition:
        if not isinstance(value, dict) or len(value) != 1:
            raise InvalidField(f"{path} must be an object with exactly one of {_KINDS}.", field=path)
        kind, inner = next(iter(value.items()))
        inside = f"{path}.{kind}"
        if kind in ("all", "any", "not"):
            return self._group(kind, inner, inside, depth)
        read = _LEAVES.get(kind)
        if read is None:
            raise InvalidField(f"{path} must be an object with exactly one of {_KINDS}, not '{str(kind)[:32]}'.", field=path)
        self._leaves += 1
        if self._leaves > MAX_LEAVES:
            raise InvalidField(f"{inside} is one too many: a rule may look at {MAX_LEAVES} things.", field=inside)
        return read(inner, inside)

    def _group(self, kind: str, inner: object, path: str, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise InvalidField(f"{path} is nested too deeply: groups may stand in each other {MAX_DEPTH} times.", field=path)
        if kind == "not":
            return Not(self.condition(inner, path, depth + 1))
        if not isinstance(inner, list) or not 1 <= len(inner) <= MAX_LEAVES:
            raise InvalidField(f"{path} must be an array of 1 to {MAX_LEAVES} conditions.", field=path)
        conditions = tuple(self.condition(each, f"{path}[{number}]", depth + 1) for number, each in enumerate(inner))
        return AllOf(conditions) if kind == "all" else AnyOf(conditions)


def condition_json(condition: Condition) -> dict[str, Any]:
    """``condition`` in its JSON form; ``read_condition`` makes the same of it again."""
    if isinstance(condition, AllOf):
        return {"all": [condition_json(each) for each in condition.conditions]}
    if isinstance(condition, AnyOf):
        return {"any": [condition_json(each) for each in condition.conditions]}
    if isinstance(condition, Not):
        return {"not": condition_json(condition.condition)}
    return {leaf_name(condition): _leaf_json(condition)}


def packed(condition: Condition) -> list[Any]:
    """``condition`` as it travels in a route: lists of what its classes are made of, which need not be checked again."""
    if isinstance(condition, AllOf | AnyOf):
        return [type(condition).__name__, *map(packed, condition.conditions)]
    if isinstance(condition, Not):
        return [Not.__name__, packed(condition.condition)]
    return [type(condition).__name__, *(getattr(condition, each.name) for each in fields(condition) if each.init)]


def unpacked(value: list[Any]) -> Condition:
    """The condition of which ``packed`` made the value, also by way of JSON."""
    name, *parts = value
    if name in _GROUPS:
        return _GROUPS[name](tuple(map(unpacked, parts)))
    if name == Not.__name__:
        return Not(unpacked(parts[0]))
    made: Leaf = _CLASSES[name](*map(_frozen, parts))
    return made


def _frozen(part: Any) -> Any:
    """Lists, and lists in them, as tuples."""
    if not isinstance(part, list):
        return part
    return tuple(map(tuple, part)) if part and isinstance(part[0], list) else tuple(part)


def _leaf_json(leaf: Leaf) -> object:
    match leaf:
        case Country(values) | Region(values) | Language(values) | Os(values) | Browser(values) | Device(values):
            return list(values)
        case Date(from_ms, until_ms):
            return _without_none({"from": _iso(from_ms), "until": _iso(until_ms)})
        case TimeOfDay(from_minute, until_minute, zone):
            return {"from": _clock(from_minute), "until": _clock(until_minute), "timeZone": zone}
        case Weekday(days, zone):
            return {"days": [WEEKDAYS[day] for day in days], "timeZone": zone}
        case Query(name, equals, contains):
            return _without_none({"name": name, "equals": equals, "contains": contains})
        case Referrer(hosts, subdomains):
            return {"hosts": list(hosts), "subdomains": subdomains}
        case Cidr(networks):
            return [str(_NETWORKS[bits]((first, length))) for bits, length, first in networks]


def _country(value: object, path: str) -> Country:
    return Country(_values(value, path, lambda text, place: clean_country(text, field=place)))


def _region(value: object, path: str) -> Region:
    return Region(_values(value, path, _region_code))


def _region_code(text: str, path: str) -> str:
    country, dash, region = text.strip().upper().partition("-")
    if not dash:
        raise InvalidField(f"{path} must be an ISO 3166-2 code such as US-CA, not '{text[:16]}'.", field=path)
    country = clean_country(country, field=path)
    try:
        return f"{country}-{clean_region(region, country)}"
    except InvalidField:
        raise InvalidField(f"{path} must be an ISO 3166-2 code such as US-CA, not '{text[:16]}'.", field=path) from None


def _language(value: object, path: str) -> Language:
    return Language(_values(value, path, _tag))


def _tag(text: str, path: str) -> str:
    tag = text.strip().lower()
    if not _TAG.fullmatch(tag):
        raise InvalidField(f"{path} must be a language tag such as de or de-AT, not '{text[:35]}'.", field=path)
    return tag


def _one_of(allowed: tuple[str, ...]) -> Callable[[str, str], str]:
    def clean(text: str, path: str) -> str:
        name = text.strip().lower()
        if name not in allowed:
            raise InvalidField(f"{path} must be one of {', '.join(allowed)}, not '{text[:32]}'.", field=path)
        return name

    return clean


_os, _browser, _device, _day = map(_one_of, (OSES, BROWSERS, DEVICES, WEEKDAYS))


def _date(value: object, path: str) -> Date:
    sent = _record(value, path, optional=("from", "until"))
    start, end = (_moment(sent.get(name), f"{path}.{name}") for name in ("from", "until"))
    if start is None and end is None:
        raise InvalidField(f"{path} must have from, until, or both.", field=path)
    if start is not None and end is not None and start >= end:
        raise InvalidField(f"{path}.until must be later than from.", field=f"{path}.until")
    return Date(start, end)


def _moment(value: object, path: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool) or len(str(value)) > MAX_TEXT:
        raise InvalidField(f"{path} must be an ISO 8601 time with a zone, or milliseconds.", field=path)
    return (moment(value, UTC, field=path) - _EPOCH) // timedelta(milliseconds=1)


def _time_of_day(value: object, path: str) -> TimeOfDay:
    sent = _record(value, path, required=("from", "until", "timeZone"))
    start, end = (_minute(sent[name], f"{path}.{name}") for name in ("from", "until"))
    if start == end:
        raise InvalidField(f"{path}.until must be another time than from.", field=f"{path}.until")
    return TimeOfDay(start, end, _zone(sent["timeZone"], f"{path}.timeZone"))


def _minute(value: object, path: str) -> int:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidField(f"{path} must be a time of day from 00:00 to 23:59, such as 08:30.", field=path)
    return int(found[1]) * 60 + int(found[2])


def _weekday(value: object, path: str) -> Weekday:
    sent = _record(value, path, required=("days", "timeZone"))
    days = tuple(WEEKDAYS.index(day) for day in _values(sent["days"], f"{path}.days", _day))
    return Weekday(days, _zone(sent["timeZone"], f"{path}.timeZone"))


def _zone(value: object, path: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or zone_of(value) is None:
        raise InvalidField(f"{path} must be the name of a time zone, such as Europe/Berlin or UTC.", field=path)
    return value


def _query(value: object, path: str) -> Query:
    sent = _record(value, path, required=("name",), optional=("equals", "contains"))
    if "equals" in sent and "contains" in sent:
        raise InvalidField(f"{path} may have equals or contains, not both.", field=path)
    texts = {name: _text(text, f"{path}.{name}", least=int(name != "equals")) for name, text in sent.items()}
    return Query(**texts)


def _referrer(value: object, path: str) -> Referrer:
    sent = _record(value, path, required=("hosts",), optional=("subdomains",))
    subdomains = sent.get("subdomains", True)
    if not isinstance(subdomains, bool):
        raise InvalidField(f"{path}.subdomains must be true or false.", field=f"{path}.subdomains")
    return Referrer(_values(sent["hosts"], f"{path}.hosts", _host), subdomains)


def _host(text: str, path: str) -> str:
    try:
        host = ascii_host(text.strip().removesuffix("."), field=path)
    except InvalidField:
        host = ""
    if len(host) > _MAX_HOST or not _HOST.fullmatch(host):
        raise InvalidField(f"{path} must be a host name such as example.com, not '{text[:64]}'.", field=path)
    return host


def _cidr(value: object, path: str) -> Cidr:
    networks: list[tuple[int, int, int]] = []
    for number, text in enumerate(_values(value, path, _text)):
        place = f"{path}[{number}]"
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            raise InvalidField(f"{place} must be a network such as 192.0.2.0/24 or 2001:db8::/32.", field=place) from None
        if network.version == 6 and network.network_address.ipv4_mapped is not None:
            raise InvalidField(f"{place} must be written as the IPv4 network that it is.", field=place)
        networks.append((network.max_prefixlen, network.prefixlen, int(network.network_address)))
    return Cidr(tuple(dict.fromkeys(networks)))


_LEAVES: Final[Mapping[object, Callable[[object, str], Leaf]]] = {
    "country": _country,
    "region": _region,
    "language": _language,
    "os": lambda value, path: Os(_values(value, path, _os)),
    "browser": lambda value, path: Browser(_values(value, path, _browser)),
    "device": lambda value, path: Device(_values(value, path, _device)),
    "date": _date,
    "timeOfDay": _time_of_day,
    "weekday": _weekday,
    "query": _query,
    "referrer": _referrer,
    "cidr": _cidr,
}
_KINDS: Final = ", ".join(["all", "any", "not", *map(str, _LEAVES)])


def _record(
    value: object, path: str, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> Mapping[str, object]:
    """An object that has all that is required and nothing unknown; null is the same as not sent."""
    known = (*required, *optional)
    if not isinstance(value, dict):
        raise InvalidField(f"{path} must be an object with {', '.join(known)}.", field=path)
    for name in value:
        if name not in known:
            raise InvalidField(f"{path} has no '{str(name)[:32]}': it may have {', '.join(known)}.", field=path)
    sent = {name: each for name, each in value.items() if each is not None}
    for name in required:
        if name not in sent:
            raise InvalidField(f"{path}.{name} is required.", field=f"{path}.{name}")
    return sent


def _values(value: object, path: str, clean: Callable[[str, str], str]) -> tuple[str, ...]:
    """An array of texts, cleaned, each once, in their order."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
        raise InvalidField(f"{path} must be an array of 1 to {MAX_VALUES} texts.", field=path)
    cleaned = [clean(_text(each, f"{path}[{number}]"), f"{path}[{number}]") for number, each in enumerate(value)]
    return tuple(dict.fromkeys(cleaned))


def _text(value: object, path: str, *, least: int = 1) -> str:
    if not isinstance(value, str) or not least <= len(value) <= MAX_TEXT or has_control_characters(value):
        raise InvalidField(f"{path} must be a text of {least} to {MAX_TEXT} characters.", field=path)
    return value


def _iso(moment_ms: int | None) -> str | None:
    if moment_ms is None:
        return None
    return (_EPOCH + timedelta(milliseconds=moment_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _without_none(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
