"""The audit log: who did what, when, from where and with which key; filtered, and as a file."""

import csv
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from io import StringIO
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Response

from linnet.actions.audit import MAX_EXPORTED, MAX_TEXT, Noted, audit_choices, exported_audit, list_audit
from linnet.dashboard.audit_texts import GROUPS, event_text, events_of, group_of, group_text
from linnet.dashboard.forms import Form, errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.model.access import Rule, Subject
from linnet.model.audit import AuditFilter, Entry, Event
from linnet.model.click_record import guarded
from linnet.model.errors import InvalidField
from linnet.network.sending import file_of

_PAGE: Final = 50
_FIELDS: Final = ("person", "key", "event", "domain", "team", "since", "until", "text")
_COLUMNS: Final = (
    "id",
    "at",
    "event",
    "subject",
    "user_id",
    "user",
    "key_id",
    "domain_id",
    "team_id",
    "address",
    "details",
)
_SHOWN_DETAILS: Final = 300


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the page shows it."""

    entry: Entry
    who: str
    details: str


def _audit(asked: Asked) -> Response[Any]:
    query = asked.query
    errors: dict[str, str] = {}
    rows: list[Row] = []
    following = None
    try:
        page = list_audit(
            asked.context, limit=_PAGE, before=_position(query), domain_id=query.number("domain"), wanted=_wanted(asked)
        )
        rows = [_row(each) for each in page.noted]
        following = page.next
    except InvalidField as refusal:
        errors = errors_of(refusal)
    asked_for = {name: query.text(name) for name in _FIELDS if query.text(name)}
    after = urlencode(asked_for | {"before": f"{following[0].isoformat()}_{following[1]}"}) if following else ""
    return asked.page(
        "audit.html",
        status=400 if errors else 200,
        rows=rows,
        errors=errors,
        sent=asked_for,
        query=urlencode(asked_for),
        after=after,
        is_later_page=query.text("before") != "",
        choices=audit_choices(asked.context),
        events=_events,
        event_text=event_text,
        most=MAX_EXPORTED,
    )


def _export(asked: Asked) -> Response[Any]:
    """What the filters give, as a file."""
    kind = asked.query.text("format", "csv")
    if kind not in _WRITERS:
        raise InvalidField("format must be csv or ndjson.", field="format")
    portions = exported_audit(asked.context, domain_id=asked.query.number("domain"), wanted=_wanted(asked))
    write, media_type = _WRITERS[kind]
    name = f"audit-log-{asked.context.now():%Y-%m-%d}.{kind}"
    return file_of(write(portions), media_type, name)


def _wanted(asked: Asked) -> AuditFilter:
    query = asked.query
    choice = query.text("event")
    events = events_of(choice)
    if choice and not events:
        raise InvalidField("There is no such kind of event.", field="event")
    text = query.text("text")
    if len(text) > MAX_TEXT:
        raise InvalidField(f"At most {MAX_TEXT} characters can be looked for.", field="text")
    return AuditFilter(
        since=_day(asked, "since"),
        until=_day(asked, "until", after=timedelta(days=1)),
        user_id=query.number("person"),
        key_id=query.number("key"),
        team_id=query.number("team"),
        events=events,
        text=text,
    )


def _day(asked: Asked, name: str, *, after: timedelta = timedelta()) -> datetime | None:
    """The beginning of a day that was chosen, in the reader's time zone; ``after`` it."""
    day = asked.query.day(name)
    return None if day is None else datetime.combine(day + after, time(), ZoneInfo(asked.signed_in.time_zone)).astimezone(UTC)


def _position(query: Form) -> tuple[datetime, int] | None:
    at, _, number = query.text("before").partition("_")
    try:
        moment = datetime.fromisoformat(at)
        found = (moment, int(number[:18])) if moment.tzinfo is not None else None
    except ValueError:
        return None
    return found


def _row(noted: Noted) -> Row:
    entry = noted.entry
    who = noted.user.name or noted.user.email if noted.user is not None else ""
    details = ", ".join(f"{name}: {_told(value)}" for name, value in entry.details.items())
    return Row(entry, who, details[:_SHOWN_DETAILS] + ("…" if len(details) > _SHOWN_DETAILS else ""))


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _events() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What can be chosen: groups by name and as people call them, with their events."""
    named = [(group_of(event), event.value, event_text(event)) for event in Event]
    return [(group, group_text(group), [(name, text) for of, name, text in named if of == group]) for group in GROUPS]


def _values(noted: Noted) -> dict[str, Any]:
    entry = noted.entry
    values = {name: getattr(entry, name) for name in _COLUMNS if name != "user"}
    return values | {
        "at": entry.at.isoformat(),
        "event": entry.event.value,
        "user": noted.user.email if noted.user is not None else "",
    }


def _csv(portions: Iterator[list[Noted]]) -> Generator[bytes]:
    """RFC 4180 in UTF-8; what a spreadsheet would take for a formula is guarded."""
    yield ",".join(_COLUMNS).encode() + b"\r\n"
    for portion in portions:
        text = StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        for each in portion:
            values = _values(each)
            values["details"] = json.dumps(values["details"], ensure_ascii=False)
            writer.writerow([guarded(str(values[name])) if values[name] is not None else "" for name in _COLUMNS])
        yield text.getvalue().encode("utf-8", "replace")


def _ndjson(portions: Iterator[list[Noted]]) -> Generator[bytes]:
    for portion in portions:
        lines = (json.dumps({name: values[name] for name in _COLUMNS}) for values in map(_values, portion))
        yield "".join(f"{line}\n" for line in lines).encode()


_WRITERS: Final = {"csv": (_csv, "text/csv; charset=utf-8"), "ndjson": (_ndjson, "application/x-ndjson")}
PAGES: Final = (
    Page("GET", "/dashboard/audit", _audit, Rule(Subject.SELF)),
    Page("GET", "/dashboard/audit/export", _export, Rule(Subject.SELF)),
)
