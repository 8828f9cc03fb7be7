"""The links of a domain as people look through them: searched, filtered, in any order, a page at a time."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal

from linnet.actions.click_ranks import ClickRanks
from linnet.actions.context import Context, domain_by_id
from linnet.model.access import Action, User, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import SearchUnavailable, StatisticsUnavailable
from linnet.model.link import Link
from linnet.model.search import LinkQuery, Order, Shown, fits, refuse_text, without_order
from linnet.storage.search_follower import SearchFollower
from linnet.storage.search_index import SearchIndex
from linnet.storage.search_pages import Found, Place, count_labelled, count_links, search_links
from linnet.storage.unit_of_work import UnitOfWork

PAGE: Final = 50
# Of "all that match": what is done to more links at once is done by repeating it.
MAX_MATCHING: Final = 10_000
_STEP: Final = 500
_MOST: Final = 2**63 - 1
_LONGEST_TOKEN: Final = 6_000
# Plain pages, while there is no index: so many links are looked at for one that fits.
_LOOKED_AT: Final = 1_000
# How long what is done to all that match waits for the latest changes to be searchable.
_PATIENCE_SECONDS: Final = 5.0


class Freshness(StrEnum):
    """What a page knows of the latest changes: all; not the latest; or the index cannot be asked, and the page is made of the
    newest links alone."""

    WHOLE = "whole"
    BEHIND = "behind"
    MAKING = "making"
    AWAY = "away"


class Targeting(StrEnum):
    """Why visitors of a link come to different places."""

    PLACES = "places"
    RULES = "rules"
    VARIANTS = "variants"


@dataclass(frozen=True, slots=True)
class LinkSearch:
    """The search index of this node, what brings it up to date, and what knows which links are clicked most.

    A search waits ``patience_seconds`` for the latest changes to arrive in the index, and then goes without them.
    """

    index: SearchIndex
    follower: SearchFollower
    ranks: ClickRanks
    patience_seconds: float = 0.2

    def brought_up_to_date(self) -> Freshness:
        """How far the index is, after it was given a moment."""
        try:
            if self.follower.advance(self.patience_seconds):
                return Freshness.WHOLE
            return Freshness.MAKING if self.index.sequence() is None else Freshness.BEHIND
        except SearchUnavailable:
            return Freshness.AWAY

    def progress(self) -> float:
        """Which part of the links the index holds, while it is being made."""
        with suppress(SearchUnavailable):
            return self.index.progress()
        return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTable:
    """A page of a domain's links. ``previous`` and ``next`` are tokens for the pages before and behind it, None where there
    are none. ``count`` links fit, or (``is_least``) more than that, or (``is_about``) about so many; None where nobody can
    tell. ``ordered`` is False where the order that was asked for could not be had. ``users`` made the links, and ``targeting``
    is what sends visitors of a link here and there, by its number."""

    domain: Domain
    query: LinkQuery
    links: Sequence[Link]
    freshness: Freshness
    previous: str | None = None
    next: str | None = None
    count: int | None = None
    is_least: bool = False
    is_about: bool = False
    ordered: bool = True
    users: Mapping[int, User] = field(default_factory=dict)
    targeting: Mapping[int, frozenset[Targeting]] = field(default_factory=dict)


def table_of(
    context: Context,
    search: LinkSearch,
    domain_id: int,
    query: LinkQuery,
    *,
    after: str | None = None,
    before: str | None = None,
    last: bool = False,
    limit: int = PAGE,
) -> LinkTable:
    """A page of a domain's links: the first, the last, or the one behind or before a token. DomainNotFound also for another's
    domain; InvalidField for a text that is not searched for. A token that makes no sense is passed over."""
    refuse_text(query.text)
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
    freshness = search.brought_up_to_date()
    asked = _ranked_query(context, search, domain, query)
    if freshness in (Freshness.WHOLE, Freshness.BEHIND):
        try:
            return _page(context, search, domain, asked, freshness, after=after, before=before, last=last, limit=limit)
        except SearchUnavailable:
            freshness = Freshness.AWAY
    return _plain_page(context, domain, query, freshness, limit)


def matching_links(
    context: Context, search: LinkSearch, domain_id: int, query: LinkQuery, *, limit: int, step: int = _STEP
) -> Iterator[list[Link]]:
    """All links of a domain that fit, as they are now, in portions and at most ``limit`` of them: newest first, or oldest first
    or by path if the query says so. What is changed meanwhile neither comes twice nor is left out, unless it stops fitting.

    SearchUnavailable while the index is being made.
    """
    order = Order.NEWEST if query.order in (Order.CHANGED, Order.CLICKS) else query.order
    asked = replace(without_order(query), order=order)
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
    search.follower.advance(_PATIENCE_SECONDS)
    after: Place | None = None
    while limit > 0:
        found = _found(context, search, domain, asked, min(step, limit), after)
        if found.places:
            after = found.places[-1]
            with context.database.read() as work:
                links = _links(context, work, domain, asked, found.places)
            yield links
            limit -= len(found.places)
        if not found.more:
            return


def link_counts(search: LinkSearch, domain_ids: Sequence[int]) -> dict[int, int]:
    """How many links that are not archived each of these domains has, as far as the index knows; {} where it cannot be asked.
    Whose domains they are is the caller's to look at."""
    try:
        return count_links(search.index, domain_ids, Shown.ACTIVE)
    except SearchUnavailable:
        return {}


