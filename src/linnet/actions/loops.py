"""Redirect loops: a link must not lead back to itself through the installation's own domains."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.link import URL_FIELDS, Link, wire_name
from linnet.model.own_urls import sent_path
from linnet.model.path import path_key, requested_path, wildcard_depth
from linnet.model.route import DomainRoute, candidate_keys
from linnet.model.targeting import Handheld, Place, destination_for
from linnet.model.url import ascii_host
from linnet.model.variants import NOTHING_OWN, OwnTargeting
from linnet.storage.unit_of_work import UnitOfWork

_MAX_HOPS = 10
# Ways branch where links have destinations by place. What is beyond the bound is not looked at; browsers end such loops.
_MAX_STEPS = 2_000
_HOSTS_ASKED_SINGLY = 16
_MOST_DOMAINS = 500
# Where visitors of paths without a link go: fields of Domain to their wire spelling.
LOST_FIELDS = {"redirect_404": "redirect404", "root_redirect": "rootRedirect"}
_Where = tuple[str, str]
_ANY_DEVICE = frozenset(Handheld)
_DEVICE_FIELDS = {"iphone_url": Handheld.APPLE, "android_url": Handheld.ANDROID}
_HOST = re.compile(r"https?://(?:[^/?#]*@)?([^/?#:]*)", re.IGNORECASE)


class _Visitor(NamedTuple):
    """Visitors as links on the way tell them apart: from ``where`` (None: from anywhere), with one of these ``devices``."""

    where: _Where | None = None
    devices: frozenset[Handheld] = _ANY_DEVICE


class LoopGuard:
    """Follows destinations through our own domains; one serves a whole bulk and remembers which hosts are not ours."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._domains: dict[str, Domain | None] = {}
        self._knows_all = False
        self._unsaved: dict[int, dict[str, Link]] = {}
        self._unsaved_depths: dict[int, set[int]] = {}
        self._depths: dict[int, set[int]] = {}
        self._places: dict[int, dict[_Where, str]] = {}
        self._own: dict[int, OwnTargeting] = {}

    def remember(self, link: Link, key: str, places: Iterable[Place] = (), own: OwnTargeting = NOTHING_OWN) -> None:
        """Take ``link`` with its targeting for one that exists: it is stored at the end of the unit of work."""
        self._unsaved.setdefault(link.domain_id, {})[key] = link
        self._places[link.number] = {(place.country, place.region): place.original_url for place in places}
        self._own[link.number] = own
        depth = wildcard_depth(key)
        if depth is not None:
            self._unsaved_depths.setdefault(link.domain_id, set()).add(depth)

    def refuse_loops(self, link: Link, domain: Domain, key: str | None) -> None:
        """InvalidField for the field of ``link`` that leads back to it. ``key`` is the link's path key, None when its path is
        not known yet: nothing can lead there."""
        for name in URL_FIELDS:
            url = getattr(link, name)
            fault = self._fault(url, link, domain, key, _led_by(link, name)) if url is not None else None
            if fault is not None:
                field = wire_name(name)
                raise InvalidField(f"{field} {fault}.", field=field)

    def refuse_lost_loop(self, domain: Domain, name: str) -> None:
        """InvalidField when ``redirect_404`` or ``root_redirect`` (``name``) of ``domain``, as it is now, leads to a path that
        the domain does not know."""
        field = LOST_FIELDS[name]
        url: str | None = getattr(domain, name)
        for _ in range(_MAX_HOPS):
            target = self._domain_in(url) if url is not None else None
            path = _path_of(url) if url is not None and target is not None else None
            if target is None or path is None:
                return
            found = self._resolve(domain if target.id == domain.id else target, path, None, None)
            onwards = _lost(domain if target.id == domain.id else target, path)
            if found is None and target.id == domain.id and onwards == getattr(domain, name):
                raise InvalidField(
                    f"{field} leads to a path of this domain that has no link: that would be a loop.", field=field
                )
            url = found.original_url if found is not None else onwards
        raise InvalidField(f"{field} leads through {_MAX_HOPS} short links of this installation or more.", field=field)

    def refuse_loops_by_place(self, link: Link, domain: Domain, key: str, places: Iterable[Place]) -> None:
        """The same for destinations by place of ``link``, which exists under ``key``."""
        for place in places:
            fault = self._fault(place.original_url, link, domain, key, _Visitor((place.country, place.region)))
            if fault is not None:
                where = "-".join(filter(None, (place.country, place.region)))
                raise InvalidField(f"originalURL for {where} {fault}.", field="originalURL")

    def refuse_loops_by_rule(self, link: Link, domain: Domain, key: str, own: OwnTargeting) -> None:
        """The same for the link's own rules and its variants. Whom a rule fits further on is not asked: a way through any rule
        of another link counts."""
        for kind, urls in (
            ("rules", [rule.original_url for rule in own.rules]),
            ("variants", [variant.original_url for variant in own.variants]),
        ):
            for number, url in enumerate(urls):
                fault = self._fault(url, link, domain, key, _Visitor()) if url is not None else None
                if fault is not None:
                    field = f"{kind}[{number}].originalURL"
                    raise InvalidField(f"{field} {fault}.", field=field)

    def refuse_stored_loops(self, link: Link, domain: Domain, key: str) -> None:
        """The same for all that is stored of the targeting of ``link``, which gets another path or came back to one."""
        self.refuse_loops_by_place(link, domain, key, self._work.places.search(link.number))
        self.refuse_loops_by_rule(link, domain, key, self._work.rules.find(link.number))

    def _fault(self, url: str, link: Link, domain: Domain, key: str | None, visitor: _Visitor) -> str | None:
        """What is wrong with leading ``visitor`` to ``url``, if anything."""
        ways: list[tuple[str, _Visitor, int]] = [(url, visitor, 0)]
        seen = set(ways)
        for _ in range(_MAX_STEPS):
            if not ways:
                break
            url, visitor, hops = ways.pop()
            if hops == _MAX_HOPS:
                return f"leads through {_MAX_HOPS} short links of this installation or more: browsers give up on that"
            target = self._domain_in(url)
            path = _path_of(url) if target is not None else None
            if target is None or path is None:
                continue
            found = self._resolve(target, path, link, key if target.id == domain.id else None)
            if found is link:
                return f"leads back to this link through {target.hostname}: that would be a loop"
            next_ways = self._onwards(found, visitor) if found is not None else [(_lost(target, path), visitor)]
            onward = {(next_url, whom, hops + 1) for next_url, whom in next_ways if next_url is not None} - seen
            seen |= onward
            ways += onward
        return None

    def _onwards(self, found: Link, visitor: _Visitor) -> list[tuple[str | None, _Visitor]]:
        """Where ``found`` sends ``visitor``, now or once it has expired, with what is known of it then."""
        onwards: list[tuple[str | None, _Visitor]] = []
        if found.expires_at is not None or found.clicks_limit is not None:
            onwards.append((found.expired_url, visitor))
        places = self._places_of(found)
        onwards += [(url, visitor) for url in self._own_of(found)]
        if visitor.where is None:
            onwards += [(url, visitor._replace(where=place)) for place, url in places.items()]
        else:
            country, region = visitor.where
            if not region:
                narrower = {place: url for place, url in places.items() if place[0] == country and place[1]}
                onwards += [(url, visitor._replace(where=place)) for place, url in narrower.items()]
            there = destination_for(places, country, region)
            if there is not None:
                return [*onwards, (there, visitor)]
        return [*onwards, *_by_device(found, visitor)]

    def _places_of(self, link: Link) -> dict[_Where, str]:
        if link.number not in self._places:
            places = self._work.places.search(link.number)
            self._places[link.number] = {(place.country, place.region): place.original_url for place in places}
        return self._places[link.number]

    def _own_of(self, link: Link) -> list[str]:
        """Where the rules and the variants of ``link`` lead."""
        if link.number not in self._own:
            self._own[link.number] = self._work.rules.find(link.number)
        rules, variants = self._own[link.number]
        drawn = [variant.original_url for variant in variants if variant.original_url is not None]
        return [*(rule.original_url for rule in rules), *drawn]

    def _resolve(self, target: Domain, path: str, link: Link | None, own_key: str | None) -> Link | None:
        """What a visitor of ``path`` would be led to: ``link`` itself under ``own_key``, or another one."""
        own_depth = wildcard_depth(own_key) if own_key is not None else None
        depths = self._depths_of(target) | ({own_depth} if own_depth is not None else set())
        route = DomainRoute(domain_id=target.id, hostname=target.hostname, wildcard_depths=tuple(sorted(depths, reverse=True)))
        candidates = candidate_keys(path_key(path, case_sensitive=target.case_sensitive), route)
        stored = self._work.links.find_by_paths(target.id, candidates)
        unsaved = self._unsaved.get(target.id, {})
        for candidate in candidates:
            if candidate == own_key:
                return link
            found = unsaved.get(candidate) or stored.get(candidate)
            # What is stored of the link itself is what it is being changed from.
            if found is not None and (link is None or found.id != link.id):
                return found
        return None

    def _depths_of(self, domain: Domain) -> set[int]:
        if domain.id not in self._depths:
            self._depths[domain.id] = set(self._work.links.wildcard_depths(domain.id))
        return self._depths[domain.id] | self._unsaved_depths.get(domain.id, set())

    def _domain_in(self, url: str) -> Domain | None:
        match = _HOST.match(url)
        name = ascii_host(match[1].removesuffix("."), field="originalURL") if match else ""
        if name in self._domains or self._knows_all:
            return self._domains.get(name)
        if len(self._domains) == _HOSTS_ASKED_SINGLY:
            # A bulk of many hosts: a look-up for each would take as long as storing the links.
            ours = self._work.domains.search(limit=_MOST_DOMAINS + 1)
            self._domains.update({domain.hostname: domain for domain in ours})
            self._knows_all = len(ours) <= _MOST_DOMAINS
            if self._knows_all:
                return self._domains.get(name)
        self._domains[name] = self._work.domains.find_by_hostname(name) if name else None
        return self._domains[name]


