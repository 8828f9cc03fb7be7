"""The answers, computed naively from raw clicks: what every engine must say."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from linnet.clicks.conversions import Conversion
from linnet.model.click import Click
from linnet.model.periods import time_zone
from linnet.model.statistics import (
    Breakdown,
    Bucket,
    BucketTop,
    Counted,
    Filter,
    Interval,
    Overview,
    Point,
    Question,
    Top,
    Totals,
)

# The conversions of each click, by (domain, link, moment, nonce).
Goals = Mapping[tuple[int, int, datetime, int], Sequence[Conversion]]
NO_GOALS: Goals = {}


def goals_of(conversions: Iterable[Conversion]) -> Goals:
    """Conversions by their clicks; each (click, name) at most once."""
    found = defaultdict(list)
    for each in conversions:
        found[each.domain_id, each.link_number, each.clicked_at, each.nonce].append(each)
    return found


def reached(click: Click, goals: Goals) -> Sequence[Conversion]:
    return goals.get((click.domain_id, click.link_number, click.at, click.nonce), ()) if click.nonce else ()


def overview(clicks: Iterable[Click], question: Question, goals: Goals = NO_GOALS) -> Overview:
    matching = [click for click in clicks if _matches(click, question, goals)]
    inside = [click for click in matching if _within(click, question.interval)]
    before = [click for click in matching if _within(click, question.previous)] if question.previous is not None else None
    return Overview(
        totals=_totals(inside),
        previous=_totals(before) if before is not None else None,
        chart=_chart([click.at for click in inside], question) if question.bucket is not None else (),
        tops={column: _top(inside, column, question) for column in question.tops},
    )


def last_clicks(clicks: Iterable[Click], question: Question, goals: Goals = NO_GOALS) -> list[Click]:
    found = [click for click in clicks if _matches(click, question, goals) and _within(click, question.interval)]
    if question.before is not None:
        found = [click for click in found if click.at < question.before]
    if question.after is not None:
        found = [click for click in found if click.at > question.after]
    return sorted(found, key=lambda click: (click.at, click.link_number), reverse=True)[: question.limit]


def by_interval(clicks: Iterable[Click], question: Question, goals: Goals = NO_GOALS) -> tuple[Point, ...]:
    return _chart([click.at for click in _inside(clicks, question, goals) if click.human or _said(question)], question)


def top(clicks: Iterable[Click], question: Question, goals: Goals = NO_GOALS) -> tuple[Top, ...]:
    return _top(_ranked(clicks, question, goals), question.column, question)


def top_by_interval(clicks: Iterable[Click], question: Question, goals: Goals = NO_GOALS) -> tuple[BucketTop, ...]:
    inside = [click for click in _ranked(clicks, question, goals) if _key(click, question.column, question) is not None]
    starts = [point.at for point in _chart([click.at for click in inside], question)]
    buckets = []
    for position, start in enumerate(starts):
        following = starts[position + 1] if position + 1 < len(starts) else datetime.max.replace(tzinfo=UTC)
        within = [click for click in inside if start <= click.at < following]
        buckets.append(BucketTop(at=start, tops=_top(within, question.column, question)))
    return tuple(buckets)


def link_paths(clicks: Iterable[Click], question: Question, goals: Goals = NO_GOALS) -> dict[int, str]:
    """A link that is gone is called by the last of its paths in the order of the alphabet."""
    names: dict[int, str] = {}
    for click in _inside(clicks, question, goals):
        if click.link_number in question.link_numbers and _key(click, "path", question) is not None:
            names[click.link_number] = max(names.get(click.link_number, ""), click.path)
    return names


def counts(clicks: Iterable[Click], question: Question) -> tuple[int, ...]:
    held = [click for click in clicks if click.human and click.domain_id == question.domain_id]

    def count(wanted: Counted) -> int:
        mine = [
            click
            for click in held
            if (click.path == wanted.path if wanted.link_number is None else click.link_number == wanted.link_number)
        ]
        return sum(_within(click, wanted.interval) for click in mine)

    return tuple(count(wanted) for wanted in question.counted)


def breakdown(clicks: Iterable[Click], question: Question, goals: Goals = NO_GOALS) -> tuple[Breakdown, ...]:
    by_goal = question.column == "goal_completed"
    parts: dict[str, list[Click]] = defaultdict(list)
    for click in _inside(clicks, question, goals):
        values = [each.name for each in reached(click, goals)] if by_goal else [_text(getattr(click, question.column))]
        for value in values:
            parts[value].append(click)
    parts.pop("", None)
    found = [
        Breakdown(
            value=value,
            totals=full_totals(part, goals, only=value if by_goal else None),
            converted=sum(click.human and bool(reached(click, goals)) for click in part),
        )
        for value, part in parts.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.totals.human_clicks, each.value))[: question.limit])


def full_totals(clicks: list[Click], goals: Goals, *, only: str | None = None) -> Totals:
    """Everything that is counted of clicks; ``only`` the conversions of one goal."""
    people = [click for click in clicks if click.human]
    came = [each for click in clicks for each in reached(click, goals) if only in (None, each.name)]
    return Totals(
        clicks=len(clicks),
        human_clicks=len(people),
        visitors=len({(click.at.date(), click.visitor) for click in people if click.visitor}),
        scans=sum(click.scan for click in people),
        conversions=len(came),
        conversion_value=sum(each.value for each in came),
    )


def _inside(clicks: Iterable[Click], question: Question, goals: Goals) -> list[Click]:
    return [click for click in clicks if _matches(click, question, goals) and _within(click, question.interval)]


def _ranked(clicks: Iterable[Click], question: Question, goals: Goals) -> list[Click]:
    """The clicks of a top list; when it ranks goals, each as often as it led to one."""
    inside = _inside(clicks, question, goals)
    if question.column != "goal_completed":
        return inside
    return [click._replace(goal_completed=each.name) for click in inside for each in reached(click, goals)]


def _said(question: Question) -> bool:
    """Whether the question says itself whose clicks it counts."""
    said = any(each.column == "human" for each in (*question.include, *question.exclude))
    return said or any(each.column == "bot" for each in question.include)


def _matches(click: Click, question: Question, goals: Goals) -> bool:
    if click.domain_id != question.domain_id or question.link_number not in (None, click.link_number):
        return False
    meets = [_meets(click, each, goals) for each in question.include]
    return all(meets) and not any(_meets(click, each, goals) for each in question.exclude)


def _meets(click: Click, criterion: Filter, goals: Goals) -> bool:
    if criterion.column == "at":
        start, end = criterion.values
        return bool(start <= click.at <= end)
    if criterion.column == "goal_completed":
        return any(each in criterion.values for each in [goal.name for goal in reached(click, goals)] or [""])
    if criterion.column == "link_or_path":
        return click.path in criterion.values or click.link_number in criterion.values
    if criterion.column == "place":
        return f"{click.country}/{click.region}/{click.city}" in criterion.values
    return getattr(click, criterion.column) in criterion.values


def _within(click: Click, interval: Interval | None) -> bool:
    return interval is None or interval.start <= click.at < interval.end


def _totals(clicks: list[Click]) -> Totals:
    return Totals(clicks=len(clicks), human_clicks=sum(click.human for click in clicks))


def _key(click: Click, column: str, question: Question) -> tuple[str, str] | None:
    """Value and detail of the row in which a click is counted; None: in none."""
    if column == "path_404" and click.status != 404:
        return None
    value = _text(getattr(click, "path" if column == "path_404" else column))
    if not value or not (click.human or _said(question) or column in ("human", "bot")) or not value.startswith(question.prefix):
        return None
    if column == "city":
        return value, f"{click.country}/{click.region}"
    if column == "region":
        return value, click.country
    if column == question.column == "path" and question.link_number is None:
        return ("", str(click.link_number)) if click.link_number else (value, "0")
    return value, ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _top(clicks: list[Click], column: str, question: Question) -> tuple[Top, ...]:
    keys = [(click, _key(click, column, question)) for click in clicks]
    counted = Counter(key for _, key in keys if key is not None)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[: question.limit]
    return tuple(Top(value=value, detail=detail, score=score) for (value, detail), score in ranked)


def _chart(moments_made: list[datetime], question: Question) -> tuple[Point, ...]:
    zone = time_zone(question.time_zone)
    assert question.bucket is not None
    bucket = question.bucket

    def start(moment: datetime) -> datetime:
        local = moment.astimezone(zone)
        if bucket is Bucket.HOUR:
            # The zones of the tests are whole or half hours from UTC.
            return (moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)).astimezone(
                UTC
            )
        day = local.date()
        if bucket is Bucket.WEEK:
            day -= timedelta(days=day.weekday())
        if bucket is Bucket.MONTH:
            day = day.replace(day=1)
        return datetime.combine(day, time(), zone).astimezone(UTC)

    sums = Counter(start(at) for at in moments_made)
    interval = question.interval
    if interval is None:
        if not sums:
            return ()
        interval = Interval(start=min(sums), end=max(sums) + timedelta(microseconds=1))
    moments = {start(interval.start)}
    moment = interval.start
    while moment < interval.end:
        moments.add(start(moment))
        moment += timedelta(minutes=15)
    moments.add(start(interval.end - timedelta(microseconds=1)))
    return tuple(Point(at=each, clicks=sums[each]) for each in sorted(moments))
