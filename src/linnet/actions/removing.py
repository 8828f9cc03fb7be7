"""Links: removed for good; their clicks stay in the domain's statistics."""

from collections.abc import Sequence

from linnet.actions.chosen import choose_links, noted
from linnet.actions.context import Context, link_and_domain
from linnet.actions.placing import record_route
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.link import Link
from linnet.model.path import path_key


def delete_link(context: Context, link_id: str) -> Link:
    """Remove a link."""
    with context.database.write() as work:
        # Held: a change that is under way may give it another path, and the edges must hear of that one.
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, hold=True)
        work.links.remove(link)
        record_route(work, domain, link, path_key(link.path, case_sensitive=domain.case_sensitive))
        context.note(work, Event.LINK_DELETED, link.id, domain, path=link.path, original_url=link.original_url)
    context.publish(work.sequence)
    return link


def delete_links(context: Context, link_ids: Sequence[str]) -> Sequence[str]:
    """Remove at most 150 links; returns the ids that stand for no link (see ``choose_links``)."""
    with context.database.write() as work:
        chosen = choose_links(work, context.actor, Action.WRITE, link_ids)
        for domain, links in chosen.by_domain.values():
            work.links.remove_many([link.number for link in links])
            for link in links:
                record_route(work, domain, link, path_key(link.path, case_sensitive=domain.case_sensitive))
            context.note(work, Event.LINKS_DELETED, str(domain.id), domain, **noted(links))
    context.publish(work.sequence)
    return chosen.unknown
