"""The sign-in page, and the way out."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody

from linnet.actions.sign_in import sign_in
from linnet.dashboard.asking import AnyRequest, address_of, form_of, is_https, is_same_origin
from linnet.dashboard.options import DashboardOptions
from linnet.dashboard.render import go_to, page
from linnet.dashboard.session import Sessions
from linnet.model.access import Actor

_NOBODY = Actor(user_id=0)


def sign_in_handlers(options: DashboardOptions, sessions: Sessions) -> list[HTTPRouteHandler]:
    """What answers under /sign-in and /sign-out."""

    @get("/sign-in", sync_to_thread=True)
    def sign_in_form(request: AnyRequest) -> Response[Any]:
        """The sign-in page."""
        return go_to("/") if sessions.of(request) is not None else _form()

    @post("/sign-in", status_code=200, sync_to_thread=True)
    def sign_in_now(request: AnyRequest, body: RawBody) -> Response[Any]:
        """Begin a session. Attempts are bounded by the visitor's address and by the e-mail address, whoever sends it."""
        sent = form_of(body)
        email, password = sent.get("email", ""), sent.get("password", "")
        if not is_same_origin(request):
            return _form("The form came from another site. Please try again here.", status=403)
        address = address_of(request, options.trusted_proxies)
        names = (f"sign-in address {address}", f"sign-in email {email.strip().lower()[:254]}")
        if not all(options.admit(name) for name in names):
            return _form("Too many attempts. Please wait a few minutes.", email, status=429)
        user = sign_in(options.make_context(_NOBODY).database, email, password)
        if user is None:
            return _form("This e-mail address and password do not match.", email, status=401)
        return go_to("/", sessions.begin(user.id, https=is_https(request, options.trusted_proxies)))

    @post("/sign-out", status_code=200, sync_to_thread=True)
    def sign_out(request: AnyRequest, body: RawBody) -> Response[Any]:
        """End the session, if one of its pages asks for that."""
        session = sessions.of(request)
        ours = session is not None and session.sent(request, form_of(body))
        return go_to("/sign-in", sessions.end() if ours else None)

    return [sign_in_form, sign_in_now, sign_out]


def _form(error: str = "", email: str = "", *, status: int = 200) -> Response[Any]:
    return page("sign_in.html", status=status, error=error, email=email)
