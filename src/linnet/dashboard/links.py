"""Pages that create and edit a link, and what is done with a whole link from there."""

from datetime import timedelta
from typing import Any, Final

from litestar import Response

from linnet.actions.archiving import archive_link
from linnet.actions.editing import create_edited, domain_for_links, open_link, save_edit
from linnet.actions.edits_made import edits_since, removed_since
from linnet.actions.links import duplicate_link
from linnet.actions.removing import delete_link
from linnet.actions.restoring import restore_link
from linnet.dashboard.forms import Form
from linnet.dashboard.link_editor import Editor, opened_since
from linnet.dashboard.link_fields import Read, error_name, form_for, part_of, read_form, seen_of, touched_parts, with_part
from linnet.dashboard.link_orders import obey
from linnet.dashboard.link_rows import with_values
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext as _
from linnet.model.access import Action, Rule, Subject
from linnet.model.editing import PARTS, changed_parts
from linnet.model.errors import EditConflict, LinkNotFound, NotAllowed, Refusal, StorageUnavailable

# The clocks of two nodes may differ by so much.
_TOLERANCE: Final = timedelta(seconds=5)
# Saves, or saves although the destination has a link already.
_SAVING: Final = frozenset({"", "save", "again"})


def show_new(asked: Asked) -> Response[Any]:
    """The form for a new link, filled with what the address says: `?url=` is the destination, and the path is typed next."""
    domain = domain_for_links(asked.context, asked.path["domain_id"])
    known = {name: list(values) for name, values in asked.query.values.items() if part_of(name)}
    if "url" in asked.query:
        known["originalURL"] = asked.query.all("url")
    return Editor(asked, domain, None, Form(known), focus="path" if "originalURL" in known else "originalURL").show()


def create(asked: Asked) -> Response[Any]:
    """Create a link, or do what another button of the form says."""
    order = asked.form.text("do")
    editor = Editor(asked, domain_for_links(asked.context, asked.path["domain_id"]), None, asked.form, order=order)
    if order not in _SAVING:
        obey(editor)
        return editor.show()
    read = read_form(asked.form, editor.zone)
    if read.errors:
        return _refused(editor, read)
    try:
        made = create_edited(asked.context, editor.domain.id, read.edit, allow_duplicates=order == "again")
    except (NotAllowed, StorageUnavailable):
        raise
    except Refusal as refusal:
        return _refused(editor, read, refusal)
    if made.duplicate:
        editor.duplicate = made
        return editor.show(status=409)
    return asked.go_to(f"/dashboard/links/{made.link.id}?created=1", notice=_("Link created."))


def show(asked: Asked) -> Response[Any]:
    """The form of a link."""
    opened = open_link(asked.context, asked.path["link_id"])
    editor = Editor(asked, opened.domain, opened, Form(), opened.link.id)
    editor.form = form_for(opened.contents, editor.zone)
    return editor.show()


def save(asked: Asked) -> Response[Any]:
    """Save a link, or do what another button of the form says."""
    order = asked.form.text("do")
    if order == "restore":
        return _restored(asked)
    try:
        opened = open_link(asked.context, asked.path["link_id"])
        if not opened.may_write:
            raise NotAllowed("You may see this link, but not change it.")
        editor = Editor(asked, opened.domain, opened, asked.form, opened.link.id, order=order)
        if order in _SAVING:
            return _saved(editor)
    except LinkNotFound:
        return _removed(asked, order)
    obey(editor)
    return editor.show()


def duplicate(asked: Asked) -> Response[Any]:
    """Make another link that has all that this one has."""
    made, _original = duplicate_link(asked.context, asked.path["link_id"])
    return asked.go_to(f"/dashboard/links/{made.link.id}?created=1", notice=_("This is the copy. Neither follows the other."))


def archive(asked: Asked) -> Response[Any]:
    """Archive a link, or take it back."""
    archived = asked.form.flag("archived")
    link = archive_link(asked.context, asked.path["link_id"], archived=archived)
    told = _("Archived. The link keeps redirecting.") if archived else _("The link is back among the current ones.")
    return asked.go_to(f"/dashboard/links/{link.id}", notice=told)


def delete(asked: Asked) -> Response[Any]:
    """Remove a link."""
    link = delete_link(asked.context, asked.path["link_id"])
    return asked.go_to(f"/dashboard/domains/{link.domain_id}/links", notice=_("Link removed. It can be restored for 30 days."))


