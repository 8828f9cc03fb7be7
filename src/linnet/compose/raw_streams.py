"""What can be ordered about raw clicks, of any store."""

from functools import partial

from linnet.actions.raw_clicks import link_ids
from linnet.settings import Settings
from linnet.statistics.exports import EXPORT, ClickSource, Export, Exporter
from linnet.statistics.streaming import Stream, stream_of
from linnet.storage.database import Database


def raw_streams_of(settings: Settings, database: Database, source: ClickSource) -> dict[str, Stream]:
    """The orders by name."""
    ids = partial(link_ids, database)
    exporter = Exporter(source, ids, at_once=settings.exports_at_once, seconds=settings.export_seconds)
    return {EXPORT: stream_of(Export, exporter.export)}
