"""The start page: domains, a form for a link, the latest links with their clicks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody

from linnet.actions import domains, link_queries, links
from linnet.actions.context import Context
from linnet.actions.statistics import Report, StatisticsRequest, domain_report, link_report
from linnet.dashboard.asking import AnyRequest, form_of, is_https
from linnet.dashboard.options import DashboardOptions
from linnet.dashboard.render import go_to, page
from linnet.dashboard.session import Session, Sessions
from linnet.model.errors import DomainNotFound, LinkNotFound, NotAllowed, Refusal, StatisticsUnavailable, StorageUnavailable
from linnet.model.link import Link, LinkDraft
from linnet.model.statistics import Period
from linnet.model.unset import UNSET

_LATEST = 20
# Domains beyond these are listed without their clicks and latest links, which cost a question each.
_DOMAINS_ASKED = 20
_LAST_30 = StatisticsRequest(period=Period.LAST_30, skip_tops=True)
_ALL_TIME = StatisticsRequest(period=Period.TOTAL, skip_tops=True)
K = TypeVar("K", int, str)


@dataclass(frozen=True, slots=True)
class LatestLink:
    """A row of the list; ``clicks`` of all time, None when the statistics cannot be asked."""

    short_url: str
    link: Link
    clicks: int | None


def home_handlers(options: DashboardOptions, sessions: Sessions) -> list[HTTPRouteHandler]:
    """What answers under / and takes its form."""

    @get("/", sync_to_thread=True)
    def home(request: AnyRequest) -> Response[Any]:
        """The start page."""
        session = sessions.of(request)
        return _home(options, request, session) if session is not None else go_to("/sign-in")

    @post("/dashboard/links", status_code=200, sync_to_thread=True)
    def create_link(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Create a link from the form."""
        session, sent = sessions.of(request), form_of(body)
        if session is None or not session.sent(request, sent):
            return go_to("/sign-in")
        path = sent.get("path", "").strip()
        draft = LinkDraft(original_url=sent.get("original_url", ""), path=path or UNSET)
        try:
            links.create_link(_context(options, session), sent.get("domain", ""), draft, source="website")
        except StorageUnavailable:
            raise
        except Refusal as refusal:
            return _home(options, request, session, error=refusal.message, sent=sent)
        return go_to("/")

    return [home, create_link]


def _home(
    options: DashboardOptions, request: AnyRequest, session: Session, *, error: str = "", sent: Mapping[str, str] | None = None
) -> Response[Any]:
    context = _context(options, session)
    owned = domains.list_domains(context, limit=300)
    asked = owned[:_DOMAINS_ASKED]
    found = [each for domain in asked for each in link_queries.list_links(context, domain.id, limit=_LATEST).links]
    newest = sorted(found, key=lambda each: each.link.created_at, reverse=True)[:_LATEST]
    engine = options.statistics
    of_domain = _clicks((each.id for each in asked), lambda number: domain_report(context, engine, number, _LAST_30))
    of_link = _clicks((each.link.id for each in newest), lambda link_id: link_report(context, engine, link_id, _ALL_TIME))
    scheme = "https" if is_https(request, options.trusted_proxies) else "http"
    return page(
        "home.html",
        status=400 if error else 200,
        session=session,
        domains=owned,
        clicks=of_domain,
        latest=[
            LatestLink(options.short_url(each.domain, each.link.path), each.link, of_link.get(each.link.id)) for each in newest
        ],
        error=error,
        sent=sent or {},
        address=f"{scheme}://{request.headers.get('host', 'localhost')}",
    )


def _context(options: DashboardOptions, session: Session) -> Context:
    return options.make_context(options.find_actor(session.user.id))


def _clicks(keys: Iterable[K], ask: Callable[[K], Report]) -> dict[K, int]:
    """The clicks of each that is still there and the user's to see; of those before the statistics stop answering."""
    told: dict[K, int] = {}
    for key in keys:
        try:
            told[key] = ask(key).overview.totals.clicks
        except (DomainNotFound, LinkNotFound, NotAllowed):
            continue
        except StatisticsUnavailable:
            break
    return told
