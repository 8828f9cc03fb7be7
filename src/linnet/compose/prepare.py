"""What must be so before workers start: a migrated database, and a route index that is up to date."""

import json
import sys
from pathlib import Path

import structlog

from linnet.actions.installation import is_initialised
from linnet.compose.clickhouse import migrate_store
from linnet.compose.places import Places, load_secrets
from linnet.edge.follower import Follower
from linnet.edge.routes import RouteIndex
from linnet.model.errors import StorageUnavailable
from linnet.settings import Settings
from linnet.storage import migrations
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore

_log = structlog.get_logger("linnet.prepare")


def prepare(settings: Settings) -> int:
    """Prepare the data directory. Where there is no owner yet, print how to become that as JSON; returns the exit code."""
    places = Places(settings.data_dir)
    places.create()
    secrets = load_secrets(places)
    _prepare_store(settings)
    database = Database(settings.database_url)
    try:
        if _vanished(settings, database, places):
            raise StorageUnavailable("The database file is gone, although this directory has a route index.")
        migrations.upgrade(database)
        if not is_initialised(database):
            # Who has the link that is made of it becomes the owner.
            json.dump({"setupToken": secrets.setup_token}, sys.stdout)
        _follow(database, places)
    except StorageUnavailable as refusal:
        # Redirects need no database: visitors are served from the index, and the API says 503 until it is back.
        _log.error("prepare.without_database", error=refusal.message)
        return 0 if _has_routes(places) else 1
    finally:
        database.close()
    return 0


def _prepare_store(settings: Settings) -> None:
    try:
        if migrate_store(settings):
            _log.info("prepare.migrated_click_store")
    except StorageUnavailable as refusal:
        # Clicks wait in the journal; the clicks worker migrates when ClickHouse is back.
        _log.error("prepare.without_click_store", error=refusal.message)


def _follow(database: Database, places: Places) -> None:
    index = RouteIndex(places.routes)
    try:
        if Follower(RouteStore(database), index).follow():
            _log.info("prepare.rebuilt_index")
    finally:
        index.close()


def _vanished(settings: Settings, database: Database, places: Places) -> bool:
    return settings.database_url.startswith("sqlite") and not database.exists() and _has_routes(places)


def _has_routes(places: Places) -> bool:
    return (Path(places.routes) / "data.mdb").exists()
