"""Tags across links: one given to many, and those of a domain."""

from collections.abc import Sequence
from typing import Final

from linnet.actions.context import Context, domain_by_id, links_and_domains
from linnet.model.access import Action, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, TooLarge
from linnet.model.link import MAX_TAGS, Link, clean_tag

MAX_LINKS: Final = 1000
# A domain has a few hundred at most when people made them; what machines make without end is cut off.
MAX_LISTED: Final = 10_000


def tag_links(context: Context, tag: str, link_ids: Sequence[str]) -> None:
    """Append a tag to up to 1,000 links: to all of them or, when one cannot take it or cannot be found, to none. Links that
    have it already stay as they are."""
    if len(link_ids) > MAX_LINKS:
        raise TooLarge(f"link_ids holds {len(link_ids)} links; at most {MAX_LINKS} are allowed in one call.", field="link_ids")
    tag = clean_tag(tag, field="tag")
    with context.database.write() as work:
        found = links_and_domains(work, context.actor, Action.WRITE, link_ids, hold=True)
        lacking = [(link, domain) for link, domain in found if tag not in link.tags]
        for link, _ in lacking:
            if len(link.tags) >= MAX_TAGS:
                raise InvalidField(f"The link {link.id} has {MAX_TAGS} tags already, as many as a link may have.", field="tag")
        work.tags.append(tag, [link for link, _ in lacking], context.now())
        for domain, links in _by_domain(lacking):
            ids = [link.id for link in links]
            context.note(work, Event.LINKS_TAGGED, str(domain.id), domain, tag=tag, links=ids)
    context.publish(work.sequence)


def list_tags(context: Context, domain_id: int) -> list[str]:
    """The tags of a domain's links that the actor may see, each once, sorted: at most 10,000."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        return work.tags.search(domain.id, limit=MAX_LISTED, visible_to=narrowed_to(context.actor, domain))


def _by_domain(found: Sequence[tuple[Link, Domain]]) -> list[tuple[Domain, list[Link]]]:
    grouped: dict[int, tuple[Domain, list[Link]]] = {}
    for link, domain in found:
        grouped.setdefault(domain.id, (domain, []))[1].append(link)
    return list(grouped.values())
