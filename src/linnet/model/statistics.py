"""A statistics question as a value, and its answer; planned here, asked in ``statistics``."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Period(StrEnum):
    """A named span of time (contract d); presets are computed in the question's time zone."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    TOTAL = "total"
    WEEK = "week"
    MONTH = "month"
    LAST_MONTH = "lastmonth"
    LAST_7 = "last7"
    LAST_30 = "last30"
    CUSTOM = "custom"


class Bucket(StrEnum):
    """A step of a chart."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Kind(StrEnum):
    """What is asked."""

    OVERVIEW = "overview"  # totals, previous totals, chart, top lists: S1, S2, S11, S12
    LAST_CLICKS = "last_clicks"  # S8


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An exact span, start included, end excluded; aware UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One criterion: the click's ``column`` is among ``values``."""

    column: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that an engine needs to answer; equal questions have equal answers over equal clicks.

    ``interval`` None means all time, and then there is no ``previous``. ``bucket`` None asks for no chart, ``tops`` names
    the columns of the top lists. All of ``include`` must match, none of ``exclude`` may.
    """

    kind: Kind
    domain_id: int
    link_number: int | None = None
    time_zone: str = "UTC"
    interval: Interval | None = None
    previous: Interval | None = None
    bucket: Bucket | None = None
    tops: tuple[str, ...] = ()
    limit: int = 10
    include: tuple[Filter, ...] = ()
    exclude: tuple[Filter, ...] = ()
    before: datetime | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Clicks of an interval, bots included, and those made by people."""

    clicks: int = 0
    human_clicks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """One row of a top list; ``detail`` carries what a city row needs: its country code."""

    value: str
    score: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One bucket of a chart: its start in the question's time zone, and the clicks in it."""

    at: datetime
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The answer to an OVERVIEW question."""

    totals: Totals
    previous: Totals | None = None
    chart: tuple[Point, ...] = ()
    tops: dict[str, tuple[Top, ...]] = field(default_factory=dict)


UTM_FIELDS: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

# The columns that top lists and filters may name: wire spelling to the click's field.
COLUMNS: Final = {
    "ab_path": "ab_path",
    "browser": "browser",
    "browser_version": "browser_version",
    "city": "city",
    "country": "country",
    "goal_completed": "goal_completed",
    "human": "human",
    "method": "method",
    "os": "os",
    "path": "path",
    "path_404": "path_404",
    "proto": "scheme",
    "refhost": "referrer_host",
    "social": "social",
    "st": "status",
    "utm_campaign": "utm_campaign",
    "utm_medium": "utm_medium",
    "utm_source": "utm_source",
    "utm_term": "utm_term",
    "utm_content": "utm_content",
}
