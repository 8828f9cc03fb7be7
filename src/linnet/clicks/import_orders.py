"""Imports, where the store is."""

from collections.abc import Generator
from datetime import datetime
from typing import Protocol

from linnet.clicks.columns import columns_of
from linnet.clicks.importing import ImportBatch, Imported, ImportPosition
from linnet.clicks.pipeline import ClickStore
from linnet.clicks.portions import OffsetMismatch, Portion, Span
from linnet.model.errors import InvalidField


class ImportingStore(ClickStore, Protocol):
    """A store that can say what it was told to forget."""

    def cleared_before(self, domain_id: int, /) -> datetime | None: ...


class Importer:
    """Stores what is imported; ``restores``: the store can take clicks from before a clearing."""

    def __init__(self, store: ImportingStore, *, restores: bool) -> None:
        self._store = store
        self._restores = restores

    def position(self, asked: ImportPosition) -> Generator[Imported]:
        """How far an import is."""
        offset = self._store.offsets().get(asked.segment, 0)
        yield Imported(offset, cleared_before=self._store.cleared_before(asked.domain_id))

    def take(self, batch: ImportBatch) -> Generator[Imported]:
        """Store a batch, once. InvalidField when it does not continue where the segment ends: somebody else imports it too."""
        if batch.restored and not self._restores:
            raise InvalidField("This click store has forgotten for good what was cleared.", field="--even-cleared")
        columns = columns_of(batch.clicks) if batch.clicks else None
        span = Span(batch.segment, batch.start, batch.offset)
        try:
            clicks = self._store.write_portions([Portion(columns, [span], batch.conversions, batch.restored)])
        except OffsetMismatch:
            raise InvalidField("Somebody else is importing the same; try again when that is done.", field="file") from None
        self._store.merge_rollups_if_due()
        yield Imported(batch.offset, clicks)
