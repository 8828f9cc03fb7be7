"""Shared reports: who makes, sees and ends them, and until when they open, on both engines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from linnet.actions.removing import delete_link
from linnet.actions.reports import (
    MAX_REPORTS,
    Opened,
    create_report,
    list_reports,
    open_report,
    password_opens,
    revoke_report,
)
from linnet.actions.sign_in import user_actor
from linnet.actions.teams import create_team, remove_member, save_member
from linnet.model.access import Actor, KeyKind, Role, Team
from linnet.model.audit import Entry, Event
from linnet.model.errors import DomainNotFound, InvalidField, LinkNotFound, NotAllowed, QuotaReached, ReportNotFound
from linnet.model.link import Link
from linnet.model.report import ReportDraft
from tests.actions.conftest import House

SPRING = ReportDraft(name="Spring", view="period=last30")


def finder(house: House) -> Callable[[int, bool], Actor]:
    return lambda user_id, second_factor: user_actor(house.database, user_id, second_factor=second_factor)


def opened(house: House, token: str, *, later: timedelta = timedelta()) -> Opened:
    now = house.context.now() + later
    return open_report(replace(house.as_actor(Actor(user_id=0)), now=lambda: now), token, finder(house))


def member(house: House, team: Team, email: str, role: Role, *, own_links_only: bool = False) -> int:
    user = house.add_user(email)
    save_member(house.as_user(house.domain.owner_id), team.id, email, role, own_links_only=own_links_only)
    return user.id


def owners_link(house: House) -> Link:
    return replace(house, context=house.as_user(house.domain.owner_id)).create(path="a").link


def entries(house: House) -> list[Entry]:
    with house.database.read() as work:
        return work.audit.search(user_id=house.domain.owner_id, domain_ids=[house.domain.id], limit=50)


@pytest.fixture
def team(house: House) -> Team:
    made = create_team(house.as_user(house.domain.owner_id), "Shop")
    house.move_to(made)
    return made


def test_a_report_opens_by_its_token_for_nobody_in_particular(house: House):
    report, token = create_report(house.context, house.domain.id, SPRING)
    found = opened(house, token)
    assert (found.report.id, found.of, found.report.view) == (report.id, house.domain.id, "period=last30")
    assert found.context.actor.user_id == house.domain.owner_id


def test_a_report_of_a_link_is_about_that_link(house: House):
    link = house.create(path="a").link
    _, token = create_report(house.context, link.id, SPRING)
    assert opened(house, token).of == link.id


def test_the_token_is_nowhere_in_the_database_or_the_audit_log(house: House):
    _, token = create_report(house.context, house.domain.id, replace(SPRING, password="let me in"))
    with house.database.read() as work:
        reports = work.reports.search(house.domain.id, user_id=None, link_number=None, limit=9)
    assert token not in repr(entries(house)) + repr(reports)
    assert "let me in" not in repr(entries(house)) + repr(reports)


@pytest.mark.parametrize("token", ["", "x", "é" * 32, "a" * 32, "a" * 5000])
def test_another_token_opens_nothing(house: House, token: str):
    create_report(house.context, house.domain.id, SPRING)
    with pytest.raises(ReportNotFound):
        opened(house, token)


def test_a_report_ends_at_its_time(house: House):
    draft = replace(SPRING, expires_at=house.context.now() + timedelta(hours=1))
    _, token = create_report(house.context, house.domain.id, draft)
    assert opened(house, token, later=timedelta(minutes=50))
    with pytest.raises(ReportNotFound):
        opened(house, token, later=timedelta(hours=2))


def test_a_password_opens_only_its_own_report(house: House):
    locked, _ = create_report(house.context, house.domain.id, replace(SPRING, password="let me in"))
    free, _ = create_report(house.context, house.domain.id, SPRING)
    assert password_opens(locked, "let me in")
    assert not password_opens(locked, "let me out")
    assert not password_opens(free, "")


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (replace(SPRING, name=" "), "name"),
        (replace(SPRING, name="a" * 101), "name"),
        (replace(SPRING, name="two\nlines"), "name"),
        (replace(SPRING, password="short"), "password"),
        (replace(SPRING, password="p" * 1025), "password"),
        (replace(SPRING, view="v" * 8001), "view"),
    ],
)
def test_what_cannot_be_shared_is_refused_by_its_field(house: House, draft: ReportDraft, field: str):
    with pytest.raises(InvalidField) as refused:
        create_report(house.context, house.domain.id, draft)
    assert refused.value.field == field


def test_a_report_cannot_have_ended_before_it_begins(house: House):
    with pytest.raises(InvalidField):
        create_report(house.context, house.domain.id, replace(SPRING, expires_at=house.context.now()))


def test_who_may_only_read_shares_nothing(house: House, team: Team):
    reader = house.as_user(member(house, team, "reader@example.com", Role.READ_ONLY))
    link = owners_link(house)
    for of in (house.domain.id, link.id):
        with pytest.raises(NotAllowed):
            create_report(reader, of, SPRING)


def test_a_public_key_shares_nothing(house: House):
    with pytest.raises(DomainNotFound):
        create_report(house.as_user(house.domain.owner_id, key_kind=KeyKind.PUBLIC), house.domain.id, SPRING)


def test_a_stranger_finds_nothing_to_share(house: House):
    stranger = house.as_user(house.add_user("stranger@example.com").id)
    link = house.create(path="a").link
    with pytest.raises(DomainNotFound):
        create_report(stranger, house.domain.id, SPRING)
    with pytest.raises(LinkNotFound):
        create_report(stranger, link.id, SPRING)


def test_who_sees_own_links_only_shares_these_and_not_the_domain(house: House, team: Team):
    narrowed = house.as_user(member(house, team, "narrow@example.com", Role.USER, own_links_only=True))
    other = owners_link(house)
    own = replace(house, context=narrowed).create("https://example.com/own", path="own").link
    _, token = create_report(narrowed, own.id, SPRING)
    assert opened(house, token).of == own.id
    with pytest.raises(NotAllowed):
        create_report(narrowed, house.domain.id, SPRING)
    with pytest.raises(LinkNotFound):
        create_report(narrowed, other.id, SPRING)


@pytest.mark.parametrize("role", [Role.USER, Role.ADMIN])
def test_a_report_ends_when_its_maker_loses_access(house: House, team: Team, role: Role):
    owner = house.as_user(house.domain.owner_id)
    email = "user@example.com"
    user_id = member(house, team, email, role)
    _, token = create_report(house.as_user(user_id), house.domain.id, SPRING)
    assert opened(house, token)
    save_member(owner, team.id, email, Role.READ_ONLY)
    with pytest.raises(ReportNotFound):
        opened(house, token)
    save_member(owner, team.id, email, role)
    assert opened(house, token)
    remove_member(owner, team.id, email)
    with pytest.raises(ReportNotFound):
        opened(house, token)


def test_a_report_ends_with_its_link(house: House):
    link = house.create(path="a").link
    _, token = create_report(house.context, link.id, SPRING)
    delete_link(house.context, link.id)
    with pytest.raises(ReportNotFound):
        opened(house, token)
    (listed,) = list_reports(house.as_user(house.domain.owner_id), house.domain.id)
    assert listed.gone


def test_a_revoked_report_is_over(house: House):
    report, token = create_report(house.context, house.domain.id, SPRING)
    revoke_report(house.context, report.id)
    with pytest.raises(ReportNotFound):
        opened(house, token)
    with pytest.raises(ReportNotFound):
        revoke_report(house.context, report.id)


def test_everybody_sees_and_ends_own_reports_and_who_configures_all(house: House, team: Team):
    owner = house.as_user(house.domain.owner_id)
    first = house.as_user(member(house, team, "first@example.com", Role.USER))
    second = house.as_user(member(house, team, "second@example.com", Role.USER))
    report, _ = create_report(first, house.domain.id, SPRING)
    assert [each.report.id for each in list_reports(first, house.domain.id)] == [report.id]
    assert list_reports(second, house.domain.id) == []
    with pytest.raises(ReportNotFound):
        revoke_report(second, report.id)
    assert [each.maker for each in list_reports(owner, house.domain.id)] == ["first@example.com"]
    assert revoke_report(owner, report.id) == report


def test_the_reports_of_a_link_are_its_own(house: House):
    a, b = house.create(path="a").link, house.create("https://example.com/b", path="b").link
    of_a, _ = create_report(house.context, a.id, SPRING)
    of_b, _ = create_report(house.context, b.id, SPRING)
    assert [each.report.id for each in list_reports(house.context, a.id)] == [of_a.id]
    assert [each.report.id for each in list_reports(house.context, house.domain.id)] == [of_b.id, of_a.id]


def test_a_domain_has_so_many_reports(house: House, monkeypatch: pytest.MonkeyPatch):
    assert MAX_REPORTS >= 100
    monkeypatch.setattr("linnet.actions.reports.MAX_REPORTS", 1)
    create_report(house.context, house.domain.id, SPRING)
    with pytest.raises(QuotaReached):
        create_report(house.context, house.domain.id, SPRING)


def test_what_is_done_with_reports_is_in_the_audit_log(house: House):
    report, _ = create_report(house.context, house.domain.id, replace(SPRING, password="let me in"))
    revoke_report(house.context, report.id)
    assert [each.event for each in entries(house)][:2] == [Event.REPORT_REVOKED, Event.REPORT_CREATED]
