"""The state of a statistics page, all of which is in its address: period, zone, steps, bots, and filters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from linnet.actions.statistics import StatisticsRequest
from linnet.actions.statistics_filters import FOLDER, TAG
from linnet.dashboard.forms import Form, is_text
from linnet.model.errors import InvalidField
from linnet.model.periods import span_of, time_zone
from linnet.model.statistics import Bucket, Filter, Interval, Period

# What clicks are filtered by, in the order of the lists; the names in the address are those of the click's fields.
FILTERS: Final = (
    *("path", "country", "region", "city", "referrer_host", "social", "browser", "browser_version", "os", "device", "language"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", TAG, FOLDER, "goal_completed", "ab_path"),
    *("scan", "human", "bot", "status", "method", "scheme"),
)
_NOT: Final = "not-"
MAX_VALUES: Final = 40
# Of one filter, and of all together: the address is repeated on the page.
MAX_VALUE: Final = 1024
MAX_CHARACTERS: Final = 4000
_FLAGS: Final = {"true": True, "false": False}
_DAY: Final = timedelta(days=1)
_LAST_MOMENT: Final = timedelta(milliseconds=1)
# More points than these are no chart that anybody reads, and too much for a page.
MAX_POINTS: Final = 750
_LENGTHS: Final = {
    Bucket.HOUR: timedelta(hours=1),
    Bucket.DAY: _DAY,
    Bucket.WEEK: 7 * _DAY,
    Bucket.MONTH: 30 * _DAY,
}
# Up to which length of the period these steps are chosen by themselves.
_CHOSEN: Final = ((2 * _DAY, Bucket.HOUR), (93 * _DAY, Bucket.DAY), (732 * _DAY, Bucket.WEEK))
Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """``first`` and ``last`` are the days of a CUSTOM period, both included; ``bucket`` None leaves the chart's steps to us.
    ``include`` and ``exclude`` are values by column, as they stand in the address."""

    period: Period = Period.LAST_30
    first: date | None = None
    last: date | None = None
    zone: str = "UTC"
    bucket: Bucket | None = None
    compared: bool = False
    bots: bool = False
    include: Values = field(default_factory=dict)
    exclude: Values = field(default_factory=dict)

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return bool(self.include or self.exclude)

    def interval(self, now: datetime) -> Interval | None:
        """What is counted; None for all time."""
        request = self.request(Bucket.DAY)
        ends = [datetime.fromisoformat(str(end)) if end is not None else None for end in (request.start, request.end)]
        return span_of(self.period, time_zone(self.zone), now, ends[0], ends[1]).interval

    def steps(self, now: datetime, since: datetime) -> list[Bucket]:
        """The steps that a chart of the period can have, the finest first; ``since``: clicks came from then on."""
        length = self._length(now, since)
        return [bucket for bucket in Bucket if length / _LENGTHS[bucket] <= MAX_POINTS] or [Bucket.MONTH]

    def step(self, now: datetime, since: datetime) -> Bucket:
        """The steps of the chart: those that were asked for, if they are not too fine."""
        possible = self.steps(now, since)
        if self.bucket is not None:
            return self.bucket if self.bucket in possible else possible[0]
        length = self._length(now, since)
        chosen = next((bucket for longest, bucket in _CHOSEN if length <= longest), Bucket.MONTH)
        return chosen if chosen in possible else possible[0]

    def request(self, bucket: Bucket | None = None) -> StatisticsRequest:
        """What is asked of the statistics."""
        zone = time_zone(self.zone)
        start = datetime.combine(self.first, time(), zone).isoformat() if self.first is not None else None
        end = datetime.combine(self.last + _DAY, time(), zone) - _LAST_MOMENT if self.last is not None else None
        return StatisticsRequest(
            period=self.period,
            start=start,
            end=end.isoformat() if end is not None else None,
            time_zone=self.zone,
            bucket=bucket,
            include=_criteria(self.include),
            exclude=_criteria(self.exclude),
        )

    def query(self, **others: str) -> str:
        """The state as the query of an address; ``others`` go behind it."""
        pairs: list[tuple[str, str]] = [("period", self.period.value)]
        if self.period is Period.CUSTOM:
            pairs += [("from", str(self.first)), ("to", str(self.last))]
        pairs.append(("zone", self.zone))
        pairs += [("interval", self.bucket.value)] if self.bucket is not None else []
        pairs += [("compare", "1")] if self.compared else []
        pairs += [("bots", "1")] if self.bots else []
        return urlencode([*pairs, *self.filter_pairs(), *others.items()])

    def pairs(self, *, dates: bool = True) -> list[tuple[str, str]]:
        """The state as fields of a form that changes some of it; without ``dates``, of one that brings its own."""
        left = {"period", "from", "to"} if not dates else set()
        return [(name, value) for name, value in parse_qsl(self.query(), keep_blank_values=True) if name not in left]

    def filter_pairs(self) -> list[tuple[str, str]]:
        """The filters as fields of a form."""
        included = [(column, value) for column, values in self.include.items() for value in values]
        excluded = [(_NOT + column, value) for column, values in self.exclude.items() for value in values]
        return included + excluded

    def having(self, column: str, value: str) -> "State":
        """The state in which clicks must have this value too, or one of several."""
        cleaned = self.without(column, value)
        return replace(cleaned, include=_with(cleaned.include, column, value))

    def leaving_out(self, column: str, value: str) -> "State":
        """The state in which clicks with this value do not count."""
        cleaned = self.without(column, value)
        return replace(cleaned, exclude=_with(cleaned.exclude, column, value))

    def without(self, column: str, value: str) -> "State":
        """The state in which nothing is said of this value."""
        return replace(self, include=_less(self.include, column, value), exclude=_less(self.exclude, column, value))

    def unfiltered(self) -> "State":
        """The state without filters."""
        return replace(self, include={}, exclude={})

    def during(self, period: Period) -> "State":
        """The state in another period that has a name, with steps that fit it."""
        return replace(self, period=period, first=None, last=None, bucket=None)

    def fixed(self, now: datetime) -> "State":
        """The state with the days that its period has today, which it then keeps; all time cannot be kept."""
        interval = self.interval(now)
        if interval is None:
            return self
        zone = time_zone(self.zone)
        first, last = (each.astimezone(zone).date() for each in (interval.start, interval.end - _LAST_MOMENT))
        return replace(self, period=Period.CUSTOM, first=first, last=last)

    def _length(self, now: datetime, since: datetime) -> timedelta:
        interval = self.interval(now)
        return interval.end - interval.start if interval is not None else max(now - since, _DAY)


def state_of(query: Form, zone: str) -> State:
    """The state that an address tells; ``zone`` is the reader's, where the address names none. InvalidField, by the name
    in the address, for what cannot be."""
    period = _choice(query, "period", Period, Period.LAST_30)
    named = query.text("zone") or zone
    first = last = None
    if period is Period.CUSTOM:
        first, last = _day(query, "from"), _day(query, "to")
        if last < first:
            raise InvalidField("The last day is before the first.", field="to")
    exclude = _values(query, _NOT)
    include = {
        column: left
        for column, values in _values(query, "").items()
        if (left := tuple(value for value in values if value not in exclude.get(column, ())))
    }
    _bound([value for values in (*include.values(), *exclude.values()) for value in values])
    state = State(
        period=period,
        first=first,
        last=last,
        zone=named,
        bucket=_choice(query, "interval", Bucket, None),
        compared=query.flag("compare"),
        bots=query.flag("bots"),
        include=include,
        exclude=exclude,
    )
    # Refuses zones that there are not, and values that a column cannot have.
    state.request()
    return state


def _choice(query: Form, name: str, kind: Any, default: Any) -> Any:
    value = query.text(name)
    if not value:
        return default
    if value not in set(kind):
        raise InvalidField(f"{name} must be one of {', '.join(kind)}.", field=name)
    return kind(value)


def _day(query: Form, name: str) -> date:
    found = query.day(name)
    if found is None:
        raise InvalidField("Please give both days of the period.", field=name)
    return found


def _values(query: Form, prefix: str) -> Values:
    return {column: tuple(dict.fromkeys(query.all(prefix + column))) for column in FILTERS if prefix + column in query}


def _bound(values: list[str]) -> None:
    if len(values) > MAX_VALUES or sum(map(len, values)) > MAX_CHARACTERS:
        message = f"A page has at most {MAX_VALUES} filters, of {MAX_CHARACTERS:,} characters in all; take some away."
        raise InvalidField(message, field="filters")
    if any(len(value) > MAX_VALUE or not is_text(value) or "\0" in value for value in values):
        raise InvalidField(f"A filter is a text of at most {MAX_VALUE} characters.", field="filters")


def _criteria(values: Values) -> tuple[Filter, ...]:
    return tuple(_criterion(column, each) for column, each in values.items() if each)


def _criterion(column: str, values: tuple[str, ...]) -> Filter:
    if column == "city":
        # A city of lists is told by its country and region, those that people write by name alone.
        placed = all(value.count("/") == 2 for value in values)
        return Filter(column="place" if placed else "city", values=values)
    if column in ("scan", "human"):
        if not set(values) <= _FLAGS.keys():
            raise InvalidField(f"{column} must be true or false.", field=column)
        return Filter(column=column, values=tuple(_FLAGS[value] for value in values))
    if column == "status":
        if not all(value.isascii() and value.isdigit() and len(value) == 3 for value in values):
            raise InvalidField("status must be an HTTP status such as 302.", field=column)
        return Filter(column=column, values=tuple(int(value) for value in values))
    return Filter(column=column, values=values)


def _with(values: Values, column: str, value: str) -> Values:
    return {**values, column: (*values.get(column, ()), value)}


def _less(values: Values, column: str, value: str) -> Values:
    left = {name: tuple(each for each in had if (name, each) != (column, value)) for name, had in values.items()}
    return {name: had for name, had in left.items() if had}
