"""What the command line does with an installation, whether its server runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from linnet.actions import domain_checks, domains, installation, keys
from linnet.actions.context import Context
from linnet.actions.installation import Installed
from linnet.compose.names import here_of, name_servers
from linnet.compose.places import Places, load_secrets
from linnet.edge.visit import admin_hosts, host_names
from linnet.model.access import Actor, ApiKey, KeyKind, User
from linnet.model.domain import Domain, clean_hostname
from linnet.model.domain_state import NOT_CONFIGURED, DnsRecord, NameFindings, records_of, state_of
from linnet.model.errors import DomainNotFound, InvalidField
from linnet.settings import Settings
from linnet.storage import migrations
from linnet.storage.database import Database
from linnet.storage.unit_of_work import UnitOfWork

# The owner is the first user of an installation.
FIRST_USER = 1
_PAGE = 300
_CHECK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Control:
    """The administrator's commands on one database. All raise refusals."""

    database: Database
    settings: Settings

    def initialise(self, *, email: str, password: str, hostname: str) -> Installed:
        """Create the owner, the first domain and its keys; AlreadyInitialised when there is an owner."""
        migrations.upgrade(self.database)
        return installation.initialise(self.database, email=email, password=password, hostname=hostname)

    def migrate(self) -> bool:
        """Migrate to this version's schema; False when there was nothing to do."""
        if self.database.exists() and migrations.is_current(self.database):
            return False
        migrations.upgrade(self.database)
        return True

    def create_key(
        self, *, kind: KeyKind, description: str, domain: str | None, expires_at: datetime | None, email: str | None
    ) -> tuple[str, ApiKey]:
        """A new key of the owner, or of the user with ``email``: the text that is shown once, and what is kept."""
        now = datetime.now(UTC)
        ends = expires_at.replace(tzinfo=UTC) if expires_at is not None and expires_at.tzinfo is None else expires_at
        if ends is not None and ends <= now:
            raise InvalidField("expires-at must be in the future.", field="expires-at")
        with self.database.write() as work:
            user = _user(work, email)
            domain_id = None
            if domain is not None:
                found = work.domains.find_by_hostname(clean_hostname(domain))
                if found is None or found.owner_id != user.id:
                    raise DomainNotFound(f"There is no domain '{domain}' of {user.email}.", field="domain")
                domain_id = found.id
            return keys.new_key(
                work, owner_id=user.id, kind=kind, description=description, domain_id=domain_id, expires_at=ends, now=now
            )

    def list_keys(self, *, email: str | None) -> list[ApiKey]:
        """The keys of the owner, or of the user with ``email``."""
        with self.database.read() as work:
            user = _user(work, email)
        return keys.list_keys(self.database, user.id)

    def revoke_key(self, key_id: int) -> None:
        """End a key; KeyNotFound when there is none with this number."""
        with self.database.read() as work:
            owner_id = work.keys.get(key_id).owner_id
        keys.revoke_key(self.database, owner_id, key_id)

    def list_domains(self) -> list[Domain]:
        """All domains of the installation."""
        found: list[Domain] = []
        with self.database.read() as work:
            while page := work.domains.search(limit=_PAGE, offset=len(found)):
                found.extend(page)
        return found

    def add_domain(self, hostname: str, *, email: str | None) -> Domain:
        """A new domain of the owner, or of the user with ``email``, which is served without a proof."""
        with self.database.read() as work:
            user = _user(work, email)
        reserved = admin_hosts(self.settings.admin_host) | host_names(self.settings.api_hosts)
        return domains.create_domain(self._context(user.id), hostname, reserved=reserved, trusted=True)

    def verify_domain(self, hostname: str, *, vouch: bool) -> Domain:
        """Check a domain now; with ``vouch`` it needs no proof any more."""
        name = clean_hostname(hostname)
        with self.database.read() as work:
            domain = work.domains.find_by_hostname(name)
        if domain is None:
            raise DomainNotFound(f"There is no domain '{name}'.", field="hostname")
        context = self._context(domain.owner_id)
        if vouch and not domain.verified:
            domain = domain_checks.vouch_for_domain(context, domain)
        return domain_checks.check_domain(context, domain, seconds=_CHECK_SECONDS)

    def check_hostname(self, hostname: str) -> tuple[str, NameFindings]:
        """Where any hostname leads, and what the state of such a domain would be."""
        name = clean_hostname(hostname)
        findings = name_servers(self.settings).findings(name, proof=True, seconds=_CHECK_SECONDS)
        return state_of(findings, proof_missing=False, last=NOT_CONFIGURED), findings

    def records(self, domain: Domain) -> list[DnsRecord]:
        """What is missing at the domain's name servers."""
        return records_of(domain, here_of(self.settings).records(domain.hostname))

    def _context(self, user_id: int) -> Context:
        return Context(
            actor=Actor(user_id=user_id),
            database=self.database,
            # A running server's follower sees the change by itself.
            publish=lambda _: None,
            signing_key=b"",
            names=name_servers(self.settings),
        )


@contextmanager
def control(settings: Settings) -> Iterator[Control]:
    """The administrator's commands on the installation of ``settings``."""
    places = Places(settings.data_dir)
    places.create()
    load_secrets(places)
    database = Database(settings.database_url)
    try:
        yield Control(database, settings)
    finally:
        database.close()


def _user(work: UnitOfWork, email: str | None) -> User:
    user = work.users.find_by_email(email) if email is not None else work.users.find(FIRST_USER)
    if user is None:
        raise InvalidField(f"There is no user {email or 'yet; run linnet init first'}.", field="email")
    return user
