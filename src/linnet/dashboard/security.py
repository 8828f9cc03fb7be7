"""The security page: password, second factor, sessions, and accounts elsewhere."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from litestar import Response

from linnet.actions.identities import list_identities, unlink_identity
from linnet.actions.own_password import change_password, has_password
from linnet.actions.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    open_enrolment,
    renew_recovery_codes,
    second_factor_state,
    switch_off,
)
from linnet.actions.sessions import list_sessions, revoke_other_sessions, revoke_session
from linnet.dashboard.attempts import count_password
from linnet.dashboard.forms import errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.sign_in import begin, count_second_factor
from linnet.dashboard.texts import gettext
from linnet.model.access import Rule, Subject
from linnet.model.account import SessionRecord, SignInMethod
from linnet.model.errors import InvalidField, NotAllowed
from linnet.qr.draw import draw
from linnet.qr.style import ImageType, QrStyle
from linnet.visitor.agent import agent_of

_HERE: Final = "/dashboard/security"
_ENROLMENT: Final = f"{_HERE}/second-factor"
# In the place of a password that somebody does not have.
_FRESH: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A row of the list: the browser as people call it, and whether it is the one that looks at the list."""

    record: SessionRecord
    browser: str
    is_this: bool


def _security(asked: Asked) -> Response[Any]:
    return _page(asked)


def _page(asked: Asked, refusal: InvalidField | None = None, *, form: str = "") -> Response[Any]:
    """The page; ``form`` is the one of its forms that was refused, whose fields show why."""
    context, this = asked.context, asked.signed_in.id
    provider = asked.options.provider
    return asked.page(
        "security.html",
        status=200 if refusal is None else 400,
        has_password=has_password(context),
        factor=second_factor_state(context),
        sessions=[ListedSession(each, _browser(each.agent), each.id == this) for each in list_sessions(context)],
        identities=list_identities(context),
        provider=provider.name if provider is not None else "",
        form=form,
        errors=errors_of(refusal),
    )


def _change_password(asked: Asked) -> Response[Any]:
    """Another password: every session ends, and this browser gets a new one."""
    form = asked.form
    _count_password(asked)
    try:
        change_password(asked.context, form.raw("current_password"), form.raw("new_password"))
    except InvalidField as refusal:
        return _page(asked, refusal, form="password")
    session = asked.signed_in
    _, cookie = begin(asked, session.user, method=SignInMethod.PASSWORD, second_factor=session.second_factor)
    shown = asked.go_to(_HERE, notice=gettext("Your password is changed, and your other sessions are over."))
    shown.set_cookie(cookie)
    return shown


def _begin_enrolment(asked: Asked) -> Response[Any]:
    _count_password(asked)
    try:
        begin_enrolment(asked.context, asked.form.raw("password"))
    except InvalidField as refusal:
        return _page(asked, refusal, form="enrol")
    return asked.go_to(_ENROLMENT)


def _enrolment(asked: Asked) -> Response[Any]:
    return _enrolment_page(asked)


def _enrolment_page(asked: Asked, refusal: InvalidField | None = None) -> Response[Any]:
    enrolment = open_enrolment(asked.context)
    if enrolment is None:
        return asked.go_to(_HERE)
    image = draw(enrolment.uri, QrStyle(type=ImageType.SVG))
    return asked.page(
        "second_factor.html",
        status=200 if refusal is None else 400,
        image=f"data:image/svg+xml;base64,{base64.b64encode(image).decode()}",
        secret=" ".join(enrolment.secret[start : start + 4] for start in range(0, len(enrolment.secret), 4)),
        errors={} if refusal is None else {"code": refusal.message},
    )


def _confirm_enrolment(asked: Asked) -> Response[Any]:
    """Switch the second factor on, and show the recovery codes once."""
    _count_code(asked)
    try:
        codes = confirm_enrolment(asked.context, asked.form.text("code"), session_id=asked.signed_in.id)
    except InvalidField as refusal:
        return _enrolment_page(asked, refusal)
    return _codes_page(asked, codes, is_new=True)