def may_make_loops(link: Link, changed: Link) -> bool:
    """Whether the change from ``link`` to ``changed`` is one of where it is or where it leads."""
    return any(getattr(link, name) != getattr(changed, name) for name in ("path", *URL_FIELDS))


def _led_by(link: Link, name: str) -> _Visitor:
    """The visitors whom the field ``name`` of ``link`` leads."""
    if name == "expired_url":
        return _Visitor()
    if name in _DEVICE_FIELDS:
        return _Visitor(devices=frozenset({_DEVICE_FIELDS[name]}))
    return _Visitor(devices=_ANY_DEVICE - {device for field, device in _DEVICE_FIELDS.items() if getattr(link, field)})


def _by_device(found: Link, visitor: _Visitor) -> list[tuple[str | None, _Visitor]]:
    """Where ``found`` sends ``visitor`` by its device, its lot, or neither."""
    names = [*_DEVICE_FIELDS, "split_url", "original_url"]
    led = [(getattr(found, name), visitor.devices & _led_by(found, name).devices) for name in names]
    return [(url, visitor._replace(devices=devices)) for url, devices in led if devices]


def _lost(domain: Domain, path: str) -> str | None:
    """Where a visitor of a path without a link goes."""
    return domain.redirect_404 if path or domain.root_redirect is None else domain.root_redirect


def _path_of(url: str) -> str | None:
    """The requested path of a URL; None for one that no link can have."""
    return requested_path(sent_path(urlsplit(url).path).encode(errors="replace"))
