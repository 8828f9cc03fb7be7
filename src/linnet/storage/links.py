"""Links in the database."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, text, tuple_, update
from sqlalchemy.exc import IntegrityError

from linnet.model.errors import LinkNotFound, PathTaken
from linnet.model.link import Link
from linnet.storage.dialects import PLACEHOLDER, among, is_storable, listed
from linnet.storage.link_reading import IN_DOMAIN, LINK, found, links_in
from linnet.storage.link_rows import DERIVED, FIELDS, numbered, values_of
from linnet.storage.link_tables import link_tags, links
from linnet.storage.permissions import visible_links
from linnet.storage.prepared import Prepared
from linnet.storage.tables import domains

_BY_ID: Final = LINK.where(links.c.id == bindparam("id"))
_BY_NUMBER: Final = LINK.where(links.c.number == bindparam("number"))
# By whether the row is held; SQLite, which has one writer at a time, knows no FOR UPDATE and needs none.
_FIND: Final = {False: Prepared(_BY_ID), True: Prepared(_BY_ID.with_for_update())}
_FIND_BY_NUMBER: Final = {False: Prepared(_BY_NUMBER), True: Prepared(_BY_NUMBER.with_for_update())}
_FIND_BY_PATH: Final = Prepared(IN_DOMAIN.where(links.c.path_key == bindparam("path_key")))
_DEPTHS: Final = (
    select(links.c.wildcard_depth)
    .distinct()
    .where(links.c.domain_id == bindparam("domain_id"), links.c.wildcard_depth.is_not(None))
    .order_by(links.c.wildcard_depth.desc())
)
_PATH_AMONG: Final = among(links.c.path_key, "keys")
_ID_AMONG: Final = among(links.c.id, "ids")
_REMOVE: Final = delete(links).where(links.c.number == bindparam("link_number"))
_REMOVE_TAGS: Final = delete(link_tags).where(link_tags.c.link_number == bindparam("number"))
_OWN_NUMBER_AMONG: Final = among(links.c.number, "numbers")
_REMOVE_MANY: Final = {dialect: delete(links).where(condition) for dialect, condition in _OWN_NUMBER_AMONG.items()}
_SET_ARCHIVED: Final = {
    dialect: update(links).where(condition).values(archived=bindparam("to_archived"), updated_at=bindparam("at"))
    for dialect, condition in _OWN_NUMBER_AMONG.items()
}
_SET_FOLDER: Final = {
    dialect: update(links).where(condition).values(folder_id=bindparam("to_folder"), updated_at=bindparam("at"))
    for dialect, condition in _OWN_NUMBER_AMONG.items()
}
_OF_OWNER: Final = (
    select(links.c.domain_id)
    .where(links.c.domain_id.in_(select(domains.c.id).where(domains.c.owner_id == bindparam("owner_id"))))
    .limit(bindparam("at_most"))
)
_COUNT_OF_OWNER: Final = select(func.count()).select_from(_OF_OWNER.subquery())
# Any number will do that no other lock has: the letters "quot", and the owner behind them.
_LOCK_COUNT: Final = text(f"SELECT pg_advisory_xact_lock({0x71756F74 << 31} + :owner_id)")
_NEXT_NUMBERS: Final = {
    "sqlite": text("SELECT seq FROM sqlite_sequence WHERE name = 'links'"),
    "postgresql": text("SELECT nextval(pg_get_serial_sequence('links', 'number')) FROM generate_series(1, :count)"),
}
_MOST: Final = 2**63 - 1
_STORED: Final = (*FIELDS, *DERIVED)
_PLACE_OF_KEY: Final = _STORED.index("path_key")
_ROW: Final = Prepared(select(*(links.c[name] for name in _STORED)).where(links.c.number == bindparam("number")))
# SQLite's driver has its own, slow way for everything that is not an int, a str or a float: bools and nulls too.
_BOOLEANS: Final = {"sqlite": int, "postgresql": bool}
_INSERT_TAG: Final = (
    insert(link_tags).values({name: bindparam(name) for name in ("link_number", "position", "tag", "domain_id")}).inline()
)


@lru_cache(maxsize=512)
def _insertion(dialect: str, positions: tuple[int, ...]) -> str:
    """The INSERT of the columns at ``positions``, spelled for the driver: null columns are left out, because each costs."""
    columns = ", ".join([_STORED[position] for position in positions])
    values = ", ".join([PLACEHOLDER[dialect]] * len(positions))
    return f"INSERT INTO links ({columns}) VALUES ({values}) ON CONFLICT (domain_id, path_key) DO NOTHING"  # noqa: S608


@lru_cache(maxsize=512)
def _update_of(dialect: str, positions: tuple[int, ...]) -> str:
    """The UPDATE of the columns at ``positions`` of the link with a number, spelled for the driver."""
    mark = PLACEHOLDER[dialect]
    return f"UPDATE links SET {', '.join(f'{_STORED[place]} = {mark}' for place in positions)} WHERE number = {mark}"  # noqa: S608


class Position(NamedTuple):
    """Where a page ended, for the next one to begin behind it."""

    created_at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Links of one page; ``next`` is None on the last one."""

    links: list[Link]
    next: Position | None


