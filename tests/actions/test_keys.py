"""API keys: who they stand for, and when they stop doing so."""

import time
from datetime import timedelta

import pytest

from linnet.actions.keys import Authenticator, list_keys, new_key, revoke_key
from linnet.model.access import Actor, ApiKey, KeyKind
from linnet.model.errors import KeyNotFound, NotAuthenticated
from linnet.storage.database import Database
from tests.actions.conftest import House
from tests.support.moments import NOON


def a_key(house: House, **fields: object) -> tuple[str, ApiKey]:
    with house.database.write() as work:
        return new_key(work, owner_id=house.domain.owner_id, kind=KeyKind.SECRET, now=NOON, **fields)  # type: ignore[arg-type]


def test_a_key_stands_for_its_owner_and_its_restriction(house: House) -> None:
    raw_key, key = a_key(house, domain_id=house.domain.id)
    actor = Authenticator(house.database).actor_of(raw_key)
    assert (actor.user_id, actor.key_kind, actor.only_domain_id, actor.key_id) == (
        house.domain.owner_id,
        KeyKind.SECRET,
        house.domain.id,
        key.id,
    )


def test_only_a_digest_of_a_key_is_kept(house: House) -> None:
    raw_key, key = a_key(house, description="for the shop")
    assert raw_key.startswith("sk_")
    assert len(raw_key) == 46
    (listed,) = [each for each in list_keys(house.context).keys if each.id == key.id]
    assert listed.description == "for the shop"
    assert raw_key.startswith(listed.prefix)
    assert raw_key not in repr(listed)


@pytest.mark.parametrize("wrong", ["", "sk_", "sk_unknown", "\ud800", "\x00", "x" * 100_000])
def test_a_key_that_nobody_has_stands_for_nobody(house: House, wrong: str) -> None:
    with pytest.raises(NotAuthenticated):
        Authenticator(house.database).actor_of(wrong)


def test_a_key_with_its_last_character_changed_or_something_added_is_unknown(house: House) -> None:
    raw_key, _ = a_key(house)
    for wrong in (raw_key[:-1] + ("a" if raw_key[-1] != "a" else "b"), raw_key + " ", raw_key.upper(), f"Bearer {raw_key}"):
        with pytest.raises(NotAuthenticated):
            Authenticator(house.database).actor_of(wrong)


def test_an_expired_key_stands_for_nobody(house: House) -> None:
    raw_key, _ = a_key(house, expires_at=NOON + timedelta(hours=1))
    before = Authenticator(house.database, now=lambda: NOON)
    assert before.actor_of(raw_key).user_id == house.domain.owner_id
    with pytest.raises(NotAuthenticated):
        Authenticator(house.database, now=lambda: NOON + timedelta(hours=1)).actor_of(raw_key)


def test_a_revoked_key_is_refused_within_a_second_also_where_it_was_just_used(house: House) -> None:
    raw_key, key = a_key(house)
    authenticator = Authenticator(house.database)
    authenticator.actor_of(raw_key)
    revoke_key(house.context, key.id)
    time.sleep(1.05)
    with pytest.raises(NotAuthenticated):
        authenticator.actor_of(raw_key)


def test_nobody_revokes_the_key_of_another(house: House) -> None:
    raw_key, key = a_key(house)
    with pytest.raises(KeyNotFound):
        revoke_key(house.as_actor(Actor(user_id=house.domain.owner_id + 1)), key.id)
    assert Authenticator(house.database).actor_of(raw_key)


def test_the_use_of_a_key_is_written_when_it_is_asked_for(house: House) -> None:
    raw_key, key = a_key(house)
    authenticator = Authenticator(house.database, now=lambda: NOON)
    authenticator.actor_of(raw_key)
    authenticator.write_uses()
    authenticator.write_uses()
    assert last_use(house.database, key) == NOON


def last_use(database: Database, key: ApiKey) -> object:
    with database.read() as work:
        return work.keys.get(key.id).last_used_at
