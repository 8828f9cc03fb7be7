"""Where new links get their paths: given ones, and ones that the domain generates."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from linnet.actions.context import Context, may_on_link
from linnet.actions.loops import LoopGuard
from linnet.actions.quota import quota_reached, room_for_links
from linnet.model.access import Action, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import PathsExhausted, PathTaken
from linnet.model.link import Link
from linnet.model.path import LinkType, counter_path, path_key, random_path, wildcard_depth
from linnet.storage.permissions import Route
from linnet.storage.unit_of_work import UnitOfWork

_PATH_ATTEMPTS = 32


@dataclass(frozen=True, slots=True)
class LinkInDomain:
    """A link with its domain, which its short URL needs; ``duplicate`` when it existed before the request that got it."""

    link: Link
    domain: Domain
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A domain in a unit of work, to store new links in; ``under`` makes the link that is to get a path."""

    context: Context
    work: UnitOfWork
    domain: Domain
    guard: LoopGuard = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "guard", LoopGuard(self.work))

    def add_under(self, under: Callable[[str], Link], path: str) -> Link:
        """Store a link under ``path``; PathTaken, QuotaReached, or InvalidField for a loop."""
        link, key = under(path), self.key(path)
        self.guard.refuse_loops(link, self.domain, key)
        self._refuse_over_quota()
        added = self.work.links.add(link, key)
        record_route(self.work, self.domain, added, key)
        return added

    def add_anywhere(self, under: Callable[[str], Link], *, prefix: str = "") -> Link:
        """Store a link under a fresh path of the domain's type, behind ``prefix``; PathsExhausted when none is free after a
        bounded search, QuotaReached, or InvalidField for a loop."""
        self._refuse_over_quota()
        for attempt in range(_PATH_ATTEMPTS):
            path = generated_path(self.work, self.context, self.domain, prefix)
            link, key = under(path), self.key(path)
            if attempt == 0:
                # Nobody knows the path yet, so that nothing can lead to it: what is refused are loops further on.
                self.guard.refuse_loops(link, self.domain, None)
            try:
                added = self.work.links.add(link, key)
            except PathTaken:
                continue
            record_route(self.work, self.domain, added, key)
            return added
        raise PathsExhausted(
            f"No free path was found: {self.domain.hostname} has too many links of the type '{self.domain.link_type}'; "
            "choose a longer linkType."
        )

    def key(self, path: str) -> str:
        """What decides whether two paths are the same here."""
        return path_key(path, case_sensitive=self.domain.case_sensitive)

    def _refuse_over_quota(self) -> None:
        room = room_for_links(self.context, self.work, self.domain)
        if room is not None and room <= 0:
            raise quota_reached(self.context)


def generated_path(work: UnitOfWork, context: Context, domain: Domain, prefix: str = "") -> str:
    """A path of the domain's type behind ``prefix``, which may be taken."""
    if domain.link_type is LinkType.INCREMENT:
        return prefix + counter_path(work.domains.next_counter(domain.id))
    return prefix + random_path(domain.link_type, context.chooser)


def record_route(work: UnitOfWork, domain: Domain, link: Link, key: str) -> None:
    """Note in the change log that the link's route came or went."""
    work.changes.record(domain.id, key)
    if wildcard_depth(link.path) is not None:
        work.changes.record_domain(domain.id)


def record_searched(work: UnitOfWork, domain: Domain, links: Iterable[Link]) -> None:
    """Note in the change log that links changed in what is no part of their routes, for the search indexes that follow it."""
    work.changes.record_many(domain.id, (path_key(link.path, case_sensitive=domain.case_sensitive) for link in links))


def record_unshared(work: UnitOfWork, routes: Iterable[Route]) -> None:
    """Note, for the search indexes, that these links have fewer permissions now."""
    for domain_id, found in groupby(sorted(routes), key=attrgetter("domain_id")):
        work.changes.record_many(domain_id, (route.path_key for route in found))


def is_visible(context: Context, work: UnitOfWork, domain: Domain, link: Link) -> bool:
    """Whether the actor, who may use the domain, sees this link of it."""
    return narrowed_to(context.actor, domain) is None or may_on_link(work, context.actor, Action.READ, link, domain)


def path_taken(context: Context, work: UnitOfWork, domain: Domain, refusal: PathTaken) -> PathTaken:
    """``refusal`` as the actor may know it: without the id of a link that it does not see."""
    if narrowed_to(context.actor, domain) is None:
        return refusal
    link = work.links.find(refusal.link_id)
    return refusal if link is None or is_visible(context, work, domain, link) else PathTaken(refusal.message, link_id="")
