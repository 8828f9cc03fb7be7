"""Tags of links across a domain in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from linnet.model.link import Link
from linnet.storage.dialects import among, is_storable, listed
from linnet.storage.link_tables import link_tags, links
from linnet.storage.permissions import visible_links

_IN_DOMAIN: Final = link_tags.c.domain_id == bindparam("domain_id")
# From each tag to the next one in the index, however many links have it: as many steps as there are different tags.
_FIRST: Final = select(func.min(link_tags.c.tag).label("tag")).where(_IN_DOMAIN).cte("found", recursive=True)
_NEXT: Final = (
    select(func.min(link_tags.c.tag)).where(_IN_DOMAIN, link_tags.c.tag > _FIRST.c.tag).correlate(_FIRST).scalar_subquery()
)
_FOUND: Final = _FIRST.union_all(select(_NEXT).where(_FIRST.c.tag.is_not(None)))
_DIFFERENT: Final = select(_FOUND.c.tag).where(_FOUND.c.tag.is_not(None)).limit(bindparam("at_most"))
_TAG_AMONG: Final = among(link_tags.c.tag, "tags")
_NUMBERS: Final = {
    dialect: select(link_tags.c.link_number).distinct().where(_IN_DOMAIN, condition).limit(bindparam("at_most"))
    for dialect, condition in _TAG_AMONG.items()
}
_ADD: Final = (
    insert(link_tags).values({name: bindparam(name) for name in ("link_number", "position", "tag", "domain_id")}).inline()
)
_AFTER: Final = (
    select(link_tags.c.link_number)
    .where(_IN_DOMAIN, link_tags.c.tag == bindparam("tag"), link_tags.c.link_number > bindparam("after"))
    .order_by(link_tags.c.link_number)
    .limit(bindparam("at_most"))
)
_REMOVE: Final = {
    dialect: delete(link_tags).where(condition) for dialect, condition in among(link_tags.c.link_number, "numbers").items()
}
_SET_COUNT: Final = (
    update(links)
    .where(links.c.number == bindparam("link"))
    .values(tag_count=bindparam("count"), updated_at=bindparam("at", type_=links.c.updated_at.type))
)
_NUMBER_AMONG: Final = among(links.c.number, "numbers")
_ONE_MORE: Final = {
    dialect: update(links)
    .where(condition)
    .values(tag_count=links.c.tag_count + 1, updated_at=bindparam("at", type_=links.c.updated_at.type))
    for dialect, condition in _NUMBER_AMONG.items()
}


_LINK_AMONG: Final = among(link_tags.c.link_number, "numbers")
_TAGS_OF: Final = {
    dialect: select(link_tags.c.link_number, link_tags.c.tag).where(_IN_DOMAIN, condition)
    for dialect, condition in _LINK_AMONG.items()
}


class TagRepository:
    """Tags of one unit of work; those of a single link are stored with it (``LinkRepository``)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def search(self, domain_id: int, *, limit: int, visible_to: int | None = None) -> list[str]:
        """At most ``limit`` of the tags that a domain's links have, each once, sorted; with ``visible_to`` those of the links
        that this user made or was permitted, for which every tagged link of the domain is looked at."""
        if visible_to is None:
            return sorted(self._connection.scalars(_DIFFERENT, {"domain_id": domain_id, "at_most": limit}))
        statement = (
            select(link_tags.c.tag)
            .distinct()
            .join(links, links.c.number == link_tags.c.link_number)
            .where(link_tags.c.domain_id == domain_id, *visible_links(visible_to))
            .order_by(link_tags.c.tag)
            .limit(limit)
        )
        return sorted(self._connection.scalars(statement))

    def link_numbers(self, domain_id: int, tags: Sequence[str], *, limit: int) -> list[int]:
        """The numbers of at most ``limit`` of a domain's links that have one of ``tags``."""
        wanted = listed(self._dialect, [tag for tag in tags if is_storable(tag)])
        found = self._connection.scalars(_NUMBERS[self._dialect], {"domain_id": domain_id, "tags": wanted, "at_most": limit})
        return list(found)

    def numbers_after(self, domain_id: int, tag: str, number: int, *, limit: int) -> list[int]:
        """The next numbers above ``number`` of a domain's links that have a tag."""
        if not is_storable(tag):
            return []
        return list(self._connection.scalars(_AFTER, {"domain_id": domain_id, "tag": tag, "after": number, "at_most": limit}))

    def replace(self, tagged: Sequence[Link], at: datetime) -> None:
        """Gives links, which were read to be held, the tags that they carry here in place of those that they have."""
        if not tagged:
            return
        numbers = listed(self._dialect, [link.number for link in tagged])
        self._connection.execute(_REMOVE[self._dialect], {"numbers": numbers})
        rows = [
            {"link_number": link.number, "position": position, "tag": tag, "domain_id": link.domain_id}
            for link in tagged
            for position, tag in enumerate(link.tags)
        ]
        if rows:
            self._connection.execute(_ADD, rows)
        self._connection.execute(_SET_COUNT, [{"link": link.number, "count": len(link.tags), "at": at} for link in tagged])

    def of_links(self, domain_id: int, numbers: Sequence[int]) -> list[tuple[int, str]]:
        """The tags of those of a domain's links that have one of these numbers: a pair for each link and tag."""
        bound = {"domain_id": domain_id, "numbers": listed(self._dialect, numbers)}
        return [(row.link_number, row.tag) for row in self._connection.execute(_TAGS_OF[self._dialect], bound)]

    def append(self, tag: str, tagged: Sequence[Link], at: datetime) -> None:
        """Gives links one more tag, behind those that they have: none has it yet, and all were read to be held."""
        if not tagged:
            return
        rows = [
            {"link_number": link.number, "position": len(link.tags), "tag": tag, "domain_id": link.domain_id} for link in tagged
        ]
        self._connection.execute(_ADD, rows)
        numbers = listed(self._dialect, [link.number for link in tagged])
        self._connection.execute(_ONE_MORE[self._dialect], {"numbers": numbers, "at": at})
