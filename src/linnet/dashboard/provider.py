"""Signing in with an account at the installation's OpenID Connect provider, and linking one."""

import hmac
from typing import Any, Final

from litestar import Response

from linnet.actions.identities import link_identity, user_of_claims
from linnet.dashboard.attempts import count_attempt
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import go_to, wait
from linnet.dashboard.security import refuse_stale
from linnet.dashboard.sign_in import back_to, sign_in_page, welcome_in
from linnet.dashboard.texts import gettext as _
from linnet.dashboard.tickets import Ticket
from linnet.model.access import Rule, Subject
from linnet.model.account import SignInMethod
from linnet.model.errors import NotAllowed, ProviderFailed, Refusal, TooManyRequests
from linnet.network.openid import Attempt, Claims, OpenidProvider

_SECURITY: Final = "/dashboard/security"
# What belongs to this browser's attempt alone: state, nonce, verifier, the way back, and who links an account (or nobody).
_ATTEMPT: Final = Ticket("linnet_provider", 600)


def _leave(asked: Asked) -> Response[Any]:
    """The way to the provider. By a link and not by a form, which the policy of our pages would not let lead there."""
    provider = asked.options.provider
    if provider is None:
        return go_to("/sign-in")
    try:
        count_attempt(asked, f"provider address {asked.visitor}")
    except TooManyRequests as refusal:
        return wait(sign_in_page(asked, error=refusal.message, status=429), refusal)
    links = "link" in asked.query
    if links:
        _refuse_led(asked)
    try:
        address, attempt = provider.begin()
    except ProviderFailed as refusal:
        return _refused(asked, refusal)
    back = _SECURITY if links else back_to(asked.query.text("back"))
    who = str(asked.signed_in.user.id) if links else ""
    return go_to(address, _ATTEMPT.write(asked, attempt.state, attempt.nonce, attempt.verifier, back, who))


def _refuse_led(asked: Asked) -> None:
    """Whoever is at the provider will sign in here from then on: that begins on the security page, and nowhere else, and soon
    after signing in, because it outlasts the session and the password."""
    if not hmac.compare_digest(asked.query.raw("link").encode("utf-8", "replace"), asked.signed_in.link_token.encode()):
        raise NotAllowed(_("Accounts are linked by the button on your security page. Please use that."))
    refuse_stale(asked)


def _arrive(asked: Asked) -> Response[Any]:
    """Back from the provider: only the browser that left is believed, and only once."""
    provider, ticket = asked.options.provider, _ATTEMPT.read(asked)
    if provider is None or ticket is None:
        begin_at = f"{asked.context.dashboard_url}/sign-in"
        error = _("That took too long, or began elsewhere. Please begin at %(address)s.") % {"address": begin_at}
        return sign_in_page(asked, error=error, status=401)
    *secrets, back, linked_to = ticket
    try:
        claims = _claims(asked, provider, Attempt(*secrets))
        shown = _link(asked, claims, linked_to) if linked_to else _sign_in(asked, claims, back)
    except (ProviderFailed, NotAllowed) as refusal:
        shown = _refused(asked, refusal)
    shown.set_cookie(_ATTEMPT.end(asked))
    return shown


def _claims(asked: Asked, provider: OpenidProvider, attempt: Attempt) -> Claims:
    query = asked.query
    if "error" in query:
        raise ProviderFailed(f"{provider.name} did not sign you in.")
    issuer = query.text("iss") if "iss" in query else None
    return provider.finish(attempt, state=query.text("state"), code=query.text("code"), issuer=issuer)


def _sign_in(asked: Asked, claims: Claims, back: str) -> Response[Any]:
    user = user_of_claims(asked.context, claims, admits_new=asked.options.admits_new)
    return welcome_in(asked, user, method=SignInMethod.PROVIDER, second_factor=claims.second_factor, back=back)


def _link(asked: Asked, claims: Claims, linked_to: str) -> Response[Any]:
    if asked.session is None or str(asked.session.user.id) != linked_to:
        raise NotAllowed(_("You are not signed in any more as who wanted to link the account. Please try again."))
    link_identity(asked.context, claims)
    return asked.go_to(_SECURITY, notice=_("You can sign in with this account from now on."))


def _refused(asked: Asked, refusal: Refusal) -> Response[Any]:
    if asked.session is not None:
        return asked.go_to(_SECURITY, notice=refusal.message)
    return sign_in_page(asked, error=refusal.message, status=asked.options.status_of(refusal))


PAGES: Final = (
    Page("GET", "/sign-in/provider", _leave, Rule(Subject.ANYBODY)),
    Page("GET", "/sign-in/provider/back", _arrive, Rule(Subject.ANYBODY)),
)
