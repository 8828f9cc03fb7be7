"""Destinations of links by country and region in the database."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from linnet.model.targeting import Place
from linnet.storage.dialects import among, is_storable, listed
from linnet.storage.link_tables import link_places

_PLACE: Final = select(
    link_places.c.country, link_places.c.region, link_places.c.original_url, link_places.c.id, link_places.c.created_at
)
_AMONG: Final = among(link_places.c.link_number, "numbers")
_NAMES: Final = ("link_number", "country", "region", "original_url", "created_at")
_SAVE: Final = {
    dialect: (added := insert(link_places).values({name: bindparam(name) for name in _NAMES})).on_conflict_do_update(
        index_elements=["link_number", "country", "region"],
        set_={"original_url": added.excluded.original_url, "created_at": added.excluded.created_at},
    )
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


class PlaceRepository:
    """Targeting by place of one unit of work; a link is known by its number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, link_number: int, *, regions: bool | None = None) -> list[Place]:
        """The places of a link, in the order in which they were added: countries, regions, or (None) both."""
        statement = _PLACE.where(link_places.c.link_number == link_number).order_by(link_places.c.id)
        if regions is not None:
            statement = statement.where(_are_regions() if regions else link_places.c.region == "")
        return [Place(**row._asdict()) for row in self._connection.execute(statement)]

    def present(self, link_numbers: Sequence[int]) -> set[int]:
        """Those of the links that have any."""
        dialect = self._connection.dialect.name
        statement = select(link_places.c.link_number).distinct().where(_AMONG[dialect])
        return set(self._connection.scalars(statement, {"numbers": listed(dialect, link_numbers)}))

    def find_many(self, link_numbers: Sequence[int]) -> dict[int, list[Place]]:
        """The places of each of the links that has any, in the order in which they were added."""
        dialect = self._connection.dialect.name
        statement = _PLACE.add_columns(link_places.c.link_number).where(_AMONG[dialect]).order_by(link_places.c.id)
        found: dict[int, list[Place]] = {}
        for row in self._connection.execute(statement, {"numbers": listed(dialect, link_numbers)}):
            values = row._asdict()
            found.setdefault(values.pop("link_number"), []).append(Place(**values))
        return found

    def save(self, link_number: int, places: Sequence[Place]) -> list[Place]:
        """Adds places, each given once, in their order; one that a link has already is replaced, and keeps its id."""
        rows = [
            {
                "link_number": link_number,
                "country": place.country,
                "region": place.region,
                "original_url": place.original_url,
                "created_at": place.created_at,
            }
            for place in places
        ]
        if rows:
            self._connection.execute(_SAVE[self._connection.dialect.name], rows)
        stored = {(place.country, place.region): place for place in self.search(link_number)}
        return [stored[place.country, place.region] for place in places]

    def replace_all(self, link_number: int, places: Sequence[Place]) -> None:
        """Has a link have these places, each given once, and no others; those that stay as they are keep id and time."""
        wanted = {(place.country, place.region): place for place in places}
        for stored in self.search(link_number):
            place = wanted.get((stored.country, stored.region))
            if place is None:
                self.remove(link_number, stored.country, stored.region)
            elif place.original_url == stored.original_url:
                del wanted[stored.country, stored.region]
        self.save(link_number, tuple(wanted.values()))

    def remove(self, link_number: int, country: str, region: str) -> bool:
        """Removes a place; False when the link has none such."""
        if not is_storable(country) or not is_storable(region):
            return False
        statement = delete(link_places).where(
            link_places.c.link_number == link_number, link_places.c.country == country, link_places.c.region == region
        )
        return self._connection.execute(statement).rowcount == 1


def _are_regions() -> ColumnElement[bool]:
    return link_places.c.region != ""
