"""Imports of links in the database: the jobs, the parts of their files, and the rows that were refused."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from linnet.model.link_import import AT_WORK, ImportState, LinkImport, Outcome, RowProblem
from linnet.storage.dialects import is_id
from linnet.storage.import_tables import link_import_parts, link_import_problems, link_imports

_NAMES: Final = tuple(each.name for each in fields(LinkImport))
_IMPORT: Final = select(*(link_imports.c[name] for name in _NAMES))
_JSON: Final = ("wish", "sample")
_COUNTS: Final = {outcome: outcome.value for outcome in Outcome}


class LinkImportRepository:
    """Imports of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, job: LinkImport) -> int:
        """A new import, which gets a number."""
        values = {name: value for name, value in _values(job).items() if name != "id"}
        statement = insert(link_imports).values(values).returning(link_imports.c.id)
        return int(self._connection.execute(statement).scalar_one())

    def find(self, import_id: int, *, hold: bool = False) -> LinkImport | None:
        if not is_id(import_id):
            return None
        statement = _IMPORT.where(link_imports.c.id == import_id)
        row = self._connection.execute(statement.with_for_update() if hold else statement).one_or_none()
        return None if row is None else _import(row)

    def search(self, user_id: int, domain_id: int) -> list[LinkImport]:
        """A person's imports into a domain, newest first."""
        own = link_imports.c.user_id == user_id, link_imports.c.domain_id == domain_id
        rows = self._connection.execute(_IMPORT.where(*own).order_by(link_imports.c.id.desc())).all()
        return [_import(row) for row in rows]

    def count(self, user_id: int) -> int:
        """How many imports a person has."""
        statement = select(func.count()).select_from(link_imports).where(link_imports.c.user_id == user_id)
        return int(self._connection.execute(statement).scalar_one())

    def save(self, job: LinkImport) -> None:
        """Stores what is new of an import, which nobody has in hand from now on."""
        values = _values(job) | {"leased_until": None}
        self._connection.execute(update(link_imports).where(link_imports.c.id == job.id).values(values))

    def any_at_work(self) -> bool:
        """Whether there is an import to go on with."""
        at_work = link_imports.c.state.in_([each.value for each in AT_WORK])
        return self._connection.execute(select(link_imports.c.id).where(at_work).limit(1)).one_or_none() is not None

    def lease(self, now: datetime, until: datetime, import_id: int | None = None) -> LinkImport | None:
        """The import that has waited longest of those at work that nobody has in hand, or this one if it is such; it is in the
        caller's until then."""
        free = or_(link_imports.c.leased_until.is_(None), link_imports.c.leased_until < now)
        waiting = _IMPORT.where(link_imports.c.state.in_([each.value for each in AT_WORK]), free).order_by(link_imports.c.id)
        if import_id is not None:
            waiting = waiting.where(link_imports.c.id == import_id)
        row = self._connection.execute(waiting.limit(1).with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        self._connection.execute(update(link_imports).where(link_imports.c.id == row.id).values(leased_until=until))
        return _import(row)

    def advance(self, job: LinkImport, last: int, outcomes: dict[Outcome, int], until: datetime, now: datetime) -> bool:
        """Notes that rows up to ``last`` are done, if the import is as ``job`` has it; False when somebody else went on."""
        same = and_(link_imports.c.id == job.id, link_imports.c.done == job.done, link_imports.c.state == job.state.value)
        counts = {name: link_imports.c[name] + outcomes.get(outcome, 0) for outcome, name in _COUNTS.items()}
        values = {"done": last, "leased_until": until, "changed_at": now, **counts}
        return self._connection.execute(update(link_imports).where(same).values(values)).rowcount == 1

    def save_sample(self, import_id: int, sample: Sequence[dict[str, Any]]) -> None:
        """Stores the first rows as they were understood."""
        values = {"sample": json.dumps(sample, ensure_ascii=False)}
        self._connection.execute(update(link_imports).where(link_imports.c.id == import_id).values(values))

    def remove(self, import_id: int) -> None:
        """Removes an import with its file."""
        self._connection.execute(delete(link_imports).where(link_imports.c.id == import_id))

    def remove_old(self, before: datetime, idle_before: datetime, *, limit: int) -> int:
        """Removes imports that were begun before a moment and are not at work; how many. What has not moved since
        ``idle_before`` is not at work."""
        idle = or_(link_imports.c.state.not_in([each.value for each in AT_WORK]), link_imports.c.changed_at < idle_before)
        old = select(link_imports.c.id).where(link_imports.c.created_at < before, idle).limit(limit)
        return self._connection.execute(delete(link_imports).where(link_imports.c.id.in_(old))).rowcount

    def add_part(self, import_id: int, number: int, content: bytes) -> None:
        """A part of the file, from 0."""
        values = {"import_id": import_id, "number": number, "content": content}
        self._connection.execute(insert(link_import_parts).values(values))

    def part(self, import_id: int, number: int) -> bytes | None:
        """A part of the file, None behind the last one."""
        its_row = link_import_parts.c.import_id == import_id, link_import_parts.c.number == number
        return self._connection.execute(select(link_import_parts.c.content).where(*its_row)).scalar_one_or_none()

    def add_problems(self, import_id: int, problems: Sequence[RowProblem]) -> None:
        if problems:
            rows = [{"import_id": import_id, **asdict(problem)} for problem in problems]
            self._connection.execute(insert(link_import_problems), rows)

    def problems(self, import_id: int, *, after: int = 0, limit: int) -> list[RowProblem]:
        """The rows that were refused, in their order, behind the row ``after``."""
        table = link_import_problems.c
        statement = (
            select(*(table[each.name] for each in fields(RowProblem)))
            .where(table.import_id == import_id, table.row > after)
            .order_by(table.row)
            .limit(limit)
        )
        return [RowProblem(**row._asdict()) for row in self._connection.execute(statement)]

    def forget_problems(self, import_id: int) -> None:
        self._connection.execute(delete(link_import_problems).where(link_import_problems.c.import_id == import_id))


def lease_until(now: datetime) -> datetime:
    """Until when an import is in hand without a sign of life: longer than a portion takes, of which some
    passwords are hashed."""
    return now + timedelta(seconds=12)


def _values(job: LinkImport) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in _NAMES}
    return values | {name: json.dumps(values[name], ensure_ascii=False) for name in _JSON} | {"state": job.state.value}


def _import(row: Row[Any]) -> LinkImport:
    values = row._asdict()
    values |= {name: json.loads(values[name]) for name in _JSON}
    return LinkImport(**values | {"state": ImportState(values["state"])})
