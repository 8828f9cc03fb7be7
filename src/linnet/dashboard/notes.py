"""The list of what a person was told."""

from typing import Any, Final

from litestar import Response

from linnet.actions.notes import MAX_PAGE, list_notes, mark_read
from linnet.dashboard.note_words import words_of
from linnet.dashboard.pages import Asked, Page
from linnet.model.access import Rule, Subject

_AT: Final = "/dashboard/notifications"


def _list(asked: Asked) -> Response[Any]:
    found = list_notes(asked.context, before=asked.query.number("before"))
    return asked.page(
        "notes.html",
        notes=[(note, words_of(note)) for note in found],
        newest=max((note.id for note in found), default=0),
        unread=any(note.read_at is None for note in found),
        older=found[-1].id if len(found) == MAX_PAGE else None,
        sends_mail=asked.options.sends_mail,
    )


def _read(asked: Asked) -> Response[Any]:
    mark_read(asked.context, asked.form.number("up_to") or 0)
    return asked.go_to(_AT)


PAGES: Final = (
    Page("GET", _AT, _list, Rule(Subject.SELF)),
    Page("POST", _AT, _read, Rule(Subject.SELF)),
)
