"""What a visit of a link would come to, explained."""

from typing import Final

from linnet.api.spec.shapes import Detail, Resource, answer, flag, in_query, list_of, nullable, one_of, record, ref, text, whole
from linnet.api.spec.values import LINK, LINK_ID, TIME, answered_moment
from linnet.model.explain import Stop
from linnet.model.redirect import Outcome

_EXAMPLE: Final = {
    "linkId": LINK,
    "shortURL": "https://go.example.com/spring",
    "at": TIME,
    "outcome": "redirect",
    "status": 302,
    "destination": "https://example.com/de?a=b",
    "variant": "",
    "decidedBy": "country",
    "steps": [
        {"step": "expiry", "decides": False, "why": "The link has no expiresAt."},
        {"step": "country", "decides": True, "why": "The visitor's address is in DE, for which the link has a destination."},
    ],
    "afterwards": ["The visitor's query, 'a=b', is passed through."],
    "visitor": {
        "country": "DE",
        "region": "",
        "phone": "",
        "languages": [],
        "os": "",
        "browser": "",
        "device": "",
        "referrerHost": "",
        "clicksUsed": 0,
    },
}
_STEP: Final = {
    "step": text("What was looked at.", "country"),
    "decides": flag("Whether it decided; the last step that does is `decidedBy`."),
    "why": text("What it found."),
}
_VISITOR: Final = {
    "country": text("ISO 3166-1 alpha-2.", "DE"),
    "region": text("ISO 3166-2 without the country.", "BY"),
    "phone": one_of(["", "apple", "android"], "The kind of telephone or tablet."),
    "languages": list_of({"type": "string"}, "Those that the visitor likes best."),
    "os": text("The operating system."),
    "browser": text("The browser."),
    "device": text("mobile, tablet or desktop."),
    "referrerHost": text("Where the visitor comes from."),
    "clicksUsed": whole("Clicks that were counted against the link's limit before."),
}
_FIELDS: Final = {
    "linkId": text("The link's id.", LINK),
    "shortURL": text("The link's address."),
    "at": answered_moment("The moment of the visit."),
    "outcome": one_of(
        [each.value for each in (*Outcome, *Stop)],
        "How the visit ends. `https` sends the visitor to the same address by https first, `circle` and `blocked` are pages "
        "instead of a destination that leads in a circle, or is on a block-list.",
    ),
    "status": whole("The status of the response.", 302),
    "destination": nullable(text("Where the visitor goes, what the page shows, or (circle, blocked) where nobody is led.")),
    "variant": text("The way of a split or of variants (`ab_path`)."),
    "decidedBy": text("The step that decided.", "country"),
    "steps": list_of(record(_STEP, required=_STEP), "What was looked at, in this order."),
    "afterwards": list_of({"type": "string"}, "What was done to the destination afterwards."),
    "visitor": record(_VISITOR, required=_VISITOR, description="What is known of the visitor, as far as the link asks."),
}

EXPLAIN: Final = Resource(
    details={
        "explainLink": Detail(
            summary="Explain a link",
            description=(
                "What a visitor of a link would get, which rule decides that, and why those before it do not. Nothing is "
                "counted. What is not given is unknown, as it is of a visitor who does not tell; the time is now."
            ),
            parameters=(
                LINK_ID,
                in_query("country", text("ISO 3166-1 alpha-2, in place of what the address tells.", "DE")),
                in_query("region", text("ISO 3166-2 without the country, which must be given too.")),
                in_query("address", text("The visitor's IPv4 or IPv6 address.")),
                in_query("userAgent", text("The User-Agent header.")),
                in_query("language", text("The Accept-Language header.", "de-AT, de;q=0.9")),
                in_query("referrer", text("The Referer header.")),
                in_query("query", text("The query string of the visit.", "a=b")),
                in_query("rest", text("What a wildcard link captures.")),
                in_query("at", text("The moment of the visit: milliseconds since 1970, or ISO 8601.")),
                in_query("password", flag("Whether the visitor gave the link's password.")),
                in_query("https", flag("Whether the visitor comes by https; as the httpsLevel wants it if not given.")),
            ),
            answers={200: answer("The decision, and how it came about.", ref("Explanation"), country=("By country", _EXAMPLE))},
            refusals=(400, 404),
        )
    },
    schemas={"Explanation": record(_FIELDS, required=_FIELDS, description="A decision for one visit, explained.")},
)
