"""Raw clicks: files of them, as they are read, and new ones, as they come."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from litestar import Controller, Request, get, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath, RawBody
from litestar.response import Stream

from linnet.actions.context import Context
from linnet.actions.raw_clicks import export_clicks, watched_link
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.live import HEADERS, MEDIA_TYPE, events_of
from linnet.api.statistics_request import query_of, request_of
from linnet.model.access import Actor
from linnet.model.click_record import FileFormat
from linnet.model.errors import InvalidField
from linnet.network.sending import file_of
from linnet.statistics.exports import ClickExports
from linnet.statistics.live import LiveClicks, Wish

_Request = Request[Any, Any, Any]
_MAX_ID: Final = 64
MEDIA_TYPES: Final = {
    FileFormat.CSV: "text/csv; header=present",
    FileFormat.NDJSON: "application/x-ndjson",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
}


class ClicksController(Controller):
    """Our own: what Short.io does not have."""

    path = "/statistics"
    tags = ("Statistics",)

    @get("/domain/{domain_id:int}/clicks", sync_to_thread=True)
    def export_clicks(self, request: _Request, domain_id: FromPath[int]) -> Stream:
        """All clicks of a domain in a period, as a file."""
        return _file(request, domain_id, query_of(request.query_params))

    @post("/domain/{domain_id:int}/clicks", status_code=200, sync_to_thread=True)
    def query_clicks(self, request: _Request, domain_id: FromPath[int], body: RawBody) -> Stream:
        """The same, with filters."""
        return _file(request, domain_id, read_body(body, dict[str, Any]))

    @get("/domain/{domain_id:int}/clicks/live")
    async def watch_clicks(self, request: _Request, domain_id: FromPath[int]) -> Stream:
        """Each new click of a domain as a server-sent event."""
        live: LiveClicks = request.app.state.live
        asked = partial(_wish, request, domain_id)
        watcher = await live.watch(await sync_to_thread(asked))
        # So that the server takes the end of the client's side for a client that is gone.
        request.scope["state"]["endless"] = True
        return Stream(await events_of(live, watcher, asked), media_type=MEDIA_TYPE, headers=HEADERS)


def _wish(request: _Request, domain_id: int) -> Wish:
    """What the client watches, if it may."""
    context, sent = _watching(request), request.query_params
    link_number = watched_link(context, domain_id, _link_id(sent))
    humans = sent.get("human", "") or "false"
    if humans not in ("true", "false"):
        raise InvalidField("human must be true (people's clicks alone) or false (all clicks).", field="human")
    return Wish(
        user_id=context.actor.user_id,
        domain_id=domain_id,
        link_number=link_number,
        humans=humans == "true",
        last_id=request.headers.get("last-event-id", "")[:_MAX_ID],
    )


def _watching(request: _Request) -> Context:
    """The context of who sends a key, or is signed in: a browser's EventSource can send no headers of its own."""
    desk = desk_of(request)
    signed_in: Callable[[_Request], Actor | None] | None = request.app.state.signed_in
    if signed_in is not None and "authorization" not in request.headers:
        actor = signed_in(request)
        if actor is not None:
            return desk.make_context(actor)
    return desk.context(request)


def _file(request: _Request, domain_id: int, sent: Mapping[str, Any]) -> Stream:
    context = desk_of(request).context(request)
    kind, asked, link_id = _format(sent), request_of(sent), _link_id(sent)
    exports: ClickExports = request.app.state.exports
    domain, parts = export_clicks(context, request.app.state.statistics, exports, domain_id, asked, kind, link_id=link_id)
    return file_of(parts, MEDIA_TYPES[kind], f"clicks-{domain.hostname}.{kind.value}")


def _format(sent: Mapping[str, Any]) -> FileFormat:
    kind = sent.get("format")
    if kind in (None, ""):
        return FileFormat.CSV
    if not isinstance(kind, str) or kind not in set(FileFormat):
        raise InvalidField(f"format must be one of {', '.join(FileFormat)}.", field="format")
    return FileFormat(kind)


def _link_id(sent: Mapping[str, Any]) -> str | None:
    link_id = sent.get("linkId")
    if link_id in (None, ""):
        return None
    if not isinstance(link_id, str):
        raise InvalidField("linkId must be a text.", field="linkId")
    return link_id
