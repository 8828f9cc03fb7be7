"""Times and numbers as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup


def moment(at: datetime | None, zone: str = "UTC") -> Markup | str:
    """A time to the minute in a time zone, which a screen reader and a script can read too; "" for none."""
    return _told(at, zone, "%-d %b %Y, %H:%M")


def day(at: datetime | None, zone: str = "UTC") -> Markup | str:
    """The day of a time in a time zone; "" for none."""
    return _told(at, zone, "%-d %b %Y")


def number(value: float) -> str:
    """A number with its thousands apart."""
    return f"{value:,}"


def _told(at: datetime | None, zone: str, pattern: str) -> Markup | str:
    if at is None:
        return ""
    here = at.astimezone(ZoneInfo(zone))
    exact = at.astimezone(UTC).isoformat(timespec="seconds")
    whole = f"{here:%Y-%m-%d %H:%M:%S} {zone}"
    return Markup('<time datetime="{}" title="{}" dir="ltr">{}</time>').format(exact, whole, here.strftime(pattern))
