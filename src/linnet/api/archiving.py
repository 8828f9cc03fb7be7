"""Links: archived and taken back."""

from typing import Any

from litestar import Controller, Request, post
from litestar.params import RawBody

from linnet.actions import archiving
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body
from linnet.api.wire import LinkChosen, LinksChosen, domain_reference, done_json


class ArchivingController(Controller):
    """Contract b.2, archiveLink to unarchiveLinksBulk."""

    tags = ("Links",)

    @post("/links/archive", status_code=200, sync_to_thread=True)
    def archive_link(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """archiveLink: hide a link from lists of current ones; it keeps redirecting."""
        return _one(request, body, archived=True)

    @post("/links/unarchive", status_code=200, sync_to_thread=True)
    def unarchive_link(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """unarchiveLink: take a link back."""
        return _one(request, body, archived=False)

    @post("/links/archive_bulk", status_code=200, sync_to_thread=True)
    def archive_links_bulk(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """archiveLinksBulk: archive at most 150 links."""
        return _many(request, body, archived=True)

    @post("/links/unarchive_bulk", status_code=200, sync_to_thread=True)
    def unarchive_links_bulk(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """unarchiveLinksBulk: take at most 150 links back."""
        return _many(request, body, archived=False)


def _one(request: Request[Any, Any, Any], body: bytes, *, archived: bool) -> dict[str, Any]:
    context = desk_of(request).context(request)
    sent = read_body(body, LinkChosen)
    archiving.archive_link(context, str(sent.link_id), archived=archived, domain_id=domain_reference(sent.domain_id))
    return {"success": True}


def _many(request: Request[Any, Any, Any], body: bytes, *, archived: bool) -> dict[str, Any]:
    context = desk_of(request).context(request)
    sent = read_body(body, LinksChosen)
    domain_id = domain_reference(sent.domain_id)
    return done_json(archiving.archive_links(context, sent.ids, archived=archived, domain_id=domain_id))
