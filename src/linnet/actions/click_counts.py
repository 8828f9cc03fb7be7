"""Clicks of many links or paths at once, and the clearing of a domain's statistics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from linnet.actions.context import Context, domain_by_id, link_and_domain, may_on_link
from linnet.model.access import Action, narrowed_to
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, LinkNotFound
from linnet.model.path import path_key
from linnet.model.periods import moment, open_interval, time_zone
from linnet.model.statistics import Clearing, Counted, Interval, Kind, Question
from linnet.statistics.engine import StatisticsEngine

MAX_COUNTED = 1000
MAX_PATH = 1024
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The span in which clicks are counted, both ends included, as the client wrote them; None is open."""

    start: str | float | None = None
    end: str | float | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAsked:
    """A path as the client wrote it, and the moment since which its clicks count (None: always)."""

    path: str
    since: str | float | None = None


def link_clicks(
    context: Context, engine: StatisticsEngine, domain_id: int, link_ids: Sequence[str], dates: Dates
) -> dict[str, int]:
    """People's clicks of a domain's links by their ids as asked (S6); without clicks, or of no such link, there is no entry."""
    if len(link_ids) > MAX_COUNTED:
        raise InvalidField(f"ids holds more than {MAX_COUNTED} link ids.", field="ids")
    interval = open_interval(*_moments(dates))
    counted = {}
    with context.database.read() as work:
        domain_by_id(work, context.actor, Action.READ_STATISTICS, domain_id)
        for link_id in dict.fromkeys(link_ids):
            try:
                link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, link_id)
            except LinkNotFound:
                continue
            if domain.id == domain_id:
                counted[link_id] = Counted(link_number=link.number, interval=interval)
    return _count(engine, domain_id, counted)


def path_clicks(
    context: Context, engine: StatisticsEngine, domain_id: int, paths: Sequence[PathAsked], dates: Dates
) -> dict[str, int]:
    """People's clicks by path as asked (S7); paths without clicks have no entry.

    Where a link has the path now, its clicks are counted, in whatever spelling it was visited; elsewhere those with the path,
    which only who sees all links of the domain may know.
    """
    if len(paths) > MAX_COUNTED:
        raise InvalidField(f"pathsDates holds more than {MAX_COUNTED} paths.", field="pathsDates")
    if any(len(each.path) > MAX_PATH for each in paths):
        raise InvalidField(f"A path of pathsDates is longer than {MAX_PATH} characters.", field="pathsDates")
    start, end = _moments(dates)
    open_interval(start, end)
    zone = time_zone(dates.time_zone)
    since = [moment(each.since, zone, field="createdAt") if each.since is not None else None for each in paths]
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ_STATISTICS, domain_id)
        keys = [path_key(each.path.removeprefix("/"), case_sensitive=domain.case_sensitive) for each in paths]
        links = work.links.find_by_paths(domain.id, keys)
        narrowed = narrowed_to(context.actor, domain) is not None
        if narrowed:
            links = {
                key: link
                for key, link in links.items()
                if may_on_link(work, context.actor, Action.READ_STATISTICS, link, domain)
            }
    counted = {}
    for each, key, began in zip(paths, keys, since, strict=True):
        first = max((at for at in (start, began) if at is not None), default=None)
        if (first is not None and end is not None and end < first) or (narrowed and key not in links):
            continue
        interval = open_interval(first, end)
        counted[each.path] = _path_counted(each.path, links[key].number if key in links else None, interval)
    return _count(engine, domain_id, counted)


def clear_statistics(context: Context, engine: StatisticsEngine, domain_id: int) -> None:
    """Forget all clicks that a domain had until now, for good (S10); what is still in a journal is forgotten with them.

    It concerns every link of the domain, so that it takes what its settings take.
    """
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.CONFIGURE, domain_id)
        # Before it happens: whoever asked is known also where the answer does not come.
        context.note(work, Event.STATISTICS_CLEARED, str(domain.id), domain)
    now = context.now()
    # Clicks carry whole milliseconds: those of the present one were made before the order too.
    before = now - timedelta(microseconds=now.microsecond % 1000) + _MILLISECOND
    engine.clear(Clearing(domain_id=domain.id, before=before))


def _path_counted(path: str, link_number: int | None, interval: Interval | None) -> Counted:
    if link_number is not None:
        return Counted(link_number=link_number, interval=interval)
    return Counted(path="/" + path.removeprefix("/"), interval=interval)


def _count(engine: StatisticsEngine, domain_id: int, counted: dict[str, Counted]) -> dict[str, int]:
    if not counted:
        return {}
    question = Question(kind=Kind.COUNTS, domain_id=domain_id, counted=tuple(counted.values()))
    return {name: clicks for name, clicks in zip(counted, engine.counts(question), strict=True) if clicks}


def _moments(dates: Dates) -> tuple[datetime | None, datetime | None]:
    zone = time_zone(dates.time_zone)
    start = moment(dates.start, zone, field="startDate") if dates.start not in (None, "") else None
    end = moment(dates.end, zone, field="endDate") if dates.end not in (None, "") else None
    return start, end
