"""Letters about what happened, and about the clicks of the week, by a real mail server."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.context import Context
from linnet.actions.notes import claim_summaries, list_notes, tell
from linnet.actions.profiles import set_mail, set_reading
from linnet.actions.sign_in import user_actor
from linnet.compose import notifying
from linnet.compose.notifying import Notifying
from linnet.model.errors import StatisticsUnavailable
from linnet.model.profile import NoteKind, is_monday_morning
from linnet.model.statistics import Overview, Question, Totals
from linnet.network.mail import read_smtp_url
from linnet.settings import Settings, read_settings
from linnet.storage.database import Database
from tests.support.installed import install, migrated
from tests.support.mail_server import MailServer, mail_server

MONDAY = datetime(2026, 5, 4, 8, tzinfo=UTC)


class Clicks:
    """A statistics engine that knows of seven clicks on each domain, but of those that are away."""

    def __init__(self, *away: int) -> None:
        self._away = away

    def overview(self, question: Question, /) -> Overview:
        if question.domain_id in self._away:
            raise StatisticsUnavailable("away")
        return Overview(totals=Totals(clicks=9, human_clicks=7))


def clicks(*away: int) -> Any:
    return Clicks(*away)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = migrated(tmp_path / "linnet.db")
    install(opened)
    yield opened
    opened.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Housekeeping that does not pause."""
    monkeypatch.setattr(notifying, "_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(notifying, "_SUMMARY_SECONDS", 0.05)


def settings(tmp_path: Path, mail: MailServer | None) -> Settings:
    loaded = read_settings({"LINNET_DATA_DIR": str(tmp_path)})
    url = read_smtp_url(f"smtp://127.0.0.1:{mail.port}") if mail is not None else None
    return dataclasses.replace(loaded, smtp_url=url)


def owner(database: Database, at: datetime | None = None) -> Context:
    fields: dict[str, Any] = {} if at is None else {"now": lambda: at}
    return Context(actor=user_actor(database, 1), database=database, publish=lambda _: None, signing_key=b"", **fields)


def say(database: Database, **details: object) -> None:
    context = owner(database)
    with database.write() as work:
        tell(context, work, [1], NoteKind.DOMAIN_LOST, **details)


def test_a_note_is_mailed_once_with_the_page_about_it(tmp_path: Path, database: Database, quick: None):
    with mail_server() as mail:
        housekeeping = Notifying(settings(tmp_path, mail), database, clicks())
        say(database, domain="go.example\r\nBcc: evil@example.com", domain_id=1, state="not_configured")
        (received,) = mail.wait_for(1)
        say(database, domain="second.example", domain_id=2)
        assert len(mail.wait_for(2)) == 2
        housekeeping.stop()
    assert received.recipients == ["owner@example.com"]
    assert received.message["Subject"] == "go.example Bcc: evil@example.com does not lead here any more"
    assert received.message["Bcc"] is None
    assert "/dashboard/domains/1/settings/dns" in received.text
    assert "/dashboard/settings" in received.text


def test_without_a_mail_server_notes_stay_in_the_dashboard_and_are_not_mailed_later(
    tmp_path: Path, database: Database, quick: None
):
    say(database, domain="go.example")
    housekeeping = Notifying(settings(tmp_path, None), database, clicks())
    until = datetime.now(UTC) + timedelta(seconds=10)
    while datetime.now(UTC) < until and due(database):
        pass
    housekeeping.stop()
    assert due(database) == 0
    assert len(list_notes(owner(database))) == 1


def due(database: Database) -> int:
    with database.read() as work:
        return int(work.connection.exec_driver_sql("SELECT count(*) FROM notes WHERE mail_due").scalar_one())


def test_the_clicks_of_the_week_are_mailed_on_mondays_to_who_wants_that(tmp_path: Path, database: Database, quick: None):
    # Long ago, so that a Monday has passed since.
    set_mail(owner(database, MONDAY - timedelta(days=3)), ["weekly_summary"])
    with database.write() as work:
        first = work.domains.find(1)
        assert first is not None
        work.domains.add(dataclasses.replace(first, hostname="b.example"))
    with mail_server() as mail:
        housekeeping = Notifying(settings(tmp_path, mail), database, clicks(2))
        (received,) = mail.wait_for(1)
        housekeeping.stop()
    assert received.message["Subject"] == "7 human clicks in the last week"
    assert "go.example: 7 human clicks" in received.text
    assert "b.example" not in received.text


def test_a_summary_is_claimed_by_one_node_and_made_once_a_week(database: Database):
    set_mail(owner(database, MONDAY - timedelta(days=3)), ["weekly_summary"])
    assert claim_summaries(owner(database, MONDAY - timedelta(minutes=1)), limit=10) == []
    assert [each.user_id for each in claim_summaries(owner(database, MONDAY), limit=10)] == [1]
    for later in (timedelta(0), timedelta(days=6)):
        assert claim_summaries(owner(database, MONDAY + later), limit=10) == []
    assert len(claim_summaries(owner(database, MONDAY + timedelta(days=7)), limit=10)) == 1


def test_the_week_begins_where_the_reader_is(database: Database):
    context = owner(database, MONDAY - timedelta(days=3))
    set_mail(context, ["weekly_summary"])
    set_reading(context, language="en", time_zone="Asia/Tokyo", languages=["en"])
    # Eight in the morning of Monday in Tokyo.
    assert len(claim_summaries(owner(database, MONDAY - timedelta(hours=9)), limit=10)) == 1


@pytest.mark.parametrize(
    ("here", "last", "due"),
    [
        (MONDAY, None, True),
        (MONDAY, MONDAY - timedelta(days=7), True),
        (MONDAY, MONDAY, False),
        (MONDAY - timedelta(seconds=1), MONDAY - timedelta(days=7), False),
        (MONDAY + timedelta(days=5), MONDAY - timedelta(days=1), True),
    ],
)
def test_mondays_are_told_from_other_days(here: datetime, last: datetime | None, due: bool):
    assert is_monday_morning(here, last) is due
