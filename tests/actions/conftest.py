"""An installation as actions see it, on each of the engines."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from linnet.actions.context import Context
from linnet.actions.domain_settings import update_settings
from linnet.actions.installation import Installed
from linnet.actions.keys import Authenticator
from linnet.actions.links import create_link
from linnet.actions.placing import LinkInDomain
from linnet.actions.sign_in import user_actor
from linnet.model.access import Actor, KeyKind, Team, User
from linnet.model.domain import Domain
from linnet.model.link import Link, LinkDraft
from linnet.storage.database import Database
from tests.support.installed import install
from tests.support.moments import NOON


@dataclass
class House:
    """A database with an owner, ``go.example`` and keys, and the owner's context."""

    database: Database
    installed: Installed
    context: Context
    published: list[int | None] = field(default_factory=list)

    @property
    def domain(self) -> Domain:
        return self.installed.domain

    def as_actor(self, actor: Actor) -> Context:
        return replace(self.context, actor=actor)

    def add_domain(self, hostname: str, **fields: Any) -> Domain:
        """Another domain of the owner, with any settings."""
        values: dict[str, Any] = {
            "id": 0,
            "hostname": hostname,
            "owner_id": self.domain.owner_id,
            "created_at": NOON,
            "updated_at": NOON,
        }
        with self.database.write() as work:
            return work.domains.add(Domain(**values | fields))

    def add_user(self, email: str) -> User:
        """Somebody without a password."""
        with self.database.write() as work:
            return work.users.add(email=email, name=None, password_hash="none", created_at=NOON)

    def find_user(self, email: str) -> int | None:
        """The number of who has an address."""
        with self.database.read() as work:
            found = work.users.find_by_email(email)
        return None if found is None else found.id

    def as_user(self, user_id: int, **fields: Any) -> Context:
        """The context of a user, with what it is in its teams now."""
        return self.as_actor(replace(user_actor(self.database, user_id), **fields))

    def as_key(self, raw_key: str) -> Context:
        """The context of a request with a key."""
        return self.as_actor(Authenticator(self.database, now=self.context.now).actor_of(raw_key))

    def move_to(self, team: Team) -> Domain:
        """``go.example`` in a team of its owner."""
        context = self.as_user(self.domain.owner_id)
        return update_settings(context, self.domain.id, {"teamId": team.id})

    def create(
        self, url: str = "https://example.com/", *, host: str = "go.example", again: bool = False, **fields: Any
    ) -> LinkInDomain:
        return create_link(self.context, host, LinkDraft(original_url=url, **fields), allow_duplicates=again)

    def stored(self) -> list[Link]:
        """Every link of ``go.example``, oldest first."""
        with self.database.read() as work:
            return work.links.search(self.domain.id, limit=150, newest_first=False).links


@pytest.fixture
def house(database: Database) -> House:
    installed = install(database)
    published: list[int | None] = []
    actor = Actor(user_id=installed.domain.owner_id, key_kind=KeyKind.SECRET)
    context = Context(actor=actor, database=database, publish=published.append, signing_key=b"k" * 32)
    return House(database, installed, context, published)