def _renew_codes(asked: Asked) -> Response[Any]:
    _count_password(asked)
    _count_code(asked)
    try:
        codes = renew_recovery_codes(asked.context, asked.form.raw("password"), asked.form.text("code"))
    except InvalidField as refusal:
        return _page(asked, refusal, form="codes")
    return _codes_page(asked, codes, is_new=False)


def _codes_page(asked: Asked, codes: Sequence[str], *, is_new: bool) -> Response[Any]:
    """The codes, which are shown this once, and as a file that the page itself holds."""
    whose = gettext("Recovery codes of %(email)s for Linnet at %(where)s, each for one time")
    heading = whose % {"email": asked.signed_in.user.email, "where": asked.context.dashboard_url}
    text = "\n".join([heading, "", *codes, ""])
    return asked.page("recovery_codes.html", codes=codes, is_new=is_new, file=f"data:text/plain;charset=utf-8,{quote(text)}")


def _switch_off(asked: Asked) -> Response[Any]:
    _count_password(asked)
    _count_code(asked)
    try:
        switch_off(asked.context, asked.form.raw("password"), asked.form.text("code"))
    except InvalidField as refusal:
        return _page(asked, refusal, form="off")
    return asked.go_to(_HERE, notice=gettext("The second factor is off."))


def _revoke(asked: Asked) -> Response[Any]:
    revoke_session(asked.context, asked.path["session_id"])
    return asked.go_to(_HERE, notice=gettext("The session is over."))


def _revoke_others(asked: Asked) -> Response[Any]:
    revoke_other_sessions(asked.context, asked.signed_in.id)
    return asked.go_to(_HERE, notice=gettext("All other sessions are over."))


def _unlink(asked: Asked) -> Response[Any]:
    unlink_identity(asked.context, asked.path["identity_id"])
    return asked.go_to(_HERE, notice=gettext("The account is no longer linked to yours."))


def _browser(agent: str) -> str:
    known = agent_of(agent)
    parts = [part for part in (known.browser, known.os) if part]
    return " · ".join(parts) or agent


def _count_password(asked: Asked) -> None:
    """Whether something weighty may be done, as far as it does not take the password itself: not too often, and by who has no
    password only soon after signing in."""
    if not has_password(asked.context):
        refuse_stale(asked)
    count_password(asked)


def refuse_stale(asked: Asked) -> None:
    """NotAllowed for who signed in some while ago, and may have left the browser to somebody else."""
    began_at = asked.signed_in.began_at
    if began_at is None or asked.context.now() - began_at > _FRESH:
        raise NotAllowed(gettext("You signed in too long ago for this. Please sign out, sign in again, and come back."))


def _count_code(asked: Asked) -> None:
    count_second_factor(asked, asked.signed_in.user.id)


_SELF: Final = Rule(Subject.SELF)
PAGES: Final = (
    Page("GET", _HERE, _security, _SELF),
    Page("POST", f"{_HERE}/password", _change_password, _SELF),
    Page("GET", _ENROLMENT, _enrolment, _SELF),
    Page("POST", _ENROLMENT, _begin_enrolment, _SELF),
    Page("POST", f"{_ENROLMENT}/confirm", _confirm_enrolment, _SELF),
    Page("POST", f"{_ENROLMENT}/codes", _renew_codes, _SELF),
    Page("POST", f"{_ENROLMENT}/off", _switch_off, _SELF),
    Page("POST", f"{_HERE}/sessions/{{session_id:int}}/revoke", _revoke, _SELF),
    Page("POST", f"{_HERE}/sessions/revoke-others", _revoke_others, _SELF),
    Page("POST", f"{_HERE}/identities/{{identity_id:int}}/unlink", _unlink, _SELF),
)
