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
    ) -> dict[str, Any]:
        """listAudit: what was done, newest first, as far as who asks may see it."""
        page = audit.list_audit(
            desk_of(request).context(request),
            limit=limit,
            before=_position(page_token) if page_token is not None else None,
            since=moment(since, field="from") if since else None,
            until=moment(until, field="to") if until else None,
            domain_id=_domain_id(domain_id) if domain_id is not None else None,
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


def _domain_id(sent: str) -> int:
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        raise InvalidField("domainId must be the number of a domain.", field="domainId")
    return int(sent)


def _position(token: str) -> tuple[datetime, int]:
    """Where a page begins. The token is not signed: it says no more than the entries before it."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise InvalidField("pageToken is not one that this server gave out for this list.", field="pageToken")
    return moment(found[1], field="pageToken"), int(found[2])
