"""Which link has a path: the one of that very path, then the longest wildcard."""

from linnet.edge.hosts import Host
from linnet.edge.routes import RouteView, decode_route, route_key
from linnet.model.path import climbs, path_key, quoted, requested_path
from linnet.model.route import Needs, Route, candidate_keys

_CAPTURE = int(Needs.CAPTURE)


def record_of_path(view: RouteView, host: Host, raw_path: bytes) -> bytes | None:
    """The record of the link with that path, however it is encoded; wildcards are not asked."""
    text = requested_path(raw_path)
    if text is None:
        return None
    return view.record(route_key(host.prefix, path_key(text, case_sensitive=host.case_sensitive).encode()))


def wildcard_of_path(view: RouteView, host: Host, raw_path: bytes) -> tuple[Route, str] | None:
    """The longest wildcard link for a path that has no link of its own, and what it captures, as it may stand in a URL."""
    text = requested_path(raw_path) if host.domain.wildcard_depths else None
    if text is None:
        return None
    key = path_key(text, case_sensitive=host.case_sensitive)
    for candidate in candidate_keys(key, host.domain)[1:]:
        record = view.record(route_key(host.prefix, candidate.encode()))
        if record is not None:
            route, rest = decode_route(record, host.domain_id), text.split("/", candidate.count("/"))[-1]
            return None if route.needs & _CAPTURE and climbs(rest) else (route, quoted(rest))
    return None


def route_of_path(view: RouteView, host: Host, raw_path: bytes) -> Route | None:
    """The link that a visitor of this path is led by."""
    record = record_of_path(view, host, raw_path)
    if record is not None:
        return decode_route(record, host.domain_id)
    found = wildcard_of_path(view, host, raw_path)
    return found[0] if found is not None else None
