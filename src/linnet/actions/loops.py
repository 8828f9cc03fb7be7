"""Redirect loops: a link must not lead back to itself through the installation's own domains."""

from urllib.parse import urlsplit

from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.link import Link, wire_name
from linnet.model.path import path_key, requested_path, wildcard_depth
from linnet.model.redirect import DomainRoute, candidate_keys
from linnet.storage.unit_of_work import UnitOfWork

_MAX_HOPS = 10
_URL_FIELDS = ("original_url", "expired_url", "android_url", "iphone_url", "split_url")


class LoopGuard:
    """Follows destinations through our own domains; one serves a whole bulk and remembers which hosts are not ours."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._domains: dict[str, Domain | None] = {}

    def refuse_loops(self, link: Link, domain: Domain, key: str | None) -> None:
        """InvalidField for the field of ``link`` that leads back to it. ``key`` is the link's path key, None when its path is
        not known yet: nothing can lead there."""
        for name in _URL_FIELDS:
            url = getattr(link, name)
            if url is not None and self._leads_back(url, domain, key):
                field = wire_name(name)
                raise InvalidField(f"{field} leads back to this link through {domain.hostname}: that would be a loop.", field=field)

    def _leads_back(self, url: str, domain: Domain, key: str | None) -> bool:
        for _ in range(_MAX_HOPS):
            parts = urlsplit(url)
            target = self._domain(parts.hostname or "")
            if target is None:
                return False
            path = requested_path((parts.path or "/").encode())
            if path is None:
                return False
            found = self._resolve(target, path, domain, key)
            if found is None:
                return False
            if isinstance(found, bool):
                return found
            url = found.original_url
        return True

    def _resolve(self, target: Domain, path: str, domain: Domain, key: str | None) -> Link | bool | None:
        depths = set(self._work.links.wildcard_depths(target.id))
        own_depth = wildcard_depth(key) if key is not None and target.id == domain.id else None
        if own_depth is not None:
            depths.add(own_depth)
        route = DomainRoute(
            domain_id=target.id, hostname=target.hostname, wildcard_depths=tuple(sorted(depths, reverse=True))
        )
        candidates = candidate_keys(path_key(path, case_sensitive=target.case_sensitive), route)
        found = self._work.links.find_by_paths(target.id, candidates)
        for candidate in candidates:
            if target.id == domain.id and candidate == key:
                return True
            if candidate in found:
                return found[candidate]
        return None

    def _domain(self, hostname: str) -> Domain | None:
        name = hostname.lower().removesuffix(".")
        if name not in self._domains:
            ascii_name = name if name.isascii() else name.encode("idna", "ignore").decode()
            self._domains[name] = self._work.domains.find_by_hostname(ascii_name)
        return self._domains[name]
