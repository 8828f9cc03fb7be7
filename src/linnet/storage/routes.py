"""What route indexes need to know: the change log with the present state of its keys, and everything at once."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, and_, bindparam, delete, func, select, text, true, type_coerce

from linnet.model.domain import Domain
from linnet.model.own_urls import hosts_named, leading_home
from linnet.model.route import (
    DomainChange,
    DomainRoute,
    LinkFields,
    Route,
    RouteChange,
    bare_route,
    domain_route_of,
    route_from,
)
from linnet.storage.database import Database
from linnet.storage.dialects import among, listed
from linnet.storage.domains import COLUMNS as DOMAIN_COLUMNS
from linnet.storage.domains import domain_of
from linnet.storage.link_tables import folders, links
from linnet.storage.prepared import Prepared
from linnet.storage.route_parts import NO_PARTS, AllParts, Parts, has_parts, parts_of
from linnet.storage.tables import changes, domains, users

_ROWS_AT_ONCE: Final = 5_000
_INTEGRATIONS: Final = ("adroll", "fb", "tt", "ga", "gtm")


def _integration(name: str) -> Any:
    """An integration's id: the link's own, or its folder's, or its domain's."""
    ids = (func.nullif(table.c[f"integration_{name}"], "") for table in (links, folders, domains))
    return func.coalesce(*ids)


# What a Route takes, and no more; in the order of ``_route``.
_ROUTE_COLUMNS: Final = (
    links.c.number,
    links.c.domain_id,
    links.c.path_key,
    links.c.original_url,
    links.c.redirect_type,
    links.c.skip_query,
    links.c.title,
    func.coalesce(links.c.cloaking, domains.c.cloaking),
    type_coerce(links.c.expires_at, BigInteger),
    links.c.expired_url,
    links.c.clicks_limit,
    links.c.wildcard_depth,
    links.c.password_hash,
    users.c.email,
    links.c.iphone_url,
    links.c.android_url,
    links.c.split_url,
    links.c.split_percent,
    *map(_integration, _INTEGRATIONS),
)


def _joined(table: Any) -> Any:
    """Links (in ``table``) with what their routes have from elsewhere; the owner only where visitors may ask him."""
    owner = and_(users.c.id == links.c.owner_id, links.c.password_contact == true(), links.c.password_hash.is_not(None))
    joined = table.outerjoin(domains, domains.c.id == links.c.domain_id)
    return joined.outerjoin(folders, folders.c.id == links.c.folder_id).outerjoin(users, owner)


_ALL_ROUTES: Final = select(*_ROUTE_COLUMNS).select_from(_joined(links)).order_by(links.c.number)
_ONE_ROUTE: Final = select(*_ROUTE_COLUMNS).select_from(_joined(links)).where(links.c.number == bindparam("link_number"))
_DOMAIN: Final = select(*DOMAIN_COLUMNS.selected)
_DOMAINS: Final = _DOMAIN.order_by(domains.c.id)
_SOME_DOMAINS: Final = among(domains.c.id, "ids")
_DEPTHS: Final = select(links.c.domain_id, links.c.wildcard_depth).distinct().where(links.c.wildcard_depth.is_not(None))
_SOME_DEPTHS: Final = among(links.c.domain_id, "ids")
_CHANGES: Final = Prepared(
    select(changes.c.sequence, changes.c.domain_id, changes.c.hostname, changes.c.path_key, has_parts(), *_ROUTE_COLUMNS)
    .select_from(
        _joined(
            changes.outerjoin(links, and_(links.c.domain_id == changes.c.domain_id, links.c.path_key == changes.c.path_key))
        )
    )
    .where(changes.c.sequence > bindparam("after"))
    .order_by(changes.c.sequence)
    .limit(bindparam("at_most"))
)
# For this transaction: until PostgreSQL has counted the links, it would read all of them for every few changes.
_KEY_BY_KEY: Final = text("SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)")
# Where they stand in a row of _CHANGES.
_HAS_PARTS, _NUMBER = 4, 5
_HOSTNAMES: Final = select(domains.c.hostname)
_OWN_AMONG: Final = {
    dialect: Prepared(_HOSTNAMES.where(condition)) for dialect, condition in among(domains.c.hostname, "hosts").items()
}
_FIRST: Final = Prepared(select(func.min(changes.c.sequence)))
_LAST: Final = Prepared(select(func.max(changes.c.sequence)))
_TRIM: Final = delete(changes).where(
    changes.c.at < bindparam("before", type_=changes.c.at.type),
    # The last one stays: its number tells followers how far the log went.
    changes.c.sequence < select(func.max(changes.c.sequence)).scalar_subquery(),
)


class RouteStore:
    """The source that followers follow. Each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changes_after(self, sequence: int, limit: int) -> Sequence[RouteChange | DomainChange]:
        """At most ``limit`` changes after ``sequence`` in order, each with the state that its key has now."""
        with self._database.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_KEY_BY_KEY)
            rows = _CHANGES.all(connection, {"after": sequence, "at_most": limit})
            changed = sorted({domain_id for _, domain_id, _, path_key, *_ in rows if path_key is None})
            routes = {route.domain_id: route for route in _domain_routes(connection, changed)} if changed else {}
            composed = sorted({row[_NUMBER] for row in rows if row[_HAS_PARTS]})
            parts = parts_of(connection, composed) if composed else {}
            states = [_route(row[_NUMBER:], parts.get(row[_NUMBER], NO_PARTS)) if row[_NUMBER] else None for row in rows]
            states = _leading_home(connection, states)
        found: list[RouteChange | DomainChange] = []
        for (sequence_number, domain_id, hostname, path_key, *_), state in zip(rows, states, strict=True):
            if path_key is None:
                domain = routes.get(domain_id)
                name = hostname if domain is None else domain.hostname
                found.append(DomainChange(sequence=sequence_number, hostname=name or "", domain=domain))
            else:
                found.append(RouteChange(sequence=sequence_number, domain_id=domain_id, path_key=path_key, route=state))
        return found

    def last_sequence(self) -> int:
        """The newest change's number, 0 when there was never one."""
        with self._database.connect() as connection:
            return _LAST.number(connection) or 0

    def first_sequence(self) -> int | None:
        """The oldest change still kept; who has not seen the one before it may have missed some."""
        with self._database.connect() as connection:
            return _FIRST.number(connection)

    def snapshot(self) -> tuple[int, Iterator[DomainRoute], Iterator[tuple[int, str, Route]]]:
        """The last change's number, all domains, and all routes as (domain id, path key, route), as of one moment.

        The routes are read while they are taken, in a transaction that stays open until they have been, or are forgotten.
        """
        with ExitStack() as stack:
            connection = stack.enter_context(self._database.connect())
            sequence = _LAST.number(connection) or 0
            found = _domain_routes(connection)
            routes = _stream(connection, stack.pop_all())
            # Begun, so that the transaction ends with the iterator even when nobody takes anything from it.
            next(routes)
        return sequence, iter(found), (entry for entry in routes if entry is not None)

    def trim(self, keep: timedelta, now: datetime) -> int:
        """Forgets changes older than ``keep``, but for the last one; how many."""
        with self._database.connect(writing=True) as connection:
            forgotten = connection.execute(_TRIM, {"before": now - keep}).rowcount
            connection.commit()
        return forgotten


