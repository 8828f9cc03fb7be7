"""Tags across links: one given to many, renamed or removed, and those of a domain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from linnet.actions.chosen import noted
from linnet.actions.context import Context, domain_by_id, known_links, links_and_domains
from linnet.actions.placing import record_searched
from linnet.model.access import Action, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, TooLarge
from linnet.model.link import MAX_TAGS, Link, clean_tag

MAX_LINKS: Final = 1000
# A domain has a few hundred at most when people made them; what machines make without end is cut off.
MAX_LISTED: Final = 10_000
# Links that get another tag in one transaction, and in one call.
_AT_ONCE: Final = 500
MAX_CHANGED: Final = 50_000


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
            record_searched(work, domain, links)
            context.note(work, Event.LINKS_TAGGED, str(domain.id), domain, tag=tag, **noted(links))
    context.publish(work.sequence)


def list_tags(context: Context, domain_id: int) -> list[str]:
    """The tags of a domain's links that the actor may see, each once, sorted: at most 10,000."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        return work.tags.search(domain.id, limit=MAX_LISTED, visible_to=narrowed_to(context.actor, domain))


@dataclass(frozen=True, slots=True)
class TagChanged:
    """On how many links a tag was changed. ``whole`` False: others have it still."""

    links: int
    whole: bool


def suggest_tags(context: Context, domain_id: int, *, limit: int) -> list[str]:
    """The first tags of a domain, sorted; none for who sees only its own links, for whom every link would have to be looked
    at."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        if narrowed_to(context.actor, domain) is not None:
            return []
        return work.tags.search(domain.id, limit=limit)


def rename_tag(context: Context, domain_id: int, tag: str, new: str) -> TagChanged:
    """Call a tag otherwise on all of a domain's links that the actor may change; links that have the new one too keep one.

    Of more than 50,000 links, so many are changed, and the rest when this is asked again. InvalidField for what can be no tag.
    """
    wanted = clean_tag(new, field="new")
    if wanted == tag:
        return TagChanged(0, whole=True)

    def renamed(link: Link) -> Link:
        return replace(link, tags=tuple(dict.fromkeys(wanted if each == tag else each for each in link.tags)))

    return _retag(context, domain_id, tag, renamed, Event.TAG_RENAMED, to=wanted)


def remove_tag(context: Context, domain_id: int, tag: str) -> TagChanged:
    """Take a tag off all of a domain's links that the actor may change, as for ``rename_tag``."""

    def without(link: Link) -> Link:
        return replace(link, tags=tuple(each for each in link.tags if each != tag))

    return _retag(context, domain_id, tag, without, Event.TAG_REMOVED)


def _retag(
    context: Context, domain_id: int, tag: str, change: Callable[[Link], Link], event: Event, **details: Any
) -> TagChanged:
    changed = last = 0
    while True:
        with context.database.write() as work:
            domain = domain_by_id(work, context.actor, Action.WRITE, domain_id)
            numbers = work.tags.numbers_after(domain.id, tag, last, limit=_AT_ONCE)
            ids = [link.id for link in work.links.find_many((), numbers)]
            known, _ = known_links(work, context.actor, Action.WRITE, ids, domain_id=domain.id, hold=True)
            links = [change(link) for link, _ in known]
            if links:
                work.tags.replace(links, context.now())
                record_searched(work, domain, links)
                context.note(work, event, str(domain.id), domain, tag=tag, **noted(links), **details)
        context.publish(work.sequence)
        changed += len(links)
        if len(numbers) < _AT_ONCE:
            return TagChanged(changed, whole=True)
        if changed >= MAX_CHANGED:
            return TagChanged(changed, whole=False)
        last = numbers[-1]


def _by_domain(found: Sequence[tuple[Link, Domain]]) -> list[tuple[Domain, list[Link]]]:
    grouped: dict[int, tuple[Domain, list[Link]]] = {}
    for link, domain in found:
        grouped.setdefault(domain.id, (domain, []))[1].append(link)
    return list(grouped.values())
