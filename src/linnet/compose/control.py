"""What the command line does with an installation, whether its server runs or not."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import Any, TypeVar

from linnet.actions import domain_checks, domain_settings, domains, installation, keys, restoring, teams, users
from linnet.actions.context import Context
from linnet.actions.explain import Explanation, Visit, explain_link
from linnet.actions.installation import Installed
from linnet.actions.keys import KeyDraft, KeyPage
from linnet.actions.placing import LinkInDomain
from linnet.actions.sign_in import user_actor
from linnet.api.options import ApiOptions
from linnet.compose.clickhouse import migrate_store
from linnet.compose.explaining import explainer, https_port, own_ports
from linnet.compose.names import dashboard_url, here_of, name_servers
from linnet.compose.places import Places, load_secrets
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import VisitorFacts
from linnet.edge.hosts import admin_hosts, host_names
from linnet.edge.routes import RouteIndex
from linnet.model.access import FIRST_USER_ID, Actor, ApiKey, Membership, Role, Team, User
from linnet.model.domain import Domain, clean_hostname
from linnet.model.domain_state import NOT_CONFIGURED, DnsRecord, NameFindings, records_of, state_of
from linnet.model.errors import DomainNotFound, InvalidField, LinkNotFound
from linnet.model.ids import stored_link_id
from linnet.model.removal import RemovedLink
from linnet.network.harmful import HarmfulHosts, HarmfulIndex
from linnet.settings import Settings
from linnet.storage import migrations
from linnet.storage.database import Database
from linnet.storage.sealing import Seal
from linnet.storage.unit_of_work import UnitOfWork
from linnet.visitor.geo import GeoLookup

_PAGE = 300
_CHECK_SECONDS = 3.0
Named = TypeVar("Named", Team, User)


@dataclass(frozen=True, slots=True)
class Control:
    """The administrator's commands on one database. All raise refusals."""

    database: Database
    settings: Settings
    signing_key: bytes
    seal: Seal

    def initialise(self, *, email: str, password: str, hostname: str) -> Installed:
        """Create the owner, the first domain and its keys; AlreadyInitialised when there is an owner."""
        migrations.upgrade(self.database)
        return installation.initialise(self.database, email=email, password=password, hostname=hostname)

    def migrate(self) -> bool:
        """Migrate the records, and the clicks where a ClickHouse keeps them, to this version's schema; False when there was
        nothing to do."""
        behind = not self.database.exists() or not migrations.is_current(self.database)
        if behind:
            migrations.upgrade(self.database)
        return migrate_store(self.settings) or behind

    def create_key(
        self, draft: KeyDraft, *, email: str | None = None, team: str | None = None, service_account: str | None = None
    ) -> tuple[str, ApiKey]:
        """A new key of the owner, of the user with ``email``, or of a service account: the text that is shown once, and what is
        kept. ``team`` is a number or a name, ``service_account`` a number or an e-mail address."""
        ends = draft.expires_at
        if ends is not None and ends.tzinfo is None:
            draft = replace(draft, expires_at=ends.replace(tzinfo=UTC))
        with self.database.read() as work:
            if team is not None:
                draft = replace(draft, team_id=teams.team_named(work, team).id)
            account = users.account_named(work, service_account) if service_account is not None else None
        if account is None:
            return keys.create_key(self.on_behalf_of(email), draft)
        context = self.on_behalf_of(email, *(each.team_id for each in user_actor(self.database, account.id).memberships))
        return keys.create_key(context, replace(draft, service_account_id=account.id))

    def list_keys(self, *, email: str | None, after: int = 0) -> KeyPage:
        """A page of the keys of the owner, or of the user with ``email``, and of service accounts that this user manages."""
        return keys.list_keys(self.on_behalf_of(email), after=after)

    def revoke_key(self, key_id: int) -> None:
        """End a key, whoever has it; KeyNotFound when there is none with this number."""
        with self.database.read() as work:
            owner_id = work.keys.get(key_id).owner_id
        keys.revoke_key(self._context(user_actor(self.database, owner_id)), key_id)

    def move_domain(self, hostname: str, team: str | None) -> Domain:
        """Give a domain to a team, or (None) back to who registered it."""
        found = self.domain_named(hostname)
        with self.database.read() as work:
            to = teams.team_named(work, team) if team is not None else None
            owner = work.users.find(found.owner_id)
        managed = [each for each in (found.team_id, None if to is None else to.id) if each is not None]
        context = self.on_behalf_of(None if owner is None else owner.email, *managed)
        return domain_settings.update_settings(context, found.id, {"teamId": None if to is None else to.id})

    def teams(self) -> list[Team]:
        """All teams, oldest first."""
        with self.database.read() as work:
            return list(_all(work.teams.search))

    def users(self) -> list[User]:
        """All users and service accounts, oldest first."""
        with self.database.read() as work:
            return list(_all(work.users.search))

    def managing(self, team: str) -> tuple[Team, Context]:
        """A team by number or name, and a context in which it can be changed: who reads the data directory may do that."""
        with self.database.read() as work:
            found = teams.team_named(work, team)
        return found, self.on_behalf_of(None, found.id)

    def on_behalf_of(self, email: str | None = None, *managed_team_ids: int) -> Context:
        """The context of the owner, or of the user with ``email``, as what it is; and as an owner of ``managed_team_ids``."""
        with self.database.read() as work:
            user = _user(work, email)
        actor = user_actor(self.database, user.id)
        others = tuple(each for each in actor.memberships if each.team_id not in managed_team_ids)
        owned = tuple(Membership(team_id=each, user_id=user.id, role=Role.OWNER) for each in managed_team_ids)
        return self._context(replace(actor, memberships=owned + others))

    def list_domains(self) -> list[Domain]:
        """All domains of the installation."""
        found: list[Domain] = []
        with self.database.read() as work:
            while page := work.domains.search(limit=_PAGE, offset=len(found)):
                found.extend(page)
        return found

    def add_domain(self, hostname: str, *, email: str | None) -> Domain:
        """A new domain of the owner, or of the user with ``email``, which is served without a proof."""
        reserved = admin_hosts(self.settings.admin_host) | host_names(self.settings.api_hosts)
        return domains.create_domain(self.on_behalf_of(email), hostname, reserved=reserved, trusted=True)

    def change_domain(self, hostname: str, sent: Mapping[str, Any]) -> Domain:
        """A domain, with those of its settings changed that ``sent`` holds by their wire spelling."""
        domain = self.domain_named(hostname)
        return domain_settings.update_settings(self.changing(domain), domain.id, sent) if sent else domain

    def verify_domain(self, hostname: str, *, vouch: bool) -> Domain:
        """Check a domain now; with ``vouch`` it needs no proof any more."""
        domain = self.domain_named(hostname)
        context = self._context(user_actor(self.database, domain.owner_id))
        if vouch and not domain.verified:
            domain = domain_checks.vouch_for_domain(context, domain)
        return domain_checks.check_domain(context, domain, seconds=_CHECK_SECONDS)

    def removed_links(self, hostname: str, *, limit: int) -> list[RemovedLink]:
        """The last ``limit`` links of a domain that were removed and can be restored."""
        domain = self.domain_named(hostname)
        context = self.changing(domain)
        found: list[RemovedLink] = []
        before = None
        while len(found) < limit:
            most = min(limit - len(found), restoring.MAX_PAGE)
            page = restoring.list_removed_links(context, domain.id, limit=most, before=before)
            found.extend(page.removed)
            before = page.next
            if before is None:
                break
        return found

    def explain_link(self, link_id: str, visit: Visit) -> tuple[Explanation, str]:
        """What a visit of a link would come to, and the link's address; LinkNotFound when there is none such."""
        settings = self.settings
        with self.database.read() as work:
            link = work.links.find(stored_link_id(link_id))
            domain = work.domains.find(link.domain_id) if link is not None else None
        if domain is None:
            raise LinkNotFound("Link not found")
        geography = partial(GeoLookup, settings.geo_city, settings.geo_country)
        places = Places(settings.data_dir)
        with ExitStack() as stack:
            counters = stack.enter_context(closing(NodeCounters(places.counters)))
            index = RouteIndex.existing(places.routes)
            if index is not None:
                stack.callback(index.close)
            context = self.changing(domain)
            if settings.block_list:
                harmful = stack.enter_context(closing(HarmfulHosts(HarmfulIndex(places.harmful, writing=True))))
                context = replace(context, harmful_host=harmful.listed_host)
            facts = VisitorFacts(settings.trusted_proxies, geography)
            asked = explainer(facts, counters, index, ports=own_ports(settings), https_port=https_port(settings))
            found = explain_link(context, asked, link_id, visit)
        options = ApiOptions(public_scheme=settings.public_scheme, public_port=settings.public_port)
        return found, options.short_url(found.domain, found.link.path)

    def restore_link(self, link_id: str) -> LinkInDomain:
        """Bring a removed link back; LinkNotFound when there is none such."""
        with self.database.read() as work:
            removed = restoring.find_removed(work, link_id)
            domain = work.domains.find(removed.link.domain_id)
        if domain is None:
            raise LinkNotFound("Link not found")
        return restoring.restore_link(self.changing(domain), link_id)

    def check_hostname(self, hostname: str) -> tuple[str, NameFindings]:
        """Where any hostname leads, and what the state of such a domain would be."""
        name = clean_hostname(hostname)
        findings = name_servers(self.settings).findings(name, proof=True, seconds=_CHECK_SECONDS)
        return state_of(findings, proof_missing=False, last=NOT_CONFIGURED), findings

    def records(self, domain: Domain) -> list[DnsRecord]:
        """What is missing at the domain's name servers."""
        return records_of(domain, here_of(self.settings).records(domain.hostname))

    def changing(self, domain: Domain) -> Context:
        """A context in which the links of ``domain`` can be changed."""
        with self.database.read() as work:
            owner = work.users.find(domain.owner_id)
        return self.on_behalf_of(None if owner is None else owner.email, *filter(None, [domain.team_id]))

    def domain_named(self, hostname: str) -> Domain:
        """The domain of that name; DomainNotFound when there is none."""
        name = clean_hostname(hostname)
        with self.database.read() as work:
            found = work.domains.find_by_hostname(name)
        if found is None:
            raise DomainNotFound(f"There is no domain '{name}'.", field="hostname")
        return found

    def _context(self, actor: Actor) -> Context:
        return Context(
            actor=actor,
            database=self.database,
            # A running server's follower sees the change by itself.
            publish=lambda _: None,
            signing_key=self.signing_key,
            names=name_servers(self.settings),
            seal=self.seal,
            dashboard_url=dashboard_url(self.settings),
        )


def _all(page: Callable[..., list[Named]]) -> Iterator[Named]:
    last = 0
    while found := page(after=last):
        yield from found
        last = found[-1].id


@contextmanager
def control(settings: Settings) -> Iterator[Control]:
    """The administrator's commands on the installation of ``settings``."""
    places = Places(settings.data_dir)
    places.create()
    secrets = load_secrets(places)
    database = Database(settings.database_url)
    try:
        yield Control(database, settings, secrets.page_token, secrets.seal)
    finally:
        database.close()


def _user(work: UnitOfWork, email: str | None) -> User:
    user = work.users.find_by_email(email) if email is not None else work.users.find(FIRST_USER_ID)
    if user is None:
        raise InvalidField(f"There is no user {email or 'yet; run linnet init first'}.", field="email")
    return user
