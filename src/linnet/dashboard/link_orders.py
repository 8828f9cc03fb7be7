"""What the buttons inside the link form do: they change the form, or show something beside it, and save nothing of the link."""

from collections.abc import Callable, Mapping
from typing import Final

from linnet.actions.utm_templates import list_templates, save_template
from linnet.dashboard.link_conditions import as_json, condition_fields, condition_of
from linnet.dashboard.link_editor import Editor, data_url
from linnet.dashboard.link_explain import VISIT_FIELDS, explained, visit_of
from linnet.dashboard.link_fields import error_name, form_for, read_form, touched_parts, with_part
from linnet.dashboard.link_rows import row_ids, with_rows_changed, with_values, without
from linnet.dashboard.texts import gettext as _
from linnet.model.condition_json import condition_json, read_condition
from linnet.model.errors import InvalidField, Refusal
from linnet.model.link import wire_name
from linnet.model.statistics import UTM_FIELDS


def obey(editor: Editor) -> None:
    """Do what the button that was pressed says; what is refused is told beside its field."""
    verb, _colon, rest = editor.order.partition(":")
    try:
        if verb in _ORDERS:
            _ORDERS[verb](editor, rest)
        else:
            editor.form, editor.focus = with_rows_changed(editor.form, editor.order)
    except Refusal as refusal:
        editor.refuse(refusal, error_name(refusal.field, editor.form))
    _follow_matches(editor)


def _take(editor: Editor, part: str) -> None:
    """Use what somebody else made of a part."""
    if editor.opened is not None:
        editor.form = with_part(editor.form, part, form_for(editor.opened.contents, editor.zone))
        clashes = [each for each in editor.form.all("clash") if each != part]
        editor.form = with_values(editor.form, {"clash": clashes, "merged": [*editor.form.all("merged"), part]})


def _apply_template(editor: Editor, rest: str) -> None:
    number = editor.form.number("utm.template")
    for template in list_templates(editor.asked.context, editor.domain.id):
        if template.id == number:
            filled = {wire_name(name): [template.values.get(name, "")] for name in UTM_FIELDS}
            editor.form = with_values(editor.form, filled)


def _save_template(editor: Editor, rest: str) -> None:
    form = editor.form
    values = {name: form.text(wire_name(name)) for name in UTM_FIELDS}
    try:
        saved = save_template(
            editor.asked.context, editor.domain.id, form.text("utm.name"), values, for_team=form.flag("utm.team")
        )
    except InvalidField as refusal:
        editor.refuse(refusal, "utm.name" if refusal.field == "templateName" else refusal.field or "")
        return
    editor.form = with_values(form, {"utm.template": [str(saved.id)], "utm.name": [""]})
    editor.said = _("Template saved.")


def _preview(editor: Editor, rest: str) -> None:
    address = editor.form.text("og.image")
    if address:
        try:
            editor.picture = data_url(editor.asked.options.find_picture(address))
        except Refusal as refusal:
            editor.refuse(refusal, "og.image")


def _explain(editor: Editor, rest: str) -> None:
    """What a visitor would get by what is typed."""
    form = editor.form
    touched = touched_parts(form, form.text("seen")) if editor.opened is not None else None
    read = read_form(form, editor.zone, touched=touched)
    editor.errors |= read.errors
    if read.errors:
        return
    asked = editor.asked
    try:
        visit = visit_of(form, editor.zone)
        editor.explanation = explained(
            asked.context, asked.options.explainer, editor.opened, editor.domain.id, read.edit, visit
        )
    except Refusal as refusal:
        named = refusal.field in VISIT_FIELDS
        editor.refuse(refusal, f"visit.{refusal.field}" if named else error_name(refusal.field, form) or "visit")


def _nothing(editor: Editor, rest: str) -> None:
    """The page is made anew, and with it what it says of the fields."""


_ORDERS: Final[Mapping[str, Callable[[Editor, str], None]]] = {
    "refresh": _nothing,
    "path": _nothing,
    "take": _take,
    "utm-apply": _apply_template,
    "utm-save": _save_template,
    "preview": _preview,
    "explain": _explain,
}


def _follow_matches(editor: Editor) -> None:
    """Rules whose conditions are to be edited the other way from now on: rows as JSON, or JSON as rows where it has any."""
    for row in row_ids(editor.form, "rule"):
        rule = f"rule.{row}"
        as_text, text = editor.form.text(f"{rule}.match") == "json", editor.form.raw(f"{rule}.json")
        if as_text and not text.strip():
            editor.form = with_values(editor.form, {f"{rule}.json": [as_json(editor.form, rule, editor.zone)]})
        elif not as_text and text.strip():
            _to_rows(editor, rule)


def _to_rows(editor: Editor, rule: str) -> None:
    written = with_values(editor.form, {f"{rule}.match": ["json"]})
    try:
        condition = condition_json(read_condition(condition_of(written, rule, editor.zone), "condition"))
    except InvalidField as refusal:
        editor.form = written
        editor.refuse(refusal, f"{rule}.json")
        return
    fields = condition_fields(condition, rule, editor.zone)
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    bare = without(editor.form, lambda name: name.startswith((f"{rule}.when", f"{rule}.json", f"{rule}.match", f"{rule}.was")))
    editor.form = with_values(bare, values)
    if f"{rule}.json" in values:
        editor.errors.setdefault(f"{rule}.json", _("Groups in groups can be edited as JSON only."))