def restore(asked: Asked) -> Response[Any]:
    """Bring a removed link back."""
    found = restore_link(asked.context, asked.path["link_id"])
    return asked.go_to(f"/dashboard/links/{found.link.id}", notice=_("The link is back, with its clicks."))


def _saved(editor: Editor) -> Response[Any]:
    asked, form = editor.asked, editor.form
    read = read_form(form, editor.zone, touched=touched_parts(form, form.text("seen")))
    if read.errors:
        return _refused(editor, read)
    try:
        save_edit(asked.context, editor.link_id, read.edit, version=form.text("version"))
    except EditConflict:
        return _met(editor).show(status=409)
    except (LinkNotFound, NotAllowed, StorageUnavailable):
        raise
    except Refusal as refusal:
        return _refused(editor, read, refusal)
    return asked.go_to(f"/dashboard/links/{editor.link_id}", notice=_("Saved."))


def _refused(editor: Editor, read: Read, refusal: Refusal | None = None) -> Response[Any]:
    editor.errors |= read.errors
    if refusal is not None:
        editor.refuse(refusal, error_name(refusal.field, editor.form))
    return editor.show(status=400)


def _met(editor: Editor) -> Editor:
    """The form of who comes second: what only the first one changed is taken over, what both did is to be decided, and the next
    save is one over what is there now."""
    context, form = editor.asked.context, editor.form
    opened = open_link(context, editor.link_id)
    theirs = form_for(opened.contents, editor.zone)
    changed = changed_parts(form.text("version"), opened.contents, context.signing_key)
    touched = touched_parts(form, form.text("seen"))
    merged = [part for part in changed if part not in touched]
    for part in merged:
        form = with_part(form, part, theirs)
    differing = touched_parts(form, seen_of(theirs))
    clashes = [part for part in PARTS if part in changed and part in differing]
    editor.edits = edits_since(context, editor.link_id, opened_since(form) - _TOLERANCE)
    editor.opened = opened
    fresh = {"version": [opened.version], "seen": [seen_of(theirs)], "clash": clashes, "merged": merged}
    editor.form = with_values(form, fresh | {"opened_at": [str(int(context.now().timestamp()))]})
    return editor


def _restored(asked: Asked) -> Response[Any]:
    """The form of who brings the link back first: as it was typed, over what is there again."""
    try:
        found = restore_link(asked.context, asked.path["link_id"])
    except (LinkNotFound, NotAllowed, StorageUnavailable):
        raise
    except Refusal as refusal:
        return _removed(asked, "restore", refusal)
    opened = open_link(asked.context, found.link.id)
    editor = _met(Editor(asked, opened.domain, opened, asked.form, opened.link.id, order="restore"))
    editor.said = _("The link is back. What you typed is not saved yet.")
    return editor.show()


def _removed(asked: Asked, order: str, refusal: Refusal | None = None) -> Response[Any]:
    """The form of a link that somebody removed meanwhile, with what was typed; LinkNotFound where it cannot be restored."""
    gone = removed_since(asked.context, asked.path["link_id"], opened_since(asked.form) - _TOLERANCE)
    editor = Editor(asked, gone.domain, None, asked.form, gone.removed.link.id, order=order, removed=gone, edits=gone.edits)
    if refusal is not None:
        editor.refuse(refusal, error_name(refusal.field, editor.form))
    elif order not in _SAVING:
        obey(editor)
    return editor.show(status=409)


_SHOW: Final = Rule(Subject.LINK, Action.READ)
_CHANGE: Final = Rule(Subject.LINK, Action.WRITE)
_CREATE: Final = Rule(Subject.DOMAIN, Action.CREATE)
PAGES: Final = (
    Page("GET", "/dashboard/domains/{domain_id:int}/links/new", show_new, _CREATE),
    Page("POST", "/dashboard/domains/{domain_id:int}/links/new", create, _CREATE),
    Page("GET", "/dashboard/links/{link_id:str}", show, _SHOW),
    Page("POST", "/dashboard/links/{link_id:str}", save, _CHANGE),
    Page("POST", "/dashboard/links/{link_id:str}/duplicate", duplicate, _CHANGE),
    Page("POST", "/dashboard/links/{link_id:str}/archive", archive, _CHANGE),
    Page("POST", "/dashboard/links/{link_id:str}/delete", delete, _CHANGE),
    Page("POST", "/dashboard/links/{link_id:str}/restore", restore, _CHANGE),
)
