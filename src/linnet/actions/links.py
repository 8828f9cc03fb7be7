"""Links: created, read, changed and removed."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from linnet.actions.context import Context, domain_by_hostname, domain_by_id, link_and_domain, may_on_link
from linnet.actions.loops import LoopGuard
from linnet.actions.passwords import hash_link_password
from linnet.model.access import Action, Actor, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, LinkNotFound, PathsExhausted, PathTaken
from linnet.model.grouping import Folder, with_folder_defaults
from linnet.model.ids import new_link_id
from linnet.model.link import Link, LinkDraft, changed_fields, clean_draft, merged_original_url, new_link, with_draft
from linnet.model.path import LinkType, counter_path, path_key, random_path, wildcard_depth
from linnet.model.unset import UNSET, Unset
from linnet.storage.links import Position
from linnet.storage.unit_of_work import UnitOfWork

_PATH_ATTEMPTS = 32
_TAKEN_ATTEMPTS = 2
_SIGNATURE_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LinkInDomain:
    """A link with its domain, which its short URL needs; ``duplicate`` when it existed before the request that got it."""

    link: Link
    domain: Domain
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class LinkPage:
    """A page of links; ``next_token`` is None on the last one."""

    links: list[LinkInDomain]
    next_token: str | None


def create_link(
    context: Context, hostname: str, draft: LinkDraft, *, allow_duplicates: bool = False, source: str = "api"
) -> LinkInDomain:
    """Create a link, or find the one that exists, by the five rules of contract b.2:

    the path exists with the same destination: that link; with another one: PathTaken; the destination exists and no path is
    given: that link, unless ``allow_duplicates``; otherwise a new link.
    """
    draft = clean_draft(draft)
    password_hash = hashed_password(draft)
    with context.database.write() as work:
        domain = domain_by_hostname(work, context.actor, Action.CREATE, hostname)
        draft = in_folder(work, domain, draft, context.now())
        original_url = merged_original_url(draft)
        new = NewLink(context, domain, draft, original_url, password_hash, source)
        guard = LoopGuard(work)
        if isinstance(draft.path, str):
            created = _add_with_path(work, guard, new, draft.path)
        elif not allow_duplicates and (existing := _find_or_reserve(work, context.actor, domain, original_url)) is not None:
            created = LinkInDomain(existing, domain, duplicate=True)
        else:
            created = _add_with_generated_path(work, guard, new)
        if not created.duplicate:
            context.note(work, Event.LINK_CREATED, created.link.id, domain)
    context.publish(work.sequence)
    return created


def get_link(context: Context, link_id: str) -> LinkInDomain:
    """A link by id or legacy number."""
    with context.database.read() as work:
        return LinkInDomain(*link_and_domain(work, context.actor, Action.READ, link_id))


def expand_link(context: Context, hostname: str, path: str) -> LinkInDomain:
    """The link that has a path on a domain; ``""`` is the root link. LinkNotFound also when the domain is another's."""
    with context.database.read() as work:
        domain = domain_by_hostname(work, context.actor, Action.READ, hostname)
        link = work.links.find_by_path(domain.id, path_key(path.removeprefix("/"), case_sensitive=domain.case_sensitive))
        if link is None or not may_on_link(work, context.actor, Action.READ, link, domain):
            raise LinkNotFound("Link not found")
    return LinkInDomain(link, domain)


def update_link(context: Context, link_id: str, draft: LinkDraft) -> LinkInDomain:
    """Change what the draft mentions; None clears. PathTaken when another link has the new path."""
    draft = clean_draft(draft)
    if draft.original_url is None:
        raise InvalidField("originalURL cannot be cleared: a link needs a destination.", field="originalURL")
    password_hash = hashed_password(draft)
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id)
        if isinstance(draft.folder_id, str) and draft.folder_id:
            folder_of(work, domain, draft.folder_id)
        changed = with_draft(link, draft, password_hash=password_hash, now=context.now())
        if changed != link:
            key = path_key(changed.path, case_sensitive=domain.case_sensitive)
            LoopGuard(work).refuse_loops(changed, domain, key)
            work.links.save(changed, key)
            work.changes.record_many(domain.id, (path_key(link.path, case_sensitive=domain.case_sensitive), key))
            if wildcard_depth(link.path) != wildcard_depth(changed.path):
                work.changes.record_domain(domain.id)
            context.note(work, Event.LINK_UPDATED, link.id, domain, fields=sorted(changed_fields(link, changed)))
    context.publish(work.sequence)
    return LinkInDomain(changed, domain)


def delete_link(context: Context, link_id: str) -> Link:
    """Remove a link for good; its clicks stay in the domain's statistics."""
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id)
        work.links.remove(link)
        record_route(work, domain, link, path_key(link.path, case_sensitive=domain.case_sensitive))
        context.note(work, Event.LINK_DELETED, link.id, domain, path=link.path, original_url=link.original_url)
    context.publish(work.sequence)
    return link


