"""Accounts elsewhere: whom they sign in, and whom not."""

from dataclasses import replace
from typing import Any

import pytest

from linnet.actions.identities import list_identities, unlink_identity, user_of_claims
from linnet.actions.invitations import InvitationDraft, create_invitation, join_with_account
from linnet.actions.own_password import check_own_password, has_password
from linnet.actions.password_resets import make_reset, reset_password
from linnet.actions.sign_in import sign_in
from linnet.actions.teams import add_service_account, create_team
from linnet.model.access import Role
from linnet.model.errors import IdentityNotFound, InvalidField, NotAllowed
from linnet.network.openid import Claims
from tests.actions.accounts import Person
from tests.actions.conftest import House


@pytest.fixture
def person(house: House) -> Person:
    return Person(house)


def claims(**fields: Any) -> Claims:
    values = {
        "issuer": "https://id.example",
        "subject": "s-1",
        "email": "Owner@Example.com",
        "email_verified": True,
        "name": "O",
    }
    return Claims(**{**values, "second_factor": False, **fields})


def test_a_verified_address_is_linked_once_and_the_subject_is_known_from_then_on(person: Person):
    owner = user_of_claims(person.of(0), claims(), admits_new=False)
    assert owner.email == "owner@example.com"
    person.wait(days=1)
    changed = claims(email="other@example.com", email_verified=False)
    assert user_of_claims(person.of(0), changed, admits_new=False) == owner
    (identity,) = list_identities(person.context)
    assert (identity.email, identity.last_used_at) == ("Owner@Example.com", person.now)
    assert person.events() == ["user.identity_linked"]


@pytest.mark.parametrize(
    "fields",
    [
        {"email_verified": False},
        {"email": ""},
        {"email": "nobody@example.com"},
        {"email": "owner@example.com\x00"},
        {"email": "not an address"},
    ],
)
def test_nobody_else_comes_in(person: Person, fields: dict[str, Any]):
    with pytest.raises(NotAllowed):
        user_of_claims(person.of(0), claims(**fields), admits_new=False)
    assert list_identities(person.context) == []


def test_an_unverified_address_makes_no_account_either(person: Person):
    with pytest.raises(NotAllowed):
        user_of_claims(person.of(0), claims(email="new@example.com", email_verified=False), admits_new=True)


def test_who_took_an_address_by_an_invitation_does_not_get_the_account_elsewhere_of_its_owner(person: Person):
    team = create_team(person.context, "Shop")
    token, _ = create_invitation(person.context, team.id, InvitationDraft())
    taken = join_with_account(person.of(0), token, name="Eve", email="ada@example.com", password="long enough")
    for admits_new in (False, True):
        with pytest.raises(NotAllowed, match="nobody has shown yet"):
            user_of_claims(person.of(0), claims(email="ada@example.com"), admits_new=admits_new)
    assert list_identities(person.of(taken.id)) == []
    # The link goes to whose the address is, and ends what another password opened.
    reset_password(person.of(0), make_reset(person.context, "ada@example.com").rpartition("/")[2], "another one")
    assert sign_in(person.house.database, "ada@example.com", "long enough") is None
    assert user_of_claims(person.of(0), claims(email="ada@example.com"), admits_new=False) == taken


def test_an_address_that_was_typed_into_the_profile_is_not_proved_either(person: Person):
    with person.house.database.write() as work:
        work.users.set_email(person.house.domain.owner_id, "ada@example.com")
    with pytest.raises(NotAllowed, match="nobody has shown yet"):
        user_of_claims(person.of(0), claims(email="ada@example.com"), admits_new=False)


def test_a_subject_of_another_issuer_is_somebody_else(person: Person):
    user_of_claims(person.of(0), claims(), admits_new=False)
    with pytest.raises(NotAllowed):
        user_of_claims(person.of(0), claims(issuer="https://evil.example", email_verified=False), admits_new=False)


def test_a_service_account_signs_in_nowhere(person: Person):
    team = create_team(person.context, "Team")
    account = add_service_account(person.context, team.id, name="CI", role=Role.ADMIN)
    for admits_new in (False, True):
        with pytest.raises(NotAllowed):
            user_of_claims(person.of(0), claims(email=account.user.email), admits_new=admits_new)


def test_somebody_new_comes_where_that_is_allowed_without_a_password(person: Person):
    added = user_of_claims(person.of(0), claims(email="new@example.com", name="N\x00"), admits_new=True)
    assert (added.email, added.name) == ("new@example.com", None)
    assert user_of_claims(person.of(0), claims(email="new@example.com"), admits_new=True) == added
    context = person.of(added.id)
    assert not has_password(context)
    check_own_password(context, "")
    assert sign_in(person.house.database, "new@example.com", "!") is None
    (identity,) = list_identities(context)
    with pytest.raises(InvalidField):
        unlink_identity(context, identity.id)


def test_an_account_is_unlinked_by_its_owner_alone(person: Person):
    user_of_claims(person.of(0), claims(), admits_new=False)
    (identity,) = list_identities(person.context)
    ann = person.of(person.house.add_user("ann@example.com").id)
    for context, number in ((ann, identity.id), (person.context, 0), (person.context, 2**40), (person.context, -1)):
        with pytest.raises(IdentityNotFound):
            unlink_identity(context, number)
    unlink_identity(person.context, identity.id)
    assert list_identities(person.context) == []


def test_the_log_says_who_came_from_where(person: Person):
    context = replace(person.of(0), address="198.51.100.9")
    user_of_claims(context, claims(), admits_new=False)
    with person.house.database.read() as work:
        entry = work.audit.search(user_id=1, domain_ids=[], limit=1)[0]
    assert (entry.user_id, entry.address, entry.details["issuer"]) == (1, "198.51.100.9", "https://id.example")
