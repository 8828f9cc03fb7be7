"""What pages about the statistics of a domain or a link show: numbers with a chart, and lists of everything that is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from linnet.actions.context import Context, link_and_domain
from linnet.actions.statistics import StatisticsRequest, question_of, top, whole_domain
from linnet.actions.statistics_filters import by_cities, by_links
from linnet.model.access import Action
from linnet.model.domain import Domain
from linnet.model.link import Link
from linnet.model.path import path_key
from linnet.model.statistics import Bucket, Filter, Interval, Kind, Overview, Period, Point, Question, Top, Totals
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.unit_of_work import UnitOfWork

# So many rows of each list are told at once: all countries, and enough of the rest to know whether there is more.
ROWS: Final = 250
MAX_ROWS: Final = 1000
# Tags and folders are counted by the links that are clicked most.
RANKED_LINKS: Final = 10_000
# Hours of the day are told of periods no longer than this.
HOURLY: Final = timedelta(days=400)
_EVERYBODY: Final = Filter(column="human", values=(True, False))


@dataclass(frozen=True, slots=True)
class Place:
    """What statistics are about: a domain, or a link of it."""

    domain: Domain
    link: Link | None = None

    @property
    def of(self) -> int | str:
        """The domain's or the link's id, by which it is asked for."""
        return self.domain.id if self.link is None else self.link.id

    @property
    def since(self) -> datetime:
        """When it was made."""
        return self.domain.created_at if self.link is None else self.link.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Totals, and those of the time before (None for all time); the chart, and that of the time before, if it is asked for."""

    question: Question
    totals: Totals
    previous: Totals | None
    chart: tuple[Point, ...] = ()
    chart_before: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Top lists by column, and the clicks that they are parts of. ``links`` are the ids of those links of a domain that are
    among the paths, by path."""

    clicks: int
    rows: dict[str, tuple[Top, ...]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Clicks by the hour of the day and by the day of the week, Monday first, in the question's time zone; empty where the
    period is too long to tell."""

    hours: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """Clicks by the tags and by the folders that links have now; ``partly``: only those of the RANKED_LINKS clicked most."""

    tags: tuple[Top, ...] = ()
    folders: tuple[Top, ...] = ()
    partly: bool = False


def place(context: Context, of: int | str) -> Place:
    """The domain whose id is the number ``of``, or the link whose id is the text ``of``, to who may see its statistics."""
    with context.database.read() as work:
        return _place(work, context, of)


def numbers(
    context: Context, engine: StatisticsEngine, of: int | str, request: StatisticsRequest, *, bots: bool, compared: bool
) -> Numbers:
    """Totals and chart; the chart is one of people's clicks unless ``bots`` are to be in it."""
    question = _question(context, engine, of, Kind.OVERVIEW, request)
    overview = engine.overview(question if bots else replace(question, bucket=None))
    previous = question.previous if compared else None
    return Numbers(
        question=question,
        totals=overview.totals,
        previous=overview.previous,
        chart=_chart(engine, question, overview, bots=bots),
        chart_before=() if previous is None else _chart_of(engine, question, previous, bots=bots),
    )


def lists(
    context: Context,
    engine: StatisticsEngine,
    of: int | str,
    request: StatisticsRequest,
    columns: Sequence[str],
    *,
    bots: bool,
    limit: int = ROWS,
) -> Lists:
    """The top lists of the columns, of people's clicks unless ``bots`` are to be counted too. A domain's paths are those of its
    links now."""
    request = _of_everybody(request) if bots else request
    question = _question(context, engine, of, Kind.OVERVIEW, replace(request, bucket=None))
    by_link = "path" in columns and question.link_number is None
    together = tuple(column for column in columns if column != "path" or not by_link)
    overview = engine.overview(replace(question, previous=None, tops=together, limit=limit))
    rows, links = dict(overview.tops), {}
    if by_link:
        rows["path"] = top(context, engine, of, replace(request, column="path", limit=limit))
        links = _link_ids(context, question.domain_id, [each.value for each in rows["path"]])
    everybody = bots or question.names_humans()
    clicks = overview.totals.clicks if everybody else overview.totals.human_clicks
    return Lists(clicks=clicks, rows={column: rows.get(column, ()) for column in columns}, links=links)


