"""Variants of links and conversions."""

from typing import Any, Final

from linnet.actions.breakdowns import MAX_GOALS
from linnet.api.spec.shapes import Detail, Resource, Schema, answer, list_of, nullable, number, record, ref, text, whole
from linnet.api.spec.statistics import PERIOD_QUERY
from linnet.api.spec.values import DOMAIN_ID, LINK_ID

_ENDS: Final = {name: nullable(text(format="date-time")) for name in ("startDate", "endDate")}
_INTERVAL: Final = record(_ENDS, required=_ENDS, description="The exact span; null with `period=total`.")
_INTERVAL_EXAMPLE: Final = {"startDate": "2026-03-01T00:00:00.000Z", "endDate": "2026-03-30T23:59:59.999Z"}
_RATE: Final = text("Which part of the clicks of people led to it, in percent with two decimals.", "2.50")
_COUNTS: Final = {
    "conversions": whole("Goals that were reached; one click may lead to several.", 3),
    "conversionValue": number("What they were worth, as the sites said.", 59.7),
    "convertedClicks": whole("Clicks of people that led to a goal.", 3),
    "uniqueVisitors": whole("Different visitors, each once in each day of UTC.", 110),
    "conversionRate": _RATE,
}
_VARIANT_FIELDS: Final[dict[str, Schema]] = {
    "variant": text("`original` or `split`, or the label of a weighted variant.", "split"),
    "originalURL": nullable(text("Where it leads; null for a variant that the link does not have any more.")),
    "weight": whole("Its part of the visitors, beside the other weights; 0 when the link does not have it any more.", 50),
    "clicks": whole("All clicks, those of bots too.", 134),
    "humanClicks": whole("Clicks of people.", 120),
    "scans": whole("Clicks of people by QR code.", 0),
    **_COUNTS,
}
_VARIANT: Final = record(
    {**_VARIANT_FIELDS, "name": text("What people call it.")}, required=_VARIANT_FIELDS, description="What came of a variant."
)
_GOAL_FIELDS: Final = {"goal": text("The goal, as the site calls it.", "purchase"), **_COUNTS}
_GOAL: Final = record(_GOAL_FIELDS, required=_GOAL_FIELDS, description="What was reached of a goal.")
_CONVERSIONS_FIELDS: Final = {
    "interval": _INTERVAL,
    "clicks": whole("All clicks, those of bots too.", 134),
    "humanClicks": whole("Clicks of people.", 120),
    "uniqueVisitors": _COUNTS["uniqueVisitors"],
    "conversions": whole("Goals of all kinds that came of these clicks.", 3),
    "conversionValue": _COUNTS["conversionValue"],
    "goals": list_of(ref("GoalStatistics"), "The goals, the most frequent first.", maxItems=MAX_GOALS),
}


def _example(fields: dict[str, Schema]) -> dict[str, Any]:
    return {name: of["examples"][0] for name, of in fields.items() if "examples" in of}


_VARIANTS_FIELDS: Final = {"interval": _INTERVAL, "variants": list_of(ref("VariantStatistics"), "The variants.")}
_VARIANTS_ANSWER: Final = answer(
    "The variants.",
    record(_VARIANTS_FIELDS, required=_VARIANTS_FIELDS),
    split=(
        "One of two",
        {
            "interval": _INTERVAL_EXAMPLE,
            "variants": [_example(_VARIANT_FIELDS) | {"originalURL": "https://example.com/b"}],
        },
    ),
)
_CONVERSIONS_ANSWER: Final = answer(
    "The goals.",
    ref("ConversionStatistics"),
    goals=(
        "One goal",
        _example(_CONVERSIONS_FIELDS) | {"interval": _INTERVAL_EXAMPLE, "goals": [_example(_GOAL_FIELDS)]},
    ),
)

BREAKDOWNS: Final = Resource(
    details={
        "getDomainConversions": Detail(
            summary="Get the conversions of a domain",
            description="The goals that visitors reached after clicks on a domain's links, with their value. Not Short.io's.",
            parameters=(DOMAIN_ID, *PERIOD_QUERY),
            answers={200: _CONVERSIONS_ANSWER},
            refusals=(404,),
        ),
        "getLinkConversions": Detail(
            summary="Get the conversions of a link",
            description="The goals that visitors reached after clicks on one link, with their value. Not Short.io's.",
            parameters=(LINK_ID, *PERIOD_QUERY),
            answers={200: _CONVERSIONS_ANSWER},
            refusals=(404,),
        ),
        "getLinkVariantStatistics": Detail(
            summary="Compare the variants of a link",
            description=(
                "What came of each variant of a link: clicks, visitors, conversions and their rate. First those that the link "
                "has, then those that it had once. Not Short.io's."
            ),
            parameters=(LINK_ID, *PERIOD_QUERY),
            answers={200: _VARIANTS_ANSWER},
            refusals=(404,),
        ),
    },
    schemas={
        "VariantStatistics": _VARIANT,
        "GoalStatistics": _GOAL,
        "ConversionStatistics": record(_CONVERSIONS_FIELDS, required=_CONVERSIONS_FIELDS),
    },
)