def label_counts(
    context: Context, search: LinkSearch, domain: Domain, kind: Literal["folder", "tag"], values: Sequence[str]
) -> dict[str, int]:
    """How many links of a domain, archived or not, are in each of these folders, or have each of these tags; {} where the index
    cannot be asked, and for who does not see all links of the domain."""
    if narrowed_to(context.actor, domain) is not None:
        return {}
    try:
        return {str(value): count for value, count in count_labelled(search.index, domain.id, kind, values).items()}
    except SearchUnavailable:
        return {}


def _ranked_query(context: Context, search: LinkSearch, domain: Domain, query: LinkQuery) -> LinkQuery:
    """``query``, or where clicks cannot be told now the same in another order."""
    if query.order is Order.CLICKS:
        try:
            search.ranks.of(domain.id, context.now())
        except StatisticsUnavailable:
            return without_order(query)
    return query


def _page(
    context: Context,
    search: LinkSearch,
    domain: Domain,
    query: LinkQuery,
    freshness: Freshness,
    *,
    after: str | None,
    before: str | None,
    last: bool,
    limit: int,
) -> LinkTable:
    behind, ahead = _place(after), _place(before)
    backwards = (last or ahead is not None) and query.order is not Order.CLICKS
    found = _found(context, search, domain, query, limit, ahead if backwards else behind, backwards=backwards)
    with context.database.read() as work:
        links = _links(context, work, domain, query, found.places)
        users = work.users.find_many({link.owner_id for link in links}) if links else {}
        targeting = _targeting(work, links)
    goes_on = found.more if not backwards else ahead is not None
    came_from = behind is not None if not backwards else found.more
    ends = found.places[0] if found.places else None, found.places[-1] if found.places else None
    return LinkTable(
        domain=domain,
        query=query,
        links=links,
        freshness=freshness,
        previous=_token(ends[0]) if came_from and query.order is not Order.CLICKS else None,
        next=_token(ends[1]) if goes_on else None,
        count=found.count,
        is_least=found.is_least,
        is_about=found.is_about,
        users=users,
        targeting=targeting,
    )


def _targeting(work: UnitOfWork, links: Sequence[Link]) -> dict[int, frozenset[Targeting]]:
    """What sends visitors of these links here and there, beside fields of the link itself."""
    numbers = [link.number for link in links]
    if not numbers:
        return {}
    places, own = work.places.present(numbers), work.rules.present(numbers)
    kinds: dict[int, set[Targeting]] = {number: {Targeting.PLACES} for number in places}
    for number, (rules, variants) in own.items():
        kinds.setdefault(number, set()).update([Targeting.RULES] * rules + [Targeting.VARIANTS] * variants)
    return {number: frozenset(found) for number, found in kinds.items()}


def _found(
    context: Context,
    search: LinkSearch,
    domain: Domain,
    query: LinkQuery,
    limit: int,
    after: Place | None,
    *,
    backwards: bool = False,
) -> Found:
    return search_links(
        search.index,
        domain.id,
        domain.hostname,
        query,
        limit=limit,
        after=after,
        backwards=backwards,
        visible_to=narrowed_to(context.actor, domain),
        ranks=search.ranks.of(domain.id, context.now()) if query.order is Order.CLICKS else None,
    )


def _links(context: Context, work: UnitOfWork, domain: Domain, query: LinkQuery, places: Sequence[Place]) -> list[Link]:
    """The links at these places that fit and may be seen still: the index says where to look, the database what is there."""
    numbers = [place.number for place in places]
    visible_to = narrowed_to(context.actor, domain)
    found = {link.number: link for link in work.links.find_many((), numbers) if link.domain_id == domain.id}
    if visible_to is not None:
        others = [link.number for link in found.values() if link.owner_id != visible_to]
        hidden = set(others) - work.permissions.permitted(visible_to, others)
        found = {number: link for number, link in found.items() if number not in hidden}
    known = (found[number] for number in numbers if number in found)
    return [link for link in known if fits(query, link, domain.hostname)]


def _plain_page(context: Context, domain: Domain, query: LinkQuery, freshness: Freshness, limit: int) -> LinkTable:
    """The newest links that fit, of the last thousand: what there is while the index cannot be asked."""
    links: list[Link] = []
    position, looked_at = None, 0
    with context.database.read() as work:
        while len(links) < limit and looked_at < _LOOKED_AT:
            page = work.links.search(domain.id, limit=200, after=position, visible_to=narrowed_to(context.actor, domain))
            links += [link for link in page.links if fits(query, link, domain.hostname)]
            looked_at += len(page.links)
            position = page.next
            if position is None:
                break
        users = work.users.find_many({link.owner_id for link in links[:limit]}) if links else {}
        targeting = _targeting(work, links[:limit])
    return LinkTable(
        domain=domain, query=query, links=links[:limit], freshness=freshness, ordered=False, users=users, targeting=targeting
    )


def _token(place: Place | None) -> str | None:
    if place is None:
        return None
    return base64.urlsafe_b64encode(json.dumps([place.key, place.number, int(place.unranked)]).encode()).decode().rstrip("=")


def _place(token: str | None) -> Place | None:
    """The place that a token names. Whoever makes up one gets a page of links that it may see anyway."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    try:
        key, number, unranked = json.loads(base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if not isinstance(key, int | str) or not isinstance(number, int) or abs(number) > _MOST:
        return None
    if isinstance(key, int) and abs(key) > _MOST:
        return None
    if isinstance(key, str) and not key.isprintable():
        return None
    return Place(key, number, bool(unranked))
