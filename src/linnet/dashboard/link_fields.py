"""The fields of the link form: filled from a link, and read into what an editor wants of it."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from linnet.actions.editing import Edit
from linnet.dashboard.forms import Form
from linnet.dashboard.link_conditions import condition_fields, condition_of, field_at
from linnet.dashboard.link_places import read_place
from linnet.dashboard.link_rows import row_ids, with_values, without
from linnet.dashboard.local_times import local_text, moment_of
from linnet.model.editing import PARTS, Contents, plain_destination
from linnet.model.errors import InvalidField, Refusal
from linnet.model.link import INTEGRATIONS, MAX_TAGS, LinkDraft, clean_draft, wire_name
from linnet.model.opengraph import Tag, clean_tags
from linnet.model.rules import Rule, read_rules, rules_json
from linnet.model.statistics import UTM_FIELDS
from linnet.model.targeting import Place
from linnet.model.unset import UNSET
from linnet.model.variants import WeightedVariant, read_variants

T = TypeVar("T")
# Fields have the names that they have on the wire, so that refusals name them.
_TEXTS: Final = ("original_url", "title", "folder_id", "expired_url", "android_url", "iphone_url", "split_url", *UTM_FIELDS)
_ALL_TEXTS: Final = (*_TEXTS, *INTEGRATIONS)
_MOMENTS: Final = ("expires_at", "delete_at", "created_at")
_NUMBERS: Final = ("clicks_limit", "split_percent", "redirect_type")
_FLAGS: Final = ("archived", "skip_query", "password_contact")
# Beyond that many, places are edited as a text: a form has room for a few thousand fields.
_MOST_PLACES: Final = 100
# The three properties that every preview shows have fields of their own.
SHOWN_TAGS: Final = ("title", "description", "image")
_HEADS: Final = {"place": "places", "variant": "variants", "rule": "rules", "og": "opengraph", "tag": "opengraph"}
_ROW_PATH: Final = re.compile(r"(places|variants|rules)\[(\d+)\](.*)", re.DOTALL)
_KINDS: Final = {"places": "place", "variants": "variant", "rules": "rule"}
# What a row has before anybody has typed into it.
_NOT_TYPED: Final = ("match", "was", "kind", "how", "when", "label", "zone")
_ROW_FIELDS: Final = {".originalURL": "url"}


@dataclass(frozen=True, slots=True)
class Read:
    """What a form wants, and what is wrong with it by the names of its fields ("": with the whole)."""

    edit: Edit
    errors: dict[str, str] = field(default_factory=dict)


def form_for(contents: Contents, zone: str) -> Form:
    """The form that shows a link; the password, which nobody knows, is empty."""
    link = contents.link
    pairs: list[tuple[str, str]] = [("originalURL", plain_destination(link)), ("path", link.path or "/")]
    pairs += [(wire_name(name), getattr(link, name) or "") for name in _ALL_TEXTS if name != "original_url"]
    pairs += [(wire_name(name), _moment_text(getattr(link, name), zone)) for name in _MOMENTS]
    pairs += [(wire_name(name), str(getattr(link, name) or "")) for name in _NUMBERS]
    pairs += [(wire_name(name), "1") for name in _FLAGS if getattr(link, name)]
    pairs += [("cloaking", {None: "", True: "yes", False: "no"}[link.cloaking])]
    pairs += [("tags", tag) for tag in link.tags]
    pairs += _place_fields(contents.places)
    for number, variant in enumerate(contents.own.variants, 1):
        values = {
            "weight": str(variant.weight),
            "url": variant.original_url or "",
            "name": variant.name,
            "label": variant.label,
        }
        pairs += _row("variant", number, values)
    for number, rule in enumerate(rules_json(contents.own.rules), 1):
        pairs += _row("rule", number, {"name": rule.get("name", ""), "url": rule["originalURL"]})
        pairs += condition_fields(rule["condition"], f"rule.{number}", zone)
    return Form.of_pairs(pairs + _tag_fields(contents.opengraph))


def part_of(name: str) -> str:
    """The part of the link that a field belongs to; "" for none."""
    head = name.partition(".")[0]
    part = _HEADS.get(head, head)
    return part if part in PARTS else ""


def with_part(form: Form, part: str, other: Form) -> Form:
    """``form`` with the fields of one part as ``other`` has them."""
    taken = {name: values for name, values in other.values.items() if part_of(name) == part}
    return with_values(without(form, lambda name: part_of(name) == part), taken)


def seen_of(form: Form) -> str:
    """A text by which a form remembers what its fields showed, part by part."""
    return ".".join(_digest(form, part) for part in PARTS)


def touched_parts(form: Form, seen: str) -> set[str]:
    """The parts whose fields are not as they were shown; all of them, where it is not known how that was."""
    before = dict(zip(PARTS, seen.split("."), strict=False)) if seen.count(".") == len(PARTS) - 1 else {}
    return {part for part in PARTS if before.get(part) != _digest(form, part)}


def read_form(form: Form, zone: str, *, touched: set[str] | None = None) -> Read:
    """What the form wants: of an existing link what was ``touched``, of a new one (None) what was filled in."""
    errors: dict[str, str] = {}
    draft: dict[str, Any] = {}
    new = touched is None
    for name, read in _READERS.items():
        wire = wire_name(name)
        if touched is not None and wire not in touched:
            continue
        try:
            value = read(form, wire, zone)
            if value is UNSET or (value is None and new):
                continue
            draft |= vars(clean_draft(LinkDraft.of({name: value})))
        except Refusal as refusal:
            errors[wire] = refusal.message
    if touched is None or touched & {wire_name(name) for name in UTM_FIELDS}:
        # Who sends one of them says something about all five.
        draft |= {name: form.text(wire_name(name)) or None for name in UTM_FIELDS if wire_name(name) not in errors}
        if new and not any(draft[name] for name in UTM_FIELDS if name in draft):
            draft = {name: value for name, value in draft.items() if name not in UTM_FIELDS}
    _require(form, draft, errors, touched)
    beside: dict[str, Any] = {}
    for part, read_part in _BESIDE.items():
        if touched is None or part in touched:
            beside[part] = read_part(form, zone, errors)
    return Read(Edit(draft=LinkDraft.of(draft), **beside), errors)


def _require(form: Form, draft: dict[str, Any], errors: dict[str, str], touched: set[str] | None) -> None:
    """What no link is without."""
    if draft.get("original_url") is None and (touched is None or "originalURL" in touched):
        errors.setdefault("originalURL", "originalURL is required: it is where the link leads to.")
    if touched is not None and "path" in touched and not form.text("path"):
        errors["path"] = "path is required: a link that exists keeps one. Type / for the domain itself."


def error_name(wire: str | None, form: Form) -> str:
    """The field of the form that a refusal's field stands for; "" for the whole form."""
    found = _ROW_PATH.fullmatch(wire or "")
    if found is None:
        return wire if wire is not None and part_of(wire) else {"folder_id": "folderId"}.get(wire or "", "")
    kind = _KINDS[found[1]]
    if f"{kind}.text" in form:
        return f"{kind}.text"
    rows = [row for row in row_ids(form, kind) if not _is_blank(form, kind, row)]
    if int(found[2]) >= len(rows):
        return ""
    row = f"{kind}.{rows[int(found[2])]}"
    if found[3].startswith(".condition"):
        return field_at(found[3].removeprefix(".condition"), form, row)
    return f"{row}.{_ROW_FIELDS.get(found[3], found[3].removeprefix('.') or 'url')}"


