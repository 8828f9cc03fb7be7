"""A statistics question as a value, and its answer; planned here, asked in ``statistics``."""

import zlib
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
    BY_INTERVAL = "by_interval"  # a chart of people's clicks: S3, S13
    TOP = "top"  # one top list: S4, S9, S14
    TOP_BY_INTERVAL = "top_by_interval"  # one top list for each bucket: S5
    COUNTS = "counts"  # people's clicks of links and paths: S6, S7
    LINK_PATHS = "link_paths"  # how links were called that are gone
    BREAKDOWN = "breakdown"  # the totals of each value of a column: variants of a link, goals


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An exact span, start included, end excluded; aware UTC."""

    start: datetime
    end: datetime


# Of all filters on ``link_number`` of a question together.
MAX_FILTER_LINKS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One criterion: the click's ``column`` is among ``values``; "" stands for what is not known.

    Some columns are not the click's own: ``at`` lies between the two values, both included; ``goal_completed`` is among the
    goals that came of the click ("": none came); ``place`` is its country, region and city with slashes between;
    ``link_or_path`` has numbers of links and paths as its values, and one of them fits. The values of ``link_number`` may be
    many, MAX_FILTER_LINKS.
    """

    column: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What COUNTS counts: the clicks of a link or, where ``link_number`` is None, those with a path, leading slash included.

    ``interval`` None means all time.
    """

    link_number: int | None = None
    path: str = ""
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that an engine needs to answer; equal questions have equal answers over equal clicks.

    ``interval`` None means all time, and then there is no ``previous``. ``bucket`` None asks for no chart, ``tops`` names
    the columns of the top lists. All of ``include`` must match, none of ``exclude`` may. ``column`` is what TOP and
    TOP_BY_INTERVAL rank, among the values that begin with ``prefix``, and by whose values BREAKDOWN divides;
    ``link_numbers`` are those that LINK_PATHS asks about.

    Top lists, BY_INTERVAL and COUNTS are about people's clicks, unless the question itself says which: by a filter on
    ``human``, by including a ``bot``, or because it ranks one of the two.
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
    column: str = ""
    prefix: str = ""
    counted: tuple[Counted, ...] = ()
    link_numbers: tuple[int, ...] = ()

    def names_humans(self) -> bool:
        """Whether a filter says whose clicks count. To leave one bot out says nothing about the others."""
        said = any(each.column == "human" for each in (*self.include, *self.exclude))
        return said or any(each.column == "bot" for each in self.include)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """An order to forget a domain's clicks that were made before a moment: those stored, and those still on their way."""

    domain_id: int
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Clicks of an interval, bots included, and those made by people.

    ``visitors`` made the latter; each is one visitor in each UTC day, and who asked not to be tracked is none. ``scans`` are
    people's clicks by QR code. ``conversions`` are goals that came of the interval's clicks, whenever they were reached, and
    ``conversion_value`` is the sum of what they were worth.
    """

    clicks: int = 0
    human_clicks: int = 0
    visitors: int = 0
    scans: int = 0
    conversions: int = 0
    conversion_value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The totals of the clicks that have one value, and how many of people's clicks led to a goal.

    Where goals are the values, a click belongs to each of its goals, and only conversions of that goal are counted.
    """

    value: str
    totals: Totals
    converted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """One row of a top list; ``detail`` carries what the value alone does not say: a city's country and region, with a slash
    between. Among the paths of a domain a link is one row, its value "" and its detail its number; "0" is the detail of a path
    without a link."""

    value: str
    score: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One bucket of a chart: its start in the question's time zone, and the clicks in it."""

    at: datetime
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketTop:
    """The top list of one bucket, which begins at ``at`` in the question's time zone."""

    at: datetime
    tops: tuple[Top, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The answer to an OVERVIEW question."""

    totals: Totals
    previous: Totals | None = None
    chart: tuple[Point, ...] = ()
    tops: dict[str, tuple[Top, ...]] = field(default_factory=dict)


def city_number(place: str, city: str) -> int:
    """A stable number for a city, where production has its GeoNames id: geo databases that may be redistributed have none.
    ``place`` is its country and region, with a slash between."""
    return zlib.crc32(f"{place}/{city}".encode()) & 0x7FFFFFFF


# Stands for all links of a domain where visitors of each link, and of all, are counted.
ALL_LINKS: Final = -1
UTM_FIELDS: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

# The columns that top lists and filters may name: wire spelling to the click's field.
COLUMNS: Final = {
    "ab_path": "ab_path",
    "bot": "bot",
    "browser": "browser",
    "browser_version": "browser_version",
    "city": "city",
    "country": "country",
    "device": "device",
    "goal_completed": "goal_completed",
    "human": "human",
    "language": "language",
    "method": "method",
    "os": "os",
    "path": "path",
    "path_404": "path_404",
    "proto": "scheme",
    "refhost": "referrer_host",
    "region": "region",
    "scan": "scan",
    "social": "social",
    "st": "status",
    "utm_campaign": "utm_campaign",
    "utm_medium": "utm_medium",
    "utm_source": "utm_source",
    "utm_term": "utm_term",
    "utm_content": "utm_content",
}
