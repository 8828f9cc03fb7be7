"""Times as forms have them: of the reader's time zone, without saying so."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from linnet.model.errors import InvalidField


def local_text(at: datetime, zone: str) -> str:
    """What a field for a date and a time shows for a moment: to the minute, unless it has seconds."""
    there = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return there.isoformat(timespec="seconds" if there.second or there.microsecond else "minutes")


def moment_of(text: str, zone: str, *, field: str) -> datetime:
    """The moment that was typed; InvalidField for what is no date and time."""
    try:
        typed = datetime.fromisoformat(text.strip())
        at = typed.replace(tzinfo=ZoneInfo(zone)) if typed.tzinfo is None else typed
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidField(f"{field} must be a date and a time such as 2030-01-31 18:30.", field=field) from None


def as_iso(text: str, zone: str) -> str:
    """What was typed with its offset, as APIs have it; as it is, for others to refuse, where it is no time."""
    try:
        return moment_of(text, zone, field="").isoformat()
    except InvalidField:
        return text


def as_typed(iso: str, zone: str) -> str:
    """The other way round."""
    return local_text(datetime.fromisoformat(iso), zone)
