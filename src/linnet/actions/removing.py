"""Links: removed, with a copy from which they can be restored; their clicks stay in the domain's statistics."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from linnet.actions.chosen import choose_links, noted
from linnet.actions.context import Context, link_and_domain
from linnet.actions.placing import record_route
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.link import Link
from linnet.model.path import path_key
from linnet.model.removal import RESTORABLE, Reason, reason_to_remove
from linnet.storage.unit_of_work import UnitOfWork

# Of a domain's removed links the last ones can be restored: who makes and removes links all day must not fill the disk.
MAX_KEPT: Final = 100_000


def delete_link(context: Context, link_id: str) -> Link:
    """Remove a link."""
    with context.database.write() as work:
        # Held: a change that is under way may give it another path, and the edges must hear of that one.
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, hold=True)
        remove_links(context, work, domain, [(link, Reason.DELETED)])
        context.note(work, Event.LINK_DELETED, link.id, domain, path=link.path, original_url=link.original_url)
    context.publish(work.sequence)
    return link


def delete_links(context: Context, link_ids: Sequence[str]) -> Sequence[str]:
    """Remove at most 150 links; returns the ids that stand for no link (see ``choose_links``)."""
    with context.database.write() as work:
        chosen = choose_links(work, context.actor, Action.WRITE, link_ids)
        for domain, links in chosen.by_domain.values():
            remove_links(context, work, domain, [(link, Reason.DELETED) for link in links])
            context.note(work, Event.LINKS_DELETED, str(domain.id), domain, **noted(links))
    context.publish(work.sequence)
    return chosen.unknown


def purge_due_links(context: Context, *, limit: int) -> int:
    """Remove at most ``limit`` links whose ``delete_at`` is past, or whose ``expires_at`` is, in domains that purge expired
    links; how many. One transaction on the system's behalf, which several nodes may run at once."""
    with context.database.read() as work:
        due = work.removed.due(context.now(), limit=limit)
    if not due:
        return 0
    removed = 0
    with context.database.write() as work:
        # Domains first, then links, each in one order: of two nodes the second waits here, and then finds nothing to do.
        domains = {each: work.domains.find(each, hold=True) for each in sorted({domain_id for _, domain_id in due})}
        by_domain: dict[int, list[tuple[Link, Reason]]] = {}
        for link in work.links.find_many((), [number for number, _ in due], hold=True):
            domain = domains.get(link.domain_id)
            reason = _reason(link, domain, context.now())
            if reason is not None:
                by_domain.setdefault(link.domain_id, []).append((link, reason))
        for domain_id, links in by_domain.items():
            domain = domains[domain_id]
            assert domain is not None, "only links of domains that are there were chosen"
            remove_links(context, work, domain, links)
            reasons = dict(Counter(reason.value for _, reason in links))
            details = noted([link for link, _ in links])
            context.note(work, Event.LINKS_PURGED, str(domain_id), domain, reasons=reasons, **details)
            removed += len(links)
    context.publish(work.sequence)
    return removed


def forget_removed_links(context: Context, *, limit: int) -> int:
    """Remove for good at most ``limit`` links that can be restored no more: after 30 days, or when the domain has had
    ``MAX_KEPT`` others removed since. How many."""
    with context.database.read() as work:
        crowded = work.removed.domains_beyond(MAX_KEPT)
    with context.database.write() as work:
        forgotten = work.removed.forget(context.now() - RESTORABLE, limit=limit)
        for domain_id in crowded:
            forgotten += work.removed.forget_beyond(domain_id, MAX_KEPT, limit=max(limit - forgotten, 0))
    return forgotten


def _reason(link: Link, domain: Domain | None, now: datetime) -> Reason | None:
    return None if domain is None else reason_to_remove(link, purge_expired=domain.purge_expired_links, now=now)


def remove_links(context: Context, work: UnitOfWork, domain: Domain, removed: Sequence[tuple[Link, Reason]]) -> None:
    """Remove links of ``domain``, which are held, and keep a copy of each."""
    work.removed.keep(removed, context.now())
    work.links.remove_many([link.number for link, _ in removed])
    for link, _ in removed:
        record_route(work, domain, link, path_key(link.path, case_sensitive=domain.case_sensitive))
