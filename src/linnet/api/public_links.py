"""Links that are created where no secret can be kept, or no header can be set."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromQuery, QueryParameter, RawBody

from linnet.actions.links import create_link
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.wire import LinkCreatePublic, created_json, draft_of, public_json
from linnet.model.link import LinkDraft

_TRUE = ("1", "true")


class PublicLinksController(Controller):
    """Contract b.2, createLinkPublic and createLinkSimple."""

    tags = ("Links",)

    @post("/links/public", status_code=200, sync_to_thread=True)
    def create_link_public(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """createLinkPublic: createLink for pages and apps, with a public key; never a second link to a destination."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = read_body(body, LinkCreatePublic)
        created = create_link(context, sent.domain, draft_of(sent), source="public")
        return public_json(created, desk.options, sent.password)

    @get("/links/tweetbot", sync_to_thread=True)
    def create_link_simple(
        self,
        request: Request[Any, Any, Any],
        domain: FromQuery[str],
        original_url: Annotated[str, QueryParameter(name="originalURL")],
        path: FromQuery[str | None] = None,
        title: FromQuery[str | None] = None,
        url_only: Annotated[str, QueryParameter(name="urlOnly")] = "",
    ) -> Response[Any]:
        """createLinkSimple: createLink for callers that can only get an address; the key is in the query as ``apiKey``.

        With ``urlOnly`` the answer is the short URL alone, as plain text.
        """
        desk = desk_of(request)
        context = desk.context(request)
        given = {"path": path or None, "title": title or None}
        draft = LinkDraft.of({"original_url": original_url} | {name: value for name, value in given.items() if value})
        created = create_link(context, domain, draft)
        # What a GET creates must not be answered by somebody's cache.
        headers = {"Cache-Control": "no-store"}
        if url_only.lower() in _TRUE:
            short_url = desk.options.short_url(created.domain, created.link.path)
            return Response(short_url, media_type="text/plain", headers=headers)
        return Response(created_json(created, desk.options), media_type="application/json", headers=headers)
