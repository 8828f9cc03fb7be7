"""The dashboard's pages: sign in, sign out, and the start page with a form for a new link."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response, Router, get, post
from litestar.params import RawBody
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

from linnet.actions import domains, links
from linnet.actions.context import Context
from linnet.actions.sign_in import sign_in
from linnet.actions.statistics import StatisticsRequest, domain_report
from linnet.dashboard.render import page
from linnet.dashboard.session import Session, Sessions, is_same_origin
from linnet.model.access import Actor, User
from linnet.model.domain import Domain
from linnet.model.errors import Refusal, StatisticsUnavailable, StorageUnavailable
from linnet.model.link import LinkDraft
from linnet.model.unset import UNSET
from linnet.statistics.engine import StatisticsEngine

_LATEST = 20
_MAX_FORM_BYTES = 64 * 1024
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """``admit`` says whether another sign-in attempt under a name may be made now; ``short_url`` gives a link's address."""

    session_key: bytes
    make_context: Callable[[Actor], Context]
    statistics: StatisticsEngine
    admit: Callable[[str], bool]
    short_url: Callable[[Domain, str], str]
    find_user: Callable[[int], tuple[User, str] | None]


def create_routers(options: DashboardOptions) -> list[Router]:
    """The routers of the dashboard's pages and of its assets."""
    pages = _Pages(options)

    @get("/", sync_to_thread=True)
    def home(request: AnyRequest) -> Response[Any]:
        """The start page: the reader's domains, a form for a link, the latest links."""
        return pages.home(request)

    @get("/sign-in", sync_to_thread=True)
    def sign_in_form(request: AnyRequest) -> Response[Any]:
        """The sign-in page."""
        return pages.sign_in_form(request)

    @post("/sign-in", status_code=200, sync_to_thread=True)
    def sign_in_now(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Sign in."""
        return pages.sign_in(request, _form(body))

    @post("/sign-out", status_code=200, sync_to_thread=True)
    def sign_out(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Sign out."""
        return pages.sign_out(request, _form(body))

    @post("/dashboard/links", status_code=200, sync_to_thread=True)
    def create_link(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Create a link from the form."""
        return pages.create_link(request, _form(body))

    handlers: list[Any] = [home, sign_in_form, sign_in_now, sign_out, create_link]
    static = Path(__file__).parent / "static"
    static.mkdir(exist_ok=True)
    return [
        Router("/", route_handlers=handlers, include_in_schema=False),
        create_static_files_router("/static", [static], include_in_schema=False),
    ]


class _Pages:
    def __init__(self, options: DashboardOptions) -> None:
        self._options = options
        self._sessions = Sessions(options.session_key, options.find_user, time.time)

    def home(self, request: AnyRequest, *, error: str = "", sent: dict[str, str] | None = None) -> Response[Any]:
        session = self._session(request)
        if session is None:
            return Redirect("/sign-in", status_code=303)
        context = self._options.make_context(Actor(user_id=session.user.id))
        owned = domains.list_domains(context, limit=300)
        latest = [
            (self._options.short_url(each.domain, each.link.path), each.link)
            for domain in owned[:1]
            for each in links.list_links(context, domain.id, limit=_LATEST).links
        ]
        return page(
            "home.html",
            status=400 if error else 200,
            session=session,
            domains=owned,
            clicks={domain.id: self._clicks(context, domain) for domain in owned[:_LATEST]},
            latest=latest,
            error=error,
            sent=sent or {},
            address=str(request.base_url).rstrip("/"),
        )

    def sign_in_form(self, request: AnyRequest, *, error: str = "", email: str = "", status: int = 200) -> Response[Any]:
        if not error and self._session(request) is not None:
            return Redirect("/", status_code=303)
        return page("sign_in.html", status=status, error=error, email=email)

    def sign_in(self, request: AnyRequest, sent: dict[str, str]) -> Response[Any]:
        email, password = sent.get("email", ""), sent.get("password", "")
        if not is_same_origin(request):
            return self.sign_in_form(request, error="The form came from another site. Please try again here.", status=403)
        peer = request.client.host if request.client is not None else ""
        names = (f"sign-in address {peer}", f"sign-in email {email.strip().lower()[:254]}")
        if not all(self._options.admit(name) for name in names):
            return self.sign_in_form(request, error="Too many attempts. Please wait a few minutes.", email=email, status=429)
        context = self._options.make_context(Actor(user_id=0))
        user = sign_in(context.database, email, password)
        if user is None:
            return self.sign_in_form(request, error="This e-mail address and password do not match.", email=email, status=401)
        response: Response[Any] = Redirect("/", status_code=303)
        response.set_cookie(self._sessions.begin(user.id, https=request.url.scheme == "https"))
        return response

    def sign_out(self, request: AnyRequest, sent: dict[str, str]) -> Response[Any]:
        response: Response[Any] = Redirect("/sign-in", status_code=303)
        if self._allowed(request, sent) is not None:
            response.set_cookie(self._sessions.end())
        return response

    def create_link(self, request: AnyRequest, sent: dict[str, str]) -> Response[Any]:
        session = self._allowed(request, sent)
        if session is None:
            return Redirect("/sign-in", status_code=303)
        context = self._options.make_context(Actor(user_id=session.user.id))
        path = sent.get("path", "").strip()
        draft = LinkDraft(original_url=sent.get("original_url", ""), path=path or UNSET)
        try:
            links.create_link(context, sent.get("domain", ""), draft, source="website")
        except StorageUnavailable as refusal:
            return page("unavailable.html", status=503, message=refusal.message)
        except Refusal as refusal:
            return self.home(request, error=refusal.message, sent=sent)
        return Redirect("/", status_code=303)

    def _session(self, request: AnyRequest) -> Session | None:
        return self._sessions.of(request)

    def _allowed(self, request: AnyRequest, sent: dict[str, str]) -> Session | None:
        session = self._session(request)
        ours = session is not None and sent.get("form_token") == session.form_token
        return session if ours and is_same_origin(request) else None

    def _clicks(self, context: Context, domain: Domain) -> int | None:
        try:
            report = domain_report(context, self._options.statistics, domain.id, StatisticsRequest(skip_tops=True))
        except StatisticsUnavailable:
            return None
        return report.overview.totals.clicks


def _form(body: bytes) -> dict[str, str]:
    if len(body) > _MAX_FORM_BYTES:
        return {}
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    return {name: values[-1] for name, values in fields.items()}
