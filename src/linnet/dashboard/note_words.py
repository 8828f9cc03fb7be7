"""Notes in words: a sentence for each, and where it leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from linnet.dashboard.texts import gettext, marked, ngettext
from linnet.model.profile import Note, NoteKind

# What each kind is about, for who chooses what is mailed.
KINDS: Final[Mapping[NoteKind, str]] = {
    NoteKind.DOMAIN_LOST: marked("A domain of mine does not lead here any more"),
    NoteKind.WEBHOOK_DISABLED: marked("A webhook was switched off by itself"),
    NoteKind.IMPORT_ENDED: marked("An import has ended"),
    NoteKind.NEW_DEVICE: marked("Somebody signed in to my account with a browser that was not seen before"),
    NoteKind.WEEKLY_SUMMARY: marked("On Mondays, the human clicks of the week"),
}
_MAX_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Words:
    """A note as people read it: ``title`` fits a subject, ``lines`` say more, ``path`` is the page about it ("" for none)."""

    title: str
    lines: tuple[str, ...]
    path: str


def words_of(note: Note) -> Words:
    """What a note says, in the language that is spoken. Whatever is missing in it is passed over."""
    return _WORDS[note.kind](note.details)


def _domain_lost(details: Mapping[str, Any]) -> Words:
    domain = _text(details, "domain")
    return Words(
        gettext("%s does not lead here any more") % domain,
        (gettext("Name servers do not lead visitors of %s to this server now. Its links do not work for them.") % domain,),
        f"/dashboard/domains/{_number(details, 'domain_id')}/settings/dns",
    )


def _webhook_disabled(details: Mapping[str, Any]) -> Words:
    return Words(
        gettext("A webhook of %s was switched off") % _text(details, "domain"),
        (gettext("It is told nothing any more. Its page says why: %s") % _text(details, "url"),),
        f"/dashboard/domains/{_number(details, 'domain_id')}/webhooks",
    )


def _import_ended(details: Mapping[str, Any]) -> Words:
    made, changed, bad = (_number(details, name) for name in ("created", "updated", "refused"))
    lines = [ngettext("%(num)d link was made.", "%(num)d links were made.", made) % {"num": made}]
    if changed:
        lines.append(ngettext("%(num)d link was changed.", "%(num)d links were changed.", changed) % {"num": changed})
    if bad:
        lines.append(ngettext("%(num)d row could not be used.", "%(num)d rows could not be used.", bad) % {"num": bad})
    if message := _text(details, "message"):
        lines.append(message)
    title = gettext("An import into %s has failed") if message else gettext("An import into %s has ended")
    path = _text(details, "path")
    return Words(title % _text(details, "domain"), tuple(lines), path if path.startswith("/dashboard/") else "")


def _new_device(details: Mapping[str, Any]) -> Words:
    lines = [
        gettext("Browser: %s") % (_text(details, "agent") or gettext("unknown")),
        gettext("Address: %s") % (_text(details, "address") or gettext("this machine")),
        gettext("If it was not you, change your password and end the session."),
    ]
    return Words(gettext("Somebody signed in with a new browser"), tuple(lines), "/dashboard/security")


def _weekly_summary(details: Mapping[str, Any]) -> Words:
    rows = details.get("domains")
    listed = [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []
    clicks = sum(_number(each, "clicks") for each in listed)
    lines = [
        ngettext("%(domain)s: %(num)d human click", "%(domain)s: %(num)d human clicks", _number(each, "clicks"))
        % {"domain": _text(each, "domain"), "num": _number(each, "clicks")}
        for each in listed[:_MAX_LISTED]
    ]
    title = ngettext("%(num)d human click in the last week", "%(num)d human clicks in the last week", clicks) % {"num": clicks}
    return Words(title, tuple(lines), "/dashboard")


def _text(details: Mapping[str, Any], name: str) -> str:
    return str(details.get(name) or "")[:500]


def _number(details: Mapping[str, Any], name: str) -> int:
    value = details.get(name)
    return value if isinstance(value, int) else 0


_WORDS: Final = {
    NoteKind.DOMAIN_LOST: _domain_lost,
    NoteKind.WEBHOOK_DISABLED: _webhook_disabled,
    NoteKind.IMPORT_ENDED: _import_ended,
    NoteKind.NEW_DEVICE: _new_device,
    NoteKind.WEEKLY_SUMMARY: _weekly_summary,
}
