"""OpenGraph tags of links."""

from typing import Any

from litestar import Controller, Request, get, put
from litestar.params import FromPath, RawBody

from linnet.actions import opengraph
from linnet.api.auth import desk_of
from linnet.api.grouping_wire import opengraph_of


class OpengraphController(Controller):
    """Contract b.7."""

    tags = ("OpenGraph",)

    @get("/links/opengraph/{domain_id:int}/{link_id:str}", sync_to_thread=True)
    def get_link_opengraph(
        self, request: Request[Any, Any, Any], domain_id: FromPath[int], link_id: FromPath[str]
    ) -> list[tuple[str, str]]:
        """getLinkOpengraph: the tags of a link, as pairs of property and content."""
        return list(opengraph.get_opengraph(desk_of(request).context(request), domain_id, link_id))

    @put("/links/opengraph/{domain_id:int}/{link_id:str}", sync_to_thread=True)
    def update_link_opengraph(
        self, request: Request[Any, Any, Any], domain_id: FromPath[int], link_id: FromPath[str], body: RawBody
    ) -> list[tuple[str, str]]:
        """updateLinkOpengraph: replace all tags of a link."""
        context = desk_of(request).context(request)
        return list(opengraph.save_opengraph(context, domain_id, link_id, opengraph_of(body)))
