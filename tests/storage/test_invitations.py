"""Invitations in the database, on both engines."""

from dataclasses import replace
from datetime import timedelta

from linnet.model.access import Invitation, Role, Team
from linnet.storage.database import Database
from tests.storage.builders import NOON, add_user

LATER = NOON + timedelta(days=7)


def a_team(database: Database) -> Team:
    with database.write() as work:
        return work.teams.add("Shop", NOON)


def add(database: Database, team: Team, digest: bytes = b"d" * 32, **fields: object) -> Invitation:
    invitation = Invitation(
        id=0, team_id=team.id, role=Role.USER, invited_by=1, created_at=NOON, expires_at=LATER, own_links_only=True
    )
    with database.write() as work:
        return work.invitations.add(replace(invitation, **fields), digest)  # type: ignore[arg-type]


def test_an_invitation_is_found_by_its_digest_exactly_as_it_was_added(database: Database):
    add_user(database)
    team = a_team(database)
    first = add(database, team, email="a@example.com", uses_left=3)
    second = add(database, team, b"e" * 32)
    with database.read() as work:
        assert work.invitations.find_by_digest(b"d" * 32) == first
        assert work.invitations.find_by_digest(b"f" * 32) is None
        assert work.invitations.search(team.id) == [second, first]
        assert work.invitations.find(team.id, first.id) == first
        for team_id, invitation_id in ((team.id + 1, first.id), (team.id, 999), (team.id, -1), (team.id, 10**30)):
            assert work.invitations.find(team_id, invitation_id) is None


def test_uses_are_counted_down_to_none(database: Database):
    add_user(database)
    invitation = add(database, a_team(database), uses_left=2)
    with database.write() as work:
        assert [work.invitations.use(invitation.id) for _ in range(3)] == [True, True, False]
        found = work.invitations.find_by_digest(b"d" * 32)
    assert found == replace(invitation, uses_left=0)
    assert found.is_over(NOON)
    assert not invitation.is_over(NOON)
    assert invitation.is_over(LATER)


def test_what_is_over_is_forgotten_and_the_rest_is_kept(database: Database):
    add_user(database)
    team = a_team(database)
    add(database, team, uses_left=0)
    add(database, team, b"e" * 32, expires_at=NOON)
    kept = add(database, team, b"f" * 32)
    with database.write() as work:
        work.invitations.remove_over(team.id, NOON)
    with database.read() as work:
        assert work.invitations.search(team.id) == [kept]


def test_a_team_takes_its_invitations_along(database: Database):
    add_user(database)
    team = a_team(database)
    add(database, team)
    with database.write() as work:
        work.teams.remove(team.id)
    with database.read() as work:
        assert work.teams.find(team.id) is None
        assert work.invitations.find_by_digest(b"d" * 32) is None