def _text(form: Form, wire: str, zone: str) -> str | None:
    return form.text(wire) or None


def _path(form: Form, wire: str, zone: str) -> Any:
    path = form.text(wire)
    return path.removeprefix("/") if path else UNSET


def _moment(form: Form, wire: str, zone: str) -> Any:
    text = form.text(wire)
    return moment_of(text, zone, field=wire) if text else UNSET if wire == "createdAt" else None


def _number(form: Form, wire: str, zone: str) -> int | None:
    text = form.text(wire)
    if text and form.number(wire) is None:
        raise InvalidField(f"{wire} must be a whole number, in digits.", field=wire)
    return form.number(wire)


def _flag(form: Form, wire: str, zone: str) -> bool | None:
    return form.flag(wire) or None


def _choice(form: Form, wire: str, zone: str) -> bool | None:
    return {"yes": True, "no": False}.get(form.text(wire))


def _tags(form: Form, wire: str, zone: str) -> tuple[str, ...] | None:
    typed = [each.strip() for each in form.raw("tags.new").split(",")]
    return tuple(dict.fromkeys(each for each in [*form.all("tags"), *typed] if each.strip()))[: MAX_TAGS + 1] or None


def _password(form: Form, wire: str, zone: str) -> Any:
    if form.flag("password.remove"):
        return None
    return form.raw("password") or UNSET


_READERS: Final[Mapping[str, Callable[[Form, str, str], Any]]] = {
    **dict.fromkeys(_ALL_TEXTS, _text),
    "path": _path,
    **dict.fromkeys(_MOMENTS, _moment),
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_FLAGS, _flag),
    "cloaking": _choice,
    "tags": _tags,
    "password": _password,
}


def _places(form: Form, zone: str, errors: dict[str, str]) -> list[Place]:
    if "place.text" in form:
        return _places_in(form.raw("place.text"), errors)
    places = []
    for row in _filled(form, "place"):
        name = f"place.{row}"
        country, region, url = (form.text(f"{name}.{each}") for each in ("country", "region", "url"))
        try:
            places.append(read_place(country, region, url))
        except InvalidField as refusal:
            errors[f"{name}.{'url' if refusal.field == 'originalURL' else refusal.field}"] = refusal.message
            places.append(Place(country=country, region=region, original_url=url))
    return places


def _places_in(text: str, errors: dict[str, str]) -> list[Place]:
    """The places of a text with one in each line: its code, and the destination."""
    places = []
    for number, line in enumerate(text.splitlines(), 1):
        code, _, url = line.strip().partition(" ")
        if not code:
            continue
        country, _, region = code.partition("-")
        try:
            places.append(read_place(country, region, url.strip()))
        except InvalidField as refusal:
            errors.setdefault("place.text", f"Line {number}: {refusal.message}")
    return places


