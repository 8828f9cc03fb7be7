"""The audit log in the database: rows are added and read, never changed."""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, or_, select, union_all

from linnet.model.audit import AuditFilter, Entry, Event
from linnet.storage.audit_tables import audit
from linnet.storage.columns import microseconds
from linnet.storage.dialects import is_storable

_NAMES: Final = ("id", "at", "user_id", "key_id", "team_id", "domain_id", "event", "subject", "address", "details")
_ENTRY: Final = select(*(audit.c[name] for name in _NAMES))
_NEWEST_FIRST: Final = (audit.c.at.desc(), audit.c.id.desc())
# By number: entries of one moment apart, the last one is the newest.
_NEWEST: Final = select(audit.c.at).order_by(audit.c.id.desc()).limit(1)
# How many conditions are asked at once; SQLite takes 500.
_PARTS: Final = 100
EVERYTHING: Final = AuditFilter()
# When an entry was made, and its number: behind it the next page begins.
Position = tuple[datetime, int]
# Spelled for the driver: nearly every transaction adds one.
_COLUMNS: Final = ", ".join(_NAMES[1:])
_ADD: Final = {
    "sqlite": f"INSERT INTO audit ({_COLUMNS}) VALUES ({', '.join(['?'] * 9)})",  # noqa: S608
    "postgresql": f"INSERT INTO audit ({_COLUMNS}) VALUES ({', '.join(['%s'] * 9)})",  # noqa: S608
}


class AuditRepository:
    """The audit log of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, entry: Entry) -> None:
        """Append ``entry``; its number is given here, whatever it says."""
        values = (
            microseconds(entry.at),
            entry.user_id,
            entry.key_id,
            entry.team_id,
            entry.domain_id,
            entry.event.value,
            entry.subject,
            entry.address,
            json.dumps(entry.details, ensure_ascii=False) if entry.details else "{}",
        )
        self._connection.exec_driver_sql(_ADD[self._connection.dialect.name], values)

    def newest(self) -> datetime | None:
        """When the last entry was made, None when there is none."""
        found: datetime | None = self._connection.scalar(_NEWEST)
        return found

    def search(
        self,
        *,
        user_id: int | None,
        domain_ids: Sequence[int],
        team_ids: Sequence[int] = (),
        limit: int,
        only_domain_id: int | None = None,
        only_team_id: int | None = None,
        before: Position | None = None,
        wanted: AuditFilter = EVERYTHING,
    ) -> list[Entry]:
        """Entries, newest first: those that ``user_id`` made (of ``only_domain_id`` or ``only_team_id`` alone, where given),
        and those that concern one of the domains or teams; behind ``before``, and of these the ones that are ``wanted``.

        The times bound what is read; all else is looked for in there."""
        if not is_storable(wanted.text):
            return []
        bounds = [*_bounds(before, wanted.since, wanted.until), *_conditions(wanted)]
        own = [audit.c.domain_id == only_domain_id] if only_domain_id is not None else []
        own += [audit.c.team_id == only_team_id] if only_team_id is not None else []
        parts = [[audit.c.user_id == user_id, *own, *bounds]] if user_id is not None else []
        parts += [[audit.c.team_id == each, *bounds] for each in team_ids]
        parts += [[audit.c.domain_id == each, *bounds] for each in domain_ids]
        found: dict[int, Entry] = {}
        for first in range(0, len(parts), _PARTS):
            entries = self._newest(parts[first : first + _PARTS], limit) + list(found.values())
            entries.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
            found = dict(islice({entry.id: entry for entry in entries}.items(), limit))
        return list(found.values())

    def _newest(self, parts: Sequence[Sequence[ColumnElement[bool]]], limit: int) -> list[Entry]:
        """The newest entries of each part. One condition that joins them all by OR would leave the engines with no index that
        has its rows in order, and read all of them."""
        newest = [select(_ENTRY.where(*part).order_by(*_NEWEST_FIRST).limit(limit).subquery()) for part in parts]
        statement = union_all(*newest)
        return [_entry(row) for row in self._connection.execute(statement)]


def _bounds(before: Position | None, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if before is not None:
        # The first part alone tells the engines where in the index to begin.
        at, number = before
        bounds += [audit.c.at <= at, or_(audit.c.at < at, audit.c.id < number)]
    if since is not None:
        bounds.append(audit.c.at >= since)
    if until is not None:
        bounds.append(audit.c.at < until)
    return bounds


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    named = ((audit.c.user_id, wanted.user_id), (audit.c.key_id, wanted.key_id), (audit.c.team_id, wanted.team_id))
    conditions: list[ColumnElement[bool]] = [column == number for column, number in named if number is not None]
    if wanted.events:
        conditions.append(audit.c.event.in_([event.value for event in wanted.events]))
    if wanted.text:
        parts = (column.icontains(wanted.text, autoescape=True) for column in (audit.c.subject, audit.c.details))
        conditions.append(or_(*parts))
    return conditions


def _entry(row: Any) -> Entry:
    values = row._asdict()
    return Entry(**values | {"event": Event(values["event"]), "details": json.loads(values["details"])})
