"""What is stored of a visitor, by its address."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from linnet.actions.visitors import erase_visitor, visitor_clicks
from linnet.api.auth import desk_of
from linnet.clicks.visitors import OrderedVisitors
from linnet.network.sending import file_of

_Request = Request[Any, Any, Any]
_Network = Annotated[bool | None, QueryParameter(name="network")]


class VisitorsController(Controller):
    """Our own: what the law asks of who stores addresses."""

    path = "/statistics"
    tags = ("Statistics",)

    @get("/domain/{domain_id:int}/visitors/{address:str}", sync_to_thread=True)
    def export_visitor(
        self, request: _Request, domain_id: FromPath[int], address: FromPath[str], network: _Network = None
    ) -> Stream:
        """The clicks that are stored under an address, a line of JSON for each."""
        context, exports = desk_of(request).context(request), request.app.state.exports
        parts = visitor_clicks(context, _visitors(request), exports, domain_id, address, with_network=network)
        return file_of(parts, "application/x-ndjson", f"visitor-{domain_id}.ndjson")

    @delete("/domain/{domain_id:int}/visitors/{address:str}", status_code=200, sync_to_thread=True)
    def erase_visitor(
        self, request: _Request, domain_id: FromPath[int], address: FromPath[str], network: _Network = None
    ) -> dict[str, Any]:
        """Erase what tells of a visitor; its clicks go on counting."""
        context = desk_of(request).context(request)
        erased = erase_visitor(context, _visitors(request), domain_id, address, with_network=network)
        return {"success": True, "clicks": erased}


def _visitors(request: _Request) -> OrderedVisitors:
    visitors: OrderedVisitors = request.app.state.visitors
    return visitors
