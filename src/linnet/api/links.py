"""Links, one at a time: created, read, changed, duplicated and removed."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, QueryParameter, RawBody

from linnet.actions import examples, link_queries, links, removing
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.wire import (
    LinkCreate,
    LinkDuplicate,
    LinkExamples,
    LinkWrite,
    created_json,
    domain_reference,
    draft_of,
    is_given,
    link_json,
)


class LinksController(Controller):
    """Contract b.2, and getLink of b.1, which shares an address with two of its operations."""

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

    @post("/links/examples", status_code=200, sync_to_thread=True)
    def create_example_links(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """createExampleLinks: five links that show what links can do."""
        desk = desk_of(request)
        context = desk.context(request)
        created = examples.create_example_links(context, read_body(body, LinkExamples).domain)
        return {"success": True, "links": [created_json(link, desk.options, password) for link, password in created]}

    @post("/links/duplicate/{link_id:str}", status_code=200, sync_to_thread=True)
    def duplicate_link(self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody) -> dict[str, Any]:
        """duplicateLink: a new link with all that another one has."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = read_body(body, LinkDuplicate)
        copy, original = links.duplicate_link(context, link_id, path=sent.path if isinstance(sent.path, str) else None)
        return created_json(copy, desk.options) | {"duplicatedFrom": original.id}

    @get("/links/{link_id:str}", sync_to_thread=True)
    def get_link(
        self,
        request: Request[Any, Any, Any],
        link_id: FromPath[str],
        domain_id: Annotated[str | None, QueryParameter(name="domainId")] = None,
    ) -> dict[str, Any]:
        """getLink: a link by its id."""
        desk = desk_of(request)
        context = desk.context(request)
        wanted = domain_reference(domain_id, field="domainId")
        return link_json(link_queries.get_link(context, link_id, domain_id=wanted), desk.options)

    @post("/links/{link_id:str}", status_code=200, sync_to_thread=True)
    def update_link(
        self,
        request: Request[Any, Any, Any],
        link_id: FromPath[str],
        body: RawBody,
        domain_id: Annotated[str | None, QueryParameter(name="domain_id")] = None,
    ) -> dict[str, Any]:
        """updateLink: change the fields that are sent; null clears."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = read_body(body, LinkWrite)
        found = links.update_link(context, link_id, draft_of(sent), domain_id=domain_reference(domain_id))
        changed = link_json(found, desk.options)
        if isinstance(sent.password, str) and sent.password:
            changed["password"] = sent.password
        return changed

    @delete("/links/{link_id:str}", status_code=200, sync_to_thread=True)
    def delete_link(self, request: Request[Any, Any, Any], link_id: FromPath[str]) -> dict[str, Any]:
        """deleteLink: remove a link."""
        link = removing.delete_link(desk_of(request).context(request), link_id)
        return {"success": True, "idString": link.id}
