"""The shapes of statistics in responses (contract b.9, c.3, c.4)."""

from typing import Any, NotRequired, TypedDict


class ChartPoint(TypedDict):
    """One step of a chart: the moment at which it begins, in UTC, and its clicks, a number as text."""

    x: str
    y: str


class ChartData(TypedDict):
    """One line of a chart."""

    data: list[ChartPoint]


class Chart(TypedDict):
    """A chart; without an interval asked for, its line has no points."""

    datasets: list[ChartData]


class ReportInterval(TypedDict):
    """What was counted and what it is compared with, both ends included; null for all time."""

    startDate: str | None
    endDate: str | None
    prevStartDate: str | None
    prevEndDate: str | None


class CountedInterval(TypedDict):
    """What was counted, both ends included; null for all time."""

    startDate: str | None
    endDate: str | None


class ReferrerRow(TypedDict):
    """Clicks from one referring host, which has two names on the wire."""

    referer: str
    refhost: str
    score: int


class SocialRow(TypedDict):
    """Clicks from one social network."""

    social: str
    socialName: str
    score: int


class BrowserRow(TypedDict):
    """Clicks with one browser."""

    browser: str
    browserName: str
    score: int


class CountryRow(TypedDict):
    """Clicks from one country, by its ISO 3166-1 code."""

    country: str
    countryName: str
    score: int


class CityRow(TypedDict):
    """Clicks from one city; its id is a number for domains and a text for links."""

    city: int | str
    name: str
    countryCode: str | None
    score: int


class SystemRow(TypedDict):
    """Clicks with one operating system."""

    os: str
    score: int


class TopLists(TypedDict):
    """The top lists that domains and links share; all or none of them are there."""

    referer: NotRequired[list[ReferrerRow]]
    social: NotRequired[list[SocialRow]]
    browser: NotRequired[list[BrowserRow]]
    country: NotRequired[list[CountryRow]]
    city: NotRequired[list[CityRow]]
    os: NotRequired[list[SystemRow]]


class DomainStatistics(TopLists):
    """DomainStats. In the ``utm_`` lists a row is the parameter's value, under the list's own name, and a ``score``."""

    clicks: int
    humanClicks: int
    prevClicks: int
    prevHumanClicks: int
    links: int
    linksChange: str
    linksChangePositive: bool
    clicksPerLink: str
    humanClicksPerLink: str
    clicksPerLinkChange: str
    prevClicksChange: str
    humanClicksChange: str
    humanClicksChangePositive: bool
    uniqueVisitors: int
    prevUniqueVisitors: int
    uniqueVisitorsChange: str
    uniqueVisitorsChangePositive: bool
    scans: int
    prevScans: int
    scansChange: str
    conversions: int
    prevConversions: int
    conversionsChange: str
    conversionValue: float
    prevConversionValue: float
    interval: ReportInterval
    clickStatistics: Chart
    utm_medium: NotRequired[list[dict[str, Any]]]
    utm_source: NotRequired[list[dict[str, Any]]]
    utm_campaign: NotRequired[list[dict[str, Any]]]
    utm_term: NotRequired[list[dict[str, Any]]]
    utm_content: NotRequired[list[dict[str, Any]]]


class LinkStatistics(TopLists):
    """LinkStats."""

    totalClicks: int
    humanClicks: int
    totalClicksChange: str
    humanClicksChange: str
    uniqueVisitors: int
    uniqueVisitorsChange: str
    scans: int
    scansChange: str
    conversions: int
    conversionsChange: str
    conversionValue: float
    interval: ReportInterval
    clickStatistics: Chart


class ClicksByInterval(TypedDict):
    """S3, S13: the same chart under the two names that clients know (contract g.4)."""

    clicksStatistics: list[ChartPoint]
    clickStatistics: list[ChartPoint]


class TopRow(TypedDict):
    """A row of S4, S9 and S14: a value, how people read it, and its clicks, a number as text."""

    column: str
    displayName: str
    score: str


class IntervalRow(TypedDict):
    """A row of S5's lists."""

    column: str
    score: str


class IntervalTop(TypedDict):
    """S5: the top list of the interval that begins at ``date``."""

    date: str
    statistics: list[IntervalRow]


class LastClick(TypedDict):
    """S8: a click."""

    host: str
    path: str
    lcpath: str
    method: str
    url: str
    dt: str
    st: int
    ip: str
    proto: str
    ref: str
    ua: str
    human: bool
    browser: str
    browser_version: str
    country: str
    city: str
    geoname_id: str
    social: str
    refhost: str
    os: str
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_term: str
    utm_content: str
    goal_completed: str | None
    ab_path: str | None
    scan: bool
    bot: str
    device: str
    region: str
    language: str


class Cleared(TypedDict):
    """S10."""

    success: bool


class Counts(TypedDict):
    """Totals as our own answers have them."""

    clicks: int
    humanClicks: int
    uniqueVisitors: int
    conversions: int
    conversionValue: float


class VariantName(TypedDict, total=False):
    """What people call a variant, where they call it anything."""

    name: str


class VariantRow(VariantName, Counts):
    """What came of one variant of a link: ``conversionRate`` is the part of people's clicks that led to a goal, in percent."""

    variant: str
    originalURL: str | None
    weight: int
    scans: int
    convertedClicks: int
    conversionRate: str


class VariantStatistics(TypedDict):
    """The variants of a link."""

    interval: CountedInterval
    variants: list[VariantRow]


class GoalRow(TypedDict):
    """What was reached of one goal: of which clicks, by how many visitors, and what it was worth."""

    goal: str
    conversions: int
    conversionValue: float
    convertedClicks: int
    uniqueVisitors: int
    conversionRate: str


class ConversionStatistics(Counts):
    """The goals that came of clicks, and the totals of these."""

    interval: CountedInterval
    goals: list[GoalRow]