def list_links(
    context: Context,
    domain_id: int,
    *,
    limit: int = 150,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    newest_first: bool = True,
    folder_id: str | None = None,
    page_token: str | None = None,
) -> LinkPage:
    """A page of a domain's links, newest first unless told otherwise."""
    if not 1 <= limit <= 150:
        raise InvalidField("limit must be between 1 and 150.", field="limit")
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
            visible_to=narrowed_to(context.actor, domain),
        )
    token = _make_token(context, page.next, domain_id, newest_first) if page.next is not None else None
    return LinkPage([LinkInDomain(link, domain) for link in page.links], token)


def hashed_password(draft: LinkDraft) -> str | Unset | None:
    """The hash to store for the draft's password; an empty one clears like None."""
    if isinstance(draft.password, Unset):
        return UNSET
    return hash_link_password(draft.password) if draft.password else None


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be made: all but its path."""

    context: Context
    domain: Domain
    draft: LinkDraft
    original_url: str
    password_hash: str | Unset | None
    source: str

    def under(self, path: str, *, number: int = 0) -> Link:
        """The link that it becomes under ``path``, not stored yet."""
        return new_link(
            self.draft,
            link_id=new_link_id(self.domain.id, self.context.chooser),
            domain_id=self.domain.id,
            owner_id=self.context.actor.user_id,
            path=path,
            original_url=self.original_url,
            password_hash=None if isinstance(self.password_hash, Unset) else self.password_hash,
            source=self.source,
            now=self.context.now(),
            number=number,
        )


def in_folder(work: UnitOfWork, domain: Domain, draft: LinkDraft, now: datetime) -> LinkDraft:
    """``draft`` with the defaults of the folder that it names, if any; InvalidField when the domain has no such folder."""
    if not isinstance(draft.folder_id, str) or not draft.folder_id:
        return draft
    return with_folder_defaults(draft, folder_of(work, domain, draft.folder_id), now)


def folder_of(work: UnitOfWork, domain: Domain, folder_id: str) -> Folder:
    """A folder of the domain; InvalidField when it has none such."""
    folder = work.folders.find(domain.id, folder_id)
    if folder is None:
        raise InvalidField(f"folderId '{folder_id[:64]}' is no folder of {domain.hostname}.", field="folderId")
    return folder


def _find_or_reserve(work: UnitOfWork, actor: Actor, domain: Domain, original_url: str) -> Link | None:
    """The domain's link to a destination; when there is none, nobody else will have made one before this unit of work ends."""
    work.links.reserve_urls(domain.id, (original_url,))
    return work.links.find_by_url(domain.id, original_url, visible_to=narrowed_to(actor, domain))


def _add_with_generated_path(work: UnitOfWork, guard: LoopGuard, new: NewLink) -> LinkInDomain:
    """Store the link under a fresh path of the domain's type; PathsExhausted when none is free after a bounded search."""
    domain = new.domain
    for attempt in range(_PATH_ATTEMPTS):
        path = generated_path(work, new.context, domain)
        link = new.under(path)
        key = path_key(path, case_sensitive=domain.case_sensitive)
        if attempt == 0:
            # Nobody knows the path yet, so that nothing can lead to it: what is refused are loops further on.
            guard.refuse_loops(link, domain, None)
        try:
            added = work.links.add(link, key)
        except PathTaken:
            continue
        record_route(work, domain, added, key)
        return LinkInDomain(added, domain)
    raise PathsExhausted(
        f"No free path was found: {domain.hostname} has too many links of the type '{domain.link_type}'; "
        "choose a longer linkType."
    )


def generated_path(work: UnitOfWork, context: Context, domain: Domain) -> str:
    """A path of the domain's type, which may be taken."""
    if domain.link_type is LinkType.INCREMENT:
        return counter_path(work.domains.next_counter(domain.id))
    return random_path(domain.link_type, context.chooser)


def record_route(work: UnitOfWork, domain: Domain, link: Link, key: str) -> None:
    """Note in the change log that the link's route came or went."""
    work.changes.record(domain.id, key)
    if wildcard_depth(link.path) is not None:
        work.changes.record_domain(domain.id)


def _add_with_path(work: UnitOfWork, guard: LoopGuard, new: NewLink, path: str) -> LinkInDomain:
    domain = new.domain
    link = new.under(path)
    key = path_key(path, case_sensitive=domain.case_sensitive)
    guard.refuse_loops(link, domain, key)
    for attempt in range(_TAKEN_ATTEMPTS):
        try:
            added = work.links.add(link, key)
        except PathTaken:
            existing = work.links.find_by_path(domain.id, key)
            if existing is not None and existing.original_url == link.original_url:
                return LinkInDomain(existing, domain, duplicate=True)
            # Only where writers run at once: the one that had the path is gone again.
            if existing is not None or attempt == _TAKEN_ATTEMPTS - 1:
                raise
        else:
            record_route(work, domain, added, key)
            return LinkInDomain(added, domain)
    raise AssertionError("the last attempt returns or raises")


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
