"""Links: found and listed."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from litestar import Controller, Request, get
from litestar.params import FromQuery, QueryParameter

from linnet.actions import link_queries
from linnet.api.auth import desk_of
from linnet.api.wire import link_json, listed_json, moment
from linnet.model.errors import InvalidField

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OriginalUrl = Annotated[str, QueryParameter(name="originalURL")]


class LinkQueriesController(Controller):
    """Contract b.1, but for getLink."""

    tags = ("Links",)

    @get("/links/expand", sync_to_thread=True)
    def expand_link(self, request: Request[Any, Any, Any], domain: FromQuery[str], path: FromQuery[str]) -> dict[str, Any]:
        """expandLink: the link that has a path on a domain."""
        desk = desk_of(request)
        return link_json(link_queries.expand_link(desk.context(request), domain, path), desk.options)

    @get("/links/by-original-url", sync_to_thread=True)
    def get_link_by_original_url(
        self, request: Request[Any, Any, Any], domain: FromQuery[str], original_url: _OriginalUrl
    ) -> dict[str, Any]:
        """getLinkByOriginalUrl: the oldest link to a destination."""
        desk = desk_of(request)
        return link_json(link_queries.link_by_url(desk.context(request), domain, original_url), desk.options)

    @get("/links/multiple-by-url", sync_to_thread=True)
    def get_links_by_url(
        self, request: Request[Any, Any, Any], domain: FromQuery[str], original_url: _OriginalUrl
    ) -> dict[str, Any]:
        """getLinksByUrl: the links to a destination, the 150 oldest of them."""
        desk = desk_of(request)
        found = link_queries.links_by_url(desk.context(request), domain, original_url)
        return {"links": [link_json(each, desk.options) for each in found]}

    @get("/api/links", sync_to_thread=True)
    def list_links(
        self,
        request: Request[Any, Any, Any],
        domain_id: FromQuery[int],
        limit: FromQuery[int] = link_queries.MAX_PAGE,
        before_date: Annotated[str | None, QueryParameter(name="beforeDate")] = None,
        after_date: Annotated[str | None, QueryParameter(name="afterDate")] = None,
        created_at: Annotated[str | None, QueryParameter(name="createdAt")] = None,
        date_sort_order: Annotated[str | None, QueryParameter(name="dateSortOrder")] = None,
        page_token: Annotated[str | None, QueryParameter(name="pageToken")] = None,
        folder_id: Annotated[str | None, QueryParameter(name="folderId")] = None,
        id_string: Annotated[str | None, QueryParameter(name="idString")] = None,
    ) -> dict[str, Any]:
        """listLinks: a page of a domain's links. ``count`` is how many of them are in this page.

        ``idString`` leaves the link with that id; ``createdAt`` the links made on that day, or in that millisecond.
        """
        desk = desk_of(request)
        context = desk.context(request)
        if date_sort_order not in (None, "", "asc", "desc"):
            raise InvalidField("dateSortOrder must be asc or desc.", field="dateSortOrder")
        created_from, created_until = _span(after_date, before_date, created_at)
        page = link_queries.list_links(
            context,
            domain_id,
            limit=limit,
            created_from=created_from,
            created_until=created_until,
            newest_first=date_sort_order != "asc",
            folder_id=folder_id or None,
            link_id=re.sub("^link_", "lnk_", id_string) if id_string else None,
            page_token=page_token,
        )
        links = [listed_json(each, desk.options, page.users.get(each.link.owner_id)) for each in page.links]
        body: dict[str, Any] = {"count": len(links), "links": links}
        return body | ({"nextPageToken": page.next_token} if page.next_token is not None else {})


def _span(after: str | None, before: str | None, created_at: str | None) -> tuple[datetime | None, datetime | None]:
    """From when (included) until when (excluded) the links that a query asks for were created."""
    created_from = moment(after, field="afterDate") if after else None
    created_until = moment(before, field="beforeDate") if before else None
    if created_at:
        begin = moment(created_at, field="createdAt")
        end = begin + (timedelta(days=1) if _DAY.fullmatch(created_at.strip()) else timedelta(milliseconds=1))
        created_from = max(begin, created_from) if created_from is not None else begin
        created_until = min(end, created_until) if created_until is not None else end
    return created_from, created_until
