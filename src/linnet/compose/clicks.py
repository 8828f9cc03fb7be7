"""The clicks worker: takes the journal into the click store, answers statistics questions, and does the node's housekeeping."""

import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import lmdb
import structlog

from linnet.clicks.enrich import Enrichment, no_salt
from linnet.clicks.journal import JournalReader
from linnet.clicks.ordering import Ordering
from linnet.clicks.pipeline import Pipeline
from linnet.clicks.retention_duckdb import DuckdbRetention
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.visitors import Visitors
from linnet.clicks.visitors_duckdb import DuckdbVisitors
from linnet.compose.block_watch import BlockWatch
from linnet.compose.click_orders import embedded_truth, streams_of, visitor_streams_of
from linnet.compose.domains import DomainChecks
from linnet.compose.follow import FollowLoop
from linnet.compose.keeping import Keeping, visitor_salts
from linnet.compose.metrics import ClicksMetrics
from linnet.compose.places import Places, load_secrets
from linnet.compose.purging import Purging
from linnet.compose.raw_streams import raw_streams_of
from linnet.edge.counters import NodeCounters
from linnet.edge.follower import Follower
from linnet.edge.routes import RouteIndex
from linnet.model.errors import Refusal
from linnet.settings import Settings
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.remote import StatisticsServer
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import load_rules
from linnet.visitor.geo import GeoLookup
from linnet.visitor.referrer import referrer_of

_HOUSEKEEPING_SECONDS = 5.0
_TRIM_SECONDS = 3600.0
_CHANGES_KEPT = timedelta(days=7)
_log = structlog.get_logger("linnet.clicks")


def work(settings: Settings) -> None:
    """Work until SIGTERM; what is in the journal by then is taken in."""
    places = Places(settings.data_dir)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    metrics = ClicksMetrics()
    database = Database(settings.database_url)
    index = RouteIndex(places.routes)
    counters = NodeCounters(places.counters)
    follower = Follower(RouteStore(database), index)
    rules = load_rules(settings.bot_rules)
    judge = judge_by(rules)
    store = DuckdbClickStore(places.clicks, memory_mb=settings.clicks_memory_mb, rules=rules.version)
    geo = GeoLookup(settings.geo_city, settings.geo_country)
    salts = visitor_salts(places, settings)
    enrichment = Enrichment(
        settings.trusted_proxies,
        judge.agent_of,
        geo.place_of,
        referrer_of,
        geo.places_of,
        load_secrets(places).click_key,
        judge.bot_of,
        salts.of if salts is not None else no_salt,
        settings.honour_opt_out,
    )
    reader, retention = JournalReader(places.journal), DuckdbRetention(store)
    keeping = Keeping(database, retention, salts, reader, retention.offsets, metrics.rolled_off)
    pipeline = Pipeline(reader, enrichment, store, metrics)
    engine = DuckdbStatistics(store.cursor, store.clear_domain)
    streams = streams_of(embedded_truth(places, store, judge, rules.version))
    streams |= visitor_streams_of(Visitors(DuckdbVisitors(store), reader)) | raw_streams_of(settings, database, engine)
    server = StatisticsServer(places.statistics_socket, engine, streams)
    server.start()
    follow = FollowLoop(follower, report=lambda: metrics.routes.set(index.size()[0]))
    upkeep = threading.Thread(
        target=_housekeeping, args=(ended, RouteStore(database), index, counters), name="housekeeping", daemon=True
    )
    upkeep.start()
    ordering = threading.Thread(target=Ordering(store).run, args=(ended,), name="ordering", daemon=True)
    ordering.start()
    checks = DomainChecks(settings, database, follower)
    purging = Purging(database, follower)
    blocks = BlockWatch(settings, metrics.harmful)
    _log.info("clicks.ready", geo=geo.databases())
    try:
        pipeline.run(ended)
    finally:
        ended.set()
        server.stop()
        follow.stop()
        checks.stop()
        purging.stop()
        blocks.stop()
        keeping.stop()
        upkeep.join(10)
        ordering.join(30)
        store.close()
        counters.close()
        index.close()
        database.close()


def _housekeeping(ended: threading.Event, routes: RouteStore, index: RouteIndex, counters: NodeCounters) -> None:
    trimmed_at = time.monotonic()
    while not ended.wait(_HOUSEKEEPING_SECONDS):
        try:
            index.flush()
            counters.flush()
        except lmdb.Error as error:
            _log.warning("housekeeping.not_flushed", error=str(error))
        if time.monotonic() - trimmed_at > _TRIM_SECONDS:
            trimmed_at = time.monotonic()
            try:
                routes.trim(_CHANGES_KEPT, datetime.now(UTC))
            except Refusal as refusal:
                _log.warning("housekeeping.waiting", error=refusal.message)