class LinkRepository:
    """Links of one unit of work.

    ``path_key`` is ``model.path.path_key`` of the link's path under its domain's case rule; it is the caller's to compute. What
    changes here changes no route by itself: record it in ``changes``.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name
        self._reserved = 0

    def next_numbers(self, count: int) -> Sequence[int]:
        """``count`` fresh numbers, for links that are to be added in this unit of work."""
        if self._dialect == "postgresql":
            return list(self._connection.scalars(_NEXT_NUMBERS["postgresql"], {"count": count}))
        last = max(self._reserved, self._connection.scalar(_NEXT_NUMBERS["sqlite"]) or 0)
        self._reserved = last + count
        return range(last + 1, self._reserved + 1)

    def add(self, link: Link, path_key: str) -> Link:
        """Adds ``link``, its number assigned here when it has none (0); PathTaken when another link has the path.

        After PathTaken the unit of work is usable as before.
        """
        if not link.number and self._dialect == "postgresql":
            link = numbered(link, self.next_numbers(1)[0])
        values = values_of(link, path_key, booleans=_BOOLEANS[self._dialect])
        present = tuple([position for position, value in enumerate(values) if value is not None])
        statement = _insertion(self._dialect, present)
        added = self._connection.exec_driver_sql(statement, tuple([values[position] for position in present]))
        if added.rowcount != 1:
            raise self._path_taken(link, path_key)
        if not link.number:
            link = numbered(link, added.lastrowid)
        if link.tags:
            self._add_tags([link])
        return link

    def add_many(self, rows: Sequence[tuple[Link, str]]) -> list[Link]:
        """Adds many links, each with its path key, in their order; PathTaken, and a unit of work to be given up, when a path
        is taken (so look with ``paths_taken`` first)."""
        if not rows:
            return []
        added = [link for link, _ in rows]
        missing = [position for position, link in enumerate(added) if not link.number]
        if missing:
            for position, number in zip(missing, self.next_numbers(len(missing)), strict=True):
                added[position] = numbered(added[position], number)
        booleans = _BOOLEANS[self._dialect]
        values = [values_of(link, path_key, booleans=booleans) for link, (_, path_key) in zip(added, rows, strict=True)]
        present = tuple(
            [position for position, column in enumerate(zip(*values, strict=True)) if column.count(None) < len(rows)]
        )
        inserted = self._connection.exec_driver_sql(_insertion(self._dialect, present), list(map(itemgetter(*present), values)))
        if inserted.rowcount != len(rows):
            for link, (_, path_key) in zip(added, rows, strict=True):
                other = self.find_by_path(link.domain_id, path_key)
                if other is None or other.number != link.number:
                    raise self._path_taken(link, path_key)
        self._add_tags(added)
        return added

    def save(self, link: Link, path_key: str) -> None:
        """Stores what differs from the link's row; PathTaken when another link has its path, LinkNotFound when it is gone."""
        row = _ROW.one(self._connection, {"number": link.number})
        if row is None:
            raise LinkNotFound("Link not found")
        values = values_of(link, path_key, booleans=_BOOLEANS[self._dialect])
        changed = tuple([place for place, value in enumerate(values) if value != row[place]])
        if _PLACE_OF_KEY in changed and self.find_by_path(link.domain_id, path_key) is not None:
            raise self._path_taken(link, path_key)
        if changed:
            self._update(link, path_key, changed, values)
        if link.tags or row[-1]:
            self._connection.execute(_REMOVE_TAGS, {"number": link.number})
            self._add_tags([link])

    def _update(self, link: Link, path_key: str, changed: tuple[int, ...], values: Sequence[Any]) -> None:
        given = (*(values[place] for place in changed), link.number)
        try:
            # Only a unique path can fail, and only PostgreSQL has writers that look at once.
            with self._connection.begin_nested() if self._dialect == "postgresql" else nullcontext():
                saved = self._connection.exec_driver_sql(_update_of(self._dialect, changed), given)
        except IntegrityError:
            raise self._path_taken(link, path_key) from None
        assert saved.rowcount == 1, "the row was read in this transaction"

    def remove(self, link: Link) -> None:
        """Removes ``link``; its number is never given again. LinkNotFound when it is gone already."""
        if self._connection.execute(_REMOVE, {"link_number": link.number}).rowcount != 1:
            raise LinkNotFound(f"There is no link {link.id}.")

    def remove_many(self, numbers: Sequence[int]) -> None:
        """Removes the links with these numbers, as far as they are there."""
        self._connection.execute(_REMOVE_MANY[self._dialect], {"numbers": listed(self._dialect, numbers)})

    def set_archived(self, numbers: Sequence[int], *, archived: bool, at: datetime) -> None:
        """Archives the links with these numbers, or takes them back; their routes stay as they are."""
        values = {"numbers": listed(self._dialect, numbers), "to_archived": archived, "at": at}
        self._connection.execute(_SET_ARCHIVED[self._dialect], values)

    def set_folder(self, numbers: Sequence[int], folder_id: str | None, at: datetime) -> None:
        """Moves the links with these numbers into a folder, or (None) out of any; what their routes have from it may change."""
        values = {"numbers": listed(self._dialect, numbers), "to_folder": folder_id, "at": at}
        self._connection.execute(_SET_FOLDER[self._dialect], values)

    def find(self, link_id: str, *, hold: bool = False) -> Link | None:
        """The link with this id. ``hold``: until this unit of work ends, others that hold, change or remove it wait, so that
        what is read now stays true while more is written about it."""
        return found(self._connection, _FIND[hold], {"id": link_id}) if is_storable(link_id) else None

    def find_by_number(self, number: int, *, hold: bool = False) -> Link | None:
        return found(self._connection, _FIND_BY_NUMBER[hold], {"number": number}) if 0 < number <= _MOST else None

    def find_many(self, ids: Collection[str], numbers: Collection[int] = (), *, hold: bool = False) -> list[Link]:
        """Links by their ids and by their numbers, as far as they exist, each once, by number; ``hold`` as in ``find``."""
        chosen = or_(_ID_AMONG[self._dialect], _OWN_NUMBER_AMONG[self._dialect])
        statement = LINK.where(chosen).order_by(links.c.number)
        wanted = {
            "ids": listed(self._dialect, [each for each in ids if is_storable(each)]),
            "numbers": listed(self._dialect, [number for number in numbers if 0 < number <= _MOST]),
        }
        rows = self._connection.execute(statement.with_for_update() if hold else statement, wanted).all()
        return links_in(self._connection, rows)

    def find_by_path(self, domain_id: int, path_key: str) -> Link | None:
        if not is_storable(path_key):
            return None
        return found(self._connection, _FIND_BY_PATH, {"domain_id": domain_id, "path_key": path_key})

    def find_by_paths(self, domain_id: int, path_keys: Iterable[str]) -> dict[str, Link]:
        """The links under those of ``path_keys`` that are taken."""
        statement = IN_DOMAIN.add_columns(links.c.path_key).where(_PATH_AMONG[self._dialect])
        keys = [key for key in path_keys if is_storable(key)]
        rows = self._connection.execute(statement, {"domain_id": domain_id, "keys": listed(self._dialect, keys)}).all()
        return {row.path_key: link for row, link in zip(rows, links_in(self._connection, rows), strict=True)}

    def paths_taken(self, domain_id: int, path_keys: Iterable[str]) -> set[str]:
        """Those of ``path_keys`` under which the domain has a link."""
        statement = select(links.c.path_key).where(links.c.domain_id == bindparam("domain_id"), _PATH_AMONG[self._dialect])
        keys = [key for key in path_keys if is_storable(key)]
        return set(self._connection.scalars(statement, {"domain_id": domain_id, "keys": listed(self._dialect, keys)}))

    def search(
        self,
        domain_id: int,
        *,
        limit: int,
        after: Position | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        newest_first: bool = True,
        folder_id: str | None = None,
        link_id: str | None = None,
        visible_to: int | None = None,
    ) -> Page:
        """A page of a domain's links by their time of creation, behind position ``after``.

        ``created_from`` is included, ``created_until`` is not. ``link_id`` leaves only the link with that id, ``visible_to``
        only the links that this user made or was permitted.
        """
        order = (links.c.created_at, links.c.number)
        if not all(is_storable(text) for text in (folder_id, link_id) if text is not None):
            return Page(links=[], next=None)
        statement = LINK.where(links.c.domain_id == domain_id, *visible_links(visible_to)).limit(limit + 1)
        statement = statement.order_by(*(column.desc() if newest_first else column for column in order))
        if after is not None:
            place = tuple_(after.created_at, min(max(after.number, 0), _MOST), types=[column.type for column in order])
            statement = statement.where(tuple_(*order) < place if newest_first else tuple_(*order) > place)
        if created_from is not None:
            statement = statement.where(links.c.created_at >= created_from)
        if created_until is not None:
            statement = statement.where(links.c.created_at < created_until)
        if folder_id is not None:
            statement = statement.where(links.c.folder_id == folder_id)
        if link_id is not None:
            statement = statement.where(links.c.id == link_id)
        rows = self._connection.execute(statement).all()
        page = links_in(self._connection, rows[:limit])
        more = len(rows) > limit and page
        return Page(links=page, next=Position(page[-1].created_at, page[-1].number) if more else None)

    def count(self, domain_id: int, *, created_from: datetime | None = None, created_until: datetime | None = None) -> int:
        """How many links a domain has, or how many of them were created in an interval (end excluded)."""
        statement = select(func.count()).select_from(links).where(links.c.domain_id == domain_id)
        if created_from is not None:
            statement = statement.where(links.c.created_at >= created_from)
        if created_until is not None:
            statement = statement.where(links.c.created_at < created_until)
        return int(self._connection.execute(statement).scalar_one())

    def count_of_owner(self, owner_id: int, *, at_most: int) -> int:
        """How many links the domains that a user registered hold, counted no further than ``at_most``.

        Until this unit of work ends, another that counts the same waits here, so that two do not both fill the last place.
        """
        if self._dialect == "postgresql":
            self._connection.execute(_LOCK_COUNT, {"owner_id": owner_id})
        return int(self._connection.execute(_COUNT_OF_OWNER, {"owner_id": owner_id, "at_most": at_most}).scalar_one())

    def paths(self, domain_id: int, numbers: Collection[int]) -> dict[int, str]:
        """The paths of those of a domain's links that have one of these numbers."""
        statement = select(links.c.number, links.c.path).where(links.c.domain_id == domain_id, _OWN_NUMBER_AMONG[self._dialect])
        rows = self._connection.execute(statement, {"numbers": listed(self._dialect, list(numbers))})
        return {row.number: row.path for row in rows}

    def wildcard_depths(self, domain_id: int) -> tuple[int, ...]:
        """The depths, deepest first, at which a domain has a wildcard link (``model.path.wildcard_depth``)."""
        return tuple(self._connection.scalars(_DEPTHS, {"domain_id": domain_id}))

    def _path_taken(self, link: Link, path_key: str) -> PathTaken:
        other = self.find_by_path(link.domain_id, path_key)
        return PathTaken(
            f"The path '{link.path}' is taken by another link of this domain; choose another path.",
            link_id=other.id if other is not None else "",
        )

    def _add_tags(self, added: Sequence[Link]) -> None:
        rows = [
            {"link_number": link.number, "position": position, "tag": tag, "domain_id": link.domain_id}
            for link in added
            if link.tags
            for position, tag in enumerate(link.tags)
        ]
        if rows:
            self._connection.execute(_INSERT_TAG, rows)
