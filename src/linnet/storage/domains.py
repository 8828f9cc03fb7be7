"""Domains in the database."""

import json
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, false, func, or_, select, text, update

from linnet.model.domain import Domain
from linnet.model.errors import DomainTaken
from linnet.model.path import LinkType
from linnet.storage.dialects import insert_ignoring, is_id, is_storable
from linnet.storage.link_tables import links
from linnet.storage.prepared import Columns, Prepared
from linnet.storage.schema import metadata
from linnet.storage.tables import domains

COLUMNS: Final = Columns(domains, (field.name for field in fields(Domain)))
_JSON: Final = ("client_storage", "ip_exclusions", "qr_style", "page_texts")
_SETTINGS: Final = tuple(name for name in COLUMNS.names if name != "id")
_DOMAIN: Final = select(*COLUMNS.selected)
_FIND: Final = Prepared(_DOMAIN.where(domains.c.id == bindparam("id")))
_FIND_BY_HOSTNAME: Final = Prepared(_DOMAIN.where(domains.c.hostname == bindparam("hostname")))
# Two locks that suit each other, and not a change of what path keys depend on; SQLite has one writer at a time anyway.
_FIND_HELD: Final = Prepared(_DOMAIN.where(domains.c.id == bindparam("id")).with_for_update(read=True, key_share=True))
_FIND_BY_HOSTNAME_HELD: Final = Prepared(
    _DOMAIN.where(domains.c.hostname == bindparam("hostname")).with_for_update(read=True, key_share=True)
)
_FIND_LOCKED: Final = Prepared(_DOMAIN.where(domains.c.id == bindparam("id")).with_for_update())
_ADD: Final = insert_ignoring(
    domains, {name: bindparam(name) for name in _SETTINGS}, conflict=("hostname",), returning=domains.c.id
)
_SAVE: Final = (
    update(domains)
    .where(domains.c.id == bindparam("domain_id"))
    .values({name: bindparam(name) for name in _SETTINGS if name not in ("hostname", "increment_counter")})
)
_MOST: Final = 2**31 - 1
# Any number will do that no other lock has: the letters "doms", and the owner behind them.
_LOCK_COUNT: Final = text(f"SELECT pg_advisory_xact_lock({0x646F6D73 << 31} + :owner_id)")
_NEXT_COUNTER: Final = (
    update(domains)
    .where(domains.c.id == bindparam("domain_id"))
    .values(increment_counter=domains.c.increment_counter + 1)
    .returning(domains.c.increment_counter)
)


