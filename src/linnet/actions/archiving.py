"""Links: archived, which only hides them from lists of current ones, and taken back."""

from collections.abc import Sequence
from dataclasses import replace

from linnet.actions.chosen import choose_links, noted
from linnet.actions.context import Context, link_and_domain
from linnet.actions.placing import record_searched
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.link import Link


def archive_link(context: Context, link_id: str, *, archived: bool = True, domain_id: int | None = None) -> Link:
    """Archive a link, or with ``archived=False`` take it back; it keeps redirecting. LinkNotFound also when it is not of the
    domain ``domain_id``, if that is given. A link that is as asked already stays untouched."""
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, domain_id=domain_id, hold=True)
        if link.archived != archived:
            work.links.set_archived([link.number], archived=archived, at=context.now())
            record_searched(work, domain, [link])
            context.note(work, Event.LINK_UPDATED, link.id, domain, fields=["archived"], archived=archived)
    return replace(link, archived=archived)


def archive_links(
    context: Context, link_ids: Sequence[str], *, archived: bool = True, domain_id: int | None = None
) -> Sequence[str]:
    """The same for at most 150 links; returns the ids that stand for no link (see ``choose_links``)."""
    event = Event.LINKS_ARCHIVED if archived else Event.LINKS_UNARCHIVED
    with context.database.write() as work:
        chosen = choose_links(work, context.actor, Action.WRITE, link_ids, domain_id=domain_id)
        for domain, links in chosen.by_domain.values():
            changed = [link for link in links if link.archived != archived]
            if changed:
                work.links.set_archived([link.number for link in changed], archived=archived, at=context.now())
                record_searched(work, domain, changed)
                context.note(work, event, str(domain.id), domain, **noted(changed))
    return chosen.unknown
