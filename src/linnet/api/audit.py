"""The audit log."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Controller, Request, get
from litestar.params import FromQuery, QueryParameter

from linnet.actions import audit
from linnet.actions.audit import Noted
from linnet.api.auth import desk_of
from linnet.api.wire import iso, moment
from linnet.model.audit import AuditFilter, Event
from linnet.model.errors import InvalidField

_TOKEN: Final = re.compile(r"([0-9T:.+-]{19,32})_(\d{1,18})", re.ASCII)


class AuditController(Controller):
    """``GET /audit``, of which only the name is known of Short.io: the shape is ours."""

    tags = ("Audit log",)

    @get("/audit", sync_to_thread=True)
    def list_audit(
        self,
        request: Request[Any, Any, Any],
        limit: FromQuery[int] = 50,
        page_token: Annotated[str | None, QueryParameter(name="pageToken")] = None,
        since: Annotated[str | None, QueryParameter(name="from")] = None,
        until: Annotated[str | None, QueryParameter(name="to")] = None,
        domain_id: Annotated[str | None, QueryParameter(name="domainId")] = None,
        user_id: Annotated[str | None, QueryParameter(name="userId")] = None,
        key_id: Annotated[str | None, QueryParameter(name="keyId")] = None,
        team_id: Annotated[str | None, QueryParameter(name="teamId")] = None,
        events: Annotated[str | None, QueryParameter(name="event")] = None,
        text: FromQuery[str] = "",
    ) -> dict[str, Any]:
        """listAudit: what was done, newest first, as far as who asks may see it."""
        wanted = AuditFilter(
            since=moment(since, field="from") if since else None,
            until=moment(until, field="to") if until else None,
            user_id=_number(user_id, "userId", "a user"),
            key_id=_number(key_id, "keyId", "an API key"),
            team_id=_number(team_id, "teamId", "a team"),
            events=tuple(_event(name) for name in events.split(",")) if events else (),
            text=text,
        )
        page = audit.list_audit(
            desk_of(request).context(request),
            limit=limit,
            before=_position(page_token) if page_token is not None else None,
            domain_id=_number(domain_id, "domainId", "a domain"),
            wanted=wanted,
        )
        body: dict[str, Any] = {"entries": [_entry_json(noted) for noted in page.noted]}
        if page.next is not None:
            at, number = page.next
            body["nextPageToken"] = f"{at.replace(tzinfo=None).isoformat()}_{number}"
        return body


def _entry_json(noted: Noted) -> dict[str, Any]:
    entry, user = noted.entry, noted.user
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "event": entry.event.value,
        "subject": entry.subject,
        "domainId": entry.domain_id,
        "teamId": entry.team_id,
        "userId": entry.user_id,
        "user": None if user is None else {"id": user.id, "email": user.email, "name": user.name},
        "keyId": entry.key_id,
        "address": entry.address,
        "details": entry.details,
    }


def _number(sent: str | None, field: str, what: str) -> int | None:
    if sent is None:
        return None
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        raise InvalidField(f"{field} must be the number of {what}.", field=field)
    return int(sent)


def _event(name: str) -> Event:
    try:
        return Event(name)
    except ValueError:
        raise InvalidField(f"event '{name[:64]}' is none that is noted, such as link.created.", field="event") from None


def _position(token: str) -> tuple[datetime, int]:
    """Where a page begins. The token is not signed: it says no more than the entries before it."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise InvalidField("pageToken is not one that this server gave out for this list.", field="pageToken")
    return moment(found[1], field="pageToken"), int(found[2])