def find_route(connection: Connection, link_number: int) -> Route | None:
    """The route of one link, as an index has it."""
    row = connection.execute(_ONE_ROUTE, {"link_number": link_number}).one_or_none()
    if row is None:
        return None
    return _route(row, parts_of(connection, [link_number]).get(link_number, NO_PARTS))


def _stream(connection: Connection, stack: ExitStack) -> Iterator[tuple[int, str, Route] | None]:
    with stack:
        yield None
        streaming = connection.execution_options(stream_results=True, yield_per=_ROWS_AT_ONCE)
        parts = AllParts(streaming)
        own = set(connection.scalars(_HOSTNAMES))
        for row in streaming.execute(_ALL_ROUTES):
            route = _route(row, parts.of(row[0]))
            yield row[1], row[2], leading_home(route, hosts_named(route), own)


def _leading_home(connection: Connection, routes: Sequence[Route | None]) -> list[Route | None]:
    """``routes``, of which those that name one of our own hosts say so. Hosts that wait for their proof are own ones too."""
    dialect = connection.dialect.name
    named = [hosts_named(route) if route is not None else set() for route in routes]
    hosts = frozenset[str]().union(*named)
    found = _OWN_AMONG[dialect].all(connection, {"hosts": listed(dialect, sorted(hosts))}) if hosts else []
    own = {name for (name,) in found}
    return [None if route is None else leading_home(route, hosts, own) for route, hosts in zip(routes, named, strict=True)]


def _route(row: Sequence[Any], parts: Parts) -> Route:
    number, domain_id, _, original_url, redirect_type, skip_query, title, cloaked, *rules = row
    if parts is NO_PARTS and not cloaked and rules.count(None) == len(rules):
        return bare_route(number, domain_id, original_url, redirect_type, skip_query=bool(skip_query))
    own = parts.own()
    expires_at, expired_url, clicks_limit, depth, password_hash, contact, *others = rules
    iphone_url, android_url, split_url, split_percent, *integrations = others
    fields = LinkFields(
        original_url=original_url,
        redirect_type=redirect_type,
        skip_query=bool(skip_query),
        expires_at_ms=None if expires_at is None else expires_at // 1000,
        expired_url=expired_url,
        clicks_limit=clicks_limit,
        depth=depth,
        password_hash=password_hash,
        contact=contact,
        iphone_url=iphone_url,
        android_url=android_url,
        split_url=split_url,
        split_percent=split_percent,
        title=title,
        cloaked=bool(cloaked),
        tracking={name: value for name, value in zip(_INTEGRATIONS, integrations, strict=True) if value is not None},
        places=parts.places(),
        rules=own.rules,
        variants=own.variants,
        opengraph=parts.opengraph(),
    )
    return route_from(number, domain_id, fields)


def _domain_routes(connection: Connection, ids: Sequence[int] | None = None) -> list[DomainRoute]:
    """All domains, or those with the given ids, with the depths of their wildcard links."""
    dialect = connection.dialect.name
    if ids is None:
        rows, pairs = connection.execute(_DOMAINS).all(), connection.execute(_DEPTHS).all()
    else:
        wanted = {"ids": listed(dialect, ids)}
        rows = connection.execute(_DOMAIN.where(_SOME_DOMAINS[dialect]), wanted).all()
        pairs = connection.execute(_DEPTHS.where(_SOME_DEPTHS[dialect]), wanted).all()
    depths: dict[int, list[int]] = {}
    for domain_id, depth in pairs:
        depths.setdefault(domain_id, []).append(depth)
    found: list[Domain] = [domain_of(row) for row in rows]
    # A hostname without its proof might be somebody else's: the edge does not know it.
    return [domain_route_of(domain, tuple(depths.get(domain.id, ()))) for domain in found if domain.verified]
