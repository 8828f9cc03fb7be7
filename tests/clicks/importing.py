"""What imports of the tests are made with."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from linnet.clicks.import_orders import Importer, ImportingStore
from linnet.clicks.import_rows import Reading
from linnet.clicks.importing import POSITION, TAKE, Import, Imported
from linnet.clicks.links_found import Links
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.domain import Domain
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import common_rules
from linnet.visitor.geo import Place
from linnet.visitor.referrer import referrer_of
from tests.clicks.builders import AT

LINKS = Links({"lnk_7_a": 3, "lnk_7_b": 4}, {"/abc": 3, "/b": 4})


def domain(**fields: Any) -> Domain:
    return Domain(id=7, hostname="go.example.com", owner_id=1, created_at=AT, updated_at=AT, **fields)


def reading(cleared_before: datetime | None = None, **fields: Any) -> Reading:
    """Reads rows a day after AT; every address is in Berlin."""
    places = {"": Place()}
    return Reading(
        domain(**fields),
        judge_by(common_rules()),
        lambda address: places.get(address, Place("DE", "Berlin", "Berlin")),
        referrer_of,
        AT + timedelta(days=1),
        cleared_before,
    )


class Here:
    """Carries orders out on a store in this process, ``until`` so many batches were taken."""

    def __init__(self, store: ImportingStore, *, until: int | None = None) -> None:
        importer = Importer(store, restores=isinstance(store, DuckdbClickStore))
        self._streams: dict[str, Any] = {POSITION: importer.position, TAKE: importer.take}
        self._until = until

    def stream(self, name: str, argument: object, part: type[Imported], /) -> Iterator[Imported]:
        if name == TAKE and self._until is not None:
            self._until -= 1
            if self._until < 0:
                raise ConnectionError("cut off")
        yield from self._streams[name](argument)


def task(store: ImportingStore | None, source: str = "a file", *, until: int | None = None, **fields: Any) -> Import:
    """An import of ``source`` into a store, None for a look at it."""
    into = None if store is None else Here(store, until=until)
    values: dict[str, Any] = {"reading": reading(), "find_links": lambda ids, paths: LINKS} | fields
    return Import(source=source, into=into, **values)
