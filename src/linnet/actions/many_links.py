"""One change made to many links: chosen by their ids, or all that a query finds; what was done, and what was not and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from linnet.actions.chosen import noted
from linnet.actions.context import Context, domain_by_id, known_links
from linnet.actions.link_table import MAX_MATCHING, LinkSearch, matching_links
from linnet.actions.placing import record_searched
from linnet.actions.removing import remove_links
from linnet.model.access import Action, may
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import FolderNotFound, InvalidField, NotAllowed
from linnet.model.link import MAX_TAGS, Link, clean_tag
from linnet.model.removal import Reason
from linnet.model.search import LinkQuery
from linnet.storage.unit_of_work import UnitOfWork

MAX_CHOSEN: Final = 500
# In one transaction: others who write wait for some 20 ms.
_AT_ONCE: Final = 200
_NAMED: Final = 20


@dataclass(slots=True)
class Outcome:
    """How many links were changed, and how many were as asked already; ``refused`` has, for the first 20 that were not changed,
    their path (or id) and why, of ``left`` in all. ``more`` links fit than are changed at once."""

    done: int = 0
    unchanged: int = 0
    left: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    more: bool = False

    def refuse(self, name: str, why: str) -> None:
        """Note a link that was not changed."""
        self.left += 1
        if len(self.refused) < _NAMED:
            self.refused.append((name[:100], why))


class Change(Protocol):
    """What is done to links: ``apply`` changes those of a domain that are held, and counts them."""

    def prepare(self, work: UnitOfWork, domain: Domain) -> None:
        """Refuse what can be done to no link."""

    def apply(self, context: Context, work: UnitOfWork, domain: Domain, links: Sequence[Link], outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class Tagged:
    """Links get a tag, or lose it."""

    tag: str
    added: bool = True

    def prepare(self, work: UnitOfWork, domain: Domain) -> None:
        clean_tag(self.tag, field="tag")

    def apply(self, context: Context, work: UnitOfWork, domain: Domain, links: Sequence[Link], outcome: Outcome) -> None:
        tag = clean_tag(self.tag, field="tag")
        changed = []
        for link in links:
            if (tag in link.tags) is self.added:
                outcome.unchanged += 1
            elif self.added and len(link.tags) >= MAX_TAGS:
                outcome.refuse(f"/{link.path}", f"It has {MAX_TAGS} tags already, as many as a link may have.")
            else:
                others = tuple(each for each in link.tags if each != tag)
                changed.append(replace(link, tags=(*others, tag) if self.added else others))
        if changed:
            work.tags.replace(changed, context.now())
            record_searched(work, domain, changed)
            event = Event.LINKS_TAGGED if self.added else Event.LINKS_UNTAGGED
            context.note(work, event, str(domain.id), domain, tag=tag, **noted(changed))
        outcome.done += len(changed)


@dataclass(frozen=True, slots=True)
class Moved:
    """Links go into a folder of their domain, or (None) out of the one that they are in."""

    folder_id: str | None

    def prepare(self, work: UnitOfWork, domain: Domain) -> None:
        if self.folder_id is not None and work.folders.find(domain.id, self.folder_id) is None:
            raise FolderNotFound(f"{domain.hostname} has no such folder; it may have been deleted.", field="folder")

    def apply(self, context: Context, work: UnitOfWork, domain: Domain, links: Sequence[Link], outcome: Outcome) -> None:
        self.prepare(work, domain)
        changed = [link for link in links if link.folder_id != self.folder_id]
        if changed:
            work.links.set_folder([link.number for link in changed], self.folder_id, context.now())
            record_searched(work, domain, changed)
            context.note(work, Event.LINKS_MOVED, str(domain.id), domain, folder_id=self.folder_id, **noted(changed))
        outcome.done += len(changed)
        outcome.unchanged += len(links) - len(changed)


@dataclass(frozen=True, slots=True)
class Archived:
    """Links are archived, or taken back; they redirect as before."""

    archived: bool = True

    def prepare(self, work: UnitOfWork, domain: Domain) -> None:
        pass

    def apply(self, context: Context, work: UnitOfWork, domain: Domain, links: Sequence[Link], outcome: Outcome) -> None:
        changed = [link for link in links if link.archived is not self.archived]
        if changed:
            work.links.set_archived([link.number for link in changed], archived=self.archived, at=context.now())
            record_searched(work, domain, changed)
            event = Event.LINKS_ARCHIVED if self.archived else Event.LINKS_UNARCHIVED
            context.note(work, event, str(domain.id), domain, **noted(changed))
        outcome.done += len(changed)
        outcome.unchanged += len(links) - len(changed)


@dataclass(frozen=True, slots=True)
class Removed:
    """Links are removed; for 30 days they can be restored."""

    def prepare(self, work: UnitOfWork, domain: Domain) -> None:
        pass

    def apply(self, context: Context, work: UnitOfWork, domain: Domain, links: Sequence[Link], outcome: Outcome) -> None:
        remove_links(context, work, domain, [(link, Reason.DELETED) for link in links])
        context.note(work, Event.LINKS_DELETED, str(domain.id), domain, **noted(links))
        outcome.done += len(links)


def change_links(context: Context, domain_id: int, link_ids: Sequence[str], change: Change) -> Outcome:
    """Do ``change`` to up to 500 links of a domain by their ids; those that are gone, are of another domain or may not be
    changed are left alone, and counted.

    InvalidField for more ids, and for what can be done to no link; NotAllowed for who may change no link of the domain.
    """
    if len(link_ids) > MAX_CHOSEN:
        raise InvalidField(f"At most {MAX_CHOSEN} links can be chosen one by one.", field="link")
    outcome = Outcome()
    _prepare(context, domain_id, change)
    _change(context, domain_id, list(dict.fromkeys(link_ids)), change, outcome)
    _refuse_readers(context, domain_id, outcome)
    return outcome


def change_matching(context: Context, search: LinkSearch, domain_id: int, query: LinkQuery, change: Change) -> Outcome:
    """Do ``change`` to the links that ``query`` finds, 10,000 of them at most; ``Outcome.more`` tells that there were others.

    SearchUnavailable while the index is being made; otherwise as for ``change_links``.
    """
    outcome = Outcome()
    _prepare(context, domain_id, change)
    met = 0
    for links in matching_links(context, search, domain_id, query, limit=MAX_MATCHING + 1):
        chosen = [link.id for link in links[: MAX_MATCHING - met]]
        outcome.more = outcome.more or len(links) > len(chosen)
        met += len(chosen)
        _change(context, domain_id, chosen, change, outcome)
    _refuse_readers(context, domain_id, outcome)
    return outcome


def _prepare(context: Context, domain_id: int, change: Change) -> None:
    with context.database.read() as work:
        change.prepare(work, domain_by_id(work, context.actor, Action.READ, domain_id))


def _change(context: Context, domain_id: int, link_ids: Sequence[str], change: Change, outcome: Outcome) -> None:
    for first in range(0, len(link_ids), _AT_ONCE):
        portion = link_ids[first : first + _AT_ONCE]
        with context.database.write() as work:
            known, unknown = known_links(work, context.actor, Action.WRITE, portion, domain_id=domain_id, hold=True)
            if known:
                change.apply(context, work, known[0][1], [link for link, _ in known], outcome)
        context.publish(work.sequence)
        for link_id in unknown:
            outcome.refuse(link_id, "It is gone, or you may not change it.")


def _refuse_readers(context: Context, domain_id: int, outcome: Outcome) -> None:
    if outcome.done or outcome.unchanged or not outcome.left:
        return
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
    if not may(context.actor, Action.WRITE, domain):
        raise NotAllowed(f"You may see the links of {domain.hostname}, but not change them.")
