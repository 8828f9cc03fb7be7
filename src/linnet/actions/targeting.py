"""Targeting by place: other destinations for visitors of a country or of a region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from linnet.actions.context import Context, link_and_domain
from linnet.actions.harm import refuse_harmful
from linnet.actions.loops import LoopGuard
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, PlaceNotFound
from linnet.model.link import Link
from linnet.model.path import path_key
from linnet.model.targeting import MAX_PLACES, MAX_PLACES_LENGTH, Place, clean_country, clean_place
from linnet.visitor.regions import regions_of


@dataclass(frozen=True, slots=True)
class Targeting:
    """A link and destinations of it by place."""

    link: Link
    places: list[Place]


def list_places(context: Context, link_id: str, *, regions: bool, domain_id: int | None = None) -> Targeting:
    """The countries, or the regions, for which a link has destinations of their own, in the order in which they were added.
    Where ``domain_id`` is given, here and below, it must be the link's domain; LinkNotFound otherwise."""
    with context.database.read() as work:
        link, _ = link_and_domain(work, context.actor, Action.READ, link_id, domain_id=domain_id)
        return Targeting(link, work.places.search(link.number, regions=regions))


def save_places(context: Context, link_id: str, places: Sequence[Place], *, domain_id: int | None = None) -> Targeting:
    """Give a link destinations for places, all of them or, when one is refused, none. One that it has already is replaced, and
    of two for the same place the later one counts, as if they had come one by one."""
    now = context.now()
    wanted = {(each.country, each.region): replace(each, created_at=now) for each in _cleaned(places)}
    for place in wanted.values():
        refuse_harmful(context, place.original_url, field="originalURL")
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, domain_id=domain_id, hold=True)
        key = path_key(link.path, case_sensitive=domain.case_sensitive)
        LoopGuard(work).refuse_loops_by_place(link, domain, key, wanted.values())
        saved = work.places.save(link.number, tuple(wanted.values()))
        refuse_too_many_places(work.places.search(link.number))
        if saved:
            work.changes.record(domain.id, key)
            named = [_name(each.country, each.region) for each in saved]
            context.note(work, Event.TARGETING_CHANGED, link.id, domain, saved=named)
    context.publish(work.sequence)
    return Targeting(link, saved)


def remove_place(context: Context, link_id: str, country: str, region: str = "", *, domain_id: int | None = None) -> None:
    """Visitors from there follow the link's other rules again; PlaceNotFound when it has no destination for the place."""
    country = country.strip().upper()
    code = region.strip().upper().removeprefix(f"{country}-")
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, domain_id=domain_id, hold=True)
        # A region that is only white space is no region, and does not mean the whole country.
        if bool(region) != bool(code) or not work.places.remove(link.number, country, code):
            raise PlaceNotFound(f"This link has no destination of its own for '{_name(country, code)[:16]}'.")
        work.changes.record(domain.id, path_key(link.path, case_sensitive=domain.case_sensitive))
        context.note(work, Event.TARGETING_CHANGED, link.id, domain, removed=[_name(country, code)])
    context.publish(work.sequence)


def refuse_too_many_places(places: Sequence[Place]) -> None:
    """InvalidField when these are more destinations by place, or longer ones, than a link may have."""
    if len(places) > MAX_PLACES:
        raise InvalidField(f"A link may have destinations for at most {MAX_PLACES} places.")
    if sum(len(each.original_url) for each in places) > MAX_PLACES_LENGTH:
        raise InvalidField(f"A link's destinations by place may have {MAX_PLACES_LENGTH} characters together, and no more.")


def list_regions(country: str) -> Mapping[str, str]:
    """The regions of a country: names by codes, sorted by name; none for one that is not divided."""
    return regions_of(clean_country(country))


def _cleaned(places: Sequence[Place]) -> list[Place]:
    cleaned = []
    for number, place in enumerate(places):
        try:
            cleaned.append(_clean(place))
        except InvalidField as refusal:
            if len(places) == 1:
                raise
            raise InvalidField(f"Item {number}: {refusal.message}", field=refusal.field) from None
    return cleaned


def _clean(place: Place) -> Place:
    cleaned = clean_place(place)
    if cleaned.region and cleaned.region not in regions_of(cleaned.country):
        raise InvalidField(f"region '{cleaned.region}' is no region of {cleaned.country} in ISO 3166-2.", field="region")
    return cleaned


def _name(country: str, region: str) -> str:
    return f"{country}-{region}" if region else country
