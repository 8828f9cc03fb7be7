"""The clicks worker: takes the journal into the click store, answers statistics questions, and does the node's housekeeping."""

import signal
import threading
import time
from datetime import UTC, datetime, timedelta

import lmdb
import structlog

from linnet.clicks.enrich import Enrichment, no_salt
from linnet.clicks.journal import JournalReader
from linnet.clicks.pipeline import Pipeline
from linnet.clicks.salts import VisitorSalts
from linnet.clicks.visitors import PATIENCE_SECONDS
from linnet.compose.block_watch import BlockWatch
from linnet.compose.chaining import Chaining
from linnet.compose.click_orders import orders_to
from linnet.compose.click_stores import OpenedStore, open_store
from linnet.compose.clickhouse import asked_by_web_workers
from linnet.compose.domains import DomainChecks
from linnet.compose.follow import FollowLoop
from linnet.compose.importing import Imports
from linnet.compose.keeping import Keeping, forget_salts
from linnet.compose.metrics import ClicksMetrics, WebhookMetrics
from linnet.compose.notifying import Notifying
from linnet.compose.places import Places, load_secrets
from linnet.compose.purging import Purging
from linnet.compose.searching import SearchLoop
from linnet.compose.webhooks import start_webhooks
from linnet.edge.counters import NodeCounters
from linnet.edge.follower import Follower
from linnet.edge.routes import RouteIndex
from linnet.model.errors import Refusal
from linnet.network.harmful import HarmfulIndex
from linnet.settings import Settings
from linnet.statistics.remote import RemoteStatistics, StatisticsServer
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from linnet.visitor.agent import Judge, judge_by
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
    opened = open_store(settings, places, judge, rules.version)
    geo = GeoLookup(settings.geo_city, settings.geo_country)
    salts = _salts(settings, opened)
    reader = JournalReader(places.journal)
    keeping = Keeping(database, opened.retention, salts, reader, opened.retention.offsets, metrics.rolled_off)
    pipeline = _pipeline(reader, _enrichment(settings, places, judge, geo, salts), opened, metrics)
    orders = orders_to(opened, reader, settings, database, patience_seconds=PATIENCE_SECONDS)
    server = StatisticsServer(places.statistics_socket, opened.engine, orders)
    server.start()
    follow = FollowLoop(follower, report=lambda: metrics.routes.set(index.size()[0]))
    upkeep = threading.Thread(
        target=_housekeeping, args=(ended, RouteStore(database), index, counters), name="housekeeping", daemon=True
    )
    upkeep.start()
    tidying = threading.Thread(target=opened.tidy, args=(ended,), name="tidying", daemon=True)
    tidying.start()
    checks = DomainChecks(settings, database, follower)
    purging = Purging(database, follower)
    harmful = HarmfulIndex(places.harmful) if settings.block_list else None
    imports = Imports(settings, database, follower, harmful)
    searching = SearchLoop(places, database)
    chaining = Chaining(database, places.audit_head)
    webhooks = start_webhooks(settings, places, database, opened, reader, WebhookMetrics())
    notifying = Notifying(settings, database, asked_by_web_workers(settings, RemoteStatistics(places.statistics_socket)))
    blocks = BlockWatch(settings, harmful, metrics.harmful)
    _log.info("clicks.ready", geo=geo.databases())
    try:
        pipeline.run(ended)
    finally:
        ended.set()
        server.stop()
        follow.stop()
        checks.stop()
        purging.stop()
        imports.stop()
        searching.stop()
        chaining.stop()
        for each in webhooks:
            each.stop()
        notifying.stop()
        blocks.stop()
        if harmful is not None:
            harmful.close()
        keeping.stop()
        upkeep.join(10)
        tidying.join(30)
        opened.store.close()
        counters.close()
        index.close()
        database.close()


def _salts(settings: Settings, opened: OpenedStore) -> VisitorSalts | None:
    if settings.unique_visitors:
        return VisitorSalts(opened.salts, opened.salt_grace)
    # What is left of when they were told apart.
    forget_salts(opened.salts)
    return None


def _enrichment(settings: Settings, places: Places, judge: Judge, geo: GeoLookup, salts: VisitorSalts | None) -> Enrichment:
    return Enrichment(
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


def _pipeline(reader: JournalReader, enrichment: Enrichment, opened: OpenedStore, metrics: ClicksMetrics) -> Pipeline:
    pace = opened.pace
    return Pipeline(
        reader,
        enrichment,
        opened.store,
        metrics,
        portion_rows=pace.portion_rows,
        transaction_rows=pace.transaction_rows,
        idle_seconds=pace.idle_seconds,
    )


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
