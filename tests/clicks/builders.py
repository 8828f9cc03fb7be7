"""Raw and stored clicks with dull defaults."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from linnet.clicks.enrich import Enrichment
from linnet.clicks.journal import JournalReader
from linnet.clicks.pipeline import ClickStore, Pipeline
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch, Click, RawClick
from linnet.visitor.agent import Agent, Judge
from linnet.visitor.geo import Place
from linnet.visitor.referrer import Referrer

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"

# Agrees with what ``click`` says.
AS_IT_IS = Judge(lambda _: Agent("", "", "", "", True, ""), lambda *_: "")


def raw_click(**changes: Any) -> RawClick:
    """A visit by Chrome from a public address."""
    fields: dict[str, Any] = {
        "at_ms": AT_MS,
        "domain_id": 7,
        "link_number": 3,
        "status": 302,
        "method": "GET",
        "hostname": "go.example.com",
        "target": "/abc",
        "peer": "81.2.69.142",
        "forwarded_for": "",
        "user_agent": CHROME,
        "referrer": "",
        "flags": 0,
    }
    return RawClick(**(fields | changes))


def click(**changes: Any) -> Click:
    """A stored click of which little is known."""
    texts = {name: "" for name, kind in Click.__annotations__.items() if kind is str}
    fields: dict[str, Any] = {
        **texts,
        "domain_id": 7,
        "link_number": 3,
        "at": AT,
        "status": 302,
        "method": "GET",
        "scheme": "https",
        "hostname": "go.example.com",
        "path": "/abc",
        "human": True,
    }
    return Click(**(fields | changes))


def varied(number: int) -> list[Click]:
    """Clicks of three domains, in the order of their times, that differ in much."""
    return [
        click(
            domain_id=1 + index % 3,
            link_number=index % 7,
            at=AT + timedelta(minutes=13 * index, milliseconds=index),
            status=(301, 302, 404)[index % 3],
            human=index % 4 != 0,
            country=("", "DE", "US")[index % 3],
            region=("", "Berlin", "Texas")[index % 3],
            city=("", "Berlin", "Paris")[index % 3],
            browser=f"Browser {index % 5}",
            os="Linux",
            device="desktop",
            referrer_host="" if index % 2 else "t.co",
            social="" if index % 2 else "twitter",
            utm_source="mail" if index % 6 == 0 else "",
            address=f"192.0.2.{index % 200}",
        )
        for index in range(number)
    ]


def batch(*clicks: Click, segment: str = "one", offset: int = 100, start: int | None = None) -> Batch:
    """Clicks as a store takes them."""
    return Batch(segment=segment, offset=offset, clicks=list(clicks), start=start)


def write(store: DuckdbClickStore | ClickhouseClickStore, clicks: list[Click]) -> None:
    """Store clicks, as a segment of their own."""
    store.write([batch(*clicks, segment=f"segment-{len(store.offsets())}")])


def rows(store: DuckdbClickStore, query: str) -> list[tuple[Any, ...]]:
    """What a query answers."""
    with store.cursor() as cursor:
        return cursor.execute(query).fetchall()


def quick_enrichment() -> Enrichment:
    """An enrichment that knows of no browser and no place, for tests that are about counting."""
    return Enrichment((), lambda text: Agent(text, "", "", "", True, ""), lambda _: Place(), lambda _: Referrer("", ""))


class Metrics:
    """Metrics that can be read."""

    class _Figure:
        value: Any = 0

        def inc(self, amount: float) -> None:
            self.value += amount

        def set(self, value: float) -> None:
            self.value = value

        def show(self, totals: Any) -> None:
            self.value = dict(totals)

    def __init__(self) -> None:
        self.stored, self.journal_lag, self.ingest_lag, self.dropped = (self._Figure() for _ in range(4))


def pipeline_over(journal: Path, store: ClickStore, metrics: Metrics | None = None, **options: Any) -> Pipeline:
    """A pipeline with ``quick_enrichment``."""
    return Pipeline(JournalReader(journal), quick_enrichment(), store, metrics or Metrics(), **options)
