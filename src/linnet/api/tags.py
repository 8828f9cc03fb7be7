"""Tags across links."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath, RawBody

from linnet.actions import tags
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.grouping_wire import TagsBulk, link_ids_of


class TagsController(Controller):
    """Contract b.8."""

    tags = ("Tags",)

    @post("/tags/bulk", status_code=200, sync_to_thread=True)
    def add_tags_bulk(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """addTagsBulk: append a tag to many links, all of them or none."""
        context = desk_of(request).context(request)
        sent = read_body(body, TagsBulk)
        tags.tag_links(context, sent.tag, link_ids_of(sent))
        return {"success": True}

    @get("/tags/{domain_id:int}", sync_to_thread=True)
    def list_tags(self, request: Request[Any, Any, Any], domain_id: FromPath[int]) -> list[str]:
        """The tags that the links of a domain have, sorted."""
        return tags.list_tags(desk_of(request).context(request), domain_id)
