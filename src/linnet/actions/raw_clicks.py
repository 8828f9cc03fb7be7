"""Raw clicks of a domain as a file: who may have them, and what exactly is in it."""

from collections.abc import Collection, Generator
from typing import Any

from linnet.actions.context import Context
from linnet.actions.statistics import StatisticsRequest, clicks_asked
from linnet.actions.statistics_filters import by_cities
from linnet.model.audit import Event
from linnet.model.click_record import FileFormat, written_moment
from linnet.model.domain import Domain
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


def link_ids(database: Database, numbers: Collection[int]) -> dict[int, str]:
    """The ids of links by their numbers, as far as there are such links."""
    with database.read() as work:
        return {link.number: link.id for link in work.links.find_many((), numbers)}
