"""The sign-in page, its second step, and the way out."""

from dataclasses import replace
from typing import Any, Final

from litestar import Response
from litestar.datastructures import Cookie

from linnet.actions.installation import is_initialised
from linnet.actions.second_factor import give_second_factor, second_factor_state
from linnet.actions.sign_in import find_person, sign_in
from linnet.dashboard.attempts import count_attempt
from linnet.dashboard.forms import Kept, unwrapped
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import go_to, wait
from linnet.dashboard.session import Session, Sessions
from linnet.dashboard.texts import gettext as _
from linnet.dashboard.tickets import Ticket
from linnet.model.access import Actor, Rule, Subject, User
from linnet.model.account import SignInMethod
from linnet.model.errors import TooManyRequests

_HOME: Final = "/dashboard"
_DAY: Final = 24 * 3600
# Who has shown a first factor, and how, while the second one is asked for.
_HALF_WAY: Final = Ticket("linnet_half_way", 600)


def sign_in_page(
    asked: Asked, *, error: str = "", email: str = "", back: str = "", kept: str = "", status: int = 200
) -> Response[Any]:
    """The sign-in page. Afterwards the browser goes ``back`` to an address of ours, or is offered the form that was
    ``kept``."""
    provider = asked.options.provider
    texts = {"error": error, "email": email, "back": back, "kept": kept}
    # Who signs in at the provider leaves this page: in another tab, so that the form waits here.
    waiting = unwrapped(kept) if provider is not None else None
    name = provider.name if provider is not None else ""
    return asked.page("sign_in.html", status=status, provider=name, waiting=waiting, **texts)


def resume_page(asked: Asked, action: str, kept: Kept, *, had_files: bool = False) -> Response[Any]:
    """The page that offers a form once more that belonged to another session."""
    return asked.page("resume.html", action=action, fields=kept.fields, again=kept.again, had_files=had_files)


def welcome_in(
    asked: Asked, user: User, *, method: SignInMethod, second_factor: bool, back: str, kept: str = ""
) -> Response[Any]:
    """Sign in who has shown one factor: at once, or after the second one where there is one and none was given elsewhere."""
    context = replace(asked.context, actor=Actor(user_id=user.id))
    if not second_factor and second_factor_state(context).is_on:
        shown = _second_page(asked, back=back, kept=kept)
        shown.set_cookie(_HALF_WAY.write(asked, str(user.id), method.value))
        return shown
    return _arrive(asked, user, method=method, second_factor=second_factor, back=back, kept=kept)


def begin(asked: Asked, user: User, *, method: SignInMethod, second_factor: bool = False) -> tuple[Session, Cookie]:
    """A new session of ``user`` in this browser, and its cookie."""
    return sessions_of(asked).begin(asked.context, user, asked.request, method=method, second_factor=second_factor)


def sessions_of(asked: Asked) -> Sessions:
    """What makes and ends sessions."""
    options = asked.options
    return Sessions(options.session_key, options.find_session, options.trusted_proxies)


def back_to(path: str) -> str:
    """Where to go on: an address of ours, whatever was sent."""
    whole = path.startswith("/dashboard") and path[10:11] in ("", "/", "?")
    # Control characters would break the header in which it is sent.
    return path if whole and "\\" not in path and path.isprintable() and len(path) < 2000 else _HOME


def _form(asked: Asked) -> Response[Any]:
    if asked.session is not None:
        return asked.go_to(back_to(asked.query.text("back")))
    if not is_initialised(asked.context.database):
        return go_to("/welcome")
    return sign_in_page(asked, back=asked.query.text("back"))


def _sign_in(asked: Asked) -> Response[Any]:
    """Begin a session. Attempts are bounded by the visitor's address and by the e-mail address, whoever sends it."""
    form = asked.form
    email, password = form.raw("email"), form.raw("password")
    texts = {"email": email, "back": form.text("back"), "kept": form.raw("kept")}
    names = (f"sign-in address {asked.visitor}", f"sign-in email {email.strip().lower()[:254]}")
    try:
        count_attempt(asked, *names)
        user = sign_in(asked.context.database, email, password)
    except TooManyRequests as refusal:
        return wait(sign_in_page(asked, error=refusal.message, status=429, **texts), refusal)
    if user is None:
        return sign_in_page(asked, error=_("This e-mail address and password do not match."), status=401, **texts)
    way = {"back": texts["back"], "kept": texts["kept"]}
    return welcome_in(asked, user, method=SignInMethod.PASSWORD, second_factor=False, **way)


def _second_form(asked: Asked) -> Response[Any]:
    return _second_page(asked) if _HALF_WAY.read(asked) is not None else go_to("/sign-in")


def _second_step(asked: Asked) -> Response[Any]:
    """Take the second factor of who has shown the first. Codes are short, so that few may be tried in a day."""
    ticket = _HALF_WAY.read(asked)
    way = {"back": asked.form.text("back"), "kept": asked.form.raw("kept")}
    user = find_person(asked.context.database, int(ticket[0])) if ticket is not None else None
    if ticket is None or user is None:
        return sign_in_page(asked, error=_("That took too long. Please begin again."), status=401, **way)
    try:
        count_second_factor(asked, user.id)
    except TooManyRequests as refusal:
        return wait(_second_page(asked, error=refusal.message, status=429, **way), refusal)
    if not give_second_factor(replace(asked.context, actor=Actor(user_id=user.id)), asked.form.text("code")):
        error = _("This is neither the app's code of this minute nor an unused recovery code.")
        return _second_page(asked, error=error, status=401, **way)
    shown = _arrive(asked, user, method=SignInMethod(ticket[1]), second_factor=True, **way)
    shown.set_cookie(_HALF_WAY.end(asked))
    return shown


def count_second_factor(asked: Asked, user_id: int) -> None:
    """Count that another code of this user is tried; TooManyRequests after ten in five minutes, and a hundred in a day."""
    count_attempt(asked, f"second factor address {asked.visitor}", f"second factor of {user_id}")
    count_attempt(asked, f"second factor of {user_id} in a day", limit=100, window_seconds=_DAY)


def _second_page(asked: Asked, *, error: str = "", back: str = "", kept: str = "", status: int = 200) -> Response[Any]:
    return asked.page("second_step.html", status=status, error=error, back=back, kept=kept)


def _arrive(asked: Asked, user: User, *, method: SignInMethod, second_factor: bool, back: str, kept: str) -> Response[Any]:
    session, cookie = begin(asked, user, method=method, second_factor=second_factor)
    form = unwrapped(kept)
    if form is None:
        return go_to(back_to(back), cookie)
    # The page lists the domains of who signed in.
    context = replace(asked.context, actor=asked.options.find_actor(user.id, session.second_factor))
    shown = resume_page(replace(asked, session=session, context=context), *form)
    shown.set_cookie(cookie)
    return shown


def _sign_out(asked: Asked) -> Response[Any]:
    """End the session, if one of its pages asks for that."""
    return go_to("/sign-in", sessions_of(asked).end(asked.context, asked.signed_in, asked.request))


PAGES: Final = (
    Page("GET", "/sign-in", _form, Rule(Subject.ANYBODY)),
    Page("POST", "/sign-in", _sign_in, Rule(Subject.ANYBODY)),
    Page("GET", "/sign-in/code", _second_form, Rule(Subject.ANYBODY)),
    Page("POST", "/sign-in/code", _second_step, Rule(Subject.ANYBODY)),
    Page("POST", "/sign-out", _sign_out, Rule(Subject.SELF)),
)
