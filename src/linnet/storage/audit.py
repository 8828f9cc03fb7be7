"""The audit log in the database: rows are added and read, never changed."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select

from linnet.model.audit import Entry, Event
from linnet.storage.tables import audit, microseconds

_NAMES: Final = ("id", "at", "user_id", "key_id", "team_id", "domain_id", "event", "subject", "address", "details")
_ENTRY: Final = select(*(audit.c[name] for name in _NAMES))
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

    def search(
        self,
        *,
        user_id: int | None,
        domain_ids: Sequence[int],
        team_ids: Sequence[int] = (),
        limit: int,
        before: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Entry]:
        """Entries, newest first, that ``user_id`` made or that concern one of the domains or teams; those with a number below
        ``before``, from ``since`` (included) to ``until`` (excluded)."""
        seen: list[ColumnElement[bool]] = [audit.c.domain_id.in_(domain_ids), audit.c.team_id.in_(team_ids)]
        if user_id is not None:
            seen.append(audit.c.user_id == user_id)
        statement = _ENTRY.where(or_(*seen)).order_by(audit.c.id.desc()).limit(bindparam("at_most"))
        if before is not None:
            statement = statement.where(audit.c.id < before)
        if since is not None:
            statement = statement.where(audit.c.at >= since)
        if until is not None:
            statement = statement.where(audit.c.at < until)
        return [_entry(row) for row in self._connection.execute(statement, {"at_most": limit})]


def _entry(row: Any) -> Entry:
    values = row._asdict()
    return Entry(**values | {"event": Event(values["event"]), "details": json.loads(values["details"])})
