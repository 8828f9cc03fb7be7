"""A new key never reaches further than the key that makes it, and is seen by those alone who may end it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from linnet.actions.context import Context
from linnet.actions.keys import MAX_DESCRIPTION, KeyDraft, create_key, list_keys, revoke_key
from linnet.actions.teams import Member, add_service_account, create_team, remove_member, save_member
from linnet.model.access import ApiKey, KeyKind, Role, Team
from linnet.model.audit import Entry, Event
from linnet.model.errors import (
    DomainNotFound,
    InvalidField,
    KeyNotFound,
    NotAllowed,
    NotAuthenticated,
    QuotaReached,
    Refusal,
    TeamNotFound,
    UserNotFound,
)
from tests.actions.conftest import House
from tests.support.moments import NOON

LATER = NOON + timedelta(days=1)


@pytest.fixture
def at_noon(house: House) -> House:
    house.context = replace(house.context, now=lambda: NOON)
    return house


@pytest.fixture
def team(at_noon: House) -> Team:
    """A team of the owner."""
    return create_team(at_noon.context, "Shop")


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def made(context: Context, **fields: object) -> tuple[str, ApiKey]:
    return create_key(context, KeyDraft(**fields))  # type: ignore[arg-type]


def seen(context: Context) -> set[int]:
    return {key.id for key in list_keys(context).keys}


def audit_of(house: House) -> list[Entry]:
    with house.database.read() as work:
        return work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=50)


def test_a_key_holds_what_was_asked(at_noon: House):
    raw_key, key = made(at_noon.context, kind=KeyKind.PUBLIC, description=" Shop ", hostname="GO.example.", expires_at=LATER)
    assert raw_key.startswith("pk_")
    assert (key.kind, key.description, key.domain_id, key.team_id) == (KeyKind.PUBLIC, "Shop", at_noon.domain.id, None)
    assert (key.expires_at, key.created_at, key.owner_id) == (LATER, NOON, at_noon.domain.owner_id)


def test_making_and_revoking_are_in_the_audit_log_without_the_secret(at_noon: House):
    raw_key, key = made(at_noon.context, domain_id=at_noon.domain.id)
    revoke_key(at_noon.context, key.id)
    revoke_key(at_noon.context, key.id)
    revoked, created = audit_of(at_noon)
    assert (revoked.event, created.event) == (Event.KEY_REVOKED, Event.KEY_CREATED)
    assert (created.subject, created.domain_id) == (str(key.id), at_noon.domain.id)
    assert raw_key not in repr((revoked, created))


@pytest.mark.parametrize("description", ["a" * (MAX_DESCRIPTION + 1), "two\nlines", "nul\0", "\ud800"])
def test_a_description_is_one_bounded_line(at_noon: House, description: str):
    with pytest.raises(InvalidField) as caught:
        made(at_noon.context, description=description)
    assert caught.value.field == "description"


def test_a_key_that_ends_before_it_begins_is_refused(at_noon: House):
    with pytest.raises(InvalidField) as caught:
        made(at_noon.context, expires_at=NOON)
    assert caught.value.field == "expiresAt"


def test_a_public_key_makes_lists_and_revokes_none(at_noon: House):
    raw_key, key = made(at_noon.context, kind=KeyKind.PUBLIC)
    public = at_noon.as_key(raw_key)
    for attempt in (lambda: made(public), lambda: list_keys(public), lambda: revoke_key(public, key.id)):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_domain_that_the_actor_may_not_see_restricts_no_key(at_noon: House):
    other = at_noon.add_domain("other.example", owner_id=at_noon.add_user("b@example.com").id)
    for fields in ({"hostname": "other.example"}, {"domain_id": other.id}, {"domain_id": 10**12}, {"hostname": "no.example"}):
        with pytest.raises(DomainNotFound):
            made(at_noon.context, **fields)
    with pytest.raises(InvalidField):
        made(at_noon.context, hostname="go.example", domain_id=other.id)


def test_a_key_of_one_domain_makes_keys_of_that_domain_alone(at_noon: House):
    second = at_noon.add_domain("second.example")
    context = at_noon.as_key(made(at_noon.context, domain_id=at_noon.domain.id)[0])
    _, key = made(context)
    assert key.domain_id == at_noon.domain.id
    with pytest.raises(DomainNotFound):
        made(context, domain_id=second.id)


def test_a_key_of_a_team_makes_keys_of_the_team_or_of_its_domains(at_noon: House, team: Team):
    own = at_noon.add_domain("own.example")
    at_noon.move_to(team)
    context = at_noon.as_key(made(owner(at_noon), team_id=team.id)[0])
    other = create_team(at_noon.context, "Other")
    assert made(context)[1].team_id == team.id
    assert made(context, hostname="go.example")[1].domain_id == at_noon.domain.id
    with pytest.raises(TeamNotFound):
        made(context, team_id=other.id)
    with pytest.raises(DomainNotFound):
        made(context, domain_id=own.id)


def test_a_key_that_ends_makes_keys_that_end_no_later(at_noon: House):
    context = at_noon.as_key(made(at_noon.context, expires_at=LATER)[0])
    assert made(context)[1].expires_at == LATER
    assert made(context, expires_at=LATER - timedelta(hours=1))[1].expires_at == LATER - timedelta(hours=1)
    with pytest.raises(InvalidField) as caught:
        made(context, expires_at=LATER + timedelta(seconds=1))
    assert caught.value.field == "expiresAt"


def test_a_key_that_was_just_revoked_makes_none_although_it_is_remembered(at_noon: House):
    raw_key, key = made(at_noon.context)
    context = at_noon.as_key(raw_key)
    revoke_key(at_noon.context, key.id)
    with pytest.raises(NotAuthenticated):
        made(context)


def test_a_team_that_the_actor_is_not_in_restricts_no_key(at_noon: House, team: Team):
    stranger = at_noon.as_user(at_noon.add_user("b@example.com").id)
    for team_id in (team.id, 0, -1, 10**12):
        with pytest.raises(TeamNotFound):
            made(stranger, team_id=team_id)


def test_a_key_of_a_team_and_a_domain_needs_a_domain_of_the_team(at_noon: House, team: Team):
    with pytest.raises(InvalidField):
        made(owner(at_noon), team_id=team.id, hostname="go.example")
    at_noon.move_to(team)
    key = made(owner(at_noon), team_id=team.id, hostname="go.example")[1]
    assert (key.team_id, key.domain_id) == (team.id, at_noon.domain.id)


@pytest.fixture
def account(at_noon: House, team: Team) -> Member:
    return add_service_account(owner(at_noon), team.id, "Robot", Role.USER)


def test_a_service_accounts_key_reaches_its_team_and_no_other_domain(at_noon: House, team: Team, account: Member):
    _, key = made(owner(at_noon), service_account_id=account.user.id)
    assert (key.owner_id, key.team_id, key.domain_id) == (account.user.id, team.id, None)
    with pytest.raises(InvalidField):
        made(owner(at_noon), service_account_id=account.user.id, hostname="go.example")
    other = create_team(at_noon.context, "Other")
    with pytest.raises(InvalidField):
        made(owner(at_noon), service_account_id=account.user.id, team_id=other.id)


def test_only_who_manages_the_team_makes_sees_and_ends_keys_of_its_service_accounts(
    at_noon: House, team: Team, account: Member
):
    member, stranger = at_noon.add_user("b@example.com"), at_noon.add_user("c@example.com")
    save_member(owner(at_noon), team.id, member.email, Role.USER)
    raw_key, key = made(owner(at_noon), service_account_id=account.user.id)
    assert key.id in seen(owner(at_noon))
    for context in (at_noon.as_user(member.id), at_noon.as_user(stranger.id)):
        with pytest.raises(UserNotFound):
            made(context, service_account_id=account.user.id)
        assert key.id not in seen(context)
        with pytest.raises(KeyNotFound):
            revoke_key(context, key.id)
    save_member(owner(at_noon), team.id, member.email, Role.ADMIN)
    revoke_key(at_noon.as_user(member.id), key.id)
    with pytest.raises(NotAuthenticated):
        at_noon.as_key(raw_key)


@pytest.mark.parametrize("which", ["person", "nobody", "negative", "huge"])
def test_what_is_no_service_account_owns_no_key(at_noon: House, team: Team, which: str):
    person = at_noon.add_user("b@example.com")
    number = {"person": person.id, "nobody": 999, "negative": -1, "huge": 10**20}[which]
    with pytest.raises(UserNotFound):
        made(owner(at_noon), service_account_id=number)


def test_a_service_account_makes_keys_for_itself_only_where_it_manages_the_team(at_noon: House, team: Team, account: Member):
    context = at_noon.as_key(made(owner(at_noon), service_account_id=account.user.id)[0])
    with pytest.raises(UserNotFound):
        made(context)
    admin = add_service_account(owner(at_noon), team.id, "Chief", Role.ADMIN)
    context = at_noon.as_key(made(owner(at_noon), service_account_id=admin.user.id)[0])
    assert made(context)[1].team_id == team.id


def test_the_keys_of_a_service_account_end_with_its_membership(at_noon: House, team: Team, account: Member):
    raw_key, _ = made(owner(at_noon), service_account_id=account.user.id)
    remove_member(owner(at_noon), team.id, account.user.email)
    with pytest.raises(NotAuthenticated):
        at_noon.as_key(raw_key)


def test_through_a_restricted_key_only_keys_that_reach_no_further_are_seen_and_ended(at_noon: House, team: Team):
    at_noon.move_to(team)
    _, everywhere = made(owner(at_noon))
    raw_team, of_team = made(owner(at_noon), team_id=team.id)
    raw_domain, of_domain = made(owner(at_noon), hostname="go.example")
    assert seen(at_noon.as_key(raw_team)) == {of_team.id, of_domain.id}
    assert seen(at_noon.as_key(raw_domain)) == {of_domain.id}
    for raw_key, other in ((raw_team, everywhere), (raw_domain, everywhere), (raw_domain, of_team)):
        with pytest.raises(KeyNotFound):
            revoke_key(at_noon.as_key(raw_key), other.id)


@pytest.mark.parametrize("key_id", [0, -1, 10**12, 999])
def test_an_unknown_key_is_refused_as_a_foreign_one(at_noon: House, key_id: int):
    other = at_noon.as_user(at_noon.add_user("b@example.com").id)
    with pytest.raises(KeyNotFound) as unknown:
        revoke_key(at_noon.context, key_id)
    _, key = made(other)
    with pytest.raises(KeyNotFound) as foreign:
        revoke_key(at_noon.context, key.id)
    assert unknown.value.message.replace(str(key_id), "N") == foreign.value.message.replace(str(key.id), "N")


def test_keys_are_listed_in_pages_until_there_are_no_more(at_noon: House):
    for _ in range(3):
        made(at_noon.context)
    found, after, pages = [], 0, 0
    while after is not None:
        page = list_keys(at_noon.context, limit=2, after=after)
        found += page.keys
        after = page.next  # type: ignore[assignment]
        pages += 1
    assert [key.id for key in found] == sorted(seen(at_noon.context))
    assert (len(found), pages) == (5, 3)


@pytest.mark.parametrize("fields", [{"limit": 0}, {"limit": 151}, {"after": -1}, {"after": 2**31}])
def test_a_page_out_of_bounds_is_refused(at_noon: House, fields: dict[str, int]):
    with pytest.raises(Refusal) as caught:
        list_keys(at_noon.context, **fields)
    assert isinstance(caught.value, InvalidField)


def test_an_owner_has_a_bounded_number_of_live_keys(at_noon: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.actions.keys.MAX_KEYS", 3)
    _, key = made(at_noon.context)
    with pytest.raises(QuotaReached):
        made(at_noon.context)
    revoke_key(at_noon.context, key.id)
    assert made(at_noon.context)
