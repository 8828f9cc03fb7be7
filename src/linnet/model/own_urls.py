"""Addresses of links that may be on our own domains: which hosts a route names, and what a browser asks them for."""

import re
from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from linnet.model.route import Needs, Route

_HOST: Final = re.compile(r"https?://(?:[^/?#\s\"]*@)?([^/?#:\s\"]*)", re.IGNORECASE)
_URL: Final = re.compile(r"(https?)://(?:[^/?#]*@)?([^/?#:]*)(?::(\d*))?([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_DOT: Final = re.compile("%2e", re.IGNORECASE)
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
    if "/." in dotted:
        return urlsplit(urljoin("http://host/", dotted)).path
    return path or "/"


def hosts_named(route: Route) -> set[str]:
    """The hosts in a route's destinations, in lower case; "$1", too, where a wildcard's capture may stand in one."""
    if not route.needs:
        found = _HOST.match(route.destination)
        return {found[1].lower().removesuffix(".")} if found is not None else set()
    # Of rules, which are a JSON text, hosts in conditions are among them: they do no harm.
    return {host.lower().removesuffix(".") for url in _urls(route) for host in _HOST.findall(url)}


def leading_home(route: Route, hosts: set[str], own: Container[str]) -> Route:
    """``route``, which names ``hosts``; with ``Needs.OWN_HOST`` when one of them may be one of our ``own``."""
    if any(host in own or "$" in host for host in hosts):
        return replace(route, needs=route.needs | Needs.OWN_HOST)
    return route


def _urls(route: Route) -> Iterator[str]:
    for url in (route.destination, route.expired_url, route.iphone_url, route.android_url, route.split_url, route.rules):
        if url is not None:
            yield url
    if route.places is not None:
        yield from route.places.values()
    for way in route.variants:
        yield way.destination
