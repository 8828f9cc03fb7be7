"""Files of raw clicks out and in, from the command line, whether the server runs or not."""

import re
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from linnet.actions.raw_clicks import export_clicks, find_links, note_import
from linnet.actions.statistics import StatisticsRequest
from linnet.clicks.import_files import columns_of_file, digest_of, format_of, rows_of
from linnet.clicks.import_rows import Reading, unknown_columns
from linnet.clicks.importing import Import, Report, import_clicks, position
from linnet.clicks.links_found import LinkFinder
from linnet.compose.click_orders import click_orders
from linnet.compose.control import control
from linnet.model.click_record import FileFormat
from linnet.model.errors import LinkNotFound
from linnet.model.periods import moment, time_zone
from linnet.model.statistics import Period
from linnet.settings import Settings
from linnet.statistics.exports import OrderedExports
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import load_rules
from linnet.visitor.geo import GeoLookup
from linnet.visitor.referrer import referrer_of

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BEGINNING = "1971-01-01"


def exported_clicks(
    settings: Settings,
    hostname: str,
    kind: FileFormat,
    *,
    begin: str | None,
    end: str | None,
    zone: str,
    link_id: str | None,
) -> Generator[bytes]:
    """The clicks of a domain as a file, in parts: from ``begin`` to ``end``, both included, of all time where neither is given.
    A day stands for its beginning and, as ``end``, for all of it."""
    with control(settings) as admin, click_orders(settings) as orders:
        domain = admin.domain_named(hostname)
        context = admin.changing(domain)
        request = _request(begin, end, zone, now=context.now().isoformat())
        _, parts = export_clicks(context, None, OrderedExports(orders), domain.id, request, kind, link_id=link_id)
        with closing(parts):
            yield from parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWish:
    """What to import into which domain. Clicks whose path no link has are those of ``link`` (an id or a path), if it is given.
    ``dry_run``: nothing is stored. ``skip_bad``: bad rows are left out; else a file with one is not imported at all.
    ``even_cleared``: also what was made before the domain was cleared."""

    file: Path
    hostname: str
    format: FileFormat | None = None
    link: str | None = None
    dry_run: bool = False
    skip_bad: bool = False
    even_cleared: bool = False


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What came of it; ``refused``: nothing was imported, because of bad rows. ``unknown`` are columns that no click has."""

    report: Report
    unknown: list[str]
    refused: bool = False


def import_file(settings: Settings, wish: ImportWish, tell: Callable[[Report], object]) -> ImportOutcome:
    """Import a file of clicks. It can be repeated whatever happened: each row of a file counts once in a domain."""
    kind = wish.format or format_of(wish.file)
    digest = digest_of(wish.file)
    unknown = unknown_columns(columns_of_file(wish.file, kind))
    with control(settings) as admin, click_orders(settings) as orders:
        domain = admin.domain_named(wish.hostname)
        context = admin.changing(domain)
        judge = judge_by(load_rules(settings.bot_rules))
        places = GeoLookup(settings.geo_city, settings.geo_country)
        find = partial(find_links, admin.database, domain)
        task = Import(
            source=digest,
            reading=Reading(domain, judge, places.place_of, referrer_of, context.now()),
            find_links=find,
            into=orders,
            other_link=_number_of(find, wish.link) if wish.link is not None else 0,
            restored=wish.even_cleared,
        )
        stored = position(task)
        if not wish.even_cleared:
            task = replace(task, reading=replace(task.reading, cleared_before=stored.cleared_before))
        # What was imported in part was looked at before.
        if wish.dry_run or not (wish.skip_bad or stored.offset):
            looked = import_clicks(replace(task, into=None), rows_of(wish.file, kind), tell)
            if wish.dry_run or looked.bad:
                return ImportOutcome(looked, unknown, refused=not wish.dry_run)
        note_import(context, domain.id, wish.file.name, digest=digest)
        return ImportOutcome(import_clicks(task, rows_of(wish.file, kind), tell), unknown)


def _number_of(find: LinkFinder, link: str) -> int:
    path = link if link.startswith("/") else f"/{link}"
    found = find({link}, {path})
    number = found.by_id.get(link) or found.by_path.get(path)
    if number is None:
        raise LinkNotFound(f"There is no link '{link[:64]}' in this domain.")
    return number


def _request(begin: str | None, end: str | None, zone: str, *, now: str) -> StatisticsRequest:
    if begin is None and end is None:
        return StatisticsRequest(period=Period.TOTAL, time_zone=zone)
    if end is not None and _DAY.fullmatch(end):
        day_after = moment(end, time_zone(zone), field="--to").astimezone(time_zone(zone)) + timedelta(days=1)
        end = (day_after - timedelta(milliseconds=1)).isoformat()
    return StatisticsRequest(period=Period.CUSTOM, start=begin or _BEGINNING, end=end or now, time_zone=zone)
