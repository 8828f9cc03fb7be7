"""Links that were removed and can be restored, in the database: each whole, with all rows that belonged to it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Select, bindparam, delete, func, insert, select, true, tuple_, type_coerce

from linnet.model.link import Link
from linnet.model.removal import Reason, RemovedLink
from linnet.storage.columns import Moment, moment
from linnet.storage.dialects import among, is_storable, listed
from linnet.storage.link_rows import record_of, recorded
from linnet.storage.link_tables import link_permissions, link_tags, links, removed_links
from linnet.storage.schema import metadata
from linnet.storage.tables import domains, users

# Every table whose rows go with their link; tags are fields of the link itself.
_TABLES: Final = tuple(
    table
    for table in metadata.sorted_tables
    if table is not link_tags and any(key.column.table is links for key in table.foreign_keys)
)
_ROWS: Final[tuple[Select[Any], ...]] = tuple(
    select(*(type_coerce(each, BigInteger) if isinstance(each.type, Moment) else each for each in table.c)).order_by(
        *table.primary_key.columns
    )
    for table in _TABLES
)
_AMONG: Final = tuple(among(table.c.link_number, "numbers") for table in _TABLES)
_REMOVED: Final = select(removed_links.c.record, removed_links.c.removed_at, removed_links.c.reason)
_MOST: Final = 2**63 - 1
_NUMBER_AND_DOMAIN: Final = select(links.c.number, links.c.domain_id).limit(bindparam("at_most"))
_PAST_TTL: Final = _NUMBER_AND_DOMAIN.where(links.c.delete_at <= bindparam("now", type_=links.c.delete_at.type))
# Domain by domain, so that links which expired where they stay are never read.
_PAST_EXPIRY: Final = _NUMBER_AND_DOMAIN.where(
    links.c.domain_id.in_(select(domains.c.id).where(domains.c.purge_expired_links == true())),
    links.c.expires_at <= bindparam("now", type_=links.c.expires_at.type),
)


class RemovedLinkRepository:
    """Removed links of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def keep(self, removed: Sequence[tuple[Link, Reason]], at: datetime) -> None:
        """Keep what belongs to links that are about to be removed in this unit of work."""
        if not removed:
            return
        rows = self._rows([link.number for link, _ in removed])
        kept = [
            {
                "number": link.number,
                "id": link.id,
                "domain_id": link.domain_id,
                "owner_id": link.owner_id,
                "path": link.path,
                "removed_at": at,
                "reason": reason.value,
                "record": json.dumps({"link": record_of(link), "rows": rows.get(link.number, {})}, ensure_ascii=False),
            }
            for link, reason in removed
        ]
        self._connection.execute(insert(removed_links), kept)

    def find(self, wanted: str | int, *, hold: bool = False) -> RemovedLink | None:
        """The removed link with an id or a number; ``hold``: nobody else restores it before this unit of work ends."""
        if isinstance(wanted, str):
            condition = removed_links.c.id == wanted if is_storable(wanted) else None
        else:
            condition = removed_links.c.number == wanted if 0 < wanted <= _MOST else None
        if condition is None:
            return None
        statement = _REMOVED.where(condition)
        row = self._connection.execute(statement.with_for_update() if hold else statement).one_or_none()
        return None if row is None else _removed(row)

    def records(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The records (``link_rows.record_of``) of those removed links that have one of these ids."""
        condition = among(removed_links.c.id, "ids")[self._dialect]
        statement = select(removed_links.c.id, removed_links.c.record).where(condition)
        rows = self._connection.execute(statement, {"ids": listed(self._dialect, ids)})
        return {row.id: json.loads(row.record)["link"] for row in rows}

    def search(
        self,
        domain_id: int,
        *,
        limit: int,
        since: datetime,
        before: tuple[datetime, int] | None = None,
        owner_id: int | None = None,
    ) -> list[RemovedLink]:
        """Links of a domain that were removed after ``since``, the last one first, behind the position ``before`` (when it was
        removed, and its number); with ``owner_id`` those alone that this user made."""
        order = (removed_links.c.removed_at, removed_links.c.number)
        statement = _REMOVED.where(removed_links.c.domain_id == domain_id, removed_links.c.removed_at > since)
        if owner_id is not None:
            statement = statement.where(removed_links.c.owner_id == owner_id)
        if before is not None:
            at, number = before
            place = tuple_(at, min(max(number, 0), _MOST), types=[column.type for column in order])
            statement = statement.where(tuple_(*order) < place)
        statement = statement.order_by(*(column.desc() for column in order)).limit(limit)
        return [_removed(row) for row in self._connection.execute(statement)]

    def put_back(self, removed: RemovedLink) -> None:
        """Store the rows that belonged to a removed link, which is itself in the database again; its copy here goes.

        What names somebody who is not there any more stays away.
        """
        number = removed.link.number
        for table in _TABLES:
            rows = [_values(table.c, row) for row in removed.rows.get(table.name, ())]
            if table is link_permissions and rows:
                ids = select(users.c.id).where(users.c.id.in_([row["user_id"] for row in rows]))
                there = set(self._connection.scalars(ids))
                rows = [row for row in rows if row["user_id"] in there]
            if rows:
                self._connection.execute(insert(table), rows)
        self._connection.execute(delete(removed_links).where(removed_links.c.number == number))

    def due(self, now: datetime, *, limit: int) -> list[tuple[int, int]]:
        """Numbers and domains of at most ``limit`` links that housekeeping has to remove (``reason_to_remove``)."""
        found: dict[int, int] = {}
        for statement in (_PAST_TTL, _PAST_EXPIRY):
            rows = self._connection.execute(statement, {"now": now, "at_most": limit - len(found)})
            found.update((number, domain_id) for number, domain_id in rows)
        return list(found.items())

    def forget(self, before: datetime, *, limit: int) -> int:
        """Remove for good at most ``limit`` links that were removed until ``before``; how many."""
        chosen = select(removed_links.c.number).where(removed_links.c.removed_at <= before).limit(limit)
        return self._forget(chosen)

    def forget_of(self, domain_id: int) -> None:
        """Remove for good all removed links of a domain."""
        self._connection.execute(delete(removed_links).where(removed_links.c.domain_id == domain_id))

    def domains_beyond(self, most: int) -> list[int]:
        """The domains that have more than ``most`` removed links."""
        statement = select(removed_links.c.domain_id).group_by(removed_links.c.domain_id).having(func.count() > most)
        return list(self._connection.scalars(statement))

    def forget_beyond(self, domain_id: int, most: int, *, limit: int) -> int:
        """Remove for good at most ``limit`` links of a domain that were removed before its last ``most``; how many."""
        order = (removed_links.c.removed_at.desc(), removed_links.c.number.desc())
        chosen = select(removed_links.c.number).where(removed_links.c.domain_id == domain_id).order_by(*order)
        return self._forget(chosen.offset(most).limit(limit))

    def _forget(self, chosen: Select[Any]) -> int:
        numbers = list(self._connection.scalars(chosen))
        if not numbers:
            return 0
        condition = among(removed_links.c.number, "numbers")[self._dialect]
        parameters = {"numbers": listed(self._dialect, numbers)}
        return self._connection.execute(delete(removed_links).where(condition), parameters).rowcount

    def _rows(self, numbers: Sequence[int]) -> dict[int, dict[str, list[dict[str, Any]]]]:
        found: dict[int, dict[str, list[dict[str, Any]]]] = {}
        parameters = {"numbers": listed(self._dialect, numbers)}
        for table, statement, condition in zip(_TABLES, _ROWS, _AMONG, strict=True):
            names = [column.name for column in table.c]
            for values in self._connection.execute(statement.where(condition[self._dialect]), parameters):
                row = dict(zip(names, values, strict=True))
                found.setdefault(row["link_number"], {}).setdefault(table.name, []).append(row)
        return found


def _removed(row: Any) -> RemovedLink:
    record = json.loads(row.record)
    return RemovedLink(link=recorded(record["link"]), removed_at=row.removed_at, reason=Reason(row.reason), rows=record["rows"])


def _values(columns: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a kept row for an INSERT, as far as the table has its columns still."""
    return {
        column.name: moment(row[column.name]) if isinstance(column.type, Moment) else row[column.name]
        for column in columns
        if column.name in row
    }
