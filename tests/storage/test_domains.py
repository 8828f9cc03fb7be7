"""Domains in the database, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from linnet.model.errors import DomainTaken
from linnet.model.path import LinkType
from linnet.storage.database import Database
from tests.storage.builders import NOON, a_domain, add_domain, add_user


def test_a_domain_comes_back_exactly_as_it_was_added(database: Database) -> None:
    add_user(database)
    full = a_domain(
        link_type=LinkType.FOUR_CHAR,
        case_sensitive=True,
        hide_visitor_ip=True,
        robots="noindex",
        qr_scan_tracking=False,
        redirect_404="https://example.com/404",
        client_storage={"a": [1, {"b": "ü"}]},
        increment_counter=7,
    )
    with database.write() as work:
        added = work.domains.add(full)
    assert added == replace(full, id=added.id)
    with database.read() as work:
        assert work.domains.find(added.id) == added
        assert work.domains.find_by_hostname("go.example.com") == added
        assert work.domains.find_by_hostname("other.example.com") is None


def test_a_registered_hostname_is_refused_and_the_work_goes_on(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        with pytest.raises(DomainTaken):
            work.domains.add(a_domain())
        second = work.domains.add(a_domain(hostname="two.example.com"))
    with database.read() as work:
        assert work.domains.find(second.id) == second


def test_saving_keeps_the_hostname_and_the_counter(database: Database) -> None:
    domain = add_domain(database)
    with database.write() as work:
        work.domains.next_counter(domain.id)
        work.domains.save(replace(domain, hostname="moved.example.com", cloaking=True, updated_at=NOON + timedelta(1)))
        found = work.domains.find(domain.id)
    assert found == replace(domain, cloaking=True, updated_at=NOON + timedelta(1), increment_counter=1)


def test_domains_are_searched_by_owner_and_part_of_the_hostname(database: Database) -> None:
    one = add_domain(database)
    other = add_user(database, "other@example.com")
    two = add_domain(database, hostname="go_2.example.org", owner_id=other.id)
    with database.read() as work:
        assert work.domains.search() == [one, two]
        assert work.domains.search(owner_id=other.id) == [two]
        assert work.domains.search(pattern="EXAMPLE.com") == [one]
        assert work.domains.search(pattern="o_2") == [two]
        assert work.domains.search(pattern="o_e") == []
        assert work.domains.search(limit=1, offset=1) == [two]


@pytest.mark.parametrize("domain_id", [-1, 0, 2**31, 2**63, 62**11])
def test_an_id_that_no_domain_can_have_is_not_found(database: Database, domain_id: int) -> None:
    with database.read() as work:
        assert work.domains.find(domain_id) is None


def test_a_search_bears_what_clients_may_send(database: Database) -> None:
    add_domain(database)
    with database.read() as work:
        assert work.domains.search(offset=10**30) == []
        assert work.domains.search(pattern="\0") == []
        assert work.domains.search(pattern="\ud800") == []


def test_no_two_writers_get_the_same_counter(database: Database) -> None:
    domain = add_domain(database)

    def draw(_: int) -> int:
        with database.write() as work:
            return work.domains.next_counter(domain.id)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(draw, range(40))) == list(range(1, 41))


def test_a_check_stores_what_it_found_and_nothing_else(database: Database) -> None:
    domain = add_domain(database)
    with database.write() as work:
        work.domains.save(replace(domain, robots="noindex"))
    later = NOON + timedelta(hours=1)
    with database.write() as work:
        work.domains.save_check(replace(domain, state="extra_records", verified=False, checked_at=later))
    with database.read() as work:
        expected = replace(domain, robots="noindex", state="extra_records", verified=False, checked_at=later)
        assert work.domains.find(domain.id) == expected


def test_domains_whose_check_is_longest_ago_come_first(database: Database) -> None:
    first = add_domain(database)
    with database.write() as work:
        others = [
            work.domains.add(a_domain(hostname=f"d{hours}.example.com", checked_at=NOON - timedelta(hours=hours)))
            for hours in (1, 3, 2)
        ]
    with database.read() as work:
        assert work.domains.unchecked_since(NOON, limit=9) == [first, others[1], others[2], others[0]]
        assert work.domains.unchecked_since(NOON - timedelta(minutes=90), limit=2) == [first, others[1]]


# SQLite has one writer at a time.
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_locked_domain_waits_for_those_who_hold_it(database: Database) -> None:
    domain = add_domain(database)
    with ThreadPoolExecutor(1) as pool:
        with database.write() as work:
            assert work.domains.find(domain.id, hold=True) == domain
            with database.write() as other:
                assert other.domains.find_by_hostname(domain.hostname, hold=True) == domain
            locked = pool.submit(_lock, database, domain.id)
            with pytest.raises(TimeoutError):
                locked.result(0.3)
        assert locked.result(5) == domain.id


def _lock(database: Database, domain_id: int) -> int | None:
    with database.write() as work:
        domain = work.domains.lock(domain_id)
    return domain.id if domain is not None else None
