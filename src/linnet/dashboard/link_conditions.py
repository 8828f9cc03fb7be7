"""Conditions of a link's own rules as rows of a form: a list of which all or any must fit; what is nested deeper, as JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from linnet.dashboard.forms import Form
from linnet.dashboard.link_rows import row_ids, with_values
from linnet.dashboard.local_times import as_iso, as_typed
from linnet.model.conditions import BROWSERS, DEVICES, OSES, WEEKDAYS
from linnet.model.errors import InvalidField

# What is chosen from a few.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"os": OSES, "browser": BROWSERS, "device": DEVICES, "weekday": WEEKDAYS}
KINDS: Final = tuple("country region language device os browser query referrer date timeOfDay weekday cidr".split())
# A rule with more conditions than that is edited as JSON: so many rows help nobody.
_MOST_ROWS: Final = 40
_PLACE: Final = re.compile(r"(?:\.(?:all|any)\[(\d+)\])?(?:\.not)?(?:\.\w+)?(?:\.(\w+))?.*")
_FIELDS: Final = {"from": "from", "until": "until", "timeZone": "zone", "name": "name", "equals": "text", "contains": "text"}


def condition_of(form: Form, rule: str, zone: str) -> Any:
    """The condition that the fields of a rule (``rule.3``) describe, as a JSON value for the model to check; InvalidField for
    JSON that is none, and where there is no condition."""
    if form.text(f"{rule}.match") == "json":
        return _read_json(form.raw(f"{rule}.json"), f"{rule}.json")
    kind = f"{rule}.when"
    parts = [_part(form, f"{kind}.{row}", zone) for row in row_ids(form, kind)]
    if not parts:
        raise InvalidField("A rule needs a condition: whom is it for?", field=f"{rule}.match")
    if len(parts) == 1:
        return parts[0]
    return {"any" if form.text(f"{rule}.match") == "any" else "all": parts}


def condition_fields(condition: Any, rule: str, zone: str) -> list[tuple[str, str]]:
    """The fields of a condition in its JSON form."""
    match, parts = "all", [condition]
    for group in ("all", "any"):
        if group in condition:
            match, parts = group, condition[group]
    rows = [_row(part) for part in parts]
    if any(row is None for row in rows) or len(rows) > _MOST_ROWS:
        return [(f"{rule}.match", "json"), (f"{rule}.json", json.dumps(condition, indent=2, ensure_ascii=False))]
    pairs = [(f"{rule}.match", match), (f"{rule}.was", match)]
    for number, row in enumerate(rows, 1):
        assert row is not None, "those that are none were sent elsewhere"
        negated, kind, value = row
        name = f"{rule}.when.{number}"
        pairs += [(f"{rule}.when", str(number)), (f"{name}.kind", kind)]
        pairs += [(f"{name}.not", "1")] if negated else []
        pairs += [(f"{name}.{field}", text) for field, text in _leaf_fields(kind, value, zone)]
    return pairs


def field_at(path: str, form: Form, rule: str) -> str:
    """The name of the field that stands for a place in a rule's condition, such as ``.all[1].timeOfDay.from``."""
    found = _PLACE.fullmatch(path)
    rows = row_ids(form, f"{rule}.when")
    if form.text(f"{rule}.match") == "json":
        return f"{rule}.json"
    number = int(found[1]) if found is not None and found[1] else 0
    if found is None or number >= len(rows):
        return f"{rule}.match"
    return f"{rule}.when.{rows[number]}.{_FIELDS.get(found[2] or '', 'values')}"


def as_json(form: Form, rule: str, zone: str) -> str:
    """The rule's rows as the text that edits them as JSON."""
    rows = with_values(form, {f"{rule}.match": [form.text(f"{rule}.was")]})
    condition = condition_of(rows, rule, zone) if row_ids(form, f"{rule}.when") else {"all": [{"language": ["en"]}]}
    return json.dumps(condition, indent=2, ensure_ascii=False)


def _read_json(text: str, field: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidField('This is no JSON. A condition reads for example {"language": ["de"]}.', field=field) from None


def _part(form: Form, name: str, zone: str) -> Any:
    kind = form.text(f"{name}.kind") or KINDS[0]
    leaf = {kind: _value(form, name, kind, zone)}
    return {"not": leaf} if form.flag(f"{name}.not") else leaf


def _value(form: Form, name: str, kind: str, zone: str) -> Any:
    values = [each.strip() for text in form.all(f"{name}.values") for each in text.split(",") if each.strip()]
    if kind == "weekday":
        return {"days": values, "timeZone": form.text(f"{name}.zone") or zone}
    if kind == "timeOfDay":
        bounds = {field: form.text(f"{name}.{field}") for field in ("from", "until")}
        return bounds | {"timeZone": form.text(f"{name}.zone") or zone}
    if kind == "date":
        bounds = {field: form.text(f"{name}.{field}") for field in ("from", "until")}
        return {field: as_iso(text, zone) for field, text in bounds.items() if text}
    if kind == "query":
        how = form.text(f"{name}.how")
        return {"name": form.text(f"{name}.name")} | ({how: form.text(f"{name}.text")} if how in ("equals", "contains") else {})
    if kind == "referrer":
        return {"hosts": values, "subdomains": not form.flag(f"{name}.exact")}
    return values


def _row(part: Any) -> tuple[bool, str, Any] | None:
    negated = "not" in part
    leaf = part["not"] if negated else part
    kind, value = next(iter(leaf.items()))
    return (negated, kind, value) if kind in KINDS else None


def _leaf_fields(kind: str, value: Any, zone: str) -> list[tuple[str, str]]:
    if kind == "weekday":
        return [*(("values", day) for day in value["days"]), ("zone", value["timeZone"])]
    if kind == "timeOfDay":
        return [("from", value["from"]), ("until", value["until"]), ("zone", value["timeZone"])]
    if kind == "date":
        return [(field, as_typed(value[field], zone)) for field in ("from", "until") if field in value]
    if kind == "query":
        how = next((each for each in ("equals", "contains") if each in value), "")
        return [("name", value["name"]), ("how", how), ("text", value.get(how, ""))]
    if kind == "referrer":
        return [("values", ", ".join(value["hosts"])), *([] if value["subdomains"] else [("exact", "1")])]
    if kind in CHOICES:
        return [("values", each) for each in value]
    return [("values", ", ".join(value))]
