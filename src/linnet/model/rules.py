"""A link's own rules: whoever a condition fits goes to the rule's destination; the first rule that fits decides."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from linnet.model.condition_json import condition_json, packed, read_condition, unpacked
from linnet.model.conditions import Condition, Look, leaves_of
from linnet.model.errors import InvalidField
from linnet.model.text import has_control_characters
from linnet.model.url import clean_url, location

MAX_RULES: Final = 50
# What all rules of a link may look at; each may look at ``condition_json.MAX_LEAVES``.
MAX_LEAVES_TOGETHER: Final = 250
MAX_NAME: Final = 100
# What a visit may take whose rules are not ready: a millisecond or two.
MAX_RULES_BYTES: Final = 32 * 1024
# Characters of routes' rules whose conditions are kept ready in a process: some 3,000 links of three rules each.
_MAX_REMEMBERED: Final = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Whom ``condition`` fits goes to ``original_url``; ``name`` is for people, "" for none."""

    condition: Condition
    original_url: str
    name: str = ""


class RouteRule(NamedTuple):
    """A rule as the edge uses it: its destination fits a Location header, and ``label`` says which one it is."""

    label: str
    destination: str
    condition: Condition


def read_rules(value: object) -> tuple[Rule, ...]:
    """The rules in a JSON value, in their order; InvalidField names the place in it that is wrong, such as
    ``rules[2].condition.all[0].timeOfDay.from``."""
    if not isinstance(value, list) or len(value) > MAX_RULES:
        raise InvalidField(f"rules must be an array of at most {MAX_RULES} rules.", field="rules")
    rules = tuple(_read_rule(each, f"rules[{number}]") for number, each in enumerate(value))
    if sum(1 for rule in rules for _ in leaves_of(rule.condition)) > MAX_LEAVES_TOGETHER:
        raise InvalidField(f"rules look at more than {MAX_LEAVES_TOGETHER} things together.", field="rules")
    if len(json.dumps(rules_json(rules))) > MAX_RULES_BYTES:
        raise InvalidField(f"rules are longer than {MAX_RULES_BYTES} bytes together.", field="rules")
    return rules


def rules_json(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """``rules`` in their JSON form; ``read_rules`` makes the same of it again."""
    return [
        ({"name": rule.name} if rule.name else {})
        | {"condition": condition_json(rule.condition), "originalURL": rule.original_url}
        for rule in rules
    ]


def route_rules(rules: Sequence[Rule]) -> str | None:
    """``rules`` as they travel in a route, for ``first_match``; None for none."""
    if not rules:
        return None
    rows = [
        (label_of(number, rule.name), location(rule.original_url), packed(rule.condition))
        for number, rule in enumerate(rules, 1)
    ]
    return json.dumps(rows, separators=(",", ":"))


def label_of(number: int, name: str) -> str:
    """What people read of the rule at this place, counted from 1."""
    return f"rule {number} ({name})" if name else f"rule {number}"


def first_match(rules: str, look: Look) -> RouteRule | None:
    """The first of a route's rules whose condition fits the visit."""
    for rule in ready(rules):
        if rule.condition.matches(look):
            return rule
    return None


def ready(rules: str) -> tuple[RouteRule, ...]:
    """A route's rules with their conditions read; those of the same text are read once, as long as there is room for them."""
    found = _ready.get(rules)
    if found is None:
        found = tuple(RouteRule(label, destination, unpacked(condition)) for label, destination, condition in json.loads(rules))
        # Two threads may do this at once: then one of them reads what the other has read, and that is all.
        if sum(map(len, list(_ready))) + len(rules) > _MAX_REMEMBERED:
            _ready.clear()
        _ready[rules] = found
    return found


_ready: dict[str, tuple[RouteRule, ...]] = {}


def _read_rule(value: object, path: str) -> Rule:
    if not isinstance(value, dict):
        raise InvalidField(f"{path} must be an object with condition, originalURL and, if you like, name.", field=path)
    for name in value:
        if name not in ("name", "condition", "originalURL"):
            raise InvalidField(f"{path} has no '{str(name)[:32]}': it may have name, condition and originalURL.", field=path)
    for name in ("condition", "originalURL"):
        if value.get(name) is None:
            raise InvalidField(f"{path}.{name} is required.", field=f"{path}.{name}")
    url = value["originalURL"]
    if not isinstance(url, str):
        raise InvalidField(f"{path}.originalURL must be a text.", field=f"{path}.originalURL")
    return Rule(
        condition=read_condition(value["condition"], f"{path}.condition"),
        original_url=clean_url(url, field=f"{path}.originalURL"),
        name=clean_name(value.get("name"), f"{path}.name"),
    )


def clean_name(value: object, path: str) -> str:
    """The name of a rule or a variant, which it need not have."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_NAME or has_control_characters(value):
        raise InvalidField(f"{path} must be a text of at most {MAX_NAME} characters.", field=path)
    return value.strip()
