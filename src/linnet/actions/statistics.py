"""Statistics of a domain or of one link: who may ask, and what exactly is asked."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from linnet.actions.context import Context, domain_by_id, link_and_domain
from linnet.actions.statistics_filters import by_cities, by_links
from linnet.model.access import Action, Actor, narrowed_to
from linnet.model.click import Click
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, NotAllowed
from linnet.model.periods import Span, moment, span_of, time_zone
from linnet.model.statistics import (
    Bucket,
    BucketTop,
    Filter,
    Interval,
    Kind,
    Overview,
    Period,
    Point,
    Question,
    Top,
)
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.links import LinkRepository
from linnet.storage.unit_of_work import UnitOfWork

MAX_LAST_CLICKS = 1000
MAX_TOP = 10_000
_LAST_CLICKS, _TOP = 30, 10
LINK_TOPS = ("referrer_host", "social", "browser", "country", "city", "os")
DOMAIN_TOPS = (*LINK_TOPS, "utm_medium", "utm_source", "utm_campaign", "utm_term", "utm_content")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRequest:
    """What a client asks, as read from a query or a body; dates are still as it wrote them."""

    period: Period = Period.LAST_30
    start: str | float | None = None
    end: str | float | None = None
    time_zone: str = "UTC"
    bucket: Bucket | None = None
    skip_tops: bool = False
    include: tuple[Filter, ...] = ()
    exclude: tuple[Filter, ...] = ()
    limit: int | None = None
    before: str | float | None = None
    after: str | float | None = None
    column: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An overview with the question that it answers, and how many links were created in its interval and in the one before."""

    question: Question
    overview: Overview
    links: int = 0
    previous_links: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LastClicks:
    """The newest clicks, and the paths of those of their links that have a wildcard path, by number: clicks are told by it."""

    clicks: list[Click]
    wildcards: dict[int, str]


def whole_domain(work: UnitOfWork, actor: Actor, domain_id: int) -> Domain:
    """The domain, if ``actor`` may see the clicks of all of its links; DomainNotFound when it may not see any statistics there,
    NotAllowed when only those of its own links, which it can ask for one by one."""
    domain = domain_by_id(work, actor, Action.READ_STATISTICS, domain_id)
    if narrowed_to(actor, domain) is not None:
        raise NotAllowed("You see the statistics of your own links only; ask for a link instead of its domain.")
    return domain


def domain_report(context: Context, engine: StatisticsEngine, domain_id: int, request: StatisticsRequest) -> Report:
    """The statistics of a domain (S1, S2)."""
    span = _span(context, request)
    question = _question(Kind.OVERVIEW, domain_id, request, span, DOMAIN_TOPS)
    with context.database.read() as work:
        domain = whole_domain(work, context.actor, domain_id)
        question = by_links(work, question, domain, None)
        links = _created(work.links, domain, span.interval)
        previous_links = _created(work.links, domain, span.previous) if span.previous is not None else 0
    question = by_cities(engine, question)
    return Report(question=question, overview=engine.overview(question), links=links, previous_links=previous_links)


def link_report(context: Context, engine: StatisticsEngine, link_id: str, request: StatisticsRequest) -> Report:
    """The statistics of one link (S11, S12)."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, link_id)
        question = _question(Kind.OVERVIEW, domain.id, request, _span(context, request), LINK_TOPS)
        question = by_links(work, replace(question, link_number=link.number), domain, link)
    question = by_cities(engine, question)
    return Report(question=question, overview=engine.overview(question))


def last_clicks(context: Context, engine: StatisticsEngine, domain_id: int, request: StatisticsRequest) -> LastClicks:
    """The newest clicks of a domain (S8); ``before`` and ``after`` are page cursors, ignored for all time."""
    limit = _limit(request, _LAST_CLICKS, MAX_LAST_CLICKS)
    question = _question(Kind.LAST_CLICKS, domain_id, request, _span(context, request), ())
    question = replace(question, limit=limit, bucket=None)
    if request.period is not Period.TOTAL:
        zone = time_zone(request.time_zone)
        before, after = request.before, request.after
        question = replace(
            question,
            before=moment(before, zone, field="beforeDate") if before not in (None, "") else None,
            after=moment(after, zone, field="afterDate") if after not in (None, "") else None,
        )
    with context.database.read() as work:
        question = by_links(work, question, whole_domain(work, context.actor, domain_id), None)
    clicks = engine.last_clicks(by_cities(engine, question))
    with context.database.read() as work:
        paths = work.links.paths(domain_id, {click.link_number for click in clicks})
    return LastClicks(clicks=clicks, wildcards={number: f"/{path}" for number, path in paths.items() if path.endswith("*")})


def clicks_asked(
    context: Context, work: UnitOfWork, domain_id: int, link_id: str | None, request: StatisticsRequest
) -> tuple[Question, Domain]:
    """What asks for the raw clicks of a domain, or of one link of it, and the domain."""
    question = _question(Kind.LAST_CLICKS, domain_id, request, _span(context, request), ())
    question = replace(question, previous=None, bucket=None)
    if link_id is None:
        domain = whole_domain(work, context.actor, domain_id)
        return by_links(work, question, domain, None), domain
    domain_by_id(work, context.actor, Action.READ_STATISTICS, domain_id)
    link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, link_id, domain_id=domain_id)
    return by_links(work, replace(question, link_number=link.number), domain, link), domain


def clicks_by_interval(
    context: Context, engine: StatisticsEngine, of: int | str, request: StatisticsRequest
) -> tuple[Point, ...]:
    """A chart of people's clicks, by days unless the request says otherwise: of the domain whose id is the number ``of``
    (S3), or of the link whose id is the text ``of`` (S13)."""
    return engine.by_interval(_ranking(context, engine, of, Kind.BY_INTERVAL, request))


def top(context: Context, engine: StatisticsEngine, of: int | str, request: StatisticsRequest) -> tuple[Top, ...]:
    """The top list of a column, of a domain (S4, S9) or of a link (S14); ``of`` as for ``clicks_by_interval``.

    For a domain's paths, each link is one row under the path that it has now, however it was visited.
    """
    question = _ranking(context, engine, of, Kind.TOP, request)
    tops = engine.top(question)
    if not _ranks_links(question):
        return tops
    return _under(_paths(context, engine, question, tops), tops)


def top_by_interval(
    context: Context, engine: StatisticsEngine, of: int | str, request: StatisticsRequest
) -> tuple[BucketTop, ...]:
    """The top list of a column in each interval of a domain's chart (S5), intervals without clicks included."""
    question = _ranking(context, engine, of, Kind.TOP_BY_INTERVAL, request)
    buckets = engine.top_by_interval(question)
    if not _ranks_links(question):
        return buckets
    paths = _paths(context, engine, question, [each for bucket in buckets for each in bucket.tops])
    return tuple(replace(bucket, tops=_under(paths, bucket.tops)) for bucket in buckets)


