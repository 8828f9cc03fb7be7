"""Removed links: listed, and restored with the same id, path and clicks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from linnet.actions.context import Context, domain_by_id, id_or_number, link_and_domain
from linnet.actions.placing import LinkInDomain, Place, path_taken
from linnet.model.access import Action, may, may_with_link, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, LinkNotFound, NotAllowed, PathTaken
from linnet.model.removal import RESTORABLE, RemovedLink, restored
from linnet.storage.unit_of_work import UnitOfWork

MAX_PAGE = 150
# When a link was removed, and its number: behind it the next page begins.
Position = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class RemovedPage:
    """A page of a domain's removed links; behind ``next`` the following one begins, None on the last."""

    domain: Domain
    removed: Sequence[RemovedLink]
    next: Position | None


def list_removed_links(
    context: Context, domain_id: int, *, limit: int = MAX_PAGE, before: Position | None = None
) -> RemovedPage:
    """A domain's links that can be restored, the last removed first; who sees only its own links gets those that it made.

    DomainNotFound also for another's domain; NotAllowed for an actor who may read the domain's links, but not change any.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidField(f"limit must be between 1 and {MAX_PAGE}.", field="limit")
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        if not may(context.actor, Action.WRITE, domain):
            raise NotAllowed(f"You may read the links of {domain.hostname}, but not remove or restore any.")
        found = work.removed.search(
            domain.id,
            limit=limit + 1,
            since=context.now() - RESTORABLE,
            before=before,
            owner_id=narrowed_to(context.actor, domain),
        )
    page = found[:limit]
    more = len(found) > limit
    return RemovedPage(domain, page, (page[-1].removed_at, page[-1].link.number) if more else None)


def find_removed(work: UnitOfWork, link_id: str) -> RemovedLink:
    """The removed link with this id or legacy number, whoever may restore it; LinkNotFound when there is none such."""
    removed = work.removed.find(id_or_number(link_id))
    if removed is None:
        raise LinkNotFound("Link not found")
    return removed


def restore_link(context: Context, link_id: str) -> LinkInDomain:
    """Bring a removed link back as it was: with its id, path, tags, rules and clicks. Ends of it that are past are cleared.

    LinkNotFound when nobody, or somebody else, had such a link, or it was removed too long ago; PathTaken when another link
    has its path now; QuotaReached; InvalidField when it would make a loop by now. A link that is there is answered as it is.
    """
    with context.database.write() as work:
        removed = work.removed.find(id_or_number(link_id), hold=True)
        if removed is None:
            return LinkInDomain(*link_and_domain(work, context.actor, Action.WRITE, link_id))
        domain = _domain_of(context, work, removed)
        link = restored(removed.link, context.now())
        if link.folder_id is not None and work.folders.find(domain.id, link.folder_id) is None:
            link = replace(link, folder_id=None)
        place = Place(context, work, domain)
        try:
            place.add_under(lambda _: link, link.path)
        except PathTaken as refusal:
            raise path_taken(context, work, domain, refusal) from None
        work.removed.put_back(removed)
        place.guard.refuse_stored_loops(link, domain, place.key(link.path))
        context.note(work, Event.LINK_RESTORED, link.id, domain, path=link.path)
    context.publish(work.sequence)
    return LinkInDomain(link, domain)


def removed_and_domain(context: Context, work: UnitOfWork, link_id: str) -> tuple[RemovedLink, Domain]:
    """A removed link that the actor may restore, and its domain; LinkNotFound otherwise."""
    removed = find_removed(work, link_id)
    return removed, _domain_of(context, work, removed)


def _domain_of(context: Context, work: UnitOfWork, removed: RemovedLink) -> Domain:
    """The domain of a removed link, held, if the actor may change the link and it can be restored still."""
    link = removed.link
    domain = work.domains.find(link.domain_id, hold=work.writing)
    in_time = removed.removed_at > context.now() - RESTORABLE
    if domain is None or not in_time or not may_with_link(context.actor, Action.WRITE, domain, link.owner_id, permitted=False):
        raise LinkNotFound("Link not found")
    return domain
