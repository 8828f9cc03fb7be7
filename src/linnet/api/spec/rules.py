"""Linnet's own targeting: rules with conditions, and weighted variants."""

from typing import Any, Final

from linnet.api.spec.shapes import (
    Detail,
    Resource,
    Schema,
    answer,
    body,
    flag,
    in_query,
    list_of,
    one_of,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import LINK_ID, moment
from linnet.model.click import LETTERS
from linnet.model.condition_json import MAX_LEAVES, MAX_TEXT, MAX_VALUES
from linnet.model.conditions import BROWSERS, DEVICES, OSES, WEEKDAYS
from linnet.model.rules import MAX_NAME, MAX_RULES
from linnet.model.targeting import COUNTRIES
from linnet.model.variants import MAX_VARIANTS, MAX_WEIGHT

_DOMAIN: Final = in_query("domainId", text("Not needed: the link's id says which domain."))


def _several(items: Schema, description: str) -> Schema:
    return list_of(items, description, minItems=1, maxItems=MAX_VALUES)


def _group(description: str) -> Schema:
    return list_of(ref("RuleCondition"), description, minItems=1, maxItems=MAX_LEAVES)


def _object(properties: dict[str, Schema], description: str, *required: str, **more: Any) -> Schema:
    return record(properties, required=required, description=description, additionalProperties=False, **more)


_ZONE: Final = text("An IANA time zone.", "Europe/Berlin", maxLength=MAX_TEXT)
_CLOCK: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
_TEXT: Final[dict[str, Any]] = {"minLength": 1, "maxLength": MAX_TEXT}
_KINDS: Final[dict[str, Schema]] = {
    "all": _group("Every one of these is true."),
    "any": _group("At least one of these is true."),
    "not": ref("RuleCondition"),
    "country": _several(one_of(sorted(COUNTRIES)), "The visitor's country (ISO 3166-1 alpha-2); `EU` is every member."),
    "region": _several(text("", "US-CA", pattern="^[A-Za-z]{2}-[0-9A-Za-z]{1,3}$"), "The visitor's region (ISO 3166-2)."),
    "language": _several(
        text("", "de-at", pattern="^[A-Za-z]{2,8}(-[0-9A-Za-z]{1,8}){0,7}$"),
        "A language that the visitor prefers; `de` is also `de-AT`.",
    ),
    "os": _several(one_of(OSES), "The operating system."),
    "browser": _several(one_of(BROWSERS), "The browser."),
    "device": _several(one_of(DEVICES), "The kind of device."),
    "date": _object(
        {"from": moment("The beginning."), "until": moment("The end, which is not included.")},
        "When the visit is; one of the two bounds may be left out.",
        minProperties=1,
    ),
    "timeOfDay": _object(
        {
            "from": text("The beginning.", "18:00", pattern=_CLOCK),
            "until": text(
                "The end, which is not included; when it is earlier than the beginning, that of the next day.", "06:00"
            )
            | {"pattern": _CLOCK},
            "timeZone": _ZONE,
        },
        "What clocks show in a time zone.",
        "from",
        "until",
        "timeZone",
    ),
    "weekday": _object(
        {"days": _several(one_of(WEEKDAYS), "The days."), "timeZone": _ZONE},
        "What day it is in a time zone.",
        "days",
        "timeZone",
    ),
    "query": _object(
        {
            "name": text("The parameter.", "ref", **_TEXT),
            "equals": text("A value of it.", "newsletter", maxLength=MAX_TEXT),
            "contains": text("A part of a value of it; not together with `equals`.", "news", **_TEXT),
        },
        "A parameter in the query string of the short URL: it is there, or has this value.",
        "name",
    ),
    "referrer": _object(
        {
            "hosts": _several(text("", "example.com", maxLength=253), "Host names."),
            "subdomains": flag("Whether hosts below these count too.", True, default=True),
        },
        "The page that the visitor comes from.",
        "hosts",
    ),
    "cidr": _several(text("", "192.0.2.0/24", **_TEXT), "Networks that the visitor's address is in."),
}
_CONDITION: Final = record(
    _KINDS,
    description="A group of conditions, or one thing that is looked at: exactly one of these.",
    minProperties=1,
    maxProperties=1,
    additionalProperties=False,
)
_URL: Final = text("Where these visitors go.", "https://example.com/de", format="uri")
_NAME: Final = text("What you call it.", "German, in the evening", maxLength=MAX_NAME)
_RULE: Final = _object(
    {"name": _NAME, "condition": ref("RuleCondition"), "originalURL": _URL},
    "Visitors for whom the condition is true go to a destination of their own.",
    "condition",
    "originalURL",
)
_LABEL: Final = one_of(LETTERS, "What its clicks are called in statistics (`ab_path`); it is chosen when it is left out.", "a")
_VARIANT_FIELDS: Final = {
    "originalURL": _URL | {"description": "Where these visitors go; the link's own destination when it is left out."},
    "weight": whole("Its part of all visitors, beside the other weights.", 70, minimum=1, maximum=MAX_WEIGHT),
    "name": _NAME | {"examples": ["New page"]},
    "label": _LABEL,
}
_VARIANT: Final = _object(_VARIANT_FIELDS, "A destination for a part of the visitors.", "weight", "label")
_VARIANT_WRITE: Final = _object(_VARIANT_FIELDS, "A destination for a part of the visitors.", "weight")
_EVENING: Final = {"from": "18:00", "until": "06:00", "timeZone": "Europe/Berlin"}
_RULES: Final = [
    {
        "name": "German, in the evening",
        "condition": {"all": [{"language": ["de"]}, {"timeOfDay": _EVENING}]},
        "originalURL": "https://example.com/de/evening",
    },
    {"condition": {"any": [{"os": ["ios"]}, {"device": ["tablet"]}]}, "originalURL": "https://example.com/app"},
]
_VARIANTS: Final = [
    {"weight": 70, "name": "As before", "label": "a"},
    {"originalURL": "https://example.com/new", "weight": 30, "name": "New page", "label": "b"},
]
_SENT_VARIANTS: Final = [{name: value for name, value in each.items() if name != "label"} for each in _VARIANTS]

RULES: Final = Resource(
    details={
        "getLinkRules": Detail(
            summary="List a link's own rules",
            description="Rules that look at more than Short.io's, in their order. The first that fits decides, before others.",
            parameters=(LINK_ID, _DOMAIN),
            answers={200: answer("The rules.", list_of(ref("LinkRule")), rules=("Two rules", _RULES), none=("None", []))},
            refusals=(404,),
        ),
        "updateLinkRules": Detail(
            summary="Replace a link's own rules",
            description="Takes all rules in their order; an empty list removes them. What is unknown of a visitor fits none.",
            parameters=(LINK_ID, _DOMAIN),
            body=body(list_of(ref("LinkRule"), maxItems=MAX_RULES), rules=("Two rules", _RULES), none=("None", [])),
            answers={200: answer("The rules.", list_of(ref("LinkRule")), rules=("Two rules", _RULES))},
            refusals=(404,),
        ),
        "getLinkVariants": Detail(
            summary="List a link's weighted variants",
            description="Destinations among which visitors are divided, in place of `splitURL`.",
            parameters=(LINK_ID, _DOMAIN),
            answers={200: answer("The variants.", list_of(ref("LinkVariant")), variants=("Two variants", _VARIANTS))},
            refusals=(404,),
        ),
        "updateLinkVariants": Detail(
            summary="Replace a link's weighted variants",
            description=(
                "Takes all variants; an empty list removes them. A visitor goes the same way at every visit, without a cookie. "
                "A variant keeps its `label` when it is sent with it, or with the same destination."
            ),
            parameters=(LINK_ID, _DOMAIN),
            body=body(
                list_of(_VARIANT_WRITE, maxItems=MAX_VARIANTS), variants=("Two variants", _SENT_VARIANTS), none=("None", [])
            ),
            answers={200: answer("The variants.", list_of(ref("LinkVariant")), variants=("Two variants", _VARIANTS))},
            refusals=(404,),
        ),
    },
    schemas={"RuleCondition": _CONDITION, "LinkRule": _RULE, "LinkVariant": _VARIANT},
)
