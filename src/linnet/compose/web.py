"""A web worker: the edge, the API and the dashboard in one process, on a listening socket that it inherits."""

import asyncio
import functools
import gc
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import lmdb
import structlog
import uvicorn
import uvloop
from litestar.concurrency import set_asyncio_executor

from linnet.actions.keys import Authenticator
from linnet.clicks.journal import JournalWriter
from linnet.clicks.journal_size import JournalSize
from linnet.compose.application import build_applications, live_clicks
from linnet.compose.descriptors import max_connections
from linnet.compose.explaining import https_port, own_ports
from linnet.compose.follow import publisher
from linnet.compose.journal_limit import JournalLimit
from linnet.compose.listening import BACKLOG, LOOK_SECONDS, Neighbours
from linnet.compose.metrics import EdgeMetrics
from linnet.compose.names import postman_of
from linnet.compose.places import Places, Secrets, load_secrets
from linnet.edge.application import EdgeApplication
from linnet.edge.attempts import PasswordAttempts
from linnet.edge.blocked import BlockGuard
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import VisitorFacts
from linnet.edge.follower import Follower
from linnet.edge.hosts import admin_hosts, host_names
from linnet.edge.options import EdgeOptions
from linnet.edge.password import PasswordForms
from linnet.edge.protocol import EdgeProtocol, protocol_class
from linnet.edge.rates import NodeAttempts, NodeRates
from linnet.edge.routes import RouteIndex
from linnet.edge.visit import Edge
from linnet.network.harmful import HarmfulHosts, HarmfulIndex
from linnet.settings import Settings
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from linnet.visitor.address import is_trusted
from linnet.visitor.geo import GeoLookup

_DRAIN_SECONDS = 20
_ROTATE_SECONDS = 60
_API_THREADS = 32
# How long a quiet connection is kept when there is little room for more.
_CROWDED_SECONDS = 5
_log = structlog.get_logger("linnet.web")


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handling, which would end the process before the journal is closed. ``ending`` is
    called when it is to stop, to end what has no end of its own."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True
        self._ending()

    def neighbours_at(self, listeners: Sequence[socket.socket]) -> Neighbours:
        """Those at ``listeners``, for whom this server may accept connections as its own."""

        def make_protocol() -> asyncio.Protocol:
            make: Any = self.config.http_protocol_class
            protocol: asyncio.Protocol = make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
            return protocol

        return Neighbours(listeners, make_protocol)


def serve(settings: Settings, *, descriptor: int, others: Sequence[int]) -> None:
    """Serve on the inherited socket, and help at those of the ``others``, until SIGTERM; open connections are drained, and
    their clicks are in the journal."""
    _tune_interpreter()
    places = Places(settings.data_dir)
    secrets = load_secrets(places)
    database = Database(settings.database_url)
    index = RouteIndex(places.routes)
    counters = NodeCounters(places.counters)
    rates, attempts = NodeRates(places.rates), NodeAttempts(places.attempts)
    follower = Follower(RouteStore(database), index)
    journal = JournalWriter(
        places.journal, node=secrets.node, fsync=settings.journal_fsync, segment_bytes=settings.journal_segment_bytes
    )
    facts = VisitorFacts(settings.trusted_proxies, functools.partial(GeoLookup, settings.geo_city, settings.geo_country))
    harmful = HarmfulHosts(HarmfulIndex(places.harmful)) if settings.block_list else None
    blocked = BlockGuard(harmful, settings.abuse_email) if harmful is not None else None
    edge = Edge(index, counters, journal, _edge_options(settings, secrets), facts, blocked=blocked)
    trusts = functools.lru_cache(4096)(functools.partial(_trusts, settings))
    authenticator = Authenticator(database)
    live = live_clicks(settings, places, database)
    postman = postman_of(settings)
    publish = publisher(follower)
    admin, api = build_applications(
        settings, places, secrets, database, counters, rates, authenticator, publish, facts, harmful, index, live, postman
    )
    passwords = PasswordForms(edge, PasswordAttempts(attempts.passwords), secrets.unlock_key)
    config = _config(
        EdgeApplication(edge, admin, api, trusts, passwords), protocol_class(edge, trusts, max_connections()), settings
    )
    # The API's threads may all wait for a locked database; health checks and the journal's fsync have the loop's own ones.
    set_asyncio_executor(ThreadPoolExecutor(_API_THREADS, thread_name_prefix="api"))
    server = _Server(config, live.end)
    listener = socket.socket(fileno=descriptor)
    neighbours = server.neighbours_at([socket.socket(fileno=other) for other in others])
    upkeep = _Upkeep(server, edge, journal, authenticator, rates, attempts, settings)
    try:
        uvloop.run(_run(server, listener, neighbours, upkeep.run))
    finally:
        journal.close()
        if postman is not None:
            postman.close()
        authenticator.write_uses()
        counters.close()
        rates.close()
        attempts.close()
        index.close()
        if harmful is not None:
            harmful.close()
        database.close()


