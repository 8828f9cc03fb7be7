"""Settings of a domain in forms: as they are shown, as they were typed, and what is wrong with them."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from linnet.dashboard.domain_fields import Kind, Setting
from linnet.dashboard.forms import Form
from linnet.dashboard.texts import gettext
from linnet.model.changed_setting import ChangedSetting
from linnet.model.domain import Domain
from linnet.model.domain_settings import clean_settings, with_settings
from linnet.model.errors import InvalidField
from linnet.model.favicon import MAX_ICON_BYTES, kind_of
from linnet.model.setting_marks import wire_settings
from linnet.model.unset import UNSET
from linnet.qr.logo import read_logo

REMOVE: Final = "remove"
_MAX_TOLD: Final = 120
# What can be looked at here before visitors get it.
_DRAWN: Final = frozenset({"image/png", "image/gif", "image/jpeg", "image/webp"})


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: by wire spelling what the actions take, and what is wrong by the name of the field."""

    sent: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def read_form(settings: Iterable[Setting], form: Form) -> Typed:
    """What a form of these settings says, with every mistake in it."""
    typed = Typed()
    for setting in settings:
        try:
            _read(setting, form, typed.sent)
        except InvalidField as refusal:
            typed.errors[setting.name] = refusal.message
    for name in list(typed.sent):
        try:
            clean_settings({name: typed.sent[name]})
        except InvalidField as refusal:
            typed.errors[refusal.field or name] = refusal.message
    return typed


def shown_values(settings: Iterable[Setting], domain: Domain) -> dict[str, Any]:
    """The values of form fields, by their names, that stand for a domain's settings."""
    stored = wire_settings(domain)
    return {setting.name: _field_value(setting, _lookup(stored, setting.name)) for setting in settings}


def typed_values(settings: Iterable[Setting], form: Form) -> dict[str, Any]:
    """The values of form fields as they were typed."""
    return {each.name: form.flag(each.name) if each.kind is Kind.SWITCH else form.raw(each.name) for each in settings}


def merged_values(
    settings: Sequence[Setting], form: Form, domain: Domain, sent: Mapping[str, Any], changes: Sequence[ChangedSetting]
) -> dict[str, Any]:
    """What was typed, but for what others changed and who typed has not touched: that is as it is now."""
    wanted = wire_settings(with_settings(domain, clean_settings(sent), domain.updated_at))
    untouched = {each.name for each in changes if each.name in sent and wanted.get(each.name) == each.shown}
    values, now = typed_values(settings, form), shown_values(settings, domain)
    return {name: now[name] if name.partition(".")[0] in untouched else value for name, value in values.items()}


def told_changes(settings: Iterable[Setting], changes: Iterable[ChangedSetting]) -> list[tuple[str, str, str, ChangedSetting]]:
    """Changes in words: what was changed, from what ("" where nobody knows any more), and to what."""
    told: list[tuple[str, str, str, ChangedSetting]] = []
    for change in changes:
        for setting in settings:
            if setting.name.partition(".")[0] != change.name:
                continue
            now = _lookup({change.name: change.now}, setting.name)
            before = UNSET if change.shown is UNSET else _lookup({change.name: change.shown}, setting.name)
            if before != now:
                was = "" if before is UNSET else _in_words(setting, before)
                told.append((gettext(setting.label), was, _in_words(setting, now), change))
    return told


def _read(setting: Setting, form: Form, sent: dict[str, Any]) -> None:
    """Put what the form says of a setting into ``sent``."""
    name, text = setting.name, form.text(setting.name)
    if setting.kind is Kind.SWITCH:
        sent[name] = form.flag(name)
    elif setting.kind is Kind.ICON:
        file = form.file(name)
        if file is not None:
            sent[name] = _icon(file.content, name)
        elif form.flag(f"{name}.{REMOVE}"):
            sent[name] = None
    elif name not in form:
        # A part of the form that did not come says nothing.
        return
    elif setting.kind is Kind.NUMBER:
        sent[name] = (int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text) if text else None
    elif setting.kind is Kind.LINES:
        sent[name] = [line.strip() for line in text.splitlines() if line.strip()]
    elif setting.kind is Kind.DOCUMENT:
        sent[name] = _document(text, name)
    elif "." in name:
        whole, _, part = name.partition(".")
        sent.setdefault(whole, {})[part] = text
    else:
        sent[name] = text if setting.kind is Kind.CHOICE else text or None


def _icon(content: bytes, name: str) -> str:
    if len(content) > MAX_ICON_BYTES:
        raise InvalidField(f"The icon has more than {MAX_ICON_BYTES // 1024} KB.", field=name)
    kind = kind_of(content)
    if kind is None:
        raise InvalidField("The icon must be a PNG, ICO, SVG, GIF, JPEG or WebP image.", field=name)
    if kind in _DRAWN:
        try:
            read_logo(content, field=name)
        except InvalidField:
            raise InvalidField("The file begins like an image, and is broken behind that.", field=name) from None
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _document(text: str, name: str) -> Any:
    if not text:
        return {} if name == "clientStorage" else None
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidField(f"This is not JSON{where}.", field=name) from None


def _refuse_constant(name: str) -> Any:
    # Python's own, such as NaN.
    raise ValueError(name)


def _lookup(values: Mapping[str, Any], name: str) -> Any:
    whole, _, part = name.partition(".")
    value = values.get(whole)
    if not part:
        return value
    return value.get(part) if isinstance(value, dict) else None


def _field_value(setting: Setting, value: Any) -> Any:
    if setting.kind is Kind.LINES:
        return "\n".join(value or ())
    if setting.kind is Kind.DOCUMENT:
        return json.dumps(value, ensure_ascii=False, indent=2) if value else ""
    return value if value is not None or setting.kind is Kind.SWITCH else ""


def _in_words(setting: Setting, value: Any) -> str:
    if setting.kind is Kind.SWITCH:
        return gettext("on") if value else gettext("off")
    if value in (None, "", [], {}):
        return gettext("nothing")
    if setting.kind is Kind.ICON:
        return gettext("an image")
    if isinstance(value, str):
        text = gettext(dict(setting.choices).get(value, value)) if setting.kind is Kind.CHOICE else value
    elif isinstance(value, list):
        text = ", ".join(map(str, value))
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_TOLD else text[:_MAX_TOLD] + "…"
