"""Links of a domain, all of them, in portions: for files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from linnet.actions.context import Context, domain_by_id
from linnet.actions.link_table import LinkSearch, matching_links
from linnet.model.access import Action, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.editing import Contents
from linnet.model.link import Link
from linnet.model.search import LinkQuery, Shown, fits, query_values
from linnet.model.variants import NOTHING_OWN
from linnet.storage.links import Position
from linnet.storage.unit_of_work import UnitOfWork

_PORTION: Final = 1000
# With what belongs to them, which may be half a megabyte each.
_STEP: Final = 100
_ALL: Final = 2**31


@dataclass(frozen=True, slots=True)
class ExportedLink:
    """A link with all that belongs to it, and the name of its folder, "" for none."""

    contents: Contents
    folder: str

    @property
    def link(self) -> Link:
        """The link itself."""
        return self.contents.link


def export_links(
    context: Context, domain_id: int, search: LinkSearch | None, query: LinkQuery | None
) -> tuple[Domain, Iterator[Sequence[ExportedLink]]]:
    """The domain and its links that fit ``query`` (None: all, archived ones too), oldest first, as they are when their portion
    is read; noted in the audit log. SearchUnavailable for what only the index can find, where there is none now."""
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        asked: dict[str, Any] = {} if query is None else query_values(query)
        context.note(work, Event.LINKS_EXPORTED, str(domain.id), domain, **asked)
    if query is not None and query.narrows and search is not None:
        links: Iterator[list[Link]] = matching_links(context, search, domain.id, query, limit=_ALL, step=_PORTION)
    else:
        links = _all_links(context, domain, query or LinkQuery(shown=Shown.ALL))
    return domain, _whole(context, domain, links)


def _all_links(context: Context, domain: Domain, query: LinkQuery) -> Iterator[list[Link]]:
    position: Position | None = None
    while True:
        with context.database.read() as work:
            page = work.links.search(
                domain.id,
                limit=_PORTION,
                after=position,
                newest_first=False,
                visible_to=narrowed_to(context.actor, domain),
            )
        if found := [link for link in page.links if fits(query, link, domain.hostname)]:
            yield found
        if page.next is None:
            return
        position = page.next


def _whole(context: Context, domain: Domain, portions: Iterator[list[Link]]) -> Iterator[Sequence[ExportedLink]]:
    for portion in portions:
        with context.database.read() as work:
            folders = work.folders.names(domain.id)
        for first in range(0, len(portion), _STEP):
            with context.database.read() as work:
                found = _contents(work, portion[first : first + _STEP])
            yield [ExportedLink(each, folders.get(each.link.folder_id or "", "")) for each in found]


def _contents(work: UnitOfWork, links: Sequence[Link]) -> list[Contents]:
    numbers = [link.number for link in links]
    places, own, tags = work.places.find_many(numbers), work.rules.find_many(numbers), work.opengraph.find_many(numbers)
    return [
        Contents(
            link=link,
            places=tuple(places.get(link.number, ())),
            own=own.get(link.number, NOTHING_OWN),
            opengraph=tags.get(link.number, ()),
        )
        for link in links
    ]
