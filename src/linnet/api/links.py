"""Links: create, read, change, remove and list."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, RawBody

from linnet.actions import links
from linnet.api.auth import desk_of, read_body
from linnet.api.wire import LinkCreate, LinkWrite, created_json, draft_of, is_given, link_json, moment
from linnet.model.errors import InvalidField


class LinksController(Controller):
    """Contract b.1 and b.2, one link at a time."""

    tags = ("Links",)

    @post("/links", status_code=200, sync_to_thread=True)
    def create_link(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """createLink: create a link, or find the one that the rules of contract b.2 point to."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = read_body(body, LinkCreate)
        allow_duplicates = is_given(sent.allowDuplicates)
        created = links.create_link(context, sent.domain, draft_of(sent), allow_duplicates=allow_duplicates)
        return created_json(created, desk.options, sent.password)

    @get("/links/expand", sync_to_thread=True)
    def expand_link(self, request: Request[Any, Any, Any], domain: FromQuery[str], path: FromQuery[str]) -> dict[str, Any]:
        """expandLink: the link that has a path on a domain."""
        desk = desk_of(request)
        return link_json(links.expand_link(desk.context(request), domain, path), desk.options)

    @get("/links/{link_id:str}", sync_to_thread=True)
    def get_link(self, request: Request[Any, Any, Any], link_id: FromPath[str]) -> dict[str, Any]:
        """getLink: a link by its id."""
        desk = desk_of(request)
        return link_json(links.get_link(desk.context(request), link_id), desk.options)

    @post("/links/{link_id:str}", status_code=200, sync_to_thread=True)
    def update_link(self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody) -> dict[str, Any]:
        """updateLink: change the fields that are sent; null clears."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = read_body(body, LinkWrite)
        changed = link_json(links.update_link(context, link_id, draft_of(sent)), desk.options)
        if isinstance(sent.password, str) and sent.password:
            changed["password"] = sent.password
        return changed

    @delete("/links/{link_id:str}", status_code=200, sync_to_thread=True)
    def delete_link(self, request: Request[Any, Any, Any], link_id: FromPath[str]) -> dict[str, Any]:
        """deleteLink: remove a link for good."""
        link = links.delete_link(desk_of(request).context(request), link_id)
        return {"success": True, "idString": link.id}

    @get("/api/links", sync_to_thread=True)
    def list_links(
        self,
        request: Request[Any, Any, Any],
        domain_id: FromQuery[int],
        limit: FromQuery[int] = 150,
        before_date: Annotated[str | None, QueryParameter(name="beforeDate")] = None,
        after_date: Annotated[str | None, QueryParameter(name="afterDate")] = None,
        date_sort_order: Annotated[str | None, QueryParameter(name="dateSortOrder")] = None,
        page_token: Annotated[str | None, QueryParameter(name="pageToken")] = None,
        folder_id: Annotated[str | None, QueryParameter(name="folderId")] = None,
    ) -> dict[str, Any]:
        """listLinks: a page of a domain's links."""
        desk = desk_of(request)
        context = desk.context(request)
        if date_sort_order not in (None, "asc", "desc"):
            raise InvalidField("dateSortOrder must be asc or desc.", field="dateSortOrder")
        page = links.list_links(
            context,
            domain_id,
            limit=limit,
            created_from=moment(after_date, field="afterDate") if after_date else None,
            created_until=moment(before_date, field="beforeDate") if before_date else None,
            newest_first=date_sort_order != "asc",
            folder_id=folder_id,
            page_token=page_token,
        )
        body: dict[str, Any] = {"count": len(page.links), "links": [link_json(each, desk.options) for each in page.links]}
        return body | ({"nextPageToken": page.next_token} if page.next_token is not None else {})
