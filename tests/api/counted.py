"""A whole API with a click store, at a fixed time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

from linnet.actions.context import Context
from linnet.actions.installation import Installed
from linnet.actions.keys import Authenticator
from linnet.actions.raw_clicks import link_ids
from linnet.api.app import create_app
from linnet.api.health import Readiness
from linnet.api.options import ApiOptions
from linnet.clicks.journal import JournalReader
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.visitors import ERASE, FIND, OrderedVisitors, Visitors
from linnet.clicks.visitors_duckdb import DuckdbVisitors
from linnet.model.click import Batch, Click
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.exports import Exporter
from linnet.storage.database import Database
from tests.api.conftest import Api
from tests.statistics.clicks import click

NOW = datetime(2026, 5, 13, 22, 30, tzinfo=UTC)  # in Berlin it is the 14th already


class Orders:
    """Carries orders about visitors out, as the clicks worker does."""

    def __init__(self, store: DuckdbClickStore, journal: Path) -> None:
        visitors = Visitors(DuckdbVisitors(store), JournalReader(journal), patience_seconds=0)
        self._work: dict[str, Any] = {FIND: visitors.find, ERASE: visitors.erase}

    def stream(self, name: str, argument: Any, part: type[Any], /) -> Iterator[Any]:
        return (each for each in self._work[name](argument) if each is not None)


class CountedApi(Api):
    """An API with a click store, at a fixed time."""

    store: DuckdbClickStore
    taken = 0

    def clicks(self, *clicks: Click) -> None:
        batch = Batch(segment="s", start=self.taken, offset=self.taken + 1, clicks=list(clicks))
        self.store.write([batch])
        self.taken += 1

    @property
    def domain_id(self) -> int:
        return self.installed.domain.id

    def asked(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        answer = self.request("POST", path, json=body) if body is not None else self.request("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def asked_to_clear(self) -> None:
        answer = self.request("DELETE", f"/statistics/domain/{self.domain_id}/statistics")
        assert (answer.status_code, answer.json()) == (200, {"success": True})

    def link(self) -> tuple[str, int]:
        """A new link: id and number."""
        link_id = self.created(allowDuplicates=True)["idString"]
        with self.database.read() as work:
            link = work.links.find(link_id)
        assert link is not None
        return link_id, link.number


@contextmanager
def counted_api(directory: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    """An API over a copy of the installation, and an empty click store."""
    original, installed = installation
    database = Database(f"sqlite:///{shutil.copy(original, directory / 'linnet.db')}")
    store = DuckdbClickStore(directory / "clicks.duckdb")
    engine = DuckdbStatistics(store.cursor, store.clear_domain)
    app = create_app(
        ApiOptions(),
        authenticator=Authenticator(database),
        make_context=lambda actor: Context(
            actor=actor, database=database, publish=lambda _: None, signing_key=b"k" * 32, now=lambda: NOW
        ),
        statistics=engine,
        exports=Exporter(engine, partial(link_ids, database)),
        visitors=OrderedVisitors(Orders(store, directory / "journal")),
        readiness=lambda: Readiness(True, {}),
        render_metrics=lambda: (b"", "text/plain"),
    )
    with TestClient(app) as client:
        counted = CountedApi(client, database, installed)
        counted.store = store
        yield counted
    store.close()
    database.close()


def domain(api: CountedApi, rest: str = "") -> str:
    """The address of the statistics of the installation's domain."""
    return f"/statistics/domain/{api.domain_id}{rest}"


def here(api: CountedApi, number: int = 1, **fields: Any) -> Click:
    """A click of now on the installation's domain."""
    return click(**{"domain_id": api.domain_id, "link_number": number, "at": NOW} | fields)


def number_of(api: CountedApi, link_id: str) -> int:
    """The number of a link."""
    with api.database.read() as work:
        link = work.links.find(link_id)
    assert link is not None
    return link.number
