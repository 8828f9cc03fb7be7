"""The sign-in page, and the way out."""

import time
from dataclasses import replace
from typing import Any, Final

from litestar import Response

from linnet.actions.sign_in import sign_in
from linnet.dashboard.asking import address_of
from linnet.dashboard.forms import unwrapped
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import go_to
from linnet.dashboard.session import Sessions
from linnet.model.access import Rule, Subject

_HOME: Final = "/dashboard"


def sign_in_page(
    asked: Asked, *, error: str = "", email: str = "", back: str = "", kept: str = "", status: int = 200
) -> Response[Any]:
    """The sign-in page. Afterwards the browser goes ``back`` to an address of ours, or is offered the form that was
    ``kept``."""
    return asked.page("sign_in.html", status=status, error=error, email=email, back=back, kept=kept)


def resume_page(asked: Asked, action: str, fields: list[tuple[str, str]], *, had_files: bool = False) -> Response[Any]:
    """The page that offers a form once more that belonged to another session."""
    return asked.page("resume.html", action=action, fields=fields, had_files=had_files)


def _form(asked: Asked) -> Response[Any]:
    if asked.session is not None:
        return asked.go_to(_back(asked.query.text("back")))
    return sign_in_page(asked, back=asked.query.text("back"))


def _sign_in(asked: Asked) -> Response[Any]:
    """Begin a session. Attempts are bounded by the visitor's address and by the e-mail address, whoever sends it."""
    form, options = asked.form, asked.options
    email, password = form.raw("email"), form.raw("password")
    texts = {"email": email, "back": form.text("back"), "kept": form.raw("kept")}
    address = address_of(asked.request, options.trusted_proxies)
    names = (f"sign-in address {address}", f"sign-in email {email.strip().lower()[:254]}")
    if not all(options.admit(name) for name in names):
        return sign_in_page(asked, error="Too many attempts. Please wait a few minutes.", status=429, **texts)
    user = sign_in(asked.context.database, email, password)
    if user is None:
        return sign_in_page(asked, error="This e-mail address and password do not match.", status=401, **texts)
    session, cookie = _sessions(asked).begin(user, https=asked.https)
    kept = unwrapped(form.raw("kept"))
    if kept is None:
        return go_to(_back(texts["back"]), cookie)
    shown = resume_page(replace(asked, session=session), *kept)
    shown.set_cookie(cookie)
    return shown


def _sign_out(asked: Asked) -> Response[Any]:
    """End the session, if one of its pages asks for that."""
    return go_to("/sign-in", _sessions(asked).end())


def _sessions(asked: Asked) -> Sessions:
    return Sessions(asked.options.session_key, asked.options.find_user, time.time)


def _back(path: str) -> str:
    """Where to go on: an address of ours, whatever was sent."""
    return path if path.startswith("/dashboard") and "\\" not in path and "\n" not in path else _HOME


PAGES: Final = (
    Page("GET", "/sign-in", _form, Rule(Subject.ANYBODY)),
    Page("POST", "/sign-in", _sign_in, Rule(Subject.ANYBODY)),
    Page("POST", "/sign-out", _sign_out, Rule(Subject.SELF)),
)
