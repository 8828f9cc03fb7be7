"""Destinations of links by country and region in the database."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from linnet.model.targeting import Place
from linnet.storage.tables import link_places

_PLACE: Final = select(
    link_places.c.country, link_places.c.region, link_places.c.original_url, link_places.c.id, link_places.c.created_at
)


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

    def count(self, link_number: int) -> int:
        """How many places a link has."""
        statement = select(func.count()).select_from(link_places).where(link_places.c.link_number == link_number)
        return int(self._connection.execute(statement).scalar_one())

    def save(self, link_number: int, places: Sequence[Place]) -> list[Place]:
        """Adds places; one that the link has already is replaced, and gets a new id."""
        saved = []
        for place in places:
            self.remove(link_number, place.country, place.region)
            values: dict[str, Any] = {
                "country": place.country,
                "region": place.region,
                "original_url": place.original_url,
                "created_at": place.created_at,
            }
            statement = insert(link_places).returning(link_places.c.id).values(link_number=link_number, **values)
            saved.append(Place(id=self._connection.execute(statement).scalar_one(), **values))
        return saved

    def remove(self, link_number: int, country: str, region: str) -> bool:
        """Removes a place; False when the link has none such."""
        statement = delete(link_places).where(
            link_places.c.link_number == link_number, link_places.c.country == country, link_places.c.region == region
        )
        return self._connection.execute(statement).rowcount == 1


def _are_regions() -> ColumnElement[bool]:
    return link_places.c.region != ""
