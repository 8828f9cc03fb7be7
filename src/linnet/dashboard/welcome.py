"""The first start: an owner, a domain, a link, and its first click."""

import base64
import hmac
import json
from typing import Any, Final

from litestar import Response

from linnet.actions import domains, links
from linnet.actions.installation import create_owner, is_initialised
from linnet.actions.keys import KeyDraft, create_key
from linnet.actions.link_queries import get_link
from linnet.actions.statistics import StatisticsRequest, link_report
from linnet.dashboard.attempts import count_attempt
from linnet.dashboard.forms import errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import go_to, wait
from linnet.dashboard.sign_in import begin
from linnet.dashboard.tickets import Ticket
from linnet.model.access import Action, KeyKind, Rule, Subject
from linnet.model.account import SignInMethod
from linnet.model.errors import AlreadyInitialised, Refusal, StatisticsUnavailable, TooManyRequests
from linnet.model.link import LinkDraft
from linnet.model.statistics import Period, Totals
from linnet.model.unset import UNSET

_FIRST_DOMAIN: Final = "go.localhost"
_STEPS: Final = "/dashboard/welcome"
_ALL_TIME: Final = StatisticsRequest(period=Period.TOTAL, skip_tops=True)
# The new key on its way from the form to the page that shows it once.
_KEY: Final = Ticket("linnet_first_key", 300)
_PURPOSE: Final = "first key on its way to its page"


def _welcome(asked: Asked) -> Response[Any]:
    if is_initialised(asked.context.database):
        return go_to(_STEPS + "/domain" if asked.session is not None else "/sign-in")
    if not _knows(asked, asked.query.text("token")):
        return _stranger(asked)
    return asked.page("welcome.html", token=asked.query.text("token"), sent=asked.form, errors={}, problem="")


def _stranger(asked: Asked) -> Response[Any]:
    return asked.page("welcome_stranger.html", status=401)


def _create_owner(asked: Asked) -> Response[Any]:
    """Make whoever has the link that the server printed the owner, and sign in."""
    form, token = asked.form, asked.form.text("token")
    try:
        count_attempt(asked, f"welcome address {asked.visitor}")
    except TooManyRequests as refusal:
        shown = asked.page("welcome.html", status=429, token=token, sent=form, errors={}, problem=refusal.message)
        return wait(shown, refusal)
    if not _knows(asked, token):
        return go_to("/sign-in") if is_initialised(asked.context.database) else _stranger(asked)
    try:
        owner = create_owner(
            asked.context, email=form.text("email"), password=form.raw("password"), name=form.text("name") or None
        )
    except AlreadyInitialised:
        return go_to("/sign-in")
    except Refusal as refusal:
        return asked.page("welcome.html", status=400, token=token, sent=form, errors=errors_of(refusal), problem="")
    _, cookie = begin(asked, owner, method=SignInMethod.PASSWORD)
    return go_to(f"{_STEPS}/domain", cookie)


def _knows(asked: Asked, token: str) -> bool:
    expected = asked.options.setup_token
    return bool(expected) and hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode())


def _domain_form(asked: Asked) -> Response[Any]:
    return _domain_page(asked, asked.query.text("hostname", _FIRST_DOMAIN))


def _create_domain(asked: Asked) -> Response[Any]:
    hostname = asked.form.text("hostname")
    try:
        domain = domains.create_domain(asked.context, hostname, reserved=asked.options.reserved_hosts)
    except Refusal as refusal:
        return _domain_page(asked, hostname, refusal)
    return asked.go_to(f"{_STEPS}/link?domain={domain.hostname}")


def _domain_page(asked: Asked, hostname: str, refusal: Refusal | None = None) -> Response[Any]:
    errors = errors_of(refusal, "hostname")
    owned = asked.domains()
    return asked.page("welcome_domain.html", status=400 if errors else 200, hostname=hostname, errors=errors, owned=owned)


def _link_form(asked: Asked) -> Response[Any]:
    return _link_page(asked)


def _create_link(asked: Asked) -> Response[Any]:
    """Make the link, and a key for those who would rather type."""
    form = asked.form
    draft = LinkDraft(original_url=form.text("originalURL"), path=form.text("path") or UNSET)
    try:
        made = links.create_link(asked.context, form.text("domain"), draft, source="website")
        key, _ = create_key(asked.context, KeyDraft(kind=KeyKind.SECRET, description="First key"))
    except Refusal as refusal:
        return _link_page(asked, refusal)
    sealed = base64.b64encode(asked.context.seal.close(key.encode(), purpose=_PURPOSE)).decode()
    shown = asked.go_to(f"{_STEPS}/done/{made.link.id}")
    shown.set_cookie(_KEY.write(asked, sealed))
    return shown


def _link_page(asked: Asked, refusal: Refusal | None = None) -> Response[Any]:
    owned = asked.domains()
    if not owned:
        return asked.go_to(f"{_STEPS}/domain")
    sent = asked.form if refusal is not None else asked.query
    errors = errors_of(refusal, "originalURL")
    return asked.page("welcome_link.html", status=400 if errors else 200, sent=sent, errors=errors, owned=owned)


def _done(asked: Asked) -> Response[Any]:
    """The first link, to be clicked, and a line that makes another one; its key is shown this once."""
    found = get_link(asked.context, asked.path["link_id"])
    link, domain = found.link, found.domain
    ticket = _KEY.read(asked)
    key = ""
    if ticket:
        key = asked.context.seal.open(base64.b64decode(ticket[0]), purpose=_PURPOSE).decode()
    body = json.dumps({"domain": domain.hostname, "originalURL": "https://example.com/"})
    curl = (
        f"curl {asked.address}/links \\\n  -H 'authorization: {key or 'YOUR_SECRET_KEY'}' \\\n"
        f"  -H 'content-type: application/json' \\\n  -d '{body}'"
    )
    short_url = asked.options.short_url(domain, link.path)
    shown = asked.page(
        "welcome_done.html", link=link, domain=domain, short_url=short_url, key=key, curl=curl, clicks=_count(asked)
    )
    if ticket:
        shown.set_cookie(_KEY.end(asked))
    return shown


def _clicks(asked: Asked) -> Response[Any]:
    return asked.page("welcome_clicks.html", clicks=_count(asked))


def _count(asked: Asked) -> Totals | None:
    """The link's clicks, of people and of bots; None while the statistics cannot be asked."""
    try:
        report = link_report(asked.context, asked.options.statistics, asked.path["link_id"], _ALL_TIME)
    except StatisticsUnavailable:
        return None
    return report.overview.totals


_SELF: Final = Rule(Subject.SELF)
_OF_LINK: Final = Rule(Subject.LINK, Action.READ_STATISTICS)
PAGES: Final = (
    Page("GET", "/welcome", _welcome, Rule(Subject.ANYBODY)),
    Page("POST", "/welcome", _create_owner, Rule(Subject.ANYBODY)),
    Page("GET", f"{_STEPS}/domain", _domain_form, _SELF),
    Page("POST", f"{_STEPS}/domain", _create_domain, _SELF),
    Page("GET", f"{_STEPS}/link", _link_form, _SELF),
    Page("POST", f"{_STEPS}/link", _create_link, _SELF),
    Page("GET", f"{_STEPS}/done/{{link_id:str}}", _done, _OF_LINK),
    Page("GET", f"{_STEPS}/clicks/{{link_id:str}}", _clicks, _OF_LINK),
)