def rhythm(context: Context, engine: StatisticsEngine, of: int | str, request: StatisticsRequest, *, bots: bool) -> Rhythm:
    """When in a day and in a week clicks come."""
    question = _question(context, engine, of, Kind.OVERVIEW, replace(request, bucket=Bucket.HOUR))
    interval = question.interval
    if interval is None or interval.end - interval.start > HOURLY:
        return Rhythm()
    hours, weekdays = [0] * 24, [0] * 7
    for point in _chart_of(engine, question, interval, bots=bots):
        hours[point.at.hour] += point.clicks
        weekdays[point.at.weekday()] += point.clicks
    return Rhythm(hours=tuple(hours), weekdays=tuple(weekdays))


def grouped(context: Context, engine: StatisticsEngine, domain_id: int, request: StatisticsRequest, *, bots: bool) -> Grouped:
    """Clicks of a domain by tag and by folder; a click on a link with two tags is one of both."""
    request = _of_everybody(request) if bots else request
    question = _question(context, engine, domain_id, Kind.TOP, replace(request, bucket=None))
    ranked = engine.top(replace(question, previous=None, column="path", limit=RANKED_LINKS))
    clicks = {int(each.detail): each.score for each in ranked if not each.value and each.detail.isdigit()}
    tags: Counter[str] = Counter()
    folders: Counter[str] = Counter()
    with context.database.read() as work:
        names = work.folders.names(domain_id)
        for number, tag in work.tags.of_links(domain_id, list(clicks)):
            tags[tag] += clicks[number]
        for number, folder_id in work.folders.of_links(domain_id, list(clicks)).items():
            folders[names.get(folder_id, folder_id)] += clicks[number]
    return Grouped(tags=_ranked(tags), folders=_ranked(folders), partly=len(ranked) == RANKED_LINKS)


def has_clicks(context: Context, engine: StatisticsEngine, of: int | str) -> bool:
    """Whether anything was ever counted here."""
    question = _question(context, engine, of, Kind.OVERVIEW, StatisticsRequest(period=Period.TOTAL))
    return engine.overview(question).totals.clicks > 0


def _question(context: Context, engine: StatisticsEngine, of: int | str, kind: Kind, request: StatisticsRequest) -> Question:
    with context.database.read() as work:
        about = _place(work, context, of)
        number = about.link.number if about.link is not None else None
        question = replace(question_of(context, kind, about.domain.id, request), link_number=number)
        question = by_links(work, question, about.domain, about.link)
    return by_cities(engine, question)


def _place(work: UnitOfWork, context: Context, of: int | str) -> Place:
    if isinstance(of, int):
        return Place(whole_domain(work, context.actor, of))
    link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, of)
    return Place(domain, link)


def _of_everybody(request: StatisticsRequest) -> StatisticsRequest:
    return replace(request, include=(*request.include, _EVERYBODY))


def _chart(engine: StatisticsEngine, question: Question, overview: Overview, *, bots: bool) -> tuple[Point, ...]:
    if question.bucket is None:
        return ()
    return overview.chart if bots else engine.by_interval(replace(question, kind=Kind.BY_INTERVAL, previous=None))


def _chart_of(engine: StatisticsEngine, question: Question, interval: Interval, *, bots: bool) -> tuple[Point, ...]:
    if question.bucket is None:
        return ()
    asked = replace(question, interval=interval, previous=None)
    return engine.overview(asked).chart if bots else engine.by_interval(replace(asked, kind=Kind.BY_INTERVAL))


def _link_ids(context: Context, domain_id: int, paths: Sequence[str]) -> dict[str, str]:
    with context.database.read() as work:
        domain = work.domains.find(domain_id)
        if domain is None:
            return {}
        keys = {path: path_key(path.removeprefix("/"), case_sensitive=domain.case_sensitive) for path in paths}
        found = work.links.find_by_paths(domain_id, keys.values())
    return {path: found[key].id for path, key in keys.items() if key in found}


def _ranked(scores: Counter[str]) -> tuple[Top, ...]:
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:ROWS]
    return tuple(Top(value=value, score=score) for value, score in ranked if score)
