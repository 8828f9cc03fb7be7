"""Raw clicks of a domain, as a file or as they come: who may have them, and which these are."""

from collections.abc import Collection, Generator, Iterable
from typing import Any

from linnet.actions.context import Context, domain_by_id, link_and_domain
from linnet.actions.statistics import StatisticsRequest, clicks_asked, whole_domain
from linnet.actions.statistics_filters import by_cities
from linnet.clicks.links_found import Links
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.click import Click
from linnet.model.click_record import FileFormat, written_moment
from linnet.model.domain import Domain
from linnet.model.ids import stored_link_id
from linnet.model.path import path_key
from linnet.statistics.engine import StatisticsEngine
from linnet.statistics.exports import ClickExports, Export
from linnet.storage.database import Database


def export_clicks(
    context: Context,
    engine: StatisticsEngine | None,
    exports: ClickExports,
    domain_id: int,
    request: StatisticsRequest,
    kind: FileFormat,
    *,
    link_id: str | None = None,
) -> tuple[Domain, Generator[bytes]]:
    """The clicks that ``request`` is about as a file, in parts, and the domain; with ``link_id`` those of that link alone.

    Who may see the last clicks may have all of them. That they were asked for is in the audit log before the first is handed
    out. ``engine`` is asked about cities in filters, and can be left out by who filters by none. Whoever takes the parts closes
    them.
    """
    with context.database.write() as work:
        question, domain = clicks_asked(context, work, domain_id, link_id, request)
        interval = question.interval
        told: dict[str, Any] = {"format": kind.value}
        if interval is not None:
            told |= {"from": written_moment(interval.start), "until": written_moment(interval.end)}
        if link_id is not None:
            told["linkId"] = link_id
        context.note(work, Event.CLICKS_EXPORTED, str(domain.id), domain, **told)
    if engine is not None:
        question = by_cities(engine, question)
    return domain, exports.export(Export(question=question, format=kind))


def watched_link(context: Context, domain_id: int, link_id: str | None) -> int | None:
    """The number of the link whose clicks the actor watches, None for all of the domain; refused to who may not see them."""
    with context.database.read() as work:
        if link_id is None:
            whole_domain(work, context.actor, domain_id)
            return None
        domain_by_id(work, context.actor, Action.READ_STATISTICS, domain_id)
        link, _ = link_and_domain(work, context.actor, Action.READ_STATISTICS, link_id, domain_id=domain_id)
        return link.number


def wildcard_paths(database: Database, domain_id: int, clicks: Iterable[Click]) -> dict[int, str]:
    """The paths of those links of clicks that have a wildcard path, by number: clicks are told by it."""
    with database.read() as work:
        paths = work.links.paths(domain_id, {click.link_number for click in clicks})
    return {number: f"/{path}" for number, path in paths.items() if path.endswith("*")}


def link_ids(database: Database, numbers: Collection[int]) -> dict[int, str]:
    """The ids of links by their numbers, as far as there are such links."""
    with database.read() as work:
        return {link.number: link.id for link in work.links.find_many((), numbers)}


def find_links(database: Database, domain: Domain, ids: Collection[str], paths: Collection[str]) -> Links:
    """The links of a domain with these ids, and those with these paths, which begin with a slash."""
    keys = {path: path_key(path.removeprefix("/"), case_sensitive=domain.case_sensitive) for path in paths}
    with database.read() as work:
        named = work.links.find_many([stored_link_id(each) for each in ids])
        placed = work.links.find_by_paths(domain.id, keys.values())
    by_id = {link.id: link.number for link in named if link.domain_id == domain.id}
    by_path = {path: placed[key].number for path, key in keys.items() if key in placed}
    return Links({each: by_id[stored_link_id(each)] for each in ids if stored_link_id(each) in by_id}, by_path)


def note_import(context: Context, domain_id: int, source: str, **told: Any) -> None:
    """Write into the audit log that clicks are imported; it takes what the domain's settings take."""
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.CONFIGURE, domain_id)
        context.note(work, Event.CLICKS_IMPORTED, str(domain.id), domain, source=source, **told)