def _tune_interpreter() -> None:
    # A thread of the API must not hold up the edge for long (the default is 5 ms).
    sys.setswitchinterval(0.001)
    # Start-up made hundreds of thousands of objects that stay; bulk calls make many that do not. Neither is worth a search.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _edge_options(settings: Settings, secrets: Secrets) -> EdgeOptions:
    return EdgeOptions(
        admin_hosts=admin_hosts(settings.admin_host),
        api_hosts=host_names(settings.api_hosts),
        orphans_per_second=settings.orphan_clicks_per_second,
        click_key=secrets.click_key,
        own_ports=own_ports(settings),
        unlock_key=secrets.unlock_key,
        https_port=https_port(settings),
        honour_opt_out=settings.honour_opt_out,
    )


def _config(application: EdgeApplication, protocol: type[EdgeProtocol], settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        backlog=BACKLOG,
    )


async def _run(
    server: _Server, listener: socket.socket, neighbours: Neighbours, upkeep: Callable[[], Coroutine[None, None, None]]
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    tasks = [asyncio.create_task(upkeep()), asyncio.create_task(_look_after(neighbours, server))]
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in tasks:
            task.cancel()
        neighbours.close()


async def _look_after(neighbours: Neighbours, server: _Server) -> None:
    while not server.should_exit:
        await asyncio.sleep(LOOK_SECONDS)
        await neighbours.look()
    neighbours.leave()


class _Upkeep:
    """What a web worker does once a second."""

    def __init__(
        self,
        server: _Server,
        edge: Edge,
        journal: JournalWriter,
        authenticator: Authenticator,
        rates: NodeRates,
        attempts: NodeAttempts,
        settings: Settings,
    ) -> None:
        self._server = server
        self._edge = edge
        self._journal = journal
        self._authenticator = authenticator
        self._windows = (rates, attempts)
        self._settings = settings
        self._metrics = EdgeMetrics()
        size, max_bytes = JournalSize(Places(settings.data_dir).journal), settings.journal_max_bytes
        shown = self._metrics.journal_bytes, self._metrics.journal_max_bytes
        self._limit = JournalLimit(size, journal, max_bytes, *shown)
        self._rotated_at = time.monotonic()

    async def run(self) -> None:
        """Close idle connections, force the journal to disk, rotate it, forget old windows, show the metrics; for ever."""
        while True:
            await asyncio.sleep(1.0)
            await self._close_quiet_connections()
            if self._settings.journal_fsync == "second":
                await asyncio.to_thread(self._journal.sync)
            if await asyncio.to_thread(self._limit.look):
                self._journal.rotate()
            if time.monotonic() - self._rotated_at > _ROTATE_SECONDS:
                self._rotated_at = time.monotonic()
                self._journal.rotate()
                # Not awaited: it may wait for a locked database, and the next fsync must not.
                asyncio.get_running_loop().run_in_executor(None, self._authenticator.write_uses)
                await asyncio.to_thread(self._forget_windows)
            self._metrics.visits.show(self._edge.counts.visits)
            self._metrics.dropped.show(self._edge.counts.dropped)
            if self._edge.blocked is not None:
                self._metrics.blocked.show(self._edge.blocked.counts)
            self._metrics.passwords.show(self._edge.counts.passwords)

    async def _close_quiet_connections(self) -> None:
        connections = list(self._server.server_state.connections)
        limit = self._settings.keep_alive_seconds
        if len(connections) > max_connections() * 3 // 4:
            limit = min(limit, _CROWDED_SECONDS)
        for number, connection in enumerate(connections):
            if isinstance(connection, EdgeProtocol):
                connection.close_if_idle(limit)
            if number % 1000 == 999:
                # Visits go first.
                await asyncio.sleep(0)

    def _forget_windows(self) -> None:
        try:
            for windows in self._windows:
                windows.forget_ended(now=time.monotonic())
        except lmdb.Error as error:
            _log.warning("rates.not_forgotten", error=str(error))


def _trusts(settings: Settings, peer: str) -> bool:
    return is_trusted(peer, settings.trusted_proxies)
