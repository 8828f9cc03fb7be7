"""The note of where the audit log's chain ended, and the thread that makes it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text
from structlog.testing import capture_logs

from linnet.actions.audit_chain import chain_head
from linnet.compose import chaining
from linnet.compose.audit_head import HeadFile
from linnet.compose.chaining import Chaining
from linnet.model.audit import Entry, Event
from linnet.model.chain import Head
from linnet.storage import migrations
from linnet.storage.audit_tables import audit
from linnet.storage.database import Database

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def head(position: int) -> Head:
    return Head(position, bytes([position % 256]) * 32)


def test_each_day_keeps_its_last_end(tmp_path: Path):
    file = HeadFile(tmp_path / "audit.head")
    assert file.read() == []
    for position, at in ((1, NOON), (2, NOON + timedelta(hours=5)), (3, NOON + timedelta(days=1))):
        file.note(head(position), at)
    assert [(each.position, at.day) for each, at in file.read()] == [(2, 1), (3, 2)]
    assert (tmp_path / "audit.head").stat().st_mode & 0o777 == 0o600


def test_the_file_does_not_grow_for_ever(tmp_path: Path):
    file = HeadFile(tmp_path / "audit.head")
    lines = (f"{number} {'00' * 32} {(NOON + timedelta(days=number)).isoformat()}\n" for number in range(1, 500))
    (tmp_path / "audit.head").write_text("".join(lines))
    file.note(head(200), NOON + timedelta(days=600))
    assert len(file.read()) == 400
    assert file.read()[-1][0].position == 200


@pytest.fixture
def database(tmp_path: Path) -> Any:
    opened = Database(f"sqlite:///{tmp_path / 'linnet.db'}")
    migrations.upgrade(opened)
    yield opened
    opened.close()


def add(database: Database, subject: str) -> None:
    with database.write() as work:
        work.audit.add(Entry(id=0, at=NOON, user_id=1, event=Event.LINK_CREATED, subject=subject))


def wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_entries_are_chained_and_the_end_is_noted_and_logged(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(chaining, "_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(chaining, "_NOTE_SECONDS", 0.0)
    file = HeadFile(tmp_path / "audit.head")
    with capture_logs() as logs:
        thread = Chaining(database, tmp_path / "audit.head")
        add(database, "a")
        add(database, "b")
        wait(lambda: [each for each, _ in file.read()] == [chain_head(database)] and chain_head(database).position == 2)
        thread.stop()
    assert [log["event"] for log in logs] == ["audit.head"]


def test_a_note_that_the_log_does_not_fit_any_more_stays(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chaining, "_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(chaining, "_NOTE_SECONDS", 0.0)
    file = HeadFile(tmp_path / "audit.head")
    file.note(head(5), NOON)
    with capture_logs() as logs:
        add(database, "a")
        thread = Chaining(database, tmp_path / "audit.head")
        wait(lambda: logs)
        thread.stop()
    assert "has no entry any more with the digest that the one at 5 had on 2026-05-01" in logs[0]["error"]
    assert [each for each, _ in file.read()] == [head(5)]
    with database.connect(writing=True) as connection:
        connection.execute(text("DROP TRIGGER audit_is_kept"))
        connection.execute(delete(audit))
