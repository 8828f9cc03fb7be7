"""Integrations & API: keys, and how programs use them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Response

from linnet.actions.key_views import key_choices, list_key_views
from linnet.actions.keys import MAX_DESCRIPTION, KeyDraft, create_key, revoke_key
from linnet.dashboard.forms import errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.samples import samples_of
from linnet.dashboard.texts import gettext
from linnet.model.access import KeyKind, Rule, Subject
from linnet.model.errors import InvalidField, Refusal

_DAYS: Final = {"30": 30, "90": 90, "365": 365}
# The fields of the form, by the names that refusals have for them.
_FIELDS: Final = {
    "domain": "hostname",
    "teamId": "team",
    "serviceAccountId": "account",
    "expiresAt": "expires_on",
}


def _list(asked: Asked) -> Response[Any]:
    after = asked.query.number("after") or 0
    page = list_key_views(asked.context, after=after if after < 2**31 else 0)
    return asked.page("keys.html", page=page, now=asked.context.now(), samples=samples_of(asked, asked.query.text("domain")))


def _new(asked: Asked) -> Response[Any]:
    return _form(asked, sent=asked.query)


def _create(asked: Asked) -> Response[Any]:
    """Make a key and show it, in this answer alone: it is nowhere to be had afterwards."""
    try:
        raw_key, key = create_key(asked.context, _draft(asked))
    except Refusal as refusal:
        errors = {_FIELDS.get(name, name): message for name, message in errors_of(refusal).items() if name}
        return _form(asked, sent=asked.form, errors=errors, problem="" if errors else refusal.message, status=400)
    restricted = asked.form.text("hostname") if key.domain_id is not None else ""
    return asked.page("key_created.html", key=key, raw_key=raw_key, samples=samples_of(asked, restricted, raw_key, key))


def _revoke(asked: Asked) -> Response[Any]:
    revoke_key(asked.context, asked.path["key_id"])
    return asked.go_to("/dashboard/keys", notice=gettext("The key is revoked. Programs that use it are refused from now on."))


def _form(
    asked: Asked, *, sent: Any, errors: dict[str, str] | None = None, problem: str = "", status: int = 200
) -> Response[Any]:
    choices, errors = key_choices(asked.context), errors or {}
    # What is wrong with a field that is not there is wrong with the form.
    absent = [name for name, there in (("team", choices.teams), ("account", choices.accounts)) if not there]
    return asked.page(
        "key_form.html",
        status=status,
        sent=sent,
        errors=errors,
        problem=problem or next((errors[name] for name in absent if name in errors), ""),
        choices=choices,
        domains=asked.domains(),
        most=MAX_DESCRIPTION,
    )


def _draft(asked: Asked) -> KeyDraft:
    form = asked.form
    kind, reach = form.text("kind"), form.text("reach")
    if kind not in list(KeyKind):
        raise InvalidField(gettext("Choose what kind of key it is: secret or public."), field="kind")
    if reach not in ("all", "team", "domain"):
        raise InvalidField(gettext("Choose what the key reaches."), field="reach")
    if reach == "domain" and not form.text("hostname"):
        raise InvalidField(gettext("Name the domain that the key reaches."), field="hostname")
    if reach == "team" and form.number("team") is None:
        raise InvalidField(gettext("Choose the team that the key reaches."), field="team")
    return KeyDraft(
        kind=KeyKind(kind),
        description=form.text("description"),
        expires_at=_expiry(asked),
        hostname=form.text("hostname") if reach == "domain" else None,
        team_id=form.number("team") if reach == "team" else None,
        service_account_id=form.number("account"),
    )


def _expiry(asked: Asked) -> datetime | None:
    """When the key ends: never, in some days, or with a day that the reader named."""
    chosen = asked.form.text("expires")
    if chosen in _DAYS:
        return asked.context.now() + timedelta(days=_DAYS[chosen])
    if chosen != "on":
        return None
    day = asked.form.day("expires_on")
    if day is None:
        raise InvalidField(gettext("Give the last day of the key as in 2027-12-31."), field="expires_on")
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(asked.signed_in.time_zone)).astimezone(UTC)


PAGES: Final = (
    Page("GET", "/dashboard/keys", _list, Rule(Subject.SELF)),
    Page("GET", "/dashboard/keys/new", _new, Rule(Subject.SELF)),
    Page("POST", "/dashboard/keys/new", _create, Rule(Subject.SELF)),
    Page("POST", "/dashboard/keys/{key_id:int}/revoke", _revoke, Rule(Subject.SELF)),
)
