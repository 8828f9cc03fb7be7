"""Removed links: listed and restored."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from litestar import Controller, Request, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from linnet.actions import restoring
from linnet.actions.placing import LinkInDomain
from linnet.api.auth import desk_of
from linnet.api.options import ApiOptions
from linnet.api.wire import iso, link_json
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.removal import RemovedLink

_TOKEN: Final = re.compile(r"(\d{1,16})_(\d{1,18})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class RemovedLinksController(Controller):
    """Not Short.io's, where what is removed is gone."""

    tags = ("Links",)

    @get("/links/removed/{domain_id:int}", sync_to_thread=True)
    def list_removed_links(
        self,
        request: Request[Any, Any, Any],
        domain_id: FromPath[int],
        limit: FromQuery[int] = restoring.MAX_PAGE,
        page_token: Annotated[str | None, QueryParameter(name="pageToken")] = None,
    ) -> dict[str, Any]:
        """listRemovedLinks: a page of a domain's links that can be restored, the last removed first."""
        desk = desk_of(request)
        before = _position(page_token) if page_token else None
        page = restoring.list_removed_links(desk.context(request), domain_id, limit=limit, before=before)
        links = [_removed_json(each, page.domain, desk.options) for each in page.removed]
        body: dict[str, Any] = {"count": len(links), "links": links}
        if page.next is not None:
            at, number = page.next
            body["nextPageToken"] = f"{(at - _EPOCH) // _MICROSECOND}_{number}"
        return body

    @post("/links/restore/{link_id:str}", status_code=200, sync_to_thread=True)
    def restore_link(self, request: Request[Any, Any, Any], link_id: FromPath[str]) -> dict[str, Any]:
        """restoreLink: bring a removed link back; one that is there is answered as it is."""
        desk = desk_of(request)
        return link_json(restoring.restore_link(desk.context(request), link_id), desk.options)


def _removed_json(removed: RemovedLink, domain: Domain, options: ApiOptions) -> dict[str, Any]:
    return link_json(LinkInDomain(removed.link, domain), options) | {
        "removedAt": iso(removed.removed_at),
        "removalReason": removed.reason.value,
        "restorableUntil": iso(removed.restorable_until),
    }


def _position(token: str) -> restoring.Position:
    """Where a page begins. The token is not signed: it says no more than the links before it."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise InvalidField("pageToken is not one that this server gave out for this list.", field="pageToken")
    return _EPOCH + int(found[1]) * _MICROSECOND, int(found[2])
