"""API keys in the database, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from linnet.model.access import ApiKey, KeyKind
from linnet.model.errors import KeyNotFound
from linnet.storage.database import Database
from tests.storage.builders import NOON, add_domain


def add_key(database: Database, digest: bytes = b"d" * 32, *, domain_id: int | None = None) -> ApiKey:
    with database.write() as work:
        return work.keys.add(
            owner_id=1,
            kind=KeyKind.SECRET,
            prefix="sk_ab",
            digest=digest,
            description="for tests",
            created_at=NOON,
            domain_id=domain_id,
            expires_at=NOON + timedelta(days=1),
        )


def test_a_key_is_found_by_its_digest_exactly_as_it_was_added(database: Database) -> None:
    domain = add_domain(database)
    key = add_key(database, domain_id=domain.id)
    assert key.domain_id == domain.id
    with database.read() as work:
        found = work.keys.find_by_digest(b"d" * 32)
        assert found == key
        assert found is not None
        assert found.kind is KeyKind.SECRET
        assert work.keys.find_by_digest(b"e" * 32) is None
        assert work.keys.get(key.id) == key


def test_an_unknown_key_is_refused(database: Database) -> None:
    for key_id in (7, -1, 10**30):
        with database.read() as work, pytest.raises(KeyNotFound):
            work.keys.get(key_id)


def test_use_and_revocation_are_noted_and_the_first_revocation_stands(database: Database) -> None:
    add_domain(database)
    key = add_key(database)
    first, later = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    with database.write() as work:
        work.keys.touch(key.id, first)
        work.keys.revoke(key.id, first)
        work.keys.revoke(key.id, later)
    with database.read() as work:
        assert work.keys.get(key.id) == replace(key, last_used_at=first, revoked_at=first)


def test_an_owners_keys_are_listed_oldest_first(database: Database) -> None:
    add_domain(database)
    keys = [add_key(database, bytes([number]) * 32) for number in range(3)]
    with database.read() as work:
        assert work.keys.search(1) == keys
        assert work.keys.search(2) == []
