"""The audit log in the database, on both engines."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from linnet.model.audit import AuditFilter, Entry, Event
from linnet.storage.database import Database
from tests.storage.builders import NOON

SECOND = timedelta(seconds=1)


def add(database: Database, *entries: dict[str, Any]) -> None:
    with database.write() as work:
        for fields in entries:
            values = {"id": 0, "at": NOON, "user_id": 1, "event": Event.LINK_CREATED, "subject": "lnk"} | fields
            work.audit.add(Entry(**values))


def subjects(database: Database, **conditions: Any) -> list[str]:
    asked: dict[str, Any] = {"user_id": None, "domain_ids": (), "limit": 50} | conditions
    with database.read() as work:
        return [entry.subject for entry in work.audit.search(**asked)]


def test_an_entry_is_read_as_it_was_written(database: Database):
    add(database, {"key_id": 3, "team_id": 4, "domain_id": 5, "address": "203.0.113.7", "details": {"größe": [1, None]}})
    with database.read() as work:
        (entry,) = work.audit.search(user_id=1, domain_ids=(), limit=5)
    assert (entry.at, entry.event, entry.key_id, entry.team_id, entry.domain_id) == (NOON, Event.LINK_CREATED, 3, 4, 5)
    assert (entry.address, entry.details) == ("203.0.113.7", {"größe": [1, None]})


def test_entries_come_once_and_newest_first_whatever_they_are_seen_for(database: Database):
    add(
        database,
        {"subject": "mine", "at": NOON},
        {"subject": "all three", "domain_id": 5, "team_id": 4, "at": NOON + 3 * SECOND},
        {"subject": "domain", "user_id": 2, "domain_id": 5, "at": NOON + SECOND},
        {"subject": "team", "user_id": 2, "team_id": 4, "at": NOON + 2 * SECOND},
        {"subject": "foreign", "user_id": 2, "domain_id": 6, "team_id": 7, "at": NOON + 4 * SECOND},
    )
    assert subjects(database, user_id=1, domain_ids=(5,), team_ids=(4,)) == ["all three", "team", "domain", "mine"]
    assert subjects(database, user_id=1, domain_ids=(5,), team_ids=(4,), limit=2) == ["all three", "team"]
    assert subjects(database, user_id=1, only_domain_id=5) == ["all three"]
    assert subjects(database, user_id=1, only_team_id=7) == []
    assert subjects(database) == []


def test_dates_bound_the_entries_the_second_excluded(database: Database):
    add(database, *({"subject": str(number), "at": NOON + number * SECOND} for number in range(4)))
    assert subjects(database, user_id=1, wanted=AuditFilter(since=NOON + SECOND, until=NOON + 3 * SECOND)) == ["2", "1"]


def pages(database: Database, limit: int, **conditions: Any) -> Iterator[list[str]]:
    before: tuple[datetime, int] | None = None
    while True:
        with database.read() as work:
            found = work.audit.search(limit=limit, before=before, **conditions)
        if not found:
            return
        yield [entry.subject for entry in found]
        before = (found[-1].at, found[-1].id)


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_lose_and_repeat_nothing_also_among_entries_of_one_moment(database: Database, limit: int):
    add(
        database,
        *({"subject": str(number), "domain_id": number % 3, "at": NOON + number // 4 * SECOND} for number in range(20)),
    )
    found = [subject for page in pages(database, limit, user_id=None, domain_ids=(0, 1, 2)) for subject in page]
    assert found == [str(number) for number in reversed(range(20))]


def test_more_domains_than_one_statement_takes_are_all_looked_at(database: Database):
    add(database, *({"subject": str(number), "domain_id": number, "at": NOON + number * SECOND} for number in (1, 150, 350)))
    assert subjects(database, domain_ids=range(1, 400)) == ["350", "150", "1"]
    assert subjects(database, domain_ids=range(1, 400), limit=2) == ["350", "150"]


def test_entries_are_chosen_by_all_that_is_given(database: Database):
    add(
        database,
        {"subject": "a", "key_id": 3, "details": {"path": "Größe_1%"}},
        {"subject": "b", "team_id": 4, "event": Event.KEY_CREATED},
        {"subject": "c", "user_id": 2, "domain_id": 5},
    )

    def found(**fields: Any) -> list[str]:
        return sorted(subjects(database, user_id=1, domain_ids=(5,), wanted=AuditFilter(**fields)))

    assert found() == ["a", "b", "c"]
    assert found(user_id=2) == ["c"]
    assert found(key_id=3) == ["a"]
    assert found(team_id=4) == ["b"]
    assert found(events=(Event.KEY_CREATED,)) == ["b"]
    assert found(events=(Event.KEY_CREATED,), user_id=2) == []
    assert found(text="größe_1%") == found(text="PATH") == ["a"]
    assert found(text="B") == ["b"]
    assert found(text="_") == ["a"]
    assert found(text="%%") == found(text="a\0") == found(text="\ud800") == []
