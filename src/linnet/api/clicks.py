"""Raw clicks: files of them, as they are read."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Controller, Request, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Stream

from linnet.actions.raw_clicks import export_clicks
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.sending import file_of
from linnet.api.statistics_request import query_of, request_of
from linnet.model.click_record import FileFormat
from linnet.model.errors import InvalidField
from linnet.statistics.exports import ClickExports

_Request = Request[Any, Any, Any]
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