def _ranking(context: Context, engine: StatisticsEngine, of: int | str, kind: Kind, request: StatisticsRequest) -> Question:
    if not request.column and kind is not Kind.BY_INTERVAL:
        raise InvalidField("column is required: it names what to rank, such as country.", field="column")
    limit = _limit(request, _TOP, MAX_TOP)
    span = _span(context, request)
    with context.database.read() as work:
        link = None
        if isinstance(of, int):
            domain = whole_domain(work, context.actor, of)
        else:
            link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, of)
        question = by_links(work, _question(kind, domain.id, request, span, ()), domain, link)
    question = replace(
        question,
        link_number=link.number if link is not None else None,
        bucket=request.bucket or Bucket.DAY,
        limit=limit,
        column=request.column,
        prefix=request.prefix,
        previous=None,
    )
    return by_cities(engine, question)


def _ranks_links(question: Question) -> bool:
    return question.column == "path" and question.link_number is None


def _paths(context: Context, engine: StatisticsEngine, question: Question, tops: Iterable[Top]) -> dict[str, str]:
    """The present paths of the links that have rows, by number; of those that are gone, a path with which they were visited."""
    numbers = {each.detail for each in tops if not each.value}
    with context.database.read() as work:
        present = work.links.paths(question.domain_id, {int(number) for number in numbers})
    paths = {str(number): f"/{path}" for number, path in present.items()}
    gone = tuple(int(number) for number in numbers - paths.keys())
    if gone:
        found = engine.link_paths(replace(question, kind=Kind.LINK_PATHS, link_numbers=gone))
        paths |= {str(number): path for number, path in found.items()}
    return paths


def _under(paths: dict[str, str], tops: tuple[Top, ...]) -> tuple[Top, ...]:
    """``tops`` of paths: what was before at a path of today, by a link that is gone or without one, is added to its row."""
    scores: Counter[str] = Counter()
    for each in tops:
        path = each.value or paths.get(each.detail)
        # None: its clicks were cleared since they were counted.
        if path is not None:
            scores[path] += each.score
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Top(value=value, score=score) for value, score in ranked)


def _limit(request: StatisticsRequest, default: int, most: int) -> int:
    limit = default if request.limit is None else request.limit
    if not 1 <= limit <= most:
        raise InvalidField(f"limit must be between 1 and {most}.", field="limit")
    return limit


def _span(context: Context, request: StatisticsRequest) -> Span:
    zone = time_zone(request.time_zone)
    start = end = None
    if request.period is Period.CUSTOM:
        start = moment(request.start, zone, field="startDate") if request.start not in (None, "") else None
        end = moment(request.end, zone, field="endDate") if request.end not in (None, "") else None
    return span_of(request.period, zone, context.now(), start, end)


def question_of(context: Context, kind: Kind, domain_id: int, request: StatisticsRequest) -> Question:
    """What ``request`` asks of a domain, without top lists; who may ask it is the caller's to look at."""
    return _question(kind, domain_id, request, _span(context, request), ())


def _question(kind: Kind, domain_id: int, request: StatisticsRequest, span: Span, tops: tuple[str, ...]) -> Question:
    return Question(
        kind=kind,
        domain_id=domain_id,
        time_zone=request.time_zone,
        interval=span.interval,
        previous=span.previous,
        bucket=request.bucket,
        tops=() if request.skip_tops else tops,
        include=request.include,
        exclude=request.exclude,
    )


def _created(links: LinkRepository, domain: Domain, interval: Interval | None) -> int:
    if interval is None:
        return links.count(domain.id)
    return links.count(domain.id, created_from=interval.start, created_until=interval.end)
