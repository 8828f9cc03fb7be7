"""The answers, computed naively from raw clicks: what every engine must say."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from linnet.model.click import Click
from linnet.model.periods import time_zone
from linnet.model.statistics import Bucket, Filter, Interval, Overview, Point, Question, Top, Totals


def overview(clicks: Iterable[Click], question: Question) -> Overview:
    matching = [click for click in clicks if _matches(click, question)]
    inside = [click for click in matching if _within(click, question.interval)]
    before = [click for click in matching if _within(click, question.previous)] if question.previous is not None else None
    return Overview(
        totals=_totals(inside),
        previous=_totals(before) if before is not None else None,
        chart=_chart(inside, question) if question.bucket is not None else (),
        tops={column: _top(inside, column, question) for column in question.tops},
    )


def last_clicks(clicks: Iterable[Click], question: Question) -> list[Click]:
    found = [click for click in clicks if _matches(click, question) and _within(click, question.interval)]
    if question.before is not None:
        found = [click for click in found if click.at < question.before]
    if question.after is not None:
        found = [click for click in found if click.at > question.after]
    return sorted(found, key=lambda click: (click.at, click.link_number), reverse=True)[: question.limit]


def _matches(click: Click, question: Question) -> bool:
    if click.domain_id != question.domain_id or question.link_number not in (None, click.link_number):
        return False
    return all(_meets(click, each) for each in question.include) and not any(_meets(click, each) for each in question.exclude)


def _meets(click: Click, criterion: Filter) -> bool:
    value = getattr(click, criterion.column)
    if criterion.column == "at":
        start, end = criterion.values
        return bool(start <= value <= end)
    return value in criterion.values


def _within(click: Click, interval: Interval | None) -> bool:
    return interval is None or interval.start <= click.at < interval.end


def _totals(clicks: list[Click]) -> Totals:
    return Totals(clicks=len(clicks), human_clicks=sum(click.human for click in clicks))


def _top(clicks: list[Click], column: str, question: Question) -> tuple[Top, ...]:
    said = any(each.column == "human" for each in (*question.include, *question.exclude))
    counted: Counter[tuple[str, str]] = Counter()
    for click in clicks:
        value = getattr(click, column)
        value = str(value).lower() if isinstance(value, bool) else str(value)
        if value and (click.human or said):
            counted[value, f"{click.country}/{click.region}" if column == "city" else ""] += 1
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[: question.limit]
    return tuple(Top(value=value, detail=detail, score=score) for (value, detail), score in ranked)


def _chart(clicks: list[Click], question: Question) -> tuple[Point, ...]:
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

    sums = Counter(start(click.at) for click in clicks)
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
