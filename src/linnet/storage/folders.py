"""Folders in the database."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from linnet.model.grouping import Folder
from linnet.storage.dialects import among, is_storable, listed
from linnet.storage.link_tables import folders, links

_FOLDER: Final = select(*(folders.c[field.name] for field in fields(Folder)))
_NUMBER_AMONG: Final = among(links.c.number, "numbers")
_NUMBERED: Final = {
    dialect: select(links.c.number, links.c.folder_id).where(
        links.c.domain_id == bindparam("domain_id"), links.c.folder_id.is_not(None), condition
    )
    for dialect, condition in _NUMBER_AMONG.items()
}


class FolderRepository:
    """Folders of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, folder: Folder) -> None:
        """A new folder, under the id that it brings."""
        self._connection.execute(insert(folders).values(asdict(folder)))

    def save(self, folder: Folder) -> None:
        """Stores what is new of a folder that is there."""
        values = {name: value for name, value in asdict(folder).items() if name not in ("id", "domain_id")}
        statement = update(folders).where(folders.c.domain_id == folder.domain_id, folders.c.id == folder.id)
        self._connection.execute(statement.values(values))

    def remove(self, folder: Folder) -> None:
        """Removes a folder in which no links are."""
        self._connection.execute(delete(folders).where(folders.c.domain_id == folder.domain_id, folders.c.id == folder.id))

    def find(self, domain_id: int, folder_id: str) -> Folder | None:
        """The folder of this domain with that id."""
        if not is_storable(folder_id):
            return None
        statement = _FOLDER.where(folders.c.domain_id == domain_id, folders.c.id == folder_id)
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else Folder(**row._asdict())

    def search(self, domain_id: int) -> list[Folder]:
        """All folders of a domain, by name."""
        statement = _FOLDER.where(folders.c.domain_id == domain_id).order_by(folders.c.name, folders.c.id)
        return [Folder(**row._asdict()) for row in self._connection.execute(statement)]

    def names(self, domain_id: int) -> dict[str, str]:
        """The names of a domain's folders by their ids, without what else is stored of them."""
        statement = select(folders.c.id, folders.c.name).where(folders.c.domain_id == domain_id)
        return {row.id: row.name for row in self._connection.execute(statement)}

    def link_numbers(self, domain_id: int, folder_ids: Collection[str], *, limit: int) -> list[int]:
        """The numbers of at most ``limit`` of a domain's links that are in one of its folders with these ids."""
        statement = select(links.c.number).where(links.c.domain_id == domain_id, links.c.folder_id.in_(folder_ids)).limit(limit)
        return list(self._connection.scalars(statement))

    def of_links(self, domain_id: int, numbers: Sequence[int]) -> dict[int, str]:
        """The ids of the folders of those of a domain's links that have one of these numbers and are in a folder."""
        dialect = self._connection.dialect.name
        bound = {"domain_id": domain_id, "numbers": listed(dialect, numbers)}
        return {row.number: row.folder_id for row in self._connection.execute(_NUMBERED[dialect], bound)}

    def count(self, domain_id: int) -> int:
        """How many folders a domain has."""
        statement = select(func.count()).select_from(folders).where(folders.c.domain_id == domain_id)
        return int(self._connection.execute(statement).scalar_one())

    def logo_size(self, domain_id: int) -> int:
        """How many characters the logos of a domain's folders have in all."""
        statement = select(func.coalesce(func.sum(func.length(folders.c.logo_url)), 0)).where(folders.c.domain_id == domain_id)
        return int(self._connection.execute(statement).scalar_one())