class DomainRepository:
    """Domains of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, domain: Domain) -> Domain:
        """A new domain, its id assigned here whatever ``domain`` says; DomainTaken when the hostname is registered."""
        statement = _ADD[self._connection.dialect.name]
        number = self._connection.scalar(statement, _values(domain))
        if number is None:
            raise DomainTaken(f"The domain {domain.hostname} is already registered here.", field="hostname")
        return replace(domain, id=number)

    def save(self, domain: Domain) -> None:
        """Stores the domain's settings; its hostname stays, and its counter moves only in ``next_counter``."""
        values = _values(domain)
        del values["hostname"], values["increment_counter"]
        self._connection.execute(_SAVE, values | {"domain_id": domain.id})

    def save_check(self, domain: Domain) -> None:
        """Stores what a check found: the state, when, and whether the domain is verified."""
        values = {"state": domain.state, "verified": domain.verified, "checked_at": domain.checked_at}
        self._connection.execute(update(domains).where(domains.c.id == domain.id).values(values))

    def find(self, domain_id: int, *, hold: bool = False) -> Domain | None:
        """The domain; ``hold``: nobody locks it before this unit of work ends, so that its case rule stays."""
        statement = _FIND_HELD if hold else _FIND
        return _found(statement.one(self._connection, {"id": domain_id})) if is_id(domain_id) else None

    def lock(self, domain_id: int) -> Domain | None:
        """The domain, which nobody else changes or holds before this unit of work ends."""
        return _found(_FIND_LOCKED.one(self._connection, {"id": domain_id})) if is_id(domain_id) else None

    def find_by_hostname(self, hostname: str, *, hold: bool = False) -> Domain | None:
        """The domain with this hostname, which is lower-case punycode; ``hold`` as in ``find``."""
        if not is_storable(hostname):
            return None
        statement = _FIND_BY_HOSTNAME_HELD if hold else _FIND_BY_HOSTNAME
        return _found(statement.one(self._connection, {"hostname": hostname}))

    def link_counts(self, domain_ids: Sequence[int], *, at_most: int) -> dict[int, int]:
        """How many links each of the domains has, counted no further than ``at_most``."""
        counts: dict[int, int] = {}
        for domain_id in domain_ids:
            some = select(links.c.number).where(links.c.domain_id == domain_id).limit(at_most).subquery()
            counts[domain_id] = int(self._connection.execute(select(func.count()).select_from(some)).scalar_one())
        return counts

    def has_links(self, domain_id: int) -> bool:
        """Whether the domain has a link at all."""
        return self._connection.scalar(select(links.c.number).where(links.c.domain_id == domain_id).limit(1)) is not None

    def remove(self, domain_id: int) -> None:
        """Removes the domain, which has no link any more, with the rows of all other tables that name it."""
        for table in reversed(metadata.sorted_tables):
            for key in table.foreign_keys:
                # What goes with the domain by itself is left to the database.
                if key.column.table is domains and table is not links and key.ondelete is None:
                    self._connection.execute(delete(table).where(key.parent == domain_id))
        self._connection.execute(delete(domains).where(domains.c.id == domain_id))

    def unchecked_since(self, moment: datetime, *, limit: int) -> list[Domain]:
        """Domains whose last check was before ``moment``, those that never had one first."""
        statement = (
            _DOMAIN.where(or_(domains.c.checked_at.is_(None), domains.c.checked_at < moment))
            .order_by(domains.c.checked_at.is_not(None), domains.c.checked_at, domains.c.id)
            .limit(limit)
        )
        return [domain_of(row) for row in self._connection.execute(statement)]

    def search(
        self,
        *,
        owner_id: int | None = None,
        team_ids: Sequence[int] = (),
        pattern: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[Domain]:
        """Domains by id: those of an owner (in no team) and of teams (without ``owner_id`` and teams: all), those whose
        hostname holds ``pattern``."""
        statement = _DOMAIN.order_by(domains.c.id).limit(limit).offset(min(offset, _MOST))
        if owner_id is not None or team_ids:
            own = and_(domains.c.owner_id == owner_id, domains.c.team_id.is_(None)) if owner_id is not None else false()
            statement = statement.where(or_(own, domains.c.team_id.in_(team_ids)))
        if pattern is not None and not is_storable(pattern):
            return []
        if pattern:
            statement = statement.where(domains.c.hostname.contains(pattern.lower(), autoescape=True))
        return [domain_of(row) for row in self._connection.execute(statement)]

    def retentions(self) -> dict[int, int]:
        """After how many days clicks are kept as sums only, by the id of each domain that says so."""
        days = domains.c.click_retention_days
        rows = self._connection.execute(select(domains.c.id, days).where(days.is_not(None)))
        return {row.id: row.click_retention_days for row in rows}

    def count(self, owner_id: int) -> int:
        """How many domains a user registered. Until this unit of work ends, another that counts the same waits here, so that
        two do not both take the last place."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK_COUNT, {"owner_id": owner_id})
        statement = select(func.count()).select_from(domains).where(domains.c.owner_id == owner_id)
        return int(self._connection.execute(statement).scalar_one())

    def count_in(self, team_ids: Collection[int]) -> dict[int, int]:
        """How many domains teams have, by team; none for those without."""
        counted = select(domains.c.team_id, func.count()).where(domains.c.team_id.in_(team_ids))
        return {row[0]: row[1] for row in self._connection.execute(counted.group_by(domains.c.team_id))}

    def next_counter(self, domain_id: int) -> int:
        """The next value of the domain's increment counter, from 1; no two transactions get the same one."""
        return int(self._connection.execute(_NEXT_COUNTER, {"domain_id": domain_id}).scalar_one())


def _values(domain: Domain) -> dict[str, Any]:
    values = {name: getattr(domain, name) for name in _SETTINGS}
    return values | {name: json.dumps(values[name]) for name in _JSON}


def _found(row: Sequence[Any] | None) -> Domain | None:
    return None if row is None else domain_of(row)


def domain_of(row: Sequence[Any]) -> Domain:
    """The domain of a row that holds COLUMNS."""
    return _domain(tuple(row))


@lru_cache(1024)
def _domain(row: tuple[Any, ...]) -> Domain:
    # Nearly every request reads a domain, and nearly always an unchanged one.
    values = dict(zip(COLUMNS.names, COLUMNS.values(row), strict=True))
    values["link_type"] = LinkType(values["link_type"])
    values |= {name: json.loads(values[name]) for name in _JSON}
    values["ip_exclusions"] = tuple(values["ip_exclusions"])
    return Domain(**values)
