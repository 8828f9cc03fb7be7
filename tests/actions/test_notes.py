"""What people are told of, on each of the engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linnet.actions.context import Context
from linnet.actions.domain_checks import check_domain
from linnet.actions.notes import (
    caretakers,
    claim_letters,
    claim_summaries,
    count_unread,
    forget_notes,
    list_notes,
    mark_read,
    tell,
)
from linnet.actions.profiles import set_mail
from linnet.actions.sessions import begin_session
from linnet.actions.teams import add_service_account, create_team, save_member
from linnet.model.access import Role
from linnet.model.account import SignInMethod
from linnet.model.domain_state import NameFindings
from linnet.model.profile import MAX_NOTES, NoteKind
from tests.actions.conftest import House
from tests.support.moments import NOON

HERE = NameFindings(answered=True, here=("192.0.2.1",))
ELSEWHERE = NameFindings(answered=True, elsewhere=("198.51.100.7",))
NO_ANSWER = NameFindings(answered=False)


class Names:
    """Name servers that say one thing of every name."""

    def __init__(self, *findings: NameFindings) -> None:
        self._findings = list(findings)

    def findings(self, hostname: str, *, proof: bool = False, seconds: float = 3.0) -> NameFindings:
        return self._findings.pop(0)


def owner(house: House) -> Context:
    return replace(house.as_user(house.domain.owner_id), now=lambda: NOON)


def say(context: Context, kind: NoteKind = NoteKind.IMPORT_ENDED, **details: object) -> None:
    with context.database.write() as work:
        tell(context, work, [context.actor.user_id], kind, **details)


def test_notes_are_read_newest_first_and_once(house: House):
    context = owner(house)
    for number in range(3):
        say(context, number=number)
    found = list_notes(context)
    assert [note.details["number"] for note in found] == [2, 1, 0]
    assert count_unread(context) == 3
    mark_read(context, found[1].id)
    assert count_unread(context) == 1
    assert [note.read_at for note in list_notes(context)] == [None, NOON, NOON]
    assert [note.details["number"] for note in list_notes(context, before=found[1].id)] == [0]


def test_nobody_reads_anothers_notes(house: House):
    say(owner(house))
    stranger = house.as_user(house.add_user("b@example.com").id)
    assert (list_notes(stranger), count_unread(stranger)) == ([], 0)
    mark_read(stranger, list_notes(owner(house))[0].id)
    assert count_unread(owner(house)) == 1


def test_the_oldest_notes_make_room(house: House):
    context = owner(house)
    with context.database.write() as work:
        for number in range(MAX_NOTES + 5):
            tell(context, work, [context.actor.user_id], NoteKind.IMPORT_ENDED, number=number)
    found, before = [], None
    while page := list_notes(context, before=before):
        found += page
        before = page[-1].id
    assert [note.details["number"] for note in found] == list(range(MAX_NOTES + 4, 4, -1))


def test_a_note_is_mailed_once_to_who_wants_its_kind_mailed(house: House):
    context = owner(house)
    set_mail(context, ["import_ended"])
    say(context, NoteKind.IMPORT_ENDED, links=3)
    say(context, NoteKind.NEW_DEVICE)
    claimed = claim_letters(context, limit=10)
    assert [(email, note.kind, note.details) for email, _, note in claimed] == [
        ("owner@example.com", NoteKind.IMPORT_ENDED, {"links": 3})
    ]
    assert claim_letters(context, limit=10) == []
    assert len(list_notes(context)) == 2


def test_old_notes_are_forgotten(house: House):
    say(owner(house))
    assert forget_notes(replace(owner(house), now=lambda: NOON + timedelta(days=89))) == 0
    assert forget_notes(replace(owner(house), now=lambda: NOON + timedelta(days=91))) == 1


def test_who_answers_for_a_domain_is_told_once_when_it_leads_here_no_more(house: House):
    context = replace(owner(house), names=Names(HERE, ELSEWHERE, ELSEWHERE, NO_ANSWER))
    domain = house.domain
    for _ in range(4):
        domain = check_domain(context, domain, seconds=1.0)
    (note,) = list_notes(context)
    assert (note.kind, note.details) == (
        NoteKind.DOMAIN_LOST,
        {"domain": "go.example", "domain_id": domain.id, "state": "not_configured"},
    )


def test_name_servers_that_do_not_answer_are_no_news(house: House):
    context = replace(owner(house), names=Names(HERE, NO_ANSWER))
    for _ in range(2):
        check_domain(context, house.domain, seconds=1.0)
    assert list_notes(context) == []


def test_owners_and_admins_answer_for_a_teams_domain(house: House):
    team = create_team(owner(house), "Shop")
    domain = house.move_to(team)
    for email, role in (("admin@example.com", Role.ADMIN), ("user@example.com", Role.USER)):
        house.add_user(email)
        save_member(owner(house), team.id, email, role)
    add_service_account(owner(house), team.id, "Robot", Role.ADMIN)
    with house.database.read() as work:
        assert caretakers(work, domain) == [domain.owner_id, house.find_user("admin@example.com")]


@pytest.mark.parametrize("up_to", [0, -1, 2**40])
def test_marking_what_there_is_not_changes_nothing(house: House, up_to: int):
    say(owner(house))
    mark_read(owner(house), up_to)
    assert count_unread(owner(house)) == 1


def test_a_summary_of_the_week_is_claimed_once(house: House):
    friday = datetime(2026, 5, 1, 12, tzinfo=UTC)
    monday = datetime(2026, 5, 4, 8, tzinfo=UTC)
    set_mail(replace(owner(house), now=lambda: friday), ["weekly_summary"])
    context = replace(owner(house), now=lambda: monday)
    assert [each.user_id for each in claim_summaries(context, limit=10)] == [house.domain.owner_id]
    assert claim_summaries(context, limit=10) == []
    assert claim_summaries(replace(context, now=lambda: friday), limit=10) == []


def test_a_browser_that_was_not_seen_before_is_told_of(house: House):
    context = owner(house)
    for agent in ("Firefox/1.0", "Firefox/2.0", "Chrome/1.0", "Firefox/3.0", "Chrome/2.0"):
        begin_session(context, method=SignInMethod.PASSWORD, second_factor=False, agent=agent)
    assert [note.details["agent"] for note in list_notes(context)] == ["Chrome/1.0"]
