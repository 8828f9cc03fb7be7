"""What a person sets: name, e-mail address, language, time zone, and what is mailed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Response

from linnet.actions import profiles
from linnet.actions.own_password import has_password
from linnet.dashboard import texts
from linnet.dashboard.attempts import count_password
from linnet.dashboard.forms import errors_of
from linnet.dashboard.note_words import KINDS
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext
from linnet.model.access import Rule, Subject
from linnet.model.errors import InvalidField, UserTaken
from linnet.model.periods import zone_names
from linnet.network.mail import Mail

_AT: Final = "/dashboard/settings"
_SELF: Final = Rule(Subject.SELF)


def _show(asked: Asked) -> Response[Any]:
    return _page(asked)


def _page(
    asked: Asked, values: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None, *, status: int = 200
) -> Response[Any]:
    user, profile, waiting = profiles.own_profile(asked.context)
    stored = {"name": user.name or "", "email": user.email, "language": profile.language, "time_zone": profile.time_zone}
    return asked.page(
        "settings.html",
        status=status,
        values=stored | dict(values or {}),
        errors=errors or {},
        profile=profile,
        waiting=waiting,
        has_password=has_password(asked.context),
        languages=[(each, texts.own_name(each)) for each in texts.languages()],
        zones=sorted(zone_names()),
        now=_clock(asked.context.now(), profile.time_zone),
        kinds=KINDS,
        sends_mail=asked.options.sends_mail,
    )


def _clock(now: datetime, zone: str) -> str:
    return f"{now.astimezone(ZoneInfo(zone)):%H:%M}"


def _rename(asked: Asked) -> Response[Any]:
    name = asked.form.text("name")
    try:
        profiles.rename(asked.context, name)
    except InvalidField as refusal:
        return _page(asked, {"name": name}, errors_of(refusal, "name"), status=400)
    return asked.go_to(_AT, notice=gettext("Your name was saved."))


def _reading(asked: Asked) -> Response[Any]:
    values = {name: asked.form.text(name) for name in ("language", "time_zone")}
    try:
        profiles.set_reading(asked.context, **values, languages=texts.languages())
    except InvalidField as refusal:
        return _page(asked, values, errors_of(refusal, "language"), status=400)
    with texts.spoken(values["language"]):
        return asked.go_to(_AT, notice=gettext("Language and time zone were saved."))


def _mail(asked: Asked) -> Response[Any]:
    profiles.set_mail(asked.context, asked.form.all("mail"))
    return asked.go_to(_AT, notice=gettext("Your choice was saved."))


def _email(asked: Asked) -> Response[Any]:
    form, options = asked.form, asked.options
    email, before = form.text("email"), asked.signed_in.user.email
    count_password(asked)
    letter = _confirmation if options.sends_mail else None
    try:
        done = profiles.change_email(asked.context, email, form.raw("password"), letter)
    except (InvalidField, UserTaken) as refusal:
        status = options.status_of(refusal)
        return _page(asked, {"email": email}, errors_of(refusal, "email"), status=status)
    if not done:
        return asked.go_to(_AT, notice=gettext("Follow the link in the letter that was sent to %s.") % email[:254])
    _tell_former(asked, before, email)
    return asked.go_to(_AT, notice=gettext("Your e-mail address was changed."))


def _confirmation(email: str, url: str) -> Mail:
    text = gettext(
        "Somebody, you as we hope, wants to sign in to Linnet with this address. To confirm that, sign in and open\n\n"
        "%s\n\nwithin a day. If it was not you, do nothing."
    )
    return Mail(to=email, subject=gettext("Confirm your e-mail address"), text=text % url)


def _tell_former(asked: Asked, before: str, email: str) -> None:
    """Whoever took an account over cannot do so unnoticed."""
    text = gettext(
        "Your account at Linnet (%(where)s) has the address %(email)s now. If you did not do that, tell who runs it."
    )
    letter = text % {"where": asked.context.dashboard_url, "email": email}
    asked.context.send_mail(Mail(to=before, subject=gettext("Your e-mail address was changed"), text=letter))


def _confirm_page(asked: Asked) -> Response[Any]:
    return asked.page("settings_email.html")


def _confirm(asked: Asked) -> Response[Any]:
    before = asked.signed_in.user.email
    email = profiles.confirm_email(asked.context, asked.path["token"])
    _tell_former(asked, before, email)
    return asked.go_to(_AT, notice=gettext("Your e-mail address is %s now.") % email)


def _forget(asked: Asked) -> Response[Any]:
    profiles.forget_email_change(asked.context)
    return asked.go_to(_AT, notice=gettext("Your e-mail address stays as it is."))


PAGES: Final = (
    Page("GET", _AT, _show, _SELF),
    Page("POST", f"{_AT}/name", _rename, _SELF),
    Page("POST", f"{_AT}/reading", _reading, _SELF),
    Page("POST", f"{_AT}/mail", _mail, _SELF),
    Page("POST", f"{_AT}/email", _email, _SELF),
    Page("POST", f"{_AT}/email-stays", _forget, _SELF),
    Page("GET", f"{_AT}/email/{{token:str}}", _confirm_page, _SELF),
    Page("POST", f"{_AT}/email/{{token:str}}", _confirm, _SELF),
)
