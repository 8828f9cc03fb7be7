"""Many links in one call."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, delete, post
from litestar.params import RawBody

from linnet.actions.bulk import MAX_LINKS, BulkRow, create_links_bulk
from linnet.actions.context import Context
from linnet.actions.placing import LinkInDomain
from linnet.actions.removing import delete_links
from linnet.api.auth import desk_of
from linnet.api.bodies import read_body, read_json, read_value
from linnet.api.errors import refusal_body
from linnet.api.options import ApiOptions
from linnet.api.wire import BulkCreate, BulkLink, LinksChosen, created_json, done_json, draft_of
from linnet.model.errors import DomainNotFound, InvalidField, Refusal, TooLarge
from linnet.model.unset import UNSET


class BulkController(Controller):
    """Contract b.2, createLinksBulk and deleteLinksBulk."""

    tags = ("Links",)

    @post("/links/bulk", status_code=200, sync_to_thread=True)
    def create_links_bulk(self, request: Request[Any, Any, Any], body: RawBody) -> list[dict[str, Any]]:
        """createLinksBulk: up to 1,000 links; the answer has a link or an error for each row, in order."""
        desk = desk_of(request)
        context = desk.context(request)
        value = read_json(body)
        if isinstance(value, list):
            return _of_bare_list(context, desk.options, value)
        sent = read_value(value, BulkCreate)
        rows = [_row(each, sent) for each in sent.links]
        return _answers(rows, create_links_bulk(context, sent.domain, rows), desk.options)

    @delete("/links/delete_bulk", status_code=200, sync_to_thread=True)
    def delete_links_bulk(self, request: Request[Any, Any, Any], body: RawBody) -> dict[str, Any]:
        """deleteLinksBulk: remove at most 150 links."""
        context = desk_of(request).context(request)
        return done_json(delete_links(context, read_body(body, LinksChosen).ids))


def _of_bare_list(context: Context, options: ApiOptions, values: list[Any]) -> list[dict[str, Any]]:
    """As the client's README shows it (contract b.10): rows alone, each with its domain, in one transaction for each domain."""
    if len(values) > MAX_LINKS:
        raise TooLarge(f"The list holds {len(values)} links; at most {MAX_LINKS} are allowed in one call.", field="links")
    by_domain: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        domain = value.get("domain") if isinstance(value, dict) else None
        by_domain.setdefault(domain if isinstance(domain, str) else "", []).append(place)
    if set(by_domain) <= {""}:
        raise InvalidField("domain is required, beside links or in every row of a bare list.", field="domain")
    answers: dict[int, dict[str, Any]] = {}
    passwords: set[str] = set()
    for domain, places in by_domain.items():
        rows = [_row(values[place], BulkCreate(domain=domain, links=[])) for place in places]
        outcomes: Sequence[LinkInDomain | Refusal]
        if not domain:
            refused = InvalidField("domain is required in every row of a bare list.", field="domain")
            answers.update(zip(places, _answers(rows, [refused] * len(rows), options), strict=True))
            continue
        try:
            outcomes = create_links_bulk(context, domain, rows, passwords=passwords)
        except DomainNotFound as refusal:
            if len(by_domain) == 1:
                raise
            outcomes = [refusal] * len(rows)
        answers.update(zip(places, _answers(rows, outcomes, options), strict=True))
    return [answers[place] for place in range(len(values))]


def _answers(rows: Sequence[BulkRow], outcomes: Sequence[LinkInDomain | Refusal], options: ApiOptions) -> list[dict[str, Any]]:
    answers = []
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, Refusal):
            refused = refusal_body(outcome)
            # Clients print a row's "error"; it must say what is wrong, not only that something is.
            answers.append(refused | {"error": outcome.message, "status": refused["statusCode"]})
        else:
            password = row.draft.password if not isinstance(row.draft, Refusal) else UNSET
            answers.append(created_json(outcome, options, password))
    return answers


def _row(value: object, sent: BulkCreate) -> BulkRow:
    for_all = sent.allowDuplicates is True
    try:
        link = read_value(value, BulkLink)
        if isinstance(sent.folderId, str) and not isinstance(link.folderId, str) and not isinstance(link.FolderId, str):
            link.folderId = sent.folderId
        own = link.allowDuplicates
        return BulkRow(draft_of(link), own if isinstance(own, bool) else for_all)
    except Refusal as refusal:
        return BulkRow(refusal, for_all)
