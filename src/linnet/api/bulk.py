"""Many links in one call."""

from typing import Any

from litestar import Controller, Request, post
from litestar.params import RawBody

from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.api.auth import desk_of, read_json, read_value
from linnet.api.errors import refusal_body
from linnet.api.wire import BulkCreate, BulkLink, created_json, draft_of
from linnet.model.errors import InvalidField, Refusal
from linnet.model.unset import UNSET


class BulkController(Controller):
    """Contract b.2, createLinksBulk."""

    tags = ("Links",)

    @post("/links/bulk", status_code=200, sync_to_thread=True)
    def create_links_bulk(self, request: Request[Any, Any, Any], body: RawBody) -> list[dict[str, Any]]:
        """createLinksBulk: up to 1,000 links; the answer has a link or an error for each row, in order."""
        desk = desk_of(request)
        context = desk.context(request)
        sent = _sent(read_json(body))
        for_all = sent.allowDuplicates is True
        rows = [_row(value, for_all, sent) for value in sent.links]
        outcomes = create_links_bulk(context, sent.domain, rows)
        answers = []
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                refused = refusal_body(outcome)
                # Clients print a row's "error"; it must say what is wrong, not only that something is.
                answers.append(refused | {"error": outcome.message, "status": refused["statusCode"]})
            else:
                password = row.draft.password if not isinstance(row.draft, Refusal) else UNSET
                answers.append(created_json(outcome, desk.options, password))
        return answers


def _sent(value: object) -> BulkCreate:
    if isinstance(value, list):
        # As the client's README shows it (contract b.10): rows alone, each with its domain.
        domains = {row["domain"] for row in value if isinstance(row, dict) and isinstance(row.get("domain"), str)}
        if len(domains) != 1:
            raise InvalidField("domain is required, and has to be the same in all rows of a bare list.", field="domain")
        value = {"domain": domains.pop(), "links": value}
    return read_value(value, BulkCreate)


def _row(value: object, for_all: bool, sent: BulkCreate) -> BulkRow:
    try:
        link = read_value(value, BulkLink)
        if isinstance(sent.folderId, str) and not isinstance(link.folderId, str):
            link.folderId = sent.folderId
        own = link.allowDuplicates
        return BulkRow(draft_of(link), own if isinstance(own, bool) else for_all)
    except Refusal as refusal:
        return BulkRow(refusal, for_all)
