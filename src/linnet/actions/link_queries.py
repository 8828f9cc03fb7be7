"""Links: found and listed."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from linnet.actions.context import Context, domain_by_hostname, domain_by_id, link_and_domain
from linnet.actions.placing import LinkInDomain, is_visible
from linnet.model.access import Action, KeyKind, User, narrowed_to
from linnet.model.errors import InvalidField, LinkNotFound
from linnet.model.path import path_key
from linnet.storage.links import Position

MAX_PAGE = 150
_SIGNATURE_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LinkPage:
    """A page of links; ``next_token`` is None on the last one, ``users`` are those who made the links, by their ids."""

    links: list[LinkInDomain]
    next_token: str | None
    users: Mapping[int, User] = field(default_factory=dict)


def get_link(context: Context, link_id: str, *, domain_id: int | None = None) -> LinkInDomain:
    """A link by id or legacy number; LinkNotFound also when it is not of the domain ``domain_id``, if that is given."""
    with context.database.read() as work:
        return LinkInDomain(*link_and_domain(work, context.actor, Action.READ, link_id, domain_id=domain_id))


def expand_link(context: Context, hostname: str, path: str) -> LinkInDomain:
    """The link that has a path on a domain; ``""`` is the root link.

    A public key, which anybody can read in a page, does not get past a link's password: it finds no such link.
    """
    with context.database.read() as work:
        domain = domain_by_hostname(work, context.actor, Action.READ, hostname)
        link = work.links.find_by_path(domain.id, path_key(path.removeprefix("/"), case_sensitive=domain.case_sensitive))
        if link is None or not is_visible(context, work, domain, link):
            raise LinkNotFound("Link not found")
        if context.actor.key_kind is KeyKind.PUBLIC and link.password_hash is not None:
            raise LinkNotFound("Link not found")
    return LinkInDomain(link, domain)


def links_by_url(context: Context, hostname: str, original_url: str, *, limit: int = MAX_PAGE) -> list[LinkInDomain]:
    """A domain's links to this very destination, UTM parameters included, oldest first; at most ``limit``."""
    with context.database.read() as work:
        domain = domain_by_hostname(work, context.actor, Action.READ, hostname)
        visible_to = narrowed_to(context.actor, domain)
        found = work.destinations.search(domain.id, original_url.strip(), limit=limit, visible_to=visible_to)
    return [LinkInDomain(link, domain) for link in found]


def link_by_url(context: Context, hostname: str, original_url: str) -> LinkInDomain:
    """The oldest of ``links_by_url``; LinkNotFound when there is none."""
    found = links_by_url(context, hostname, original_url, limit=1)
    if not found:
        raise LinkNotFound("Link not found")
    return found[0]


def list_links(
    context: Context,
    domain_id: int,
    *,
    limit: int = MAX_PAGE,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    newest_first: bool = True,
    folder_id: str | None = None,
    link_id: str | None = None,
    page_token: str | None = None,
) -> LinkPage:
    """A page of a domain's links, newest first unless told otherwise."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidField(f"limit must be between 1 and {MAX_PAGE}.", field="limit")
    after = _read_token(context, page_token, domain_id, newest_first) if page_token else None
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        page = work.links.search(
            domain.id,
            limit=limit,
            after=after,
            created_from=created_from,
            created_until=created_until,
            newest_first=newest_first,
            folder_id=folder_id,
            link_id=link_id,
            visible_to=narrowed_to(context.actor, domain),
        )
        users = work.users.find_many({link.owner_id for link in page.links}) if page.links else {}
    token = _make_token(context, page.next, domain_id, newest_first) if page.next is not None else None
    return LinkPage([LinkInDomain(link, domain) for link in page.links], token, users)


def _make_token(context: Context, position: Position, domain_id: int, newest_first: bool) -> str:
    microseconds = (position.created_at - _EPOCH) // timedelta(microseconds=1)
    text = f"{domain_id}.{int(newest_first)}.{microseconds}.{position.number}".encode()
    return _spelled(_signature(context, text) + text)


def _read_token(context: Context, token: str, domain_id: int, newest_first: bool) -> Position:
    refusal = InvalidField("pageToken is not one that this server gave out for this list.", field="pageToken")
    try:
        signed = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        raise refusal from None
    signature, text = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
    # Base64 has several spellings of the same bytes; only ours is taken.
    if not hmac.compare_digest(signature, _signature(context, text)) or _spelled(signed) != token:
        raise refusal
    for_domain, order, microseconds, number = (int(part) for part in text.split(b"."))
    if (for_domain, order) != (domain_id, int(newest_first)):
        raise refusal
    return Position(_EPOCH + timedelta(microseconds=microseconds), number)


def _spelled(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def _signature(context: Context, text: bytes) -> bytes:
    return hmac.digest(context.signing_key, b"page-token:" + text, hashlib.sha256)[:_SIGNATURE_BYTES]
