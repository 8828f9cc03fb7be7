"""OpenGraph tags of links."""

from collections.abc import Sequence

from linnet.actions.context import Context, link_and_domain
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.opengraph import Tag, clean_tags
from linnet.model.path import path_key


def get_opengraph(context: Context, domain_id: int, link_id: str) -> tuple[Tag, ...]:
    """The tags of a link, in their order."""
    with context.database.read() as work:
        link, _ = link_and_domain(work, context.actor, Action.READ, link_id, domain_id=domain_id)
        return work.opengraph.search(link.number)


def save_opengraph(context: Context, domain_id: int, link_id: str, tags: Sequence[Tag]) -> tuple[Tag, ...]:
    """Replace all tags of a link; the tags as they are stored."""
    cleaned = clean_tags(tags)
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, domain_id=domain_id, hold=True)
        work.opengraph.save(link.number, cleaned)
        work.changes.record(domain.id, path_key(link.path, case_sensitive=domain.case_sensitive))
        properties = sorted({name for name, _ in cleaned})
        context.note(work, Event.OPENGRAPH_CHANGED, link.id, domain, properties=properties)
    context.publish(work.sequence)
    return cleaned
