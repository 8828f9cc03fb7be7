"""Statistics of a domain or of one link: who may ask, and what exactly is asked."""

from dataclasses import dataclass, replace

from linnet.actions.context import Context, domain_by_id, link_and_domain
from linnet.model.access import Action
from linnet.model.click import Click
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.periods import Span, moment, span_of, time_zone
from linnet.model.statistics import Bucket, Filter, Interval, Kind, Overview, Period, Question
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.links import LinkRepository

MAX_LAST_CLICKS = 1000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An overview with the question that it answers, and how many links were created in its interval and in the one before."""

    question: Question
    overview: Overview
    links: int = 0
    previous_links: int = 0


def domain_report(context: Context, engine: StatisticsEngine, domain_id: int, request: StatisticsRequest) -> Report:
    """The statistics of a domain (S1, S2)."""
    span = _span(context, request)
    question = _question(Kind.OVERVIEW, domain_id, request, span, DOMAIN_TOPS)
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ_STATISTICS, domain_id)
        links = _created(work.links, domain, span.interval)
        previous_links = _created(work.links, domain, span.previous) if span.previous is not None else 0
    return Report(question=question, overview=engine.overview(question), links=links, previous_links=previous_links)


def link_report(context: Context, engine: StatisticsEngine, link_id: str, request: StatisticsRequest) -> Report:
    """The statistics of one link (S11, S12)."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, link_id)
    question = _question(Kind.OVERVIEW, domain.id, request, _span(context, request), LINK_TOPS)
    question = replace(question, link_number=link.number)
    return Report(question=question, overview=engine.overview(question))


def last_clicks(context: Context, engine: StatisticsEngine, domain_id: int, request: StatisticsRequest) -> list[Click]:
    """The newest clicks of a domain (S8); ``before`` and ``after`` are page cursors, ignored for all time."""
    limit = 30 if request.limit is None else request.limit
    if not 1 <= limit <= MAX_LAST_CLICKS:
        raise InvalidField(f"limit must be between 1 and {MAX_LAST_CLICKS}.", field="limit")
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
        domain_by_id(work, context.actor, Action.READ_STATISTICS, domain_id)
    return engine.last_clicks(question)


def _span(context: Context, request: StatisticsRequest) -> Span:
    zone = time_zone(request.time_zone)
    start = end = None
    if request.period is Period.CUSTOM:
        start = moment(request.start, zone, field="startDate") if request.start not in (None, "") else None
        end = moment(request.end, zone, field="endDate") if request.end not in (None, "") else None
    return span_of(request.period, zone, context.now(), start, end)


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
