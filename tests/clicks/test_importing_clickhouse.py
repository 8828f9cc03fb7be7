"""Clicks with a history brought into ClickHouse: each once."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from linnet.clicks import importing
from linnet.clicks.import_files import FileRow
from linnet.clicks.importing import import_clicks, position
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.model.errors import InvalidField
from tests.clicks.builders import AT
from tests.clicks.clickhouse import assert_sound, opened
from tests.clicks.importing import reading, task
from tests.clicks.test_importing import MINUTE, rows
from tests.support.clickhouse import ClickhouseServer


@pytest.fixture
def database(clickhouse_server: ClickhouseServer) -> str:
    return clickhouse_server.new_database()


@pytest.fixture
def store(clickhouse_server: ClickhouseServer, database: str, tmp_path: Path) -> Iterator[ClickhouseClickStore]:
    made = opened(clickhouse_server.url(database), tmp_path)
    yield made
    made.close()


@pytest.fixture
def sound(clickhouse_server: ClickhouseServer, database: str) -> Callable[[], int]:
    """Fails where sums differ from clicks; the number of clicks."""
    return partial(assert_sound, clickhouse_server, database)


def test_every_row_is_imported_once_and_again_after_a_clearing(
    store: ClickhouseClickStore, sound: Callable[[], int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importing, "BATCH_ROWS", 10)
    goals = FileRow(60, {"clicked_at": "2026-03-01T12:00:00Z", "path": "/abc", "goal_completed": "buy", "conversion_value": 3})
    source = [*rows(45), goals]
    with pytest.raises(ConnectionError):
        import_clicks(task(store, until=2), source)
    report = import_clicks(task(store), source)
    assert (report.before, report.clicks, report.conversions) == (20, 26, 1)
    assert import_clicks(task(store), source).before == 46
    assert sound() == 46
    assert position(task(store)).cleared_before is None
    store.clear_domain(7, AT + 90 * MINUTE)
    told = position(task(store))
    assert (told.offset, told.cleared_before) == (0, AT + 90 * MINUTE)
    forgetful = task(store, reading=reading(cleared_before=told.cleared_before))
    assert import_clicks(forgetful, source).bad == 46
    with pytest.raises(InvalidField, match="for good"):
        import_clicks(task(store, "another", restored=True), source)
    assert sound() == 0
