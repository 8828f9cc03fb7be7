"""Links past their ends are removed by housekeeping, and can be brought back, on each of the engines."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from linnet.actions.context import Context
from linnet.actions.opengraph import save_opengraph
from linnet.actions.removing import delete_link, delete_links, forget_removed_links, purge_due_links
from linnet.actions.restoring import list_removed_links, restore_link
from linnet.actions.rules import save_rules, save_variants
from linnet.actions.targeting import save_places
from linnet.model.access import Actor
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, LinkNotFound, PathTaken, QuotaReached
from linnet.model.removal import Reason
from linnet.model.rules import read_rules
from linnet.model.targeting import Place
from linnet.model.variants import read_variants
from linnet.storage import removed
from linnet.storage.link_tables import links
from linnet.storage.report_tables import reports
from linnet.storage.routes import RouteChange, RouteStore
from linnet.storage.schema import metadata
from linnet.storage.tables import users
from tests.actions.conftest import House
from tests.actions.test_links import at_once

DAY = timedelta(days=1)


def system(house: House, *, later: timedelta = timedelta()) -> Context:
    """Housekeeping's context, ``later`` than now."""
    return replace(house.as_actor(Actor(user_id=0)), now=lambda: house.context.now() + later)


def later(house: House, span: timedelta) -> Context:
    return replace(house.context, now=lambda: house.context.now() + span)


def purge_expired(house: House) -> None:
    with house.database.write() as work:
        work.domains.save(replace(house.domain, purge_expired_links=True))


def listed(house: House) -> list[tuple[str, Reason]]:
    return [(each.link.path, each.reason) for each in list_removed_links(house.context, house.domain.id).removed]


def gone(house: House, after: int) -> set[str]:
    changes = RouteStore(house.database).changes_after(after, 1000)
    return {each.path_key for each in changes if isinstance(each, RouteChange) and each.route is None}


def test_links_past_their_ttl_are_removed_and_no_others(house: House):
    now = house.context.now()
    house.create(path="soon", delete_at=now + DAY)
    house.create(path="docs/*", again=True, delete_at=now + DAY)
    house.create(path="later", again=True, delete_at=now + 3 * DAY)
    house.create(path="expired", again=True, expires_at=now - DAY)
    before = RouteStore(house.database).last_sequence()
    assert purge_due_links(system(house), limit=10) == 0
    assert house.published[-1] == before
    assert purge_due_links(system(house, later=2 * DAY), limit=10) == 2
    assert [link.path for link in house.stored()] == ["later", "expired"]
    assert gone(house, before) == {"soon", "docs/*"}
    assert house.published[-1] == RouteStore(house.database).last_sequence()
    assert sorted(listed(house)) == [("docs/*", Reason.TTL), ("soon", Reason.TTL)]


def test_domains_that_purge_expired_links_lose_them_and_others_keep_them(house: House):
    purge_expired(house)
    house.add_domain("keeps.example")
    now = house.context.now()
    for host in ("go.example", "keeps.example"):
        house.create(host=host, path="over", expires_at=now - DAY)
        house.create(host=host, path="on", again=True, expires_at=now + DAY)
    assert purge_due_links(system(house), limit=10) == 1
    with house.database.read() as work:
        left = [(domain, link.path) for domain in (1, 2) for link in work.links.search(domain, limit=9).links]
    assert sorted(left) == [(1, "on"), (2, "on"), (2, "over")]
    assert listed(house) == [("over", Reason.EXPIRED)]


def test_the_system_notes_what_it_removed_where_the_domains_owner_sees_it(house: House):
    link = house.create(path="a", delete_at=house.context.now() + DAY).link
    purge_due_links(system(house, later=2 * DAY), limit=10)
    with house.database.read() as work:
        entry = work.audit.search(user_id=None, domain_ids=(house.domain.id,), limit=1)[0]
    assert (entry.event, entry.user_id, entry.subject) == (Event.LINKS_PURGED, 0, str(house.domain.id))
    assert entry.details == {"count": 1, "link_ids": [link.id], "reasons": {"ttl": 1}}


