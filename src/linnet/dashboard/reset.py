"""Another password for who forgot it: asking for a link, and following one."""

from typing import Any, Final

from litestar import Response

from linnet.actions.password_resets import mail_reset, reset_password, reset_user
from linnet.dashboard.attempts import count_attempt
from linnet.dashboard.forms import errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import wait
from linnet.dashboard.texts import gettext as _
from linnet.model.access import Rule, Subject
from linnet.model.errors import InvalidField, ResetNotFound, TooManyRequests

_WINDOW_SECONDS: Final = 900


def _ask_form(asked: Asked) -> Response[Any]:
    return _ask_page(asked)


def _ask(asked: Asked) -> Response[Any]:
    """Mail a link, if there is an account; the answer is the same for everybody, and comes as fast."""
    email = asked.form.text("email")
    names = (f"reset address {asked.visitor}", f"reset email {email.lower()[:254]}")
    try:
        count_attempt(asked, *names, limit=5, window_seconds=_WINDOW_SECONDS)
    except TooManyRequests as refusal:
        return wait(_ask_page(asked, error=refusal.message, email=email, status=429), refusal)
    if asked.options.sends_mail and not mail_reset(asked.context, email):
        return _ask_page(asked, error=_("Mail cannot be sent now. Please try again later."), email=email, status=503)
    return _ask_page(asked, email=email, done=True)


def _ask_page(asked: Asked, *, error: str = "", email: str = "", done: bool = False, status: int = 200) -> Response[Any]:
    sends_mail = asked.options.sends_mail
    return asked.page("reset.html", status=status, error=error, email=email, done=done, sends_mail=sends_mail)


def _choose_form(asked: Asked) -> Response[Any]:
    return _choose_page(asked)


def _choose(asked: Asked) -> Response[Any]:
    """Have another password, which is not the end of the second factor."""
    try:
        # Under a name of its own: a name has windows of one length.
        count_attempt(asked, f"chosen password address {asked.visitor}")
        reset_password(asked.context, asked.path["token"], asked.form.raw("password"))
    except InvalidField as refusal:
        return _choose_page(asked, errors_of(refusal), status=400)
    except TooManyRequests as refusal:
        return wait(_choose_page(asked, {"password": refusal.message}, status=429), refusal)
    except ResetNotFound as refusal:
        return _over(asked, refusal)
    return asked.go_to("/sign-in", notice=_("Your password is changed. Please sign in with it."))


def _choose_page(asked: Asked, errors: dict[str, str] | None = None, *, status: int = 200) -> Response[Any]:
    try:
        user = reset_user(asked.context, asked.path["token"])
    except ResetNotFound as refusal:
        return _over(asked, refusal)
    return asked.page("reset_choose.html", status=status, user=user, errors=errors or {})


def _over(asked: Asked, refusal: ResetNotFound) -> Response[Any]:
    return _ask_page(asked, error=refusal.message, status=404)


PAGES: Final = (
    Page("GET", "/reset", _ask_form, Rule(Subject.ANYBODY)),
    Page("POST", "/reset", _ask, Rule(Subject.ANYBODY)),
    Page("GET", "/reset/{token:str}", _choose_form, Rule(Subject.ANYBODY)),
    Page("POST", "/reset/{token:str}", _choose, Rule(Subject.ANYBODY)),
)
