"""On whose behalf an action runs, and what it works with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import SystemRandom
from typing import Any

from linnet.actions.names import SILENT, NameSource
from linnet.model.access import Action, Actor, KeyKind, may, may_with_link
from linnet.model.audit import Entry, Event
from linnet.model.domain import Domain
from linnet.model.errors import DomainNotFound, InvalidField, LinkNotFound, NotAllowed
from linnet.model.ids import Chooser, stored_link_id
from linnet.model.link import Link
from linnet.model.url import ascii_host
from linnet.model.webhook import TOLD
from linnet.network.guard import IPNetwork
from linnet.network.mail import Letter, no_mail
from linnet.storage.database import Database
from linnet.storage.sealing import NO_SEAL, Seal
from linnet.storage.unit_of_work import UnitOfWork

_RANDOM = SystemRandom()
_NOTED = 100


def utc_now() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)


def none_is_harmful(destination: str) -> str | None:
    """What is said of destinations where there are no block-lists."""
    return None


def no_title(url: str) -> str:
    """For who does not want to wait for pages."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """``publish`` is called with the change number after a commit, so that the change is at this node's edge when the action
    returns; ``signing_key`` signs page tokens; ``address`` is where the request came from, "" for this machine; ``names`` is
    asked where hostnames lead, ``find_title`` what a page is called ("" when nobody can tell); ``max_domains`` bounds how many
    domains one person registers, and ``max_links`` how many links the domains that one registered hold together (None: any
    number). ``harmful_host`` is the host on a block-list that a destination (``model.url.location``) leads to, None for
    none. ``send_mail`` accepts a letter, to be sent after the request; False where no mail is sent. ``seal`` seals secrets that
    have to be read again, and ``dashboard_url`` is where links in letters lead to, without a slash at its end. Addresses that
    users name may be in ``private_networks``."""

    actor: Actor
    database: Database
    publish: Callable[[int | None], None]
    signing_key: bytes
    now: Callable[[], datetime] = utc_now
    chooser: Chooser = _RANDOM
    address: str = ""
    names: NameSource = SILENT
    find_title: Callable[[str], str] = no_title
    max_domains: int | None = None
    max_links: int | None = None
    harmful_host: Callable[[str], str | None] = none_is_harmful
    send_mail: Callable[[Letter], bool] = no_mail
    seal: Seal = NO_SEAL
    dashboard_url: str = "http://localhost:8000"
    private_networks: tuple[IPNetwork, ...] = ()

    def note(
        self,
        work: UnitOfWork,
        event: Event,
        subject: str,
        domain: Domain | None = None,
        *,
        team_id: int | None = None,
        **details: Any,
    ) -> None:
        """Write into the audit log, in the same transaction, what the actor does; ``details`` hold no secret.

        The domain's webhooks are told as well: of the link that is the subject, or of all links in ``link_ids`` (see
        ``chosen.noted``), of which the log keeps the first hundred.
        """
        link_ids = details.get("link_ids")
        if link_ids is not None:
            details["link_ids"] = link_ids[:_NOTED]
        work.audit.add(
            Entry(
                id=0,
                at=self.now(),
                user_id=self.actor.user_id,
                key_id=self.actor.key_id,
                team_id=team_id if domain is None else domain.team_id,
                domain_id=None if domain is None else domain.id,
                event=event,
                subject=subject,
                address=self.address,
                details=details,
            )
        )
        told = TOLD.get(event)
        # Known from the domain, so that nothing has to be asked where nobody listens.
        if domain is not None and told is not None and domain.webhook_events & told.bit:
            work.outbox.record(domain.id, told, (subject,) if link_ids is None else link_ids)


def refuse_public(actor: Actor) -> None:
    """NotAllowed for a public key: it is in the hands of strangers."""
    if actor.key_kind is KeyKind.PUBLIC:
        raise NotAllowed("This needs a secret key: a public key is for creating and expanding links in browsers.")


def domain_by_hostname(work: UnitOfWork, actor: Actor, action: Action, hostname: str) -> Domain:
    """The domain with this hostname, in punycode or as people read it, if ``actor`` may do ``action`` on it; DomainNotFound
    otherwise, known or not."""
    try:
        name = ascii_host(hostname.strip().removesuffix("."), field="domain")
    except InvalidField:
        name = ""
    domain = work.domains.find_by_hostname(name, hold=_holds(work, action))
    if domain is None or not may(actor, action, domain):
        raise DomainNotFound(f"There is no domain '{hostname[:253]}' among those that this key may use.", field="domain")
    return domain


def domain_by_id(work: UnitOfWork, actor: Actor, action: Action, domain_id: int) -> Domain:
    """The domain, if ``actor`` may do ``action`` on it; DomainNotFound otherwise, known or not."""
    domain = work.domains.find(domain_id, hold=_holds(work, action)) if 0 < domain_id < 2**31 else None
    if domain is None or not may(actor, action, domain):
        raise DomainNotFound(f"There is no domain {domain_id} among those that this key may use.")
    return domain


def link_and_domain(
    work: UnitOfWork, actor: Actor, action: Action, link_id: str, *, domain_id: int | None = None, hold: bool = False
) -> tuple[Link, Domain]:
    """The link with this id, or with this legacy number, and its domain; LinkNotFound when ``actor`` may not do ``action``
    on it, known or not, and when it is not of the domain ``domain_id``, if that is given. ``hold`` for who writes about the
    link without saving it: see ``LinkRepository.find``."""
    wanted = id_or_number(link_id)
    link = work.links.find(wanted, hold=hold) if isinstance(wanted, str) else work.links.find_by_number(wanted, hold=hold)
    in_domain = link is not None and domain_id in (None, link.domain_id)
    domain = work.domains.find(link.domain_id, hold=_holds(work, action)) if link is not None and in_domain else None
    if link is None or domain is None or not may_on_link(work, actor, action, link, domain):
        raise LinkNotFound("Link not found")
    return link, domain


def links_and_domains(
    work: UnitOfWork, actor: Actor, action: Action, link_ids: Iterable[str], *, hold: bool = False
) -> list[tuple[Link, Domain]]:
    """``link_and_domain`` of many, each once, by number: in a few queries, and LinkNotFound when it is that for any of them."""
    known, unknown = known_links(work, actor, action, link_ids, hold=hold)
    if unknown:
        raise LinkNotFound(f"Link {unknown[0][:100]} not found")
    return known


def known_links(
    work: UnitOfWork,
    actor: Actor,
    action: Action,
    link_ids: Iterable[str],
    *,
    domain_id: int | None = None,
    hold: bool = False,
) -> tuple[list[tuple[Link, Domain]], list[str]]:
    """The links, each once and by number, for which ``link_and_domain`` has an answer, and the ids for which it has none."""
    wanted = [(link_id, id_or_number(link_id)) for link_id in dict.fromkeys(link_ids)]
    ids, numbers = [each for _, each in wanted if isinstance(each, str)], [each for _, each in wanted if isinstance(each, int)]
    found = work.links.find_many(ids, numbers, hold=hold)
    their_domains = {link.domain_id for link in found if domain_id in (None, link.domain_id)}
    domains = {each: work.domains.find(each, hold=_holds(work, action)) for each in sorted(their_domains)}
    narrow = [link.number for link in found if not _may_by_role(actor, action, link, domains.get(link.domain_id))]
    permitted = work.permissions.permitted(actor.user_id, narrow) if narrow else set()
    allowed: list[tuple[Link, Domain]] = []
    for link in found:
        domain = domains.get(link.domain_id)
        if domain is not None and may_with_link(actor, action, domain, link.owner_id, permitted=link.number in permitted):
            allowed.append((link, domain))
    answered = {link.id for link, _ in allowed} | {link.number for link, _ in allowed}
    return allowed, [link_id for link_id, each in wanted if each not in answered]


def _holds(work: UnitOfWork, action: Action) -> bool:
    """Whether path keys may be computed from the domain and written: its case rule must not change in between."""
    return work.writing and action in (Action.CREATE, Action.WRITE)


def may_on_link(work: UnitOfWork, actor: Actor, action: Action, link: Link, domain: Domain) -> bool:
    """Whether ``actor`` may do ``action`` on a link, by its role or by a permission for this very link."""
    if may_with_link(actor, action, domain, link.owner_id, permitted=False):
        return True
    if actor.membership_in(domain.team_id) is None or work.permissions.find(link.number, actor.user_id) is None:
        return False
    return may_with_link(actor, action, domain, link.owner_id, permitted=True)


def _may_by_role(actor: Actor, action: Action, link: Link, domain: Domain | None) -> bool:
    return domain is not None and may_with_link(actor, action, domain, link.owner_id, permitted=False)


def id_or_number(link_id: str) -> str | int:
    """A link's id as it is stored, or its legacy number; 0, which no link has, for what is neither."""
    link_id = stored_link_id(link_id)
    if link_id.startswith("lnk_"):
        return link_id
    return int(link_id) if link_id.isascii() and link_id.isdigit() and len(link_id) < 19 else 0
