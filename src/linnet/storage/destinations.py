"""Links by where they lead."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, bindparam, text

from linnet.model.link import Link
from linnet.storage.dialects import among, is_storable, listed
from linnet.storage.link_reading import IN_DOMAIN, LINK, found, links_in
from linnet.storage.link_rows import url_hash
from linnet.storage.link_tables import links
from linnet.storage.permissions import visible_links
from linnet.storage.prepared import Prepared

_FIND: Final = Prepared(
    IN_DOMAIN.where(links.c.url_hash == bindparam("url_hash"), links.c.original_url == bindparam("original_url"))
    .order_by(links.c.number)
    .limit(1)
)
_HASH_AMONG: Final = among(links.c.url_hash, "hashes")
# Stripes instead of a lock for each destination: PostgreSQL has room for a few thousand locks in all.
_URL_STRIPES: Final = 64
_LOCK_URLS: Final = text("SELECT pg_advisory_xact_lock(:domain_id, stripe) FROM unnest(CAST(:stripes AS int[])) AS stripe")


class DestinationRepository:
    """Links of one unit of work, looked up by their destinations."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def reserve(self, domain_id: int, original_urls: Iterable[str]) -> None:
        """Until this unit of work ends, another that reserves one of these destinations waits here, so that of two that look
        for it and then add it, the second finds it. To be called once, before anything is written.

        Nothing to do on SQLite, which has one writer at a time.
        """
        if self._dialect == "postgresql":
            stripes = sorted({url_hash(url) % _URL_STRIPES for url in original_urls})
            self._connection.execute(_LOCK_URLS, {"domain_id": domain_id, "stripes": stripes})

    def find(self, domain_id: int, original_url: str, *, visible_to: int | None = None) -> Link | None:
        """The domain's oldest link with this very destination, archived or not (contract b.2, rule 3); with ``visible_to`` the
        oldest of those that this user made or was permitted."""
        if visible_to is not None:
            return next(iter(self.search(domain_id, original_url, limit=1, visible_to=visible_to)), None)
        if not is_storable(original_url):
            return None
        wanted = {"domain_id": domain_id, "url_hash": url_hash(original_url), "original_url": original_url}
        return found(self._connection, _FIND, wanted)

    def search(self, domain_id: int, original_url: str, *, limit: int, visible_to: int | None = None) -> list[Link]:
        """The domain's links with this very destination, oldest first; ``visible_to`` as above."""
        if not is_storable(original_url):
            return []
        statement = (
            LINK.where(links.c.domain_id == domain_id, links.c.url_hash == url_hash(original_url))
            .where(links.c.original_url == original_url, *visible_links(visible_to))
            .order_by(links.c.number)
            .limit(limit)
        )
        return links_in(self._connection, self._connection.execute(statement).all())

    def find_many(self, domain_id: int, original_urls: Iterable[str], *, visible_to: int | None = None) -> dict[str, Link]:
        """By destination the oldest link, for those of ``original_urls`` that the domain has; ``visible_to`` as above."""
        wanted = {url for url in original_urls if is_storable(url)}
        statement = IN_DOMAIN.where(_HASH_AMONG[self._dialect], *visible_links(visible_to)).order_by(links.c.number)
        hashes = listed(self._dialect, [url_hash(url) for url in wanted])
        rows = self._connection.execute(statement, {"domain_id": domain_id, "hashes": hashes}).all()
        existing: dict[str, Link] = {}
        for link in links_in(self._connection, rows):
            if link.original_url in wanted:
                existing.setdefault(link.original_url, link)
        return existing
