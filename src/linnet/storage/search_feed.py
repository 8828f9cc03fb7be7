"""What the search index needs to know: the change log with the present state of its links, and all links in portions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, and_, bindparam, func, select, text, type_coerce

from linnet.storage.database import Database
from linnet.storage.dialects import among, listed
from linnet.storage.link_tables import link_permissions, link_tags, links
from linnet.storage.prepared import Prepared
from linnet.storage.search_terms import SearchedLink
from linnet.storage.tables import changes, domains

_FIELDS: Final = (
    links.c.number,
    links.c.domain_id,
    links.c.owner_id,
    links.c.path,
    links.c.path_key,
    links.c.original_url,
    links.c.title,
    links.c.folder_id,
    links.c.archived,
    type_coerce(links.c.created_at, BigInteger),
    type_coerce(links.c.updated_at, BigInteger),
)
_CHANGES: Final = Prepared(
    select(changes.c.sequence, changes.c.domain_id, changes.c.path_key, domains.c.id, *_FIELDS)
    .select_from(
        changes.outerjoin(domains, domains.c.id == changes.c.domain_id).outerjoin(
            links, and_(links.c.domain_id == changes.c.domain_id, links.c.path_key == changes.c.path_key)
        )
    )
    .where(changes.c.sequence > bindparam("after"))
    .order_by(changes.c.sequence)
    .limit(bindparam("at_most"))
)
_LINKS: Final = Prepared(
    select(*_FIELDS).where(links.c.number > bindparam("after")).order_by(links.c.number).limit(bindparam("at_most"))
)
# For this transaction: until PostgreSQL has counted the links, it would read all of them for every few changes.
_KEY_BY_KEY: Final = text("SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)")
_TAGS: Final = {
    dialect: Prepared(
        select(link_tags.c.link_number, link_tags.c.tag)
        .where(condition)
        .order_by(link_tags.c.link_number, link_tags.c.position)
    )
    for dialect, condition in among(link_tags.c.link_number, "numbers").items()
}
_PERMITTED: Final = {
    dialect: Prepared(select(link_permissions.c.link_number, link_permissions.c.user_id).where(condition))
    for dialect, condition in among(link_permissions.c.link_number, "numbers").items()
}
_FIRST: Final = Prepared(select(func.min(changes.c.sequence)))
_LAST: Final = Prepared(select(func.max(changes.c.sequence)))
_HIGHEST: Final = Prepared(select(func.max(links.c.number)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What changes of the log come to: links as they are now, the places (domain and path key) where none is any more, and
    domains that are gone. ``sequence`` is the number of the last change, None when there was none."""

    sequence: int | None = None
    links: Sequence[SearchedLink] = ()
    gone: Sequence[tuple[int, str]] = ()
    domains_gone: Sequence[int] = ()


class SearchFeed:
    """The database as the search index sees it. Each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bounds(self) -> tuple[int | None, int]:
        """The oldest change that is still kept, if any, and the newest one's number (0: there was never one)."""
        with self._database.connect() as connection:
            return _FIRST.number(connection), _LAST.number(connection) or 0

    def highest_number(self) -> int:
        """The highest number of a link, 0 when there is none: with ``links_after``, how far all links go."""
        with self._database.connect() as connection:
            return _HIGHEST.number(connection) or 0

    def changes_after(self, sequence: int, limit: int) -> Changed:
        """What at most ``limit`` changes after ``sequence`` come to now."""
        with self._database.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_KEY_BY_KEY)
            rows = _CHANGES.all(connection, {"after": sequence, "at_most": limit})
            if not rows:
                return Changed()
            by_place = {(domain_id, key): fields for _, domain_id, key, _, *fields in rows if key is not None}
            found = _links(connection, [fields for fields in by_place.values() if fields[0] is not None])
        gone = [place for place, fields in by_place.items() if fields[0] is None]
        domains_gone = sorted({domain_id for _, domain_id, key, known, *_ in rows if key is None and known is None})
        return Changed(sequence=rows[-1][0], links=found, gone=gone, domains_gone=domains_gone)

    def links_after(self, number: int, limit: int) -> Sequence[SearchedLink]:
        """At most ``limit`` links with higher numbers, by number."""
        with self._database.connect() as connection:
            return _links(connection, _LINKS.all(connection, {"after": number, "at_most": limit}))


def _links(connection: Connection, rows: Iterable[Sequence[Any]]) -> list[SearchedLink]:
    rows = list(rows)
    dialect = connection.dialect.name
    numbers = listed(dialect, [row[0] for row in rows])
    tags: dict[int, list[str]] = {}
    permitted: dict[int, list[int]] = {}
    if rows:
        for number, tag in _TAGS[dialect].all(connection, {"numbers": numbers}):
            tags.setdefault(number, []).append(tag)
        for number, user in _PERMITTED[dialect].all(connection, {"numbers": numbers}):
            permitted.setdefault(number, []).append(user)
    return [_link(row, tuple(tags.get(row[0], ())), tuple(permitted.get(row[0], ()))) for row in rows]


def _link(row: Sequence[Any], tags: tuple[str, ...], permitted: tuple[int, ...]) -> SearchedLink:
    number, domain_id, owner_id, path, path_key, original_url, title, folder_id, archived, created_at, updated_at = row
    return SearchedLink(
        number=number,
        domain_id=domain_id,
        owner_id=owner_id,
        path=path,
        path_key=path_key,
        original_url=original_url,
        title=title,
        folder_id=folder_id,
        archived=bool(archived),
        created_at=created_at,
        updated_at=updated_at,
        tags=tags,
        permitted=permitted,
    )