def _variants(form: Form, zone: str, errors: dict[str, str]) -> Sequence[WeightedVariant]:
    rows = []
    for row in _filled(form, "variant"):
        name = f"variant.{row}"
        fields = {"weight": form.number(f"{name}.weight"), "originalURL": form.text(f"{name}.url") or None}
        rows.append(fields | {"name": form.text(f"{name}.name") or None, "label": form.text(f"{name}.label") or None})
    return _read_rows("variants", rows, read_variants, form, errors)


def _rules(form: Form, zone: str, errors: dict[str, str]) -> Sequence[Rule]:
    rows = []
    for row in _filled(form, "rule"):
        name = f"rule.{row}"
        try:
            condition = condition_of(form, name, zone)
        except InvalidField as refusal:
            errors[refusal.field or name] = refusal.message
            condition = {"language": ["en"]}
        rows.append({"name": form.text(f"{name}.name"), "condition": condition, "originalURL": form.text(f"{name}.url")})
    return _read_rows("rules", rows, read_rules, form, errors)


def _read_rows(
    part: str, rows: list[Any], read: Callable[[Any], Sequence[T]], form: Form, errors: dict[str, str]
) -> Sequence[T]:
    """What the model reads of rows: each by itself first, so that every wrong one is told, and then all together."""
    wrong = False
    for number, row in enumerate(rows):
        try:
            read([row])
        except InvalidField as refusal:
            wrong = True
            there = (refusal.field or part).replace("[0]", f"[{number}]", 1)
            errors.setdefault(error_name(there, form), _plainly(refusal.message, part))
    if wrong:
        return ()
    try:
        return read(rows)
    except InvalidField as refusal:
        errors.setdefault(error_name(refusal.field, form), refusal.message)
        return ()


def _plainly(message: str, part: str) -> str:
    """A refusal without the place, beside which it is shown."""
    return message.replace(f"{part}[0].", "").replace("originalURL", "The destination")


def _opengraph(form: Form, zone: str, errors: dict[str, str]) -> list[Tag]:
    named = [(f"og.{name}", name, form.raw(f"og.{name}")) for name in SHOWN_TAGS]
    for row in _filled(form, "tag"):
        named.append((f"tag.{row}.content", form.text(f"tag.{row}.property"), form.raw(f"tag.{row}.content")))
    tags: list[Tag] = []
    for name, prop, content in named:
        if content.strip() or name.startswith("tag."):
            try:
                tags += clean_tags([(prop, content.strip())])
            except InvalidField as refusal:
                errors[name] = refusal.message
    return tags


_BESIDE: Final[Mapping[str, Callable[[Form, str, dict[str, str]], Any]]] = {
    "places": _places,
    "variants": _variants,
    "rules": _rules,
    "opengraph": _opengraph,
}


def _filled(form: Form, kind: str) -> list[str]:
    return [row for row in row_ids(form, kind) if not _is_blank(form, kind, row)]


def _is_blank(form: Form, kind: str, row: str) -> bool:
    """Whether nothing was typed into a row that was added."""
    start = f"{kind}.{row}."
    return not any(
        text.strip()
        for name, values in form.values.items()
        if name.startswith(start) and name.rpartition(".")[2] not in _NOT_TYPED
        for text in values
    )


def _row(kind: str, number: int, values: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(kind, str(number)), *((f"{kind}.{number}.{name}", value) for name, value in values.items())]


def _place_fields(places: tuple[Place, ...]) -> list[tuple[str, str]]:
    if len(places) > _MOST_PLACES:
        lines = [f"{'-'.join(filter(None, (each.country, each.region)))} {each.original_url}" for each in places]
        return [("place.text", "\n".join(lines))]
    pairs = []
    for number, each in enumerate(places, 1):
        pairs += _row("place", number, {"country": each.country, "region": each.region, "url": each.original_url})
    return pairs


def _tag_fields(tags: tuple[Tag, ...]) -> list[tuple[str, str]]:
    """The first of each property that has a field goes there, if it is written there again at its place."""
    first = {name: next((content for prop, content in tags if prop == name), "") for name in SHOWN_TAGS}
    rest = list(tags)
    for name, content in first.items():
        if content:
            rest.remove((name, content))
    pairs = [(f"og.{name}", content) for name, content in first.items()]
    for number, (prop, content) in enumerate(rest, 1):
        pairs += _row("tag", number, {"property": prop, "content": content})
    return pairs


def _moment_text(at: Any, zone: str) -> str:
    return local_text(at, zone) if at is not None else ""


def _digest(form: Form, part: str) -> str:
    """Of the fields of a part as a browser would send them back: without empty ones, whatever their order is."""
    sent = sorted(
        (name, tuple(text.replace("\r\n", "\n").strip() for text in values if text.strip()))
        for name, values in form.values.items()
        if part_of(name) == part
    )
    text = repr([(name, values) for name, values in sent if values])
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()
