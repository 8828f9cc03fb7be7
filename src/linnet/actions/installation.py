"""The beginning of an installation: its owner, first domain and keys."""

from dataclasses import dataclass, replace

from linnet.actions.context import Context, utc_now
from linnet.actions.keys import new_key
from linnet.actions.passwords import hash_password
from linnet.actions.users import check_password, clean_email, clean_name
from linnet.model.access import Actor, KeyKind, User
from linnet.model.audit import Event
from linnet.model.domain import Domain, clean_hostname
from linnet.model.domain_state import unasked_state
from linnet.model.errors import AlreadyInitialised
from linnet.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What a new installation has; the keys are shown once."""

    email: str
    domain: Domain
    secret_key: str
    public_key: str


def is_initialised(database: Database) -> bool:
    """Whether the installation has an owner."""
    with database.read() as work:
        return work.users.any()


def create_owner(context: Context, *, email: str, password: str, name: str | None = None) -> User:
    """Create the owner of an installation that has none, who goes on from there; AlreadyInitialised for a second one."""
    address, named = clean_email(email), clean_name(name) if name else None
    check_password(password)
    password_hash = hash_password(password)
    with context.database.write() as work:
        if work.users.any(hold=True):
            raise AlreadyInitialised("This installation has an owner already; nothing was changed.")
        owner = work.users.add(email=address, name=named, password_hash=password_hash, created_at=context.now())
        replace(context, actor=Actor(user_id=owner.id)).note(work, Event.USER_CREATED, str(owner.id), email=address)
    return owner


def initialise(database: Database, *, email: str, password: str, hostname: str) -> Installed:
    """Create the owner, the first domain, a secret and a public key, all or nothing; AlreadyInitialised for a second time."""
    address = clean_email(email)
    check_password(password)
    name = clean_hostname(hostname)
    password_hash = hash_password(password)
    now = utc_now()
    with database.write() as work:
        if work.users.any(hold=True):
            raise AlreadyInitialised("This installation has an owner already; nothing was changed.")
        owner = work.users.add(email=address, name=None, password_hash=password_hash, created_at=now)
        draft = Domain(id=0, hostname=name, owner_id=owner.id, created_at=now, updated_at=now, state=unasked_state(name))
        domain = work.domains.add(draft)
        work.changes.record_domain(domain.id)
        secret_key, _ = new_key(work, owner_id=owner.id, kind=KeyKind.SECRET, description="First secret key", now=now)
        public_key, _ = new_key(work, owner_id=owner.id, kind=KeyKind.PUBLIC, description="First public key", now=now)
    return Installed(email=address, domain=domain, secret_key=secret_key, public_key=public_key)
