"""Addresses of links that may be on our own domains: which hosts a route names, and what a browser asks them for."""

import re
from collections.abc import Container, Iterator, Set
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from linnet.model.route import Needs, Route

_HOST: Final = re.compile(r"https?://(?:[^/?#\s\"]*@)?([^/?#:\s\"]*)", re.IGNORECASE)
_URL: Final = re.compile(r"(https?)://(?:[^/?#]*@)?([^/?#:]*)(?::(\d*))?([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_DOT: Final = re.compile("%2e", re.IGNORECASE)
_SCHEME_BYTES: Final = len("https://")
_PORTS: Final = {"http": 80, "https": 443}


class WebUrl(NamedTuple):
    """A destination taken apart; ``host`` in lower case without a final dot, ``path`` with its slash, as browsers send it."""

    secure: bool
    host: str
    port: int
    path: str
    query: str


def read_url(url: str) -> WebUrl | None:
    """``url``, as ``url.location`` writes it, taken apart; None when it is not of the web or has a host by address."""
    found = _URL.match(url)
    if found is None or not found[2]:
        return None
    scheme = found[1].lower()
    port = int(found[3][:6]) if found[3] else _PORTS[scheme]
    return WebUrl(scheme == "https", found[2].lower().removesuffix("."), port, sent_path(found[4]), found[5] or "")


def sent_path(path: str) -> str:
    """The path of a URL as browsers send it: with a slash, and without dot segments."""
    dotted = _DOT.sub(".", path) if "%2" in path else path
    if "/." not in dotted:
        return path or "/"
    kept: list[str] = []
    *segments, last = dotted.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if last == "..":
        del kept[-1:]
    return "/" + "".join(f"{segment}/" for segment in kept) + (last if last not in (".", "..") else "")


def hosts_named(route: Route) -> Set[str]:
    """The hosts in a route's destinations, in lower case; "$1", too, where a wildcard's capture may stand in one."""
    if not route.needs:
        # Most links: of what stands before the path there is less than of links.
        url = route.destination
        end = url.find("/", _SCHEME_BYTES)
        return _hosts_in(url if end < 0 else url[:end])
    # Of rules, which are a JSON text, hosts in conditions are among them: they do no harm.
    return {host for url in _urls(route) for host in _hosts_in(url)}


@lru_cache(8192)
def _hosts_in(text: str) -> frozenset[str]:
    return frozenset(host.lower().removesuffix(".") for host in _HOST.findall(text))


def leading_home(route: Route, hosts: Set[str], own: Container[str]) -> Route:
    """``route``, which names ``hosts``; with ``Needs.OWN_HOST`` when one of them may be one of our ``own``."""
    for host in hosts:
        if host in own or "$" in host:
            return replace(route, needs=route.needs | int(Needs.OWN_HOST))
    return route


def _urls(route: Route) -> Iterator[str]:
    for url in (route.destination, route.expired_url, route.iphone_url, route.android_url, route.split_url, route.rules):
        if url is not None:
            yield url
    if route.places is not None:
        yield from route.places.values()
    for way in route.variants:
        yield way.destination
