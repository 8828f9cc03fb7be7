"""OpenGraph tags of links in the database."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from linnet.model.opengraph import Tag
from linnet.storage.dialects import among, listed
from linnet.storage.link_tables import link_opengraph

_AMONG: Final = among(link_opengraph.c.link_number, "numbers")


class OpengraphRepository:
    """OpenGraph tags of one unit of work; a link is known by its number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, link_number: int) -> tuple[Tag, ...]:
        """The tags of a link in their order."""
        statement = (
            select(link_opengraph.c.property, link_opengraph.c.content)
            .where(link_opengraph.c.link_number == link_number)
            .order_by(link_opengraph.c.position)
        )
        return tuple((name, content) for name, content in self._connection.execute(statement))

    def find_many(self, link_numbers: Sequence[int]) -> dict[int, tuple[Tag, ...]]:
        """The tags of each of the links that has any, in their order."""
        dialect = self._connection.dialect.name
        own = link_opengraph.c
        statement = select(own.link_number, own.property, own.content).where(_AMONG[dialect]).order_by(own.position)
        found: dict[int, tuple[Tag, ...]] = {}
        for number, name, content in self._connection.execute(statement, {"numbers": listed(dialect, link_numbers)}):
            found[number] = (*found.get(number, ()), (name, content))
        return found

    def save(self, link_number: int, tags: Sequence[Tag]) -> None:
        """Replaces all tags of a link."""
        self._connection.execute(delete(link_opengraph).where(link_opengraph.c.link_number == link_number))
        if tags:
            rows = [
                {"link_number": link_number, "position": position, "property": name, "content": content}
                for position, (name, content) in enumerate(tags)
            ]
            self._connection.execute(insert(link_opengraph), rows)
