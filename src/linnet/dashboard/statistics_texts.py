"""What the statistics pages call periods, steps, columns and their values."""

from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from linnet.actions.statistics_filters import FOLDER, TAG
from linnet.actions.statistics_names import country_name, display_name
from linnet.dashboard.statistics_state import State
from linnet.dashboard.texts import gettext as _
from linnet.dashboard.texts import marked
from linnet.model.statistics import Bucket, Period, Top

PERIODS: Final = {
    Period.TODAY: marked("Today"),
    Period.YESTERDAY: marked("Yesterday"),
    Period.LAST_7: marked("Last 7 days"),
    Period.LAST_30: marked("Last 30 days"),
    Period.WEEK: marked("This week"),
    Period.MONTH: marked("This month"),
    Period.LAST_MONTH: marked("Last month"),
    Period.TOTAL: marked("All time"),
}
STEPS: Final = {
    Bucket.HOUR: marked("Hours"),
    Bucket.DAY: marked("Days"),
    Bucket.WEEK: marked("Weeks"),
    Bucket.MONTH: marked("Months"),
}
_POINTS: Final = {Bucket.HOUR: "%-d %b, %H:%M", Bucket.DAY: "%a %-d %b %Y", Bucket.WEEK: "%-d %b %Y", Bucket.MONTH: "%b %Y"}
# The title of a list, and what one of its values is.
COLUMNS: Final = {
    "path": (marked("Links"), marked("Link")),
    "path_404": (marked("Not found"), marked("Path")),
    "country": (marked("Countries"), marked("Country")),
    "region": (marked("Regions"), marked("Region")),
    "city": (marked("Cities"), marked("City")),
    "referrer_host": (marked("Referrers"), marked("Referrer")),
    "social": (marked("Social networks"), marked("Social network")),
    "browser": (marked("Browsers"), marked("Browser")),
    "browser_version": (marked("Browser versions"), marked("Browser version")),
    "os": (marked("Systems"), marked("System")),
    "device": (marked("Devices"), marked("Device")),
    "language": (marked("Languages"), marked("Language")),
    "utm_source": (marked("UTM sources"), marked("UTM source")),
    "utm_medium": (marked("UTM media"), marked("UTM medium")),
    "utm_campaign": (marked("UTM campaigns"), marked("UTM campaign")),
    "utm_term": (marked("UTM terms"), marked("UTM term")),
    "utm_content": (marked("UTM contents"), marked("UTM content")),
    "goal_completed": (marked("Goals"), marked("Goal")),
    "ab_path": (marked("Variants"), marked("Variant")),
    "scan": (marked("QR codes and links"), marked("Followed by")),
    "human": (marked("People and bots"), marked("Visitor")),
    "bot": (marked("Bots"), marked("Bot")),
    "status": (marked("Statuses"), marked("Status")),
    "method": (marked("Methods"), marked("Method")),
    "scheme": (marked("Protocols"), marked("Protocol")),
    TAG: (marked("Tags"), marked("Tag")),
    FOLDER: (marked("Folders"), marked("Folder")),
}
_WEEKDAYS: Final = (
    *(marked("Monday"), marked("Tuesday"), marked("Wednesday"), marked("Thursday"), marked("Friday")),
    *(marked("Saturday"), marked("Sunday")),
)


def title_of(column: str, *, whole_domain: bool) -> str:
    """The title of a column's list."""
    return _("Paths") if column == "path" and not whole_domain else _(COLUMNS[column][0])


def value_name(column: str, value: str, detail: str = "") -> str:
    """How people read a value of a column."""
    if not value:
        return _("unknown")
    if column == "city" and detail:
        country = detail.partition("/")[0]
        return f"{value}, {country_name(country)}" if country else value
    return _(display_name(column, Top(value=value, score=0, detail=detail)))


def filter_value(column: str, top: Top) -> str:
    """A row's value as filters take it: a city is told by its country and region too."""
    return f"{top.detail}/{top.value}" if column == "city" and top.detail.count("/") == 1 else top.value


def filter_name(column: str, value: str) -> str:
    """How people read the value of a filter."""
    if column == "city" and value.count("/") == 2:
        detail, _separator, city = value.rpartition("/")
        return value_name(column, city, detail)
    return value_name(column, value)


def period_name(state: State) -> str:
    """What the period is called."""
    if state.first is not None and state.last is not None:
        days = [f"{day:%-d %b %Y}" for day in (state.first, state.last)]
        return days[0] if state.first == state.last else " – ".join(days)
    return _(PERIODS[state.period])


def point_name(at: datetime, bucket: Bucket) -> str:
    """What a step of a chart is called."""
    return at.strftime(_POINTS[bucket])


def weekday_name(number: int) -> str:
    """A day of the week; Monday is 0."""
    return _(_WEEKDAYS[number])


@lru_cache(1)
def zones() -> tuple[str, ...]:
    """The names of time zones to choose from: those of places, and UTC."""
    areas = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
    return ("UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in areas and "/" in name))