def test_a_batch_is_bounded_and_the_next_one_goes_on(house: House):
    for number in range(5):
        house.create(f"https://example.com/{number}", delete_at=house.context.now() + DAY)
    context = system(house, later=2 * DAY)
    assert [purge_due_links(context, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_several_nodes_that_purge_at_once_remove_each_link_once(house: House):
    for number in range(60):
        house.create(f"https://example.com/{number}", delete_at=house.context.now() + DAY)
    context = system(house, later=2 * DAY)
    removed_by: list[int] = []
    at_once(4, lambda _: removed_by.append(sum(purge_due_links(context, limit=20) for _ in range(4))))
    assert sum(removed_by) == 60
    with house.database.read() as work:
        entries = work.audit.search(user_id=0, domain_ids=(), limit=50)
    assert sum(entry.details["count"] for entry in entries) == 60
    assert len(list_removed_links(house.context, house.domain.id).removed) == 60


def test_a_link_that_is_given_more_time_while_housekeeping_waits_for_it_stays(house: House):
    link = house.create(path="a", delete_at=house.context.now() + DAY).link
    outcome: list[int] = []
    purge = threading.Thread(target=lambda: outcome.append(purge_due_links(system(house, later=2 * DAY), limit=10)))
    with house.database.write() as work:
        work.links.save(replace(link, delete_at=link.delete_at + 9 * DAY if link.delete_at else None), "a")
        purge.start()
        purge.join(0.5)
    purge.join(20)
    assert outcome == [0]
    assert [each.path for each in house.stored()] == ["a"]


def whole(house: House, number: int) -> dict[str, list[Any]]:
    """Every row of the database that is about a link."""
    found: dict[str, list[Any]] = {}
    with house.database.connect() as connection:
        for table in metadata.sorted_tables:
            column = table.c.number if table is links else table.c.get("link_number")
            if column is not None and table is not reports:
                rows = connection.execute(select(table).where(column == number)).all()
                found[table.name] = [row._asdict() | {"updated_at": None} for row in rows]
    return found


def test_a_restored_link_has_everything_that_it_had(house: House):
    now = house.context.now()
    link = house.create(
        path="Über/*",
        title="Ünïcode \N{GRINNING FACE}",
        tags=("b", "a"),
        archived=True,
        redirect_type=307,
        skip_query=True,
        cloaking=False,
        clicks_limit=2**53,
        expires_at=now + DAY,
        iphone_url="https://example.com/i",
        split_url="https://example.com/s",
        split_percent=7,
        utm_source="x",
    ).link
    save_places(house.context, link.id, [Place(country="US", region="CA", original_url="https://example.com/ca")])
    rule = {"condition": {"language": ["de"]}, "originalURL": "https://example.com/de"}
    save_rules(house.context, link.id, read_rules([rule]))
    save_variants(house.context, link.id, read_variants([{"weight": 3}]))
    save_opengraph(house.context, house.domain.id, link.id, (("title", "T"), ("image", "https://example.com/i.png")))
    member = house.add_user("member@example.com")
    with house.database.write() as work:
        work.permissions.add(link.number, member.id, now)
        work.qr_codes.save(link.number, {"size": 3}, now)
    before = whole(house, link.number)
    assert all(before.values()), "a table without a row of this link would prove nothing"
    delete_link(house.context, link.id)
    assert not any(whole(house, link.number).values())
    sequence = RouteStore(house.database).last_sequence()
    back = restore_link(later(house, DAY / 2), link.id)
    assert whole(house, link.number) == before
    assert back.link == replace(link, updated_at=back.link.updated_at)
    assert back.link.updated_at > link.updated_at
    (change,) = [each for each in RouteStore(house.database).changes_after(sequence, 9) if isinstance(each, RouteChange)]
    assert change.route is not None
    assert change.route.link_number == link.number
    assert listed(house) == []


def test_what_was_kept_covers_every_table_that_belongs_to_links():
    # A report is its maker's and no part of the link: it waits for the link to come back.
    kept = {table.name for table in removed._TABLES} | {"links", "link_tags", "reports"}
    with_links = {each.name for each in metadata.sorted_tables if "link_number" in each.c}
    assert kept == with_links | {"links"}


def test_ends_that_are_past_are_cleared_and_others_stay(house: House):
    now = house.context.now()
    dying = house.create(path="a", delete_at=now + DAY, expires_at=now + 9 * DAY).link
    expired = house.create(path="b", again=True, delete_at=now + 9 * DAY, expires_at=now - DAY).link
    purge_expired(house)
    assert purge_due_links(system(house, later=2 * DAY), limit=9) == 2
    context = later(house, 2 * DAY)
    first, second = restore_link(context, dying.id).link, restore_link(context, expired.id).link
    assert (first.delete_at, first.expires_at) == (None, dying.expires_at)
    assert (second.delete_at, second.expires_at) == (expired.delete_at, None)
    assert purge_due_links(system(house, later=2 * DAY), limit=9) == 0


def test_restoring_twice_is_as_once_and_at_once_too(house: House):
    link = house.create(path="a").link
    delete_link(house.context, link.id)
    restored: list[str] = []
    at_once(4, lambda _: restored.append(restore_link(house.context, link.id).link.path))
    assert restored == ["a"] * 4
    with house.database.read() as work:
        entries = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=20)
    assert [each.event for each in entries].count(Event.LINK_RESTORED) == 1


def test_a_link_can_be_removed_and_restored_again_and_again(house: House):
    link = house.create(path="a", tags=("t",)).link
    for _ in range(3):
        delete_links(house.context, [link.id])
        assert restore_link(house.context, str(link.number)).link.tags == ("t",)
    assert [(each.id, each.number) for each in house.stored()] == [(link.id, link.number)]


def test_a_path_that_another_link_has_by_now_is_refused_and_nothing_is_lost(house: House):
    link = house.create(path="a").link
    delete_link(house.context, link.id)
    other = house.create(path="a", url="https://example.com/other").link
    with pytest.raises(PathTaken) as refusal:
        restore_link(house.context, link.id)
    assert refusal.value.link_id == other.id
    delete_link(house.context, other.id)
    assert restore_link(house.context, link.id).link.id == link.id
    assert listed(house) == [("a", Reason.DELETED)]


def test_a_restored_link_counts_against_the_quota_and_makes_no_loop(house: House):
    link = house.create("https://go.example/b", path="a").link
    delete_link(house.context, link.id)
    with pytest.raises(QuotaReached):
        restore_link(replace(house.context, max_links=0), link.id)
    house.create("https://go.example/a", path="b")
    with pytest.raises(InvalidField, match="loop"):
        restore_link(house.context, link.id)
    assert [each.path for each in house.stored()] == ["b"]


def test_a_link_keeps_its_path_under_a_case_rule_that_changed(house: House):
    link = house.create(path="Abc").link
    delete_link(house.context, link.id)
    with house.database.write() as work:
        work.domains.save(replace(house.domain, case_sensitive=True))
    restore_link(house.context, link.id)
    with house.database.read() as work:
        assert [work.links.find_by_path(1, key) is not None for key in ("Abc", "abc")] == [True, False]


def test_a_folder_and_people_that_are_gone_do_not_keep_a_link_away(house: House):
    link = house.create(path="a").link
    someone = house.add_user("someone@example.com")
    with house.database.write() as work:
        work.links.save(replace(link, folder_id="gone"), "a")
        work.permissions.add(link.number, someone.id, house.context.now())
    delete_link(house.context, link.id)
    with house.database.connect(writing=True) as connection:
        connection.execute(users.delete().where(users.c.id == someone.id))
        connection.commit()
    assert restore_link(house.context, link.id).link.folder_id is None


def test_after_thirty_days_a_link_is_gone_for_good(house: House):
    old, new = house.create(path="old").link, house.create(path="new", again=True).link
    delete_link(house.context, old.id)
    delete_link(later(house, 10 * DAY), new.id)
    after = later(house, 30 * DAY)
    with pytest.raises(LinkNotFound):
        restore_link(after, old.id)
    assert [each.link.path for each in list_removed_links(after, 1).removed] == ["new"]
    assert forget_removed_links(system(house, later=29 * DAY), limit=9) == 0
    assert forget_removed_links(system(house, later=30 * DAY), limit=9) == 1
    assert [each.link.path for each in list_removed_links(house.context, 1).removed] == ["new"]


def test_of_a_domain_whose_links_come_and_go_the_last_ones_are_kept(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.actions.removing.MAX_KEPT", 3)
    for number in range(7):
        delete_link(later(house, number * timedelta(minutes=1)), house.create(path=f"p{number}", again=True).link.id)
    assert [forget_removed_links(house.context, limit=3) for _ in range(3)] == [3, 1, 0]
    assert [path for path, _ in listed(house)] == ["p6", "p5", "p4"]


def test_pages_of_removed_links_hold_each_once(house: House):
    made = [house.create(path=f"p{number}", again=True).link.id for number in range(7)]
    moment: datetime = house.context.now()
    fixed: Callable[[], datetime] = lambda: moment  # noqa: E731 (all removed in one moment)
    delete_links(replace(house.context, now=fixed), made)
    seen: list[str] = []
    before = None
    while True:
        page = list_removed_links(house.context, 1, limit=3, before=before)
        seen += [each.link.id for each in page.removed]
        before = page.next
        if before is None:
            break
    assert sorted(seen) == sorted(made)
    assert len(seen) == 7
