"""What the statistics pages call periods, steps, columns and their values."""

from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from linnet.actions.statistics_filters import FOLDER, TAG
from linnet.actions.statistics_names import country_name, display_name
from linnet.dashboard.statistics_state import State
from linnet.dashboard.texts import gettext as _
from linnet.model.statistics import Bucket, Period, Top


def N_(text: str) -> str:  # noqa: N802 (as gettext's tools know it)
    """Marks a text that is translated where it is shown."""
    return text


PERIODS: Final = {
    Period.TODAY: N_("Today"),
    Period.YESTERDAY: N_("Yesterday"),
    Period.LAST_7: N_("Last 7 days"),
    Period.LAST_30: N_("Last 30 days"),
    Period.WEEK: N_("This week"),
    Period.MONTH: N_("This month"),
    Period.LAST_MONTH: N_("Last month"),
    Period.TOTAL: N_("All time"),
}
STEPS: Final = {
    Bucket.HOUR: N_("Hours"),
    Bucket.DAY: N_("Days"),
    Bucket.WEEK: N_("Weeks"),
    Bucket.MONTH: N_("Months"),
}
_POINTS: Final = {Bucket.HOUR: "%-d %b, %H:%M", Bucket.DAY: "%a %-d %b %Y", Bucket.WEEK: "%-d %b %Y", Bucket.MONTH: "%b %Y"}
# The title of a list, and what one of its values is.
COLUMNS: Final = {
    "path": (N_("Links"), N_("Link")),
    "path_404": (N_("Not found"), N_("Path")),
    "country": (N_("Countries"), N_("Country")),
    "region": (N_("Regions"), N_("Region")),
    "city": (N_("Cities"), N_("City")),
    "referrer_host": (N_("Referrers"), N_("Referrer")),
    "social": (N_("Social networks"), N_("Social network")),
    "browser": (N_("Browsers"), N_("Browser")),
    "browser_version": (N_("Browser versions"), N_("Browser version")),
    "os": (N_("Systems"), N_("System")),
    "device": (N_("Devices"), N_("Device")),
    "language": (N_("Languages"), N_("Language")),
    "utm_source": (N_("UTM sources"), N_("UTM source")),
    "utm_medium": (N_("UTM media"), N_("UTM medium")),
    "utm_campaign": (N_("UTM campaigns"), N_("UTM campaign")),
    "utm_term": (N_("UTM terms"), N_("UTM term")),
    "utm_content": (N_("UTM contents"), N_("UTM content")),
    "goal_completed": (N_("Goals"), N_("Goal")),
    "ab_path": (N_("Variants"), N_("Variant")),
    "scan": (N_("QR codes and links"), N_("Followed by")),
    "human": (N_("People and bots"), N_("Visitor")),
    "bot": (N_("Bots"), N_("Bot")),
    "status": (N_("Statuses"), N_("Status")),
    "method": (N_("Methods"), N_("Method")),
    "scheme": (N_("Protocols"), N_("Protocol")),
    TAG: (N_("Tags"), N_("Tag")),
    FOLDER: (N_("Folders"), N_("Folder")),
}
_WEEKDAYS: Final = tuple(map(N_, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))


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
