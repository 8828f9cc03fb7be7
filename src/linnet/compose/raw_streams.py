"""What can be ordered about raw clicks, of any store."""

from functools import partial

from linnet.actions.raw_clicks import link_ids
from linnet.clicks.import_orders import Importer, ImportingStore
from linnet.clicks.importing import POSITION, TAKE, ImportBatch, ImportPosition
from linnet.settings import Settings
from linnet.statistics.exports import EXPORT, ClickSource, Export, Exporter
from linnet.statistics.streaming import Stream, stream_of
from linnet.storage.database import Database


def raw_streams_of(settings: Settings, database: Database, store: ImportingStore, source: ClickSource) -> dict[str, Stream]:
    """The orders by name: ``source`` hands out the clicks in ``store``."""
    ids = partial(link_ids, database)
    exporter = Exporter(source, ids, at_once=settings.exports_at_once, seconds=settings.export_seconds)
    importer = Importer(store, restores=settings.clickhouse_url is None)
    return {
        EXPORT: stream_of(Export, exporter.export),
        POSITION: stream_of(ImportPosition, importer.position),
        TAKE: stream_of(ImportBatch, importer.take),
    }
