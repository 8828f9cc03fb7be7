"""Whether an installation is well: each thing that it rests on is looked at, and nothing is changed."""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from linnet.actions.audit_chain import verify_chain
from linnet.clicks.journal_size import JournalSize
from linnet.clicks.probing import stored_clicks
from linnet.compose.application import is_listening
from linnet.compose.audit_head import HeadFile
from linnet.compose.clickhouse import asked_by_web_workers
from linnet.compose.places import Places
from linnet.edge.routes import RouteIndex
from linnet.model.errors import Refusal
from linnet.model.statistics import Kind, Question
from linnet.settings import Settings
from linnet.statistics.remote import RemoteStatistics
from linnet.storage import migrations
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from linnet.visitor.geo import GeoLookup

_FEW_BYTES: Final = 1 << 30
_TOO_FEW_BYTES: Final = 200 << 20
# How far the index of a running server may be behind, and entries of the audit log may be without a place.
_PATIENCE_SECONDS: Final = 3.0
_CHAINED_WITHIN: Final = timedelta(minutes=2)
_CLOCK_SECONDS: Final = 5.0
_BUILT: Final = datetime(2025, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """How something is found. Only what is FAILED makes the doctor say no."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what there is to say of it."""

    check: str
    state: State
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one thing after the other; the server may run."""
    places = Places(settings.data_dir)
    if not places.root.is_dir():
        yield Finding("data directory", State.FAILED, f"There is no directory {places.root}; linnet init makes one.")
        return
    with closing(Database(settings.database_url)) as database:
        running = is_listening(places.statistics_socket)
        checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
            ("secrets", lambda: _secrets(places)),
            ("disk space", lambda: _disk(places)),
            ("clock", lambda: _clock(database)),
            ("database", lambda: _database(database)),
            ("audit log", lambda: _audit(database, places, running=running)),
            ("route index", lambda: _routes(database, places, running=running)),
            ("journal", lambda: _journal(places, settings)),
            ("click store", lambda: _clicks(places, settings, running=running)),
            ("geo databases", lambda: _geo(settings)),
        )
        for name, check in checks:
            try:
                yield check()
            except Refusal as refusal:
                yield Finding(name, State.FAILED, refusal.message)
            except (OSError, ValueError) as error:
                yield Finding(name, State.FAILED, str(error))


def _secrets(places: Places) -> Finding:
    path = places.root / "secrets.json"
    if not path.exists():
        return Finding("secrets", State.WARNING, "There is no secrets.json yet; the first start makes it.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("secrets", State.FAILED, f"Others may read secrets.json (mode {mode:04o}): chmod 600 {path}")
    return Finding("secrets", State.OK, f"Only the owner reads secrets.json (mode {mode:04o}).")


def _disk(places: Places) -> Finding:
    usage = shutil.disk_usage(places.root)
    text = f"{_size(usage.free)} of {_size(usage.total)} are free."
    state = State.FAILED if usage.free < _TOO_FEW_BYTES else State.WARNING if usage.free < _FEW_BYTES else State.OK
    return Finding("disk space", state, text)


def _clock(database: Database) -> Finding:
    now = datetime.now(UTC)
    if now < _BUILT:
        return Finding("clock", State.FAILED, f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is long past.")
    apart = (database.server_time() - datetime.now(UTC)).total_seconds()
    with database.read() as work:
        newest = work.audit.newest()
    if abs(apart) > _CLOCK_SECONDS:
        return Finding("clock", State.WARNING, f"The database server's clock is {apart:+.0f} seconds from this machine's.")
    if newest is not None and newest > now + timedelta(minutes=1):
        return Finding("clock", State.WARNING, f"The newest entry of the audit log is of {newest:%Y-%m-%d %H:%M}: the future.")
    return Finding("clock", State.OK, f"It is {now:%Y-%m-%d %H:%M:%S} UTC.")


def _database(database: Database) -> Finding:
    if not migrations.is_current(database):
        return Finding("database", State.FAILED, "The tables are not those of this version: linnet migrate brings them there.")
    return Finding("database", State.OK, f"{database.dialect}: reachable, and its tables are those of this version.")


def _audit(database: Database, places: Places, *, running: bool) -> Finding:
    known = [head for head, _ in HeadFile(places.audit_head).read()]
    found = verify_chain(database, known, due_before=datetime.now(UTC) - _CHAINED_WITHIN)
    if found.problem:
        return Finding("audit log", State.FAILED, f"The hash chain is broken: {found.problem}.")
    text = f"{found.head.position} entries are as they were made; the chain ends with {found.head.digest.hex()[:16]}."
    if found.overdue and running:
        return Finding("audit log", State.WARNING, f"{text} {found.overdue} more should be chained by now.")
    if found.overdue:
        return Finding("audit log", State.OK, f"{text} {found.overdue} more are chained when the server runs.")
    return Finding("audit log", State.OK, text)


def _routes(database: Database, places: Places, *, running: bool) -> Finding:
    index = RouteIndex.existing(places.routes)
    if index is None:
        return Finding("route index", State.WARNING, "There is none of this version yet; the next start makes it.")
    with closing(index):
        store = RouteStore(database)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            last, holds = store.last_sequence(), index.sequence()
            if holds >= last or time.monotonic() > deadline or not running:
                break
            time.sleep(0.1)
        routes, _ = index.size()
    text = f"{routes} routes, at change {holds} of {last}."
    if holds > last:
        return Finding("route index", State.FAILED, f"{text} It is newer than the database: is that an older copy?")
    if holds < last:
        return Finding("route index", State.FAILED if running else State.WARNING, f"{text} It is behind.")
    return Finding("route index", State.OK, text)


def _journal(places: Places, settings: Settings) -> Finding:
    if not places.journal.is_dir():
        return Finding("journal", State.WARNING, "There is no journal yet; the first start makes it.")
    probe = places.journal / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"-")
    finally:
        probe.unlink(missing_ok=True)
    size, most = JournalSize(places.journal).bytes(), settings.journal_max_bytes
    text = f"It can be written, and holds {_size(size)}{f' of {_size(most)}' if most else ''}."
    return Finding("journal", State.WARNING if most and size > most // 2 else State.OK, text)


def _clicks(places: Places, settings: Settings, *, running: bool) -> Finding:
    if running or settings.clickhouse_url is not None:
        engine = asked_by_web_workers(settings, RemoteStatistics(places.statistics_socket))
        engine.last_clicks(Question(kind=Kind.LAST_CLICKS, domain_id=0, limit=1))
        return Finding("click store", State.OK, f"{'ClickHouse' if settings.clickhouse_url is not None else 'DuckDB'} answers.")
    if not places.clicks.exists():
        return Finding("click store", State.WARNING, "There is no clicks.duckdb yet; the first start makes it.")
    return Finding("click store", State.OK, f"clicks.duckdb holds {stored_clicks(places.clicks)} clicks (no server runs).")


def _geo(settings: Settings) -> Finding:
    found = GeoLookup(settings.geo_city, settings.geo_country).databases()
    if not found:
        return Finding("geo databases", State.WARNING, "There are none: clicks have no countries.")
    return Finding("geo databases", State.OK, f"{', '.join(found)}.")


def _size(number: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TB"
