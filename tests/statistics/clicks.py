"""Clicks with dull defaults, and a store that holds them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch, Click

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
_DULL = Click(
    domain_id=1,
    link_number=1,
    at=NOON,
    status=302,
    method="GET",
    scheme="http",
    hostname="go.example",
    path="/abc",
    query="",
    address="192.0.2.1",
    country="DE",
    region="Berlin",
    city="Berlin",
    referrer="https://news.example/a",
    referrer_host="news.example",
    social="",
    user_agent="agent/1",
    browser="Firefox",
    browser_version="140",
    os="Linux",
    device="desktop",
    human=True,
    bot="",
    utm_source="",
    utm_medium="",
    utm_campaign="",
    utm_term="",
    utm_content="",
    ab_path="",
    goal_completed="",
)


def click(**fields: Any) -> Click:
    """A click that differs from the dull one in ``fields``."""
    return _DULL._replace(**fields)


@contextmanager
def store_with(path: Path, clicks: Iterable[Click], *, batches: int = 1) -> Iterator[DuckdbClickStore]:
    """A store that took the clicks in, in so many batches."""
    store = DuckdbClickStore(path)
    held = list(clicks)
    size = len(held) // batches + 1
    for number in range(batches):
        part = held[number * size : (number + 1) * size]
        store.write([Batch(segment="s", start=number, offset=number + 1, clicks=part)])
    try:
        yield store
    finally:
        store.close()
