"""The answers, computed naively from raw clicks: what every engine must say."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo

from linnet.clicks.conversions import Conversion
from linnet.model.click import Click
from linnet.model.click_record import STORED_FIELDS
from linnet.model.periods import time_zone
from linnet.model.statistics import (
    Breakdown,
    Bucket,
    BucketTop,
    Filter,
    Interval,
    Overview,
    Point,
    Question,
    Top,
    Totals,
)
from linnet.statistics.exports import StoredClick

_TICK = timedelta(microseconds=1)
_QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Oracle:
    """An engine over lists; of a click and a goal there is at most one conversion."""

    def __init__(self, clicks: Iterable[Click], conversions: Iterable[Conversion] = ()) -> None:
        self._clicks = list(clicks)
        self._goals: dict[object, list[Conversion]] = defaultdict(list)
        for each in sorted(conversions, key=lambda each: each.at):
            self._goals[each.domain_id, each.link_number, each.clicked_at, each.nonce].append(each)

    def overview(self, question: Question) -> Overview:
        inside = self._within(question, question.interval)
        return Overview(
            totals=self._totals(inside),
            previous=self._totals(self._within(question, question.previous)) if question.previous is not None else None,
            chart=_chart([click.at for click in inside], question) if question.bucket is not None else (),
            tops={column: self._top(inside, column, question) for column in question.tops},
        )

    def last_clicks(self, question: Question) -> list[Click]:
        found = self._within(question, question.interval)
        if question.before is not None:
            found = [click for click in found if click.at < question.before]
        if question.after is not None:
            found = [click for click in found if click.at > question.after]
        newest = sorted(found, key=lambda click: (click.at, click.link_number), reverse=True)[: question.limit]
        return [click._replace(goal_completed=next(iter(self._names(click)), "")) for click in newest]

    def clicks(self, question: Question) -> list[StoredClick]:
        return [
            (*(getattr(click, name) for name in STORED_FIELDS), tuple((each.name, each.at, each.value) for each in reached))
            for click in sorted(self._within(question, question.interval), key=_place)
            for reached in [self._reached(click)]
        ]

    def by_interval(self, question: Question) -> tuple[Point, ...]:
        inside = self._within(question, question.interval)
        return _chart([click.at for click in inside if click.human or question.names_humans()], question)

    def top(self, question: Question) -> tuple[Top, ...]:
        return self._top(self._within(question, question.interval), question.column, question)

    def top_by_interval(self, question: Question) -> tuple[BucketTop, ...]:
        inside = self._within(question, question.interval)
        counted = [click for click in inside if self._keys(click, question.column, question)]
        starts = [point.at for point in _chart([click.at for click in counted], question)]
        ends = [*starts[1:], datetime.max.replace(tzinfo=UTC)]
        return tuple(
            BucketTop(at=start, tops=self._top([each for each in inside if start <= each.at < end], question.column, question))
            for start, end in zip(starts, ends, strict=False)
        )

    def link_paths(self, question: Question) -> dict[int, str]:
        """A link that is gone is called by the last of its paths in the order of the alphabet."""
        names: dict[int, str] = {}
        for click in self._within(question, question.interval):
            if click.link_number in question.link_numbers and self._keys(click, "path", question):
                names[click.link_number] = max(names.get(click.link_number, ""), click.path)
        return names

    def counts(self, question: Question) -> tuple[int, ...]:
        people = [click for click in self._clicks if click.human and click.domain_id == question.domain_id]
        return tuple(
            sum(
                (click.path == each.path if each.link_number is None else click.link_number == each.link_number)
                and _inside(click, each.interval)
                for click in people
            )
            for each in question.counted
        )

    def breakdown(self, question: Question) -> tuple[Breakdown, ...]:
        parts: dict[str, list[Click]] = defaultdict(list)
        for click in self._within(question, question.interval):
            for value in self._values(click, question.column):
                parts[value].append(click)
        by_goal = question.column == "goal_completed"
        found = [
            Breakdown(
                value=value,
                totals=self._totals(part, only=value if by_goal else None),
                converted=sum(click.human and bool(self._names(click)) for click in part),
            )
            for value, part in parts.items()
            if value
        ]
        return tuple(sorted(found, key=lambda each: (-each.totals.human_clicks, each.value))[: question.limit])

    def _reached(self, click: Click) -> list[Conversion]:
        return self._goals.get((click.domain_id, click.link_number, click.at, click.nonce), []) if click.nonce else []

    def _names(self, click: Click) -> list[str]:
        return [each.name for each in self._reached(click)]

    def _totals(self, clicks: list[Click], *, only: str | None = None) -> Totals:
        people = [click for click in clicks if click.human]
        came = [each for click in clicks for each in self._reached(click) if only in (None, each.name)]
        return Totals(
            clicks=len(clicks),
            human_clicks=len(people),
            visitors=len({(click.at.date(), click.visitor) for click in people if click.visitor}),
            scans=sum(click.scan for click in people),
            conversions=len(came),
            conversion_value=sum(each.value for each in came),
        )

    def _within(self, question: Question, interval: Interval | None) -> list[Click]:
        return [
            click
            for click in self._clicks
            if click.domain_id == question.domain_id
            and question.link_number in (None, click.link_number)
            and _inside(click, interval)
            and all(self._meets(click, each) for each in question.include)
            and not any(self._meets(click, each) for each in question.exclude)
        ]

    def _meets(self, click: Click, criterion: Filter) -> bool:
        if criterion.column == "at":
            start, end = criterion.values
            return bool(start <= click.at <= end)
        if criterion.column == "goal_completed":
            return any(each in criterion.values for each in self._names(click) or [""])
        if criterion.column == "link_or_path":
            return click.path in criterion.values or click.link_number in criterion.values
        if criterion.column == "place":
            return f"{click.country}/{click.region}/{click.city}" in criterion.values
        return getattr(click, criterion.column) in criterion.values

    def _values(self, click: Click, column: str) -> list[str]:
        if column == "goal_completed":
            return self._names(click)
        if column == "path_404":
            return [click.path] if click.status == 404 else []
        value = getattr(click, column)
        return [str(value).lower() if isinstance(value, bool) else str(value)]

    def _keys(self, click: Click, column: str, question: Question) -> list[tuple[str, str]]:
        """Value and detail of the rows in which a click is counted."""
        if not (click.human or question.names_humans() or column in ("human", "bot")):
            return []
        values = [value for value in self._values(click, column) if value and value.startswith(question.prefix)]
        if column == question.column == "path" and question.link_number is None and click.link_number:
            return [("", str(click.link_number)) for _ in values]
        detail = {"city": f"{click.country}/{click.region}", "region": click.country}.get(column, "")
        if column == question.column == "path" and question.link_number is None:
            detail = "0"
        return [(value, detail) for value in values]

    def _top(self, clicks: list[Click], column: str, question: Question) -> tuple[Top, ...]:
        counted = Counter(key for click in clicks for key in self._keys(click, column, question))
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[: question.limit]
        return tuple(Top(value=value, detail=detail, score=score) for (value, detail), score in ranked)


def _place(click: Click) -> tuple[datetime, int, int]:
    return click.at, click.link_number, click.nonce


def _inside(click: Click, interval: Interval | None) -> bool:
    return interval is None or interval.start <= click.at < interval.end


def _chart(made: list[datetime], question: Question) -> tuple[Point, ...]:
    zone, bucket, interval = time_zone(question.time_zone), question.bucket, question.interval
    assert bucket is not None
    sums = Counter(_bucket(at, bucket, zone) for at in made)
    if interval is None:
        if not made:
            return ()
        interval = Interval(start=min(made), end=max(made) + _TICK)
    # Every bucket has one of these moments in it: none is shorter than a quarter hour.
    steps = range(int((interval.end - interval.start) / _QUARTER) + 1)
    moments = [*(interval.start + step * _QUARTER for step in steps), interval.end - _TICK]
    starts = {_bucket(moment, bucket, zone) for moment in moments if moment < interval.end}
    return tuple(Point(at=start, clicks=sums[start]) for start in sorted(starts))


def _hour(moment: datetime, zone: tzinfo) -> tuple[object, ...]:
    """What clocks and calendars show in an hour, and that clocks were changed since."""
    local = moment.astimezone(zone)
    return local.date(), local.hour, local.utcoffset()


def _bucket(moment: datetime, bucket: Bucket, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    if bucket is Bucket.HOUR:
        start = moment - (moment - _EPOCH) % _QUARTER
        while _hour(start - _QUARTER, zone) == _hour(moment, zone):
            start -= _QUARTER
        return start
    day = local.date()
    if bucket is Bucket.WEEK:
        day -= timedelta(days=day.weekday())
    if bucket is Bucket.MONTH:
        day = day.replace(day=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)
